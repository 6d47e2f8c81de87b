/* export_tool.c - what our own networks say to random images, for scripts that ask other programs the same.
 *
 *     EXPORT_FOLDER=DIR export_tool
 *
 * For each NAME.lmodel in the folder: NAME.x, EXPORT_IMAGES images as float32, and NAME.p, what the network says to
 * each. For each network of export_nets.h the same, and its files: NAME.onnx, NAME.c, …. Written as tests, so that
 * whatever fails is told as one. */
#include <glob.h>
#include "kernel/commands/box_file.h"
#include "kernel/commands/export_keras.h"
#include "lib/hdf5/keras_file.h"
#include "tests/support/export_nets.h"

static const char *folder(void)
{
    const char *name = getenv("EXPORT_FOLDER");
    if (!name) TEST_FAIL("EXPORT_FOLDER names no folder");
    return name;
}

static void write_bytes(const char *name, const char *ending, const void *data, size_t len)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s%s", folder(), name, ending);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(data, 1, len, f) != len || fclose(f)) TEST_FAIL("%s cannot be written", path);
}

static void write_answers(const nn_weights *weights, const char *name)
{
    size_t in = EXPORT_IMAGES * export_in(weights), out = EXPORT_IMAGES * export_out(weights);
    float *x = calloc(in, sizeof *x), *p = calloc(out, sizeof *p);
    export_images(weights, EXPORT_IMAGES, x);
    export_predict(weights, EXPORT_IMAGES, x, p);
    write_bytes(name, ".x", x, in * sizeof *x);
    write_bytes(name, ".p", p, out * sizeof *p);
    free(x), free(p);
}

typedef lg_status (*writer)(const nn_about *about, lg_buf *out, lg_err *err);

static lg_status write_source(const nn_about *about, lg_buf *out, lg_err *why)
{
    nn_keras_source(nn_weights_net(about->weights), out);
    return lg_buf_check(out, why);
}

static const struct {
    const char *ending;
    writer write;
} formats[] = {{".onnx", nn_onnx_write},    {".safetensors", nn_safetensors_write},
               {".py", write_source},       {".keras", cmd_keras_write},
               {".h5", cmd_keras_h5_write}, {".c", nn_c_source}};
enum { FORMATS = sizeof formats / sizeof *formats };

/* The first n formats, and our answers. */
static void write_all(const nn_weights *weights, const char *name, size_t n)
{
    const nn_about about = export_about(weights, name);
    h5_setup(&(h5_options){.program = "build/logolens"});
    for (size_t k = 0; k < n; k++) {
        lg_buf bytes;
        lg_buf_init(&bytes, (size_t)1 << 31);
        lg_err_clear(&err);
        CHECK_OK(formats[k].write(&about, &bytes, &err));
        write_bytes(name, formats[k].ending, bytes.data, bytes.len);
        lg_buf_release(&bytes);
    }
    write_answers(weights, name);
}

TEST(networks)
{
    for (int i = 0; i < EXPORT_NETS; i++) {
        nn_weights *weights = export_weights(export_nets[i].name);
        write_all(weights, export_nets[i].name, FORMATS);
        nn_weights_unref(weights);
    }
}

/* Mean and eight times the variance of each channel in what a batchnorm gets from these images: exactly the variance
 * would make rounding grow from layer to layer, as three images have few numbers at the end. */
static void measure(const nn_weights *weights, const float *x, int from, float *mean, float *variance)
{
    nn_exec *exec = NULL;
    const nn_shape shape = nn_net_node(nn_weights_net(weights), from)->spec.out;
    size_t channels = (size_t)shape.dim[shape.rank - 1], rows = EXPORT_IMAGES * nn_shape_size(shape) / channels;
    const nn_exec_options how = {.net = nn_weights_net(weights), .max_batch = EXPORT_IMAGES, .keep = true};
    CHECK_OK(nn_exec_new(&how, &exec, &err));
    nn_exec_load(exec, weights);
    memcpy(nn_exec_input(exec), x, EXPORT_IMAGES * export_in(weights) * sizeof *x);
    nn_exec_forward(exec, EXPORT_IMAGES);
    const float *y = nn_exec_activation(exec, from);
    for (size_t c = 0; c < channels; c++) {
        double sum = 0, squares = 0;
        for (size_t r = 0; r < rows; r++) sum += (double)y[r * channels + c];
        for (size_t r = 0; r < rows; r++) squares += pow((double)y[r * channels + c] - sum / (double)rows, 2);
        mean[c] = (float)(sum / (double)rows), variance[c] = (float)(8 * squares / (double)rows + 0.01);
    }
    nn_exec_free(exec);
}

