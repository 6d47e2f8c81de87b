/* edit_plan.c - what a log of label fixes says of the images of a set. */
#include <string.h>
#include "lib/data/dataset_private.h"
#include "lib/data/edit_log.h"

#include "lib/base/banned.h"

/* Content hashes of the log get numbers; by them is known which rows matter at all. */
typedef struct planning {
    const data_log *log;
    const data_set *set;
    lg_arena text;
    data_map content;  /* hash: number */
    data_map place;    /* hash and path of the rows with such a content: row */
    data_map path;     /* of all rows: row */
    bool *there;       /* (contents) some row has it */
    int64_t *anywhere; /* (contents) last fix whose path no row of that content has */
    int64_t *here;     /* (rows) last fix of that content and path */
    bool *moved;       /* (contents) a step came of anywhere */
    bool *stepped;     /* (rows) a step came of here */
} planning;

static lg_status planning_init(planning *p, lg_err *err)
{
    size_t fixes = p->log->count, rows = p->set->rows;
    lg_arena_init(&p->text, 0);
    LG_TRY(data_map_init(&p->content, fixes, false, err));
    LG_TRY(data_map_init(&p->place, fixes, false, err));
    LG_TRY(data_map_init(&p->path, rows, false, err));
    p->there = lg_alloc(fixes, sizeof *p->there, err);
    p->moved = lg_alloc(fixes, sizeof *p->moved, err);
    p->anywhere = lg_alloc(fixes, sizeof *p->anywhere, err);
    p->here = lg_alloc(rows, sizeof *p->here, err);
    p->stepped = lg_alloc(rows, sizeof *p->stepped, err);
    if (!p->there || !p->moved || !p->anywhere || !p->here || !p->stepped) return err->status;
    for (size_t i = 0; i < fixes; i++) p->anywhere[i] = -1;
    for (size_t i = 0; i < rows; i++) p->here[i] = -1;
    return LG_OK;
}

static void planning_release(planning *p)
{
    lg_arena_release(&p->text);
    data_map_release(&p->content);
    data_map_release(&p->place);
    data_map_release(&p->path);
    lg_free(p->there);
    lg_free(p->moved);
    lg_free(p->anywhere);
    lg_free(p->here);
    lg_free(p->stepped);
}

static const char *place_key(planning *p, const char *sha, const char *path, lg_err *err)
{
    return lg_arena_strf(&p->text, err, "%s\t%s", sha, path);
}

static lg_status note_row(planning *p, size_t row, lg_err *err)
{
    data_image image;
    data_image_at(p->set, row, &image);
    const char *path = data_log_path(&image, &p->text, err);
    if (!path) return err->status;
    LG_TRY(data_map_put(&p->path, path, (int64_t)row, NULL, err));
    int64_t content = data_map_get(&p->content, image.sha256);
    if (content < 0) return LG_OK;
    p->there[content] = true;
    const char *key = place_key(p, image.sha256, path, err);
    return key ? data_map_put(&p->place, key, (int64_t)row, NULL, err) : err->status;
}

/* The row that has the content at the very path of a fix, or -1. */
static int64_t row_of(planning *p, const data_fix *fix, lg_err *err)
{
    const char *key = place_key(p, fix->sha256, fix->path, err);
    return key ? data_map_get(&p->place, key) : -1;
}

static void note_elsewhere(planning *p, const data_fix *fix, data_log_plan *plan)
{
    plan->elsewhere++;
    if (data_map_get(&p->path, fix->path) < 0 || plan->changes++ >= DATA_LOG_BAD) return;
    plan->changed[plan->changes - 1] = fix;
}

static lg_status gather(planning *p, data_log_plan *plan, lg_err *err)
{
    for (size_t i = 0; i < p->log->count; i++)
        LG_TRY(data_map_put(&p->content, p->log->fix[i].sha256, (int64_t)p->content.count, NULL, err));
    for (size_t i = 0; i < p->set->rows; i++) LG_TRY(note_row(p, i, err));
    for (size_t i = 0; i < p->log->count; i++) {
        const data_fix *fix = &p->log->fix[i];
        int64_t content = data_map_get(&p->content, fix->sha256), row = row_of(p, fix, err);
        if (err->status) return err->status;
        if (row >= 0) p->here[row] = (int64_t)i;
        else if (p->there[content]) p->anywhere[content] = (int64_t)i;
        else note_elsewhere(p, fix, plan);
    }
    return LG_OK;
}

static void make_step(planning *p, size_t row, data_log_plan *plan)
{
    data_image image;
    data_image_at(p->set, row, &image);
    int64_t content = data_map_get(&p->content, image.sha256), at = p->here[row];
    if (content < 0) return;
    bool moved = at < 0;
    if (moved) at = p->anywhere[content];
    if (at < 0) return;
    const char *to = p->log->fix[at].to, *from = data_class_name(p->set, image.label);
    if (lg_casecmp(from, to) == 0) {
        plan->same++;
        return;
    }
    plan->step[plan->count++] = (data_log_step){.id = image.id, .row = row, .from = from, .to = to};
    if (moved) p->moved[content] = true;
    else p->stepped[row] = true;
}

/* All lines about the images that got another label, those that later ones took the place of included. */
static lg_status note_lines(planning *p, data_log_plan *plan, lg_err *err)
{
    for (size_t i = 0; i < p->log->count; i++) {
        const data_fix *fix = &p->log->fix[i];
        int64_t content = data_map_get(&p->content, fix->sha256), row = row_of(p, fix, err);
        if (err->status) return err->status;
        bool made = row >= 0 ? p->stepped[row] : p->there[content] && p->moved[content];
        if (made) lg_buf_addf(&plan->lines[fix->own], "%s\n", fix->line);
    }
    LG_TRY(lg_buf_check(&plan->lines[0], err));
    return lg_buf_check(&plan->lines[1], err);
}

lg_status data_log_plan_make(const data_log *log, const data_set *set, data_log_plan *out, lg_err *err)
{
    planning p = {.log = log, .set = set};
    lg_status st;
    *out = (data_log_plan){0};
    lg_buf_init(&out->lines[0], 0);
    lg_buf_init(&out->lines[1], 0);
    if (!log->count) return LG_OK;
    LG_GO(planning_init(&p, err));
    LG_GO(gather(&p, out, err));
    out->step = lg_alloc(set->rows, sizeof *out->step, err);
    if (!out->step) LG_GO(err->status);
    for (size_t i = 0; i < set->rows; i++) make_step(&p, i, out);
    st = note_lines(&p, out, err);
done:
    planning_release(&p);
    return st;
}

void data_log_plan_release(data_log_plan *plan)
{
    lg_free(plan->step);
    lg_buf_release(&plan->lines[0]);
    lg_buf_release(&plan->lines[1]);
    *plan = (data_log_plan){0};
}
