#include "lib/image/decode.h"
#include <string.h>
#include "lib/image/decode_parts.h"
#include "lib/base/banned.h"

const char *img_format_name(img_format format)
{
    static const char *const names[] = {
        [IMG_UNKNOWN] = "unknown", [IMG_JPEG] = "JPEG", [IMG_PNG] = "PNG", [IMG_BMP] = "BMP"};
    return format <= IMG_BMP ? names[format] : names[IMG_UNKNOWN];
}

lg_status img_check_size(uint64_t w, uint64_t h, int64_t max_pixels, lg_err *err)
{
    if (w == 0 || h == 0) return img_bad(err, LG_E_FORMAT, "it says it is 0 pixels wide or high");
    if (w > IMG_MAX_SIDE || h > IMG_MAX_SIDE)
        return img_bad(err, LG_E_LIMIT, "it says it is %llu x %llu pixels; a side may have %d", (unsigned long long)w,
                       (unsigned long long)h, IMG_MAX_SIDE);
    if ((int64_t)(w * h) > max_pixels)
        return img_bad(err, LG_E_LIMIT, "it says it is %llu x %llu pixels; the limit is %s pixels",
                       (unsigned long long)w, (unsigned long long)h, lg_thousands(max_pixels));
    return LG_OK;
}

/* What people put into picture folders, by its first bytes (offset, bytes, name). The first three are ours. */
typedef struct magic {
    size_t at;
    const char *bytes;
    size_t len;
    img_format format;
    const char *name;
} magic;
#define MAGIC(at, text, format, name)                                                                                  \
    {                                                                                                                  \
        at, text, sizeof(text) - 1, format, name                                                                       \
    }
static const magic magics[] = {
    MAGIC(0, "\xff\xd8", IMG_JPEG, "JPEG"),
    MAGIC(0, "\x89PNG\r\n\x1a\n", IMG_PNG, "PNG"),
    MAGIC(0, "BM", IMG_BMP, "BMP"),
    MAGIC(8, "WEBP", IMG_UNKNOWN, "WebP"),
    MAGIC(0, "GIF8", IMG_UNKNOWN, "GIF"),
    MAGIC(0, "II*\0", IMG_UNKNOWN, "TIFF"),
    MAGIC(0, "MM\0*", IMG_UNKNOWN, "TIFF"),
    MAGIC(4, "ftypavi", IMG_UNKNOWN, "AVIF"),
    MAGIC(4, "ftyphei", IMG_UNKNOWN, "HEIC"),
    MAGIC(4, "ftypmif1", IMG_UNKNOWN, "HEIC"),
    MAGIC(4, "ftyp", IMG_UNKNOWN, "video"),
    MAGIC(0, "\xff\x0a", IMG_UNKNOWN, "JPEG XL"),
    MAGIC(0, "\0\0\0\x0cJXL ", IMG_UNKNOWN, "JPEG XL"),
    MAGIC(0, "\0\0\0\x0cjP  ", IMG_UNKNOWN, "JPEG 2000"),
    MAGIC(0, "%PDF", IMG_UNKNOWN, "PDF"),
    MAGIC(0, "8BPS", IMG_UNKNOWN, "Photoshop"),
    MAGIC(0, "PK\x03\x04", IMG_UNKNOWN, "ZIP"),
    MAGIC(0, "\x1f\x8b", IMG_UNKNOWN, "gzip"),
    MAGIC(0, "\x89HDF", IMG_UNKNOWN, "HDF5"),
    MAGIC(0, "<svg", IMG_UNKNOWN, "SVG"),
    MAGIC(0, "<?xml", IMG_UNKNOWN, "XML or SVG"),
    MAGIC(0, "<!DOCTYPE", IMG_UNKNOWN, "web page"),
    MAGIC(0, "<html", IMG_UNKNOWN, "web page"),
};

static const magic *sniff(img_bytes file)
{
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
        if (file.len >= magics[i].at + magics[i].len && !memcmp(file.p + magics[i].at, magics[i].bytes, magics[i].len))
            return &magics[i];
    return NULL;
}

static bool is_text(img_bytes file)
{
    size_t n = file.len < 512 ? file.len : 512;
    for (size_t i = 0; i < n; i++)
        if (file.p[i] < 32 && file.p[i] != '\n' && file.p[i] != '\r' && file.p[i] != '\t') return false;
    return true;
}

