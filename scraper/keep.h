/* keep.h - a page that was read, into the catalogue.
 *
 *     LG_TRY(scrape_keep(catalogue, &scrape, &page, page.end, &result, err));
 *
 * The posts and the mark of the next page are kept together or not at all (lib/store/catalogue.h). */
#ifndef SCRAPE_KEEP_H
#define SCRAPE_KEEP_H

#include "lib/store/catalogue.h"
#include "scraper/platform.h"

/* What is kept beside the posts. */
typedef struct scrape_kept {
    const store_note *note;
    size_t notes;
    const char *address, *etag, *modified; /* or NULL */
    bool done;                             /* no further page is wanted, though there may be one */
} scrape_kept;
lg_status scrape_keep_as(store_catalogue *catalogue, store_scrape *scrape, const scrape_page *page,
                         const scrape_kept *kept, store_page_result *out, lg_err *err) LG_MUST_CHECK;
/* The same with nothing beside. done: no further page is wanted, though there may be one. */
lg_status scrape_keep(store_catalogue *catalogue, store_scrape *scrape, const scrape_page *page, bool done,
                      store_page_result *out, lg_err *err) LG_MUST_CHECK;

#endif
