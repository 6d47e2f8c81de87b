/* catalogue.c - opening the catalogue, its tables, and what the whole of it is asked. */
#include "lib/store/catalogue.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "lib/base/reach.h"
#include "lib/image/hash.h"
#include "lib/store/catalogue_parts.h"

#include "lib/base/banned.h"

enum { APPLICATION = 0x4c4f474f, VERSION = 2 }; /* "LOGO" */
static const double MOST_WAITING = 10;          /* seconds */

/* ---- tables ---- */
/* @ is where STRICT goes, from SQLite 3.37 on: a column then holds what it says. */
static const char *const version_1[] = {
    "CREATE TABLE meta(key TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL)@",
    "CREATE TABLE platforms(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)@",
    /* handle_key: the handle in small letters, as people compare it */
    "CREATE TABLE users(id INTEGER PRIMARY KEY, platform INTEGER NOT NULL REFERENCES platforms, native_id TEXT,"
    " handle TEXT, handle_key TEXT, name TEXT, UNIQUE(platform, native_id))@",
    "CREATE INDEX users_handle ON users(platform, handle_key)",
    "CREATE TABLE posts(id INTEGER PRIMARY KEY, platform INTEGER NOT NULL REFERENCES platforms, native_id TEXT NOT "
    "NULL,"
    " user INTEGER REFERENCES users ON DELETE CASCADE, url TEXT, text TEXT, language TEXT, posted_at INTEGER,"
    " likes INTEGER, reposts INTEGER, replies INTEGER, sensitive INTEGER NOT NULL, first_seen INTEGER NOT NULL,"
    " last_seen INTEGER NOT NULL, UNIQUE(platform, native_id))@",
    "CREATE INDEX posts_user ON posts(user)",
    "CREATE TABLE tags(post INTEGER NOT NULL REFERENCES posts ON DELETE CASCADE, tag TEXT NOT NULL, PRIMARY KEY(post, "
    "tag))@",
    "CREATE INDEX tags_tag ON tags(tag)",
    /* state: 0 wanted, 1 kept, 2 cannot be had */
    "CREATE TABLE media(id INTEGER PRIMARY KEY, post INTEGER NOT NULL REFERENCES posts ON DELETE CASCADE,"
    " position INTEGER NOT NULL, native_id TEXT, url TEXT, alt TEXT, type TEXT NOT NULL, width INTEGER, height INTEGER,"
    " state INTEGER NOT NULL DEFAULT 0, why TEXT, UNIQUE(post, position))@",
    "CREATE INDEX media_wanted ON media(state, id)",
    "CREATE TABLE images(id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, bytes INTEGER NOT NULL, format TEXT NOT "
    "NULL,"
    " width INTEGER, height INTEGER, first_seen INTEGER NOT NULL)@",
    "CREATE TABLE post_image(media INTEGER PRIMARY KEY REFERENCES media ON DELETE CASCADE,"
    " post INTEGER NOT NULL REFERENCES posts ON DELETE CASCADE, image INTEGER NOT NULL REFERENCES images)@",
    "CREATE INDEX post_image_image ON post_image(image)", "CREATE INDEX post_image_post ON post_image(post)",
    "CREATE TABLE labels(image INTEGER NOT NULL REFERENCES images ON DELETE CASCADE, source TEXT NOT NULL,"
    " label TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(image, source))@",
    "CREATE TABLE runs(id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, model TEXT NOT NULL, at INTEGER NOT NULL)@",
    "CREATE TABLE predictions(run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,"
    " image INTEGER NOT NULL REFERENCES images ON DELETE CASCADE, label TEXT NOT NULL, p REAL NOT NULL,"
    " PRIMARY KEY(run, image, label))@",
    "CREATE INDEX predictions_image ON predictions(image)",
    "CREATE TABLE scrapes(id INTEGER PRIMARY KEY, platform INTEGER NOT NULL REFERENCES platforms, query TEXT NOT NULL,"
    " user_key TEXT, cursor TEXT, ids INTEGER NOT NULL DEFAULT 0, pages INTEGER NOT NULL DEFAULT 0,"
    " given INTEGER NOT NULL DEFAULT 0, refused INTEGER NOT NULL DEFAULT 0, done INTEGER NOT NULL DEFAULT 0,"
    " started INTEGER NOT NULL, updated INTEGER NOT NULL, UNIQUE(platform, query))@",
    "CREATE TABLE scrape_post(scrape INTEGER NOT NULL REFERENCES scrapes ON DELETE CASCADE,"
    " post INTEGER NOT NULL REFERENCES posts ON DELETE CASCADE, PRIMARY KEY(scrape, post))@",
    "CREATE INDEX scrape_post_post ON scrape_post(post)",
    "CREATE TABLE tombstones(hash TEXT PRIMARY KEY NOT NULL, at INTEGER NOT NULL)@", NULL};

