/* catalogue_forget.c - taking posts and people away, so that no byte of them is left, and keeping people away.
 *
 * secure_delete overwrites a row where it is deleted, but a page that was split earlier may hold an old copy in its
 * unused part. So the file is written anew (VACUUM) and the log is emptied. That a person's rows are gone and that this
 * is still to be done is one transaction; a program that is killed in between is finished by the next call. */
#include <ctype.h>
#include <string.h>
#include "lib/image/hash.h"
#include "lib/store/catalogue_parts.h"

#include "lib/base/banned.h"

#define REMOVED "[removed]"

/* ---- tombstones ---- */
lg_status store_tombstone(store_catalogue *c, const char *platform, char kind, const char *name,
                          char out[STORE_DIGEST_HEX], lg_err *err)
{
    lg_buf text;
    lg_buf_init(&text, 1 << 20);
    lg_buf_add(&text, c->salt, STORE_SALT);
    lg_buf_addf(&text, "%s", platform);
    lg_buf_addc(&text, 0);
    lg_buf_addc(&text, kind);
    for (const char *s = name; *s; s++) lg_buf_addc(&text, kind == 'i' ? *s : (char)tolower((unsigned char)*s));
    lg_status st = lg_buf_check(&text, err);
    if (!st) img_sha256(text.data, text.len, out);
    lg_buf_release(&text);
    return st;
}

static lg_status tombstone_there(store_catalogue *c, const char *platform, char kind, const char *name, bool *out,
                                 lg_err *err)
{
    char hash[STORE_DIGEST_HEX];
    int64_t n = 0;
    if (!name) return LG_OK;
    LG_TRY(store_tombstone(c, platform, kind, name, hash, err));
    LG_TRY(store_sql_number(c, 0, &n, err, "SELECT 1 FROM tombstones WHERE hash = ?", "t", hash));
    *out = *out || n;
    return LG_OK;
}

static lg_status tombstone_set(store_catalogue *c, const char *platform, char kind, const char *name, lg_err *err)
{
    char hash[STORE_DIGEST_HEX];
    if (!name || !*name) return LG_OK;
    LG_TRY(store_tombstone(c, platform, kind, name, hash, err));
    return store_sql_run(c, err, "INSERT OR IGNORE INTO tombstones(hash, at) VALUES(?, ?)", "ti", hash, store_now_ms());
}

lg_status store_any_forgotten(store_catalogue *c, bool *out, lg_err *err)
{
    int64_t n;
    LG_TRY(store_sql_number(c, 0, &n, err, "SELECT 1 FROM tombstones LIMIT 1", ""));
    *out = n != 0;
    return LG_OK;
}

lg_status store_catalogue_is_forgotten(store_catalogue *c, const char *platform, const char *id, const char *handle,
                                       bool *out, lg_err *err)
{
    *out = false;
    LG_TRY(tombstone_there(c, platform, 'i', id, out, err));
    return tombstone_there(c, platform, 'h', handle, out, err);
}

/* ---- mentions ---- */
static bool in_handle(char ch)
{
    return isalnum((unsigned char)ch) || ch == '_' || ch == '.' || ch == '-' || ch == ':' || (ch & 0x80);
}

/* Length of the handle at s, behind @ or /: "ann", "ann.bsky.social", "ann@server.example", "did:plc:abc". */
static size_t handle_length(const char *s, bool with_server)
{
    size_t n = 0;
    while (in_handle(s[n])) n++;
    if (with_server && n && s[n] == '@' && in_handle(s[n + 1]))
        for (n++; in_handle(s[n]);) n++;
    while (n && (s[n - 1] == '.' || s[n - 1] == '-' || s[n - 1] == ':')) n--;
    return n;
}

typedef bool mention_fn(void *ctx, const char *handle, size_t n);

/* How much at s, behind @ or /, names somebody: their whole handle, or the part before its server. */
static size_t mention_length(const char *s, mention_fn *is, void *ctx)
{
    size_t whole = handle_length(s, true), bare = handle_length(s, false);
    if (whole && is(ctx, s, whole)) return whole;
    return bare && bare != whole && is(ctx, s, bare) ? bare : 0;
}

