/* seen.c - images of a dataset as a network sees them, one by one. */
#include "kernel/commands/seen.h"
#include "kernel/commands/dataset_edits.h"
#include "kernel/commands/freeze.h"
#include "lib/data/clean.h"
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

/* ---- files ---- */
/* The dataset that images come from, NULL where there is none. */
static const data_set *set_of(const dsl_call *call, int on, const cmd_model *model)
{
    const dsl_value *value = on < 0 ? NULL : dsl_val(call, on);
    const dsl_object *object = value ? value->object : model->on ? dsl_session_get(call->session, model->on) : NULL;
    return object && object->cls->kind == DSL_KIND_DATASET ? object->payload : NULL;
}

data_rules cmd_rules_for(const cmd_model *model, const data_set *set)
{
    data_rules rules = model->ruled ? model->rules : set ? data_rules_of(set) : DATA_RULES_NONE;
    const nn_shape want = nn_net_input(model->net);
    bool picture = want.rank == 3 && (want.dim[2] == 1 || want.dim[2] == 3);
    if (!picture) rules.size = (data_size){0};
    else if (!cmd_model_prepares(model) || !rules.size.h)
        rules.size = (data_size){(int)want.dim[0], (int)want.dim[1], (int)want.dim[2]};
    return rules;
}

void cmd_note_guessed(plt_doc *doc, const dsl_call *call, const dsl_value *model, int on)
{
    const cmd_model *m = cmd_model_of(model);
    const data_rules rules = cmd_rules_for(m, NULL);
    if (m->ruled || cmd_model_prepares(m) || set_of(call, on, m)) return;
    plt_note(doc, "how the pictures were made that %s learnt from is not known here: %dx%d, scaled %g..%g", model->name,
             rules.size.h, rules.size.w, rules.low, rules.high);
}

bool cmd_seen_only_files(const dsl_call *call, const dsl_value *model, int on, int image)
{
    int n = call->arg[image].count;
    return n && cmd_image_files(call, image, set_of(call, on, cmd_model_of(model))) == (size_t)n;
}

