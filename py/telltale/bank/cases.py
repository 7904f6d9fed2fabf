"""Cases: a history of analyses that the person wants kept, with notes and tags, in the bank's file.

A record is kept whole but for its maps, which are drawn again when the file is examined again.
The picture itself is not kept; a thumbnail is where it is wanted. Nothing is kept unasked.
"""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
import zlib
from collections.abc import Iterable
from typing import Any

from telltale.bank import thumbnails
from telltale.bank.database import compact, transaction
from telltale.bank.model import MAX_NOTE, MAX_TEXT, BankError, inert, now
from telltale.wording import LANGUAGES, Words

#: The largest record that is kept, as JSON.
MAX_RECORD_BYTES = 32 * 2**20
MAX_TAGS = 20
#: Analyses on one page of the history.
PAGE = 200
_EPOCH = (1980, 1, 1, 0, 0, 0)


def keep(
    connection: sqlite3.Connection,
    record: dict[str, Any],
    *,
    case: str = "",
    note: str = "",
    tags: Iterable[str] = (),
    thumbnail: bytes | None = None,
) -> int:
    """Keep an analysis, in the case of that name where one is named; returns its number.

    The same analysis (file and time) is kept once; case, note and tags are then what was said
    last. Raises `BankError`.
    """
    slim = {
        **record,
        "findings": [{**finding, "maps": []} for finding in record.get("findings", [])],
    }
    text = json.dumps(slim, ensure_ascii=False, allow_nan=False).encode()
    if len(text) > MAX_RECORD_BYTES:
        raise BankError(f"Records of more than {MAX_RECORD_BYTES:,} bytes are not kept.")
    media = record["media"]
    sha256, created = str(media["sha256"]), str(record["created"])
    values = {
        "sha256": sha256,
        "name": inert(str(media["name"])[:MAX_TEXT]),
        "created": created,
        "verdict": json.dumps(_verdict(record), ensure_ascii=False),
        "record": zlib.compress(text, 6),
        "thumbnail": None if thumbnail is None else thumbnails.redrawn(thumbnail),
    }
    with transaction(connection):
        connection.execute(
            "INSERT INTO analysis (sha256, name, created, verdict, note, thumbnail, record) "
            "VALUES (:sha256, :name, :created, :verdict, '', :thumbnail, :record) "
            "ON CONFLICT (sha256, created) DO UPDATE SET "
            "thumbnail = coalesce(excluded.thumbnail, thumbnail)",
            values,
        )
        number = number_of(connection, sha256, created)
        assert number is not None
        annotate(connection, number, case=case, note=note, tags=tags)
    return number


def number_of(connection: sqlite3.Connection, sha256: str, created: str) -> int | None:
    """The number of the kept analysis of this file and time, or None."""
    query = "SELECT id FROM analysis WHERE sha256 = ? AND created = ?"
    row = connection.execute(query, (sha256, created)).fetchone()
    return None if row is None else int(row[0])


def annotate(
    connection: sqlite3.Connection,
    number: int,
    *,
    case: str = "",
    note: str = "",
    tags: Iterable[str] = (),
) -> None:
    """Say anew to which case an analysis belongs, its note and its tags; raises `BankError`."""
    clean = sorted({inert(tag)[:MAX_TEXT] for tag in tags} - {""})
    if len(clean) > MAX_TAGS:
        raise BankError(f"An analysis has at most {MAX_TAGS} tags.")
    with transaction(connection):
        case_id = _case(connection, inert(case)) if case.strip() else None
        changed = connection.execute(
            "UPDATE analysis SET case_id = ?, note = ? WHERE id = ?",
            (case_id, inert(note, MAX_NOTE, lines=True), number),
        ).rowcount
        if not changed:
            raise BankError(f"There is no kept analysis {number}.")
        connection.execute("DELETE FROM tag WHERE analysis_id = ?", (number,))
        connection.executemany("INSERT INTO tag VALUES (?, ?)", [(number, tag) for tag in clean])


def history(
    connection: sqlite3.Connection,
    *,
    search: str = "",
    case: int | None = None,
    offset: int = 0,
    limit: int = PAGE,
) -> dict[str, Any]:
    """Kept analyses, newest first: `search` in names, notes, tags, verdicts and hashes.

    A verdict is said in every language that its record has it in.
    """
    where, values = ["1"], list[Any]()
    if case is not None:
        where.append("case_id = ?")
        values.append(case)
    if search:
        literal = "".join(f"!{c}" if c in "!%_" else c for c in search)
        where.append(
            "(analysis.name || char(10) || analysis.note || char(10) || verdict || char(10) || "
            "analysis.sha256 || char(10) || coalesce(case_file.name, '') || char(10) || "
            "coalesce((SELECT group_concat(tag, char(10)) FROM tag WHERE analysis_id = "
            "analysis.id), '') LIKE ? ESCAPE '!')"
        )
        values.append(f"%{literal}%")
    tables = "FROM analysis LEFT JOIN case_file ON case_file.id = case_id"
    condition = f"{tables} WHERE {' AND '.join(where)}"
    (total,) = connection.execute(f"SELECT count(*) {condition}", values).fetchone()
    rows = connection.execute(
        "SELECT analysis.id, analysis.sha256, analysis.name, analysis.created, verdict, "
        "analysis.note, case_file.name, thumbnail IS NOT NULL "
        f"{condition} ORDER BY analysis.created DESC, analysis.id DESC LIMIT ? OFFSET ?",
        [*values, min(limit, PAGE), offset],
    )
    keys = ("id", "sha256", "name", "created", "verdict", "note", "case", "thumbnail")
    found = [dict(zip(keys, row, strict=True)) for row in rows.fetchall()]
    for row in found:
        row["verdict"] = _said(connection, row["id"], row["verdict"])
        row["thumbnail"] = bool(row["thumbnail"])
        row["tags"] = _tags(connection, row["id"])
    cases = connection.execute(
        "SELECT id, name, created, (SELECT count(*) FROM analysis WHERE case_id = case_file.id) "
        "FROM case_file ORDER BY name"
    )
    listed = [dict(zip(("id", "name", "created", "analyses"), row, strict=True)) for row in cases]
    return {"total": total, "analyses": found, "cases": listed}


