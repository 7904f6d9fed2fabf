"""Reading records, also those that an earlier version wrote."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from telltale.report.record import SCHEMA

Record = dict[str, Any]


class NotARecord(Exception):
    """The file cannot be read as a record; `str()` says why."""


def read_records(text: str) -> list[Record]:
    """The records of a JSON document, one or a list, in today's form; raises `NotARecord`."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotARecord(f"it is not JSON ({str(error)[:80]})") from None
    records = [upgrade(one) for one in (document if isinstance(document, list) else [document])]
    if not records:
        raise NotARecord("it holds no record")
    return records


def upgrade(record: Any) -> Record:
    """A record in today's form; nothing that the earlier form lacked is made up.

    `upgraded_from` names the form in which it was written. Raises `NotARecord` for what is no
    record, and for records of a later version.
    """
    schema = record.get("schema") if isinstance(record, dict) else None
    match = re.fullmatch(r"telltale-record/(\d{1,6})", schema) if isinstance(schema, str) else None
    if match is None:
        raise NotARecord(f"its schema is not {SCHEMA}")
    media = record.get("media")
    if not isinstance(media, dict) or not isinstance(media.get("sha256"), str):
        raise NotARecord("it names no hash of a file")
    today = int(SCHEMA.rpartition("/")[2])
    if int(match[1]) > today:
        raise NotARecord(
            f"a later version of Telltale wrote it ({schema}; this one reads {SCHEMA})"
        )
    for number in range(int(match[1]), today):
        if number not in _STEPS:
            raise NotARecord(f"its schema {schema} is unknown")
        record = _STEPS[number](record)
    return dict(record)


def _from_1(record: Record) -> Record:
    """Form 2 added hashes of code, pixels and detectors, parameters, libraries and the start."""
    origin = record.get("upgraded_from", record["schema"])
    return {**record, "schema": "telltale-record/2", "upgraded_from": origin}


#: From the form of this number to the next.
_STEPS: dict[int, Callable[[Record], Record]] = {1: _from_1}
