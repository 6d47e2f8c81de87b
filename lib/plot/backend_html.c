/* backend_html.c - a document as HTML that is complete without script, style sheet or network.
 *
 * Only what notebooks keep when they are not trusted: inline styles with plain values, tables with scope and caption,
 * details, and <img alt> with a data URI (an SVG inside <img> runs nothing). Anything that would break the limit is
 * left out whole and counted: a row, a picture, a chart. */
#include "lib/plot/block.h"
#include "lib/plot/chart.h"
#include "lib/plot/kept.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

enum { HTML_RESERVE = 1500 }; /* for closing tags and the lines that say what was left out */

typedef struct html_page {
    lg_buf *out;
    const plt_options *options;
    lg_buf scratch; /* scaled pixels */
    int left_out;   /* blocks */
} html_page;

static bool fits(const html_page *page, size_t more)
{
    return page->out->len + more + HTML_RESERVE <= page->options->limit;
}

/* Moves a finished piece over when it fits. */
static bool put(html_page *page, lg_buf *piece)
{
    bool ok = fits(page, piece->len) && !piece->failed;
    if (piece->failed) page->out->failed = piece->failed;
    if (ok) lg_buf_add(page->out, lg_buf_str(piece), piece->len);
    lg_buf_release(piece);
    return ok;
}

static void words(html_page *page, const char *open, const char *text, const char *close)
{
    lg_buf piece;
    lg_buf_init(&piece, 0);
    lg_buf_adds(&piece, open);
    plt_html_lines(&piece, text);
    lg_buf_adds(&piece, close);
    page->left_out += !put(page, &piece);
}

/* A sentence: `fit scratch` in it is code. */
static void sentence(html_page *page, const char *open, const char *text, const char *close)
{
    lg_buf piece;
    lg_buf_init(&piece, 0);
    lg_buf_adds(&piece, open);
    plt_html_marked(&piece, text, "<code>");
    lg_buf_adds(&piece, close);
    page->left_out += !put(page, &piece);
}

/* Pages of Jupyter break code anywhere, if they are not told, and those of nbconvert and Voila show it in the font of
 * the words around it. */
#define CODE_OPEN                                                                                                      \
    "<pre style=\"margin:6px 0;font-family:Menlo,Consolas,monospace;white-space:pre-wrap;word-break:normal;"           \
    "overflow-wrap:anywhere\">"

/* "#0072b2": a role as this look draws it, for style attributes. */
typedef struct css_color {
    char text[8];
} css_color;

static css_color css(uint32_t role)
{
    css_color c;
    snprintf(c.text, sizeof c.text, "#%06x", plt_look_color(role) & 0xffffff);
    return c;
}

/* With a theme every cell says both of its colours, because pages stripe the rows of tables in colours of their own. */
static bool has_ground(void)
{
    return plt_look_now().theme != PLT_THEME_AUTO;
}

static void add_ground(lg_buf *out)
{
    lg_buf_addf(out, ";background:%s;color:%s", css(PLT_PAPER).text, css(PLT_INK).text);
}

static void add_image(lg_buf *out, const char *alt, const char *mime, const lg_buf *bytes, int width, int height,
                      const char *style)
{
    lg_buf_adds(out, "<img alt=\"");
    if (plt_look_now().alt != PLT_ALT_OFF) plt_xml_text(out, alt);
    lg_buf_addf(out, "\" width=\"%d\" height=\"%d\" style=\"%s\" src=\"data:%s;base64,", width, height, style, mime);
    lg_buf_base64(out, lg_buf_str(bytes), bytes->len);
    lg_buf_adds(out, "\">");
    if (bytes->failed && !out->failed) out->failed = bytes->failed;
}

