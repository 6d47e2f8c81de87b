/* load_notes.c - the warnings of data_load, worded as LANGUAGE.md's messages are. */
#include <stdlib.h>
#include <string.h>
#include "lib/data/load_private.h"

#include "lib/base/banned.h"

enum { SHOWN_NAME = 80 };

/* ---- a note in the making ---- */
typedef struct draft {
    lg_buf msg, why, hint;
} draft;

static void draft_init(draft *d)
{
    lg_buf_init(&d->msg, 4000);
    lg_buf_init(&d->why, 16000);
    lg_buf_init(&d->hint, 4000);
}

static void draft_release(draft *d)
{
    lg_buf_release(&d->msg);
    lg_buf_release(&d->why);
    lg_buf_release(&d->hint);
}

/* Takes the draft's texts into the report; the draft is released either way. */
static lg_status note_add(data_report *report, int code, size_t count, data_at at, draft *d, lg_err *err)
{
    lg_status st = LG_OK;
    data_note note = {.code = code, .count = count, .at = at};
    note.msg = lg_buf_take(&d->msg, err);
    note.why = lg_buf_take(&d->why, err);
    note.hint = lg_buf_take(&d->hint, err);
    data_note *grown = NULL;
    if (note.msg && note.why && note.hint)
        grown = lg_realloc(report->note, report->notes, report->notes + 1, sizeof *grown, err);
    if (grown) {
        report->note = grown;
        report->note[report->notes++] = note;
    } else {
        st = err->status;
        lg_free(note.msg);
        lg_free(note.why);
        lg_free(note.hint);
    }
    draft_release(d);
    return st;
}

void data_report_release(data_report *report)
{
    for (size_t i = 0; i < report->notes; i++) {
        lg_free(report->note[i].msg);
        lg_free(report->note[i].why);
        lg_free(report->note[i].hint);
    }
    lg_free(report->note);
    *report = (data_report){0};
}

/* Someone else's text, made safe and short. */
static void add_name(lg_buf *buf, const char *name)
{
    size_t len = strlen(name), part = lg_utf8_offset(name, len, SHOWN_NAME);
    lg_buf_add_plain(buf, name, part);
    if (part < len) lg_buf_adds(buf, "...");
}

/* A label or path as a word of the language, in quotes where it could be read as something else. */
static void add_word(lg_buf *buf, const char *word)
{
    static const char *const taken[] = {"as", "keep", "rest", "image"};
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./~";
    bool quoted = !*word || word[strspn(word, plain)] || strspn(word, "_-./~") == strlen(word) || *word == '-';
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) quoted = quoted || lg_casecmp(word, taken[i]) == 0;
    if (quoted) lg_buf_addc(buf, '"');
    add_name(buf, word);
    if (quoted) lg_buf_addc(buf, '"');
}

static const char *plural(size_t n, const char *one, const char *many)
{
    return n == 1 ? one : many;
}

static const char *count_text(size_t n)
{
    return lg_thousands((long long)n);
}

/* Letters before the digits of a picture's name ("nike" of nike_01.jpg), or 0. */
static size_t name_prefix(const char *path)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    size_t n = strspn(base, letters), after = n + (base[n] == '_' || base[n] == '-');
    size_t digits = strspn(base + after, "0123456789");
    return n && digits && base[after + digits] == '.' ? n : 0;
}

/* Images without any labels: where labels could come from, of what is there. */
static void hint_labels(const loading *l, lg_buf *hint)
{
    const char *text = NULL, *first = NULL;
    bool pattern = false;
    for (size_t i = 0; i < l->list.count; i++) {
        const char *path = l->list.path[i], *dot = strrchr(path, '.');
        if (dot && (!strcmp(dot, ".txt") || !strcmp(dot, ".csv") || !strcmp(dot, ".tsv"))) text = text ? text : path;
        size_t n = data_is_picture_name(path) ? name_prefix(path) : 0;
        if (n && first && (name_prefix(first) != n || strncmp(first, path, n))) pattern = true;
        if (n && !first && !strchr(path, '/')) first = path;
    }
    if (!text && !pattern) {
        lg_buf_adds(hint,
                    "put the pictures of each class into a folder of their own, and load again; or write a labels "
                    "file, with a line per picture as `image.jpg,Adidas`");
        return;
    }
    lg_buf_addf(hint, "load %s from ", l->spec->name);
    add_word(hint, l->spec->from);
    lg_buf_adds(hint, " labels ");
    add_word(hint, text ? text : "([A-Za-z]+)[_-]?[0-9]+");
}

