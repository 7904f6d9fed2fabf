"""A reader's language: the strings of page and extension, the phrase book of findings, numbers.

English is what detectors write. Another language has the same JSON files as the page, which ship
with the package; what its phrase book lacks stays English and is marked so.
"""

from __future__ import annotations

import json
import re
from functools import cache
from html import escape
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from telltale.report.words import WORDS
from telltale.wording import LANGUAGES

#: What a sentence is filled in with: a name between these marks, a date, or a number.
_FIELD = re.compile("\u201c[^\u201d]*\u201d|\\d{4}-\\d\\d-\\d\\d|\\d+(?:[.,]\\d+)*")
_NAME = re.compile("\u201c[^\u201d]*\u201d")
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_BETWEEN_SENTENCES = re.compile("(?<=[.:;!?]) (?=[^\\W\\d_]|\u201c)")
#: Decimal and thousands separators; Spanish groups only five digits and more (RAE; CLDR).
_SEPARATORS = {"en": (".", ",", 4), "es": (",", ".", 5)}


class Language:
    """Words and numbers of one of `LANGUAGES`; make it with `language`."""

    def __init__(self, code: str) -> None:
        self.code = code
        self._strings: dict[str, str] = _json(f"{code}.json")
        raw = _json(f"{code}.acquisition.json")
        self._acquisition = {key: str(value["message"]) for key, value in raw.items()}
        self._exact: dict[str, str] = {} if code == "en" else _json(f"{code}.record.json")
        self._patterns = {
            _FIELD.sub("{}", english): words
            for english, words in self._exact.items()
            if "{}" in english
        }

    def say(self, key: str, **values: object) -> str:
        """A string of the report itself (`words.py`)."""
        return WORDS[key][self.code].format(**values)

    def named(self, prefix: str, code: object) -> str:
        """The words of a code of a closed list; the code itself where it is new."""
        return self._strings.get(f"{prefix}.{code}", str(code).replace("_", " "))

    def acquired(self, prefix: str, code: object, *values: object) -> str:
        """The extension's words for a rung, a note, or a reason why a rung failed."""
        text = self._acquisition.get(f"{prefix}_{code}".replace("-", "_"), str(code))
        for n, value in enumerate(values, 1):
            text = text.replace(f"${n}", str(value))
        return text

    def translate(self, text: str) -> str | None:
        """A detector's text in this language, or None where any part of it is not known."""
        if self.code == "en" or not text:
            return text
        # names may hold full stops: they are put aside while sentences are told apart
        names = _NAME.findall(text)
        parts = _BETWEEN_SENTENCES.split(_NAME.sub("\u201c\u201d", text))
        said: list[str] = []
        while parts:
            # a phrase of the book may hold several sentences: the longest counts
            for n in range(len(parts), 0, -1):
                part = " ".join(parts[:n])
                held = iter(names)
                known = self._phrase(_NAME.sub(lambda _: next(held), part))  # noqa: B023
                if known is not None:
                    break
            else:
                return None
            said.append(known)
            names = list(held)
            del parts[:n]
        return " ".join(said)

    def html(self, text: str) -> str:
        """The same as markup, inert whatever it holds; English where it has to stay so."""
        known = self.translate(text)
        if known is None:
            return f'<span lang="en">{escape(text)}</span>'
        return escape(known)

    def name(self, name: str) -> str:
        """A name such as `median_error_level` in words, as markup."""
        known = self._phrase(name) if self.code != "en" else None
        if known is not None:
            return escape(known)
        if not re.fullmatch(r"[a-z0-9_]+", name):
            return self.html(name)
        words = name.replace("_", " ")
        return self.html(words[:1].upper() + words[1:])

    def number(self, value: float, form: str = ".4g") -> str:
        """A number with this language's separators."""
        if isinstance(value, int):
            return self._separated(str(abs(value)), value < 0)
        if form.endswith("g") and 1e4 <= abs(value) < 1e9:
            form = ".0f"
        text = format(value, form)
        mantissa, sign, power = text.partition("e")
        words = self._separated(mantissa.lstrip("+-"), mantissa.startswith("-"))
        words = f"+{words}" if mantissa.startswith("+") else words
        return f"{words} × 10{str(int(power)).translate(_RAISED)}" if sign else words

    def _separated(self, digits: str, negative: bool) -> str:
        decimal, thousands, least = _SEPARATORS[self.code]
        whole, _, rest = digits.partition(".")
        if whole.isdigit() and len(whole) >= least:
            whole = f"{int(whole):,}".replace(",", thousands)
        return f"{'−' if negative else ''}{whole}{decimal + rest if rest else ''}"

    def _phrase(self, text: str) -> str | None:
        if text in self._exact:
            return self._exact[text]
        words = self._patterns.get(_FIELD.sub("{}", text))
        if words is None:
            return None
        fields = _FIELD.findall(text)

        def place(match: re.Match[str]) -> str:
            index = int(match[1]) - 1
            if index >= len(fields):
                return ""
            if fields[index].startswith("\u201c"):
                return f"\u00ab{fields[index][1:-1]}\u00bb"
            if "-" in fields[index]:
                return fields[index]
            return self._separated(fields[index].replace(",", ""), False)

        return re.sub(r"\{(\d+)\}", place, words)


@cache
def language(code: str) -> Language:
    """One of `LANGUAGES`; raises `ValueError` for another."""
    if code not in LANGUAGES:
        raise ValueError(f"the report is written in {', '.join(LANGUAGES)}, not in {code!r}")
    return Language(code)


def _json(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_file(name).read_text("utf-8"))
    return found


def _file(name: str) -> Traversable:
    """A file of `_locales`, or in a checkout the page's or the extension's own."""
    installed = files("telltale") / "_locales" / name
    if installed.is_file():
        return installed
    web = Path(__file__).resolve().parents[3] / "web"
    if name.endswith(".acquisition.json"):
        return web / "extension/_locales" / name.split(".")[0] / "messages.json"
    return web / "locales" / name
