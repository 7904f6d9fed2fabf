"""First digits: do the DCT coefficients of all areas follow one and the same law?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from telltale.detectors._shared import admission
from telltale.detectors._shared.block_dct import block_dct
from telltale.detectors._shared.blocks import masked_box_mean
from telltale.detectors._shared.codec_grid import coded_map, upright_region
from telltale.detectors._shared.jpeg_coefficients import ZIGZAG, quantised
from telltale.detectors._shared.outlying_box import outlying_box
from telltale.detectors._shared.texture import CELL, texture
from telltale.detectors._shared.texture_match import equal_texture
from telltale.finding import Card, Fact, Finding, Inapplicable, Part, Reference, Score, ok
from telltale.runtime.context import Context
from telltale.scene import Scene

CARD = Card(
    id="first_digits",
    version="1",
    family="forensic",
    title="First digits",
    question="Do the first digits of the DCT coefficients follow the law of a picture saved once?",
    how="The first digits of the coefficients of a picture that was saved once follow a "
    "generalised Benford law. A second saving disturbs it. The law is fitted to the picture, and "
    "the digits of each neighbourhood of 11 x 11 blocks are compared with those of the picture.",
    limits=(
        "The law is one of averages: it needs many coefficients, so it points only roughly.",
        "Flat, synthetic and strongly textured areas have laws of their own.",
        "It tells that something differs, not what was done.",
    ),
    references=(
        Reference(
            "D. Fu, Y. Q. Shi, W. Su",
            "A generalized Benford's law for JPEG coefficients and its applications in image "
            "forensics",
            "SPIE Security, Steganography, and Watermarking of Multimedia Contents IX",
            2007,
            "https://doi.org/10.1117/12.704723",
        ),
        Reference(
            "I. Amerini, R. Becarelli, R. Caldelli, A. Del Mastio",
            "Splicing Forgeries Localization through the Use of First Digit Features (by areas)",
            "WIFS",
            2014,
            "https://doi.org/10.1109/WIFS.2014.7084318",
        ),
    ),
    weak=True,
)

#: Frequencies whose digits are read: the first 20 in zig-zag order without the constant.
FREQUENCIES = ZIGZAG[1:21]
#: Side in blocks of the neighbourhood.
AROUND = 11
#: Deviation in octaves that 9 in 10 of our untouched development photographs stay under.
USUAL = 5.5
_ROWS = 64


def applicable(scene: Scene) -> Inapplicable | None:
    """At least 320 pixels on the shorter side, original pixels, 20 % of them textured."""
    return (
        admission.large_enough(scene.media, 320)
        or admission.not_redrawn(scene.media)
        or admission.enough_texture(texture(scene), 0.2)
    )


def run(scene: Scene, context: Context) -> Finding:
    """The law of the whole, and how far each neighbourhood is from it."""
    media, cells = scene.media, texture(scene)
    table = media.jpeg.luma if media.jpeg else np.ones((8, 8), np.int32)
    coefficients = block_dct(scene.coded_luma)
    context.step(0.5, "Counting digits")
    counts = digit_counts(quantised(coefficients, table))
    usable = cells.usable & (counts.sum(axis=2) >= 3)
    whole = counts[usable].sum(axis=0, dtype=float)
    scale, offset, power, misfit = benford(whole)
    facts = (
        Fact("first_digit_1", round(float(whole[0] / max(whole.sum(), 1)), 4), "share"),
        Fact("benford_scale", round(scale, 3)),
        Fact("benford_offset", round(offset, 3)),
        Fact("benford_power", round(power, 3)),
        Fact("benford_misfit", round(misfit, 4), "chi-square over digits"),
    )
    if whole.sum() < 2000:
        why = "So few coefficients are left that their digits follow no law."
        return ok(CARD, why, facts=facts)
    level = divergence(counts, usable)
    alike = equal_texture(np.log(cells.gradient + 0.1, dtype=float), usable)
    relative = alike.residual(np.log2(level + 1e-3))
    maps = (
        coded_map(
            media,
            "other_digits",
            relative,
            CELL,
            -3.0,
            3.0,
            unit="octaves",
            meaning="How far the first digits around each block are from those of the whole "
            "picture, against equally textured places: positive where they differ more.",
        ),
    )
    found = outlying_box(np.maximum(relative, 0), usable)
    if found is None:
        sentence = "The textured parts are too scattered to compare areas; see the map."
        return ok(CARD, sentence, maps=maps, facts=facts)
    value = found.deviation if found.deviation > 0 else 0.0
    size = (found.top, found.left, found.height, found.width)
    region = upright_region(media, *size, CELL)
    score = Score(
        value, "deviation of the oddest area", "higher_is_suspicious", 0.0, 5.0, "octaves"
    )
    sentence = (
        "The first digits of all areas are about as alike as in an untouched photograph."
        if value <= USUAL
        else "The first digits of one area differ from the rest: another history of compression "
        "would explain it; so would another material."
    )
    part = Part(region, value, sentence="The area whose digits differ most.")
    return ok(CARD, sentence, score, maps=maps, facts=facts, parts=(part,))


def digit_counts(steps: NDArray[np.int16]) -> NDArray[np.float32]:
    """(h, w, 9) float32: how often each first digit 1 .. 9 stands in the block's coefficients."""
    first = np.zeros(32769, np.uint8)
    value = np.arange(32769)
    for power in range(5):
        first[value >= 10**power] = (value[value >= 10**power] // 10**power) % 10
    for power in range(4, -1, -1):
        here = (value >= 10**power) & (value < 10 ** (power + 1))
        first[here] = value[here] // 10**power
    out = np.empty((*steps.shape[:2], 9), np.float32)
    for top in range(0, steps.shape[0], _ROWS):
        part = np.abs(steps[top : top + _ROWS][..., list(FREQUENCIES)].astype(np.int32))
        digits = first[part]
        for digit in range(1, 10):
            out[top : top + _ROWS, :, digit - 1] = (digits == digit).sum(axis=2)
    return out


def benford(counts: NDArray[np.float64]) -> tuple[float, float, float, float]:
    """Fit p(d) = N log10(1 + 1 / (s + d^q)) to nine counts (Fu, Shi & Su 2007, eq. 5).

    Returns N, s, q and the mean over digits of (p - fitted)^2 / fitted.
    """
    share = counts / max(float(counts.sum()), 1.0)
    digit = np.arange(1, 10)
    best = (1.0, 0.0, 1.0, float("inf"))
    # a coarse grid, then a fine one around its best: the surface is smooth and has two parameters
    ranges = (np.linspace(-0.6, 1.5, 22), np.linspace(0.4, 3.0, 27))
    for _ in range(3):
        for s in ranges[0]:
            for q in ranges[1]:
                law = np.log10(1 + 1 / np.maximum(s + digit**q, 0.05))
                scale = 1 / law.sum()
                fitted = scale * law
                error = float(np.mean((share - fitted) ** 2 / fitted))
                if error < best[3]:
                    best = (float(scale), float(s), float(q), error)
        widths = [(axis[1] - axis[0]) for axis in ranges]
        ranges = (
            np.linspace(best[1] - widths[0], best[1] + widths[0], 11),
            np.linspace(best[2] - widths[1], best[2] + widths[1], 11),
        )
    return best


def divergence(counts: NDArray[np.float32], usable: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Symmetric Kullback-Leibler divergence of each neighbourhood's digits from the picture's.

    (h, w) float32 in nats; 0 where the neighbourhood has nothing usable.
    """
    around = np.stack(
        [masked_box_mean(counts[..., d], usable, AROUND)[0] for d in range(9)], axis=-1
    )
    total = around.sum(axis=2, keepdims=True)
    local = (around + 0.01) / (total + 0.09)
    whole = counts[usable].mean(axis=0, dtype=float) + 0.01
    whole /= whole.sum()
    value = ((local - whole) * np.log(local / whole)).sum(axis=2)
    return np.where(total[..., 0] > 0, value, 0).astype(np.float32)
