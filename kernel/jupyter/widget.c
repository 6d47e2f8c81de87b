/* widget.c - the models of a slider as JSON, and what happens when one is moved. */
#include "kernel/jupyter/widget.h"

#include <sodium.h>
#include <string.h>

#include "kernel/jupyter/kernel_state.h"
#include "kernel/jupyter/wire_json.h"
#include "lib/base/banned.h"

#define TARGET   "jupyter.widget"
#define CONTROL  "jupyter.widget.control"
#define BASE     "@jupyter-widgets/base"
#define CONTROLS "@jupyter-widgets/controls"
#define VERSION  "2.0.0" /* of both */

enum {
    CONTROL_COMMS = 16, /* pages that ask for all states; of more the oldest is forgotten */
    ID = 64,            /* bytes of the longest comm_id we keep */
    UPDATE_LIMIT = 4096 /* bytes of a waiting message that may be a newer update */
};

/* The page learns of them in this order: each names only those before it. AXIS is the first of as many as there may be.
 */
enum { LAYOUT, FRAME, STYLE, PICTURE, AXIS, BOX = AXIS + DSL_SLIDER_AXES, MODELS };

typedef struct jp_slider {
    /* constant */
    char id[MODELS][33]; /* comm_id, which is the model's; "" where there is no such model */
    dsl_again *again;
    char *display; /* display_id of what it moves */
    /* under the lock */
    struct jp_slider *next;     /* older */
    bool busy;                  /* an executor opens or draws it, without the lock, and reads what is constant */
    bool closed;                /* no longer in the list: who keeps it busy frees it */
    bool unsettled;             /* what was drawn last has not all its forms */
    bool inside;                /* a page was loaded again: such a page no longer knows the display */
    lg_buf parent;              /* header of the message it answers */
    int place[DSL_SLIDER_AXES]; /* where it stands, and what is drawn */
    int drawn[DSL_SLIDER_AXES];
} jp_slider;

struct jp_widgets {
    struct jp_kernel *kernel;
    pthread_mutex_t lock; /* guards what follows */
    jp_slider *first;
    int count;
    char control[CONTROL_COMMS][ID + 1]; /* a ring; "" is free */
    int turn;
};

/* ---- models as JSON ---- */
static const struct {
    const char *module, *model, *view_module, *view;
} model_of[] = {
    [LAYOUT] = {BASE, "LayoutModel", BASE, "LayoutView"},
    [FRAME] = {BASE, "LayoutModel", BASE, "LayoutView"},
    [STYLE] = {CONTROLS, "SliderStyleModel", BASE, "StyleView"},
    [PICTURE] = {CONTROLS, "HTMLModel", CONTROLS, "HTMLView"},
    [AXIS] = {CONTROLS, "SelectionSliderModel", CONTROLS, "SelectionSliderView"},
    [BOX] = {CONTROLS, "VBoxModel", CONTROLS, "VBoxView"},
};

static bool is_axis(int model)
{
    return model >= AXIS && model < BOX;
}

static int kind_of(int model)
{
    return is_axis(model) ? AXIS : model;
}

static void add_reference(lg_buf *out, const char *name, const char *id)
{
    if (name) jp_json_key(out, name);
    lg_buf_addf(out, "\"IPY_MODEL_%s\"", id);
}

static void add_axis(lg_buf *out, const jp_slider *s, int axis)
{
    const dsl_axis *a = &dsl_again_slider(s->again)->axis[axis];
    jp_json_key(out, "_options_labels");
    lg_buf_addc(out, '[');
    for (int i = 0; i < a->count; i++) {
        if (i) lg_buf_addc(out, ',');
        jp_json_string(out, a->word[i]);
    }
    lg_buf_addc(out, ']');
    jp_json_member_int(out, "index", s->place[axis]);
    jp_json_member(out, "description", a->label);
    jp_json_member_bool(out, "continuous_update", true);
    jp_json_member(out, "behavior", "drag-tap");
    jp_json_member(out, "orientation", "horizontal");
    jp_json_member_bool(out, "readout", true);
    add_reference(out, "layout", s->id[LAYOUT]);
    add_reference(out, "style", s->id[STYLE]);
}

/* Empty and without room until a page that was loaded again draws in it. */
static void add_picture(lg_buf *out, const jp_slider *s)
{
    jp_json_member(out, "value", "");
    add_reference(out, "layout", s->id[FRAME]);
}

