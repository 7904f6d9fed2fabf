"""Contrast enhancement: peaks and gaps that a change of grey levels leaves in the histogram."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from telltale.detectors._shared import admission
from telltale.detectors._shared.blocks import block_mean
from telltale.detectors._shared.codec_grid import coded_map, upright_region
from telltale.detectors._shared.outlying_box import outlying_box
from telltale.detectors._shared.texture import CELL, texture
from telltale.finding import Card, Fact, Finding, Inapplicable, Part, Reference, Score, ok
from telltale.runtime.context import Context
from telltale.scene import Scene

CARD = Card(
    id="contrast_enhancement",
    version="2",
    family="forensic",
    title="Contrast enhancement",
    question="Were the grey levels of an area, or of the picture, stretched or bent?",
    how="A camera's histogram is smooth. Curves, gamma and levels applied to whole numbers leave "
    "empty grey levels and doubled ones, which show as high frequencies of the histogram. Their "
    "energy is compared with what counting so many pixels would give by chance, in the whole and "
    "in windows of 128 pixels.",
    limits=(
        "JPEG compression after the change fills the gaps; below about quality 95 nothing is left.",
        "Changing the contrast of a whole picture is ordinary. Cameras, screens and programs do "
        "it.",
        "In a picture that was bent as a whole, by some cameras too, no area is pointed at.",
        "Flat areas and graphics have few grey levels of their own.",
    ),
    references=(
        Reference(
            "M. C. Stamm, K. J. R. Liu",
            "Forensic Detection of Image Manipulation Using Statistical Intrinsic Fingerprints "
            "(with the energy over that of chance)",
            "IEEE Transactions on Information Forensics and Security 5(3)",
            2010,
            "https://doi.org/10.1109/TIFS.2010.2053202",
        ),
        Reference(
            "G. Cao, Y. Zhao, R. Ni, X. Li",
            "Contrast Enhancement-Based Forensics in Digital Images (composites, by blocks)",
            "IEEE Transactions on Information Forensics and Security 9(3)",
            2014,
            "https://doi.org/10.1109/TIFS.2014.2300937",
        ),
    ),
    weak=True,
)

#: Frequencies of the histogram from this on (of 128) are compared: the cut-off of the paper.
CUTOFF = 112
#: Grey levels at both ends over which counts are tapered: clipping piles up there.
TAPER = 16
#: Side of a cell in pixels; a window is 2 x 2 cells.
CELL_SIDE = 64
#: Deviation in octaves, chosen on files of the camera models that may set thresholds
#: (`models.forensics.photographs`).
USUAL = 3.0
#: Energy over chance in half of the windows from which on the whole picture was bent, as cameras
#: do with curves of their own: how much of that an area shows depends on its grey levels, so that
#: areas cannot be compared.
BENT_AS_A_WHOLE = 2.0
#: Energy over chance of the whole picture's histogram from which a change is named.
WHOLE = 60.0


def applicable(scene: Scene) -> Inapplicable | None:
    """At least 320 pixels on the shorter side, original pixels, 20 % of them textured."""
    return (
        admission.large_enough(scene.media, 320)
        or admission.not_redrawn(scene.media)
        or admission.enough_texture(texture(scene), 0.2)
    )


def run(scene: Scene, context: Context) -> Finding:
    """The energy of gaps and peaks in the whole histogram, and window by window."""
    media = scene.media
    green = media.coded[..., 1]
    counts = cell_histograms(green)
    context.step(0.6, "Comparing histograms")
    whole = float(gap_energy(counts.sum(axis=(0, 1))))
    windows = counts[:-1, :-1] + counts[1:, :-1] + counts[:-1, 1:] + counts[1:, 1:]
    level = np.log2(np.maximum(gap_energy(windows), 0.25)).astype(np.float32)
    usable = block_mean(texture(scene).usable, CELL_SIDE // CELL)[: counts.shape[0]]
    usable = usable[:, : counts.shape[1]]
    textured = (usable[:-1, :-1] + usable[1:, :-1] + usable[:-1, 1:] + usable[1:, 1:]) > 2
    middle = float(np.median(level[textured])) if textured.any() else 0.0
    relative = np.where(textured, level - middle, 0)
    facts = (
        Fact("gaps_of_the_whole", round(whole, 2), "over chance"),
        Fact("gaps_of_windows", round(2.0**middle, 2), "over chance"),
        Fact("empty_levels", empty_levels(counts.sum(axis=(0, 1)))),
    )
    offset = (CELL_SIDE // 2, CELL_SIDE // 2)
    maps = (
        coded_map(
            media,
            "gaps_and_peaks",
            relative,
            CELL_SIDE,
            -3.0,
            3.0,
            unit="octaves",
            offset=offset,
            meaning="Gaps and peaks in the histogram of each window of 128 pixels, against the "
            "usual of this picture: positive where grey levels were stretched or bent.",
        ),
    )
    if 2.0**middle > BENT_AS_A_WHOLE:
        sentence = (
            "Most areas have gaps and peaks in their histograms: the picture was bent as a whole, "
            "in the camera or later, and areas cannot be compared."
        )
        return ok(CARD, f"{sentence}{_also(whole)}", maps=maps, facts=facts)
    found = outlying_box(np.maximum(relative, 0), textured)
    if found is None:
        sentence = "The textured parts are too scattered to compare areas."
        return ok(CARD, f"{sentence}{_also(whole)}", maps=maps, facts=facts)
    value = max(found.deviation, 0.0)
    size = (found.top, found.left, found.height, found.width)
    region = upright_region(media, *size, CELL_SIDE, offset)
    score = Score(
        value, "gaps and peaks of the oddest area", "higher_is_suspicious", 0.0, 6.0, "octaves"
    )
    sentence = (
        "No area has gaps and peaks in its histogram that the rest lacks."
        if value <= USUAL
        else "The histogram of one area has gaps and peaks that the rest lacks: its brightness or "
        "contrast was changed by itself."
    )
    part = Part(region, value, sentence="The area with most gaps and peaks.")
    return ok(CARD, f"{sentence}{_also(whole)}", score, maps=maps, facts=facts, parts=(part,))


def cell_histograms(plane: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(h, w, 256) float64 counts of the grey levels of each whole cell of 64 x 64 pixels."""
    rows, columns = plane.shape[0] // CELL_SIDE, plane.shape[1] // CELL_SIDE
    counts = np.empty((rows, columns, 256))
    base = np.repeat(np.arange(columns) * 256, CELL_SIDE)
    for row in range(rows):
        strip = plane[row * CELL_SIDE : (row + 1) * CELL_SIDE, : columns * CELL_SIDE]
        flat = (strip.astype(np.intp) + base).ravel()
        counts[row] = np.bincount(flat, minlength=columns * 256).reshape(columns, 256)
    return counts


def gap_energy(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Energy of the histogram's highest frequencies over that of independent counts.

    Parameters
    ----------
    counts
        (..., 256) numbers of pixels per grey level.

    Returns
    -------
    energy
        (...) float64; 1 for independent pixels of a smooth density, about 2 and more for natural
        neighbours, which are alike; 0 where nothing lies between the tapered ends.
    """
    ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(TAPER) + 0.5) / TAPER)
    taper = np.concatenate([ramp, np.ones(256 - 2 * TAPER), ramp[::-1]])
    power = np.abs(np.fft.rfft(counts * taper, axis=-1)[..., CUTOFF:]) ** 2
    chance = (counts * taper**2).sum(axis=-1)
    return np.asarray(power.mean(axis=-1) / np.maximum(chance, 1.0))


def empty_levels(counts: NDArray[np.float64]) -> int:
    """Grey levels without a pixel between two that have many."""
    near = (counts[:-2] + counts[2:]) / 2
    return int(((counts[1:-1] == 0) & (near > 20)).sum())


def _also(whole: float) -> str:
    if whole <= WHOLE:
        return ""
    return (
        " The histogram of the whole picture has gaps and peaks: its brightness or contrast was "
        "changed after it had been stored in whole numbers, which is ordinary."
    )
