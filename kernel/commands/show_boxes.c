/* show_boxes.c - pictures with their marks. Marks of one picture stand beside one another in a set. */
#include "kernel/commands/show_boxes.h"

#include <string.h>

#include "lib/base/banned.h"

/* Of a picture full of marks the first are drawn and fewer named below it; the table has all. */
enum { MOST_DRAWN = 200, MOST_NAMED = 12 };

static bool same_photo(const data_set *set, size_t a, size_t b)
{
    data_image x, y;
    data_image_at(set, a, &x);
    data_image_at(set, b, &y);
    return x.box.w > 0 && y.box.w > 0 && strcmp(x.path, y.path) == 0;
}

/* For a set that was loaded without them, the line that loads it with them; a recipe leaves the log of label fixes
 * alone, which nobody asked for here. */
static lg_status fail_without(const dsl_call *call, lg_err *err)
{
    const dsl_value *object = &call->arg[0].value[0];
    const char *recipe = object->object->recipe ? object->object->recipe : "";
    static const char unlogged[] = " no edits";
    size_t line = strcspn(recipe, "\n"), tail = sizeof unlogged - 1, name = strlen(object->name);
    bool loaded = strncmp(recipe, "load ", 5) == 0 && strncmp(recipe + 5, object->name, name) == 0 &&
                  recipe[5 + name] == ' '; /* and not made of another set */
    if (line > tail && strncmp(recipe + line - tail, unlogged, tail) == 0) line -= tail;
    lg_fail(err, LG_E_DATA, 326, "the images of `%s` have no boxes", object->name);
    lg_why(err, "they were loaded as whole pictures: with the word `boxes`, `load` makes an image of every mark");
    if (loaded && line < 200) lg_try(err, "%.*s boxes", (int)line, recipe);
    else lg_try(err, "load %s from FOLDER boxes", object->name);
    return lg_err_place(err, object->span);
}

lg_status cmd_photos_of(const dsl_call *call, const data_set *set, const uint32_t *rows, size_t n, cmd_photos *out,
                        lg_err *err)
{
    size_t count = data_count(set), marks = 0;
    uint32_t *first = lg_arena_alloc(call->arena, count + 1, sizeof *first, err);
    uint32_t *of = first ? lg_arena_alloc(call->arena, count + 1, sizeof *of, err) : NULL;
    bool *taken = of ? lg_arena_alloc(call->arena, count + 1, sizeof *taken, err) : NULL;
    cmd_photo *photo = taken ? lg_arena_alloc(call->arena, n + 1, sizeof *photo, err) : NULL;
    if (!photo) return err->status;
    *out = (cmd_photos){.set = set, .photo = photo};
    for (size_t i = 0; i < count; i++) {
        data_image image;
        data_image_at(set, i, &image);
        bool more = i && same_photo(set, i - 1, i);
        first[i] = more ? first[i - 1] : (uint32_t)i;
        of[first[i]] += image.box.w > 0;
        marks += image.box.w > 0;
        out->pictures += !more;
    }
    if (count && !marks) return fail_without(call, err);
    for (size_t i = 0; i < n; i++) {
        uint32_t row = first[rows[i]];
        if (taken[row]) continue;
        taken[row] = true;
        photo[out->count++] = (cmd_photo){.row = row, .marks = of[row]};
        out->marks += of[row];
    }
    return LG_OK;
}

/* ---- a picture ---- */
/* What the model says to a row: the class and its share; NULL where it says nothing. */
static const char *said(const cmd_opinion *o, const data_set *set, size_t row, int *best, double *share)
{
    data_image image;
    data_image_at(set, row, &image);
    const float *p = o->probability && !image.broken ? cmd_opinion_of(o, set, row) : NULL;
    if (!p) return NULL;
    *best = nn_argmax(p, o->classes);
    *share = (double)p[*best];
    return cmd_opinion_label(o, *best);
}

static const char *label_of(const data_set *set, const data_image *image)
{
    return image->label < 0 ? "no label" : data_class_name(set, image->label);
}

/* "1 Nike", and with a model "1 Nike: Puma 83%"; a picture of one mark needs no number. */
static void add_name(lg_buf *out, const cmd_photos *photos, const cmd_photo *photo, size_t row, const cmd_opinion *o)
{
    data_image image;
    int best;
    double share;
    data_image_at(photos->set, row, &image);
    const char *dot = strrchr(image.number, '.'), *says = said(o, photos->set, row, &best, &share);
    if (photo->marks > 1 && dot) lg_buf_addf(out, "%s ", dot + 1);
    lg_buf_adds(out, label_of(photos->set, &image));
    if (image.broken) lg_buf_adds(out, " (outside)");
    else if (says) lg_buf_addf(out, ": %s %s%%", says, plt_points(share, 0));
}

static plt_edge edge_of(const cmd_photos *photos, size_t row, const cmd_opinion *o)
{
    data_image image;
    int best;
    double share;
    data_image_at(photos->set, row, &image);
    if (image.label < 0 || !said(o, photos->set, row, &best, &share)) return PLT_EDGE_NONE;
    return best == image.label ? PLT_EDGE_GOOD : PLT_EDGE_BAD;
}