/* What was left out and withheld, and what servers call the versions of their answers, for conditional requests. key: a
 * salted hash of the address. kept: a picture (image), or the caller's text. */
static const char *const version_2[] = {
    "CREATE TABLE scrape_note(scrape INTEGER NOT NULL REFERENCES scrapes ON DELETE CASCADE, kind TEXT NOT NULL,"
    " what TEXT NOT NULL, why TEXT, posts INTEGER NOT NULL, PRIMARY KEY(scrape, kind, what))@",
    "CREATE TABLE pages(id INTEGER PRIMARY KEY, scrape INTEGER NOT NULL REFERENCES scrapes ON DELETE CASCADE,"
    " key TEXT NOT NULL, etag TEXT, modified TEXT, next TEXT, ids INTEGER NOT NULL, given INTEGER NOT NULL,"
    " refused INTEGER NOT NULL, done INTEGER NOT NULL, UNIQUE(scrape, key))@",
    "CREATE TABLE page_post(page INTEGER NOT NULL REFERENCES pages ON DELETE CASCADE,"
    " post INTEGER NOT NULL REFERENCES posts ON DELETE CASCADE, PRIMARY KEY(page, post))@",
    "CREATE INDEX page_post_post ON page_post(post)",
    "CREATE TABLE page_note(page INTEGER NOT NULL REFERENCES pages ON DELETE CASCADE, kind TEXT NOT NULL,"
    " what TEXT NOT NULL, why TEXT, posts INTEGER NOT NULL, PRIMARY KEY(page, kind, what))@",
    "CREATE TABLE answers(key TEXT PRIMARY KEY NOT NULL, etag TEXT, modified TEXT, kept TEXT,"
    " image INTEGER REFERENCES images ON DELETE CASCADE)@",
    "CREATE INDEX answers_image ON answers(image)", NULL};

static lg_status statements_run(store_catalogue *c, const char *const *sql, lg_err *err)
{
    const char *strict = store_sqlite.libversion_number() >= 3037000 ? " STRICT" : "";
    for (; *sql; sql++) {
        size_t n = strlen(*sql), at = (*sql)[n - 1] == '@' ? n - 1 : n;
        char *text = lg_strf(err, "%.*s%s", (int)at, *sql, at < n ? strict : "");
        lg_status st = text ? store_sql_exec(c, text, err) : err->status;
        lg_free(text);
        LG_TRY(st);
    }
    return LG_OK;
}

static lg_status salt_make(store_catalogue *c, lg_err *err)
{
    uint8_t salt[STORE_SALT];
    if (getrandom(salt, sizeof salt, 0) != (ssize_t)sizeof salt)
        return lg_fail(err, LG_E_IO, 734, "the system gives no random numbers");
    return store_sql_run(c, err, "INSERT INTO meta(key, value) VALUES('salt', ?)", "b", salt, sizeof salt);
}

/* Numbers of the file; asked anew each time, because another program may just have made it. */
static lg_status pragma(store_catalogue *c, const char *sql, int64_t *out, lg_err *err)
{
    sqlite3_stmt *s;
    lg_status st = LG_OK;
    if (store_sqlite.prepare_v2(c->db, sql, -1, &s, NULL) != SQLITE_OK) return store_sql_fail(c, "read", err);
    *out = store_sql_row(c, s, &st, err) ? store_sqlite.column_int64(s, 0) : 0;
    store_sqlite.finalize(s);
    return st;
}

static lg_status not_ours(store_catalogue *c, const char *why, lg_err *err)
{
    lg_fail(err, LG_E_FORMAT, 732, "the catalogue of posts cannot be used");
    lg_why(err, "`%.200s` %s; nothing was changed", c->file, why);
    return lg_try(err, "move the file away, or set another folder with LOGOLENS_HOME");
}

static lg_status version_of(store_catalogue *c, int64_t *version, lg_err *err)
{
    int64_t application, tables;
    /* the tables first: another program may be making them, and sets the number together with them */
    LG_TRY(pragma(c, "SELECT count(*) FROM sqlite_master", &tables, err));
    LG_TRY(pragma(c, "PRAGMA application_id", &application, err));
    LG_TRY(pragma(c, "PRAGMA user_version", version, err));
    if (application != APPLICATION && (application || tables)) return not_ours(c, "is another program's file", err);
    if (*version > VERSION) return not_ours(c, "was made by a newer version of Logolens", err);
    return LG_OK;
}

