/* load_layout.c - published logo sets as they are downloaded, recognised by their own files. docs/formats.md says where
 * each was described, and what could not be checked.
 *
 * Flickr Logos 27 (Kalantidis et al., ICMR 2011): all photos in one folder; the training annotation has a line per box
 * (file, class, subset, corners), the query annotation a line per photo, where those without a logo are `none`; the
 * distractor list has an address per photo, whose last part is the file name. Distractors show logos, each another one:
 * class `distractor`.
 *
 * FlickrLogos-32 (Romberg et al., ICMR 2011): classes/jpg/<class>/ holds the photos, classes/masks/ pictures of masks
 * in folders of the same names (but hp for HP), which must not be taken for photos, and <photo>.bboxes.txt with x, y,
 * width, height below a line that says so. trainset, valset and testset list the photos of each part, as paths in
 * .relpaths.txt and as class,file in .txt; beside them lie lists of other cuts (trainvalset, valset-logosonly).
 *
 * FlickrLogos-47 (Romberg, after 2011): train/ and test/ with a folder for each class number and no-logo, a
 * <photo>.gt_data.txt each (corners, class number, a dummy, the mask's name, difficult, truncated), masks beside them
 * as <photo>.mask00.png, className2ClassID.txt with the names.
 *
 * BelgaLogos (Joly and Buisson, ACM Multimedia 2009): qset3_internal_and_local.gt has a line per mark with nine fields:
 * number, class, photo, kind, 1 (to be seen) or 0 (junk), corners. Photos without a line show none of the logos:
 * `none`.
 */
#include <string.h>
#include "lib/data/load_private.h"

#include "lib/base/banned.h"

enum { ANNOTATION_LIMIT = 64 << 20, LINE_FIELDS = 16 };

/* ---- lines of words ---- */
typedef struct line_words {
    char text[1024];
    char *word[LINE_FIELDS];
    int n;
    size_t line;
} line_words;

static lg_status bad_line(const char *name, size_t line, const char *why, lg_err *err)
{
    lg_fail(err, LG_E_FORMAT, 325, "line %zu of %s cannot be understood", line, name);
    lg_why(err, "%s", why);
    return lg_try(err, "download the annotations again, or say where labels are: `labels FILE`, `labels folders`");
}

/* Words of a line, cut at blanks (and at commas, where they count). */
static bool cut_line(const char *line, size_t len, const char *between, line_words *out)
{
    if (len >= sizeof out->text) return false;
    memcpy(out->text, line, len);
    out->text[len] = 0;
    out->n = 0;
    for (char *s = out->text; *s;) {
        s += strspn(s, between);
        if (!*s) break;
        if (out->n == LINE_FIELDS) return false;
        out->word[out->n++] = s;
        s += strcspn(s, between);
        if (*s) *s++ = 0;
    }
    return true;
}

/* Four numbers. */
static bool box_words(char *const word[4], double out[4])
{
    for (int k = 0; k < 4; k++)
        if (!lg_parse_double(word[k], &out[k])) return false;
    return true;
}

static bool corners(char *const word[4], data_crop *out)
{
    double v[4];
    if (!box_words(word, v)) return false;
    *out = (data_crop){.x = v[0], .y = v[1], .w = v[2] - v[0], .h = v[3] - v[1]};
    return true;
}

/* Calls take for every line with words. */
typedef lg_status line_fn(data_marks *m, const char *name, const line_words *line, lg_err *err);

static lg_status each_line(data_marks *m, const char *path, const char *between, line_fn *take, lg_err *err)
{
    lg_buf text;
    line_words words = {0};
    size_t len;
    if (!path) return LG_OK;
    lg_buf_init(&text, ANNOTATION_LIMIT);
    lg_status st = data_read_listed(m->l, path, &text, err);
    const char *s = st ? "" : lg_buf_str(&text), *line;
    if (strncmp(s, "\xef\xbb\xbf", 3) == 0) s += 3;
    while (!st && (line = data_next_line(&s, &len))) {
        words.line++;
        if (!cut_line(line, len, between, &words)) st = bad_line(path, words.line, "it is too long", err);
        else if (words.n) st = take(m, path, &words, err);
    }
    lg_buf_release(&text);
    return st;
}

/* ---- Flickr Logos 27 ---- */
static lg_status training_line(data_marks *m, const char *name, const line_words *line, lg_err *err)
{
    data_crop box;
    if (line->n < 7 || !corners(&line->word[3], &box))
        return bad_line(name, line->line, "a line is a file, a class, a subset and four numbers", err);
    return data_marks_add(m, data_marks_file(m, line->word[0]), line->word[1], &box, err);
}

