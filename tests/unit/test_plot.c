/* The small texts of lib/plot: error block, progress, durations, intervals; and the document's sticky failure. */
#include "lib/plot/chart.h"
#include "tests/support/test.h"

static const char *block(int code, int line, int col, int len, const char *msg, const char *why, const char *hint,
                         const char *cell)
{
    static lg_buf out;
    lg_err err = {0};
    lg_buf_release(&out);
    lg_buf_init(&out, 0);
    lg_fail(&err, LG_E_ARG, code, "%s", msg);
    lg_why(&err, "%s", why);
    lg_try(&err, "%s", hint);
    lg_err_place(&err, (lg_span){line, col, len});
    plt_error_block(&err, cell, false, &out);
    return lg_buf_str(&out);
}

TEST(error_block_as_printed_in_the_language_reference)
{
    CHECK_STR(block(130, 1, 5, 6, "there is no model called `scrach`", "you have: scratch", "did you mean `scratch`?",
                    "fit scrach epochs 20"),
              "LL130  there is no model called `scrach`\n"
              "   1 | fit scrach epochs 20\n"
              "     |     ^^^^^^\n"
              "   why: you have: scratch\n"
              "   try: did you mean `scratch`?");
    CHECK_STR(block(203, 10, 3, 4,
                    "`conv` cannot fit here: its 3x3 window is larger than the 2x2 image that reaches it",
                    "sizes so far: 64x64 → 62x62", "remove this line", "\n\n\n\n\n\n\n\n\n  conv 256 3x3 relu\n}"),
              "LL203  `conv` cannot fit here: its 3x3 window is larger than the 2x2 image that reaches it\n"
              "  10 |   conv 256 3x3 relu\n"
              "     |   ^^^^\n"
              "   why: sizes so far: 64x64 → 62x62\n"
              "   try: remove this line");
    CHECK_STR(block(101, 0, 0, 0, "`#adidas` was read as a comment", "# starts a comment",
                    "write `tag adidas` or quote it: \"#adidas\"", "tag #adidas"),
              "LL101  `#adidas` was read as a comment\n"
              "   why: # starts a comment\n"
              "   try: write `tag adidas` or quote it: \"#adidas\"");
    CHECK_STR(
        block(402, 1, 1, 0, "`compare` needs the same images for both models", "", "", "compare scratch, transfer"),
        "LL402  `compare` needs the same images for both models\n"
        "   1 | compare scratch, transfer");
}

TEST(error_block_caret_stands_under_what_is_shown)
{
    CHECK_STR(block(104, 2, 4, 3, "m", "", "", "x\r\n日本 abc"), "LL104  m\n   2 | 日本 abc\n     |      ^^^");
    CHECK_STR(block(104, 1, 4, 1, "m", "", "", "日本 x"), "LL104  m\n   1 | 日本 x\n     |      ^");
    CHECK_STR(block(104, 1, 4, 1, "m", "", "", "e\u0301 x"), "LL104  m\n   1 | e\u0301 x\n     |   ^");
    CHECK_STR(block(104, 1, 2, 2, "m", "", "", "\tfit"), "LL104  m\n   1 |  fit\n     |  ^^");
    CHECK_STR(block(104, 1, 2, 1, "m", "", "", "a\u202e!"), "LL104  m\n   1 | a\\u202e!\n     |  ^^^^^^");
    CHECK_STR(block(104, 1, 4, 1, "m", "", "", "abc"), "LL104  m\n   1 | abc\n     |    ^");
    CHECK_STR(block(104, 1, 90, 5, "m", "", "", "abc"), "LL104  m\n   1 | abc\n     |    ^");
    CHECK_STR(block(104, 7, 1, 5, "m", "", "", "abc"), "LL104  m");
}

