/* Whatever Tab offers is accepted when it is taken: every example of the tables, the topics and the notebooks, the
 * cursor at the beginning, inside and at the end of every word and in every gap; each match is put in and the whole is
 * bound, without running. No error may point at what was put in, but that it is not finished yet (an option without its
 * value, an object whose fact is to follow). */
#include <jansson.h>
#include "kernel/dsl/inside.h"
#include "tests/support/examples.h"

typedef struct tried {
    size_t places, matches;
    int bad;
    char told[200][40]; /* kinds of mistakes that were printed */
    int tolds;
} tried;

/* Where the match stands, as an error counts places. */
typedef struct piece {
    int line, first, last; /* columns from 1 */
} piece;

static piece piece_of(const char *text, size_t from, size_t to)
{
    piece p = {1, 1, 1};
    size_t start = 0;
    for (size_t i = 0; i < from; i++)
        if (text[i] == '\n') p.line++, start = i + 1;
    p.first = (int)lg_utf8_count(text + start, from - start) + 1;
    p.last = p.first + (int)lg_utf8_count(text + from, to - from) - 1;
    return p;
}

static lg_status bind(dsl_session *session, const char *text, size_t len, lg_err *err)
{
    lg_arena arena;
    dsl_tokens tokens = {0};
    dsl_stmt *program = NULL;
    lg_status st;
    lg_arena_init(&arena, 0);
    dsl_walk walk = {.session = session, .cell = &arena, .code = text, .size = len};
    LG_GO(dsl_lex(text, len, &tokens, err));
    LG_GO(dsl_parse(&tokens, &arena, dsl_session_config(session), &program, err));
    LG_GO(dsl_walk_dry(&walk, program, err));
done:
    dsl_tokens_release(&tokens);
    lg_arena_release(&arena);
    return st;
}

static bool is_one_of(int code, const int *codes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (codes[i] == code) return true;
    return false;
}
#define ONE_OF(code, ...) is_one_of(code, (const int[]){__VA_ARGS__}, sizeof((const int[]){__VA_ARGS__}) / sizeof(int))

static dsl_session *now_in;

/* Only unfinished: more has to follow what was put in. */
static bool is_unfinished(const dsl_match *match, const lg_err *err)
{
    size_t n = strlen(match->text);
    const char *type = match->type;
    bool is_option = !strcmp(type, "option") || !strcmp(type, "preposition");
    if (!strcmp(match->text, "where")) return ONE_OF(err->code, 109, 130, 141); /* its condition */
    if (!strcmp(match->text, "residual")) return ONE_OF(err->code, 109);        /* its block */
    if (!strcmp(type, "keyword")) return ONE_OF(err->code, 109);
    if (!strcmp(type, "command") || !strcmp(type, "layer")) return ONE_OF(err->code, 132, 134, 143, 208);
    if (is_option)
        return ONE_OF(err->code, 144) || (ONE_OF(err->code, 140, 141) && strstr(err->msg, match->text)); /* its value */
    if (!strcmp(type, "function")) return ONE_OF(err->code, 121, 130); /* its brackets; exp of much is no number */
    if (dsl_names_get(&now_in->objects, match->text)) return ONE_OF(err->code, 124); /* its fact */
    if (!strcmp(type, "folder") && match->text[n - 1] == '/')
        return ONE_OF(err->code, 103, 334, 461); /* a file in it */
    return false;
}

/* Where it fits not what follows on the line, or it was said that it does not fit. */
static bool is_told(const dsl_match *match, const lg_err *err)
{
    if (!strcmp(match->type, "layer"))
        return strstr(match->signature, " – not behind ") || ONE_OF(err->code, 203, 206, 212); /* by the words behind */
    if (!strcmp(match->type, "variable")) return err->code == 141;                             /* any may be meant */
    if (!strcmp(match->type, "field")) return err->code == 149 && strstr(match->signature, "needs `with MODEL`");
    return err->code == 133 &&
           (strstr(err->msg, "chooses among images") || strstr(err->msg, "only a model can be written"));
}

/* Is it the first of its kind? */
static bool is_new(tried *t, const char *type, int code)
{
    char kind[40];
    int same = 0;
    snprintf(kind, sizeof kind, "%.20s %d", type, code);
    for (int i = 0; i < t->tolds; i++) same += !strcmp(t->told[i], kind);
    if (same > 2 || t->tolds >= 200) return false;
    return memcpy(t->told[t->tolds++], kind, sizeof kind);
}

