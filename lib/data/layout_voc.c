/* layout_voc.c - annotations of Pascal VOC (Everingham et al., IJCV 88, 2010; the development kit's description): an
 * XML file for each picture, in Annotations/ or beside it, with <filename> and an <object> for each mark: <name> and
 * <bndbox> with <xmin> <ymin> <xmax> <ymax>, which count from 1 and belong to the box. ImageSets/Main/train.txt,
 * val.txt, test.txt list the pictures of the parts, without extensions.
 *
 * The reader knows what these files have and nothing else: elements, text, the five named entities, characters by
 * number, comments. What a DOCTYPE would define is refused, so that nothing is fetched and nothing unfolds. */
#include <string.h>
#include "lib/data/load_private.h"

#include "lib/base/banned.h"

enum { XML_LIMIT = 4 << 20, DEPTH = 32, NAME_MOST = 64, TEXT_MOST = 1024 };

typedef struct xml {
    const char *s, *path;
    char name[DEPTH][NAME_MOST];
    int depth;
    char text[TEXT_MOST]; /* of the element that ends */
    size_t len;
} xml;

static lg_status refuse(const xml *x, const char *why, lg_err *err)
{
    lg_fail(err, LG_E_FORMAT, 325, "the annotation %s cannot be understood", x->path);
    lg_why(err, "%s", why);
    return lg_try(err, "write it again with the tool it is from, or take it away");
}

/* &#233; or &#xE9; as UTF-8; 0 bytes where it is none. */
static size_t read_number(xml *x, char out[4])
{
    bool hex = x->s[2] == 'x';
    const char *digits = x->s + 2 + hex, *known = hex ? "0123456789abcdefABCDEF" : "0123456789";
    size_t n = strspn(digits, known);
    uint32_t cp = 0;
    if (n == 0 || n > 7 || digits[n] != ';') return 0;
    for (size_t i = 0; i < n; i++) {
        char c = digits[i];
        cp = cp * (hex ? 16 : 10) + (uint32_t)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
    }
    if (cp == 0 || cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000)) return 0;
    x->s = digits + n + 1;
    return data_put_utf8(out, cp);
}

/* Its bytes, 1 to 4. */
static lg_status read_entity(xml *x, char out[4], size_t *len, lg_err *err)
{
    static const struct {
        const char *name;
        char c;
    } known[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        size_t n = strlen(known[k].name);
        if (strncmp(x->s, known[k].name, n)) continue;
        *out = known[k].c;
        *len = 1;
        x->s += n;
        return LG_OK;
    }
    if (x->s[1] == '#' && (*len = read_number(x, out)) > 0) return LG_OK;
    return refuse(x, "it has an entity that XML does not define by itself", err);
}

static bool skip_past(xml *x, const char *end)
{
    const char *at = strstr(x->s, end);
    if (at) x->s = at + strlen(end);
    return at != NULL;
}

/* The next thing that matters: an element that begins (+1) or ends (-1, with its text), or the end of the file (0). The
 * element's name is name[depth] after an end, name[depth - 1] after a begin. */
