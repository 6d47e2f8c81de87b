/* evaluate.c - running a trained network over a dataset: one set of predictions behind every figure. */
#include "kernel/commands/model_cut.h"
#include "lib/data/clean.h"

#include <string.h>

#include "lib/base/banned.h"

/* ---- batches ---- */
static lg_status source_fill(void *ctx, const int64_t *indices, int n, float *x, int32_t *label, lg_err *err)
{
    enum { CHUNK = 64 };
    const data_set *set = ctx;
    data_size shape = data_shape(set);
    size_t size = (size_t)shape.h * (size_t)shape.w * (size_t)shape.c;
    uint32_t rows[CHUNK];
    for (int done = 0; done < n; done += CHUNK) {
        int count = n - done < CHUNK ? n - done : CHUNK;
        for (int i = 0; i < count; i++) rows[i] = (uint32_t)indices[done + i];
        LG_TRY(
            data_fill(set, rows, (size_t)count, x ? x + (size_t)done * size : NULL, label ? label + done : NULL, err));
    }
    return LG_OK;
}

nn_source cmd_source(const data_set *set)
{
    return (nn_source){.count = (int64_t)data_count(set), .ctx = (void *)set, .fill = source_fill};
}

/* Index i is item i % count of epoch i / count. */
static lg_status variants_fill(void *ctx, const int64_t *indices, int n, float *x, int32_t *label, lg_err *err)
{
    enum { CHUNK = 64 };
    const data_set *set = ctx;
    data_size shape = data_shape(set);
    size_t size = (size_t)shape.h * (size_t)shape.w * (size_t)shape.c;
    int64_t items = (int64_t)data_count(set) * data_augment_of(set).times, item[CHUNK];
    for (int done = 0, count; done < n; done += count) {
        int64_t epoch = indices[done] / items;
        for (count = 0; count < CHUNK && done + count < n && indices[done + count] / items == epoch; count++)
            item[count] = indices[done + count] % items;
        LG_TRY(data_fill_variants(set, (uint32_t)epoch, item, (size_t)count, x ? x + (size_t)done * size : NULL,
                                  label ? label + done : NULL, err));
    }
    return LG_OK;
}

nn_source cmd_training_source(const data_set *set)
{
    int variants = data_variants(set);
    if (variants == 1) return cmd_source(set);
    return (nn_source){.count = (int64_t)data_count(set) * variants,
                       .fresh = data_augment_of(set).fresh,
                       .ctx = (void *)set,
                       .fill = variants_fill};
}

/* ---- does it fit? ---- */
/* One output per label, or the counts of right and wrong would have no place. */
static lg_status check_outputs(const cmd_model *model, const char *model_name, const data_set *set,
                               const char *data_name, lg_err *err)
{
    nn_shape out = nn_net_output(model->net);
    char text[NN_SHAPE_TEXT];
    if (!data_classes(set)) return LG_OK; /* no labels: no image to count, which is told in its own words */
    if (out.rank == 1 && out.dim[0] == data_classes(set)) return LG_OK;
    if (out.rank == 1)
        lg_fail(err, LG_E_SHAPE, 409, "`%s` has %lld outputs but `%s` has %d labels", model_name, (long long)out.dim[0],
                data_name, data_classes(set));
    else
        lg_fail(err, LG_E_SHAPE, 409, "`%s` ends in a %s image, not in one share per label", model_name,
                nn_shape_text(out, text));
    return lg_try(err, "make it again on `%s`, ending with `dense classes softmax`", data_name);
}

static lg_status check_classes(const cmd_model *model, const char *model_name, const data_set *set,
                               const char *data_name, lg_err *err)
{
    bool same = model->labels.count == data_classes(set);
    for (int k = 0; same && k < model->labels.count; k++)
        same = lg_casecmp(model->labels.name[k], data_class_name(set, k)) == 0;
    if (same || model->labels.count == 0) return LG_OK;
    lg_buf mine, theirs;
    lg_buf_init(&mine, 0);
    lg_buf_init(&theirs, 0);
    for (int k = 0; k < model->labels.count && k < 12; k++)
        lg_buf_addf(&mine, "%s%s", k ? ", " : "", model->labels.name[k]);
    for (int k = 0; k < data_classes(set) && k < 12; k++)
        lg_buf_addf(&theirs, "%s%s", k ? ", " : "", data_class_name(set, k));
    lg_fail(err, LG_E_DATA, 409, "`%s` knows other labels than `%s` has", model_name, data_name);
    lg_why(err, "%s: %s; %s: %s", model_name, lg_buf_str(&mine), data_name, lg_buf_str(&theirs));
    lg_try(err, "relabel the images as the model knows them, or make the model again on `%s`", data_name);
    lg_buf_release(&mine);
    lg_buf_release(&theirs);
    return err->status;
}

