/* png_ways.c - a scene as a PNG that is not too large: kept from before, or painted the first way that fits. */
#include "lib/plot/block.h"
#include "lib/plot/chart.h"
#include "lib/plot/kept.h"
#include <string.h>

#include "lib/base/banned.h"

/* ---- drawings that were drawn before ---- */
static void key_paint(lg_buf *key, const plt_paint *p)
{
    const uint32_t color[] = {plt_look_color(p->fill), plt_look_color(p->stroke), p->filled};
    const double number[] = {p->width, p->dash, p->opacity, p->radius};
    lg_buf_add(key, color, sizeof color);
    lg_buf_add(key, number, sizeof number);
}

static void key_text(lg_buf *key, const plt_shape *s)
{
    const plt_font *f = &s->font;
    const uint32_t word[] = {f->bold, f->halo, f->mono, f->anchor, plt_look_color(f->color)};
    const double number[] = {f->size, f->turn};
    lg_buf_add(key, word, sizeof word);
    lg_buf_add(key, number, sizeof number);
    lg_buf_add(key, s->text, strlen(s->text) + 1);
}

static void key_shape(lg_buf *key, const plt_shape *s)
{
    const int word[] = {s->kind, s->n, s->closed, s->pixel_w, s->pixel_h};
    const double number[] = {s->x, s->y, s->w, s->h};
    lg_buf_add(key, word, sizeof word);
    lg_buf_add(key, number, sizeof number);
    key_paint(key, &s->paint);
    if (s->kind == PLT_SHAPE_TEXT) key_text(key, s);
    if (s->kind == PLT_SHAPE_PATH) lg_buf_add(key, s->xy, (size_t)s->n * 2 * sizeof *s->xy);
    if (s->kind == PLT_SHAPE_IMAGE) lg_buf_add(key, s->rgb, (size_t)s->pixel_w * (size_t)s->pixel_h * 3);
}

/* All that is drawn, in the colours that are now in force, and how small it has to be. Sized first: pixels are copied
 * once. */
static void key_scene(lg_buf *key, const plt_scene *scene, const plt_options *options)
{
    const double number[] = {scene->width, scene->height, (double)options->limit};
    const uint32_t ground[] = {plt_look_color(PLT_PAPER), 0};
    size_t pixels = 0;
    for (const plt_shape *s = scene->first; s; s = s->next)
        if (s->kind == PLT_SHAPE_IMAGE) pixels += (size_t)s->pixel_w * (size_t)s->pixel_h * 3 + sizeof *s;
    if (pixels) lg_buf_reserve(key, pixels + 8 * sizeof(plt_shape));
    lg_buf_adds(key, "scene");
    lg_buf_add(key, number, sizeof number);
    lg_buf_add(key, ground, sizeof ground);
    lg_buf_add(key, &options->few, sizeof options->few);
    for (const plt_shape *s = scene->first; s; s = s->next)
        if (plt_shape_stays(s)) key_shape(key, s);
}

/* ---- ways ---- */
typedef struct attempt {
    plt_png_way way;
    size_t most; /* bytes */
} attempt;

/* Best first. A picture aims at a quarter of the limit; what is larger then has 256 colours, and if that is not enough
 * also photos of no more pixels than they are shown at, while letters and lines stay sharp. What is left then are
 * sheets of many photos: they are drawn once their size, as large as they get. */
static int attempts_of(const plt_options *options, attempt list[4])
{
    const size_t most = options->limit, aim = most > 3 ? most / 4 : 1;
    plt_pack_fn few = options->few;
    if (!few) {
        list[0] = (attempt){{.scale = 2}, most};
        list[1] = (attempt){{.scale = 1}, most};
        return 2;
    }
    list[0] = (attempt){{.scale = 2}, aim};
    list[1] = (attempt){{.scale = 2, .few = few}, aim};
    list[2] = (attempt){{.scale = 2, .few = few, .coarse = true}, aim};
    list[3] = (attempt){{.scale = 1, .few = few, .coarse = true}, most};
    return 4;
}

/* Appends nothing where no way fits. */
static lg_status paint(const plt_scene *scene, const plt_options *options, lg_buf *out, lg_err *err)
{
    attempt list[4];
    int n = attempts_of(options, list);
    lg_status st = LG_OK;
    for (int i = 0, last = 0; i < n && !last; i++) {
        lg_err failed = {0};
        lg_buf drawn;
        lg_buf_init(&drawn, list[i].most); /* what becomes too large is given up there */
        st = plt_png_paint(scene, &list[i].way, &drawn, &failed);
        last = drawn.failed != LG_E_LIMIT;
        if (st == LG_OK) lg_buf_add(out, drawn.data, drawn.len);
        else if (last) *err = failed;
        else st = LG_OK;
        lg_buf_release(&drawn);
    }
    return st ? st : lg_buf_check(out, err);
}

lg_status plt_png_render(const plt_scene *scene, const plt_options *options, lg_buf *out, lg_err *err)
{
    lg_buf key;
    size_t before = out->len;
    lg_status st = LG_OK;
    lg_buf_init(&key, PLT_KEPT_MOST);
    key_scene(&key, scene, options);
    if (plt_kept_find(&key, out)) {
        LG_GO(lg_buf_check(out, err));
    } else {
        LG_GO(paint(scene, options, out, err));
        if (out->len > before) plt_kept_add(&key, out->data + before, out->len - before);
    }
done:
    lg_buf_release(&key);
    return st;
}
