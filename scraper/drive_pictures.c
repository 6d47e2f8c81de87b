/* drive_pictures.c - pictures that are due: fetched in parallel, looked at, kept. */
#include <stdio.h>
#include <string.h>
#include "lib/image/jail.h"
#include "scraper/drive_parts.h"

#include "lib/base/banned.h"

typedef struct due {
    int64_t media;
    char *url;
    store_heard heard;
} due;

/* A batch that is fetched together. */
typedef struct batch {
    scrape_run_state *r;
    due *item;
    net_request *ask;
    size_t count;
} batch;

enum { BATCH = 256 };

/* ---- which ---- */
static bool is_in(const scrape_media_list *list, int64_t media)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->id[i] == media) return true;
    return false;
}

static lg_status list_add(scrape_media_list *list, int64_t media, lg_err *err)
{
    int64_t *more = lg_realloc(list->id, list->count, list->count + 1, sizeof *more, err);
    if (!more) return err->status;
    list->id = more;
    more[list->count++] = media;
    return LG_OK;
}

static lg_status collect(void *ctx, int64_t media, const char *url, lg_err *err)
{
    batch *b = ctx;
    if (is_in(&b->r->missed, media) || b->count == BATCH) return LG_OK;
    due *d = &b->item[b->count];
    *d = (due){.media = media, .url = lg_strdup(url, err)};
    if (!d->url) return err->status;
    b->count++;
    LG_TRY(store_catalogue_heard(b->r->d->catalogue, url, &d->heard, err));
    bool usable = d->heard.kept != NULL; /* without the picture "not changed" would be no answer */
    b->ask[b->count - 1] = (net_request){.url = d->url,
                                         .use = NET_MEDIA,
                                         .accept = "image/jpeg, image/png, image/*;q=0.5",
                                         .etag = usable ? d->heard.etag : NULL,
                                         .modified = usable ? d->heard.modified : NULL};
    return LG_OK;
}

static void batch_release(batch *b)
{
    for (size_t i = 0; i < b->count; i++) {
        lg_free(b->item[i].url);
        store_heard_release(&b->item[i].heard);
    }
    lg_free(b->item);
    lg_free(b->ask);
}

/* ---- one that did not come ---- */
/* It is due again another time, not in this run. */
static lg_status miss(scrape_run_state *r, const due *d, const char *why, lg_err *err)
{
    LG_TRY(list_add(&r->missed, d->media, err));
    if (!r->out->missed++) snprintf(r->out->missed_why, sizeof r->out->missed_why, "%s", why);
    return LG_OK;
}

/* It cannot be had. */
static lg_status lose(scrape_run_state *r, const due *d, const char *why, lg_err *err)
{
    LG_TRY(store_catalogue_no_image(r->d->catalogue, d->media, why, err));
    r->now.lost++;
    return LG_OK;
}

/* What may be different the next time: the network, and servers in trouble. */
static bool may_come_later(int code)
{
    return code == 703 || code == 704 || code == 705 || code == 706;
}

static const char *reason(int code)
{
    switch (code) {
    case 601:
    case 702: return "its address is not of the public internet";
    case 701: return "its address is none";
    case 707: return "it is too large";
    case 709: return "its address leads on in ways that are not followed";
    default: return "the answer could not be read";
    }
}

static lg_status failed(scrape_run_state *r, const due *d, const lg_err *why, lg_err *err)
{
    if (why->status == LG_E_MEMORY) { /* says nothing of the picture */
        *err = *why;
        return err->status;
    }
    if (may_come_later(why->code)) return miss(r, d, why->msg, err);
    return lose(r, d, reason(why->code), err);
}

/* ---- one that came ---- */
static lg_status keep(scrape_run_state *r, due *d, const net_reply *reply, const img_info *info, lg_err *err)
{
    char sha256[65];
    const char *etag = net_reply_header(reply, "etag"), *modified = net_reply_header(reply, "last-modified");
    static const char *const format[] = {[IMG_UNKNOWN] = "unknown", [IMG_JPEG] = "jpeg", [IMG_PNG] = "png",
                                         [IMG_BMP] = "bmp"};
    store_catalogue *c = r->d->catalogue;
    LG_TRY(store_catalogue_image(c, d->media, reply->body.data, reply->body.len, format[info->format], info->w, info->h,
                                 sha256, err));
    r->now.pictures += sha256[0] != 0;
    if (!sha256[0] || (!etag && !modified)) return LG_OK;
    store_heard_release(&d->heard);
    d->heard.etag = etag ? lg_strdup(etag, err) : NULL;
    d->heard.modified = modified ? lg_strdup(modified, err) : NULL;
    d->heard.kept = lg_strdup(sha256, err);
    if (err->status) return err->status;
    return store_catalogue_hear(c, d->url, true, &d->heard, err);
}

