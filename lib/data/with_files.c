/* with_files.c - pictures that belong to no dataset, treated as the images of one: a photo that a network is shown. */
#include <string.h>
#include <unistd.h>
#include "lib/base/reach.h"
#include "lib/data/clean.h"
#include "lib/data/dataset_private.h"

#include "lib/base/banned.h"

typedef struct guests {
    const data_set *set; /* NULL: files alone */
    const data_rules *rules;
    const char *const *file;
    size_t files, rows; /* rows: of the set */
    data_table *own;    /* the files */
    data_block *pixels; /* theirs; NULL: of no common size */
    data_table *table;  /* all */
    data_block *block;
    data_names *names;
} guests;

/* ---- the files ---- */
/* The last part of its name, where no other file of the line has the same. */
static const char *short_name(const guests *g, size_t i)
{
    const char *slash = strrchr(g->file[i], '/'), *name = slash && slash[1] ? slash + 1 : g->file[i];
    for (size_t k = 0; k < g->files; k++) {
        const char *other = strrchr(g->file[k], '/');
        if (strcmp(g->file[k], g->file[i]) && strcmp(other && other[1] ? other + 1 : g->file[k], name) == 0)
            return g->file[i];
    }
    return name;
}

/* What the opener says of a file is said as it is: later it would be one of a thousand reasons for a picture that
 * cannot be read. */
static lg_status find_file(guests *g, size_t i, lg_err *err)
{
    data_fact *fact = &g->own->fact[i];
    char *full = NULL;
    int fd;
    uint64_t size;
    LG_TRY(lg_reach_open(g->file[i], &fd, &size, err));
    close(fd);
    LG_TRY(lg_reach_resolve(g->file[i], LG_REACH_READ, &full, err));
    fact->id = (uint32_t)i + 1;
    fact->path = lg_arena_strndup(&g->own->text, full, strlen(full), err);
    fact->name = lg_arena_strndup(&g->own->text, g->file[i], strlen(g->file[i]), err);
    fact->number = lg_arena_strndup(&g->own->text, short_name(g, i), strlen(short_name(g, i)), err);
    fact->source = "";
    lg_free(full);
    return fact->path && fact->name && fact->number ? LG_OK : err->status;
}

static lg_status read_files(guests *g, size_t *failed, lg_err *err)
{
    data_decode_job job = {.rules = *g->rules};
    g->own = data_table_new(g->files, err);
    if (!g->own) return err->status;
    for (*failed = 0; *failed < g->files; (*failed)++) LG_TRY(find_file(g, *failed, err));
    *failed = 0;
    job.table = g->own;
    LG_TRY(data_decode_block(&job, &g->pixels, err));
    for (*failed = 0; *failed < g->files; (*failed)++) {
        const data_fact *fact = &g->own->fact[*failed];
        if (!fact->broken) continue;
        lg_fail(err, LG_E_FORMAT, 305, "%s cannot be read as a picture", fact->name);
        return lg_why(err, "%s", fact->broken);
    }
    return LG_OK;
}

/* ---- beside the rows of a set ---- */
static const char *copy(data_table *t, const char *text, lg_err *err)
{
    return text && *text ? lg_arena_strndup(&t->text, text, strlen(text), err) : text;
}

static lg_status take_fact(guests *g, const data_fact *from, size_t at, uint32_t id, lg_err *err)
{
    data_fact *fact = &g->table->fact[at];
    *fact = *from;
    fact->id = fact->group = id;
    fact->name = copy(g->table, from->name, err);
    fact->path = copy(g->table, from->path, err);
    fact->source = copy(g->table, from->source, err);
    fact->broken = copy(g->table, from->broken, err);
    fact->number = copy(g->table, from->number, err);
    bool whole = fact->name && fact->path && fact->source && fact->number && (fact->broken || !from->broken);
    return whole ? LG_OK : err->status;
}

