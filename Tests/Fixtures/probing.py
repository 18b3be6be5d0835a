"""Writes probing.json: scikit-learn's logistic regression with an L2 penalty, SciPy's least spanning
trees, attachment scores and rank correlations, NumPy's principal components.

Run from this folder: python3 probing.py
"""

import json

import numpy as np
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.stats import spearmanr
from sklearn.linear_model import LogisticRegression

random = np.random.default_rng(5)


def rounded(values):
    return np.round(np.asarray(values, dtype=float), 7).tolist()


# The objective is mean cross-entropy + λ/2 ‖W‖², which scikit-learn writes as C = 1/(λ n).
count, width, classes, penalty = 60, 4, 3, 0.02
x = np.round(random.normal(size=(count, width)), 3)
labels = (x @ random.normal(size=(width, classes)) + random.gumbel(size=(count, classes))).argmax(1)
model = LogisticRegression(C=1 / (penalty * count), tol=1e-12, max_iter=10_000).fit(x, labels)
regression = {
    "features": x.flatten().tolist(),
    "width": width,
    "labels": labels.tolist(),
    "l2": penalty,
    "weight": rounded(model.coef_.flatten()),
    "bias": rounded(model.intercept_),
    "probabilities": rounded(model.predict_proba(x).flatten()),
}

trees = []
for size in (2, 5, 9, 14):
    points = random.normal(size=(size, 3))
    distances = np.round(((points[:, None] - points[None]) ** 2).sum(-1), 5)
    gold = [(int(random.integers(0, node)), node) for node in range(1, size)]
    found = minimum_spanning_tree(distances).tocoo()
    edges = sorted((int(min(a, b)), int(max(a, b))) for a, b in zip(found.row, found.col))
    trees.append(
        {
            "distances": distances.tolist(),
            "gold": gold,
            "edges": edges,
            "attachment": len(set(edges) & set(gold)) / len(gold),
        }
    )

correlations = []
for size in (3, 8, 20):
    a, b = random.integers(0, 6, size).astype(float), np.round(random.normal(size=size), 3)
    correlations.append({"x": a.tolist(), "y": b.tolist(), "rho": float(spearmanr(a, b)[0])})

vectors = np.round(random.normal(size=(12, 5)) * [3, 2, 1, 0.5, 0.2], 3)
centred = vectors - vectors.mean(0)
_, singular, directions = np.linalg.svd(centred, full_matrices=False)
for direction in directions:
    direction *= np.sign(direction[np.abs(direction).argmax()])
components = {
    "vectors": vectors.flatten().tolist(),
    "width": 5,
    "places": rounded((centred @ directions[:2].T).flatten()),
    "shares": rounded((singular**2 / (singular**2).sum())[:2]),
}

with open("probing.json", "w") as file:
    json.dump(
        {
            "regression": regression,
            "trees": trees,
            "correlations": correlations,
            "components": components,
        },
        file,
        indent=None,
        separators=(",", ":"),
    )
    file.write("\n")
