/* load_layout.c - published logo sets as they are downloaded, recognised by their own files.
 *
 * Flickr Logos 27 (Kalantidis et al., ICMR 2011): all photos in one folder; the training annotation has a line per box
 * (file, class, subset, corners), the query annotation a line per photo, the distractor list an address per photo,
 * whose last part is the file name: these show no logo, class `none`.
 *
 * FlickrLogos-32 (Romberg et al., ICMR 2011): classes/jpg/<class>/ holds the photos, classes/masks/ pictures of masks
 * in folders of the same names, which must not be taken for photos. */
#include <string.h>
#include "lib/data/load_private.h"

#include "lib/base/banned.h"

enum { ANNOTATION_LIMIT = 64 << 20 };

/* The listed file that ends so, or NULL. */
static const char *find_listed(const loading *l, const char *end)
{
    for (size_t i = 0; i < l->list.count; i++)
        if (data_ends_with(l->list.path[i], end)) return l->list.path[i];
    return NULL;
}

static lg_status read_listed(const loading *l, const char *path, lg_buf *out, lg_err *err)
{
    char *full = lg_strf(err, "%s/%s", l->folder, path);
    if (!full) return err->status;
    lg_status st = lg_reach_read(full, out, err);
    lg_free(full);
    return st;
}

/* Labels of one annotation; a photo labelled before keeps its label. Photos that are not there are no mistake here: the
 * sets are often downloaded in part. */
static lg_status add_annotation(loading *l, const char *text, size_t len, const char *name, lg_err *err)
{
    lg_status st;
    data_labels labels = {0};
    data_match match = {0};
    LG_GO(data_labels_parse(text, len, &(data_labels_options){.name = name}, &labels, err));
    LG_GO(data_match_labels(&labels, l->list.path, l->list.count, l->folder, name, &match, err));
    for (size_t i = 0; i < l->list.count; i++) {
        if (match.row[i] < 0 || match.conflict[i] || *l->label[i]) continue;
        const char *label = labels.row[match.row[i]].label;
        l->label[i] = lg_arena_strndup(&l->text, label, strlen(label), err);
        if (!l->label[i]) {
            l->label[i] = "";
            st = err->status;
            goto done;
        }
    }
done:
    data_match_release(&match);
    data_labels_release(&labels);
    return st;
}

static lg_status add_annotation_file(loading *l, const char *end, lg_err *err)
{
    lg_buf text;
    const char *path = find_listed(l, end);
    if (!path) return LG_OK;
    lg_buf_init(&text, ANNOTATION_LIMIT);
    lg_status st = read_listed(l, path, &text, err);
    if (!st) st = add_annotation(l, lg_buf_str(&text), text.len, path, err);
    lg_buf_release(&text);
    return st;
}

/* The list of addresses, made into an annotation: the last part of each, and `none`. */
static lg_status add_distractors(loading *l, lg_err *err)
{
    lg_buf text, made;
    const char *path = find_listed(l, "flickr_logos_27_dataset_distractor_set_urls.txt");
    if (!path) return LG_OK;
    lg_buf_init(&text, ANNOTATION_LIMIT);
    lg_buf_init(&made, ANNOTATION_LIMIT * 2);
    lg_status st = read_listed(l, path, &text, err);
    for (const char *s = lg_buf_str(&text); !st && *s;) {
        size_t len = strcspn(s, "\r\n"), start = len;
        while (start > 0 && s[start - 1] != '/') start--;
        if (len > start) {
            lg_buf_add(&made, s + start, len - start);
            lg_buf_adds(&made, "\tnone\n");
        }
        s += len + strspn(s + len, "\r\n");
    }
    if (!st) st = lg_buf_check(&made, err);
    if (!st) st = add_annotation(l, lg_buf_str(&made), made.len, path, err);
    lg_buf_release(&text);
    lg_buf_release(&made);
    return st;
}

static void drop_masks(loading *l)
{
    bool jpg = false;
    size_t kept = 0;
    for (size_t i = 0; i < l->list.count; i++) jpg |= strstr(l->list.path[i], "classes/jpg/") != NULL;
    for (size_t i = 0; jpg && i < l->list.count; i++) {
        if (strstr(l->list.path[i], "classes/masks/")) lg_free(l->list.path[i]);
        else l->list.path[kept++] = l->list.path[i];
    }
    if (jpg) l->list.count = kept;
}

lg_status data_label_by_layout(loading *l, bool *known, lg_err *err)
{
    *known = false;
    LG_TRY(data_layout_idx(l, known, err));
    if (*known) return LG_OK;
    *known = find_listed(l, "flickr_logos_27_dataset_training_set_annotation.txt") != NULL;
    drop_masks(l);
    if (!*known) return LG_OK;
    LG_TRY(add_annotation_file(l, "flickr_logos_27_dataset_training_set_annotation.txt", err));
    LG_TRY(add_annotation_file(l, "flickr_logos_27_dataset_query_set_annotation.txt", err));
    return add_distractors(l, err);
}
