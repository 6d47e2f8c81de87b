/* cmd_model.c - `model NAME on DATASET { layers }`: a network, one layer a line. */
#include "kernel/commands/base_layers.h"
#include "kernel/commands/box_layers.h"
#include "kernel/commands/box_model.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

enum { NAME, ON, LIKE, SEED };

static const dsl_param params[] = {
    [NAME] = {.name = "name", .role = DSL_POSITIONAL, .type = DSL_T_NEWNAME, .required = true,
              .help = "what the model will be called"},
    [ON] = {.name = "on", .role = DSL_PREPOSITION, .type = DSL_T_OBJECT, .kinds = DSL_DATASETS, .implicit = true,
            .help = "the images it is made for: their size and number of labels"},
    [LIKE] = {.name = "like", .role = DSL_OPTION, .type = DSL_T_OBJECT, .kinds = DSL_MODELS,
              .help = "a model whose layers to take over, untrained"},
    [SEED] = {.name = "seed", .role = DSL_OPTION, .type = DSL_T_INT, .dflt = "1", .min = 0, .max = 9e15,
              .help = "draws the first weights"},
    {0},
};

/* The size images have to have and the number of labels, as far as a dataset says so. */
typedef struct model_data {
    const data_set *set; /* or NULL */
    const char *name;
    int classes;
} model_data;

/* A network under construction. */
typedef struct building {
    nn_net *net;
    int classes;
    bool by_class;
    cmd_base_line base; /* base.base NULL: it has none */
    int base_layers;
} building;

static lg_status add_input(nn_net *net, const model_data *data, const dsl_call *call, lg_err *err)
{
    char line[96];
    data_size s = data->set ? data_shape(data->set) : (data_size){0};
    if (call->nlayers && cmd_is_base(&call->layer[0])) {
        const nn_base *base = nn_base_find(dsl_layer_val(&call->layer[0], 0)->text);
        snprintf(line, sizeof line, "input %dx%dx3", base ? base->size : 224, base ? base->size : 224);
        return nn_net_add_line(net, line, err);
    }
    if (!data->set) {
        lg_fail(err, LG_E_SHAPE, 210, "how large are the images this model will see?");
        lg_try(err, "name the dataset: `model %s on logos { … }`, or begin with a line `input 64x64x3`",
               call->arg[NAME].value[0].text);
        return lg_err_place(err, call->arg[NAME].value[0].span);
    }
    LG_TRY(data_need_pixels(data->set, data->name, err));
    snprintf(line, sizeof line, "input %dx%dx%d", s.h, s.w, s.c);
    return nn_net_add_line(net, line, err);
}

/* Adds a layer behind the last; a failure points at its word. */
static lg_status add_layer(building *b, const dsl_layer *layer, lg_err *err)
{
    const nn_layer_type *type = layer->type->impl;
    lg_err_clear(err);
    err->span = (lg_span){0};
    void *config = lg_alloc(1, type->config_size, err);
    if (!config) return err->status;
    bool used = false;
    lg_status st = cmd_layer_config(layer, b->classes, config, &used, err);
    if (st == LG_OK) st = nn_net_add(b->net, type, config, err);
    lg_free(config);
    if (used) b->by_class = true;
    if (st) return lg_err_place(err, layer->span);
    return LG_OK;
}

static lg_status add_base(building *b, const dsl_layer *layer, lg_err *err)
{
    if (!b->base.base) LG_TRY(cmd_base_read(layer, &b->base, err));
    LG_TRY(cmd_base_add(&b->base, b->net, err));
    b->base_layers = nn_net_count(b->net) - 1;
    return LG_OK;
}

static lg_status add_layers(building *b, const dsl_layer *layer, int count, lg_err *err);

