/* scene.c - recording shapes, and how wide text will be. */
#include "lib/plot/block.h"
#include "lib/plot/chart.h"
#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

plt_scene *plt_scene_new(plt_doc *doc, double width, double height)
{
    plt_scene *scene = plt_doc_alloc(doc, 1, sizeof *scene);
    if (scene) *scene = (plt_scene){.doc = doc, .width = width, .height = height, .title = ""};
    return scene;
}

plt_scene *plt_scene_card(plt_doc *doc, double height, const char *title)
{
    return plt_scene_card_wide(doc, 640, height, title);
}

plt_scene *plt_scene_card_wide(plt_doc *doc, double width, double height, const char *title)
{
    plt_scene *scene = plt_scene_new(doc, width, height);
    plt_paint card = {.fill = 0xffffff, .filled = true, .stroke = 0xd0d0d0, .width = 1, .radius = 6};
    plt_draw_rect(scene, 0.5, 0.5, width - 1, height - 1, card);
    if (!scene || !title || !*title) return scene;
    scene->title = plt_doc_strdup(doc, title);
    if (!scene->title) return NULL;
    plt_draw_text(scene, 16, 26, (plt_font){.size = 14, .bold = true}, plt_text_fit(doc, title, 14, true, width - 32));
    return scene;
}

static plt_shape *add_shape(plt_scene *scene, plt_shape shape)
{
    if (!scene || !isfinite(shape.x) || !isfinite(shape.y) || !isfinite(shape.w) || !isfinite(shape.h)) return NULL;
    plt_shape *added = plt_doc_alloc(scene->doc, 1, sizeof *added);
    if (!added) return NULL;
    *added = shape;
    if (!shape.from && scene->from) {
        added->from = scene->from;
        added->until = scene->until;
        added->frames = scene->frames;
    }
    if (scene->last) scene->last->next = added;
    else scene->first = added;
    return scene->last = added;
}

void plt_scene_frames(plt_scene *scene, int frames)
{
    if (scene) scene->frames = frames;
}

void plt_scene_from(plt_scene *scene, int from, int until)
{
    if (!scene) return;
    scene->from = scene->frames > 1 ? from : 0;
    scene->until = until < scene->frames ? until : scene->frames;
}

bool plt_shape_stays(const plt_shape *shape)
{
    return !shape->from || shape->until == shape->frames;
}

void plt_draw_path(plt_scene *scene, const double *xy, int n, bool closed, plt_paint paint)
{
    if (!scene || n < 1) return;
    double *copy = plt_doc_alloc(scene->doc, (size_t)n * 2, sizeof *copy);
    if (!copy) return;
    memcpy(copy, xy, (size_t)n * 2 * sizeof *copy);
    add_shape(scene, (plt_shape){.kind = PLT_SHAPE_PATH, .xy = copy, .n = n, .closed = closed, .paint = paint});
}

void plt_draw_line(plt_scene *scene, double x1, double y1, double x2, double y2, plt_paint paint)
{
    plt_draw_path(scene, (const double[]){x1, y1, x2, y2}, 2, false, paint);
}

void plt_draw_rect(plt_scene *scene, double x, double y, double w, double h, plt_paint paint)
{
    if (w > 0 && h > 0)
        add_shape(scene, (plt_shape){.kind = PLT_SHAPE_RECT, .x = x, .y = y, .w = w, .h = h, .paint = paint});
}

/* Lines x + y = c for every sixth c, cut at the rectangle's edges. */
void plt_draw_hatch(plt_scene *scene, double x, double y, double w, double h, plt_paint paint)
{
    for (double c = 6; c < w + h && c < 4000; c += 6) {
        double left = fmax(0, c - h), right = fmin(c, w);
        plt_draw_line(scene, x + left, y + c - left, x + right, y + c - right, paint);
    }
}

void plt_draw_circle(plt_scene *scene, double x, double y, double r, plt_paint paint)
{
    add_shape(scene, (plt_shape){.kind = PLT_SHAPE_CIRCLE, .x = x, .y = y, .w = r, .paint = paint});
}

void plt_draw_text(plt_scene *scene, double x, double y, plt_font font, const char *text)
{
    const char *copy = scene && text && *text ? plt_doc_strdup(scene->doc, text) : NULL;
    if (font.size == 0) font.size = 12;
    if (font.color == 0) font.color = PLT_INK;
    if (copy) add_shape(scene, (plt_shape){.kind = PLT_SHAPE_TEXT, .x = x, .y = y, .font = font, .text = copy});
}

void plt_draw_textf(plt_scene *scene, double x, double y, plt_font font, const char *fmt, ...)
{
    if (!scene) return;
    va_list ap;
    va_start(ap, fmt);
    const char *text = plt_doc_vstr(scene->doc, fmt, ap);
    va_end(ap);
    if (text) plt_draw_text(scene, x, y, font, text);
}

