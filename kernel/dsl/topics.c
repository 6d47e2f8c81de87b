/* topics.c - cards of what is neither command nor layer: words of the grammar, topics, measures, values, objects. */
#include "kernel/dsl/card.h"
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

typedef struct topic {
    const char *word, *kind, *sentence, *example;
} topic;

#define VAL_SAYS "the images a model is judged on while it trains; it never learns from them"

static const topic topics[] = {
    {"let", "word", "gives a value, a list or a grid a name", "let lr = 0.01\nfit scratch lr $lr"},
    {"for", "word", "repeats commands, or layers, for each value of a list",
     "for rate in 0.1, 0.01 { fit scratch epochs 5 lr $rate again quiet as trial }"},
    {"check", "word", "stops the cell when a condition does not hold",
     "check scratch.val.accuracy > 0.5 \"no better than guessing\""},
    {"where", "word", "keeps the rows that fulfil a condition; several `where` are joined by and",
     "show logos.val with scratch where label = nike and confidence < 40% limit 12"},
    {"and", "word", "both conditions must hold; it binds closer than `or`",
     "show logos where label = nike and id > 100"},
    {"or", "word", "one of the conditions is enough; `and` binds closer",
     "show logos where label = nike or label = puma"},
    {"not", "word", "turns the condition behind it round", "show logos where not label in nike, puma"},
    {"in", "word", "is the field one of the values? In `for`: which values to go through",
     "show logos where label in nike, puma\nfor n in 1..3 { say $n }"},
    {"contains", "word", "is the text a part of the field?", "show logos where file contains 27"},
    {"no", "word", "switches off the flag behind it", "fit scratch no shuffle"},
    {"from", "word", "where something comes from: a file or a place", "load logos from sample:logos"},
    {"on", "word", "which images", "confusion scratch on logos.val"},
    {"with", "word", "which model, or which kernel", "show logos.val with scratch where correct = no"},
    {"to", "word", "the file that is written", NULL},
    {"into", "word", "the new name of what is made", NULL},
    {"as", "word", "keeps the result under a name", "fit scratch as first"},
    {"by", "word", "the group: a column", "split logos 80/20 by source"},
    {"across", "word", "several machines, or several processes of this one; not part of this version", NULL},
    {"dataset", "kind", "images with their labels and their parts: train, val, test",
     "load logos from sample:logos size 64x64\ndescribe logos"},
    {"model", "kind", "a network: its layers, its weights, and the runs that trained it",
     "model scratch on logos { flatten; dense classes softmax }\nsummary scratch"},
    {"run", "kind", "what one training was: settings, curves, the best epoch",
     "fit scratch epochs 1 as first\ncurves first"},
    {"table", "kind", "rows and columns: a report, a confusion matrix, a comparison, an opened CSV file",
     "confusion scratch as m\nexport m to m.csv"},
    {"posts", "kind", "public posts with their pictures, as a platform gave them to `scrape`",
     "scrape twitter tag adidas, nike limit 500 dry"},
    {"grid", "kind", "numbers in rows and columns", "let g = [35 19; 13 22]\ndescribe g"},
    {"$", "word", "stands for the value of a variable", "let lr = 0.01\nfit scratch lr $lr\nsay \"lr is $lr\""},
    {"arithmetic", "topic",
     "stands in round brackets: + - * / ^, sqrt log exp min max round abs floor ceil mean, variables and fields",
     "fit scratch lr ($lr / 2)\n(scratch.val.accuracy - scratch.val.baseline)"},
    {"slider", "flag",
     "in a notebook, moves an option of the line while one looks; everywhere else the line draws one value and says "
     "how to type another",
     "convolve [35 19 25 6; 13 22 16 53; 4 3 7 10; 9 8 1 3] with edge slider\nsoftmax 2.0, 1.0, 0.1 slider"},
    {"sample:logos", "place", "the set of logos that comes with Logolens", "load logos from sample:logos size 64x64"},
    {"val", "part", VAL_SAYS, "confusion scratch on logos.val"},
    {"classes", "value", "as many outputs as the dataset has labels", "dense classes softmax"},
    {"accuracy", "measure", "the share of images whose label was predicted right",
     "check scratch.val.accuracy > 0.5\nconfusion scratch"},
    {"loss", "measure",
     "how far the probabilities are from the truth: minus the logarithm of what the right label got, averaged",
     "curves scratch metric loss"},
    {"precision", "measure", "of the images that were given a label, the share that has it", "report scratch"},
    {"recall", "measure", "of the images that have a label, the share that was given it", "report scratch"},
    {"f1", "measure", "the harmonic mean of precision and recall", "report scratch"},
    {"macro_f1", "measure", "F1 averaged over the classes, however many images each has", "report scratch"},
    {"balanced_accuracy", "measure", "recall averaged over the classes, however many images each has",
     "evaluate scratch"},
    {"calibration", "measure",
     "how far the model's confidence is from how often it is right, averaged; 0 keeps every promise",
     "report scratch calibration"},
    {"baseline", "measure", "the accuracy of always answering the largest class; less is worse than guessing", NULL},
    {"overconfidence", "measure", "how much surer of itself the model is than it is right, averaged",
     "report scratch calibration"},
    {"epoch", "measure", "one round in which every training image is seen once", "fit scratch epochs 20"},
    {"val_accuracy", "measure", "accuracy on the images of val", "curves scratch"},
    {"val_loss", "measure", "loss on the images of val", "curves scratch metric loss"},
    {"count", "fact", "how many there are", NULL},
    {"classes", "fact", "how many labels there are", NULL},
    {"height", "fact", "pixels from top to bottom", NULL},
    {"width", "fact", "pixels from left to right", NULL},
    {"channels", "fact", "numbers of a pixel: 3 in colour, 1 in grey", NULL},
    {"seed", "fact", "where the random numbers begin", NULL},
    {"broken", "fact", "images that cannot be read", "show logos where broken"},
    {"unlabelled", "fact", "images without a label", "show logos where label = \"\""},
    {"fixes", "fact", "images whose label was set by hand", "relabel logos image 7 as puma"},
    {"fingerprint", "fact", "short for all that it holds: what has the same is the same", NULL},
    {"params", "fact", "numbers it is made of: weights and biases", "summary scratch"},
    {"layers", "fact", "how many layers it has", NULL},
    {"shape", "fact", "the size of what comes out of it", "summary scratch detail shapes"},
    {"epochs", "fact", "how often every training image was seen", NULL},
    {"seconds", "fact", "how long it took", NULL},
    {"epoch_seconds", "fact", "how long an epoch took, on average", NULL},
    {"images_per_second", "fact", "training images in a second of the last epoch", NULL},
    {"idle", "fact", "the share of the training in which the network waited for its pictures", NULL},
    {"threads", "fact", "how many threads computed", "set threads 2"},
    {"lr", "fact", "the learning rate of that epoch", NULL},
    {"rows", "fact", "how many rows it has", NULL},
    {"columns", "fact", "how many columns it has", NULL},
    {"sum", "fact", "all its numbers added up", NULL},
    {"users", "fact", "how many people posted them", NULL},
    {"pictures", "fact", "how many pictures they have", NULL},
    {"unsure", "fact", "posts that no label was given, as the model was not sure enough", NULL},
    {"sqrt", "function", "the square root", "say (sqrt(2))"},
    {"log", "function", "the natural logarithm", "say (log(10))"},
    {"exp", "function", "e to the power of a number", "say (exp(1))"},
    {"min", "function", "the smallest of several numbers", "say (min(3, 1, 2))"},
    {"max", "function", "the largest of several numbers", "say (max(3, 1, 2))"},
    {"round", "function", "the nearest whole number, or with so many decimals", "say (round(2.645, 2))"},
    {"abs", "function", "a number without its sign", "say (abs(-3))"},
    {"floor", "function", "the next whole number below", "say (floor(2.6))"},
    {"ceil", "function", "the next whole number above", "say (ceil(2.2))"},
    {"mean", "function", "the average of several numbers", "say (mean(1, 2, 6))"},
    {"linear", "activation", "leaves every number as it is", NULL},
    {"relu", "activation", "keeps positive numbers and makes negative ones 0; the usual choice between layers",
     "conv 16 3x3 relu"},
    {"relu6", "activation", "as relu, but cut off at 6", "conv 16 3x3 relu6"},
    {"leaky", "activation", "as relu, but lets a small share of negative numbers through", "conv 16 3x3 leaky"},
    {"elu", "activation", "as relu, with a smooth bend towards -1 for negative numbers", "conv 16 3x3 elu"},
    {"gelu", "activation", "a smooth relu: each number times the chance of a smaller one", "dense 64 gelu"},
    {"swish", "activation", "a smooth relu: each number times its sigmoid", "dense 64 swish"},
    {"sigmoid", "activation", "squeezes every number between 0 and 1", "dense 1 sigmoid"},
    {"tanh", "activation", "squeezes every number between -1 and 1", "dense 64 tanh"},
    {"softmax", "activation", "turns the scores of the last layer into probabilities that add up to 1",
     "dense classes softmax"},
    {"sgd", "optimizer", "each step goes against the gradient, as far as lr says", "fit scratch optimizer sgd lr 0.01"},
    {"momentum", "optimizer", "as sgd, but a share of the last step carries on",
     "fit scratch optimizer momentum lr 0.01"},
    {"adam", "optimizer", "gives every weight a step of its own size; mostly faster than sgd, with a smaller lr",
     "fit scratch optimizer adam lr 0.001"},
    {"rmsprop", "optimizer", "divides each step by the recent size of its gradient",
     "fit scratch optimizer rmsprop lr 0.001"},
};

