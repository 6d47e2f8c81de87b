/* dash_html.c - heading, filters, people and posts: what can be read without script. Texts of strangers go through
 * rep_dash_text; addresses stand only in links that a reader may follow. */
#include "lib/report/dash_parts.h"

#include <math.h>
#include <string.h>

#include "lib/plot/block.h"

#include "lib/base/banned.h"

void rep_dash_text(lg_buf *out, const char *text)
{
    plt_html_text(out, text);
}

void rep_dash_text_of(lg_buf *out, lg_buf *words)
{
    if (words->failed && !out->failed) out->failed = words->failed;
    rep_dash_text(out, lg_buf_str(words));
    lg_buf_release(words);
}

/* ---- links ---- */
/* Only addresses of the web: a post may come from anywhere. */
static bool is_link(const dash *d, const char *url)
{
    if (d->anonymous || !url) return false;
    bool web = strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0;
    return web && lg_utf8_valid(url, strlen(url)) == strlen(url) && !strpbrk(url, " \t\r\n\\\"<>`");
}

static void open_link(const dash *d, const char *url, lg_buf *out)
{
    if (!is_link(d, url)) return;
    lg_buf_adds(out, "<a href=\"");
    plt_xml_text(out, url);
    lg_buf_adds(out, "\" rel=\"noopener noreferrer\">");
}

static void close_link(const dash *d, const char *url, lg_buf *out)
{
    if (is_link(d, url)) lg_buf_adds(out, "</a>");
}

/* ---- top ---- */
static void add_choice(lg_buf *out, const char *id, const char *name, const char *all)
{
    lg_buf_addf(out, "<label>%s <select id=%s><option value=\"\">%s</option>", name, id, all);
}

static void add_filters(const dash *d, lg_buf *out)
{
    lg_buf_adds(out, "<form id=filters aria-label=Filters hidden><div class=row>\n");
    if (d->labelled) {
        add_choice(out, "brand", "Brand", "all");
        for (int k = 0; k < d->labels; k++) {
            lg_buf_addf(out, "<option value=%d>", k);
            rep_dash_text(out, d->label[k].name);
            lg_buf_adds(out, "</option>");
        }
        lg_buf_adds(out, "<option value=-1>unsure</option></select></label>\n");
    }
    if (d->platforms > 1) {
        add_choice(out, "platform", "From", "everywhere");
        for (int k = 0; k < d->platforms; k++) {
            lg_buf_addf(out, "<option value=%d>", k);
            rep_dash_text(out, rep_dash_platform(d, d->platform[k]));
            lg_buf_adds(out, "</option>");
        }
        lg_buf_adds(out, "</select></label>\n");
    }
    if (d->first_day != DASH_NO_DAY && d->first_day != d->last_day)
        lg_buf_adds(out, "<label>First day <input type=date id=since></label>\n"
                         "<label>Last day <input type=date id=until></label>\n");
    if (d->labelled) {
        int least = (int)ceil(100 * (double)d->least - 1e-4);
        lg_buf_addf(out,
                    "<label>At least <output id=bound for=least>%d%%</output> sure <input type=range id=least min=%d "
                    "max=99 value=%d></label>\n",
                    least, least, least);
    }
    lg_buf_adds(out, "<button type=reset id=show-all>Reset filters</button></div>\n"
                     "<p id=count role=status aria-live=polite></p></form>\n");
}

static void add_note(const dash *d, lg_buf *out)
{
    lg_buf_adds(out, "<p class=note>Made on ");
    rep_dash_date(rep_dash_day(d->ask->made), out);
    lg_buf_adds(out, " with Logolens " LG_VERSION ".");
    if (d->anonymous) lg_buf_adds(out, " Nobody is named: names, texts, photos and links of posts are left out.");
    if (d->posts_left)
        lg_buf_addf(out, " Left out: %s older post%s.", lg_thousands((long long)d->posts_left),
                    d->posts_left == 1 ? "" : "s");
    if (d->pictures_left)
        lg_buf_addf(out, " Left out to keep this file small: %s picture%s.", lg_thousands((long long)d->pictures_left),
                    d->pictures_left == 1 ? "" : "s");
    if (d->texts_cut) lg_buf_addf(out, " Long texts are cut after %zu characters.", d->text_most);
    lg_buf_adds(out, "</p>\n<noscript><p class=note>Scripts are off: all tables and pictures are here, without filters "
                     "and downloads.</p></noscript>\n");
}

