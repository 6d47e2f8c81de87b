/* keras_file.c - what callers see: reading whatever it is, names of classes, and writing. */
#include "lib/hdf5/keras_file.h"
#include <stdio.h>
#include <string.h>
#include "lib/hdf5/h5_helper.h"
#include "lib/hdf5/keras_config.h"
#include "lib/base/banned.h"

/* ---- which ---- */
/* The name of a zip archive's first file is this. */
static bool begins_with_entry(const unsigned char *data, size_t len, const char *name)
{
    enum { NAME_LENGTH = 26, NAME = 30 };
    size_t n = strlen(name);
    if (len < NAME + n || memcmp(data, "PK\3\4", 4) != 0) return false;
    return ((size_t)data[NAME_LENGTH] | (size_t)data[NAME_LENGTH + 1] << 8) == n && memcmp(data + NAME, name, n) == 0;
}

bool h5_is_keras(const void *data, size_t len)
{
    if (len >= H5_SIGNATURE && memcmp(data, H5_SIGNATURE_BYTES, H5_SIGNATURE) == 0) return true;
    return begins_with_entry(data, len, "metadata.json") || begins_with_entry(data, len, "config.json") ||
           begins_with_entry(data, len, "model.weights.h5");
}

/* ---- reading ---- */
static void copy_name(char out[256], const char *file)
{
    size_t n = strnlen(file, 255);
    while (n && n == 255 && ((unsigned char)file[n] & 0xc0) == 0x80) n--; /* not within a character */
    memcpy(out, file, n);
    out[n] = 0;
}

static lg_status read_keras(const void *data, size_t len, const char *file, lg_cancel *cancel, h5_weights *out,
                            lg_err *err)
{
    h5_ask ask = {.work = H5_READ, .len = len};
    const h5_bytes bytes = {data, len};
    lg_buf body;
    copy_name(ask.file, file);
    uint64_t most = H5_HEADER_MOST + H5_UNPACKED_FREE + H5_UNPACKED_TIMES * (uint64_t)len;
    lg_buf_init(&body, (size_t)most + 64);
    h5_answer answer = {.body = &body};
    lg_status st = h5_helper_ask(&ask, &bytes, 1, most, cancel, &answer, err);
    out->config = answer.config;
    out->counted = answer.counted;
    if (st == LG_OK) {
        size_t got = body.len;
        out->block = lg_buf_take(&body, err);
        st = out->block ? nn_weights_file_read(out->block, got, file, &out->tensors, err) : err->status;
    }
    lg_buf_release(&body);
    return st;
}

lg_status h5_weights_read(const void *data, size_t len, const char *file, lg_cancel *cancel, h5_weights *out,
                          lg_err *err)
{
    *out = (h5_weights){0};
    nn_named_init(&out->tensors, file);
    lg_status st = h5_is_keras(data, len) ? read_keras(data, len, file, cancel, out, err)
                                          : nn_weights_file_read(data, len, file, &out->tensors, err);
    if (st) h5_weights_release(out);
    return st;
}

void h5_weights_release(h5_weights *weights)
{
    nn_named_release(&weights->tensors);
    lg_free(weights->config);
    lg_free(weights->block);
    *weights = (h5_weights){.tensors = weights->tensors};
}

/* ---- names of classes ---- */
bool h5_counted_name(const nn_net *net, int node, int k, nn_weight_name *out)
{
    char snake[64], number[12] = "";
    const nn_node *n = nn_net_node(net, node);
    const nn_param *param = &n->param[k];
    const h5_class *kind = n->type->keras ? h5_class_named(n->type->keras, strlen(n->type->keras)) : NULL;
    int before = 0;
    if (!kind) return false;
    for (int i = 0; i < node; i++) {
        const char *other = nn_net_node(net, i)->type->keras;
        before += other && strcmp(other, kind->name) == 0;
    }
    bool depthwise = strcmp(kind->name, "DepthwiseConv2D") == 0 && param->shape.rank == 4;
    h5_snake_case(kind->name, snake);
    *out = (nn_weight_name){.shape = param->shape, .out = (int64_t)nn_shape_size(param->shape), .in = 1, .places = 1};
    if (before) snprintf(number, sizeof number, "_%d", before);
    snprintf(out->name, sizeof out->name, "%.30s%s/%s%.20s", snake, number, depthwise ? "depthwise_" : "", param->name);
    return true;
}

/* ---- writing ---- */
typedef struct order {
    h5_row *row;
    h5_bytes *part; /* rows, description, filling, numbers */
    size_t rows, parts, tensors;
    uint64_t bytes; /* of all parts */
    nn_name_map names;
} order;

