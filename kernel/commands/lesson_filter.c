/* lesson_filter.c - running a network on one image, and taking out what a layer gets. */
#include "kernel/commands/lesson_filter.h"

#include <string.h>

#include "lib/base/banned.h"

/* ---- the network on one image ---- */
static lg_status fill(const cmd_model *model, const dsl_value *value, const cmd_subject *s, nn_exec *exec, lg_err *err)
{
    data_set *view = NULL;
    uint32_t row = (uint32_t)s->row;
    lg_status st;
    const char *data = s->of ? s->of : s->name;
    LG_TRY(cmd_model_view(model, s->set, &view, err));
    st = cmd_model_sees(model, value->name, view, data, err);
    if (st) LG_GO(lg_err_place(err, value->span));
    LG_GO(data_need_pixels(view, data, err));
    LG_GO(data_fill(view, &row, 1, nn_exec_input(exec), NULL, err));
    nn_exec_forward(exec, 1);
done:
    data_unref(view);
    return st;
}

/* What a node gives for the image, as (rows, cols, channels); lists are 1x1. */
static lg_status output_of(const dsl_call *call, const dsl_value *value, const cmd_subject *s, int node, cmd_stack *out,
                           lg_err *err)
{
    const cmd_model *model = cmd_model_of(value);
    nn_exec *exec = NULL;
    lg_status st;
    LG_GO(nn_exec_new(&(nn_exec_options){.net = model->net, .max_batch = 1, .keep = true}, &exec, err));
    nn_exec_load(exec, model->weights);
    LG_GO(fill(model, value, s, exec, err));
    const nn_node *at = nn_net_node(model->net, node);
    const float *from = node ? nn_exec_activation(exec, node) : nn_exec_input(exec);
    nn_shape shape = at->spec.out;
    size_t n = nn_shape_size(shape);
    bool image = shape.rank == 3;
    *out = (cmd_stack){image ? (int)shape.dim[0] : 1, image ? (int)shape.dim[1] : 1, (int)shape.dim[image ? 2 : 0],
                       lg_arena_alloc(call->arena, n, sizeof *out->cell, err)};
    if (!out->cell) st = err->status;
    for (size_t i = 0; out->cell && i < n; i++) out->cell[i] = (double)from[i];
done:
    nn_exec_free(exec);
    return st;
}

/* ---- filters ---- */
static bool is_depthwise(const nn_node *node)
{
    return strcmp(node->type->name, "depthwise") == 0;
}

static bool is_conv(const nn_node *node)
{
    return strcmp(node->type->name, "conv") == 0 || is_depthwise(node);
}

static lg_status find_layer(const dsl_call *call, const nn_net *net, const char *model, int layer, int *out,
                            lg_err *err)
{
    const dsl_value *said = dsl_val(call, layer);
    *out = said ? nn_net_find(net, said->text) : -1;
    for (int i = 1; !said && *out < 0 && i < nn_net_count(net); i++)
        if (is_conv(nn_net_node(net, i))) *out = i;
    if (*out >= 0 && is_conv(nn_net_node(net, *out))) return LG_OK;
    if (*out >= 0) {
        lg_fail(err, LG_E_ARG, 142,
                "`%s` is a %s layer, and only `conv` and `depthwise` layers have filters that slide", said->text,
                nn_net_node(net, *out)->type->name);
    } else if (said) {
        lg_fail(err, LG_E_NAME, 219, "`%s` has no layer `%s`", model, said->text);
    } else {
        lg_fail(err, LG_E_NAME, 219, "`%s` has no `conv` or `depthwise` layer, so it has no filters", model);
    }
    lg_try(err, "`summary %s` lists its layers", model);
    return said ? lg_err_place(err, said->span) : err->status;
}

static lg_status choose_filter(const dsl_call *call, int param, cmd_filter *f, lg_err *err)
{
    const dsl_value *value = dsl_val(call, param);
    f->number = value ? (int)value->integer : 1;
    if (f->number <= f->filters) return LG_OK;
    lg_fail(err, LG_E_ARG, 142, "`%s` has %d filters, and no filter %d", f->layer, f->filters, f->number);
    lg_try(err, "filter 1 is the first, filter %d the last", f->filters);
    return lg_err_place(err, value->span);
}

static void setting(const nn_node *node, const char *name, char out[NN_FORMULA])
{
    const nn_field *field = nn_field_find(node->type->fields, name);
    *out = 0;
    if (field) nn_field_text(field, node->spec.config, out);
}

static lg_status read_settings(const dsl_call *call, const nn_node *node, cmd_filter *f, lg_err *err)
{
    const nn_sliding by = node->type->window(&node->spec);
    char text[NN_FORMULA];
    setting(node, "same", text);
    f->motion = (cmd_motion){(int)by.stride.h, (int)by.stride.w, (int)by.dilation.h, (int)by.dilation.w,
                             strcmp(text, "yes") == 0};
    setting(node, "activation", text);
    f->activation = lg_arena_strndup(call->arena, text, strlen(text), err);
    return f->activation ? LG_OK : err->status;
}

/* The kernel of a layer is (rows, cols, channels, filters), filters fastest; that of a depthwise (rows, cols, channels,
 * 1), each channel a filter. */
