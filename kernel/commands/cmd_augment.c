/* cmd_augment.c - `augment`: several slightly different variants of each training image. Nothing is made here but the
 * preview: an epoch of `fit` makes each variant when its turn comes. */
#include "kernel/commands/box_dataset.h"
#include "kernel/commands/params.h"
#include "lib/data/clean.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

enum { DATA, TIMES, ROTATE, SHIFT, ZOOM, BRIGHTNESS, SHEAR, NOISE, ERASE, PREVIEW, SEED, FLIP, FRESH };

/* An option that has the name of an operation of lib/image is its strength. */
static const dsl_param params[] = {
    [DATA] = CMD_DATASET("the dataset whose training images get variants"),
    [TIMES] = {.name = "times",
               .role = DSL_POSITIONAL,
               .type = DSL_T_TIMES,
               .required = true,
               .min = 1,
               .max = 1000,
               .help = "variants of each training image, the untouched one included; x1 takes them away",
               .advice = "x2 to x10; an epoch takes so many times as long"},
    [ROTATE] = {.name = "rotate",
                .role = DSL_OPTION,
                .type = DSL_T_NUMBER,
                .dflt = "15",
                .max = 180,
                .help = "turned by up to so many degrees to either side",
                .advice = "5 to 20; a mark that stands upside down is rarely met"},
    [SHIFT] = {.name = "shift",
               .role = DSL_OPTION,
               .type = DSL_T_NUMBER,
               .dflt = "10%",
               .max = 0.9,
               .help = "moved by up to this share of the side",
               .advice = "5% to 20%; too much and the mark leaves the picture"},
    [ZOOM] = {.name = "zoom",
              .role = DSL_OPTION,
              .type = DSL_T_NUMBER,
              .dflt = "10%",
              .max = 0.9,
              .help = "enlarged or shrunk by up to this share",
              .advice = "5% to 30%"},
    [BRIGHTNESS] = {.name = "brightness",
                    .role = DSL_OPTION,
                    .type = DSL_T_NUMBER,
                    .dflt = "20%",
                    .max = 1,
                    .help = "brighter or darker by up to this share",
                    .advice = "10% to 40%"},
    [SHEAR] = {.name = "shear",
               .role = DSL_OPTION,
               .type = DSL_T_NUMBER,
               .dflt = "0",
               .max = 60,
               .help = "slanted by up to so many degrees to either side",
               .advice = "0 to 15"},
    [NOISE] = {.name = "noise",
               .role = DSL_OPTION,
               .type = DSL_T_NUMBER,
               .dflt = "0%",
               .max = 1,
               .help = "grain with a deviation of up to this share of white",
               .advice = "0% to 10%"},
    [ERASE] = {.name = "erase",
               .role = DSL_OPTION,
               .type = DSL_T_NUMBER,
               .dflt = "0%",
               .max = 0.9,
               .help = "a rectangle of up to this share of the picture covered",
               .advice = "0% to 30%"},
    [PREVIEW] = {.name = "preview",
                 .role = DSL_OPTION,
                 .type = DSL_T_INT,
                 .dflt = "6",
                 .min = 0,
                 .max = 24,
                 .help = "training images to show with their variants"},
    [SEED] = CMD_SEED("draws the variants; the same seed, the same variants"),
    [FLIP] = {.name = "flip",
              .role = DSL_FLAG,
              .type = DSL_T_FLAG,
              .help = "mirror left and right in half of the variants; mirrors lettering too"},
    [FRESH] = {.name = "fresh",
               .role = DSL_FLAG,
               .type = DSL_T_FLAG,
               .help = "other variants in every epoch instead of the same ones"},
    {0},
};

static data_augment asked_for(const dsl_call *call)
{
    data_augment augment = {
        .times = (int)call->arg[TIMES].value[0].integer, .seed = cmd_seed(call, SEED), .fresh = dsl_on(call, FRESH)};
    for (int i = ROTATE; i <= ERASE; i++) img_augment_set(&augment.how, params[i].name, call->arg[i].value[0].number);
    img_augment_set(&augment.how, "flip", dsl_on(call, FLIP) ? 1 : 0);
    return augment;
}

data_augment cmd_augment_usual(int times, uint64_t seed)
{
    data_augment augment = {.times = times, .seed = seed};
    for (int i = ROTATE; i <= ERASE; i++) {
        char number[16];
        double strength = 0;
        snprintf(number, sizeof number, "%.*s", (int)strcspn(params[i].dflt, "%"), params[i].dflt);
        lg_parse_double(number, &strength);
        img_augment_set(&augment.how, params[i].name, strchr(params[i].dflt, '%') ? strength / 100 : strength);
    }
    return augment;
}

