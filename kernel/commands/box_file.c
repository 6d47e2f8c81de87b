/* box_file.c - which sections a file has and what stands in them. */
#include "kernel/commands/box_file.h"

#include <string.h>

#include "lib/image/hash.h"
#include "lib/store/bundle.h"
#include "nnlib/nnlib.h"

#include "lib/base/banned.h"

enum {
    MOST_LABELS = 8192,
    MOST_LABEL = 4096,
    MOST_NAME = 4096,
    MOST_TEXT = 1 << 20,
    MOST_RULES = 1000,
    MOST_BLOCKS = 3 * CMD_RUNS + 2,
    NO_BLOCK = MOST_BLOCKS
};
#define MOST_COUNT ((int64_t)1 << 53)

const char *cmd_file_ending(dsl_kind kind)
{
    switch (kind) {
    case DSL_KIND_MODEL: return ".lmodel";
    case DSL_KIND_DATASET: return ".ldata";
    case DSL_KIND_RUN: return ".lrun";
    default: return NULL;
    }
}

/* ---- fingerprints ---- */
static lg_status hash_buf(lg_buf *buf, char hex[65], lg_err *err)
{
    lg_status st = lg_buf_check(buf, err);
    if (st == LG_OK) img_sha256(lg_buf_str(buf), buf->len, hex);
    lg_buf_release(buf);
    return st;
}

lg_status cmd_weights_fingerprint(const nn_weights *weights, char hex[65], lg_err *err)
{
    lg_buf text;
    lg_buf_init(&text, (size_t)8 << 30);
    nn_net_pack(nn_weights_net(weights), &text);
    nn_weights_pack(weights, &text);
    return hash_buf(&text, hex, err);
}

lg_status cmd_file_fingerprint(const dsl_object *object, char hex[65], lg_err *err)
{
    if (object->cls->kind == DSL_KIND_DATASET) return data_fingerprint(object->payload, hex, err);
    if (object->cls->kind == DSL_KIND_MODEL)
        return cmd_weights_fingerprint(((const cmd_model *)object->payload)->weights, hex, err);
    return cmd_weights_fingerprint(((const cmd_run *)object->payload)->run.weights, hex, err);
}

/* ---- weights that are met more than once ---- */
typedef struct blocks {
    const nn_weights *block[MOST_BLOCKS];
    int count;
} blocks;

static int block_place(blocks *b, const nn_weights *w)
{
    if (!w) return NO_BLOCK;
    size_t bytes = nn_net_block(nn_weights_net(w)) * sizeof(float);
    for (int i = 0; i < b->count; i++)
        if (b->block[i] == w || (nn_net_same(nn_weights_net(b->block[i]), nn_weights_net(w)) &&
                                 memcmp(nn_weights_block(b->block[i]), nn_weights_block(w), bytes) == 0)) return i;
    b->block[b->count] = w;
    return b->count++;
}

/* Weights of a run may be of the model's network with other layers frozen, or of a tail of that (model_cut.h). What
 * such a network is follows from the model's: which node it was cut behind, and which of the nodes are frozen. */
static bool has_parts(const blocks *b, const nn_net *net)
{
    for (int i = 0; i < b->count; i++)
        if (!nn_net_same(nn_weights_net(b->block[i]), net)) return true;
    return false;
}

static void pack_parts(const blocks *b, lg_buf *out)
{
    for (int i = 0; i < b->count; i++) {
        const nn_net *net = nn_weights_net(b->block[i]);
        lg_pack_u32(out, (uint32_t)nn_net_node(net, 0)->key);
        lg_pack_u32(out, (uint32_t)nn_net_count(net));
        for (int k = 0; k < nn_net_count(net); k++) lg_pack_u8(out, nn_net_node(net, k)->frozen);
    }
}

