/* A path becomes tensors: what lies outside the reach stays there, and both kinds of files give the same thing. */
#include "kernel/commands/weights_file.h"
#include "lib/base/reach.h"
#include "tests/support/keras.h"
#include "tests/support/test.h"

static lg_err err;

TEST(files_of_both_kinds)
{
    cmd_weights_file file;
    CHECK_OK(lg_reach_init(NULL, &err));
    h5_setup(&(h5_options){.program = keras_helper()});
    CHECK_OK(cmd_weights_file_read("tests/golden/keras/hdf5_old.h5", NULL, &file, &err));
    CHECK(nn_named_find(&file.weights.tensors, "conv1_bn/moving_variance") && !file.bytes.data);
    CHECK_STR(file.weights.tensors.file, "tests/golden/keras/hdf5_old.h5");
    cmd_weights_file_release(&file);
    CHECK_OK(cmd_weights_file_read("tests/golden/weights/small.safetensors", NULL, &file, &err));
    CHECK(file.weights.tensors.count == 5 && !file.weights.config);
    cmd_weights_file_release(&file);
}

TEST(files_that_are_not_reached)
{
    cmd_weights_file file;
    CHECK_OK(lg_reach_init(NULL, &err));
    CHECK(cmd_weights_file_read("/etc/hostname", NULL, &file, &err) != LG_OK);
    CHECK_INT(err.code, 601);
    lg_err_clear(&err);
    CHECK(cmd_weights_file_read("tests/nothing.h5", NULL, &file, &err) != LG_OK);
    CHECK_INT(err.code, 302);
    lg_err_clear(&err);
    CHECK(cmd_weights_file_read("tests/golden/keras/make_hdf5.py", NULL, &file, &err) != LG_OK);
    CHECK_INT(err.code, 362);
    CHECK(!file.path && !file.bytes.data && !file.weights.tensors.count);
}