/* ---- words ---- */
static void html_warning(html_page *page, const plt_block *b)
{
    /* On the box's own ground. JupyterLab takes `inherit` away from what it does not trust: white code on white. */
    char code[64];
    lg_buf piece;
    snprintf(code, sizeof code, "<code style=\"background:none;color:%s;padding:0\">", css(PLT_INK).text);
    lg_buf_init(&piece, 0);
    lg_buf_addf(&piece,
                "<div style=\"background:%s;color:%s;border-left:4px solid %s;padding:6px 10px;"
                "margin:6px 0;overflow-wrap:anywhere\"><b>LL%03d</b> ",
                css(PLT_WARN_GROUND).text, css(PLT_INK).text, css(PLT_ORANGE).text, b->warning.code);
    plt_html_marked(&piece, b->text, code);
    if (*b->warning.why) {
        lg_buf_adds(&piece, "<br>why: ");
        plt_html_marked(&piece, b->warning.why, code);
    }
    if (*b->warning.hint) {
        lg_buf_adds(&piece, "<br>try: ");
        plt_html_marked(&piece, b->warning.hint, code);
    }
    lg_buf_adds(&piece, "</div>");
    page->left_out += !put(page, &piece);
}

/* Runs of neighbours share one element; each returns the last block it used. */
static const plt_block *html_items(html_page *page, const plt_block *b)
{
    lg_buf piece;
    lg_buf_init(&piece, 0);
    lg_buf_adds(&piece, "<ul style=\"margin:6px 0\">");
    for (;; b = b->next) {
        lg_buf_adds(&piece, "<li>");
        plt_html_marked(&piece, b->text, "<code>");
        lg_buf_adds(&piece, "</li>");
        if (!b->next || b->next->kind != PLT_ITEM) break;
    }
    lg_buf_adds(&piece, "</ul>");
    page->left_out += !put(page, &piece);
    return b;
}

static const plt_block *html_pairs(html_page *page, const plt_block *b)
{
    lg_buf piece;
    lg_buf_init(&piece, 0);
    lg_buf_adds(&piece, "<table cellpadding=\"3\" style=\"border-collapse:collapse;margin:6px 0\">");
    for (;; b = b->next) {
        lg_buf_adds(&piece, "<tr><th scope=\"row\" style=\"text-align:left;font-weight:400;opacity:.75");
        if (has_ground()) add_ground(&piece);
        lg_buf_adds(&piece, "\">");
        plt_html_text(&piece, b->key);
        lg_buf_adds(&piece, "</th><td style=\"text-align:left");
        if (has_ground()) add_ground(&piece);
        lg_buf_adds(&piece, "\">");
        plt_html_lines(&piece, b->text);
        lg_buf_adds(&piece, "</td></tr>");
        if (!b->next || b->next->kind != PLT_PAIR) break;
    }
    lg_buf_adds(&piece, "</table>");
    page->left_out += !put(page, &piece);
    return b;
}

static void html_progress(html_page *page, const plt_block *b)
{
    lg_buf piece;
    lg_buf_init(&piece, 0);
    lg_buf_addf(&piece,
                "<div style=\"display:flex;align-items:center;gap:10px;margin:6px 0\">"
                "<div style=\"width:200px;height:10px;background:rgba(128,128,128,.35);border-radius:5px;"
                "overflow:hidden\">"
                "<div style=\"width:%.1f%%;height:10px;background:%s\"></div></div><span>%.0f%% · ",
                b->share * 100, css(PLT_BLUE).text, b->share * 100);
    plt_html_lines(&piece, b->text);
    lg_buf_adds(&piece, "</span></div>");
    page->left_out += !put(page, &piece);
}

/* ---- tables ---- */
static const char *align_name(plt_align align)
{
    return align == PLT_RIGHT ? "right" : align == PLT_CENTER ? "center" : "left";
}

static void add_bar(lg_buf *out, double share)
{
    int width = (int)lround(share * 60);
    if (width == 0 && share > 0) width = 1;
    lg_buf_addf(out,
                "<span style=\"display:inline-block;width:%dpx;height:9px;background:%s;margin:0 %dpx 0 8px\">"
                "</span>",
                width, css(PLT_BLUE).text, 60 - width);
}

enum { LONG_CELL = 48 }; /* bytes of text above which a cell may wrap */