/* LL212: what goes into a residual block and what comes out differ. */
static lg_status residual_differs(nn_shape in, nn_shape out, lg_err *err)
{
    char before[NN_SHAPE_TEXT], after[NN_SHAPE_TEXT];
    bool image = in.rank == 3 && out.rank == 3, sides = image && (in.dim[0] != out.dim[0] || in.dim[1] != out.dim[1]);
    lg_fail(err, LG_E_SHAPE, 212, "`residual` cannot add its input of %s to its output of %s",
            nn_shape_text(in, before), nn_shape_text(out, after));
    lg_why(err, "they are added number by number, so both must be of one size");
    if (sides) return lg_try(err, "write `same` in the layers of the block, without stride; make it smaller outside");
    if (image)
        return lg_try(err, "end the block with %lld filters: `conv %lld 1x1`", (long long)in.dim[2],
                      (long long)in.dim[2]);
    return lg_try(err, "end the block with what goes into it: an image stays an image of that size");
}

static lg_status base_in_block(const dsl_layer *layer, lg_err *err)
{
    lg_fail(err, LG_E_SHAPE, 216, "`base` stands at the beginning of a model, not in a `residual` block");
    lg_why(err, "it looks at the images themselves, and gives another size than it gets");
    lg_try(err, "write `base NETWORK` as the model's first line, and `residual { … }` behind it");
    return lg_err_place(err, layer->span);
}

/* The block's layers, then its input added to their output. It is called residual1, residual2, … unless named. */
static lg_status add_residual(building *b, const dsl_layer *layer, lg_err *err)
{
    const nn_layer_type *add = layer->type->impl;
    nn_net *net = b->net;
    nn_config config;
    bool used = false;
    int from = nn_net_count(net) - 1, number = 1;
    for (int i = 0; i < layer->ninner; i++)
        if (cmd_is_base(&layer->inner[i])) return base_in_block(&layer->inner[i], err);
    LG_TRY(add_layers(b, layer->inner, layer->ninner, err));
    int to = nn_net_count(net) - 1;
    if (to == from) {
        lg_fail(err, LG_E_SYNTAX, 208, "this residual block has no layers");
        lg_try(err, "write `residual { conv 16 3x3 relu same }`");
        return lg_err_place(err, layer->span);
    }
    nn_shape in = nn_net_node(net, from)->spec.out, out = nn_net_node(net, to)->spec.out;
    if (!nn_shape_equal(in, out)) {
        residual_differs(in, out, err);
        return lg_err_place(err, layer->span);
    }
    LG_TRY(cmd_layer_config(layer, b->classes, &config, &used, err));
    for (int i = 0; i < nn_net_count(net); i++) number += nn_net_node(net, i)->type == add;
    if (!config.name[0]) snprintf(config.name, sizeof config.name, "residual%d", number);
    lg_status st = nn_net_add_to(net, add, &config, (const int[]){to, from}, 2, err);
    return st ? lg_err_place(err, layer->span) : LG_OK;
}

static lg_status add_layers(building *b, const dsl_layer *layer, int count, lg_err *err)
{
    for (int i = 0; i < count; i++) {
        if (cmd_is_base(&layer[i])) LG_TRY(add_base(b, &layer[i], err));
        else if (layer[i].type->block) LG_TRY(add_residual(b, &layer[i], err));
        else LG_TRY(add_layer(b, &layer[i], err));
    }
    return LG_OK;
}

/* LL206: as many outputs as there are labels. */
static lg_status check_outputs(const dsl_call *call, const nn_net *net, const model_data *data, lg_err *err)
{
    nn_shape out = nn_net_output(net);
    if (!data->set || !data->classes || out.rank != 1 || (int)out.dim[0] == data->classes) return LG_OK;
    lg_buf names;
    lg_buf_init(&names, 0);
    for (int k = 0; k < data->classes && k < 12; k++)
        lg_buf_addf(&names, "%s%s", k ? ", " : "", data_class_name(data->set, k));
    if (data->classes > 12) lg_buf_adds(&names, ", …");
    lg_fail(err, LG_E_SHAPE, 206, "the last layer has %lld outputs but the dataset has %d classes (%s)",
            (long long)out.dim[0], data->classes, lg_buf_str(&names));
    lg_try(err, "write `dense classes softmax`");
    lg_buf_release(&names);
    return lg_err_place(err, call->nlayers ? call->layer[call->nlayers - 1].span : call->span);
}

