/* workbook.c - a Tableau workbook: sources, sheets, windows. */
#include "lib/report/workbook.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

/* ---- XML ---- */
/* May XML 1.0 hold it (section 2.2)? */
static bool holds(uint32_t cp)
{
    return (cp >= 0x20 || cp == '\t' || cp == '\n' || cp == '\r') && cp != 0xfffe && cp != 0xffff;
}

/* Inside of '…' and between tags. Line ends and tabs are written as numbers, or attributes would have blanks there. */
static void add_xml(lg_buf *out, const char *text)
{
    size_t len = strlen(text);
    for (size_t at = 0; at < len;) {
        uint32_t cp;
        int n = lg_utf8_next(text + at, len - at, &cp);
        if (n == 0 || !holds(cp)) lg_buf_adds(out, "\xef\xbf\xbd");
        else if (strchr("&<>'\"\t\n\r", (int)(cp < 0x80 ? cp : 'x'))) lg_buf_addf(out, "&#%u;", (unsigned)cp);
        else lg_buf_add(out, text + at, (size_t)n);
        at += n ? (size_t)n : 1;
    }
}

/* A piece of XML in which each $ is the next text, escaped, of n (at most 4). */
static void add(lg_buf *out, const char *xml, const char *a, const char *b, const char *c, const char *d)
{
    const char *const text[] = {a, b, c, d};
    for (int next = 0; *xml; xml++) {
        if (*xml == '$') add_xml(out, text[next++]);
        else lg_buf_addc(out, *xml);
    }
}

/* Something that looks like a UUID and stays the same for the same names. */
static void add_id(lg_buf *out, const char *what, const char *name)
{
    uint64_t seed = lg_hash64(what, strlen(what), 0), a = lg_hash64(name, strlen(name), seed);
    uint64_t b = lg_hash64(name, strlen(name), a);
    lg_buf_addf(out, "<simple-id uuid='{%08X-%04X-%04X-%04X-%012llX}' />\n", (unsigned)(a >> 32),
                (unsigned)(a >> 16 & 0xffff), (unsigned)((a & 0x0fff) | 0x4000),
                (unsigned)((b >> 48 & 0x3fff) | 0x8000), (unsigned long long)(b & 0xffffffffffff));
}

/* ---- names ---- */
enum { NAME = 1024 };

/* [name] as Tableau writes fields: a ] of the name is doubled. */
static void bracketed(const char *prefix, const char *name, const char *suffix, char out[NAME])
{
    size_t n = (size_t)snprintf(out, NAME, "[%s", prefix);
    for (; *name && n + strlen(suffix) + 4 < NAME; name++) {
        if (*name == ']') out[n++] = ']';
        out[n++] = *name;
    }
    snprintf(out + n, NAME - n, "%s]", suffix);
}

/* Names of columns are long and many: only the sources' own numbers make names of theirs. */
static void source_name(int source, char out[NAME])
{
    snprintf(out, NAME, "federated.logolens%d", source + 1);
}

static void connection_name(int source, char out[NAME])
{
    snprintf(out, NAME, "textscan.logolens%d", source + 1);
}

/* The text driver's name of a file: adidas.csv is [adidas#csv]. */
static void table_name(const char *file, char out[NAME])
{
    bracketed("", file, "", out);
    for (char *at = out; *at; at++)
        if (*at == '.') *at = '#';
}

/* ---- columns ---- */
typedef struct kind {
    const char *datatype, *role, *type; /* in sheets */
    const char *remote, *aggregation;   /* in the file's description: the number of an OLE DB type */
} kind;

static const kind *kind_of(const rep_table *t, int column)
{
    static const kind text = {"string", "dimension", "nominal", "129", "Count"},
                      whole = {"integer", "measure", "quantitative", "20", "Sum"},
                      real = {"real", "measure", "quantitative", "5", "Sum"},
                      day = {"date", "dimension", "ordinal", "133", "Year"};
    rep_type type = t->column[column].type;
    if (type == REP_NUMBER) return t->meaning[column] == REP_AS_WHOLE ? &whole : &real;
    return type == REP_TEXT && t->meaning[column] == REP_AS_DAY ? &day : &text;
}

static void add_file_columns(lg_buf *out, const rep_table *t)
{
    lg_buf_adds(out, "<columns character-set='UTF-8' header='yes' locale='en_US' separator=','>\n");
    for (int i = 0; i < t->columns; i++) {
        char number[16];
        snprintf(number, sizeof number, "%d", i);
        add(out, "<column datatype='$' name='$' ordinal='$' />\n", kind_of(t, i)->datatype, t->column[i].name, number,
            "");
    }
    lg_buf_adds(out, "</columns>\n");
}

