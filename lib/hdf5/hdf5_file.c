/* hdf5_file.c - opening an image, walking through it, and the texts in it. */
#include "lib/hdf5/hdf5_file.h"
#include <stdio.h>
#include <string.h>
#include "lib/hdf5/h5_parts.h"
#include "lib/base/banned.h"

/* H5F_ACC_RDONLY, which the header has as a call. */
enum { READ_ONLY = 0, DEPTH_MOST = 24, PATH_MOST = 1024, OBJECTS_MOST = 4 * NN_NAMED_MOST, INCREMENT = 1 << 16 };

lg_status h5_refused(const char *file, lg_err *err, const char *fmt, ...)
{
    char why[sizeof err->why];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    lg_fail(err, LG_E_UNSUPPORTED, 362, "`%.200s` is an HDF5 file with something in it that is not read", file);
    lg_why(err, "%s", why);
    return lg_try(err, "save the weights again with Keras: model.save_weights(\"x.weights.h5\")");
}

static lg_status unreadable(const h5_file *file, const char *path, lg_err *err)
{
    return nn_named_damaged(file->name, err, "`%.200s` in it cannot be read", *path ? path : "the HDF5 file");
}

/* ---- the image ---- */
/* The library works on the bytes where they are, and copies and frees nothing: they outlive it. */
static void *image_malloc(size_t size, H5FD_file_image_op_t op, void *image)
{
    (void)size, (void)op;
    return image;
}
static void *image_memcpy(void *to, const void *from, size_t size, H5FD_file_image_op_t op, void *image)
{
    (void)from, (void)size, (void)op, (void)image;
    return to;
}
static void *image_realloc(void *old, size_t size, H5FD_file_image_op_t op, void *image)
{
    (void)old, (void)size, (void)op, (void)image;
    return NULL;
}
static herr_t image_free(void *old, H5FD_file_image_op_t op, void *image)
{
    (void)old, (void)op, (void)image;
    return 0;
}
static void *image_copy(void *image)
{
    return image;
}
static herr_t image_forget(void *image)
{
    (void)image;
    return 0;
}

static bool open_image(h5_file *file)
{
    H5FD_file_image_callbacks_t calls = {image_malloc, image_memcpy, image_realloc,      image_free,
                                         image_copy,   image_forget, (void *)file->image};
    hid_t access = h5_lib.H5Pcreate(*h5_lib.H5P_CLS_FILE_ACCESS_ID_g);
    bool ready = access >= 0 && h5_lib.H5Pset_fapl_core(access, INCREMENT, false) >= 0 &&
                 h5_lib.H5Pset_file_image_callbacks(access, &calls) >= 0 &&
                 h5_lib.H5Pset_file_image(access, (void *)file->image, file->len) >= 0;
    file->id = ready ? h5_lib.H5Fopen("image", READ_ONLY, access) : -1;
    if (access >= 0) h5_lib.H5Pclose(access);
    return file->id >= 0;
}

/* ---- the walk ---- */
typedef struct walk {
    h5_file *file;
    const char *path; /* of the group that is walked through */
    int depth;
    lg_err *err;
} walk;

static lg_status walk_group(h5_file *file, const char *path, int depth, lg_err *err);

static lg_status note_object(h5_file *file, const char *path, bool dataset, lg_err *err)
{
    bool fresh;
    if (file->count == OBJECTS_MOST)
        return nn_named_damaged(file->name, err, "it has more than %s groups and datasets", lg_thousands(OBJECTS_MOST));
    if (file->count == file->cap) {
        size_t cap = file->cap ? 2 * file->cap : 256;
        h5_object *more = lg_realloc(file->object, file->cap, cap, sizeof *more, err);
        if (!more) return err->status;
        file->object = more, file->cap = cap;
    }
    LG_TRY(nn_name_map_put(&file->paths, path, (uint32_t)file->count, &fresh, err));
    if (!fresh) return nn_named_damaged(file->name, err, "`%.200s` is in it twice", path);
    file->object[file->count++] = (h5_object){.path = path, .dataset = dataset};
    return LG_OK;
}

/* A group in itself would be walked through for ever. */
static lg_status note_place(h5_file *file, const char *path, const H5G_stat_t *facts, lg_err *err)
{
    bool fresh;
    const char *place = lg_arena_strf(&file->room, err, "%lx %lx", facts->objno[0], facts->objno[1]);
    if (!place) return err->status;
    LG_TRY(nn_name_map_put(&file->places, place, 0, &fresh, err));
    return fresh ? LG_OK : h5_refused(file->name, err, "`%.200s` is in it under another name too", path);
}

