/* cmd_customers.c - `customers`: people who post a brand, ranked. */
#include "kernel/commands/box_customers.h"

#include <string.h>

#include "lib/base/banned.h"

enum { FROM, AS, BRAND, RIVALS, MIN, POSTS, TOP, ANONYMOUS };

static const dsl_param params[] = {
    [FROM] = {.name = "from",
              .role = DSL_PREPOSITION,
              .type = DSL_T_OBJECT,
              .kinds = DSL_POSTSES,
              .required = true,
              .help = "posts that a model has classified"},
    [AS] = {.name = "as", .role = DSL_PREPOSITION, .type = DSL_T_NEWNAME, .help = "keep the list as a table"},
    [BRAND] = {.name = "brand",
               .role = DSL_OPTION,
               .type = DSL_T_LABEL,
               .dflt_help = "the label with the most pictures",
               .help = "whose customers"},
    [RIVALS] = {.name = "rivals",
                .role = DSL_OPTION,
                .type = DSL_T_LABEL,
                .list = true,
                .dflt_help = "all other labels but `other`",
                .help = "brands whose customers are potential ones"},
    [MIN] = {.name = "min",
             .role = DSL_OPTION,
             .type = DSL_T_NUMBER,
             .dflt = "60%",
             .min = 0,
             .max = 1,
             .help = "how sure the model has to be of a picture",
             .advice = "higher: fewer people, and more of them right; lower: more people. The output says how many of "
                       "the list are right."},
    [POSTS] = {.name = "posts",
               .role = DSL_OPTION,
               .type = DSL_T_INT,
               .dflt = "1",
               .min = 1,
               .max = 100000,
               .help = "posts of the brand that a person needs"},
    [TOP] = {.name = "top",
             .role = DSL_OPTION,
             .type = DSL_T_INT,
             .dflt = "50",
             .min = 1,
             .max = 10000,
             .help = "people listed at most, of current and of potential ones"},
    [ANONYMOUS] = {.name = "anonymous",
                   .role = DSL_FLAG,
                   .type = DSL_T_FLAG,
                   .help = "numbers in the place of names, no photos, no addresses"},
    {0},
};

static lg_status not_classified(const dsl_value *from, const rep_posts *posts, lg_err *err)
{
    lg_fail(err, LG_E_DATA, 451, "no model has looked at the posts in `%.60s` yet", from->name);
    lg_why(err, "customers are found by what the pictures show, not by what is written; %s has %s %s", from->name,
           lg_thousands((long long)posts->count), posts->count == 1 ? "post" : "posts");
    lg_try(err, "classify %s with MODEL as labelled", from->name);
    return lg_err_place(err, from->span);
}

/* Pictures of a folder have no authors. */
static lg_status no_people(const dsl_value *from, const rep_posts *posts, lg_err *err)
{
    for (size_t i = 0; i < posts->count; i++)
        if (strcmp(posts->post[i].platform, "files") != 0) return LG_OK;
    if (!posts->count) return LG_OK;
    lg_fail(err, LG_E_DATA, 454, "nobody posted these pictures: `%.60s` is a dataset that was classified", from->name);
    lg_try(err, "classify posts that `scrape` has brought");
    return lg_err_place(err, from->span);
}

static lg_status read_brand(const dsl_call *call, const rep_posts *posts, rep_customers_ask *ask, lg_err *err)
{
    const dsl_value *brand = dsl_val(call, BRAND), *from = &call->arg[FROM].value[0];
    if (brand) {
        ask->brand = brand->text;
        return LG_OK;
    }
    int usual = rep_brand_usual(posts, ask->least);
    if (usual < 0) usual = rep_brand_usual(posts, 0);
    if (usual >= 0) ask->brand = posts->label[usual];
    for (int i = 0; !ask->brand && i < posts->labels; i++)
        if (!rep_is_rest(posts->label[i])) ask->brand = posts->label[i];
    if (ask->brand) return LG_OK;
    lg_fail(err, LG_E_DATA, 453, "`%.60s` has no label that is a brand", from->name);
    lg_why(err, "its model only tells what is none of them");
    lg_try(err, "classify them with a model that was taught brands");
    return lg_err_place(err, from->span);
}

static lg_status read_ask(const dsl_call *call, const rep_posts *posts, rep_customers_ask *ask, lg_err *err)
{
    const dsl_arg *rivals = &call->arg[RIVALS];
    *ask = (rep_customers_ask){.least = (float)call->arg[MIN].value[0].number,
                               .posts = (int)call->arg[POSTS].value[0].integer,
                               .top = (int)call->arg[TOP].value[0].integer,
                               .anonymous = dsl_on(call, ANONYMOUS),
                               .rivals = (size_t)rivals->count};
    LG_TRY(read_brand(call, posts, ask, err));
    const char **name = lg_arena_alloc(call->arena, ask->rivals + 1, sizeof *name, err);
    if (!name) return err->status;
    for (size_t i = 0; i < ask->rivals; i++) name[i] = rivals->value[i].text;
    ask->rival = name;
    return LG_OK;
}

