/* plan.h - what nn_exec decides before it runs: which layers really run, who writes where, and how much memory that
 * takes.
 *
 * A piece of the batch walks through the nodes forward (steps 0 … L-1), through the loss (step L) and back (step 2L - i
 * for node i). Every output, gradient, kept number and scratch block has a life in these steps; nn_workspace lays them
 * out.
 *  - A view (flatten; dropout when the network is only used, or steady) runs nothing: its root is the root of its
 *    input.
 *  - A layer that also does the work of its only reader (fuse) writes to that reader's place; the reader runs nothing.
 *  - Where nothing is trained (in use; in training, what lies before the first layer that learns), a batchnorm behind a
 *    convolution, depthwise or dense is folded into its kernel and bias (what nn_exec_load computes), and an activation
 *    behind that (or behind `add`) is done in the same pass. Each must be the only reader of the one before. So a
 *    residual network runs as convolutions and sums alone.
 *  - Roots of the input and of the last layer lie outside, in blocks for the whole batch.
 *  - Before the steps of a layer with numbers of the whole batch (nn_plan_meets) all pieces wait for each other. */
#ifndef NN_PLAN_H
#define NN_PLAN_H

#include "nnlib/core/workspace.h"
#include "nnlib/model/net.h"

typedef struct nn_plan_node {
    bool runs;
    bool trains;      /* a gradient has to reach it: it or something before it has weights that are not frozen; all, the
                         input too, with `back` */
    int root;         /* node whose place holds its output */
    int target;       /* node it writes for: itself, or the reader it swallowed */
    nn_spec spec;     /* the net's, with fused, folded and ending set */
    int folds;        /* node whose scale and shift are folded into this one's parameters, -1: none */
    size_t folded;    /* where those parameters lie among all that are folded, in floats */
    bool add[NN_MAX_INPUTS]; /* its dx[i] is added to what a later reader wrote */
    int y, dy, saved, scratch_forward, scratch_backward, temp; /* items of the workspace, -1: none */
    size_t saved_bytes;      /* an image */
    int sums;                /* numbers of the whole batch it wants while training, for each direction; 0: none */
    size_t sums_before;      /* those of the nodes before it */
} nn_plan_node;

typedef struct nn_plan {
    nn_plan_node *node;
    int count;
    int images;  /* most in one piece */
    size_t sums; /* of all nodes */
    size_t folded;        /* floats of all folded parameters, behind them fold_channels twice */
    size_t fold_channels; /* most of one node */
    nn_workspace ws;
} nn_plan;

typedef struct nn_plan_options {
    const nn_net *net;
    int images;
    bool train, keep; /* keep: everything stays alive, nothing is fused */
    bool back;        /* with keep, without train: used, and gradients of every output and of the input */
    bool steady;      /* with train: dropout is a view, batchnorm wants no numbers of the batch */
} nn_plan_options;

lg_status nn_plan_init(nn_plan *plan, const nn_plan_options *options, lg_err *err) LG_MUST_CHECK;
void nn_plan_release(nn_plan *plan);

/* Floats of a folded kernel; the bias lies behind them. */
size_t nn_plan_folded_kernel(const nn_node *node);
/* The node that works in a step; 0 for the loss. */
int nn_plan_node_of(const nn_plan *plan, int step);
/* Must all pieces have come this far, and their numbers been added up, before this step? */
bool nn_plan_meets(const nn_plan *plan, int step);

#endif