static lg_status next_tag(xml *x, int *what, lg_err *err)
{
    for (;;) {
        while (*x->s && *x->s != '<') {
            char c[4] = {*x->s};
            size_t n = 1;
            if (*c == '&') LG_TRY(read_entity(x, c, &n, err));
            else x->s++;
            for (size_t i = 0; i < n && x->len + 1 < TEXT_MOST; i++) x->text[x->len++] = c[i];
        }
        *what = 0;
        if (!*x->s) return x->depth ? refuse(x, "it ends before its last element does", err) : LG_OK;
        if (strncmp(x->s, "<!--", 4) == 0 || x->s[1] == '?') {
            if (!skip_past(x, x->s[1] == '?' ? "?>" : "-->")) return refuse(x, "a comment does not end", err);
            continue;
        }
        if (x->s[1] == '!') return refuse(x, "it has a DOCTYPE or CDATA, which annotations do not need", err);
        break;
    }
    bool ends = x->s[1] == '/';
    const char *name = x->s + 1 + ends;
    size_t n = strcspn(name, " \t\r\n/>");
    if (n == 0 || n >= NAME_MOST) return refuse(x, "the name of an element is empty or too long", err);
    x->s = name + n;
    if (!skip_past(x, ">")) return refuse(x, "an element does not end", err);
    if (ends) {
        if (!x->depth || strlen(x->name[x->depth - 1]) != n || memcmp(x->name[x->depth - 1], name, n))
            return refuse(x, "an element ends that did not begin", err);
        x->depth--;
        x->text[x->len] = 0;
        *what = -1;
        return LG_OK;
    }
    if (x->depth == DEPTH) return refuse(x, "its elements lie too deep in one another", err);
    memcpy(x->name[x->depth], name, n);
    x->name[x->depth][n] = 0;
    bool empty = x->s[-2] == '/';
    if (!empty) x->depth++;
    x->len = 0;
    x->text[0] = 0;
    *what = empty ? -1 : 1;
    return LG_OK;
}

/* The text without blanks at its ends, in place. */
static const char *trimmed(xml *x)
{
    char *s = x->text + strspn(x->text, " \t\r\n");
    size_t n = strlen(s);
    while (n && strchr(" \t\r\n", s[n - 1])) n--;
    s[n] = 0;
    return s;
}

typedef struct voc {
    xml x;
    char file[TEXT_MOST], label[TEXT_MOST];
    double side[4];
    unsigned sides; /* bits: which were there */
} voc;

static lg_status take_side(voc *v, lg_err *err)
{
    static const char *const side[] = {"xmin", "ymin", "xmax", "ymax"};
    for (int k = 0; k < 4; k++) {
        if (strcmp(v->x.name[v->x.depth], side[k])) continue;
        if (!lg_parse_double(trimmed(&v->x), &v->side[k])) return refuse(&v->x, "a side of a box is no number", err);
        v->sides |= 1U << k;
    }
    return LG_OK;
}

static lg_status take_object(voc *v, data_marks *m, ptrdiff_t file, lg_err *err)
{
    data_crop box = {
        .x = v->side[0] - 1, .y = v->side[1] - 1, .w = v->side[2] - v->side[0] + 1, .h = v->side[3] - v->side[1] + 1};
    if (!*v->label) return refuse(&v->x, "an object has no name", err);
    if (v->sides && v->sides != 15) return refuse(&v->x, "a box has not all four sides", err);
    if (v->side[2] <= v->side[0] || v->side[3] <= v->side[1]) box.w = box.h = 0;
    return data_marks_add(m, file, v->label, v->sides ? &box : NULL, err);
}

/* The picture beside the annotation, of its name; else the one <filename> names; else the one of the annotation's name.
 * LogoDet-3K has annotations whose <filename> is of another picture. */
static ptrdiff_t picture_of(const voc *v, const data_marks *m)
{
    ptrdiff_t file = data_marks_beside(m, v->x.path);
    if (file < 0 && *v->file) file = data_marks_file(m, v->file);
    return file >= 0 ? file : data_marks_file(m, v->x.path);
}

/* An ended element. Parts of an object (a person's head) have boxes of their own, which are deeper: only the object's
 * count. */
static lg_status take_end(voc *v, data_marks *m, lg_err *err)
{
    const xml *x = &v->x;
    const char *name = x->name[x->depth];
    bool in_object = x->depth >= 2 && strcmp(x->name[1], "object") == 0;
    if (x->depth == 1 && strcmp(name, "filename") == 0) {
        const char *text = trimmed(&v->x);
        memcpy(v->file, text, strlen(text) + 1);
    } else if (x->depth == 2 && in_object && strcmp(name, "name") == 0) {
        const char *text = trimmed(&v->x);
        memcpy(v->label, text, strlen(text) + 1);
    } else if (x->depth == 3 && in_object && strcmp(x->name[2], "bndbox") == 0) {
        return take_side(v, err);
    } else if (x->depth == 1 && strcmp(name, "object") == 0) {
        return take_object(v, m, picture_of(v, m), err);
    }
    return LG_OK;
}