static void warn_flip(plt_doc *doc)
{
    lg_err warning = {0};
    lg_fail(&warning, LG_E_DATA, 342, "`flip` mirrors lettering");
    lg_why(&warning, "in half of the variants words run from right to left, as they never do on a shirt or a sign");
    lg_try(&warning, "leave `flip` out unless your marks have no letters and look the same mirrored");
    plt_warning(doc, &warning);
}

/* ---- the preview: a row for each image, under each variant what was drawn for it ---- */
typedef struct preview {
    const data_set *set;
    plt_doc *doc;
    uint8_t *px; /* one picture */
    int shown;   /* variants of each image */
} preview;

/* "flip, rot -7°" in two lines: pictures are narrow. */
static void one_each_line(lg_buf *text)
{
    size_t to = 0;
    for (size_t i = 0; i < text->len; i++) {
        bool comma = text->data[i] == ',' && text->data[i + 1] == ' ';
        text->data[to++] = comma ? '\n' : text->data[i];
        i += comma;
    }
    text->len = to;
    if (text->data) text->data[to] = 0;
}

static lg_status variant_tile(const preview *p, size_t row, int variant, lg_err *err)
{
    data_size shape = data_shape(p->set);
    img_picture made = {.h = shape.h, .w = shape.w, .c = shape.c, .px = p->px}, rgb = {0}; /* made is borrowed */
    img_variant drawn;
    lg_buf caption;
    LG_TRY(data_variant_pixels(p->set, row, variant, 0, p->px, err));
    LG_TRY(img_convert(&made, 3, &rgb, err));
    data_variant_at(p->set, row, variant, 0, &drawn);
    lg_buf_init(&caption, 0);
    img_variant_text(&drawn, &caption);
    one_each_line(&caption);
    plt_thumb(p->doc, rgb.px, rgb.w, rgb.h, PLT_EDGE_NONE, "%s", lg_buf_str(&caption));
    lg_status st = lg_buf_check(&caption, err);
    lg_buf_release(&caption);
    img_picture_release(&rgb);
    return st;
}

static lg_status variant_rows(const preview *p, const uint32_t *rows, size_t n, lg_err *err)
{
    for (size_t i = 0; i < n; i++) {
        data_image image;
        data_image_at(p->set, rows[i], &image);
        plt_grid_group(p->doc, "%s %s", image.number, data_class_name(p->set, image.label));
        for (int variant = 0; variant < p->shown; variant++) LG_TRY(variant_tile(p, rows[i], variant, err));
    }
    return LG_OK;
}

/* train: the training images of the augmented set. */
static lg_status doc_preview(const dsl_call *call, plt_doc *doc, const data_set *train, lg_err *err)
{
    enum { MOST = 12 };
    uint32_t rows[24];
    int times = data_variants(train);
    data_size shape = data_shape(train);
    size_t n = data_sample(train, (size_t)call->arg[PREVIEW].value[0].integer, data_seed(train), rows);
    preview p = {.set = train, .doc = doc, .shown = times < MOST ? times : MOST};
    if (!n) return LG_OK;
    p.px = lg_alloc((size_t)shape.h * (size_t)shape.w, (size_t)shape.c, err);
    if (!p.px) return err->status;
    int size = 618 / p.shown - 10; /* so that the variants of an image make one row of the card */
    plt_grid(doc,
             size < 48   ? 48
             : size > 96 ? 96
                         : size,
             "%zu training image%s and %s variants, with what was drawn for each", n, n == 1 ? "" : "s",
             p.shown < times ? "the first of their" : "their");
    lg_status st = variant_rows(&p, rows, n, err);
    lg_free(p.px);
    return st;
}

/* "turned up to 15°, moved up to 10%, …": what is on. */
static void strengths(const dsl_call *call, lg_buf *out)
{
    static const struct {
        int param;
        const char *verb, *unit;
        double factor;
    } parts[] = {{ROTATE, "turned", "°", 1},    {SHIFT, "moved", "%", 100}, {ZOOM, "zoomed", "%", 100},
                 {BRIGHTNESS, "lit", "%", 100}, {SHEAR, "slanted", "°", 1}, {NOISE, "grained", "%", 100},
                 {ERASE, "covered", "%", 100}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        double value = call->arg[parts[i].param].value[0].number;
        if (value > 0)
            lg_buf_addf(out, "%s%s up to %.4g%s", out->len ? ", " : "", parts[i].verb, value * parts[i].factor,
                        parts[i].unit);
    }
    if (dsl_on(call, FLIP)) lg_buf_addf(out, "%shalf of them mirrored", out->len ? ", " : "");
    if (!out->len) lg_buf_adds(out, "all the same, as every strength is 0");
}

