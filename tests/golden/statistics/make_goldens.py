#!/usr/bin/env python3
"""make_goldens.py > goldens.txt: what other people's programs say to the questions of nnlib/train/metrics.h and
statistics.h; its first line names the versions it was made with. tests/nnlib/test_statistics.c reads it and wants
|a - b| <= 1e-9 * max(1, |b|).

One question a line: the function, its arguments, `=`, the answers."""
import numpy as np
import scipy
import scipy.stats
import sklearn
import statsmodels
from sklearn import metrics
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint, proportions_ztest

print(f"# scikit-learn {sklearn.__version__}, statsmodels {statsmodels.__version__}, scipy {scipy.__version__}, "
      f"numpy {np.__version__}")


def say(name, args, answers):
    print(name, *args, "=", *(f"{float(a):.17g}" for a in answers))


for right, n in [(385, 601), (40, 55), (0, 6), (6, 6), (1, 1), (0, 1), (203, 244), (21, 85), (999999, 1000000)]:
    for level in (0.8, 0.9, 0.95, 0.99):
        say("wilson", (right, n, level), proportion_confint(right, n, 1 - level, method="wilson"))

for b, c in [(24, 61), (3, 9), (0, 5), (12, 12), (1, 0), (7, 17), (12, 13), (100, 131), (2000, 2300), (0, 1), (5, 5)]:
    table = [[10, b], [c, 10]]
    exact = mcnemar(table, exact=True).pvalue
    chi = mcnemar(table, exact=False, correction=True)
    few, n = min(b, c), b + c
    point = scipy.stats.binom.pmf(few, n, 0.5)
    midp = 2 * (scipy.stats.binom.cdf(few, n, 0.5) - 0.5 * point) if b != c else 1 - point
    say("mcnemar", (b, c), (exact, midp, chi.statistic, chi.pvalue))

for a, n, b, m in [(385, 601, 40, 55), (3, 10, 7, 12), (0, 6, 6, 6), (50, 100, 50, 100), (900, 1000, 87, 100),
                     (1, 2, 2, 2)]:
    for level in (0.9, 0.95):
        low, high = confint_proportions_2indep(a, n, b, m, method="newcomb", compare="diff", alpha=1 - level)
        z = proportions_ztest([a, b], [n, m])[1] if 0 < a + b < n + m else 1
        fisher = scipy.stats.fisher_exact([[a, n - a], [b, m - b]])[1]
        say("rates", (a, n, b, m, level), (low, high, z, fisher))

# Confusion matrices, as sklearn sees them image by image: the two of the report, one with a class that has no image but
# is predicted, one with a class that is nowhere, and one that is drawn.
rng = np.random.default_rng(7)
matrices = [
    [[203, 4, 24, 13], [29, 21, 28, 7], [19, 18, 142, 9], [31, 17, 17, 19]],
    [[27, 0, 3, 0], [3, 0, 2, 1], [0, 0, 13, 0], [5, 0, 1, 0]],
    [[5, 1, 2], [0, 4, 1], [0, 0, 0]],
    [[5, 0, 2], [0, 0, 0], [1, 0, 6]],
    rng.integers(0, 30, (6, 6)).tolist(),
]
for m in matrices:
    true = [i for i, row in enumerate(m) for n in row for _ in range(n)]
    said = [j for row in m for j, n in enumerate(row) for _ in range(n)]
    k = len(m)
    with np.errstate(all="ignore"):
        recall, precision, f1 = (f(true, said, labels=range(k), average=None, zero_division=0) for f in
                                 (metrics.recall_score, metrics.precision_score, metrics.f1_score))
    say("matrix", (k, *sum(m, [])),
        (metrics.accuracy_score(true, said), np.mean([r for r, row in zip(recall, m) if sum(row)]),
         metrics.f1_score(true, said, average="macro", zero_division=0), *recall, *precision, *f1))

# Calibration: equal-width bins, the expected calibration error from sklearn's reliability curve.
from sklearn.calibration import calibration_curve
for n, shift in [(200, 0.12), (37, -0.2), (1000, 0)]:
    confidence = np.round(rng.uniform(0.25, 0.999, n), 3) + 0.0004  # never on the border of a bin
    right = (rng.uniform(size=n) < confidence - shift).astype(int)
    share, mean = calibration_curve(right, confidence, n_bins=10)
    weight = np.histogram(confidence, np.linspace(0, 1, 11))[0]
    weight = weight[weight > 0]
    say("calibration", (n, *(f"{p:.4f}/{r}" for p, r in zip(confidence, right))),
        (np.sum(weight * np.abs(share - mean)) / n, np.mean(confidence) - np.mean(right)))

# Student's t, both sides.
for df in (1, 2, 3, 4, 7, 10, 24, 31, 200):
    for t in (0.3, 1.0, 2.5, 6.0):
        p = 2 * scipy.stats.t.sf(t, df)
        say("student", (t, df), (p, scipy.stats.t.isf(p / 2, df)))
