/* distinct.h - different texts of a field, as Tab wants them behind `where source =` (dsl_class.values).
 *
 *     cmd_distinct d = {.prefix = prefix, .most = most, .out = out};
 *     for (size_t i = 0; i < rows && i < CMD_DISTINCT_ROWS && !cmd_distinct_full(&d); i++) cmd_distinct_add(&d, text);
 */
#ifndef CMD_DISTINCT_H
#define CMD_DISTINCT_H

#include "lib/base/lg.h"

enum { CMD_DISTINCT_MOST = 60, CMD_DISTINCT_ROWS = 20000 }; /* rows looked at: Tab is to answer while one types */

typedef struct cmd_distinct {
    const char *prefix;
    int most;
    lg_buf *out;
    const char *seen[CMD_DISTINCT_MOST]; /* borrowed, so texts have to stay until the end */
    int count;
} cmd_distinct;

bool cmd_distinct_full(const cmd_distinct *d);
/* Leaves out what does not begin with the prefix, what was there, empty texts and those of several lines. */
void cmd_distinct_add(cmd_distinct *d, const char *text);

#endif
