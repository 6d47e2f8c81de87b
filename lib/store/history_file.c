/* history_file.c - history.sqlite: its tables, what is put into it and what is asked of it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/reach.h"
#include "lib/store/history_parts.h"
#include "lib/base/banned.h"

enum { APPLICATION = 0x4c474849 /* "LGHI" */, VERSION = 1, TRIM_CELLS = 1000, TRIM_BYTES = 4 << 20 };
static const double MOST_WAITING = 2; /* seconds for another program's lock */

static const char tables[] =
    "CREATE TABLE sessions(id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, started INTEGER NOT NULL);"
    /* bytes stand before the texts, so that adding them up does not read these */
    "CREATE TABLE cells(id INTEGER PRIMARY KEY, session INTEGER NOT NULL REFERENCES sessions, line INTEGER NOT NULL,"
    " bytes INTEGER NOT NULL, input TEXT NOT NULL, output TEXT, UNIQUE(session, line));"
    "PRAGMA application_id = 1279739977; PRAGMA user_version = 1";

/* ---- failures ---- */
static bool no_room(int code, int error)
{
    if ((code & 0xff) == SQLITE_FULL) return true;
    return (code & 0xff) == SQLITE_IOERR && (error == ENOSPC || error == EFBIG || error == EDQUOT);
}

/* left: errno of the call, as SQLite does not keep the number where a COMMIT fails. */
static lg_status sql_fail(history_file *f, int left, lg_err *err)
{
    int code = store_sqlite.extended_errcode(f->db), base = code & 0xff;
    int error = store_sqlite.system_errno(f->db) ? store_sqlite.system_errno(f->db) : left;
    const char *said = store_sqlite.errmsg(f->db);
    f->locked = base == SQLITE_BUSY;
    if (base == SQLITE_NOMEM) return lg_fail(err, LG_E_MEMORY, 901, "out of memory");
    if (base == SQLITE_CORRUPT || base == SQLITE_NOTADB) {
        lg_fail(err, LG_E_FORMAT, 519, "the history of cells is damaged");
        return lg_why(err, "`%.200s`: %.200s", f->path, said);
    }
    lg_fail(err, LG_E_IO, 518, "the history of cells cannot be kept");
    if (no_room(code, error)) return lg_why(err, "there is no room for `%.200s` to grow", f->path);
    return lg_why(err, "`%.200s`: %.200s%s%s", f->path, said, error ? "; " : "", error ? strerror(error) : "");
}

static lg_status run(history_file *f, const char *sql, lg_err *err)
{
    f->waiting_since = 0;
    errno = 0;
    return store_sqlite.exec(f->db, sql, NULL, NULL, NULL) == SQLITE_OK ? LG_OK : sql_fail(f, errno, err);
}

/* ---- statements ---- */
/* Prepared once; sql is a literal. */
static lg_status prepare(history_file *f, const char *sql, sqlite3_stmt **out, lg_err *err)
{
    size_t i = 0;
    while (i < HISTORY_STATEMENTS && f->kept[i].sql && f->kept[i].sql != sql) i++;
    LG_BUG_ON(i == HISTORY_STATEMENTS);
    *out = f->kept[i].statement;
    if (f->kept[i].sql) return LG_OK;
    if (store_sqlite.prepare_v2(f->db, sql, -1, out, NULL) != SQLITE_OK) return sql_fail(f, errno, err);
    f->kept[i].sql = sql;
    f->kept[i].statement = *out;
    return LG_OK;
}

static void done(sqlite3_stmt *s)
{
    store_sqlite.reset(s);
    store_sqlite.clear_bindings(s);
}