static void add_box(lg_buf *out, const jp_slider *s)
{
    jp_json_key(out, "children");
    lg_buf_addc(out, '[');
    for (int i = 0; i < dsl_again_slider(s->again)->naxes; i++) {
        add_reference(out, NULL, s->id[AXIS + i]);
        lg_buf_addc(out, ',');
    }
    add_reference(out, NULL, s->id[PICTURE]);
    lg_buf_addc(out, ']');
}

static void add_state(lg_buf *out, const jp_slider *s, int model)
{
    int kind = kind_of(model);
    jp_json_key(out, "state");
    lg_buf_addc(out, '{');
    jp_json_member(out, "_model_module", model_of[kind].module);
    jp_json_member(out, "_model_module_version", VERSION);
    jp_json_member(out, "_model_name", model_of[kind].model);
    jp_json_member(out, "_view_module", model_of[kind].view_module);
    jp_json_member(out, "_view_module_version", VERSION);
    jp_json_member(out, "_view_name", model_of[kind].view);
    if (kind == LAYOUT) jp_json_member(out, "width", "min(480px, 100%)");
    if (kind == FRAME) jp_json_member(out, "display", "none");
    if (kind == STYLE) jp_json_member(out, "description_width", *s->id[AXIS + 1] ? "4em" : "initial");
    if (kind == PICTURE) add_picture(out, s);
    if (kind == BOX) add_box(out, s);
    if (kind == AXIS) add_axis(out, s, model - AXIS);
    lg_buf_addc(out, '}');
}

/* {"comm_id":…,"data":{"method":… and whatever is added, until end_message. method NULL: comm_open, which has none. */
static void begin_message(lg_buf *out, jp_bytes id, const char *method)
{
    lg_buf_init(out, JP_MESSAGE_LIMIT);
    lg_buf_addc(out, '{');
    jp_json_key(out, "comm_id");
    jp_json_text(out, id.data, id.len);
    if (!method) jp_json_member(out, "target_name", TARGET);
    jp_json_key(out, "data");
    lg_buf_addc(out, '{');
    if (method) jp_json_member(out, "method", method);
}

static void end_message(lg_buf *out)
{
    lg_buf_adds(out, ",\"buffer_paths\":[]}}");
}

static jp_bytes bytes_of(const char *text)
{
    return (jp_bytes){text, strlen(text)};
}

static bool same_id(jp_bytes id, const char *ours)
{
    return *ours && strlen(ours) == id.len && memcmp(ours, id.data, id.len) == 0;
}

/* ---- sending ---- */
static void answer(jp_widgets *w, const jp_request *request, const char *type, lg_buf *content)
{
    jp_kernel_send(w->kernel, JP_IOPUB, jp_answering(request), type, NULL, content);
    lg_buf_release(content);
}

static void send_close(jp_widgets *w, jp_answered to, jp_bytes id)
{
    lg_buf content;
    lg_buf_init(&content, 0);
    lg_buf_addc(&content, '{');
    jp_json_key(&content, "comm_id");
    jp_json_text(&content, id.data, id.len);
    lg_buf_adds(&content, ",\"data\":{}}");
    jp_kernel_send(w->kernel, JP_IOPUB, to, "comm_close", NULL, &content);
    lg_buf_release(&content);
}

static void send_models(jp_output *output, const jp_slider *s)
{
    lg_buf content;
    for (int m = 0; m < MODELS; m++) {
        if (!*s->id[m]) continue;
        begin_message(&content, bytes_of(s->id[m]), NULL);
        add_state(&content, s, m);
        end_message(&content);
        jp_output_send(output, "comm_open", "{\"version\":\"2.1.0\"}", &content);
        lg_buf_release(&content);
    }
}

static void send_view(jp_output *output, const jp_slider *s, const char *text)
{
    lg_buf content;
    lg_buf_init(&content, 0);
    lg_buf_adds(&content, "{\"data\":{");
    jp_json_member(&content, "text/plain", text);
    jp_json_key(&content, "application/vnd.jupyter.widget-view+json");
    lg_buf_adds(&content, "{\"version_major\":2,\"version_minor\":0");
    jp_json_member(&content, "model_id", s->id[BOX]);
    lg_buf_adds(&content, "}},\"metadata\":{},\"transient\":{}}");
    jp_output_send(output, "display_data", NULL, &content);
    lg_buf_release(&content);
}

