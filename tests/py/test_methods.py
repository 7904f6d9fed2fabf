"""Every test has a page under docs/methods that says what the test itself says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from buildtools.methods import page
from telltale import detectors

FOLDER = Path(__file__).resolve().parents[2] / "docs/methods"
EXAMPLES = json.loads((FOLDER / "examples.json").read_text("utf-8"))
HINT = "stale: run python -m buildtools.methods"


@pytest.mark.parametrize("entry", detectors.REGISTRY, ids=lambda entry: entry.id)
def test_every_test_has_a_page_that_is_up_to_date(entry: detectors.Entry) -> None:
    card = detectors.load(entry).CARD
    assert entry.id in EXAMPLES, HINT
    example = page.stored(EXAMPLES[entry.id])
    assert (FOLDER / f"{entry.id}.md").read_text("utf-8") == page.page(card, example), HINT
    if example:
        assert example["version"] == card.version, HINT
        for shown in (example["innocent"], example["changed"]):
            assert not shown["image"] or (FOLDER / shown["image"]).stat().st_size < 60_000


def test_no_page_is_left_of_a_test_that_is_gone() -> None:
    known = {entry.id for entry in detectors.REGISTRY}
    pages = {path.stem for path in FOLDER.glob("*.md")} - {"README"}
    pictures = {path.stem.rsplit("-", 1)[0] for path in FOLDER.glob("*.webp")}
    assert pages == known, HINT
    assert pictures <= known
