/* layout_coco.c - annotations in the JSON of COCO (Lin et al., "Microsoft COCO: Common Objects in Context", ECCV 2014;
 * the description at cocodataset.org, "Data format"): `images` with id and file_name, `annotations` with image_id,
 * category_id and bbox (x, y, width, height in pixels), `categories` with id and name. Crowd annotations (iscrowd 1)
 * have boxes around many things and are left out. A file's name says the part: instances_train2017.json,
 * valid/_annotations… */
#include <jansson.h>
#include <string.h>
#include "lib/data/load_private.h"

#include "lib/base/banned.h"

enum { JSON_LIMIT = 512 << 20, JSON_FILES = 32 };

static lg_status refuse(const char *path, const char *why, lg_err *err)
{
    lg_fail(err, LG_E_FORMAT, 325, "the annotations in %s cannot be understood", path);
    lg_why(err, "%s", why);
    return lg_try(err, "download them again, or say where labels are: `labels FILE`, `labels folders`");
}

static bool json_whole(const json_t *object, const char *key, json_int_t *out)
{
    const json_t *value = json_object_get(object, key);
    *out = json_integer_value(value);
    return json_is_integer(value);
}

/* id -> value in arrays sorted by nothing: ids are looked up by their decimal text. */
static lg_status put_id(data_map *map, data_marks *m, json_int_t id, int64_t value, lg_err *err)
{
    const char *key = lg_arena_strf(&m->text, err, "%lld", (long long)id);
    return key ? data_map_put(map, key, value, NULL, err) : err->status;
}

static int64_t get_id(const data_map *map, json_int_t id)
{
    char key[32];
    lg_err ignored = {0};
    char *text = lg_strf(&ignored, "%lld", (long long)id);
    size_t n = text ? strlen(text) : 0;
    memcpy(key, text ? text : "", n + 1);
    lg_free(text);
    return data_map_get(map, key);
}

/* Beside the file that names it, else anywhere. */
static ptrdiff_t find_picture(const data_marks *m, const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    lg_err ignored = {0};
    char *beside = slash ? lg_strf(&ignored, "%.*s/%s", (int)(slash - path), path, name) : NULL;
    int64_t at = beside ? data_map_get(&m->path, beside) : -1;
    lg_free(beside);
    return at >= 0 && (size_t)at < m->l->list.count ? (ptrdiff_t)at : data_marks_file(m, name);
}

/* train of instances_train2017.json, valid of valid/_annotations.coco.json. */
static data_split_kind part_of(const char *path)
{
    for (const char *s = path; *s;) {
        size_t n = strcspn(s, "/_.-");
        data_split_kind part = data_part_word(s, n);
        if (part) return part;
        s += n + (s[n] != 0);
    }
    return DATA_NONE;
}

static lg_status read_images(data_marks *m, const char *path, const json_t *images, data_map *image, lg_err *err)
{
    size_t i;
    json_t *item;
    json_array_foreach(images, i, item)
    {
        json_int_t id;
        const char *name = json_string_value(json_object_get(item, "file_name"));
        if (!name || !json_whole(item, "id", &id)) return refuse(path, "an image has no id or no file_name", err);
        ptrdiff_t file = find_picture(m, path, name);
        if (file < 0) continue;
        LG_TRY(put_id(image, m, id, file, err));
        if (!m->l->part[file]) m->l->part[file] = (uint8_t)part_of(path);
    }
    return LG_OK;
}

static lg_status read_categories(data_marks *m, const char *path, const json_t *categories, data_map *category,
                                 lg_err *err)
{
    size_t i;
    json_t *item;
    json_array_foreach(categories, i, item)
    {
        json_int_t id;
        if (!json_string_value(json_object_get(item, "name")) || !json_whole(item, "id", &id))
            return refuse(path, "a category has no id or no name", err);
        LG_TRY(put_id(category, m, id, (int64_t)i, err));
    }
    return LG_OK;
}

