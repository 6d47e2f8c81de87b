/* rules.c - cleaning rules as text, and what they make of one picture. */
#include <math.h>
#include <string.h>
#include "lib/data/dataset_private.h"

#include "lib/base/banned.h"

/* ---- as text ---- */
void data_words_of(const char *text, data_words *out)
{
    size_t len = strlen(text);
    *out = (data_words){.whole = len < sizeof out->text};
    memcpy(out->text, text, out->whole ? len : 0);
    for (char *at = out->text; *(at += strspn(at, " "));) {
        if (out->count == DATA_WORDS) {
            out->whole = false;
            return;
        }
        out->word[out->count++] = at;
        at += strcspn(at, " ");
        if (*at) *at++ = 0;
    }
}

static const char *const replace_names[] = {"median", "clip", "mean"};

void data_rules_text(const data_rules *rules, lg_buf *out)
{
    lg_buf_addf(out, "size %dx%dx%d fit %s glare %d replace %s%s", rules->size.h, rules->size.w, rules->size.c,
                data_fit_name(rules->fit), rules->glare, replace_names[rules->replace], rules->drop ? " drop" : "");
    const double value[] = {rules->dark, rules->bright, rules->blur, rules->low, rules->high};
    char text[5][40];
    for (int i = 0; i < 5; i++) lg_number_text(value[i], text[i]);
    lg_buf_addf(out, " brightness %s..%s blur %s%s near %d scale %s..%s", text[0], text[1], text[2],
                rules->dedupe ? " dedupe" : "", rules->near, text[3], text[4]);
}

void data_rules_pixels_text(const data_rules *rules, lg_buf *out)
{
    char low[40], high[40];
    lg_number_text(rules->low, low), lg_number_text(rules->high, high);
    if (rules->size.h) lg_buf_addf(out, "%dx%dx%d ", rules->size.h, rules->size.w, rules->size.c);
    lg_buf_adds(out, data_fit_name(rules->fit));
    if (rules->glare) lg_buf_addf(out, ", glare %d %s", rules->glare, replace_names[rules->replace]);
    lg_buf_addf(out, ", scale %s..%s", low, high);
}

void data_rules_pixels_line(const data_rules *rules, lg_buf *out)
{
    char low[40], high[40];
    lg_number_text(rules->low, low), lg_number_text(rules->high, high);
    lg_buf_addf(out, "fit %s glare ", data_fit_name(rules->fit));
    if (rules->glare) lg_buf_addf(out, "%d replace %s", rules->glare, replace_names[rules->replace]);
    else lg_buf_adds(out, "off");
    lg_buf_addf(out, " scale %s..%s", low, high);
}

static bool read_number(const char *text, double low, double high, double *out)
{
    return lg_parse_double(text, out) && *out >= low && *out <= high;
}

static bool read_int(const char *text, int low, int high, int *out)
{
    long long value;
    if (!lg_parse_int(text, &value) || value < low || value > high) return false;
    *out = (int)value;
    return true;
}

static bool read_range(char *text, double low, double high, double *from, double *to)
{
    char *dots = strstr(text, "..");
    if (!dots) return false;
    *dots = 0;
    return read_number(text, low, high, from) && read_number(dots + 2, low, high, to) && *from < *to;
}

static bool read_size(char *text, data_size *out)
{
    lg_err ignored = {0};
    char *second = strchr(text, 'x'), *third = second ? strchr(second + 1, 'x') : NULL;
    if (!third) return false;
    *second = *third = 0;
    return read_int(text, 0, 4096, &out->h) && read_int(second + 1, 0, 4096, &out->w) &&
           read_int(third + 1, 0, 3, &out->c) && data_check_size(*out, &ignored) == LG_OK;
}

static int place_in(const char *word, const char *const *names, int n)
{
    for (int i = 0; i < n; i++)
        if (strcmp(word, names[i]) == 0) return i;
    return -1;
}

