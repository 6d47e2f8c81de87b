/* base_load.c - published weights into the layers of a base. */
#include <math.h>
#include <string.h>
#include "nnlib/model/base.h"
#include "lib/base/banned.h"

enum { STYLES = 3 }; /* "conv1/kernel", "conv1.kernel", "conv1.weight" */

typedef struct loader {
    const nn_base *base;
    const nn_net *net;
    int from, to;
    const nn_named_tensors *list;
    float *block;
    lg_err *err;
} loader;

static bool name_of(const loader *l, int style, int node, int k, nn_weight_name *out)
{
    bool there = nn_base_weight(l->base, l->net, node, k, style == 2 ? NN_FILE_TORCH : NN_FILE_KERAS, out);
    char *slash = strchr(out->name, '/');
    if (style == 1 && slash) *slash = '.';
    return there;
}

/* How many of the base's parameters the file has under such names. */
static int names_found(const loader *l, int style)
{
    int found = 0;
    nn_weight_name name;
    for (int i = l->from; i < l->to; i++)
        for (int k = 0; k < nn_net_node(l->net, i)->nparam; k++)
            found += name_of(l, style, i, k, &name) && nn_named_find(l->list, name.name);
    return found;
}

/* A tensor of the expected shape into its place; room for its numbers as they lie in the file. */
static lg_status take(const loader *l, const nn_named_tensor *t, const nn_weight_name *name, float *to)
{
    if (!name->turned) return nn_named_floats(l->list, t, to, l->err);
    float *numbers = lg_alloc(t->count, sizeof *numbers, l->err);
    if (!numbers) return l->err->status;
    lg_status st = nn_named_floats(l->list, t, numbers, l->err);
    if (st == LG_OK) nn_weight_turn(name, numbers, to);
    lg_free(numbers);
    return st;
}

static lg_status by_name(const loader *l, int style)
{
    for (int i = l->from; i < l->to; i++) {
        const nn_node *node = nn_net_node(l->net, i);
        for (int k = 0; k < node->nparam; k++) {
            nn_weight_name name;
            name_of(l, style, i, k, &name);
            nn_named_wish wish = {.name = name.name, .rank = name.shape.rank};
            for (int d = 0; d < wish.rank; d++) wish.dim[d] = name.shape.dim[d];
            LG_TRY(nn_named_match(l->list, &wish, 1, false, l->err));
            LG_TRY(take(l, nn_named_find(l->list, name.name), &name, l->block + node->offset[k]));
        }
    }
    return LG_OK;
}

/* ---- by the order of the graph ---- */
typedef struct queue {
    const nn_named_tensor *const *at;
    size_t count, next;
} queue;

static bool is_weight(const nn_named_tensor *t)
{
    return t->rank > 0 && (t->dtype == NN_F32 || t->dtype == NN_F16 || t->dtype == NN_BF16);
}

/* Limits of a Clip and the like stand among the weights, one number each. */
static bool comes_next(const nn_named_tensor *t, size_t wanted)
{
    return is_weight(t) && (t->count > 1 || wanted == 1);
}

static const char *shape_text(nn_shape shape, char out[NN_NAMED_SHAPE_TEXT])
{
    return nn_named_shape_text(shape.rank, shape.dim, out);
}

static lg_status take_next(const loader *l, queue *q, const nn_node *node, const nn_weight_name *name, float *to)
{
    char want[NN_NAMED_SHAPE_TEXT], has[NN_NAMED_SHAPE_TEXT];
    while (q->next < q->count && !comes_next(q->at[q->next], nn_shape_size(name->shape))) q->next++;
    const nn_named_tensor *t = q->next < q->count ? q->at[q->next++] : NULL;
    bool same = t && t->rank == name->shape.rank;
    for (int d = 0; same && d < t->rank; d++) same = t->dim[d] == name->shape.dim[d];
    if (same) return take(l, t, name, to);
    lg_fail(l->err, LG_E_SHAPE, 221, "`%s` does not hold the weights of `%s`", l->list->file, l->base->name);
    if (t)
        return lg_why(l->err, "`%s` wants numbers of %s next, the file has `%.80s` of %s", node->name,
                      shape_text(name->shape, want), t->name, nn_named_shape_text(t->rank, t->dim, has));
    return lg_why(l->err, "the file ends before `%s`, which wants numbers of %s", node->name,
                  shape_text(name->shape, want));
}

