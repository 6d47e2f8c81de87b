/* trace_words.h - layers of a network in words, for `trace`: what they are, and how they read what came before. */
#ifndef CMD_TRACE_WORDS_H
#define CMD_TRACE_WORDS_H

#include "nnlib/nnlib.h"

/* "conv 16 3x3 relu", "add of conv3 and conv1". */
void cmd_trace_what(lg_buf *out, const nn_net *net, int node);
/* How every layer that takes this one's output reads it: "maxpool1 cuts each map into windows of 2x2 and keeps the
 * largest number of each". */
void cmd_trace_readers(lg_buf *out, const nn_net *net, int node);

#endif
