/* c_source.c - helpers that are wanted, weights, then one call or two for each layer. Views write nothing: who reads
 * them reads what they view. */
#include "nnlib/model/c_source.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "nnlib/core/workspace.h"
#include "lib/base/banned.h"

/* H_CONV … */
enum {
#define C_HELPER(name, text) H_##name,
#include "nnlib/model/c_helpers.def"
#undef C_HELPER
    HELPERS
};
static const char *const helper_text[HELPERS] = {
#define C_HELPER(name, text) [H_##name] = text,
#include "nnlib/model/c_helpers.def"
#undef C_HELPER
};

enum { PLACE = 40, PER_LINE = 8 };

typedef struct c_writer {
    const nn_about *about;
    const nn_net *net;
    lg_buf *out;
    int count;
    nn_facts *facts;
    int *root;            /* the layer whose numbers a layer gives: itself, or what it views */
    char (*place)[PLACE]; /* where they lie: "image", "probabilities", "scratch + 64" */
    size_t scratch;       /* floats */
    bool wanted[HELPERS];
    char name[NN_C_NAME], upper[NN_C_NAME];
} c_writer;

/* ---- names and texts ---- */
void nn_c_name(const char *name, char out[NN_C_NAME])
{
    size_t n = 0;
    bool letter = isalpha((unsigned char)*name) && !((unsigned char)*name & 0x80);
    if (!letter) n = (size_t)snprintf(out, NN_C_NAME, "net_");
    for (; *name && n < NN_C_NAME - 16; name++)
        if (((unsigned char)*name & 0xc0) != 0x80) /* one for a character, whatever its bytes */
            out[n++] = isalnum((unsigned char)*name) && !((unsigned char)*name & 0x80) ? *name : '_';
    out[n] = 0;
}

/* Into a comment: nothing that could end it, be joined with the next line, or be a trigraph. */
static void add_comment(lg_buf *out, const char *text)
{
    for (; *text; text++) {
        bool plain = *text >= 0x20 && *text < 0x7f && !strchr("\\?", *text);
        if (*text == '\n') lg_buf_adds(out, "\n *   ");
        else if (((unsigned char)*text & 0xc0) == 0x80) continue;
        else if (*text == '*' || *text == '/') lg_buf_addc(out, text[1] == '*' || text[1] == '/' ? '_' : *text);
        else lg_buf_addc(out, plain ? *text : '_');
    }
}

/* A string literal: bytes beyond ASCII as octal escapes, which end after three digits. */
static void add_string(lg_buf *out, const char *text)
{
    lg_buf_addc(out, '"');
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\' || c == '?') lg_buf_addf(out, "\\%c", c);
        else if (c >= 0x20 && c < 0x7f) lg_buf_addc(out, (char)c);
        else lg_buf_addf(out, "\\%03o", c);
    }
    lg_buf_addc(out, '"');
}

/* Nine digits read back as the same float. */
static void add_float(lg_buf *out, float value)
{
    char text[32];
    snprintf(text, sizeof text, "%.9g", (double)value);
    lg_buf_addf(out, "%s%sf", text, strpbrk(text, ".e") ? "" : ".0");
}

/* ---- where outputs lie ---- */
static int last_reader(const c_writer *w, int i)
{
    int last = i;
    for (int j = i + 1; j < w->count; j++) {
        const nn_node *node = nn_net_node(w->net, j);
        for (int k = 0; k < node->spec.nin; k++)
            if (w->root[node->input[k]] == i) last = j;
    }
    return last;
}

static bool is_kept(const c_writer *w, int i)
{
    return i > 0 && i < w->count - 1 && w->root[i] == i;
}

static lg_status place_outputs(c_writer *w, lg_err *err)
{
    nn_workspace ws;
    LG_TRY(nn_workspace_init(&ws, w->count, err));
    for (int i = 0; i < w->count; i++)
        if (is_kept(w, i))
            nn_workspace_add(&ws, nn_shape_size(nn_net_node(w->net, i)->spec.out) * sizeof(float), i,
                             last_reader(w, i));
    nn_workspace_plan(&ws);
    for (int i = 0, item = 0; i < w->count; i++) {
        if (is_kept(w, i)) snprintf(w->place[i], PLACE, "scratch + %zu", ws.item[item++].offset / sizeof(float));
        else if (w->root[i] != i) memcpy(w->place[i], w->place[w->root[i]], PLACE);
        else snprintf(w->place[i], PLACE, i ? "probabilities" : "image");
    }
    w->scratch = ws.total / sizeof(float);
    nn_workspace_release(&ws);
    return LG_OK;
}

