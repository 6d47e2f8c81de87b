/* cmd_scrape.c - `scrape`: recent public posts of a platform, with their pictures, into the catalogue and an object. */
#include "kernel/commands/platform_ask.h"
#include "kernel/commands/scrape_card.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/base/banned.h"

enum { PLATFORM, INTO, QUERY, TAG, USER, SINCE, UNTIL, LIMIT, BUDGET, TAGGED, PHOTOS, DRY, RESUME };

static const dsl_param params[] = {
    [PLATFORM] = {.name = "platform",
                  .role = DSL_POSITIONAL,
                  .type = DSL_T_CHOICE,
                  .choices = "twitter=x instagram facebook bluesky mastodon",
                  .required = true,
                  .help = "where to look; `connect` it first"},
    [INTO] = {.name = "into",
              .role = DSL_PREPOSITION,
              .type = DSL_T_NEWNAME,
              .dflt = "posts",
              .help = "what the posts will be called"},
    [QUERY] = {.name = "query",
               .role = DSL_OPTION,
               .type = DSL_T_TEXT,
               .help = "words to search for, in the platform's own way of searching (twitter, bluesky)"},
    [TAG] = {.name = "tag",
             .role = DSL_OPTION,
             .type = DSL_T_WORD,
             .list = true,
             .help = "hashtags, without #; a post with any of them counts",
             .advice = "one to three: each further one costs requests; Instagram looks up 30 in a week"},
    [USER] = {.name = "user",
              .role = DSL_OPTION,
              .type = DSL_T_TEXT,
              .help = "the posts of one account, by its name (on Facebook: of a Page)"},
    [SINCE] = {.name = "since",
               .role = DSL_OPTION,
               .type = DSL_T_DATE,
               .help = "posts from this day on; 7d: of the last seven days",
               .advice = "X searches seven days back, Instagram's hashtags one; for more, ask again every few days"},
    [UNTIL] = {.name = "until", .role = DSL_OPTION, .type = DSL_T_DATE, .help = "posts from before this day"},
    [LIMIT] = {.name = "limit",
               .role = DSL_OPTION,
               .type = DSL_T_INT,
               .dflt = "100",
               .min = 1,
               .max = 1e6,
               .help = "at most so many posts",
               .advice = "100 to try it; 500 to 5,000 for a dashboard, where the platform's price allows it"},
    [BUDGET] = {.name = "budget",
                .role = DSL_OPTION,
                .type = DSL_T_INT,
                .dflt_help = "limit",
                .min = 1,
                .max = 1e7,
                .help = "at most so many posts are read, and paid for where they cost something",
                .advice = "more than `limit` where many posts are left out (reposts, posts outside of the dates)"},
    [TAGGED] = {.name = "tagged",
                .role = DSL_FLAG,
                .type = DSL_T_FLAG,
                .help = "posts in which others tagged the account (instagram, facebook)"},
    [PHOTOS] = {.name = "photos",
                .role = DSL_FLAG,
                .type = DSL_T_FLAG,
                .help = "photos the Page uploaded (facebook)"},
    [DRY] = {.name = "dry",
             .role = DSL_FLAG,
             .type = DSL_T_FLAG,
             .help = "only say what would be asked for, and what it would cost"},
    [RESUME] = {.name = "resume",
                .role = DSL_FLAG,
                .type = DSL_T_FLAG,
                .help = "go on where the same line stopped, instead of from the first page"},
    {0},
};

/* One call: what is asked, in the words of the driver and in ours. */
typedef struct asked {
    cmd_platform platform;
    scrape_query query;
    scrape_plan plan;
    char *key;     /* what identifies it; in the call's arena, as all texts here */
    char *title;   /* the same without limits and servers */
    char *again;   /* the line that goes on */
    int64_t now;   /* milliseconds since 1970 */
    store_catalogue *catalogue;
} asked;

/* ---- what is asked ---- */
static const char *text_of(const dsl_call *call, int param)
{
    const dsl_value *v = dsl_val(call, param);
    return v ? v->text : NULL;
}

