/* The reach: what is in it, what is not, and that nothing between check and opening helps. Each test has a world:
 *
 *     world/project/{.git, start/, data/{a.txt,b.txt,sub/c.txt}}   world/outside/secret.txt   world/allowed/pic.txt  */
#include "lib/base/reach.h"
#include "tests/support/test.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char world[PATH_MAX];
static lg_err err;

static const char *at(const char *name)
{
    static char path[8][PATH_MAX + 300];
    static int turn;
    char *p = path[turn++ & 7];
    snprintf(p, sizeof path[0], "%s/%s", world, name);
    return p;
}

static void put(const char *name, const char *text)
{
    FILE *f = fopen(at(name), "w");
    if (!f) TEST_FAIL("cannot write %s", at(name));
    fputs(text, f);
    fclose(f);
}

static const char *got(const char *name)
{
    static char text[4096];
    FILE *f = fopen(at(name), "r");
    if (!f) return NULL;
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    return text;
}

static void remove_world(void)
{
    char command[500];
    snprintf(command, sizeof command, "chmod -R u+rwX '%.200s'; rm -rf '%.200s'", world, world);
    if (world[0] && system(command) != 0) printf("could not remove %s\n", world);
}

static void build(void)
{
    static const char *const folders[] = {"project",          "project/.git", "project/start", "project/data",
                                          "project/data/sub", "outside",      "allowed"};
    static bool registered;
    remove_world();
    char made[] = "/tmp/lg_reach_XXXXXX";
    CHECK(mkdtemp(made) && realpath(made, world));
    if (!registered) atexit(remove_world);
    registered = true;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) CHECK_INT(mkdir(at(folders[i]), 0700), 0);
    put("project/data/a.txt", "alpha");
    put("project/data/b.txt", "beta");
    put("project/data/sub/c.txt", "gamma");
    put("outside/secret.txt", "secret");
    put("allowed/pic.txt", "picture");
    err = (lg_err){0};
    CHECK_OK(lg_reach_init(at("project/start"), &err));
}

static lg_status read_text(const char *path, lg_buf *buf)
{
    err = (lg_err){0};
    lg_buf_init(buf, 1 << 16);
    return lg_reach_read(path, buf, &err);
}

/* Expects the text of the file, or (want NULL) the code. */
static void expect(const char *path, const char *want, int code)
{
    lg_buf buf;
    lg_status st = read_text(path, &buf);
    char text[100] = "";
    if (st == LG_OK) snprintf(text, sizeof text, "%s", lg_buf_str(&buf));
    lg_buf_release(&buf);
    if (want && st != LG_OK) TEST_FAIL("%s: LL%d %s (%s)", path, err.code, err.msg, err.why);
    if (want) CHECK_STR(text, want);
    if (!want && err.code != code) TEST_FAIL("%s: LL%d %s, expected LL%d", path, err.code, err.msg, code);
}

TEST(project_is_found)
{
    build();
    CHECK_STR(lg_reach_project(), at("project"));
    CHECK_STR(lg_reach_start(), at("project/start"));
    CHECK_INT(rmdir(at("project/.git")), 0);
    CHECK_OK(lg_reach_init(at("project/start"), &err));
    CHECK_STR(lg_reach_project(), at("project/start"));
    put("project/logolens.json", "{}");
    CHECK_OK(lg_reach_init(at("project/data/sub"), &err));
    CHECK_STR(lg_reach_project(), at("project"));
    CHECK_INT(lg_reach_init(at("nowhere"), &err), LG_E_IO);
}

TEST(marker_of_another_owner_does_not_count)
{
    build();
    if (geteuid() != 0) SKIP("only root can give files away");
    CHECK_INT(chown(at("project/.git"), 12345, 12345), 0);
    CHECK_OK(lg_reach_init(at("project/start"), &err));
    CHECK_STR(lg_reach_project(), at("project/start"));
}

