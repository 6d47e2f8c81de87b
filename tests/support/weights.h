/* weights.h - what the tests of weights files share. */
#ifndef TEST_WEIGHTS_H
#define TEST_WEIGHTS_H

#include "nnlib/io/format.h"
#include "tests/support/test.h"

static lg_err err;
static nn_named_tensors list;

/* A file in a block of exactly its size, so that a sanitizer sees every byte too many. free() it. */
static inline unsigned char *bytes_of(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    if (!f) TEST_FAIL("%s is not there", path);
    fseek(f, 0, SEEK_END);
    *len = (size_t)ftell(f);
    rewind(f);
    unsigned char *data = malloc(*len ? *len : 1);
    if (fread(data, 1, *len, f) != *len) TEST_FAIL("%s cannot be read", path);
    fclose(f);
    return data;
}

/* Any bytes as a file called x; the same, but in a block of their own. */
static inline lg_status read_bytes(const void *data, size_t len)
{
    static unsigned char *kept; /* the list points into it */
    nn_named_release(&list);
    free(kept);
    kept = malloc(len ? len : 1);
    if (len) memcpy(kept, data, len);
    lg_err_clear(&err);
    return nn_weights_file_read(kept, len, "x", &list, &err);
}

static inline lg_status read_golden(const char *name)
{
    char path[PATH_MAX];
    size_t len;
    snprintf(path, sizeof path, "tests/golden/weights/%s", name);
    unsigned char *data = bytes_of(path, &len);
    lg_status st = read_bytes(data, len);
    free(data);
    return st;
}

static inline float float_at(const char *name, size_t i)
{
    const nn_named_tensor *t = nn_named_find(&list, name);
    if (!t || i >= t->count) TEST_FAIL("%s has no number %zu", name, i);
    float *all = malloc(t->count * sizeof *all);
    CHECK_OK(nn_named_floats(&list, t, all, &err));
    float value = all[i];
    free(all);
    return value;
}

static inline const char *shape_of(const char *name)
{
    static char text[NN_NAMED_SHAPE_TEXT];
    const nn_named_tensor *t = nn_named_find(&list, name);
    return t ? nn_named_shape_text(t->rank, t->dim, text) : "not there";
}

/* Every allocation of a reading refused in turn, and all after it: the failure says so and leaves no list behind. */
static inline void check_refused_memory(lg_status (*read)(const char *name), const char *name)
{
    lg_status st = LG_E_MEMORY;
    long n = 0;
    while (st == LG_E_MEMORY && n < 500) {
        lg_alloc_fail_at(++n, true);
        st = read(name);
        lg_alloc_fail_at(0, false);
        if (st != LG_OK) CHECK_INT(list.count, 0);
    }
    CHECK_OK(st);
    CHECK(n > 5);
}

/* make_goldens.py, numbers(): number i. */
static inline float golden_number(size_t i)
{
    return ((float)i * 3 - 17) / 64;
}

static inline void check_golden_numbers(const char *name, const char *shape)
{
    CHECK_STR(shape_of(name), shape);
    for (size_t i = 0; i < nn_named_find(&list, name)->count; i++) CHECK_NEAR(float_at(name, i), golden_number(i), 0);
}

#endif
