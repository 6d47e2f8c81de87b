/* cmd_convolve.c - `convolve`: a kernel slides over a grid, every dot product written out. */
#include "kernel/commands/lesson_filter.h"
#include "kernel/commands/params.h"

#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

enum { GRID, WITH, STRIDE, AT, SAME, VALID, ANIMATE, IMAGE, CHANNEL, CROP, LAYER, FILTER, SLIDER };

#define KERNELS "identity edge sharpen blur emboss sobelx sobely"

static const dsl_param params[] = {
    [GRID] = CMD_SUBJECT,
    [WITH] = {.name = "with",
              .role = DSL_PREPOSITION,
              .type = DSL_T_GRID,
              .kinds = DSL_GRIDS | DSL_MODELS,
              .choices = KERNELS,
              .required = true,
              .help = "the kernel: a name, numbers such as [0 1 0; 1 -4 1; 0 1 0], or a model, of which one filter"},
    [STRIDE] = {.name = "stride",
                .role = DSL_OPTION,
                .type = DSL_T_INT,
                .dflt = "1",
                .min = 1,
                .max = 8,
                .help = "steps between positions"},
    [AT] = CMD_SUBJECT_AT("all positions", "one position alone: row, column of the result, from 1"),
    [SAME] = {.name = "same",
              .role = DSL_FLAG,
              .type = DSL_T_FLAG,
              .help = "pad with zeros first, so that the result is as large as the grid"},
    [VALID] = {.name = "valid", .role = DSL_FLAG, .type = DSL_T_FLAG, .help = "no padding; the default"},
    [ANIMATE] = {.name = "animate",
                 .role = DSL_FLAG,
                 .type = DSL_T_FLAG,
                 .dflt = "on",
                 .help = "show the kernel move; `no animate` shows the last position"},
    [IMAGE] = CMD_SUBJECT_IMAGE,
    [CHANNEL] = CMD_SUBJECT_CHANNEL("red green blue all", "all"),
    [CROP] = CMD_SUBJECT_CROP,
    [LAYER] = CMD_LAYER("the first conv", "of a model: the layer of the filter"),
    [FILTER] = CMD_FILTER_NUMBER,
    [SLIDER] = CMD_SLIDER("the position of the kernel"),
    {0},
};

static const cmd_subject_params subject_params = {GRID, IMAGE, CHANNEL, CROP, true};

/* ---- kernels ---- */
static const struct {
    const char *what;
    double cell[9];
} named[] = {
    {"leaves every number as it is", {0, 0, 0, 0, 1, 0, 0, 0, 0}},
    {"far from 0 where a number differs from its four neighbours", {0, 1, 0, 1, -4, 1, 0, 1, 0}},
    {"makes differences to the neighbours larger", {0, -1, 0, -1, 5, -1, 0, -1, 0}},
    {"a mean that counts near numbers more", {0.0625, 0.125, 0.0625, 0.125, 0.25, 0.125, 0.0625, 0.125, 0.0625}},
    {"light from the upper left, as on a relief", {-2, -1, 0, -1, 1, 1, 0, 1, 2}},
    {"finds upright edges: the right side minus the left", {-1, 0, 1, -2, 0, 2, -1, 0, 1}},
    {"finds level edges: below minus above", {-1, -2, -1, 0, 0, 0, 1, 2, 1}},
};

static lg_status kernel_of(const dsl_call *call, cmd_stack *out, lg_err *err)
{
    const dsl_value *with = &call->arg[WITH].value[0];
    if (with->type != DSL_T_CHOICE) return cmd_lesson_grid(call, WITH, out, err);
    *out = (cmd_stack){3, 3, 1, lg_arena_alloc(call->arena, 9, sizeof *out->cell, err)};
    if (!out->cell) return err->status;
    memcpy(out->cell, named[with->choice].cell, sizeof named[0].cell);
    return LG_OK;
}

static bool with_model(const dsl_call *call)
{
    const dsl_object *object = call->arg[WITH].value[0].object;
    return object && object->cls->kind == DSL_KIND_MODEL;
}

/* ---- the work ---- */
enum { DRAWN = 3 }; /* channels that are drawn */