static bool begins_with_input(const dsl_call *call)
{
    return call->nlayers && strcmp(call->layer[0].type->name, "input") == 0;
}

static lg_status build_from_block(const dsl_call *call, building *b, const model_data *data, lg_err *err)
{
    if (call->nlayers == 0) {
        lg_fail(err, LG_E_SYNTAX, 208, "this model has no layers");
        lg_why(err, "they stand between `{` and `}`, and the `{` on the line of `model`");
        const dsl_arg *on = &call->arg[ON];
        lg_try(err, "model %s on %s { conv 16 3x3 relu; maxpool 2; flatten; dense classes softmax }",
               call->arg[NAME].value[0].text, on->count && on->value[0].name ? on->value[0].name : "logos");
        return lg_err_place(err, call->span);
    }
    if (!begins_with_input(call)) LG_TRY(add_input(b->net, data, call, err));
    LG_TRY(add_layers(b, call->layer, call->nlayers, err));
    return check_outputs(call, b->net, data, err);
}

/* The layers of another model again, for this dataset's image size and number of labels. */
static lg_status build_like(const cmd_model *like, const dsl_call *call, nn_net *net, const model_data *data,
                            lg_err *err)
{
    int count = nn_net_count(like->net);
    if (data->set && !cmd_model_prepares(like)) LG_TRY(add_input(net, data, call, err));
    else LG_TRY(nn_net_add(net, nn_net_node(like->net, 0)->type, nn_net_node(like->net, 0)->spec.config, err));
    int last = count - 1; /* the layer that was written `classes` */
    while (last > 0 && !nn_field_find(nn_net_node(like->net, last)->type->fields, "units")) last--;
    for (int i = 1; i < count; i++) {
        const nn_node *node = nn_net_node(like->net, i);
        void *config = lg_alloc(1, node->type->config_size, err);
        if (!config) return err->status;
        memcpy(config, node->spec.config, node->type->config_size);
        const nn_field *units = nn_field_find(node->type->fields, "units");
        char number[24];
        snprintf(number, sizeof number, "%d", data->classes);
        lg_status st = LG_OK;
        if (i == last && like->by_class && data->classes && units)
            st = nn_field_set(units, node->type->name, config, number, err);
        if (st == LG_OK) st = nn_net_add_to(net, node->type, config, node->input, node->spec.nin, err);
        lg_free(config);
        if (st) return lg_err_place(err, call->arg[LIKE].value[0].span);
        if (node->frozen && i <= like->base.layers) nn_net_freeze(net, i); /* others begin anew, so they learn */
    }
    return LG_OK;
}

static void find_data(const dsl_call *call, model_data *data)
{
    const dsl_value *on = dsl_val(call, ON), *like = dsl_val(call, LIKE);
    if (on && on->object) *data = (model_data){.set = cmd_dataset(on), .name = on->name};
    else if (like && cmd_model_of(like)->on) {
        dsl_object *object = dsl_session_get(call->session, cmd_model_of(like)->on);
        if (object && object->cls->kind == DSL_KIND_DATASET)
            *data = (model_data){.set = object->payload, .name = cmd_model_of(like)->on};
    }
    if (data->set) data->classes = data_classes(data->set);
}

static lg_status build_layers(const dsl_call *call, const model_data *data, cmd_model *model, building *b, lg_err *err)
{
    const dsl_value *like = dsl_val(call, LIKE);
    if (!like) {
        LG_TRY(build_from_block(call, b, data, err));
        model->by_class = b->by_class;
        model->base.layers = b->base_layers;
        if (b->base_layers && !(model->base.name = lg_strdup(b->base.base->name, err))) return err->status;
        return LG_OK;
    }
    if (call->has_block) {
        lg_fail(err, LG_E_SYNTAX, 217, "`like %s` already says all layers, so no block goes with it", like->name);
        lg_try(err, "either `model %s like %s`, or write all layers in the block; `summary %s` lists them",
               call->arg[NAME].value[0].text, like->name, like->name);
        return lg_err_place(err, like->span);
    }
    model->by_class = cmd_model_of(like)->by_class;
    LG_TRY(build_like(cmd_model_of(like), call, b->net, data, err));
    return cmd_pretrained_copy(&cmd_model_of(like)->base, &model->base, err);
}

