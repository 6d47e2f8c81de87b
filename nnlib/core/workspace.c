/* workspace.c - placing blocks of memory by their lives. */
#include "nnlib/core/workspace.h"
#include "lib/base/banned.h"

lg_status nn_workspace_init(nn_workspace *ws, int cap, lg_err *err)
{
    *ws = (nn_workspace){.cap = cap};
    ws->item = lg_alloc((size_t)cap, sizeof *ws->item, err);
    ws->order = ws->item ? lg_alloc((size_t)cap, sizeof *ws->order, err) : NULL;
    if (ws->order) return LG_OK;
    nn_workspace_release(ws);
    return LG_E_MEMORY;
}

int nn_workspace_add(nn_workspace *ws, size_t bytes, int first, int last)
{
    LG_BUG_ON(ws->count == ws->cap);
    ws->item[ws->count] = (nn_space){.bytes = (bytes + 63) & ~(size_t)63, .first = first, .last = last};
    return ws->count++;
}

/* Lowest offset at which item s meets no placed item alive at the same time: one walk over the placed ones by offset,
 * looking for the first gap. */
static size_t space_place(const nn_workspace *ws, const nn_space *s, int placed)
{
    size_t end = 0;
    for (int i = 0; i < placed; i++) {
        const nn_space *o = &ws->item[ws->order[i]];
        if (o->last < s->first || s->last < o->first) continue;
        if (o->offset >= end + s->bytes) return end;
        if (o->offset + o->bytes > end) end = o->offset + o->bytes;
    }
    return end;
}

static void space_insert(nn_workspace *ws, int index, int placed)
{
    int at = placed;
    for (; at > 0 && ws->item[ws->order[at - 1]].offset > ws->item[index].offset; at--)
        ws->order[at] = ws->order[at - 1];
    ws->order[at] = index;
}

void nn_workspace_plan(nn_workspace *ws)
{
    for (int placed = 0; placed < ws->count; placed++) {
        int best = -1;
        for (int i = 0; i < ws->count; i++) {
            if (!ws->item[i].placed && (best < 0 || ws->item[i].bytes > ws->item[best].bytes)) best = i;
        }
        nn_space *s = &ws->item[best];
        s->offset = space_place(ws, s, placed);
        s->placed = true;
        space_insert(ws, best, placed);
        if (s->offset + s->bytes > ws->total) ws->total = s->offset + s->bytes;
    }
}

void nn_workspace_release(nn_workspace *ws)
{
    lg_free(ws->item);
    lg_free(ws->order);
    *ws = (nn_workspace){0};
}
