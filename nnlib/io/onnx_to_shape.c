/* onnx_to_shape.c - nodes that compute the shape which a Reshape wants from the shape of an image, as PyTorch writes
 * x.view(x.size(0), -1), and tf2onnx Keras' Flatten. Sizes are known here, so such nodes make no layer but a list of
 * whole numbers. The number of images is not known: it is 0 in these lists, which Reshape takes for "as it is", and
 * nothing is computed with it. */
#include <string.h>
#include "nnlib/io/onnx_build.h"
#include "lib/base/banned.h"

typedef struct onnx_wholes {
    int64_t at[NN_ONNX_LIST];
    int count;
} onnx_wholes;

static bool is(const onnx_builder *b, const char *op)
{
    return strcmp(b->at->op, op) == 0;
}

static lg_status give(onnx_builder *b, const onnx_wholes *list, lg_err *err)
{
    onnx_value *v = nn_onnx_output(b);
    v->whole = lg_arena_alloc(&b->room, NN_ONNX_LIST, sizeof *v->whole, err);
    if (!v->whole) return err->status;
    memcpy(v->whole, list->at, sizeof list->at);
    v->wholes = list->count;
    return LG_OK;
}

static lg_status read_list(const onnx_builder *b, int k, onnx_wholes *out, lg_err *err)
{
    return nn_onnx_wholes(b, k, NN_ONNX_LIST, out->at, &out->count, err);
}

/* As ONNX sees it, which need not be as it lies here. */
static lg_status shape_of(const onnx_builder *b, onnx_wholes *out, lg_err *err)
{
    onnx_value *v;
    LG_TRY(nn_onnx_computed(b, 0, &v, err));
    nn_shape s = nn_onnx_shape(b, v);
    *out = (onnx_wholes){.at = {0, s.dim[0]}, .count = 2};
    if (v->rank == 2) return LG_OK;
    *out = v->last ? (onnx_wholes){.at = {0, s.dim[0], s.dim[1], s.dim[2]}, .count = 4}
                   : (onnx_wholes){.at = {0, s.dim[2], s.dim[0], s.dim[1]}, .count = 4};
    return LG_OK;
}

static lg_status gather(const onnx_builder *b, onnx_wholes *out, lg_err *err)
{
    onnx_wholes list = {0}, which = {0};
    LG_TRY(read_list(b, 0, &list, err));
    LG_TRY(read_list(b, 1, &which, err));
    out->count = which.count;
    for (int i = 0; i < which.count; i++) {
        int64_t k = which.at[i] + (which.at[i] < 0 ? list.count : 0);
        if (k < 0 || k >= list.count || nn_onnx_int(b, "axis", 0))
            return nn_onnx_refuse(b, err, "takes size %lld of %d", (long long)which.at[i], list.count);
        out->at[i] = list.at[k];
    }
    return LG_OK;
}

/* One number of the list of input k; `otherwise` where that is left out. */
static lg_status read_one(const onnx_builder *b, int k, int64_t otherwise, int64_t *out, lg_err *err)
{
    onnx_wholes list = {0};
    *out = otherwise;
    if (k >= b->at->inputs || !b->at->input[k][0]) return LG_OK;
    LG_TRY(read_list(b, k, &list, err));
    if (list.count != 1) return nn_onnx_refuse(b, err, "cuts along %d axes", list.count);
    *out = list.at[0];
    return LG_OK;
}

static int64_t within(int64_t place, int count)
{
    if (place < 0) place += count;
    return place < 0 ? 0 : place > count ? count : place;
}

static lg_status slice(const onnx_builder *b, onnx_wholes *out, lg_err *err)
{
    onnx_wholes list = {0};
    int64_t from, to, axis, stride;
    LG_TRY(read_list(b, 0, &list, err));
    LG_TRY(read_one(b, 1, 0, &from, err));
    LG_TRY(read_one(b, 2, 0, &to, err));
    LG_TRY(read_one(b, 3, 0, &axis, err));
    LG_TRY(read_one(b, 4, 1, &stride, err));
    if (axis || stride != 1)
        return nn_onnx_refuse(b, err, "cuts a list of sizes in another way than from one to another");
    from = within(from, list.count), to = within(to, list.count);
    for (; from < to; from++) out->at[out->count++] = list.at[from];
    return LG_OK;
}

static lg_status join(const onnx_builder *b, onnx_wholes *out, lg_err *err)
{
    for (int k = 0; k < b->at->inputs; k++) {
        onnx_wholes list = {0};
        LG_TRY(read_list(b, k, &list, err));
        if (out->count + list.count > NN_ONNX_LIST) return nn_onnx_refuse(b, err, "makes a long list of sizes");
        memcpy(out->at + out->count, list.at, (size_t)list.count * sizeof *out->at);
        out->count += list.count;
    }
    return LG_OK;
}

lg_status nn_onnx_to_shape(onnx_builder *b, bool *made, lg_err *err)
{
    onnx_wholes out = {0};
    bool sizes = false;
    for (int k = 0; k < b->at->inputs; k++) {
        const onnx_value *v = nn_onnx_value_of(b, b->at->input[k]);
        sizes = sizes || (v && v->whole);
    }
    bool cast = is(b, "Cast") || is(b, "Unsqueeze") || is(b, "Squeeze") || is(b, "Identity"); /* lists stay lists */
    *made = true;
    if (is(b, "Shape")) LG_TRY(shape_of(b, &out, err));
    else if (sizes && is(b, "Gather")) LG_TRY(gather(b, &out, err));
    else if (sizes && is(b, "Slice")) LG_TRY(slice(b, &out, err));
    else if (sizes && is(b, "Concat")) LG_TRY(join(b, &out, err));
    else if (sizes && cast) LG_TRY(read_list(b, 0, &out, err));
    else return *made = false, LG_OK;
    return give(b, &out, err);
}
