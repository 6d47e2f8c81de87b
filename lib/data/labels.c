/* labels.c - reads labels files: encoding, separator, records, header, rows. */
#include "lib/data/labels.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/data/dataset_private.h"

#include "lib/base/banned.h"

/* What is kept must fit a saved dataset (set_pack.c). */
enum { MAX_FIELDS = 64, MAX_PATH = 4096, MAX_CELL = 1 << 20, MAX_ROWS = 20000000, LOOK_LINES = 1000 };

/* ---- encoding ---- */
static lg_status utf16_to_utf8(const unsigned char *s, size_t len, bool big, lg_buf *out, lg_err *err)
{
    for (size_t i = 0; i + 1 < len; i += 2) {
        uint32_t cp = big ? (uint32_t)s[i] << 8 | s[i + 1] : (uint32_t)s[i + 1] << 8 | s[i];
        if (cp >= 0xd800 && cp < 0xdc00 && i + 3 < len) {
            uint32_t low = big ? (uint32_t)s[i + 2] << 8 | s[i + 3] : (uint32_t)s[i + 3] << 8 | s[i + 2];
            if (low >= 0xdc00 && low < 0xe000) {
                cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
                i += 2;
            }
        }
        char text[4]; /* a lone surrogate gives bytes that the check for UTF-8 refuses, with its line */
        lg_buf_add(out, text, data_put_utf8(text, cp));
    }
    return lg_buf_check(out, err);
}

static size_t line_of(const char *text, size_t at)
{
    size_t line = 1;
    for (size_t i = 0; i < at; i++)
        if (text[i] == '\n' || (text[i] == '\r' && text[i + 1] != '\n')) line++;
    return line;
}

/* Packed or not text at all: say what it is. */
static lg_status refuse_binary(const unsigned char *s, size_t len, const char *name, lg_err *err)
{
    if (len >= 2 && s[0] == 0x1f && s[1] == 0x8b) {
        lg_fail(err, LG_E_FORMAT, 304, "%s is packed with gzip, so its lines cannot be read", name);
        return lg_try(err, "unpack it first: gunzip -k %s", name);
    }
    if (len >= 4 && s[0] == 'P' && s[1] == 'K' && s[2] == 3 && s[3] == 4) {
        lg_fail(err, LG_E_FORMAT, 304, "%s is a zip archive or a spreadsheet, not text", name);
        return lg_try(err, "unpack it, or save the sheet as CSV");
    }
    if (len >= 4 && (memcmp(s, "\x89PNG", 4) == 0 || memcmp(s, "\xff\xd8\xff", 3) == 0)) {
        lg_fail(err, LG_E_FORMAT, 304, "%s is a picture, not a list of labels", name);
        return lg_try(err,
                      "name a text file with a line per image, or leave `labels` out if each class has its own folder");
    }
    return LG_OK;
}

static lg_status check_text(const char *text, size_t len, const char *name, lg_err *err)
{
    const char *nul = memchr(text, 0, len);
    size_t good = lg_utf8_valid(text, len);
    if (nul && (size_t)(nul - text) < good) {
        lg_fail(err, LG_E_FORMAT, 304, "line %zu of %s has a zero byte: this is not a text file",
                line_of(text, (size_t)(nul - text)), name);
        return lg_try(err, "save it as text in UTF-8");
    }
    if (good == len) return LG_OK;
    lg_fail(err, LG_E_FORMAT, 304, "line %zu of %s is not UTF-8", line_of(text, good), name);
    lg_why(err, "the first byte that cannot be read is 0x%02x", (unsigned char)text[good]);
    return lg_try(err, "save it in UTF-8, e.g. iconv -f latin1 -t utf-8 %s", name);
}

