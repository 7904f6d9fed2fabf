"""The content of a bank for people to read: pages of samples, and what there is of everything."""

from __future__ import annotations

import sqlite3
from collections import Counter
from typing import Any

from telltale.bank import database, section, store, vectors
from telltale.bank.families import families
from telltale.bank.relation import named

#: Samples on one page of a listing, at most.
PAGE = 200


def listed(
    connection: sqlite3.Connection,
    *,
    search: str = "",
    label: str = "",
    offset: int = 0,
    limit: int = PAGE,
) -> dict[str, Any]:
    """Samples, newest first, with everything said of them; `total` counts all that match.

    `search` is looked for in methods, names, provenances, notes and at the start of hashes.
    """
    where, values = ["1"], []
    if label:
        where.append("sample.id IN (SELECT sample_id FROM statement WHERE label = ?)")
        values.append(label)
    if search:
        pattern = f"%{_literal(search)}%"
        where.append(
            "(sample.sha256 LIKE ? ESCAPE '!' OR sample.id IN (SELECT sample_id FROM statement "
            "WHERE method || char(10) || said_by || char(10) || provenance || char(10) || note "
            "LIKE ? ESCAPE '!'))"
        )
        values += [pattern[1:], pattern]
    condition = " AND ".join(where)
    (total,) = connection.execute(
        f"SELECT count(*) FROM sample WHERE {condition}", values
    ).fetchone()
    rows = connection.execute(
        f"SELECT id, added, thumbnail IS NOT NULL, "
        f"EXISTS (SELECT 1 FROM media WHERE sample_id = sample.id) "
        f"FROM sample WHERE {condition} ORDER BY id DESC LIMIT ? OFFSET ?",
        [*values, min(limit, PAGE), offset],
    ).fetchall()
    of = families(connection, [row[0] for row in rows])
    return {
        "total": total,
        "samples": [
            section.quoted(connection, number, of.get(number, ""))
            | {"added": added, "thumbnail": bool(thumbnail), "medium": bool(medium)}
            | {"notes": [s.note for s in store.statements_of(connection, number) if s.note]}
            for number, added, thumbnail, medium in rows
        ],
    }


def stats(connection: sqlite3.Connection) -> dict[str, Any]:
    """How much there is of what, and how large the bank is."""
    labels = dict(
        connection.execute("SELECT label, count(DISTINCT sample_id) FROM statement GROUP BY label")
    )
    counted = Counter(families(connection).values())
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    return {
        "samples": store.count(connection),
        "labels": labels,
        "families": [
            {"id": name, "name": named(name), "samples": n} for name, n in counted.most_common()
        ],
        "models": [
            {"model": s.model, "model_sha256": s.model_sha256, "vectors": _used(connection, s)}
            for s in vectors.spaces(connection, "embedding")
        ],
        "media": connection.execute("SELECT count(*) FROM media").fetchone()[0],
        "packs": packs(connection),
        "bytes": pages * size,
        "state": database.state(connection),
    }


def packs(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """Imported packs, with how many samples carry a statement of theirs."""
    rows = connection.execute(
        "SELECT sha256, origin, imported, signer, "
        "(SELECT count(DISTINCT sample_id) FROM statement WHERE pack_id = pack.id) "
        "FROM pack ORDER BY id"
    )
    keys = ("sha256", "origin", "imported", "signer", "samples")
    return [dict(zip(keys, row, strict=True)) for row in rows]


def _used(connection: sqlite3.Connection, space: vectors.Space) -> int:
    query = "SELECT coalesce(sum(used), 0) FROM block WHERE space_id = ?"
    return int(connection.execute(query, (space.id,)).fetchone()[0])


def _literal(text: str) -> str:
    """The text for LIKE, with its wildcards made literal."""
    return "".join(f"!{c}" if c in "!%_" else c for c in text)
