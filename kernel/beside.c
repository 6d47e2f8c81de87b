/* beside.c - what a package laid beside the program (docs/adr/0158). Libraries need nothing here: the loader finds them
 * by the path the package wrote into the program. Fonts are found by fontconfig's settings. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/main.h"
#include "lib/base/banned.h"

void main_use_fonts_beside(void)
{
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 32);
    if (n <= 0 || (size_t)n >= sizeof path - 32) return;
    path[n] = '\0';
    char *name = strrchr(path, '/') + 1;
    snprintf(name, sizeof path - (size_t)(name - path), "fonts/fonts.conf");
    if (access(path, R_OK) == 0) setenv("FONTCONFIG_FILE", path, 0);
}
