/* fill.c - from atoms of the tree to words: variables, `$x` and `${field}` in texts, arithmetic, ranges of loops. */
#include "kernel/dsl/inside.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

const dsl_var *dsl_find_var(const dsl_walk *walk, const char *name)
{
    const dsl_var *var = dsl_names_get(&walk->vars, name);
    return var ? var : dsl_names_get(&walk->session->vars, name);
}

void dsl_number_show(double value, char out[40])
{
    if (value == floor(value)) lg_number_text(value, out);
    else if (fabs(value) >= 1000) snprintf(out, 40, "%.1f", value);
    else snprintf(out, 40, "%.4g", value);
}

static lg_status unknown_var(dsl_walk *walk, const char *name, lg_span span, lg_err *err)
{
    const char *names[64];
    size_t count = 0;
    for (size_t i = 0; i < walk->vars.count && count < 64; i++)
        if (walk->vars.row[i].value) names[count++] = walk->vars.row[i].name;
    for (size_t i = 0; i < walk->session->vars.count && count < 64; i++)
        if (walk->session->vars.row[i].value) names[count++] = walk->session->vars.row[i].name;
    const char *near = lg_nearest(name, names, count);
    dsl_bit bit = dsl_brief(name, strlen(name));
    lg_fail(err, LG_E_NAME, 123, "there is no variable `$%s`", bit.s);
    if (near) lg_try(err, "did you mean `$%s`?", near);
    else lg_try(err, "make it first: `let %s = …`", bit.s);
    return lg_err_place(err, span);
}

/* ---- texts ---- */
typedef struct filler {
    dsl_walk *walk;
    lg_arena *arena;
    lg_buf *out;
    lg_span span;
    bool unknown;
    bool shown; /* a sentence, not the value alone */
    lg_err *err;
} filler;

static void add_utf8(lg_buf *out, uint32_t cp)
{
    char b[4];
    size_t n = cp < 0x80 ? 1 : cp < 0x800 ? 2 : 3;
    if (n == 1) b[0] = (char)cp;
    else if (n == 2) b[0] = (char)(0xc0 | cp >> 6), b[1] = (char)(0x80 | (cp & 63));
    else b[0] = (char)(0xe0 | cp >> 12), b[1] = (char)(0x80 | (cp >> 6 & 63)), b[2] = (char)(0x80 | (cp & 63));
    lg_buf_add(out, b, n);
}

/* \uXXXX: its number, or -1. A surrogate or NUL is no character. */
static int read_u(const char *s, size_t left)
{
    int value = 0;
    if (left < 4) return -1;
    for (int i = 0; i < 4; i++) {
        const char *digits = "0123456789abcdef", *at = strchr(digits, s[i] >= 'A' && s[i] <= 'F' ? s[i] + 32 : s[i]);
        if (!at || !s[i]) return -1;
        value = value * 16 + (int)(at - digits);
    }
    return value == 0 || (value >= 0xd800 && value < 0xe000) ? -1 : value;
}

lg_status dsl_string_check(const dsl_atom *atom, lg_err *err)
{
    for (uint32_t i = 0; i + 1 < atom->len; i++) {
        if (atom->at[i] != '\\') continue;
        char c = atom->at[++i];
        if (c == 'u' && read_u(atom->at + i + 1, atom->len - i - 1) >= 0) continue;
        if (c != 'u' && strchr("\\\"'ntr$", c)) continue;
        if (c == 'u') lg_fail(err, LG_E_SYNTAX, 115, "`\\u` wants the four hexadecimal digits of a character");
        else lg_fail(err, LG_E_SYNTAX, 115, "`\\%s` means nothing inside \"…\"", dsl_brief(&atom->at[i], 1).s);
        lg_why(err, "known are \\\\ \\\" \\n \\t \\r \\$ and \\u00e9");
        lg_try(err, "write `/` in paths, or put the text in '…', where nothing is replaced");
        return lg_err_place(err, atom->span);
    }
    return LG_OK;
}

/* A computed number of many digits, such as (1/3) gives: shown short in the middle of a sentence. */
static bool long_number(const char *text, char shown[40])
{
    double value;
    if (strlen(text) < 10 || strspn(text, "-.0123456789e") != strlen(text) || !lg_parse_double(text, &value))
        return false;
    if (value == floor(value)) return false;
    dsl_number_show(value, shown);
    return true;
}

static lg_status fill_var(filler *f, const char *name, size_t len)
{
    char *copy = lg_arena_strndup(f->arena, name, len, f->err);
    if (!copy) return f->err->status;
    const dsl_var *var = dsl_find_var(f->walk, copy);
    if (!var && f->walk->dry && f->walk->open_world) f->unknown = true;
    else if (!var) return unknown_var(f->walk, copy, f->span, f->err);
    else if (var->unknown) f->unknown = true;
    else
        for (int i = 0; i < var->count; i++) {
            char shown[40];
            if (i) lg_buf_adds(f->out, ", ");
            lg_buf_adds(f->out, f->shown && long_number(var->text[i], shown) ? shown : var->text[i]);
        }
    return LG_OK;
}

