/* name_map.c - open addressing with linear steps; at most half of the slots are taken. */
#include "nnlib/core/name_map.h"
#include <string.h>
#include "lib/base/banned.h"

typedef struct nn_name_slot {
    const char *name; /* NULL: free */
    uint32_t number;
} nn_name_slot;

/* Where the name is, or would be. */
static nn_name_slot *slot_of(nn_name_slot *slot, size_t cap, uint64_t seed, const char *name)
{
    size_t at = (size_t)lg_hash64(name, strlen(name), seed) & (cap - 1);
    while (slot[at].name && strcmp(slot[at].name, name) != 0) at = (at + 1) & (cap - 1);
    return &slot[at];
}

/* Of the moment and of where the system put the block: not secret, but not to be known when a file is made. */
static uint64_t fresh_seed(const void *block)
{
    double now = lg_now();
    return lg_hash64(&now, sizeof now, (uintptr_t)block);
}

static lg_status grow(nn_name_map *map, lg_err *err)
{
    size_t cap = map->cap ? map->cap * 2 : 64;
    nn_name_slot *slot = lg_alloc(cap, sizeof *slot, err);
    if (!slot) return err->status;
    if (!map->cap) map->seed = fresh_seed(slot);
    for (size_t i = 0; i < map->cap; i++)
        if (map->slot[i].name) *slot_of(slot, cap, map->seed, map->slot[i].name) = map->slot[i];
    lg_free(map->slot);
    map->slot = slot, map->cap = cap;
    return LG_OK;
}

lg_status nn_name_map_put(nn_name_map *map, const char *name, uint32_t number, bool *fresh, lg_err *err)
{
    if (map->count * 2 >= map->cap) LG_TRY(grow(map, err));
    nn_name_slot *at = slot_of(map->slot, map->cap, map->seed, name);
    *fresh = !at->name;
    if (at->name) return LG_OK;
    *at = (nn_name_slot){.name = name, .number = number};
    map->count++;
    return LG_OK;
}

long nn_name_map_find(const nn_name_map *map, const char *name)
{
    if (!map->cap) return -1;
    const nn_name_slot *at = slot_of(map->slot, map->cap, map->seed, name);
    return at->name ? (long)at->number : -1;
}

void nn_name_map_release(nn_name_map *map)
{
    lg_free(map->slot);
    *map = (nn_name_map){0};
}
