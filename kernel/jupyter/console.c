/* console.c - questions, farewells, and who sends them. */
#include "kernel/jupyter/console.h"

#include <ctype.h>
#include <string.h>

#include "kernel/jupyter/wire_json.h"
#include "lib/base/banned.h"

static const size_t longest = 130; /* bytes of two words: no name has more than 63 */

/* "SESSION_PID_COUNT" */
static bool is_numbered(const json_t *header)
{
    const char *id = json_string_value(json_object_get(header, "msg_id"));
    const char *session = json_string_value(json_object_get(header, "session"));
    size_t len = session ? strlen(session) : 0;
    return id && len && strncmp(id, session, len) == 0 && id[len] == '_';
}

bool jp_is_console(const jp_request *request, const json_t *content)
{
    lg_err unread = {0};
    json_t *metadata = NULL, *header = NULL;
    bool found = json_is_true(json_object_get(content, "allow_stdin")) && !jp_json_bool(content, "silent", false);
    if (!found) return false;
    found = jp_json_read(jp_request_part(request, JP_HEADER), &header, &unread) == LG_OK && is_numbered(header) &&
            jp_json_read(jp_request_part(request, JP_METADATA), &metadata, &unread) == LG_OK &&
            json_object_size(metadata) == 0;
    json_decref(header);
    json_decref(metadata);
    return found;
}

/* ---- questions ---- */
static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static jp_bytes trimmed(jp_bytes text)
{
    while (text.len && is_blank(text.data[0])) text.data++, text.len--;
    while (text.len && is_blank(text.data[text.len - 1])) text.len--;
    return text;
}

/* Words that can be asked about, on one line; 0: there is something else among them. */
static int count_words(jp_bytes text)
{
    int words = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (!isalnum((unsigned char)c) && !(c && strchr("_.$- ", c))) return 0;
        words += c != ' ' && (i == 0 || text.data[i - 1] == ' ');
    }
    return words;
}

bool jp_console_asks(jp_bytes code, jp_bytes *word)
{
    size_t before = 0, behind = 0; /* `??` asks for all there is elsewhere; here one mark shows it */
    jp_bytes rest = trimmed(code);
    while (before < 2 && rest.len && rest.data[0] == '?') rest.data++, rest.len--, before++;
    while (!before && behind < 2 && rest.len && rest.data[rest.len - 1] == '?') rest.len--, behind++;
    *word = trimmed(rest);
    int words = word->len <= longest ? count_words(*word) : 0;
    return (before && words >= 1 && words <= 2) || (behind && words == 1);
}

lg_status jp_console_page(dsl_session *session, jp_bytes word, lg_buf *payload, lg_err *err)
{
    bool found = false;
    char *text = NULL, *html = NULL;
    LG_TRY(dsl_session_inspect(session, word.data, word.len, word.len, 1, &found, &text, &html, err));
    if (!found) {
        lg_fail(err, LG_E_NAME, 131, "there is no help on `%.*s`", (int)word.len, word.data);
        return lg_try(err, "`help` alone lists all commands");
    }
    lg_buf_adds(payload, "{\"source\":\"page\",\"start\":0,\"data\":{");
    jp_json_member(payload, "text/plain", text);
    if (html) jp_json_member(payload, "text/html", html);
    lg_buf_adds(payload, "}}");
    lg_free(text);
    lg_free(html);
    return lg_buf_check(payload, err);
}

/* ---- farewells ---- */
bool jp_console_leaves(jp_bytes code)
{
    jp_bytes word = trimmed(code);
    return word.len == 4 && (memcmp(word.data, "exit", 4) == 0 || memcmp(word.data, "quit", 4) == 0);
}

void jp_console_exit(lg_buf *payload)
{
    lg_buf_adds(payload, "{\"source\":\"ask_exit\",\"keepkernel\":false}");
}
