/* scrape_card.h - what `scrape` says: before anything is spent, while it goes on, and of what came. */
#ifndef CMD_SCRAPE_CARD_H
#define CMD_SCRAPE_CARD_H

#include "kernel/commands/box_posts.h"
#include "scraper/drive.h"

/* One scrape, as its documents speak of it. */
typedef struct cmd_scrape_card {
    const dsl_call *call;
    const char *platform; /* as in the language */
    const char *about;    /* "twitter tag adidas, nike since 2026-10-01" */
    const scrape_plan *plan;
    uint64_t limit, budget;
    bool resume;
    const char *again; /* the line that goes on where it stopped */
    cmd_live live;
} cmd_scrape_card;

/* What it will get, cost and withhold. request: the first one as it is sent, or NULL; stands_for: a sentence about what
 * of it is made up, or NULL. */
void cmd_scrape_doc_plan(plt_doc *doc, const cmd_scrape_card *card, const char *request, const char *stands_for);
/* For scrape_drive.progress; ctx is the card. */
void cmd_scrape_progress(void *ctx, const scrape_progress *now);
/* What came, what of it was kept, spent, left out and withheld. why: NULL, or what stopped it. */
lg_status cmd_scrape_doc_result(plt_doc *doc, const cmd_scrape_card *card, store_catalogue *catalogue,
                                const scrape_result *result, const lg_err *why, lg_err *err) LG_MUST_CHECK;

#endif
