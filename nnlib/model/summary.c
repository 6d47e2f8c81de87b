/* summary.c - the layer table. */
#include "nnlib/model/summary.h"
#include "nnlib/model/receptive.h"
#include <stdio.h>
#include <string.h>
#include "lib/base/banned.h"

static void row_inputs(const nn_net *net, int i, nn_summary_row *row)
{
    const nn_node *node = nn_net_node(net, i);
    size_t used = 0;
    if (node->spec.nin == 1 && node->input[0] == i - 1) return;
    for (int k = 0; k < node->spec.nin && used < sizeof row->connected; k++)
        used += (size_t)snprintf(row->connected + used, sizeof row->connected - used, "%s%s", k ? ", " : "",
                                 nn_net_node(net, node->input[k])->name);
}

static void fill_row(const nn_net *net, int i, const nn_sight *s, nn_summary_row *row)
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
        row->field_h = s->h, row->field_w = s->w, row->jump_h = s->down, row->jump_w = s->across;
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
    nn_sight *seen = out->row ? lg_alloc((size_t)n, sizeof *seen, err) : NULL;
    if (!seen) {
        nn_summary_release(out);
        return LG_E_MEMORY;
    }
    nn_sights(net, seen);
    for (int i = 1; i < n; i++) {
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
