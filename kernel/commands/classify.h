/* classify.h - what a model says of pictures, with a confidence that means what it says; the parts of `classify`.
 *
 *     cmd_calibration cal;
 *     LG_TRY(cmd_calibrate(call, &call->arg[WITH].value[0], &cal, err));
 *     cmd_calibrated(&cal, p, classes, &said, &confidence);
 *     cmd_calibration_release(&cal); */
#ifndef CMD_CLASSIFY_H
#define CMD_CLASSIFY_H

#include "kernel/commands/opinion.h"
#include "kernel/commands/posts_gallery.h"

/* What the validation images of a model tell of its confidence. */
typedef struct cmd_calibration {
    double temperature;         /* 1: as the network gives it */
    rep_validation *validation; /* calibrated; owned */
    size_t validations;
    const char *name;  /* "logos.val", NULL without; in the call's arena */
    const char *words; /* one clause: how confidence was calibrated, or why not; in the call's arena */
} cmd_calibration;
enum { CMD_CALIBRATES = 20 }; /* validation images that a temperature takes */
/* Temperature scaling on the validation part of the model's own dataset. Without such images, or with too few, or where
 * nothing it said of them is wrong, confidence stays as it is and `words` say so. */
lg_status cmd_calibrate(const dsl_call *call, const dsl_value *model, cmd_calibration *out, lg_err *err) LG_MUST_CHECK;
void cmd_calibration_release(cmd_calibration *calibration);
/* The class of the largest of (classes) shares, its calibrated share, and the same as the network gives it. */
void cmd_calibrated(const cmd_calibration *calibration, const float *p, int classes, rep_picture *out);

/* The pictures of posts, each once, as images for a model: from their files in the catalogue, made as the images were
 * that it learnt from. Files that cannot be read are broken rows. */
typedef struct cmd_posts_images {
    data_set *set;       /* a reference; NULL: there are none */
    const char **sha256; /* (count) sorted: the picture of each row; in the call's arena */
    size_t count;
} cmd_posts_images;
lg_status cmd_posts_images_open(const dsl_call *call, const dsl_value *model, const rep_posts *posts,
                                cmd_posts_images *out, lg_err *err) LG_MUST_CHECK;
void cmd_posts_images_close(cmd_posts_images *images);
/* Row of a picture, -1: it has no file in the catalogue. */
ptrdiff_t cmd_posts_image_row(const cmd_posts_images *images, const char *sha256);

/* "How far to trust this": what the validation images of the model say, in words. */
void cmd_doc_posts_trust(plt_doc *doc, const rep_posts *posts);

#endif
