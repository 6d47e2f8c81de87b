/* hyper.c - extracts of Tableau, by a helper in the user's Python. */
#include "lib/report/hyper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/reach.h"
#include "lib/base/spawn.h"
#include "lib/report/parquet.h"
#include "lib/store/paths.h"
#include "lib/base/banned.h"

__asm__(".pushsection .rodata\nrep_hyper_script: .incbin \"tools/write-hyper.py\"\nrep_hyper_script_end: .byte 0\n"
        ".popsection\n");
extern const char rep_hyper_script[], rep_hyper_script_end[];

enum { LOOK_MS = 100, SCRIPT_PLACE = 3, ANSWER = 512, SECONDS_FREE = 120, BYTES_A_SECOND = 1 << 20 };
#define INSTALL "in a terminal: python3 -m pip install tableauhyperapi (or set LOGOLENS_PYTHON to a Python that has it)"

typedef struct helper {
    char python[4096];
    char *folder;         /* ours alone, in the cache; owned */
    char *rows, *extract; /* files in it; owned */
    pid_t pid;
    int line; /* its stdout */
    double end;
    char answer[ANSWER];
    size_t len;
    const rep_work *work;
    lg_err *err;
} helper;

/* ---- messages ---- */
static lg_status no_library(const helper *h, const char *why)
{
    lg_fail(h->err, LG_E_UNSUPPORTED, 465, ".hyper files are written by Tableau's own library, and it is not there");
    lg_why(h->err, "%s", why);
    return lg_try(h->err, INSTALL);
}

static lg_status failed(const helper *h, const char *why)
{
    lg_fail(h->err, LG_E_IO, 466, "Tableau's library did not write the extract");
    lg_why(h->err, "%s", why);
    return lg_try(h->err, "Tableau reads .csv too: a .twb file opens it by itself");
}

/* ---- which Python ---- */
static bool runs(const char *path)
{
    struct stat about;
    return access(path, X_OK) == 0 && stat(path, &about) == 0 && S_ISREG(about.st_mode);
}

/* Only full paths of $PATH count: a relative one would be a folder of the notebook. */
static bool find_python(helper *h)
{
    const char *own = getenv("LOGOLENS_PYTHON"), *at = getenv("PATH");
    if (own && *own) {
        int n = snprintf(h->python, sizeof h->python, "%s", own);
        return *own == '/' && n < (int)sizeof h->python && runs(h->python);
    }
    for (size_t len; at && *at; at += len + (at[len] == ':')) {
        len = strcspn(at, ":");
        int n = snprintf(h->python, sizeof h->python, "%.*s/python3", (int)(len < 4000 ? len : 0), at);
        if (*at == '/' && n < (int)sizeof h->python && runs(h->python)) return true;
    }
    return false;
}

/* ---- its folder ---- */
/* Folders are called after the process that made them: those of processes that are gone are removed. */
static void tidy(const char *parent)
{
    lg_listing list = {0};
    lg_err ignored = {0};
    if (lg_reach_look(parent, NULL, NULL, 100, &list, &ignored)) return;
    for (size_t i = 0; i < list.count; i++) {
        long long pid;
        char number[32];
        snprintf(number, sizeof number, "%.*s", (int)strcspn(list.path[i], "-/"), list.path[i]);
        if (!lg_parse_int(number, &pid) || pid <= 1 || kill((pid_t)pid, 0) == 0 || errno != ESRCH) continue;
        char *path = lg_strf(&ignored, "%s/%s", parent, list.path[i]);
        if (path && lg_reach_remove(path, &ignored)) lg_log(LG_LOG_WARN, "%s", ignored.msg);
        lg_free(path);
    }
    lg_listing_release(&list);
}

static lg_status make_folder(helper *h)
{
    static atomic_int turn;
    store_paths paths = {0};
    lg_status st = store_paths_init(&paths, h->err);
    char *parent = st == LG_OK ? lg_strf(h->err, "%s/hyper", paths.cache) : NULL;
    store_paths_release(&paths);
    if (!parent) return h->err->status;
    tidy(parent);
    h->folder = lg_strf(h->err, "%s/%ld-%d", parent, (long)getpid(), atomic_fetch_add(&turn, 1));
    h->rows = h->folder ? lg_strf(h->err, "%s/rows.parquet", h->folder) : NULL;
    h->extract = h->rows ? lg_strf(h->err, "%s/rows.hyper", h->folder) : NULL;
    lg_free(parent);
    return h->extract ? lg_reach_mkdir(h->folder, h->err) : h->err->status;
}