const char *const dsl_help_topics[] = {"layers", "language", "arithmetic", "where", "and",      "or",     "in",
                                       "no",     "accuracy", "loss",       "recall", "precision", NULL};

const char *dsl_topic_example(size_t index)
{
    size_t seen = 0;
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        if (topics[i].example && seen++ == index) return topics[i].example;
    return NULL;
}

static const topic *find_topic(const char *word, const char *kind)
{
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        if ((*word | 32) == *topics[i].word && dsl_same(word, topics[i].word) && !strcmp(topics[i].kind, kind))
            return &topics[i];
    return NULL;
}

static const char *sentence_of(const char *word, const char *const *kinds)
{
    const topic *found = NULL;
    for (; *kinds && !found; kinds++) found = find_topic(word, *kinds);
    return found ? found->sentence : "";
}

const char *dsl_fact_sentence(dsl_kind kind, const char *path)
{
    static const char *const of_facts[] = {"measure", "fact", NULL}, *const of_grids[] = {"fact", "function", NULL};
    const char *dot = strrchr(path, '.');
    return sentence_of(dot ? dot + 1 : path, kind == DSL_KIND_GRID ? of_grids : of_facts);
}

const char *dsl_choice_sentence(const char *word)
{
    static const char *const of_choices[] = {"activation", "optimizer", NULL};
    return sentence_of(word, of_choices);
}

