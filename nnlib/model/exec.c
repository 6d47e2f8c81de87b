/* exec.c - walking pieces of a batch through a planned network. */
#include "nnlib/model/exec.h"
#include <math.h>
#include <string.h>
#include "nnlib/kernels/kernels.h"
#include "nnlib/model/plan.h"
#include "lib/base/banned.h"

enum { EXEC_COLUMNS = 4096 }; /* weights one job of a step works on */

struct nn_exec {
    const nn_net *net;
    nn_plan plan;
    lg_pool *pool;
    lg_cancel *cancel;
    const nn_loss_type *loss_type;
    const nn_optim_type *optim;
    bool train, keep, back;
    int max_batch, classes;
    int pieces;                /* most in a batch */
    int batch;                 /* images of the last gradient */
    uint64_t seed;
    int64_t steps;
    size_t block, bytes;
    size_t trained;            /* floats of the block that are trained */

    const nn_weights *bound;   /* in use without training */
    const float *w;            /* weights in use */
    float *folded;             /* parameters that hold the layer behind too, see plan.h */
    float *own, *grad, *slots; /* (block), (trained), (optim->slots, trained) */
    float *partial;            /* (pieces, trained): gradient of each piece */
    float *input, *output, *losses, *class_weight;
    int32_t *labels;
    const float **mask;        /* (nodes) */
    double *sums;              /* numbers of the whole batch, see sums_of */
    char *slot;                /* workspace of each worker, or of each piece where pieces wait for each other */
    bool weighted;
    double loss;
};

/* ---- making one ---- */

static lg_status check_trainable(const nn_net *net, lg_err *err)
{
    const nn_node *last = nn_net_node(net, nn_net_count(net) - 1);
    char size[NN_SHAPE_TEXT];
    if (nn_net_frozen(net) && !nn_net_trained_block(net)) {
        lg_fail(err, LG_E_ARG, 430, "every layer of this network is frozen, so there is nothing to train");
        return lg_try(err, "leave the last layers free to learn");
    }
    if (last->spec.out.rank == 1 && nn_ends_in(last->type, last->spec.config) == NN_SOFTMAX) return LG_OK;
    lg_fail(err, LG_E_SHAPE, 405,
            "this network does not end in probabilities, so it cannot be trained to name classes");
    lg_why(err, "its last layer is `%s`, which gives %s numbers without softmax", last->type->name,
           nn_shape_text(last->spec.out, size));
    return lg_try(err, "end it with `dense classes softmax`");
}

/* Everything an exec takes, as (where to put it, how many floats), so that the sum can be judged before anything is
 * taken. */
typedef struct exec_need {
    void *place; /* of a pointer */
    double count, size;
} exec_need;

static lg_status exec_take(nn_exec *e, const exec_need *need, int n, int64_t limit, lg_err *err)
{
    double bytes = 0;
    for (int i = 0; i < n; i++) bytes += need[i].count * need[i].size;
    if (bytes > (double)limit) {
        lg_fail(err, LG_E_LIMIT, 207, "this network would need %.1f GB for batches of %s", bytes / 1e9,
                lg_thousands(e->max_batch));
        lg_why(err, "the limit is %.1f GB", (double)limit / 1e9);
        return lg_try(err, "use a smaller batch, smaller images or fewer filters");
    }
    e->bytes = (size_t)bytes;
    for (int i = 0; i < n; i++) {
        void *block = lg_alloc((size_t)need[i].count, (size_t)need[i].size, err);
        if (!block) return LG_E_MEMORY;
        memcpy(need[i].place, &block, sizeof block);
    }
    return LG_OK;
}

