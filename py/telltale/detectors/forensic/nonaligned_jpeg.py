"""Non-aligned double JPEG: an area that was compressed before on another 8x8 grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from telltale.detectors._shared import admission
from telltale.detectors._shared.block_dct import block_dct
from telltale.detectors._shared.blocks import masked_box_mean
from telltale.detectors._shared.codec_grid import coded_map, upright_region
from telltale.detectors._shared.lattice import Grid, histograms, periodicity, strongest_grid
from telltale.detectors._shared.outlying_box import highest_box
from telltale.detectors._shared.texture import CELL, texture, texture_of
from telltale.finding import Card, Fact, Finding, Inapplicable, Part, Reference, Score, ok
from telltale.runtime.context import Context
from telltale.scene import Scene

CARD = Card(
    id="nonaligned_jpeg",
    version="1",
    family="forensic",
    title="Double JPEG off the grid",
    question="Was an area compressed before on another 8x8 grid, and then pasted or cropped?",
    how="On the grid of an earlier saving the DCT coefficients still gather at multiples of its "
    "steps. All 49 grids that share no line with the file's own are tried; the number says how "
    "far the strongest one stands out from the others. On that grid each block is asked whether "
    "its coefficients fit those steps.",
    limits=(
        "Works where the last saving is of clearly higher quality than the earlier one, and in "
        "lossless copies. After a last saving at quality 85 and less little is left.",
        "An area that lands on the own grid, or shares its rows or columns (15 cases of 64), is "
        "not seen here.",
        "A picture that was cropped as a whole after a JPEG compression shows the trace "
        "everywhere; that is ordinary, and the map then shows what lacks it.",
        "Scaling erases the trace.",
    ),
    references=(
        Reference(
            "T. Bianchi, A. Piva",
            "Image Forgery Localization via Block-Grained Analysis of JPEG Artifacts (the "
            "non-aligned case; here with the step of each frequency read from its periodicity)",
            "IEEE Transactions on Information Forensics and Security 7(3)",
            2012,
            "https://doi.org/10.1109/TIFS.2012.2187516",
        ),
        Reference(
            "T. Bianchi, A. Piva",
            "Detection of Nonaligned Double JPEG Compression Based on Integer Periodicity Maps",
            "IEEE Transactions on Information Forensics and Security 7(2)",
            2012,
            "https://doi.org/10.1109/TIFS.2011.2170836",
        ),
    ),
)

#: Robust standard deviations that none of our untouched development photographs reached.
USUAL = 5.0
#: Periodicity of one frequency, in robust standard deviations, from which its step is believed.
CLEAR = 4.5
#: How much of the periodic wave survives the last saving; sets the weight of one coefficient.
SURVIVES = 0.4
#: Where more than this share of the textured blocks fits, the picture as a whole was cropped.
WHOLE = 0.5
SMOOTH = 5


def applicable(scene: Scene) -> Inapplicable | None:
    """At least 256 pixels on the shorter side, original pixels, 10 % of them textured."""
    return (
        admission.large_enough(scene.media, 256)
        or admission.not_redrawn(scene.media)
        or admission.enough_texture(texture(scene), 0.1)
    )


def run(scene: Scene, context: Context) -> Finding:
    """The strongest grid other than the file's own, and the blocks that fit it."""
    media, luma = scene.media, scene.coded_luma
    grid = strongest_grid(periodicity(histograms(luma, context)), CLEAR)
    score = Score(
        grid.significance,
        "significance of the strongest other grid",
        "higher_is_suspicious",
        0.0,
        30.0,
        "robust sigma",
    )
    if grid.significance <= USUAL or not grid.steps:
        sentence = "No trace of an earlier compression on another grid stands out."
        return ok(CARD, sentence, score, facts=(Fact("earlier_grid", False),))
    moved = np.ascontiguousarray(luma[grid.y :, grid.x :])
    usable = texture_of(moved).usable
    ratio = fits(moved, grid)
    smooth, share = masked_box_mean(ratio, usable, SMOOTH)
    smooth[share < 0.2] = 0.0
    fitting = float((smooth[usable] > 0).mean()) if usable.any() else 0.0
    whole = fitting > WHOLE
    if whole:
        smooth, ratio = -smooth, -ratio
    offset = (grid.y, grid.x)
    meaning = (
        "Most of the picture fits the earlier grid; positive where blocks do not."
        if whole
        else "How well each block fits the earlier grid: positive where it does, negative where "
        "it does not."
    )
    maps = (
        coded_map(
            media,
            "other_grid",
            smooth,
            CELL,
            -2.0,
            2.0,
            unit="log10 ratio",
            meaning=meaning,
            offset=offset,
        ),
    )
    parts: tuple[Part, ...] = ()
    found = highest_box(ratio, usable)
    if found is not None:
        size = (found.top, found.left, found.height, found.width)
        region = upright_region(media, *size, CELL, offset)
        words = (
            "The area that fits the earlier grid least." if whole else "The area that fits best."
        )
        parts = (Part(region, found.deviation, sentence=words),)
    facts = (
        Fact("earlier_grid", True),
        Fact("earlier_grid_x", grid.x, "pixels"),
        Fact("earlier_grid_y", grid.y, "pixels"),
        Fact("frequencies_used", len(grid.steps)),
        Fact("fitting_blocks", round(fitting, 3), "share of textured blocks"),
    )
    return ok(CARD, _sentence(grid, whole), score, maps=maps, parts=parts, facts=facts)


def fits(luma: NDArray[np.float32], grid: Grid) -> NDArray[np.float32]:
    """How well each block fits the steps of a grid.

    Parameters
    ----------
    luma
        (H, W) float32, beginning at the grid's first line.

    Returns
    -------
    ratio
        (H // 8, W // 8) float32: log10 of p(block | steps) over p(block | smooth density). The
        density around the multiples of a step q is taken as (1 + 2 r cos(2 pi x / q)) / q.
    """
    coefficients = block_dct(luma)
    ratio = np.zeros(coefficients.shape[:2], np.float32)
    for k, step in grid.steps.items():
        x = coefficients[..., k]
        wave = np.float32(2 * SURVIVES) * np.cos(x * np.float32(2 * np.pi / step))
        ratio += np.where(np.abs(x) > step / 2, np.log10(1 + wave), 0)
    return ratio


def _sentence(grid: Grid, whole: bool) -> str:
    start = f"an 8x8 grid that starts at pixel ({grid.x}, {grid.y})"
    if whole:
        return (
            f"Most of the picture was compressed before on {start}: it was cropped or moved after "
            "a JPEG compression, and then saved again."
        )
    return (
        f"Part of the picture was compressed before on {start}, the rest was not: as when "
        "something that was a JPEG is pasted or moved."
    )
