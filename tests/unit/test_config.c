/* Our folders and config.json: where they are, who may write them, what is remembered. */
#include "lib/store/config.h"
#include "tests/support/dataset.h"

static lg_err err;
static store_paths paths;
static store_config config;

static void start(void)
{
    lg_err_clear(&err);
    store_paths_release(&paths);
    store_config_release(&config);
    char home[300];
    snprintf(home, sizeof home, "%s/home", ds_new());
    setenv("LOGOLENS_HOME", home, 1);
    unsetenv("LOGOLENS_WEIGHTS");
    unsetenv("LOGOLENS_ROOTS");
    CHECK_OK(store_paths_init(&paths, &err));
}

static int mode_of(const char *path)
{
    struct stat st;
    CHECK(stat(path, &st) == 0);
    return st.st_mode & 07777;
}

static const char *file_path(void)
{
    static char path[400];
    snprintf(path, sizeof path, "%s/config.json", paths.config);
    return path;
}

static void put_file(const char *text, int mode)
{
    FILE *f = fopen(file_path(), "w");
    CHECK(f != NULL);
    fputs(text, f);
    fclose(f);
    chmod(file_path(), (mode_t)mode);
}

TEST(folders)
{
    char want[400];
    start();
    snprintf(want, sizeof want, "%s/home/config", ds_folder);
    CHECK_STR(paths.config, want);
    CHECK_INT(mode_of(paths.config), 0700);
    CHECK_INT(mode_of(paths.data), 0700);
    CHECK_INT(mode_of(paths.cache), 0700);
    CHECK_HAS(paths.weights, "/home/data/weights");
    store_paths again = {0};
    CHECK_OK(store_paths_init(&again, &err)); /* what is there is taken as it is */
    CHECK_STR(again.cache, paths.cache);
    store_paths_release(&again);
    chmod(paths.data, 0777);
    CHECK(store_paths_init(&again, &err) == LG_E_DENIED);
    CHECK_INT(err.code, 602);
    CHECK_HAS(err.hint, "chmod 700 /");
    CHECK(again.config == NULL);
}

static const char *spare(void)
{
    static char path[400];
    snprintf(path, sizeof path, "%s/logolens-%lu", ds_folder, (unsigned long)geteuid());
    return path;
}

/* A file system that makes no folders for anybody. */
static bool start_without_home(void)
{
    start();
    store_paths_release(&paths);
    setenv("LOGOLENS_HOME", "/sys/logolens", 1);
    setenv("TMPDIR", ds_folder, 1);
    return access("/sys/kernel", F_OK) == 0;
}

TEST(without_a_home_the_temporary_files_serve)
{
    char want[500];
    if (!start_without_home()) SKIP("there is no /sys");
    CHECK_OK(store_paths_init(&paths, &err));
    CHECK(paths.spare && err.code == 0);
    snprintf(want, sizeof want, "%s/data/weights", spare());
    CHECK_STR(paths.weights, want);
    CHECK_INT(mode_of(spare()), 0700);
    CHECK_INT(mode_of(paths.cache), 0700);
    unsetenv("TMPDIR");
}

TEST(temporary_files_that_are_not_ours_alone)
{
    if (!start_without_home()) SKIP("there is no /sys");
    CHECK(mkdir(spare(), 0755) == 0);
    CHECK(store_paths_init(&paths, &err) == LG_E_IO);
    CHECK_INT(err.code, 603);
    CHECK_STR(err.msg, "the folder /sys/logolens cannot be created");
    CHECK(*err.why);
    CHECK(strcmp(err.why, "No such file or directory") != 0); /* its own reason, not what is missing afterwards */
    CHECK(rmdir(spare()) == 0 && symlink("/", spare()) == 0);
    lg_err_clear(&err);
    CHECK(store_paths_init(&paths, &err) == LG_E_IO);
    CHECK(unlink(spare()) == 0);
    setenv("TMPDIR", "/sys", 1); /* nothing can be made there either */
    lg_err_clear(&err);
    CHECK(store_paths_init(&paths, &err) == LG_E_IO);
    CHECK_STR(err.msg, "the folder /sys/logolens cannot be created");
    unsetenv("TMPDIR");
}

