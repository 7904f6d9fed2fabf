"""The report in the reader's language: every string, the phrase book, numbers, and what stays."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from telltale.report.language import language
from telltale.report.words import CUSTODY, WORDS
from telltale.wording import LANGUAGES

ROOT = Path(__file__).resolve().parents[3]
ES = language("es")


def test_every_string_is_in_every_language_with_the_same_places() -> None:
    for key, words in WORDS.items():
        assert set(words) == set(LANGUAGES), key
        places = {tuple(sorted(re.findall(r"\{(\w+)\}", text))) for text in words.values()}
        assert len(places) == 1, key
        assert all(text.strip() for text in words.values()), key


def test_what_a_person_fills_in_has_its_words_and_its_field() -> None:
    source = (ROOT / "web/ui/custody.js").read_text("utf-8")
    listed = re.search(r"const FIELDS = (\[.*?\]);", source)
    assert listed
    assert tuple(json.loads(listed[1])) == CUSTODY
    for lang in LANGUAGES:
        assert all(language(lang).named("custody", key) != key for key in (*CUSTODY, "signature"))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_rungs_notes_and_reasons_of_the_extension_have_words(lang: str) -> None:
    words = language(lang)
    for prefix, code in (("rung", "tab-capture"), ("why", "tainted"), ("note", "screenshot")):
        assert words.acquired(prefix, code) != code
    assert "example.org" in words.acquired("why", "refused", "example.org")
    assert words.named("rung", "tab-capture") != "tab-capture"


def test_numbers_in_both_languages() -> None:
    en = language("en")
    assert (en.number(1234.5678), ES.number(1234.5678)) == ("1,235", "1235")
    assert (en.number(68052), ES.number(68052)) == ("68,052", "68.052")
    assert (en.number(-0.25), ES.number(-0.25)) == ("−0.25", "−0,25")
    assert ES.number(0.5, "+.2f") == "+0,50"
    assert en.number(1.5e-7) == "1.5 × 10⁻⁷"


def test_phrases_with_numbers_and_of_several_sentences() -> None:
    said = ES.translate(
        "One area has 5.7 times the error level of equally textured parts elsewhere. "
        "Another compression history would explain it; so would another material, focus or colour."
    )
    assert said is not None
    assert "5,7 veces" in said
    assert "material, enfoque o color" in said


def test_quoted_names_stay_as_they_are_with_their_full_stops() -> None:
    said = ES.translate(
        "The metadata name the camera \u201cSt. Acme 1.5: Mark II\u201d and no program. It was "
        "probably saved again after it left the camera."
    )
    assert said == (
        "Los metadatos nombran la cámara \u00abSt. Acme 1.5: Mark II\u00bb y ningún programa. "
        "Probablemente se guardó otra vez tras salir de la cámara."
    )


def test_dates_stay_as_they_are() -> None:
    said = ES.translate(
        "EXIF says that the file was saved on 2023-01-02, before it was taken on 2024-05-06."
    )
    assert said is not None
    assert "el 2023-01-02, antes de que se tomara el 2024-05-06" in said


def test_what_the_book_lacks_stays_english_and_is_marked_and_inert() -> None:
    assert ES.translate("Nobody has written <this> yet.") is None
    html = ES.html("Nobody has written <this> yet.")
    assert html == '<span lang="en">Nobody has written &lt;this&gt; yet.</span>'
    assert ES.name("never_heard_of") == '<span lang="en">Never heard of</span>'


def test_another_language_is_refused() -> None:
    with pytest.raises(ValueError, match="en, es"):
        language("xx")
