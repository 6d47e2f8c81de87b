/* dashboard.c - the page, part by part. */
#include "lib/report/dash_parts.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

/* What the page takes without its pictures is known by writing it once without them. */
static void write_body(const dash *d, const lg_buf *sheets, lg_buf *out)
{
    rep_dash_head(d, out);
    rep_dash_top(d, out);
    lg_buf_add(out, lg_buf_str(sheets), sheets->len);
    rep_dash_html_time(d, out);
    rep_dash_html_people(d, out);
    rep_dash_html_gallery(d, out);
    rep_dash_html_sure(d, out);
    lg_buf_adds(out, "</main>\n<footer><p class=note>This page fetches nothing: it is one file, and works without a "
                     "network.</p></footer>\n");
    if (d->people && !d->anonymous)
        lg_buf_adds(out, "<dialog id=person aria-labelledby=person-name><div class=row><h2 id=person-name "
                         "tabindex=-1></h2><button type=button id=close>Close</button></div><p id=person-say>"
                         "</p><ul class=gallery id=person-photos></ul></dialog>\n");
    rep_dash_json(d, out);
    rep_dash_script(out);
    lg_buf_adds(out, "</body>\n</html>\n");
}

/* Every picture as if it lay somewhere far down on a sheet: the longest address it can have; or nowhere. */
static void pretend(dash *d, bool placed)
{
    for (size_t i = 0; i < d->images; i++)
        d->image[i] = (dash_image){.picture = d->image[i].picture,
                                   .sheet = placed && d->ask->picture ? 999 : -1,
                                   .x = DASH_EDGE,
                                   .y = DASH_EDGE,
                                   .w = 320,
                                   .h = 320};
}

/* Few pictures are not made larger than anyone looks at. */
static size_t room_of(const dash *d, size_t without)
{
    size_t most = REP_DASH_BYTES + (d->posts > 5000 ? 980 * (d->posts - 5000) : 0);
    size_t wanted = 800000 + 700 * d->images, room = without < most ? most - without : 0;
    return room < wanted ? room : wanted;
}

static lg_status write_all(dash *d, lg_buf *out, lg_err *err)
{
    lg_buf sheets, without;
    lg_buf_init(&sheets, 0);
    lg_buf_init(&without, 0);
    pretend(d, true);
    write_body(d, &sheets, &without);
    pretend(d, false);
    lg_status st = lg_buf_check(&without, err);
    size_t room = room_of(d, without.len);
    lg_buf_release(&without);
    if (st == LG_OK) st = rep_dash_sheets(d, room, &sheets, err);
    if (st == LG_OK) write_body(d, &sheets, out);
    lg_buf_release(&sheets);
    return st ? st : lg_buf_check(out, err);
}

static void tell(const dash *d, rep_dash_made *made)
{
    lg_buf words;
    *made = (rep_dash_made){.posts = d->posts,
                            .posts_left = d->posts_left,
                            .people = d->people,
                            .authors = d->authors,
                            .unreadable = d->unreadable,
                            .pictures_left = d->pictures_left,
                            .side = d->sheets ? d->side : 0,
                            .anonymous = d->anonymous};
    for (size_t i = 0; i < d->images; i++) made->pictures += d->image[i].sheet >= 0;
    for (int i = 0; i < d->lines && d->line[i] >= 0; i++) {
        made->brand[i].name = d->label[d->line[i]].name;
        made->brand[i].posts = d->label[d->line[i]].posts;
        made->brands = i + 1;
    }
    lg_buf_init(&words, 0);
    rep_dash_sentence(d, &words);
    snprintf(made->sentence, sizeof made->sentence, "%s", lg_buf_str(&words));
    lg_buf_release(&words);
}

lg_status rep_dashboard_write(const rep_dashboard *ask, lg_buf *out, rep_dash_made *made, lg_err *err)
{
    dash *d = lg_alloc(1, sizeof *d, err);
    if (!d) return err->status;
    d->ask = ask;
    lg_arena_init(&d->arena, REP_POSTS_BYTES);
    lg_status st = rep_dash_gather(d, err);
    if (st == LG_OK) st = rep_dash_count(d, err);
    if (st == LG_OK) st = write_all(d, out, err);
    if (st == LG_OK) tell(d, made);
    lg_arena_release(&d->arena);
    lg_free(d);
    return st;
}
