/* customers.c - who posts a brand: posts by author, who is listed, in which order, and the photos that speak for it. */
#include "lib/report/customers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/banned.h"

/* ---- labels ---- */
bool rep_is_rest(const char *label)
{
    static const char *const words[] = {"other",          "others",  "none",     "nothing", "background",
                                        "something else", "no logo", "negative", "rest"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(label, words[i]) == 0) return true;
    return false;
}

int rep_brand_usual(const rep_posts *posts, float least)
{
    int best = -1;
    size_t most = 0;
    for (int k = 0; k < posts->labels; k++) {
        size_t count = 0;
        for (size_t i = 0; i < posts->count && !rep_is_rest(posts->label[k]); i++)
            for (size_t j = 0; j < posts->post[i].pictures; j++)
                count += rep_picture_class(posts, &posts->post[i].picture[j], least) == k;
        if (count > most) most = count, best = k;
    }
    return best;
}

/* ---- posts by author ---- */
enum { NOBODY = UINT32_MAX };

typedef struct author {
    const rep_post *newest; /* of all, the first of equals */
    int brand, rival, all;
    int64_t brand_last, rival_last;
    uint32_t first; /* chain of their posts, by search.next; NOBODY ends it */
} author;

typedef struct candidate {
    const author *who;
    int posts;
    double share;
    int64_t last;
} candidate;

/* Tables of posts by what they are looked up by; a slot holds the number of a post, or NOBODY. */
typedef struct lookup {
    uint32_t *slot;
    size_t mask;
    bool by_id;
} lookup;

typedef struct search {
    const rep_posts *posts;
    int brand;
    bool *is_brand, *is_rival; /* by label */
    float least;
    author *author;
    size_t authors;
    uint32_t *author_of, *next; /* by post */
    lookup id, handle;
} search;

static bool same_key(const lookup *table, const rep_post *a, const rep_post *b)
{
    if (strcmp(a->platform, b->platform) != 0) return false;
    return table->by_id ? strcmp(a->author_id, b->author_id) == 0 : strcasecmp(a->author_handle, b->author_handle) == 0;
}

static uint64_t hash_key(const lookup *table, const rep_post *post)
{
    uint64_t hash = lg_hash64(post->platform, strlen(post->platform), 0);
    if (table->by_id) return lg_hash64(post->author_id, strlen(post->author_id), hash);
    for (const char *c = post->author_handle; *c; c++) {
        char low = *c >= 'A' && *c <= 'Z' ? (char)(*c | 32) : *c;
        hash = lg_hash64(&low, 1, hash);
    }
    return hash;
}

/* Where the post's key stands, or would. */
static uint32_t *find_slot(const search *s, const lookup *table, const rep_post *post)
{
    size_t at = (size_t)hash_key(table, post) & table->mask;
    while (table->slot[at] != NOBODY && !same_key(table, &s->posts->post[table->slot[at]], post))
        at = (at + 1) & table->mask;
    return &table->slot[at];
}

static lg_status lookup_new(lookup *table, size_t posts, bool by_id, lg_err *err)
{
    size_t size = 16;
    while (size < 2 * posts) size *= 2;
    table->slot = lg_alloc(size, sizeof *table->slot, err);
    if (!table->slot) return err->status;
    memset(table->slot, 0xff, size * sizeof *table->slot);
    table->mask = size - 1;
    table->by_id = by_id;
    return LG_OK;
}

/* Those with an id first: a post that tells only the handle joins the one who has it. */
static void group(search *s, bool with_id)
{
    for (uint32_t i = 0; i < s->posts->count; i++) {
        const rep_post *post = &s->posts->post[i];
        if (!rep_has_author(post) || (post->author_id != NULL) != with_id) continue;
        uint32_t *slot = find_slot(s, with_id ? &s->id : &s->handle, post);
        if (*slot == NOBODY) {
            *slot = i;
            s->author[s->authors] =
                (author){.newest = post, .brand_last = REP_NO_TIME, .rival_last = REP_NO_TIME, .first = NOBODY};
            s->author_of[i] = (uint32_t)s->authors++;
        } else s->author_of[i] = s->author_of[*slot];
        slot = with_id && post->author_handle ? find_slot(s, &s->handle, post) : slot;
        if (*slot == NOBODY) *slot = i;
    }
}

