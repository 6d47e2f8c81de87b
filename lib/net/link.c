/* link.c - RFC 8288, appendix B.2: a lenient reader of Link headers. */
#include "lib/net/link.h"
#include <string.h>
#include <strings.h>

#include "lib/base/banned.h"

static const char *skip(const char *at, const char *any)
{
    return at + strspn(at, any);
}

/* Is `rel` one of the words of a value, as in rel="start next"? */
static bool has_word(const char *value, size_t len, const char *rel)
{
    size_t n = strlen(rel), at = 0;
    while (at < len) {
        size_t word = 0;
        while (at + word < len && value[at + word] != ' ') word++;
        if (word == n && strncasecmp(value + at, rel, n) == 0) return true;
        at += word + 1;
    }
    return false;
}

/* One parameter, `; name=value`, behind which *at moves; a comma in quotes ends nothing. *is: it is the relation. */
static bool next_parameter(const char **at, const char *rel, bool *is)
{
    const char *name = skip(*at, " \t");
    if (*name != ';') return false;
    name = skip(name + 1, " \t");
    size_t n = strcspn(name, "=;, \t");
    const char *value = skip(name + n, " \t");
    *is = false;
    if (*value != '=') {
        *at = value;
        return true;
    }
    value = skip(value + 1, " \t");
    bool quoted = *value == '"';
    value += quoted;
    size_t len = strcspn(value, quoted ? "\"" : ";, \t");
    *is = n == 3 && strncasecmp(name, "rel", 3) == 0 && has_word(value, len, rel);
    *at = value + len + (quoted && value[len]);
    return true;
}

bool net_link_find(const char *header, const char *rel, lg_buf *out)
{
    while (header && *header) {
        const char *target = skip(header, " \t,");
        size_t len = strcspn(target, ">");
        if (*target != '<' || !target[len]) return false;
        header = target + len + 1;
        bool found = false, is;
        while (next_parameter(&header, rel, &is)) found = found || is;
        if (found) {
            lg_buf_add(out, target + 1, len - 1);
            return true;
        }
        header += strcspn(header, ",");
    }
    return false;
}
