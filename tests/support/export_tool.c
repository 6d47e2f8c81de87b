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

TEST(networks)
{
    static const struct {
        const char *ending;
        writer write;
    } formats[] = {{".onnx", nn_onnx_write},    {".safetensors", nn_safetensors_write},
                   {".c", nn_c_source},         {".py", write_source},
                   {".keras", cmd_keras_write}, {".h5", cmd_keras_h5_write}};
    h5_setup(&(h5_options){.program = "build/logolens"});
    for (int i = 0; i < EXPORT_NETS; i++) {
        const char *name = export_nets[i].name;
        nn_weights *weights = export_weights(name);
        const nn_about about = export_about(weights, name);
        for (size_t k = 0; k < sizeof formats / sizeof *formats; k++) {
            lg_buf bytes;
            lg_buf_init(&bytes, (size_t)1 << 31);
            CHECK_OK(formats[k].write(&about, &bytes, &err));
            write_bytes(name, formats[k].ending, bytes.data, bytes.len);
            lg_buf_release(&bytes);
        }
        write_answers(weights, name);
        nn_weights_unref(weights);
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