TEST(xdg)
{
    char xdg[300], want[400];
    start();
    unsetenv("LOGOLENS_HOME");
    store_paths_release(&paths);
    snprintf(xdg, sizeof xdg, "%s/x", ds_folder);
    setenv("XDG_CONFIG_HOME", xdg, 1);
    setenv("XDG_DATA_HOME", "relative/is/ignored", 1);
    setenv("HOME", ds_folder, 1);
    setenv("LOGOLENS_WEIGHTS", "/usr/share/weights", 1);
    unsetenv("XDG_CACHE_HOME");
    CHECK_OK(store_paths_init(&paths, &err));
    snprintf(want, sizeof want, "%s/x/logolens", ds_folder);
    CHECK_STR(paths.config, want);
    snprintf(want, sizeof want, "%s/.local/share/logolens", ds_folder);
    CHECK_STR(paths.data, want);
    snprintf(want, sizeof want, "%s/.cache/logolens", ds_folder);
    CHECK_STR(paths.cache, want);
    CHECK_STR(paths.weights, "/usr/share/weights");
    unsetenv("LOGOLENS_WEIGHTS");
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("XDG_DATA_HOME");
}

TEST(allow_and_forbid)
{
    char folder[300], *added = NULL;
    bool is_new = false;
    start();
    CHECK_OK(store_config_load(&paths, &config, &err));
    CHECK_INT(config.roots + config.hosts, 0);
    snprintf(folder, sizeof folder, "%s/photos", ds_folder);
    mkdir(folder, 0700);
    CHECK_OK(store_config_allow(&paths, folder, &added, &is_new, &err));
    CHECK_STR(added, folder);
    CHECK(is_new);
    CHECK_INT(mode_of(file_path()), 0600);
    lg_free(added);
    char other[400];
    snprintf(other, sizeof other, "%s/../photos/", folder); /* the same by another way */
    CHECK_OK(store_config_allow(&paths, other, &added, &is_new, &err));
    CHECK_STR(added, folder);
    CHECK(!is_new);
    lg_free(added);
    CHECK_OK(store_config_allow(&paths, "HTTPS://Example.org:443/", &added, &is_new, &err));
    CHECK_STR(added, "https://example.org");
    lg_free(added);
    CHECK_OK(store_config_allow(&paths, "http://127.0.0.1:8080", NULL, NULL, &err));
    store_config_release(&config);
    CHECK_OK(store_config_load(&paths, &config, &err));
    CHECK_INT(config.roots, 1);
    CHECK_INT(config.hosts, 2);
    CHECK_STR(config.root[0], folder);
    CHECK_STR(config.host[1], "http://127.0.0.1:8080");
    CHECK_OK(store_config_forbid(&paths, "https://example.org/", &err));
    rmdir(folder);
    CHECK_OK(store_config_forbid(&paths, folder, &err)); /* although it is gone */
    CHECK(store_config_forbid(&paths, folder, &err) == LG_E_NAME);
    CHECK_INT(err.code, 605);
    lg_err_clear(&err);
    store_config_release(&config);
    CHECK_OK(store_config_load(&paths, &config, &err));
    CHECK_INT(config.roots, 0);
    CHECK_INT(config.hosts, 1);
}

TEST(what_cannot_be_allowed)
{
    start();
    static const struct {
        const char *what;
        int code;
    } wrong[] = {{"/tmp/no/such/folder", 302},     {"/etc/passwd", 302},       {"/", 605},
                 {"http://example.org", 605},      {"ftp://example.org", 605}, {"https://example.org/path", 605},
                 {"https://user@example.org", 605}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        lg_err_clear(&err);
        CHECK(store_config_allow(&paths, wrong[i].what, NULL, NULL, &err) != LG_OK);
        CHECK_INT(err.code, wrong[i].code);
    }
    CHECK(access(file_path(), F_OK) != 0);
}

