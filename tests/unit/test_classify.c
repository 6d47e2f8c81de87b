/* `classify`: pictures of posts and of datasets, how sure the model is, and what becomes of it. */
#include "tests/support/posts.h"
#include <ftw.h>

static lens l;

static const rep_posts *posts_of(const char *name)
{
    dsl_object *object = dsl_session_get(l.session, name);
    CHECK(object && object->cls == &cmd_posts_class);
    return object->payload;
}

static int64_t kept_predictions(void)
{
    lg_err err = {0};
    store_counts counts;
    store_catalogue *c = posts_catalogue();
    CHECK_OK(store_catalogue_counts(c, &counts, &err));
    store_catalogue_close(c);
    return counts.predictions;
}

TEST(posts_get_the_labels_of_their_pictures)
{
    lens_home_in_memory();
    lens_shop();
    CHECK_INT(lens_open(&l), LG_OK);
    posts_shop(&l, "posts");
    LENS_OK(lens_run(&l, "load logos from shop split 50/50\n"
                         "model scratch on logos { conv 8 3x3 relu; maxpool 4; flatten; dense classes softmax }\n"
                         "model raw like scratch"));
    CHECK_INT(lens_run(&l, "classify posts with raw"), LG_E_ARG);
    CHECK_INT(l.err.code, 411);
    LENS_OK(lens_run(&l, "fit scratch epochs 30 batch 8 lr 0.05 quiet"));
    LENS_OK(lens_run(&l, "classify posts with scratch as labelled"));
    const char *text = lg_buf_str(&l.text);
    CHECK_HAS(text, "classify posts with scratch: 13 pictures");
    const rep_posts *p = posts_of("labelled");
    CHECK_INT(p->count, 12);
    CHECK_INT(p->labels, 4);
    CHECK_STR(p->label[p->post[0].picture[0].label], "adidas");
    CHECK_STR(p->label[p->post[2].picture[1].label], "nike");
    CHECK_INT(p->post[9].picture[0].label, -1);
    CHECK_STR(lens_fact(&l, "labelled.count"), "12");
    CHECK_STR(lens_fact(&l, "labelled.adidas"), "6");
    CHECK_STR(lens_fact(&l, "labelled.nike"), "3");
    CHECK_STR(lens_fact(&l, "labelled.unsure"), "0");
    CHECK_STR(lens_fact(&l, "labelled.unread"), "1");
    CHECK_INT(kept_predictions(), 12);
    CHECK(!posts_of("posts")->labels);
}

/* ---- the unsure bin ---- */
TEST(below_min_pictures_count_for_no_class)
{
    LENS_OK(lens_run(&l, "classify posts with scratch min 97% as strict"));
    const rep_posts *p = posts_of("strict");
    const char *text = lg_buf_str(&l.text);
    int unsure = 0, sure = 0;
    for (size_t i = 0; i < p->count; i++)
        for (size_t k = 0; k < p->post[i].pictures; k++) {
            const rep_picture *picture = &p->post[i].picture[k];
            if (picture->label < 0) continue;
            unsure += picture->confidence < 0.97f;
            sure += picture->confidence >= 0.97f;
        }
    CHECK(unsure > 0 && sure > 0);
    CHECK_INT(strtol(lens_fact(&l, "strict.unsure"), NULL, 10), unsure);
    CHECK_HAS(text, "classify posts with scratch min 97%: 13 pictures");
    CHECK_HAS(text, "unsure, below 97%: ");
    CHECK_HAS(text, ", unsure: ");
    CHECK_HAS(text, "validation images of logos.val that scratch is at least 97% sure of");
    LENS_OK(lens_run(&l, "show strict where unsure = yes\ncheck strict.min = 97%"));
    CHECK_HAS(lg_buf_str(&l.text), "unsure: ");
    LENS_OK(lens_run(&l, "show strict where predicted = adidas and confidence >= 98% sort confidence limit 2"));
    CHECK_HAS(lg_buf_str(&l.text), "1  @");
    CHECK(!strstr(lg_buf_str(&l.text), "nike"));
    CHECK_INT(lens_run(&l, "show strict where predicted = adidsa"), LG_E_DATA);
    CHECK_INT(l.err.code, 313);
}

