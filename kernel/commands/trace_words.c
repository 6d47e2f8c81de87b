/* trace_words.c - one sentence for each kind of layer. */
#include "kernel/commands/trace_words.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

static bool is(const nn_node *node, const char *kind)
{
    return strcmp(node->type->name, kind) == 0;
}

/* What a node reads beside `input`: "conv1 and conv2". */
static void add_others(lg_buf *out, const nn_net *net, int node, int input)
{
    const nn_node *n = nn_net_node(net, node);
    int said = 0;
    for (int k = 0; k < n->spec.nin; k++)
        if (n->input[k] != input) lg_buf_addf(out, "%s%s", said++ ? " and " : "", nn_net_node(net, n->input[k])->name);
    if (!said) lg_buf_adds(out, "itself");
}

void cmd_trace_what(lg_buf *out, const nn_net *net, int node)
{
    const nn_node *n = nn_net_node(net, node);
    lg_buf words;
    char name[NN_NAME + 8];
    lg_buf_init(&words, 0);
    nn_node_words(n, &words);
    snprintf(name, sizeof name, " name %s", n->name);
    const char *all = lg_buf_str(&words), *named = strstr(all, name); /* it stands beside its name anyway */
    bool cut = named && !named[strlen(name)];
    lg_buf_addf(out, "%.*s", (int)(cut ? (size_t)(named - all) : words.len), all);
    lg_buf_release(&words);
    if (n->spec.nin > 1) {
        lg_buf_adds(out, " of ");
        add_others(out, net, node, -1);
    }
    if (n->frozen) lg_buf_adds(out, ", frozen");
}

/* ---- readers ---- */
static void by_windows(lg_buf *out, const nn_node *n)
{
    const nn_sliding by = n->type->window(&n->spec);
    const nn_shape *k = &n->param[0].shape;
    long long h = (long long)by.size.h, w = (long long)by.size.w;
    if (is(n, "conv"))
        lg_buf_addf(out, "lays each of its %lld filters of %lldx%lldx%lld weights on all %lld maps at once",
                    (long long)n->spec.out.dim[2], h, w, (long long)k->dim[2], (long long)k->dim[2]);
    else if (is(n, "depthwise")) lg_buf_addf(out, "slides over each map a filter of its own, %lldx%lld", h, w);
    else if (is(n, "maxpool"))
        lg_buf_addf(out, "cuts each map into windows of %lldx%lld and keeps the largest number of each", h, w);
    else if (is(n, "avgpool"))
        lg_buf_addf(out, "cuts each map into windows of %lldx%lld and keeps the mean of each", h, w);
    else if (is(n, "globalavg")) lg_buf_adds(out, "keeps of each map one number, its mean");
    else lg_buf_adds(out, "puts zeros around each map");
}

static void by_numbers(lg_buf *out, const nn_net *net, int reader, int node)
{
    const nn_node *n = nn_net_node(net, reader);
    if (is(n, "dense"))
        lg_buf_addf(out, "multiplies every number by a weight of its own and adds up, %s times over: %s weights",
                    lg_thousands((long long)nn_shape_size(n->spec.out)),
                    lg_thousands((long long)nn_shape_size(n->param[0].shape)));
    else if (is(n, "flatten"))
        lg_buf_adds(out, "puts all numbers into one list, place by place and at each place map by map");
    else if (is(n, "globalmax")) lg_buf_adds(out, "keeps of each map one number, the largest");
    else if (is(n, "batchnorm"))
        lg_buf_adds(out, "stretches and shifts each map by the averages and weights it has learnt");
    else if (is(n, "activation"))
        lg_buf_addf(out, "applies %s to each number", nn_activation_names[nn_ends_in(n->type, n->spec.config)]);
    else if (is(n, "dropout")) lg_buf_adds(out, "leaves all numbers as they are: it drops some in training only");
    else if (is(n, "preprocess")) lg_buf_adds(out, "scales the pixels as published weights want them");
    else if (is(n, "add") || is(n, "concat")) {
        lg_buf_adds(out, is(n, "add") ? "adds to it, number by number, what comes from "
                                      : "puts beside it what comes from ");
        add_others(out, net, reader, node);
    } else lg_buf_adds(out, "reads it");
}

void cmd_trace_readers(lg_buf *out, const nn_net *net, int node)
{
    int readers = 0;
    for (int i = node + 1; i < nn_net_count(net); i++) {
        const nn_node *n = nn_net_node(net, i);
        bool reads = false;
        for (int k = 0; k < n->spec.nin; k++) reads = reads || n->input[k] == node;
        if (!reads) continue;
        lg_buf_addf(out, "%s%s ", readers++ ? "; " : "", n->name);
        if (n->type->window) by_windows(out, n);
        else by_numbers(out, net, i, node);
    }
    if (!readers) lg_buf_adds(out, "nothing reads it: this is what the network says");
}