static lg_status exec_memory(nn_exec *e, int64_t limit, lg_err *err)
{
    double batch = e->max_batch, trained = (double)e->trained, f = sizeof(float), t = e->train;
    int pieces = e->pieces, slots = e->keep ? 1 : e->plan.sums ? pieces : lg_pool_size(e->pool);
    const exec_need need[] = {
        {&e->slot, slots, (double)(e->plan.ws.total ? e->plan.ws.total : 64)},
        {&e->input, batch * nn_shape_count(nn_net_input(e->net)), f},
        {&e->output, batch * nn_shape_count(nn_net_output(e->net)), f},
        {&e->mask, nn_net_count(e->net), sizeof(float *)},
        {&e->sums, 2 * (1 + pieces), (double)(e->plan.sums * sizeof(double))},
        {&e->folded, (double)(e->plan.folded + 2 * e->plan.fold_channels), f},
        {&e->labels, t * batch, f},
        {&e->losses, t * batch, f},
        {&e->class_weight, t * e->classes, f},
        {&e->own, t * (double)e->block, f},
        {&e->grad, t * trained, f},
        {&e->partial, t * trained * pieces, f},
        {&e->slots, t * trained * (e->optim ? e->optim->slots : 0), f},
    };
    return exec_take(e, need, sizeof need / sizeof *need, limit, err);
}

/* Pieces a batch is cut into. A used network has nothing to add up, so that a few images, each of which may be much
 * work, need not wait for one thread: there are at least four pieces, as long as there are images. */
static int pieces_of(const nn_exec *e, int images)
{
    enum { USED = 4 };
    int pieces = nn_pieces(images);
    if (e->keep) return 1;
    if (e->train || pieces >= USED) return pieces;
    return images < USED ? images : USED;
}

/* Most images a piece can have: 8, or a sixteenth of a large batch. */
static int piece_images(const nn_exec *e)
{
    int max_batch = e->max_batch;
    int most = 0;
    for (int n = max_batch < 8 ? max_batch : 8; n <= max_batch;
         n = n < max_batch && n + 8 > max_batch ? max_batch : n + 8) {
        int first = nn_piece_of(n, pieces_of(e, n), 0).count;
        if (first > most) most = first;
    }
    return most;
}

lg_status nn_exec_new(const nn_exec_options *o, nn_exec **out, lg_err *err)
{
    lg_status st;
    if (o->max_batch < 1 || o->max_batch > 1000000)
        return lg_fail(err, LG_E_ARG, 142, "a batch must have 1 to 1,000,000 images, not %s",
                       lg_thousands(o->max_batch));
    LG_BUG_ON((o->back && (o->train || !o->keep)) || (o->steady && !o->train));
    if (o->train) LG_TRY(check_trainable(o->net, err));
    nn_exec *e = lg_alloc(1, sizeof *e, err);
    if (!e) return LG_E_MEMORY;
    e->net = nn_net_ref(o->net);
    e->pool = o->pool, e->loss_type = o->loss, e->optim = o->optim, e->train = o->train, e->keep = o->keep;
    e->back = o->back;
    e->max_batch = o->max_batch, e->seed = o->seed, e->block = nn_net_block(o->net);
    e->trained = nn_net_trained_block(o->net);
    e->pieces = pieces_of(e, o->max_batch);
    e->classes = (int)nn_net_output(o->net).dim[nn_net_output(o->net).rank - 1];
    LG_GO(nn_plan_init(&e->plan,
                       &(nn_plan_options){.net = o->net,
                                          .train = o->train,
                                          .keep = o->keep,
                                          .back = o->back,
                                          .steady = o->steady,
                                          .images = o->keep ? o->max_batch : piece_images(e)},
                       err));
    LG_GO(exec_memory(e, o->limit ? o->limit : NN_MEMORY_LIMIT, err));
    e->w = e->own;
done:
    if (st == LG_OK) *out = e;
    else nn_exec_free(e);
    return st;
}

void nn_exec_free(nn_exec *e)
{
    if (!e) return;
    void *blocks[] = {e->own, e->grad, e->slots, e->partial, e->input, e->output, e->losses, e->class_weight, e->labels,
                      e->mask, e->sums, e->slot, e->folded};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) lg_free(blocks[i]);
    nn_plan_release(&e->plan);
    nn_weights_unref(e->bound);
    nn_net_unref(e->net);
    lg_free(e);
}

static void node_params(const nn_exec *e, int i, const float *param[NN_MAX_PARAMS])
{
    const nn_node *node = nn_net_node(e->net, i);
    for (int k = 0; k < node->nparam; k++) param[k] = e->w + node->offset[k];
}