/* ---- calibration ---- */
TEST(confidence_is_calibrated_on_validation_images)
{
    LENS_OK(lens_run(&l, "load noise from flat labels list.csv columns file, source split 50/50\n" /* says nothing */
                         "model poor on noise { flatten; dense classes softmax }\n"
                         "fit poor epochs 20 batch 4 lr 0.05 keep last quiet\n"
                         "classify posts with poor as rough"));
    const rep_posts *p = posts_of("rough");
    CHECK_STR(p->validation_name, "noise.val");
    CHECK_HAS(p->calibration, "calibrated on the ");
    CHECK_HAS(p->calibration, " validation images of noise.val (temperature ");
    CHECK_HAS(p->calibration, " too sure)");
    CHECK_HAS(lg_buf_str(&l.text), p->calibration);
    size_t right = 0, other = 0;
    double sum = 0;
    for (size_t i = 0; i < p->validations; i++) {
        right += p->validation[i].truth == p->validation[i].said;
        sum += (double)p->validation[i].confidence;
    }
    double n = (double)p->validations;
    CHECK(n >= 20);
    CHECK_NEAR(sum / n, (double)right / n, 0.2);
    for (size_t i = 0; i < p->count; i++)
        for (size_t k = 0; k < p->post[i].pictures; k++)
            other += p->post[i].picture[k].label >= 0 &&
                     fabs((double)(p->post[i].picture[k].confidence - p->post[i].picture[k].raw)) > 0.001;
    CHECK(other > 5);
}

TEST(too_few_validation_images_calibrate_nothing)
{
    LENS_OK(lens_run(&l, "load few from shop split 90/10\n"
                         "model hasty on few { flatten; dense classes softmax }\n"
                         "fit hasty epochs 1 quiet\n"
                         "classify posts with hasty as raw1"));
    const rep_posts *p = posts_of("raw1");
    CHECK(p->validations > 0 && p->validations < 20);
    CHECK_HAS(p->calibration, "not calibrated: few.val has");
    CHECK(p->post[0].picture[0].confidence == p->post[0].picture[0].raw);
    lg_err err = {0};
    CHECK_OK(dsl_session_remove(l.session, "few", &err));
    LENS_OK(lens_run(&l, "classify posts with hasty as raw2"));
    CHECK_INT(posts_of("raw2")->validations, 0);
    CHECK_HAS(lg_buf_str(&l.text), "Without validation images nothing tells how many of these are right.");
}

/* ---- other models, other objects ---- */
TEST(a_model_that_knows_no_labels_numbers_its_outputs)
{
    ds_copy("tiny.onnx", "tests/golden/onnx/tiny.onnx");
    LENS_OK(lens_run(&l, "open tiny from tiny.onnx\nclassify posts with tiny as numbered"));
    const rep_posts *p = posts_of("numbered");
    CHECK(p->labels > 1);
    CHECK_STR(p->label[0], "output 0");
    CHECK_HAS(lg_buf_str(&l.text), "output ");
}

TEST(without_as_the_posts_themselves_are_labelled)
{
    LENS_OK(lens_run(&l, "classify posts with scratch where user = ann"));
    CHECK_STR(lens_fact(&l, "posts.count"), "5");
    CHECK_STR(lens_fact(&l, "posts.adidas"), "4");
    CHECK_INT(lens_run(&l, "classify posts with scratch where user = nobody"), LG_E_DATA);
    CHECK_INT(l.err.code, 407);
    CHECK_STR(lens_fact(&l, "posts.count"), "5");
}

TEST(images_of_a_dataset_are_posts_of_nobody)
{
    LENS_OK(lens_run(&l, "classify logos with scratch where label = nike"));
    CHECK_HAS(lg_buf_str(&l.text), "not kept: add `as NAME` to go on with it");
    CHECK_HAS(lg_buf_str(&l.text), "LL420"); /* it has learnt from some of them */
    LENS_OK(lens_run(&l, "classify logos.val with scratch as judged where label = nike and predicted = nike"));
    const rep_posts *p = posts_of("judged");
    CHECK(p->count > 0);
    CHECK_STR(p->post[0].platform, "files");
    CHECK_HAS(p->post[0].picture[0].file, "/shop/nike/");
    CHECK(!p->post[0].picture[0].jpeg);
    CHECK_STR(lens_fact(&l, "judged.users"), "0");
    CHECK_HAS(lg_buf_str(&l.text), "  1  nike/");
    CHECK_INT(lens_run(&l, "classify logos.test with scratch"), LG_E_DATA);
    LENS_OK(lens_run(&l, "show judged limit 3"));
    CHECK_HAS(lg_buf_str(&l.text), "nike ");
}

TEST(posts_without_pictures_are_classified_as_none)
{
    static const posts_one silent = {.handle = "gus", .text = "no picture"};
    posts_made p = posts_begin("tag silent");
    posts_add(&p, &silent);
    posts_end(&p, &l, "silent", "twitter #silent");
    LENS_OK(lens_run(&l, "classify silent with scratch"));
    CHECK_HAS(lg_buf_str(&l.text), "LL447");
    CHECK_STR(lens_fact(&l, "silent.count"), "1");
    CHECK_STR(lens_fact(&l, "silent.adidas"), "0");
    p = posts_begin("tag empty");
    posts_end(&p, &l, "empty", "twitter #empty");
    LENS_OK(lens_run(&l, "classify empty with scratch\nempty\nshow empty sort likes"));
    CHECK_STR(lens_fact(&l, "empty.pictures"), "0");
}