/* filled: with the weights of a base; without they are only found, which is enough to check a cell. */
static lg_status model_build(const dsl_call *call, bool filled, cmd_model **out, lg_err *err)
{
    const dsl_value *like = dsl_val(call, LIKE);
    cmd_model *model = lg_alloc(1, sizeof *model, err);
    if (!model) return err->status;
    lg_status st = LG_OK;
    model_data data = {0};
    building b = {0};
    find_data(call, &data);
    model->seed = cmd_seed(call, SEED);
    if (data.set) {
        LG_GO(cmd_labels_of(data.set, &model->labels, err));
        if (!(model->on = lg_strdup(data.name, err))) LG_GO(err->status);
    }
    LG_GO(nn_net_new(&model->net, err));
    if (data.name) LG_GO(nn_net_for_data(model->net, data.name, err));
    b.net = model->net, b.classes = data.classes;
    LG_GO(build_layers(call, &data, model, &b, err));
    LG_GO(nn_net_finish(model->net, err));
    if (data.set) LG_GO(cmd_model_sees(model, call->arg[NAME].value[0].text, data.set, data.name, err));
    if (like) LG_GO(cmd_first_weights(cmd_model_of(like), model->net, model->seed, &model->first, err));
    else LG_GO(nn_weights_new(model->net, model->seed, &model->first, err));
    if (filled && b.base_layers) LG_GO(cmd_base_fill(call, &b.base, model->first, &model->base, err));
    model->weights = nn_weights_ref(model->first);
    cmd_base_release(&b.base);
    *out = model;
    return LG_OK;
done:
    cmd_base_release(&b.base);
    cmd_model_free(model);
    return lg_err_place(err, call->span);
}

/* Layers up to the one the cursor is at: the block it stands in is still open, so nothing is joined there. */
static lg_status add_open(building *b, const dsl_layer *layer, int count, lg_err *err)
{
    LG_TRY(add_layers(b, layer, count - 1, err));
    if (layer[count - 1].type->block)
        return layer[count - 1].ninner ? add_open(b, layer[count - 1].inner, layer[count - 1].ninner, err) : LG_OK;
    return add_layers(b, &layer[count - 1], 1, err);
}

/* The network as far as the block is written, without a look at files of weights. */
static lg_status build_open(const dsl_call *call, building *b, lg_err *err)
{
    model_data data = {0};
    find_data(call, &data);
    b->classes = data.classes;
    LG_TRY(nn_net_new(&b->net, err));
    if (!begins_with_input(call)) LG_TRY(add_input(b->net, &data, call, err));
    if (call->nlayers && cmd_is_base(&call->layer[0])) LG_TRY(cmd_base_shape(&call->layer[0], &b->base, err));
    return call->nlayers ? add_open(b, call->layer, call->nlayers, err) : LG_OK;
}

void cmd_model_layer_at(const dsl_call *call, lg_buf *out)
{
    lg_err ignored = {0};
    building b = {0};
    char shape[NN_SHAPE_TEXT];
    lg_status st = call->nlayers ? build_open(call, &b, &ignored) : LG_E_NAME;
    if (st == LG_OK) {
        const nn_node *last = nn_net_node(b.net, nn_net_count(b.net) - 1);
        bool base = b.base_layers == nn_net_count(b.net) - 1;
        double weights = base ? (double)nn_net_params(b.net) : 0;
        for (int k = 0; !base && k < last->nparam; k++) weights += nn_shape_count(last->param[k].shape);
        lg_buf_addf(out, "%s, %s parameters", nn_shape_text(last->spec.out, shape), lg_thousands((long long)weights));
    } else if (ignored.code == 203 || ignored.code == 205) {
        lg_buf_adds(out, ignored.msg);
    }
    cmd_base_release(&b.base);
    nn_net_unref(b.net);
}

