#include "lib/sample/set_plan.h"
#include "lib/base/banned.h"

static uint64_t stir(uint64_t a, uint64_t b)
{
    return lg_hash64((const uint64_t[]){a, b}, 16, 0x5A3B1E);
}

/* A Feistel network on the next even power of two, walked until it lands inside (Black & Rogaway, 2002). */
static int permute(uint64_t seed, int count, int i)
{
    int half = 1;
    while (1 << (2 * half) < count) half++;
    uint32_t mask = (1u << half) - 1, v = (uint32_t)i;
    do {
        uint32_t l = v >> half, r = v & mask;
        for (uint64_t round = 0; round < 4; round++) {
            uint32_t t = l ^ ((uint32_t)stir(seed + round, r) & mask);
            l = r;
            r = t;
        }
        v = l << half | r;
    } while (v >= (uint32_t)count);
    return (int)v;
}

/* How many of each oddity, in the order of smp_oddity from SMP_BROKEN_CUT: as documented for 3,000 pictures. */
static int share(const smp_plan *plan, smp_oddity what)
{
    static const int per_3000[] = {[SMP_BROKEN_CUT] = 3, [SMP_BROKEN_EMPTY] = 1, [SMP_BROKEN_TEXT] = 2,
                                   [SMP_UNLABELLED] = 9, [SMP_COPY] = 12,        [SMP_OTHER_CASE] = 2};
    return plan->count >= 3000 ? per_3000[what] : plan->count >= 300 ? (per_3000[what] + 1) / 2 : 0;
}

static smp_oddity oddity_of_rank(const smp_plan *plan, int rank)
{
    for (smp_oddity o = SMP_BROKEN_CUT; o <= SMP_OTHER_CASE; o++) {
        if (rank < share(plan, o)) return o;
        rank -= share(plan, o);
    }
    return SMP_USUAL;
}

static int odd_rank(const smp_plan *plan, int index)
{
    return permute(stir(plan->seed, 1), plan->count, index);
}

smp_oddity smp_plan_oddity(const smp_plan *plan, int index)
{
    return oddity_of_rank(plan, odd_rank(plan, index));
}

int smp_plan_source(const smp_plan *plan, int index)
{
    if (smp_plan_oddity(plan, index) != SMP_COPY) return index;
    int at = index;
    do at = (at + plan->count / 3 + 1) % plan->count;
    while (smp_plan_oddity(plan, at) != SMP_USUAL);
    return at;
}

smp_label smp_plan_label(const smp_plan *plan, int index)
{
    static const int weight[SMP_LABELS] = {244, 85, 188, 84}; /* the source's validation matrix */
    int rank = permute(stir(plan->seed, 2), plan->count, smp_plan_source(plan, index)), upto = 0;
    for (int label = 0; label < SMP_LABELS; label++) {
        upto += weight[label];
        if ((int64_t)rank * 601 < (int64_t)upto * plan->count) return (smp_label)label;
    }
    return SMP_OTHER;
}

int smp_plan_strays(const smp_plan *plan)
{
    return plan->count >= 300 ? 3 : 0;
}
uint64_t smp_plan_seed(const smp_plan *plan, int index)
{
    return stir(stir(plan->seed, 3), (uint64_t)index);
}