static void pack_base(const cmd_pretrained *base, lg_buf *out)
{
    lg_pack_u32(out, (uint32_t)base->layers);
    lg_pack_text(out, base->name);
    lg_pack_text(out, base->file);
    lg_pack_u64(out, base->bytes);
    lg_pack_text(out, base->sha256);
}

static void pack_blocks(const blocks *b, lg_buf *out)
{
    lg_pack_u32(out, (uint32_t)b->count);
    for (int i = 0; i < b->count; i++) nn_weights_pack(b->block[i], out);
}

/* ---- writing ---- */
typedef struct about {
    const char *recipe, *made; /* borrowed */
} about;

static void pack_about(const char *recipe, const char *made, lg_buf *out)
{
    lg_pack_text(out, LG_VERSION);
    lg_pack_text(out, made);
    lg_pack_text(out, recipe);
}

static void pack_labels(const cmd_labels *labels, lg_buf *out)
{
    lg_pack_u32(out, (uint32_t)labels->count);
    for (int k = 0; k < labels->count; k++) lg_pack_text(out, labels->name[k]);
}

static void pack_score(const cmd_score *score, lg_buf *out)
{
    lg_pack_u8(out, score->count != NULL);
    if (!score->count) return;
    lg_pack_f64(out, score->loss);
    nn_calibration_pack(&score->calibration, out);
    for (int k = 0; k < score->classes * score->classes; k++) lg_pack_i64(out, score->count[k]);
}

static void place_run(blocks *b, const cmd_run *run)
{
    block_place(b, run->run.weights);
    block_place(b, run->run.last);
    if (run->run.best >= 0) block_place(b, run->run.top);
}

static void pack_run(const cmd_run *run, blocks *b, lg_buf *out)
{
    lg_pack_text(out, run->name), lg_pack_text(out, run->model), lg_pack_text(out, run->data);
    lg_pack_text(out, run->settings), lg_pack_text(out, run->fingerprint);
    lg_pack_i64(out, run->number), lg_pack_i64(out, run->planned), lg_pack_i64(out, run->threads);
    lg_pack_i64(out, run->train_count);
    lg_pack_f64(out, run->seconds);
    lg_pack_u8(out, run->keep_last);
    pack_labels(&run->labels, out);
    nn_run so_far = run->run;
    so_far.interrupted |= run->going_on; /* in the file nothing goes on any more */
    nn_run_pack(&so_far, out);
    lg_pack_u32(out, (uint32_t)block_place(b, run->run.weights));
    lg_pack_u32(out, (uint32_t)block_place(b, run->run.last));
    lg_pack_u32(out, (uint32_t)block_place(b, run->run.best >= 0 ? run->run.top : NULL));
    for (int i = 0; i < DATA_SPLITS; i++) pack_score(&run->score[i], out);
}

static lg_status finish(store_writer *w, lg_buf *out, lg_err *err)
{
    lg_status st = store_writer_finish(w, err);
    if (st) store_writer_release(w);
    else *out = w->out;
    return st;
}

/* What `clean` said of the images it was fitted on, as the text it has in datasets. */
static void pack_rules(const data_rules *rules, lg_buf *out)
{
    lg_buf text;
    lg_buf_init(&text, MOST_RULES);
    data_rules_text(rules, &text);
    lg_pack_text(out, lg_buf_str(&text));
    lg_buf_release(&text);
}

