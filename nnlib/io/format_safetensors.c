/* format_safetensors.c - the length of a header (u64), the header (JSON: for each name type, shape and place), then the
 * numbers, one tensor right behind the other (github.com/huggingface/safetensors, README).
 *
 * Strict where the format's description is: the header begins with `{`, no key comes twice, the numbers are covered
 * without gaps and without overlap. Written are, as the format's own library does, first the tensors whose numbers are
 * widest, and in the order of their names; so the same tensors make the same file. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nnlib/core/json_text.h"
#include "nnlib/io/format.h"
#include "lib/base/banned.h"

/* A header of this many bytes would name more tensors than a list takes; VALUES_MOST bounds what JSON may need. */
enum { PREFIX = 8, HEADER_MOST = 20000000, VALUES_MOST = 16 * NN_NAMED_MOST, TYPE_MOST = 16 };

typedef struct st_entry {
    const char *name;
    json_t *facts;
    uint64_t begin, end; /* behind the header */
} st_entry;

typedef struct st_reader {
    const char *file;
    const unsigned char *data; /* behind the header */
    size_t len;
    st_entry *entry;
    size_t count;
} st_reader;

static const struct {
    const char *name;
    nn_dtype dtype;
} types[] = {{"F32", NN_F32}, {"F16", NN_F16}, {"BF16", NN_BF16}, {"I64", NN_I64}, {"I32", NN_I32}};
enum { TYPES = sizeof types / sizeof *types };

static uint64_t header_length(const unsigned char *data)
{
    uint64_t n = 0;
    for (int i = 0; i < PREFIX; i++) n |= (uint64_t)data[i] << (8 * i);
    return n;
}

/* Bytes 5 to 7 of a length that makes sense are 0, which no other format has in front of a `{`. */
static bool probe(const unsigned char *data, size_t len)
{
    if (len < PREFIX || header_length(data) >> 40) return false;
    return len == PREFIX || data[PREFIX] == '{' || data[PREFIX] == ' ';
}

/* ---- the header ---- */
/* Values there are at most, without reading them: what JSON would take in memory is known before it takes it. */
static size_t most_values(const char *text, size_t n)
{
    size_t values = 1;
    bool quoted = false;
    for (size_t i = 0; i < n; i++) {
        if (quoted && text[i] == '\\') i++;
        else if (text[i] == '"') quoted = !quoted;
        else if (!quoted) values += text[i] == ',' || text[i] == '[' || text[i] == '{';
    }
    return values;
}

static lg_status read_header(const unsigned char *data, size_t len, const char *file, json_t **root, lg_err *err)
{
    json_error_t said;
    uint64_t n = len < PREFIX ? 0 : header_length(data);
    const char *text = (const char *)data + PREFIX;
    if (len < PREFIX) return nn_named_damaged(file, err, "it is shorter than any safetensors file");
    if (n > HEADER_MOST)
        return nn_named_damaged(file, err, "its header would be larger than %d MB", HEADER_MOST / 1000000);
    if (n > len - PREFIX)
        return nn_named_damaged(file, err, "its header should have %s bytes, and the file ends after %s of them",
                                lg_thousands((long long)n), lg_thousands((long long)(len - PREFIX)));
    if (n < 2 || text[0] != '{') return nn_named_damaged(file, err, "its header does not begin with {");
    if (most_values(text, (size_t)n) > VALUES_MOST)
        return nn_named_damaged(file, err, "its header has more than %s values", lg_thousands(VALUES_MOST));
    *root = json_loadb(text, (size_t)n, JSON_REJECT_DUPLICATES, &said);
    if (*root) return LG_OK;
    if (json_error_code(&said) == json_error_out_of_memory)
        return lg_fail(err, LG_E_MEMORY, 901, "there is not enough memory left");
    return nn_named_damaged(file, err, "its header is no JSON: %.120s", said.text);
}

static lg_status check_metadata(const st_reader *r, const json_t *facts, lg_err *err)
{
    const char *key;
    json_t *value;
    bool texts = json_is_object(facts);
    if (texts) json_object_foreach((json_t *)facts, key, value) texts = texts && json_is_string(value);
    return texts ? LG_OK : nn_named_damaged(r->file, err, "its `__metadata__` is not a list of texts");
}

