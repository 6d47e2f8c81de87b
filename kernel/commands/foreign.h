/* foreign.h - a file of weights that another program wrote, read whole and checked.
 *
 *     cmd_foreign file = {0};
 *     LG_GO(cmd_foreign_open(call, "resnet50.safetensors", &file, err));
 *     … nn_named_find(&file.list, "conv1.weight"), file.sha256 …
 *     done: cmd_foreign_close(&file);
 *
 * Its content decides what it is (nnlib/io/format.h). Reading more than a second shows progress. Errors: those of
 * lg_reach_read, LL303 above 2 GB, LL361 to LL365. */
#ifndef CMD_FOREIGN_H
#define CMD_FOREIGN_H

#include "kernel/commands/workbench.h"
#include "nnlib/nnlib.h"

typedef struct cmd_foreign { /* zero-initialise */
    lg_buf bytes;
    size_t len;
    char sha256[65]; /* of the file */
    nn_named_tensors list;
    const nn_named_tensor **order; /* an ONNX file's, as its nodes use them; else NULL */
    size_t ordered;
} cmd_foreign;

lg_status cmd_foreign_open(const dsl_call *call, const char *path, cmd_foreign *file, lg_err *err) LG_MUST_CHECK;
void cmd_foreign_close(cmd_foreign *file);

#endif