static lg_status model_file(const dsl_object *object, lg_buf *out, lg_err *err)
{
    store_writer w;
    blocks b = {0};
    const cmd_model *m = object->payload;
    block_place(&b, m->first), block_place(&b, m->weights);
    for (int i = 0; i < m->runs; i++) place_run(&b, m->run[i]->payload);
    bool parts = has_parts(&b, m->net);
    store_writer_init(&w, "model", 6 + (m->ruled ? 1 : 0) + (m->base.layers ? 1 : 0) + (parts ? 1 : 0));
    pack_about(object->recipe, object->made, store_writer_section(&w, "about"));
    nn_net_pack(m->net, store_writer_section(&w, "network"));
    lg_buf *text = store_writer_section(&w, "model");
    lg_pack_u64(text, m->seed);
    lg_pack_u8(text, m->by_class);
    lg_pack_text(text, m->on);
    pack_labels(&m->labels, text);
    lg_pack_u32(text, (uint32_t)block_place(&b, m->first));
    lg_pack_u32(text, (uint32_t)block_place(&b, m->weights));
    text = store_writer_section(&w, "runs");
    lg_pack_u32(text, (uint32_t)m->runs);
    for (int i = 0; i < m->runs; i++) {
        pack_about(m->run[i]->recipe, m->run[i]->made, text);
        pack_run(m->run[i]->payload, &b, text);
    }
    pack_blocks(&b, store_writer_section(&w, "weights"));
    text = store_writer_section(&w, "waits");
    for (int i = 0; i < m->runs; i++) lg_pack_f64(text, ((const cmd_run *)m->run[i]->payload)->run.waited);
    if (m->ruled) pack_rules(&m->rules, store_writer_section(&w, "pictures"));
    if (m->base.layers) pack_base(&m->base, store_writer_section(&w, "base"));
    if (parts) pack_parts(&b, store_writer_section(&w, "parts"));
    return finish(&w, out, err);
}

static lg_status run_file(const cmd_run *run, const char *kind, const about *a, lg_buf *out, lg_err *err)
{
    store_writer w;
    blocks b = {0};
    store_writer_init(&w, kind, 5);
    pack_about(a->recipe, a->made, store_writer_section(&w, "about"));
    nn_net_pack(nn_weights_net(run->run.last), store_writer_section(&w, "network"));
    pack_run(run, &b, store_writer_section(&w, "run"));
    pack_blocks(&b, store_writer_section(&w, "weights"));
    lg_pack_f64(store_writer_section(&w, "waits"), run->run.waited);
    return finish(&w, out, err);
}

static lg_status dataset_file(const dsl_object *object, const char *base, lg_buf *out, lg_err *err)
{
    store_writer w;
    store_writer_init(&w, "dataset", 2);
    pack_about(object->recipe, object->made, store_writer_section(&w, "about"));
    data_pack(object->payload, base, store_writer_section(&w, "images"));
    return finish(&w, out, err);
}

lg_status cmd_file_of(const dsl_object *object, const char *base, lg_buf *out, lg_err *err)
{
    *out = (lg_buf){0};
    switch (object->cls->kind) {
    case DSL_KIND_MODEL: return model_file(object, out, err);
    case DSL_KIND_RUN: return run_file(object->payload, "run", &(about){object->recipe, object->made}, out, err);
    case DSL_KIND_DATASET: return dataset_file(object, base, out, err);
    default:
        lg_fail(err, LG_E_ARG, 336, "%s cannot be saved", dsl_kind_phrase(object->cls->kind));
        lg_why(err, "`save` keeps models, datasets and runs");
        return lg_try(err, "`export` writes rows as .csv, .tsv or .json, which `open` reads again");
    }
}

lg_status cmd_file_of_run(const cmd_run *run, const char *recipe, bool whole, lg_buf *out, lg_err *err)
{
    char now[32];
    lg_time_iso(now);
    *out = (lg_buf){0};
    return run_file(run, whole ? "run" : "checkpoint", &(about){.recipe = recipe, .made = now}, out, err);
}

/* ---- reading ---- */
/* What a file being read has shared: its network and its weights. */
typedef struct opened {
    const store_bundle *bundle;
    nn_net *net;
    nn_weights *block[MOST_BLOCKS];
    size_t count;
} opened;

static about unpack_about(lg_unpack *in)
{
    about a;
    lg_unpack_text(in, 64); /* who wrote it: for people who look into the file */
    a.made = lg_unpack_text(in, 31);
    a.recipe = lg_unpack_text(in, MOST_TEXT);
    return a;
}

