"""The chain of custody: what a person writes, the file, how it was obtained, what computed it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from telltale.report.language import Language
from telltale.report.words import CUSTODY

#: Longest text of one field that a person fills in.
LONGEST_FIELD = 2000


def custody(record: dict[str, Any], words: Language, filled: Mapping[str, str], at: str) -> str:
    """The block of the record at `at`; `filled` by the keys of `CUSTODY`, all text inert."""
    parts = [
        _written(words, filled),
        f"<h3>{words.say('identity')}</h3>{_file(record, words)}",
        _obtained(record, words),
        f"<h3>{words.say('computed')}</h3>{_computed(record, words)}{_models(record, words)}",
        f"<p class=soft>{words.say('repeat')}</p>",
    ]
    head = f"<h2>{words.say('custody')}</h2>"
    return f"<section class=leaf id={at}-custody>{head}{''.join(parts)}</section>"


def rows(pairs: Sequence[tuple[str, str]]) -> str:
    """A list of names and values, which are markup already; empty values are left out."""
    cells = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in pairs if value.strip())
    return f"<dl>{cells}</dl>"


def _written(words: Language, filled: Mapping[str, str]) -> str:
    cells = ""
    for key in CUSTODY:
        text = escape(str(filled.get(key, ""))[:LONGEST_FIELD].strip())
        cells += f"<dt>{escape(words.named('custody', key))}</dt><dd class=written>{text}</dd>"
    sign = f"<dt>{escape(words.named('custody', 'signature'))}</dt><dd class=written></dd>"
    return f"<dl>{cells}{sign}</dl><p class=soft>{words.say('custody.how')}</p>"


def _file(record: dict[str, Any], words: Language) -> str:
    media = record["media"]
    pixels = f"{media['width']} × {media['height']}" if "width" in media else ""
    decoder = ", ".join(
        f"{words.name(k)}: {escape(v)}" for k, v in media.get("decoder", {}).items()
    )
    return rows(
        [
            (words.say("name"), escape(media["name"])),
            (words.say("sha256"), f"<code>{escape(media['sha256'])}</code>"),
            (words.say("pixels_sha256"), _code(media.get("pixels_sha256"))),
            (words.say("size"), words.say("bytes", n=words.number(int(media["size_bytes"])))),
            (
                words.say("rung"),
                escape(words.named("rung", media["rung"]) if "rung" in media else ""),
            ),
            (words.say("format"), escape(media.get("format", ""))),
            (words.say("pixels"), pixels),
            (words.say("decoder"), decoder),
        ]
    )


def _obtained(record: dict[str, Any], words: Language) -> str:
    how = record.get("acquisition")
    if not how:
        return ""
    tried = "<br>".join(
        f"{escape(words.acquired('rung', one['rung']))}: "
        + (
            escape(words.acquired("why", one["why"], one["detail"]))
            if one["why"]
            else words.say("worked")
        )
        for one in how["tried"]
    )
    notes = "".join(
        f"<li>{escape(_note(note, how['measures'], words))}</li>" for note in how["notes"]
    )
    second = "" if how["time_s"] is None else words.number(float(how["time_s"]))
    table = rows(
        [
            (words.say("page"), escape(how["page"])),
            (words.say("address"), escape(how["url"])),
            (words.say("asked"), escape(how["asked"])),
            (words.say("tried"), tried),
            (words.say("time"), second),
        ]
    )
    return f"<h3>{words.say('obtained')}</h3>{table}{f'<ul>{notes}</ul>' if notes else ''}"


def _note(note: str, measures: Mapping[str, float], words: Language) -> str:
    share = f"{words.number(100 * float(measures.get('share', 0)), '.0f')} %"
    scaled = tuple(words.number(float(measures.get(k, 0)), ".0f") for k in ("shown", "natural"))
    places: dict[str, tuple[str, ...]] = {"part": (share,), "scaled": scaled}
    return words.acquired("note", note, *places.get(note, ()))


def _computed(record: dict[str, Any], words: Language) -> str:
    runtime, software = record["runtime"], record["software"]
    libraries = {"NumPy": runtime["numpy"], "Pillow": runtime["pillow"]}
    libraries |= {"libjpeg": runtime["libjpeg"], **runtime.get("libraries", {})}
    return rows(
        [
            (words.say("started"), escape(record.get("started", ""))),
            (words.say("created"), escape(record["created"])),
            (words.say("extent"), _extent(record, words)),
            (words.say("software"), escape(f"Telltale {software['version']}")),
            (words.say("build"), _code(software.get("build"))),
            (words.say("code"), _code(software.get("code_sha256"))),
            (
                words.say("runtime"),
                escape(f"{runtime['kind']} {runtime['python']}, {runtime['platform']}"),
            ),
            (words.say("libraries"), escape(", ".join(f"{k} {v}" for k, v in libraries.items()))),
            (words.say("upgraded"), escape(record.get("upgraded_from", ""))),
        ]
    )


def _extent(record: dict[str, Any], words: Language) -> str:
    if "deep" not in record:
        return ""
    return words.say("extent.deep" if record["deep"] else "extent.quick")


def _models(record: dict[str, Any], words: Language) -> str:
    runtime = record["runtime"]
    if not runtime["models"]:
        return ""
    lines = "".join(
        f"<tr><td>{escape(m['id'])}<br><code>{escape(m['sha256'])}</code></td>"
        f"<td>{escape(m['backend'])}: {words.html(m['why'])}</td>"
        f"<td>{_self_test(m, runtime, words)}</td></tr>"
        for m in runtime["models"]
    )
    head = "".join(f"<th>{words.say(key)}</th>" for key in ("model", "backend", "self_test"))
    return f"<table><thead><tr>{head}</tr></thead>{lines}</table>"


def _self_test(model: dict[str, Any], runtime: dict[str, Any], words: Language) -> str:
    if model["self_test_error"] is None:
        return words.say("self_test.none")
    from telltale.runtime.inference import SELF_TEST_TOLERANCE

    allowed = float(runtime.get("self_test_tolerance", SELF_TEST_TOLERANCE))
    error = words.number(float(model["self_test_error"]), ".2g")
    return words.say("self_test.off", error=error, tolerance=words.number(allowed, ".2g"))


def _code(text: str | None) -> str:
    return f"<code>{escape(text)}</code>" if text else ""