/* ---- labels: missing, without image, repeated, contradicting ---- */
static lg_status note_unlabelled(const loading *l, const data_set *set, data_report *report, lg_err *err)
{
    draft d;
    size_t told = report->conflicts + l->severals, shown = 0;
    size_t n = report->unlabelled - told;
    const char *name = l->spec->name;
    if (n == 0 || told > report->unlabelled) return LG_OK;
    draft_init(&d);
    lg_buf_addf(&d.msg, "%s of %s images %s no label", count_text(n), count_text(report->files),
                plural(n, "has", "have"));
    lg_buf_adds(&d.why, n == 1 ? "it is " : n <= 3 ? "they are " : "the first are ");
    for (size_t i = 0; i < set->rows && shown < 3; i++) {
        size_t at = l->taken[i];
        if (*l->label[at] || l->several[at] || (l->match.row && l->match.conflict[at])) continue;
        lg_buf_adds(&d.why, shown++ ? ", " : "");
        add_name(&d.why, data_fact_of(set, i)->name);
    }
    if (l->match.row) lg_buf_addf(&d.why, "; %s has %s lines", l->labels_name, count_text(report->lines));
    if (report->labelled > 0 || l->match.row) {
        lg_buf_addf(&d.hint, "%s left out; list %s with `show %s where label = \"\"`",
                    plural(n, "it was", "they were"), plural(n, "it", "them"), name);
    } else {
        lg_buf_addf(&d.why, "; %s in `%s` itself, not in a folder for each class", plural(n, "it lies", "they lie"),
                    l->spec->from);
        hint_labels(l, &d.hint);
    }
    return note_add(report, 301, n, l->match.row ? DATA_AT_LABELS : DATA_AT_FROM, &d, err);
}

static void add_line(lg_buf *buf, const data_label *row)
{
    lg_buf_addf(buf, "line %zu: ", row->line);
    add_name(buf, row->file);
}

static void add_lines(const loading *l, lg_buf *buf, const size_t *row, size_t n)
{
    size_t shown = n < DATA_EXAMPLES ? n : DATA_EXAMPLES;
    for (size_t i = 0; i < shown; i++) {
        lg_buf_adds(buf, i ? ", " : "");
        add_line(buf, &l->labels.row[row[i]]);
    }
    if (n > shown) lg_buf_addf(buf, " and %s more", count_text(n - shown));
}

/* "did you mean" for the first missing name that has an answer. */
static bool add_meant(const loading *l, lg_buf *hint)
{
    size_t shown = l->match.unmatched < DATA_EXAMPLES ? l->match.unmatched : DATA_EXAMPLES;
    for (size_t i = 0; i < shown; i++) {
        bool same_look = false;
        const data_label *row = &l->labels.row[l->match.unmatched_row[i]];
        const char *near = data_match_nearest(row->file, l->list.path, l->list.count, &same_look);
        if (!near) continue;
        lg_buf_addf(hint, "line %zu: did you mean `", row->line);
        add_name(hint, near);
        lg_buf_adds(hint, "`?");
        if (same_look)
            lg_buf_adds(hint, " (it looks the same but is written in other characters, or lies in another folder)");
        return true;
    }
    return false;
}

lg_status data_fail_unmatched(const loading *l, lg_err *err)
{
    lg_buf why, hint;
    lg_buf_init(&why, 8000);
    lg_buf_init(&hint, 4000);
    add_lines(l, &why, l->match.unmatched_row, l->match.unmatched < 3 ? l->match.unmatched : 3);
    lg_buf_adds(&why, l->list.count ? "; the folder has " : "; the folder is empty");
    size_t shown = 0;
    for (size_t i = 0; i < l->list.count && shown < 3; i++) {
        if (!data_is_picture_name(l->list.path[i])) continue;
        lg_buf_adds(&why, shown++ ? ", " : "");
        add_name(&why, l->list.path[i]);
    }
    lg_fail(err, LG_E_DATA, 306, "none of the %s label lines of %s names an image in %s", count_text(l->labels.rows),
            l->labels_name, l->shown);
    lg_why(err, "%s", lg_buf_str(&why));
    if (!add_meant(l, &hint))
        lg_buf_adds(&hint, "name the folder the label lines start from: load NAME from FOLDER labels FILE");
    lg_try(err, "%s", lg_buf_str(&hint));
    lg_buf_release(&why);
    lg_buf_release(&hint);
    return err->status;
}

