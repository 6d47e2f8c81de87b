/* sweep_plan.c - which settings a sweep tries. */
#include "kernel/commands/box_sweep.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

const char *const cmd_sweep_axis_names[SWEEP_AXES] = {
    [SWEEP_LR] = "lr",
    [SWEEP_BATCH] = "batch",
    [SWEEP_EPOCHS] = "epochs",
    [SWEEP_OPTIMIZER] = "optimizer",
    [SWEEP_MOMENTUM] = "momentum",
    [SWEEP_DROPOUT] = "dropout",
    [SWEEP_SCHEDULE] = "schedule",
};

/* Values an axis has, a range of whole numbers being all of them; 0 for a range that can only be drawn from. */
static double axis_size(const cmd_sweep_axis *axis)
{
    if (axis->range) return axis->whole ? axis->high - axis->low + 1 : 0;
    return axis->count ? axis->count : 1;
}

static cmd_sweep_value axis_value(const cmd_sweep_axis *axis, int i)
{
    if (!axis->range) return axis->count ? axis->value[i] : (cmd_sweep_value){0};
    cmd_sweep_value value = {.number = axis->low + i};
    snprintf(value.text, sizeof value.text, "%.0f", value.number);
    return value;
}

/* Two digits are enough for a rate: 0.0347… becomes 0.035, kept within the ends. */
static cmd_sweep_value draw_from_range(const cmd_sweep_axis *axis, bool powers, lg_rng *rng)
{
    cmd_sweep_value value = {0};
    double u = lg_rng_uniform(rng), number;
    if (axis->whole) number = axis->low + floor(u * (axis->high - axis->low + 1));
    else if (powers && axis->low > 0) number = exp(log(axis->low) + u * (log(axis->high) - log(axis->low)));
    else number = axis->low + u * (axis->high - axis->low);
    snprintf(value.text, sizeof value.text, axis->whole ? "%.0f" : "%.2g", number);
    if (!lg_parse_double(value.text, &value.number) || value.number < axis->low || value.number > axis->high) {
        value.number = value.number < axis->low ? axis->low : axis->high;
        lg_number_text(value.number, value.text);
    }
    return value;
}

static cmd_sweep_setting draw(const cmd_sweep_axis *axis, lg_rng *rng)
{
    cmd_sweep_setting setting = {0};
    for (int a = 0; a < SWEEP_AXES; a++)
        setting.value[a] = axis[a].range   ? draw_from_range(&axis[a], a == SWEEP_LR, rng)
                           : axis[a].count ? axis[a].value[lg_rng_below(rng, (uint64_t)axis[a].count)]
                                           : (cmd_sweep_value){0};
    return setting;
}

static bool same_setting(const cmd_sweep_setting *a, const cmd_sweep_setting *b)
{
    for (int i = 0; i < SWEEP_AXES; i++)
        if (strcmp(a->value[i].text, b->value[i].text) != 0) return false;
    return true;
}

/* Draws until there are `want` different ones; ranges of two digits have few values, so it may have to stop earlier. */
static int draw_all(const cmd_sweep_axis *axis, int want, uint64_t seed, cmd_sweep_setting *to)
{
    lg_rng rng;
    int count = 0;
    lg_rng_init(&rng, seed);
    for (int tries = 0; count < want && tries < 1000 * want; tries++) {
        bool known = false;
        to[count] = draw(axis, &rng);
        for (int i = 0; i < count && !known; i++) known = same_setting(&to[i], &to[count]);
        if (!known) count++;
    }
    return count;
}

static void all_combinations(const cmd_sweep_axis *axis, int count, cmd_sweep_setting *to)
{
    for (int i = 0; i < count; i++)
        for (int a = SWEEP_AXES - 1, rest = i; a >= 0; a--) {
            int size = (int)axis_size(&axis[a]);
            to[i].value[a] = axis_value(&axis[a], rest % size);
            rest /= size;
        }
}

lg_status cmd_sweep_plan(const cmd_sweep_axis axis[SWEEP_AXES], int some, uint64_t seed, lg_arena *arena,
                         cmd_sweep_setting **out, int *count, lg_err *err)
{
    double all = 1;
    bool endless = false;
    for (int a = 0; a < SWEEP_AXES; a++) {
        double size = axis_size(&axis[a]);
        endless |= size == 0;
        all *= size ? size : 1;
    }
    bool drawn = some && (endless || some < all);
    double want = drawn ? some : all;
    *count = want < INT_MAX ? (int)want : INT_MAX;
    if (*count > SWEEP_RUNS)
        return lg_fail(err, LG_E_LIMIT, 440, "that would be %s settings to train, and at most %d can be swept at once",
                       want < 1e15 ? lg_thousands((long long)want) : "very many", SWEEP_RUNS);
    *out = lg_arena_alloc(arena, (size_t)*count, sizeof **out, err);
    if (!*out) return err->status;
    if (drawn) *count = draw_all(axis, some, seed, *out);
    else all_combinations(axis, *count, *out);
    return LG_OK;
}
