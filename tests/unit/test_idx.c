/* IDX files: whole, packed, damaged; as a dataset; Fashion-MNIST where its Debian package is installed. */
#include "lib/data/idx.h"
#include <zlib.h>
#include "tests/support/load.h"

enum { PICTURES = 40, SIDE = 6 };

static size_t make_images(unsigned char *out)
{
    static const unsigned char head[] = {0, 0, 8, 3, 0, 0, 0, PICTURES, 0, 0, 0, SIDE, 0, 0, 0, SIDE};
    memcpy(out, head, sizeof head);
    for (int i = 0; i < PICTURES * SIDE * SIDE; i++) out[sizeof head + (size_t)i] = (unsigned char)(i * 7 + i / 36);
    return sizeof head + PICTURES * SIDE * SIDE;
}

static size_t make_labels(unsigned char *out)
{
    static const unsigned char head[] = {0, 0, 8, 1, 0, 0, 0, PICTURES};
    memcpy(out, head, sizeof head);
    for (int i = 0; i < PICTURES; i++) out[sizeof head + (size_t)i] = (unsigned char)(i % 4);
    return sizeof head + PICTURES;
}

static size_t pack(const unsigned char *in, size_t len, unsigned char *out, size_t room)
{
    z_stream z = {
        .next_in = (unsigned char *)in, .avail_in = (unsigned)len, .next_out = out, .avail_out = (unsigned)room};
    CHECK(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    CHECK(deflate(&z, Z_FINISH) == Z_STREAM_END);
    deflateEnd(&z);
    return z.total_out;
}

static unsigned char images[4096], packed[8192];

TEST(whole_and_packed)
{
    data_idx *idx = NULL;
    lg_err_clear(&err);
    size_t len = make_images(images), small = pack(images, len, packed, sizeof packed);
    CHECK_OK(data_idx_read((char *)images, len, "x", &idx, &err));
    CHECK(idx->count == PICTURES && idx->h == SIDE && idx->w == SIDE);
    CHECK(memcmp(idx->px, images + 16, len - 16) == 0);
    data_idx_unref(idx);
    idx = NULL;
    CHECK_OK(data_idx_read((char *)packed, small, "x", &idx, &err));
    CHECK(memcmp(idx->px, images + 16, len - 16) == 0);
    data_idx_unref(idx);
}

TEST(damaged)
{
    data_idx *idx = NULL;
    size_t len = make_images(images), small = pack(images, len, packed, sizeof packed);
    for (size_t n = 0; n < len; n += n < 20 ? 1 : 97) { /* cut off anywhere */
        lg_err_clear(&err);
        CHECK(data_idx_read((char *)images, n, "x", &idx, &err) == LG_E_FORMAT);
        CHECK_INT(err.code, 327);
    }
    for (size_t n = 3; n + 8 < small; n += 11) {
        lg_err_clear(&err);
        CHECK(data_idx_read((char *)packed, n, "x", &idx, &err) == LG_E_FORMAT);
    }
    lg_err_clear(&err);
    CHECK(data_idx_read((char *)images, len + 1, "x", &idx, &err) == LG_E_FORMAT);
    CHECK_HAS(err.why, "behind");
    lg_err_clear(&err);
    memset(images + 4, 0xff, 4); /* four thousand million pictures */
    CHECK(data_idx_read((char *)images, len, "x", &idx, &err) == LG_E_LIMIT);
    lg_err_clear(&err);
    images[2] = 13; /* floats */
    CHECK(data_idx_read((char *)images, len, "x", &idx, &err) == LG_E_FORMAT);
    lg_err_clear(&err);
    for (size_t n = small - 8; n < small; n++) { /* the checksum and the length behind what was packed */
        unsigned char was = packed[n];
        packed[n] ^= 1;
        lg_err_clear(&err);
        CHECK(data_idx_read((char *)packed, small, "x", &idx, &err) == LG_E_FORMAT);
        packed[n] = was;
        CHECK(data_idx_read((char *)packed, n, "x", &idx, &err) == LG_E_FORMAT);
    }
}

TEST(names_of_pictures)
{
    size_t len, number;
    CHECK(data_idx_split("/a/b.gz//00017", &len, &number));
    CHECK(len == 7 && number == 17);
    CHECK(!data_idx_split("/a/b.png", &len, &number));
    CHECK(!data_idx_split("/a/b//17", &len, &number));
    CHECK(!data_idx_split("/a/b//00017x", &len, &number));
    CHECK(!data_idx_split("/a/b//99999999999", &len, &number));
}

TEST(as_a_dataset)
{
    data_image image;
    img_picture p = {0};
    unsigned char labels[256];
    ds_new();
    size_t len = make_images(images);
    ds_write("train-images-idx3-ubyte", images, len);
    size_t small = pack(images, len, packed, sizeof packed);
    ds_write("train-images-idx3-ubyte.gz", packed, small); /* the same again: counts once */
    images[16]++;                                          /* no picture of the test set is one of the training set */
    for (size_t i = 16; i < len; i++) images[i] = (unsigned char)(images[i] + 91);
    ds_write("t10k-images-idx3-ubyte.gz", packed, pack(images, len, packed, sizeof packed));
    ds_write("train-labels-idx1-ubyte", labels, make_labels(labels));
    ds_write("t10k-labels-idx1-ubyte.gz", packed, pack(labels, make_labels(labels), packed, sizeof packed));
    CHECK_OK(LOAD(.published = true));
    CHECK_INT(data_count(set), 2 * PICTURES);
    CHECK_INT(data_classes(set), 4);
    CHECK_STR(data_class_name(set, 3), "3");
    data_size size = data_shape(set);
    CHECK(size.h == SIDE && size.w == SIDE && size.c == 1);
    data_image_at(set, 0, &image);
    CHECK_STR(image.name, "t10k-images-idx3-ubyte.gz//00000");
    CHECK_INT(image.split, DATA_TEST);
    data_image_at(set, PICTURES + 17, &image);
    CHECK_STR(image.name, "train-images-idx3-ubyte//00017");
    CHECK_INT(image.split, DATA_TRAIN);
    CHECK_INT(image.label, 1);
    make_images(images);
    CHECK(memcmp(ds_pixels(set, PICTURES + 17), images + 16 + 17 * 36, 36) == 0);
    CHECK_OK(data_original(set, PICTURES + 17, 0, &p, &err));
    CHECK(p.c == 3 && img_at(&p, 0, 1)[2] == images[16 + 17 * 36 + 1]);
    img_picture_release(&p);
    CHECK_OK(LOAD(.size = {12, 12, 3}, .limit = 20));
    CHECK_INT(data_count(set), 20);
    labels[7]--; /* one label fewer than pictures */
    ds_write("train-labels-idx1-ubyte", labels, PICTURES + 7);
    CHECK(LOAD(.published = true) == LG_E_FORMAT);
    CHECK_HAS(err.msg, "do not belong together");
    let_go();
}

TEST(fashion_mnist)
{
    data_counts counts;
    const char *folder = "/usr/share/datasets/fashion-mnist";
    if (access(folder, R_OK)) SKIP("the Debian package dataset-fashion-mnist is not installed");
    ds_new();
    CHECK_OK(LOAD(.from = folder, .published = true));
    CHECK_INT(data_count(set), 70000);
    CHECK_INT(data_classes(set), 10);
    CHECK_STR(data_class_name(set, 0), "Ankle boot");
    CHECK_OK(data_count_classes(set, &counts, &err));
    for (int c = 0; c < 10; c++) CHECK(counts.count[DATA_TRAIN][c] == 6000 && counts.count[DATA_TEST][c] == 1000);
    data_counts_release(&counts);
    let_go();
}
