/* dataset.h - a dataset: pictures, their labels and their split, as immutable versions that share what did not change.
 *
 *     data_load_spec spec = {.name = "logos", .from = "data/flickr27", .labels = "labels.txt",
 *                            .size = {64, 64, 0}, .cut = DATA_80_20, .seed = 1, .pool = pool, .cancel = cancel};
 *     data_set *logos = NULL, *two = NULL, *train = NULL;
 *     data_report report = {0};
 *     LG_GO(data_load(&spec, &logos, &report, err));      // report.note[] are the warnings to print
 *     const char *const kept[] = {"adidas", "nike"};
 *     data_relabel_spec edit = {.keep = true, .label = kept, .labels = 2, .rest = "other"};
 *     LG_GO(data_relabel(logos, &edit, &two, err));       // `logos` is as before: keeping it is what `undo` needs
 *     LG_GO(data_part(two, DATA_TRAIN, &train, err));
 *     LG_GO(data_fill(train, rows, 32, x, y, err));       // x (32, 64, 64, 3) in 0..1, y class numbers
 *     done: data_unref(train); data_unref(two); data_unref(logos); data_report_release(&report);
 *
 * Invariants
 *  - A data_set never changes once it is returned; any number of threads may read one. _ref/_unref are atomic.
 *  - A set is a list of *rows* (0 .. data_count-1) in the order of their image ids. Every edit, part or filter gives a
 *    new set; pictures, names and pixels are shared with the old one.
 *  - Image ids are 1..n in byte order of the path below the source folder (of the images taken, where there is a
 *    limit); no edit, part or filter changes them; data_combine numbers anew. Unreadable files keep their number.
 *  - Rows without a label (label -1) and broken rows are in the set, so that they can be listed, but in no part.
 *  - Classes are in byte order ignoring case (Adidas, Nike, Other, Puma). Labels keep the case first seen and compare
 *    without it. A class may have no images left in a part: parts keep the class list of their set.
 *  - Pixels are uint8 (h, w, c), the same for all rows: decode, EXIF orientation, RGB (or grey where the size says x1,
 *    or every picture is grey), fit. What is shown is what is computed. They are kept as lib/data/cache.h says and else
 *    decoded when they are asked for, from the very bytes that were loaded: a file that has changed is LL317.
 *  - data_shape().h == 0: the sizes differ and none was asked for (`size` kept). Such a set can be shown and edited but
 *    not batched: data_need_pixels says so with the line to add (LL315).
 *  - All results depend on files, options and seed only, never on the number of threads. */
#ifndef DATA_DATASET_H
#define DATA_DATASET_H

#include "lib/base/lg.h"
#include "lib/base/pool.h"
#include "lib/data/rules.h"

typedef struct data_set data_set;

typedef enum data_split_kind { DATA_NONE, DATA_TRAIN, DATA_VAL, DATA_TEST, DATA_SPLITS } data_split_kind;
extern const char *const data_split_names[DATA_SPLITS]; /* "", "train", "val", "test" */

typedef struct data_cut { double train, val, test; } data_cut; /* shares; sum 1; all 0: 80/20 */
#define DATA_80_20 ((data_cut){.train = 0.8, .val = 0.2})

/* The part of a picture that an image was cut from, in pixels of the upright picture; w 0: it is all of it. */
typedef struct data_box {
    int x, y, w, h;
} data_box;

/* Everything known about one image; all pointers borrowed from the set. */
typedef struct data_image {
    uint32_t id;         /* 1.., of the image in its set; for programs */
    const char *number;  /* what people call it: the id; with `boxes` the picture's number and the mark's, 412.1 */
    const char *name;    /* path below the source folder */
    const char *path;    /* full path of the original file */
    const char *source;  /* dataset it came from (a column `source` of the labels file says it per image) */
    const char *sha256;  /* 64 hexadecimal digits of the file's bytes; "" when the file could not be read */
    int w, h;            /* of the original (with `boxes`: of the mark), upright; 0 when broken */
    data_box box;        /* the mark, with `boxes` */
    bool grey;           /* the file has one channel */
    float brightness;    /* mean grey of the original, 0..1 */
    uint64_t phash;      /* perceptual hash */
    uint32_t group;      /* near-duplicate group: the id of its first image; own id when alone */
    bool duplicate;      /* an image with a smaller id in the whole set, as loaded or edited, looks the same */
    const char *broken;  /* NULL, or why the file cannot be read as a picture */
    int32_t label;       /* class number, -1: none */
    data_split_kind split;
    bool fixed;          /* its label was given to this one image (data_relabel with image) */
    bool unlogged;       /* loaded with data_load_spec.unlogged */
} data_image;

/* ---- life ---- */
data_set *data_ref(const data_set *set);
void data_unref(const data_set *set); /* NULL is fine */

