/* plot_samples.h - the documents the tests of lib/plot render: one per kind of output, each as a command would make it.
 */
#ifndef PLOT_SAMPLES_H
#define PLOT_SAMPLES_H

#include "lib/plot/chart.h"
#include "lib/plot/learning.h"
#include <math.h>

static const char *const brands[] = {"adidas", "nike", "other", "puma"};

/* The layers of the 130,532-parameter network. */
static const plt_network_layer scratch_layers[] = {
    {"input", 64, 64, 3, 0, false, 0},       {"conv 16 3x3", 62, 62, 16, 448, false, 0},
    {"maxpool 2", 31, 31, 16, 0, false, 0},  {"conv 32 3x3", 29, 29, 32, 4640, false, 0},
    {"maxpool 2", 14, 14, 32, 0, false, 0},  {"conv 64 3x3", 12, 12, 64, 18496, false, 0},
    {"maxpool 2", 6, 6, 64, 0, false, 0},    {"conv 128 3x3", 4, 4, 128, 73856, false, 0},
    {"maxpool 2", 2, 2, 128, 0, false, 0},   {"flatten", 1, 1, 512, 0, false, 0},
    {"dense 64", 1, 1, 64, 32832, false, 0}, {"dense 4", 1, 1, 4, 260, false, 0},
};
enum { SCRATCH_LAYERS = sizeof scratch_layers / sizeof *scratch_layers };

static void sample_summary(plt_doc *doc)
{
    plt_title(doc, "scratch: 12 layers for images of 64x64, 4 classes");
    plt_table(doc, "Layers of scratch");
    plt_column(doc, PLT_RIGHT, "#");
    plt_column(doc, PLT_LEFT, "Layer");
    plt_column(doc, PLT_RIGHT, "Output");
    plt_column(doc, PLT_RIGHT, "Parameters");
    plt_column(doc, PLT_LEFT, "Share");
    for (int i = 0; i < SCRATCH_LAYERS; i++) {
        const plt_network_layer *l = &scratch_layers[i];
        plt_row(doc, PLT_ROW_PLAIN);
        plt_cell(doc, "%d", i);
        plt_head(doc, "%s", l->name);
        if (l->height > 1) plt_cell(doc, "%dx%dx%d", l->height, l->width, l->channels);
        else plt_cell(doc, "%d", l->channels);
        plt_cell(doc, "%s", lg_thousands(l->params));
        if (l->params) plt_cell(doc, "%.1f%%", (double)l->params / 1305.32);
        else plt_cell(doc, "%s", "");
        plt_cell_bar(doc, (double)l->params / 130532);
    }
    plt_row(doc, PLT_ROW_TOTAL);
    plt_cell(doc, "%s", "");
    plt_head(doc, "Total");
    plt_cell(doc, "%s", "");
    plt_cell(doc, "130,532");
    plt_cell(doc, "%s", "");
    plt_sentence(doc, "12 layers, 130,532 parameters, 57%% of them in conv 128 3x3");
    plt_fold_begin(doc, "How the command was run");
    plt_pair(doc, "seed", "42");
    plt_pair(doc, "fingerprint", "9f3a7c21");
    plt_code(doc, "model scratch {\n  conv 16 3x3 relu\n  maxpool 2\n}");
    plt_fold_end(doc);
}

static void curve_values(int n, double ta[], double va[], double tl[], double vl[])
{
    for (int i = 0; i < n; i++) {
        double t = i;
        ta[i] = 0.30 + 0.58 * (1 - exp(-t / 6)) + 0.008 * sin(t * 2.1);
        va[i] = 0.29 + 0.385 * (1 - exp(-t / 3.2)) + 0.014 * sin(t * 1.7);
        tl[i] = 0.28 + 1.15 * exp(-t / 5.5) + 0.015 * sin(t * 1.3);
        vl[i] = 0.86 + 0.55 * exp(-t / 2.6) + 0.0016 * t * t + 0.02 * sin(t * 1.9);
    }
}

static void sample_curves(plt_doc *doc)
{
    double ta[20], va[20], tl[20], vl[20];
    curve_values(20, ta, va, tl, vl);
    plt_curves(doc, &(plt_curves_spec){.title = "scratch on logos.train (2,411 images), validated on 601",
                                       .n = 20,
                                       .train_accuracy = ta,
                                       .val_accuracy = va,
                                       .train_loss = tl,
                                       .val_loss = vl,
                                       .best = 11});
}

