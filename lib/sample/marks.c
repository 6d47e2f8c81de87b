/* marks.c - all outlines are our own drawings, in the manner of the marks and not copies of them. */
#include "lib/sample/marks.h"
#include "lib/base/banned.h"

const char *const smp_label_names[SMP_LABELS] = {"Adidas", "Nike", "Other", "Puma"};

#define DRAWING(...)                                                                                                   \
    (const char *const[])                                                                                              \
    {                                                                                                                  \
        __VA_ARGS__, NULL                                                                                              \
    }
#define MARK(n, s, b, ...)                                                                                             \
    {                                                                                                                  \
        .name = n, .shape = s, .band = b, .drawing = DRAWING(__VA_ARGS__)                                              \
    }

static const smp_mark adidas[] = {
    MARK("three bars", 1.1f, false, "M24 78L14 61L28 53L42 78Z", "M50 78L28 40L42 32L68 78Z",
         "M76 78L41 17L55 9L94 78Z"),
    MARK("three bars, narrow", 1.3f, false, "M20 80L10 63L22 56L36 80Z", "M48 80L27 44L39 37L64 80Z",
         "M76 80L42 22L54 15L92 80Z"),
    MARK("trefoil", 1.05f, false, "M50 68C33 52 33 22 50 6C67 22 67 52 50 68Z",
         "M52 72C28 68 8 48 5 22C28 26 46 44 52 72Z", "M48 72C72 68 92 48 95 22C72 26 54 44 48 72Z",
         "M14 50C18 72 34 86 50 94C66 86 82 72 86 50Z", "-R0 57 100 5", "-R0 68 100 5", "-R0 79 100 5"),
    MARK("three stripes", 0.9f, true, "M4 96L28 4L44 4L20 96Z", "M32 96L56 4L72 4L48 96Z", "M60 96L84 4L100 4L76 96Z"),
    MARK("three bars in a row", 1.5f, false, "M6 86L36 10L52 10L22 86Z", "M36 86L66 10L82 10L52 86Z",
         "M66 86L84 40L100 40L82 86Z"),
};

static const smp_mark nike[] = {
    MARK("tick", 2.2f, true,
         "M99 14C76 28 52 45 36 54C24 60 14 58 14 48C14 40 18 30 24 20C11 34 0 54 3 70C6 86 22 88 38 78C60 64 82 38 99 "
         "14Z"),
    MARK("tick, slim", 2.6f, true,
         "M100 20C74 36 48 50 34 57C23 62 16 58 16 50C16 43 20 34 26 26C14 38 3 54 6 67C9 80 24 80 38 73C60 61 82 42 "
         "100 20Z"),
    MARK("tick, outlined", 2.2f, false,
         "M99 14C76 28 52 45 36 54C24 60 14 58 14 48C14 40 18 30 24 20C11 34 0 54 3 70C6 86 22 88 38 78C60 64 82 38 99 "
         "14Z",
         "-M84 30C68 42 50 54 38 61C26 67 12 66 9 54C5 64 8 78 18 78C38 78 66 50 84 30Z"),
};

