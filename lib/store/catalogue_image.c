/* catalogue_image.c - pictures as files named by their content, and what is said of them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lib/base/reach.h"
#include "lib/image/hash.h"
#include "lib/store/catalogue_parts.h"

#include "lib/base/banned.h"

char *store_catalogue_image_path(const store_catalogue *c, const char *sha256, lg_err *err)
{
    return lg_strf(err, "%s/%.64s", c->images, sha256);
}

/* ---- which are wanted ---- */
typedef struct due {
    int64_t media;
    char *url;
} due;

static lg_status due_list(store_catalogue *c, int64_t scrape, size_t limit, due **list, size_t *count, lg_err *err)
{
    sqlite3_stmt *s;
    lg_status st = LG_OK;
    LG_TRY(store_sql_begin(c, &s, err,
                           "SELECT id, url FROM media WHERE state = 0 AND url IS NOT NULL AND (?1 = 0 OR post IN"
                           " (SELECT post FROM scrape_post WHERE scrape = ?1)) ORDER BY id LIMIT ?2",
                           "ii", scrape, (int64_t)limit));
    while (store_sql_row(c, s, &st, err)) {
        due *more = lg_realloc(*list, *count, *count + 1, sizeof **list, err);
        if (!more) st = err->status;
        else {
            *list = more;
            more[*count] = (due){store_sqlite.column_int64(s, 0), lg_strdup(store_sql_text(s, 1), err)};
            if (!more[(*count)++].url) st = err->status;
        }
    }
    store_sql_done(s);
    return st;
}

lg_status store_catalogue_due(store_catalogue *c, int64_t scrape, size_t limit, store_due_fn *fn, void *ctx,
                              lg_err *err)
{
    due *list = lg_alloc(0, sizeof *list, err);
    size_t count = 0;
    lg_status st = list ? due_list(c, scrape, limit, &list, &count, err) : err->status;
    for (size_t i = 0; !st && i < count; i++) st = fn(ctx, list[i].media, list[i].url, err);
    for (size_t i = 0; i < count; i++) lg_free(list[i].url);
    lg_free(list);
    return st;
}

/* ---- keeping one ---- */
/* A file of that name has these bytes, unless it is of another length: files are written whole or not at all. */
static lg_status file_keep(store_catalogue *c, const char *sha256, const void *bytes, size_t len, lg_err *err)
{
    int fd = -1;
    uint64_t size = 0;
    lg_err missing = {0};
    char *path = store_catalogue_image_path(c, sha256, err);
    if (!path) return err->status;
    lg_status st = lg_reach_open(path, &fd, &size, &missing);
    if (fd >= 0) close(fd);
    if (st || size != len) {
        st = lg_reach_write(path, bytes, len, 0600, &missing);
        if (st && missing.code == 901) *err = missing;
        else if (st) {
            lg_fail(err, LG_E_IO, 731, "a picture cannot be kept");
            lg_why(err, "%s", missing.why[0] ? missing.why : missing.msg);
            lg_try(err, "make room for %s bytes", lg_thousands((long long)len));
        }
    }
    lg_free(path);
    return st;
}

static lg_status image_id(store_catalogue *c, const char *sha256, int64_t *id, lg_err *err)
{
    return store_sql_number(c, 0, id, err, "SELECT id FROM images WHERE sha256 = ?", "t", sha256);
}

/* Under the lock of writing: a sweep cannot take the file away between its writing and the row that names it. */
static lg_status image_keep(store_catalogue *c, int64_t media, const void *bytes, size_t len, const char *format,
                            int32_t width, int32_t height, char *sha256, lg_err *err)
{
    int64_t post, image;
    LG_TRY(store_sql_number(c, 0, &post, err, "SELECT post FROM media WHERE id = ?", "i", media));
    if (!post) return LG_OK;
    img_sha256(bytes, len, sha256);
    LG_TRY(file_keep(c, sha256, bytes, len, err));
    LG_TRY(store_sql_run(c, err,
                         "INSERT OR IGNORE INTO images(sha256, bytes, format, width, height, first_seen)"
                         " VALUES(?, ?, ?, ?, ?, ?)",
                         "titnni", sha256, (int64_t)len, format, (int64_t)width, (int64_t)height, store_now_ms()));
    LG_TRY(image_id(c, sha256, &image, err));
    LG_TRY(store_sql_run(c, err, "INSERT OR REPLACE INTO post_image(media, post, image) VALUES(?, ?, ?)", "iii", media,
                         post, image));
    return store_sql_run(c, err, "UPDATE media SET state = 1, why = NULL WHERE id = ?", "i", media);
}

