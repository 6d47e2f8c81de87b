/* answers.c - one small function a request type. */
#include "kernel/jupyter/answers.h"

#include <string.h>

#include "kernel/jupyter/kernel_state.h"
#include "lib/plot/plot.h"
#include "lib/base/banned.h"

void jp_kernel_info(lg_buf *out)
{
    lg_buf_adds(out, "{\"status\":\"ok\",\"protocol_version\":\"" JP_PROTOCOL "\",\"implementation\":\"logolens\"");
    lg_buf_adds(out, ",\"implementation_version\":\"" LG_VERSION "\"");
    lg_buf_adds(out, ",\"banner\":\"Logolens " LG_VERSION ". Type `help` for the commands; `logolens lessons` in a "
                     "terminal writes notebooks to learn with.\"");
    lg_buf_adds(out, ",\"language_info\":{\"name\":\"logolens\",\"version\":\"" LG_VERSION "\"");
    lg_buf_adds(out, ",\"mimetype\":\"text/x-logolens\",\"file_extension\":\".lens\",\"pygments_lexer\":\"logolens\"}");
    lg_buf_adds(out, ",\"help_links\":[],\"supported_features\":[\"kernel subshells\"]}");
}

/* ---- errors ---- */
static void add_lines(const char *block, size_t len, lg_buf *out)
{
    while (len && block[len - 1] == '\n') len--;
    for (size_t start = 0; start < len || start == 0;) {
        const char *end = len > start ? memchr(block + start, '\n', len - start) : NULL;
        size_t stop = end ? (size_t)(end - block) : len;
        if (start) lg_buf_addc(out, ',');
        jp_json_text(out, block + start, stop - start);
        start = stop + 1;
    }
}

void jp_error_members(const lg_err *err, const char *cell, lg_buf *out)
{
    char name[16];
    lg_buf block;
    dsl_error_name(err, name);
    lg_buf_init(&block, 1 << 16);
    plt_error_block(err, cell, true, &block);
    jp_json_member(out, "ename", name);
    jp_json_member(out, "evalue", err->msg);
    jp_json_key(out, "traceback");
    lg_buf_addc(out, '[');
    add_lines(lg_buf_str(&block), block.len, out);
    lg_buf_addc(out, ']');
    lg_buf_release(&block);
}

/* ---- positions ---- */
/* The front end's cursor in code points; anything out of range or odd is clamped to the text (absent: its end). */
static size_t cursor_of(const json_t *content, jp_bytes code)
{
    size_t most = lg_utf8_count(code.data, code.len);
    long long cursor = jp_json_int(content, "cursor_pos", (long long)most);
    return cursor < 0 ? 0 : (size_t)cursor > most ? most : (size_t)cursor;
}

/* ---- answers ---- */
/* JupyterLab colours function, instance, class, module and keyword as it does for other kernels; it takes any other
 * word, shows it as it is, and gives it a colour of its own. What becomes of the signature: other front ends. */
static const char *kind_for_front_ends(const char *type)
{
    static const char *const kinds[][2] = {
        {"command", "function"}, {"layer", "class"},      {"dataset", "instance"},    {"model", "instance"},
        {"run", "instance"},     {"table", "instance"},   {"posts", "instance"},      {"grid", "instance"},
        {"object", "instance"},  {"part", "instance"},    {"preposition", "keyword"}, {"sign", "keyword"},
        {"option", "param"},     {"flag", "param"},       {"file", "path"},           {"folder", "path"},
        {"place", "path"},       {"variable", "statement"}, {"fact", "property"},     {"field", "property"}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(type, kinds[i][0]) == 0) return kinds[i][1];
    return type;
}

/* As many columns of it as a popup has room for: of what is left out a default is the last. */
static void add_shortened(const char *wants, lg_buf *out)
{
    enum { COLUMNS = 40, LONGEST_DEFAULT = 20 };
    size_t len = strlen(wants);
    if (lg_utf8_fit(wants, len, COLUMNS) == len) {
        lg_buf_adds(out, wants);
        return;
    }
    const char *dflt = strstr(wants, ", default");
    if (dflt && strlen(dflt) > LONGEST_DEFAULT) dflt = NULL;
    size_t head = lg_utf8_fit(wants, len, COLUMNS - 1 - (dflt ? (int)strlen(dflt) : 0));
    while (head && wants[head - 1] != ' ') head--;
    lg_buf_add(out, wants, head);
    lg_buf_addf(out, "…%s", dflt ? dflt : "");
}