/* Where the label stands that an error speaks of. */
static lg_span label_span(const dsl_call *call, const rep_posts *posts)
{
    const dsl_value *brand = dsl_val(call, BRAND);
    if (brand && (rep_label_find(posts, brand->text) < 0 || rep_is_rest(brand->text))) return brand->span;
    for (int i = 0; i < call->arg[RIVALS].count; i++) {
        const dsl_value *rival = &call->arg[RIVALS].value[i];
        bool own = brand && !lg_casecmp(brand->text, rival->text);
        if (own || rep_label_find(posts, rival->text) < 0 || rep_is_rest(rival->text)) return rival->span;
    }
    return brand ? brand->span : call->span;
}

/* What was chosen without being asked for. */
static const char *said_line(const dsl_call *call, const rep_customers *list, const rep_posts *posts, lg_err *err)
{
    const char *brand = "", *least = "";
    if (!dsl_val(call, BRAND))
        brand = lg_arena_strf(call->arena, err, "brand %s, the %s; `brand NAME` asks for another", list->brand,
                              list->posts_looked ? "label with the most pictures" : "first label");
    if ((double)posts->least > call->arg[MIN].value[0].number)
        least = lg_arena_strf(call->arena, err, "%s`classify` took only what is at least %.4g%% sure, so that counts",
                              brand && *brand ? ". " : "", 100 * (double)posts->least);
    return brand && least ? lg_arena_strf(call->arena, err, "%s%s", brand, least) : NULL;
}

static lg_status show_list(const dsl_call *call, const rep_customers *list, const rep_posts *posts, lg_err *err)
{
    plt_doc doc;
    cmd_live live;
    cmd_live_init(&live, call->out);
    const char *said = said_line(call, list, posts, err);
    if (!said) return err->status;
    plt_doc_init(&doc);
    lg_status st = cmd_doc_customers(&doc, list,
                                     &(cmd_customers_page){.from = call->arg[FROM].value[0].name,
                                                           .where = cmd_where_text(call),
                                                           .said = said,
                                                           .live = &live,
                                                           .cancel = call->cancel},
                                     err);
    if (st == LG_OK) return cmd_live_result(call, &live, &doc, true, err);
    cmd_live_close(&live, st);
    plt_doc_release(&doc);
    return st;
}

static lg_status keep(const dsl_call *call, rep_customers *list, lg_err *err)
{
    dsl_object *object;
    if (!call->arg[AS].count) return LG_OK;
    LG_TRY(cmd_customers_new(list, call->arg[FROM].value[0].name, call->recipe, &object, err));
    return dsl_call_bind(call, call->arg[AS].value[0].text, object, err);
}

static lg_status customers_run(const dsl_call *call, lg_err *err)
{
    const dsl_value *from = &call->arg[FROM].value[0];
    rep_customers list = {0};
    rep_customers_ask ask;
    rep_posts *posts = NULL;
    lg_status st;
    if (!cmd_posts(from)->labels) return not_classified(from, cmd_posts(from), err);
    LG_TRY(no_people(from, cmd_posts(from), err));
    LG_TRY(cmd_posts_where(call, cmd_posts(from), &posts, err));
    LG_GO(read_ask(call, posts, &ask, err));
    if (rep_customers_find(posts, &ask, &list, err)) LG_GO(lg_err_place(err, label_span(call, posts)));
    if (!ask.anonymous) LG_GO(cmd_platform_rules(call, err));
    LG_GO(show_list(call, &list, posts, err));
    st = keep(call, &list, err);
done:
    rep_customers_release(&list);
    rep_posts_unref(posts);
    return st;
}

const dsl_command dsl_cmd_customers = {
    .name = "customers",
    .summary = "people who post a brand, ranked",
    .detail = "Current customers show the brand on `posts` posts or more; potential ones show a rival, and never the "
              "brand. A post shows a brand when the model calls one of its pictures so, at least `min` sure. Ranked by "
              "these posts, then by their share of a person's posts, then by date. How many of the list are right is "
              "expected from the model's validation images, with a 95% interval for what you would count; it supposes "
              "that posts are like them. With `anonymous` nothing leads to a person, in exports neither.",
    .group = "Business",
    .params = params,
    .examples = (const char *const[]){"customers from labelled brand adidas min 80% posts 2 top 50 as fans",
                                      "customers from labelled brand nike rivals adidas, puma anonymous", NULL},
    .makes = DSL_KIND_TABLE,
    .takes_where = true,
    .run = customers_run,
};