static lg_status fill_field(filler *f, const char *path, size_t len)
{
    char *copy = lg_arena_strndup(f->arena, path, len, f->err), number[40];
    dsl_fact fact = {0};
    if (!copy) return f->err->status;
    if (!strchr(copy, '.') && dsl_find_var(f->walk, copy)) return fill_var(f, path, len);
    LG_TRY(dsl_field_value(f->walk, copy, f->span, f->arena, &fact, &f->unknown, f->err));
    if (fact.text) lg_buf_adds(f->out, fact.text);
    else if (fact.number == floor(fact.number) && fabs(fact.number) < 1e15)
        lg_buf_adds(f->out, lg_thousands((long long)fact.number));
    else {
        dsl_number_show(fact.number, number);
        lg_buf_adds(f->out, number);
    }
    return LG_OK;
}

static size_t var_length(const char *s, size_t left)
{
    size_t n = 0;
    while (n < left && (s[n] == '_' || (s[n] >= 'a' && s[n] <= 'z') || (s[n] >= 'A' && s[n] <= 'Z') ||
                        (unsigned char)s[n] >= 0x80 || (n && s[n] >= '0' && s[n] <= '9')))
        n++;
    return n;
}

/* `escapes`: a "…" text; otherwise a bare word, in which only $name is filled in. */
static lg_status fill_text(filler *f, const char *s, size_t len, bool escapes)
{
    static const char from[] = "ntr", to[] = "\n\t\r";
    for (size_t i = 0; i < len; i++) {
        size_t n;
        const char *close;
        if (escapes && s[i] == '\\' && i + 1 < len) {
            const char *at = strchr(from, s[++i]);
            if (s[i] == 'u') {
                add_utf8(f->out, (uint32_t)read_u(s + i + 1, len - i - 1));
                i += 4;
            } else lg_buf_addc(f->out, at ? to[at - from] : s[i]);
        } else if (s[i] == '$' && (n = var_length(s + i + 1, len - i - 1)) > 0) {
            LG_TRY(fill_var(f, s + i + 1, n));
            i += n;
        } else if (escapes && s[i] == '$' && i + 1 < len && s[i + 1] == '{' && (close = memchr(s + i, '}', len - i))) {
            LG_TRY(fill_field(f, s + i + 2, (size_t)(close - (s + i + 2))));
            i = (size_t)(close - s);
        } else lg_buf_addc(f->out, s[i]);
    }
    return LG_OK;
}

static lg_status filled(dsl_walk *walk, const dsl_atom *atom, lg_arena *arena, dsl_word *out, lg_err *err)
{
    lg_buf text;
    lg_buf_init(&text, DSL_CELL_MAX * 2);
    filler f = {.walk = walk, .arena = arena, .out = &text, .span = atom->span, .err = err};
    f.shown = atom->kind == TOK_STRING && memchr(atom->at, ' ', atom->len);
    lg_status st;
    LG_GO(fill_text(&f, atom->at, atom->len, atom->kind == TOK_STRING));
    LG_GO(lg_buf_check(&text, err));
    out->text = lg_arena_strndup(arena, lg_buf_str(&text), text.len, err);
    out->unknown = f.unknown;
    st = out->text ? LG_OK : err->status;
done:
    lg_buf_release(&text);
    return st;
}

char *dsl_atom_source(const dsl_atom *atom, lg_arena *arena, lg_err *err)
{
    return lg_arena_strndup(arena, atom->at, atom->len, err);
}

static lg_status paren_text(dsl_walk *walk, const dsl_atom *atom, lg_arena *arena, dsl_word *out, lg_err *err)
{
    double value = 0;
    char text[40];
    lg_status st = dsl_expr_value(walk, atom->expr, arena, &value, &out->unknown, err);
    if (st != LG_OK) return lg_err_place(err, atom->span);
    lg_number_text(value, text);
    out->computed = !out->unknown;
    out->value = value;
    out->text = lg_arena_strndup(arena, out->unknown ? "" : text, strlen(out->unknown ? "" : text), err);
    return out->text ? LG_OK : err->status;
}

/* All words an atom gives: one, or those of a variable that is a list. */
static lg_status atom_words(dsl_walk *walk, const dsl_atom *atom, lg_arena *arena, const dsl_var **list, dsl_word *one,
                            lg_err *err)
{
    *list = NULL;
    *one = (dsl_word){.text = "", .quoted = atom->kind == TOK_STRING || atom->kind == TOK_RAW, .span = atom->span};
    if (atom->kind == TOK_LPAREN) return paren_text(walk, atom, arena, one, err);
    if (atom->kind == TOK_STRING || (atom->kind == TOK_WORD && memchr(atom->at, '$', atom->len)))
        return filled(walk, atom, arena, one, err);
    char *text = dsl_atom_source(atom, arena, err);
    if (!text) return err->status;
    one->text = text;
    if (atom->kind != TOK_VAR) return LG_OK;
    const dsl_var *var = dsl_find_var(walk, text);
    dsl_found grid = {0};
    if (!var) LG_TRY(dsl_find(walk, text, false, arena, &grid, err));
    if (!var && grid.exists && (grid.kind == DSL_KIND_GRID || grid.unknown)) return LG_OK; /* `$g` of `let g = [1 2]` */
    if (!var) return unknown_var(walk, text, atom->span, err);
    one->quoted = true; /* a value never turns into an option word */
    one->unknown = var->unknown;
    *list = var->unknown ? NULL : var;
    return LG_OK;
}

