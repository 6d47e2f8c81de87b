/* npy.c - numpy/lib/format.py describes it: the mark, a version, the length of the header, the header, the numbers. */
#include "nnlib/io/npy.h"
#include <string.h>
#include "lib/base/banned.h"

enum { MAGIC = 6, HEADER_MOST = 10000, TYPE_MOST = 16, DIGITS_MOST = 18, NEAR = 20 };

typedef struct npy_header {
    const char *at, *end;
    char type[TYPE_MOST + 1]; /* "<f4"; "" while it is not known */
    bool structured, fortran, has_order, has_shape;
    int rank;
    int64_t dim[NN_NAMED_RANK];
} npy_header;

/* ---- the header's grammar ---- */
static void skip_blanks(npy_header *h)
{
    while (h->at < h->end && (*h->at == ' ' || *h->at == '\n' || *h->at == '\t')) h->at++;
}

/* Whether this comes next; it is then behind us. */
static bool take(npy_header *h, const char *text)
{
    size_t len = strlen(text);
    skip_blanks(h);
    if ((size_t)(h->end - h->at) < len || memcmp(h->at, text, len) != 0) return false;
    h->at += len;
    return true;
}

/* A text in quotes, without escapes. */
static bool take_text(npy_header *h, char *out, size_t most)
{
    size_t n = 0;
    char quote;
    skip_blanks(h);
    if (h->at == h->end || (*h->at != '\'' && *h->at != '"')) return false;
    for (quote = *h->at++; h->at < h->end && *h->at != quote; h->at++) {
        if (*h->at == '\\' || n == most) return false;
        out[n++] = *h->at;
    }
    out[n] = 0;
    if (h->at == h->end) return false;
    h->at++; /* the quote behind it */
    return true;
}

static bool take_number(npy_header *h, int64_t *out)
{
    int digits = 0;
    skip_blanks(h);
    *out = 0;
    for (; h->at < h->end && *h->at >= '0' && *h->at <= '9'; h->at++) {
        if (digits++ == DIGITS_MOST) return false;
        *out = *out * 10 + (*h->at - '0');
    }
    if (digits && h->at < h->end && *h->at == 'L') h->at++; /* of Python 2 */
    return digits > 0;
}

/* A tuple of whole numbers: (), (3,), (3, 4) and (3, 4,). */
static bool take_shape(npy_header *h)
{
    bool comma = true;
    if (h->has_shape || !take(h, "(")) return false;
    h->has_shape = true;
    while (!take(h, ")")) {
        if (!comma || h->rank == NN_NAMED_RANK || !take_number(h, &h->dim[h->rank++])) return false;
        comma = take(h, ",");
    }
    return h->rank != 1 || comma;
}

static bool take_order(npy_header *h)
{
    if (h->has_order) return false;
    h->has_order = true;
    h->fortran = take(h, "True");
    return h->fortran || take(h, "False");
}

static bool take_type(npy_header *h)
{
    if (h->type[0]) return false;
    h->structured = take(h, "[");
    return h->structured || take_text(h, h->type, TYPE_MOST);
}

static bool take_pair(npy_header *h)
{
    char key[TYPE_MOST + 1];
    if (!take_text(h, key, TYPE_MOST) || !take(h, ":")) return false;
    if (strcmp(key, "descr") == 0) return take_type(h);
    if (strcmp(key, "fortran_order") == 0) return take_order(h);
    return strcmp(key, "shape") == 0 && take_shape(h);
}

/* True also where the type is structured: nothing behind that is looked at. */
static bool take_header(npy_header *h)
{
    bool comma = true;
    if (!take(h, "{")) return false;
    while (!take(h, "}")) {
        if (!comma || !take_pair(h)) return false;
        if (h->structured) return true;
        comma = take(h, ",");
    }
    skip_blanks(h);
    return h->at == h->end && h->type[0] && h->has_order && h->has_shape;
}

/* ---- what it says ---- */
static lg_status take_dtype(const npy_header *h, const char *name, const char *file, nn_dtype *out, lg_err *err)
{
    static const struct {
        const char *text;
        nn_dtype dtype;
    } types[] = {{"<f4", NN_F32}, {"<f2", NN_F16}, {"<i8", NN_I64}, {"<i4", NN_I32}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(types[i].text, h->type) != 0) continue;
        *out = types[i].dtype;
        return LG_OK;
    }
    bool object = strchr(h->type, 'O') != NULL;
    lg_fail(err, LG_E_UNSUPPORTED, 363, "the numbers of `%.60s` in `%.200s` are of the type `%s`", name, file,
            h->structured ? "record" : h->type);
    lg_why(err, object ? "these are objects of Python in a pickle, which is a program and never run"
                       : "those read are <f4 and <f2 (float32 and float16), and <i8 and <i4 for counters");
    return lg_try(err, "save the array as float32: numpy.save(path, a.astype('<f4'))");
}

