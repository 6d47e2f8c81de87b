/* dash_page.c - style and script of the page, which are part of the program, and the policy that names them. */
#include "lib/image/hash.h"
#include "lib/report/dash_parts.h"

#include <string.h>

#include "lib/base/banned.h"

#define EMBED(symbol, path)                                                                                            \
    __asm__(".pushsection .rodata\n" #symbol ": .incbin \"" path "\"\n" #symbol "_end: .byte 0\n.popsection\n");       \
    extern const char symbol[], symbol##_end[]
EMBED(dash_style_text, "lib/report/dash_page.css");
EMBED(dash_script_text, "lib/report/dash_page.js");

/* 'sha256-…' of an element's text, as browsers compute it. */
static void add_hash(const char *text, size_t len, lg_buf *out)
{
    char hex[IMG_SHA256_HEX];
    unsigned char bytes[32];
    img_sha256(text, len, hex);
    for (int i = 0; i < 32; i++) {
        int high = hex[2 * i], low = hex[2 * i + 1];
        high -= high >= 'a' ? 'a' - 10 : '0';
        low -= low >= 'a' ? 'a' - 10 : '0';
        bytes[i] = (unsigned char)(high << 4 | low);
    }
    lg_buf_adds(out, "'sha256-");
    lg_buf_base64(out, bytes, sizeof bytes);
    lg_buf_adds(out, "'");
}

void rep_dash_head(const dash *d, lg_buf *out)
{
    size_t style = (size_t)(dash_style_text_end - dash_style_text);
    size_t script = (size_t)(dash_script_text_end - dash_script_text);
    lg_buf_adds(out,
                "<!doctype html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n"
                "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; img-src data:; style-src ");
    add_hash(dash_style_text, style, out);
    lg_buf_adds(out, "; script-src ");
    add_hash(dash_script_text, script, out);
    lg_buf_adds(out, "; base-uri 'none'; form-action 'none'\">\n"
                     "<meta name=generator content=\"Logolens " LG_VERSION "\">\n"
                     "<meta name=referrer content=no-referrer>\n"
                     "<meta name=viewport content=\"width=device-width, initial-scale=1\">\n"
                     "<meta name=color-scheme content=\"light dark\">\n<title>");
    rep_dash_text(out, d->ask->title);
    lg_buf_adds(out, "</title>\n<style>");
    lg_buf_add(out, dash_style_text, style);
    lg_buf_adds(out, "</style>\n</head>\n");
}

void rep_dash_script(lg_buf *out)
{
    lg_buf_adds(out, "<script>");
    lg_buf_add(out, dash_script_text, (size_t)(dash_script_text_end - dash_script_text));
    lg_buf_adds(out, "</script>\n");
}
