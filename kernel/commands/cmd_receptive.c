/* cmd_receptive.c - `receptive`: which pixels of the image one number of a layer can see. */
#include "kernel/commands/freeze.h"
#include "kernel/commands/lesson.h"
#include "kernel/commands/params.h"
#include "kernel/commands/seen.h"
#include "lib/plot/fields.h"
#include "lib/plot/theme.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/banned.h"

enum { MODEL, ON, LAYER, IMAGE, AT, ANIMATE, SLIDER };
enum { SIDE = 384, ROWS = 24 };

static const dsl_param params[] = {
    [MODEL] = CMD_MODEL("the model"),
    [ON] = CMD_ON("where the image is from"),
    [LAYER] = CMD_LAYER("the last convolution, with the norm and activation behind it", "the layer that looks"),
    [IMAGE] = {.name = "image",
               .role = DSL_OPTION,
               .type = DSL_T_IMAGE,
               .files = true,
               .dflt_help = "the first that passes `where`",
               .help = "number or name of the image it is drawn on"},
    [AT] = {.name = "at",
            .role = DSL_OPTION,
            .type = DSL_T_INT,
            .list = true,
            .min = 0,
            .max = 100000,
            .dflt_help = "the place in the middle",
            .help = "which place of the layer's output: row, column, from 1"},
    [ANIMATE] = {.name = "animate",
                 .role = DSL_FLAG,
                 .type = DSL_T_FLAG,
                 .dflt = "on",
                 .help = "show the layers one after the other; `no animate` shows all at once"},
    [SLIDER] = CMD_SLIDER("the layer"),
    {0},
};

typedef struct receptive {
    const dsl_call *call;
    const cmd_model *model;
    const char *name; /* of the model */
    const nn_net *net;
    cmd_seen seen;   /* the image; n 0: there is none */
    int nodes, node; /* the layer that is asked about */
    int row, column; /* its place */
    nn_sight *sight; /* (nodes) */
    nn_reach *reach; /* (nodes): what the place needs of each */
    plt_field_box box[PLT_FIELDS_MOST];
    int n, grew; /* boxes that are drawn, and layers that see more than those before */
} receptive;

static const nn_node *node_of(const receptive *r, int i)
{
    return nn_net_node(r->net, i);
}

static bool is_image(const nn_node *node)
{
    return node->spec.out.rank == 3;
}

static int64_t image_side(const receptive *r, int side)
{
    nn_shape s = nn_net_input(r->net);
    return s.rank == 3 ? s.dim[side] : 1;
}

/* ---- what is asked ---- */
static bool is_conv(const nn_node *node)
{
    return strcmp(node->type->name, "conv") == 0 || strcmp(node->type->name, "depthwise") == 0;
}

/* Where no convolution has places, the last one there is, else the last layer. */
static int usual_layer(const nn_net *net)
{
    int node = nn_explain_node(net);
    for (int i = nn_net_count(net) - 1; i > 0 && node < 0; i--)
        if (is_conv(nn_net_node(net, i))) node = i;
    return node < 0 ? nn_net_count(net) - 1 : node;
}

static lg_status find_layer(receptive *r, lg_err *err)
{
    const dsl_value *word = dsl_val(r->call, LAYER);
    r->node = word ? cmd_layer_called(r->model, word->text) : usual_layer(r->net);
    if (r->node >= 0) return LG_OK;
    cmd_no_layer(r->name, r->model, word->text, err);
    return lg_err_place(err, word->span);
}

static lg_status find_place(receptive *r, lg_err *err)
{
    const nn_node *node = node_of(r, r->node);
    const dsl_arg *at = &r->call->arg[AT];
    int place, rows = is_image(node) ? (int)node->spec.out.dim[0] : 1,
               columns = is_image(node) ? (int)node->spec.out.dim[1] : 1;
    if (at->count && !is_image(node)) {
        lg_fail(err, LG_E_ARG, 433, "`%s` gives a list, which has no rows and columns for `at`", node->name);
        lg_why(err, "every number of it is made of all that reaches the layer, so all of them see the same");
        lg_try(err, "leave out `at`");
        return lg_err_place(err, at->value[0].span);
    }
    const char *of = lg_arena_strf(r->call->arena, err, "`%s`", node->name);
    if (!of) return err->status;
    LG_TRY(cmd_lesson_at(r->call, AT, of, rows, columns, &place, err));
    r->row = place < 0 ? (rows - 1) / 2 : place / columns;
    r->column = place < 0 ? (columns - 1) / 2 : place % columns;
    return LG_OK;
}

