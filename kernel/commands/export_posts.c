/* export_posts.c - the pictures of posts as files. */
#include "kernel/commands/export_posts.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/reach.h"
#include "lib/base/banned.h"

/* What cannot be read is told by its missing name in the table; whatever else goes wrong ends the work. */
static bool is_of_the_picture(const lg_err *why)
{
    return why->status == LG_E_FORMAT || why->status == LG_E_DATA || why->status == LG_E_UNSUPPORTED ||
           why->code == 302;
}

static lg_status write_thumb(const rep_picture *picture, const char *folder, lg_buf *jpeg, bool *written, lg_err *err)
{
    char name[REP_PICTURE_NAME];
    lg_err why = {0};
    lg_buf_clear(jpeg);
    *written = false;
    if (!picture->file && !picture->sha256[0]) return LG_OK; /* one that was never fetched */
    if (cmd_picture_thumb(picture, CMD_POSTS_SIDE, jpeg, &why)) {
        if (is_of_the_picture(&why)) return LG_OK;
        *err = why;
        return err->status;
    }
    rep_picture_name(picture, name);
    char *path = lg_strf(err, "%s/%s", folder, name);
    if (!path) return err->status;
    lg_status st = lg_reach_write_quick(path, jpeg->data, jpeg->len, 0666, err);
    lg_free(path);
    *written = st == LG_OK;
    return st;
}

static lg_status write_all(const dsl_call *call, const rep_posts *posts, const char *folder, const rep_work *work,
                           bool *written, size_t *count, lg_err *err)
{
    size_t at = 0, all = rep_posts_pictures(posts);
    lg_status st = LG_OK;
    lg_buf jpeg;
    lg_buf_init(&jpeg, 16 << 20);
    *count = 0;
    for (size_t i = 0; !st && i < posts->count; i++)
        for (size_t k = 0; !st && k < posts->post[i].pictures; k++, at++) {
            st = lg_cancel_check(call->cancel, err);
            if (st == LG_OK) st = write_thumb(&posts->post[i].picture[k], folder, &jpeg, &written[at], err);
            *count += st == LG_OK && written[at];
            if (work->progress) work->progress(work->ctx, at + 1, all);
        }
    lg_buf_release(&jpeg);
    return st;
}

lg_status cmd_posts_thumbs(const dsl_call *call, const rep_posts *posts, const char *beside, const rep_work *work,
                           bool *written, size_t *count, lg_err *err)
{
    const char *slash = strrchr(beside, '/');
    char *folder = lg_strf(err, "%.*s" CMD_POSTS_FOLDER, slash ? (int)(slash - beside + 1) : 0, beside);
    if (!folder) return err->status;
    lg_status st = lg_reach_mkdir(folder, err);
    if (st == LG_OK) st = write_all(call, posts, folder, work, written, count, err);
    lg_free(folder);
    return st;
}
