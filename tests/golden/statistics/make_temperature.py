#!/usr/bin/env python3
"""make_temperature.py > temperature.txt: what SciPy finds as the temperature of networks that are too sure, too unsure
and about right. tests/nnlib/test_temperature.c reads it and wants |a - b| <= 1e-5 * b for the temperature and 1e-7 for
the likelihoods.

A case: `case`, rows, classes, the temperature, the mean negative log-likelihood at 1 and at it; then one row a line,
the true class and the shares, as the float a network gives. The shares are those of a softmax in double precision,
rounded to float; SciPy minimises over the logarithms of the rounded ones."""
import numpy as np
import scipy
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, logsumexp, softmax

print(f"# scipy {scipy.__version__}, numpy {np.__version__}")
rng = np.random.default_rng(11)


def nll(t, logs, truth):
    z = logs / t
    return float(np.mean(logsumexp(z, axis=1) - z[np.arange(len(truth)), truth]))


def case(rows, classes, signal, sure):
    """Logits with a signal for the true class and noise; `sure` times as large as they should be."""
    truth = rng.integers(0, classes, rows)
    z = rng.normal(size=(rows, classes))
    z[np.arange(rows), truth] += signal
    p = softmax(sure * z, axis=1).astype(np.float32)
    logs = np.log(np.maximum(p.astype(np.float64), 1e-38))
    found = minimize_scalar(lambda b: nll(1 / np.exp(b), logs, truth), bounds=(-3, 3), method="bounded",
                            options={"xatol": 1e-12})
    t = float(1 / np.exp(found.x))
    print("case", rows, classes, *(f"{v:.17g}" for v in (t, nll(1, logs, truth), nll(t, logs, truth))))
    for y, row in zip(truth, p):
        print(y, *(f"{float(v):.9g}" for v in row))


case(60, 4, 1.5, 3.0)
case(40, 4, 1.0, 0.4)
case(30, 2, 1.2, 1.0)
case(25, 10, 2.0, 6.0)
