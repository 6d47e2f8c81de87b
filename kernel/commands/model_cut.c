/* model_cut.c - where a model is cut, and features: found, computed, kept. */
#include "kernel/commands/model_cut.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/reach.h"
#include "lib/data/clean.h"
#include "lib/image/hash.h"
#include "lib/store/feature_store.h"
#include "lib/store/paths.h"

#include "lib/base/banned.h"

/* ---- where ---- */

/* Is computing the features of an image so much more work than reading them that they are worth keeping? A number read
 * costs about as much as some hundred multiply-adds. */
static lg_status worth_it(const nn_net *head, bool *out, lg_err *err)
{
    enum { PER_NUMBER = 300 };
    nn_summary summary;
    LG_TRY(nn_summary_new(head, &summary, err));
    *out = summary.macs > PER_NUMBER * (double)nn_shape_size(nn_net_output(head));
    nn_summary_release(&summary);
    return LG_OK;
}

/* Kernels of other machines add in another order: a cache that two of them share has features for each. Another version
 * may decode or fit pictures otherwise. */
static lg_status fingerprint(cmd_cut *cut, lg_err *err)
{
    char variants[4096];
    lg_buf text;
    lg_buf_init(&text, (size_t)8 << 30);
    lg_pack_text(&text, "logolens features " LG_VERSION);
    nn_kernels_report(variants, sizeof variants);
    lg_pack_text(&text, variants);
    lg_pack_u8(&text, nn_kernels_openblas());
    nn_net_pack(cut->head, &text);
    nn_weights_pack(cut->fixed, &text);
    lg_status st = lg_buf_check(&text, err);
    if (st == LG_OK) img_sha256(lg_buf_str(&text), text.len, cut->fingerprint);
    lg_buf_release(&text);
    return st;
}

static lg_status cut_here(const cmd_model *model, int node, cmd_cut *cut, lg_err *err)
{
    bool worth = false;
    LG_TRY(nn_net_head(model->net, node, &cut->head, err));
    LG_TRY(worth_it(cut->head, &worth, err));
    if (!worth) {
        nn_net_unref(cut->head);
        cut->head = NULL;
        return LG_OK;
    }
    LG_TRY(nn_net_tail(model->net, node, &cut->tail, err));
    LG_TRY(nn_weights_for(model->weights, cut->head, &cut->fixed, err));
    LG_TRY(fingerprint(cut, err));
    cut->floats = nn_shape_size(nn_net_output(cut->head));
    return LG_OK;
}

void cmd_cut_release(cmd_cut *cut)
{
    nn_weights_unref(cut->fixed);
    nn_net_unref(cut->head);
    nn_net_unref(cut->tail);
    *cut = (cmd_cut){0};
}

/* ---- features of a set ---- */
typedef struct cmd_features {
    const cmd_cut *cut;
    const data_set *set;
    store_features *store;
    int64_t count; /* rows times variants: item i is variant i / rows of row i % rows */
    int64_t rows;
    uint8_t (*key)[STORE_KEY]; /* (count) */
    const float **at;          /* (count) features, in the store */
    int64_t *missing;          /* items to compute */
    nn_source pixels;
} cmd_features;

