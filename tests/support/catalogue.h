/* catalogue.h - a catalogue in a folder of its own, filled with posts; its rows as text. */
#ifndef SUPPORT_CATALOGUE_H
#define SUPPORT_CATALOGUE_H

#include <dirent.h>
#include <pthread.h>
#include <time.h>
#include "lib/base/reach.h"
#include "lib/store/catalogue.h"
#include "tests/support/dataset.h"

static char cat_folder[200];
static lg_cancel cat_cancel;

static char cat_base[100];

static void cat_clean(void)
{
    if (*cat_base) nftw(cat_base, ds_remove_one, 16, FTW_DEPTH | FTW_PHYS);
    *cat_base = 0;
}

/* In memory where the system has such a place: a kill of a program is the same there, and hundreds of writes that are
 * forced to a disk would take a minute. */
__attribute__((unused)) static void cat_folder_new(void)
{
    lg_err e = {0};
    static int count;
    char base[100];
    snprintf(base, sizeof base, "%s", ds_new());
    if (!count) atexit(cat_clean);
    cat_clean();
    snprintf(cat_base, sizeof cat_base, "/dev/shm/logolens-test-XXXXXX");
    if (mkdtemp(cat_base)) snprintf(base, sizeof base, "%s", cat_base);
    else *cat_base = 0;
    snprintf(cat_folder, sizeof cat_folder, "%s/data%d", base, count++);
    mkdir(cat_folder, 0700);
    if (lg_reach_own(base, &e)) TEST_FAIL("%s", e.msg);
}

__attribute__((unused)) static store_catalogue *cat_open(void)
{
    lg_err e = {0};
    store_catalogue *c;
    if (store_catalogue_open(cat_folder, &cat_cancel, &c, &e)) TEST_FAIL("LL%03d %s (%s)", e.code, e.msg, e.why);
    return c;
}

__attribute__((unused)) static store_catalogue *cat_new(void)
{
    cat_folder_new();
    return cat_open();
}

__attribute__((unused)) static store_scrape cat_scrape(store_catalogue *c, const char *query)
{
    lg_err e = {0};
    store_scrape s;
    if (store_catalogue_scrape(c, "twitter", query, NULL, true, &s, &e))
        TEST_FAIL("LL%03d %s (%s)", e.code, e.msg, e.why);
    return s;
}

/* n posts of one person, PREFIX, PREFIX1, …, with a media each, as one page of a scrape of its own. */
__attribute__((unused)) static void cat_fill(store_catalogue *c, const char *handle, const char *number,
                                             const char *prefix, size_t n)
{
    lg_err e = {0};
    char id[64][32], text[64][200], url[64][200], query[100];
    store_post post[64];
    store_media media[64];
    snprintf(query, sizeof query, "tag of %.40s", prefix);
    store_scrape s = cat_scrape(c, query);
    for (size_t i = 0; i < n; i++) {
        if (i) snprintf(id[i], sizeof id[i], "%.8s%zu", prefix, i);
        else snprintf(id[i], sizeof id[i], "%.8s", prefix);
        snprintf(text[i], sizeof text[i], "post of %.30s number %zu with some words so that pages fill and split",
                 handle, i);
        snprintf(url[i], sizeof url[i], "https://m.example/%.30s/%.31s.jpg", handle, id[i]);
        media[i] = (store_media){.url = url[i], .type = "photo", .width = -1, .height = -1};
        post[i] = (store_post){.id = id[i],
                               .text = text[i],
                               .time = 1,
                               .likes = -1,
                               .reposts = -1,
                               .replies = -1,
                               .author_id = number,
                               .author_handle = handle,
                               .author_name = handle,
                               .media = &media[i],
                               .media_count = 1};
    }
    if (store_catalogue_page(c, &s, &(store_page){.post = post, .count = n, .given = n}, NULL, &e))
        TEST_FAIL("LL%03d %s (%s)", e.code, e.msg, e.why);
    store_scrape_release(&s);
}

static lg_status cat_row_add(void *ctx, const store_row *r, lg_err *e)
{
    const char *text[] = {r->platform, r->id,        r->url,           r->text,
                          r->language, r->author_id, r->author_handle, r->author_name};
    lg_buf *out = ctx;
    for (size_t i = 0; i < 8; i++) lg_buf_addf(out, "%s ", text[i] ? text[i] : "-");
    if (r->time == STORE_NO_TIME) lg_buf_adds(out, "- ");
    else lg_buf_addf(out, "%lld ", (long long)r->time);
    lg_buf_addf(out, "%lld %lld %lld %s %s %s %.2f\n", (long long)r->likes, (long long)r->reposts,
                (long long)r->replies, r->sha256 ? r->sha256 : "-", r->alt ? r->alt : "-", r->label ? r->label : "-",
                r->p);
    return lg_buf_check(out, e);
}

/* Static. */
__attribute__((unused)) static const char *cat_rows(store_catalogue *c, const store_filter *filter)
{
    static lg_buf out;
    lg_err e = {0};
    lg_buf_release(&out);
    lg_buf_init(&out, 0);
    if (store_catalogue_each(c, filter, cat_row_add, &out, &e)) TEST_FAIL("LL%03d %s (%s)", e.code, e.msg, e.why);
    return lg_buf_str(&out);
}

static lg_status cat_due_count(void *ctx, int64_t media, const char *url, lg_err *e)
{
    (void)e;
    *(int *)ctx += media > 0 && url;
    return LG_OK;
}

__attribute__((unused)) static int cat_due(store_catalogue *c, int64_t scrape)
{
    lg_err e = {0};
    int n = 0;
    if (store_catalogue_due(c, scrape, 1000, cat_due_count, &n, &e)) TEST_FAIL("LL%03d %s", e.code, e.msg);
    return n;
}

/* Files in images/. */
__attribute__((unused)) static int cat_files(void)
{
    char path[300];
    int n = 0;
    snprintf(path, sizeof path, "%s/images", cat_folder);
    DIR *dir = opendir(path);
    for (struct dirent *e; dir && (e = readdir(dir));) n += strcmp(e->d_name, ".") && strcmp(e->d_name, "..");
    if (dir) closedir(dir);
    return n;
}

/* Whole file as text, NULs as dots; static. */
__attribute__((unused)) static const char *cat_read(const char *path)
{
    static char bytes[1 << 16];
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(bytes, 1, sizeof bytes - 1, f) : 0;
    for (size_t i = 0; i < n; i++) bytes[i] = bytes[i] ? bytes[i] : '.';
    bytes[n] = 0;
    if (f) fclose(f);
    return bytes;
}

__attribute__((unused)) static void cat_write(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    if (!f) TEST_FAIL("cannot write %s", path);
    fputs(text, f);
    fclose(f);
}

static void *cat_cancel_later(void *ctx)
{
    (void)ctx;
    nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
    lg_cancel_set(&cat_cancel);
    return NULL;
}

/* In a fifth of a second, waiting for other programs ends. */
__attribute__((unused)) static void cat_cancel_soon(store_catalogue *c)
{
    pthread_t thread;
    (void)c;
    if (pthread_create(&thread, NULL, cat_cancel_later, NULL)) TEST_FAIL("no thread");
    pthread_detach(thread);
}

#endif
