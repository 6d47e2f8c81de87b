/* post.h - what a platform's answer holds, as plain data: posts, their authors and media, and what was not given.
 *
 *     scrape_page page;
 *     scrape_page_init(&page);
 *     LG_GO(platform->parse(&query, &walk, &answer, &page, err));
 *     for (size_t i = 0; i < page.count; i++) keep(&page.post[i]);
 *     if (page.end) say(page.end_why);
 *     scrape_page_release(&page);
 *
 * Invariants
 *  - Everything belongs to the page's arena and goes with scrape_page_release.
 *  - NULL, SCRAPE_NOT_GIVEN and SCRAPE_NO_TIME mean that the platform did not say: never "" or 0 in their place.
 *  - No post is lost in silence: given = count + refused + repeated + reposts + outside + not_public.
 *  - Texts are valid UTF-8 without NUL, as strangers wrote them: to be escaped where they are shown. Addresses begin
 *    with http:// or https:// and hold neither blanks nor control characters. */
#ifndef SCRAPE_POST_H
#define SCRAPE_POST_H

#include "lib/base/lg.h"

#define SCRAPE_NOT_GIVEN (-1)
#define SCRAPE_NO_TIME   INT64_MIN

/* Bytes; a longer text is no answer of the platform's and counts as wrong. */
enum {
    SCRAPE_LONGEST_ID = 1000,
    SCRAPE_LONGEST_NAME = 1000,
    SCRAPE_LONGEST_ALT = 20000,
    SCRAPE_LONGEST_TEXT = 200000,
    SCRAPE_LONGEST_URL = 4096,
    SCRAPE_LONGEST_CURSOR = 8192
};

typedef enum scrape_media_type {
    SCRAPE_PHOTO,
    SCRAPE_VIDEO,     /* url is that of a still picture */
    SCRAPE_ANIMATION, /* the same */
    SCRAPE_LINK_CARD, /* the picture of a page that the post leads to */
    SCRAPE_OTHER
} scrape_media_type;
const char *scrape_media_type_name(scrape_media_type type); /* "photo", "video", "animation", "link card", "other" */

typedef struct scrape_media {
    const char *id;  /* the platform's, or NULL */
    const char *url; /* of the picture to fetch, or NULL */
    const char *alt; /* what its author says it shows, or NULL */
    scrape_media_type type;
    int32_t width, height; /* pixels, or SCRAPE_NOT_GIVEN */
} scrape_media;

typedef struct scrape_post {
    const char *platform; /* "twitter" */
    const char *id;       /* never NULL; unique on its platform */
    const char *url;      /* for people, or NULL */
    const char *text;     /* plain text, or NULL */
    const char *language; /* as the platform says it, mostly BCP 47, or NULL */
    int64_t time;         /* milliseconds since 1970 UTC, or SCRAPE_NO_TIME */
    int64_t likes, reposts, replies;
    const char *author_id, *author_handle, *author_name; /* handle without @ in front */
    bool sensitive;                                      /* the platform or its author says so */
    const scrape_media *media;
    size_t media_count;
    const char *const *tag; /* hashtags as they were given, without # */
    size_t tag_count;
} scrape_post;

/* One thing in an answer that was not what it should be. */
typedef struct scrape_problem {
    const char *place; /* "data[3].author_id" */
    const char *what;  /* "is not text" */
} scrape_problem;

/* Something that people would expect and the platform does not give. */
typedef struct scrape_withheld {
    const char *what, *why; /* "the author", "hashtag search gives no user names" */
    size_t posts;           /* of how many posts on this page */
} scrape_withheld;

enum { SCRAPE_PROBLEMS_SHOWN = 8, SCRAPE_WITHHELD_MOST = 8 };
typedef struct scrape_page {
    lg_arena arena;
    const scrape_post *post;
    size_t count;
    size_t given;      /* posts in the answer, of which … */
    size_t refused;    /* … had no identity or no shape (in problem) */
    size_t repeated;   /* … were there twice */
    size_t reposts;    /* … are somebody else's posts passed on */
    size_t outside;    /* … lie outside since and until */
    size_t not_public; /* … are for followers, or of people who do not want them shown to everybody */
    size_t problems;   /* fields and posts that are not what they should be; the first of them: */
    scrape_problem problem[SCRAPE_PROBLEMS_SHOWN];
    scrape_withheld withheld[SCRAPE_WITHHELD_MOST];
    size_t withheld_count;
    const char *next;    /* cursor of the next page; NULL at the end */
    bool end;            /* nothing comes after this */
    const char *end_why; /* one clause: "the platform has no more", or NULL */
    uint64_t ids;        /* fingerprint of the set of identities given, in any order; 0: none */
    bool
        other_dialect; /* the fields asked for did not come: ask again with the other spelling (scrape_query.dialect) */
} scrape_page;
void scrape_page_init(scrape_page *page);
void scrape_page_release(scrape_page *page);

#endif
