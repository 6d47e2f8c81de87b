/* Rare and hostile variants of the formats that are read, byte for byte made here: each has one defined verdict. */
#include <turbojpeg.h>
#include <zlib.h>
#include "tests/support/test.h"
#include "lib/image/decode.h"

static lg_err err;
static img_picture shown;
static img_info info;
static lg_buf file; /* under construction */

static void begin(void)
{
    lg_err_clear(&err);
    img_picture_release(&shown);
    lg_buf_release(&file);
    lg_buf_init(&file, 0);
}

static void put(const void *bytes, size_t n)
{
    lg_buf_add(&file, bytes, n);
}
#define PUT(text) put(text, sizeof(text) - 1)

static void put_be(uint32_t v, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--) lg_buf_addc(&file, (char)(v >> (8 * i) & 255));
}

static void put_le(uint32_t v, int bytes)
{
    for (int i = 0; i < bytes; i++) lg_buf_addc(&file, (char)(i < 4 ? v >> (8 * i) & 255 : 0));
}

/* A copy of exactly the file's size, so that reading beyond it is seen. */
static lg_status decode_as(int channels)
{
    uint8_t *p = malloc(file.len ? file.len : 1);
    memcpy(p, lg_buf_str(&file), file.len);
    lg_err_clear(&err);
    img_picture_release(&shown);
    lg_status st = img_decode(p, file.len, &(img_decode_options){.channels = channels}, &shown, &info, &err);
    free(p);
    return st;
}
#define IS_READ()                                                                                                      \
    do {                                                                                                               \
        CHECK_OK(decode_as(0));                                                                                        \
        CHECK_INT(info.w, shown.w);                                                                                    \
        CHECK_INT(info.h, shown.h);                                                                                    \
    } while (0)
#define IS_REFUSED(part)                                                                                               \
    do {                                                                                                               \
        CHECK(decode_as(0) != LG_OK);                                                                                  \
        CHECK_INT(err.code, 305);                                                                                      \
        CHECK_HAS(err.why, part);                                                                                      \
        CHECK(shown.px == NULL);                                                                                       \
    } while (0)
#define SHOWS(...)                                                                                                     \
    do {                                                                                                               \
        const uint8_t want_[] = {__VA_ARGS__};                                                                         \
        CHECK_INT(img_size(&shown), sizeof want_);                                                                     \
        for (size_t i_ = 0; i_ < sizeof want_; i_++) CHECK_INT(shown.px[i_], want_[i_]);                               \
    } while (0)

/* ---- PNG ---- */
enum { GREY = 0, RGB = 2, PALETTE = 3, GREY_ALPHA = 4, RGBA = 6 };

static void chunk(const char *type, const void *data, size_t n)
{
    put_be((uint32_t)n, 4);
    size_t from = file.len;
    put(type, 4);
    if (n) put(data, n);
    put_be((uint32_t)crc32(0, (const uint8_t *)file.data + from, (uInt)(n + 4)), 4);
}

static void png_head(int w, int h, int depth, int colour, int interlace)
{
    const uint8_t head[13] = {
        0, 0, 0, (uint8_t)w, 0, 0, 0, (uint8_t)h, (uint8_t)depth, (uint8_t)colour, 0, 0, (uint8_t)interlace};
    begin();
    PUT("\x89PNG\r\n\x1a\n");
    chunk("IHDR", head, sizeof head);
}

static size_t packed(const uint8_t *rows, size_t n, uint8_t *out)
{
    uLongf len = 2048;
    CHECK_INT(compress2(out, &len, rows, n, 9), Z_OK);
    return len;
}

/* Rows begin with their filter byte. */
static void png_end(const uint8_t *rows, size_t n)
{
    uint8_t data[4096];
    size_t len = packed(rows, n, data);
    chunk("IDAT", data, len);
    chunk("IEND", NULL, 0);
}
#define PNG_ROWS(...)                                                                                                  \
    do {                                                                                                               \
        const uint8_t rows_[] = {__VA_ARGS__};                                                                         \
        png_end(rows_, sizeof rows_);                                                                                  \
    } while (0)

