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

static lg_status take_folder(char *path, char **out, lg_err *err)
{
    *out = path; /* owned from here on, whatever follows */
    if (!path) return err->status ? err->status : lg_fail(err, LG_E_IO, 603, "the start folder cannot be found");
    LG_TRY(make_folders(path, err));
    return check_ours(path, err);
}

/* ---- where nothing can be made ---- */
/* `logolens-UID` among the temporary files, which everybody may write: it has to be ours alone, and no link. */
static lg_status spare_folder(char **out, lg_err *err)
{
    struct stat st;
    const char *place = getenv("TMPDIR");
    *out = lg_strf(err, "%s/logolens-%lu", place && *place == '/' ? place : "/tmp", (unsigned long)geteuid());
    if (!*out) return err->status;
    if (mkdir(*out, 0700) != 0 && errno != EEXIST) return lg_fail(err, LG_E_IO, 603, "%s cannot be created", *out);
    if (lstat(*out, &st) != 0 || !S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077))
        return lg_fail(err, LG_E_DENIED, 602, "%s is not ours alone", *out);
    return LG_OK;
}

/* The usual place, else one among the temporary files; err says why the usual one cannot be had where neither can. */
static lg_status take_or_spare(char *path, const char *own, bool written, char **out, bool *spared, lg_err *err)
{
    lg_err trouble = {0};
    char *spare = NULL;
    lg_status st = take_folder(path, out, err);
    if (st == LG_OK && (!written || access(path, W_OK) == 0)) return LG_OK;
    if (st && st != LG_E_IO) return st;
    lg_status instead = spare_folder(&spare, &trouble);
    char *folder = instead ? NULL : lg_strf(&trouble, "%s/%s", spare, own);
    char *found = NULL;
    instead = folder ? take_folder(folder, &found, &trouble) : trouble.status;
    lg_free(spare);
    if (instead) {
        lg_free(found);
        return st; /* one that may only be read is better than none */
    }
    lg_free(*out);
    *out = found;
    *spared = true;
    lg_err_clear(err);
    return LG_OK;
}

static lg_status take_weights(store_paths *paths, lg_err *err)
{
    const char *weights = getenv("LOGOLENS_WEIGHTS");
    bool elsewhere = weights && *weights;
    char *folder = elsewhere ? lg_strdup(weights, err) : lg_strf(err, "%s/weights", paths->data);
    bool absent = folder && access(folder, F_OK) != 0 && access(paths->data, W_OK) != 0; /* and cannot be made */
    if (!elsewhere && !absent) return take_folder(folder, &paths->weights, err);
    paths->weights = folder;
    return folder ? LG_OK : err->status;
}

lg_status store_paths_init(store_paths *paths, lg_err *err)
{
    lg_status st;
    *paths = (store_paths){0};
    char *config = find_folder("config", "XDG_CONFIG_HOME", ".config", err);
    LG_GO(take_or_spare(config, "config", false, &paths->config, &paths->spare, err));
    char *data = find_folder("data", "XDG_DATA_HOME", ".local/share", err);
    LG_GO(take_or_spare(data, "data", false, &paths->data, &paths->spare, err));
    char *cache = find_folder("cache", "XDG_CACHE_HOME", ".cache", err);
    LG_GO(take_or_spare(cache, "cache", true, &paths->cache, &paths->spare, err));
    LG_GO(take_weights(paths, err));
    st = LG_OK;
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