/* Copies text, with what `is` says is a mention of somebody removed. */
static size_t mentions_remove(const char *text, mention_fn *is, void *ctx, lg_buf *out)
{
    size_t found = 0;
    for (const char *s = text; *s;) {
        size_t n = *s == '@' || *s == '/' ? mention_length(s + 1, is, ctx) : 0;
        lg_buf_addc(out, *s++);
        if (!n) continue;
        lg_buf_adds(out, REMOVED);
        s += n;
        found++;
    }
    return found;
}

typedef struct tombstone_look {
    store_catalogue *c;
    const char *platform;
    lg_status st;
    lg_err *err;
} tombstone_look;

static bool is_tombstoned(void *ctx, const char *handle, size_t n)
{
    tombstone_look *look = ctx;
    bool there = false;
    char name[256];
    if (look->st || n >= sizeof name) return false;
    memcpy(name, handle, n);
    name[n] = 0;
    look->st = tombstone_there(look->c, look->platform, 'h', name, &there, look->err);
    if (!look->st) look->st = tombstone_there(look->c, look->platform, 'm', name, &there, look->err);
    return there;
}

lg_status store_forgotten_mentions(store_catalogue *c, const char *platform, const char *text, char **out, lg_err *err)
{
    lg_buf without;
    tombstone_look look = {.c = c, .platform = platform, .err = err};
    *out = NULL;
    if (!strpbrk(text, "@/")) return LG_OK;
    lg_buf_init(&without, 0);
    size_t found = mentions_remove(text, is_tombstoned, &look, &without);
    lg_status st = look.st ? look.st : lg_buf_check(&without, err);
    if (!st && found) *out = lg_buf_take(&without, err);
    if (!st && found && !*out) st = err->status;
    lg_buf_release(&without);
    return st;
}

/* ---- a person ---- */
typedef struct person {
    int64_t id;
    char *platform, *native_id, *handle, *local; /* local: handle up to @ */
} person;

static void person_release(person *p)
{
    lg_free(p->platform);
    lg_free(p->native_id);
    lg_free(p->handle);
    lg_free(p->local);
}

static char *copy_or_null(const char *s, lg_err *err)
{
    return s ? lg_strdup(s, err) : NULL;
}

static lg_status person_fill(person *p, sqlite3_stmt *s, lg_err *err)
{
    *p = (person){.id = store_sqlite.column_int64(s, 0)};
    p->platform = copy_or_null(store_sql_text(s, 1), err);
    p->native_id = copy_or_null(store_sql_text(s, 2), err);
    p->handle = copy_or_null(store_sql_text(s, 3), err);
    const char *at = p->handle ? strchr(p->handle, '@') : NULL;
    p->local = at ? lg_strndup(p->handle, (size_t)(at - p->handle), err) : NULL;
    return err->status;
}

/* The first that the name means, and is still there; *found false: nobody. */
static lg_status person_find(store_catalogue *c, const char *platform, const char *name, person *out, bool *found,
                             lg_err *err)
{
    sqlite3_stmt *s;
    lg_status st = LG_OK;
    LG_TRY(store_sql_begin(c, &s, err,
                           "SELECT users.id, platforms.name, users.native_id, users.handle FROM users"
                           " JOIN platforms ON platforms.id = users.platform"
                           " WHERE (?1 IS NULL OR platforms.name = ?1)"
                           " AND (users.handle_key = lower(?2) OR users.native_id = ?2) ORDER BY users.id LIMIT 1",
                           "tt", platform, name));
    *found = store_sql_row(c, s, &st, err);
    if (*found) st = person_fill(out, s, err);
    store_sql_done(s);
    return st;
}

static bool is_one_of(const char *const *name, size_t names, const char *handle, size_t n)
{
    for (size_t i = 0; i < names; i++)
        if (name[i] && strlen(name[i]) == n && strncasecmp(name[i], handle, n) == 0) return true;
    return false;
}

