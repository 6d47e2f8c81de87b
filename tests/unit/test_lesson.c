/* The teaching commands: what they write out is what the library's layers compute; what moves; bad input. */
#include "kernel/commands/lesson_filter.h"
#include "lib/plot/block.h"
#include "tests/support/lens.h"

#define GRID "[35 19 25 6; 13 22 16 53; 4 3 7 10; 9 8 1 3]"

static lens l;
static void (*each)(int row, int col, double result); /* asked for every line, where it is set */

static void setup(void)
{
    each = NULL;
    CHECK_INT(lens_open(&l), LG_OK);
}

static const char *shown(const char *cell)
{
    if (lens_run(&l, cell)) TEST_FAIL("LL%03d %s (%s)", l.err.code, l.err.msg, l.err.why);
    return lg_buf_str(&l.text);
}

static void refused(const char *cell, int code, const char *words)
{
    CHECK(lens_run(&l, cell) != LG_OK);
    if (l.err.code != code || !strstr(l.err.msg, words))
        TEST_FAIL("%s: LL%03d %s, expected LL%03d … %s", cell, l.err.code, l.err.msg, code, words);
    CHECK_INT(l.displays, 0);
}

static int count(const char *text, const char *word)
{
    int n = 0;
    for (const char *s = text; (s = strstr(s, word)); s += strlen(word)) n++;
    return n;
}

/* ---- layers against plain arithmetic ---- */
static uint32_t state = 7;
static double drawn(void)
{
    state = state * 1664525u + 1013904223u;
    return (double)((int)(state >> 20 & 127) - 64) / 4;
}

static cmd_stack random_grid(dsl_call *call, int rows, int cols)
{
    lg_err err = {0};
    cmd_stack x = {rows, cols, 1, lg_arena_alloc(call->arena, (size_t)(rows * cols), sizeof(double), &err)};
    CHECK(x.cell);
    for (int i = 0; i < rows * cols; i++) x.cell[i] = drawn();
    return x;
}

static double at(const cmd_stack *x, int r, int c)
{
    return r < 0 || c < 0 || r >= x->rows || c >= x->cols ? 0 : x->cell[r * x->cols + c];
}

static int before(int size, int window, int stride)
{
    int need = ((size + stride - 1) / stride - 1) * stride + window - size;
    return need > 0 ? need / 2 : 0;
}

static void conv_once(dsl_call *call, int stride, bool same)
{
    lg_err err = {0};
    char line[80];
    cmd_stack y, x = random_grid(call, 3 + (int)(state % 6), 3 + (int)(state % 5)),
                 k = random_grid(call, 1 + (int)(state % 3), 1 + (int)(state / 7 % 3));
    int top = same ? before(x.rows, k.rows, stride) : 0, left = same ? before(x.cols, k.cols, stride) : 0;
    snprintf(line, sizeof line, "conv 1 kernel %dx%d stride %d %s no bias", k.rows, k.cols, stride,
             same ? "same" : "valid");
    CHECK_OK(cmd_lesson_layer(call, line, &x, &(cmd_layer_weights){k.cell, (size_t)(k.rows * k.cols), NULL}, &y, &err));
    CHECK_INT(y.rows, same ? (x.rows + stride - 1) / stride : (x.rows - k.rows) / stride + 1);
    for (int r = 0; r < y.rows; r++)
        for (int c = 0; c < y.cols; c++) {
            double sum = 0;
            for (int i = 0; i < k.rows; i++)
                for (int j = 0; j < k.cols; j++)
                    sum += at(&x, r * stride + i - top, c * stride + j - left) * at(&k, i, j);
            CHECK_NEAR(at(&y, r, c), sum, 1e-3);
        }
}

TEST(layers_compute_what_is_written_out)
{
    lg_arena arena;
    lg_err err = {0};
    lg_arena_init(&arena, 0);
    dsl_call call = {.arena = &arena};
    for (int i = 0; i < 40; i++) conv_once(&call, 1 + i % 3, i & 1);
    cmd_stack x = random_grid(&call, 6, 5), y;
    double bias = 0.5, kernel = 2;
    CHECK_OK(cmd_lesson_layer(&call, "conv 1 1x1", &x, &(cmd_layer_weights){&kernel, 1, &bias}, &y, &err));
    for (int i = 0; i < 30; i++) CHECK_NEAR(y.cell[i], 2 * x.cell[i] + 0.5, 1e-5);
    CHECK_OK(cmd_lesson_layer(&call, "pad 2", &x, NULL, &y, &err));
    CHECK_INT(y.rows * 100 + y.cols, 1009);
    for (int r = 0; r < y.rows; r++)
        for (int c = 0; c < y.cols; c++) CHECK_NEAR(at(&y, r, c), at(&x, r - 2, c - 2), 0);
    lg_arena_release(&arena);
}

