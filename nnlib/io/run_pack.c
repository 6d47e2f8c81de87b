/* run_pack.c - the history of a run, and what its optimiser needs to go on. */
#include "nnlib/io/net_pack.h"
#include <string.h>
#include "lib/base/banned.h"

enum { MOST_EPOCHS = 10000000, EPOCH_BYTES = 8 * 8 + 2 + 24 * NN_BINS, MOST_CLASSES = 1 << 20 };
#define MOST_COUNT ((int64_t)1 << 53)

void nn_calibration_pack(const nn_calibration *c, lg_buf *out)
{
    for (int i = 0; i < NN_BINS; i++) {
        lg_pack_i64(out, c->count[i]), lg_pack_i64(out, c->right[i]);
        lg_pack_f64(out, c->confidence[i]);
    }
}

void nn_calibration_unpack(lg_unpack *in, nn_calibration *c)
{
    for (int i = 0; i < NN_BINS; i++) {
        c->count[i] = lg_unpack_range(in, 0, MOST_COUNT);
        c->right[i] = lg_unpack_range(in, 0, c->count[i]);
        c->confidence[i] = lg_unpack_finite(in);
        if (!(c->confidence[i] >= 0 && c->confidence[i] <= (double)c->count[i] + 1))
            lg_unpack_refuse(in, "a confidence in it is none");
    }
}

static void pack_epoch(const nn_epoch *e, int classes, lg_buf *out)
{
    lg_pack_i64(out, e->epoch);
    lg_pack_f64(out, e->loss), lg_pack_f64(out, e->accuracy);
    lg_pack_f64(out, e->val_loss), lg_pack_f64(out, e->val_accuracy);
    lg_pack_f64(out, e->seconds), lg_pack_f64(out, e->images_per_second), lg_pack_f64(out, e->lr);
    lg_pack_u8(out, e->best);
    lg_pack_u8(out, e->confusion != NULL);
    for (int k = 0; k < classes; k++) lg_pack_f64(out, e->recall[k]);
    nn_calibration_pack(&e->calibration, out);
    for (int k = 0; e->confusion && k < classes * classes; k++) lg_pack_i64(out, e->confusion[k]);
}

void nn_run_pack(const nn_run *run, lg_buf *out)
{
    lg_pack_text(out, run->optimizer);
    lg_pack_i64(out, run->steps);
    lg_pack_i64(out, run->best), lg_pack_i64(out, run->before);
    lg_pack_u8(out, run->interrupted), lg_pack_u8(out, run->diverged), lg_pack_u8(out, run->patience);
    lg_pack_f64(out, run->seconds);
    lg_pack_u32(out, (uint32_t)run->classes);
    lg_pack_u32(out, (uint32_t)run->epochs);
    for (int i = 0; i < run->epochs; i++) pack_epoch(&run->epoch[i], run->classes, out);
    lg_pack_u64(out, run->slots ? run->nslots : 0);
    if (run->slots) lg_pack_f32s(out, run->slots, run->nslots);
}

static lg_status unpack_counts(lg_unpack *in, nn_epoch *e, size_t classes, lg_err *err)
{
    if (classes * classes > (in->len - in->at) / 8) lg_unpack_refuse(in, "it ends too early");
    LG_TRY(lg_unpack_check(in, err));
    e->confusion = lg_alloc(classes * classes, sizeof *e->confusion, err);
    if (!e->confusion) return err->status;
    for (size_t k = 0; k < classes * classes; k++) e->confusion[k] = lg_unpack_range(in, 0, MOST_COUNT);
    return lg_unpack_check(in, err);
}

/* after: the number of the epoch before, which this one's must be above. */
static lg_status unpack_epoch(lg_unpack *in, nn_epoch *e, int after, size_t classes, lg_err *err)
{
    e->epoch = (int)lg_unpack_range(in, after + 1, MOST_EPOCHS);
    e->loss = lg_unpack_finite(in), e->accuracy = lg_unpack_finite(in);
    e->val_loss = lg_unpack_f64(in), e->val_accuracy = lg_unpack_f64(in);
    e->seconds = lg_unpack_finite(in), e->images_per_second = lg_unpack_finite(in), e->lr = lg_unpack_finite(in);
    e->best = lg_unpack_truth(in);
    bool counts = lg_unpack_truth(in);
    for (size_t k = 0; k < classes; k++) e->recall[k] = lg_unpack_f64(in);
    nn_calibration_unpack(in, &e->calibration);
    return counts ? unpack_counts(in, e, classes, err) : lg_unpack_check(in, err);
}

