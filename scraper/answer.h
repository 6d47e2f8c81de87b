/* answer.h - how all platforms read JSON of strangers. Internal to scraper/.
 *
 *     scrape_reader r;
 *     LG_TRY(scrape_reader_open(&r, "twitter", answer, page, err));
 *     const json_t *data = scrape_array(&r, r.root, "data", …);
 *     …
 *     return scrape_reader_close(&r, st, err);
 *
 * A value that is null or not there is "not given". A value of another type, out of range, too long, or with NUL in it
 * is a problem: counted, the first ones kept with their place ("data[3].author_id" "is not text"), and then not given.
 * The place is kept as a short path of keys and numbers that the readers push and pop. */
#ifndef SCRAPE_ANSWER_H
#define SCRAPE_ANSWER_H

#include <jansson.h>
#include "scraper/platform.h"

enum { SCRAPE_MOST_BYTES = 20 << 20, SCRAPE_MOST_LEVELS = 64, SCRAPE_MOST_POSTS = 1000, SCRAPE_MOST_MEDIA = 40 };

typedef struct scrape_step {
    const char *key; /* NULL: index counts */
    size_t index;
} scrape_step;

typedef struct scrape_reader {
    const char *platform;
    const scrape_query *query;
    scrape_page *page;
    json_t *root;
    scrape_step step[12];
    size_t steps;
    scrape_post *post; /* room for `room` */
    size_t room;
    uint64_t sum;          /* of the hashes of all identities on the page */
    size_t old;            /* posts from before `since` */
    const char *stage_end; /* why nothing more comes in this stage, or NULL */
    lg_err *err;           /* out of memory and nothing else */
} scrape_reader;

/* Refuses what is larger or deeper than the limits, names given twice in an object, and what is no JSON. The caller
 * frees *root with json_decref. LL720. */
lg_status scrape_json_load(const char *platform, const scrape_answer *answer, json_t **root, lg_err *err) LG_MUST_CHECK;

lg_status scrape_reader_open(scrape_reader *r, const char *platform, const scrape_query *query,
                             const scrape_answer *answer, scrape_page *page, lg_err *err) LG_MUST_CHECK;
/* Frees what was read; returns st, or what went wrong meanwhile. */
lg_status scrape_reader_close(scrape_reader *r, lg_status st, lg_err *err) LG_MUST_CHECK;

/* ---- where we are ---- */
void scrape_enter(scrape_reader *r, const char *key);
void scrape_enter_at(scrape_reader *r, size_t index);
void scrape_leave(scrape_reader *r);
/* "data[3].author_id"; key may be NULL. In the page's arena; "" when memory ran out. */
const char *scrape_place(scrape_reader *r, const char *key);
void scrape_problem_add(scrape_reader *r, const char *key, const char *what);
/* LL721: the answer as a whole is not what it should be. */
lg_status scrape_shape(scrape_reader *r, const char *key, const char *what, lg_err *err);

/* ---- values; NULL and friends when not given ---- */
const char *scrape_text(scrape_reader *r, const json_t *object, const char *key, size_t longest);
const char *scrape_web(scrape_reader *r, const json_t *object, const char *key); /* an address */
/* Text, or a whole number written as text (older interfaces give numbers). */
const char *scrape_identity(scrape_reader *r, const json_t *object, const char *key);
int64_t scrape_count(scrape_reader *r, const json_t *object, const char *key); /* 0 … 2^53, or SCRAPE_NOT_GIVEN */
int32_t scrape_pixels(scrape_reader *r, const json_t *object, const char *key);
int64_t scrape_time_of(scrape_reader *r, const json_t *object, const char *key);
bool scrape_flag(scrape_reader *r, const json_t *object, const char *key);
const json_t *scrape_object(scrape_reader *r, const json_t *object, const char *key);
const json_t *scrape_array(scrape_reader *r, const json_t *object, const char *key);
/* Items of an array, NULL counting as an empty one. */
size_t scrape_items(const json_t *array);
/* Every text in array of objects under `key`, as a list for tags. */
void scrape_tags(scrape_reader *r, const json_t *array, const char *key, scrape_post *post);
const char *scrape_copy(scrape_reader *r, const char *s, size_t n); /* NULL when memory ran out */
const char *scrape_say(scrape_reader *r, const char *fmt, ...) LG_PRINTF(2, 3);

/* ISO 8601 with a zone (Z, +0000, +00:00), fractions cut to milliseconds; a leap second is the second after it. */
bool scrape_time_parse(const char *s, int64_t *out);
/* 2026-10-01T08:00:00Z (or with .000Z), out of 32 bytes. */
void scrape_time_text(int64_t time, bool fraction, char out[32]);
bool scrape_is_web(const char *s);
/* The text of a page: tags out, <br> and </p> as line ends, entities as characters. */
const char *scrape_from_html(scrape_reader *r, const char *html);