static bool read_fit(const char *word, img_fit_mode *out)
{
    for (int fit = IMG_FIT_CROP; fit <= IMG_FIT_STRETCH; fit++) {
        *out = (img_fit_mode)fit;
        if (strcmp(word, data_fit_name(*out)) == 0) return true;
    }
    return false;
}

static bool read_rule(const char *word, char *value, data_rules *out)
{
    static const char *const words[] = {"size", "fit", "glare", "replace", "brightness", "blur", "near", "scale"};
    int replace = 0;
    switch (place_in(word, words, 8)) {
    case 0: return read_size(value, &out->size);
    case 1: return read_fit(value, &out->fit);
    case 2: return read_int(value, 0, 255, &out->glare);
    case 3:
        replace = place_in(value, replace_names, 3);
        out->replace = (data_fill_kind)(replace < 0 ? 0 : replace);
        return replace >= 0;
    case 4: return read_range(value, 0, 1, &out->dark, &out->bright);
    case 5: return read_number(value, 0, 1e9, &out->blur);
    case 6: return read_int(value, 0, 16, &out->near);
    case 7: return read_range(value, -1000, 1000, &out->low, &out->high);
    default: return false;
    }
}

lg_status data_rules_read(const char *text, data_rules *out, lg_err *err)
{
    data_words words;
    data_rules read = DATA_RULES_NONE;
    data_words_of(text, &words);
    bool good = words.whole;
    for (int i = 0; good && i < words.count; i++) {
        if (strcmp(words.word[i], "drop") == 0) read.drop = true;
        else if (strcmp(words.word[i], "dedupe") == 0) read.dedupe = true;
        else if (i + 1 < words.count) good = read_rule(words.word[i], words.word[i + 1], &read), i++;
        else good = false;
    }
    if (!good) return lg_fail(err, LG_E_FORMAT, 331, "`%.80s` are no cleaning rules", text);
    *out = read;
    return LG_OK;
}

/* ---- for one picture ---- */
lg_status data_rules_apply(const data_rules *rules, img_picture *fitted, lg_err *err)
{
    if (!rules->glare) return LG_OK;
    const img_drawn chosen = {.v = {(float)rules->glare, (float)rules->replace}, .on = true};
    return img_op_find("glare")->apply(&chosen, fitted, err);
}

lg_status data_rules_count(const data_rules *rules, img_picture *fitted, uint32_t *changed, lg_err *err)
{
    img_picture before = {0};
    *changed = 0;
    if (!rules->glare) return LG_OK;
    LG_TRY(img_picture_copy(&before, fitted->px, fitted->h, fitted->w, fitted->c, err));
    lg_status st = data_rules_apply(rules, fitted, err);
    size_t c = (size_t)fitted->c, n = img_size(fitted);
    for (size_t i = 0; !st && i < n; i += c) *changed += memcmp(before.px + i, fitted->px + i, c) != 0;
    img_picture_release(&before);
    return st;
}

lg_status data_rules_picture(const data_rules *rules, const img_picture *src, img_picture *out, lg_err *err)
{
    img_picture coloured = {0};
    data_size size = rules->size;
    LG_TRY(img_convert(src, size.c ? size.c : src->c, &coloured, err));
    lg_status st = img_fit(&coloured, rules->fit, size.h ? size.h : src->h, size.w ? size.w : src->w, out, err);
    img_picture_release(&coloured);
    LG_TRY(st);
    st = data_rules_apply(rules, out, err);
    if (st) img_picture_release(out);
    return st;
}

void data_rules_scale(const data_rules *rules, const uint8_t *px, size_t n, float *x)
{
    float low = (float)rules->low, width = (float)(rules->high - rules->low);
    if (low == 0 && width == 1)
        for (size_t k = 0; k < n; k++) x[k] = (float)px[k] / 255.0f;
    else
        for (size_t k = 0; k < n; k++) x[k] = low + width * ((float)px[k] / 255.0f);
}