TEST(below_the_project_is_read)
{
    build();
    expect("../data/a.txt", "alpha", 0);
    expect(at("project/data/sub/../b.txt"), "beta", 0);
    expect("./..//data/./sub//c.txt", "gamma", 0);
    put("project/start/empty", "");
    lg_buf buf;
    CHECK_OK(read_text("empty", &buf));
    CHECK_INT(buf.len, 0);
    CHECK(buf.data && !buf.data[0]);
    lg_buf_release(&buf);
}

TEST(outside_is_refused_whether_it_exists_or_not)
{
    build();
    expect(at("outside/secret.txt"), NULL, 601);
    expect(at("outside/nothing.txt"), NULL, 601);
    expect(at("nothing/at/all"), NULL, 601);
    expect("../../outside/secret.txt", NULL, 601);
    expect("../nothing/../../outside/secret.txt", NULL, 601);
    expect(at("project2/secret.txt"), NULL, 601); /* begins like the project */
    expect("/etc/passwd", NULL, 601);
    expect("/", NULL, 601);
    expect("/proc/self/environ", NULL, 601);
    expect("/dev/stdin", NULL, 601);
    CHECK_INT(err.status, LG_E_DENIED);
    expect(at("outside/secret.txt"), NULL, 601);
    CHECK_HAS(err.msg, "outside this project");
    CHECK_HAS(err.why, at("project"));
    CHECK_HAS(err.why, "/usr/share/datasets");
    CHECK_HAS(err.hint, "`logolens allow ");
    CHECK_HAS(err.hint, at("outside/secret.txt"));
    CHECK_HAS(err.hint, "in a terminal");
    expect(at("out side's"), NULL, 601);
    CHECK_HAS(err.hint, "/out side'\\''s'` in a terminal");
}

TEST(allowed_roots)
{
    build();
    expect(at("allowed/pic.txt"), NULL, 601);
    CHECK_OK(lg_reach_allow_read(at("allowed"), &err));
    expect(at("allowed/pic.txt"), "picture", 0);
    expect(at("allowed/../outside/secret.txt"), NULL, 601);
    CHECK_INT(lg_reach_write(at("allowed/new.txt"), "x", 1, 0600, &err), LG_E_DENIED);
    err = (lg_err){0};
    CHECK_OK(lg_reach_allow_read(at("later"), &err));
    expect(at("later/x"), NULL, 302);
    mkdir(at("later"), 0700);
    put("later/x", "late");
    expect(at("later/x"), "late", 0);
    CHECK_OK(lg_reach_allow_read(at("outside/secret.txt"), &err)); /* a single file */
    expect(at("outside/secret.txt"), "secret", 0);
    for (int i = 0; i < 5; i++) CHECK_OK(lg_reach_allow_read(at("later"), &err));
}

TEST(links_are_resolved_before_the_check)
{
    build();
    CHECK_INT(symlink(at("outside/secret.txt"), at("project/data/leak.txt")), 0);
    CHECK_INT(symlink(at("outside"), at("project/data/leak")), 0);
    CHECK_INT(symlink("../data/a.txt", at("project/start/near.txt")), 0);
    CHECK_INT(symlink("round", at("project/start/round")), 0);
    CHECK_INT(symlink("gone", at("project/start/dangling")), 0);
    CHECK_INT(symlink("/proc/self/fd/0", at("project/start/stdin")), 0);
    expect("../data/leak.txt", NULL, 601);
    expect("../data/leak/secret.txt", NULL, 601);
    expect("../data/leak/none", NULL, 601);
    expect("near.txt", "alpha", 0);
    expect("round", NULL, 302);
    CHECK_HAS(err.why, "circle");
    expect("dangling", NULL, 302);
    expect("stdin", NULL, 601);
    CHECK_INT(lg_reach_write("../data/leak.txt", "x", 1, 0600, &err), LG_E_DENIED);
    err = (lg_err){0};
    CHECK_INT(lg_reach_write("../data/leak/new", "x", 1, 0600, &err), LG_E_DENIED);
    CHECK_STR(got("outside/secret.txt"), "secret");
    err = (lg_err){0};
    CHECK(lg_reach_write("dangling", "x", 1, 0600, &err) != LG_OK);
    CHECK(access(at("project/start/gone"), F_OK) != 0);
    err = (lg_err){0};
    CHECK_OK(lg_reach_write("near.txt", "new", 3, 0600, &err)); /* follows the link */
    CHECK_STR(got("project/data/a.txt"), "new");
}