/* A popup shows a match and its kind, never its signature. That something is an option says little there: of one that
 * is still unset the kind is what it wants and its default, "number, default 0.01", with blanks at which JupyterLab
 * does not break it. */
static void add_kind(const dsl_match *match, lg_buf *reply)
{
    const char *wants = strcmp(match->type, "option") ? NULL : strstr(match->signature, "  ");
    lg_buf brief, kind;
    if (!wants) {
        jp_json_member(reply, "type", kind_for_front_ends(match->type));
        return;
    }
    lg_buf_init(&brief, 256);
    lg_buf_init(&kind, 512);
    add_shortened(wants + 2, &brief);
    for (const char *s = lg_buf_str(&brief); *s; s++)
        if (*s == ' ') lg_buf_adds(&kind, "\xc2\xa0");
        else lg_buf_addc(&kind, *s);
    jp_json_member(reply, "type", lg_buf_str(&kind));
    lg_buf_release(&brief);
    lg_buf_release(&kind);
}

static void add_types(const dsl_completion *found, lg_buf *reply)
{
    jp_json_key(reply, "_jupyter_types_experimental");
    lg_buf_addc(reply, '[');
    for (size_t i = 0; i < found->count; i++) {
        lg_buf_adds(reply, i ? ",{" : "{");
        jp_json_member_int(reply, "start", (long long)found->start);
        jp_json_member_int(reply, "end", (long long)found->end);
        jp_json_member(reply, "text", found->match[i].text);
        add_kind(&found->match[i], reply);
        jp_json_member(reply, "signature", found->match[i].signature);
        lg_buf_addc(reply, '}');
    }
    lg_buf_addc(reply, ']');
}

static lg_status answer_complete(const jp_asked *asked, lg_buf *reply, lg_err *err)
{
    jp_bytes code;
    dsl_completion found = {0};
    LG_TRY(jp_json_need_text(asked->content, "code", &code, err));
    LG_TRY(dsl_session_complete(asked->session, code.data, code.len, cursor_of(asked->content, code), &found, err));
    jp_json_key(reply, "matches");
    lg_buf_addc(reply, '[');
    for (size_t i = 0; i < found.count; i++) {
        if (i) lg_buf_addc(reply, ',');
        jp_json_string(reply, found.match[i].text);
    }
    lg_buf_addc(reply, ']');
    jp_json_member_int(reply, "cursor_start", (long long)found.start);
    jp_json_member_int(reply, "cursor_end", (long long)found.end);
    jp_json_key(reply, "metadata");
    lg_buf_addc(reply, '{');
    add_types(&found, reply);
    lg_buf_addc(reply, '}');
    dsl_completion_release(&found);
    return LG_OK;
}

/* What a front end need not be told, by the names of our cards' parts and of IPython's. */
static int omitted(const json_t *content)
{
    static const struct {
        const char *name;
        int bit;
    } sections[] = {{"signature", DSL_OMIT_SIGNATURE}, {"init_signature", DSL_OMIT_SIGNATURE},
                    {"recipe", DSL_OMIT_SIGNATURE},    {"detail", DSL_OMIT_DETAIL},
                    {"docstring", DSL_OMIT_DETAIL},    {"options", DSL_OMIT_OPTIONS},
                    {"examples", DSL_OMIT_EXAMPLES},   {"fields", DSL_OMIT_FIELDS}};
    const json_t *list = json_object_get(content, "omit_sections");
    int bits = 0;
    for (size_t i = 0; i < json_array_size(list); i++)
        for (size_t k = 0; k < sizeof sections / sizeof *sections; k++) {
            const char *name = json_string_value(json_array_get(list, i));
            if (name && strcmp(name, sections[k].name) == 0) bits |= sections[k].bit;
        }
    return bits;
}

static lg_status answer_inspect(const jp_asked *asked, lg_buf *reply, lg_err *err)
{
    jp_bytes code;
    bool found = false;
    char *text = NULL, *html = NULL;
    LG_TRY(jp_json_need_text(asked->content, "code", &code, err));
    int detail = omitted(asked->content) | (jp_json_int(asked->content, "detail_level", 0) > 0 ? DSL_MORE : 0);
    LG_TRY(dsl_session_inspect(asked->session, code.data, code.len, cursor_of(asked->content, code), detail, &found,
                               &text, &html, err));
    jp_json_member_bool(reply, "found", found);
    jp_json_key(reply, "data");
    lg_buf_addc(reply, '{');
    if (found && text) jp_json_member(reply, "text/plain", text);
    if (found && html) jp_json_member(reply, "text/html", html);
    lg_buf_adds(reply, "},\"metadata\":{}");
    lg_free(text);
    lg_free(html);
    return LG_OK;
}

