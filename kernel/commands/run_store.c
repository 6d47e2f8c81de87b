/* run_store.c - keys, and the file of a run from its first checkpoint to its end. */
#include "kernel/commands/run_store.h"

#include <stdio.h>
#include <string.h>

#include "kernel/commands/box_file.h"
#include "lib/image/hash.h"
#include "lib/store/paths.h"

#include "lib/base/banned.h"

enum { MOST_RUNS = 200, SHARE = 20 };
static const uint64_t most_bytes = (uint64_t)2 << 30;

/* ---- the key ---- */
static void key_options(const nn_fit_options *o, int classes, lg_buf *out)
{
    lg_pack_i64(out, o->epochs), lg_pack_i64(out, o->batch);
    lg_pack_f64(out, o->lr), lg_pack_f64(out, o->momentum), lg_pack_f64(out, o->decay);
    lg_pack_u8(out, o->nesterov), lg_pack_u8(out, o->no_shuffle), lg_pack_u8(out, o->keep_last);
    lg_pack_text(out, o->optimizer), lg_pack_text(out, o->schedule), lg_pack_text(out, o->loss);
    lg_pack_i64(out, o->patience);
    lg_pack_u64(out, o->seed);
    lg_pack_u8(out, o->class_weight != NULL);
    if (o->class_weight) lg_pack_f32s(out, o->class_weight, (size_t)classes);
}

/* Kernels of other machines add in another order: a home folder that two of them share has a run for each. */
static void key_arithmetic(lg_buf *out)
{
    char variants[4096];
    nn_kernels_report(variants, sizeof variants);
    lg_pack_text(out, variants);
    lg_pack_u8(out, nn_kernels_openblas());
}

/* The settings as text stand for what they name and the options above do not. */
static lg_status make_key(const cmd_train *job, char key[65], lg_err *err)
{
    lg_buf text;
    const nn_fit_options *o = &job->options;
    lg_buf_init(&text, (size_t)8 << 30);
    lg_pack_text(&text, "logolens run " LG_VERSION);
    nn_net_pack(o->net, &text);
    nn_weights_pack(o->weights, &text);
    lg_pack_text(&text, job->run->fingerprint);
    lg_pack_i64(&text, job->run->train_count);
    lg_pack_i64(&text, job->part);
    lg_pack_text(&text, job->run->settings);
    key_options(o, job->run->labels.count, &text);
    key_arithmetic(&text);
    if (o->resume) nn_run_pack(o->resume, &text);
    if (o->resume && o->resume->top) nn_weights_pack(o->resume->top, &text);
    lg_status st = lg_buf_check(&text, err);
    if (st == LG_OK) img_sha256(text.data, text.len, key);
    lg_buf_release(&text);
    return st;
}

/* ---- looking ---- */
static void trouble(const cmd_run_store *store, const char *what, const lg_err *err)
{
    lg_log(LG_LOG_WARN, "run store: %.12s%s%s: %s%s%s", store->key, *store->key ? " " : "", what, err->msg,
           *err->why ? "; " : "", err->why);
}

/* Is it what its key says? A file that somebody put there may be any run. */
static bool is_ours(const cmd_run_store *store, const cmd_run *run)
{
    const cmd_train *job = store->job;
    return nn_weights_net(run->run.weights) == job->options.net && strcmp(run->settings, job->run->settings) == 0 &&
           run->train_count == job->run->train_count && run->labels.count == job->run->labels.count &&
           run->run.epochs > 0;
}

static void look(cmd_run_store *store)
{
    lg_buf bytes;
    lg_err err = {0};
    bool found = false;
    lg_buf_init(&bytes, most_bytes / 4);
    lg_status st = store_shelf_get(&store->shelf, store->key, &bytes, &found, &err);
    if (st == LG_OK && found) {
        cmd_kept_run kept = {.file = store->key, .data = bytes.data, .len = bytes.len, .net = store->job->options.net};
        st = cmd_file_open_run(&kept, &store->found, &err);
        store->whole = kept.whole;
        memcpy(store->made, kept.made, sizeof store->made);
    }
    lg_buf_release(&bytes);
    if (st) trouble(store, "is not used", &err);
    if (!store->found || is_ours(store, store->found)) return;
    lg_log(LG_LOG_WARN, "run store: %.12s is another run and not used", store->key);
    cmd_run_free(store->found);
    store->found = NULL;
}

