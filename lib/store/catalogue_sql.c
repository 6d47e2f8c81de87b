/* catalogue_sql.c - statements, transactions, and SQLite's failures in our words. */
#include <errno.h>
#include <string.h>
#include <time.h>
#include "lib/store/catalogue_parts.h"

#include "lib/base/banned.h"

int64_t store_now_ms(void)
{
    struct timespec t;
    if (clock_gettime(CLOCK_REALTIME, &t) != 0) return 0;
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* SQLite knows ENOSPC by itself; a quota or a limit of the process is the same trouble. */
static bool no_room(int code, int error)
{
    if ((code & 0xff) == SQLITE_FULL) return true;
    return (code & 0xff) == SQLITE_IOERR && (error == ENOSPC || error == EFBIG || error == EDQUOT);
}

lg_status store_sql_fail(store_catalogue *c, const char *doing, lg_err *err)
{
    int left = errno, code = store_sqlite.extended_errcode(c->db), base = code & 0xff;
    /* SQLite does not keep the system's number when a COMMIT fails; errno was cleared before the call */
    int error = store_sqlite.system_errno(c->db) ? store_sqlite.system_errno(c->db) : left;
    if (base == SQLITE_NOMEM) return lg_fail(err, LG_E_MEMORY, 901, "out of memory");
    if (lg_cancelled(c->cancel) && base == SQLITE_BUSY) return lg_cancel_check(c->cancel, err);
    if (base == SQLITE_BUSY || base == SQLITE_LOCKED) {
        lg_fail(err, LG_E_IO, 730, "the catalogue of posts is busy: another program is writing to it");
        return lg_try(err, "the same line again in a moment");
    }
    if (no_room(code, error)) {
        lg_fail(err, LG_E_IO, 731, "there is no room left for the catalogue of posts");
        lg_why(err, "`%.200s` cannot grow; what was kept before is whole", c->file);
        return lg_try(err, "make room and say the same line again");
    }
    if (base == SQLITE_CORRUPT || base == SQLITE_NOTADB) {
        lg_fail(err, LG_E_FORMAT, 732, "the catalogue of posts is damaged");
        lg_why(err, "`%.200s`: %.200s", c->file, store_sqlite.errmsg(c->db));
        return lg_try(err, "move the file away, or put an older copy in its place");
    }
    lg_fail(err, LG_E_IO, 734, "the catalogue of posts cannot be %s", doing);
    return lg_why(err, "`%.200s`: %.200s%s%s", c->file, store_sqlite.errmsg(c->db), error ? "; " : "",
                  error ? strerror(error) : "");
}

/* ---- statements ---- */
static sqlite3_stmt *kept_statement(store_catalogue *c, const char *sql)
{
    for (size_t i = 0; i < STORE_STATEMENTS && c->kept[i].sql; i++)
        if (c->kept[i].sql == sql) return c->kept[i].statement;
    return NULL;
}

static lg_status prepare(store_catalogue *c, const char *sql, sqlite3_stmt **out, lg_err *err)
{
    *out = kept_statement(c, sql);
    if (*out) return LG_OK;
    size_t free = 0;
    while (free < STORE_STATEMENTS && c->kept[free].sql) free++;
    LG_BUG_ON(free == STORE_STATEMENTS);
    if (store_sqlite.prepare_v2(c->db, sql, -1, out, NULL) != SQLITE_OK) return store_sql_fail(c, "read", err);
    c->kept[free].sql = sql;
    c->kept[free].statement = *out;
    return LG_OK;
}

static int bind_number(sqlite3_stmt *s, int at, int64_t value, int64_t none, bool has_none)
{
    return has_none && value == none ? store_sqlite.bind_null(s, at) : store_sqlite.bind_int64(s, at, value);
}

static int bind_one(sqlite3_stmt *s, int at, char type, va_list *ap)
{
    const void *bytes;
    switch (type) {
    case 'i': return bind_number(s, at, va_arg(*ap, int64_t), 0, false);
    case 'n': return bind_number(s, at, va_arg(*ap, int64_t), STORE_NOT_GIVEN, true);
    case 'm': return bind_number(s, at, va_arg(*ap, int64_t), STORE_NO_TIME, true);
    case 'z': return bind_number(s, at, va_arg(*ap, int64_t), 0, true);
    case 'd': return store_sqlite.bind_double(s, at, va_arg(*ap, double));
    case 't':
        bytes = va_arg(*ap, const char *);
        return bytes ? store_sqlite.bind_text(s, at, bytes, -1, SQLITE_STATIC) : store_sqlite.bind_null(s, at);
    default:
        LG_BUG_ON(type != 'b');
        bytes = va_arg(*ap, const void *);
        return store_sqlite.bind_blob(s, at, bytes, (int)va_arg(*ap, size_t), SQLITE_STATIC);
    }
}

static lg_status begin_all(store_catalogue *c, sqlite3_stmt **out, lg_err *err, const char *sql, const char *types,
                           va_list *ap)
{
    LG_TRY(prepare(c, sql, out, err));
    for (int i = 0; types[i]; i++)
        if (bind_one(*out, i + 1, types[i], ap) != SQLITE_OK) {
            store_sql_fail(c, "read", err);
            store_sql_done(*out);
            return err->status;
        }
    return LG_OK;
}

lg_status store_sql_begin(store_catalogue *c, sqlite3_stmt **out, lg_err *err, const char *sql, const char *types, ...)
{
    va_list ap;
    va_start(ap, types);
    lg_status st = begin_all(c, out, err, sql, types, &ap);
    va_end(ap);
    return st;
}

bool store_sql_row(store_catalogue *c, sqlite3_stmt *s, lg_status *st, lg_err *err)
{
    if (*st) return false;
    c->waiting_since = 0;
    errno = 0;
    int code = store_sqlite.step(s);
    if (code != SQLITE_ROW && code != SQLITE_DONE) *st = store_sql_fail(c, "read or written", err);
    return code == SQLITE_ROW;
}

void store_sql_done(sqlite3_stmt *s)
{
    store_sqlite.reset(s);
    store_sqlite.clear_bindings(s);
}

lg_status store_sql_run(store_catalogue *c, lg_err *err, const char *sql, const char *types, ...)
{
    sqlite3_stmt *s;
    va_list ap;
    va_start(ap, types);
    lg_status st = begin_all(c, &s, err, sql, types, &ap);
    va_end(ap);
    if (st) return st;
    store_sql_row(c, s, &st, err);
    store_sql_done(s);
    return st;
}

lg_status store_sql_number(store_catalogue *c, int64_t none, int64_t *out, lg_err *err, const char *sql,
                           const char *types, ...)
{
    sqlite3_stmt *s;
    va_list ap;
    *out = none;
    va_start(ap, types);
    lg_status st = begin_all(c, &s, err, sql, types, &ap);
    va_end(ap);
    if (st) return st;
    if (store_sql_row(c, s, &st, err)) *out = store_sqlite.column_int64(s, 0);
    store_sql_done(s);
    return st;
}

const char *store_sql_text(sqlite3_stmt *s, int column)
{
    return (const char *)store_sqlite.column_text(s, column);
}

lg_status store_sql_exec(store_catalogue *c, const char *sql, lg_err *err)
{
    c->waiting_since = 0;
    errno = 0;
    return store_sqlite.exec(c->db, sql, NULL, NULL, NULL) == SQLITE_OK ? LG_OK : store_sql_fail(c, "written", err);
}

/* ---- transactions ---- */
lg_status store_sql_write(store_catalogue *c, lg_err *err)
{
    LG_TRY(lg_cancel_check(c->cancel, err));
    return store_sql_exec(c, "BEGIN IMMEDIATE", err);
}

lg_status store_sql_end(store_catalogue *c, lg_status st, lg_err *err)
{
    if (!st) st = store_sql_exec(c, "COMMIT", err);
    if (st && !store_sqlite.get_autocommit(c->db)) {
        lg_err ignored = {0}; /* the first failure is the one to tell */
        if (store_sql_exec(c, "ROLLBACK", &ignored)) lg_log(LG_LOG_WARN, "the catalogue: %s", ignored.msg);
    }
    return st;
}