/* ---- which helpers ---- */
static void want_op(c_writer *w, const nn_facts *f)
{
    static const int helper[] = {
        [NN_OP_CONV] = H_CONV,
        [NN_OP_DEPTHWISE] = H_DEPTHWISE,
        [NN_OP_DENSE] = H_DENSE,
        [NN_OP_MAXPOOL] = H_MAXPOOL,
        [NN_OP_AVGPOOL] = H_AVGPOOL,
        [NN_OP_GLOBALAVG] = H_GLOBALAVG,
        [NN_OP_GLOBALMAX] = H_GLOBALMAX,
        [NN_OP_PAD] = H_PAD,
        [NN_OP_BATCHNORM] = H_BATCHNORM,
        [NN_OP_ACTIVATION] = H_COPY,
        [NN_OP_ADD] = H_ADD,
        [NN_OP_CONCAT] = H_CONCAT,
    };
    if (f->op == NN_OP_INPUT || f->view) return;
    w->wanted[helper[f->op]] = true;
    if (f->op == NN_OP_ADD) w->wanted[H_COPY] = true;
    if (f->op == NN_OP_CONV || f->op == NN_OP_DEPTHWISE || f->op == NN_OP_MAXPOOL || f->op == NN_OP_AVGPOOL)
        w->wanted[H_WINDOW] = true;
}

static const struct {
    int helper;
    const char *name;
} activations[] = {
    [NN_RELU] = {H_RELU, "relu"},          [NN_RELU6] = {H_RELU6, "relu6"},
    [NN_LEAKY] = {H_LEAKY, "leaky"},       [NN_ELU] = {H_ELU, "elu"},
    [NN_GELU] = {H_GELU, "gelu"},          [NN_SWISH] = {H_SWISH, "swish"},
    [NN_SIGMOID] = {H_SIGMOID, "sigmoid"}, [NN_TANH] = {H_TANH, "hyperbolic"},
    [NN_SOFTMAX] = {H_SOFTMAX, "softmax"},
};

static lg_status look(c_writer *w, lg_err *err)
{
    for (int i = 0; i < w->count; i++) {
        nn_facts *f = &w->facts[i];
        LG_TRY(nn_facts_of(nn_net_node(w->net, i), f, err));
        w->root[i] = f->view ? w->root[nn_net_node(w->net, i)->input[0]] : i;
        want_op(w, f);
        if (f->activation != NN_LINEAR) w->wanted[activations[f->activation].helper] = true;
    }
    if (w->root[w->count - 1] != w->count - 1) w->wanted[H_COPY] = true;
    return LG_OK;
}

/* ---- weights ---- */
static void add_array(c_writer *w, int node, const char *part, const char *facts, const float *value, size_t n)
{
    lg_buf_addf(w->out, "\nstatic const float w%d_%s[%zu] = { /* ", node, part, n);
    add_comment(w->out, nn_net_node(w->net, node)->name);
    lg_buf_addf(w->out, ": %s */", facts);
    for (size_t i = 0; i < n; i++) {
        lg_buf_adds(w->out, i % PER_LINE ? ", " : i ? ",\n    " : "\n    ");
        add_float(w->out, value[i]);
    }
    lg_buf_adds(w->out, "\n};\n");
}

static lg_status add_affine(c_writer *w, int i, lg_err *err)
{
    const nn_node *node = nn_net_node(w->net, i);
    size_t channels = nn_shape_size(node->param[0].shape);
    const float *param[NN_MAX_PARAMS];
    float *both = lg_alloc(2 * channels, sizeof *both, err);
    if (!both) return err->status;
    for (int k = 0; k < node->nparam; k++) param[k] = nn_weights_param(w->about->weights, i, k);
    node->type->affine(&node->spec, param, both, both + channels);
    add_array(w, i, "scale", "gamma / sqrt(moving variance + epsilon)", both, channels);
    add_array(w, i, "shift", "beta - moving mean * scale", both + channels, channels);
    lg_free(both);
    return LG_OK;
}

static lg_status add_weights(c_writer *w, int i, lg_err *err)
{
    char shape[NN_SHAPE_TEXT];
    if (w->facts[i].op == NN_OP_BATCHNORM) return add_affine(w, i, err);
    nn_array array[NN_MAX_PARAMS];
    int n = nn_facts_arrays(&w->facts[i], w->about->weights, i, array);
    for (int k = 0; k < n; k++)
        add_array(w, i, array[k].name, nn_shape_text(array[k].shape, shape), array[k].data,
                  nn_shape_size(array[k].shape));
    return lg_buf_check(w->out, err);
}