static void add_cell(lg_buf *out, const plt_cell_box *cell, plt_align align, bool total)
{
    static const plt_cell_box blank = {.text = "", .bar = -1};
    if (!cell) cell = &blank;
    lg_buf_adds(out, cell->head ? "<th scope=\"row\"" : "<td");
    if (cell->tip) {
        lg_buf_adds(out, " title=\"");
        plt_xml_text(out, cell->tip);
        lg_buf_addc(out, '"');
    }
    lg_buf_addf(out, " style=\"text-align:%s",
                align_name(cell->bar >= 0 ? PLT_RIGHT : align)); /* bars of a fixed box line up */
    if (cell->tone) {
        uint32_t ink, fill = plt_tone_fill(cell->tone, cell->shade, &ink);
        lg_buf_addf(out, ";background:%s;color:%s", css(fill).text, css(ink).text);
    } else if (has_ground()) add_ground(out);
    if (total) lg_buf_adds(out, ";border-top:2px solid #888");
    if (strchr(cell->text, ' ') && strlen(cell->text) <= LONG_CELL) lg_buf_adds(out, ";white-space:nowrap");
    if (cell->bold || total) lg_buf_adds(out, ";font-weight:600");
    else if (cell->head) lg_buf_adds(out, ";font-weight:400");
    lg_buf_adds(out, "\">");
    plt_html_lines(out, cell->text);
    if (cell->bar >= 0) add_bar(out, cell->bar);
    lg_buf_adds(out, cell->head ? "</th>" : "</td>");
}

static void add_row(lg_buf *out, const plt_block *table, const plt_row_box *row, bool ruled)
{
    const plt_cell_box *cell = row->first;
    lg_buf_adds(out, "<tr>");
    for (const plt_column_box *c = table->table.first; c; c = c->next) {
        add_cell(out, cell, c->align, row->kind == PLT_ROW_TOTAL && !ruled);
        if (cell) cell = cell->next;
    }
    lg_buf_adds(out, "</tr>");
}

static void add_table_head(lg_buf *out, const plt_block *table)
{
    /* Numbers and names stay on one line (see add_cell), so a table wider than the page scrolls. */
    lg_buf_adds(out, "<div style=\"overflow:auto\"><table cellpadding=\"4\" "
                     "style=\"border-collapse:collapse;margin:6px 0\">");
    if (*table->text) {
        lg_buf_adds(out, "<caption style=\"text-align:left;font-weight:600");
        if (has_ground()) add_ground(out);
        lg_buf_adds(out, "\">");
        plt_html_text(out, table->text);
        lg_buf_adds(out, "</caption>");
    }
    lg_buf_adds(out, "<thead><tr>");
    for (const plt_column_box *c = table->table.first; c; c = c->next) {
        lg_buf_addf(out, "<th scope=\"col\" style=\"text-align:%s;border-bottom:1px solid #888%s", align_name(c->align),
                    strchr(c->text, ' ') ? ";white-space:nowrap" : "");
        if (has_ground()) add_ground(out);
        lg_buf_adds(out, "\">");
        plt_html_lines(out, c->text);
        lg_buf_adds(out, "</th>");
    }
    lg_buf_adds(out, "</tr></thead><tbody>");
}

static void html_table(html_page *page, const plt_block *table)
{
    lg_buf piece;
    int left = 0;
    bool ruled = false;
    lg_buf_init(&piece, 0);
    add_table_head(&piece, table);
    if (!put(page, &piece)) {
        page->left_out++;
        return;
    }
    for (const plt_row_box *row = table->table.row; row; row = row->next) {
        lg_buf_init(&piece, 0);
        add_row(&piece, table, row, ruled);
        ruled = row->kind == PLT_ROW_TOTAL;
        if (left || !put(page, &piece)) left++;
        lg_buf_release(&piece);
    }
    lg_buf_adds(page->out, "</tbody></table>");
    lg_buf_adds(page->out, "</div>");
    if (left) lg_buf_addf(page->out, "<p style=\"margin:6px 0\">… and %s more rows</p>", lg_thousands(left));
}

