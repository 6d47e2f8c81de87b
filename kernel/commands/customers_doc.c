/* customers_doc.c - V45: who posts the brand, how many of them are right, and the photos that speak for each. */
#include "kernel/commands/box_customers.h"
#include "lib/plot/theme.h"

#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

/* Pixels on the page; photos in all and of one person, at most; people who get a row of photos of their own. */
enum { PHOTO = 72, PHOTOS = 96, EACH = 4, ROWS = 12 };

static const char *posts_word(long long n)
{
    return n == 1 ? "post" : "posts";
}

/* " that are nike or puma": what counts, in words. */
static void add_names(lg_buf *out, const char *const *name, size_t n)
{
    for (size_t i = 0; i < n; i++) lg_buf_addf(out, "%s%s", !i ? "" : i + 1 < n ? ", " : " or ", plt_label(name[i]));
}

/* ---- how many are right ---- */
static void doc_right(plt_doc *doc, const rep_customers *list, rep_standing standing)
{
    const rep_trust *trust = &list->trust[standing];
    bool rival = standing == REP_POTENTIAL;
    size_t listed = rival ? list->potential : list->current;
    const char *what = rival ? "a rival" : plt_label(list->brand);
    if (!listed) return;
    if (isnan(trust->expected)) {
        plt_sentence(doc, "How many of the %s listed really post %s cannot be said: %s",
                     lg_thousands((long long)listed), what, trust->how);
        return;
    }
    double about = round(trust->expected);
    plt_sentence(doc, "Of %s listed about %s %s right (%.0f to %.0f)%s%s", lg_thousands((long long)listed),
                 lg_thousands((long long)about), about > 1 || about < 1 ? "are" : "is",
                 floor(trust->expected_low + 1e-9), ceil(trust->expected_high - 1e-9),
                 rival ? ": they really post " : "", rival ? what : "");
}

/* Where the model says the brand much less often than among the validation images, more of what it says is wrong. */
static void doc_shift(plt_doc *doc, const rep_trust *trust, size_t listed, const char *what)
{
    if (isnan(trust->shifted) || !(trust->shifted < trust->low) || !listed) return;
    double about = round(trust->shifted * (double)listed);
    plt_text(
        doc,
        "Careful: %s%% of the validation images are called %s, but only %s%% of the pictures in these posts. Where "
        "fewer show it, more of those called so are wrong. Corrected for that, about %.0f of %s %s right.",
        plt_points(trust->validation_called, 0), what, plt_points(trust->posts_called, 1), about,
        lg_thousands((long long)listed), about > 1 || about < 1 ? "are" : "is");
}

static void doc_how(plt_doc *doc, const rep_customers *list)
{
    const rep_trust *trust = &list->trust[REP_CURRENT];
    if (!list->current || isnan(trust->share)) return;
    plt_note(
        doc,
        "Counted from this: %s, %s%% (%s to %s). An entry is right when one of its photos shows %s. More photos of "
        "one person do not count as more, because what deceives the model once deceives it again. Posts may differ "
        "from validation images.",
        trust->how, plt_points(trust->share, 1), plt_points(trust->low, 1), plt_points(trust->high, 1),
        plt_label(list->brand));
    if (list->posts->calibration) plt_note(doc, "Confidence is %s.", list->posts->calibration);
}

/* ---- the tables ---- */
static bool many_platforms(const rep_customers *list)
{
    size_t n = list->current + list->potential;
    for (size_t i = 1; i < n; i++)
        if (strcmp(list->person[i].platform, list->person[0].platform) != 0) return true;
    return false;
}

