/* main.c - the program `logolens`: chooses the subcommand and joins the parts. */
#include "kernel/main.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/commands/workbench.h"
#include "kernel/jupyter/kernel.h"
#include "lib/base/pool.h"
#include "lib/base/reach.h"
#include "lib/data/cache.h"
#include "lib/hdf5/keras_file.h"
#include "lib/image/jail.h"
#include "lib/net/secret.h"
#include "lib/plot/plot.h"
#include "lib/store/config.h"
#include "nnlib/nnlib.h"
#include "lib/base/banned.h"

static const char usage[] =
    "Logolens " LG_VERSION ": train, compare and use image classifiers in a small language.\n"
    "\n"
    "  logolens                         type and run cells; from a pipe: as `run -`\n"
    "  logolens run FILE                run a script; - is standard input\n"
    "  logolens install [--user | --sys-prefix | --prefix DIR] [--name NAME] [--remove]\n"
    "                                   tell Jupyter about this program, or take that back\n"
    "  logolens lessons [FOLDER]        write notebooks to learn with, into logolens-lessons or FOLDER\n"
    "  logolens kernel -f FILE [--insecure]\n"
    "                                   serve Jupyter (Jupyter calls this)\n"
    "  logolens allow PATH|URL          let notebooks read a folder, or connect to a host\n"
    "  logolens forbid PATH|URL         take that back\n"
    "  logolens sandbox --check         try what the helper that decodes pictures must not be able to do\n"
    "  logolens version                 version, and what this machine offers\n"
    "\n"
    "run ends with status 0, 1 (an error or a failed check), 2 (wrong usage) or 130 (interrupted).\n";

void main_say_error(const lg_err *err, const char *cell)
{
    lg_buf block;
    lg_buf_init(&block, 1 << 16);
    plt_error_block(err, cell, isatty(STDERR_FILENO) && !getenv("NO_COLOR"), &block);
    net_scrub_buf(&block);
    size_t len = block.len;
    fputs(lg_buf_str(&block), stderr);
    if (!len || block.data[len - 1] != '\n') fputc('\n', stderr);
    lg_buf_release(&block);
}

static int wrong_usage(const char *why, const char *word)
{
    fprintf(stderr, "logolens: %s%s%s\n\n%s", why, word ? " " : "", word ? word : "", usage);
    return MAIN_USAGE;
}

/* ---- set-up ---- */
static char *history_folder; /* to the end of the process */

const char *main_history_folder(void)
{
    return history_folder;
}

lg_status main_history_open(store_history **out, lg_err *err)
{
    LG_TRY(store_history_new(out, err));
    return history_folder ? store_history_keep(*out, history_folder, err) : LG_OK;
}

/* The environment has the last word. */
static void keep_history(const store_paths *paths, bool wanted)
{
    lg_err err = {0};
    const char *said = getenv("LOGOLENS_HISTORY");
    if (said && strcmp(said, "off") == 0) wanted = false;
    else if (said && strcmp(said, "on") == 0) wanted = true;
    else if (said && *said) lg_log(LG_LOG_WARN, "LOGOLENS_HISTORY is not used: it is neither on nor off");
    if (wanted && !history_folder) history_folder = lg_strdup(paths->data, &err);
}

static lg_status reach_allowed(const store_paths *paths, lg_err *err)
{
    store_config config = {0};
    lg_status st = store_config_load(paths, &config, err);
    if (st == LG_OK) st = store_config_reach(&config, err);
    if (st == LG_OK) keep_history(paths, !config.no_history);
    store_config_release(&config);
    return st;
}

/* A limit the user set, in megabytes; 0: none was set. */
static uint64_t megabytes(const char *variable)
{
    long long n = 0;
    const char *text = getenv(variable);
    if (!text || !*text) return 0;
    if (lg_parse_int(text, &n) && n >= 0 && n < 1ll << 40) return n ? (uint64_t)n << 20 : DATA_CACHE_NONE;
    lg_log(LG_LOG_WARN, "%s is not used: `%s` is no number of megabytes", variable, text);
    return 0;
}

lg_status main_set_up(lg_err *err)
{
    lg_err trouble = {0};
    store_paths paths = {0};
    lg_log_filter(net_scrub);
    net_json_wipes();
    signal(SIGXFSZ, SIG_IGN); /* where `ulimit -f` ends a file, writing fails as on a full disk */
    img_jail_setup(&(img_jail_options){.program = "/proc/self/exe"});
    h5_setup(&(h5_options){.program = "/proc/self/exe"});
    LG_TRY(lg_reach_init(NULL, err));
    lg_status st = store_paths_init(&paths, &trouble);
    if (st == LG_OK) st = store_paths_reach(&paths, &trouble);
    if (st == LG_OK) st = reach_allowed(&paths, &trouble);
    if (paths.spare)
        lg_log(LG_LOG_WARN, "the usual folders cannot be written: what is kept lies in %s, as long as that is there",
               paths.cache);
    if (st) lg_log(LG_LOG_WARN, "settings are not used: %s", trouble.msg);
    else
        data_cache_setup(&(data_cache_limits){.memory = megabytes("LOGOLENS_CACHE_MEMORY"),
                                              .disk = megabytes("LOGOLENS_CACHE_DISK"),
                                              .folder = paths.cache});
    store_paths_release(&paths);
    return LG_OK;
}

