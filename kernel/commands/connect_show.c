/* connect_show.c - the card of a connection: who, what may be asked, what is left, what is withheld. Never a key. */
#include "kernel/commands/connect.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

/* ---- words about keys ---- */
static bool has(const cmd_keys *keys, const char *name)
{
    return net_credentials_secret(&keys->credentials, name) || net_credentials_plain(&keys->credentials, name);
}

const char *cmd_connect_kind_of_keys(const cmd_keys *keys)
{
    const char *p = keys->credentials.platform;
    bool user = has(keys, "access_token"), oauth1 = has(keys, "access_token_secret");
    if (strcmp(p, "bluesky") == 0) return "a handle and an app password";
    if (strcmp(p, "azure") == 0) return has(keys, "sas_token") ? "a shared access signature" : "a name and a key";
    if (strcmp(p, "mastodon") == 0) return user ? "an access token" : "none: only what everybody may see";
    if (strcmp(p, "twitter") != 0) return "an access token";
    if (has(keys, "bearer_token")) return user && oauth1 ? "a bearer token, and a user's keys" : "a bearer token";
    if (!has(keys, "consumer_key")) return "a user's token (OAuth 2)";
    return user && oauth1 ? "an application's keys and a user's (OAuth 1.0a)" : "an application's keys";
}

void cmd_connect_source(const cmd_keys *keys, lg_buf *out)
{
    if (keys->source == CMD_KEYS_TYPED) lg_buf_adds(out, "typed, kept until this session ends");
    else if (keys->source == CMD_KEYS_USUAL) lg_buf_adds(out, "the environment or the file `credentials`");
    else lg_buf_addf(out, "the file `%s`, for this session", keys->file);
}

static void add_source(plt_doc *doc, const cmd_keys *keys)
{
    lg_buf words;
    lg_buf_init(&words, 1 << 16);
    cmd_connect_source(keys, &words);
    plt_pair(doc, "keys", "%s", cmd_connect_kind_of_keys(keys));
    plt_pair(doc, "from", "%s", lg_buf_str(&words));
    lg_buf_release(&words);
}

/* A name that nobody reads is a slip of the pen: `server` for `instance`. */
static bool is_read(const char *name)
{
    static const char *const others[] = {"bearer_token",  "consumer_key",        "consumer_secret",
                                         "access_token",  "access_token_secret", "client_secret",
                                         "refresh_token", "app_password",        "account_key",
                                         "sas_token"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(name, others[i]) == 0) return true;
    return net_credentials_is_public(name);
}

static void add_unread(plt_doc *doc, const cmd_keys *keys)
{
    for (size_t i = 0; i < keys->credentials.count; i++)
        if (!is_read(keys->credentials.key[i].name))
            plt_note(doc, "`%s` stands among these keys and means nothing here; `help connect` lists the names.",
                     keys->credentials.key[i].name);
}

/* ---- who ---- */
static void account_name(const connect_facts *f, char out[200])
{
    const scrape_account *a = &f->account;
    if (a->handle) snprintf(out, 200, "@%.150s", a->handle);
    else if (a->name) snprintf(out, 200, "%.150s", a->name);
    else if (cmd_access_anonymous(f->access)) snprintf(out, 200, "everybody");
    else snprintf(out, 200, "this application");
}

static void add_account(plt_doc *doc, const connect_facts *f)
{
    const scrape_account *a = &f->account;
    char who[200];
    account_name(f, who);
    plt_pair(doc, "account", "%s%s%s%s", who, a->handle && a->name ? " (" : "", a->handle && a->name ? a->name : "",
             a->handle && a->name ? ")" : "");
    if (a->tied_id)
        plt_pair(doc, "asks as", "@%s, number %s, by the page %s", a->tied_handle ? a->tied_handle : "?", a->tied_id,
                 a->page ? a->page : "?");
    plt_pair(doc, "server", "%s", cmd_access_origin(f->access));
}

/* ---- what is left ---- */
static void clock_text(int64_t when, char out[40])
{
    int minute = (int)(when % 86400 / 60);
    if (when > 0) snprintf(out, 40, ", new ones from %02d:%02d UTC on", minute / 60, minute % 60);
    else *out = 0;
}

static void add_rate(plt_doc *doc, const connect_facts *f)
{
    char until[40];
    const net_rate *r = &f->rate;
    clock_text(r->reset, until);
    if (f->limited && r->remaining < 0 && r->limit < 0)
        plt_pair(doc, "requests left", "none: it has been asked too often%s", until);
    else if (r->limit >= 0 && r->remaining >= 0)
        plt_pair(doc, "requests left", "%s of %s%s%s", lg_thousands(r->remaining), lg_thousands(r->limit),
                 strcmp(f->access->platform->name, "twitter") == 0 ? " like this one" : "", until);
    else if (r->used_percent >= 0)
        plt_pair(doc, "requests left", "%d%% of those of an hour",
                 100 - (r->used_percent < 100 ? r->used_percent : 100));
    else plt_pair(doc, "requests left", "not told by the platform");
}

