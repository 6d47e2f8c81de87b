/* reach.c - the roots, and where a path leads. */
#include "lib/base/reach.h"
#include "lib/base/reach_path.h"
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/banned.h"

enum { ROOTS_MAX = 64 };
typedef struct root_list {
    char *path[ROOTS_MAX];
    size_t count;
} root_list;

/* Filled at the start and read ever after; the lock is for those who add a root while others read. */
static struct {
    pthread_rwlock_t lock;
    char *start, *project;
    root_list read, own;
} reach = {.lock = PTHREAD_RWLOCK_INITIALIZER};

const char *lg_reach_project(void)
{
    return reach.project;
}

const char *lg_reach_start(void)
{
    return reach.start;
}

/* ---- where a path leads ---- */
/* Adds the parts of `rest` to the place: `.` and nothing are left out, `..` takes one away. False: too long. */
static bool append_parts(lg_place *place, const char *rest)
{
    char *real = place->real;
    size_t len = place->head == 1 ? 0 : place->head; /* "/" ends with its slash, others do not */
    while (*rest) {
        size_t n = strcspn(rest, "/");
        if (n == 2 && rest[0] == '.' && rest[1] == '.') {
            while (len && real[--len] != '/') continue;
            if (len < place->head) place->head = len ? len : 1;
        } else if (n && !(n == 1 && rest[0] == '.')) {
            if (len + 1 + n >= PATH_MAX) return false;
            real[len] = '/';
            memcpy(real + len + 1, rest, n);
            len += n + 1;
        }
        rest += n + strspn(rest + n, "/");
    }
    if (!len) real[len++] = '/';
    real[len] = 0;
    return true;
}

static lg_status path_check(const char *path, lg_err *err)
{
    size_t len = strlen(path);
    if (!len) {
        lg_fail(err, LG_E_ARG, 302, "the name of the file or folder is empty");
        return lg_try(err, "write its path in quotes, as \"photos/nike\"");
    }
    if (lg_utf8_valid(path, len) != len) {
        lg_fail(err, LG_E_ARG, 302, "there is no file or folder `%.200s`", path);
        return lg_why(err, "byte %zu of the name is not UTF-8", lg_utf8_valid(path, len) + 1);
    }
    if (len + 1 + strlen(reach.start) < PATH_MAX) return LG_OK;
    lg_fail(err, LG_E_ARG, 302, "there is no file or folder `%.60s...`", path);
    return lg_why(err, "its path has %s bytes; the system knows none longer than %d", lg_thousands((long long)len),
                  PATH_MAX - 1);
}

lg_status lg_place_find(const char *path, lg_place *place, lg_err *err)
{
    if (!reach.start) return lg_fail(err, LG_E_INTERNAL, 903, "files were asked for before the start folder was set");
    LG_TRY(path_check(path, err));
    char full[PATH_MAX], head[PATH_MAX];
    const char *home = path[0] == '~' && (!path[1] || path[1] == '/') ? getenv("HOME") : NULL;
    const char *from = home && home[0] == '/' ? home : path[0] == '/' ? "" : reach.start;
    const char *rest = from == home ? path + 1 : path;
    if (snprintf(full, sizeof full, "%s%s%s", from, *from && *rest != '/' ? "/" : "", rest) >= (int)sizeof full)
        return lg_fail(err, LG_E_ARG, 302, "there is no file or folder `%.60s...`: its path is too long", path);
    *place = (lg_place){0};
    size_t cut = strlen(full);
    memcpy(head, full, cut + 1);
    while (!realpath(head, place->real)) {
        if (!place->why) place->why = errno;
        while (cut > 1 && head[cut - 1] == '/') cut--; /* one part less */
        while (cut > 1 && head[cut - 1] != '/') cut--;
        head[cut] = 0;
        if (cut <= 1) {
            snprintf(place->real, sizeof place->real, "/");
            break;
        }
    }
    place->head = strlen(place->real);
    place->tail = strlen(full) - cut;
    if (append_parts(place, full + cut)) return LG_OK;
    return lg_fail(err, LG_E_ARG, 302, "there is no file or folder `%.60s...`: its path is too long", path);
}

bool lg_fd_path(int fd, char path[PATH_MAX])
{
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, PATH_MAX - 1);
    if (n <= 0 || path[0] != '/') return false;
    path[n] = 0;
    return true;
}

