/* sqlite_library.c - SQLite under the name it has everywhere. */
#include "lib/store/sqlite_library.h"
#include "lib/base/library.h"
#include "lib/base/banned.h"

store_sqlite_functions store_sqlite;

static const lg_symbol symbols[] = {
#define STORE_SQLITE_SYMBOL(name) {"sqlite3_" #name, (void **)&store_sqlite.name},
    STORE_SQLITE_FUNCTIONS(STORE_SQLITE_SYMBOL)
#undef STORE_SQLITE_SYMBOL
        {0}};

/* 3.26 (2018) has the defences against files made to do harm. */
static lg_status new_enough(lg_err *err)
{
    if (store_sqlite.libversion_number() >= 3026000) return LG_OK;
    lg_fail(err, LG_E_UNSUPPORTED, 504, "SQLite is too old for the catalogue of posts");
    return lg_why(err, "it is version %d; 3026000 is needed", store_sqlite.libversion_number());
}

static lg_library sqlite = {.name = "SQLite",
                            .sonames = (const char *const[]){"libsqlite3.so.0", NULL},
                            .package = "libsqlite3-0",
                            .symbols = symbols,
                            .after_load = new_enough};

lg_status store_sqlite_open(lg_err *err)
{
    return lg_library_open(&sqlite, err);
}
