/* tensor.c - shapes: small values, passed by copy. */
#include "nnlib/core/tensor.h"
#include <stdio.h>
#include "lib/base/banned.h"

nn_shape nn_shape_image(int64_t height, int64_t width, int64_t channels)
{
    return (nn_shape){.rank = 3, .dim = {height, width, channels}};
}

nn_shape nn_shape_list(int64_t length)
{
    return (nn_shape){.rank = 1, .dim = {length}};
}

bool nn_shape_equal(nn_shape a, nn_shape b)
{
    if (a.rank != b.rank) return false;
    for (int i = 0; i < a.rank; i++) {
        if (a.dim[i] != b.dim[i]) return false;
    }
    return true;
}

double nn_shape_count(nn_shape shape)
{
    double count = 1;
    for (int i = 0; i < shape.rank; i++) count *= (double)shape.dim[i];
    return count;
}

size_t nn_shape_size(nn_shape shape)
{
    size_t size = 1;
    for (int i = 0; i < shape.rank; i++) size *= (size_t)shape.dim[i];
    return size;
}

static char *shape_join(nn_shape shape, char out[NN_SHAPE_TEXT], const char *open, const char *between,
                        const char *shut)
{
    int used = snprintf(out, NN_SHAPE_TEXT, "%s", open);
    for (int i = 0; i < shape.rank && used < NN_SHAPE_TEXT; i++)
        used +=
            snprintf(out + used, (size_t)(NN_SHAPE_TEXT - used), "%s%lld", i ? between : "", (long long)shape.dim[i]);
    if (used < NN_SHAPE_TEXT) snprintf(out + used, (size_t)(NN_SHAPE_TEXT - used), "%s", shut);
    return out;
}

char *nn_shape_text(nn_shape shape, char out[NN_SHAPE_TEXT])
{
    return shape_join(shape, out, "", "x", "");
}

char *nn_shape_keras(nn_shape shape, char out[NN_SHAPE_TEXT])
{
    return shape_join(shape, out, "(None, ", ", ", ")");
}
