/* reach_missing.c - LL302 and its like: what is not there, where it was looked for, and what was perhaps meant. */
#include "lib/base/reach_path.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/banned.h"

enum { LOOK_MAX = 2000, SHOW_MAX = 8 };

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names in a folder, sorted, without hidden ones; the arena holds them. Fewer when memory is short: this is a courtesy.
 */
static size_t names_in(const char *folder, const char **names, lg_arena *arena)
{
    lg_err ignored = {0};
    size_t n = 0;
    DIR *dir = opendir(folder);
    if (!dir) return 0;
    for (struct dirent *entry; n < LOOK_MAX && (entry = readdir(dir));) {
        if (entry->d_name[0] == '.') continue;
        names[n] = lg_arena_strndup(arena, entry->d_name, strlen(entry->d_name), &ignored);
        if (!names[n]) break;
        n++;
    }
    closedir(dir);
    qsort(names, n, sizeof *names, by_name);
    return n;
}

static void list_names(char *text, size_t size, const char *const *names, size_t n)
{
    size_t len = 0;
    text[0] = 0;
    for (size_t i = 0; i < n && i < SHOW_MAX && len < size; i++) {
        int added = snprintf(text + len, size - len, "%s%s", i ? ", " : "", names[i]);
        len += added > 0 ? (size_t)added : 0;
    }
    if (n > SHOW_MAX && len < size) snprintf(text + len, size - len, " and %zu more", n - SHOW_MAX);
}

/* The first part of the place that is not there, or is no folder. */
static void first_part(const lg_place *place, char part[NAME_MAX + 1])
{
    const char *rest = place->real + place->head;
    rest += *rest == '/';
    snprintf(part, NAME_MAX + 1, "%.*s", (int)strcspn(rest, "/"), rest);
}

/* The path as written with its first missing part replaced by the name that is there. */
static void suggest(const char *path, const lg_place *place, const char *name, lg_err *err)
{
    size_t len = strlen(path);
    if (place->tail > len) return; /* what is missing is a part of the start folder, not of the path */
    size_t before = len - place->tail;
    const char *part = path + before;
    const char *rest = part + strcspn(part, "/"), odd[] = " \t#,;=()[]{}<>!'"; /* what quotes are needed for */
    bool quotes = strcspn(path, odd) < len || name[strcspn(name, odd)];
    lg_try(err, quotes ? "did you mean `\"%.*s%s%s\"`?" : "did you mean `%.*s%s%s`?", (int)before, path, name, rest);
}

static lg_status not_in_folder(const char *path, const lg_place *place, const char *folder, lg_err *err)
{
    char part[NAME_MAX + 1], holds[400];
    const char *names[LOOK_MAX];
    first_part(place, part);
    lg_arena arena;
    lg_arena_init(&arena, 0);
    size_t n = names_in(folder, names, &arena);
    list_names(holds, sizeof holds, names, n);
    if (place->tail > strlen(part)) /* `results/x.csv`: it is the folder that is missing */
        lg_why(err, "there is no folder `%.60s` in %.150s, which %s%s", part, folder, n ? "holds: " : "is empty",
               holds);
    else lg_why(err, "looked in %.150s, which %s%s", folder, n ? "holds: " : "is empty", holds);
    const char *near = lg_nearest(part, names, n);
    if (near) suggest(path, place, near, err);
    lg_arena_release(&arena);
    return err->status;
}

lg_status lg_reach_missing(const char *path, const lg_place *place, lg_err *err)
{
    char folder[PATH_MAX], part[NAME_MAX + 1];
    first_part(place, part);
    snprintf(folder, sizeof folder, "%.*s", (int)place->head, place->real);
    if (place->why == EACCES) return lg_reach_cannot(path, LG_REACH_READ, EACCES, err);
    if (place->why == ENOMEM) return lg_fail(err, LG_E_MEMORY, 901, "there is not enough memory left");
    lg_fail(err, LG_E_DATA, 302, "there is no file or folder `%.200s`", path);
    if (place->why == ELOOP) return lg_why(err, "its links lead round in a circle");
    if (place->why == ENAMETOOLONG) return lg_why(err, "a name in it is longer than the system knows");
    if (place->why == ENOTDIR) return lg_why(err, "`%.200s` is a file, not a folder", part);
    if (!lg_reach_holds(folder, LG_REACH_READ)) return err->status; /* its neighbours are not ours to tell */
    return not_in_folder(path, place, folder, err);
}

lg_status lg_reach_cannot(const char *path, lg_reach_mode mode, int error, lg_err *err)
{
    bool writes = mode == LG_REACH_WRITE;
    if (error == ENOMEM) return lg_fail(err, LG_E_MEMORY, 901, "there is not enough memory left");
    lg_fail(err, LG_E_IO, writes ? 392 : 391, "`%.200s` cannot be %s", path, writes ? "written" : "read");
    if (error == EACCES || error == EPERM) return lg_why(err, "you do not have the permission (see `ls -l`)");
    if (error == ENOSPC || error == EDQUOT) return lg_why(err, "the disk is full; nothing was changed");
    if (error == EFBIG) return lg_why(err, "it would be larger than files may be here; nothing was changed");
    return lg_why(err, "%s", strerror(error));
}