static void person_cells(plt_doc *doc, const rep_person *person, int most, bool platform)
{
    char day[REP_DATE];
    int posts = person->standing == REP_CURRENT ? person->brand_posts : person->rival_posts;
    rep_date(person->last, day);
    plt_row(doc, PLT_ROW_PLAIN);
    plt_cell(doc, "%d", person->rank);
    plt_head(doc, "%s", person->name);
    if (platform) plt_cell(doc, "%s", person->platform);
    plt_cell(doc, "%d", posts);
    plt_cell_bar(doc, (double)posts / most);
    plt_cell(doc, "%s%%", plt_points(person->share, 0));
    plt_cell_bar(doc, person->share);
    plt_cell_tip(doc, "%d of %d %s", posts, person->all_posts, posts_word(person->all_posts));
    plt_cell(doc, "%s", *day ? day : "–");
    if (isnan(person->right)) plt_cell(doc, "–");
    else
        plt_cell(doc, "%s%% (%s to %s)", plt_points(person->right, 0), plt_points(person->right_low, 0),
                 plt_points(person->right_high, 0));
}

static void doc_people(plt_doc *doc, const rep_customers *list, rep_standing standing, const char *caption)
{
    size_t from = standing == REP_CURRENT ? 0 : list->current;
    size_t n = standing == REP_CURRENT ? list->current : list->potential;
    bool platform = many_platforms(list);
    if (!n) return;
    const rep_person *first = &list->person[from];
    plt_table(doc, "%s", caption);
    plt_column(doc, PLT_RIGHT, "Rank");
    plt_column(doc, PLT_LEFT, "User");
    if (platform) plt_column(doc, PLT_LEFT, "Platform");
    plt_column(doc, PLT_RIGHT, "Posts");
    plt_column(doc, PLT_RIGHT, "Share of their posts");
    plt_column(doc, PLT_LEFT, "Last");
    plt_column(doc, PLT_RIGHT, "Expected right");
    int most = standing == REP_CURRENT ? first->brand_posts : first->rival_posts; /* ranked by it */
    for (size_t i = 0; i < n; i++) person_cells(doc, &first[i], most, platform);
}

static void doc_cut(plt_doc *doc, size_t listed, size_t found)
{
    if (listed < found)
        plt_note(doc, "%s more were found: add `top %zu`", lg_thousands((long long)(found - listed)), found);
}

/* ---- photos ---- */
/* Photos of each person, so that all have some. */
static size_t photos_each(const rep_customers *list, size_t *total)
{
    for (size_t each = EACH;; each--) {
        *total = 0;
        for (size_t i = 0; i < list->current + list->potential; i++)
            *total += list->person[i].evidences < each ? list->person[i].evidences : each;
        if (*total <= PHOTOS || each == 1) return each;
    }
}

typedef struct photo_walk {
    const rep_customers *list;
    const cmd_customers_page *page;
    size_t each, total, done, shown, missing, left;
    int side;
    bool rows;                /* a row for each person; else all in a flow, under the name of each */
    const rep_person *person; /* whose row it is */
} photo_walk;

/* A name beside a small picture: its beginning. */
static void add_short(lg_buf *out, const char *name)
{
    enum { LONGEST = 12 };
    size_t len = strlen(name);
    bool longer = lg_utf8_count(name, len) > LONGEST;
    lg_buf_add(out, name, longer ? lg_utf8_offset(name, len, LONGEST - 1) : len);
    if (longer) lg_buf_adds(out, "…");
}

static void begin_row(plt_doc *doc, photo_walk *w, const rep_person *person)
{
    bool potential = person->standing == REP_POTENTIAL;
    bool first = !w->person || w->person->standing != person->standing;
    if (w->rows && w->person != person)
        plt_grid_group(doc, "%d %s%s", person->rank, person->name, potential ? " (potential)" : "");
    else if (!w->rows && first) plt_grid_group(doc, "%s customers", potential ? "Potential" : "Current");
    w->person = person;
}