/* ---- the list ---- */
static void slider_free(jp_slider *s)
{
    if (!s) return;
    dsl_again_free(s->again);
    lg_buf_release(&s->parent);
    lg_free(s->display);
    lg_free(s);
}

/* Takes it out of the list and tells the page of every comm but `closed`, which it closed itself. */
static void slider_close(jp_widgets *w, jp_slider *s, jp_answered to, const char *closed)
{
    jp_slider **at = &w->first;
    while (*at != s) at = &(*at)->next;
    *at = s->next;
    w->count--;
    for (int m = 0; m < MODELS; m++)
        if (*s->id[m] && s->id[m] != closed) send_close(w, to, bytes_of(s->id[m]));
    s->closed = true;
    if (!s->busy) slider_free(s);
}

/* Under the lock. */
static void end_use(jp_slider *s)
{
    s->busy = false;
    if (s->closed) slider_free(s);
}

static void close_oldest(jp_widgets *w, const jp_output *output)
{
    jp_slider *s = w->first;
    while (s->next) s = s->next;
    lg_log(LG_LOG_INFO, "more than %d sliders: the oldest is closed", JP_SLIDERS);
    slider_close(w, s, jp_output_parent(output), NULL);
}

static jp_slider *slider_of(const jp_widgets *w, jp_bytes id, int *model)
{
    for (jp_slider *s = w->first; s; s = s->next)
        for (*model = 0; *model < MODELS; ++*model)
            if (same_id(id, s->id[*model])) return s;
    return NULL;
}

static char *control_of(jp_widgets *w, jp_bytes id)
{
    for (int i = 0; i < CONTROL_COMMS; i++)
        if (same_id(id, w->control[i])) return w->control[i];
    return NULL;
}

/* ---- life ---- */
lg_status jp_widgets_new(struct jp_kernel *kernel, jp_widgets **out, lg_err *err)
{
    jp_widgets *w = lg_alloc(1, sizeof *w, err);
    if (!w) return err->status;
    w->kernel = kernel;
    pthread_mutex_init(&w->lock, NULL);
    *out = w;
    return LG_OK;
}

void jp_widgets_free(jp_widgets *w)
{
    if (!w) return;
    while (w->first) {
        jp_slider *s = w->first;
        w->first = s->next;
        slider_free(s);
    }
    pthread_mutex_destroy(&w->lock);
    lg_free(w);
}

static void draw_id(char id[33])
{
    unsigned char bytes[16];
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2hex(id, 33, bytes, sizeof bytes);
}

static lg_status slider_new(const dsl_call *call, const dsl_slider *slider, const char *display, jp_slider **out,
                            lg_err *err)
{
    lg_status st;
    jp_slider *s = lg_alloc(1, sizeof *s, err);
    if (!s) return err->status;
    lg_buf_init(&s->parent, JP_MESSAGE_LIMIT);
    LG_GO(dsl_again_new(call, slider, &s->again, err));
    s->display = lg_strdup(display, err);
    if (!s->display) LG_GO(err->status);
    for (int m = 0; m < MODELS; m++)
        if (!is_axis(m) || m - AXIS < slider->naxes) draw_id(s->id[m]);
    for (int i = 0; i < slider->naxes; i++) s->place[i] = s->drawn[i] = slider->axis[i].start;
    *out = s;
    return LG_OK;
done:
    slider_free(s);
    return st;
}

void jp_widgets_add(jp_widgets *w, jp_output *output, const dsl_call *call, const dsl_slider *slider,
                    const char *display)
{
    lg_err err = {0};
    lg_buf text;
    jp_slider *s = NULL;
    if (slider_new(call, slider, display, &s, &err)) {
        lg_log(LG_LOG_ERROR, "no slider: %s", err.msg);
        return;
    }
    s->busy = true; /* until the page has been told of it, which may be slow to read */
    pthread_mutex_lock(&w->lock);
    s->next = w->first;
    w->first = s;
    if (++w->count > JP_SLIDERS) close_oldest(w, output);
    pthread_mutex_unlock(&w->lock);
    lg_buf_init(&text, 1 << 20);
    dsl_slider_text(call, slider, &text);
    send_models(output, s);
    send_view(output, s, lg_buf_str(&text));
    lg_buf_release(&text);
    pthread_mutex_lock(&w->lock);
    end_use(s);
    pthread_mutex_unlock(&w->lock);
}

