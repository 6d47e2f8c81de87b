/* dash_gather.c - posts, authors, labels and pictures of all that a dashboard was handed, each once. */
#include "lib/report/dash_parts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/banned.h"

/* ---- a set of numbered things, found by what they are ---- */
typedef struct finder {
    uint32_t *slot; /* number + 1; 0: free */
    size_t mask;
} finder;

static lg_status finder_new(dash *d, size_t most, finder *out, lg_err *err)
{
    size_t slots = 16;
    while (slots < 2 * most) slots *= 2;
    *out = (finder){.mask = slots - 1};
    out->slot = lg_arena_alloc(&d->arena, slots, sizeof *out->slot, err);
    return out->slot ? LG_OK : err->status;
}

/* The number of an equal thing, or `number` after putting it in. */
static uint32_t finder_put(finder *at, uint64_t hash, uint32_t number,
                           bool (*same)(const dash *d, uint32_t a, const void *b), const dash *d, const void *thing)
{
    for (size_t i = hash & at->mask;; i = (i + 1) & at->mask) {
        if (!at->slot[i]) {
            at->slot[i] = number + 1;
            return number;
        }
        if (same(d, at->slot[i] - 1, thing)) return at->slot[i] - 1;
    }
}

static uint64_t hash_text(const char *text, uint64_t seed)
{
    return lg_hash64(text, strlen(text), seed);
}

/* ---- posts ---- */
static bool same_post(const dash *d, uint32_t a, const void *b)
{
    const rep_post *x = d->post[a].post, *y = b;
    return strcmp(x->id, y->id) == 0 && strcmp(x->platform, y->platform) == 0;
}

static uint32_t put_post(dash *d, finder *at, const rep_posts *set, const rep_post *post)
{
    uint64_t hash = hash_text(post->id, hash_text(post->platform, 1));
    uint32_t number = finder_put(at, hash, (uint32_t)d->posts, same_post, d, post);
    if (number == d->posts) d->post[d->posts++] = (dash_post){.set = set, .post = post, .author = -1};
    return number;
}

static size_t most_posts(const rep_dashboard *ask)
{
    size_t n = 0;
    for (size_t i = 0; i < ask->sets; i++) n += ask->posts[i]->count;
    for (size_t i = 0; i < ask->lists; i++) n += ask->customers[i]->posts->count;
    return n;
}

/* Those that were classified first: of a post that is in several sets, what was said of it counts. */
static void put_sets(dash *d, finder *at)
{
    const rep_dashboard *ask = d->ask;
    for (int labelled = 1; labelled >= 0; labelled--) {
        for (size_t i = 0; i < ask->sets; i++)
            for (size_t k = 0; (ask->posts[i]->labels > 0) == labelled && k < ask->posts[i]->count; k++)
                put_post(d, at, ask->posts[i], &ask->posts[i]->post[k]);
        for (size_t i = 0; !ask->sets && i < ask->lists; i++) {
            const rep_posts *posts = ask->customers[i]->posts;
            for (size_t k = 0; (posts->labels > 0) == labelled && k < posts->count; k++)
                put_post(d, at, posts, &posts->post[k]);
        }
    }
}

static lg_status put_evidence(dash *d, finder *at, lg_err *err)
{
    const rep_dashboard *ask = d->ask;
    for (size_t i = 0; i < ask->lists; i++) d->people += ask->customers[i]->current + ask->customers[i]->potential;
    d->person = lg_arena_alloc(&d->arena, d->people, sizeof *d->person, err);
    if (!d->person) return err->status;
    dash_person *to = d->person;
    for (size_t i = 0; i < ask->lists; i++) {
        const rep_customers *list = ask->customers[i];
        for (size_t k = 0; k < list->current + list->potential; k++, to++) {
            const rep_person *person = &list->person[k];
            *to = (dash_person){.list = list, .person = person, .name = person->name};
            if (d->anonymous && !list->anonymous)
                to->name = lg_arena_strf(&d->arena, err, "person %td", to - d->person + 1);
            to->evidence = lg_arena_alloc(&d->arena, person->evidences, sizeof *to->evidence, err);
            if (!to->evidence || !to->name) return err->status;
            to->evidences = d->anonymous ? 0 : person->evidences;
            for (size_t e = 0; e < to->evidences; e++)
                to->evidence[e].post = put_post(d, at, list->posts, person->evidence[e].post);
        }
    }
    return LG_OK;
}

/* ---- newest first, and no more than a page can hold ---- */
typedef struct place {
    int64_t time;
    uint32_t number;
} place;