static lg_status tables_make(store_catalogue *c, lg_err *err)
{
    int64_t version;
    LG_TRY(version_of(c, &version, err)); /* again, now that nobody else writes */
    if (version >= VERSION) return LG_OK;
    if (version < 1) {
        LG_TRY(statements_run(c, version_1, err));
        LG_TRY(salt_make(c, err));
        LG_TRY(store_sql_exec(c, "PRAGMA application_id = 1280264015", err));
    }
    LG_TRY(statements_run(c, version_2, err));
    return store_sql_exec(c, "PRAGMA user_version = 2", err);
}

lg_status store_catalogue_migrate(store_catalogue *c, lg_err *err)
{
    int64_t version;
    LG_TRY(version_of(c, &version, err));
    if (version >= VERSION) return LG_OK;
    LG_TRY(store_sql_write(c, err));
    return store_sql_end(c, tables_make(c, err), err);
}

/* ---- opening ---- */
/* Waits with growing pauses; not beyond an interrupt, not for ever. */
static int busy(void *ctx, int tries)
{
    store_catalogue *c = ctx;
    double now = lg_now();
    if (!tries || c->waiting_since <= 0) c->waiting_since = now;
    if (lg_cancelled(c->cancel) || now - c->waiting_since > MOST_WAITING) return 0;
    struct timespec pause = {.tv_nsec = (tries < 20 ? 1 + tries : 20) * 1000000L};
    nanosleep(&pause, NULL);
    return 1;
}

/* An empty file of ours alone, unless it is there: SQLite would make one that others can read. Not opened otherwise,
 * for closing a file again lets go the locks that another handle of this process holds on it. */
static lg_status file_make(const char *path, lg_err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0) close(fd);
    if (fd >= 0 || errno == EEXIST) return LG_OK;
    lg_fail(err, LG_E_IO, errno == ENOSPC || errno == EDQUOT ? 731 : 734, "the catalogue of posts cannot be made");
    return lg_why(err, "`%.200s`: %s", path, strerror(errno));
}

static lg_status connect(store_catalogue *c, lg_err *err)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX;
    if (store_sqlite.open_v2(c->file, &c->db, flags, NULL) != SQLITE_OK) {
        if (c->db) return store_sql_fail(c, "opened", err);
        return lg_fail(err, LG_E_MEMORY, 901, "out of memory");
    }
    store_sqlite.extended_result_codes(c->db, 1);
    store_sqlite.busy_handler(c->db, busy, c);
    store_sqlite.db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    return LG_OK;
}

