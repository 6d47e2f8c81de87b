/* facts.h - what a network is, spelt out for those who write it down for another program.
 *
 *     nn_facts f;
 *     LG_TRY(nn_facts_of(nn_net_node(net, i), &f, err));     // conv 16 3x3 same relu on 64x64:
 *     f.op;                                                   // NN_OP_CONV
 *     f.window, f.before, f.behind, f.activation;             // 3x3, 1x1, 1x1, NN_RELU
 *
 * A writer (io/onnx_write.h, io/net_safetensors.h, model/c_source.h, model/keras_json.h) takes an nn_about: the
 * weights with their network, and what a reader has to know beside them. Writers do no more than they say: batchnorm
 * stays a layer, nothing is folded, so what they write computes what nn_exec computes, to rounding. */
#ifndef NN_FACTS_H
#define NN_FACTS_H

#include "nnlib/model/net.h"

/* ---- one layer ---- */
typedef enum nn_op {
    NN_OP_INPUT,
    NN_OP_CONV,
    NN_OP_DEPTHWISE,
    NN_OP_DENSE,
    NN_OP_MAXPOOL,
    NN_OP_AVGPOOL,
    NN_OP_GLOBALAVG,
    NN_OP_GLOBALMAX,
    NN_OP_PAD,
    NN_OP_FLATTEN,
    NN_OP_BATCHNORM,
    NN_OP_ACTIVATION,
    NN_OP_ADD,
    NN_OP_CONCAT,
    NN_OP_DROPOUT,
} nn_op;

typedef struct nn_facts {
    nn_op op;
    nn_dims window, stride, dilation; /* 1x1 where the layer has none */
    nn_dims before, behind;           /* rows above x columns to the left, rows below x columns to the right that `same`
                                         or `pad` adds on this image */
    nn_activation activation;         /* at its end */
    double epsilon;                   /* batchnorm */
    bool keepdims;                    /* globalavg gives an image of one place */
    float kernel[9], bias[3];         /* of `preprocess`, which is a conv 1x1 whose numbers are not weights */
    bool fixed;                       /* it is one */
    bool view; /* gives the numbers it gets, in their order: flatten, dropout (when the network is
                  used), activation linear */
} nn_facts;
/* LL367 for a kind of layer that is not listed. */
lg_status nn_facts_of(const nn_node *node, nn_facts *out, lg_err *err) LG_MUST_CHECK;

/* The numbers a layer computes with, in the order of nn_param: its weights, or those of facts. How many: 0, a kernel,
 * a kernel and a bias, or the four of batchnorm. data is borrowed from either. */
typedef struct nn_array {
    const char *name; /* "kernel" */
    nn_shape shape;
    const float *data;
} nn_array;
int nn_facts_arrays(const nn_facts *facts, const nn_weights *weights, int node, nn_array out[NN_MAX_PARAMS]);

/* The layer as the language writes it, with what is not its default: `conv 16 3x3 relu stride 2x2 same no bias`. */
void nn_node_words(const nn_node *node, lg_buf *out);
/* All of them, one a line with its name, and with what it reads where that is not just the line above:
 * `add1: add (batchnorm2, conv1)`. Frozen layers are followed by `, frozen`. */
void nn_net_words(const nn_net *net, lg_buf *out);

/* ---- the whole ---- */
/* All texts are borrowed; only name and weights must be there. */
typedef struct nn_about {
    const nn_weights *weights;
    const char *name;         /* of the model: "scratch" */
    const char *const *label; /* names of the outputs, in their order; labels 0: not known */
    int labels;
    double low, high;          /* what bytes 0 and 255 of a pixel become before they reach the network */
    const char *preprocessing; /* all that happens to a picture, for people; or NULL */
    const char *recipe;        /* lines that make the model again; or NULL */
} nn_about;

/* LL364 when a weight is infinite or no number: no other program could use that. */
lg_status nn_about_check(const nn_about *about, lg_err *err) LG_MUST_CHECK;
/* How a byte of a pixel becomes a number: "byte / 255", "-1 + byte * 2 / 255". */
void nn_about_scale(const nn_about *about, char out[80]);
/* The keys and values that formats with a place for them carry: producer, model, classes (a list in JSON), scale,
 * preprocessing, layers (nn_net_words), recipe. Calls `add` for each that is known; the texts last for the call. */
typedef void (*nn_note_fn)(void *ctx, const char *key, const char *value);
lg_status nn_about_notes(const nn_about *about, nn_note_fn add, void *ctx, lg_err *err) LG_MUST_CHECK;
/* LL367: `format` cannot hold this network; the text says what of it. Try: another format. */
lg_status nn_not_written(const char *format, lg_err *err, const char *fmt, ...) LG_PRINTF(3, 4);

#endif
