#!/usr/bin/env python3
"""Makes training.bin: what Keras says of losses and schedules, for tests/nnlib/test_keras_training.c to compare with.

    python3 tests/golden/keras/make_training.py       (needs TensorFlow; file format and hash are make_goldens.py's)

A schedule's record is the learning rate of every step (plateau: of every epoch); a loss's are probabilities, loss of each
row and gradient of the scores."""
import numpy as np
from make_goldens import File, bits, flat, keras, numbers, set_weights, small_net, batch, tf

ROWS, CLASSES, LR, STEPS = 12, 5, 0.05, 40
LOSSES = {  # the loss after each epoch, as plateau is told
    "falling": [1 / (e + 1) for e in range(12)],
    "flat": [1.0, 0.9, 0.90005, 0.9, 0.89995, 0.95, 0.9, 0.9, 0.5, 0.6, 0.6, 0.4, 0.4, 0.4, 0.4, 0.4],
    "rising": [1 + e for e in range(14)],
    "no number": [1.0, float("nan"), float("nan"), float("nan"), 0.5, float("nan"), 0.7, 0.3],
}


def losses(out):
    weights = np.array([0.5, 2, 1, 0.25, 3], np.float32)
    label = (bits(77, ROWS) >> np.uint32(8)).astype(np.int32) % CLASSES
    hot = keras.utils.to_categorical(label, CLASSES)
    z = tf.constant(numbers(78, (ROWS, CLASSES), 4.0))
    makers = {"crossentropy": keras.losses.CategoricalCrossentropy(reduction=None),
              "focal": keras.losses.CategoricalFocalCrossentropy(alpha=1.0, gamma=2.0, reduction=None)}
    for name, loss_of in makers.items():
        for kind, weight in (("", np.ones(ROWS, np.float32)), (" weighted", weights[label])):
            with tf.GradientTape() as tape:
                tape.watch(z)
                p = tf.nn.softmax(z)
                each = loss_of(hot, p) * weight
                total = tf.reduce_mean(each)
            out.add(f"{name}{kind}|p", p)
            out.add(f"{name}{kind}|loss", each)
            out.add(f"{name}{kind}|dz", tape.gradient(total, z))


def schedules(out):
    at = [tf.constant(float(s)) for s in range(STEPS)]
    cosine = keras.optimizers.schedules.CosineDecay(LR, STEPS)
    stairs = keras.optimizers.schedules.PiecewiseConstantDecay(
        [float(STEPS // 2 - 1), float(3 * STEPS // 4 - 1)], [LR, LR / 10, LR / 100])
    out.add("cosine", [float(cosine(s)) for s in at])
    out.add("step", [float(stairs(s)) for s in at])
    for name, told in LOSSES.items():
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        model.compile(optimizer=keras.optimizers.SGD(LR), loss="mse")
        callback = keras.callbacks.ReduceLROnPlateau(monitor="val_loss", factor=0.5, patience=3, min_delta=1e-4)
        callback.set_model(model)
        callback.on_train_begin()
        rates = []
        for epoch, loss in enumerate(told):
            rates.append(float(model.optimizer.learning_rate))
            callback.on_epoch_end(epoch, {"val_loss": loss})
        out.add(f"plateau|{name}|told", told)
        out.add(f"plateau|{name}|lr", rates)


def whole_run(out):
    """Three epochs of four batches under each schedule that is a function of the step alone."""
    for name, rate in (("cosine", keras.optimizers.schedules.CosineDecay(0.05, 12)),
                       ("step", keras.optimizers.schedules.PiecewiseConstantDecay([5.0, 8.0], [0.05, 0.005, 0.0005]))):
        for kind, optimizer in (("momentum", keras.optimizers.SGD(rate, momentum=0.9)),
                                ("rmsprop", keras.optimizers.RMSprop(rate))):
            model = small_net()
            set_weights(model)
            loss_of = keras.losses.CategoricalFocalCrossentropy(alpha=1.0, gamma=2.0)
            for step in range(12):
                x, label = batch(step % 4, 10, 2, 3, 8)
                with tf.GradientTape() as tape:
                    loss = loss_of(keras.utils.to_categorical(label, 3), model(x, training=True)) + sum(model.losses)
                optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
            out.add(f"run|{name}|{kind}", flat(model.trainable_variables))


if __name__ == "__main__":
    file = File("training.bin")
    losses(file)
    schedules(file)
    whole_run(file)