static lg_status join(guests *g, lg_err *err)
{
    size_t count = g->rows + g->files;
    bool sized = g->pixels && (!g->rows || g->set->block);
    g->table = data_table_new(count, err);
    data_block **from = g->table ? lg_alloc(count, sizeof *from, err) : NULL;
    uint32_t *at = from ? lg_alloc(count, sizeof *at, err) : NULL, id = 0;
    lg_status st = at ? data_table_fields(g->table, err) : err->status;
    if (!st && g->set) st = data_table_keep_all(g->table, g->set->table, err);
    for (size_t i = 0; !st && i < count; i++) {
        const data_fact *fact = i < g->rows ? data_fact_of(g->set, i) : &g->own->fact[i - g->rows];
        id = i < g->rows ? fact->id : id + 1;
        st = take_fact(g, fact, i, id, err);
        from[i] = i < g->rows ? g->set->block : g->pixels;
        at[i] = i < g->rows ? g->set->row[i].fact : (uint32_t)(i - g->rows);
    }
    if (!st && sized && !(g->block = data_block_joined(g->table, from, at, count, err))) st = err->status;
    lg_free(from);
    lg_free(at);
    return st;
}

static lg_status make_set(guests *g, data_set **out, lg_err *err)
{
    if (!g->set && !(g->names = data_names_new(NULL, 0, NULL, err))) return err->status;
    data_set *set = data_set_new(g->table, g->set ? g->set->names : g->names, g->block, g->rows + g->files, err);
    if (!set) return err->status;
    set->fit = g->rules->fit;
    set->seed = g->set ? g->set->seed : 1;
    set->rules = *g->rules;
    for (size_t i = 0; i < g->rows; i++) {
        const data_row *row = &g->set->row[i];
        set->row[i] = (data_row){.fact = (uint32_t)i, .label = row->label, .split = row->split, .fixed = row->fixed};
    }
    for (size_t i = 0; i < g->files; i++)
        set->row[g->rows + i] = (data_row){.fact = (uint32_t)(g->rows + i), .label = -1};
    *out = set;
    return LG_OK;
}

lg_status data_with_files(const data_set *set, const data_rules *rules, const char *const *file, size_t files,
                          data_set **out, size_t *failed, lg_err *err)
{
    guests g = {.set = set, .rules = rules, .file = file, .files = files, .rows = set ? set->rows : 0};
    lg_status st;
    LG_GO(read_files(&g, failed, err));
    LG_GO(join(&g, err));
    LG_GO(make_set(&g, out, err));
done:
    data_table_unref(g.own);
    data_block_unref(g.pixels);
    data_table_unref(g.table);
    data_block_unref(g.block);
    data_names_unref(g.names);
    return st;
}

/* ---- many files ---- */
static lg_status name_file(data_table *table, size_t i, const char *path, lg_err *err)
{
    data_fact *fact = &table->fact[i];
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    fact->id = fact->group = (uint32_t)i + 1;
    fact->path = lg_arena_strndup(&table->text, path, strlen(path), err);
    fact->name = lg_arena_strndup(&table->text, name, strlen(name), err);
    fact->number = lg_arena_strf(&table->text, err, "%zu", i + 1);
    fact->source = "";
    return fact->path && fact->name && fact->number ? LG_OK : err->status;
}

lg_status data_of_files(const data_files_spec *spec, data_set **out, lg_err *err)
{
    guests g = {.rules = &spec->rules, .file = spec->file, .files = spec->files};
    lg_status st = LG_OK;
    g.table = data_table_new(spec->files, err);
    if (!g.table) return err->status;
    data_decode_job job = {.table = g.table,
                           .rules = spec->rules,
                           .pool = spec->pool,
                           .cancel = spec->cancel,
                           .progress = spec->progress,
                           .progress_ctx = spec->progress_ctx};
    for (size_t i = 0; !st && i < spec->files; i++) st = name_file(g.table, i, spec->file[i], err);
    if (!st) st = data_table_fields(g.table, err);
    if (!st) st = data_decode_block(&job, &g.block, err);
    if (!st) st = make_set(&g, out, err);
    data_table_unref(g.table);
    data_block_unref(g.block);
    data_names_unref(g.names);
    return st;
}
