/* cmd_dashboard.c - `dashboard`: one offline HTML file for people who never see code. */
#include "kernel/commands/box_customers.h"
#include "kernel/commands/box_model.h"
#include "lib/base/reach.h"
#include "lib/report/dashboard.h"
#include "scraper/platform.h"

#include <ctype.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "lib/base/banned.h"

enum { FROM, TO, TITLE, ABOUT };

static const dsl_param params[] = {
    [FROM] = {.name = "from",
              .role = DSL_PREPOSITION,
              .type = DSL_T_OBJECT,
              .kinds = DSL_TABLES | DSL_POSTSES | DSL_MODELS | DSL_RUNS,
              .required = true,
              .list = true,
              .help = "customers, classified posts, models and runs, in any order"},
    [TO] = {.name = "to", .role = DSL_PREPOSITION, .type = DSL_T_OUTPATH, .endings = ".html",
            .required = true, .help = "a .html file"},
    [TITLE] = {.name = "title",
               .role = DSL_OPTION,
               .type = DSL_T_TEXT,
               .dflt_help = "made from the file's name",
               .help = "the heading, and the name in the browser's tab"},
    [ABOUT] = {.name = "about", .role = DSL_OPTION, .type = DSL_T_TEXT, .help = "a sentence below the heading"},
    {0},
};

/* What was collected from the call, in its arena. */
typedef struct collected {
    const dsl_call *call;
    rep_dashboard ask;
    const rep_posts **posts;
    const rep_customers **customers;
    rep_dash_model *model;
    cmd_live live;
} collected;

/* ---- may it be? ---- */
static const char *file_ending(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
    return dot && dot > name ? dot + 1 : "";
}

static lg_status check_file(const dsl_call *call, lg_err *err)
{
    const dsl_value *to = &call->arg[TO].value[0];
    const char *end = file_ending(to->text);
    if (!lg_casecmp(end, "html") || !lg_casecmp(end, "htm")) return LG_OK;
    lg_fail(err, LG_E_ARG, 461, "`%.80s` is no name for a dashboard: it is a page, which ends in .html", to->text);
    if (*end) lg_why(err, "rows for other programs are written by `export`");
    lg_try(err, "dashboard from %s to %.*s.html", call->arg[FROM].value[0].text,
           (int)(*end ? end - 1 - to->text : (ptrdiff_t)strlen(to->text)), to->text);
    return lg_err_place(err, to->span);
}

static lg_status check_object(const dsl_value *value, lg_err *err)
{
    const dsl_object *object = value->object;
    if (!object || object->cls->kind != DSL_KIND_TABLE || cmd_customers(object)) return LG_OK;
    lg_fail(err, LG_E_ARG, 460, "`%.60s` is a table, but no list of customers", value->name);
    lg_why(err, "a dashboard is made of customers, posts, models and runs");
    lg_try(err, "export %s to %s.html", value->text, value->name);
    return lg_err_place(err, value->span);
}

static lg_status dashboard_check(const dsl_call *call, lg_err *err)
{
    for (int i = 0; i < call->arg[FROM].count; i++) LG_TRY(check_object(&call->arg[FROM].value[i], err));
    return check_file(call, err);
}

/* ---- models in words ---- */
static lg_status keep(const dsl_call *call, lg_buf *words, const char **out, lg_err *err)
{
    lg_status st = lg_buf_check(words, err);
    if (st == LG_OK) *out = lg_arena_strndup(call->arena, lg_buf_str(words), words->len, err);
    lg_buf_release(words);
    return st ? st : *out ? LG_OK : err->status;
}

static lg_status say_learnt(const dsl_call *call, const cmd_run *run, const char **out, lg_err *err)
{
    lg_buf words;
    lg_buf_init(&words, 0);
    lg_buf_addf(&words, "%s pictures of %s", lg_thousands((long long)run->train_count), run->data);
    for (int i = 0; i < run->labels.count && i < 12; i++)
        lg_buf_addf(&words, "%s%s", i ? ", " : " (", run->labels.name[i]);
    if (run->labels.count > 12) lg_buf_addf(&words, " and %d more", run->labels.count - 12);
    if (run->labels.count) lg_buf_addc(&words, ')');
    return keep(call, &words, out, err);
}

static double of_hundred(double share)
{
    return floor(100 * share + 0.5);
}

