/* edit_log.c - the log of label fixes: where it is, reading it, adding lines and taking them out. */
#include "lib/data/edit_log.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lib/base/reach.h"
#include "lib/data/dataset_private.h"
#include "lib/image/hash.h"

#include "lib/base/banned.h"

#define HEADER "sha256\tpath\told label\tnew label\ttime"
enum { SHA, PATH, FROM, TO, TIME, FIELDS };

/* ---- where ---- */
static bool lies_below(const char *path, const char *folder)
{
    size_t n = strlen(folder);
    return strncmp(path, folder, n) == 0 && (path[n] == '/' || !path[n]);
}

/* Next to the folder, where the project may be written. */
static lg_status find_beside(const char *root, const char *const *ours, size_t n, char **out, lg_err *err)
{
    lg_err denied = {0};
    char *path = lg_strf(err, "%s.edits.tsv", root), *real = NULL;
    if (!path) return err->status;
    bool may = !strpbrk(path, "\n\r") && lies_below(path, lg_reach_project());
    for (size_t i = 0; i < n; i++) may = may && !lies_below(path, ours[i]);
    if (may) may = lg_reach_resolve(path, LG_REACH_WRITE, &real, &denied) == LG_OK;
    lg_free(real);
    if (may) *out = path;
    else lg_free(path);
    return LG_OK;
}

lg_status data_log_find(const char *root, const char *own, const char *const *ours, size_t n, data_log_place *out,
                        lg_err *err)
{
    char sha[IMG_SHA256_HEX];
    lg_status st;
    *out = (data_log_place){0};
    img_sha256(root, strlen(root), sha);
    out->root = lg_strdup(root, err);
    out->own = out->root ? lg_strf(err, "%s/%.32s.tsv", own, sha) : NULL;
    if (!out->own) LG_GO(err->status);
    st = find_beside(root, ours, n, &out->beside, err);
done:
    if (st) data_log_place_release(out);
    return st;
}

void data_log_place_release(data_log_place *place)
{
    lg_free(place->root);
    lg_free(place->beside);
    lg_free(place->own);
    *place = (data_log_place){0};
}

const char *data_log_path(const data_image *image, lg_arena *arena, lg_err *err)
{
    const data_box *box = &image->box;
    if (!box->w) return image->name;
    return lg_arena_strf(arena, err, "%s#%dx%d+%d+%d", image->name, box->w, box->h, box->x, box->y);
}

/* ---- a line ---- */
const char *data_log_label_fault(const char *label)
{
    size_t len = strlen(label);
    if (!len) return "a label is empty";
    if (len > DATA_MAX_LABEL) return "a label is longer than 200 bytes";
    if (lg_utf8_valid(label, len) != len) return "a label is not UTF-8";
    return data_has_hidden(label) ? "a label has characters that do not show" : NULL;
}

/* Tabs, line ends and \ are written as \t, \n, \r and \\. */
static void add_field(lg_buf *out, const char *text)
{
    static const char plain[] = "\t\n\r\\", letter[] = "tnr\\";
    for (; *text; text++) {
        const char *at = strchr(plain, *text);
        if (at) lg_buf_addc(out, '\\');
        lg_buf_addc(out, at ? letter[at - plain] : *text);
    }
}

/* In place; false where a \ stands before something else. */
static bool read_field(char *text)
{
    static const char plain[] = "\t\n\r\\", letter[] = "tnr\\";
    char *to = text;
    for (; *text; text++) {
        if (*text != '\\') {
            *to++ = *text;
            continue;
        }
        const char *at = text[1] ? strchr(letter, *++text) : NULL;
        if (!at) return false;
        *to++ = plain[at - letter];
    }
    *to = 0;
    return true;
}

/* 2026-10-01T08:00:00Z, with or without parts of a second. */
static bool is_time(const char *text)
{
    static const char form[] = "0000-00-00T00:00:00";
    size_t len = strlen(text);
    if ((len != 20 && len != 27) || text[len - 1] != 'Z' || (len == 27 && text[19] != '.')) return false;
    for (size_t i = 0; i + 1 < len; i++) {
        char want = i < 19 ? form[i] : i == 19 ? '.' : '0';
        if (want == '0' ? text[i] < '0' || text[i] > '9' : text[i] != want) return false;
    }
    return true;
}

