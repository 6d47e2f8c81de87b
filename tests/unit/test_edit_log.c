/* The log of label fixes as a file: its lines, what counts last, whom it is about, and that no writer loses anything.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "lib/data/dataset_private.h"
#include "lib/data/edit_log.h"
#include "lib/image/hash.h"
#include "tests/support/dataset.h"

#define SHA_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SHA_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define HEAD  "sha256\tpath\told label\tnew label\ttime\n"

static lg_err err;

static void log_new(data_log *log)
{
    *log = (data_log){0};
    lg_arena_init(&log->text, 0);
}

static void parse(const char *text, data_log *log)
{
    log_new(log);
    CHECK_OK(data_log_parse(text, strlen(text), false, log, &err));
}

static const char *at(const char *name)
{
    static char path[4][256];
    static int turn;
    char *to = path[turn++ & 3];
    snprintf(to, sizeof path[0], "%s/%s", ds_folder, name);
    return to;
}

/* A place with both files below the test's folder. */
static void place_of(const char *root, data_log_place *place)
{
    CHECK_OK(data_log_find(at(root), at("own"), NULL, 0, place, &err));
    CHECK(place->beside != NULL);
}

static const char *content(const char *path)
{
    static char text[1 << 20];
    FILE *f = fopen(path, "r");
    if (!f) return NULL;
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    return text;
}

static size_t lines_of(const char *text)
{
    size_t n = 0;
    for (; text && *text; text++) n += *text == '\n';
    return n;
}

static lg_status add(const data_log_place *place, const char *sha, const char *path, const char *from, const char *to,
                     lg_buf *kept)
{
    const char *file;
    lg_err failed = {0};
    lg_status st = data_log_add(place, &(data_fix){.sha256 = sha, .path = path, .from = from, .to = to}, 1, NULL, kept,
                                &file, &failed);
    if (st) printf("LL%03d %s (%s)\n", failed.code, failed.msg, failed.why);
    return st;
}

/* Of what is said of an image again and again in each run, the last line from before this program stays. The
 * first test, so that this program begins with it. */
TEST(earlier_runs_do_not_pile_up)
{
    data_log_place place;
    data_log log;
    lg_buf kept;
    ds_new();
    place_of("set", &place);
    ds_text("set.edits.tsv",
            HEAD SHA_A "\ta.png\tx\tone\t2020-01-01T00:00:00Z\n" SHA_A "\ta.png\tone\ttwo\t2020-01-01T00:00:01Z\n" SHA_A
                       "\tb.png\tx\tone\t2020-01-01T00:00:02Z\n" SHA_A "\tb.png\tone\ttwo\t2020-01-01T00:00:03Z\n" SHA_A
                       "\ta.png\ttwo\tthree\t2020-01-01T00:00:04Z\nwhat is this\n");
    lg_buf_init(&kept, 0);
    for (int i = 0; i < 3; i++) CHECK_OK(add(&place, SHA_A, "a.png", "x", i & 1 ? "one" : "two", &kept));
    CHECK_OK(data_log_read(&place, &log, &err));
    CHECK_INT(log.bads, 1);
    CHECK_INT(log.count, 6);
    CHECK_STR(log.fix[0].path, "b.png");
    CHECK_STR(log.fix[1].path, "b.png");
    CHECK_STR(log.fix[2].to, "three");
    CHECK_STR(log.fix[5].to, "two"); /* and all of our own: undo may want them */
    data_log_release(&log);
    lg_buf_release(&kept);
    data_log_place_release(&place);
}

