/* dash_json.c - the facts for the script: numbers, and texts that stand nowhere else on the page. Texts of posts and
 * links it takes from the page itself, so that nothing is there twice.
 *
 * posts: [platform, day or null, author or -1, likes, reposts, replies, id, [[label, permille, unsure], …]]. */
#include "lib/report/dash_parts.h"

#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

/* A text that can close no element and end no line, hidden characters made visible as everywhere. */
static void add_string(lg_buf *out, const char *text)
{
    lg_buf plain;
    lg_buf_init(&plain, 0);
    lg_buf_add_plain(&plain, text, strlen(text));
    const char *s = lg_buf_str(&plain);
    lg_buf_addc(out, '"');
    for (size_t at = 0, len = strlen(s); at < len;) {
        uint32_t cp;
        int n = lg_utf8_next(s + at, len - at, &cp);
        if (n == 0) break;
        if (cp < 0x20 || cp == '"' || cp == '\\' || cp == '<' || cp == '>' || cp == '&' || cp == 0x2028 || cp == 0x2029)
            lg_buf_addf(out, "\\u%04x", (unsigned)cp);
        else lg_buf_add(out, s + at, (size_t)n);
        at += (size_t)n;
    }
    lg_buf_addc(out, '"');
    if (plain.failed && !out->failed) out->failed = plain.failed;
    lg_buf_release(&plain);
}

static void add_number(lg_buf *out, double value)
{
    if (isnan(value)) lg_buf_adds(out, "null");
    else lg_buf_addf(out, "%.4f", value);
}

/* What is expected to be right, and from where to where. */
static void add_trust(double right, double low, double high, lg_buf *out)
{
    lg_buf_adds(out, "\"right\":");
    add_number(out, right);
    lg_buf_adds(out, ",\"low\":");
    add_number(out, low);
    lg_buf_adds(out, ",\"high\":");
    add_number(out, high);
}

static int platform_of(const dash *d, const char *platform)
{
    for (int k = 0; k < d->platforms; k++)
        if (strcmp(d->platform[k], platform) == 0) return k;
    return -1;
}

/* Never up to a bound that it did not reach. */
static int permille(float confidence)
{
    return (int)floor(confidence * 1000.0 + 1e-3);
}

static void add_origin(const dash *d, const char *platform, int32_t day, lg_buf *out)
{
    lg_buf_addf(out, "[%d,", platform_of(d, platform));
    if (day == DASH_NO_DAY) lg_buf_adds(out, "null");
    else lg_buf_addf(out, "%d", (int)day);
}

static void add_post(const dash *d, const dash_post *p, lg_buf *out)
{
    const rep_post *post = p->post;
    bool hide = d->anonymous;
    add_origin(d, post->platform, p->day, out);
    lg_buf_addf(out, ",%d,%lld,%lld,%lld,", (int)p->author, hide ? -1LL : (long long)post->likes,
                hide ? -1LL : (long long)post->reposts, hide ? -1LL : (long long)post->replies);
    add_string(out, hide ? "" : post->id);
    lg_buf_adds(out, ",[");
    for (size_t k = 0; k < p->shots; k++) {
        const dash_shot *shot = &p->shot[k];
        lg_buf_addf(out, "%s[%d,%d%s]", k ? "," : "", shot->label, permille(shot->picture->confidence),
                    shot->sure ? "" : ",1");
    }
    lg_buf_adds(out, "]]");
}

/* Where nobody is named evidence leads to no post: what filters ask of it stands with the person. */
static void add_own(const dash *d, const dash_person *person, lg_buf *out)
{
    const rep_posts *set = person->list->posts;
    lg_buf_adds(out, "],\"own\":[");
    for (size_t e = 0; d->anonymous && e < person->person->evidences; e++) {
        const rep_evidence *evidence = &person->person->evidence[e];
        if (e) lg_buf_addc(out, ',');
        add_origin(d, evidence->post->platform, rep_dash_day(evidence->post->time), out);
        lg_buf_addf(out, ",-1,-1,-1,-1,\"\",[[%d,%d]]]", rep_dash_find_label(d, set->label[evidence->label]),
                    permille(evidence->picture->confidence));
    }
}

