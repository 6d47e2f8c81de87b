/* layer.h - the layer contract: everything a kind of layer has to say about itself.
 *
 * A layer is one file nnlib/layers/layer_X.c that defines `const nn_layer_type nn_layer_X`; the Makefile collects them
 * into nn_layers[]. From this record alone follow the words of the language, completion and help, the summary table,
 * the plan of memory, the gradient check and the other tests that walk the registry.
 *
 *     const nn_layer_type nn_layer_flatten = {
 *         .name = "flatten", .keras = "Flatten", .doc = "Turns an image into a list of its numbers.",
 *         .config_size = sizeof(nn_config), .fields = fields, .flags = NN_VIEW, .infer = flatten_infer,
 *         .examples = examples,
 *     };
 *
 * Invariants
 *  - infer and params may be asked of any shapes; saved, scratch, forward and backward only of shapes that infer
 *    accepted and that fit in memory.
 *  - forward and backward cannot fail and never allocate. They see a piece of the batch (a few images), run on any
 *    thread, and touch nothing but what the nn_call gives them; so a layer never thinks about threads, and results do
 *    not depend on their number.
 *  - A layer that needs numbers of the whole batch while training (batchnorm) names how many in `sums` and adds up its
 *    piece's share in sum_forward and sum_backward; then all pieces meet, the shares are added in the order of the
 *    pieces, and forward (backward) finds the batch's sums in call->total. When the network is used, none of this runs.
 *  - backward *adds* to grad[], *writes* dx[] and may overwrite dy. A frozen layer has no grad[] and does not read x;
 *    one that has `sums` gets no total while training either, and then works as when the network is used. In a steady
 *    exec (nn_exec_options) a layer that learns gets none too, and has grad[] all the same. */
#ifndef NN_LAYER_H
#define NN_LAYER_H

#include "nnlib/core/tensor.h"

enum { NN_MAX_INPUTS = 8, NN_MAX_PARAMS = 4, NN_NAME = 40, NN_FORMULA = 96 };

/* ---- configuration: a struct per layer that begins with nn_config, described by a table of fields ---- */

typedef struct nn_config {
    char name[NN_NAME]; /* given by the user, or "" */
} nn_config;

typedef struct nn_dims {
    int64_t h, w, c; /* "3x3" is {3, 3, 0}; "64x64x3" is {64, 64, 3} */
} nn_dims;

/* Settings of `input`, the one kind of layer that others make by themselves. */
typedef struct nn_input_config {
    nn_config base;
    nn_dims size;
    int32_t list; /* so many numbers without places; size is 1x1xN */
} nn_input_config;

typedef enum nn_kind {
    NN_INT,    /* int64_t */
    NN_NUMBER, /* double; 10% is 0.1 */
    NN_SIZE,   /* nn_dims; 3x3, or a bare 3 for 3x3 */
    NN_CHOICE, /* int32_t, index into choices */
    NN_FLAG,   /* int32_t, set to `value` when the flag stands, to !value after `no` */
    NN_TEXT,   /* char[NN_NAME] */
} nn_kind;

typedef struct nn_field {
    const char *name;           /* word of the language: "kernel" */
    const char *aliases;        /* other spellings, blank between: "kernel_size"; may be NULL */
    nn_kind kind;
    size_t offset;              /* in the config struct */
    bool positional;            /* may stand without its word: fills the first free positional whose kind fits */
    bool required;
    bool channels;              /* NN_SIZE: a third number is allowed */
    double fallback;            /* default; for NN_SIZE both sides; may lie outside min..max to say "not set" */
    double min, max;            /* NN_INT, NN_NUMBER and each side of NN_SIZE; both allowed */
    double bare_max;            /* NN_SIZE: largest bare number read as a square without its word; 0: any */
    int32_t value;              /* NN_FLAG */
    const char *const *choices; /* NN_CHOICE, NULL-terminated */
    const char *keras;          /* the argument of the Keras class it becomes, "kernel_size"; NULL: none. A flag becomes
                                   keras="its name" where it is off by default (True where both are one word), else
                                   keras=False when it is off */
    const char *help;           /* what it is */
    const char *low, *high;     /* what goes wrong at both ends; may be NULL */
} nn_field;

/* The field every layer has. */
#define NN_FIELD_NAME                                                                                                  \
    {                                                                                                                  \
        .name = "name", .kind = NN_TEXT, .offset = offsetof(nn_config, name), .help = "your own name for this layer"   \
    }

