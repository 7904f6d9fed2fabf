"""Median filtering: an area without the small ups and downs that every camera leaves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from telltale.detectors._shared import admission
from telltale.detectors._shared.blocks import block_mean, masked_box_mean
from telltale.detectors._shared.codec_grid import coded_map, upright_region
from telltale.detectors._shared.outlying_box import outlying_box
from telltale.detectors._shared.texture import CELL, texture
from telltale.detectors._shared.texture_match import equal_texture
from telltale.finding import Card, Fact, Finding, Inapplicable, Part, Reference, Score, ok
from telltale.runtime.context import Context
from telltale.scene import Scene

CARD = Card(
    id="median_filtering",
    version="1",
    family="forensic",
    title="Median filtering",
    question="Was an area smoothed with a median, as to hide traces or remove noise?",
    how="A median removes every pixel that is higher or lower than both its neighbours and leaves "
    "edges sharp. The picture is filtered with a median of three pixels along rows and columns: "
    "what that changes is small where a median was applied before. Each place is compared with "
    "equally textured places of the same picture.",
    limits=(
        "Denoising in a phone is often a median or close to one, and applied to faces and sky "
        "more than elsewhere.",
        "Blur and enlargement also remove ups and downs.",
        "After a last saving at quality 85 and less the trace is weak.",
    ),
    references=(
        Reference(
            "G. Cao, Y. Zhao, R. Ni, L. Yu, H. Tian",
            "Forensic detection of median filtering in digital images (the zero differences)",
            "ICME",
            2010,
            "https://doi.org/10.1109/ICME.2010.5583869",
        ),
        Reference(
            "X. Kang, M. C. Stamm, A. Peng, K. J. R. Liu",
            "Robust Median Filtering Forensics Using an Autoregressive Model (the residual of "
            "another median; here its size, against equal texture)",
            "IEEE Transactions on Information Forensics and Security 8(9)",
            2013,
            "https://doi.org/10.1109/TIFS.2013.2273394",
        ),
    ),
    weak=True,
)

#: Deviation in octaves that none of our untouched development photographs reached.
USUAL = 2.6
_FLOOR = 0.05  # grey levels; below it rounding decides
_STRIP = 512
SMOOTH = 5


def applicable(scene: Scene) -> Inapplicable | None:
    """At least 256 pixels on the shorter side, original pixels, 20 % of them textured."""
    return (
        admission.large_enough(scene.media, 256)
        or admission.not_redrawn(scene.media)
        or admission.enough_texture(texture(scene), 0.2)
    )


def run(scene: Scene, context: Context) -> Finding:
    """The area where another median changes least, against equal texture."""
    media, cells = scene.media, texture(scene)
    residual, zeros = median_residual(scene.coded_luma, context)
    alike = equal_texture(np.log(cells.gradient + 0.1, dtype=float), cells.usable)
    missing = -alike.residual(np.log2(residual + _FLOOR))
    smooth, share = masked_box_mean(missing, cells.usable, SMOOTH)
    smooth[share < 0.3] = 0.0
    facts = (
        Fact("median_residual", round(float(np.median(residual[cells.usable])), 3), "grey levels"),
        Fact("zero_differences", round(float(zeros[cells.usable].mean()), 3), "share of pixels"),
    )
    maps = (
        coded_map(
            media,
            "smoothed",
            smooth,
            CELL,
            -2.0,
            2.0,
            unit="octaves",
            meaning="How much less another median changes each place than equally textured ones: "
            "0 as expected, +1 half as much.",
        ),
    )
    found = outlying_box(np.maximum(missing, 0), cells.usable)
    if found is None:
        sentence = "The textured parts are too scattered to compare areas; see the map."
        return ok(CARD, sentence, maps=maps, facts=facts)
    value = max(found.deviation, 0.0)
    size = (found.top, found.left, found.height, found.width)
    region = upright_region(media, *size, CELL)
    score = Score(
        value, "deviation of the smoothest area", "higher_is_suspicious", 0.0, 4.0, "octaves"
    )
    sentence = (
        "No area lacks small ups and downs more than usual."
        if value <= USUAL
        else f"In one area another median changes {2.0**value:.1f} times less than in equally "
        "textured ones: it was smoothed, by a person or by the camera's own denoising."
    )
    part = Part(region, value, sentence="The area that was smoothed most.")
    return ok(CARD, sentence, score, maps=maps, facts=facts, parts=(part,))


def median_residual(
    luma: NDArray[np.float32], context: Context | None = None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What a median of three pixels changes, along rows and along columns.

    Returns
    -------
    residual
        (H // 8, W // 8) float32: mean of |median - pixel| over both directions, grey levels.
    zeros
        (H // 8, W // 8) float32: share of horizontal differences below half a grey level.
    """
    rows, columns = luma.shape[0] // CELL, luma.shape[1] // CELL
    residual, zeros = (np.zeros((rows, columns), np.float32) for _ in range(2))
    width = columns * CELL
    for top in range(0, rows * CELL, _STRIP):
        if context is not None:
            context.step(top / (rows * CELL), "Filtering")
        bottom = min(top + _STRIP, rows * CELL)
        cells = slice(top // CELL, bottom // CELL)
        wide = np.pad(luma[max(top - 1, 0) : bottom + 1, :width], ((1, 1), (1, 1)), mode="edge")
        begin = 1 + (1 if top else 0)
        centre = wide[begin : begin + bottom - top, 1:-1]
        left, right = (
            wide[begin : begin + bottom - top, :-2],
            wide[begin : begin + bottom - top, 2:],
        )
        above = wide[begin - 1 : begin - 1 + bottom - top, 1:-1]
        below = wide[begin + 1 : begin + 1 + bottom - top, 1:-1]
        change = np.abs(_median(left, centre, right) - centre)
        change += np.abs(_median(above, centre, below) - centre)
        residual[cells] = block_mean(change, CELL) / 2
        zeros[cells] = block_mean(np.abs(right - centre) < 0.5, CELL)
    return residual, zeros


def _median(
    a: NDArray[np.float32], b: NDArray[np.float32], c: NDArray[np.float32]
) -> NDArray[np.float32]:
    return np.maximum(np.minimum(a, b), np.minimum(np.maximum(a, b), c))
