"""Taking in what `cases.export` wrote, which may come from an enemy: all of it, or nothing."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from typing import Any

from telltale.bank import cases
from telltale.bank.database import transaction
from telltale.bank.model import BankError
from telltale.bank.packread import MAX_PACK_BYTES
from telltale.bank.zipread import PackError, parsed, require, unpacked
from telltale.report.versions import NotARecord, upgrade

FORMAT = "telltale-cases/1"
_MEMBER = re.compile(r"cases\.json|records/[1-9]\d{0,8}\.json|thumbnails/[1-9]\d{0,8}\.jpg")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class Imported:
    """How many analyses the file held, and how many of them were new."""

    analyses: int
    new: int


@dataclass(frozen=True, slots=True)
class _Kept:
    record: dict[str, Any]
    case: str
    note: str
    tags: tuple[str, ...]
    thumbnail: bytes | None


def import_cases(connection: sqlite3.Connection, data: bytes) -> Imported:
    """Merge exported cases into the history; an analysis that is there stays as it is.

    Raises `PackError` where the file is refused; then nothing was stored.
    """
    found = read(data)
    new = 0
    with transaction(connection):
        for one in found:
            media = one.record["media"]
            if cases.number_of(connection, media["sha256"], one.record["created"]) is not None:
                continue
            try:
                cases.keep(
                    connection,
                    one.record,
                    case=one.case,
                    note=one.note,
                    tags=one.tags,
                    thumbnail=one.thumbnail,
                )
            except PackError:
                raise
            except BankError as error:
                raise PackError(f"The pack is refused: {error}") from error
            new += 1
    return Imported(len(found), new)


def read(data: bytes) -> list[_Kept]:
    """The analyses of an export, checked; raises `PackError` and nothing else."""
    require(len(data) <= MAX_PACK_BYTES, f"it has more than {MAX_PACK_BYTES:,} bytes")
    members = unpacked(data, _MEMBER)
    document = parsed(members, "cases.json")
    require(isinstance(document, dict), "cases.json is no object")
    require(document.get("format") == FORMAT, f"its format is not {FORMAT}")
    rows = document.get("analyses")
    require(isinstance(rows, list) and len(rows) > 0, "it holds no analysis")
    numbers = [row.get("id") if isinstance(row, dict) else None for row in rows]
    require(all(type(n) is int for n in numbers), "an analysis has no number")
    require(len(set(numbers)) == len(numbers), "an analysis is in it twice")
    wanted = {f"records/{n}.json" for n in numbers}
    there = {name for name in members if name.startswith("records/")}
    require(wanted == there, "its records are not those of its list")
    pictures = {f"thumbnails/{n}.jpg" for n in numbers}
    require(members.keys() - {"cases.json"} - wanted <= pictures, "a thumbnail belongs to nothing")
    return [_kept(row, members) for row in rows]


def _kept(row: dict[str, Any], members: dict[str, bytes]) -> _Kept:
    record = _record(parsed(members, f"records/{row['id']}.json"))
    case, note = row.get("case") or "", row.get("note", "")
    require(isinstance(case, str) and isinstance(note, str), "a text is expected")
    tags = row.get("tags", [])
    require(isinstance(tags, list) and all(isinstance(t, str) for t in tags), "tags are no texts")
    return _Kept(record, case, note, tuple(tags), members.get(f"thumbnails/{row['id']}.jpg"))


def _record(document: Any) -> dict[str, Any]:
    """A record whose main parts are what views expect; its texts are shown as texts only."""
    try:
        record = upgrade(document)
    except NotARecord as error:
        raise PackError(f"The pack is refused: a record is none ({error}).") from error
    media = record["media"]
    require(bool(_SHA256.fullmatch(media["sha256"])), "the SHA-256 is not 64 hexadecimal digits")
    require(isinstance(media.get("name"), str), "a record names no file")
    created = record.get("created")
    require(isinstance(created, str) and bool(_TIME.fullmatch(created)), "a record has no time")
    if "error" in record:
        _says(record["error"], "a refusal says nothing")
        return record
    findings = record.get("findings")
    listed = isinstance(findings, list) and all(isinstance(one, dict) for one in findings)
    require(listed, "the findings of a record are no list")
    assessment = _says(record.get("assessment"), "a record has no assessment")
    said = (assessment.get(key, {}) for key in ("verdict", "words"))
    require(all(isinstance(one, dict) for one in said), "a record has an odd verdict")
    return record


def _says(value: Any, why: str) -> dict[str, Any]:
    """An object with a sentence."""
    require(isinstance(value, dict) and isinstance(value.get("sentence"), str), why)
    return dict(value)