static lg_status add_photo(plt_doc *doc, photo_walk *w, const rep_person *person, const rep_evidence *evidence,
                           lg_err *err)
{
    char day[REP_DATE];
    lg_err unreadable = {0};
    lg_buf caption;
    img_picture rgb = {0};
    if (cmd_picture_pixels(evidence->picture, w->side, &rgb, &unreadable)) {
        w->missing++;
        if (unreadable.status == LG_E_MEMORY) *err = unreadable;
        return err->status;
    }
    lg_buf_init(&caption, 0);
    if (!w->rows) lg_buf_addf(&caption, "%d ", person->rank), add_short(&caption, person->name);
    rep_date(evidence->post->time, day);
    lg_buf_addf(&caption, "%s%s%s%s %s%%", w->rows ? "" : "\n", day, *day ? "\n" : "",
                w->list->posts->label[evidence->label], plt_sure((double)evidence->picture->confidence));
    begin_row(doc, w, person);
    plt_thumb(doc, rgb.px, rgb.w, rgb.h, PLT_EDGE_NONE, "%s", lg_buf_str(&caption));
    w->shown++;
    lg_buf_release(&caption);
    img_picture_release(&rgb);
    return LG_OK;
}

static lg_status add_person(plt_doc *doc, photo_walk *w, const rep_person *person, lg_err *err)
{
    size_t n = person->evidences < w->each ? person->evidences : w->each;
    w->left += person->evidences - n;
    for (size_t i = 0; i < n; i++, w->done++) {
        if (w->shown == PHOTOS) {
            w->left++;
            continue;
        }
        if (w->page->live) cmd_live_progress(w->page->live, "photos", (long)w->done, (long)w->total);
        LG_TRY(lg_cancel_check(w->page->cancel, err));
        LG_TRY(add_photo(doc, w, person, &person->evidence[i], err));
    }
    return LG_OK;
}

static lg_status doc_photos(plt_doc *doc, const rep_customers *list, const cmd_customers_page *page, lg_err *err)
{
    photo_walk w = {.list = list, .page = page};
    if (list->anonymous) {
        plt_note(doc, "Names, addresses, photos and times of day are left out: a person can be found by each of them");
        return LG_OK;
    }
    w.each = photos_each(list, &w.total);
    w.rows = list->current + list->potential <= ROWS;
    w.side = w.total <= PHOTOS / 3 ? 2 * PHOTO : PHOTO; /* sharp on dense screens where there is room */
    plt_grid(doc, PHOTO, "Evidence: the newest photos of each, with what the model calls them and how sure it is");
    for (size_t i = 0; i < list->current + list->potential; i++) LG_TRY(add_person(doc, &w, &list->person[i], err));
    if (w.left)
        plt_note(doc, "%s more %s not shown, to keep this output small; `show %s where user = NAME` has them",
                 lg_thousands((long long)w.left), w.left == 1 ? "photo is" : "photos are", page->from);
    if (w.missing)
        plt_note(doc, "%s %s could not be read", lg_thousands((long long)w.missing),
                 w.missing == 1 ? "photo" : "photos");
    return LG_OK;
}

/* ---- nobody ---- */
typedef struct nearly {
    size_t called, unsure; /* pictures called the brand; those of them that are not sure enough */
    float best;            /* the surest of the unsure ones */
} nearly;

static nearly count_nearly(const rep_customers *list)
{
    nearly n = {0};
    int brand = rep_label_find(list->posts, list->brand);
    for (size_t i = 0; i < list->posts->count; i++)
        for (size_t k = 0; k < list->posts->post[i].pictures; k++) {
            const rep_picture *picture = &list->posts->post[i].picture[k];
            if (picture->label != brand) continue;
            n.called++;
            if (picture->confidence >= list->least) continue;
            n.unsure++;
            n.best = picture->confidence > n.best ? picture->confidence : n.best;
        }
    return n;
}

