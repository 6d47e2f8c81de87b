/* box_posts.h - posts as objects of the language, and the user's catalogue that they come from.
 *
 *     store_catalogue *catalogue;
 *     LG_TRY(cmd_catalogue_open(call, &catalogue, err));
 *     LG_GO(cmd_posts_read(call, catalogue, scrape, &posts, err));
 *     LG_GO(cmd_posts_bind(call, "posts", posts, err));
 *     done: store_catalogue_close(catalogue); */
#ifndef CMD_BOX_POSTS_H
#define CMD_BOX_POSTS_H

#include "kernel/commands/workbench.h"
#include "lib/image/picture.h"
#include "lib/report/posts.h"
#include "lib/store/catalogue.h"

extern const dsl_class cmd_posts_class;

/* The posts behind an object value (borrowed). */
const rep_posts *cmd_posts(const dsl_value *value);
/* A new object under a name; posts is consumed. */
lg_status cmd_posts_bind(const dsl_call *call, const char *name, rep_posts *posts, lg_err *err) LG_MUST_CHECK;

/* The catalogue of this user's data folder (or of LOGOLENS_HOME); its waits end with the call's cancel. Close it. */
lg_status cmd_catalogue_open(const dsl_call *call, store_catalogue **out, lg_err *err) LG_MUST_CHECK;
/* The posts of a scrape with their pictures, in the order of keeping; title is copied. One reference. */
lg_status cmd_posts_read(store_catalogue *catalogue, int64_t scrape, const char *title, rep_posts **out,
                         lg_err *err) LG_MUST_CHECK;
/* Posts that pass the call's `where`, with those of their pictures that do. One reference. */
lg_status cmd_posts_where(const dsl_call *call, const rep_posts *posts, rep_posts **out, lg_err *err) LG_MUST_CHECK;
/* The file of a picture in the catalogue; owned (lg_free). */
char *cmd_picture_path(const char *sha256, lg_err *err) LG_MUST_CHECK;
/* A picture of a post, decoded in the helper and fitted to at most side x side pixels, as JPEG; appended to out. For
 * galleries, evidence and the dashboard. */
lg_status cmd_picture_thumb(const rep_picture *picture, int side, lg_buf *out, lg_err *err) LG_MUST_CHECK;
/* The same as pixels (RGB). *out must be empty. */
lg_status cmd_picture_pixels(const rep_picture *picture, int side, img_picture *out, lg_err *err) LG_MUST_CHECK;

#endif
