/* seen.h - what `explain`, `activations` and `filters` share: the images they look into, layers by name, and numbers as
 * pictures.
 *
 *     cmd_seen seen = {0};
 *     LG_GO(cmd_seen_open(call, &(cmd_seen_of){.model = MODEL, .on = ON, .image = IMAGE, .most = 4}, &seen, err));
 *     LG_GO(cmd_seen_pixels(&seen, 0, &x, err));                 // what the network is given
 *     ... cmd_seen_said(&seen, 0), seen.row[0] of seen.set and seen.view
 *     done: cmd_seen_release(&seen); */
#ifndef CMD_SEEN_H
#define CMD_SEEN_H

#include "kernel/commands/opinion.h"
#include "lib/image/picture.h"

typedef struct cmd_seen {
    const cmd_model *model;
    const char *model_name, *data_name; /* "scratch", "logos.val": of the call's arena */
    data_set *set, *view;               /* the images, and as the network wants them: the same rows. Owned */
    cmd_opinion opinion;
    uint32_t *row; /* in the order asked for, owned */
    size_t n;
    size_t passed; /* images there were to choose from */
    bool files;    /* they are of no dataset: data_name is "file" or "files", and no label is known */
} cmd_seen;

/* Parameters of the call; at most so many images where none is named. */
typedef struct cmd_seen_of {
    int model, on, image;
    size_t most;
    bool first; /* the first one that passes, of the whole dataset, instead of some */
} cmd_seen_of;
/* The images named by `image`, of the dataset given, else of the model's own; or files (dataset_edits.h), which need
 * no dataset. Without a name a few that pass `where`, of the validation part where that has images and nothing else is
 * said; or the first. Failures are placed: LL404, LL408, LL314, LL305, LL407, LL144 a `where` with files alone. */
lg_status cmd_seen_open(const dsl_call *call, const cmd_seen_of *of, cmd_seen *out, lg_err *err) LG_MUST_CHECK;
void cmd_seen_release(cmd_seen *seen); /* {0} is fine */
/* Image i as the network is given it; *x owned (lg_free). */
lg_status cmd_seen_pixels(const cmd_seen *seen, size_t i, float **x, lg_err *err) LG_MUST_CHECK;
/* The same image as RGB pixels, enlarged by a whole number or reduced to about `side`. *out empty. */
lg_status cmd_seen_picture(const cmd_seen *seen, size_t i, int side, img_picture *out, lg_err *err) LG_MUST_CHECK;
const float *cmd_seen_said(const cmd_seen *seen, size_t i); /* probabilities */
/* "nike", or "output 281" where a model was made without labels, counted from 0 as cmd_opinion_label does; this
 * thread's, the last 8 stay. */
const char *cmd_output_name(const cmd_model *model, int output);
/* The output that `class` of the call names; -1 where it names none. Placed failures: LL405 the model does not end in a
 * score for each class, LL313 it knows no such label. */
lg_status cmd_output_asked(const dsl_call *call, int model, int class, int *output, lg_err *err) LG_MUST_CHECK;
/* Numbers of the outputs, the surest first, of equal ones the first; *out owned (lg_free). */
lg_status cmd_outputs_ranked(const float *p, int n, int **out, lg_err *err) LG_MUST_CHECK;
/* Bars of the probabilities of one image: all in their order, or the surest few of many. */
lg_status cmd_doc_scores(plt_doc *doc, const cmd_model *model, const float *p, const char *title,
                         lg_err *err) LG_MUST_CHECK;
/* Are all images that the line names files, so that no dataset is needed? on: -1 where there is no such parameter. */
bool cmd_seen_only_files(const dsl_call *call, const dsl_value *model, int on, int image);
/* Notes what was assumed of them where no dataset and no training tell; nothing else. */
void cmd_note_guessed(plt_doc *doc, const dsl_call *call, const dsl_value *model, int on);
/* Those as a set (owned) made as the model's own images were: by the rules it learnt with, else by those of its
 * dataset, else as large as its network wants. */
lg_status cmd_seen_files(const dsl_call *call, const dsl_value *model, int on, int image, data_set **out,
                         lg_err *err) LG_MUST_CHECK;
/* How a picture of no dataset is made for a model: as those it learnt from, else as those it would learn from. set: its
 * dataset, or NULL. */
data_rules cmd_rules_for(const cmd_model *model, const data_set *set);
/* "image 412" or "images 1, 5, 7", as they are numbered; of files their names alone. */
void cmd_seen_numbers(const cmd_seen *seen, lg_buf *out);

/* The node that `layer` of the call names, else `fallback`, which is -1 where there is none. LL219 no such layer, LL432
 * its output has no places. kernel: it must have learnt kernels instead. */
lg_status cmd_seen_layer(const dsl_call *call, int model, int layer, int fallback, bool kernel, int *node,
                         lg_err *err) LG_MUST_CHECK;

/* A slider over the layers that cmd_seen_layer takes, and `node`, which is drawn. None where there is one layer. */
lg_status cmd_seen_slider(const dsl_call *call, const cmd_model *model, bool kernel, int node, dsl_slider *out,
                          lg_err *err) LG_MUST_CHECK;

/* ---- numbers as pictures ---- */
/* A map (h, w), scaled so that `most` is full colour: 0 is white, numbers above it blue, below it vermilion. A pixel of
 * out is `times` x `times`. crossed: a line from corner to corner says that there is nothing. *out empty. */
lg_status cmd_paint_map(const float *map, int h, int w, double most, int times, bool crossed, img_picture *out,
                        lg_err *err) LG_MUST_CHECK;
/* The same into a picture that is there, at (y, x). stride: floats from one number to the next, rows are w of them. */
void cmd_paint_numbers(const float *map, size_t stride, int h, int w, double most, img_picture *to, int y, int x);
/* Heat, a number for each pixel of the picture, over it: none to vermilion, what is below 0 as 0. alone: on white
 * instead. line: around what is at least half of `most`. */
void cmd_paint_heat(const float *heat, double most, bool alone, bool line, img_picture *picture);
/* Grad-CAM of what a model said of some rows of a set, as small pictures in a fold; nothing where its layers have no
 * places. */
lg_status cmd_doc_looked(plt_doc *doc, const dsl_call *call, const cmd_model *model, data_set *set, const uint32_t *row,
                         const int *score, size_t n, lg_err *err) LG_MUST_CHECK;

#endif
