/* scrape_card.c - the documents of `scrape`: plan, progress, result. */
#include "kernel/commands/scrape_card.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/base/banned.h"

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

/* Millionths of a dollar as "$10.00", small sums with what there is of them. */
static void dollars(int64_t millionths, char out[40])
{
    double d = (double)millionths / 1e6;
    long long cents = (millionths + 5000) / 10000;
    if (millionths > 0 && millionths < 10000) snprintf(out, 40, "$%.3f", d);
    else snprintf(out, 40, "$%s.%02d", lg_thousands(cents / 100), (int)(cents % 100));
}

static void clock_text(int64_t seconds, char out[40])
{
    struct tm tm;
    time_t t = (time_t)seconds;
    if (!gmtime_r(&t, &tm) || !strftime(out, 40, "%H:%M UTC", &tm)) out[0] = 0;
}

/* ---- before ---- */
static void doc_quota_before(plt_doc *doc, const cmd_scrape_card *card)
{
    const scrape_plan *p = card->plan;
    char cost[40];
    plt_pair(doc, "budget", "0 of %s posts spent", lg_thousands((long long)card->budget));
    if (p->cost_most > 0) {
        dollars(p->cost_most, cost);
        plt_pair(doc, "cost", "at most %s (%s)", cost, p->cost);
    }
    uint64_t page = card->budget < p->per_page ? card->budget : p->per_page;
    plt_pair(doc, "requests", "about %s, of up to %s posts each", lg_thousands((long long)p->requests),
             lg_thousands((long long)page));
    if (p->limits) plt_pair(doc, "allowed", "%s", p->limits);
}

void cmd_scrape_doc_plan(plt_doc *doc, const cmd_scrape_card *card, const char *request, const char *stands_for)
{
    const scrape_plan *p = card->plan;
    plt_title(doc, "scrape %s%s%s", card->about, request ? ", dry: nothing is sent" : "", card->call->note);
    plt_sentence(doc, "%s", p->summary);
    for (size_t i = 0; i < p->lines; i++) plt_item(doc, "%s", p->line[i]);
    doc_quota_before(doc, card);
    if (!request) return;
    plt_heading(doc, "The first request");
    plt_code(doc, "GET %s\nAuthorization: (made of what `connect %s` was given; not shown)", request, card->platform);
    plt_note(doc, "%s%sfurther pages are asked for in the same way, each with the mark that the page before it gave; "
             "pictures without keys", stands_for ? stands_for : "", stands_for ? "; " : "");
}

/* ---- meanwhile ---- */
static void doc_wait(plt_doc *doc, const net_wait *wait)
{
    lg_buf text;
    char until[40];
    lg_buf_init(&text, 256);
    plt_duration(wait->seconds, &text);
    clock_text(wait->until, until);
    if (wait->rate)
        plt_text(doc, "%s allows no more requests for now: it goes on in %s, at %s", wait->host, lg_buf_str(&text),
                 until);
    else plt_text(doc, "%s did not answer as it should: once more in %s", wait->host, lg_buf_str(&text));
    lg_buf_release(&text);
}

void cmd_scrape_progress(void *ctx, const scrape_progress *now)
{
    cmd_scrape_card *card = ctx;
    plt_doc doc;
    if (!cmd_live_due(&card->live)) return;
    plt_doc_init(&doc);
    plt_title(&doc, "scraping %s", card->about);
    plt_progress(&doc, now->wanted ? (double)now->posts / (double)now->wanted : 0,
                 "%s page%s, %s of %s posts, %s%s picture%s", lg_thousands((long long)now->pages), plural(now->pages),
                 lg_thousands((long long)now->posts), lg_thousands((long long)now->wanted),
                 lg_thousands((long long)now->pictures),
                 now->due > now->pictures + now->lost ? " of the" : "", plural(now->pictures));
    plt_pair(&doc, "budget", "%s of %s posts spent", lg_thousands((long long)now->read),
             lg_thousands((long long)card->budget));
    if (now->wait) doc_wait(&doc, now->wait);
    cmd_live_send(&card->live, &doc);
}