/* Without an image, and without a word about one, the boxes are drawn on an empty ground. */
static lg_status find_image(receptive *r, lg_err *err)
{
    const dsl_call *call = r->call;
    bool asked = call->where || call->arg[IMAGE].count || dsl_val(call, ON);
    lg_status st = cmd_seen_open(
        call, &(cmd_seen_of){.model = MODEL, .on = ON, .image = IMAGE, .most = 1, .first = true}, &r->seen, err);
    if (st == LG_OK || asked || st == LG_E_MEMORY || st == LG_E_INTERRUPTED) return st;
    lg_err_clear(err);
    return LG_OK;
}

static lg_status compute(receptive *r, lg_err *err)
{
    r->sight = lg_alloc((size_t)r->nodes, sizeof *r->sight, err);
    r->reach = r->sight ? lg_alloc((size_t)r->nodes, sizeof *r->reach, err) : NULL;
    if (!r->reach) return err->status;
    nn_sights(r->net, r->sight);
    return nn_reach_back(r->net, r->node, r->row, r->column, r->reach, err);
}

/* ---- one layer on the way ---- */
static int middle(int64_t first, int64_t last)
{
    return (int)((first + last) / 2);
}

/* The field of the place of a layer that stands for those the number needs: the middle one. */
static plt_field_box field_of(const receptive *r, int i)
{
    const nn_reach *need = &r->reach[i], *pixels = &r->reach[0];
    const nn_sight *s = &r->sight[i];
    if (!is_image(node_of(r, i)))
        return (plt_field_box){.top = pixels->top,
                               .left = pixels->left,
                               .rows = pixels->bottom - pixels->top + 1,
                               .cols = pixels->right - pixels->left + 1};
    return (plt_field_box){.top = s->top + middle(need->top, need->bottom) * s->down,
                           .left = s->left + middle(need->left, need->right) * s->across,
                           .rows = s->h,
                           .cols = s->w};
}

/* Of a field, what lies in the image. */
static plt_field_box cut(const receptive *r, const plt_field_box *b)
{
    plt_field_box c = *b;
    int64_t h = image_side(r, 0), w = image_side(r, 1);
    int64_t end = b->top + b->rows < h ? b->top + b->rows : h, right = b->left + b->cols < w ? b->left + b->cols : w;
    if (c.top < 0) c.top = 0;
    if (c.left < 0) c.left = 0;
    c.rows = end - c.top, c.cols = right - c.left;
    return c;
}

static bool is_cut(const plt_field_box *whole, const plt_field_box *inside)
{
    return whole->rows != inside->rows || whole->cols != inside->cols;
}

static void add_range(lg_buf *out, const char *what, int64_t first, int64_t n)
{
    if (n == 1) lg_buf_addf(out, "%s %lld", what, (long long)first + 1);
    else lg_buf_addf(out, "%ss %lld to %lld", what, (long long)first + 1, (long long)(first + n));
}

static void add_place(lg_buf *out, const receptive *r, const plt_field_box *field)
{
    const plt_field_box inside = cut(r, field);
    if (inside.rows < 1 || inside.cols < 1) {
        lg_buf_adds(out, "all of it in the border of zeros");
        return;
    }
    add_range(out, "row", inside.top, inside.rows);
    lg_buf_adds(out, ", ");
    add_range(out, "column", inside.left, inside.cols);
    if (is_cut(field, &inside)) lg_buf_adds(out, ", cut off");
}

/* "conv2: one place sees 8x8 pixels; place 12,12: rows 23 to 30, columns 23 to 30" */
static void add_line(lg_buf *out, const receptive *r, int i)
{
    const nn_node *node = node_of(r, i);
    const plt_field_box field = field_of(r, i);
    if (!is_image(node)) {
        lg_buf_addf(out, "%s: each number of the list sees ", node->name);
        add_place(out, r, &field);
        return;
    }
    lg_buf_addf(out, "%s: one place sees %lldx%lld pixels; ", node->name, (long long)field.rows, (long long)field.cols);
    lg_buf_addf(out, "place %d,%d: ", middle(r->reach[i].top, r->reach[i].bottom) + 1,
                middle(r->reach[i].left, r->reach[i].right) + 1);
    add_place(out, r, &field);
}