static void sample_live(plt_doc *doc)
{
    double ta[20], va[20], tl[20], vl[20];
    plt_progress_state state = {
        .epoch = 5, .epochs = 20, .batch = 12, .batches = 33, .images_per_second = 1254.4, .seconds_left = 41.2};
    lg_buf line;
    curve_values(20, ta, va, tl, vl);
    va[1] = NAN;
    lg_buf_init(&line, 0);
    plt_progress_line(&state, false, &line);
    plt_progress(doc, plt_progress_share(&state), "%s", lg_buf_str(&line));
    lg_buf_release(&line);
    plt_curves(doc, &(plt_curves_spec){.n = 4,
                                       .total = 20,
                                       .train_accuracy = ta,
                                       .val_accuracy = va,
                                       .train_loss = tl,
                                       .val_loss = vl,
                                       .best = 4});
    plt_curves(doc,
               &(plt_curves_spec){
                   .title = "one epoch, accuracy alone", .n = 1, .total = 5, .train_accuracy = ta, .val_accuracy = va});
}

static void sample_recall(plt_doc *doc)
{
    double recall[4 * 12];
    for (int i = 0; i < 12; i++) {
        recall[i] = 0.5 + 0.3 * (1 - exp(-i / 3.0)) + 0.03 * sin(i * 2.0);
        recall[12 + i] = i < 2 ? 0.2 - 0.1 * i : 0;
        recall[24 + i] = 0.9 - 0.3 * exp(-i / 2.0);
        recall[36 + i] = 0.1 + 0.04 * i;
    }
    plt_recall(
        doc,
        &(plt_recall_spec){
            .title = "Recall per class over the epochs", .labels = brands, .n = 4, .epochs = 12, .recall = recall});
}

static void sample_histogram(plt_doc *doc)
{
    const int64_t counts[] = {976, 244, 520, 130, 779, 189, 136, 38};
    plt_histogram(doc, &(plt_histogram_spec){.title = "Images per class",
                                             .labels = brands,
                                             .n = 4,
                                             .splits = (const char *const[]){"train", "val"},
                                             .nsplit = 2,
                                             .counts = counts});
}

/* Residual blocks: one within a row, one over the end of a row, and one in another. */
static void sample_blocks(plt_doc *doc)
{
    static const plt_network_layer layers[] = {
        {"input", 32, 32, 3, 0, false, 0},     {"conv1", 32, 32, 8, 248, false, 0},
        {"conv2", 32, 32, 8, 616, false, 0},   {"residual1", 32, 32, 8, 0, false, 2},
        {"maxpool1", 16, 16, 8, 0, false, 0},  {"conv3", 16, 16, 8, 584, false, 0},
        {"conv4", 16, 16, 8, 584, false, 0},   {"conv5", 16, 16, 8, 584, false, 0},
        {"residual2", 16, 16, 8, 0, false, 7}, {"residual3", 16, 16, 8, 0, false, 5},
        {"globalavg1", 1, 1, 8, 0, false, 0},  {"dense1", 1, 1, 4, 36, false, 0},
    };
    plt_network(doc, &(plt_network_spec){.title = "blocks", .layers = layers, .n = 12});
}

static void sample_network(plt_doc *doc)
{
    const char *labels[SCRATCH_LAYERS];
    int64_t values[SCRATCH_LAYERS];
    plt_network_layer frozen[SCRATCH_LAYERS];
    for (int i = 0; i < SCRATCH_LAYERS; i++) {
        labels[i] = scratch_layers[i].name;
        values[i] = scratch_layers[i].params;
        frozen[i] = scratch_layers[i];
        frozen[i].frozen = i == 1 || i == 3;
    }
    plt_network(doc, &(plt_network_spec){.title = "scratch", .layers = frozen, .n = SCRATCH_LAYERS});
    plt_share(doc, &(plt_share_spec){.title = "Where the parameters are",
                                     .unit = "parameters",
                                     .labels = labels,
                                     .values = values,
                                     .n = SCRATCH_LAYERS});
}

