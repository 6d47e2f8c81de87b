/* Secrets: unreadable while closed, found in any text that leaves. */
#include <jansson.h>
#include <setjmp.h>
#include <signal.h>
#include <sodium.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "lib/base/reach.h"
#include "lib/net/percent.h"
#include "lib/net/secret.h"
#include "tests/support/test.h"

static net_secret *make(const char *value)
{
    lg_err err = {0};
    net_secret *secret = NULL;
    CHECK_OK(net_secret_new(value, strlen(value), &secret, &err));
    return secret;
}

/* What is left of a text; in a buffer that the next call reuses. */
static const char *scrubbed(const char *text)
{
    static char out[2000];
    snprintf(out, sizeof out, "%s", text);
    size_t n = net_scrub(out, strlen(out));
    CHECK_INT(strlen(out), n);
    return out;
}

static const char value[] = "AAAAb/c+d=e&f%g~h";

TEST(every_form_is_found)
{
    net_secret *s = make(value);
    lg_buf text;
    lg_buf_init(&text, 1000);
    CHECK_STR(scrubbed("a AAAAb/c+d=e&f%g~h z"), "a [secret] z");
    CHECK_STR(scrubbed("AAAAb/c+d=e&f%g~hAAAAb/c+d=e&f%g~h"), "[secret][secret]");
    CHECK_STR(scrubbed("?t=AAAAb%2Fc%2Bd%3De%26f%25g~h&x=1"), "?t=[secret]&x=1");
    CHECK_STR(scrubbed("?t=AAAAb%2fc%2bd%3de%26f%25g%7eh&x=1"), "?t=[secret]&x=1");
    CHECK_STR(scrubbed("%41%41%41%41%62%2F%63%2B%64%3D%65%26%66%25%67%7E%68"), "[secret]");
    CHECK_STR(scrubbed("AAAAb%252Fc%252Bd%253De%2526f%2525g~h"), "[secret]");
    CHECK_STR(scrubbed("{\"m\":\"AAAAb\\/c+d=e&f%g~h\"}"), "{\"m\":\"[secret]\"}");
    CHECK_STR(scrubbed("AAAAb/c\\u002bd\\u003De\\u0026f%g~h"), "[secret]");
    CHECK_STR(scrubbed("<i>AAAAb/c+d=e&amp;f%g~h</i>"), "<i>[secret]</i>");
    net_percent(&text, value, strlen(value));
    CHECK_STR(scrubbed(lg_buf_str(&text)), "[secret]");
    CHECK_STR(scrubbed("AAAAb/c+d=e&f%g~ AAAb/c+d=e&f%g~h"), "AAAAb/c+d=e&f%g~ AAAb/c+d=e&f%g~h");
    CHECK_STR(scrubbed(""), "");
    lg_buf_release(&text);
    net_secret_free(s);
    CHECK_STR(scrubbed("a AAAAb/c+d=e&f%g~h z"), "a AAAAb/c+d=e&f%g~h z");
}

/* A secret with `%` in it is found as it is and encoded once, however its letters look. */
TEST(a_secret_that_looks_encoded)
{
    net_secret *s = make("ab%41cdef");
    CHECK_STR(scrubbed("x ab%41cdef y"), "x [secret] y");
    CHECK_STR(scrubbed("x ab%2541cdef y"), "x [secret] y");
    net_secret_free(s);
}

/* However many bytes stand before and behind it, with both alphabets, encoded for a form before or not. */
TEST(base64_is_found_at_every_place)
{
    for (int encode = 0; encode < 2; encode++)
        for (size_t before = 0; before < 7; before++)
            for (size_t behind = 0; behind < 4; behind++) {
                for (int url = 0; url < 2; url++) {
                    char all[200], code[400], text[500];
                    lg_buf inner;
                    net_secret *s = make("\xc3\xbfk?>ey~~~s");
                    lg_buf_init(&inner, 1000);
                    if (encode) net_percent(&inner, "\xc3\xbfk?>ey~~~s", 11);
                    else lg_buf_adds(&inner, "\xc3\xbfk?>ey~~~s");
                    snprintf(all, sizeof all, "%.*s%s%.*s", (int)before, "user:id", lg_buf_str(&inner), (int)behind,
                             "tail");
                    sodium_bin2base64(code, sizeof code, (const unsigned char *)all, strlen(all),
                                      url ? sodium_base64_VARIANT_URLSAFE : sodium_base64_VARIANT_ORIGINAL);
                    snprintf(text, sizeof text, "Authorization: Basic %s, and", code);
                    CHECK_STR(scrubbed(text), "Authorization: Basic [secret], and");
                    lg_buf_release(&inner);
                    net_secret_free(s);
                }
            }
}