TEST(only_regular_files)
{
    build();
    CHECK_INT(mkfifo(at("project/data/pipe"), 0600), 0);
    expect("../data/pipe", NULL, 393); /* and does not wait for a writer */
    CHECK_HAS(err.msg, "a pipe");
    expect("../data", NULL, 393);
    CHECK_HAS(err.msg, "a folder");
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int s = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(name.sun_path, sizeof name.sun_path, "%.90s", at("project/data/sock"));
    CHECK_INT(bind(s, (struct sockaddr *)&name, sizeof name), 0);
    close(s);
    expect("../data/sock", NULL, 393);
    if (geteuid() == 0 && mknod(at("project/data/null"), S_IFCHR | 0600, 1 << 8 | 3) == 0) {
        expect("../data/null", NULL, 393);
        CHECK_HAS(err.msg, "a device");
    }
    CHECK_INT(lg_reach_write("../data/pipe", "x", 1, 0600, &err), LG_E_DATA);
    err = (lg_err){0};
    CHECK_INT(lg_reach_write("../data", "x", 1, 0600, &err), LG_E_DATA);
    CHECK_INT(err.code, 393);
}

TEST(paths_that_cannot_be)
{
    build();
    char longest[2 * PATH_MAX];
    memset(longest, 'a', sizeof longest);
    longest[sizeof longest - 1] = 0;
    expect(longest, NULL, 302);
    longest[PATH_MAX - 1] = 0;
    expect(longest, NULL, 302);
    longest[300] = 0;
    expect(longest, NULL, 302);
    for (size_t i = 0; i + 1 < PATH_MAX; i += 2) memcpy(longest + i, "a/", 3);
    expect(longest, NULL, 302);
    for (size_t i = 0; i + 3 < PATH_MAX; i += 3) memcpy(longest + i, "../", 4);
    expect(longest, NULL, 302);
    expect("", NULL, 302);
    expect("bad\xff.txt", NULL, 302);
    CHECK_HAS(err.why, "byte 4");
    expect("\xc3", NULL, 302);
    expect("..", NULL, 393);
    expect("../..", NULL, 601);
    expect("../data/a.txt/", NULL, 302);
    CHECK_HAS(err.why, "`a.txt` is a file, not a folder");
    expect("../data/a.txt/x", NULL, 302);
    expect("new\nline\x1b[31m", NULL, 302);
    CHECK(!strchr(err.msg, 0x1b));
}

TEST(what_was_meant)
{
    build();
    expect("../data/a.tx", NULL, 302);
    CHECK_STR(err.msg, "there is no file or folder `../data/a.tx`");
    CHECK_HAS(err.why, at("project/data"));
    CHECK_HAS(err.why, "a.txt, b.txt, sub");
    CHECK_STR(err.hint, "did you mean `../data/a.txt`?");
    expect("../dta/sub/c.txt", NULL, 302);
    CHECK_STR(err.hint, "did you mean `../data/sub/c.txt`?");
    expect("../data/sub/zebra", NULL, 302);
    CHECK_STR(err.hint, "");
    expect("x", NULL, 302);
    CHECK_HAS(err.why, "which is empty");
}

