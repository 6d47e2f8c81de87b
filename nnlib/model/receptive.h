/* receptive.h - the receptive field: which pixels of the image a number inside a network can depend on.
 *
 *     nn_sight *sight = lg_alloc(nn_net_count(net), sizeof *sight, err);
 *     nn_sights(net, sight);
 *     sight[7].h, sight[7].w;                                // 38x38 pixels, the same for every place
 *     sight[7].top + row * sight[7].down;                    // its first row; below 0: in the border of zeros
 *
 *     nn_reach *reach = lg_alloc(nn_net_count(net), sizeof *reach, err);
 *     LG_TRY(nn_reach_back(net, 7, row, column, reach, err)); // reach[0]: pixels, as far as they are there
 *
 * Both follow Araujo, Norris and Sim, "Computing receptive fields of convolutional networks", Distill, 2019, from
 * kernel, stride, padding and dilation: nn_sights from the image on (field and jump), nn_reach_back from the number
 * back to the image. Where ways join (sums, channels side by side) it is the hull of what they see. Nothing depends on
 * weights. */
#ifndef NN_RECEPTIVE_H
#define NN_RECEPTIVE_H

#include "nnlib/model/net.h"

/* The window by which a node reads its input; one place, step by step, where it has none. */
nn_sliding nn_sliding_of(const nn_node *node);

/* What the places of a node see; of lists: all 0. Numbers end at 2^31, where strides of maps of one place would lead
 * further. */
typedef struct nn_sight {
    int64_t h, w;         /* pixels one number depends on, those in the border of zeros included */
    int64_t down, across; /* pixels from one place to the next: the jump */
    int64_t top, left;    /* where the field of the first place begins; below 0: outside of the image */
} nn_sight;

/* sight: (nodes). Ways that join with different jumps see more at some places than at others: then h and w are the
 * most, the rest is that of the first place. */
void nn_sights(const nn_net *net, nn_sight *sight);

/* First and last place, from 0, that counts; nothing of this node does where `none`. */
typedef struct nn_reach {
    bool none;
    int64_t top, bottom, left, right;
    int64_t rows, columns; /* that count: fewer than from first to last where dilation or stride leaves gaps */
} nn_reach;

/* The places of every node that the number at (row, column) of a node depends on, none of them outside; of a node with
 * a list any of its numbers, which depend on all that reaches it. reach: (nodes), [0] the image. LL901. */
lg_status nn_reach_back(const nn_net *net, int node, int64_t row, int64_t column, nn_reach *reach,
                        lg_err *err) LG_MUST_CHECK;

#endif