static void doc_words(const dsl_call *call, plt_doc *doc, const data_set *train, const data_counts *counts)
{
    int times = data_variants(train);
    long long images = (long long)data_count(train),
              judged = (long long)(counts->total[DATA_VAL] + counts->total[DATA_TEST]);
    lg_buf how;
    lg_buf_init(&how, 0);
    strengths(call, &how);
    plt_sentence(doc, "%d variants of each training image, the untouched one included: %s", times, lg_buf_str(&how));
    lg_buf_release(&how);
    plt_sentence(doc, "An epoch of `fit` sees %s × %d = %s images; the %s images that judge stay as they are",
                 lg_thousands(images), times, lg_thousands(images * times), lg_thousands(judged));
    if (dsl_on(call, FRESH)) plt_note(doc, "fresh: other variants in every epoch; shown are those of the first");
}

static lg_status show_result(const dsl_call *call, const data_set *set, lg_err *err)
{
    const char *name = call->arg[DATA].value[0].name;
    plt_doc doc;
    data_counts counts;
    data_set *train = NULL;
    LG_TRY(data_part(set, DATA_TRAIN, &train, err));
    lg_status st = data_count_classes(set, &counts, err);
    if (st) {
        data_unref(train);
        return st;
    }
    plt_doc_init(&doc);
    int times = data_variants(train);
    if (times > 1) {
        plt_title(&doc, "augment %s x%d: %s × %d training images, seed %llu%s%s", name, times,
                  lg_thousands((long long)data_count(train)), times, (unsigned long long)data_augment_of(set).seed,
                  *call->note ? " " : "", call->note);
        st = doc_preview(call, &doc, train, err);
        if (dsl_on(call, FLIP)) warn_flip(&doc);
        doc_words(call, &doc, train, &counts);
    } else {
        plt_title(&doc, "augment %s x1%s%s", name, *call->note ? " " : "", call->note);
        plt_sentence(&doc, "No variants: an epoch sees each of the %s training images once, untouched",
                     lg_thousands((long long)data_count(train)));
    }
    data_counts_release(&counts);
    data_unref(train);
    if (st == LG_OK) return cmd_display(call, &doc, times > 1, err);
    plt_doc_release(&doc);
    return st;
}

static lg_status need_training_images(const char *name, const data_set *set, lg_err *err)
{
    data_set *train = NULL;
    LG_TRY(data_part(set, DATA_TRAIN, &train, err));
    size_t n = data_count(train);
    data_unref(train);
    if (n) return LG_OK;
    lg_fail(err, LG_E_DATA, 406, "`%s` has no training images to make variants of", name);
    return lg_try(err, "split %s 80/20", name);
}

static lg_status augment_check(const dsl_call *call, lg_err *err)
{
    const dsl_value *data = call->arg[DATA].count ? &call->arg[DATA].value[0] : NULL;
    if (!data || data->part == DSL_PART_ALL || data->part == DSL_PART_TRAIN) return LG_OK;
    lg_fail(err, LG_E_ARG, 344, "`augment` makes variants of training images, never of `%s`", data->text);
    lg_why(err, "images that judge stay as they are, or the result would be about other images");
    lg_try(err, "augment %s %s", data->name, call->arg[TIMES].count ? call->arg[TIMES].value[0].text : "x10");
    return lg_err_place(err, data->span);
}

static lg_status augment_run(const dsl_call *call, lg_err *err)
{
    const dsl_value *data = &call->arg[DATA].value[0];
    const data_set *old = cmd_dataset(data);
    const data_augment augment = asked_for(call);
    data_set *set = NULL;
    lg_status st = data_need_pixels(old, data->name, err);
    if (st == LG_OK) st = need_training_images(data->name, old, err);
    if (st) return lg_err_place(err, data->span);
    LG_TRY(data_augmented(old, &augment, &set, err));
    st = cmd_dataset_bind(call, data->name, data_ref(set), err);
    if (st == LG_OK) st = show_result(call, set, err);
    data_unref(set);
    return st;
}

const dsl_command dsl_cmd_augment = {
    .name = "augment",
    .summary = "make N slightly different variants of each training image, the untouched one included",
    .detail =
        "Only training images: those that judge are never changed. No variant is stored; an epoch of `fit` visits "
        "all of them, made when their turn comes, the same ones every time for the same seed (`fresh`: other ones "
        "in every epoch). `show` shows the originals. A second `augment` replaces the first.",
    .group = "Data",
    .params = params,
    .examples = (const char *const[]){"augment logos x10", "augment logos x4 rotate 10 shift 5% zoom 20%", NULL},
    .check = augment_check,
    .run = augment_run,
};
