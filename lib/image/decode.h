/* decode.h - file bytes in, a picture out: JPEG, PNG and BMP.
 *
 *     img_picture p = {0};
 *     img_info info;
 *     img_decode_options want = {.channels = 3, .min_w = 64, .min_h = 64};
 *     LG_TRY(img_decode(bytes, len, &want, &p, &info, err)); // p is RGB, upright, at least 64x64 where the file is
 *     img_picture_release(&p);
 *
 * Invariants
 *  - Bytes in, plain data out: no files, no globals, no state between calls; any number of threads. (So it
 *    runs in the sandboxed helper unchanged: jail.h, which is what files of strangers go through.)
 *  - The content decides what a file is, never its name.
 *  - The same bytes always give the same pixels: memory is zeroed, and what a decoder would have to guess is refused.
 *  - Nothing is allocated before the header has been checked against the limits.
 *  - Failures are LL305 "... cannot be read as a picture" with the reason in plain words in `why`
 *    (LG_E_FORMAT broken or foreign, LG_E_LIMIT over a limit, LG_E_MEMORY). Bytes of the file never enter a message.
 *
 * What comes out: 8 bits a channel. Palettes are looked up, 16-bit values lose their low byte, CMYK and YCCK become
 * RGB, transparent parts are laid over white (info.alpha says so), EXIF orientation is applied. Colour profiles and
 * gamma are not applied. What is read: JPEG baseline, extended and progressive, Huffman or arithmetic as libjpeg-turbo
 * reads them (ITU-T T.81; Exif 2.3), all PNG (ISO/IEC 15948) but APNG frames after the first, plain BMP of Windows and
 * OS/2 1.x. */
#ifndef IMG_DECODE_H
#define IMG_DECODE_H

#include "lib/image/picture.h"

typedef enum img_format { IMG_UNKNOWN, IMG_JPEG, IMG_PNG, IMG_BMP } img_format;

typedef struct img_decode_options {
    int channels; /* 1 grey, 3 RGB, 0: as the file is */
    int min_w,
        min_h; /* a JPEG may be decoded smaller (1/2, 1/4, 1/8) while it stays this large, upright; 0: full size */
    int64_t max_pixels; /* 0: 50,000,000 */
    size_t max_bytes;   /* 0: 64 MB; of the file */
} img_decode_options;

typedef struct img_info {
    img_format format;
    int w, h;        /* upright, full size, whatever the scale decoded at */
    int channels;    /* 1 or 3: grey or colour in the file */
    int orientation; /* 1..8, 1 where the file says nothing */
    int scale;       /* decoded at 1/scale: 1, 2, 4 or 8 */
    img_view view;   /* what of the picture is the photo: a reduced one's last row or column may reach beyond it */
    bool alpha;      /* has transparent parts; they were laid over white */
    bool repaired;   /* a damaged JPEG that the decoder could still show; worth a warning */
} img_info;

/* Header only, nothing decoded: format, size, channels, orientation. The checks of the header pass all apply. */
lg_status img_probe(const void *bytes, size_t len, const img_decode_options *want, img_info *info,
                    lg_err *err) LG_MUST_CHECK;
/* want NULL: all zero. info may be NULL. *out must be empty. */
lg_status img_decode(const void *bytes, size_t len, const img_decode_options *want, img_picture *out, img_info *info,
                     lg_err *err) LG_MUST_CHECK;

/* "JPEG", "PNG", "BMP", or "unknown". */
const char *img_format_name(img_format format);

#endif
