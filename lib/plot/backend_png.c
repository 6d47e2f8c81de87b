/* backend_png.c - a scene as PNG through cairo, which is loaded at first use and may be absent.
 *
 * The prototypes below are those of cairo's stable C interface (1.0 and later; www.cairographics.org/manual); declared
 * here so that neither building nor starting needs cairo. */
#include "lib/plot/block.h"
#include "lib/plot/chart.h"
#include <math.h>
#include <string.h>
#include "lib/base/library.h"

#include "lib/base/banned.h"

typedef struct cairo_surface cairo_surface;
typedef struct cairo_context cairo_context;
typedef int (*cairo_write_fn)(void *closure, const unsigned char *data, unsigned length);
enum {
    CAIRO_OK = 0,
    CAIRO_WRITE_ERROR = 11,
    CAIRO_RGB24 = 1,
    CAIRO_ROUND = 1,
    CAIRO_NEAREST = 3,
    CAIRO_MAX_SIDE = 32000
};

static struct {
    cairo_surface *(*surface_create)(int format, int width, int height);
    int (*surface_status)(cairo_surface *surface);
    unsigned char *(*surface_data)(cairo_surface *surface);
    int (*surface_stride)(cairo_surface *surface);
    int (*surface_width)(cairo_surface *surface);
    int (*surface_height)(cairo_surface *surface);
    void (*surface_flush)(cairo_surface *surface);
    void (*surface_mark_dirty)(cairo_surface *surface);
    void (*surface_destroy)(cairo_surface *surface);
    int (*surface_write_png)(cairo_surface *surface, cairo_write_fn write, void *closure);
    cairo_context *(*create)(cairo_surface *surface);
    void (*destroy)(cairo_context *cr);
    int (*status)(cairo_context *cr);
    void (*save)(cairo_context *cr);
    void (*restore)(cairo_context *cr);
    void (*scale)(cairo_context *cr, double x, double y);
    void (*translate)(cairo_context *cr, double x, double y);
    void (*rotate)(cairo_context *cr, double angle);
    void (*set_rgba)(cairo_context *cr, double r, double g, double b, double a);
    void (*set_surface)(cairo_context *cr, cairo_surface *surface, double x, double y);
    void *(*get_source)(cairo_context *cr);
    void (*pattern_filter)(void *pattern, int filter);
    void (*set_line_width)(cairo_context *cr, double width);
    void (*set_line_join)(cairo_context *cr, int join);
    void (*set_dash)(cairo_context *cr, const double *dashes, int count, double offset);
    void (*new_path)(cairo_context *cr);
    void (*new_sub_path)(cairo_context *cr);
    void (*move_to)(cairo_context *cr, double x, double y);
    void (*line_to)(cairo_context *cr, double x, double y);
    void (*arc)(cairo_context *cr, double x, double y, double r, double from, double to);
    void (*rectangle)(cairo_context *cr, double x, double y, double w, double h);
    void (*close_path)(cairo_context *cr);
    void (*fill)(cairo_context *cr);
    void (*fill_preserve)(cairo_context *cr);
    void (*stroke)(cairo_context *cr);
    void (*paint)(cairo_context *cr);
    void (*select_font)(cairo_context *cr, const char *family, int slant, int weight);
    void (*font_size)(cairo_context *cr, double size);
    void (*text_path)(cairo_context *cr, const char *text);
    void (*show_text)(cairo_context *cr, const char *text);
    void (*text_extents)(cairo_context *cr, const char *text, double extents[6]);
} cairo;

#define SLOT(name, field)                                                                                              \
    {                                                                                                                  \
        name, (void **)&cairo.field                                                                                    \
    }
