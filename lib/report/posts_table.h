/* posts_table.h - posts as a table: one row a picture, or a post without one. Its columns are a contract with the files
 * that people have built on what `export` wrote (docs/exports.md): names and order stay, new ones come last.
 *
 *     LG_TRY(rep_posts_table(posts, NULL, &table, err));          // table is initialised by the caller
 *
 *     bool written[…];                                            // by picture, in the order of the rows
 *     rep_posts_files files = {.folder = "images", .written = written};
 *     LG_TRY(rep_posts_table(posts, &files, &table, err));        // image_file says where the thumbnails lie
 */
#ifndef REP_POSTS_TABLE_H
#define REP_POSTS_TABLE_H

#include "lib/report/posts.h"
#include "lib/report/table.h"

typedef struct rep_posts_files {
    const char *folder;  /* as the file that the table becomes sees it */
    const bool *written; /* rep_posts_pictures of them */
} rep_posts_files;

size_t rep_posts_pictures(const rep_posts *posts);
/* What a picture's thumbnail is called: its content's hash, or (of a file) one of its path, and .jpg. */
enum { REP_PICTURE_NAME = 80 };
void rep_picture_name(const rep_picture *picture, char out[REP_PICTURE_NAME]);

/* post_id platform user name date day likes reposts replies text language url image image_file likeliest brand
 * confidence unsure. brand is what a picture counts for, and missing where it is unsure; likeliest is the model's first
 * choice whatever its confidence. Without labels the last four are missing. */
lg_status rep_posts_table(const rep_posts *posts, const rep_posts_files *files, rep_table *table,
                          lg_err *err) LG_MUST_CHECK;

#endif
