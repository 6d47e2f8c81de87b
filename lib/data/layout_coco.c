/* layout_coco.c - annotations in the JSON of COCO (Lin et al., "Microsoft COCO: Common Objects in Context", ECCV 2014;
 * the description at cocodataset.org, "Data format"): `images` with id and file_name, `annotations` with image_id,
 * category_id and bbox (x, y, width, height in pixels), `categories` with id and name. Crowd annotations (iscrowd 1)
 * have boxes around many things and are left out. A file's name says the part: instances_train2017.json,
 * valid/_annotations…
 *
 * Such files have hundreds of megabytes, most of it outlines, and a tree of them would take ten times that. They are
 * read in one pass (json_scan.h): of each image, category and annotation the few values that count become a small text,
 * which alone jansson makes a tree of. The lists may come in any order, and only at the end is it known whether the
 * file is one of ours: what annotations say is kept until then, and so is what is wrong with it. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include "lib/data/json_scan.h"
#include "lib/data/load_private.h"

#include "lib/base/banned.h"

enum { JSON_LIMIT = 512 << 20, JSON_FILES = 32, ITEM_MOST = 1 << 20 };

/* What one annotation says, while the categories may still be to come. */
typedef struct annotation {
    json_int_t image, category;
    data_crop box;
    bool boxed, crowd;
} annotation;

typedef enum list_kind { IMAGES, ANNOTATIONS, CATEGORIES, LISTS } list_kind;

typedef struct coco {
    data_marks *m;
    const char *path;
    data_json scan;
    lg_buf key, item;         /* texts at hand */
    bool there[LISTS];        /* the key is there with an array */
    const char *wrong;        /* what the first list that is wrong has, or NULL */
    data_map image, category; /* place of the picture, number of the class, by id */
    size_t *picture;          /* pictures that are there */
    size_t pictures, picture_room;
    const char **name; /* of the classes */
    size_t names, name_room;
    annotation *mark;
    size_t marks, mark_room;
} coco;

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

/* The list with room for one more; NULL where there is no memory. */
static void *grown(void *list, size_t count, size_t *room, size_t size, lg_err *err)
{
    if (count < *room) return list;
    size_t more = *room ? *room * 2 : 256;
    void *larger = lg_realloc(list, *room, more, size, err);
    if (larger) *room = more;
    return larger;
}

/* Ids are looked up by their decimal text. */
static lg_status put_id(coco *c, data_map *map, json_int_t id, size_t value, lg_err *err)
{
    const char *key = lg_arena_strf(&c->m->text, err, "%lld", (long long)id);
    return key ? data_map_put(map, key, (int64_t)value, NULL, err) : err->status;
}

