/* plot.h - one drawing layer for every output of the kernel: a document is built once and rendered as text, HTML, PNG
 * or SVG.
 *
 *     plt_doc doc;
 *     plt_bundle out = {0};
 *     plt_doc_init(&doc);
 *     plt_title(&doc, "logos.val: 601 images, 4 classes");
 *     plt_table(&doc, "Layers of scratch");
 *     plt_column(&doc, PLT_LEFT, "Layer");
 *     plt_column(&doc, PLT_RIGHT, "Parameters");
 *     plt_row(&doc, PLT_ROW_PLAIN);
 *     plt_head(&doc, "conv 16 3x3");
 *     plt_cell(&doc, "448");
 *     plt_sentence(&doc, "12 layers, 130,532 parameters, 57%% of them in the last convolution");
 *     lg_status st = plt_render(&doc, &(plt_options){.flags = PLT_TEXT | PLT_HTML}, &out, &err);
 *     ...  out.text, out.html
 *     plt_bundle_release(&out);
 *     plt_doc_release(&doc);
 *
 * Invariants
 *  - Builders return nothing. A failure (memory, limit) sticks in the document, later builders do nothing, and
 *    plt_render (or plt_doc_check) tells it once. Printf formats are ours; everything that comes from a user, a file
 *    or a platform is an argument, never the format.
 *  - All text and pixels are copied: nothing given to a builder has to outlive the call.
 *  - Text is kept as given. It becomes safe where it leaves: HTML and SVG escape it in one function (escape.c), plain
 *    text goes through lg_buf_add_plain. No caller escapes anything.
 *  - HTML needs no script, no style sheet and no network, and uses only what survives in a notebook that is not
 *    trusted: inline styles, tables, details, and <img alt> with data URIs. A cell sets its background and its text
 *    colour together or neither, so that light and dark themes both stay readable.
 *  - Colour never stands alone: a number, a dash or a word says the same.
 *  - A document may be rendered any number of times, also by several threads at once once it is complete.
 */
#ifndef PLT_PLOT_H
#define PLT_PLOT_H

#include "lib/base/lg.h"

/* ---- the document ---- */
typedef struct plt_block plt_block;
/* The fields are private. */
typedef struct plt_doc {
    lg_arena arena;
    lg_err failed;
    plt_block *open[8]; /* innermost fold last; open[0] is the document itself */
    int depth;
} plt_doc;

void plt_doc_init(plt_doc *doc);
void plt_doc_release(plt_doc *doc);
/* The failure that stuck, if any: LG_E_MEMORY (LL901) or LG_E_LIMIT (LL902: more than 64 MB of text and pixels). */
lg_status plt_doc_check(const plt_doc *doc, lg_err *err) LG_MUST_CHECK;

/* First line of every output: what was used (object, number of images, when). */
void plt_title(plt_doc *doc, const char *fmt, ...) LG_PRINTF(2, 3);
/* The sentence a newspaper could print, built from the numbers; no full stop needed, one is added. */
void plt_sentence(plt_doc *doc, const char *fmt, ...) LG_PRINTF(2, 3);
void plt_heading(plt_doc *doc, const char *fmt, ...) LG_PRINTF(2, 3);
void plt_text(plt_doc *doc, const char *fmt, ...) LG_PRINTF(2, 3); /* paragraph; '\n' breaks the line */
void plt_note(plt_doc *doc, const char *fmt, ...) LG_PRINTF(2, 3); /* paragraph that matters less */
void plt_item(plt_doc *doc, const char *fmt, ...) LG_PRINTF(2, 3); /* neighbours become one bulleted list */
void plt_code(plt_doc *doc, const char *fmt, ...) LG_PRINTF(2, 3); /* monospaced, line breaks kept: recipes, source */
/* A warning is an error record that did not stop anything: `LL301 12 of 1,070 images have no label`, why, try.
 * Made with lg_fail, lg_why and lg_try into an lg_err of its own. */
void plt_warning(plt_doc *doc, const lg_err *warning);
/* Neighbouring pairs become one aligned list: "seed  42". */
void plt_pair(plt_doc *doc, const char *key, const char *fmt, ...) LG_PRINTF(3, 4);
/* A bar that fills up, share 0..1, with its words beside it (for live displays; see also plt_progress_line). */
void plt_progress(plt_doc *doc, double share, const char *fmt, ...) LG_PRINTF(3, 4);
/* What follows, up to plt_fold_end, is folded away under a summary line (nests up to 7 deep). Plain text shows the
 * summary line only, unless PLT_FULL. */
