/* picture_tool.c - one operation on raw RGB pixels, for scripts that compare it with other people's.
 *
 *     picture_tool IN H W OUT resize H2 W2
 *     picture_tool IN H W OUT OPERATION V0 [V1 V2 V3]     what img_op draws, chosen by hand */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/image/augment.h"
#include "lib/image/resize.h"

#include "lib/base/banned.h"

static int number(const char *text)
{
    return (int)strtol(text, NULL, 10);
}

static lg_status operate(const img_picture *src, int count, char **word, img_picture *out, lg_err *err)
{
    img_variant variant = {0};
    if (count == 3 && strcmp(word[0], "resize") == 0)
        return img_resize(src, number(word[1]), number(word[2]), out, err);
    LG_TRY(img_picture_init(out, src->h, src->w, src->c, err));
    for (int i = 0; img_ops[i] && i < IMG_MAX_OPS; i++) {
        if (strcmp(img_ops[i]->name, word[0]) != 0) continue;
        variant.drawn[i] = (img_drawn){.on = true, .key = 7};
        for (int k = 1; k < count && k <= IMG_OP_VALUES; k++) variant.drawn[i].v[k - 1] = strtof(word[k], NULL);
    }
    return img_variant_make(&variant, src, out->px, err);
}

int main(int argc, char **argv)
{
    lg_err err = {0};
    img_picture src = {0}, out = {0};
    if (argc < 6) return 2;
    if (img_picture_init(&src, number(argv[2]), number(argv[3]), 3, &err)) return 1;
    FILE *in = fopen(argv[1], "rb"), *to = fopen(argv[4], "wb");
    bool good = in && to && fread(src.px, 1, img_size(&src), in) == img_size(&src);
    good = good && operate(&src, argc - 5, argv + 5, &out, &err) == LG_OK;
    good = good && fwrite(out.px, 1, img_size(&out), to) == img_size(&out);
    if (in) fclose(in);
    if (to && fclose(to)) good = false;
    if (!good) fprintf(stderr, "it failed: %s\n", err.msg);
    img_picture_release(&src);
    img_picture_release(&out);
    return !good;
}
