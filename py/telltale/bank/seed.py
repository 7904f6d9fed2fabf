"""The built-in families: prototypes of what our own models were trained on, no pictures.

They are known before anything is added. A prototype is a mean of many embeddings and shows nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from telltale.bank.model import Embedding
from telltale.bank.sentences import LANGUAGES, SENTENCES, Words, words
from telltale.detectors._shared.prototypes import Prototypes, relate


@dataclass(frozen=True, slots=True)
class Seed:
    """Prototypes that belong to one model, told apart by its SHA-256."""

    model: str
    model_sha256: str
    prototypes: Prototypes


def seeds() -> tuple[Seed, ...]:
    """The built-in families of every model that has some."""
    from telltale.detectors.learned import generated_image

    sha256 = str(generated_image.stored()["model_sha256"])
    return (Seed(generated_image.CARD.id, sha256, generated_image.bank()),)


def related(embeddings: Sequence[Embedding]) -> list[dict[str, Any]]:
    """How each embedding relates to the built-in families of its model, as the record says it."""
    known = {(s.model, s.model_sha256): s for s in seeds()}
    found = []
    for e in embeddings:
        seed = known.get((e.model, e.model_sha256))
        if seed is None or len(e.vector) != seed.prototypes.vectors.shape[1]:
            continue
        relation = relate(e.vector, seed.prototypes)
        family, distance = relation.distances[0]
        said = words(
            "seed.near" if relation.family else "seed.none",
            family=names(family),
            distance=f"{distance:.3f}",
            reach=f"{seed.prototypes.reach:.3f}",
        )
        found.append(
            {
                "model": e.model,
                "model_sha256": e.model_sha256,
                "family": relation.family,
                "reach": seed.prototypes.reach,
                "words": said,
                "families": [
                    {"name": names(name), "distance": far} for name, far in relation.distances
                ],
            }
        )
    return found


def names(family: str) -> Words:
    """A built-in family's name for a person; as it is where it is nobody's language."""
    key = f"seed.family.{family}"
    return words(key) if key in SENTENCES else dict.fromkeys(LANGUAGES, family)