/* kernel'[…][c] = kernel[…][c]·scale[c], bias'[c] = bias[c]·scale[c] + shift[c] */
static void fold(const nn_exec *e, int i)
{
    const nn_plan_node *plan = &e->plan.node[i];
    const nn_node *node = nn_net_node(e->net, i);
    const float *param[NN_MAX_PARAMS], *behind[NN_MAX_PARAMS];
    size_t channels = (size_t)node->spec.out.dim[node->spec.out.rank - 1];
    size_t rows = nn_shape_size(node->param[0].shape) / channels;
    float *scale = e->folded + e->plan.folded, *shift = scale + channels;
    float *kernel = e->folded + plan->folded, *bias = kernel + nn_plan_folded_kernel(node);
    node_params(e, i, param);
    node_params(e, plan->folds, behind);
    nn_net_node(e->net, plan->folds)->type->affine(&e->plan.node[plan->folds].spec, behind, scale, shift);
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < channels; c++) kernel[r * channels + c] = param[0][r * channels + c] * scale[c];
    for (size_t c = 0; c < channels; c++) bias[c] = (node->nparam > 1 ? param[1][c] * scale[c] : 0) + shift[c];
}

void nn_exec_load(nn_exec *e, const nn_weights *weights)
{
    LG_BUG_ON(!nn_net_laid_out_alike(nn_weights_net(weights), e->net));
    if (e->train) {
        memcpy(e->own, nn_weights_block(weights), e->block * sizeof(float));
    } else {
        nn_weights *held = nn_weights_ref(weights);
        nn_weights_unref(e->bound);
        e->bound = held;
        e->w = nn_weights_block(held);
    }
    for (int i = 1; i < e->plan.count; i++)
        if (e->plan.node[i].folds >= 0) fold(e, i);
}

void nn_exec_store(const nn_exec *e, nn_weights *weights)
{
    memcpy(nn_weights_data(weights), e->w, e->block * sizeof(float));
}

/* ---- one piece ---- */

typedef struct piece {
    nn_exec *e;
    char *slot;
    int index;
    int first, count; /* images of the batch */
    int batch;        /* all of its images */
    bool training;
    float scale;      /* 1 / images in the batch */
    float *grad;      /* (trained) */
} piece;

static float *space(const piece *p, int item)
{
    return item < 0 ? NULL : (float *)(void *)(p->slot + p->e->plan.ws.item[item].offset);
}

/* Where the output of a root lies for this piece. */
static float *output_of(const piece *p, int root)
{
    const nn_exec *e = p->e;
    size_t size = (size_t)p->first * nn_shape_size(nn_net_node(e->net, root)->spec.out);
    if (root == 0) return e->input + size;
    if (root == e->plan.node[e->plan.count - 1].root) return e->output + size;
    return space(p, e->plan.node[root].y);
}

static nn_tensor tensor_of(const piece *p, float *data, nn_shape shape)
{
    return (nn_tensor){.data = data, .n = p->count, .shape = shape};
}

/* Numbers a node wants of the whole batch, there (0) and back (1): the batch's, then each piece's share. */
static double *sums_of(const nn_exec *e, int node, int back, int share)
{
    const nn_plan_node *plan = &e->plan.node[node];
    size_t shares = 1 + (size_t)e->pieces;
    return e->sums + 2 * shares * plan->sums_before + ((size_t)back * shares + (size_t)share) * (size_t)plan->sums;
}

