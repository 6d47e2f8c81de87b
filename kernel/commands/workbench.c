/* workbench.c - the session's surroundings: pool, settings, and sending documents to the reader. */
#include "kernel/commands/workbench.h"
#include "kernel/commands/access_parts.h"
#include "kernel/commands/box_grid.h"
#include "kernel/commands/box_layers.h"
#include "lib/image/png.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

struct cmd_workbench {
    dsl_session *session;
    dsl_layer_type *layers;
    lg_pool *pool;
    int threads; /* the pool was made for; 0: none yet */
    bool keep_runs;
    store_history *cells; /* NULL: none are kept */
    cmd_keyring *keys; /* of platforms; NULL: none were used */
};

extern const dsl_command *const dsl_commands[];

/* The place of the session's word in a list of names; 0, the default, when there is none. */
static int setting_place(dsl_session *session, const char *name, const char *const *words)
{
    const char *text = dsl_session_setting(session, name);
    for (int i = 0; text && words[i]; i++)
        if (strcmp(words[i], text) == 0) return i;
    return 0;
}

static void cmd_look_use(dsl_session *session)
{
    long long decimals;
    const char *digits = dsl_session_setting(session, "decimals");
    plt_look look = {.palette = (plt_palette)setting_place(session, "palette", plt_palette_names),
                     .theme = (plt_theme)setting_place(session, "theme", plt_theme_names),
                     .alt = (plt_alt)setting_place(session, "alt", plt_alt_names),
                     .decimals = digits && lg_parse_int(digits, &decimals) ? (int)decimals : -1};
    plt_look_use(&look);
}

lg_status cmd_workbench_new(cmd_workbench **out, lg_err *err)
{
    cmd_workbench *bench = lg_alloc(1, sizeof *bench, err);
    if (!bench) return err->status;
    lg_status st;
    LG_GO(cmd_layers_new(&bench->layers, err));
    LG_GO(dsl_session_new(&(dsl_config){.commands = dsl_commands,
                                        .layers = bench->layers,
                                        .services = bench,
                                        .grid_class = &cmd_grid_class,
                                        .layer_at = cmd_model_layer_at,
                                        .layers_next = cmd_model_layers_next,
                                        .settings = cmd_look_use},
                          &bench->session, err));
    *out = bench;
    return LG_OK;
done:
    cmd_workbench_free(bench);
    return st;
}

void cmd_workbench_free(cmd_workbench *bench)
{
    if (!bench) return;
    dsl_session_free(bench->session);
    cmd_layers_free(bench->layers);
    lg_pool_free(bench->pool);
    cmd_keyring_free(bench->keys);
    lg_free(bench);
}

lg_status cmd_workbench_fork(cmd_workbench *bench, cmd_workbench **out, lg_err *err)
{
    LG_TRY(cmd_workbench_new(out, err));
    (*out)->keep_runs = bench->keep_runs;
    (*out)->cells = bench->cells;
    dsl_session_follow((*out)->session, bench->session);
    return LG_OK;
}

dsl_session *cmd_workbench_session(cmd_workbench *bench)
{
    return bench->session;
}

void cmd_workbench_keep_runs(cmd_workbench *bench)
{
    bench->keep_runs = true;
}

void cmd_workbench_history(cmd_workbench *bench, store_history *cells)
{
    bench->cells = cells;
}

store_history *cmd_history(const dsl_call *call)
{
    cmd_workbench *bench = dsl_session_services(call->session);
    return bench->cells;
}

cmd_keyring **cmd_keyring_place(const dsl_call *call)
{
    cmd_workbench *bench = dsl_session_services(call->session);
    return &bench->keys;
}

bool cmd_keeps_runs(const dsl_call *call)
{
    const cmd_workbench *bench = dsl_session_services(call->session);
    return bench->keep_runs;
}

/* ---- settings ---- */
static long long setting_int(const dsl_call *call, const char *name, long long otherwise)
{
    long long value;
    const char *text = dsl_session_setting(call->session, name);
    return text && lg_parse_int(text, &value) ? value : otherwise;
}

lg_status cmd_pool(const dsl_call *call, lg_pool **out, lg_err *err)
{
    cmd_workbench *bench = dsl_session_services(call->session);
    int threads = (int)setting_int(call, "threads", lg_pool_default_size());
    if (!bench->pool || bench->threads != threads) {
        lg_pool *pool;
        LG_TRY(lg_pool_new(threads, &pool, err));
        lg_pool_free(bench->pool);
        bench->pool = pool;
        bench->threads = threads;
    }
    *out = bench->pool;
    return LG_OK;
}