const char *dsl_function_sentence(const char *word)
{
    static const char *const of_functions[] = {"function", NULL};
    return sentence_of(word, of_functions);
}

static void add_topic(dsl_card *c, const topic *t)
{
    dsl_card_title(c, t->word, t->kind, t->sentence);
    if (t->example) dsl_card_code(c, t->example);
}

bool dsl_function_card(dsl_card *c, const char *word)
{
    const topic *t = find_topic(word, "function");
    if (t) add_topic(c, t);
    return t != NULL;
}

static void layers_card(dsl_card *c, const dsl_config *config)
{
    dsl_card_title(c, "layers", "topic", "what stands between the { } of `model NAME on DATASET { … }`, one a line");
    dsl_card_table(c, true);
    for (const dsl_layer_type *l = config->layers; l && l->name; l++)
        dsl_card_row(c, l->name, l->summary ? l->summary : "");
    dsl_card_table(c, false);
    dsl_card_code(c, "model scratch on logos {\n  for n in 16, 32 { conv $n 3x3 relu; maxpool 2 }\n  flatten\n  dense "
                     "classes softmax\n}");
}

static void language_card(dsl_card *c)
{
    static const char *const rows[][2] = {
        {"a line", "verb, what it works on, options in any order: fit scratch epochs 20 batch 32"},
        {"options", "`word value` or `word=value`; flags stand alone, `no shuffle` switches one off"},
        {"lists", "commas and no brackets: adidas, nike, puma"},
        {"let", "let lr = 0.01, and then $lr"},
        {"for", "for rate in 0.1, 0.01 { fit scratch lr $rate again as trial }"},
        {"check", "check scratch.val.accuracy > 0.5 \"no better than guessing\""},
        {"where", "show logos.val with scratch where label = nike and confidence < 40%"},
        {"( )", "arithmetic: ($lr / 2), (scratch.val.accuracy * 100)"},
        {"\"…\"", "fills in $lr and ${scratch.val.accuracy}; '…' fills in nothing"},
        {"fields", "scratch.val.accuracy, logos.train.count: facts about objects; Tab lists them"},
        {"parts", "logos.train, logos.val, logos.test"},
        {"#", "begins a comment; `;` separates commands, \\ at the end goes on in the next line"},
    };
    dsl_card_title(c, "language", "topic", "one line, one sentence; a name alone shows the object");
    dsl_card_table(c, true);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) dsl_card_row(c, rows[i][0], rows[i][1]);
    dsl_card_table(c, false);
}