void rep_dash_top(const dash *d, lg_buf *out)
{
    lg_buf words;
    lg_buf_adds(out, "<body>\n<a class=skip href=\"#main\">Skip to the results</a>\n<header>\n<h1>");
    rep_dash_text(out, d->ask->title);
    lg_buf_adds(out, "</h1>\n");
    if (d->ask->about && *d->ask->about) {
        lg_buf_adds(out, "<p class=about>");
        rep_dash_text(out, d->ask->about);
        lg_buf_adds(out, "</p>\n");
    }
    if (d->posts) {
        lg_buf_init(&words, 0);
        rep_dash_sentence(d, &words);
        lg_buf_adds(out, "<p class=lead id=lead>");
        rep_dash_text_of(out, &words);
        lg_buf_adds(out, "</p>\n");
    }
    if (d->ask->lists) {
        lg_buf_init(&words, 0);
        rep_dash_people_sentence(d, d->ask->customers[0], &words);
        lg_buf_adds(out, "<p class=lead id=lead-people>");
        rep_dash_text_of(out, &words);
        lg_buf_adds(out, "</p>\n");
    }
    add_note(d, out);
    lg_buf_adds(out, "<div class=row id=tools hidden><button type=button id=theme>Dark colours</button> <button "
                     "type=button id=print>Print</button>");
    if (d->posts) lg_buf_adds(out, " <button type=button id=save-posts>Posts as CSV</button>");
    if (d->people) lg_buf_adds(out, " <button type=button id=save-people>People as CSV</button>");
    lg_buf_adds(out, "</div>\n<nav aria-label=\"Parts of this page\"><ul>");
    if (d->first_day != DASH_NO_DAY) lg_buf_adds(out, "<li><a href=\"#time\">Over time</a></li>");
    if (d->ask->lists) lg_buf_adds(out, "<li><a href=\"#people\">People</a></li>");
    if (d->posts) lg_buf_adds(out, "<li><a href=\"#posts\">Posts</a></li>");
    lg_buf_adds(out,
                "<li><a href=\"#sure\">How sure are we?</a></li></ul></nav>\n</header>\n<main id=main tabindex=-1>\n");
    if (d->posts) add_filters(d, out);
}

/* ---- a picture: a part of a sheet ---- */
static void add_percent(lg_buf *out, double share)
{
    lg_buf_addf(out, "%.0f%%", floor(100 * share + 1e-4)); /* never up to a bound that it did not reach */
}

static void add_judgement(const dash *d, const dash_shot *shot, lg_buf *out)
{
    if (shot->label < 0) {
        lg_buf_adds(out, d->labelled ? "unsure" : "not classified");
        return;
    }
    if (!shot->sure) lg_buf_adds(out, "unsure: ");
    rep_dash_text(out, d->label[shot->label].name);
    lg_buf_addc(out, ' ');
    add_percent(out, shot->picture->confidence);
}

/* The window of a sheet that is shown: very long pictures without their ends, so that cards stay in rows. */
static void add_window(const dash_image *image, lg_buf *out)
{
    int w = image->w, h = image->h;
    if (2 * h > 3 * w) h = 3 * w / 2;
    if (w > 2 * h) w = 2 * h;
    lg_buf_addf(out, "viewBox=\"%d %d %d %d\"", image->x + (image->w - w) / 2, image->y + (image->h - h) / 2, w, h);
}

static void add_picture(const dash *d, const dash_shot *shot, lg_buf *out)
{
    const dash_image *image = shot->image == UINT32_MAX ? NULL : &d->image[shot->image];
    const char *alt = d->anonymous ? NULL : shot->picture->alt;
    if (d->anonymous) return;
    if (!image || image->sheet < 0) {
        lg_buf_adds(out, "<span class=none>no picture</span>");
        return;
    }
    lg_buf_adds(out, "<svg class=i ");
    add_window(image, out);
    lg_buf_adds(out, " role=img aria-label=\"Picture, ");
    add_judgement(d, shot, out);
    if (alt && *alt) {
        lg_buf words;
        lg_buf_init(&words, 0);
        lg_buf_add(&words, alt, rep_dash_text_len(d, alt));
        lg_buf_adds(out, ". Its author: ");
        plt_xml_text(out, lg_buf_str(&words));
        lg_buf_release(&words);
    }
    lg_buf_addf(out, "\"><use href=\"#s%d\"/></svg>", image->sheet);
}

/* ---- people ---- */
enum { EVIDENCE_SHOWN = 4 };

static void add_bar(lg_buf *out, double share)
{
    lg_buf_addf(out,
                "<svg class=bar viewBox=\"0 0 100 8\" preserveAspectRatio=none aria-hidden=true focusable=false>"
                "<rect width=%.1f height=8 /></svg>",
                100 * (share > 1 ? 1 : share));
}