static void refused(const char *text, int mode, int code)
{
    char before[4096] = "", after[4096] = "";
    put_file(text, mode);
    lg_err_clear(&err);
    CHECK(store_config_load(&paths, &config, &err) != LG_OK);
    CHECK_INT(err.code, code);
    CHECK(config.root == NULL);
    FILE *f = fopen(file_path(), "r");
    (void)!fread(before, 1, sizeof before - 1, f);
    fclose(f);
    lg_err_clear(&err);
    CHECK(store_config_allow(&paths, "https://example.org", NULL, NULL, &err) != LG_OK);
    f = fopen(file_path(), "r");
    (void)!fread(after, 1, sizeof after - 1, f);
    fclose(f);
    CHECK_STR(after, before); /* what is not understood is not overwritten */
}

TEST(files_that_are_not_used)
{
    start();
    refused("{\"version\": 1, \"roots\": [\"/etc\"]}", 0622, 602);
    refused("{\"version\": 1, \"roots\": [\"/etc\"]}", 0660, 602);
    refused("{\"version\": 1, \"roots\": ", 0600, 604);
    CHECK_INT(err.code, 604);
    CHECK_HAS(err.why, "line 1, column");
    refused("{\"version\": 2}", 0600, 604);
    refused("[]", 0600, 604);
    refused("{\"version\": 1, \"roots\": \"/etc\"}", 0600, 604);
    refused("{\"version\": 1, \"hosts\": [1]}", 0600, 604);
    refused("{\"version\": 1, \"version\": 1}", 0600, 604);
    unlink(file_path());
    CHECK(symlink("/etc/hostname", file_path()) == 0);
    lg_err_clear(&err);
    CHECK(store_config_load(&paths, &config, &err) == LG_E_DENIED);
    CHECK_HAS(err.msg, "it is a link");
    unlink(file_path());
    CHECK(mkfifo(file_path(), 0600) == 0);
    lg_err_clear(&err);
    CHECK(store_config_load(&paths, &config, &err) == LG_E_DENIED); /* and does not wait for a writer */
    CHECK_HAS(err.msg, "not a plain file");
}

TEST(unknown_members_are_kept)
{
    char text[2000] = "";
    start();
    put_file("{\"version\": 1, \"palette\": \"dark\", \"hosts\": []}", 0600);
    CHECK_OK(store_config_allow(&paths, "https://example.org", NULL, NULL, &err));
    FILE *f = fopen(file_path(), "r");
    (void)!fread(text, 1, sizeof text - 1, f);
    fclose(f);
    CHECK_HAS(text, "\"palette\": \"dark\"");
    CHECK_HAS(text, "https://example.org");
}

TEST(where_operators_can_write_to)
{
    static const char *const none[] = {"{\"version\": 1, \"settings\": 3}",
                                       "{\"version\": 1, \"settings\": {\"contact\": 3}}",
                                       "{\"version\": 1, \"settings\": {\"contact\": \"a (b)\"}}",
                                       "{\"version\": 1, \"settings\": {\"contact\": \"a\\r\\nHost: b\"}}",
                                       "{\"version\": 1, \"settings\": {\"contact\": \"\"}}"};
    start();
    put_file("{\"version\": 1, \"settings\": {\"contact\": \"mailto:us@example.org\"}}", 0600);
    CHECK_OK(store_config_load(&paths, &config, &err));
    CHECK_STR(config.contact, "mailto:us@example.org");
    store_config_release(&config);
    CHECK(!config.contact);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        put_file(none[i], 0600);
        lg_err_clear(&err);
        CHECK(store_config_load(&paths, &config, &err));
        CHECK_INT(err.code, 604);
        CHECK(!config.contact);
    }
    lg_err_clear(&err);
}