typedef struct slide {
    cmd_subject subject;
    cmd_filter filter;      /* of a model; else its layer is NULL */
    cmd_stack x, kernel, y; /* all of it */
    cmd_stack padded;       /* x, with the zeros of `same` */
    int top, left;          /* so many of them above and to the left */
    uint8_t *border;        /* marks of padded */
    cmd_view view;          /* of y, what is shown: in, of padded, and out */
    cmd_stack in, out;
    uint8_t *shown; /* marks of in */
    cmd_motion motion;
    int at;     /* in y; -1: all */
    bool moves; /* by a slider */
    const char **line; /* of each number of out: every product, or of many channels their sums */
    const char **sums; /* the sums of channels that are drawn one by one; else line */
} slide;

static cmd_window window_of(const slide *s)
{
    return (cmd_window){cmd_span(s->kernel.rows, s->motion.dilation_rows),
                        cmd_span(s->kernel.cols, s->motion.dilation_cols), s->motion.down, s->motion.across};
}

static lg_status fits(const dsl_call *call, const slide *s, lg_err *err)
{
    const cmd_window w = window_of(s);
    if (s->motion.same || (w.rows <= s->x.rows && w.cols <= s->x.cols)) return LG_OK;
    lg_fail(err, LG_E_SHAPE, 203, "the %dx%d kernel is larger than the %dx%d %s", s->kernel.rows, s->kernel.cols,
            s->x.rows, s->x.cols, s->subject.image ? "image" : "grid");
    lg_why(err, "it has no place to lie in, and without a place there is no dot product");
    lg_try(err, "take a smaller kernel, or add `same`, which pads the grid with zeros");
    return lg_err_place(err, call->arg[WITH].value[0].span);
}

/* Options of the one kind of kernel that were given for the other. */
static lg_status check_options(const dsl_call *call, lg_err *err)
{
    static const int of_models[] = {LAYER, FILTER, -1}, of_kernels[] = {STRIDE, SAME, VALID, CHANNEL, -1};
    bool model = with_model(call);
    if (model && !cmd_subject_is_image(call, GRID)) {
        lg_fail(err, LG_E_ARG, 144, "a filter of a network slides over an image, and this is a grid");
        lg_try(err, "name a dataset: convolve logos.train with %s image 7", call->arg[WITH].value[0].name);
        return lg_err_place(err, call->arg[GRID].value[0].span);
    }
    for (const int *p = model ? of_kernels : of_models; *p >= 0; p++) {
        if (!call->arg[*p].given) continue;
        lg_fail(err, LG_E_ARG, 144, "`%s` is for %s", call->command->params[*p].name,
                model ? "kernels that are named or written; a filter moves as its layer says"
                      : "filters of a model, and this kernel is none");
        lg_try(err, "leave it out");
        return lg_err_place(err, call->arg[*p].value[0].span);
    }
    if (!dsl_on(call, SAME) || !dsl_on(call, VALID)) return LG_OK;
    lg_fail(err, LG_E_ARG, 202, "`same` and `valid` exclude each other");
    lg_try(err, "leave one of them out; `valid` is the default");
    return lg_err_place(err, call->arg[VALID].value[0].span);
}

/* The same kernel for every channel, (rows, cols, channels). */
static lg_status repeat(const dsl_call *call, int channels, cmd_stack *kernel, lg_err *err)
{
    int n = kernel->rows * kernel->cols;
    const double *one = kernel->cell;
    kernel->channels = channels;
    kernel->cell = lg_arena_alloc(call->arena, (size_t)n * (size_t)channels, sizeof *kernel->cell, err);
    for (int i = 0; kernel->cell && i < n * channels; i++) kernel->cell[i] = one[i / channels];
    return kernel->cell ? LG_OK : err->status;
}

static lg_status take_kernel(const dsl_call *call, slide *s, lg_err *err)
{
    LG_TRY(cmd_subject_of(call, &subject_params, &s->subject, err));
    s->x = s->subject.x;
    LG_TRY(kernel_of(call, &s->kernel, err));
    return repeat(call, s->x.channels, &s->kernel, err);
}

static lg_status take_filter(const dsl_call *call, slide *s, lg_err *err)
{
    LG_TRY(cmd_subject_named(call, &subject_params, &s->subject, err));
    LG_TRY(cmd_filter_of(call, &call->arg[WITH].value[0], LAYER, FILTER, &s->subject, &s->filter, err));
    s->x = s->filter.x;
    s->kernel = s->filter.kernel;
    s->motion = s->filter.motion;
    return LG_OK;
}

