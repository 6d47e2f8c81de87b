/* summary.c - the layer table. Receptive field: r' = r + (window - 1)·jump, jump' = jump·stride (Araujo et al. 2019).
 */
#include "nnlib/model/summary.h"
#include <stdio.h>
#include <string.h>
#include "lib/base/banned.h"

/* What one number of a node's output sees; several inputs: the most. */
typedef struct sight {
    int64_t field_h, field_w, jump_h, jump_w;
} sight;

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static sight sight_of(const nn_node *node, const sight *seen)
{
    sight s = {1, 1, 1, 1};
    nn_dims window = {1, 1, 0}, stride = {1, 1, 0};
    for (int k = 0; k < node->spec.nin; k++) {
        const sight *in = &seen[node->input[k]];
        s = (sight){larger(s.field_h, in->field_h), larger(s.field_w, in->field_w), larger(s.jump_h, in->jump_h),
                    larger(s.jump_w, in->jump_w)};
    }
    if (node->type->window) node->type->window(&node->spec, &window, &stride);
    s.field_h += (window.h - 1) * s.jump_h;
    s.field_w += (window.w - 1) * s.jump_w;
    s.jump_h *= stride.h;
    s.jump_w *= stride.w;
    return s;
}

static void row_inputs(const nn_net *net, int i, nn_summary_row *row)
{
    const nn_node *node = nn_net_node(net, i);
    size_t used = 0;
    if (node->spec.nin == 1 && node->input[0] == i - 1) return;
    for (int k = 0; k < node->spec.nin && used < sizeof row->connected; k++)
        used += (size_t)snprintf(row->connected + used, sizeof row->connected - used, "%s%s", k ? ", " : "",
                                 nn_net_node(net, node->input[k])->name);
}

static void fill_row(const nn_net *net, int i, const sight *s, nn_summary_row *row)
{
    const nn_node *node = nn_net_node(net, i);
    *row = (nn_summary_row){.node = i, .name = node->name, .frozen = node->frozen};
    snprintf(row->title, sizeof row->title, "%s (%s)", node->keras_name, node->type->keras);
    nn_shape_keras(node->spec.out, row->shape);
    nn_shape_text(node->spec.out, row->size);
    for (int k = 0; k < node->nparam; k++) {
        size_t size = nn_shape_size(node->param[k].shape);
        row->params += size;
        if (node->param[k].moving) row->moving += size;
        if (nn_node_trains(node, k)) row->trained += size;
    }
    if (node->type->formula) node->type->formula(&node->spec, row->formula);
    if (node->spec.out.rank == 3)
        row->field_h = s->field_h, row->field_w = s->field_w, row->jump_h = s->jump_h, row->jump_w = s->jump_w;
    row->macs = node->type->macs ? node->type->macs(&node->spec) : 0;
    row->bytes = nn_shape_size(node->spec.out) * sizeof(float);
    row_inputs(net, i, row);
}

lg_status nn_summary_new(const nn_net *net, nn_summary *out, lg_err *err)
{
    int n = nn_net_count(net);
    *out = (nn_summary){.count = n - 1, .input = nn_net_input(net), .params = nn_net_params(net),
                         .moving = nn_net_moving(net), .trained = nn_net_trained_params(net)};
    out->row = lg_alloc((size_t)n, sizeof *out->row, err);
    sight *seen = out->row ? lg_alloc((size_t)n, sizeof *seen, err) : NULL;
    if (!seen) {
        nn_summary_release(out);
        return LG_E_MEMORY;
    }
    for (int i = 0; i < n; i++) {
        seen[i] = sight_of(nn_net_node(net, i), seen);
        if (i == 0) continue;
        fill_row(net, i, &seen[i], &out->row[i - 1]);
        out->macs += out->row[i - 1].macs;
        out->activation_bytes += out->row[i - 1].bytes;
    }
    out->weight_bytes = out->params * sizeof(float);
    lg_free(seen);
    return LG_OK;
}

void nn_summary_release(nn_summary *summary)
{
    lg_free(summary->row);
    *summary = (nn_summary){0};
}

void nn_summary_text(const nn_summary *s, lg_buf *out)
{
    lg_buf_addf(out, "%-32s %-24s %10s\n", "Layer (type)", "Output Shape", "Param #");
    for (int i = 0; i < s->count; i++)
        lg_buf_addf(out, "%-32s %-24s %10s\n", s->row[i].title, s->row[i].shape,
                    lg_thousands((long long)s->row[i].params));
    lg_buf_addf(out, "Total params: %s\n", lg_thousands((long long)s->params));
    if (s->trained != s->params)
        lg_buf_addf(out, "Trainable params: %s\nNon-trainable params: %s\n",
                    lg_thousands((long long)s->trained), lg_thousands((long long)(s->params - s->trained)));
}
