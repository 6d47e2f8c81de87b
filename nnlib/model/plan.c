/* plan.c - roots, fusion, lives. */
#include "nnlib/model/plan.h"
#include "lib/base/banned.h"

enum { PLAN_ITEMS = 5 + NN_MAX_INPUTS }; /* most a node can need */

static int forward_step(int node)
{
    return node;
}

static int backward_step(const nn_plan *plan, int node)
{
    return 2 * plan->count - node;
}

static bool is_view(const nn_layer_type *type, bool train)
{
    return (type->flags & NN_VIEW) || (!train && (type->flags & NN_TRAINING_ONLY));
}

static void plan_roots(nn_plan *plan, const nn_plan_options *o)
{
    for (int i = 0; i < plan->count; i++) {
        const nn_node *node = nn_net_node(o->net, i);
        nn_plan_node *p = &plan->node[i];
        bool view = i > 0 && is_view(node->type, o->train && !o->steady);
        *p = (nn_plan_node){.runs = i > 0 && !view, .spec = node->spec, .target = i, .folds = -1, .y = -1, .dy = -1,
                            .saved = -1, .scratch_forward = -1, .scratch_backward = -1, .temp = -1};
        p->root = view ? plan->node[node->input[0]].root : i;
        p->trains = o->back || (o->train && node->nparam > 0 && !node->frozen);
        for (int k = 0; k < node->spec.nin; k++) p->trains |= plan->node[node->input[k]].trains;
    }
}

/* The only node that reads i, or -1. */
static int only_reader(const nn_net *net, int i)
{
    int reader = -1;
    for (int j = i + 1; j < nn_net_count(net); j++) {
        const nn_node *node = nn_net_node(net, j);
        for (int k = 0; k < node->spec.nin; k++) {
            if (node->input[k] != i) continue;
            if (reader >= 0) return -1;
            reader = j;
        }
    }
    return reader;
}

/* The only reader of a node, if it runs and nobody has swallowed it. */
static int next_to_swallow(const nn_plan *plan, const nn_net *net, int i)
{
    int next = only_reader(net, i);
    return next > 0 && plan->node[next].runs ? next : -1;
}

static void swallow(nn_plan *plan, int i, int next)
{
    plan->node[i].target = next;
    plan->node[next].runs = false;
}

size_t nn_plan_folded_kernel(const nn_node *node)
{
    return (nn_shape_size(node->param[0].shape) + 15) & ~(size_t)15;
}

static void plan_fold(nn_plan *plan, const nn_net *net, int i, int next)
{
    const nn_node *node = nn_net_node(net, i);
    nn_plan_node *p = &plan->node[i];
    size_t channels = (size_t)node->spec.out.dim[node->spec.out.rank - 1];
    p->folds = next;
    p->spec.folded = true;
    p->folded = plan->folded;
    plan->folded += nn_plan_folded_kernel(node) + ((channels + 15) & ~(size_t)15);
    if (channels > plan->fold_channels) plan->fold_channels = channels;
    swallow(plan, i, next);
}

/* Scale and shift, then an activation, where they are not trained. */
static void plan_use(nn_plan *plan, const nn_net *net, int i)
{
    const nn_node *node = nn_net_node(net, i);
    nn_plan_node *p = &plan->node[i];
    if (nn_ends_in(node->type, node->spec.config) != NN_LINEAR) return;
    int next = node->type->flags & NN_FOLDS ? next_to_swallow(plan, net, i) : -1;
    if (next > 0 && !plan->node[next].trains && nn_net_node(net, next)->type->affine) plan_fold(plan, net, i, next);
    next = node->type->flags & NN_TAKES_ENDING ? next_to_swallow(plan, net, p->target) : -1;
    if (next < 0 || plan->node[next].trains || !(nn_net_node(net, next)->type->flags & NN_IS_ENDING)) return;
    p->spec.ending = nn_ends_in(nn_net_node(net, next)->type, nn_net_node(net, next)->spec.config);
    swallow(plan, i, next);
}

static void plan_fusion(nn_plan *plan, const nn_net *net)
{
    for (int i = 1; i < plan->count; i++) {
        const nn_layer_type *type = nn_net_node(net, i)->type;
        nn_plan_node *p = &plan->node[i];
        if (!p->runs) continue;
        plan_use(plan, net, i);
        int next = type->fuse ? next_to_swallow(plan, net, p->target) : -1;
        if (next < 0) continue;
        if (!type->fuse(&p->spec, nn_net_node(net, next)->type, &plan->node[next].spec)) continue;
        p->spec.fused = &plan->node[next].spec;
        swallow(plan, i, next);
    }
}

static void reach(int *last, int step)
{
    if (step > *last) *last = step;
}