/* Too sure above the middle, not sure enough below it; one bin is empty. */
static void sample_judged(plt_doc *doc)
{
    const double sure[] = {NAN, 0.35, 0.46, 0.55, 0.66, 0.75, 0.84, 0.97};
    const double right[] = {NAN, 0.5, 0.52, 0.55, 0.58, 0.6, 0.7, 0.81};
    const int64_t count[] = {0, 12, 61, 90, 104, 88, 102, 144};
    plt_calibration(doc, &(plt_calibration_spec){.title = "How often it is right when it is so sure",
                                                 .n = 8,
                                                 .confidence = sure,
                                                 .accuracy = right,
                                                 .count = count});
    plt_agreement(doc, &(plt_agreement_spec){.title = "Who is right where",
                                             .first = "scratch",
                                             .second = "transfer",
                                             .both = 361,
                                             .only_first = 24,
                                             .only_second = 61,
                                             .neither = 155});
    plt_agreement(doc, &(plt_agreement_spec){.first = "a", .second = "b", .only_second = 3});
    plt_agreement(doc, &(plt_agreement_spec){.title = "no images", .first = "a", .second = "b"});
}

static void sample_confusion(plt_doc *doc)
{
    const int64_t counts[] = {190, 21, 24, 9, 30, 62, 27, 11, 28, 14, 122, 6, 21, 8, 17, 11};
    plt_title(doc, "scratch on logos.val: 601 images");
    plt_confusion(doc,
                  &(plt_confusion_spec){.caption = "Confusion matrix", .labels = brands, .n = 4, .counts = counts});
}

static void sample_lines(plt_doc *doc)
{
    double lr[30], loss[30], other[30];
    for (int i = 0; i < 30; i++) {
        lr[i] = pow(10, -5 + i * 5 / 29.0);
        loss[i] = 1.4 - 0.9 * exp(-pow(log10(lr[i]) + 1.8, 2) / 1.2) + (i > 26 ? (i - 26) * 0.6 : 0);
        other[i] = 1.38 - 0.4 * exp(-pow(log10(lr[i]) + 2.2, 2) / 1.5);
    }
    plt_lines(doc,
              &(plt_lines_spec){
                  .title = "Learning rate finder",
                  .x = {.label = "learning rate (log scale)", .log = true},
                  .y = {.label = "loss"},
                  .lines = (const plt_line[]){{.name = "scratch", .x = lr, .y = loss, .n = 30},
                                              {.name = "transfer", .x = lr, .y = other, .n = 30, .dash = true}},
                  .nline = 2,
                  .marks = (const plt_mark[]){{.name = "suggested 0.02", .x = 0.02, .kind = PLT_MARK_VERTICAL},
                                              {.name = "diverges", .x = lr[27], .y = loss[27], .kind = PLT_MARK_CROSS},
                                              {.name = "guessing", .y = 1.386, .x = 1, .kind = PLT_MARK_HORIZONTAL}},
                  .nmark = 3});
    plt_bars(doc, &(plt_bars_spec){.title = "Accuracy by base",
                                   .labels = (const char *const[]){"scratch", "mobilenet", "vgg16"},
                                   .values = (const double[]){0.641, 0.852, 0.807},
                                   .n = 3,
                                   .percent = true,
                                   .baseline = 0.406,
                                   .baseline_name = "always adidas 40.6%"});
}

static void sample_intervals(plt_doc *doc)
{
    const double value[] = {0.779, 0.477, 0.718, 0.193}, low[] = {0.722, 0.392, 0.644, 0.111},
                 high[] = {0.826, 0.563, 0.781, 0.313};
    plt_intervals(doc, &(plt_intervals_spec){.title = "Recall per class with 95% intervals",
                                             .labels = brands,
                                             .low = low,
                                             .value = value,
                                             .high = high,
                                             .n = 4,
                                             .percent = true,
                                             .baseline = 0.25,
                                             .baseline_name = "guessing"});
}

/* A picture of a coloured ball on a plain ground. */
static void ball(uint8_t *rgb, int w, int h, uint32_t color)
{
    for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++, rgb += 3) {
            int dx = 2 * x + 1 - w, dy = 2 * y + 1 - h, in = dx * dx + dy * dy < w * h / 2;
            for (int c = 0; c < 3; c++)
                rgb[c] =
                    in ? (uint8_t)((color >> (16 - 8 * c) & 255) * (2 * h - y) / (2 * h)) : (uint8_t)(235 - 20 * c);
        }
    }
}

