"""How an embedding relates to the families of the bank, and how much that says.

For each family: the cosine distance to its nearest member. For the nearest family: the likelihood
ratio of that distance between "the picture belongs to this family" and "it belongs to another one
of the bank", estimated from the distances of the bank's own samples to it (each left out in turn,
near copies of it left out with it). Both distances are of samples somebody chose to add; the ratio
says nothing of families the bank has never seen, for which "not related" is the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from telltale.bank import phash
from telltale.bank.families import CAMERA, UNNAMED, members
from telltale.bank.sentences import counted, often, side, words
from telltale.evidence import logistic
from telltale.evidence.bounds import empirical_bounds
from telltale.wording import LANGUAGES, Words

#: Fewest samples of the family, and of the others, whose distances make a distribution.
ENOUGH = 30
#: Share of a family's own samples that its reach must hold.
REACH = 0.95
#: At most this many samples of each side are measured, evenly spread over the bank.
MEASURED = 500
#: How many neighbours of a sample are looked at for one that is no copy of it.
_NEIGHBOURS = 8
#: Nearer than this, distances are rounding errors.
_FLOOR = 1e-6

Vectors = NDArray[np.float32]
Kind = Literal["no_sample", "few", "unrelated", "few_others", "copies", "related"]


@dataclass(frozen=True, slots=True)
class FamilyDistance:
    """The nearest member of a family: its sample number and cosine distance, 0 to 2."""

    family: str
    distance: float
    nearest: int
    samples: int


@dataclass(frozen=True, slots=True)
class Relation:
    """Families by distance, and what the nearest one means.

    `family` is None for "not related to anything known" and where it cannot be said; `llr` is a
    log10 likelihood ratio or None; `reach` is the distance within which `REACH` of the family's
    own samples have a neighbour, or None; `words` say it in every language.
    """

    families: tuple[FamilyDistance, ...]
    family: str | None
    llr: float | None
    reach: float | None
    kind: Kind
    words: Words

    @property
    def sentence(self) -> str:
        """What it means, in English."""
        return self.words["en"]


def named(family: str) -> Words:
    """A family's name for a person."""
    if family == CAMERA:
        return words("family.camera")
    return words("family.unnamed") if family == UNNAMED else dict.fromkeys(LANGUAGES, family)


def relate(
    query: Vectors,
    ids: NDArray[np.int64],
    rows: Vectors,
    family_of: Mapping[int, str],
    hashes: Mapping[int, phash.Hashes],
) -> Relation:
    """Relate a unit (d,) vector to (n, d) unit `rows` of the samples `ids` (n,).

    `hashes` of samples (where there are any) tell near copies, which would make a family look
    closer together than it is.
    """
    groups = members(family_of, ids.tolist())
    if not groups:
        return Relation((), None, None, None, "no_sample", words("relation.no_sample"))
    distance = np.maximum(1.0 - rows @ query, 0.0)
    ranked = []
    for family, where in groups.items():
        best = where[int(distance[where].argmin())]
        ranked.append(FamilyDistance(family, float(distance[best]), int(ids[best]), len(where)))
    ranked.sort(key=lambda row: (row.distance, row.family))
    return _weighed(tuple(ranked), groups, ids, rows, hashes)


def likelihood_ratio(
    distance: float, own: NDArray[np.float64], others: NDArray[np.float64]
) -> float:
    """log10 likelihood ratio of a distance, by logistic regression on its logarithm.

    `own` and `others` are the distances of members and of non-members to the family. A larger
    distance never speaks more for the family, and the ratio stays within what so many samples
    support (`empirical_bounds`).
    """
    x = np.log10(np.maximum(np.concatenate([others, own]), _FLOOR))
    y = np.r_[np.zeros(len(others)), np.ones(len(own))]
    design = np.column_stack([np.ones(len(x)), -x])
    beta = logistic.fit(design, y, l2=0.1, weights=logistic.balanced(y), non_negative=(1,))
    ratios = design @ beta / np.log(10)
    low, high = empirical_bounds(ratios[y == 0], ratios[y == 1])
    value = (beta[0] - beta[1] * np.log10(max(distance, _FLOOR))) / np.log(10)
    return float(np.clip(value, low, high))


