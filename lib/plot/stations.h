/* stations.h - one image on its way through a network: a strip of stations that wraps, and flattening drawn as what it
 * is, numbers put into a row.
 *
 *     plt_stations(&doc, &(plt_stations_spec){.station = stations, .n = 13});
 *     plt_unroll(&doc, &(plt_unroll_spec){.name = "flatten1", .h = 2, .w = 2, .c = 128, .cell = first, .animate =
 * true});
 *
 * As all charts (chart.h): on a card, the sentence below is the alternative text, plain text shows the same numbers. */
#ifndef PLT_STATIONS_H
#define PLT_STATIONS_H

#include "lib/plot/chart.h"

enum { PLT_TILES = 4, PLT_STATION_BARS = 64, PLT_STATION_CLASSES = 4 };

typedef struct plt_tile {
    const char *name;   /* "map 3" */
    const uint8_t *rgb; /* (h, w, 3), copied */
    int h, w;
} plt_tile;

typedef struct plt_share_bar {
    const char *name;
    double share;
    bool said, label, wrong; /* what the network says; what it is; said, and known to be something else */
} plt_share_bar;

/* One of tile, number and bar is drawn. */
typedef struct plt_station {
    const char *name;   /* "conv1" */
    const char *what;   /* "conv 16 3x3 relu" */
    const char *size;   /* "62x62x16, 448 parameters" */
    const char *range;  /* "0 to 1.3, mean 0.2, 43% zeros" */
    const char *passed; /* what lies between the one before and this one and is not drawn: "12 layers"; NULL: nothing */
    plt_tile tile[PLT_TILES];
    int tiles;
    const double *number; /* of a list, the first PLT_STATION_BARS of them */
    int numbers;          /* all there are */
    plt_share_bar bar[PLT_STATION_CLASSES];
    int bars;
} plt_station;

typedef struct plt_stations_spec {
    const char *title, *sentence, *plain;
    const plt_station *station;
    int n;
} plt_stations_spec;
void plt_stations(plt_doc *doc, const plt_stations_spec *spec);

/* h x w x c numbers become a list, place by place, and at each place map by map. Shown are the places of the first two
 * rows and columns, and of each a few maps. */
enum { PLT_UNROLL_SIDE = 2, PLT_UNROLL_MAPS = 3 };
typedef struct plt_unroll_spec {
    const char *title, *sentence;
    const char *from, *name; /* "maxpool4", "flatten1" */
    int h, w, c;
    int map[PLT_UNROLL_MAPS], maps;                                 /* from 0, rising; at least one */
    double cell[PLT_UNROLL_SIDE][PLT_UNROLL_SIDE][PLT_UNROLL_MAPS]; /* by row, column, map of those */
    bool animate;                                                   /* one place after the other */
} plt_unroll_spec;
void plt_unroll(plt_doc *doc, const plt_unroll_spec *spec);
/* Place in the list, from 1, of a number at (row, column) of a map, all from 0. */
static inline long long plt_unrolled(const plt_unroll_spec *s, int row, int column, int map)
{
    return ((long long)row * s->w + column) * s->c + map + 1;
}

#endif
