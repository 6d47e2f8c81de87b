/* layout_marks.c - gathers what annotations say of pictures; then labels the pictures, or makes an image of each mark.
 */
#include <string.h>
#include "lib/data/load_private.h"

#include "lib/base/banned.h"

/* ---- reading ---- */
const char *data_listed(const loading *l, const char *end)
{
    for (size_t i = 0; i < l->list.count; i++)
        if (data_ends_with(l->list.path[i], end)) return l->list.path[i];
    return NULL;
}

const char *data_listed_as(const loading *l, const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 0; i < l->list.count; i++) {
        const char *path = l->list.path[i];
        size_t len = strlen(path);
        if (data_ends_with(path, name) && (len == n || path[len - n - 1] == '/')) return path;
    }
    return NULL;
}

lg_status data_read_listed(const loading *l, const char *path, lg_buf *out, lg_err *err)
{
    char *full = lg_strf(err, "%s/%s", l->folder, path);
    if (!full) return err->status;
    lg_status st = l->read(l, full, out, err);
    lg_free(full);
    return st;
}

const char *data_next_line(const char **text, size_t *len)
{
    const char *line = *text;
    if (!*line) return NULL;
    *len = strcspn(line, "\r\n");
    *text = line + *len;
    if ((*text)[0] == '\r' && (*text)[1] == '\n') *text += 2;
    else if (**text) *text += 1;
    return line;
}

/* ---- parts ---- */
data_split_kind data_part_word(const char *word, size_t len)
{
    static const struct {
        const char *word;
        data_split_kind part;
    } known[] = {{"train", DATA_TRAIN},     {"training", DATA_TRAIN},  {"trainset", DATA_TRAIN},
                 {"train2014", DATA_TRAIN}, {"train2017", DATA_TRAIN}, {"val", DATA_VAL},
                 {"valid", DATA_VAL},       {"validation", DATA_VAL},  {"valset", DATA_VAL},
                 {"val2014", DATA_VAL},     {"val2017", DATA_VAL},     {"test", DATA_TEST},
                 {"testing", DATA_TEST},    {"testset", DATA_TEST},    {"test2017", DATA_TEST}};
    char text[16];
    if (len >= sizeof text) return DATA_NONE;
    memcpy(text, word, len);
    text[len] = 0;
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        if (lg_casecmp(text, known[k].word) == 0) return known[k].part;
    return DATA_NONE;
}

/* The part of a path's folder at a depth; DATA_NONE where it has fewer than `under` folders below that. */
static data_split_kind part_at(const char *path, int depth, int under)
{
    int left = 0;
    const char *s = path;
    for (const char *p = path; *p; p++) left += *p == '/';
    if (left < depth + 1 + under) return DATA_NONE;
    while (depth-- > 0) s = strchr(s, '/') + 1;
    return data_part_word(s, strcspn(s, "/"));
}

void data_parts_by_folder(loading *l, int under)
{
    for (int depth = 0; depth < 4; depth++) {
        bool found[DATA_SPLITS] = {false}, all = true;
        for (size_t i = 0; i < l->list.count && all; i++) {
            if (!data_is_picture_name(l->list.path[i])) continue;
            data_split_kind part = part_at(l->list.path[i], depth, under);
            found[part] = true;
            all = part != DATA_NONE;
        }
        if (!all || !found[DATA_TRAIN] || !(found[DATA_VAL] || found[DATA_TEST])) continue;
        for (size_t i = 0; i < l->list.count; i++)
            if (data_is_picture_name(l->list.path[i])) l->part[i] = (uint8_t)part_at(l->list.path[i], depth, under);
        return;
    }
}

const char *data_folder_of(loading *l, const char *path, lg_err *err)
{
    const char *end = strrchr(path, '/'), *start = end;
    if (!end) return "";
    while (start > path && start[-1] != '/') start--;
    return lg_arena_strndup(&l->text, start, (size_t)(end - start), err);
}

/* ---- names ---- */
static lg_status put(data_map *map, const char *key, size_t place, size_t count, lg_err *err)
{
    int64_t first;
    LG_TRY(data_map_put(map, key, (int64_t)place, &first, err));
    if (first != (int64_t)place) data_map_set(map, key, (int64_t)count);
    return LG_OK;
}