TEST(several_secrets_and_errors)
{
    net_secret *a = make("first-secret"), *b = make("second-secret"), *c = make("first-secret-longer");
    lg_err err = {0};
    CHECK_STR(scrubbed("first-secret second-secret first-secret-longer"), "[secret] [secret] [secret]");
    lg_fail(&err, LG_E_NETWORK, 711, "it said: first-secret");
    lg_why(&err, "as second-secret");
    lg_try(&err, "c2Vjb25kLXNlY3JldA==");
    net_scrub_err(&err);
    CHECK_STR(err.msg, "it said: [secret]");
    CHECK_STR(err.why, "as [secret]");
    CHECK_STR(err.hint, "[secret]");
    net_secret_free(b);
    CHECK_STR(scrubbed("first-secret second-secret"), "[secret] second-secret");
    net_secret_free(a);
    net_secret_free(c);
}

TEST(what_is_no_secret_is_refused)
{
    lg_err err = {0};
    net_secret *s = NULL;
    const char *const bad[] = {"", "1234567", "line\nbreak", "tab\tand more", " blank in front", "blank behind "};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        err = (lg_err){0};
        CHECK_INT(net_secret_new(bad[i], strlen(bad[i]), &s, &err), LG_E_ARG);
        CHECK_INT(err.code, 715);
        CHECK(!s);
        if (strlen(bad[i])) CHECK(!strstr(err.msg, bad[i]) && !strstr(err.why, bad[i]));
    }
}

/* Runs in a process of its own: exits with 0 when reading a closed secret ends it. */
TEST(a_closed_secret_cannot_be_read)
{
    net_secret *s = make("cannot be read");
    const char *text = net_secret_open(s);
    CHECK_STR(text, "cannot be read");
    CHECK(net_secret_open(s) == text); /* nested */
    net_secret_close(s);
    CHECK_STR(text, "cannot be read");
    net_secret_close(s);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        _exit(*(volatile const char *)text == 'c' ? 1 : 2);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
    net_secret_free(s);
}

TEST(no_core_file_while_there_is_a_secret)
{
    CHECK_INT(prctl(PR_GET_DUMPABLE), 1);
    net_secret *a = make("one secret"), *b = make("two secrets");
    CHECK_INT(prctl(PR_GET_DUMPABLE), 0);
    net_secret_free(a);
    CHECK_INT(prctl(PR_GET_DUMPABLE), 0);
    net_secret_free(b);
    CHECK_INT(prctl(PR_GET_DUMPABLE), 1);
}

/* The checked opener goes through /proc, whose files such a process does not own; also where we are not root. */
TEST(the_opener_works_while_there_is_a_secret)
{
    static const char *const places[] = {"/tmp", "/var/tmp", "/dev/shm"};
    char folder[60], file[80];
    struct stat place;
    size_t at = 0; /* of those that everybody may enter, which /tmp need not be */
    while (at < 2 && (stat(places[at], &place) != 0 || !(place.st_mode & S_IXOTH))) at++;
    snprintf(folder, sizeof folder, "%s/logolens-secret-XXXXXX", places[at]);
    CHECK(mkdtemp(folder) && chmod(folder, 0755) == 0);
    snprintf(file, sizeof file, "%s/x.txt", folder);
    FILE *f = fopen(file, "w");
    CHECK(f && fputs("hello", f) >= 0 && fclose(f) == 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        lg_err err = {0};
        lg_buf text;
        lg_buf_init(&text, 100);
        if (geteuid() == 0 && setuid(65534) != 0) _exit(9);
        net_secret *s = NULL;
        if (net_secret_new("some secret", 11, &s, &err) || prctl(PR_GET_DUMPABLE) != 0) _exit(8);
        if (lg_reach_init(folder, &err) || lg_reach_read("x.txt", &text, &err)) _exit(7);
        _exit(strcmp(lg_buf_str(&text), "hello") ? 6 : 0);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    unlink(file);
    rmdir(folder);
    CHECK(WIFEXITED(status));
    CHECK_INT(WEXITSTATUS(status), 0);
}

TEST(without_a_secret_nothing_is_looked_at)
{
    char text[] = "plain";
    CHECK(!net_scrub_needed());
    CHECK_INT(net_scrub(text, 5), 5);
    CHECK_INT(net_scrub_tail(text, 5), 0);
    net_secret *a = make("one secret"), *b = make("two secrets");
    CHECK(net_scrub_needed());
    net_secret_free(a);
    CHECK(net_scrub_needed());
    net_secret_free(b);
    CHECK(!net_scrub_needed());
}

/* A text that is sent in two parts, cut anywhere: what the first keeps back and the second has hold the whole secret.
 */
TEST(a_secret_that_is_cut_is_found)
{
    static const char *const forms[] = {"key/+9-of-me",         "key%2F%2B9-of-me",     "key%252F%252B9-of-me",
                                        "key\\/+9-of-me",       "key\\u002f+9-of-me",   "a2V5Lys5LW9mLW1lOmVuZA==",
                                        "YTprZXkvKzktb2YtbWU6ZW5k", "QjprZXkvKzktb2YtbWU6ZW5k",
                                        "%6bey%2f+9-of-me",     "%256Bey%252f+9-of-me", "\\u006bey/+9-of-me"};
    net_secret *s = make("key/+9-of-me");
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        char whole[200];
        size_t len = (size_t)snprintf(whole, sizeof whole, "say: %s.\n", forms[i]);
        for (size_t cut = 0; cut <= len; cut++) {
            char first[200], second[400];
            memcpy(first, whole, cut);
            size_t n = net_scrub(first, cut), tail = net_scrub_tail(first, n);
            CHECK(tail <= n);
            memcpy(second, first + n - tail, tail);
            memcpy(second + tail, whole + cut, len - cut);
            size_t m = net_scrub(second, tail + len - cut);
            first[n - tail] = second[m] = 0;
            strcat(first, second);
            CHECK_HAS(first, "[secret]");
            CHECK(!strstr(first, "9-of") && !strstr(first, "LW9m") && !strstr(first, "b2Yt"));
        }
    }
    CHECK_INT(net_scrub_tail("nothing of it\n", 14), 0);
    CHECK_INT(net_scrub_tail("a line with ke", 14), 2);
    net_secret_free(s);
}

