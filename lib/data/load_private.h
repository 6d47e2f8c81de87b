/* load_private.h - what the steps of data_load pass on to each other; for lib/data/load*.c only. */
#ifndef DATA_LOAD_PRIVATE_H
#define DATA_LOAD_PRIVATE_H

#include "lib/base/reach.h"
#include "lib/data/dataset_private.h"
#include "lib/data/label_match.h"

/* One image of the set before it is read. A layout that knows the images by itself makes entries of them, which then
 * take the place of the listing: pictures inside IDX files, and with `boxes` one for each mark. */
typedef struct data_entry {
    char *path; /* below the folder; owned by the entries */
    const char *label;
    data_split_kind part;
    data_crop crop;
    bool several; /* brands, so that it has no label */
} data_entry;

typedef struct data_entries {
    data_entry *entry;
    size_t count, room;
} data_entries;

typedef struct loading {
    const data_load_spec *spec;
    /* The bytes of a file of the list, by its full path. What reads annotations asks this and nothing else, so that it
     * can be given any. */
    lg_status (*read)(const struct loading *l, const char *path, lg_buf *out, lg_err *err);
    char *folder;             /* full path of spec->from; of an archive what stands before the names in it,
                                 ARCHIVE//TOP or ARCHIVE/ : with a slash and a name it is the path of a file */
    char *shown;              /* full path of spec->from as people know it */
    data_archive *archive;    /* NULL: a folder */
    lg_listing list;          /* every file below it */
    const char *labels_name;  /* last part of the labels file's name, or NULL */
    data_labels labels;
    data_match match;         /* over the list; row NULL without a labels file */
    lg_arena text;
    const char **label;       /* (list) label of each file, "" none */
    uint8_t *part;            /* (list) data_split_kind the set was published with */
    data_crop *crop;          /* (list) the mark, with `boxes`; else NULL */
    bool inside;              /* the list is of pictures inside files */
    bool boxes;               /* `boxes`: entries are marks, or whole pictures that have none */
    bool published;           /* some have a part */
    bool *several;            /* (list) several brands in one image: it has no label */
    size_t severals, flat;    /* such images; boxes without an area */
    const char *flat_name;    /* an image with one */
    const char *layout;       /* what the set was recognised as, or NULL */
    size_t *taken;            /* list places of the images of the set, in order */
    size_t count, pictures;   /* taken; image files there were */
    data_table *table;
    data_names *names;
    data_block *block;
    int32_t *number;          /* (count) class numbers */
    const char *lost[DATA_EXAMPLES]; /* labels none of whose images can be read: the first few, and how many */
    size_t losts;
} loading;

/* The fields that go with the list, all empty; and the end of everything. */
lg_status data_loading_begin(loading *l, lg_err *err) LG_MUST_CHECK;
void data_loading_release(loading *l);
/* Warnings, from what was found. set is the finished set. */
lg_status data_note_labels(const loading *l, const data_set *set, data_report *report, lg_err *err) LG_MUST_CHECK;
lg_status data_note_set(const loading *l, const data_set *set, data_report *report, lg_err *err) LG_MUST_CHECK;
/* No label line names an image: LL306 with the folder looked in. */
lg_status data_fail_unmatched(const loading *l, lg_err *err);
/* LL302 for a set that is known by name and not there: where it can be had, and under which terms. */
lg_status data_say_where(const data_load_spec *spec, lg_err *err);
/* Picks spec->limit of the candidates, in proportion to their labels. */
lg_status data_limit(loading *l, lg_err *err) LG_MUST_CHECK;
/* Where nothing was said about labels: those of a published set recognised by its own files (*known). */
lg_status data_label_by_layout(loading *l, bool *known, lg_err *err) LG_MUST_CHECK;
/* Layouts: each sets *known where it recognised its own. */
lg_status data_layout_idx(loading *l, bool *known, lg_err *err) LG_MUST_CHECK;
lg_status data_layout_coco(loading *l, bool *known, lg_err *err) LG_MUST_CHECK;
lg_status data_layout_voc(loading *l, bool *known, lg_err *err) LG_MUST_CHECK;
lg_status data_layout_yolo(loading *l, bool *known, lg_err *err) LG_MUST_CHECK;

