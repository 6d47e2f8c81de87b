/* settings.h - what `set` knows: one table, read by `set`, `list settings` and completion. */
#ifndef CMD_SETTINGS_H
#define CMD_SETTINGS_H

#include "kernel/commands/workbench.h"

typedef struct cmd_setting {
    const char *name;
    const char *usual;        /* what holds while it is not set, in words */
    const char *const *words; /* legal words, NULL-terminated; NULL: whole numbers from low to high */
    long long low, high;
    const char *synonym[2]; /* another word for one of them, and that one */
} cmd_setting;

extern const cmd_setting cmd_settings[]; /* ends with name NULL */

const cmd_setting *cmd_setting_find(const char *name); /* NULL: no such setting */
/* The word to store for what was written, or NULL where the setting does not take it. */
const char *cmd_setting_word(const cmd_setting *setting, const char *text);
/* "a whole number from 1 to 256", "normal or high". */
void cmd_setting_wants(const cmd_setting *setting, lg_buf *out);
size_t cmd_setting_count(const cmd_setting *setting); /* of its words */

#endif