/* Numbers of 1,000 and more that are not short have a comma and no decimals. */
static const char *number_at(const char *s, double *out)
{
    char text[40];
    size_t n = strspn(s, "0123456789-.,e"), used = 0;
    for (size_t i = 0; i < n && used < sizeof text - 1; i++)
        if (s[i] != ',') text[used++] = s[i];
    text[used] = 0;
    char *end;
    *out = strtod(text, &end);
    return used && !*end ? s + n : NULL;
}

/* Every line "r,c: a·b + c·d + bias e = s" adds up; returns how many there were. */
static int sums_hold(const char *text)
{
    int lines = 0;
    const char *line = strstr(text, "by row and column of the result\n");
    for (line = line ? strchr(line, '\n') : NULL; line; line = strchr(line, '\n')) {
        int r, c, n = 0;
        while (*line == '\n' || *line == ' ') line++;
        if (sscanf(line, "%d,%d: %n", &r, &c, &n) != 2 || !n) break;
        double sum = 0, a, b, result;
        line += n;
        for (const char *end; (end = number_at(line, &a)) && !strncmp(end, "·", 2); sum += a * b) {
            line = number_at(end + 2, &b);
            CHECK(line);
            line += strncmp(line, " + ", 3) ? 0 : 3;
        }
        if (!strncmp(line, "bias ", 5)) {
            CHECK((line = number_at(line + 5, &b)));
            sum += b;
        }
        CHECK(!strncmp(line, " = ", 3) && (line = number_at(line + 3, &result)));
        if (each) each(r - 1, c - 1, result);
        CHECK_NEAR(result, sum, fabs(sum) < 100 ? 0.006 : fabs(sum) < 1000 ? 0.06 : 0.51); /* four digits */
        lines++;
    }
    return lines;
}

TEST(every_dot_product_adds_up)
{
    static const char *const kernels[] = {
        "identity", "edge", "sharpen", "blur", "emboss", "sobelx", "sobely", "[1 2; 3 4]", "[-1 0.5 2; 3 -4 1; 0 1 2]"};
    setup();
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
        char cell[200];
        snprintf(cell, sizeof cell, "convolve " GRID " with %s same", kernels[i]);
        CHECK_INT(sums_hold(shown(cell)), 16);
        snprintf(cell, sizeof cell, "convolve " GRID " with %s", kernels[i]);
        CHECK_INT(sums_hold(shown(cell)), kernels[i][1] == '1' ? 9 : 4);
        snprintf(cell, sizeof cell, "convolve " GRID " with %s same stride 2 no animate", kernels[i]);
        CHECK_INT(sums_hold(shown(cell)), 4);
    }
    CHECK(strstr(shown("convolve " GRID " with [0 1 0; 1 -4 1; 0 1 0] at 2,2"), "16·1 + 3·1 + 7·-4 + 10·1 + 1·1 = 2"));
    lens_close(&l);
}

/* ---- images and networks ---- */
static nn_exec *asked;
static const nn_node *asked_node;
static int asked_filter, asked_lines;

/* What the network makes of the image by itself. */
static void ask_network(const char *model, const char *layer, int image)
{
    lg_err err = {0};
    const cmd_model *m = dsl_session_get(l.session, model)->payload;
    const data_set *set = dsl_session_get(l.session, "logos")->payload;
    uint32_t row = (uint32_t)data_row_of(set, (uint32_t)image);
    int node = nn_net_find(m->net, layer);
    CHECK(node > 0);
    asked_node = nn_net_node(m->net, node);
    CHECK_INT(nn_exec_new(&(nn_exec_options){.net = m->net, .max_batch = 1, .keep = true}, &asked, &err), LG_OK);
    nn_exec_load(asked, m->weights);
    CHECK_INT(data_fill(set, &row, 1, nn_exec_input(asked), NULL, &err), LG_OK);
    nn_exec_forward(asked, 1);
}

