"""The text of one page, from a card and the stored example: pure, so that a test can repeat it."""

from __future__ import annotations

from typing import Any, TypedDict

from telltale.finding import Card

#: What stands in place of an example.
NONE = {
    "learned": "Made-up pictures would mislead here: a learned system has to be judged on pictures "
    "like those it will meet. What it was measured on, and how it did, stands in its "
    "[model card](../../models/{model}/card.md) and in [detection.md](../detection.md).",
    "provenance": "This test reads the file, not the picture; there is nothing to show.",
    "biological": "This test needs a moving picture; there is no made-up one here.",
    "forensic": "There is no made-up example for this test yet.",
}
#: Under an example of which the test says the same both times.
ONLY_MAP = (
    "Both sentences are the same: this change is within what untouched photographs show, so the "
    "test does not speak of it. Only the map shows the place."
)


class Shown(TypedDict):
    """One file of an example: its picture under docs/methods, and what the test said."""

    image: str
    sentence: str
    score: str


class Example(TypedDict):
    """A pair of files, what was done to the second, and the version of the test that ran."""

    version: str
    done: str
    innocent: Shown
    changed: Shown


def page(card: Card, example: Example | None) -> str:
    """Markdown."""
    lines = [
        f"# {card.title}",
        "",
        f"*{card.question}*",
        "",
        card.how,
        "",
        "## What it looks like",
        "",
        *(_example(example) if example else [_without(card)]),
        "",
        "## When not to trust it",
        "",
        *(f"- {limit}" for limit in card.limits),
    ]
    if card.weak:
        lines.append("- It is an aid to the eye: it can never carry a verdict alone.")
    lines += [
        "",
        "## Where it comes from",
        "",
        *(f"- {r.authors}. [{r.title}]({r.url}). {r.venue}, {r.year}." for r in card.references),
        "",
        f"Test `{card.id}`, version {card.version}, family: {card.family}. "
        "Written by `python -m buildtools.methods`.",
        "",
    ]
    return "\n".join(lines)


def index(cards: list[Card]) -> str:
    """The list of all pages."""
    lines = ["# Methods", "", "One page for each test, written from the tests themselves.", ""]
    for family in dict.fromkeys(card.family for card in cards):
        lines += [f"## {family.capitalize()}", ""]
        lines += [f"- [{c.title}]({c.id}.md): {c.question}" for c in cards if c.family == family]
        lines.append("")
    return "\n".join(lines)


def _without(card: Card) -> str:
    return NONE[card.family].format(model=(card.models or (card.id,))[0])


def _example(example: Example) -> list[str]:
    done = f"Made up by a script. {example['done']}"
    lines = ["**Innocent**", "", *_shown(example["innocent"]), "", f"**Changed.** {done}", "",
             *_shown(example["changed"])]  # fmt: skip
    if example["innocent"]["sentence"] == example["changed"]["sentence"]:
        lines += ["", ONLY_MAP]
    return lines


def _shown(shown: Shown) -> list[str]:
    lines = []
    if shown["image"]:
        lines += [f"![The picture and what the test shows]({shown['image']})", ""]
    score = f" ({shown['score']})" if shown["score"] else ""
    return [*lines, f"> {shown['sentence']}{score}"]


def stored(value: Any) -> Example | None:
    """An entry of examples.json."""
    return value if value else None
