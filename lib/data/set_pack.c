/* set_pack.c - the rows of a set with all that loading found out about them; the pictures stay where they are. */
#include "lib/data/set_pack.h"
#include <string.h>
#include "lib/data/dataset_private.h"

#include "lib/base/banned.h"

enum {
    MOST_TEXT = 16 << 20,
    MOST_PATH = 16384, /* a folder's path and one below it */
    MOST_CLASSES = 1 << 20,
    MOST_COLUMNS = 4096,
    MOST_RULES = 1000,
    ROW_BYTES = 70
};
enum { GREY = 1, DUPLICATE = 2, BROKEN = 4, FLAGS = 8 };

/* ---- writing ---- */
/* Below the base: relative to it. */
static const char *kept_path(const char *path, const char *base)
{
    size_t n = strlen(base);
    return n && strncmp(path, base, n) == 0 && path[n] == '/' && path[n + 1] != '/' ? path + n + 1 : path;
}

static void pack_row(const data_set *set, size_t row, const char *base, lg_buf *out)
{
    const data_fact *fact = data_fact_of(set, row);
    const data_table *table = set->table;
    lg_pack_u32(out, fact->id);
    lg_pack_i64(out, set->row[row].label);
    lg_pack_u8(out, (uint8_t)set->row[row].split);
    lg_pack_u8(out, (uint8_t)((fact->grey ? GREY : 0) | (data_is_duplicate(set, row) ? DUPLICATE : 0) |
                              (fact->broken ? BROKEN : 0)));
    lg_pack_text(out, fact->name);
    lg_pack_text(out, kept_path(fact->path, base));
    lg_pack_text(out, fact->source);
    lg_pack_text(out, fact->broken);
    lg_pack_text(out, fact->sha256);
    lg_pack_u32(out, (uint32_t)fact->w), lg_pack_u32(out, (uint32_t)fact->h);
    lg_pack_f64(out, (double)fact->brightness);
    lg_pack_u64(out, fact->phash);
    lg_pack_u32(out, fact->group);
    for (size_t k = 0; k < table->columns; k++) lg_pack_text(out, table->cell[set->row[row].fact * table->columns + k]);
}

/* Rules and augmentation as the texts they have. */
static void pack_rules(const data_set *set, lg_buf *out)
{
    lg_buf text;
    data_rules rules = set->rules;
    rules.size = data_shape(set), rules.fit = set->fit;
    lg_buf_init(&text, 0);
    data_rules_text(&rules, &text);
    lg_pack_text(out, lg_buf_str(&text));
    lg_buf_clear(&text);
    if (set->augment.times > 1) data_augment_text(&set->augment, &text);
    lg_pack_text(out, lg_buf_str(&text));
    if (text.failed && !out->failed) out->failed = text.failed;
    lg_buf_release(&text);
}

void data_pack(const data_set *set, const char *base, lg_buf *out)
{
    data_size size = data_shape(set);
    lg_pack_u32(out, (uint32_t)size.h), lg_pack_u32(out, (uint32_t)size.w), lg_pack_u32(out, (uint32_t)size.c);
    lg_pack_u8(out, (uint8_t)set->fit);
    lg_pack_u64(out, set->seed);
    lg_pack_text(out, set->recipe);
    pack_rules(set, out);
    lg_pack_u32(out, (uint32_t)set->names->count);
    for (int k = 0; k < set->names->count; k++) lg_pack_text(out, set->names->name[k]);
    lg_pack_u32(out, (uint32_t)set->table->columns);
    for (size_t k = 0; k < set->table->columns; k++) lg_pack_text(out, set->table->column[k]);
    lg_pack_u32(out, (uint32_t)set->rows);
    for (size_t i = 0; i < set->rows; i++) pack_row(set, i, base, out);
}

/* ---- reading ---- */
typedef struct unpacking {
    const data_unpack_spec *spec;
    lg_unpack *in;
    data_size size;
    img_fit_mode fit;
    uint64_t seed;
    const char *recipe;
    data_rules rules;
    data_augment augment;
    data_table *table;
    data_names *names;
    data_block *block;
    data_row *row;
} unpacking;

static lg_status check(const unpacking *u, lg_err *err)
{
    return lg_unpack_check(u->in, err);
}

static const char *keep(unpacking *u, const char *text, lg_err *err)
{
    return *text ? lg_arena_strndup(&u->table->text, text, strlen(text), err) : "";
}

