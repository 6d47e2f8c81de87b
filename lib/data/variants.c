/* variants.c - what `augment` said, as text and over a dataset; variants made where a batch is filled. */
#include <math.h>
#include <string.h>
#include "lib/data/clean.h"
#include "lib/data/dataset_private.h"

#include "lib/base/banned.h"

enum { MOST_TIMES = 1000 };

/* ---- as text ---- */
void data_augment_text(const data_augment *augment, lg_buf *out)
{
    lg_buf_addf(out, "x%d", augment->times);
    for (int i = 0; img_ops[i] && i < IMG_MAX_OPS; i++) {
        char strength[40];
        lg_number_text(augment->how.strength[i], strength);
        if (img_ops[i]->draw) lg_buf_addf(out, " %s %s", img_ops[i]->name, strength);
    }
    lg_buf_addf(out, "%s seed %llu", augment->fresh ? " fresh" : "", (unsigned long long)augment->seed);
}

static bool read_times(const char *word, data_augment *out)
{
    long long times;
    if (*word != 'x' || !lg_parse_int(word + 1, &times) || times < 0 || times > MOST_TIMES) return false;
    out->times = (int)times;
    return true;
}

static bool read_pair(const char *word, const char *value, data_augment *out)
{
    long long seed;
    double strength;
    if (strcmp(word, "seed") == 0) {
        if (!lg_parse_int(value, &seed) || seed < 0) return false;
        out->seed = (uint64_t)seed;
        return true;
    }
    return lg_parse_double(value, &strength) && img_augment_set(&out->how, word, strength);
}

lg_status data_augment_read(const char *text, data_augment *out, lg_err *err)
{
    data_words words;
    data_augment read = {0};
    data_words_of(text, &words);
    bool good = words.count > 0 && read_times(words.word[0], &read);
    for (int i = 1; good && i < words.count; i++) {
        if (strcmp(words.word[i], "fresh") == 0) read.fresh = true;
        else if (i + 1 < words.count) good = read_pair(words.word[i], words.word[i + 1], &read), i++;
        else good = false;
    }
    if (!good || !words.whole) return lg_fail(err, LG_E_FORMAT, 331, "`%.80s` is no augmentation", text);
    *out = read;
    return LG_OK;
}

/* ---- over a dataset ---- */
data_augment data_augment_of(const data_set *set)
{
    return set->augment;
}

lg_status data_augmented(const data_set *set, const data_augment *augment, data_set **out, lg_err *err)
{
    lg_buf text;
    data_set *next = data_set_next(set, set->rows, err);
    if (!next) return err->status;
    memcpy(next->row, set->row, set->rows * sizeof *next->row);
    next->augment = augment->times > 1 ? *augment : (data_augment){0};
    lg_buf_init(&text, 0);
    if (augment->times > 1) data_augment_text(augment, &text);
    else lg_buf_adds(&text, "x1");
    lg_status st = lg_buf_check(&text, err);
    if (!st) st = data_recipe_add(next, err, "augment %s", lg_buf_str(&text));
    lg_buf_release(&text);
    if (st) data_unref(next);
    else *out = next;
    return st;
}

int data_variants(const data_set *set)
{
    if (set->augment.times < 2 || !set->rows) return 1;
    for (size_t i = 0; i < set->rows; i++)
        if (set->row[i].split != DATA_TRAIN) return 1;
    return set->augment.times;
}

void data_variant_at(const data_set *set, size_t row, int variant, uint32_t epoch, img_variant *out)
{
    const data_augment *augment = &set->augment;
    bool varies = set->row[row].split == DATA_TRAIN && variant > 0 && variant < augment->times;
    uint32_t id = data_fact_of(set, row)->id;
    uint64_t key = varies ? img_variant_key(augment->seed, id, (uint32_t)variant, augment->fresh ? epoch : 0) : 0;
    img_variant_draw(&augment->how, key, out);
}

/* room: kept from one to the next. */
static lg_status variant_pixels(const data_set *set, size_t row, int variant, uint32_t epoch, data_room *room,
                                uint8_t *out, lg_err *err)
{
    img_variant drawn;
    data_size size = data_shape(set);
    const uint8_t *px;
    LG_TRY(data_pixels(set, row, room, &px, err));
    const img_picture src = {.h = size.h, .w = size.w, .c = size.c, .px = (uint8_t *)px};
    data_variant_at(set, row, variant, epoch, &drawn);
    return img_variant_make(&drawn, &src, out, err);
}

lg_status data_variant_pixels(const data_set *set, size_t row, int variant, uint32_t epoch, uint8_t *out, lg_err *err)
{
    data_room room = {0};
    lg_status st = variant_pixels(set, row, variant, epoch, &room, out, err);
    data_room_release(&room);
    return st;
}

lg_status data_fill_variants(const data_set *set, uint32_t epoch, const int64_t *item, size_t n, float *x, int32_t *y,
                             lg_err *err)
{
    lg_status st = LG_OK;
    int64_t rows = (int64_t)set->rows;
    data_size shape = data_shape(set);
    data_room room = {0};
    for (size_t i = 0; y && i < n; i++) y[i] = set->row[item[i] % rows].label;
    if (!x) return LG_OK;
    size_t size = (size_t)shape.h * (size_t)shape.w * (size_t)shape.c;
    uint8_t *px = lg_alloc(size, 1, err);
    if (!px) return err->status;
    for (size_t i = 0; i < n && !st; i++) {
        st = variant_pixels(set, (size_t)(item[i] % rows), (int)(item[i] / rows), epoch, &room, px, err);
        if (!st) data_rules_scale(&set->rules, px, size, x + i * size);
    }
    lg_free(px);
    data_room_release(&room);
    return st;
}
