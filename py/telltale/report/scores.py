"""Records as a table in CSV (RFC 4180): a row per file, for spreadsheets and statistics."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any


def text(table: Iterable[tuple[str, dict[str, Any]]]) -> str:
    """One row per (file, record): hash, size, why not, the answers' log10 LR, every native score.

    Columns are those of any row, in the order in which they first come; `docs/record.md` lists
    them. Cells that a spreadsheet would run as a formula begin with an apostrophe.
    """
    rows = [_row(file, record) for file, record in table]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, restval="")
    writer.writeheader()
    writer.writerows({k: _safe(v) for k, v in row.items()} for row in rows)
    return out.getvalue()


def _row(file: str, record: dict[str, Any]) -> dict[str, Any]:
    media = record["media"]
    row: dict[str, Any] = {"file": file, "sha256": media["sha256"]}
    if "error" in record:
        return row | {"error": record["error"]["code"]}
    row |= {"error": "", "width": media["width"], "height": media["height"]}
    row["faces"] = len(record["faces"]["found"])
    for question in record["assessment"].get("questions", []):
        row[f"{question['id']} log10 LR"] = question["llr"]
        row[f"{question['id']} answer"] = f"{question['strength']} {question['side']}"
    for finding in record["findings"]:
        row[finding["detector"]] = (finding["score"] or {}).get("value")
        row[f"{finding['detector']} status"] = finding["reason"] or finding["status"]
    return row


def _safe(value: Any) -> Any:
    """A cell that a spreadsheet does not run as a formula, whatever the file is called."""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return value
