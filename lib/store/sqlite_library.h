/* sqlite_library.h - the functions of SQLite that are used, loaded at first use. Internal to lib/store.
 *
 *     LG_TRY(store_sqlite_open(err));
 *     store_sqlite.step(statement);                   // sqlite3_step
 *
 * A kernel that never touches the catalogue does not load it; a machine without it gets LL504. */
#ifndef STORE_SQLITE_LIBRARY_H
#define STORE_SQLITE_LIBRARY_H

#include <sqlite3.h>
#include "lib/base/lg.h"

#define STORE_SQLITE_FUNCTIONS(X)                                                                                      \
    X(open_v2)                                                                                                         \
    X(close_v2)                                                                                                        \
    X(errmsg)                                                                                                          \
    X(extended_errcode)                                                                                                \
    X(extended_result_codes)                                                                                           \
    X(system_errno)                                                                                                    \
    X(busy_handler)                                                                                                    \
    X(db_config)                                                                                                       \
    X(exec)                                                                                                            \
    X(prepare_v2)                                                                                                      \
    X(step)                                                                                                            \
    X(reset)                                                                                                           \
    X(clear_bindings)                                                                                                  \
    X(finalize)                                                                                                        \
    X(bind_int64)                                                                                                      \
    X(bind_double)                                                                                                     \
    X(bind_text)                                                                                                       \
    X(bind_blob)                                                                                                       \
    X(bind_null)                                                                                                       \
    X(column_int64)                                                                                                    \
    X(column_double)                                                                                                   \
    X(column_text)                                                                                                     \
    X(column_blob)                                                                                                     \
    X(column_bytes)                                                                                                    \
    X(column_type)                                                                                                     \
    X(changes)                                                                                                         \
    X(last_insert_rowid)                                                                                               \
    X(get_autocommit)                                                                                                  \
    X(wal_checkpoint_v2)                                                                                               \
    X(libversion_number)

typedef struct store_sqlite_functions {
#define STORE_SQLITE_FUNCTION(name) __typeof__(sqlite3_##name) *name;
    STORE_SQLITE_FUNCTIONS(STORE_SQLITE_FUNCTION)
#undef STORE_SQLITE_FUNCTION
} store_sqlite_functions;
extern store_sqlite_functions store_sqlite;

/* LL504 where it is not installed, or older than 3.26. */
lg_status store_sqlite_open(lg_err *err) LG_MUST_CHECK;

#endif
