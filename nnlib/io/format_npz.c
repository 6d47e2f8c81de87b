/* format_npz.c - archives of arrays (numpy.savez), whose names are those of the entries without .npy, and single arrays
 * (numpy.save), which have no name and are called `array`. */
#include "nnlib/io/format.h"
#include <string.h>
#include "nnlib/io/npy.h"
#include "lib/base/banned.h"

static const char ending[] = ".npy";
enum { ENDING = 4, HEAD_NAME_LENGTH = 26, HEAD_NAME = 30 };

static bool is_npy(const unsigned char *data, size_t len)
{
    return len >= 6 && memcmp(data, NN_NPY_MAGIC, 6) == 0;
}

/* An archive whose first entry is an array. */
static bool probe(const unsigned char *data, size_t len)
{
    if (is_npy(data, len)) return true;
    if (len < HEAD_NAME || memcmp(data, "PK\3\4", 4) != 0) return false;
    size_t name = (size_t)data[HEAD_NAME_LENGTH] | (size_t)data[HEAD_NAME_LENGTH + 1] << 8;
    return name > ENDING && name <= len - HEAD_NAME && memcmp(data + HEAD_NAME + name - ENDING, ending, ENDING) == 0;
}

static lg_status take_entry(const nn_zip *zip, const nn_zip_entry *e, nn_named_tensors *out, lg_err *err)
{
    char name[NN_NAMED_NAME + 1];
    const unsigned char *bytes;
    size_t len = strlen(e->name);
    if (len <= ENDING || len - ENDING > NN_NAMED_NAME || strcmp(e->name + len - ENDING, ending) != 0)
        return nn_named_damaged(zip->file, err, "`%.60s` in the archive is no array", e->name);
    memcpy(name, e->name, len - ENDING);
    name[len - ENDING] = 0;
    LG_TRY(nn_named_check_name(zip->file, name, err));
    LG_TRY(nn_zip_bytes(zip, e, &out->room, &bytes, err));
    return nn_npy_read(bytes, e->size, name, out, err);
}

static lg_status load(const unsigned char *data, size_t len, nn_named_tensors *out, lg_err *err)
{
    nn_zip zip;
    if (is_npy(data, len)) return nn_npy_read(data, len, "array", out, err);
    lg_status st = nn_zip_open(&zip, data, len, out->file, err);
    for (size_t i = 0; st == LG_OK && i < zip.count; i++) st = take_entry(&zip, &zip.entry[i], out, err);
    if (st == LG_OK && !out->count) st = nn_named_damaged(out->file, err, "the archive is empty");
    nn_zip_release(&zip);
    return st;
}

const nn_format nn_format_npz = {.name = "npz", .probe = probe, .load = load};
