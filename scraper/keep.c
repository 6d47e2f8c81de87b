/* keep.c - the plain data of the parsers as the plain data of the catalogue; nothing is copied but pointers. */
#include "scraper/keep.h"

#include "lib/base/banned.h"

_Static_assert(SCRAPE_NOT_GIVEN == STORE_NOT_GIVEN, "one word for what is not given");
_Static_assert(SCRAPE_NO_TIME == STORE_NO_TIME, "one word for no time");

static store_media *media_of(const scrape_post *p, lg_arena *arena, lg_err *err)
{
    store_media *m = lg_arena_alloc(arena, p->media_count, sizeof *m, err);
    for (size_t i = 0; m && i < p->media_count; i++) {
        const scrape_media *from = &p->media[i];
        m[i] = (store_media){.id = from->id,
                             .url = from->url,
                             .alt = from->alt,
                             .width = from->width,
                             .height = from->height,
                             .type = scrape_media_type_name(from->type)};
    }
    return m;
}

static bool post_of(const scrape_post *p, store_post *out, lg_arena *arena, lg_err *err)
{
    *out = (store_post){.id = p->id,
                        .url = p->url,
                        .text = p->text,
                        .language = p->language,
                        .time = p->time,
                        .likes = p->likes,
                        .reposts = p->reposts,
                        .replies = p->replies,
                        .author_id = p->author_id,
                        .author_handle = p->author_handle,
                        .author_name = p->author_name,
                        .sensitive = p->sensitive,
                        .media_count = p->media_count,
                        .tag = p->tag,
                        .tag_count = p->tag_count};
    out->media = media_of(p, arena, err);
    return out->media != NULL;
}

lg_status scrape_keep(store_catalogue *catalogue, store_scrape *scrape, const scrape_page *page, bool done,
                      store_page_result *out, lg_err *err)
{
    return scrape_keep_as(catalogue, scrape, page, &(scrape_kept){.done = done}, out, err);
}

lg_status scrape_keep_as(store_catalogue *catalogue, store_scrape *scrape, const scrape_page *page,
                         const scrape_kept *beside, store_page_result *out, lg_err *err)
{
    lg_arena arena;
    lg_arena_init(&arena, 0);
    store_post *post = lg_arena_alloc(&arena, page->count, sizeof *post, err);
    for (size_t i = 0; post && i < page->count; i++)
        if (!post_of(&page->post[i], &post[i], &arena, err)) post = NULL;
    store_page kept = {.post = post,
                       .count = page->count,
                       .given = page->given,
                       .refused = page->refused,
                       .next = page->next,
                       .ids = page->ids,
                       .done = beside->done,
                       .note = beside->note,
                       .notes = beside->notes,
                       .address = beside->address,
                       .etag = beside->etag,
                       .modified = beside->modified};
    lg_status st = post ? store_catalogue_page(catalogue, scrape, &kept, out, err) : err->status;
    lg_arena_release(&arena);
    return st;
}
