/* cmd_recheck.c - `recheck`: ask the platforms again, and drop what was deleted there. */
#include "kernel/commands/box_posts.h"
#include "kernel/commands/platform_ask.h"
#include "kernel/commands/posts_gallery.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

enum { POSTS };

static const dsl_param params[] = {
    [POSTS] = {.name = "posts",
               .role = DSL_POSITIONAL,
               .type = DSL_T_OBJECT,
               .kinds = DSL_POSTSES,
               .required = true,
               .help = "posts of `scrape`, or what `classify` made of them"},
    {0},
};

/* Posts of one platform, and what became of them. */
typedef struct platform_posts {
    const scrape_platform *platform;
    const char **id;
    scrape_state *state;
    size_t count;
    scrape_checked checked;
    size_t dropped; /* from the catalogue */
    lg_err why;     /* what stopped it, or nothing */
} platform_posts;

enum { PLATFORMS_MOST = 8 };
typedef struct recheck {
    const dsl_call *call;
    const rep_posts *posts;
    platform_posts of[PLATFORMS_MOST];
    size_t count;
    size_t elsewhere; /* posts of no platform: classified files */
    store_catalogue *catalogue;
    cmd_live live;
    const char *now; /* the platform that is asked */
} recheck;

/* ---- sorting posts by platform ---- */
static platform_posts *posts_at(recheck *r, const char *name)
{
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(r->of[i].platform->name, name) == 0) return &r->of[i];
    const scrape_platform *p = scrape_platform_find(name);
    if (!p || r->count == PLATFORMS_MOST) return NULL;
    r->of[r->count] = (platform_posts){.platform = p};
    return &r->of[r->count++];
}

static lg_status sort_posts(recheck *r, lg_err *err)
{
    const rep_posts *posts = r->posts;
    lg_arena *arena = r->call->arena;
    for (size_t i = 0; i < posts->count; i++) {
        platform_posts *at = posts_at(r, posts->post[i].platform);
        if (at) at->count++;
        else r->elsewhere++;
    }
    for (size_t i = 0; i < r->count; i++) {
        r->of[i].id = lg_arena_alloc(arena, r->of[i].count, sizeof *r->of[i].id, err);
        r->of[i].state = lg_arena_alloc(arena, r->of[i].count, sizeof *r->of[i].state, err);
        if (!r->of[i].id || !r->of[i].state) return err->status;
        r->of[i].count = 0;
    }
    for (size_t i = 0; i < posts->count; i++) {
        platform_posts *at = posts_at(r, posts->post[i].platform);
        if (at) at->id[at->count++] = posts->post[i].id;
    }
    return LG_OK;
}

/* ---- asking ---- */
static void progress(void *ctx, const scrape_progress *now)
{
    recheck *r = ctx;
    plt_doc doc;
    if (!cmd_live_due(&r->live)) return;
    plt_doc_init(&doc);
    plt_title(&doc, "asking %s what became of posts", r->now);
    plt_progress(&doc, now->wanted ? (double)now->posts / (double)now->wanted : 0, "%s of %s posts",
                 lg_thousands((long long)now->posts), lg_thousands((long long)now->wanted));
    if (now->wait)
        plt_text(&doc, "%s allows no more requests for now: it goes on in %.0f s", now->wait->host, now->wait->seconds);
    cmd_live_send(&r->live, &doc);
}

/* Gone posts leave the catalogue at once: what is asked later may be interrupted. */
static lg_status drop_gone(recheck *r, platform_posts *p, lg_err *err)
{
    size_t n = 0;
    const char **gone = lg_arena_alloc(r->call->arena, p->count + 1, sizeof *gone, err);
    if (!gone) return err->status;
    for (size_t i = 0; i < p->count; i++)
        if (p->state[i] == SCRAPE_GONE) gone[n++] = p->id[i];
    return n ? store_catalogue_drop_posts(r->catalogue, p->platform->name, gone, n, &p->dropped, err) : LG_OK;
}