static lg_status write_rows(const helper *h, const rep_table *table, size_t *size)
{
    lg_buf bytes;
    lg_buf_init(&bytes, (size_t)1 << 31);
    lg_status st = rep_parquet_write(table, h->work, &bytes, h->err);
    if (st == LG_OK) st = lg_reach_write_quick(h->rows, bytes.data, bytes.len, 0600, h->err);
    *size = bytes.len;
    lg_buf_release(&bytes);
    return st;
}

/* ---- the process ---- */
/* The script as a file without a name; -1. */
static int script(void)
{
    size_t len = (size_t)(rep_hyper_script_end - rep_hyper_script);
    int fd = memfd_create("write-hyper.py", MFD_CLOEXEC);
    if (fd >= 0 && write(fd, rep_hyper_script, len) == (ssize_t)len && lseek(fd, 0, SEEK_SET) == 0) return fd;
    if (fd >= 0) close(fd);
    return -1;
}

static lg_status start(helper *h)
{
    int ends[2], why = 0, text = script();
    if (text < 0) return failed(h, strerror(errno));
    if (pipe2(ends, O_CLOEXEC)) why = errno;
    else {
        const lg_given given[] = {{text, SCRIPT_PLACE}, {ends[1], STDOUT_FILENO}};
        const char *const words[] = {"-B", "/dev/fd/3", h->rows, h->extract, NULL};
        why = lg_spawn(h->python, words, given, 2, &h->pid);
        close(ends[1]);
        if (why) close(ends[0]);
        else h->line = ends[0];
    }
    close(text);
    return why ? no_library(h, strerror(why)) : LG_OK;
}

/* Its first line, or all there is; what is too long is cut. */
static lg_status listen(helper *h)
{
    for (;;) {
        struct pollfd line = {.fd = h->line, .events = POLLIN};
        LG_TRY(lg_cancel_check(h->work->cancel, h->err));
        if (lg_now() > h->end) return failed(h, "it took too long");
        int ready = poll(&line, 1, LOOK_MS);
        if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
        ssize_t n = ready < 0 ? -1 : read(h->line, h->answer + h->len, sizeof h->answer - 1 - h->len);
        if (n < 0 && errno == EINTR) continue;
        if (n > 0) h->len += (size_t)n;
        h->answer[h->len] = 0;
        if (n <= 0 || h->len == sizeof h->answer - 1 || strchr(h->answer, '\n')) return LG_OK;
    }
}

/* It leads a group: what it has started ends with it. */
static void end(helper *h)
{
    int status;
    kill(-h->pid, SIGKILL);
    while (waitpid(h->pid, &status, 0) < 0 && errno == EINTR) {
    }
    close(h->line);
}

static lg_status judge(helper *h)
{
    static const char missing[] = "missing ", bad[] = "failed ";
    h->answer[strcspn(h->answer, "\n")] = 0;
    h->answer[lg_utf8_valid(h->answer, strlen(h->answer))] = 0;
    lg_text_scrub(h->answer);
    if (strncmp(h->answer, "ok ", 3) == 0) return LG_OK;
    if (strncmp(h->answer, bad, sizeof bad - 1) == 0) return failed(h, h->answer + sizeof bad - 1);
    if (strncmp(h->answer, missing, sizeof missing - 1) != 0) return failed(h, "its process ended without a word");
    char *why = lg_strf(h->err, "%s: %s", h->python, h->answer + sizeof missing - 1);
    if (!why) return h->err->status;
    lg_status st = no_library(h, why);
    lg_free(why);
    return st;
}

static lg_status work(helper *h, const rep_table *table, lg_buf *out)
{
    size_t size;
    if (!find_python(h)) return no_library(h, "no Python was found: neither $LOGOLENS_PYTHON nor python3 on $PATH");
    LG_TRY(make_folder(h));
    LG_TRY(write_rows(h, table, &size));
    LG_TRY(start(h));
    h->end = lg_now() + SECONDS_FREE + (double)size / BYTES_A_SECOND;
    lg_status st = listen(h);
    end(h);
    if (st == LG_OK) st = judge(h);
    return st ? st : lg_reach_read(h->extract, out, h->err);
}

lg_status rep_hyper_write(const rep_table *table, const rep_work *what, lg_buf *out, lg_err *err)
{
    static const rep_work none;
    lg_err ignored = {0};
    helper *h = lg_alloc(1, sizeof *h, err);
    if (!h) return err->status;
    h->work = what ? what : &none;
    h->err = err;
    lg_status st = work(h, table, out);
    if (h->folder && lg_reach_remove(h->folder, &ignored)) lg_log(LG_LOG_WARN, "%s", ignored.msg);
    lg_free(h->folder);
    lg_free(h->rows);
    lg_free(h->extract);
    lg_free(h);
    return st;
}