TEST(lines_in_any_order)
{
    data_log log;
    parse("\xef\xbb\xbf" HEAD SHA_A "\ta/1.png\tnike\tpuma\t2026-10-01T08:00:02Z\r\n"
          "# a comment\n\n" HEAD SHA_B "\ta\\tb\\\\c.png\t\tno brand\t2026-10-01T08:00:01.500000Z\n" SHA_A
          "\ta/1.png\tnike\tother\t2026-10-01T08:00:02.000001Z\n" SHA_A
          "\ta/1.png\tother\tnike\t2026-10-01T08:00:02.000000Z",
          &log);
    CHECK_INT(log.bads, 0);
    CHECK_INT(log.count, 4);
    CHECK_STR(log.fix[0].path, "a\tb\\c.png");
    CHECK_STR(log.fix[0].from, "");
    CHECK_STR(log.fix[0].to, "no brand");
    CHECK_STR(log.fix[1].to, "puma"); /* equal times: as they stand */
    CHECK_STR(log.fix[2].to, "nike");
    CHECK_STR(log.fix[3].to, "other");
    CHECK_STR(log.fix[1].line, SHA_A "\ta/1.png\tnike\tpuma\t2026-10-01T08:00:02Z");
    data_log_release(&log);
}

TEST(bad_lines_are_told_and_skipped)
{
    static const struct {
        const char *line, *why;
    } bad[] = {
        {"nonsense", "five fields"},
        {SHA_A "\ta.png\tx\ty\t2026-10-01T08:00:00Z\tmore", "five fields"},
        {"<<<<<<< HEAD", "five fields"},
        {"AAAA\ta.png\tx\ty\t2026-10-01T08:00:00Z", "SHA-256"},
        {SHA_A "\t\tx\ty\t2026-10-01T08:00:00Z", "no picture"},
        {SHA_A "\ta.png\tx\t\t2026-10-01T08:00:00Z", "empty"},
        {SHA_A "\ta.png\tx\ty\tyesterday", "no time"},
        {SHA_A "\ta.png\tx\ty\t2026-10-01 08:00:00Z", "no time"},
        {SHA_A "\ta.png\tx\ty\t2026-10-01T08:00:00.5Z", "no time"},
        {SHA_A "\ta.png\tx\tpu\xe2\x80\x8bma\t2026-10-01T08:00:00Z", "do not show"},
        {SHA_A "\ta.png\tx\tpu\\nma\t2026-10-01T08:00:00Z", "do not show"},
        {SHA_A "\ta.png\tx\tpu\xffma\t2026-10-01T08:00:00Z", "UTF-8"},
        {SHA_A "\ta\\xb.png\tx\ty\t2026-10-01T08:00:00Z", "\\"},
        {SHA_A "\ta.png\tx\ty\\\t2026-10-01T08:00:00Z", "\\"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[600];
        data_log log;
        snprintf(text, sizeof text, HEAD "%s\n" SHA_B "\tb.png\tx\ty\t2026-10-01T08:00:00Z\n", bad[i].line);
        parse(text, &log);
        CHECK_INT(log.bads, 1);
        CHECK_INT(log.bad[0].line, 2);
        CHECK_HAS(log.bad[0].why, bad[i].why);
        CHECK_INT(log.count, 1);
        CHECK_STR(log.fix[0].path, "b.png");
        data_log_release(&log);
    }
}

TEST(limits)
{
    static char text[1 << 16];
    data_log log;
    memset(text, 'x', sizeof text - 1);
    parse(text, &log);
    CHECK_HAS(log.bad[0].why, "too long");
    data_log_release(&log);
    int n = snprintf(text, sizeof text, SHA_A "\ta.png\t\t%0201d\t2026-10-01T08:00:00Z\n", 7);
    for (int i = 1; i < 20; i++) n += snprintf(text + n, sizeof text - (size_t)n, "bad\n");
    parse(text, &log);
    CHECK_HAS(log.bad[0].why, "200 bytes");
    CHECK_INT(log.bads, 20);
    data_log_release(&log);
    log_new(&log);
    CHECK_OK(data_log_parse("a\0b\n", 4, true, &log, &err));
    CHECK_HAS(log.bad[0].why, "zero byte");
    CHECK(log.bad[0].own);
    data_log_release(&log);
}

/* Whatever the bytes are: it ends, and what it understands obeys the rules. */
TEST(any_bytes)
{
    static const char good[] = HEAD SHA_A "\ta/1.png\tnike\tpuma\t2026-10-01T08:00:02Z\n" SHA_B
                                          "\tb\\tc.png\t\tx\t2026-10-01T08:00:02.123456Z\n";
    lg_rng rng;
    lg_rng_init(&rng, 5);
    for (int round = 0; round < 3000; round++) {
        char text[sizeof good];
        data_log log;
        memcpy(text, good, sizeof good);
        for (int i = 0; i <= round % 7; i++)
            text[lg_rng_below(&rng, sizeof good)] = round & 1 ? (char)lg_rng_below(&rng, 256) : "\t\n\\\r#"[i % 5];
        log_new(&log);
        CHECK_OK(data_log_parse(text, lg_rng_below(&rng, sizeof good), false, &log, &err));
        for (size_t i = 0; i < log.count; i++) {
            CHECK(data_log_label_fault(log.fix[i].to) == NULL);
            CHECK_INT(strlen(log.fix[i].sha256), 64);
            CHECK(*log.fix[i].path);
        }
        data_log_release(&log);
    }
}

TEST(added_taken_out_and_gone)
{
    data_log_place place;
    data_log log;
    lg_buf first, second;
    size_t taken;
    ds_new();
    place_of("set", &place);
    lg_buf_init(&first, 0);
    lg_buf_init(&second, 0);
    CHECK_OK(add(&place, SHA_A, "a\tb/1.png", "nike", "puma", &first));
    CHECK_OK(add(&place, SHA_A, "a\tb/1.png", "puma", "no brand", &second));
    CHECK_HAS(content(place.beside), HEAD SHA_A "\ta\\tb/1.png\tnike\tpuma\t20");
    CHECK_OK(data_log_read(&place, &log, &err));
    CHECK_INT(log.count, 2);
    CHECK_STR(log.fix[1].to, "no brand");
    CHECK_STR(log.fix[1].path, "a\tb/1.png");
    data_log_release(&log);
    /* what the log says last already is not said again, but belongs to the edit all the same */
    lg_buf_clear(&first);
    CHECK_OK(add(&place, SHA_A, "a\tb/1.png", "nike", "no brand", &first));
    CHECK_STR(lg_buf_str(&first), lg_buf_str(&second));
    CHECK_INT(lines_of(content(place.beside)), 3);
    CHECK_OK(data_log_take(place.beside, lg_buf_str(&second), NULL, &taken, &err));
    CHECK_INT(taken, 1);
    CHECK_INT(lines_of(content(place.beside)), 2);
    CHECK_OK(data_log_take(place.beside, lg_buf_str(&second), NULL, &taken, &err));
    CHECK_INT(taken, 0);
    ds_text("set.edits.tsv", HEAD "# nothing else\n");
    CHECK_OK(data_log_take(place.beside, lg_buf_str(&second), NULL, &taken, &err));
    CHECK(content(place.beside) != NULL); /* nothing was taken: not ours to remove */
    lg_buf_clear(&first);
    CHECK_OK(add(&place, SHA_B, "b.png", "", "x", &first));
    CHECK_OK(data_log_take(place.beside, lg_buf_str(&first), NULL, &taken, &err));
    CHECK(content(place.beside) == NULL); /* empty: gone */
    CHECK_OK(data_log_take(place.beside, lg_buf_str(&first), NULL, &taken, &err));
    CHECK_INT(taken, 0);
    lg_buf_release(&first);
    lg_buf_release(&second);
    data_log_place_release(&place);
}

/* Lines nobody understands stay; a file without a line end gets one; a clock that was set back changes nothing. */
TEST(what_others_wrote_stays)
{
    data_log_place place;
    data_log log;
    lg_buf kept;
    size_t taken;
    ds_new();
    place_of("set", &place);
    ds_text("set.edits.tsv", "what is this\r\n" SHA_A "\ta.png\tx\tlater\t2999-01-01T00:00:00Z\n" SHA_B
                             "\tb.png\tx\ty\t2020-01-01T00:00:00Z");
    lg_buf_init(&kept, 0);
    CHECK_OK(add(&place, SHA_A, "a.png", "later", "now", &kept));
    CHECK_INT(lines_of(content(place.beside)), 4);
    CHECK_OK(data_log_read(&place, &log, &err));
    CHECK_INT(log.bads, 1);
    CHECK_INT(log.count, 3);
    CHECK_STR(log.fix[2].to, "now");
    data_log_release(&log);
    CHECK_OK(data_log_take(place.beside, lg_buf_str(&kept), NULL, &taken, &err));
    CHECK_INT(taken, 1);
    CHECK_STR(content(place.beside), "what is this\r\n" SHA_A "\ta.png\tx\tlater\t2999-01-01T00:00:00Z\n" SHA_B
                                     "\tb.png\tx\ty\t2020-01-01T00:00:00Z\n");
    lg_buf_release(&kept);
    data_log_place_release(&place);
}

TEST(where_it_is)
{
    data_log_place place;
    char ours[300];
    ds_new();
    place_of("set", &place);
    CHECK_STR(place.beside, at("set.edits.tsv"));
    CHECK(strncmp(place.own, at("own/"), strlen(at("own/"))) == 0);
    data_log_place_release(&place);
    const char *const folders[] = {ours};
    snprintf(ours, sizeof ours, "%s/cache", ds_folder);
    CHECK_OK(data_log_find(at("cache/sample"), at("own"), folders, 1, &place, &err));
    CHECK(place.beside == NULL);
    data_log_place_release(&place);
    CHECK_OK(data_log_find("/usr/share/somewhere", at("own"), NULL, 0, &place, &err));
    CHECK(place.beside == NULL);
    data_log_place_release(&place);
    CHECK_OK(data_log_find(lg_reach_project(), at("own"), NULL, 0, &place, &err));
    CHECK(place.beside == NULL); /* beside the project is outside of it */
    data_log_place_release(&place);
    CHECK_OK(data_log_find(at(".hidden"), at("own"), NULL, 0, &place, &err));
    CHECK(place.beside == NULL);
    data_log_place_release(&place);
}

/* A place that cannot be written (here a folder has its name; permissions do not bind root): our own folder. */
TEST(falls_back_to_our_own)
{
    data_log_place place;
    data_log log;
    lg_buf kept;
    ds_new();
    place_of("set", &place);
    CHECK_INT(mkdir(place.beside, 0700), 0);
    lg_buf_init(&kept, 0);
    const char *file;
    CHECK_OK(data_log_add(&place, &(data_fix){.sha256 = SHA_A, .path = "a.png", .from = "", .to = "x"}, 1, NULL, &kept,
                          &file, &err));
    CHECK_STR(file, place.own);
    CHECK_HAS(content(place.own), "# label fixes of ");
    CHECK_INT(lines_of(lg_buf_str(&kept)), 1);
    CHECK_OK(data_log_read(&place, &log, &err));
    CHECK_INT(log.unread.code, 393);
    CHECK_INT(log.count, 1);
    CHECK(log.fix[0].own);
    data_log_release(&log);
    lg_buf_release(&kept);
    data_log_place_release(&place);
}

static int mode_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (int)(st.st_mode & 0777) : -1;
}

