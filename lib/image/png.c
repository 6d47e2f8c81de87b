#include "lib/image/png.h"
#include <string.h>
#include <zlib.h>
#include "lib/image/palette.h"
#include "lib/image/resize.h"
#include "lib/base/banned.h"

static void put32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++) p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void add_chunk(lg_buf *out, const char type[4], const uint8_t *data, size_t len)
{
    uint8_t word[8];
    put32(word, (uint32_t)len);
    memcpy(word + 4, type, 4);
    lg_buf_add(out, word, 8);
    if (len) lg_buf_add(out, data, len);
    uint32_t crc = (uint32_t)crc32(0, word + 4, 4);
    if (len) crc = (uint32_t)crc32(crc, data, (uInt)len);
    put32(word, crc);
    lg_buf_add(out, word, 4);
}

static uint8_t paeth(int a, int b, int c)
{
    int p = a + b - c, pa = p > a ? p - a : a - p, pb = p > b ? p - b : b - p, pc = p > c ? p - c : c - p;
    return (uint8_t)(pa <= pb && pa <= pc ? a : pb <= pc ? b : c);
}

/* One filter of one row; returns the sum of |differences| as signed bytes, the standard's own heuristic. */
static uint64_t filter_row(int filter, const uint8_t *row, const uint8_t *up, size_t len, size_t c, uint8_t *out)
{
    uint64_t cost = 0;
    out[0] = (uint8_t)filter;
    for (size_t i = 0; i < len; i++) {
        int a = i >= c ? row[i - c] : 0, b = up ? up[i] : 0, ab = i >= c && up ? up[i - c] : 0;
        int guess = filter == 0 ? 0 : filter == 1 ? a : filter == 2 ? b : filter == 3 ? (a + b) / 2 : paeth(a, b, ab);
        uint8_t d = (uint8_t)(row[i] - guess);
        out[1 + i] = d;
        cost += d < 128 ? d : 256u - d;
    }
    return cost;
}

static void best_filter(const uint8_t *row, const uint8_t *up, size_t len, size_t c, uint8_t *trial, uint8_t *out)
{
    uint64_t best = UINT64_MAX;
    for (int filter = 0; filter < 5; filter++) {
        uint64_t cost = filter_row(filter, row, up, len, c, trial);
        if (cost >= best) continue;
        best = cost;
        memcpy(out, trial, len + 1);
    }
}

static voidpf zip_alloc(voidpf opaque, uInt count, uInt size)
{
    return lg_alloc(count, size, opaque);
}
static void zip_free(voidpf opaque, voidpf p)
{
    (void)opaque;
    lg_free(p);
}

/* raw packed into one owned block. */
static lg_status zip(const uint8_t *raw, size_t len, uint8_t **out, size_t *out_len, lg_err *err)
{
    z_stream z = {.zalloc = zip_alloc, .zfree = zip_free, .opaque = err};
    if (deflateInit(&z, 6) != Z_OK) return lg_fail(err, LG_E_MEMORY, 901, "out of memory while packing a picture");
    uLong bound = deflateBound(&z, (uLong)len);
    lg_status st = LG_E_MEMORY;
    *out = lg_alloc(bound, 1, err);
    if (*out) {
        z.next_in = (z_const Bytef *)raw;
        z.avail_in = (uInt)len;
        z.next_out = *out;
        z.avail_out = (uInt)bound;
        st = deflate(&z, Z_FINISH) == Z_STREAM_END ? LG_OK
                                                   : lg_fail(err, LG_E_INTERNAL, 903, "a picture could not be packed");
        *out_len = z.total_out;
    }
    deflateEnd(&z);
    return st;
}

/* ---- 256 colours ---- */
enum { BLOCK = 1 << 15 };

static void add_head(lg_buf *out, int h, int w, uint8_t colour)
{
    uint8_t head[13] = {[8] = 8, [9] = colour};
    put32(head, (uint32_t)w);
    put32(head + 4, (uint32_t)h);
    lg_buf_add(out, "\x89PNG\r\n\x1a\n", 8);
    add_chunk(out, "IHDR", head, sizeof head);
}

/* Packs what z has been given; a block that is full becomes a chunk. */
static void pump(z_stream *z, uint8_t *block, int flush, lg_buf *out)
{
    int status;
    do {
        status = deflate(z, flush);
        if (z->avail_out && status != Z_STREAM_END) return;
        add_chunk(out, "IDAT", block, BLOCK - z->avail_out);
        z->next_out = block;
        z->avail_out = BLOCK;
    } while (status != Z_STREAM_END && !out->failed);
}

