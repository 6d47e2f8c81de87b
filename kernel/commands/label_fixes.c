/* label_fixes.c - label fixes of single images: kept, repeated, taken back. */
#include "kernel/commands/label_fixes.h"

#include <string.h>

#include "lib/base/reach.h"
#include "lib/store/paths.h"

#include "lib/base/banned.h"

enum { SHOWN = 5 };

/* ---- places ---- */
/* The folder an image's path begins at, which its name is below; NULL: there is none. */
static const char *root_of(const data_image *image, lg_arena *arena, lg_err *err)
{
    size_t path = strlen(image->path), name = strlen(image->name);
    if (path <= name + 1 || strcmp(image->path + path - name, image->name) || image->path[path - name - 1] != '/')
        return NULL;
    return lg_arena_strndup(arena, image->path, path - name - 1, err);
}

static lg_status find_place(const char *root, data_log_place *out, lg_err *err)
{
    store_paths paths = {0};
    LG_TRY(store_paths_init(&paths, err));
    const char *const ours[] = {paths.data, paths.cache};
    char *own = lg_strf(err, "%s/edits", paths.data);
    lg_status st = own ? data_log_find(root, own, ours, sizeof ours / sizeof *ours, out, err) : err->status;
    lg_free(own);
    store_paths_release(&paths);
    return st;
}

/* As people know it: from the start folder. */
static const char *shown_path(const char *file)
{
    const char *start = lg_reach_start();
    size_t n = strlen(start);
    return strncmp(file, start, n) == 0 && file[n] == '/' ? file + n + 1 : file;
}

/* What an edit wrote, in words for undo: `=FILE`, then its lines. */
static void add_kept(lg_buf *out, const char *file, const lg_buf *lines)
{
    if (lines->len) lg_buf_addf(out, "=%s\n%s", file, lg_buf_str(lines));
}

/* ---- relabel ---- */
typedef struct keeping {
    const dsl_call *call;
    const cmd_fixing *fixing;
    plt_doc *doc;
    data_fix *fix;     /* of those to be kept */
    const char **root; /* the folder of each */
    bool *seen;        /* (rows) */
    size_t count;
    lg_buf same; /* numbers of the images that have the label already: the first few */
    size_t sames, unlogged, unkeyed;
    const char *fault; /* why a label cannot be kept */
    lg_buf kept;
} keeping;

static lg_status note_image(keeping *k, uint32_t id, lg_err *err)
{
    const cmd_fixing *f = k->fixing;
    lg_arena *arena = k->call->arena;
    data_image was, is;
    ptrdiff_t row = data_row_of(f->before, id);
    if (row < 0 || k->seen[row] || (f->only && !f->only[row])) return LG_OK;
    k->seen[row] = true;
    data_image_at(f->before, (size_t)row, &was);
    data_image_at(f->after, (size_t)row, &is);
    const char *from = data_class_name(f->before, was.label), *to = data_class_name(f->after, is.label);
    if (strcmp(from, to) == 0) {
        if (k->sames++ < SHOWN) lg_buf_addf(&k->same, "%s%s", k->same.len ? ", " : "", was.number);
        return LG_OK;
    }
    const char *root = root_of(&was, arena, err), *path = data_log_path(&was, arena, err);
    if (err->status) return err->status;
    if (!k->fault) k->fault = data_log_label_fault(to);
    if (was.unlogged) k->unlogged++;
    else if (!root || !*was.sha256) k->unkeyed++;
    else if (!data_log_label_fault(to)) {
        if (data_log_label_fault(from)) from = "";
        k->root[k->count] = root;
        k->fix[k->count++] = (data_fix){.sha256 = was.sha256, .path = path, .from = from, .to = to};
    }
    return LG_OK;
}

static void doc_kept(keeping *k, size_t n, const char *file)
{
    plt_note(k->doc, "kept in %s: a later `load` gives %s again; `undo` takes %s out", shown_path(file),
             n == 1 ? "this image its label" : "these images their labels", n == 1 ? "it" : "them");
}

