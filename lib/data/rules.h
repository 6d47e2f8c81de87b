/* rules.h - what `clean` and `augment` said, as plain values that a dataset, a model and a file can carry.
 *
 *     data_rules rules = data_rules_of(logos);
 *     LG_TRY(data_rules_picture(&rules, &upright, &small, err)); // as the dataset's own pictures were treated
 *     data_rules_text(&rules, &line);                            // "size 64x64x3 fit crop scale 0..1 glare 240 …"
 *     LG_TRY(data_rules_read(lg_buf_str(&line), &same, err));
 *
 * Both texts name every value, defaults included, so that they stay true when a default changes. Reading is for our own
 * files: hostile until checked, unknown words and impossible values are LL331. */
#ifndef DATA_RULES_H
#define DATA_RULES_H

#include "lib/image/augment.h"
#include "lib/image/resize.h"

typedef struct data_size { int h, w, c; } data_size; /* h 0: keep; c 0: 3, or 1 where every picture is grey */

/* What glare is replaced by: the median or mean of what lies around the patch, or the threshold itself. */
typedef enum data_fill_kind { DATA_FILL_MEDIAN, DATA_FILL_CLIP, DATA_FILL_MEAN } data_fill_kind;

/* In the order in which they work. Pixel rules (size, fit, glare, replace, scale) hold for every picture, also for one
 * classified later; the others leave images out, once, when `clean` runs. */
typedef struct data_rules {
    data_size size; /* h 0: the sizes differ */
    img_fit_mode fit;
    int glare; /* patches at least so bright (1..255) and hardly coloured are replaced; 0: off */
    data_fill_kind replace;
    bool drop;           /* leave out files that cannot be read and images without a label */
    double dark, bright; /* mean brightness 0..1 must lie between; 0 and 1: off */
    double blur;         /* sharpness must be at least so large; 0: off */
    bool dedupe;         /* of look-alikes with one label only the first stays */
    int near;            /* what looks alike: bits of the perceptual hash, 0..16 */
    double low, high;    /* what 0 and 255 become for the network */
} data_rules;

#define DATA_RULES_NONE ((data_rules){.bright = 1, .near = 6, .high = 1})

void data_rules_text(const data_rules *rules, lg_buf *out);
/* The pixel rules alone, for people: "64x64x3 crop, glare 240 median, scale 0..1". */
void data_rules_pixels_text(const data_rules *rules, lg_buf *out);
/* The same as options of `clean`, without the size: "fit crop glare 240 replace median scale 0..1". */
void data_rules_pixels_line(const data_rules *rules, lg_buf *out);
lg_status data_rules_read(const char *text, data_rules *out, lg_err *err) LG_MUST_CHECK;
/* An upright picture as the rules make it: converted to the size's channels, fitted, glare replaced. *out empty. */
lg_status data_rules_picture(const data_rules *rules, const img_picture *src, img_picture *out,
                             lg_err *err) LG_MUST_CHECK;
/* The pixel rules over a picture that is fitted, in place. */
lg_status data_rules_apply(const data_rules *rules, img_picture *fitted, lg_err *err) LG_MUST_CHECK;
/* Pixels to numbers for a network: low..high. */
void data_rules_scale(const data_rules *rules, const uint8_t *px, size_t n, float *x);

/* times variants of each training image, the untouched one included; 0: not augmented. */
typedef struct data_augment {
    int times;
    uint64_t seed;
    bool fresh; /* other variants in every epoch */
    img_augment how;
} data_augment;

void data_augment_text(const data_augment *augment, lg_buf *out); /* "x10 rotate 15 shift 0.1 … seed 1" */
lg_status data_augment_read(const char *text, data_augment *out, lg_err *err) LG_MUST_CHECK;

#endif