TEST(limits)
{
    build();
    lg_buf buf;
    lg_buf_init(&buf, 4);
    CHECK_INT(lg_reach_read("../data/a.txt", &buf, &err), LG_E_LIMIT);
    CHECK_INT(err.code, 303);
    CHECK_HAS(err.why, "5 bytes; the limit is 4");
    lg_buf_release(&buf);
    lg_buf_init(&buf, 5);
    err = (lg_err){0};
    CHECK_OK(lg_reach_read("../data/a.txt", &buf, &err)); /* exactly the limit */
    CHECK_STR(lg_buf_str(&buf), "alpha");
    lg_buf_release(&buf);
}

TEST(unreadable_files)
{
    build();
    if (geteuid() == 0) SKIP("root may read everything");
    chmod(at("project/data/a.txt"), 0);
    expect("../data/a.txt", NULL, 391);
    chmod(at("project/data/sub"), 0);
    expect("../data/sub/c.txt", NULL, 391);
}

TEST(written_whole_with_its_mode)
{
    build();
    struct stat st;
    mode_t before = umask(0);
    CHECK_OK(lg_reach_write("out.txt", "hello", 5, 0600, &err));
    CHECK_INT(stat(at("project/start/out.txt"), &st), 0);
    CHECK_INT(st.st_mode & 07777, 0600);
    CHECK_OK(lg_reach_mkdir("deep/er/est", &err));
    CHECK_INT(stat(at("project/start/deep/er/est"), &st), 0);
    CHECK_INT(st.st_mode & 07777, 0700);
    umask(077);
    CHECK_OK(lg_reach_write("out.txt", "again", 5, 0644, &err));
    CHECK_INT(stat(at("project/start/out.txt"), &st), 0);
    CHECK_INT(st.st_mode & 07777, 0600);
    umask(before);
    CHECK_STR(got("project/start/out.txt"), "again");
    CHECK_OK(lg_reach_mkdir("deep/er/est", &err)); /* there already */
    CHECK_INT(lg_reach_mkdir("out.txt/below", &err), LG_E_DATA);
    err = (lg_err){0};
    CHECK_INT(lg_reach_mkdir("out.txt", &err), LG_E_DATA);
    CHECK_INT(err.code, 393);
    err = (lg_err){0};
    CHECK_INT(lg_reach_mkdir(at("outside/new"), &err), LG_E_DENIED);
    err = (lg_err){0};
    CHECK_INT(lg_reach_write("none/out.txt", "x", 1, 0600, &err), LG_E_DATA);
    CHECK_INT(err.code, 302);
}

TEST(files_that_steer_other_programs_are_not_written)
{
    build();
    static const char *const names[] = {"../.git/config", ".bashrc", "../data/.x/y", "../.git"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        err = (lg_err){0};
        CHECK_INT(lg_reach_write(names[i], "x", 1, 0600, &err), LG_E_DENIED);
        CHECK_HAS(err.msg, "begins with a dot");
        err = (lg_err){0};
        CHECK_INT(lg_reach_mkdir(names[i], &err), LG_E_DENIED);
    }
    err = (lg_err){0};
    CHECK_OK(lg_reach_own(at("home/.local/share/logolens"), &err)); /* our own may have dots, and need not exist */
    CHECK_OK(lg_reach_mkdir(at("home/.local/share/logolens/runs"), &err));
    CHECK_OK(lg_reach_write(at("home/.local/share/logolens/runs/1"), "run", 3, 0600, &err));
    expect(at("home/.local/share/logolens/runs/1"), "run", 0);
    CHECK_INT(lg_reach_mkdir(at("home/.local/other"), &err), LG_E_DENIED);
}

