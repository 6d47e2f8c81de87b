/* `save` and `open`: what comes back is equal, and a file that is not what it should be does no harm. */
#include "kernel/commands/box_file.h"
#include "lib/base/reach.h"
#include "lib/store/bundle.h"
#include "tests/support/lens.h"

static lens l;
#define RUN(code) CHECK(run(code))
static bool run(const char *code)
{
    if (lens_run(&l, code) == LG_OK) return true;
    printf("LL%03d %s (%s)\n", l.err.code, l.err.msg, l.err.why);
    return false;
}

static lg_buf bytes;

static void read_file(const char *name)
{
    lg_err err = {0};
    char path[200];
    snprintf(path, sizeof path, "%s/%s", ds_folder, name);
    lg_buf_release(&bytes);
    lg_buf_init(&bytes, 0);
    CHECK_OK(lg_reach_read(path, &bytes, &err));
}

static void begin(void)
{
    static bool first = true;
    if (first) lens_shop();
    first = false;
    lg_err err = {0};
    CHECK_OK(lens_open(&l));
    RUN("load logos from shop size 12x12\n"
        "model m on logos { conv 2 3x3 relu; maxpool 2; flatten; dense classes softmax }\n"
        "fit m epochs 2 batch 8 optimizer momentum quiet as trial\n"
        "save m to m.lmodel\nsave trial to trial.lrun\nsave logos to logos.ldata");
}

static const void *payload(const char *name)
{
    dsl_object *object = dsl_session_get(cmd_workbench_session(l.bench), name);
    CHECK(object != NULL);
    return object->payload;
}

/* ---- networks of other programs ---- */
TEST(a_network_of_onnx_becomes_a_model)
{
    begin();
    ds_copy("tiny.onnx", "tests/golden/onnx/tiny.onnx");
    RUN("open net from tiny.onnx");
    CHECK_HAS(lg_buf_str(&l.text), "8x8x3 to 2, 7 layers, 122 parameters, weights of tiny.onnx");
    CHECK_HAS(lg_buf_str(&l.text), "the file does not say how its pixels were prepared");
    CHECK_HAS(lg_buf_str(&l.text), "its 2 outputs are taken for the labels of a dataset, in their order");
    const cmd_model *net = payload("net");
    CHECK_INT(net->base.layers, 7);
    CHECK_STR(net->base.name, "tiny");
    CHECK_STR(net->base.file, "tiny.onnx");
    CHECK(!net->on && !net->labels.count && net->first == net->weights);
    RUN("open prepared from tiny.onnx pixels torch");
    CHECK_HAS(lg_buf_str(&l.text), "fitted to 8x8 and prepared as `torch` says");
    CHECK(!strstr(lg_buf_str(&l.text), "does not say how"));
    CHECK_STR(nn_net_node(((const cmd_model *)payload("prepared"))->net, 1)->type->name, "preprocess");
    RUN("open inner from tiny.onnx output m");
    CHECK_STR(nn_net_node(((const cmd_model *)payload("inner"))->net, 3)->type->name, "maxpool");
    CHECK(!strstr(lg_buf_str(&l.text), "labels of a dataset"));
    CHECK(lens_run(&l, "open x from m.lmodel pixels tf") && l.err.code == 140);
    CHECK_HAS(l.err.msg, "`pixels` is for networks of other programs, and `m.lmodel` is none");
    ds_text("broken.onnx", "\x08\x08 and no more");
    CHECK(lens_run(&l, "open x from broken.onnx") && l.err.code == 361);
    CHECK(lens_run(&l, "open x from tiny.onnx output nothing") && l.err.code == 365);
    lens_close(&l);
}

TEST(a_network_of_onnx_is_used_as_any_model)
{
    begin();
    ds_copy("net", "tests/golden/onnx/tiny.onnx"); /* the content tells */
    RUN("relabel logos keep adidas rest other\nopen net from net pixels tf\nevaluate net on logos");
    CHECK_HAS(lg_buf_str(&l.text), "its weights are those of net");
    CHECK(!strstr(lg_buf_str(&l.text), "chance"));
    RUN("show logos with net limit 24");
    CHECK_HAS(lg_buf_str(&l.text), ", output ");
    RUN("save net to net.lmodel\nopen back from net.lmodel\nsummary back");
    const cmd_model *a = payload("net"), *b = payload("back");
    CHECK(nn_net_same(a->net, b->net));
    CHECK(memcmp(nn_weights_block(a->weights), nn_weights_block(b->weights), nn_net_block(a->net) * sizeof(float)) == 0);
    CHECK_STR(b->base.sha256, a->base.sha256);
    RUN("fit net on logos epochs 1 batch 8 quiet\nmodel again like net\nfreeze again layers base");
    a = payload("net"), b = payload("again");
    CHECK_INT(a->runs, 1);
    CHECK_INT(a->labels.count, 2);
    CHECK_INT(nn_net_trained_params(b->net), 0);
    RUN("load logos from shop size 8x8");
    CHECK(lens_run(&l, "evaluate back on logos") && l.err.code == 409);
    lens_close(&l);
}

