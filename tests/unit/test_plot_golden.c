/* Every sample document in every text form against tests/golden/plot. LOGOLENS_BLESS=1 (make bless) rewrites them;
 * LOGOLENS_PLOT_DIR=folder also writes what can be looked at. */
#include "tests/unit/plot_samples.h"
#include "tests/support/test.h"

#define GOLDEN "tests/golden/plot/"

/* ---- a PNG writer with stored blocks (RFC 2083, RFC 1951): its bytes depend on nothing installed ---- */
static void put32(lg_buf *out, uint32_t v)
{
    lg_buf_add(out, (uint8_t[]){(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v}, 4);
}

static void put_chunk(lg_buf *out, const char *type, const void *data, size_t len)
{
    put32(out, (uint32_t)len);
    size_t from = out->len;
    lg_buf_add(out, type, 4);
    lg_buf_add(out, data, len);
    uint32_t crc = 0xffffffff;
    for (size_t i = from; i < out->len; i++) {
        crc ^= (uint8_t)out->data[i];
        for (int k = 0; k < 8; k++) crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
    }
    put32(out, ~crc);
}

static lg_status stored_png(void *ctx, const uint8_t *rgb, int width, int height, lg_buf *out, lg_err *err)
{
    int *calls = ctx;
    lg_buf raw, zip;
    uint32_t a = 1, b = 0;
    (*calls)++;
    lg_buf_init(&raw, 0);
    lg_buf_init(&zip, 0);
    for (int y = 0; y < height; y++) {
        lg_buf_addc(&raw, 0);
        lg_buf_add(&raw, rgb + (size_t)y * (size_t)width * 3, (size_t)width * 3);
    }
    lg_buf_add(&zip, "\x78\x01", 2);
    for (size_t at = 0; at < raw.len; at += 65535) {
        size_t n = raw.len - at < 65535 ? raw.len - at : 65535;
        uint8_t head[5] = {at + n == raw.len, (uint8_t)n, (uint8_t)(n >> 8), (uint8_t)~n, (uint8_t)(~n >> 8)};
        lg_buf_add(&zip, head, 5);
        lg_buf_add(&zip, raw.data + at, n);
    }
    for (size_t i = 0; i < raw.len; i++) {
        a = (a + (uint8_t)raw.data[i]) % 65521;
        b = (b + a) % 65521;
    }
    put32(&zip, b << 16 | a);
    lg_buf_add(out, "\x89PNG\r\n\x1a\n", 8);
    uint8_t head[13] = {(uint8_t)(width >> 24),
                        (uint8_t)(width >> 16),
                        (uint8_t)(width >> 8),
                        (uint8_t)width,
                        (uint8_t)(height >> 24),
                        (uint8_t)(height >> 16),
                        (uint8_t)(height >> 8),
                        (uint8_t)height,
                        8,
                        2};
    put_chunk(out, "IHDR", head, 13);
    put_chunk(out, "IDAT", lg_buf_str(&zip), zip.len);
    put_chunk(out, "IEND", "", 0);
    lg_buf_release(&raw);
    lg_buf_release(&zip);
    return lg_buf_check(out, err);
}

/* ---- comparing ---- */
static void write_file(const char *folder, const char *name, const char *kind, const void *data, size_t len)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s.%s", folder, name, kind);
    FILE *f = fopen(path, "wb");
    CHECK(f);
    CHECK_INT(fwrite(data, 1, len, f), len);
    fclose(f);
}

/* Pixels are compared by their hash: a golden is read by people. */
static void shorten(lg_buf *out, const char *data)
{
    static const char mark[] = "data:image/png;base64,";
    for (const char *s; (s = strstr(data, mark)); data = s) {
        s += strlen(mark);
        lg_buf_add(out, data, (size_t)(s - data));
        size_t n = strcspn(s, "\"");
        lg_buf_addf(out, "[%zu characters, hash %016llx]", n, (unsigned long long)lg_hash64(s, n, 0));
        s += n;
    }
    lg_buf_adds(out, data);
}

