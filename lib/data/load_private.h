/* load_private.h - what the steps of data_load pass on to each other; for lib/data/load*.c only. */
#ifndef DATA_LOAD_PRIVATE_H
#define DATA_LOAD_PRIVATE_H

#include "lib/base/reach.h"
#include "lib/data/dataset_private.h"
#include "lib/data/label_match.h"

typedef struct loading {
    const data_load_spec *spec;
    char *folder;             /* full path of spec->from */
    lg_listing list;          /* every file below it */
    const char *labels_name;  /* last part of the labels file's name, or NULL */
    data_labels labels;
    data_match match;         /* over the list; row NULL without a labels file */
    lg_arena text;
    const char **label;       /* (list) label of each file, "" none */
    size_t *taken;            /* list places of the images of the set, in order */
    size_t count, pictures;   /* taken; image files there were */
    data_table *table;
    data_names *names;
    data_block *block;
    int32_t *number;          /* (count) class numbers */
    const char *lost[DATA_EXAMPLES]; /* labels none of whose images can be read: the first few, and how many */
    size_t losts;
} loading;

/* Warnings, from what was found. set is the finished set. */
lg_status data_note_labels(const loading *l, const data_set *set, data_report *report, lg_err *err) LG_MUST_CHECK;
lg_status data_note_set(const loading *l, const data_set *set, data_report *report, lg_err *err) LG_MUST_CHECK;
/* No label line names an image: LL306 with the folder looked in. */
lg_status data_fail_unmatched(const loading *l, lg_err *err);
/* Picks spec->limit of the candidates, in proportion to their labels. */
lg_status data_limit(loading *l, lg_err *err) LG_MUST_CHECK;
/* Where nothing was said about labels: those of a published set recognised by its own files (*known). */
lg_status data_label_by_layout(loading *l, bool *known, lg_err *err) LG_MUST_CHECK;
/* Labels from names: fills label of every listed picture from spec->labels as a pattern. LL319 not a pattern. */
lg_status data_label_by_pattern(loading *l, lg_err *err) LG_MUST_CHECK;

#endif