static void sample_sheet(plt_doc *doc)
{
    static const uint32_t colors[] = {0x2060c0, 0xd03030, 0x208040, 0xe0a020};
    uint8_t rgb[64 * 64 * 3];
    plt_title(doc, "logos: 3,012 images, 4 classes");
    plt_grid(doc, 64, "9 of 3,012 images");
    for (int brand = 0; brand < 3; brand++) {
        plt_grid_group(doc, "%s", brands[brand]);
        for (int i = 0; i < 3; i++) {
            int w = i == 1 ? 16 : 64, h = i == 2 ? 48 : w;
            ball(rgb, w, h, colors[(brand + i) % 4]);
            plt_thumb(doc, rgb, w, h, i == 2 ? PLT_EDGE_VAL : PLT_EDGE_TRAIN, "#%d\n%dx%d", 400 + brand * 10 + i, w, h);
        }
    }
    plt_grid(doc, 96, "Worst mistakes");
    for (int i = 0; i < 2; i++) {
        ball(rgb, 64, 64, colors[i + 2]);
        plt_thumb(doc, rgb, 64, 64, i ? PLT_EDGE_GOOD : PLT_EDGE_BAD, "#%d puma", 700 + i);
        plt_thumb_bar(doc, i ? PLT_TONE_GOOD : PLT_TONE_BAD, 0.93 - 0.2 * i, "%s %.0f%%", i ? "puma" : "adidas",
                      93 - 20.0 * i);
        plt_thumb_bar(doc, PLT_TONE_NONE, 0.05, "puma 5%%");
    }
    plt_sentence(doc, "The model was surest about #700, and wrong");
}

static void sample_words(plt_doc *doc)
{
    lg_err warning = {0};
    lg_fail(&warning, LG_E_DATA, 301, "12 of 1,070 images have no label");
    lg_why(&warning, "the first are 144503924.jpg, 2662264721.jpg, 3156331470.jpg; labels.txt has 1,058 lines");
    lg_try(&warning, "they were left out; list them with `show logos where label = \"\"`");
    plt_title(doc, "logos from data/flickr27: 1,058 images, 4 classes");
    plt_heading(doc, "What was found");
    plt_text(doc, "Images were fitted to 64x64.\nNothing was changed on disk.");
    plt_item(doc, "3 files could not be read");
    plt_item(doc, "41 pairs look alike");
    plt_warning(doc, &warning);
    plt_pair(doc, "split", "80/20, stratified");
    plt_pair(doc, "seed", "42");
    plt_note(doc, "Took 1.2 s.");
    plt_fold_begin(doc, "Details");
    plt_item(doc, "one");
    plt_fold_begin(doc, "More");
    plt_text(doc, "inside");
    plt_fold_end(doc);
    plt_fold_end(doc);
    plt_code(doc, "load logos from data/flickr27 size 64x64 seed 42");
    plt_sentence(doc, "1,058 images of 4 brands are ready");
}

/* Names other people chose. */
static const char *const hostile[] = {
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "=HYPERLINK(\"http://x.example\",\"a\")",
    "[x](javascript:alert(1)) **b** `c`",
    "$\\href{javascript:alert(1)}{x}$",
    "مرحبا puma",
    "a\u202Egpj.exe",
    "zero\u200Bwidth\uFEFF",
    "tab\tline\nbreak\rcr",
    "\x1b[31mred\x1b[0m",
    "bad \xff\xfe utf8",
    "&amp; &#60; 'single'",
    "日本語ラベル",
    "🎾🏽👩‍👩‍👧",
    "",
};
enum { HOSTILE = sizeof hostile / sizeof *hostile };