/* What the curves of accuracy say, without the word. */
static lg_status say_course(const dsl_call *call, const cmd_run *run, const char **out, lg_err *err)
{
    const nn_epoch *kept = cmd_run_kept(run), *first = run->run.epochs ? &run->run.epoch[0] : NULL;
    lg_buf words;
    if (!kept) return LG_OK;
    lg_buf_init(&words, 0);
    lg_buf_addf(&words, "It went over them %d time%s", run->run.epochs, run->run.epochs == 1 ? "" : "s");
    if (!isnan(kept->val_accuracy) && run->run.epochs > 1)
        lg_buf_addf(&words,
                    ". After the first time it got %.0f of 100 pictures right that it had not learnt from, after time "
                    "%d, whose state was kept, %.0f of 100 (of those that it had learnt from %.0f)",
                    of_hundred(first->val_accuracy), kept->epoch, of_hundred(kept->val_accuracy),
                    of_hundred(kept->accuracy));
    if (cmd_overfits_since(&run->run))
        lg_buf_addf(&words, ". From time %d on it learnt pictures by heart rather than brands",
                    cmd_overfits_since(&run->run));
    return keep(call, &words, out, err);
}

static lg_status add_figures(const dsl_call *call, const cmd_run *run, rep_dash_model *out, lg_err *err)
{
    const cmd_score *score = &run->score[DATA_VAL];
    if (!score->count) return LG_OK;
    rep_dash_class *class = lg_arena_alloc(call->arena, (size_t)score->classes, sizeof *class, err);
    out->on = lg_arena_strf(call->arena, err, "%s.val", run->data);
    if (!class || !out->on) return err->status;
    for (int k = 0; k < score->classes; k++) {
        nn_class_score s = nn_confusion_class(score->count, score->classes, k);
        class[k] = (rep_dash_class){.label = k < run->labels.count ? run->labels.name[k] : "",
                                    .truth = s.truth,
                                    .said = s.predicted,
                                    .right = s.right};
    }
    out->class = class;
    out->classes = score->classes;
    return LG_OK;
}

static lg_status add_run(collected *c, const char *name, const cmd_run *run, lg_err *err)
{
    rep_dash_model *out = &c->model[c->ask.models++];
    *out = (rep_dash_model){.name = name};
    if (!run) return LG_OK;
    LG_TRY(add_figures(c->call, run, out, err));
    LG_TRY(say_learnt(c->call, run, &out->learnt, err));
    return say_course(c->call, run, &out->course, err);
}

static lg_status add_model(collected *c, const dsl_value *value, lg_err *err)
{
    const cmd_model *model = cmd_model_of(value);
    const char *file = cmd_model_came_from(model);
    LG_TRY(add_run(c, value->name, cmd_model_run(model), err));
    rep_dash_model *out = &c->model[c->ask.models - 1];
    if (out->learnt || !file) return LG_OK;
    out->learnt = lg_arena_strf(c->call->arena, err, "others' pictures: it came with its knowledge in %s", file);
    return out->learnt ? LG_OK : err->status;
}

static lg_status add_object(collected *c, const dsl_value *value, lg_err *err)
{
    const dsl_object *object = value->object;
    const cmd_run *run = object->payload;
    switch (object->cls->kind) {
    case DSL_KIND_POSTS: c->posts[c->ask.sets++] = cmd_posts(value); return LG_OK;
    case DSL_KIND_TABLE: c->customers[c->ask.lists++] = cmd_customers(object); return LG_OK;
    case DSL_KIND_MODEL: return add_model(c, value, err);
    default: break;
    }
    const char *name = lg_arena_strf(c->call->arena, err, "%s, a training of %s", value->name, run->model);
    return name ? add_run(c, name, run, err) : err->status;
}

/* Naming an object twice does no harm, and nothing. */
static bool named_before(const dsl_arg *from, int at)
{
    for (int i = 0; i < at; i++)
        if (from->value[i].object == from->value[at].object) return true;
    return false;
}

static lg_status empty(const dsl_call *call, lg_err *err)
{
    lg_fail(err, LG_E_DATA, 462, "there is nothing to show: no post, nobody listed, no model that was measured");
    lg_try(err, "`list` says what objects hold; `classify posts with MODEL as labelled` makes posts to show");
    return lg_err_place(err, call->arg[FROM].value[0].span);
}

