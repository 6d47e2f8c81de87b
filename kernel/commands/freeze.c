/* freeze.c - choosing layers by name, and a model with others frozen. */
#include "kernel/commands/freeze.h"

#include <string.h>
#include <strings.h>

#include "lib/base/banned.h"

static lg_status no_base(const char *name, const cmd_model *model, lg_err *err)
{
    lg_fail(err, LG_E_NAME, 222, "`%s` has no pretrained base", name);
    lg_why(err, "`base` inside `model { }` begins with one; these layers are all its own");
    return lg_try(err, "name the layers, as `layers %s`",
                  nn_net_count(model->net) > 1 ? nn_net_node(model->net, 1)->name : "conv1");
}

lg_status cmd_no_layer(const char *name, const cmd_model *model, const char *word, lg_err *err)
{
    const char *names[NN_MAX_LAYERS];
    int n = 0;
    for (int i = 1; i < nn_net_count(model->net) && n < NN_MAX_LAYERS; i++)
        names[n++] = nn_net_node(model->net, i)->name;
    const char *near = lg_nearest(word, names, (size_t)n);
    lg_fail(err, LG_E_NAME, 219, "`%s` has no layer `%.60s`", name, word);
    if (model->base.layers && strncasecmp(word, "base", 4) == 0) { /* what `freeze` calls so is no single layer */
        const char *last = nn_net_node(model->net, model->base.layers)->name;
        lg_why(err, "its base is %d layers, from `%s` to `%s`", model->base.layers, names[0], last);
        return lg_try(err, "name one of them: layer %s", last);
    }
    lg_status st =
        lg_why(err, "its layers go from `%s` to `%s`; `summary %s` lists them", names[0], names[n - 1], name);
    return near ? lg_try(err, "did you mean `%s`?", near) : st;
}

static bool is_called(const nn_node *node, const char *word)
{
    size_t len = strlen(word);
    bool any = len && word[len - 1] == '*';
    if (any) return strncasecmp(node->name, word, len - 1) == 0 || strncasecmp(node->keras_name, word, len - 1) == 0;
    return lg_casecmp(node->name, word) == 0 || lg_casecmp(node->keras_name, word) == 0;
}

int cmd_layer_called(const cmd_model *model, const char *word)
{
    for (int i = 1; i < nn_net_count(model->net); i++)
        if (is_called(nn_net_node(model->net, i), word)) return i;
    return -1;
}

static lg_status mark(const cmd_model *model, const char *name, const char *word, bool *chosen, lg_err *err)
{
    bool base = lg_casecmp(word, "base") == 0, all = lg_casecmp(word, "all") == 0, found = all;
    if (base && !model->base.layers) return no_base(name, model, err);
    for (int i = 1; i < nn_net_count(model->net); i++) {
        if (!(all || (base && i <= model->base.layers) || (!base && is_called(nn_net_node(model->net, i), word))))
            continue;
        chosen[i] = found = true;
    }
    return found ? LG_OK : cmd_no_layer(name, model, word, err);
}

lg_status cmd_layers_chosen(const dsl_call *call, const cmd_model *model, const char *name, int layers, bool **out,
                            lg_err *err)
{
    const dsl_arg *arg = &call->arg[layers];
    bool *chosen = lg_alloc((size_t)nn_net_count(model->net), sizeof *chosen, err);
    if (!chosen) return err->status;
    for (int i = 0; i < arg->count; i++) {
        if (mark(model, name, arg->value[i].text, chosen, err) == LG_OK) continue;
        lg_free(chosen);
        return lg_err_place(err, arg->given ? arg->value[i].span : call->span);
    }
    *out = chosen;
    return LG_OK;
}

/* ---- the new version ---- */
static lg_status refrozen(const cmd_model *old, const bool *frozen, cmd_model **out, lg_err *err)
{
    cmd_model *model = NULL;
    lg_status st;
    LG_TRY(cmd_model_again(old, &model, err));
    LG_GO(nn_net_with_frozen(old->net, frozen, &model->net, err));
    LG_GO(nn_weights_for(old->first, model->net, &model->first, err));
    if (old->weights == old->first) model->weights = nn_weights_ref(model->first);
    else LG_GO(nn_weights_for(old->weights, model->net, &model->weights, err));
    *out = model;
    return LG_OK;
done:
    cmd_model_free(model);
    return st;
}

/* The layers it is about that have weights: "12 layers, conv_dw_12 to conv_pw_13_bn". */
static void doc_changed(plt_doc *doc, const nn_net *net, const bool *changed)
{
    int count = 0, first = 0, last = 0;
    for (int i = 1; i < nn_net_count(net); i++) {
        if (!changed[i] || !nn_net_node(net, i)->nparam) continue;
        if (!count++) first = i;
        last = i;
    }
    if (!count) plt_note(doc, "none of these layers has weights, so nothing changes");
    else if (count == 1) plt_pair(doc, "layers", "%s", nn_net_node(net, first)->name);
    else
        plt_pair(doc, "layers", "%d with weights, %s to %s", count, nn_net_node(net, first)->name,
                 nn_net_node(net, last)->name);
}

static void doc_counts(plt_doc *doc, const cmd_model *model, const char *name)
{
    size_t all = nn_net_params(model->net), trained = nn_net_trained_params(model->net);
    plt_pair(doc, "to train", "%s of %s parameters", lg_thousands((long long)trained), lg_thousands((long long)all));
    plt_pair(doc, "frozen", "%s in %d layers", lg_thousands((long long)cmd_frozen_params(model->net)),
             nn_net_frozen(model->net));
    if (!trained) plt_note(doc, "nothing is left to train: `unfreeze %s layers all`", name);
    else if (model->runs)
        plt_note(doc, "what was learnt stays: `fit %s continue lr 0.0001` goes on from it, `fit %s` begins again", name,
                 name);
}

lg_status cmd_model_freeze(const dsl_call *call, const dsl_value *value, const bool *frozen, const bool *changed,
                           lg_err *err)
{
    cmd_model *model = NULL;
    plt_doc doc;
    LG_TRY(refrozen(cmd_model_of(value), frozen, &model, err));
    plt_doc_init(&doc);
    plt_title(&doc, "%s %s%s%s", call->command->name, value->name, *call->note ? " " : "", call->note);
    doc_changed(&doc, model->net, changed);
    doc_counts(&doc, model, value->name);
    lg_status st = cmd_model_bind(call, value->name, model, err);
    if (st == LG_OK) return cmd_display(call, &doc, false, err);
    plt_doc_release(&doc);
    return st;
}
