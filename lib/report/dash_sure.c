/* dash_sure.c - "How sure are we?": what the models were measured to do, in words for readers without statistics. */
#include "lib/report/dash_parts.h"

#include <math.h>
#include <string.h>

#include "lib/plot/block.h"

#include "lib/base/banned.h"

typedef struct tally { /* of one class */
    int64_t truth, said, right;
} tally;

static void add_hundred(lg_buf *out, int64_t right, int64_t of)
{
    double low, high;
    if (!of) {
        lg_buf_adds(out, "<td>not known</td>");
        return;
    }
    plt_wilson(right, of, &low, &high);
    lg_buf_addf(out, "<td>%.0f <span class=dim>(%.0f to %.0f)</span></td>", rep_dash_percent((double)right, (double)of),
                floor(100 * low + 0.5), floor(100 * high + 0.5));
}

static void add_class_rows(const char *const *label, const tally *count, int classes, lg_buf *out)
{
    for (int k = 0; k < classes; k++) {
        lg_buf_adds(out, "<tr><th scope=row>");
        rep_dash_text(out, label[k]);
        lg_buf_adds(out, "</th>");
        add_hundred(out, count[k].right, count[k].said);
        add_hundred(out, count[k].right, count[k].truth);
        lg_buf_addf(out, "<td>%s</td><td>%s</td></tr>", lg_thousands((long long)count[k].said),
                    lg_thousands((long long)count[k].truth));
    }
}

/* A table that may be wider than a telephone; places have names of their own, so that readers of screens tell them
 * apart. */
static void open_table(const char *what, const char *model, lg_buf *out)
{
    lg_buf_addf(out, "<div class=wide tabindex=0 role=region aria-label=\"%s: ", what);
    plt_xml_text(out, model);
    lg_buf_addf(out, "\"><table><caption>%s</caption>", what);
}

static void add_class_table(const char *model, const char *const *label, const tally *count, int classes, lg_buf *out)
{
    open_table("How often it is right, by brand", model, out);
    lg_buf_adds(out, "<thead><tr><th scope=col>Brand</th><th "
                     "scope=col>Of 100 it calls so, so many are</th><th scope=col>Of 100 that there are, it finds</th>"
                     "<th scope=col>Called so</th><th scope=col>There are</th></tr></thead><tbody>");
    add_class_rows(label, count, classes, out);
    lg_buf_adds(out, "</tbody></table></div>\n");
}

/* "Of 100 pictures it calls adidas about 91 (87 to 94) are." for each brand that it called any. */
static void say_classes(const char *const *label, const tally *count, int classes, lg_buf *out)
{
    lg_buf_adds(out, "<ul>");
    for (int k = 0; k < classes; k++) {
        double low, high;
        if (!count[k].said || rep_is_rest(label[k])) continue;
        plt_wilson(count[k].right, count[k].said, &low, &high);
        lg_buf_adds(out, "<li>Of 100 pictures it calls ");
        rep_dash_text(out, label[k]);
        lg_buf_addf(out, ", about %.0f (%.0f to %.0f) are ",
                    rep_dash_percent((double)count[k].right, (double)count[k].said), floor(100 * low + 0.5),
                    floor(100 * high + 0.5));
        rep_dash_text(out, label[k]);
        lg_buf_adds(out, ".</li>\n");
    }
    lg_buf_adds(out, "</ul>\n");
}