static void add_evidence(const dash *d, const dash_person *person, size_t number, lg_buf *out)
{
    size_t shown = person->evidences < EVIDENCE_SHOWN ? person->evidences : EVIDENCE_SHOWN;
    if (d->anonymous) return;
    lg_buf_adds(out, "<td role=cell class=photos>");
    for (size_t e = 0; e < shown; e++) {
        const dash_evidence *evidence = &person->evidence[e];
        const dash_post *post = &d->post[evidence->post];
        if (evidence->shot >= post->shots) continue;
        lg_buf_addf(out, "<a href=\"#p%zu\">", evidence->post);
        add_picture(d, &post->shot[evidence->shot], out);
        lg_buf_adds(out, "</a>");
    }
    if (person->evidences > shown) lg_buf_addf(out, "<span class=rest>and %zu more</span>", person->evidences - shown);
    lg_buf_addf(out, "<button type=button class=all data-person=%zu hidden>All photos<span class=vh> of ", number);
    rep_dash_text(out, person->name);
    lg_buf_adds(out, "</span></button></td>");
}

static void add_chance(lg_buf *out, const rep_person *person)
{
    if (isnan(person->right)) {
        lg_buf_adds(out, "<td role=cell class=chance>not known</td>");
        return;
    }
    lg_buf_adds(out, "<td role=cell class=chance>");
    lg_buf_addf(out, "%.0f%% <span class=dim>(%.0f to %.0f)</span></td>", floor(100 * person->right + 0.5),
                floor(100 * person->right_low + 0.5), floor(100 * person->right_high + 0.5));
}

static void add_person(const dash *d, size_t number, int most, lg_buf *out)
{
    const dash_person *person = &d->person[number];
    const rep_person *p = person->person;
    int posts = p->standing == REP_CURRENT ? p->brand_posts : p->rival_posts;
    lg_buf_addf(out, "<tr role=row id=r%zu><td role=cell class=num>%d</td><th role=rowheader scope=row>", number,
                p->rank);
    open_link(d, p->url, out);
    rep_dash_text(out, person->name);
    close_link(d, p->url, out);
    lg_buf_adds(out, " <span class=where>");
    rep_dash_text(out, p->platform ? rep_dash_platform(d, p->platform) : "");
    lg_buf_addf(out, "</span></th><td role=cell class=count><span class=n>%d</span> of %d ", posts, p->all_posts);
    add_bar(out, most ? (double)posts / most : 0);
    lg_buf_adds(out, "</td>");
    add_chance(out, p);
    add_evidence(d, person, number, out);
    lg_buf_adds(out, "<td role=cell class=last>");
    if (rep_dash_day(p->last) == DASH_NO_DAY) lg_buf_adds(out, "no date");
    else rep_dash_date(rep_dash_day(p->last), out);
    lg_buf_adds(out, "</td></tr>\n");
}

static void add_standing(const dash *d, const rep_customers *list, size_t first, rep_standing standing, lg_buf *out)
{
    size_t from = first + (standing == REP_POTENTIAL ? list->current : 0);
    size_t count = standing == REP_POTENTIAL ? list->potential : list->current;
    size_t found = standing == REP_POTENTIAL ? list->potential_found : list->current_found;
    int most = 0;
    if (!count) return;
    for (size_t i = from; i < from + count; i++) {
        const rep_person *p = d->person[i].person;
        int posts = standing == REP_CURRENT ? p->brand_posts : p->rival_posts;
        most = posts > most ? posts : most;
    }
    lg_buf_addf(
        out,
        "<div class=wide tabindex=0 role=region aria-label=\"List of people, %s\"><table role=table class=people>"
        "<caption>",
        standing == REP_CURRENT ? "current customers" : "potential customers");
    if (standing == REP_CURRENT) lg_buf_adds(out, "Who posts ");
    else lg_buf_adds(out, "Who posts only rivals of ");
    rep_dash_text(out, list->brand);
    if (found > count) lg_buf_addf(out, ": the first %zu of %s", count, lg_thousands((long long)found));
    lg_buf_adds(out, "</caption><thead role=rowgroup><tr role=row><th role=columnheader scope=col>Rank</th><th "
                     "role=columnheader scope=col>Person</th><th role=columnheader scope=col>");
    lg_buf_adds(out, "Their posts that show ");
    if (standing == REP_CURRENT) rep_dash_text(out, list->brand);
    else lg_buf_adds(out, "a rival");
    lg_buf_adds(out, "</th><th role=columnheader scope=col>Chance it is right</th>");
    if (!d->anonymous) lg_buf_adds(out, "<th role=columnheader scope=col>Photos</th>");
    lg_buf_adds(out, "<th role=columnheader scope=col>Last one</th></tr></thead><tbody role=rowgroup>\n");
    for (size_t i = from; i < from + count; i++) add_person(d, i, most, out);
    lg_buf_adds(out, "</tbody></table></div>\n");
}