/* What an item's features depend on, beside the network: content, place in the picture, rules, and what was drawn. */
static void key_of(const cmd_features *f, const char *rules, const char *how, uint64_t seed, int64_t item, lg_buf *text,
                   uint8_t out[STORE_KEY])
{
    data_image image;
    int64_t variant = item / f->rows;
    char hex[IMG_SHA256_HEX];
    data_image_at(f->set, (size_t)(item % f->rows), &image);
    lg_buf_clear(text);
    lg_buf_addf(text, "%s|%s|%d,%d,%d,%d|", rules, image.sha256, image.box.x, image.box.y, image.box.w, image.box.h);
    if (variant)
        lg_buf_addf(text, "%s|%016llx", how, (unsigned long long)img_variant_key(seed, image.id, (uint32_t)variant, 0));
    img_sha256(lg_buf_str(text), text->len, hex);
    for (size_t i = 0; i < STORE_KEY; i++) {
        unsigned value = 0;
        for (int k = 0; k < 2; k++) {
            char digit = hex[2 * i + (size_t)k];
            value = value * 16 + (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
        }
        out[i] = (uint8_t)value;
    }
}

static lg_status make_keys(cmd_features *f, lg_err *err)
{
    data_rules rules = data_rules_of(f->set);
    data_augment how = data_augment_of(f->set);
    lg_buf pixels, drawn, text;
    lg_buf_init(&pixels, 0), lg_buf_init(&drawn, 0), lg_buf_init(&text, 0);
    data_rules_pixels_text(&rules, &pixels);
    uint64_t seed = how.seed;
    how.times = 2; /* how many there are does not change the first ones */
    data_augment_text(&how, &drawn);
    for (int64_t i = 0; i < f->count; i++)
        key_of(f, lg_buf_str(&pixels), lg_buf_str(&drawn), seed, i, &text, f->key[i]);
    lg_status st = lg_buf_check(&text, err);
    lg_buf_release(&pixels), lg_buf_release(&drawn), lg_buf_release(&text);
    return st;
}

static void look_up(cmd_features *f)
{
    for (int64_t i = 0; i < f->count; i++) f->at[i] = store_features_find(f->store, f->key[i]);
}

/* ---- computing what is missing ---- */
static lg_status missing_fill(void *ctx, const int64_t *indices, int n, float *x, int32_t *label, lg_err *err)
{
    enum { CHUNK = 64 };
    const cmd_features *f = ctx;
    size_t size = nn_shape_size(nn_net_input(f->cut->head));
    int64_t item[CHUNK];
    for (int done = 0, count; done < n; done += count) {
        count = n - done < CHUNK ? n - done : CHUNK;
        for (int i = 0; i < count; i++) item[i] = f->missing[indices[done + i]];
        LG_TRY(f->pixels.fill(f->pixels.ctx, item, count, x ? x + (size_t)done * size : NULL,
                              label ? label + done : NULL, err));
    }
    return LG_OK;
}

typedef struct progress {
    cmd_live live;
    int64_t before, done, count; /* done: of the part at hand */
} progress;

static void on_images(void *ctx, int64_t done)
{
    progress *p = ctx;
    p->done = done;
    cmd_live_progress(&p->live, "looking at each image once", (long)(p->before + done), (long)p->count);
}

static lg_status hand_over(cmd_features *f, int64_t from, int64_t n, const float *rows, lg_err *err)
{
    uint8_t(*key)[STORE_KEY] = lg_alloc((size_t)n, sizeof *key, err);
    if (!key) return err->status;
    for (int64_t i = 0; i < n; i++) memcpy(key[i], f->key[f->missing[from + i]], STORE_KEY);
    lg_status st = store_features_add(f->store, (const uint8_t(*)[STORE_KEY])key, rows, (size_t)n, err);
    lg_free(key);
    return st;
}

static lg_status compute(const dsl_call *call, cmd_features *f, int64_t from, int64_t n, progress *p, lg_err *err)
{
    lg_pool *pool = NULL;
    nn_source later = {.count = n, .ctx = f, .fill = missing_fill};
    LG_TRY(cmd_pool(call, &pool, err));
    float *rows = lg_alloc((size_t)n * f->cut->floats, sizeof *rows, err);
    if (!rows) return err->status;
    cmd_features part = *f;
    part.missing = f->missing + from;
    later.ctx = &part;
    p->before = from, p->done = 0;
    lg_status st = nn_predict(&(nn_predict_options){.weights = f->cut->fixed,
                                                    .source = later,
                                                    .batch = NN_FEATURE_BATCH,
                                                    .pool = pool,
                                                    .cancel = call->cancel,
                                                    .ctx = p,
                                                    .on_batch = on_images},
                              rows, NULL, err);
    lg_err later_err = {0};
    int64_t whole = st == LG_OK ? n : p->done; /* what an interrupt leaves stays: the next run goes on from there */
    lg_status kept = whole ? hand_over(f, from, whole, rows, st ? &later_err : err) : LG_OK;
    lg_free(rows);
    return st ? st : kept;
}

static lg_status fill_in(const dsl_call *call, cmd_features *f, cmd_feed *feed, lg_err *err)
{
    enum { BYTES = 64 << 20, IMAGES = 256 }; /* of a part: an interrupt loses the one at hand */
    progress p = {0};
    lg_status st = LG_OK;
    int64_t n = 0, most = (int64_t)(BYTES / (f->cut->floats * sizeof(float))) + 1;
    if (most > IMAGES) most = IMAGES;
    for (int64_t i = 0; i < f->count; i++)
        if (!f->at[i]) f->missing[n++] = i;
    feed->computed = n;
    double began = lg_now();
    p.count = n;
    if (!n) return LG_OK;
    cmd_live_init(&p.live, call->out);
    for (int64_t from = 0; from < n && st == LG_OK; from += most)
        st = compute(call, f, from, n - from < most ? n - from : most, &p, err);
    cmd_live_close(&p.live, st);
    store_features_flush(f->store);
    look_up(f);
    feed->seconds = lg_now() - began;
    return st;
}

/* ---- the source ---- */
static lg_status features_fill(void *ctx, const int64_t *indices, int n, float *x, int32_t *label, lg_err *err)
{
    const cmd_features *f = ctx;
    for (int i = 0; i < n; i++) {
        if (x) memcpy(x + (size_t)i * f->cut->floats, f->at[indices[i]], f->cut->floats * sizeof *x);
        uint32_t row = (uint32_t)(indices[i] % f->rows);
        if (label) LG_TRY(data_fill(f->set, &row, 1, NULL, label + i, err));
    }
    return LG_OK;
}

/* Pictures that people posted are kept in the catalogue and nowhere else, not as features either: who is removed there
 * is removed. */
static bool has_posted(const data_set *set, const char *data)
{
    lg_err ignored = {0};
    char *named = lg_strf(&ignored, "%s/images", data), *folder = NULL;
    bool posted = false;
    if (!named || lg_reach_resolve(named, LG_REACH_READ, &folder, &ignored)) folder = NULL;
    size_t n = folder ? strlen(folder) : 0;
    for (size_t i = 0; folder && !posted && i < data_count(set); i++) {
        data_image image;
        data_image_at(set, i, &image);
        posted = strncmp(image.path, folder, n) == 0 && image.path[n] == '/';
    }
    lg_free(named);
    lg_free(folder);
    return posted;
}

/* Our own cache; where it cannot be had, features live in memory. */
static lg_status open_store(cmd_features *f, lg_err *err)
{
    lg_err trouble = {0};
    store_paths paths = {0};
    lg_status st = store_paths_init(&paths, &trouble);
    bool kept = st == LG_OK && !has_posted(f->set, paths.data);
    char *folder = kept ? lg_strf(err, "%s/features", paths.cache) : NULL;
    store_paths_release(&paths);
    const store_features_options o = {.folder = folder, .fingerprint = f->cut->fingerprint, .floats = f->cut->floats};
    st = kept && !folder ? err->status : store_features_open(&o, &f->store, err);
    lg_free(folder);
    return st;
}

static lg_status open_features(const dsl_call *call, cmd_features *f, cmd_feed *feed, lg_err *err)
{
    size_t n = (size_t)f->count;
    f->key = lg_alloc(n + 1, sizeof *f->key, err);
    f->at = f->key ? lg_alloc(n + 1, sizeof *f->at, err) : NULL;
    f->missing = f->at ? lg_alloc(n + 1, sizeof *f->missing, err) : NULL;
    if (!f->missing) return err->status;
    LG_TRY(open_store(f, err));
    LG_TRY(make_keys(f, err));
    look_up(f);
    return fill_in(call, f, feed, err);
}

static lg_status feed_open(const dsl_call *call, const cmd_cut *cut, const data_set *view, bool training,
                           cmd_feed *feed, lg_err *err)
{
    nn_source pixels = training ? cmd_training_source(view) : cmd_source(view);
    *feed = (cmd_feed){.source = pixels};
    if (!cut->head) return LG_OK;
    cmd_features *f = lg_alloc(1, sizeof *f, err);
    if (!f) return err->status;
    feed->features = f;
    *f = (cmd_features){
        .cut = cut, .set = view, .count = pixels.count, .rows = (int64_t)data_count(view), .pixels = pixels};
    feed->source = (nn_source){.count = f->count, .ctx = f, .fill = features_fill};
    return open_features(call, f, feed, err);
}

void cmd_feed_close(cmd_feed *feed)
{
    cmd_features *f = feed->features;
    if (f) {
        store_features_close(f->store);
        lg_free(f->key);
        lg_free(f->at);
        lg_free(f->missing);
        lg_free(f);
    }
    *feed = (cmd_feed){0};
}

/* Has every image its features? Where neither disk nor memory had room for all, some have not. */
static bool has_all(const cmd_feed *feed)
{
    const cmd_features *f = feed->features;
    for (int64_t i = 0; f && i < f->count; i++)
        if (!f->at[i]) return false;
    return true;
}

static lg_status open_both(const dsl_call *call, const cmd_feeds *feeds, const cmd_cut *cut, lg_err *err)
{
    LG_TRY(feed_open(call, cut, feeds->view, feeds->training, feeds->feed, err));
    return feeds->more ? feed_open(call, cut, feeds->more, false, feeds->more_feed, err) : LG_OK;
}

lg_status cmd_feeds_open(const dsl_call *call, const cmd_model *model, const cmd_feeds *feeds, cmd_cut *cut,
                         lg_err *err)
{
    bool fresh = feeds->training && data_variants(feeds->view) > 1 && data_augment_of(feeds->view).fresh;
    int node = fresh ? 0 : nn_net_cut(model->net);
    if (node) LG_TRY(cut_here(model, node, cut, err));
    if (cut->head) {
        LG_TRY(open_both(call, feeds, cut, err));
        if (has_all(feeds->feed) && (!feeds->more || has_all(feeds->more_feed))) return LG_OK;
        lg_log(LG_LOG_WARN, "no room for the features of %lld images: computed anew every time",
               (long long)feeds->feed->source.count);
        cmd_feed_close(feeds->feed);
        if (feeds->more) cmd_feed_close(feeds->more_feed);
        cmd_cut_release(cut);
    }
    cut->tail = nn_net_ref(model->net);
    return open_both(call, feeds, cut, err);
}
