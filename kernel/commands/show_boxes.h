/* show_boxes.h - `show … boxes`: the pictures that marks were cut from, with the marks drawn and named.
 *
 *     cmd_photos photos;
 *     LG_TRY(cmd_photos_of(call, set, rows, n, &photos, err));        // of the chosen rows, in their order
 *     LG_TRY(cmd_doc_photos(&doc, &photos, &opinion, size, err));
 *
 * A picture is shown once, with all marks that the set has of it. {0} is no opinion: boxes then have the colour of
 * their class, and the labels as names. */
#ifndef CMD_SHOW_BOXES_H
#define CMD_SHOW_BOXES_H

#include "kernel/commands/opinion.h"

typedef struct cmd_photo {
    uint32_t row;   /* its first */
    uint32_t marks; /* 0: it has none, and is the picture itself */
} cmd_photo;

typedef struct cmd_photos {
    const data_set *set; /* borrowed */
    const cmd_photo *photo;
    size_t count;
    size_t marks;    /* of those */
    size_t pictures; /* the set has */
} cmd_photos;

/* All from the call's arena. LL326 where the set has no marks. */
lg_status cmd_photos_of(const dsl_call *call, const data_set *set, const uint32_t *rows, size_t n, cmd_photos *out,
                        lg_err *err) LG_MUST_CHECK;
/* A sheet of them, and a folded table of the marks. */
lg_status cmd_doc_photos(plt_doc *doc, const cmd_photos *photos, const cmd_opinion *opinion, int size,
                         lg_err *err) LG_MUST_CHECK;

#endif
