"""A light head: logistic regression on the bank's own embeddings, refitted on the device.

It stands beside the shipped model and never in the verdict: what a handful of samples that one
person chose makes of it is not calibrated. Its area under the ROC curve is cross-validated with
copies of one picture in one fold.
"""

from __future__ import annotations

import base64
import json
import sqlite3
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telltale.bank import database, phash
from telltale.bank.families import CAMERA, NO_FAMILY, families
from telltale.bank.model import BankError, Embedding, now
from telltale.bank.search import Searcher
from telltale.bank.sentences import words
from telltale.evidence import logistic

#: Confirmed samples of either side without which nothing is fitted; copies of a picture count once.
ENOUGH = 30
#: Samples that are looked at, evenly spread over the bank.
MOST = 2000
FOLDS = 5
#: Strength of the penalty on standardised embeddings.
L2 = 10.0
#: Heads of a model that are kept for going back.
KEPT = 5
_ROUNDS = 300


@dataclass(frozen=True, slots=True)
class Head:
    """A fitted head. `auc` is (cross-validated value, low, high) with a 95 % interval."""

    id: int
    model: str
    model_sha256: str
    fitted: str
    active: bool
    real: int
    fake: int
    auc: tuple[float, float, float]
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    beta: NDArray[np.float64]

    def log_odds(self, vector: NDArray[np.float32]) -> float:
        """Natural log-odds that a (d,) embedding is of a fake, at equal shares of both."""
        return float(self.beta[0] + ((vector - self.mean) / self.scale) @ self.beta[1:])


