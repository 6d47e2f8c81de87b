/* looked.c - where a network looked: heat over small pictures, folded away under a gallery. */
#include "kernel/commands/seen.h"
#include "lib/plot/theme.h"

#include <math.h>

#include "lib/base/banned.h"

enum { SIDE = 96 };

static lg_status doc_one(plt_doc *doc, const cmd_seen *seen, size_t i, int node, int score, lg_err *err)
{
    const nn_shape maps = nn_net_node(seen->model->net, node)->spec.out;
    int h = (int)maps.dim[0], w = (int)maps.dim[1];
    img_picture over = {0};
    data_image image;
    float *x = NULL, *map = NULL, *large = NULL;
    double most = 0;
    lg_status st;
    LG_GO(cmd_seen_pixels(seen, i, &x, err));
    LG_GO(cmd_seen_picture(seen, i, SIDE, &over, err));
    map = lg_alloc((size_t)h * (size_t)w, sizeof *map, err);
    large = map ? lg_alloc((size_t)over.h * (size_t)over.w, sizeof *large, err) : NULL;
    LG_GO(large ? LG_OK : LG_E_MEMORY);
    LG_GO(
        nn_gradcam(&(nn_explain_options){.weights = seen->model->weights, .image = x, .score = score}, node, map, err));
    nn_map_resize(map, h, w, large, over.h, over.w);
    for (size_t k = 0; k < (size_t)over.h * (size_t)over.w; k++) most = fmax(most, (double)large[k]);
    cmd_paint_heat(large, most, false, true, &over);
    data_image_at(seen->set, seen->row[i], &image);
    plt_thumb(doc, over.px, over.w, over.h, PLT_EDGE_NONE, "%s called\n%s%s", image.number,
              plt_label(cmd_output_name(seen->model, score)), most > 0 ? "" : ": no heat");
done:
    lg_free(x);
    lg_free(map);
    lg_free(large);
    img_picture_release(&over);
    return st;
}

lg_status cmd_doc_looked(plt_doc *doc, const dsl_call *call, const cmd_model *model, data_set *set, const uint32_t *row,
                         const int *score, size_t n, lg_err *err)
{
    int node = nn_explain_node(model->net);
    cmd_seen seen = {.model = model, .set = set, .row = (uint32_t *)row, .n = n};
    lg_status st = LG_OK;
    if (node < 0 || nn_net_output(model->net).rank != 1 || !n) return LG_OK;
    LG_TRY(cmd_model_view(model, set, &seen.view, err));
    plt_fold_begin(doc, "where it looked");
    plt_grid(doc, SIDE, "heat for what it said: none to vermilion, the line at half of the most; `explain` says more");
    for (size_t i = 0; i < n && st == LG_OK; i++) {
        st = lg_cancel_check(call->cancel, err);
        if (st == LG_OK) st = doc_one(doc, &seen, i, node, score[i], err);
    }
    plt_fold_end(doc);
    data_unref(seen.view);
    return st;
}
