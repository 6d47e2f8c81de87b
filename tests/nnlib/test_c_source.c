/* test_c_source.c - the C file of a network, compiled alone without a warning, says what the network says. */
#include <ctype.h>
#include <unistd.h>
#include "nnlib/model/c_source.h"
#include "tests/support/export_nets.h"

static char folder[64];

static void clean(void)
{
    char line[128];
    snprintf(line, sizeof line, "rm -rf %s", folder);
    if (folder[0] && system(line)) return;
}

static const char *path_of(const char *name, const char *ending)
{
    static char path[4][160];
    static int turn;
    if (!folder[0]) {
        snprintf(folder, sizeof folder, "/tmp/logolens-test-XXXXXX");
        CHECK(mkdtemp(folder) != NULL);
        atexit(clean);
    }
    snprintf(path[turn &= 3], sizeof path[0], "%s/%s%s", folder, name, ending);
    return path[turn++];
}

static lg_buf source_of(const nn_about *about)
{
    lg_buf text;
    lg_buf_init(&text, (size_t)1 << 28);
    lg_err_clear(&err);
    CHECK_OK(nn_c_source(about, &text, &err));
    return text;
}

static void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "wb");
    CHECK(f && fputs(text, f) >= 0);
    CHECK_INT(fclose(f), 0);
}

/* Alone, as the file itself says; then with its program. */
static void compile(const char *name, const char *text)
{
    char line[800], upper[NN_C_NAME];
    const char *c = path_of(name, ".c"), *program = path_of(name, "");
    write_text(c, text);
    nn_c_name(name, upper);
    for (char *at = upper; *at; at++) *at = (char)toupper((unsigned char)*at);
    snprintf(line, sizeof line,
             "cc -O2 -std=c99 -Wall -Wextra -Werror -pedantic -Wno-overlength-strings -c %s -o %s.o && "
             "cc -O1 -std=c99 -Wall -Wextra -Werror -D%s_MAIN %s -lm -o %s",
             c, program, upper, c, program);
    CHECK_INT(system(line), 0);
}

static void run(const char *name, int images, size_t in, size_t out, const float *x, float *p)
{
    char line[600];
    const char *program = path_of(name, ""), *numbers = path_of(name, ".in"), *result = path_of(name, ".out");
    FILE *f = fopen(numbers, "w");
    for (size_t i = 0; i < (size_t)images * in; i++) fprintf(f, "%.9g\n", (double)x[i]);
    fclose(f);
    snprintf(line, sizeof line, "%s < %s > %s", program, numbers, result);
    CHECK_INT(system(line), 0);
    f = fopen(result, "r");
    for (size_t i = 0; i < (size_t)images * out; i++) CHECK_INT(fscanf(f, "%f", &p[i]), 1);
    CHECK(fgetc(f) == '\n' && fgetc(f) == EOF);
    fclose(f);
}

static void compare(const char *name)
{
    nn_weights *weights = export_weights(name);
    nn_about about = export_about(weights, name);
    size_t in = export_in(weights), out = export_out(weights);
    float *x = calloc(EXPORT_IMAGES * in, sizeof *x), *p = calloc(2 * EXPORT_IMAGES * out, sizeof *p);
    float *theirs = p + EXPORT_IMAGES * out;
    lg_buf text = source_of(&about);
    compile(name, lg_buf_str(&text));
    export_images(weights, EXPORT_IMAGES, x);
    export_predict(weights, EXPORT_IMAGES, x, p);
    run(name, EXPORT_IMAGES, in, out, x, theirs);
    for (size_t i = 0; i < EXPORT_IMAGES * out; i++) CHECK_NEAR(theirs[i], p[i], 1e-5);
    CHECK(memcmp(p, p + out, out * sizeof *p) != 0); /* images differ, and so do their answers */
    lg_buf_release(&text);
    nn_weights_unref(weights);
    free(x), free(p);
}

