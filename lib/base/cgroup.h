/* cgroup.h - how many cores and how much memory the control group of this process may use.
 *
 * A container on a 64-core machine is often held to a few cores by a time quota that the affinity mask does not show;
 * 64 threads would then be stopped most of the time. */
#ifndef LG_CGROUP_H
#define LG_CGROUP_H

#include "lib/base/lg.h"

/* Smallest quota (in cores, 0.5 is half a core) from the process's group up to the root, or 0 when there is none.
 * `self` is /proc/self/cgroup and `mount` /sys/fs/cgroup, or copies of them in tests. Reads version 2 (cpu.max) and
 * version 1 (cpu.cfs_quota_us). Source: Linux, Documentation/admin-guide/cgroup-v2.rst. */
double lg_cgroup_cores(const char *self, const char *mount);

/* The same for memory, in bytes: memory.max, or memory.limit_in_bytes of version 1. A process that takes more is
 * killed. */
double lg_cgroup_memory(const char *self, const char *mount);
/* Bytes of memory this process may have: the machine's, or what its control group leaves of it. */
double lg_memory(void);

#endif
