/* catalogue_page.c - a page of posts and the mark behind it, in one transaction. */
#include <string.h>
#include "lib/store/catalogue_parts.h"

#include "lib/base/banned.h"

/* ---- scrapes ---- */
void store_scrape_release(store_scrape *s)
{
    lg_free(s->cursor);
    s->cursor = NULL;
}

static lg_status scrape_read(store_catalogue *c, int64_t id, store_scrape *out, bool *there, lg_err *err)
{
    sqlite3_stmt *s;
    lg_status st = LG_OK;
    LG_TRY(store_sql_begin(c, &s, err,
                           "SELECT cursor, ids, pages, given, refused, done,"
                           " (SELECT count(*) FROM scrape_post WHERE scrape = scrapes.id), started FROM scrapes"
                           " WHERE id = ?",
                           "i", id));
    *there = store_sql_row(c, s, &st, err);
    if (*there) {
        const char *cursor = store_sql_text(s, 0);
        out->id = id;
        out->cursor = cursor ? lg_strdup(cursor, err) : NULL;
        if (cursor && !out->cursor) st = err->status;
        out->ids = (uint64_t)store_sqlite.column_int64(s, 1);
        out->pages = (uint64_t)store_sqlite.column_int64(s, 2);
        out->given = (uint64_t)store_sqlite.column_int64(s, 3);
        out->refused = (uint64_t)store_sqlite.column_int64(s, 4);
        out->done = store_sqlite.column_int64(s, 5) != 0;
        out->posts = (uint64_t)store_sqlite.column_int64(s, 6);
        out->started = store_sqlite.column_int64(s, 7);
    }
    store_sql_done(s);
    return st;
}

static lg_status scrape_begin(store_catalogue *c, const char *platform, const char *query, const char *user,
                              bool resume, int64_t *id, lg_err *err)
{
    int64_t at;
    LG_TRY(store_platform_id(c, platform, &at, err));
    LG_TRY(store_sql_run(c, err,
                         "INSERT OR IGNORE INTO scrapes(platform, query, user_key, started, updated)"
                         " VALUES(?, ?, lower(ltrim(?, '@')), ?, ?)",
                         "ittii", at, query, user, store_now_ms(), store_now_ms()));
    LG_TRY(store_sql_number(c, 0, id, err, "SELECT id FROM scrapes WHERE platform = ? AND query = ?", "it", at, query));
    if (resume) return LG_OK;
    LG_TRY(store_sql_run(c, err, "DELETE FROM scrape_post WHERE scrape = ?", "i", *id));
    LG_TRY(store_sql_run(c, err, "DELETE FROM scrape_note WHERE scrape = ?", "i", *id));
    return store_sql_run(c, err,
                         "UPDATE scrapes SET cursor = NULL, ids = 0, pages = 0, given = 0, refused = 0, done = 0,"
                         " started = ? WHERE id = ?",
                         "ii", store_now_ms(), *id);
}

lg_status store_catalogue_scrape(store_catalogue *c, const char *platform, const char *query, const char *user,
                                 bool resume, store_scrape *out, lg_err *err)
{
    bool there;
    int64_t id = 0;
    *out = (store_scrape){0};
    size_t n = strnlen(platform, sizeof out->platform - 1);
    memcpy(out->platform, platform, n);
    LG_TRY(store_sql_write(c, err));
    lg_status st = scrape_begin(c, platform, query, user, resume, &id, err);
    if (!st) st = scrape_read(c, id, out, &there, err);
    st = store_sql_end(c, st, err);
    if (st) store_scrape_release(out);
    return st;
}

/* ---- authors ---- */
typedef struct author {
    const char *id, *handle, *name;
} author;

/* By the platform's number where it is given; else by the handle. Somebody who was known by handle alone gets the
 * number when it comes. 0: nobody. */
static lg_status author_find(store_catalogue *c, int64_t platform, const author *a, int64_t *user, lg_err *err)
{
    *user = 0;
    if (a->id)
        LG_TRY(store_sql_number(c, 0, user, err, "SELECT id FROM users WHERE platform = ? AND native_id = ?", "it",
                                platform, a->id));
    if (*user || !a->handle) return LG_OK;
    if (a->id)
        return store_sql_number(
            c, 0, user, err, "SELECT id FROM users WHERE platform = ? AND handle_key = lower(?) AND native_id IS NULL",
            "it", platform, a->handle);
    return store_sql_number(c, 0, user, err,
                            "SELECT id FROM users WHERE platform = ? AND handle_key = lower(?)"
                            " ORDER BY native_id IS NULL, id DESC",
                            "it", platform, a->handle);
}

