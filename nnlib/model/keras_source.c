/* keras_source.c - from the table of fields: what stands bare in a line of ours stands bare in Keras too, the rest by
 * its keyword where it is not the default. */
#include "nnlib/model/keras_source.h"
#include "nnlib/layers/preprocess.h"
#include <stdio.h>
#include <string.h>
#include "lib/base/banned.h"

/* A Python string of ASCII alone. */
static void add_string(lg_buf *out, const char *s)
{
    size_t left = strlen(s);
    lg_buf_addc(out, '"');
    while (left) {
        uint32_t cp = 0;
        int bytes = lg_utf8_next(s, left, &cp);
        if (bytes <= 0) bytes = 1, cp = 0xfffd;
        if (cp == '"' || cp == '\\') lg_buf_addf(out, "\\%c", (int)cp);
        else if (cp >= 0x20 && cp < 0x7f) lg_buf_addc(out, (char)cp);
        else lg_buf_addf(out, cp > 0xffff ? "\\U%08x" : "\\u%04x", (unsigned)cp);
        s += bytes, left -= (size_t)bytes;
    }
    lg_buf_addc(out, '"');
}

/* The shortest text that reads back as the same number. */
static void add_number(lg_buf *out, double value)
{
    char text[40];
    double back = 0;
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (lg_parse_double(text, &back) && back == value) break;
    }
    lg_buf_adds(out, text);
}

static void add_value(lg_buf *out, const nn_field *f, const void *config)
{
    const char *at = (const char *)config + f->offset;
    bool leaky = f->choices == nn_activation_names;
    nn_dims dims;
    int64_t whole;
    int32_t index;
    double number;
    switch (f->kind) {
    case NN_INT:
        memcpy(&whole, at, sizeof whole);
        lg_buf_addf(out, "%lld", (long long)whole);
        break;
    case NN_NUMBER:
        memcpy(&number, at, sizeof number);
        if (strcmp(f->keras, "kernel_regularizer") == 0) lg_buf_adds(out, "regularizers.L2(");
        add_number(out, number);
        if (strcmp(f->keras, "kernel_regularizer") == 0) lg_buf_addc(out, ')');
        break;
    case NN_SIZE:
        memcpy(&dims, at, sizeof dims);
        lg_buf_addf(out, "(%lld, %lld)", (long long)dims.h, (long long)dims.w);
        break;
    case NN_CHOICE:
        memcpy(&index, at, sizeof index);
        add_string(out, leaky && index == NN_LEAKY ? "leaky_relu" : f->choices[index]);
        break;
    case NN_FLAG:
        if ((int32_t)f->fallback == f->value) lg_buf_adds(out, "False");
        else if (strcmp(f->keras, f->name) == 0) lg_buf_adds(out, "True"); /* keepdims=True, but padding="same" */
        else add_string(out, f->name);
        break;
    case NN_TEXT: add_string(out, at); break;
    }
}

/* Is the setting what a fresh config has? */
static bool is_default(const nn_field *f, const void *config, const void *fresh)
{
    char text[NN_FORMULA], usual[NN_FORMULA];
    if (f->kind == NN_NUMBER)
        return memcmp((const char *)config + f->offset, (const char *)fresh + f->offset, sizeof(double)) == 0;
    nn_field_text(f, config, text);
    nn_field_text(f, fresh, usual);
    return strcmp(text, usual) == 0;
}

/* Of `pad` with `before` or `extra`: ((above, below), (left, right)). True when that was written. */
static bool add_padding(lg_buf *out, const nn_field *f, const nn_node *node)
{
    const nn_field *above = nn_field_find(node->type->fields, "before");
    const nn_field *below = nn_field_find(node->type->fields, "extra");
    const char *config = node->spec.config;
    nn_dims by, before, extra;
    if (!above || !below || strcmp(f->keras, "padding") != 0) return false;
    memcpy(&by, config + f->offset, sizeof by);
    memcpy(&before, config + above->offset, sizeof before);
    memcpy(&extra, config + below->offset, sizeof extra);
    if (!before.h && !before.w && !extra.h && !extra.w) return false;
    lg_buf_addf(out, "((%lld, %lld), (%lld, %lld))", (long long)(by.h + before.h), (long long)(by.h + extra.h),
                (long long)(by.w + before.w), (long long)(by.w + extra.w));
    return true;
}