/* Rows of numbers into the palette, unfiltered: what lies beside or above says nothing about a number. */
static lg_status add_numbers(const uint32_t *px, int h, int w, size_t stride, const img_palette *palette, lg_buf *out,
                             lg_err *err)
{
    z_stream z = {.zalloc = zip_alloc, .zfree = zip_free, .opaque = err};
    uint8_t *block = lg_alloc(BLOCK + 1 + (size_t)w, 1, err), *row = block + BLOCK;
    if (!block) return err->status;
    if (deflateInit(&z, 6) != Z_OK) {
        lg_free(block);
        return lg_fail(err, LG_E_MEMORY, 901, "out of memory while packing a picture");
    }
    z.next_out = block;
    z.avail_out = BLOCK;
    row[0] = 0;
    for (int y = 0; y < h && !out->failed; y++, px += stride) {
        for (int x = 0; x < w; x++) row[1 + x] = palette->of[img_palette_cell(px[x])];
        z.next_in = row;
        z.avail_in = (uInt)w + 1;
        pump(&z, block, y + 1 < h ? Z_NO_FLUSH : Z_FINISH, out);
    }
    deflateEnd(&z);
    lg_free(block);
    return lg_buf_check(out, err);
}

lg_status img_png_write_256(const uint32_t *px, int h, int w, size_t stride, lg_buf *out, lg_err *err)
{
    if (h < 1 || w < 1 || h > IMG_MAX_SIDE || w > IMG_MAX_SIDE)
        return lg_fail(err, LG_E_ARG, 323, "a PNG cannot be %d x %d", w, h);
    img_palette *palette = lg_alloc(1, sizeof *palette, err);
    if (!palette) return err->status;
    lg_status st = img_palette_make(px, h, w, stride, palette, err);
    if (st == LG_OK) {
        add_head(out, h, w, 3);
        add_chunk(out, "PLTE", palette->rgb[0], 3 * (size_t)palette->n);
        st = add_numbers(px, h, w, stride, palette, out, err);
    }
    if (st == LG_OK) add_chunk(out, "IEND", NULL, 0);
    lg_free(palette);
    return st ? st : lg_buf_check(out, err);
}

/* ---- all colours ---- */
lg_status img_png_write_pixels(const uint8_t *px, int h, int w, int c, size_t stride, lg_buf *out, lg_err *err)
{
    static const uint8_t colour[5] = {0, 0, 4, 2, 6};
    uint8_t *raw = NULL, *trial = NULL, *packed = NULL;
    size_t len = (size_t)w * (size_t)c, packed_len = 0;
    lg_status st = LG_E_MEMORY;
    if (h < 1 || w < 1 || h > IMG_MAX_SIDE || w > IMG_MAX_SIDE || c < 1 || c > 4 || len * (size_t)h > (1u << 30))
        return lg_fail(err, LG_E_ARG, 323, "a PNG cannot be %d x %d with %d channels", w, h, c);
    raw = lg_alloc((size_t)h, len + 1, err);
    trial = lg_alloc(len + 1, 1, err);
    if (!raw || !trial) goto done;
    for (int y = 0; y < h; y++) {
        const uint8_t *row = px + (size_t)y * stride;
        best_filter(row, y ? row - stride : NULL, len, (size_t)c, trial, raw + (size_t)y * (len + 1));
    }
    LG_GO(zip(raw, (size_t)h * (len + 1), &packed, &packed_len, err));
    add_head(out, h, w, colour[c]);
    add_chunk(out, "IDAT", packed, packed_len);
    add_chunk(out, "IEND", NULL, 0);
    st = lg_buf_check(out, err);
done:
    lg_free(raw);
    lg_free(trial);
    lg_free(packed);
    return st;
}

lg_status img_png_write(const img_picture *p, int scale, lg_buf *out, lg_err *err)
{
    if (scale == 1) return img_png_write_pixels(p->px, p->h, p->w, p->c, (size_t)p->w * (size_t)p->c, out, err);
    img_picture big = {0};
    LG_TRY(img_enlarge(p, scale, &big, err));
    lg_status st = img_png_write(&big, 1, out, err);
    img_picture_release(&big);
    return st;
}