void cmd_run_store_open(const dsl_call *call, const cmd_train *job, cmd_run_store *store)
{
    lg_err err = {0};
    store_paths paths = {0};
    *store = (cmd_run_store){.call = call, .job = job};
    if (!cmd_keeps_runs(call) || job->options.time > 0) return;
    lg_status st = store_paths_init(&paths, &err);
    store->folder = st == LG_OK ? lg_strf(&err, "%s/runs", paths.data) : NULL;
    store_paths_release(&paths);
    if (store->folder && make_key(job, store->key, &err) == LG_OK) {
        store->shelf = (store_shelf){
            .folder = store->folder, .ending = ".lrun", .most_files = MOST_RUNS, .most_bytes = most_bytes};
        store->on = true;
        if (!job->spec.again) look(store);
    }
    if (err.status) trouble(store, "is off", &err);
}

void cmd_run_store_close(cmd_run_store *store)
{
    cmd_run_free(store->found);
    lg_free(store->folder);
    *store = (cmd_run_store){0};
}

/* ---- a run that is there already ---- */
static void swap(char **a, char **b)
{
    char *kept = *a;
    *a = *b;
    *b = kept;
}

bool cmd_run_store_take(cmd_run_store *store, cmd_train *job)
{
    cmd_run *run = store->found;
    if (!run || !store->whole) return false;
    snprintf(job->found_as, sizeof job->found_as, "%s", run->name);
    snprintf(job->found_of, sizeof job->found_of, "%.10s %.5s", store->made, store->made[0] ? store->made + 11 : "");
    swap(&run->name, &job->run->name), swap(&run->model, &job->run->model), swap(&run->data, &job->run->data);
    run->number = job->run->number;
    store->found = job->run; /* whose description is no longer needed */
    job->run = run;
    job->whole = job->reused = true;
    return true;
}

/* ---- checkpoints ---- */
static void put(cmd_run_store *store, const cmd_run *run, bool whole)
{
    lg_buf bytes;
    lg_err err = {0};
    lg_status st = cmd_file_of_run(run, store->call->recipe, whole, &bytes, &err);
    if (st == LG_OK) st = store_shelf_put(&store->shelf, store->key, bytes.data, bytes.len, whole, &err);
    if (st == LG_OK && whole) st = store_shelf_trim(&store->shelf, &err);
    lg_buf_release(&bytes);
    if (!st) return;
    trouble(store, "cannot be kept", &err);
    store->on = false;
}

void cmd_run_store_checkpoint(cmd_run_store *store, const nn_run *run)
{
    double now = lg_now();
    if (!store->on || now - store->ended < SHARE * store->cost) return;
    cmd_run view = *store->job->run;
    view.run = *run;
    view.seconds = store->before + now - store->began;
    put(store, &view, false);
    store->ended = lg_now();
    store->cost = store->ended - now;
}

void cmd_run_store_begin(cmd_run_store *store, cmd_train *job)
{
    nn_fit_options *o = &job->options;
    store->asked_resume = o->resume, store->asked_weights = o->weights, store->asked_within = o->within;
    store->began = lg_now();
    if (!store->on) return;
    const cmd_run *part = store->found;
    if (!part) return;
    o->resume = &part->run, o->weights = part->run.last, o->within = true;
    store->before = part->seconds;
    job->taken_up = part->run.epoch[part->run.epochs - 1].epoch;
    for (int i = 0; o->on_epoch && i < part->run.epochs; i++) /* what was learnt before belongs to the picture */
        if (part->run.epoch[i].epoch > part->run.before) o->on_epoch(o->ctx, &part->run.epoch[i]);
}

void cmd_run_store_trained(cmd_run_store *store, cmd_train *job)
{
    nn_fit_options *o = &job->options;
    o->resume = store->asked_resume, o->weights = store->asked_weights, o->within = store->asked_within;
    job->run->seconds = store->before + lg_now() - store->began;
}

void cmd_run_store_keep(cmd_run_store *store, cmd_train *job)
{
    if (store->on) put(store, job->run, true);
}
