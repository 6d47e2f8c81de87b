/* offer_files.c - Tab: files and folders, one level at a time, of what may be read. */
#include "kernel/dsl/offer.h"
#include "lib/base/reach.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

const char dsl_picture_endings[] = ".jpg .jpeg .png .bmp";

static bool ends_in(const char *name, const char *endings)
{
    size_t n = strlen(name);
    for (const char *at = endings; *at;) {
        size_t m = strcspn(at, " ");
        if (m && n > m && dsl_same_n(at, name + n - m, m)) return true;
        at += m + strspn(at + m, " ");
    }
    return false;
}

static bool is_offered(const char *name, const char *endings)
{
    if (!endings) return true;
    return *endings == '-' ? !ends_in(name, endings + 1) : ends_in(name, endings);
}

/* Above the places that may be read, the ways down to them: `/us` -> /usr/share/datasets/, `~/lo` -> ~/logos/. */
static void offer_roots(dsl_offer *o)
{
    char home[1024] = "", entry[1400];
    char *resolved = NULL;
    lg_err quiet = {0};
    if (*o->partial == '~' && lg_reach_home(&resolved, &quiet) == LG_OK) snprintf(home, sizeof home, "%s", resolved);
    lg_free(resolved);
    size_t n = strlen(home);
    const char *root;
    for (size_t i = 0; (root = lg_reach_root(i)); i++) {
        if (n && (strncmp(root, home, n) || root[n] != '/')) continue;
        snprintf(entry, sizeof entry, "%s%s/", n ? "~" : "", root + n);
        dsl_offer_word(o, entry, "folder", "may be read");
    }
}

typedef struct begun {
    const char *name, *endings;
    size_t len;
} begun;

static bool is_wanted(void *ctx, const char *name, bool folder)
{
    const begun *b = ctx;
    if (*name == '.' && !(b->len && *b->name == '.')) return false;
    for (size_t i = 0; i < b->len; i++)
        if (tolower((unsigned char)name[i]) != tolower((unsigned char)b->name[i])) return false;
    return folder || is_offered(name, b->endings);
}

void dsl_offer_files(dsl_offer *o, const char *endings)
{
    char folder[1024] = ".", entry[1400];
    size_t slash = o->partial_len;
    while (slash && o->partial[slash - 1] != '/') slash--;
    if (slash >= sizeof folder || memchr(o->partial, ':', o->partial_len)) return;
    if (slash) memcpy(folder, o->partial, slash), folder[slash] = 0;
    if (o->partial_len && (*o->partial == '/' || *o->partial == '~')) offer_roots(o);
    begun b = {o->partial + slash, endings, o->partial_len - slash};
    lg_listing listing = {0};
    lg_err quiet = {0};
    if (lg_reach_look(folder, is_wanted, &b, DSL_MOST_MATCHES, &listing, &quiet) != LG_OK) return;
    for (size_t i = 0; i < listing.count; i++) {
        size_t n = strlen(listing.path[i]);
        if (slash + n + 1 > sizeof entry) continue;
        memcpy(entry, o->partial, slash);
        memcpy(entry + slash, listing.path[i], n + 1);
        dsl_offer_word(o, entry, listing.path[i][n - 1] == '/' ? "folder" : "file", "");
    }
    lg_listing_release(&listing);
}

/* `save scratch to` -> scratch.lmodel, then what is there already and may be written over with such a thing. */
void dsl_offer_new_files(dsl_offer *o, const char *endings)
{
    const dsl_context *c = &o->context;
    char word[64], name[100];
    for (size_t i = 1; i < c->end; i++) {
        dsl_token_copy(&c->tokens, &c->tokens.token[i], word);
        dsl_object *object = *word ? dsl_session_get(o->session, word) : NULL;
        char bare[64];
        snprintf(bare, sizeof bare, "%.*s", (int)strcspn(word, "."), word);
        if (!object && *bare) object = dsl_session_get(o->session, bare);
        const char *usual = object && c->command && c->command->endings ? c->command->endings(object->cls->kind) : NULL;
        if (usual && *usual) endings = usual;
        for (; usual && *usual; usual += strspn(usual, " ")) {
            size_t n = strcspn(usual, " ");
            snprintf(name, sizeof name, "%s%.*s", word, (int)n, usual);
            dsl_offer_word(o, name, "file", "a new file");
            usual += n;
        }
        if (object) break;
    }
    dsl_offer_files(o, endings);
}
