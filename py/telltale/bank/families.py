"""Which family a sample belongs to, by what was said of it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping

#: The family of what is confirmed as a camera's, and of fakes whose method nobody named.
CAMERA, UNNAMED = "camera", "unnamed method"
#: What came of statements that contradict each other, or only suspect: no family.
DISPUTED, SUSPECTED = "disputed", "suspected"
NO_FAMILY = frozenset({DISPUTED, SUSPECTED})


def families(
    connection: sqlite3.Connection, sample_ids: Iterable[int] | None = None
) -> dict[int, str]:
    """The family of every sample, or of these; `NO_FAMILY` holds those that count for none.

    The user's own statements outrank those of imported packs. Among statements of equal rank,
    confirmed ones outrank suspicions; confirmed ones that contradict each other are a dispute.
    """
    where, values = "", []
    if sample_ids is not None:
        where = "WHERE sample_id IN (SELECT value FROM json_each(?))"
        values = [json.dumps([int(i) for i in sample_ids])]
    rows = connection.execute(
        f"SELECT sample_id, label, method, pack_id IS NULL FROM statement {where} "
        "ORDER BY sample_id",
        values,
    )
    said: dict[int, tuple[bool, set[str]]] = {}
    for sample_id, label, method, own in rows:
        name = {"real": CAMERA, "suspected": SUSPECTED}.get(label) or method.lower() or UNNAMED
        rank, names = said.setdefault(sample_id, (bool(own), set()))
        if own and not rank:
            said[sample_id] = True, {name}
        elif bool(own) == rank:
            names.add(name)
    return {sample_id: _agreed(names) for sample_id, (_, names) in said.items()}


def members(of: Mapping[int, str], sample_ids: Iterable[int]) -> dict[str, list[int]]:
    """Positions in `sample_ids` of the samples of each family that counts, families in order."""
    found: dict[str, list[int]] = {}
    for position, sample_id in enumerate(sample_ids):
        family = of.get(sample_id, SUSPECTED)
        if family not in NO_FAMILY:
            found.setdefault(family, []).append(position)
    return dict(sorted(found.items()))


def _agreed(names: set[str]) -> str:
    confirmed = names - {SUSPECTED}
    # an unnamed method does not contradict a named one
    if len(confirmed) > 1 and CAMERA not in confirmed:
        confirmed -= {UNNAMED}
    if not confirmed:
        return SUSPECTED
    return confirmed.pop() if len(confirmed) == 1 else DISPUTED
