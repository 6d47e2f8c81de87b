/* predict.c - probabilities for the images of a source. */
#include "nnlib/train/fit.h"
#include <float.h>
#include <math.h>
#include <string.h>
#include "nnlib/train/feed.h"
#include "lib/base/banned.h"

static lg_status predict_all(const nn_predict_options *o, nn_exec *exec, nn_feed *feed, int64_t *indices, int batch,
                             float *probabilities, int32_t *labels, lg_err *err)
{
    size_t outputs = nn_shape_size(nn_net_output(nn_weights_net(o->weights)));
    for (int64_t done = 0; done < o->source.count;) {
        int n = o->source.count - done < batch ? (int)(o->source.count - done) : batch;
        for (int i = 0; i < n; i++) indices[i] = done + i;
        LG_TRY(lg_cancel_check(o->cancel, err));
        LG_TRY(nn_feed_batch(feed, indices, n, nn_exec_input(exec), labels ? labels + done : NULL, err));
        nn_exec_forward(exec, n);
        LG_TRY(lg_cancel_check(o->cancel, err));
        memcpy(probabilities + (size_t)done * outputs, nn_exec_output(exec), (size_t)n * outputs * sizeof(float));
        done += n;
        if (o->on_batch) o->on_batch(o->ctx, done);
    }
    return LG_OK;
}

lg_status nn_predict(const nn_predict_options *o, float *probabilities, int32_t *labels, lg_err *err)
{
    const nn_net *net = nn_weights_net(o->weights);
    nn_feed feed = {.source = o->source, .pool = o->pool, .size = nn_shape_size(nn_net_input(net))};
    int batch = o->batch > 0 ? o->batch : 64;
    nn_exec *exec = NULL;
    int64_t *indices = NULL;
    lg_status st;
    if (o->source.count <= 0) return LG_OK;
    if (batch > o->source.count) batch = (int)o->source.count;
    LG_GO(nn_exec_new(&(nn_exec_options){.net = net, .max_batch = batch, .pool = o->pool, .limit = o->limit}, &exec,
                      err));
    nn_exec_load(exec, o->weights);
    nn_exec_set_cancel(exec, o->cancel);
    LG_GO(nn_feed_init(&feed, err));
    indices = lg_alloc((size_t)batch, sizeof *indices, err);
    LG_GO(indices ? LG_OK : LG_E_MEMORY);
    LG_GO(predict_all(o, exec, &feed, indices, batch, probabilities, labels, err));
done:
    lg_free(indices);
    nn_feed_release(&feed);
    nn_exec_free(exec);
    return st;
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
