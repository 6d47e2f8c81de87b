/* format.h - files of weights that other programs wrote: one file format_X.c for each format, which defines
 * nn_format_X and is thereby registered.
 *
 *     nn_named_tensors list;
 *     nn_named_init(&list, "resnet50.safetensors");
 *     LG_GO(nn_weights_file_read(bytes, len, "resnet50.safetensors", &list, err));
 *     …                                                       // nnlib/core/named_tensors.h
 *     nn_named_release(&list);
 *
 *     LG_GO(nn_format_find("safetensors")->save(&list, &out, err));   // into any lg_buf
 *
 * A reader takes bytes and returns plain data; it opens no file, keeps no state and runs nothing that a file says. The
 * content decides what a file is, not its name. Nothing that is read is believed: a list comes back whole and checked,
 * or not at all, with LL361 (damaged), LL362 (a kind that is not read), LL363 (numbers of a type that is not read),
 * LL364 (not finite) or LL365 (an ONNX network that is not read). Memory is taken only for numbers that are really
 * there. */
#ifndef NN_FORMAT_H
#define NN_FORMAT_H

#include "nnlib/core/named_tensors.h"

typedef struct nn_format {
    const char *name; /* "safetensors" */
    /* Whether the bytes begin like one; no two formats say so of the same bytes. */
    bool (*probe)(const unsigned char *data, size_t len);
    /* Appends to an empty list, whose data may point into `data`. After a failure the list is to be released. */
    lg_status (*load)(const unsigned char *data, size_t len, nn_named_tensors *out, lg_err *err);
    /* NULL: only read. The order of the list does not matter: equal tensors make equal bytes. */
    lg_status (*save)(const nn_named_tensors *list, lg_buf *out, lg_err *err);
} nn_format;

extern const nn_format *const nn_formats[]; /* ends with NULL; made from the names of the files */

const nn_format *nn_format_find(const char *name); /* NULL: there is none */
/* By its content. LL362 with what it is where no format reads it; the list is then empty, as after every failure. */
lg_status nn_weights_file_read(const void *data, size_t len, const char *file, nn_named_tensors *out,
                               lg_err *err) LG_MUST_CHECK;

#endif