static lg_status note_unmatched(const loading *l, data_report *report, lg_err *err)
{
    draft d;
    size_t n = l->match.unmatched;
    if (n == 0) return LG_OK;
    draft_init(&d);
    lg_buf_addf(&d.msg, "%s of %s label lines %s no image", count_text(n), count_text(report->lines),
                plural(n, "names", "name"));
    add_lines(l, &d.why, l->match.unmatched_row, n);
    if (l->match.ambiguous)
        lg_buf_addf(&d.why, "; %s fit several images, in different folders", count_text(l->match.ambiguous));
    lg_buf_addf(&d.why, "; looked in %s", l->shown);
    if (!add_meant(l, &d.hint))
        lg_buf_adds(&d.hint, "they were left out; correct the lines or add the images, and load again");
    return note_add(report, 306, n, DATA_AT_LABELS, &d, err);
}

static lg_status note_repeated(const loading *l, data_report *report, lg_err *err)
{
    draft d;
    if (report->repeated == 0) return LG_OK;
    draft_init(&d);
    lg_buf_addf(&d.msg, "%s label %s what an earlier line says", count_text(report->repeated),
                plural(report->repeated, "line repeats", "lines repeat"));
    add_lines(l, &d.why, l->match.repeated_row, report->repeated);
    lg_buf_adds(&d.hint, "nothing to do: each image counts once");
    return note_add(report, 307, report->repeated, DATA_AT_LABELS, &d, err);
}

static lg_status note_conflicts(const loading *l, data_report *report, lg_err *err)
{
    draft d;
    size_t n = report->conflicts, shown = n < DATA_EXAMPLES ? n : DATA_EXAMPLES;
    if (n == 0) return LG_OK;
    draft_init(&d);
    lg_buf_addf(&d.msg, "%s %s two different labels", count_text(n), plural(n, "image has", "images have"));
    for (size_t i = 0; i < shown; i++) {
        size_t file = l->match.conflict_file[i];
        const data_label *first = &l->labels.row[l->match.row[file]],
                         *second = &l->labels.row[l->match.conflict_row[i]];
        lg_buf_adds(&d.why, i ? ", " : "");
        add_name(&d.why, l->list.path[file]);
        lg_buf_adds(&d.why, ": ");
        add_name(&d.why, first->label);
        lg_buf_addf(&d.why, " (line %zu) and ", first->line);
        add_name(&d.why, second->label);
        lg_buf_addf(&d.why, " (line %zu)", second->line);
    }
    lg_buf_addf(&d.hint, "%s left out; correct %s, or say which is right: relabel %s image ",
                plural(n, "it was", "they were"), l->labels_name, l->spec->name);
    add_word(&d.hint, l->list.path[l->match.conflict_file[0]]);
    lg_buf_adds(&d.hint, " as ");
    add_word(&d.hint, l->labels.row[l->match.row[l->match.conflict_file[0]]].label);
    return note_add(report, 307, n, DATA_AT_LABELS, &d, err);
}

/* ---- labels that look alike, or hide characters ---- */
static size_t first_line_of(const loading *l, const char *label)
{
    for (size_t i = 0; i < l->labels.rows; i++)
        if (lg_casecmp(l->labels.row[i].label, label) == 0) return l->labels.row[i].line;
    return 0;
}

static void add_label_line(const loading *l, lg_buf *buf, const char *label)
{
    lg_buf_addc(buf, '`');
    add_name(buf, label);
    lg_buf_addc(buf, '`');
    size_t line = first_line_of(l, label);
    if (line) lg_buf_addf(buf, " (line %zu)", line);
}

static lg_status note_pair(const loading *l, const char *a, const char *b, data_report *report, lg_err *err)
{
    draft d;
    draft_init(&d);
    lg_buf_adds(&d.msg, "two labels look alike but are written differently");
    add_label_line(l, &d.why, a);
    lg_buf_adds(&d.why, " and ");
    add_label_line(l, &d.why, b);
    lg_buf_adds(&d.why, "; they count as two classes");
    lg_buf_addf(&d.hint, "if they mean the same, correct the labels, or merge them: relabel %s \"", l->spec->name);
    add_name(&d.hint, data_has_hidden(a) ? a : b);
    lg_buf_adds(&d.hint, "\" as \"");
    add_name(&d.hint, data_has_hidden(a) ? b : a);
    lg_buf_addc(&d.hint, '"');
    return note_add(report, 308, 1, DATA_AT_LABELS, &d, err);
}

