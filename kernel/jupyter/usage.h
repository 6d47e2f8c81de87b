/* usage.h - what the kernel and its machine use, for the meters of front ends (usage_request on control).
 *
 *     static jp_usage usage;                        // remembers the last look: shares of time are since then
 *     jp_usage_answer(&usage, &reply);              // appends members to `{"status":"ok"`
 *
 * Members as ipykernel sends them and jupyter-resource-usage reads them: hostname, pid, kernel_cpu (percent of one
 * processor, with our helpers), kernel_memory (bytes, shared ones in proportion, with our helpers), cpu_count,
 * host_cpu_percent (absent the first time: there is nothing to compare with), host_virtual_memory. What the system does
 * not tell is left out. Linux's /proc is the source. */
#ifndef JP_USAGE_H
#define JP_USAGE_H

#include "lib/base/lg.h"

typedef struct jp_usage {
    double at;                    /* when it was asked last; 0: never */
    unsigned long long own;       /* clock ticks of ours and our helpers until then */
    unsigned long long busy, all; /* of the machine */
} jp_usage;

void jp_usage_answer(jp_usage *usage, lg_buf *reply);

#endif