static int results(int size, int window, int stride, bool same)
{
    return same ? (size + stride - 1) / stride : (size - window) / stride + 1;
}

static lg_status prepare(const dsl_call *call, slide *s, lg_err *err)
{
    int stride = (int)call->arg[STRIDE].value[0].integer;
    *s = (slide){.motion = {stride, stride, 1, 1, dsl_on(call, SAME)}, .moves = dsl_on(call, SLIDER)};
    LG_TRY(check_options(call, err));
    LG_TRY(with_model(call) ? take_filter(call, s, err) : take_kernel(call, s, err));
    LG_TRY(fits(call, s, err));
    const cmd_window w = window_of(s);
    return cmd_lesson_at(call, AT, "the result", results(s->x.rows, w.rows, w.down, s->motion.same),
                         results(s->x.cols, w.cols, w.across, s->motion.same), &s->at, err);
}

/* Zeros needed before and after along one side; the odd one lies behind, as in TensorFlow. */
static void border(int size, int window, int stride, int *before, int *after)
{
    int need = ((size + stride - 1) / stride - 1) * stride + window - size;
    if (need < 0) need = 0;
    *before = need / 2;
    *after = need - *before;
}

/* What `same` does first, by the layer that does it: the grid with its zeros, and where they are. */
static lg_status pad_first(const dsl_call *call, slide *s, lg_err *err)
{
    int bottom = 0, right = 0;
    s->padded = s->x;
    const cmd_window w = window_of(s);
    if (!s->motion.same) return LG_OK;
    border(s->x.rows, w.rows, w.down, &s->top, &bottom);
    border(s->x.cols, w.cols, w.across, &s->left, &right);
    char *line = lg_strf(err, "pad %dx%d extra %dx%d", s->top, s->left, bottom - s->top, right - s->left);
    if (!line) return err->status;
    lg_status st = cmd_lesson_layer(call, line, &s->x, NULL, &s->padded, err);
    lg_free(line);
    LG_TRY(st);
    s->border = lg_arena_alloc(call->arena, (size_t)s->padded.rows * (size_t)s->padded.cols, 1, err);
    if (!s->border) return err->status;
    for (int r = 0; r < s->padded.rows; r++)
        for (int c = 0; c < s->padded.cols; c++)
            if (r < s->top || c < s->left || r >= s->top + s->x.rows || c >= s->left + s->x.cols)
                s->border[r * s->padded.cols + c] = PLT_CELL_BORDER;
    return LG_OK;
}

static lg_status cut(const dsl_call *call, slide *s, lg_err *err)
{
    const cmd_window window = window_of(s);
    s->view = cmd_subject_view(&s->subject, &s->y, &window, s->at);
    const cmd_view covers =
        s->subject.image ? cmd_view_covers(&s->view, &window) : (cmd_view){0, 0, s->padded.rows, s->padded.cols};
    LG_TRY(cmd_lesson_cut(call, &s->y, &s->view, &s->out, err));
    LG_TRY(cmd_lesson_cut(call, &s->padded, &covers, &s->in, err));
    return cmd_lesson_cut_marks(call, s->border, s->padded.cols, &covers, &s->shown, err);
}

/* ---- in words ---- */
/* Where number (i, j) of the kernel lies in `in`, for a position. */
static int place_of(const slide *s, int row, int col, int i, int j)
{
    const cmd_motion *m = &s->motion;
    return (row * m->down + i * m->dilation_rows) * s->in.cols + col * m->across + j * m->dilation_cols;
}

static const char *channel_name(const dsl_call *call, const slide *s, int channel, lg_err *err)
{
    if (!s->subject.image) return s->motion.same ? "padded with zeros" : s->subject.channel[0];
    if (!s->filter.layer) return s->subject.channel[channel];
    if (s->filter.channel >= 0) channel = s->filter.channel; /* the one there is */
    if (s->filter.pixels) return cmd_channel_name(channel, s->filter.channels);
    char *name = lg_strf(err, "map %d of %s", channel + 1, s->filter.before);
    const char *copy = name ? lg_arena_strndup(call->arena, name, strlen(name), err) : NULL;
    lg_free(name);
    return copy ? copy : "";
}

