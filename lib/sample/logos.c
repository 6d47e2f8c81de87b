/* logos.c - the set as files: pictures drawn in parallel, then the labels and the README, then the folder's name. */
#include "lib/sample/logos.h"
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
#include "lib/base/reach.h"
#include "lib/image/png.h"
#include "lib/sample/set_plan.h"
#include "lib/base/banned.h"

typedef struct job {
    smp_plan plan;
    const char *folder;
    lg_cancel *cancel;
    int first; /* picture of piece 0 of the run under way */
    pthread_mutex_t lock;
    lg_err *err; /* of the first failure, under the lock */
    atomic_bool failed;
} job;

static void file_name(int index, char name[32])
{
    snprintf(name, 32, "%06d.jpg", index + 1);
}

static const char not_a_picture[] =
    "This file is called .jpg, but it is text: it should be reported, not break anything.\n";

static lg_status write_file(const char *folder, const char *name, const void *data, size_t len, lg_err *err)
{
    char *path = lg_strf(err, "%s/%s", folder, name);
    if (!path) return LG_E_MEMORY;
    lg_status st = lg_reach_write_quick(path, data, len, 0600, err);
    lg_free(path);
    return st;
}

static lg_status picture_bytes(const smp_plan *plan, int index, lg_buf *out, lg_err *err)
{
    smp_oddity odd = smp_plan_oddity(plan, index);
    if (odd == SMP_BROKEN_EMPTY) return LG_OK;
    if (odd == SMP_BROKEN_TEXT) {
        lg_buf_add(out, not_a_picture, sizeof not_a_picture - 1);
        return lg_buf_check(out, err);
    }
    img_picture p = {0};
    smp_label label;
    lg_rng rng;
    lg_rng_init(&rng, smp_plan_seed(plan, index) ^ 0x9A11);
    LG_TRY(smp_logos_draw(plan->seed, plan->count, index, &p, &label, err));
    lg_status st = img_jpeg_write(&p, 40 + (int)lg_rng_below(&rng, 53), out, err);
    img_picture_release(&p);
    if (!st && odd == SMP_BROKEN_CUT) out->len = out->len * 55 / 100;
    return st;
}

static lg_status make_picture(const job *j, int index, lg_err *err)
{
    char name[32];
    lg_buf bytes;
    lg_buf_init(&bytes, 1 << 20);
    lg_status st = picture_bytes(&j->plan, index, &bytes, err);
    file_name(index, name);
    if (!st) st = write_file(j->folder, name, lg_buf_str(&bytes), bytes.len, err);
    lg_buf_release(&bytes);
    return st;
}

static void run_piece(void *ctx, int piece, int worker)
{
    job *j = ctx;
    lg_err err = {0};
    (void)worker;
    if (atomic_load(&j->failed) || lg_cancelled(j->cancel)) return;
    if (make_picture(j, j->first + piece, &err) == LG_OK) return;
    pthread_mutex_lock(&j->lock);
    if (!atomic_exchange(&j->failed, true)) *j->err = err;
    pthread_mutex_unlock(&j->lock);
}

static lg_status make_pictures(const char *folder, const smp_plan *plan, const smp_logos_options *o, lg_err *err)
{
    enum { AT_ONCE = 100 };
    job j = {.plan = *plan, .folder = folder, .cancel = o->cancel, .err = err, .lock = PTHREAD_MUTEX_INITIALIZER};
    while (j.first < plan->count) {
        int n = plan->count - j.first < AT_ONCE ? plan->count - j.first : AT_ONCE;
        lg_pool_run(o->pool, n, run_piece, &j);
        if (atomic_load(&j.failed)) return err->status;
        LG_TRY(lg_cancel_check(o->cancel, err));
        j.first += n;
        if (o->progress) o->progress(o->progress_ctx, j.first, plan->count);
    }
    return LG_OK;
}

/* Lower case where the set says Adidas, upper case otherwise. */
static void add_other_case(lg_buf *out, const char *label)
{
    bool lower = label[0] == 'A';
    for (; *label; label++) {
        char c = *label;
        if (lower && c >= 'A' && c <= 'Z') c = (char)(c + 32);
        if (!lower && c >= 'a' && c <= 'z') c = (char)(c - 32);
        lg_buf_addc(out, c);
    }
}

static lg_status write_labels(const char *folder, const smp_plan *plan, lg_err *err)
{
    lg_buf text;
    char name[32];
    lg_buf_init(&text, 0);
    for (int i = 0; i < plan->count; i++) {
        smp_oddity odd = smp_plan_oddity(plan, i);
        const char *label = smp_label_names[smp_plan_label(plan, i)];
        if (odd == SMP_UNLABELLED) continue;
        file_name(i, name);
        lg_buf_addf(&text, "%s\t", name);
        if (odd == SMP_OTHER_CASE) add_other_case(&text, label);
        else lg_buf_adds(&text, label);
        lg_buf_addc(&text, '\n');
    }
    for (int i = 0; i < smp_plan_strays(plan); i++) {
        file_name(plan->count + 100 + i, name);
        lg_buf_addf(&text, "%s\t%s\n", name, smp_label_names[i % SMP_LABELS]);
    }
    lg_status st = lg_buf_check(&text, err);
    if (!st) st = write_file(folder, "labels.txt", text.data, text.len, err);
    lg_buf_release(&text);
    return st;
}