/* ---- which are drawn ---- */
/* Layers that see more than all before them; of many, some, and always the one asked about. */
static int growing(const receptive *r, int *layer)
{
    int64_t most_h = 1, most_w = 1; /* one pixel is no field */
    int n = 0;
    for (int i = 1; i <= r->node; i++) {
        const plt_field_box f = field_of(r, i);
        bool more = f.rows > most_h || f.cols > most_w;
        if (r->reach[i].none || (!more && i != r->node)) continue;
        most_h = f.rows > most_h ? f.rows : most_h, most_w = f.cols > most_w ? f.cols : most_w;
        if (!more && n) n--; /* it sees what the last one saw, which it stands for */
        layer[n++] = i;
    }
    return n;
}

static lg_status choose_boxes(receptive *r, lg_err *err)
{
    int *layer = lg_arena_alloc(r->call->arena, (size_t)r->nodes, sizeof *layer, err);
    if (!layer) return err->status;
    int n = r->grew = growing(r, layer);
    r->n = n < PLT_FIELDS_MOST ? n : PLT_FIELDS_MOST;
    for (int k = 0; k < r->n; k++) {
        int i = layer[r->n == n ? k : k * (n - 1) / (r->n - 1)];
        lg_buf line;
        lg_buf_init(&line, 0);
        add_line(&line, r, i);
        r->box[k] = field_of(r, i);
        r->box[k].name = node_of(r, i)->name;
        r->box[k].line = cmd_lesson_text(r->call, &line, err);
        if (!r->box[k].line) return err->status;
    }
    return LG_OK;
}

/* ---- words ---- */
static void say_inside(lg_buf *out, const receptive *r)
{
    const nn_reach *p = &r->reach[0];
    int64_t h = image_side(r, 0), w = image_side(r, 1), rows = p->bottom - p->top + 1, columns = p->right - p->left + 1;
    if (rows == h && columns == w) lg_buf_addf(out, "all of the %lldx%lld image", (long long)h, (long long)w);
    else {
        add_range(out, "row", p->top, rows);
        lg_buf_adds(out, " and ");
        add_range(out, "column", p->left, columns);
        lg_buf_addf(out, " of the %lldx%lld image, %s%% of it", (long long)h, (long long)w,
                    plt_points((double)(rows * columns) / (double)(h * w), 0));
    }
    if (p->rows < rows || p->columns < columns)
        lg_buf_addf(out, "; with gaps: %lld of these rows and %lld of the columns count", (long long)p->rows,
                    (long long)p->columns);
}

static void say_all(lg_buf *out, const receptive *r)
{
    const nn_node *node = node_of(r, r->node);
    const plt_field_box field = field_of(r, r->node), inside = cut(r, &field);
    char size[NN_SHAPE_TEXT];
    if (!is_image(node)) {
        lg_buf_addf(out, "%s sees all that reaches it: each of its %s numbers depends on ", node->name,
                    nn_shape_text(node->spec.out, size));
        say_inside(out, r);
        return;
    }
    lg_buf_addf(out, "%s sees %lldx%lld pixels: its place %d,%d of %lldx%lld ", node->name, (long long)field.rows,
                (long long)field.cols, r->row + 1, r->column + 1, (long long)node->spec.out.dim[0],
                (long long)node->spec.out.dim[1]);
    if (r->reach[0].none) {
        lg_buf_adds(out, "lies where there is nothing but the zeros of the border");
        return;
    }
    lg_buf_adds(out, "sees ");
    say_inside(out, r);
    if (is_cut(&field, &inside)) lg_buf_adds(out, "; the rest of its field lies outside of the image and is cut off");
}

/* ---- the table ---- */
static void size_cell(plt_doc *doc, const nn_dims *d)
{
    if (d->h == d->w) plt_cell(doc, "%lld", (long long)d->h);
    else plt_cell(doc, "%lldx%lld", (long long)d->h, (long long)d->w);
}

/* "22 + (3-1)·8", of the rows. */
static void arithmetic_cell(plt_doc *doc, const receptive *r, int i, const nn_sliding *by)
{
    const nn_node *node = node_of(r, i);
    if (node->spec.nin > 1) {
        plt_cell(doc, "all that its %d inputs see", node->spec.nin);
        return;
    }
    if (by->size.h == 1 && by->size.w == 1) {
        plt_cell(doc, "as the one before");
        return;
    }
    const nn_sight *in = &r->sight[node->input[0]];
    lg_buf text;
    lg_buf_init(&text, 256);
    lg_buf_addf(&text, "%lld + (%lld-1)·", (long long)in->h, (long long)by->size.h);
    if (by->dilation.h > 1) lg_buf_addf(&text, "%lld·", (long long)by->dilation.h);
    lg_buf_addf(&text, "%lld = %lld", (long long)in->down, (long long)r->sight[i].h);
    plt_cell(doc, "%s", lg_buf_str(&text));
    lg_buf_release(&text);
}