static lg_status query_line(data_marks *m, const char *name, const line_words *line, lg_err *err)
{
    if (line->n < 2) return bad_line(name, line->line, "a line is a file and a class", err);
    ptrdiff_t file = data_marks_file(m, line->word[0]);
    if (file >= 0 && m->of[file]) return LG_OK; /* what the training set says of a photo stands */
    return data_marks_add(m, file, line->word[1], NULL, err);
}

static lg_status distractor_line(data_marks *m, const char *name, const line_words *line, lg_err *err)
{
    (void)name;
    const char *slash = strrchr(line->word[0], '/');
    ptrdiff_t file = data_marks_file(m, slash ? slash + 1 : line->word[0]);
    return file >= 0 && m->of[file] ? LG_OK : data_marks_add(m, file, "distractor", NULL, err);
}

static lg_status flickr27(data_marks *m, lg_err *err)
{
    static const char *const prefix = "flickr_logos_27_dataset_";
    char name[80];
    static const struct {
        const char *end;
        line_fn *take;
    } file[] = {{"training_set_annotation.txt", training_line},
                {"query_set_annotation.txt", query_line},
                {"distractor_set_urls.txt", distractor_line}};
    for (int k = 0; k < 3; k++) {
        size_t n = strlen(prefix);
        memcpy(name, prefix, n);
        memcpy(name + n, file[k].end, strlen(file[k].end) + 1);
        LG_TRY(each_line(m, data_listed(m->l, name), " \t", file[k].take, err));
    }
    return LG_OK;
}

/* ---- FlickrLogos-32 ---- */
/* A line of paths, or of a class and a file, counts from the folder the list lies in: names alone may be those of
 * several photos. */
static lg_status part_line(data_marks *m, const char *list, data_split_kind part, const line_words *line, lg_err *err)
{
    const char *slash = strrchr(list, '/'), *name = line->word[line->n - 1];
    int root = slash ? (int)(slash - list) + 1 : 0;
    while (name[0] == '.' && name[1] == '/') name += 2;
    char *path = line->n > 1 ? lg_strf(err, "%.*sclasses/jpg/%s/%s", root, list, line->word[0], name)
                             : lg_strf(err, "%.*s%s", root, list, name);
    if (!path) return err->status;
    ptrdiff_t file = data_marks_file(m, path);
    lg_free(path);
    if (file >= 0) m->l->part[file] = (uint8_t)part;
    return LG_OK;
}
static lg_status train_line(data_marks *m, const char *name, const line_words *line, lg_err *err)
{
    return part_line(m, name, DATA_TRAIN, line, err);
}
static lg_status val_line(data_marks *m, const char *name, const line_words *line, lg_err *err)
{
    return part_line(m, name, DATA_VAL, line, err);
}
static lg_status test_line(data_marks *m, const char *name, const line_words *line, lg_err *err)
{
    return part_line(m, name, DATA_TEST, line, err);
}

static lg_status flickr32_parts(data_marks *m, lg_err *err)
{
    static const struct {
        const char *paths, *names;
        line_fn *take;
    } list[] = {{"trainset.relpaths.txt", "trainset.txt", train_line},
                {"valset.relpaths.txt", "valset.txt", val_line},
                {"testset.relpaths.txt", "testset.txt", test_line}};
    for (int k = 0; k < 3; k++) {
        const char *path = data_listed_as(m->l, list[k].paths);
        if (!path) path = data_listed_as(m->l, list[k].names);
        LG_TRY(each_line(m, path, " ,\t", list[k].take, err));
    }
    return LG_OK;
}

static lg_status flickr32_boxes(data_marks *m, size_t file, const char *label, const char *path, lg_err *err)
{
    lg_buf text;
    line_words words;
    size_t len, found = 0;
    double v[4];
    lg_buf_init(&text, 1 << 20);
    lg_status st = data_read_listed(m->l, path, &text, err);
    const char *s = st ? "" : lg_buf_str(&text), *line;
    while (!st && (line = data_next_line(&s, &len))) {
        if (!cut_line(line, len, " \t,", &words) || words.n < 4 || !box_words(words.word, v)) continue; /* the header */
        data_crop box = {.x = v[0], .y = v[1], .w = v[2], .h = v[3]};
        st = data_marks_add(m, (ptrdiff_t)file, label, &box, err);
        found++;
    }
    lg_buf_release(&text);
    return st || found ? st : data_marks_add(m, (ptrdiff_t)file, label, NULL, err);
}