/* ---- roots ---- */
/* What of real lies below root ("" for root itself), or NULL. */
static const char *below(const char *real, const char *root)
{
    size_t n = strcmp(root, "/") == 0 ? 0 : strlen(root);
    if (strncmp(real, root, n) != 0 || (real[n] && real[n] != '/')) return NULL;
    return real + n;
}

static bool any_holds(const root_list *roots, const char *real)
{
    for (size_t i = 0; i < roots->count; i++)
        if (below(real, roots->path[i])) return true;
    return false;
}

bool lg_reach_holds(const char *real, lg_reach_mode mode)
{
    pthread_rwlock_rdlock(&reach.lock);
    const char *rest = below(real, reach.project);
    bool project = rest && (mode == LG_REACH_READ || !strstr(rest, "/."));
    bool held = project || any_holds(&reach.own, real) || (mode == LG_REACH_READ && any_holds(&reach.read, real));
    pthread_rwlock_unlock(&reach.lock);
    return held;
}

lg_status lg_place_check(const char *path, lg_reach_mode mode, lg_place *place, lg_err *err)
{
    LG_TRY(lg_place_find(path, place, err));
    return lg_reach_holds(place->real, mode) ? LG_OK : lg_reach_denied(path, place->real, mode, err);
}

lg_status lg_reach_home(char **out, lg_err *err)
{
    lg_place place;
    LG_TRY(lg_place_find("~", &place, err));
    *out = lg_strdup(place.real, err);
    return *out ? LG_OK : err->status;
}

const char *lg_reach_root(size_t index)
{
    pthread_rwlock_rdlock(&reach.lock);
    const char *root = index == 0 ? reach.project : index <= reach.read.count ? reach.read.path[index - 1] : NULL;
    pthread_rwlock_unlock(&reach.lock);
    return root;
}

static lg_status root_add(root_list *roots, const char *path, lg_err *err)
{
    lg_place place;
    LG_TRY(lg_place_find(path, &place, err));
    char *copy = lg_strdup(place.real, err);
    if (!copy) return err->status;
    pthread_rwlock_wrlock(&reach.lock);
    bool known = false, full = roots->count == ROOTS_MAX;
    for (size_t i = 0; i < roots->count; i++) known = known || strcmp(roots->path[i], copy) == 0;
    if (!known && !full) roots->path[roots->count++] = copy;
    pthread_rwlock_unlock(&reach.lock);
    if (known || full) lg_free(copy);
    if (known || !full) return LG_OK;
    lg_fail(err, LG_E_LIMIT, 605, "no more than %d places can be allowed", ROOTS_MAX);
    return lg_try(err, "allow one folder that holds several of them");
}

lg_status lg_reach_allow_read(const char *path, lg_err *err)
{
    return root_add(&reach.read, path, err);
}

lg_status lg_reach_own(const char *path, lg_err *err)
{
    return root_add(&reach.own, path, err);
}

/* ---- the project ---- */
/* A marker counts when it belongs to us, to the system or to the owner of the start folder: otherwise anyone could put
 * a .git into /tmp and so open all of it. */
static bool marks_project(const char *folder, uid_t owner)
{
    static const char *const markers[] = {"logolens.json", ".git"};
    char path[PATH_MAX + 16];
    struct stat st;
    for (size_t i = 0; i < sizeof markers / sizeof *markers; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, markers[i]);
        if (lstat(path, &st) != 0) continue;
        if (st.st_uid == owner || st.st_uid == geteuid() || st.st_uid == 0) return true;
    }
    return false;
}

static lg_status project_find(lg_err *err)
{
    char folder[PATH_MAX];
    struct stat st;
    snprintf(folder, sizeof folder, "%s", reach.start);
    if (stat(folder, &st) != 0) return lg_reach_cannot(folder, LG_REACH_READ, errno, err);
    while (!marks_project(folder, st.st_uid)) {
        char *slash = strrchr(folder, '/');
        if (!slash || !folder[1]) { /* the top: no marker anywhere */
            snprintf(folder, sizeof folder, "%s", reach.start);
            break;
        }
        slash[slash == folder] = 0;
    }
    reach.project = lg_strdup(folder, err);
    return reach.project ? LG_OK : err->status;
}

