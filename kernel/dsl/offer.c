/* offer.c - the matches of Tab, each once, written as the place wants them. */
#include "kernel/dsl/offer.h"
#include <ctype.h>
#include <string.h>

#include "lib/base/banned.h"

void dsl_completion_release(dsl_completion *completion)
{
    for (size_t i = 0; i < completion->count; i++) {
        lg_free(completion->match[i].text);
        lg_free(completion->match[i].type);
        lg_free(completion->match[i].signature);
    }
    lg_free(completion->match);
    *completion = (dsl_completion){0};
}

bool dsl_offer_full(const dsl_offer *o)
{
    return o->status || o->out->count >= DSL_MOST_MATCHES;
}

bool dsl_offer_begins(const dsl_offer *o, const char *word)
{
    for (size_t i = 0; i < o->partial_len; i++)
        if (tolower((unsigned char)word[i]) != tolower((unsigned char)o->partial[i]))
            return false; /* also at its end */
    return true;
}

/* Where the text is or belongs among the matches. */
static uint16_t *slot_of(dsl_offer *o, const char *text)
{
    uint32_t hash = 2166136261u;
    for (const char *s = text; *s; s++) hash = (hash ^ (unsigned char)*s) * 16777619u;
    for (uint32_t at = hash;; at++) {
        uint16_t *slot = &o->slot[at % DSL_MATCH_SLOTS];
        if (!*slot || !strcmp(o->out->match[*slot - 1].text, text)) return slot;
    }
}

static void match(dsl_offer *o, const char *text, const char *type, const char *signature)
{
    dsl_completion *out = o->out;
    if (dsl_offer_full(o)) return;
    uint16_t *slot = slot_of(o, text);
    if (*slot) return;
    if ((out->count & (out->count - 1)) == 0) {
        size_t cap = out->count ? out->count * 2 : 1;
        dsl_match *grown = lg_realloc(out->match, out->count, cap, sizeof *grown, o->err);
        if (!grown) {
            o->status = o->err->status;
            return;
        }
        out->match = grown;
    }
    dsl_match made = {.text = lg_strdup(text, o->err)};
    if (made.text) made.type = lg_strdup(type, o->err);
    if (made.type) made.signature = lg_strdup(signature, o->err);
    out->match[out->count++] = made;
    *slot = (uint16_t)out->count;
    if (!made.signature) o->status = o->err->status;
}

void dsl_offer_add(dsl_offer *o, const char *word, const char *type, const char *signature)
{
    if (!o->quote && dsl_offer_begins(o, word) && !dsl_offer_listed(o, word)) match(o, word, type, signature);
}

void dsl_offer_plain(dsl_offer *o, const char *text, const char *type, const char *signature)
{
    if (!o->quote) match(o, text, type, signature);
}

/* Inside quotes: what would end them, or be filled in, has a `\` before it; '…' takes everything but its quote. */
static bool inside_quotes(const dsl_offer *o, const char *word, bool ends, lg_buf *out)
{
    if (o->quote == '\'' && strpbrk(word, "'\n\r")) return false;
    for (const char *s = word; *s; s++) {
        if (o->quote == '"' &&
            (*s == '"' || *s == '\\' || (*s == '$' && (s[1] == '{' || isalpha((unsigned char)s[1])))))
            lg_buf_addc(out, '\\');
        lg_buf_addc(out, *s);
    }
    if (o->unclosed && ends) lg_buf_addc(out, o->quote);
    return true;
}

void dsl_offer_put(dsl_offer *o, const char *word, const char *type, const char *signature)
{
    lg_buf text;
    size_t n = strlen(word);
    bool folder = n && word[n - 1] == '/', fits = true;
    if (dsl_offer_full(o) || dsl_offer_listed(o, word)) return;
    lg_buf_init(&text, 1 << 16);
    if (o->quote) fits = inside_quotes(o, word, !folder, &text);
    else dsl_add_word(&text, word);
    if (folder && !o->quote && text.len > n) text.data[--text.len] = 0; /* the name goes on: "my files/ */
    if (fits && !text.failed) match(o, lg_buf_str(&text), type, signature);
    lg_buf_release(&text);
}

void dsl_offer_word(dsl_offer *o, const char *word, const char *type, const char *signature)
{
    if (dsl_offer_begins(o, word)) dsl_offer_put(o, word, type, signature);
}

bool dsl_offer_listed(const dsl_offer *o, const char *word)
{
    const dsl_tokens *tokens = &o->context.tokens;
    for (size_t i = o->context.end; i >= 2 && tokens->token[i - 1].kind == TOK_COMMA; i -= 2) {
        const dsl_token *before = &tokens->token[i - 2];
        bool quoted = before->kind == TOK_STRING || before->kind == TOK_RAW;
        size_t len = quoted ? before->len - 2 : before->len;
        if (dsl_same_n(tokens->text + before->at + quoted, word, len)) return true;
    }
    return false;
}