lg_status main_read_file(const char *path, size_t limit, lg_buf *out, lg_err *err)
{
    char block[16384];
    ssize_t n = 0;
    int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return lg_fail(err, LG_E_IO, errno == ENOENT ? 302 : 391, "%s cannot be opened: %s", path, strerror(errno));
    while (out->len <= limit && ((n = read(fd, block, sizeof block)) > 0 || (n < 0 && errno == EINTR)))
        if (n > 0) lg_buf_add(out, block, (size_t)n);
    int why = errno;
    close(fd);
    if (n < 0) return lg_fail(err, LG_E_IO, 391, "%s cannot be read: %s", path, strerror(why));
    return lg_buf_check(out, err);
}

/* ---- kernel ---- */
/* jp_workspaces: ctx is the workbench of the main shell. */
static lg_status fork_workspace(void *ctx, void **workspace, dsl_session **session, lg_err *err)
{
    cmd_workbench *bench = NULL;
    LG_TRY(cmd_workbench_fork(ctx, &bench, err));
    *workspace = bench;
    *session = cmd_workbench_session(bench);
    return LG_OK;
}

static void free_workspace(void *workspace)
{
    cmd_workbench_free(workspace);
}

static lg_status serve(const char *file, bool insecure, bool *clean, lg_err *err)
{
    enum { CONNECTION_LIMIT = 1 << 16 };
    lg_buf text;
    jp_connection connection;
    jp_kernel *kernel = NULL;
    cmd_workbench *bench = NULL;
    lg_status st;

    lg_buf_init(&text, CONNECTION_LIMIT);
    LG_GO(main_read_file(file, CONNECTION_LIMIT, &text, err));
    LG_GO(jp_connection_read(lg_buf_str(&text), text.len, &connection, err));
    LG_GO(jp_kernel_open(&connection, insecure, &kernel, err));
    LG_GO(main_set_up(err));
    if (main_history_folder()) LG_GO(jp_kernel_keep_history(kernel, main_history_folder(), err));
    LG_GO(cmd_workbench_new(&bench, err));
    cmd_workbench_keep_runs(bench);
    cmd_workbench_history(bench, jp_kernel_cells(kernel));
    *clean = jp_kernel_serve(kernel, cmd_workbench_session(bench),
                             &(jp_workspaces){.ctx = bench, .fork = fork_workspace, .free = free_workspace});
done:
    lg_buf_release(&text);
    if (!*clean) return st; /* a cell still runs on both */
    cmd_workbench_free(bench);
    jp_kernel_free(kernel);
    return st;
}

/* Words it does not know are not an error: `jupyter run FILE` and `jupyter console` hand the kernel what their own user
 * typed behind their options. */
static int main_kernel(int count, char *const word[])
{
    const char *file = NULL;
    bool insecure = false, clean = true;
    for (int i = 0; i < count; i++) {
        if (strcmp(word[i], "-f") == 0 && i + 1 < count) file = word[++i];
        else if (strcmp(word[i], "--insecure") == 0) insecure = true;
        else lg_log(LG_LOG_INFO, "kernel takes no `%s`", word[i]);
    }
    if (!file) return wrong_usage("kernel needs -f FILE, a connection file", NULL);
    lg_err err = {0};
    lg_status st = serve(file, insecure, &clean, &err);
    if (st) main_say_error(&err, NULL);
    if (!clean) _exit(MAIN_OK);
    return st ? MAIN_FAILED : MAIN_OK;
}

/* ---- allow, forbid ---- */
static lg_status change_allowed(bool allow, const char *what, lg_err *err)
{
    bool is_new = true;
    char *added = NULL;
    store_paths paths = {0};
    lg_status st;
    LG_GO(store_paths_init(&paths, err));
    if (!allow) {
        LG_GO(store_config_forbid(&paths, what, err));
        printf("no longer allowed: %s\n", what);
        goto done;
    }
    LG_GO(store_config_allow(&paths, what, &added, &is_new, err));
    printf("%s %s\n", is_new ? "allowed" : "was allowed already:", added);
    if (is_new) printf("kernels started from now on can reach it\n");
done:
    lg_free(added);
    store_paths_release(&paths);
    return st;
}