bool dsl_topic_card(dsl_card *c, const dsl_config *config, const char *word)
{
    if (dsl_same(word, "layers")) return layers_card(c, config), true;
    if (dsl_same(word, "language") || dsl_same(word, "syntax")) return language_card(c), true;
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        if (dsl_same(word, topics[i].word)) return add_topic(c, &topics[i]), true;
    return false;
}

/* ---- values of options ---- */
/* Words that depend on the one before: `dark` after `set theme`. */
static bool words_card(dsl_card *c, const dsl_command *command, const char *word)
{
    const char *at = command->words ? command->params[0].choices : NULL;
    while (at && *at) {
        char before[64];
        size_t n = strcspn(at, " ");
        snprintf(before, sizeof before, "%.*s", (int)n, at);
        const char *const *one = command->words(1, before);
        for (; one && *one; one++) {
            if (!dsl_same(word, *one)) continue;
            lg_buf line;
            lg_buf_init(&line, 200);
            lg_buf_addf(&line, "%s %s %s", command->name, before, *one);
            dsl_card_title(c, *one, "value", command->summary);
            dsl_card_head(c, "Example");
            dsl_card_code(c, lg_buf_str(&line));
            lg_buf_release(&line);
            return true;
        }
        at += n + (at[n] == ' ');
    }
    return false;
}

bool dsl_choice_card(dsl_card *c, const dsl_config *config, const char *word)
{
    int found = 0;
    for (size_t i = 0; config->commands && config->commands[i] && found < 3; i++)
        for (const dsl_param *p = config->commands[i]->params; p && p->name && found < 3; p++)
            if (dsl_choice_index(p->choices, word) >= 0) dsl_param_card(c, config->commands[i]->name, p), found++;
    for (const dsl_layer_type *l = config->layers; l && l->name && found < 3; l++)
        for (const dsl_param *p = l->params; p && p->name && found < 3; p++)
            if (dsl_choice_index(p->choices, word) >= 0) dsl_param_card(c, l->name, p), found++;
    for (size_t i = 0; config->commands && config->commands[i] && !found; i++)
        found += words_card(c, config->commands[i], word);
    return found > 0;
}

bool dsl_value_card(dsl_card *c, const dsl_context *context, const char *word)
{
    const dsl_param *params = dsl_context_params(context), *place = NULL;
    if (!params || context->expect || !context->end) return false;
    if (context->pending >= 0) place = &params[context->pending];
    for (int i = 0; !place && params[i].name && i < 128; i++)
        if (params[i].role == DSL_POSITIONAL && !context->used[i] && dsl_has_form(&params[i], word)) place = &params[i];
    for (int i = 0; !place && params[i].name && i < 128; i++) /* `delete user ann` */
        if (params[i].role == DSL_POSITIONAL && !context->used[i] && params[i].offers == DSL_OFFER_HANDLES)
            place = &params[i];
    if (!place || place->type == DSL_T_OBJECT || place->type == DSL_T_NEWNAME) return false;
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        if (dsl_same(word, topics[i].word) && (dsl_has_form(place, word) || !strcmp(topics[i].kind, "place"))) {
            dsl_card_title(c, topics[i].word, topics[i].kind, topics[i].sentence);
            break;
        }
    dsl_param_card(c, context->layer ? context->layer->name : context->command->name, place);
    return true;
}