static lg_status tags_read(const dsl_call *call, scrape_query *q, lg_err *err)
{
    const dsl_arg *arg = &call->arg[TAG];
    const char **tag = lg_arena_alloc(call->arena, (size_t)arg->count + 1, sizeof *tag, err);
    if (!tag) return err->status;
    for (int i = 0; i < arg->count; i++) tag[i] = arg->value[i].text;
    q->tag = tag;
    q->tags = (size_t)arg->count;
    return LG_OK;
}

static int64_t milliseconds(const dsl_call *call, int param)
{
    const dsl_value *v = dsl_val(call, param);
    return v ? (int64_t)llround(v->number * 1000) : 0;
}

static void what_add(const dsl_call *call, lg_buf *out)
{
    for (int i = 0; i < call->arg[TAG].count; i++) {
        lg_buf_adds(out, i ? ", " : " tag ");
        dsl_add_word(out, call->arg[TAG].value[i].text);
    }
    static const struct {
        int param;
        const char *word;
    } part[] = {{QUERY, " query "}, {USER, " user "}, {SINCE, " since "}, {UNTIL, " until "}};
    for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
        if (!text_of(call, part[i].param)) continue;
        lg_buf_adds(out, part[i].word);
        dsl_add_word(out, text_of(call, part[i].param));
    }
    if (dsl_on(call, TAGGED)) lg_buf_adds(out, " tagged");
    if (dsl_on(call, PHOTOS)) lg_buf_adds(out, " photos");
}

/* Everything that decides what comes. Days are as they were written: `since 7d` is the same scrape tomorrow. */
static lg_status texts_make(const dsl_call *call, asked *a, lg_err *err)
{
    lg_buf text;
    const dsl_value *budget = dsl_val(call, BUDGET);
    lg_buf_init(&text, 1 << 20);
    lg_buf_adds(&text, a->platform.platform->name);
    what_add(call, &text);
    lg_status st = lg_buf_check(&text, err);
    if (!st) a->title = lg_arena_strndup(call->arena, text.data, text.len, err);
    lg_buf_addf(&text, " limit %s", dsl_val(call, LIMIT)->text);
    if (budget) lg_buf_addf(&text, " budget %s", budget->text);
    lg_buf_addf(&text, " at %s%s%s", a->platform.way.origin, a->platform.account ? " for " : "",
                a->platform.account ? a->platform.account : "");
    if (!st) st = lg_buf_check(&text, err);
    if (!st) a->key = lg_arena_strndup(call->arena, text.data, text.len, err);
    lg_buf_release(&text);
    /* in a loop the line has a variable in it */
    const char *line = strchr(call->line, '$') ? call->step : call->line;
    if (!st) a->again = lg_arena_strf(call->arena, err, "%s%s", line, dsl_on(call, RESUME) ? "" : " resume");
    return st ? st : err->status;
}

static lg_status query_read(const dsl_call *call, asked *a, lg_err *err)
{
    scrape_query *q = &a->query;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    a->now = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    const dsl_value *budget = dsl_val(call, BUDGET);
    *q = (scrape_query){.text = text_of(call, QUERY),
                        .user = text_of(call, USER),
                        .what = dsl_on(call, TAGGED) ? SCRAPE_TAGGED : dsl_on(call, PHOTOS) ? SCRAPE_PHOTOS
                                                                                            : SCRAPE_POSTS,
                        .since = milliseconds(call, SINCE),
                        .until = milliseconds(call, UNTIL),
                        .limit = (uint64_t)dsl_val(call, LIMIT)->integer,
                        .budget = budget ? (uint64_t)budget->integer : 0,
                        .now = a->now,
                        .account = a->platform.account,
                        .server = a->platform.platform->origin ? NULL : a->platform.way.origin};
    LG_TRY(tags_read(call, q, err));
    LG_TRY(texts_make(call, a, err));
    return scrape_drive_plan(q, a->platform.platform, call->arena, &a->plan, err);
}