static void add_month(plt_doc *doc, const scrape_account *a)
{
    char day[40] = "";
    if (a->cap <= 0 || a->used < 0) return;
    if (a->reset_day) snprintf(day, sizeof day, ", counted anew on day %d of the month", a->reset_day);
    double share = (double)a->used / (double)a->cap;
    plt_progress(doc, share < 1 ? share : 1, "%s of %s posts of this month read%s", lg_thousands(a->used),
                 lg_thousands(a->cap), day);
}

/* ---- what may be asked ---- */
static bool granted(const scrape_account *a, const char *name)
{
    for (size_t i = 0; i < a->grants; i++)
        if (strcmp(a->grant[i], name) == 0) return true;
    return false;
}

static void add_row(plt_doc *doc, const char *what, connect_state may, const char *why)
{
    static const char *const word[] = {"not tried", "yes", "no"};
    plt_row(doc, PLT_ROW_PLAIN);
    plt_head(doc, "%s", what);
    plt_cell(doc, "%s", word[may]);
    plt_cell(doc, "%s", why);
}

/* Permissions of Meta that a question needs, and what else it needs that no permission shows. */
typedef struct meta_need {
    const char *platform, *what, *permission[3], *besides;
} meta_need;

static const meta_need meta_needs[] = {
    {"instagram", "scrape instagram tag", {"instagram_basic"}, "an app reviewed for Instagram Public Content Access"},
    {"instagram", "scrape instagram user", {"instagram_basic", "pages_read_engagement"}, NULL},
    {"instagram", "scrape instagram … tagged",
     {"instagram_basic", "instagram_manage_comments", "pages_read_engagement"}, NULL},
    {"facebook", "scrape facebook user", {"pages_read_engagement"},
     "for pages of others an app reviewed for Page Public Content Access"},
    {"facebook", "scrape facebook … tagged", {"pages_read_engagement", "pages_read_user_content"}, NULL},
};

static void add_meta(plt_doc *doc, const connect_facts *f, const meta_need *need)
{
    lg_buf why;
    bool all = true;
    lg_buf_init(&why, 1 << 16);
    for (int i = 0; i < 3 && need->permission[i]; i++) {
        bool has_it = granted(&f->account, need->permission[i]);
        if (!has_it) lg_buf_addf(&why, "%s%s", all ? "lacks the permission " : ", ", need->permission[i]);
        all = all && has_it;
    }
    if (need->besides) lg_buf_addf(&why, "%sneeds besides %s", why.len ? "; " : "", need->besides);
    bool known = f->may.state == CONNECT_YES;
    add_row(doc, need->what, !known ? CONNECT_UNASKED : all ? CONNECT_YES : CONNECT_NO,
            known ? lg_buf_str(&why) : "the platform did not tell its permissions");
    lg_buf_release(&why);
}

static void add_twitter(plt_doc *doc, const connect_facts *f)
{
    bool user = cmd_access_has_user(f->access);
    static const char paid[] = "each post read is paid for; with `dry` it shows the request and its cost at most";
    add_row(doc, "scrape twitter tag, query", CONNECT_UNASKED, paid);
    add_row(doc, "scrape twitter user", CONNECT_UNASKED, paid);
    add_row(doc, "the asking account", f->who.state,
            !user ? "these are keys of an application; with a user's there is one" : "");
    add_row(doc, "posts read this month", f->used.state, "");
}

static void add_others(plt_doc *doc, const connect_facts *f)
{
    bool mastodon = strcmp(f->access->platform->name, "mastodon") == 0, anonymous = cmd_access_anonymous(f->access);
    if (mastodon) {
        connect_said said = anonymous ? f->may : f->who;
        add_row(doc, "scrape mastodon tag, user", anonymous ? said.state : CONNECT_YES,
                anonymous && said.state == CONNECT_NO ? "this server wants a token for it" : "");
        if (!anonymous && said.state != CONNECT_YES)
            add_row(doc, "the asking account", said.state, "the token lacks the scope read:accounts");
    } else {
        add_row(doc, "scrape bluesky tag, query, user", CONNECT_YES, "");
    }
}

static void add_may(plt_doc *doc, const connect_facts *f)
{
    const char *platform = f->access->platform->name;
    bool any = false;
    plt_table(doc, "What these keys may ask");
    plt_column(doc, PLT_LEFT, "Question");
    plt_column(doc, PLT_LEFT, "Allowed");
    plt_column(doc, PLT_LEFT, "Why");
    for (size_t i = 0; i < sizeof meta_needs / sizeof *meta_needs; i++)
        if (strcmp(meta_needs[i].platform, platform) == 0) any = true, add_meta(doc, f, &meta_needs[i]);
    if (strcmp(platform, "twitter") == 0) add_twitter(doc, f);
    else if (!any) add_others(doc, f);
}

