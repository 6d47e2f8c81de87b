/* one_step.h - one step of learning on one image, with all its numbers: scores, loss, gradient, update, loss again.
 *
 *     nn_one_step s = {0};
 *     nn_one_step_options o = {.weights = weights, .image = pixels, .label = 2, .lr = 0.01, .cancel = cancel};
 *     LG_GO(nn_one_step_take(&o, &s, err));
 *     s.loss, s.loss_after;                                   // 1.39, 1.31
 *     nn_one_step_largest(&s, node, 0, place, 5);             // the five weights with the steepest slope
 *     nn_one_step_terms(&s, node, 0, place[0], &terms);       // how that slope arises: input · error + …
 *     LG_GO(nn_one_step_slope(&s, node, 0, place[0], &slope, err)); // and from two runs with w - h and w + h
 *     done: nn_one_step_release(&s);
 *
 * The step is that of nn_fit with a batch of this image and plain sgd, but steady (exec.h): dropout is off and
 * batchnorm works by its averages, so that the loss can be computed again and compared. Cross-entropy, with the
 * penalties of l2. The weights given are not touched: `before` refers to them, `after` is a copy. Frozen layers have no
 * gradient.
 *
 * Failures: LL405, LL430, LL207, LL901, Interrupted. */
#ifndef NN_ONE_STEP_H
#define NN_ONE_STEP_H

#include "nnlib/model/exec.h"

typedef struct nn_one_step_options {
    const nn_weights *weights;
    const float *image; /* (input shape) */
    int label;          /* place of the true class in the output */
    double lr;
    lg_cancel *cancel;
    int64_t limit; /* memory; 0: NN_MEMORY_LIMIT */
} nn_one_step_options;

/* Zero-initialise; release when done. */
typedef struct nn_one_step {
    nn_weights *before, *after; /* references */
    int classes, label;
    double lr;
    float *score, *probability, *error, *later; /* (classes): scores, softmax of them, probability - 1 at the label, and
                                                   probabilities after the step */
    double loss, loss_after;                    /* with penalties */
    double penalty, penalty_after;              /* of those: what l2 adds */
    double square; /* of the gradient's norm: lr · square is how far a straight line would fall */
    /* of the implementation */
    nn_exec *exec, *again; /* there and back with everything kept; and the part that learns, for further runs */
    int cut;               /* `again` begins behind this node */
    nn_weights *moved;     /* of the part, written for each run */
    lg_cancel *cancel;
} nn_one_step;

lg_status nn_one_step_take(const nn_one_step_options *options, nn_one_step *out, lg_err *err) LG_MUST_CHECK;
void nn_one_step_release(nn_one_step *step);

/* Gradient of parameter k of a node, laid out as the parameter; NULL where it is frozen or an average. */
const float *nn_one_step_grad(const nn_one_step *step, int node, int k);
/* Euclidean norms over the parameters of a node that learn: of their gradient (0 where none does) and of themselves. */
double nn_one_step_norm(const nn_one_step *step, int node);
double nn_one_step_weight_norm(const nn_one_step *step, int node);
/* Numbers that the node gives, and the gradient of the loss with respect to them; where the layer ends in an
 * activation, with respect to what goes into it. error is NULL where no gradient goes. */
const float *nn_one_step_output(const nn_one_step *step, int node);
const float *nn_one_step_error(const nn_one_step *step, int node);

/* Places in parameter k of the largest gradients by size, those first that are larger, among equals the earlier one;
 * returns how many, at most `most`. Gradients of 0 are none. */
int nn_one_step_largest(const nn_one_step *step, int node, int k, size_t *place, int most);

/* How the gradient of one weight arises: a sum of input · error over the places where the layer uses the weight. The
 * input of a bias is 1, that of batchnorm's gamma the normalised number. */
enum { NN_TERMS = 3 };
typedef struct nn_terms {
    struct {
        double input, error;
    } term[NN_TERMS]; /* the largest products first */
    int shown;
    int64_t places, counted; /* where the weight is used; and where neither factor is 0 */
    double sum;              /* of all */
    double penalty;          /* what l2 adds to the gradient: 2 · l2 · w */
} nn_terms;
/* False for a kind of layer that is not known here, and where there is no gradient. */
bool nn_one_step_terms(const nn_one_step *step, int node, int k, size_t place, nn_terms *out);

/* The slope once more, without any backward: the loss with the weight h smaller and h larger. */
typedef struct nn_slope {
    double h, low, high; /* losses at w - h and w + h */
    double slope;        /* (high - low) / 2h */
} nn_slope;
lg_status nn_one_step_slope(nn_one_step *step, int node, int k, size_t place, nn_slope *out, lg_err *err) LG_MUST_CHECK;

#endif