static lg_status unpack_history(lg_unpack *in, nn_run *run, lg_err *err)
{
    size_t classes = (size_t)run->classes, epochs = lg_unpack_count(in, MOST_EPOCHS, EPOCH_BYTES + 8 * classes);
    LG_TRY(lg_unpack_check(in, err));
    run->epoch = lg_alloc(epochs, sizeof *run->epoch, err);
    run->recall = lg_alloc(epochs * classes, sizeof *run->recall, err);
    if (!run->epoch || !run->recall) return err->status;
    for (size_t i = 0; i < epochs; i++) {
        run->epoch[i].recall = run->recall + i * classes;
        run->epochs = (int)i + 1;
        LG_TRY(unpack_epoch(in, &run->epoch[i], i ? run->epoch[i - 1].epoch : 0, classes, err));
    }
    if (run->best >= run->epochs) lg_unpack_refuse(in, "its best epoch is not there");
    return lg_unpack_check(in, err);
}

/* Files of before layers could be frozen hold zeros for the averages too, behind the numbers of what is trained. */
static void drop_untrained(const nn_net *net, size_t slots, nn_run *run)
{
    size_t block = nn_net_block(net), trained = nn_net_trained_block(net);
    if (!slots || run->nslots != slots * block || nn_net_frozen(net)) return;
    for (size_t s = 1; s < slots; s++)
        memmove(run->slots + s * trained, run->slots + s * block, trained * sizeof *run->slots);
    run->nslots = slots * trained;
}

static lg_status unpack_slots(lg_unpack *in, const nn_net *net, const nn_optim_type *optim, nn_run *run, lg_err *err)
{
    uint64_t n = lg_unpack_u64(in), slots = (uint64_t)optim->slots;
    bool fits = slots ? n % slots == 0 && n / slots <= nn_net_block(net) : n == 0;
    if (!fits) lg_unpack_refuse(in, "the optimiser's numbers are not of this network");
    if (!in->bad && n > (in->len - in->at) / sizeof(float)) lg_unpack_refuse(in, "it ends too early");
    LG_TRY(lg_unpack_check(in, err));
    run->slots = lg_alloc((size_t)n, sizeof *run->slots, err);
    if (!run->slots) return err->status;
    run->nslots = (size_t)n;
    lg_unpack_f32s(in, run->slots, run->nslots);
    drop_untrained(net, (size_t)slots, run);
    return lg_unpack_check(in, err);
}

lg_status nn_run_unpack(lg_unpack *in, const nn_net *net, nn_run *run, lg_err *err)
{
    *run = (nn_run){.best = -1};
    const nn_optim_type *optim = nn_optim_find(lg_unpack_text(in, 64));
    if (!optim) lg_unpack_refuse(in, "its optimiser is not known");
    run->steps = lg_unpack_range(in, 0, MOST_COUNT);
    run->best = (int)lg_unpack_range(in, -1, MOST_EPOCHS);
    run->before = (int)lg_unpack_range(in, 0, MOST_EPOCHS);
    run->interrupted = lg_unpack_truth(in), run->diverged = lg_unpack_truth(in), run->patience = lg_unpack_truth(in);
    run->seconds = lg_unpack_finite(in);
    run->waited = -1;
    run->classes = (int)lg_unpack_count(in, MOST_CLASSES, 0);
    if (run->classes < 1 || run->classes != (int)nn_net_output(net).dim[0])
        lg_unpack_refuse(in, "it has other classes than the network");
    LG_TRY(lg_unpack_check(in, err));
    run->optimizer = optim->name;
    LG_TRY(unpack_history(in, run, err));
    if (run->before > (run->epochs ? run->epoch[run->epochs - 1].epoch : 0))
        lg_unpack_refuse(in, "it went on from an epoch it does not have");
    return unpack_slots(in, net, optim, run, err);
}