static lg_status answer_is_complete(const jp_asked *asked, lg_buf *reply, lg_err *err)
{
    static const char *const word[] = {
        [DSL_COMPLETE] = "complete", [DSL_INCOMPLETE] = "incomplete", [DSL_INVALID] = "invalid"};
    jp_bytes code;
    char indent[64] = "";
    LG_TRY(jp_json_need_text(asked->content, "code", &code, err));
    dsl_completeness how = dsl_is_complete(code.data, code.len, indent);
    jp_json_member(reply, "status", word[how]);
    if (how == DSL_INCOMPLETE) jp_json_member(reply, "indent", indent);
    return LG_OK;
}

static lg_status answer_history(const jp_asked *asked, lg_buf *reply, lg_err *err)
{
    return jp_history_answer(asked->history, asked->content, reply, err);
}

static lg_status answer_comm_info(const jp_asked *asked, lg_buf *reply, lg_err *err)
{
    const json_t *target = json_object_get(asked->content, "target_name");
    (void)err;
    jp_json_key(reply, "comms");
    jp_widgets_list(asked->widgets, json_string_value(target), reply);
    return LG_OK;
}

static lg_status answer_connect(const jp_asked *asked, lg_buf *reply, lg_err *err)
{
    const int *port = asked->connection->port;
    (void)err;
    jp_json_member_int(reply, "shell_port", port[JP_SHELL]);
    jp_json_member_int(reply, "iopub_port", port[JP_IOPUB]);
    jp_json_member_int(reply, "stdin_port", port[JP_STDIN]);
    jp_json_member_int(reply, "hb_port", port[JP_HEARTBEAT]);
    jp_json_member_int(reply, "control_port", port[JP_CONTROL]);
    return LG_OK;
}

jp_answer_fn *jp_answer_find(const char *type, bool *bare)
{
    static const struct {
        const char *type;
        jp_answer_fn *answer;
        bool bare;
    } table[] = {
        {.type = "complete_request", .answer = answer_complete},
        {.type = "inspect_request", .answer = answer_inspect},
        {.type = "is_complete_request", .answer = answer_is_complete, .bare = true},
        {.type = "history_request", .answer = answer_history},
        {.type = "comm_info_request", .answer = answer_comm_info},
        {.type = "connect_request", .answer = answer_connect},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strcmp(type, table[i].type) != 0) continue;
        *bare = table[i].bare;
        return table[i].answer;
    }
    return NULL;
}

/* ---- user_expressions ---- */
static void add_expression(dsl_session *session, const json_t *expression, lg_buf *reply)
{
    lg_err err = {0};
    char *text = NULL;
    lg_status st;
    lg_buf_addc(reply, '{');
    if (json_is_string(expression))
        st = dsl_session_evaluate(session, json_string_value(expression), json_string_length(expression), &text, &err);
    else st = lg_fail(&err, LG_E_FORMAT, 192, "the front end sent an expression that is no text");
    jp_json_member(reply, "status", st ? "error" : "ok");
    if (st) {
        jp_error_members(&err, NULL, reply);
    } else {
        lg_buf_adds(reply, ",\"data\":{");
        jp_json_member(reply, "text/plain", text);
        lg_buf_adds(reply, "},\"metadata\":{}");
    }
    lg_buf_addc(reply, '}');
    lg_free(text);
}

void jp_answer_expressions(dsl_session *session, const json_t *expressions, lg_buf *reply)
{
    jp_json_key(reply, "user_expressions");
    lg_buf_addc(reply, '{');
    void *at = json_object_iter((json_t *)expressions);
    for (bool first = true; at; at = json_object_iter_next((json_t *)expressions, at), first = false) {
        if (!first) lg_buf_addc(reply, ',');
        jp_json_text(reply, json_object_iter_key(at), json_object_iter_key_len(at));
        lg_buf_addc(reply, ':');
        add_expression(session, json_object_iter_value(at), reply);
    }
    lg_buf_addc(reply, '}');
}