/* ---- fields ---- */
bool dsl_field_card(dsl_card *c, dsl_session *session, const dsl_context *context, const char *word)
{
    static const char *const says[] = {"predicted", "the label a model gives",
                                       "confidence", "how sure the model is of it, 0 to 1",
                                       "second", "the label it finds next likely",
                                       "correct", "yes where the predicted label is the true one",
                                       "loss", "how far the model is from the truth; large is bad"};
    if (context->expect != EXPECT_FIELD || dsl_same(context->verb, "check")) return false;
    for (size_t i = 0; i < sizeof says / sizeof *says; i += 2)
        if (dsl_same(word, says[i])) {
            dsl_card_title(c, says[i], "field", says[i + 1]);
            dsl_card_line(c, "there with a model: `show logos.val with scratch where …`");
            return true;
        }
    for (size_t i = 0; i < session->objects.count; i++) {
        const dsl_object *object = session->objects.row[i].value;
        if (!object || !object->cls->where_fields) continue;
        lg_buf fields;
        char kind[64] = "";
        lg_buf_init(&fields, 1 << 16);
        dsl_where_fields(object, false, &fields);
        for (char *at = fields.data, *end; at && *at && !*kind; at = end) {
            if ((end = strchr(at, '\n'))) *end++ = 0;
            char *blank = strchr(at, ' ');
            if (blank) *blank++ = 0;
            if (dsl_same(word, at)) snprintf(kind, sizeof kind, "%s", blank ? blank : "any");
        }
        lg_buf_release(&fields);
        if (!*kind) continue;
        dsl_card_title(c, word, "field",
                       !strcmp(kind, "number")  ? "a number: = != < <= > >="
                       : !strcmp(kind, "truth") ? "yes or no"
                                                : "a text: = != in contains");
        return true;
    }
    return false;
}

/* ---- objects ---- */
/* `val.adidas.recall`: all before the last dot of the line. */
static size_t group_length(const char *path)
{
    size_t n = 0;
    for (size_t i = 0; path[i] && path[i] != '\n'; i++)
        if (path[i] == '.') n = i;
    return n;
}

typedef struct field_group {
    char name[400], members[400];
} field_group;

static void add_word(char *list, size_t size, const char *word, size_t n)
{
    size_t used = strlen(list);
    snprintf(list + used, size - used, "%s%.*s", used ? ", " : "", (int)n, word);
}

/* Every field once: a line for each group, groups with the same fields on one line. */
static void field_rows(dsl_card *c, const char *at)
{
    enum { SCREEN = 24 };
    field_group last = {0};
    int rows = 0, most = c->detail & DSL_MORE ? INT_MAX : SCREEN;
    dsl_card_table(c, true);
    while (*at && rows < most) {
        field_group now = {0};
        size_t n = group_length(at);
        add_word(now.name, sizeof now.name, at, n);
        for (const char *group = at; *at && group_length(at) == n && !memcmp(at, group, n);) {
            size_t len = strcspn(at, "\n"), skip = n + (n > 0);
            add_word(now.members, sizeof now.members, at + skip, len - skip);
            at += len + (at[len] == '\n');
        }
        bool same = *last.members && !strcmp(last.members, now.members) && *last.name && *now.name;
        if (same) add_word(last.name, sizeof last.name, now.name, strlen(now.name));
        else {
            if (*last.members) dsl_card_row(c, last.name, last.members);
            rows += *last.members != 0;
            last = now;
        }
    }
    if (*at) dsl_card_row(c, "…", "more of them: Tab behind the name and a dot lists all");
    else if (*last.members) dsl_card_row(c, last.name, last.members);
    dsl_card_table(c, false);
}

/* Of a long recipe the last steps: they are what made this version. */
static void recipe_code(dsl_card *c, const char *recipe)
{
    enum { STEPS = 12 };
    size_t len = strlen(recipe), from = len;
    for (int steps = 0; from && !(c->detail & DSL_MORE); from--)
        if (recipe[from - 1] == '\n' && from < len && ++steps == STEPS) break;
    if (c->detail & DSL_MORE) from = 0;
    if (from) dsl_card_line(c, "its last steps:");
    dsl_card_code(c, recipe + from);
}

