/* config.h - config.json: what this user has allowed notebooks to reach.
 *
 *     store_config config = {0};
 *     LG_GO(store_config_load(&paths, &config, err));         // no file yet: empty, no error
 *     LG_GO(store_config_reach(&config, err));                // at start: roots and hosts into lib/base/reach.h
 *     LG_GO(store_config_allow(&paths, "https://example.org", &added, err)); // `logolens allow ...`
 *     done: store_config_release(&config);
 *
 * The file is {"version": 1, "roots": ["/usr/share/datasets"], "hosts": ["https://example.org"]}, mode 0600; members
 * we do not know are kept as they are. {"settings": {"contact": "https://example.org/us"}} names, in every request to
 * a platform, where its operators can write to; a text of at most 120 printable ASCII characters without brackets.
 * {"settings": {"history": false}}: the cells that are run are not kept beyond a session. The file is written whole or
 * not at all. A file others can write, that belongs to someone else or that is a link is refused
 * (LL602): it decides what other people's notebooks may read.
 * The file is opened without lib/base/reach.h, which it is there to set up, and which keeps it from cells.
 * Besides the file, $LOGOLENS_ROOTS (folders separated by `:`) and /usr/share/datasets are roots. */
#ifndef STORE_CONFIG_H
#define STORE_CONFIG_H

#include "lib/store/paths.h"

typedef struct store_config {
    char **root, **host; /* owned */
    size_t roots, hosts;
    char *contact; /* owned, or NULL */
    bool no_history;
} store_config;

/* LL602 not safe, LL604 not readable as our JSON (with line and column). */
lg_status store_config_load(const store_paths *paths, store_config *config, lg_err *err) LG_MUST_CHECK;
void store_config_release(store_config *config);
/* Adds a folder (its full path, links resolved, is stored; LL302 when it is not there) or a host (anything with `://`:
 * scheme, host and port are stored in lower case; http only for this machine, LL605 otherwise) and writes the file. The
 * root folder is refused (LL605). Two at a time wait for each other.
 * *added gets what was stored (owned, lg_free) and *new_entry false when it was there already. Either may be NULL. */
lg_status store_config_allow(const store_paths *paths, const char *what, char **added, bool *new_entry, lg_err *err)
    LG_MUST_CHECK;
/* Takes it back; LL605 when it was not allowed. */
lg_status store_config_forbid(const store_paths *paths, const char *what, lg_err *err) LG_MUST_CHECK;
/* Fills lib/base/reach.h: roots of the file, of $LOGOLENS_ROOTS and /usr/share/datasets; hosts of the file. */
lg_status store_config_reach(const store_config *config, lg_err *err) LG_MUST_CHECK;

#endif