static lg_status read_about(const store_bundle *b, about *a, lg_err *err)
{
    lg_unpack in;
    LG_TRY(store_bundle_section(b, "about", &in, err));
    *a = unpack_about(&in);
    return lg_unpack_end(&in, err);
}

/* The network that weights belong to which a file lists among its parts. */
static lg_status unpack_part(lg_unpack *in, const nn_net *whole, nn_net **out, lg_err *err)
{
    bool frozen[NN_MAX_LAYERS] = {false};
    nn_net *net = NULL;
    int count = nn_net_count(whole), cut = (int)lg_unpack_count(in, (size_t)count, 0);
    int nodes = (int)lg_unpack_count(in, (size_t)count, 0);
    if (!in->bad && (nodes != count - cut || !nn_net_can_cut(whole, cut)))
        lg_unpack_refuse(in, "a part of the network has other layers than the whole");
    for (int i = 0; i < nodes && !in->bad; i++) frozen[cut + i] = lg_unpack_truth(in);
    for (int i = 0; i <= cut; i++) frozen[i] = cut > 0; /* what lies before the cut does not learn */
    LG_TRY(lg_unpack_check(in, err));
    LG_TRY(nn_net_with_frozen(whole, frozen, &net, err));
    if (!cut) {
        *out = net;
        return LG_OK;
    }
    lg_status st = nn_net_tail(net, cut, out, err);
    nn_net_unref(net);
    return st;
}

static lg_status read_blocks(opened *o, lg_err *err)
{
    lg_unpack in, parts;
    bool several = store_bundle_has(o->bundle, "parts");
    if (several) LG_TRY(store_bundle_section(o->bundle, "parts", &parts, err));
    LG_TRY(store_bundle_section(o->bundle, "weights", &in, err));
    size_t n = lg_unpack_count(&in, MOST_BLOCKS, 8);
    for (; o->count < n; o->count++) {
        nn_net *part = NULL;
        if (several) LG_TRY(unpack_part(&parts, o->net, &part, err));
        lg_status st = nn_weights_unpack(&in, part ? part : o->net, &o->block[o->count], err);
        nn_net_unref(part);
        LG_TRY(st);
    }
    if (several) LG_TRY(lg_unpack_end(&parts, err));
    return lg_unpack_end(&in, err);
}

/* net: to be used instead of the file's own where both are the same; may be NULL. */
static lg_status read_shared(opened *o, const nn_net *net, lg_err *err)
{
    lg_unpack in;
    LG_TRY(store_bundle_section(o->bundle, "network", &in, err));
    LG_TRY(nn_net_unpack(&in, &o->net, err));
    LG_TRY(lg_unpack_end(&in, err));
    if (net && nn_net_same(net, o->net)) {
        nn_net_unref(o->net);
        o->net = nn_net_ref(net);
    }
    return read_blocks(o, err);
}

static void opened_release(opened *o)
{
    for (size_t i = 0; i < o->count; i++) nn_weights_unref(o->block[i]);
    nn_net_unref(o->net);
}

/* A reference to the weights that are named next. */
static nn_weights *unpack_weights(lg_unpack *in, const opened *o, bool may_lack)
{
    size_t place = lg_unpack_count(in, MOST_BLOCKS, 0);
    if (may_lack && place == NO_BLOCK) return NULL;
    if (!in->bad && place < o->count) return nn_weights_ref(o->block[place]);
    lg_unpack_refuse(in, "it names weights that are not there");
    return NULL;
}

static char *unpack_copy(lg_unpack *in, size_t most, lg_err *err)
{
    return lg_strdup(lg_unpack_text(in, most), err);
}