void rep_dash_html_people(const dash *d, lg_buf *out)
{
    size_t first = 0;
    lg_buf words;
    if (!d->ask->lists) return;
    lg_buf_adds(out, "<section aria-labelledby=people>\n<h2 id=people>People</h2>\n<p class=note id=people-note>What a "
                     "picture shows was told by a program, which is sometimes wrong");
    lg_buf_adds(out, d->anonymous ? ".</p>\n" : ": look at the photos before you write to anybody.</p>\n");
    for (size_t i = 0; i < d->ask->lists; i++) {
        const rep_customers *list = d->ask->customers[i];
        lg_buf_init(&words, 0);
        rep_dash_people_sentence(d, list, &words);
        lg_buf_addf(out, "<p class=say id=say%zu>", i);
        rep_dash_text_of(out, &words);
        lg_buf_adds(out, "</p>\n");
        if (list->nameless)
            lg_buf_addf(out, "<p class=note>Of %s more post%s the platform does not tell who wrote %s.</p>\n",
                        lg_thousands((long long)list->nameless), list->nameless == 1 ? "" : "s",
                        list->nameless == 1 ? "it" : "them");
        add_standing(d, list, first, REP_CURRENT, out);
        add_standing(d, list, first, REP_POTENTIAL, out);
        first += list->current + list->potential;
    }
    lg_buf_adds(out, "<p id=nobody hidden>Nobody of the lists has a photo that passes the filters.</p>\n</section>\n");
}

/* ---- posts ---- */
static bool is_language(const char *language)
{
    size_t len = language ? strlen(language) : 0;
    return len >= 2 && len <= 12 &&
           strspn(language, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == len;
}

static void add_words(const dash *d, const dash_post *p, lg_buf *out)
{
    const rep_post *post = p->post;
    lg_buf words;
    if (d->anonymous || !post->text || !*post->text) return;
    size_t len = rep_dash_text_len(d, post->text);
    lg_buf_init(&words, 0);
    lg_buf_add(&words, post->text, len);
    if (post->text[len]) lg_buf_adds(&words, "…");
    lg_buf_adds(out, "<p class=t dir=auto");
    if (is_language(post->language)) lg_buf_addf(out, " lang=%s", post->language);
    lg_buf_addc(out, '>');
    rep_dash_text_of(out, &words);
    lg_buf_adds(out, "</p>");
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void add_origin(const dash *d, const dash_post *p, lg_buf *out)
{
    const rep_post *post = p->post;
    const char *who = p->author >= 0 ? d->author[p->author].name : NULL;
    if (!who && !d->anonymous && strcmp(post->platform, "files") == 0) who = file_name(post->id);
    lg_buf_adds(out, "<p class=w>");
    open_link(d, post->url, out);
    if (who) rep_dash_text(out, who);
    else if (is_link(d, post->url)) lg_buf_adds(out, "the post");
    close_link(d, post->url, out);
    if (who || is_link(d, post->url)) lg_buf_adds(out, " · ");
    if (p->day != DASH_NO_DAY) {
        rep_dash_date(p->day, out);
        lg_buf_adds(out, " · ");
    }
    rep_dash_text(out, rep_dash_platform(d, post->platform));
    lg_buf_adds(out, "</p>");
}

static void add_post(const dash *d, size_t number, lg_buf *out)
{
    const dash_post *p = &d->post[number];
    lg_buf_addf(out, "<li id=p%zu>", number);
    for (size_t k = 0; k < p->shots; k++) {
        add_picture(d, &p->shot[k], out);
        if (!d->labelled) continue;
        lg_buf_addf(out, "<p class=%s>", p->shot[k].sure ? "b" : "u");
        add_judgement(d, &p->shot[k], out);
        lg_buf_adds(out, "</p>");
    }
    if (!p->shots && !d->anonymous) lg_buf_adds(out, "<span class=none>no picture</span>");
    add_origin(d, p, out);
    add_words(d, p, out);
    lg_buf_adds(out, "</li>\n");
}

void rep_dash_html_gallery(const dash *d, lg_buf *out)
{
    if (!d->posts) return;
    lg_buf_adds(
        out, "<section aria-labelledby=posts>\n<h2 id=posts>Posts</h2>\n<p class=note id=order-note>Newest first.</p>\n"
             "<p id=order-row hidden><label>Order <select id=order><option value=new>newest first</option>"
             "<option value=sure>surest first</option><option value=liked>most liked first</option></select>"
             "</label></p>\n");
    lg_buf_addf(out, "<ul class=\"gallery%s%s\" id=gallery>\n", d->side && d->side < 96 ? " small" : "",
                d->anonymous ? " bare" : "");
    for (size_t i = 0; i < d->posts; i++) add_post(d, i, out);
    lg_buf_adds(out, "</ul>\n<p id=empty hidden>No post passes these filters. <button type=button id=again>Show "
                     "all</button></p>\n<button type=button id=more hidden>Show more posts</button>\n</section>\n");
}
