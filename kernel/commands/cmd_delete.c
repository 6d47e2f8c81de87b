/* cmd_delete.c - `delete user`: a person is removed from the catalogue and from this session. */
#include "kernel/commands/forget.h"

#include <string.h>

#include "lib/base/banned.h"

enum { WHAT, NAME };

static const dsl_param params[] = {
    [WHAT] = {.name = "what",
              .role = DSL_POSITIONAL,
              .type = DSL_T_CHOICE,
              .choices = "user",
              .required = true,
              .help = "the word user"},
    [NAME] = {.name = "name",
              .role = DSL_POSITIONAL,
              .type = DSL_T_TEXT,
              .offers = DSL_OFFER_HANDLES,
              .required = true,
              .help = "the handle as it stands on the platform, with or without @, or the number of the account"},
    {0},
};

typedef struct deleting {
    const dsl_call *call;
    cmd_whom whom;
    store_forgotten gone;    /* of the catalogue */
    cmd_forgotten_list list; /* of the session */
    size_t fixes;            /* lines of label fixes */
    size_t cells;            /* of the history */
    lg_err left;             /* why bytes may be left in the catalogue's file */
} deleting;

/* ---- nobody ---- */
typedef struct authors {
    const char *name[400];
    size_t count;
} authors;

static bool add_authors(void *ctx, const char *name, dsl_object *object)
{
    authors *a = ctx;
    (void)name;
    if (object->cls != &cmd_posts_class) return true;
    const rep_posts *posts = object->payload;
    for (size_t i = 0; i < posts->count && a->count < sizeof a->name / sizeof *a->name; i++)
        if (posts->post[i].author_handle) a->name[a->count++] = posts->post[i].author_handle;
    return true;
}

/* Only names that posts of this session show anyway are offered: the catalogue's others are nobody's business. */
static lg_status nobody(const deleting *d, lg_err *err)
{
    authors a = {.count = 0};
    dsl_session_each(d->call->session, add_authors, &a);
    const char *near = lg_nearest(d->whom.name, a.name, a.count);
    lg_fail(err, LG_E_DATA, 735, "nobody in the catalogue is called `%.80s`", d->whom.name);
    lg_why(err, "nothing was removed");
    if (near) lg_try(err, "did you mean `%.80s`?", near);
    else lg_try(err, "the handle as it stands on the platform, or the number of the account");
    return lg_err_place(err, d->call->arg[NAME].value[0].span);
}

/* ---- removing ---- */
/* LL736: the rows are gone, and the rest is done as well. */
static lg_status forget_catalogue(deleting *d, store_catalogue *catalogue, lg_err *err)
{
    lg_err failed = {0};
    lg_status st = store_catalogue_forget_user(catalogue, NULL, d->whom.name, &d->gone, &failed);
    if (!st) return LG_OK;
    if (failed.code == 735) return LG_OK; /* posts of this session may still be theirs */
    if (failed.code == 736) {
        d->left = failed;
        return LG_OK;
    }
    *err = failed;
    return st;
}

static lg_status remove_all(deleting *d, lg_err *err)
{
    store_catalogue *catalogue = NULL;
    LG_TRY(cmd_catalogue_open(d->call, &catalogue, err));
    lg_status st = cmd_whom_find(d->call, catalogue, d->call->arg[NAME].value[0].text, &d->whom, err);
    if (!st) st = forget_catalogue(d, catalogue, err);
    store_catalogue_close(catalogue);
    LG_TRY(st);
    if (!d->whom.accounts && !d->gone.users) return nobody(d, err);
    LG_TRY(cmd_forget_session(d->call, &d->whom, &d->list, err));
    LG_TRY(cmd_forget_fixes(&d->whom, d->call->cancel, &d->fixes, err));
    store_history *cells = cmd_history(d->call);
    return cells ? store_history_forget(cells, d->whom.names, d->whom.named, &d->cells, err) : LG_OK;
}

/* ---- what was done ---- */
static void row(plt_doc *doc, const char *what, size_t n)
{
    if (!n) return;
    plt_row(doc, PLT_ROW_PLAIN);
    plt_head(doc, "%s", what);
    plt_cell(doc, "%s", lg_thousands((long long)n));
}

