/* learn_images.c - finding the images of a training that does not take place. */
#include "kernel/commands/learn_images.h"

#include "lib/base/banned.h"

void cmd_learn_images_release(cmd_learn_images *images)
{
    data_unref(images->set);
    data_unref(images->view);
    *images = (cmd_learn_images){0};
}

lg_status cmd_has_loss(const dsl_call *call, int model, lg_err *err)
{
    const dsl_value *value = &call->arg[model].value[0];
    const nn_net *net = cmd_model_of(value)->net;
    const nn_node *last = nn_net_node(net, nn_net_count(net) - 1);
    if (last->spec.out.rank == 1 && nn_ends_in(last->type, last->spec.config) == NN_SOFTMAX) return LG_OK;
    lg_fail(err, LG_E_SHAPE, 405, "`%s` does not end in a softmax, so there is no loss to learn from", value->name);
    lg_why(err, "the loss is -ln of the probability that the true class gets");
    lg_try(err, "end it with `dense classes softmax`");
    return lg_err_place(err, value->span);
}

static lg_status find(const dsl_call *call, const dsl_value *on, cmd_learn_images *out, lg_err *err)
{
    const char *name = on ? on->name : out->model->on;
    dsl_object *object = on ? on->object : name ? dsl_session_get(call->session, name) : NULL;
    data_split_kind part = on && on->part != DSL_PART_ALL ? cmd_split_of(on->part) : DATA_TRAIN;
    data_set *all = NULL;
    if (!object || object->cls->kind != DSL_KIND_DATASET) {
        lg_fail(err, LG_E_NAME, 404, "which images should `%s` look at?", out->model_name);
        if (name) lg_why(err, "it was made on `%s`, which is no longer here", name);
        return lg_try(err, "%s %s on DATASET", call->command->name, out->model_name);
    }
    LG_TRY(cmd_dataset_chosen(call, object->payload, name, &all, err));
    lg_status st = cmd_model_fits(out->model, out->model_name, all, name, err);
    if (st == LG_OK) st = data_part(all, part, &out->set, err);
    data_unref(all);
    LG_TRY(st);
    out->data_name = lg_arena_strf(call->arena, err, "%s.%s", name, data_split_names[part]);
    if (!out->data_name) return err->status;
    if (data_count(out->set)) return cmd_model_view(out->model, out->set, &out->view, err);
    lg_fail(err, LG_E_DATA, 406, "`%s` has no %s images to learn from", name, data_split_names[part]);
    return lg_try(err, "split %s 80/20", name);
}

lg_status cmd_learn_images_open(const dsl_call *call, int model, int on, cmd_learn_images *out, lg_err *err)
{
    const dsl_value *value = &call->arg[model].value[0], *where = dsl_val(call, on);
    *out = (cmd_learn_images){.model = cmd_model_of(value), .model_name = value->name};
    LG_TRY(cmd_has_loss(call, model, err));
    lg_status st = find(call, where, out, err);
    if (st) cmd_learn_images_release(out);
    return st && !err->span.line ? lg_err_place(err, (where ? where : value)->span) : st;
}
