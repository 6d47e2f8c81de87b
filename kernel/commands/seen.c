/* seen.c - images of a dataset as a network sees them, one by one. */
#include "kernel/commands/seen.h"
#include "kernel/commands/dataset_edits.h"
#include "kernel/commands/freeze.h"
#include "lib/image/resize.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/banned.h"

void cmd_seen_release(cmd_seen *seen)
{
    cmd_opinion_release(&seen->opinion);
    data_unref(seen->set);
    data_unref(seen->view);
    lg_free(seen->row);
    *seen = (cmd_seen){0};
}

/* ---- which images ---- */
static lg_status whose(const dsl_call *call, const cmd_seen_of *of, cmd_seen *seen, const data_set **set, lg_err *err)
{
    const dsl_value *on = dsl_val(call, of->on);
    const char *name = on ? on->name : seen->model->on;
    dsl_object *object = on ? on->object : name ? dsl_session_get(call->session, name) : NULL;
    if (!object || object->cls->kind != DSL_KIND_DATASET) {
        lg_fail(err, LG_E_NAME, 404, "which images should `%s` look at?", seen->model_name);
        if (name) lg_why(err, "it was made on `%s`, which is no longer here", name);
        return lg_try(err, "%s %s on DATASET image 1", call->command->name, seen->model_name);
    }
    *set = object->payload;
    seen->data_name = name;
    return LG_OK;
}

/* A number means an image of the whole dataset; what is picked for want of one is better not learnt from. */
static lg_status part_of(const dsl_call *call, const cmd_seen_of *of, cmd_seen *seen, const data_set *set,
                         data_set **part, lg_err *err)
{
    const dsl_value *on = dsl_val(call, of->on);
    data_split_kind kind = on && on->part != DSL_PART_ALL ? cmd_split_of(on->part) : DATA_NONE;
    if (kind == DATA_NONE && !on && !of->first && !call->arg[of->image].count) {
        LG_TRY(data_part(set, DATA_VAL, part, err));
        if (data_count(*part)) kind = DATA_VAL;
        else data_unref(*part), *part = NULL;
    }
    if (kind != DATA_NONE)
        seen->data_name = lg_arena_strf(call->arena, err, "%s.%s", seen->data_name, data_split_names[kind]);
    if (!seen->data_name) return err->status;
    if (*part) return LG_OK;
    if (kind != DATA_NONE) return data_part(set, kind, part, err);
    *part = data_ref(set);
    return LG_OK;
}

static lg_status readable(void *ctx, const data_set *set, size_t row, bool *keep, lg_err *err)
{
    (void)ctx, (void)err;
    data_image image;
    data_image_at(set, row, &image);
    *keep = !image.broken;
    return LG_OK;
}

/* Rows of the part that pass `where`, which may name what the model says. */
static lg_status passing(const dsl_call *call, cmd_seen *seen, const data_set *part, data_set **out, lg_err *err)
{
    cmd_opinion o = {0};
    data_set *whole = NULL;
    lg_status st;
    if (!call->where) {
        *out = data_ref(part);
        return LG_OK;
    }
    LG_GO(data_where(part, readable, NULL, &whole, err));
    LG_GO(cmd_opinion_ask(call, seen->model, whole, &o, err));
    LG_GO(cmd_dataset_where(call, whole, cmd_opinion_field, &o, cmd_opinion_fields, out, err));
done:
    cmd_opinion_release(&o);
    data_unref(whole);
    return st;
}

/* Ids of the images named, or of a few. */
static lg_status choose(const dsl_call *call, const cmd_seen_of *of, cmd_seen *seen, const data_set *set,
                        const uint32_t **ids, lg_err *err)
{
    data_image image;
    if (call->arg[of->image].count) {
        LG_TRY(cmd_image_ids(call, of->image, set, seen->data_name, ids, &seen->n, err));
        for (size_t i = 0; i < seen->n; i++) {
            data_image_at(set, (size_t)data_row_of(set, (*ids)[i]), &image);
            if (!image.broken) continue;
            lg_fail(err, LG_E_DATA, 305, "image %s cannot be read, so `%s` sees nothing", image.number,
                    seen->model_name);
            lg_why(err, "%s", image.broken);
            return lg_err_place(err, call->arg[of->image].value[i].span);
        }
        return LG_OK;
    }
    uint32_t *some = lg_arena_alloc(call->arena, of->most, sizeof *some, err);
    data_set *good = NULL;
    if (!some) return err->status;
    LG_TRY(data_where(set, readable, NULL, &good, err));
    if (of->first) some[0] = 0, seen->n = data_count(good) > 0;
    else seen->n = data_sample(good, of->most, data_seed(good), some);
    for (size_t i = 0; i < seen->n; i++) {
        data_image_at(good, some[i], &image);
        some[i] = image.id;
    }
    data_unref(good);
    *ids = some;
    return LG_OK;
}