static void doc_catalogue(plt_doc *doc, const deleting *d)
{
    if (!d->gone.users && !d->fixes && !d->cells) return;
    plt_table(doc, "Removed from the catalogue");
    plt_column(doc, PLT_LEFT, "What");
    plt_column(doc, PLT_RIGHT, "Number");
    row(doc, "accounts", d->gone.users);
    row(doc, "posts", d->gone.posts);
    row(doc, "pictures, with what models say of them", d->gone.images);
    row(doc, "mentions in what others wrote", d->gone.mentions);
    row(doc, "scrapes that name them", d->gone.scrapes);
    row(doc, "label fixes of their pictures", d->fixes);
    row(doc, "cells of the history that name them", d->cells);
}

static void doc_session(plt_doc *doc, const deleting *d)
{
    bool undo = false;
    if (!d->list.count) return;
    plt_table(doc, "Changed in this session");
    plt_column(doc, PLT_LEFT, "Name");
    plt_column(doc, PLT_LEFT, "Of what");
    plt_column(doc, PLT_RIGHT, "Before");
    plt_column(doc, PLT_RIGHT, "Now");
    for (size_t i = 0; i < d->list.count; i++) {
        const cmd_forgotten *f = &d->list.item[i];
        plt_row(doc, PLT_ROW_PLAIN);
        plt_head(doc, "%s", f->name);
        plt_cell(doc, "%s", f->what);
        plt_cell(doc, "%s", lg_thousands((long long)f->before));
        plt_cell(doc, "%s", lg_thousands((long long)f->after));
        undo = undo || f->undo;
    }
    if (undo)
        plt_note(doc, "`undo` does not bring back what was done to them before, for that would bring the person "
                      "back, too");
    if (d->list.learnt) {
        lg_err warning = {0};
        lg_fail(&warning, LG_E_DATA, 449, "%zu model%s learnt from pictures that are now removed", d->list.learnt,
                d->list.learnt == 1 ? "" : "s");
        lg_why(&warning, "a network keeps no picture, but its weights were made with them");
        lg_try(&warning, "fit again, so that they were not");
        plt_warning(doc, &warning);
    }
}

/* The name is not said again: the output would outlive the person's posts. */
static lg_status document(const deleting *d, lg_err *err)
{
    plt_doc doc;
    plt_doc_init(&doc);
    if (d->gone.users)
        plt_title(&doc, "delete user: %s post%s and %s picture%s of %s account%s removed",
                  lg_thousands((long long)d->gone.posts), d->gone.posts == 1 ? "" : "s",
                  lg_thousands((long long)d->gone.images), d->gone.images == 1 ? "" : "s",
                  lg_thousands((long long)d->gone.users), d->gone.users == 1 ? "" : "s");
    else plt_title(&doc, "delete user: not in the catalogue any more; removed from this session");
    plt_sentence(&doc, "This cannot be undone");
    if (d->left.code) plt_warning(&doc, &d->left);
    doc_catalogue(&doc, d);
    doc_session(&doc, d);
    plt_note(&doc,
             "Of the person a salted hash is kept, which does not tell who it was, so that a later `scrape` leaves "
             "them out. Files that were exported or saved, notebooks with their outputs, and other sessions that "
             "are open now are not changed.");
    return cmd_display(d->call, &doc, false, err);
}

static lg_status delete_run(const dsl_call *call, lg_err *err)
{
    deleting d = {.call = call};
    lg_status st = remove_all(&d, err);
    if (!st) st = document(&d, err);
    cmd_whom_release(&d.whom);
    return st;
}

const dsl_command dsl_cmd_delete = {
    .name = "delete",
    .summary = "remove a person from posts, images, predictions and tables, everywhere",
    .detail =
        "On all platforms at once, and for good: there is no question first, and no `undo`. Posts, pictures that "
        "nobody else posted, what models said of them, and mentions in the texts of others go from the catalogue; "
        "posts, tables and datasets of this session are made anew without them, and cells that name them leave the "
        "history. A later `scrape` leaves the person out.",
    .group = "Business",
    .params = params,
    .examples = (const char *const[]){"delete user dan", NULL},
    .run = delete_run,
};