/* An answer without its length, and not in pieces that end, ends where the connection does: whether that was its end
 * nobody can tell. */
static bool may_be_cut(const net_reply *reply)
{
    return !net_reply_header(reply, "content-length") && !net_reply_header(reply, "transfer-encoding");
}

static lg_status no_picture_at_all(scrape_run_state *r, const due *d, const net_reply *reply, const char *why,
                                   lg_err *err)
{
    if (!may_be_cut(reply) || is_in(&r->cut, d->media)) return lose(r, d, why, err);
    r->now.due--; /* it is counted again then */
    return list_add(&r->cut, d->media, err);
}

/* Looked at whole, small where its format allows that: a header alone says little. */
static lg_status look_and_keep(scrape_run_state *r, due *d, const net_reply *reply, lg_err *err)
{
    img_picture pixels = {0};
    img_info info = {0};
    lg_err no_picture = {0};
    const img_decode_options want = {.channels = 3, .min_w = 64, .min_h = 64};
    if (!reply->body.len) return no_picture_at_all(r, d, reply, "it is empty", err);
    lg_status st = img_jail_lend(reply->body.data, reply->body.len, &want, &pixels, &info, &no_picture);
    img_picture_release(&pixels);
    if (st == LG_E_MEMORY && no_picture.code == 901) {
        *err = no_picture;
        return err->status;
    }
    const char *why = no_picture.why[0] ? no_picture.why : "it is no picture";
    return st ? no_picture_at_all(r, d, reply, why, err) : keep(r, d, reply, &info, err);
}

static lg_status unchanged(scrape_run_state *r, const due *d, lg_err *err)
{
    bool done = false;
    LG_TRY(store_catalogue_image_again(r->d->catalogue, d->media, d->heard.kept, &done, err));
    if (!done) return miss(r, d, "the picture it was said to be is not there any more", err);
    r->now.pictures++;
    return LG_OK;
}

static lg_status answered(scrape_run_state *r, due *d, const net_reply *reply, lg_err *err)
{
    char why[60];
    int status = reply->status;
    if (status == 200) return look_and_keep(r, d, reply, err);
    if (status == 304 && d->heard.kept) return unchanged(r, d, err);
    snprintf(why, sizeof why, "its server answered with status %d", status);
    bool later = status == 429 || status == 408 || status >= 500;
    return later ? miss(r, d, why, err) : lose(r, d, why, err);
}

static lg_status done_one(void *ctx, size_t index, net_reply *reply, const lg_err *why, lg_err *err)
{
    batch *b = ctx;
    due *d = &b->item[index];
    LG_TRY(lg_cancel_check(b->r->d->cancel, err));
    LG_TRY(reply ? answered(b->r, d, reply, err) : failed(b->r, d, why, err));
    scrape_tell(b->r);
    return LG_OK;
}

/* ---- all ---- */
static lg_status batch_fetch(batch *b, lg_err *err)
{
    scrape_run_state *r = b->r;
    net_limits limits = r->d->media ? *r->d->media : net_limits_media;
    if (limits.rate_wait_most > 60) limits.rate_wait_most = 60; /* pictures that are not given now are due later */
    b->item = lg_alloc(BATCH, sizeof *b->item, err);
    b->ask = lg_alloc(BATCH, sizeof *b->ask, err);
    if (!b->item || !b->ask) return err->status;
    /* those that were missed come first: they are the oldest */
    LG_TRY(store_catalogue_due(r->d->catalogue, r->out->scrape.id, r->missed.count + BATCH, collect, b, err));
    if (!b->count) return LG_OK;
    for (size_t i = 0; i < b->count; i++) b->ask[i].limits = &limits;
    r->now.due += b->count;
    scrape_tell(r);
    return net_fetch_all(r->client, b->ask, b->count, done_one, b, r->d->cancel, err);
}

lg_status scrape_pictures(scrape_run_state *r, lg_err *err)
{
    for (;;) {
        batch b = {.r = r};
        size_t cut = r->cut.count;
        lg_status st = batch_fetch(&b, err);
        size_t count = b.count;
        batch_release(&b);
        if (st || (count < BATCH && r->cut.count == cut)) return st;
    }
}
