/* named_tensors.c - every check that does not depend on a format stands here, once for all of them. */
#include "nnlib/core/named_tensors.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "lib/base/banned.h"

/* ---- types of numbers ---- */
static const struct {
    const char *name;
    size_t size;
} dtypes[] = {
    [NN_F32] = {"float32", 4}, [NN_F16] = {"float16", 2}, [NN_BF16] = {"bfloat16", 2},
    [NN_I64] = {"int64", 8},   [NN_I32] = {"int32", 4},
};

const char *nn_dtype_name(nn_dtype dtype)
{
    return dtypes[dtype].name;
}

size_t nn_dtype_size(nn_dtype dtype)
{
    return dtypes[dtype].size;
}

static bool is_float(nn_dtype dtype)
{
    return dtype == NN_F32 || dtype == NN_F16 || dtype == NN_BF16;
}

static float from_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction bits. Every value of it is a float. */
float nn_f16_value(uint16_t bits)
{
    uint32_t sign = (uint32_t)(bits & 0x8000) << 16, exponent = (bits >> 10) & 31, fraction = bits & 1023;
    if (exponent == 31) return from_bits(sign | 0x7f800000 | fraction << 13);
    if (exponent) return from_bits(sign | (exponent + 112) << 23 | fraction << 13);
    float value = (float)fraction * 0x1p-24f; /* exact: fewer bits than a float has */
    return sign ? -value : value;
}

float nn_bf16_value(uint16_t bits)
{
    return from_bits((uint32_t)bits << 16);
}

static float value_at(const nn_named_tensor *t, size_t i)
{
    const unsigned char *p = (const unsigned char *)t->data + i * dtypes[t->dtype].size;
    uint32_t low = (uint32_t)p[0] | (uint32_t)p[1] << 8;
    if (t->dtype == NN_F16) return nn_f16_value((uint16_t)low);
    if (t->dtype == NN_BF16) return nn_bf16_value((uint16_t)low);
    return from_bits(low | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24);
}

/* ---- messages ---- */
lg_status nn_named_damaged(const char *file, lg_err *err, const char *fmt, ...)
{
    char why[sizeof err->why];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    lg_fail(err, LG_E_FORMAT, 361, "the weights in `%.200s` cannot be read: the file is damaged", file);
    return lg_why(err, "%s", why);
}

char *nn_named_shape_text(int rank, const int64_t *dim, char out[NN_NAMED_SHAPE_TEXT])
{
    size_t len = 0;
    snprintf(out, NN_NAMED_SHAPE_TEXT, "1 number");
    for (int i = 0; i < rank; i++)
        len += (size_t)snprintf(out + len, NN_NAMED_SHAPE_TEXT - len, i ? "x%lld" : "%lld", (long long)dim[i]);
    return out;
}

/* ---- a list ---- */
void nn_named_init(nn_named_tensors *list, const char *file)
{
    *list = (nn_named_tensors){.file = file};
    lg_arena_init(&list->room, 0);
}

void nn_named_release(nn_named_tensors *list)
{
    lg_free(list->at);
    nn_name_map_release(&list->index);
    lg_arena_release(&list->room);
    nn_named_init(list, list->file);
}

const nn_named_tensor *nn_named_find(const nn_named_tensors *list, const char *name)
{
    long at = nn_name_map_find(&list->index, name);
    return at < 0 ? NULL : &list->at[at];
}

/* Whether a part of it between slashes is `..`. */
static bool climbs(const char *name)
{
    for (const char *at = name; (at = strstr(at, "..")); at += 2) {
        bool begins = at == name || at[-1] == '/', ends = at[2] == '/' || !at[2];
        if (begins && ends) return true;
    }
    return false;
}

lg_status nn_named_check_name(const char *file, const char *name, lg_err *err)
{
    size_t len = strlen(name);
    lg_buf plain;
    if (!len) return nn_named_damaged(file, err, "a tensor has no name");
    if (len > NN_NAMED_NAME)
        return nn_named_damaged(file, err, "the name of a tensor has %s bytes, and may have %d: `%.40s…`",
                                lg_thousands((long long)len), NN_NAMED_NAME, name);
    lg_buf_init(&plain, 0);
    lg_buf_add_plain(&plain, name, len);
    lg_status st = lg_buf_check(&plain, err);
    if (st == LG_OK && (lg_utf8_valid(name, len) != len || strcmp(lg_buf_str(&plain), name) != 0 || strchr(name, '\n')))
        st = nn_named_damaged(file, err, "the name of a tensor has characters that do not show: `%.100s`",
                              lg_buf_str(&plain));
    if (st == LG_OK && (climbs(name) || strchr(name, '\\')))
        st = nn_named_damaged(file, err, "the name of a tensor is a path: `%.100s`", name);
    lg_buf_release(&plain);
    return st;
}