/* The fixes below one folder: moved to the end of the list, so that each comes once. */
static lg_status keep_folder(keeping *k, size_t first, size_t *next, lg_err *err)
{
    data_log_place place = {0};
    lg_buf lines;
    const char *file = NULL, *root = k->root[first];
    size_t end = first;
    for (size_t i = first; i < k->count; i++) {
        if (strcmp(k->root[i], root)) continue;
        data_fix fix = k->fix[i];
        const char *other = k->root[i];
        k->fix[i] = k->fix[end], k->root[i] = k->root[end];
        k->fix[end] = fix, k->root[end++] = other;
    }
    lg_buf_init(&lines, 0);
    lg_err trouble = {0};
    lg_status st = find_place(root, &place, &trouble);
    if (st == LG_OK) st = data_log_add(&place, &k->fix[first], end - first, k->call->cancel, &lines, &file, &trouble);
    if (st == LG_OK) {
        add_kept(&k->kept, file, &lines);
        doc_kept(k, end - first, file);
    } else if (st == LG_E_INTERRUPTED || st == LG_E_MEMORY) *err = trouble;
    else plt_warning(k->doc, &trouble);
    if (st && !err->status) plt_note(k->doc, "not kept: after the next `load` the old labels are there again");
    data_log_place_release(&place);
    lg_buf_release(&lines);
    *next = end;
    return err->status;
}

static void doc_not_kept(keeping *k)
{
    const char *name = k->call->arg[0].value[0].name;
    if (k->sames)
        plt_note(k->doc, "image %s%s %s this label already", lg_buf_str(&k->same), k->sames > SHOWN ? ", …" : "",
                 k->sames == 1 ? "has" : "have");
    if (k->unlogged) plt_note(k->doc, "not kept beside the pictures: `%s` was loaded with `no edits`", name);
    if (k->unkeyed)
        plt_note(k->doc, "not kept beside the pictures: %zu image%s cannot be read", k->unkeyed,
                 k->unkeyed == 1 ? "" : "s");
    if (k->fault) plt_note(k->doc, "not kept beside the pictures: %s", k->fault);
}

static lg_status keep_all(keeping *k, lg_err *err)
{
    size_t rows = data_count(k->fixing->before) + 1, most = k->fixing->images + 1;
    k->seen = lg_arena_alloc(k->call->arena, rows, sizeof *k->seen, err);
    k->fix = lg_arena_alloc(k->call->arena, most, sizeof *k->fix, err);
    k->root = lg_arena_alloc(k->call->arena, most, sizeof *k->root, err);
    if (!k->seen || !k->fix || !k->root) return err->status;
    for (size_t i = 0; i < k->fixing->images; i++) LG_TRY(note_image(k, k->fixing->image[i], err));
    for (size_t i = 0; i < k->count;) LG_TRY(keep_folder(k, i, &i, err));
    doc_not_kept(k);
    return lg_buf_check(&k->kept, err);
}

lg_status cmd_fixes_keep(const dsl_call *call, const cmd_fixing *fixing, plt_doc *doc, const char **kept, lg_err *err)
{
    keeping k = {.call = call, .fixing = fixing, .doc = doc};
    *kept = NULL;
    if (!fixing->images) return LG_OK;
    lg_buf_init(&k.same, 1 << 10);
    lg_buf_init(&k.kept, 0);
    lg_status st = keep_all(&k, err);
    if (st == LG_OK && k.kept.len) {
        *kept = lg_arena_strndup(call->arena, lg_buf_str(&k.kept), k.kept.len, err);
        st = *kept ? LG_OK : err->status;
    }
    lg_buf_release(&k.same);
    lg_buf_release(&k.kept);
    return st;
}

/* ---- load ---- */
/* By its name where that is its alone, as a recipe has it; else by its number. */
static void add_image(lg_buf *out, const data_set *set, size_t row)
{
    data_image image, before = {.name = ""}, after = {.name = ""};
    double number;
    data_image_at(set, row, &image);
    if (row > 0) data_image_at(set, row - 1, &before);
    if (row + 1 < data_count(set)) data_image_at(set, row + 1, &after);
    bool shared = strcmp(before.name, image.name) == 0 || strcmp(after.name, image.name) == 0;
    if (shared || lg_parse_double(image.name, &number)) lg_buf_adds(out, image.number);
    else dsl_add_word(out, image.name);
}

/* Images that get the same label, a few hundred at a time, so that no line of a recipe becomes endless. */
enum { BATCH = 500 };