TEST(a_history_that_is_not_wanted)
{
    start();
    put_file("{\"version\": 1, \"settings\": {\"history\": false}}", 0600);
    CHECK_OK(store_config_load(&paths, &config, &err));
    CHECK(config.no_history);
    store_config_release(&config);
    put_file("{\"version\": 1, \"settings\": {\"history\": true}}", 0600);
    CHECK_OK(store_config_load(&paths, &config, &err));
    CHECK(!config.no_history);
    store_config_release(&config);
    put_file("{\"version\": 1, \"settings\": {\"history\": \"no\"}}", 0600);
    CHECK(store_config_load(&paths, &config, &err));
    CHECK_INT(err.code, 604);
    lg_err_clear(&err);
}

TEST(into_the_reach)
{
    char folder[300], roots[700], inside[300];
    start();
    CHECK_OK(lg_reach_init("/usr", &err));
    snprintf(folder, sizeof folder, "%s/a", ds_folder);
    mkdir(folder, 0700);
    ds_text("a/x.txt", "x");
    ds_text("b/y.txt", "y");
    CHECK_OK(store_config_allow(&paths, folder, NULL, NULL, &err));
    snprintf(roots, sizeof roots, "%s/b::/usr/share", ds_folder);
    setenv("LOGOLENS_ROOTS", roots, 1);
    CHECK_OK(store_config_load(&paths, &config, &err));
    char *real;
    snprintf(inside, sizeof inside, "%s/a/x.txt", ds_folder);
    CHECK(lg_reach_resolve(inside, LG_REACH_READ, &real, &err) == LG_E_DENIED);
    lg_err_clear(&err);
    CHECK_OK(store_paths_reach(&paths, &err));
    CHECK_OK(store_config_reach(&config, &err));
    CHECK_OK(lg_reach_resolve(inside, LG_REACH_READ, &real, &err));
    lg_free(real);
    snprintf(inside, sizeof inside, "%s/b/y.txt", ds_folder);
    CHECK_OK(lg_reach_resolve(inside, LG_REACH_READ, &real, &err));
    lg_free(real);
    snprintf(inside, sizeof inside, "%s/new.sqlite", paths.data);
    CHECK_OK(lg_reach_resolve(inside, LG_REACH_WRITE, &real, &err));
    lg_free(real);
    CHECK(lg_reach_resolve(file_path(), LG_REACH_READ, &real, &err) == LG_E_DENIED); /* no cell reads or widens it */
    lg_err_clear(&err);
    CHECK(lg_reach_resolve(file_path(), LG_REACH_WRITE, &real, &err) == LG_E_DENIED);
    lg_err_clear(&err);
    CHECK_OK(lg_reach_init("/tmp", &err));
    unsetenv("LOGOLENS_ROOTS");
    store_paths_release(&paths);
    store_config_release(&config);
}

TEST(every_allocation_may_fail)
{
    start();
    CHECK_OK(store_config_allow(&paths, ds_folder, NULL, NULL, &err));
    for (long n = 1, made = 1; made >= n - 1; n++) {
        char *added = NULL;
        store_paths p = {0};
        lg_err_clear(&err);
        store_config_release(&config);
        made = -lg_alloc_count();
        lg_alloc_fail_at(n, false);
        lg_status st = store_paths_init(&p, &err);
        if (!st) st = store_config_load(&p, &config, &err);
        if (!st) st = store_config_allow(&p, "https://example.org", &added, NULL, &err);
        lg_alloc_fail_at(0, false);
        made += lg_alloc_count();
        lg_free(added);
        store_paths_release(&p);
        CHECK(st == LG_OK || err.code == 901);
    }
    store_paths_release(&paths);
    store_config_release(&config);
    ds_clean();
}
