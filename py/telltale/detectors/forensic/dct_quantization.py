"""DCT quantisation: which blocks do not lie on the steps of the picture's earlier JPEG saving?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from telltale.detectors._shared import admission
from telltale.detectors._shared.block_dct import block_dct, stride_for
from telltale.detectors._shared.blocks import masked_box_mean
from telltale.detectors._shared.codec_grid import coded_map, upright_region
from telltale.detectors._shared.double_quantisation import explain
from telltale.detectors._shared.jpeg_coefficients import ZIGZAG, quantised
from telltale.detectors._shared.outlying_box import outlying_box
from telltale.detectors._shared.texture import CELL, texture
from telltale.detectors._shared.texture_match import equal_texture
from telltale.finding import Card, Fact, Finding, Inapplicable, Part, Reference, Score, ok
from telltale.media.model import Media
from telltale.runtime.context import Context
from telltale.scene import Scene

CARD = Card(
    id="dct_quantization",
    version="2",
    family="forensic",
    title="DCT quantisation",
    question="Do all blocks lie on the quantisation steps of the picture's earlier JPEG saving?",
    how="The steps of an earlier saving are estimated from the histograms of the DCT coefficients. "
    "How far each block's coefficients lie from the multiples of those steps is summed: the "
    "blocking artefact measure of the paper. Each block is compared with equally textured ones; "
    "what was not in that saving lies farther off.",
    limits=(
        "Speaks where an earlier saving was coarser than the last one, and for lossless copies of "
        "JPEG files.",
        "Sees only what keeps the picture's own 8x8 grid as the earlier saving.",
        "Blocks with little detail are quantised to nothing and show nothing.",
    ),
    references=(
        Reference(
            "S. Ye, Q. Sun, E.-C. Chang",
            "Detecting Digital Image Forgeries by Measuring Inconsistencies of Blocking Artifact "
            "(32 frequencies; here over the step, and against equal texture)",
            "ICME",
            2007,
            "https://doi.org/10.1109/ICME.2007.4284574",
        ),
    ),
)

#: Frequencies examined: the first 32 in zig-zag order without the constant.
FREQUENCIES = ZIGZAG[1:32]
#: Steps looked for in pictures that are not JPEG.
STEPS = tuple(range(2, 61))
#: Concentration on multiples of a step, in [0, 1], from which the step is believed.
CONCENTRATED = 0.35
#: Nats per block that two savings must explain a JPEG's frequency better than one, and for which
#: share of the blocks.
LEAST_GAIN, LEAST_SHARE = 0.01, 0.3
#: The fewest frequencies with a step of their own.
LEAST_FREQUENCIES = 4
#: Deviation (of the mean distance, in steps) that none of our untouched photographs reached.
USUAL = 0.1
_MOST_BLOCKS = 40_000
_DENSE = 40
#: Coefficients below this may be nothing but the rounding of decoded pixels, grey levels.
ROUNDING = 1.2
SMOOTH = 3


def applicable(scene: Scene) -> Inapplicable | None:
    """At least 256 pixels on the shorter side, original pixels, 20 % of them textured."""
    return (
        admission.large_enough(scene.media, 256)
        or admission.not_redrawn(scene.media)
        or admission.enough_texture(texture(scene), 0.2)
    )


def run(scene: Scene, context: Context) -> Finding:
    """The distance of every block from the earlier steps, where there are any."""
    media, luma = scene.media, scene.coded_luma
    steps = earlier_steps(media, luma, context)
    facts = (Fact("frequencies_used", len(steps)),)
    if len(steps) < LEAST_FREQUENCIES:
        sentence = (
            "No quantisation steps of an earlier saving can be read, so no block can be held "
            "against them."
        )
        return ok(CARD, sentence, facts=facts)
    context.step(0.8, "Measuring distances")
    distance, counted = inconsistency(block_dct(luma), steps)
    cells = texture(scene)
    usable = cells.usable & (counted > 0)
    alike = equal_texture(np.log(cells.gradient + 0.1, dtype=float), usable)
    relative = alike.residual(distance)
    smooth, share = masked_box_mean(relative, usable, SMOOTH)
    smooth[share < 0.3] = 0.0
    maps = (
        coded_map(
            media,
            "off_the_steps",
            smooth,
            CELL,
            -0.15,
            0.15,
            unit="steps",
            meaning="Mean distance of each block's coefficients from the earlier steps, against "
            "equally textured blocks: positive where they do not fit.",
        ),
    )
    found = outlying_box(np.maximum(relative, -0.05), usable)
    if found is None:
        sentence = "The textured parts are too scattered to compare areas; see the map."
        return ok(CARD, sentence, maps=maps, facts=facts)
    value = max(found.deviation, 0.0)
    size = (found.top, found.left, found.height, found.width)
    region = upright_region(media, *size, CELL)
    score = Score(
        value, "distance of the area that fits least", "higher_is_suspicious", 0.0, 0.25, "steps"
    )
    sentence = (
        "All areas lie on the steps of the earlier saving as much as their texture lets them."
        if value <= USUAL
        else "One area does not lie on the steps of the picture's earlier saving, as when it was "
        "pasted, painted or moved after it."
    )
    part = Part(region, value, sentence="The area that fits the earlier steps least.")
    return ok(CARD, sentence, score, maps=maps, facts=facts, parts=(part,))


def earlier_steps(
    media: Media, luma: NDArray[np.float32], context: Context | None = None
) -> dict[int, int]:
    """The steps of an earlier saving by frequency (8 * vertical + horizontal).

    In a JPEG file each step is that which, followed by the file's own, explains the histogram
    best; elsewhere the largest at whose multiples the coefficients gather.
    """
    coefficients = block_dct(luma, stride_for(luma.shape, _MOST_BLOCKS)).reshape(-1, 64)
    found: dict[int, int] = {}
    if media.jpeg is None:
        for k in FREQUENCIES:
            step = gathered_at(coefficients[:, k])
            if step:
                found[k] = step
        return found
    moved = np.ascontiguousarray(luma[4:, 4:])
    shifted = block_dct(moved, stride_for(luma.shape, _MOST_BLOCKS)).reshape(-1, 64)
    own = media.jpeg.luma
    steps = quantised(coefficients, own)
    for number, k in enumerate(FREQUENCIES[:14]):
        if context is not None:
            context.step(0.8 * number / 14, f"Frequency {number + 1}")
        best, _ = explain(steps[:, k], shifted[:, k], int(own.reshape(64)[k]))
        if best.gain > LEAST_GAIN and best.share > LEAST_SHARE:
            found[k] = best.q1
    return found


def gathered_at(x: NDArray[np.float32]) -> int:
    """The step at whose multiples values beyond the rounding of pixels gather best; 0 for none.

    Values smaller than half a step count too: where twice the true step is tried, those at one
    step lie midway between its multiples and speak against it. At a divisor of the true step the
    same noise is a larger part of the step, so that the true one gathers best.
    """
    beyond = x[np.abs(x) > ROUNDING].astype(float)
    if beyond.size < _DENSE:
        return 0
    waves = [float(np.cos(beyond * (2 * np.pi / step)).mean()) for step in STEPS]
    best = int(np.argmax(waves))
    return STEPS[best] if waves[best] > CONCENTRATED else 0


def inconsistency(
    coefficients: NDArray[np.float32], steps: dict[int, int]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean distance from the nearest multiple of the steps, in steps, over what was not lost.

    Parameters
    ----------
    coefficients
        (h, w, 64) float32.
    steps
        By frequency.

    Returns
    -------
    distance
        (h, w) float32 in [0, 0.5]. Ye et al. 2007, eq. (2), over the step and the number of
        coefficients.
    counted
        (h, w) float32: coefficients beyond half a step.
    """
    total: NDArray[np.float32] = np.zeros(coefficients.shape[:2], np.float32)
    counted: NDArray[np.float32] = np.zeros(coefficients.shape[:2], np.float32)
    for k, step in steps.items():
        scaled = coefficients[..., k] / np.float32(step)
        beyond = np.abs(scaled) > 0.5
        total += np.where(beyond, np.abs(scaled - np.rint(scaled)), 0)
        counted += beyond
    return np.asarray(total / np.maximum(counted, 1), np.float32), counted