/* ---- calls ---- */
static int size_of(nn_shape shape)
{
    return (int)nn_shape_size(shape);
}

static int channels_of(nn_shape shape)
{
    return (int)shape.dim[shape.rank - 1];
}

/* The window, and whatever else comes before what is read. */
static void add_window(c_writer *w, int i)
{
    const nn_facts *f = &w->facts[i];
    const nn_node *node = nn_net_node(w->net, i);
    const int64_t *in = node->spec.in[0].dim, *out = node->spec.out.dim;
    lg_buf_addf(w->out,
                "    %s(&(const window){.in_h = %lld, .in_w = %lld, .in_c = %lld, .out_h = %lld, .out_w = %lld, "
                ".out_c = %lld,\n",
                w->facts[i].fixed ? "conv" : node->type->name, (long long)in[0], (long long)in[1], (long long)in[2],
                (long long)out[0], (long long)out[1], (long long)out[2]);
    lg_buf_addf(w->out,
                "        .size_h = %lld, .size_w = %lld, .stride_h = %lld, .stride_w = %lld, .step_h = %lld, "
                ".step_w = %lld, .top = %lld, .left = %lld},\n        ",
                (long long)f->window.h, (long long)f->window.w, (long long)f->stride.h, (long long)f->stride.w,
                (long long)f->dilation.h, (long long)f->dilation.w, (long long)f->before.h, (long long)f->before.w);
}

/* "w3_kernel, w3_bias" */
static void add_params(c_writer *w, int i)
{
    lg_buf_addf(w->out, "w%d_kernel, ", i);
    if (w->facts[i].fixed || nn_net_node(w->net, i)->nparam == 2) lg_buf_addf(w->out, "w%d_bias, ", i);
    else lg_buf_adds(w->out, "NULL, ");
}

static void add_joint(c_writer *w, int i)
{
    const nn_node *node = nn_net_node(w->net, i);
    int wide = channels_of(node->spec.out), from = 0, n = size_of(node->spec.out);
    for (int k = 0; k < node->spec.nin; k++) {
        int mine = channels_of(node->spec.in[k]);
        const char *x = w->place[node->input[k]];
        if (w->facts[i].op == NN_OP_ADD)
            lg_buf_addf(w->out, "    %s(%d, %s, %s);\n", k ? "add" : "copy", n, x, w->place[i]);
        else lg_buf_addf(w->out, "    concat(%d, %d, %d, %d, %s, %s);\n", n / wide, wide, from, mine, x, w->place[i]);
        from += mine;
    }
}

static void add_op(c_writer *w, int i)
{
    const nn_facts *f = &w->facts[i];
    const nn_node *node = nn_net_node(w->net, i);
    const char *x = w->place[node->input[0]], *y = w->place[i];
    const nn_shape in = node->spec.in[0], out = node->spec.out;
    int c = channels_of(in), n = size_of(in);
    switch (f->op) {
    case NN_OP_CONV:
    case NN_OP_DEPTHWISE:
    case NN_OP_MAXPOOL:
    case NN_OP_AVGPOOL:
        add_window(w, i);
        lg_buf_addf(w->out, "%s, ", x);
        if (node->nparam || f->fixed) add_params(w, i);
        lg_buf_addf(w->out, "%s);\n", y);
        break;
    case NN_OP_DENSE:
        lg_buf_addf(w->out, "    dense(%d, %d, %s, ", n, size_of(out), x);
        add_params(w, i);
        lg_buf_addf(w->out, "%s);\n", y);
        break;
    case NN_OP_GLOBALAVG: lg_buf_addf(w->out, "    globalavg(%d, %d, %s, %s);\n", n / c, c, x, y); break;
    case NN_OP_GLOBALMAX: lg_buf_addf(w->out, "    globalmax(%d, %d, %s, %s);\n", n / c, c, x, y); break;
    case NN_OP_PAD:
        lg_buf_addf(w->out, "    pad(%d, %d, %d, %d, %d, %d, %s, %s);\n", (int)in.dim[0], (int)in.dim[1] * c,
                    (int)f->before.h, (int)f->behind.h, (int)out.dim[1] * c, (int)f->before.w * c, x, y);
        break;
    case NN_OP_BATCHNORM:
        lg_buf_addf(w->out, "    batchnorm(%d, %d, %s, w%d_scale, w%d_shift, %s);\n", n, c, x, i, i, y);
        break;
    case NN_OP_ADD:
    case NN_OP_CONCAT: add_joint(w, i); break;
    case NN_OP_ACTIVATION: lg_buf_addf(w->out, "    copy(%d, %s, %s);\n", n, x, y); break;
    case NN_OP_INPUT:
    case NN_OP_FLATTEN:
    case NN_OP_DROPOUT: break;
    }
}

