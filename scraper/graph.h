/* graph.h - what Instagram and Facebook share: Meta's Graph API. Internal to scraper/. */
#ifndef SCRAPE_GRAPH_H
#define SCRAPE_GRAPH_H

#include "scraper/answer.h"

#define SCRAPE_GRAPH_VERSION "/v23.0"

/* A path below the version; id is encoded. NULL with err filled. */
const char *scrape_graph_path(lg_arena *arena, const char *id, const char *edge, lg_err *err);
/* The mark of the next page out of `paging`, or NULL. linked: it counts only where there is a link to a next page. What
 * could not stand in a request is no mark. */
const char *scrape_graph_after(scrape_reader *r, const json_t *list, bool linked);
/* Hashtags of a caption, which the Graph API does not give apart. */
void scrape_graph_tags(scrape_reader *r, scrape_post *post);
/* True where the answer is `{"error": …}`. */
bool scrape_graph_is_error(const scrape_reader *r);
lg_status scrape_graph_check(const char *const *id, size_t count, lg_arena *arena, scrape_request *out, lg_err *err);
lg_status scrape_graph_check_parse(const char *title, const scrape_answer *answer, const char *const *id,
                                   scrape_state *state, lg_err *err);

#endif