static lg_status author_keep(store_catalogue *c, int64_t platform, const author *a, int64_t *user, lg_err *err)
{
    *user = 0;
    if (!a->id && !a->handle) return LG_OK;
    LG_TRY(author_find(c, platform, a, user, err));
    if (*user)
        return store_sql_run(c, err,
                             "UPDATE users SET native_id = coalesce(?, native_id), handle = coalesce(?, handle),"
                             " handle_key = coalesce(lower(?), handle_key), name = coalesce(?, name) WHERE id = ?",
                             "tttti", a->id, a->handle, a->handle, a->name, *user);
    LG_TRY(store_sql_run(
        c, err, "INSERT INTO users(platform, native_id, handle, handle_key, name) VALUES(?, ?, ?, lower(?), ?)",
        "itttt", platform, a->id, a->handle, a->handle, a->name));
    *user = store_sqlite.last_insert_rowid(c->db);
    return LG_OK;
}

/* ---- posts ---- */
static lg_status post_insert(store_catalogue *c, int64_t platform, const store_post *p, int64_t user, int64_t *id,
                             lg_err *err)
{
    int64_t now = store_now_ms();
    LG_TRY(store_sql_run(c, err,
                         "INSERT INTO posts(platform, native_id, user, url, text, language, posted_at, likes, reposts,"
                         " replies, sensitive, first_seen, last_seen) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                         "itztttmnnniii", platform, p->id, user, p->url, p->text, p->language, p->time, p->likes,
                         p->reposts, p->replies, (int64_t)p->sensitive, now, now));
    *id = store_sqlite.last_insert_rowid(c->db);
    return LG_OK;
}

/* What is not given this time stays as it was. */
static lg_status post_update(store_catalogue *c, const store_post *p, int64_t user, int64_t id, lg_err *err)
{
    return store_sql_run(
        c, err,
        "UPDATE posts SET user = coalesce(?, user), url = coalesce(?, url), text = coalesce(?, text),"
        " language = coalesce(?, language), posted_at = coalesce(?, posted_at), likes = coalesce(?, likes),"
        " reposts = coalesce(?, reposts), replies = coalesce(?, replies), sensitive = ?, last_seen = ?"
        " WHERE id = ?",
        "ztttmnnniii", user, p->url, p->text, p->language, p->time, p->likes, p->reposts, p->replies,
        (int64_t)p->sensitive, store_now_ms(), id);
}

/* The same picture under the platform's name for it, or, where it has none, under the same address. Addresses of one
 * picture change from day to day on some platforms, so the name decides. */
static lg_status media_find(store_catalogue *c, int64_t post, size_t position, const store_media *m, int64_t *id,
                            lg_err *err)
{
    return store_sql_number(c, 0, id, err,
                            "SELECT id FROM media WHERE post = ? AND position = ? AND native_id IS ?"
                            " AND (native_id IS NOT NULL OR url IS ?)",
                            "iitt", post, (int64_t)position, m->id, m->url);
}

static lg_status media_keep(store_catalogue *c, int64_t post, size_t position, const store_media *m, lg_err *err)
{
    int64_t id;
    LG_TRY(media_find(c, post, position, m, &id, err));
    if (id)
        /* what could not be had under the old address may be there under a new one */
        return store_sql_run(c, err,
                             "UPDATE media SET state = CASE WHEN state = 2 AND url IS NOT ?1 AND ?1 IS NOT NULL THEN 0"
                             " ELSE state END, url = coalesce(?1, url), alt = coalesce(?2, alt) WHERE id = ?3",
                             "tti", m->url, m->alt, id);
    LG_TRY(store_sql_run(c, err, "DELETE FROM media WHERE post = ? AND position = ?", "ii", post, (int64_t)position));
    return store_sql_run(c, err,
                         "INSERT INTO media(post, position, native_id, url, alt, type, width, height)"
                         " VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
                         "iittttnn", post, (int64_t)position, m->id, m->url, m->alt, m->type ? m->type : "other",
                         (int64_t)m->width, (int64_t)m->height);
}

static lg_status parts_keep(store_catalogue *c, int64_t post, const store_post *p, lg_err *err)
{
    for (size_t i = 0; i < p->media_count; i++) LG_TRY(media_keep(c, post, i, &p->media[i], err));
    LG_TRY(store_sql_run(c, err, "DELETE FROM media WHERE post = ? AND position >= ?", "ii", post,
                         (int64_t)p->media_count));
    LG_TRY(store_sql_run(c, err, "DELETE FROM tags WHERE post = ?", "i", post));
    for (size_t i = 0; i < p->tag_count; i++)
        LG_TRY(store_sql_run(c, err, "INSERT OR IGNORE INTO tags(post, tag) VALUES(?, ?)", "it", post, p->tag[i]));
    return LG_OK;
}

