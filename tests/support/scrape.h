/* scrape.h - a page read from a text, and the next one; requests as one line. */
#ifndef SUPPORT_SCRAPE_H
#define SUPPORT_SCRAPE_H

#include <stdio.h>
#include <string.h>
#include "scraper/platform.h"

typedef struct scraped {
    scrape_query query; /* set it before scraped_ask */
    const scrape_platform *platform;
    scrape_page page;
    char cursor[9000];
    bool open;
} scraped;

static inline void scraped_free(scraped *s)
{
    if (s->open) scrape_page_release(&s->page);
    s->open = false;
}

static inline lg_status scraped_raw(scraped *s, const char *platform, const scrape_walk *walk, const char *body,
                                    int status, const char *link, lg_err *e)
{
    s->platform = scrape_platform_find(platform);
    scraped_free(s);
    scrape_page_init(&s->page);
    s->open = true;
    scrape_answer answer = {.body = body, .length = strlen(body), .status = status, .link = link};
    return s->platform->parse(&s->query, walk, &answer, &s->page, e);
}

/* For CHECK_OK, whose `err` this one is. */
static lg_err err;

__attribute__((unused)) static lg_status scraped_ask(scraped *s, const char *platform, const char *body)
{
    lg_err_clear(&err);
    return scraped_raw(s, platform, &(scrape_walk){0}, body, 200, NULL, &err);
}

/* The first page of a search for a tag. */
__attribute__((unused)) static lg_status scraped_by(scraped *s, const char *platform, const char *body)
{
    static const char *const tag[] = {"adidas"};
    s->query = (scrape_query){.tag = tag, .tags = 1};
    return scraped_ask(s, platform, body);
}

/* The page behind the one that was read. */
__attribute__((unused)) static lg_status scraped_next(scraped *s, const char *body)
{
    scrape_walk walk = {.cursor = s->cursor, .ids = s->page.ids};
    snprintf(s->cursor, sizeof s->cursor, "%s", s->page.next);
    lg_err_clear(&err);
    return scraped_raw(s, s->platform->name, &walk, body, 200, NULL, &err);
}

/* Of how many posts this is withheld; 0: it is not. */
__attribute__((unused)) static size_t scraped_withheld(const scrape_page *page, const char *what)
{
    for (size_t i = 0; i < page->withheld_count; i++)
        if (strcmp(page->withheld[i].what, what) == 0) return page->withheld[i].posts;
    return 0;
}

/* "GET /path a=1 b=2", or "LL723 sentence". Static. */
__attribute__((unused)) static const char *scrape_asked(const char *platform, const scrape_query *query,
                                                        const char *cursor)
{
    static char text[4000];
    lg_arena arena;
    lg_err bad = {0};
    scrape_request r;
    lg_arena_init(&arena, 0);
    if (scrape_platform_find(platform)->request(query, cursor, &arena, &r, &bad)) {
        snprintf(text, sizeof text, "LL%03d %s", bad.code, bad.msg);
    } else {
        size_t n = (size_t)snprintf(text, sizeof text, "%s %s", r.method, r.path);
        for (size_t i = 0; i < r.params && n < sizeof text; i++)
            n += (size_t)snprintf(text + n, sizeof text - n, " %s=%s", r.param[i].name, r.param[i].value);
    }
    lg_arena_release(&arena);
    return text;
}

#endif
