/* params.h - rows of parameter tables that several commands share: one word means one thing wherever it stands.
 *
 *     [SEED] = CMD_SEED("draws the split; the same seed, the same split"),
 *     [BATCH] = CMD_BATCH("images per step to try", .list = true, .ranges = true),
 *
 * First the help, then whatever else the row has of its own. */
#ifndef CMD_PARAMS_H
#define CMD_PARAMS_H

#include "kernel/dsl/command.h"

#define CMD_DATASET(...)                                                                                               \
    {                                                                                                                  \
        .name = "dataset", .role = DSL_POSITIONAL, .type = DSL_T_OBJECT, .kinds = DSL_DATASETS, .required = true,      \
        .implicit = true, .help = __VA_ARGS__                                                                          \
    }
#define CMD_MODEL(...)                                                                                                 \
    {                                                                                                                  \
        .name = "model", .role = DSL_POSITIONAL, .type = DSL_T_OBJECT, .kinds = DSL_MODELS, .required = true,          \
        .implicit = true, .help = __VA_ARGS__                                                                          \
    }
#define CMD_ON(...)                                                                                                    \
    {                                                                                                                  \
        .name = "on", .role = DSL_PREPOSITION, .type = DSL_T_OBJECT, .kinds = DSL_DATASETS,                            \
        .dflt_help = "the model's own dataset", .help = __VA_ARGS__                                                    \
    }
#define CMD_LAYER(fallback, ...)                                                                                       \
    {                                                                                                                  \
        .name = "layer", .role = DSL_OPTION, .type = DSL_T_LAYER, .dflt_help = fallback, .help = __VA_ARGS__           \
    }
/* Of drawings of one layer. */
#define CMD_LIMIT(...)                                                                                                 \
    {                                                                                                                  \
        .name = "limit", .role = DSL_OPTION, .type = DSL_T_INT, .dflt = "16", .min = 1, .max = 512,                    \
        .help = __VA_ARGS__                                                                                            \
    }
#define CMD_EPOCHS(...)                                                                                                \
    {                                                                                                                  \
        .name = "epochs", .role = DSL_OPTION, .type = DSL_T_INT, .dflt = "10", .min = 1, .max = 100000,                \
        .help = __VA_ARGS__                                                                                            \
    }
#define CMD_BATCH(...)                                                                                                 \
    {                                                                                                                  \
        .name = "batch", .role = DSL_OPTION, .type = DSL_T_INT, .dflt = "32", .min = 1, .max = 1e6,                    \
        .help = __VA_ARGS__                                                                                            \
    }
#define CMD_LR(...)                                                                                                    \
    {                                                                                                                  \
        .name = "lr", .role = DSL_OPTION, .type = DSL_T_NUMBER, .dflt = "0.01", .min = 1e-9, .max = 1e12,              \
        .help = __VA_ARGS__                                                                                            \
    }
#define CMD_OPTIMIZER(...)                                                                                             \
    {                                                                                                                  \
        .name = "optimizer", .role = DSL_OPTION, .type = DSL_T_CHOICE, .choices = "sgd momentum adam rmsprop",         \
        .dflt = "sgd", .help = __VA_ARGS__                                                                             \
    }
#define CMD_MOMENTUM(...)                                                                                              \
    {                                                                                                                  \
        .name = "momentum", .role = DSL_OPTION, .type = DSL_T_NUMBER, .min = 0, .max = 0.9999, .help = __VA_ARGS__     \
    }
#define CMD_SCHEDULE(...)                                                                                              \
    {                                                                                                                  \
        .name = "schedule", .role = DSL_OPTION, .type = DSL_T_CHOICE,                                                  \
        .choices = "constant cosine onecycle one-cycle step plateau", .dflt = "constant", .help = __VA_ARGS__          \
    }
#define CMD_TIME(...)                                                                                                  \
    {                                                                                                                  \
        .name = "time", .role = DSL_OPTION, .type = DSL_T_DURATION, .dflt_help = "no limit", .min = 1, .max = 1e9,     \
        .help = __VA_ARGS__                                                                                            \
    }
#define CMD_SEED(...)                                                                                                  \
    {                                                                                                                  \
        .name = "seed", .role = DSL_OPTION, .type = DSL_T_INT, .dflt = "1", .min = 0, .max = 9e15, .help = __VA_ARGS__ \
    }
#define CMD_BALANCE(...)                                                                                               \
    {                                                                                                                  \
        .name = "balance", .role = DSL_FLAG, .type = DSL_T_FLAG, .help = __VA_ARGS__                                   \
    }

#endif
