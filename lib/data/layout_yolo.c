/* layout_yolo.c - boxes as Darknet and Ultralytics write them: a text file beside each picture, or in labels/ where the
 * picture lies in images/, with a line for each mark: class number, centre x, centre y, width, height as shares of the
 * picture's sides. The names of the classes stand in data.yaml (names: a list, in one line or several, or number:
 * name), in classes.txt, obj.names or another .names, a line each. Without such a file the folder a picture lies in
 * names its class. Sources: docs.ultralytics.com/datasets/detect; the Darknet repository's description of its labels.
 */
#include <string.h>
#include "lib/data/load_private.h"

#include "lib/base/banned.h"

enum { NAMES = 10000, TEXT_LIMIT = 4 << 20 };

typedef struct yolo {
    data_marks m;
    data_map files;
    const char **name; /* (NAMES) */
    bool yaml;         /* names are read from YAML, which has comments */
    size_t names;
} yolo;

/* ---- names ---- */
/* A name without blanks, quotes and comment around it. */
static lg_status keep_name(yolo *y, size_t at, const char *s, size_t n, lg_err *err)
{
    while (n && strchr(" \t\r", *s)) s++, n--;
    if (n && *s != '"' && *s != '\'')
        for (size_t i = 1; y->yaml && i < n; i++)
            if (s[i] == '#' && strchr(" \t", s[i - 1])) n = i;
    while (n && strchr(" \t\r", s[n - 1])) n--;
    if (n >= 2 && (*s == '"' || *s == '\'') && s[n - 1] == *s) s++, n -= 2;
    if (!n || at >= NAMES) return LG_OK;
    y->name[at] = lg_arena_strndup(&y->m.text, s, n, err);
    if (at >= y->names) y->names = at + 1;
    return y->name[at] ? LG_OK : err->status;
}

/* [a, "b, c", d] */
static lg_status flow_names(yolo *y, const char *s, lg_err *err)
{
    for (size_t at = 0; *s && *s != ']'; at++) {
        s += strspn(s, " \t\r\n");
        size_t n = *s == '"' || *s == '\'' ? 1 : 0;
        if (n) {
            const char *end = strchr(s + 1, *s);
            n = end ? (size_t)(end - s) + 1 : strlen(s);
        }
        n += strcspn(s + n, ",]");
        LG_TRY(keep_name(y, at, s, n, err));
        s += n + (s[n] == ',');
    }
    return LG_OK;
}

/* Lines below `names:`: "- name", or "3: name", until a line of another key. */
static lg_status block_names(yolo *y, const char *s, lg_err *err)
{
    size_t len, at = 0;
    const char *line;
    while ((line = data_next_line(&s, &len))) {
        size_t blanks = strspn(line, " \t"), digits;
        const char *word = line + blanks;
        size_t left = len - (blanks < len ? blanks : len);
        if (left == 0 || *word == '#') continue;
        if (*word == '-') {
            LG_TRY(keep_name(y, at++, word + 1, left - 1, err));
            continue;
        }
        digits = strspn(word, "0123456789");
        if (blanks == 0 || digits == 0 || digits > 5 || word[digits] != ':') return LG_OK;
        for (at = 0; digits && *word != ':'; word++, left--) at = at * 10 + (size_t)(*word - '0');
        LG_TRY(keep_name(y, at, word + 1, left - 1, err));
    }
    return LG_OK;
}

static lg_status yaml_names(yolo *y, const char *s, lg_err *err)
{
    const char *at = strncmp(s, "names:", 6) == 0 ? s : strstr(s, "\nnames:");
    if (!at) return LG_OK;
    at = strchr(at, ':') + 1;
    at += strspn(at, " \t");
    if (*at == '[') return flow_names(y, at + 1, err);
    return block_names(y, at + strspn(at, "\r\n"), err);
}

static lg_status line_names(yolo *y, const char *s, lg_err *err)
{
    size_t len;
    const char *line;
    for (size_t at = 0; (line = data_next_line(&s, &len)); at++) LG_TRY(keep_name(y, at, line, len, err));
    return LG_OK;
}

static const char *names_file(const loading *l)
{
    static const char *const names[] = {"data.yaml", "data.yml", "dataset.yaml", "classes.txt"};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        const char *path = data_listed_as(l, names[k]); /* metadata.yaml is no data.yaml */
        if (path) return path;
    }
    return data_listed(l, ".names");
}

static lg_status read_names(yolo *y, const char *path, lg_err *err)
{
    lg_buf text;
    if (!path) return LG_OK;
    lg_buf_init(&text, TEXT_LIMIT);
    lg_status st = data_read_listed(y->m.l, path, &text, err);
    y->yaml = data_ends_with(path, ".yaml") || data_ends_with(path, ".yml");
    if (!st) st = y->yaml ? yaml_names(y, lg_buf_str(&text), err) : line_names(y, lg_buf_str(&text), err);
    lg_buf_release(&text);
    return st;
}