/* Who may read a log may read it as long as it is there, whatever is written to it or taken out. */
TEST(modes_stay)
{
    data_log_place place;
    lg_buf first, second;
    size_t taken;
    ds_new();
    place_of("set", &place);
    lg_buf_init(&first, 0);
    lg_buf_init(&second, 0);
    CHECK_OK(add(&place, SHA_A, "a.png", "x", "y", &first));
    CHECK_INT(mode_of(place.beside), 0644);
    CHECK_INT(chmod(place.beside, 0600), 0);
    CHECK_OK(add(&place, SHA_B, "b.png", "x", "y", &second));
    CHECK_INT(mode_of(place.beside), 0600);
    CHECK_OK(data_log_take(place.beside, lg_buf_str(&second), NULL, &taken, &err));
    CHECK_INT(mode_of(place.beside), 0600);
    lg_buf_clear(&first), lg_buf_clear(&second);
    lg_free(place.beside);
    place.beside = NULL;
    const data_fix fix[] = {{.sha256 = SHA_A, .path = "a.png", .from = "x", .to = "y"},
                            {.sha256 = SHA_B, .path = "b.png", .from = "x", .to = "y"}};
    const char *file;
    CHECK_OK(data_log_add(&place, &fix[0], 1, NULL, &first, &file, &err));
    CHECK_OK(data_log_add(&place, &fix[1], 1, NULL, &second, &file, &err));
    CHECK_INT(mode_of(place.own), 0600);
    CHECK_OK(data_log_take(place.own, lg_buf_str(&second), NULL, &taken, &err));
    CHECK_INT(taken, 1);
    CHECK_INT(mode_of(place.own), 0600);
    lg_buf_release(&first);
    lg_buf_release(&second);
    data_log_place_release(&place);
}