static lg_status unpack_labels(lg_unpack *in, cmd_labels *labels, lg_err *err)
{
    size_t n = lg_unpack_count(in, MOST_LABELS, 5);
    labels->name = lg_alloc(n, sizeof *labels->name, err);
    if (!labels->name) return err->status;
    for (size_t k = 0; k < n; k++) {
        labels->name[k] = unpack_copy(in, MOST_LABEL, err);
        if (!labels->name[k]) return err->status;
        labels->count++;
    }
    return lg_unpack_check(in, err);
}

static lg_status unpack_score(lg_unpack *in, int classes, cmd_score *score, lg_err *err)
{
    if (!lg_unpack_truth(in)) return lg_unpack_check(in, err);
    size_t cells = (size_t)classes * (size_t)classes;
    score->loss = lg_unpack_f64(in);
    nn_calibration_unpack(in, &score->calibration);
    if (cells > (in->len - in->at) / 8) lg_unpack_refuse(in, "it ends too early");
    LG_TRY(lg_unpack_check(in, err));
    score->count = lg_alloc(cells, sizeof *score->count, err);
    if (!score->count) return err->status;
    score->classes = classes;
    for (size_t k = 0; k < cells; k++) score->count[k] = lg_unpack_range(in, 0, MOST_COUNT);
    return lg_unpack_check(in, err);
}

static lg_status unpack_run_facts(lg_unpack *in, cmd_run *run, lg_err *err)
{
    run->name = unpack_copy(in, MOST_NAME, err);
    run->model = unpack_copy(in, MOST_NAME, err);
    run->data = unpack_copy(in, MOST_NAME, err);
    run->settings = unpack_copy(in, MOST_TEXT, err);
    if (!run->name || !run->model || !run->data || !run->settings) return err->status;
    const char *fingerprint = lg_unpack_text(in, 64);
    if (strlen(fingerprint) != 64) lg_unpack_refuse(in, "its dataset has no fingerprint");
    else memcpy(run->fingerprint, fingerprint, 65);
    run->number = (int)lg_unpack_range(in, 1, 1000000000);
    run->planned = (int)lg_unpack_range(in, 0, 1000000000);
    run->threads = (int)lg_unpack_range(in, 1, 1 << 20);
    run->train_count = lg_unpack_range(in, 0, MOST_COUNT);
    run->seconds = lg_unpack_finite(in);
    run->keep_last = lg_unpack_truth(in);
    LG_TRY(lg_unpack_check(in, err));
    return unpack_labels(in, &run->labels, err);
}

/* Also where one is not there. */
static bool are_alike(const nn_weights *a, const nn_weights *b)
{
    return !a || !b || nn_net_same(nn_weights_net(a), nn_weights_net(b));
}

static lg_status unpack_run(lg_unpack *in, const opened *o, cmd_run **out, lg_err *err)
{
    lg_status st;
    cmd_run *run = lg_alloc(1, sizeof *run, err);
    if (!run) return err->status;
    run->run.best = -1;
    LG_GO(unpack_run_facts(in, run, err));
    LG_GO(nn_run_unpack(in, o->net, &run->run, err));
    if (run->labels.count != run->run.classes) lg_unpack_refuse(in, "a run has other labels than classes");
    run->run.weights = unpack_weights(in, o, false);
    run->run.last = unpack_weights(in, o, false);
    run->run.top = unpack_weights(in, o, run->run.best < 0);
    if (!are_alike(run->run.weights, run->run.last) || !are_alike(run->run.last, run->run.top))
        lg_unpack_refuse(in, "the weights of a run are of several networks");
    for (int i = 0; i < DATA_SPLITS; i++) LG_GO(unpack_score(in, run->run.classes, &run->score[i], err));
    LG_GO(lg_unpack_check(in, err));
    *out = run;
    return LG_OK;
done:
    cmd_run_free(run);
    return st;
}

/* payload is consumed. */
static lg_status make_object(const dsl_class *cls, void *payload, const about *a, dsl_object **out, lg_err *err)
{
    LG_TRY(dsl_object_new(cls, payload, a->recipe, out, err));
    if (*a->made) memcpy((*out)->made, a->made, strlen(a->made) + 1);
    return LG_OK;
}