/* ---- contact sheets ---- */
static void edge_style(plt_edge edge, char *out, size_t size)
{
    static const struct {
        const char *line;
        uint32_t color;
    } styles[] = {
        [PLT_EDGE_NONE] = {"1px solid", 0x888888},  [PLT_EDGE_TRAIN] = {"2px solid", PLT_BLUE},
        [PLT_EDGE_VAL] = {"2px dashed", PLT_GREEN}, [PLT_EDGE_TEST] = {"2px dotted", PLT_PURPLE},
        [PLT_EDGE_GOOD] = {"2px solid", PLT_BLUE},  [PLT_EDGE_BAD] = {"4px double", PLT_VERMILION},
    };
    snprintf(out, size, "border:%s %s;display:block", styles[edge].line, css(styles[edge].color).text);
}

static lg_status encode_anew(html_page *page, const plt_thumb_box *t, int width, int height, lg_buf *bytes, lg_err *err)
{
    const plt_options *o = page->options;
    const uint8_t *rgb = plt_thumb_scale(&page->scratch, t, width, height);
    if (!rgb) return lg_buf_check(&page->scratch, err);
    return o->encode ? o->encode(o->encode_ctx, rgb, width, height, bytes, err)
                     : plt_png_pixels(rgb, width, height, bytes, err);
}

/* Scaled and encoded once, if it is shown again (lib/plot/kept.h). */
static lg_status encode_thumb(html_page *page, const plt_thumb_box *t, int width, int height, lg_buf *bytes,
                              lg_err *err)
{
    const plt_options *o = page->options;
    const int size[] = {t->width, t->height, width, height};
    size_t before = bytes->len, pixels = (size_t)t->width * (size_t)t->height * 3;
    lg_status st = LG_OK;
    lg_buf key;
    lg_buf_init(&key, PLT_KEPT_MOST);
    lg_buf_reserve(&key, pixels + 64);
    lg_buf_adds(&key, "thumb");
    lg_buf_add(&key, &o->encode, sizeof o->encode);
    lg_buf_add(&key, &o->encode_ctx, sizeof o->encode_ctx);
    lg_buf_add(&key, size, sizeof size);
    lg_buf_add(&key, t->rgb, pixels);
    if (!plt_kept_find(&key, bytes)) {
        LG_GO(encode_anew(page, t, width, height, bytes, err));
        plt_kept_add(&key, bytes->data + before, bytes->len - before);
    } else LG_GO(lg_buf_check(bytes, err));
done:
    lg_buf_release(&key);
    return st;
}

/* A picture with boxes is a drawing, whose names stay sharp. */
static lg_status draw_thumb(html_page *page, const plt_thumb_box *t, int width, int height, lg_buf *svg, lg_err *err)
{
    plt_doc scratch;
    plt_doc_init(&scratch);
    plt_scene *scene = plt_scene_new(&scratch, width, height);
    plt_thumb_draw(scene, t, 0, 0, width, height, 1);
    lg_status st = plt_doc_check(&scratch, err);
    if (st == LG_OK) plt_svg_render(scene, page->options, svg);
    plt_doc_release(&scratch);
    return st;
}

/* The picture as bytes of a kind, NULL where it cannot be had. */
static const char *thumb_bytes(html_page *page, const plt_thumb_box *t, int width, int height, lg_buf *bytes)
{
    lg_err err = {0};
    if (t->outline) return draw_thumb(page, t, width, height, bytes, &err) ? NULL : "image/svg+xml";
    if (encode_thumb(page, t, width, height, bytes, &err)) return NULL;
    return page->options->encode ? page->options->encode_mime : "image/png";
}

static void add_score(lg_buf *out, const plt_score *score)
{
    uint32_t ink, fill = plt_tone_fill(score->tone, 0.8, &ink);
    int percent = (int)lround(score->share * 100);
    lg_buf_addf(out,
                "<div style=\"background:linear-gradient(90deg,%s %d%%,%s %d%%);color:%s;padding:0 3px;"
                "margin-top:2px\">",
                css(fill).text, percent, css(0xf0f0f0).text, percent, css(ink).text);
    plt_html_text(out, score->text);
    lg_buf_adds(out, "</div>");
}

