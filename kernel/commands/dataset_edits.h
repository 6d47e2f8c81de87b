/* dataset_edits.h - what the commands that edit datasets share. */
#ifndef CMD_DATASET_EDITS_H
#define CMD_DATASET_EDITS_H

#include "kernel/commands/box_dataset.h"

/* The images of an IMAGE parameter, by number or name, as ids of the set; in the call's arena. LL314 at the one that is
 * not there. */
lg_status cmd_image_ids(const dsl_call *call, int param, const data_set *set, const char *set_name,
                        const uint32_t **out, size_t *count, lg_err *err) LG_MUST_CHECK;
/* Is this value of an IMAGE parameter a file? Its name has a dot or a slash, and no image of the set (NULL: there is
 * none) is called so: names of images win. */
bool cmd_image_is_file(const dsl_value *value, const data_set *set);
size_t cmd_image_files(const dsl_call *call, int param, const data_set *set); /* how many are */
/* The rows of a set (NULL: none) with the parameter's files behind them, made as `rules` say. named: the set whose
 * names win, NULL where there is none. *out owned. Failures are placed: those of data_with_files; LL314 for what is
 * neither a file nor an image of that set; LL505 an address. */
lg_status cmd_image_open(const dsl_call *call, int param, const data_set *rows, const data_rules *rules,
                         const data_set *named, const char *set_name, data_set **out, lg_err *err) LG_MUST_CHECK;
/* The images of the parameter, of the set and from files, as a set of their own (owned): *row in the order they were
 * named, in the call's arena. */
lg_status cmd_images_named(const dsl_call *call, int param, const data_set *set, const char *set_name, data_set **out,
                           uint32_t **row, size_t *n, lg_err *err) LG_MUST_CHECK;
/* Only the rows with these ids. *out owned. */
lg_status cmd_keep_images(const data_set *set, const uint32_t *ids, size_t count, data_set **out,
                          lg_err *err) LG_MUST_CHECK;
/* Table: images of each label before and after. */
void cmd_doc_before_after(plt_doc *doc, const data_set *before, const data_counts *b, const data_set *after,
                          const data_counts *a);
/* The same, counting by itself. */
lg_status cmd_doc_change(plt_doc *doc, const data_set *before, const data_set *after, lg_err *err) LG_MUST_CHECK;

#endif
