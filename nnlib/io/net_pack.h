/* net_pack.h - networks, weights and runs as bytes and back.
 *
 *     nn_net_pack(net, &out), nn_weights_pack(weights, &out), nn_run_pack(&run, &out);   // into any lg_buf
 *
 *     lg_unpack in;
 *     lg_unpack_init(&in, bytes, len, "scratch.lmodel", "network");
 *     LG_GO(nn_net_unpack(&in, &net, err));
 *     LG_GO(nn_weights_unpack(&in, net, &weights, err));
 *     LG_GO(nn_run_unpack(&in, net, &run, err));            // all but its weights, which are packed by themselves
 *     LG_GO(lg_unpack_end(&in, err));
 *
 * What comes back is equal to what went in, bit for bit: predictions, curves, and a training that goes on from it.
 * Nothing that is read is believed. Layers are found by their names and built with nn_net_add, so a network that comes
 * back has passed every check a typed one passes; a setting this version does not know is refused (LL331), one that is
 * missing has its default; weights are finite. Memory is taken only for numbers that are really there. */
#ifndef NN_NET_PACK_H
#define NN_NET_PACK_H

#include "lib/base/pack.h"
#include "nnlib/train/fit.h"

/* Failures of packing (memory) stick in the buffer. */
void nn_net_pack(const nn_net *net, lg_buf *out);
lg_status nn_net_unpack(lg_unpack *in, nn_net **out, lg_err *err) LG_MUST_CHECK; /* owned: nn_net_unref */

void nn_weights_pack(const nn_weights *weights, lg_buf *out);
/* Weights of net; owned: nn_weights_unref. */
lg_status nn_weights_unpack(lg_unpack *in, const nn_net *net, nn_weights **out, lg_err *err) LG_MUST_CHECK;

void nn_calibration_pack(const nn_calibration *c, lg_buf *out);
void nn_calibration_unpack(lg_unpack *in, nn_calibration *c); /* what is wrong is told by lg_unpack_check */

/* History, counts, the optimiser's numbers; run->weights, last and top are left to the caller, who knows which of them
 * are the same. nn_run_release also after a failure. */
void nn_run_pack(const nn_run *run, lg_buf *out);
lg_status nn_run_unpack(lg_unpack *in, const nn_net *net, nn_run *run, lg_err *err) LG_MUST_CHECK;

#endif
