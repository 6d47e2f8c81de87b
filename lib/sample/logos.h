/* logos.h - `sample:logos`: our own picture set, drawn instead of downloaded.
 *
 *     smp_logos_options want = {.seed = 7, .count = 3000, .pool = pool, .cancel = cancel};
 *     if (!smp_logos_ready(folder)) LG_TRY(smp_logos_make(folder, &want, err));
 *     // load from FOLDER labels FOLDER/labels.txt
 *
 * Merchandise as photographs show it (cloth, shoes, caps, posters, balls; folds, seams, coloured light, glare, blur,
 * noise, JPEG artefacts, cut-off and hidden marks) with simplified marks in the manner of Adidas, Nike and Puma, all of
 * our own drawing, at least twelve other marks, and scenes without a mark. 64-160 pixels wide, JPEG, classes in the
 * proportions of the source report's validation set (Adidas 244, Nike 85, Other 188, Puma 84 of 601).
 *
 * The set is deliberately as untidy as collected pictures are; README.txt beside the pictures lists every oddity:
 * broken files, images without a label line, label lines without an image, near-duplicates, two labels in another case.
 *
 * Layout of the folder: NNNNNN.jpg, labels.txt ("NNNNNN.jpg<TAB>label" per line), README.txt.
 *
 * Invariants: the same seed and count give the same files, byte for byte, on every x86-64 machine with the same
 * libjpeg-turbo; the same pixels with any. Neither the pool nor its size matter. */
#ifndef SMP_LOGOS_H
#define SMP_LOGOS_H

#include "lib/base/lg.h"
#include "lib/base/pool.h"
#include "lib/image/picture.h"

/* Counts up whenever the pictures change; belongs into the name of the cache folder. */
#define SMP_LOGOS_VERSION 1

typedef enum smp_label { SMP_ADIDAS, SMP_NIKE, SMP_OTHER, SMP_PUMA, SMP_LABELS } smp_label;
extern const char *const smp_label_names[SMP_LABELS];

typedef struct smp_logos_options {
    uint64_t seed;
    int count;                                        /* pictures; 0: 3,000; 20 to 100,000 */
    lg_pool *pool;                                    /* NULL: this thread alone */
    lg_cancel *cancel;                                /* may be NULL; asked between pictures */
    void (*progress)(void *ctx, int done, int count); /* may be NULL; on the calling thread, every ~100 pictures */
    void *progress_ctx;
} smp_logos_options;

/* Makes the set in a folder beside `folder` and moves it there when complete, so `folder` is whole or absent. The place
 * must be writable by lib/base/reach.h, whose errors it passes on; an existing complete set is left as it is. A failure
 * or an interrupt leaves nothing behind. */
lg_status smp_logos_make(const char *folder, const smp_logos_options *options, lg_err *err) LG_MUST_CHECK;
/* A complete set is there. */
bool smp_logos_ready(const char *folder);

/* One picture of the set before compression: picture `index` of a set with this seed and count. *label gets its true
 * class. Used by the set itself, by tests, and where one sample picture is wanted without files. */
lg_status smp_logos_draw(uint64_t seed, int count, int index, img_picture *out, smp_label *label,
                         lg_err *err) LG_MUST_CHECK;

#endif