TEST(error_block_stays_small)
{
    char line[5000], many[3000];
    for (int i = 0; i < 4999; i++) line[i] = (char)('a' + i % 26);
    line[4999] = 0;
    for (size_t i = 0; i + 1 < sizeof many; i++) many[i] = '\x01';
    many[sizeof many - 1] = 0;
    for (int col = 1; col < 5000; col += 37) {
        const char *text = block(104, 1, col, 30, "m", "", "", line);
        const char *shown = strstr(text, "| ") + 2, *caret = strstr(shown, "| ") + 2;
        size_t at = strcspn(caret, "^"), before = 0;
        for (size_t columns = 0; columns < at; columns++)
            before += shown[before] == '\xe2' ? 3 : 1; /* "…" is one column */
        CHECK_INT(shown[before], 'a' + (col - 1) % 26);
        CHECK(strlen(text) < 500);
    }
    const char *text = block(104, 1, 1000, 5, many, many, many, many);
    CHECK(strlen(text) < 2000);
    int lines = 1;
    for (const char *s = text; *s; s++) lines += *s == '\n';
    CHECK_INT(lines, 5);
    lg_err err = {0};
    lg_buf out;
    lg_buf_init(&out, 0);
    lg_fail(&err, LG_E_ARG, 104, "%s\xff\n%s", many, many);
    lg_why(&err, "two\nlines");
    plt_error_block(&err, "x", true, &out);
    CHECK_INT(lg_utf8_valid(out.data, out.len), out.len);
    CHECK_HAS(out.data, "\033[1mLL104\033[0m");
    CHECK(!strstr(lg_buf_str(&out), "31m")); /* red on an error's red ground cannot be read */
    CHECK_HAS(out.data, "two lines");
    lg_buf_release(&out);
}

/* Ends found by bisection of (p - k/n)^2 = z^2 p (1 - p) / n with z from Python's NormalDist. */
TEST(wilson_interval)
{
    double low, high;
    plt_wilson(385, 601, &low, &high);
    CHECK_NEAR(low, 0.6014563, 1e-6);
    CHECK_NEAR(high, 0.6779558, 1e-6);
    plt_wilson(0, 10, &low, &high);
    CHECK_NEAR(low, 0, 0);
    CHECK_NEAR(high, 0.2775328, 1e-6);
    plt_wilson(10, 10, &low, &high);
    CHECK_NEAR(high, 1, 0);
    plt_wilson(0, 0, &low, &high);
    CHECK(low == 0 && high == 1);
}

static const char *duration(double seconds)
{
    static char text[40];
    lg_buf out;
    lg_buf_init(&out, 0);
    plt_duration(seconds, &out);
    snprintf(text, sizeof text, "%s", lg_buf_str(&out));
    lg_buf_release(&out);
    return text;
}

TEST(durations_read_well)
{
    CHECK_STR(duration(0.004), "4 ms");
    CHECK_STR(duration(1.25), "1.2 s");
    CHECK_STR(duration(41.4), "41 s");
    CHECK_STR(duration(59.7), "1 min");
    CHECK_STR(duration(200), "3 min 20 s");
    CHECK_STR(duration(3600), "1 h");
    CHECK_STR(duration(7500), "2 h 5 min");
    CHECK_STR(duration(NAN), "–");
}

TEST(progress_line_and_share)
{
    plt_progress_state state = {
        .epoch = 7, .epochs = 20, .batch = 12, .batches = 33, .images_per_second = 1250, .seconds_left = 41};
    lg_buf out;
    lg_buf_init(&out, 0);
    plt_progress_line(&state, true, &out);
    CHECK_STR(lg_buf_str(&out), "epoch 7 of 20  █████▏░░░░░░░░░░  batch 12 of 33  1,250 images/s  41 s left");
    lg_buf_clear(&out);
    state.images_per_second = 0;
    state.seconds_left = -1;
    plt_progress_line(&state, false, &out);
    CHECK_STR(lg_buf_str(&out), "epoch 7 of 20 · batch 12 of 33");
    CHECK_NEAR(plt_progress_share(&state), (6 + 12 / 33.0) / 20, 1e-12);
    CHECK_NEAR(plt_progress_share(&(plt_progress_state){0}), 0, 0);
    lg_buf_release(&out);
}

