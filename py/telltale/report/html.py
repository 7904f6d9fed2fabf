"""The report as one self-contained HTML file: no script, no outside resource, prints well.

The first page of each record says in plain words what came of it, and what there is at a glance;
then what is weighed against what, each test, the tests that say nothing, and the chain of custody;
a glossary ends the file.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from telltale.report import bank, html_custody, html_index, html_tests, lanes, verdict
from telltale.report.language import Language, language
from telltale.report.words import GLOSSARY

#: Longest side of the pictures embedded in a report.
PICTURE_SIDE = 900

_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
    "base-uri 'none'"
)


def render(
    records: Sequence[dict[str, Any]],
    pictures: Sequence[bytes | None] = (),
    lang: str = "en",
    custody: Mapping[str, str] | None = None,
) -> str:
    """One HTML document for one or several records.

    Parameters
    ----------
    records
        Records as made by `telltale.report.record`, or read by `telltale.report.versions`.
    pictures
        JPEG or PNG bytes to show beside each record, or None; see `thumbnail`.
    lang
        One of `telltale.report.language.LANGUAGES`.
    custody
        What a person filled in, by the keys of `telltale.report.words.CUSTODY`.
    """
    words = language(lang)
    padded = [*pictures, *[None] * (len(records) - len(pictures))]
    body = "".join(
        f"<section class=record id={html_index.anchor(n)}>"
        f"{_record(record, picture, words, custody or {}, html_index.anchor(n))}</section>"
        for n, (record, picture) in enumerate(zip(records, padded, strict=True))
    )
    style = files("telltale.report").joinpath("report.css").read_text("utf-8")
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_CSP}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{words.say('title')}</title><style>{style}</style></head>"
        f"<body>{html_index.files(records, words)}{body}{_glossary(words)}</body></html>\n"
    )


def thumbnail(pixels: NDArray[np.uint8]) -> bytes:
    """A JPEG of (H, W, 3) uint8 pixels, at most `PICTURE_SIDE` long, for showing only."""
    image = Image.fromarray(pixels)
    image.thumbnail((PICTURE_SIDE, PICTURE_SIDE))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def _record(
    record: dict[str, Any],
    picture: bytes | None,
    words: Language,
    custody: Mapping[str, str],
    at: str,
) -> str:
    head = _head(record, picture, words)
    if "error" in record:
        why = words.html(record["error"]["sentence"])
        said = f"<p class=assessment>{words.say('not_examined')}{why}</p>"
        return f"{head}{said}{html_custody.custody(record, words, custody, at)}"
    titles = {f["detector"]: words.html(f["card"]["title"]) for f in record["findings"]}
    return (
        f"{head}{_summary(record, words)}{html_index.of(record, words, at)}"
        f"<section class=leaf id={at}-weighed><h2>{words.say('weighed')}</h2>"
        f"{verdict.as_html(record, titles, words)}"
        f"{bank.as_html(record.get('bank'), words.code, titles)}</section>"
        f"{lanes.as_html(record, words, at)}"
        f"{html_tests.tests(record, words, at)}"
        f"{html_custody.custody(record, words, custody, at)}"
    )


def _head(record: dict[str, Any], picture: bytes | None, words: Language) -> str:
    made = words.say("made", when=escape(record["created"].replace("T", " ")[:19] + " UTC"))
    head = f"<p class=soft>Telltale · {made}</p><h1>{escape(record['media']['name'])}</h1>"
    if picture:
        kind = "png" if picture.startswith(b"\x89PNG") else "jpeg"
        data = base64.b64encode(picture).decode("ascii")
        source = f"data:image/{kind};base64,{data}"
        head += f'<figure class=examined><img alt="{words.say("picture")}" src="{source}"></figure>'
    return head


def _summary(record: dict[str, Any], words: Language) -> str:
    """The first page: answers without a number, what weakens them, and what to do next."""
    assessment = record["assessment"]
    findings = record["findings"]
    ran = sum(finding["status"] == "ok" for finding in findings)
    found = record["faces"]["found"]
    faces = "faces" if record["faces"]["looked_for"] else "faces_unknown"
    media = record["media"]
    care = [
        *(escape(said[words.code]) for said in assessment.get("warnings", [])),
        *(words.html(said) for said in [*media["notes"], *record["warnings"]]),
    ]
    if words.code != "en" and any(words.translate(f["sentence"]) is None for f in findings):
        care.append(words.say("english"))
    body = verdict.headline(assessment, words)
    body += (
        f"<p>{words.say('ran', ran=ran, all=len(findings))} {words.say(faces, n=len(found))}</p>"
    )
    if care:
        body += f"<h3>{words.say('care')}</h3>{_list(care)}"
    body += f"<p>{words.say('no_proof')}</p>"
    if steps := [escape(said[words.code]) for said in assessment.get("next", [])]:
        body += f"<h3>{words.say('next')}</h3>{_list(steps)}"
    rows = html_custody.rows(
        [
            (words.say("sha256"), f"<code>{escape(media['sha256'])}</code>"),
            (words.say("rung"), escape(words.named("rung", media["rung"]))),
        ]
    )
    return f"<section><h2>{words.say('summary')}</h2>{body}{rows}</section>"


def _glossary(words: Language) -> str:
    terms = "".join(
        f"<dt>{escape(words.say(f'term.{term}'))}</dt><dd>{escape(words.say(f'means.{term}'))}</dd>"
        for term in GLOSSARY
    )
    head = f"<h2>{words.say('glossary')}</h2>"
    return f"<section class=leaf id=glossary>{head}<dl class=terms>{terms}</dl></section>"


def _list(items: list[str]) -> str:
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"
