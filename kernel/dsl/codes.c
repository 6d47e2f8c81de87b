/* codes.c - the table of error codes. */
#include "kernel/dsl/session.h"

#include "lib/base/banned.h"

const dsl_code dsl_codes[] = {
#define DSL_CODE(number, when_text, example_text, help_text)                                                           \
    {.code = number, .when = when_text, .example = example_text, .help = help_text},
#include "kernel/dsl/codes.def"
#undef DSL_CODE
    {0},
};

const dsl_code *dsl_code_find(int code)
{
    for (const dsl_code *c = dsl_codes; c->code; c++)
        if (c->code == code) return c;
    return NULL;
}