def record_of(connection: sqlite3.Connection, number: int) -> dict[str, Any]:
    """The kept record, without maps; raises `BankError` where there is none."""
    query = "SELECT record FROM analysis WHERE id = ?"
    row = connection.execute(query, (number,)).fetchone()
    if row is None:
        raise BankError(f"There is no kept analysis {number}.")
    document: dict[str, Any] = json.loads(zlib.decompress(row[0]))
    return document


def thumbnail_of(connection: sqlite3.Connection, number: int) -> bytes | None:
    """The JPEG kept with an analysis, or None."""
    row = connection.execute("SELECT thumbnail FROM analysis WHERE id = ?", (number,)).fetchone()
    return row[0] if row else None


def delete(
    connection: sqlite3.Connection,
    numbers: Iterable[int] = (),
    case: int | None = None,
    *,
    everything: bool = False,
) -> int:
    """Delete analyses, or a case with all of its own, for good; returns how many analyses."""
    with transaction(connection):
        chosen = list(numbers)
        if everything:
            chosen = [n for (n,) in connection.execute("SELECT id FROM analysis")]
        if case is not None:
            query = "SELECT id FROM analysis WHERE case_id = ?"
            chosen += [n for (n,) in connection.execute(query, (case,))]
            connection.execute("DELETE FROM case_file WHERE id = ?", (case,))
        for number in chosen:
            connection.execute("DELETE FROM analysis WHERE id = ?", (number,))
        # a case without analyses is a name nobody can see
        connection.execute(
            "DELETE FROM case_file WHERE NOT EXISTS "
            "(SELECT 1 FROM analysis WHERE case_id = case_file.id)"
        )
    compact(connection)
    return len(chosen)


def export(connection: sqlite3.Connection) -> bytes:
    """Everything that is kept, as a ZIP: `cases.json` and each record; raises `BankError`."""
    numbers = [n for (n,) in connection.execute("SELECT id FROM analysis ORDER BY id")]
    if not numbers:
        raise BankError("Nothing is kept that could be exported.")
    document = {"format": "telltale-cases/1", **_everything(connection)}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        _write(archive, "cases.json", json.dumps(document, ensure_ascii=False, indent=1).encode())
        for number in numbers:
            text = json.dumps(record_of(connection, number), ensure_ascii=False, indent=1)
            _write(archive, f"records/{number}.json", text.encode())
            picture = thumbnail_of(connection, number)
            if picture:
                _write(archive, f"thumbnails/{number}.jpg", picture)
    return buffer.getvalue()


def _everything(connection: sqlite3.Connection) -> dict[str, Any]:
    first = history(connection)
    rows = list(first["analyses"])
    while len(rows) < first["total"]:
        rows += history(connection, offset=len(rows))["analyses"]
    return {"analyses": rows, "cases": first["cases"]}


def _write(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, content)


def _case(connection: sqlite3.Connection, name: str) -> int:
    """The number of the case of that name, which is made where there is none."""
    connection.execute(
        "INSERT OR IGNORE INTO case_file (name, note, created) VALUES (?, '', ?)", (name, now())
    )
    query = "SELECT id FROM case_file WHERE name = ?"
    return int(connection.execute(query, (name,)).fetchone()[0])


def _tags(connection: sqlite3.Connection, number: int) -> list[str]:
    query = "SELECT tag FROM tag WHERE analysis_id = ? ORDER BY tag"
    return [tag for (tag,) in connection.execute(query, (number,))]


def _said(connection: sqlite3.Connection, number: int, verdict: str) -> Words:
    """The verdict of a row; banks once kept its English alone, their records hold the others."""
    if not verdict.startswith("{"):
        return _verdict(record_of(connection, number))
    words: Words = json.loads(verdict)
    return words


def _verdict(record: dict[str, Any]) -> Words:
    """The verdict of a record, or why there is none, in every language that it stands in."""
    if "error" in record:
        words = {"en": record["error"]["sentence"]}
    else:
        assessment = record["assessment"]
        # `words` where there is no verdict, as of most videos
        said = assessment.get("verdict") or assessment.get("words") or {}
        words = {"en": assessment["sentence"], **said}
    return {c: inert(str(words[c])[:MAX_NOTE], MAX_NOTE) for c in LANGUAGES if c in words}