/* `since 7d` meant seven days before the first page was asked for; it still does when the line goes on. */
static int64_t as_begun(const dsl_call *call, int param, int64_t now, int64_t started)
{
    enum { DAY_MS = 24 * 3600 * 1000 };
    const char *text = text_of(call, param);
    int64_t at = milliseconds(call, param);
    if (!text || strchr(text, '-')) return at; /* a day of the calendar */
    if (strcmp(text, "today") == 0 || strcmp(text, "yesterday") == 0)
        return at - (now / DAY_MS - started / DAY_MS) * DAY_MS;
    return at - (now - started);
}

static lg_status times_of_begin(const dsl_call *call, asked *a, lg_err *err)
{
    store_scrape before;
    if (!dsl_on(call, RESUME)) return LG_OK;
    LG_TRY(store_catalogue_scrape(a->catalogue, a->platform.platform->name, a->key, a->query.user, true, &before, err));
    if (before.pages) {
        a->query.since = as_begun(call, SINCE, a->now, before.started);
        a->query.until = as_begun(call, UNTIL, a->now, before.started);
    }
    store_scrape_release(&before);
    return LG_OK;
}

/* ---- what came ---- */
static lg_status withheld_add(void *ctx, const store_note *note, lg_err *err)
{
    rep_posts *posts = ctx;
    const char **list = (const char **)(uintptr_t)posts->withheld;
    if (note->kind != STORE_WITHHELD || posts->withhelds == SCRAPE_WITHHELD_MOST * 4) return LG_OK;
    list[posts->withhelds] =
        lg_arena_strf(&posts->arena, err, "%s of %s post%s: %s", note->what, lg_thousands((long long)note->posts),
                      note->posts == 1 ? "" : "s", note->why ? note->why : "the platform did not say why");
    if (!list[posts->withhelds]) return err->status;
    posts->withhelds++;
    return LG_OK;
}

static lg_status posts_bind(const dsl_call *call, const asked *a, int64_t scrape, lg_err *err)
{
    rep_posts *posts = NULL;
    const char *name = dsl_val(call, INTO)->text;
    LG_TRY(cmd_posts_read(a->catalogue, scrape, a->title, &posts, err));
    posts->withheld = lg_arena_alloc(&posts->arena, SCRAPE_WITHHELD_MOST * 4, sizeof *posts->withheld, err);
    lg_status st = posts->withheld ? store_catalogue_notes(a->catalogue, scrape, withheld_add, posts, err)
                                   : err->status;
    if (st) {
        rep_posts_unref(posts);
        return st;
    }
    LG_TRY(cmd_posts_bind(call, name, posts, err));
    dsl_object *made = dsl_session_get(call->session, name);
    return made ? made->cls->show(made, name, call->out, err) : LG_OK;
}

/* How to go on, in the place of what to type next, where nothing better stands there. */
static void say_again(lg_err *err, const asked *a, const scrape_result *result)
{
    if (err->status == LG_E_INTERRUPTED || !result->scrape.pages) return;
    if (err->code == 733) {
        snprintf(err->why, sizeof err->why,
                 "%s posts on %s pages were kept here; then another notebook or program went on with the same line",
                 lg_thousands((long long)result->scrape.posts), lg_thousands((long long)result->scrape.pages));
        snprintf(err->hint, sizeof err->hint, "when it has ended: %.300s", a->again);
    } else if (err->code == 510 || !err->hint[0]) {
        snprintf(err->hint, sizeof err->hint, "%.380s", a->again);
    }
    lg_text_scrub(err->hint); /* a long line was cut, maybe within a character */
}

/* The card of what came; then the posts under their name. Stopped early they get it only where it is free: what
 * stands there is not replaced by less. */
static lg_status finish(const dsl_call *call, const asked *a, cmd_scrape_card *card, const scrape_result *result,
                        lg_status st, lg_err *err)
{
    plt_doc doc;
    lg_err later = {0};
    bool some = result->scrape.id && (!st || result->scrape.pages), stopped = st == LG_E_INTERRUPTED;
    if (!some) {
        snprintf(card->live.what, sizeof card->live.what, "scraping %.30s", a->platform.platform->name);
        cmd_live_close(&card->live, st);
        return st;
    }
    store_catalogue *catalogue = a->catalogue;
    plt_doc_init(&doc);
    lg_status shown = cmd_scrape_doc_result(&doc, card, catalogue, result, st ? err : NULL, &later);
    if (shown) plt_doc_release(&doc);
    else shown = cmd_live_result(call, &card->live, &doc, false, &later);
    bool free_name = !dsl_session_get(call->session, dsl_val(call, INTO)->text);
    if (!shown && (!st || (free_name && !stopped && result->scrape.posts)))
        shown = posts_bind(call, a, result->scrape.id, &later);
    if (st) say_again(err, a, result);
    if (st || !shown) return st;
    *err = later;
    return shown;
}