static void compare_golden(const char *name, const char *kind, const char *data, size_t len)
{
    char ending[32], path[600];
    const char *bless = getenv("LOGOLENS_BLESS");
    snprintf(ending, sizeof ending, "%s.exp", kind);
    if (bless && *bless == '1') {
        write_file("tests/golden/plot", name, ending, data, len);
        return;
    }
    snprintf(path, sizeof path, GOLDEN "%s.%s", name, ending);
    FILE *f = fopen(path, "rb");
    if (!f) TEST_FAIL("%s is not there; `make bless` writes it", path);
    char *want = malloc(len + 2);
    size_t n = fread(want, 1, len + 1, f);
    fclose(f);
    size_t same = 0;
    while (same < n && same < len && want[same] == data[same]) same++;
    bool equal = n == len && same == len;
    free(want);
    if (!equal)
        TEST_FAIL("%s differs from byte %zu on: got \"%.60s\"; `make bless` accepts it", path, same,
                  data + (same < 20 ? 0 : same - 20));
}

static void check_golden(const char *name, const char *kind, const char *data, size_t len)
{
    lg_buf brief;
    const char *folder = getenv("LOGOLENS_PLOT_DIR");
    if (folder) write_file(folder, name, kind, data, len);
    lg_buf_init(&brief, 0);
    shorten(&brief, data);
    compare_golden(name, kind, brief.data, brief.len);
    lg_buf_release(&brief);
}

static void render_sample(const sample *s, plt_bundle *out)
{
    lg_err err = {0};
    plt_doc doc;
    lg_buf svg;
    int calls = 0;
    plt_options options = {.flags = PLT_TEXT | PLT_HTML, .encode = stored_png, .encode_ctx = &calls};
    plt_doc_init(&doc);
    s->build(&doc);
    CHECK_OK(plt_render(&doc, &options, out, &err));
    lg_buf_init(&svg, 0);
    lg_status st = plt_render_svg(&doc, &options, &svg, &err);
    CHECK(st == LG_OK || err.code == 320);
    if (st == LG_OK) check_golden(s->name, "svg", svg.data, svg.len);
    lg_buf_release(&svg);
    plt_doc_release(&doc);
}

TEST(samples_match_their_goldens)
{
    for (int i = 0; i < SAMPLES; i++) {
        plt_bundle out;
        render_sample(&samples[i], &out);
        check_golden(samples[i].name, "txt", out.text, out.text_len);
        check_golden(samples[i].name, "html", out.html, out.html_len);
        plt_bundle_release(&out);
    }
}

/* Bytes a notebook carries for the two outputs everyone makes. */
TEST(samples_keep_their_budget)
{
    plt_bundle summary, curves;
    render_sample(&samples[0], &summary);
    render_sample(&samples[1], &curves);
    CHECK_STR(samples[1].name, "curves");
    CHECK(summary.html_len <= 6 * 1024);
    CHECK(curves.html_len <= 7 * 1024);
    int lines = 0;
    for (const char *s = summary.text; *s; s++) lines += *s == '\n';
    CHECK(lines <= 25);
    plt_bundle_release(&summary);
    plt_bundle_release(&curves);
}

/* Nothing but known elements and attributes leaves the HTML writer, whatever the labels say. */
static size_t skip_tag(const char *s, size_t at)
{
    static const char *const known[] = {"div", "p",   "h4",    "pre",     "ul",      "li",     "b",
                                        "br",  "bdi", "table", "caption", "thead",   "tbody",  "tr",
                                        "th",  "td",  "span",  "img",     "details", "summary", "code"};
    static const char *const attributes[] = {"style", "class",  "title", "alt",        "src",
                                             "width", "height", "scope", "cellpadding"};
    size_t p = at + 1 + (s[at + 1] == '/'), n = strcspn(s + p, " >");
    bool ok = false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        ok = ok || (strlen(known[i]) == n && !strncmp(known[i], s + p, n));
    if (!ok) TEST_FAIL("unknown element: %.40s", s + at);
    for (p += n; s[p] == ' ';) {
        size_t name = p + 1, end = name + strcspn(s + name, "=\">");
        ok = false;
        for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
            ok = ok || (strlen(attributes[i]) == end - name && !strncmp(attributes[i], s + name, end - name));
        if (!ok || s[end] != '=' || s[end + 1] != '"') TEST_FAIL("unknown attribute: %.40s", s + p);
        p = end + 2;
        if (!strncmp(s + name, "src", 3)) CHECK(!strncmp(s + p, "data:image/", 11));
        p += strcspn(s + p, "\"") + 1;
    }
    CHECK_INT(s[p], '>');
    return p + 1;
}

