/* sandbox.c - `logolens sandbox`: the helper that decodes pictures (lib/image/jail.h), and `logolens sandbox weights`,
 * the one for files of Keras (lib/hdf5/keras_file.h). Called before anything else is set up, so that what they give up
 * was never opened. */
#include <stdio.h>
#include <string.h>

#include "kernel/main.h"
#include "lib/hdf5/keras_file.h"
#include "lib/image/jail.h"
#include "lib/base/banned.h"

int main_sandbox(int count, char *const word[])
{
    if (count == 0) return img_jail_serve();
    if (count == 1 && strcmp(word[0], "weights") == 0) return h5_serve();
    if (count == 1 && strcmp(word[0], "--check") == 0) return img_jail_check() ? MAIN_FAILED : MAIN_OK;
    fputs("logolens: sandbox takes --check, weights or nothing\n", stderr);
    return MAIN_USAGE;
}
