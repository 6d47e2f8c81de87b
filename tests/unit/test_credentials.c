/* Credentials: whose file is read, what goes before what, and how it is written. */
#include <sys/prctl.h>
#include <unistd.h>
#include "lib/net/credentials.h"
#include "tests/support/test.h"

static char folder[64], file[80];

static void begin(const char *text)
{
    snprintf(folder, sizeof folder, "/tmp/logolens-credentials-XXXXXX");
    CHECK(mkdtemp(folder) != NULL);
    snprintf(file, sizeof file, "%s/credentials", folder);
    if (!text) return;
    FILE *f = fopen(file, "w");
    CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0 && chmod(file, 0600) == 0);
}

static void end(void)
{
    unlink(file);
    CHECK(rmdir(folder) == 0); /* nothing of ours is left beside it */
}

static const char *opened(const net_credentials *of, const char *name)
{
    static char text[100];
    net_secret *secret = net_credentials_secret(of, name);
    if (!secret) return NULL;
    snprintf(text, sizeof text, "%s", net_secret_open(secret));
    net_secret_close(secret);
    return text;
}

static const char *content(void)
{
    static char text[2000];
    FILE *f = fopen(file, "r");
    CHECK(f != NULL);
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    return text;
}

static const char sample[] = "# mine\n\n[twitter]\r\n bearer_token =  AAAA= =BBBB \r\nconsumer_key=key-key-key\n"
                             "[mastodon]\ninstance = https://mastodon.example\naccess_token = mmmm-mmmm";

TEST(the_file_is_read)
{
    lg_err err = {0};
    net_credentials c;
    begin(sample);
    CHECK_OK(net_credentials_load(folder, "twitter", &c, &err));
    CHECK_INT(c.count, 2);
    CHECK_STR(opened(&c, "bearer_token"), "AAAA= =BBBB");
    CHECK_STR(opened(&c, "consumer_key"), "key-key-key");
    CHECK(!net_credentials_secret(&c, "access_token"));
    net_credentials_release(&c);
    CHECK_OK(net_credentials_load(folder, "mastodon", &c, &err));
    CHECK_STR(net_credentials_plain(&c, "instance"), "https://mastodon.example");
    CHECK(!net_credentials_secret(&c, "instance") && !net_credentials_plain(&c, "access_token"));
    char text[] = "see https://mastodon.example with mmmm-mmmm";
    net_scrub(text, strlen(text));
    CHECK_STR(text, "see https://mastodon.example with [secret]");
    net_credentials_release(&c);
    CHECK_OK(net_credentials_load(folder, "bluesky", &c, &err));
    CHECK_INT(c.count, 0);
    end();
}

TEST(quotes_around_a_value_are_none_of_it)
{
    lg_err err = {0};
    net_credentials c;
    begin("[twitter]\nbearer_token = \"AAAA BBBB\"\nconsumer_key = 'key-key-key'\nconsumer_secret = \"key-key-key'\n");
    CHECK_OK(net_credentials_load(folder, "twitter", &c, &err));
    CHECK_STR(opened(&c, "bearer_token"), "AAAA BBBB");
    CHECK_STR(opened(&c, "consumer_key"), "key-key-key");
    CHECK_STR(opened(&c, "consumer_secret"), "\"key-key-key'");
    net_credentials_release(&c);
    end();
}

/* A password may have quotes of its own, and is the same when it was kept. */
TEST(quotes_of_a_value_stay_when_it_is_kept)
{
    static const char *const value[] = {"\"in quotes\"", "'in others'", "\"\"twice\"\"", "only one\"", "\"\"in it\"'"};
    for (size_t i = 0; i < sizeof value / sizeof *value; i++) {
        lg_err err = {0};
        net_credentials c = {.platform = "bluesky"}, again = {0};
        begin(NULL);
        CHECK_OK(net_credentials_set(&c, "app_password", value[i], strlen(value[i]), &err));
        CHECK_OK(net_credentials_save(folder, &c, &err));
        CHECK_OK(net_credentials_load(folder, "bluesky", &again, &err));
        CHECK_STR(opened(&again, "app_password"), value[i]);
        net_credentials_release(&c);
        net_credentials_release(&again);
        end();
    }
}

