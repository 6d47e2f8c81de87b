/* box_model.c - a network with its weights as an object of the language. */
#include "kernel/commands/box_model.h"
#include "lib/image/hash.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

void cmd_model_free(cmd_model *model)
{
    if (!model) return;
    for (int i = 0; i < model->runs; i++) dsl_object_unref(model->run[i]);
    nn_weights_unref(model->first);
    nn_weights_unref(model->weights);
    nn_net_unref(model->net);
    cmd_labels_release(&model->labels);
    cmd_pretrained_release(&model->base);
    lg_free(model->on);
    lg_free(model);
}

void cmd_pretrained_release(cmd_pretrained *base)
{
    lg_free(base->name);
    lg_free(base->file);
    *base = (cmd_pretrained){0};
}

lg_status cmd_pretrained_copy(const cmd_pretrained *from, cmd_pretrained *to, lg_err *err)
{
    *to = *from;
    to->name = to->file = NULL;
    if (from->name && !(to->name = lg_strdup(from->name, err))) return err->status;
    if (from->file && !(to->file = lg_strdup(from->file, err))) return err->status;
    return LG_OK;
}

lg_status cmd_model_again(const cmd_model *old, cmd_model **out, lg_err *err)
{
    lg_status st = LG_OK;
    cmd_model *model = lg_alloc(1, sizeof *model, err);
    if (!model) return err->status;
    for (int i = 0; i < old->runs; i++) model->run[model->runs++] = dsl_object_ref(old->run[i]);
    model->seed = old->seed;
    model->by_class = old->by_class;
    model->ruled = old->ruled;
    model->rules = old->rules;
    if (old->on && !(model->on = lg_strdup(old->on, err))) LG_GO(err->status);
    LG_GO(cmd_labels_copy(&old->labels, &model->labels, err));
    LG_GO(cmd_pretrained_copy(&old->base, &model->base, err));
    *out = model;
    return LG_OK;
done:
    cmd_model_free(model);
    return st;
}

/* Its last and its best weights, and the optimiser's numbers. */
static size_t bytes_of(const cmd_run *run)
{
    return (2 * nn_net_block(nn_weights_net(run->run.last)) + run->run.nslots) * sizeof(float);
}

void cmd_model_forget_runs(cmd_model *model, size_t most)
{
    size_t held = 0;
    int from = model->runs - 1;
    while (from > 0 && (held += bytes_of(model->run[from - 1]->payload)) <= most) from--;
    if (from < 1) return;
    for (int i = 0; i < from; i++) dsl_object_unref(model->run[i]);
    model->runs -= from;
    memmove(model->run, model->run + from, (size_t)model->runs * sizeof *model->run);
}

/* LL408: weights of a dense layer behind `flatten` are for images of one size. */
static lg_status check_base(const cmd_model *model, const nn_net *net, lg_err *err)
{
    char wants[NN_SHAPE_TEXT], has[NN_SHAPE_TEXT];
    for (int i = 1; i <= model->base.layers; i++) {
        const nn_node *from = nn_net_node(model->net, i), *to = nn_net_node(net, i);
        bool same = from->nparam == to->nparam;
        for (int k = 0; same && k < from->nparam; k++) same = nn_shape_equal(from->param[k].shape, to->param[k].shape);
        if (same) continue;
        nn_shape_text(nn_net_input(model->net), wants);
        lg_fail(err, LG_E_SHAPE, 408, "the weights of `%.100s` are for %s images, but these are %s", model->base.name,
                wants, nn_shape_text(nn_net_input(net), has));
        lg_why(err, "its layer `%s` has other numbers of weights there", from->name);
        return lg_try(err, "load the images with `size %s`", wants);
    }
    return LG_OK;
}

size_t cmd_frozen_params(const nn_net *net)
{
    size_t n = 0;
    for (int i = 1; i < nn_net_count(net); i++) {
        const nn_node *node = nn_net_node(net, i);
        for (int k = 0; node->frozen && k < node->nparam; k++) n += nn_shape_size(node->param[k].shape);
    }
    return n;
}