void plt_fold_begin(plt_doc *doc, const char *fmt, ...) LG_PRINTF(2, 3);
void plt_fold_end(plt_doc *doc);
/* A fold that is not to be read by accident: plain text shows all of them at its end, also without PLT_FULL, so the
 * summary line says what it answers. Ends by plt_fold_end. */
void plt_answer_begin(plt_doc *doc, const char *fmt, ...) LG_PRINTF(2, 3);

/* ---- tables ---- */
/* plt_table opens a table; columns, rows and cells that follow belong to it until another block begins. A row with too
 * few cells is filled up, cells beyond the last column are left out. */
typedef enum plt_align { PLT_LEFT, PLT_RIGHT, PLT_CENTER } plt_align;
typedef enum plt_row_kind { PLT_ROW_PLAIN, PLT_ROW_TOTAL } plt_row_kind; /* a total is ruled off and bold */
typedef enum plt_tone {
    PLT_TONE_NONE, /* colours of the page */
    PLT_TONE_GOOD, /* white to blue by shade */
    PLT_TONE_BAD,  /* white to vermilion by shade */
    PLT_TONE_HEAT, /* white to grey by shade: more, neither good nor bad */
} plt_tone;
void plt_table(plt_doc *doc, const char *fmt, ...) LG_PRINTF(2, 3); /* caption; "" for none */
void plt_column(plt_doc *doc, plt_align align, const char *fmt, ...) LG_PRINTF(3, 4);
void plt_row(plt_doc *doc, plt_row_kind kind);
void plt_head(plt_doc *doc, const char *fmt, ...) LG_PRINTF(2, 3); /* a cell that names its row */
void plt_cell(plt_doc *doc, const char *fmt, ...) LG_PRINTF(2, 3);
/* These four change the cell added last. */
void plt_cell_tone(plt_doc *doc, plt_tone tone, double shade); /* shade 0..1 */
void plt_cell_bar(plt_doc *doc, double share);                 /* a bar of 0..1 beside the text */
void plt_cell_bold(plt_doc *doc);
void plt_cell_tip(plt_doc *doc, const char *fmt, ...) LG_PRINTF(2, 3); /* shown when the pointer rests on the cell */

/* ---- pictures made of pixels ---- */
/* How a picture is framed; dash and word differ with the colour. */
typedef enum plt_edge {
    PLT_EDGE_NONE,
    PLT_EDGE_TRAIN, /* solid blue */
    PLT_EDGE_VAL,   /* dashed green */
    PLT_EDGE_TEST,  /* dotted purple */
    PLT_EDGE_GOOD,  /* solid blue: correct */
    PLT_EDGE_BAD,   /* double vermilion: wrong */
} plt_edge;
/* A contact sheet: pictures in rows, each at most `size` CSS pixels wide and high (16..512). Small pictures are
 * enlarged by whole numbers without smoothing. Thumbs that follow belong to it until another block begins. */
void plt_grid(plt_doc *doc, int size, const char *fmt, ...) LG_PRINTF(3, 4); /* caption, also the alt text */
void plt_grid_group(plt_doc *doc, const char *fmt, ...) LG_PRINTF(2, 3);     /* a new row with a name: "Nike" */
/* The pictures of the sheet begun last become cards: framed, the first line of the caption bold, long words broken; in
 * plain text a card has lines of its own. For captions that say who and what, not only a number. */
void plt_grid_cards(plt_doc *doc);
/* rgb: (height, width, 3) uint8, copied. Caption lines are separated by '\n'. */
void plt_thumb(plt_doc *doc, const uint8_t *rgb, int width, int height, plt_edge edge, const char *fmt, ...)
    LG_PRINTF(6, 7);
/* A small bar under the picture added last: a score of 0..1 with its name. */
void plt_thumb_bar(plt_doc *doc, plt_tone tone, double share, const char *fmt, ...) LG_PRINTF(4, 5);

/* A box drawn into the picture added last, with its name: x, y, w, h are shares of the picture's sides, from its left
 * and its top; what lies outside is cut. Its colour is that of the edge, PLT_EDGE_NONE: of a series. Alternative and
 * plain text are the caption alone, which therefore names what boxes name. */
typedef struct plt_box {
    double x, y, w, h;
    plt_edge edge;
    int series;
} plt_box;
void plt_thumb_frame(plt_doc *doc, const plt_box *box, const char *fmt, ...) LG_PRINTF(3, 4);

