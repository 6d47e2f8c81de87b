/* banned.h - names no source of ours may use; included last in every .c file, never by a header.
 *
 * Each has a checked counterpart in lg.h: allocation goes through lg_alloc (so that every failure can be tested), text
 * through lg_buf or snprintf, numbers through lg_parse_*, randomness through lg_rng. Order of includes therefore is:
 * system, third party, ours, this. */
#ifndef LG_BANNED_H
#define LG_BANNED_H

/* Some C libraries have these as macros, which cannot be poisoned. */
#undef sprintf
#undef vsprintf
#undef assert
#undef setjmp
#undef strncpy
#undef strncat
#undef strcpy
#undef strcat

#pragma GCC poison malloc calloc realloc
#pragma GCC poison strcpy strcat sprintf vsprintf strncpy strncat gets
#pragma GCC poison strtok atoi atol atoll atof
#pragma GCC poison rand srand random drand48 localtime gmtime ctime asctime
#pragma GCC poison exit abort assert system popen setjmp longjmp

#endif