static void add_person(const dash *d, const dash_person *person, size_t list, lg_buf *out)
{
    const rep_person *p = person->person;
    lg_buf_adds(out, "{\"name\":");
    add_string(out, person->name);
    lg_buf_addf(out,
                ",\"platform\":%d,\"list\":%zu,\"potential\":%d,\"posts\":%d,", platform_of(d, p->platform),
                list, p->standing == REP_POTENTIAL, p->all_posts);
    add_trust(p->right, p->right_low, p->right_high, out);
    lg_buf_adds(out, ",\"photos\":[");
    for (size_t e = 0; e < person->evidences; e++)
        lg_buf_addf(out, "%s[%zu,%zu]", e ? "," : "", person->evidence[e].post, person->evidence[e].shot);
    add_own(d, person, out);
    lg_buf_adds(out, "]}");
}

static void add_lists(const dash *d, lg_buf *out)
{
    lg_buf_adds(out, ",\n\"lists\":[");
    for (size_t i = 0; i < d->ask->lists; i++) {
        const rep_customers *list = d->ask->customers[i];
        lg_buf_addf(out, "%s{\"brand\":", i ? "," : "");
        add_string(out, list->brand);
        lg_buf_addf(out, ",\"wanted\":%d,", list->wanted_posts);
        add_trust(list->right, list->right_low, list->right_high, out);
        lg_buf_adds(out, "}");
    }
    lg_buf_adds(out, "],\n\"people\":[");
    for (size_t i = 0, list = 0, first = 0; i < d->people; i++) {
        while (i - first >= d->ask->customers[list]->current + d->ask->customers[list]->potential) {
            first += d->ask->customers[list]->current + d->ask->customers[list]->potential;
            list++;
        }
        if (i) lg_buf_addc(out, ',');
        add_person(d, &d->person[i], list, out);
    }
    lg_buf_adds(out, "]");
}

void rep_dash_json(const dash *d, lg_buf *out)
{
    lg_buf_adds(out, "<script type=application/json id=data>{\"name\":");
    add_string(out, d->ask->title);
    lg_buf_addf(out, ",\"anonymous\":%s,\"labelled\":%s,\"least\":%.0f,\n\"labels\":[", d->anonymous ? "true" : "false",
                d->labelled ? "true" : "false", ceil(100 * (double)d->least - 1e-4));
    for (int k = 0; k < d->labels; k++) {
        lg_buf_adds(out, k ? "," : "");
        add_string(out, d->label[k].name);
    }
    lg_buf_adds(out, "],\"rest\":[");
    for (int k = 0; k < d->labels; k++) lg_buf_addf(out, "%s%d", k ? "," : "", d->label[k].rest);
    lg_buf_adds(out, "],\"lines\":[");
    for (int k = 0; k < d->lines; k++) lg_buf_addf(out, "%s%d", k ? "," : "", d->line[k]);
    lg_buf_adds(out, "],\"platforms\":[");
    for (int k = 0; k < d->platforms; k++) {
        lg_buf_adds(out, k ? "," : "");
        add_string(out, d->platform[k]);
    }
    lg_buf_adds(out, "],\"origins\":[");
    for (int k = 0; k < d->platforms; k++) {
        lg_buf_adds(out, k ? "," : "");
        add_string(out, rep_dash_platform(d, d->platform[k]));
    }
    lg_buf_adds(out, "],\n\"authors\":[");
    for (size_t i = 0; i < d->authors; i++) {
        lg_buf_adds(out, i ? "," : "");
        add_string(out, d->author[i].name);
    }
    lg_buf_addf(out, "],\"daily\":%s,\"step\":%d,\"periods\":%d,\"first\":", d->daily ? "true" : "false", d->step,
                d->periods);
    if (d->first_day == DASH_NO_DAY) lg_buf_adds(out, "null,\"last\":null");
    else lg_buf_addf(out, "%d,\"last\":%d", (int)d->first_day, (int)d->last_day);
    add_lists(d, out);
    lg_buf_adds(out, ",\n\"posts\":[");
    for (size_t i = 0; i < d->posts; i++) {
        if (i) lg_buf_adds(out, ",\n");
        add_post(d, &d->post[i], out);
    }
    lg_buf_adds(out, "]}</script>\n");
}