static const lg_symbol cairo_symbols[] = {
    SLOT("cairo_image_surface_create", surface_create),
    SLOT("cairo_surface_status", surface_status),
    SLOT("cairo_image_surface_get_data", surface_data),
    SLOT("cairo_image_surface_get_stride", surface_stride),
    SLOT("cairo_image_surface_get_width", surface_width),
    SLOT("cairo_image_surface_get_height", surface_height),
    SLOT("cairo_surface_flush", surface_flush),
    SLOT("cairo_surface_mark_dirty", surface_mark_dirty),
    SLOT("cairo_surface_destroy", surface_destroy),
    SLOT("cairo_surface_write_to_png_stream", surface_write_png),
    SLOT("cairo_create", create),
    SLOT("cairo_destroy", destroy),
    SLOT("cairo_status", status),
    SLOT("cairo_save", save),
    SLOT("cairo_restore", restore),
    SLOT("cairo_scale", scale),
    SLOT("cairo_translate", translate),
    SLOT("cairo_rotate", rotate),
    SLOT("cairo_set_source_rgba", set_rgba),
    SLOT("cairo_set_source_surface", set_surface),
    SLOT("cairo_get_source", get_source),
    SLOT("cairo_pattern_set_filter", pattern_filter),
    SLOT("cairo_set_line_width", set_line_width),
    SLOT("cairo_set_line_join", set_line_join),
    SLOT("cairo_set_dash", set_dash),
    SLOT("cairo_new_path", new_path),
    SLOT("cairo_new_sub_path", new_sub_path),
    SLOT("cairo_move_to", move_to),
    SLOT("cairo_line_to", line_to),
    SLOT("cairo_arc", arc),
    SLOT("cairo_rectangle", rectangle),
    SLOT("cairo_close_path", close_path),
    SLOT("cairo_fill", fill),
    SLOT("cairo_fill_preserve", fill_preserve),
    SLOT("cairo_stroke", stroke),
    SLOT("cairo_paint", paint),
    SLOT("cairo_select_font_face", select_font),
    SLOT("cairo_set_font_size", font_size),
    SLOT("cairo_text_path", text_path),
    SLOT("cairo_show_text", show_text),
    SLOT("cairo_text_extents", text_extents),
    {0},
};
static lg_library cairo_library = {
    .name = "cairo",
    .sonames = (const char *const[]){"libcairo.so.2", "libcairo.2.dylib", NULL},
    .package = "libcairo2",
    .symbols = cairo_symbols,
};

bool plt_png_available(void)
{
    lg_err err = {0};
    return lg_library_open(&cairo_library, &err) == LG_OK;
}

static lg_status surface_new(int width, int height, cairo_surface **out, lg_err *err)
{
    LG_TRY(lg_library_open(&cairo_library, err));
    if (width < 1 || height < 1 || width > CAIRO_MAX_SIDE || height > CAIRO_MAX_SIDE)
        return lg_fail(err, LG_E_LIMIT, 902, "a picture of %d x %d pixels is too large to draw", width, height);
    *out = cairo.surface_create(CAIRO_RGB24, width, height);
    if (cairo.surface_status(*out) == CAIRO_OK) return LG_OK;
    cairo.surface_destroy(*out);
    *out = NULL;
    return lg_fail(err, LG_E_MEMORY, 901, "there is not enough memory left");
}

/* cairo's pixels are native 0x00RRGGBB words. */
static void surface_put(cairo_surface *surface, const uint8_t *rgb, int width, int height)
{
    cairo.surface_flush(surface);
    unsigned char *data = cairo.surface_data(surface);
    int stride = cairo.surface_stride(surface);
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++, rgb += 3) {
            uint32_t word = (uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2];
            memcpy(data + (size_t)y * (size_t)stride + (size_t)x * 4, &word, 4);
        }
    }
    cairo.surface_mark_dirty(surface);
}

static int write_bytes(void *closure, const unsigned char *data, unsigned length)
{
    lg_buf *out = closure;
    lg_buf_add(out, data, length);
    return out->failed ? CAIRO_WRITE_ERROR : CAIRO_OK;
}