/* Editors of Windows write a byte order mark before the first line. */
TEST(byte_order_mark)
{
    data_log_place place;
    size_t taken;
    static const char line[] = SHA_A "\ta.png\tx\ty\t2020-01-01T00:00:00Z\n";
    ds_new();
    place_of("set", &place);
    ds_text("set.edits.tsv", "\xef\xbb\xbf" HEAD SHA_A "\ta.png\tx\ty\t2020-01-01T00:00:00Z\n");
    CHECK_OK(data_log_take(place.beside, line, NULL, &taken, &err));
    CHECK_INT(taken, 1);
    CHECK(content(place.beside) == NULL); /* the names of the fields alone are no log */
    ds_text("set.edits.tsv", "\xef\xbb\xbf" SHA_A "\ta.png\tx\ty\t2020-01-01T00:00:00Z\n# mine\nmine\n");
    CHECK_OK(data_log_take(place.beside, line, NULL, &taken, &err));
    CHECK_INT(taken, 1);
    CHECK_STR(content(place.beside), "\xef\xbb\xbf# mine\nmine\n");
    data_log_place_release(&place);
}

/* ---- whom it is about ---- */
static data_set *shop(void)
{
    data_set *set = NULL;
    data_report report = {0};
    ds_picture("set/adidas/1.png", 1, 32, 32, 3, 0);
    ds_picture("set/adidas/2.png", 2, 32, 32, 3, 0);
    ds_picture("set/nike/1.png", 3, 32, 32, 3, 0);
    ds_picture("set/nike/2.png", 2, 32, 32, 3, 0); /* the same bytes as adidas/2.png */
    ds_picture("set/nike/3.png", 2, 32, 32, 3, 0);
    data_load_spec spec = {.name = "set", .from = at("set"), .size = {8, 8, 0}, .seed = 1};
    CHECK_OK(data_load(&spec, &set, &report, &err));
    data_report_release(&report);
    return set;
}

