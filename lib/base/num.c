/* num.c - numbers from text without locale, pseudo-random numbers, a quick hash. */
#include "lib/base/lg.h"
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/banned.h"

bool lg_parse_int(const char *s, long long *out)
{
    bool minus = *s == '-';
    long long value = 0;
    if (*s == '-' || *s == '+') s++;
    if (!*s) return false;
    for (; *s; s++) {
        if (*s < '0' || *s > '9') return false;
        int digit = *s - '0';
        if (__builtin_mul_overflow(value, 10, &value)) return false;
        if (__builtin_add_overflow(value, minus ? -digit : digit, &value)) return false;
    }
    *out = value;
    return true;
}

static const char *skip_digits(const char *s)
{
    while (*s >= '0' && *s <= '9') s++;
    return s;
}

/* sign? (digits [. digits?] | . digits) ([eE] sign? digits)? */
static bool is_decimal(const char *s)
{
    if (*s == '-' || *s == '+') s++;
    const char *end = skip_digits(s);
    size_t digits = (size_t)(end - s);
    if (*end == '.') {
        const char *part = end + 1;
        end = skip_digits(part);
        digits += (size_t)(end - part);
    }
    if (!digits) return false;
    if (*end == 'e' || *end == 'E') {
        s = end + 1;
        if (*s == '-' || *s == '+') s++;
        end = skip_digits(s);
        if (end == s) return false;
    }
    return !*end;
}

/* Made once and kept: the locale whose decimal point is a point, whatever the process has set. */
static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void c_locale_make(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

bool lg_parse_double(const char *s, double *out)
{
    if (!is_decimal(s)) return false;
    pthread_once(&c_locale_once, c_locale_make);
    double value = c_locale ? strtod_l(s, NULL, c_locale) : strtod(s, NULL);
    if (!isfinite(value)) return false;
    *out = value;
    return true;
}

/* ---- xoshiro256** 1.0 and SplitMix64 (Blackman & Vigna 2018) ---- */
static uint64_t splitmix64(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

void lg_rng_init(lg_rng *rng, uint64_t seed)
{
    for (int i = 0; i < 4; i++) rng->s[i] = splitmix64(&seed);
}

static uint64_t rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

uint64_t lg_rng_next(lg_rng *rng)
{
    uint64_t *s = rng->s, result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

double lg_rng_uniform(lg_rng *rng)
{
    return (double)(lg_rng_next(rng) >> 11) * 0x1p-53;
}

/* Box-Muller, one of the pair, so that the state is the four words and nothing else. */
double lg_rng_normal(lg_rng *rng)
{
    double radius = sqrt(-2 * log(1 - lg_rng_uniform(rng)));
    return radius * cos(6.283185307179586476925 * lg_rng_uniform(rng));
}

/* Lemire 2019: the high word of a product, drawn again in the few cases that would favour small numbers. */
uint64_t lg_rng_below(lg_rng *rng, uint64_t bound)
{
    if (bound == 0) return 0;
    unsigned __int128 product = (unsigned __int128)lg_rng_next(rng) * bound;
    if ((uint64_t)product < bound) {
        uint64_t surplus = -bound % bound;
        while ((uint64_t)product < surplus) product = (unsigned __int128)lg_rng_next(rng) * bound;
    }
    return (uint64_t)(product >> 64);
}

/* FNV-1a (Fowler, Noll, Vo) with the finaliser of MurmurHash3 (Appleby), which spreads the last bytes. */
uint64_t lg_hash64(const void *data, size_t len, uint64_t seed)
{
    const unsigned char *p = data;
    uint64_t h = 0xcbf29ce484222325u ^ seed;
    for (size_t i = 0; i < len; i++) h = (h ^ p[i]) * 0x100000001b3u;
    h = (h ^ h >> 33) * 0xff51afd7ed558ccdu;
    h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53u;
    return h ^ h >> 33;
}

void lg_number_text(double value, char out[40])
{
    if (value == floor(value) && fabs(value) < 1e15) {
        snprintf(out, 40, "%.0f", value + 0.0);
        return;
    }
    for (int digits = 6; digits <= 17; digits++) {
        double back;
        snprintf(out, 40, "%.*g", digits, value);
        if (lg_parse_double(out, &back) && back == value) return;
    }
}
