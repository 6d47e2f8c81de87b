/* fields.h - what a number inside a network sees of an image: nested outlines, layer by layer.
 *
 *     plt_fields(&doc, &(plt_fields_spec){.image_h = 64, .image_w = 64, .rgb = px, .pixel_h = 256, .pixel_w = 256,
 *                                         .box = boxes, .n = 7, .map_h = 4, .map_w = 4, .row = 2, .column = 2,
 *                                         .animate = true});
 *
 * As all charts (chart.h): on a card, the sentence below is the alternative text, plain text says the same. */
#ifndef PLT_FIELDS_H
#define PLT_FIELDS_H

#include "lib/plot/chart.h"

typedef struct plt_field_box {
    const char *name;              /* "conv2" */
    const char *line;              /* "one place of conv2 sees 8x8 pixels: rows 29 to 36, columns 29 to 36" */
    int64_t top, left, rows, cols; /* in pixels of the image; parts may lie outside of it */
} plt_field_box;
enum { PLT_FIELDS_MOST = 20 };

typedef struct plt_fields_spec {
    const char *title, *sentence;
    const uint8_t *rgb; /* the image, (pixel_h, pixel_w, 3), copied; NULL: there is none to show */
    int pixel_h, pixel_w, image_h, image_w;
    const plt_field_box *box; /* n of them, from the image on; at most PLT_FIELDS_MOST */
    int n;
    int map_h, map_w, row, column; /* the last layer's output, and the place of it that is asked about, from 0; a list:
                                      map_h 0, of map_w numbers */
    bool animate;                  /* one box after the other; else all at once */
} plt_fields_spec;
void plt_fields(plt_doc *doc, const plt_fields_spec *spec);

#endif
