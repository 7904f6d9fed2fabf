"""JPEG ghosts: an area that was saved at a lower quality before it came into this picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telltale.detectors._shared import admission
from telltale.detectors._shared.block_dct import block_dct, stride_for
from telltale.detectors._shared.blocks import masked_box_mean
from telltale.detectors._shared.codec_grid import coded_map, upright_region
from telltale.detectors._shared.outlying_box import OutlyingBox, outlying_box
from telltale.detectors._shared.texture import CELL, Texture, texture
from telltale.detectors._shared.texture_match import equal_texture
from telltale.finding import Card, Fact, Finding, Inapplicable, Part, Reference, Score, ok
from telltale.media.jpeg_quality import ijg_table
from telltale.media.model import Media
from telltale.runtime.context import Context
from telltale.scene import Scene

CARD = Card(
    id="jpeg_ghosts",
    version="1",
    family="forensic",
    title="JPEG ghosts",
    question="Was one area of the picture saved as JPEG at another quality before?",
    how="Saving at a quality that an area has already been through changes it little: at that "
    "quality the area turns dark, a ghost. The picture is re-quantised at 30 qualities, and at "
    "each one every part is compared with equally textured parts of the same picture.",
    limits=(
        "An area that was pasted off its old 8x8 grid shows no ghost of its own; but the rest of "
        "the picture may show one without it.",
        "Needs an earlier quality below that of the last saving. What was saved last at a much "
        "lower quality shows nothing.",
        "Editors with quantisation tables of their own leave shallower ghosts: the scan follows "
        "the tables of the Independent JPEG Group.",
        "Smooth areas carry no trace and are left out.",
    ),
    references=(
        Reference(
            "H. Farid",
            "Exposing Digital Forgeries from JPEG Ghosts",
            "IEEE Transactions on Information Forensics and Security 4(1)",
            2009,
            "https://doi.org/10.1109/TIFS.2008.2012215",
        ),
    ),
)

#: The qualities tried, on the IJG scale.
QUALITIES = tuple(range(40, 100, 2))
#: The file's own last quality shows in every part; qualities this near to it are passed over.
OWN_MARGIN = 4
#: Blocks examined at the most; larger pictures are sampled evenly.
MOST_BLOCKS = 60_000
#: Side in cells of the box over which the shown map is smoothed.
SMOOTH = 5
#: Deviation in octaves that none of 90 untouched development photographs reached (most: 1.63).
USUAL = 2.0
#: Depth in octaves from which a dip of the whole picture's curve is named as an earlier saving.
EARLIER_DIP = 1.2
_DIP_REACH = 3  # steps of QUALITIES on either side
_CHUNK = 2048  # blocks
_FLOOR = 0.05  # squared grey levels; below it rounding decides


def applicable(scene: Scene) -> Inapplicable | None:
    """At least 128 pixels on the shorter side, original pixels, 20 % of them textured."""
    return (
        admission.large_enough(scene.media, 128)
        or admission.not_redrawn(scene.media)
        or admission.enough_texture(texture(scene), 0.2)
    )


@dataclass(frozen=True, slots=True)
class Ghost:
    """The quality at which an area deviates most, and the deviation of every cell there."""

    quality: int
    box: OutlyingBox
    relative: NDArray[np.float32]


def run(scene: Scene, context: Context) -> Finding:
    """The ghost that stands out most over all qualities, with its map and the quality."""
    media, luma = scene.media, scene.coded_luma
    stride = stride_for(luma.shape, MOST_BLOCKS)
    blocks = sampled(texture(scene), stride)
    curves = difference_curves(luma, QUALITIES, stride, context)
    own = media.jpeg.quality if media.jpeg else None
    ghost = strongest(curves, blocks, own)
    earlier = earlier_quality(curves, blocks.usable, own)

    facts = [
        Fact("earlier_quality_of_the_whole", earlier, "IJG"),
        Fact("examined_blocks", round(1 / stride**2, 3), "share of all 8x8 blocks"),
    ]
    if ghost is None:
        sentence = "The textured parts are too scattered to compare areas."
        return ok(CARD, sentence, facts=tuple(facts), caveats=_caveats(media))
    side = CELL * stride
    smooth, share = masked_box_mean(ghost.relative, blocks.usable, SMOOTH)
    smooth[share < 0.3] = 0.0
    farid = normalised(curves)[QUALITIES.index(ghost.quality)]
    maps = (
        coded_map(
            media,
            "ghost",
            smooth,
            side,
            -3.0,
            3.0,
            unit="octaves",
            meaning=f"Change when saved at quality {ghost.quality}, against equally textured "
            "parts: 0 as expected, -1 half as much (has been through this quality), +1 twice as "
            "much.",
        ),
        coded_map(
            media,
            "normalised_difference",
            farid,
            side,
            0.0,
            1.0,
            meaning=f"Squared difference at quality {ghost.quality} between the least (0) and the "
            "most (1) over all qualities at each place, as in the paper.",
        ),
    )
    deviation = ghost.box.deviation
    facts += [
        Fact("ghost_quality", ghost.quality, "IJG"),
        Fact("deviation", round(deviation, 3), "octaves"),
        Fact("deviation_in_spreads", round(ghost.box.spreads, 2), "robust sigma"),
    ]
    box = ghost.box
    region = upright_region(media, box.top, box.left, box.height, box.width, side)
    score = Score(
        abs(deviation),
        "deviation of the most deviating area",
        "higher_is_suspicious",
        0.0,
        5.0,
        "octaves",
    )
    return ok(
        CARD,
        _sentence(ghost, earlier),
        score,
        maps=maps,
        facts=tuple(facts),
        parts=(Part(region, abs(deviation), sentence="The most deviating area."),),
        caveats=_caveats(media),
    )


def sampled(blocks: Texture, stride: int) -> Texture:
    """The block statistics at every `stride`-th block."""
    every = (slice(None, None, stride), slice(None, None, stride))
    return Texture(
        blocks.mean[every], blocks.deviation[every], blocks.gradient[every], blocks.usable[every]
    )


def difference_curves(
    luma: NDArray[np.float32],
    qualities: tuple[int, ...],
    stride: int = 1,
    context: Context | None = None,
) -> NDArray[np.float32]:
    """Mean squared change of each block when saved at each quality.

    Parameters
    ----------
    luma
        (H, W) float32 in [0, 255] on the codec's grid.
    qualities
        IJG qualities.
    stride
        Step between the blocks examined, in blocks.

    Returns
    -------
    curves
        (len(qualities), h, w) float32, squared grey levels.

    Notes
    -----
    Farid 2009, eq. (3), on luma, with b = 8 on the grid. The sum of squares is taken over DCT
    coefficients instead of pixels; by Parseval's theorem that is the same but for the rounding
    of decoded pixels to integers.
    """
    coefficients = block_dct(luma, stride)
    shape = coefficients.shape[:2]
    flat = coefficients.reshape(-1, 64)
    tables = [ijg_table(quality).reshape(64).astype(np.float32) for quality in qualities]
    curves = np.empty((len(qualities), flat.shape[0]), np.float32)
    # In chunks that stay in the processor's cache through all qualities.
    for start in range(0, flat.shape[0], _CHUNK):
        if context is not None:
            context.step(start / flat.shape[0], "Re-quantising")
        chunk = flat[start : start + _CHUNK]
        scaled, rounded = np.empty_like(chunk), np.empty_like(chunk)
        for index, table in enumerate(tables):
            np.divide(chunk, table, out=scaled)
            np.rint(scaled, out=rounded)
            scaled -= rounded
            scaled *= scaled
            curves[index, start : start + _CHUNK] = scaled @ (table * table / 64)
    return curves.reshape(len(qualities), *shape)


def normalised(curves: NDArray[np.float32]) -> NDArray[np.float32]:
    """Farid 2009, eq. (4): each place between its least (0) and most (1) over the qualities."""
    low, high = curves.min(0), curves.max(0)
    span = high - low
    return np.divide(curves - low, span, out=np.zeros_like(curves), where=span > 0)


def strongest(curves: NDArray[np.float32], blocks: Texture, own: float | None) -> Ghost | None:
    """The quality, away from the file's own, at which a box deviates most from equal texture."""
    best: Ghost | None = None
    alike = equal_texture(np.log(blocks.gradient + 0.1, dtype=float), blocks.usable)
    for quality, difference in zip(QUALITIES, curves, strict=True):
        if own is not None and abs(quality - own) < OWN_MARGIN:
            continue
        relative = alike.residual(np.log2(difference + _FLOOR))
        found = outlying_box(relative, blocks.usable)
        if found and (best is None or abs(found.deviation) > abs(best.box.deviation)):
            best = Ghost(quality, found, relative)
    return best


