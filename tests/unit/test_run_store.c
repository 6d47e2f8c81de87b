/* Runs that outlive their session: shown instead of trained again, taken up where they were cut off, and no harm from
 * files that are not what they should be. */
#include <dirent.h>
#include <pthread.h>
#include <time.h>
#include "kernel/commands/box_file.h"
#include "kernel/commands/run_store.h"
#include "tests/support/lens.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define EPOCHS "150"
#else
#define EPOCHS "1200"
#endif

static lens l;
static char runs[200];

#define LOAD "load logos from shop size 16x16\n"
#define MODEL                                                                                                          \
    "model m on logos { conv 4 3x3 relu; maxpool 2; flatten; dense 8 relu; dropout 0.3; dense classes softmax }\n"
#define FIT "fit m epochs 3 batch 8 lr 0.05 optimizer adam quiet"

static bool run(const char *code)
{
    if (lens_run(&l, code) == LG_OK) return true;
    printf("LL%03d %s (%s)\n", l.err.code, l.err.msg, l.err.why);
    return false;
}

/* A new session that keeps runs. */
static void session(void)
{
    static bool first = true;
    lg_err err = {0};
    if (first) lens_shop();
    else lens_close(&l);
    first = false;
    snprintf(runs, sizeof runs, "%s/home/data/runs", ds_folder);
    CHECK_OK(lens_open(&l));
    cmd_workbench_keep_runs(l.bench);
    CHECK(run(LOAD MODEL));
}

static bool said(const char *text)
{
    return strstr(lg_buf_str(&l.text), text) != NULL;
}

static void remove_runs(void)
{
    char line[300];
    snprintf(line, sizeof line, "rm -rf '%s'", runs);
    CHECK_INT(system(line), 0);
}

/* How many runs are kept; path gets one of them. */
static int kept(char path[500])
{
    int n = 0;
    DIR *dir = opendir(runs);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        if (*e->d_name == '.') continue;
        n++;
        if (path) snprintf(path, 500, "%s/%s", runs, e->d_name);
    }
    if (dir) closedir(dir);
    return n;
}

static const cmd_run *run_of(const char *model)
{
    dsl_object *object = dsl_session_get(l.session, model);
    CHECK(object && cmd_model_run(object->payload));
    return cmd_model_run(object->payload);
}

static void fingerprint(char hex[65])
{
    lg_err err = {0};
    CHECK_OK(cmd_file_fingerprint(dsl_session_get(l.session, "m"), hex, &err));
}

TEST(a_run_of_another_session_is_shown_and_not_trained_again)
{
    char first[65], second[65];
    session();
    remove_runs();
    CHECK(run(FIT " as trial") && said("from its first weights"));
    CHECK_INT(kept(NULL), 1);
    fingerprint(first);
    double loss = run_of("m")->score[DATA_VAL].loss;
    session();
    CHECK(run(FIT) && said("fit m: same as trial of 20") && said("not trained again; add `again` to train"));
    fingerprint(second);
    CHECK_STR(first, second);
    CHECK(run_of("m")->score[DATA_VAL].loss == loss);
    CHECK_STR(run_of("m")->name, "run 1"); /* its name in this session */
    CHECK_INT(run_of("m")->run.epochs, 3);
    CHECK(run("curves m\nconfusion m\nfit m epochs 1 continue quiet") && said("continued"));
    session();
    CHECK(run(FIT "\nfit m epochs 1 continue quiet") && said("same as run 2"));
    CHECK(run(FIT " again") && said("from its first weights"));
    fingerprint(second);
    CHECK_STR(first, second);
}

