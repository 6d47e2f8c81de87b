/* sandbox.c - `logolens sandbox`: the helper that decodes pictures (lib/image/jail.h). Called before anything else is
 * set up, so that what it gives up was never opened. */
#include <stdio.h>
#include <string.h>

#include "kernel/main.h"
#include "lib/image/jail.h"
#include "lib/base/banned.h"

int main_sandbox(int count, char *const word[])
{
    if (count == 0) return img_jail_serve();
    if (count == 1 && strcmp(word[0], "--check") == 0) return img_jail_check() ? MAIN_FAILED : MAIN_OK;
    fputs("logolens: sandbox takes --check or nothing\n", stderr);
    return MAIN_USAGE;
}
