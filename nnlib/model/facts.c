/* facts.c - settings are asked by their words in the table of fields, so no layer has to show its config. */
#include "nnlib/model/facts.h"
#include <stdio.h>
#include <string.h>
#include "nnlib/core/json_text.h"
#include "nnlib/layers/preprocess.h"
#include "lib/base/banned.h"

/* ---- settings by name ---- */
static const char *setting(const nn_node *node, const char *name, nn_kind kind)
{
    const nn_field *f = nn_field_find(node->type->fields, name);
    return f && f->kind == kind ? (const char *)node->spec.config + f->offset : NULL;
}

static nn_dims size_of(const nn_node *node, const char *name, nn_dims otherwise)
{
    nn_dims d = otherwise;
    const char *at = setting(node, name, NN_SIZE);
    if (at) memcpy(&d, at, sizeof d);
    return d.h ? d : otherwise;
}

static bool flag_of(const nn_node *node, const char *name)
{
    int32_t value = 0;
    const char *at = setting(node, name, NN_FLAG);
    if (at) memcpy(&value, at, sizeof value);
    return value != 0;
}

static double number_of(const nn_node *node, const char *name)
{
    double value = 0;
    const char *at = setting(node, name, NN_NUMBER);
    if (at) memcpy(&value, at, sizeof value);
    return value;
}

/* ---- facts ---- */
static const struct {
    const char *layer;
    nn_op op;
} ops[] = {
    {"input", NN_OP_INPUT},
    {"conv", NN_OP_CONV},
    {"depthwise", NN_OP_DEPTHWISE},
    {"dense", NN_OP_DENSE},
    {"maxpool", NN_OP_MAXPOOL},
    {"avgpool", NN_OP_AVGPOOL},
    {"globalavg", NN_OP_GLOBALAVG},
    {"globalmax", NN_OP_GLOBALMAX},
    {"pad", NN_OP_PAD},
    {"flatten", NN_OP_FLATTEN},
    {"batchnorm", NN_OP_BATCHNORM},
    {"activation", NN_OP_ACTIVATION},
    {"add", NN_OP_ADD},
    {"concat", NN_OP_CONCAT},
    {"dropout", NN_OP_DROPOUT},
    {"preprocess", NN_OP_CONV},
};

/* Lines that `same` adds on both sides; the odd one comes behind (layers/window.c). */
static void same_pads(int64_t in, int64_t out, int64_t window, int64_t stride, int64_t dilation, int64_t *before,
                      int64_t *behind)
{
    int64_t pad = (out - 1) * stride + (window - 1) * dilation + 1 - in;
    if (pad < 0) pad = 0;
    *before = pad / 2, *behind = pad - pad / 2;
}

static void find_window(const nn_node *node, nn_facts *f)
{
    const nn_dims one = {1, 1, 0};
    const int64_t *in = node->spec.in[0].dim, *out = node->spec.out.dim;
    bool pools = f->op == NN_OP_MAXPOOL || f->op == NN_OP_AVGPOOL;
    f->window = size_of(node, pools ? "window" : "kernel", one);
    f->stride = size_of(node, "stride", pools ? f->window : one);
    f->dilation = size_of(node, "dilation", one);
    if (!flag_of(node, "same")) return;
    same_pads(in[0], out[0], f->window.h, f->stride.h, f->dilation.h, &f->before.h, &f->behind.h);
    same_pads(in[1], out[1], f->window.w, f->stride.w, f->dilation.w, &f->before.w, &f->behind.w);
}

/* `pad 0x2` has a 0, so nothing is taken for "not given". */
static nn_dims exact_size(const nn_node *node, const char *name)
{
    nn_dims d;
    memcpy(&d, setting(node, name, NN_SIZE), sizeof d);
    return d;
}

static void find_padding(const nn_node *node, nn_facts *f)
{
    nn_dims by = exact_size(node, "by"), before = exact_size(node, "before"), extra = exact_size(node, "extra");
    f->before = (nn_dims){by.h + before.h, by.w + before.w, 0};
    f->behind = (nn_dims){by.h + extra.h, by.w + extra.w, 0};
}

static void find_mix(const nn_preprocess *preprocess, nn_facts *f)
{
    nn_pixel_map map = nn_preprocess_map(preprocess);
    f->fixed = true;
    for (int c = 0; c < 3; c++) {
        f->kernel[map.from[c] * 3 + c] = map.factor[c];
        f->bias[c] = map.offset[c];
    }
}

int nn_facts_arrays(const nn_facts *facts, const nn_weights *weights, int node, nn_array out[NN_MAX_PARAMS])
{
    const nn_node *n = nn_net_node(nn_weights_net(weights), node);
    if (facts->fixed) {
        out[0] = (nn_array){.name = "kernel", .shape = {.rank = 4, .dim = {1, 1, 3, 3}}, .data = facts->kernel};
        out[1] = (nn_array){.name = "bias", .shape = nn_shape_list(3), .data = facts->bias};
        return 2;
    }
    for (int k = 0; k < n->nparam; k++)
        out[k] = (nn_array){
            .name = n->param[k].name, .shape = n->param[k].shape, .data = nn_weights_param(weights, node, k)};
    return n->nparam;
}

