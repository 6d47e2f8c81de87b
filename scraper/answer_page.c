/* answer_page.c - posts onto a page, with a count for each that does not get there. */
#include "scraper/answer.h"
#include <string.h>

#include "lib/base/banned.h"

const char *scrape_media_type_name(scrape_media_type type)
{
    static const char *const name[] = {"photo", "video", "animation", "link card", "other"};
    return (unsigned)type < sizeof name / sizeof *name ? name[type] : "other";
}

void scrape_page_init(scrape_page *page)
{
    *page = (scrape_page){0};
    lg_arena_init(&page->arena, (size_t)256 << 20);
}

void scrape_page_release(scrape_page *page)
{
    lg_arena_release(&page->arena);
    *page = (scrape_page){0};
}

static lg_status posts_room(scrape_reader *r, size_t n, lg_err *err)
{
    if (n > SCRAPE_MOST_POSTS) return scrape_shape(r, NULL, "has far more posts than a page can have", err);
    r->post = lg_arena_alloc(&r->page->arena, n, sizeof *r->post, err);
    r->room = n;
    r->page->post = r->post;
    return r->post ? LG_OK : err->status;
}

lg_status scrape_posts_read(scrape_reader *r, const char *key, const json_t *list, scrape_post_reader *read,
                            const void *ctx, lg_err *err)
{
    LG_TRY(posts_room(r, json_array_size(list), err));
    if (key) scrape_enter(r, key);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        scrape_enter_at(r, i);
        if (json_is_object(item)) {
            read(r, item, ctx);
        } else {
            scrape_problem_add(r, NULL, "is not an object");
            scrape_post_refuse(r);
        }
        scrape_leave(r);
    }
    if (key) scrape_leave(r);
    return err->status;
}

void scrape_media_read(scrape_reader *r, const json_t *object, const char *key, scrape_media_reader *read,
                       scrape_post *post)
{
    const json_t *list = object ? scrape_array(r, object, key) : NULL;
    size_t n = scrape_items(list);
    scrape_enter(r, key);
    if (n > SCRAPE_MOST_MEDIA) scrape_problem_add(r, NULL, "has too many entries; the rest is left out");
    if (n > SCRAPE_MOST_MEDIA) n = SCRAPE_MOST_MEDIA;
    scrape_media *media = scrape_media_room(r, n);
    for (size_t i = 0; media && i < n; i++) {
        const json_t *item = json_array_get(list, i);
        scrape_enter_at(r, i);
        if (json_is_object(item)) read(r, item, post, &media[post->media_count++]);
        else scrape_problem_add(r, NULL, "is not an object");
        scrape_leave(r);
    }
    post->media = media;
    scrape_leave(r);
}

static bool is_there(const scrape_page *page, const char *id)
{
    for (size_t i = 0; i < page->count; i++)
        if (strcmp(page->post[i].id, id) == 0) return true;
    return false;
}

void scrape_post_add(scrape_reader *r, const scrape_post *post)
{
    scrape_page *page = r->page;
    const scrape_query *q = r->query;
    page->given++;
    if (is_there(page, post->id)) {
        page->repeated++;
        return;
    }
    r->sum += lg_hash64(post->id, strlen(post->id), 1);
    bool old = post->time != SCRAPE_NO_TIME && q->since && post->time < q->since;
    bool young = post->time != SCRAPE_NO_TIME && q->until && post->time >= q->until;
    if (old || young) {
        page->outside++;
        r->old += old;
        return;
    }
    LG_BUG_ON(page->count == r->room);
    r->post[page->count] = *post;
    r->post[page->count].platform = r->platform;
    page->count++;
}

void scrape_post_leave_out(scrape_reader *r, size_t *one)
{
    r->page->given++;
    ++*one;
}

void scrape_post_refuse(scrape_reader *r)
{
    r->page->given++;
    r->page->refused++;
}

scrape_media *scrape_media_room(scrape_reader *r, size_t n)
{
    return n ? lg_arena_alloc(&r->page->arena, n, sizeof(scrape_media), r->err) : NULL;
}

void scrape_withhold(scrape_reader *r, const char *what, const char *why, size_t posts)
{
    scrape_page *page = r->page;
    for (size_t i = 0; i < page->withheld_count; i++)
        if (strcmp(page->withheld[i].what, what) == 0) {
            page->withheld[i].posts += posts;
            return;
        }
    if (page->withheld_count < SCRAPE_WITHHELD_MOST)
        page->withheld[page->withheld_count++] = (scrape_withheld){what, why, posts};
}

void scrape_withhold_missing(scrape_reader *r, const char *why)
{
    size_t author = 0, time = 0, likes = 0;
    for (size_t i = 0; i < r->page->count; i++) {
        const scrape_post *p = &r->page->post[i];
        author += !p->author_handle && !p->author_name;
        time += p->time == SCRAPE_NO_TIME;
        likes += p->likes == SCRAPE_NOT_GIVEN;
    }
    if (author) scrape_withhold(r, "the author's name", why, author);
    if (time) scrape_withhold(r, "the time", why, time);
    if (likes) scrape_withhold(r, "the likes", why, likes);
}

void scrape_stage_end(scrape_reader *r, const char *why)
{
    if (!r->stage_end) r->stage_end = why;
}

static lg_status none_usable(scrape_reader *r, lg_err *err)
{
    const scrape_problem *first = &r->page->problem[0];
    if (err->status) return err->status;
    lg_fail(err, LG_E_FORMAT, 721, "the answer of %s is not what it should be: %.120s %s", r->platform,
            r->page->problems ? first->place : "its posts", r->page->problems ? first->what : "cannot be read");
    return lg_why(err, "none of its %zu posts can be used", r->page->given);
}

lg_status scrape_page_finish(scrape_reader *r, const scrape_walk *walk, uint64_t stage, const char *next,
                             const char *after, lg_err *err)
{
    scrape_page *page = r->page;
    if (page->given && page->refused == page->given) return none_usable(r, err);
    size_t usable = page->count + page->outside;
    page->ids = r->sum ? lg_hash64(&r->sum, sizeof r->sum, stage) : 0;
    if (!next) scrape_stage_end(r, "the platform has no more");
    else if (walk->cursor && strcmp(next, walk->cursor) == 0)
        scrape_stage_end(r, "the platform gave the same page again");
    else if (page->ids && page->ids == walk->ids) scrape_stage_end(r, "the platform gave the same posts again");
    else if (usable && r->old == usable) scrape_stage_end(r, "all that follows is older than asked for");
    else if (strlen(next) > SCRAPE_LONGEST_CURSOR)
        scrape_stage_end(r, "the platform's mark of the next page is too long");
    page->next = r->stage_end ? after : next;
    page->end = !page->next;
    page->end_why = r->stage_end;
    return err->status;
}
