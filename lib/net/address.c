/* address.c - kinds of internet addresses, after IANA's registries of special-purpose addresses. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include "lib/net/url.h"

#include "lib/base/banned.h"

#define FOUR(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

typedef struct four_range {
    uint32_t start;
    int bits;
    net_kind kind;
} four_range;

static const four_range four_ranges[] = {
    {FOUR(0, 0, 0, 0), 8, NET_KIND_NEVER},        /* this host: RFC 791 */
    {FOUR(10, 0, 0, 0), 8, NET_KIND_PRIVATE},     /* RFC 1918 */
    {FOUR(100, 64, 0, 0), 10, NET_KIND_PRIVATE},  /* behind a provider's translation: RFC 6598 */
    {FOUR(127, 0, 0, 0), 8, NET_KIND_LOOPBACK},   /* RFC 1122 */
    {FOUR(168, 63, 129, 16), 32, NET_KIND_NEVER}, /* the platform address of Azure's virtual machines */
    {FOUR(169, 254, 0, 0), 16, NET_KIND_NEVER},   /* this link, and clouds' metadata: RFC 3927 */
    {FOUR(172, 16, 0, 0), 12, NET_KIND_PRIVATE},  /* RFC 1918 */
    {FOUR(192, 0, 0, 0), 24, NET_KIND_NEVER},     /* protocol assignments: RFC 6890 */
    {FOUR(192, 0, 2, 0), 24, NET_KIND_NEVER},     /* documentation: RFC 5737 */
    {FOUR(192, 88, 99, 0), 24, NET_KIND_NEVER},   /* 6to4 relays: RFC 7526 */
    {FOUR(192, 168, 0, 0), 16, NET_KIND_PRIVATE}, /* RFC 1918 */
    {FOUR(198, 18, 0, 0), 15, NET_KIND_NEVER},    /* measurements: RFC 2544 */
    {FOUR(198, 51, 100, 0), 24, NET_KIND_NEVER},  /* documentation: RFC 5737 */
    {FOUR(203, 0, 113, 0), 24, NET_KIND_NEVER},   /* documentation: RFC 5737 */
    {FOUR(224, 0, 0, 0), 4, NET_KIND_NEVER},      /* groups: RFC 5771 */
    {FOUR(240, 0, 0, 0), 4, NET_KIND_NEVER},      /* reserved, broadcast: RFC 1112, RFC 919 */
};

static net_kind four_kind(uint32_t address)
{
    for (size_t i = 0; i < sizeof four_ranges / sizeof *four_ranges; i++) {
        const four_range *r = &four_ranges[i];
        if ((address ^ r->start) >> (32 - r->bits) == 0) return r->kind;
    }
    return NET_KIND_PUBLIC;
}

typedef struct six_range {
    uint8_t start[16];
    int bits;
    net_kind kind;
} six_range;

/* Inside 2000::/3, which is what has been given out (RFC 4291, 2.4). */
static const six_range six_ranges[] = {
    {{0x20, 0x01}, 23, NET_KIND_NEVER},             /* protocol assignments, Teredo: RFC 2928, 4380 */
    {{0x20, 0x01, 0x0d, 0xb8}, 32, NET_KIND_NEVER}, /* documentation: RFC 3849 */
    {{0x20, 0x02}, 16, NET_KIND_NEVER},             /* 6to4 carries an IPv4 address: RFC 3056 */
    {{0x3f, 0xff}, 20, NET_KIND_NEVER},             /* documentation: RFC 9637 */
};

static bool begins(const uint8_t address[16], const uint8_t start[16], int bits)
{
    if (memcmp(address, start, (size_t)bits / 8) != 0) return false;
    return bits % 8 == 0 || (address[bits / 8] ^ start[bits / 8]) >> (8 - bits % 8) == 0;
}

static net_kind six_kind(const uint8_t a[16])
{
    static const uint8_t loopback[16] = {[15] = 1}, translated[16] = {0x00, 0x64, 0xff, 0x9b}, local[16] = {0xfc};
    static const uint8_t given[16] = {0x20};
    if (memcmp(a, loopback, 16) == 0) return NET_KIND_LOOPBACK;
    /* Networks without IPv4 reach it through 64:ff9b::/96 (RFC 6052): it is as public as what it stands for. */
    if (begins(a, translated, 96))
        return four_kind(FOUR(a[12], a[13], a[14], a[15])) == NET_KIND_PUBLIC ? NET_KIND_PUBLIC : NET_KIND_NEVER;
    static const uint8_t metadata[16] = {0xfd, 0x00, 0x0e, 0xc2}; /* fd00:ec2::/32: metadata of Amazon's machines */
    if (begins(a, metadata, 32)) return NET_KIND_NEVER;
    if (begins(a, local, 7)) return NET_KIND_PRIVATE; /* RFC 4193 */
    if (!begins(a, given, 3)) return NET_KIND_NEVER;  /* links, groups, mapped IPv4, what is not given out */
    for (size_t i = 0; i < sizeof six_ranges / sizeof *six_ranges; i++)
        if (begins(a, six_ranges[i].start, six_ranges[i].bits)) return six_ranges[i].kind;
    return NET_KIND_PUBLIC;
}

net_kind net_address_kind(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) return four_kind(ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr));
    if (address->sa_family == AF_INET6) return six_kind(((const struct sockaddr_in6 *)address)->sin6_addr.s6_addr);
    return NET_KIND_NEVER;
}
