#!/usr/bin/env python3
"""Fashion-MNIST, as published (60,000 to train, 10,000 to test): the report's network for 28x28x1, trained by Logolens
and by Keras at the same settings, several seeds each. Prints a table of test accuracies.

    tests/real/fashion.py [--folder /usr/share/datasets/fashion-mnist] [--epochs 3] [--seeds 3] [--only logolens]

The folder is that of the Debian package dataset-fashion-mnist. Keras is needed unless --only says otherwise. Networks:
conv 16, 32, 64 of 3x3 (same, relu), each followed by 2x2 pooling; dense 64, dropout 0.5, dense 10. SGD, batches of 32,
learning rate 0.05, Glorot weights; weights and order of the images are each side's own, drawn with the seed."""
import argparse
import gzip
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCRIPT = """load fashion from "{folder}"
model m on fashion seed {seed} {{
  for n in 16, 32, 64 {{ conv $n 3x3 relu same; maxpool 2 }}
  flatten
  dense 64 relu
  dropout 0.5
  dense classes softmax
}}
fit m epochs {epochs} batch 32 lr 0.05 seed {seed} keep last quiet
evaluate m on fashion.test
"""


def logolens(args, seed):
    with tempfile.TemporaryDirectory() as home:
        script = os.path.join(home, "fashion.lens")
        with open(script, "w", encoding="utf-8") as out:
            out.write(SCRIPT.format(folder=args.folder, seed=seed, epochs=args.epochs))
        env = dict(os.environ, LOGOLENS_HOME=home, LOGOLENS_ROOTS=args.folder)
        done = subprocess.run([os.path.join(ROOT, "build", "logolens"), "run", script], env=env, text=True,
                              capture_output=True, check=False)
    found = re.findall(r"right: accuracy ([0-9.]+)%", done.stdout)
    if done.returncode or not found:
        sys.exit(done.stdout[-2000:] + done.stderr)
    return float(found[-1])


def read(folder, name, head):
    with gzip.open(os.path.join(folder, name)) as f:
        return f.read()[head:]


def keras(args, seed):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import numpy as np
    import keras as k

    k.utils.set_random_seed(seed)
    part = {}
    for name in ("train", "t10k"):
        x = np.frombuffer(read(args.folder, name + "-images-idx3-ubyte.gz", 16), np.uint8).reshape(-1, 28, 28, 1)
        y = np.frombuffer(read(args.folder, name + "-labels-idx1-ubyte.gz", 8), np.uint8)
        part[name] = (x.astype("float32") / 255, y)
    layers = [k.Input((28, 28, 1))]
    for n in (16, 32, 64):
        layers += [k.layers.Conv2D(n, 3, padding="same", activation="relu"), k.layers.MaxPooling2D(2)]
    layers += [k.layers.Flatten(), k.layers.Dense(64, activation="relu"), k.layers.Dropout(0.5),
               k.layers.Dense(10, activation="softmax")]
    model = k.Sequential(layers)
    model.compile(optimizer=k.optimizers.SGD(0.05), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(*part["train"], batch_size=32, epochs=args.epochs, verbose=0)
    return 100 * model.evaluate(*part["t10k"], verbose=0)[1]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", default="/usr/share/datasets/fashion-mnist")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", choices=["logolens", "keras"])
    args = parser.parse_args()
    sides = [(n, f) for n, f in (("logolens", logolens), ("keras", keras)) if args.only in (None, n)]
    print(f"Fashion-MNIST, {args.epochs} epochs, test accuracy in %")
    print("side      " + "".join(f"seed {s:<5}" for s in range(1, args.seeds + 1)) + "mean    s a run", flush=True)
    for name, run in sides:
        start = time.time()
        got = [run(args, seed) for seed in range(1, args.seeds + 1)]
        took = (time.time() - start) / args.seeds
        print(f"{name:<10}" + "".join(f"{a:<10.2f}" for a in got) + f"{statistics.mean(got):<8.2f}{took:.0f}", flush=True)


if __name__ == "__main__":
    main()