static lg_status note_hidden(const loading *l, const char *label, data_report *report, lg_err *err)
{
    draft d;
    draft_init(&d);
    lg_buf_adds(&d.msg, "a label has characters that do not show");
    add_label_line(l, &d.why, label);
    lg_buf_adds(&d.why, "; they are shown here as escapes");
    lg_buf_adds(&d.hint, "correct the labels, and load again");
    return note_add(report, 308, 1, DATA_AT_LABELS, &d, err);
}

static lg_status note_look_alikes(const loading *l, const data_set *set, data_report *report, lg_err *err)
{
    lg_status st;
    data_map map;
    int classes = set->names->count;
    char **look = lg_alloc((size_t)classes, sizeof *look, err);
    if (!look) return err->status;
    LG_GO(data_map_init(&map, (size_t)classes, false, err));
    for (int i = 0; i < classes && !st; i++) {
        int64_t first = i;
        look[i] = data_skeleton(set->names->name[i], err);
        st = look[i] ? data_map_put(&map, look[i], i, &first, err) : err->status;
        if (!st && first != i) st = note_pair(l, set->names->name[first], set->names->name[i], report, err);
        else if (!st && data_has_hidden(set->names->name[i])) st = note_hidden(l, set->names->name[i], report, err);
    }
    data_map_release(&map);
done:
    for (int i = 0; i < classes; i++) lg_free(look[i]);
    lg_free(look);
    return st;
}

static lg_status note_several(const loading *l, data_report *report, lg_err *err)
{
    draft d;
    size_t n = l->severals, shown = 0;
    if (n == 0) return LG_OK;
    draft_init(&d);
    lg_buf_addf(&d.msg, "%s %s marks of several classes", count_text(n), plural(n, "image has", "images have"));
    lg_buf_adds(&d.why, n <= 3 ? "" : "the first: ");
    for (size_t i = 0; i < l->list.count && shown < 3; i++) {
        if (!l->several[i]) continue;
        lg_buf_adds(&d.why, shown++ ? ", " : "");
        add_name(&d.why, l->list.path[i]);
    }
    lg_buf_addf(&d.hint, "%s left out%s", plural(n, "it was", "they were"),
                l->boxes ? ": the annotations have no boxes there" : "; `boxes` makes an image of each mark");
    return note_add(report, 307, n, DATA_AT_FROM, &d, err);
}

static lg_status note_flat(const loading *l, data_report *report, lg_err *err)
{
    draft d;
    size_t n = l->flat;
    if (n == 0 || !l->boxes) return LG_OK;
    draft_init(&d);
    lg_buf_addf(&d.msg, "%s %s no area", count_text(n), plural(n, "box has", "boxes have"));
    lg_buf_adds(&d.why, n == 1 ? "in " : "the first in ");
    add_name(&d.why, l->flat_name);
    lg_buf_addf(&d.hint, "%s left out; a picture without another box stays whole", plural(n, "it was", "they were"));
    return note_add(report, 305, n, DATA_AT_FROM, &d, err);
}

lg_status data_note_labels(const loading *l, const data_set *set, data_report *report, lg_err *err)
{
    LG_TRY(note_unlabelled(l, set, report, err));
    LG_TRY(note_several(l, report, err));
    LG_TRY(note_flat(l, report, err));
    LG_TRY(note_unmatched(l, report, err));
    LG_TRY(note_conflicts(l, report, err));
    LG_TRY(note_repeated(l, report, err));
    return note_look_alikes(l, set, report, err);
}

/* ---- the images and classes themselves ---- */
static lg_status note_broken(const loading *l, const data_set *set, data_report *report, lg_err *err)
{
    draft d;
    size_t n = report->broken, shown = 0;
    if (n == 0) return LG_OK;
    draft_init(&d);
    lg_buf_addf(&d.msg, "%s of %s images cannot be read", count_text(n), count_text(report->files));
    for (size_t i = 0; i < set->rows && shown < DATA_EXAMPLES; i++) {
        const data_fact *fact = data_fact_of(set, i);
        if (!fact->broken) continue;
        lg_buf_adds(&d.why, shown++ ? "; " : "");
        add_name(&d.why, fact->name);
        lg_buf_addf(&d.why, ": %s", fact->broken);
    }
    if (n > shown) lg_buf_addf(&d.why, "; and %s more", count_text(n - shown));
    if (n == 1) lg_buf_addf(&d.hint, "it was left out and keeps its number: `show %s where broken`", l->spec->name);
    else
        lg_buf_addf(&d.hint, "they were left out and keep their numbers; list them with `show %s where broken`",
                    l->spec->name);
    return note_add(report, 305, n, DATA_AT_FROM, &d, err);
}

