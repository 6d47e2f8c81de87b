/* widget.h - sliders in a notebook: comms between a line that was kept (kernel/dsl/slider.h) and the page.
 *
 *     page -> comm_msg update {"index": 3}
 *     page <- comm_msg echo_update, then update_display_data of what the line draws for the fourth word
 *
 * A slider is a group of models as the page knows them: one SelectionSlider an axis, a place for the drawing, layouts,
 * a style, and a box around all. Each has a comm of its own. What the page sends is a place in a list; whatever else it
 * says changes nothing.
 *
 * The drawing is an ordinary output, which the notebook saves; the slider is an output of its own before it, whose
 * text/plain says what to type where there are no sliders. A page that is loaded again asks for all states and has live
 * sliders, but no longer knows which output belongs to which display: from then on the drawing is also sent into the
 * box.
 *
 * While updates of one slider wait in the queue only the newest is drawn. Its picture in the form that a page does not
 * show (image/png, which takes longer than all the rest) follows when nothing has come for JP_SETTLE seconds. Of more
 * than JP_SLIDERS sliders the oldest are closed.
 *
 * Front ends send comm messages to a subshell of their own, so that sliders move while a cell runs. Every executor may
 * call everything: one record of all sliders, under a lock that nobody holds while drawing. The executor that got the
 * message draws, with its own threads; one slider is drawn by one executor at a time, which goes on until it has drawn
 * what was asked last. Source: messages of ipywidgets 8 (protocol 2.1: targets jupyter.widget and, for a page
 * that was loaded again, jupyter.widget.control). */
#ifndef JP_WIDGET_H
#define JP_WIDGET_H

#include <jansson.h>

#include "kernel/dsl/slider.h"
#include "kernel/jupyter/wire.h"

enum { JP_SLIDERS = 64 };
#define JP_SETTLE 0.4

struct jp_kernel;
struct jp_executor;
struct jp_output;
typedef struct jp_widgets jp_widgets;

lg_status jp_widgets_new(struct jp_kernel *kernel, jp_widgets **out, lg_err *err) LG_MUST_CHECK;
void jp_widgets_free(jp_widgets *widgets); /* NULL is fine */

/* A slider for what the running cell is about to show under a display_id; it goes out as a display of its own. Where
 * memory is short there is none, and the log says so. */
void jp_widgets_add(jp_widgets *widgets, struct jp_output *output, const dsl_call *call, const dsl_slider *slider,
                    const char *display);

/* comm_open, comm_msg and comm_close of the page. A failure has changed nothing. */
lg_status jp_widgets_open(jp_widgets *widgets, const jp_request *request, const json_t *content,
                          lg_err *err) LG_MUST_CHECK;
lg_status jp_widgets_message(jp_widgets *widgets, const jp_request *request, const json_t *content,
                             lg_err *err) LG_MUST_CHECK;
lg_status jp_widgets_close(jp_widgets *widgets, const jp_request *request, const json_t *content,
                           lg_err *err) LG_MUST_CHECK;
/* Draws what was moved, except what a message that waits for this executor will move again. After each comm message. */
void jp_widgets_draw(jp_widgets *widgets, struct jp_executor *x, const jp_request *request);
/* Is there a drawing without all its forms? Then: draws one of them whole. */
bool jp_widgets_unsettled(jp_widgets *widgets);
void jp_widgets_settle(jp_widgets *widgets, struct jp_executor *x);

/* Appends the comms as comm_info_reply has them: {"id":{"target_name":…},…}. target NULL: all. */
void jp_widgets_list(jp_widgets *widgets, const char *target, lg_buf *out);

#endif
