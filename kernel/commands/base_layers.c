/* base_layers.c - reading the line, finding the file, filling the weights. */
#include "kernel/commands/base_layers.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "kernel/commands/weights_file.h"
#include "lib/base/reach.h"
#include "lib/store/paths.h"

#include "lib/base/banned.h"

enum { NETWORK, WEIGHTS, UNTIL, WIDTH, PIXELS, FROZEN };

static const char *const endings[] = {".safetensors", ".keras", ".weights.h5", ".h5", ".npz", ".onnx"};
enum { ENDINGS = sizeof endings / sizeof *endings };

/* ---- the word ---- */
static const dsl_param base_params[] = {
    [NETWORK] = {.name = "network",
                 .role = DSL_POSITIONAL,
                 .type = DSL_T_WORD,
                 .required = true,
                 .help = "which network: its convolutions, without the classifier it was published with"},
    [WEIGHTS] = {.name = "weights",
                 .role = DSL_OPTION,
                 .type = DSL_T_PATH,
                 .endings = ".safetensors .keras .h5 .npz .onnx",
                 .choices = "imagenet none",
                 .dflt = "imagenet",
                 .help = "a file of weights; imagenet: the one in the weights folder; none: random numbers",
                 .advice = "safetensors, Keras' .h5 and .keras, ONNX or .npz; none learns slowly and poorly"},
    [UNTIL] = {.name = "until",
               .role = DSL_OPTION,
               .type = DSL_T_WORD,
               .dflt_help = "its last layer",
               .help = "the layer to end with",
               .advice = "earlier layers see smaller and simpler things; `summary` lists them"},
    [WIDTH] = {.name = "width",
               .role = DSL_OPTION,
               .type = DSL_T_NUMBER,
               .dflt = "1",
               .min = 0.01,
               .max = 16,
               .help = "factor on the numbers of filters (mobilenet and mobilenet_v2)"},
    [PIXELS] = {.name = "pixels",
                .role = DSL_OPTION,
                .type = DSL_T_CHOICE,
                .choices = "caffe tf torch",
                .dflt_help = "as the weights were trained",
                .help = "how pixels are prepared for these weights"},
    [FROZEN] = {.name = "frozen", .role = DSL_FLAG, .type = DSL_T_FLAG, .help = "keep its weights as they are"},
    {0},
};

/* Tab behind `until`: the layers of the base that the line names, with what they give. */
static void base_words(int param, const char *first, lg_buf *out)
{
    const nn_base *base = param == UNTIL ? nn_base_find(first) : NULL;
    nn_net *net = NULL;
    char shape[NN_SHAPE_TEXT];
    lg_err ignored = {0};
    if (!base) return;
    nn_base_options options = nn_base_defaults(base);
    if (nn_base_net(base, &options, &net, &ignored) != LG_OK) return;
    for (int i = 1; i < nn_net_count(net); i++) {
        const nn_node *node = nn_net_node(net, i);
        lg_buf_addf(out, "%s\t%s\n", node->name, nn_shape_text(node->spec.out, shape));
    }
    nn_net_unref(net);
}

lg_status cmd_base_word(lg_arena *arena, dsl_layer_type *word, lg_err *err)
{
    static const char *const examples[] = {"base mobilenet weights none", "base resnet18 weights none frozen", NULL};
    char names[400];
    size_t used = 0;
    dsl_param *params = lg_arena_alloc(arena, sizeof base_params / sizeof *base_params, sizeof *params, err);
    if (!params) return err->status;
    memcpy(params, base_params, sizeof base_params);
    for (const nn_base *b = nn_bases; b->name; b++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used ? " " : "", b->name);
    params[NETWORK].choices = lg_arena_strndup(arena, names, used, err);
    if (!params[NETWORK].choices) return err->status;
    *word =
        (dsl_layer_type){.name = "base",
                         .summary = "A pretrained network without its top, and the preprocessing it was trained with.",
                         .params = params,
                         .words = base_words,
                         .examples = examples};
    return LG_OK;
}