/* ---- afterwards ---- */
static void doc_rate(plt_doc *doc, const scrape_result *result)
{
    const net_rate *rate = &result->rate;
    char until[40] = "";
    lg_buf text;
    if (!result->asked) return;
    lg_buf_init(&text, 1000);
    if (rate->reset > 0) clock_text(rate->reset, until);
    if (rate->limit >= 0 && rate->remaining >= 0 && rate->remaining <= rate->limit)
        lg_buf_addf(&text, "%s of %s requests used, %s left", lg_thousands(rate->limit - rate->remaining),
                    lg_thousands(rate->limit), lg_thousands(rate->remaining));
    else if (rate->remaining >= 0) lg_buf_addf(&text, "%s requests left", lg_thousands(rate->remaining));
    else if (rate->used_percent >= 0) lg_buf_addf(&text, "%d%% of the requests used", rate->used_percent);
    if (text.len && *until) lg_buf_addf(&text, ", anew at %s", until);
    plt_pair(doc, "allowed", "%s", text.len ? lg_buf_str(&text) : "the platform did not say how much is left");
    lg_buf_release(&text);
}

static void doc_spent(plt_doc *doc, const cmd_scrape_card *card, const scrape_result *result)
{
    const scrape_plan *p = card->plan;
    char cost[40];
    uint64_t read = result->scrape.given;
    plt_pair(doc, "budget", "%s of %s posts spent%s", lg_thousands((long long)read),
             lg_thousands((long long)card->budget), read > result->read ? ", earlier runs of this line included" : "");
    if (p->cost_most <= 0 || !card->budget) return;
    dollars((int64_t)((double)p->cost_most / (double)card->budget * (double)read + 0.5), cost);
    plt_pair(doc, "cost", "at most %s so far", cost);
}

static lg_status add_lost(void *ctx, const char *why, int64_t count, lg_err *err)
{
    (void)err;
    plt_item(ctx, "%s picture%s cannot be had: %s", lg_thousands(count), plural((uint64_t)count), why);
    return LG_OK;
}

static void doc_pictures(plt_doc *doc, const store_media_counts *n, const scrape_result *result)
{
    lg_buf text;
    int64_t all = n->kept + n->wanted + n->lost + n->without;
    lg_buf_init(&text, 2000);
    lg_buf_addf(&text, "%s of %s kept", lg_thousands(n->kept), lg_thousands(all));
    if (n->images < n->kept) lg_buf_addf(&text, ", %s of them different", lg_thousands(n->images));
    if (n->lost) lg_buf_addf(&text, "; %s cannot be had", lg_thousands(n->lost));
    if (n->without) lg_buf_addf(&text, "; %s without an address", lg_thousands(n->without));
    if (n->wanted) lg_buf_addf(&text, "; %s did not come, `resume` asks for them again", lg_thousands(n->wanted));
    if (result->missed) lg_buf_addf(&text, " (%s)", result->missed_why);
    plt_pair(doc, "pictures", "%s", lg_buf_str(&text));
    lg_buf_release(&text);
}

typedef struct notes_in {
    plt_doc *doc;
    store_note_kind kind;
    bool any;
    uint64_t posts;
} notes_in;

static lg_status add_note(void *ctx, const store_note *note, lg_err *err)
{
    notes_in *in = ctx;
    plt_doc *doc = in->doc;
    bool left = in->kind == STORE_LEFT_OUT;
    (void)err;
    if (note->kind != in->kind) return LG_OK;
    if (!in->any) {
        plt_table(doc, "%s", left ? "Left out" : "Withheld by the platform");
        plt_column(doc, PLT_LEFT, "%s", left ? "Posts" : "What");
        plt_column(doc, PLT_RIGHT, "%s", left ? "How many" : "Of how many posts");
        if (!left) plt_column(doc, PLT_LEFT, "Why");
    }
    in->any = true;
    in->posts += note->posts;
    plt_row(doc, PLT_ROW_PLAIN);
    plt_head(doc, "%s", note->what);
    plt_cell(doc, "%s", lg_thousands((long long)note->posts));
    if (!left) plt_cell(doc, "%s", note->why ? note->why : "");
    return LG_OK;
}

