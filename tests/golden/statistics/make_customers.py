#!/usr/bin/env python3
"""make_customers.py > customers.txt: how many of N people listed are right, by other people's programs and by search;
tests/unit/test_customers.c reads it and wants |a - b| <= 1e-7 * max(1, |b|).

  trust   called right people = share low high expected low high
          share with Wilson's interval (statsmodels), and all numbers K of people that the score test of two shares with
          pooled variance (statsmodels' proportions_ztest) does not tell from right of called at 5%: ends by bisection
  shifted is is_called other other_called seen seen_called = share of those called so that are it, after Rogan and
          Gladen: found by moving the share of the kind until as many would be called so as were seen to be"""
import numpy as np
import scipy
import scipy.optimize
import statsmodels
from statsmodels.stats.proportion import proportion_confint, proportions_ztest

print(f"# statsmodels {statsmodels.__version__}, scipy {scipy.__version__}, numpy {np.__version__}")


def say(name, args, answers):
    print(name, *args, "=", *(f"{float(a):.15g}" for a in answers))


def told_apart(k, people, right, called):
    """Above 0: the test tells k of people from right of called."""
    if k + right == 0 or k + right == people + called:
        return -1.0
    return 0.05 - proportions_ztest([k, right], [people, called], value=0, prop_var=False)[1]


def ends(right, called, people):
    middle = people * right / called
    low = high = None
    if told_apart(0, people, right, called) > 0:
        low = scipy.optimize.brentq(told_apart, 0, middle, args=(people, right, called), xtol=1e-13, rtol=1e-14)
    if told_apart(people, people, right, called) > 0:
        high = scipy.optimize.brentq(told_apart, middle, people, args=(people, right, called), xtol=1e-13, rtol=1e-14)
    return 0 if low is None else low, people if high is None else high


for called, right in [(20, 20), (20, 0), (20, 15), (60, 46), (122, 93), (160, 122), (601, 385), (5000, 4800), (33, 32)]:
    for people in (1, 2, 7, 50, 400, 100000):
        low, high = proportion_confint(right, called, 0.05, method="wilson")
        say("trust", (called, right, people), (right / called, low, high, people * right / called,
                                               *ends(right, called, people)))

for case in [(60, 50, 140, 10, 1000, 300), (60, 50, 140, 10, 1000, 110), (60, 50, 140, 10, 1000, 71),
             (60, 50, 140, 10, 1000, 900), (244, 203, 357, 79, 5000, 1500), (60, 60, 140, 0, 1000, 10)]:
    kind, called, other, alarm, seen, seen_called = case
    recall, wrong, q = called / kind, alarm / other, seen_called / seen
    there = scipy.optimize.brentq(lambda pi: recall * pi + wrong * (1 - pi) - q, -5, 5, xtol=1e-15, rtol=1e-14)
    say("shifted", case, [min(1, recall * min(1, max(0, there)) / q)])