TEST(hostile_labels_stay_text)
{
    for (int k = 0; k < SAMPLES; k++) {
        plt_bundle out;
        render_sample(&samples[k], &out);
        for (size_t at = 0; at < out.html_len;) at = out.html[at] == '<' ? skip_tag(out.html, at) : at + 1;
        CHECK_INT(lg_utf8_valid(out.html, out.html_len), out.html_len);
        CHECK_INT(lg_utf8_valid(out.text, out.text_len), out.text_len);
        for (size_t at = 0; at < out.text_len; at++) CHECK((uint8_t)out.text[at] >= 32 || out.text[at] == '\n');
        CHECK(!strstr(out.text, "\u202e") && !strstr(out.html, "\u202e"));
        CHECK(!strstr(out.html, "<table") || (strstr(out.html, "scope=\"row\"")));
        plt_bundle_release(&out);
    }
}

/* A cell that sets one of background and text colour sets the other too, or it is unreadable in one of two themes. */
TEST(cells_set_both_colours_or_neither)
{
    plt_bundle out;
    for (int k = 0; k < SAMPLES; k++) {
        render_sample(&samples[k], &out);
        for (const char *s = out.html; (s = strstr(s, "<td")) || (s = NULL); s++) {
            const char *end = strchr(s, '>'), *back = strstr(s, "background:"), *color = strstr(s, ";color:");
            CHECK(strstr(s, "text-align:") < end);
            CHECK((back && back < end) == (color && color < end));
        }
        plt_bundle_release(&out);
    }
}

/* Pages have style sheets of their own: nbconvert's takes the font from code, Bootstrap's the triangle from folds. And
 * JupyterLab takes `inherit` away from what it does not trust. */
TEST(code_and_folds_look_so_in_every_page)
{
    static const char *const said[][2] = {{"<pre", "monospace"}, {"<summary", "display:list-item"}};
    int seen[2] = {0, 0};
    for (int k = 0; k < SAMPLES; k++) {
        plt_bundle out;
        render_sample(&samples[k], &out);
        for (int i = 0; i < 2; i++)
            for (const char *s = out.html; (s = strstr(s, said[i][0])); s++) {
                const char *style = strstr(s, said[i][1]);
                CHECK(style && style < strchr(s, '>'));
                seen[i]++;
            }
        CHECK(!strstr(out.html, "inherit"));
        plt_bundle_release(&out);
    }
    CHECK(seen[0] > 0 && seen[1] > 0);
}

/* ---- limits ---- */
TEST(parts_beyond_the_limit_are_counted)
{
    static const char *const said[] = {"1 more part is left out", "2 more parts are left out"};
    lg_err err = {0};
    char text[4000];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (int n = 1; n <= 2; n++) {
        plt_doc doc;
        plt_bundle out;
        plt_doc_init(&doc);
        for (int i = 0; i < n; i++) plt_sentence(&doc, "%s", text);
        CHECK_OK(plt_render(&doc, &(plt_options){.flags = PLT_HTML, .limit = 3000}, &out, &err));
        CHECK_HAS(out.html, said[n - 1]);
        plt_bundle_release(&out);
        plt_doc_release(&doc);
    }
}