uint64_t cmd_seed(const dsl_call *call, int param)
{
    const dsl_arg *arg = &call->arg[param];
    if (arg->given) return (uint64_t)arg->value[0].integer;
    return (uint64_t)setting_int(call, "seed", arg->count ? arg->value[0].integer : 1);
}

size_t cmd_output_limit(const dsl_call *call)
{
    const char *detail = dsl_session_setting(call->session, "detail");
    return detail && strcmp(detail, "high") == 0 ? (size_t)64 << 20 : 0;
}

/* ---- sending documents ---- */
lg_status cmd_thumb_jpeg(void *ctx, const uint8_t *rgb, int width, int height, lg_buf *out, lg_err *err)
{
    (void)ctx;
    const img_picture picture = {.h = height, .w = width, .c = 3, .px = (uint8_t *)rgb};
    return img_jpeg_write(&picture, 85, out, err);
}

static lg_status pack_few(const uint32_t *pixels, int width, int height, size_t stride, lg_buf *out, lg_err *err)
{
    return img_png_write_256(pixels, height, width, stride, out, err);
}

static lg_status render(plt_doc *doc, bool png, size_t limit, plt_bundle *bundle, lg_err *err)
{
    const plt_options options = {.flags = PLT_TEXT | PLT_HTML | PLT_FULL | (png ? PLT_PNG : 0u), .limit = limit,
                                 .few = pack_few, .encode = cmd_thumb_jpeg, .encode_mime = "image/jpeg"};
    lg_status st = plt_render(doc, &options, bundle, err);
    plt_doc_release(doc);
    return st;
}

static dsl_bundle as_bundle(const plt_bundle *b)
{
    return (dsl_bundle){.text = b->text, .html = b->html, .png = b->png, .png_size = b->png_len,
                        .png_width = b->png_width, .png_height = b->png_height};
}

lg_status cmd_display_to(dsl_out *out, plt_doc *doc, bool png, size_t limit, lg_err *err)
{
    plt_bundle rendered = {0};
    if (out->document) {
        lg_status st = out->document(out, doc, err);
        plt_doc_release(doc);
        return st;
    }
    LG_TRY(render(doc, png, limit, &rendered, err));
    dsl_bundle bundle = as_bundle(&rendered);
    bool replaces = *out->idle != 0;
    out->display(out, &bundle, replaces ? out->idle : NULL, replaces);
    if (replaces) out->display_end(out, out->idle);
    out->idle[0] = 0;
    plt_bundle_release(&rendered);
    return LG_OK;
}

lg_status cmd_display(const dsl_call *call, plt_doc *doc, bool png, lg_err *err)
{
    return cmd_display_to(call->out, doc, png, cmd_output_limit(call), err);
}

const char *cmd_file_word(const dsl_call *call, int stem, const char *path, const char *ending)
{
    lg_err quiet = {0};
    lg_buf name, word;
    lg_buf_init(&name, 8192);
    lg_buf_init(&word, 8192);
    lg_buf_addf(&name, "%.*s%s", stem, path, ending);
    dsl_add_word(&word, lg_buf_str(&name));
    const char *text = word.failed ? NULL : lg_arena_strndup(call->arena, lg_buf_str(&word), word.len, &quiet);
    lg_buf_release(&name);
    lg_buf_release(&word);
    return text ? text : path;
}

/* ---- sliders ---- */
/* A slider has its display by itself: the line of the work before it goes. */
static void clear_idle(dsl_out *out)
{
    if (!*out->idle) return;
    out->display(out, &(dsl_bundle){.text = "", .html = ""}, out->idle, true);
    out->display_end(out, out->idle);
    out->idle[0] = 0;
}

static lg_status show_line(const dsl_call *call, const dsl_slider *slider, lg_err *err)
{
    lg_buf text;
    lg_buf_init(&text, 1 << 20);
    dsl_slider_text(call, slider, &text);
    lg_status st = lg_buf_check(&text, err);
    if (st == LG_OK) call->out->display(call->out, &(dsl_bundle){.text = lg_buf_str(&text)}, NULL, false);
    lg_buf_release(&text);
    return st;
}

lg_status cmd_slide(const dsl_call *call, plt_doc *doc, bool png, const dsl_slider *slider, lg_err *err)
{
    plt_bundle rendered = {0};
    dsl_out *out = call->out;
    if (!slider->naxes) plt_note(doc, "there is one %s, so there is nothing to move", slider->what);
    if (!slider->naxes) return cmd_display(call, doc, png, err);
    if (out->document || !out->slide) {
        LG_TRY(cmd_display(call, doc, png, err));
        return show_line(call, slider, err);
    }
    LG_TRY(render(doc, png && !out->hasty, cmd_output_limit(call), &rendered, err));
    dsl_bundle bundle = as_bundle(&rendered);
    clear_idle(out);
    out->slide(out, call, slider, &bundle);
    plt_bundle_release(&rendered);
    return LG_OK;
}

