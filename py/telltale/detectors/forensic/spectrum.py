"""Spectrum: traces of up-sampling in the frequencies of the whole picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from telltale.detectors._shared import admission
from telltale.detectors._shared.spectrum_tiles import (
    SMALL_TILE,
    TILE,
    above_surroundings,
    lattice_peak,
    mean_log_spectrum,
    radial_profile,
)
from telltale.detectors._shared.texture import texture
from telltale.finding import Card, Fact, Finding, Inapplicable, Map, Reference, Score, ok
from telltale.runtime.context import Context
from telltale.scene import Scene

CARD = Card(
    id="spectrum",
    version="2",
    family="forensic",
    title="Spectrum",
    question="Do the frequencies of the picture show a lattice or a gap, as up-sampling leaves?",
    how="Many image generators enlarge their inner pictures by 2 again and again. That can leave "
    "a faint pattern that repeats every 4, 8 or 16 pixels: points on a lattice in the spectrum. "
    "The test averages the log spectrum of tiles and asks how far the points of such a lattice "
    "stand out from the same lattice shifted elsewhere.",
    limits=(
        "Many current generators leave no lattice; a clean spectrum says nothing for a picture.",
        "Shrinking or enlarging the picture afterwards moves the lattice away from where it is "
        "looked for.",
        "Printed screens, fabric and pixel art have lattices of their own.",
        "JPEG's blocks of 8 pixels leave the lattices of 4 and 8 pixels in most untouched files of "
        "cameras: on a JPEG file of more than 1300 pixels on the shorter side only what such "
        "blocks cannot leave is looked for, a pattern of 16 pixels.",
        "The fall towards high frequencies depends on the lens, the sharpening and the "
        "compression more than on whether a picture is generated. It is reported, not scored.",
    ),
    references=(
        Reference(
            "R. Durall, M. Keuper, J. Keuper",
            "Watch your Up-Convolution: CNN Based Generative Deep Neural Networks are Failing to "
            "Reproduce Spectral Distributions (the radial profile)",
            "CVPR",
            2020,
            "https://arxiv.org/abs/2003.01826",
        ),
        Reference(
            "X. Zhang, S. Karaman, S.-F. Chang",
            "Detecting and Simulating Artifacts in GAN Fake Images (the lattice)",
            "WIFS",
            2019,
            "https://arxiv.org/abs/1907.06515",
        ),
    ),
    weak=True,
)

#: Periods of the patterns looked for, in pixels. 2 is left out: cameras have it, from their
#: colour filter arrays.
PERIODS = (4, 8, 16)
#: Of them, those that JPEG's blocks of 8 pixels and their overtones have as well.
BLOCK_PERIODS = (4, 8)
#: Shorter side in pixels above which a JPEG file's own blocks stand out as a lattice in most
#: untouched files of cameras (docs/forensics.md). Up to there, what a lattice of 4 or 8 pixels is
#: worth in a JPEG file was calibrated (`evidence`); beyond it only its points that are no
#: multiples of 1/8 are looked at.
LARGE = 1300
#: Robust standard deviations that 98 in 100 untouched development photographs stay under.
USUAL = 5.0
#: Frequencies in cycles per pixel: where the fall is fitted, and where it is compared.
FITTED, HIGH = (1 / 32, 1 / 8), (0.42, 0.5)
#: A level this far below the fitted fall, in dB, is named as a gap.
GAP = -14.0


def applicable(scene: Scene) -> Inapplicable | None:
    """At least 256 pixels on the shorter side, original pixels, 20 % of them textured."""
    return (
        admission.large_enough(scene.media, SMALL_TILE)
        or admission.not_redrawn(scene.media)
        or admission.enough_texture(texture(scene), 0.2)
    )


def run(scene: Scene, context: Context) -> Finding:
    """The strongest lattice, the fall of the radial profile, and the spectrum to look at."""
    luma = scene.coded_luma
    size = TILE if min(luma.shape) >= TILE else SMALL_TILE
    spectrum = mean_log_spectrum(luma, size)
    context.step(0.8, "Looking for lattices")
    residual = above_surroundings(spectrum)
    stored = scene.media.format == "JPEG"
    unseen = stored and min(luma.shape) > LARGE
    looked = [p for p in PERIODS if not (unseen and p in BLOCK_PERIODS)]
    peaks = {p: lattice_peak(residual, p, max(BLOCK_PERIODS) if unseen else 0) for p in looked}
    period = max(peaks, key=lambda p: peaks[p])
    slope, high = fall(radial_profile(spectrum))
    facts = (
        *(Fact(f"lattice_{p}_pixels", round(v, 2), "robust sigma") for p, v in peaks.items()),
        Fact("slope", round(slope, 2), "dB per octave"),
        Fact("high_frequencies_against_fall", round(high, 1), "dB"),
        Fact("tile", size, "pixels"),
    )
    shown = scene.media.upright(spectrum)
    low, top = float(np.percentile(shown, 1)), float(np.percentile(shown, 99.8))
    maps = (
        Map(
            "log_spectrum",
            shown.astype(np.float32),
            low,
            top,
            "dB",
            meaning="Mean log spectrum, zero frequency in the middle, half the sampling "
            "frequency at the borders. A photograph shows a soft star; isolated points on a "
            "regular lattice off the two axes are what the test looks for.",
            space="frequency",
        ),
    )
    score = Score(
        peaks[period], "strongest lattice", "higher_is_suspicious", 0.0, 12.0, "robust sigma"
    )
    sentence = _sentence(period, peaks[period], high, stored and period in BLOCK_PERIODS)
    if unseen:
        sentence += (
            " Lattices of 4 and 8 pixels are not looked for here: JPEG's own blocks leave them in "
            "large files."
        )
    return ok(CARD, sentence, score, maps=maps, facts=facts)


def fall(profile: NDArray[np.float64]) -> tuple[float, float]:
    """Slope in dB per octave at middle frequencies, and the level at high ones against it.

    Parameters
    ----------
    profile
        Radial profile of an (n, n) spectrum in dB; entry k stands for k / n cycles per pixel,
        and half the sampling frequency is entry n / 2.
    """
    # The profile of an n x n plane reaches to its corner, n / sqrt(2) from the middle.
    n = round((len(profile) - 1) * np.sqrt(2))
    frequency = np.arange(len(profile)) / n
    fitted = (frequency >= FITTED[0]) & (frequency <= FITTED[1])
    high = (frequency >= HIGH[0]) & (frequency <= HIGH[1])
    octaves = np.log2(np.maximum(frequency, 1 / n))
    slope, level = np.polyfit(octaves[fitted], profile[fitted], 1)
    expected = slope * octaves[high] + level
    return float(slope), float(np.mean(profile[high] - expected))


def _sentence(period: int, peak: float, high: float, blocks: bool) -> str:
    gap = (
        " There is hardly any detail at the highest frequencies, as in an enlarged or strongly "
        "smoothed picture."
        if high < GAP
        else ""
    )
    if peak <= USUAL:
        return f"No lattice stands out in the spectrum.{gap}"
    lattice = (
        f"The spectrum has a lattice of points that belongs to a pattern repeating every {period} "
        "pixels."
    )
    if blocks:
        return (
            f"{lattice} The blocks of JPEG repeat so too, and many untouched files show it: here "
            f"it says little. Up-sampling in an image generator can leave the same.{gap}"
        )
    return (
        f"{lattice} Up-sampling in an image generator leaves that; so do screens, fabric and "
        f"pixel art.{gap}"
    )
