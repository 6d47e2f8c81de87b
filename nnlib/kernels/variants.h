/* variants.h - the table made from kernels.def, for the dispatcher, the tests and the benchmark.
 *
 *     for (size_t i = 0; i < nn_variant_count; i++)
 *         if (nn_variants[i].op == NN_OP_sgemm && nn_isa_runs(nn_variants[i].isa))
 *             ((void (*)(const nn_sgemm_args *))nn_variants[i].run)(&args);
 */
#ifndef NN_VARIANTS_H
#define NN_VARIANTS_H

#include "nnlib/kernels/kernels.h"

/* blas: OpenBLAS for what is large enough, the best of the others for the rest. */
typedef enum nn_isa { NN_ISA_scalar, NN_ISA_avx2, NN_ISA_avx512, NN_ISA_blas } nn_isa;

#define NN_VARIANT(op, isa)
#define NN_OP(op, args, tolerance) NN_OP_##op,
typedef enum nn_op {
#include "nnlib/kernels/kernels.def"
    NN_OP_COUNT
} nn_op;
#undef NN_OP
#undef NN_VARIANT

/* Declares nn_OP__ISA for all: the type of an operation's arguments is found by its name. */
#define NN_OP(op, args, tolerance) typedef args nn_args_of_##op;
#define NN_VARIANT(op, isa)        void nn_##op##__##isa(const nn_args_of_##op *args);
#include "nnlib/kernels/kernels.def"
#undef NN_OP
#undef NN_VARIANT

typedef void nn_any_fn(void); /* cast back to void (*)(const ARGS *) before calling */
typedef struct nn_variant {
    nn_op op;
    nn_isa isa;
    nn_any_fn *run;
} nn_variant;
extern const nn_variant nn_variants[];
extern const size_t nn_variant_count;

const char *nn_op_name(nn_op op);
double nn_op_tolerance(nn_op op);
const char *nn_isa_name(nn_isa isa);
bool nn_isa_runs(nn_isa isa); /* on this machine, whatever NN_ISA says */
/* The last variant this machine runs, at or below an isa and whatever NN_ISA says; scalar is always there. */
const nn_variant *nn_op_best(nn_op op, nn_isa highest);
nn_isa nn_op_chosen(nn_op op);

#endif