/* A whole number from 0. */
static bool take_number(const json_t *value, uint64_t *out)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0) return false;
    *out = (uint64_t)json_integer_value(value);
    return true;
}

static lg_status note_place(st_reader *r, const char *name, json_t *facts, lg_err *err)
{
    st_entry *e = &r->entry[r->count++];
    json_t *place = json_object_get(facts, "data_offsets");
    *e = (st_entry){.name = name, .facts = facts};
    if (!json_is_object(facts) || json_object_size(facts) != 3 || json_array_size(place) != 2 ||
        !take_number(json_array_get(place, 0), &e->begin) || !take_number(json_array_get(place, 1), &e->end))
        return nn_named_damaged(r->file, err, "`%.60s` has no dtype, shape and data_offsets as they must be", name);
    if (e->begin > e->end || e->end > r->len)
        return nn_named_damaged(r->file, err, "`%.60s` should lie at %llu to %llu of %s bytes", name,
                                (unsigned long long)e->begin, (unsigned long long)e->end,
                                lg_thousands((long long)r->len));
    return LG_OK;
}

static int by_place(const void *left, const void *right)
{
    const st_entry *a = left, *b = right;
    if (a->begin != b->begin) return a->begin < b->begin ? -1 : 1;
    if (a->end != b->end) return a->end < b->end ? -1 : 1;
    return strcmp(a->name, b->name);
}

static lg_status check_cover(const st_reader *r, lg_err *err)
{
    uint64_t at = 0;
    for (size_t i = 0; i < r->count; i++) {
        const st_entry *e = &r->entry[i];
        if (e->begin != at)
            return nn_named_damaged(r->file, err, "there is %s before `%.60s`", e->begin > at ? "a gap" : "an overlap",
                                    e->name);
        at = e->end;
    }
    if (at == r->len) return LG_OK;
    return nn_named_damaged(r->file, err, "%s bytes at its end belong to no tensor",
                            lg_thousands((long long)(r->len - at)));
}

/* ---- one tensor ---- */
static lg_status take_type(const st_reader *r, const st_entry *e, nn_dtype *out, lg_err *err)
{
    const char *type = json_string_value(json_object_get(e->facts, "dtype"));
    if (!type || strlen(type) > TYPE_MOST) return nn_named_damaged(r->file, err, "`%.60s` has no dtype", e->name);
    for (int i = 0; i < TYPES; i++) {
        if (strcmp(types[i].name, type) != 0) continue;
        *out = types[i].dtype;
        return LG_OK;
    }
    lg_fail(err, LG_E_UNSUPPORTED, 363, "the numbers of `%.60s` in `%.200s` are of the type %s", e->name, r->file,
            type);
    lg_why(err, "those read are F32, F16 and BF16, and I64 and I32 for counters");
    return lg_try(err, "save the weights as float32 where they were made");
}

static lg_status take_tensor(const st_reader *r, const st_entry *e, nn_named_tensors *out, lg_err *err)
{
    json_t *shape = json_object_get(e->facts, "shape");
    nn_named_tensor t = {.name = e->name, .data = r->data + e->begin, .bytes = (size_t)(e->end - e->begin)};
    LG_TRY(take_type(r, e, &t.dtype, err));
    if (!json_is_array(shape) || json_array_size(shape) > NN_NAMED_RANK)
        return nn_named_damaged(r->file, err, "the shape of `%.60s` is no list of at most %d numbers", e->name,
                                NN_NAMED_RANK);
    t.rank = (int)json_array_size(shape);
    for (int i = 0; i < t.rank; i++) {
        uint64_t dim;
        if (!take_number(json_array_get(shape, (size_t)i), &dim))
            return nn_named_damaged(r->file, err, "the shape of `%.60s` has something that is no number", e->name);
        t.dim[i] = (int64_t)dim;
    }
    return nn_named_add(out, &t, err);
}

static lg_status take_all(st_reader *r, json_t *root, nn_named_tensors *out, lg_err *err)
{
    const char *name;
    json_t *facts;
    r->entry = lg_alloc(json_object_size(root), sizeof *r->entry, err);
    if (!r->entry) return err->status;
    json_object_foreach(root, name, facts)
    {
        if (strcmp(name, "__metadata__") == 0) LG_TRY(check_metadata(r, facts, err));
        else LG_TRY(note_place(r, name, facts, err));
    }
    if (!r->count) return nn_named_damaged(r->file, err, "it has no tensors");
    qsort(r->entry, r->count, sizeof *r->entry, by_place);
    LG_TRY(check_cover(r, err));
    for (size_t i = 0; i < r->count; i++) LG_TRY(take_tensor(r, &r->entry[i], out, err));
    return LG_OK;
}

