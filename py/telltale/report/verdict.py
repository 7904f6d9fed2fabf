"""The verdict of a record as HTML and as plain text: the same words, the same order."""

from __future__ import annotations

from html import escape
from typing import Any

Assessment = dict[str, Any]


def as_html(assessment: Assessment, titles: dict[str, str], language: str = "en") -> str:
    """The answers to the questions, what carried them, warnings and next steps."""
    if assessment["status"] != "given":
        return f"<p class=assessment>{escape(assessment['sentence'])}</p>"
    head = f"<p class=assessment><b>{escape(assessment['verdict'][language])}</b></p>"
    warnings = _items(assessment["warnings"], language)
    answers = "".join(_answer(q, titles, language) for q in assessment["questions"])
    scale = ", ".join(
        f"{row['strength']} from a likelihood ratio of {10 ** row['at_least']:.0f}"
        for row in assessment["scale"]
        if row["at_least"]
    )
    return (
        f"{head}{warnings}{answers}<p class=soft>Scale: {escape(scale)}; below that, inconclusive. "
        "A likelihood ratio says how many times better the findings fit one proposition than the "
        "other. It is not a probability that either is true.</p>"
        f"<h3>What to do next</h3>{_items(assessment['next'], language)}"
    )


def as_text(assessment: Assessment, language: str = "en") -> list[str]:
    """Lines for a terminal, unwrapped."""
    if assessment["status"] != "given":
        return [assessment["sentence"]]
    lines = [assessment["verdict"][language]]
    for question in assessment["questions"]:
        line = f"{question['title'][language]} {question['answer'][language]}"
        if question["llr"] is not None:
            low, high = question["interval"]
            line += f" log10 LR {question['llr']:+.2f} [{low:+.2f}, {high:+.2f}]"
        if question["why_abstained"]:
            line += f" {question['why_abstained'][language]}"
        lines.append(line)
    return [*lines, *(f"! {words[language]}" for words in assessment["warnings"])]


def _answer(question: dict[str, Any], titles: dict[str, str], language: str) -> str:
    why = question["why_abstained"]
    said = escape(question["answer"][language]) + (f" {escape(why[language])}" if why else "")
    body = f"<h3>{escape(question['title'][language])}</h3><p><b>{said}</b></p>"
    if question["llr"] is not None:
        low, high = question["interval"]
        body += (
            f"<p>log10 likelihood ratio {question['llr']:+.2f}, 95 % interval {low:+.2f} to "
            f"{high:+.2f}, between &ldquo;{escape(question['manipulated'][language])}&rdquo; and "
            f"&ldquo;{escape(question['authentic'][language])}&rdquo;</p>"
        )
    rows = "".join(
        f"<tr><td>{escape(titles.get(c['detector'], c['detector']))}"
        f"{' (weak cue)' if c['weak'] else ''}</td><td>{c['value']:+.2f}</td></tr>"
        for c in question["contributions"]
    )
    if rows:
        body += f"<table><tr><th>test</th><th>adds to log10 LR</th></tr>{rows}</table>"
    silent = "".join(
        f"<li>{escape(titles.get(s['detector'], s['detector']))}: {escape(s['why'])}</li>"
        for s in question["silent"]
    )
    return f"<article>{body}{f'<ul class=soft>{silent}</ul>' if silent else ''}</article>"


def _items(sentences: list[dict[str, str]], language: str) -> str:
    items = "".join(f"<li>{escape(words[language])}</li>" for words in sentences)
    return f"<ul>{items}</ul>" if items else ""