/* ---- what posts show ---- */
static bool shows(const search *s, const rep_picture *picture, const bool *in)
{
    int label = rep_picture_class(s->posts, picture, s->least);
    return label >= 0 && label < s->posts->labels && in[label];
}

/* The picture of a post that speaks for it most; NULL: none does. */
static const rep_picture *best_picture(const search *s, const rep_post *post, const bool *in)
{
    const rep_picture *best = NULL;
    for (size_t i = 0; i < post->pictures; i++)
        if (shows(s, &post->picture[i], in) && (!best || post->picture[i].confidence > best->confidence))
            best = &post->picture[i];
    return best;
}

static bool looked_at(const rep_post *post)
{
    for (size_t i = 0; i < post->pictures; i++)
        if (post->picture[i].label >= 0) return true;
    return false;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void count_post(search *s, uint32_t i, rep_customers *out)
{
    const rep_post *post = &s->posts->post[i];
    bool brand = best_picture(s, post, s->is_brand), rival = best_picture(s, post, s->is_rival);
    out->posts_looked += looked_at(post);
    if (!rep_has_author(post)) {
        out->nameless += brand;
        return;
    }
    author *who = &s->author[s->author_of[i]];
    who->all += looked_at(post);
    who->brand += brand, who->rival += rival;
    if (brand) who->brand_last = later(who->brand_last, post->time);
    if (rival) who->rival_last = later(who->rival_last, post->time);
    if (post->time > who->newest->time) who->newest = post;
    s->next[i] = who->first;
    who->first = i;
}

/* ---- ranking ---- */
static int order_texts(const char *a, const char *b)
{
    if (!a || !b) return (a == NULL) - (b == NULL);
    int order = strcasecmp(a, b);
    return order ? order : strcmp(a, b);
}

static int by_rank(const void *left, const void *right)
{
    const candidate *a = left, *b = right;
    const rep_post *x = a->who->newest, *y = b->who->newest;
    if (a->posts != b->posts) return a->posts > b->posts ? -1 : 1;
    if (a->share > b->share || a->share < b->share) return a->share > b->share ? -1 : 1;
    if (a->last != b->last) return a->last > b->last ? -1 : 1;
    int order = order_texts(x->author_handle, y->author_handle);
    if (!order) order = strcmp(x->platform, y->platform);
    return order ? order : order_texts(x->author_id, y->author_id);
}

/* Everyone of one standing, by rank; out has room for all authors. */
static size_t candidates(const search *s, rep_standing standing, int wanted, candidate *out)
{
    size_t n = 0;
    for (size_t i = 0; i < s->authors; i++) {
        const author *who = &s->author[i];
        int posts = standing == REP_CURRENT ? who->brand : who->rival;
        if (posts < wanted || (standing == REP_POTENTIAL && who->brand)) continue;
        out[n++] = (candidate){.who = who,
                               .posts = posts,
                               .share = (double)posts / who->all,
                               .last = standing == REP_CURRENT ? who->brand_last : who->rival_last};
    }
    qsort(out, n, sizeof *out, by_rank);
    return n;
}

/* ---- people ---- */
static int newest_first(const void *left, const void *right)
{
    const rep_post *a = ((const rep_evidence *)left)->post, *b = ((const rep_evidence *)right)->post;
    if (a->time != b->time) return a->time > b->time ? -1 : 1;
    return a < b ? -1 : a > b;
}

static lg_status find_evidence(const search *s, const author *who, const bool *in, size_t most, rep_customers *list,
                               rep_person *out, lg_err *err)
{
    rep_evidence *evidence = lg_arena_alloc(&list->arena, most, sizeof *evidence, err);
    if (!evidence) return err->status;
    for (uint32_t i = who->first; i != NOBODY; i = s->next[i]) {
        const rep_post *post = &s->posts->post[i];
        const rep_picture *picture = best_picture(s, post, in);
        if (picture) evidence[out->evidences++] = (rep_evidence){post, picture, picture->label};
    }
    qsort(evidence, out->evidences, sizeof *evidence, newest_first);
    out->evidence = evidence;
    return LG_OK;
}

static lg_status name_person(const author *who, rep_customers *list, rep_person *out, lg_err *err)
{
    const rep_post *post = who->newest;
    out->platform = post->platform;
    out->url = out->evidences ? out->evidence[0].post->url : NULL;
    out->author_id = post->author_id;
    out->handle = post->author_handle;
    if (post->author_handle) out->name = lg_arena_strf(&list->arena, err, "@%s", post->author_handle);
    else if (post->author_name && *post->author_name) out->name = post->author_name;
    else out->name = lg_arena_strf(&list->arena, err, "user %s", post->author_id);
    return out->name ? LG_OK : err->status;
}

static int64_t day_of(int64_t time)
{
    const int64_t day = 86400000;
    if (time == REP_NO_TIME) return time;
    int64_t rest = time % day;
    return time - (rest < 0 ? rest + day : rest);
}

/* What is left of a photo that must not lead to its author. */
static lg_status hide_evidence(rep_evidence *evidence, lg_arena *arena, lg_err *err)
{
    rep_post *post = lg_arena_alloc(arena, 1, sizeof *post, err);
    rep_picture *picture = lg_arena_alloc(arena, 1, sizeof *picture, err);
    if (!post || !picture) return err->status;
    *picture = (rep_picture){.width = REP_NOT_GIVEN,
                             .height = REP_NOT_GIVEN,
                             .label = evidence->label,
                             .confidence = evidence->picture->confidence,
                             .raw = evidence->picture->raw};
    *post = (rep_post){.platform = evidence->post->platform,
                       .id = "",
                       .time = day_of(evidence->post->time),
                       .likes = REP_NOT_GIVEN,
                       .reposts = REP_NOT_GIVEN,
                       .replies = REP_NOT_GIVEN,
                       .picture = picture,
                       .pictures = 1};
    *evidence = (rep_evidence){post, picture, evidence->label};
    return LG_OK;
}

static lg_status hide_person(rep_customers *list, size_t number, rep_person *out, lg_err *err)
{
    rep_evidence *evidence = (rep_evidence *)(uintptr_t)out->evidence;
    for (size_t i = 0; i < out->evidences; i++) LG_TRY(hide_evidence(&evidence[i], &list->arena, err));
    out->last = day_of(out->last);
    out->platform = out->evidences ? out->evidence[0].post->platform : "";
    out->name = lg_arena_strf(&list->arena, err, "person %zu", number);
    return out->name ? LG_OK : err->status;
}

static lg_status list_person(const search *s, const candidate *c, rep_standing standing, int rank, rep_customers *list,
                             lg_err *err)
{
    size_t place = list->current + list->potential;
    rep_person *out = &list->person[place];
    *out = (rep_person){.standing = standing,
                        .rank = rank,
                        .brand_posts = c->who->brand,
                        .rival_posts = c->who->rival,
                        .all_posts = c->who->all,
                        .last = c->last,
                        .share = c->share};
    LG_TRY(find_evidence(s, c->who, standing == REP_CURRENT ? s->is_brand : s->is_rival, (size_t)c->posts, list, out,
                         err));
    LG_TRY(list->anonymous ? hide_person(list, place + 1, out, err) : name_person(c->who, list, out, err));
    *(standing == REP_CURRENT ? &list->current : &list->potential) += 1;
    return LG_OK;
}

static void trust_people(rep_customers *list)
{
    for (size_t i = 0; i < list->current + list->potential; i++) {
        rep_person *person = &list->person[i];
        const rep_trust *trust = &list->trust[person->standing];
        person->right = trust->share, person->right_low = trust->low, person->right_high = trust->high;
    }
    const rep_trust *trust = &list->trust[REP_CURRENT];
    list->right = trust->expected, list->right_low = trust->expected_low, list->right_high = trust->expected_high;
    list->how = trust->how;
}

static size_t at_most(size_t n, int top)
{
    return n < (size_t)top ? n : (size_t)top;
}

static lg_status list_people(search *s, rep_customers *list, lg_err *err)
{
    lg_status st = LG_OK;
    candidate *one = lg_alloc(2 * s->authors + 1, sizeof *one, err);
    if (!one) return err->status;
    candidate *two = one + s->authors;
    list->current_found = candidates(s, REP_CURRENT, list->wanted_posts, one);
    list->potential_found = candidates(s, REP_POTENTIAL, list->wanted_posts, two);
    size_t current = at_most(list->current_found, list->top), potential = at_most(list->potential_found, list->top);
    for (size_t i = 0; i < s->authors; i++) list->few += s->author[i].brand && s->author[i].brand < list->wanted_posts;
    list->person = lg_arena_alloc(&list->arena, current + potential + 1, sizeof *list->person, err);
    LG_GO(list->person ? LG_OK : err->status);
    for (size_t i = 0; i < current; i++) LG_GO(list_person(s, &one[i], REP_CURRENT, (int)i + 1, list, err));
    for (size_t i = 0; i < potential; i++) LG_GO(list_person(s, &two[i], REP_POTENTIAL, (int)i + 1, list, err));
    LG_GO(rep_trust_find(s->posts, s->is_brand, list->brand, s->least, current, &list->arena, &list->trust[REP_CURRENT],
                         err));
    LG_GO(rep_trust_find(s->posts, s->is_rival, list->rivals == 1 ? list->rival[0] : "a rival", s->least, potential,
                         &list->arena, &list->trust[REP_POTENTIAL], err));
    trust_people(list);
done:
    lg_free(one);
    return st;
}

/* ---- the question ---- */
static lg_status no_label(const rep_posts *posts, const char *word, lg_err *err)
{
    char known[400] = "";
    for (int i = 0; i < posts->labels; i++) {
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "", posts->label[i]);
    }
    lg_fail(err, LG_E_NAME, 450, "the pictures have no label `%.60s`", word);
    lg_why(err, "they were sorted into: %s", known);
    const char *near = lg_nearest(word, posts->label, (size_t)posts->labels);
    return near ? lg_try(err, "did you mean `%.60s`?", near) : err->status;
}