static lg_status put_names(data_marks *m, size_t i, lg_err *err)
{
    const loading *l = m->l;
    const char *path = l->list.path[i], *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path,
               *dot = strrchr(base, '.');
    LG_TRY(put(&m->path, path, i, l->list.count, err));
    LG_TRY(put(&m->any_case, path, i, l->list.count, err));
    LG_TRY(put(&m->base, base, i, l->list.count, err));
    const char *bare = lg_arena_strndup(&m->text, path, dot ? (size_t)(dot - path) : strlen(path), err);
    if (!bare) return err->status;
    LG_TRY(put(&m->bare, bare, i, l->list.count, err));
    return put(&m->stem, bare + (base - path), i, l->list.count, err);
}

lg_status data_marks_init(data_marks *m, loading *l, lg_err *err)
{
    lg_status st;
    *m = (data_marks){.l = l};
    lg_arena_init(&m->text, 0);
    LG_GO(data_map_init(&m->seen, 64, false, err));
    LG_GO(data_map_init(&m->path, 64, false, err));
    LG_GO(data_map_init(&m->any_case, 64, true, err));
    LG_GO(data_map_init(&m->bare, 64, false, err));
    LG_GO(data_map_init(&m->base, 64, false, err));
    LG_GO(data_map_init(&m->stem, 64, false, err));
    m->of = lg_alloc(l->list.count, sizeof *m->of, err);
    if (!m->of) LG_GO(err->status);
    for (size_t i = 0; i < l->list.count; i++)
        if (data_is_picture_name(l->list.path[i])) LG_GO(put_names(m, i, err));
done:
    if (st) data_marks_release(m);
    return st;
}

void data_marks_release(data_marks *m)
{
    data_map_release(&m->seen);
    data_map_release(&m->path);
    data_map_release(&m->any_case);
    data_map_release(&m->bare);
    data_map_release(&m->base);
    data_map_release(&m->stem);
    lg_free(m->mark);
    lg_free(m->of);
    lg_arena_release(&m->text);
    *m = (data_marks){0};
}

static ptrdiff_t place_in(const data_marks *m, const data_map *map, const char *name)
{
    int64_t place = data_map_get(map, name);
    return place >= 0 && (size_t)place < m->l->list.count ? (ptrdiff_t)place : -1;
}

/* The longest end of a path that may be that of a listed file: the listing goes no deeper than 64 folders. Annotations
 * may name what they like, a million slashes too. */
static const char *possible_end(const char *name)
{
    enum { LONGEST = 4096, DEEPEST = 64 };
    size_t n = strlen(name);
    const char *end = name + n, *s = end, *least = n > LONGEST ? end - LONGEST : name;
    for (int folders = 0; s > least; s--)
        if (s[-1] == '/' && ++folders > DEEPEST) return s;
    if (s == name) return s;
    s = strchr(s, '/');
    return s ? s + 1 : NULL;
}

ptrdiff_t data_marks_file(const data_marks *m, const char *name)
{
    while (name[0] == '.' && name[1] == '/') name += 2;
    for (const char *s = possible_end(name); s; s = strchr(s, '/') ? strchr(s, '/') + 1 : NULL) {
        ptrdiff_t place = place_in(m, &m->path, s);
        if (place >= 0) return place;
    }
    ptrdiff_t place = place_in(m, &m->any_case, name);
    const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;
    if (place < 0) place = place_in(m, &m->base, base);
    return place >= 0 ? place : place_in(m, &m->stem, base);
}

ptrdiff_t data_marks_beside(const data_marks *m, const char *bare)
{
    return place_in(m, &m->bare, bare);
}

/* ---- marks ---- */
static lg_status check_label(const char *label, lg_err *err)
{
    size_t n = strlen(label);
    if (n <= DATA_MAX_LABEL && lg_utf8_valid(label, n) == n) return LG_OK;
    lg_fail(err, LG_E_LIMIT, 322, "the annotations name a class that cannot be a label");
    return lg_why(err, "it is longer than %d bytes, or not UTF-8", DATA_MAX_LABEL);
}