lg_status cmd_model_view(const cmd_model *model, const data_set *set, data_set **out, lg_err *err)
{
    data_size has = data_shape(set);
    const data_rules rules = data_rules_of(set);
    nn_shape want = nn_net_input(model->net);
    bool fits = want.dim[0] == has.h && want.dim[1] == has.w && want.dim[2] == has.c;
    if (!cmd_model_prepares(model) || (fits && rules.low == 0 && rules.high == 1)) {
        *out = data_ref(set);
        return LG_OK;
    }
    return data_at_size(set, (data_size){(int)want.dim[0], (int)want.dim[1], (int)want.dim[2]}, out, err);
}

lg_status cmd_model_sees(const cmd_model *model, const char *model_name, const data_set *set, const char *data_name,
                         lg_err *err)
{
    nn_shape want = nn_net_input(model->net);
    if (cmd_model_prepares(model)) return LG_OK; /* cmd_model_view */
    LG_TRY(data_need_pixels(set, data_name, err));
    data_size has = data_shape(set);
    if (want.rank != 3 || want.dim[0] != has.h || want.dim[1] != has.w || want.dim[2] != has.c) {
        char text[NN_SHAPE_TEXT];
        lg_fail(err, LG_E_SHAPE, 408, "`%s` wants %s images, but those of `%s` are %dx%dx%d", model_name,
                nn_shape_text(want, text), data_name, has.h, has.w, has.c);
        return lg_try(err, "load the images with `size %s`, or make the model again on `%s`", text, data_name);
    }
    return LG_OK;
}

lg_status cmd_model_fits(const cmd_model *model, const char *model_name, const data_set *set, const char *data_name,
                         lg_err *err)
{
    LG_TRY(cmd_model_sees(model, model_name, set, data_name, err));
    LG_TRY(check_classes(model, model_name, set, data_name, err));
    return check_outputs(model, model_name, set, data_name, err);
}

/* ---- predictions ---- */
typedef struct progress_ctx {
    cmd_live live;
    int64_t count;
} progress_ctx;

static void predict_progress(void *ctx, int64_t done)
{
    progress_ctx *p = ctx;
    cmd_live_progress(&p->live, "looking at the images", (long)done, (long)p->count);
}

lg_status cmd_predict(const dsl_call *call, const cmd_model *model, const data_set *set, float **probability,
                      lg_err *err)
{
    lg_pool *pool = NULL;
    progress_ctx progress = {.count = (int64_t)data_count(set)};
    size_t outputs = nn_shape_size(nn_net_output(model->net));
    LG_TRY(cmd_pool(call, &pool, err));
    float *p = lg_alloc(data_count(set) * outputs, sizeof *p, err);
    if (!p) return err->status;
    data_set *view = NULL;
    cmd_cut cut = {0};
    cmd_feed feed = {0};
    nn_weights *weights = NULL;
    lg_status st;
    cmd_live_init(&progress.live, call->out);
    LG_GO(cmd_model_view(model, set, &view, err));
    LG_GO(cmd_feeds_open(call, model, &(cmd_feeds){.view = view, .feed = &feed}, &cut, err));
    if (cut.head) LG_GO(nn_weights_for(model->weights, cut.tail, &weights, err));
    st = nn_predict(&(nn_predict_options){.weights = weights ? weights : model->weights,
                                          .source = feed.source,
                                          .pool = pool,
                                          .cancel = call->cancel,
                                          .ctx = &progress,
                                          .on_batch = predict_progress},
                    p, NULL, err);
done:
    nn_weights_unref(weights);
    cmd_feed_close(&feed);
    cmd_cut_release(&cut);
    data_unref(view);
    cmd_live_close(&progress.live, st);
    if (st) {
        lg_free(p);
        return st;
    }
    *probability = p;
    return LG_OK;
}

lg_status cmd_score_of(const dsl_call *call, const cmd_model *model, const data_set *set, cmd_score *out, lg_err *err)
{
    float *p = NULL;
    int32_t *label = NULL;
    size_t n = data_count(set);
    int classes = (int)nn_shape_size(nn_net_output(model->net));
    lg_status st = LG_OK;
    *out = (cmd_score){.classes = classes};
    LG_GO(cmd_predict(call, model, set, &p, err));
    label = lg_alloc(n, sizeof *label, err);
    out->count = label ? lg_alloc((size_t)classes * (size_t)classes, sizeof *out->count, err) : NULL;
    if (!out->count) LG_GO(err->status);
    for (size_t i = 0; i < n; i++) {
        data_image image;
        data_image_at(set, i, &image);
        label[i] = image.label;
        const float *row = p + i * (size_t)classes;
        int said = nn_argmax(row, classes);
        nn_confusion_add(out->count, classes, image.label, said);
        nn_calibration_add(&out->calibration, (double)row[said], image.label == said);
    }
    out->loss = nn_cross_entropy(p, label, (int64_t)n, classes);
done:
    lg_free(p);
    lg_free(label);
    if (st) cmd_score_release(out);
    return st;
}

/* ---- which images ---- */
/* Sets that come with a test part have no other: it is named, so that nobody splits what was published as split. */
static lg_status no_images(const dsl_call *call, const char *model_name, const char *data_name, const data_set *set,
                           data_split_kind part, lg_err *err)
{
    size_t test = 0;
    for (size_t i = 0; i < data_count(set); i++) {
        data_image image;
        data_image_at(set, i, &image);
        test += image.split == DATA_TEST && !image.broken;
    }
    lg_fail(err, LG_E_DATA, 403, "`%s` has no %s images", data_name, data_split_names[part]);
    if (part == DATA_VAL && test) return lg_try(err, "%s %s on %s.test", call->command->name, model_name, data_name);
    return lg_try(err, "split %s %s", data_name, part == DATA_TEST ? "70/15/15" : "80/20");
}