TEST(no_file_is_no_error)
{
    lg_err err = {0};
    net_credentials c;
    net_secret *token;
    begin(NULL);
    CHECK_OK(net_credentials_load(folder, "twitter", &c, &err));
    CHECK_INT(c.count, 0);
    CHECK_INT(net_credentials_need(&c, "bearer_token", &token, &err), LG_E_DENIED);
    CHECK_INT(err.code, 714);
    CHECK_HAS(err.why, "LOGOLENS_TWITTER_BEARER_TOKEN");
    CHECK_HAS(err.hint, "[twitter]");
    end();
}

TEST(the_environment_goes_before_the_file_and_what_is_given_before_both)
{
    lg_err err = {0};
    net_credentials c;
    begin(sample);
    setenv("LOGOLENS_TWITTER_BEARER_TOKEN", "from the environment", 1);
    setenv("LOGOLENS_TWITTER_HANDLE", "bob", 1);
    setenv("LOGOLENS_TWITTERX_TOKEN", "another platform", 1);
    CHECK_OK(net_credentials_load(folder, "twitter", &c, &err));
    CHECK_INT(c.count, 3);
    CHECK_STR(opened(&c, "bearer_token"), "from the environment");
    CHECK_STR(net_credentials_plain(&c, "handle"), "bob");
    CHECK_OK(net_credentials_set(&c, "bearer_token", "given by hand", 13, &err));
    CHECK_STR(opened(&c, "bearer_token"), "given by hand");
    CHECK_INT(c.count, 3);
    net_credentials_release(&c);
    setenv("LOGOLENS_TWITTER_BEARER_TOKEN", "short", 1);
    CHECK_INT(net_credentials_load(folder, "twitter", &c, &err), LG_E_ARG);
    CHECK_INT(err.code, 715);
    CHECK_HAS(err.hint, "LOGOLENS_TWITTER_BEARER_TOKEN");
    unsetenv("LOGOLENS_TWITTER_BEARER_TOKEN");
    unsetenv("LOGOLENS_TWITTER_HANDLE");
    unsetenv("LOGOLENS_TWITTERX_TOKEN");
    end();
}

TEST(a_file_that_others_may_read_is_refused)
{
    net_credentials c;
    for (int mode = 0; mode < 0100; mode++) {
        lg_err err = {0};
        begin(sample);
        CHECK(chmod(file, (mode_t)(0600 | mode)) == 0);
        lg_status st = net_credentials_load(folder, "twitter", &c, &err);
        CHECK_INT(st, mode ? LG_E_DENIED : LG_OK);
        CHECK_INT(err.code, mode ? 713 : 0);
        if (mode) {
            CHECK_HAS(err.hint, "chmod 600 ");
            CHECK_HAS(err.hint, file);
            CHECK_INT(c.count, 0);
            err = (lg_err){0};
            CHECK_INT(net_credentials_save(folder, &c, &err), LG_E_DENIED);
        }
        net_credentials_release(&c);
        end();
    }
}

TEST(links_folders_and_files_of_others_are_refused)
{
    lg_err err = {0};
    net_credentials c;
    char other[100];
    begin(sample);
    snprintf(other, sizeof other, "%s/other", folder);
    CHECK(rename(file, other) == 0 && symlink(other, file) == 0);
    CHECK_INT(net_credentials_load(folder, "twitter", &c, &err), LG_E_DENIED);
    CHECK_HAS(err.msg, "a link");
    CHECK(unlink(file) == 0 && mkdir(file, 0700) == 0);
    err = (lg_err){0};
    CHECK_INT(net_credentials_load(folder, "twitter", &c, &err), LG_E_DENIED);
    CHECK_HAS(err.msg, "not a plain file");
    CHECK(rmdir(file) == 0 && rename(other, file) == 0);
    if (geteuid() == 0) {
        CHECK(chown(file, 65534, 65534) == 0);
        err = (lg_err){0};
        CHECK_INT(net_credentials_load(folder, "twitter", &c, &err), LG_E_DENIED);
        CHECK_HAS(err.msg, "belongs to someone else");
    }
    end();
}