lg_status cmd_first_weights(const cmd_model *model, const nn_net *net, uint64_t seed, nn_weights **out, lg_err *err)
{
    LG_TRY(check_base(model, net, err));
    LG_TRY(nn_weights_new(net, seed, out, err));
    for (int i = 1; i <= model->base.layers; i++) {
        const nn_node *from = nn_net_node(model->net, i), *to = nn_net_node(net, i);
        for (int k = 0; k < from->nparam; k++)
            memcpy(nn_weights_data(*out) + to->offset[k], nn_weights_param(model->first, i, k),
                   nn_shape_size(from->param[k].shape) * sizeof(float));
    }
    return LG_OK;
}

void cmd_keep_frozen(const cmd_model *model, nn_weights *weights)
{
    for (int i = 1; i < nn_net_count(model->net); i++) {
        const nn_node *from = nn_net_node(model->net, i), *to = nn_net_node(nn_weights_net(weights), i);
        for (int k = 0; from->frozen && k < from->nparam; k++)
            memcpy(nn_weights_data(weights) + to->offset[k], nn_weights_param(model->weights, i, k),
                   nn_shape_size(from->param[k].shape) * sizeof(float));
    }
}

bool cmd_model_prepares(const cmd_model *model)
{
    return nn_net_count(model->net) > 1 && strcmp(nn_net_node(model->net, 1)->type->name, "preprocess") == 0;
}

const char *cmd_model_came_from(const cmd_model *model)
{
    return model->base.layers == nn_net_count(model->net) - 1 ? model->base.file : NULL;
}

static void model_drop(void *payload)
{
    cmd_model_free(payload);
}

const cmd_model *cmd_model_of(const dsl_value *value)
{
    return value->object->payload;
}

const cmd_run *cmd_model_run(const cmd_model *model)
{
    return model->runs ? model->run[model->runs - 1]->payload : NULL;
}

/* `conv1.params`: a fact about one layer. */
static lg_status layer_field(const nn_net *net, const char *path, lg_arena *arena, dsl_fact *out, lg_err *err)
{
    const char *dot = strrchr(path, '.');
    if (!dot) return LG_E_NAME;
    char *name = lg_arena_strndup(arena, path, (size_t)(dot - path), err);
    if (!name) return err->status;
    int node = nn_net_find(net, name);
    for (int i = 1; node < 0 && i < nn_net_count(net); i++) /* the summary prints Keras' names: both are right */
        if (lg_casecmp(nn_net_node(net, i)->keras_name, name) == 0) node = i;
    if (node < 0) return LG_E_NAME;
    const nn_node *n = nn_net_node(net, node);
    if (strcmp(dot + 1, "params") == 0) {
        out->number = 0;
        for (int k = 0; k < n->nparam; k++) out->number += nn_shape_count(n->param[k].shape);
        return LG_OK;
    }
    if (strcmp(dot + 1, "shape") == 0) {
        char text[NN_SHAPE_TEXT];
        out->text = lg_arena_strf(arena, err, "%s", nn_shape_text(n->spec.out, text));
        return out->text ? LG_OK : err->status;
    }
    return LG_E_NAME;
}

/* SHA-256 of the weights: equal ones answer alike. */
static lg_status model_fingerprint(const cmd_model *model, lg_arena *arena, dsl_fact *out, lg_err *err)
{
    char hex[IMG_SHA256_HEX];
    img_sha256(nn_weights_block(model->weights), nn_net_block(model->net) * sizeof(float), hex);
    out->text = lg_arena_strndup(arena, hex, IMG_SHA256_HEX - 1, err);
    return out->text ? LG_OK : err->status;
}