TEST(a_failure_sticks_and_is_told_once)
{
    lg_err err = {0};
    plt_doc doc;
    plt_bundle out;
    plt_doc_init(&doc);
    plt_fold_end(&doc);
    plt_text(&doc, "later");
    CHECK_INT(plt_render(&doc, NULL, &out, &err), LG_E_INTERNAL);
    CHECK(!out.text && !out.html);
    plt_doc_release(&doc);
    plt_doc_init(&doc);
    uint8_t *large = calloc(3, 5000 * 5000);
    plt_grid(&doc, 64, "large");
    plt_thumb(&doc, large, 5000, 5000, PLT_EDGE_NONE, "75 MB");
    free(large);
    lg_err_clear(&err);
    CHECK_INT(plt_doc_check(&doc, &err), LG_E_LIMIT);
    CHECK_INT(err.code, 902);
    plt_doc_release(&doc);
}

/* Cells without a table, rows too short and too long, charts of nothing: all have a sensible answer. */
TEST(odd_documents_render)
{
    lg_err err = {0};
    plt_doc doc;
    plt_bundle out;
    double none[2] = {NAN, INFINITY};
    const char *one[] = {"only"};
    plt_doc_init(&doc);
    CHECK_OK(plt_render(&doc, NULL, &out, &err));
    CHECK_STR(out.text, "\n");
    plt_bundle_release(&out);
    plt_cell(&doc, "lost");
    plt_table(&doc, "%s", "");
    plt_row(&doc, PLT_ROW_PLAIN);
    plt_cell(&doc, "no column");
    plt_table(&doc, "short and long");
    plt_column(&doc, PLT_LEFT, "a");
    plt_column(&doc, PLT_CENTER, "b");
    plt_row(&doc, PLT_ROW_PLAIN);
    plt_row(&doc, PLT_ROW_PLAIN);
    plt_cell(&doc, "1");
    plt_cell(&doc, "2");
    plt_cell(&doc, "3");
    plt_thumb(&doc, (const uint8_t *)"", 0, 0, PLT_EDGE_NONE, "empty");
    plt_curves(&doc, &(plt_curves_spec){.n = 0});
    plt_curves(&doc, &(plt_curves_spec){.n = 2, .val_loss = none, .train_loss = none, .best = 2});
    plt_lines(&doc, &(plt_lines_spec){.lines = &(plt_line){.y = none, .n = 2}, .nline = 1});
    plt_bars(&doc, &(plt_bars_spec){.labels = one, .values = none, .n = 1});
    plt_intervals(&doc, &(plt_intervals_spec){.labels = one, .low = none, .value = none, .high = none, .n = 1});
    plt_histogram(&doc, &(plt_histogram_spec){.labels = one, .n = 1, .counts = (const int64_t[]){0}});
    plt_share(&doc, &(plt_share_spec){.labels = one, .n = 1, .values = (const int64_t[]){0}});
    plt_recall(&doc, &(plt_recall_spec){.title = "r", .labels = one, .n = 1, .epochs = 1, .recall = none});
    plt_confusion(&doc, &(plt_confusion_spec){.labels = one, .n = 1, .counts = (const int64_t[]){0}});
    plt_confusion(&doc, &(plt_confusion_spec){.labels = one, .n = 1, .counts = (const int64_t[]){5}});
    CHECK_OK(plt_render(&doc, NULL, &out, &err));
    CHECK_HAS(out.text, "nothing to show yet");
    CHECK_HAS(out.text, "5 of 5 correct (100.0%, 95% interval 56.6 to 100.0%); no mistakes.");
    CHECK(!strstr(out.html, "nan") && !strstr(out.html, "inf"));
    CHECK(!strstr(out.text, "lost") && !strstr(out.text, "3\n"));
    plt_bundle_release(&out);
    plt_doc_release(&doc);
}