static lg_status collect(collected *c, lg_err *err)
{
    const dsl_arg *from = &c->call->arg[FROM];
    size_t n = (size_t)from->count, content = 0;
    c->posts = lg_arena_alloc(c->call->arena, n, sizeof *c->posts, err);
    c->customers = lg_arena_alloc(c->call->arena, n, sizeof *c->customers, err);
    c->model = lg_arena_alloc(c->call->arena, n, sizeof *c->model, err);
    if (!c->posts || !c->customers || !c->model) return err->status;
    for (int i = 0; i < from->count; i++)
        if (!named_before(from, i)) LG_TRY(add_object(c, &from->value[i], err));
    c->ask.posts = c->posts;
    c->ask.customers = c->customers;
    c->ask.model = c->model;
    for (size_t i = 0; i < c->ask.sets; i++) content += c->posts[i]->count;
    for (size_t i = 0; i < c->ask.lists; i++) content += c->customers[i]->posts->count;
    for (size_t i = 0; i < c->ask.models; i++) content += (size_t)c->model[i].classes;
    return content ? LG_OK : empty(c->call, err);
}

/* "reports/who-posts-adidas.html": Who posts adidas. */
static lg_status find_title(const dsl_call *call, const char **out, lg_err *err)
{
    const char *path = call->arg[TO].value[0].text, *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    if (dsl_val(call, TITLE)) {
        *out = call->arg[TITLE].value[0].text;
        return LG_OK;
    }
    char *title = lg_arena_strndup(call->arena, name, (size_t)(file_ending(path) - 1 - name), err);
    if (!title) return err->status;
    for (char *p = title; *p; p++)
        if (*p == '-' || *p == '_') *p = ' ';
    *title = (char)toupper((unsigned char)*title);
    *out = title;
    return LG_OK;
}

/* ---- pictures ---- */
static lg_status picture(void *ctx, const rep_picture *from, int side, img_picture *out, lg_err *err)
{
    lg_err own = {0};
    (void)ctx;
    lg_status st = cmd_picture_pixels(from, side, out, &own);
    if (st != LG_E_MEMORY && st != LG_E_INTERRUPTED) return LG_OK; /* one that is gone or broken is left out */
    *err = own;
    return st;
}

static const char *platform_title(const char *name)
{
    const scrape_platform *platform = scrape_platform_find(name);
    return platform ? platform->title : name;
}

static void progress(void *ctx, size_t done, size_t pictures)
{
    collected *c = ctx;
    cmd_live_progress(&c->live, "pictures made small", (long)done, (long)pictures);
}

/* ---- what was written ---- */
enum { REPLACED_NOTHING, REPLACED_DASHBOARD, REPLACED_OTHER };

static int what_is_there(const char *path)
{
    lg_err ignored = {0};
    lg_buf old;
    lg_buf_init(&old, (size_t)64 << 20);
    int what = REPLACED_NOTHING;
    lg_status st = lg_reach_read(path, &old, &ignored);
    if (st == LG_OK)
        what =
            strstr(lg_buf_str(&old), "<meta name=generator content=\"Logolens ") ? REPLACED_DASHBOARD : REPLACED_OTHER;
    else if (ignored.code == 303) what = REPLACED_OTHER;
    lg_buf_release(&old);
    return what;
}

static void add_bars(plt_doc *doc, const rep_dash_made *made)
{
    const char *label[6];
    double value[6];
    if (!made->brands) return;
    for (int i = 0; i < made->brands; i++) {
        label[i] = made->brand[i].name;
        value[i] = (double)made->brand[i].posts;
    }
    plt_bars(
        doc,
        &(plt_bars_spec){
            .title = "Posts that show a brand", .sentence = "", .labels = label, .values = value, .n = made->brands});
}

static void add_left_out(plt_doc *doc, const rep_dash_made *made)
{
    if (made->posts_left)
        plt_note(doc, "left out: %s older posts; a page shows %s at most", lg_thousands((long long)made->posts_left),
                 lg_thousands(REP_DASH_POSTS));
    if (made->unreadable)
        plt_note(doc, "not to be read: %s of the pictures", lg_thousands((long long)made->unreadable));
    if (made->pictures_left)
        plt_note(doc, "left out to keep the file small: %s of the pictures",
                 lg_thousands((long long)made->pictures_left));
}

