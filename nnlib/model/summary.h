/* summary.h - the layer table: shapes, parameters and how they arise, what each layer sees, work and memory.
 *
 *     nn_summary summary;
 *     LG_TRY(nn_summary_new(net, &summary, err));
 *     for (int i = 0; i < summary.count; i++) printf("%s %s %zu\n", summary.row[i].title, summary.row[i].shape, …);
 *     nn_summary_release(&summary);
 */
#ifndef NN_SUMMARY_H
#define NN_SUMMARY_H

#include "nnlib/model/net.h"

typedef struct nn_summary_row {
    int node;
    char title[2 * NN_NAME + 24];   /* "conv2d_1 (Conv2D)" */
    const char *name;               /* "conv1"; borrowed from the net */
    char shape[NN_SHAPE_TEXT];      /* "(None, 62, 62, 16)" */
    char size[NN_SHAPE_TEXT];       /* "62x62x16" */
    size_t params;                  /* 448 */
    size_t moving;                  /* of those: averages of batchnorm */
    size_t trained;                 /* of those: what an optimiser moves */
    bool frozen;
    char formula[NN_FORMULA];       /* "(3·3·3+1)·16", or "" */
    int64_t field_h, field_w;       /* pixels of the input one number of the output depends on; 0: all of them */
    int64_t jump_h, jump_w;         /* pixels between neighbours of the output */
    double macs;                    /* multiply-adds for one image, forward */
    size_t bytes;                   /* of its output, for one image */
    char connected[64];             /* names of its inputs where that is not just the line above, else "" */
} nn_summary_row;

typedef struct nn_summary {
    nn_summary_row *row; /* count, without the input */
    int count;
    nn_shape input;
    size_t params, moving, trained; /* Keras' trainable parameters are `trained`, all others are non-trainable */
    double macs;
    size_t weight_bytes, activation_bytes; /* f32, one image */
} nn_summary;

lg_status nn_summary_new(const nn_net *net, nn_summary *out, lg_err *err) LG_MUST_CHECK; /* release it */
void nn_summary_release(nn_summary *summary);
/* The table as text, as Keras prints it (columns Layer (type), Output Shape, Param #). */
void nn_summary_text(const nn_summary *summary, lg_buf *out);

#endif
