/* h5_write.c - the helper's side of writing: rows and numbers become an HDF5 file in memory, and for .keras the zip
 * archive around it. Its question comes from the kernel, and is checked all the same. */
#include <stdio.h>
#include <string.h>
#include <zlib.h>
#include "lib/hdf5/h5_parts.h"
#include "lib/hdf5/hdf5_library.h"
#include "lib/hdf5/keras_config.h"
#include "lib/base/banned.h"

/* H5F_ACC_TRUNC, which the header has as a call. Lists of more bytes than an object's header takes are cut. */
enum { CREATE = 2, INCREMENT = 1 << 20, LIST_MOST = 64512, PLACE_TEXT = 128 };
#define KERAS_VERSION "3.0.0"

typedef struct writer {
    const h5_ask *ask;
    const h5_row *row;
    const char *config;
    const float *numbers;
    hid_t file;
    lg_err *err;
} writer;

static lg_status failed(const writer *w, const char *what)
{
    return nn_named_damaged(w->ask->file, w->err, "HDF5 cannot write `%.200s`", what);
}

/* ---- texts ---- */
/* As h5py writes a str: one UTF-8 text of any length. */
static lg_status write_text(const writer *w, hid_t at, const char *name, const char *text)
{
    hid_t type = h5_lib.H5Tcopy(*h5_lib.H5T_C_S1_g), space = h5_lib.H5Screate(H5S_SCALAR), attr = -1;
    bool done = type >= 0 && space >= 0 && h5_lib.H5Tset_size(type, H5T_VARIABLE) >= 0 &&
                h5_lib.H5Tset_cset(type, H5T_CSET_UTF8) >= 0 &&
                (attr = h5_lib.H5Acreate2(at, name, type, space, H5P_DEFAULT, H5P_DEFAULT)) >= 0 &&
                h5_lib.H5Awrite(attr, type, &text) >= 0;
    if (attr >= 0) h5_lib.H5Aclose(attr);
    if (space >= 0) h5_lib.H5Sclose(space);
    if (type >= 0) h5_lib.H5Tclose(type);
    return done ? LG_OK : failed(w, name);
}

/* As numpy's arrays of bytes: each of as many as the longest has. */
static lg_status write_fixed(const writer *w, hid_t at, const char *name, const char *all, size_t n, size_t width)
{
    hsize_t dim[1] = {n};
    hid_t type = h5_lib.H5Tcopy(*h5_lib.H5T_C_S1_g), space = h5_lib.H5Screate_simple(1, dim, NULL), attr = -1;
    bool done = type >= 0 && space >= 0 && h5_lib.H5Tset_size(type, width) >= 0 &&
                h5_lib.H5Tset_strpad(type, H5T_STR_NULLPAD) >= 0 &&
                (attr = h5_lib.H5Acreate2(at, name, type, space, H5P_DEFAULT, H5P_DEFAULT)) >= 0 &&
                (!n || h5_lib.H5Awrite(attr, type, all) >= 0);
    if (attr >= 0) h5_lib.H5Aclose(attr);
    if (space >= 0) h5_lib.H5Sclose(space);
    if (type >= 0) h5_lib.H5Tclose(type);
    return done ? LG_OK : failed(w, name);
}

static lg_status write_cut(const writer *w, hid_t at, const char *name, const char *all, size_t n, size_t width)
{
    char part[64];
    size_t each = LIST_MOST / width;
    if (n <= each) return write_fixed(w, at, name, all, n, width);
    for (size_t i = 0, k = 0; i < n; i += each, k++) {
        snprintf(part, sizeof part, "%s%zu", name, k);
        LG_TRY(write_fixed(w, at, part, all + i * width, n - i < each ? n - i : each, width));
    }
    return LG_OK;
}

static lg_status write_list(const writer *w, hid_t at, const char *name, const char *const *text, size_t n)
{
    size_t width = 1;
    for (size_t i = 0; i < n; i++) width = strlen(text[i]) > width ? strlen(text[i]) : width;
    char *all = lg_alloc(n, width, w->err);
    if (!all) return w->err->status;
    for (size_t i = 0; i < n; i++) memcpy(all + i * width, text[i], strlen(text[i]));
    lg_status st = write_cut(w, at, name, all, n, width);
    lg_free(all);
    return st;
}