static lg_status take_object(const walk *w, const char *path, const H5G_stat_t *facts, lg_err *err)
{
    const char *file = w->file->name;
    if (facts->type == H5G_LINK) return h5_refused(file, err, "`%.200s` is a link to another place (soft link)", path);
    if (facts->type == H5G_UDLINK) return h5_refused(file, err, "`%.200s` lies in another file (external link)", path);
    if (facts->type != H5G_GROUP && facts->type != H5G_DATASET && facts->type != H5G_TYPE)
        return h5_refused(file, err, "`%.200s` is no group and no dataset", path);
    LG_TRY(note_place(w->file, path, facts, err));
    if (facts->type == H5G_TYPE) return LG_OK;
    LG_TRY(note_object(w->file, path, facts->type == H5G_DATASET, err));
    return facts->type == H5G_GROUP ? walk_group(w->file, path, w->depth + 1, err) : LG_OK;
}

static lg_status take_name(const walk *w, hid_t group, const char *name, lg_err *err)
{
    H5G_stat_t facts = {0};
    LG_TRY(nn_named_check_name(w->file->name, name, err));
    if (strlen(w->path) + strlen(name) > PATH_MOST)
        return nn_named_damaged(w->file->name, err, "the way to `%.60s` is too long", name);
    const char *path = lg_arena_strf(&w->file->room, err, "%s%s%s", w->path, *w->path ? "/" : "", name);
    if (!path) return err->status;
    if (h5_lib.H5Gget_objinfo(group, name, false, &facts) < 0) return unreadable(w->file, path, err);
    return take_object(w, path, &facts, err);
}

/* Called for each name; below 0 ends the walk. */
static herr_t visit(hid_t group, const char *name, void *walker)
{
    const walk *w = walker;
    return take_name(w, group, name, w->err) == LG_OK ? 0 : -1;
}

static hid_t open_group(const h5_file *file, const char *path)
{
    return h5_lib.H5Gopen2(file->id, *path ? path : "/", H5P_DEFAULT);
}

static lg_status walk_group(h5_file *file, const char *path, int depth, lg_err *err)
{
    lg_err said = {0};
    walk w = {.file = file, .path = path, .depth = depth, .err = &said};
    if (depth > DEPTH_MOST) return nn_named_damaged(file->name, err, "its groups are more than %d deep", DEPTH_MOST);
    hid_t group = open_group(file, path);
    if (group < 0) return unreadable(file, path, err);
    herr_t how = h5_lib.H5Giterate(group, ".", NULL, visit, &w);
    h5_lib.H5Gclose(group);
    if (said.status) *err = said;
    else if (how < 0) return unreadable(file, path, err);
    return said.status;
}

lg_status h5_file_open(const unsigned char *image, size_t len, const char *name, h5_file *out, lg_err *err)
{
    H5G_stat_t facts = {0};
    *out = (h5_file){.name = name, .image = image, .len = len, .id = -1};
    out->left = H5_UNPACKED_FREE;
    lg_arena_init(&out->room, 0);
    if (!open_image(out)) return nn_named_damaged(name, err, "it is no whole HDF5 file; perhaps it was cut off");
    if (h5_lib.H5Gget_objinfo(out->id, "/", false, &facts) < 0) return unreadable(out, "", err);
    LG_TRY(note_place(out, "/", &facts, err));
    LG_TRY(note_object(out, "", false, err));
    return walk_group(out, "", 0, err);
}

void h5_file_close(h5_file *file)
{
    if (file->id >= 0) h5_lib.H5Fclose(file->id);
    lg_free(file->object);
    nn_name_map_release(&file->paths);
    nn_name_map_release(&file->places);
    lg_arena_release(&file->room);
    *file = (h5_file){.id = -1};
}

bool h5_file_has(const h5_file *file, const char *path, bool dataset)
{
    long at = nn_name_map_find(&file->paths, path);
    return at >= 0 && file->object[at].dataset == dataset;
}

/* ---- texts ---- */
static lg_status no_texts(const h5_file *file, const char *path, const char *attr, lg_err *err)
{
    return nn_named_damaged(file->name, err, "`%.60s` of `%.100s` is not made of texts", attr,
                            *path ? path : "the HDF5 file");
}

/* How many elements a space has; -1: that is not one, or more than a file can have. */
static long elements(hid_t space)
{
    hsize_t dim[1] = {1};
    if (h5_lib.H5Sget_simple_extent_type(space) == H5S_SCALAR) return 1;
    if (h5_lib.H5Sget_simple_extent_type(space) == H5S_NULL) return 0;
    if (h5_lib.H5Sget_simple_extent_ndims(space) != 1) return -1;
    if (h5_lib.H5Sget_simple_extent_dims(space, dim, NULL) != 1 || dim[0] > NN_NAMED_MOST) return -1;
    return (long)dim[0];
}