typedef struct page_in {
    store_catalogue *c;
    const char *platform;
    int64_t platform_id, scrape;
    int64_t page;   /* where the page is remembered by its address, or 0 */
    bool forgotten; /* there are tombstones to look at */
    store_page_result *result;
} page_in;

static lg_status post_keep(page_in *in, const store_post *p, lg_err *err)
{
    store_catalogue *c = in->c;
    int64_t user, id;
    LG_TRY(author_keep(c, in->platform_id, &(author){p->author_id, p->author_handle, p->author_name}, &user, err));
    LG_TRY(store_sql_number(c, 0, &id, err, "SELECT id FROM posts WHERE platform = ? AND native_id = ?", "it",
                            in->platform_id, p->id));
    if (id) LG_TRY(post_update(c, p, user, id, err));
    else {
        LG_TRY(post_insert(c, in->platform_id, p, user, &id, err));
        in->result->fresh++;
    }
    LG_TRY(parts_keep(c, id, p, err));
    LG_TRY(store_sql_run(c, err, "INSERT OR IGNORE INTO scrape_post(scrape, post) VALUES(?, ?)", "ii", in->scrape, id));
    in->result->added += store_sqlite.changes(c->db) > 0;
    if (!in->page) return LG_OK;
    return store_sql_run(c, err, "INSERT OR IGNORE INTO page_post(page, post) VALUES(?, ?)", "ii", in->page, id);
}

/* Whoever was forgotten stays so: their posts are left out, and their handle in other people's texts. */
static lg_status post_keep_but_the_forgotten(page_in *in, const store_post *p, lg_err *err)
{
    bool left_out = false;
    char *text = NULL;
    if (!in->forgotten) return post_keep(in, p, err);
    LG_TRY(store_catalogue_is_forgotten(in->c, in->platform, p->author_id, p->author_handle, &left_out, err));
    in->result->forgotten += left_out;
    if (left_out) return LG_OK;
    if (p->text) LG_TRY(store_forgotten_mentions(in->c, in->platform, p->text, &text, err));
    store_post without = *p;
    if (text) without.text = text;
    lg_status st = post_keep(in, &without, err);
    lg_free(text);
    return st;
}

/* ---- the page ---- */
static lg_status overtaken(lg_err *err)
{
    lg_fail(err, LG_E_DATA, 733, "another program goes on with this scrape, or has taken it away");
    return lg_try(err, "wait until it has ended");
}

lg_status store_mark_move(store_catalogue *c, const store_scrape *s, const store_page *page, lg_err *err)
{
    LG_TRY(store_sql_run(c, err,
                         "UPDATE scrapes SET cursor = ?, ids = ?, pages = pages + 1, given = given + ?,"
                         " refused = refused + ?, done = ?, updated = ? WHERE id = ? AND pages = ? AND done = 0",
                         "tiiiiiii", page->next, (int64_t)page->ids, (int64_t)page->given, (int64_t)page->refused,
                         (int64_t)(page->done || !page->next), store_now_ms(), s->id, (int64_t)s->pages));
    return store_sqlite.changes(c->db) == 1 ? LG_OK : overtaken(err);
}

static lg_status page_keep(page_in *in, const store_scrape *s, const store_page *page, lg_err *err)
{
    LG_TRY(store_mark_move(in->c, s, page, err)); /* first: it is the cheap way to see that somebody else was quicker */
    LG_TRY(store_platform_id(in->c, in->platform, &in->platform_id, err));
    LG_TRY(store_any_forgotten(in->c, &in->forgotten, err));
    LG_TRY(store_page_remember(in->c, s->id, page, &in->page, err));
    for (size_t i = 0; i < page->count; i++) LG_TRY(post_keep_but_the_forgotten(in, &page->post[i], err));
    return store_page_left_out(in->c, s->id, in->page, in->result, err);
}

void store_scrape_stands(store_scrape *s, const store_page *page, char *next, size_t added)
{
    lg_free(s->cursor);
    s->cursor = next;
    s->ids = page->ids;
    s->pages++;
    s->given += page->given;
    s->refused += page->refused;
    s->posts += added;
    s->done = page->done || !page->next;
}

lg_status store_catalogue_page(store_catalogue *c, store_scrape *s, const store_page *page, store_page_result *out,
                               lg_err *err)
{
    store_page_result result = {0};
    page_in in = {.c = c, .platform = s->platform, .scrape = s->id, .result = &result};
    char *next = page->next ? lg_strdup(page->next, err) : NULL;
    if (page->next && !next) return err->status;
    result.count = page->count;
    lg_status st = store_sql_write(c, err);
    if (!st) st = store_sql_end(c, page_keep(&in, s, page, err), err);
    if (st) {
        lg_free(next);
        return st;
    }
    store_scrape_stands(s, page, next, result.added);
    if (out) *out = result;
    return LG_OK;
}