static void add_settings(lg_buf *out, const nn_node *node)
{
    char fresh[512];
    LG_BUG_ON(node->type->config_size > sizeof fresh);
    nn_config_init(node->type, fresh);
    for (const nn_field *f = node->type->fields; f->name; f++) {
        bool bare = f->positional && (f->required || f->kind != NN_CHOICE);
        if (!f->keras || (!bare && is_default(f, node->spec.config, fresh))) continue;
        if (!bare) lg_buf_addf(out, "%s=", f->keras);
        if (!add_padding(out, f, node)) add_value(out, f, node->spec.config);
        lg_buf_adds(out, ", ");
    }
    lg_buf_adds(out, "name=");
    add_string(out, node->keras_name);
}

/* Read by a layer other than the next one: its output needs a name of its own. */
static bool is_branch(const nn_net *net, int i)
{
    for (int j = i + 2; i > 0 && j < nn_net_count(net); j++) {
        const nn_node *node = nn_net_node(net, j);
        for (int k = 0; k < node->spec.nin; k++)
            if (node->input[k] == i) return true;
    }
    return false;
}

static void add_input(lg_buf *out, int reader, int i)
{
    if (i == 0) lg_buf_adds(out, "inputs");
    else if (i == reader - 1) lg_buf_addc(out, 'x');
    else lg_buf_addf(out, "x%d", i);
}

static void add_three(lg_buf *out, const float value[3])
{
    lg_buf_addf(out, "[%.9g, %.9g, %.9g]", (double)value[0], (double)value[1], (double)value[2]);
}

/* `preprocess`: channels turned round by a slice, all else by Rescaling. */
static void add_preprocess(lg_buf *out, const nn_preprocess *p, const nn_net *net, int i)
{
    const nn_node *node = nn_net_node(net, i);
    const nn_pixel_map map = nn_preprocess_map(p);
    lg_buf_addf(out, "%s = layers.Rescaling(scale=", i == nn_net_count(net) - 1 ? "outputs" : "x");
    add_three(out, map.factor);
    lg_buf_adds(out, ", offset=");
    add_three(out, map.offset);
    lg_buf_adds(out, ", name=");
    add_string(out, node->keras_name);
    lg_buf_adds(out, ")(");
    add_input(out, i, node->input[0]);
    lg_buf_adds(out, p->bgr ? "[..., ::-1])\n" : ")\n");
    if (is_branch(net, i)) lg_buf_addf(out, "x%d = x\n", i);
}

static void add_layer(lg_buf *out, const nn_net *net, int i)
{
    const nn_node *node = nn_net_node(net, i);
    const nn_preprocess *preprocess = nn_preprocess_of(node->type, node->spec.config);
    if (preprocess) {
        add_preprocess(out, preprocess, net, i);
        return;
    }
    lg_buf_addf(out, "%s = layers.%s(", i == nn_net_count(net) - 1 ? "outputs" : "x", node->type->keras);
    add_settings(out, node);
    lg_buf_adds(out, node->spec.nin > 1 ? ")([" : ")(");
    for (int k = 0; k < node->spec.nin; k++) {
        if (k) lg_buf_adds(out, ", ");
        add_input(out, i, node->input[k]);
    }
    lg_buf_adds(out, node->spec.nin > 1 ? "])\n" : ")\n");
    if (is_branch(net, i)) lg_buf_addf(out, "x%d = x\n", i);
}

static void add_frozen(lg_buf *out, const nn_node *node)
{
    if (!node->frozen) return;
    lg_buf_adds(out, "model.get_layer(");
    add_string(out, node->keras_name);
    lg_buf_adds(out, ").trainable = False\n");
}

static bool has_penalty(const nn_net *net)
{
    for (int i = 0; i < nn_net_count(net); i++)
        for (int k = 0; k < nn_net_node(net, i)->nparam; k++)
            if (nn_net_node(net, i)->param[k].l2 != 0) return true;
    return false;
}

void nn_keras_source(const nn_net *net, lg_buf *out)
{
    nn_shape in = nn_net_input(net);
    lg_buf_addf(out, "# %zu parameters, %zu of them not trained\n", nn_net_params(net),
                nn_net_params(net) - nn_net_trained_params(net));
    lg_buf_addf(out, "import keras\nfrom keras import layers%s\n\n", has_penalty(net) ? ", regularizers" : "");
    lg_buf_addf(out, "inputs = keras.Input((%lld,", (long long)in.dim[0]);
    if (in.rank == 3) lg_buf_addf(out, " %lld, %lld", (long long)in.dim[1], (long long)in.dim[2]);
    lg_buf_adds(out, "), name=");
    add_string(out, nn_net_node(net, 0)->keras_name);
    lg_buf_adds(out, ")\n");
    for (int i = 1; i < nn_net_count(net); i++) add_layer(out, net, i);
    lg_buf_adds(out, "model = keras.Model(inputs, outputs)\n");
    for (int i = 1; i < nn_net_count(net); i++) add_frozen(out, nn_net_node(net, i));
}