static lg_status add_number(const dsl_call *call, dsl_axis *axis, const char **word, double value, lg_err *err)
{
    char text[40];
    lg_number_text(value, text);
    word[axis->count] = lg_arena_strndup(call->arena, text, strlen(text), err);
    return word[axis->count++] ? LG_OK : err->status;
}

lg_status cmd_slider_numbers(const dsl_call *call, const char *option, const char *what, const double *usual, int n,
                             double now, dsl_slider *out, lg_err *err)
{
    const char **word = lg_arena_alloc(call->arena, (size_t)n + 1, sizeof *word, err);
    *out = (dsl_slider){.option = option, .what = what, .naxes = 1, .axis = {{option, word, 0, -1}}};
    dsl_axis *axis = &out->axis[0];
    if (!word) return err->status;
    for (int i = 0; i < n; i++) {
        bool here = axis->start < 0 && usual[i] >= now;
        if (here) axis->start = axis->count;
        if (here && usual[i] > now) LG_TRY(add_number(call, axis, word, now, err));
        LG_TRY(add_number(call, axis, word, usual[i], err));
    }
    if (axis->start >= 0) return LG_OK;
    axis->start = n;
    return add_number(call, axis, word, now, err);
}

/* ---- live displays ---- */
void cmd_live_init(cmd_live *live, dsl_out *out)
{
    static atomic_uint counter;
    *live = (cmd_live){.out = out};
    snprintf(live->id, sizeof live->id, "live-%u-%llx", atomic_fetch_add(&counter, 1),
             (unsigned long long)(lg_now() * 1e6));
    live->last = lg_now() - 0.25; /* the first form comes at once */
}

bool cmd_live_due(const cmd_live *live)
{
    return live->out->live && lg_now() - live->last >= 0.25;
}

/* In the place of progress before it that is over, if there is one. */
static void take_place(cmd_live *live)
{
    char *idle = live->out->idle;
    if (live->shown || !*idle) return;
    memcpy(live->id, idle, sizeof live->id);
    live->shown = true;
    idle[0] = 0;
}

static lg_status live_render(cmd_live *live, plt_doc *doc, bool png, size_t limit, lg_err *err)
{
    plt_bundle rendered = {0};
    LG_TRY(render(doc, png, limit, &rendered, err));
    take_place(live);
    dsl_bundle bundle = as_bundle(&rendered);
    live->out->display(live->out, &bundle, live->id, live->shown);
    live->shown = true;
    live->last = lg_now();
    plt_bundle_release(&rendered);
    return LG_OK;
}

void cmd_live_send(cmd_live *live, plt_doc *doc)
{
    lg_err ignored = {0};
    if (live_render(live, doc, false, 0, &ignored)) live->last = lg_now();
}

lg_status cmd_live_end(cmd_live *live, plt_doc *doc, bool png, size_t limit, lg_err *err)
{
    lg_status st = live_render(live, doc, png, limit, err);
    live->out->display_end(live->out, live->id);
    return st;
}

void cmd_live_progress(cmd_live *live, const char *what, long done, long total)
{
    if (!live->shown && lg_now() - live->last < 0.75) return;
    if (!cmd_live_due(live)) return;
    plt_doc doc;
    plt_doc_init(&doc);
    snprintf(live->what, sizeof live->what, "%s", what);
    plt_progress(&doc, total > 0 ? (double)done / (double)total : 0, "%s: %s of %s", what, lg_thousands(done),
                 lg_thousands(total));
    cmd_live_send(live, &doc);
}

void cmd_live_unpacking(void *ctx, size_t done, size_t total)
{
    cmd_live_progress(ctx, "unpacking the archive, MB", (long)done, (long)total);
}

lg_status cmd_live_result(const dsl_call *call, cmd_live *live, plt_doc *doc, bool png, lg_err *err)
{
    if (live->shown) return cmd_live_end(live, doc, png, cmd_output_limit(call), err);
    return cmd_display(call, doc, png, err);
}

void cmd_live_close(cmd_live *live, lg_status st)
{
    if (!live->shown) return;
    plt_doc doc;
    plt_doc_init(&doc);
    plt_note(&doc, "%s: %s", live->what, st ? "stopped" : "done");
    cmd_live_send(live, &doc);
    live->shown = false;
    if (st == LG_OK && !live->out->is_result && !*live->out->idle) memcpy(live->out->idle, live->id, sizeof live->id);
    else live->out->display_end(live->out, live->id);
}