static int compare_times(const char *a, const char *b)
{
    int order = strncmp(a, b, 19);
    return order ? order : strcmp(a[19] == '.' ? a + 20 : "000000Z", b[19] == '.' ? b + 20 : "000000Z");
}

/* NULL, or what is wrong with the line; its fields point into text, which is changed. */
static const char *read_line(char *text, size_t len, const char *field[FIELDS])
{
    if (strlen(text) != len) return "it has a zero byte";
    if (lg_utf8_valid(text, len) != len) return "it is not UTF-8";
    for (int k = 0; k < FIELDS; k++) {
        char *tab = strchr(text, '\t');
        if (!tab != (k == FIELDS - 1)) return "it has not five fields parted by tabs";
        if (tab) *tab = 0;
        field[k] = text;
        if (!read_field(text)) return "a \\ stands before something else than t, n, r and \\";
        text = tab ? tab + 1 : text;
    }
    if (strlen(field[SHA]) != 64 || strspn(field[SHA], "0123456789abcdef") != 64)
        return "its first field is no SHA-256";
    if (!*field[PATH]) return "it names no picture";
    if (!is_time(field[TIME])) return "its last field is no time like 2026-10-01T08:00:00Z";
    const char *fault = *field[FROM] ? data_log_label_fault(field[FROM]) : NULL;
    return fault ? fault : data_log_label_fault(field[TO]);
}

/* ---- a file ---- */
/* The next line, without its end, of a text; NULL at the end. */
static const char *next_line(const char **at, const char *end, size_t *len)
{
    const char *line = *at;
    if (line >= end) return NULL;
    const char *stop = memchr(line, '\n', (size_t)(end - line));
    *at = stop ? stop + 1 : end;
    *len = (size_t)((stop ? stop : end) - line);
    if (*len && line[*len - 1] == '\r') --*len;
    return line;
}

