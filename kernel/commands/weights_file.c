/* weights_file.c - from a path to named tensors. */
#include "kernel/commands/weights_file.h"
#include <string.h>
#include "lib/base/reach.h"
#include "lib/image/hash.h"
#include "lib/base/banned.h"

#define FILE_MOST ((size_t)4 << 30)

/* Tensors as the nodes of the graph meet them, each once: files list them in any order. */
static lg_status order_of(cmd_weights_file *file, const nn_onnx *net, lg_err *err)
{
    size_t n = file->weights.tensors.count;
    bool *seen = lg_alloc(n + 1, sizeof *seen, err);
    file->order = seen ? lg_alloc(n + 1, sizeof *file->order, err) : NULL;
    for (size_t i = 0; file->order && i < net->nodes; i++) {
        for (int k = 0; k < net->node[i].inputs; k++) {
            const nn_named_tensor *t = nn_named_find(&file->weights.tensors, net->node[i].input[k]);
            if (!t || seen[t - file->weights.tensors.at]) continue;
            seen[t - file->weights.tensors.at] = true;
            file->order[file->ordered++] = t;
        }
    }
    lg_free(seen);
    return file->order ? LG_OK : err->status;
}

/* An ONNX file is read again as a network: the list alone does not tell in which order it is used. */
static lg_status find_order(cmd_weights_file *file, lg_err *err)
{
    nn_onnx net = {0};
    if (!nn_format_find("onnx")->probe((const unsigned char *)lg_buf_str(&file->bytes), file->bytes.len)) return LG_OK;
    lg_status st = nn_onnx_read(lg_buf_str(&file->bytes), file->bytes.len, file->path, &net, err);
    if (st == LG_OK) st = order_of(file, &net, err);
    nn_onnx_release(&net);
    return st;
}

lg_status cmd_weights_file_read(const char *path, lg_cancel *cancel, cmd_weights_file *out, lg_err *err)
{
    lg_status st;
    *out = (cmd_weights_file){0};
    lg_buf_init(&out->bytes, FILE_MOST);
    out->path = lg_strdup(path, err);
    if (!out->path) return err->status;
    LG_GO(lg_reach_read(path, &out->bytes, err));
    out->size = out->bytes.len;
    img_sha256(lg_buf_str(&out->bytes), out->bytes.len, out->sha256);
    LG_GO(lg_cancel_check(cancel, err));
    LG_GO(h5_weights_read(lg_buf_str(&out->bytes), out->bytes.len, out->path, cancel, &out->weights, err));
    if (out->weights.block) lg_buf_release(&out->bytes); /* of a file of Keras nothing is borrowed */
    else LG_GO(find_order(out, err));
done:
    if (st) cmd_weights_file_release(out);
    return st;
}

void cmd_weights_file_release(cmd_weights_file *file)
{
    h5_weights_release(&file->weights);
    lg_buf_release(&file->bytes);
    lg_free(file->order);
    lg_free(file->path);
    *file = (cmd_weights_file){0};
}