static lg_status find_label(const rep_posts *posts, const char *word, int *out, lg_err *err)
{
    *out = rep_label_find(posts, word);
    if (*out < 0) return no_label(posts, word, err);
    if (!rep_is_rest(posts->label[*out])) return LG_OK;
    lg_fail(err, LG_E_ARG, 452, "`%.60s` is what is none of the brands, so nobody is its customer", posts->label[*out]);
    return lg_try(err, "name a brand or rival that the model was taught");
}

static lg_status read_rivals(search *s, const rep_customers_ask *ask, rep_customers *out, lg_err *err)
{
    for (size_t i = 0; i < ask->rivals; i++) {
        int label;
        LG_TRY(find_label(s->posts, ask->rival[i], &label, err));
        if (label == s->brand) {
            lg_fail(err, LG_E_ARG, 452, "`%.60s` cannot be its own rival", s->posts->label[label]);
            return lg_try(err, "leave it out of `rivals`");
        }
        s->is_rival[label] = true;
    }
    for (int k = 0; !ask->rivals && k < s->posts->labels; k++)
        s->is_rival[k] = k != s->brand && !rep_is_rest(s->posts->label[k]);
    const char **rival = lg_arena_alloc(&out->arena, (size_t)s->posts->labels, sizeof *rival, err);
    if (!rival) return err->status;
    for (int k = 0; k < s->posts->labels; k++)
        if (s->is_rival[k]) {
            char *name = lg_arena_strf(&out->arena, err, "%s", s->posts->label[k]);
            if (!name) return err->status;
            rival[out->rivals++] = name;
        }
    out->rival = rival;
    return LG_OK;
}