/* ---- boxes ---- */
/* images/a/1.jpg -> labels/a/1.txt, the last `images` of the path; else beside it. *out owned, NULL where none is. */
static lg_status boxes_file(const yolo *y, const char *path, char **out, lg_err *err)
{
    const char *dot = strrchr(path, '.'), *images = NULL;
    for (const char *s = path; (s = strstr(s, "images/")); s++)
        if (s == path || s[-1] == '/') images = s;
    *out = images ? lg_strf(err, "%.*slabels/%.*s.txt", (int)(images - path), path, (int)(dot - images - 7), images + 7)
                  : lg_strf(err, "%.*s.txt", (int)(dot - path), path);
    if (!*out) return err->status;
    if (data_map_get(&y->files, *out) >= 0) return LG_OK;
    lg_free(*out);
    *out = images ? lg_strf(err, "%.*s.txt", (int)(dot - path), path) : NULL;
    if (images && !*out) return err->status;
    if (*out && data_map_get(&y->files, *out) >= 0) return LG_OK;
    lg_free(*out);
    *out = NULL;
    return LG_OK;
}

/* A line's numbers: the class and four, or the class and the corners of an outline (pairs), whose box counts. */
static bool read_line(const char *line, size_t len, long long *kind, data_crop *box)
{
    double v[512];
    int n = 0;
    char word[40];
    for (size_t at = 0; at < len;) {
        size_t w = strcspn(line + at, " \t\r\n");
        if (w > len - at) w = len - at;
        if (w >= sizeof word || (w && n == 512)) return false;
        memcpy(word, line + at, w);
        word[w] = 0;
        if (w && !lg_parse_double(word, &v[n++])) return false;
        at += w + 1;
    }
    if (n < 5 || !(v[0] >= 0 && v[0] < NAMES)) return false;
    *kind = (long long)v[0];
    for (int k = 1; k < n; k++)
        if (!(v[k] >= -1 && v[k] <= 2)) return false;
    double left = v[1] - v[3] / 2, top = v[2] - v[4] / 2, right = v[1] + v[3] / 2, bottom = v[2] + v[4] / 2;
    if (n >= 7 && n % 2 == 1) {
        left = right = v[1];
        top = bottom = v[2];
        for (int k = 3; k < n; k += 2) {
            left = v[k] < left ? v[k] : left, right = v[k] > right ? v[k] : right;
            top = v[k + 1] < top ? v[k + 1] : top, bottom = v[k + 1] > bottom ? v[k + 1] : bottom;
        }
    } else if (n > 6) {
        return false;
    }
    *box = (data_crop){.x = left, .y = top, .w = right - left, .h = bottom - top, .shares = true};
    return true;
}

static lg_status read_boxes(yolo *y, size_t file, const char *path, lg_err *err)
{
    lg_buf text;
    size_t len, at = 1;
    loading *l = y->m.l;
    lg_buf_init(&text, TEXT_LIMIT);
    lg_status st = data_read_listed(l, path, &text, err);
    const char *s = st ? "" : lg_buf_str(&text), *line;
    for (; !st && (line = data_next_line(&s, &len)); at++) {
        data_crop box;
        long long kind;
        if (strspn(line, " \t") >= len) continue;
        if (!read_line(line, len, &kind, &box)) {
            lg_fail(err, LG_E_FORMAT, 325, "line %zu of %s cannot be understood", at, path);
            lg_why(err, "a line is the number of a class and four shares: centre x and y, width, height");
            st = lg_try(
                err,
                "write it again with the tool it is from, or say where labels are: `labels FILE`, `labels folders`");
            break;
        }
        const char *name = (size_t)kind < y->names ? y->name[kind] : NULL;
        if (!name && y->names == 0) name = data_folder_of(l, l->list.path[file], err);
        if (!name && !err->status) name = lg_arena_strf(&y->m.text, err, "%lld", kind);
        st = name ? data_marks_add(&y->m, (ptrdiff_t)file, name, &box, err) : err->status;
    }
    lg_buf_release(&text);
    return st;
}

/* Known by a file of names and a text for a picture; without names only where boxes are asked for, since such a folder
 * may be one with a class in each folder, and notes beside. */
lg_status data_layout_yolo(loading *l, bool *known, lg_err *err)
{
    lg_status st;
    yolo y = {0};
    const char *names = names_file(l);
    if (!names && !l->spec->boxes) return LG_OK;
    LG_TRY(data_marks_init(&y.m, l, err));
    y.name = lg_alloc(NAMES, sizeof *y.name, err);
    if (!y.name) LG_GO(err->status);
    LG_GO(data_map_init(&y.files, l->list.count, false, err));
    for (size_t i = 0; i < l->list.count; i++) LG_GO(data_map_put(&y.files, l->list.path[i], (int64_t)i, NULL, err));
    LG_GO(read_names(&y, names, err));
    for (size_t i = 0; i < l->list.count; i++) {
        char *path = NULL;
        if (!data_is_picture_name(l->list.path[i])) continue;
        LG_GO(boxes_file(&y, l->list.path[i], &path, err));
        if (path) st = read_boxes(&y, i, path, err);
        *known = *known || path;
        lg_free(path);
        if (st) goto done;
    }
    if (!*known) goto done;
    data_parts_by_folder(l, 0);
    LG_GO(data_marks_take(&y.m, err));
done:
    data_marks_release(&y.m);
    data_map_release(&y.files);
    lg_free(y.name);
    return st;
}