void plt_draw_image(plt_scene *scene, double x, double y, double w, double h, const uint8_t *rgb, int pixel_w,
                    int pixel_h)
{
    add_shape(scene, (plt_shape){.kind = PLT_SHAPE_IMAGE,
                                 .x = x,
                                 .y = y,
                                 .w = w,
                                 .h = h,
                                 .rgb = rgb,
                                 .pixel_w = pixel_w,
                                 .pixel_h = pixel_h});
}

void plt_draw_scene(plt_scene *scene, double dx, double dy, const plt_scene *part)
{
    for (const plt_shape *s = part ? part->first : NULL; s && scene; s = s->next) {
        plt_shape moved = *s;
        moved.next = NULL;
        moved.x += dx;
        moved.y += dy;
        if (s->n) {
            moved.xy = plt_doc_alloc(scene->doc, (size_t)s->n * 2, sizeof *moved.xy);
            if (!moved.xy) return;
            for (int i = 0; i < s->n * 2; i++) moved.xy[i] = s->xy[i] + (i & 1 ? dy : dx);
        }
        add_shape(scene, moved);
    }
}

/* ---- text width ---- */
/* Advance widths of DejaVu Sans for U+0020..U+007E, in hundredths of the size. Helvetica, Segoe UI and Roboto are
 * narrower, so what fits here fits there. */
static const uint8_t advance[2][95] = {
    {32, 40, 46, 84, 64, 95, 78, 28, 39,  39, 50, 84, 32, 36, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64,
     64, 64, 34, 34, 84, 84, 84, 53, 100, 68, 69, 70, 77, 63, 58, 78, 75, 30, 30, 66, 56, 86, 75, 79,
     60, 79, 70, 64, 61, 73, 68, 99, 69,  61, 69, 39, 34, 39, 84, 50, 50, 61, 64, 55, 64, 62, 35, 64,
     63, 28, 28, 58, 28, 97, 63, 61, 64,  64, 41, 52, 39, 63, 59, 82, 59, 59, 53, 64, 34, 64, 84},
    {35, 46, 52, 84, 70, 100, 87, 31,  46,  46, 52, 84, 38, 42, 38, 37, 70, 70, 70, 70, 70, 70,  70, 70,
     70, 70, 40, 40, 84, 84,  84, 58,  100, 77, 76, 73, 83, 68, 68, 82, 84, 37, 37, 78, 64, 100, 84, 85,
     73, 85, 77, 72, 68, 81,  77, 110, 77,  72, 73, 46, 37, 46, 84, 50, 50, 68, 72, 59, 72, 68,  44, 72,
     71, 34, 34, 67, 34, 104, 71, 69,  72,  72, 49, 60, 48, 71, 65, 92, 65, 65, 58, 71, 37, 71,  84},
};

/* Beyond ASCII: 65 for one terminal column, 100 for two (East Asian faces are square), 0 for combining marks. */
static int point_advance(const char *s, int bytes, bool bold)
{
    if (bytes == 1 && *s >= 32 && *s < 127) return advance[bold][*s - 32];
    char one[5] = {0};
    memcpy(one, s, (size_t)bytes);
    int columns = lg_utf8_width(one);
    return columns > 1 ? 100 : columns * 65;
}

/* Bytes of visible-safe (so valid) text that fit into `most` hundredths of the size; *used gets their advance. */
static size_t text_prefix(const lg_buf *safe, bool bold, double most, double *used)
{
    const char *text = lg_buf_str(safe);
    size_t at = 0;
    uint32_t cp;
    *used = 0;
    while (at < safe->len) {
        int bytes = lg_utf8_next(text + at, safe->len - at, &cp);
        if (bytes <= 0) break;
        int step = point_advance(text + at, bytes, bold);
        if (*used + step > most) break;
        *used += step;
        at += (size_t)bytes;
    }
    return at;
}

double plt_text_width(const char *text, double size, bool bold)
{
    lg_buf safe;
    double used;
    lg_buf_init(&safe, 0);
    lg_buf_add_plain(&safe, text, strlen(text));
    text_prefix(&safe, bold, 1e12, &used);
    lg_buf_release(&safe);
    return used * size / 100;
}

size_t plt_line_of(const char *text, double size, double width)
{
    char part[512];
    size_t used = 0, end = strlen(text);
    for (size_t n = 1; n <= end && n < sizeof part; n++) {
        if (n < end && text[n] != ' ') continue;
        memcpy(part, text, n);
        part[n] = 0;
        if (used && plt_text_width(part, size, false) > width) break;
        used = n;
    }
    return used;
}

const char *plt_text_fit(plt_doc *doc, const char *text, double size, bool bold, double width)
{
    lg_buf safe;
    double used;
    lg_buf_init(&safe, 0);
    lg_buf_add_plain(&safe, text, strlen(text));
    if (text_prefix(&safe, bold, width * 100 / size, &used) < safe.len) {
        safe.len = text_prefix(&safe, bold, width * 100 / size - 100, &used); /* 100: room for the dots */
        lg_buf_adds(&safe, "…");
    }
    const char *copy = lg_buf_check(&safe, &doc->failed) ? NULL : plt_doc_strdup(doc, lg_buf_str(&safe));
    lg_buf_release(&safe);
    return copy ? copy : "";
}