TEST(full_disk_leaves_the_old_file)
{
    build();
    struct rlimit before, small;
    static char big[100000];
    CHECK_OK(lg_reach_write("out.txt", "old", 3, 0600, &err));
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = 1000;
    setrlimit(RLIMIT_FSIZE, &small);
    lg_status st = lg_reach_write("out.txt", big, sizeof big, 0600, &err);
    setrlimit(RLIMIT_FSIZE, &before);
    CHECK_INT(st, LG_E_IO);
    CHECK_INT(err.code, 392);
    CHECK_HAS(err.hint, "100,000 bytes");
    CHECK_STR(got("project/start/out.txt"), "old");
    lg_listing list;
    err = (lg_err){0};
    CHECK_OK(lg_reach_list(".", 0, NULL, &list, &err));
    CHECK_INT(list.count, 1);
    lg_listing_release(&list);
    char command[PATH_MAX + 64];
    snprintf(command, sizeof command, "test -z \"$(find '%s' -name '.logolens-*')\"", at("project"));
    CHECK_INT(system(command), 0); /* nor is the temporary file left */
}

/* One thread exchanges a folder for a link to the outside as fast as it can; nobody ever reads or writes there. */
static atomic_bool race_over;
static void *swap(void *arg)
{
    (void)arg;
    char real[PATH_MAX], other[PATH_MAX];
    snprintf(real, sizeof real, "%s", at("project/data/real"));
    snprintf(other, sizeof other, "%s", at("project/data/other"));
    while (!atomic_load(&race_over)) (void)!renameat2(AT_FDCWD, real, AT_FDCWD, other, RENAME_EXCHANGE);
    return NULL;
}

TEST(a_folder_swapped_meanwhile_does_not_help)
{
    build();
    mkdir(at("project/data/real"), 0700);
    put("project/data/real/secret.txt", "harmless");
    mkdir(at("project/data/real/deep"), 0700);
    mkdir(at("outside/deep"), 0700);
    CHECK_INT(symlink(at("outside"), at("project/data/other")), 0);
    if (renameat2(AT_FDCWD, at("allowed"), AT_FDCWD, at("outside"), RENAME_EXCHANGE)) SKIP("no exchange on this disk");
    CHECK_INT(renameat2(AT_FDCWD, at("allowed"), AT_FDCWD, at("outside"), RENAME_EXCHANGE), 0);
    pthread_t thread;
    int harmless = 0, secret = 0, refused = 0;
    atomic_store(&race_over, false);
    CHECK_INT(pthread_create(&thread, NULL, swap, NULL), 0);
    for (int i = 0; i < 20000; i++) {
        lg_buf buf;
        lg_status st = read_text("../data/real/secret.txt", &buf);
        if (st != LG_OK) refused++;
        else if (strcmp(lg_buf_str(&buf), "harmless") == 0) harmless++;
        else secret++;
        lg_buf_release(&buf);
        lg_err ignored = {0};
        lg_status wrote = i % 4 ? LG_OK : lg_reach_write("../data/real/deep/new.txt", "x", 1, 0600, &ignored);
        (void)wrote;
    }
    atomic_store(&race_over, true);
    pthread_join(thread, NULL);
    CHECK_INT(secret, 0);
    CHECK(harmless > 0 && refused > 0);
    CHECK(access(at("outside/deep/new.txt"), F_OK) != 0);
}

static void check_list(const char *folder, const char *want, size_t skipped)
{
    lg_listing list;
    lg_buf text;
    err = (lg_err){0};
    CHECK_OK(lg_reach_list(folder, 0, NULL, &list, &err));
    lg_buf_init(&text, 0);
    for (size_t i = 0; i < list.count; i++) lg_buf_addf(&text, "%s%s", i ? " " : "", list.path[i]);
    size_t left_out = list.skipped;
    lg_listing_release(&list);
    char copy[1000];
    snprintf(copy, sizeof copy, "%s", lg_buf_str(&text));
    lg_buf_release(&text);
    CHECK_STR(copy, want);
    CHECK_INT(left_out, skipped);
}

