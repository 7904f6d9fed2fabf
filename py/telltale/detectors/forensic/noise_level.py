"""Noise level: do all parts of the picture carry the noise of one sensor and one processing?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pywt
from numpy.typing import NDArray
from scipy import ndimage

from telltale.detectors._shared import admission
from telltale.detectors._shared.blocks import block_mean, masked_box_mean
from telltale.detectors._shared.codec_grid import coded_map, upright_region
from telltale.detectors._shared.outlying_box import OutlyingBox, outlying_box
from telltale.detectors._shared.texture import Texture, texture
from telltale.detectors._shared.texture_match import equal_texture
from telltale.finding import (
    Card,
    Fact,
    Finding,
    Inapplicable,
    Part,
    Reference,
    Score,
    inapplicable,
    ok,
)
from telltale.media.model import Media
from telltale.runtime.context import Context
from telltale.scene import Scene

CARD = Card(
    id="noise_level",
    version="1",
    family="forensic",
    title="Noise level",
    question="Do all parts of the picture carry the same amount of noise?",
    how="The finest diagonal wavelet detail (Daubechies 8) holds little of the scene and much of "
    "the noise. Its median absolute value in each block of 16 x 16 pixels estimates the noise "
    "there. The number compares the smoother blocks with others of equal brightness and texture.",
    limits=(
        "Fine texture (hair, grass, fabric) counts as noise. Blur, out of focus backgrounds and "
        "portrait modes lower it. Both are innocent and common.",
        "JPEG compression removes most of this detail; below about quality 85 little is left to "
        "compare.",
        "Phones denoise different parts differently, faces and sky above all.",
    ),
    references=(
        Reference(
            "B. Mahdian, S. Saic",
            "Using noise inconsistencies for blind image forensics",
            "Image and Vision Computing 27(10)",
            2009,
            "https://doi.org/10.1016/j.imavis.2009.02.001",
        ),
        Reference(
            "D. L. Donoho, I. M. Johnstone",
            "Ideal spatial adaptation by wavelet shrinkage (the median estimator)",
            "Biometrika 81(3)",
            1994,
            "https://doi.org/10.1093/biomet/81.3.425",
        ),
    ),
    weak=True,
)

WAVELET = "db8"
#: Side of a block in wavelet coefficients, and in pixels.
BLOCK = 8
CELL = 2 * BLOCK
#: Ratio of the median absolute value of a Gaussian to its standard deviation.
MEDIAN_TO_SIGMA = 0.6745
#: Coefficients left out at the start, so that a block stands for the pixels it is drawn over:
#: the filter's 16 taps make coefficient i speak for the pixels around 2 i - 6.5.
LEAD = 3
#: Up to this many grey levels the estimate is the rounding of pixels to integers (0.29), not noise.
GONE = 0.35
#: The coarsest mean quantisation step at which noise is still worth comparing (quality about 78).
COARSEST_STEP = 45
#: Blocks compared: the smoother ones, where the detail is noise rather than scene.
SMOOTHER = 0.7
#: Deviation in octaves that 95 in 100 of our untouched development photographs stay under.
USUAL = 2.5
#: From this smoothed deviation in octaves on a block counts as inconsistent.
INCONSISTENT = 1.0
#: The least share of the picture of a connected inconsistent area.
LEAST_AREA = 0.01
SMOOTH = 5


def applicable(scene: Scene) -> Inapplicable | None:
    """At least 256 pixels on the shorter side, original pixels, high quality, 20 % textured."""
    return (
        admission.large_enough(scene.media, 256)
        or admission.not_redrawn(scene.media)
        or _finely_enough_compressed(scene.media)
        or admission.enough_texture(texture(scene), 0.2)
    )


def run(scene: Scene, context: Context) -> Finding:
    """The noise map, and how far the most deviating area lies from its equals."""
    media = scene.media
    noise = block_noise(diagonal_detail(scene.coded_luma)[LEAD:, LEAD:])
    context.step(0.7, "Comparing equal brightness and texture")
    blocks = Blocks.of(texture(scene), noise)
    gone = float((blocks.noise < GONE).mean())
    facts: tuple[Fact, ...] = (
        Fact("median_noise", round(float(np.median(blocks.noise)), 3), "grey levels"),
        Fact("without_fine_detail", round(gone, 3), "share of picture"),
        Fact("compared_area", round(float(blocks.compared.mean()), 3), "share of picture"),
    )
    high = max(2.0, float(np.percentile(blocks.noise, 98)))
    raw = coded_map(
        media,
        "noise_level",
        blocks.noise,
        CELL,
        0.0,
        high,
        unit="grey levels",
        meaning="Estimated standard deviation of noise. Fine texture counts as noise.",
    )
    if gone > 0.6 or blocks.compared.mean() < 0.05:
        why = Inapplicable(
            "compressed_too_much",
            f"In {gone:.0%} of the picture compression or denoising left no fine detail, so there "
            "is too little noise to compare.",
        )
        return inapplicable(CARD, why, facts=facts, maps=(raw,))

    relative = blocks.relative(resolvable(media))
    found = outlying_box(relative, blocks.compared)
    smooth, share = masked_box_mean(relative, blocks.compared, SMOOTH)
    smooth[share < 0.1] = 0.0
    areas, area = inconsistent_areas(smooth)
    facts += (
        Fact("inconsistent_areas", areas),
        Fact("inconsistent_area", round(area, 3), "share of picture"),
    )
    maps = (
        raw,
        coded_map(
            media,
            "against_equal_blocks",
            smooth,
            CELL,
            -2.0,
            2.0,
            unit="octaves",
            meaning="Noise against blocks of equal brightness and texture: 0 as expected, +1 "
            "twice as much, -1 half as much.",
        ),
    )
    if found is None:
        sentence = "The smooth parts are too scattered to compare areas; see the map."
        return ok(CARD, sentence, maps=maps, facts=facts, caveats=_caveats(media, gone))
    score = Score(
        abs(found.deviation),
        "deviation of the most deviating area",
        "higher_is_suspicious",
        0.0,
        4.0,
        "octaves",
    )
    region = upright_region(media, found.top, found.left, found.height, found.width, CELL)
    return ok(
        CARD,
        _sentence(found),
        score,
        maps=maps,
        parts=(Part(region, abs(found.deviation), sentence="The most deviating area."),),
        facts=(
            *facts,
            Fact("deviation", round(found.deviation, 3), "octaves"),
            Fact("deviation_in_spreads", round(found.spreads, 2), "robust sigma"),
        ),
        caveats=_caveats(media, gone),
    )


def diagonal_detail(luma: NDArray[np.float32]) -> NDArray[np.float32]:
    """The first-level diagonal wavelet detail of (H, W) luma; float32, about (H / 2, W / 2).

    `pywt.dwt2(luma, "db8")` returns the same as its last array (symmetric extension); only the
    filters that lead there are run.
    """
    across = pywt.dwt(luma, WAVELET, axis=1)[1]
    return np.asarray(pywt.dwt(across, WAVELET, axis=0)[1], np.float32)


def block_noise(detail: NDArray[np.float32]) -> NDArray[np.float32]:
    """Noise standard deviation per 8x8 block of diagonal detail: median(|d|) / 0.6745.

    Mahdian & Saic 2009, section 3. Returns (h // 8, w // 8) float32 in the unit of the picture.
    """
    rows, columns = detail.shape[0] // BLOCK, detail.shape[1] // BLOCK
    whole = np.abs(detail[: rows * BLOCK, : columns * BLOCK])
    cells = whole.reshape(rows, BLOCK, columns, BLOCK).transpose(0, 2, 1, 3)
    median = np.median(cells.reshape(rows, columns, BLOCK * BLOCK), axis=2)
    return np.asarray(median / MEDIAN_TO_SIGMA, np.float32)


@dataclass(frozen=True, slots=True)
class Blocks:
    """Noise, brightness and coarse texture of the 16x16 blocks, and which are compared."""

    noise: NDArray[np.float32]
    brightness: NDArray[np.float32]
    coarse: NDArray[np.float32]
    compared: NDArray[np.bool_]

    @staticmethod
    def of(cells: Texture, noise: NDArray[np.float32]) -> Blocks:
        """Bring the 8x8 statistics to the blocks of the noise map and choose the smoother ones."""
        # Texture is taken from block means, in which the noise itself has averaged out.
        step = np.zeros_like(cells.mean)
        step[:, 1:] += np.abs(np.diff(cells.mean, axis=1))
        step[1:] += np.abs(np.diff(cells.mean, axis=0))
        mean, coarse = block_mean(cells.mean, 2), block_mean(step, 2)
        usable = block_mean(cells.usable, 2) > 0.7
        rows, columns = min(noise.shape[0], mean.shape[0]), min(noise.shape[1], mean.shape[1])
        here = (slice(rows), slice(columns))
        noise, mean, coarse, usable = noise[here], mean[here], coarse[here], usable[here]
        compared = usable
        if compared.any():
            compared = compared & (coarse <= np.quantile(coarse[compared], SMOOTHER))
        return Blocks(noise, mean, coarse, compared)

    def relative(self, floor: float) -> NDArray[np.float32]:
        """log2 of (noise + floor) against blocks of equal texture, then of equal brightness."""
        by_texture = equal_texture(np.log(self.coarse + 0.1, dtype=float), self.compared)
        by_brightness = equal_texture(self.brightness, self.compared)
        return by_brightness.residual(by_texture.residual(np.log2(self.noise + floor)))


def high_frequency_step(media: Media) -> float:
    """Mean quantisation step of the sixteen highest diagonal frequencies; 0 without JPEG."""
    return float(np.mean(media.jpeg.luma[4:, 4:])) if media.jpeg else 0.0


def _finely_enough_compressed(media: Media) -> Inapplicable | None:
    step = high_frequency_step(media)
    if step <= COARSEST_STEP:
        return None
    return Inapplicable(
        "compressed_too_much",
        f"The file's quantisation steps for fine detail average {step:.0f} grey levels; above "
        f"{COARSEST_STEP} no camera noise survives.",
    )


def resolvable(media: Media) -> float:
    """The noise in grey levels below which ratios mean nothing.

    0.2 for the rounding of pixels, and a fortieth of the quantisation step of fine detail.
    """
    return 0.2 + high_frequency_step(media) / 40


def inconsistent_areas(smooth: NDArray[np.float32]) -> tuple[int, float]:
    """Number of connected areas of one sign beyond `INCONSISTENT`, and their share of the map."""
    number, cells = 0, 0
    for mask in (smooth > INCONSISTENT, smooth < -INCONSISTENT):
        labels, _ = ndimage.label(mask)
        sizes = np.bincount(labels.ravel())[1:]
        large = sizes[sizes >= LEAST_AREA * smooth.size]
        number, cells = number + large.size, cells + int(large.sum())
    return number, cells / smooth.size


def _sentence(found: OutlyingBox) -> str:
    ratio = 2.0**found.deviation
    if abs(found.deviation) <= USUAL:
        return (
            f"No area stands out: the most deviating one has {ratio:.1f} times the noise of "
            "equally bright and textured parts, which is usual for an untouched photograph."
        )
    return (
        f"One area has {ratio:.1f} times the noise of equally bright and textured parts "
        "elsewhere. Another origin or retouching would explain it; so would focus, fine texture "
        "or the camera's own denoising."
    )


def _caveats(media: Media, gone: float) -> tuple[str, ...]:
    quality = media.jpeg.quality if media.jpeg else None
    caveats = []
    if quality is not None and quality < 85:
        caveats.append(
            f"The file was saved at about quality {quality:.0f}; what is left of the noise is "
            "shaped by the compression."
        )
    if gone > 0.3:
        caveats.append(f"{gone:.0%} of the picture has no fine detail left and is not compared.")
    return tuple(caveats)
