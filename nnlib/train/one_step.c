/* one_step.c - a training step whose numbers are kept. */
#include "nnlib/train/one_step.h"
#include <float.h>
#include <math.h>
#include <string.h>
#include "nnlib/model/facts.h"
#include "lib/base/banned.h"

void nn_one_step_release(nn_one_step *s)
{
    nn_exec_free(s->exec);
    nn_exec_free(s->again);
    nn_weights_unref(s->before);
    nn_weights_unref(s->after);
    nn_weights_unref(s->moved);
    lg_free(s->score);
    *s = (nn_one_step){0};
}

static const nn_net *net_of(const nn_one_step *s)
{
    return nn_weights_net(s->before);
}

/* ---- the step ---- */

static nn_exec_options training(const nn_net *net, const nn_one_step_options *o)
{
    return (nn_exec_options){.net = net,
                             .max_batch = 1,
                             .train = true,
                             .steady = true,
                             .limit = o->limit,
                             .loss = nn_loss_find("crossentropy"),
                             .optim = nn_optim_find("sgd")};
}

/* Training leaves the scores out once the loss is known, so they come from a run of their own. */
static lg_status find_scores(const nn_one_step_options *o, nn_one_step *s, lg_err *err)
{
    const nn_net *net = net_of(s);
    int32_t score = s->label;
    nn_exec *exec = NULL;
    LG_TRY(nn_exec_new(&(nn_exec_options){.net = net, .max_batch = 1, .keep = true, .back = true, .limit = o->limit},
                       &exec, err));
    nn_exec_load(exec, s->before);
    nn_exec_set_cancel(exec, o->cancel);
    memcpy(nn_exec_input(exec), o->image, nn_shape_size(nn_net_input(net)) * sizeof(float));
    nn_exec_explain(exec, 1, &score, nn_net_count(net) - 1);
    memcpy(s->score, nn_exec_output(exec), (size_t)s->classes * sizeof(float));
    nn_exec_free(exec);
    return lg_cancel_check(o->cancel, err);
}

/* Forward, loss, back; then the weights of the exec move, and what it kept of the way stays. */
static lg_status there_and_back(const nn_one_step_options *o, nn_one_step *s, lg_err *err)
{
    const nn_net *net = net_of(s);
    nn_exec_options how = training(net, o);
    how.keep = true;
    LG_TRY(nn_exec_new(&how, &s->exec, err));
    nn_exec_load(s->exec, s->before);
    nn_exec_set_cancel(s->exec, o->cancel);
    memcpy(nn_exec_input(s->exec), o->image, nn_shape_size(nn_net_input(net)) * sizeof(float));
    nn_exec_labels(s->exec)[0] = o->label;
    nn_exec_gradient(s->exec, 1);
    LG_TRY(lg_cancel_check(o->cancel, err));
    s->loss = nn_exec_loss(s->exec);
    s->penalty = nn_exec_penalty(s->exec);
    memcpy(s->probability, nn_exec_output(s->exec), (size_t)s->classes * sizeof(float));
    memcpy(s->error, nn_exec_activation_grad(s->exec, nn_net_count(net) - 1), (size_t)s->classes * sizeof(float));
    nn_exec_step(s->exec, &(nn_hyper){.lr = o->lr});
    LG_TRY(nn_weights_copy(s->before, &s->after, err));
    nn_exec_store(s->exec, s->after);
    for (int i = 1; i < nn_net_count(net); i++) s->square += pow(nn_one_step_norm(s, i), 2);
    return LG_OK;
}

/* The part that learns, its input as it was: what is frozen before it need not run again. */
static lg_status prepare_again(const nn_one_step_options *o, nn_one_step *s, lg_err *err)
{
    const nn_net *net = net_of(s);
    nn_net *tail = NULL;
    s->cut = nn_net_cut(net);
    if (s->cut > 0) LG_TRY(nn_net_tail(net, s->cut, &tail, err));
    else tail = nn_net_ref(net);
    const nn_exec_options how = training(tail, o);
    lg_status st;
    LG_GO(nn_exec_new(&how, &s->again, err));
    LG_GO(nn_weights_for(s->before, tail, &s->moved, err));
    nn_exec_set_cancel(s->again, o->cancel);
    memcpy(nn_exec_input(s->again), nn_exec_activation(s->exec, s->cut),
           nn_shape_size(nn_net_input(tail)) * sizeof(float));
    nn_exec_labels(s->again)[0] = o->label;
done:
    nn_net_unref(tail);
    return st;
}