TEST(what_decides_a_run_decides_whether_it_is_the_same)
{
    static const char *const others[] = {
        LOAD MODEL "fit m epochs 4 batch 8 lr 0.05 optimizer adam quiet",
        LOAD MODEL "fit m epochs 3 batch 9 lr 0.05 optimizer adam quiet",
        LOAD MODEL "fit m epochs 3 batch 8 lr 0.051 optimizer adam quiet",
        LOAD MODEL "fit m epochs 3 batch 8 lr 0.05 optimizer sgd quiet",
        LOAD MODEL "fit m epochs 3 batch 8 lr 0.05 optimizer adam quiet seed 2",
        LOAD MODEL "fit m epochs 3 batch 8 lr 0.05 optimizer adam quiet balance",
        LOAD MODEL "fit m epochs 3 batch 8 lr 0.05 optimizer adam quiet keep last",
        LOAD MODEL "fit m epochs 3 batch 8 lr 0.05 optimizer adam quiet decay 0.1",
        LOAD MODEL "fit m epochs 3 batch 8 lr 0.05 optimizer adam quiet no shuffle",
        LOAD MODEL "fit m epochs 3 batch 8 lr 0.05 optimizer adam quiet patience 3",
        LOAD "model m on logos seed 2 { conv 4 3x3 relu; maxpool 2; flatten; dense 8 relu; dropout 0.3; dense classes "
             "softmax }\n" FIT,
        LOAD "model m on logos { conv 4 3x3 relu; maxpool 2; flatten; dense 8 relu; dropout 0.2; dense classes "
             "softmax }\n" FIT,
        LOAD MODEL "fit m epochs 3 batch 8 lr 0.05000000001 optimizer adam quiet",
        LOAD MODEL FIT " where label in adidas, nike",
        LOAD MODEL FIT " where label in adidas, puma",
        LOAD "augment logos x2\n" MODEL FIT,
        LOAD "augment logos x2 rotate 15.00000000001\n" MODEL FIT,
        LOAD "split logos 70/30\n" MODEL FIT,
        LOAD "relabel logos image 3 as puma\n" MODEL FIT,
    };
    session();
    remove_runs();
    CHECK(run(FIT));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        session();
        if (lens_run(&l, others[i])) TEST_FAIL("%s: LL%03d %s", others[i], l.err.code, l.err.msg);
        if (said("not trained again")) TEST_FAIL("taken for the same: %s", others[i]);
    }
    CHECK_INT(kept(NULL), 1 + sizeof others / sizeof *others);
    session(); /* names decide nothing */
    CHECK(run("load brands from shop size 16x16\nmodel other on brands { conv 4 3x3 relu; maxpool 2; flatten; dense 8 "
              "relu; dropout 0.3; dense classes softmax }\nfit other epochs 3 batch 8 lr 0.05 optimizer adam quiet"));
    CHECK(said("not trained again"));
    CHECK_STR(run_of("other")->data, "brands");
    CHECK(run("fit m epochs 1 quiet time 100s") && run("fit m epochs 1 quiet time 100s"));
    CHECK(!said("not trained again")); /* how far it comes depends on the day */
}

/* ---- cut off ---- */
static double stop_after;

static void *stop_later(void *unused)
{
    struct timespec t = {.tv_sec = (time_t)stop_after, .tv_nsec = (long)(fmod(stop_after, 1) * 1e9)};
    (void)unused;
    nanosleep(&t, NULL);
    lg_cancel_set(&l.cancel);
    return NULL;
}

/* Stops a training somewhere after its first epoch; what stays on disk is what a kill would have left. */
static void cut(const char *fit)
{
    stop_after = 0.02;
    for (int tries = 0; tries < 60; tries++) {
        pthread_t thread;
        session();
        remove_runs();
        CHECK(pthread_create(&thread, NULL, stop_later, NULL) == 0);
        lg_status st = lens_run(&l, fit);
        pthread_join(thread, NULL);
        lg_cancel_clear(&l.cancel);
        if (st != LG_OK && kept(NULL)) return;
        stop_after *= st == LG_OK ? 0.5 : 1.3; /* a machine that others use is slow, and then quick again */
    }
    TEST_FAIL("nothing was kept");
}