/* "16·1 + 3·1 + 7·-4" of one channel: zeros of the kernel add nothing and are left out. */
static void add_products(lg_buf *text, const slide *s, int row, int col, int channel)
{
    for (int i = 0; i < s->kernel.rows; i++)
        for (int j = 0; j < s->kernel.cols; j++) {
            double k = s->kernel.cell[(i * s->kernel.cols + j) * s->kernel.channels + channel];
            if (k == 0) continue;
            int place = place_of(s, row, col, i, j);
            if (text->len) lg_buf_adds(text, " + ");
            plt_add_cell_number(text, s->in.cell[place * s->in.channels + channel]);
            lg_buf_adds(text, "·");
            plt_add_cell_number(text, k);
        }
}

static double channel_sum(const slide *s, int row, int col, int channel)
{
    double sum = 0;
    for (int i = 0; i < s->kernel.rows; i++)
        for (int j = 0; j < s->kernel.cols; j++) {
            int place = place_of(s, row, col, i, j);
            sum += s->in.cell[place * s->in.channels + channel] *
                   s->kernel.cell[(i * s->kernel.cols + j) * s->kernel.channels + channel];
        }
    return sum;
}

/* " + bias 0.5 = 2" */
static const char *end_line(const dsl_call *call, const slide *s, int place, lg_buf *text, lg_err *err)
{
    if (s->filter.has_bias) {
        lg_buf_adds(text, " + bias ");
        plt_add_cell_number(text, s->filter.bias);
    }
    lg_buf_adds(text, " = ");
    plt_add_cell_number(text, s->out.cell[place]);
    return cmd_lesson_text(call, text, err);
}

static const char *written_out(const dsl_call *call, const slide *s, int row, int col, lg_err *err)
{
    lg_buf text;
    lg_buf_init(&text, 0);
    for (int c = 0; c < s->in.channels; c++) add_products(&text, s, row, col, c);
    if (!text.len) lg_buf_adds(&text, "every number times 0");
    return end_line(call, s, row * s->out.cols + col, &text, err);
}

/* "red 0.5 + green -1 + blue 0.25": what each channel adds, where the products of all would fill lines or pages. */
static const char *summed_up(const dsl_call *call, const slide *s, int row, int col, lg_err *err)
{
    lg_buf text;
    bool by_name = s->in.channels <= DRAWN;
    lg_buf_init(&text, 0);
    if (!by_name) lg_buf_adds(&text, "sums of the channels: ");
    for (int c = 0; c < s->in.channels; c++) {
        if (c) lg_buf_adds(&text, " + ");
        if (by_name) lg_buf_addf(&text, "%s ", channel_name(call, s, c, err));
        plt_add_cell_number(&text, channel_sum(s, row, col, c));
    }
    return end_line(call, s, row * s->out.cols + col, &text, err);
}

static lg_status write_out(const dsl_call *call, slide *s, lg_err *err)
{
    int n = s->out.rows * s->out.cols;
    s->line = lg_arena_alloc(call->arena, (size_t)n, sizeof *s->line, err);
    s->sums = s->line ? lg_arena_alloc(call->arena, (size_t)n, sizeof *s->sums, err) : NULL;
    for (int i = 0; s->sums && i < n; i++) {
        int row = i / s->out.cols, col = i % s->out.cols;
        s->sums[i] = s->in.channels > 1 ? summed_up(call, s, row, col, err) : written_out(call, s, row, col, err);
        bool all = s->in.channels > 1 && s->in.channels <= DRAWN;
        s->line[i] = all ? written_out(call, s, row, col, err) : s->sums[i];
        if (!s->line[i] || !s->sums[i]) return err->status;
    }
    return s->sums ? LG_OK : err->status;
}

/* ---- showing it ---- */
/* Where a slider starts: in the middle of an image, at the first place of a grid. */
static int first_place(const slide *s)
{
    return s->subject.image ? s->y.rows / 2 * s->y.cols + s->y.cols / 2 : 0;
}

/* The place `at` among what is shown; the last place where none was named. */
static int place_shown(const slide *s)
{
    if (s->at < 0) return s->out.rows * s->out.cols - 1;
    return (s->at / s->y.cols - s->view.top) * s->out.cols + s->at % s->y.cols - s->view.left;
}