/* Seconds in which each run waited for its pictures; files older than this section do not say. */
static lg_status unpack_waits(const store_bundle *bundle, cmd_run *const *run, int runs, lg_err *err)
{
    lg_unpack in;
    if (!store_bundle_has(bundle, "waits")) return LG_OK;
    LG_TRY(store_bundle_section(bundle, "waits", &in, err));
    for (int i = 0; i < runs; i++) run[i]->run.waited = lg_unpack_finite(&in);
    return lg_unpack_end(&in, err);
}

static lg_status unpack_runs(const opened *o, cmd_model *model, lg_err *err)
{
    cmd_run *all[CMD_RUNS];
    lg_unpack in;
    LG_TRY(store_bundle_section(o->bundle, "runs", &in, err));
    size_t n = lg_unpack_count(&in, CMD_RUNS, 64);
    for (size_t i = 0; i < n; i++) {
        cmd_run *run = NULL;
        about a = unpack_about(&in);
        LG_TRY(unpack_run(&in, o, &run, err));
        all[i] = run;
        LG_TRY(make_object(&cmd_run_class, run, &a, &model->run[i], err));
        model->runs++;
    }
    LG_TRY(lg_unpack_end(&in, err));
    return unpack_waits(o->bundle, all, model->runs, err);
}

/* A network that was not fitted, and files older than this section, have none. */
static lg_status unpack_rules(const opened *o, cmd_model *model, lg_err *err)
{
    lg_unpack in;
    lg_err said = {0};
    if (!store_bundle_has(o->bundle, "pictures")) return LG_OK;
    LG_TRY(store_bundle_section(o->bundle, "pictures", &in, err));
    if (data_rules_read(lg_unpack_text(&in, MOST_RULES), &model->rules, &said)) lg_unpack_refuse(&in, "%s", said.msg);
    model->ruled = true;
    return lg_unpack_end(&in, err);
}

/* Only models with a pretrained base have one. */
static lg_status unpack_base(const opened *o, cmd_model *model, lg_err *err)
{
    lg_unpack in;
    cmd_pretrained *base = &model->base;
    if (!store_bundle_has(o->bundle, "base")) return LG_OK;
    LG_TRY(store_bundle_section(o->bundle, "base", &in, err));
    base->layers = (int)lg_unpack_count(&in, (size_t)nn_net_count(o->net) - 1, 0);
    const char *name = lg_unpack_text(&in, MOST_NAME), *file = lg_unpack_text(&in, MOST_NAME);
    base->bytes = lg_unpack_u64(&in);
    const char *sha256 = lg_unpack_text(&in, 64);
    if (!(base->name = lg_strdup(name, err)) || (*file && !(base->file = lg_strdup(file, err)))) return err->status;
    memcpy(base->sha256, sha256, strlen(sha256) + 1);
    return lg_unpack_end(&in, err);
}

static bool is_whole(const nn_weights *weights, const opened *o)
{
    return !weights || nn_net_same(nn_weights_net(weights), o->net);
}

static lg_status unpack_model(const opened *o, cmd_model *model, lg_err *err)
{
    lg_unpack in;
    LG_TRY(store_bundle_section(o->bundle, "model", &in, err));
    model->net = nn_net_ref(o->net);
    model->seed = lg_unpack_u64(&in);
    model->by_class = lg_unpack_truth(&in);
    const char *on = lg_unpack_text(&in, MOST_NAME);
    if (*on && !(model->on = lg_strdup(on, err))) return err->status;
    LG_TRY(unpack_labels(&in, &model->labels, err));
    model->first = unpack_weights(&in, o, false);
    model->weights = unpack_weights(&in, o, false);
    if (!is_whole(model->first, o) || !is_whole(model->weights, o))
        lg_unpack_refuse(&in, "the weights of a part stand for those of the whole");
    LG_TRY(lg_unpack_end(&in, err));
    LG_TRY(unpack_rules(o, model, err));
    LG_TRY(unpack_base(o, model, err));
    return unpack_runs(o, model, err);
}

