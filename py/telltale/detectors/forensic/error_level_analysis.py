"""Error level analysis: what changes when the picture is saved as JPEG once more."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from telltale.detectors._shared import admission
from telltale.detectors._shared.blocks import block_mean, masked_box_mean
from telltale.detectors._shared.codec_grid import coded_map, upright_region
from telltale.detectors._shared.outlying_box import OutlyingBox, outlying_box
from telltale.detectors._shared.resave import resave
from telltale.detectors._shared.texture import CELL, texture
from telltale.detectors._shared.texture_match import equal_texture
from telltale.finding import Card, Fact, Finding, Inapplicable, Part, Reference, Score, ok
from telltale.media.model import Media
from telltale.runtime.context import Context
from telltale.scene import Scene

CARD = Card(
    id="error_level_analysis",
    version="1",
    family="forensic",
    title="Error level analysis",
    question="Do all parts of the picture lose the same amount when it is saved as JPEG again?",
    how="The picture is saved as JPEG once more and the mean absolute difference over red, green "
    "and blue is shown. Parts that share a compression history lose similar amounts where their "
    "texture is similar. The number compares each part with equally textured parts of the same "
    "picture.",
    limits=(
        "Sharp edges, fine texture and saturated colours always glow, in every picture. Glow is "
        "not evidence.",
        "A picture that was saved again as a whole after editing, sent through a messenger or "
        "shrunk looks even, edited or not.",
        "Innocent reasons for an outlying area: another material, another focus, text or a logo.",
        "It is an aid to the eye. It can point at a place, never decide.",
    ),
    references=(
        Reference(
            "N. Krawetz",
            "A Picture's Worth: Digital Image Analysis and Forensics",
            "Black Hat Briefings",
            2007,
            "https://www.hackerfactor.com/papers/bh-usa-07-krawetz-wp.pdf",
        ),
        Reference(
            "M. Zampoglou, S. Papadopoulos, Y. Kompatsiaris",
            "Large-scale evaluation of splicing localization algorithms for web images "
            "(the variant matched here: quality 90, mean over the channels)",
            "Multimedia Tools and Applications 76",
            2017,
            "https://doi.org/10.1007/s11042-016-3795-2",
        ),
    ),
    weak=True,
)

QUALITY = 90
#: Used instead where the file's own quality is near QUALITY: saving a picture again with its own
#: tables changes almost nothing, and what is left is rounding noise.
OTHER_QUALITY = 75
NEAR_OWN_QUALITY = (84, 93)
#: The display gain of the reference variant: a difference of 255 / 15 levels is drawn white.
GAIN = 15.0
#: Side in blocks of the box over which the comparison is smoothed.
SMOOTH = 5
#: Deviation in octaves that 95 in 100 of our untouched development photographs stay under.
USUAL = 0.8
_STRIP = 256  # rows
_FLOOR = 0.1  # grey levels; keeps the logarithm finite where nothing changed


def applicable(scene: Scene) -> Inapplicable | None:
    """At least 128 pixels on the shorter side, original pixels, 20 % of them textured."""
    return (
        admission.large_enough(scene.media, 128)
        or admission.not_redrawn(scene.media)
        or admission.enough_texture(texture(scene), 0.2)
    )


def run(scene: Scene, context: Context) -> Finding:
    """The error level map, and how far the most deviating area lies from equal texture."""
    media = scene.media
    quality = resave_quality(media)
    error = error_level(media.coded, quality)
    context.step(0.6, "Comparing equal texture")

    blocks = texture(scene)
    level = block_mean(error, CELL)
    alike = equal_texture(np.log(blocks.gradient + _FLOOR, dtype=float), blocks.usable)
    relative = alike.residual(np.log2(level + _FLOOR))
    found = outlying_box(relative, blocks.usable)
    smooth, share = masked_box_mean(relative, blocks.usable, SMOOTH)
    smooth[share < 0.3] = 0.0

    maps = (
        coded_map(
            media,
            "error_level",
            error,
            1,
            0.0,
            255.0 / GAIN,
            unit="grey levels",
            meaning=f"Mean absolute difference after saving at quality {quality}. Brighter "
            "lost more. Edges and texture are always bright.",
        ),
        coded_map(
            media,
            "against_equal_texture",
            smooth,
            CELL,
            -1.5,
            1.5,
            unit="octaves",
            meaning="Error level against equally textured parts of this picture: 0 as expected, "
            "+1 twice as much, -1 half as much.",
        ),
    )
    facts = (
        Fact("resave_quality", quality, "IJG"),
        Fact("median_error_level", round(float(np.median(level)), 3), "grey levels"),
        Fact("compared_area", round(float(blocks.usable.mean()), 3), "share of picture"),
    )
    if found is None:
        sentence = "The textured parts are too scattered to compare areas; see the map."
        return ok(CARD, sentence, maps=maps, facts=facts, caveats=_caveats(media))
    score = Score(
        abs(found.deviation),
        "deviation of the most deviating area",
        "higher_is_suspicious",
        0.0,
        2.0,
        "octaves",
    )
    return ok(
        CARD,
        _sentence(found),
        score,
        maps=maps,
        parts=(_part(media, found),),
        facts=(*facts, Fact("deviation_in_spreads", round(found.spreads, 2), "robust sigma")),
        caveats=_caveats(media),
    )


def resave_quality(media: Media) -> int:
    """90, or 75 where the file's own quality lies so near to 90 that 90 would show nothing."""
    own = media.jpeg.quality if media.jpeg else None
    near = own is not None and NEAR_OWN_QUALITY[0] <= own <= NEAR_OWN_QUALITY[1]
    return OTHER_QUALITY if near else QUALITY


