/* export_posts.h - the pictures of posts as files beside the rows that name them. */
#ifndef CMD_EXPORT_POSTS_H
#define CMD_EXPORT_POSTS_H

#include "kernel/commands/box_posts.h"
#include "lib/report/posts_table.h"

enum { CMD_POSTS_SIDE = 320 }; /* pixels of the longer side of a thumbnail, at most */
#define CMD_POSTS_FOLDER "images"

/* Thumbnails of all pictures, as JPEG, into the folder `images` beside the file `beside`. written has
 * rep_posts_pictures of them: false where a picture cannot be read. *count: those that are true. */
lg_status cmd_posts_thumbs(const dsl_call *call, const rep_posts *posts, const char *beside, const rep_work *work,
                           bool *written, size_t *count, lg_err *err) LG_MUST_CHECK;

#endif