static lg_status check_shape(const nn_named_tensors *list, nn_named_tensor *t, lg_err *err)
{
    char shape[NN_NAMED_SHAPE_TEXT];
    uint64_t count = 1, bytes = 0;
    bool over = false;
    if (t->rank < 0 || t->rank > NN_NAMED_RANK)
        return nn_named_damaged(list->file, err, "`%.60s` has %d dimensions, and may have %d", t->name, t->rank,
                                NN_NAMED_RANK);
    for (int i = 0; i < t->rank; i++) {
        if (t->dim[i] < 1)
            return nn_named_damaged(list->file, err, "`%.60s` has the shape %s, which no numbers can have", t->name,
                                    nn_named_shape_text(t->rank, t->dim, shape));
        over |= __builtin_mul_overflow(count, (uint64_t)t->dim[i], &count);
    }
    over |= __builtin_mul_overflow(count, dtypes[t->dtype].size, &bytes);
    if (over || bytes != t->bytes)
        return nn_named_damaged(list->file, err, "`%.60s` (%s, %s) needs %s bytes, and has %s", t->name,
                                nn_named_shape_text(t->rank, t->dim, shape), nn_dtype_name(t->dtype),
                                over ? "uncountably many" : lg_thousands((long long)bytes),
                                lg_thousands((long long)t->bytes));
    t->count = (size_t)count;
    return LG_OK;
}

static lg_status check_finite(const nn_named_tensors *list, const nn_named_tensor *t, lg_err *err)
{
    size_t first = 0, bad = 0;
    if (!is_float(t->dtype)) return LG_OK;
    for (size_t i = 0; i < t->count; i++) {
        if (isfinite(value_at(t, i))) continue;
        if (!bad++) first = i;
    }
    if (!bad) return LG_OK;
    lg_fail(err, LG_E_NUMERIC, 364, "`%.60s` in `%.200s` has numbers that are none", t->name, list->file);
    lg_why(err, "%s of its %s numbers are infinite or NaN, number %s is the first", lg_thousands((long long)bad),
           lg_thousands((long long)t->count), lg_thousands((long long)first + 1));
    return lg_try(err, "save the weights again, from before the training went wrong");
}

static lg_status room_for_one(nn_named_tensors *list, lg_err *err)
{
    if (list->count == NN_NAMED_MOST)
        return nn_named_damaged(list->file, err, "it has more than %s tensors", lg_thousands(NN_NAMED_MOST));
    if (list->count < list->cap) return LG_OK;
    size_t cap = list->cap ? list->cap * 2 : 64;
    nn_named_tensor *at = lg_realloc(list->at, list->cap, cap, sizeof *at, err);
    if (!at) return err->status;
    list->at = at, list->cap = cap;
    return LG_OK;
}

lg_status nn_named_add(nn_named_tensors *list, const nn_named_tensor *t, lg_err *err)
{
    nn_named_tensor one = *t;
    bool fresh;
    LG_TRY(nn_named_check_name(list->file, one.name, err));
    LG_TRY(check_shape(list, &one, err));
    LG_TRY(check_finite(list, &one, err));
    LG_TRY(room_for_one(list, err));
    one.name = lg_arena_strndup(&list->room, t->name, strlen(t->name), err);
    if (!one.name) return err->status;
    LG_TRY(nn_name_map_put(&list->index, one.name, (uint32_t)list->count, &fresh, err));
    if (!fresh) return nn_named_damaged(list->file, err, "the tensor `%.60s` is in it twice", one.name);
    list->at[list->count++] = one;
    return LG_OK;
}

lg_status nn_named_floats(const nn_named_tensors *list, const nn_named_tensor *t, float *out, lg_err *err)
{
    if (!is_float(t->dtype)) {
        lg_fail(err, LG_E_UNSUPPORTED, 363, "`%.60s` in `%.200s` cannot be weights", t->name, list->file);
        return lg_why(err, "its numbers are %s; weights are float32, float16 or bfloat16", nn_dtype_name(t->dtype));
    }
    for (size_t i = 0; i < t->count; i++) out[i] = value_at(t, i);
    return LG_OK;
}