static void put_in(dsl_session *session, const char *code, size_t from, size_t to, const dsl_match *match, tried *t)
{
    size_t n = strlen(match->text), len = strlen(code);
    char *text = malloc(len + n + 2);
    lg_err err = {0};
    sprintf(text, "%.*s%s%s", (int)from, code, match->text, code + to);
    t->matches++;
    lg_status st = bind(session, text, strlen(text), &err);
    piece at = piece_of(text, from, from + n);
    bool points = st && err.span.line == at.line && err.span.col <= at.last && err.span.col + err.span.len > at.first;
    if (points && !is_unfinished(match, &err) && !is_told(match, &err)) {
        t->bad++;
        if (is_new(t, match->type, err.code))
            printf("%.*s[%s]%s\n  %s: LL%03d %s (%s)\n", (int)from, code, match->text, code + to, match->type, err.code,
                   err.msg, err.why);
    }
    free(text);
}

static bool is_edge(const char *code, size_t at)
{
    static const char apart[] = " \t\n{}()[],;=\"'<>!";
    bool left = at == 0 || strchr(apart, code[at - 1]), right = !code[at] || strchr(apart, code[at]);
    bool second = at >= 1 && (at == 1 || strchr(apart, code[at - 2])) && !left;
    return left || right || second;
}

static void try_example(dsl_session *session, const char *code, tried *t)
{
    now_in = session;
    size_t len = strlen(code);
    for (size_t at = 0; at <= len; at++) {
        dsl_completion found;
        lg_err err = {0};
        if (((unsigned char)code[at] & 0xc0) == 0x80 || !is_edge(code, at)) continue;
        CHECK_OK(dsl_session_complete(session, code, len, lg_utf8_count(code, at), &found, &err));
        size_t from = lg_utf8_offset(code, len, found.start), to = lg_utf8_offset(code, len, found.end);
        CHECK(from <= at && at <= to && to <= len);
        t->places++;
        for (size_t i = 0; i < found.count; i++) put_in(session, code, from, to, &found.match[i], t);
        dsl_completion_release(&found);
    }
}

/* ---- the notebooks: a cell that runs makes what the next one speaks of, so only those that bind as they are ---- */
static void try_cell(dsl_session *session, const char *cell, tried *t)
{
    lg_err err = {0};
    if (bind(session, cell, strlen(cell), &err) == LG_OK) try_example(session, cell, t);
}

static void try_notebook(dsl_session *session, const char *path, tried *t)
{
    json_t *book = json_load_file(path, 0, NULL), *cell;
    size_t i, k;
    CHECK(book != NULL);
    json_array_foreach(json_object_get(book, "cells"), i, cell)
    {
        char text[20000] = "";
        json_t *line, *lines = json_object_get(cell, "source");
        size_t used = 0;
        if (strcmp(json_string_value(json_object_get(cell, "cell_type")), "code") != 0) continue;
        if (json_is_string(lines)) snprintf(text, sizeof text, "%s", json_string_value(lines));
        json_array_foreach(lines, k, line) used +=
            (size_t)snprintf(text + used, sizeof text - used, "%s", json_string_value(line));
        char *with = examples_with_shop(text);
        try_cell(session, with, t);
        free(with);
    }
    json_decref(book);
}

TEST(cells_of_notebooks)
{
    lens l;
    tried t = {0};
    glob_t books;
    examples_start(&l);
    CHECK_INT(glob("notebooks/*.ipynb", 0, NULL, &books), 0);
    for (size_t i = 0; i < books.gl_pathc; i++) try_notebook(l.session, books.gl_pathv[i], &t);
    globfree(&books);
    examples_end(&l);
    CHECK(t.places > 200 && t.matches > 2000);
    CHECK_INT(t.bad, 0);
}

TEST(examples_of_topics_and_layers)
{
    lens l;
    tried t = {0};
    const char *example;
    char cell[1000];
    examples_start(&l);
    for (size_t i = 0; (example = dsl_topic_example(i)); i++) try_cell(l.session, example, &t);
    for (const dsl_layer_type *w = dsl_session_config(l.session)->layers; w->name; w++)
        for (const char *const *e = w->examples; e && *e; e++) {
            if (!strcmp(w->name, "base")) continue; /* hundreds of large networks: their words are checked elsewhere */
            snprintf(cell, sizeof cell, "model m on logos {\n  %s\n}", *e);
            try_example(l.session, cell, &t);
        }
    examples_end(&l);
    CHECK(t.places > 200 && t.matches > 2000);
    CHECK_INT(t.bad, 0);
}

TEST(examples_of_commands)
{
    lens l;
    tried t = {0};
    examples_start(&l);
    for (const dsl_command *const *c = dsl_commands; *c; c++)
        for (const char *const *e = (*c)->examples; e && *e; e++) {
            char *text = examples_with_shop(*e);
            try_example(l.session, text, &t);
            free(text);
        }
    examples_end(&l);
    CHECK(t.places > 500 && t.matches > 5000);
    CHECK_INT(t.bad, 0);
}
