/* keras_json.c - from the table of fields, as keras_source.c; what differs is how JSON says it. */
#include "nnlib/model/keras_json.h"
#include <stdlib.h>
#include <string.h>
#include "nnlib/core/json_text.h"
#include "nnlib/layers/preprocess.h"
#include "nnlib/model/c_source.h"
#include "nnlib/model/facts.h"
#include "lib/base/banned.h"

typedef struct json_writer {
    const nn_net *net;
    nn_keras_form form;
    lg_buf *out;
} json_writer;

/* ---- order ---- */
typedef struct place {
    int node, depth, met; /* met: -1 before the walk comes there */
} place;

static void walk(const nn_net *net, place *all, int node, int *turn)
{
    const nn_node *n = nn_net_node(net, node);
    if (all[node].met >= 0) return;
    all[node].met = (*turn)++;
    for (int k = 0; k < n->spec.nin; k++) walk(net, all, n->input[k], turn);
}

static int by_place(const void *left, const void *right)
{
    const place *a = left, *b = right;
    return a->depth != b->depth ? b->depth - a->depth : a->met - b->met;
}

lg_status nn_keras_order(const nn_net *net, int *order, lg_err *err)
{
    int count = nn_net_count(net), turn = 0;
    place *all = lg_alloc((size_t)count, sizeof *all, err);
    if (!all) return err->status;
    for (int i = 0; i < count; i++) all[i] = (place){.node = i, .met = -1};
    for (int i = count - 1; i >= 0; i--) {
        const nn_node *n = nn_net_node(net, i);
        for (int k = 0; k < n->spec.nin; k++)
            if (all[n->input[k]].depth <= all[i].depth) all[n->input[k]].depth = all[i].depth + 1;
    }
    walk(net, all, count - 1, &turn);
    qsort(all, (size_t)count, sizeof *all, by_place);
    for (int i = 0; i < count; i++) order[i] = all[i].node;
    lg_free(all);
    return LG_OK;
}

/* ---- settings ---- */
static void add_number(const json_writer *w, const nn_field *f, double value)
{
    char number[40];
    lg_number_text(value, number);
    if (strcmp(f->keras, "kernel_regularizer") != 0) {
        lg_buf_adds(w->out, number);
        return;
    }
    lg_buf_adds(w->out,
                w->form == NN_KERAS_3 ? "{\"module\": \"keras.regularizers\", \"registered_name\": null, " : "{");
    lg_buf_addf(w->out, "\"class_name\": \"L2\", \"config\": {\"l2\": %s}}", number);
}

/* Rows above and below, columns left and right of a `pad`; else the two sides. */
static void add_size(const json_writer *w, const nn_facts *facts, nn_dims d)
{
    const nn_dims *a = &facts->before, *b = &facts->behind;
    if (facts->op == NN_OP_PAD)
        lg_buf_addf(w->out, "[[%lld, %lld], [%lld, %lld]]", (long long)a->h, (long long)b->h, (long long)a->w,
                    (long long)b->w);
    else lg_buf_addf(w->out, "[%lld, %lld]", (long long)d.h, (long long)d.w);
}

static void add_value(const json_writer *w, const nn_field *f, const nn_node *node, const nn_facts *facts)
{
    lg_buf *out = w->out;
    const char *at = (const char *)node->spec.config + f->offset;
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
        add_number(w, f, number);
        break;
    case NN_SIZE:
        memcpy(&dims, at, sizeof dims);
        add_size(w, facts, dims);
        break;
    case NN_CHOICE:
        memcpy(&index, at, sizeof index);
        nn_json_text(out, f->choices == nn_activation_names && index == NN_LEAKY ? "leaky_relu" : f->choices[index]);
        break;
    case NN_FLAG: /* see nn_field.keras: padding "same", keepdims true, use_bias false */
        if ((int32_t)f->fallback == f->value) lg_buf_adds(out, "false");
        else if (strcmp(f->keras, f->name) == 0) lg_buf_adds(out, "true");
        else nn_json_text(out, f->name);
        break;
    case NN_TEXT: nn_json_text(out, at); break;
    }
}

