"""The built-in families: prototypes of what our own models were trained on, no pictures.

They are known before anything is added. A prototype is a mean of many embeddings and shows nobody.
Prototypes and what their distances are worth belong to the weights of one model, by its SHA-256:
`models/bank/families.py` makes and measures them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from telltale.bank.model import Embedding
from telltale.bank.sentences import SENTENCES, often, side, words
from telltale.detectors._shared.prototypes import Prototypes, Relation, relate
from telltale.wording import LANGUAGES, Words

#: Distances below this are rounding errors.
FLOOR = 1e-4


@dataclass(frozen=True, slots=True)
class Calibration:
    """The log10 likelihood ratio of a distance to a family.

    `offset - slope * log10(distance)`, within `low` and `high`, which are what the `own` and
    `others` pictures support whose distances were measured.
    """

    offset: float
    slope: float
    low: float
    high: float
    own: int
    others: int

    def llr(self, distance: float) -> float:
        """Of a cosine distance, 0 to 2; it never rises with the distance."""
        value = self.offset - self.slope * float(np.log10(max(distance, FLOOR)))
        return float(np.clip(value, self.low, self.high))


@dataclass(frozen=True, slots=True)
class Seed:
    """Prototypes that belong to one model, told apart by its SHA-256.

    `families` weigh "it is of this family" against "it is of another one", for the families of
    which enough pictures were measured. `overall` weighs "the nearest family is its own" against
    "its own is another, or one that the bank does not know". Both are of these very weights;
    without a measurement there is none.
    """

    model: str
    model_sha256: str
    prototypes: Prototypes
    overall: Calibration | None
    families: Mapping[str, Calibration]


def seeds() -> tuple[Seed, ...]:
    """The built-in families of every model that has some."""
    return tuple(seed for model in stored() if (seed := seed_of(model)) is not None)


def seed_of(model: str) -> Seed | None:
    """The built-in families of a model; None where it has none."""
    row = stored().get(model, {})
    if model == "generated_image":
        from telltale.detectors.learned import generated_image

        sha256, prototypes = str(generated_image.stored()["model_sha256"]), generated_image.bank()
    elif "prototypes" in row:
        sha256, prototypes = row["model_sha256"], _prototypes(row)
    else:
        return None
    if row.get("model_sha256") != sha256:
        return Seed(model, sha256, prototypes, None, {})
    families = {name: Calibration(**one) for name, one in row["families"].items()}
    return Seed(model, sha256, prototypes, Calibration(**row["overall"]), families)


@cache
def stored() -> dict[str, Any]:
    """What `models/bank/families.py` wrote, by model."""
    text = files("telltale.bank").joinpath("stored/families.json").read_text("utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def related(embeddings: Sequence[Embedding]) -> list[dict[str, Any]]:
    """How each embedding relates to the built-in families of its model, as the record says it."""
    known = {(s.model, s.model_sha256): s for s in seeds()}
    found = []
    for e in embeddings:
        seed = known.get((e.model, e.model_sha256))
        if seed is None or len(e.vector) != seed.prototypes.vectors.shape[1]:
            continue
        relation = relate(e.vector, seed.prototypes)
        nearest, distance = relation.distances[0]
        calibration = seed.families.get(nearest, seed.overall)
        llr = None if calibration is None else calibration.llr(distance)
        found.append(
            {
                "model": e.model,
                "model_sha256": e.model_sha256,
                "family": relation.family,
                "llr": llr,
                "reach": seed.prototypes.reach,
                "words": _words(seed, relation, llr),
                "families": [
                    {"name": names(name), "distance": max(far, 0.0)}
                    for name, far in relation.distances
                ],
            }
        )
    return found


def names(family: str) -> Words:
    """A built-in family's name for a person; as it is where it is nobody's language."""
    key = f"seed.family.{family}"
    return words(key) if key in SENTENCES else dict.fromkeys(LANGUAGES, family)


def _words(seed: Seed, relation: Relation, llr: float | None) -> Words:
    """Where it lies, and how often pictures of that family and others lie so."""
    family, distance = relation.distances[0]
    place = {"family": names(family), "distance": f"{max(distance, 0.0):.3f}"}
    reach = f"{seed.prototypes.reach:.3f}"
    said = words("seed.near" if relation.family else "seed.none", reach=reach, **place)
    if llr is None:
        more = words("seed.uncalibrated")
    else:
        which = "family" if family in seed.families else "overall"
        more = words(f"seed.{which}.{side(llr)}", often=often(llr))
    return {language: f"{said[language]} {more[language]}" for language in LANGUAGES}


def _prototypes(row: dict[str, Any]) -> Prototypes:
    rows = row["prototypes"]
    return Prototypes(
        np.array([one["vector"] for one in rows], np.float32),
        tuple(one["name"] for one in rows),
        tuple(one["family"] for one in rows),
        float(row["reach"]),
    )
