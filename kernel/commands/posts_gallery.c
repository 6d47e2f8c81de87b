/* posts_gallery.c - posts as they are looked at. */
#include "kernel/commands/posts_gallery.h"

#include "lib/base/banned.h"

lg_status cmd_posts_show(const dsl_object *object, const char *name, dsl_out *out, lg_err *err)
{
    const rep_posts *posts = object->payload;
    cmd_posts_counts counts;
    lg_buf brief;
    plt_doc doc;
    LG_TRY(cmd_posts_count(posts, &counts, err));
    plt_doc_init(&doc);
    lg_buf_init(&brief, 4096);
    cmd_posts_brief(posts, &counts, &brief);
    cmd_posts_counts_release(&counts);
    plt_title(&doc, "%s: %s", name, lg_buf_str(&brief));
    lg_buf_release(&brief);
    return cmd_display_to(out, &doc, false, 0, err);
}