/* "conv1: conv 16 3x3 relu, 64x64x3 to 62x62x16" */
static void add_headline(c_writer *w, int i)
{
    const nn_node *node = nn_net_node(w->net, i);
    char in[NN_SHAPE_TEXT], out[NN_SHAPE_TEXT];
    lg_buf words;
    lg_buf_init(&words, 0);
    lg_buf_addf(&words, "%s: ", node->name);
    nn_node_words(node, &words);
    lg_buf_adds(w->out, "    /* ");
    add_comment(w->out, lg_buf_str(&words));
    lg_buf_addf(w->out, ", %s to %s */\n", nn_shape_text(node->spec.in[0], in), nn_shape_text(node->spec.out, out));
    lg_buf_release(&words);
}

static void add_layer(c_writer *w, int i)
{
    const nn_facts *f = &w->facts[i];
    const nn_shape out = nn_net_node(w->net, i)->spec.out;
    int n = size_of(out), cols = channels_of(out);
    add_headline(w, i);
    if (f->view) return;
    add_op(w, i);
    if (f->activation == NN_LINEAR) return;
    const char *name = activations[f->activation].name;
    if (f->activation == NN_SOFTMAX) lg_buf_addf(w->out, "    softmax(%d, %d, %s);\n", n / cols, cols, w->place[i]);
    else lg_buf_addf(w->out, "    %s(%d, %s);\n", name, n, w->place[i]);
}

/* ---- the file ---- */
static void add_opening(c_writer *w)
{
    const nn_shape in = nn_net_input(w->net);
    char size[NN_SHAPE_TEXT], scale[80];
    nn_about_scale(w->about, scale);
    lg_buf_adds(w->out, "/* ");
    add_comment(w->out, w->about->name);
    lg_buf_addf(w->out, " - a network of %d layers and %s numbers, written by Logolens " LG_VERSION ".\n *\n",
                w->count - 1, lg_thousands((long long)nn_net_params(w->net)));
    lg_buf_addf(w->out, " *     cc -O2 -std=c99 -D%s_MAIN FILE.c -lm -o %s\n *\n", w->upper, w->name);
    lg_buf_addf(
        w->out,
        " * %s_predict takes one image: %s floats (height x width x channels), row by row, the channel fastest, "
        "red\n * first, each number %s, and gives a probability for each class. One thread at a time.\n",
        w->name, nn_shape_text(in, size), scale);
    if (w->about->preprocessing) {
        lg_buf_adds(w->out, " * Pictures: ");
        add_comment(w->out, w->about->preprocessing);
        lg_buf_addc(w->out, '\n');
    }
    if (w->about->recipe) {
        lg_buf_adds(w->out, " *\n * Made by\n *   ");
        add_comment(w->out, w->about->recipe);
        lg_buf_addc(w->out, '\n');
    }
    lg_buf_adds(w->out, " */\n#include <float.h>\n#include <math.h>\n#include <stddef.h>\n\n");
}

static void add_public(c_writer *w)
{
    nn_shape in = nn_net_input(w->net);
    if (in.rank == 1) in = nn_shape_image(1, 1, in.dim[0]);
    int classes = size_of(nn_net_output(w->net));
    lg_buf_addf(w->out, "enum { %s_HEIGHT = %lld, %s_WIDTH = %lld, %s_CHANNELS = %lld, %s_CLASSES = %d };\n", w->upper,
                (long long)in.dim[0], w->upper, (long long)in.dim[1], w->upper, (long long)in.dim[2], w->upper,
                classes);
    lg_buf_addf(w->out, "void %s_predict(const float *image, float *probabilities);\n", w->name);
    if (w->about->labels != classes) return;
    lg_buf_addf(w->out, "extern const char *const %s_class_name[%s_CLASSES];\n", w->name, w->upper);
    lg_buf_addf(w->out, "const char *const %s_class_name[%s_CLASSES] = {", w->name, w->upper);
    for (int i = 0; i < classes; i++) {
        lg_buf_adds(w->out, i ? ",\n    " : "\n    ");
        add_string(w->out, w->about->label[i]);
    }
    lg_buf_adds(w->out, "\n};\n");
}

