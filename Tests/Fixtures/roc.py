"""Writes the fixture of areas under ROC curves: what scikit-learn makes of scores, ties among them.

    python Tests/Fixtures/roc.py

It writes `roc.json` beside itself: a list of `scores`, `labels` (1 for what is meant) and `area`, by
`sklearn.metrics.roc_auc_score` (scikit-learn 1.9).
"""

import json
import pathlib
import random

from sklearn.metrics import roc_auc_score

HERE = pathlib.Path(__file__).parent


def main():
    draw = random.Random(12)
    cases = []
    for count, steps in [(2, 2), (5, 1), (12, 4), (30, 1000), (60, 6), (200, 25)]:
        labels = [1, 0] + [int(draw.random() < 0.3) for _ in range(count - 2)]
        # The fewer steps, the more ties.
        scores = [draw.randrange(steps) / steps + label * draw.choice([0, 0.5]) for label in labels]
        cases.append({"scores": scores, "labels": labels, "area": roc_auc_score(labels, scores)})
    text = ",\n".join(json.dumps(case) for case in cases)
    (HERE / "roc.json").write_text(f"[\n{text}\n]\n")


if __name__ == "__main__":
    main()