static lg_status unpack_head(unpacking *u, lg_err *err)
{
    lg_unpack *in = u->in;
    u->size.h = (int)lg_unpack_count(in, 4096, 0);
    u->size.w = (int)lg_unpack_count(in, 4096, 0);
    u->size.c = (int)lg_unpack_count(in, 3, 0);
    bool sized = u->size.h && u->size.w && (u->size.c == 1 || u->size.c == 3);
    if (!sized && (u->size.h || u->size.w || u->size.c)) lg_unpack_refuse(in, "images cannot have this size");
    uint8_t fit = lg_unpack_u8(in);
    if (fit > IMG_FIT_STRETCH) lg_unpack_refuse(in, "there is no such way to fit images");
    u->fit = (img_fit_mode)fit;
    u->seed = lg_unpack_u64(in);
    u->recipe = lg_unpack_text(in, MOST_TEXT);
    const char *rules = lg_unpack_text(in, MOST_RULES), *augment = lg_unpack_text(in, MOST_RULES);
    LG_TRY(check(u, err));
    lg_err said = {0};
    if (data_rules_read(rules, &u->rules, &said)) lg_unpack_refuse(in, "%s", said.msg);
    else if (*augment && data_augment_read(augment, &u->augment, &said)) lg_unpack_refuse(in, "%s", said.msg);
    return check(u, err);
}

/* Class names are distinct and in their order: what data_names_new makes of them must be themselves. */
static lg_status unpack_names(unpacking *u, lg_err *err)
{
    lg_unpack *in = u->in;
    size_t n = lg_unpack_count(in, MOST_CLASSES, 5);
    const char **name = lg_alloc(n, sizeof *name, err);
    int32_t *number = lg_alloc(n, sizeof *number, err);
    if (name && number) {
        for (size_t k = 0; k < n; k++) name[k] = lg_unpack_text(in, DATA_MAX_LABEL);
        u->names = data_names_new(name, n, number, err);
        for (size_t k = 0; u->names && k < n; k++)
            if (number[k] != (int32_t)k) lg_unpack_refuse(in, "its classes are not in order");
    }
    lg_free(name);
    lg_free(number);
    return u->names ? check(u, err) : err->status;
}

static lg_status unpack_columns(unpacking *u, size_t columns, size_t rows, lg_err *err)
{
    data_table *t = u->table;
    t->column = lg_alloc(columns, sizeof *t->column, err);
    t->cell = lg_alloc(rows * columns, sizeof *t->cell, err);
    return t->column && t->cell ? LG_OK : err->status;
}