static lg_status draw(const dsl_call *call, plt_doc *doc, const slide *s, lg_err *err)
{
    plt_numbers in[DRAWN], kernel[DRAWN];
    int n = s->in.channels < DRAWN ? s->in.channels : DRAWN;
    for (int c = 0; c < n; c++) {
        in[c] = cmd_lesson_numbers(call, &s->in, c, s->shown, channel_name(call, s, c, err), err);
        kernel[c] = cmd_lesson_numbers(call, &s->kernel, c, NULL, "kernel", err);
    }
    const plt_numbers out = cmd_lesson_numbers(call, &s->out, 0, NULL, "feature map", err);
    LG_TRY(err->status);
    plt_slide(doc, &(plt_slide_spec){.sentence = "",
                                     .in = in,
                                     .kernel = kernel,
                                     .channels = n,
                                     .out = out,
                                     .window_h = s->kernel.rows,
                                     .window_w = s->kernel.cols,
                                     .stride_h = s->motion.down,
                                     .stride_w = s->motion.across,
                                     .dilation_h = s->motion.dilation_rows,
                                     .dilation_w = s->motion.dilation_cols,
                                     .line = s->sums,
                                     .at = place_shown(s),
                                     .animate = s->at < 0 && dsl_on(call, ANIMATE)});
    if (n < s->in.channels) plt_note(doc, "the first %d of %d channels are drawn", n, s->in.channels);
    return LG_OK;
}

static void say_positions(plt_doc *doc, const slide *s)
{
    cmd_doc_positions(doc, s->line, s->out.rows, s->out.cols, s->view.top, s->view.left);
}

static void say_all(plt_doc *doc, const dsl_call *call, const slide *s, lg_err *err)
{
    int n = s->y.rows * s->y.cols;
    lg_buf text;
    lg_buf_init(&text, 0);
    if (n == 1) lg_buf_adds(&text, "1 position of the kernel, 1 number in the feature map: ");
    else lg_buf_addf(&text, "%s positions of the kernel, as many numbers in the feature map: ", lg_thousands(n));
    cmd_lesson_extremes(&text, &s->y);
    const char *sentence = cmd_lesson_text(call, &text, err);
    if (sentence) plt_sentence(doc, "%s", sentence);
    n = s->out.rows * s->out.cols;
    if (!plt_slide_moves(s->out.rows, s->out.cols) && dsl_on(call, ANIMATE)) cmd_doc_too_many(doc, n);
    say_positions(doc, s);
}

static void say(plt_doc *doc, const dsl_call *call, const slide *s, lg_err *err)
{
    const dsl_value *with = &call->arg[WITH].value[0];
    if (s->at < 0) say_all(doc, call, s, err);
    else {
        int row = s->at / s->y.cols + 1, col = s->at % s->y.cols + 1, place = place_shown(s);
        plt_sentence(doc, "at %d,%d: %s", row, col, s->sums[place]);
        if (s->line[place] != s->sums[place]) plt_note(doc, "product by product: %s", s->line[place]);
    }
    if (with->type == DSL_T_CHOICE) plt_note(doc, "%s: %s", with->text, named[with->choice].what);
    if (s->motion.dilation_rows > 1 || s->motion.dilation_cols > 1)
        plt_note(doc, "dilation %dx%d leaves gaps: the %dx%d numbers of the kernel are spread over %dx%d places",
                 s->motion.dilation_rows, s->motion.dilation_cols, s->kernel.rows, s->kernel.cols, window_of(s).rows,
                 window_of(s).cols);
    if (s->filter.layer && s->filter.channel >= 0)
        plt_note(doc, "%s gives every map a filter of its own: filter %d sees %s alone", s->filter.layer,
                 s->filter.number, channel_name(call, s, 0, err));
    if (s->filter.layer && strcmp(s->filter.activation, "linear") != 0)
        plt_note(doc, "these are the sums; the layer then applies %s to each", s->filter.activation);
    if (s->moves) say_positions(doc, s);
}

static void add_title(plt_doc *doc, const dsl_call *call, const slide *s)
{
    const dsl_value *with = &call->arg[WITH].value[0];
    if (s->filter.layer)
        plt_title(doc, "%s convolved with filter %d of %d of %s in %s: %dx%dx%d to %dx%d", s->subject.name,
                  s->filter.number, s->filter.filters, s->filter.layer, with->name, s->x.rows, s->x.cols, s->x.channels,
                  s->y.rows, s->y.cols);
    else
        plt_title(doc, "%s convolved with %s%s: %dx%d to %dx%d", s->subject.name,
                  with->type == DSL_T_CHOICE ? with->text : cmd_lesson_name(call, WITH), s->motion.same ? ", same" : "",
                  s->x.rows, s->x.cols, s->y.rows, s->y.cols);
}