/* As wide as the widest frame, and as the longest caption where that is not much wider; one width for a sheet. */
static int cell_width(const plt_block *grid)
{
    enum { FRAMES = 8, CAPTION = 96 };
    double widest = 64;
    for (const plt_thumb_box *t = grid->grid.first; t; t = t->next) {
        for (const char *line = t->rgb ? t->text : ""; *line;) {
            char text[128];
            size_t n = strcspn(line, "\n"), part = n < sizeof text ? n : sizeof text - 1;
            memcpy(text, line, part);
            text[part] = 0;
            double width = plt_text_width(text, 11, false) * 1.08 + 2; /* fonts differ */
            if (width <= CAPTION) widest = fmax(widest, width);
            line += n + (line[n] == '\n');
        }
    }
    return (int)ceil(fmax(widest, grid->grid.size + FRAMES));
}

/* The first line of a card's caption says whose it is. */
static void add_caption(lg_buf *out, const char *text, bool card)
{
    size_t first = strcspn(text, "\n");
    lg_buf line;
    if (!card || !first) {
        plt_html_lines(out, text);
        return;
    }
    lg_buf_init(&line, 0);
    lg_buf_add(&line, text, first);
    lg_buf_adds(out, "<b>");
    plt_html_lines(out, lg_buf_str(&line));
    lg_buf_adds(out, "</b>");
    lg_buf_release(&line);
    plt_html_lines(out, text + first);
}

static void open_cell(lg_buf *out, int width, bool card)
{
    lg_buf_addf(out, "<div style=\"display:inline-block;vertical-align:top;width:%dpx;margin:0 4px 8px 0;", width);
    lg_buf_adds(out, card ? "box-sizing:border-box;border:1px solid #888;border-radius:4px;padding:6px;"
                            "overflow-wrap:anywhere;"
                          : "overflow:hidden;");
    lg_buf_adds(out, "font-size:11px;line-height:1.3\">");
}

/* A picture that cannot be encoded here is shown as its caption. */
static bool html_thumb(html_page *page, const plt_thumb_box *t, const plt_block *grid, int cell)
{
    lg_buf piece, bytes;
    int width, height;
    plt_thumb_fit(t, grid->grid.size, &width, &height);
    lg_buf_init(&piece, 0);
    lg_buf_init(&bytes, 0);
    open_cell(&piece, cell, grid->grid.cards);
    const char *mime = thumb_bytes(page, t, width, height, &bytes);
    if (mime) {
        char style[96];
        edge_style(t->edge, style, sizeof style);
        add_image(&piece, t->text, mime, &bytes, width, height, style);
    }
    add_caption(&piece, t->text, grid->grid.cards);
    for (const plt_score *score = t->first; score; score = score->next) add_score(&piece, score);
    lg_buf_adds(&piece, "</div>");
    lg_buf_release(&bytes);
    return put(page, &piece);
}

static void html_grid(html_page *page, const plt_block *grid)
{
    enum { CARD = 16 }; /* padding, and the frames of card and picture */
    int left = 0, cell = grid->grid.cards ? grid->grid.size + CARD : cell_width(grid);
    bool used[PLT_EDGE_BAD + 1] = {false};
    words(page, "<div style=\"font-weight:600;margin:8px 0 4px\">", grid->text, "</div>");
    for (const plt_thumb_box *t = grid->grid.first; t; t = t->next) {
        if (!t->rgb) {
            words(page, "<div style=\"margin:6px 0 3px\">", t->text, "</div>");
        } else if (left || !html_thumb(page, t, grid, cell)) {
            left++;
        } else {
            used[t->edge] = true;
        }
    }
    if (left)
        lg_buf_addf(page->out,
                    "<p style=\"margin:4px 0\">… and %s more pictures, left out: a result holds at most "
                    "%zu KB</p>",
                    lg_thousands(left), page->options->limit / 1000);
    lg_buf legend;
    lg_buf_init(&legend, 0);
    plt_add_edges(&legend, used);
    if (legend.len) words(page, "<div style=\"opacity:.75;font-size:12px\">", lg_buf_str(&legend), "</div>");
    lg_buf_release(&legend);
}