bool cmd_is_base(const dsl_layer *layer)
{
    return strcmp(layer->type->name, "base") == 0;
}

/* ---- which file ---- */
static const char *ending_of(const char *name)
{
    size_t len = strlen(name);
    for (int i = 0; i < ENDINGS; i++) {
        size_t n = strlen(endings[i]);
        if (len > n && lg_casecmp(name + len - n, endings[i]) == 0) return endings[i];
    }
    return NULL;
}

/* Length of the name if the file's begins with it, as a word: resnet50_thin.h5 and ResNet50.h5, not resnet501.h5. */
static size_t begins_with(const char *file, const char *name, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char a = (char)tolower((unsigned char)file[i]), b = (char)tolower((unsigned char)name[i]);
        if (a != b && !(a == '-' && b == '_')) return 0;
    }
    return isalnum((unsigned char)file[len]) ? 0 : len;
}

/* The base whose name a file's begins with; of several the longest: squeezenet1.1.onnx is not squeezenet's. */
static const nn_base *base_of_file(const char *file)
{
    const nn_base *found = NULL;
    size_t longest = 0;
    for (const nn_base *b = nn_bases; b->name; b++) {
        size_t n = begins_with(file, b->name, strlen(b->name));
        if (n > longest) found = b, longest = n;
        for (const char *p = b->aliases; p && *p; p += strspn(p, " ")) {
            size_t len = strcspn(p, " ");
            n = begins_with(file, p, len);
            if (n > longest) found = b, longest = n;
            p += len;
        }
    }
    return found;
}

/* Publishers write the width into the name, 0.75 or 7_5; without it is 1. */
static double width_of_file(const char *file)
{
    static const struct {
        const char *text;
        double width;
    } widths[] = {{"0.25", 0.25}, {"2_5", 0.25}, {"0.35", 0.35}, {"0.5", 0.5}, {"5_0", 0.5},
                  {"0.75", 0.75}, {"7_5", 0.75}, {"1.3", 1.3},   {"1.4", 1.4}};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
        if (strstr(file, widths[i].text)) return widths[i].width;
    return 1;
}

static bool serves(const char *file, const cmd_base_line *line)
{
    if (!ending_of(file) || strchr(file, '/') || base_of_file(file) != line->base) return false;
    double differs = line->base->widths ? width_of_file(file) - line->options.width : 0;
    return differs > -1e-6 && differs < 1e-6;
}

static lg_status no_weights(const cmd_base_line *line, const char *folder, lg_err *err)
{
    const nn_base *base = line->base;
    lg_fail(err, LG_E_DATA, 369, "there are no weights for `base %s` here", base->name);
    lg_why(err, "%s has no file called %s, with .safetensors, .h5, .keras, .npz or .onnx behind", folder, base->name);
    if (base->keras)
        lg_try(err,
               "Keras fetches them: keras.applications.%s(include_top=False) writes a %s….h5 to ~/.keras/models; copy "
               "it there, or `weights FILE`, or `weights none`",
               base->keras, base->name);
    else
        lg_try(err,
               "torchvision.models.%s(weights='DEFAULT').state_dict(), saved there as %s.safetensors; or `weights "
               "FILE`, or `weights none`",
               base->torch, base->name);
    return lg_err_place(err, line->layer->span);
}

/* In the weights folder: the first by name that serves. */
static lg_status look_up(cmd_base_line *line, lg_err *err)
{
    store_paths paths = {0};
    lg_listing files = {0};
    lg_status st;
    LG_GO(store_paths_init(&paths, err));
    st = lg_reach_list(paths.weights, 0, NULL, &files, err);
    if (st == LG_E_NAME || (st && err->code == 302)) lg_err_clear(err), st = LG_OK; /* no folder yet: no files */
    LG_GO(st);
    for (size_t i = 0; i < files.count && !line->path; i++) {
        if (!serves(files.path[i], line)) continue;
        line->path = lg_strf(err, "%s/%s", paths.weights, files.path[i]);
        if (!line->path) LG_GO(err->status);
    }
    if (!line->path) st = no_weights(line, paths.weights, err);
done:
    lg_listing_release(&files);
    store_paths_release(&paths);
    return st;
}