/* ---- rendering ---- */
enum plt_flags {
    PLT_TEXT = 1 << 0,
    PLT_HTML = 1 << 1,
    PLT_PNG = 1 << 2,  /* every chart and picture of the document on one card; left out where it holds none */
    PLT_FULL = 1 << 3, /* plain text also shows what is folded, and every row */
};
/* Encodes (height, width, 3) pixels into `out`. lib/image has one; without any, pictures are PNG made by cairo. */
typedef lg_status (*plt_encode_fn)(void *ctx, const uint8_t *rgb, int width, int height, lg_buf *out, lg_err *err);
/* Packs 0x00RRGGBB words as a PNG of few colours, `stride` words from row to row; lib/image has one. */
typedef lg_status (*plt_pack_fn)(const uint32_t *pixels, int width, int height, size_t stride, lg_buf *out,
                                 lg_err *err);
typedef struct plt_options {
    unsigned flags;       /* of plt_flags */
    size_t limit;         /* bytes for each of text, HTML and PNG; 0 = 400 KB. What does not fit is counted in a line */
    plt_pack_fn few;      /* for PNGs of more than a quarter of the limit; NULL: drawn smaller where they break it */
    plt_encode_fn encode; /* for thumbnails in HTML and SVG; NULL = PNG by cairo, else captions only */
    void *encode_ctx; /* same pointers and pixels, same bytes: they are kept (kept.h) */
    const char *encode_mime; /* "image/jpeg" or "image/png" */
} plt_options;
/* NULL where not asked for or not to be had. All owned; plt_bundle_release frees them. */
typedef struct plt_bundle {
    char *text; /* valid UTF-8, NUL-terminated, ends with one line break */
    size_t text_len;
    char *html; /* one <div>, valid UTF-8, NUL-terminated */
    size_t html_len;
    uint8_t *png;
    size_t png_len;
    int png_width, png_height; /* CSS pixels, for the metadata of the bundle; the picture itself has twice as many */
} plt_bundle;
/* Renders a complete document. A missing cairo is no error: the bundle then has no png. */
lg_status plt_render(const plt_doc *doc, const plt_options *options, plt_bundle *out, lg_err *err) LG_MUST_CHECK;
void plt_bundle_release(plt_bundle *bundle); /* leaves it zeroed */
/* For `export`: a page of its own ("<!doctype html>…" with title), and all charts and pictures as one SVG file.
 * LG_E_DATA (LL320) when the document has nothing to draw. No limit of size. */
lg_status plt_render_page(const plt_doc *doc, const plt_options *options, lg_buf *out, lg_err *err) LG_MUST_CHECK;
lg_status plt_render_svg(const plt_doc *doc, const plt_options *options, lg_buf *out, lg_err *err) LG_MUST_CHECK;

/* ---- small texts ---- */
/* The block of an error as the notebook's traceback shows it: at most six lines, below 2 kB, valid UTF-8, no line
 * break at the end.
 *
 *     LL130  there is no model called `scrach`
 *        1 | fit scrach epochs 20
 *          |     ^^^^^^
 *        why: you have: scratch
 *        try: did you mean `scratch`?
 *
 * cell is the whole text of the cell (NULL: no line is shown). span.line 0 shows no line, span.len 0 the line without a
 * caret. The caret counts terminal columns of what is printed: wide characters take two, combining ones none; tabs are
 * shown as one blank; control characters and bidi overrides become visible. A long line is cut around the caret. */
void plt_error_block(const lg_err *err, const char *cell, bool ansi, lg_buf *out);
/* "epoch 7 of 20  █████▎░░░░░░░░░░  batch 12 of 33  1,250 images/s  41 s left" for a terminal; without the bar the
 * parts are joined by " · ", as the words of a live plt_progress. Values below 0 (or 0 for totals) are left out. */
typedef struct plt_progress_state {
    int epoch, epochs, batch, batches;
    double images_per_second, seconds_left;
} plt_progress_state;
void plt_progress_line(const plt_progress_state *state, bool bar, lg_buf *out);
double plt_progress_share(const plt_progress_state *state); /* 0..1 of the whole run */
/* The line that stands for a live display where there is room for one only: the bar of a plt_progress with its words.
 * Inside `text`, *len bytes; 0: there is none. */
const char *plt_live_line(const char *text, size_t *len);
/* "41 s", "3 min 20 s", "2 h 5 min". */
void plt_duration(double seconds, lg_buf *out);
/* Wilson score interval of k out of n at 95% (Wilson 1927), shares 0..1; n = 0 gives 0..1. */
void plt_wilson(int64_t k, int64_t n, double *low, double *high);

#endif
