"""Our numbers beside Sherloq's, where both define the same or look for the same.

`golden/sherloq.json` was made outside this project on the pictures of `made.py`, by Sherloq's own
functions (gui/sherloq_app/tools as of July 2026) where they stand alone, else by the OpenCV 4.14
calls that they make, with their default settings. Of maps every 11th row from 3 and 13th column
from 2 are kept, of the probability every 5th and 7th.

Which variant each of ours follows:

- Error levels: the mean over the channels of the absolute difference (jpeg/ela.py, "linear",
  before gain and rounding). Sherloq's default draws the square root of it, for the eye.
- JPEG ghosts: Farid 2009. Sherloq (jpeg/ghostmmaps.py) takes the three colour channels and blocks
  of 16 pixels, ours the luma and its DCT; compared is the quality at which each block changes
  least.
- Resampling: the map of Popescu & Farid 2005 with 3 x 3 neighbours (tampering/resampling.py). The
  uniform part and the weights of the fit differ (Sherloq: 0.1 against an unscaled normal density,
  squared weights), so that the maps agree in rank, and their spectra in the peaks.
- Contrast: both weigh the high frequencies of the histogram, by other formulae (Sherloq:
  tampering/contrast.py, "histogram error"; ours: Stamm & Liu 2010); compared is where they point.
- Not compared, because the definitions have nothing in common: median filtering (Sherloq: boosted
  trees on eight distances between medians) and copies (Sherloq: binary keypoints).

The looking glasses stand in tests/py/looking/test_glasses.py.
"""

from __future__ import annotations

import io
import json
from pathlib import Path

import made
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from telltale.detectors.forensic import (
    contrast_enhancement,
    error_level_analysis,
    jpeg_ghosts,
    resampling,
)
from telltale.scene import luma

GOLDEN = json.loads((Path(__file__).parent / "golden/sherloq.json").read_text("utf-8"))


def ranks(values: NDArray[np.float64]) -> NDArray[np.intp]:
    return values.argsort().argsort()


@pytest.mark.parametrize("quality", [75, 90])
def test_error_levels_are_sherloqs(quality: int) -> None:
    ours = error_level_analysis.error_level(made.scene(), quality)[3::11, 2::13].ravel()
    # the golden numbers have three digits; both libraries wrap the same libjpeg
    assert np.abs(ours - np.array(GOLDEN[f"ela_{quality}"])).max() < 1e-3


def test_blocks_change_least_at_the_quality_that_sherloq_names() -> None:
    qualities = tuple(range(50, 95, 5))
    buffer = io.BytesIO()
    Image.fromarray(made.scene()).save(buffer, "JPEG", quality=65)
    pixels = np.asarray(Image.open(buffer))
    curves = jpeg_ghosts.difference_curves(luma(pixels), qualities)
    rows, columns = pixels.shape[0] // 16, pixels.shape[1] // 16
    of_16 = curves.reshape(len(qualities), rows, 2, columns, 2).mean(axis=(2, 4))
    ours = np.array(qualities)[of_16.argmin(axis=0)].ravel()
    assert (ours == np.array(GOLDEN["ghost_least_quality"])).mean() >= 0.95
    assert (ours == 65).mean() >= 0.95


def test_the_map_of_resampling_ranks_pixels_as_sherloqs_does() -> None:
    grey = made.enlarged().astype(np.float32)
    weights, sigma = resampling.prediction(grey)
    ours = resampling.probability(grey, weights, sigma)
    theirs = np.array(GOLDEN["resampling_probability"])
    assert np.corrcoef(ranks(ours[3::5, 2::7].ravel()), ranks(theirs))[0, 1] > 0.88


def test_its_spectrum_has_sherloqs_peaks_at_a_third() -> None:
    """Enlarging by 3/2 repeats every three pixels: 1/3 of a cycle in each, in both directions."""
    grey = made.enlarged().astype(np.float32)
    chance = resampling.probability(grey, *resampling.prediction(grey)).astype(float)
    side = chance.shape[0]
    power = np.abs(np.fft.rfft2((chance - chance.mean()) * np.outer(*2 * [np.hanning(side)])))
    power[:5, :5] = power[-4:, :5] = 0
    strongest = np.unravel_index(np.argsort(-power.ravel())[:4], power.shape)
    ours = {
        (round(min(y, side - y) / side, 2), round(x / side, 2))
        for y, x in zip(*strongest, strict=True)
    }
    theirs = {tuple(round(f, 2) for f in peak) for peak in GOLDEN["resampling_peaks"]}
    assert ours <= theirs
    assert all(sorted(peak)[1] == pytest.approx(1 / 3, abs=0.011) for peak in ours)


def test_both_point_at_the_square_whose_contrast_was_changed() -> None:
    counts = contrast_enhancement.cell_histograms(made.stretched(made.scene(256, 320)))
    energy = contrast_enhancement.gap_energy(counts)
    theirs = np.array(GOLDEN["contrast"])
    assert energy.argmax() == theirs.argmax() == np.ravel_multi_index((1, 2), theirs.shape)
    assert energy.max() > 2 * np.partition(energy.ravel(), -2)[-2]