/* ---- reading ---- */
size_t data_count(const data_set *set); /* rows */
void data_image_at(const data_set *set, size_t row, data_image *out);
/* Row of an image id; -1 when the set has no such image. */
ptrdiff_t data_row_of(const data_set *set, uint32_t id);
/* Row of an image by its number as people write it ("412", "412.1"); -1. */
ptrdiff_t data_row_numbered(const data_set *set, const char *number);
/* The number of an image id that the set has. */
const char *data_number(const data_set *set, uint32_t id);
/* Row of an image by file name (path below the source, file name, or name without extension: in that order); -1. */
ptrdiff_t data_row_named(const data_set *set, const char *name);
/* How many rows the name fits as well as that one: files of different folders, and marks of one picture, may share it.
 * The first `most` of them are in rows. */
size_t data_rows_named(const data_set *set, const char *name, uint32_t *rows, size_t most);
/* Images of a part (DATA_NONE: of all) whose number begins with prefix, and behind them those whose file name, or path
 * if prefix has a `/`, does: at most `most`. means: what names this image alone - the number, the file's name, or the
 * path where several have the name. For completion: fast also in very large sets. */
typedef void data_begun_fn(void *ctx, size_t row, const char *means);
void data_rows_begun(const data_set *set, data_split_kind part, const char *prefix, size_t most, data_begun_fn *fn,
                     void *ctx);
size_t data_fixed(const data_set *set); /* images whose label was given to them alone */
int data_classes(const data_set *set);
const char *data_class_name(const data_set *set, int label); /* "" for -1 */
int data_class_find(const data_set *set, const char *name);  /* ignoring case; -1 */
data_size data_shape(const data_set *set);                   /* h 0: sizes differ */
img_fit_mode data_fit(const data_set *set);
uint64_t data_seed(const data_set *set);
const char *data_recipe(const data_set *set); /* one line a step, defaults filled in */
/* Hash of content hashes, labels, splits, size and rules: equal fingerprints, equal batches. 64 hex digits. */
lg_status data_fingerprint(const data_set *set, char hex[65], lg_err *err) LG_MUST_CHECK;

/* count[split][label], label from 0; usable rows only (labelled, readable). unlabelled and broken count the rest. */
typedef struct data_counts {
    int classes;
    size_t *count[DATA_SPLITS]; /* [classes] each; DATA_NONE: labelled but in no part */
    size_t total[DATA_SPLITS];
    size_t usable, unlabelled, broken;
} data_counts;
lg_status data_count_classes(const data_set *set, data_counts *out, lg_err *err) LG_MUST_CHECK;
void data_counts_release(data_counts *counts);

/* A field of a row for `where`, `sort` and tables: id, file, label, split, source, width, height, brightness,
 * duplicate, group, broken, glare (share of the pixels), sharpness (both of the picture as a network sees it; NaN where
 * there is none), and every column the labels file named (user, date, ...). false: no such field, or, with err filled
 * as by data_pixels, one that is measured of pixels which cannot be had any more. */
typedef struct data_value {
    enum { DATA_NUMBER, DATA_TEXT, DATA_TRUTH } kind;
    double number;    /* DATA_NUMBER; DATA_TRUTH: 0 or 1 */
    const char *text; /* DATA_TEXT; borrowed from the set */
} data_value;
bool data_field(const data_set *set, size_t row, const char *field, data_value *out, lg_err *err);
/* Is the field a number that is measured of all the pixels each time it is asked for? */
bool data_field_measured(const char *field);
/* Names of all fields of this set, for messages and completion; borrowed. */
const char *const *data_fields(const data_set *set, size_t *count);

/* ---- pixels ---- */
/* Bytes that are borrowed: from the cache, or from memory of this room's own. Zero-initialise, one for each thread. */
typedef struct data_room {
    uint8_t *px;
    size_t size;
} data_room;
void data_room_release(data_room *room);
/* *px: uint8 (h, w, c) of a row, borrowed until the next call with this room or its release. After data_need_pixels.
 * Broken rows are black. LL302 and LL317: the file went or changed before it was decoded; LL901. */
lg_status data_pixels(const data_set *set, size_t row, data_room *room, const uint8_t **px, lg_err *err) LG_MUST_CHECK;
/* LL315 when the sizes differ. */
lg_status data_need_pixels(const data_set *set, const char *name, lg_err *err) LG_MUST_CHECK;
/* Batch: x (n, h, w, c) = pixels / 255, y (n) class numbers; either may be NULL. After data_need_pixels. Fails as
 * data_pixels does. */
lg_status data_fill(const data_set *set, const uint32_t *rows, size_t n, float *x, int32_t *y,
                    lg_err *err) LG_MUST_CHECK;
