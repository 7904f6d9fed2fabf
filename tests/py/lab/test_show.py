"""Pictures from arrays and plots from numbers."""

from __future__ import annotations

import io
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from telltale.finding import Box
from telltale.lab import awkward, show
from telltale.lab.evaluate import Roc


def opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png))


def test_a_colour_picture_is_itself_and_a_small_one_is_enlarged() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (240, 300, 3), dtype=np.uint8)
    assert (np.asarray(opened(show.picture(pixels).png)) == pixels).all()
    small = opened(show.picture(pixels[:10, :20]).png)
    assert small.width % 20 == 0
    assert small.width > 200


def test_numbers_go_through_the_colour_map_between_their_bounds() -> None:
    values = np.tile(np.linspace(-1, 1, 256), (200, 1))
    values[0, 0] = np.nan
    shown = np.asarray(opened(show.picture(values).png).convert("L")).astype(int)
    assert (np.diff(shown[5]) >= 0).all()
    assert shown[5, -1] > shown[5, 0] + 100
    assert "-1 to 1" in show.picture(values).words


@pytest.mark.parametrize("values", [np.zeros(3), np.zeros((0, 4)), np.zeros((2, 2, 4)), "text"])
def test_what_is_no_picture_is_refused_in_words(values: object) -> None:
    with pytest.raises(ValueError, match=r"\(H, W, 3\)"):
        show.picture(values)  # type: ignore[arg-type]


def test_plots_are_svg_that_holds_no_script_whatever_they_are_called(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    grid = np.linspace(0, 1, 11)
    curve = Roc(grid, np.sqrt(grid), grid, np.minimum(1, np.sqrt(grid) + 0.1))
    shown = [
        show.histogram({"real": [1, 2, 2], "fake": [4.0, np.inf], evil: [3]}, title=evil),
        show.histogram({}),
        show.roc(curve, evil),
        show.plot({evil: [1, np.nan, 3]}, title=evil, axes=(evil, evil)),
        show.plot([]),
        show.plot([5, 5, 5]),
    ]
    for one in shown:
        tree = ElementTree.fromstring(one.svg)
        assert not [node for node in tree.iter() if node.tag.endswith("script")]
        assert "nan" not in one.svg.lower()
    assert "area 0.66" in shown[2].words
    shown[2].save(tmp_path / "roc.svg")
    assert (tmp_path / "roc.svg").read_text("utf-8") == shown[2].svg


def test_faces_are_drawn_on_the_picture() -> None:
    plain = awkward.ordinary()
    with_face = awkward.with_face(plain, Box(120, 80, 160, 200))
    before, after = (np.asarray(opened(show.scene(s).png)) for s in (plain, with_face))
    assert (before != after).any()
    assert (before[:60] == after[:60]).all()
    assert "1 face" in show.scene(with_face).words
