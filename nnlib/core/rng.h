/* rng.h - random numbers by key: the same key gives the same number, in any order and on any thread.
 *
 * SplitMix64's finaliser (Steele, Lea, Flood 2014) applied to a running key; used for dropout, where a stream would
 * depend on how the batch is cut. Streams drawn in order (weights, shuffling) use lg_rng. */
#ifndef NN_RNG_H
#define NN_RNG_H

#include <stdint.h>

static inline uint64_t nn_mix(uint64_t z)
{
    z += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}
/* Adds one more number to a key. */
static inline uint64_t nn_key(uint64_t key, uint64_t more)
{
    return nn_mix(key ^ nn_mix(more));
}
/* [0, 1), 24 bits, as a float holds. */
static inline float nn_key_uniform(uint64_t key)
{
    return (float)(key >> 40) * (1.0f / 16777216.0f);
}

#endif