TEST(an_interrupt_leaves_all_as_it_was)
{
    lg_cancel_set(&l.cancel);
    CHECK_INT(lens_run(&l, "classify strict with scratch min 10%"), LG_E_INTERRUPTED);
    lg_cancel_clear(&l.cancel);
    CHECK_STR(lens_fact(&l, "strict.min"), "0.97");
}

/* ---- Tab ---- */
static bool offers(const char *line, const char *word)
{
    lg_err err = {0};
    dsl_completion c;
    bool found = false;
    CHECK_OK(dsl_session_complete(l.session, line, strlen(line), strlen(line), &c, &err));
    for (size_t i = 0; i < c.count; i++) found = found || !strcmp(c.match[i].text, word);
    dsl_completion_release(&c);
    return found;
}

TEST(tab_knows_the_fields_of_posts_and_their_labels)
{
    CHECK(offers("show strict where pre", "predicted"));
    CHECK(offers("show strict where ", "likes"));
    CHECK(offers("show strict where predicted = ", "adidas"));
    CHECK(offers("show silent where ", "user"));
    CHECK(!offers("show strict where ", "loss")); /* of images */
    CHECK(offers("classify str", "strict"));
    CHECK(offers("classify strict with scr", "scratch"));
    CHECK(offers("classify strict with scratch ", "min"));
    CHECK(offers("delete ", "user"));
}

/* ---- what is kept of people's pictures ---- */
static long long feature_bytes;

static int add_bytes(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)path, (void)place;
    if (kind == FTW_F) feature_bytes += info->st_size;
    return 0;
}

static long long features_kept(void)
{
    char folder[300];
    snprintf(folder, sizeof folder, "%s/cache/features", getenv("LOGOLENS_HOME"));
    feature_bytes = 0;
    nftw(folder, add_bytes, 8, FTW_PHYS);
    return feature_bytes;
}

TEST(features_of_posted_pictures_are_not_kept_on_disk)
{
    LENS_OK(lens_run(&l, "model deep on logos {\n  conv 8 3x3 relu same name a\n  conv 8 3x3 relu same name b\n"
                         "  maxpool 4\n  flatten\n  dense classes softmax\n}\nfreeze deep layers a, b\n"
                         "fit deep epochs 1 quiet"));
    long long before = features_kept();
    CHECK(before > 0);
    LENS_OK(lens_run(&l, "classify numbered with deep as again"));
    CHECK(features_kept() == before);
    LENS_OK(lens_run(&l, "load others from flat\nclassify others with deep as files"));
    CHECK(features_kept() >= before); /* of these they are: same content as logos */
    CHECK_STR(lens_fact(&l, "files.count"), "48");
}

/* ---- many ---- */
static void many(size_t n)
{
    lg_err err = {0};
    rep_posts *posts = NULL;
    dsl_object *object = NULL;
    CHECK_OK(rep_posts_new(&posts, &err));
    rep_post *post = lg_arena_alloc(&posts->arena, n, sizeof *post, &err);
    rep_picture *picture = lg_arena_alloc(&posts->arena, n, sizeof *picture, &err);
    CHECK(post && picture);
    for (size_t i = 0; i < n; i++) {
        char *id = lg_arena_strf(&posts->arena, &err, "%zu", i);
        picture[i] = (rep_picture){.label = -1};
        memset(picture[i].sha256, "0123456789abcdef"[i % 16], 64);
        post[i] = (rep_post){
            .platform = "twitter",
            .id = id,
            .url = lg_arena_strf(&posts->arena, &err, "https://twitter.example/person%zu/status/%zu", i % 900, i),
            .text = "some words that a stranger wrote under a picture of what they had for breakfast",
            .author_id = id,
            .author_handle = lg_arena_strf(&posts->arena, &err, "person%zu", i % 900),
            .time = 1790812800000 + (int64_t)i * 1000,
            .likes = (int64_t)(i * 7919 % 1000),
            .picture = &picture[i],
            .pictures = 1};
    }
    CHECK_OK(err.status);
    posts->post = post;
    posts->count = n;
    CHECK_OK(dsl_object_new(&cmd_posts_class, posts, NULL, &object, &err));
    CHECK_OK(dsl_session_bind(l.session, "many", object, &err));
}

TEST(five_thousand_posts_stay_below_the_limit_of_an_output)
{
    many(5000);
    LENS_OK(lens_run(&l, "show many sort likes limit 1000"));
    CHECK(l.html.len < 400000 + 2000 && l.text.len < 400000 + 2000);
    CHECK_HAS(lg_buf_str(&l.text), "many: 5,000 posts of 5,000 users, 5,000 pictures");
    CHECK_HAS(lg_buf_str(&l.text), "999 likes");
    CHECK_HAS(lg_buf_str(&l.text), "4,000 more cards");
    LENS_OK(lens_run(&l, "classify many with scratch as none"));
    CHECK_STR(lens_fact(&l, "none.unread"), "5000");
}

TEST(end)
{
    lens_close(&l);
}