/* The text as UTF-8 in `wide` (initialised) where it had to be converted, else in place. */
static lg_status read_encoding(const char **bytes, size_t *len, lg_buf *wide, const char *name, lg_err *err)
{
    const unsigned char *s = (const unsigned char *)*bytes;
    LG_TRY(refuse_binary(s, *len, name, err));
    if (*len >= 3 && s[0] == 0xef && s[1] == 0xbb && s[2] == 0xbf) {
        *bytes += 3;
        *len -= 3;
    } else if (*len >= 2 && ((s[0] == 0xfe && s[1] == 0xff) || (s[0] == 0xff && s[1] == 0xfe))) {
        LG_TRY(utf16_to_utf8(s + 2, *len - 2, s[0] == 0xfe, wide, err));
        *bytes = lg_buf_str(wide);
        *len = wide->len;
    }
    return check_text(*bytes, *len, name, err);
}

/* ---- records ---- */
typedef struct record {
    size_t line;
    int n;
    size_t at[MAX_FIELDS]; /* offsets into text: NUL-terminated fields */
    lg_buf text;
    bool trimmed;
} record;

typedef struct reader {
    const char *s, *end;
    size_t line; /* of s */
    char sep;
    const char *name;
} reader;

static bool at_line_end(const reader *r)
{
    return r->s == r->end || *r->s == '\n' || *r->s == '\r';
}

static void next_line(reader *r)
{
    if (r->s == r->end) return;
    if (*r->s == '\r' && r->s + 1 < r->end && r->s[1] == '\n') r->s++;
    r->s++;
    r->line++;
}

static bool is_blank(const reader *r, char c)
{
    return c == ' ' || (c == '\t' && r->sep != '\t');
}

static lg_status line_fail(const reader *r, size_t line, lg_err *err, const char *what)
{
    return lg_fail(err, LG_E_FORMAT, 304, "line %zu of %s %s", line, r->name, what);
}

/* After the opening quote, to after the closing one; a quoted field may hold line ends. */
static lg_status read_quoted(reader *r, record *rec, lg_err *err)
{
    for (; r->s < r->end; r->s++) {
        if (*r->s == '"') {
            if (r->s + 1 == r->end || r->s[1] != '"') {
                r->s++;
                return LG_OK;
            }
            r->s++;
        }
        if (*r->s == '\n') r->line++;
        lg_buf_addc(&rec->text, *r->s);
    }
    line_fail(r, rec->line, err, "opens a quote that is never closed");
    return lg_try(err, "close it with \", or write \"\" for a quote inside a quoted field");
}

static lg_status read_field(reader *r, record *rec, lg_err *err)
{
    const char *start = r->s;
    while (!at_line_end(r) && is_blank(r, *r->s)) r->s++;
    if (r->s > start && r->sep != ' ') rec->trimmed = true;
    if (rec->n == MAX_FIELDS) return line_fail(r, rec->line, err, "has more than 64 fields");
    rec->at[rec->n++] = rec->text.len;
    if (!at_line_end(r) && *r->s == '"') {
        r->s++;
        LG_TRY(read_quoted(r, rec, err));
        while (!at_line_end(r) && is_blank(r, *r->s)) r->s++;
        if (!at_line_end(r) && *r->s != r->sep && r->sep != ' ') {
            line_fail(r, rec->line, err, "goes on after a closing quote");
            return lg_try(err, "write \"\" for a quote inside a quoted field");
        }
    } else {
        const char *from = r->s;
        while (!at_line_end(r) && *r->s != r->sep && (r->sep != ' ' || *r->s != '\t')) r->s++;
        const char *to = r->s;
        while (to > from && (to[-1] == ' ' || to[-1] == '\t')) to--;
        if (to < r->s && r->sep != ' ') rec->trimmed = true;
        lg_buf_add(&rec->text, from, (size_t)(to - from));
    }
    lg_buf_addc(&rec->text, 0);
    return LG_OK;
}

static const char *field(const record *rec, int i)
{
    return i >= 0 && i < rec->n ? rec->text.data + rec->at[i] : "";
}

/* Comments and lines of nothing but blanks and separators say nothing. */
static bool skip_line(reader *r)
{
    const char *s = r->s;
    while (s < r->end && (*s == ' ' || *s == '\t')) s++;
    bool comment = s < r->end && *s == '#';
    while (s < r->end && (*s == ' ' || *s == '\t' || *s == r->sep)) s++;
    if (!comment && s < r->end && *s != '\n' && *s != '\r') return false;
    while (!at_line_end(r)) r->s++;
    next_line(r);
    return true;
}