/* The row as the network sees it; sets of mixed sizes are decoded and fitted into 96x96. *out must be empty. */
lg_status data_thumbnail(const data_set *set, size_t row, img_picture *out, lg_err *err) LG_MUST_CHECK;
/* The original decoded again, RGB upright, reduced so that its longer side is at most `side` (0: full size).
 * LL305 when it is broken, LL302 when it is gone, LL317 when its content is not what was loaded. */
lg_status data_original(const data_set *set, size_t row, int side, img_picture *out, lg_err *err) LG_MUST_CHECK;

/* The whole picture that a row is of or was cut from, RGB upright, its longer side at most `side`; *w and *h are the
 * sides that boxes are measured in. Fails as data_original does. */
lg_status data_photo(const data_set *set, size_t row, int side, img_picture *out, int *w, int *h,
                     lg_err *err) LG_MUST_CHECK;

/* Up to k rows of every class (k = at most `limit` over all), drawn with the seed, in class then id order: for contact
 * sheets. rows has room for `limit`; returns how many were written. Sets without labels: any rows. */
size_t data_sample(const data_set *set, size_t limit, uint64_t seed, uint32_t *rows);

/* ---- loading ---- */
typedef struct data_load_spec {
    const char *name;         /* the dataset's name, for messages and as source */
    const char *from;         /* a folder, or an archive in its place: zip, tar, tar packed with gzip */
    const char *labels;       /* NULL: a known published set, else as "folders": the folder a file lies in; a labels
                                 file (searched from the start folder, then below `from`); or a POSIX extended regular
                                 expression with one group, "(.*)_[0-9]+" */
    const char *file_column;  /* which column is the file / the label: its header name, or a number from 1; NULL: the
                                 one that looks like it */
    const char *label_column;
    data_size size;
    img_fit_mode fit;
    data_cut cut;
    const char *by;           /* as in data_split_spec */
    const char *as_written;   /* the line the user wrote, for data_recipe; NULL: made from this spec */
    bool published;           /* parts as the set was published in count before `cut`, where it says any */
    bool unlogged;            /* the log of label fixes is left alone: data_image says so of each image */
    bool boxes;               /* an image for each annotated mark, cut out; pictures without one stay whole */
    uint64_t seed;
    size_t limit;             /* images at most, 0: all. Drawn with the seed, in proportion to the classes */
    lg_pool *pool;            /* NULL: this thread alone */
    lg_cancel *cancel;        /* may be NULL */
    void (*progress)(void *ctx, size_t done, size_t count); /* may be NULL; on the calling thread */
    void (*unpacking)(void *ctx, size_t done, size_t count); /* the same: megabytes of a packed tar */
    void *progress_ctx;
} data_load_spec;

/* A warning, in the parts of an error message. at: which word of the line it is about. */
typedef enum data_at { DATA_AT_FROM, DATA_AT_LABELS } data_at;
typedef struct data_note {
    int code;     /* 301: LL301 */
    size_t count; /* images or lines it is about */
    data_at at;
    char *msg, *why, *hint; /* why and hint may be "" */
} data_note;

typedef struct data_report {
    size_t files;       /* image files found (or taken, with a limit) */
    size_t ignored;     /* other files in the folder */
    size_t labelled, unlabelled;
    size_t broken;
    size_t lines;       /* label lines read (without header, comments and blanks) */
    size_t unmatched;   /* label lines without an image */
    size_t repeated;    /* label lines saying again what an earlier one said */
    size_t conflicts;   /* images with two different labels: left out */
    bool published;     /* the parts are those the set was published in */
    size_t exact, near; /* images with an earlier byte-identical / look-alike one */
    data_note *note;
    size_t notes;
    data_at failed; /* after a failure: what it is about */
} data_report;
void data_report_release(data_report *report);

/* Reads a folder of images, or an archive of one where it lies (its one top folder is then the folder). *out and
 * *report owned by the caller (data_unref, data_report_release; report also after a failure). LL302 folder or labels
 * file not there, LL303 too large, LL304 labels file cannot be read (with its line), LL306 no label line names an
 * image, LL309 no images, LL310 too few, LL316 no such column, LL318 no size for images, LL319 no pattern, LL322 a
 * folder name that cannot be a label, LL337 a damaged, encrypted or unknown archive, LL338 one beyond the limits, LL504
 * no library for it, LL601 not allowed, Interrupted. docs/formats.md says what a labels file may look like. */
lg_status data_load(const data_load_spec *spec, data_set **out, data_report *report, lg_err *err) LG_MUST_CHECK;