/* Behind those that are in the list already. */
static lg_status more_texts(h5_file *file, size_t more, h5_texts *out, lg_err *err)
{
    const char **all = lg_arena_alloc(&file->room, out->count + more, sizeof *all, err);
    if (!all) return err->status;
    if (out->count) memcpy(all, out->text, out->count * sizeof *all);
    out->text = all;
    return LG_OK;
}

/* Each of a fixed number of bytes, filled up with NULs or blanks, which end no name. */
static lg_status take_fixed(h5_file *file, hid_t attr, hid_t type, size_t n, h5_texts *out, lg_err *err)
{
    size_t size = h5_lib.H5Tget_size(type);
    if (!size || size > file->len || n > file->len / size) return no_texts(file, "", "a list", err);
    char *all = lg_arena_alloc(&file->room, n, size, err);
    if (!all) return err->status;
    if (n && h5_lib.H5Aread(attr, type, all) < 0) return no_texts(file, "", "a list", err);
    for (size_t i = 0; i < n; i++) {
        const char *begin = all + i * size;
        const char *text = lg_arena_strndup(&file->room, begin, strnlen(begin, size), err);
        if (!text) return err->status;
        out->text[out->count++] = text;
    }
    return LG_OK;
}

/* Texts of any length. The library's memory for them goes with the process. */
static lg_status take_variable(h5_file *file, hid_t attr, hid_t type, size_t n, h5_texts *out, lg_err *err)
{
    char **all = lg_arena_alloc(&file->room, n, sizeof *all, err);
    if (!all) return err->status;
    if (n && h5_lib.H5Aread(attr, type, all) < 0) return no_texts(file, "", "a list", err);
    for (size_t i = 0; i < n; i++) out->text[out->count++] = all[i] ? all[i] : "";
    return LG_OK;
}

static lg_status take_texts(h5_file *file, hid_t attr, const char *path, const char *name, h5_texts *out, lg_err *err)
{
    hid_t type = h5_lib.H5Aget_type(attr), space = h5_lib.H5Aget_space(attr);
    if (type < 0 || space < 0) return unreadable(file, path, err);
    long n = elements(space);
    /* An empty list is one of numbers to numpy. */
    if (n < 0 || (n && h5_lib.H5Tget_class(type) != H5T_STRING)) return no_texts(file, path, name, err);
    LG_TRY(more_texts(file, (size_t)n, out, err));
    lg_status st = LG_OK;
    if (n && h5_lib.H5Tis_variable_str(type) > 0) st = take_variable(file, attr, type, (size_t)n, out, err);
    else if (n) st = take_fixed(file, attr, type, (size_t)n, out, err);
    h5_lib.H5Tclose(type);
    h5_lib.H5Sclose(space);
    return st;
}

static lg_status add_texts(h5_file *file, hid_t at, const char *path, const char *name, h5_texts *out, lg_err *err)
{
    hid_t attr = h5_lib.H5Aopen(at, name, H5P_DEFAULT);
    if (attr < 0) return unreadable(file, path, err);
    lg_status st = take_texts(file, attr, path, name, out, err);
    h5_lib.H5Aclose(attr);
    return st;
}

/* attr0, attr1, … */
static lg_status add_parts(h5_file *file, hid_t at, const char *path, const char *attr, h5_texts *out, lg_err *err)
{
    char name[64];
    for (int i = 0; i < NN_NAMED_MOST; i++) {
        snprintf(name, sizeof name, "%.40s%d", attr, i);
        if (h5_lib.H5Aexists(at, name) <= 0) break;
        LG_TRY(add_texts(file, at, path, name, out, err));
        if (out->count > NN_NAMED_MOST) return no_texts(file, path, attr, err);
    }
    return LG_OK;
}

lg_status h5_file_texts(h5_file *file, const char *path, const char *attr, h5_texts *out, lg_err *err)
{
    hid_t at = open_group(file, path);
    *out = (h5_texts){0};
    if (at < 0) return unreadable(file, path, err);
    lg_status st = h5_lib.H5Aexists(at, attr) > 0 ? add_texts(file, at, path, attr, out, err)
                                                  : add_parts(file, at, path, attr, out, err);
    h5_lib.H5Gclose(at);
    return st;
}

lg_status h5_file_text(h5_file *file, const char *path, const char *attr, const char **out, lg_err *err)
{
    h5_texts all;
    LG_TRY(h5_file_texts(file, path, attr, &all, err));
    if (all.count > 1) return no_texts(file, path, attr, err);
    *out = all.count ? all.text[0] : NULL;
    return LG_OK;
}
