/* control.c - control requests, and stopping. */
#include "kernel/jupyter/control.h"

#include <string.h>

#include "kernel/jupyter/answers.h"
#include "kernel/jupyter/kernel_state.h"
#include "kernel/jupyter/subshell.h"
#include "kernel/jupyter/wire_json.h"
#include "lib/base/banned.h"

static const double stop_within = 0.6;

/* ---- stopping ---- */
void jp_control_stop(jp_kernel *kernel)
{
    if (kernel->stop_by > 0) return;
    kernel->stop_by = lg_now() + stop_within;
    atomic_store(&kernel->stopping, true);
    jp_subshells_stop(kernel);
    jp_queue_close(&kernel->packets);
    jp_queue_close(&kernel->replies);
}

static void shut_down(jp_kernel *kernel, const jp_request *request)
{
    lg_err err = {0};
    json_t *content = NULL;
    lg_buf reply;
    bool restart = false;
    if (jp_json_read(jp_request_part(request, JP_CONTENT), &content, &err) == LG_OK)
        restart = jp_json_bool(content, "restart", false);
    json_decref(content);
    lg_buf_init(&reply, 0);
    lg_buf_addf(&reply, "{\"status\":\"ok\",\"restart\":%s}", restart ? "true" : "false");
    jp_kernel_reply(kernel, request, NULL, &reply);
    jp_kernel_send(kernel, JP_IOPUB, jp_answering(request), "shutdown_reply", NULL, &reply);
    lg_buf_release(&reply);
    jp_control_stop(kernel);
}

/* ---- control ---- */
static void interrupt(jp_kernel *kernel, const jp_request *request)
{
    lg_buf reply;
    jp_subshells_interrupt(kernel, request->subshell);
    lg_buf_init(&reply, 0);
    lg_buf_adds(&reply, "{\"status\":\"ok\"}");
    jp_kernel_reply(kernel, request, NULL, &reply);
    lg_buf_release(&reply);
}

static void tell_usage(jp_kernel *kernel, const jp_request *request)
{
    lg_buf reply;
    lg_buf_init(&reply, 0);
    lg_buf_adds(&reply, "{\"status\":\"ok\"");
    jp_usage_answer(&kernel->usage, &reply);
    lg_buf_addc(&reply, '}');
    jp_kernel_reply(kernel, request, NULL, &reply);
    lg_buf_release(&reply);
}

static void tell_kernel_info(jp_kernel *kernel, const jp_request *request)
{
    lg_buf reply;
    lg_buf_init(&reply, 0);
    jp_kernel_info(&reply);
    jp_kernel_reply(kernel, request, NULL, &reply);
    lg_buf_release(&reply);
}

void jp_control_serve(jp_kernel *kernel, const jp_request *request)
{
    jp_answered to = jp_answering(request);
    jp_kernel_status(kernel, to, "busy");
    if (strcmp(request->type, "kernel_info_request") == 0) tell_kernel_info(kernel, request);
    else if (strcmp(request->type, "interrupt_request") == 0) interrupt(kernel, request);
    else if (strcmp(request->type, "shutdown_request") == 0) shut_down(kernel, request);
    else if (strcmp(request->type, "usage_request") == 0) tell_usage(kernel, request);
    else if (!jp_subshells_control(kernel, request)) lg_log(LG_LOG_WARN, "a message of unknown type on control");
    jp_kernel_status(kernel, to, "idle");
}