TEST(pages_stand_on_their_own)
{
    lg_err err = {0};
    plt_doc doc;
    lg_buf page;
    plt_doc_init(&doc);
    lg_buf_init(&page, 0);
    plt_title(&doc, "a <b> & c");
    CHECK_OK(plt_render_page(&doc, NULL, &page, &err));
    CHECK_HAS(page.data, "<title>a &lt;b&gt; &amp; c</title>");
    CHECK_INT(plt_render_svg(&doc, NULL, &page, &err), LG_E_DATA);
    CHECK_INT(err.code, 320);
    lg_buf_release(&page);
    plt_doc_release(&doc);
}

/* ---- what charts say ---- */
/* Text and HTML of one document; the caller's until the next call. */
static const plt_bundle *rendered(plt_doc *doc)
{
    static plt_bundle out;
    lg_err err = {0};
    plt_bundle_release(&out);
    CHECK_OK(plt_render(doc, &(plt_options){.flags = PLT_TEXT | PLT_HTML}, &out, &err));
    plt_doc_release(doc);
    return &out;
}

static const char *curves_say(double train, double val, double train_loss, double val_loss)
{
    plt_doc doc;
    const double ta[] = {0.5, train}, va[] = {0.5, val}, tl[] = {1, train_loss}, vl[] = {1, val_loss};
    plt_doc_init(&doc);
    plt_curves(&doc, &(plt_curves_spec){.n = 2, .train_accuracy = ta, .val_accuracy = va, .train_loss = tl,
                                        .val_loss = vl});
    return rendered(&doc)->text;
}

TEST(curves_say_who_is_ahead)
{
    CHECK_HAS(curves_say(0.9, 0.869, 1, 1), "training 90.0%, validation 86.9%, training ahead by 3.1 points.");
    CHECK_HAS(curves_say(0.869, 0.9, 1, 1), "validation ahead by 3.1 points.");
    CHECK_HAS(curves_say(0.9, 0.896, 1, 1), "training 90.0%, validation 89.6%.");
}

