/* load_pick.c - labels from names by a pattern, and taking fewer images than there are. */
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include "lib/data/load_private.h"

#include "lib/base/banned.h"

/* ---- pattern: POSIX extended regular expressions, with \d for [0-9] ---- */
static lg_status bad_pattern(const char *pattern, const char *why, lg_err *err)
{
    lg_fail(err, LG_E_ARG, 319, "`labels` cannot use the pattern \"%s\"", pattern);
    lg_why(err, "%s", why);
    return lg_try(err, "labels \"(.*)_[0-9]+\" takes `adidas` from adidas_12.jpg");
}

/* Notebooks are untrusted text, and some patterns take for ever: back references and nested counts. */
static lg_status check_pattern(const char *pattern, lg_err *err)
{
    int counts = 0, depth = 0;
    if (strlen(pattern) > 200) return bad_pattern("...", "it has more than 200 bytes", err);
    for (const char *s = pattern; *s; s++) {
        counts += *s == '{';
        depth += *s == '(';
        if (*s == '\\' && s[1] >= '1' && s[1] <= '9') return bad_pattern(pattern, "it refers back to a group", err);
        if (*s == '\\' && s[1]) s++;
    }
    if (counts > 1) return bad_pattern(pattern, "it has more than one { } count", err);
    if (depth > 10) return bad_pattern(pattern, "it has more than ten groups", err);
    return LG_OK;
}

static lg_status compile(const char *pattern, regex_t *regex, lg_err *err)
{
    lg_buf text;
    char reason[200];
    lg_status st;
    lg_buf_init(&text, 4096);
    for (const char *s = pattern; *s; s++) {
        if (s[0] == '\\' && s[1] == 'd') {
            lg_buf_adds(&text, "[0-9]");
            s++;
        } else if (s[0] == '\\' && s[1]) {
            lg_buf_add(&text, s++, 2);
        } else {
            lg_buf_addc(&text, *s);
        }
    }
    LG_GO(lg_buf_check(&text, err));
    int failed = regcomp(regex, lg_buf_str(&text), REG_EXTENDED);
    if (failed) {
        regerror(failed, regex, reason, sizeof reason);
        st = bad_pattern(pattern, reason, err);
    }
done:
    lg_buf_release(&text);
    return st;
}

/* The first group where the pattern covers the whole name: without its extension, else with it. */
static lg_status label_of(loading *l, const regex_t *regex, const char *path, const char **label, lg_err *err)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path, *dot = strrchr(base, '.');
    for (int turn = 0; turn < 2; turn++) {
        regmatch_t hit[2];
        size_t len = turn == 0 && dot && dot > base ? (size_t)(dot - base) : strlen(base);
        char *name = lg_arena_strndup(&l->text, base, len, err);
        if (!name) return err->status;
        if (regexec(regex, name, 2, hit, 0) || hit[0].rm_so != 0 || (size_t)hit[0].rm_eo != len || hit[1].rm_so < 0)
            continue;
        name[hit[1].rm_eo] = 0;
        *label = name + hit[1].rm_so;
        if (lg_utf8_valid(*label, strlen(*label)) != strlen(*label)) *label = "";
        if (strlen(*label) <= DATA_MAX_LABEL) return LG_OK;
        lg_fail(err, LG_E_LIMIT, 322, "the pattern takes a label of %zu bytes from a name", strlen(*label));
        lg_why(err, "a label may have %d; the name is %s", DATA_MAX_LABEL, base);
        return lg_try(err, "let the group of the pattern take less, or rename the file");
    }
    return LG_OK;
}

lg_status data_label_by_pattern(loading *l, lg_err *err)
{
    regex_t regex;
    lg_status st = LG_OK;
    size_t found = 0, first = SIZE_MAX;
    LG_TRY(check_pattern(l->spec->labels, err));
    LG_TRY(compile(l->spec->labels, &regex, err));
    for (size_t i = 0; i < l->list.count && !st; i++) {
        if (!data_is_picture_name(l->list.path[i])) continue;
        if (first == SIZE_MAX) first = i;
        st = label_of(l, &regex, l->list.path[i], &l->label[i], err);
        found += !st && *l->label[i];
    }
    regfree(&regex);
    if (st || found || first == SIZE_MAX) return st;
    lg_fail(err, LG_E_DATA, 306, "no image name fits the pattern \"%s\"", l->spec->labels);
    lg_why(err, "the first name is %s; the pattern must cover the whole name, with or without its extension",
           l->list.path[first]);
    return lg_try(err, "labels \"(.*)_[0-9]+\" takes `adidas` from adidas_12.jpg");
}