lg_status dsl_atom_text(dsl_walk *walk, const dsl_atom *atom, lg_arena *arena, dsl_word *out, lg_err *err)
{
    const dsl_var *list;
    LG_TRY(atom_words(walk, atom, arena, &list, out, err));
    walk->unknown |= out->unknown;
    if (!list) return LG_OK;
    if (list->count == 1) {
        out->text = lg_arena_strndup(arena, list->text[0], strlen(list->text[0]), err);
        return out->text ? LG_OK : err->status;
    }
    lg_fail(err, LG_E_ARG, 147, "`$%s` is a list of %d values, and here stands one", out->text, list->count);
    lg_try(err, "repeat the line for each: `for x in $%s { … }`", out->text);
    return lg_err_place(err, atom->span);
}

lg_status dsl_list_words(dsl_walk *walk, const dsl_list *list, lg_arena *arena, dsl_words *out, lg_err *err)
{
    *out = (dsl_words){0};
    int cap = 0;
    for (const dsl_atom *atom = list->first; atom; atom = atom->next) {
        const dsl_var *var;
        dsl_word one;
        LG_TRY(atom_words(walk, atom, arena, &var, &one, err));
        walk->unknown |= one.unknown;
        int more = var ? var->count : 1;
        if (out->count + more > cap) {
            cap = out->count + more > list->count ? (out->count + more) * 2 : list->count;
            dsl_word *grown = lg_arena_alloc(arena, (size_t)cap, sizeof *grown, err);
            if (!grown) return err->status;
            if (out->count) memcpy(grown, out->word, (size_t)out->count * sizeof *grown);
            out->word = grown;
        }
        for (int i = 0; i < more; i++) {
            if (var) one.text = lg_arena_strndup(arena, var->text[i], strlen(var->text[i]), err);
            if (!one.text) return err->status;
            out->word[out->count++] = one;
        }
    }
    return LG_OK;
}

/* `1..10` in a loop counts in steps of 1, both ends included, up or down. */
static bool loop_range(const dsl_word *word, long long *low, long long *high)
{
    const char *dots = word->quoted ? NULL : strstr(word->text, "..");
    char first[32];
    size_t n = dots ? (size_t)(dots - word->text) : 0;
    if (!dots || n == 0 || n >= sizeof first) return false;
    memcpy(first, word->text, n);
    first[n] = 0;
    return lg_parse_int(first, low) && lg_parse_int(dots + 2, high);
}

static lg_status count_out(const dsl_word *word, long long low, long long high, lg_arena *arena, dsl_words *out,
                           int *cap, lg_err *err)
{
    long long span;
    if (__builtin_sub_overflow(high, low, &span) || span > 1000000 || span < -1000000) {
        lg_fail(err, LG_E_LIMIT, 125, "this loop would run more than 1,000,000 times");
        return lg_err_place(err, word->span);
    }
    int step = span < 0 ? -1 : 1, count = (int)(span * step) + 1;
    if (out->count + count > *cap) {
        dsl_word *grown = lg_arena_alloc(arena, (size_t)(out->count + count), sizeof *grown, err);
        if (!grown) return err->status;
        if (out->count) memcpy(grown, out->word, (size_t)out->count * sizeof *grown);
        out->word = grown;
        *cap = out->count + count;
    }
    for (int i = 0; i < count; i++) {
        char *text = lg_arena_strf(arena, err, "%lld", low + (long long)i * step);
        if (!text) return err->status;
        out->word[out->count++] = (dsl_word){.text = text, .quoted = true, .span = word->span};
    }
    return LG_OK;
}

lg_status dsl_loop_words(dsl_walk *walk, const dsl_list *list, lg_arena *arena, dsl_words *out, lg_err *err)
{
    dsl_words plain;
    LG_TRY(dsl_list_words(walk, list, arena, &plain, err));
    int cap = plain.count;
    *out = (dsl_words){.word = lg_arena_alloc(arena, (size_t)cap, sizeof(dsl_word), err)};
    if (!out->word) return err->status;
    for (int i = 0; i < plain.count; i++) {
        long long low, high;
        const dsl_word *word = &plain.word[i];
        if (!word->unknown && loop_range(word, &low, &high)) {
            LG_TRY(count_out(word, low, high, arena, out, &cap, err));
            cap += plain.count - i - 1;
            dsl_word *room = lg_arena_alloc(arena, (size_t)cap, sizeof *room, err);
            if (!room) return err->status;
            memcpy(room, out->word, (size_t)out->count * sizeof *room);
            out->word = room;
        } else out->word[out->count++] = *word;
    }
    return LG_OK;
}