static void as_the_network(int row, int col, double result)
{
    int node = nn_net_find(((const cmd_model *)dsl_session_get(l.session, "m")->payload)->net, asked_node->name);
    const int64_t *dim = asked_node->spec.out.dim;
    const float *map = nn_exec_activation(asked, node);
    CHECK(row < dim[0] && col < dim[1]);
    CHECK_NEAR((double)map[(row * dim[1] + col) * dim[2] + asked_filter], fmax(0, result), 1e-3);
    asked_lines++;
}

static void same_as_network(const char *layer, int filter, const char *more)
{
    char cell[200];
    asked_filter = filter - 1;
    asked_lines = 0;
    each = as_the_network;
    ask_network("m", layer, 3);
    snprintf(cell, sizeof cell, "convolve logos with m layer %s filter %d image 3 %s", layer, filter, more);
    sums_hold(shown(cell));
    each = NULL;
    nn_exec_free(asked);
    CHECK(asked_lines > 0);
    CHECK(strstr(lg_buf_str(&l.text), "LL411"));
}

static void shop(void)
{
    lens_shop();
    setup();
    shown("load logos from shop size 12x12\n"
          "model m on logos { conv 4 3x3 relu same; conv 2 3x3 relu stride 2 same; flatten; dense classes softmax }");
}

TEST(filters_give_what_the_network_computes)
{
    shop();
    same_as_network("conv1", 1, "");
    same_as_network("conv1", 4, "crop 12x12 no animate");
    const char *sums = strstr(shown("convolve logos with m filter 2 image 3 at 5,5"), "at 5,5: red "), *products = NULL;
    double red, green, blue, bias, result;
    CHECK(sums && sscanf(sums, "at 5,5: red %lf + green %lf + blue %lf + bias %lf = %lf", &red, &green, &blue, &bias,
                         &result) == 5);
    CHECK_NEAR(red + green + blue + bias, result, 3e-4);
    CHECK((products = strstr(sums, "product by product: ")) != NULL);
    CHECK_INT(count(products, "·"), 27);
    CHECK(strstr(shown("convolve logos with m layer conv2 filter 2 image 3"), "the first 3 of 4 channels are drawn"));
    CHECK(strstr(lg_buf_str(&l.text), "sums of the channels: "));
    shown("fit m epochs 1 quiet");
    CHECK(!strstr(shown("convolve logos with m image 3 at 5,5"), "LL411"));
    CHECK(strstr(shown("activate logos relu with m layer conv2 filter 1 image 3"), "sums of conv2 filter 1"));
    lens_close(&l);
}

/* Gaps in the window, other steps down than across, one channel alone. */
TEST(filters_that_move_otherwise)
{
    shop();
    shown("model m on logos { conv 3 3x3 dilation 2x1 relu; depthwise 3x2 same relu; conv 2 3x3 stride 1x2 relu;\n"
          "  conv 2 2x2 same dilation 2 relu; depthwise 2x2 relu; flatten; dense classes }");
    same_as_network("conv1", 2, "crop 12x12 no animate");
    CHECK(strstr(lg_buf_str(&l.text),
                 "dilation 2x1 leaves gaps: the 3x3 numbers of the kernel are spread over 5x3 places"));
    same_as_network("depthwise1", 3, "crop 12x12");
    CHECK(strstr(lg_buf_str(&l.text),
                 "depthwise1 gives every map a filter of its own: filter 3 sees map 3 of conv1 alone"));
    CHECK(strstr(lg_buf_str(&l.text), "map 3 of conv1\n"));
    same_as_network("conv2", 1, "crop 12x12");
    same_as_network("conv3", 2, "crop 12x12");
    same_as_network("depthwise2", 1, "");
    refused("convolve logos with m layer depthwise1 filter 4", 142, "3 filters");
    refused("convolve logos with m layer conv1 at 9,1", 142, "8 rows and 10 columns");
    shown("model first on logos { depthwise 3x3; flatten; dense classes }");
    CHECK(strstr(shown("convolve logos with first layer depthwise1 filter 2 image 3"), "green\n"));
    CHECK(strstr(lg_buf_str(&l.text), "filter 2 sees green alone"));
    shown("load grey from shop size 12x12x1\nmodel dull on grey { depthwise 3x3; flatten; dense classes }");
    CHECK(strstr(shown("convolve grey with dull image 3"), "filter 1 sees grey alone"));
    CHECK(strstr(shown("activate logos relu with m layer depthwise1 filter 1 image 3"), "sums of depthwise1 filter 1"));
    lens_close(&l);
}

