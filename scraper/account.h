/* account.h - what a platform says of the account that asks: who it is, what it may, what is left. Pure, as platform.h.
 *
 *     scrape_account account;
 *     scrape_account_init(&account);
 *     if (!scrape_account_request("facebook", SCRAPE_MAY, &request)) …  // there is no such question
 *     … send it …
 *     LG_TRY(scrape_account_read(SCRAPE_MAY, body, length, &arena, &account, err));
 *
 * Several answers fill one record. Texts belong to the arena; they are strangers' words. */
#ifndef SCRAPE_ACCOUNT_H
#define SCRAPE_ACCOUNT_H

#include "scraper/platform.h"

typedef enum scrape_about {
    SCRAPE_WHO,    /* the asking account */
    SCRAPE_MAY,    /* Facebook, Instagram: permissions */
    SCRAPE_USED,   /* X: posts read of those a month allows */
    SCRAPE_PAGES,  /* Facebook, Instagram: pages of the account, and the Instagram accounts tied to them */
    SCRAPE_SAMPLE  /* a cheap question that anybody with keys may ask, for its status and its limits */
} scrape_about;

enum { SCRAPE_GRANTS_MOST = 24 };
typedef struct scrape_account {
    const char *id, *handle, *name; /* or NULL */
    const char *grant[SCRAPE_GRANTS_MOST], *denied[SCRAPE_GRANTS_MOST];
    size_t grants, denials;
    int64_t used, cap; /* of X; both SCRAPE_NOT_GIVEN where it did not say */
    int reset_day;     /* of the month; 0: not said */
    const char *page, *tied_id, *tied_handle; /* the first page with an Instagram account, and that; or NULL */
} scrape_account;
void scrape_account_init(scrape_account *account);

/* False: the platform has no such question. */
bool scrape_account_request(const char *platform, scrape_about about, scrape_request *out);
/* LL720 no JSON, LL721 another shape. */
lg_status scrape_account_read(scrape_about about, const char *body, size_t length, lg_arena *arena,
                              scrape_account *account, lg_err *err) LG_MUST_CHECK;
/* What an answer that is an error says, and its number or name where it has one ("453", "190", "ExpiredToken"); ""
 * where it says nothing. It may repeat what it was sent: scrub it. */
void scrape_account_refusal(const char *body, size_t length, char said[300], char code[40]);

#endif
