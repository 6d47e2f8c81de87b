/* base_layers.h - `base NETWORK` inside `model NAME { … }`: a pretrained network without its top, and whose weights.
 *
 *     cmd_base_line line;
 *     LG_TRY(cmd_base_read(layer, &line, err));         // what was written; finds the file, opens nothing
 *     LG_GO(cmd_base_add(&line, net, err));             // behind `input`: preprocess, then the base's layers
 *     …                                                 // the rest of the network, nn_net_finish, first weights
 *     LG_GO(cmd_base_fill(call, &line, weights, &about, err));
 *     done: cmd_base_release(&line);
 *
 * **Which file.** `weights FILE` names it. `weights imagenet`, the default, looks in the weights folder
 * ($LOGOLENS_WEIGHTS, else `weights` below our data folder) for a file called after the base: resnet50.safetensors,
 * resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5 … Nothing is ever downloaded: where there is none, LL369 says
 * which file to get and where it belongs. `weights none` begins with random numbers.
 *
 * Only names and sizes decide what fits (nn_base_load); what the file is its content says. */
#ifndef CMD_BASE_LAYERS_H
#define CMD_BASE_LAYERS_H

#include "kernel/commands/box_model.h"

typedef struct cmd_base_line {
    const dsl_layer *layer;
    const nn_base *base;
    nn_base_options options; /* until is borrowed from the cell */
    const nn_preprocess *pixels;
    bool frozen;
    char *path; /* of the weights; NULL: none. Owned */
} cmd_base_line;

/* The word of the language; strings and tables from the arena. */
lg_status cmd_base_word(lg_arena *arena, dsl_layer_type *word, lg_err *err) LG_MUST_CHECK;
bool cmd_is_base(const dsl_layer *layer);

/* LL218, LL142, LL369. Also after a failure there is something to release. */
lg_status cmd_base_read(const dsl_layer *layer, cmd_base_line *line, lg_err *err) LG_MUST_CHECK;
/* The same without a look at files, for what asks only about sizes: LL218, LL142. */
lg_status cmd_base_shape(const dsl_layer *layer, cmd_base_line *line, lg_err *err) LG_MUST_CHECK;
void cmd_base_release(cmd_base_line *line);
/* LL216 when something stands before it, LL219, LL203. */
lg_status cmd_base_add(const cmd_base_line *line, nn_net *net, lg_err *err) LG_MUST_CHECK;
/* The numbers of the base's layers; about says where they came from (owned: cmd_pretrained_release). LL221, LL361 … */
lg_status cmd_base_fill(const dsl_call *call, const cmd_base_line *line, nn_weights *weights, cmd_pretrained *about,
                        lg_err *err) LG_MUST_CHECK;

#endif