static void sample_hostile(plt_doc *doc)
{
    int64_t counts[HOSTILE * HOSTILE];
    double value[HOSTILE], low[HOSTILE], high[HOSTILE];
    uint8_t rgb[16 * 16 * 3];
    lg_err warning = {0};
    for (int i = 0; i < HOSTILE * HOSTILE; i++) counts[i] = i % (HOSTILE + 1) ? i % 7 : 40 + i % 31;
    for (int i = 0; i < HOSTILE; i++) value[i] = 0.3 + i * 0.03, low[i] = value[i] - 0.1, high[i] = value[i] + 0.1;
    ball(rgb, 16, 16, 0xaa3311);
    for (int i = 0; i < HOSTILE; i++) {
        plt_title(doc, "%s", hostile[i]);
        plt_item(doc, "%s", hostile[i]);
        plt_pair(doc, hostile[i], "%s", hostile[i]);
        plt_fold_begin(doc, "%s", hostile[i]);
        plt_sentence(doc, "%s", hostile[i]);
        plt_fold_end(doc);
        plt_progress(doc, 0.4, "%s", hostile[i]);
        plt_code(doc, "%s", hostile[i]);
    }
    lg_fail(&warning, LG_E_DATA, 303, "%s", hostile[0]);
    lg_why(&warning, "%s", hostile[1]);
    lg_try(&warning, "%s", hostile[6]);
    plt_warning(doc, &warning);
    plt_grid(doc, 64, "%s", hostile[1]);
    for (int i = 0; i < HOSTILE; i++) {
        plt_grid_group(doc, "%s", hostile[i]);
        plt_thumb(doc, rgb, 16, 16, (plt_edge)(i % 6), "%s", hostile[i]);
        plt_thumb_bar(doc, PLT_TONE_BAD, 0.5, "%s", hostile[i]);
    }
    plt_confusion(doc, &(plt_confusion_spec){.caption = hostile[0], .labels = hostile, .n = HOSTILE, .counts = counts});
    plt_histogram(doc, &(plt_histogram_spec){.title = hostile[1], .labels = hostile, .n = HOSTILE, .counts = counts});
    plt_intervals(doc, &(plt_intervals_spec){.title = hostile[5],
                                             .labels = hostile,
                                             .low = low,
                                             .value = value,
                                             .high = high,
                                             .n = HOSTILE,
                                             .percent = true});
    plt_agreement(doc, &(plt_agreement_spec){
                           .title = hostile[2], .first = hostile[0], .second = hostile[3], .both = 1, .only_first = 2});
    plt_recall(doc,
               &(plt_recall_spec){.title = hostile[9], .labels = hostile, .n = HOSTILE, .epochs = 1, .recall = value});
}

/* One step that moves, and one of a network whose beginning is frozen, at rest. */
static void sample_step(plt_doc *doc)
{
    static const plt_step_box moving[] = {{"conv1", "62x62x16", 0.2413, 0.002413, false, false, false},
                                          {"dense1", "4", 0.9256, 0.009256, false, true, false}};
    static const char *const lines[] = {"Forward: conv1 makes 62x62x16 numbers of the image",
                                        "Forward: dense1 makes 4 numbers of what comes before",
                                        "Loss: nike has probability 0.2574, and -ln(0.2574) = 1.357",
                                        "Back: the gradient of dense1 has the length 0.926",
                                        "Back: the gradient of conv1 has the length 0.241",
                                        "Update: every weight moves by -0.01 times its gradient",
                                        "The same image again: the loss was 1.357 and is 1.284 now"};
    uint8_t rgb[8 * 6 * 3];
    for (int i = 0; i < 8 * 6 * 3; i++) rgb[i] = (uint8_t)(i * 29);
    plt_step(doc, &(plt_step_spec){.title = "One step",
                                   .rgb = rgb,
                                   .pixel_w = 8,
                                   .pixel_h = 6,
                                   .box = moving,
                                   .n = 2,
                                   .loss = 1.357,
                                   .loss_after = 1.284,
                                   .line = lines,
                                   .animate = true});
    static const plt_step_box still[] = {{"conv1", "112x112x8", NAN, NAN, true, true, false},
                                         {"52 more", "layers", NAN, NAN, true, false, true},
                                         {"a layer with a long name", "4", 0.9256, 9.256, false, false, false}};
    const char *rest[9] = {"", "", "", "", "", "", "", "", "The same image again: the loss was 0.04 and is 2.5 now"};
    plt_step(doc, &(plt_step_spec){.box = still, .n = 3, .loss = 0.04, .loss_after = 2.5, .line = rest});
    plt_step(doc, &(plt_step_spec){.title = "no layers"});
}

static void sample_gradients(plt_doc *doc)
{
    static const char *const names[] = {"conv1", "a layer with a long name", "dense1", "dense2"};
    static const char *const texts[] = {"0.000461 · 0.099% vanishes", "0 nothing arrives", "0.139 · 30%", "0.467"};
    const double values[] = {0.000461, 0, 0.139, 0.467};
    const bool bad[] = {true, true, false, false};
    plt_log_bars(doc, &(plt_log_bars_spec){.title = "What arrives",
                                           .axis = "length of the gradient (log)",
                                           .heading = "length · of dense2",
                                           .labels = names,
                                           .values = values,
                                           .texts = texts,
                                           .bad = bad,
                                           .n = 4,
                                           .low = 0.00467,
                                           .high = 46.7,
                                           .band = "well"});
    plt_log_bars(doc, &(plt_log_bars_spec){.labels = names, .values = values, .texts = texts, .n = 1});
}