/* When each root is written first and read last; then their places. */
static void plan_outputs(nn_plan *plan, const nn_plan_options *o, int *first, int *last)
{
    int end = plan->node[plan->count - 1].root;
    for (int i = 1; i < plan->count; i++) {
        const nn_node *node = nn_net_node(o->net, i);
        nn_plan_node *p = &plan->node[i];
        unsigned flags = node->type->flags;
        if (!p->runs) continue;
        int root = p->target;
        first[root] = forward_step(i);
        reach(&last[root], p->trains && (flags & NN_NEEDS_Y) ? backward_step(plan, i) : forward_step(i));
        for (int k = 0; k < node->spec.nin; k++)
            reach(&last[plan->node[node->input[k]].root],
                  p->trains && (flags & NN_NEEDS_X) && !node->frozen ? backward_step(plan, i) : forward_step(i));
    }
    for (int i = 1; i < plan->count; i++) {
        nn_plan_node *p = &plan->node[i];
        size_t bytes = (size_t)plan->images * nn_shape_size(p->spec.out) * sizeof(float);
        if (p->root != i || first[i] == 0 || i == end) continue;
        p->y = nn_workspace_add(&plan->ws, bytes, o->keep ? 0 : first[i], o->keep ? 2 * plan->count : last[i]);
    }
}

/* Gradients of outputs live from the first reader that goes back to the writer's own way back. */
static void plan_gradients(nn_plan *plan, const nn_plan_options *o, int *first)
{
    int end = plan->node[plan->count - 1].root;
    for (int i = 0; i < plan->count; i++) first[i] = -1;
    first[end] = plan->count;
    for (int i = plan->count - 1; i > 0; i--) {
        const nn_node *node = nn_net_node(o->net, i);
        nn_plan_node *p = &plan->node[i];
        if (!p->runs || !p->trains) continue;
        int step = backward_step(plan, i);
        size_t temp = 0;
        for (int k = 0; k < node->spec.nin; k++) {
            int root = plan->node[node->input[k]].root;
            if (!plan->node[root].trains) continue;
            p->add[k] = first[root] >= 0;
            if (!p->add[k]) first[root] = step;
            size_t bytes = (size_t)plan->images * nn_shape_size(p->spec.in[k]) * sizeof(float);
            if (p->add[k] && bytes > temp) temp = bytes;
        }
        if (temp) p->temp = nn_workspace_add(&plan->ws, temp, step, step);
    }
    for (int i = o->back ? 0 : 1; i < plan->count; i++) {
        nn_plan_node *p = &plan->node[i];
        size_t bytes = (size_t)plan->images * nn_shape_size(p->spec.out) * sizeof(float);
        if (p->root != i || first[i] < 0) continue;
        int writer = i; /* the fused writer lies before i and goes back later */
        for (int j = 1; j < i; j++) {
            if (plan->node[j].runs && plan->node[j].target == i) writer = j;
        }
        p->dy = nn_workspace_add(&plan->ws, bytes, o->keep ? 0 : first[i],
                                 o->keep ? 2 * plan->count : backward_step(plan, writer));
    }
}

static void plan_extras(nn_plan *plan, const nn_plan_options *o)
{
    for (int i = 1; i < plan->count; i++) {
        const nn_layer_type *type = nn_net_node(o->net, i)->type;
        nn_plan_node *p = &plan->node[i];
        if (!p->runs) continue;
        int there = forward_step(i), back = backward_step(plan, i);
        size_t scratch = type->scratch ? type->scratch(&p->spec, plan->images) : 0;
        p->saved_bytes = p->trains && type->saved ? type->saved(&p->spec) : 0;
        if (scratch) p->scratch_forward = nn_workspace_add(&plan->ws, scratch, there, there);
        if (scratch && p->trains) p->scratch_backward = nn_workspace_add(&plan->ws, scratch, back, back);
        if (p->saved_bytes)
            p->saved = nn_workspace_add(&plan->ws, p->saved_bytes * (size_t)plan->images, there, back);
        p->sums = o->train && !o->steady && type->sums && !nn_net_node(o->net, i)->frozen ? type->sums(&p->spec) : 0;
        p->sums_before = plan->sums;
        plan->sums += (size_t)p->sums;
    }
}

lg_status nn_plan_init(nn_plan *plan, const nn_plan_options *o, lg_err *err)
{
    lg_status st = LG_E_MEMORY;
    int *life = NULL, n = nn_net_count(o->net);
    *plan = (nn_plan){.count = n, .images = o->images};
    plan->node = lg_alloc((size_t)n, sizeof *plan->node, err);
    life = plan->node ? lg_alloc((size_t)n * 2, sizeof *life, err) : NULL;
    if (!life) goto done;
    LG_GO(nn_workspace_init(&plan->ws, n * PLAN_ITEMS, err));
    plan_roots(plan, o);
    if (!o->keep) plan_fusion(plan, o->net);
    plan_outputs(plan, o, life, life + n);
    if (o->train || o->back) plan_gradients(plan, o, life);
    plan_extras(plan, o);
    nn_workspace_plan(&plan->ws);
done:
    lg_free(life);
    if (st != LG_OK) nn_plan_release(plan);
    return st;
}

void nn_plan_release(nn_plan *plan)
{
    nn_workspace_release(&plan->ws);
    lg_free(plan->node);
    *plan = (nn_plan){0};
}

int nn_plan_node_of(const nn_plan *plan, int step)
{
    if (step == plan->count) return 0;
    return step < plan->count ? step : 2 * plan->count - step;
}

bool nn_plan_meets(const nn_plan *plan, int step)
{
    const nn_plan_node *p = &plan->node[nn_plan_node_of(plan, step)];
    return p->sums > 0 && (step < plan->count || p->trains);
}