/* ---- Tab: what each layer would give here ---- */
/* What a layer would give behind node `from`, its defaults and `number` for what has none. False: it cannot be said. */
static bool try_layer(nn_net *net, const nn_layer_type *type, int from, int number, nn_shape *out, lg_err *err)
{
    void *config = lg_alloc(1, type->config_size, err);
    bool ok = config != NULL;
    char word[24];
    if (ok) nn_config_init(type, config);
    for (const nn_field *field = type->fields; field->name && ok; field++) {
        if (!field->required) continue;
        if (field->kind == NN_INT) snprintf(word, sizeof word, "%d", number);
        else snprintf(word, sizeof word, "%s", field->kind == NN_CHOICE ? field->choices[0] : "0");
        ok = field->kind != NN_SIZE && field->kind != NN_TEXT &&
             nn_field_set(field, type->name, config, word, err) == LG_OK;
    }
    ok = ok && nn_net_add_to(net, type, config, &from, 1, err) == LG_OK;
    if (ok) *out = nn_net_node(net, nn_net_count(net) - 1)->spec.out;
    lg_free(config);
    return ok;
}

/* "60x60xFILTERS": what differs between two numbers is named after the field that takes one. */
static void next_shape(const nn_layer_type *type, nn_shape a, nn_shape b, lg_buf *out)
{
    const nn_field *field = type->fields;
    while (field->name && !(field->required && field->kind == NN_INT)) field++;
    for (int d = 0; d < a.rank; d++) {
        if (d) lg_buf_addc(out, 'x');
        if (a.dim[d] == b.dim[d] || !field->name) lg_buf_addf(out, "%lld", (long long)a.dim[d]);
        else
            for (const char *c = field->name; *c; c++) lg_buf_addc(out, (char)toupper((unsigned char)*c));
    }
}

static void next_layer(nn_net *net, const dsl_layer_type *word, int from, lg_buf *out)
{
    const nn_layer_type *type = word->impl;
    nn_shape a = {0}, b = {0};
    lg_err err = {0};
    if (!type || word->block || strcmp(word->name, "input") == 0) return;
    if (try_layer(net, type, from, 1, &a, &err)) {
        if (!try_layer(net, type, from, 2, &b, &err)) b = a;
        lg_buf_addf(out, "%s\t", word->name);
        next_shape(type, a, b, out);
        lg_buf_addc(out, '\n');
    } else if (err.code == 203) {
        lg_buf_addf(out, "%s\t- it is larger than what reaches it\n", word->name);
    } else if (err.code == 204) {
        lg_buf_addf(out, "%s\t- it needs an image\n", word->name);
    } else if (err.code == 205) {
        lg_buf_addf(out, "%s\t- it needs a list; `flatten` makes one\n", word->name);
    }
}

void cmd_model_layers_next(const dsl_call *call, lg_buf *out)
{
    lg_err ignored = {0};
    building b = {0};
    char shape[NN_SHAPE_TEXT];
    const dsl_layer_type *words = dsl_session_config(call->session)->layers;
    bool sized = call->nlayers || dsl_val(call, ON);
    if (sized && build_open(call, &b, &ignored) == LG_OK) {
        int from = nn_net_count(b.net) - 1;
        lg_buf_addf(out, "\t%s\n", nn_shape_text(nn_net_node(b.net, from)->spec.out, shape));
        for (; words && words->name; words++) next_layer(b.net, words, from, out);
    }
    cmd_base_release(&b.base);
    nn_net_unref(b.net);
}

