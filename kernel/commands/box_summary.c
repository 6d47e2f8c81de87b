/* box_summary.c - a network to look at: the layer table, the data shrinking and deepening, where the parameters are. */
#include "kernel/commands/box_model.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

enum { SHAPES = 1, PARAMS = 2, RECEPTIVE = 4, MEMORY = 8, DRAWING = 16, SHARES = 32, FOLDED = 64 };

static int detail_of(const char *word)
{
    if (strcmp(word, "shapes") == 0) return SHAPES | DRAWING;
    if (strcmp(word, "folded") == 0) return SHAPES | PARAMS | RECEPTIVE | FOLDED;
    if (strcmp(word, "receptive") == 0) return SHAPES | PARAMS | RECEPTIVE;
    if (strcmp(word, "memory") == 0) return SHAPES | MEMORY; /* as wide as a page allows */
    if (strcmp(word, "all") == 0) return SHAPES | PARAMS | RECEPTIVE | MEMORY | DRAWING | SHARES;
    return SHAPES | PARAMS | SHARES;
}

static char *bytes_text(double bytes, char out[32])
{
    if (bytes >= 1 << 20) snprintf(out, 32, "%.1f MB", bytes / (1 << 20));
    else if (bytes >= 1024) snprintf(out, 32, "%.1f KB", bytes / 1024);
    else snprintf(out, 32, "%.0f B", bytes);
    return out;
}

static void summary_columns(plt_doc *doc, int detail)
{
    plt_column(doc, PLT_LEFT, "Layer (type)");
    plt_column(doc, PLT_LEFT, "Output Shape");
    plt_column(doc, PLT_RIGHT, "Param #");
    if (detail & (PARAMS | MEMORY)) plt_column(doc, PLT_LEFT, "%s", "");
    if (detail & PARAMS) plt_column(doc, PLT_LEFT, "how they are counted");
    if (detail & RECEPTIVE) plt_column(doc, PLT_RIGHT, "sees (pixels)");
    if (detail & MEMORY) {
        plt_column(doc, PLT_RIGHT, "multiply-adds");
        plt_column(doc, PLT_RIGHT, "output memory");
    }
}

/* The arithmetic, and under the pointer what each number of it is. */
static void formula_cell(plt_doc *doc, const nn_net *net, const nn_summary_row *row)
{
    const nn_node *node = nn_net_node(net, row->node);
    lg_buf words;
    char shape[NN_SHAPE_TEXT];
    lg_buf_init(&words, 1 << 12);
    for (int k = 0; k < node->nparam; k++) {
        const nn_param *p = &node->param[k];
        lg_buf_addf(&words, "%s%s %s: %s%s", k ? " + " : "", p->name, nn_shape_text(p->shape, shape),
                    lg_thousands((long long)nn_shape_count(p->shape)), nn_node_trains(node, k) ? "" : " (not trained)");
    }
    if (row->frozen) plt_cell(doc, "%.*s, frozen", (int)strcspn(row->formula, ","), row->formula);
    else plt_cell(doc, "%s", row->formula);
    if (words.len) plt_cell_tip(doc, "%s", lg_buf_str(&words));
    lg_buf_release(&words);
}

static void summary_row(plt_doc *doc, const nn_net *net, const nn_summary *s, const nn_summary_row *row, int detail)
{
    char bytes[32];
    plt_row(doc, PLT_ROW_PLAIN);
    plt_head(doc, "%s", row->title);
    if (row->connected[0]) plt_cell_tip(doc, "called %s, reads %s", row->name, row->connected);
    else plt_cell_tip(doc, "called %s", row->name);
    plt_cell(doc, "%s", row->shape);
    plt_cell(doc, "%s", lg_thousands((long long)row->params));
    if (detail & (PARAMS | MEMORY)) {
        plt_cell(doc, "%s", "");
        if (row->params) plt_cell_bar(doc, (double)row->params / (double)s->params);
    }
    if (detail & PARAMS) formula_cell(doc, net, row);
    if (detail & RECEPTIVE) {
        if (row->field_h) plt_cell(doc, "%lldx%lld", (long long)row->field_h, (long long)row->field_w);
        else plt_cell(doc, "all");
    }
    if (detail & MEMORY) {
        plt_cell(doc, "%s", lg_thousands((long long)row->macs));
        plt_cell(doc, "%s", bytes_text((double)row->bytes, bytes));
    }
}