TEST(a_model_comes_back_bit_for_bit)
{
    begin();
    RUN("open back from m.lmodel");
    const cmd_model *a = payload("m"), *b = payload("back");
    size_t size = nn_net_block(a->net) * sizeof(float);
    CHECK(nn_net_same(a->net, b->net));
    CHECK(memcmp(nn_weights_block(a->weights), nn_weights_block(b->weights), size) == 0);
    CHECK(memcmp(nn_weights_block(a->first), nn_weights_block(b->first), size) == 0);
    CHECK_INT(b->labels.count, 4);
    CHECK(b->by_class && b->seed == a->seed && b->runs == 1);
    CHECK_STR(b->on, "logos");
    const cmd_run *x = cmd_model_run(a), *y = cmd_model_run(b);
    CHECK_STR(y->settings, x->settings);
    CHECK_STR(y->name, "trial");
    CHECK(x->run.waited > 0 && y->run.waited >= x->run.waited && y->run.waited <= x->run.waited);
    CHECK(x->run.nslots && memcmp(x->run.slots, y->run.slots, x->run.nslots * sizeof(float)) == 0);
    CHECK(memcmp(x->score[DATA_VAL].count, y->score[DATA_VAL].count, 16 * sizeof(int64_t)) == 0);
    CHECK(memcmp(&x->score[DATA_VAL].calibration, &y->score[DATA_VAL].calibration, sizeof(nn_calibration)) == 0);
    dsl_object *m = dsl_session_get(cmd_workbench_session(l.bench), "m");
    dsl_object *back = dsl_session_get(cmd_workbench_session(l.bench), "back");
    CHECK_STR(back->recipe, m->recipe);
    CHECK_STR(back->made, m->made);
    lens_close(&l);
}

TEST(a_file_saved_again_is_the_same_file)
{
    char *first;
    size_t len;
    begin();
    static const char *const names[] = {"m.lmodel", "trial.lrun", "logos.ldata"};
    for (int i = 0; i < 3; i++) {
        char line[100];
        read_file(names[i]);
        len = bytes.len, first = malloc(len), memcpy(first, bytes.data, len);
        snprintf(line, sizeof line, "open b%d from %s\nsave b%d to again%s", i, names[i], i, strrchr(names[i], '.'));
        RUN(line);
        snprintf(line, sizeof line, "again%s", strrchr(names[i], '.'));
        read_file(line);
        CHECK_INT(bytes.len, len);
        CHECK(memcmp(bytes.data, first, len) == 0);
        free(first);
    }
    lens_close(&l);
}

/* ---- broken files ---- */
static lg_status open_bytes(const void *data, size_t len, int *code)
{
    lg_err err = {0};
    dsl_object *object = NULL;
    lg_status st =
        cmd_file_open(&(cmd_opening){.file = "x.lmodel", .data = data, .len = len, .base = ""}, &object, &err);
    dsl_object_unref(object);
    *code = err.code;
    return st;
}

TEST(cut_anywhere_or_one_bit_flipped)
{
    static const char *const names[] = {"m.lmodel", "trial.lrun", "logos.ldata"};
    int code;
    begin();
    for (int i = 0; i < 3; i++) {
        read_file(names[i]);
        CHECK(open_bytes(bytes.data, bytes.len, &code) == LG_OK);
        for (size_t len = 0; len < bytes.len; len += 1 + len / 300) {
            char *part = malloc(len ? len : 1);
            memcpy(part, bytes.data, len);
            CHECK(open_bytes(part, len, &code) == LG_E_FORMAT);
            CHECK(code == 331 || code == 332);
            free(part);
        }
        for (size_t at = 0; at < bytes.len; at += 1 + at / 300) {
            bytes.data[at] = (char)(bytes.data[at] ^ 0x10);
            CHECK(open_bytes(bytes.data, bytes.len, &code) == LG_E_FORMAT);
            CHECK(code == 331 || code == 332 || code == 333);
            bytes.data[at] = (char)(bytes.data[at] ^ 0x10);
        }
    }
    lens_close(&l);
}

/* A model's file with another text of rules; NULL: as it was before there were any. */
static lg_status open_ruled(const char *rules, int *code)
{
    store_bundle b;
    store_writer w;
    lg_err err = {0};
    CHECK_OK(store_bundle_read("m.lmodel", bytes.data, bytes.len, &b, &err));
    store_writer_init(&w, b.kind, rules ? b.sections : b.sections - 1);
    for (int i = 0; i < b.sections; i++) {
        bool said = strcmp(b.section[i].name, "pictures") == 0;
        if (said && !rules) continue;
        lg_buf *out = store_writer_section(&w, b.section[i].name);
        if (said) lg_pack_text(out, rules);
        else lg_buf_add(out, b.data + b.section[i].at, b.section[i].len);
    }
    CHECK_OK(store_writer_finish(&w, &err));
    lg_status st = open_bytes(w.out.data, w.out.len, code);
    store_writer_release(&w);
    return st;
}

TEST(rules_of_a_model)
{
    static const char *const wrong[] = {"glare 999", "size 12x12x3 fit", "colour 3", "scale 1..0", "near 99999999999"};
    int code;
    begin();
    read_file("m.lmodel");
    CHECK(open_ruled(NULL, &code) == LG_OK); /* an older file */
    CHECK(open_ruled("size 12x12x3 fit pad glare 240 scale -1..1", &code) == LG_OK);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK(open_ruled(wrong[i], &code) == LG_E_FORMAT && code == 331);
    lens_close(&l);
}

TEST(other_files)
{
    begin();
    ds_text("notes.lmodel", "not a model");
    ds_text("empty.lmodel", "");
    CHECK(lens_run(&l, "open x from notes.lmodel") && l.err.code == 332);
    CHECK(lens_run(&l, "open x from empty.lmodel") && l.err.code == 332);
    CHECK(lens_run(&l, "open x from shop") && l.err.code == 393);
    CHECK(!dsl_session_get(cmd_workbench_session(l.bench), "x"));
    lens_close(&l);
}

TEST(saving_over_a_file_leaves_nothing_beside_it)
{
    begin();
    RUN("save m to m.lmodel\nsave m to m.lmodel");
    char line[300];
    snprintf(line, sizeof line, "ls -A %s | grep -c '[.]tmp$' | grep -qx 0", ds_folder);
    CHECK_INT(system(line), 0);
    lens_close(&l);
}
