/* dataset_private.h - how a data_set is put together; for lib/data only.
 *
 * A version is a list of rows (image, label, split) over three shared, reference-counted parts: the table of facts that
 * loading found out and the class names, which never change, and the block of pixels, which holds what there is room
 * for. Rows name an image by its place in the table, which is also its place in the block. */
#ifndef DATA_DATASET_PRIVATE_H
#define DATA_DATASET_PRIVATE_H

#include "lib/data/pixel_block.h"
#include "lib/data/dataset.h"
#include "lib/data/idx.h"

#define DATA_NEAR_DISTANCE 6   /* bits of the perceptual hash, of 64 */
#define DATA_MIN_DECODE    128 /* JPEGs are never decoded smaller than this: hashes then hardly depend on the size */
#define DATA_MAX_LABEL     200 /* bytes */
#define DATA_MAX_IMAGES    5000000

/* Which part of the upright picture the image is. shares: x, y, w, h are shares of its sides, until it is first
 * decoded. */
typedef struct data_crop {
    double x, y, w, h; /* w 0: all of it */
    bool shares;
} data_crop;

typedef struct data_fact {
    uint32_t id, group;
    const char *name, *path, *source, *broken; /* in the table's arena */
    char sha256[65];
    bool grey, duplicate;
    float brightness;
    int w, h;
    uint64_t phash;
    data_crop crop;
    const char *number;
} data_fact;

typedef struct data_table {
    atomic_int refs;
    lg_arena text;
    data_fact *fact;
    size_t count;
    const char **column; /* names of the labels file's further columns */
    const char **cell;   /* (count, columns), "" where the file says nothing */
    size_t columns;
    const char **field; /* names of all fields */
    size_t fields;
    data_idx **idx; /* the files that pictures named FILE//NUMBER are in */
    size_t idxs;
    data_archive **archive; /* those that files named ARCHIVE//NAME are in */
    size_t archives;
} data_table;

typedef struct data_names { /* class names in their order */
    atomic_int refs;
    lg_arena text;
    const char **name;
    int count;
} data_names;

typedef struct data_row {
    uint32_t fact;
    int32_t label;
    uint32_t split; /* data_split_kind */
    uint32_t drawn; /* the label that splits go by: 0 its own, DATA_UNDRAWN none, else 1 + number in the set's drawn */
    bool first;     /* the images it looks like were dropped: it is no duplicate any more */
    bool fixed;     /* its label was given to this one image */
    bool unlogged;  /* loaded without its log of label fixes, which is left alone then */
} data_row;
#define DATA_UNDRAWN UINT32_MAX

struct data_set {
    atomic_int refs;
    data_table *table;
    data_names *names;
    data_names *drawn; /* labels that images had before they were fixed; NULL: none differ */
    data_block *block; /* NULL: sizes differ */
    data_row *row;
    size_t rows;
    img_fit_mode fit;
    uint64_t seed;
    data_rules rules; /* its size and fit are those of the set: data_rules_of fills them in */
    data_augment augment;
    char *recipe;
    _Atomic(char *) fingerprint; /* NULL until somebody asks; a set never changes, so once is enough */
    _Atomic(uint32_t *) by_name; /* the same: rows by file name, then by path (begun.c) */
};

/* ---- parts: _new gives one reference ---- */
data_table *data_table_new(size_t count, lg_err *err);
data_table *data_table_ref(data_table *table);
lg_status data_table_fields(data_table *table, lg_err *err) LG_MUST_CHECK; /* fills field once columns are known */
void data_table_unref(data_table *table);
/* Opens the files that pictures lie in, where the table names any: before the first is decoded. */
lg_status data_table_open(data_table *table, const data_archive_watch *watch, lg_err *err) LG_MUST_CHECK;
/* Keeps those of another table; one more archive. With references of its own. */
lg_status data_table_keep_all(data_table *table, const data_table *of, lg_err *err) LG_MUST_CHECK;
lg_status data_table_keep_archive(data_table *table, data_archive *archive, lg_err *err) LG_MUST_CHECK;
/* A file as the table names it, in an archive or not. */
lg_status data_table_read(const data_table *table, const char *path, lg_buf *out, lg_err *err) LG_MUST_CHECK;
/* The column that says which part of its picture an image is, as 142x196+38+12: width, height, from the left, from the
 * top. Written for sets loaded with `boxes`; where a saved set has it, it is read again. */
#define DATA_BOX_COLUMN "box"
/* The further column of such sets that keeps the numbers, so that a part of a saved set has those it had. */
#define DATA_MARK_COLUMN "mark"
size_t data_column(const data_table *table, const char *name); /* its place; table->columns: none */
/* Numbers of all images: of the column where kept says so, else made: pictures from 1 as they stand, their marks from
 * 1. */
lg_status data_table_number(data_table *table, bool kept, lg_err *err) LG_MUST_CHECK;
bool data_crop_read(const char *text, data_crop *out);
/* Whether a path is of a picture inside a file; *px its bytes (h, w) and *idx the file, NULL where it is not there. */
bool data_idx_picture(const data_table *table, const char *path, const data_idx **idx, const uint8_t **px);
/* Class names from any list: empty ones and repetitions (ignoring case) go, order becomes the class order. `number`, if
 * not NULL, (n) gets each name's class number, -1 for "" and NULL. */
data_names *data_names_new(const char *const *name, size_t n, int32_t *number, lg_err *err);
void data_names_unref(data_names *names);

/* ---- fixed labels (drawn.c) ----
 * A label given to a single image (`relabel logos image 412 as puma`) does not move images between parts: splits go by
 * the labels there were before. So it does not matter whether images are split before they are fixed or after, and a
 * notebook that splits and then fixes makes the same parts when `load` has applied the fixes already. */