static lg_status data_of(const dsl_call *call, const cmd_model *model, const char *model_name, const dsl_value *on,
                         const char **name, const data_set **set, lg_err *err)
{
    *name = on ? on->name : model->on;
    dsl_object *object = on ? on->object : *name ? dsl_session_get(call->session, *name) : NULL;
    if (!object || object->cls->kind != DSL_KIND_DATASET) {
        lg_fail(err, LG_E_NAME, 404, "which images should `%s` be judged on?", model_name);
        if (*name) lg_why(err, "it was made on `%s`, which is no longer here", *name);
        return lg_try(err, "%s %s on DATASET.val", call->command->name, model_name);
    }
    *set = object->payload;
    return LG_OK;
}

lg_status cmd_judged_part(const dsl_call *call, const cmd_model *model, const char *model_name, const dsl_value *on,
                          data_set **out, const char **name, bool *training, lg_err *err)
{
    const data_set *set = NULL;
    const char *data_name = NULL;
    data_set *part = NULL;
    data_split_kind kind = on && on->part != DSL_PART_ALL ? cmd_split_of(on->part) : DATA_VAL;
    LG_TRY(data_of(call, model, model_name, on, &data_name, &set, err));
    LG_TRY(cmd_model_fits(model, model_name, set, data_name, err));
    LG_TRY(data_part(set, kind, &part, err));
    *training = kind == DATA_TRAIN;
    *name = lg_arena_strf(call->arena, err, "%s.%s", data_name, data_split_names[kind]);
    if (*name && data_count(part)) {
        *out = part;
        return LG_OK;
    }
    data_unref(part);
    return *name ? no_images(call, model_name, data_name, set, kind, err) : err->status;
}

lg_status cmd_judged_on(const dsl_call *call, const cmd_model *model, const char *model_name, const dsl_value *on,
                        data_set **out, const char **name, bool *training, lg_err *err)
{
    data_set *part = NULL;
    LG_TRY(cmd_judged_part(call, model, model_name, on, &part, name, training, err));
    lg_status st = cmd_dataset_chosen(call, part, *name, out, err);
    data_unref(part);
    return st;
}

void cmd_note_stale(plt_doc *doc, const dsl_call *call, const cmd_model *model)
{
    const cmd_run *run = cmd_model_run(model);
    char now[65];
    lg_err ignored = {0};
    if (!run) {
        if (cmd_model_came_from(model)) plt_note(doc, "its weights are those of %s", cmd_model_came_from(model));
        else
            plt_note(doc, "%s not been trained: its answers are chance",
                     model->base.file ? "the layers behind its base have" : "this network has");
        return;
    }
    if (cmd_run_where(run)) { /* which of its images would pass now is not known here: its lines tell */
        bool changed = dsl_session_changed(call->session, run->model, run->data);
        plt_note(doc, "trained on some images of %s only:%s%s", run->data, cmd_where_short(call, cmd_run_where(run)),
                 changed ? "; before its last change" : "");
        return;
    }
    dsl_object *object = dsl_session_get(call->session, run->data);
    if (!object || object->cls->kind != DSL_KIND_DATASET) return;
    if (data_fingerprint(object->payload, now, &ignored) == LG_OK && strcmp(now, run->fingerprint) != 0)
        plt_note(doc, "trained before the last change to %s", run->data);
}

void cmd_warn_cleaned(plt_doc *doc, const cmd_model *model, const char *model_name, const data_set *set,
                      const char *data_name)
{
    lg_buf want, has, line;
    lg_err warning = {0};
    data_rules rules = data_rules_of(set);
    if (!model->ruled) return;
    if (cmd_model_prepares(model)) /* it sees them at its own size and scale */
        rules.size = model->rules.size, rules.low = model->rules.low, rules.high = model->rules.high;
    lg_buf_init(&want, 1000);
    lg_buf_init(&has, 1000);
    lg_buf_init(&line, 1000);
    data_rules_pixels_text(&model->rules, &want);
    data_rules_pixels_text(&rules, &has);
    if (strcmp(lg_buf_str(&want), lg_buf_str(&has)) != 0) {
        lg_fail(&warning, LG_E_DATA, 343, "the images of `%s` were cleaned in another way than those `%s` learnt from",
                data_name, model_name);
        lg_why(&warning, "%s: %s; %s: %s", data_name, lg_buf_str(&has), model_name, lg_buf_str(&want));
        data_rules_pixels_line(&model->rules, &line);
        lg_try(&warning, "clean %.*s %s", (int)strcspn(data_name, "."), data_name, lg_buf_str(&line));
        plt_warning(doc, &warning);
    }
    lg_buf_release(&want);
    lg_buf_release(&has);
    lg_buf_release(&line);
}
