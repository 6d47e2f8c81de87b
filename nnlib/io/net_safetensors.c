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

static lg_status add_array(nn_named_tensors *list, const nn_node *node, const nn_array *a, lg_err *err)
{
    const nn_shape *shape = &a->shape;
    char name[2 * NN_NAME + 40];
    lg_err said = {0};
    snprintf(name, sizeof name, "%s/%s", node->keras_name, a->name);
    lg_status st = nn_named_check_name(list->file, name, &said);
    if (st == LG_E_MEMORY) return lg_fail(err, st, said.code, "%s", said.msg);
    if (st)
        return nn_not_written("safetensors", err, "the layer `%s` has a name that such files do not take", node->name);
    nn_named_tensor t = {.name = name,
                         .dtype = NN_F32,
                         .rank = shape->rank,
                         .data = a->data,
                         .bytes = nn_shape_size(*shape) * sizeof(float)};
    memcpy(t.dim, shape->dim, (size_t)shape->rank * sizeof *t.dim);
    return nn_named_add(list, &t, err);
}

/* Numbers of `preprocess` are not weights: the source of its layers has them. */
static lg_status add_arrays(nn_named_tensors *list, const nn_about *about, lg_err *err)
{
    const nn_net *net = nn_weights_net(about->weights);
    for (int i = 0; i < nn_net_count(net); i++) {
        nn_facts facts;
        nn_array array[NN_MAX_PARAMS];
        LG_TRY(nn_facts_of(nn_net_node(net, i), &facts, err));
        int n = facts.fixed ? 0 : nn_facts_arrays(&facts, about->weights, i, array);
        for (int k = 0; k < n; k++) LG_TRY(add_array(list, nn_net_node(net, i), &array[k], err));
    }
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
    LG_GO(add_arrays(&list, about, err));
    LG_GO(nn_about_notes(about, keep_note, &kept, err));
    LG_GO(kept.failed ? LG_E_MEMORY : LG_OK);
    list.note = kept.text;
    st = nn_format_find("safetensors")->save(&list, out, err);
done:
    nn_named_release(&list);
    lg_arena_release(&kept.room);
    return st;
}
