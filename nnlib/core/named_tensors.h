/* named_tensors.h - tensors with names, as files of weights hold them: plain data, whatever the format was.
 *
 *     nn_named_tensors list;
 *     nn_named_init(&list, "resnet50.safetensors");
 *     LG_GO(nn_weights_file_read(bytes, len, "resnet50.safetensors", &list, err));   // nnlib/io/format.h
 *     const nn_named_tensor *t = nn_named_find(&list, "conv1.weight");               // NULL: not there
 *     LG_GO(nn_named_floats(&list, t, kernel, err));                                 // t->count numbers
 *     nn_named_release(&list);
 *
 * Invariants of every tensor of a list
 *  - Names and shapes are the file's own: nothing is renamed, turned round or folded. A name is 1 to NN_NAMED_NAME
 * bytes of UTF-8 in which every character shows, no part of it is `..`, it has no `\`, and there is no second one.
 *  - rank is 0 (one number) to NN_NAMED_RANK; each dim is above 0, slowest first; count is their product, and as many
 *    numbers are there, little-endian, without gaps, at an address that is aligned to nothing.
 *  - Numbers are finite. F16 and BF16 stay as they are until nn_named_floats makes floats of them, which loses nothing.
 *    Integers are counters and shapes (`num_batches_tracked`), never weights; other types are refused by name (LL363).
 *  - data points into the bytes that were read, or into the list's own room: a list lives no longer than those bytes.
 */
#ifndef NN_NAMED_TENSORS_H
#define NN_NAMED_TENSORS_H

#include "nnlib/core/name_map.h"
#include "nnlib/core/tensor.h"

enum { NN_NAMED_RANK = 8, NN_NAMED_NAME = 256, NN_NAMED_MOST = 65536 };

typedef struct nn_named_tensor {
    const char *name; /* borrowed when it is added, then the list's */
    nn_dtype dtype;
    int rank;
    int64_t dim[NN_NAMED_RANK];
    const void *data;
    size_t bytes; /* of data; what is added must have what its shape needs, exactly */
    size_t count; /* set by nn_named_add */
} nn_named_tensor;

typedef struct nn_named_tensors {
    const char *file; /* for messages; borrowed */
    nn_named_tensor *at;
    size_t count, cap;
    const char *const *note; /* key, value, …, NULL: written where a format has a place for such texts; NULL: none.
                                Borrowed; what is read has none */
    nn_name_map index;
    lg_arena room; /* names, and numbers that are not in the file as they are here */
} nn_named_tensors;

void nn_named_init(nn_named_tensors *list, const char *file);
void nn_named_release(nn_named_tensors *list);

/* Checks what is said above and appends; LL361 (damaged), LL364 (not finite). */
lg_status nn_named_add(nn_named_tensors *list, const nn_named_tensor *t, lg_err *err) LG_MUST_CHECK;
/* What is said above of names, "" apart, for other names in files. LL361. */
lg_status nn_named_check_name(const char *file, const char *name, lg_err *err) LG_MUST_CHECK;
const nn_named_tensor *nn_named_find(const nn_named_tensors *list, const char *name);

/* Its numbers as floats; LL363 where they are integers. */
lg_status nn_named_floats(const nn_named_tensors *list, const nn_named_tensor *t, float *out,
                          lg_err *err) LG_MUST_CHECK;

/* A network's wishes: the list must have each name in that shape, as floats (F32, F16, BF16). With exactly, it must
 * have no other floats. LL221 names the first that differs, in the order of the wishes, and what the file holds. */
typedef struct nn_named_wish {
    const char *name;
    int rank;
    int64_t dim[NN_NAMED_RANK];
} nn_named_wish;
lg_status nn_named_match(const nn_named_tensors *list, const nn_named_wish *wish, size_t n, bool exactly,
                         lg_err *err) LG_MUST_CHECK;

const char *nn_dtype_name(nn_dtype dtype); /* "float32" */
size_t nn_dtype_size(nn_dtype dtype);
float nn_f16_value(uint16_t bits);
float nn_bf16_value(uint16_t bits);
/* "64x3x7x7"; of rank 0 "1 number". out holds at least NN_NAMED_SHAPE_TEXT bytes; returns out. */
enum { NN_NAMED_SHAPE_TEXT = 176 };
char *nn_named_shape_text(int rank, const int64_t *dim, char out[NN_NAMED_SHAPE_TEXT]);

/* LL361: the file is damaged, or is not what it says; the text says where. For readers of formats. */
lg_status nn_named_damaged(const char *file, lg_err *err, const char *fmt, ...) LG_PRINTF(3, 4);

#endif
