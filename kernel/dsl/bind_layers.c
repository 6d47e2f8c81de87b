/* bind_layers.c - the block of `model NAME { … }`: loops unrolled, variables filled in, blocks inside blocks. */
#include "kernel/dsl/inside.h"
#include <string.h>

#include "lib/base/banned.h"

enum { MOST_LAYERS = 5000 };

typedef struct layer_list {
    lg_arena *arena;
    dsl_layer *layer;
    int count, cap;
} layer_list;

static lg_status layer_body(dsl_walk *walk, dsl_stmt *body, void *ctx, lg_err *err);

static dsl_layer *one_more(layer_list *list, lg_span span, lg_err *err)
{
    if (list->count == MOST_LAYERS) {
        lg_fail(err, LG_E_LIMIT, 125, "this network has more than %d layers", MOST_LAYERS);
        lg_err_place(err, span);
        return NULL;
    }
    if (list->count == list->cap) {
        int cap = list->cap ? list->cap * 2 : 16;
        dsl_layer *grown = lg_arena_alloc(list->arena, (size_t)cap, sizeof *grown, err);
        if (!grown) return NULL;
        if (list->count) memcpy(grown, list->layer, (size_t)list->count * sizeof *grown);
        list->layer = grown;
        list->cap = cap;
    }
    return &list->layer[list->count++];
}

static lg_status bind_layer(dsl_walk *walk, dsl_stmt *stmt, layer_list *list, lg_err *err)
{
    char *word = dsl_atom_source(stmt->head, list->arena, err), *note;
    if (!word) return err->status;
    const dsl_layer_type *type = dsl_layer_find(&walk->session->config, word);
    if (!type) return dsl_no_layer(walk, stmt, err);
    if (stmt->has_block != type->block) {
        if (stmt->has_block) lg_fail(err, LG_E_SYNTAX, 109, "`%s` takes no `{ }`", type->name);
        else lg_fail(err, LG_E_SYNTAX, 109, "`%s` needs its layers in `{ }`", type->name);
        lg_try(err, type->block ? "write `%s { conv 16 3x3 relu same }`" : "`help %s` shows how it is written",
               type->name);
        return lg_err_place(err, stmt->head->span);
    }
    dsl_target target = {.name = type->name, .params = type->params, .layer = true};
    dsl_arg *arg = NULL;
    dsl_cond *where = NULL;
    lg_status st = dsl_bind_args(walk, &target, stmt, list->arena, &arg, &where, &note, err);
    if (st != LG_OK) return dsl_place(err, stmt->head->span);
    dsl_layer made = {.type = type, .span = stmt->head->span, .arg = arg};
    if (type->block) {
        dsl_layer *inner = NULL;
        LG_TRY(dsl_bind_layers(walk, stmt->block, list->arena, &inner, &made.ninner, err));
        made.inner = inner;
    }
    dsl_layer *place = one_more(list, stmt->head->span, err);
    if (!place) return err->status;
    *place = made;
    return LG_OK;
}

static lg_status layer_body(dsl_walk *walk, dsl_stmt *body, void *ctx, lg_err *err)
{
    for (dsl_stmt *stmt = body; stmt; stmt = stmt->next) {
        LG_TRY(dsl_step(walk, err));
        switch (stmt->kind) {
        case STMT_COMMAND: LG_TRY(bind_layer(walk, stmt, ctx, err)); break;
        case STMT_FOR: LG_TRY(dsl_loop(walk, stmt, layer_body, ctx, err)); break;
        default:
            lg_fail(err, LG_E_SYNTAX, 128, "only layers and `for` go inside `model NAME { }`");
            lg_try(err, "write this line before the model, or after its `}`");
            return lg_err_place(err, stmt->head->span);
        }
    }
    return LG_OK;
}

lg_status dsl_bind_layers(dsl_walk *walk, dsl_stmt *block, lg_arena *arena, dsl_layer **layers, int *count, lg_err *err)
{
    layer_list list = {.arena = arena};
    LG_TRY(layer_body(walk, block, &list, err));
    *layers = list.layer;
    *count = list.count;
    return LG_OK;
}