static lg_status nothing_passes(const dsl_call *call, const cmd_seen *seen, lg_err *err)
{
    if (call->where) lg_fail(err, LG_E_DATA, 407, "no image of `%s` passes this `where`", seen->data_name);
    else lg_fail(err, LG_E_DATA, 407, "`%s` has no image that can be read", seen->data_name);
    return lg_try(err, "show %s", seen->data_name);
}

static lg_status take(const dsl_call *call, cmd_seen *seen, const data_set *set, const uint32_t *ids, lg_err *err)
{
    LG_TRY(cmd_keep_images(set, ids, seen->n, &seen->set, err));
    seen->row = lg_alloc(seen->n, sizeof *seen->row, err);
    if (!seen->row) return err->status;
    for (size_t i = 0; i < seen->n; i++) seen->row[i] = (uint32_t)data_row_of(seen->set, ids[i]);
    LG_TRY(cmd_model_view(seen->model, seen->set, &seen->view, err));
    return cmd_opinion_ask(call, seen->model, seen->set, &seen->opinion, err);
}

lg_status cmd_seen_open(const dsl_call *call, const cmd_seen_of *of, cmd_seen *seen, lg_err *err)
{
    const dsl_value *model = &call->arg[of->model].value[0], *on = dsl_val(call, of->on);
    const data_set *set = NULL;
    const uint32_t *ids = NULL;
    data_set *part = NULL, *chosen = NULL;
    lg_status st;
    *seen = (cmd_seen){.model = cmd_model_of(model), .model_name = model->name};
    LG_GO(whose(call, of, seen, &set, err));
    LG_GO(cmd_model_sees(seen->model, seen->model_name, set, seen->data_name, err));
    LG_GO(part_of(call, of, seen, set, &part, err));
    LG_GO(passing(call, seen, part, &chosen, err));
    seen->passed = data_count(chosen);
    LG_GO(choose(call, of, seen, chosen, &ids, err));
    if (!seen->n) LG_GO(nothing_passes(call, seen, err));
    LG_GO(take(call, seen, chosen, ids, err));
done:
    data_unref(part);
    data_unref(chosen);
    if (st) cmd_seen_release(seen);
    return st && !err->span.line ? lg_err_place(err, (on ? on : model)->span) : st;
}

/* ---- one of them ---- */
lg_status cmd_seen_pixels(const cmd_seen *seen, size_t i, float **x, lg_err *err)
{
    nn_source source = cmd_source(seen->view);
    int64_t row = seen->row[i];
    float *pixels = lg_alloc(nn_shape_size(nn_net_input(seen->model->net)), sizeof *pixels, err);
    if (!pixels) return err->status;
    lg_status st = source.fill(source.ctx, &row, 1, pixels, NULL, err);
    if (st) lg_free(pixels);
    else *x = pixels;
    return st;
}

lg_status cmd_seen_picture(const cmd_seen *seen, size_t i, int side, img_picture *out, lg_err *err)
{
    img_picture raw = {0}, rgb = {0};
    lg_status st;
    LG_GO(data_thumbnail(seen->view, seen->row[i], &raw, err));
    LG_GO(img_convert(&raw, 3, &rgb, err));
    int longer = rgb.h > rgb.w ? rgb.h : rgb.w, times = side / longer < 64 ? side / longer : 64;
    if (times > 1) st = img_enlarge(&rgb, times, out, err);
    else if (longer <= 2 * side) st = img_picture_copy(out, rgb.px, rgb.h, rgb.w, 3, err);
    else {
        int h = (int)((int64_t)rgb.h * side / longer), w = (int)((int64_t)rgb.w * side / longer);
        st = img_resize(&rgb, h > 0 ? h : 1, w > 0 ? w : 1, out, err);
    }
done:
    img_picture_release(&raw);
    img_picture_release(&rgb);
    return st;
}