/* ---- what the page says ---- */
static lg_status odd(lg_err *err, const char *what)
{
    return lg_fail(err, LG_E_FORMAT, 192, "the front end sent a comm message %s", what);
}

/* Each of the three under the lock. */
static lg_status opened(jp_widgets *w, const jp_request *request, const json_t *content, lg_err *err)
{
    jp_bytes id, target = jp_json_opt_text(content, "target_name", "");
    LG_TRY(jp_json_need_text(content, "comm_id", &id, err));
    bool plain = id.len && id.len <= ID && !memchr(id.data, 0, id.len);
    if (!same_id(target, CONTROL) || !plain) { /* we offer no other target */
        send_close(w, jp_answering(request), id);
        return LG_OK;
    }
    if (control_of(w, id)) return LG_OK;
    char *place = w->control[w->turn];
    w->turn = (w->turn + 1) % CONTROL_COMMS;
    memcpy(place, id.data, id.len);
    place[id.len] = 0;
    return LG_OK;
}

static void add_entry(lg_buf *out, const jp_slider *s, int model)
{
    int kind = kind_of(model);
    jp_json_key(out, s->id[model]);
    lg_buf_addc(out, '{');
    jp_json_member(out, "model_name", model_of[kind].model);
    jp_json_member(out, "model_module", model_of[kind].module);
    jp_json_member(out, "model_module_version", VERSION);
    add_state(out, s, model);
    lg_buf_addc(out, '}');
}

static void send_states(jp_widgets *w, const jp_request *request, jp_bytes id)
{
    lg_buf content;
    begin_message(&content, id, "update_states");
    jp_json_key(&content, "states");
    lg_buf_addc(&content, '{');
    for (jp_slider *s = w->first; s; s = s->next) {
        s->inside = true;
        for (int m = 0; m < MODELS; m++)
            if (*s->id[m]) add_entry(&content, s, m);
    }
    lg_buf_addc(&content, '}');
    end_message(&content);
    answer(w, request, "comm_msg", &content);
}

static void send_state(jp_widgets *w, const jp_request *request, const jp_slider *s, int model)
{
    lg_buf content;
    begin_message(&content, bytes_of(s->id[model]), "update");
    add_state(&content, s, model);
    end_message(&content);
    answer(w, request, "comm_msg", &content);
}

/* The page waits for the echo of what it sent, and other pages learn of it. */
static void send_echo(jp_widgets *w, const jp_request *request, const jp_slider *s, int model)
{
    lg_buf content;
    begin_message(&content, bytes_of(s->id[model]), "echo_update");
    lg_buf_addf(&content, ",\"state\":{\"index\":%d}", s->place[model - AXIS]);
    end_message(&content);
    answer(w, request, "comm_msg", &content);
}

static lg_status move(jp_widgets *w, const jp_request *request, jp_slider *s, int model, const json_t *state,
                      lg_err *err)
{
    const json_t *index = json_object_get(state, "index");
    if (!is_axis(model) || !json_is_integer(index)) return odd(err, "that moves nothing");
    int count = dsl_again_slider(s->again)->axis[model - AXIS].count;
    json_int_t to = json_integer_value(index);
    if (to < 0 || to >= count) return odd(err, "that moves a slider beyond its ends");
    s->place[model - AXIS] = (int)to;
    send_echo(w, request, s, model);
    return LG_OK;
}

static lg_status said(jp_widgets *w, const jp_request *request, const json_t *content, lg_err *err)
{
    jp_bytes id, method;
    int model;
    const json_t *data = json_object_get(content, "data");
    LG_TRY(jp_json_need_text(content, "comm_id", &id, err));
    LG_TRY(jp_json_need_text(data, "method", &method, err));
    if (control_of(w, id)) {
        if (!same_id(method, "request_states")) return odd(err, "that is no request_states");
        send_states(w, request, id);
        return LG_OK;
    }
    jp_slider *s = slider_of(w, id, &model);
    if (!s) return odd(err, "of a comm that is not open");
    if (same_id(method, "update")) return move(w, request, s, model, json_object_get(data, "state"), err);
    if (!same_id(method, "request_state")) return odd(err, "that is neither update nor request_state");
    send_state(w, request, s, model);
    return LG_OK;
}

static lg_status closed(jp_widgets *w, const jp_request *request, const json_t *content, lg_err *err)
{
    jp_bytes id;
    int model;
    LG_TRY(jp_json_need_text(content, "comm_id", &id, err));
    char *control = control_of(w, id);
    jp_slider *s = control ? NULL : slider_of(w, id, &model);
    if (control) *control = 0;
    else if (s) slider_close(w, s, jp_answering(request), s->id[model]);
    return LG_OK; /* of others: they are closed */
}