static lg_status find_file(cmd_base_line *line, lg_err *err)
{
    const dsl_value *weights = dsl_layer_val(line->layer, WEIGHTS);
    if (strcmp(weights->text, "none") == 0) return LG_OK;
    if (strcmp(weights->text, "imagenet") == 0) return look_up(line, err);
    if (lg_reach_resolve(weights->text, LG_REACH_READ, &line->path, err)) return lg_err_place(err, weights->span);
    return LG_OK;
}

/* ---- reading the line ---- */
/* Weights of torchvision come as safetensors or ONNX, Keras' in its own files. It matters to vgg16 alone. */
static const nn_preprocess *usual_pixels(const cmd_base_line *line)
{
    const char *ending = line->path ? ending_of(line->path) : NULL;
    bool torch = ending && (strcmp(ending, ".safetensors") == 0 || strcmp(ending, ".onnx") == 0);
    return nn_base_preprocess(line->base, torch || !line->base->keras ? NN_FILE_TORCH : NN_FILE_KERAS);
}

lg_status cmd_base_shape(const dsl_layer *layer, cmd_base_line *line, lg_err *err)
{
    static const nn_preprocess *const pixels[] = {&nn_preprocess_caffe, &nn_preprocess_tf, &nn_preprocess_torch};
    const dsl_value *network = dsl_layer_val(layer, NETWORK), *until = dsl_layer_val(layer, UNTIL);
    const dsl_value *asked = dsl_layer_val(layer, PIXELS);
    *line = (cmd_base_line){.layer = layer};
    if (nn_base_need(network->text, &line->base, err)) return lg_err_place(err, network->span);
    line->options = nn_base_defaults(line->base);
    line->options.width = dsl_layer_val(layer, WIDTH)->number;
    line->options.until = until ? until->text : NULL;
    line->frozen = layer->arg[FROZEN].count && layer->arg[FROZEN].value[0].number != 0;
    line->pixels = asked ? pixels[asked->choice] : usual_pixels(line);
    return LG_OK;
}

lg_status cmd_base_read(const dsl_layer *layer, cmd_base_line *line, lg_err *err)
{
    LG_TRY(cmd_base_shape(layer, line, err));
    LG_TRY(find_file(line, err));
    if (!dsl_layer_val(layer, PIXELS)) line->pixels = usual_pixels(line);
    return LG_OK;
}

void cmd_base_release(cmd_base_line *line)
{
    lg_free(line->path);
    *line = (cmd_base_line){0};
}

lg_status cmd_base_add(const cmd_base_line *line, nn_net *net, lg_err *err)
{
    char words[40];
    snprintf(words, sizeof words, "preprocess %s", line->pixels->name);
    lg_status st = nn_net_count(net) == 1 ? nn_net_add_line(net, words, err) : LG_OK;
    int from = nn_net_count(net);
    if (st == LG_OK) st = nn_base_add(line->base, &line->options, net, err);
    if (st) {
        const dsl_value *at = dsl_layer_val(line->layer, err->code == 219 ? UNTIL : err->code == 142 ? WIDTH : NETWORK);
        return lg_err_place(err, at ? at->span : line->layer->span);
    }
    for (int i = from; line->frozen && i < nn_net_count(net); i++) nn_net_freeze(net, i);
    return LG_OK;
}

/* ---- filling ---- */
static const char *last_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Another width would have other numbers of filters: the first list of them tells. */
static lg_status try_width(const cmd_base_line *line, lg_status st, lg_err *err)
{
    const char *file = last_name(line->path);
    double width = width_of_file(file);
    if (!line->base->widths || err->code != 221 || width == line->options.width) return st;
    if (base_of_file(file) != line->base) return st; /* its name tells nothing of this base */
    return lg_try(err, "its name says: base %s width %g", line->base->name, width);
}