const float *cmd_seen_said(const cmd_seen *seen, size_t i)
{
    return cmd_opinion_of(&seen->opinion, seen->set, seen->row[i]);
}

const char *cmd_output_name(const cmd_model *model, int output)
{
    static _Thread_local char room[8][24];
    static _Thread_local unsigned turn;
    if (output < model->labels.count) return model->labels.name[output];
    char *to = room[turn++ & 7];
    snprintf(to, sizeof *room, "output %d", output + 1);
    return to;
}

static lg_status no_class(const cmd_model *model, const char *name, const dsl_value *word, lg_err *err)
{
    const cmd_labels *labels = &model->labels;
    lg_buf list;
    lg_fail(err, LG_E_NAME, 313, "`%s` knows no label `%.60s`", name, word->text);
    if (labels->count) {
        const char *near = lg_nearest(word->text, (const char *const *)labels->name, (size_t)labels->count);
        lg_buf_init(&list, 300);
        for (int k = 0; k < labels->count && k < 12; k++) lg_buf_addf(&list, "%s%s", k ? ", " : "", labels->name[k]);
        lg_why(err, "its labels are %s%s", lg_buf_str(&list), labels->count > 12 ? ", …" : "");
        lg_buf_release(&list);
        if (near) lg_try(err, "did you mean `%s`?", near);
    } else {
        lg_why(err, "it was made without labels: its outputs are numbered from 1 to %s",
               lg_thousands((long long)nn_shape_size(nn_net_output(model->net))));
        lg_try(err, "class 1");
    }
    return lg_err_place(err, word->span);
}

lg_status cmd_output_asked(const dsl_call *call, int model_param, int class, int *output, lg_err *err)
{
    const dsl_value *value = &call->arg[model_param].value[0], *word = dsl_val(call, class);
    const cmd_model *model = cmd_model_of(value);
    const nn_shape out = nn_net_output(model->net);
    char size[NN_SHAPE_TEXT];
    long long number;
    *output = -1;
    if (out.rank != 1) {
        lg_fail(err, LG_E_SHAPE, 405, "`%s` ends in %s, not in one score per class", value->name,
                nn_shape_text(out, size));
        lg_try(err, "end it with `dense classes softmax`");
        return lg_err_place(err, value->span);
    }
    if (!word) return LG_OK;
    for (int k = 0; k < model->labels.count; k++)
        if (lg_casecmp(model->labels.name[k], word->text) == 0) *output = k;
    if (!model->labels.count && lg_parse_int(word->text, &number) && number >= 1 &&
        number <= (long long)nn_shape_size(out))
        *output = (int)number - 1;
    return *output < 0 ? no_class(model, value->name, word, err) : LG_OK;
}

void cmd_seen_numbers(const cmd_seen *seen, lg_buf *out)
{
    enum { SAID = 6 };
    data_image image;
    lg_buf_adds(out, seen->n == 1 ? "image " : "images ");
    for (size_t i = 0; i < seen->n && i < SAID; i++) {
        data_image_at(seen->set, seen->row[i], &image);
        lg_buf_addf(out, "%s%s", i ? ", " : "", image.number);
    }
    if (seen->n > SAID) lg_buf_addf(out, " and %zu more", seen->n - SAID);
}

/* ---- scores ---- */
typedef struct scored {
    float p;
    int output;
} scored;

static int surest_first(const void *a, const void *b)
{
    const scored *x = a, *y = b;
    if (x->p > y->p || x->p < y->p) return x->p > y->p ? -1 : 1;
    return x->output < y->output ? -1 : x->output > y->output;
}

lg_status cmd_doc_scores(plt_doc *doc, const cmd_model *model, const float *p, const char *title, lg_err *err)
{
    enum { BARS = 8 };
    int n = (int)nn_shape_size(nn_net_output(model->net)), shown = n < BARS ? n : BARS;
    const char *label[BARS];
    double value[BARS];
    scored *all = lg_alloc((size_t)n, sizeof *all, err);
    if (!all) return err->status;
    for (int k = 0; k < n; k++) all[k] = (scored){p[k], k};
    if (n > BARS) qsort(all, (size_t)n, sizeof *all, surest_first);
    for (int k = 0; k < shown; k++) {
        label[k] = cmd_output_name(model, all[k].output);
        value[k] = (double)all[k].p;
    }
    char likeliest[80];
    snprintf(likeliest, sizeof likeliest, "%s: the likeliest", title);
    plt_bars(doc, &(plt_bars_spec){.title = n > BARS ? likeliest : title,
                                   .sentence = "",
                                   .labels = label,
                                   .values = value,
                                   .n = shown,
                                   .percent = true});
    lg_free(all);
    return LG_OK;
}

