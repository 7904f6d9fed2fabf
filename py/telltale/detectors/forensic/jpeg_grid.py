"""JPEG grid: where do the 8x8 blocking lines run, and where do they not fit the rest?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from telltale.detectors._shared import admission
from telltale.detectors._shared.blocks import masked_box_mean
from telltale.detectors._shared.codec_grid import coded_map, upright_region
from telltale.detectors._shared.outlying_box import OutlyingBox, outlying_box
from telltale.detectors._shared.significance import log10_binomial_tail
from telltale.detectors._shared.texture import CELL, Texture, texture, texture_of
from telltale.detectors._shared.texture_match import equal_texture
from telltale.finding import Card, Fact, Finding, Inapplicable, Map, Part, Reference, Score, ok
from telltale.media.model import Media
from telltale.runtime.context import Context
from telltale.scene import Scene

CARD = Card(
    id="jpeg_grid",
    version="1",
    family="forensic",
    title="JPEG grid",
    question="Do the 8x8 blocking lines of JPEG run through all parts of the picture alike?",
    how="JPEG leaves faint lines every 8 pixels. Second differences are summed along 33 pixels, "
    "cleaned by medians, and each block gets a number: lines inside the block minus lines on its "
    "borders. An area that was moved, pasted or retouched after compression has its lines "
    "elsewhere, or none.",
    limits=(
        "A paste lands on the old grid by chance in one case of 64, and editors that snap to "
        "pixels of 8 make it more likely.",
        "Strong textures with a period of their own, such as fabric and blinds, imitate lines.",
        "Saving at a much lower quality afterwards draws a new grid over everything.",
        "Very high quality leaves no lines to read.",
    ),
    references=(
        Reference(
            "W. Li, Y. Yuan, N. Yu",
            "Passive detection of doctored JPEG image via block artifact grid extraction (here in "
            "the arrangement of the MKLab toolbox's Matlab code)",
            "Signal Processing 89(9)",
            2009,
            "https://doi.org/10.1016/j.sigpro.2009.03.025",
        ),
    ),
)

#: Second differences above this many grey levels are edges of the scene, not blocking.
EDGE = 50.0
#: Length in pixels of the sum along a line, and of the median across it.
REACH = 33
#: Side in blocks of a tile that votes for a grid origin.
TILE = 8
#: log10 of the number of false alarms below which an origin is called readable.
READABLE = -2.0
SMOOTH = 9
#: Deviation that none of 90 untouched development photographs reached (most: 2.72).
USUAL = 2.8


def applicable(scene: Scene) -> Inapplicable | None:
    """At least 192 pixels on the shorter side, original pixels, 20 % of them textured."""
    return (
        admission.large_enough(scene.media, 192)
        or admission.not_redrawn(scene.media)
        or admission.enough_texture(texture(scene), 0.2)
    )


@dataclass(frozen=True, slots=True)
class Lines:
    """Blocking lines of a picture cut at a grid origin.

    Attributes
    ----------
    across, down
        (h, w, 8) float32: strength of the vertical lines at each of the 8 columns of every
        block, and of the horizontal lines at each of its 8 rows.
    """

    across: NDArray[np.float32]
    down: NDArray[np.float32]


def run(scene: Scene, context: Context) -> Finding:
    """The blocking map, the origin of the main grid, and the area that fits it least."""
    media, luma = scene.media, scene.coded_luma
    lines = blocking_lines(luma, context)
    whole = texture(scene)
    origin = vote(lines, whole.usable)
    shift = (origin.y, origin.x) if origin.readable else (0, 0)
    cut, cells = lines, whole
    if shift != (0, 0):  # the picture was cropped after an earlier compression
        luma = np.ascontiguousarray(luma[shift[0] :, shift[1] :])
        cut, cells = blocking_lines(luma, context), texture_of(luma)
    context.step(0.9, "Comparing blocks")
    blocking = misfit(cut)
    relative = in_spreads(blocking, cells)
    found = outlying_box(np.maximum(relative, -1), cells.usable)
    smooth, share = masked_box_mean(relative, cells.usable, SMOOTH)
    smooth[share < 0.3] = 0.0

    facts = [
        Fact("grid_origin_x", origin.x if origin.readable else None, "pixels"),
        Fact("grid_origin_y", origin.y if origin.readable else None, "pixels"),
        Fact("grid_log10_false_alarms", round(origin.log10_nfa, 1)),
    ]
    if not origin.readable:
        sentence = "No 8x8 grid can be read in this picture, so no area can be compared with it."
        caveats = (
            "Uncompressed and very lightly compressed pictures have no readable grid; neither do "
            "shrunk ones.",
        )
        return ok(CARD, sentence, facts=tuple(facts), caveats=caveats)

    limit = float(np.percentile(np.abs(blocking), 99)) or 1.0
    maps = (
        _map(
            media,
            "misfit",
            smooth,
            shift,
            -3.0,
            3.0,
            "robust sigma",
            "Lines inside blocks minus lines on their borders, against equally textured blocks: "
            "0 as expected, positive where the lines do not fit the main grid.",
        ),
        _map(
            media,
            "blocking",
            blocking,
            shift,
            -limit,
            limit,
            "grey levels",
            "The block artefact value of the paper, before comparison.",
        ),
    )
    if found is None:
        sentence = "The textured parts are too scattered to compare areas; see the map."
        return ok(CARD, sentence, maps=maps, facts=tuple(facts), caveats=_caveats(media, origin))
    here = (slice(found.top, found.top + found.height), slice(found.left, found.left + found.width))
    inner = vote(Lines(cut.across[here], cut.down[here]), cells.usable[here], tile=TILE // 2)
    facts += [
        Fact("deviation_in_spreads", round(found.spreads, 2), "robust sigma"),
        Fact("area_shift_x", inner.x if inner.readable else None, "pixels"),
        Fact("area_shift_y", inner.y if inner.readable else None, "pixels"),
    ]
    value = max(found.deviation, 0.0)
    score = Score(
        value,
        "misfit of the most deviating area",
        "higher_is_suspicious",
        0.0,
        5.0,
        "robust sigma",
    )
    region = upright_region(
        media, found.top, found.left, found.height, found.width, CELL, offset=shift
    )
    return ok(
        CARD,
        _sentence(found, origin, inner),
        score,
        maps=maps,
        facts=tuple(facts),
        parts=(Part(region, value, sentence="The area that fits the main grid least."),),
        caveats=_caveats(media, origin),
    )


def blocking_lines(luma: NDArray[np.float32], context: Context | None = None) -> Lines:
    """The lines of both directions, blocks cut from the first pixel on.

    Parameters
    ----------
    luma
        (H, W) float32 in [0, 255].
    """
    rows, columns = luma.shape[0] // 8, luma.shape[1] // 8
    luma = luma[: rows * 8, : columns * 8]
    across = clean_lines(line_sums(luma)).reshape(rows, columns, 8)
    if context is not None:
        context.step(0.4, "Horizontal lines")
    down = clean_lines(line_sums(np.ascontiguousarray(luma.T))).reshape(columns, rows, 8)
    return Lines(across, np.ascontiguousarray(down.transpose(1, 0, 2)))


#: Rows 1 to 6 of a block, each with its sum over 33 rows: one weight per row from -15 to 22.
_WEIGHTS = np.convolve(np.ones(REACH), np.ones(6)).astype(np.float32)


def line_sums(luma: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vertical lines summed along 33 pixels and then over the rows 1 to 6 of each block.

    Parameters
    ----------
    luma
        (8 h, 8 w) float32.

    Returns
    -------
    sums
        (h, 8 w) float32, grey levels.

    Notes
    -----
    Li et al. 2009, eqs. (1) and (2): |2 f(x) - f(x - 1) - f(x + 1)|, 0 where above `EDGE` as in
    the Matlab variant (its Java port sets it to 50), borders mirrored. The published method takes
    medians of every row and sums rows 1 to 6 of each block last; here they are summed first,
    which asks for an eighth of the medians.
    """
    rows = luma.shape[0] // 8
    half = REACH // 2
    padded = np.pad(luma, ((half, half + 8), (1, 1)), mode="symmetric")
    sums = np.empty((rows, luma.shape[1]), np.float32)
    for top in range(0, rows, 8):  # strips that stay in the processor's cache
        bottom = min(top + 8, rows)
        strip = padded[8 * top : 8 * bottom + 2 * half + 8]
        bend = 2 * strip[:, 1:-1]
        bend -= strip[:, 2:]
        bend -= strip[:, :-2]
        np.abs(bend, out=bend)
        bend *= bend <= EDGE
        for row in range(top, bottom):
            first = 8 * (row - top) + 1
            sums[row] = _WEIGHTS @ bend[first : first + _WEIGHTS.size]
    return sums