/* The area where training is better, drawn up to where the lines cross and nowhere else. */
TEST(curves_shade_where_training_leads)
{
    const struct {
        double train[4], val[4];
        int areas;
    } cases[] = {
        {{0.5, 0.6, 0.7, 0.9}, {0.5, 0.5, 0.5, 0.5}, 1}, {{0.5, 0.5, 0.5, 0.5}, {0.6, 0.7, 0.8, 0.9}, 0},
        {{0.6, 0.4, 0.4, 0.9}, {0.5, 0.5, 0.5, 0.5}, 2}, {{0.5, 0.5, 0.5, 0.5}, {0.5, 0.5, 0.5, 0.497}, 0},
        {{0.9, 0.9, 0.9, 0.5}, {0.5, 0.5, 0.5, 0.6}, 0}, {{0.6, (double)NAN, 0.6, 0.6}, {0.5, 0.5, 0.5, 0.5}, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        plt_doc doc;
        lg_buf svg;
        lg_err err = {0};
        int areas = 0;
        plt_doc_init(&doc);
        lg_buf_init(&svg, 0);
        plt_curves(&doc, &(plt_curves_spec){.n = 4, .train_accuracy = cases[i].train, .val_accuracy = cases[i].val});
        CHECK_OK(plt_render_svg(&doc, &(plt_options){0}, &svg, &err));
        for (const char *s = lg_buf_str(&svg); (s = strstr(s, "\" fill=\"#d55e00\" opacity=\"0.12\"/>")); s++)
            for (const char *d = s; *d != '<'; d--) areas += *d == 'z'; /* a path may hold several */
        if (areas != cases[i].areas) TEST_FAIL("case %zu: %d areas\n%s", i, areas, lg_buf_str(&svg));
        CHECK((strstr(lg_buf_str(&svg), "shaded: training ahead by") != NULL) == (areas > 0));
        plt_doc_release(&doc);
        lg_buf_release(&svg);
    }
}

/* Where "best: epoch 3" stands when training runs so many points below validation. */
static double best_label(double below)
{
    plt_doc doc;
    lg_buf svg;
    lg_err err = {0};
    const double val[] = {0.5, 0.5, 0.6, 0.5, 0.5}, under = 0.5 - below, train[] = {under, under, under, under, under};
    int x = 0, y = 0;
    plt_doc_init(&doc);
    lg_buf_init(&svg, 0);
    plt_curves(&doc, &(plt_curves_spec){.n = 5, .best = 3, .train_accuracy = train, .val_accuracy = val});
    CHECK_OK(plt_render_svg(&doc, &(plt_options){0}, &svg, &err));
    const char *end = strstr(lg_buf_str(&svg), ">best: epoch 3"), *at = end;
    while (at && *at != '<') at--;
    CHECK(at && sscanf(at, "<text x=\"%d\" y=\"%d\"", &x, &y) == 2);
    plt_doc_release(&doc);
    lg_buf_release(&svg);
    return y;
}

/* It stands away from every curve, and near its own point where it can. */
TEST(the_best_epoch_covers_no_curve)
{
    double free = best_label(0.4);
    CHECK(best_label(0.3) == free);
    bool moved = false;
    for (int i = 0; i < 30; i++) moved |= best_label(i / 100.0) != free;
    CHECK(moved);
}

TEST(lines_do_not_repeat_themselves)
{
    plt_doc doc;
    const double flat[] = {0.6206, 0.6206}, up[] = {0.5, 0.7}, there_and_back[] = {0.5, 0.9, 0.5},
                 dip[] = {0.5, 0.2, 0.9, 0.6};
    const plt_line lines[] = {{.name = "a", .y = flat, .n = 2}, {.name = "b", .y = up, .n = 2},
                              {.name = "c", .y = there_and_back, .n = 3}, {.name = "d", .y = up, .n = 1},
                              {.name = "e", .y = dip, .n = 4}};
    plt_doc_init(&doc);
    plt_lines(&doc, &(plt_lines_spec){.lines = lines, .nline = 5, .y = {.percent = true}});
    CHECK_HAS(rendered(&doc)->text,
              "a stays at 62.06%; b goes from 50% to 70%; c begins and ends at 50% (highest 90%); "
              "d is 50%; e goes from 50% to 60% (lowest 20%, highest 90%).");
}

TEST(a_sentence_ends_once)
{
    plt_doc doc;
    plt_doc_init(&doc);
    plt_sentence(&doc, "so many: 1, 2, …");
    plt_sentence(&doc, "the end");
    const char *text = rendered(&doc)->text;
    CHECK_HAS(text, "1, 2, …\n");
    CHECK_HAS(text, "the end.");
}

TEST(a_histogram_counts_in_words)
{
    plt_doc doc;
    const int64_t one[] = {1}, same[] = {3, 3};
    plt_doc_init(&doc);
    plt_histogram(&doc, &(plt_histogram_spec){.labels = (const char *const[]){"cat"}, .n = 1, .counts = one});
    CHECK_HAS(rendered(&doc)->text, "1 image in 1 class: cat has 1.");
    plt_doc_init(&doc);
    plt_histogram(&doc, &(plt_histogram_spec){.labels = (const char *const[]){"cat", "x"}, .n = 2, .counts = same});
    CHECK_HAS(rendered(&doc)->text, "6 images in 2 classes, 3 of each.");
}

TEST(a_histogram_compares_its_ends)
{
    plt_doc doc;
    const int64_t counts[][2] = {{101, 100}, {15, 10}, {203, 1}};
    static const char *const says[] = {": x has 101, y 100.", "the largest is 1.5 times the smallest.",
                                       "the largest is 203 times the smallest."};
    for (int i = 0; i < 3; i++) {
        plt_doc_init(&doc);
        plt_histogram(&doc,
                      &(plt_histogram_spec){.labels = (const char *const[]){"x", "y"}, .n = 2, .counts = counts[i]});
        CHECK_HAS(rendered(&doc)->text, says[i]);
    }
}

/* A count that its axis names is no curve that ends somewhere. */
TEST(a_spread_has_no_last_value)
{
    plt_doc doc;
    const double y[] = {3, 9, 7};
    const plt_line line = {.name = "images", .y = y, .n = 3};
    for (int spread = 0; spread < 2; spread++) {
        plt_doc_init(&doc);
        plt_lines(&doc, &(plt_lines_spec){.sentence = "",
                                          .lines = &line,
                                          .nline = 1,
                                          .y = {.label = spread ? "images" : "others", .whole = true}});
        CHECK((strstr(rendered(&doc)->text, "▆ 7") != NULL) == !spread);
    }
}

TEST(labels_that_are_words_are_quoted)
{
    plt_doc doc;
    const int64_t counts[] = {68, 12};
    plt_doc_init(&doc);
    plt_histogram(&doc,
                  &(plt_histogram_spec){.labels = (const char *const[]){"none", "Yahoo"}, .n = 2, .counts = counts});
    CHECK_HAS(rendered(&doc)->text, "80 images in 2 classes: `none` has 68, Yahoo 12;");
    CHECK_STR(plt_label("Other"), "Other");
    CHECK_STR(plt_label("7"), "`7`");
    CHECK_STR(plt_label("no logo"), "`no logo`");
    CHECK_STR(plt_label("None"), "`None`");
    CHECK_STR(plt_label("nonesuch"), "nonesuch");
}

/* What a sentence quotes is code on a page, and what a label holds never opens a tag. */
TEST(quoted_words_are_code_on_a_page)
{
    plt_doc doc;
    plt_doc_init(&doc);
    plt_text(&doc, "add `flatten` or `<b>` above\na ` alone, `` nothing, and `one");
    lg_err warning = {0};
    lg_fail(&warning, LG_E_IO, 305, "1 of 3");
    lg_try(&warning, "`show logos`");
    plt_warning(&doc, &warning);
    plt_title(&doc, "the title of `it`");
    const plt_bundle *bundle = rendered(&doc);
    CHECK_HAS(bundle->html, ">add <code>flatten</code> or <code>&lt;b&gt;</code> above<br>");
    CHECK_HAS(bundle->html, "<br>a ` alone, `` nothing, and `one<");
    CHECK_HAS(bundle->html, "try: <code style=\"background:none;color:#222222;padding:0\">show logos</code>");
    CHECK_HAS(bundle->html, "the title of <code>it</code>");
    CHECK_HAS(bundle->text, "add `flatten` or `<b>` above");
}

/* 1 of 100 keeps the page's colours, 5 of 100 does not. */
TEST(rare_mistakes_have_no_tone)
{
    plt_doc doc;
    const int64_t counts[] = {94, 1, 5, 0, 7, 0, 0, 0, 9};
    plt_doc_init(&doc);
    plt_confusion(&doc,
                  &(plt_confusion_spec){.labels = (const char *const[]){"a", "b", "c"}, .n = 3, .counts = counts});
    const char *html = rendered(&doc)->html, *rare = strstr(html, ">1</td>"), *frequent = strstr(html, ">5</td>");
    CHECK(rare && frequent);
    while (*rare != '<') rare--;
    while (*frequent != '<') frequent--;
    CHECK(strstr(rare, "background") > strchr(rare, '>'));
    CHECK(strstr(frequent, "background") < strchr(frequent, '>'));
}

/* Frames are up to 4 pixels on each side of a picture, and captions stay on one line. */
TEST(sheets_leave_room_for_frames_and_captions)
{
    plt_doc doc;
    int cell = 0;
    static const uint8_t rgb[64 * 64 * 3];
    plt_doc_init(&doc);
    plt_grid(&doc, 64, "a sheet");
    plt_thumb(&doc, rgb, 64, 64, PLT_EDGE_BAD, "1372 Adidas");
    plt_thumb(&doc, rgb, 64, 64, PLT_EDGE_TRAIN, "1373 Brouwerij Huyghe");
    const char *at = strstr(rendered(&doc)->html, "inline-block;vertical-align:top;width:");
    CHECK(at && sscanf(at, "inline-block;vertical-align:top;width:%dpx", &cell) == 1);
    CHECK(cell >= 64 + 8 && cell <= 104);
}
