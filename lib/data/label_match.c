/* label_match.c - label lines to files, by hash maps over paths, names and stems. */
#include "lib/data/label_match.h"
#include <string.h>
#include "lib/data/dataset_private.h"

#include "lib/base/banned.h"

#define AMBIGUOUS INT64_MAX

typedef struct matcher {
    const data_labels *labels;
    const char *folder, *name;
    data_map path, base, stem; /* to file; AMBIGUOUS where several have the name */
    lg_arena text;
} matcher;

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool data_is_picture_name(const char *path)
{
    static const char *const known[] = {"jpg", "jpeg", "jpe",  "jfif", "png", "bmp", "gif", "webp",
                                        "tif", "tiff", "heic", "avif", "ppm", "pgm", "tga"};
    const char *base = base_of(path), *dot = strrchr(base, '.');
    if (!dot || dot == base) return false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (lg_casecmp(dot + 1, known[i]) == 0) return true;
    return false;
}

static lg_status put_name(data_map *map, const char *key, size_t file, lg_err *err)
{
    int64_t first;
    LG_TRY(data_map_put(map, key, (int64_t)file, &first, err));
    if (first != (int64_t)file) data_map_set(map, key, AMBIGUOUS);
    return LG_OK;
}

static lg_status index_files(matcher *m, char *const *file, size_t files, lg_err *err)
{
    LG_TRY(data_map_init(&m->path, files, false, err));
    LG_TRY(data_map_init(&m->base, files, false, err));
    LG_TRY(data_map_init(&m->stem, files, false, err));
    for (size_t i = 0; i < files; i++) {
        const char *base = base_of(file[i]), *dot = strrchr(base, '.');
        LG_TRY(data_map_put(&m->path, file[i], (int64_t)i, NULL, err));
        if (!data_is_picture_name(file[i])) continue;
        LG_TRY(put_name(&m->base, base, i, err));
        char *stem = lg_arena_strndup(&m->text, base, (size_t)(dot - base), err);
        if (!stem) return err->status;
        LG_TRY(put_name(&m->stem, stem, i, err));
    }
    return LG_OK;
}

/* ---- one line's path ---- */
static lg_status refuse(const matcher *m, const data_label *row, const char *what, lg_err *err)
{
    lg_buf shown;
    lg_buf_init(&shown, 20000);
    size_t len = strlen(row->file);
    lg_buf_add_plain(&shown, row->file, lg_utf8_offset(row->file, len, 120));
    lg_fail(err, LG_E_DENIED, 306, "line %zu of %s names %s, %s", row->line, m->name, lg_buf_str(&shown), what);
    lg_buf_release(&shown);
    lg_why(err, "label lines may only name files in the folder that is loaded, %s", m->folder);
    return lg_try(err, "write paths below that folder, without `..`");
}

/* Removes `.` parts and doubled slashes in place; false at a `..`. */
static bool tidy_path(char *path)
{
    char *to = path;
    for (const char *part = path; *part;) {
        size_t len = strcspn(part, "/");
        if (len == 2 && part[0] == '.' && part[1] == '.') return false;
        if (len > 0 && !(len == 1 && part[0] == '.')) {
            if (to > path) *to++ = '/';
            memmove(to, part, len);
            to += len;
        }
        part += len + (part[len] == '/');
    }
    *to = 0;
    return true;
}

/* Behind the longest beginning of path that repeats the end of the folder's own path, or NULL. */
static const char *below_folder(const char *folder, const char *path)
{
    size_t have = strlen(folder);
    const char *rest = NULL;
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        size_t len = (size_t)(slash - path);
        if (len < have && folder[have - len - 1] == '/' && memcmp(folder + have - len, path, len) == 0)
            rest = slash + 1;
    }
    return rest;
}

static int64_t look_up(const matcher *m, const char *path)
{
    int64_t found = data_map_get(&m->path, path);
    if (found >= 0) return found;
    if (strchr(path, '/')) {
        const char *rest = below_folder(m->folder, path);
        return rest ? data_map_get(&m->path, rest) : -1;
    }
    found = data_map_get(&m->base, path);
    return found >= 0 ? found : data_map_get(&m->stem, path);
}

static lg_status find_file(matcher *m, const data_label *row, lg_buf *work, int64_t *file, lg_err *err)
{
    size_t root = strlen(m->folder);
    const char *path = row->file;
    *file = data_map_get(&m->path, path);
    if (*file >= 0) return LG_OK;
    if (strstr(path, "://")) return refuse(m, row, "a web address", err);
    if (path[0] == '/') {
        if (strncmp(path, m->folder, root) || path[root] != '/') return refuse(m, row, "outside the folder", err);
        path += root + 1;
    }
    for (int turn = 0; turn < 2 && *file < 0; turn++) {
        lg_buf_clear(work);
        lg_buf_adds(work, path);
        LG_TRY(lg_buf_check(work, err));
        if (!work->data) return LG_OK;
        for (char *s = work->data; turn && *s; s++)
            if (*s == '\\') *s = '/';
        if (turn && (work->data[0] == '/' || (work->data[0] && work->data[1] == ':')))
            return refuse(m, row, "outside the folder", err);
        if (!tidy_path(work->data)) return refuse(m, row, "outside the folder", err);
        *file = look_up(m, work->data);
        if (!strchr(path, '\\')) break;
    }
    return LG_OK;
}