static void doc_problems(plt_doc *doc, const scrape_result *result)
{
    size_t shown = result->problems < SCRAPE_PROBLEMS_SHOWN ? result->problems : SCRAPE_PROBLEMS_SHOWN;
    if (!result->problems) return;
    plt_fold_begin(doc, "%s field%s of answers not what they should be", lg_thousands((long long)result->problems),
                   result->problems == 1 ? " is" : "s are");
    for (size_t i = 0; i < shown; i++) plt_item(doc, "%s %s", result->problem[i].place, result->problem[i].what);
    if (result->problems > shown) plt_item(doc, "and %s more", lg_thousands((long long)(result->problems - shown)));
    plt_fold_end(doc);
}

static void doc_head(plt_doc *doc, const cmd_scrape_card *card, const scrape_result *result, const lg_err *why)
{
    uint64_t posts = result->scrape.posts, pages = result->scrape.pages;
    plt_title(doc, "scrape %s: %s post%s on %s page%s%s", card->about, lg_thousands((long long)posts), plural(posts),
              lg_thousands((long long)pages), plural(pages),
              why ? ", stopped early" : result->scrape.done ? "" : ", there may be more");
    if (why && why->status == LG_E_INTERRUPTED)
        plt_sentence(doc, "Interrupted; what came before is kept, and this line goes on with it");
    else if (why) plt_sentence(doc, "Stopped: %s; what came before is kept, and this line goes on with it", why->msg);
    else
        plt_sentence(doc, "%s%s%s", posts ? "Ended: " : "No posts came: ",
                     result->end_why ? result->end_why : "nothing more is wanted",
                     result->same ? "; pages that have not changed since the last time were not sent again" : "");
    if (why) plt_code(doc, "%s", card->again);
    if (card->resume && result->pages && result->pages == result->scrape.pages)
        plt_text(doc, "There was nothing to `resume`: no earlier run of this very line stopped on its way, so it began "
                      "with the newest posts.");
}

lg_status cmd_scrape_doc_result(plt_doc *doc, const cmd_scrape_card *card, store_catalogue *catalogue,
                                const scrape_result *result, const lg_err *why, lg_err *err)
{
    store_media_counts media;
    int64_t id = result->scrape.id;
    doc_head(doc, card, result, why);
    plt_pair(doc, "posts", "%s, %s of them new to the catalogue", lg_thousands((long long)result->scrape.posts),
             lg_thousands((long long)result->fresh));
    LG_TRY(store_catalogue_media(catalogue, id, &media, NULL, NULL, err));
    doc_pictures(doc, &media, result);
    doc_spent(doc, card, result);
    doc_rate(doc, result);
    if (media.lost) LG_TRY(store_catalogue_media(catalogue, id, &media, add_lost, doc, err));
    notes_in withheld = {.doc = doc, .kind = STORE_WITHHELD}, left = {.doc = doc, .kind = STORE_LEFT_OUT};
    LG_TRY(store_catalogue_notes(catalogue, id, add_note, &left, err));
    if (left.any)
        plt_note(doc, "%s posts given = %s kept + %s left out", lg_thousands((long long)result->scrape.given),
                 lg_thousands((long long)result->scrape.posts), lg_thousands((long long)left.posts));
    LG_TRY(store_catalogue_notes(catalogue, id, add_note, &withheld, err));
    doc_problems(doc, result);
    return LG_OK;
}