/* Values: i int64_t, t bytes and size_t, NULL bytes are NULL. They live until the statement is done. */
static lg_status begin(history_file *f, sqlite3_stmt **out, lg_err *err, const char *sql, const char *types, ...)
{
    va_list ap;
    f->waiting_since = 0;
    errno = 0;
    LG_TRY(prepare(f, sql, out, err));
    bool good = true;
    va_start(ap, types);
    for (int i = 0; types[i]; i++) {
        if (types[i] == 'i') {
            good = store_sqlite.bind_int64(*out, i + 1, va_arg(ap, int64_t)) == SQLITE_OK && good;
            continue;
        }
        const char *bytes = va_arg(ap, const char *);
        int len = (int)va_arg(ap, size_t);
        int code = bytes ? store_sqlite.bind_text(*out, i + 1, bytes, len, SQLITE_STATIC)
                         : store_sqlite.bind_null(*out, i + 1);
        good = good && code == SQLITE_OK;
    }
    va_end(ap);
    if (good) return LG_OK;
    sql_fail(f, 0, err);
    done(*out);
    return err->status;
}

static bool row(history_file *f, sqlite3_stmt *s, lg_status *st, lg_err *err)
{
    if (*st) return false;
    f->waiting_since = 0;
    errno = 0;
    int code = store_sqlite.step(s);
    if (code != SQLITE_ROW && code != SQLITE_DONE) *st = sql_fail(f, errno, err);
    return code == SQLITE_ROW;
}

/* The first column of the first row, or none; the statement is done. */
static lg_status number(history_file *f, sqlite3_stmt *s, int64_t none, int64_t *out, lg_err *err)
{
    lg_status st = LG_OK;
    *out = row(f, s, &st, err) ? store_sqlite.column_int64(s, 0) : none;
    done(s);
    return st;
}

static lg_status ask_number(history_file *f, const char *sql, int64_t *out, lg_err *err)
{
    sqlite3_stmt *s;
    LG_TRY(begin(f, &s, err, sql, ""));
    return number(f, s, 0, out, err);
}

/* ---- opening ---- */
static int busy(void *ctx, int tries)
{
    history_file *f = ctx;
    double now = lg_now();
    if (!tries || f->waiting_since <= 0) f->waiting_since = now;
    if (now - f->waiting_since > MOST_WAITING) return 0;
    nanosleep(&(struct timespec){.tv_nsec = (tries < 20 ? 1 + tries : 20) * 1000000L}, NULL);
    return 1;
}

static lg_status not_used(const history_file *f, const char *why, lg_err *err)
{
    lg_fail(err, LG_E_FORMAT, 518, "the history of cells cannot be kept");
    lg_why(err, "`%.200s` %s; nothing in it was changed", f->path, why);
    return lg_try(err, "move the file away, or set another folder with LOGOLENS_HOME");
}

static lg_status version_of(history_file *f, int64_t *version, lg_err *err)
{
    int64_t application, count;
    /* the tables first: another program may be making them, and sets the number together with them */
    LG_TRY(ask_number(f, "SELECT count(*) FROM sqlite_master", &count, err));
    LG_TRY(ask_number(f, "PRAGMA application_id", &application, err));
    LG_TRY(ask_number(f, "PRAGMA user_version", version, err));
    if (application != APPLICATION && (application || count)) return not_used(f, "is another program's file", err);
    if (*version > VERSION) return not_used(f, "was made by a newer version of Logolens", err);
    return LG_OK;
}

static lg_status tables_make(history_file *f, lg_err *err)
{
    int64_t version;
    LG_TRY(version_of(f, &version, err));
    if (version >= VERSION) return LG_OK;
    LG_TRY(store_history_file_begin(f, err));
    lg_status st = version_of(f, &version, err); /* again, now that nobody else writes */
    if (!st && version < VERSION) st = run(f, tables, err);
    return store_history_file_end(f, st, err);
}

/* Empty and ours alone unless it is there: SQLite would make one that others can read. */
static lg_status file_make(const char *path, lg_err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0) close(fd);
    if (fd >= 0 || errno == EEXIST) return LG_OK;
    lg_fail(err, LG_E_IO, 518, "the history of cells cannot be kept");
    return lg_why(err, "`%.200s`: %s", path, strerror(errno));
}

/* Changing to WAL wants the file alone for a moment, and is not helped by the busy handler. Without WAL (a file system
 * without shared memory) it goes on in the slower way. */