TEST(scores_give_the_shares_that_the_network_says)
{
    char share[40];
    shop();
    ask_network("m", "dense1", 3);
    shown("softmax m image 3");
    for (int k = 0; k < (int)asked_node->spec.out.dim[0]; k++) {
        snprintf(share, sizeof share, "%.1f%%", 100 * (double)nn_exec_output(asked)[k]);
        CHECK(strstr(lg_buf_str(&l.text), share));
    }
    nn_exec_free(asked);
    lens_close(&l);
}

TEST(images_are_worked_on_whole_and_shown_in_part)
{
    shop();
    CHECK(strstr(shown("pad logos by 2 image 3"), "12x12 to 16x16"));
    CHECK(strstr(lg_buf_str(&l.text), "rows 1 to 8 and columns 1 to 8 of the 12x12 image"));
    CHECK(strstr(shown("pool logos 2x2 image 3 channel green"), "36 windows"));
    CHECK_INT(sums_hold(shown("convolve logos with sobelx image 3 channel blue")), 36);
    CHECK_INT(sums_hold(shown("convolve logos with blur image 3 same crop 16x16 stride 2")), 36);
    CHECK_INT(sums_hold(shown("convolve logos with edge")), 36);
    refused("pad logos image 999", 314, "no image `999`");
    refused("pad logos crop 17x17", 142, "crop");
    refused("pad [1 2; 3 4] image 3", 144, "images of a dataset");
    refused("pad [1 2; 3 4] at 1,1", 144, "images of a dataset");
    refused("convolve logos with m filter 5", 142, "4 filters");
    refused("convolve logos with m layer conv9", 219, "no layer");
    refused("convolve logos with m layer dense1", 142, "only `conv` and `depthwise` layers");
    refused("convolve logos with m same", 144, "`same`");
    refused("convolve logos with edge layer conv1", 144, "`layer`");
    refused("convolve [1 2; 3 4] with m", 144, "this is a grid");
    refused("activate [1 2; 3 4] relu with m", 144, "this is a grid");
    refused("softmax 1, 2 image 3", 144, "`image`");
    refused("pool logos 13x13 image 3", 203, "larger than the 12x12 image");
    refused("pool logos 17x17", 142, "up to 16x16");
    shown("model odd on logos { maxpool 2; flatten; dense classes }");
    refused("convolve logos with odd", 219, "no `conv` or `depthwise` layer");
    refused("softmax odd image 3", 405, "does not end in a softmax");
    lens_close(&l);
}

TEST(grey_images_have_one_channel)
{
    shop();
    shown("load grey from shop size 12x12x1");
    CHECK(strstr(shown("pad grey image 3"), "grey\n"));
    refused("pad grey channel green", 142, "no green one");
    CHECK_INT(sums_hold(shown("convolve grey with edge image 3")), 36);
    lens_close(&l);
}

/* ---- what moves ---- */
static void draw_slide(lg_buf *svg, bool animate)
{
    static const double x[] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, k[] = {1, 0, 0, 1}, y[] = {6, 8, 12, 14};
    static const char *const lines[] = {"1·1 + 5·1 = 6", "2·1 + 6·1 = 8", "4·1 + 8·1 = 12", "5·1 + 9·1 = 14"};
    const plt_numbers in = {"in", 3, 3, x, NULL}, kernel = {"kernel", 2, 2, k, NULL};
    plt_doc doc;
    lg_err err = {0};
    plt_doc_init(&doc);
    plt_slide(&doc, &(plt_slide_spec){.in = &in,
                                      .kernel = &kernel,
                                      .channels = 1,
                                      .out = {"out", 2, 2, y, NULL},
                                      .window_h = 2,
                                      .window_w = 2,
                                      .stride_h = 1,
                                      .stride_w = 1,
                                      .line = lines,
                                      .at = 3,
                                      .animate = animate});
    lg_buf_init(svg, 0);
    CHECK_OK(plt_render_svg(&doc, NULL, svg, &err));
    plt_doc_release(&doc);
}

