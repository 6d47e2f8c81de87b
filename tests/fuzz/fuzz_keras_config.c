/* fuzz_keras_config.c - any bytes as the description of a model in a file of Keras. What is found has names and places
 * that are found again. `make fuzz F=keras_config`. */
#include "lib/hdf5/keras_config.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_layer(const h5_config *config, size_t at)
{
    char snake[64];
    const h5_config_layer *layer = &config->layer[at];
    h5_snake_case(layer->kind->name, snake);
    if (h5_config_at(config, layer->place) != layer || !h5_config_named(config, layer->name)) abort();
    if (!strstr(layer->place, snake) || !h5_class_at(layer->place)) abort();
    for (int count = 0; count < 6; count++)
        for (int k = 0; k < count; k++)
            if (h5_variable(layer->kind, k, count) && k >= 4) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lg_err err = {0};
    h5_config config;
    if (h5_config_read((const char *)data, size, "x", &config, &err) == LG_OK)
        for (size_t i = 0; i < config.count; i++) check_layer(&config, i);
    else if (err.code != 361 && err.code != 362 && err.code != 901) abort();
    h5_config_release(&config);
    return 0;
}