static lg_status note_lost(const loading *l, data_report *report, lg_err *err)
{
    draft d;
    size_t n = l->losts, shown = n < DATA_EXAMPLES ? n : DATA_EXAMPLES;
    if (n == 0) return LG_OK;
    draft_init(&d);
    lg_buf_addf(&d.msg, "%s no image that can be read, so the set is without %s",
                n == 1 ? "a label has" : "some labels have", plural(n, "it", "them"));
    for (size_t i = 0; i < shown; i++) {
        lg_buf_adds(&d.why, i ? ", " : "");
        lg_buf_addc(&d.why, '`');
        add_name(&d.why, l->lost[i]);
        lg_buf_addc(&d.why, '`');
    }
    if (n > shown) lg_buf_addf(&d.why, " and %s more", count_text(n - shown));
    lg_buf_adds(&d.hint, "replace the broken files, and load again");
    return note_add(report, 310, n, DATA_AT_FROM, &d, err);
}

/* Classes of one image. The hint merges them into `other`, or that into the first class that is large enough. */
static lg_status note_small(const loading *l, const data_set *set, const data_counts *counts, data_report *report,
                            lg_err *err)
{
    draft d;
    size_t small = 0;
    const char *large = NULL;
    lg_buf list;
    draft_init(&d);
    lg_buf_init(&list, 2000);
    for (int c = 0; c < counts->classes; c++) {
        size_t n = 0;
        const char *name = set->names->name[c];
        for (int s = 0; s < DATA_SPLITS; s++) n += counts->count[s][c];
        if (n > 1 && !large) large = name;
        if (n > 1 || small++ >= DATA_EXAMPLES) continue;
        lg_buf_adds(&d.why, small > 1 ? ", " : "");
        add_name(&d.why, name);
        if (lg_casecmp(name, "other") == 0) continue;
        lg_buf_adds(&list, list.len ? ", " : "");
        add_word(&list, name);
    }
    if (small == 0) {
        draft_release(&d);
        lg_buf_release(&list);
        return LG_OK;
    }
    lg_buf_addf(&d.msg, "%s of %s classes %s fewer than two readable images", count_text(small),
                count_text((size_t)counts->classes), plural(small, "has", "have"));
    if (small > DATA_EXAMPLES) lg_buf_addf(&d.why, " and %s more", count_text(small - DATA_EXAMPLES));
    lg_buf_adds(&d.why, "; one image cannot be both in train and in val");
    lg_buf_addf(&d.hint, "add images of %s", plural(small, "that class", "those classes"));
    if (large && list.len)
        lg_buf_addf(&d.hint, ", or merge: relabel %s %s as other", l->spec->name, lg_buf_str(&list));
    lg_buf_release(&list);
    return note_add(report, 310, small, DATA_AT_FROM, &d, err);
}

static lg_status note_classes(const loading *l, const data_set *set, data_report *report, lg_err *err)
{
    draft d;
    data_counts counts;
    LG_TRY(data_count_classes(set, &counts, err));
    lg_status st = counts.classes > 1 ? note_small(l, set, &counts, report, err) : LG_OK;
    data_counts_release(&counts);
    if (st || set->names->count != 1) return st;
    draft_init(&d);
    lg_buf_adds(&d.msg, "all labelled images are of one class, `");
    add_name(&d.msg, set->names->name[0]);
    lg_buf_addc(&d.msg, '`');
    lg_buf_adds(&d.why, "a network learns to tell classes apart, so it needs two");
    if (l->match.row) lg_buf_addf(&d.hint, "label images of another class in %s, and load again", l->labels_name);
    else if (l->pictures > l->count) lg_buf_addf(&d.hint, "take more images: leave out `limit %zu`", l->spec->limit);
    else lg_buf_addf(&d.hint, "put a folder with pictures of another class into `%s`, and load again", l->spec->from);
    return note_add(report, 310, 1, DATA_AT_FROM, &d, err);
}