/* The next record; rec->n is 0 at the end of the text. */
static lg_status next_record(reader *r, record *rec, lg_err *err)
{
    rec->n = 0;
    rec->trimmed = false;
    lg_buf_clear(&rec->text);
    while (r->s < r->end && skip_line(r)) continue;
    if (r->s == r->end) return LG_OK;
    rec->line = r->line;
    for (;;) {
        LG_TRY(read_field(r, rec, err));
        while (r->sep == ' ' && !at_line_end(r) && is_blank(r, *r->s)) r->s++;
        if (at_line_end(r)) break;
        if (r->sep != ' ') r->s++; /* over the separator */
    }
    next_line(r);
    return lg_buf_check(&rec->text, err);
}

/* The separator most lines have, outside quotes. */
static char find_separator(const char *text, size_t len)
{
    static const char known[] = {'\t', ';', ','};
    size_t with[3] = {0}, lines = 0;
    reader r = {.s = text, .end = text + len, .sep = '\t'};
    while (r.s < r.end && lines < LOOK_LINES) {
        if (skip_line(&r)) continue;
        bool has[3] = {false}, quoted = false;
        for (; !at_line_end(&r); r.s++) {
            if (*r.s == '"') quoted = !quoted;
            for (int k = 0; k < 3 && !quoted; k++) has[k] |= *r.s == known[k];
        }
        for (int k = 0; k < 3; k++) with[k] += has[k];
        lines++;
        next_line(&r);
    }
    if (with[0] * 2 >= lines && with[0]) return '\t';
    if (with[1] * 2 >= lines && with[1] > with[2]) return ';';
    return with[2] * 2 >= lines && with[2] ? ',' : ' ';
}

/* ---- header ---- */
static const char *const file_words[] = {"file",     "filename", "file_name", "image", "image_name", "imagename",
                                         "path",     "photo",    "picture",   "img",   "img_path",   "image_path",
                                         "filepath", "image_id", "id",        "name",  "img_name",   "filenames"};
static const char *const label_words[] = {"label",  "labels", "class", "category", "brand",
                                          "target", "logo",   "tag",   "y"};

static bool starts_nocase(const char *s, const char *word)
{
    for (; *word; s++, word++) {
        char c = *s >= 'A' && *s <= 'Z' ? (char)(*s + 32) : *s;
        if (c != *word) return false;
    }
    return true;
}

static int find_word(const record *rec, const char *const *word, size_t n)
{
    for (size_t k = 0; k < n; k++)
        for (int i = 0; i < rec->n; i++)
            if (lg_casecmp(field(rec, i), word[k]) == 0) return i;
    return -1;
}

static int find_name(const record *rec, const char *name)
{
    return find_word(rec, &name, 1);
}

/* Label column of a header without an exact word: one that begins with one ("class4", "label_name"), else the one after
 * the file. */
static int guess_label(const record *rec, int file)
{
    int found = find_word(rec, label_words, sizeof label_words / sizeof *label_words);
    for (size_t k = 0; found < 0 && k < 5; k++)
        for (int i = 0; i < rec->n && found < 0; i++)
            if (i != file && starts_nocase(field(rec, i), label_words[k])) found = i;
    if (found >= 0 && found != file) return found;
    return file == 0 ? 1 : 0;
}

typedef struct layout {
    int file, label; /* columns from 0 */
    bool header;
    bool told; /* both columns by the user: blanks may separate anything */
} layout;

static lg_status no_column(const reader *r, const record *first, const char *name, lg_err *err)
{
    lg_buf list;
    const char *names[MAX_FIELDS];
    lg_buf_init(&list, 400);
    for (int i = 0; i < first->n; i++) {
        names[i] = field(first, i);
        lg_buf_adds(&list, i ? ", " : "");
        lg_buf_add_plain(&list, names[i], strlen(names[i]));
    }
    lg_fail(err, LG_E_NAME, 316, "%s has no column called `%s`", r->name, name);
    lg_why(err, "its first line has: %s", lg_buf_str(&list));
    const char *near = lg_nearest(name, names, (size_t)first->n);
    if (near) lg_try(err, "did you mean `%s`?", near);
    else lg_try(err, "name columns of the first line, or give their numbers: columns 1, 2");
    lg_buf_release(&list);
    return err->status;
}