/* How many bytes tell the header's length: 2 in version 1, later 4. */
static lg_status read_version(const unsigned char *data, size_t len, const char *file, const char *name, size_t *wide,
                              lg_err *err)
{
    if (len < MAGIC + 2 || memcmp(data, NN_NPY_MAGIC, MAGIC) != 0)
        return nn_named_damaged(file, err, "`%.60s` is no array of numpy's", name);
    int major = data[MAGIC], minor = data[MAGIC + 1];
    *wide = major == 1 ? 2 : 4;
    if (major >= 1 && major <= 3 && !minor) return LG_OK;
    return nn_named_damaged(file, err, "`%.60s` is of version %d.%d of .npy; 1.0 to 3.0 are read", name, major, minor);
}

static lg_status read_header(const unsigned char *data, size_t len, const char *file, const char *name, npy_header *h,
                             lg_err *err)
{
    size_t wide = 0, n = 0;
    LG_TRY(read_version(data, len, file, name, &wide, err));
    size_t start = MAGIC + 2 + wide;
    for (size_t i = 0; i < wide && len >= start; i++) n |= (size_t)data[MAGIC + 2 + i] << (8 * i);
    if (len < start || n > len - start) return nn_named_damaged(file, err, "`%.60s` ends within its header", name);
    if (n > HEADER_MOST)
        return nn_named_damaged(file, err, "the header of `%.60s` has more than %s bytes", name,
                                lg_thousands(HEADER_MOST));
    *h = (npy_header){.at = (const char *)data + start, .end = (const char *)data + start + n};
    if (take_header(h)) return LG_OK;
    return nn_named_damaged(file, err, "the header of `%.60s` is none of numpy's, near `%.*s`", name,
                            h->end - h->at < NEAR ? (int)(h->end - h->at) : NEAR, h->at);
}

/* From the first dimension fastest to the last one fastest. */
static lg_status turn(nn_named_tensor *t, lg_arena *room, lg_err *err)
{
    size_t size = nn_dtype_size(t->dtype), stride[NN_NAMED_RANK], at[NN_NAMED_RANK] = {0}, from = 0;
    const unsigned char *in = t->data;
    unsigned char *out = lg_arena_alloc(room, t->bytes, 1, err);
    if (!out) return err->status;
    for (int i = 0; i < t->rank; i++) stride[i] = i ? stride[i - 1] * (size_t)t->dim[i - 1] : size;
    for (size_t to = 0; to < t->bytes; to += size) {
        memcpy(out + to, in + from, size);
        for (int i = t->rank - 1; i >= 0; i--) {
            from += stride[i];
            if (++at[i] < (size_t)t->dim[i]) break;
            from -= stride[i] * (size_t)t->dim[i];
            at[i] = 0;
        }
    }
    t->data = out;
    return LG_OK;
}

/* The bytes are exactly those of the shape: asked before they are turned round, and again by nn_named_add. */
static bool fits(const nn_named_tensor *t)
{
    size_t bytes = nn_dtype_size(t->dtype);
    for (int i = 0; i < t->rank; i++)
        if (__builtin_mul_overflow(bytes, (size_t)t->dim[i], &bytes)) return false;
    return bytes && bytes == t->bytes;
}

lg_status nn_npy_read(const unsigned char *data, size_t len, const char *name, nn_named_tensors *out, lg_err *err)
{
    npy_header h;
    nn_named_tensor t = {.name = name};
    LG_TRY(read_header(data, len, out->file, name, &h, err));
    LG_TRY(take_dtype(&h, name, out->file, &t.dtype, err));
    t.rank = h.rank;
    memcpy(t.dim, h.dim, sizeof t.dim);
    t.data = h.end, t.bytes = len - (size_t)((const unsigned char *)h.end - data);
    if (h.fortran && t.rank > 1 && fits(&t)) LG_TRY(turn(&t, &out->room, err));
    return nn_named_add(out, &t, err);
}
