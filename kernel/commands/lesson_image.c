/* lesson_image.c - an image of a dataset as numbers, and the part of it that is shown. */
#include "kernel/commands/lesson_image.h"
#include "kernel/commands/dataset_edits.h"
#include "lib/data/clean.h"

#include <string.h>

#include "lib/base/banned.h"

enum { CROP = 8 };

bool cmd_subject_is_image(const dsl_call *call, int param)
{
    const dsl_object *object = call->arg[param].value[0].object;
    return object && object->cls->kind == DSL_KIND_DATASET;
}

/* ---- grids ---- */
static lg_status only_of_images(const dsl_call *call, const cmd_subject_params *p, lg_err *err)
{
    const int options[] = {p->image, p->channel, p->crop};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (options[i] < 0 || !call->arg[options[i]].given) continue;
        const char *name = call->command->params[options[i]].name;
        lg_fail(err, LG_E_ARG, 144, "`%s` is for images of a dataset, and this is a grid", name);
        lg_try(err, "leave out `%s`, or name a dataset: `%s logos.train image 7`", name, call->command->name);
        return lg_err_place(err, call->arg[options[i]].value[0].span);
    }
    return LG_OK;
}

static lg_status grid_of(const dsl_call *call, const cmd_subject_params *p, cmd_subject *out, lg_err *err)
{
    LG_TRY(only_of_images(call, p, err));
    LG_TRY(cmd_lesson_grid(call, p->object, &out->x, err));
    out->name = out->channel[0] = cmd_lesson_name(call, p->object);
    out->crop_rows = out->x.rows;
    out->crop_cols = out->x.cols;
    return LG_OK;
}

/* ---- images ---- */
static lg_status name_it(const dsl_call *call, const char *set, const char *number, cmd_subject *out, lg_err *err)
{
    out->name = lg_arena_strf(call->arena, err, "%s%s%s", set, *set ? " image " : "", number);
    return out->name ? LG_OK : err->status;
}

/* A file, made as the images of the dataset are. */
static lg_status row_of_file(const dsl_call *call, const dsl_value *object, int image, cmd_subject *out, lg_err *err)
{
    const data_set *set = cmd_dataset(object);
    const data_rules rules = data_rules_of(set);
    LG_TRY(data_need_pixels(set, object->name, err));
    LG_TRY(cmd_image_open(call, image, NULL, &rules, set, object->name, &out->set, err));
    data_image file;
    out->row = 0;
    data_image_at(out->set, 0, &file);
    return name_it(call, "", file.number, out, err);
}

lg_status cmd_subject_row(const dsl_call *call, const dsl_value *object, int image, cmd_subject *out, lg_err *err)
{
    const data_set *set = cmd_dataset(object);
    data_set *part = NULL;
    data_image found;
    if (cmd_image_files(call, image, set)) return row_of_file(call, object, image, out, err);
    if (call->arg[image].count) {
        const uint32_t *ids;
        size_t n;
        LG_TRY(cmd_image_ids(call, image, set, object->name, &ids, &n, err));
        out->row = (size_t)data_row_of(set, ids[0]);
    } else {
        LG_TRY(cmd_dataset_part(object, &part, err));
        if (!data_count(part)) {
            data_unref(part);
            return cmd_part_empty(object, err);
        }
        data_image_at(part, 0, &found);
        out->row = (size_t)data_row_of(set, found.id);
        data_unref(part);
    }
    data_image_at(set, out->row, &found);
    if (object->part != DSL_PART_ALL && found.split != cmd_split_of(object->part))
        out->elsewhere = found.split == DATA_TRAIN  ? "train"
                         : found.split == DATA_VAL  ? "val"
                         : found.split == DATA_TEST ? "test"
                                                    : "no part";
    LG_TRY(name_it(call, object->name, found.number, out, err));
    out->of = object->name;
    out->set = data_ref(set);
    return LG_OK;
}

/* First channel and how many, of an image of so many. */
static lg_status channels_of(const dsl_call *call, const cmd_subject_params *p, int there, int *first, int *count,
                             lg_err *err)
{
    const dsl_value *value = p->channel < 0 ? NULL : dsl_val(call, p->channel);
    bool all = value ? value->choice == 3 : p->all;
    *first = value && !all ? value->choice : 0;
    *count = all ? there : 1;
    if (*first < there) return LG_OK;
    lg_fail(err, LG_E_ARG, 142, "these images are grey: they have one channel, and no %s one", value->text);
    lg_try(err, "leave out `channel`");
    return lg_err_place(err, value->span);
}

const char *cmd_channel_name(int channel, int channels)
{
    static const char *const names[] = {"red", "green", "blue"};
    return channels == 1 || channel > 2 ? "grey" : names[channel];
}

static lg_status take_channels(const dsl_call *call, const float *pixels, data_size size, int first, int count,
                               cmd_subject *out, lg_err *err)
{
    size_t n = (size_t)size.h * (size_t)size.w;
    out->x = (cmd_stack){size.h, size.w, count, lg_arena_alloc(call->arena, n * (size_t)count, sizeof(double), err)};
    if (!out->x.cell) return err->status;
    for (size_t i = 0; i < n; i++)
        for (int c = 0; c < count; c++)
            out->x.cell[i * (size_t)count + (size_t)c] = (double)pixels[i * (size_t)size.c + (size_t)(first + c)];
    for (int c = 0; c < count && c < 3; c++) out->channel[c] = cmd_channel_name(first + c, size.c);
    return LG_OK;
}