/* One column as the user named it: its number, its name in the first line, or -1 for "find it yourself". */
static lg_status told_column(const reader *r, const record *first, const char *name, const char *usual, int *column,
                             bool *named, lg_err *err)
{
    long long number;
    *column = -1;
    if (!name) return LG_OK;
    int found = find_name(first, name);
    if (found >= 0) {
        *column = found;
        *named = true;
    } else if (lg_parse_int(name, &number) && number >= 1 && number <= MAX_FIELDS) {
        if (number > first->n) return no_column(r, first, name, err);
        *column = (int)number - 1;
    } else if (lg_casecmp(name, usual)) { /* `columns file, label` also describes a file without a header */
        return no_column(r, first, name, err);
    }
    return LG_OK;
}

static lg_status find_layout(const reader *r, const record *first, const data_labels_options *want, layout *out,
                             lg_err *err)
{
    bool named = false;
    LG_TRY(told_column(r, first, want->file_column, "file", &out->file, &named, err));
    LG_TRY(told_column(r, first, want->label_column, "label", &out->label, &named, err));
    out->told = out->file >= 0 && out->label >= 0;
    int file = find_word(first, file_words, sizeof file_words / sizeof *file_words);
    out->header = named || file >= 0;
    if (out->file < 0 && out->header && file >= 0 && file != out->label) out->file = file;
    if (out->file < 0) out->file = out->label == 0 ? 1 : 0;
    if (out->label < 0 && out->header) out->label = guess_label(first, out->file);
    if (out->label < 0) out->label = out->file == 1 ? 0 : 1;
    if (out->file != out->label) return LG_OK;
    lg_fail(err, LG_E_ARG, 316, "the file and the label cannot be the same column");
    return lg_try(err, "columns file, label");
}

/* ---- rows ---- */
static const char *keep_text(data_labels *out, const char *s, lg_err *err)
{
    return *s ? lg_arena_strndup(&out->text, s, strlen(s), err) : "";
}

static lg_status keep_columns(const reader *r, data_labels *out, const record *first, const layout *at, lg_err *err)
{
    out->column = lg_alloc(MAX_FIELDS, sizeof *out->column, err);
    if (!out->column) return err->status;
    for (int i = 0; at->header && i < first->n; i++) {
        if (i == at->file || i == at->label) continue;
        if (strlen(field(first, i)) > MAX_PATH)
            return line_fail(r, first->line, err, "has a name of a column of more than 4,096 bytes");
        const char *name = keep_text(out, field(first, i), err);
        if (!name) return err->status;
        out->column[out->columns++] = name;
    }
    return LG_OK;
}

static lg_status add_row(data_labels *out, const record *rec, const layout *at, lg_err *err)
{
    if (out->rows == out->room) {
        size_t room = out->room ? out->room * 2 : 256;
        data_label *grown = lg_realloc(out->row, out->rows, room, sizeof *grown, err);
        if (!grown) return err->status;
        out->row = grown;
        out->room = room;
    }
    const char *file = field(rec, at->file);
    while (file[0] == '.' && file[1] == '/' && file[2]) file += 2;
    data_label row = {
        .line = rec->line, .file = keep_text(out, file, err), .label = keep_text(out, field(rec, at->label), err)};
    row.cell = lg_arena_alloc(&out->text, out->columns, sizeof *row.cell, err);
    if (!row.file || !row.label || !row.cell) return err->status;
    for (int i = 0, k = 0; i < MAX_FIELDS && k < (int)out->columns; i++) {
        if (i == at->file || i == at->label) continue;
        row.cell[k] = keep_text(out, field(rec, i), err);
        if (!row.cell[k++]) return err->status;
    }
    out->row[out->rows++] = row;
    out->trimmed += rec->trimmed;
    return LG_OK;
}

