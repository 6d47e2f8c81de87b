/* net.c - building a network layer by layer; each one is checked in its place before it is taken in. */
#include "nnlib/model/net_private.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "lib/base/banned.h"

lg_status nn_net_new(nn_net **out, lg_err *err)
{
    nn_net *net = lg_alloc(1, sizeof *net, err);
    if (!net) return LG_E_MEMORY;
    atomic_init(&net->refs, 1);
    net->limit = NN_MEMORY_LIMIT;
    *out = net;
    return LG_OK;
}

nn_net *nn_net_ref(const nn_net *net)
{
    nn_net *n = (nn_net *)net; /* the count is the one part of a finished network that changes */
    atomic_fetch_add(&n->refs, 1);
    return n;
}

void nn_net_unref(const nn_net *net)
{
    nn_net *n = (nn_net *)net;
    if (!n || atomic_fetch_sub(&n->refs, 1) > 1) return;
    for (int i = 0; i < n->count; i++) lg_free((void *)n->node[i].spec.config);
    lg_free(n->node);
    lg_free(n->data_name);
    lg_free(n);
}

lg_status nn_net_for_data(nn_net *net, const char *name, lg_err *err)
{
    char *copy = lg_strdup(name, err);
    if (!copy) return LG_E_MEMORY;
    lg_free(net->data_name);
    net->data_name = copy;
    return LG_OK;
}

void nn_net_set_limit(nn_net *net, int64_t bytes)
{
    net->limit = bytes;
}

/* ---- names ---- */

/* "MaxPooling2D" -> "max_pooling2d", as Keras names its layers. */
static void snake_case(const char *name, char out[NN_NAME])
{
    int n = 0;
    for (int i = 0; name[i] && n < NN_NAME - 2; i++) {
        if (i && isupper((unsigned char)name[i]) && islower((unsigned char)name[i + 1])) out[n++] = '_';
        out[n++] = (char)tolower((unsigned char)name[i]);
    }
    out[n] = '\0';
}

static lg_status node_name(const nn_net *net, nn_node *node, lg_err *err)
{
    const nn_config *config = node->spec.config;
    char snake[NN_NAME];
    int turn = 1;
    for (int i = 0; i < net->count; i++) turn += net->node[i].type == node->type;
    snake_case(node->type->keras, snake);
    snprintf(node->name, sizeof node->name, "%.20s%d", node->type->name, turn);
    snprintf(node->keras_name, sizeof node->keras_name, "%s_%d", snake, turn);
    if (config->name[0]) {
        snprintf(node->name, sizeof node->name, "%s", config->name);
        snprintf(node->keras_name, sizeof node->keras_name, "%s", config->name);
    }
    bool taken = nn_net_find(net, node->name) >= 0;
    for (int i = 0; i < net->count; i++) taken |= strcasecmp(net->node[i].keras_name, node->keras_name) == 0;
    if (!taken) return LG_OK;
    lg_fail(err, LG_E_NAME, 209, "there are two layers called `%s`", node->name);
    return lg_try(err, "give this one another name");
}

/* ---- messages ---- */

/* "64x64 → 62x62 → …": sizes along the way to a node, views and activations left out. Long ways keep both ends. */
static void size_trail(const nn_net *net, int node, char *out, size_t size)
{
    enum { TAIL = 24 };
    int way[TAIL], n = 0, passed = 0;
    size_t used;
    for (int i = node; i > 0; i = net->node[i].input[0]) {
        if (!net->node[i].type->window) continue;
        if (n < TAIL) way[n++] = i;
        passed++;
    }
    const int64_t *start = net->node[0].spec.out.dim;
    used =
        (size_t)snprintf(out, size, "%lldx%lld%s", (long long)start[0], (long long)start[1], passed > n ? " → …" : "");
    while (n-- > 0 && used < size) {
        const int64_t *dim = net->node[way[n]].spec.out.dim;
        used += (size_t)snprintf(out + used, size - used, " → %lldx%lld", (long long)dim[0], (long long)dim[1]);
    }
}