static lg_status show_written(collected *c, const rep_dash_made *made, size_t bytes, int replaced, lg_err *err)
{
    const char *file = c->call->arg[TO].value[0].text;
    plt_doc doc;
    plt_doc_init(&doc);
    plt_title(&doc, "dashboard written to %s", file);
    plt_pair(&doc, "title", "%s", c->ask.title);
    plt_pair(&doc, "file", "%s, %s bytes%s", file, lg_thousands((long long)bytes),
             replaced == REPLACED_DASHBOARD ? ", in the place of an earlier dashboard"
             : replaced == REPLACED_OTHER   ? ", in the place of a file that was no dashboard"
                                            : "");
    plt_pair(&doc, "posts", "%s", lg_thousands((long long)made->posts));
    plt_pair(&doc, "people", "%s%s", lg_thousands((long long)made->people),
             made->anonymous ? ", none of them named" : "");
    if (made->side)
        plt_pair(&doc, "pictures", "%s, %d pixels wide or high", lg_thousands((long long)made->pictures), made->side);
    plt_pair(&doc, "models", "%zu", c->ask.models);
    add_bars(&doc, made);
    if (*made->sentence) plt_sentence(&doc, "%s", made->sentence);
    plt_text(&doc, "To see it, open the file with a web browser (a double click does). It needs no network and nothing "
                   "beside it, and can be sent by mail.");
    if (made->anonymous)
        plt_note(&doc,
                 "anonymous: names, texts, photos and links are left out, of posts that were named beside it too");
    else if (made->authors)
        plt_note(&doc, "it holds posts of people with their names: hand it only to those who may see them");
    add_left_out(&doc, made);
    return cmd_live_result(c->call, &c->live, &doc, made->brands > 0, err);
}

static lg_status dashboard_run(const dsl_call *call, lg_err *err)
{
    collected c = {.call = call};
    const dsl_value *to = &call->arg[TO].value[0], *about = dsl_val(call, ABOUT);
    rep_dash_made made;
    lg_buf file;
    char *full = NULL;
    LG_TRY(collect(&c, err));
    LG_TRY(find_title(call, &c.ask.title, err));
    if (lg_reach_resolve(to->text, LG_REACH_WRITE, &full, err)) return lg_err_place(err, to->span);
    lg_free(full);
    c.ask.about = about ? about->text : NULL;
    c.ask.made = (int64_t)time(NULL) * 1000;
    c.ask.picture = picture;
    c.ask.platform = platform_title;
    c.ask.progress = progress;
    c.ask.ctx = &c;
    c.ask.cancel = call->cancel;
    cmd_live_init(&c.live, call->out);
    lg_buf_init(&file, (size_t)256 << 20);
    lg_status st;
    LG_GO(rep_dashboard_write(&c.ask, &file, &made, err));
    LG_GO(lg_cancel_check(call->cancel, err)); /* from here on it is written whole */
    int replaced = what_is_there(to->text);
    if (lg_reach_write(to->text, file.data, file.len, 0666, err)) LG_GO(lg_err_place(err, to->span));
    st = show_written(&c, &made, file.len, replaced, err);
done:
    if (st) cmd_live_close(&c.live, st);
    lg_buf_release(&file);
    return st;
}

static const char *dashboard_endings(dsl_kind kind)
{
    (void)kind;
    return ".html";
}

const dsl_command dsl_cmd_dashboard = {
    .name = "dashboard",
    .summary = "one offline HTML file for people who never see code",
    .detail =
        "Customers, posts, models and runs become one page with a first sentence, brands over time, people with "
        "their photos, all posts, and how sure the models are, in plain words. Its readers filter by brand, "
        "platform, date and confidence, download what they see as CSV, and print it; without script all tables and "
        "pictures stand. The file fetches nothing. From customers alone, their posts are shown as well. When "
        "a list is anonymous, nobody is named anywhere in the file.",
    .group = "Business",
    .params = params,
    .endings = dashboard_endings,
    .examples = (const char *const[]){"dashboard from labelled to adidas.html",
                                      "dashboard from fans, labelled, scratch to shoes.html title \"Who posts our "
                                      "shoes\"",
                                      NULL},
    .check = dashboard_check,
    .run = dashboard_run,
};
