/* fuzz_safetensors.c - any bytes as a file of weights. What is read is written and read again. `make fuzz
 * F=safetensors`. */
#include "tests/fuzz/fuzz_weights.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    weights_of_any_bytes(data, size);
    return 0;
}
