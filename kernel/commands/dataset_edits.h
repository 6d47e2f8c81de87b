/* dataset_edits.h - what the commands that edit datasets share. */
#ifndef CMD_DATASET_EDITS_H
#define CMD_DATASET_EDITS_H

#include "kernel/commands/box_dataset.h"

/* The images of an IMAGE parameter, by number or name, as ids of the set; in the call's arena. LL314 at the one that is
 * not there. */
lg_status cmd_image_ids(const dsl_call *call, int param, const data_set *set, const char *set_name,
                        const uint32_t **out, size_t *count, lg_err *err) LG_MUST_CHECK;
/* Only the rows with these ids. *out owned. */
lg_status cmd_keep_images(const data_set *set, const uint32_t *ids, size_t count, data_set **out,
                          lg_err *err) LG_MUST_CHECK;
/* Table: images of each label before and after. */
void cmd_doc_before_after(plt_doc *doc, const data_set *before, const data_counts *b, const data_set *after,
                          const data_counts *a);
/* The same, counting by itself. */
lg_status cmd_doc_change(plt_doc *doc, const data_set *before, const data_set *after, lg_err *err) LG_MUST_CHECK;

#endif