TEST(what_cannot_be_understood_is_told_by_line)
{
    static const struct {
        const char *text;
        const char *line;
    } bad[] = {{"[twitter]\nnonsense\n", "line 2"},
               {"[twitter\n", "line 1"},
               {"[Tw]\n", "line 1"},
               {"\n[twitter]\nKey = abcdefgh\n", "line 3"},
               {"[twitter]\n= abcdefgh\n", "line 2"},
               {"[twitter]\n\nkey = short\n", "line 3"},
               {"# mine\nbearer_token = abcdefgh\n", "line 2"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lg_err err = {0};
        net_credentials c;
        begin(bad[i].text);
        CHECK(net_credentials_load(folder, "twitter", &c, &err) != LG_OK);
        CHECK_INT(err.code, 715);
        CHECK_HAS(strstr(err.msg, "line") ? err.msg : err.hint, bad[i].line);
        CHECK(!strstr(err.msg, "abcdefgh") && !strstr(err.why, "abcdefgh") && !strstr(err.hint, "abcdefgh"));
        end();
    }
}

TEST(too_large_a_file_and_too_many_keys)
{
    lg_err err = {0};
    net_credentials c = {0};
    char name[20];
    begin("");
    CHECK(truncate(file, (1 << 18) + 1) == 0);
    CHECK_INT(net_credentials_load(folder, "twitter", &c, &err), LG_E_LIMIT);
    for (int i = 0; i < NET_KEYS_MOST; i++) {
        snprintf(name, sizeof name, "key_%d", i);
        CHECK_OK(net_credentials_set(&c, name, "12345678", 8, &err));
    }
    err = (lg_err){0};
    CHECK_INT(net_credentials_set(&c, "one_more", "12345678", 8, &err), LG_E_LIMIT);
    net_credentials_release(&c);
    end();
}

TEST(saving_replaces_one_part)
{
    lg_err err = {0};
    net_credentials c = {.platform = "twitter"};
    struct stat st;
    begin(sample);
    CHECK_OK(net_credentials_set(&c, "refresh_token", "rrrrrrrrr", 9, &err));
    CHECK_OK(net_credentials_set(&c, "expires_at", "1790000000", 10, &err));
    CHECK_OK(net_credentials_save(folder, &c, &err));
    CHECK_STR(content(), "# mine\n\n[mastodon]\ninstance = https://mastodon.example\naccess_token = mmmm-mmmm\n"
                         "[twitter]\nrefresh_token = rrrrrrrrr\nexpires_at = 1790000000\n");
    CHECK(stat(file, &st) == 0 && (st.st_mode & 0777) == 0600);
    net_credentials_release(&c);
    CHECK_OK(net_credentials_load(folder, "twitter", &c, &err));
    CHECK_STR(opened(&c, "refresh_token"), "rrrrrrrrr");
    net_credentials_release(&c);
    CHECK_OK(net_credentials_save(folder, &c, &err)); /* nothing: the part goes */
    CHECK_STR(content(), "# mine\n\n[mastodon]\ninstance = https://mastodon.example\naccess_token = mmmm-mmmm\n");
    end();
}

TEST(the_first_file_is_closed_to_others)
{
    lg_err err = {0};
    net_credentials c = {.platform = "bluesky"};
    struct stat st;
    begin(NULL);
    mode_t old = umask(0);
    CHECK_OK(net_credentials_set(&c, "app_password", "abcd-efgh-ijkl-mnop", 19, &err));
    lg_status status = net_credentials_save(folder, &c, &err);
    umask(old);
    CHECK_INT(status, LG_OK);
    CHECK(stat(file, &st) == 0 && (st.st_mode & 0777) == 0600);
    net_credentials_release(&c);
    end();
}

TEST(memory_may_run_out_at_every_step)
{
    begin(sample);
    for (long n = 1;; n++) {
        lg_err err = {0};
        net_credentials c;
        lg_alloc_fail_at(n, false);
        lg_status st = net_credentials_load(folder, "mastodon", &c, &err);
        lg_alloc_fail_at(0, false);
        if (!st) {
            net_credentials_release(&c);
            CHECK(n > 2);
            break;
        }
        CHECK_INT(st, LG_E_MEMORY);
        CHECK_INT(c.count, 0);
    }
    CHECK_INT(prctl(PR_GET_DUMPABLE), 1); /* no secret is left */
    end();
}

TEST(another_file_of_the_folder)
{
    lg_err err = {0};
    net_credentials c, again;
    char other[100];
    begin(NULL);
    snprintf(other, sizeof other, "%s/x.keys", folder);
    CHECK_INT(net_credentials_load_named(folder, "x.keys", "twitter", &c, &err), LG_E_NAME);
    CHECK_INT(err.code, 302);
    FILE *f = fopen(other, "w");
    CHECK(f && fputs("bearer_token = before any section\n[mastodon]\naccess_token = of-another\n", f) >= 0);
    CHECK(fclose(f) == 0 && chmod(other, 0600) == 0);
    err = (lg_err){0};
    CHECK_OK(net_credentials_load_named(folder, "x.keys", "twitter", &c, &err));
    CHECK_INT(c.count, 1);
    CHECK_STR(opened(&c, "bearer_token"), "before any section");
    CHECK_OK(net_credentials_set(&c, "bearer_token", "another one", 11, &err));
    CHECK_OK(net_credentials_save_named(folder, "x.keys", &c, &err));
    CHECK_OK(net_credentials_load_named(folder, "x.keys", "twitter", &again, &err));
    CHECK(net_credentials_same(&c, &again)); /* what comes later counts */
    net_credentials_release(&again);
    net_credentials_release(&c);
    CHECK(access(file, F_OK) != 0);
    CHECK(chmod(other, 0640) == 0);
    CHECK_INT(net_credentials_load_named(folder, "x.keys", "twitter", &c, &err), LG_E_DENIED);
    CHECK_INT(err.code, 713);
    CHECK_HAS(err.hint, other);
    unlink(other);
    end();
}

TEST(a_file_that_is_open_already)
{
    lg_err err = {0};
    net_credentials c;
    begin("access_token = of-the-file\n");
    FILE *f = fopen(file, "r");
    CHECK_OK(net_credentials_load_open(fileno(f), "near.keys", "facebook", &c, &err));
    CHECK_STR(opened(&c, "access_token"), "of-the-file");
    net_credentials_release(&c);
    CHECK(chmod(file, 0604) == 0);
    CHECK_INT(net_credentials_load_open(fileno(f), "near.keys", "facebook", &c, &err), LG_E_DENIED);
    CHECK_STR(err.hint, "chmod 600 near.keys");
    fclose(f);
    end();
}

TEST(what_is_the_same)
{
    lg_err err = {0};
    net_credentials a, b;
    begin(sample);
    CHECK_OK(net_credentials_load(folder, "twitter", &a, &err));
    CHECK_OK(net_credentials_load(folder, "twitter", &b, &err));
    CHECK(net_credentials_same(&a, &b));
    CHECK_OK(net_credentials_set(&b, "consumer_key", "key-key-kez", 11, &err));
    CHECK(!net_credentials_same(&a, &b));
    CHECK_OK(net_credentials_set(&b, "consumer_key", "key-key-key", 11, &err));
    CHECK(net_credentials_same(&a, &b));
    CHECK_OK(net_credentials_set(&b, "handle", "me", 2, &err));
    CHECK(!net_credentials_same(&a, &b) && !net_credentials_same(&b, &a));
    net_credentials_release(&a);
    net_credentials_release(&b);
    char name[80];
    net_credentials_variable("twitter", "bearer_token", name);
    CHECK_STR(name, "LOGOLENS_TWITTER_BEARER_TOKEN");
    CHECK(net_credentials_is_public("handle") && !net_credentials_is_public("app_password"));
    end();
}