static lg_status apply_batch(cmd_replay *r, const char *name, const data_set **now, const size_t *step, size_t n,
                             lg_err *err)
{
    uint32_t id[BATCH];
    data_set *next = NULL;
    const char *to = r->plan.step[step[0]].to;
    lg_buf_addf(&r->lines, "\nrelabel %s image ", name);
    for (size_t i = 0; i < n; i++) {
        const data_log_step *s = &r->plan.step[step[i]];
        id[i] = s->id;
        lg_buf_adds(&r->lines, i ? ", " : "");
        add_image(&r->lines, *now, s->row);
    }
    lg_buf_adds(&r->lines, " as ");
    dsl_add_word(&r->lines, to);
    LG_TRY(data_relabel(*now, &(data_relabel_spec){.image = id, .images = n, .as = to}, &next, err));
    data_unref(r->fixed);
    *now = r->fixed = next;
    return LG_OK;
}

/* Label after label, in the order of the first image that gets it. */
static lg_status apply_all(const dsl_call *call, cmd_replay *r, const char *name, const data_set *set, lg_err *err)
{
    const data_log_plan *plan = &r->plan;
    bool *done = lg_alloc(plan->count, sizeof *done, err);
    lg_status st = done ? LG_OK : err->status;
    for (size_t first = 0; !st && first < plan->count; first++) {
        size_t step[BATCH], n = 0;
        if (done[first]) continue;
        for (size_t i = first; i < plan->count && !st; i++) {
            bool same = !done[i] && strcmp(plan->step[i].to, plan->step[first].to) == 0;
            done[i] |= same;
            if (same) step[n++] = i;
            if (n < BATCH) continue;
            st = apply_batch(r, name, &set, step, n, err);
            n = 0;
        }
        if (!st && n) st = apply_batch(r, name, &set, step, n, err);
        if (!st) st = lg_cancel_check(call->cancel, err);
    }
    lg_free(done);
    return st ? st : lg_buf_check(&r->lines, err);
}

static lg_status find_log(const dsl_call *call, const data_set *set, cmd_replay *r, lg_err *err)
{
    data_image image;
    data_image_at(set, 0, &image);
    const char *root = root_of(&image, call->arena, err);
    if (!root) return err->status;
    lg_status st = find_place(root, &r->place, &r->trouble);
    if (st == LG_E_MEMORY) *err = r->trouble;
    if (st) return err->status;
    LG_TRY(data_log_read(&r->place, &r->log, err));
    return data_log_plan_make(&r->log, set, &r->plan, err);
}

lg_status cmd_replay_make(const dsl_call *call, const char *name, const data_set *set, cmd_replay *r, lg_err *err)
{
    *r = (cmd_replay){0};
    lg_arena_init(&r->log.text, 0);
    lg_buf_init(&r->lines, 0);
    lg_buf_init(&r->kept, 0);
    if (!data_count(set)) return LG_OK;
    LG_TRY(find_log(call, set, r, err));
    if (!r->plan.count) return LG_OK;
    LG_TRY(apply_all(call, r, name, set, err));
    if (r->place.beside) add_kept(&r->kept, r->place.beside, &r->plan.lines[0]);
    add_kept(&r->kept, r->place.own, &r->plan.lines[1]);
    return lg_buf_check(&r->kept, err);
}

void cmd_replay_release(cmd_replay *r)
{
    data_unref(r->fixed);
    data_log_plan_release(&r->plan);
    data_log_release(&r->log);
    data_log_place_release(&r->place);
    lg_buf_release(&r->lines);
    lg_buf_release(&r->kept);
}

static void warn_lines(plt_doc *doc, const cmd_replay *r)
{
    lg_err warning = {0};
    const data_log *log = &r->log;
    bool one = log->bads == 1;
    if (!log->bads) return;
    const char *file = shown_path(log->bad[0].own ? r->place.own : r->place.beside);
    lg_fail(&warning, LG_E_FORMAT, 346, "%zu line%s of the log of label fixes cannot be understood, and %s skipped",
            log->bads, one ? "" : "s", one ? "is" : "are");
    lg_buf why;
    lg_buf_init(&why, 500);
    for (size_t i = 0; i < log->bads && i < DATA_LOG_BAD; i++)
        lg_buf_addf(&why, "%sline %zu: %s", i ? "; " : "", log->bad[i].line, log->bad[i].why);
    lg_why(&warning, "%.200s, %s", file, lg_buf_str(&why));
    lg_try(&warning, "correct %s there, or take %s out", one ? "it" : "them", one ? "it" : "them");
    plt_warning(doc, &warning);
    lg_buf_release(&why);
}

