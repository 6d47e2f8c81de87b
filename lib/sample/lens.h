/* lens.h - light and camera: from what is there to what a photograph shows of it. Internal to lib/sample. */
#ifndef SMP_LENS_H
#define SMP_LENS_H

#include "lib/image/picture.h"
#include "lib/sample/canvas.h"

/* Coloured light from one side, glare, blur, exposure, noise. The canvas is used up. *out must be empty. */
lg_status smp_lens(smp_canvas *c, img_picture *out, lg_err *err) LG_MUST_CHECK;

#endif
