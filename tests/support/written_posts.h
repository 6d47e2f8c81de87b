/* written_posts.h - for tests: sets of classified posts written down as text.
 *
 *     rep_posts *posts = posts_of("twitter ann 1 adidas,nike:70\n"    // platform author time pictures
 *                                 "twitter ann_new#7 - other\n"       // id behind #; no time
 *                                 "instagram - 3 adidas:40,?\n");     // nobody's; ?: a picture that could not be read
 *     posts_validated(posts, "adidas>adidas 80*30 nike>adidas 90*10"); // truth>said confidence*how many
 *     rep_posts_unref(posts);
 *
 * Labels: adidas, nike, puma, Other. A picture has 80% confidence unless another is given. The id of a post is its
 * number, from 1. */
#ifndef TEST_WRITTEN_POSTS_H
#define TEST_WRITTEN_POSTS_H

#include "lib/report/posts.h"
#include "tests/support/test.h"

static inline char *posts_copy(rep_posts *posts, const char *text)
{
    lg_err err = {0};
    char *copy = text ? lg_arena_strf(&posts->arena, &err, "%s", text) : NULL;
    CHECK(!err.code);
    return copy;
}

static inline void posts_pictures(rep_posts *posts, rep_post *post, char *words)
{
    static int number;
    lg_err err = {0};
    char *save;
    rep_picture *picture = lg_arena_alloc(&posts->arena, strlen(words) + 1, sizeof *picture, &err);
    CHECK(picture != NULL);
    post->picture = picture;
    for (char *word = strtok_r(words, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
        char *colon = strchr(word, ':');
        double sure = colon ? strtod(colon + 1, NULL) : 80;
        if (colon) *colon = 0;
        rep_picture *p = &picture[post->pictures++];
        *p = (rep_picture){.width = 8,
                           .height = 8,
                           .label = rep_label_find(posts, word),
                           .confidence = (float)sure / 100,
                           .raw = (float)sure / 100};
        snprintf(p->sha256, sizeof p->sha256, "%064x", (unsigned)++number);
    }
}

static inline void posts_line(rep_posts *posts, rep_post *post, size_t number, char *line)
{
    char *save, id[24], url[80];
    const char *platform = strtok_r(line, " ", &save);
    char *who = strtok_r(NULL, " ", &save);
    const char *time = strtok_r(NULL, " ", &save);
    char *hash = strchr(who, '#');
    if (hash) *hash = 0;
    snprintf(id, sizeof id, "%zu", number);
    snprintf(url, sizeof url, "https://%s.test/%zu", platform, number);
    *post = (rep_post){.platform = posts_copy(posts, platform),
                       .id = posts_copy(posts, id),
                       .url = posts_copy(posts, url),
                       .text = posts_copy(posts, "look at these"),
                       .author_id = posts_copy(posts, hash ? hash + 1 : NULL),
                       .author_handle = *who && strcmp(who, "-") != 0 ? posts_copy(posts, who) : NULL,
                       .time = strcmp(time, "-") ? strtoll(time, NULL, 10) : REP_NO_TIME,
                       .likes = 1,
                       .reposts = REP_NOT_GIVEN,
                       .replies = REP_NOT_GIVEN};
    posts_pictures(posts, post, strtok_r(NULL, " ", &save));
}

static inline rep_posts *posts_of(const char *text)
{
    static const char *const labels[] = {"adidas", "nike", "puma", "Other"};
    lg_err err = {0};
    rep_posts *posts;
    CHECK_OK(rep_posts_new(&posts, &err));
    size_t lines = 0;
    for (const char *c = text; *c; c++) lines += *c == '\n';
    rep_post *post = lg_arena_alloc(&posts->arena, lines + 1, sizeof *post, &err);
    char *copy = posts_copy(posts, text), *save;
    CHECK(post && copy);
    posts->title = "twitter #adidas", posts->model = "scratch", posts->calibration = "raw";
    posts->label = labels, posts->labels = 4;
    for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        posts_line(posts, &post[posts->count], posts->count + 1, line);
        posts->count++;
    }
    posts->post = post;
    return posts;
}

static inline void posts_validated(rep_posts *posts, const char *text)
{
    enum { MOST = 4096 };
    lg_err err = {0};
    rep_validation *v = lg_arena_alloc(&posts->arena, MOST, sizeof *v, &err);
    char *copy = posts_copy(posts, text), *save;
    CHECK(v && copy);
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        char *said = strchr(word, '>'), *sure = strtok_r(NULL, " ", &save), *times = strchr(sure, '*');
        *said++ = 0;
        for (long i = 0; i < strtol(times + 1, NULL, 10) && posts->validations < MOST; i++)
            v[posts->validations++] = (rep_validation){rep_label_find(posts, word), rep_label_find(posts, said),
                                                       (float)strtod(sure, NULL) / 100};
    }
    posts->validation = v;
    posts->validation_name = "logos.val";
}

#endif