/* What both directions have in common. x and param are the caller's arrays. */
static nn_call call_begin(const piece *p, int i, nn_tensor x[NN_MAX_INPUTS], const float *param[NN_MAX_PARAMS])
{
    nn_exec *e = p->e;
    const nn_node *node = nn_net_node(e->net, i);
    const nn_plan_node *plan = &e->plan.node[i];
    for (int k = 0; k < node->spec.nin; k++)
        x[k] = tensor_of(p, output_of(p, e->plan.node[node->input[k]].root), node->spec.in[k]);
    node_params(e, i, param);
    if (plan->folds >= 0) {
        param[0] = e->folded + plan->folded;
        param[1] = param[0] + nn_plan_folded_kernel(node);
    }
    const float *mask = e->mask[i] ? e->mask[i] + (size_t)p->first * nn_shape_size(node->spec.out) : NULL;
    nn_shape shape = nn_net_node(e->net, plan->target)->spec.out;
    bool sums = p->training && plan->sums;
    return (nn_call){.spec = &plan->spec,
                     .training = p->training,
                     .raw = p->training && i == e->plan.count - 1,
                     .node = node->key,
                     .first = p->first,
                     .seed = e->seed,
                     .step = (uint64_t)e->steps,
                     .mask = mask,
                     .x = x,
                     .y = tensor_of(p, output_of(p, plan->target), shape),
                     .param = param,
                     .batch = p->batch,
                     .total = {sums ? sums_of(e, i, 0, 0) : NULL, sums ? sums_of(e, i, 1, 0) : NULL},
                     .share = {sums ? sums_of(e, i, 0, 1 + p->index) : NULL,
                               sums ? sums_of(e, i, 1, 1 + p->index) : NULL},
                     .saved = space(p, plan->saved)};
}

static void forward_one(const piece *p, int i)
{
    const nn_exec *e = p->e;
    nn_tensor x[NN_MAX_INPUTS];
    const float *param[NN_MAX_PARAMS];
    nn_call call = call_begin(p, i, x, param);
    call.scratch = space(p, e->plan.node[i].scratch_forward);
    nn_net_node(e->net, i)->type->forward(&call);
}

/* The loss, its gradient, and zeros for backward to add to. */
static void piece_loss(const piece *p)
{
    nn_exec *e = p->e;
    int last = e->plan.count - 1;
    float *scores = output_of(p, last);
    e->loss_type->run(&(nn_loss_call){.n = p->count, .classes = e->classes, .label = e->labels + p->first,
                                      .class_weight = e->weighted ? e->class_weight : NULL, .scale = p->scale,
                                      .z = scores, .p = scores, .dz = space(p, e->plan.node[last].dy),
                                      .loss = e->losses + p->first});
    memset(p->grad, 0, e->trained * sizeof *p->grad);
}

/* Where a node's gradients with respect to its inputs go; those to be added go to `temp` first. */
static void call_dx(const piece *p, int i, nn_tensor dx[NN_MAX_INPUTS])
{
    const nn_exec *e = p->e;
    const nn_node *node = nn_net_node(e->net, i);
    for (int k = 0; k < node->spec.nin; k++) {
        const nn_plan_node *root = &e->plan.node[e->plan.node[node->input[k]].root];
        float *data = root->trains ? space(p, e->plan.node[i].add[k] ? e->plan.node[i].temp : root->dy) : NULL;
        dx[k] = tensor_of(p, data, node->spec.in[k]);
    }
}

static void backward_one(const piece *p, int i)
{
    const nn_exec *e = p->e;
    const nn_node *node = nn_net_node(e->net, i);
    const nn_plan_node *plan = &e->plan.node[i];
    nn_tensor x[NN_MAX_INPUTS], dx[NN_MAX_INPUTS];
    const float *param[NN_MAX_PARAMS];
    float *grad[NN_MAX_PARAMS];
    nn_call call = call_begin(p, i, x, param);
    for (int k = 0; k < node->nparam; k++)
        grad[k] = !e->back && nn_node_trains(node, k) ? p->grad + node->offset[k] : NULL;
    call_dx(p, i, dx);
    call.grad = grad, call.dx = dx, call.scratch = space(p, plan->scratch_backward);
    call.dy = tensor_of(p, space(p, e->plan.node[plan->target].dy), call.y.shape);
    node->type->backward(&call);
    for (int k = 0; k < node->spec.nin; k++) {
        const nn_plan_node *root = &e->plan.node[e->plan.node[node->input[k]].root];
        if (!plan->add[k] || !root->trains) continue;
        nn_axpy(&(nn_axpy_args){.n = (size_t)p->count * nn_shape_size(node->spec.in[k]), .alpha = 1, .x = dx[k].data,
                                .y = space(p, root->dy)});
    }
}

