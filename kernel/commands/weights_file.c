/* weights_file.c - from a path to named tensors. */
#include "kernel/commands/weights_file.h"
#include "lib/base/reach.h"
#include "lib/base/banned.h"

#define FILE_MOST ((size_t)4 << 30)

lg_status cmd_weights_file_read(const char *path, lg_cancel *cancel, cmd_weights_file *out, lg_err *err)
{
    lg_status st;
    *out = (cmd_weights_file){0};
    lg_buf_init(&out->bytes, FILE_MOST);
    out->path = lg_strdup(path, err);
    if (!out->path) return err->status;
    LG_GO(lg_reach_read(path, &out->bytes, err));
    LG_GO(h5_weights_read(lg_buf_str(&out->bytes), out->bytes.len, out->path, cancel, &out->weights, err));
    if (out->weights.block) lg_buf_release(&out->bytes); /* of a file of Keras nothing is borrowed */
done:
    if (st) cmd_weights_file_release(out);
    return st;
}

void cmd_weights_file_release(cmd_weights_file *file)
{
    h5_weights_release(&file->weights);
    lg_buf_release(&file->bytes);
    lg_free(file->path);
    *file = (cmd_weights_file){0};
}