static void roots_clear(root_list *roots)
{
    for (size_t i = 0; i < roots->count; i++) lg_free(roots->path[i]);
    *roots = (root_list){0};
}

lg_status lg_reach_init(const char *start, lg_err *err)
{
    char real[PATH_MAX];
    struct stat st;
    bool found = realpath(start ? start : ".", real) && stat(real, &st) == 0;
    if (!found || !S_ISDIR(st.st_mode)) {
        lg_fail(err, LG_E_IO, 302, "there is no folder `%.200s` to start in", start ? start : ".");
        return lg_why(err, "%s", strerror(found ? ENOTDIR : errno));
    }
    roots_clear(&reach.read);
    roots_clear(&reach.own);
    lg_reach_forget_hosts();
    lg_free(reach.project);
    lg_free(reach.start);
    reach.project = NULL;
    reach.start = lg_strdup(real, err);
    if (!reach.start) return err->status;
    LG_TRY(project_find(err));
    return lg_reach_allow_read("/usr/share/datasets", err);
}

/* What another program has just made is found at the second look; what is still missing there is a link to nothing. */
lg_status lg_reach_resolve(const char *path, lg_reach_mode mode, char **out, lg_err *err)
{
    lg_place place;
    struct stat st;
    for (int look = 0; look < 2; look++) {
        LG_TRY(lg_place_check(path, mode, &place, err));
        if (!place.why) break;
        const char *rest = place.real + place.head;
        bool last_only = mode == LG_REACH_WRITE && place.why == ENOENT && *rest && !strchr(rest + 1, '/');
        if (!last_only) return lg_reach_missing(path, &place, err);
        if (lstat(place.real, &st) != 0) break;
        if (look) return lg_reach_missing(path, &place, err);
    }
    *out = lg_strdup(place.real, err);
    return *out ? LG_OK : err->status;
}

/* ---- LL601 ---- */
/* `, a, b` of the roots that people know by name. */
static void roots_text(char *text, size_t size)
{
    size_t len = 0;
    text[0] = 0;
    pthread_rwlock_rdlock(&reach.lock);
    for (size_t i = 0; i < reach.read.count && len < size; i++) {
        int n = snprintf(text + len, size - len, "%s%s", i ? ", " : "", reach.read.path[i]);
        len += n > 0 ? (size_t)n : 0;
    }
    pthread_rwlock_unlock(&reach.lock);
}

/* Text as one word of a shell: quoted unless it is made of harmless characters. */
static void shell_word(char *word, size_t size, const char *text)
{
    lg_buf buf;
    lg_buf_init(&buf, size - 1);
    bool plain = !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+,@%=")];
    if (!plain) lg_buf_addc(&buf, '\'');
    for (; *text; text++) {
        if (*text == '\'') lg_buf_adds(&buf, "'\\''");
        else lg_buf_addc(&buf, *text);
    }
    if (!plain) lg_buf_addc(&buf, '\'');
    snprintf(word, size, "%s", buf.failed ? "PATH" : lg_buf_str(&buf));
    lg_buf_release(&buf);
}

lg_status lg_reach_denied(const char *path, const char *real, lg_reach_mode mode, lg_err *err)
{
    char roots[300], word[360];
    const char *name = strrchr(real, '/') + 1, *rest = below(real, reach.project);
    if (mode == LG_REACH_READ) {
        roots_text(roots, sizeof roots);
        shell_word(word, sizeof word, real);
        lg_fail(err, LG_E_DENIED, 601, "`%.200s` is outside this project", path);
        lg_why(err, "a notebook reads below its project %.200s and below what its user allowed: %s", reach.project,
               roots);
        return lg_try(err, "`logolens allow %s` in a terminal", word);
    }
    if (rest) {
        lg_fail(err, LG_E_DENIED, 601, "a notebook may not write `%.200s`: a name in it begins with a dot", path);
        lg_why(err, "such files steer other programs (git, the shell, Jupyter)");
        return lg_try(err, "choose a name without a dot at its beginning");
    }
    lg_fail(err, LG_E_DENIED, 601, "`%.200s` is outside this project, where a notebook may not write", path);
    lg_why(err, "a notebook writes below its project %.200s only", reach.project);
    return lg_try(err, "give a place in the project, as `%.100s`", *name ? name : "results.csv");
}
