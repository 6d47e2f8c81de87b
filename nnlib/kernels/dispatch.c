/* dispatch.c - chooses each operation's variant once, and the rule that cuts a batch into pieces. */
#include "nnlib/kernels/variants.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/base/lg.h"
#include "lib/base/banned.h"

#define NN_OP(op, args, tolerance)
#define NN_VARIANT(op, isa) {NN_OP_##op, NN_ISA_##isa, (nn_any_fn *)nn_##op##__##isa},
const nn_variant nn_variants[] = {
#include "nnlib/kernels/kernels.def"
};
const size_t nn_variant_count = sizeof nn_variants / sizeof *nn_variants;
#undef NN_OP
#undef NN_VARIANT

static const struct {
    const char *name;
    double tolerance;
} ops[NN_OP_COUNT] = {
#define NN_OP(op, args, tolerance) {#op, tolerance},
#define NN_VARIANT(op, isa)
#include "nnlib/kernels/kernels.def"
#undef NN_OP
#undef NN_VARIANT
};
static const char *const isa_names[] = {"scalar", "avx2", "avx512", "blas"};

/* Written once under pthread_once, read only afterwards. */
static pthread_once_t chosen_once = PTHREAD_ONCE_INIT;
static nn_any_fn *chosen[NN_OP_COUNT];
static nn_isa chosen_isa[NN_OP_COUNT];

const char *nn_op_name(nn_op op)
{
    return ops[op].name;
}

double nn_op_tolerance(nn_op op)
{
    return ops[op].tolerance;
}

const char *nn_isa_name(nn_isa isa)
{
    return isa_names[isa];
}

/* __builtin_cpu_supports asks the operating system too (XCR0), not only the processor. */
bool nn_isa_runs(nn_isa isa)
{
#if defined(__x86_64__)
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (isa == NN_ISA_avx2) return avx2;
    if (isa == NN_ISA_avx512)
        return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#endif
    return isa == NN_ISA_scalar || isa == NN_ISA_blas;
}

static nn_isa highest_wanted(void)
{
    const char *name = getenv("NN_ISA");
    if (!name || !*name) return NN_ISA_blas;
    for (nn_isa isa = NN_ISA_scalar; isa <= NN_ISA_blas; isa++)
        if (strcmp(name, isa_names[isa]) == 0) return isa;
    lg_log(LG_LOG_WARN, "NN_ISA is scalar, avx2 or avx512; \"%s\" is ignored", name);
    return NN_ISA_blas;
}

const nn_variant *nn_op_best(nn_op op, nn_isa highest)
{
    const nn_variant *best = NULL;
    for (size_t i = 0; i < nn_variant_count; i++) {
        const nn_variant *v = &nn_variants[i];
        if (v->op == op && v->isa <= highest && nn_isa_runs(v->isa)) best = v;
    }
    return best;
}

static void choose(void)
{
    nn_isa highest = highest_wanted();
    for (nn_op op = 0; op < NN_OP_COUNT; op++) {
        const nn_variant *best = nn_op_best(op, highest);
        chosen[op] = best->run;
        chosen_isa[op] = best->isa;
    }
}

nn_isa nn_op_chosen(nn_op op)
{
    pthread_once(&chosen_once, choose);
    return chosen_isa[op];
}

int nn_kernels_report(char *text, size_t size)
{
    size_t used = 0;
    if (size) text[0] = 0;
    for (nn_op op = 0; op < NN_OP_COUNT && used < size; op++)
        used += (size_t)snprintf(text + used, size - used, "%s: %s\n", ops[op].name, isa_names[nn_op_chosen(op)]);
    return NN_OP_COUNT;
}

#define NN_VARIANT(op, isa)
#define NN_OP(op, args_type, tolerance)                                                                                \
    void nn_##op(const args_type *args)                                                                                \
    {                                                                                                                  \
        pthread_once(&chosen_once, choose);                                                                            \
        ((void (*)(const args_type *))chosen[NN_OP_##op])(args);                                                       \
    }
#include "nnlib/kernels/kernels.def"

enum { PIECE_IMAGES = 8, PIECES_MAX = 16 };

int nn_pieces(int images)
{
    int pieces = images / PIECE_IMAGES + (images % PIECE_IMAGES > 0);
    return pieces < PIECES_MAX ? pieces : PIECES_MAX;
}

nn_piece_range nn_piece(int images, int piece)
{
    return nn_piece_of(images, nn_pieces(images), piece);
}

nn_piece_range nn_piece_of(int images, int pieces, int piece)
{
    int base = images / pieces, longer = images % pieces;
    return (nn_piece_range){.first = piece * base + (piece < longer ? piece : longer),
                            .count = base + (piece < longer)};
}
