"""The verdict of a record as HTML and as plain text: the same words, the same order."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from telltale.report.language import Language
from telltale.report.words import WORDS

#: A smaller contribution would be shown as nothing.
LEAST_SHOWN = 0.005
Assessment = dict[str, Any]


def headline(assessment: Assessment, words: Language) -> str:
    """The answer in one sentence, and that to each question, without a number."""
    if assessment["status"] != "given":
        said = assessment.get("words")
        text = escape(said[words.code]) if said else words.html(assessment["sentence"])
        return f"<p class=assessment>{text}</p>"
    answers = "".join(
        f"<tr><td>{escape(q['title'][words.code])}</td><td>{_said(q, words)}</td></tr>"
        for q in assessment["questions"]
    )
    return (
        f"<p class=assessment><b>{escape(assessment['verdict'][words.code])}</b></p>"
        f"{_provenance(assessment, words)}"
        f"<table class=answers><caption>{words.say('answers')}</caption>{answers}</table>"
    )


def as_html(record: dict[str, Any], titles: dict[str, str], words: Language) -> str:
    """The two propositions of each question, its likelihood ratio, and what carried it.

    `titles` are the detectors' names as markup.
    """
    assessment = record["assessment"]
    if assessment["status"] != "given":
        both = record["propositions"]
        return _propositions(words.html(both["manipulated"]), words.html(both["authentic"]), words)
    answers = "".join(_answer(q, titles, words) for q in assessment["questions"])
    steps = ", ".join(
        words.say(
            "step",
            strength=words.say(f"strength.{row['strength']}"),
            ratio=words.number(10.0 ** row["at_least"], ".0f"),
        )
        for row in assessment["scale"]
        if row["at_least"]
    )
    missing = (
        f"<p class=soft>{escape(said[words.code])}</p>" if (said := _missing(assessment)) else ""
    )
    return f"{answers}{missing}<p class=soft>{words.say('scale_words', steps=steps)}</p>"


def as_text(
    assessment: Assessment, language: str = "en", titles: Mapping[str, str] | None = None
) -> list[str]:
    """Lines for a terminal, unwrapped. `titles` are the detectors' names in plain text."""
    if assessment["status"] != "given":
        said = assessment.get("words")
        return [said[language] if said else assessment["sentence"]]
    lines = [assessment["verdict"][language]]
    lines += [one["words"][language] for one in assessment.get("provenance", [])]
    for question in assessment["questions"]:
        line = f"{question['title'][language]} {question['answer'][language]}"
        if question["llr"] is not None:
            low, high = question["interval"]
            line += f" log10 LR {question['llr']:+.2f} [{low:+.2f}, {high:+.2f}]"
        if question["why_abstained"]:
            line += f" {question['why_abstained'][language]}"
        lines += [line, *_carried(question, titles or {}, language)]
    if said := _missing(assessment):
        lines.append(said[language])
    return [*lines, *(f"! {words[language]}" for words in assessment["warnings"])]


def _carried(question: dict[str, Any], titles: Mapping[str, str], language: str) -> list[str]:
    """What carried an answer and what contradicted it, the strongest first."""
    rows = sorted(question["contributions"], key=lambda c: -abs(c["value"]))
    heard = [c for c in rows if abs(c["value"]) >= LEAST_SHOWN]
    lines = []
    for key, same in (("carried_by", True), ("contradicted_by", False)):
        tests = ", ".join(
            f"{titles.get(c['detector'], c['detector'])} ({c['value']:+.2f})"
            for c in heard
            if (c["value"] * question["llr"] > 0) == same
        )
        if tests:
            lines.append(WORDS[key][language].format(tests=tests))
    return lines


def _missing(assessment: Assessment) -> dict[str, str] | None:
    """That changed copies are missing, in words; records of before do not say it."""
    return (assessment.get("stability") or {}).get("words")


def _provenance(assessment: Assessment, words: Language) -> str:
    said = [escape(one["words"][words.code]) for one in assessment.get("provenance", [])]
    return f"<ul>{''.join(f'<li>{one}</li>' for one in said)}</ul>" if said else ""


def _said(question: dict[str, Any], words: Language) -> str:
    why = question["why_abstained"]
    return escape(question["answer"][words.code]) + (f" {escape(why[words.code])}" if why else "")


def _propositions(manipulated: str, authentic: str, words: Language) -> str:
    return (
        f"<dl><dt>{words.say('proposition', n=1)}</dt><dd>{manipulated}</dd>"
        f"<dt>{words.say('proposition', n=2)}</dt><dd>{authentic}</dd></dl>"
    )


def _answer(question: dict[str, Any], titles: dict[str, str], words: Language) -> str:
    first, second = (escape(question[side][words.code]) for side in ("manipulated", "authentic"))
    body = f"<h3>{escape(question['title'][words.code])}</h3>{_propositions(first, second, words)}"
    body += f"<p><b>{_said(question, words)}</b></p>"
    if question["llr"] is not None:
        low, high = (words.number(float(v), "+.2f") for v in question["interval"])
        llr = words.number(float(question["llr"]), "+.2f")
        body += f"<p>{words.say('llr', llr=llr, low=low, high=high)}</p>"
    rows = "".join(
        f"<tr><td>{_title(c['detector'], titles)}"
        f"{_weak(c, words)}</td>"
        f"<td>{words.number(float(c['value']), '+.2f')}</td></tr>"
        for c in question["contributions"]
    )
    if rows:
        head = f"<tr><th>{words.say('test')}</th><th>{words.say('adds')}</th></tr>"
        body += f"<table>{head}{rows}</table>"
    silent = "".join(
        f"<li>{_title(s['detector'], titles)}: {words.html(s['why'])}</li>"
        for s in question["silent"]
    )
    return f"<article>{body}{f'<ul class=soft>{silent}</ul>' if silent else ''}</article>"


def _title(detector: str, titles: dict[str, str]) -> str:
    return titles.get(detector, escape(detector))


def _weak(contribution: dict[str, Any], words: Language) -> str:
    kinds = ["weak"] * contribution["weak"]
    # records of before had no reduced copies
    kinds += ["reduced"] * (contribution.get("reduced", 1) < 1)
    return f" ({', '.join(words.say(kind) for kind in kinds)})" if kinds else ""