def clean_lines(sums: NDArray[np.float32]) -> NDArray[np.float32]:
    """Take off the running median of 33 across the lines, then the median of five at step 8.

    Li et al. 2009, eqs. (3) and (4); borders mirrored. (h, w) float32 in and out.
    """
    half = REACH // 2
    padded = np.pad(sums, ((0, 0), (half, half)), mode="symmetric")
    # One long line: SciPy's one-dimensional running median is ten times as fast as its 2-D one,
    # and the padding keeps the rows apart.
    middle = ndimage.median_filter(padded.ravel(), REACH).reshape(padded.shape)[:, half:-half]
    width = sums.shape[1]
    spread = np.pad(sums - middle, ((0, 0), (16, 16)), mode="symmetric")
    a, b, c, d, e = (spread[:, k : k + width] for k in range(0, 33, 8))
    low = np.maximum(np.minimum(a, b), np.minimum(c, d))
    high = np.minimum(np.maximum(a, b), np.maximum(c, d))
    return np.asarray(np.maximum(np.minimum(low, high), np.minimum(e, np.maximum(low, high))))


def misfit(lines: Lines) -> NDArray[np.float32]:
    """The block artefact value of Li et al. 2009, eq. (6); (h, w) float32, grey levels.

    The strongest inner column (1 to 6) minus the weaker border column (0 or 7), plus the same
    of rows. The two directions are kept apart; the paper adds their lines first, which gives
    every column of a block nearly the same amount.
    """
    return np.asarray(
        sum(
            line[..., 1:7].max(axis=2) - np.minimum(line[..., 0], line[..., 7])
            for line in (lines.across, lines.down)
        )
    )