/* "19–224", counted from 1; none: all of it lies outside. */
static void range_cell(plt_doc *doc, int64_t there, int64_t first, int64_t whole)
{
    if (there < 1) plt_cell(doc, "none");
    else
        plt_cell(doc, "%lld–%lld%s", (long long)first + 1, (long long)(first + there), there < whole ? " cut off" : "");
}

static void table_row(plt_doc *doc, const receptive *r, int i)
{
    const nn_node *node = node_of(r, i);
    const nn_sliding by = nn_sliding_of(node);
    const plt_field_box field = field_of(r, i);
    const nn_reach *need = &r->reach[i];
    plt_row(doc, i == r->node ? PLT_ROW_TOTAL : PLT_ROW_PLAIN);
    plt_head(doc, "%s", node->name);
    if (!is_image(node)) {
        for (int k = 0; k < 3; k++) plt_cell(doc, "%s", "");
        plt_cell(doc, "all that reaches it");
        plt_cell(doc, "%s", "");
    } else {
        plt_cell(doc, "%lldx%lld%s", (long long)by.size.h, (long long)by.size.w,
                 by.dilation.h > 1 || by.dilation.w > 1 ? " with gaps" : "");
        size_cell(doc, &by.stride);
        size_cell(doc, &(nn_dims){r->sight[i].down, r->sight[i].across, 0});
        arithmetic_cell(doc, r, i, &by);
        plt_cell(doc, "%lldx%lld", (long long)field.rows, (long long)field.cols);
    }
    if (need->none) plt_cell(doc, "none");
    else if (is_image(node))
        plt_cell(doc, "%lldx%lld of %lldx%lld", (long long)(need->bottom - need->top + 1),
                 (long long)(need->right - need->left + 1), (long long)node->spec.out.dim[0],
                 (long long)node->spec.out.dim[1]);
    else plt_cell(doc, "all");
    const plt_field_box inside = cut(r, &field);
    range_cell(doc, need->none ? 0 : inside.rows, inside.top, field.rows);
    range_cell(doc, need->none ? 0 : inside.cols, inside.left, field.cols);
}

/* Kernels of 1x1, norms, activations and padding see what the layer before them sees. */
static bool in_table(const receptive *r, int i)
{
    const nn_node *node = node_of(r, i);
    const nn_sliding by = nn_sliding_of(node);
    bool one = by.size.h == 1 && by.size.w == 1 && by.stride.h == 1 && by.stride.w == 1;
    bool lists = is_image(node) != is_image(node_of(r, node->input[0]));
    return i == r->node || (!r->reach[i].none && (!one || lists || node->spec.nin > 1));
}

static void doc_table(plt_doc *doc, const receptive *r)
{
    int rows = 0, left_out = 0;
    for (int i = 1; i <= r->node; i++) {
        rows += in_table(r, i);
        left_out += !in_table(r, i) && !r->reach[i].none;
    }
    if (rows > ROWS) plt_fold_begin(doc, "all %d layers on the way", rows);
    plt_table(doc, "How it grows, from the image on");
    plt_column(doc, PLT_LEFT, "Layer");
    plt_column(doc, PLT_RIGHT, "Kernel");
    plt_column(doc, PLT_RIGHT, "Stride");
    plt_column(doc, PLT_RIGHT, "Jump");
    plt_column(doc, PLT_LEFT, "Rows it sees");
    plt_column(doc, PLT_RIGHT, "Pixels");
    plt_column(doc, PLT_RIGHT, "Places used");
    plt_column(doc, PLT_LEFT, "The middle one: rows");
    plt_column(doc, PLT_LEFT, "columns");
    for (int i = 1; i <= r->node; i++)
        if (in_table(r, i)) table_row(doc, r, i);
    if (rows > ROWS) plt_fold_end(doc);
    if (left_out)
        plt_note(doc,
                 "%d layer%s on the way look%s at one place at a time (kernels of 1x1, norms, activations, padding) "
                 "and see%s what the one before sees",
                 left_out, left_out == 1 ? "" : "s", left_out == 1 ? "s" : "", left_out == 1 ? "s" : "");
    plt_note(doc,
             "a layer sees as many rows as the one before, and (kernel - 1) times its jump more; its own jump, the "
             "pixels from one place to the next, is that jump times its stride. This follows from the layers "
             "alone: training changes nothing (Araujo, Norris and Sim, Distill, 2019)");
}