static lg_status model_field(const void *payload, const char *path, lg_arena *arena, dsl_fact *out, lg_err *err)
{
    const cmd_model *model = payload;
    *out = (dsl_fact){0};
    if (strcmp(path, "params") == 0) out->number = (double)nn_net_params(model->net);
    else if (strcmp(path, "layers") == 0) out->number = nn_net_count(model->net) - 1;
    else if (strcmp(path, "seed") == 0) out->number = (double)model->seed;
    else if (strcmp(path, "fingerprint") == 0) return model_fingerprint(model, arena, out, err);
    else if (strcmp(path, "classes") == 0) out->number = nn_shape_count(nn_net_output(model->net));
    else {
        lg_status st = model->runs ? cmd_run_class.field(cmd_model_run(model), path, arena, out, err) : LG_E_NAME;
        return st == LG_E_NAME ? layer_field(model->net, path, arena, out, err) : st;
    }
    return LG_OK;
}

static void model_fields(const void *payload, lg_buf *out)
{
    const cmd_model *model = payload;
    lg_buf_adds(out, "params\nlayers\nseed\nclasses\nfingerprint\n");
    for (int i = 1; i < nn_net_count(model->net); i++) {
        lg_buf_addf(out, "%s.params\n%s.shape\n", nn_net_node(model->net, i)->name, nn_net_node(model->net, i)->name);
    }
    if (model->runs) cmd_run_class.fields(cmd_model_run(model), out);
}

static void model_layers(const void *payload, lg_buf *out)
{
    const cmd_model *model = payload;
    char size[NN_SHAPE_TEXT];
    for (int i = 1; i < nn_net_count(model->net); i++)
        lg_buf_addf(out, "%s\t%s\n", nn_net_node(model->net, i)->name,
                    nn_shape_text(nn_net_node(model->net, i)->spec.out, size));
}

static void model_labels(const void *payload, lg_buf *out)
{
    const cmd_model *model = payload;
    for (int k = 0; k < model->labels.count; k++) {
        lg_buf_adds(out, model->labels.name[k]);
        lg_buf_addc(out, '\n');
    }
}

static void model_brief(const void *payload, lg_buf *out)
{
    const cmd_model *model = payload;
    char in[NN_SHAPE_TEXT], last[NN_SHAPE_TEXT];
    const cmd_run *run = cmd_model_run(model);
    lg_buf_addf(out, "%s to %s, %d layer%s, %s parameters", nn_shape_text(nn_net_input(model->net), in),
                nn_shape_text(nn_net_output(model->net), last), nn_net_count(model->net) - 1,
                nn_net_count(model->net) == 2 ? "" : "s",
                lg_thousands((long long)nn_net_params(model->net)));
    if (!run && cmd_model_came_from(model)) lg_buf_addf(out, ", weights of %s", cmd_model_came_from(model));
    else if (!run) lg_buf_adds(out, ", not trained");
    else if (run->score[DATA_VAL].count)
        lg_buf_addf(out, ", validation accuracy %s%%",
                    plt_points(nn_confusion_accuracy(run->score[DATA_VAL].count, run->score[DATA_VAL].classes), 1));
    else lg_buf_adds(out, ", trained");
}

static lg_status model_show(const dsl_object *object, const char *name, dsl_out *out, lg_err *err)
{
    const cmd_model *model = object->payload;
    plt_doc doc;
    plt_doc_init(&doc);
    cmd_doc_summary(&doc, model, name, "params", err);
    if (err->status) {
        plt_doc_release(&doc);
        return err->status;
    }
    if (model->runs) cmd_doc_run(&doc, cmd_model_run(model));
    return cmd_display_to(out, &doc, false, 0, err);
}

static const char *model_data(const void *payload)
{
    return ((const cmd_model *)payload)->on;
}

const dsl_class cmd_model_class = {
    .kind = DSL_KIND_MODEL,
    .drop = model_drop,
    .field = model_field,
    .fields = model_fields,
    .labels = model_labels,
    .layers = model_layers,
    .data = model_data,
    .brief = model_brief,
    .show = model_show,
};

lg_status cmd_model_bind(const dsl_call *call, const char *name, cmd_model *model, lg_err *err)
{
    dsl_object *object = NULL;
    LG_TRY(dsl_object_new(&cmd_model_class, model, call->recipe, &object, err));
    return dsl_session_bind(call->session, name, object, err);
}
