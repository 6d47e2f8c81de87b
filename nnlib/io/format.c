/* format.c - which format a file of weights has, and what to say of those that are not read. */
#include "nnlib/io/format.h"
#include <string.h>
#include "lib/base/banned.h"

const nn_format *nn_format_find(const char *name)
{
    for (int i = 0; nn_formats[i]; i++)
        if (strcmp(nn_formats[i]->name, name) == 0) return nn_formats[i];
    return NULL;
}

/* ---- what is not read ---- */
#define AS_SAFETENSORS "save the weights as safetensors where they were made"

/* Files that begin so. */
static const struct {
    const char *start;
    size_t len;
    const char *what, *why, *help;
} foreign[] = {
    {"version https://git-lfs", 23, "is a pointer of Git LFS, not the file itself",
     "the repository keeps its large files elsewhere", "fetch the file: git lfs pull"},
    {"\x89HDF\r\n\x1a\n", 8, "is an HDF5 file, as Keras writes it", "HDF5 is not read here", AS_SAFETENSORS},
    {"\x80", 1, "is a pickle of Python", "a pickle is a program, and is never run", AS_SAFETENSORS},
    {"\x08\x01\x12", 3, "is a SavedModel of TensorFlow", "it is a program, and is never run", AS_SAFETENSORS},
    {"GGUF", 4, "is a GGUF file", "its numbers are packed in ways that are not read", AS_SAFETENSORS},
    {"<", 1, "is a web page", "perhaps the address of a page was saved in place of the file",
     "download the file again"},
};

/* The name of a zip archive's first file; false: no archive. */
static bool first_in_zip(const unsigned char *data, size_t len, char out[80])
{
    enum { NAME_LENGTH = 26, NAME = 30 };
    if (len < NAME || memcmp(data, "PK\3\4", 4) != 0) return false;
    size_t n = (size_t)data[NAME_LENGTH] | (size_t)data[NAME_LENGTH + 1] << 8;
    if (n > len - NAME) n = len - NAME;
    if (n > 79) n = 79;
    memcpy(out, data + NAME, n);
    out[n] = 0;
    return true;
}

static lg_status not_read(const char *file, const char *what, const char *why, const char *help, lg_err *err)
{
    lg_fail(err, LG_E_UNSUPPORTED, 362, "`%.200s` %s", file, what);
    lg_why(err, "%s", why);
    return lg_try(err, "%s", help);
}

static lg_status refuse(const unsigned char *data, size_t len, const char *file, lg_err *err)
{
    char first[80];
    if (!len) return nn_named_damaged(file, err, "it is empty");
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        if (len >= foreign[i].len && memcmp(data, foreign[i].start, foreign[i].len) == 0)
            return not_read(file, foreign[i].what, foreign[i].why, foreign[i].help, err);
    if (first_in_zip(data, len, first)) {
        if (strstr(first, "/data.pkl") || strstr(first, "/.format_version"))
            return not_read(file, "is a file of PyTorch with a pickle in it", "a pickle is a program, and is never run",
                            AS_SAFETENSORS, err);
        if (strcmp(first, "metadata.json") == 0 || strcmp(first, "config.json") == 0)
            return not_read(file, "is a model of Keras, with HDF5 in it", "HDF5 is not read here", AS_SAFETENSORS, err);
        return not_read(file, "is a zip archive, but not one of arrays", "an .npz holds files that end in .npy",
                        "unpack it, and name the file with the weights", err);
    }
    if (len > 8 && data[8] == '{')
        return nn_named_damaged(file, err, "it is like a safetensors file, but the length of its header cannot be");
    return not_read(file, "is no file of weights that is known",
                    "those read are safetensors, ONNX, .npz and .npy, whatever their names", AS_SAFETENSORS, err);
}

lg_status nn_weights_file_read(const void *data, size_t len, const char *file, nn_named_tensors *out, lg_err *err)
{
    const nn_format *format = NULL;
    for (int i = 0; nn_formats[i] && !format; i++)
        if (nn_formats[i]->probe(data, len)) format = nn_formats[i];
    nn_named_release(out);
    nn_named_init(out, file);
    if (!format) return refuse(data, len, file, err);
    lg_status st = format->load(data, len, out, err);
    if (st) nn_named_release(out);
    return st;
}