/* Bytes of the mark that editors of Windows begin a text with. */
static size_t order_mark(const char *bytes, size_t len)
{
    return len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

/* A line that is none of an edit: empty, a comment, the names of the fields. */
static bool says_nothing(const char *line, size_t len)
{
    return !len || *line == '#' || (len == strlen(HEADER) && memcmp(line, HEADER, len) == 0);
}

static lg_status add_fix(data_log *log, const data_fix *fix, lg_err *err)
{
    if (log->count == log->room) {
        size_t room = log->room ? 2 * log->room : 64;
        data_fix *grown = lg_realloc(log->fix, log->room, room, sizeof *grown, err);
        if (!grown) return err->status;
        log->fix = grown;
        log->room = room;
    }
    log->fix[log->count++] = *fix;
    return LG_OK;
}

static lg_status take_line(data_log *log, const char *line, size_t len, bool own, size_t number, lg_err *err)
{
    const char *field[FIELDS], *fault = "it is too long";
    char *whole = NULL;
    if (len <= DATA_LOG_LINE) {
        whole = lg_arena_strndup(&log->text, line, len, err);
        char *cut = whole ? lg_arena_strndup(&log->text, line, len, err) : NULL;
        if (!cut) return err->status;
        fault = read_line(cut, len, field);
    }
    if (!fault)
        return add_fix(log,
                       &(data_fix){.sha256 = field[SHA],
                                   .path = field[PATH],
                                   .from = field[FROM],
                                   .to = field[TO],
                                   .time = field[TIME],
                                   .line = whole,
                                   .own = own,
                                   .order = log->count},
                       err);
    if (log->bads++ >= DATA_LOG_BAD) return LG_OK;
    log->bad[log->bads - 1].line = number;
    log->bad[log->bads - 1].own = own;
    log->bad[log->bads - 1].why = fault;
    return LG_OK;
}

static int by_time(const void *left, const void *right)
{
    const data_fix *a = left, *b = right;
    int order = compare_times(a->time, b->time);
    return order ? order : (a->order > b->order) - (a->order < b->order);
}

lg_status data_log_parse(const char *bytes, size_t len, bool own, data_log *out, lg_err *err)
{
    const char *at = bytes + order_mark(bytes, len), *end = bytes + len, *line;
    size_t n = 0, number = 0;
    while ((line = next_line(&at, end, &n))) {
        number++;
        if (!says_nothing(line, n)) LG_TRY(take_line(out, line, n, own, number, err));
    }
    if (out->count) qsort(out->fix, out->count, sizeof *out->fix, by_time);
    return LG_OK;
}

/* A file that is not there is empty. */
static lg_status read_file(const char *file, lg_buf *bytes, lg_err *err)
{
    lg_err missing = {0};
    lg_status st = lg_reach_read(file, bytes, &missing);
    if (st == LG_OK || missing.code == 302) return LG_OK;
    *err = missing;
    return st;
}

/* Writing a file anew lets nobody read it who could not before; `fresh` for one that is not there. */
static int mode_of(const char *file, int fresh)
{
    struct stat st;
    uint64_t size;
    int fd = -1;
    lg_err ignored = {0};
    if (lg_reach_open(file, &fd, &size, &ignored)) return fresh;
    int mode = fstat(fd, &st) == 0 ? (int)(st.st_mode & 0777) : fresh;
    close(fd);
    return mode;
}

static lg_status read_into(data_log *log, const char *file, bool own, lg_err *err)
{
    lg_buf bytes;
    if (!file) return LG_OK;
    lg_buf_init(&bytes, DATA_LOG_BYTES);
    lg_status st = read_file(file, &bytes, err);
    if (st == LG_OK) st = data_log_parse(lg_buf_str(&bytes), bytes.len, own, log, err);
    lg_buf_release(&bytes);
    return st;
}

lg_status data_log_read(const data_log_place *place, data_log *out, lg_err *err)
{
    *out = (data_log){0};
    lg_arena_init(&out->text, 0);
    for (int own = 1; own >= 0; own--) {
        lg_err trouble = {0};
        lg_status st = read_into(out, own ? place->own : place->beside, own, &trouble);
        if (st == LG_E_MEMORY) {
            *err = trouble;
            return st;
        }
        if (st && !out->unread.status) out->unread = trouble;
    }
    return LG_OK;
}

void data_log_release(data_log *log)
{
    lg_arena_release(&log->text);
    lg_free(log->fix);
    *log = (data_log){0};
}

/* ---- without some lines ---- */
/* The file without the lines; *left: says anything still. */
static lg_status without(const lg_buf *bytes, const data_map *lines, lg_arena *arena, lg_buf *out, size_t *taken,
                         bool *left, lg_err *err)
{
    const char *start = lg_buf_str(bytes), *end = start + bytes->len, *line;
    const char *at = start + order_mark(start, bytes->len);
    size_t len = 0;
    lg_buf_add(out, start, (size_t)(at - start));
    while ((line = next_line(&at, end, &len))) {
        char *text = lg_arena_strndup(arena, line, len, err);
        if (!text) return err->status;
        if (strlen(text) == len && data_map_get(lines, text) >= 0) {
            ++*taken;
            continue;
        }
        *left |= !says_nothing(line, len);
        lg_buf_add(out, line, (size_t)(at - line));
    }
    return lg_buf_check(out, err);
}

/* ---- adding ---- */
static const char *key_of(const char *sha, const char *path, lg_arena *arena, lg_err *err)
{
    return lg_arena_strf(arena, err, "%s\t%s", sha, path);
}

/* The last line about each picture, by content and path. */
static lg_status last_lines(const data_log *log, lg_arena *arena, data_map *map, lg_err *err)
{
    for (size_t i = 0; i < log->count; i++) {
        const char *key = key_of(log->fix[i].sha256, log->fix[i].path, arena, err);
        if (!key) return err->status;
        LG_TRY(data_map_put(map, key, (int64_t)i, NULL, err));
        data_map_set(map, key, (int64_t)i);
    }
    return LG_OK;
}

/* What is there, and the new lines behind it. */
typedef struct adding {
    data_log log;
    data_map last;
    char now[32];
    lg_buf bytes, text; /* of the file: as it is, as it will be */
    lg_buf *kept;
    size_t added;
    data_map asked; /* pictures the new lines are about */
    data_map gone;  /* lines that nobody can take back to any more */
} adding;

static void add_line(adding *a, const data_fix *fix, const char *time)
{
    size_t start = a->text.len;
    const char *const field[FIELDS] = {fix->sha256, fix->path, fix->from, fix->to, time};
    for (int k = 0; k < FIELDS; k++) {
        if (k) lg_buf_addc(&a->text, '\t');
        add_field(&a->text, field[k]);
    }
    lg_buf_addc(&a->text, '\n');
    if (a->text.failed) return;
    lg_buf_add(a->kept, a->text.data + start, a->text.len - start);
    a->added++;
}

/* A clock that was set back does not bring an older line to the front. */
static lg_status add_one(adding *a, const data_fix *fix, lg_err *err)
{
    const char *key = key_of(fix->sha256, fix->path, &a->log.text, err);
    if (!key) return err->status;
    int64_t at = data_map_get(&a->last, key);
    const data_fix *last = at >= 0 ? &a->log.fix[at] : NULL;
    if (last && strcmp(last->to, fix->to) == 0) lg_buf_addf(a->kept, "%s\n", last->line);
    else add_line(a, fix, last && compare_times(last->time, a->now) > 0 ? last->time : a->now);
    return LG_OK;
}

static char began[32]; /* when this program first added: no line of its own is earlier, and `undo` may want them */

static void note_beginning(void)
{
    lg_time_iso(began);
}

static void note_now(adding *a)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, note_beginning); /* before the time of its first line */
    lg_time_iso(a->now);
}

