/* render.c - one document, all outputs; and all its pictures on one card. */
#include "lib/plot/block.h"
#include "lib/plot/chart.h"
#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

enum { LIMIT_DEFAULT = 400000, CARD_WIDTH = 640, CARD_GAP = 12 };

/* ---- contact sheets as a drawing ---- */
void plt_thumb_fit(const plt_thumb_box *thumb, int size, int *width, int *height)
{
    int larger = thumb->width > thumb->height ? thumb->width : thumb->height;
    int times = larger < size ? size / larger : 1;
    *width = thumb->width * times;
    *height = thumb->height * times;
    if (larger <= size) return;
    double scale = (double)size / larger;
    *width = (int)fmax(1, lround(thumb->width * scale));
    *height = (int)fmax(1, lround(thumb->height * scale));
}

/* Enlarging repeats pixels; shrinking averages the ones each new pixel covers. */
const uint8_t *plt_thumb_scale(lg_buf *scratch, const plt_thumb_box *t, int width, int height)
{
    if (width == t->width && height == t->height) return t->rgb;
    lg_buf_clear(scratch);
    for (int y = 0; y < height; y++) {
        int y0 = (int)((int64_t)y * t->height / height), y1 = (int)((int64_t)(y + 1) * t->height / height);
        for (int x = 0; x < width; x++) {
            int x0 = (int)((int64_t)x * t->width / width), x1 = (int)((int64_t)(x + 1) * t->width / width);
            uint32_t sum[3] = {0}, n = 0;
            for (int v = y0; v < y1 || v == y0; v++) {
                for (int u = x0; u < x1 || u == x0; u++, n++) {
                    const uint8_t *p = t->rgb + ((size_t)v * (size_t)t->width + (size_t)u) * 3;
                    for (int c = 0; c < 3; c++) sum[c] += p[c];
                }
            }
            uint8_t out[3] = {(uint8_t)((sum[0] + n / 2) / n), (uint8_t)((sum[1] + n / 2) / n),
                              (uint8_t)((sum[2] + n / 2) / n)};
            lg_buf_add(scratch, out, 3);
        }
    }
    return scratch->failed ? NULL : (const uint8_t *)scratch->data;
}

plt_paint plt_edge_paint(plt_edge edge)
{
    static const plt_paint paints[] = {
        [PLT_EDGE_NONE] = {.stroke = 0xd0d0d0, .width = 1},
        [PLT_EDGE_TRAIN] = {.stroke = PLT_BLUE, .width = 2},
        [PLT_EDGE_VAL] = {.stroke = PLT_GREEN, .width = 2, .dash = 5},
        [PLT_EDGE_TEST] = {.stroke = PLT_PURPLE, .width = 2, .dash = 2},
        [PLT_EDGE_GOOD] = {.stroke = PLT_BLUE, .width = 2},
        [PLT_EDGE_BAD] = {.stroke = PLT_VERMILION, .width = 3},
    };
    return paints[edge];
}

/* Lines of caption and bars under a picture. */
static int caption_rows(const plt_thumb_box *t)
{
    int rows = *t->text != 0;
    for (const char *s = t->text; *s; s++) rows += *s == '\n';
    for (const plt_score *score = t->first; score; score = score->next) rows++;
    return rows;
}

static void draw_caption(plt_scene *scene, const plt_thumb_box *t, double x, double y, double width)
{
    plt_font font = {.size = 11};
    for (const char *s = t->text; *s && scene;) {
        size_t n = strcspn(s, "\n");
        char *part = plt_doc_alloc(scene->doc, n + 1, 1);
        if (!part) return;
        memcpy(part, s, n);
        plt_draw_text(scene, x, y, font, plt_text_fit(scene->doc, part, 11, false, width));
        y += 14;
        s += n + (s[n] == '\n');
    }
    for (const plt_score *score = t->first; score && scene; score = score->next, y += 14) {
        uint32_t ink;
        plt_draw_rect(scene, x, y - 10, width, 13, (plt_paint){.fill = 0xf0f0f0, .filled = true});
        plt_paint bar = {.fill = plt_tone_fill(score->tone, 0.8, &ink), .filled = true};
        plt_draw_rect(scene, x, y - 10, width * score->share, 13, bar);
        plt_draw_text(scene, x + 3, y, font, plt_text_fit(scene->doc, score->text, 11, false, width - 4));
    }
}