static lg_status bad_list(const char *name, lg_err *err)
{
    return nn_named_damaged("the model", err, "`%.60s` cannot be written: a name, a shape or numbers that are none",
                            name);
}

static lg_status check_name(const char *name, size_t most, lg_err *err)
{
    LG_TRY(nn_named_check_name("the model", name, err));
    return strlen(name) < most && !strchr(name, '/') ? LG_OK : bad_list(name, err);
}

static lg_status add_row(order *o, const h5_layer *layer, const h5_tensor *t, uint64_t *at, lg_err *err)
{
    h5_row *row = &o->row[o->rows++];
    snprintf(row->layer, sizeof row->layer, "%s", layer->name);
    snprintf(row->keras_class, sizeof row->keras_class, "%s", layer->keras_class);
    if (!t) return LG_OK;
    LG_TRY(check_name(t->name, sizeof row->tensor, err));
    snprintf(row->tensor, sizeof row->tensor, "%s", t->name);
    row->rank = t->rank, row->at = *at, row->count = 1;
    bool over = !t->data || t->rank < 0 || t->rank > NN_MAX_RANK;
    for (int i = 0; i < t->rank && !over; i++) {
        row->dim[i] = (uint64_t)t->dim[i];
        over = t->dim[i] < 1 || __builtin_mul_overflow(row->count, row->dim[i], &row->count);
    }
    if (over || row->count > (uint64_t)NN_MEMORY_LIMIT) return bad_list(layer->name, err);
    o->part[o->parts++] = (h5_bytes){t->data, (size_t)row->count * sizeof(float)};
    *at += row->count;
    return LG_OK;
}

static lg_status add_layer(order *o, const h5_layer *layer, uint64_t *at, lg_err *err)
{
    bool fresh;
    LG_TRY(check_name(layer->name, sizeof o->row->layer, err));
    LG_TRY(check_name(layer->keras_class, sizeof o->row->keras_class, err));
    LG_TRY(nn_name_map_put(&o->names, layer->name, 0, &fresh, err));
    if (!fresh) return bad_list(layer->name, err);
    if (!layer->count) return add_row(o, layer, NULL, at, err);
    for (int i = 0; i < layer->count; i++) LG_TRY(add_row(o, layer, &layer->tensor[i], at, err));
    return LG_OK;
}

static lg_status make_order(order *o, const h5_layer *layer, size_t count, const char *config, lg_err *err)
{
    static const char zeros[8];
    enum { LEAD = 3 };
    uint64_t at = 0;
    size_t most = 0, text = strlen(config);
    if (!count || count > NN_MAX_LAYERS || text > H5_CONFIG_MOST) return bad_list("the list of layers", err);
    for (size_t i = 0; i < count; i++) most += layer[i].count > 1 ? (size_t)layer[i].count : 1;
    o->row = lg_alloc(most, sizeof *o->row, err);
    if (!o->row) return err->status;
    o->part = lg_alloc(most + LEAD, sizeof *o->part, err);
    if (!o->part) return err->status;
    o->parts = LEAD;
    for (size_t i = 0; i < count; i++) LG_TRY(add_layer(o, &layer[i], &at, err));
    size_t lead = o->rows * sizeof *o->row + text + 1;
    o->part[0] = (h5_bytes){o->row, o->rows * sizeof *o->row};
    o->part[1] = (h5_bytes){config, text + 1};
    o->part[2] = (h5_bytes){zeros, (4 - lead % 4) % 4}; /* floats lie at multiples of 4 */
    for (size_t i = 0; i < o->parts; i++) o->bytes += o->part[i].len;
    return LG_OK;
}

lg_status h5_write_model(const h5_layer *layer, size_t count, const char *config, h5_kind kind, lg_buf *out,
                         lg_err *err)
{
    order o = {0};
    const char *text = config ? config : "";
    lg_status st = make_order(&o, layer, count, text, err);
    if (st == LG_OK) {
        h5_ask ask = {.work = H5_WRITE, .kind = kind, .len = o.bytes, .rows = o.rows, .config_len = strlen(text)};
        h5_answer answer = {.body = out};
        copy_name(ask.file, "the model");
        st = h5_helper_ask(&ask, o.part, (int)o.parts, 2 * o.bytes + H5_UNPACKED_FREE, NULL, &answer, err);
        lg_free(answer.config);
    }
    nn_name_map_release(&o.names);
    lg_free(o.row);
    lg_free(o.part);
    return st;
}
