/* paths.c - our folders: found, made, and checked to be ours alone. */
#include "lib/store/paths.h"
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lib/base/reach.h"

#include "lib/base/banned.h"

/* ---- where ---- */
static const char *home(void)
{
    const char *dir = getenv("HOME");
    if (dir && *dir == '/') return dir;
    const struct passwd *user = getpwuid(geteuid());
    return user && user->pw_dir && *user->pw_dir == '/' ? user->pw_dir : NULL;
}

/* One folder: below LOGOLENS_HOME, else by XDG. */
static char *find_folder(const char *own, const char *variable, const char *usual, lg_err *err)
{
    const char *moved = getenv("LOGOLENS_HOME"), *xdg = getenv(variable), *start = home();
    if (moved && *moved == '/') return lg_strf(err, "%s/%s", moved, own);
    if (moved && *moved) {
        char *here = realpath(".", NULL);
        char *path = here ? lg_strf(err, "%s/%s/%s", here, moved, own) : NULL;
        free(here);
        return path;
    }
    if (xdg && *xdg == '/') return lg_strf(err, "%s/logolens", xdg);
    if (start) return lg_strf(err, "%s/%s/logolens", start, usual);
    lg_fail(err, LG_E_IO, 603, "there is no home folder to keep settings in");
    lg_try(err, "set HOME or LOGOLENS_HOME to a folder of yours");
    return NULL;
}

/* ---- making and checking ---- */
static lg_status make_folders(const char *path, lg_err *err)
{
    struct stat st;
    if (stat(path, &st) == 0) return LG_OK;
    char *part = lg_strdup(path, err);
    if (!part) return err->status;
    lg_status result = LG_OK;
    for (char *slash = strchr(part + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash) *slash = 0;
        int why = mkdir(part, 0700) == 0 ? 0 : errno;
        if (why && why != EEXIST && (!slash || stat(part, &st) != 0)) {
            result = lg_fail(err, LG_E_IO, 603, "the folder %s cannot be created", part);
            lg_why(err, "%s", strerror(why));
            lg_try(err, "set LOGOLENS_HOME to a folder you may write to");
            break;
        }
        if (!slash) break;
        *slash = '/';
    }
    lg_free(part);
    return result;
}

static lg_status check_ours(const char *path, lg_err *err)
{
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
        lg_fail(err, LG_E_IO, 603, "%s is not a folder", path);
        return lg_try(err, "move it away, or set LOGOLENS_HOME to another folder");
    }
    if (st.st_uid != geteuid() && st.st_uid != 0) {
        lg_fail(err, LG_E_DENIED, 602, "the folder %s belongs to someone else", path);
        return lg_try(err, "set LOGOLENS_HOME to a folder of yours");
    }
    if (!(st.st_mode & 022)) return LG_OK;
    lg_fail(err, LG_E_DENIED, 602, "others may write into the folder %s", path);
    lg_why(err, "its permissions are %03o; what lies there steers what notebooks may do", (unsigned)st.st_mode & 0777);
    return lg_try(err, "chmod 700 %s", path);
}

static lg_status take_folder(char *path, char **out, bool ours, lg_err *err)
{
    *out = path; /* owned from here on, whatever follows */
    if (!path) return err->status ? err->status : lg_fail(err, LG_E_IO, 603, "the start folder cannot be found");
    if (!ours) return LG_OK;
    LG_TRY(make_folders(path, err));
    return check_ours(path, err);
}

lg_status store_paths_init(store_paths *paths, lg_err *err)
{
    lg_status st;
    const char *weights = getenv("LOGOLENS_WEIGHTS");
    bool elsewhere = weights && *weights;
    *paths = (store_paths){0};
    LG_GO(take_folder(find_folder("config", "XDG_CONFIG_HOME", ".config", err), &paths->config, true, err));
    LG_GO(take_folder(find_folder("data", "XDG_DATA_HOME", ".local/share", err), &paths->data, true, err));
    LG_GO(take_folder(find_folder("cache", "XDG_CACHE_HOME", ".cache", err), &paths->cache, true, err));
    char *folder = elsewhere ? lg_strdup(weights, err) : lg_strf(err, "%s/weights", paths->data);
    LG_GO(take_folder(folder, &paths->weights, !elsewhere, err));
done:
    if (st) store_paths_release(paths);
    return st;
}

void store_paths_release(store_paths *paths)
{
    lg_free(paths->config);
    lg_free(paths->data);
    lg_free(paths->cache);
    lg_free(paths->weights);
    *paths = (store_paths){0};
}

lg_status store_paths_reach(const store_paths *paths, lg_err *err)
{
    LG_TRY(lg_reach_own(paths->data, err));
    LG_TRY(lg_reach_own(paths->cache, err));
    return lg_reach_allow_read(paths->weights, err);
}