void dsl_object_card(dsl_card *c, const char *name, const dsl_object *object)
{
    lg_buf text;
    lg_buf_init(&text, 1 << 18);
    if (object->cls->brief) object->cls->brief(object->payload, &text);
    dsl_card_title(c, name, dsl_kind_name(object->cls->kind), lg_buf_str(&text));
    if (*object->recipe && !(c->detail & DSL_OMIT_SIGNATURE)) recipe_code(c, object->recipe);
    lg_buf_clear(&text);
    if (object->cls->fields && !(c->detail & DSL_OMIT_FIELDS)) object->cls->fields(object->payload, &text);
    if (text.len) {
        dsl_card_head(c, "Fields");
        field_rows(c, lg_buf_str(&text));
    }
    lg_buf_release(&text);
}

/* The lines that begin with the part and a dot. */
static void fields_of_part(const char *fields, const char *part, lg_buf *out)
{
    size_t n = strlen(part);
    for (const char *at = fields; *at; at += strcspn(at, "\n"), at += *at == '\n')
        if (!strncmp(at, part, n) && at[n] == '.') lg_buf_addf(out, "%.*s\n", (int)strcspn(at, "\n"), at);
}

/* `logos.val`: of all images those, and what is known of them alone. */
static void part_card(dsl_card *c, const char *word, const dsl_found *found, lg_arena *arena)
{
    static const char *const parts[][2] = {
        [DSL_PART_TRAIN] = {"train", "the images a model learns from"}, /* no topic: `train` alone is `fit` here */
        [DSL_PART_VAL] = {"val", VAL_SAYS},
        [DSL_PART_TEST] = {"test", "images that decide nothing before a model is finished: then it is judged on them"}};
    const dsl_object *object = found->object;
    const char *part = parts[found->part][0];
    lg_err quiet = {0};
    dsl_fact count = {0};
    char path[16], says[200];
    lg_buf all, own;
    snprintf(path, sizeof path, "%s.count", part);
    bool counted = object->cls->field && object->cls->field(object->payload, path, arena, &count, &quiet) == LG_OK;
    snprintf(says, sizeof says, "%s%s%s of the %s %.60s", counted ? lg_thousands((long long)count.number) : "",
             counted ? " images, " : "", part, dsl_kind_name(object->cls->kind), found->name);
    dsl_card_title(c, word, "part", says);
    if (object->cls->kind == DSL_KIND_DATASET) dsl_card_line(c, parts[found->part][1]);
    lg_buf_init(&all, 8 << 20);
    lg_buf_init(&own, 8 << 20);
    if (object->cls->fields && !(c->detail & DSL_OMIT_FIELDS)) object->cls->fields(object->payload, &all);
    fields_of_part(lg_buf_str(&all), part, &own);
    if (own.len) {
        dsl_card_head(c, "Fields");
        field_rows(c, lg_buf_str(&own));
    }
    lg_buf_release(&own);
    lg_buf_release(&all);
}

bool dsl_dotted_card(dsl_card *c, dsl_session *session, const char *word)
{
    lg_arena arena;
    dsl_found found;
    dsl_fact fact = {0};
    bool unknown = false, shown = false;
    char number[40];
    lg_err quiet = {0};
    dsl_walk walk = {.session = session};
    if (!strchr(word, '.')) return false;
    lg_arena_init(&arena, 1 << 20);
    if (dsl_find(&walk, word, true, &arena, &found, &quiet) == LG_OK && found.object) {
        shown = true;
        if (found.part != DSL_PART_ALL) part_card(c, word, &found, &arena);
        else if (!*found.rest) dsl_object_card(c, word, found.object);
        else if (dsl_field_value(&walk, word, (lg_span){0}, &arena, &fact, &unknown, &quiet) == LG_OK) {
            if (!fact.text) dsl_number_show(fact.number, number);
            dsl_card_title(c, word, "field", fact.text ? fact.text : number);
            dsl_card_line(c, dsl_fact_sentence(found.object->cls->kind, word));
        } else dsl_object_card(c, found.name, found.object);
    }
    lg_arena_release(&arena);
    return shown;
}