/* ---- marks: what annotations say, gathered before it is known whether images or their marks are wanted ----
 *
 *     data_marks m;
 *     LG_TRY(data_marks_init(&m, l, err));
 *     LG_GO(data_marks_add(&m, data_marks_file(&m, "images/1.jpg"), "Nike", &(data_crop){.x = 4, ...}, err));
 *     LG_GO(data_marks_take(&m, err));   // labels of the listing, or with `boxes` entries in its place
 *     done: data_marks_release(&m); */
typedef struct data_mark {
    size_t file; /* place in the listing */
    const char *label;
    data_crop crop;
} data_mark;

typedef struct data_marks {
    loading *l;
    data_map seen;             /* boxes as texts: an annotation that repeats one counts once */
    /* Of the listed pictures: place; the number of them for a name that several have. any_case: of paths, which some
     * sets write in other letters than their folders have; bare: paths without extension; base, stem: file names with
     * and without it. */
    data_map path, any_case, bare, base, stem;
    data_mark *mark;
    size_t count, room;
    size_t *of;                /* (list) marks a picture has */
    lg_arena text;
} data_marks;
lg_status data_marks_init(data_marks *m, loading *l, lg_err *err) LG_MUST_CHECK;
void data_marks_release(data_marks *m);
/* Place of a picture by its path below the folder, else by the end of the path, the path in any case, its file name,
 * its name without extension; -1 where there is none or several have the name. Sets are often downloaded in part. */
ptrdiff_t data_marks_file(const data_marks *m, const char *name);
/* The picture of this path, of which the extension is not known; -1. */
ptrdiff_t data_marks_beside(const data_marks *m, const char *bare);
/* file -1: nothing. crop NULL or all 0: the whole picture. A box without an area is counted and not kept. LL322 a label
 * that cannot be one. */
lg_status data_marks_add(data_marks *m, ptrdiff_t file, const char *label, const data_crop *crop,
                         lg_err *err) LG_MUST_CHECK;
/* A picture with marks of two labels has no label and is counted (severals), unless `boxes` make images of them. */
lg_status data_marks_take(data_marks *m, lg_err *err) LG_MUST_CHECK;

/* The listed file that ends so; the one whose last parts are these whole: valset.txt is not trainvalset.txt. NULL:
 * none. And its text. */
const char *data_listed(const loading *l, const char *end);
const char *data_listed_as(const loading *l, const char *name);
lg_status data_read_listed(const loading *l, const char *path, lg_buf *out, lg_err *err) LG_MUST_CHECK;
/* A file by its full path, in the archive or not. */
lg_status data_load_read(const loading *l, const char *path, lg_buf *out, lg_err *err) LG_MUST_CHECK;
/* Every file below spec->from, a folder or an archive (load_list.c). */
lg_status data_list_files(loading *l, lg_err *err) LG_MUST_CHECK;
/* The next line of a text, without its end; NULL at the end of the text. *len its length. */
const char *data_next_line(const char **text, size_t *len);
/* Parts from folders called train, val (valid, validation) and test, where every picture lies in one, at one depth, and
 * there are train and another. under: at least so many folders further down. */
void data_parts_by_folder(loading *l, int under);
/* The part a word stands for: train, trainset, train2017, val, valid, test, ...; DATA_NONE. */
data_split_kind data_part_word(const char *word, size_t len);
/* Labels of a picture that nothing says anything about. */
const char *data_folder_of(loading *l, const char *path, lg_err *err);

/* ---- entries ---- */
bool data_ends_with(const char *text, const char *end);
/* Takes the entry; its path too, unless it fails. */
lg_status data_entries_add(data_entries *entries, const data_entry *entry, lg_err *err) LG_MUST_CHECK;
/* Makes them the listing, in byte order of their paths, boxes of one image in their order. Leaves them empty. */
lg_status data_entries_take(loading *l, data_entries *entries, lg_err *err) LG_MUST_CHECK;
void data_entries_release(data_entries *entries);

/* Labels from names: fills label of every listed picture from spec->labels as a pattern. LL319 not a pattern. */
lg_status data_label_by_pattern(loading *l, lg_err *err) LG_MUST_CHECK;

#endif