static lg_status loss_again(nn_one_step *s, lg_err *err)
{
    nn_weights *part = NULL;
    LG_TRY(nn_weights_for(s->after, nn_weights_net(s->moved), &part, err));
    nn_exec_load(s->again, part);
    nn_weights_unref(part);
    nn_exec_gradient(s->again, 1);
    LG_TRY(lg_cancel_check(s->cancel, err));
    s->loss_after = nn_exec_loss(s->again);
    s->penalty_after = nn_exec_penalty(s->again);
    memcpy(s->later, nn_exec_output(s->again), (size_t)s->classes * sizeof(float));
    return LG_OK;
}

lg_status nn_one_step_take(const nn_one_step_options *o, nn_one_step *s, lg_err *err)
{
    const nn_net *net = nn_weights_net(o->weights);
    const nn_shape out = nn_net_output(net);
    lg_status st;
    *s = (nn_one_step){.before = nn_weights_ref(o->weights), .label = o->label, .lr = o->lr, .cancel = o->cancel};
    s->classes = (int)out.dim[out.rank - 1];
    s->score = lg_alloc(4 * (size_t)s->classes, sizeof *s->score, err);
    LG_GO(s->score ? LG_OK : LG_E_MEMORY);
    s->probability = s->score + s->classes, s->error = s->probability + s->classes, s->later = s->error + s->classes;
    LG_GO(there_and_back(o, s, err));
    LG_GO(find_scores(o, s, err));
    LG_GO(prepare_again(o, s, err));
    LG_GO(loss_again(s, err));
done:
    if (st) nn_one_step_release(s);
    return st;
}

/* ---- reading it ---- */

const float *nn_one_step_grad(const nn_one_step *s, int node, int k)
{
    const nn_node *n = nn_net_node(net_of(s), node);
    return k < n->nparam && nn_node_trains(n, k) ? nn_exec_grad(s->exec) + n->offset[k] : NULL;
}

static double sum_of_squares(const float *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)x[i] * (double)x[i];
    return sum;
}

double nn_one_step_norm(const nn_one_step *s, int node)
{
    const nn_node *n = nn_net_node(net_of(s), node);
    double sum = 0;
    for (int k = 0; k < n->nparam; k++) {
        const float *grad = nn_one_step_grad(s, node, k);
        if (grad) sum += sum_of_squares(grad, nn_shape_size(n->param[k].shape));
    }
    return sqrt(sum);
}

double nn_one_step_weight_norm(const nn_one_step *s, int node)
{
    const nn_node *n = nn_net_node(net_of(s), node);
    double sum = 0;
    for (int k = 0; k < n->nparam; k++)
        if (nn_node_trains(n, k))
            sum += sum_of_squares(nn_weights_param(s->before, node, k), nn_shape_size(n->param[k].shape));
    return sqrt(sum);
}

const float *nn_one_step_output(const nn_one_step *s, int node)
{
    return nn_exec_activation(s->exec, node);
}

const float *nn_one_step_error(const nn_one_step *s, int node)
{
    return nn_exec_activation_grad(s->exec, node);
}

int nn_one_step_largest(const nn_one_step *s, int node, int k, size_t *place, int most)
{
    const float *grad = nn_one_step_grad(s, node, k);
    size_t n = grad ? nn_shape_size(nn_net_node(net_of(s), node)->param[k].shape) : 0;
    int count = 0;
    for (size_t i = 0; i < n; i++) {
        int at = count;
        if (!(fabsf(grad[i]) > 0)) continue;
        while (at > 0 && fabsf(grad[i]) > fabsf(grad[place[at - 1]])) at--;
        if (at == most) continue;
        if (count < most) count++;
        memmove(place + at + 1, place + at, (size_t)(count - 1 - at) * sizeof *place);
        place[at] = i;
    }
    return count;
}

/* ---- how a gradient arises ---- */

static void add_term(nn_terms *t, double input, double error)
{
    double product = input * error;
    int at = t->shown;
    t->places++;
    if (!(fabs(product) > 0)) return;
    t->counted++;
    t->sum += product;
    while (at > 0 && fabs(product) > fabs(t->term[at - 1].input * t->term[at - 1].error)) at--;
    if (at == NN_TERMS) return;
    if (t->shown < NN_TERMS) t->shown++;
    memmove(t->term + at + 1, t->term + at, (size_t)(t->shown - 1 - at) * sizeof *t->term);
    t->term[at].input = input, t->term[at].error = error;
}