static const smp_mark puma[] = {
    MARK("leaping cat", 1.25f, false,
         "M3 26C0 44 10 58 24 58C22 66 14 76 6 82C2 86 4 90 9 89C18 86 27 78 33 70C34 76 30 84 24 92C22 96 26 98 30 96"
         "C38 90 46 78 50 68C56 63 62 60 68 58L86 64C90 65 92 61 89 58L78 52C80 50 82 48 83 46L95 46C99 46 99 41 95 "
         "40L85 37"
         "C88 34 91 33 94 33C98 32 99 27 96 24C94 20 91 18 88 17L89 10L82 15C74 16 68 22 62 30C52 38 42 40 32 46"
         "C20 54 8 46 8 27C8 22 4 22 3 26Z"),
    MARK("cat and ground", 1.3f, false,
         "M4 10C0 26 8 40 22 42C20 50 14 58 8 62C4 66 7 70 11 68C20 64 27 58 32 51C33 58 30 64 26 69C24 73 28 75 32 72"
         "C40 66 46 58 50 50C56 46 62 44 68 42L84 48C88 49 90 45 87 42L78 37C80 35 82 33 83 31L94 31C98 31 98 26 94 "
         "25L85 23"
         "C88 20 91 19 94 18C97 17 97 12 95 10C92 6 88 4 84 4L84 -3L78 3C70 4 66 10 60 17C50 25 42 26 32 31C20 37 9 30 "
         "9 11C9 6 5 6 4 10Z",
         "R6 82 88 13"),
    MARK("running band", 1.5f, true,
         "M0 96C12 64 38 48 62 42C80 37 88 24 90 4L100 4C101 32 94 50 74 58C54 66 42 78 38 96Z"),
    MARK("cat, slim", 1.6f, false,
         "M2 34C2 48 12 60 26 58C24 68 16 78 6 84C4 88 7 90 11 88C22 82 30 74 35 64C38 70 36 78 30 88C30 92 33 92 36 90"
         "C44 82 49 72 52 62C60 57 66 56 72 55L90 60C93 60 93 56 91 55L80 49L84 44L97 43C100 42 100 38 96 38L86 35"
         "C90 30 94 31 97 29C99 25 97 22 93 19L92 12L86 17C76 18 70 24 64 32C54 38 44 40 34 45C20 54 6 48 6 34C6 29 2 "
         "29 2 34Z"),
};

static const smp_mark other[] = {
    MARK("rings", 2.0f, false, "O28 50 26O28 50 -18", "O72 50 26O72 50 -18", "O50 50 26O50 50 -18"),
    MARK("star", 1.0f, false, "M50 4L61 38L97 38L68 59L79 94L50 73L21 94L32 59L3 38L39 38Z"),
    MARK("shield", 0.85f, false, "M8 8C36 12 64 12 92 8C96 50 82 80 50 97C18 80 4 50 8 8Z",
         "-M44 16L56 16L56 80L44 80Z", "-R16 34 68 11"),
    MARK("crown", 1.3f, false, "M6 84L4 24L28 52L50 12L72 52L96 24L94 84Z", "-R12 70 76 5"),
    MARK("arrow", 1.5f, false, "M2 36L58 36L58 10L98 50L58 90L58 64L2 64Z"),
    MARK("wave", 1.8f, false, "M2 60C16 20 36 20 50 46C62 68 78 66 98 34C88 84 64 96 46 72C32 52 18 54 2 60Z"),
    MARK("hexagon", 1.0f, false, "M50 3L91 26L91 74L50 97L9 74L9 26Z", "-M50 24L72 37L72 63L50 76L28 63L28 37Z"),
    MARK("leaf", 1.0f, false, "M10 92C2 40 34 8 92 8C92 62 62 96 22 84C36 62 52 46 70 30C48 40 28 60 10 92Z"),
    MARK("bolt", 0.7f, false, "M58 2L14 56L44 56L34 98L88 38L54 38L72 2Z"),
    MARK("mountain", 1.4f, false, "M2 88L38 16L54 48L64 32L98 88Z", "-M38 30L46 48L38 54L30 48Z"),
    MARK("target", 1.0f, false, "O50 50 47O50 50 -36", "O50 50 25O50 50 -12"),
    MARK("crescent", 1.0f, false, "M70 8C34 6 8 26 8 52C8 80 36 98 70 90C46 84 34 70 34 50C34 30 48 14 70 8Z"),
    MARK("check", 1.3f, true, "M4 52L20 36L40 58L82 10L97 24L40 90Z"),
    MARK("two stripes", 0.7f, true, "M4 96L40 4L62 4L26 96Z", "M44 96L80 4L100 4L66 96Z"),
    MARK("four stripes", 1.1f, true, "M2 96L22 4L33 4L13 96Z", "M24 96L44 4L55 4L35 96Z", "M46 96L66 4L77 4L57 96Z",
         "M68 96L88 4L99 4L79 96Z"),
    MARK("chevrons", 1.0f, false, "M4 44L50 6L96 44L96 62L50 24L4 62Z", "M4 78L50 40L96 78L96 96L50 58L4 96Z"),
    MARK("bars", 1.0f, true, "R8 8 18 84", "R41 8 18 84", "R74 8 18 84"),
    MARK("bird", 1.6f, false,
         "M2 24C22 16 40 26 48 46C58 24 78 12 98 14C86 24 80 34 74 48C66 66 56 74 40 78L18 92L28 74C36 62 24 36 2 24Z"),
    MARK("clover", 1.0f, false, "O34 34 24", "O66 34 24", "O34 66 24", "O66 66 24", "-R46 0 8 100", "-R0 46 100 8"),
    MARK("fish", 1.7f, false, "M4 22L24 44C42 16 74 18 96 48C76 82 44 82 24 56L4 80C12 60 12 42 4 22Z", "-O78 44 5"),
    MARK("boomerang", 1.6f, true, "M4 14C36 10 66 30 96 84C72 62 52 52 24 54C14 54 6 36 4 14Z"),
    MARK("diamond", 1.0f, false, "M50 2L98 50L50 98L2 50Z", "-M50 30L70 50L50 70L30 50Z"),
    MARK("block letter", 1.0f, false, "M6 94L20 6L46 6L58 52L66 6L94 6L80 94L54 94L42 48L34 94Z"),
    MARK("cross letter", 1.0f, false, "M4 6L34 6L50 34L66 6L96 6L66 50L96 94L66 94L50 66L34 94L4 94L34 50Z"),
    MARK("dog", 1.3f, false,
         "M6 30C10 38 14 42 22 44L70 42L76 20L84 10L86 20L98 26L96 36L84 40L82 60L80 94L70 94L68 66L36 68L30 94L20 "
         "94L20 62C12 56 4 44 2 32Z"),
    MARK("peaks", 1.3f, false, "M4 90L24 40L44 90Z", "M30 90L52 14L74 90Z", "M62 90L80 52L98 90Z"),
};

