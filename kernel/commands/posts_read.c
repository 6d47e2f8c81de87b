/* posts_read.c - posts and pictures out of the user's catalogue. */
#include "kernel/commands/box_posts.h"
#include "lib/base/reach.h"
#include "lib/image/jail.h"
#include "lib/image/png.h"
#include "lib/image/resize.h"
#include "lib/store/paths.h"

#include <string.h>

#include "lib/base/banned.h"

enum { MOST_BYTES = 64 << 20 }; /* of a picture's file */

lg_status cmd_catalogue_open(const dsl_call *call, store_catalogue **out, lg_err *err)
{
    store_paths paths = {0};
    *out = NULL;
    lg_status st = store_paths_init(&paths, err);
    if (!st) st = store_catalogue_open(paths.data, call->cancel, out, err);
    store_paths_release(&paths);
    return st;
}

/* ---- posts of a scrape ---- */
typedef struct reading {
    rep_posts *posts;
    rep_post *post;
    int64_t *key; /* the catalogue's number of each post, which grows */
    size_t count, room;
    rep_picture *picture;
    size_t *owner; /* place of each picture's post; grows too */
    size_t pictures, picture_room;
    size_t at; /* post that pictures came for last */
} reading;

static bool grow(void **block, size_t old, size_t count, size_t size, lg_err *err)
{
    void *more = lg_realloc(*block, old, count, size, err);
    if (more) *block = more;
    return more != NULL;
}

static const char *keep(reading *r, const char *text, lg_err *err)
{
    return text ? lg_arena_strndup(&r->posts->arena, text, strlen(text), err) : NULL;
}

static lg_status add_post(void *ctx, const store_row *row, lg_err *err)
{
    reading *r = ctx;
    if (r->count == r->room) {
        size_t room = r->room ? 2 * r->room : 64;
        if (!grow((void **)&r->post, r->room, room, sizeof *r->post, err) ||
            !grow((void **)&r->key, r->room, room, sizeof *r->key, err))
            return err->status;
        r->room = room;
    }
    r->key[r->count] = row->post;
    r->post[r->count++] = (rep_post){.platform = keep(r, row->platform, err),
                                     .id = keep(r, row->id, err),
                                     .url = keep(r, row->url, err),
                                     .text = keep(r, row->text, err),
                                     .language = keep(r, row->language, err),
                                     .author_id = keep(r, row->author_id, err),
                                     .author_handle = keep(r, row->author_handle, err),
                                     .author_name = keep(r, row->author_name, err),
                                     .time = row->time == STORE_NO_TIME ? REP_NO_TIME : row->time,
                                     .likes = row->likes,
                                     .reposts = row->reposts,
                                     .replies = row->replies};
    return err->status;
}

/* Rows come in the order of posts. One that another program has added since the posts were read is left out. */
static lg_status add_picture(void *ctx, const store_row *row, lg_err *err)
{
    reading *r = ctx;
    while (r->at < r->count && r->key[r->at] < row->post) r->at++;
    if (r->at == r->count || r->key[r->at] != row->post) return LG_OK;
    if (r->pictures == r->picture_room) {
        size_t room = r->picture_room ? 2 * r->picture_room : 64;
        if (!grow((void **)&r->picture, r->picture_room, room, sizeof *r->picture, err) ||
            !grow((void **)&r->owner, r->picture_room, room, sizeof *r->owner, err))
            return err->status;
        r->picture_room = room;
    }
    rep_picture *picture = &r->picture[r->pictures];
    *picture = (rep_picture){.alt = keep(r, row->alt, err), .width = row->width, .height = row->height, .label = -1};
    memcpy(picture->sha256, row->sha256, strnlen(row->sha256, sizeof picture->sha256 - 1));
    r->owner[r->pictures++] = r->at;
    return err->status;
}

