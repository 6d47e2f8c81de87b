/* box_layers.h - the layer words of the language, made from the library's registry. */
#ifndef CMD_BOX_LAYERS_H
#define CMD_BOX_LAYERS_H

#include "kernel/dsl/command.h"
#include "nnlib/nnlib.h"

/* {0}-terminated, in the order of nn_layers, `residual` and `base` behind them; owned, cmd_layers_free. impl is the
 * nn_layer_type, NULL for `base`. */
lg_status cmd_layers_new(dsl_layer_type **out, lg_err *err) LG_MUST_CHECK;
void cmd_layers_free(dsl_layer_type *layers);

/* Fills a config (of the type's config_size) from what was written. `classes` where a number is wanted stands for
 * nclass; LL215 when nclass is 0 (no dataset says how many). */
lg_status cmd_layer_config(const dsl_layer *layer, int nclass, void *config, bool *used_classes, lg_err *err)
    LG_MUST_CHECK;

/* For Shift-Tab: what the last layer of a model, as far as it is written, gives at its place. In cmd_model.c. */
void cmd_model_layer_at(const dsl_call *call, lg_buf *out);
void cmd_model_layers_next(const dsl_call *call, lg_buf *out); /* dsl_config.layers_next */

#endif
