"""The report as one self-contained HTML file: no script, no outside resource, prints well."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from telltale.report import bank, lanes, verdict
from telltale.report.colour import cividis
from telltale.report.text import FAMILY_TITLES

#: Longest side of the pictures embedded in a report.
PICTURE_SIDE = 900

_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
    "base-uri 'none'"
)


def render(records: Sequence[dict[str, Any]], pictures: Sequence[bytes | None] = ()) -> str:
    """One HTML document for one or several records.

    Parameters
    ----------
    records
        Records as made by `telltale.report.record`.
    pictures
        JPEG or PNG bytes to show beside each record, or None; see `thumbnail`.
    """
    padded = [*pictures, *[None] * (len(records) - len(pictures))]
    body = "".join(
        _record(record, picture) for record, picture in zip(records, padded, strict=True)
    )
    style = files("telltale.report").joinpath("report.css").read_text("utf-8")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_CSP}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Telltale report</title><style>{style}</style></head><body>{body}</body></html>\n"
    )


def thumbnail(pixels: NDArray[np.uint8]) -> bytes:
    """A JPEG of (H, W, 3) uint8 pixels, at most `PICTURE_SIDE` long, for showing only."""
    image = Image.fromarray(pixels)
    image.thumbnail((PICTURE_SIDE, PICTURE_SIDE))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def _record(record: dict[str, Any], picture: bytes | None) -> str:
    media = record["media"]
    head = f"<h1>{escape(media['name'])}</h1>"
    if picture:
        kind = "png" if picture.startswith(b"\x89PNG") else "jpeg"
        data = base64.b64encode(picture).decode("ascii")
        source = f"data:image/{kind};base64,{data}"
        head += f'<figure><img alt="The examined picture" src="{source}"></figure>'
    if "error" in record:
        why = escape(record["error"]["sentence"])
        return f"{head}<p class=assessment>Not examined: {why}</p>{_custody(record)}"
    notes = _list([*media["notes"], *record["warnings"]])
    propositions = record["propositions"]
    titles = {f["detector"]: f["card"]["title"] for f in record["findings"]}
    return (
        f"{head}{verdict.as_html(record['assessment'], titles)}{notes}"
        "<h2>What is weighed</h2><ol>"
        f"<li>{escape(propositions['manipulated'])}</li><li>{escape(propositions['authentic'])}</li></ol>"
        f"{lanes.as_html(record)}{bank.as_html(record.get('bank'))}"
        f"{_findings(record)}{_custody(record)}"
    )


def _findings(record: dict[str, Any]) -> str:
    parts = []
    for family, title in FAMILY_TITLES.items():
        findings = [f for f in record["findings"] if f["family"] == family]
        if findings:
            parts.append(f"<h2>{escape(title)}</h2>")
            parts += [_finding(finding) for finding in findings]
    return "".join(parts)


def _finding(finding: dict[str, Any]) -> str:
    card = finding["card"]
    body = f"<h3>{escape(card['title'])}</h3><p>{escape(finding['sentence'])}</p>"
    if finding["status"] != "ok":
        label = finding["status"].replace("_", " ")
        return (
            f"<article>{body}<p class=soft>{escape(label)} ({escape(str(finding['reason']))})</p>"
            "</article>"
        )
    body += _score(finding["score"])
    body += f'<div class="maps">{"".join(_map(m) for m in finding["maps"])}</div>'
    body += _facts(finding["facts"]) + "".join(_part(part) for part in finding["parts"])
    body += f"<p><b>Question.</b> {escape(card['question'])}</p>"
    body += f"<p class=soft>{escape(card['how'])}</p>"
    body += "<p><b>When not to trust it.</b></p>" + _list([*finding["caveats"], *card["limits"]])
    body += "<p class=soft>" + "<br>".join(_reference(r) for r in card["references"]) + "</p>"
    return f"<article>{body}</article>"


def _score(score: dict[str, Any] | None) -> str:
    if not score or score["value"] is None:
        return ""
    words = {
        "higher_is_suspicious": "higher is more suspicious",
        "lower_is_suspicious": "lower is more suspicious",
        "none": "neither end is suspicious by itself",
    }[score["direction"]]
    unit = f" {escape(score['unit'])}" if score["unit"] else ""
    return (
        f"<p><b>{escape(score['name'])}: {score['value']:.4g}{unit}</b> "
        f"<span class=soft>on a scale from {score['low']:g} to {score['high']:g}; "
        f"{words}</span></p>"
    )


def _part(part: dict[str, Any]) -> str:
    region = part["region"]
    if region["kind"] == "face" and region["face"] is not None:
        name = f"Face {region['face'] + 1}"
    else:
        name = region["kind"].capitalize()
    score = "" if part["score"] is None else f": {part['score']:.4g}"
    return f"<p><b>{escape(name)}{score}</b> {escape(part['sentence'])}</p>{_facts(part['facts'])}"


def _facts(facts: list[dict[str, Any]]) -> str:
    rows = "".join(
        f"<dt>{escape(fact['name'])}</dt>"
        f"<dd>{escape(_value(fact['value']))} {escape(fact['unit'])}</dd>"
        for fact in facts
    )
    return f"<dl>{rows}</dl>" if rows else ""


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    return "not measured" if value is None else str(value)


def _map(m: dict[str, Any]) -> str:
    data = m["png"]
    legend = ""
    if m["kind"] == "scalar":
        grey = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("L"), np.float64)
        buffer = io.BytesIO()
        Image.fromarray(cividis(grey / 255)).save(buffer, "PNG")
        data = base64.b64encode(buffer.getvalue()).decode("ascii")
        if m["low"] is not None and m["high"] is not None:
            legend = f" Dark {m['low']:.4g} to light {m['high']:.4g} {escape(m['unit'])}."
    return (
        f'<figure><img alt="{escape(m["name"])}" src="data:image/png;base64,{data}">'
        f"<figcaption>{escape(m['name'])}. {escape(m['meaning'])}{legend}</figcaption></figure>"
    )


def _custody(record: dict[str, Any]) -> str:
    media, runtime, software = record["media"], record["runtime"], record["software"]
    rows = {
        "SHA-256 of the bytes as received": media["sha256"],
        "Size": f"{media['size_bytes']} bytes",
        "Obtained as": media.get("rung", ""),
        "Format": media.get("format", ""),
        "Pixels": f"{media['width']} x {media['height']}" if "width" in media else "",
        "Decoder": ", ".join(f"{k} {v}" for k, v in media.get("decoder", {}).items()),
        "Examined": record["created"],
        "Extent": {True: "all tests", False: "the quick tests", None: ""}[record.get("deep")],
        "Software": f"Telltale {software['version']} {software.get('build', '')}",
        "Runtime": f"{runtime['kind']} {runtime['python']}, NumPy {runtime['numpy']}",
        "Models": "; ".join(
            f"{m['id']} ({m['sha256'][:12]}, {m['backend']}: {m['why']})" for m in runtime["models"]
        ),
    }
    cells = "".join(
        f"<dt>{escape(k)}</dt><dd>{escape(str(v))}</dd>" for k, v in rows.items() if str(v).strip()
    )
    return f"<h2>Custody</h2><dl>{cells}</dl>"


def _reference(reference: dict[str, Any]) -> str:
    text = "{authors}: {title}. {venue}, {year}.".format(**reference)
    url = str(reference["url"])
    if not url.startswith("https://"):
        return escape(text)
    return f'<a rel="noreferrer noopener" href="{escape(url)}">{escape(text)}</a>'


def _list(items: list[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>" if items else ""