static int newer(const void *a, const void *b)
{
    const place *x = a, *y = b;
    if (x->time != y->time) return x->time > y->time ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

static lg_status order_posts(dash *d, lg_err *err)
{
    place *order = lg_arena_alloc(&d->arena, d->posts, sizeof *order, err);
    dash_post *sorted = lg_arena_alloc(&d->arena, d->posts, sizeof *sorted, err);
    uint32_t *to = lg_arena_alloc(&d->arena, d->posts, sizeof *to, err); /* 1: must stay, then the new number + 1 */
    size_t musts = 0, kept = 0;
    if (!order || !sorted || !to) return err->status;
    for (size_t i = 0; i < d->people; i++)
        for (size_t e = 0; e < d->person[i].evidences; e++) {
            size_t post = d->person[i].evidence[e].post;
            musts += !to[post];
            to[post] = 1;
        }
    for (size_t i = 0; i < d->posts; i++) order[i] = (place){.time = d->post[i].post->time, .number = (uint32_t)i};
    qsort(order, d->posts, sizeof *order, newer);
    size_t room = musts < REP_DASH_POSTS ? REP_DASH_POSTS - musts : 0;
    for (size_t i = 0; i < d->posts; i++) {
        uint32_t number = order[i].number;
        if (!to[number]) {
            if (!room) continue;
            room--;
        }
        sorted[kept++] = d->post[number];
        to[number] = (uint32_t)kept;
    }
    for (size_t i = 0; i < d->people; i++)
        for (size_t e = 0; e < d->person[i].evidences; e++)
            d->person[i].evidence[e].post = to[d->person[i].evidence[e].post] - 1;
    d->posts_left = d->posts - kept;
    d->post = sorted;
    d->posts = kept;
    return LG_OK;
}

/* ---- labels, platforms ---- */
int rep_dash_find_label(const dash *d, const char *name)
{
    for (int i = 0; i < d->labels; i++)
        if (lg_casecmp(d->label[i].name, name) == 0) return i;
    return -1;
}

static void put_labels(dash *d, const rep_posts *set)
{
    for (int i = 0; i < set->labels; i++) {
        if (rep_dash_find_label(d, set->label[i]) >= 0) continue;
        d->label[d->labels++] = (dash_label){.name = set->label[i], .rest = rep_is_rest(set->label[i])};
    }
    if (set->labels && (!d->labelled || set->least < d->least)) d->least = set->least;
    d->labelled = d->labelled || set->labels;
}

static lg_status gather_labels(dash *d, lg_err *err)
{
    const rep_dashboard *ask = d->ask;
    size_t most = 0;
    for (size_t i = 0; i < ask->sets; i++) most += (size_t)ask->posts[i]->labels;
    for (size_t i = 0; i < ask->lists; i++) most += (size_t)ask->customers[i]->posts->labels;
    d->label = lg_arena_alloc(&d->arena, most, sizeof *d->label, err);
    if (!d->label) return err->status;
    for (size_t i = 0; i < ask->sets; i++) put_labels(d, ask->posts[i]);
    for (size_t i = 0; i < ask->lists; i++) put_labels(d, ask->customers[i]->posts);
    return LG_OK;
}

/* Few: looked through one by one. */
static lg_status gather_platforms(dash *d, lg_err *err)
{
    enum { MOST = 64 };
    d->platform = lg_arena_alloc(&d->arena, MOST, sizeof *d->platform, err);
    if (!d->platform) return err->status;
    for (size_t i = 0; i < d->posts; i++) {
        int k = 0;
        while (k < d->platforms && strcmp(d->platform[k], d->post[i].post->platform) != 0) k++;
        if (k == d->platforms && k < MOST) d->platform[d->platforms++] = d->post[i].post->platform;
    }
    return LG_OK;
}

const char *rep_dash_platform(const dash *d, const char *name)
{
    return d->ask->platform ? d->ask->platform(name) : name;
}

/* ---- pictures of posts ---- */
static const char *picture_key(const rep_picture *picture)
{
    return *picture->sha256 ? picture->sha256 : picture->file;
}

static bool same_image(const dash *d, uint32_t a, const void *b)
{
    return strcmp(picture_key(d->image[a].picture), picture_key(b)) == 0;
}

static void put_shot(dash *d, finder *at, const dash_post *post, const rep_picture *picture, dash_shot *out)
{
    const rep_posts *set = post->set;
    *out = (dash_shot){.picture = picture, .label = -1, .image = UINT32_MAX};
    if (set->labels && picture->label >= 0 && picture->label < set->labels) {
        out->label = rep_dash_find_label(d, set->label[picture->label]);
        out->sure = rep_picture_class(set, picture, 0) >= 0;
    }
    if (d->anonymous || !picture_key(picture)) return;
    uint32_t number = finder_put(at, hash_text(picture_key(picture), 2), (uint32_t)d->images, same_image, d, picture);
    if (number == d->images) d->image[d->images++] = (dash_image){.picture = picture, .sheet = -1};
    out->image = number;
}

static lg_status gather_pictures(dash *d, lg_err *err)
{
    size_t most = 0;
    finder at;
    for (size_t i = 0; i < d->posts; i++) most += d->post[i].post->pictures;
    d->image = lg_arena_alloc(&d->arena, most, sizeof *d->image, err);
    dash_shot *shot = lg_arena_alloc(&d->arena, most, sizeof *shot, err);
    if (!d->image || !shot) return err->status;
    LG_TRY(finder_new(d, most, &at, err));
    for (size_t i = 0; i < d->posts; i++) {
        dash_post *post = &d->post[i];
        post->shot = shot;
        post->shots = post->post->pictures;
        post->day = rep_dash_day(post->post->time);
        for (size_t k = 0; k < post->shots; k++) put_shot(d, &at, post, &post->post->picture[k], shot++);
    }
    d->shots = most;
    return LG_OK;
}

/* The picture of each piece of evidence, found on its post as this file has it. */
static void place_evidence(dash *d)
{
    for (size_t i = 0; i < d->people; i++) {
        dash_person *person = &d->person[i];
        for (size_t e = 0; e < person->evidences; e++) {
            const rep_picture *wanted = person->person->evidence[e].picture;
            const dash_post *post = &d->post[person->evidence[e].post];
            for (size_t k = 0; k < post->shots; k++) {
                const rep_picture *have = post->shot[k].picture;
                bool same = have == wanted || (picture_key(have) && picture_key(wanted) &&
                                               strcmp(picture_key(have), picture_key(wanted)) == 0);
                if (same) person->evidence[e].shot = k;
            }
        }
    }
}

/* ---- authors ---- */
static bool same_author(const dash *d, uint32_t a, const void *b)
{
    return rep_same_author(d->author[a].post, b);
}

static uint64_t author_hash(const rep_post *post)
{
    uint64_t hash = hash_text(post->platform, 3);
    if (post->author_id) return hash_text(post->author_id, hash);
    for (const char *p = post->author_handle; *p; p++) {
        char c = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p; /* as strcasecmp does */
        hash = lg_hash64(&c, 1, hash);
    }
    return hash;
}

static const char *author_name(dash *d, const rep_post *post, lg_err *err)
{
    if (post->author_handle) return lg_arena_strf(&d->arena, err, "@%s", post->author_handle);
    if (post->author_name && *post->author_name) return post->author_name;
    return lg_arena_strf(&d->arena, err, "user %s", post->author_id);
}

static lg_status gather_authors(dash *d, lg_err *err)
{
    finder at;
    d->author = lg_arena_alloc(&d->arena, d->posts, sizeof *d->author, err);
    if (!d->author) return err->status;
    LG_TRY(finder_new(d, d->posts, &at, err));
    for (size_t i = 0; i < d->posts && !d->anonymous; i++) {
        const rep_post *post = d->post[i].post;
        if (!rep_has_author(post)) continue;
        uint32_t number = finder_put(&at, author_hash(post), (uint32_t)d->authors, same_author, d, post);
        if (number == d->authors) {
            d->author[d->authors] = (dash_author){.post = post, .name = author_name(d, post, err)};
            if (!d->author[d->authors++].name) return err->status;
        }
        d->post[i].author = (int32_t)number;
    }
    return LG_OK;
}

/* ---- all of it ---- */
/* How much of a text is shown: all of usual ones, less where there are thousands. */
static void choose_text_most(dash *d)
{
    d->text_most = d->posts > 2500 ? 140 : d->posts > 1000 ? 300 : 2000;
    for (size_t i = 0; i < d->posts && !d->anonymous; i++) {
        const char *text = d->post[i].post->text;
        d->texts_cut = d->texts_cut || (text && strlen(text) > d->text_most);
    }
}

lg_status rep_dash_gather(dash *d, lg_err *err)
{
    finder at;
    size_t most = most_posts(d->ask);
    if (most >= UINT32_MAX / 2) return lg_fail(err, LG_E_LIMIT, 902, "too many posts for one dashboard");
    for (size_t i = 0; i < d->ask->lists; i++) d->anonymous = d->anonymous || d->ask->customers[i]->anonymous;
    d->post = lg_arena_alloc(&d->arena, most, sizeof *d->post, err);
    if (!d->post) return err->status;
    LG_TRY(finder_new(d, most, &at, err));
    put_sets(d, &at);
    LG_TRY(put_evidence(d, &at, err));
    LG_TRY(order_posts(d, err));
    LG_TRY(gather_labels(d, err));
    LG_TRY(gather_platforms(d, err));
    LG_TRY(gather_pictures(d, err));
    place_evidence(d);
    choose_text_most(d);
    return gather_authors(d, err);
}