/* Adds to a window that does not fit (LL203) how the sizes came about and what would help. */
static lg_status explain_window(const nn_net *net, const nn_node *node, lg_err *err)
{
    char trail[500];
    const int64_t *in = net->node[0].spec.out.dim;
    size_trail(net, node->input[0], trail, sizeof trail);
    lg_why(err, "sizes so far: %s", trail);
    if (net->data_name)
        return lg_try(err, "remove this line, add `same`, or load larger images (`clean %s size %lldx%lld`)",
                      net->data_name, (long long)in[0] * 2, (long long)in[1] * 2);
    return lg_try(err, "remove this line, add `same`, or use larger images (`input %lldx%lldx%lld`)",
                  (long long)in[0] * 2, (long long)in[1] * 2, (long long)in[2]);
}

/* Refuses what cannot fit in memory before anything is asked for. */
static lg_status check_size(const nn_net *net, const nn_node *node, double params, double numbers, lg_err *err)
{
    double bytes = (net->params + params + net->activations + numbers) * sizeof(float);
    bool huge = params > (double)INT32_MAX || numbers > (double)INT32_MAX;
    char size[NN_SHAPE_TEXT];
    if (bytes <= (double)net->limit && !huge) return LG_OK;
    lg_fail(err, LG_E_LIMIT, 207, "this network would need %.1f GB", bytes / 1e9);
    if (params >= numbers)
        lg_why(err, "`%s` alone has %.0f weights; the limit is %.1f GB", node->type->name, params,
               (double)net->limit / 1e9);
    else
        lg_why(err, "`%s` makes %s numbers for every image; the limit is %.1f GB", node->type->name,
               nn_shape_text(node->spec.out, size), (double)net->limit / 1e9);
    return lg_try(err, "write a smaller number here, or make the image smaller first (`maxpool 2`)");
}

/* ---- adding ---- */

static lg_status grow(nn_net *net, lg_err *err)
{
    if (net->count < net->cap) return LG_OK;
    int cap = net->cap ? net->cap * 2 : 16;
    nn_node *more = lg_realloc(net->node, (size_t)net->count, (size_t)cap, sizeof *more, err);
    if (!more) return LG_E_MEMORY;
    net->node = more;
    net->cap = cap;
    return LG_OK;
}

static lg_status check_place(const nn_net *net, const nn_layer_type *type, int ninputs, lg_err *err)
{
    bool is_input = type == &nn_layer_input;
    int least = type->max_inputs ? type->min_inputs : 1, most = type->max_inputs ? type->max_inputs : 1;
    LG_BUG_ON(net->finished);
    if (net->count >= NN_MAX_LAYERS)
        return lg_fail(err, LG_E_LIMIT, 213, "a network may have at most %d layers", NN_MAX_LAYERS);
    if (is_input != (net->count == 0))
        return lg_fail(err, LG_E_SHAPE, 216,
                       is_input ? "`input` stands only at the beginning" : "a network begins with `input`");
    if (!is_input && (ninputs < least || ninputs > most))
        return lg_fail(err, LG_E_SHAPE, 211, "`%s` takes %d to %d inputs, not %d", type->name, least, most, ninputs);
    return LG_OK;
}

/* Everything that can be wrong with the new node; nothing of the network changes. */
static lg_status node_check(const nn_net *net, nn_node *node, lg_err *err)
{
    double params = 0;
    if (node->type->infer(&node->spec, err) != LG_OK)
        return err && err->code == 203 && net->count ? explain_window(net, node, err) : err ? err->status : LG_E_SHAPE;
    if (node->type->params) node->nparam = node->type->params(&node->spec, node->param);
    for (int k = 0; k < node->nparam; k++) params += nn_shape_count(node->param[k].shape);
    LG_TRY(check_size(net, node, params, nn_shape_count(node->spec.out), err));
    return node_name(net, node, err);
}

static void node_commit(nn_net *net, nn_node *node)
{
    for (int k = 0; k < node->nparam; k++) net->params += nn_shape_count(node->param[k].shape);
    net->activations += nn_shape_count(node->spec.out);
    net->node[net->count++] = *node;
}