/* ---- what it promises, and what it keeps ---- */
static void add_promises(const rep_posts *set, const char *model, lg_buf *out)
{
    enum { BINS = 5 };
    static const char *const names[BINS] = {"below 60%", "60 to 70%", "70 to 80%", "80 to 90%", "90% or more"};
    int64_t all[BINS] = {0}, right[BINS] = {0};
    for (size_t i = 0; i < set->validations; i++) {
        const rep_validation *v = &set->validation[i];
        int bin = v->confidence < 0.6f ? 0 : v->confidence >= 0.9f ? BINS - 1 : (int)(10 * v->confidence - 5);
        all[bin]++;
        right[bin] += v->truth == v->said;
    }
    open_table("Does it keep what it promises?", model, out);
    lg_buf_adds(out, "<thead><tr><th scope=col>When it says</th><th scope=col>so "
                     "many of 100 were right</th><th scope=col>Pictures</th></tr></thead><tbody>");
    for (int i = 0; i < BINS; i++) {
        if (!all[i]) continue;
        lg_buf_addf(out, "<tr><th scope=row>%s sure</th>", names[i]);
        add_hundred(out, right[i], all[i]);
        lg_buf_addf(out, "<td>%s</td></tr>", lg_thousands((long long)all[i]));
    }
    lg_buf_adds(out, "</tbody></table></div>\n");
}

/* Validation images called something with the confidence that posts need to count. */
static void count_validation(const rep_posts *set, tally *count)
{
    for (size_t i = 0; i < set->validations; i++) {
        const rep_validation *v = &set->validation[i];
        if (v->truth >= 0 && v->truth < set->labels) count[v->truth].truth++;
        if (v->said < 0 || v->said >= set->labels || v->confidence < set->least) continue;
        count[v->said].said++;
        count[v->said].right += v->truth == v->said;
    }
}

static void add_set(const dash *d, const rep_posts *set, lg_buf *out)
{
    lg_err err = {0};
    const char *model = set->model ? set->model : "The model";
    if (!set->labels) return;
    lg_buf_adds(out, "<h3>");
    rep_dash_text(out, model);
    lg_buf_adds(out, ", which looked at the pictures</h3>\n");
    tally *count = lg_alloc((size_t)set->labels, sizeof *count, &err);
    if (!count) {
        out->failed = err.status;
        return;
    }
    count_validation(set, count);
    if (set->validations) {
        lg_buf_addf(out, "<p>It was tried on %s pictures", lg_thousands((long long)set->validations));
        if (set->validation_name && !d->anonymous) {
            lg_buf_adds(out, " (");
            rep_dash_text(out, set->validation_name);
            lg_buf_adds(out, ")");
        }
        lg_buf_adds(out, " that it had not learnt from and whose brand is known. ");
        if (set->least > 0) lg_buf_addf(out, "Where it was at least %.0f%% sure:", 100 * (double)set->least);
        lg_buf_adds(out, "</p>\n");
        say_classes(set->label, count, set->labels, out);
        add_class_table(model, set->label, count, set->labels, out);
        add_promises(set, model, out);
        lg_buf_adds(out,
                    "<p class=note>Posts may look different from the pictures it was tried on; it is then right less "
                    "often.</p>\n");
    } else
        lg_buf_adds(out, "<p>It was never tried on pictures whose brand is known: how often it is right cannot be said."
                         "</p>\n");
    if (set->calibration && *set->calibration) {
        lg_buf_adds(out, "<p class=note>For those who want to know how its certainty was set: ");
        rep_dash_text(out, set->calibration);
        lg_buf_adds(out, ".</p>\n");
    }
    lg_free(count);
}

/* ---- models and runs by themselves ---- */
static bool told_before(const dash *d, const rep_dash_model *model)
{
    for (size_t i = 0; i < d->ask->sets; i++) {
        const rep_posts *set = d->ask->posts[i];
        if (set->model && set->validations && strcmp(set->model, model->name) == 0) return true;
    }
    return false;
}