static bool rest_is_numbers(const record *rec, const layout *at)
{
    double number;
    for (int i = 0; i < rec->n; i++)
        if (i != at->file && i != at->label && !lg_parse_double(field(rec, i), &number)) return false;
    return true;
}

static lg_status check_record(const reader *r, const record *rec, const layout *at, lg_err *err)
{
    static const struct {
        char sep;
        const char *name;
    } names[] = {{'\t', "a tab"}, {',', "a comma"}, {';', "a semicolon"}, {' ', "a tab or a comma"}};
    const char *sep = "";
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].sep == r->sep) sep = names[i].name;
    if (rec->n <= at->label || rec->n <= at->file) {
        line_fail(r, rec->line, err, rec->n == 1 ? "has no label" : "has too few fields");
        lg_why(err, "every line needs a file and a label, with %s between them", sep);
        return lg_try(err, "image.jpg,Adidas");
    }
    if (r->sep == ' ' && rec->n > 2 && !at->told && !rest_is_numbers(rec, at)) {
        line_fail(r, rec->line, err, "has more than two words, so the file and the label cannot be told apart");
        return lg_try(err, "separate file and label by a tab or a comma, or say which word is which: columns 2, 1");
    }
    if (!*field(rec, at->file)) {
        line_fail(r, rec->line, err, "names no file");
        return lg_try(err, "image.jpg,Adidas");
    }
    size_t label = strlen(field(rec, at->label));
    if (label > DATA_MAX_LABEL) {
        lg_fail(err, LG_E_LIMIT, 304, "line %zu of %s has a label of %s bytes", rec->line, r->name,
                lg_thousands((long long)label));
        lg_why(err, "a label may have %d", DATA_MAX_LABEL);
        return lg_try(err, "look at that line: is a line end or a separator missing?");
    }
    if (strlen(field(rec, at->file)) > MAX_PATH)
        return line_fail(r, rec->line, err, "has a path of more than 4,096 bytes");
    for (int i = 0; i < rec->n; i++)
        if (strlen(field(rec, i)) > MAX_CELL)
            return line_fail(r, rec->line, err, "has a field of more than a million bytes");
    return LG_OK;
}

static lg_status read_rows(reader *r, record *rec, const data_labels_options *want, data_labels *out, lg_err *err)
{
    layout at;
    LG_TRY(next_record(r, rec, err));
    if (rec->n == 0) return LG_OK;
    LG_TRY(find_layout(r, rec, want, &at, err));
    LG_TRY(keep_columns(r, out, rec, &at, err));
    out->header = at.header;
    if (at.header) LG_TRY(next_record(r, rec, err));
    while (rec->n > 0) {
        LG_TRY(check_record(r, rec, &at, err));
        LG_TRY(add_row(out, rec, &at, err));
        if (out->rows > MAX_ROWS) return lg_fail(err, LG_E_LIMIT, 303, "%s has more than 20,000,000 lines", r->name);
        LG_TRY(next_record(r, rec, err));
    }
    return LG_OK;
}

lg_status data_labels_parse(const char *bytes, size_t len, const data_labels_options *want, data_labels *out,
                            lg_err *err)
{
    lg_status st;
    lg_buf wide;
    record *rec = NULL;
    *out = (data_labels){0};
    lg_arena_init(&out->text, 0);
    lg_buf_init(&wide, 0);
    LG_GO(read_encoding(&bytes, &len, &wide, want->name, err));
    rec = lg_alloc(1, sizeof *rec, err);
    if (!rec) {
        st = err->status;
        goto done;
    }
    lg_buf_init(&rec->text, 64 << 20);
    reader r = {.s = bytes, .end = bytes + len, .line = 1, .name = want->name};
    r.sep = out->separator = find_separator(bytes, len);
    st = read_rows(&r, rec, want, out, err);
done:
    if (rec) lg_buf_release(&rec->text);
    lg_free(rec);
    lg_buf_release(&wide);
    if (st) data_labels_release(out);
    return st;
}

void data_labels_release(data_labels *labels)
{
    lg_arena_release(&labels->text);
    lg_free(labels->row);
    lg_free(labels->column);
    *labels = (data_labels){0};
}