def fit(searcher: Searcher, embedding: Embedding) -> Head:
    """Fit a head for the space of `embedding` (whose numbers do not matter), and switch it on.

    Raises `BankError` where there are too few confirmed samples.
    """
    connection = searcher.connection
    index = searcher.index_of(embedding)
    ids, rows = index.whole() if index else (np.zeros(0, np.int64), np.zeros((0, 1), np.float32))
    of = families(connection)
    known = np.array([of.get(int(i), "") not in {*NO_FAMILY, ""} for i in ids], bool)
    chosen = np.flatnonzero(known)[:: max(1, -(-int(known.sum()) // MOST))]
    ids, x = ids[chosen], rows[chosen].astype(np.float64)
    y = np.array([float(of[int(i)] != CAMERA) for i in ids])
    groups = pictures(searcher, ids)
    sides = [len(set(groups[y == side].tolist())) for side in (0, 1)]
    if min(sides) < ENOUGH:
        raise BankError(
            f"A head needs {ENOUGH} confirmed real and {ENOUGH} confirmed fake pictures by this "
            f"model; the bank has {sides[0]} and {sides[1]}."
        )
    scores = held_out(x, y, groups)
    auc = interval(scores, y, groups)
    mean, scale, beta = _fitted(x, y)
    document = {
        "real": sides[0],
        "fake": sides[1],
        "auc": auc,
        **{k: _text(v) for k, v in (("mean", mean), ("scale", scale), ("beta", beta))},
    }
    with database.transaction(connection):
        key = (embedding.model, embedding.model_sha256)
        connection.execute("UPDATE head SET active = 0 WHERE model = ? AND model_sha256 = ?", key)
        number = connection.execute(
            "INSERT INTO head (model, model_sha256, fitted, active, document) "
            "VALUES (?, ?, ?, 1, ?)",
            (*key, now(), json.dumps(document)),
        ).lastrowid
        connection.execute(
            "DELETE FROM head WHERE model = ? AND model_sha256 = ? AND id NOT IN "
            "(SELECT id FROM head WHERE model = ? AND model_sha256 = ? ORDER BY id DESC LIMIT ?)",
            (*key, *key, KEPT),
        )
    return next(head for head in heads(connection) if head.id == number)


def heads(connection: sqlite3.Connection) -> list[Head]:
    """All heads that are kept, the newest first."""
    query = "SELECT id, model, model_sha256, fitted, active, document FROM head ORDER BY id DESC"
    return [_read(*row) for row in connection.execute(query)]


def switch(connection: sqlite3.Connection, number: int, on: bool) -> None:
    """Switch a head on (and the others of its model off), or off; raises `BankError`."""
    with database.transaction(connection):
        query = "SELECT model, model_sha256 FROM head WHERE id = ?"
        key = connection.execute(query, (number,)).fetchone()
        if key is None:
            raise BankError(f"There is no head {number}.")
        query = "UPDATE head SET active = (id = ?) WHERE model = ? AND model_sha256 = ?"
        connection.execute(query, (number if on else 0, *key))


def said(connection: sqlite3.Connection, embeddings: list[Embedding]) -> list[dict[str, Any]]:
    """What the heads that are switched on say of these embeddings, as the record holds it."""
    on = {(head.model, head.model_sha256): head for head in heads(connection) if head.active}
    found = []
    for e in embeddings:
        head = on.get((e.model, e.model_sha256))
        if head is None or len(head.mean) != len(e.vector):
            continue
        value = head.log_odds(e.vector)
        numbers = dict(zip(("auc", "low", "high"), (f"{v:.2f}" for v in head.auc), strict=True))
        key = "head.fake" if value >= 0 else "head.real"
        found.append(
            {
                "model": e.model,
                "model_sha256": e.model_sha256,
                "log_odds": value,
                "auc": list(head.auc),
                "real": head.real,
                "fake": head.fake,
                "fitted": head.fitted,
                "words": words(
                    key, value=f"{value:+.2f}", real=head.real, fake=head.fake, **numbers
                ),
            }
        )
    return found


def pictures(searcher: Searcher, ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n,) the same number for samples that look like copies of one picture, transitively."""
    hash_ids, hashes = searcher.hash_rows()
    where = {int(i): k for k, i in enumerate(hash_ids)}
    group = np.arange(len(ids))
    rows = np.array([where.get(int(i), -1) for i in ids], int)
    with_hash = np.flatnonzero(rows >= 0)
    table = hashes[rows[with_hash]]
    for k, position in enumerate(with_hash):
        near = with_hash[:k][phash.distances(table[k], table[:k]) <= phash.SAME]
        for other in set(group[near].tolist()):
            group[group == other] = group[position]
    return group


def held_out(
    x: NDArray[np.float64], y: NDArray[np.float64], groups: NDArray[np.int64]
) -> NDArray[np.float64]:
    """(n,) log-odds of each row by a head that saw no row of its group.

    Each fold has its share of both sides: otherwise what is missing from the fit is in the fold,
    and pooled scores look worse than chance.
    """
    rng = np.random.default_rng(0)
    fold: dict[int, int] = {}
    for side in (0, 1):
        order = rng.permutation(np.setdiff1d(groups[y == side], np.array(list(fold), int)))
        fold |= {int(g): k % FOLDS for k, g in enumerate(order)}
    folds = np.array([fold[int(g)] for g in groups])
    scores = np.zeros(len(y))
    for k in range(FOLDS):
        out = folds == k
        mean, scale, beta = _fitted(x[~out], y[~out])
        scores[out] = beta[0] + ((x[out] - mean) / scale) @ beta[1:]
    return scores


def interval(
    scores: NDArray[np.float64], y: NDArray[np.float64], groups: NDArray[np.int64]
) -> tuple[float, float, float]:
    """Area under the ROC curve with the 95 % interval of a bootstrap over groups."""
    rng = np.random.default_rng(0)
    members = [np.flatnonzero(groups == g) for g in np.unique(groups)]
    values = []
    for _ in range(_ROUNDS):
        rows = np.concatenate([members[k] for k in rng.integers(0, len(members), len(members))])
        if 0 < y[rows].sum() < len(rows):
            values.append(area(scores[rows], y[rows]))
    low, high = np.quantile(values, [0.025, 0.975])
    return area(scores, y), float(low), float(high)


def area(scores: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Share of (real, fake) pairs in the right order, ties half."""
    real, fake = np.sort(scores[y == 0]), scores[y == 1]
    below = np.searchsorted(real, fake, "left") + np.searchsorted(real, fake, "right")
    return float(below.mean() / 2 / len(real))


def _fitted(
    x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    mean, scale = x.mean(0), np.maximum(x.std(0), 1e-6)
    design = np.column_stack([np.ones(len(x)), (x - mean) / scale])
    return mean, scale, logistic.fit(design, y, l2=L2, weights=logistic.balanced(y))


def _read(number: int, model: str, sha256: str, fitted: str, active: int, document: str) -> Head:
    row = json.loads(document)
    arrays = [np.frombuffer(base64.b64decode(row[k]), "<f8") for k in ("mean", "scale", "beta")]
    value, low, high = row["auc"]
    counts = row["real"], row["fake"]
    return Head(number, model, sha256, fitted, bool(active), *counts, (value, low, high), *arrays)


def _text(values: NDArray[np.float64]) -> str:
    return base64.b64encode(values.astype("<f8").tobytes()).decode("ascii")
