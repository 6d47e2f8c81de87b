/* op.h - the contract of an image operation: one file lib/image/op_NAME.c that defines `const img_op img_op_NAME`.
 *
 *     const img_op *blur = img_op_find("blur");
 *     double sharp = blur->measure(&fitted);               // what `clean … blur 50` compares with 50
 *
 * An operation may serve `augment`, `clean`, or both:
 *  - augmentation: `draw` turns the strength a user wrote (`rotate 15`) and a random key into the numbers of one
 *    variant (rotated by -7.3 degrees); then either `map` (it moves pixels: all such operations are composed into one
 *    affine map and the picture is sampled once, see augment.h) or `apply` (it changes values in place) does it, and
 *    `text` says it under the picture ("rot -7°").
 *  - cleaning: `apply` with numbers chosen by the caller (glare), and `measure`, a number that says how a picture is.
 *
 * Invariants, checked for every operation by tests/unit/test_op.c: bytes in, bytes out, size and channels stay; the
 * same numbers give the same bytes, on any thread; draw with strength 0 changes nothing; v depends on (strength, key)
 * only.
 * Pictures are fitted ones, (h, w, c) with c 1 or 3; operations read and write only their pixels and hold no state. */
#ifndef IMG_OP_H
#define IMG_OP_H

#include "lib/image/picture.h"

enum { IMG_OP_VALUES = 4, IMG_MAX_OPS = 16 };

/* What was drawn, or chosen: the meaning of each number stands in the operation's file. */
typedef struct img_drawn {
    float v[IMG_OP_VALUES];
    uint64_t key; /* for operations that draw more while they work (noise) */
    bool on;      /* false: changes nothing */
} img_drawn;

/* Where the centre-based output point (x, y) is read from, in pixels: (a x + b y + c, d x + e y + f). */
typedef struct img_affine {
    double a, b, c, d, e, f;
} img_affine;
#define IMG_AFFINE_IDENTITY ((img_affine){.a = 1, .e = 1})
/* first, then second: of what an output point is read through `second` and then through `first`. */
img_affine img_affine_then(const img_affine *first, const img_affine *second);

typedef struct img_op {
    const char *name; /* the word of the language */
    const char *doc;  /* what it does, one clause */
    int order;        /* place in augmentation, from 1 (geometry first); 0: not for `augment` */
    double max;       /* largest strength for `draw` */
    void (*draw)(double strength, uint64_t key, img_drawn *out);
    void (*map)(const img_drawn *drawn, int h, int w, img_affine *out);
    lg_status (*apply)(const img_drawn *drawn, img_picture *p, lg_err *err); /* in place */
    void (*text)(const img_drawn *drawn, lg_buf *out);
    double (*measure)(const img_picture *p);
} img_op;

extern const img_op *const img_ops[]; /* by name, NULL-terminated; generated from the files */
const img_op *img_op_find(const char *name); /* NULL */

/* ---- for op_*.c ---- */
/* Number `index` of a key: [0, 1), and [low, high). Any order, any thread. */
double img_key_uniform(uint64_t key, int index);
double img_key_between(uint64_t key, int index, double low, double high);
uint64_t img_key_mix(uint64_t key, uint64_t more); /* another key; SplitMix64's finaliser (Steele, Lea & Flood 2014) */
/* "rot -7°": a word, a signed whole number and its unit; never "-0". */
void img_signed_text(const char *word, double value, const char *unit, lg_buf *out);
/* The nearest byte, clamped. */
static inline uint8_t img_byte(float value)
{
    return value <= 0 ? 0 : value >= 255 ? 255 : (uint8_t)(value + 0.5f);
}
/* 0..255, of one pixel: 0.299 R + 0.587 G + 0.114 B. */
static inline int img_luma(const uint8_t *px, int c)
{
    return c == 1 ? px[0] : (px[0] * 299 + px[1] * 587 + px[2] * 114 + 500) / 1000;
}

#endif
