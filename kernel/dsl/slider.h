/* slider.h - one option of a line that can still be moved when the line has run: `convolve g with edge slider`.
 *
 * The command has the flag DSL_SLIDER_FLAG, draws for one value of the option and says which values there are; it
 * knows nothing of who moves them:
 *     const dsl_slider slider = {.option = "layer", .what = "layer", .naxes = 1, .axis = {{"layer", names, 5, 0}}};
 *     return cmd_slide(call, &doc, true, &slider, err);
 * The reader (dsl_out.slide) shows the drawing and keeps a dsl_again, by which the same line runs with another value:
 *     LG_TRY(dsl_again_new(call, slider, &again, err));
 *     LG_TRY(dsl_again_run(again, session, (int[]){3, 0}, out, cancel, err)); // … layer conv4
 *
 * A value is a place in a list of words, each as it would be typed. So there is nothing to round, and what a drawing
 * shows can always be asked for by a line without a slider.
 *
 * A dsl_again holds the versions of the objects that the line named, and of the dataset behind a model it named, and
 * the settings. What their names stand for later does not matter, nor whether the session of the line still exists: the
 * line runs with the commands and the threads of the session that moves it. It never changes: several threads may run
 * it at once, each with a session of its own. */
#ifndef DSL_SLIDER_H
#define DSL_SLIDER_H

#include "kernel/dsl/command.h"

#define DSL_SLIDER_FLAG "slider"
enum { DSL_SLIDER_AXES = 2 };

typedef struct dsl_axis {
    const char *label;       /* what stands before it: "row" */
    const char *const *word; /* count of them, as they are typed */
    int count, start;        /* start: the place of what is drawn now */
} dsl_axis;

typedef struct dsl_slider {
    const char *option; /* of the line, which it sets: "at". Words of two axes are joined by a comma */
    const char *what;   /* "position of the kernel" */
    int naxes;          /* each with at least two words */
    dsl_axis axis[DSL_SLIDER_AXES];
} dsl_slider;

/* What it is for, and the line that draws another value where nothing can be moved. */
void dsl_slider_text(const dsl_call *call, const dsl_slider *slider, lg_buf *out);

typedef struct dsl_again dsl_again;
/* Copies what it needs of both. */
lg_status dsl_again_new(const dsl_call *call, const dsl_slider *slider, dsl_again **out, lg_err *err) LG_MUST_CHECK;
void dsl_again_free(dsl_again *again);
const dsl_slider *dsl_again_slider(const dsl_again *again); /* borrowed */
/* Runs the line with the words at these places, one an axis, all within their counts, for `home`, which stays as it is
 * and whose settings hold on this thread afterwards. */
lg_status dsl_again_run(const dsl_again *again, dsl_session *home, const int place[DSL_SLIDER_AXES], dsl_out *out,
                        lg_cancel *cancel, lg_err *err) LG_MUST_CHECK;

#endif
