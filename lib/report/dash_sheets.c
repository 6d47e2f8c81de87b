/* dash_sheets.c - pictures as contact sheets: many thumbnails in one JPEG, so that none pays for a header of its own,
 * which at this size is as long as the picture. Parts of the page show parts of a sheet (docs/adr/0147). */
#include <string.h>

#include "lib/image/png.h"
#include "lib/report/dash_parts.h"

#include "lib/base/banned.h"

/* Sides of thumbnails, whole 16s so that the blocks of a JPEG hold one picture each, and the bytes that make the side
 * worth it: what the mean of 256 photos of products takes at quality 55 or so, at 30 of the smallest. */
static const struct {
    int side, bytes;
} sizes[] = {{320, 8500}, {224, 4700}, {160, 2600}, {128, 1800}, {96, 1100}, {80, 780}, {64, 470}, {48, 260}, {32, 0}};
static const int qualities[] = {80, 74, 68, 62, 56, 50, 44, 38, 32, 26, 20, 14, 8};
enum { QUALITIES = sizeof qualities / sizeof *qualities };

static int choose_side(size_t images, size_t room)
{
    size_t each = images ? room / 4 * 3 / images : 0; /* base64 takes a third more */
    size_t n = sizeof sizes / sizeof *sizes, i = 0;
    while (i + 1 < n && each < (size_t)sizes[i].bytes) i++;
    return sizes[i].side;
}

typedef struct sheet {
    img_picture pixels;
    int cells, across; /* taken; in a row */
    dash_image *image[(DASH_EDGE / 32) * (DASH_EDGE / 32)];
} sheet;

/* Copies a thumbnail into the next cell; its last row and column go on to the cell's end, so that nothing of a
 * neighbour mixes into its edge. */
static void put_cell(sheet *s, int side, dash_image *image, const img_picture *thumb)
{
    int x0 = s->cells % s->across * side, y0 = s->cells / s->across * side;
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++) {
            int from_y = y < thumb->h ? y : thumb->h - 1, from_x = x < thumb->w ? x : thumb->w - 1;
            memcpy(img_at(&s->pixels, y0 + y, x0 + x), img_at(thumb, from_y, from_x), 3);
        }
    image->x = x0;
    image->y = y0;
    image->w = thumb->w;
    image->h = thumb->h;
    s->image[s->cells++] = image;
}

static lg_status write_at(const img_picture *used, int quality, lg_buf *jpeg, lg_err *err)
{
    lg_buf_clear(jpeg);
    LG_TRY(img_jpeg_write(used, quality, jpeg, err));
    return lg_buf_check(jpeg, err);
}

/* The best quality that fits into `bytes`; nothing where none does. */
static lg_status encode(const sheet *s, int side, size_t bytes, lg_buf *jpeg, lg_err *err)
{
    img_picture used = {0};
    int rows = (s->cells + s->across - 1) / s->across, best = QUALITIES;
    LG_TRY(img_crop(&s->pixels, 0, 0, (rows > 1 ? s->across : s->cells) * side, rows * side, &used, err));
    lg_status st = LG_OK;
    for (int from = 0, to = QUALITIES; st == LG_OK && from < to;) {
        int at = (from + to) / 2;
        st = write_at(&used, qualities[at], jpeg, err);
        if (jpeg->len <= bytes) to = best = at;
        else from = at + 1;
    }
    lg_buf_clear(jpeg);
    if (st == LG_OK && best < QUALITIES) st = write_at(&used, qualities[best], jpeg, err);
    img_picture_release(&used);
    return st;
}

