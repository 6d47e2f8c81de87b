/* op.c - finding operations, composing maps, and numbers from keys. */
#include "lib/image/op.h"
#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

const img_op *img_op_find(const char *name)
{
    for (size_t i = 0; img_ops[i]; i++)
        if (strcmp(img_ops[i]->name, name) == 0) return img_ops[i];
    return NULL;
}

img_affine img_affine_then(const img_affine *first, const img_affine *second)
{
    return (img_affine){
        .a = first->a * second->a + first->b * second->d,
        .b = first->a * second->b + first->b * second->e,
        .c = first->a * second->c + first->b * second->f + first->c,
        .d = first->d * second->a + first->e * second->d,
        .e = first->d * second->b + first->e * second->e,
        .f = first->d * second->c + first->e * second->f + first->f,
    };
}

static uint64_t mix(uint64_t z)
{
    z += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t img_key_mix(uint64_t key, uint64_t more)
{
    return mix(key ^ mix(more));
}

double img_key_uniform(uint64_t key, int index)
{
    return (double)(img_key_mix(key, (uint64_t)index) >> 11) * 0x1p-53;
}

double img_key_between(uint64_t key, int index, double low, double high)
{
    return low + (high - low) * img_key_uniform(key, index);
}

void img_signed_text(const char *word, double value, const char *unit, lg_buf *out)
{
    lg_buf_addf(out, "%s%+ld%s", word, lround(value), unit);
}