static int64_t get_id(const data_map *map, json_int_t id)
{
    char key[32];
    snprintf(key, sizeof key, "%lld", (long long)id);
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

/* ---- one value of a list ---- */
static lg_status take_image(coco *c, const json_t *item, lg_err *err)
{
    json_int_t id;
    const char *name = json_string_value(json_object_get(item, "file_name"));
    if (!name || !json_whole(item, "id", &id)) {
        c->wrong = "an image has no id or no file_name";
        return LG_OK;
    }
    ptrdiff_t file = find_picture(c->m, c->path, name);
    if (file < 0) return LG_OK;
    size_t *picture = grown(c->picture, c->pictures, &c->picture_room, sizeof *picture, err);
    if (!picture) return err->status;
    c->picture = picture;
    picture[c->pictures++] = (size_t)file;
    return put_id(c, &c->image, id, (size_t)file, err);
}

static lg_status take_category(coco *c, const json_t *item, lg_err *err)
{
    json_int_t id;
    const char *name = json_string_value(json_object_get(item, "name"));
    if (!name || !json_whole(item, "id", &id)) {
        c->wrong = "a category has no id or no name";
        return LG_OK;
    }
    const char **list = grown(c->name, c->names, &c->name_room, sizeof *list, err);
    if (!list) return err->status;
    c->name = list;
    list[c->names] = lg_arena_strndup(&c->m->text, name, strlen(name), err);
    if (!list[c->names]) return err->status;
    return put_id(c, &c->category, id, c->names++, err);
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

static lg_status take_annotation(coco *c, const json_t *item, lg_err *err)
{
    json_int_t crowd;
    annotation a = {0};
    const json_t *box = json_object_get(item, "bbox");
    if (!json_whole(item, "image_id", &a.image) || !json_whole(item, "category_id", &a.category)) {
        c->wrong = "an annotation has no image_id or no category_id";
        return LG_OK;
    }
    a.boxed = box != NULL;
    a.crowd = json_whole(item, "iscrowd", &crowd) && crowd;
    if (box && !read_box(box, &a.box)) {
        c->wrong = "a bbox is not four numbers";
        return LG_OK;
    }
    annotation *mark = grown(c->mark, c->marks, &c->mark_room, sizeof *mark, err);
    if (!mark) return err->status;
    c->mark = mark;
    mark[c->marks++] = a;
    return LG_OK;
}

/* ---- the lists ---- */
static const struct {
    const char *key;
    const char *wanted[5]; /* of each of its values */
    lg_status (*take)(coco *c, const json_t *item, lg_err *err);
} lists[LISTS] = {[IMAGES] = {"images", {"id", "file_name"}, take_image},
                  [ANNOTATIONS] = {"annotations", {"image_id", "category_id", "bbox", "iscrowd"}, take_annotation},
                  [CATEGORIES] = {"categories", {"id", "name"}, take_category}};

/* The key at hand; one that is written with escapes is read by jansson. */
static bool is_key(const coco *c, const char *name)
{
    const char *key = lg_buf_str(&c->key);
    if (!strchr(key, '\\')) return strcmp(key, name) == 0;
    lg_err ignored = {0};
    char *quoted = lg_strf(&ignored, "[\"%s\"]", key);
    json_t *list = quoted ? json_loads(quoted, 0, NULL) : NULL;
    const char *plain = json_string_value(json_array_get(list, 0));
    bool same = plain && strcmp(plain, name) == 0;
    json_decref(list);
    lg_free(quoted);
    return same;
}

/* The wanted values of an object as a text of their own; of anything else `{}`, which has none. Where a key comes twice
 * the last counts, for jansson as for us. */
static lg_status copy_item(coco *c, list_kind kind, lg_err *err)
{
    data_json *s = &c->scan;
    lg_buf_clear(&c->item);
    lg_buf_addc(&c->item, '{');
    if (data_json_peek(s) != '{') data_json_skip(s, NULL);
    else if (data_json_enter(s))
        for (bool first = true; data_json_key(s, &first, &c->key);) {
            const char *wanted = NULL;
            for (const char *const *w = lists[kind].wanted; *w && !wanted; w++) wanted = is_key(c, *w) ? *w : NULL;
            if (wanted) lg_buf_addf(&c->item, "%s\"%s\":", c->item.len > 1 ? "," : "", wanted);
            data_json_skip(s, wanted ? &c->item : NULL);
        }
    lg_buf_addc(&c->item, '}');
    lg_err full = {0};
    if (lg_buf_check(&c->item, &full) == LG_OK && lg_buf_check(&c->key, &full) == LG_OK) return LG_OK;
    if (full.status == LG_E_MEMORY) return *err = full, err->status;
    c->wrong = "a name in it is longer than a megabyte";
    return LG_OK;
}

/* Of two lists with one key the last counts. */
static lg_status forget(coco *c, list_kind kind, lg_err *err)
{
    data_map *map = kind == IMAGES ? &c->image : &c->category;
    if (kind == ANNOTATIONS) c->marks = 0;
    if (kind == IMAGES) c->pictures = 0;
    if (kind == CATEGORIES) c->names = 0;
    if (kind == ANNOTATIONS || map->count == 0) return LG_OK;
    data_map_release(map);
    return data_map_init(map, 64, false, err);
}

/* Once something is wrong the rest is only read for where it ends: a file that is no JSON is not ours. */
static lg_status read_list(coco *c, list_kind kind, lg_err *err)
{
    data_json *s = &c->scan;
    LG_TRY(forget(c, kind, err));
    c->there[kind] = data_json_peek(s) == '[';
    if (!c->there[kind] || c->wrong) return data_json_skip(s, NULL), LG_OK;
    data_json_enter(s);
    for (bool first = true; data_json_item(s, &first);) {
        json_error_t why;
        LG_TRY(copy_item(c, kind, err));
        if (s->why[0]) break;
        if (c->wrong) continue;
        json_t *item = json_loadb(lg_buf_str(&c->item), c->item.len, 0, &why);
        if (!item) return lg_fail(err, LG_E_MEMORY, 901, "there is not enough memory for the annotations");
        lg_status st = lists[kind].take(c, item, err);
        json_decref(item);
        if (st) return st;
    }
    return LG_OK;
}

static lg_status read_root(coco *c, lg_err *err)
{
    data_json *s = &c->scan;
    char kind = data_json_peek(s);
    if (kind == '{' && data_json_enter(s))
        for (bool first = true; data_json_key(s, &first, &c->key);) {
            int list = 0;
            while (list < LISTS && !is_key(c, lists[list].key)) list++;
            if (list == LISTS) data_json_skip(s, NULL);
            else LG_TRY(read_list(c, (list_kind)list, err));
        }
    else if (kind == '[' || !kind) data_json_skip(s, NULL); /* fails where there is nothing */
    data_json_end(s);
    return LG_OK;
}

/* What was read becomes marks, now that the lists are whole. */
static lg_status take_all(coco *c, lg_err *err)
{
    data_marks *m = c->m;
    for (size_t i = 0; i < c->pictures; i++) {
        uint8_t *part = &m->l->part[c->picture[i]];
        if (!*part) *part = (uint8_t)part_of(c->path);
    }
    for (size_t i = 0; i < c->marks; i++) {
        const annotation *a = &c->mark[i];
        int64_t file = get_id(&c->image, a->image), at = get_id(&c->category, a->category);
        if (at < 0) return refuse(c->path, "an annotation has a category_id that `categories` does not have", err);
        if (file < 0 || a->crowd) continue;
        LG_TRY(data_marks_add(m, (ptrdiff_t)file, c->name[at], a->boxed ? &a->box : NULL, err));
    }
    return LG_OK;
}

static lg_status broken(const coco *c, lg_err *err)
{
    if (c->scan.err.status) return *err = c->scan.err, err->status;
    if (!strstr(c->path, "coco") && !strstr(c->path, "instances_")) return LG_OK; /* another JSON is none of ours */
    lg_fail(err, LG_E_FORMAT, 325, "the annotations in %s cannot be understood", c->path);
    lg_why(err, "line %zu: %s", c->scan.line, c->scan.why);
    return lg_try(err, "download them again, or say where labels are: `labels FILE`, `labels folders`");
}

/* A file is read as it comes; what is none by itself, whole. */
static lg_status open_scan(coco *c, lg_buf *text, lg_err *err)
{
    lg_err said = {0};
    const loading *l = c->m->l;
    char *full = lg_strf(err, "%s/%s", l->folder, c->path);
    if (!full) return err->status;
    lg_status st = data_json_open(&c->scan, full, l->spec->cancel, &said);
    lg_free(full);
    if (st == LG_OK) return LG_OK;
    LG_TRY(data_read_listed(l, c->path, text, err));
    data_json_text(&c->scan, lg_buf_str(text), text->len);
    return LG_OK;
}

static lg_status read_json(data_marks *m, const char *path, bool *known, lg_err *err)
{
    lg_buf text;
    lg_status st;
    coco c = {.m = m, .path = path, .scan = {.fd = -1}};
    lg_buf_init(&c.key, ITEM_MOST);
    lg_buf_init(&c.item, ITEM_MOST);
    lg_buf_init(&text, JSON_LIMIT);
    LG_GO(data_map_init(&c.image, 64, false, err));
    LG_GO(data_map_init(&c.category, 64, false, err));
    LG_GO(open_scan(&c, &text, err));
    LG_GO(read_root(&c, err));
    if (c.scan.why[0]) LG_GO(broken(&c, err));
    if (c.scan.why[0] || !c.there[IMAGES] || !c.there[ANNOTATIONS] || !c.there[CATEGORIES]) goto done;
    *known = true;
    st = c.wrong ? refuse(path, c.wrong, err) : take_all(&c, err);
done:
    data_json_close(&c.scan);
    data_map_release(&c.image);
    data_map_release(&c.category);
    lg_buf_release(&c.key);
    lg_buf_release(&c.item);
    lg_free(c.picture);
    lg_free(c.name);
    lg_free(c.mark);
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