static bool is_person(void *ctx, const char *handle, size_t n)
{
    const person *p = ctx;
    return is_one_of((const char *const[]){p->handle, p->local, p->native_id}, 3, handle, n);
}

typedef struct name_list {
    const char *const *name;
    size_t count;
} name_list;

static bool is_listed(void *ctx, const char *handle, size_t n)
{
    const name_list *list = ctx;
    return is_one_of(list->name, list->count, handle, n);
}

size_t store_mentions_remove(const char *text, const char *const *name, size_t names, lg_buf *out)
{
    return mentions_remove(text, is_listed, &(name_list){name, names}, out);
}

/* One place where strangers' texts are kept: reading and writing statement. */
typedef struct text_place {
    const char *find, *set; /* id and text of those that may hold ?1, in small letters; set ?1 where id = ?2 */
} text_place;
static const text_place places[] = {
    {"SELECT id, text FROM posts WHERE instr(lower(text), ?) > 0 AND id > ? ORDER BY id LIMIT 1",
     "UPDATE posts SET text = ? WHERE id = ?"},
    {"SELECT id, url FROM posts WHERE instr(lower(url), ?) > 0 AND id > ? ORDER BY id LIMIT 1",
     "UPDATE posts SET url = ? WHERE id = ?"},
    {"SELECT id, alt FROM media WHERE instr(lower(alt), ?) > 0 AND id > ? ORDER BY id LIMIT 1",
     "UPDATE media SET alt = ? WHERE id = ?"},
    {"SELECT id, url FROM media WHERE instr(lower(url), ?) > 0 AND id > ? ORDER BY id LIMIT 1",
     "UPDATE media SET url = ? WHERE id = ?"},
    {"SELECT id, why FROM media WHERE instr(lower(why), ?) > 0 AND id > ? ORDER BY id LIMIT 1",
     "UPDATE media SET why = ? WHERE id = ?"},
};

/* The next text behind *id that may mention the person. */
static lg_status text_next(store_catalogue *c, const text_place *place, const char *needle, int64_t *id, char **text,
                           lg_err *err)
{
    sqlite3_stmt *s;
    lg_status st = LG_OK;
    *text = NULL;
    LG_TRY(store_sql_begin(c, &s, err, place->find, "ti", needle, *id));
    if (store_sql_row(c, s, &st, err)) {
        *id = store_sqlite.column_int64(s, 0);
        *text = lg_strdup(store_sql_text(s, 1), err);
        if (!*text) st = err->status;
    }
    store_sql_done(s);
    return st;
}

static lg_status text_redact(store_catalogue *c, const text_place *place, const person *p, int64_t id, const char *text,
                             size_t *mentions, lg_err *err)
{
    lg_buf without;
    lg_buf_init(&without, 0);
    size_t found = mentions_remove(text, is_person, (void *)(uintptr_t)p, &without);
    lg_status st = lg_buf_check(&without, err);
    if (!st && found) st = store_sql_run(c, err, place->set, "ti", lg_buf_str(&without), id);
    *mentions += found;
    lg_buf_release(&without);
    return st;
}

static lg_status place_redact(store_catalogue *c, const text_place *place, const person *p, const char *name,
                              size_t *mentions, lg_err *err)
{
    int64_t id = 0;
    char *needle = lg_strdup(name, err);
    lg_status st = needle ? LG_OK : err->status;
    for (char *s = needle; s && *s; s++) *s = (char)tolower((unsigned char)*s); /* as SQLite's lower(): ASCII */
    while (!st) {
        char *text;
        st = text_next(c, place, needle, &id, &text, err);
        if (st || !text) break;
        st = text_redact(c, place, p, id, text, mentions, err);
        lg_free(text);
    }
    lg_free(needle);
    return st;
}