TEST(frames_play_without_script_and_end_as_the_still)
{
    lg_buf svg;
    draw_slide(&svg, true);
    const char *text = lg_buf_str(&svg);
    CHECK_INT(count(text, "<g"), count(text, "</g>"));
    /* three positions that come and go, two numbers that come and stay, and the last position with its number; the
     * first number is there from the beginning */
    CHECK_INT(count(text, "<animate "), 6);
    CHECK_INT(count(text, "repeatCount=\"indefinite\""), 6);
    CHECK_INT(count(text, "visibility=\"hidden\""), 3); /* positions before the last; all else is the last frame */
    CHECK(!strstr(text, "script") && !strstr(text, "href"));
    for (int i = 0; i < 4; i++) CHECK(strstr(text, (const char *const[]){"= 6", "= 8", "= 12", "= 14"}[i]));
    lg_buf_release(&svg);
    draw_slide(&svg, false);
    CHECK_INT(count(lg_buf_str(&svg), "<animate"), 0);
    CHECK(strstr(lg_buf_str(&svg), "= 14") && !strstr(lg_buf_str(&svg), "= 12<"));
    lg_buf_release(&svg);
}

/* Names that differ only at their ends are told apart in a legend that cuts them. */
TEST(long_names_in_a_legend)
{
    lg_buf svg;
    plt_doc doc;
    lg_err err = {0};
    static const char *const labels[] = {"photographs of shoes by nike", "photographs of shoes by puma",
                                         "photographs of shoes"};
    static const double xy[] = {0, 0, 1, 1, 2, 0};
    static const int32_t label[] = {0, 1, 2};
    for (int n = 2; n <= 3; n++) {
        plt_doc_init(&doc);
        plt_map(&doc, &(plt_map_spec){
                          .sentence = "", .labels = labels, .n = n, .points = 3, .xy = xy, .label = label, .side = 48});
        lg_buf_init(&svg, 0);
        CHECK_OK(plt_render_svg(&doc, NULL, &svg, &err));
        CHECK_HAS(lg_buf_str(&svg), n == 2 ? "…nike 1" : "…shoes by");
        CHECK_HAS(lg_buf_str(&svg), n == 2 ? "…puma 1" : "…shoes 1");
        plt_doc_release(&doc);
        lg_buf_release(&svg);
    }
}

/* Three channels of one number each, two of them with a sum below their products. */
TEST(every_channel_has_its_sum)
{
    lg_buf svg;
    plt_doc doc;
    lg_err err = {0};
    static const double in[3][2] = {{1, 2}, {3, 4}, {5, 6}}, kernel[3] = {2, -1, 0.5}, out[2] = {1.5, 3};
    static const char *const lines[] = {"red 2 + green -3 + blue 2.5 = 1.5", "red 4 + green -4 + blue 3 = 3"};
    plt_numbers from[3], by[3];
    for (int c = 0; c < 3; c++) {
        from[c] = (plt_numbers){.caption = cmd_channel_name(c, 3), .rows = 1, .cols = 2, .cell = in[c]};
        by[c] = (plt_numbers){.caption = "kernel", .rows = 1, .cols = 1, .cell = &kernel[c]};
    }
    plt_doc_init(&doc);
    plt_slide(&doc, &(plt_slide_spec){.sentence = "",
                                      .in = from,
                                      .kernel = by,
                                      .channels = 3,
                                      .out = {.caption = "map", .rows = 1, .cols = 2, .cell = out},
                                      .window_h = 1,
                                      .window_w = 1,
                                      .stride_h = 1,
                                      .stride_w = 1,
                                      .line = lines,
                                      .at = 1});
    lg_buf_init(&svg, 0);
    CHECK_OK(plt_render_svg(&doc, NULL, &svg, &err));
    static const char *const wanted[] = {">sum 4<", ">+ sum -4<", ">+ sum 3<"};
    for (int i = 0; i < 3; i++) CHECK_HAS(lg_buf_str(&svg), wanted[i]);
    plt_doc_release(&doc);
    lg_buf_release(&svg);
}