lg_status store_catalogue_image(store_catalogue *c, int64_t media, const void *bytes, size_t len, const char *format,
                                int32_t width, int32_t height, char *sha256, lg_err *err)
{
    sha256[0] = 0;
    LG_TRY(store_sql_write(c, err));
    return store_sql_end(c, image_keep(c, media, bytes, len, format, width, height, sha256, err), err);
}

lg_status store_catalogue_no_image(store_catalogue *c, int64_t media, const char *why, lg_err *err)
{
    return store_sql_run(c, err, "UPDATE media SET state = 2, why = ? WHERE id = ? AND state = 0", "ti", why, media);
}

/* ---- what is said of them ---- */
lg_status store_catalogue_label(store_catalogue *c, const char *sha256, const char *label, const char *source,
                                lg_err *err)
{
    return store_sql_run(c, err,
                         "INSERT OR REPLACE INTO labels(image, source, label, at)"
                         " SELECT id, ?, ?, ? FROM images WHERE sha256 = ?",
                         "ttit", source, label, store_now_ms(), sha256);
}

lg_status store_catalogue_run(store_catalogue *c, const char *key, const char *model, int64_t *run, lg_err *err)
{
    LG_TRY(store_sql_run(c, err, "INSERT OR IGNORE INTO runs(key, model, at) VALUES(?, ?, ?)", "tti", key, model,
                         store_now_ms()));
    return store_sql_number(c, 0, run, err, "SELECT id FROM runs WHERE key = ?", "t", key);
}

lg_status store_catalogue_predict(store_catalogue *c, int64_t run, const store_prediction *p, size_t count, lg_err *err)
{
    LG_TRY(store_sql_write(c, err));
    lg_status st = LG_OK;
    for (size_t i = 0; !st && i < count; i++)
        st = store_sql_run(c, err,
                           "INSERT OR REPLACE INTO predictions(run, image, label, p)"
                           " SELECT ?, id, ?, ? FROM images WHERE sha256 = ?",
                           "itdt", run, p[i].label, p[i].p, p[i].sha256);
    return store_sql_end(c, st, err);
}

/* ---- files that no row names ---- */
static bool is_ours(const char *name)
{
    if (strncmp(name, ".logolens-", 10) == 0) return true; /* half written; nobody else writes while we hold the lock */
    return strlen(name) == 64 && strspn(name, "0123456789abcdef") == 64;
}

static lg_status sweep_one(store_catalogue *c, int folder, const char *name, size_t *gone, lg_err *err)
{
    int64_t id = 0;
    if (!is_ours(name)) return LG_OK;
    if (name[0] != '.') LG_TRY(image_id(c, name, &id, err));
    if (id) return LG_OK;
    if (unlinkat(folder, name, 0) == 0) ++*gone;
    else if (errno != ENOENT) {
        lg_fail(err, LG_E_IO, 734, "a picture's file cannot be removed");
        return lg_why(err, "`%.200s/%.80s`: %s", c->images, name, strerror(errno));
    }
    return LG_OK;
}

static lg_status sweep(store_catalogue *c, lg_err *err)
{
    size_t gone = 0;
    char *real = NULL;
    LG_TRY(lg_reach_resolve(c->images, LG_REACH_WRITE, &real, err));
    int fd = open(real, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir) {
        if (fd >= 0) close(fd);
        lg_fail(err, LG_E_IO, 734, "the folder of pictures cannot be read");
        lg_why(err, "`%.200s`: %s", real, strerror(errno));
    }
    lg_free(real);
    lg_status st = dir ? LG_OK : err->status;
    for (struct dirent *e; !st && (e = readdir(dir));) st = sweep_one(c, fd, e->d_name, &gone, err);
    if (dir && gone && fsync(fd) != 0) lg_log(LG_LOG_DEBUG, "the folder of pictures cannot be forced to the disk");
    if (dir) closedir(dir);
    return st;
}

lg_status store_catalogue_sweep(store_catalogue *c, lg_err *err)
{
    LG_TRY(store_sql_write(c, err));
    return store_sql_end(c, sweep(c, err), err);
}