static bool is_default(const nn_field *f, const void *config, const char *fresh)
{
    size_t n = f->kind == NN_INT      ? sizeof(int64_t)
               : f->kind == NN_NUMBER ? sizeof(double)
               : f->kind == NN_SIZE   ? sizeof(nn_dims)
               : f->kind == NN_TEXT   ? NN_NAME
                                      : sizeof(int32_t);
    return !f->required && memcmp((const char *)config + f->offset, fresh + f->offset, n) == 0;
}

/* What is a default of ours need not be one of Keras': sizes always stand. */
static void add_fields(const json_writer *w, const nn_node *node, const nn_facts *facts)
{
    char fresh[512];
    LG_BUG_ON(node->type->config_size > sizeof fresh);
    nn_config_init(node->type, fresh);
    for (const nn_field *f = node->type->fields; f->name; f++) {
        bool bare = f->positional && f->kind == NN_SIZE;
        if (!f->keras || (!bare && is_default(f, node->spec.config, fresh))) continue;
        lg_buf_addf(w->out, ", \"%s\": ", f->keras);
        add_value(w, f, node, facts);
    }
}

static void add_settings(const json_writer *w, const nn_node *node, const nn_facts *facts)
{
    lg_buf_adds(w->out, "{\"name\": ");
    nn_json_text(w->out, node->keras_name);
    lg_buf_addf(w->out, ", \"trainable\": %s, \"dtype\": \"float32\"", node->frozen || facts->fixed ? "false" : "true");
    if (facts->fixed) lg_buf_adds(w->out, ", \"filters\": 3, \"kernel_size\": [1, 1]");
    else add_fields(w, node, facts);
    lg_buf_addc(w->out, '}');
}

const char *nn_keras_class(const nn_node *node)
{
    return nn_preprocess_of(node->type, node->spec.config) ? "Conv2D" : node->type->keras;
}

/* ---- layers ---- */
/* "[null, 62, 62, 16]" */
static void add_shape(lg_buf *out, nn_shape shape)
{
    lg_buf_adds(out, "[null");
    for (int i = 0; i < shape.rank; i++) lg_buf_addf(out, ", %lld", (long long)shape.dim[i]);
    lg_buf_addc(out, ']');
}

/* An output of a layer that is read. */
static void add_read(const json_writer *w, const nn_node *from)
{
    if (w->form == NN_KERAS_3) {
        lg_buf_adds(w->out, "{\"class_name\": \"__keras_tensor__\", \"config\": {\"shape\": ");
        add_shape(w->out, from->spec.out);
        lg_buf_adds(w->out, ", \"dtype\": \"float32\", \"keras_history\": ");
    }
    lg_buf_addc(w->out, '[');
    nn_json_text(w->out, from->keras_name);
    lg_buf_adds(w->out, w->form == NN_KERAS_3 ? ", 0, 0]}}" : ", 0, 0, {}]");
}

/* The one call of the layer; several inputs are one argument, a list. */
static void add_inbound(const json_writer *w, const nn_node *node)
{
    bool modern = w->form == NN_KERAS_3, several = modern && node->spec.nin > 1;
    lg_buf_adds(w->out, ", \"inbound_nodes\": [");
    if (node->spec.nin) lg_buf_adds(w->out, several ? "{\"args\": [[" : modern ? "{\"args\": [" : "[");
    for (int k = 0; k < node->spec.nin; k++) {
        if (k) lg_buf_adds(w->out, ", ");
        add_read(w, nn_net_node(w->net, node->input[k]));
    }
    if (node->spec.nin) lg_buf_adds(w->out, several ? "]], \"kwargs\": {}}" : modern ? "], \"kwargs\": {}}" : "]");
    lg_buf_addc(w->out, ']');
}