/* ---- charts ---- */
static void html_figure(html_page *page, const plt_block *b)
{
    lg_buf piece, svg, alt;
    lg_buf_init(&piece, 0);
    lg_buf_init(&alt, 0);
    lg_buf_init(&svg, 0);
    plt_svg_render(b->figure.scene, page->options, &svg);
    lg_buf_adds(&alt, b->text);
    if (plt_look_now().alt == PLT_ALT_LONG && *b->figure.plain) lg_buf_addf(&alt, "\n%s", b->figure.plain);
    add_image(&piece, lg_buf_str(&alt), "image/svg+xml", &svg, (int)b->figure.scene->width,
              (int)b->figure.scene->height, "max-width:100%;height:auto;display:block;margin:6px 0");
    lg_buf_release(&alt);
    lg_buf_release(&svg);
    if (!put(page, &piece)) page->left_out++;
}

/* ---- the document ---- */
static void html_blocks(html_page *page, const plt_block *parent);

static void html_fold(html_page *page, const plt_block *b)
{
    lg_buf piece;
    lg_buf_init(&piece, 0);
    lg_buf_adds(&piece, "<details style=\"margin:6px 0\"><summary style=\"display:list-item;cursor:pointer\">");
    plt_html_text(&piece, b->text);
    lg_buf_adds(&piece, "</summary><div style=\"margin:4px 0 4px 16px\">");
    if (!put(page, &piece)) {
        page->left_out++;
        return;
    }
    html_blocks(page, b);
    lg_buf_adds(page->out, "</div></details>");
}

static const plt_block *html_block(html_page *page, const plt_block *b)
{
    switch (b->kind) {
    case PLT_TITLE: sentence(page, "<div style=\"font-weight:600;margin:2px 0 6px\">", b->text, "</div>"); break;
    case PLT_HEADING: sentence(page, "<h4 style=\"margin:12px 0 4px\">", b->text, "</h4>"); break;
    case PLT_NOTE: sentence(page, "<p style=\"margin:6px 0;opacity:.75\">", b->text, "</p>"); break;
    case PLT_CODE: words(page, CODE_OPEN, b->text, "</pre>"); break;
    case PLT_ITEM: return html_items(page, b);
    case PLT_PAIR: return html_pairs(page, b);
    case PLT_WARNING: html_warning(page, b); break;
    case PLT_PROGRESS: html_progress(page, b); break;
    case PLT_TABLE: html_table(page, b); break;
    case PLT_GRID: html_grid(page, b); break;
    case PLT_FIGURE: html_figure(page, b); break;
    case PLT_FOLD:
    case PLT_ANSWER: html_fold(page, b); break;
    default: sentence(page, "<p style=\"margin:6px 0\">", b->text, "</p>"); break;
    }
    return b;
}

static void html_blocks(html_page *page, const plt_block *parent)
{
    for (const plt_block *b = parent->first; b; b = b->next) b = html_block(page, b);
}

lg_status plt_html_render(const plt_doc *doc, const plt_options *options, lg_buf *out, lg_err *err)
{
    html_page page = {.out = out, .options = options};
    lg_buf_init(&page.scratch, 0);
    lg_buf_adds(out, "<div class=\"mathjax_ignore tex2jax_ignore\" style=\"line-height:1.45");
    if (has_ground()) {
        add_ground(out);
        lg_buf_adds(out, ";padding:8px 12px;border-radius:6px");
    }
    lg_buf_adds(out, "\">");
    if (doc->depth) html_blocks(&page, doc->open[0]);
    if (page.left_out)
        lg_buf_addf(out, "<p style=\"margin:6px 0\">… %d more part%s left out: a result holds at most %zu KB</p>",
                    page.left_out, page.left_out == 1 ? " is" : "s are", options->limit / 1000);
    lg_buf_adds(out, "</div>");
    lg_buf_release(&page.scratch);
    return lg_buf_check(out, err);
}