/* "" for none. */
const char *data_drawn_label(const data_set *set, size_t row);
/* Sets the drawn labels of a set nobody else has yet, whose labels stand: one text a row, "" for none. */
lg_status data_draw_by(data_set *set, const char *const *drawn, lg_err *err) LG_MUST_CHECK;
/* The class numbers that splits go by: (rows) into number, -1 none; *classes how many there are. */
lg_status data_drawn_classes(const data_set *set, int32_t *number, size_t *classes, lg_err *err) LG_MUST_CHECK;


/* A set over the given parts, of which it takes references (block may be NULL); rows are zero, the recipe is empty. */
data_set *data_set_new(data_table *table, data_names *names, data_block *block, size_t rows, lg_err *err);
/* A version of `set` with room for `rows` rows, not filled; recipe copied. */
data_set *data_set_next(const data_set *set, size_t rows, lg_err *err);
/* Of the images that look alike the first row left is no duplicate: after rows were left out. */
lg_status data_find_firsts(data_set *set, lg_err *err) LG_MUST_CHECK;
lg_status data_recipe_add(data_set *set, lg_err *err, const char *fmt, ...) LG_PRINTF(3, 4) LG_MUST_CHECK;

static inline const data_fact *data_fact_of(const data_set *set, size_t row)
{
    return &set->table->fact[set->row[row].fact];
}
/* Places for what is counted by look-alike group: groups are image ids, which ascend, and a set that was saved in part
 * has more of them than images. */
static inline size_t data_group_places(const data_table *table)
{
    return table->count ? (size_t)table->fact[table->count - 1].id + 1 : 1;
}
static inline bool data_is_duplicate(const data_set *set, size_t row)
{
    return data_fact_of(set, row)->duplicate && !set->row[row].first;
}
static inline bool data_usable(const data_set *set, size_t row)
{
    return set->row[row].label >= 0 && !data_fact_of(set, row)->broken;
}

/* ---- decoding (pictures.c) ---- */
typedef struct data_decode_job {
    data_table *table;
    data_block *block;   /* for data_decode_block to fill in: NULL */
    data_rules rules;    /* its pixel rules, for the fitted pictures; size.h 0: the size all have, size.c 0: 3, or 1
                            where every picture is grey */
    uint32_t *changed;   /* (table count) pixels the rules replaced; NULL: nobody asks */
    const bool *present; /* (table count) the ones to decode; NULL: all */
    bool verify;         /* facts are known: only fill the block, and refuse changed files (LL317) */
    bool missing;        /* with verify: files that changed or went become pictures that cannot be read */
    lg_pool *pool;
    lg_cancel *cancel;
    void (*progress)(void *ctx, size_t done, size_t count);
    void *progress_ctx;
} data_decode_job;
/* Decodes every picture once: to learn its facts, or to see that it still is what it was. *out owned, keeps what there
 * is room for; NULL where the sizes differ and none was asked for. */
lg_status data_decode_block(data_decode_job *job, data_block **out, lg_err *err) LG_MUST_CHECK;
/* One image as the rules make it, from its file: out (h, w, c). Fails as data_original does. */
lg_status data_decode_fitted(const data_table *table, size_t image, const data_rules *rules, uint8_t *out,
                             lg_err *err) LG_MUST_CHECK;
lg_status data_check_size(data_size size, lg_err *err) LG_MUST_CHECK; /* LL318 */
const char *data_fit_name(img_fit_mode fit);
/* Groups and duplicates of all readable facts. */
lg_status data_find_groups(data_table *table, lg_cancel *cancel, lg_err *err) LG_MUST_CHECK;

/* Puts the labelled rows of a set nobody else has yet into parts (split.c). */
lg_status data_split_apply(data_set *set, const data_split_spec *spec, lg_err *err) LG_MUST_CHECK;

/* ---- rules (rules.c) ---- */
/* data_rules_apply, and how many pixels it changed. */
lg_status data_rules_count(const data_rules *rules, img_picture *fitted, uint32_t *changed, lg_err *err) LG_MUST_CHECK;
/* Words of a line of our own, cut at blanks. whole: none was too many. */
enum { DATA_WORDS = 64 };
typedef struct data_words {
    char text[1024];
    char *word[DATA_WORDS];
    int count;
    bool whole;
} data_words;
void data_words_of(const char *text, data_words *out);

/* ---- text to number ---- */
/* Open-addressing map from borrowed strings to numbers >= 0. fold: keys are equal ignoring case. */
typedef struct data_map {
    const char **key;
    int64_t *value;
    size_t cap, count;
    bool fold;
} data_map;
lg_status data_map_init(data_map *map, size_t expected, bool fold, lg_err *err) LG_MUST_CHECK;
void data_map_release(data_map *map);
int64_t data_map_get(const data_map *map, const char *key); /* -1 */
/* Keeps the first value of a key; *first, if not NULL, gets the value that stands. */
lg_status data_map_put(data_map *map, const char *key, int64_t value, int64_t *first, lg_err *err) LG_MUST_CHECK;
void data_map_set(data_map *map, const char *key, int64_t value); /* of a key that is there */

/* What a text looks like: case, accents, invisible characters and look-alike letters of other scripts removed. */
char *data_skeleton(const char *text, lg_err *err) LG_MUST_CHECK;
/* Writes a code point as UTF-8, 1 to 4 bytes; returns how many. */
size_t data_put_utf8(char *out, uint32_t cp);
/* Has characters that do not show: zero width, bidi controls, other controls. */
bool data_has_hidden(const char *text);

#endif