/* ---- layers ---- */
static lg_status no_maps(const char *name, const nn_node *node, const nn_net *net, bool kernel, lg_err *err)
{
    char size[NN_SHAPE_TEXT];
    int other = nn_explain_node(net);
    lg_fail(err, LG_E_SHAPE, 432, "`%s` of `%s` has no %s", node->name, name, kernel ? "kernels" : "maps to look at");
    if (kernel) lg_why(err, "it is a layer of type `%s`, and kernels are what convolutions learn", node->type->name);
    else if (node->spec.out.rank == 3)
        lg_why(err, "it gives one place, %s, so there is nothing to tell apart", nn_shape_text(node->spec.out, size));
    else lg_why(err, "it gives a list of %s numbers, which have no places", nn_shape_text(node->spec.out, size));
    return other >= 0 && !kernel ? lg_try(err, "layer %s", nn_net_node(net, other)->name) : err->status;
}

static lg_status no_convolution(const dsl_call *call, const char *name, bool kernel, lg_err *err)
{
    bool other = strcmp(call->command->name, "explain") == 0;
    lg_fail(err, LG_E_SHAPE, 432, "`%s` has no convolution%s", name, kernel ? "" : " whose output has places");
    lg_why(err, "%s", kernel ? "kernels are what convolutions learn" : "without places there is nothing to draw");
    return other ? lg_try(err, "%s %s method occlusion", call->command->name, name) : lg_try(err, "summary %s", name);
}

static bool has_kernel(const nn_node *node)
{
    return node->nparam > 0 && node->param[0].shape.rank >= 3 && strcmp(node->param[0].name, "kernel") == 0;
}

lg_status cmd_seen_layer(const dsl_call *call, int model, int layer, int fallback, bool kernel, int *node, lg_err *err)
{
    const dsl_value *value = &call->arg[model].value[0], *word = dsl_val(call, layer);
    const cmd_model *m = cmd_model_of(value);
    if (!word) {
        *node = fallback;
        return fallback >= 0 ? LG_OK : lg_err_place(err, (no_convolution(call, value->name, kernel, err), value->span));
    }
    *node = cmd_layer_called(m, word->text);
    lg_status st = LG_OK;
    if (*node < 0) st = cmd_no_layer(value->name, m, word->text, err);
    else if (kernel ? !has_kernel(nn_net_node(m->net, *node)) : !nn_has_places(nn_net_node(m->net, *node)))
        st = no_maps(value->name, nn_net_node(m->net, *node), m->net, kernel, err);
    return st ? lg_err_place(err, word->span) : LG_OK;
}

/* A name as it is typed. */
static const char *typed(const dsl_call *call, const char *name, lg_err *err)
{
    lg_buf text;
    lg_buf_init(&text, 1 << 16);
    dsl_add_word(&text, name);
    const char *word = lg_buf_check(&text, err) ? NULL : lg_arena_strndup(call->arena, text.data, text.len, err);
    lg_buf_release(&text);
    return word;
}

lg_status cmd_seen_slider(const dsl_call *call, const cmd_model *model, bool kernel, int node, dsl_slider *out,
                          lg_err *err)
{
    int count = nn_net_count(model->net), n = 0, start = 0;
    const char **word = lg_arena_alloc(call->arena, (size_t)count, sizeof *word, err);
    if (!word) return err->status;
    for (int i = 1; i < count; i++) {
        const nn_node *at = nn_net_node(model->net, i);
        if (i != node && (kernel ? !has_kernel(at) : !nn_has_places(at))) continue;
        if (i == node) start = n;
        if (!(word[n++] = typed(call, at->name, err))) return err->status;
    }
    *out = (dsl_slider){.option = "layer", .what = "layer", .naxes = n > 1, .axis = {{"layer", word, n, start}}};
    return LG_OK;
}
