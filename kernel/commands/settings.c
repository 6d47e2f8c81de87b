/* settings.c - the table of settings. */
#include "kernel/commands/settings.h"

#include <string.h>

#include "lib/base/banned.h"

const cmd_setting cmd_settings[] = {
    {.name = "seed", .usual = "1 (each command's own)", .high = 9007199254740991},
    {.name = "threads", .usual = "as many as this machine gives", .low = 1, .high = 256},
    {.name = "palette", .usual = "okabe-ito", .words = plt_palette_names, .synonym = {"gray", "grey"}},
    {.name = "theme", .usual = "auto", .words = plt_theme_names},
    {.name = "detail", .usual = "normal", .words = (const char *const[]){"normal", "high", NULL}},
    {.name = "decimals", .usual = "each output's own", .high = 6},
    {.name = "alt", .usual = "short", .words = plt_alt_names, .synonym = {"on", "short"}},
    {0},
};

const cmd_setting *cmd_setting_find(const char *name)
{
    for (const cmd_setting *s = cmd_settings; s->name; s++)
        if (strcmp(s->name, name) == 0) return s;
    return NULL;
}

const char *cmd_setting_word(const cmd_setting *setting, const char *text)
{
    long long number;
    if (!setting->words)
        return lg_parse_int(text, &number) && number >= setting->low && number <= setting->high ? text : NULL;
    if (setting->synonym[0] && !lg_casecmp(text, setting->synonym[0])) text = setting->synonym[1];
    for (size_t i = 0; setting->words[i]; i++)
        if (lg_casecmp(setting->words[i], text) == 0) return setting->words[i];
    return NULL;
}

size_t cmd_setting_count(const cmd_setting *setting)
{
    size_t n = 0;
    while (setting->words && setting->words[n]) n++;
    return n;
}

void cmd_setting_wants(const cmd_setting *setting, lg_buf *out)
{
    size_t n = cmd_setting_count(setting);
    for (size_t i = 0; i < n; i++)
        lg_buf_addf(out, "%s%s", i == 0 ? "" : i + 1 == n ? " or " : ", ", setting->words[i]);
    if (n) return;
    lg_buf_addf(out, "a whole number from %lld", setting->low);
    if (setting->high < 1000000) lg_buf_addf(out, " to %lld", setting->high);
}