/* A window that slides over an image. */
typedef struct nn_sliding {
    nn_dims size, dilation; /* size x size numbers, each `dilation` rows and columns from the next */
    nn_dims stride;         /* from one window to the next */
    nn_dims before;         /* the first one begins so many rows above and columns to the left of the image */
} nn_sliding;

/* ---- activations, a config field of several layers ---- */
typedef enum nn_activation {
    NN_LINEAR,
    NN_RELU,
    NN_RELU6,
    NN_LEAKY, /* slope 0.2 below 0, the default of Keras 3 */
    NN_ELU,   /* alpha 1 */
    NN_GELU,  /* exact, with erf; Keras' default */
    NN_SWISH, /* x * sigmoid(x); Keras: swish or silu */
    NN_SIGMOID,
    NN_TANH,
    NN_SOFTMAX, /* over the last dimension */
} nn_activation;

/* ---- what is known of a layer once it has its place in a network ---- */
typedef struct nn_spec {
    const void *config; /* config_size bytes */
    int nin;
    nn_shape in[NN_MAX_INPUTS];
    nn_shape out; /* filled by infer */
    const struct nn_spec *fused; /* the layer behind, whose work this one does too (see fuse); spec.out stays its own */
    /* Only when the network is used: */
    bool folded;          /* kernel and bias hold a layer behind (NN_FOLDS): there is a bias, whatever config says */
    nn_activation ending; /* what an activation behind does, done here (NN_TAKES_ENDING); NN_LINEAR: nothing */
} nn_spec;

typedef enum nn_init { NN_ZEROS, NN_ONES, NN_GLOROT_UNIFORM } nn_init;

typedef struct nn_param {
    const char *name; /* "kernel", "bias" */
    nn_shape shape;   /* kernel of a convolution: (kh, kw, in, out), rank 4 */
    nn_init init;
    double fan_in, fan_out; /* for NN_GLOROT_UNIFORM */
    double l2;              /* penalty l2 * sum of squares is added to the loss, as kernel_regularizer in Keras */
    bool moving;            /* not trained: has no gradient, optimiser and l2 pass it by; the layer's settle moves it */
} nn_param;

/* ---- one call of forward or backward: a piece of the batch ---- */
typedef struct nn_call {
    const nn_spec *spec;
    bool training;
    bool raw;         /* leave the activation at the end away: the loss wants scores (last layer, training only) */
    int node;         /* the node's key: makes random numbers differ between layers */
    int first;        /* place of the piece's first image in the batch */
    uint64_t seed;    /* with step, node, first + i and the position: the key of random numbers */
    uint64_t step;
    const float *mask; /* dropout: (n, shape...) 0 or 1 for this piece, or NULL: draw it */

    const nn_tensor *x;      /* [nin] */
    nn_tensor y;             /* backward: valid only with NN_NEEDS_Y; x likewise with NN_NEEDS_X */
    const float *const *param; /* [nparam] */

    nn_tensor dy;            /* backward: may be overwritten */
    nn_tensor *dx;           /* [nin]; dx[i].data is NULL where nobody asks for it */
    float *const *grad;      /* [nparam], added to; NULL for a parameter that is moving or frozen */

    int batch;               /* images in the whole batch */
    const double *total[2];  /* training, layers with sums: the batch's, of forward and (in backward) of backward; NULL
                                for a frozen layer */
    const double *share[2];  /* and this piece's part of them */

    void *saved;   /* n * saved(spec) bytes, from forward to backward; NULL where there will be no backward */
    void *scratch; /* scratch(spec, n) bytes, this call only, 64-byte aligned, contents undefined */
} nn_call;

enum nn_layer_flags {
    NN_NEEDS_X = 1 << 0,     /* backward reads x, unless the layer is frozen */
    NN_NEEDS_Y = 1 << 1,     /* backward reads y */
    NN_VIEW = 1 << 2,        /* y is x under another shape: no forward, no backward, no memory */
    NN_TRAINING_ONLY = 1 << 3, /* a view when the network is used, a layer when it is trained */
    /* What may become one layer when the network is used (plan.h); none of it while it is trained, or kept. */
    NN_FOLDS = 1 << 4,        /* param[0] is a kernel, output channels fastest, param[1] the bias if there is one: an
                                 `affine` of the layer behind can be multiplied into them */
    NN_TAKES_ENDING = 1 << 5, /* forward ends with spec->ending where its own config has no activation */
    NN_IS_ENDING = 1 << 6,    /* nothing but the activation of its config */
};

