/* paths.h - our own folders: settings, data and cache.
 *
 *     store_paths paths = {0};
 *     LG_TRY(store_paths_init(&paths, err)); // finds them and creates what is missing, mode 0700
 *     LG_GO(store_paths_reach(&paths, err));
 *     store_paths_release(&paths);
 *
 * LOGOLENS_HOME moves everything: $LOGOLENS_HOME/config, /data, /cache (each directly ours). Otherwise the XDG Base
 * Directory Specification 0.8: $XDG_CONFIG_HOME (~/.config), $XDG_DATA_HOME (~/.local/share) and $XDG_CACHE_HOME
 * (~/.cache), each with `/logolens`. A relative XDG value is ignored, as the specification says. Weights:
 * $LOGOLENS_WEIGHTS, else data/weights. A folder that belongs to someone else or that others may write is refused
 * (LL602). One that cannot be made, as for a user without a home, and a cache that cannot be written, lie in
 * $TMPDIR/logolens-UID (/tmp) instead, as long as that is ours alone: docs/adr/0168. */
#ifndef STORE_PATHS_H
#define STORE_PATHS_H

#include "lib/base/lg.h"

typedef struct store_paths {
    char *config, *data, *cache, *weights; /* full paths, owned */
    bool spare;                            /* one of them lies among the temporary files */
} store_paths;

/* LL602 not safe to use, LL603 cannot be found or created, among the temporary files neither. */
lg_status store_paths_init(store_paths *paths, lg_err *err) LG_MUST_CHECK;
void store_paths_release(store_paths *paths);
/* Hands data, cache and weights to lib/base/reach.h as our own. The settings stay out: no cell may read or write what
 * decides about its own reach. */
lg_status store_paths_reach(const store_paths *paths, lg_err *err) LG_MUST_CHECK;

#endif
