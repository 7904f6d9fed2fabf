"""What the bank says of a picture as the record's section `bank`, and the traces it was asked by.

The section quotes from the bank what a reader needs to judge the answer (labels, who gave them,
methods), never notes, thumbnails or media: a record is handed on, the bank is not.
"""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Sequence
from typing import Any

import numpy as np

from telltale.analysis import Analysis
from telltale.bank import database, head, phash, seed, traces
from telltale.bank.families import families
from telltale.bank.film import FilmTraces
from telltale.bank.model import BankError, DetectorScore, Embedding, Part, Sample, Statement
from telltale.bank.relation import named
from telltale.bank.search import Answer, Neighbours, Searcher
from telltale.bank.sentences import counted, say, words
from telltale.wording import LANGUAGES, Words

#: Samples that look like the same picture are listed up to this many.
LISTED = 10


def asked(searcher: Searcher, analysis: Analysis, models: Sequence[dict[str, Any]]) -> Any:
    """Ask the bank about an analysed picture; a section of status `asked` or `empty`."""
    found = traces.embeddings(analysis.findings, models)
    hashes = analysis.scene.memo("bank.hashes", lambda: phash.hashes(analysis.media.pixels))
    answer = searcher.ask(analysis.media.sha256, hashes, found)
    return _section(searcher.connection, answer, found)


def asked_film(
    searcher: Searcher, sha256: str, film: FilmTraces, models: Sequence[dict[str, Any]]
) -> Any:
    """Ask the bank about an examined video; a section of status `asked` or `empty`."""
    parts, found = film.parts(models), film.whole(models)
    answer = searcher.ask_film(sha256, parts, found)
    frames = sum(part.kind == "frame" for part in parts)
    faces = [e for part in parts for e in part.embeddings]
    return _section(searcher.connection, answer, (*found, *faces), frames)


def _section(
    connection: sqlite3.Connection,
    answer: Answer,
    found: Sequence[Embedding],
    frames: int | None = None,
) -> dict[str, Any]:
    """The section of an answer; `frames` is how many of a video's were looked at."""
    said = _Quotes(connection)
    return {
        "status": "asked" if answer.samples else "empty",
        "words": _words(answer, said, frames),
        "state": database.state(connection),
        "samples": answer.samples,
        "same_file": said(answer.same_file),
        "same_picture": [
            {
                "sample": said(p.sample),
                "distance": p.distance,
                "by_chance": p.by_chance,
                "llr": p.llr,
                **({} if frames is None else {"frames": p.frames, "at_s": p.at_s}),
                **({} if p.sample_s is None else {"sample_s": p.sample_s}),
            }
            for p in answer.same_picture[:LISTED]
        ],
        "neighbours": [_neighbours(row, said) for row in answer.neighbours],
        "built_in": seed.related(found),
        "heads": head.said(connection, list(found)),
        "notes": list(answer.notes) if answer.samples else [],
    }


def not_asked(why: str = "") -> dict[str, Any]:
    """The section of an analysis that asked no bank: switched off, or `why` it could not."""
    said = words("answer.unavailable", why=why) if why else words("answer.off")
    return {
        "status": "unavailable" if why else "off",
        "words": said,
        "state": "",
        "samples": 0,
        "same_file": None,
        "same_picture": [],
        "neighbours": [],
        "built_in": [],
        "heads": [],
        "notes": [],
    }


