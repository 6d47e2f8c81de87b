/* catalogue_again.c - what was said before: notes of pages, and versions of answers for conditional requests.
 *
 * A page that has not changed is not sent again, so what it held is kept with its address: its posts, its notes and the
 * mark behind it, all as rows that go when the posts or the scrape go. The bytes of answers are not kept: they would be
 * a second place where people stand. */
#include <string.h>
#include "lib/image/hash.h"
#include "lib/store/catalogue_parts.h"

#include "lib/base/banned.h"

static lg_status key_of(store_catalogue *c, const char *address, char out[STORE_DIGEST_HEX], lg_err *err)
{
    lg_buf text;
    lg_buf_init(&text, 1 << 20);
    lg_buf_add(&text, c->salt, STORE_SALT);
    lg_buf_addc(&text, 'a'); /* no hash of a person: those go on with a platform's name */
    lg_buf_addc(&text, 0);
    lg_buf_adds(&text, address);
    lg_status st = lg_buf_check(&text, err);
    if (!st) img_sha256(text.data, text.len, out);
    lg_buf_release(&text);
    return st;
}

/* ---- notes ---- */
static lg_status note_keep(store_catalogue *c, int64_t scrape, int64_t page, const store_note *n, lg_err *err)
{
    const char kind[2] = {(char)n->kind, 0};
    LG_TRY(store_sql_run(c, err,
                         "INSERT INTO scrape_note(scrape, kind, what, why, posts) VALUES(?, ?, ?, ?, ?)"
                         " ON CONFLICT(scrape, kind, what) DO UPDATE SET posts = posts + excluded.posts",
                         "ittti", scrape, kind, n->what, n->why, (int64_t)n->posts));
    if (!page) return LG_OK;
    return store_sql_run(c, err,
                         "INSERT OR REPLACE INTO page_note(page, kind, what, why, posts) VALUES(?, ?, ?, ?, ?)",
                         "ittti", page, kind, n->what, n->why, (int64_t)n->posts);
}

lg_status store_page_remember(store_catalogue *c, int64_t scrape, const store_page *page, int64_t *id, lg_err *err)
{
    char key[STORE_DIGEST_HEX];
    *id = 0;
    if (page->address) {
        LG_TRY(key_of(c, page->address, key, err));
        LG_TRY(store_sql_run(c, err, "DELETE FROM pages WHERE scrape = ? AND key = ?", "it", scrape, key));
    }
    if (page->address && (page->etag || page->modified)) {
        LG_TRY(store_sql_run(c, err,
                             "INSERT INTO pages(scrape, key, etag, modified, next, ids, given, refused, done)"
                             " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
                             "ittttiiii", scrape, key, page->etag, page->modified, page->next, (int64_t)page->ids,
                             (int64_t)page->given, (int64_t)page->refused, (int64_t)page->done));
        *id = store_sqlite.last_insert_rowid(c->db);
    }
    for (size_t i = 0; i < page->notes; i++) LG_TRY(note_keep(c, scrape, *id, &page->note[i], err));
    return LG_OK;
}

/* Not with the page: what is there already depends on the pages before. */
static lg_status left_out_again(store_catalogue *c, int64_t scrape, size_t count, lg_err *err)
{
    const store_note note = {STORE_LEFT_OUT, "given again on a later page", NULL, count};
    return count ? note_keep(c, scrape, 0, &note, err) : LG_OK;
}

lg_status store_page_left_out(store_catalogue *c, int64_t scrape, int64_t page, const store_page_result *r, lg_err *err)
{
    const store_note gone = {STORE_LEFT_OUT, "by people who were removed from the catalogue", NULL, r->forgotten};
    if (r->forgotten) LG_TRY(note_keep(c, scrape, page, &gone, err));
    return left_out_again(c, scrape, r->count - r->added - r->forgotten, err);
}

lg_status store_catalogue_notes(store_catalogue *c, int64_t scrape, store_note_fn *fn, void *ctx, lg_err *err)
{
    sqlite3_stmt *s;
    lg_status st = LG_OK;
    LG_TRY(store_sql_begin(c, &s, err,
                           "SELECT kind, what, why, posts FROM scrape_note WHERE scrape = ? ORDER BY kind, posts DESC,"
                           " what",
                           "i", scrape));
    while (store_sql_row(c, s, &st, err)) {
        store_note note = {.kind = (store_note_kind)store_sql_text(s, 0)[0],
                           .what = store_sql_text(s, 1),
                           .why = store_sql_text(s, 2),
                           .posts = (uint64_t)store_sqlite.column_int64(s, 3)};
        st = fn(ctx, &note, err);
    }
    store_sql_done(s);
    return st;
}

