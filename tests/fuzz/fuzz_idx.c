/* fuzz_idx.c - any bytes as an IDX file, plain or packed. `make fuzz F=idx`. */
#include "lib/data/idx.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    data_idx *idx = NULL;
    lg_err err = {0};
    volatile uint8_t last = 0; /* so that every byte is read */
    if (data_idx_read((const char *)data, size, "idx", &idx, &err)) return 0;
    size_t n = (size_t)idx->count * (size_t)idx->h * (size_t)idx->w;
    for (size_t i = 0; i < n; i++) last = idx->px[i];
    (void)last;
    if (idx->h < 1 || idx->w < 1 || (n && !idx->px)) abort();
    data_idx_unref(idx);
    return 0;
}