static lg_status pixels_of(const dsl_call *call, const cmd_subject_params *p, cmd_subject *out, lg_err *err)
{
    data_size size = data_shape(out->set);
    uint32_t row = (uint32_t)out->row;
    int first, count;
    LG_TRY(data_need_pixels(out->set, call->arg[p->object].value[0].name, err));
    LG_TRY(channels_of(call, p, size.c, &first, &count, err));
    float *pixels = lg_alloc((size_t)size.h * (size_t)size.w * (size_t)size.c, sizeof *pixels, err);
    lg_status st = pixels ? data_fill(out->set, &row, 1, pixels, NULL, err) : err->status;
    if (st == LG_OK) st = take_channels(call, pixels, size, first, count, out, err);
    lg_free(pixels);
    return st;
}

lg_status cmd_subject_named(const dsl_call *call, const cmd_subject_params *p, cmd_subject *out, lg_err *err)
{
    *out = (cmd_subject){.image = cmd_subject_is_image(call, p->object), .crop_rows = CROP, .crop_cols = CROP};
    if (!out->image) return grid_of(call, p, out, err);
    const dsl_value *crop = dsl_val(call, p->crop);
    if (crop && crop->type == DSL_T_SIZE) {
        out->crop_rows = crop->size[0];
        out->crop_cols = crop->size[1];
    }
    return cmd_subject_row(call, &call->arg[p->object].value[0], p->image, out, err);
}

lg_status cmd_subject_of(const dsl_call *call, const cmd_subject_params *p, cmd_subject *out, lg_err *err)
{
    LG_TRY(cmd_subject_named(call, p, out, err));
    return out->image ? pixels_of(call, p, out, err) : LG_OK;
}

void cmd_subject_release(cmd_subject *subject)
{
    data_unref(subject->set);
    subject->set = NULL;
}

/* ---- what is shown ---- */
static int so_many(int crop, int window, int step, int there)
{
    int n = crop < window ? 1 : (crop - window) / step + 1;
    return n < there ? n : there;
}

static int begins(int middle, int shown, int there)
{
    int from = middle - shown / 2;
    return from < 0 ? 0 : from > there - shown ? there - shown : from;
}

cmd_view cmd_subject_view(const cmd_subject *s, const cmd_stack *y, const cmd_window *window, int at)
{
    if (!s->image) return (cmd_view){0, 0, y->rows, y->cols};
    cmd_view v = {.rows = so_many(s->crop_rows, window->rows, window->down, y->rows),
                  .cols = so_many(s->crop_cols, window->cols, window->across, y->cols)};
    v.top = begins(at < 0 ? y->rows / 2 : at / y->cols, v.rows, y->rows);
    v.left = begins(at < 0 ? y->cols / 2 : at % y->cols, v.cols, y->cols);
    return v;
}

cmd_view cmd_view_covers(const cmd_view *v, const cmd_window *window)
{
    return (cmd_view){v->top * window->down, v->left * window->across, (v->rows - 1) * window->down + window->rows,
                      (v->cols - 1) * window->across + window->cols};
}

lg_status cmd_lesson_cut(const dsl_call *call, const cmd_stack *from, const cmd_view *v, cmd_stack *to, lg_err *err)
{
    size_t line = (size_t)v->cols * (size_t)from->channels;
    *to = (cmd_stack){v->rows, v->cols, from->channels,
                      lg_arena_alloc(call->arena, (size_t)v->rows * line, sizeof *to->cell, err)};
    if (!to->cell) return err->status;
    for (int r = 0; r < v->rows; r++)
        memcpy(to->cell + (size_t)r * line,
               from->cell + ((size_t)(v->top + r) * (size_t)from->cols + (size_t)v->left) * (size_t)from->channels,
               line * sizeof *to->cell);
    return LG_OK;
}

lg_status cmd_lesson_cut_marks(const dsl_call *call, const uint8_t *from, int cols, const cmd_view *v, uint8_t **to,
                               lg_err *err)
{
    *to = NULL;
    if (!from) return LG_OK;
    *to = lg_arena_alloc(call->arena, (size_t)v->rows * (size_t)v->cols, 1, err);
    if (!*to) return err->status;
    for (int r = 0; r < v->rows; r++)
        memcpy(*to + (size_t)r * (size_t)v->cols, from + (size_t)(v->top + r) * (size_t)cols + (size_t)v->left,
               (size_t)v->cols);
    return LG_OK;
}

lg_status cmd_doc_subject(plt_doc *doc, const cmd_subject *s, const cmd_view *shown, lg_err *err)
{
    if (!s->image) return LG_OK;
    data_size size = data_shape(s->set);
    plt_grid(doc, 128, "the image");
    LG_TRY(cmd_doc_tile(doc, s->set, s->row, 256, PLT_EDGE_NONE, err));
    if (shown)
        plt_thumb_frame(doc,
                        &(plt_box){(double)shown->left / size.w, (double)shown->top / size.h,
                                   (double)shown->cols / size.w, (double)shown->rows / size.h, PLT_EDGE_BAD, 0},
                        "%s", "shown");
    const data_rules rules = data_rules_of(s->set);
    if (shown)
        plt_note(doc,
                 "shown are rows %d to %d and columns %d to %d of the %dx%d image, as a network gets them: %g is "
                 "dark, %g is light%s",
                 shown->top + 1, shown->top + shown->rows, shown->left + 1, shown->left + shown->cols, size.h, size.w,
                 rules.low, rules.high,
                 shown->rows < size.h || shown->cols < size.w ? "; `crop 12x12` shows more" : "");
    if (s->elsewhere) plt_note(doc, "this image belongs to %s, not to the part that was named", s->elsewhere);
    return LG_OK;
}