/* ---- versions ---- */
void store_heard_release(store_heard *h)
{
    lg_free(h->etag);
    lg_free(h->modified);
    lg_free(h->kept);
    *h = (store_heard){0};
}

static char *copy_or_null(const char *s, lg_err *err)
{
    return s ? lg_strdup(s, err) : NULL;
}

/* A row of etag, modified and what was kept. */
static lg_status heard_read(store_catalogue *c, sqlite3_stmt *s, store_heard *out, lg_err *err)
{
    lg_status st = LG_OK;
    *out = (store_heard){0};
    if (store_sql_row(c, s, &st, err)) {
        out->etag = copy_or_null(store_sql_text(s, 0), err);
        out->modified = copy_or_null(store_sql_text(s, 1), err);
        out->kept = copy_or_null(store_sql_text(s, 2), err);
        st = err->status;
    }
    store_sql_done(s);
    if (st) store_heard_release(out);
    return st;
}

lg_status store_catalogue_page_heard(store_catalogue *c, int64_t scrape, const char *address, store_heard *out,
                                     lg_err *err)
{
    sqlite3_stmt *s;
    char key[STORE_DIGEST_HEX];
    LG_TRY(key_of(c, address, key, err));
    LG_TRY(store_sql_begin(c, &s, err, "SELECT etag, modified, NULL FROM pages WHERE scrape = ? AND key = ?", "it",
                           scrape, key));
    return heard_read(c, s, out, err);
}

lg_status store_catalogue_hear(store_catalogue *c, const char *address, bool picture, const store_heard *heard,
                               lg_err *err)
{
    char key[STORE_DIGEST_HEX];
    LG_TRY(key_of(c, address, key, err));
    if (picture)
        return store_sql_run(c, err,
                             "INSERT OR REPLACE INTO answers(key, etag, modified, image)"
                             " SELECT ?, ?, ?, id FROM images WHERE sha256 = ?",
                             "tttt", key, heard->etag, heard->modified, heard->kept);
    return store_sql_run(c, err, "INSERT OR REPLACE INTO answers(key, etag, modified, kept) VALUES(?, ?, ?, ?)", "tttt",
                         key, heard->etag, heard->modified, heard->kept);
}

lg_status store_catalogue_heard(store_catalogue *c, const char *address, store_heard *out, lg_err *err)
{
    sqlite3_stmt *s;
    char key[STORE_DIGEST_HEX];
    LG_TRY(key_of(c, address, key, err));
    LG_TRY(store_sql_begin(c, &s, err,
                           "SELECT etag, modified, coalesce(sha256, kept) FROM answers"
                           " LEFT JOIN images ON images.id = answers.image WHERE key = ?",
                           "t", key));
    return heard_read(c, s, out, err);
}

/* ---- a page once more ---- */
typedef struct again {
    int64_t page;
    char *next; /* owned until the scrape takes it */
    store_page as; /* what the mark is moved by */
    size_t added;
} again;

static lg_status page_find(store_catalogue *c, const store_scrape *s, const char *address, again *out, lg_err *err)
{
    sqlite3_stmt *row;
    lg_status st = LG_OK;
    char key[STORE_DIGEST_HEX];
    LG_TRY(key_of(c, address, key, err));
    LG_TRY(store_sql_begin(c, &row, err,
                           "SELECT id, next, ids, given, refused, done FROM pages WHERE scrape = ? AND key = ?", "it",
                           s->id, key));
    if (store_sql_row(c, row, &st, err)) {
        out->page = store_sqlite.column_int64(row, 0);
        out->next = copy_or_null(store_sql_text(row, 1), err);
        out->as = (store_page){.next = out->next,
                               .ids = (uint64_t)store_sqlite.column_int64(row, 2),
                               .given = (uint64_t)store_sqlite.column_int64(row, 3),
                               .refused = (uint64_t)store_sqlite.column_int64(row, 4),
                               .done = store_sqlite.column_int64(row, 5) != 0};
        st = err->status;
    } else if (!st) {
        /* it went between asking and answering, with the scrape */
        st = lg_fail(err, LG_E_DATA, 733, "another program goes on with this scrape, or has taken it away");
    }
    store_sql_done(row);
    return st;
}

