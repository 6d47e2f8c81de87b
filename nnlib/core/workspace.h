/* workspace.h - planning memory: who needs how much, from when to when; those never alive together share.
 *
 *     nn_workspace_add(&ws, bytes, first, last, err) -> index;  …;  nn_workspace_plan(&ws);
 *     offset = ws.item[index].offset;  total = ws.total;
 *
 * Greedy by size: the largest first, each at the lowest free place (the strategy of Pisarchyk
 * and Lee 2020, "Efficient memory management for deep neural net inference"). */
#ifndef NN_WORKSPACE_H
#define NN_WORKSPACE_H

#include "lib/base/lg.h"

typedef struct nn_space {
    size_t bytes, offset; /* multiples of 64 */
    int first, last;      /* steps, both included */
    bool placed;
} nn_space;

typedef struct nn_workspace {
    nn_space *item;
    int *order; /* placed items by offset */
    int count, cap;
    size_t total;
} nn_workspace;

lg_status nn_workspace_init(nn_workspace *ws, int cap, lg_err *err) LG_MUST_CHECK; /* room for cap items */
int nn_workspace_add(nn_workspace *ws, size_t bytes, int first, int last);
void nn_workspace_plan(nn_workspace *ws);
void nn_workspace_release(nn_workspace *ws);

#endif