/* As a training would: else numbers vanish or grow on their way through fifty layers, and every image is the same. */
static void settle(nn_weights *weights)
{
    enum { MEAN = 2, VARIANCE };
    const nn_net *net = nn_weights_net(weights);
    float *x = calloc(EXPORT_IMAGES * export_in(weights), sizeof *x);
    export_images(weights, EXPORT_IMAGES, x);
    for (int i = 0; i < nn_net_count(net); i++) {
        const nn_node *node = nn_net_node(net, i);
        float *data = nn_weights_data(weights);
        if (strcmp(node->type->name, "batchnorm") == 0)
            measure(weights, x, node->input[0], data + node->offset[MEAN], data + node->offset[VARIANCE]);
    }
    free(x);
}

/* Answers that are less sure of themselves: fifty layers leave rounding behind, which steep ones would enlarge. */
static void soften(nn_weights *weights)
{
    const nn_net *net = nn_weights_net(weights);
    for (int i = 0; i < nn_net_count(net); i++) {
        const nn_node *node = nn_net_node(net, i);
        float *kernel = nn_weights_data(weights) + node->offset[0];
        if (strcmp(node->type->name, "dense") != 0) continue;
        for (size_t k = 0; k < nn_shape_size(node->param[0].shape); k++) kernel[k] *= 0.15f;
    }
}

/* Networks to transfer from, with weights that are drawn: all branches, names and paddings of large ones. */
TEST(bases)
{
    static const char *const names[] = {"mobilenet", "mobilenet_v2", "squeezenet1.1", "resnet18", "resnet50"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        nn_net *net = NULL;
        char name[NN_C_NAME];
        const nn_base *base = nn_base_find(names[i]);
        nn_base_options o = nn_base_defaults(base);
        o.size = (nn_dims){64, 64, 0}, o.top = true, o.classes = 10, o.width = base->widths ? 0.5 : 1;
        lg_err_clear(&err);
        CHECK_OK(nn_base_net(base, &o, &net, &err));
        nn_weights *weights = export_fill(net);
        settle(weights);
        soften(weights);
        nn_c_name(names[i], name);
        write_all(weights, name, nn_net_params(net) < 3000000 ? FORMATS : FORMATS - 1); /* compilers are slow */
        nn_weights_unref(weights);
        nn_net_unref(net);
    }
}

static void answer_model(const char *path)
{
    char name[NN_NAME + 40];
    const char *slash = strrchr(path, '/');
    static char bytes[64 << 20];
    FILE *f = fopen(path, "rb");
    CHECK(f != NULL);
    cmd_opening o = {.file = path, .data = bytes, .len = fread(bytes, 1, sizeof bytes, f), .base = folder()};
    fclose(f);
    dsl_object *object = NULL;
    CHECK_OK(cmd_file_open(&o, &object, &err));
    snprintf(name, sizeof name, "%.*s", (int)(strlen(slash + 1) - strlen(".lmodel")), slash + 1);
    write_answers(((const cmd_model *)object->payload)->weights, name);
    dsl_object_unref(object);
}

TEST(models)
{
    char pattern[PATH_MAX];
    glob_t found;
    lg_err_clear(&err);
    snprintf(pattern, sizeof pattern, "%s/*.lmodel", folder());
    if (glob(pattern, 0, NULL, &found)) SKIP("there are no saved models");
    for (size_t i = 0; i < found.gl_pathc; i++) answer_model(found.gl_pathv[i]);
    globfree(&found);
}
