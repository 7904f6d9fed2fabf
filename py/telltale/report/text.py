"""A record as plain text for a terminal."""

from __future__ import annotations

import textwrap
from typing import Any

from telltale.report import bank, lanes
from telltale.report.verdict import as_text

FAMILY_TITLES = {
    "learned": "Learned systems",
    "forensic": "Forensic image analysis",
    "biological": "Biological signals",
    "provenance": "Provenance",
}


def summary(record: dict[str, Any]) -> str:
    """What a person reads first: the file, the assessment, every finding by family."""
    media = record["media"]
    lines = [_plain(media["name"]), f"  SHA-256 {media['sha256']}"]
    if "error" in record:
        return "\n".join([*lines, f"  Not examined: {_plain(record['error']['sentence'])}", ""])
    lines.append(
        f"  {media['format']}, {media['width']} x {media['height']} pixels, "
        f"{media['size_bytes']:,} bytes, obtained as: {media['rung']}"
    )
    lines += [f"  Note: {_plain(note)}" for note in [*media["notes"], *record["warnings"]]]
    for line in as_text(record["assessment"]):
        lines += _wrap(line, "  ")
    for line in bank.as_text(record.get("bank")):
        lines += _wrap(line, "  ")
    if "video" in record:
        lines += [f"  {line}" for line in lanes.as_text(record["video"])]
    for family, title in FAMILY_TITLES.items():
        findings = [f for f in record["findings"] if f["family"] == family]
        if findings:
            lines += ["", f"  {title}"]
        for finding in findings:
            lines += _finding(finding)
    return "\n".join([*lines, ""])


def _finding(finding: dict[str, Any]) -> list[str]:
    title = finding["card"]["title"]
    mark = {"ok": "*", "not_applicable": "-", "failed": "!", "cancelled": "x"}[finding["status"]]
    score = finding["score"]
    number = ""
    if score and score["value"] is not None:
        unit = f" {score['unit']}" if score["unit"] else ""
        number = f" [{score['name']}: {score['value']:.4g}{unit}]"
    return [f"    {mark} {title}{number}", *_wrap(finding["sentence"], "        ")]


def _wrap(text: str, indent: str) -> list[str]:
    return textwrap.wrap(_plain(text), 96, initial_indent=indent, subsequent_indent=indent)


def _plain(text: str) -> str:
    """Text from a file without control characters, which could drive a terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
