/* posts_gallery.c - posts as they are looked at: what there is, in a table, and a card for each picture. */
#include "kernel/commands/posts_gallery.h"
#include "lib/plot/theme.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/banned.h"

enum { SIZE = 160, WORDS = 140, URL = 160, SHOWN = 24 };

/* ---- rows ---- */
typedef struct card {
    const rep_post *post;
    const rep_picture *picture; /* or NULL */
    dsl_fact key;
    size_t place;
    int group; /* class; classes: unsure, classes + 1: not read, or no picture */
} card;

typedef struct cards {
    card *card;
    size_t count;
} cards;

static int group_of(const rep_posts *posts, const rep_picture *picture)
{
    int label = picture ? rep_picture_class(posts, picture, 0) : -1;
    return label >= 0 ? label : posts->labels + !(picture && picture->label >= 0);
}

/* One for each picture, and one for a post without. */
static lg_status cards_of(const rep_posts *posts, cards *out, lg_err *err)
{
    size_t room = 1;
    for (size_t i = 0; i < posts->count; i++) room += posts->post[i].pictures ? posts->post[i].pictures : 1;
    *out = (cards){.card = lg_alloc(room, sizeof *out->card, err)};
    if (!out->card) return err->status;
    for (size_t i = 0; i < posts->count; i++) {
        const rep_post *post = &posts->post[i];
        for (size_t k = 0; k < post->pictures || (!k && !post->pictures); k++) {
            card *c = &out->card[out->count];
            *c = (card){.post = post, .picture = post->pictures ? &post->picture[k] : NULL, .place = out->count++};
            c->group = group_of(posts, c->picture);
        }
    }
    return LG_OK;
}

/* ---- order ---- */
static int by_place(const card *a, const card *b)
{
    return a->place < b->place ? -1 : a->place > b->place;
}

/* Smallest first, or largest; what is missing last, and equal ones as they were kept. */
static int by_key_in(const card *x, const card *y, int sign)
{
    bool one = x->key.text ? !*x->key.text : isnan(x->key.number);
    bool other = y->key.text ? !*y->key.text : isnan(y->key.number);
    int order = 0;
    if (one || other) return one == other ? by_place(x, y) : one ? 1 : -1;
    if (x->key.text) order = lg_casecmp(x->key.text, y->key.text);
    else order = (x->key.number > y->key.number) - (x->key.number < y->key.number);
    return order ? sign * order : by_place(x, y);
}

static int by_key(const void *a, const void *b)
{
    return by_key_in(a, b, 1);
}

static int by_key_down(const void *a, const void *b)
{
    return by_key_in(a, b, -1);
}

