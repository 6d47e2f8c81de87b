/* net_safetensors.c - parameters as named tensors, and what else there is to say as notes. */
#include "nnlib/io/net_safetensors.h"
#include <stdio.h>
#include <string.h>
#include "nnlib/io/format.h"
#include "lib/base/banned.h"

enum { MOST_NOTES = 16 };

typedef struct notes {
    const char *text[2 * MOST_NOTES + 1]; /* key, value, …, NULL */
    int count;
    lg_arena room;
    lg_err *err;
    bool failed;
} notes;

static void keep_note(void *ctx, const char *key, const char *value)
{
    notes *n = ctx;
    const char *const pair[] = {key, value};
    for (int i = 0; i < 2 && !n->failed; i++) {
        char *copy = n->count < 2 * MOST_NOTES ? lg_arena_strndup(&n->room, pair[i], strlen(pair[i]), n->err) : NULL;
        if (copy) n->text[n->count++] = copy;
        else n->failed = true;
    }
}

static lg_status add_param(nn_named_tensors *list, const nn_about *about, int i, int k, lg_err *err)
{
    const nn_node *node = nn_net_node(nn_weights_net(about->weights), i);
    const nn_shape *shape = &node->param[k].shape;
    char name[2 * NN_NAME + 40];
    lg_err said = {0};
    snprintf(name, sizeof name, "%s/%s", node->keras_name, node->param[k].name);
    lg_status st = nn_named_check_name(list->file, name, &said);
    if (st == LG_E_MEMORY) return lg_fail(err, st, said.code, "%s", said.msg);
    if (st)
        return nn_not_written("safetensors", err, "the layer `%s` has a name that such files do not take", node->name);
    nn_named_tensor t = {.name = name,
                         .dtype = NN_F32,
                         .rank = shape->rank,
                         .data = nn_weights_param(about->weights, i, k),
                         .bytes = nn_shape_size(*shape) * sizeof(float)};
    memcpy(t.dim, shape->dim, (size_t)shape->rank * sizeof *t.dim);
    return nn_named_add(list, &t, err);
}

static lg_status add_params(nn_named_tensors *list, const nn_about *about, lg_err *err)
{
    const nn_net *net = nn_weights_net(about->weights);
    for (int i = 0; i < nn_net_count(net); i++)
        for (int k = 0; k < nn_net_node(net, i)->nparam; k++) LG_TRY(add_param(list, about, i, k, err));
    if (list->count) return LG_OK;
    return nn_not_written("safetensors", err, "none of its layers has weights");
}

lg_status nn_safetensors_write(const nn_about *about, lg_buf *out, lg_err *err)
{
    nn_named_tensors list;
    notes kept = {.err = err};
    lg_status st;
    LG_TRY(nn_about_check(about, err));
    nn_named_init(&list, about->name);
    lg_arena_init(&kept.room, 0);
    LG_GO(add_params(&list, about, err));
    LG_GO(nn_about_notes(about, keep_note, &kept, err));
    LG_GO(kept.failed ? LG_E_MEMORY : LG_OK);
    list.note = kept.text;
    st = nn_format_find("safetensors")->save(&list, out, err);
done:
    nn_named_release(&list);
    lg_arena_release(&kept.room);
    return st;
}