/* A pretrained base in one line: whoever wants to see inside asks `summary`. */
static void base_row(plt_doc *doc, const cmd_model *model, const nn_summary *s, int detail)
{
    const nn_summary_row *last = &s->row[model->base.layers - 1];
    size_t params = 0, trained = 0;
    for (int i = 0; i < model->base.layers; i++) params += s->row[i].params, trained += s->row[i].trained;
    plt_row(doc, PLT_ROW_PLAIN);
    plt_head(doc, "%s (base of %d layers)", model->base.name, model->base.layers);
    plt_cell_tip(doc, "from %s to %s", s->row[0].name, last->name);
    plt_cell(doc, "%s", last->shape);
    plt_cell(doc, "%s", lg_thousands((long long)params));
    plt_cell(doc, "%s", "");
    if (params) plt_cell_bar(doc, (double)params / (double)s->params);
    plt_cell(doc, "%s", trained ? "" : "frozen");
    if (!(detail & RECEPTIVE)) return;
    if (last->field_h) plt_cell(doc, "%lldx%lld", (long long)last->field_h, (long long)last->field_w);
    else plt_cell(doc, "all");
}

/* `padding: valid`: the report's text says its images are padded, its code does not; so say which is on. */
static void doc_padding(plt_doc *doc, const nn_net *net)
{
    int valid = 0, same = 0;
    for (int i = 1; i < nn_net_count(net); i++) {
        const nn_node *node = nn_net_node(net, i);
        const nn_field *field = nn_field_find(node->type->fields, "same");
        if (!field || !node->nparam || !node->type->window) continue;
        const nn_dims window = node->type->window(&node->spec).size;
        if (window.h == 1 && window.w == 1) continue; /* nothing to pad for */
        int32_t flag;
        memcpy(&flag, (const char *)node->spec.config + field->offset, sizeof flag);
        if (flag == field->value) same++;
        else valid++;
    }
    if (valid && !same)
        plt_text(doc, "padding: valid (no zeros are added around: a 3x3 window makes the image 2 pixels smaller)");
    else if (same && !valid)
        plt_text(doc, "padding: same (zeros are added around, so a window of stride 1 keeps the size)");
    else if (same) plt_text(doc, "padding: %d %s valid, %d same", valid, valid == 1 ? "layer" : "layers", same);
}

/* ---- drawings ---- */
/* Changes every number on its own and nothing else (activation, dropout, batchnorm): not worth a box. */
static bool is_touch(const nn_node *node)
{
    return node->spec.nin == 1 && !node->type->window && nn_shape_equal(node->spec.in[0], node->spec.out);
}

static plt_network_layer network_layer(const nn_node *node)
{
    nn_shape s = node->spec.out;
    bool image = s.rank == 3;
    return (plt_network_layer){.name = node->type->min_inputs == 0 && !node->spec.nin ? "input" : node->name,
                               .height = image ? (int)s.dim[0] : 1,
                               .width = image ? (int)s.dim[1] : 1,
                               .channels = (int)s.dim[s.rank - 1]};
}

/* V11. Layers that only touch the numbers give their parameters to the box before them. */
static lg_status doc_drawing(plt_doc *doc, const nn_net *net, lg_err *err)
{
    int count = nn_net_count(net), n = 0;
    plt_network_layer *box = lg_alloc((size_t)count, sizeof *box, err);
    int *place = box ? lg_alloc((size_t)count, sizeof *place, err) : NULL; /* of each node: its box */
    for (int i = 0; place && i < count; i++) {
        const nn_node *node = nn_net_node(net, i);
        if (i && is_touch(node)) place[i] = place[node->input[0]];
        else {
            place[i] = n;
            box[n++] = network_layer(node);
            if (node->spec.nin > 1) box[n - 1].also = 1 + place[node->input[1]];
        }
        for (int k = 0; k < node->nparam; k++) box[place[i]].params += (int64_t)nn_shape_size(node->param[k].shape);
    }
    if (place) plt_network(doc, &(plt_network_spec){.layers = box, .n = n});
    lg_free(place);
    lg_free(box);
    return err->status;
}