static void add_caption(lg_buf *out, const cmd_photos *photos, const cmd_photo *photo, const cmd_opinion *o)
{
    data_image image;
    data_image_at(photos->set, photo->row, &image);
    bool one = photo->marks < 2;
    lg_buf_addf(out, "%.*s: ", (int)(one ? strlen(image.number) : strcspn(image.number, ".")), image.number);
    for (uint32_t k = 0; k == 0 || (k < photo->marks && k < MOST_NAMED); k++) {
        lg_buf_adds(out, k ? ", " : "");
        add_name(out, photos, photo, photo->row + k, o);
    }
    if (photo->marks > MOST_NAMED) lg_buf_addf(out, ", and %u more", photo->marks - MOST_NAMED);
}

static void add_marks(plt_doc *doc, const cmd_photos *photos, const cmd_photo *photo, const cmd_opinion *o, double w,
                      double h)
{
    for (uint32_t k = 0; k < photo->marks && k < MOST_DRAWN; k++) {
        data_image image;
        size_t row = photo->row + k;
        lg_buf name;
        data_image_at(photos->set, row, &image);
        if (image.broken) continue;
        lg_buf_init(&name, 0);
        add_name(&name, photos, photo, row, o);
        const plt_box mark = {.x = image.box.x / w,
                              .y = image.box.y / h,
                              .w = image.box.w / w,
                              .h = image.box.h / h,
                              .edge = edge_of(photos, row, o),
                              .series = image.label < 0 ? 0 : image.label};
        plt_thumb_frame(doc, &mark, "%s", lg_buf_str(&name));
        lg_buf_release(&name);
    }
}

/* A mark outside of its picture cannot be read, but the others of it can. */
static ptrdiff_t readable_row(const cmd_photos *photos, const cmd_photo *photo)
{
    for (uint32_t k = 0; k == 0 || k < photo->marks; k++) {
        data_image image;
        data_image_at(photos->set, photo->row + k, &image);
        if (!image.broken) return photo->row + (ptrdiff_t)k;
    }
    return -1;
}

static lg_status add_photo(plt_doc *doc, const cmd_photos *photos, const cmd_photo *photo, const cmd_opinion *o,
                           int side, lg_err *err)
{
    ptrdiff_t row = readable_row(photos, photo);
    img_picture rgb = {0};
    int w, h;
    lg_buf caption;
    if (row < 0) return cmd_doc_tile(doc, photos->set, photo->row, side, PLT_EDGE_NONE, err);
    LG_TRY(data_photo(photos->set, (size_t)row, side, &rgb, &w, &h, err));
    lg_buf_init(&caption, 0);
    add_caption(&caption, photos, photo, o);
    plt_thumb(doc, rgb.px, rgb.w, rgb.h, PLT_EDGE_NONE, "%s", lg_buf_str(&caption));
    add_marks(doc, photos, photo, o, w, h);
    lg_buf_release(&caption);
    img_picture_release(&rgb);
    return LG_OK;
}

/* ---- the numbers ---- */
static void table_row(plt_doc *doc, const data_set *set, size_t row, const cmd_opinion *o)
{
    data_image image;
    int best;
    double share;
    data_image_at(set, row, &image);
    plt_row(doc, PLT_ROW_PLAIN);
    plt_head(doc, "%s", image.number);
    plt_cell(doc, "%s", image.name);
    plt_cell(doc, "%s", label_of(set, &image));
    plt_cell(doc, "%dx%d", image.box.w, image.box.h);
    plt_cell(doc, "%d", image.box.x);
    plt_cell(doc, "%d", image.box.y);
    if (!o->probability) return;
    const char *says = said(o, set, row, &best, &share);
    plt_cell(doc, "%s", says ? says : "");
    plt_cell(doc, "%s%s", says ? plt_points(share, 0) : "", says ? "%" : "");
}

static void add_table(plt_doc *doc, const cmd_photos *photos, const cmd_opinion *o)
{
    plt_fold_begin(doc, "The boxes in numbers: pixels of the pictures, from the left and from the top");
    plt_table(doc, "Boxes");
    plt_column(doc, PLT_LEFT, "Image");
    plt_column(doc, PLT_LEFT, "File");
    plt_column(doc, PLT_LEFT, "Label");
    plt_column(doc, PLT_RIGHT, "Wide x high");
    plt_column(doc, PLT_RIGHT, "Left");
    plt_column(doc, PLT_RIGHT, "Top");
    if (o->probability) {
        plt_column(doc, PLT_LEFT, "The model says");
        plt_column(doc, PLT_RIGHT, "Sure");
    }
    for (size_t i = 0; i < photos->count; i++)
        for (uint32_t k = 0; k < photos->photo[i].marks; k++) table_row(doc, photos->set, photos->photo[i].row + k, o);
    plt_fold_end(doc);
}

lg_status cmd_doc_photos(plt_doc *doc, const cmd_photos *photos, const cmd_opinion *opinion, int size, lg_err *err)
{
    int side = cmd_tile_side(size, photos->count);
    plt_grid(doc, size, "%s",
             opinion->probability ? "label: what the model says and how sure it is; blue: right, vermilion: wrong"
                                  : "");
    for (size_t i = 0; i < photos->count; i++) LG_TRY(add_photo(doc, photos, &photos->photo[i], opinion, side, err));
    if (photos->marks) add_table(doc, photos, opinion);
    return LG_OK;
}