static void doc_positions(plt_doc *doc, const receptive *r)
{
    plt_fold_begin(doc, "every outline in words");
    for (int i = 0; i < r->n; i++) plt_item(doc, "%s", r->box[i].line);
    plt_fold_end(doc);
}

/* ---- the document ---- */
static lg_status doc_picture(plt_doc *doc, const receptive *r, const char *sentence, lg_err *err)
{
    const nn_node *node = node_of(r, r->node);
    img_picture p = {0};
    if (r->seen.n) LG_TRY(cmd_seen_picture(&r->seen, 0, SIDE, &p, err));
    bool image = is_image(node);
    plt_fields(doc, &(plt_fields_spec){.sentence = sentence,
                                       .rgb = p.px,
                                       .pixel_h = p.h,
                                       .pixel_w = p.w,
                                       .image_h = (int)image_side(r, 0),
                                       .image_w = (int)image_side(r, 1),
                                       .box = r->box,
                                       .n = r->n,
                                       .map_h = image ? (int)node->spec.out.dim[0] : 0,
                                       .map_w = image ? (int)node->spec.out.dim[1] : (int)node->spec.out.dim[0],
                                       .row = r->row,
                                       .column = r->column,
                                       .animate = dsl_on(r->call, ANIMATE) && !dsl_on(r->call, SLIDER)});
    img_picture_release(&p);
    return LG_OK;
}

static lg_status fill(plt_doc *doc, const receptive *r, lg_err *err)
{
    lg_buf which, words;
    lg_buf_init(&which, 0);
    lg_buf_init(&words, 0);
    if (r->seen.n) {
        lg_buf_addf(&which, " on %s%s ", r->seen.data_name, cmd_where_text(r->call));
        cmd_seen_numbers(&r->seen, &which);
    }
    say_all(&words, r);
    plt_title(doc, "receptive %s%s: layer %s%s%s", r->name, lg_buf_str(&which), node_of(r, r->node)->name,
              *r->call->note ? " " : "", r->call->note);
    lg_status st = doc_picture(doc, r, lg_buf_str(&words), err);
    lg_buf_release(&which);
    lg_buf_release(&words);
    LG_TRY(st);
    if (!r->seen.n)
        plt_note(doc, "drawn on empty ground: `receptive %s on DATASET image 1` puts an image there", r->name);
    if (r->n < r->grew) plt_note(doc, "%d of the %d layers that see more than those before are drawn", r->n, r->grew);
    doc_table(doc, r);
    doc_positions(doc, r);
    return LG_OK;
}

static lg_status display(const receptive *r, plt_doc *doc, lg_err *err)
{
    dsl_slider slider;
    if (!dsl_on(r->call, SLIDER)) return cmd_display(r->call, doc, true, err);
    LG_TRY(cmd_seen_slider(r->call, r->model, false, r->node, &slider, err));
    return cmd_slide(r->call, doc, true, &slider, err);
}

static lg_status receptive_run(const dsl_call *call, lg_err *err)
{
    const dsl_value *model = &call->arg[MODEL].value[0];
    receptive r = {.call = call, .model = cmd_model_of(model), .name = model->name};
    plt_doc doc;
    lg_status st;
    r.net = r.model->net;
    r.nodes = nn_net_count(r.net);
    plt_doc_init(&doc);
    LG_GO(find_layer(&r, err));
    LG_GO(find_place(&r, err));
    LG_GO(find_image(&r, err));
    LG_GO(compute(&r, err));
    LG_GO(choose_boxes(&r, err));
    LG_GO(fill(&doc, &r, err));
    st = display(&r, &doc, err);
done:
    if (st) plt_doc_release(&doc);
    cmd_seen_release(&r.seen);
    lg_free(r.sight);
    lg_free(r.reach);
    return st;
}

const dsl_command dsl_cmd_receptive = {
    .name = "receptive",
    .summary = "which input pixels one output cell can see",
    .detail =
        "Outlines on the image, layer by layer: a convolution looks through a small window, but at what the layers "
        "before made of larger ones, so deeper layers see more. The field follows from kernel, stride, padding and "
        "dilation; branches see what all of their ways see, and lists (flatten, dense) all that reaches them.",
    .group = "Teach",
    .params = params,
    .examples = (const char *const[]){"receptive scratch image 7", "receptive scratch layer conv1 at 1,1",
                                      "receptive scratch image 7 slider", NULL},
    .takes_where = true,
    .asks_model = true,
    .run = receptive_run,
};