static lg_status surface_write(cairo_surface *surface, lg_buf *out, lg_err *err)
{
    int status = cairo.surface_write_png(surface, write_bytes, out);
    LG_TRY(lg_buf_check(out, err));
    return status == CAIRO_OK ? LG_OK : lg_fail(err, LG_E_MEMORY, 901, "there is not enough memory left");
}

lg_status plt_png_pixels(const uint8_t *rgb, int width, int height, lg_buf *out, lg_err *err)
{
    cairo_surface *surface;
    LG_TRY(surface_new(width, height, &surface, err));
    surface_put(surface, rgb, width, height);
    lg_status st = surface_write(surface, out, err);
    cairo.surface_destroy(surface);
    return st;
}

/* ---- shapes ---- */
static void set_color(cairo_context *cr, uint32_t c, double opacity)
{
    c = plt_look_color(c);
    cairo.set_rgba(cr, (c >> 16 & 255) / 255.0, (c >> 8 & 255) / 255.0, (c & 255) / 255.0,
                   opacity > 0 && opacity < 1 ? opacity : 1);
}

static void paint_path(cairo_context *cr, const plt_paint *p)
{
    if (p->filled) {
        set_color(cr, p->fill, p->opacity);
        if (p->width > 0) cairo.fill_preserve(cr);
        else cairo.fill(cr);
    }
    if (p->width > 0) {
        set_color(cr, p->stroke, p->opacity);
        cairo.set_line_width(cr, p->width);
        cairo.set_line_join(cr, p->width >= 1.5 ? CAIRO_ROUND : 0);
        cairo.set_dash(cr, &p->dash, p->dash > 0, 0);
        cairo.stroke(cr);
    }
    cairo.new_path(cr);
}

static void draw_path(cairo_context *cr, const plt_shape *s)
{
    bool down = false;
    for (int i = 0; i < s->n; i++) {
        double x = s->xy[2 * i], y = s->xy[2 * i + 1];
        bool known = isfinite(x) && isfinite(y);
        if (known) (down ? cairo.line_to : cairo.move_to)(cr, x, y);
        down = known;
    }
    if (s->closed) cairo.close_path(cr);
    paint_path(cr, &s->paint);
}

static void draw_rect(cairo_context *cr, const plt_shape *s)
{
    double r = fmin(s->paint.radius, fmin(s->w, s->h) / 2), right = s->x + s->w, low = s->y + s->h;
    if (r <= 0) {
        cairo.rectangle(cr, s->x, s->y, s->w, s->h);
    } else {
        cairo.new_sub_path(cr);
        cairo.arc(cr, right - r, s->y + r, r, -M_PI / 2, 0);
        cairo.arc(cr, right - r, low - r, r, 0, M_PI / 2);
        cairo.arc(cr, s->x + r, low - r, r, M_PI / 2, M_PI);
        cairo.arc(cr, s->x + r, s->y + r, r, M_PI, 3 * M_PI / 2);
        cairo.close_path(cr);
    }
    paint_path(cr, &s->paint);
}

static void draw_text(cairo_context *cr, const plt_shape *s)
{
    lg_buf plain;
    double extents[6]; /* cairo_text_extents_t; [4] is the advance */
    lg_buf_init(&plain, 0);
    lg_buf_add_plain(&plain, s->text, strlen(s->text));
    const char *text = lg_buf_str(&plain);
    cairo.save(cr);
    cairo.select_font(cr, s->font.mono ? "DejaVu Sans Mono" : "DejaVu Sans", 0, s->font.bold);
    cairo.font_size(cr, s->font.size);
    cairo.text_extents(cr, text, extents);
    cairo.translate(cr, s->x, s->y);
    if (s->font.turn != 0) cairo.rotate(cr, s->font.turn * M_PI / 180);
    double dx = s->font.anchor == PLT_END ? -extents[4] : s->font.anchor == PLT_MIDDLE ? -extents[4] / 2 : 0;
    if (s->font.halo) {
        cairo.move_to(cr, dx, 0);
        cairo.text_path(cr, text);
        paint_path(cr, &(plt_paint){.stroke = PLT_PAPER, .width = 3});
    }
    cairo.move_to(cr, dx, 0);
    set_color(cr, s->font.color, 1);
    cairo.show_text(cr, text);
    cairo.new_path(cr);
    cairo.restore(cr);
    lg_buf_release(&plain);
}

