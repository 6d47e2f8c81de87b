/* jail_parts.h - what the two sides of jail.h share. Internal to lib/image.
 *
 * Both map one memfd whose size is sealed: a page with question and answer, the bytes of the file, the pixels. A turn
 * is one byte to the helper over a socket and one byte back. */
#ifndef IMG_JAIL_PARTS_H
#define IMG_JAIL_PARTS_H

#include "lib/image/decode_parts.h"

/* Where the helper finds what it was given. */
enum { JAIL_SOCKET = 0, JAIL_MEMORY = 3, JAIL_LIFELINE = 4, JAIL_FIRST_UNUSED = 5 };

typedef struct img_jail_ask {
    uint64_t len;
    int64_t max_pixels;
    uint64_t max_bytes;
    int32_t channels, min_w, min_h;
} img_jail_ask;

/* Plain numbers only: any bytes are a valid one. */
typedef struct img_jail_answer {
    uint32_t status; /* lg_status */
    int32_t h, w, c; /* of the picture */
    int32_t format, full_w, full_h, channels, orientation, scale;
    uint32_t alpha, repaired;
    char why[600]; /* of a failure */
} img_jail_answer;

typedef struct img_jail_page {
    uint32_t size;     /* sizeof of this, written by the helper: both are of one build */
    uint32_t confined; /* lg_confined of the helper */
    img_jail_ask ask;
    img_jail_answer answer;
} img_jail_page;

#define JAIL_FILE_AT  ((size_t)4096)
#define JAIL_PIXEL_AT (JAIL_FILE_AT + IMG_MAX_BYTES)
#define JAIL_SIZE     (JAIL_PIXEL_AT + ((3 * (size_t)IMG_MAX_PIXELS + 4095) & ~(size_t)4095))

static inline uint8_t *img_jail_file(img_jail_page *page)
{
    return (uint8_t *)page + JAIL_FILE_AT;
}
static inline uint8_t *img_jail_pixels(img_jail_page *page)
{
    return (uint8_t *)page + JAIL_PIXEL_AT;
}

/* The answer could be one to this question: sizes in range and fitting each other, a text that ends. Texts still hold
 * anything. */
bool img_jail_plausible(const img_jail_ask *ask, const img_jail_answer *answer);

#endif