static void wide_line(lg_buf *cell, int side, const char *rest)
{
    lg_buf_clear(cell);
    lg_buf_adds(cell, "convolve [");
    for (int r = 0; r < side; r++) {
        for (int c = 0; c < side; c++) lg_buf_addf(cell, "%d.%d ", r * 100 + c, c);
        lg_buf_adds(cell, r < side - 1 ? ";" : "] with ");
    }
    lg_buf_adds(cell, rest);
}

TEST(the_largest_slides_fit_into_an_output)
{
    static const char *const kernels[] = {"edge same", "[1 2 3 4 5; 6 7 8 9 1; 2 3 4 5 6; 7 8 9 1 2; 3 4 5 6 7] same",
                                          "[1.5 2 3 4 5 6 7 8 9; 1 2 3 4 5 6 7 8 9; 1 2 3 4 5 6 7 8 9] same"};
    lg_buf cell;
    setup();
    lg_buf_init(&cell, 0);
    for (size_t k = 0; k < 3; k++)
        for (int side = 8; side <= 16; side += side == 8 ? 2 : 6) { /* 8 and 10 move, 16 does not */
            wide_line(&cell, side, kernels[k]);
            CHECK_INT(sums_hold(shown(lg_buf_str(&cell))), side * side);
            CHECK(strstr(lg_buf_str(&l.html), "data:image/svg+xml"));
            CHECK(!strstr(lg_buf_str(&l.html), "left out"));
            CHECK(l.html.len < 400000);
            CHECK_INT(strstr(lg_buf_str(&l.text), "too many to follow") != NULL, side == 16);
        }
    lg_buf_release(&cell);
    lens_close(&l);
}

/* ---- bad input ---- */
TEST(bad_lines_are_told)
{
    setup();
    refused("pad [1 2; 3] by 1", 126, "row 2 of the grid");
    refused("pad [1 2; 3 4] by 0", 142, "pad by");
    refused("pad [1 2; 3 4] by 9", 142, "pad by");
    refused("pad [1 2; 3 4e12] by 1", 142, "takes numbers between");
    refused("pad by 1", 143, "");
    refused("pad nothing by 1", 141, "");
    refused("convolve [1 2; 3 4] with edge", 203, "larger than the 2x2 grid");
    refused("convolve [1 2; 3 4] with egde", 141, "egde");
    refused("convolve [1 2; 3 4]", 143, "");
    refused("convolve " GRID " with edge same valid", 202, "exclude");
    refused("convolve " GRID " with edge at 3,1", 142, "no place 3,1");
    refused("convolve " GRID " with edge at 0,1", 142, "no place 0,1");
    refused("convolve " GRID " with edge at 2", 141, "a row and a column");
    refused("convolve " GRID " with edge at 1,1,1", 141, "a row and a column");
    refused("pool " GRID " 5x5", 203, "larger than the 4x4 grid");
    refused("pool " GRID " 2x2x2", 141, "");
    refused("pool " GRID " 2x2 max avg", 202, "exclude");
    refused("pool " GRID " 2x2 stride 0", 142, "");
    refused("activate " GRID " rellu", 141, "");
    refused("softmax 1", 142, "2 to 100 scores");
    refused("softmax 1, 2 names a", 142, "2 scores and 1 name");
    refused("softmax 1, 2 temperature 0", 142, "");
    refused("softmax 1e300, 2", 142, "takes scores between");
    lg_buf cell;
    lg_buf_init(&cell, 0);
    lg_buf_adds(&cell, "pad [");
    for (int i = 0; i < 17; i++) lg_buf_adds(&cell, "1 ");
    lg_buf_adds(&cell, "]");
    refused(lg_buf_str(&cell), 142, "up to 16x16");
    lg_buf_release(&cell);
    lens_close(&l);
}

TEST(softmax_of_large_and_small_scores)
{
    setup();
    const char *text = shown("softmax 1000, 0, -1000000");
    CHECK(strstr(text, "100") && !strstr(text, "nan") && !strstr(text, "inf"));
    CHECK(strstr(text, "exp(score - largest)"));
    text = shown("softmax 2.0, 1.0, 0.1, -1.0 names adidas, nike, other, puma");
    CHECK(strstr(text, "63.8%") && strstr(text, "7.389") && strstr(text, "11.58"));
    lens_close(&l);
}