static lg_status read_ask(search *s, const rep_customers_ask *ask, rep_customers *out, lg_err *err)
{
    if (s->posts->labels < 1) {
        lg_fail(err, LG_E_DATA, 451, "no model has looked at these posts yet");
        return lg_try(err, "classify them first: `classify … with MODEL`");
    }
    LG_TRY(find_label(s->posts, ask->brand, &s->brand, err));
    size_t labels = (size_t)s->posts->labels;
    s->is_brand = lg_arena_alloc(&out->arena, labels, sizeof *s->is_brand, err);
    s->is_rival = lg_arena_alloc(&out->arena, labels, sizeof *s->is_rival, err);
    out->brand = lg_arena_strf(&out->arena, err, "%s", s->posts->label[s->brand]);
    if (!s->is_brand || !s->is_rival || !out->brand) return err->status;
    s->is_brand[s->brand] = true;
    s->least = out->least = ask->least > s->posts->least ? ask->least : s->posts->least;
    out->wanted_posts = ask->posts < 1 ? 1 : ask->posts;
    out->top = ask->top < 1 ? 1 : ask->top;
    out->anonymous = ask->anonymous;
    return read_rivals(s, ask, out, err);
}

static lg_status search_new(search *s, lg_err *err)
{
    size_t n = s->posts->count;
    s->author = lg_alloc(n + 1, sizeof *s->author, err);
    s->author_of = lg_alloc(n + 1, sizeof *s->author_of, err);
    s->next = lg_alloc(n + 1, sizeof *s->next, err);
    if (!s->author || !s->author_of || !s->next) return err->status;
    LG_TRY(lookup_new(&s->id, n, true, err));
    return lookup_new(&s->handle, n, false, err);
}

