/* net_pack.c - a network is the list of its layers with all their settings by name; weights are their tensors in order,
 * without the gaps that the block in memory has. */
#include "nnlib/io/net_pack.h"
#include <string.h>
#include "lib/base/banned.h"

enum { MOST_FIELDS = 64, MOST_WORD = 64 };

/* ---- networks ---- */
/* That a layer is frozen stands among its settings, and only where it is: all other files are as they were before there
 * was such a thing. */
static const char frozen_word[] = "frozen";

static void pack_field(const nn_field *f, const void *config, lg_buf *out)
{
    const char *at = (const char *)config + f->offset;
    int64_t whole;
    int32_t index;
    double number;
    nn_dims dims;
    lg_pack_text(out, f->name);
    lg_pack_u8(out, (uint8_t)f->kind);
    switch (f->kind) {
    case NN_INT:
        memcpy(&whole, at, sizeof whole);
        lg_pack_i64(out, whole);
        break;
    case NN_NUMBER:
        memcpy(&number, at, sizeof number);
        lg_pack_f64(out, number);
        break;
    case NN_SIZE:
        memcpy(&dims, at, sizeof dims);
        lg_pack_i64(out, dims.h), lg_pack_i64(out, dims.w), lg_pack_i64(out, dims.c);
        break;
    case NN_CHOICE:
        memcpy(&index, at, sizeof index);
        lg_pack_text(out, f->choices[index]);
        break;
    case NN_FLAG:
        memcpy(&index, at, sizeof index);
        lg_pack_u8(out, index != 0);
        break;
    case NN_TEXT: lg_pack_text(out, at); break;
    }
}

void nn_net_pack(const nn_net *net, lg_buf *out)
{
    lg_pack_u32(out, (uint32_t)nn_net_count(net));
    for (int i = 0; i < nn_net_count(net); i++) {
        const nn_node *node = nn_net_node(net, i);
        uint32_t fields = node->frozen;
        for (const nn_field *f = node->type->fields; f->name; f++) fields++;
        lg_pack_text(out, node->type->name);
        lg_pack_u32(out, (uint32_t)node->spec.nin);
        for (int k = 0; k < node->spec.nin; k++) lg_pack_u32(out, (uint32_t)node->input[k]);
        lg_pack_u32(out, fields);
        for (const nn_field *f = node->type->fields; f->name; f++) pack_field(f, node->spec.config, out);
        if (node->frozen) lg_pack_text(out, frozen_word), lg_pack_u8(out, NN_FLAG), lg_pack_u8(out, 1);
    }
}

/* As the language would take it. */
static bool in_range(const nn_field *f, double value)
{
    return value >= f->min && value <= f->max;
}

static void unpack_choice(lg_unpack *in, const nn_field *f, char *at)
{
    const char *word = lg_unpack_text(in, MOST_WORD);
    for (int32_t k = 0; f->choices[k]; k++) {
        if (strcmp(f->choices[k], word) != 0) continue;
        memcpy(at, &k, sizeof k);
        return;
    }
    lg_unpack_refuse(in, "`%s` cannot be `%s`", f->name, word);
}

static void unpack_size(lg_unpack *in, const nn_field *f, char *at)
{
    nn_dims d = {.h = lg_unpack_i64(in), .w = lg_unpack_i64(in), .c = lg_unpack_i64(in)};
    bool fits = in_range(f, (double)d.h) && in_range(f, (double)d.w) && d.c >= 0 && d.c <= (f->channels ? 1024 : 0);
    fits |= (double)d.h == f->fallback && (double)d.w == f->fallback && !d.c && !f->required; /* not given */
    if (!fits) lg_unpack_refuse(in, "`%s` cannot be %lldx%lld", f->name, (long long)d.h, (long long)d.w);
    memcpy(at, &d, sizeof d);
}

static void unpack_value(lg_unpack *in, const nn_field *f, void *config)
{
    char *at = (char *)config + f->offset;
    int64_t whole;
    int32_t flag;
    double number = 0;
    const char *text;
    switch (f->kind) {
    case NN_INT:
        whole = lg_unpack_i64(in);
        number = (double)whole;
        memcpy(at, &whole, sizeof whole);
        break;
    case NN_NUMBER:
        number = lg_unpack_finite(in);
        memcpy(at, &number, sizeof number);
        break;
    case NN_SIZE: unpack_size(in, f, at); return;
    case NN_CHOICE: unpack_choice(in, f, at); return;
    case NN_FLAG:
        flag = lg_unpack_truth(in);
        memcpy(at, &flag, sizeof flag);
        return;
    case NN_TEXT:
        text = lg_unpack_text(in, NN_NAME - 1);
        memcpy(at, text, strlen(text) + 1);
        return;
    }
    bool fits = in_range(f, number) || (number == f->fallback && !f->required);
    if (!fits) lg_unpack_refuse(in, "`%s` cannot be %g", f->name, number);
}