/* Steps [from, to) of the walk, counted as in plan.h. False when it was cancelled. */
static bool piece_walk(const piece *p, int from, int to)
{
    const nn_plan *plan = &p->e->plan;
    for (int step = from; step < to; step++) {
        const nn_plan_node *node = &plan->node[nn_plan_node_of(plan, step)];
        if (lg_cancelled(p->e->cancel)) return false;
        if (step == plan->count) piece_loss(p);
        else if (step < plan->count && node->runs) forward_one(p, step);
        else if (node->runs && node->trains) backward_one(p, nn_plan_node_of(plan, step));
    }
    return true;
}

/* This piece's share of what the node of the coming step wants to know of the whole batch. */
static void piece_sums(const piece *p, int step)
{
    const nn_exec *e = p->e;
    int i = nn_plan_node_of(&e->plan, step), back = step > e->plan.count;
    const nn_layer_type *type = nn_net_node(e->net, i)->type;
    nn_tensor x[NN_MAX_INPUTS];
    const float *param[NN_MAX_PARAMS];
    nn_call call = call_begin(p, i, x, param);
    if (back) call.dy = tensor_of(p, space(p, e->plan.node[e->plan.node[i].root].dy), call.y.shape);
    (back ? type->sum_backward : type->sum_forward)(&call, sums_of(e, i, back, 1 + p->index));
}

/* ---- the batch ---- */

typedef struct batch_job {
    nn_exec *e;
    int n, pieces;
    int from, to, end; /* steps of this stretch, and of the whole walk */
    const nn_hyper *hyper;
} batch_job;

static piece piece_of(const batch_job *job, int index, int worker, bool training)
{
    nn_exec *e = job->e;
    nn_piece_range range = nn_piece_of(job->n, job->pieces, index);
    return (piece){.e = e,
                   .slot = e->slot + (size_t)(e->plan.sums ? index : worker) * e->plan.ws.total,
                   .index = index,
                   .batch = job->n,
                   .first = range.first,
                   .count = range.count,
                   .training = training,
                   .scale = 1.0f / (float)job->n,
                   .grad = e->partial + (size_t)index * e->trained};
}

static void forward_job(void *ctx, int index, int worker)
{
    const batch_job *job = ctx;
    piece p = piece_of(job, index, worker, false);
    piece_walk(&p, 0, job->end);
}

/* From one meeting of the pieces to the next. */
static void stretch_job(void *ctx, int index, int worker)
{
    const batch_job *job = ctx;
    piece p = piece_of(job, index, worker, true);
    if (piece_walk(&p, job->from, job->to) && job->to < job->end) piece_sums(&p, job->to);
}

/* Numbers of the batch for the node of a step: the pieces' shares, added in their order. */
static void add_shares(nn_exec *e, int step, int pieces)
{
    int node = nn_plan_node_of(&e->plan, step), back = step > e->plan.count, n = e->plan.node[node].sums;
    double *total = sums_of(e, node, back, 0);
    memset(total, 0, (size_t)n * sizeof *total);
    for (int i = 0; i < pieces; i++) {
        const double *share = sums_of(e, node, back, 1 + i);
        for (int k = 0; k < n; k++) total[k] += share[k];
    }
}

/* Adds the partial gradients of a range of weights, in the order of the pieces. */
static void sum_job(void *ctx, int index, int worker)
{
    const batch_job *job = ctx;
    nn_exec *e = job->e;
    size_t from = (size_t)index * EXEC_COLUMNS, left = e->trained - from;
    size_t n = left < EXEC_COLUMNS ? left : EXEC_COLUMNS;
    (void)worker;
    nn_sum_rows(&(nn_sum_rows_args){.rows = job->pieces, .cols = n, .stride = e->trained, .x = e->partial + from,
                                    .y = e->grad + from});
}