static void search_release(search *s)
{
    lg_free(s->author);
    lg_free(s->author_of);
    lg_free(s->next);
    lg_free(s->id.slot);
    lg_free(s->handle.slot);
}

lg_status rep_customers_find(const rep_posts *posts, const rep_customers_ask *ask, rep_customers *out, lg_err *err)
{
    lg_status st;
    search s = {.posts = posts};
    *out = (rep_customers){.posts = rep_posts_ref(posts)};
    lg_arena_init(&out->arena, REP_POSTS_BYTES);
    LG_GO(read_ask(&s, ask, out, err));
    LG_GO(search_new(&s, err));
    group(&s, true);
    group(&s, false);
    for (uint32_t i = 0; i < posts->count; i++) count_post(&s, i, out);
    LG_GO(list_people(&s, out, err));
done:
    search_release(&s);
    if (st != LG_OK) rep_customers_release(out);
    return st;
}

lg_status rep_customers_again(const rep_customers *list, const rep_posts *posts, rep_customers *out, lg_err *err)
{
    rep_customers_ask ask = {.brand = list->brand,
                             .rival = list->rival,
                             .rivals = list->rivals,
                             .least = list->least,
                             .posts = list->wanted_posts,
                             .top = list->top,
                             .anonymous = list->anonymous};
    return rep_customers_find(posts, &ask, out, err);
}

void rep_customers_release(rep_customers *list)
{
    rep_posts_unref(list->posts);
    lg_arena_release(&list->arena);
    *list = (rep_customers){0};
}