static lg_status posts_again(store_catalogue *c, const store_scrape *s, again *a, store_page_result *out, lg_err *err)
{
    int64_t n;
    LG_TRY(store_sql_run(c, err,
                         "INSERT OR IGNORE INTO scrape_post(scrape, post)"
                         " SELECT ?1, post FROM page_post WHERE page = ?2 ORDER BY post",
                         "ii", s->id, a->page));
    a->added = out->added = (size_t)store_sqlite.changes(c->db);
    LG_TRY(store_sql_number(c, 0, &n, err, "SELECT count(*) FROM page_post WHERE page = ?", "i", a->page));
    out->count = (size_t)n;
    LG_TRY(left_out_again(c, s->id, out->count - out->added, err));
    return store_sql_run(c, err,
                         "INSERT INTO scrape_note(scrape, kind, what, why, posts)"
                         " SELECT ?1, kind, what, why, posts FROM page_note WHERE page = ?2"
                         " ON CONFLICT(scrape, kind, what) DO UPDATE SET posts = posts + excluded.posts",
                         "ii", s->id, a->page);
}

static lg_status page_again(store_catalogue *c, store_scrape *s, const char *address, again *a, store_page_result *out,
                            lg_err *err)
{
    LG_TRY(page_find(c, s, address, a, err));
    LG_TRY(store_mark_move(c, s, &a->as, err));
    return posts_again(c, s, a, out, err);
}

lg_status store_catalogue_page_again(store_catalogue *c, store_scrape *s, const char *address, store_page_result *out,
                                     lg_err *err)
{
    again a = {0};
    store_page_result result = {0};
    lg_status st = store_sql_write(c, err);
    if (!st) st = store_sql_end(c, page_again(c, s, address, &a, &result, err), err);
    if (st) {
        lg_free(a.next);
        return st;
    }
    store_scrape_stands(s, &a.as, a.next, a.added);
    if (out) *out = result;
    return LG_OK;
}

/* ---- pictures ---- */
static lg_status image_again(store_catalogue *c, int64_t media, const char *sha256, bool *done, lg_err *err)
{
    LG_TRY(store_sql_run(c, err,
                         "INSERT OR REPLACE INTO post_image(media, post, image)"
                         " SELECT media.id, media.post, images.id FROM media, images"
                         " WHERE media.id = ? AND images.sha256 = ?",
                         "it", media, sha256));
    *done = store_sqlite.changes(c->db) > 0;
    if (!*done) return LG_OK;
    return store_sql_run(c, err, "UPDATE media SET state = 1, why = NULL WHERE id = ?", "i", media);
}

lg_status store_catalogue_image_again(store_catalogue *c, int64_t media, const char *sha256, bool *done, lg_err *err)
{
    LG_TRY(store_sql_write(c, err));
    return store_sql_end(c, image_again(c, media, sha256, done, err), err);
}

#define OF_SCRAPE " FROM media WHERE post IN (SELECT post FROM scrape_post WHERE scrape = ?1)"

lg_status store_catalogue_media(store_catalogue *c, int64_t scrape, store_media_counts *out, store_lost_fn *lost,
                                void *ctx, lg_err *err)
{
    sqlite3_stmt *s;
    lg_status st = LG_OK;
    *out = (store_media_counts){0};
    LG_TRY(store_sql_begin(
        c, &s, err,
        "SELECT sum(state = 1), sum(state = 0 AND url IS NOT NULL), sum(state = 2), sum(state = 0 AND url IS NULL),"
        " (SELECT count(DISTINCT image) FROM post_image WHERE post IN (SELECT post FROM scrape_post WHERE scrape = "
        "?1))" OF_SCRAPE,
        "i", scrape));
    if (store_sql_row(c, s, &st, err))
        *out = (store_media_counts){.kept = store_sqlite.column_int64(s, 0),
                                    .wanted = store_sqlite.column_int64(s, 1),
                                    .lost = store_sqlite.column_int64(s, 2),
                                    .without = store_sqlite.column_int64(s, 3),
                                    .images = store_sqlite.column_int64(s, 4)};
    store_sql_done(s);
    if (st || !lost || !out->lost) return st;
    LG_TRY(store_sql_begin(c, &s, err,
                           "SELECT coalesce(why, ''), count(*)" OF_SCRAPE
                           " AND state = 2 GROUP BY 1 ORDER BY 2 DESC, 1",
                           "i", scrape));
    while (store_sql_row(c, s, &st, err)) st = lost(ctx, store_sql_text(s, 0), store_sqlite.column_int64(s, 1), err);
    store_sql_done(s);
    return st;
}
