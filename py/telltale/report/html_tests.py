"""Each test of a record as HTML: what it found, its picture, its scale, its limits, its paper."""

from __future__ import annotations

import base64
import io
from html import escape
from typing import Any

import numpy as np
from PIL import Image

from telltale.report.colour import cividis
from telltale.report.language import Language
from telltale.report.text import FAMILIES

#: Parts (faces, crops) that are listed one by one.
MOST_PARTS = 12


def by_family(record: dict[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The findings that say something, in the order of the families that have any."""
    said = [finding for finding in record["findings"] if finding["status"] == "ok"]
    rows = [(family, [f for f in said if f["family"] == family]) for family in FAMILIES]
    return [(family, findings) for family, findings in rows if findings]


def anchor(at: str, number: int) -> str:
    """Where the test of that number, from 1, stands in the record at `at`."""
    return f"{at}-test{number}"


def tests(record: dict[str, Any], words: Language, at: str) -> str:
    """The tests that say something, numbered, by family, and a table of those that do not."""
    parts, number = [], 0
    for family, findings in by_family(record):
        parts.append(f"<h3 class=family>{escape(words.named('family', family))}</h3>")
        for finding in findings:
            number += 1
            parts.append(_finding(finding, words, number, at))
    silent = [finding for finding in record["findings"] if finding["status"] != "ok"]
    rows = "".join(_silent(finding, words) for finding in silent)
    table = (
        f"<h2 id={at}-silent>{words.say('silent')}</h2><table><tr><th>{words.say('test')}</th>"
        f"<th>{words.say('why')}</th></tr>{rows}</table>"
    )
    said = f"<section class=leaf><h2>{words.say('tests')}</h2>{''.join(parts)}</section>"
    return (said if parts else "") + (table if silent else "")


def _silent(finding: dict[str, Any], words: Language) -> str:
    code = words.named("reason", finding["reason"])
    status = words.named("status", finding["status"])
    title = f"{words.html(finding['card']['title'])}{_unreviewed(finding, words)}"
    return (
        f"<tr><td>{title}</td><td>{escape(status)} "
        f"({escape(code)}). {words.html(finding['sentence'])}</td></tr>"
    )


def _finding(finding: dict[str, Any], words: Language, number: int, at: str) -> str:
    card = finding["card"]
    weak = f" <span class=tag>{words.say('weak')}</span>" if card["weak"] else ""
    weak += _unreviewed(finding, words)
    body = (
        f"<h3>{number}. {words.html(card['title'])}{weak}</h3><p><b>{words.say('question')}</b> "
        f"{words.html(card['question'])}</p><p class=said>{words.html(finding['sentence'])}</p>"
    )
    body += _score(finding["score"], words)
    if finding["maps"]:
        body += f"<div class=maps>{''.join(_map(m, words) for m in finding['maps'])}</div>"
    body += _facts(finding["facts"], words)
    body += _parts(finding, words)
    limits = "".join(f"<li>{words.html(s)}</li>" for s in [*finding["caveats"], *card["limits"]])
    body += f"<p><b>{words.say('limits')}</b></p><ul>{limits}</ul>" if limits else ""
    body += f"<p class=soft><b>{words.say('how')}</b> {words.html(card['how'])}</p>"
    references = "<br>".join(_reference(r) for r in card["references"])
    body += f"<p class=soft><b>{words.say('reference')}</b> {references}</p>"
    return f"<article id={anchor(at, number)}>{body}{_made(finding, words)}</article>"


def _unreviewed(finding: dict[str, Any], words: Language) -> str:
    return f" <span class=tag>{words.say('unreviewed')}</span>" if finding.get("unreviewed") else ""


def _made(finding: dict[str, Any], words: Language) -> str:
    told = [f"{words.say('version')} {escape(finding['version'])}"]
    if "sha256" in finding:
        told.append(f"{words.say('source')} <code>{escape(finding['sha256'])}</code>")
    parameters = finding.get("parameters") or {}
    if parameters:
        listed = ", ".join(f"{name} = {value}" for name, value in parameters.items())
        told.append(f"{words.say('parameters')}: <code>{escape(listed)}</code>")
    told.append(f"{words.say('took')} {words.number(float(finding['elapsed_ms']), '.0f')} ms")
    return f"<p class=fine>{'; '.join(told)}</p>"


def _score(score: dict[str, Any] | None, words: Language) -> str:
    if not score or score["value"] is None:
        return ""
    unit = f" {words.html(score['unit'])}" if score["unit"] else ""
    scale = words.say(
        "scale",
        low=words.number(float(score["low"])),
        high=words.number(float(score["high"])),
        words=words.say(score["direction"]),
    )
    return (
        f"<p><b>{words.name(score['name'])}: {words.number(float(score['value']))}{unit}</b> "
        f"<span class=soft>{scale}</span></p>{drawn(score)}"
    )


def drawn(score: dict[str, Any], width: int = 400) -> str:
    """The scale as a line with a mark; a value beyond it stands at its end.

    `width` is that of the drawing, in units of which it is 24 high.
    """
    span = (score["high"] - score["low"]) or 1.0
    x = 10 + (width - 20) * min(1.0, max(0.0, (score["value"] - score["low"]) / span))
    end = width - 10
    dark = {"higher_is_suspicious": end, "lower_is_suspicious": 10}.get(score["direction"])
    circle = f'<circle cx="{dark}" cy="12" r="5"/>' if dark else ""
    return (
        f'<svg class=scale viewBox="0 0 {width} 24" role="presentation" aria-hidden="true">'
        f'<path d="M10 12H{end}M10 8v8M{end} 8v8" fill="none"/>{circle}'
        f'<path class=mark d="M{x:.1f} 12l-6 -11h12z"/></svg>'
    )


def _parts(finding: dict[str, Any], words: Language) -> str:
    """One row per face or area; what the finding as a whole has said is not said again."""
    parts = finding["parts"]
    rows = "".join(_part(part, finding, words) for part in parts[:MOST_PARTS])
    more = len(parts) - MOST_PARTS
    if more > 0:
        rows += f"<tr><td colspan=3>{words.say('more_parts', n=more)}</td></tr>"
    return f"<table class=parts>{rows}</table>" if rows else ""


def _part(part: dict[str, Any], finding: dict[str, Any], words: Language) -> str:
    region = part["region"]
    if region["kind"] == "face" and region["face"] is not None:
        name = words.say("face", n=region["face"] + 1)
    else:
        name = words.say("part.whole" if region["kind"] == "whole" else "part.box")
    if box := region["box"]:
        x, y, w, h = (words.number(round(float(box[k]))) for k in ("x", "y", "w", "h"))
        name += f" {w} × {h} @ {x}, {y}"
    score = "" if part["score"] is None else words.number(float(part["score"]))
    said = [words.html(part["sentence"])] if part["sentence"] else []
    facts = [fact for fact in part["facts"] if fact not in finding["facts"]]
    said += [
        f"{words.name(f['name'])} {_value(f['value'], words)} {words.html(f['unit'])}".strip()
        for f in facts
    ]
    return f"<tr><td>{escape(name)}</td><td>{score}</td><td>{'; '.join(said)}</td></tr>"


def _facts(facts: list[dict[str, Any]], words: Language) -> str:
    rows = "".join(
        f"<dt>{words.name(fact['name'])}</dt>"
        f"<dd>{_value(fact['value'], words)} {words.html(fact['unit'])}</dd>"
        for fact in facts
    )
    return f"<dl>{rows}</dl>" if rows else ""


def _value(value: Any, words: Language) -> str:
    if isinstance(value, bool):
        return words.say("yes" if value else "no")
    if isinstance(value, int | float):
        return words.number(value)
    return words.say("not_measured") if value is None else words.html(str(value))


def _map(m: dict[str, Any], words: Language) -> str:
    data = m["png"]
    legend = ""
    if m["kind"] == "scalar":
        grey = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("L"), np.float64)
        data = _png(cividis(grey / 255))
        if m["low"] is not None and m["high"] is not None:
            low, high = words.number(float(m["low"])), words.number(float(m["high"]))
            legend = (
                f'<img class=ramp alt="" src="data:image/png;base64,{_ramp()}"><br>'
                f"{words.say('legend', low=low, high=high)} {words.html(m['unit'])}"
            )
    return (
        f'<figure><img alt="{escape(m["name"])}" src="data:image/png;base64,{escape(data)}">'
        f"<figcaption>{words.name(m['name'])}. {words.html(m['meaning'])} {legend}</figcaption>"
        "</figure>"
    )


def _ramp() -> str:
    return _png(cividis(np.linspace(0.0, 1.0, 64)[None]))


def _png(pixels: Any) -> str:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def _reference(reference: dict[str, Any]) -> str:
    text = "{authors}: {title}. {venue}, {year}.".format(**reference)
    url = str(reference["url"])
    if not url.startswith("https://"):
        return escape(text)
    return f'<a rel="noreferrer noopener" href="{escape(url)}">{escape(text)}</a>'