static lg_status foreign(img_bytes file, const magic *kind, lg_err *err)
{
    if (kind) return img_bad(err, LG_E_FORMAT, "this is a %s file; JPEG, PNG and BMP are read", kind->name);
    if (is_text(file)) return img_bad(err, LG_E_FORMAT, "this is a text file; JPEG, PNG and BMP are read");
    return img_bad(err, LG_E_FORMAT, "it does not begin as a JPEG, PNG or BMP file does");
}

typedef union header {
    img_jpeg_header jpeg;
    img_png_header png;
} header;

static lg_status probe(img_bytes file, const img_decode_options *want, header *head, img_info *info, lg_err *err)
{
    int64_t max_pixels = want && want->max_pixels ? want->max_pixels : IMG_MAX_PIXELS;
    size_t max_bytes = want && want->max_bytes ? want->max_bytes : IMG_MAX_BYTES;
    *info = (img_info){.orientation = 1, .scale = 1};
    if (file.len == 0) return img_bad(err, LG_E_FORMAT, "the file is empty");
    if (file.len > max_bytes)
        return img_bad(err, LG_E_LIMIT, "the file has %s bytes; the limit is %s", lg_thousands((long long)file.len),
                       lg_thousands((long long)max_bytes));
    const magic *kind = sniff(file);
    info->format = kind ? kind->format : IMG_UNKNOWN;
    switch (info->format) {
    case IMG_JPEG: return img_jpeg_probe(file, max_pixels, &head->jpeg, info, err);
    case IMG_PNG: return img_png_probe(file, max_pixels, &head->png, info, err);
    case IMG_BMP: return img_bmp_probe(file, max_pixels, info, err);
    default: return foreign(file, kind, err);
    }
}

lg_status img_probe(const void *bytes, size_t len, const img_decode_options *want, img_info *info, lg_err *err)
{
    header head;
    return probe((img_bytes){bytes, len}, want, &head, info, err);
}

/* Replaces *p by what the step makes of it. */
static lg_status step(img_picture *p, lg_status (*make)(const img_picture *, int, img_picture *, lg_err *), int arg,
                      lg_err *err)
{
    img_picture next = {0};
    LG_TRY(make(p, arg, &next, err));
    img_picture_release(p);
    *p = next;
    return LG_OK;
}

/* Reduced pictures have whole pixels, photos of 375 rows only 93 3/4 of them: the last one reaches beyond the edge,
 * which lies at the left or the top where the orientation turned it there. */
img_view img_view_of(const img_info *info, int picture_w, int picture_h)
{
    double w = (double)info->w / info->scale, h = (double)info->h / info->scale;
    int o = info->orientation;
    double x0 = o == 2 || o == 3 || o == 6 || o == 7 ? picture_w - w : 0;
    double y0 = o == 3 || o == 4 || o == 7 || o == 8 ? picture_h - h : 0;
    return (img_view){.x0 = x0, .y0 = y0, .x1 = x0 + w, .y1 = y0 + h, .scale = info->scale};
}

/* The pixels move to where they were asked to be. */
static lg_status settle(img_picture *p, img_room room, lg_err *err)
{
    if (!room.px || p->px == room.px) return LG_OK;
    if (img_size(p) > room.size) return img_bad(err, LG_E_LIMIT, "there is no room for %d x %d pixels", p->w, p->h);
    memcpy(room.px, p->px, img_size(p));
    lg_free(p->px);
    p->px = room.px;
    return LG_OK;
}

lg_status img_decode_into(const void *bytes, size_t len, const img_decode_options *want, img_room room,
                          img_picture *out, img_info *info, lg_err *err)
{
    static const img_decode_options plain = {0};
    img_bytes file = {bytes, len};
    img_info own;
    header head;
    lg_status st;
    if (!want) want = &plain;
    if (!info) info = &own;

    LG_TRY(probe(file, want, &head, info, err));
    if (info->format == IMG_JPEG) LG_GO(img_jpeg_decode(file, &head.jpeg, want, room, out, info, err));
    else if (info->format == IMG_PNG) LG_GO(img_png_decode(file, &head.png, out, info, err));
    else LG_GO(img_bmp_decode(file, out, info, err));
    if (info->orientation != 1) LG_GO(step(out, img_orient, info->orientation, err));
    if (want->channels && want->channels != out->c) LG_GO(step(out, img_convert, want->channels, err));
    LG_GO(settle(out, room, err));
    info->view = img_view_of(info, out->w, out->h);
done:
    if (st) img_picture_release(out);
    return st;
}

lg_status img_decode(const void *bytes, size_t len, const img_decode_options *want, img_picture *out, img_info *info,
                     lg_err *err)
{
    return img_decode_into(bytes, len, want, (img_room){0}, out, info, err);
}