static lg_status mentions_redact(store_catalogue *c, const person *p, size_t *mentions, lg_err *err)
{
    const char *name[] = {p->local ? p->local : p->handle, p->native_id};
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; name[k] && *name[k] && i < sizeof places / sizeof *places; i++)
            LG_TRY(place_redact(c, &places[i], p, name[k], mentions, err));
    return LG_OK;
}

/* Is word in text, with no letter of a handle on either side? */
static bool holds_word(const char *text, const char *word)
{
    size_t n = word ? strlen(word) : 0;
    for (const char *s = text; n && s && *s; s++)
        if (strncasecmp(s, word, n) == 0 && !in_handle(s[n]) && (s == text || !in_handle(s[-1]))) return true;
    return false;
}

static bool scrape_names(const person *p, const char *user, const char *query, const char *cursor)
{
    const char *id = p->native_id, *at = id && cursor ? strstr(cursor, id) : NULL;
    if (user && is_person((void *)(uintptr_t)p, user, strlen(user))) return true;
    if (at && at > cursor && at[-1] == ':' && at[strlen(id)] == '/') return true; /* stage of an account */
    return holds_word(query, p->handle) || holds_word(query, p->local);
}

/* The next scrape behind *id; *mine: it is about the person, or its words name them. */
static lg_status scrape_next(store_catalogue *c, const person *p, int64_t *id, bool *mine, lg_err *err)
{
    sqlite3_stmt *s;
    lg_status st = LG_OK;
    LG_TRY(store_sql_begin(
        c, &s, err, "SELECT id, user_key, query, cursor FROM scrapes WHERE id > ? ORDER BY id LIMIT 1", "i", *id));
    bool there = store_sql_row(c, s, &st, err);
    *id = there ? store_sqlite.column_int64(s, 0) : 0;
    *mine = there && scrape_names(p, store_sql_text(s, 1), store_sql_text(s, 2), store_sql_text(s, 3));
    store_sql_done(s);
    return st;
}

static lg_status scrapes_forget(store_catalogue *c, const person *p, size_t *gone, lg_err *err)
{
    int64_t id = 0;
    do {
        bool mine;
        LG_TRY(scrape_next(c, p, &id, &mine, err));
        if (!mine) continue;
        LG_TRY(store_sql_run(c, err, "DELETE FROM scrapes WHERE id = ?", "i", id));
        ++*gone;
    } while (id);
    return LG_OK;
}

lg_status store_images_unused(store_catalogue *c, size_t *gone, lg_err *err)
{
    LG_TRY(store_sql_run(c, err,
                         "DELETE FROM images WHERE NOT EXISTS (SELECT 1 FROM post_image WHERE image = images.id)", ""));
    *gone += (size_t)store_sqlite.changes(c->db);
    return LG_OK;
}

static lg_status person_forget(store_catalogue *c, const person *p, store_forgotten *out, lg_err *err)
{
    int64_t posts;
    LG_TRY(tombstone_set(c, p->platform, 'i', p->native_id, err));
    LG_TRY(tombstone_set(c, p->platform, 'h', p->handle, err));
    LG_TRY(tombstone_set(c, p->platform, 'm', p->local, err));
    LG_TRY(store_sql_number(c, 0, &posts, err, "SELECT count(*) FROM posts WHERE user = ?", "i", p->id));
    LG_TRY(store_sql_run(c, err, "DELETE FROM posts WHERE user = ?", "i", p->id));
    LG_TRY(store_sql_run(c, err, "DELETE FROM users WHERE id = ?", "i", p->id));
    LG_TRY(mentions_redact(c, p, &out->mentions, err));
    LG_TRY(scrapes_forget(c, p, &out->scrapes, err));
    out->users++;
    out->posts += (size_t)posts;
    return LG_OK;
}

static lg_status forget_all(store_catalogue *c, const char *platform, const char *name, store_forgotten *out,
                            lg_err *err)
{
    for (bool found = true; found;) {
        person p = {0};
        lg_status st = person_find(c, platform, name, &p, &found, err);
        if (!st && found) st = person_forget(c, &p, out, err);
        person_release(&p);
        LG_TRY(st);
    }
    if (!out->users) return LG_OK;
    LG_TRY(store_images_unused(c, &out->images, err));
    return store_sql_run(c, err, "INSERT OR REPLACE INTO meta(key, value) VALUES('wipe', x'01')", "");
}