static lg_status read_xml(data_marks *m, voc *v, const char *path, bool *known, lg_err *err)
{
    lg_buf text;
    int what = 1;
    lg_buf_init(&text, XML_LIMIT);
    lg_status st = data_read_listed(m->l, path, &text, err);
    char *stem = st ? NULL : lg_strf(err, "%.*s", (int)(strlen(path) - 4), path);
    *v = (voc){.x = {.s = st ? "" : lg_buf_str(&text), .path = stem}};
    if (strncmp(v->x.s, "\xef\xbb\xbf", 3) == 0) v->x.s += 3;
    if (!st && !stem) st = err->status;
    bool ours = !st && strstr(v->x.s, "<annotation") && strstr(v->x.s, "<object");
    while (!st && ours && what) {
        st = next_tag(&v->x, &what, err);
        if (st) break;
        if (what > 0 && v->x.depth == 2 && strcmp(v->x.name[1], "object") == 0) {
            v->sides = 0;
            v->label[0] = 0;
        }
        if (what < 0) st = take_end(v, m, err);
    }
    *known = *known || ours;
    lg_buf_release(&text);
    lg_free(stem);
    return st;
}

static lg_status read_part(data_marks *m, const char *path, data_split_kind part, lg_err *err)
{
    lg_buf text;
    size_t len;
    lg_buf_init(&text, 64 << 20);
    lg_status st = data_read_listed(m->l, path, &text, err);
    const char *s = st ? "" : lg_buf_str(&text), *line;
    while (!st && (line = data_next_line(&s, &len))) {
        char name[TEXT_MOST];
        size_t n = strcspn(line, " \t\r\n");
        if (n == 0 || n >= sizeof name) continue;
        memcpy(name, line, n);
        name[n] = 0;
        ptrdiff_t file = data_marks_file(m, name);
        if (file >= 0) m->l->part[file] = (uint8_t)part;
    }
    lg_buf_release(&text);
    return st;
}

static lg_status read_parts(data_marks *m, lg_err *err)
{
    static const struct {
        const char *name;
        data_split_kind part;
    } list[] = {{"ImageSets/Main/train.txt", DATA_TRAIN},
                {"ImageSets/Main/val.txt", DATA_VAL},
                {"ImageSets/Main/test.txt", DATA_TEST},
                {"ImageSets/Main/train_test/train_all.txt", DATA_TRAIN}, /* QMUL-OpenLogo, all classes with labels */
                {"ImageSets/Main/train_test/test_all.txt", DATA_TEST}};
    for (size_t k = 0; k < sizeof list / sizeof *list; k++) {
        const char *path = data_listed_as(m->l, list[k].name);
        if (path) LG_TRY(read_part(m, path, list[k].part, err));
    }
    return LG_OK;
}

lg_status data_layout_voc(loading *l, bool *known, lg_err *err)
{
    data_marks m;
    lg_status st = LG_OK;
    if (!data_listed(l, ".xml")) return LG_OK;
    voc *v = lg_alloc(1, sizeof *v, err);
    if (!v) return err->status;
    st = data_marks_init(&m, l, err);
    if (st) {
        lg_free(v);
        return st;
    }
    for (size_t i = 0; i < l->list.count; i++)
        if (data_ends_with(l->list.path[i], ".xml")) LG_GO(read_xml(&m, v, l->list.path[i], known, err));
    if (*known) {
        LG_GO(read_parts(&m, err));
        data_parts_by_folder(l, 0);
        LG_GO(data_marks_take(&m, err));
    }
done:
    data_marks_release(&m);
    lg_free(v);
    return st;
}