static lg_status open_model(const store_bundle *bundle, const about *a, dsl_object **out, lg_err *err)
{
    lg_status st;
    opened o = {.bundle = bundle};
    cmd_model *model = lg_alloc(1, sizeof *model, err);
    if (!model) return err->status;
    LG_GO(read_shared(&o, NULL, err));
    LG_GO(unpack_model(&o, model, err));
    st = make_object(&cmd_model_class, model, a, out, err);
    model = NULL;
done:
    cmd_model_free(model);
    opened_release(&o);
    return st;
}

static lg_status open_run(const store_bundle *bundle, const nn_net *net, cmd_run **out, lg_err *err)
{
    lg_status st;
    lg_unpack in;
    opened o = {.bundle = bundle};
    cmd_run *run = NULL;
    LG_GO(read_shared(&o, net, err));
    LG_GO(store_bundle_section(bundle, "run", &in, err));
    LG_GO(unpack_run(&in, &o, &run, err));
    LG_GO(lg_unpack_end(&in, err));
    LG_GO(unpack_waits(bundle, &run, 1, err));
    *out = run;
    run = NULL;
done:
    cmd_run_free(run);
    opened_release(&o);
    return st;
}

static lg_status open_dataset(cmd_opening *o, const store_bundle *bundle, const about *a, dsl_object **out, lg_err *err)
{
    lg_unpack in;
    data_set *set = NULL;
    LG_TRY(store_bundle_section(bundle, "images", &in, err));
    const data_unpack_spec spec = {.in = &in,
                                   .base = o->base,
                                   .pool = o->pool,
                                   .cancel = o->cancel,
                                   .progress = o->progress,
                                   .unpacking = o->unpacking,
                                   .progress_ctx = o->progress_ctx};
    LG_TRY(data_unpack(&spec, &set, &o->lost, err));
    return make_object(&cmd_dataset_class, set, a, out, err);
}

lg_status cmd_file_open(cmd_opening *o, dsl_object **out, lg_err *err)
{
    about a;
    store_bundle bundle;
    cmd_run *run = NULL;
    LG_TRY(store_bundle_read(o->file, o->data, o->len, &bundle, err));
    LG_TRY(read_about(&bundle, &a, err));
    if (strcmp(bundle.kind, "model") == 0) return open_model(&bundle, &a, out, err);
    if (strcmp(bundle.kind, "dataset") == 0) return open_dataset(o, &bundle, &a, out, err);
    if (strcmp(bundle.kind, "run") == 0) {
        LG_TRY(open_run(&bundle, NULL, &run, err));
        return make_object(&cmd_run_class, run, &a, out, err);
    }
    if (strcmp(bundle.kind, "checkpoint") == 0) {
        lg_fail(err, LG_E_FORMAT, 332, "`%.200s` is a training that has not ended", o->file);
        return lg_try(err, "the `fit` line that began it goes on from there");
    }
    lg_fail(err, LG_E_FORMAT, 333, "`%.200s` holds a kind of object that this Logolens does not know", o->file);
    lg_why(err, "it calls it `%s`", bundle.kind);
    return lg_try(err, "update Logolens");
}

lg_status cmd_file_open_run(cmd_kept_run *kept, cmd_run **out, lg_err *err)
{
    about a;
    store_bundle bundle;
    LG_TRY(store_bundle_read(kept->file, kept->data, kept->len, &bundle, err));
    LG_TRY(read_about(&bundle, &a, err));
    memcpy(kept->made, a.made, strlen(a.made) + 1);
    kept->whole = strcmp(bundle.kind, "run") == 0;
    return open_run(&bundle, kept->net, out, err);
}