TEST(listing)
{
    build();
    check_list("../data", "a.txt b.txt sub/c.txt", 0);
    put("project/data/.hidden", "");
    put("project/data/B.txt", "");
    put("project/data/sub.txt", ""); /* '.' sorts before '/' */
    check_list("../data", "B.txt a.txt b.txt sub.txt sub/c.txt", 0);
    mkdir(at("project/more"), 0700);
    put("project/more/d.txt", "");
    CHECK_INT(symlink("../more", at("project/data/more")), 0);
    CHECK_INT(symlink("../more", at("project/data/twice")), 0); /* listed once, by either name */
    CHECK_INT(symlink("more", at("project/more/self")), 0);     /* nowhere */
    CHECK_INT(symlink(".", at("project/data/here")), 0);        /* round */
    CHECK_INT(symlink("../..", at("project/data/sub/up")), 0);  /* a parent */
    CHECK_INT(symlink("sub", at("project/data/sub_again")), 0); /* listed where it is */
    CHECK_INT(symlink("a.txt", at("project/data/z.txt")), 0);
    CHECK_INT(symlink(at("outside"), at("project/data/leak")), 0);
    CHECK_INT(symlink(at("outside/secret.txt"), at("project/data/leak.txt")), 0);
    mkfifo(at("project/data/pipe"), 0600);
    put("project/data/bad\xff", "");
    lg_listing list;
    CHECK_OK(lg_reach_list("../data", 0, NULL, &list, &err));
    CHECK_INT(list.count, 7);
    CHECK_INT(list.skipped, 7); /* self, here, up, leak, leak.txt, pipe, bad */
    CHECK_INT(list.missed, 5);  /* without here and up */
    static const char *const why[][2] = {{"bad\xff", "its name is not UTF-8"},
                                         {"leak", "a link that leads nowhere, or out of what may be read"},
                                         {"leak.txt", "a link that leads nowhere, or out of what may be read"},
                                         {"/self", "a link that leads nowhere, or out of what may be read"},
                                         {"pipe", "a device, a pipe or a socket"}};
    for (int i = 0; i < 5; i++) {
        int found = 0;
        for (int k = 0; k < 5; k++) {
            const char *path = list.example[k].path, *end = path + strlen(path);
            size_t n = strlen(why[i][0]), len = strlen(path);
            found += len >= n && !strcmp(end - n, why[i][0]) && !strcmp(list.example[k].why, why[i][1]);
        }
        CHECK_INT(found, 1);
    }
    CHECK_STR(list.path[6], "z.txt");
    lg_listing_release(&list);
}

TEST(listing_has_limits)
{
    build();
    lg_listing list;
    CHECK_INT(lg_reach_list("../data", 2, NULL, &list, &err), LG_E_LIMIT);
    CHECK_INT(err.code, 303);
    CHECK_INT(list.count, 0);
    err = (lg_err){0};
    CHECK_OK(lg_reach_list("../data", 3, NULL, &list, &err));
    lg_listing_release(&list);
    CHECK_INT(lg_reach_list("../data/a.txt", 0, NULL, &list, &err), LG_E_DATA);
    CHECK_INT(err.code, 393);
    err = (lg_err){0};
    CHECK_INT(lg_reach_list("../dat", 0, NULL, &list, &err), LG_E_DATA);
    CHECK_INT(err.code, 302);
    err = (lg_err){0};
    CHECK_INT(lg_reach_list("../../outside", 0, NULL, &list, &err), LG_E_DENIED);
    lg_cancel cancel = {0};
    lg_cancel_set(&cancel);
    err = (lg_err){0};
    CHECK_INT(lg_reach_list("../data", 0, &cancel, &list, &err), LG_E_INTERRUPTED);
    char deep[PATH_MAX] = "project/data";
    for (int i = 0; i < 70; i++) {
        strcat(deep, "/d");
        CHECK_INT(mkdir(at(deep), 0700), 0);
    }
    strcat(deep, "/too_deep.txt");
    put(deep, "");
    check_list("../data", "a.txt b.txt sub/c.txt", 1);
}

