"""Our numbers beside those of the MKLab toolbox, which golden/mklab.json holds with the recipe."""

from __future__ import annotations

import io
import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pictures import jpeg, photograph
from PIL import Image

from telltale.detectors._shared.block_dct import block_dct
from telltale.detectors._shared.jpeg_coefficients import luma_plane, quantised
from telltale.detectors._shared.lattice import histograms, periodicity, strongest_grid
from telltale.detectors.forensic import dct_quantization, first_digits
from telltale.detectors.forensic.cfa import lattice_ratio
from telltale.detectors.forensic.nonaligned_jpeg import CLEAR
from telltale.media.decode import open_media

GOLDEN = json.loads((Path(__file__).parent / "golden/mklab.json").read_text("utf-8"))


@cache
def green() -> NDArray[np.uint8]:
    return np.ascontiguousarray(photograph(3, 264)[..., 1])


def saved_once(quality: int) -> bytes:
    return jpeg(np.ascontiguousarray(green()[:256, :256]), quality)


def saved_twice() -> bytes:
    """Saved at quality 60, cut by 3 rows and 5 columns, and saved again at 92."""
    first = np.asarray(Image.open(io.BytesIO(jpeg(green(), 60))))
    return jpeg(np.ascontiguousarray(first[3:259, 5:261]), 92)


def test_the_green_lattice_is_ferraras() -> None:
    """The same sign in every block and a correlation of 0.94.

    They weigh with a Gaussian of 1.5 pixels (1 in the paper and here) and take the local mean off
    the prediction error, which is about 0.
    """
    ours, theirs = lattice_ratio(photograph(7, 256)[..., 1]), np.array(GOLDEN["cfa"])
    assert np.array_equal(np.sign(ours), np.sign(theirs))
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.94
    assert np.median(ours) == pytest.approx(np.median(theirs), rel=0.1)


def test_the_other_grid_and_its_steps_are_bianchis() -> None:
    luma = luma_plane(open_media(saved_twice(), "x"))
    grid = strongest_grid(periodicity(histograms(luma)), CLEAR)
    theirs = GOLDEN["nonaligned"]
    assert (grid.y, grid.x) == (theirs["y"], theirs["x"])
    shared = {k: v for k, v in theirs["steps"].items() if int(k) in grid.steps}
    assert len(shared) >= 5
    assert shared == {k: grid.steps[int(k)] for k in shared}


def test_first_digits_are_amerinis(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of nine frequencies, one by one, equal to the last count."""
    media = open_media(saved_once(75), "x")
    assert media.jpeg is not None
    steps = quantised(block_dct(luma_plane(media)), media.jpeg.luma)
    for frequency, theirs in GOLDEN["digits"].items():
        monkeypatch.setattr(first_digits, "FREQUENCIES", (int(frequency),))
        assert first_digits.digit_counts(steps).sum(axis=(0, 1)).tolist() == theirs


def test_steps_of_a_decoded_file_are_the_true_ones_where_yes_are_near() -> None:
    """The toolbox counts peaks of the histogram's spectrum, which is often one too few."""
    file = saved_once(70)
    media = open_media(file, "x")
    assert media.jpeg is not None
    truth, theirs = media.jpeg.luma, np.array(GOLDEN["steps"])
    values = block_dct(media.coded[..., 1].astype(np.float32)).reshape(-1, 64)
    found = {k: dct_quantization.gathered_at(values[:, k]) for k in dct_quantization.FREQUENCIES}
    read = {k: step for k, step in found.items() if step}
    assert len(read) > 12
    for k, step in read.items():
        assert step == truth[k // 8, k % 8]
        assert abs(step - theirs[k // 8, k % 8]) <= 2