/* A valley with a saddle and a place without a number; a plain that hardly rises; nothing. */
static void sample_landscape(plt_doc *doc)
{
    double valley[9 * 9], plain[3 * 3], flat[2 * 2] = {1, 1, 1, 1};
    for (int i = 0; i < 81; i++) {
        double x = (i % 9 - 4) / 4.0, y = (i / 9 - 4) / 4.0;
        valley[i] = 0.05 + (x - 0.2) * (x - 0.2) * 8 + y * y * (y + 0.9) * (y + 0.9);
    }
    valley[80] = NAN;
    for (int i = 0; i < 9; i++) plain[i] = 1.386 + 0.0001 * i;
    plt_contour(doc, &(plt_contour_spec){.title = "Around the weights",
                                         .x_label = "along the first direction",
                                         .y_label = "along the second direction",
                                         .value = valley,
                                         .n = 9,
                                         .radius = 1});
    plt_contour(doc, &(plt_contour_spec){.value = plain, .n = 3, .radius = 0.5, .sentence = "A plain"});
    plt_contour(doc, &(plt_contour_spec){.value = flat, .n = 2, .radius = 1});
    plt_contour(doc, &(plt_contour_spec){.value = valley + 80, .n = 1, .radius = 1});
}

/* A picture that grows, runs side by side, and an answer that is kept back. */
static void sample_lab(plt_doc *doc)
{
    enum { FRAMES = 3, N = 21 };
    double x[N], y[N], train[N], val[N], low[N];
    uint8_t rgb[FRAMES][16 * 12 * 3];
    plt_growth_frame frame[FRAMES];
    for (int i = 0; i < N; i++) {
        x[i] = 10 * i, y[i] = 9.4 - 9.3 * exp(-i / 3.0), low[i] = 1.3 - 0.01 * i;
        train[i] = 1 - 0.6 * exp(-i / 4.0), val[i] = 0.6 - 0.25 * exp(-i / 4.0) - 0.004 * i;
    }
    for (int i = 0; i < FRAMES; i++) {
        ball(rgb[i], 12, 16, 0x204060u * (unsigned)(i + 1));
        frame[i] = (plt_growth_frame){x[10 * i], y[10 * i], rgb[i], 16, 12};
    }
    const plt_growth_spec growth = {
        .x_label = "step", .y_label = "score", .x = x, .y = y, .n = N, .frame = frame, .frames = FRAMES};
    plt_growth(doc, &growth);
    const plt_multiple run[] = {
        {.name = "no cure", .note = "gap 38 points", .detail = "100% and 62%", .train = train, .val = val, .n = N},
        {.name = "with augment", .note = "gap 15 points", .train = val, .val = val, .n = N},
        {.name = "with a name that is far too long for it", .note = "lost", .train = low, .n = 9, .lost = 10},
        {.name = "not begun", .note = "–"},
    };
    plt_multiples(doc, &(plt_multiples_spec){.title = "Accuracy by epoch",
                                             .x_label = "epoch",
                                             .y = {.max = 1, .percent = true},
                                             .panel = run,
                                             .n = 4,
                                             .baseline = 0.41,
                                             .baseline_name = "guessing"});
    plt_multiples(doc, &(plt_multiples_spec){.x_label = "epoch", .y = {.max = 1.5}, .panel = run, .n = 2});
    plt_text(doc, "1. How many parameters?\n(a) 448\n(b) 432");
    plt_answer_begin(doc, "Answer to question 1");
    plt_text(doc, "(a) 448. (3·3·3 + 1)·16 = 448.");
    plt_item(doc, "not (b) 432: the biases count as well");
    plt_fold_end(doc);
    plt_note(doc, "what comes after the question stands before its answer in plain text");
    plt_growth(doc, &(plt_growth_spec){.title = "nothing", .x_label = "step", .y_label = "score"});
}

typedef struct sample {
    const char *name;
    void (*build)(plt_doc *doc);
} sample;
static const sample samples[] = {
    {"summary", sample_summary},     {"curves", sample_curves},       {"live", sample_live},
    {"recall", sample_recall},       {"histogram", sample_histogram}, {"network", sample_network},
    {"blocks", sample_blocks},       {"confusion", sample_confusion}, {"lines", sample_lines},
    {"intervals", sample_intervals}, {"sheet", sample_sheet},         {"words", sample_words},
    {"judged", sample_judged},       {"step", sample_step},           {"gradients", sample_gradients},
    {"landscape", sample_landscape}, {"lab", sample_lab},             {"hostile", sample_hostile},
};
enum { SAMPLES = sizeof samples / sizeof *samples };

#endif