TEST(pictures_beyond_the_limit_are_counted)
{
    lg_err err = {0};
    plt_doc doc;
    plt_bundle out;
    int calls = 0;
    uint8_t rgb[64 * 64 * 3];
    plt_doc_init(&doc);
    plt_grid(&doc, 64, "200 of 200 images");
    for (int i = 0; i < 200; i++) {
        ball(rgb, 64, 64, (uint32_t)i * 77777);
        plt_thumb(&doc, rgb, 64, 64, PLT_EDGE_NONE, "#%d", i);
    }
    plt_table(&doc, "numbers");
    plt_column(&doc, PLT_RIGHT, "n");
    for (int i = 0; i < 20000; i++) {
        plt_row(&doc, PLT_ROW_PLAIN);
        plt_cell(&doc, "%d", i);
    }
    plt_sentence(&doc, "The end is always said");
    CHECK_OK(plt_render(
        &doc, &(plt_options){.flags = PLT_TEXT | PLT_HTML | PLT_FULL, .encode = stored_png, .encode_ctx = &calls}, &out,
        &err));
    CHECK(out.html_len <= 400000);
    CHECK(out.html_len > 390000);
    CHECK_HAS(out.html, "more pictures, left out: a result holds at most 400 KB");
    CHECK_HAS(out.html, "more rows");
    CHECK_HAS(out.html, "</tbody></table>");
    CHECK_HAS(out.text, "#199");
    CHECK_HAS(out.text, "19999");
    plt_bundle_release(&out);
    CHECK_OK(plt_render(&doc, &(plt_options){.flags = PLT_TEXT}, &out, &err));
    CHECK_HAS(out.text, "more rows");
    CHECK(out.text_len < 4000);
    plt_bundle_release(&out);
    plt_doc_release(&doc);
}

/* An n-th allocation that fails, and all after it: an error or a whole result, never a crash or a leak. */
TEST(memory_may_run_out_anywhere)
{
    for (int k = 0; k < SAMPLES - 1; k++) {
        bool complete = false;
        for (long n = 1; !complete; n += n < 60 ? 1 : n / 9) {
            lg_err err = {0};
            plt_doc doc;
            plt_bundle out;
            int calls = 0;
            long before = lg_alloc_count();
            lg_alloc_fail_at(n, true);
            plt_doc_init(&doc);
            samples[k].build(&doc);
            lg_status st = plt_render(
                &doc, &(plt_options){.flags = PLT_TEXT | PLT_HTML, .encode = stored_png, .encode_ctx = &calls}, &out,
                &err);
            lg_alloc_fail_at(0, false);
            complete = lg_alloc_count() - before < n;
            if (complete) CHECK_OK(st);
            else CHECK(st == LG_E_MEMORY && err.code == 901 && !out.text && !out.html);
            plt_bundle_release(&out);
            plt_doc_release(&doc);
        }
    }
}

TEST(png_holds_all_pictures_where_cairo_is)
{
    lg_err err = {0};
    plt_doc doc;
    plt_bundle out;
    plt_doc_init(&doc);
    sample_curves(&doc);
    sample_sheet(&doc);
    CHECK_OK(plt_render(&doc, &(plt_options){.flags = PLT_PNG}, &out, &err));
    plt_doc_release(&doc);
    if (!out.png) SKIP("cairo is not installed here");
    CHECK(!memcmp(out.png, "\x89PNG\r\n\x1a\n", 8));
    CHECK_INT(out.png_width, 640);
    CHECK_INT(out.png[18] << 8 | out.png[19], 1280);
    CHECK_INT(out.png[22] << 8 | out.png[23], out.png_height * 2);
    CHECK(!out.text && !out.html && out.png_len <= 400000);
    plt_bundle_release(&out);
}

/* Twice the size, once, none: what the limit allows; and no failure either way. */
TEST(a_png_that_becomes_too_large_is_given_up)
{
    lg_err err = {0};
    plt_bundle out;
    size_t limit = 0, whole = 0, part = 0;
    for (int turn = 0; turn < 4; turn++) {
        plt_doc doc;
        plt_doc_init(&doc);
        sample_sheet(&doc);
        CHECK_OK(plt_render(&doc, &(plt_options){.flags = PLT_PNG, .limit = limit}, &out, &err));
        plt_doc_release(&doc);
        if (!turn && !out.png) SKIP("cairo is not installed here");
        if (turn == 0) whole = out.png_len;
        if (turn == 1) CHECK(out.png_len == whole);
        if (turn == 2) CHECK(out.png && out.png_len < whole);
        if (turn == 2) part = out.png_len;
        if (turn == 3) CHECK(!out.png && !out.png_len && !err.code);
        limit = turn == 0 ? whole : turn == 1 ? whole - 1 : part - 1;
        plt_bundle_release(&out);
    }
}