/* A weight at line kh, column kw of a window over channel `in`, that goes into channel `out`. */
static void window_terms(const nn_node *node, const nn_facts *f, const float *x, const float *error,
                         const int64_t at[4], nn_terms *t)
{
    const int64_t *in = node->spec.in[0].dim, *out = node->spec.out.dim;
    for (int64_t r = 0; r < out[0]; r++) {
        int64_t row = r * f->stride.h + at[0] * f->dilation.h - f->before.h;
        for (int64_t c = 0; c < out[1]; c++) {
            int64_t col = c * f->stride.w + at[1] * f->dilation.w - f->before.w;
            bool inside = row >= 0 && row < in[0] && col >= 0 && col < in[1];
            double input = inside ? (double)x[(row * in[1] + col) * in[2] + at[2]] : 0;
            add_term(t, input, (double)error[(r * out[1] + c) * out[2] + at[3]]);
        }
    }
}

/* All places of one channel: a bias (input 1), or gamma of batchnorm (the normalised input). */
static void channel_terms(const nn_node *node, const float *x, double mean, double inverse, const float *error,
                          size_t channel, nn_terms *t)
{
    size_t channels = (size_t)node->spec.out.dim[node->spec.out.rank - 1];
    for (size_t i = channel; i < nn_shape_size(node->spec.out); i += channels)
        add_term(t, x ? ((double)x[i] - mean) * inverse : 1, (double)error[i]);
}

static void kernel_terms(const nn_node *node, const nn_facts *f, const float *x, const float *error, size_t place,
                         nn_terms *t)
{
    const int64_t *dim = node->param[0].shape.dim;
    int64_t p = (int64_t)place;
    if (f->op == NN_OP_DENSE) {
        add_term(t, (double)x[p / dim[1]], (double)error[p % dim[1]]);
        return;
    }
    int64_t channel = p / dim[3] % dim[2], line = p / (dim[3] * dim[2]);
    const int64_t at[4] = {line / dim[1], line % dim[1], channel, f->op == NN_OP_DEPTHWISE ? channel : p % dim[3]};
    window_terms(node, f, x, error, at, t);
}

bool nn_one_step_terms(const nn_one_step *s, int node, int k, size_t place, nn_terms *t)
{
    const nn_node *n = nn_net_node(net_of(s), node);
    const float *x = nn_one_step_output(s, n->input[0]), *error = nn_one_step_error(s, node);
    nn_facts f;
    lg_err unknown = {0};
    *t = (nn_terms){0};
    if (!nn_one_step_grad(s, node, k) || !error || nn_facts_of(n, &f, &unknown) || f.fixed) return false;
    bool norm = f.op == NN_OP_BATCHNORM;
    if (!norm && f.op != NN_OP_DENSE && f.op != NN_OP_CONV && f.op != NN_OP_DEPTHWISE) return false;
    t->penalty = 2 * n->param[k].l2 * (double)nn_weights_param(s->before, node, k)[place];
    if (norm && k == 0) {
        double mean = (double)nn_weights_param(s->before, node, 2)[place];
        double variance = (double)nn_weights_param(s->before, node, 3)[place];
        channel_terms(n, x, mean, 1 / sqrt(variance + f.epsilon), error, place, t);
    } else if (norm || k > 0) {
        channel_terms(n, NULL, 0, 0, error, place, t);
    } else {
        kernel_terms(n, &f, x, error, place, t);
    }
    return true;
}

/* ---- the slope by two runs ---- */

/* Far enough that the loss, which has seven digits, moves by a few hundred units of the last one; nearer than most
 * places where a relu or a pool switches. */
static double distance(double gradient)
{
    return fmin(fmax(2e-5 / fmax(fabs(gradient), 1e-30), 1e-4), 0.01);
}

static lg_status loss_with(nn_one_step *s, float *at, float value, double *loss, lg_err *err)
{
    *at = value;
    nn_exec_load(s->again, s->moved);
    nn_exec_forward(s->again, 1);
    LG_TRY(lg_cancel_check(s->cancel, err));
    *loss = -log(fmax((double)nn_exec_output(s->again)[s->label], (double)FLT_MIN)) + nn_exec_penalty(s->again);
    return LG_OK;
}

lg_status nn_one_step_slope(nn_one_step *s, int node, int k, size_t place, nn_slope *out, lg_err *err)
{
    LG_BUG_ON(!nn_one_step_grad(s, node, k));
    const nn_node *part = nn_net_node(nn_weights_net(s->moved), node - s->cut);
    float *at = nn_weights_data(s->moved) + part->offset[k] + place;
    const float w = *at, h = (float)distance((double)nn_one_step_grad(s, node, k)[place]), low = w - h, high = w + h;
    *out = (nn_slope){.h = (double)h};
    lg_status st = loss_with(s, at, low, &out->low, err);
    if (st == LG_OK) st = loss_with(s, at, high, &out->high, err);
    *at = w;
    out->slope = (out->high - out->low) / ((double)high - (double)low);
    return st;
}