lg_status cmd_seen_files(const dsl_call *call, const dsl_value *model, int on, int image, data_set **out, lg_err *err)
{
    const cmd_model *m = cmd_model_of(model);
    const dsl_value *first = &call->arg[image].value[0], *value = on < 0 ? NULL : dsl_val(call, on);
    const data_set *set = set_of(call, on, m);
    const data_rules rules = cmd_rules_for(m, set);
    if (call->where) {
        lg_fail(err, LG_E_ARG, 144, "`where` chooses among the images of a dataset, and `%.80s` is a file",
                first->text);
        lg_try(err, "leave out the `where`");
        return lg_err_place(err, first->span);
    }
    LG_TRY(cmd_image_open(call, image, NULL, &rules, set, value ? value->name : m->on, out, err));
    lg_status st = cmd_model_sees(m, model->name, *out, "a file", err);
    if (st) data_unref(*out), *out = NULL;
    return st ? lg_err_place(err, model->span) : LG_OK;
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

/* The images named, in a set of their own. */
static lg_status take_named(const dsl_call *call, const cmd_seen_of *of, cmd_seen *seen, const data_set *set,
                            lg_err *err)
{
    data_image image;
    uint32_t *row;
    LG_TRY(cmd_images_named(call, of->image, set, seen->data_name, &seen->set, &row, &seen->n, err));
    for (size_t i = 0; i < seen->n; i++) {
        data_image_at(seen->set, row[i], &image);
        if (!image.broken) continue;
        lg_fail(err, LG_E_DATA, 305, "image %s cannot be read, so `%s` sees nothing", image.number, seen->model_name);
        lg_why(err, "%s", image.broken);
        return lg_err_place(err, call->arg[of->image].value[i].span);
    }
    seen->row = lg_memdup(row, seen->n, sizeof *row, err);
    return seen->row ? LG_OK : err->status;
}

/* A few of many. */
static lg_status take_some(const cmd_seen_of *of, cmd_seen *seen, const data_set *set, lg_err *err)
{
    data_set *good = NULL;
    uint32_t *id = lg_alloc(of->most, sizeof *id, err);
    data_image image;
    lg_status st;
    LG_GO(id ? LG_OK : err->status);
    LG_GO(data_where(set, readable, NULL, &good, err));
    if (of->first) id[0] = 0, seen->n = data_count(good) > 0;
    else seen->n = data_sample(good, of->most, data_seed(good), id);
    for (size_t i = 0; i < seen->n; i++) {
        data_image_at(good, id[i], &image);
        id[i] = image.id;
    }
    LG_GO(cmd_keep_images(good, id, seen->n, &seen->set, err));
    for (size_t i = 0; i < seen->n; i++) id[i] = (uint32_t)data_row_of(seen->set, id[i]);
    seen->row = id;
    id = NULL;
done:
    lg_free(id);
    data_unref(good);
    return st;
}

static lg_status nothing_passes(const dsl_call *call, const dsl_value *on, const cmd_seen *seen, lg_err *err)
{
    if (on && on->part != DSL_PART_ALL && !seen->passed && !call->where) return cmd_part_empty(on, err);
    if (call->where) lg_fail(err, LG_E_DATA, 407, "no image of `%s` passes this `where`", seen->data_name);
    else lg_fail(err, LG_E_DATA, 407, "`%s` has no image that can be read", seen->data_name);
    return lg_try(err, "show %s", seen->data_name);
}

static lg_status from_dataset(const dsl_call *call, const cmd_seen_of *of, cmd_seen *seen, lg_err *err)
{
    const data_set *set = NULL;
    data_set *part = NULL, *chosen = NULL;
    lg_status st;
    LG_GO(whose(call, of, seen, &set, err));
    LG_GO(cmd_model_sees(seen->model, seen->model_name, set, seen->data_name, err));
    LG_GO(part_of(call, of, seen, set, &part, err));
    LG_GO(passing(call, seen, part, &chosen, err));
    seen->passed = data_count(chosen);
    LG_GO(call->arg[of->image].count ? take_named(call, of, seen, chosen, err) : take_some(of, seen, chosen, err));
    if (!seen->n) LG_GO(nothing_passes(call, dsl_val(call, of->on), seen, err));
done:
    data_unref(part);
    data_unref(chosen);
    return st;
}

static lg_status from_files(const dsl_call *call, const cmd_seen_of *of, cmd_seen *seen, lg_err *err)
{
    LG_TRY(cmd_seen_files(call, &call->arg[of->model].value[0], of->on, of->image, &seen->set, err));
    seen->n = seen->passed = data_count(seen->set);
    seen->files = true;
    seen->data_name = seen->n == 1 ? "file" : "files";
    seen->row = lg_alloc(seen->n, sizeof *seen->row, err);
    for (size_t i = 0; seen->row && i < seen->n; i++) seen->row[i] = (uint32_t)i;
    return seen->row ? LG_OK : err->status;
}

lg_status cmd_seen_open(const dsl_call *call, const cmd_seen_of *of, cmd_seen *seen, lg_err *err)
{
    const dsl_value *model = &call->arg[of->model].value[0], *on = dsl_val(call, of->on);
    lg_status st;
    *seen = (cmd_seen){.model = cmd_model_of(model), .model_name = model->name};
    bool files = cmd_seen_only_files(call, model, of->on, of->image);
    LG_GO(files ? from_files(call, of, seen, err) : from_dataset(call, of, seen, err));
    LG_GO(cmd_model_view(seen->model, seen->set, &seen->view, err));
    LG_GO(cmd_opinion_ask(call, seen->model, seen->set, &seen->opinion, err));
done:
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
    snprintf(to, sizeof *room, "output %d", output);
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
        lg_why(err, "it was made without labels: its outputs are numbered from 0 to %s",
               lg_thousands((long long)nn_shape_size(nn_net_output(model->net)) - 1));
        lg_try(err, "class 0");
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
    if (!model->labels.count && lg_parse_int(word->text, &number) && number >= 0 &&
        number < (long long)nn_shape_size(out))
        *output = (int)number;
    return *output < 0 ? no_class(model, value->name, word, err) : LG_OK;
}

void cmd_seen_numbers(const cmd_seen *seen, lg_buf *out)
{
    enum { SAID = 6 };
    data_image image;
    if (!seen->files) lg_buf_adds(out, seen->n == 1 ? "image " : "images ");
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

lg_status cmd_outputs_ranked(const float *p, int n, int **out, lg_err *err)
{
    scored *all = lg_alloc((size_t)n, sizeof *all, err);
    *out = all ? lg_alloc((size_t)n, sizeof **out, err) : NULL;
    for (int k = 0; *out && k < n; k++) all[k] = (scored){p[k], k};
    if (*out) qsort(all, (size_t)n, sizeof *all, surest_first);
    for (int k = 0; *out && k < n; k++) (*out)[k] = all[k].output;
    lg_free(all);
    return *out ? LG_OK : err->status;
}

lg_status cmd_doc_scores(plt_doc *doc, const cmd_model *model, const float *p, const char *title, lg_err *err)
{
    enum { BARS = 8 };
    int n = (int)nn_shape_size(nn_net_output(model->net)), shown = n < BARS ? n : BARS;
    const char *label[BARS];
    double value[BARS];
    int *ranked = NULL;
    if (n > BARS) LG_TRY(cmd_outputs_ranked(p, n, &ranked, err));
    for (int k = 0; k < shown; k++) {
        int output = ranked ? ranked[k] : k;
        label[k] = cmd_output_name(model, output);
        value[k] = (double)p[output];
    }
    const nn_node *last = nn_net_node(model->net, nn_net_count(model->net) - 1);
    nn_activation end = nn_ends_in(last->type, last->spec.config);
    bool shares = end == NN_SOFTMAX || end == NN_SIGMOID; /* else scores without bounds */
    char likeliest[80];
    snprintf(likeliest, sizeof likeliest, "%s: the likeliest", title);
    plt_bars(doc, &(plt_bars_spec){.title = n > BARS ? likeliest : title,
                                   .sentence = "",
                                   .labels = label,
                                   .values = value,
                                   .n = shown,
                                   .percent = shares});
    lg_free(ranked);
    return LG_OK;
}

/* ---- layers ---- */
static bool has_kernel(const nn_node *node)
{
    return node->nparam > 0 && node->param[0].shape.rank >= 3 && strcmp(node->param[0].name, "kernel") == 0;
}

/* The layer to name instead: with maps, or the nearest one before that has kernels. */
static int another(const nn_net *net, int node, bool kernel)
{
    if (!kernel) return nn_explain_node(net);
    for (int i = node - 1; i > 0; i--)
        if (has_kernel(nn_net_node(net, i))) return i;
    return -1;
}

static lg_status no_maps(const char *name, int at, const nn_net *net, bool kernel, lg_err *err)
{
    const nn_node *node = nn_net_node(net, at);
    char size[NN_SHAPE_TEXT];
    int other = another(net, at, kernel);
    lg_fail(err, LG_E_SHAPE, 432, "`%s` of `%s` has no %s", node->name, name, kernel ? "kernels" : "maps to look at");
    if (kernel) lg_why(err, "it is a layer of type `%s`, and kernels are what convolutions learn", node->type->name);
    else if (node->spec.out.rank == 3)
        lg_why(err, "it gives one place, %s, so there is nothing to tell apart", nn_shape_text(node->spec.out, size));
    else lg_why(err, "it gives a list of %s numbers, which have no places", nn_shape_text(node->spec.out, size));
    return other >= 0 ? lg_try(err, "layer %s", nn_net_node(net, other)->name) : err->status;
}

static lg_status no_convolution(const dsl_call *call, const char *name, bool kernel, lg_err *err)
{
    bool other = strcmp(call->command->name, "explain") == 0;
    lg_fail(err, LG_E_SHAPE, 432, "`%s` has no convolution%s", name, kernel ? "" : " whose output has places");
    lg_why(err, "%s", kernel ? "kernels are what convolutions learn" : "without places there is nothing to draw");
    return other ? lg_try(err, "%s %s method occlusion", call->command->name, name) : lg_try(err, "summary %s", name);
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
        st = no_maps(value->name, *node, m->net, kernel, err);
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