/* Of the lines about a picture that were there when this program began all but the last. */
static lg_status find_gone(adding *a, const data_fix *fix, size_t count, lg_err *err)
{
    for (size_t i = 0; i < count; i++) {
        const char *key = key_of(fix[i].sha256, fix[i].path, &a->log.text, err);
        if (!key) return err->status;
        LG_TRY(data_map_put(&a->asked, key, INT64_MAX, NULL, err));
    }
    for (size_t i = 0; i < a->log.count && compare_times(a->log.fix[i].time, began) < 0; i++) {
        const char *key = key_of(a->log.fix[i].sha256, a->log.fix[i].path, &a->log.text, err);
        if (!key) return err->status;
        int64_t before = data_map_get(&a->asked, key);
        if (before < 0) continue;
        if (before != INT64_MAX) LG_TRY(data_map_put(&a->gone, a->log.fix[before].line, 1, NULL, err));
        data_map_set(&a->asked, key, (int64_t)i);
    }
    return LG_OK;
}

static void begin_text(adding *a, const data_log_place *place, bool own)
{
    if (a->text.len && a->text.data[a->text.len - 1] != '\n') lg_buf_addc(&a->text, '\n');
    if (a->text.len) return;
    if (own) {
        lg_buf_adds(&a->text, "# label fixes of ");
        add_field(&a->text, place->root);
        lg_buf_addc(&a->text, '\n');
    }
    lg_buf_adds(&a->text, HEADER "\n");
}

static lg_status log_full(const char *file, lg_err *err)
{
    lg_fail(err, LG_E_LIMIT, 303, "the log of label fixes %.200s is full", file);
    lg_why(err, "it may have %s bytes", lg_thousands(DATA_LOG_BYTES));
    return lg_try(err, "so many fixes are better kept in a labels file");
}

/* The lock is held. */
static lg_status add_locked(adding *a, const data_log_place *place, bool own, const data_fix *fix, size_t count,
                            lg_err *err)
{
    const char *file = own ? place->own : place->beside;
    bool left = false;
    size_t dropped = 0;
    LG_TRY(read_file(file, &a->bytes, err));
    LG_TRY(data_log_parse(lg_buf_str(&a->bytes), a->bytes.len, own, &a->log, err));
    LG_TRY(last_lines(&a->log, &a->log.text, &a->last, err));
    LG_TRY(find_gone(a, fix, count, err));
    LG_TRY(without(&a->bytes, &a->gone, &a->log.text, &a->text, &dropped, &left, err));
    begin_text(a, place, own);
    for (size_t i = 0; i < count; i++) LG_TRY(add_one(a, &fix[i], err));
    if (a->text.failed == LG_E_LIMIT) return log_full(file, err);
    LG_TRY(lg_buf_check(&a->text, err));
    if (!a->added) return LG_OK;
    return lg_reach_write(file, lg_buf_str(&a->text), a->text.len, mode_of(file, own ? 0600 : 0644), err);
}