/* ---- no, and why ---- */
/* The refusals people ask about most: their words do not say what to do. */
static const char *advice(const char *platform, const connect_said *said)
{
    if (strcmp(platform, "twitter") == 0) {
        if (strcmp(said->code, "453") == 0)
            return "453: the plan of this app does not include that question; developer.x.com shows and changes it";
        if (said->status == 403)
            return "403: these keys are known, but not for this; look at the app's plan, project and permissions";
        return "other questions may be allowed all the same";
    }
    if (strcmp(said->code, "190") == 0) return "190: the token has ended or was taken back; make a new one";
    if (strcmp(said->code, "10") == 0 || strcmp(said->code, "200") == 0)
        return "the app lacks a permission; ask for it in the app's page for developers";
    return "other questions may be allowed all the same";
}

static void add_refusal(plt_doc *doc, const connect_facts *f, const connect_said *said, const char *what)
{
    lg_err w = {0};
    const cmd_platform *p = f->access->platform;
    if (said->state != CONNECT_NO) return;
    lg_fail(&w, LG_E_DENIED, 712, "%s does not tell these keys %s (answer %d%s%s)", p->title, what, said->status,
            *said->code ? ", code " : "", said->code);
    if (*said->said) lg_why(&w, "it said: %s", said->said);
    lg_try(&w, "%s", advice(p->name, said));
    plt_warning(doc, &w);
}

/* ---- what is withheld ---- */
static void add_withheld(plt_doc *doc, const connect_facts *f)
{
    lg_err unused = {0};
    scrape_plan plan;
    const char *platform = f->access->platform->name, *tag = "logo";
    scrape_query query = {.tag = &tag, .tags = 1, .account = "1", .server = cmd_access_origin(f->access)};
    if (strcmp(platform, "facebook") == 0) query = (scrape_query){.user = "page"};
    if (scrape_platform_find(platform)->plan(&query, f->arena, &plan, &unused)) return;
    for (size_t i = 0, shown = 0; i < plan.lines; i++) {
        if (strncmp(plan.line[i], "Withholds ", 10) != 0) continue;
        if (!shown++) plt_heading(doc, "What nobody is given");
        plt_item(doc, "%s", plan.line[i]);
    }
    if (plan.limits) plt_note(doc, "The limit of a search: %s.", plan.limits);
}

/* ---- the whole ---- */
static void add_sentence(plt_doc *doc, const connect_facts *f)
{
    const scrape_account *a = &f->account;
    const char *title = f->access->platform->title;
    char who[200];
    account_name(f, who);
    if (f->limited) plt_sentence(doc, "%s knows these keys, and has been asked too often for now", title);
    else if (a->cap > 0 && a->used >= 0)
        plt_sentence(doc, "%s lets %s in: %s of %s posts of this month are left", title, who,
                     lg_thousands(a->used < a->cap ? a->cap - a->used : 0), lg_thousands(a->cap));
    else if (cmd_access_anonymous(f->access))
        plt_sentence(doc, "%s %s its public timelines without keys", title,
                     f->may.state == CONNECT_YES ? "shows" : "does not show");
    else plt_sentence(doc, "%s lets %s in", title, who);
}

void cmd_connect_show(plt_doc *doc, const connect_facts *f)
{
    plt_title(doc, "%s: connected", f->access->platform->title);
    add_sentence(doc, f);
    add_refusal(doc, f, &f->who, "who asks");
    add_refusal(doc, f, &f->may, cmd_access_anonymous(f->access) ? "its public timeline" : "what is allowed");
    add_refusal(doc, f, &f->used, "how much of the month is used");
    add_account(doc, f);
    add_source(doc, f->access->keys);
    add_unread(doc, f->access->keys);
    add_rate(doc, f);
    add_month(doc, &f->account);
    add_may(doc, f);
    add_withheld(doc, f);
    if (f->kept) plt_note(doc, "The keys were kept in the file `credentials`, which only you can read.");
}

void cmd_connect_show_azure(plt_doc *doc, const cmd_keys *keys)
{
    const char *name = net_credentials_plain(&keys->credentials, "account_name");
    plt_title(doc, "Azure: keys are there");
    plt_sentence(doc, "Keys of Azure are there, and this version has nothing that uses them yet");
    if (name) plt_pair(doc, "account", "%s", name);
    add_source(doc, keys);
    plt_note(doc, "Reading and writing of storage comes with a later version; nothing was asked of Azure, so whether "
                  "the keys are right is not known.");
}