static void add_figures(const rep_dash_model *model, lg_buf *out)
{
    lg_err err = {0};
    int64_t all = 0, right = 0, most = 0;
    double low, high;
    tally *count = lg_alloc((size_t)model->classes, sizeof *count, &err);
    const char **label = lg_alloc((size_t)model->classes, sizeof *label, &err);
    for (int k = 0; count && label && k < model->classes; k++) {
        const rep_dash_class *c = &model->class[k];
        count[k] = (tally){.truth = c->truth, .said = c->said, .right = c->right};
        label[k] = c->label;
        all += c->truth;
        right += c->right;
        most = c->truth > most ? c->truth : most;
    }
    if (err.status) out->failed = err.status;
    if (count && label && all) {
        plt_wilson(right, all, &low, &high);
        lg_buf_addf(out, "<p>Of %s pictures", lg_thousands((long long)all));
        if (model->on) {
            lg_buf_adds(out, " (");
            rep_dash_text(out, model->on);
            lg_buf_adds(out, ")");
        }
        lg_buf_addf(out,
                    " that it had not learnt from it got %s right: %.0f of 100 (%.0f to %.0f). Always naming the most "
                    "frequent brand would get %.0f of 100.</p>\n",
                    lg_thousands((long long)right), rep_dash_percent((double)right, (double)all),
                    floor(100 * low + 0.5), floor(100 * high + 0.5), rep_dash_percent((double)most, (double)all));
        say_classes(label, count, model->classes, out);
        add_class_table(model->name, label, count, model->classes, out);
    } else lg_buf_adds(out, "<p>It was never tried on pictures it had not learnt from.</p>\n");
    lg_free(count);
    lg_free(label);
}

static void add_clause(const char *before, const char *clause, lg_buf *out)
{
    if (!clause || !*clause) return;
    lg_buf_addf(out, "<p>%s", before);
    rep_dash_text(out, clause);
    lg_buf_adds(out, ".</p>\n");
}

static void add_model(const dash *d, const rep_dash_model *model, lg_buf *out)
{
    lg_buf_adds(out, "<h3>");
    rep_dash_text(out, model->name);
    lg_buf_adds(out, "</h3>\n");
    add_clause("It learnt from ", model->learnt, out);
    if (!told_before(d, model)) add_figures(model, out);
    add_clause("", model->course, out);
}

static void add_withheld(const dash *d, lg_buf *out)
{
    bool any = false;
    for (size_t i = 0; i < d->ask->sets && !d->anonymous; i++) /* they may name who was asked for */
        for (size_t k = 0; k < d->ask->posts[i]->withhelds; k++) {
            if (!any) lg_buf_adds(out, "<h3>What the platforms did not give</h3>\n<ul>");
            any = true;
            lg_buf_adds(out, "<li>");
            rep_dash_text(out, d->ask->posts[i]->withheld[k]);
            lg_buf_adds(out, "</li>\n");
        }
    if (any) lg_buf_adds(out, "</ul>\n");
}

void rep_dash_html_sure(const dash *d, lg_buf *out)
{
    const rep_dashboard *ask = d->ask;
    lg_buf_adds(out, "<section aria-labelledby=sure>\n<h2 id=sure>How sure are we?</h2>\n");
    if (d->labelled)
        lg_buf_addf(out,
                    "<p>A program looked at every picture and said which brand it shows and how sure it is. %s “91 "
                    "(87 to 94)” reads: about 91, and the true number is between 87 and 94 in 95 of 100 such "
                    "cases.</p>\n",
                    d->least > 0 ? "Where it was not sure enough the picture counts for no brand, as “unsure”." : "");
    for (size_t i = 0; i < ask->lists; i++)
        if (ask->customers[i]->how && *ask->customers[i]->how) {
            lg_buf_adds(out, "<p>How many people really post ");
            rep_dash_text(out, ask->customers[i]->brand);
            lg_buf_adds(out, " follows from this: ");
            rep_dash_text(out, ask->customers[i]->how);
            lg_buf_adds(out, ". (Validation images are pictures whose brand is known and that the program had not "
                             "learnt from.)</p>\n");
        }
    for (size_t i = 0; i < ask->sets; i++) add_set(d, ask->posts[i], out);
    for (size_t i = 0; !ask->sets && i < ask->lists; i++) add_set(d, ask->customers[i]->posts, out);
    for (size_t i = 0; i < ask->models; i++) add_model(d, &ask->model[i], out);
    add_withheld(d, out);
    lg_buf_adds(out, "</section>\n");
}