/* ---- bytes in files ---- */
static lg_status still_there(const lg_err *reason, lg_err *err)
{
    lg_fail(err, LG_E_IO, 736, "the person is removed, but bytes of theirs may be left in the catalogue's file");
    lg_why(err, "%s", reason->msg[0] ? reason->msg : "another program reads an older state of it");
    return lg_try(err, "close other programs that use the catalogue, and say the same line again");
}

/* The log is emptied only when nobody reads an older state of the file. */
static lg_status log_empty(store_catalogue *c, lg_err *err)
{
    int in_log = -1, copied = -1;
    c->waiting_since = 0;
    int code = store_sqlite.wal_checkpoint_v2(c->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, &in_log, &copied);
    if (code == SQLITE_OK && in_log == 0) return LG_OK;
    return code == SQLITE_OK ? lg_fail(err, LG_E_IO, 730, "another program reads an older state of the catalogue")
                             : store_sql_fail(c, "written", err);
}

lg_status store_catalogue_wipe(store_catalogue *c, lg_err *err)
{
    int64_t due;
    lg_err reason = {0};
    LG_TRY(store_sql_number(c, 0, &due, err, "SELECT 1 FROM meta WHERE key = 'wipe'", ""));
    if (!due) return LG_OK;
    LG_TRY(store_catalogue_sweep(c, err));
    lg_status st = store_sql_exec(c, "VACUUM", &reason);
    if (!st) st = log_empty(c, &reason);
    if (st) return still_there(&reason, err);
    return store_sql_run(c, err, "DELETE FROM meta WHERE key = 'wipe'", "");
}

lg_status store_catalogue_forget_user(store_catalogue *c, const char *platform, const char *name, store_forgotten *out,
                                      lg_err *err)
{
    int64_t due;
    store_forgotten done = {0};
    *out = done;
    if (*name == '@') name++;
    LG_TRY(store_sql_number(c, 0, &due, err, "SELECT 1 FROM meta WHERE key = 'wipe'", ""));
    LG_TRY(store_sql_write(c, err));
    LG_TRY(store_sql_end(c, forget_all(c, platform, name, &done, err), err));
    *out = done;
    if (!done.users && !due) {
        lg_fail(err, LG_E_DATA, 735, "nobody in the catalogue is called `%.80s`", name);
        return lg_try(err, "the handle as it stands on the platform, or the number of the account");
    }
    return store_catalogue_wipe(c, err);
}

/* ---- posts that are gone upstream ---- */
static lg_status posts_drop(store_catalogue *c, const char *platform, const char *const *id, size_t count,
                            size_t *dropped, lg_err *err)
{
    int64_t at;
    size_t images = 0;
    LG_TRY(store_platform_id(c, platform, &at, err));
    for (size_t i = 0; i < count; i++) {
        LG_TRY(store_sql_run(c, err, "DELETE FROM posts WHERE platform = ? AND native_id = ?", "it", at, id[i]));
        *dropped += (size_t)store_sqlite.changes(c->db);
    }
    if (!*dropped) return LG_OK;
    LG_TRY(store_sql_run(c, err, "DELETE FROM users WHERE NOT EXISTS (SELECT 1 FROM posts WHERE user = users.id)", ""));
    return store_images_unused(c, &images, err);
}

lg_status store_catalogue_drop_posts(store_catalogue *c, const char *platform, const char *const *id, size_t count,
                                     size_t *dropped, lg_err *err)
{
    size_t n = 0;
    *dropped = 0;
    LG_TRY(store_sql_write(c, err));
    LG_TRY(store_sql_end(c, posts_drop(c, platform, id, count, &n, err), err));
    *dropped = n;
    return n ? store_catalogue_sweep(c, err) : LG_OK;
}
