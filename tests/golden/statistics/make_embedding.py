#!/usr/bin/env python3
"""make_embedding.py > embedding.txt: scikit-learn's maps of sets of points; tests/nnlib/test_embedding.c reads them.
Points come from the formula below, which the test repeats, so that only answers are kept:

    x[i][k] = frac(43758.5453 sin(12.9898 i + 78.233 k)) / (1 + k) + (k == i % groups)

A line: name, n, d, groups, `=`, the answers.
  pca    kept shares of both axes, then the map, point by point; ours within 1e-6 of the largest number
  tsne   divergence and trustworthiness (10 neighbours) of TSNE(init="pca", perplexity=min(30, (n-1)/3)); ours: the
         divergence at most 5 % more, the trustworthiness at most 0.01 less
  real   600 images by what a trained network makes of them (features.bin, make_features.py): kept shares of both axes
         of the PCA; of the t-SNE the divergence, the trustworthiness and the share of each image's 10 nearest
         neighbours that are among its 10 nearest on the map; ours: the divergence at most 5 % more, the others at most
         0.01 less"""
from pathlib import Path

import numpy as np
import sklearn
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, trustworthiness
from sklearn.neighbors import NearestNeighbors

print(f"# scikit-learn {sklearn.__version__}")


def points(n, d, groups):
    i, k = np.arange(n)[:, None], np.arange(d)[None, :]
    noise = np.sin(12.9898 * i + 78.233 * k) * 43758.5453
    x = (noise - np.floor(noise)) / (1 + k) + (k == i % groups)
    return x.astype(np.float32)


def say(name, args, answers):
    print(name, *args, "=", *(f"{float(a):.12g}" for a in answers))


for n, d, groups in [(40, 10, 3), (12, 50, 2), (5, 3, 1), (30, 2, 4)]:
    p = PCA(2, svd_solver="full")
    xy = p.fit_transform(points(n, d, groups).astype(np.float64))
    say("pca", (n, d, groups), [*p.explained_variance_ratio_, *xy.ravel()])

for n, d, groups in [(150, 12, 5), (300, 20, 8)]:
    x = points(n, d, groups)
    t = TSNE(2, init="pca", learning_rate="auto", perplexity=min(30, (n - 1) / 3), method="exact", max_iter=1000,
             random_state=0, n_iter_without_progress=1000, min_grad_norm=0)
    xy = t.fit_transform(x)
    say("tsne", (n, d, groups), [t.kl_divergence_, trustworthiness(x, xy, n_neighbors=10)])

x = np.fromfile(Path(__file__).parent / "features.bin", dtype=np.uint8).reshape(600, 64).astype(np.float32)
p = PCA(2, svd_solver="full").fit(x.astype(np.float64))
t = TSNE(2, init="pca", learning_rate="auto", perplexity=30, method="exact", max_iter=1000, random_state=0,
         n_iter_without_progress=1000, min_grad_norm=0)
xy = t.fit_transform(x)


def nearest(points):
    return NearestNeighbors(n_neighbors=10).fit(points).kneighbors(return_distance=False)


kept = np.mean([len(set(a) & set(b)) for a, b in zip(nearest(x), nearest(xy))]) / 10
trust = trustworthiness(x, xy, n_neighbors=10)
say("real", (600, 64, 4), [*p.explained_variance_ratio_, t.kl_divergence_, trust, kept])
