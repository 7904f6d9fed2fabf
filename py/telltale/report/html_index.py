"""What a report holds at a glance: its files, and of each its tests and where they lie on a scale.

Links on a screen and in a PDF; on paper the numbers of the tests lead to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from telltale.report import html_tests
from telltale.report.language import Language

#: Of the small scales, in the units of their drawing.
SCALE_WIDTH = 140


def anchor(number: int) -> str:
    """Where the record of that number begins, from 0."""
    return f"file{number + 1}"


def files(records: Sequence[dict[str, Any]], words: Language) -> str:
    """A list of the files; empty where there is one."""
    if len(records) < 2:
        return ""
    rows = "".join(
        f"<li><a href=#{anchor(n)}>{escape(record['media']['name'])}</a></li>"
        for n, record in enumerate(records)
    )
    return f"<nav class=files><h2>{words.say('files')}</h2><ol>{rows}</ol></nav>"


def of(record: dict[str, Any], words: Language, at: str) -> str:
    """Every test that says something, by family, and the parts of the report after it."""
    body, n = "", 0
    for family, findings in html_tests.by_family(record):
        rows = ""
        for finding in findings:
            n += 1
            rows += _row(finding, n, words, at)
        body += f"<h3 class=family>{escape(words.named('family', family))}</h3><ol>{rows}</ol>"
    silent = sum(finding["status"] != "ok" for finding in record["findings"])
    parts = [f"<a href=#{at}-weighed>{words.say('weighed')}</a>"]
    parts += [f"<a href=#{at}-time>{words.html('Over time')}</a>"] if record.get("video") else []
    parts += [f"<a href=#{at}-silent>{words.say('silent')}</a> ({silent})"] if silent else []
    parts += [f"<a href=#{at}-custody>{words.say('custody')}</a>"]
    parts += [f"<a href=#glossary>{words.say('glossary')}</a>"]
    head = f"<h2>{words.say('index')}</h2>"
    return f"<nav class=index>{head}{body}<p class=soft>{' · '.join(parts)}</p></nav>"


def _row(finding: dict[str, Any], number: int, words: Language, at: str) -> str:
    title = words.html(finding["card"]["title"])
    score = finding["score"]
    known = score and score["value"] is not None
    value = words.number(float(score["value"]), ".3g") if known else ""
    drawn = html_tests.drawn(score, SCALE_WIDTH) if known else ""
    return (
        f"<li><a href=#{html_tests.anchor(at, number)}>{number}. {title}</a>"
        f"<span class=number>{value}</span>{drawn}</li>"
    )