lg_status nn_net_add_to(nn_net *net, const nn_layer_type *type, const void *config, const int *inputs, int ninputs,
                        lg_err *err)
{
    nn_node node = {.type = type, .key = net->count};
    LG_TRY(check_place(net, type, ninputs, err));
    LG_TRY(grow(net, err));
    node.spec.nin = type == &nn_layer_input ? 0 : ninputs;
    for (int i = 0; i < node.spec.nin; i++) {
        LG_BUG_ON(inputs[i] < 0 || inputs[i] >= net->count);
        node.input[i] = inputs[i];
        node.spec.in[i] = net->node[inputs[i]].spec.out;
    }
    void *copy = lg_alloc(1, type->config_size, err);
    if (!copy) return LG_E_MEMORY;
    memcpy(copy, config, type->config_size);
    node.spec.config = copy;
    lg_status st = node_check(net, &node, err);
    if (st == LG_OK) node_commit(net, &node);
    else lg_free(copy);
    return st;
}

lg_status nn_net_add(nn_net *net, const nn_layer_type *type, const void *config, lg_err *err)
{
    return nn_net_add_to(net, type, config, (const int[]){net->count - 1}, 1, err);
}

static lg_status unknown_layer(const char *word, lg_err *err)
{
    const char *names[64];
    char list[300] = "";
    size_t n = 0, used = 0;
    for (; nn_layers[n] && n < 64; n++) {
        int more = snprintf(list + used, sizeof list - used, "%s%s", n ? ", " : "", nn_layers[n]->name);
        if (more > 0 && used + (size_t)more < sizeof list) used += (size_t)more;
        names[n] = nn_layers[n]->name;
    }
    const char *near = lg_nearest(word, names, n);
    lg_fail(err, LG_E_NAME, 201, "no layer is called `%.60s`", word);
    lg_status st = lg_why(err, "layers: %s", list);
    return near ? lg_try(err, "did you mean `%s`?", near) : st;
}

lg_status nn_net_add_line(nn_net *net, const char *line, lg_err *err)
{
    char word[64];
    line += strspn(line, " \t");
    size_t n = strcspn(line, " \t");
    snprintf(word, sizeof word, "%.*s", (int)(n < 63 ? n : 63), line);
    const nn_layer_type *type = nn_layer_find(word);
    if (!type) return unknown_layer(word, err);
    void *config = lg_alloc(1, type->config_size, err);
    if (!config) return LG_E_MEMORY;
    nn_config_init(type, config);
    lg_status st = nn_config_parse(type, config, line + n, err);
    if (st == LG_OK) st = nn_net_add(net, type, config, err);
    lg_free(config);
    return st;
}

void nn_net_freeze(nn_net *net, int node)
{
    LG_BUG_ON(net->finished || node < 0 || node >= net->count);
    net->node[node].frozen = net->node[node].nparam > 0;
}

/* Places of one kind of parameters in the weights, one after the other. */
static void lay_out_kind(nn_net *net, bool trained)
{
    for (int i = 0; i < net->count; i++) {
        nn_node *node = &net->node[i];
        for (int k = 0; k < node->nparam; k++) {
            size_t size = nn_shape_size(node->param[k].shape);
            if (nn_node_trains(node, k) != trained) continue;
            node->offset[k] = net->block;
            net->block += (size + 15) & ~(size_t)15;
            if (trained) net->trained += size;
            if (node->param[k].moving) net->moving += size;
        }
    }
}

void nn_net_lay_out(nn_net *net)
{
    net->block = net->trained = net->moving = 0;
    lay_out_kind(net, true);
    net->trained_block = net->block;
    lay_out_kind(net, false);
}

lg_status nn_net_finish(nn_net *net, lg_err *err)
{
    if (net->count < 2) return lg_fail(err, LG_E_SHAPE, 208, "this network has no layers yet");
    for (int i = 0; i < net->count - 1; i++) {
        bool read = false;
        for (int j = i + 1; j < net->count && !read; j++) {
            for (int k = 0; k < net->node[j].spec.nin; k++) read |= net->node[j].input[k] == i;
        }
        if (!read) return lg_fail(err, LG_E_SHAPE, 214, "nothing reads the output of `%s`", net->node[i].name);
    }
    nn_net_lay_out(net);
    net->finished = true;
    return LG_OK;
}

