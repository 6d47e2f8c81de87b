/* graph.c - paging, hashtags and checks of Meta's Graph API. */
#include "scraper/graph.h"
#include <string.h>

#include "lib/base/banned.h"

static const char MARK[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-=+/";

const char *scrape_graph_path(lg_arena *arena, const char *id, const char *edge, lg_err *err)
{
    const char *part = scrape_encode(arena, id, err);
    return part ? lg_arena_strf(arena, err, "%s/%s%s%s", SCRAPE_GRAPH_VERSION, part, *edge ? "/" : "", edge) : NULL;
}

const char *scrape_graph_after(scrape_reader *r, const json_t *list, bool linked)
{
    const json_t *paging = scrape_object(r, list, "paging");
    if (!paging || (linked && !json_is_string(json_object_get(paging, "next")))) return NULL;
    scrape_enter(r, "paging");
    const json_t *cursors = scrape_object(r, paging, "cursors");
    scrape_enter(r, "cursors");
    const char *after = cursors ? scrape_text(r, cursors, "after", SCRAPE_LONGEST_CURSOR - 400) : NULL;
    if (after && (!*after || strspn(after, MARK) != strlen(after))) {
        scrape_problem_add(r, "after", "is no mark of a page");
        after = NULL;
    }
    scrape_leave(r);
    scrape_leave(r);
    return after;
}

/* Bytes of a hashtag behind #: letters, digits, _ and everything beyond ASCII but typographic marks (U+2000 to 206F)
 * and ideographic ones (U+3000 to 303F). */
static size_t tag_length(const char *s)
{
    size_t n = 0, all = strlen(s);
    while (n < all) {
        uint32_t c;
        int len = lg_utf8_next(s + n, all - n, &c);
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
        bool other = c >= 0xaa && !(c >= 0x2000 && c < 0x2070) && !(c >= 0x3000 && c < 0x3040);
        if (!len || !(plain || other)) break;
        n += (size_t)len;
    }
    return n;
}

void scrape_graph_tags(scrape_reader *r, scrape_post *post)
{
    enum { MOST = 60 };
    const char *tag[MOST];
    size_t n = 0;
    for (const char *s = post->text; s && (s = strchr(s, '#')) && n < MOST;) {
        size_t len = tag_length(++s);
        if (len && len <= SCRAPE_LONGEST_NAME) tag[n++] = scrape_copy(r, s, len);
        if (n && len && !tag[n - 1]) return; /* no memory, which is told in the end */
        s += len;
    }
    const char **kept = n ? lg_arena_alloc(&r->page->arena, n, sizeof *kept, r->err) : NULL;
    if (!kept) return;
    memcpy(kept, tag, n * sizeof *kept);
    post->tag = kept;
    post->tag_count = n;
}

bool scrape_graph_is_error(const scrape_reader *r)
{
    return json_is_object(json_object_get(r->root, "error"));
}

lg_status scrape_graph_check(const char *const *id, size_t count, lg_arena *arena, scrape_request *out, lg_err *err)
{
    (void)count;
    scrape_request_begin(out, scrape_graph_path(arena, id[0], "", err));
    scrape_param_add(out, "fields", "id");
    return scrape_request_end(out, err);
}

/* Code 100 with subcode 33: it does not exist, or not for us (any more); Meta does not tell the two apart. */
static bool is_unseen(const json_t *root)
{
    const json_t *error = json_object_get(root, "error");
    return json_number_value(json_object_get(error, "code")) == 100 &&
           json_number_value(json_object_get(error, "error_subcode")) == 33;
}

lg_status scrape_graph_check_parse(const char *title, const scrape_answer *answer, const char *const *id,
                                   scrape_state *state, lg_err *err)
{
    json_t *root;
    state[0] = SCRAPE_UNKNOWN;
    if (answer->status && answer->status != 200 && answer->status != 400 && answer->status != 404)
        return scrape_refused(title, answer, err);
    LG_TRY(scrape_json_load(title, answer, &root, err));
    const json_t *same = json_object_get(root, "id");
    lg_status st = LG_OK;
    if (json_is_string(same) && strcmp(json_string_value(same), id[0]) == 0) state[0] = SCRAPE_THERE;
    else if (is_unseen(root)) state[0] = SCRAPE_HIDDEN;
    else if (json_object_get(root, "error")) st = scrape_refused_by(title, answer->status, root, err);
    json_decref(root);
    return st;
}
