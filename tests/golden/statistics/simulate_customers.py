#!/usr/bin/env python3
"""simulate_customers.py: does the interval of a list of customers hold in 95 of 100 lists? Prints a table; run by hand
(needs numpy), its figures stand in docs/adr/0146. The formula is written down once more here.

A world: a precision p that nobody knows; `called` validation images of which binomially many are right; `people`, of
whom each is right with p. The interval counts as holding where the number that is right, counted by looking at all of
them, lies in it: as given, and as printed, in whole people outwards. For comparison: people times Wilson's interval, which
leaves the scatter of the people out, and the interval that takes every person as known apart (no error of p).

The last rows are worlds that break what is supposed: photos that are right on their own (m photos a person, then more are
right than said), and people whose errors are shared in groups of five (one picture that five people post)."""
import numpy as np

Z = 1.959963984540054
rng = np.random.default_rng(146)
TIMES = 200000


def score(p, n):
    zz = Z * Z / n
    middle, half = p + zz / 2, Z * np.sqrt(p * (1 - p) / n + zz / (4 * n))
    return (np.where(p <= 0, 0, np.maximum(0, (middle - half) / (1 + zz))),
            np.where(p >= 1, 1, np.minimum(1, (middle + half) / (1 + zz))))


def interval(right, called, people):
    low, high = score(right / called, called * (called + people) / people)
    total = called + people
    return np.clip(total * low - right, 0, people), np.clip(total * high - right, 0, people)


def share(inside):
    return f"{100 * np.mean(inside):5.1f}%"


def report(name, p, called, people, k):
    right = rng.binomial(called, p, TIMES)
    low, high = interval(right, called, people)
    wl, wh = score(right / called, called)
    phat = right / called
    half = Z * np.sqrt(people * phat * (1 - phat))
    eps = 1e-9
    print(f"{name:<18} {p:.2f} {called:6d} {people:6d}   {share((k >= low - eps) & (k <= high + eps))}  "
          f"{share((k >= np.floor(low)) & (k <= np.ceil(high)))}  "
          f"{share((k >= people * wl) & (k <= people * wh))}  {share(np.abs(k - people * phat) <= half)}   "
          f"{np.mean(np.ceil(high) - np.floor(low)):7.1f}")


print("world                 p called people      given   whole  Wilson   known   width")
for p in (0.5, 0.76, 0.9, 0.97):
    for called in (20, 60, 200, 1000):
        for people in (10, 50, 200):
            report("as supposed", p, called, people, rng.binomial(people, p, TIMES))
for photos in (2, 5):
    report(f"{photos} photos apart", 0.76, 200, 50, rng.binomial(50, 1 - (1 - 0.76) ** photos, TIMES))
report("errors of five", 0.76, 200, 50, 5 * rng.binomial(10, 0.76, TIMES))