static void add_predict(c_writer *w)
{
    int last = w->count - 1;
    if (w->scratch) lg_buf_addf(w->out, "\nstatic float scratch[%zu]; /* outputs of layers */\n", w->scratch);
    lg_buf_addf(w->out, "\nvoid %s_predict(const float *image, float *probabilities)\n{\n", w->name);
    for (int i = 1; i <= last; i++) add_layer(w, i);
    if (w->root[last] != last)
        lg_buf_addf(w->out, "    copy(%d, %s, probabilities);\n", size_of(nn_net_output(w->net)), w->place[last]);
    lg_buf_adds(w->out, "}\n");
}

static void add_main(c_writer *w)
{
    static const char text[] =
        "\n#ifdef U_MAIN\n#include <stdio.h>\n"
        "/* Images on the standard input, number after number; a line of probabilities for each. */\n"
        "int main(void)\n{\n"
        "    enum { NUMBERS = U_HEIGHT * U_WIDTH * U_CHANNELS };\n"
        "    static float image[NUMBERS], probabilities[U_CLASSES];\n"
        "    int n = 0;\n"
        "    while (scanf(\"%f\", &image[n]) == 1) {\n"
        "        if (++n < NUMBERS) continue;\n"
        "        n = 0;\n"
        "        L_predict(image, probabilities);\n"
        "        for (int k = 0; k < U_CLASSES; k++) printf(\"%s%.9g\", k ? \" \" : \"\", (double)probabilities[k]);\n"
        "        printf(\"\\n\");\n"
        "    }\n"
        "    if (n) fprintf(stderr, \"the last image has %d numbers of %d\\n\", n, (int)NUMBERS);\n"
        "    return n != 0;\n"
        "}\n#endif\n";
    for (const char *at = text; *at; at++) { /* U_ and L_ stand for the name */
        if ((*at == 'U' || *at == 'L') && at[1] == '_' && !isalnum((unsigned char)at[-1]))
            lg_buf_adds(w->out, *at == 'U' ? w->upper : w->name);
        else lg_buf_addc(w->out, *at);
    }
}

static lg_status write_file(c_writer *w, lg_err *err)
{
    LG_TRY(look(w, err));
    LG_TRY(place_outputs(w, err));
    add_opening(w);
    add_public(w);
    for (int i = 0; i < HELPERS; i++)
        if (w->wanted[i]) lg_buf_addf(w->out, "\n%s", helper_text[i]);
    for (int i = 0; i < w->count; i++) LG_TRY(add_weights(w, i, err));
    add_predict(w);
    add_main(w);
    return lg_buf_check(w->out, err);
}

static lg_status check_amount(const nn_about *about, lg_err *err)
{
    size_t bytes = nn_net_params(nn_weights_net(about->weights)) * sizeof(float);
    LG_TRY(nn_about_check(about, err));
    if (bytes <= NN_C_SOURCE_MOST) return LG_OK;
    nn_not_written("C", err, "its weights take %s MB, and a C file holds up to %s MB of them",
                   lg_thousands((long long)(bytes >> 20)), lg_thousands((long long)(NN_C_SOURCE_MOST >> 20)));
    return lg_try(err, "export %.60s to %.60s.onnx", about->name, about->name);
}

lg_status nn_c_source(const nn_about *about, lg_buf *out, lg_err *err)
{
    const nn_net *net = nn_weights_net(about->weights);
    c_writer w = {.about = about, .net = net, .out = out, .count = nn_net_count(net)};
    lg_status st;
    LG_TRY(check_amount(about, err));
    nn_c_name(about->name, w.name);
    for (int i = 0; w.name[i]; i++) w.upper[i] = (char)toupper((unsigned char)w.name[i]);
    w.facts = lg_alloc((size_t)w.count, sizeof *w.facts, err);
    w.root = w.facts ? lg_alloc((size_t)w.count, sizeof *w.root, err) : NULL;
    w.place = w.root ? lg_alloc((size_t)w.count, sizeof *w.place, err) : NULL;
    st = w.place ? write_file(&w, err) : err->status;
    lg_free(w.facts);
    lg_free(w.root);
    lg_free(w.place);
    return st;
}
