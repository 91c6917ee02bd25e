"""Fits what screening knows of meaning to the examples of resources/screen_examples.yml."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from tqdm import tqdm

from assistant.answering.meaning import Weights
from assistant.answering.query_vectors import QueryEmbedder
from assistant.answering.urgent import Evidence, Signs
from assistant.resources import load

FOLDS = 10
SCALE = 200.0
"""Differences between query vectors are small; so much larger, the penalty suits them."""
PENALTY = 1.0
PROBE = "启隆镇有多少人口?"
EVIDENCE = tuple(field.name for field in fields(Evidence))

Matrix = NDArray[np.float64]


def fit(embedder: QueryEmbedder, normalise: Callable[[str], str]) -> dict[str, Any]:
    """The content of resources/screen_weights.yml.

    Labels are told by multinomial logistic regression on the query vectors. What signs and
    meaning weigh together is fitted to the shares that examples get from classifiers which
    have not seen them.
    """
    examples: dict[str, list[str]] = load("screen_examples")
    labels = tuple(examples)
    plain = Signs().plain
    texts = [plain(normalise(text)) for group in examples.values() for text in group]
    right = np.array([at for at, group in enumerate(examples.values()) for _ in group])
    bar = tqdm(texts, load("commands")["training"]["collecting"])
    vectors = np.stack([embedder.encode_query(text) for text in bar]).astype(np.float64)
    weights = _classifier(vectors, right, labels, embedder)
    return {
        "labels": list(labels),
        "probe_text": PROBE,
        "probe": _rounded(weights.probe, 4),
        "mean": _rounded(weights.mean, 4),
        "bias": _rounded(weights.bias, 3),
        "weights": _rounded(weights.weights, 2),
        "urgent": _urgent(texts, vectors, right, labels, embedder),
    }


def write(content: dict[str, Any], path: Path) -> None:
    """Keep what was fitted."""
    head = "# Fitted by `python -m assistant.training screen`; not to be edited by hand.\n"
    body = yaml.safe_dump(
        content, sort_keys=False, allow_unicode=True, default_flow_style=None, width=100
    )
    path.write_text(head + body, "utf-8")


def _classifier(
    vectors: Matrix, right: NDArray[np.int64], labels: Sequence[str], embedder: QueryEmbedder
) -> Weights:
    mean = vectors.mean(0)
    model = LogisticRegression(C=PENALTY, max_iter=5000)
    model.fit((vectors - mean) * SCALE / 10, right)
    return Weights(
        labels=tuple(labels),
        mean=mean.astype(np.float32),
        weights=(model.coef_ * SCALE / 10).astype(np.float32),
        bias=model.intercept_.astype(np.float32),
        probe_text=PROBE,
        probe=embedder.encode_query(PROBE),
    )


def _urgent(
    texts: Sequence[str],
    vectors: Matrix,
    right: NDArray[np.int64],
    labels: Sequence[str],
    embedder: QueryEmbedder,
) -> dict[str, float]:
    signs = Signs()
    rows = np.empty((len(texts), len(EVIDENCE)))
    for known, unseen in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(vectors, right):
        weights = _classifier(vectors[known], right[known], labels, embedder)
        for at in unseen:
            shares = weights.shares(vectors[at].astype(np.float32))
            found = signs.evidence(texts[at], shares)
            rows[at] = [getattr(found, name) for name in EVIDENCE]
    emergencies = [labels.index(kind) for kind in signs.kinds]
    model = LogisticRegression().fit(rows, np.isin(right, emergencies))
    values = zip(EVIDENCE, model.coef_[0], strict=True)
    return {
        **{name: round(float(value), 3) for name, value in values},
        "bias": round(float(model.intercept_[0]), 3),
    }


def _rounded(values: NDArray[Any], digits: int) -> Any:
    return np.round(values.astype(np.float64), digits).tolist()
