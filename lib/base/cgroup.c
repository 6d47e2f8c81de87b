/* cgroup.c - reads the CPU quota of the control group, version 2 and version 1. */
#include "lib/base/cgroup.h"
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/banned.h"

/* A small file as text without its line end; false when it cannot be read. These files fit one page. */
static bool read_small(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return false;
    ssize_t n = read(fd, text, size - 1);
    close(fd);
    if (n < 0) return false;
    text[n] = 0;
    return true;
}

static bool read_in(const char *dir, const char *name, char *text, size_t size)
{
    char path[PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return read_small(path, text, size);
}

/* Quota of one folder in cores; 0: none. Version 2 says "max 100000" or "150000 100000"; version 1 -1 for none. */
static double quota_of(const char *dir)
{
    char text[64], period_text[64];
    long long quota = 0, period = 0;
    if (read_in(dir, "cpu.max", text, sizeof text)) {
        if (sscanf(text, "%lld %lld", &quota, &period) != 2) return 0;
    } else if (read_in(dir, "cpu.cfs_quota_us", text, sizeof text) &&
               read_in(dir, "cpu.cfs_period_us", period_text, sizeof period_text)) {
        if (sscanf(text, "%lld", &quota) != 1 || sscanf(period_text, "%lld", &period) != 1) return 0;
    }
    return quota > 0 && period > 0 ? (double)quota / (double)period : 0;
}

/* Smallest quota from mount/group up to mount itself. In a container the group's own folder may not be visible. */
static double quota_upwards(const char *mount, const char *group)
{
    char dir[PATH_MAX];
    double least = 0;
    if (snprintf(dir, sizeof dir, "%s%s", mount, group) >= (int)sizeof dir) return 0;
    size_t top = strlen(mount);
    for (;;) {
        double cores = quota_of(dir);
        if (cores > 0 && (least == 0 || cores < least)) least = cores;
        char *slash = strrchr(dir, '/');
        if (!slash || (size_t)(slash - dir) < top) return least;
        *slash = 0;
    }
}

/* One line is "0::/group" (version 2) or "4:cpu,cpuacct:/group" (version 1). */
static double quota_of_line(char *line, const char *mount)
{
    char *controllers = strchr(line, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!group) return 0;
    controllers++;
    *group++ = 0;
    if (strstr(group, "..")) group[0] = 0; /* a group above our root: only the root can be asked */
    if (!*controllers) return quota_upwards(mount, group);
    for (char *save = NULL, *name = strtok_r(controllers, ",", &save); name; name = strtok_r(NULL, ",", &save)) {
        if (strcmp(name, "cpu") != 0) continue;
        char dir[PATH_MAX];
        snprintf(dir, sizeof dir, "%s/cpu", mount); /* a link to cpu,cpuacct where the two are joined */
        return quota_upwards(dir, group);
    }
    return 0;
}

double lg_cgroup_cores(const char *self, const char *mount)
{
    char text[8192];
    double least = 0;
    if (!read_small(self, text, sizeof text)) return 0;
    for (char *save = NULL, *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        double cores = quota_of_line(line, mount);
        if (cores > 0 && (least == 0 || cores < least)) least = cores;
    }
    return least;
}
