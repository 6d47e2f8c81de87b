/* classify_images.c - the pictures of posts as images for a model. */
#include "kernel/commands/classify.h"
#include "kernel/commands/seen.h"
#include "lib/base/reach.h"
#include "lib/store/paths.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/banned.h"

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names of all pictures, each once, sorted. */
static lg_status list_pictures(const dsl_call *call, const rep_posts *posts, cmd_posts_images *out, lg_err *err)
{
    size_t n = 0, kept = 0;
    for (size_t i = 0; i < posts->count; i++) n += posts->post[i].pictures;
    out->sha256 = lg_arena_alloc(call->arena, n + 1, sizeof *out->sha256, err);
    if (!out->sha256) return err->status;
    n = 0;
    for (size_t i = 0; i < posts->count; i++)
        for (size_t k = 0; k < posts->post[i].pictures; k++)
            if (*posts->post[i].picture[k].sha256 && !posts->post[i].picture[k].file)
                out->sha256[n++] = posts->post[i].picture[k].sha256;
    qsort(out->sha256, n, sizeof *out->sha256, by_text);
    for (size_t i = 0; i < n; i++)
        if (!i || strcmp(out->sha256[i], out->sha256[kept - 1]) != 0) out->sha256[kept++] = out->sha256[i];
    out->count = kept;
    return LG_OK;
}

ptrdiff_t cmd_posts_image_row(const cmd_posts_images *images, const char *sha256)
{
    const char **found =
        images->count ? bsearch(&sha256, images->sha256, images->count, sizeof *images->sha256, by_text) : NULL;
    return found ? found - images->sha256 : -1;
}

/* Links resolved, as data_of_files wants it. */
static lg_status folder_of(char **out, lg_err *err)
{
    store_paths paths = {0};
    lg_status st = store_paths_init(&paths, err);
    char *images = st ? NULL : lg_strf(err, "%s/images", paths.data);
    if (!st) st = images ? lg_reach_resolve(images, LG_REACH_READ, out, err) : err->status;
    lg_free(images);
    store_paths_release(&paths);
    return st;
}

static void reading(void *ctx, size_t done, size_t count)
{
    cmd_live_progress(ctx, "reading pictures", (long)done, (long)count);
}

static const data_set *set_of(const dsl_call *call, const cmd_model *model)
{
    const dsl_object *object = model->on ? dsl_session_get(call->session, model->on) : NULL;
    return object && object->cls->kind == DSL_KIND_DATASET ? object->payload : NULL;
}

lg_status cmd_posts_images_open(const dsl_call *call, const dsl_value *model, const rep_posts *posts,
                                cmd_posts_images *out, lg_err *err)
{
    const cmd_model *m = cmd_model_of(model);
    char *folder = NULL;
    cmd_live live;
    *out = (cmd_posts_images){0};
    LG_TRY(list_pictures(call, posts, out, err));
    if (!out->count) return LG_OK;
    const char **file = lg_arena_alloc(call->arena, out->count, sizeof *file, err);
    if (!file) return err->status;
    LG_TRY(folder_of(&folder, err));
    for (size_t i = 0; i < out->count && file; i++) {
        file[i] = lg_arena_strf(call->arena, err, "%s/%s", folder, out->sha256[i]);
        if (!file[i]) file = NULL;
    }
    lg_free(folder);
    if (!file) return err->status;
    cmd_live_init(&live, call->out);
    data_files_spec spec = {.file = file,
                            .files = out->count,
                            .rules = cmd_rules_for(m, set_of(call, m)),
                            .cancel = call->cancel,
                            .progress = reading,
                            .progress_ctx = &live};
    lg_status st = cmd_pool(call, &spec.pool, err);
    if (!st) st = data_of_files(&spec, &out->set, err);
    cmd_live_close(&live, st);
    if (!st) st = cmd_model_sees(m, model->name, out->set, "the posts", err);
    if (st) cmd_posts_images_close(out);
    return st;
}

void cmd_posts_images_close(cmd_posts_images *images)
{
    data_unref(images->set);
    *images = (cmd_posts_images){0};
}
