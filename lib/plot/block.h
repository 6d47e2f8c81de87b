/* block.h - inside of lib/plot: what a document is made of, and the scratch functions its builders and backends share.
 *
 * A document is a tree of blocks in its arena; only folds have children. Pointers in a complete document never change,
 * so backends read it without locks. */
#ifndef PLT_BLOCK_H
#define PLT_BLOCK_H

#include "lib/plot/plot.h"
#include "lib/plot/scene.h"

typedef enum plt_kind {
    PLT_DOC,
    PLT_TITLE,
    PLT_SENTENCE,
    PLT_HEADING,
    PLT_PARAGRAPH,
    PLT_NOTE,
    PLT_ITEM,
    PLT_CODE,
    PLT_WARNING,
    PLT_PAIR,
    PLT_PROGRESS,
    PLT_FOLD,
    PLT_ANSWER, /* a fold that plain text shows at its end */
    PLT_TABLE,
    PLT_GRID,
    PLT_FIGURE,
} plt_kind;

typedef struct plt_cell_box {
    const char *text, *tip; /* tip NULL: none */
    double shade, bar;      /* bar below 0: none */
    plt_tone tone;
    bool head, bold;
    struct plt_cell_box *next;
} plt_cell_box;

typedef struct plt_row_box {
    plt_row_kind kind;
    plt_cell_box *first, *last;
    struct plt_row_box *next;
} plt_row_box;

typedef struct plt_column_box {
    const char *text;
    plt_align align;
    struct plt_column_box *next;
} plt_column_box;

typedef struct plt_score {
    const char *text;
    double share;
    plt_tone tone;
    struct plt_score *next;
} plt_score;

typedef struct plt_outline {
    plt_box box; /* inside 0..1 */
    const char *text;
    struct plt_outline *next;
} plt_outline;

/* A picture; a group's name is a thumb without pixels. */
typedef struct plt_thumb_box {
    const char *text;
    const uint8_t *rgb; /* (height, width, 3); NULL: the name of a group */
    int width, height;
    plt_edge edge;
    plt_score *first, *last;
    plt_outline *outline, *last_outline;
    struct plt_thumb_box *next;
} plt_thumb_box;

struct plt_block {
    plt_kind kind;
    const char *text; /* words, caption, summary line, alt text */
    plt_block *next, *first, *last;
    union {
        struct {
            int code;
            const char *why, *hint;
        } warning;
        const char *key; /* pair */
        double share;    /* progress */
        struct {
            plt_column_box *first, *last;
            plt_row_box *row, *last_row;
            int ncolumn, nrow;
        } table;
        struct {
            plt_thumb_box *first, *last;
            int size, count;
            bool cards;
        } grid;
        struct {
            const plt_scene *scene;
            const char *plain; /* the chart in plain text, lines separated by '\n' */
        } figure;
    };
};

/* Arena of the document; NULL once anything has failed. */
void *plt_doc_alloc(plt_doc *doc, size_t count, size_t size);
char *plt_doc_strdup(plt_doc *doc, const char *text);
char *plt_doc_vstr(plt_doc *doc, const char *fmt, va_list ap) LG_PRINTF(2, 0);
/* Appends a block to the innermost fold; NULL once anything has failed. */
plt_block *plt_doc_add(plt_doc *doc, plt_kind kind);
/* Block added last, when it is of this kind. */
plt_block *plt_doc_last(const plt_doc *doc, plt_kind kind);
/* Adds a drawn figure. alt and plain are copied. */
void plt_figure(plt_doc *doc, const plt_scene *scene, const char *alt, const char *plain);
/* Ends a chart: the figure with its alt text, then the sentence (own, or the built one where own is NULL). */
void plt_figure_say(plt_doc *doc, const plt_scene *scene, const char *own, lg_buf *built, lg_buf *plain);
/* A chart without data. */
void plt_figure_empty(plt_doc *doc, const char *title);

