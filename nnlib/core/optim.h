/* optim.h - the contracts of optimisers and losses; one file each, nnlib/optim/optim_X.c and loss_X.c.
 *
 * An optimiser turns a gradient into new weights, element by element, so any range of the weights can be updated on any
 * thread. A loss turns scores and labels into a number per image and the gradient of the scores. */
#ifndef NN_OPTIM_H
#define NN_OPTIM_H

#include "nnlib/core/tensor.h"

typedef struct nn_hyper {
    double lr;
    double momentum; /* sgd: 0 switches it off */
    bool nesterov;
    double decay;    /* decoupled weight decay: w -= lr * decay * w before the step, as `weight_decay` in Keras */
    int64_t step;    /* 1 for the first update */
} nn_hyper;

typedef struct nn_optim_type {
    const char *name;    /* "sgd" */
    const char *keras;   /* "SGD" */
    const char *doc;     /* one sentence */
    double lr;           /* usual learning rate */
    double momentum;     /* momentum where the user gives none */
    int slots;           /* numbers kept for each weight between steps, 0 at the start */
    /* w, g and each slot[k] are n numbers; w and slots are updated. */
    void (*update)(const nn_hyper *hyper, size_t n, float *w, const float *g, float *const *slot);
} nn_optim_type;

typedef struct nn_loss_call {
    int n, classes;
    const int32_t *label;      /* (n) */
    const float *class_weight; /* (classes), or NULL: all 1 */
    float scale;               /* 1 / images in the batch */
    const float *z;            /* (n, classes) scores before softmax */
    float *p;                  /* (n, classes) out: probabilities */
    float *dz;                 /* (n, classes) out: gradient of the batch's mean loss; NULL: not wanted */
    float *loss;               /* (n) out: loss of each image, class weight included */
} nn_loss_call;

typedef struct nn_loss_type {
    const char *name;  /* "crossentropy" */
    const char *keras; /* "sparse_categorical_crossentropy" */
    const char *doc;
    void (*run)(const nn_loss_call *call); /* z may be the same block as p or dz */
    double (*value)(double p); /* loss of one image from the probability of its true class, 0 < p <= 1 */
} nn_loss_type;

extern const nn_optim_type *const nn_optims[]; /* NULL-terminated, by name; generated */
extern const nn_loss_type *const nn_losses[];

const nn_optim_type *nn_optim_find(const char *name); /* NULL when there is none */
const nn_loss_type *nn_loss_find(const char *name);

#endif