def error_level(pixels: NDArray[np.uint8], quality: int) -> NDArray[np.float32]:
    """Mean over the channels of |I - JPEG_q(I)|; (H, W) float32 grey levels.

    Parameters
    ----------
    pixels
        (H, W, 3) uint8 on the codec's grid.
    quality
        IJG quality of the saving.

    Notes
    -----
    The definition of the MKLab toolbox's Matlab ELA without its gain, which is for display.
    """
    again = resave(pixels, quality)
    error = np.empty(pixels.shape[:2], np.float32)
    for top in range(0, pixels.shape[0], _STRIP):  # no further copies of the whole picture
        here, there = pixels[top : top + _STRIP], again[top : top + _STRIP]
        difference = np.maximum(here, there) - np.minimum(here, there)
        error[top : top + _STRIP] = difference.sum(axis=2, dtype=np.uint16)
    error /= 3
    return error


def _part(media: Media, found: OutlyingBox) -> Part:
    region = upright_region(media, found.top, found.left, found.height, found.width, CELL)
    return Part(
        region,
        abs(found.deviation),
        (Fact("deviation", round(found.deviation, 3), "octaves"),),
        sentence="The most deviating area.",
    )


def _sentence(found: OutlyingBox) -> str:
    ratio = 2.0**found.deviation
    if abs(found.deviation) <= USUAL:
        return (
            f"No area stands out: the most deviating one has {ratio:.1f} times the error level of "
            "equally textured parts, which is usual for an untouched photograph."
        )
    return (
        f"One area has {ratio:.1f} times the error level of equally textured parts elsewhere. "
        "Another compression history would explain it; so would another material, focus or colour."
    )


def _caveats(media: Media) -> tuple[str, ...]:
    if media.jpeg is None:
        return (
            f"The file is {media.format}, not JPEG: what is compared is the history of its parts "
            "before it was stored in this format, if they have one.",
        )
    if media.jpeg.quality is not None and media.jpeg.quality < 70:
        return (
            "The file is strongly compressed; differences between its parts are largely evened "
            "out.",
        )
    return ()