static lg_status set_up(history_file *f, lg_err *err)
{
    static const char pragmas[] =
        "PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF;"
        "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 256";
    lg_err ignored = {0};
    double since = lg_now();
    while (run(f, "PRAGMA journal_mode = WAL", &ignored)) {
        if (ignored.code == 519) *err = ignored;
        if (ignored.code == 519) return err->status;
        if (lg_now() - since > 0.2) break;
        ignored = (lg_err){0};
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    return run(f, pragmas, err);
}

static lg_status connect(history_file *f, lg_err *err)
{
    struct stat st;
    if (stat(f->path, &st) == 0) f->device = st.st_dev, f->inode = st.st_ino;
    if (store_sqlite.open_v2(f->path, &f->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX, NULL) != SQLITE_OK)
        return f->db ? sql_fail(f, errno, err) : lg_fail(err, LG_E_MEMORY, 901, "out of memory");
    store_sqlite.extended_result_codes(f->db, 1);
    store_sqlite.busy_handler(f->db, busy, f);
    store_sqlite.db_config(f->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    /* a program that ends does not wait for the disk: the next one goes on with the log as it is */
    store_sqlite.db_config(f->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    return LG_OK;
}

static lg_status open_all(history_file *f, lg_err *err)
{
    int64_t version;
    LG_TRY(file_make(f->path, err));
    LG_TRY(connect(f, err));
    LG_TRY(version_of(f, &version, err)); /* before WAL, so that a foreign file stays as it is */
    LG_TRY(set_up(f, err));
    LG_TRY(tables_make(f, err));
    f->cells_put = TRIM_CELLS; /* others may have left much */
    return LG_OK;
}

lg_status store_history_file_open(history_file *f, const char *folder, lg_err *err)
{
    *f = (history_file){0};
    LG_TRY(store_sqlite_open(err));
    char *named = lg_strf(err, "%s/history.sqlite", folder);
    if (!named) return err->status;
    lg_status st = lg_reach_resolve(named, LG_REACH_WRITE, &f->path, err);
    if (!st) st = open_all(f, err);
    if (st) store_history_file_close(f);
    lg_free(named);
    return st;
}

void store_history_file_close(history_file *f)
{
    for (size_t i = 0; i < HISTORY_STATEMENTS && f->kept[i].sql; i++) store_sqlite.finalize(f->kept[i].statement);
    if (f->db) store_sqlite.close_v2(f->db);
    lg_free(f->path);
    *f = (history_file){.device = f->device, .inode = f->inode, .locked = f->locked};
}

/* ---- a damaged file ---- */
static void put_aside(const history_file *f, const char *path)
{
    struct stat now;
    char *log = lg_strf(&(lg_err){0}, "%s-wal", path), *index = lg_strf(&(lg_err){0}, "%s-shm", path);
    char *aside = lg_strf(&(lg_err){0}, "%.*s.damaged.sqlite", (int)(strlen(path) - strlen(".sqlite")), path);
    bool same = stat(path, &now) == 0 && now.st_dev == f->device && now.st_ino == f->inode;
    /* These first: a new file must meet neither. SQLite itself does away with an old log beside an empty file, but
     * takes an index that another program still holds for its own, and writes a log without a beginning. */
    if (log && index && aside && same) {
        unlink(log);
        unlink(index);
        if (rename(path, aside) != 0) lg_log(LG_LOG_WARN, "%s cannot be moved away: %s", path, strerror(errno));
    }
    lg_free(log);
    lg_free(index);
    lg_free(aside);
}

void store_history_file_put_aside(const history_file *f, const char *folder)
{
    int lock;
    char *path = NULL;
    lg_err err = {0};
    char *named = lg_strf(&err, "%s/history.sqlite", folder);
    lg_status st = named ? lg_reach_resolve(named, LG_REACH_WRITE, &path, &err) : err.status;
    if (!st) st = lg_reach_lock(path, NULL, &lock, &err);
    if (!st) {
        put_aside(f, path);
        lg_reach_unlock(lock);
    }
    lg_free(named);
    lg_free(path);
}

/* ---- putting ---- */
lg_status store_history_file_begin(history_file *f, lg_err *err)
{
    return run(f, "BEGIN IMMEDIATE", err);
}

static lg_status session_number(history_file *f, const history_session *s, int64_t *out, lg_err *err)
{
    sqlite3_stmt *q;
    int64_t none;
    *out = s->number;
    if (*out) return LG_OK;
    LG_TRY(begin(f, &q, err, "SELECT id FROM sessions WHERE key = ?", "t", s->key, (size_t)HISTORY_KEY));
    LG_TRY(number(f, q, 0, out, err));
    if (*out) return LG_OK;
    LG_TRY(begin(f, &q, err, "INSERT INTO sessions(key, started) VALUES(?, ?)", "ti", s->key, (size_t)HISTORY_KEY,
                 s->started));
    LG_TRY(number(f, q, 0, &none, err));
    *out = store_sqlite.last_insert_rowid(f->db);
    return LG_OK;
}

lg_status store_history_file_put(history_file *f, const history_session *s, const store_cell *cell, int64_t *session,
                                 lg_err *err)
{
    sqlite3_stmt *q;
    int64_t none;
    size_t bytes = cell->input_len + cell->output_len;
    LG_TRY(session_number(f, s, session, err));
    LG_TRY(begin(f, &q, err, "INSERT OR IGNORE INTO cells(session, line, bytes, input, output) VALUES(?, ?, ?, ?, ?)",
                 "iiitt", *session, cell->line, (int64_t)bytes, cell->input, cell->input_len, cell->output,
                 cell->output_len));
    LG_TRY(number(f, q, 0, &none, err));
    f->cells_put++;
    f->bytes_put += bytes;
    return LG_OK;
}

/* The newest cell that is too much, with a tenth more, so that this need not be done again at once. 0: none is. */
static lg_status first_too_old(history_file *f, int64_t *out, lg_err *err)
{
    int64_t cells, bytes, id = 0;
    sqlite3_stmt *q;
    lg_status st = LG_OK;
    *out = 0;
    LG_TRY(ask_number(f, "SELECT count(*) FROM cells", &cells, err));
    LG_TRY(ask_number(f, "SELECT sum(bytes) FROM cells", &bytes, err));
    if (cells <= HISTORY_CELLS && bytes <= HISTORY_BYTES) return LG_OK;
    cells = bytes = 0;
    LG_TRY(begin(f, &q, err, "SELECT id, bytes FROM cells ORDER BY id DESC", ""));
    while (!id && row(f, q, &st, err)) {
        bytes += store_sqlite.column_int64(q, 1);
        cells++;
        /* the newest stays, whatever its size */
        if (cells > 1 && (cells > HISTORY_CELLS / 10 * 9 || bytes > HISTORY_BYTES / 10 * 9))
            id = store_sqlite.column_int64(q, 0);
    }
    done(q);
    *out = id;
    return st;
}

static lg_status trim(history_file *f, lg_err *err)
{
    int64_t id, none;
    sqlite3_stmt *q;
    if (f->cells_put < TRIM_CELLS && f->bytes_put < TRIM_BYTES) return LG_OK;
    f->cells_put = f->bytes_put = 0;
    LG_TRY(first_too_old(f, &id, err));
    if (!id) return LG_OK;
    LG_TRY(begin(f, &q, err, "DELETE FROM cells WHERE id <= ?", "i", id));
    LG_TRY(number(f, q, 0, &none, err));
    return run(f, "DELETE FROM sessions WHERE id NOT IN (SELECT session FROM cells)", err);
}

lg_status store_history_file_end(history_file *f, lg_status st, lg_err *err)
{
    if (!st) st = trim(f, err);
    if (!st) st = run(f, "COMMIT", err);
    if (st && !store_sqlite.get_autocommit(f->db)) {
        lg_err ignored = {0}; /* the first failure is the one to tell */
        if (run(f, "ROLLBACK", &ignored)) lg_log(LG_LOG_WARN, "history: %s", ignored.msg);
    }
    return st;
}

/* ---- asking ---- */
lg_status store_history_file_next_session(history_file *f, int64_t *out, lg_err *err)
{
    LG_TRY(ask_number(f, "SELECT seq FROM sqlite_sequence WHERE name = 'sessions'", out, err));
    ++*out;
    return LG_OK;
}

lg_status store_history_file_next_line(history_file *f, int64_t session, int64_t *out, lg_err *err)
{
    sqlite3_stmt *q;
    LG_TRY(begin(f, &q, err, "SELECT max(line) FROM cells WHERE session = ?", "i", session));
    LG_TRY(number(f, q, 0, out, err));
    ++*out;
    return LG_OK;
}

/* Rows of id and input. */
static lg_status each(history_file *f, sqlite3_stmt *q, history_row_fn *fn, void *ctx, lg_err *err)
{
    lg_status st = LG_OK;
    while (row(f, q, &st, err)) {
        const char *input = (const char *)store_sqlite.column_text(q, 1);
        size_t len = (size_t)store_sqlite.column_bytes(q, 1);
        if (!fn(ctx, store_sqlite.column_int64(q, 0), input ? input : "", len)) break;
    }
    done(q);
    return st;
}

lg_status store_history_file_lines(history_file *f, int64_t session, int64_t start, int64_t stop, history_row_fn *fn,
                                   void *ctx, lg_err *err)
{
    sqlite3_stmt *q;
    LG_TRY(begin(f, &q, err,
                 "SELECT id, input FROM cells WHERE session = ? AND line >= ? AND line < ? ORDER BY line DESC", "iii",
                 session, start, stop));
    return each(f, q, fn, ctx, err);
}

lg_status store_history_file_others(history_file *f, int64_t session, history_row_fn *fn, void *ctx, lg_err *err)
{
    sqlite3_stmt *q;
    LG_TRY(begin(f, &q, err, "SELECT id, input FROM cells WHERE session <> ? ORDER BY session DESC, line DESC", "i",
                 session));
    return each(f, q, fn, ctx, err);
}

lg_status store_history_file_all(history_file *f, history_row_fn *fn, void *ctx, lg_err *err)
{
    sqlite3_stmt *q;
    LG_TRY(begin(f, &q, err, "SELECT id, input || x'0a' || coalesce(output, '') FROM cells", ""));
    return each(f, q, fn, ctx, err);
}

lg_status store_history_file_remove(history_file *f, int64_t id, lg_err *err)
{
    sqlite3_stmt *q;
    int64_t none;
    LG_TRY(begin(f, &q, err, "DELETE FROM cells WHERE id = ?", "i", id));
    return number(f, q, 0, &none, err);
}

lg_status store_history_file_shrink(history_file *f, lg_err *err)
{
    return run(f, "VACUUM; PRAGMA wal_checkpoint(TRUNCATE)", err);
}

lg_status store_history_file_tell(history_file *f, int64_t id, store_cell_fn *fn, void *ctx, bool *more, lg_err *err)
{
    sqlite3_stmt *q;
    lg_status st = LG_OK;
    LG_TRY(begin(f, &q, err, "SELECT session, line, input, output FROM cells WHERE id = ?", "i", id));
    if (row(f, q, &st, err)) {
        const char *input = (const char *)store_sqlite.column_text(q, 2);
        const store_cell cell = {.session = store_sqlite.column_int64(q, 0),
                                 .line = store_sqlite.column_int64(q, 1),
                                 .input = input ? input : "",
                                 .input_len = (size_t)store_sqlite.column_bytes(q, 2),
                                 .output = (const char *)store_sqlite.column_text(q, 3),
                                 .output_len = (size_t)store_sqlite.column_bytes(q, 3)};
        *more = fn(ctx, &cell);
    }
    done(q);
    return st;
}
