/* decode_bmp.c - BMP header pass: sizes, and palette indexes, which stb_image takes on trust. Files with the short
 * header of OS/2 1.x get the longer one of Windows first: stb_image miscounts their palettes. */
#include "lib/image/decode_parts.h"
#include "lib/base/banned.h"

typedef struct bmp {
    uint32_t data, header, depth, compression, entries;
    int64_t w, h;
    size_t row; /* bytes, padded to 4 */
} bmp;

static lg_status read_header(img_bytes file, bmp *b, lg_err *err)
{
    if (file.len < 26) return img_bad(err, LG_E_FORMAT, "the BMP data ends early");
    b->data = img_le32(file.p + 10);
    b->header = img_le32(file.p + 14);
    bool core = b->header == 12;
    if (!core && b->header != 40 && b->header != 56 && b->header != 108 && b->header != 124)
        return img_bad(err, LG_E_UNSUPPORTED, "it is a rare variant of BMP (header of %u bytes)", b->header);
    if (file.len < 14 + (size_t)b->header) return img_bad(err, LG_E_FORMAT, "the BMP data ends early");
    const uint8_t *p = file.p + 18;
    b->w = core ? (int64_t)img_le16(p) : (int32_t)img_le32(p);
    b->h = core ? (int64_t)img_le16(p + 2) : (int32_t)img_le32(p + 4);
    if (b->h < 0) b->h = -b->h; /* rows from the top */
    if (img_le16(core ? p + 4 : p + 8) != 1) return img_bad(err, LG_E_FORMAT, "its BMP header is damaged");
    b->depth = img_le16(core ? p + 6 : p + 10);
    b->compression = core ? 0 : img_le32(p + 12);
    return LG_OK;
}

/* Every index must name an entry: stb_image reads beyond a short palette. */
static lg_status check_indexes(img_bytes file, const bmp *b, lg_err *err)
{
    uint32_t mask = (1u << b->depth) - 1, per_byte = 8 / b->depth;
    for (int64_t y = 0; y < b->h; y++) {
        const uint8_t *row = file.p + b->data + (size_t)y * b->row;
        for (int64_t x = 0; x < b->w; x++) {
            uint32_t shift = (per_byte - 1 - (uint32_t)(x % per_byte)) * b->depth;
            if ((row[x / per_byte] >> shift & mask) >= b->entries)
                return img_bad(err, LG_E_FORMAT, "it uses colours its BMP palette does not have");
        }
    }
    return LG_OK;
}

static lg_status check_all(img_bytes file, int64_t max_pixels, bmp *out, lg_err *err)
{
    bmp b = {0};
    LG_TRY(read_header(file, &b, err));
    if (b.w <= 0) return img_bad(err, LG_E_FORMAT, "it says it is 0 pixels wide or high");
    LG_TRY(img_check_size((uint64_t)b.w, (uint64_t)b.h, max_pixels, err));
    if (b.compression != 0 && b.compression != 3)
        return img_bad(err, LG_E_UNSUPPORTED, "it is a compressed BMP; plain BMP is read");
    bool indexed = b.depth == 1 || b.depth == 4 || b.depth == 8;
    if (!indexed && b.depth != 16 && b.depth != 24 && b.depth != 32)
        return img_bad(err, LG_E_UNSUPPORTED, "it is a BMP with %u bits a pixel; 1, 4, 8, 16, 24 and 32 are read",
                       b.depth);
    if (b.header == 12 && !indexed && b.depth != 24)
        return img_bad(err, LG_E_UNSUPPORTED, "it is a rare variant of BMP (%u bits a pixel in a short header)",
                       b.depth);
    b.row = (((size_t)b.w * b.depth + 31) / 32) * 4;
    if (b.data < 14 + b.header || b.data > file.len) return img_bad(err, LG_E_FORMAT, "its BMP header is damaged");
    if ((file.len - b.data) / b.row < (size_t)b.h) return img_bad(err, LG_E_FORMAT, "the BMP data ends early");
    if (indexed) {
        b.entries = (uint32_t)((b.data - 14 - b.header) / (b.header == 12 ? 3 : 4));
        LG_TRY(check_indexes(file, &b, err));
    }
    *out = b;
    return LG_OK;
}

lg_status img_bmp_probe(img_bytes file, int64_t max_pixels, img_info *info, lg_err *err)
{
    bmp b;
    LG_TRY(check_all(file, max_pixels, &b, err));
    info->w = (int)b.w;
    info->h = (int)b.h;
    info->channels = 3;
    return LG_OK;
}

/* ---- OS/2 1.x: sizes of 2 bytes, palette entries of 3 ---- */
static void put(lg_buf *out, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) lg_buf_addc(out, (char)(i < 4 ? value >> (8 * i) & 0xff : 0));
}

static void rewrite(img_bytes file, const bmp *b, lg_buf *out)
{
    enum { FILE_HEADER = 14, INFO_HEADER = 40, CORE_HEADER = 12, MOST = 256 };
    uint32_t entries = b->entries < MOST ? b->entries : MOST;
    const uint8_t *colour = file.p + FILE_HEADER + CORE_HEADER;
    lg_buf_adds(out, "BM");
    put(out, 0, 8);
    put(out, FILE_HEADER + INFO_HEADER + 4 * entries, 4);
    put(out, INFO_HEADER, 4);
    put(out, (uint32_t)b->w, 4);
    put(out, (uint32_t)b->h, 4);
    put(out, 1, 2);
    put(out, b->depth, 2);
    put(out, 0, 24);
    for (uint32_t i = 0; i < entries; i++) {
        lg_buf_add(out, colour + 3 * (size_t)i, 3);
        put(out, 0, 1);
    }
    lg_buf_add(out, file.p + b->data, (size_t)b->h * b->row);
}

lg_status img_bmp_decode(img_bytes file, img_picture *out, img_info *info, lg_err *err)
{
    bmp b = {0};
    lg_buf longer;
    LG_TRY(read_header(file, &b, err));
    if (b.header != 12) return img_stb_decode(file, IMG_MAX_MEMORY, out, info, err);
    LG_TRY(check_all(file, IMG_MAX_PIXELS, &b, err));
    lg_buf_init(&longer, file.len + 2048);
    rewrite(file, &b, &longer);
    lg_status st = lg_buf_check(&longer, err);
    if (!st) st = img_stb_decode((img_bytes){(const uint8_t *)longer.data, longer.len}, IMG_MAX_MEMORY, out, info, err);
    lg_buf_release(&longer);
    return st;
}