static void list_oddities(lg_buf *out, const smp_plan *plan, smp_oddity odd, const char *what)
{
    char name[32], source[32];
    lg_buf_addf(out, "\n%s:\n", what);
    for (int i = 0; i < plan->count; i++) {
        if (smp_plan_oddity(plan, i) != odd) continue;
        file_name(i, name);
        lg_buf_addf(out, "  %s", name);
        if (odd == SMP_COPY) {
            file_name(smp_plan_source(plan, i), source);
            lg_buf_addf(out, " of %s", source);
        }
        lg_buf_addc(out, '\n');
    }
}

static lg_status write_readme(const char *folder, const smp_plan *plan, lg_err *err)
{
    lg_buf t;
    int n[SMP_LABELS] = {0};
    char name[32];
    for (int i = 0; i < plan->count; i++) n[smp_plan_label(plan, i)]++;
    lg_buf_init(&t, 0);
    lg_buf_addf(&t, "sample:logos, version %d, seed %llu: %d pictures of merchandise, drawn by Logolens.\n\n",
                SMP_LOGOS_VERSION, (unsigned long long)plan->seed, plan->count);
    lg_buf_adds(
        &t,
        "The marks are our own simplified drawings in the manner of Adidas, Nike and Puma; everything else is Other.\n"
        "Brands are seen in colours of their own more often than not, so a network may learn colours instead\n"
        "of marks: look at what it gets wrong.\n"
        "labels.txt holds one line for each picture: its file name, a tab, its label.\n\n");
    for (int k = 0; k < SMP_LABELS; k++) lg_buf_addf(&t, "  %-8s %5d\n", smp_label_names[k], n[k]);
    lg_buf_adds(&t, "\nCollected pictures are never tidy, so these are not either, on purpose.\n");
    list_oddities(&t, plan, SMP_BROKEN_CUT, "Broken, the JPEG data ends early");
    list_oddities(&t, plan, SMP_BROKEN_EMPTY, "Broken, empty");
    list_oddities(&t, plan, SMP_BROKEN_TEXT, "Broken, a text named .jpg");
    list_oddities(&t, plan, SMP_UNLABELLED, "Without a line in labels.txt");
    list_oddities(&t, plan, SMP_COPY, "Nearly the same picture twice, cut a little differently");
    list_oddities(&t, plan, SMP_OTHER_CASE, "Labelled in another case");
    lg_buf_adds(&t, "\nLines in labels.txt without a picture:\n");
    for (int i = 0; i < smp_plan_strays(plan); i++) {
        file_name(plan->count + 100 + i, name);
        lg_buf_addf(&t, "  %s\n", name);
    }
    lg_status st = lg_buf_check(&t, err);
    if (!st) st = write_file(folder, "README.txt", t.data, t.len, err);
    lg_buf_release(&t);
    return st;
}

static lg_status make_set(const char *folder, const smp_plan *plan, const smp_logos_options *o, lg_err *err)
{
    LG_TRY(lg_reach_mkdir(folder, err));
    LG_TRY(make_pictures(folder, plan, o, err));
    LG_TRY(write_labels(folder, plan, err));
    return write_readme(folder, plan, err);
}

lg_status smp_logos_make(const char *folder, const smp_logos_options *o, lg_err *err)
{
    static atomic_uint made;
    smp_plan plan = {.seed = o->seed, .count = o->count ? o->count : 3000};
    if (plan.count < 20 || plan.count > 100000)
        return lg_fail(err, LG_E_ARG, 142, "sample:logos has 20 to 100,000 pictures, not %d", plan.count);
    if (smp_logos_ready(folder)) return LG_OK;
    char *draft = lg_strf(err, "%s.draft-%ld-%u", folder, (long)getpid(), atomic_fetch_add(&made, 1));
    if (!draft) return LG_E_MEMORY;
    lg_status st = make_set(draft, &plan, o, err);
    if (!st) st = lg_reach_rename(draft, folder, err);
    if (st) {
        lg_err ignored = {0};
        if (lg_reach_remove(draft, &ignored)) lg_log(LG_LOG_DEBUG, "an unfinished sample was left: %s", ignored.msg);
        if (smp_logos_ready(folder)) { /* another kernel was faster */
            lg_err_clear(err);
            st = LG_OK;
        }
    }
    lg_free(draft);
    return st;
}

bool smp_logos_ready(const char *folder)
{
    lg_err err = {0};
    uint64_t size;
    int fd;
    char *path = lg_strf(&err, "%s/README.txt", folder);
    bool there = path && lg_reach_open(path, &fd, &size, &err) == LG_OK;
    if (there) close(fd);
    lg_free(path);
    return there;
}