static void draw_pixels(cairo_context *cr, const plt_shape *s, const uint8_t *rgb, int width, int height)
{
    cairo_surface *pixels;
    lg_err err = {0};
    if (surface_new(width, height, &pixels, &err)) return;
    surface_put(pixels, rgb, width, height);
    cairo.save(cr);
    cairo.translate(cr, s->x, s->y);
    cairo.scale(cr, s->w / width, s->h / height);
    cairo.set_surface(cr, pixels, 0, 0);
    cairo.pattern_filter(cairo.get_source(cr), CAIRO_NEAREST);
    cairo.paint(cr);
    cairo.restore(cr);
    cairo.surface_destroy(pixels);
}

static void draw_image(cairo_context *cr, const plt_shape *s, bool coarse)
{
    int w = s->pixel_w, h = s->pixel_h;
    const plt_thumb_box whole = {.rgb = s->rgb, .width = w, .height = h};
    if (coarse && w > s->w) w = (int)fmax(1, lround(s->w));
    if (coarse && h > s->h) h = (int)fmax(1, lround(s->h));
    lg_buf fewer;
    lg_buf_init(&fewer, 0);
    const uint8_t *rgb = plt_thumb_scale(&fewer, &whole, w, h);
    if (rgb) draw_pixels(cr, s, rgb, w, h);
    lg_buf_release(&fewer);
}

static void draw_shape(cairo_context *cr, const plt_shape *s, bool coarse)
{
    switch (s->kind) {
    case PLT_SHAPE_PATH: draw_path(cr, s); break;
    case PLT_SHAPE_RECT: draw_rect(cr, s); break;
    case PLT_SHAPE_TEXT: draw_text(cr, s); break;
    case PLT_SHAPE_IMAGE: draw_image(cr, s, coarse); break;
    case PLT_SHAPE_CIRCLE:
        cairo.new_sub_path(cr);
        cairo.arc(cr, s->x, s->y, s->w, 0, 2 * M_PI);
        paint_path(cr, &s->paint);
        break;
    }
}

static lg_status pack(cairo_surface *surface, plt_pack_fn few, lg_buf *out, lg_err *err)
{
    if (!few) return surface_write(surface, out, err);
    cairo.surface_flush(surface);
    const void *words = cairo.surface_data(surface); /* whole ones, and whole rows of them */
    return few(words, cairo.surface_width(surface), cairo.surface_height(surface),
               (size_t)cairo.surface_stride(surface) / sizeof(uint32_t), out, err);
}

lg_status plt_png_paint(const plt_scene *scene, const plt_png_way *way, lg_buf *out, lg_err *err)
{
    cairo_surface *surface;
    double scale = way->scale;
    LG_TRY(surface_new((int)ceil(scene->width * scale), (int)ceil(scene->height * scale), &surface, err));
    cairo_context *cr = cairo.create(surface);
    set_color(cr, PLT_PAPER, 1);
    cairo.paint(cr);
    cairo.scale(cr, scale, scale);
    for (const plt_shape *s = scene->first; s; s = s->next)
        if (plt_shape_stays(s)) draw_shape(cr, s, way->coarse);
    lg_status st = cairo.status(cr) == CAIRO_OK ? pack(surface, way->few, out, err)
                                                : lg_fail(err, LG_E_MEMORY, 901, "there is not enough memory left");
    cairo.destroy(cr);
    cairo.surface_destroy(surface);
    return st;
}
