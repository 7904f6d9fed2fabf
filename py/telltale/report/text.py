"""A record as plain text for a terminal."""

from __future__ import annotations

import textwrap
from typing import Any

from telltale.report import bank, lanes
from telltale.report.language import Language, language
from telltale.report.verdict import as_text

#: In the order in which they are shown.
FAMILIES = ("learned", "forensic", "biological", "provenance")


def summary(record: dict[str, Any], lang: str = "en") -> str:
    """What a person reads first: the file, the assessment, every finding by family.

    `lang` is one of `telltale.report.language.LANGUAGES`.
    """
    words = language(lang)
    media = record["media"]
    lines = [_plain(media["name"]), f"  SHA-256 {media['sha256']}"]
    if "error" in record:
        why = _plain(_said(record["error"]["sentence"], words))
        return "\n".join([*lines, f"  {words.say('not_examined')}{why}", ""])
    lines.append(
        f"  {media['format']}, {media['width']} x {media['height']}, "
        f"{words.say('bytes', n=words.number(int(media['size_bytes'])))}; "
        f"{words.say('rung')}: {words.named('rung', media['rung'])}"
    )
    lines += [f"  ! {_plain(_said(n, words))}" for n in [*media["notes"], *record["warnings"]]]
    titles = {f["detector"]: _said(f["card"]["title"], words) for f in record["findings"]}
    for line in as_text(record["assessment"], lang, titles):
        lines += _wrap(_said(line, words), "  ")
    for line in bank.as_text(record.get("bank"), lang):
        lines += _wrap(line, "  ")
    if "video" in record:
        lines += [f"  {line}" for line in lanes.as_text(record["video"])]
    for family in FAMILIES:
        findings = [f for f in record["findings"] if f["family"] == family]
        if findings:
            lines += ["", f"  {words.named('family', family)}"]
        for finding in findings:
            lines += _finding(finding, words)
    return "\n".join([*lines, ""])


def _finding(finding: dict[str, Any], words: Language) -> list[str]:
    title = _said(finding["card"]["title"], words)
    mark = {"ok": "*", "not_applicable": "-", "failed": "!", "cancelled": "x"}[finding["status"]]
    score = finding["score"]
    number = ""
    if score and score["value"] is not None:
        unit = f" {_said(score['unit'], words)}" if score["unit"] else ""
        name = _said(score["name"], words)
        number = f" [{name}: {words.number(float(score['value']))}{unit}]"
    said = _said(finding["sentence"], words)
    if finding.get("unreviewed"):
        title = f"{title} ({words.say('unreviewed')})"
    return [f"    {mark} {title}{number}", *_wrap(said, "        ")]


def _said(text: str, words: Language) -> str:
    return words.translate(text) or text


def _wrap(text: str, indent: str) -> list[str]:
    return textwrap.wrap(_plain(text), 96, initial_indent=indent, subsequent_indent=indent)


def _plain(text: str) -> str:
    """Text from a file without control characters, which could drive a terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