/* ---- building a page ---- */
/* Every post of a list that stands under key (NULL: the answer is the list) goes through `read`, which is given ctx;
 * what is no object is a problem and refused. LL721 more than SCRAPE_MOST_POSTS. */
typedef void scrape_post_reader(scrape_reader *r, const json_t *item, const void *ctx);
lg_status scrape_posts_read(scrape_reader *r, const char *key, const json_t *list, scrape_post_reader *read,
                            const void *ctx, lg_err *err) LG_MUST_CHECK;
/* The post is on the page unless it is outside since and until or there already; counts. Call for each that has an id.
 */
void scrape_post_add(scrape_reader *r, const scrape_post *post);
/* A post that is somebody else's passed on, or not for everybody: it counts in *one of the page's counts. */
void scrape_post_leave_out(scrape_reader *r, size_t *one);
/* An item that has no identity or is none; its problem is already named. */
void scrape_post_refuse(scrape_reader *r);
/* Room for media of one post, and one more of them. */
scrape_media *scrape_media_room(scrape_reader *r, size_t n);
/* The media of a post from the list under key of an object, at most SCRAPE_MOST_MEDIA, each through `read`. */
typedef void scrape_media_reader(scrape_reader *r, const json_t *item, const scrape_post *post, scrape_media *out);
void scrape_media_read(scrape_reader *r, const json_t *object, const char *key, scrape_media_reader *read,
                       scrape_post *post);
void scrape_withhold(scrape_reader *r, const char *what, const char *why, size_t posts);
/* What the posts of a page do not say, each with `why`: author, time, likes. */
void scrape_withhold_missing(scrape_reader *r, const char *why);
/* Nothing more comes in this stage (tag, account). The first reason stays. */
void scrape_stage_end(scrape_reader *r, const char *why);
/* The last word on a page. next: cursor of the next page of this stage, or NULL; after: the first cursor of the stage
 * behind it, or NULL. A stage ends without next, where the cursor or the posts are those of the page before, and where
 * all posts are older than `since`. LL721 when posts were given and none could be used. */
lg_status scrape_page_finish(scrape_reader *r, const scrape_walk *walk, uint64_t stage, const char *next,
                             const char *after, lg_err *err) LG_MUST_CHECK;

/* ---- building a request ---- */
void scrape_request_begin(scrape_request *q, const char *path);
/* value NULL: left out (memory ran out; asked for at the end). */
void scrape_param_add(scrape_request *q, const char *name, const char *value);
lg_status scrape_request_end(scrape_request *q, lg_err *err) LG_MUST_CHECK; /* sorts */
/* Percent-encoded for a part of a path; NULL with err filled. */
const char *scrape_encode(lg_arena *arena, const char *s, lg_err *err);
/* "a OR b": n words with `between`, each with `before` in front. NULL with err filled. */
const char *scrape_join(lg_arena *arena, const char *const *word, size_t n, const char *before, const char *between,
                        lg_err *err);
const char *scrape_number(lg_arena *arena, uint64_t n, lg_err *err);

/* ---- asking ---- */
enum scrape_can { SCRAPE_CAN_TAG = 1, SCRAPE_CAN_TEXT = 2, SCRAPE_CAN_USER = 4, SCRAPE_CAN_ALL = 8 };
/* One way of asking, that the platform knows; tags and handles that can be ones. LL723 with `instead`. */
lg_status scrape_query_check(const scrape_query *query, const char *title, unsigned can, const char *instead,
                             lg_err *err) LG_MUST_CHECK;
uint64_t scrape_limit(const scrape_query *query);
const char *scrape_bare(const char *handle_or_tag); /* without @ or # in front */
void scrape_plan_line(scrape_plan *plan, const char *line);
/* posts, requests and per_page of a plan. */
void scrape_plan_count(scrape_plan *plan, const scrape_query *query, uint32_t per_page);
/* True for an answer whose status says no. */
bool scrape_is_refusal(const scrape_answer *answer);
/* LL722 (LL724 for 404) with the server's words, where it has any. */
lg_status scrape_refused(const char *title, const scrape_answer *answer, lg_err *err);
/* The same for a refusal that came as an answer: words in `object` as platforms give them. */
lg_status scrape_refused_by(const char *title, int status, const json_t *object, lg_err *err);
lg_status scrape_bad_cursor(const char *title, lg_err *err); /* LL725 */
/* "t12:rest" -> 12 and rest, with `stage` 't'. */
bool scrape_cursor_part(const char *cursor, char stage, uint64_t *number, const char **rest);
/* all `state` to one value */
void scrape_states(scrape_state *state, size_t count, scrape_state value);

#endif
