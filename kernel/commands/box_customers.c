/* box_customers.c - lists of customers as objects: their rows and fields. */
#include "kernel/commands/box_customers.h"

#include <string.h>

#include "lib/base/banned.h"

/* Begins with a table, so that what a table's class does works on it, too. */
typedef struct box {
    cmd_table base;
    rep_customers list;
    char *from; /* owned */
} box;

static void box_drop(void *payload)
{
    box *b = payload;
    if (!b) return;
    rep_customers_release(&b->list);
    lg_free(b->from);
    cmd_table_class.drop(&b->base);
}

const rep_customers *cmd_customers(const dsl_object *object)
{
    return object->cls == &cmd_customers_class ? &((const box *)object->payload)->list : NULL;
}

const rep_table *cmd_customers_table(const dsl_object *object)
{
    return object->cls == &cmd_customers_class ? &((const box *)object->payload)->base.table : NULL;
}

/* ---- rows ---- */
static void evidence_cell(rep_table *table, const rep_person *person, bool url)
{
    lg_buf text;
    lg_buf_init(&text, 0);
    for (size_t i = 0; i < person->evidences; i++) {
        const char *one = url ? person->evidence[i].post->url : person->evidence[i].post->id;
        if (one && *one) lg_buf_addf(&text, "%s%s", text.len ? " " : "", one);
    }
    rep_text(table, lg_buf_str(&text));
    lg_buf_release(&text);
}

static void person_row(rep_table *table, const rep_person *person)
{
    bool current = person->standing == REP_CURRENT;
    rep_row_add(table);
    rep_number(table, person->rank);
    rep_text(table, current ? "current" : "potential");
    rep_text(table, person->name);
    rep_text(table, person->platform);
    rep_number(table, current ? person->brand_posts : person->rival_posts);
    rep_number(table, person->brand_posts);
    rep_number(table, person->rival_posts);
    rep_number(table, person->all_posts);
    rep_number(table, person->share);
    rep_day(table, person->last);
    rep_number(table, person->right);
    rep_number(table, person->right_low);
    rep_number(table, person->right_high);
    evidence_cell(table, person, true);
    evidence_cell(table, person, false);
}

static void fill_table(rep_table *table, const rep_customers *list)
{
    static const struct {
        const char *name;
        rep_type type;
        rep_meaning meaning;
    } columns[] = {{"rank", REP_NUMBER, REP_AS_WHOLE},
                   {"standing", REP_TEXT, REP_AS_IS},
                   {"user", REP_TEXT, REP_AS_IS},
                   {"platform", REP_TEXT, REP_AS_IS},
                   {"posts", REP_NUMBER, REP_AS_WHOLE},
                   {"brand_posts", REP_NUMBER, REP_AS_WHOLE},
                   {"rival_posts", REP_NUMBER, REP_AS_WHOLE},
                   {"all_posts", REP_NUMBER, REP_AS_WHOLE},
                   {"share", REP_NUMBER, REP_AS_IS},
                   {"last", REP_TEXT, REP_AS_DAY},
                   {"expected_precision", REP_NUMBER, REP_AS_IS},
                   {"low", REP_NUMBER, REP_AS_IS},
                   {"high", REP_NUMBER, REP_AS_IS},
                   {"evidence_urls", REP_TEXT, REP_AS_IS},
                   {"evidence_ids", REP_TEXT, REP_AS_IS}};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        rep_column_mean(table, columns[i].name, columns[i].type, columns[i].meaning);
    for (size_t i = 0; i < list->current + list->potential; i++) person_row(table, &list->person[i]);
}

/* ---- fields ---- */
static bool own_field(const rep_customers *list, const char *path, double *out)
{
    const rep_trust *trust = &list->trust[REP_CURRENT];
    const struct {
        const char *name;
        double value;
    } known[] = {{"count", (double)list->current},
                 {"potential", (double)list->potential},
                 {"found", (double)list->current_found},
                 {"potential_found", (double)list->potential_found},
                 {"nameless", (double)list->nameless},
                 {"right", list->right},
                 {"right_low", list->right_low},
                 {"right_high", list->right_high},
                 {"precision", trust->share},
                 {"precision_low", trust->low},
                 {"precision_high", trust->high}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(path, known[i].name) == 0) {
            *out = known[i].value;
            return true;
        }
    return false;
}

static lg_status box_field(const void *payload, const char *path, lg_arena *arena, dsl_fact *out, lg_err *err)
{
    const box *b = payload;
    *out = (dsl_fact){0};
    if (strcmp(path, "brand") == 0) out->text = b->list.brand;
    else if (!own_field(&b->list, path, &out->number)) return cmd_table_class.field(&b->base, path, arena, out, err);
    return LG_OK;
}

static void box_fields(const void *payload, lg_buf *out)
{
    const box *b = payload;
    lg_buf_adds(out, "brand\ncount\npotential\nfound\npotential_found\nnameless\nright\nright_low\nright_high\n"
                     "precision\nprecision_low\nprecision_high\n");
    cmd_table_class.fields(&b->base, out);
}

static void box_where_fields(const void *payload, lg_buf *out)
{
    const box *b = payload;
    cmd_table_class.where_fields(&b->base, out);
}

static void box_brief(const void *payload, lg_buf *out)
{
    const rep_customers *list = &((const box *)payload)->list;
    lg_buf_addf(out, "customers of %s: %s current, %s potential%s", list->brand, lg_thousands((long long)list->current),
                lg_thousands((long long)list->potential), list->anonymous ? ", without names" : "");
}

static lg_status box_show(const dsl_object *object, const char *name, dsl_out *out, lg_err *err)
{
    const box *b = object->payload;
    plt_doc doc;
    (void)name;
    plt_doc_init(&doc);
    lg_status st =
        cmd_doc_customers(&doc, &b->list, &(cmd_customers_page){.from = b->from, .where = "", .said = ""}, err);
    if (st == LG_OK) return cmd_display_to(out, &doc, true, 0, err);
    plt_doc_release(&doc);
    return st;
}

const dsl_class cmd_customers_class = {
    .kind = DSL_KIND_TABLE,
    .drop = box_drop,
    .field = box_field,
    .fields = box_fields,
    .where_fields = box_where_fields,
    .brief = box_brief,
    .show = box_show,
};

/* ---- making ---- */
lg_status cmd_customers_new(rep_customers *list, const char *from, const char *recipe, dsl_object **out, lg_err *err)
{
    lg_status st = LG_OK;
    box *b = lg_alloc(1, sizeof *b, err);
    if (!b) {
        rep_customers_release(list);
        return err->status;
    }
    b->list = *list;
    *list = (rep_customers){0};
    rep_table_init(&b->base.table);
    fill_table(&b->base.table, &b->list);
    b->from = lg_strdup(from, err);
    b->base.title = b->from ? lg_strf(err, "customers of %s from %s", b->list.brand, from) : NULL;
    LG_GO(b->base.title ? LG_OK : err->status);
    LG_GO(rep_table_check(&b->base.table, err));
    return dsl_object_new(&cmd_customers_class, b, recipe, out, err);
done:
    box_drop(b);
    return st;
}

lg_status cmd_customers_again(const dsl_object *object, const rep_posts *posts, dsl_object **out, lg_err *err)
{
    const box *b = object->payload;
    rep_customers list;
    LG_TRY(rep_customers_again(&b->list, posts, &list, err));
    return cmd_customers_new(&list, b->from, object->recipe, out, err);
}
