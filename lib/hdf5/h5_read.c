/* h5_read.c - a file of Keras becomes safetensors, one tensor after the other, so that no more than one is held. */
#include <string.h>
#include "lib/hdf5/h5_parts.h"
#include "lib/hdf5/keras_names.h"
#include "lib/base/banned.h"

/* ---- safetensors ---- */
/* Names have no control characters and no `\` (nn_named_check_name). */
static void add_quoted(lg_buf *out, const char *name)
{
    lg_buf_addc(out, '"');
    for (; *name; name++) {
        if (*name == '"') lg_buf_addc(out, '\\');
        lg_buf_addc(out, *name);
    }
    lg_buf_addc(out, '"');
}

static void add_entry(lg_buf *out, const h5_named *t, uint64_t *at)
{
    static const char *const types[] = {[NN_F32] = "F32", [NN_F16] = "F16", [NN_I64] = "I64", [NN_I32] = "I32"};
    lg_buf_addc(out, *at ? ',' : '{');
    add_quoted(out, t->name);
    lg_buf_addf(out, ":{\"dtype\":\"%s\",\"shape\":[", types[t->array.dtype]);
    for (int i = 0; i < t->array.rank; i++) lg_buf_addf(out, i ? ",%lld" : "%lld", (long long)t->array.dim[i]);
    lg_buf_addf(out, "],\"data_offsets\":[%llu,%llu]}", (unsigned long long)*at,
                (unsigned long long)(*at + t->array.bytes));
    *at += t->array.bytes;
}

static lg_status send_header(const h5_names *names, const char *file, lg_err *err)
{
    lg_buf text;
    uint64_t at = 0;
    unsigned char length[8];
    lg_buf_init(&text, 0);
    for (size_t i = 0; i < names->count; i++) add_entry(&text, &names->tensor[i], &at);
    lg_buf_addc(&text, '}');
    while (text.len % 8 && !text.failed) lg_buf_addc(&text, ' ');
    lg_status st = lg_buf_check(&text, err);
    if (st == LG_OK && text.len > H5_HEADER_MOST) st = nn_named_damaged(file, err, "its names are too long together");
    if (st == LG_OK) {
        for (int i = 0; i < 8; i++) length[i] = (unsigned char)(text.len >> (8 * i));
        h5_send_size(sizeof length + text.len + at);
        h5_send(H5_BODY, length, sizeof length);
        h5_send(H5_BODY, text.data, text.len);
    }
    lg_buf_release(&text);
    return st;
}

static lg_status send_numbers(const h5_file *file, const h5_array *array, lg_err *err)
{
    unsigned char *block = lg_alloc((size_t)array->bytes, 1, err);
    if (!block) return err->status;
    lg_status st = h5_file_numbers(file, array, block, err);
    if (st == LG_OK) h5_send(H5_BODY, block, (size_t)array->bytes);
    lg_free(block);
    return st;
}

static lg_status send_tensors(const h5_file *file, const h5_names *names, lg_err *err)
{
    LG_TRY(send_header(names, file->name, err));
    for (size_t i = 0; i < names->count; i++) LG_TRY(send_numbers(file, &names->tensor[i].array, err));
    return LG_OK;
}

/* ---- one HDF5 file ---- */
/* text: the model's description from elsewhere; NULL: perhaps the file has one. */
static lg_status send_file(h5_file *file, const char *text, bool *counted, lg_err *err)
{
    h5_config config = {0};
    h5_names names = {0};
    lg_status st = LG_OK;
    if (!text) LG_TRY(h5_file_text(file, "", "model_config", &text, err));
    if (text) {
        LG_GO(h5_config_read(text, strlen(text), file->name, &config, err));
        h5_send(H5_CONFIG, text, strlen(text));
    }
    LG_GO(h5_names_find(file, text ? &config : NULL, &names, err));
    *counted = names.counted;
    LG_GO(send_tensors(file, &names, err));
done:
    h5_names_release(&names);
    h5_config_release(&config);
    return st;
}

/* whole: bytes of the file that was handed over, which may have the image packed in it. */
static lg_status read_image(const unsigned char *data, size_t len, size_t whole, const char *name, const char *config,
                            bool *counted, lg_err *err)
{
    h5_file file;
    lg_status st = h5_file_open(data, len, name, &file, err);
    file.left = H5_UNPACKED_FREE + H5_UNPACKED_TIMES * whole;
    if (st == LG_OK) st = send_file(&file, config, counted, err);
    h5_file_close(&file);
    return st;
}

/* ---- the archive of Keras 3 ---- */
static const nn_zip_entry *entry_named(const nn_zip *zip, const char *name)
{
    for (size_t i = 0; i < zip->count; i++)
        if (strcmp(zip->entry[i].name, name) == 0) return &zip->entry[i];
    return NULL;
}

static lg_status read_entries(const nn_zip *zip, lg_arena *room, bool *counted, lg_err *err)
{
    const unsigned char *image, *text;
    const nn_zip_entry *weights = entry_named(zip, "model.weights.h5"), *config = entry_named(zip, "config.json");
    if (!config) return nn_named_damaged(zip->file, err, "there is no config.json in the archive");
    if (!weights) return nn_named_damaged(zip->file, err, "there is no model.weights.h5 in the archive");
    if (config->size > H5_CONFIG_MOST) return nn_named_damaged(zip->file, err, "its config.json is too large");
    LG_TRY(nn_zip_bytes(zip, config, room, &text, err));
    if (memchr(text, 0, config->size)) return nn_named_damaged(zip->file, err, "its config.json is no text");
    const char *copy = lg_arena_strndup(room, (const char *)text, config->size, err);
    if (!copy) return err->status;
    LG_TRY(nn_zip_bytes(zip, weights, room, &image, err));
    return read_image(image, weights->size, zip->len, zip->file, copy, counted, err);
}

static lg_status read_archive(const unsigned char *data, size_t len, const char *name, bool *counted, lg_err *err)
{
    nn_zip zip;
    lg_arena room;
    lg_arena_init(&room, 0);
    lg_status st = nn_zip_open(&zip, data, len, name, err);
    if (st == LG_OK) st = read_entries(&zip, &room, counted, err);
    nn_zip_release(&zip);
    lg_arena_release(&room);
    return st;
}

lg_status h5_read_file(const unsigned char *data, size_t len, const char *file, bool *counted, lg_err *err)
{
    bool plain = len >= H5_SIGNATURE && memcmp(data, H5_SIGNATURE_BYTES, H5_SIGNATURE) == 0;
    return plain ? read_image(data, len, len, file, NULL, counted, err) : read_archive(data, len, file, counted, err);
}