TEST(png_16_bits_lose_their_low_byte)
{
    png_head(2, 1, 16, GREY, 0);
    PNG_ROWS(0, 0x12, 0xff, 0xfe, 0x00);
    IS_READ();
    SHOWS(0x12, 0xfe);
    png_head(1, 1, 16, RGB, 0);
    PNG_ROWS(0, 1, 99, 2, 99, 3, 99);
    IS_READ();
    SHOWS(1, 2, 3);
    png_head(2, 1, 16, RGBA, 0);
    PNG_ROWS(0, 10, 0, 20, 0, 30, 0, 255, 255, 1, 1, 2, 2, 3, 3, 0, 0);
    IS_READ();
    SHOWS(10, 20, 30, 255, 255, 255);
    CHECK(info.alpha);
    png_head(1, 1, 16, GREY_ALPHA, 0);
    PNG_ROWS(0, 0, 0, 128, 0);
    IS_READ();
    SHOWS(127);
}

TEST(png_grey_with_alpha_is_laid_over_white)
{
    png_head(3, 1, 8, GREY_ALPHA, 0);
    PNG_ROWS(0, 7, 255, 7, 0, 0, 51);
    IS_READ();
    SHOWS(7, 255, 204);
    CHECK(info.alpha && info.channels == 1);
    CHECK_OK(decode_as(3));
    SHOWS(7, 7, 7, 255, 255, 255, 204, 204, 204);
}

TEST(png_few_bits_fill_the_range)
{
    png_head(9, 1, 1, GREY, 0);
    PNG_ROWS(0, 0xa5, 0x80);
    IS_READ();
    SHOWS(255, 0, 255, 0, 0, 255, 0, 255, 255);
    png_head(4, 1, 2, GREY, 0);
    PNG_ROWS(0, 0x1b);
    IS_READ();
    SHOWS(0, 85, 170, 255);
    png_head(3, 1, 4, GREY, 0);
    PNG_ROWS(0, 0x0f, 0x80);
    IS_READ();
    SHOWS(0, 255, 136);
    png_head(3, 1, 2, GREY, 0); /* the value 2 is transparent */
    chunk("tRNS", "\0\2", 2);
    PNG_ROWS(0, 0x24);
    IS_READ();
    SHOWS(0, 255, 85);
}

TEST(png_palettes)
{
    png_head(3, 1, 8, PALETTE, 0);
    chunk("PLTE", "\1\2\3\4\5\6", 6);
    PNG_ROWS(0, 1, 0, 200); /* entries that are not there are black, as libpng has them */
    IS_READ();
    SHOWS(4, 5, 6, 1, 2, 3, 0, 0, 0);
    png_head(2, 1, 1, PALETTE, 0);
    chunk("PLTE", "\11\12\13", 3);
    PNG_ROWS(0, 0x40);
    IS_READ();
    SHOWS(9, 10, 11, 0, 0, 0);
    png_head(2, 1, 4, PALETTE, 0);
    chunk("PLTE", "\1\2\3\4\5\6", 6);
    chunk("tRNS", "\0", 1);
    PNG_ROWS(0, 0x01);
    IS_READ();
    SHOWS(255, 255, 255, 4, 5, 6);
    png_head(1, 1, 8, PALETTE, 0);
    PNG_ROWS(0, 0);
    IS_REFUSED("lacks its palette");
    png_head(1, 1, 8, PALETTE, 0);
    chunk("PLTE", "\1\2\3\4", 4);
    PNG_ROWS(0, 0);
    IS_REFUSED("palette is damaged");
    png_head(1, 1, 8, GREY, 0);
    chunk("PLTE", "\1\2\3", 3);
    PNG_ROWS(0, 0);
    IS_REFUSED("palette is damaged");
    static const uint8_t many[771];
    png_head(1, 1, 8, PALETTE, 0);
    chunk("PLTE", many, sizeof many);
    PNG_ROWS(0, 0);
    IS_REFUSED("palette is damaged");
}

