/* export_model.c - what a model knows beside its weights, for the library's writers. */
#include "kernel/commands/export_model.h"
#include "kernel/commands/export_keras.h"

#include <ctype.h>
#include <string.h>

#include "lib/base/banned.h"

static lg_status write_source(const nn_about *about, lg_buf *out, lg_err *err)
{
    nn_keras_source(nn_weights_net(about->weights), out);
    return lg_buf_check(out, err);
}

static const cmd_net_format formats[] = {
    {"py", "Keras source", write_source, "exec(open($FILE).read())  # gives `model`"},
    {"onnx", "ONNX network", nn_onnx_write,
     "p = onnxruntime.InferenceSession($FILE).run([\"probabilities\"], {\"image\": images})[0]"},
    {"safetensors", "weights, named and laid out as in Keras", nn_safetensors_write,
     "weights = safetensors.numpy.load_file($FILE)"},
    {"c", "one file of C99", nn_c_source, "cc -O2 -std=c99 -D$UPPER_MAIN $FILE -lm -o $NAME"},
    {"keras", "model of Keras 3", cmd_keras_write, "model = keras.models.load_model($FILE)"},
    {"h5", "model of Keras in HDF5", cmd_keras_h5_write, "model = keras.models.load_model($FILE, compile=False)"},
};

const cmd_net_format *cmd_net_format_find(const char *ending)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (!lg_casecmp(formats[i].ending, ending)) return &formats[i];
    return NULL;
}

/* Borrowed from the model; preprocessing is filled into `text`. */
static nn_about about_of(const cmd_net_export *e, lg_buf *text)
{
    const cmd_model *model = e->object->payload;
    nn_about about = {.weights = model->weights,
                      .name = e->name,
                      .label = (const char *const *)model->labels.name,
                      .labels = model->labels.count,
                      .high = 1,
                      .recipe = e->object->recipe};
    if (!model->ruled) return about;
    data_rules rules = model->rules;
    if (cmd_model_prepares(model)) { /* its images come at its own size, and it scales them itself */
        nn_shape in = nn_net_input(model->net);
        rules.size = (data_size){(int)in.dim[0], (int)in.dim[1], (int)in.dim[2]};
        rules.low = 0, rules.high = 1;
    }
    data_rules_pixels_text(&rules, text);
    about.low = rules.low, about.high = rules.high;
    about.preprocessing = lg_buf_str(text);
    return about;
}

lg_status cmd_net_write(const cmd_net_format *format, const cmd_net_export *e, lg_buf *out, lg_err *err)
{
    lg_buf text;
    lg_buf_init(&text, 0);
    const nn_about about = about_of(e, &text);
    lg_status st = lg_buf_check(&text, err);
    if (st == LG_OK) st = format->write(&about, out, err);
    lg_buf_release(&text);
    return st;
}

/* The file's name as Python and C compilers' command lines take it: in quotes where that is needed. */
static void add_file(lg_buf *out, const char *file, bool always)
{
    bool plain = !always && !strpbrk(file, " \t\"'\\$`&;|<>()*?[]{}!#~");
    if (!plain) lg_buf_addc(out, '"');
    for (const char *at = file; *at; at++) {
        if (!plain && strchr(always ? "\"\\" : "\"\\$`", *at)) lg_buf_addc(out, '\\');
        lg_buf_addc(out, *at);
    }
    if (!plain) lg_buf_addc(out, '"');
}

static void add_load(lg_buf *out, const cmd_net_format *format, const cmd_net_export *e)
{
    char name[NN_C_NAME];
    bool shell = strncmp(format->load, "cc ", 3) == 0;
    nn_c_name(e->name, name);
    for (const char *at = format->load; *at; at++) {
        if (!strncmp(at, "$FILE", 5)) {
            add_file(out, e->file, !shell);
            at += 4;
        } else if (!strncmp(at, "$NAME", 5)) {
            lg_buf_adds(out, name);
            at += 4;
        } else if (!strncmp(at, "$UPPER", 6)) {
            for (const char *c = name; *c; c++) lg_buf_addc(out, (char)toupper((unsigned char)*c));
            at += 5;
        } else {
            lg_buf_addc(out, *at);
        }
    }
}

lg_status cmd_net_note(plt_doc *doc, const cmd_net_format *format, const cmd_net_export *e, lg_err *err)
{
    char size[NN_SHAPE_TEXT], scale[80];
    lg_buf text;
    lg_buf_init(&text, 0);
    const nn_about about = about_of(e, &text);
    nn_about_scale(&about, scale);
    plt_pair(doc, "images", "%s, each number %s", nn_shape_text(nn_net_input(nn_weights_net(about.weights)), size),
             scale);
    if (about.labels) plt_pair(doc, "classes", "%d, in the order of the outputs", about.labels);
    bool learnt = cmd_model_run(e->object->payload) || cmd_model_came_from(e->object->payload);
    if (!learnt && format->write != write_source) plt_note(doc, "not trained: these are its first weights");
    double bytes = (double)nn_net_params(nn_weights_net(about.weights)) * sizeof(float);
    if (format->write == nn_c_source && bytes > 8e6) /* measured with gcc 12: 70 bytes for each of the weights */
        plt_note(doc, "a compiler takes about %.1f GB of memory for it", bytes * 70 / 1e9);
    lg_buf_clear(&text);
    add_load(&text, format, e);
    lg_status st = lg_buf_check(&text, err);
    plt_text(doc, "To load it there:");
    plt_code(doc, "%s", lg_buf_str(&text));
    lg_buf_release(&text);
    return st;
}