static void unpack_config(lg_unpack *in, const nn_layer_type *type, void *config, bool *frozen)
{
    size_t fields = lg_unpack_count(in, MOST_FIELDS, 6);
    nn_config_init(type, config);
    for (size_t i = 0; i < fields && !in->bad; i++) {
        const char *name = lg_unpack_text(in, MOST_WORD);
        uint8_t kind = lg_unpack_u8(in);
        const nn_field *f = type->fields;
        while (f->name && strcmp(f->name, name) != 0) f++;
        if (!f->name && kind == NN_FLAG && strcmp(name, frozen_word) == 0) {
            *frozen = lg_unpack_truth(in);
            continue;
        }
        if (!f->name) lg_unpack_refuse(in, "`%s` has no setting `%s`", type->name, name);
        else if (kind != f->kind) lg_unpack_refuse(in, "`%s %s` is of another kind", type->name, name);
        if (!in->bad) unpack_value(in, f, config);
    }
}

/* What the checks of a typed network say against it is the reason why the file is refused. */
static lg_status refused(lg_unpack *in, lg_err *said, lg_err *err)
{
    if (said->status == LG_E_MEMORY || said->status == LG_E_LIMIT) {
        if (!err->status) *err = *said;
        return err->status;
    }
    lg_unpack_refuse(in, "%s", said->msg);
    return lg_unpack_check(in, err);
}

static lg_status unpack_layer(lg_unpack *in, nn_net *net, lg_err *err)
{
    int input[NN_MAX_INPUTS] = {0};
    lg_err said = {0};
    bool frozen = false;
    const char *word = lg_unpack_text(in, MOST_WORD);
    const nn_layer_type *type = nn_layer_find(word);
    if (!type) lg_unpack_refuse(in, "no layer is called `%s`", word);
    size_t inputs = lg_unpack_count(in, NN_MAX_INPUTS, 4);
    for (size_t k = 0; k < inputs; k++) {
        uint32_t from = lg_unpack_u32(in);
        if (from >= (uint32_t)nn_net_count(net)) lg_unpack_refuse(in, "a layer reads one that is not there");
        else input[k] = (int)from;
    }
    if (in->bad) return lg_unpack_check(in, err);
    void *config = lg_alloc(1, type->config_size, err);
    if (!config) return err->status;
    unpack_config(in, type, config, &frozen);
    lg_status st = lg_unpack_check(in, err);
    if (st == LG_OK) {
        st = nn_net_add_to(net, type, config, input, (int)inputs, &said);
        if (st) st = refused(in, &said, err);
        else if (frozen) nn_net_freeze(net, nn_net_count(net) - 1);
    }
    lg_free(config);
    return st;
}

lg_status nn_net_unpack(lg_unpack *in, nn_net **out, lg_err *err)
{
    nn_net *net = NULL;
    lg_err said = {0};
    lg_status st;
    size_t layers = lg_unpack_count(in, NN_MAX_LAYERS, 13);
    LG_TRY(lg_unpack_check(in, err));
    LG_TRY(nn_net_new(&net, err));
    for (size_t i = 0; i < layers; i++) LG_GO(unpack_layer(in, net, err));
    if (nn_net_finish(net, &said)) LG_GO(refused(in, &said, err));
    *out = net;
    return LG_OK;
done:
    nn_net_unref(net);
    return st;
}

/* ---- weights ---- */
void nn_weights_pack(const nn_weights *weights, lg_buf *out)
{
    const nn_net *net = nn_weights_net(weights);
    lg_pack_u64(out, nn_net_params(net));
    for (int i = 0; i < nn_net_count(net); i++) {
        const nn_node *node = nn_net_node(net, i);
        for (int k = 0; k < node->nparam; k++)
            lg_pack_f32s(out, nn_weights_param(weights, i, k), nn_shape_size(node->param[k].shape));
    }
}

lg_status nn_weights_unpack(lg_unpack *in, const nn_net *net, nn_weights **out, lg_err *err)
{
    uint64_t count = lg_unpack_u64(in);
    if (!in->bad && count != nn_net_params(net)) lg_unpack_refuse(in, "it is not of this network");
    if (!in->bad && count > (in->len - in->at) / sizeof(float)) lg_unpack_refuse(in, "it ends too early");
    LG_TRY(lg_unpack_check(in, err));
    LG_TRY(nn_weights_zero(net, out, err));
    for (int i = 0; i < nn_net_count(net); i++) {
        const nn_node *node = nn_net_node(net, i);
        for (int k = 0; k < node->nparam; k++)
            lg_unpack_f32s(in, nn_weights_data(*out) + node->offset[k], nn_shape_size(node->param[k].shape));
    }
    if (!in->bad) return LG_OK;
    nn_weights_unref(*out);
    *out = NULL;
    return lg_unpack_check(in, err);
}
