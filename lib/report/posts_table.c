/* posts_table.c - posts as rows. */
#include "lib/report/posts_table.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

size_t rep_posts_pictures(const rep_posts *posts)
{
    size_t n = 0;
    for (size_t i = 0; i < posts->count; i++) n += posts->post[i].pictures;
    return n;
}

void rep_picture_name(const rep_picture *picture, char out[REP_PICTURE_NAME])
{
    const char *file = picture->file ? picture->file : "";
    if (picture->sha256[0]) snprintf(out, REP_PICTURE_NAME, "%s.jpg", picture->sha256);
    else snprintf(out, REP_PICTURE_NAME, "%016llx.jpg", (unsigned long long)lg_hash64(file, strlen(file), 0));
}

static void add_columns(rep_table *table)
{
    static const struct {
        const char *name;
        rep_type type;
        rep_meaning meaning;
    } columns[] = {{"post_id", REP_TEXT, REP_AS_IS},      {"platform", REP_TEXT, REP_AS_IS},
                   {"user", REP_TEXT, REP_AS_IS},         {"name", REP_TEXT, REP_AS_IS},
                   {"date", REP_TEXT, REP_AS_TIME},       {"day", REP_TEXT, REP_AS_DAY},
                   {"likes", REP_NUMBER, REP_AS_WHOLE},   {"reposts", REP_NUMBER, REP_AS_WHOLE},
                   {"replies", REP_NUMBER, REP_AS_WHOLE}, {"text", REP_TEXT, REP_AS_IS},
                   {"language", REP_TEXT, REP_AS_IS},     {"url", REP_TEXT, REP_AS_IS},
                   {"image", REP_TEXT, REP_AS_IS},        {"image_file", REP_TEXT, REP_AS_IS},
                   {"likeliest", REP_TEXT, REP_AS_IS},    {"brand", REP_TEXT, REP_AS_IS},
                   {"confidence", REP_NUMBER, REP_AS_IS}, {"unsure", REP_TRUTH, REP_AS_IS}};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        rep_column_mean(table, columns[i].name, columns[i].type, columns[i].meaning);
}

static void add_text(rep_table *table, const char *text)
{
    if (text) rep_text(table, text);
    else rep_missing(table);
}

static void add_count(rep_table *table, int64_t count)
{
    if (count == REP_NOT_GIVEN) rep_missing(table);
    else rep_number(table, (double)count);
}

static void add_post(rep_table *table, const rep_post *post)
{
    add_text(table, post->id);
    add_text(table, post->platform);
    add_text(table, post->author_handle);
    add_text(table, post->author_name);
    rep_time(table, post->time);
    rep_day(table, post->time);
    add_count(table, post->likes);
    add_count(table, post->reposts);
    add_count(table, post->replies);
    add_text(table, post->text);
    add_text(table, post->language);
    add_text(table, post->url);
}

/* Of the four digits that say something; a float's own would be 0.87340002. */
static double rounded(float confidence)
{
    char text[32];
    double number;
    snprintf(text, sizeof text, "%.4f", (double)confidence);
    return lg_parse_double(text, &number) ? number : (double)confidence;
}

static void add_picture(rep_table *table, const rep_posts *posts, const rep_picture *picture, const char *folder)
{
    char name[REP_PICTURE_NAME];
    int class = rep_picture_class(posts, picture, 0);
    rep_picture_name(picture, name);
    add_text(table, picture->file ? picture->file : picture->sha256);
    if (folder) rep_textf(table, "%s/%s", folder, name);
    else rep_missing(table);
    if (!posts->labels || picture->label < 0) return;
    rep_text(table, posts->label[picture->label]);
    add_text(table, class < 0 ? NULL : posts->label[class]);
    rep_number(table, rounded(picture->confidence));
    rep_truth(table, class < 0);
}

lg_status rep_posts_table(const rep_posts *posts, const rep_posts_files *files, rep_table *table, lg_err *err)
{
    size_t seen = 0;
    add_columns(table);
    for (size_t i = 0; i < posts->count; i++) {
        const rep_post *post = &posts->post[i];
        for (size_t k = 0; k < (post->pictures ? post->pictures : 1); k++) {
            rep_row_add(table);
            add_post(table, post);
            if (!post->pictures) continue;
            bool written = files && files->written[seen];
            add_picture(table, posts, &post->picture[k], written ? files->folder : NULL);
            seen++;
        }
    }
    return rep_table_check(table, err);
}
