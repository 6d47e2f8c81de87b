/* lesson_filter.h - a filter of a network, and what reaches it: the numbers that a teaching command explains. */
#ifndef CMD_LESSON_FILTER_H
#define CMD_LESSON_FILTER_H

#include "kernel/commands/box_model.h"
#include "kernel/commands/lesson_image.h"

/* One filter of a convolution at work on one image. */
typedef struct cmd_filter {
    cmd_stack x;      /* what the filter sees of what reaches the layer: all channels, or the one of a depthwise */
    cmd_stack kernel; /* (rows, cols, channels of x) */
    double bias;      /* has_bias: the layer has one */
    bool has_bias;
    cmd_motion motion;
    bool pixels;                /* x is the image itself */
    int filters, number;        /* number of filters: from 1 */
    int node;                   /* of the network */
    int channels;               /* that reach the layer */
    int channel;                /* of a depthwise: the one its filter sees, from 0; -1: all */
    const char *layer, *before; /* "conv1", and the layer that makes x; borrowed from the network */
    const char *activation;     /* what the layer does to its sums: "relu" */
} cmd_filter;

#define CMD_FILTER_NUMBER                                                                                              \
    {                                                                                                                  \
        .name = "filter", .role = DSL_OPTION, .type = DSL_T_INT, .dflt_help = "1", .min = 1, .max = 1e6,               \
        .offers = DSL_OFFER_MAPS,                                                                                      \
        .help = "of a model: which filter of the layer"                                                                \
    }

/* layer and filter: rows of the parameter table (a LAYER and an INT). subject: the image, from cmd_subject_row. LL219
 * no such layer, LL142 no such filter, LL408 images of another size. */
lg_status cmd_filter_of(const dsl_call *call, const dsl_value *model, int layer, int filter, const cmd_subject *subject,
                        cmd_filter *out, lg_err *err) LG_MUST_CHECK;
/* The scores that a softmax at the end of the network gets for the image, (1, 1, n). LL405 where it has none. */
lg_status cmd_scores_of(const dsl_call *call, const dsl_value *model, const cmd_subject *subject, cmd_stack *out,
                        lg_err *err) LG_MUST_CHECK;
/* Warning LL411 where the network has not learnt yet. node: the layer that is looked at, for which a pretrained base
 * has learnt; -1: what the network says. */
void cmd_warn_untrained(plt_doc *doc, const dsl_value *model, int node);

#endif