/* The seven passes of Adam7, made here from the same picture. */
TEST(png_interlaced_is_the_same_picture)
{
    enum { W = 11, H = 9 };
    static const int x0[] = {0, 4, 0, 2, 0, 1, 0}, y0[] = {0, 0, 4, 0, 2, 0, 1}, dx[] = {8, 8, 4, 4, 2, 2, 1},
                     dy[] = {8, 8, 8, 4, 4, 2, 2};
    uint8_t rows[600], straight[W * H];
    size_t n = 0;
    for (int i = 0; i < W * H; i++) straight[i] = (uint8_t)(i * 37);
    for (int pass = 0; pass < 7; pass++)
        for (int y = y0[pass]; y < H; y += dy[pass]) {
            if (x0[pass] >= W) continue;
            rows[n++] = 0;
            for (int x = x0[pass]; x < W; x += dx[pass]) rows[n++] = straight[y * W + x];
        }
    png_head(W, H, 8, GREY, 1);
    png_end(rows, n);
    IS_READ();
    CHECK(img_size(&shown) == sizeof straight && !memcmp(shown.px, straight, sizeof straight));
    png_head(W, H, 8, GREY, 1);
    png_end(rows, n - 1);
    IS_REFUSED("ends early");
    png_head(W, H, 8, GREY, 2);
    png_end(rows, n);
    IS_REFUSED("header is damaged");
}

TEST(png_frames_after_the_first_are_left_out)
{
    uint8_t data[4096] = {0, 0, 0, 1};
    png_head(1, 1, 8, GREY, 0);
    chunk("acTL", "\0\0\0\2\0\0\0\0", 8);
    chunk("fcTL", "\0\0\0\0\0\0\0\1\0\0\0\1\0\0\0\0\0\0\0\0\0\1\0\1\0\0", 26);
    chunk("IDAT", data + 4, packed((const uint8_t[]){0, 77}, 2, data + 4));
    chunk("fcTL", "\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\0\0\0\0\0\0\1\0\1\0\0", 26);
    chunk("fdAT", data, 4 + packed((const uint8_t[]){0, 200}, 2, data + 4));
    chunk("IEND", NULL, 0);
    IS_READ();
    SHOWS(77);
}