def in_spreads(blocking: NDArray[np.float32], cells: Texture) -> NDArray[np.float32]:
    """Blocking against equally textured blocks, in robust standard deviations, within +-4."""
    alike = equal_texture(np.log(cells.gradient + 0.1, dtype=float), cells.usable)
    residual = alike.residual(blocking)
    spread = alike.spread(residual)
    scaled = np.divide(residual, spread, out=np.zeros_like(residual), where=spread > 1e-3)
    return np.clip(scaled, -4, 4)


@dataclass(frozen=True, slots=True)
class Origin:
    """The grid origin that tiles vote for, and how surprising the vote is by chance."""

    x: int
    y: int
    log10_nfa: float

    @property
    def readable(self) -> bool:
        return self.log10_nfa < READABLE


def vote(lines: Lines, usable: NDArray[np.bool_], tile: int = TILE) -> Origin:
    """Each tile of `tile` x `tile` blocks votes for the column and the row of its grid lines.

    The number of false alarms is that of the less significant direction: 8 origins times the
    binomial probability of so many equal votes if every origin were equally likely.
    """
    votes = [
        _votes(line, usable, tile, axis) for axis, line in ((1, lines.across), (0, lines.down))
    ]
    found, nfa = [], []
    for counts in votes:
        best, number = int(np.argmax(counts)), int(counts.sum())
        found.append(best)
        nfa.append(np.log10(8) + log10_binomial_tail(number, int(counts[best]), 1 / 8))
    return Origin(found[0], found[1], float(max(nfa)))


def _votes(
    line: NDArray[np.float32], usable: NDArray[np.bool_], tile: int, axis: int
) -> NDArray[np.intp]:
    rows, columns = (n // tile for n in line.shape[:2])
    # A line between two blocks raises the last column of one and the first of the next. Summing
    # neighbours also cancels the period 2 that colour filter arrays leave.
    flat = line if axis == 1 else line.transpose(1, 0, 2)
    flat = np.ascontiguousarray(flat).reshape(flat.shape[0], -1)
    pairs = flat + np.roll(flat, 1, axis=1)
    pairs = pairs.reshape(flat.shape[0], -1, 8)
    pairs = pairs if axis == 1 else pairs.transpose(1, 0, 2)
    pairs = np.where(usable[..., None], pairs, 0)[: rows * tile, : columns * tile]
    total = pairs.reshape(rows, tile, columns, tile, 8).sum(axis=(1, 3)).reshape(-1, 8)
    voting = usable[: rows * tile, : columns * tile].reshape(rows, tile, columns, tile)
    total = total[voting.mean(axis=(1, 3)).ravel() > 0.3]
    return np.bincount(total.argmax(axis=1), minlength=8)


def _map(
    media: Media,
    name: str,
    values: NDArray[np.float32],
    shift: tuple[int, int],
    low: float,
    high: float,
    unit: str,
    meaning: str,
) -> Map:
    return coded_map(media, name, values, CELL, low, high, unit=unit, meaning=meaning, offset=shift)


def _sentence(found: OutlyingBox, origin: Origin, inner: Origin) -> str:
    aligned = (origin.x, origin.y) == (0, 0)
    if aligned:
        grid = "The picture has one 8x8 grid, aligned with its first pixel"
    else:
        grid = (
            f"The main 8x8 grid starts at pixel ({origin.x}, {origin.y}): the picture was "
            "cropped or moved after an earlier JPEG compression"
        )
    if found.deviation <= USUAL:
        return f"{grid}, and no area breaks it more than usual."
    if inner.readable and (inner.x, inner.y) != (0, 0):
        return (
            f"{grid}. In one area the lines are displaced by ({inner.x}, {inner.y}) pixels, as "
            "when something compressed is pasted off the grid."
        )
    return (
        f"{grid}. In one area the lines are weak or missing, as when something is pasted or "
        "retouched; strong fine texture can also hide them."
    )


def _caveats(media: Media, origin: Origin) -> tuple[str, ...]:
    if media.jpeg is None and (origin.x, origin.y) == (0, 0):
        return (
            f"The file is {media.format}: the grid is left from a JPEG compression before it was "
            "stored in this format.",
        )
    return ()
