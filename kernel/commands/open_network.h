/* open_network.h - a whole network of another program as a model: `open NAME from FILE.onnx`.
 *
 * All of its layers count as pretrained, with the file they came from (cmd_pretrained). It has no labels: the file
 * names none, so its outputs are taken for a dataset's labels in their order. Scores get a softmax behind them, unless
 * another output of the graph was asked for. */
#ifndef CMD_OPEN_NETWORK_H
#define CMD_OPEN_NETWORK_H

#include "kernel/commands/box_model.h"

typedef struct cmd_network {
    const char *file; /* with its folders */
    const void *data;
    size_t len;
    nn_onnx_choice choice;
} cmd_network;

/* By its name, or else its content. */
bool cmd_is_network(const char *file, const void *data, size_t len);
/* *out has one reference. LL361 to LL365, LL207. */
lg_status cmd_network_open(const cmd_network *network, const char *recipe, dsl_object **out, lg_err *err) LG_MUST_CHECK;
/* What the file does not say, and what was taken instead. */
void cmd_doc_network(plt_doc *doc, const cmd_network *network, const cmd_model *model);

#endif