static const char *sha_of(const data_set *set, size_t row)
{
    return data_fact_of(set, row)->sha256;
}

TEST(a_fix_belongs_to_a_content)
{
    data_log log;
    data_log_plan plan;
    lg_buf text;
    ds_new();
    data_set *set = shop(); /* adidas/1 adidas/2 nike/1 nike/2 nike/3 */
    lg_buf_init(&text, 0);
    lg_buf_addf(&text, "%s\tmoved/away.png\tadidas\tpuma\t2026-10-01T08:00:00Z\n", sha_of(set, 0));
    lg_buf_addf(&text, "%s\tnike/2.png\tnike\tother\t2026-10-01T08:00:00Z\n", sha_of(set, 1));
    lg_buf_addf(&text, "%s\tnike/2.png\tother\tpuma\t2026-10-01T08:00:01Z\n", sha_of(set, 1));
    lg_buf_addf(&text, "%s\tnike/1.png\tadidas\tNIKE\t2026-10-01T08:00:00Z\n", sha_of(set, 2)); /* is so */
    lg_buf_addf(&text, SHA_A "\tnike/1.png\tnike\tpuma\t2026-10-01T08:00:00Z\n");               /* another content */
    lg_buf_addf(&text, SHA_B "\tgone.png\tnike\tpuma\t2026-10-01T08:00:00Z\n");
    parse(lg_buf_str(&text), &log);
    CHECK_OK(data_log_plan_make(&log, set, &plan, &err));
    CHECK_INT(plan.count, 2);
    CHECK_INT(plan.step[0].id, 1); /* found by its content, wherever it was */
    CHECK_STR(plan.step[0].from, "adidas");
    CHECK_STR(plan.step[0].to, "puma");
    CHECK_INT(plan.step[1].id, 4); /* of three with this content the one at the path */
    CHECK_STR(plan.step[1].to, "puma");
    CHECK_INT(plan.same, 1);
    CHECK_INT(plan.elsewhere, 2);
    CHECK_INT(plan.changes, 1);
    CHECK_STR(plan.changed[0]->path, "nike/1.png");
    CHECK_INT(lines_of(lg_buf_str(&plan.lines[0])), 3); /* the older line of nike/2.png belongs to it */
    CHECK_INT(plan.lines[1].len, 0);
    data_log_plan_release(&plan);
    data_log_release(&log);
    /* none of the three is at the path: it holds for the content */
    lg_buf_clear(&text);
    lg_buf_addf(&text, "%s\told/2.png\tnike\tother\t2026-10-01T08:00:00Z\n", sha_of(set, 1));
    lg_buf_addf(&text, "%s\tnike/3.png\tnike\tpuma\t2026-09-01T08:00:00Z\n", sha_of(set, 1));
    parse(lg_buf_str(&text), &log);
    CHECK_OK(data_log_plan_make(&log, set, &plan, &err));
    CHECK_INT(plan.count, 3);
    CHECK_STR(plan.step[0].to, "other");
    CHECK_STR(plan.step[1].to, "other");
    CHECK_STR(plan.step[2].to, "puma"); /* though it was said before */
    data_log_plan_release(&plan);
    data_log_release(&log);
    data_unref(set);
    lg_buf_release(&text);
}

