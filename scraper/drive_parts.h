/* drive_parts.h - what the files of the driver share. Internal to scraper/. */
#ifndef SCRAPE_DRIVE_PARTS_H
#define SCRAPE_DRIVE_PARTS_H

#include "scraper/drive.h"

/* Numbers of media. */
typedef struct scrape_media_list {
    int64_t *id; /* owned */
    size_t count;
} scrape_media_list;

/* A run: the drive, its client, and where it is. */
typedef struct scrape_run_state {
    const scrape_drive *d;
    net_client *client;
    const net_clock *clock;
    scrape_progress now;
    scrape_result *out; /* NULL while posts are rechecked */
    int dialect;
    scrape_media_list missed; /* did not come this time */
    scrape_media_list cut;    /* no pictures, but perhaps only because the answer was cut off: fetched once more */
} scrape_run_state;

lg_status scrape_run_open(scrape_run_state *r, const scrape_drive *d, lg_err *err) LG_MUST_CHECK;
void scrape_run_close(scrape_run_state *r);
void scrape_tell(scrape_run_state *r);

/* One request of the platform's, signed anew each time it is sent. 429 is waited for as long as the limits say, then it
 * is LL510. Whatever else was answered is in *reply. */
lg_status scrape_ask(scrape_run_state *r, const char *address, const store_heard *heard, net_reply *reply,
                     lg_err *err) LG_MUST_CHECK;
/* LL503 where the answer says that the account may not call this; else LG_OK. */
lg_status scrape_allowed(scrape_run_state *r, const net_reply *reply, lg_err *err) LG_MUST_CHECK;

/* ---- drive_pictures.c ---- */
/* All pictures that are due. */
lg_status scrape_pictures(scrape_run_state *r, lg_err *err) LG_MUST_CHECK;

#endif