#define COUNT(a) ((int)(sizeof(a) / sizeof *(a)))
static const struct {
    const smp_mark *mark;
    int n;
} marks[SMP_LABELS] = {
    [SMP_ADIDAS] = {adidas, COUNT(adidas)},
    [SMP_NIKE] = {nike, COUNT(nike)},
    [SMP_OTHER] = {other, COUNT(other)},
    [SMP_PUMA] = {puma, COUNT(puma)},
};

int smp_mark_count(smp_label label)
{
    return marks[label].n;
}
const smp_mark *smp_mark_get(smp_label label, int n)
{
    return &marks[label].mark[n % marks[label].n];
}

const char *const smp_letters[SMP_LETTERS] = {
    "M0 100L38 0L62 0L100 100L78 100L68 72L32 72L22 100Z",
    "M0 0L90 0L90 20L24 20L24 40L76 40L76 58L24 58L24 80L92 80L92 100L0 100Z",
    "R36 0 28 100",
    "M0 0L24 0L24 80L90 80L90 100L0 100Z",
    "M0 0L24 0L76 64L76 0L100 0L100 100L76 100L24 36L24 100L0 100Z",
    "O50 50 50O50 50 -28",
    "M0 0L100 0L100 20L62 20L62 100L38 100L38 20L0 20Z",
    "M0 0L26 0L50 70L74 0L100 0L62 100L38 100Z",
    "M0 0L24 0L24 40L76 40L76 0L100 0L100 100L76 100L76 60L24 60L24 100L0 100Z",
    "M0 0L96 0L96 22L32 78L100 78L100 100L0 100L0 78L66 22L0 22Z",
    "M0 0L24 0L24 42L70 0L98 0L48 46L100 100L68 100L24 58L24 100L0 100Z",
    "M0 100L0 0L24 0L50 46L76 0L100 0L100 100L78 100L78 38L50 86L22 38L22 100Z",
    "M0 0L24 0L24 60C24 86 76 86 76 60L76 0L100 0L100 62C100 112 0 112 0 62Z",
    "M0 0L70 0C112 0 112 58 70 58L24 58L24 100L0 100ZM24 20L24 38L64 38C78 38 78 20 64 20Z",
};