static void warn_changed(plt_doc *doc, const cmd_replay *r)
{
    lg_err warning = {0};
    const data_log_plan *plan = &r->plan;
    if (!plan->changes) return;
    if (plan->changes == 1)
        lg_fail(&warning, LG_E_DATA, 347, "the label of a picture was fixed that has another content now");
    else
        lg_fail(&warning, LG_E_DATA, 347, "the labels of %zu pictures were fixed that have another content now",
                plan->changes);
    lg_buf why;
    lg_buf_init(&why, 500);
    for (size_t i = 0; i < plan->changes && i < DATA_LOG_BAD; i++)
        lg_buf_addf(&why, "%s%s was to be `%s`", i ? "; " : "", plan->changed[i]->path, plan->changed[i]->to);
    lg_why(&warning, "%s", lg_buf_str(&why));
    lg_try(&warning, "look at %s, and relabel again where it has to be", plan->changes == 1 ? "it" : "them");
    plt_warning(doc, &warning);
    lg_buf_release(&why);
}

static void doc_steps(plt_doc *doc, const cmd_replay *r, const char *name)
{
    const data_log_plan *plan = &r->plan;
    const char *file = r->place.beside && plan->lines[0].len ? r->place.beside : r->place.own;
    if (!plan->count) return;
    plt_sentence(doc, "%s label%s fixed by hand before, as %s says", lg_thousands((long long)plan->count),
                 plan->count == 1 ? " was" : "s were", shown_path(file));
    for (size_t i = 0; i < plan->count && i < SHOWN; i++) {
        const data_log_step *s = &plan->step[i];
        data_image image;
        data_image_at(r->fixed, s->row, &image);
        plt_item(doc, "image %s (%s): %s → %s", image.number, image.name, *s->from ? s->from : "no label",
                 data_class_name(r->fixed, image.label));
    }
    if (plan->count > SHOWN) plt_item(doc, "and %s more", lg_thousands((long long)(plan->count - SHOWN)));
    plt_note(doc, "`undo %s` takes %s back, for later loads as well; `load %s … no edits` leaves the log alone", name,
             plan->count == 1 ? "it" : "them", name);
}

void cmd_doc_replay(plt_doc *doc, const cmd_replay *r, const char *name, bool limited)
{
    size_t gone = r->plan.elsewhere - r->plan.changes;
    doc_steps(doc, r, name);
    if (gone && !limited)
        plt_note(doc, "%zu more label fix%s of pictures that are not here", gone, gone == 1 ? " is" : "es are");
    if (r->log.unread.status) plt_warning(doc, &r->log.unread);
    warn_lines(doc, r);
    warn_changed(doc, r);
}

/* ---- undo ---- */
static void take_from(const dsl_call *call, const char *file, const char *lines, plt_doc *doc)
{
    lg_err trouble = {0};
    size_t taken = 0;
    if (data_log_take(file, lines, call->cancel, &taken, &trouble)) {
        plt_warning(doc, &trouble);
        plt_note(doc, "a later `load` brings these labels back: they are still in %s", shown_path(file));
    } else if (taken) plt_note(doc, "%zu line%s taken out of %s", taken, taken == 1 ? "" : "s", shown_path(file));
}

void cmd_fixes_take(const dsl_call *call, const char *kept, plt_doc *doc)
{
    lg_err ignored = {0};
    for (const char *at = kept; at && *at == '=';) {
        size_t name = strcspn(at, "\n");
        const char *lines = at + name + (at[name] == '\n'), *next = strstr(lines, "\n=");
        size_t len = *lines == '=' ? 0 : next ? (size_t)(next + 1 - lines) : strlen(lines);
        char *file = lg_arena_strndup(call->arena, at + 1, name - 1, &ignored);
        char *text = lg_arena_strndup(call->arena, lines, len, &ignored);
        if (file && text) take_from(call, file, text, doc);
        at = lines + len;
    }
}

void cmd_relabel_line(lg_buf *out, const char *name, const data_set *set, const size_t *row, size_t rows,
                      const char *label)
{
    lg_buf_addf(out, "relabel %s image ", name);
    for (size_t i = 0; i < rows; i++) {
        data_image image;
        data_image_at(set, row[i], &image);
        lg_buf_addf(out, "%s%s", i ? ", " : "", image.number);
    }
    lg_buf_adds(out, " as ");
    dsl_add_word(out, label);
}