/* The boxes of class HP lie in masks/hp. */
static lg_status flickr32(data_marks *m, lg_err *err)
{
    loading *l = m->l;
    data_map files;
    lg_status st;
    LG_TRY(data_map_init(&files, l->list.count, true, err));
    for (size_t i = 0; i < l->list.count; i++) LG_GO(data_map_put(&files, l->list.path[i], (int64_t)i, NULL, err));
    for (size_t i = 0; i < l->list.count; i++) {
        const char *path = l->list.path[i], *jpg = strstr(path, "classes/jpg/"), *label;
        if (!jpg || !data_is_picture_name(path)) continue;
        label = data_folder_of(l, path, err);
        char *boxes = label ? lg_strf(err, "%.*sclasses/masks/%s.bboxes.txt", (int)(jpg - path), path, jpg + 12) : NULL;
        if (!boxes) LG_GO(err->status);
        int64_t at = data_map_get(&files, boxes);
        lg_free(boxes);
        st = at >= 0 ? flickr32_boxes(m, i, label, l->list.path[at], err)
                     : data_marks_add(m, (ptrdiff_t)i, label, NULL, err);
        if (st) goto done;
    }
    LG_GO(flickr32_parts(m, err));
done:
    data_map_release(&files);
    return st;
}

/* Pictures of masks are nobody's photos: taken out of the listing before anything is named. */
static void drop_masks(loading *l)
{
    bool jpg = false, named = data_listed(l, "className2ClassID.txt") != NULL;
    size_t kept = 0;
    for (size_t i = 0; i < l->list.count; i++) jpg |= strstr(l->list.path[i], "classes/jpg/") != NULL;
    if (!jpg && !named) return;
    for (size_t i = 0; i < l->list.count; i++) {
        char *path = l->list.path[i];
        const char *slash = strrchr(path, '/');
        bool mask = data_is_picture_name(path) &&
                    ((jpg && strstr(path, "classes/masks/")) || (named && strstr(slash ? slash + 1 : path, ".mask")));
        if (mask) lg_free(path);
        else l->list.path[kept++] = path;
    }
    l->list.count = kept;
}

/* ---- FlickrLogos-47 ---- */
enum { FLICKR47_MOST = 1000 };

static lg_status read_classes47(data_marks *m, const char *path, const char *name[FLICKR47_MOST], lg_err *err)
{
    lg_buf text;
    size_t len;
    lg_buf_init(&text, 1 << 20);
    lg_status st = data_read_listed(m->l, path, &text, err);
    const char *s = st ? "" : lg_buf_str(&text), *line;
    for (size_t at = 1; !st && (line = data_next_line(&s, &len)); at++) {
        size_t end = len, digits;
        while (end && (line[end - 1] == ' ' || line[end - 1] == '\t')) end--;
        for (digits = end; digits && line[digits - 1] >= '0' && line[digits - 1] <= '9';) digits--;
        long long number = -1;
        char *word = lg_arena_strndup(&m->text, line + digits, end - digits, err);
        size_t stop = digits;
        while (stop && (line[stop - 1] == ' ' || line[stop - 1] == '\t')) stop--;
        if (!word) st = err->status;
        else if (len == 0) continue;
        else if (!stop || stop == digits || !lg_parse_int(word, &number) || number < 0 || number >= FLICKR47_MOST)
            st = bad_line(path, at, "a line is the name of a class and its number", err);
        else if (!(name[number] = lg_arena_strndup(&m->text, line, stop, err))) st = err->status;
    }
    lg_buf_release(&text);
    return st;
}

static lg_status flickr47_photo(data_marks *m, size_t i, const char *truth, const char *const name[FLICKR47_MOST],
                                lg_err *err)
{
    lg_buf text;
    line_words words = {0};
    size_t len;
    lg_buf_init(&text, 1 << 20);
    lg_status st = data_read_listed(m->l, truth, &text, err);
    const char *s = st ? "" : lg_buf_str(&text), *line;
    while (!st && (line = data_next_line(&s, &len))) {
        data_crop box;
        long long number;
        words.line++;
        if (!cut_line(line, len, " \t", &words)) st = bad_line(truth, words.line, "it is too long", err);
        else if (words.n == 0) continue;
        else if (words.n < 5 || !corners(words.word, &box) || !lg_parse_int(words.word[4], &number) || number < 0 ||
                 number >= FLICKR47_MOST || !name[number])
            st = bad_line(truth, words.line, "a line is four numbers and the number of a class", err);
        else st = data_marks_add(m, (ptrdiff_t)i, name[number], &box, err);
    }
    lg_buf_release(&text);
    return st;
}