/* ---- escape.c: the one place where other people's text becomes HTML or SVG ---- */
/* Text of an element: escaped, hidden characters made visible; right-to-left text is isolated with <bdi> in HTML. */
void plt_html_text(lg_buf *out, const char *text);
void plt_html_lines(lg_buf *out, const char *text); /* '\n' becomes <br> */
/* The same for sentences of our own: what stands in `backquotes` is code. open: its tag, as "<code>". */
void plt_html_marked(lg_buf *out, const char *text, const char *open);
/* Value inside double quotes, and text of an SVG element. */
void plt_xml_text(lg_buf *out, const char *text);
/* Plain text, each line on its own, every line but the first indented. */
void plt_plain_lines(lg_buf *out, const char *text, int indent);

/* ---- colours ---- */
/* White to the tone's colour; *ink is a text colour with at least 4.5:1 on it. shade is clamped to 0..1. */
uint32_t plt_tone_fill(plt_tone tone, double shade, uint32_t *ink);
uint32_t plt_tone_color(plt_tone tone);
uint32_t plt_mix(uint32_t from, uint32_t to, double share);
/* Blue, vermilion, green, purple in turn. */
uint32_t plt_series_color(int index);
/* Colour of a split by its name (train, val, test, others in turn). */
uint32_t plt_split_color(const char *name, int index);

/* "train", "val", "test", "right", "wrong"; "" for none. */
const char *plt_edge_name(plt_edge edge);
/* "solid blue frame: train · dashed green: val", for the frames used (indexed by plt_edge). */
void plt_add_edges(lg_buf *out, const bool *used);

/* ---- numbers as text ---- */
double plt_clamp01(double x);                    /* NaN gives 0 */
void plt_add_percent(lg_buf *out, double share); /* "85.0%" below 99.95%, "100%" */
void plt_add_number(lg_buf *out, double value);  /* at most 4 significant digits, thousands with commas */
/* ▁▂▃▄▅▆▇█ of at most 40 points between low and high; NaN is a blank. */
void plt_add_spark(lg_buf *out, const double *y, int n, double low, double high);
/* ████▌ of width columns at share 1. */
void plt_add_blocks(lg_buf *out, double share, int width);
void plt_add_repeat(lg_buf *out, const char *s, int times);
/* Text made visible-safe and filled up with blanks to `columns`. */
void plt_add_padded(lg_buf *out, const char *text, int columns, plt_align align);
/* Columns plain text takes once it is made visible-safe. */
int plt_plain_width(const char *text);
/* Pleasant step (1, 2, 2.5, 5 times a power of ten) that cuts the span into about `parts`. */
double plt_nice_step(double span, int parts);

/* ---- backends ---- */
void plt_text_render(const plt_doc *doc, const plt_options *options, lg_buf *out);
lg_status plt_html_render(const plt_doc *doc, const plt_options *options, lg_buf *out, lg_err *err);
void plt_svg_render(const plt_scene *scene, const plt_options *options, lg_buf *out);
/* Appends the picture in at most options->limit bytes, or nothing where that is too few. */
lg_status plt_png_render(const plt_scene *scene, const plt_options *options, lg_buf *out, lg_err *err);
typedef struct plt_png_way {
    double scale;    /* pixels for each of the scene */
    bool coarse;     /* pictures in it have at most one pixel for each of the scene */
    plt_pack_fn few; /* NULL: all colours */
} plt_png_way;
lg_status plt_png_paint(const plt_scene *scene, const plt_png_way *way, lg_buf *out, lg_err *err);
/* PNG of bare pixels by cairo. */
lg_status plt_png_pixels(const uint8_t *rgb, int width, int height, lg_buf *out, lg_err *err);
bool plt_png_available(void);
/* One scene of all figures and grids of the document, one below the other, or NULL where it has none. Belongs to
 * `into`, which is an initialised document used as scratch. */
const plt_scene *plt_doc_scene(const plt_doc *doc, plt_doc *into, bool full);
/* Whole-number enlargement of a thumb shown at most `size` pixels wide and high; *width and *height get its size. */
void plt_thumb_fit(const plt_thumb_box *thumb, int size, int *width, int *height);
/* The picture with its boxes, at most `times` pixels for each of the scene. */
void plt_thumb_draw(plt_scene *scene, const plt_thumb_box *thumb, double x, double y, int width, int height, int times);
plt_paint plt_edge_paint(plt_edge edge);
const uint8_t *plt_thumb_scale(lg_buf *scratch, const plt_thumb_box *thumb, int width, int height);

#endif