def earlier_quality(
    curves: NDArray[np.float32], usable: NDArray[np.bool_], own: float | None
) -> int | None:
    """The quality below the file's own at which the whole picture's curve dips, or None."""
    middle = np.median(np.log2(curves[:, usable] + _FLOOR), axis=1)
    reach = _DIP_REACH
    dips = middle[reach:-reach] - (middle[: -2 * reach] + middle[2 * reach :]) / 2
    inner = np.array(QUALITIES[reach:-reach])
    if own is not None:
        dips = np.where(inner < own - OWN_MARGIN, dips, 0.0)
    at = int(np.argmin(dips))
    return int(inner[at]) if dips[at] < -EARLIER_DIP else None


def _sentence(ghost: Ghost, earlier: int | None) -> str:
    deviation, quality = ghost.box.deviation, ghost.quality
    times = 2.0 ** abs(deviation)
    whole = (
        f" The picture as a whole seems to have been saved at about quality {earlier} before."
        if earlier is not None
        else ""
    )
    if abs(deviation) <= USUAL:
        return f"No ghost stands out at any quality from 40 to 98.{whole}"
    if deviation < 0:
        return (
            f"Saved at quality {quality}, one area changes {times:.1f} times less than equally "
            f"textured parts: it has probably been through about that quality before.{whole}"
        )
    return (
        f"Saved at quality {quality}, one area changes {times:.1f} times more than equally "
        "textured parts: the rest has probably been through about that quality before, this area "
        f"not, or on another grid.{whole}"
    )


def _caveats(media: Media) -> tuple[str, ...]:
    quality = media.jpeg.quality if media.jpeg else None
    if quality is not None and quality < 60:
        return (
            f"The file was last saved at about quality {quality:.0f}; ghosts of higher qualities "
            "are erased.",
        )
    return ()