static void add_record(lg_buf *out, const rep_source *source, int column)
{
    const rep_column *c = &source->table->column[column];
    const kind *k = kind_of(source->table, column);
    char name[NAME], parent[NAME], number[16];
    bracketed("", c->name, "", name);
    bracketed("", source->file, "", parent);
    snprintf(number, sizeof number, "%d", column);
    add(out,
        "<metadata-record class='column'><remote-name>$</remote-name><remote-type>$</remote-type>"
        "<local-name>$</local-name><parent-name>$</parent-name>",
        c->name, k->remote, name, parent);
    add(out,
        "<remote-alias>$</remote-alias><ordinal>$</ordinal><local-type>$</local-type>"
        "<aggregation>$</aggregation><contains-null>true</contains-null></metadata-record>\n",
        c->name, number, k->datatype, k->aggregation);
}

static void add_column(lg_buf *out, const rep_table *t, int column)
{
    const kind *k = kind_of(t, column);
    char name[NAME];
    bracketed("", t->column[column].name, "", name);
    add(out, "<column datatype='$' name='$' role='$' type='$' />\n", k->datatype, name, k->role, k->type);
}

/* ---- sources ---- */
static void add_source(lg_buf *out, const rep_source *source, int number)
{
    char name[NAME], connection[NAME], table[NAME];
    source_name(number, name);
    connection_name(number, connection);
    table_name(source->file, table);
    add(out, "<datasource caption='$' inline='true' name='$' version='18.1'>\n<connection class='federated'>\n",
        source->caption, name, "", "");
    add(out,
        "<named-connections>\n<named-connection caption='$' name='$'>\n"
        "<connection class='textscan' directory='.' filename='$' password='' server='' />\n"
        "</named-connection>\n</named-connections>\n",
        source->caption, connection, source->file, "");
    add(out, "<relation connection='$' name='$' table='$' type='table'>\n", connection, source->file, table, "");
    add_file_columns(out, source->table);
    lg_buf_adds(out, "</relation>\n<metadata-records>\n");
    for (int i = 0; i < source->table->columns; i++) add_record(out, source, i);
    lg_buf_adds(out, "</metadata-records>\n</connection>\n<aliases enabled='yes' />\n");
    for (int i = 0; i < source->table->columns; i++) add_column(out, source->table, i);
    lg_buf_adds(out, "<layout dim-ordering='alphabetic' measure-ordering='alphabetic' show-structure='true' />\n"
                     "</datasource>\n");
}

/* ---- sheets ---- */
static const struct derivation {
    const char *name, *prefix, *suffix, *type;
} derivations[] = {[REP_ITSELF] = {"None", "none:", ":nk", "nominal"},
                   [REP_SUM] = {"Sum", "sum:", ":qk", "quantitative"},
                   [REP_COUNT] = {"Count", "cnt:", ":qk", "quantitative"},
                   [REP_COUNT_DIFFERENT] = {"CountD", "ctd:", ":qk", "quantitative"},
                   [REP_WEEK] = {"Week-Trunc", "twk:", ":qk", "quantitative"}};

/* A number as it is stands on an axis, a day is in order, a text is one of several. */
static struct derivation derivation_of(const rep_table *t, const rep_field *field)
{
    struct derivation d = derivations[field->derived];
    const char *type = kind_of(t, rep_column_find(t, field->column))->type;
    if (field->derived == REP_ITSELF && strcmp(type, "quantitative") == 0) d.suffix = ":qk", d.type = type;
    if (field->derived == REP_ITSELF && strcmp(type, "ordinal") == 0) d.suffix = ":ok", d.type = type;
    return d;
}

static bool has(const rep_source *source, const rep_field *field)
{
    return field->column && rep_column_find(source->table, field->column) >= 0;
}

static void add_instance(lg_buf *out, const rep_source *source, const rep_field *field)
{
    if (!has(source, field)) return;
    const rep_column *c = &source->table->column[rep_column_find(source->table, field->column)];
    const struct derivation d = derivation_of(source->table, field);
    char column[NAME], name[NAME];
    bracketed("", c->name, "", column);
    bracketed(d.prefix, c->name, d.suffix, name);
    add(out, "<column-instance column='$' derivation='$' name='$' pivot='key' type='$' />\n", column, d.name, name,
        d.type);
}

/* [source].[sum:likes:qk], as shelves name it; nothing where there is none. */
static void add_pill(lg_buf *out, const char *source_text, const rep_source *source, const rep_field *field)
{
    char name[NAME];
    if (!has(source, field)) return;
    const struct derivation d = derivation_of(source->table, field);
    bracketed(d.prefix, source->table->column[rep_column_find(source->table, field->column)].name, d.suffix, name);
    add(out, "[$].$", source_text, name, "", "");
}