/* In pixels, where the layer sees these. */
static lg_status add_picture(plt_doc *doc, const slide *s, lg_err *err)
{
    const cmd_window window = window_of(s);
    const cmd_view covers = cmd_view_covers(&s->view, &window);
    cmd_view v = covers;
    data_size size = s->subject.image ? data_shape(s->subject.set) : (data_size){0};
    bool pixels = !s->filter.layer || (s->filter.pixels && s->x.rows == size.h && s->x.cols == size.w);
    v.top -= s->top;
    v.left -= s->left;
    if (v.top < 0) v.rows += v.top, v.top = 0;
    if (v.left < 0) v.cols += v.left, v.left = 0;
    if (v.top + v.rows > s->x.rows) v.rows = s->x.rows - v.top;
    if (v.left + v.cols > s->x.cols) v.cols = s->x.cols - v.left;
    LG_TRY(cmd_doc_subject(doc, &s->subject, pixels ? &v : NULL, err));
    if (s->filter.layer && !pixels)
        plt_note(doc, "shown are rows %d to %d and columns %d to %d of what %s gives%s", v.top + 1, v.top + v.rows,
                 v.left + 1, v.left + v.cols, s->filter.before,
                 s->border && v.rows * v.cols < covers.rows * covers.cols ? "; grey: the zeros around it" : "");
    return LG_OK;
}

static lg_status show(const dsl_call *call, plt_doc *doc, slide *s, lg_err *err)
{
    LG_TRY(pad_first(call, s, err));
    const double *bias = s->filter.has_bias ? &s->filter.bias : NULL;
    LG_TRY(cmd_lesson_conv(call, &s->x, &s->kernel, bias, &s->motion, &s->y, err));
    if (s->moves && s->at < 0) s->at = first_place(s);
    LG_TRY(cut(call, s, err));
    LG_TRY(write_out(call, s, err));
    add_title(doc, call, s);
    if (s->filter.layer) cmd_warn_untrained(doc, &call->arg[WITH].value[0], s->filter.node);
    LG_TRY(add_picture(doc, s, err));
    LG_TRY(draw(call, doc, s, err));
    say(doc, call, s, err);
    return err->status;
}

static lg_status convolve_check(const dsl_call *call, lg_err *err)
{
    slide s;
    return cmd_subject_is_image(call, GRID) ? check_options(call, err) : prepare(call, &s, err);
}

static lg_status convolve_run(const dsl_call *call, lg_err *err)
{
    slide s;
    plt_doc doc;
    dsl_slider slider;
    plt_doc_init(&doc);
    lg_status st = prepare(call, &s, err);
    if (st == LG_OK) st = show(call, &doc, &s, err);
    if (st == LG_OK && s.moves)
        st = cmd_lesson_slider(call, "position of the kernel", s.y.rows, s.y.cols, s.at, &slider, err);
    cmd_subject_release(&s.subject);
    if (st == LG_OK) return s.moves ? cmd_slide(call, &doc, true, &slider, err) : cmd_display(call, &doc, true, err);
    plt_doc_release(&doc);
    return st;
}

const dsl_command dsl_cmd_convolve = {
    .name = "convolve",
    .summary = "slide a kernel over a grid, showing every dot product",
    .detail =
        "At every position the numbers under the kernel are multiplied by its numbers, and the products are added up: "
        "one number of the feature map. Computed by the library's own layer `conv`, which like Keras does not turn the "
        "kernel round.",
    .group = "Teach",
    .params = params,
    .examples =
        (const char *const[]){
            "convolve [35 19 25 6; 13 22 16 53; 4 3 7 10; 9 8 1 3] with [0 1 0; 1 -4 1; 0 1 0] at 2,2",
            "convolve [35 19 25 6; 13 22 16 53; 4 3 7 10; 9 8 1 3] with edge same",
            "convolve [35 19 25 6; 13 22 16 53; 4 3 7 10; 9 8 1 3] with edge slider",
            "convolve logos.train with scratch layer conv1 filter 3 image 7 at 2,3", NULL},
    .check = convolve_check,
    .run = convolve_run,
};