/* What it costs is said before it is spent. */
static lg_status show_cost(const recheck *r, const platform_posts *p, lg_err *err)
{
    plt_doc doc;
    size_t step = p->platform->checks ? p->platform->checks : 1, requests = (p->count + step - 1) / step;
    if (!p->platform->check_cost) return LG_OK;
    plt_doc_init(&doc);
    plt_title(&doc, "recheck: %s is asked about %s posts in %s request%s", p->platform->title,
              lg_thousands((long long)p->count), lg_thousands((long long)requests), requests == 1 ? "" : "s");
    plt_pair(&doc, "cost", "at most $%.2f ($%.3f a post; what was read the same day is not paid again)",
             (double)p->count * (double)p->platform->check_cost / 1e6, (double)p->platform->check_cost / 1e6);
    return cmd_display(r->call, &doc, false, err);
}

static lg_status ask(recheck *r, platform_posts *p, lg_err *err)
{
    cmd_platform platform;
    lg_status st;
    LG_TRY(cmd_platform_open(r->call, p->platform->name, &platform, err));
    const scrape_drive drive = {.platform = p->platform,
                                .catalogue = r->catalogue,
                                .access = platform.way,
                                .contact = platform.contact,
                                .cancel = r->call->cancel,
                                .progress = progress,
                                .ctx = r};
    r->now = p->platform->title;
    lg_err later = {0};
    st = show_cost(r, p, err);
    if (!st) st = scrape_recheck(&drive, p->id, p->count, p->state, &p->checked, err);
    lg_status dropped = drop_gone(r, p, &later);
    cmd_platform_close(&platform);
    if (!st && dropped) *err = later;
    return st ? st : dropped;
}

/* ---- what is left ---- */
/* Goes through the posts again in their order, which is that of each platform's. */
typedef struct gone_walk {
    const recheck *r;
    size_t at[PLATFORMS_MOST];
} gone_walk;

static bool next_is_gone(gone_walk *w, const rep_post *post)
{
    for (size_t i = 0; i < w->r->count; i++)
        if (strcmp(w->r->of[i].platform->name, post->platform) == 0)
            return w->r->of[i].state[w->at[i]++] == SCRAPE_GONE;
    return false;
}

static lg_status without_gone(const recheck *r, rep_posts **out, lg_err *err)
{
    const rep_posts *posts = r->posts;
    LG_TRY(cmd_posts_again(posts, out, err));
    rep_post *kept = lg_arena_alloc(&(*out)->arena, posts->count + 1, sizeof *kept, err);
    if (!kept) {
        rep_posts_unref(*out);
        return err->status;
    }
    gone_walk walk = {.r = r};
    for (size_t i = 0; i < posts->count; i++)
        if (!next_is_gone(&walk, &posts->post[i])) kept[(*out)->count++] = posts->post[i];
    (*out)->post = kept;
    return LG_OK;
}

/* ---- saying it ---- */
static size_t gone_of(const recheck *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->count; i++) n += r->of[i].checked.gone;
    return n;
}

static void doc_platform(plt_doc *doc, const platform_posts *p)
{
    const scrape_checked *n = &p->checked;
    const size_t value[] = {p->count, n->there, n->gone, n->hidden, n->unknown};
    plt_row(doc, PLT_ROW_PLAIN);
    plt_head(doc, "%s", p->platform->title);
    for (size_t i = 0; i < sizeof value / sizeof *value; i++) plt_cell(doc, "%s", lg_thousands((long long)value[i]));
}

static void doc_gone(plt_doc *doc, const recheck *r)
{
    enum { SHOWN = 20 };
    size_t n = gone_of(r), shown = 0;
    gone_walk walk = {.r = r};
    if (!n) return;
    plt_fold_begin(doc, "the %s dropped post%s", lg_thousands((long long)n), n == 1 ? "" : "s");
    for (size_t i = 0; i < r->posts->count && shown < SHOWN; i++) {
        const rep_post *post = &r->posts->post[i];
        if (!next_is_gone(&walk, post)) continue;
        plt_item(doc, "%s %s", post->platform, post->id);
        shown++;
    }
    if (n > shown) plt_item(doc, "and %s more", lg_thousands((long long)(n - shown)));
    plt_fold_end(doc);
}

