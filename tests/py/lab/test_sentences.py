"""What the lab says of a detector stands in every language, with the same values filled in."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from telltale.lab import awkward, check
from telltale.lab.sentences import SENTENCES
from telltale.lab.template import template
from telltale.wording import LANGUAGES


@pytest.mark.parametrize("key", SENTENCES)
def test_each_sentence_has_every_language_and_the_same_places(key: str) -> None:
    words = SENTENCES[key]
    assert tuple(words) == LANGUAGES
    places = [
        {name for _, name, _, _ in Formatter().parse(text) if name} for text in words.values()
    ]
    assert places[0] == places[1]


def test_each_awkward_picture_has_its_words() -> None:
    pictures = (*awkward.awkward(), *awkward.awkward_films())
    assert all(f"picture.{picture.name}" in SENTENCES for picture in pictures)


def test_a_check_is_said_in_spanish_down_to_the_picture_and_what_is_wrong_with_the_answer() -> None:
    wrong = template().replace("LEAST_SIDE:\n        return None", "1:\n        return None")
    assert wrong != template()
    found = {
        c.name: c for c in check.check_source(wrong.encode(), "my_detector.py", megapixels=0.1)
    }
    said = found["awkward pictures"].words["es"]
    assert re.match(
        r"un píxel: run\(\) lanza \w+: .*; que applicable\(\) la rechace; ocho por", said
    )
    assert "megapíxeles aquí" in found["time"].words["es"]  # whatever the machine took
