/* fuzz_jpeg.c - any bytes as JPEG. `make fuzz F=jpeg`. */
#include "tests/fuzz/fuzz_picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_picture(data, size, IMG_JPEG);
}
