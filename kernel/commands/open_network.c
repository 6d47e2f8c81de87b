/* open_network.c - the library makes the network; here it gets a name, and is told where it came from. */
#include "kernel/commands/open_network.h"

#include <stdio.h>
#include <string.h>

#include "lib/image/hash.h"

#include "lib/base/banned.h"

static const char *last_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool cmd_is_network(const char *file, const void *data, size_t len)
{
    const char *dot = strrchr(last_name(file), '.');
    return (dot && lg_casecmp(dot, ".onnx") == 0) || nn_format_find("onnx")->probe(data, len);
}

/* "squeezenet1.1" of "nets/squeezenet1.1.onnx". */
static lg_status fill_origin(const cmd_network *n, cmd_model *model, lg_err *err)
{
    cmd_pretrained *base = &model->base;
    const char *name = last_name(n->file), *dot = strrchr(name, '.');
    base->layers = nn_net_count(model->net) - 1;
    base->bytes = n->len;
    img_sha256(n->data, n->len, base->sha256);
    base->file = lg_strdup(name, err);
    base->name = lg_strndup(name, dot && dot > name ? (size_t)(dot - name) : strlen(name), err);
    return base->file && base->name ? LG_OK : err->status;
}

lg_status cmd_network_open(const cmd_network *n, const char *recipe, dsl_object **out, lg_err *err)
{
    lg_status st;
    nn_onnx_classifier c = {0};
    cmd_model *model = lg_alloc(1, sizeof *model, err);
    if (!model) return err->status;
    LG_GO(nn_onnx_net(n->data, n->len, last_name(n->file), &n->choice, &c, err));
    model->net = nn_net_ref(c.net);
    model->first = nn_weights_ref(c.weights);
    model->weights = nn_weights_ref(c.weights);
    model->seed = 1;
    LG_GO(fill_origin(n, model, err));
    st = dsl_object_new(&cmd_model_class, model, recipe, out, err);
    model = NULL;
done:
    nn_onnx_classifier_release(&c);
    cmd_model_free(model);
    return st;
}

void cmd_doc_network(plt_doc *doc, const cmd_network *n, const cmd_model *model)
{
    const cmd_pretrained *base = &model->base;
    nn_shape in = nn_net_input(model->net), gives = nn_net_output(model->net);
    char size[NN_SHAPE_TEXT];
    plt_pair(doc, "weights", "%s, %.1f MB, sha256 %s", base->file, (double)base->bytes / 1e6, base->sha256);
    if (n->choice.pixels)
        plt_pair(doc, "images", "fitted to %lldx%lld and prepared as `%s` says", (long long)in.dim[0],
                 (long long)in.dim[1], n->choice.pixels);
    else {
        plt_pair(doc, "images", "%s, as a dataset has them", nn_shape_text(in, size));
        plt_note(doc, "the file does not say how its pixels were prepared: `pixels tf`, `torch` or `caffe` prepares "
                      "them, and fits images to its size");
    }
    if (gives.rank == 1 && !n->choice.output)
        plt_note(doc, "the file names no classes: its %s outputs are taken for the labels of a dataset, in their order",
                 lg_thousands((long long)gives.dim[0]));
}
