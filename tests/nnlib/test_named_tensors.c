/* test_named_tensors.c - numbers of 16 bits as floats, and weights against what a network wants. */
#include "tests/support/weights.h"

/* From the definition: (-1)^s 2^(e-15) (1 + f/1024), below the smallest exponent without the 1. */
TEST(every_float16_is_exact)
{
    for (uint32_t bits = 0; bits < 65536; bits++) {
        int exponent = (int)(bits >> 10) & 31, fraction = (int)bits & 1023;
        float got = nn_f16_value((uint16_t)bits);
        double want = exponent ? ldexp(1 + fraction / 1024.0, exponent - 15) : ldexp(fraction / 1024.0, -14);
        CHECK_INT(!!signbit(got), bits >> 15);
        if (exponent == 31) CHECK(fraction ? isnan(got) : isinf(got));
        else CHECK_NEAR(fabs((double)got), want, 0);
    }
}

TEST(bfloat16_is_the_upper_half_of_a_float)
{
    CHECK_NEAR(nn_bf16_value(0x3f80), 1, 0);
    CHECK_NEAR(nn_bf16_value(0xc049), -3.140625, 0);
    CHECK(isnan(nn_bf16_value(0x7fc0)));
}

static const float six[6] = {1, 2, 3, 4, 5, 6};

static void small_list(void)
{
    lg_err_clear(&err);
    nn_named_release(&list);
    nn_named_init(&list, "net.npz");
    CHECK_OK(nn_named_add(&list, &(nn_named_tensor){"conv.w", NN_F32, 2, {2, 3}, six, 24, 0}, &err));
    CHECK_OK(nn_named_add(&list, &(nn_named_tensor){"conv.b", NN_F32, 1, {2}, six, 8, 0}, &err));
    CHECK_OK(nn_named_add(&list, &(nn_named_tensor){"steps", NN_I64, 0, {0}, six, 8, 0}, &err));
}

TEST(what_a_network_wants)
{
    const nn_named_wish good[] = {{"conv.b", 1, {2}}, {"conv.w", 2, {2, 3}}};
    small_list();
    CHECK_OK(nn_named_match(&list, good, 2, true, &err)); /* integers are nobody's weights */
    CHECK_OK(nn_named_match(&list, good, 1, false, &err));
    CHECK_INT(nn_named_match(&list, good, 1, true, &err), LG_E_SHAPE);
    CHECK_INT(err.code, 221);
    CHECK_STR(err.msg, "the network has no place for `conv.w` (2x3) of `net.npz`");
    CHECK_STR(err.why, "the file holds 3 tensors: conv.w 2x3, conv.b 2, steps 1 number int64");
    lg_err_clear(&err);
    CHECK_INT(nn_named_match(&list, (const nn_named_wish[]){{"conv.x", 1, {2}}}, 1, false, &err), LG_E_SHAPE);
    CHECK_STR(err.msg, "`net.npz` has no `conv.x` (2)");
    CHECK_HAS(err.hint, "`conv.w`");
    lg_err_clear(&err);
    CHECK_INT(nn_named_match(&list, (const nn_named_wish[]){{"conv.w", 2, {3, 2}}}, 1, false, &err), LG_E_SHAPE);
    CHECK_STR(err.msg, "`conv.w` in `net.npz` is 2x3, not 3x2");
    lg_err_clear(&err);
    CHECK_INT(nn_named_match(&list, (const nn_named_wish[]){{"steps", 0, {0}}}, 1, false, &err), LG_E_SHAPE);
    CHECK_HAS(err.msg, "is int64");
}

TEST(a_name_twice_and_thousands_of_them)
{
    char name[32];
    small_list();
    CHECK_INT(nn_named_add(&list, &(nn_named_tensor){"conv.b", NN_F32, 1, {2}, six, 8, 0}, &err), LG_E_FORMAT);
    CHECK_HAS(err.why, "`conv.b` is in it twice");
    lg_err_clear(&err);
    for (int i = 3; i < NN_NAMED_MOST; i++) {
        snprintf(name, sizeof name, "t%d", i);
        CHECK_OK(nn_named_add(&list, &(nn_named_tensor){name, NN_F32, 0, {0}, six, 4, 0}, &err));
    }
    CHECK(nn_named_find(&list, "t65535") && !nn_named_find(&list, "t65536"));
    CHECK_INT(nn_named_add(&list, &(nn_named_tensor){"more", NN_F32, 0, {0}, six, 4, 0}, &err), LG_E_FORMAT);
    CHECK_HAS(err.why, "more than 65,536 tensors");
}
