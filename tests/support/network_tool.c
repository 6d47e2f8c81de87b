/* network_tool.c - what a network of an ONNX file makes of images, for scripts that ask others too.
 *
 *     network_tool FILE.onnx IMAGES ANSWERS      float32, two images as (height, width, channels); two lists of scores
 *
 * Prints the number of layers; a refusal on stderr, with status 3. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nnlib/nnlib.h"

enum { IMAGES = 2 };

static void *read_all(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    if (!f || fseek(f, 0, SEEK_END)) exit(2);
    *len = (size_t)ftell(f);
    rewind(f);
    void *data = malloc(*len + 1);
    if (!data || fread(data, 1, *len, f) != *len) exit(2);
    fclose(f);
    return data;
}

static lg_status answer(const nn_onnx_classifier *c, const char *images, const char *answers, lg_err *err)
{
    size_t len, in = IMAGES * nn_shape_size(nn_net_input(c->net)), out = IMAGES * nn_shape_size(nn_net_output(c->net));
    nn_exec *exec = NULL;
    void *x = read_all(images, &len);
    if (len != in * sizeof(float)) exit(2);
    LG_TRY(nn_exec_new(&(nn_exec_options){.net = c->net, .max_batch = IMAGES}, &exec, err));
    nn_exec_load(exec, c->weights);
    memcpy(nn_exec_input(exec), x, len);
    nn_exec_forward(exec, IMAGES);
    FILE *f = fopen(answers, "wb");
    if (!f || fwrite(nn_exec_output(exec), sizeof(float), out, f) != out || fclose(f)) exit(2);
    printf("%d\n", nn_net_count(c->net) - 1);
    nn_exec_free(exec);
    free(x);
    return LG_OK;
}

int main(int argc, char **argv)
{
    size_t len;
    nn_onnx_classifier c;
    lg_err err = {0};
    if (argc != 4) return 2;
    void *data = read_all(argv[1], &len);
    lg_status st = nn_onnx_net(data, len, argv[1], NULL, &c, &err);
    if (st == LG_OK) st = answer(&c, argv[2], argv[3], &err);
    if (st) fprintf(stderr, "LL%03d %s (%s)\n", err.code, err.msg, err.why);
    nn_onnx_classifier_release(&c);
    free(data);
    return st ? 3 : 0;
}