lg_status nn_facts_of(const nn_node *node, nn_facts *out, lg_err *err)
{
    const nn_dims one = {1, 1, 0};
    size_t i = 0;
    *out = (nn_facts){.window = one, .stride = one, .dilation = one};
    while (i < sizeof ops / sizeof *ops && strcmp(ops[i].layer, node->type->name) != 0) i++;
    if (i == sizeof ops / sizeof *ops)
        return nn_not_written("other programs", err, "the layer `%s` is a `%s`, which has no counterpart there",
                              node->name, node->type->name);
    out->op = ops[i].op;
    out->activation = nn_ends_in(node->type, node->spec.config);
    out->keepdims = flag_of(node, "keepdims");
    out->epsilon = number_of(node, "epsilon");
    out->view = out->op == NN_OP_FLATTEN || out->op == NN_OP_DROPOUT ||
                (out->op == NN_OP_ACTIVATION && out->activation == NN_LINEAR);
    const nn_preprocess *preprocess = nn_preprocess_of(node->type, node->spec.config);
    if (preprocess) find_mix(preprocess, out);
    else if (out->op == NN_OP_PAD) find_padding(node, out);
    else if (out->op == NN_OP_CONV || out->op == NN_OP_DEPTHWISE || out->op == NN_OP_MAXPOOL ||
             out->op == NN_OP_AVGPOOL)
        find_window(node, out);
    return LG_OK;
}

/* ---- words ---- */
/* Is there a word for the same setting before this one, as `same` is before `valid`? */
static bool is_second(const nn_node *node, const nn_field *f)
{
    for (const nn_field *one = node->type->fields; one < f; one++)
        if (one->offset == f->offset) return true;
    return false;
}

static void add_word(lg_buf *out, const nn_node *node, const nn_field *f, const char *fresh)
{
    char text[NN_FORMULA], usual[NN_FORMULA];
    double number;
    nn_field_text(f, node->spec.config, text);
    nn_field_text(f, fresh, usual);
    if (f->kind == NN_NUMBER) { /* exactly */
        memcpy(&number, (const char *)node->spec.config + f->offset, sizeof number);
        lg_number_text(number, text);
        memcpy(&number, fresh + f->offset, sizeof number);
        lg_number_text(number, usual);
    }
    bool given = strcmp(text, usual) != 0 && !is_second(node, f);
    if (f->kind == NN_FLAG) {
        if (given) lg_buf_addf(out, strcmp(text, "yes") == 0 ? " %s" : " no %s", f->name);
    } else if (f->positional && (given || f->required || f->kind != NN_CHOICE)) {
        lg_buf_addf(out, " %s", text);
    } else if (given) {
        lg_buf_addf(out, " %s %s", f->name, text);
    }
}

void nn_node_words(const nn_node *node, lg_buf *out)
{
    char fresh[512];
    LG_BUG_ON(node->type->config_size > sizeof fresh);
    nn_config_init(node->type, fresh);
    lg_buf_adds(out, node->type->name);
    for (const nn_field *f = node->type->fields; f->name; f++) add_word(out, node, f, fresh);
}

void nn_net_words(const nn_net *net, lg_buf *out)
{
    for (int i = 0; i < nn_net_count(net); i++) {
        const nn_node *node = nn_net_node(net, i);
        bool plain = node->spec.nin == 0 || (node->spec.nin == 1 && node->input[0] == i - 1);
        lg_buf_addf(out, "%s%s: ", i ? "\n" : "", node->name);
        nn_node_words(node, out);
        for (int k = 0; !plain && k < node->spec.nin; k++)
            lg_buf_addf(out, "%s%s", k ? ", " : " (", nn_net_node(net, node->input[k])->name);
        if (!plain) lg_buf_addc(out, ')');
        if (node->frozen) lg_buf_adds(out, ", frozen");
    }
}

/* ---- the whole ---- */
lg_status nn_not_written(const char *format, lg_err *err, const char *fmt, ...)
{
    char why[sizeof err->why];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    lg_fail(err, LG_E_UNSUPPORTED, 367, "this network cannot be written for %s", format);
    return lg_why(err, "%s", why);
}

lg_status nn_about_check(const nn_about *about, lg_err *err)
{
    if (nn_weights_finite(about->weights)) return LG_OK;
    lg_fail(err, LG_E_NUMERIC, 364, "`%.60s` has weights that are infinite or no numbers", about->name);
    lg_why(err, "its training went wrong, and it answers nothing");
    return lg_try(err, "fit %.60s lr 0.001 again", about->name);
}

void nn_about_scale(const nn_about *about, char out[80])
{
    char low[40], span[40];
    lg_number_text(about->low, low);
    lg_number_text(about->high - about->low, span);
    if (about->low == 0 && about->high == 1) snprintf(out, 80, "byte / 255");
    else snprintf(out, 80, "%.30s + byte * %.30s / 255", low, span);
}

static void add_classes(const nn_about *about, lg_buf *out)
{
    lg_buf_addc(out, '[');
    for (int i = 0; i < about->labels; i++) {
        if (i) lg_buf_adds(out, ", ");
        nn_json_text(out, about->label[i]);
    }
    lg_buf_addc(out, ']');
}

lg_status nn_about_notes(const nn_about *about, nn_note_fn add, void *ctx, lg_err *err)
{
    char scale[80];
    lg_buf classes, layers;
    lg_status st;
    lg_buf_init(&classes, 0);
    lg_buf_init(&layers, 0);
    add_classes(about, &classes);
    nn_net_words(nn_weights_net(about->weights), &layers);
    LG_GO(lg_buf_check(&classes, err));
    LG_GO(lg_buf_check(&layers, err));
    add(ctx, "producer", "Logolens " LG_VERSION);
    add(ctx, "model", about->name);
    if (about->labels) add(ctx, "classes", lg_buf_str(&classes));
    nn_about_scale(about, scale);
    add(ctx, "scale", scale);
    if (about->preprocessing) add(ctx, "preprocessing", about->preprocessing);
    add(ctx, "layers", lg_buf_str(&layers));
    if (about->recipe) add(ctx, "recipe", about->recipe);
done:
    lg_buf_release(&classes);
    lg_buf_release(&layers);
    return st;
}
