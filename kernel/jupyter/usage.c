/* usage.c - a few files of /proc as JSON. */
#include "kernel/jupyter/usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/jupyter/wire_json.h"
#include "lib/base/banned.h"

/* ---- files of /proc ---- */
/* The beginning of a file as text; "" when it cannot be read. */
static const char *look(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = 0;
    size_t have = 0;
    while (fd >= 0 && have + 1 < size && (len = read(fd, text + have, size - 1 - have)) > 0) have += (size_t)len;
    if (fd >= 0) close(fd);
    text[have] = '\0';
    return text;
}

static unsigned long long number(const char *text)
{
    return text ? strtoull(text, NULL, 10) : 0;
}

/* The number behind `name` at the beginning of a line, in bytes where the line counts kB. */
static bool line_of(const char *text, const char *name, unsigned long long *out)
{
    size_t len = strlen(name);
    for (const char *line = text; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
        if (strncmp(line, name, len) != 0 || line[len] != ':') continue;
        *out = number(line + len + 1) * 1024;
        return true;
    }
    return false;
}

/* ---- one process ---- */
typedef struct used {
    unsigned long long ticks, bytes;
} used;

/* utime, stime, and those of children that were waited for: fields 14 to 17, counted behind the name, which may hold
 * anything. */
static unsigned long long ticks_of(const char *stat)
{
    unsigned long long sum = 0;
    const char *at = strrchr(stat, ')');
    for (int field = 2; at && field <= 17; field++) {
        if (field >= 14) sum += number(at);
        at = strchr(at + 1, ' ');
    }
    return sum;
}

static unsigned long long bytes_of(int pid)
{
    char path[64], text[4096];
    unsigned long long bytes = 0;
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
    if (line_of(look(path, text, sizeof text), "Pss", &bytes)) return bytes;
    snprintf(path, sizeof path, "/proc/%d/statm", pid);
    const char *resident = strchr(look(path, text, sizeof text), ' ');
    return number(resident) * (unsigned long long)sysconf(_SC_PAGESIZE);
}

static void add_process(int pid, used *sum)
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    sum->ticks += ticks_of(look(path, text, sizeof text));
    sum->bytes += bytes_of(pid);
}

/* Helpers are children of whichever of our threads started them; they have none of their own. */
static void add_helpers(used *sum)
{
    struct dirent *entry;
    DIR *threads = opendir("/proc/self/task");
    while (threads && (entry = readdir(threads))) {
        char path[320], text[4096];
        snprintf(path, sizeof path, "/proc/self/task/%s/children", entry->d_name);
        for (const char *at = look(path, text, sizeof text); *at; at += strcspn(at, " "), at += *at == ' ')
            if (number(at)) add_process((int)number(at), sum);
    }
    if (threads) closedir(threads);
}

/* ---- the machine ---- */
static bool machine_ticks(unsigned long long *busy, unsigned long long *all)
{
    char text[512];
    unsigned long long idle = 0;
    const char *at = look("/proc/stat", text, sizeof text);
    if (strncmp(at, "cpu ", 4) != 0) return false;
    *all = 0;
    at = strchr(at, ' ');
    /* user nice system idle iowait irq softirq steal; guest time is in user already */
    for (int field = 0; at && field < 8; field++) {
        while (*at == ' ') at++;
        *all += number(at);
        if (field == 3 || field == 4) idle += number(at);
        at = strchr(at, ' ');
    }
    *busy = *all - idle;
    return true;
}

static void add_machine(jp_usage *usage, lg_buf *reply)
{
    unsigned long long busy = 0, all = 0;
    if (!machine_ticks(&busy, &all)) return;
    if (usage->all && all > usage->all && busy >= usage->busy) {
        jp_json_key(reply, "host_cpu_percent");
        lg_buf_addf(reply, "%.1f", 100.0 * (double)(busy - usage->busy) / (double)(all - usage->all));
    }
    usage->busy = busy;
    usage->all = all;
}

static void add_memory(lg_buf *reply)
{
    static const struct {
        const char *name, *line;
    } part[] = {{"free", "MemFree"},    {"active", "Active"},  {"inactive", "Inactive"},
                {"buffers", "Buffers"}, {"cached", "Cached"},  {"shared", "Shmem"},
                {"slab", "Slab"},       {"total", "MemTotal"}, {"available", "MemAvailable"}};
    char text[8192];
    unsigned long long bytes = 0, total = 0, available = 0;
    look("/proc/meminfo", text, sizeof text);
    if (!line_of(text, "MemTotal", &total) || !line_of(text, "MemAvailable", &available) || !total) return;
    jp_json_key(reply, "host_virtual_memory");
    lg_buf_addc(reply, '{');
    for (size_t i = 0; i < sizeof part / sizeof *part; i++)
        if (line_of(text, part[i].line, &bytes)) jp_json_member_int(reply, part[i].name, (long long)bytes);
    unsigned long long taken = available < total ? total - available : 0;
    jp_json_member_int(reply, "used", (long long)taken);
    jp_json_key(reply, "percent");
    lg_buf_addf(reply, "%.1f}", 100.0 * (double)taken / (double)total);
}

/* ---- the answer ---- */
static double share_of(const jp_usage *usage, const used *own, double now)
{
    double seconds = now - usage->at, ticks = (double)sysconf(_SC_CLK_TCK);
    if (usage->at <= 0 || seconds <= 0 || own->ticks < usage->own || ticks <= 0) return 0;
    return 100.0 * (double)(own->ticks - usage->own) / ticks / seconds;
}

void jp_usage_answer(jp_usage *usage, lg_buf *reply)
{
    char name[256] = "";
    used own = {0};
    double now = lg_now();
    add_process((int)getpid(), &own);
    add_helpers(&own);
    gethostname(name, sizeof name - 1);
    jp_json_member(reply, "hostname", name);
    jp_json_member_int(reply, "pid", getpid());
    jp_json_key(reply, "kernel_cpu");
    lg_buf_addf(reply, "%.1f", share_of(usage, &own, now));
    jp_json_member_int(reply, "kernel_memory", (long long)own.bytes);
    jp_json_member_int(reply, "cpu_count", sysconf(_SC_NPROCESSORS_ONLN));
    add_machine(usage, reply);
    add_memory(reply);
    usage->at = now;
    usage->own = own.ticks;
}