static bool largest_first(const char *field)
{
    static const char *const fields[] = {"confidence", "likes", "reposts", "replies", "date"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (strcmp(field, fields[i]) == 0) return true;
    return false;
}

static lg_status no_such_field(const rep_posts *posts, const char *field, lg_err *err)
{
    lg_fail(err, LG_E_NAME, 149, "these posts have no field `%.60s` to sort by", field);
    if (!posts->labels && (strcmp(field, "confidence") == 0 || strcmp(field, "predicted") == 0))
        return lg_try(err, "classify them with a model first: `classify … with MODEL`");
    return lg_try(err, "write e.g. `sort likes`");
}

static lg_status sort_cards(const rep_posts *posts, cards *list, const char *field, bool ascending, lg_arena *arena,
                            lg_err *err)
{
    for (size_t i = 0; i < list->count; i++) {
        card *c = &list->card[i];
        cmd_posts_row row = {.posts = posts, .post = c->post, .picture = c->picture};
        if (!cmd_posts_fact(&row, field, &c->key)) return no_such_field(posts, field, err);
        if (c->key.text != row.date) continue;
        c->key.text = lg_arena_strf(arena, err, "%s", row.date);
        if (!c->key.text) return err->status;
    }
    qsort(list->card, list->count, sizeof *list->card, largest_first(field) && !ascending ? by_key_down : by_key);
    return LG_OK;
}

/* The surest first; among equals, as kept. */
static int by_group(const void *a, const void *b)
{
    const card *x = a, *y = b;
    if (x->group != y->group) return x->group < y->group ? -1 : 1;
    if (x->picture && y->picture &&
        (x->picture->confidence > y->picture->confidence || x->picture->confidence < y->picture->confidence))
        return x->picture->confidence > y->picture->confidence ? -1 : 1;
    return by_place(x, y);
}

/* Some of every group: each gets as many places as the others, as far as it has cards. Cards are in order of groups;
 * those that stay move to the front. */
static lg_status some_of_each(cards *list, int groups, size_t limit, lg_err *err)
{
    size_t taken = 0, *have = lg_alloc(2 * (size_t)groups, sizeof *have, err);
    if (!have) return err->status;
    size_t *take = have + groups;
    for (size_t i = 0; i < list->count; i++) have[list->card[i].group]++;
    for (bool more = true; more && taken < limit;) {
        more = false;
        for (int g = 0; g < groups && taken < limit; g++)
            if (take[g] < have[g]) take[g]++, taken++, more = true;
    }
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (take[list->card[i].group]) {
            take[list->card[i].group]--;
            list->card[kept++] = list->card[i];
        }
    list->count = kept;
    lg_free(have);
    return LG_OK;
}

/* ---- words ---- */
/* At most so many characters of a stranger's text, in one line. */
static void add_short(lg_buf *out, const char *text, size_t most)
{
    bool blank = false, any = false;
    size_t len = strlen(text), end = lg_utf8_offset(text, len, most);
    for (size_t i = 0; i < end; i++) {
        bool space = text[i] == ' ' || text[i] == '\n' || text[i] == '\t' || text[i] == '\r';
        if (!space && blank && any) lg_buf_addc(out, ' ');
        if (!space) lg_buf_addc(out, text[i]);
        blank = space;
        any = any || !space;
    }
    if (end < len) lg_buf_adds(out, " …");
}

static void add_line(lg_buf *out)
{
    if (out->len) lg_buf_addc(out, '\n');
}

static void add_figure(lg_buf *out, bool *any, int64_t n, const char *one, const char *many)
{
    if (n == REP_NOT_GIVEN) return;
    lg_buf_addf(out, "%s%s %s", *any ? " · " : "", lg_thousands(n), n == 1 ? one : many);
    *any = true;
}

bool cmd_posts_are_files(const rep_posts *posts)
{
    return posts->count && strcmp(posts->post[0].platform, "files") == 0;
}

static void add_author(lg_buf *out, const rep_post *post)
{
    if (post->author_handle) {
        lg_buf_addc(out, '@');
        add_short(out, post->author_handle, 60);
    } else if (post->author_name) add_short(out, post->author_name, 60);
    else if (strcmp(post->platform, "files") == 0) add_short(out, post->id, 80);
    else lg_buf_adds(out, "user not told");
}

/* Number, author; day, platform, likes; the text; the link. */
static void caption(const card *c, size_t number, bool platforms, lg_buf *out)
{
    const rep_post *post = c->post;
    char day[REP_DATE];
    bool any = false;
    lg_buf_addf(out, "%zu  ", number);
    add_author(out, post);
    rep_date(post->time, day);
    if (*day || platforms || post->likes != REP_NOT_GIVEN || post->reposts != REP_NOT_GIVEN) add_line(out);
    if (platforms) lg_buf_adds(out, post->platform), any = true;
    if (*day) lg_buf_addf(out, "%s%s", any ? " · " : "", day), any = true;
    add_figure(out, &any, post->likes, "like", "likes");
    if (post->reposts) add_figure(out, &any, post->reposts, "repost", "reposts");
    if (post->pictures > 1 && c->picture) {
        add_line(out);
        lg_buf_addf(out, "picture %d of %zu", (int)(c->picture - post->picture) + 1, post->pictures);
    }
    if (post->text && *post->text) {
        add_line(out);
        add_short(out, post->text, WORDS);
    }
    if (post->url && strncmp(post->url, "https://", 8) == 0) {
        add_line(out);
        add_short(out, post->url, URL);
    }
}

/* ---- pictures ---- */
static lg_status blank(img_picture *out, int side, bool cross, lg_err *err)
{
    LG_TRY(img_picture_init(out, cross ? side * 5 / 8 : side * 3 / 8, side, 3, err));
    for (int y = 0; y < out->h; y++)
        for (int x = 0; x < out->w; x++) {
            bool line = cross &&
                        (abs(x * out->h - y * out->w) < out->w || abs((out->w - 1 - x) * out->h - y * out->w) < out->w);
            memset(img_at(out, y, x), line ? 0x90 : 0xd0, 3);
        }
    return LG_OK;
}

/* A picture that cannot be had is a grey tile that says so; only memory and an interrupt end the gallery. */
static lg_status add_card(plt_doc *doc, const rep_posts *posts, const card *c, const char *words, int side, lg_err *err)
{
    img_picture pixels = {0};
    lg_err reason = {0};
    bool broken = false;
    if (c->picture) {
        broken = cmd_picture_pixels(c->picture, side, &pixels, &reason) != LG_OK;
        if (reason.status == LG_E_MEMORY) return lg_fail(err, LG_E_MEMORY, 901, "%s", reason.msg);
    }
    if (!pixels.px) LG_TRY(blank(&pixels, 64, broken, err));
    const char *missing = !c->picture ? "\nno picture" : broken ? "\nthe picture cannot be read" : "";
    plt_thumb(doc, pixels.px, pixels.w, pixels.h, PLT_EDGE_NONE, "%s%s", words, missing);
    img_picture_release(&pixels);
    if (!c->picture || c->picture->label < 0 || !posts->labels) return LG_OK;
    bool sure = rep_picture_class(posts, c->picture, 0) >= 0;
    plt_thumb_bar(doc, sure ? PLT_TONE_GOOD : PLT_TONE_HEAT, (double)c->picture->confidence, "%s%s %s%%",
                  sure ? "" : "unsure: ", posts->label[c->picture->label],
                  plt_sure((double)c->picture->confidence));
    return LG_OK;
}

/* Pixels that the pictures of an output may have together: its 400 KB hold them as JPEG. */
static int side_of(const cmd_gallery *ask, size_t n)
{
    enum { BYTES = 230000 };
    double pixels = BYTES / 0.3 / (double)(n ? n : 1), most = 2.0 * ask->size;
    double side = ask->large ? most : sqrt(pixels);
    return (int)fmax(24, fmin(side, most));
}

static void begin_group(plt_doc *doc, const rep_posts *posts, int group, const cmd_posts_counts *counts)
{
    const char *one = cmd_posts_are_files(posts) ? "image" : "picture";
    if (group < posts->labels)
        plt_grid_group(doc, "%s: %s %s%s", plt_label(posts->label[group]),
                       lg_thousands((long long)counts->label[group]), one, counts->label[group] == 1 ? "" : "s");
    else if (group == posts->labels)
        plt_grid_group(doc, "unsure, below %s%%: %s %s%s", plt_points((double)posts->least, 0),
                       lg_thousands((long long)counts->unsure), one, counts->unsure == 1 ? "" : "s");
    else plt_grid_group(doc, "not classified");
}

static bool many_platforms(const rep_posts *posts)
{
    for (size_t i = 1; i < posts->count; i++)
        if (strcmp(posts->post[i].platform, posts->post[0].platform) != 0) return true;
    return false;
}

static lg_status doc_cards(plt_doc *doc, const rep_posts *posts, const cards *list, const cmd_gallery *ask,
                           const cmd_posts_counts *counts, bool grouped, lg_err *err)
{
    lg_status st = LG_OK;
    int side = side_of(ask, list->count), group = -1;
    bool platforms = many_platforms(posts);
    cmd_live live;
    lg_buf words;
    lg_buf_init(&words, 1 << 16);
    if (ask->out) cmd_live_init(&live, ask->out);
    plt_grid(doc, ask->size, "%s", "");
    plt_grid_cards(doc);
    for (size_t i = 0; !st && i < list->count; i++) {
        const card *c = &list->card[i];
        if (grouped && c->group != group) begin_group(doc, posts, group = c->group, counts);
        lg_buf_clear(&words);
        caption(c, i + 1, platforms, &words);
        st = lg_cancel_check(ask->cancel, err);
        if (!st) st = lg_buf_check(&words, err);
        if (!st) st = add_card(doc, posts, c, lg_buf_str(&words), side, err);
        if (ask->out) cmd_live_progress(&live, "reading pictures", (long)i + 1, (long)list->count);
    }
    if (ask->out) cmd_live_close(&live, st);
    lg_buf_release(&words);
    return st;
}

lg_status cmd_doc_gallery(plt_doc *doc, const rep_posts *posts, const cmd_gallery *ask, lg_err *err)
{
    cards list = {0};
    lg_arena arena;
    cmd_posts_counts counts = {0};
    bool grouped = posts->labels && !ask->sort;
    lg_arena_init(&arena, 0);
    lg_status st;
    LG_GO(cmd_posts_count(posts, &counts, err));
    LG_GO(cards_of(posts, &list, err));
    size_t all = list.count, limit = ask->limit ? ask->limit : SHOWN;
    if (ask->sort) LG_GO(sort_cards(posts, &list, ask->sort, ask->ascending, &arena, err));
    else if (grouped) {
        qsort(list.card, list.count, sizeof *list.card, by_group);
        LG_GO(some_of_each(&list, posts->labels + 2, limit, err));
    }
    if (list.count > limit) list.count = limit;
    if (list.count) LG_GO(doc_cards(doc, posts, &list, ask, &counts, grouped, err));
    if (list.count < all)
        plt_note(doc, "%s more cards: add `limit %zu`", lg_thousands((long long)(all - list.count)),
                 all < 1000 ? all : (size_t)1000);
done:
    cmd_posts_counts_release(&counts);
    lg_free(list.card);
    lg_arena_release(&arena);
    return st;
}

/* ---- what there is ---- */
static void add_count_row(plt_doc *doc, const char *name, size_t n, size_t all, plt_row_kind kind)
{
    double share = all ? (double)n / (double)all : 0;
    plt_row(doc, kind);
    plt_head(doc, "%s", name);
    plt_cell(doc, "%s", lg_thousands((long long)n));
    plt_cell(doc, "%s%%", plt_points(share, 0));
    if (kind == PLT_ROW_PLAIN) plt_cell_bar(doc, share);
}

/* Of the validation images that the model calls so, and is sure of, how many are. */
static void add_right_cell(plt_doc *doc, const rep_posts *posts, int label)
{
    size_t said = 0, right = 0;
    for (size_t i = 0; i < posts->validations; i++) {
        const rep_validation *v = &posts->validation[i];
        if (v->said != label || v->confidence < posts->least) continue;
        said++;
        right += v->truth == label;
    }
    if (said)
        plt_cell(doc, "%s of %s, %s%%", lg_thousands((long long)right), lg_thousands((long long)said),
                 plt_points((double)right / (double)said, 0));
    else plt_cell(doc, "–");
}

/* Classes that name no brand have a row as the others. */
static void doc_classes(plt_doc *doc, const rep_posts *posts, const cmd_posts_counts *counts, bool some)
{
    enum { MOST = 40 };
    size_t all = counts->pictures, rest = 0;
    if (!posts->labels || !all) return;
    plt_table(doc, "%s", "");
    plt_column(doc, PLT_LEFT, "Class");
    plt_column(doc, PLT_RIGHT, cmd_posts_are_files(posts) ? "Images" : "Pictures");
    plt_column(doc, PLT_RIGHT, "Share");
    if (posts->validations) plt_column(doc, PLT_RIGHT, "Of validation images called so, right");
    for (int i = 0; i < posts->labels; i++)
        if (some && !counts->label[i]) continue;
        else if (i < MOST) {
            add_count_row(doc, posts->label[i], counts->label[i], all, PLT_ROW_PLAIN);
            if (posts->validations) add_right_cell(doc, posts, i);
        } else rest += counts->label[i];
    if (rest) add_count_row(doc, "other classes", rest, all, PLT_ROW_PLAIN);
    if ((posts->least > 0 && !some) || counts->unsure) add_count_row(doc, "unsure", counts->unsure, all, PLT_ROW_PLAIN);
    if (counts->unread) add_count_row(doc, "cannot be read", counts->unread, all, PLT_ROW_PLAIN);
    add_count_row(doc, "total", all, all, PLT_ROW_TOTAL);
}

static void doc_days(plt_doc *doc, const rep_posts *posts)
{
    int64_t first = INT64_MAX, last = REP_NO_TIME;
    char from[REP_DATE], to[REP_DATE];
    for (size_t i = 0; i < posts->count; i++) {
        int64_t time = posts->post[i].time;
        if (time == REP_NO_TIME) continue;
        first = time < first ? time : first;
        last = time > last ? time : last;
    }
    if (last == REP_NO_TIME) return;
    rep_date(first, from);
    rep_date(last, to);
    if (strcmp(from, to) == 0) plt_text(doc, "Posted on %s.", from);
    else plt_text(doc, "Posted from %s to %s.", from, to);
}

void cmd_doc_posts_facts(plt_doc *doc, const rep_posts *posts, const cmd_posts_counts *counts, bool some)
{
    doc_classes(doc, posts, counts, some);
    doc_days(doc, posts);
    if (counts->without && !cmd_posts_are_files(posts))
        plt_note(doc, "%s of the posts %s no picture that could be kept", lg_thousands((long long)counts->without),
                 counts->without == 1 ? "has" : "have");
    for (size_t i = 0; i < posts->withhelds; i++) plt_note(doc, "%s", posts->withheld[i]);
}

/* "twitter #adidas", and of classified ones the model. */
static void add_origin(const rep_posts *posts, lg_buf *out)
{
    if (posts->title && *posts->title) {
        lg_buf_adds(out, ", from ");
        add_short(out, posts->title, 120);
    }
    if (posts->model) lg_buf_addf(out, ", classified with %s", posts->model);
}

/* ---- show ---- */
lg_status cmd_posts_show(const dsl_object *object, const char *name, dsl_out *out, lg_err *err)
{
    const rep_posts *posts = object->payload;
    const cmd_gallery ask = {.size = SIZE, .out = out};
    cmd_posts_counts counts;
    lg_buf brief;
    plt_doc doc;
    LG_TRY(cmd_posts_count(posts, &counts, err));
    plt_doc_init(&doc);
    lg_buf_init(&brief, 1 << 16);
    cmd_posts_brief(posts, &counts, &brief);
    add_origin(posts, &brief);
    plt_title(&doc, "%s: %s", name, lg_buf_str(&brief));
    lg_buf_release(&brief);
    cmd_doc_posts_facts(&doc, posts, &counts, false);
    cmd_posts_counts_release(&counts);
    lg_status st = cmd_doc_gallery(&doc, posts, &ask, err);
    if (st == LG_OK && *object->recipe) {
        plt_fold_begin(&doc, "How it was made");
        plt_code(&doc, "%s", object->recipe);
        plt_fold_end(&doc);
    }
    if (st == LG_OK) return cmd_display_to(out, &doc, true, 0, err);
    plt_doc_release(&doc);
    return st;
}

lg_status cmd_posts_show_some(const dsl_call *call, const dsl_value *value, const cmd_gallery *asked, lg_err *err)
{
    const rep_posts *posts = cmd_posts(value);
    rep_posts *some = NULL;
    cmd_posts_counts counts = {0};
    cmd_gallery ask = *asked;
    plt_doc doc;
    lg_status st;
    if (!ask.size) ask.size = SIZE;
    ask.out = call->out;
    ask.cancel = call->cancel;
    ask.large = cmd_output_limit(call) > 0;
    plt_doc_init(&doc);
    LG_GO(cmd_posts_where(call, posts, &some, err));
    LG_GO(cmd_posts_count(some, &counts, err));
    lg_buf brief;
    lg_buf_init(&brief, 1 << 16);
    cmd_posts_brief(some, &counts, &brief);
    if (call->where) lg_buf_addf(&brief, " (of %s)", lg_thousands((long long)posts->count));
    add_origin(posts, &brief);
    plt_title(&doc, "%s%s: %s", value->name, cmd_where_text(call), lg_buf_str(&brief));
    lg_buf_release(&brief);
    if (some->count) cmd_doc_posts_facts(&doc, some, &counts, call->where != NULL);
    else if (call->where) plt_text(&doc, "no post passes; `show %s` shows them all", value->name);
    LG_GO(cmd_doc_gallery(&doc, some, &ask, err));
    st = cmd_display(call, &doc, true, err);
done:
    if (st) plt_doc_release(&doc);
    cmd_posts_counts_release(&counts);
    rep_posts_unref(some);
    return st;
}
