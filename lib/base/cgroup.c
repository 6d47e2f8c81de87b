/* cgroup.c - reads the CPU quota and the memory limit of the control group, version 2 and version 1. */
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

/* Limit of one folder in bytes; 0: none. "max", or in version 1 a number beyond all memory, is none. */
static double memory_of(const char *dir)
{
    char text[64];
    long long bytes = 0;
    if (!read_in(dir, "memory.max", text, sizeof text) && !read_in(dir, "memory.limit_in_bytes", text, sizeof text))
        return 0;
    return sscanf(text, "%lld", &bytes) == 1 && bytes > 0 && bytes < 1ll << 60 ? (double)bytes : 0;
}

/* What is asked of each folder, and the controller that has it in version 1. */
typedef struct question {
    double (*of)(const char *dir);
    const char *controller;
} question;

/* Smallest answer from mount/group up to mount itself. In a container the group's own folder may not be visible. */
static double least_upwards(const question *ask, const char *mount, const char *group)
{
    char dir[PATH_MAX];
    double least = 0;
    if (snprintf(dir, sizeof dir, "%s%s", mount, group) >= (int)sizeof dir) return 0;
    size_t top = strlen(mount);
    for (;;) {
        double limit = ask->of(dir);
        if (limit > 0 && (least == 0 || limit < least)) least = limit;
        char *slash = strrchr(dir, '/');
        if (!slash || (size_t)(slash - dir) < top) return least;
        *slash = 0;
    }
}

/* One line is "0::/group" (version 2) or "4:cpu,cpuacct:/group" (version 1). */
static double least_of_line(const question *ask, char *line, const char *mount)
{
    char *controllers = strchr(line, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!group) return 0;
    controllers++;
    *group++ = 0;
    if (strstr(group, "..")) group[0] = 0; /* a group above our root: only the root can be asked */
    if (!*controllers) return least_upwards(ask, mount, group);
    for (char *save = NULL, *name = strtok_r(controllers, ",", &save); name; name = strtok_r(NULL, ",", &save)) {
        if (strcmp(name, ask->controller) != 0) continue;
        char dir[PATH_MAX];
        snprintf(dir, sizeof dir, "%s/%s", mount, name); /* cpu is a link to cpu,cpuacct where the two are joined */
        return least_upwards(ask, dir, group);
    }
    return 0;
}

static double least_of(const question *ask, const char *self, const char *mount)
{
    char text[8192];
    double least = 0;
    if (!read_small(self, text, sizeof text)) return 0;
    for (char *save = NULL, *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        double limit = least_of_line(ask, line, mount);
        if (limit > 0 && (least == 0 || limit < least)) least = limit;
    }
    return least;
}

double lg_cgroup_cores(const char *self, const char *mount)
{
    return least_of(&(question){quota_of, "cpu"}, self, mount);
}

double lg_cgroup_memory(const char *self, const char *mount)
{
    return least_of(&(question){memory_of, "memory"}, self, mount);
}

double lg_memory(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    double machine = pages > 0 && page > 0 ? (double)pages * (double)page : 8e9;
    double group = lg_cgroup_memory("/proc/self/cgroup", "/sys/fs/cgroup");
    return group > 0 && group < machine ? group : machine;
}
