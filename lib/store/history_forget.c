/* history_forget.c - cells that name somebody who is to be forgotten. */
#include <string.h>
#include <strings.h>

#include "lib/store/history_parts.h"
#include "lib/base/banned.h"

enum { SHORTEST_NUMBER = 6 }; /* digits: a shorter one is a number of the language, and nobody's */

static bool in_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool has_word(const char *text, size_t len, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= len; i++) {
        if ((i && in_name(text[i - 1])) || (i + n < len && in_name(text[i + n]))) continue;
        if (strncasecmp(text + i, word, n) == 0) return true;
    }
    return false;
}

static bool names_in(const history_names *names, const char *text, size_t len)
{
    for (size_t i = 0; i < names->count; i++)
        if (has_word(text, len, names->name[i])) return true;
    return false;
}

bool store_history_names_in(const history_names *names, const store_cell *cell)
{
    return names_in(names, cell->input, cell->input_len) ||
           (cell->output && names_in(names, cell->output, cell->output_len));
}

static bool is_telling(const char *name)
{
    size_t n = strlen(name);
    return n && (strspn(name, "0123456789") < n || n >= SHORTEST_NUMBER);
}

/* Copies behind those there are; lock is held. */
static lg_status add_names(history_names *to, const char *const *name, size_t names, lg_err *err)
{
    char **more = lg_realloc(to->name, to->count, to->count + names, sizeof *more, err);
    if (!more) return err->status;
    to->name = more;
    for (size_t i = 0; i < names; i++) {
        if (!is_telling(name[i])) continue;
        char *copy = lg_strdup(name[i], err);
        if (!copy) return err->status;
        to->name[to->count++] = copy;
    }
    return LG_OK;
}

/* ---- the file ---- */
typedef struct gone {
    const history_names *names;
    int64_t *id;
    size_t count, room;
    lg_err *err;
} gone;

static bool note_row(void *ctx, int64_t id, const char *text, size_t len)
{
    gone *g = ctx;
    if (!names_in(g->names, text, len)) return true;
    if (g->count == g->room) {
        size_t room = g->room ? 2 * g->room : 64;
        int64_t *more = lg_realloc(g->id, g->room, room, sizeof *more, g->err);
        if (!more) return false;
        g->id = more;
        g->room = room;
    }
    g->id[g->count++] = id;
    return true;
}

static lg_status remove_rows(history_file *f, gone *g, lg_err *err)
{
    lg_status st = store_history_file_all(f, note_row, g, err);
    if (!st) st = err->status; /* no memory for one of them */
    for (size_t i = 0; !st && i < g->count; i++) st = store_history_file_remove(f, g->id[i], err);
    return st;
}

static lg_status forget_in_file(store_history *h, size_t *cells, lg_err *err)
{
    gone g = {.names = &h->forgotten, .err = err};
    LG_TRY(store_history_file_begin(&h->file, err));
    lg_status st = store_history_file_end(&h->file, remove_rows(&h->file, &g, err), err);
    if (!st && g.count) st = store_history_file_shrink(&h->file, err);
    lg_free(g.id);
    if (!st) *cells += g.count;
    return st;
}

/* ---- memory ---- */
/* lock is held, and nothing is being written. */
static size_t forget_waiting(store_history *h)
{
    size_t left = 0, before = h->count;
    for (size_t i = 0; i < before; i++) {
        history_entry *e = h->waiting[i];
        store_cell cell = history_cell(e, 0);
        if (!store_history_names_in(&h->forgotten, &cell)) {
            h->waiting[left++] = e;
            continue;
        }
        h->bytes -= e->input_len + e->output_len;
        lg_free(e);
    }
    h->count = left;
    return before - left;
}

lg_status store_history_forget(store_history *h, const char *const *name, size_t names, size_t *cells, lg_err *err)
{
    lg_err trouble = {0};
    *cells = 0;
    pthread_mutex_lock(&h->file_lock);
    bool settled = store_history_move(h, &trouble) == LG_OK;
    pthread_mutex_lock(&h->lock);
    lg_status st = add_names(&h->forgotten, name, names, err);
    if (!st) *cells = forget_waiting(h);
    pthread_mutex_unlock(&h->lock);
    if (!st && settled && h->open) st = forget_in_file(h, cells, err);
    pthread_mutex_unlock(&h->file_lock);
    return st;
}
