/* predict.c - what a network makes of the images of a source, batch by batch. */
#include "nnlib/train/fit.h"
#include <float.h>
#include <math.h>
#include <string.h>
#include "nnlib/train/feed.h"
#include "lib/base/banned.h"

typedef struct forward_job {
    const nn_predict_options *o;
    const nn_weights *weights;
    bool images; /* wanted are the images themselves */
    size_t size;
    nn_exec *exec;
    nn_feed feed;
    int64_t *indices;
    int batch;
} forward_job;

static lg_status forward_all(forward_job *job, float *out, int32_t *labels, lg_err *err)
{
    const nn_predict_options *o = job->o;
    for (int64_t done = 0; done < o->source.count;) {
        int n = o->source.count - done < job->batch ? (int)(o->source.count - done) : job->batch;
        for (int i = 0; i < n; i++) job->indices[i] = done + i;
        LG_TRY(lg_cancel_check(o->cancel, err));
        LG_TRY(
            nn_feed_batch(&job->feed, job->indices, n, nn_exec_input(job->exec), labels ? labels + done : NULL, err));
        if (!job->images) nn_exec_forward(job->exec, n);
        LG_TRY(lg_cancel_check(o->cancel, err));
        memcpy(out + (size_t)done * job->size, job->images ? nn_exec_input(job->exec) : nn_exec_output(job->exec),
               (size_t)n * job->size * sizeof *out);
        done += n;
        if (o->on_batch) o->on_batch(o->ctx, done);
    }
    return LG_OK;
}

static lg_status forward_job_run(forward_job *job, float *out, int32_t *labels, lg_err *err)
{
    const nn_predict_options *o = job->o;
    const nn_net *net = nn_weights_net(job->weights);
    lg_status st;
    job->batch = o->batch > 0 ? o->batch : 64;
    if (job->batch > o->source.count) job->batch = (int)o->source.count;
    job->feed = (nn_feed){.source = o->source, .pool = o->pool, .size = nn_shape_size(nn_net_input(net))};
    job->size = job->images ? job->feed.size : nn_shape_size(nn_net_output(net));
    LG_GO(nn_exec_new(&(nn_exec_options){.net = net, .max_batch = job->batch, .pool = o->pool, .limit = o->limit},
                      &job->exec, err));
    nn_exec_load(job->exec, job->weights);
    nn_exec_set_cancel(job->exec, o->cancel);
    LG_GO(nn_feed_init(&job->feed, err));
    job->indices = lg_alloc((size_t)job->batch, sizeof *job->indices, err);
    LG_GO(job->indices ? LG_OK : LG_E_MEMORY);
    LG_GO(forward_all(job, out, labels, err));
done:
    lg_free(job->indices);
    nn_feed_release(&job->feed);
    nn_exec_free(job->exec);
    return st;
}

/* Only the layers that lead to the node run, as a network of their own. */
lg_status nn_feed_forward(const nn_predict_options *o, int node, float *out, int32_t *labels, lg_err *err)
{
    const nn_net *net = nn_weights_net(o->weights);
    forward_job job = {.o = o, .weights = o->weights, .images = node == 0};
    nn_net *head = NULL;
    nn_weights *weights = NULL;
    lg_status st;
    if (o->source.count <= 0) return LG_OK;
    if (node > 0 && node < nn_net_count(net) - 1) {
        LG_GO(nn_net_head(net, node, &head, err));
        LG_GO(nn_weights_for(o->weights, head, &weights, err));
        job.weights = weights;
    }
    LG_GO(forward_job_run(&job, out, labels, err));
done:
    nn_weights_unref(weights);
    nn_net_unref(head);
    return st;
}

lg_status nn_predict(const nn_predict_options *o, float *probabilities, int32_t *labels, lg_err *err)
{
    return nn_feed_forward(o, -1, probabilities, labels, err);
}

double nn_mean_loss(const nn_loss_type *loss, const float *probabilities, const int32_t *labels, int64_t n, int classes)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        float p = probabilities[(size_t)i * (size_t)classes + (size_t)labels[i]];
        sum += loss->value((double)(p > FLT_MIN || isnan(p) ? p : FLT_MIN));
    }
    return n > 0 ? sum / (double)n : 0;
}

double nn_cross_entropy(const float *probabilities, const int32_t *labels, int64_t n, int classes)
{
    return nn_mean_loss(nn_loss_find("crossentropy"), probabilities, labels, n, classes);
}
