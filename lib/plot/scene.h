/* scene.h - a drawing as a list of shapes, written out by the SVG and the PNG backend alike.
 *
 *     plt_scene *scene = plt_scene_new(doc, 640, 260);
 *     plt_draw_rect(scene, 0, 0, 640, 260, (plt_paint){.fill = 0xffffff, .filled = true});
 *     plt_draw_text(scene, 20, 24, (plt_font){.size = 14, .bold = true}, "accuracy");
 *
 * Units are CSS pixels, y grows downwards. A scene lives in its document's arena and shares its sticky failure: a scene
 * may be NULL, drawing on it then does nothing. Coordinates that are not finite leave the shape out.
 *
 * **Drawings that move** show one frame after the other, again and again:
 *
 *     plt_scene_frames(scene, 16);
 *     plt_scene_from(scene, 3, 3);            // what follows is seen in frame 3 alone
 *     plt_draw_rect(scene, …);
 *     plt_scene_from(scene, 3, 16);           // from the third one to the end
 *     plt_scene_from(scene, 0, 0);            // always
 *
 * In SVG frames change by SMIL, which plays in <img> and so in notebooks that are not trusted; a reader that plays
 * nothing, PNG among them, shows the last frame. */
#ifndef PLT_SCENE_H
#define PLT_SCENE_H

#include "lib/plot/plot.h"

typedef struct plt_paint {
    uint32_t fill, stroke; /* 0xRRGGBB */
    bool filled;
    double width;   /* of the stroke; 0: none */
    double dash;    /* length of a dash and its gap; 0: solid */
    double opacity; /* 0 counts as 1 */
    double radius;  /* rounded corners of rectangles */
} plt_paint;

typedef enum plt_anchor { PLT_START, PLT_MIDDLE, PLT_END } plt_anchor;
typedef struct plt_font {
    double size;           /* 0 = 12 */
    bool bold, halo, mono; /* halo: a white edge, for text over lines */
    plt_anchor anchor;
    uint32_t color; /* 0 = PLT_INK */
    double turn;    /* degrees, clockwise */
} plt_font;

typedef enum plt_shape_kind {
    PLT_SHAPE_PATH,
    PLT_SHAPE_RECT,
    PLT_SHAPE_CIRCLE,
    PLT_SHAPE_TEXT,
    PLT_SHAPE_IMAGE
} plt_shape_kind;
typedef struct plt_shape {
    plt_shape_kind kind;
    double x, y, w, h; /* rect, image; circle: centre and w = radius; text: baseline */
    plt_paint paint;
    plt_font font;
    const char *text;
    double *xy; /* path: n points; a NaN pair lifts the pen */
    int n;
    bool closed;
    const uint8_t *rgb; /* image: (pixel_h, pixel_w, 3), shown without smoothing */
    int pixel_w, pixel_h;
    int from, until, frames; /* frames it is seen in, counted from 1, and how many there are; from 0: always */
    struct plt_shape *next;
} plt_shape;

typedef struct plt_scene {
    plt_doc *doc;
    double width, height;
    const char *title; /* of a card; "" for none */
    plt_shape *first, *last;
    int from, until, frames; /* of the shapes that come next */
} plt_scene;

plt_scene *plt_scene_new(plt_doc *doc, double width, double height);
/* The white card every chart stands on, and its title (may be NULL) at the top. */
plt_scene *plt_scene_card(plt_doc *doc, double height, const char *title);
/* The same of another width, at most 920, for what would get too small. */
plt_scene *plt_scene_card_wide(plt_doc *doc, double width, double height, const char *title);
#define PLT_FRAME_SECONDS 1.2
/* So many frames, each seen long enough to be read aloud (PLT_FRAME_SECONDS). */
void plt_scene_frames(plt_scene *scene, int frames);
void plt_scene_from(plt_scene *scene, int from, int until);
/* Is the shape there when nothing moves, or at the end? */
bool plt_shape_stays(const plt_shape *shape);
void plt_draw_line(plt_scene *scene, double x1, double y1, double x2, double y2, plt_paint paint);
void plt_draw_path(plt_scene *scene, const double *xy, int n, bool closed, plt_paint paint); /* copied */
void plt_draw_rect(plt_scene *scene, double x, double y, double w, double h, plt_paint paint);
/* Diagonal lines 6 px apart inside a rectangle. */
void plt_draw_hatch(plt_scene *scene, double x, double y, double w, double h, plt_paint paint);
void plt_draw_circle(plt_scene *scene, double x, double y, double r, plt_paint paint);
void plt_draw_text(plt_scene *scene, double x, double y, plt_font font, const char *text); /* copied */
void plt_draw_textf(plt_scene *scene, double x, double y, plt_font font, const char *fmt, ...) LG_PRINTF(5, 6);
/* rgb is borrowed as long as the scene lives. */
void plt_draw_image(plt_scene *scene, double x, double y, double w, double h, const uint8_t *rgb, int pixel_w,
                    int pixel_h);
/* All shapes of another scene, moved. They share its data. */
void plt_draw_scene(plt_scene *scene, double dx, double dy, const plt_scene *part);
/* Width of text in CSS pixels, by the advance widths of DejaVu Sans (the widest face in the family list). */
double plt_text_width(const char *text, double size, bool bold);
/* Bytes of a text that fill one line so wide: it is cut before a space; a first word that is wider stays whole. */
size_t plt_line_of(const char *text, double size, double width);
/* Text made visible-safe and cut with "…" so that it fits; kept in the document. */
const char *plt_text_fit(plt_doc *doc, const char *text, double size, bool bold, double width);

#endif
