/* box_dataset.h - a data_set as an object of the language: its fields, its card, and its pictures as documents. */
#ifndef CMD_BOX_DATASET_H
#define CMD_BOX_DATASET_H

#include "kernel/commands/workbench.h"
#include "lib/data/dataset.h"

extern const dsl_class cmd_dataset_class;

/* The set behind an object value (borrowed). */
const data_set *cmd_dataset(const dsl_value *value);
/* A new version under a name; set is consumed. An edit, which `undo` takes back, unless the command reads it in. */
lg_status cmd_dataset_bind(const dsl_call *call, const char *name, data_set *set, lg_err *err) LG_MUST_CHECK;
/* The same edit, where more was written than the set: kept, or NULL, as dsl_session_bind_edit has it. */
lg_status cmd_dataset_bind_kept(const dsl_call *call, const char *name, data_set *set, const char *kept,
                                lg_err *err) LG_MUST_CHECK;

/* The images a value means: all, or those of its part (`logos.val`). *out owned, data_unref. */
lg_status cmd_dataset_part(const dsl_value *value, data_set **out, lg_err *err) LG_MUST_CHECK;
data_split_kind cmd_split_of(dsl_part part);
/* "logos", "logos.val": as it is written. Borrowed from the cell's arena. */
lg_status cmd_part_name(const dsl_call *call, const dsl_value *value, const char **out, lg_err *err) LG_MUST_CHECK;

/* Rows of a set that pass the call's `where`; more fields than the dataset's own may be given by extra (a model's
 * predictions). *out owned, data_unref. */
typedef bool cmd_extra_field(void *ctx, const data_set *set, size_t row, const char *field, dsl_fact *out);
lg_status cmd_dataset_where(const dsl_call *call, const data_set *set, cmd_extra_field *extra, void *ctx,
                            const char *const *extra_names, data_set **out, lg_err *err) LG_MUST_CHECK;

/* The same, and at least one: LL407. name: the set's, as it is written. */
lg_status cmd_dataset_chosen(const dsl_call *call, const data_set *set, const char *name, data_set **out,
                             lg_err *err) LG_MUST_CHECK;
/* Of a value that may be a part (`logos.val where …`). LL407 as well where the part has no images. */
lg_status cmd_part_chosen(const dsl_call *call, const dsl_value *value, data_set **out, lg_err *err) LG_MUST_CHECK;
/* LL407 `logos` has no test images. Returns its status. */
lg_status cmd_part_empty(const dsl_value *value, lg_err *err);
/* The same as words of a document. */
void cmd_doc_part_empty(plt_doc *doc, const dsl_value *value);
/* Marks those rows for commands that change them and leave the others as they are: (rows of the whole set) in the
 * call's arena, NULL where there is neither a part nor a `where`. */
lg_status cmd_dataset_marks(const dsl_call *call, const dsl_value *value, const bool **out, lg_err *err) LG_MUST_CHECK;
/* " where label = nike", "" where there is none; from the call's arena. */
const char *cmd_where_whole(const dsl_call *call);
/* The same for titles: of a long one the beginning. */
const char *cmd_where_text(const dsl_call *call);
const char *cmd_where_short(const dsl_call *call, const char *where);

/* Parts of a dataset's card. */
void cmd_doc_histogram(plt_doc *doc, const data_set *set, const data_counts *counts);
void cmd_doc_split_table(plt_doc *doc, const data_set *set, const data_counts *counts);
/* Classes that have a column of their own in a table as wide as a page: all, or else those with the most images, in
 * their order; the others share one. */
typedef struct cmd_class_columns {
    int n, label[12];
    bool rest; /* there are others */
} cmd_class_columns;
void cmd_choose_columns(const data_set *set, const data_counts *counts, cmd_class_columns *out);
/* Warnings (LL312): a part that was asked for and is empty, classes that train lacks. cut as it was asked for; by NULL
 * or the field whose values stay together. */
void cmd_doc_split_warnings(plt_doc *doc, const data_set *set, const data_counts *counts, const data_cut *cut,
                            const char *name, const char *by);
/* Contact sheet of the given rows, as the network sees them. grouped: under the names of their labels, which the rows
 * come in the order of, unless most of these have hardly a picture. */
lg_status cmd_doc_sheet(plt_doc *doc, const data_set *set, const uint32_t *rows, size_t n, int size, bool grouped,
                        lg_err *err) LG_MUST_CHECK;
/* One picture of the grid begun last, at most `side` pixels wide and high, with its number and label; a file that
 * cannot be read is a grey tile that says why. */
lg_status cmd_doc_tile(plt_doc *doc, const data_set *set, size_t row, int side, plt_edge edge,
                       lg_err *err) LG_MUST_CHECK;
/* The side for cmd_doc_tile in a sheet of n pictures shown at `size`: twice that (sharp on dense screens), less where n
 * such pictures would not fit into a document. */
int cmd_tile_side(int size, size_t n);
/* Variants as `augment DATASET xN` makes them where it says nothing else. */
data_augment cmd_augment_usual(int times, uint64_t seed);
/* "2,985 images, 4 classes, 64x64x3". */
void cmd_dataset_brief(const void *payload, lg_buf *out);

#endif