TEST(listing_survives_every_failing_allocation)
{
    build();
    for (long n = 1; n < 200; n++) {
        lg_listing list;
        err = (lg_err){0};
        lg_alloc_fail_at(n, n % 2);
        lg_status st = lg_reach_list("../data", 0, NULL, &list, &err);
        lg_alloc_fail_at(0, false);
        lg_listing_release(&list);
        if (st == LG_OK) return;
        CHECK_INT(st, LG_E_MEMORY);
    }
    TEST_FAIL("more than 200 allocations");
}

TEST(reading_and_writing_survive_every_failing_allocation)
{
    build();
    CHECK_OK(lg_reach_write("out.txt", "old", 3, 0600, &err));
    for (long n = 1; n < 100; n++) {
        lg_buf buf;
        lg_buf_init(&buf, 0);
        err = (lg_err){0};
        lg_alloc_fail_at(n, n % 2);
        lg_status st = lg_reach_write("out.txt", "new", 3, 0600, &err);
        if (st == LG_OK) st = lg_reach_read("out.txt", &buf, &err);
        lg_alloc_fail_at(0, false);
        lg_buf_release(&buf);
        if (st == LG_OK) return;
        CHECK_INT(st, LG_E_MEMORY);
        lg_err missing = {0};
        lg_alloc_fail_at(n, true);
        CHECK_INT(lg_reach_write("none/out.txt", "new", 3, 0600, &missing), LG_E_DATA); /* poorer words, same error */
        lg_alloc_fail_at(0, false);
    }
    TEST_FAIL("more than 100 allocations");
}

TEST(resolve)
{
    build();
    char *path = NULL;
    CHECK_OK(lg_reach_resolve("../data/sub/../a.txt", LG_REACH_READ, &path, &err));
    CHECK_STR(path, at("project/data/a.txt"));
    lg_free(path);
    CHECK_OK(lg_reach_resolve("../data/new.txt", LG_REACH_WRITE, &path, &err));
    CHECK_STR(path, at("project/data/new.txt"));
    lg_free(path);
    CHECK_INT(lg_reach_resolve("../data/new.txt", LG_REACH_READ, &path, &err), LG_E_DATA);
    CHECK_INT(symlink(at("outside/new.txt"), at("project/data/dangling")), 0); /* would be made outside */
    err = (lg_err){0};
    CHECK_INT(lg_reach_resolve("../data/dangling", LG_REACH_WRITE, &path, &err), LG_E_DATA);
}

/* ~ is the home folder, which is in the reach only where it would be by its own name. */
TEST(home)
{
    build();
    char *path = NULL, *before = getenv("HOME") ? strdup(getenv("HOME")) : NULL;
    setenv("HOME", at("project/data"), 1);
    CHECK_OK(lg_reach_resolve("~/a.txt", LG_REACH_READ, &path, &err));
    CHECK_STR(path, at("project/data/a.txt"));
    lg_free(path);
    CHECK_OK(lg_reach_resolve("~", LG_REACH_READ, &path, &err));
    CHECK_STR(path, at("project/data"));
    lg_free(path);
    CHECK_INT(lg_reach_resolve("~ann/a.txt", LG_REACH_READ, &path, &err), LG_E_DATA);
    err = (lg_err){0};
    setenv("HOME", at("outside"), 1);
    CHECK_INT(lg_reach_resolve("~/secret.txt", LG_REACH_READ, &path, &err), LG_E_DENIED);
    err = (lg_err){0};
    if (before) setenv("HOME", before, 1);
    free(before);
}

static int host(const char *url)
{
    err = (lg_err){0};
    return lg_reach_host(url, &err) == LG_OK;
}