lg_status jp_widgets_open(jp_widgets *w, const jp_request *request, const json_t *content, lg_err *err)
{
    pthread_mutex_lock(&w->lock);
    lg_status st = opened(w, request, content, err);
    pthread_mutex_unlock(&w->lock);
    return st;
}

lg_status jp_widgets_message(jp_widgets *w, const jp_request *request, const json_t *content, lg_err *err)
{
    pthread_mutex_lock(&w->lock);
    lg_status st = said(w, request, content, err);
    pthread_mutex_unlock(&w->lock);
    return st;
}

lg_status jp_widgets_close(jp_widgets *w, const jp_request *request, const json_t *content, lg_err *err)
{
    pthread_mutex_lock(&w->lock);
    lg_status st = closed(w, request, content, err);
    pthread_mutex_unlock(&w->lock);
    return st;
}

/* ---- drawing ---- */
/* One run of a line for a slider that is busy; what may change meanwhile was copied. */
typedef struct drawing {
    jp_kernel *kernel;
    const jp_slider *slider;
    int place[DSL_SLIDER_AXES];
    bool hasty, inside;
    lg_buf parent;
} drawing;

static void send_drawing(const drawing *d, const char *type, const lg_buf *content)
{
    jp_kernel_send(d->kernel, JP_IOPUB, (jp_answered){.parent = {lg_buf_str(&d->parent), d->parent.len}}, type, NULL,
                   content);
}

/* What else a line may send stood in the cell's output already, or was progress. */
static void no_stream(dsl_out *out, bool is_error, const char *text, size_t len)
{
    (void)out, (void)is_error, (void)text, (void)len;
}
static void no_display(dsl_out *out, const dsl_bundle *bundle, const char *id, bool update)
{
    (void)out, (void)bundle, (void)id, (void)update;
}
static void no_end(dsl_out *out, const char *id)
{
    (void)out, (void)id;
}
static void no_result(dsl_out *out, const dsl_bundle *bundle)
{
    (void)out, (void)bundle;
}
static void no_clear(dsl_out *out, bool wait)
{
    (void)out, (void)wait;
}

static void send_member(const drawing *d, int model, const char *name, const char *text)
{
    lg_buf content;
    begin_message(&content, bytes_of(d->slider->id[model]), "update");
    jp_json_key(&content, "state");
    lg_buf_addc(&content, '{');
    jp_json_member(&content, name, text);
    lg_buf_addc(&content, '}');
    end_message(&content);
    send_drawing(d, "comm_msg", &content);
    lg_buf_release(&content);
}

/* Pages find a display by the cell that they have run; loaded again they know none, and dashboards (Voila) never do.
 * There the drawing moves below its slider, and what was shown stays below that. */
static void send_inside(const drawing *d, const char *html)
{
    lg_buf text;
    lg_buf_init(&text, JP_FORM_LIMIT);
    lg_buf_adds(&text, "<p>The drawing moves here. The one below stays as the cell made it, until it runs again.</p>");
    lg_buf_adds(&text, html ? html : "");
    send_member(d, FRAME, "display", "block");
    send_member(d, PICTURE, "value", lg_buf_str(&text));
    lg_buf_release(&text);
}

static void drawn_again(dsl_out *out, const dsl_call *call, const dsl_slider *slider, const dsl_bundle *bundle)
{
    const drawing *d = out->ctx;
    lg_buf content;
    (void)call, (void)slider;
    lg_buf_init(&content, 0);
    jp_output_content(bundle, d->slider->display, &content);
    send_drawing(d, "update_display_data", &content);
    lg_buf_release(&content);
    if (d->inside && d->hasty) send_inside(d, bundle->html);
}

static void draw(drawing *d, jp_executor *x)
{
    lg_err err = {0};
    dsl_out out = {.ctx = d,
                   .stream = no_stream,
                   .display = no_display,
                   .display_end = no_end,
                   .result = no_result,
                   .clear = no_clear,
                   .slide = drawn_again,
                   .hasty = d->hasty,
                   .columns = x->output.out.columns};
    if (dsl_again_run(d->slider->again, x->session, d->place, &out, &x->cancel, &err))
        lg_log(LG_LOG_WARN, "a slider was moved and nothing drawn: %s %s", err.msg, err.why);
}