/* Both lists into the arena; each post gets its stretch of the pictures. */
static lg_status finish(reading *r, lg_err *err)
{
    rep_post *post = lg_arena_alloc(&r->posts->arena, r->count + 1, sizeof *post, err);
    rep_picture *picture = post ? lg_arena_alloc(&r->posts->arena, r->pictures + 1, sizeof *picture, err) : NULL;
    if (!picture) return err->status;
    if (r->count) memcpy(post, r->post, r->count * sizeof *post);
    if (r->pictures) memcpy(picture, r->picture, r->pictures * sizeof *picture);
    for (size_t i = 0; i < r->pictures; i++) {
        rep_post *owner = &post[r->owner[i]];
        if (!owner->pictures++) owner->picture = &picture[i];
    }
    r->posts->post = post;
    r->posts->count = r->count;
    return LG_OK;
}

lg_status cmd_posts_read(store_catalogue *catalogue, int64_t scrape, const char *title, rep_posts **out, lg_err *err)
{
    reading r = {0};
    lg_status st;
    LG_TRY(rep_posts_new(&r.posts, err));
    r.posts->title = keep(&r, title, err);
    if (title && !r.posts->title) LG_GO(err->status);
    LG_GO(store_catalogue_each(catalogue, &(store_filter){.scrape = scrape}, add_post, &r, err));
    LG_GO(store_catalogue_each(catalogue, &(store_filter){.scrape = scrape, .pictures = true}, add_picture, &r, err));
    LG_GO(finish(&r, err));
    *out = r.posts;
    r.posts = NULL;
done:
    lg_free(r.post);
    lg_free(r.key);
    lg_free(r.picture);
    lg_free(r.owner);
    rep_posts_unref(r.posts);
    return st;
}

/* ---- pictures ---- */
char *cmd_picture_path(const char *sha256, lg_err *err)
{
    store_paths paths = {0};
    if (strlen(sha256) != 64 || strspn(sha256, "0123456789abcdef") != 64) {
        lg_fail(err, LG_E_INTERNAL, 903, "`%.80s` names no picture", sha256);
        return NULL;
    }
    char *path = store_paths_init(&paths, err) == LG_OK ? lg_strf(err, "%s/images/%s", paths.data, sha256) : NULL;
    store_paths_release(&paths);
    return path;
}

static lg_status picture_bytes(const rep_picture *picture, lg_buf *out, lg_err *err)
{
    if (picture->jpeg) {
        lg_buf_add(out, picture->jpeg, picture->jpeg_len);
        return lg_buf_check(out, err);
    }
    char *own = picture->file ? NULL : cmd_picture_path(picture->sha256, err);
    if (!picture->file && !own) return err->status;
    lg_status st = lg_reach_read(picture->file ? picture->file : own, out, err);
    lg_free(own);
    return st;
}

static lg_status fitted(const img_picture *full, const img_view *view, int side, img_picture *out, lg_err *err)
{
    double w = view->x1 - view->x0, h = view->y1 - view->y0, longer = w > h ? w : h;
    double scale = longer > side ? side / longer : 1;
    int rows = (int)(h * scale + 0.5), columns = (int)(w * scale + 0.5);
    return img_resize_view(full, view, rows > 0 ? rows : 1, columns > 0 ? columns : 1, out, err);
}

lg_status cmd_picture_pixels(const rep_picture *picture, int side, img_picture *out, lg_err *err)
{
    const img_decode_options want = {.channels = 3, .min_w = side, .min_h = side};
    img_picture full = {0};
    img_info info;
    lg_buf bytes;
    lg_buf_init(&bytes, MOST_BYTES);
    lg_status st = picture_bytes(picture, &bytes, err);
    if (!st) st = img_jail_decode(bytes.data, bytes.len, &want, &full, &info, err);
    lg_buf_release(&bytes);
    if (!st) st = fitted(&full, &info.view, side, out, err);
    img_picture_release(&full);
    return st;
}

lg_status cmd_picture_thumb(const rep_picture *picture, int side, lg_buf *out, lg_err *err)
{
    enum { QUALITY = 82 };
    img_picture small = {0};
    LG_TRY(cmd_picture_pixels(picture, side, &small, err));
    lg_status st = img_jpeg_write(&small, QUALITY, out, err);
    img_picture_release(&small);
    return st;
}