/* ---- several writers, and one that is killed ---- */
enum { WRITERS = 4, FIXES = 25 };

static void write_some(const data_log_place *place, int writer)
{
    for (int i = 0; i < FIXES; i++) {
        char path[40];
        lg_buf kept;
        lg_buf_init(&kept, 0);
        snprintf(path, sizeof path, "%d/%d.png", writer, i);
        lg_status st = add(place, SHA_A, path, "x", "y", &kept);
        lg_buf_release(&kept);
        if (st) _exit(1);
    }
    _exit(0);
}

TEST(several_programs_lose_nothing)
{
    data_log_place place;
    data_log log;
    pid_t child[WRITERS];
    ds_new();
    place_of("set", &place);
    for (int i = 0; i < WRITERS; i++) {
        fflush(stdout);
        child[i] = fork();
        CHECK(child[i] >= 0);
        if (!child[i]) write_some(&place, i);
    }
    for (int i = 0; i < WRITERS; i++) {
        int status = -1;
        CHECK(waitpid(child[i], &status, 0) == child[i]);
        CHECK_INT(status, 0);
    }
    CHECK_OK(data_log_read(&place, &log, &err));
    CHECK_INT(log.bads, 0);
    CHECK_INT(log.count, WRITERS * FIXES);
    data_log_release(&log);
    data_log_place_release(&place);
}

