/* fuzz_annotations.c - any bytes as the annotations of a published layout: COCO, Pascal VOC, YOLO, Flickr Logos 27, 32
 * and 47, BelgaLogos; for whole pictures and for their boxes. The first byte says which (0 to 8). Where a layout has
 * two files, a form feed ends the first. What comes out are labels that can be labels, parts that exist, boxes that are
 * numbers.
 *
 * `make fuzz F=annotations`. */
#include "lib/data/load_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every file of a set; what is no picture has the bytes, in the order they are read. */
typedef struct layout {
    const char *path[8]; /* in byte order */
    const char *first;   /* the file with the first part of the bytes; the others have the second */
} layout;
static const layout layouts[] = {
    {{"images/a.jpg", "images/b.jpg", "instances_train2017.json"}, NULL},
    {{"Annotations/a.xml", "ImageSets/Main/train.txt", "JPEGImages/a.jpg", "JPEGImages/b.jpg"}, "Annotations/a.xml"},
    {{"data.yaml", "train/images/a.jpg", "train/labels/a.txt", "valid/images/b.jpg", "valid/labels/b.txt"},
     "data.yaml"},
    {{"a.jpg", "a.txt", "classes.txt"}, "classes.txt"},
    {{"nike/a.jpg", "nike/a.txt"}, NULL},
    {{"flickr_logos_27_dataset_distractor_set_urls.txt", "flickr_logos_27_dataset_query_set_annotation.txt",
      "flickr_logos_27_dataset_training_set_annotation.txt", "images/a.jpg", "images/b.jpg"},
     "flickr_logos_27_dataset_training_set_annotation.txt"},
    {{"classes/jpg/nike/a.jpg", "classes/jpg/no-logo/b.jpg", "classes/masks/nike/a.jpg.bboxes.txt",
      "classes/masks/nike/a.jpg.mask.0.png", "trainset.txt", "valset.relpaths.txt"},
     "trainset.txt"},
    {{"className2ClassID.txt", "test/b.jpg", "train/a.gt_data.txt", "train/a.jpg", "train/a.mask.0.png"},
     "className2ClassID.txt"},
    {{"images/a.jpg", "images/b.jpg", "qset3_internal_and_local.gt"}, NULL},
};

typedef struct given {
    data_load_spec spec; /* first: the loading leads back to it */
    const layout *layout;
    const char *part[2];
    size_t len[2];
} given;

static lg_status read_given(const loading *l, const char *path, lg_buf *out, lg_err *err)
{
    const given *g = (const given *)l->spec;
    int k = g->layout->first && strcmp(g->layout->first, path + 3) != 0;
    if (strncmp(path, "/a/", 3) != 0 || data_is_picture_name(path)) abort();
    lg_buf_add(out, g->part[k], g->len[k]);
    return lg_buf_check(out, err);
}

static void check_crop(const data_crop *crop)
{
    if (isnan(crop->x) || isnan(crop->y) || isnan(crop->w) || isnan(crop->h) || crop->w < 0 || crop->h < 0) abort();
}

static void check(const loading *l)
{
    for (size_t i = 0; i < l->list.count; i++) {
        size_t n = strlen(l->label[i]);
        if (n > DATA_MAX_LABEL || lg_utf8_valid(l->label[i], n) != n || l->part[i] >= DATA_SPLITS) abort();
        if (i && strcmp(l->list.path[i - 1], l->list.path[i]) > 0) abort();
        if (l->crop) check_crop(&l->crop[i]);
    }
    if (l->boxes != (l->crop != NULL)) abort();
}

static void read_as(given *g, bool boxes)
{
    lg_err err = {0};
    loading l = {.spec = &g->spec, .read = read_given};
    bool known = false, ready = true;
    g->spec = (data_load_spec){.name = "a", .from = "a", .boxes = boxes};
    lg_arena_init(&l.text, 0);
    l.folder = lg_strdup("/a", &err);
    l.shown = lg_strdup("/a", &err);
    l.list.path = lg_alloc(8, sizeof *l.list.path, &err);
    for (; l.list.path && l.list.count < 8 && g->layout->path[l.list.count] && ready; l.list.count += ready) {
        l.list.path[l.list.count] = lg_strdup(g->layout->path[l.list.count], &err);
        ready = l.list.path[l.list.count] != NULL;
    }
    if (ready && l.list.path && l.folder && l.shown && data_loading_begin(&l, &err) == LG_OK) {
        if (data_label_by_layout(&l, &known, &err) == LG_OK) check(&l);
        else if (!err.code || !*err.msg) abort();
    }
    data_loading_release(&l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return -1;
    const char *text = (const char *)data + 1, *feed = memchr(text, '\f', --size);
    given g = {.part = {text, feed ? feed + 1 : text}, .len = {size, size}};
    if (feed) {
        g.len[0] = (size_t)(feed - text);
        g.len[1] = size - g.len[0] - 1;
    }
    g.layout = &layouts[*data % (sizeof layouts / sizeof *layouts)];
    read_as(&g, false);
    read_as(&g, true);
    return 0;
}