/* ---- all lines ---- */
static bool same_cells(const data_labels *labels, const data_label *a, const data_label *b)
{
    for (size_t i = 0; i < labels->columns; i++)
        if (strcmp(a->cell[i], b->cell[i])) return false;
    return true;
}

static void take_line(const data_labels *labels, size_t row, int64_t file, data_match *out)
{
    if (file < 0 || file == AMBIGUOUS) {
        out->ambiguous += file == AMBIGUOUS;
        if (out->unmatched < DATA_EXAMPLES) out->unmatched_row[out->unmatched] = row;
        out->unmatched++;
        return;
    }
    const data_label *now = &labels->row[row];
    if (out->row[file] < 0) {
        out->row[file] = (int64_t)row;
        return;
    }
    const data_label *first = &labels->row[out->row[file]];
    if (lg_casecmp(first->label, now->label)) {
        if (!out->conflict[file]) {
            if (out->conflicts < DATA_EXAMPLES) {
                out->conflict_file[out->conflicts] = (size_t)file;
                out->conflict_row[out->conflicts] = row;
            }
            out->conflicts++;
        }
        out->conflict[file] = true;
    } else if (same_cells(labels, first, now)) {
        if (out->repeated < DATA_EXAMPLES) out->repeated_row[out->repeated] = row;
        out->repeated++;
    }
}

lg_status data_match_labels(const data_labels *labels, char *const *file, size_t files, const char *folder,
                            const char *name, data_match *out, lg_err *err)
{
    lg_status st;
    lg_buf work;
    matcher m = {.labels = labels, .folder = folder, .name = name};
    *out = (data_match){0};
    lg_arena_init(&m.text, 0);
    lg_buf_init(&work, 1 << 16);
    out->row = lg_alloc(files, sizeof *out->row, err);
    out->conflict = lg_alloc(files, sizeof *out->conflict, err);
    if (!out->row || !out->conflict) {
        st = err->status;
        goto done;
    }
    for (size_t i = 0; i < files; i++) out->row[i] = -1;
    LG_GO(index_files(&m, file, files, err));
    for (size_t i = 0; i < labels->rows; i++) {
        int64_t found = -1;
        LG_GO(find_file(&m, &labels->row[i], &work, &found, err));
        take_line(labels, i, found, out);
    }
done:
    data_map_release(&m.path);
    data_map_release(&m.base);
    data_map_release(&m.stem);
    lg_arena_release(&m.text);
    lg_buf_release(&work);
    if (st) data_match_release(out);
    return st;
}

void data_match_release(data_match *match)
{
    lg_free(match->row);
    lg_free(match->conflict);
    *match = (data_match){0};
}

/* ---- near misses ---- */
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* 003101.jpg is not a slip of the pen for 003000.jpg: numbered files are different files. */
static bool same_digits(const char *a, const char *b)
{
    for (;; a++, b++) {
        while (*a && !is_digit(*a)) a++;
        while (*b && !is_digit(*b)) b++;
        if (*a != *b) return false;
        if (!*a) return true;
    }
}

/* The look of a file's name without extension and separators, in place: nike_01.jpeg and Nike-01.JPG are both nike01.
 */
static void strip_name(char *look)
{
    char *to = look, *dot = data_is_picture_name(look) ? strrchr(look, '.') : NULL;
    for (const char *s = base_of(look); *s && s != dot; s++)
        if (*s != '_' && *s != '-' && *s != '.') *to++ = *s;
    *to = 0;
}

const char *data_match_nearest(const char *wanted, char *const *file, size_t files, bool *same_look)
{
    lg_err quiet = {0}; /* a guess that fails is no guess */
    const char *found = NULL, *stripped = NULL;
    char *want = data_skeleton(wanted, &quiet), *bare = data_skeleton(base_of(wanted), &quiet);
    if (bare) strip_name(bare);
    for (size_t i = 0; want && bare && i < files && !found; i++) {
        char *have = data_skeleton(file[i], &quiet);
        if (!have) break;
        if (strcmp(base_of(have), base_of(want)) == 0) found = file[i];
        strip_name(have);
        if (!stripped && data_is_picture_name(file[i]) && strcmp(have, bare) == 0) stripped = file[i];
        lg_free(have);
    }
    *same_look = found != NULL;
    if (!found) found = stripped;
    if (!found && files <= 20000) found = lg_nearest(wanted, (const char *const *)file, files);
    lg_free(want);
    lg_free(bare);
    return found && same_digits(base_of(found), base_of(wanted)) ? found : NULL;
}