typedef struct grid_pen {
    double x, y, row; /* row: height of the tallest picture with its caption in this row */
} grid_pen;

static void draw_thumb(plt_scene *scene, const plt_thumb_box *t, int size, grid_pen *pen)
{
    int w, h;
    plt_thumb_fit(t, size, &w, &h);
    double cell = fmax(size, 64);
    if (pen->x + cell > CARD_WIDTH - 16) {
        pen->x = 16;
        pen->y += pen->row + 10;
        pen->row = 0;
    }
    plt_thumb_draw(scene, t, pen->x, pen->y, w, h, 2);
    plt_draw_rect(scene, pen->x - 1, pen->y - 1, w + 2, h + 2, plt_edge_paint(t->edge));
    draw_caption(scene, t, pen->x, pen->y + h + 15, cell);
    pen->row = fmax(pen->row, h + caption_rows(t) * 14 + 6);
    pen->x += cell + 10;
}

static const plt_scene *grid_scene(plt_doc *into, const plt_block *grid)
{
    plt_scene *scene = plt_scene_new(into, CARD_WIDTH, 0);
    plt_scene *parts = plt_scene_new(into, CARD_WIDTH, 0);
    grid_pen pen = {.x = 16, .y = *grid->text ? 42 : 16};
    for (const plt_thumb_box *t = grid->grid.first; t; t = t->next) {
        if (t->rgb) {
            draw_thumb(parts, t, grid->grid.size, &pen);
            continue;
        }
        if (pen.row > 0) pen.y += pen.row + 12;
        plt_draw_text(parts, 16, pen.y + 10, (plt_font){.size = 12, .bold = true}, t->text);
        pen = (grid_pen){.x = 16, .y = pen.y + 20};
    }
    if (!scene || !parts) return NULL;
    scene->height = ceil(pen.y + pen.row + 14);
    plt_scene *card = plt_scene_card(into, scene->height, grid->text);
    plt_draw_scene(card, 0, 0, parts);
    return card;
}

static void add_scenes(plt_doc *into, plt_scene *sheet, const plt_block *parent, bool full)
{
    for (const plt_block *b = parent->first; b && sheet; b = b->next) {
        const plt_scene *part = b->kind == PLT_FIGURE ? b->figure.scene
                                : b->kind == PLT_GRID ? grid_scene(into, b)
                                                      : NULL;
        if ((b->kind == PLT_FOLD || b->kind == PLT_ANSWER) && full) add_scenes(into, sheet, b, full);
        if (!part) continue;
        plt_draw_scene(sheet, 0, sheet->height > 0 ? sheet->height + CARD_GAP : 0, part);
        sheet->height += part->height + (sheet->height > 0 ? CARD_GAP : 0);
        sheet->width = fmax(sheet->width, part->width);
    }
}

const plt_scene *plt_doc_scene(const plt_doc *doc, plt_doc *into, bool full)
{
    plt_scene *sheet = plt_scene_new(into, 0, 0);
    if (doc->depth) add_scenes(into, sheet, doc->open[0], full);
    return sheet && sheet->height > 0 ? sheet : NULL;
}

/* ---- the bundle ---- */
static plt_options settled(const plt_options *options)
{
    plt_options o = options ? *options : (plt_options){0};
    if (!o.flags) o.flags = PLT_TEXT | PLT_HTML;
    if (!o.limit) o.limit = LIMIT_DEFAULT;
    if (!o.encode_mime) o.encode_mime = "image/png";
    return o;
}

static lg_status take(lg_buf *buf, char **text, size_t *len, lg_err *err)
{
    *len = buf->len;
    *text = lg_buf_take(buf, err);
    return *text ? LG_OK : err->status;
}

static lg_status render_text(const plt_doc *doc, const plt_options *options, plt_bundle *out, lg_err *err)
{
    lg_buf buf;
    lg_buf_init(&buf, 0);
    plt_text_render(doc, options, &buf);
    lg_status st = take(&buf, &out->text, &out->text_len, err);
    lg_buf_release(&buf);
    return st;
}