typedef struct nn_example {
    const char *line;               /* "conv 3 3x3 relu same" */
    nn_shape in[NN_MAX_INPUTS];     /* rank 0 ends */
} nn_example;

typedef struct nn_layer_type {
    const char *name;    /* word of the language: "conv" */
    const char *aliases; /* "conv2d"; case does not matter; may be NULL */
    const char *keras;   /* "Conv2D" */
    const char *doc;     /* one sentence */
    size_t config_size;
    const nn_field *fields; /* {0}-terminated, NN_FIELD_NAME included */
    int min_inputs, max_inputs; /* both 0 stands for 1 */
    unsigned flags;

    /* Fills spec->out, or explains. Sentences name the layer in backquotes; `why` with the trail of sizes is added by
     * nn_net_add for code 203. */
    lg_status (*infer)(nn_spec *spec, lg_err *err);
    int (*params)(const nn_spec *spec, nn_param param[NN_MAX_PARAMS]); /* how many; NULL: none */
    size_t (*saved)(const nn_spec *spec);              /* bytes an image; NULL: none */
    size_t (*scratch)(const nn_spec *spec, int n);     /* bytes for a call with n images; NULL: none */
    void (*forward)(const nn_call *call);
    void (*backward)(const nn_call *call);

    /* Numbers of the whole batch; all NULL for a layer that sees one image at a time. sums: how many, the same there
     * and back. sum_forward writes its piece's from x, sum_backward from dy (and x, with NN_NEEDS_X); neither writes
     * anything else. settle is called once after each update of the weights with the call's spec, batch, param and
     * total, and writes to the parameters marked moving. */
    int (*sums)(const nn_spec *spec);
    void (*sum_forward)(const nn_call *call, double *sum);
    void (*sum_backward)(const nn_call *call, double *sum);
    void (*settle)(const nn_call *call, float *const *param);

    /* May forward and backward do the work of the next layer as well? Asked when that is the only reader of this one.
     * If so, call->y and call->dy are those of the next layer and spec->fused is its spec. NULL: never. */
    bool (*fuse)(const nn_spec *spec, const struct nn_layer_type *next, const nn_spec *next_spec);

    /* When the network is used, is y = scale·x + shift for each channel (the last dimension)? Fills both. NULL: no. */
    void (*affine)(const nn_spec *spec, const float *const *param, float *scale, float *shift);

    /* How the number of parameters arises, "(3·3·16+1)·32"; NULL: no parameters. */
    void (*formula)(const nn_spec *spec, char out[NN_FORMULA]);
    /* How it looks at an image, for the receptive field; NULL: number by number. */
    nn_sliding (*window)(const nn_spec *spec);
    double (*macs)(const nn_spec *spec); /* multiply-adds of one image forward; NULL: 0 */

    const nn_example *examples; /* {0}-terminated; the tests run them all */
} nn_layer_type;

extern const nn_layer_type *const nn_layers[]; /* NULL-terminated, by name; generated */

/* By name or alias, case-insensitive; NULL when there is none. */
const nn_layer_type *nn_layer_find(const char *word);
/* By name or alias among the fields of a type; NULL when there is none. */
const nn_field *nn_field_find(const nn_field *fields, const char *word);
/* Could this word stand for the field without its name? */
bool nn_field_accepts(const nn_field *field, const char *word);
/* Reads a word into config. owner ("conv") is for the sentence: LL141 "`conv filters` wants a whole number, not `x`",
 * LL142 out of range. For NN_FLAG word is "1"/"yes"/"true" or "0"/"no"/"false". */
lg_status nn_field_set(const nn_field *field, const char *owner, void *config, const char *word,
                       lg_err *err) LG_MUST_CHECK;
/* As the language writes it: "3x3", "0.5", "relu". */
void nn_field_text(const nn_field *field, const void *config, char out[NN_FORMULA]);
/* Fills a config with defaults. */
void nn_config_init(const nn_layer_type *type, void *config);
/* Reads "16 3x3 relu stride 2 same" into a config that nn_config_init prepared. Binding is that of the language:
 * `word value`, `word=value`, flags, `no flag`, and bare words for the first positional whose kind fits. */
lg_status nn_config_parse(const nn_layer_type *type, void *config, const char *words, lg_err *err) LG_MUST_CHECK;

extern const char *const nn_activation_names[]; /* in the order of the enum, NULL-terminated */
/* The activation a layer ends with, NN_LINEAR if it has none. */
nn_activation nn_ends_in(const nn_layer_type *type, const void *config);

#endif
