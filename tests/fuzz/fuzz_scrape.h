/* fuzz_scrape.h - any bytes as a platform's answer: an error with a code, or a page that keeps what scraper/post.h
 * promises. Bytes behind a line of the form "cursor LF link LF" are the body; without such lines all bytes are. */
#include "scraper/platform.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void text_ok(const char *s, size_t longest)
{
    if (s && (lg_utf8_valid(s, strlen(s)) != strlen(s) || strlen(s) > longest)) abort();
}

static void url_ok(const char *s)
{
    text_ok(s, 5 * SCRAPE_LONGEST_URL); /* ours are made of encoded parts */
    if (s && strncmp(s, "http://", 7) != 0 && strncmp(s, "https://", 8) != 0) abort();
    if (s && strpbrk(s, " \t\r\n<>\"\\")) abort();
}

static void post_ok(const scrape_post *p)
{
    if (!p->id || !*p->id || !p->platform) abort();
    if (p->likes < SCRAPE_NOT_GIVEN || p->reposts < SCRAPE_NOT_GIVEN || p->replies < SCRAPE_NOT_GIVEN) abort();
    text_ok(p->id, SCRAPE_LONGEST_ID), text_ok(p->text, SCRAPE_LONGEST_TEXT), text_ok(p->language, 100);
    text_ok(p->author_id, SCRAPE_LONGEST_ID), text_ok(p->author_handle, 3 * SCRAPE_LONGEST_NAME);
    text_ok(p->author_name, SCRAPE_LONGEST_NAME), url_ok(p->url);
    for (size_t i = 0; i < p->media_count; i++) {
        const scrape_media *m = &p->media[i];
        url_ok(m->url), text_ok(m->id, SCRAPE_LONGEST_ID), text_ok(m->alt, SCRAPE_LONGEST_ALT);
        if (m->width == 0 || m->height == 0 || m->width < SCRAPE_NOT_GIVEN) abort();
    }
    for (size_t i = 0; i < p->tag_count; i++) text_ok(p->tag[i], SCRAPE_LONGEST_NAME);
}

static void page_ok(const scrape_page *page, const scrape_platform *platform, const scrape_query *q)
{
    lg_err err = {0};
    lg_arena arena;
    scrape_request request;
    if (page->given != page->count + page->refused + page->repeated + page->reposts + page->outside + page->not_public)
        abort();
    if (page->end == (page->next != NULL)) abort();
    for (size_t i = 0; i < page->count; i++) post_ok(&page->post[i]);
    for (size_t i = 0; i < page->problems && i < SCRAPE_PROBLEMS_SHOWN; i++)
        if (!page->problem[i].place || !*page->problem[i].what) abort();
    if (!page->next) return;
    /* a cursor that a page gives is one that can be asked with */
    lg_arena_init(&arena, 0);
    if (platform->request(q, page->next, &arena, &request, &err)) abort();
    lg_arena_release(&arena);
}

static void read_as(const char *name, const scrape_query *q, const char *cursor, const char *link, const char *body,
                    size_t size, int status)
{
    lg_err err = {0};
    scrape_page page;
    const scrape_platform *platform = scrape_platform_find(name);
    scrape_walk walk = {.cursor = cursor};
    scrape_answer answer = {.body = body, .length = size, .link = link, .status = status};
    scrape_page_init(&page);
    if (platform->parse(q, &walk, &answer, &page, &err) == LG_OK) page_ok(&page, platform, q);
    else if (err.code < 720 || err.code > 725 || !*err.msg) abort();
    scrape_page_release(&page);
    const char *ids[] = {"1", "2"};
    scrape_state state[2];
    size_t count = platform->checks < 2 ? platform->checks : 2;
    lg_err_clear(&err);
    if (platform->check_parse(&answer, ids, count, state, &err) && !err.code) abort();
    lg_arena arena;
    scrape_request request;
    lg_arena_init(&arena, 0);
    lg_err_clear(&err);
    if (cursor && platform->request(q, cursor, &arena, &request, &err) && !err.code) abort();
    lg_arena_release(&arena);
}

/* `first` are the cursors of the stages, tried one after the other; NULL-terminated, NULL itself always comes. */
static int read_all(const char *name, const scrape_query *const *query, const char *const *first, const uint8_t *data,
                    size_t size)
{
    char *text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = 0;
    char *cursor = NULL, *link = NULL, *body = text;
    char *one = memchr(text, '\n', size), *two = one ? memchr(one + 1, '\n', size - (size_t)(one + 1 - text)) : NULL;
    if (two) *one = *two = 0, cursor = text, link = one + 1, body = two + 1;
    size_t left = size - (size_t)(body - text);
    for (; *query; query++) {
        read_as(name, *query, NULL, link, body, left, 200);
        if (cursor) read_as(name, *query, cursor, link, body, left, 200);
        for (const char *const *f = first; *f; f++) read_as(name, *query, *f, link, body, left, 200);
    }
    read_as(name, query[-1], NULL, NULL, body, left, 404);
    read_as(name, query[-1], NULL, NULL, body, left, 400);
    free(text);
    return 0;
}