static lg_status end_sheet(dash *d, sheet *s, size_t bytes, lg_buf *out, lg_err *err)
{
    lg_buf jpeg;
    if (!s->cells) return LG_OK;
    lg_buf_init(&jpeg, 0);
    lg_status st = encode(s, d->side, bytes, &jpeg, err);
    if (st == LG_OK && jpeg.len) {
        int rows = (s->cells + s->across - 1) / s->across;
        lg_buf_addf(out, "<image id=s%d width=%d height=%d href=\"data:image/jpeg;base64,", d->sheets,
                    (rows > 1 ? s->across : s->cells) * d->side, rows * d->side);
        lg_buf_base64(out, jpeg.data, jpeg.len);
        lg_buf_adds(out, "\"/>\n");
        for (int i = 0; i < s->cells; i++) s->image[i]->sheet = d->sheets;
        d->sheets++;
    } else if (st == LG_OK) {
        d->pictures_left += (size_t)s->cells;
    }
    s->cells = 0;
    lg_buf_release(&jpeg);
    return st ? st : lg_buf_check(out, err);
}

/* Evidence first: what people are listed for is seen, whatever else there is room for. */
static lg_status order_images(dash *d, dash_image ***out, lg_err *err)
{
    dash_image **order = *out = lg_arena_alloc(&d->arena, d->images, sizeof *order, err);
    bool *taken = lg_arena_alloc(&d->arena, d->images, sizeof *taken, err);
    size_t n = 0;
    if (!order || !taken) return err->status;
    for (size_t i = 0; i < d->people; i++)
        for (size_t e = 0; e < d->person[i].evidences; e++) {
            const dash_post *post = &d->post[d->person[i].evidence[e].post];
            if (d->person[i].evidence[e].shot >= post->shots) continue;
            uint32_t image = post->shot[d->person[i].evidence[e].shot].image;
            if (image == UINT32_MAX || taken[image]) continue;
            taken[image] = true;
            order[n++] = &d->image[image];
        }
    for (size_t i = 0; i < d->images; i++)
        if (!taken[i]) order[n++] = &d->image[i];
    return LG_OK;
}

static lg_status fill(dash *d, sheet *s, dash_image **order, size_t room, lg_buf *out, lg_err *err)
{
    const rep_dashboard *ask = d->ask;
    size_t start = out->len, sealed = 0;
    for (size_t i = 0; i < d->images; i++) {
        img_picture thumb = {0};
        LG_TRY(lg_cancel_check(ask->cancel, err));
        LG_TRY(ask->picture(ask->ctx, order[i]->picture, d->side, &thumb, err));
        bool fits = thumb.px && thumb.c == 3 && thumb.h <= d->side && thumb.w <= d->side;
        if (fits) put_cell(s, d->side, order[i], &thumb);
        else d->unreadable++;
        img_picture_release(&thumb);
        if (ask->progress) ask->progress(ask->ctx, i + 1, d->images);
        if (s->cells < s->across * s->across && i + 1 < d->images) continue;
        size_t left = room - (out->len - start < room ? out->len - start : room);
        size_t share = (size_t)((double)left * (double)(i + 1 - sealed) / (double)(d->images - sealed));
        LG_TRY(end_sheet(d, s, share > 200 ? (share - 200) / 4 * 3 : 0, out, err));
        sealed = i + 1;
    }
    return LG_OK;
}

lg_status rep_dash_sheets(dash *d, size_t room, lg_buf *out, lg_err *err)
{
    if (!d->ask->picture || !d->images) return LG_OK;
    dash_image **order;
    LG_TRY(order_images(d, &order, err));
    sheet *s = lg_alloc(1, sizeof *s, err);
    if (!s) return err->status;
    d->side = choose_side(d->images, room);
    s->across = DASH_EDGE / d->side;
    lg_buf_adds(out, "<svg class=sheets width=0 height=0 aria-hidden=true focusable=false><defs>\n");
    lg_status st = img_picture_init(&s->pixels, DASH_EDGE, DASH_EDGE, 3, err);
    if (st == LG_OK) st = fill(d, s, order, room, out, err);
    lg_buf_adds(out, "</defs></svg>\n");
    img_picture_release(&s->pixels);
    lg_free(s);
    return st;
}
