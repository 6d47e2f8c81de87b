/* decode_parts.h - what the format readers of decode.c share. Internal to lib/image.
 *
 * Each reader has a header pass (`_probe`: checks everything that can be checked without decoding, fills img_info and
 * what its decoder needs) and a decoder that may rely on it. */
#ifndef IMG_DECODE_PARTS_H
#define IMG_DECODE_PARTS_H

#include "lib/image/decode.h"

#define IMG_MAX_PIXELS  50000000
#define IMG_MAX_BYTES   (64u << 20)
#define IMG_MAX_MEMORY  (256u << 20) /* working memory while decoding one file */
#define IMG_MAX_SCANS   100
#define IMG_MAX_SCANNED 600000000 /* pixels times scans of a JPEG: about 10 s */

/* LL305 with the reason; format text is ours alone, never bytes of the file. */
#define img_bad(err, status, ...)                                                                                      \
    (lg_fail((err), (status), 305, "the file cannot be read as a picture"), lg_why((err), __VA_ARGS__))

typedef struct img_bytes {
    const uint8_t *p;
    size_t len;
} img_bytes;

/* Memory of the caller's to put a picture's pixels into; {0}: there is none. */
typedef struct img_room {
    uint8_t *px;
    size_t size;
} img_room;

/* img_decode, but the pixels end in the room: out->px is room.px and not to be released. LL305 (LG_E_LIMIT) when they
 * do not fit. JPEGs that need no turning and no other channels are decoded right there. */
lg_status img_decode_into(const void *bytes, size_t len, const img_decode_options *want, img_room room,
                          img_picture *out, img_info *info, lg_err *err) LG_MUST_CHECK;

static inline uint32_t img_be16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}
static inline uint32_t img_be32(const uint8_t *p)
{
    return img_be16(p) << 16 | img_be16(p + 2);
}
static inline uint32_t img_le16(const uint8_t *p)
{
    return (uint32_t)p[1] << 8 | p[0];
}
static inline uint32_t img_le32(const uint8_t *p)
{
    return img_le16(p + 2) << 16 | img_le16(p);
}

/* Sides and area against the limit. */
lg_status img_check_size(uint64_t w, uint64_t h, int64_t max_pixels, lg_err *err) LG_MUST_CHECK;

/* info->view of a picture of this size, from the photo's own size, scale and orientation. */
img_view img_view_of(const img_info *info, int picture_w, int picture_h);

typedef struct img_jpeg_header {
    int w, h, components; /* as stored */
    int scans;
    bool progressive, adobe;
    uint64_t samples; /* of all components together */
} img_jpeg_header;

lg_status img_jpeg_probe(img_bytes file, int64_t max_pixels, img_jpeg_header *header, img_info *info, lg_err *err);
/* The decoder's own picture: img_decode turns and converts it as asked. Where nothing is left to do it lies in the
 * room, if there is one large enough. */
lg_status img_jpeg_decode(img_bytes file, const img_jpeg_header *header, const img_decode_options *want, img_room room,
                          img_picture *out, img_info *info, lg_err *err);
/* 1..8 from the payload of an Exif block (starting at the TIFF header), 1 where it says nothing sensible. */
int img_exif_orientation(img_bytes tiff);

typedef struct img_png_header {
    int w, h, depth, colour, interlace;
    size_t packed;        /* bytes of all IDAT */
    uint32_t palette;     /* offset of the PLTE chunk or 0 */
    uint32_t entries;     /* of the palette */
    uint32_t transparent; /* offset of the tRNS chunk or 0 */
    size_t first_data;    /* offset of the first IDAT */
} img_png_header;
lg_status img_png_probe(img_bytes file, int64_t max_pixels, img_png_header *header, img_info *info, lg_err *err);
lg_status img_png_decode(img_bytes file, const img_png_header *header, img_picture *out, img_info *info, lg_err *err);

lg_status img_bmp_probe(img_bytes file, int64_t max_pixels, img_info *info, lg_err *err);
lg_status img_bmp_decode(img_bytes file, img_picture *out, img_info *info, lg_err *err);

/* stb_image on checked bytes, at most `memory` live bytes; transparent parts are laid over white. */
lg_status img_stb_decode(img_bytes file, size_t memory, img_picture *out, img_info *info, lg_err *err);

#endif