TEST(what_was_cut_off_goes_on_and_ends_the_same)
{
    static const char *const how[] = {"sgd schedule onecycle", "momentum schedule cosine keep last",
                                      "adam schedule plateau", "rmsprop schedule step", "sgd loss focal balance"};
    char fit[200], whole[65], parts[65];
    for (size_t i = 0; i < sizeof how / sizeof *how; i++) {
        snprintf(fit, sizeof fit, "fit m epochs " EPOCHS " batch 8 lr 0.002 optimizer %s quiet", how[i]);
        cut(fit);
        session();
        CHECK(run(fit) && said("taken up after epoch "));
        fingerprint(parts);
        const cmd_run *r = run_of("m");
        CHECK_INT(r->run.epochs, atoi(EPOCHS));
        double loss = r->run.epoch[atoi(EPOCHS) - 1].loss, seconds = r->seconds;
        CHECK(seconds >= stop_after / 2);
        strcat(fit, " again");
        CHECK(run(fit) && said("from its first weights"));
        fingerprint(whole);
        CHECK_STR(whole, parts);
        CHECK(run_of("m")->run.epoch[atoi(EPOCHS) - 1].loss == loss);
    }
}

/* ---- files that are not what they should be ---- */
static void change(const char *path, int how)
{
    FILE *f = fopen(path, "r+b");
    CHECK(f != NULL);
    fseek(f, 0, SEEK_END);
    long size = ftell(f);
    if (how == 0) CHECK(ftruncate(fileno(f), size / 2) == 0);
    if (how == 1) CHECK(ftruncate(fileno(f), 0) == 0);
    if (how == 2) fseek(f, size / 2, SEEK_SET), fputs("?!", f);
    fclose(f);
}

TEST(damaged_and_foreign_files_are_ignored)
{
    char path[500], other[500], line[1100], now[65], then[65];
    session();
    remove_runs();
    CHECK(run(FIT) && kept(path) == 1);
    fingerprint(then);
    for (int how = 0; how < 3; how++) {
        change(path, how);
        session();
        CHECK(run(FIT) && said("from its first weights"));
        fingerprint(now);
        CHECK_STR(now, then);
    }
    CHECK(run("fit m epochs 2 batch 8 quiet") && kept(NULL) == 2);
    DIR *dir = opendir(runs); /* another run under this one's name */
    for (struct dirent *e; (e = readdir(dir));) {
        snprintf(other, sizeof other, "%s/%s", runs, e->d_name);
        if (*e->d_name != '.' && strcmp(other, path) != 0) break;
    }
    closedir(dir);
    snprintf(line, sizeof line, "cp '%s' '%s'", other, path);
    CHECK_INT(system(line), 0);
    session();
    CHECK(run(FIT) && said("from its first weights"));
    remove(path);
    mkdir(path, 0700); /* not even a file */
    session();
    CHECK(run(FIT) && said("from its first weights"));
    fingerprint(now);
    CHECK_STR(now, then);
    rmdir(path);
}

TEST(a_store_that_cannot_be_written_costs_nothing)
{
    session();
    remove_runs();
    ds_text("home/data/runs", "a file where the folder should be");
    CHECK(run(FIT) && said("from its first weights"));
    CHECK(remove(runs) == 0);
}

TEST(a_checkpoint_is_no_run_to_open)
{
    char path[500], line[700];
    cut("fit m epochs " EPOCHS " batch 8 lr 0.002 quiet");
    CHECK(kept(path) == 1);
    snprintf(line, sizeof line, "cp '%s' '%s/part.lrun'", path, ds_folder);
    CHECK_INT(system(line), 0);
    CHECK(lens_run(&l, "open x from part.lrun") && l.err.code == 332);
    CHECK(strstr(l.err.msg, "has not ended"));
}

TEST(the_last_session_ends)
{
    lens_close(&l);
}
