/* load_list.c - the files of a set: below a folder, or in an archive. */
#include <string.h>
#include "lib/data/load_private.h"

#include "lib/base/banned.h"

/* Hidden files and folders, macOS's forks and its archive folder are nobody's images. */
static bool is_hidden(const char *path)
{
    return path[0] == '.' || strstr(path, "/.") || strncmp(path, "__MACOSX/", 9) == 0 || strstr(path, "/__MACOSX/");
}

static void drop_hidden(lg_listing *list)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (is_hidden(list->path[i])) {
            lg_free(list->path[i]);
            continue;
        }
        list->path[kept++] = list->path[i];
    }
    list->count = kept;
}

/* ---- an archive in the folder's place ---- */
/* One folder that holds everything else: its length, else 0. Hidden names do not count. */
static size_t top_folder(const data_archive *archive)
{
    const char *top = NULL;
    size_t len = 0;
    for (size_t i = 0; i < data_archive_count(archive); i++) {
        const char *name = data_archive_name(archive, i);
        if (is_hidden(name)) continue;
        size_t n = strcspn(name, "/");
        if (!name[n] || (top && (n != len || memcmp(name, top, n) != 0))) return 0;
        top = name;
        len = n;
    }
    return len;
}

static lg_status list_archive(loading *l, lg_err *err)
{
    size_t top = top_folder(l->archive), count = data_archive_count(l->archive);
    const char *first = "";
    l->list.path = lg_alloc(count, sizeof *l->list.path, err);
    if (!l->list.path) return err->status;
    for (size_t i = 0; i < count; i++) {
        const char *name = data_archive_name(l->archive, i);
        if (is_hidden(name)) continue;
        first = name;
        l->list.path[l->list.count] = lg_strdup(name + (top ? top + 1 : 0), err);
        if (!l->list.path[l->list.count++]) return err->status;
    }
    l->folder = lg_strf(err, "%s/%s%.*s", l->shown, top ? "/" : "", (int)top, first);
    return l->folder ? LG_OK : err->status;
}

static lg_status list_folder(loading *l, lg_err *err)
{
    l->folder = lg_strdup(l->shown, err);
    if (!l->folder) return err->status;
    if (lg_reach_list(l->spec->from, DATA_MAX_IMAGES, l->spec->cancel, &l->list, err)) {
        if (err->code == 393) lg_why(err, "`load` reads a folder, or an archive of one: .zip, .tar, .tar.gz");
        return err->status;
    }
    drop_hidden(&l->list);
    return LG_OK;
}

/* A file may be an archive; what is none, and a folder, is left to the listing of folders. */
static lg_status list_place(loading *l, lg_err *err)
{
    const data_load_spec *s = l->spec;
    lg_err said = {0};
    if (lg_reach_resolve(s->from, LG_REACH_READ, &l->shown, err)) return data_say_where(s, err);
    data_archive_watch watch = {.cancel = s->cancel, .progress = s->unpacking, .progress_ctx = s->progress_ctx};
    if (data_archive_open(l->shown, &watch, &l->archive, &said) == LG_OK) return list_archive(l, err);
    if (said.code == 393) return list_folder(l, err);
    *err = said;
    return err->status;
}

lg_status data_list_files(loading *l, lg_err *err)
{
    LG_TRY(list_place(l, err));
    return data_loading_begin(l, err);
}

lg_status data_loading_begin(loading *l, lg_err *err)
{
    l->label = lg_alloc(l->list.count, sizeof *l->label, err);
    l->taken = lg_alloc(l->list.count, sizeof *l->taken, err);
    l->part = lg_alloc(l->list.count, sizeof *l->part, err);
    l->several = lg_alloc(l->list.count, sizeof *l->several, err);
    if (!l->label || !l->taken || !l->part || !l->several) return err->status;
    for (size_t i = 0; i < l->list.count; i++) l->label[i] = "";
    return LG_OK;
}

lg_status data_load_read(const loading *l, const char *path, lg_buf *out, lg_err *err)
{
    size_t len;
    if (!l->archive || !data_archive_split(path, &len)) return lg_reach_read(path, out, err);
    return data_archive_read(l->archive, path + len + 2, out, err);
}