static void document(plt_doc *doc, const recheck *r, const char *name, const lg_err *why)
{
    static const char *const column[] = {"Asked about", "There", "Gone", "Hidden", "Not known"};
    size_t gone = gone_of(r), hidden = 0, unknown = 0;
    plt_title(doc, "recheck %s: %s posts%s%s", name, lg_thousands((long long)r->posts->count),
              why ? ", stopped early" : "", r->call->note);
    plt_table(doc, "What became of them");
    plt_column(doc, PLT_LEFT, "Platform");
    for (size_t i = 0; i < sizeof column / sizeof *column; i++) plt_column(doc, PLT_RIGHT, "%s", column[i]);
    for (size_t i = 0; i < r->count; i++) {
        doc_platform(doc, &r->of[i]);
        hidden += r->of[i].checked.hidden;
        unknown += r->of[i].checked.unknown;
    }
    if (gone)
        plt_sentence(doc, "%s post%s deleted there %s dropped, from the catalogue and from %s",
                     lg_thousands((long long)gone), gone == 1 ? "" : "s", gone == 1 ? "is" : "are", name);
    else plt_sentence(doc, "Nothing was dropped");
    if (hidden)
        plt_note(doc, "hidden (%s): the platform does not show them to this account now, which is no deletion; kept",
                 lg_thousands((long long)hidden));
    if (unknown)
        plt_note(doc, "not known (%s): the platform did not say what became of them; kept",
                 lg_thousands((long long)unknown));
    if (r->elsewhere) plt_note(doc, "%s of no platform: not asked about", lg_thousands((long long)r->elsewhere));
    if (gone) plt_note(doc, "labelled copies and files exported before still hold them: make those anew");
    doc_gone(doc, r);
}

static lg_status show_and_bind(recheck *r, const dsl_value *value, lg_status st, lg_err *err)
{
    plt_doc doc;
    rep_posts *left = NULL;
    plt_doc_init(&doc);
    document(&doc, r, value->name, st ? err : NULL);
    lg_err later = {0};
    lg_status done = cmd_live_result(r->call, &r->live, &doc, false, &later);
    if (!done && gone_of(r)) {
        done = without_gone(r, &left, &later);
        if (!done) done = cmd_posts_bind(r->call, value->name, left, &later);
    }
    if (st || !done) return st;
    *err = later;
    return done;
}

static lg_status recheck_run(const dsl_call *call, lg_err *err)
{
    const dsl_value *value = dsl_val(call, POSTS);
    recheck r = {.call = call, .posts = cmd_posts(value)};
    cmd_live_init(&r.live, call->out);
    lg_status st = sort_posts(&r, err);
    if (!st && !r.count) {
        lg_fail(err, LG_E_DATA, 512, "`%s` has no posts of a platform to ask about", value->name);
        st = lg_try(err, "`scrape` brings such posts");
        return lg_err_place(err, value->span);
    }
    if (!st) st = cmd_catalogue_open(call, &r.catalogue, err);
    size_t asked = 0;
    for (; !st && asked < r.count; asked++) st = ask(&r, &r.of[asked], err);
    bool any = false;
    for (size_t i = 0; i < r.count; i++) any = any || r.of[i].checked.requests;
    if (!st || any) st = show_and_bind(&r, value, st, err);
    store_catalogue_close(r.catalogue);
    return st ? lg_err_place(err, value->span) : LG_OK;
}

const dsl_command dsl_cmd_recheck = {
    .name = "recheck",
    .summary = "ask the platforms again and drop what was deleted there",
    .detail = "Posts that are gone leave the catalogue, with pictures nobody else's post shows, and the object. What a "
              "platform only hides, or does not tell, is kept and counted. Do it before you export or publish: "
              "platforms ask for that.",
    .group = "Business",
    .params = params,
    .examples = (const char *const[]){"recheck posts", NULL},
    .run = recheck_run,
};
