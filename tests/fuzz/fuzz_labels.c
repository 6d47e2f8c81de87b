/* fuzz_labels.c - any bytes as a labels file; every row has a file, its line, and all its cells. `make fuzz F=labels`.
 */
#include "lib/data/labels.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse(const char *bytes, size_t size, const data_labels_options *want)
{
    data_labels labels = {0};
    lg_err err = {0};
    size_t bytes_of_cells = 0;
    if (data_labels_parse(bytes, size, want, &labels, &err)) {
        if (!err.code || !*err.msg) abort();
        return;
    }
    for (size_t i = 0; i < labels.rows; i++) {
        const data_label *row = &labels.row[i];
        if (!row->line || !row->file || !row->label) abort();
        for (size_t k = 0; k < labels.columns; k++) bytes_of_cells += strlen(row->cell[k]);
    }
    if (bytes_of_cells > 4 * size) abort();
    data_labels_release(&labels);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    parse((const char *)data, size, &(data_labels_options){.name = "labels.txt"});
    parse((const char *)data, size, &(data_labels_options){.name = "l", .file_column = "2", .label_column = "1"});
    return 0;
}