static lg_status prepared_otherwise(const cmd_base_line *line, const nn_preprocess *want, lg_err *err)
{
    lg_fail(err, LG_E_ARG, 221, "these weights of `%s` want other pixels than `%s`", line->base->name,
            line->pixels->name);
    lg_why(err, "the names in the file are those of %s, which trained on `%s` pixels",
           want == &nn_preprocess_torch ? "torchvision" : "Keras", want->name);
    return lg_try(err, "write `base %s pixels %s …`", line->base->name, want->name);
}

/* ---- files that call layers after their class alone (lib/hdf5/keras_file.h) ---- */
static lg_status counted_branches(const cmd_base_line *line, lg_err *err)
{
    lg_fail(err, LG_E_DATA, 221, "`%s` does not say which weights belong to which layer", line->path);
    lg_why(err,
           "it numbers layers by their class, as Keras 3 did at first, and `%s` has branches, which may be numbered "
           "either way",
           line->base->name);
    return lg_try(err, "load it in Keras and save it as .keras, or as .h5");
}

static lg_status fill_counted(const cmd_base_line *line, const nn_named_tensors *list, int last, nn_weights *weights,
                              lg_err *err)
{
    const nn_net *net = nn_weights_net(weights);
    for (int i = 2; i <= last; i++) {
        const nn_node *node = nn_net_node(net, i);
        if (node->spec.nin > 1) return counted_branches(line, err);
        for (int k = 0; k < node->nparam; k++) {
            nn_weight_name name;
            if (!h5_counted_name(net, i, k, &name)) return counted_branches(line, err);
            nn_named_wish wish = {.name = name.name, .rank = name.shape.rank};
            for (int d = 0; d < wish.rank; d++) wish.dim[d] = name.shape.dim[d];
            LG_TRY(nn_named_match(list, &wish, 1, false, err));
            LG_TRY(
                nn_named_floats(list, nn_named_find(list, name.name), nn_weights_data(weights) + node->offset[k], err));
        }
    }
    return LG_OK;
}

static lg_status fill(const cmd_base_line *line, const cmd_weights_file *file, int last, nn_weights *weights,
                      nn_weight_file *kind, lg_err *err)
{
    *kind = NN_FILE_KERAS;
    if (file->weights.counted) return fill_counted(line, &file->weights.tensors, last, weights, err);
    return nn_base_load(line->base, nn_weights_net(weights), 2, last + 1, &file->weights.tensors, file->order,
                        file->ordered, weights, kind, err);
}

lg_status cmd_base_fill(const dsl_call *call, const cmd_base_line *line, nn_weights *weights, cmd_pretrained *about,
                        lg_err *err)
{
    cmd_weights_file file = {0};
    nn_weight_file kind;
    lg_status st;
    if (!line->path) return LG_OK;
    LG_GO(cmd_weights_file_read(line->path, call->cancel, &file, err));
    LG_GO(try_width(line, fill(line, &file, about->layers, weights, &kind, err), err));
    const nn_preprocess *want = nn_base_preprocess(line->base, kind);
    bool asked = dsl_layer_val(line->layer, PIXELS) != NULL;
    if (!asked && want != line->pixels) LG_GO(prepared_otherwise(line, want, err));
    about->file = lg_strdup(last_name(line->path), err);
    if (!about->file) LG_GO(err->status);
    about->bytes = file.size;
    memcpy(about->sha256, file.sha256, sizeof about->sha256);
done:
    cmd_weights_file_release(&file);
    if (st == LG_OK) return LG_OK;
    const dsl_value *at = dsl_layer_val(line->layer, WEIGHTS);
    return lg_err_place(err, line->layer->arg[WEIGHTS].given ? at->span : line->layer->span);
}