static bool is_moved(const jp_slider *s)
{
    return memcmp(s->place, s->drawn, sizeof s->drawn) != 0;
}

/* Draws where the slider stands, again if it was moved meanwhile. Under the lock, which is let go while it draws; the
 * slider may be gone afterwards. */
static void draw_slider(jp_widgets *w, jp_executor *x, jp_slider *s, bool hasty)
{
    drawing d = {.kernel = w->kernel, .slider = s, .hasty = hasty};
    s->busy = true;
    do {
        lg_buf_init(&d.parent, JP_MESSAGE_LIMIT);
        lg_buf_add(&d.parent, lg_buf_str(&s->parent), s->parent.len);
        memcpy(d.place, s->place, sizeof d.place);
        memcpy(s->drawn, s->place, sizeof s->drawn);
        d.inside = s->inside;
        s->unsettled = d.hasty;
        pthread_mutex_unlock(&w->lock);
        draw(&d, x);
        lg_buf_release(&d.parent);
        pthread_mutex_lock(&w->lock);
        d.hasty = true;
    } while (is_moved(s) && !s->closed);
    end_use(s);
}

/* May this be a message for the slider? Its ids are drawn by lot: whoever writes one means it. A message that only
 * mentions one puts the drawing off until it is served itself. */
static bool mentions(const jp_item *item, const void *slider)
{
    const jp_request *request = (const jp_request *)item;
    const jp_slider *s = slider;
    jp_bytes content = jp_request_part(request, JP_CONTENT);
    if (strcmp(request->type, "comm_msg") != 0 || content.len > UPDATE_LIMIT) return false;
    for (int m = AXIS; m < BOX; m++)
        if (*s->id[m] && memmem(content.data, content.len, s->id[m], 32)) return true;
    return false;
}

/* The next to be drawn: not one that another executor draws, which sees by itself that it was moved again. */
static jp_slider *first_moved(jp_widgets *w, jp_executor *x)
{
    jp_slider *s = w->first;
    while (s && (s->busy || !is_moved(s) || jp_queue_any(&x->requests, mentions, s))) s = s->next;
    return s;
}

static void note_parent(jp_slider *s, jp_bytes header)
{
    lg_buf_clear(&s->parent);
    lg_buf_add(&s->parent, header.data, header.len);
}

void jp_widgets_draw(jp_widgets *w, jp_executor *x, const jp_request *request)
{
    jp_slider *s;
    pthread_mutex_lock(&w->lock);
    while ((s = first_moved(w, x))) {
        note_parent(s, jp_request_part(request, JP_HEADER));
        draw_slider(w, x, s, true);
    }
    pthread_mutex_unlock(&w->lock);
}

static jp_slider *first_unsettled(const jp_widgets *w)
{
    jp_slider *s = w->first;
    while (s && (!s->unsettled || s->busy)) s = s->next;
    return s;
}

bool jp_widgets_unsettled(jp_widgets *w)
{
    pthread_mutex_lock(&w->lock);
    bool any = first_unsettled(w) != NULL;
    pthread_mutex_unlock(&w->lock);
    return any;
}

void jp_widgets_settle(jp_widgets *w, jp_executor *x)
{
    pthread_mutex_lock(&w->lock);
    jp_slider *s = first_unsettled(w);
    if (s) draw_slider(w, x, s, false);
    pthread_mutex_unlock(&w->lock);
}

/* ---- comm_info ---- */
static void add_comm(lg_buf *out, const char *id, const char *target)
{
    jp_json_key(out, id);
    lg_buf_addc(out, '{');
    jp_json_member(out, "target_name", target);
    lg_buf_addc(out, '}');
}

void jp_widgets_list(jp_widgets *w, const char *target, lg_buf *out)
{
    pthread_mutex_lock(&w->lock);
    lg_buf_addc(out, '{');
    for (const jp_slider *s = w->first; s && (!target || !strcmp(target, TARGET)); s = s->next)
        for (int m = 0; m < MODELS; m++)
            if (*s->id[m]) add_comm(out, s->id[m], TARGET);
    for (int i = 0; i < CONTROL_COMMS && (!target || !strcmp(target, CONTROL)); i++)
        if (*w->control[i]) add_comm(out, w->control[i], CONTROL);
    lg_buf_addc(out, '}');
    pthread_mutex_unlock(&w->lock);
}