/* A batchnorm that its convolution holds already leaves a shift: y = x · sqrt(1 + epsilon) / sqrt(1 + epsilon) + beta,
 * with an average of 0 and a variance of 1. */
static lg_status take_shift(const loader *l, queue *q, const nn_node *node)
{
    const nn_field *epsilon = nn_field_find(node->type->fields, "epsilon");
    const double e = *(const double *)(const void *)((const char *)node->spec.config + epsilon->offset);
    const nn_shape list = node->param[0].shape;
    const nn_weight_name name = {.shape = list};
    for (int64_t c = 0; c < list.dim[0]; c++) {
        l->block[node->offset[0] + (size_t)c] = (float)sqrt(1 + e);
        l->block[node->offset[2] + (size_t)c] = 0;
        l->block[node->offset[3] + (size_t)c] = 1;
    }
    return take_next(l, q, node, &name, l->block + node->offset[1]);
}

static bool is_batchnorm(const nn_node *node)
{
    return strcmp(node->type->name, "batchnorm") == 0;
}

static lg_status by_order(const loader *l, queue *q)
{
    size_t apart = 0, weights = 0;
    for (int i = l->from; i < l->to; i++) apart += (size_t)nn_net_node(l->net, i)->nparam;
    for (size_t i = 0; i < q->count; i++) weights += is_weight(q->at[i]);
    for (int i = l->from; i < l->to; i++) {
        const nn_node *node = nn_net_node(l->net, i);
        if (is_batchnorm(node) && weights < apart) {
            LG_TRY(take_shift(l, q, node));
            continue;
        }
        for (int k = 0; k < node->nparam; k++) {
            nn_weight_name name;
            nn_weight_torch_order(l->net, i, k, &name);
            LG_TRY(take_next(l, q, node, &name, l->block + node->offset[k]));
        }
    }
    return LG_OK;
}

static lg_status load_ordered(const loader *l, const nn_named_tensor *const *order, size_t n)
{
    queue q = {.at = order, .count = n};
    const nn_named_tensor **own = NULL;
    if (!order) {
        own = lg_alloc(l->list->count, sizeof *own, l->err);
        if (!own) return l->err->status;
        for (size_t i = 0; i < l->list->count; i++) own[i] = &l->list->at[i];
        q = (queue){.at = own, .count = l->list->count};
    }
    lg_status st = by_order(l, &q);
    lg_free(own);
    return st;
}

/* What else the file may be: weights of another library's network of the same kind have telling names. */
static lg_status hint(const loader *l, lg_status st)
{
    bool torch = nn_named_find(l->list, "layer1.0.conv1.weight") || nn_named_find(l->list, "features.0.weight");
    bool keras = nn_named_find(l->list, "conv1_conv/kernel") || nn_named_find(l->list, "conv1_conv.kernel");
    if (st == LG_OK || l->err->code != 221) return st;
    if (torch && !l->base->torch && strcmp(l->base->name, "resnet50") == 0)
        return lg_try(l->err, "these are torchvision's weights: write `base resnet50_v1.5`");
    if (keras && !l->base->keras && strcmp(l->base->name, "resnet50_v1.5") == 0)
        return lg_try(l->err, "these are Keras' weights: write `base resnet50`");
    return st;
}

lg_status nn_base_load(const nn_base *base, const nn_net *net, int from, int to, const nn_named_tensors *list,
                       const nn_named_tensor *const *order, size_t n, nn_weights *into, nn_weight_file *file,
                       lg_err *err)
{
    const loader l = {
        .base = base, .net = net, .from = from, .to = to, .list = list, .block = nn_weights_data(into), .err = err};
    int best = 0, found[STYLES];
    for (int s = 0; s < STYLES; s++) {
        found[s] = names_found(&l, s);
        if (found[s] > found[best]) best = s;
    }
    *file = found[best] ? (best == 2 ? NN_FILE_TORCH : NN_FILE_KERAS) : base->torch ? NN_FILE_TORCH : NN_FILE_KERAS;
    return hint(&l, found[best] ? by_name(&l, best) : load_ordered(&l, order, n));
}