/* V12 */
static lg_status doc_shares(plt_doc *doc, const nn_summary *s, lg_err *err)
{
    int n = 0;
    const char **name = lg_alloc((size_t)s->count, sizeof *name, err);
    int64_t *value = name ? lg_alloc((size_t)s->count, sizeof *value, err) : NULL;
    for (int i = 0; value && i < s->count; i++) {
        if (!s->row[i].params) continue;
        name[n] = s->row[i].name;
        value[n++] = (int64_t)s->row[i].params;
    }
    if (n > 1)
        plt_share(
            doc,
            &(plt_share_spec){
                .title = "Where the parameters are", .unit = "parameters", .labels = name, .n = n, .values = value});
    lg_free(name);
    lg_free(value);
    return err->status;
}

/* Beside the parameters a table of it would be wider than a page, so it stands by itself. */
static void doc_memory(plt_doc *doc, const nn_summary *s)
{
    char bytes[32];
    plt_table(doc, "Work and memory of one image");
    plt_column(doc, PLT_LEFT, "Layer");
    plt_column(doc, PLT_RIGHT, "multiply-adds");
    plt_column(doc, PLT_LEFT, "%s", "");
    plt_column(doc, PLT_RIGHT, "output memory");
    for (int i = 0; i < s->count; i++) {
        const nn_summary_row *row = &s->row[i];
        plt_row(doc, PLT_ROW_PLAIN);
        plt_head(doc, "%s", row->title);
        plt_cell(doc, "%s", lg_thousands((long long)row->macs));
        plt_cell(doc, "%s", "");
        if (row->macs) plt_cell_bar(doc, (double)row->macs / (double)s->macs);
        plt_cell(doc, "%s", bytes_text((double)row->bytes, bytes));
    }
}

void cmd_doc_summary(plt_doc *doc, const cmd_model *model, const char *name, const char *detail_word, lg_err *err)
{
    nn_summary s;
    if (nn_summary_new(model->net, &s, err)) return;
    char in[NN_SHAPE_TEXT], outputs[32], weights[32];
    int detail = detail_of(detail_word), largest = 0;
    plt_title(doc, "%s: %d layer%s on %s images%s%s", name, s.count, s.count == 1 ? "" : "s",
              nn_shape_text(s.input, in), model->on ? " of " : "", model->on ? model->on : "");
    plt_table(doc, "%s", "");
    int columns = detail & PARAMS ? detail & ~MEMORY : detail;
    summary_columns(doc, columns);
    int folded = detail & FOLDED ? model->base.layers : 0;
    if (folded) base_row(doc, model, &s, columns);
    for (int i = 0; i < s.count; i++) {
        if (i >= folded) summary_row(doc, model->net, &s, &s.row[i], columns);
        if (s.row[i].params > s.row[largest].params) largest = i;
    }
    plt_text(doc, "Total params: %s\nTrainable params: %s\nNon-trainable params: %s", lg_thousands((long long)s.params),
             lg_thousands((long long)s.trained), lg_thousands((long long)(s.params - s.trained)));
    if (columns != detail) doc_memory(doc, &s);
    if (detail & MEMORY)
        plt_text(doc, "One image: %s multiply-adds, %s of outputs; weights: %s", lg_thousands((long long)s.macs),
                 bytes_text((double)s.activation_bytes, outputs), bytes_text((double)s.weight_bytes, weights));
    if (!folded) doc_padding(doc, model->net);
    if (s.params) {
        const nn_node *most = nn_net_node(model->net, s.row[largest].node);
        double share = 100.0 * (double)s.row[largest].params / (double)s.params;
        plt_sentence(doc, "%d layer%s, %s parameters, %.*f%% of them in %s", s.count, s.count == 1 ? "" : "s",
                     lg_thousands((long long)s.params), share > 99 && share < 100 ? 1 : 0, share, most->keras_name);
    }
    if (detail & DRAWING) doc_drawing(doc, model->net, err);
    if ((detail & SHARES) && err->status == LG_OK) doc_shares(doc, &s, err);
    nn_summary_release(&s);
}
