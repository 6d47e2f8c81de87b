/* spawn.h - starting a helper: one program that gets the descriptors it is given and next to nothing else.
 *
 *     pid_t pid;
 *     const lg_given given[] = {{socket, 0}, {memory, 3}};
 *     int failed = lg_spawn("/proc/self/exe", (const char *const[]){"sandbox", NULL}, given, 2, &pid);
 *     if (failed) ... strerror(failed)
 *
 * The helper has a process group of its own (Ctrl-C in a terminal does not reach it), no signal blocked and none
 * ignored. Standard streams that are not given lead nowhere (under sanitizers stderr stays, for what they report). Of
 * our environment it has what finds libraries and what steers the sanitizers. */
#ifndef LG_SPAWN_H
#define LG_SPAWN_H

#include <sys/types.h>
#include "lib/base/lg.h"

enum { LG_SPAWN_WORDS = 6 };

typedef struct lg_given {
    int fd;    /* ours; stays open here */
    int place; /* the number it has there, below 16 */
} lg_given;

/* words: what follows the program's name, at most LG_SPAWN_WORDS, NULL behind the last. 0, or an errno; *pid is then 0.
 * The caller waits for the process. */
int lg_spawn(const char *program, const char *const words[], const lg_given *given, int count, pid_t *pid);

#endif
