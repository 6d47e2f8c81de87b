/* Every part of a lesson with one allocation failing: the cell ends with LL901 or does its work; nothing crashes or is
 * lost (AddressSanitizer sees leaks), and the same session can go on. */
#include "tests/support/lens.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { POINTS = 120 };
#else
enum { POINTS = 300 };
#endif

static const char *const cells[] = {
    "load logos from shop",
    "load flat from flat labels list.csv columns file, label size 16x16 split 60/20/20",
    "relabel flat keep adidas, nike rest other\nsplit flat 50/50 by source",
    "model scratch on logos { conv 4 3x3 relu; maxpool 4; flatten; dense classes softmax }\nsummary scratch detail all",
    "fit scratch epochs 2 batch 8 lr 0.05 balance again as trial",
    "confusion scratch normalize rows sort error as matrix",
    "report scratch calibration where label = adidas as classes",
    "mistakes scratch on logos.train limit 3 as wrong",
    "embed logos with scratch as places",
    "explain scratch image 7, 8 class nike\nexplain scratch method saliency where correct = yes",
    "explain scratch image 7 method occlusion\nactivations scratch image 7 limit 2\nfilters scratch limit 2",
    "trace scratch image 7\ntrace scratch where label = nike",
    "receptive scratch layer conv1 image 7 at 1,2\nreceptive scratch layer dense1 no animate",
    "step scratch image 7\ngradients scratch batch 8\nlandscape scratch size 3",
    "dream scratch class nike steps 3\ndream scratch layer conv1 channel 2 steps 2",
    "model plain on logos { flatten; dense classes softmax }\ncompare scratch, plain by adidas as both",
    "overfit plain images 6 epochs 2 cures dropout, augment",
    "for rate in 1e9, 0.1 { fit plain epochs 2 lr $rate again quiet as demo }\ncurves demo",
    "quiz shapes on plain count 4\nquiz counts on plain count 6\nquiz metrics on scratch seed 2",
    "show classes where recall >= 0 sort label\nboth\nevaluate plain as card",
    "sweep plain lr 0.1, 0.01 epochs 1 batch 16 repeat 2 as board\nsweep plain lr 0.5 epochs 1 as board\nboard",
    "curves trial, scratch smooth 0.5",
    "save scratch to s.lmodel\nopen back from s.lmodel\nsave trial to t.lrun\nopen tried from t.lrun",
    "save flat to f.ldata\nopen flat from f.ldata",
    "open foreign from tiny.onnx pixels torch\nsummary foreign",
    "show logos with scratch where confidence > 10% sort loss limit 6",
    "logos.val\nlist\nhelp fit\nmatrix\ntrial",
    "load tiny from shop limit 12 size 8x8\ndrop tiny where label = nike\nundo",
    "combine logos, flat into joined dedupe seed 2\ndescribe joined",
    "describe scratch",
    "export trial to trial.svg; export logos.val to val.csv; export scratch to scratch.py",
    "export plain to plain.onnx; export plain to plain.c; export plain to plain.safetensors",
};
enum { CELLS = sizeof cells / sizeof *cells };

/* Runs one cell with its nth allocation failing (0: none); how many it made. */
static long run_failing(lens *l, const char *cell, long nth, int *bad)
{
    lg_buf before, after;
    lg_buf_init(&before, 1 << 24);
    lg_buf_init(&after, 1 << 24);
    lens_state(l, &before);
    long count = lg_alloc_count();
    if (nth) lg_alloc_fail_at(nth, false);
    lg_status st = lens_run(l, cell);
    count = lg_alloc_count() - count;
    lg_alloc_fail_at(0, false);
    if (st && !(l->err.code == 901 && st == l->err.status && nth))
        ++*bad, printf("%s\n  allocation %ld: LL%03d %s (%s)\n", cell, nth, l->err.code, l->err.msg, l->err.why);
    lens_state(l, &after);
    /* What was read or learnt stays, whatever becomes of its picture: whole, with all its fields. */
    if (st && strstr(lg_buf_str(&after), " unknown"))
        ++*bad, printf("%s\n  allocation %ld: half an object\n%s\n", cell, nth, lg_buf_str(&after));
    bool changes = strchr(cell, '\n') || !strncmp(cell, "load", 4) || !strncmp(cell, "fit", 3);
    if (st && !changes && strcmp(lg_buf_str(&before), lg_buf_str(&after)))
        ++*bad, printf("%s\n  allocation %ld: objects changed\n%s\n%s\n", cell, nth, lg_buf_str(&before),
                       lg_buf_str(&after));
    lg_buf_release(&before);
    lg_buf_release(&after);
    return count;
}

TEST(an_allocation_fails)
{
    lens l;
    lg_err err = {0};
    int bad = 0;
    long made[CELLS], all = 0;
    lens_shop();
    ds_copy("tiny.onnx", "tests/golden/onnx/tiny.onnx");
    CHECK_OK(lens_open(&l));
    for (int i = 0; i < CELLS; i++) all += made[i] = run_failing(&l, cells[i], 0, &bad);
    CHECK_INT(bad, 0);
    for (int i = 0; i < CELLS && !bad; i++) {
        long points = POINTS * made[i] / all + POINTS / 20;
        for (long k = 0; k < points && !bad; k++) {
            long nth = points < made[i] ? 1 + k * made[i] / points : k + 1;
            run_failing(&l, cells[i], nth, &bad);
            if (lens_run(&l, "say fine") || strcmp(lg_buf_str(&l.text), "fine\n")) bad++;
        }
        run_failing(&l, cells[i], 0, &bad);
    }
    lens_close(&l);
    CHECK_INT(bad, 0);
}

/* The same for a session that is only being made. */
TEST(a_session_without_memory)
{
    for (long n = 1;; n++) {
        lens l;
        long before = lg_alloc_count();
        lg_alloc_fail_at(n, false);
        lg_status st = lens_open(&l);
        long made = lg_alloc_count() - before;
        lg_alloc_fail_at(0, false);
        if (st) CHECK_INT(l.err.code, 901);
        lens_close(&l);
        if (made < n) break;
    }
}