/* What would have to be asked less strictly. */
static void doc_nobody(plt_doc *doc, const rep_customers *list)
{
    nearly n = count_nearly(list);
    const char *brand = plt_label(list->brand);
    plt_sentence(doc, "Nobody was found who posts %s%s", brand, n.called ? " so often and so surely" : "");
    if (!n.called)
        plt_item(doc, "the model calls none of the %s %s with a picture %s",
                 lg_thousands((long long)list->posts_looked), posts_word((long long)list->posts_looked), brand);
    if (n.unsure)
        plt_item(doc, "%s %s called %s with less than %.4g%%, at most with %s%%: lower `min`%s",
                 lg_thousands((long long)n.unsure), n.unsure == 1 ? "picture is" : "pictures are", brand,
                 100 * (double)list->least, plt_sure((double)n.best),
                 list->posts->least >= list->least ? ", also that of `classify`" : "");
    if (list->few)
        plt_item(doc, "%s %s it on fewer than %d posts: lower `posts`", lg_thousands((long long)list->few),
                 list->few == 1 ? "person shows" : "people show", list->wanted_posts);
}

static void doc_nameless(plt_doc *doc, const rep_customers *list)
{
    if (!list->nameless) return;
    bool one = list->nameless == 1;
    plt_text(doc, "%s %s %s, but the platform does not tell whose %s: %s for the brand, and not for a customer",
             lg_thousands((long long)list->nameless), one ? "post shows" : "posts show", plt_label(list->brand),
             one ? "it is" : "they are", one ? "it counts" : "they count");
    for (size_t i = 0; i < list->posts->withhelds; i++) plt_note(doc, "%s", list->posts->withheld[i]);
}

/* ---- all of it ---- */
/* Under anonymous, what rows were chosen by may be a name. */
static void doc_title(plt_doc *doc, const rep_customers *list, const cmd_customers_page *page)
{
    plt_title(doc, "customers of %s from %s%s: %s %s with a picture, at least %.4g%% sure, %d %s or more%s",
              list->brand, page->from, *page->where && list->anonymous ? " where …" : page->where,
              lg_thousands((long long)list->posts_looked), posts_word((long long)list->posts_looked),
              100 * (double)list->least, list->wanted_posts, posts_word(list->wanted_posts),
              list->anonymous ? ", without names" : "");
    if (*page->said) plt_note(doc, "%s", page->said);
}

static void doc_lists(plt_doc *doc, const rep_customers *list)
{
    lg_buf rivals, caption;
    lg_buf_init(&rivals, 0);
    lg_buf_init(&caption, 0);
    add_names(&rivals, list->rival, list->rivals);
    lg_buf_addf(&caption, "Current customers: they post %s", list->brand);
    doc_people(doc, list, REP_CURRENT, lg_buf_str(&caption));
    doc_cut(doc, list->current, list->current_found);
    lg_buf_clear(&caption);
    lg_buf_addf(&caption, "Potential customers: they post %s, and not %s", lg_buf_str(&rivals), list->brand);
    if (list->potential && list->current) doc_right(doc, list, REP_POTENTIAL);
    doc_people(doc, list, REP_POTENTIAL, lg_buf_str(&caption));
    doc_cut(doc, list->potential, list->potential_found);
    if (!list->rivals) plt_note(doc, "the model knows no rival, so nobody is a potential customer");
    else if (!list->potential)
        plt_note(doc, "nobody%s posts %s and not %s: there are no potential customers",
                 list->nameless ? " whose name is told" : "", lg_buf_str(&rivals), list->brand);
    lg_buf_release(&rivals);
    lg_buf_release(&caption);
}

lg_status cmd_doc_customers(plt_doc *doc, const rep_customers *list, const cmd_customers_page *page, lg_err *err)
{
    const rep_trust *trust = &list->trust[REP_CURRENT];
    doc_title(doc, list, page);
    if (!list->current) doc_nobody(doc, list);
    doc_right(doc, list, REP_CURRENT);
    doc_shift(doc, trust, list->current, plt_label(list->brand));
    doc_how(doc, list);
    if (!list->current && list->potential) doc_right(doc, list, REP_POTENTIAL);
    doc_lists(doc, list);
    doc_nameless(doc, list);
    if (list->current + list->potential) LG_TRY(doc_photos(doc, list, page, err));
    return plt_doc_check(doc, err);
}