static void add_input(const json_writer *w, const nn_node *node)
{
    lg_buf_adds(w->out, w->form == NN_KERAS_3 ? "{\"batch_shape\": " : "{\"batch_input_shape\": ");
    add_shape(w->out, node->spec.out);
    lg_buf_adds(w->out, ", \"dtype\": \"float32\", \"sparse\": false, \"name\": ");
    nn_json_text(w->out, node->keras_name);
    lg_buf_addc(w->out, '}');
}

/* What TensorFlow takes as the name of a scope, without `/`, which Keras refuses. */
static bool is_name(const char *name)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
    return strspn(name, plain) == strlen(name) && *name != '_' && *name != '-';
}

static lg_status check_layer(const nn_node *node, nn_facts *facts, lg_err *err)
{
    LG_TRY(nn_facts_of(node, facts, err));
    if (is_name(node->keras_name)) return LG_OK;
    nn_not_written("Keras", err, "names of layers are made of letters, digits and _ . - there, and one is `%s`",
                   node->keras_name);
    return lg_try(err, "give it another name in the model's block, or export to a .onnx file");
}

static lg_status add_layer(const json_writer *w, int i, lg_err *err)
{
    const nn_node *node = nn_net_node(w->net, i);
    nn_facts facts;
    LG_TRY(check_layer(node, &facts, err));
    lg_buf_adds(w->out, w->form == NN_KERAS_3 ? "{\"module\": \"keras.layers\", \"registered_name\": null, " : "{");
    lg_buf_addf(w->out, "\"class_name\": \"%s\", \"config\": ", nn_keras_class(node));
    if (i) add_settings(w, node, &facts);
    else add_input(w, node);
    lg_buf_adds(w->out, ", \"name\": ");
    nn_json_text(w->out, node->keras_name);
    add_inbound(w, node);
    lg_buf_addc(w->out, '}');
    return LG_OK;
}

static void add_end(const json_writer *w, const char *key, const nn_node *node)
{
    lg_buf_addf(w->out, ", \"%s\": [[", key);
    nn_json_text(w->out, node->keras_name);
    lg_buf_adds(w->out, ", 0, 0]]");
}

static lg_status add_model(const json_writer *w, const char *name, const int *order, lg_err *err)
{
    int count = nn_net_count(w->net);
    bool modern = w->form == NN_KERAS_3;
    char safe[NN_C_NAME];
    nn_c_name(name, safe);
    lg_buf_addf(w->out, "{%s\"class_name\": \"Functional\", \"config\": {\"name\": ",
                modern ? "\"module\": \"keras.src.models.functional\", " : "");
    nn_json_text(w->out, safe);
    lg_buf_adds(w->out, ", \"trainable\": true, \"layers\": [");
    for (int i = 0; i < count; i++) {
        lg_buf_adds(w->out, i ? ",\n" : "\n");
        LG_TRY(add_layer(w, order[i], err));
    }
    lg_buf_adds(w->out, "\n]");
    add_end(w, "input_layers", nn_net_node(w->net, 0));
    add_end(w, "output_layers", nn_net_node(w->net, count - 1));
    lg_buf_addf(w->out, "}%s}",
                modern ? ", \"registered_name\": \"Functional\", \"build_config\": {\"input_shape\": null}" : "");
    return lg_buf_check(w->out, err);
}

lg_status nn_keras_config(const nn_net *net, const char *name, nn_keras_form form, lg_buf *out, lg_err *err)
{
    const json_writer w = {.net = net, .form = form, .out = out};
    int *order = lg_alloc((size_t)nn_net_count(net), sizeof *order, err);
    if (!order) return err->status;
    lg_status st = nn_keras_order(net, order, err);
    if (st == LG_OK) st = add_model(&w, name, order, err);
    lg_free(order);
    return st;
}
