/* install_files.c - files and folders of `logolens install`. They lie where Jupyter wants them, outside of what
 * notebooks may reach, so that plain calls are right here. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/install.h"
#include "lib/base/banned.h"

static lg_status cannot(lg_err *err, const char *what, const char *path)
{
    return lg_fail(err, LG_E_IO, 392, "%s cannot be %s: %s", path, what, strerror(errno));
}

lg_status main_install_folders(const char *path, lg_err *err)
{
    char part[2 * INSTALL_PATH];
    size_t len = strlen(path);
    LG_BUG_ON(len >= sizeof part);
    memcpy(part, path, len + 1);
    for (size_t i = 1; i <= len; i++) {
        if (part[i] != '/' && part[i] != '\0') continue;
        part[i] = '\0';
        if (mkdir(part, 0755) && errno != EEXIST) return cannot(err, "made", part);
        if (i < len) part[i] = '/';
    }
    return LG_OK;
}

static bool write_all(int fd, const char *data, size_t len)
{
    while (len) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        data += n, len -= (size_t)n;
    }
    return true;
}

lg_status main_install_write(const char *folder, const char *name, const char *from, const char *to, lg_err *err)
{
    char path[2 * INSTALL_PATH], fresh[2 * INSTALL_PATH + 16];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    char *last = strrchr(path, '/');
    *last = '\0';
    LG_TRY(main_install_folders(path, err));
    *last = '/';
    snprintf(fresh, sizeof fresh, "%s.logolens-new", path); /* nobody's but ours, and never what a link leads to */
    unlink(fresh);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0) return cannot(err, "written", path);
    bool whole = write_all(fd, from, (size_t)(to - from));
    if (close(fd) || !whole || rename(fresh, path)) {
        cannot(err, "written", path);
        unlink(fresh);
        return err->status;
    }
    return LG_OK;
}

/* Empties an open folder, which it closes; deeper than we ever write is left, and then the folder cannot be removed. */
static void empty_folder(int fd, int depth)
{
    DIR *folder = fdopendir(fd);
    if (!folder) {
        close(fd);
        return;
    }
    for (struct dirent *entry; (entry = readdir(folder));) {
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) continue;
        if (unlinkat(dirfd(folder), name, 0) == 0 || depth == 0) continue;
        int inner = openat(dirfd(folder), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (inner < 0) continue;
        empty_folder(inner, depth - 1);
        unlinkat(dirfd(folder), name, AT_REMOVEDIR);
    }
    closedir(folder);
}

lg_status main_install_take_away(const char *path, lg_err *err)
{
    enum { DEEPEST = 8 };
    if (unlink(path) == 0 || errno == ENOENT || errno == ENOTDIR) return LG_OK;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0) empty_folder(fd, DEEPEST);
    return rmdir(path) ? cannot(err, "removed", path) : LG_OK;
}

void main_install_peek(const char *folder, const char *name, char *out, size_t size)
{
    char path[2 * INSTALL_PATH];
    out[0] = '\0';
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    ssize_t n = read(fd, out, size - 1);
    out[n > 0 ? n : 0] = '\0';
    close(fd);
}