/* Flickr Logos 27 has most of its boxes in several of its six subsets. */
static lg_status check_new(data_marks *m, const data_mark *mark, const char *label, bool *fresh, lg_err *err)
{
    int64_t first;
    const data_crop *crop = &mark->crop;
    const char *key = lg_arena_strf(&m->text, err, "%zu %.9g %.9g %.9g %.9g %s", mark->file, crop->x, crop->y, crop->w,
                                    crop->h, label);
    if (!key) return err->status;
    LG_TRY(data_map_put(&m->seen, key, (int64_t)m->count, &first, err));
    *fresh = first == (int64_t)m->count;
    return LG_OK;
}

lg_status data_marks_add(data_marks *m, ptrdiff_t file, const char *label, const data_crop *crop, lg_err *err)
{
    loading *l = m->l;
    if (file < 0) return LG_OK;
    LG_TRY(check_label(label, err));
    data_mark mark = {.file = (size_t)file, .crop = crop ? *crop : (data_crop){0}};
    if (crop && !(crop->w > 0 && crop->h > 0)) {
        mark.crop = (data_crop){0};
        if (l->flat++ == 0) l->flat_name = lg_arena_strf(&l->text, err, "%s", l->list.path[file]);
        if (!l->flat_name) return err->status;
    }
    bool fresh = false;
    LG_TRY(check_new(m, &mark, label, &fresh, err));
    if (!fresh) return LG_OK;
    if (m->count == m->room) {
        size_t room = m->room ? m->room * 2 : 256;
        data_mark *more = lg_realloc(m->mark, m->room, room, sizeof *more, err);
        if (!more) return err->status;
        m->mark = more;
        m->room = room;
    }
    mark.label = lg_arena_strndup(&l->text, label, strlen(label), err);
    if (!mark.label) return err->status;
    m->mark[m->count++] = mark;
    m->of[file]++;
    return LG_OK;
}

static void label_pictures(data_marks *m)
{
    loading *l = m->l;
    for (size_t i = 0; i < m->count; i++) {
        const data_mark *mark = &m->mark[i];
        if (!*l->label[mark->file]) l->label[mark->file] = mark->label;
        else if (lg_casecmp(l->label[mark->file], mark->label)) l->several[mark->file] = true;
    }
    for (size_t i = 0; i < l->list.count; i++) {
        if (!l->several[i]) continue;
        l->label[i] = "";
        l->severals++;
    }
}

static lg_status add_entry(data_marks *m, data_entries *to, size_t file, const char *label, const data_crop *crop,
                           lg_err *err)
{
    const loading *l = m->l;
    data_entry entry = {.label = label,
                        .part = (data_split_kind)l->part[file],
                        .crop = *crop,
                        .several = crop->w <= 0 && l->several[file]};
    entry.path = lg_strdup(l->list.path[file], err);
    if (!entry.path) return err->status;
    lg_status st = data_entries_add(to, &entry, err);
    if (st) lg_free(entry.path);
    return st;
}

static lg_status take_boxes(data_marks *m, lg_err *err)
{
    loading *l = m->l;
    lg_status st = LG_OK;
    data_entries entries = {0};
    memset(m->of, 0, l->list.count * sizeof *m->of);
    for (size_t i = 0; i < m->count && !st; i++) {
        if (m->mark[i].crop.w <= 0) continue;
        m->of[m->mark[i].file]++;
        st = add_entry(m, &entries, m->mark[i].file, m->mark[i].label, &m->mark[i].crop, err);
    }
    l->boxes = entries.count > 0;
    l->severals = 0; /* those with boxes are told apart by them */
    for (size_t i = 0; i < l->list.count && !st && l->boxes; i++) {
        if (m->of[i] || !data_is_picture_name(l->list.path[i])) continue;
        l->severals += l->several[i];
        st = add_entry(m, &entries, i, l->label[i], &(data_crop){0}, err);
    }
    if (!st && l->boxes) st = data_entries_take(l, &entries, err);
    data_entries_release(&entries);
    return st;
}

lg_status data_marks_take(data_marks *m, lg_err *err)
{
    label_pictures(m);
    return m->l->spec->boxes ? take_boxes(m, err) : LG_OK;
}
