/* layout_idx.c - folders with IDX files: each picture in them becomes an image FILE//NUMBER of the listing, with its
 * label and the part its file's name says (train-, t10k-). Sources: layout_idx follows the description of the files at
 * yann.lecun.com/exdb/mnist, and github.com/zalandoresearch/fashion-mnist for the names of its classes (Xiao, Rasul,
 * Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms", 2017). */
#include <string.h>
#include "lib/data/load_private.h"
#include "lib/image/hash.h"

#include "lib/base/banned.h"

static const char *const fashion[] = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                      "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};
/* SHA-256 of the labels of Fashion-MNIST, unpacked, without the file's head: the set is known by its content, for its
 * files are called as those of MNIST. */
static const char *const fashion_labels[] = {"657fbd221bfc9f4198cc14b5619cc33ec57c58dd0e47af4d99d6650759e869a7",
                                             "3d0e6c6ea990b53b6f8f500a41cac93881d981b315f84578b7d915342ade01e9"};

static bool is_images(const char *path)
{
    static const char *const ends[] = {"-images-idx3-ubyte", "-images.idx3-ubyte", "-images-idx3-ubyte.gz",
                                       "-images.idx3-ubyte.gz"};
    for (size_t k = 0; k < sizeof ends / sizeof *ends; k++)
        if (data_ends_with(path, ends[k])) return true;
    return false;
}

/* x-images-idx3-ubyte -> x-labels-idx1-ubyte, in place: the words have the same length. */
static void to_labels(char *path)
{
    char *at = path, *last = path;
    while ((at = strstr(at, "-images"))) last = at++;
    memcpy(last, "-labels", 7);
    memcpy(strstr(last, "idx3"), "idx1", 4);
}

static data_split_kind part_of(const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    if (strncmp(base, "train", 5) == 0) return DATA_TRAIN;
    if (strncmp(base, "val", 3) == 0) return DATA_VAL;
    return strncmp(base, "t10k", 4) == 0 || strncmp(base, "test", 4) == 0 ? DATA_TEST : DATA_NONE;
}

static bool is_fashion(const data_idx *labels)
{
    char hex[IMG_SHA256_HEX];
    img_sha256(labels->px, labels->count, hex);
    return strcmp(hex, fashion_labels[0]) == 0 || strcmp(hex, fashion_labels[1]) == 0;
}

/* Labels of one file of pictures; none where there is no file of labels. */
static lg_status open_labels(const loading *l, const char *path, const data_idx *images, data_idx **out, lg_err *err)
{
    char *name = lg_strf(err, "%s/%s", l->folder, path);
    if (!name) return err->status;
    to_labels(name + strlen(l->folder) + 1);
    lg_err found = {0};
    lg_status st = data_idx_open(name, l->archive, out, &found);
    if (st && found.code == 302) st = LG_OK;
    else if (st) *err = found;
    else if ((*out)->count != images->count || (*out)->h * (*out)->w != 1) {
        lg_fail(err, LG_E_FORMAT, 327, "%s and %s do not belong together", path, name + strlen(l->folder) + 1);
        st = lg_why(err, "%zu pictures, %zu labels", images->count, (*out)->count);
    }
    lg_free(name);
    return st;
}

static lg_status label_text(loading *l, const data_idx *labels, const char *const names[], size_t i, const char **out,
                            lg_err *err)
{
    uint8_t number = labels->px[i];
    *out = names && number < 10 ? names[number] : lg_arena_strf(&l->text, err, "%u", number);
    return *out ? LG_OK : err->status;
}

static lg_status add_pictures(loading *l, data_entries *to, const char *path, lg_err *err)
{
    lg_status st;
    data_idx *images = NULL, *labels = NULL;
    char *full = lg_strf(err, "%s/%s", l->folder, path);
    if (!full) return err->status;
    LG_GO(data_idx_open(full, l->archive, &images, err));
    LG_GO(open_labels(l, path, images, &labels, err));
    const char *const *names = labels && is_fashion(labels) ? fashion : NULL;
    for (size_t i = 0; i < images->count; i++) {
        data_entry entry = {.label = "", .part = part_of(path)};
        entry.path = lg_strf(err, "%s//%05zu", path, i);
        if (!entry.path) LG_GO(err->status);
        if (labels) st = label_text(l, labels, names, i, &entry.label, err);
        if (!st) st = data_entries_add(to, &entry, err);
        if (st) lg_free(entry.path);
        if (st) goto done;
    }
done:
    data_idx_unref(images);
    data_idx_unref(labels);
    lg_free(full);
    return st;
}

/* An unpacked file beside the packed one is the same file. */
static bool is_double(const loading *l, const char *path)
{
    size_t n = strlen(path);
    if (!data_ends_with(path, ".gz")) return false;
    for (size_t i = 0; i < l->list.count; i++)
        if (strlen(l->list.path[i]) == n - 3 && memcmp(l->list.path[i], path, n - 3) == 0) return true;
    return false;
}

lg_status data_layout_idx(loading *l, bool *known, lg_err *err)
{
    lg_status st = LG_OK;
    data_entries entries = {0};
    for (size_t i = 0; i < l->list.count && !st; i++)
        if (is_images(l->list.path[i]) && !is_double(l, l->list.path[i]))
            st = add_pictures(l, &entries, l->list.path[i], err);
    if (!st && entries.count == 0) return LG_OK;
    *known = true;
    l->inside = true;
    if (!st) st = data_entries_take(l, &entries, err);
    data_entries_release(&entries);
    return st;
}