/* What writers that were killed left behind is none of the project's. */
static void tidy(const char *file)
{
    lg_err ignored = {0};
    const char *slash = strrchr(file, '/');
    char *folder = slash > file ? lg_strndup(file, (size_t)(slash - file), &ignored) : NULL;
    if (folder && lg_reach_tidy(folder, &ignored)) lg_log(LG_LOG_WARN, "%s: %s", file, ignored.msg);
    lg_free(folder);
}

static lg_status make_folder(const char *file, lg_err *err)
{
    char *folder = lg_strndup(file, (size_t)(strrchr(file, '/') - file), err);
    lg_status st = folder ? lg_reach_mkdir(folder, err) : err->status;
    lg_free(folder);
    return st;
}

static lg_status add_to(const data_log_place *place, bool own, const data_fix *fix, size_t count, lg_cancel *cancel,
                        lg_buf *kept, lg_err *err)
{
    adding a = {.kept = kept};
    const char *file = own ? place->own : place->beside;
    int lock = -1;
    lg_status st;
    lg_arena_init(&a.log.text, 0);
    lg_buf_init(&a.bytes, DATA_LOG_BYTES);
    lg_buf_init(&a.text, DATA_LOG_BYTES);
    note_now(&a);
    LG_GO(data_map_init(&a.last, 64, false, err));
    LG_GO(data_map_init(&a.asked, count, false, err));
    LG_GO(data_map_init(&a.gone, 0, false, err));
    if (own) LG_GO(make_folder(file, err));
    LG_GO(lg_reach_lock(file, cancel, &lock, err));
    LG_GO(add_locked(&a, place, own, fix, count, err));
    tidy(file);
done:
    if (lock >= 0) lg_reach_unlock(lock);
    data_map_release(&a.last);
    data_map_release(&a.asked);
    data_map_release(&a.gone);
    data_log_release(&a.log);
    lg_buf_release(&a.bytes);
    lg_buf_release(&a.text);
    return st;
}

lg_status data_log_add(const data_log_place *place, const data_fix *fix, size_t count, lg_cancel *cancel, lg_buf *kept,
                       const char **file, lg_err *err)
{
    lg_err beside = {0};
    *file = place->beside;
    if (place->beside && add_to(place, false, fix, count, cancel, kept, &beside) == LG_OK) return LG_OK;
    if (beside.status && beside.status != LG_E_IO && beside.status != LG_E_DENIED && beside.status != LG_E_DATA) {
        *err = beside;
        return err->status;
    }
    lg_buf_clear(kept);
    *file = place->own;
    return add_to(place, true, fix, count, cancel, kept, err);
}

/* ---- taking out ---- */
static lg_status lines_of(const char *text, lg_arena *arena, data_map *map, lg_err *err)
{
    const char *at = text, *end = text + strlen(text), *line;
    size_t len = 0;
    while ((line = next_line(&at, end, &len))) {
        const char *key = lg_arena_strndup(arena, line, len, err);
        if (!key) return err->status;
        LG_TRY(data_map_put(map, key, 1, NULL, err));
    }
    return LG_OK;
}

static lg_status take_locked(const char *file, const char *lines, size_t *taken, lg_err *err)
{
    lg_buf bytes, text;
    lg_arena arena;
    data_map map = {0};
    bool left = false;
    lg_status st;
    lg_arena_init(&arena, 0);
    lg_buf_init(&bytes, DATA_LOG_BYTES);
    lg_buf_init(&text, DATA_LOG_BYTES);
    LG_GO(data_map_init(&map, 64, false, err));
    LG_GO(lines_of(lines, &arena, &map, err));
    LG_GO(read_file(file, &bytes, err));
    LG_GO(without(&bytes, &map, &arena, &text, taken, &left, err));
    if (*taken && left) LG_GO(lg_reach_write(file, lg_buf_str(&text), text.len, mode_of(file, 0600), err));
    else if (*taken) LG_GO(lg_reach_remove(file, err));
done:
    if (st) *taken = 0;
    data_map_release(&map);
    lg_arena_release(&arena);
    lg_buf_release(&bytes);
    lg_buf_release(&text);
    return st;
}

lg_status data_log_take(const char *file, const char *lines, lg_cancel *cancel, size_t *taken, lg_err *err)
{
    int lock = -1;
    *taken = 0;
    LG_TRY(lg_reach_lock(file, cancel, &lock, err));
    lg_status st = take_locked(file, lines, taken, err);
    lg_reach_unlock(lock);
    return st;
}
