/* fuzz_weights.h - what is read from any bytes holds what named_tensors.h promises, and comes back the same from a file
 * that we wrote. */
#include "nnlib/io/format.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every number of it, so that a sanitizer sees each byte. */
static float *floats_of(const nn_named_tensors *list, const nn_named_tensor *t)
{
    lg_err err = {0};
    float *out = malloc((t->count ? t->count : 1) * sizeof *out);
    size_t count = 1;
    for (int i = 0; i < t->rank; i++) count *= (size_t)t->dim[i];
    if (count != t->count || t->bytes != count * nn_dtype_size(t->dtype)) abort();
    if (t->dtype == NN_I64 || t->dtype == NN_I32) {
        volatile unsigned char last = ((const unsigned char *)t->data)[t->bytes - 1];
        (void)last;
        memset(out, 0, count * sizeof *out);
        return out;
    }
    if (nn_named_floats(list, t, out, &err)) abort();
    for (size_t i = 0; i < count; i++)
        if (!isfinite(out[i])) abort();
    return out;
}

static void same(const nn_named_tensors *a, const nn_named_tensors *b)
{
    if (a->count != b->count) abort();
    for (size_t i = 0; i < a->count; i++) {
        const nn_named_tensor *one = &a->at[i], *two = nn_named_find(b, one->name);
        if (!two || two->dtype != one->dtype || two->rank != one->rank || two->bytes != one->bytes) abort();
        float *left = floats_of(a, one), *right = floats_of(b, two);
        if (memcmp(left, right, one->count * sizeof *left) != 0) abort();
        free(left), free(right);
    }
}

/* What printf reads no sanitizer watches: no message may show what lies behind the bytes. */
static void message_stays_within(const uint8_t *data, size_t size)
{
    static const char behind[] = "BEHIND-THE-END-BEHIND-THE-END";
    nn_named_tensors list;
    lg_err err = {0};
    char *copy = malloc(size + sizeof behind);
    if (size) memcpy(copy, data, size);
    memcpy(copy + size, behind, sizeof behind);
    nn_named_init(&list, "x");
    if (!memmem(data, size, behind, 6) && nn_weights_file_read(copy, size, "x", &list, &err) &&
        (strstr(err.msg, "BEHIND") || strstr(err.why, "BEHIND")))
        abort();
    nn_named_release(&list);
    free(copy);
}

static void weights_of_any_bytes(const uint8_t *data, size_t size)
{
    nn_named_tensors list, again;
    lg_buf out;
    lg_err err = {0};
    lg_buf_init(&out, 0);
    nn_named_init(&list, "x");
    nn_named_init(&again, "y");
    lg_status st = nn_weights_file_read(data, size, "x", &list, &err);
    if (st && (!err.code || !err.msg[0] || list.count)) abort(); /* a failure says what it is */
    if (st) message_stays_within(data, size);
    if (!st && list.count) {
        if (nn_format_find("safetensors")->save(&list, &out, &err)) abort();
        if (nn_weights_file_read(out.data, out.len, "y", &again, &err)) abort();
        same(&list, &again);
    }
    nn_named_release(&list);
    nn_named_release(&again);
    lg_buf_release(&out);
}