/* ---- limit: in each class the share it has of all, the files with the smallest hash(seed, path) ---- */
typedef struct drawn {
    uint64_t order;
    size_t place; /* in taken */
    int32_t label;
} drawn;

static int by_draw(const void *left, const void *right)
{
    const drawn *a = left, *b = right;
    if (a->label != b->label) return a->label < b->label ? -1 : 1;
    if (a->order != b->order) return a->order < b->order ? -1 : 1;
    return a->place < b->place ? -1 : 1;
}

/* Largest remainder: quotas sum to `limit`, and a class with images gets at least one where there is room. */
static void share(const size_t *have, size_t classes, size_t limit, size_t *quota)
{
    size_t total = 0, given = 0;
    for (size_t c = 0; c < classes; c++) total += have[c];
    for (size_t c = 0; c < classes; c++) {
        quota[c] = (size_t)((double)have[c] * (double)limit / (double)total);
        if (quota[c] == 0 && have[c] && classes <= limit) quota[c] = 1;
        given += quota[c];
    }
    while (given != limit) { /* nearest to its exact share gives or takes one */
        size_t best = SIZE_MAX;
        double most = 0;
        for (size_t c = 0; c < classes; c++) {
            double gap = (double)have[c] * (double)limit / (double)total - (double)quota[c];
            if (given > limit) gap = -gap;
            bool can = given < limit ? quota[c] < have[c] : quota[c] > 1;
            if (can && (best == SIZE_MAX || gap > most)) best = c, most = gap;
        }
        if (best == SIZE_MAX) break;
        quota[best] += given < limit ? 1 : (size_t)-1;
        given += given < limit ? 1 : (size_t)-1;
    }
}

static int by_place(const void *left, const void *right)
{
    size_t a = *(const size_t *)left, b = *(const size_t *)right;
    return (a > b) - (a < b);
}

/* Quota per class; the unlabelled (class 0 here) fill up what the labelled leave. */
static void set_quotas(const size_t *have, size_t classes, size_t limit, size_t *quota)
{
    size_t labelled = 0;
    for (size_t c = 1; c < classes; c++) labelled += have[c];
    quota[0] = labelled < limit ? limit - labelled : 0;
    if (labelled > limit) {
        share(have + 1, classes - 1, limit, quota + 1);
        return;
    }
    for (size_t c = 1; c < classes; c++) quota[c] = have[c];
}

static void take_quotas(loading *l, const drawn *pick, size_t *quota)
{
    size_t kept = 0, n = l->count;
    size_t *out = l->taken;
    for (size_t i = 0; i < n; i++) {
        if (quota[pick[i].label + 1] == 0) continue;
        quota[pick[i].label + 1]--;
        out[kept++] = pick[i].place;
    }
    l->count = kept;
    qsort(out, kept, sizeof *out, by_place);
}

lg_status data_limit(loading *l, lg_err *err)
{
    lg_status st = LG_OK;
    data_names *names = NULL;
    drawn *pick = lg_alloc(l->count, sizeof *pick, err);
    const char **label = lg_alloc(l->count, sizeof *label, err);
    int32_t *number = lg_alloc(l->count, sizeof *number, err);
    size_t *have = NULL, *quota = NULL;
    if (!pick || !label || !number) goto fail;
    for (size_t i = 0; i < l->count; i++) label[i] = l->label[l->taken[i]];
    names = data_names_new(label, l->count, number, err);
    if (!names) goto fail;
    size_t classes = (size_t)names->count + 1;
    have = lg_alloc(classes, sizeof *have, err);
    quota = lg_alloc(classes, sizeof *quota, err);
    if (!have || !quota) goto fail;
    for (size_t i = 0; i < l->count; i++) {
        const char *path = l->list.path[l->taken[i]];
        pick[i] =
            (drawn){.order = lg_hash64(path, strlen(path), l->spec->seed), .place = l->taken[i], .label = number[i]};
        have[number[i] + 1]++;
    }
    qsort(pick, l->count, sizeof *pick, by_draw);
    set_quotas(have, classes, l->spec->limit, quota);
    take_quotas(l, pick, quota);
    goto done;
fail:
    st = err->status;
done:
    data_names_unref(names);
    lg_free(pick);
    lg_free(label);
    lg_free(number);
    lg_free(have);
    lg_free(quota);
    return st;
}