static lg_status flickr47(data_marks *m, const char *classes, lg_err *err)
{
    loading *l = m->l;
    lg_status st;
    data_map files;
    const char **name = lg_alloc(FLICKR47_MOST, sizeof *name, err);
    if (!name) return err->status;
    st = data_map_init(&files, l->list.count, false, err);
    if (st) goto free_names;
    LG_GO(read_classes47(m, classes, name, err));
    for (size_t i = 0; i < l->list.count; i++) LG_GO(data_map_put(&files, l->list.path[i], (int64_t)i, NULL, err));
    for (size_t i = 0; i < l->list.count; i++) {
        const char *path = l->list.path[i], *dot = strrchr(path, '.');
        if (!data_is_picture_name(path)) continue;
        char *truth = lg_strf(err, "%.*s.gt_data.txt", (int)(dot - path), path);
        if (!truth) LG_GO(err->status);
        if (data_map_get(&files, truth) >= 0) st = flickr47_photo(m, i, truth, name, err);
        if (!st && !m->of[i]) st = data_marks_add(m, (ptrdiff_t)i, "no-logo", NULL, err);
        lg_free(truth);
        if (st) goto done;
    }
    data_parts_by_folder(l, 0);
done:
    data_map_release(&files);
free_names:
    lg_free(name);
    return st;
}

/* ---- BelgaLogos ---- */
static lg_status belga_line(data_marks *m, const char *name, const line_words *line, lg_err *err)
{
    data_crop box;
    int n = line->n;
    if (n < 8 || !corners(&line->word[n - 4], &box))
        return bad_line(name, line->line, "a line ends in class, photo, kind, 0 or 1, and four numbers", err);
    ptrdiff_t file = data_marks_file(m, line->word[n - 7]);
    if (strcmp(line->word[n - 5], "0") != 0) return data_marks_add(m, file, line->word[n - 8], &box, err);
    if (file >= 0 && m->of[file] == 0) m->l->several[file] = true; /* junk: neither a brand nor none, as yet */
    return LG_OK;
}

static lg_status belga(data_marks *m, const char *path, lg_err *err)
{
    loading *l = m->l;
    LG_TRY(each_line(m, path, " \t", belga_line, err));
    for (size_t i = 0; i < l->list.count; i++) {
        bool junk = l->several[i];
        l->several[i] = false;
        if (m->of[i] || junk || !data_is_picture_name(l->list.path[i])) continue;
        LG_TRY(data_marks_add(m, (ptrdiff_t)i, "none", NULL, err));
    }
    return LG_OK;
}

/* ---- which one ---- */
static lg_status published(loading *l, bool *known, lg_err *err)
{
    data_marks m;
    lg_status st;
    bool jpg = false;
    for (size_t i = 0; i < l->list.count && !jpg; i++) jpg = strstr(l->list.path[i], "classes/jpg/") != NULL;
    const char *belga_file = data_listed(l, "qset3_internal_and_local.gt"),
               *classes = data_listed(l, "className2ClassID.txt");
    bool f27 = data_listed(l, "flickr_logos_27_dataset_training_set_annotation.txt") != NULL;
    *known = f27 || jpg || classes || belga_file;
    if (!*known) return LG_OK;
    drop_masks(l);
    LG_TRY(data_marks_init(&m, l, err));
    if (f27) LG_GO(flickr27(&m, err));
    else if (classes) LG_GO(flickr47(&m, classes, err));
    else if (jpg) LG_GO(flickr32(&m, err));
    else LG_GO(belga(&m, belga_file, err));
    LG_GO(data_marks_take(&m, err));
done:
    data_marks_release(&m);
    return st;
}

lg_status data_label_by_layout(loading *l, bool *known, lg_err *err)
{
    typedef lg_status layout_fn(loading * l, bool *known, lg_err *err);
    static layout_fn *const layout[] = {data_layout_idx, published, data_layout_coco, data_layout_voc,
                                        data_layout_yolo};
    *known = false;
    for (size_t k = 0; k < sizeof layout / sizeof *layout && !*known; k++) LG_TRY(layout[k](l, known, err));
    return LG_OK;
}