static bool read_box(const json_t *box, data_crop *out)
{
    double v[4];
    if (json_array_size(box) != 4) return false;
    for (size_t k = 0; k < 4; k++) {
        if (!json_is_number(json_array_get(box, k))) return false;
        v[k] = json_number_value(json_array_get(box, k));
    }
    *out = (data_crop){.x = v[0], .y = v[1], .w = v[2], .h = v[3]};
    return true;
}

static lg_status read_annotations(data_marks *m, const char *path, const json_t *root, const data_map *image,
                                  const data_map *category, lg_err *err)
{
    size_t i;
    json_t *item;
    const json_t *categories = json_object_get(root, "categories");
    json_array_foreach(json_object_get(root, "annotations"), i, item)
    {
        json_int_t of, kind, crowd;
        data_crop box;
        const json_t *bbox = json_object_get(item, "bbox");
        if (!json_whole(item, "image_id", &of) || !json_whole(item, "category_id", &kind))
            return refuse(path, "an annotation has no image_id or no category_id", err);
        if (bbox && !read_box(bbox, &box)) return refuse(path, "a bbox is not four numbers", err);
        int64_t file = get_id(image, of), at = get_id(category, kind);
        if (at < 0) return refuse(path, "an annotation has a category_id that `categories` does not have", err);
        if (file < 0 || (json_whole(item, "iscrowd", &crowd) && crowd)) continue;
        const char *name = json_string_value(json_object_get(json_array_get(categories, (size_t)at), "name"));
        LG_TRY(data_marks_add(m, (ptrdiff_t)file, name, bbox ? &box : NULL, err));
    }
    return LG_OK;
}

static lg_status read_root(data_marks *m, const char *path, const json_t *root, lg_err *err)
{
    lg_status st;
    data_map image = {0}, category = {0};
    LG_GO(data_map_init(&image, 64, false, err));
    LG_GO(data_map_init(&category, 64, false, err));
    LG_GO(read_images(m, path, json_object_get(root, "images"), &image, err));
    LG_GO(read_categories(m, path, json_object_get(root, "categories"), &category, err));
    LG_GO(read_annotations(m, path, root, &image, &category, err));
done:
    data_map_release(&image);
    data_map_release(&category);
    return st;
}

/* Another JSON file is none of ours; one that has the three lists is. */
static lg_status read_json(data_marks *m, const char *path, bool *known, lg_err *err)
{
    lg_buf text;
    json_error_t why;
    json_t *root = NULL;
    lg_buf_init(&text, JSON_LIMIT);
    lg_status st = data_read_listed(m->l, path, &text, err);
    if (!st) root = json_loadb(lg_buf_str(&text), text.len, 0, &why);
    bool named = strstr(path, "coco") || strstr(path, "instances_");
    if (!st && !root && named) {
        lg_fail(err, LG_E_FORMAT, 325, "the annotations in %s cannot be understood", path);
        lg_why(err, "line %d: %s", why.line, why.text);
        st = lg_try(err, "download them again, or say where labels are: `labels FILE`, `labels folders`");
    }
    if (root && json_is_array(json_object_get(root, "images")) && json_is_array(json_object_get(root, "annotations")) &&
        json_is_array(json_object_get(root, "categories"))) {
        *known = true;
        st = read_root(m, path, root, err);
    }
    json_decref(root);
    lg_buf_release(&text);
    return st;
}

lg_status data_layout_coco(loading *l, bool *known, lg_err *err)
{
    data_marks m;
    lg_status st;
    size_t files = 0;
    if (!data_listed(l, ".json")) return LG_OK;
    LG_TRY(data_marks_init(&m, l, err));
    for (size_t i = 0; i < l->list.count && files < JSON_FILES; i++) {
        if (!data_ends_with(l->list.path[i], ".json")) continue;
        files++;
        LG_GO(read_json(&m, l->list.path[i], known, err));
    }
    if (*known) LG_GO(data_marks_take(&m, err));
    st = LG_OK;
done:
    data_marks_release(&m);
    return st;
}
