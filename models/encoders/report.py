"""Writes docs/encoders.md from the measured tables: `python -m models.encoders.report`."""

from __future__ import annotations

import csv
import json
import sys
from collections import defaultdict
from pathlib import Path

from models.encoders.history import TABLE as HISTORY
from models.encoders.measure import QUALITIES
from models.encoders.measure import TABLE as ENCODERS
from telltale.evidence.history import ALIKE

PAGE = Path(__file__).resolve().parents[2] / "docs/encoders.md"


def main() -> int:
    """Write the page."""
    PAGE.write_text(page(), "utf-8")
    return 0


def page() -> str:
    """The Markdown of the page."""
    rows = json.loads(ENCODERS.read_text("utf-8"))
    with HISTORY.open(encoding="utf-8", newline="") as file:
        savings = list(csv.DictReader(file))
    return "\n".join([*_encoders(rows), "", *_history(savings)]) + "\n"


def _encoders(rows: list[dict[str, str]]) -> list[str]:
    by_signature: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        density = {"any": "as its source", "": ""}.get(row["density"], row["density"])
        note = "; ".join(
            part
            for part in (
                f"density {density}" if density else "",
                f"signs with “{row['comment']}…”" if row["comment"] else "",
            )
            if part
        )
        for key in row["signatures"]:
            by_signature[key].append(f"{row['writer']} ({note})" if note else row["writer"])
    lines = [
        "# Encoders that were measured",
        "",
        "Written by `python -m models.encoders.report`.",
        "",
        f"{len(rows)} writers saved a made-up picture, with and without a stated resolution, at up "
        f"to {len(QUALITIES)} qualities ({', '.join(map(str, QUALITIES))}) with their other "
        "settings untouched (`python -m models.encoders.measure`). What the files of each have in "
        "common tells it from most others, but not from all: writers in one row differ in what "
        "stands in brackets or not at all, and many that are not here write the same. Messengers, "
        "social networks, telephones and cameras cannot be run by a script: of them this table "
        "says nothing.",
        "",
        "| segments up to the first scan, Huffman tables, head, quantisation tables | written by |",
        "|---|---|",
    ]
    for key in sorted(by_signature):
        lines.append(f"| {key} | {'; '.join(sorted(by_signature[key], key=str.lower))} |")
    lines += ["", "| writer | version |", "|---|---|"]
    lines += [f"| {row['writer']} | {row['version']} |" for row in rows]
    return lines


def _history(rows: list[dict[str, str]]) -> list[str]:
    ways: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        ways[row["first"], row["last"]].append(row)
    pictures = len({row["picture"] for row in rows})
    lines = [
        "## The history of savings",
        "",
        f"{pictures} simulated camera pictures of 768 x 768 pixels, saved once, or twice on the "
        "same grid (`python -m models.encoders.history`). An earlier saving counts as read right "
        f"within {ALIKE} steps of its quality. Pictures that were scaled or cropped between the "
        "two savings are not among these.",
        "",
        "| first | last | pictures | an earlier saving is named | by two tests | right |",
        "|---|---|--:|--:|--:|--:|",
    ]
    for (first, last), found in ways.items():
        named = [row for row in found if row["code"]]
        agreed = sum(row["code"] == "saved_before_agreed" for row in found)
        right = sum(bool(first) and abs(int(r["earlier"]) - int(first)) <= ALIKE for r in named)
        lines.append(
            f"| {first or 'none'} | {last} | {len(found)} | {len(named)} | {agreed} | "
            f"{right if first else ''} |"
        )
    once = [row for row in rows if not row["first"]]
    twice = [row for row in rows if row["first"]]
    wrong = sum(bool(row["code"]) for row in once)
    read = sum(
        bool(row["code"]) and abs(int(row["earlier"]) - int(row["first"])) <= ALIKE for row in twice
    )
    lines += [
        "",
        f"Saved once: an earlier saving is named in {_share(wrong, len(once))}. Saved twice: read "
        f"right in {_share(read, len(twice))}. The same {pictures} pictures went every way, so "
        "that the intervals are too narrow.",
    ]
    return lines


def _share(k: int, n: int) -> str:
    """k of n with the Wilson interval at 95 %, as if they were independent."""
    z = 1.96
    middle = (k + z * z / 2) / (n + z * z)
    reach = z * ((k * (n - k) / n + z * z / 4) ** 0.5) / (n + z * z)
    low, high = max(middle - reach, 0.0), min(middle + reach, 1.0)
    return f"{k} of {n} ({100 * low:.0f} to {100 * high:.0f} %)"


if __name__ == "__main__":
    sys.exit(main())
