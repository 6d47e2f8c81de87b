/* name_map.h - from names to numbers, in about one step whatever their count.
 *
 *     nn_name_map map = {0};
 *     LG_GO(nn_name_map_put(&map, "conv1.weight", 0, &fresh, err));   // fresh: the name was not there
 *     long at = nn_name_map_find(&map, "conv1.weight");               // 0; -1 where it is not there
 *     nn_name_map_release(&map);
 *
 * Names are borrowed and must stay where they are as long as the map is used. Where a name lies in the map differs from
 * run to run, so that no file can be made whose names all fall together. */
#ifndef NN_NAME_MAP_H
#define NN_NAME_MAP_H

#include "lib/base/lg.h"

typedef struct nn_name_map {
    struct nn_name_slot *slot;
    size_t count, cap;
    uint64_t seed;
} nn_name_map;

/* Leaves a name that is there as it is, and says so. */
lg_status nn_name_map_put(nn_name_map *map, const char *name, uint32_t number, bool *fresh, lg_err *err) LG_MUST_CHECK;
long nn_name_map_find(const nn_name_map *map, const char *name);
void nn_name_map_release(nn_name_map *map);

#endif