/* ---- edits: each gives a new version in *out (owned, data_unref), `set` stays as it is ---- */
typedef struct data_relabel_spec {
    const char *const *label; /* labels to rename or keep */
    size_t labels;
    const uint32_t *image;    /* or image ids to label */
    size_t images;
    const char *as;           /* their new label */
    bool keep;                /* keep `label` as they are, everything else becomes `rest` (NULL: loses its label) */
    const char *rest;
    const bool *only; /* (rows) NULL, or the rows it is about: all others stay as they are. With neither labels nor
                         images all of them become `as` */
} data_relabel_spec;
/* Labels given to images alone are fixes: splits go on drawing by the label there was before, so that no image changes
 * its part over a fix (an image that had none is drawn by its new one). Renaming to a label that exists merges. LL143
 * nothing to change or no new label, LL313 no such label, LL314 no such image, LL322 too long for a label. */
lg_status data_relabel(const data_set *set, const data_relabel_spec *spec, data_set **out, lg_err *err) LG_MUST_CHECK;

typedef struct data_split_spec {
    data_cut cut;
    const char *by;     /* NULL, or a field whose equal values stay on one side: source, user, a labels-file column */
    uint64_t seed;
    bool no_stratify;   /* do not keep the class shares in each part */
    bool no_together;   /* let near-duplicates fall on both sides */
    const bool *only;   /* (rows) NULL, or the rows to put into parts: all others are in none */
    data_split_kind of; /* DATA_NONE: all images. Else those of this part alone, and the other parts stay as they are:
                           what is cut off joins them */
} data_split_spec;
/* The leak check. */
typedef struct data_split_report {
    size_t groups;        /* near-duplicate groups of two or more */
    size_t group_images;  /* images in them */
    size_t by_groups;     /* values of the `by` field */
    size_t by_across;     /* those in several parts: 0 unless `of` left some of their images where they were */
    size_t across;        /* images of val and test that have a near-duplicate in another part: 0 unless no_together,
                             or `of` left parts as they were */
} data_split_report;
/* Stratified by class, drawn with the seed. report may be NULL. LL312 impossible shares or no such field. */
lg_status data_split(const data_set *set, const data_split_spec *spec, data_set **out, data_split_report *report,
                     lg_err *err) LG_MUST_CHECK;
/* The leak check of a set as it is. */
lg_status data_leak_check(const data_set *set, data_split_report *report, lg_err *err) LG_MUST_CHECK;

/* Rows for which keep says true. A failing keep ends it. */
typedef lg_status data_keep_fn(void *ctx, const data_set *set, size_t row, bool *keep, lg_err *err);
lg_status data_where(const data_set *set, data_keep_fn *keep, void *ctx, data_set **out, lg_err *err) LG_MUST_CHECK;
/* Usable rows of one part; DATA_NONE: all usable rows (labelled and readable), whatever their part. */
lg_status data_part(const data_set *set, data_split_kind part, data_set **out, lg_err *err) LG_MUST_CHECK;
/* Without these image ids (LL314 no such image). */
lg_status data_drop(const data_set *set, const uint32_t *image, size_t images, data_set **out, lg_err *err)
    LG_MUST_CHECK;
/* Another size or fit: the originals are decoded again. */
typedef struct data_resize_spec {
    data_size size;
    img_fit_mode fit;
    lg_pool *pool;
    lg_cancel *cancel;
    void (*progress)(void *ctx, size_t done, size_t count);
    void *progress_ctx;
} data_resize_spec;
lg_status data_resize(const data_set *set, const data_resize_spec *spec, data_set **out, lg_err *err) LG_MUST_CHECK;
/* Several sets as one: images numbered anew, sources and splits kept, near-duplicates found across all. Sizes must be
 * equal (LL315), and so must the way images were fitted and cleaned (LL343). */
lg_status data_combine(const data_set *const *sets, size_t n, data_set **out, lg_err *err) LG_MUST_CHECK;

/* ---- pictures of no dataset ---- */
/* The rows of a set (NULL: none) with pictures from single files behind them, made as `rules` say; of a set these are
 * its own (data_rules_of). Files have no label and are in no part; their number is the file's name, with its folders
 * only where two are called the same. The classes stay the set's. *out owned; *failed is the file that a failure is
 * about. LL302, LL303, LL391, LL393, LL601 as the opener has them, LL305 no picture. */
lg_status data_with_files(const data_set *set, const data_rules *rules, const char *const *file, size_t files,
                          data_set **out, size_t *failed, lg_err *err) LG_MUST_CHECK;
/* Many of them as a set of their own, where one that cannot be had is a broken row: row i is file i, a full path. No
 * labels, no parts, no classes. LL601, LL901, Interrupted. */
typedef struct data_files_spec {
    const char *const *file;
    size_t files;
    data_rules rules; /* with a size */
    lg_pool *pool;
    lg_cancel *cancel;
    void (*progress)(void *ctx, size_t done, size_t count);
    void *progress_ctx;
} data_files_spec;
lg_status data_of_files(const data_files_spec *spec, data_set **out, lg_err *err) LG_MUST_CHECK;

#endif