static lg_status take_weights(const dsl_call *call, const cmd_model *model, int node, cmd_filter *f, lg_err *err)
{
    const nn_node *at = nn_net_node(model->net, node);
    const int64_t *dim = at->param[0].shape.dim;
    int filter = f->number - 1, channels = f->channel < 0 ? (int)dim[2] : 1;
    size_t n = (size_t)(dim[0] * dim[1]) * (size_t)channels;
    const float *weights = nn_weights_param(model->weights, node, 0);
    f->kernel = (cmd_stack){(int)dim[0], (int)dim[1], channels, lg_arena_alloc(call->arena, n, sizeof(double), err)};
    if (!f->kernel.cell) return err->status;
    for (size_t i = 0; i < n; i++) f->kernel.cell[i] = (double)weights[i * (size_t)f->filters + (size_t)filter];
    f->has_bias = at->nparam > 1;
    if (f->has_bias) f->bias = (double)nn_weights_param(model->weights, node, 1)[filter];
    return LG_OK;
}

static void keep_channel(cmd_stack *x, int channel)
{
    for (int i = 0; i < x->rows * x->cols; i++) x->cell[i] = x->cell[i * x->channels + channel];
    x->channels = 1;
}

lg_status cmd_filter_of(const dsl_call *call, const dsl_value *value, int layer, int filter, const cmd_subject *subject,
                        cmd_filter *out, lg_err *err)
{
    const cmd_model *model = cmd_model_of(value);
    int node;
    *out = (cmd_filter){0};
    LG_TRY(find_layer(call, model->net, value->name, layer, &node, err));
    const nn_node *at = nn_net_node(model->net, node);
    out->node = node;
    out->layer = at->name;
    out->filters = (int)at->spec.out.dim[2];
    out->before = nn_net_node(model->net, at->input[0])->name;
    out->pixels = at->input[0] == 0;
    LG_TRY(choose_filter(call, filter, out, err));
    out->channel = is_depthwise(at) ? out->number - 1 : -1;
    LG_TRY(read_settings(call, at, out, err));
    LG_TRY(take_weights(call, model, node, out, err));
    LG_TRY(output_of(call, value, subject, at->input[0], &out->x, err));
    out->channels = out->x.channels;
    if (out->channel >= 0) keep_channel(&out->x, out->channel);
    return LG_OK;
}

/* ---- scores ---- */
static lg_status no_softmax(const char *model, lg_err *err)
{
    lg_fail(err, LG_E_SHAPE, 405, "`%s` does not end in a softmax", model);
    return lg_try(err, "end it with `dense classes softmax`");
}

/* The last dense layer again, without its activation, on what reaches it. */
static lg_status dense_again(const dsl_call *call, const cmd_model *model, int node, const cmd_stack *x, cmd_stack *out,
                             lg_err *err)
{
    const nn_node *at = nn_net_node(model->net, node);
    size_t n = nn_shape_size(at->param[0].shape), units = nn_shape_size(at->spec.out);
    double *kernel = lg_arena_alloc(call->arena, n + units, sizeof *kernel, err);
    char *line = kernel ? lg_strf(err, "dense %zu%s", units, at->nparam > 1 ? "" : " no bias") : NULL;
    if (!line) return err->status;
    const float *from = nn_weights_param(model->weights, node, 0);
    for (size_t i = 0; i < n; i++) kernel[i] = (double)from[i];
    from = at->nparam > 1 ? nn_weights_param(model->weights, node, 1) : NULL;
    for (size_t i = 0; from && i < units; i++) kernel[n + i] = (double)from[i];
    const cmd_layer_weights weights = {kernel, n, from ? kernel + n : NULL};
    lg_status st = cmd_lesson_layer(call, line, x, &weights, out, err);
    lg_free(line);
    return st;
}

lg_status cmd_scores_of(const dsl_call *call, const dsl_value *value, const cmd_subject *subject, cmd_stack *out,
                        lg_err *err)
{
    const cmd_model *model = cmd_model_of(value);
    int last = nn_net_count(model->net) - 1;
    const nn_node *at = nn_net_node(model->net, last);
    cmd_stack x;
    if (at->spec.out.rank != 1 || nn_ends_in(at->type, at->spec.config) != NN_SOFTMAX)
        return lg_err_place(err, (no_softmax(value->name, err), value->span));
    LG_TRY(output_of(call, value, subject, at->input[0], &x, err));
    if (strcmp(at->type->name, "dense") == 0) return dense_again(call, model, last, &x, out, err);
    *out = x;
    return LG_OK;
}

void cmd_warn_untrained(plt_doc *doc, const dsl_value *value, int node)
{
    lg_err warning = {0};
    const cmd_model *model = cmd_model_of(value);
    bool real = model->base.layers && model->base.file; /* weights of a base that learnt elsewhere */
    if (cmd_model_run(model) || cmd_model_came_from(model)) return;
    if (real && node >= 0 && node <= model->base.layers) return;
    lg_fail(&warning, LG_E_ARG, 411, "%s`%s` %s not trained yet: %s weights are still random numbers",
            real ? "the layers behind the base of " : "", value->name, real ? "were" : "was", real ? "their" : "its");
    lg_why(&warning, "the arithmetic is the same as after training, its result means nothing yet");
    lg_try(&warning, "fit %s", value->name);
    plt_warning(doc, &warning);
}
