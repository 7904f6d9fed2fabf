"""What the bank said, as HTML and as plain text: a line of its own beside the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from telltale.bank.sentences import say

Section = dict[str, Any]

_TITLE = {"en": "Reference bank", "es": "Banco de referencia"}
_APART = {
    "en": "It has no part in the verdict.",
    "es": "No interviene en el veredicto.",
}
_BITS = {"en": "differs in {n} of 128 bits", "es": "difiere en {n} de 128 bits"}
_LLR = {
    "en": "log10 likelihood ratio {llr:+.2f} for the same picture",
    "es": "log10 de la razón de verosimilitud {llr:+.2f} a favor de la misma imagen",
}
_FACE = {"en": "face {n}", "es": "cara {n}"}
_FRAME = {"en": "{n} frame, at {at} s, ", "es": "{n} fotograma, en {at} s, "}
_FRAMES = {
    "en": "{n} frames, nearest at {at} s, ",
    "es": "{n} fotogramas, el más cercano en {at} s, ",
}
_THERE = {"en": "there at {at} s, ", "es": "allí en {at} s, "}
_AT = {"en": "distance", "es": "distancia"}


def as_text(section: Section | None, language: str = "en") -> list[str]:
    """Lines for a terminal, unwrapped; none where no bank was asked."""
    if not section or section["status"] == "off":
        return []
    lines = [f"{_TITLE[language]}: {section['words'][language]}"]
    lines += [f"  {line}" for line in _lines(section, language)]
    return lines


def as_html(
    section: Section | None, language: str = "en", titles: Mapping[str, str] | None = None
) -> str:
    """A part of the report; empty where no bank was asked. `titles` names models, as markup."""
    if not section or section["status"] == "off":
        return ""
    named = {"": ""} | {
        model: f"<b>{(titles or {}).get(model) or escape(model)}</b>"
        for model, _, _ in _told(section, language)
        if model
    }
    items = "".join(
        f"<li>{named[model]}{escape(face)}{': ' if model else ''}{escape(line)}</li>"
        for model, face, line in _told(section, language)
    )
    return (
        f"<h2>{escape(_TITLE[language])}</h2><article><p><b>{escape(section['words'][language])}"
        f"</b> <span class=soft>{escape(_APART[language])}</span></p>"
        f"{f'<ul>{items}</ul>' if items else ''}</article>"
    )


def _lines(section: Section, language: str) -> list[str]:
    told = _told(section, language)
    return [f"{model}{face}: {line}" if model else line for model, face, line in told]


def _told(section: Section, language: str) -> list[tuple[str, str, str]]:
    """What there is to say: of which model, of which face, and what; empty where of none."""
    lines = [
        (
            "",
            "",
            f"{_sample(row['sample'], language)}: {_frames(row, language)}"
            f"{_BITS[language].format(n=row['distance'])}, "
            f"{_LLR[language].format(llr=row['llr'])}",
        )
        for row in section["same_picture"]
    ]
    for row in section["neighbours"]:
        face = f" ({_FACE[language].format(n=row['face'])})" if "face" in row else ""
        lines.append((row["model"], face, row["words"][language]))
        lines += [
            (
                row["model"],
                face,
                f"{_AT[language]} {near['distance']:.3f}, {_sample(near['sample'], language)}",
            )
            for near in row["nearest"]
        ]
    told = [*section["built_in"], *section.get("heads", [])]
    lines += [(row["model"], "", row["words"][language]) for row in told]
    return [*lines, *(("", "", note[language]) for note in section["notes"])]


def _frames(row: dict[str, Any], language: str) -> str:
    """Where a frame of a video was found, as far as there is one."""
    said = ""
    if row.get("at_s") is not None:
        form = _FRAME if row["frames"] == 1 else _FRAMES
        said += form[language].format(n=row["frames"], at=f"{row['at_s']:.1f}")
    if "sample_s" in row:
        said += _THERE[language].format(at=f"{row['sample_s']:.1f}")
    return said


def _sample(sample: dict[str, Any], language: str) -> str:
    said = "; ".join(
        f"{s['said_by']}: {say('label.' + s['label'], language)}"
        f"{' (' + s['method'] + ')' if s['method'] else ''}"
        for s in sample["statements"]
    )
    return f"#{sample['id']} {sample['sha256'][:12]} [{said}]"