TEST(compiled_it_says_the_same)
{
    if (system("cc --version > /dev/null 2>&1")) SKIP("there is no C compiler");
    for (int i = 0; i < EXPORT_NETS; i++) compare(export_nets[i].name);
}

TEST(what_is_written)
{
    nn_weights *weights = export_weights("report");
    nn_about about = export_about(weights, "7 up/\xc3\xa9");
    about.low = -1;
    lg_buf text = source_of(&about);
    const char *s = lg_buf_str(&text);
    CHECK_HAS(s, "void net_7_up___predict(const float *image, float *probabilities)");
    CHECK_HAS(
        s, "enum { NET_7_UP___HEIGHT = 32, NET_7_UP___WIDTH = 32, NET_7_UP___CHANNELS = 3, NET_7_UP___CLASSES = 4 };");
    CHECK_HAS(s, "each number -1 + byte * 2 / 255");
    CHECK_HAS(s, "    \"Nike \\\"Air\\\"\\?\\?/\",\n    \"D\\303\\251calage\",\n    \"*/\"");
    CHECK_HAS(s, " * Made by\n *   model x { flatten } # _/ __/\n *   fit x _\n");
    CHECK_HAS(s, "/* conv1: conv 16 3x3 relu, 32x32x3 to 30x30x16 */");
    CHECK(!strstr(s, "static void leaky"));
    for (; *s; s++) CHECK(*s == '\n' || (*s >= ' ' && *s < 0x7f));
    lg_buf_release(&text);
    nn_weights_unref(weights);
}

/* Nine digits are enough for every float: read back bit for bit, small and large ones too. */
TEST(weights_are_exact)
{
    static const float odd[] = {1, -0.0f, 1e-45f, 3.40282347e38f, 0.1f, -123456.789f, 1.17549435e-38f, 16777217};
    enum { ALL = 64 };
    nn_net *net = NET("input 4x4x4", "flatten", "dense 1 no bias");
    nn_weights *weights = NULL;
    CHECK_OK(nn_weights_zero(net, &weights, &err));
    float *kernel = nn_weights_data(weights);
    hash_fill(kernel, ALL, 5, 16); /* from 10 to 16 eight digits are too few */
    memcpy(kernel, odd, sizeof odd);
    nn_about about = export_about(weights, "odd");
    lg_buf text = source_of(&about);
    const char *at = strstr(lg_buf_str(&text), "w2_kernel[64] = {");
    CHECK(at != NULL);
    at = strchr(at, '\n');
    for (int i = 0; i < ALL; i++) {
        char *end;
        float back = strtof(at, &end);
        if (memcmp(&back, &kernel[i], sizeof back)) TEST_FAIL("number %d is read back as another one", i);
        CHECK(*end == 'f');
        at = end + 2;
    }
    lg_buf_release(&text);
    nn_weights_unref(weights);
    nn_net_unref(net);
}

TEST(refusals)
{
    nn_net *net = NET("input 64x64x16", "flatten", "dense 300");
    nn_weights *weights = NULL;
    lg_buf text;
    lg_buf_init(&text, 1 << 20);
    CHECK_OK(nn_weights_zero(net, &weights, &err));
    nn_about about = export_about(weights, "large");
    CHECK_INT(nn_c_source(&about, &text, &err), LG_E_UNSUPPORTED);
    CHECK_INT(err.code, 367);
    CHECK_HAS(err.why, "take 75 MB, and a C file holds up to 64 MB");
    CHECK_HAS(err.hint, "export large to large.onnx");
    nn_weights_unref(weights);
    nn_net_unref(net);
    weights = export_weights("report");
    about = export_about(weights, "ill");
    nn_weights_data(weights)[3] = NAN;
    lg_err_clear(&err);
    CHECK_INT(nn_c_source(&about, &text, &err), LG_E_NUMERIC);
    CHECK_INT(err.code, 364);
    nn_weights_unref(weights);
    CHECK_INT(text.len, 0);
    lg_buf_release(&text);
}