static lg_status render_html(const plt_doc *doc, const plt_options *options, plt_bundle *out, lg_err *err)
{
    lg_buf buf;
    lg_buf_init(&buf, 0);
    lg_status st = plt_html_render(doc, options, &buf, err);
    if (st == LG_OK) st = take(&buf, &out->html, &out->html_len, err);
    lg_buf_release(&buf);
    return st;
}

/* Where it cannot be small enough there is none: the text says it all. */
static lg_status render_png(const plt_doc *doc, const plt_options *options, plt_bundle *out, lg_err *err)
{
    plt_doc scratch;
    lg_buf buf;
    lg_status st = LG_OK;
    if (!plt_png_available()) return LG_OK;
    plt_doc_init(&scratch);
    lg_buf_init(&buf, 0);
    const plt_scene *scene = plt_doc_scene(doc, &scratch, false);
    LG_GO(plt_doc_check(&scratch, err));
    if (scene && scene->height < 8000) LG_GO(plt_png_render(scene, options, &buf, err));
    if (buf.len) {
        out->png_width = (int)ceil(scene->width);
        out->png_height = (int)ceil(scene->height);
        LG_GO(take(&buf, (char **)&out->png, &out->png_len, err));
    }
done:
    lg_buf_release(&buf);
    plt_doc_release(&scratch);
    return st;
}

lg_status plt_render(const plt_doc *doc, const plt_options *options, plt_bundle *out, lg_err *err)
{
    lg_status st;
    plt_options o = settled(options);
    *out = (plt_bundle){0};
    LG_GO(plt_doc_check(doc, err));
    if (o.flags & PLT_TEXT) LG_GO(render_text(doc, &o, out, err));
    if (o.flags & PLT_HTML) LG_GO(render_html(doc, &o, out, err));
    if (o.flags & PLT_PNG) LG_GO(render_png(doc, &o, out, err));
    return LG_OK;
done:
    plt_bundle_release(out);
    return st;
}

void plt_bundle_release(plt_bundle *bundle)
{
    lg_free(bundle->text);
    lg_free(bundle->html);
    lg_free(bundle->png);
    *bundle = (plt_bundle){0};
}

lg_status plt_render_svg(const plt_doc *doc, const plt_options *options, lg_buf *out, lg_err *err)
{
    lg_status st;
    plt_doc scratch;
    plt_options o = settled(options);
    plt_doc_init(&scratch);
    LG_GO(plt_doc_check(doc, err));
    const plt_scene *scene = plt_doc_scene(doc, &scratch, true);
    LG_GO(plt_doc_check(&scratch, err));
    if (!scene) {
        lg_fail(err, LG_E_DATA, 320, "this result has no picture to write as SVG");
        st = lg_try(err, "export it to a .csv or .html file");
        goto done;
    }
    plt_svg_render(scene, &o, out);
    st = lg_buf_check(out, err);
done:
    plt_doc_release(&scratch);
    return st;
}

static const char *page_title(const plt_doc *doc)
{
    for (const plt_block *b = doc->depth ? doc->open[0]->first : NULL; b; b = b->next)
        if (b->kind == PLT_TITLE) return b->text;
    return "Logolens";
}

lg_status plt_render_page(const plt_doc *doc, const plt_options *options, lg_buf *out, lg_err *err)
{
    plt_options o = settled(options);
    o.limit = SIZE_MAX / 2;
    LG_TRY(plt_doc_check(doc, err));
    /* the byte-order mark says UTF-8 to every browser */
    lg_buf_adds(out, "\xef\xbb\xbf<!doctype html>\n<html lang=\"en\"><head><title>");
    plt_xml_text(out, page_title(doc));
    lg_buf_adds(out, "</title></head>\n<body style=\"margin:24px auto;max-width:860px;padding:0 16px;");
    lg_buf_addf(out, "background:#%06x;color:#%06x;", plt_look_color(PLT_PAPER), plt_look_color(PLT_INK));
    lg_buf_adds(out, "font-family:system-ui,Helvetica,Arial,sans-serif;font-size:14px\"><main>");
    LG_TRY(plt_html_render(doc, &o, out, err));
    lg_buf_adds(out, "</main></body></html>\n");
    return lg_buf_check(out, err);
}