static int main_allow(bool allow, int count, char *const word[])
{
    lg_err err = {0};
    if (count != 1 || !word[0][0])
        return wrong_usage(allow ? "allow needs one folder or URL" : "forbid needs one folder or URL", NULL);
    lg_status st = change_allowed(allow, word[0], &err);
    if (st) main_say_error(&err, NULL);
    return st ? MAIN_FAILED : MAIN_OK;
}

static int lessons(int count, char *const word[])
{
    if (count > 1 || (count && (!word[0][0] || word[0][0] == '-')))
        return wrong_usage("lessons takes one FOLDER, or none", NULL);
    return main_lessons(count ? word[0] : "logolens-lessons");
}

/* "avx512 (29 operations), scalar (3)" of the report's lines. */
static void print_variants(void)
{
    static const char *const variant[] = {"avx512", "avx2", "scalar"};
    char report[8192] = "";
    const char *comma = "";
    nn_kernels_report(report, sizeof report);
    printf("arithmetic: ");
    for (size_t i = 0; i < sizeof variant / sizeof *variant; i++) {
        int count = 0;
        char word[32];
        snprintf(word, sizeof word, ": %s", variant[i]);
        for (const char *at = report; (at = strstr(at, word)); at += strlen(word)) count++;
        if (count) printf("%s%s (%d operations)", comma, variant[i], count), comma = ", ";
    }
    printf("\n");
}

static int main_version(void)
{
    printf("logolens %s\nJupyter protocol %s\n", LG_VERSION, JP_PROTOCOL);
    print_variants();
    printf("OpenBLAS: %s\n", nn_kernels_openblas() ? "there, used for large products"
                                                   : "not used (not installed, or left out by NN_ISA)");
    printf("threads: %d\n", lg_pool_default_size());
    return MAIN_OK;
}

/* What the program's tables say, on standard output: docs/commands.md for `make docs`, words for `make words`. */
static int main_tables(void (*write)(const dsl_config *config, lg_buf *out))
{
    lg_err err = {0};
    lg_buf text;
    cmd_workbench *bench = NULL;
    lg_buf_init(&text, 16 << 20);
    lg_status st = cmd_workbench_new(&bench, &err);
    if (st == LG_OK) {
        write(dsl_session_config(cmd_workbench_session(bench)), &text);
        st = lg_buf_check(&text, &err);
    }
    if (st == LG_OK) fputs(lg_buf_str(&text), stdout);
    else main_say_error(&err, NULL);
    cmd_workbench_free(bench);
    lg_buf_release(&text);
    return st ? MAIN_FAILED : MAIN_OK;
}

/* A standard stream that was closed leads nowhere: else a socket would get its number, and lines of the log. */
static void fill_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd ? O_WRONLY : O_RDONLY) != fd) return;
}

static bool is_help(const char *word)
{
    return strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int main_help(void)
{
    fputs(usage, stdout);
    return MAIN_OK;
}

static int no_subcommand(const char *name)
{
    if (access(name, R_OK) != 0) return wrong_usage("there is no subcommand", name);
    fprintf(stderr, "logolens: there is no subcommand %s; a script runs by: logolens run %s\n", name, name);
    return MAIN_USAGE;
}

int main(int argc, char **argv)
{
    fill_streams();
    if (argc < 2) return isatty(STDIN_FILENO) ? main_interactive() : main_run_script("-");
    const char *name = argv[1];
    if (strcmp(name, "sandbox") == 0) return main_sandbox(argc - 2, argv + 2);
    int count = argc > 2 ? argc - 2 : 0;
    char *const *rest = argv + (argc > 2 ? 2 : argc);
    main_use_fonts_beside();
    if (strcmp(name, "install") == 0) return main_install(count, rest); /* has a help of its own */
    if (count && rest[0][0] == '-' && is_help(rest[0])) return main_help();
    if (strcmp(name, "lessons") == 0) return lessons(count, rest);
    if (strcmp(name, "kernel") == 0) return main_kernel(count, rest);
    if (strcmp(name, "run") == 0)
        return count == 1 ? main_run_script(rest[0]) : wrong_usage("run needs one FILE", NULL);
    if (strcmp(name, "allow") == 0 || strcmp(name, "forbid") == 0) return main_allow(name[0] == 'a', count, rest);
    if (strcmp(name, "manual") == 0) return main_tables(dsl_manual);
    if (strcmp(name, "words") == 0) return main_tables(dsl_words_list);
    if (strcmp(name, "version") == 0 || strcmp(name, "--version") == 0) return main_version();
    return is_help(name) ? main_help() : no_subcommand(name);
}