/* Changing to WAL wants the file alone for a moment, and is not helped by the busy handler. */
static lg_status set_up(store_catalogue *c, lg_err *err)
{
    double since = lg_now();
    for (;;) {
        lg_err again = {0};
        lg_status st = store_sql_exec(c,
                                      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                                      "PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF;"
                                      "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY",
                                      &again);
        if (!st) return LG_OK;
        if (again.code != 730 || lg_now() - since > MOST_WAITING) {
            *err = again;
            return st;
        }
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
}

static lg_status salt_read(store_catalogue *c, lg_err *err)
{
    sqlite3_stmt *s;
    lg_status st = LG_OK;
    LG_TRY(store_sql_begin(c, &s, err, "SELECT value FROM meta WHERE key = 'salt'", ""));
    bool there = store_sql_row(c, s, &st, err) && store_sqlite.column_bytes(s, 0) == STORE_SALT;
    if (there) memcpy(c->salt, store_sqlite.column_blob(s, 0), STORE_SALT);
    store_sql_done(s);
    return st || there ? st : not_ours(c, "has lost its salt", err);
}

static lg_status open_all(store_catalogue *c, const char *folder, lg_err *err)
{
    char *named = lg_strf(err, "%s/catalogue.sqlite", folder);
    c->images = lg_strf(err, "%s/images", folder);
    lg_status st = named && c->images ? LG_OK : err->status;
    if (!st) st = lg_reach_mkdir(folder, err);
    if (!st) st = lg_reach_mkdir(c->images, err);
    if (!st) st = lg_reach_resolve(named, LG_REACH_WRITE, &c->file, err);
    lg_free(named);
    LG_TRY(st);
    LG_TRY(file_make(c->file, err));
    LG_TRY(connect(c, err));
    /* before WAL, so that a foreign file stays as it is */
    int64_t version;
    LG_TRY(version_of(c, &version, err));
    LG_TRY(set_up(c, err));
    LG_TRY(store_catalogue_migrate(c, err));
    LG_TRY(salt_read(c, err));
    lg_err later = {0};
    if (store_catalogue_wipe(c, &later)) lg_log(LG_LOG_WARN, "%s", later.msg);
    return LG_OK;
}

lg_status store_catalogue_open(const char *folder, lg_cancel *cancel, store_catalogue **out, lg_err *err)
{
    *out = NULL;
    LG_TRY(store_sqlite_open(err));
    store_catalogue *c = lg_alloc(1, sizeof *c, err);
    if (!c) return err->status;
    c->cancel = cancel;
    lg_status st = open_all(c, folder, err);
    if (st) store_catalogue_close(c);
    else *out = c;
    return st;
}

void store_catalogue_close(store_catalogue *c)
{
    if (!c) return;
    for (size_t i = 0; i < STORE_STATEMENTS; i++)
        if (c->kept[i].sql) store_sqlite.finalize(c->kept[i].statement);
    if (c->db) store_sqlite.close_v2(c->db);
    lg_free(c->file);
    lg_free(c->images);
    lg_free(c);
}

lg_status store_platform_id(store_catalogue *c, const char *name, int64_t *out, lg_err *err)
{
    LG_TRY(store_sql_run(c, err, "INSERT OR IGNORE INTO platforms(name) VALUES(?)", "t", name));
    return store_sql_number(c, 0, out, err, "SELECT id FROM platforms WHERE name = ?", "t", name);
}

/* ---- the whole of it ---- */
lg_status store_catalogue_counts(store_catalogue *c, store_counts *out, lg_err *err)
{
    sqlite3_stmt *s;
    lg_status st = LG_OK;
    *out = (store_counts){0};
    LG_TRY(
        store_sql_begin(c, &s, err,
                        "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM posts),"
                        " (SELECT count(*) FROM media), (SELECT count(*) FROM images), (SELECT count(*) FROM labels),"
                        " (SELECT count(*) FROM predictions), (SELECT count(*) FROM runs),"
                        " (SELECT count(*) FROM scrapes), (SELECT count(*) FROM tombstones)",
                        ""));
    int64_t *slot[] = {&out->users,       &out->posts, &out->media,   &out->images,    &out->labels,
                       &out->predictions, &out->runs,  &out->scrapes, &out->tombstones};
    if (store_sql_row(c, s, &st, err))
        for (int i = 0; i < 9; i++) *slot[i] = store_sqlite.column_int64(s, i);
    store_sql_done(s);
    return st;
}

static lg_status damaged(const char *what, const char *which, lg_err *err)
{
    lg_fail(err, LG_E_FORMAT, 732, "the catalogue of posts is damaged");
    return lg_why(err, "%s: %.200s", what, which ? which : "");
}

static lg_status file_check(store_catalogue *c, const char *sha256, int64_t bytes, bool deep, lg_err *err)
{
    char hex[IMG_SHA256_HEX];
    lg_buf text;
    lg_err missing = {0};
    char *path = store_catalogue_image_path(c, sha256, err);
    if (!path) return err->status;
    lg_buf_init(&text, (size_t)256 << 20);
    int fd = -1;
    uint64_t size = 0;
    lg_status st = deep ? lg_reach_read(path, &text, &missing) : lg_reach_open(path, &fd, &size, &missing);
    if (deep) size = text.len;
    if (fd >= 0) close(fd);
    lg_free(path);
    if (st) st = damaged("a picture's file cannot be read", sha256, err);
    else if (size != (uint64_t)bytes) st = damaged("a picture's file has another length", sha256, err);
    else if (deep) {
        img_sha256(text.data, text.len, hex);
        if (strcmp(hex, sha256) != 0) st = damaged("a picture's file has other bytes", sha256, err);
    }
    lg_buf_release(&text);
    return st;
}

lg_status store_catalogue_check(store_catalogue *c, bool deep, lg_err *err)
{
    sqlite3_stmt *s;
    lg_status st = LG_OK;
    LG_TRY(store_sql_begin(c, &s, err, "PRAGMA integrity_check", ""));
    if (store_sql_row(c, s, &st, err) && strcmp(store_sql_text(s, 0), "ok") != 0)
        st = damaged("its file", store_sql_text(s, 0), err);
    store_sql_done(s);
    LG_TRY(st);
    LG_TRY(store_sql_begin(c, &s, err, "PRAGMA foreign_key_check", ""));
    if (store_sql_row(c, s, &st, err)) st = damaged("a row refers to nothing", store_sql_text(s, 0), err);
    store_sql_done(s);
    LG_TRY(st);
    LG_TRY(store_sql_begin(c, &s, err, "SELECT sha256, bytes FROM images ORDER BY id", ""));
    while (store_sql_row(c, s, &st, err))
        if (!(st = lg_cancel_check(c->cancel, err)))
            st = file_check(c, store_sql_text(s, 0), store_sqlite.column_int64(s, 1), deep, err);
    store_sql_done(s);
    return st;
}