static bool is_sha256(const char *text)
{
    return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

/* The texts of a row, copied into the table. */
static lg_status unpack_texts(unpacking *u, data_fact *fact, bool broken, lg_err *err)
{
    lg_unpack *in = u->in;
    const char *name = lg_unpack_text(in, MOST_PATH), *path = lg_unpack_text(in, MOST_PATH);
    const char *source = lg_unpack_text(in, MOST_TEXT), *why = lg_unpack_text(in, MOST_PATH);
    const char *sha = lg_unpack_text(in, 64), *base = u->spec->base;
    if (!*name || !*path) lg_unpack_refuse(in, "an image has no file");
    if (broken != (*why != 0)) lg_unpack_refuse(in, "an image is broken without a reason");
    if (!is_sha256(sha) && !(broken && !*sha)) lg_unpack_refuse(in, "a content hash is none");
    LG_TRY(check(u, err));
    memcpy(fact->sha256, sha, strlen(sha) + 1);
    fact->name = keep(u, name, err);
    fact->path = *path == '/' || !*base ? keep(u, path, err) : lg_arena_strf(&u->table->text, err, "%s/%s", base, path);
    fact->source = keep(u, source, err);
    fact->broken = broken ? keep(u, why, err) : NULL;
    return fact->name && fact->path && fact->source && (!broken || fact->broken) ? LG_OK : err->status;
}

static lg_status unpack_row(unpacking *u, size_t at, lg_err *err)
{
    lg_unpack *in = u->in;
    data_table *t = u->table;
    data_fact *fact = &t->fact[at];
    data_row *row = &u->row[at];
    fact->id = lg_unpack_u32(in);
    if (fact->id > DATA_MAX_IMAGES) lg_unpack_refuse(in, "an image has a number beyond all");
    if (fact->id <= (at ? t->fact[at - 1].id : 0)) lg_unpack_refuse(in, "its images are not in order");
    *row = (data_row){.fact = (uint32_t)at, .label = (int32_t)lg_unpack_range(in, -1, u->names->count - 1)};
    row->split = lg_unpack_u8(in);
    if (row->split >= DATA_SPLITS) lg_unpack_refuse(in, "an image is in no part there is");
    uint8_t flags = lg_unpack_u8(in);
    if (flags >= FLAGS) lg_unpack_refuse(in, "something is said of an image that is not known");
    fact->grey = flags & GREY, fact->duplicate = flags & DUPLICATE;
    LG_TRY(unpack_texts(u, fact, flags & BROKEN, err));
    fact->w = (int)lg_unpack_count(in, 1 << 20, 0), fact->h = (int)lg_unpack_count(in, 1 << 20, 0);
    fact->brightness = (float)lg_unpack_finite(in);
    if (!(fact->brightness >= 0 && fact->brightness <= 1)) lg_unpack_refuse(in, "a brightness is none");
    fact->phash = lg_unpack_u64(in);
    fact->group = lg_unpack_u32(in);
    if (fact->group < 1 || fact->group > fact->id) lg_unpack_refuse(in, "an image looks like none there is");
    for (size_t k = 0; k < t->columns; k++) {
        const char *cell = keep(u, lg_unpack_text(in, MOST_TEXT), err);
        if (!cell) return err->status;
        t->cell[at * t->columns + k] = cell;
    }
    return check(u, err);
}

static void read_boxes(data_table *t)
{
    size_t box = data_column(t, DATA_BOX_COLUMN);
    for (size_t i = 0; box < t->columns && i < t->count; i++)
        if (!data_crop_read(t->cell[i * t->columns + box], &t->fact[i].crop)) t->fact[i].crop = (data_crop){0};
}

static lg_status unpack_rows(unpacking *u, lg_err *err)
{
    lg_unpack *in = u->in;
    const data_archive_watch watch = {
        .cancel = u->spec->cancel, .progress = u->spec->unpacking, .progress_ctx = u->spec->progress_ctx};
    const unsigned columns = (unsigned)lg_unpack_count(in, MOST_COLUMNS, 5);
    const char *name[MOST_COLUMNS];
    for (unsigned k = 0; k < columns; k++) name[k] = lg_unpack_text(in, MOST_PATH);
    size_t rows = lg_unpack_count(in, DATA_MAX_IMAGES, ROW_BYTES + 5 * (size_t)columns);
    LG_TRY(check(u, err));
    u->table = data_table_new(rows, err);
    u->row = lg_alloc(rows, sizeof *u->row, err);
    if (!u->table || !u->row) return err->status;
    LG_TRY(unpack_columns(u, columns, rows, err));
    for (unsigned k = 0; k < columns; k++) {
        u->table->column[k] = keep(u, name[k], err);
        if (!u->table->column[k]) return err->status;
        u->table->columns++;
    }
    for (size_t i = 0; i < rows; i++) LG_TRY(unpack_row(u, i, err));
    LG_TRY(lg_unpack_end(in, err));
    read_boxes(u->table);
    LG_TRY(data_table_number(u->table, true, err));
    LG_TRY(data_table_open(u->table, &watch, err));
    return data_table_fields(u->table, err);
}

/* ---- the pictures ---- */
static lg_status read_pictures(unpacking *u, data_lost *lost, lg_err *err)
{
    const data_unpack_spec *s = u->spec;
    data_table *t = u->table;
    size_t before = 0, after = 0;
    const char *first = "";
    if (!u->size.h) return LG_OK; /* sizes differ: each is read, and checked, when it is looked at */
    bool *was = lg_alloc(t->count, sizeof *was, err);
    if (!was) return err->status;
    for (size_t i = 0; i < t->count; i++) before += was[i] = t->fact[i].broken != NULL;
    data_decode_job job = {.table = t,
                           .verify = true,
                           .rules = u->rules,
                           .missing = true,
                           .pool = s->pool,
                           .cancel = s->cancel,
                           .progress = s->progress,
                           .progress_ctx = s->progress_ctx};
    job.rules.size = u->size, job.rules.fit = u->fit;
    lg_status st = data_decode_block(&job, &u->block, err);
    for (size_t i = 0; !st && i < t->count; i++) {
        after += t->fact[i].broken != NULL;
        if (was[i] || !t->fact[i].broken || lost->count++) continue;
        first = t->fact[i].path;
        lost->name = t->fact[i].name;
        lost->why = t->fact[i].broken;
    }
    lg_free(was);
    if (st || after < t->count || before == t->count) return st;
    lg_fail(err, LG_E_DATA, 302, "not one of the %s pictures of `%.200s` is where it was",
            lg_thousands((long long)t->count), u->in->file);
    lg_why(err, "%s: %s", first, lost->why);
    return lg_try(err, "put the pictures back, or open the file beside the pictures it was saved with");
}

static lg_status make_set(unpacking *u, data_set **out, lg_err *err)
{
    data_set *set = data_set_new(u->table, u->names, u->block, u->table->count, err);
    if (!set) return err->status;
    memcpy(set->row, u->row, u->table->count * sizeof *set->row);
    set->fit = u->fit;
    set->seed = u->seed;
    set->rules = u->rules;
    set->augment = u->augment;
    lg_status st = *u->recipe ? data_recipe_add(set, err, "%s", u->recipe) : LG_OK;
    if (st) data_unref(set);
    else *out = set;
    return st;
}

lg_status data_unpack(const data_unpack_spec *spec, data_set **out, data_lost *lost, lg_err *err)
{
    unpacking u = {.spec = spec, .in = spec->in};
    lg_status st;
    *lost = (data_lost){0};
    LG_GO(unpack_head(&u, err));
    LG_GO(unpack_names(&u, err));
    LG_GO(unpack_rows(&u, err));
    LG_GO(read_pictures(&u, lost, err));
    LG_GO(make_set(&u, out, err));
done:
    data_table_unref(u.table);
    data_names_unref(u.names);
    data_block_unref(u.block);
    lg_free(u.row);
    return st;
}
