/* clean.h - `clean` and `augment` over a dataset: both give a new version; the old one stays for `undo`.
 *
 *     data_rules rules = data_rules_of(logos);
 *     rules.glare = 240;
 *     rules.dedupe = true;
 *     data_clean_report report = {0};
 *     LG_GO(data_clean(logos, &(data_clean_spec){.rules = rules, .pool = pool}, &tidy, &report, err));
 *     LG_GO(data_augmented(tidy, &(data_augment){.times = 10, .how = how, .seed = 1}, &more, err));
 *     LG_GO(data_part(more, DATA_TRAIN, &train, err));
 *     data_variants(train);                      // 10: an epoch has data_count(train) * 10 images
 *     LG_GO(data_fill_variants(train, 0, item, n, x, y, err));
 *     done: …; data_clean_report_release(&report);
 *
 * Invariants
 *  - Only images of the training part have variants: every function here gives the untouched picture for any other,
 *    whatever was asked, and data_variants is 1 for a set that holds any other.
 *  - Variants are never stored: they are made where a batch is filled, in any order, on any thread, from (seed, image
 *    id, variant, epoch where fresh) and the bytes alone.
 *  - Rules that leave images out are decided once, on the fitted pictures after the pixel rules, and stored as the rows
 *    that are left; parts stay what they were. Pixel rules are computed from the original, never twice.
 *  - Equal results for any number of threads. */
#ifndef DATA_CLEAN_H
#define DATA_CLEAN_H

#include "lib/data/dataset.h"

data_rules data_rules_of(const data_set *set); /* size and fit as they are now */
data_augment data_augment_of(const data_set *set);

/* ---- cleaning ---- */
typedef enum data_rule {
    DATA_RULE_SIZE,
    DATA_RULE_GLARE,
    DATA_RULE_DROP,
    DATA_RULE_BRIGHTNESS,
    DATA_RULE_BLUR,
    DATA_RULE_DEDUPE,
    DATA_RULES
} data_rule;
extern const char *const data_rule_names[DATA_RULES]; /* "size", "glare", … */

typedef struct data_clean_spec {
    /* size.h 0: 64x64 where the sizes differ, else as it is; size.c 0: as it is. Pixel rules are all that shall hold
     * from now on; rules that leave images out are those to decide now. */
    data_rules rules;
    const bool *only; /* (rows) NULL, or those that may be left out: the others stay, and are not measured */
    lg_pool *pool;
    lg_cancel *cancel;
    void (*progress)(void *ctx, size_t done, size_t count);
    void *progress_ctx;
} data_clean_spec;

/* An image that a rule left out. */
typedef struct data_gone {
    uint32_t id;
    data_rule rule;
    uint32_t like; /* dedupe: the id it looks like */
    float value;   /* brightness, sharpness */
} data_gone;

enum { DATA_EXAMPLES = 8 };
typedef struct data_clean_report {
    struct {
        bool on;
        size_t images;      /* changed, or left out */
        double share;       /* glare: mean share of the pixels replaced, of the changed images */
        float least, most;  /* brightness and blur: what was measured, over all images asked */
        uint32_t example[DATA_EXAMPLES]; /* ids: the most changed, or the first left out */
        int examples;
    } rule[DATA_RULES];
    data_gone *gone; /* by rule, then id */
    size_t gones;
    float *measured[DATA_RULES]; /* brightness, blur: of every image asked, for a histogram; else NULL */
    size_t asked[DATA_RULES];
    size_t conflicts; /* images that stay though they look like another one, as their labels differ */
} data_clean_report;
void data_clean_report_release(data_clean_report *report);

/* *out owned. LL318 no size for images, LL317 and LL302 an original that changed or went, Interrupted;
 * rules that leave nothing are an error too. report after a failure: to be released, nothing else. */
lg_status data_clean(const data_set *set, const data_clean_spec *spec, data_set **out, data_clean_report *report,
                     lg_err *err) LG_MUST_CHECK;
/* The picture of a row as `rules` fit it, without any other rule: "before". *out empty. */
lg_status data_fitted(const data_set *set, const data_rules *rules, size_t row, img_picture *out,
                      lg_err *err) LG_MUST_CHECK;

/* The same images at another size, scaled 0..1, all other rules as they are: what a network gets that wants images of
 * its own size, and does the scaling itself. Which images there are does not change; nothing is decoded yet. *out
 * owned. */
lg_status data_at_size(const data_set *set, data_size size, data_set **out, lg_err *err) LG_MUST_CHECK;

/* ---- augmentation ---- */
/* A version with these variants; times 0 or 1 takes them away. *out owned. */
lg_status data_augmented(const data_set *set, const data_augment *augment, data_set **out, lg_err *err) LG_MUST_CHECK;
/* Variants of each image of this set: times where all of its rows are training images, else 1. */
int data_variants(const data_set *set);
/* What variant `variant` of a row is; nothing is on for variant 0 and for images that are not for training. */
void data_variant_at(const data_set *set, size_t row, int variant, uint32_t epoch, img_variant *out);
/* The same made: out (h, w, c) bytes. After data_need_pixels. */
lg_status data_variant_pixels(const data_set *set, size_t row, int variant, uint32_t epoch, uint8_t *out,
                              lg_err *err) LG_MUST_CHECK;
/* As data_fill over data_count x data_variants items: item i is variant i / data_count of row i % data_count. epoch
 * counts from 0 and matters only where the variants are fresh. */
lg_status data_fill_variants(const data_set *set, uint32_t epoch, const int64_t *item, size_t n, float *x, int32_t *y,
                             lg_err *err) LG_MUST_CHECK;

#endif