/* ---- against what a network wants ---- */
/* As many of the tensors as a line takes: "52 tensors: conv1.w 64x3x3x3, conv1.b 64, …". */
static void tell_held(const nn_named_tensors *list, lg_buf *out)
{
    enum { SHOWN = 6 };
    char shape[NN_NAMED_SHAPE_TEXT];
    lg_buf_addf(out, "the file holds %s tensor%s: ", lg_thousands((long long)list->count), list->count == 1 ? "" : "s");
    for (size_t i = 0; i < list->count && i < SHOWN; i++) {
        const nn_named_tensor *t = &list->at[i];
        lg_buf_addf(out, "%s%.40s %s", i ? ", " : "", t->name, nn_named_shape_text(t->rank, t->dim, shape));
        if (t->dtype != NN_F32) lg_buf_addf(out, " %s", nn_dtype_name(t->dtype));
    }
    if (list->count > SHOWN) lg_buf_adds(out, ", …");
}

/* Says what is wrong, then what is there, and a name that is near. */
static lg_status differs(const nn_named_tensors *list, const char *near, lg_err *err, const char *fmt, ...)
    LG_PRINTF(4, 5);
static lg_status differs(const nn_named_tensors *list, const char *near, lg_err *err, const char *fmt, ...)
{
    lg_buf held;
    char text[sizeof err->msg];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    lg_fail(err, LG_E_SHAPE, 221, "%s", text);
    lg_buf_init(&held, 0);
    tell_held(list, &held);
    if (!held.failed) lg_why(err, "%s", lg_buf_str(&held));
    lg_buf_release(&held);
    if (near) lg_try(err, "the nearest name in the file is `%.100s`", near);
    return err->status;
}

static const char *nearest(const nn_named_tensors *list, const char *name, lg_err *err)
{
    const char **names = lg_alloc(list->count, sizeof *names, err);
    if (!names) return NULL;
    for (size_t i = 0; i < list->count; i++) names[i] = list->at[i].name;
    const char *found = lg_nearest(name, names, list->count);
    lg_free(names);
    return found;
}

static bool same_shape(const nn_named_tensor *t, const nn_named_wish *wish)
{
    bool same = t->rank == wish->rank;
    for (int i = 0; same && i < t->rank; i++) same = t->dim[i] == wish->dim[i];
    return same;
}

static lg_status match_one(const nn_named_tensors *list, const nn_named_wish *wish, lg_err *err)
{
    char want[NN_NAMED_SHAPE_TEXT], have[NN_NAMED_SHAPE_TEXT];
    const nn_named_tensor *t = nn_named_find(list, wish->name);
    nn_named_shape_text(wish->rank, wish->dim, want);
    if (!t) {
        const char *near = nearest(list, wish->name, err);
        return differs(list, near, err, "`%.100s` has no `%.60s` (%s)", list->file, wish->name, want);
    }
    if (!same_shape(t, wish))
        return differs(list, NULL, err, "`%.60s` in `%.100s` is %s, not %s", t->name, list->file,
                       nn_named_shape_text(t->rank, t->dim, have), want);
    if (!is_float(t->dtype))
        return differs(list, NULL, err, "`%.60s` in `%.100s` is %s, which weights cannot be", t->name, list->file,
                       nn_dtype_name(t->dtype));
    return LG_OK;
}

/* All wishes are there, each once: more floats than wishes means that some are nobody's. */
static lg_status match_rest(const nn_named_tensors *list, const nn_named_wish *wish, size_t n, lg_err *err)
{
    nn_name_map wanted = {0};
    lg_status st = LG_OK;
    char shape[NN_NAMED_SHAPE_TEXT];
    bool fresh;
    for (size_t i = 0; i < n; i++) LG_GO(nn_name_map_put(&wanted, wish[i].name, 0, &fresh, err));
    for (size_t i = 0; i < list->count; i++) {
        const nn_named_tensor *t = &list->at[i];
        if (!is_float(t->dtype) || nn_name_map_find(&wanted, t->name) >= 0) continue;
        nn_named_shape_text(t->rank, t->dim, shape);
        LG_GO(differs(list, NULL, err, "the network has no place for `%.60s` (%s) of `%.100s`", t->name, shape,
                      list->file));
    }
done:
    nn_name_map_release(&wanted);
    return st;
}

lg_status nn_named_match(const nn_named_tensors *list, const nn_named_wish *wish, size_t n, bool exactly, lg_err *err)
{
    for (size_t i = 0; i < n; i++) LG_TRY(match_one(list, &wish[i], err));
    return exactly ? match_rest(list, wish, n, err) : LG_OK;
}