static void add_encodings(lg_buf *out, const char *name, const rep_source *source, const rep_sheet *sheet)
{
    if (!has(source, &sheet->color)) return;
    lg_buf_adds(out, "<encodings>\n<color column='");
    add_pill(out, name, source, &sheet->color);
    lg_buf_adds(out, "' />\n");
    if (sheet->mark == REP_CELL) {
        lg_buf_adds(out, "<text column='");
        add_pill(out, name, source, &sheet->color);
        lg_buf_adds(out, "' />\n");
    }
    lg_buf_adds(out, "</encodings>\n");
}

/* Columns first, each once, then what is made of them. */
static void add_dependencies(lg_buf *out, const char *name, const rep_source *source, const rep_sheet *sheet)
{
    const rep_field *const field[] = {&sheet->rows, &sheet->cols, &sheet->color};
    int seen[3];
    add(out, "<datasource-dependencies datasource='$'>\n", name, "", "", "");
    for (int i = 0; i < 3; i++) {
        seen[i] = has(source, field[i]) ? rep_column_find(source->table, field[i]->column) : -1;
        bool again = false;
        for (int k = 0; k < i; k++) again = again || seen[k] == seen[i];
        if (seen[i] >= 0 && !again) add_column(out, source->table, seen[i]);
    }
    for (int i = 0; i < 3; i++) {
        bool again = false;
        for (int k = 0; k < i; k++) again = again || (seen[k] == seen[i] && field[k]->derived == field[i]->derived);
        if (!again) add_instance(out, source, field[i]);
    }
    lg_buf_adds(out, "</datasource-dependencies>\n");
}

static void add_sheet(lg_buf *out, const rep_book *book, const rep_sheet *sheet)
{
    static const char *const marks[] = {[REP_BAR] = "Bar", [REP_LINE] = "Line", [REP_CELL] = "Square"};
    const rep_source *source = &book->source[sheet->source];
    char name[NAME];
    source_name(sheet->source, name);
    add(out,
        "<worksheet name='$'>\n<table>\n<view>\n<datasources>\n<datasource caption='$' name='$' />\n"
        "</datasources>\n",
        sheet->name, source->caption, name, "");
    if (sheet->rows.column) add_dependencies(out, name, source, sheet);
    add(out,
        "<aggregation value='true' />\n</view>\n<style />\n<panes>\n<pane>\n<view>\n"
        "<breakdown value='auto' />\n</view>\n<mark class='$' />\n",
        sheet->rows.column ? marks[sheet->mark] : "Automatic", "", "", "");
    add_encodings(out, name, source, sheet);
    lg_buf_adds(out, "</pane>\n</panes>\n<rows>");
    add_pill(out, name, source, &sheet->rows);
    lg_buf_adds(out, "</rows>\n<cols>");
    add_pill(out, name, source, &sheet->cols);
    lg_buf_adds(out, "</cols>\n</table>\n");
    add_id(out, "worksheet", sheet->name);
    lg_buf_adds(out, "</worksheet>\n");
}

static void add_window(lg_buf *out, const rep_sheet *sheet, bool first)
{
    lg_buf_addf(out, "<window class='worksheet'%s", first ? " maximized='true'" : "");
    add(out,
        " name='$'>\n<cards>\n<edge name='left'>\n<strip size='160'>\n"
        "<card type='pages' />\n<card type='filters' />\n<card type='marks' />\n</strip>\n</edge>\n"
        "<edge name='top'>\n<strip size='31'>\n<card type='columns' />\n</strip>\n<strip size='31'>\n"
        "<card type='rows' />\n</strip>\n<strip size='31'>\n<card type='title' />\n</strip>\n</edge>\n"
        "</cards>\n",
        sheet->name, "", "", "");
    add_id(out, "window", sheet->name);
    lg_buf_adds(out, "</window>\n");
}

void rep_book_write(const rep_book *book, lg_buf *out)
{
    static const rep_sheet empty = {.name = "Sheet 1"};
    const rep_sheet *sheet = book->sheets ? book->sheet : &empty;
    int sheets = book->sheets ? book->sheets : 1;
    lg_buf_adds(out, "<?xml version='1.0' encoding='utf-8' ?>\n"
                     "<workbook original-version='18.1' source-build='0.0.0 (0000.0.0.0)' source-platform='win' "
                     "version='18.1' xmlns:user='http://www.tableausoftware.com/xml/user'>\n"
                     "<document-format-change-manifest>\n<SheetIdentifierTracking />\n"
                     "<WindowsPersistSimpleIdentifiers />\n</document-format-change-manifest>\n<datasources>\n");
    for (int i = 0; i < book->sources; i++) add_source(out, &book->source[i], i);
    lg_buf_adds(out, "</datasources>\n<worksheets>\n");
    for (int i = 0; i < sheets; i++) add_sheet(out, book, &sheet[i]);
    lg_buf_adds(out, "</worksheets>\n<windows>\n");
    for (int i = 0; i < sheets; i++) add_window(out, &sheet[i], i == 0);
    lg_buf_adds(out, "</windows>\n</workbook>\n");
}