def reach(own: NDArray[np.float64]) -> float:
    """The distance that holds a new member with probability `REACH` (split conformal).

    V. Vovk, A. Gammerman, G. Shafer, "Algorithmic Learning in a Random World", 2005, section 2.2:
    the ceil((n + 1) REACH)-th smallest of n exchangeable distances.
    """
    rank = min(len(own), int(np.ceil((len(own) + 1) * REACH)))
    return float(np.sort(own)[rank - 1])


def _weighed(
    ranked: tuple[FamilyDistance, ...],
    groups: dict[str, list[int]],
    ids: NDArray[np.int64],
    rows: Vectors,
    hashes: Mapping[int, phash.Hashes],
) -> Relation:
    nearest = ranked[0]
    inside = np.array(groups[nearest.family])
    outside = np.array([k for name, g in groups.items() if name != nearest.family for k in g], int)
    own = _distances(_spread(inside), inside, ids, rows, hashes)
    place = {"family": named(nearest.family), "distance": f"{nearest.distance:.3f}"}
    if len(own) < ENOUGH:
        samples = counted("samples", nearest.samples)
        few = words("relation.few", **place, samples=samples, own=len(own), enough=ENOUGH)
        return Relation(ranked, None, None, None, "few", few)
    bound = reach(own)
    if nearest.distance > bound:
        far = words("relation.unrelated", **place, share=f"{REACH:.0%}", reach=f"{bound:.3f}")
        return Relation(ranked, None, None, bound, "unrelated", far)
    others = np.zeros(0)
    if len(outside) >= ENOUGH:
        others = _distances(_spread(outside), inside, ids, rows, hashes)
    if len(others) < ENOUGH:
        kind: Kind = "copies" if len(outside) >= ENOUGH else "few_others"
        there = counted("samples", len(outside))
        lone = words(f"relation.{kind}", **place, others=there, enough=ENOUGH)
        return Relation(ranked, nearest.family, None, bound, kind, lone)
    llr = likelihood_ratio(nearest.distance, own, others)
    near = words(f"relation.related.{side(llr)}", **place, often=often(llr))
    return Relation(ranked, nearest.family, llr, bound, "related", near)


def _spread(positions: NDArray[np.int64]) -> NDArray[np.int64]:
    if len(positions) <= MEASURED:
        return positions
    chosen = np.linspace(0, len(positions) - 1, MEASURED).round().astype(int)
    return np.asarray(positions[chosen])


def _distances(
    which: NDArray[np.int64],
    family: NDArray[np.int64],
    ids: NDArray[np.int64],
    rows: Vectors,
    hashes: Mapping[int, phash.Hashes],
) -> NDArray[np.float64]:
    """Distance of each of `which` to its nearest in `family` that is neither itself nor a copy."""
    found = []
    members_rows = rows[family]
    for position in which:
        cosines = members_rows @ rows[position]
        k = min(_NEIGHBOURS, len(family))
        order = np.argpartition(-cosines, k - 1)[:k]
        for neighbour in order[np.argsort(-cosines[order], kind="stable")]:
            other = family[neighbour]
            if other != position and not _copies(ids[position], ids[other], hashes):
                found.append(max(1.0 - float(cosines[neighbour]), 0.0))
                break
    return np.array(found)


def _copies(a: Any, b: Any, hashes: Mapping[int, phash.Hashes]) -> bool:
    first, second = hashes.get(int(a)), hashes.get(int(b))
    if first is None or second is None:
        return False
    return bool(phash.distances(first, second[None])[0] <= phash.SAME)