static lg_status load(const unsigned char *data, size_t len, nn_named_tensors *out, lg_err *err)
{
    json_t *root = NULL;
    LG_TRY(read_header(data, len, out->file, &root, err));
    size_t header = PREFIX + (size_t)header_length(data);
    st_reader r = {.file = out->file, .data = data + header, .len = len - header};
    lg_status st = take_all(&r, root, out, err);
    lg_free(r.entry);
    json_decref(root);
    return st;
}

/* ---- writing ---- */
static int width_rank(nn_dtype dtype)
{
    static const nn_dtype order[] = {NN_I64, NN_F32, NN_I32, NN_BF16, NN_F16};
    int rank = 0;
    while (order[rank] != dtype) rank++;
    return rank;
}

static int by_width(const void *left, const void *right)
{
    const nn_named_tensor *const *a = left, *const *b = right;
    int first = width_rank((*a)->dtype), second = width_rank((*b)->dtype);
    return first != second ? first - second : strcmp((*a)->name, (*b)->name);
}

/* Names have no control characters and no `\` (nn_named_add). */
static void add_name(lg_buf *out, const char *name)
{
    lg_buf_addc(out, '"');
    for (; *name; name++) {
        if (*name == '"') lg_buf_addc(out, '\\');
        lg_buf_addc(out, *name);
    }
    lg_buf_addc(out, '"');
}

static void add_entry(lg_buf *out, const nn_named_tensor *t, size_t *at)
{
    const char *type = "";
    for (int i = 0; i < TYPES; i++)
        if (types[i].dtype == t->dtype) type = types[i].name;
    add_name(out, t->name);
    lg_buf_addf(out, ":{\"dtype\":\"%s\",\"shape\":[", type);
    for (int i = 0; i < t->rank; i++) lg_buf_addf(out, i ? ",%lld" : "%lld", (long long)t->dim[i]);
    lg_buf_addf(out, "],\"data_offsets\":[%zu,%zu]}", *at, *at + t->bytes);
    *at += t->bytes;
}

static void add_notes(lg_buf *out, const char *const *note)
{
    lg_buf_adds(out, "\"__metadata__\":{");
    for (int i = 0; note[i]; i += 2) {
        if (i) lg_buf_addc(out, ',');
        nn_json_text(out, note[i]);
        lg_buf_addc(out, ':');
        nn_json_text(out, note[i + 1]);
    }
    lg_buf_adds(out, "},");
}

static lg_status save(const nn_named_tensors *list, lg_buf *out, lg_err *err)
{
    size_t at = 0, start = out->len;
    if (!list->count) return nn_named_damaged(list->file, err, "it has no tensors");
    const nn_named_tensor **t = lg_alloc(list->count, sizeof *t, err);
    if (!t) return err->status;
    for (size_t i = 0; i < list->count; i++) t[i] = &list->at[i];
    qsort(t, list->count, sizeof *t, by_width);
    lg_buf_add(out, "\0\0\0\0\0\0\0\0", PREFIX);
    lg_buf_addc(out, '{');
    if (list->note) add_notes(out, list->note);
    for (size_t i = 0; i < list->count; i++) {
        if (i) lg_buf_addc(out, ',');
        add_entry(out, t[i], &at);
    }
    lg_buf_addc(out, '}');
    while ((out->len - start) % 8 && !out->failed) lg_buf_addc(out, ' ');
    size_t header = out->len - start - PREFIX;
    lg_buf_reserve(out, at); /* once for all numbers; what fails sticks */
    for (int i = 0; i < PREFIX && !out->failed; i++) out->data[start + (size_t)i] = (char)(header >> (8 * i));
    for (size_t i = 0; i < list->count; i++) lg_buf_add(out, t[i]->data, t[i]->bytes);
    lg_free(t);
    return lg_buf_check(out, err);
}

const nn_format nn_format_safetensors = {.name = "safetensors", .probe = probe, .load = load, .save = save};
