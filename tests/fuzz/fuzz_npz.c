/* fuzz_npz.c - any bytes as an .npz or .npy file. As they are most archives are refused by their checksums, so each
 * input is also read as one array, which is what is in them. `make fuzz F=npz`. */
#include "nnlib/io/npy.h"
#include "tests/fuzz/fuzz_weights.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nn_named_tensors list;
    lg_err err = {0};
    weights_of_any_bytes(data, size);
    nn_named_init(&list, "x");
    if (nn_npy_read(data, size, "w", &list, &err) == LG_OK) free(floats_of(&list, &list.at[0]));
    nn_named_release(&list);
    return 0;
}