/* At whatever moment: the file is there whole, with all that was said to be written and at most one line more. */
TEST(a_killed_writer_leaves_a_whole_file)
{
    data_log_place place;
    lg_rng rng;
    size_t done = 0;
    ds_new();
    place_of("set", &place);
    lg_rng_init(&rng, 9);
    for (int round = 0; round < 12; round++) {
        int tell[2];
        fflush(stdout);
        CHECK_INT(pipe(tell), 0);
        pid_t child = fork();
        CHECK(child >= 0);
        if (!child)
            for (int i = 0;; i++) {
                char path[40];
                lg_buf kept;
                lg_buf_init(&kept, 0);
                snprintf(path, sizeof path, "%d/%d.png", round, i);
                if (add(&place, SHA_A, path, "x", "y", &kept) || write(tell[1], "+", 1) != 1) _exit(1);
                lg_buf_release(&kept);
            }
        close(tell[1]);
        char byte[64];
        ssize_t got = read(tell[0], byte, 1);
        CHECK_INT(got, 1);
        done++;
        usleep((useconds_t)lg_rng_below(&rng, 8000));
        CHECK_INT(kill(child, SIGKILL), 0);
        CHECK(waitpid(child, NULL, 0) == child);
        while ((got = read(tell[0], byte, sizeof byte)) > 0) done += (size_t)got;
        close(tell[0]);
        data_log log;
        CHECK_OK(data_log_read(&place, &log, &err));
        CHECK_INT(log.bads, 0);
        CHECK_INT(log.unread.status, LG_OK);
        CHECK(log.count == done || log.count == done + 1);
        done = log.count;
        data_log_release(&log);
    }
    data_log_place_release(&place);
}

/* A lock that is held makes a writer wait, and an interrupt end the waiting. */
TEST(an_interrupt_ends_the_waiting)
{
    data_log_place place;
    lg_buf kept;
    const char *file;
    lg_err failed = {0};
    lg_cancel cancel = {0};
    int lock = -1;
    ds_new();
    place_of("set", &place);
    lg_buf_init(&kept, 0);
    CHECK_OK(lg_reach_lock(place.beside, NULL, &lock, &err));
    lg_cancel_set(&cancel);
    CHECK_INT(data_log_add(&place, &(data_fix){.sha256 = SHA_A, .path = "a.png", .from = "", .to = "x"}, 1, &cancel,
                           &kept, &file, &failed),
              LG_E_INTERRUPTED);
    CHECK(content(place.beside) == NULL);
    lg_reach_unlock(lock);
    lg_cancel_clear(&cancel);
    CHECK_OK(data_log_add(&place, &(data_fix){.sha256 = SHA_A, .path = "a.png", .from = "", .to = "x"}, 1, &cancel,
                          &kept, &file, &err));
    lg_buf_release(&kept);
    data_log_place_release(&place);
}

TEST(survives_every_failing_allocation)
{
    data_log_place place;
    ds_new();
    place_of("set", &place);
    data_set *set = shop();
    int failures = 0;
    lg_status st = LG_OK;
    for (long nth = 1; nth < 200; nth++) {
        lg_err failed = {0};
        lg_buf kept;
        const char *file;
        data_log log;
        data_log_plan plan = {0};
        size_t taken;
        char sha[65];
        memcpy(sha, sha_of(set, 0), 65);
        unlink(place.beside);
        log_new(&log);
        lg_buf_init(&kept, 0);
        lg_alloc_fail_at(nth, false);
        st = data_log_add(&place, &(data_fix){.sha256 = sha, .path = "adidas/1.png", .from = "", .to = "x"}, 1, NULL,
                          &kept, &file, &failed);
        if (!st) st = data_log_read(&place, &log, &failed);
        if (!st) st = data_log_plan_make(&log, set, &plan, &failed);
        if (!st) st = data_log_take(place.beside, lg_buf_str(&kept), NULL, &taken, &failed);
        lg_alloc_fail_at(0, false);
        CHECK(st == LG_OK || failed.code == 901);
        failures += st != LG_OK;
        data_log_plan_release(&plan);
        data_log_release(&log);
        lg_buf_release(&kept);
    }
    CHECK(failures > 30);
    CHECK_INT(st, LG_OK);
    data_unref(set);
    data_log_place_release(&place);
}
