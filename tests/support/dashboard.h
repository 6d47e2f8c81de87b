/* dashboard.h - posts, customers and a model by hand for the tests of the dashboard: invented people, drawn pictures,
 * and texts that try to get out of where they are put. */
#ifndef TEST_DASHBOARD_H
#define TEST_DASHBOARD_H

#include "lib/image/resize.h"
#include "lib/report/dashboard.h"
#include "lib/sample/logos.h"

#define DASH_MONDAY INT64_C(1789344000000) /* Monday 14 September 2026 */
#define DASH_DAY    INT64_C(86400000)

static const char *const dash_labels[] = {"adidas", "nike", "other", "puma"};

/* Closes elements, attributes, comments and scripts; formulas; controls, bidi and line separators; bytes that are none.
 */
static const char *const dash_hostile[] = {
    "</script><script>window.hacked=1</script>",
    "<!--<script>",
    "<img src=x onerror=window.hacked=1>",
    "\"><svg onload=window.hacked=1>",
    "' onmouseover='window.hacked=1",
    "]]></style><style>*{display:none}</style>",
    "&lt;b&gt; &amp;amp; &#x3c;i&#x3e;",
    "line\xe2\x80\xa8separator\xe2\x80\xa9paragraph",
    "\xe2\x80\xaetxt.exe\xe2\x81\xa6 turned",
    "bell\x07 escape\x1b[31m nul",
    "bad \xff\xfe utf \xc0\xaf",
    "=HYPERLINK(\"https://evil.example\",\"click\")",
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1+1)",
    "\t=1+1",
    "'=1+1",
    "\xef\xbc\x9d"
    "1+1",
    "javascript:window.hacked=1",
    "$(document) ${window.hacked=1} `x`",
    "comma, \"quote\"\nsecond line",
    "שלום adidas \xf0\x9f\x91\x9f",
};
enum { DASH_HOSTILE = sizeof dash_hostile / sizeof *dash_hostile };

typedef struct dash_fixture {
    rep_posts *posts;
    rep_customers list;
    rep_validation validation[400];
    rep_dash_class class[4];
    rep_dash_model model;
    const rep_posts *sets[1];
    const rep_customers *lists[1];
    rep_dashboard ask;
    lg_buf file;
    rep_dash_made made;
    bool noise; /* pictures that no JPEG makes small */
} dash_fixture;

/* Drawn once: most pictures of a fixture look like another. */
enum { DASH_LOOKS = 48 };
static const img_picture *dash_look(int number, smp_label *label, lg_err *err)
{
    static img_picture look[DASH_LOOKS];
    static smp_label labels[DASH_LOOKS];
    int i = number % DASH_LOOKS;
    if (!look[i].px && smp_logos_draw(7, 600, i, &look[i], &labels[i], err)) return NULL;
    *label = labels[i];
    return &look[i];
}

/* A picture for each name: that of the sample set which its first digits say. */
static lg_status dash_draw(void *ctx, const rep_picture *picture, int side, img_picture *out, lg_err *err)
{
    const dash_fixture *f = ctx;
    int number = 0;
    for (int i = 0; i < 6; i++) number = 10 * number + (picture->sha256[i] - '0');
    if (number % 97 == 13) return LG_OK; /* cannot be read */
    if (f->noise) {
        lg_rng rng;
        lg_rng_init(&rng, (uint64_t)number);
        LG_TRY(img_picture_init(out, side, side, 3, err));
        for (size_t i = 0; i < img_size(out); i++) out->px[i] = (uint8_t)lg_rng_next(&rng);
        return LG_OK;
    }
    smp_label label;
    const img_picture *full = dash_look(number, &label, err);
    if (!full) return err->status;
    double scale = (double)side / (full->w > full->h ? full->w : full->h);
    scale = scale < 1 ? scale : 1;
    return img_resize(full, (int)(full->h * scale + .5), (int)(full->w * scale + .5), out, err);
}

static void *dash_take(dash_fixture *f, size_t count, size_t size, lg_err *err)
{
    return lg_arena_alloc(&f->posts->arena, count, size, err);
}

static int dash_draw_label(int number, lg_err *err)
{
    smp_label label = SMP_OTHER;
    dash_look(number, &label, err);
    return (int)label;
}

/* Most pictures are called what they are; some are unsure. */
static lg_status dash_picture_of(dash_fixture *f, int number, rep_picture *out, lg_err *err)
{
    lg_rng rng;
    lg_rng_init(&rng, 1000 + (uint64_t)number);
    *out = (rep_picture){.width = 800, .height = 600};
    char name[80];
    snprintf(name, sizeof name, "%06d%058d", number, 0);
    memcpy(out->sha256, name, 65);
    out->label = f->noise ? number % 4 : dash_draw_label(number, err);
    if (err->status) return err->status;
    if (lg_rng_uniform(&rng) < 0.08) out->label = (int32_t)lg_rng_below(&rng, 4);
    double u = lg_rng_uniform(&rng);
    out->confidence = out->raw = (float)(1 - 0.62 * u * u);
    if (number % 11 == 5) out->alt = dash_hostile[(size_t)number % DASH_HOSTILE];
    return LG_OK;
}