/* One holder at a time, whoever asks; the lock goes with a program that is killed. */
TEST(locks)
{
    int lock = -1, second = -1, ready[2];
    lg_cancel cancel = {0};
    build();
    CHECK_INT(lg_reach_lock(at("outside/x"), NULL, &lock, &err), LG_E_DENIED);
    CHECK_INT(lock, -1);
    err = (lg_err){0};
    CHECK_OK(lg_reach_lock(at("project/data/not-there-yet"), NULL, &lock, &err));
    lg_cancel_set(&cancel);
    CHECK_INT(lg_reach_lock(at("project/data/a.txt"), &cancel, &second, &err), LG_E_INTERRUPTED);
    err = (lg_err){0};
    lg_cancel_clear(&cancel);
    CHECK_OK(lg_reach_lock(at("project/data/sub/c.txt"), NULL, &second, &err)); /* another folder */
    lg_reach_unlock(second);
    CHECK_INT(pipe(ready), 0);
    pid_t child = fork();
    CHECK(child >= 0);
    if (!child) {
        lg_err failed = {0};
        close(lock);
        alarm(20); /* it ends whatever becomes of this test */
        bool told = write(ready[1], "?", 1) == 1;
        bool held = lg_reach_lock(at("project/data/a.txt"), NULL, &lock, &failed) == LG_OK;
        if (told && write(ready[1], held ? "+" : "-", 1) == 1) pause();
        _exit(1);
    }
    char byte = 0;
    CHECK_INT(read(ready[0], &byte, 1), 1);
    CHECK_INT(byte, '?');
    CHECK_INT(poll(&(struct pollfd){.fd = ready[0], .events = POLLIN}, 1, 200), 0); /* it waits for us */
    lg_reach_unlock(lock);
    CHECK_INT(read(ready[0], &byte, 1), 1);
    CHECK_INT(byte, '+');
    CHECK_INT(kill(child, SIGKILL), 0);
    CHECK(waitpid(child, NULL, 0) == child);
    CHECK_OK(lg_reach_lock(at("project/data/a.txt"), NULL, &lock, &err));
    lg_reach_unlock(lock);
    close(ready[0]);
    close(ready[1]);
}

TEST(hosts)
{
    build();
    CHECK(!host("https://graph.example.org/x"));
    CHECK_STR(err.hint, "`logolens allow https://graph.example.org` in a terminal");
    err = (lg_err){0};
    CHECK_OK(lg_reach_allow_host("https://Graph.Example.org/", &err));
    CHECK_OK(lg_reach_allow_host("http://127.0.0.1:8080", &err));
    CHECK(host("https://graph.example.org/x?y=https://evil.org"));
    CHECK(host("HTTPS://GRAPH.EXAMPLE.ORG:443/x"));
    CHECK(host("http://127.0.0.1:8080/page#part"));
    static const char *const bad[] = {
        "http://graph.example.org/x",
        "https://graph.example.org:444/x",
        "https://graph.example.org.evil.org/",
        "https://graph.example.org@evil.org/",
        "https://user:pw@graph.example.org/",
        "https://evil.org/graph.example.org",
        "https://evil.org#graph.example.org",
        "https://graph.example.org\\@evil.org",
        "https://graph.example.org%2eevil",
        "http://127.0.0.1:8081/",
        "http://127.0.0.1/",
        "http://[::1]:8080/",
        "file:///etc/passwd",
        "ftp://graph.example.org/",
        "https://",
        "https:///x",
        "graph.example.org",
        "",
        "https://graph.example.org:/",
        "https://graph.example.org:+443/",
        "https://graph.example.org:99999/",
        "https:// graph.example.org/",
        "https://gr\xc3\xa4ph.example.org/",
        "javascript://graph.example.org/",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (host(bad[i])) TEST_FAIL("%s was let through", bad[i]);
        CHECK_INT(err.code, 601);
    }
    CHECK_INT(lg_reach_allow_host("http://example.org", &err), LG_E_DENIED);
    static const char *const wrong[] = {"example.org", "https://u@example.org", "https://example.org/path", "x://y"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        err = (lg_err){0};
        CHECK(lg_reach_allow_host(wrong[i], &err) != LG_OK);
    }
}