static void step_job(void *ctx, int index, int worker)
{
    const batch_job *job = ctx;
    nn_exec *e = job->e;
    size_t from = (size_t)index * EXEC_COLUMNS, left = e->trained - from;
    size_t n = left < EXEC_COLUMNS ? left : EXEC_COLUMNS;
    float *slot[4] = {0};
    (void)worker;
    for (int s = 0; s < e->optim->slots && s < 4; s++) slot[s] = e->slots + (size_t)s * e->trained + from;
    e->optim->update(job->hyper, n, e->own + from, e->grad + from, slot);
}

static int column_jobs(size_t floats)
{
    return (int)((floats + EXEC_COLUMNS - 1) / EXEC_COLUMNS);
}

/* l2 times the sum of squares of every tensor that has one and learns; with grad, its gradient is added there. */
static double l2_penalty(const nn_exec *e, float *grad)
{
    double penalty = 0;
    for (int i = 0; i < e->plan.count; i++) {
        const nn_node *node = nn_net_node(e->net, i);
        for (int k = 0; k < node->nparam; k++) {
            const float *w = e->w + node->offset[k];
            size_t size = nn_shape_size(node->param[k].shape);
            double l2 = node->param[k].l2;
            if (l2 == 0 || node->frozen) continue;
            for (size_t j = 0; j < size; j++) penalty += l2 * (double)w[j] * (double)w[j];
            if (grad)
                nn_axpy(&(nn_axpy_args){.n = size, .alpha = (float)(2 * l2), .x = w, .y = grad + node->offset[k]});
        }
    }
    return penalty;
}

/* Mean of the losses in the order of the images, and what l2 adds to loss and gradient. */
static void finish_loss(nn_exec *e, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) sum += (double)e->losses[i];
    e->loss = sum / n + l2_penalty(e, e->grad);
}

void nn_exec_forward(nn_exec *e, int n)
{
    batch_job job = {.e = e, .n = n, .pieces = pieces_of(e, n), .end = e->plan.count};
    LG_BUG_ON(n < 1 || n > e->max_batch || !e->w);
    lg_pool_run(e->pool, job.pieces, forward_job, &job);
}

/* With everything kept a batch is one piece. */
static piece whole_batch(nn_exec *e, int n)
{
    batch_job job = {.e = e, .n = n, .pieces = 1};
    return piece_of(&job, 0, 0, true);
}

void nn_exec_scores(nn_exec *e, int n, int top)
{
    LG_BUG_ON(n < 1 || n > e->max_batch || !e->w || !e->back || top < 0 || top >= e->plan.count);
    piece p = whole_batch(e, n);
    piece_walk(&p, 0, top + 1);
}

/* Readers behind the top do not go back, so what those before them add to would be left over from another time. */
static void forget_gradients(const piece *p, int top)
{
    const nn_exec *e = p->e;
    for (int i = 0; top < e->plan.count - 1 && i <= top; i++)
        if (e->plan.node[i].root == i && e->plan.node[i].dy >= 0)
            memset(space(p, e->plan.node[i].dy), 0,
                   (size_t)p->count * nn_shape_size(nn_net_node(e->net, i)->spec.out) * sizeof(float));
}

void nn_exec_back(nn_exec *e, int n, int top, const float *seed, int node)
{
    LG_BUG_ON(n < 1 || n > e->max_batch || !e->back || node < 0 || node > top || top >= e->plan.count);
    piece p = whole_batch(e, n);
    forget_gradients(&p, top);
    memcpy(space(&p, e->plan.node[e->plan.node[top].root].dy), seed,
           (size_t)n * nn_shape_size(nn_net_node(e->net, top)->spec.out) * sizeof *seed);
    piece_walk(&p, 2 * e->plan.count - top, 2 * e->plan.count - node);
}

void nn_exec_explain(nn_exec *e, int n, const int32_t *score, int node)
{
    int last = e->plan.count - 1;
    nn_exec_scores(e, n, last);
    piece p = whole_batch(e, n);
    float *seed = space(&p, e->plan.node[e->plan.node[last].root].dy);
    size_t scores = nn_shape_size(nn_net_output(e->net));
    if (lg_cancelled(e->cancel)) return;
    memset(seed, 0, (size_t)n * scores * sizeof *seed);
    for (int i = 0; i < n; i++) seed[(size_t)i * scores + (size_t)score[i]] = 1;
    piece_walk(&p, e->plan.count + 1, 2 * e->plan.count - node);
}

