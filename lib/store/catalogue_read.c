/* catalogue_read.c - rows of posts, with their pictures and what a run says of them. */
#include <string.h>
#include "lib/store/catalogue_parts.h"

#include "lib/base/banned.h"

#define COLUMNS                                                                                                        \
    "SELECT posts.id, coalesce(posts.user, 0), platforms.name, posts.native_id, posts.url, posts.text, "               \
    "posts.language,"                                                                                                  \
    " users.native_id, users.handle, users.name, posts.posted_at, posts.likes, posts.reposts, posts.replies"
#define FROM " FROM posts JOIN platforms ON platforms.id = posts.platform LEFT JOIN users ON users.id = posts.user"
#define WHERE                                                                                                          \
    " WHERE (?1 = 0 OR posts.id IN (SELECT post FROM scrape_post WHERE scrape = ?1)) AND (?2 IS NULL OR "              \
    "platforms.name = ?2)"

static const char BY_POST[] =
    COLUMNS ", NULL, NULL, NULL, NULL, NULL, NULL" FROM WHERE " AND ?3 >= 0 ORDER BY posts.id";
/* Of the labels of a picture the likeliest: SQLite takes the other columns of a max() from its row. */
static const char BY_PICTURE[] =
    COLUMNS ", images.sha256, media.alt, best.label, best.p, images.width, images.height" FROM
            " JOIN media ON media.post = posts.id JOIN post_image ON post_image.media = media.id"
            " JOIN images ON images.id = post_image.image"
            " LEFT JOIN (SELECT image, label, max(p) AS p FROM predictions WHERE run = ?3 GROUP BY image) AS best"
            " ON best.image = images.id" WHERE " ORDER BY posts.id, media.position";

static int64_t number_or(sqlite3_stmt *s, int column, int64_t none)
{
    return store_sqlite.column_type(s, column) == SQLITE_NULL ? none : store_sqlite.column_int64(s, column);
}

static store_row row_of(sqlite3_stmt *s)
{
    store_row r = {.post = store_sqlite.column_int64(s, 0), .user = store_sqlite.column_int64(s, 1)};
    const char **text[] = {&r.platform, &r.id,        &r.url,           &r.text,
                           &r.language, &r.author_id, &r.author_handle, &r.author_name};
    for (int i = 0; i < 8; i++) *text[i] = store_sql_text(s, 2 + i);
    r.time = number_or(s, 10, STORE_NO_TIME);
    r.likes = number_or(s, 11, STORE_NOT_GIVEN);
    r.reposts = number_or(s, 12, STORE_NOT_GIVEN);
    r.replies = number_or(s, 13, STORE_NOT_GIVEN);
    r.sha256 = store_sql_text(s, 14);
    r.alt = store_sql_text(s, 15);
    r.label = store_sql_text(s, 16);
    r.p = store_sqlite.column_double(s, 17);
    r.width = (int32_t)number_or(s, 18, STORE_NOT_GIVEN);
    r.height = (int32_t)number_or(s, 19, STORE_NOT_GIVEN);
    return r;
}

lg_status store_catalogue_each(store_catalogue *c, const store_filter *filter, store_row_fn *fn, void *ctx, lg_err *err)
{
    sqlite3_stmt *s;
    lg_status st = LG_OK;
    /* a statement of its own, so that fn may read meanwhile */
    if (store_sqlite.prepare_v2(c->db, filter->pictures ? BY_PICTURE : BY_POST, -1, &s, NULL) != SQLITE_OK)
        return store_sql_fail(c, "read", err);
    if (store_sqlite.bind_int64(s, 1, filter->scrape) != SQLITE_OK ||
        (filter->platform && store_sqlite.bind_text(s, 2, filter->platform, -1, SQLITE_STATIC) != SQLITE_OK) ||
        store_sqlite.bind_int64(s, 3, filter->run) != SQLITE_OK)
        st = store_sql_fail(c, "read", err);
    while (store_sql_row(c, s, &st, err)) {
        store_row row = row_of(s);
        st = lg_cancel_check(c->cancel, err);
        if (!st) st = fn(ctx, &row, err);
    }
    store_sqlite.finalize(s);
    return st;
}
