/* Where a byte of a cell stands: what the quick look says is what the lexer says, at every byte of every text. */
#include "kernel/dsl/spot.h"
#include "tests/support/test.h"
#include <stdio.h>
#include <string.h>

static int compared;

/* The lexer reads the text before the place; where it finds a mistake (but an open text or bracket) it says nothing. */
static bool agrees(const char *code, size_t at)
{
    dsl_tokens tokens;
    dsl_spot spot;
    lg_err err = {0};
    CHECK_OK(dsl_lex(code, at, &tokens, &err));
    dsl_spot_find(code, at, &spot);
    int blocks = 0, wrong = tokens.error.status && tokens.error.code != 102 && tokens.error.code != 103;
    if (tokens.error.code == 103) wrong = tokens.token[tokens.count - 1].at < at; /* open in a line above */
    for (int i = 0; i < tokens.depth; i++) blocks += tokens.open[i] == '{';
    char top = tokens.depth ? tokens.open[tokens.depth - 1] : 0;
    bool comment = tokens.token[tokens.count - 1].comment != 0, text = tokens.error.code == 103;
    bool same = spot.blocks == blocks && spot.in_parens == (top == '(') && spot.in_grid == (top == '[') &&
                (spot.quote != 0) == text && spot.in_comment == comment && spot.statement <= at;
    if (!wrong) compared++;
    if (!wrong && !same)
        printf("%.*s|: blocks %d %d, top %c %d %d, text %d %d, comment %d %d\n", (int)at, code, spot.blocks, blocks,
               top ? top : '-', spot.in_parens, spot.in_grid, spot.quote, text, spot.in_comment, comment);
    dsl_tokens_release(&tokens);
    return wrong || same;
}

static int disagreements(const char *code, size_t len)
{
    int bad = 0;
    for (size_t at = 0; at <= len; at++)
        if (at == len || ((unsigned char)code[at] & 0xc0) != 0x80) bad += !agrees(code, at);
    return bad;
}

TEST(the_lexer_says_the_same)
{
    static const char *const cells[] = {
        "load logos from data/x labels \"my labels.txt\"\nfit scratch lr ($lr / 2) # (a comment {\nsay 'a # b' \"c\\\" "
        "{\"",
        "model m on x {\r\n  for n in 1, # one\n    2 { conv $n 3x3; maxpool 2 }\r  flatten\n}\nfit m",
        "let g = [1 2; 3\n 4]\nshow g; # end",
        "load x from https://host/a{b#c;\"d size 3\nload y from abfss://c@a/p\\\n labels folders",
        "say a \\\n b \\  \r\n c; say \"\xf0\x9d\x90\x9a {\" # \xf0\xa0\xae\x9e \"",
        "check (1 + (2 * 3)) > 4 \"no\\\\\" ; say a#b \"x\"'y'",
        "compare a,\n\n# c\n b, # d\n\n c\nsay x",
        "",
        "}}} say {a",
    };
    int bad = 0;
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) bad += disagreements(cells[i], strlen(cells[i]));
    CHECK_INT(bad, 0);
    CHECK(compared > 400);
}

TEST(texts_of_all_kinds_of_characters)
{
    static const char *const pieces[] = {"say ", "a",    "\n",   "{",       "}",   "(", ")",        "[",
                                         "]",    "\"",   "'",    "#",       " # ", ";", ",",        " ",
                                         "\\",   "\\\n", "\r\n", "http://", "$x",  "=", "\xc3\xa9", "1"};
    char text[200];
    int bad = 0;
    uint64_t seed = 7;
    for (int round = 0; round < 3000 && bad < 5; round++) {
        size_t n = 0;
        for (int k = 0; k < 12; k++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            const char *piece = pieces[(seed >> 33) % (sizeof pieces / sizeof *pieces)];
            n += (size_t)snprintf(text + n, sizeof text - n, "%s", piece);
        }
        bad += disagreements(text, n);
    }
    CHECK_INT(bad, 0);
    CHECK(compared > 10000);
}

static const char *recent(const char *code)
{
    static char all[400];
    dsl_spot spot;
    const dsl_span *line;
    size_t used = 0;
    all[0] = 0;
    dsl_spot_find(code, strlen(code), &spot);
    for (size_t n = 0; (line = dsl_spot_recent(&spot, n)); n++)
        used +=
            (size_t)snprintf(all + used, sizeof all - used, "<%.*s>", (int)(line->to - line->from), code + line->from);
    snprintf(all + used, sizeof all - used, "%s", code + spot.statement);
    return all;
}

TEST(statements_before_the_place)
{
    CHECK_STR(recent("say a\n\n say b; say c"), "<say a><say b>say c");
    CHECK_STR(recent("model m {\n conv 3; flatten }\nfit"), "<model m {><conv 3><flatten >fit");
    CHECK_STR(recent("compare a,\n  b\nfit (1 +\n 2"), "<compare a,\n  b>fit (1 +\n 2");
    CHECK_STR(recent("say (1\n}\nfit"), "say (1\n}\nfit");                           /* nothing to close */
    CHECK_STR(recent("for a in b { say (1\n}\nfit"), "<for a in b {><say (1\n>fit"); /* the block's brace does */
    dsl_spot spot;
    char many[DSL_RECENT * 8];
    size_t n = 0;
    for (int i = 0; i < DSL_RECENT + 50; i++) n += (size_t)snprintf(many + n, sizeof many - n, "a%d\n", i);
    dsl_spot_find(many, n, &spot);
    CHECK_INT(spot.seen, DSL_RECENT + 50);
    CHECK(dsl_spot_recent(&spot, DSL_RECENT) == NULL);
    CHECK(!strncmp(many + dsl_spot_recent(&spot, 0)->from, "a50\n", 4));
}