static lg_status note_near(const loading *l, const data_set *set, data_report *report, lg_err *err)
{
    draft d;
    size_t n = report->near, shown = 0;
    if (n == 0) return LG_OK;
    draft_init(&d);
    lg_buf_addf(&d.msg, "%s of %s images %s like an earlier one", count_text(n), count_text(report->files),
                plural(n, "looks", "look"));
    if (report->exact)
        lg_buf_addf(&d.why, "%s %s the same file byte for byte; ", count_text(report->exact),
                    plural(report->exact, "is", "are"));
    lg_buf_adds(&d.why, n <= 3 ? "" : "the first: ");
    for (size_t i = 0; i < set->rows && shown < 3; i++) {
        const data_fact *fact = data_fact_of(set, i);
        if (!fact->duplicate) continue;
        lg_buf_addf(&d.why, "%simage %s like %s", shown ? ", " : "", fact->number, data_number(set, fact->group));
        shown++;
    }
    lg_buf_addf(&d.hint, "look-alikes stay on one side of the split; list them with `show %s where duplicate`",
                l->spec->name);
    return note_add(report, 311, n, DATA_AT_FROM, &d, err);
}

/* What of an archive was left out, kind by kind. */
static lg_status note_archive(const loading *l, data_report *report, lg_err *err)
{
    draft d;
    if (!l->archive) return LG_OK;
    const data_archive_left *left = data_archive_left_out(l->archive);
    const struct {
        size_t n;
        const char *one, *many;
    } kind[] = {{left->links, "link", "links"},
                {left->outside, "name that leads out of it", "names that lead out of it"},
                {left->names, "name that cannot be used", "names that cannot be used"},
                {left->repeated, "file that comes again later", "files that come again later"},
                {left->kinds, "entry that is no plain file", "entries that are no plain files"}};
    size_t all = 0;
    draft_init(&d);
    for (size_t k = 0; k < sizeof kind / sizeof *kind; k++) {
        if (!kind[k].n) continue;
        lg_buf_addf(&d.why, "%s%s %s", all ? ", " : "", count_text(kind[k].n),
                    plural(kind[k].n, kind[k].one, kind[k].many));
        all += kind[k].n;
    }
    if (!all) {
        draft_release(&d);
        return LG_OK;
    }
    lg_buf_addf(&d.msg, "%s of the archive's entries %s left out", count_text(all), plural(all, "was", "were"));
    if (*left->first) {
        lg_buf_adds(&d.why, all == 1 ? ": " : "; the first: ");
        add_name(&d.why, left->first);
    }
    lg_buf_adds(&d.hint,
                "nothing in an archive is followed or written; if they are needed, unpack it and load the folder");
    return note_add(report, 339, all, DATA_AT_FROM, &d, err);
}

/* What the folder has and the list has not: a photo must not go missing without a word. */
static lg_status note_missed(const loading *l, data_report *report, lg_err *err)
{
    draft d;
    size_t n = l->list.missed, shown = n < LG_MISSED_SHOWN ? n : LG_MISSED_SHOWN;
    if (n == 0) return LG_OK;
    draft_init(&d);
    lg_buf_addf(&d.msg, "%s %s in `", count_text(n), plural(n, "thing", "things"));
    add_name(&d.msg, l->spec->from);
    lg_buf_addf(&d.msg, "` %s passed over", plural(n, "was", "were"));
    for (size_t i = 0; i < shown; i++) {
        lg_buf_adds(&d.why, i ? "; " : "");
        add_name(&d.why, l->list.example[i].path);
        lg_buf_addf(&d.why, ": %s", l->list.example[i].why);
    }
    if (n > shown) lg_buf_addf(&d.why, "; and %s more", count_text(n - shown));
    lg_buf_adds(&d.hint, "if images are missing, rename, move or copy these, or allow the folder a link leads to: "
                         "logolens allow FOLDER");
    return note_add(report, 328, n, DATA_AT_FROM, &d, err);
}

lg_status data_note_set(const loading *l, const data_set *set, data_report *report, lg_err *err)
{
    LG_TRY(note_archive(l, report, err));
    LG_TRY(note_missed(l, report, err));
    LG_TRY(note_broken(l, set, report, err));
    LG_TRY(note_lost(l, report, err));
    LG_TRY(note_classes(l, set, report, err));
    return note_near(l, set, report, err);
}