/* ---- reading ---- */

int nn_net_count(const nn_net *net)
{
    return net->count;
}

const nn_node *nn_net_node(const nn_net *net, int node)
{
    return &net->node[node];
}

int nn_net_find(const nn_net *net, const char *name)
{
    for (int i = 0; i < net->count; i++) {
        if (strcasecmp(net->node[i].name, name) == 0) return i;
    }
    return -1;
}

nn_shape nn_net_input(const nn_net *net)
{
    return net->node[0].spec.out;
}

nn_shape nn_net_output(const nn_net *net)
{
    return net->node[net->count - 1].spec.out;
}

size_t nn_net_params(const nn_net *net)
{
    return (size_t)net->params;
}

size_t nn_net_moving(const nn_net *net)
{
    return net->moving;
}

size_t nn_net_trained_params(const nn_net *net)
{
    return net->trained;
}

double nn_net_macs(const nn_net *net, int node)
{
    double macs = 0;
    for (int i = node + 1; i < net->count; i++)
        if (net->node[i].type->macs) macs += net->node[i].type->macs(&net->node[i].spec);
    return macs;
}

int nn_net_frozen(const nn_net *net)
{
    int frozen = 0;
    for (int i = 0; i < net->count; i++) frozen += net->node[i].frozen;
    return frozen;
}

size_t nn_net_trained_block(const nn_net *net)
{
    return net->trained_block;
}

size_t nn_net_block(const nn_net *net)
{
    return net->block;
}

bool nn_net_same_layers(const nn_net *a, const nn_net *b)
{
    if (a->count != b->count) return false;
    for (int i = 0; i < a->count; i++) {
        const nn_node *x = &a->node[i], *y = &b->node[i];
        size_t head = sizeof(nn_config);
        if (x->type != y->type || x->spec.nin != y->spec.nin || !nn_shape_equal(x->spec.out, y->spec.out)) return false;
        if (memcmp(x->input, y->input, sizeof x->input) != 0) return false;
        if (memcmp((const char *)x->spec.config + head, (const char *)y->spec.config + head,
                   x->type->config_size - head))
            return false;
    }
    return true;
}

bool nn_net_same(const nn_net *a, const nn_net *b)
{
    if (!nn_net_same_layers(a, b)) return false;
    for (int i = 0; i < a->count; i++) {
        if (a->node[i].frozen != b->node[i].frozen) return false;
    }
    return true;
}

bool nn_net_laid_out_alike(const nn_net *a, const nn_net *b)
{
    if (a == b) return true;
    if (a->count != b->count || a->block != b->block || a->trained_block != b->trained_block) return false;
    for (int i = 0; i < a->count; i++) {
        const nn_node *x = &a->node[i], *y = &b->node[i];
        if (x->nparam != y->nparam) return false;
        for (int k = 0; k < x->nparam; k++) {
            if (x->offset[k] != y->offset[k] || !nn_shape_equal(x->param[k].shape, y->param[k].shape)) return false;
        }
    }
    return true;
}

/* The next parameter that learns, from (*node, *k) on; false at the end. */
static bool next_trained(const nn_net *net, int *node, int *k)
{
    for (; *node < net->count; (*node)++, *k = 0)
        for (; *k < net->node[*node].nparam; (*k)++)
            if (nn_node_trains(&net->node[*node], *k)) return true;
    return false;
}

bool nn_net_trains_alike(const nn_net *a, const nn_net *b)
{
    int i = 0, j = 0, k = 0, m = 0;
    for (;; k++, m++) {
        bool more = next_trained(a, &i, &k);
        if (more != next_trained(b, &j, &m)) return false;
        if (!more) return true;
        if (a->node[i].key != b->node[j].key || k != m) return false;
        if (!nn_shape_equal(a->node[i].param[k].shape, b->node[j].param[m].shape)) return false;
    }
}
