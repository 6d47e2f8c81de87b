/* foreign.c - bytes, their hash, and the tensors in them. */
#include "kernel/commands/foreign.h"

#include <string.h>

#include "lib/base/reach.h"
#include "lib/image/hash.h"

#include "lib/base/banned.h"

static const size_t LARGEST = (size_t)2 << 30;

/* Tensors as the nodes of the graph meet them, each once: files list them in any order. */
static lg_status order_of(cmd_foreign *file, const nn_onnx *net, lg_err *err)
{
    size_t n = file->list.count;
    bool *seen = lg_alloc(n + 1, sizeof *seen, err);
    file->order = seen ? lg_alloc(n + 1, sizeof *file->order, err) : NULL;
    for (size_t i = 0; file->order && i < net->nodes; i++) {
        for (int k = 0; k < net->node[i].inputs; k++) {
            const nn_named_tensor *t = nn_named_find(&file->list, net->node[i].input[k]);
            if (!t || seen[t - file->list.at]) continue;
            seen[t - file->list.at] = true;
            file->order[file->ordered++] = t;
        }
    }
    lg_free(seen);
    return file->order ? LG_OK : err->status;
}

/* An ONNX file is read again as a network: the list alone does not tell in which order it is used. */
static lg_status find_order(cmd_foreign *file, const char *name, lg_err *err)
{
    nn_onnx net = {0};
    if (!nn_format_find("onnx")->probe((const unsigned char *)lg_buf_str(&file->bytes), file->len)) return LG_OK;
    lg_status st = nn_onnx_read(file->bytes.data, file->len, name, &net, err);
    if (st == LG_OK) st = order_of(file, &net, err);
    nn_onnx_release(&net);
    return st;
}

lg_status cmd_foreign_open(const dsl_call *call, const char *path, cmd_foreign *file, lg_err *err)
{
    const char *slash = strrchr(path, '/'), *name = lg_arena_strf(call->arena, err, "%s", slash ? slash + 1 : path);
    lg_buf_init(&file->bytes, LARGEST);
    nn_named_init(&file->list, name);
    if (!name) return err->status;
    LG_TRY(lg_reach_read(path, &file->bytes, err));
    file->len = file->bytes.len;
    LG_TRY(lg_cancel_check(call->cancel, err));
    img_sha256(lg_buf_str(&file->bytes), file->len, file->sha256);
    LG_TRY(lg_cancel_check(call->cancel, err));
    LG_TRY(nn_weights_file_read(lg_buf_str(&file->bytes), file->len, name, &file->list, err));
    return find_order(file, name, err);
}

void cmd_foreign_close(cmd_foreign *file)
{
    nn_named_release(&file->list);
    lg_buf_release(&file->bytes);
    lg_free(file->order);
    *file = (cmd_foreign){0};
}
