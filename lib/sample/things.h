/* things.h - what is in front of the camera: a background out of focus and a thing a mark may be on. Internal. */
#ifndef SMP_THINGS_H
#define SMP_THINGS_H

#include "lib/sample/canvas.h"

typedef enum smp_thing {
    SMP_CLOTH,
    SMP_SHIRT,
    SMP_SHOE,
    SMP_CAP,
    SMP_BAG,
    SMP_SIGN,
    SMP_BALL,
    SMP_BOX,
    SMP_LABEL,
    SMP_THINGS
} smp_thing;

/* Colours a maker likes to use: what a thing and the mark on it are made in. */
typedef struct smp_house {
    smp_rgb ground, ink;
} smp_house;

typedef struct smp_scene {
    smp_thing thing;
    const smp_house *house; /* or NULL: any colours */
    smp_folds folds;
    smp_rgb ground; /* colour the mark stands on */
    smp_point at;   /* middle of where a mark goes */
    float room;     /* pixels across that a mark may have there */
    float turns;    /* how the surface is turned */
    bool flat;      /* printed matter: no thread, no folds */
    smp_place side; /* shoes: where a band goes */
} smp_scene;

/* A colour of merchandise; of walls and floors. */
smp_rgb smp_goods_colour(smp_canvas *c);
float smp_luma(smp_rgb v);

void smp_background(smp_canvas *c);
/* A colour nearly `v`, as dyes differ. */
smp_rgb smp_dye(smp_canvas *c, smp_rgb v);
void smp_thing_paint(smp_canvas *c, smp_thing thing, const smp_house *house, smp_scene *scene);
/* What comes between camera and thing: a finger, a strap, laces, a leaf edge. */
void smp_occlude(smp_canvas *c, const smp_scene *scene);

/* ---- surfaces: work on the albedo and shade where the mask is ---- */
typedef enum smp_texture { SMP_SMOOTH, SMP_WEAVE, SMP_KNIT, SMP_LEATHER, SMP_MESH, SMP_TEXTURES } smp_texture;
void smp_texture_apply(smp_canvas *c, smp_texture texture, float amount);

#endif