/* ---- groups and numbers ---- */
static lg_status make_group(const writer *w, hid_t at, const char *name, hid_t *out)
{
    *out = h5_lib.H5Gcreate2(at, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    return *out < 0 ? failed(w, name) : LG_OK;
}

static lg_status write_array(const writer *w, hid_t at, const char *name, const h5_row *row)
{
    hsize_t dim[NN_MAX_RANK];
    for (int i = 0; i < row->rank; i++) dim[i] = row->dim[i];
    hid_t plist = h5_lib.H5Pcreate(*h5_lib.H5P_CLS_DATASET_CREATE_ID_g), data = -1;
    hid_t space = row->rank ? h5_lib.H5Screate_simple(row->rank, dim, NULL) : h5_lib.H5Screate(H5S_SCALAR);
    /* Without times, so that equal numbers make equal bytes. */
    bool done =
        plist >= 0 && space >= 0 && h5_lib.H5Pset_obj_track_times(plist, false) >= 0 &&
        h5_lib.H5Pset_layout(plist, H5D_CONTIGUOUS) >= 0 &&
        (data = h5_lib.H5Dcreate2(at, name, *h5_lib.H5T_IEEE_F32LE_g, space, H5P_DEFAULT, plist, H5P_DEFAULT)) >= 0 &&
        h5_lib.H5Dwrite(data, *h5_lib.H5T_IEEE_F32LE_g, H5S_ALL, H5S_ALL, H5P_DEFAULT, w->numbers + row->at) >= 0;
    if (data >= 0) h5_lib.H5Dclose(data);
    if (space >= 0) h5_lib.H5Sclose(space);
    if (plist >= 0) h5_lib.H5Pclose(plist);
    return done ? LG_OK : failed(w, name);
}

/* Rows of the layer that begins with row i. */
static size_t rows_of(const writer *w, size_t i)
{
    size_t n = 1;
    while (i + n < w->ask->rows && strcmp(w->row[i].layer, w->row[i + n].layer) == 0) n++;
    return n;
}

/* ---- the new layout: layers/conv2d_1/vars/0, vars named after the layer ---- */
static int earlier(const writer *w, size_t i)
{
    int n = 0;
    for (size_t k = 0; k < i; k += rows_of(w, k)) n += strcmp(w->row[k].keras_class, w->row[i].keras_class) == 0;
    return n;
}

static lg_status write_vars(const writer *w, hid_t layers, size_t first)
{
    char snake[64], place[PLACE_TEXT], number[24];
    hid_t group, vars;
    int before = earlier(w, first);
    h5_snake_case(w->row[first].keras_class, snake);
    if (before) snprintf(place, sizeof place, "%s_%d", snake, before);
    else snprintf(place, sizeof place, "%s", snake);
    LG_TRY(make_group(w, layers, place, &group));
    LG_TRY(make_group(w, group, "vars", &vars));
    LG_TRY(write_text(w, vars, "name", w->row[first].layer));
    for (size_t k = 0; k < rows_of(w, first) && w->row[first].tensor[0]; k++) {
        snprintf(number, sizeof number, "%zu", k);
        LG_TRY(write_array(w, vars, number, &w->row[first + k]));
    }
    h5_lib.H5Gclose(vars);
    h5_lib.H5Gclose(group);
    return LG_OK;
}

static lg_status write_new(const writer *w)
{
    hid_t layers, vars;
    LG_TRY(make_group(w, w->file, "layers", &layers));
    for (size_t i = 0; i < w->ask->rows; i += rows_of(w, i)) LG_TRY(write_vars(w, layers, i));
    LG_TRY(make_group(w, w->file, "vars", &vars));
    h5_lib.H5Gclose(vars);
    h5_lib.H5Gclose(layers);
    return LG_OK;
}

/* ---- the old layout: model_weights/conv2d_1/conv2d_1/kernel, with lists of what there is ---- */
static lg_status write_layer(const writer *w, hid_t weights, size_t first, char (*name)[2 * H5_NAME],
                             const char **names)
{
    hid_t group, inner;
    const h5_row *row = &w->row[first];
    size_t n = row->tensor[0] ? rows_of(w, first) : 0;
    LG_TRY(make_group(w, weights, row->layer, &group));
    for (size_t k = 0; k < n; k++) {
        snprintf(name[k], sizeof name[k], "%s/%s", row->layer, row[k].tensor);
        names[k] = name[k];
    }
    LG_TRY(write_list(w, group, "weight_names", names, n));
    if (n) {
        LG_TRY(make_group(w, group, row->layer, &inner));
        for (size_t k = 0; k < n; k++) LG_TRY(write_array(w, inner, row[k].tensor, &row[k]));
        h5_lib.H5Gclose(inner);
    }
    h5_lib.H5Gclose(group);
    return LG_OK;
}

static lg_status write_layers(const writer *w, hid_t weights, char (*name)[2 * H5_NAME], const char **names)
{
    size_t count = 0;
    hid_t top;
    for (size_t i = 0; i < w->ask->rows; i += rows_of(w, i)) names[count++] = w->row[i].layer;
    LG_TRY(write_list(w, weights, "layer_names", names, count));
    for (size_t i = 0; i < w->ask->rows; i += rows_of(w, i)) LG_TRY(write_layer(w, weights, i, name, names));
    LG_TRY(make_group(w, weights, "top_level_model_weights", &top));
    LG_TRY(write_list(w, top, "weight_names", NULL, 0));
    h5_lib.H5Gclose(top);
    return LG_OK;
}

static lg_status write_about(const writer *w, hid_t at)
{
    LG_TRY(write_text(w, at, "backend", "tensorflow"));
    return write_text(w, at, "keras_version", KERAS_VERSION);
}

static lg_status write_old(const writer *w)
{
    lg_status st = LG_OK;
    hid_t weights;
    char(*name)[2 * H5_NAME] = lg_alloc((size_t)w->ask->rows, sizeof *name, w->err);
    const char **names = lg_alloc((size_t)w->ask->rows, sizeof *names, w->err);
    if (!name || !names) st = w->err->status;
    if (st == LG_OK) st = write_about(w, w->file);
    if (st == LG_OK) st = write_text(w, w->file, "model_config", w->config);
    if (st == LG_OK) st = make_group(w, w->file, "model_weights", &weights);
    if (st == LG_OK) st = write_about(w, weights);
    if (st == LG_OK) st = write_layers(w, weights, name, names);
    if (st == LG_OK) h5_lib.H5Gclose(weights);
    lg_free(name);
    lg_free(names);
    return st;
}

/* ---- the archive ---- */
static void add_u16(lg_buf *out, unsigned value)
{
    const unsigned char bytes[2] = {(unsigned char)value, (unsigned char)(value >> 8)};
    lg_buf_add(out, bytes, sizeof bytes);
}
static void add_u32(lg_buf *out, size_t value)
{
    add_u16(out, (unsigned)(value & 0xffff));
    add_u16(out, (unsigned)(value >> 16 & 0xffff));
}

enum { VERSION = 20, DAY = 1 << 5 | 1 /* of 1980, the first there is */, ENTRIES = 3 };
typedef struct entry {
    const char *name;
    const void *data;
    size_t len;
} entry;

/* What a file's own head and the list say alike. */
static void add_facts(lg_buf *out, const entry *e)
{
    add_u16(out, VERSION), add_u16(out, 0), add_u16(out, 0); /* no flags, stored */
    add_u16(out, 0), add_u16(out, DAY);
    add_u32(out, crc32_z(0, e->data, e->len)), add_u32(out, e->len), add_u32(out, e->len);
    add_u16(out, (unsigned)strlen(e->name)), add_u16(out, 0);
}

/* PKWARE's APPNOTE 4.3: heads and bytes, the list, its end. Everything but the last entry's bytes is small. */
static lg_status send_archive(const writer *w, const void *image, size_t len)
{
    static const char about[] = "{\"keras_version\": \"" KERAS_VERSION "\"}";
    const entry all[ENTRIES] = {{"metadata.json", about, sizeof about - 1},
                                {"config.json", w->config, (size_t)w->ask->config_len},
                                {"model.weights.h5", image, len}};
    lg_buf head, list;
    size_t at = 0;
    lg_buf_init(&head, 0);
    lg_buf_init(&list, 0);
    for (int i = 0; i < ENTRIES; i++) {
        lg_buf_adds(&list, "PK\1\2");
        add_u16(&list, VERSION);
        add_facts(&list, &all[i]);
        add_u16(&list, 0), add_u16(&list, 0), add_u16(&list, 0), add_u32(&list, 0), add_u32(&list, at);
        lg_buf_adds(&list, all[i].name);
        lg_buf_adds(&head, "PK\3\4");
        add_facts(&head, &all[i]);
        lg_buf_adds(&head, all[i].name);
        if (i < ENTRIES - 1) lg_buf_add(&head, all[i].data, all[i].len);
        at = head.len;
    }
    size_t start = head.len + len, size = list.len;
    lg_buf_adds(&list, "PK\5\6");
    add_u32(&list, 0), add_u16(&list, ENTRIES), add_u16(&list, ENTRIES), add_u32(&list, size), add_u32(&list, start);
    add_u16(&list, 0);
    lg_status st = lg_buf_check(&head, w->err);
    if (st == LG_OK) st = lg_buf_check(&list, w->err);
    if (st == LG_OK && start + size > UINT32_MAX)
        st = lg_fail(w->err, LG_E_LIMIT, 366, "a .keras file of more than 4 GB is not written");
    if (st == LG_OK) {
        h5_send_size(start + list.len);
        h5_send(H5_BODY, head.data, head.len);
        h5_send(H5_BODY, image, len);
        h5_send(H5_BODY, list.data, list.len);
    }
    lg_buf_release(&head);
    lg_buf_release(&list);
    return st;
}

/* ---- the whole ---- */
static lg_status send_image(const writer *w)
{
    if (h5_lib.H5Fflush(w->file, H5F_SCOPE_GLOBAL) < 0) return failed(w, "the file");
    ssize_t len = h5_lib.H5Fget_file_image(w->file, NULL, 0);
    char *image = len > 0 ? lg_alloc((size_t)len, 1, w->err) : NULL;
    if (len <= 0) return failed(w, "the file");
    if (!image) return w->err->status;
    lg_status st = LG_OK;
    if (h5_lib.H5Fget_file_image(w->file, image, (size_t)len) != len) {
        st = failed(w, "the file");
    } else if (w->ask->kind == H5_MODEL_KERAS) {
        st = send_archive(w, image, (size_t)len);
    } else {
        h5_send_size((uint64_t)len);
        h5_send(H5_BODY, image, (size_t)len);
    }
    lg_free(image);
    return st;
}

static bool create(writer *w)
{
    hid_t access = h5_lib.H5Pcreate(*h5_lib.H5P_CLS_FILE_ACCESS_ID_g);
    if (access < 0) return false;
    w->file = h5_lib.H5Pset_fapl_core(access, INCREMENT, false) < 0
                  ? -1
                  : h5_lib.H5Fcreate("image", CREATE, H5P_DEFAULT, access);
    h5_lib.H5Pclose(access);
    return w->file >= 0;
}

/* All of it lies in what was handed over, and texts end. */
static bool is_whole(const h5_ask *ask, const h5_row *row, const char *config)
{
    uint64_t at = ask->rows * sizeof *row + ask->config_len + 1;
    uint64_t begin = (at + 3) / 4 * 4, floats = begin > ask->len ? 0 : (ask->len - begin) / sizeof(float);
    if (at > ask->len || config[ask->config_len]) return false;
    for (uint64_t i = 0; i < ask->rows; i++) {
        uint64_t count = 1;
        bool ends = memchr(row[i].layer, 0, H5_NAME) && memchr(row[i].tensor, 0, H5_NAME) &&
                    memchr(row[i].keras_class, 0, sizeof row[i].keras_class);
        if (!ends || row[i].rank < 0 || row[i].rank > NN_MAX_RANK) return false;
        for (int k = 0; k < row[i].rank; k++)
            if (__builtin_mul_overflow(count, row[i].dim[k], &count)) return false;
        if (row[i].tensor[0] && (count != row[i].count || row[i].at > floats || count > floats - row[i].at))
            return false;
    }
    return true;
}

lg_status h5_write_file(const h5_ask *ask, const unsigned char *data, lg_err *err)
{
    writer w = {.ask = ask, .row = (const h5_row *)data, .err = err};
    if (ask->rows > NN_NAMED_MOST || ask->config_len > H5_CONFIG_MOST)
        return nn_named_damaged(ask->file, err, "what is to be written is too large");
    w.config = (const char *)data + ask->rows * sizeof *w.row;
    w.numbers = (const float *)(data + (ask->rows * sizeof *w.row + ask->config_len + 4) / 4 * 4);
    if (!is_whole(ask, w.row, w.config)) return nn_named_damaged(ask->file, err, "what is to be written is none");
    if (!create(&w)) return failed(&w, "the file");
    LG_TRY(ask->kind == H5_MODEL_H5 ? write_old(&w) : write_new(&w));
    return send_image(&w);
}
