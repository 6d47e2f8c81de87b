/* distinct.c - each text once. */
#include "kernel/commands/distinct.h"
#include <string.h>
#include <strings.h>

#include "lib/base/banned.h"

bool cmd_distinct_full(const cmd_distinct *d)
{
    return d->count >= d->most || d->count >= CMD_DISTINCT_MOST;
}

void cmd_distinct_add(cmd_distinct *d, const char *text)
{
    if (cmd_distinct_full(d) || !text || !*text || strncasecmp(text, d->prefix, strlen(d->prefix)) != 0) return;
    for (int i = d->count; i > 0; i--) /* neighbours are alike */
        if (d->seen[i - 1] == text || strcmp(d->seen[i - 1], text) == 0) return;
    if (strpbrk(text, "\n\r")) return;
    d->seen[d->count++] = text;
    lg_buf_addf(d->out, "%s\n", text);
}
