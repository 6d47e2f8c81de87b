/* learn_images.h - the images that a command learns from without training: what `gradients` and `landscape` share. */
#ifndef CMD_LEARN_IMAGES_H
#define CMD_LEARN_IMAGES_H

#include "kernel/commands/box_model.h"

typedef struct cmd_learn_images { /* zero-initialise */
    const cmd_model *model;
    const char *model_name;
    const char *data_name; /* "logos.train", of the call's arena */
    data_set *set;         /* those that pass `where`, one part of them; owned */
    data_set *view;        /* the same as the network wants them; owned */
} cmd_learn_images;

/* The dataset that `on` names, else the model's own: the part named, else the training part. model, on: rows of the
 * parameter table. Failures are placed: LL404, LL406, LL407, LL408, LL409. */
lg_status cmd_learn_images_open(const dsl_call *call, int model, int on, cmd_learn_images *out,
                                lg_err *err) LG_MUST_CHECK;
void cmd_learn_images_release(cmd_learn_images *images);
/* LL405, placed: the network has no loss, since it does not end in a softmax. */
lg_status cmd_has_loss(const dsl_call *call, int model, lg_err *err) LG_MUST_CHECK;

#endif
