"""Grid votes: which 8x8 grid does each place vote for, and could that be chance?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from telltale.detectors._shared import admission
from telltale.detectors._shared.blocks import masked_box_mean
from telltale.detectors._shared.codec_grid import coded_map, upright_region
from telltale.detectors._shared.significance import log10_binomial_tail
from telltale.detectors._shared.texture import texture
from telltale.finding import Card, Fact, Finding, Inapplicable, Map, Part, Reference, Score, ok
from telltale.media.model import Media
from telltale.runtime.context import Context
from telltale.scene import Scene

CARD = Card(
    id="zero_grid",
    version="1",
    family="forensic",
    title="Grid votes",
    question="Does every place vote for the same JPEG grid, and are the votes more than chance?",
    how="In the right grid the DCT of a block has more zeros than in the 63 others. Every place "
    "votes. The number says how rarely so many votes for a foreign grid would come together "
    "by chance in one area: 10 means once in ten thousand million pictures.",
    limits=(
        "In a JPEG file the grid of the last saving covers older ones. The test speaks about "
        "PNG, WebP and other lossless copies, and JPEG of the very highest quality.",
        "A paste lands on the old grid by chance in one case of 64.",
        "Shrinking, enlarging and filters erase all grids.",
    ),
    references=(
        Reference(
            "T. Nikoukhah, J. Anger, T. Ehret, M. Colom, J.-M. Morel, R. Grompone von Gioi",
            "JPEG grid detection based on the number of DCT zeros and its application to "
            "automatic and localized forgery detection (here with one vote per cell of 9 pixels)",
            "CVPR Workshops",
            2019,
            "https://openaccess.thecvf.com/content_CVPRW_2019/html/Media_Forensics/"
            "Nikoukhah_JPEG_Grid_Detection_based_on_the_Number_of_DCT_Zeros_CVPRW_2019_paper.html",
        ),
        Reference(
            "T. Nikoukhah, J. Anger, M. Colom, J.-M. Morel, R. Grompone von Gioi",
            "ZERO: a Local JPEG Grid Origin Detector Based on the Number of DCT Zeros and its "
            "Applications in Image Forensics",
            "Image Processing On Line 11",
            2021,
            "https://doi.org/10.5201/ipol.2021.390",
        ),
    ),
)

#: A coefficient below this is a zero.
#: Coefficients of whole numbers can be exactly 0.5, which is none, in every runtime.
ZERO = 0.5 - 1e-9
#: Blocks with this many zeros of 64 are flat, in every grid.
FLAT_ZEROS = 60
#: Cells that vote at the most; larger pictures are sampled evenly.
MOST_CELLS = 60_000
#: The fewest votes that are looked at as an area.
LEAST_VOTES = 4
#: -log10 of the number of false alarms from which a grid counts as found.
USUAL = 2.0
SMOOTH = 7

_K = np.arange(8)
_DCT = 0.5 * np.cos(np.pi * (2 * _K[None, :] + 1) * _K[:, None] / 16)
_DCT[0] /= np.sqrt(2)


def applicable(scene: Scene) -> Inapplicable | None:
    """At least 192 pixels on the shorter side, original pixels, 10 % of them textured."""
    return (
        admission.large_enough(scene.media, 192)
        or admission.not_redrawn(scene.media)
        or admission.enough_texture(texture(scene), 0.1)
    )


@dataclass(frozen=True, slots=True)
class Votes:
    """One vote per cell.

    Attributes
    ----------
    grid
        (h, w) int: 8 * y + x of the grid origin voted for, -1 where there is no clear vote.
    pitch
        Distance of cells in pixels, a multiple of 8 plus 1.
    """

    grid: NDArray[np.int64]
    pitch: int


@dataclass(frozen=True, slots=True)
class Area:
    """Cells of a foreign grid that keep together, and how rarely that happens by chance."""

    grid: int
    top: int
    left: int
    height: int
    width: int
    log10_nfa: float


def run(scene: Scene, context: Context) -> Finding:
    """The main grid, the most significant foreign one, and where votes disagree."""
    media = scene.media
    cast = votes(np.rint(scene.coded_luma), context)
    voting = cast.grid >= 0
    main, nfa = main_grid(cast)
    facts = [
        Fact("grid_origin_x", None if main is None else main % 8, "pixels"),
        Fact("grid_origin_y", None if main is None else main // 8, "pixels"),
        Fact("grid_log10_false_alarms", round(nfa, 1)),
        Fact("clear_votes", round(float(voting.mean()), 3), "share of cells"),
    ]
    area = foreign_area(cast, main)
    value = max(0.0, -area.log10_nfa) if area else 0.0
    if area and value > USUAL:
        facts += [
            Fact("foreign_grid_x", area.grid % 8, "pixels"),
            Fact("foreign_grid_y", area.grid // 8, "pixels"),
        ]
    disagree, share = masked_box_mean(
        (cast.grid != (-1 if main is None else main)).astype(np.float32), voting, SMOOTH
    )
    disagree[share < 0.15] = 0.0
    maps: tuple[Map, ...] = ()
    if main is not None:
        maps = (
            coded_map(
                media,
                "disagreeing_votes",
                disagree,
                cast.pitch,
                0.0,
                1.0,
                unit="share",
                meaning="Share of the clear votes nearby that are not for the main grid. Votes "
                "are scattered where texture hides the grid.",
            ),
        )
    parts: tuple[Part, ...] = ()
    if area:
        region = upright_region(media, area.top, area.left, area.height, area.width, cast.pitch)
        parts = (Part(region, value, sentence="The area with the most votes for another grid."),)
    score = Score(
        value,
        "significance of a foreign grid",
        "higher_is_suspicious",
        0.0,
        50.0,
        "-log10 false alarms",
    )
    return ok(
        CARD,
        _sentence(main, area, value),
        score,
        maps=maps,
        parts=parts,
        facts=tuple(facts),
        caveats=_caveats(media),
    )


def votes(luma: NDArray[np.float32], context: Context | None = None) -> Votes:
    """Let every cell of 8x8 block origins vote for the one with most zeros.

    Parameters
    ----------
    luma
        (H, W) float32, whole numbers in [0, 255].

    Notes
    -----
    Cells lie 9 (or 17, ...) pixels apart, so that the first origin of a cell belongs to another
    grid each time: the number of zeros varies smoothly, its largest value often falls on the
    border of a cell, and with cells 8 apart that would be a bias for one grid.
    """
    cells = (luma.shape[0] // 9) * (luma.shape[1] // 9)
    pitch = 8 * int(np.ceil(np.sqrt(max(1.0, cells / MOST_CELLS)))) + 1
    rows, columns = ((n - 15) // pitch + 1 for n in luma.shape)
    origins = (np.arange(columns)[:, None] * pitch + np.arange(8)).ravel()
    reach = origins[:, None] + np.arange(8)
    grid = np.full((rows, columns), -1)
    for row in range(rows):
        if context is not None and row % 16 == 0:
            context.step(row / rows, "Counting zeros")
        strip = luma[pitch * row : pitch * row + 15].astype(np.float64)
        across = strip[:, reach] @ _DCT.T
        zeros = np.empty((8, origins.size), np.int64)
        for y in range(8):
            block = _DCT @ across[y : y + 8].reshape(8, -1)
            zeros[y] = (np.abs(block) < ZERO).reshape(8, -1, 8).sum(axis=(0, 2))
        ballot = zeros.reshape(8, columns, 8).transpose(1, 0, 2).reshape(columns, 64)
        most = ballot.max(axis=1)
        first = ballot.argmax(axis=1)
        clear = ((ballot == most[:, None]).sum(axis=1) == 1) & (most < FLAT_ZEROS)
        y = (pitch * row + first // 8) % 8
        x = (pitch * np.arange(columns) + first % 8) % 8
        grid[row] = np.where(clear, 8 * y + x, -1)
    return Votes(grid, pitch)


def main_grid(cast: Votes) -> tuple[int | None, float]:
    """The grid with most votes if it is significant, and log10 of its number of false alarms."""
    counts = np.bincount(cast.grid[cast.grid >= 0], minlength=64)
    best = int(counts.argmax())
    nfa = np.log10(64) + log10_binomial_tail(int(counts.sum()), int(counts[best]), 1 / 64)
    return (best if nfa < -USUAL else None), float(nfa)


def foreign_area(cast: Votes, main: int | None) -> Area | None:
    """The least likely gathering of votes for a grid other than the main one.

    The number of tests is 64 grids times the number of pairs of cells that can span a box.
    """
    best: Area | None = None
    tests = np.log10(64) + 2 * np.log10(cast.grid.size)
    for grid in range(64):
        mine = cast.grid == grid
        if grid == main or mine.sum() < LEAST_VOTES:
            continue
        together, _ = ndimage.label(ndimage.binary_dilation(mine, np.ones((3, 3))), np.ones((3, 3)))
        numbers = np.bincount(together[mine])
        boxes = ndimage.find_objects(np.where(mine, together, 0))
        for label in np.flatnonzero(numbers >= LEAST_VOTES):
            here = boxes[label - 1]
            inside = cast.grid[here]
            n, k = int((inside >= 0).sum()), int((inside == grid).sum())
            nfa = tests + log10_binomial_tail(n, k, 1 / 64)
            if best is None or nfa < best.log10_nfa:
                top, left = here[0].start, here[1].start
                best = Area(grid, top, left, inside.shape[0], inside.shape[1], float(nfa))
    return best


def _sentence(main: int | None, area: Area | None, value: float) -> str:
    if area and value > USUAL:
        where = "" if main is None else f" while the picture votes for ({main % 8}, {main // 8})"
        return (
            f"One area votes for a grid that starts at pixel ({area.grid % 8}, {area.grid // 8})"
            f"{where}; by chance that would happen less than once in 10^{value:.0f} pictures. "
            "It was compressed elsewhere and pasted, or moved."
        )
    if main is None:
        return "No grid gets more votes than by chance: nothing here tells of a JPEG compression."
    if main == 0:
        return "All places that have a clear vote agree on the grid at the first pixel."
    return (
        f"All places that have a clear vote agree on a grid that starts at pixel ({main % 8}, "
        f"{main // 8}): the picture was cropped after a JPEG compression."
    )


def _caveats(media: Media) -> tuple[str, ...]:
    if media.jpeg is not None and (media.jpeg.quality or 0) < 98:
        return (
            "The file is a JPEG, so its own grid covers older ones; a clean result says little.",
        )
    return ()
