"""Double quantization: which blocks went through JPEG once, where the picture went twice?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telltale.detectors._shared import admission
from telltale.detectors._shared.block_dct import block_dct
from telltale.detectors._shared.blocks import masked_box_mean
from telltale.detectors._shared.codec_grid import coded_map, upright_region
from telltale.detectors._shared.double_quantisation import Frequency, explain
from telltale.detectors._shared.jpeg_coefficients import (
    ZIGZAG,
    has_luma_plane,
    luma_plane,
    quantised,
)
from telltale.detectors._shared.outlying_box import highest_box
from telltale.detectors._shared.texture import CELL, clipped_colour, texture_of
from telltale.finding import Card, Fact, Finding, Inapplicable, Part, Reference, Score, ok
from telltale.media.jpeg_quality import ijg_table
from telltale.runtime.context import Context
from telltale.scene import Scene

CARD = Card(
    id="double_quantization",
    version="1",
    family="forensic",
    title="Double quantization",
    question="Was the picture saved as JPEG twice, but one area of it only once?",
    how="A picture that is opened, edited and saved again carries the gaps of two roundings in "
    "its DCT coefficients; what was pasted or painted in between carries those of the last only. "
    "The steps of the first saving are estimated from the histograms of fourteen frequencies, "
    "and each block is asked which explanation fits it.",
    limits=(
        "Works best where the last saving is of higher quality than the first. The other way "
        "round little or nothing is left.",
        "A picture saved once, or saved again as a whole after editing with the same steps, "
        "shows nothing.",
        "Strong noise, text and drawings inside the picture can look like a single compression.",
        "An area with a first saving of its own on the same grid can hide.",
    ),
    references=(
        Reference(
            "Z. Lin, J. He, X. Tang, C.-K. Tang",
            "Fast, automatic and fine-grained tampered JPEG image detection via DCT coefficient "
            "analysis (the effect, and the posterior map)",
            "Pattern Recognition 42(11)",
            2009,
            "https://doi.org/10.1016/j.patcog.2009.03.019",
        ),
        Reference(
            "T. Bianchi, A. Piva",
            "Image Forgery Localization via Block-Grained Analysis of JPEG Artifacts (the "
            "likelihoods; here with the first step of each frequency by maximum likelihood)",
            "IEEE Transactions on Information Forensics and Security 7(3)",
            2012,
            "https://doi.org/10.1109/TIFS.2012.2187516",
        ),
    ),
)

#: Frequencies examined: the first ones in zig-zag order without the constant.
FREQUENCIES = ZIGZAG[1:15]
#: A frequency counts where two savings explain it better by this many nats per block ...
LEAST_GAIN = 0.01
#: ... for at least this share of the blocks ...
LEAST_SHARE = 0.3
#: ... and the picture counts where this many frequencies do.
LEAST_FREQUENCIES = 4
#: What one frequency can say about one block, in nats.
MOST_PER_FREQUENCY = 3.0
#: Blocks with more clipped pixels than this share are neutral: clipping undoes the first rounding.
MOST_CLIPPED = 0.05
SMOOTH = 3
#: Mean log10 ratio of a box that none of our untouched development photographs reached.
USUAL = 1.0


def applicable(scene: Scene) -> Inapplicable | None:
    """An original JPEG file with luminance, at least 256 pixels on the shorter side."""
    return has_luma_plane(scene.media) or admission.large_enough(scene.media, 256)


@dataclass(frozen=True, slots=True)
class Twice:
    """What is known of the first saving, and how little each block fits it.

    Attributes
    ----------
    once
        (h, w) float32: log10 of p(block | saved once) over p(block | saved twice).
    frequencies
        The frequencies that count, by index.
    """

    once: NDArray[np.float32]
    frequencies: dict[int, Frequency]


def run(scene: Scene, context: Context) -> Finding:
    """The map of single compression, where a first saving can be read at all."""
    media = scene.media
    luma = luma_plane(media)
    assert media.jpeg is not None
    twice = first_saving(luma, media.jpeg.luma, context)
    if twice is None:
        sentence = (
            "No earlier saving can be read from the coefficients: the picture was saved once, or "
            "the last saving erased it. Nothing can be compared."
        )
        return ok(CARD, sentence, facts=(Fact("earlier_saving", False),))
    quality = nearest_quality(twice.frequencies)
    share = float(np.median([f.share for f in twice.frequencies.values()]))
    intact = clipped_colour(media.coded) < MOST_CLIPPED
    found = highest_box(twice.once, intact & texture_of(luma).usable)
    smooth, _ = masked_box_mean(np.where(intact, twice.once, 0), np.ones_like(intact), SMOOTH)
    posterior = 1 / (1 + 10.0 ** np.clip(-smooth, -12, 12))
    facts = [
        Fact("earlier_saving", True),
        Fact("earlier_quality", quality, "IJG"),
        Fact("blocks_saved_twice", round(share, 3), "share of picture"),
        Fact("frequencies_used", len(twice.frequencies)),
    ]
    maps = (
        coded_map(
            media,
            "saved_once",
            smooth,
            CELL,
            -4.0,
            4.0,
            unit="log10 ratio",
            meaning="How much better each block fits one saving than two: positive where the "
            "traces of the first saving are missing.",
        ),
        coded_map(
            media,
            "posterior",
            posterior,
            CELL,
            0.0,
            1.0,
            meaning="The same as a probability with even odds before, as in Lin et al.",
        ),
    )
    if found is None:
        sentence = "The textured parts are too scattered to compare areas; see the map."
        return ok(CARD, sentence, maps=maps, facts=tuple(facts))
    value = found.deviation
    region = upright_region(media, found.top, found.left, found.height, found.width, CELL)
    score = Score(
        value,
        "mean log10 ratio of the area that fits one saving best",
        "higher_is_suspicious",
        -5.0,
        5.0,
        "log10 ratio",
    )
    return ok(
        CARD,
        _sentence(value, quality),
        score,
        maps=maps,
        facts=tuple(facts),
        parts=(Part(region, value, sentence="The area that fits one saving best."),),
    )


def first_saving(
    luma: NDArray[np.float32], table: NDArray[np.int32], context: Context | None = None
) -> Twice | None:
    """Estimate the first steps and weigh every block, or None where none can be read.

    Parameters
    ----------
    luma
        (H, W) float32, the luminance plane as decoded.
    table
        (8, 8) its quantisation table.
    """
    steps = quantised(block_dct(luma), table)
    # Four pixels off the grid in both directions: the density without any quantisation.
    shifted = block_dct(np.ascontiguousarray(luma[4:, 4:])).reshape(-1, 64)
    once = np.zeros(steps.shape[:2], np.float32)
    kept: dict[int, Frequency] = {}
    for number, k in enumerate(FREQUENCIES):
        if context is not None:
            context.step(number / len(FREQUENCIES), f"Frequency {number + 1}")
        found, most = explain(steps[..., k].ravel(), shifted[:, k], int(table.reshape(64)[k]))
        if found.gain > LEAST_GAIN and found.share > LEAST_SHARE:
            kept[k] = found
            ratio = np.clip(found.ratio, -MOST_PER_FREQUENCY, MOST_PER_FREQUENCY)
            once -= (ratio / np.log(10)).astype(np.float32)[
                np.clip(steps[..., k], -most, most).astype(np.intp) + most
            ]
    return Twice(once, kept) if len(kept) >= LEAST_FREQUENCIES else None


def nearest_quality(frequencies: dict[int, Frequency]) -> int:
    """The IJG quality whose luminance steps are nearest to the first steps found."""
    index = list(frequencies)
    steps = np.log([frequencies[k].q1 for k in index])
    weight = np.array([frequencies[k].gain for k in index])
    distance = [
        float(weight @ np.abs(np.log(ijg_table(quality).reshape(64)[index]) - steps))
        for quality in range(1, 101)
    ]
    return int(np.argmin(distance)) + 1


def _sentence(value: float, quality: int) -> str:
    before = f"The picture was saved before at about quality {quality}"
    if value <= USUAL:
        return f"{before}, and no area is without the traces of that saving."
    return (
        f"{before}, and one area lacks the traces of that saving, as when it was pasted, painted "
        "or moved in between."
    )