static lg_status dash_post_of(dash_fixture *f, int i, int count, rep_post *post, lg_err *err)
{
    static const char *const captions[] = {
        "New pair for the marathon on Sunday, thank you for the good advice in the shop!",
        "Match day. The whole team in three stripes, and we won 3:1 in the rain.",
        "Unboxing: these are the ones I waited for since spring. What do you think?",
        "Sunday run by the river, 12 km, first frost of the year.",
        "Found in my grandfather's attic: shoes from 1974, still in the box.",
        "Which colour would you take? I cannot make up my mind.",
    };
    lg_arena *arena = &f->posts->arena;
    int person = (i * i + 3 * i) % 41 % 23, pictures = i % 17 == 3 ? 2 : i % 29 == 7 ? 0 : 1;
    bool odd = i % 9 == 4;
    int64_t age = (int64_t)i * 70 * DASH_DAY / count;
    rep_picture *picture = dash_take(f, (size_t)pictures, sizeof *picture, err);
    if (!picture) return err->status;
    for (int k = 0; k < pictures; k++) LG_TRY(dash_picture_of(f, i + 10 * count * k, &picture[k], err));
    *post = (rep_post){
        .platform = i % 5 == 2 ? "bluesky" : "twitter",
        .id = lg_arena_strf(arena, err, "18400000000000%05d", i),
        .url = lg_arena_strf(arena, err, "https://social.example/p%02d/status/18400000000000%05d", person, i),
        .text = odd ? dash_hostile[(size_t)i % DASH_HOSTILE] : captions[i % 6],
        .language = i % 7 == 1 ? "\" onload=x" : "en",
        .author_id = i % 31 == 9 ? NULL : lg_arena_strf(arena, err, "id%02d", person),
        .author_handle = i % 31 == 9 ? NULL : lg_arena_strf(arena, err, "secrethandle_%02d", person),
        .author_name = i % 31 == 9       ? NULL
                       : person % 6 == 1 ? dash_hostile[(size_t)person % DASH_HOSTILE]
                                         : "Secret Name",
        .time = i % 43 == 20 ? REP_NO_TIME : DASH_MONDAY + 69 * DASH_DAY - age * (i % 3 == 0 ? 1 : 2) / 2,
        .likes = i % 13 ? i * 7 % 300 : REP_NOT_GIVEN,
        .reposts = i % 8,
        .replies = REP_NOT_GIVEN,
        .picture = picture,
        .pictures = (size_t)pictures,
    };
    if (i % 47 == 11) post->url = "javascript:window.hacked=1";
    if (i % 47 == 12) post->url = "https://social.example/\"><script>window.hacked=1</script>";
    return err->status;
}

static lg_status dash_posts(dash_fixture *f, int count, lg_err *err)
{
    LG_TRY(rep_posts_new(&f->posts, err));
    rep_post *post = dash_take(f, (size_t)count, sizeof *post, err);
    if (!post) return err->status;
    for (int i = 0; i < count; i++) LG_TRY(dash_post_of(f, i, count, &post[i], err));
    lg_rng rng;
    lg_rng_init(&rng, 5);
    for (size_t i = 0; i < sizeof f->validation / sizeof *f->validation; i++) {
        double u = lg_rng_uniform(&rng);
        float sure = (float)(1 - 0.6 * u * u);
        int32_t truth = (int32_t)lg_rng_below(&rng, 4);
        int32_t said = lg_rng_uniform(&rng) < (double)sure ? truth : (int32_t)lg_rng_below(&rng, 4);
        f->validation[i] = (rep_validation){.truth = truth, .said = said, .confidence = sure};
    }
    rep_posts *p = f->posts;
    p->title = "twitter user @secrethandle_03";
    p->post = post;
    p->count = (size_t)count;
    p->model = "transfer";
    p->label = dash_labels;
    p->labels = 4;
    p->least = 0.6f;
    p->calibration = "temperature 1.31, fitted on 400 validation images";
    p->validation = f->validation;
    p->validations = 400;
    p->validation_name = "logos.val";
    static const char *const withheld[] = {"likes of 12 posts: the platform hides them"};
    p->withheld = withheld;
    p->withhelds = 1;
    return LG_OK;
}

/* The whole fixture; release with dash_free. */
static const char *dash_platform(const char *name)
{
    return strcmp(name, "twitter") == 0 ? "X (Twitter)" : name;
}

static lg_status dash_make(dash_fixture *f, int count, bool anonymous, lg_err *err)
{
    *f = (dash_fixture){.noise = f->noise};
    LG_TRY(dash_posts(f, count, err));
    rep_customers_ask ask = {.brand = "adidas", .least = 0.6f, .posts = 2, .top = 50, .anonymous = anonymous};
    LG_TRY(rep_customers_find(f->posts, &ask, &f->list, err));
    static const int64_t figures[4][3] = {{98, 96, 91}, {100, 104, 88}, {110, 108, 95}, {92, 92, 80}};
    for (int k = 0; k < 4; k++)
        f->class[k] = (rep_dash_class){
            .label = dash_labels[k], .truth = figures[k][0], .said = figures[k][1], .right = figures[k][2]};
    f->model = (rep_dash_model){.name = "scratch",
                                .on = "logos.val",
                                .class = f->class,
                                .classes = 4,
                                .learnt = "2,404 pictures of logos (adidas, nike, other, puma)",
                                .course = "Its training took 20 rounds over them; round 14 was kept"};
    f->sets[0] = f->posts;
    f->lists[0] = &f->list;
    f->ask = (rep_dashboard){.title = "Who posts our shoes",
                             .about = "Weekly look for the shop in Graz.",
                             .posts = f->sets,
                             .sets = 1,
                             .customers = f->lists,
                             .lists = 1,
                             .model = &f->model,
                             .models = 1,
                             .made = DASH_MONDAY + 76 * DASH_DAY,
                             .picture = dash_draw,
                             .platform = dash_platform,
                             .ctx = f};
    lg_buf_init(&f->file, 0);
    return LG_OK;
}

static void dash_free(dash_fixture *f)
{
    rep_customers_release(&f->list);
    rep_posts_unref(f->posts);
    lg_buf_release(&f->file);
}

#endif