static size_t tiff(uint8_t out[26], int orientation, bool big)
{
    static const uint8_t intel[26] = {'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1},
                         motorola[26] = {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1};
    memcpy(out, big ? motorola : intel, 26);
    out[big ? 19 : 18] = (uint8_t)orientation;
    return 26;
}

/* A picture of 3 x 2 whose first pixel is 9 and whose second is 5: where they lie as rows and columns upright. */
TEST(png_orientation)
{
    static const uint8_t upright[9][6] = {{0},
                                          {9, 5, 0, 0, 0, 0},
                                          {0, 5, 9, 0, 0, 0},
                                          {0, 0, 0, 0, 5, 9},
                                          {0, 0, 0, 9, 5, 0},
                                          {9, 0, 5, 0, 0, 0},
                                          {0, 9, 0, 5, 0, 0},
                                          {0, 0, 0, 5, 0, 9},
                                          {0, 0, 5, 0, 9, 0}};
    uint8_t exif[26];
    for (int o = 1; o <= 8; o++) {
        for (int big = 0; big < 2; big++) {
            size_t n = tiff(exif, o, big);
            png_head(3, 2, 8, GREY, 0);
            chunk("eXIf", exif, n);
            PNG_ROWS(0, 9, 5, 0, 0, 0, 0, 0);
            IS_READ();
            CHECK_INT(info.orientation, o);
            CHECK_INT(shown.w, o >= 5 ? 2 : 3);
            CHECK(!memcmp(shown.px, upright[o], 6));
        }
    }
}

TEST(png_orientation_that_makes_no_sense_is_none)
{
    uint8_t exif[26];
    for (int o = 0; o < 256; o = o ? o * 2 : 9) {
        size_t n = tiff(exif, o, false);
        png_head(2, 1, 8, GREY, 0);
        chunk("eXIf", exif, n);
        PNG_ROWS(0, 1, 2);
        IS_READ();
        CHECK_INT(info.orientation, o >= 1 && o <= 8 ? o : 1);
    }
    size_t n = tiff(exif, 6, false);
    for (size_t len = 0; len <= n; len++) {
        png_head(2, 1, 8, GREY, 0);
        chunk("eXIf", exif, len);
        PNG_ROWS(0, 1, 2);
        IS_READ();
        CHECK_INT(info.orientation, len >= 22 ? 6 : 1);
    }
    png_head(2, 1, 8, GREY, 0); /* a wrong checksum: as if it were not there */
    chunk("eXIf", exif, n);
    file.data[file.len - 1] ^= 1;
    PNG_ROWS(0, 1, 2);
    IS_READ();
    SHOWS(1, 2);
}

TEST(png_structures)
{
    uint8_t data[4096];
    size_t n = packed((const uint8_t[]){0, 1, 2, 3}, 4, data);
    png_head(3, 1, 8, GREY, 0); /* a byte a chunk */
    for (size_t i = 0; i < n; i++) chunk("IDAT", data + i, 1), chunk("IDAT", NULL, 0);
    chunk("IEND", NULL, 0);
    IS_READ();
    SHOWS(1, 2, 3);
    png_head(3, 1, 8, GREY, 0);
    chunk("IDAT", data, n / 2);
    chunk("tEXt", "a\0b", 3);
    chunk("IDAT", data + n / 2, n - n / 2);
    chunk("IEND", NULL, 0);
    IS_REFUSED("structure is damaged");
    png_head(3, 1, 8, GREY, 0);
    chunk("ABCD", "x", 1);
    PNG_ROWS(0, 1, 2, 3);
    IS_REFUSED("extension that is not known");
    png_head(3, 1, 8, GREY, 0);
    PNG_ROWS(0, 1, 2, 3);
    file.data[file.len - 14] ^= 1; /* the checksum of IDAT */
    IS_REFUSED("checksum is damaged");
    png_head(3, 1, 8, GREY, 0);
    chunk("IEND", NULL, 0);
    IS_REFUSED("no picture data");
    png_head(3, 1, 8, GREY, 0);
    PNG_ROWS(9, 1, 2, 3); /* no such filter */
    IS_REFUSED("data is damaged");
    png_head(3, 1, 8, GREY, 0);
    PNG_ROWS(0, 1, 2);
    IS_REFUSED("ends early");
    png_head(3, 1, 16, PALETTE, 0);
    PNG_ROWS(0, 0);
    IS_REFUSED("header is damaged");
}

/* 64 MB of zeros behind a picture of one pixel. */
TEST(png_that_unpacks_to_much_more_than_its_pixels)
{
    size_t n = 64 << 20;
    uint8_t *zeros = calloc(1, n), *out = malloc(n / 500);
    uLongf len = n / 500;
    CHECK(zeros && out);
    CHECK_INT(compress2(out, &len, zeros, n, 9), Z_OK);
    png_head(1, 1, 8, GREY, 0);
    chunk("IDAT", out, len);
    chunk("IEND", NULL, 0);
    free(zeros);
    free(out);
    IS_REFUSED("more memory than its size allows for");
}

/* ---- JPEG ---- */
/* One colour over 16 x 16, through libjpeg-turbo: format TJPF_RGB or TJPF_CMYK. */
static void jpeg_of(const uint8_t *colour, int format, int flags)
{
    uint8_t px[16 * 16 * 4], *out = NULL;
    unsigned long len = 0;
    int c = format == TJPF_CMYK ? 4 : 3;
    for (int i = 0; i < 16 * 16; i++) memcpy(px + i * c, colour, (size_t)c);
    tjhandle tj = tjInitCompress();
    begin();
    CHECK(tj && tjCompress2(tj, px, 16, 0, 16, format, &out, &len, TJSAMP_444, 100, flags) == 0);
    put(out, len);
    tjFree(out);
    tjDestroy(tj);
}

/* The segment of this marker: its offset, or 0. */
static size_t find_marker(int marker, size_t from)
{
    for (size_t i = from; i + 1 < file.len; i++)
        if ((uint8_t)file.data[i] == 0xff && (uint8_t)file.data[i + 1] == marker) return i;
    return 0;
}

static void cut(size_t at, size_t n)
{
    memmove(file.data + at, file.data + at + n, file.len - at - n);
    file.len -= n;
}

static void is_near(int r, int g, int b)
{
    CHECK_INT(shown.c, 3);
    CHECK_NEAR(shown.px[0], r, 3);
    CHECK_NEAR(shown.px[1], g, 3);
    CHECK_NEAR(shown.px[2], b, 3);
}

/* TurboJPEG writes CMYK as YCCK with Adobe's marker, whose readers take the ink amounts as inverted: 255 is no ink. */
TEST(jpeg_of_inks)
{
    jpeg_of((const uint8_t[]){255, 128, 0, 255}, TJPF_CMYK, 0);
    IS_READ();
    is_near(255, 128, 0);
    jpeg_of((const uint8_t[]){200, 100, 50, 128}, TJPF_CMYK, 0);
    IS_READ();
    is_near(100, 50, 25);
    size_t adobe = find_marker(0xee, 0);
    CHECK(adobe > 0);
    int transform = file.data[adobe + 15];
    CHECK_INT(transform, 2);
    file.data[adobe + 15] = 0; /* now the numbers are inks themselves: what were Y, Cb, Cr */
    IS_READ();
    int y = (int)(0.299 * 200 + 0.587 * 100 + 0.114 * 50 + 0.5), cb = (int)(128 + 0.564 * (50 - y)),
        cr = (int)(128 + 0.713 * (200 - y));
    is_near((255 - y) * 128 / 255, (255 - cb) * 128 / 255, (255 - cr) * 128 / 255);
    cut(adobe, 16); /* without Adobe's word they are inks, 255 for full */
    IS_READ();
    is_near(y * 127 / 255, cb * 127 / 255, cr * 127 / 255);
}

TEST(jpeg_orientation_of_both_orders)
{
    uint8_t exif[26];
    for (int o = 1; o <= 8; o++) {
        for (int big = 0; big < 2; big++) {
            jpeg_of((const uint8_t[]){10, 20, 30}, TJPF_RGB, 0);
            lg_buf rest;
            lg_buf_init(&rest, 0);
            lg_buf_add(&rest, file.data + 2, file.len - 2);
            begin();
            PUT("\xff\xd8\xff\xe1");
            put_be(34, 2);
            PUT("Exif\0\0");
            put(exif, tiff(exif, o, big));
            put(rest.data, rest.len);
            lg_buf_release(&rest);
            IS_READ();
            CHECK_INT(info.orientation, o);
        }
    }
}

static size_t scans(void)
{
    size_t n = 0;
    for (size_t at = find_marker(0xda, 0); at; at = find_marker(0xda, at + 2)) n++;
    return n;
}

/* A progressive file that ends between two passes is whole, and coarse; one that ends within a pass is not. */
TEST(jpeg_progressive_cut_short)
{
    uint8_t px[48 * 48 * 3], *out = NULL;
    unsigned long len = 0;
    lg_rng rng;
    lg_rng_init(&rng, 3);
    for (size_t i = 0; i < sizeof px; i++) px[i] = (uint8_t)lg_rng_below(&rng, 256);
    tjhandle tj = tjInitCompress();
    CHECK(tjCompress2(tj, px, 48, 0, 48, TJPF_RGB, &out, &len, TJSAMP_420, 90, TJFLAG_PROGRESSIVE) == 0);
    begin();
    put(out, len);
    IS_READ();
    CHECK(scans() > 5);
    size_t first = find_marker(0xda, 0), second = find_marker(0xda, first + 2), tables = find_marker(0xc4, first + 2);
    size_t end = tables && tables < second ? tables : second;
    for (size_t at = first; at < file.len; at += 7) { /* cut, without an end */
        size_t whole = file.len;
        file.len = at;
        IS_REFUSED("ends early");
        file.len = whole;
    }
    file.len = end;
    PUT("\xff\xd9");
    IS_READ();
    begin();
    put(out, first + (end - first) / 2);
    PUT("\xff\xd9");
    IS_REFUSED("ends early");
    tjFree(out);
    tjDestroy(tj);
}

/* A progressive JPEG of one channel. Its one code says that 16,384 blocks hold nothing more, so that a pass over them
 * all is a few bytes of zeros: what takes a decoder minutes fits into some kilobytes. */
static void jpeg_bomb(int side, int passes)
{
    size_t blocks = (size_t)((side + 7) / 8) * (size_t)((side + 7) / 8);
    begin();
    PUT("\xff\xd8\xff\xdb\0\x43\0");
    for (int i = 0; i < 64; i++) PUT("\1");
    PUT("\xff\xc2\0\x0b\x08");
    put_be((uint32_t)side, 2);
    put_be((uint32_t)side, 2);
    PUT("\1\1\x11\0");
    PUT("\xff\xc4\0\x14\x10\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xe0");
    for (int i = 0; i < passes; i++) {
        PUT("\xff\xda\0\x08\1\1\0\1\x3f\0");
        for (size_t bits = 0; bits < (blocks / 16384 + 1) * 15; bits += 8) PUT("\0");
    }
    PUT("\xff\xd9");
}

TEST(jpeg_with_too_many_passes)
{
    jpeg_bomb(6000, 90);
    CHECK(file.len < 8000);
    IS_REFUSED("drawn in more than 16 passes, which would take too long");
    CHECK_INT(err.status, LG_E_LIMIT);
    jpeg_bomb(64, 5000); /* small ones cost little, but nobody makes so many */
    IS_REFUSED("drawn in more than 100 passes");
    jpeg_bomb(7000, 100);
    IS_REFUSED("drawn in more than 12 passes");
    jpeg_bomb(65535, 2);
    IS_REFUSED("65535 x 65535 pixels");
    jpeg_bomb(64, 60); /* within the limits: passes that bring nothing leave the middle of the range */
    IS_READ();
    CHECK(info.repaired);
    CHECK_INT(shown.px[0], 128);
}

TEST(jpeg_kinds_that_are_not_read)
{
    static const struct {
        int sof;
        const char *part;
    } kinds[] = {{0xc3, "lossless"}, {0xc5, "hierarchical"}, {0xc6, "hierarchical"}, {0xc7, "lossless"},
                 {0xcb, "lossless"}, {0xcd, "hierarchical"}, {0xcf, "lossless"}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        jpeg_of((const uint8_t[]){1, 2, 3}, TJPF_RGB, 0);
        file.data[find_marker(0xc0, 0) + 1] = (char)kinds[i].sof;
        IS_REFUSED(kinds[i].part);
    }
    jpeg_of((const uint8_t[]){1, 2, 3}, TJPF_RGB, 0);
    size_t frame = find_marker(0xc0, 0);
    file.data[frame + 9] = 2; /* channels */
    IS_REFUSED("2 channels");
    file.data[frame + 9] = 4; /* more than its header has room for */
    IS_REFUSED("frame header is damaged");
    jpeg_of((const uint8_t[]){1, 2, 3}, TJPF_RGB, 0);
    file.data[frame + 11] = 0; /* sampling */
    IS_REFUSED("sampling factors are damaged");
    jpeg_of((const uint8_t[]){1, 2, 3}, TJPF_RGB, 0);
    size_t dht = find_marker(0xc4, 0);
    for (size_t n; (dht = find_marker(0xc4, 0)); cut(dht, n))
        n = 2 + (size_t)((uint8_t)file.data[dht + 2] << 8 | (uint8_t)file.data[dht + 3]);
    IS_REFUSED("lacks its decoding tables");
}

/* ---- BMP ---- */
typedef struct bmp {
    int w, h, depth, compression, header, entries; /* header 0: 40 */
    int gap;                                       /* bytes between palette and pixels */
    uint32_t mask[4];                              /* with compression 3 */
} bmp;

static void bmp_head(const bmp *b)
{
    int header = b->header ? b->header : 40, entry = header == 12 ? 3 : 4;
    int masks = header == 40 && b->compression == 3 ? 12 : 0;
    begin();
    PUT("BM");
    put_le(0, 8);
    put_le((uint32_t)(14 + header + masks + b->entries * entry + b->gap), 4);
    put_le((uint32_t)header, 4);
    put_le((uint32_t)b->w, header == 12 ? 2 : 4);
    put_le((uint32_t)b->h, header == 12 ? 2 : 4);
    put_le(1, 2);
    put_le((uint32_t)b->depth, 2);
    if (header > 12) {
        put_le((uint32_t)b->compression, 4);
        put_le(0, 20);
    }
    if (header > 40)
        for (int k = 0; k < 4; k++) put_le(b->mask[k], 4);
    for (size_t left = header > 56 ? (size_t)header - 56 : 0; left; left--) put_le(0, 1);
    for (int k = 0; k < 3 && masks; k++) put_le(b->mask[k], 4);
    for (int i = 0; i < b->entries; i++) /* entry i is the colour 10 i, 10 i + 1, 10 i + 2 */
        for (int k = 0; k < entry; k++) put_le((uint32_t)(k < 3 ? 10 * i + 2 - k : 0), 1);
    for (int i = 0; i < b->gap; i++) put_le(0xee, 1);
}
#define BMP(pixels, ...)                                                                                               \
    do {                                                                                                               \
        bmp_head(&(bmp){__VA_ARGS__});                                                                                 \
        PUT(pixels);                                                                                                   \
    } while (0)

TEST(bmp_palettes)
{
    BMP("\x40\0\0\0", .w = 3, .h = 1, .depth = 1, .entries = 2);
    IS_READ();
    SHOWS(0, 1, 2, 10, 11, 12, 0, 1, 2);
    BMP("\x20\0\0\0", .w = 2, .h = 1, .depth = 4, .entries = 3);
    IS_READ();
    SHOWS(20, 21, 22, 0, 1, 2);
    BMP("\3\0\0\0\1\0\0\0", .w = 1, .h = 2, .depth = 8, .entries = 4); /* rows from the bottom */
    IS_READ();
    SHOWS(10, 11, 12, 30, 31, 32);
    BMP("\3\0\0\0\1\0\0\0", .w = 1, .h = -2, .depth = 8, .entries = 4); /* and from the top */
    IS_READ();
    SHOWS(30, 31, 32, 10, 11, 12);
    BMP("\4\0\0\0", .w = 1, .h = 1, .depth = 8, .entries = 4);
    IS_REFUSED("colours its BMP palette does not have");
    BMP("\x80\0\0\0", .w = 1, .h = 1, .depth = 1, .entries = 1);
    IS_REFUSED("colours its BMP palette does not have");
    BMP("\0\0\0\0", .w = 1, .h = 1, .depth = 8);
    IS_REFUSED("colours its BMP palette does not have");
}

/* The short header of OS/2 1.x, with colours of three bytes. */
TEST(bmp_of_os2)
{
    BMP("\x40\0\0\0", .w = 3, .h = 1, .depth = 1, .entries = 2, .header = 12);
    IS_READ();
    SHOWS(0, 1, 2, 10, 11, 12, 0, 1, 2);
    BMP("\xf0\0\0\0", .w = 2, .h = 1, .depth = 4, .entries = 16, .header = 12);
    IS_READ();
    SHOWS(150, 151, 152, 0, 1, 2);
    BMP("\5\6\0\0\1\0\0\0", .w = 2, .h = 2, .depth = 8, .entries = 7, .header = 12, .gap = 5);
    IS_READ();
    SHOWS(10, 11, 12, 0, 1, 2, 50, 51, 52, 60, 61, 62);
    BMP("\7\0\0\0", .w = 1, .h = 1, .depth = 8, .entries = 7, .header = 12);
    IS_REFUSED("colours its BMP palette does not have");
    BMP("\3\2\1\0", .w = 1, .h = 1, .depth = 24, .header = 12);
    IS_READ();
    SHOWS(1, 2, 3);
    BMP("\3\2\1\0", .w = 1, .h = 1, .depth = 16, .header = 12);
    IS_REFUSED("rare variant");
    BMP("\3\2\1", .w = 1, .h = 1, .depth = 24, .header = 12);
    IS_REFUSED("ends early");
}

TEST(bmp_true_colours)
{
    BMP("\3\2\1\6\5\4\0\0", .w = 2, .h = 1, .depth = 24);
    IS_READ();
    SHOWS(1, 2, 3, 4, 5, 6);
    BMP("\0\x7c\xe0\x03", .w = 2, .h = 1, .depth = 16); /* 5 bits each */
    IS_READ();
    SHOWS(255, 0, 0, 0, 255, 0);
    BMP("\0\xf8\xe0\x07", .w = 2, .h = 1, .depth = 16, .compression = 3, .mask = {0xf800, 0x07e0, 0x001f});
    IS_READ();
    SHOWS(255, 0, 0, 0, 255, 0);
    BMP("\3\2\1\0", .w = 1, .h = 1, .depth = 32); /* a fourth byte of zeros is no transparency */
    IS_READ();
    SHOWS(1, 2, 3);
    BMP("\1\2\3\0", .w = 1, .h = 1, .depth = 32, .compression = 3, .mask = {0xff, 0xff00, 0xff0000});
    IS_READ();
    SHOWS(1, 2, 3);
    BMP("\0\0\0\x80", .w = 1, .h = 1, .depth = 32, .compression = 3, .header = 108,
        .mask = {0xff0000, 0xff00, 0xff, 0xff000000});
    IS_READ();
    SHOWS(127, 127, 127);
    CHECK(info.alpha);
}

TEST(bmp_masks_that_make_no_sense)
{
    BMP("\1\2\3\4", .w = 1, .h = 1, .depth = 32, .compression = 3, .mask = {0xfff, 0xff000, 0xff00000});
    IS_REFUSED("data is damaged");
    BMP("\1\2\3\4", .w = 1, .h = 1, .depth = 32, .compression = 3, .mask = {0xff, 0xff, 0xff});
    IS_REFUSED("data is damaged");
    BMP("\1\2\3\4", .w = 1, .h = 1, .depth = 32, .compression = 3, .mask = {0xff, 0, 0xff00});
    IS_REFUSED("data is damaged");
    BMP("\0\0\0\0", .w = 1, .h = 1, .depth = 8, .compression = 3, .entries = 1);
    IS_REFUSED("is damaged");
    BMP("\1\x80\0\0", .w = 1, .h = 1, .depth = 16, .compression = 3, .mask = {0x8001, 0x0660, 0x0018}); /* with holes */
    IS_READ();
    SHOWS(170, 0, 0); /* the highest bits of a mask count */
}

TEST(bmp_kinds_that_are_not_read)
{
    for (int compression = 1; compression <= 14; compression++) {
        if (compression == 3) continue;
        BMP("\1\0\0\1", .w = 1, .h = 1, .depth = compression == 2 ? 4 : 8, .compression = compression, .entries = 2);
        IS_REFUSED("compressed BMP");
    }
    BMP("\1\0\0\0", .w = 1, .h = 1, .depth = 2, .entries = 4);
    IS_REFUSED("2 bits a pixel");
    BMP("\1\0\0\0", .w = 1, .h = 1, .depth = 24, .header = 64);
    IS_REFUSED("rare variant");
    BMP("\1\0\0\0", .w = 1, .h = 1, .depth = 0);
    IS_REFUSED("0 bits a pixel");
}

TEST(bmp_sizes_that_cannot_be)
{
    static const int sides[][2] = {{0, 1}, {1, 0}, {-1, 1}, {1, INT32_MIN}, {INT32_MAX, 1}, {1, INT32_MAX}};
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
        BMP("\1\2\3\4", .w = sides[i][0], .h = sides[i][1], .depth = 24);
        IS_REFUSED("it says it is");
    }
    BMP("\1\2\3\4", .w = 60000, .h = 60000, .depth = 1, .entries = 2);
    IS_REFUSED("60000 x 60000 pixels; the limit is 50,000,000");
    BMP("\1\2\3\4", .w = 2, .h = 2, .depth = 24);
    IS_REFUSED("ends early");
    BMP("\1\2\3\4", .w = 1, .h = 1, .depth = 24);
    memcpy(file.data + 10, "\xff\xff\xff\x7f", 4); /* where the pixels begin */
    IS_REFUSED("header is damaged");
    memcpy(file.data + 10, "\0\0\0\0", 4);
    IS_REFUSED("header is damaged");
    begin();
    img_picture_release(&shown);
}
