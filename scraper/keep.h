/* keep.h - a page that was read, into the catalogue.
 *
 *     LG_TRY(scrape_keep(catalogue, &scrape, &page, page.end, &result, err));
 *
 * The posts and the mark of the next page are kept together or not at all (lib/store/catalogue.h). */
#ifndef SCRAPE_KEEP_H
#define SCRAPE_KEEP_H

#include "lib/store/catalogue.h"
#include "scraper/platform.h"

/* done: no further page is wanted, though there may be one. */
lg_status scrape_keep(store_catalogue *catalogue, store_scrape *scrape, const scrape_page *page, bool done,
                      store_page_result *out, lg_err *err) LG_MUST_CHECK;

#endif