TEST(buffers_are_wiped)
{
    lg_buf text;
    lg_buf_init(&text, 100);
    lg_buf_adds(&text, "some secret");
    net_wipe(&text);
    CHECK(!text.data && !text.len);
    char typed[8] = "typed";
    net_forget(typed, sizeof typed);
    for (size_t i = 0; i < sizeof typed; i++) CHECK_INT(typed[i], 0);
}

/* ---- what is left in memory ---- */
/* A word that is nowhere in memory as it is: each letter is the one before its own in the alphabet. */
static const char unlike[] = "sghr-hr-sgd-njdm-sgzs-mnancx-rgntkc-dudq-rdd-zfzhm-zesdq-hs-vzr-eqddc";

static void write_word(char *out)
{
    for (const char *c = unlike; *c; c++) *out++ = (char)(*c == '-' ? '-' : *c + 1);
    *out = 0;
}

/* Places in the memory of this process with letters 24 to 48 of it, what is freed included. */
static int copies_left(void)
{
    enum { FROM = 24, MANY = 24, BLOCK = 1 << 20 };
    int found = 0;
    unsigned long long start, stop;
    char line[400], mode[8];
    char *block = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    FILE *maps = fopen("/proc/self/maps", "r");
    CHECK(maps && block != MAP_FAILED);
    while (fgets(line, sizeof line, maps)) {
        if (sscanf(line, "%llx-%llx %7s", &start, &stop, mode) != 3 || strncmp(mode, "rw", 2) != 0) continue;
        if (!strstr(line, "[heap]") && !strstr(line, "[stack]") && stop - start > 64ull << 20) continue;
        if ((uintptr_t)block >= start && (uintptr_t)block < stop) continue;
        for (unsigned long long at = start; at < stop; at += BLOCK - MANY) {
            size_t n = stop - at < BLOCK ? (size_t)(stop - at) : BLOCK;
            const struct iovec to = {block, n}, from = {(void *)(uintptr_t)at, n};
            ssize_t got = process_vm_readv(getpid(), &to, 1, &from, 1, 0);
            for (ssize_t i = 0; i + MANY <= got; i++) {
                int k = 0;
                while (k < MANY && block[i + k] == (unlike[FROM + k] == '-' ? '-' : unlike[FROM + k] + 1)) k++;
                found += k == MANY;
            }
        }
    }
    fclose(maps);
    munmap(block, BLOCK);
    return found;
}

/* The reader of JSON has copies of its own: of the text as it stood, and of what it means. */
TEST(json_leaves_no_copy_behind)
{
    char text[200] = "{\"value\":\"", word[100];
    net_json_wipes();
    net_json_wipes(); /* twice is once */
    write_word(word);
    strcat(strcat(text, word), "\"}");
    CHECK(copies_left() >= 2); /* they are found at all */
    json_t *root = json_loads(text, 0, NULL);
    CHECK_STR(json_string_value(json_object_get(root, "value")), word);
    json_decref(root);
    net_forget(text, sizeof text);
    net_forget(word, sizeof word);
    CHECK_INT(copies_left(), 0);
}

TEST(memory_may_run_out)
{
    lg_err err = {0};
    net_secret *s = NULL;
    lg_alloc_fail_at(1, false);
    CHECK_INT(net_secret_new("some secret", 11, &s, &err), LG_E_MEMORY);
    CHECK(!s);
    lg_alloc_fail_at(0, false);
}
