/* catalogue_parts.h - what the files of the catalogue share. Internal to lib/store. */
#ifndef STORE_CATALOGUE_PARTS_H
#define STORE_CATALOGUE_PARTS_H

#include "lib/store/catalogue.h"
#include "lib/store/sqlite_library.h"

enum { STORE_SALT = 32, STORE_STATEMENTS = 128, STORE_DIGEST_HEX = 65 };

struct store_catalogue {
    sqlite3 *db;
    char *file, *images; /* full paths */
    lg_cancel *cancel;
    double waiting_since; /* for the busy handler */
    uint8_t salt[STORE_SALT];
    struct {
        const char *sql; /* a literal: its address is its name */
        sqlite3_stmt *statement;
    } kept[STORE_STATEMENTS];
};

/* What SQLite says went wrong, as one of our errors. doing: "read", "written". */
lg_status store_sql_fail(store_catalogue *c, const char *doing, lg_err *err);

/* A statement with its values, ready to step; sql is a literal. One letter a value: i int64_t, n int64_t of which
 * STORE_NOT_GIVEN is NULL, m int64_t of which STORE_NO_TIME is NULL, z int64_t of which 0 is NULL, d double, t text or
 * NULL, b bytes and size_t. Done with store_sql_done. */
lg_status store_sql_begin(store_catalogue *c, sqlite3_stmt **out, lg_err *err, const char *sql, const char *types,
                          ...) LG_MUST_CHECK;
/* true: a row is there; false: no more, or st is set. */
bool store_sql_row(store_catalogue *c, sqlite3_stmt *s, lg_status *st, lg_err *err);
void store_sql_done(sqlite3_stmt *s);
/* Begin, one step, done. */
lg_status store_sql_run(store_catalogue *c, lg_err *err, const char *sql, const char *types, ...) LG_MUST_CHECK;
/* The first column of the first row, or `none` when there is no row. */
lg_status store_sql_number(store_catalogue *c, int64_t none, int64_t *out, lg_err *err, const char *sql,
                           const char *types, ...) LG_MUST_CHECK;
/* Text of a column; NULL stays NULL. Valid until the next step. */
const char *store_sql_text(sqlite3_stmt *s, int column);
/* Statements without values or results. */
lg_status store_sql_exec(store_catalogue *c, const char *sql, lg_err *err) LG_MUST_CHECK;

/* A transaction that writes. store_sql_end(c, st, err) commits when st is LG_OK, else takes everything back; returns st
 * or what went wrong in committing. */
lg_status store_sql_write(store_catalogue *c, lg_err *err) LG_MUST_CHECK;
lg_status store_sql_end(store_catalogue *c, lg_status st, lg_err *err) LG_MUST_CHECK;

/* Makes or brings up to date the tables of an open file. */
lg_status store_catalogue_migrate(store_catalogue *c, lg_err *err) LG_MUST_CHECK;
/* The platform's row, made at first use. */
lg_status store_platform_id(store_catalogue *c, const char *name, int64_t *out, lg_err *err) LG_MUST_CHECK;
/* Now, milliseconds since 1970 UTC. */
int64_t store_now_ms(void);

/* ---- the forgotten ---- */
/* kind 'i' number, 'h' handle, 'm' the part of a handle that texts mention. Salted hash as hex. */
lg_status store_tombstone(store_catalogue *c, const char *platform, char kind, const char *name,
                          char out[STORE_DIGEST_HEX], lg_err *err) LG_MUST_CHECK;
/* text with every mention of somebody who was forgotten taken out; *out NULL: nothing to change, else owned. */
lg_status store_forgotten_mentions(store_catalogue *c, const char *platform, const char *text, char **out,
                                   lg_err *err) LG_MUST_CHECK;
/* Is anybody? */
lg_status store_any_forgotten(store_catalogue *c, bool *out, lg_err *err) LG_MUST_CHECK;
/* Ends what forgetting somebody began, where a program was killed in between. LL736. */
lg_status store_catalogue_wipe(store_catalogue *c, lg_err *err) LG_MUST_CHECK;
/* Pictures' rows that no post shows any more; within a transaction. */
lg_status store_images_unused(store_catalogue *c, size_t *gone, lg_err *err) LG_MUST_CHECK;

/* ---- catalogue_page.c ---- */
/* Moves a scrape behind a page, unless somebody else has: LL733. */
lg_status store_mark_move(store_catalogue *c, const store_scrape *s, const store_page *page, lg_err *err) LG_MUST_CHECK;
/* The scrape as it stands behind the page; next (owned) is consumed. */
void store_scrape_stands(store_scrape *s, const store_page *page, char *next, size_t added);

/* ---- catalogue_again.c ---- */
/* The page's notes, and its address where it has one: *id, or 0. */
lg_status store_page_remember(store_catalogue *c, int64_t scrape, const store_page *page, int64_t *id,
                              lg_err *err) LG_MUST_CHECK;
/* Notes of what the page gave and the scrape did not get: posts of the forgotten, and posts it had already. */
lg_status store_page_left_out(store_catalogue *c, int64_t scrape, int64_t page, const store_page_result *r,
                              lg_err *err) LG_MUST_CHECK;

#endif
