/* cmd_model.c - `model NAME on DATASET { layers }`: a network, one layer a line. */
#include "kernel/commands/box_layers.h"
#include "kernel/commands/box_model.h"

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

static lg_status add_input(nn_net *net, const model_data *data, const dsl_call *call, lg_err *err)
{
    char line[96];
    data_size s = data->set ? data_shape(data->set) : (data_size){0};
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
static lg_status add_layer(nn_net *net, const dsl_layer *layer, int classes, bool *by_class, lg_err *err)
{
    const nn_layer_type *type = layer->type->impl;
    lg_err_clear(err);
    err->span = (lg_span){0};
    void *config = lg_alloc(1, type->config_size, err);
    if (!config) return err->status;
    bool used = false;
    lg_status st = cmd_layer_config(layer, classes, config, &used, err);
    if (st == LG_OK) st = nn_net_add(net, type, config, err);
    lg_free(config);
    if (used) *by_class = true;
    if (st) return lg_err_place(err, layer->span);
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

static lg_status build_from_block(const dsl_call *call, nn_net *net, const model_data *data, bool *by_class,
                                  lg_err *err)
{
    if (call->nlayers == 0) {
        lg_fail(err, LG_E_SYNTAX, 208, "this model has no layers");
        lg_try(err, "model %s on DATASET { conv 16 3x3 relu; maxpool 2; flatten; dense classes softmax }",
               call->arg[NAME].value[0].text);
        return lg_err_place(err, call->span);
    }
    if (!begins_with_input(call)) LG_TRY(add_input(net, data, call, err));
    for (int i = 0; i < call->nlayers; i++) LG_TRY(add_layer(net, &call->layer[i], data->classes, by_class, err));
    return check_outputs(call, net, data, err);
}

/* The layers of another model again, for this dataset's image size and number of labels. */
static lg_status build_like(const cmd_model *like, const dsl_call *call, nn_net *net, const model_data *data,
                            lg_err *err)
{
    int count = nn_net_count(like->net);
    if (data->set) LG_TRY(add_input(net, data, call, err));
    else LG_TRY(nn_net_add(net, nn_net_node(like->net, 0)->type, nn_net_node(like->net, 0)->spec.config, err));
    for (int i = 1; i < count; i++) {
        const nn_node *node = nn_net_node(like->net, i);
        void *config = lg_alloc(1, node->type->config_size, err);
        if (!config) return err->status;
        memcpy(config, node->spec.config, node->type->config_size);
        const nn_field *units = nn_field_find(node->type->fields, "units");
        char number[24];
        snprintf(number, sizeof number, "%d", data->classes);
        lg_status st = LG_OK;
        if (i == count - 1 && like->by_class && data->classes && units)
            st = nn_field_set(units, node->type->name, config, number, err);
        if (st == LG_OK) st = nn_net_add_to(net, node->type, config, node->input, node->spec.nin, err);
        lg_free(config);
        if (st) return lg_err_place(err, call->arg[LIKE].value[0].span);
    }
    return LG_OK;
}

static lg_status model_build(const dsl_call *call, cmd_model **out, lg_err *err)
{
    const dsl_value *on = dsl_val(call, ON), *like = dsl_val(call, LIKE);
    cmd_model *model = lg_alloc(1, sizeof *model, err);
    if (!model) return err->status;
    lg_status st = LG_OK;
    model_data data = {0};
    if (on && on->object) data = (model_data){.set = cmd_dataset(on), .name = on->name};
    else if (like && cmd_model_of(like)->on) {
        dsl_object *object = dsl_session_get(call->session, cmd_model_of(like)->on);
        if (object && object->cls->kind == DSL_KIND_DATASET)
            data = (model_data){.set = object->payload, .name = cmd_model_of(like)->on};
    }
    if (data.set) data.classes = data_classes(data.set);
    model->seed = cmd_seed(call, SEED);
    if (data.set) {
        LG_GO(cmd_labels_of(data.set, &model->labels, err));
        if (!(model->on = lg_strdup(data.name, err))) LG_GO(err->status);
    }
    LG_GO(nn_net_new(&model->net, err));
    if (data.name) LG_GO(nn_net_for_data(model->net, data.name, err));
    if (like && !call->has_block) {
        model->by_class = cmd_model_of(like)->by_class;
        LG_GO(build_like(cmd_model_of(like), call, model->net, &data, err));
    } else {
        LG_GO(build_from_block(call, model->net, &data, &model->by_class, err));
    }
    LG_GO(nn_net_finish(model->net, err));
    if (data.set) LG_GO(cmd_model_sees(model, call->arg[NAME].value[0].text, data.set, data.name, err));
    LG_GO(nn_weights_new(model->net, model->seed, &model->first, err));
    model->weights = nn_weights_ref(model->first);
    *out = model;
    return LG_OK;
done:
    cmd_model_free(model);
    return lg_err_place(err, call->span);
}

void cmd_model_layer_at(const dsl_call *call, lg_buf *out)
{
    lg_err ignored = {0};
    nn_net *net = NULL;
    const dsl_value *on = dsl_val(call, ON);
    model_data data = {0};
    bool by_class = false;
    char shape[NN_SHAPE_TEXT];
    if (on && on->object) data = (model_data){.set = cmd_dataset(on), .name = on->name};
    if (data.set) data.classes = data_classes(data.set);
    lg_status st = nn_net_new(&net, &ignored);
    if (st == LG_OK && !begins_with_input(call)) st = add_input(net, &data, call, &ignored);
    for (int i = 0; st == LG_OK && i < call->nlayers; i++)
        st = add_layer(net, &call->layer[i], data.classes, &by_class, &ignored);
    if (st == LG_OK) {
        const nn_node *last = nn_net_node(net, nn_net_count(net) - 1);
        double weights = 0;
        for (int k = 0; k < last->nparam; k++) weights += nn_shape_count(last->param[k].shape);
        lg_buf_addf(out, "%s, %s parameters", nn_shape_text(last->spec.out, shape), lg_thousands((long long)weights));
    } else if (ignored.code == 203 || ignored.code == 205) {
        lg_buf_adds(out, ignored.msg);
    }
    nn_net_unref(net);
}

/* Bind time: a network that cannot be is told before anything of the cell runs. */
static lg_status model_check(const dsl_call *call, lg_err *err)
{
    cmd_model *model = NULL;
    LG_TRY(model_build(call, &model, err));
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

static lg_status model_run(const dsl_call *call, lg_err *err)
{
    cmd_model *model = NULL;
    plt_doc doc;
    const char *name = call->arg[NAME].value[0].text;
    LG_TRY(model_build(call, &model, err));
    plt_doc_init(&doc);
    cmd_doc_summary(&doc, model, name, "receptive", err);
    if (*call->note) plt_note(&doc, "%s", call->note);
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
        "checked as soon as the cell is read, so a network that cannot be is told with the sizes so far.",
    .group = "Model",
    .params = params,
    .examples =
        (const char *const[]){
            "model scratch on logos {\n  conv 16 3x3 relu\n  maxpool 2\n  flatten\n  dense classes softmax\n}",
            "model second like scratch seed 2", NULL},
    .makes = DSL_KIND_MODEL,
    .takes_layers = true,
    .check = model_check,
    .run = model_run,
};
