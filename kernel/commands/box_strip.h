/* box_strip.h - pictures that show what a cleaning rule does: before, an arrow, after; two that look alike.
 *
 *     img_picture pair = {0};
 *     LG_TRY(cmd_strip_pair(&before, &after, &(cmd_strip_look){.arrow = true, .outline = true}, &pair, err));
 *     plt_thumb(doc, pair.px, pair.w, pair.h, PLT_EDGE_NONE, "412 Nike");
 *
 * Pictures may have any size and 1 or 3 channels; the pair is RGB, at most CMD_STRIP_WIDTH wide. */
#ifndef CMD_BOX_STRIP_H
#define CMD_BOX_STRIP_H

#include "lib/image/picture.h"

enum { CMD_STRIP_WIDTH = 288 };

typedef struct cmd_strip_look {
    bool arrow;   /* between the two; else they stand side by side */
    bool outline; /* pixels that differ get a vermilion outline in the second; both have the same size then */
} cmd_strip_look;

/* *out empty before; owned. */
lg_status cmd_strip_pair(const img_picture *first, const img_picture *second, const cmd_strip_look *look,
                         img_picture *out, lg_err *err) LG_MUST_CHECK;

#endif