def traces_json(analysis: Analysis, models: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Hashes and embeddings of a picture: with them a record can be added to a bank later."""
    hashes = analysis.scene.memo("bank.hashes", lambda: phash.hashes(analysis.media.pixels))
    return {
        "phash": {"model": phash.MODEL, "values": None if hashes is None else _text(hashes, "<u8")},
        "embeddings": [_embedding_json(e) for e in traces.embeddings(analysis.findings, models)],
    }


def film_json(film: FilmTraces, models: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The same for a video: its frames and faces are `parts`."""
    return {
        "phash": {"model": phash.MODEL, "values": None},
        "embeddings": [_embedding_json(e) for e in film.whole(models)],
        "parts": [
            {
                "kind": part.kind,
                "start_s": part.start_s,
                "end_s": part.end_s,
                "values": None if part.hashes is None else _text(part.hashes, "<u8"),
                "embeddings": [_embedding_json(e) for e in part.embeddings],
            }
            for part in film.parts(models)
        ],
    }


def sample_of(
    record: dict[str, Any], statement: Statement, thumbnail: bytes | None = None
) -> Sample:
    """The sample of a record that has traces; raises `BankError` where it has none."""
    try:
        media, kept = record["media"], record["traces"]
        comparable = kept["phash"]["model"] == phash.MODEL
        hashed = kept["phash"]["values"] if comparable else None
        return Sample(
            media["sha256"],
            media["width"],
            media["height"],
            media["format"],
            (statement,),
            None if hashed is None else _array(hashed, "<u8"),
            _embeddings(kept["embeddings"]),
            tuple(
                DetectorScore(f["detector"], f["version"], f["score"]["name"], f["score"]["value"])
                for f in record["findings"]
                if f["status"] == "ok" and f["score"] and f["score"]["value"] is not None
            ),
            thumbnail,
            tuple(_part(part, comparable) for part in kept.get("parts", [])),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BankError("The record holds no traces that could be added to the bank.") from error


def _embeddings(rows: list[dict[str, Any]]) -> tuple[Embedding, ...]:
    return tuple(Embedding(e["model"], e["model_sha256"], _array(e["vector"], "<f4")) for e in rows)


def _part(row: dict[str, Any], comparable: bool) -> Part:
    hashed = _array(row["values"], "<u8") if row["values"] and comparable else None
    embeddings = _embeddings(row["embeddings"])
    return Part(row["kind"], row["start_s"], row["end_s"], hashed, embeddings)


def _embedding_json(e: Embedding) -> dict[str, Any]:
    return {"model": e.model, "model_sha256": e.model_sha256, "vector": _text(e.vector, "<f4")}


def quoted(connection: sqlite3.Connection, sample_id: int, family: str) -> dict[str, Any]:
    """What is quoted of a sample."""
    row = connection.execute(
        "SELECT sha256, width, height, format FROM sample WHERE id = ?", (sample_id,)
    ).fetchone()
    rows = connection.execute(
        "SELECT label, said_by, method, provenance, stated, pack_id IS NULL FROM statement "
        "WHERE sample_id = ? ORDER BY id",
        (sample_id,),
    )
    keys = ("label", "said_by", "method", "provenance", "stated")
    return {
        "id": sample_id,
        **dict(zip(("sha256", "width", "height", "format"), row, strict=True)),
        "family": family,
        "statements": [dict(zip(keys, r[:5], strict=True)) | {"own": bool(r[5])} for r in rows],
    }


class _Quotes:
    """`quoted` for several samples of one bank, each read once."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._read: dict[int, dict[str, Any]] = {}

    def __call__(self, sample_id: int | None) -> dict[str, Any] | None:
        if sample_id is None:
            return None
        if sample_id not in self._read:
            family = families(self._connection, [sample_id]).get(sample_id, "")
            self._read[sample_id] = quoted(self._connection, sample_id, family)
        return self._read[sample_id]


def _neighbours(row: Neighbours, said: _Quotes) -> dict[str, Any]:
    relation = row.relation
    return {
        "model": row.model,
        "model_sha256": row.model_sha256,
        **({} if row.face is None else {"face": row.face}),
        "kind": relation.kind,
        "family": relation.family,
        "llr": relation.llr,
        "reach": relation.reach,
        "words": relation.words,
        "families": [
            {"name": named(f.family), "distance": f.distance, "samples": f.samples}
            for f in relation.families[:LISTED]
        ],
        "nearest": [{"sample": said(i), "distance": distance} for i, distance in row.nearest],
    }


def _words(answer: Answer, said: _Quotes, frames: int | None) -> Words:
    """The one line of the section."""
    if not answer.samples:
        return words("answer.empty")
    if answer.same_file is not None:
        return words("answer.same_file", said=_labels(said(answer.same_file)))
    if answer.same_picture and frames is not None:
        nearest = answer.same_picture[0]
        labels = _labels(said(nearest.sample))
        return counted("answer.same_frames", nearest.frames, all=frames, said=labels)
    if answer.same_picture:
        return words("answer.same_picture", said=_labels(said(answer.same_picture[0].sample)))
    relations = [row.relation for row in answer.neighbours]
    related = [r.family for r in relations if r.kind == "related" and r.family]
    if related:
        return words("answer.related", family=named(related[0]))
    if any(r.kind == "unrelated" for r in relations):
        return words("answer.unrelated")
    return words("answer.unknown")


def _labels(quote: dict[str, Any] | None) -> Words:
    """Who says what of a sample."""
    out: Words = {}
    for language in LANGUAGES:
        parts = [
            say(
                "said.method" if s["method"] else "said",
                language,
                said_by=s["said_by"],
                method=s["method"],
                label=say(f"label.{s['label']}", language),
            )
            for s in (quote or {"statements": []})["statements"]
        ]
        out[language] = "; ".join(dict.fromkeys(parts))
    return out


def _text(values: Any, dtype: str) -> str:
    return base64.b64encode(np.asarray(values).astype(dtype).tobytes()).decode("ascii")


def _array(text: str, dtype: str) -> Any:
    return np.frombuffer(base64.b64decode(text, validate=True), dtype).astype(dtype[1:])