void nn_exec_gradient(nn_exec *e, int n)
{
    batch_job job = {.e = e, .n = n, .pieces = pieces_of(e, n), .end = 2 * e->plan.count};
    LG_BUG_ON(n < 1 || n > e->max_batch || !e->train);
    e->batch = n;
    for (; job.from < job.end; job.from = job.to) {
        job.to = job.from + 1;
        while (job.to < job.end && !nn_plan_meets(&e->plan, job.to)) job.to++;
        lg_pool_run(e->pool, job.pieces, stretch_job, &job);
        if (lg_cancelled(e->cancel)) return;
        if (job.to < job.end) add_shares(e, job.to, job.pieces);
    }
    lg_pool_run(e->pool, column_jobs(e->trained), sum_job, &job);
    finish_loss(e, n);
}

/* Averages and the like that layers keep of the batches they saw. */
static void settle(nn_exec *e)
{
    for (int i = 1; i < e->plan.count; i++) {
        const nn_node *node = nn_net_node(e->net, i);
        float *own[NN_MAX_PARAMS];
        if (!e->plan.node[i].sums || !node->type->settle) continue;
        for (int k = 0; k < node->nparam; k++) own[k] = e->own + node->offset[k];
        node->type->settle(&(nn_call){.spec = &e->plan.node[i].spec,
                                      .batch = e->batch,
                                      .param = (const float *const *)own,
                                      .total = {sums_of(e, i, 0, 0), sums_of(e, i, 1, 0)}},
                           own);
    }
}

void nn_exec_step(nn_exec *e, const nn_hyper *hyper)
{
    nn_hyper h = *hyper;
    batch_job job = {.e = e, .hyper = &h};
    e->steps++;
    if (h.step == 0) h.step = e->steps;
    lg_pool_run(e->pool, column_jobs(e->trained), step_job, &job);
    settle(e);
}

/* ---- reading and setting ---- */

size_t nn_exec_bytes(const nn_exec *e)
{
    return e->bytes;
}

float *nn_exec_input(nn_exec *e)
{
    return e->input;
}

int32_t *nn_exec_labels(nn_exec *e)
{
    return e->labels;
}

void nn_exec_set_cancel(nn_exec *e, lg_cancel *cancel)
{
    e->cancel = cancel;
}

void nn_exec_set_class_weight(nn_exec *e, const float *weight)
{
    e->weighted = weight != NULL;
    if (weight) memcpy(e->class_weight, weight, (size_t)e->classes * sizeof *weight);
}

const float *nn_exec_output(const nn_exec *e)
{
    return e->plan.node[e->plan.count - 1].root == 0 ? e->input : e->output;
}

const float *nn_exec_losses(const nn_exec *e)
{
    return e->losses;
}

double nn_exec_loss(const nn_exec *e)
{
    return e->loss;
}

double nn_exec_penalty(const nn_exec *e)
{
    return l2_penalty(e, NULL);
}

const float *nn_exec_grad(const nn_exec *e)
{
    return e->grad;
}

const float *nn_exec_weights(const nn_exec *e)
{
    return e->w;
}

const float *nn_exec_activation(const nn_exec *e, int node)
{
    piece p = {.e = (nn_exec *)e, .slot = e->slot};
    return e->keep ? output_of(&p, e->plan.node[node].root) : NULL;
}

const float *nn_exec_activation_grad(const nn_exec *e, int node)
{
    piece p = {.e = (nn_exec *)e, .slot = e->slot};
    return e->keep && (e->train || e->back) ? space(&p, e->plan.node[e->plan.node[node].root].dy) : NULL;
}

void nn_exec_set_mask(nn_exec *e, int node, const float *mask)
{
    e->mask[node] = mask;
}

int64_t nn_exec_steps(const nn_exec *e)
{
    return e->steps;
}

void nn_exec_set_steps(nn_exec *e, int64_t steps)
{
    e->steps = steps;
}

float *nn_exec_slots(nn_exec *e)
{
    return e->slots;
}