/* Bind time: a network that cannot be is told before anything of the cell runs. */
static lg_status model_check(const dsl_call *call, lg_err *err)
{
    cmd_model *model = NULL;
    LG_TRY(model_build(call, false, &model, err));
    cmd_model_free(model);
    return LG_OK;
}

/* What `fit` will want and this network lacks; it can be looked at all the same. */
static void note_untrainable(plt_doc *doc, const nn_net *net)
{
    char shape[NN_SHAPE_TEXT];
    const nn_node *last = nn_net_node(net, nn_net_count(net) - 1);
    if (last->spec.out.rank != 1)
        plt_note(doc, "cannot be trained yet: it ends in a %s image; add `flatten` and `dense classes softmax`",
                 nn_shape_text(last->spec.out, shape));
    else if (nn_ends_in(last->type, last->spec.config) != NN_SOFTMAX)
        plt_note(doc,
                 "cannot be trained yet: its last layer gives scores, not shares; end with `dense classes softmax`");
}

/* Whose weights it begins with, and what happens to the images on the way. */
static void note_base(plt_doc *doc, const cmd_model *model, const char *name)
{
    const cmd_pretrained *base = &model->base;
    if (!base->layers) return;
    nn_shape in = nn_net_input(model->net);
    if (base->file)
        plt_pair(doc, "weights", "%s, %.1f MB, sha256 %s", base->file, (double)base->bytes / 1e6, base->sha256);
    else plt_pair(doc, "weights", "none: random numbers");
    const nn_node *first = nn_net_node(model->net, 1);
    const nn_preprocess *pixels = nn_preprocess_of(first->type, first->spec.config);
    plt_pair(doc, "images", "fitted to %lldx%lld, pixels prepared as `%s`", (long long)in.dim[0], (long long)in.dim[1],
             pixels ? pixels->name : "none");
    plt_pair(doc, "inside", "`summary %s` lists all layers of the base", name);
    plt_pair(doc, "parameters", "%s to train, %s frozen", lg_thousands((long long)nn_net_trained_params(model->net)),
             lg_thousands((long long)cmd_frozen_params(model->net)));
}

static lg_status model_run(const dsl_call *call, lg_err *err)
{
    cmd_model *model = NULL;
    plt_doc doc;
    const char *name = call->arg[NAME].value[0].text;
    LG_TRY(model_build(call, true, &model, err));
    plt_doc_init(&doc);
    cmd_doc_summary(&doc, model, name, "folded", err);
    if (*call->note) plt_note(&doc, "%s", call->note);
    note_base(&doc, model, name);
    note_untrainable(&doc, model->net);
    lg_status st = err->status ? err->status : cmd_display(call, &doc, false, err);
    if (st) {
        plt_doc_release(&doc);
        cmd_model_free(model);
        return st;
    }
    return cmd_model_bind(call, name, model, err);
}

const dsl_command dsl_cmd_model = {
    .name = "model",
    .summary = "define a network, one layer per line",
    .detail =
        "The size of the images and the number of outputs (`dense classes`) come from the dataset. Every layer is "
        "checked as soon as the cell is read, so a network that cannot be is told with the sizes so far. "
        "`like MODEL` takes over all layers of another model, untrained; with `on` they are fitted to other images. "
        "`residual { … }` adds what goes into its layers to what comes out of them. `base NETWORK` begins with a "
        "pretrained network: images are then fitted to its size and prepared as it was trained.",
    .group = "Model",
    .params = params,
    .examples =
        (const char *const[]){
            "model scratch on logos {\n  conv 16 3x3 relu\n  maxpool 2\n  flatten\n  dense classes softmax\n}",
            "model second like scratch seed 2",
            "model deep on logos {\n  conv 16 3x3 relu same\n  for i in 1..2 {\n    residual { conv 16 3x3 same; "
            "batchnorm; activation relu }\n    maxpool 2\n  }\n  globalavg\n  dense classes softmax\n}",
            NULL},
    .makes = DSL_KIND_MODEL,
    .takes_layers = true,
    .check = model_check,
    .run = model_run,
};