static lg_status scrape_it(const dsl_call *call, asked *a, cmd_scrape_card *card, lg_err *err)
{
    scrape_result result;
    LG_TRY(cmd_catalogue_open(call, &a->catalogue, err));
    LG_TRY(times_of_begin(call, a, err));
    const scrape_drive drive = {.platform = a->platform.platform,
                                .query = a->query,
                                .key = a->key,
                                .resume = dsl_on(call, RESUME),
                                .catalogue = a->catalogue,
                                .access = a->platform.way,
                                .contact = a->platform.contact,
                                .cancel = call->cancel,
                                .progress = cmd_scrape_progress,
                                .ctx = card};
    cmd_live_init(&card->live, call->out);
    lg_status st = scrape_run(&drive, &result, err);
    st = finish(call, a, card, &result, st, err);
    scrape_result_release(&result);
    return st;
}

static lg_status show_plan(const dsl_call *call, const asked *a, const cmd_scrape_card *card, lg_err *err)
{
    plt_doc doc;
    lg_buf request;
    const scrape_drive drive = {.platform = a->platform.platform, .query = a->query, .access = a->platform.way};
    bool dry = dsl_on(call, DRY);
    lg_buf_init(&request, 1 << 16);
    lg_status st = dry ? scrape_first_address(&drive, &request, err) : LG_OK;
    if (!st) {
        plt_doc_init(&doc);
        cmd_scrape_doc_plan(&doc, card, dry ? lg_buf_str(&request) : NULL,
                            a->platform.account ? "17841400000000000 stands for the number of your account" : NULL);
        st = cmd_display(call, &doc, false, err);
    }
    lg_buf_release(&request);
    return st;
}

static lg_status scrape_run_call(const dsl_call *call, lg_err *err)
{
    asked a = {0};
    const dsl_value *platform = dsl_val(call, PLATFORM);
    bool dry = dsl_on(call, DRY);
    lg_status st = dry ? cmd_platform_look(call, platform->text, &a.platform, err)
                       : cmd_platform_open(call, platform->text, &a.platform, err);
    if (st) return lg_err_place(err, platform->span);
    LG_GO(query_read(call, &a, err));
    cmd_scrape_card card = {.call = call,
                            .platform = a.platform.platform->name,
                            .about = a.title,
                            .plan = &a.plan,
                            .limit = a.query.limit,
                            .budget = scrape_drive_budget(&a.query, &a.plan),
                            .resume = dsl_on(call, RESUME),
                            .again = a.again};
    LG_GO(show_plan(call, &a, &card, err));
    if (!dry) st = scrape_it(call, &a, &card, err);
done:
    store_catalogue_close(a.catalogue);
    cmd_platform_close(&a.platform);
    return st ? lg_err_place(err, platform->span) : LG_OK;
}

const dsl_command dsl_cmd_scrape = {
    .name = "scrape",
    .summary = "collect recent public posts with images through the official API",
    .detail = "Says first what it will get, what it costs at most and what the platform withholds; `dry` says only "
              "that. Posts and pictures are kept in the catalogue page by page: whatever stops it, `resume` goes on "
              "there. Without it the line begins with the newest posts, and keeps once what is there already.",
    .group = "Business",
    .params = params,
    .makes = DSL_KIND_POSTS,
    .examples =
        (const char *const[]){"scrape twitter tag adidas, nike limit 500 budget 1000 dry",
                              "scrape bluesky query \"new shoes\" since 7d limit 200 into posts", NULL},
    .run = scrape_run_call,
};
