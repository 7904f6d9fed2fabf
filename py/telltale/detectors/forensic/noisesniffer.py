"""Noisesniffer: do the least noisy flat blocks of each brightness gather in one place?"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log10, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telltale.detectors._shared import admission
from telltale.detectors._shared.codec_grid import coded_map, upright_region
from telltale.detectors._shared.texture import texture
from telltale.finding import Card, Fact, Finding, Inapplicable, Part, Reference, Score, ok
from telltale.runtime.context import Context
from telltale.scene import Scene

CARD = Card(
    id="noisesniffer",
    version="1",
    family="forensic",
    title="Gathered low noise",
    question="Do the least noisy flat blocks gather in one area?",
    how="Among blocks of 3 x 3 pixels of equal brightness the flattest tenth is kept, and the less "
    "noisy half of it is marked. In a photograph with one noise the marks fall anywhere; the "
    "expected number of areas that gather as many by chance is the number of false alarms.",
    limits=(
        "Finds only areas with less noise than the rest.",
        "Phones and raw converters denoise faces, skies and dark parts more; JPEG compression "
        "empties flat blocks. Both gather low noise in innocent pictures.",
        "Flat blocks inside a texture are not flat: areas full of texture are not judged.",
    ),
    references=(
        Reference(
            "M. Gardella, P. Muse, J.-M. Morel, M. Colom",
            "Noisesniffer: a fully automatic image forgery detector based on noise analysis",
            "IWBF",
            2021,
            "https://doi.org/10.1109/IWBF50991.2021.9465095",
        ),
    ),
    weak=True,
)

#: Side of a block, blocks per bin of brightness, share of flattest blocks kept, and share of those
#: marked: w, b, n and m of the paper.
SIDE, PER_BIN, FLATTEST, MARKED = 3, 20_000, 0.1, 0.5
#: Blocks looked at per channel; of larger pictures every second, third, ... row and column is.
BLOCKS = 1.5e6
#: Side of a cell in pixels, at most (W of the paper), and at least in smaller pictures.
CELL, LEAST_CELL = 100, 32
#: log10 of the false alarms below which an area counts as a gathering.
REPORTED = -2.0
#: Areas shown as boxes, the strongest first.
SHOWN = 3
#: Significance that 95 in 100 of our untouched development photographs stay under: cameras denoise
#: unevenly, so that the model of chance is far from them.
USUAL = 250.0


def applicable(scene: Scene) -> Inapplicable | None:
    """At least 256 pixels on the shorter side, original pixels, 20 % textured."""
    return (
        admission.large_enough(scene.media, 256)
        or admission.not_redrawn(scene.media)
        or admission.enough_texture(texture(scene), 0.2)
    )


def run(scene: Scene, context: Context) -> Finding:
    """Marks per cell, and the areas in which they gather."""
    pixels = scene.media.coded
    step = max(1, ceil(sqrt(pixels.shape[0] * pixels.shape[1] / BLOCKS)))
    side = int(np.clip(round(sqrt(pixels.shape[0] * pixels.shape[1]) / 16), LEAST_CELL, CELL))
    shape = (pixels.shape[0] // side + 1, pixels.shape[1] // side + 1)
    kept, marked = (np.zeros(shape, np.int64) for _ in range(2))
    usable = valid_blocks(pixels, step)
    for channel in range(3):
        context.step(channel / 3, "Sorting blocks by brightness")
        of_kept, of_marked = selected(pixels[..., channel], usable, step)
        kept += counted(of_kept, usable.shape, step, side, shape)
        marked += counted(of_marked, usable.shape, step, side, shape)
    # Overlapping blocks share pixels; only so many are independent.
    share = min(1.0, step * step / SIDE**2)
    areas = gathered(kept, marked, share)
    found = [area for area in areas if area.log10_nfa < REPORTED]
    best = min((area.log10_nfa for area in areas), default=0.0)
    covered = np.zeros(shape, bool)
    for area in found:
        covered |= area.cells
    map_ = coded_map(
        scene.media,
        "low_noise_share",
        np.divide(marked, kept, out=np.full(shape, 0.5), where=kept > 0)[:-1, :-1],
        side,
        0.0,
        1.0,
        unit="share of flat blocks",
        meaning="Share of flat blocks that are among the less noisy half of their brightness: 0.5 "
        "as expected.",
    )
    parts = []
    for area in sorted(found, key=lambda a: a.log10_nfa)[:SHOWN]:
        rows, columns = np.flatnonzero(area.cells.any(1)), np.flatnonzero(area.cells.any(0))
        top, left = int(rows[0]), int(columns[0])
        height, width = int(rows[-1]) - top + 1, int(columns[-1]) - left + 1
        region = upright_region(scene.media, top, left, height, width, side)
        parts.append(Part(region, round(-area.log10_nfa, 3), sentence="Low noise gathers here."))
    sentence = "The less noisy blocks lie scattered, as in a picture with one noise."
    if -best > USUAL:
        sentence = (
            "The less noisy blocks gather far more than in most untouched photographs. Another "
            "origin or retouching would explain it; so would the camera's own denoising, focus or "
            "compression."
        )
    elif found:
        sentence = (
            "The less noisy blocks gather in places, as they do in most untouched photographs."
        )
    score = Score(
        round(max(0.0, -best), 3),
        "significance of the strongest gathering",
        "higher_is_suspicious",
        0.0,
        500.0,
        "-log10(expected false alarms)",
    )
    facts = (
        Fact("flat_blocks", int(kept.sum())),
        Fact("gatherings", len(found)),
        Fact("gathered_area", round(float(covered.mean()), 4), "share of picture"),
    )
    return ok(CARD, sentence, score, maps=(map_,), parts=tuple(parts), facts=facts)


def valid_blocks(pixels: NDArray[np.uint8], step: int) -> NDArray[np.bool_]:
    """Which blocks hold no pixel at any channel's extreme value; origins every `step` pixels."""
    inner = np.ones(pixels.shape[:2], bool)
    for c in range(pixels.shape[2]):
        plane = pixels[..., c]
        inner &= (plane < plane.max()) & (plane > plane.min())
    whole = None
    for part in _parts(inner, step):
        whole = part.copy() if whole is None else whole & part
    assert whole is not None
    return np.asarray(whole, bool)


def _parts(plane: NDArray[Any], step: int) -> list[NDArray[Any]]:
    """The pixels of all blocks: entry dy * SIDE + dx holds the pixel (dy, dx) of every block."""
    height, width = (n - SIDE + 1 for n in plane.shape)
    return [
        plane[dy : dy + height : step, dx : dx + width : step]
        for dy in range(SIDE)
        for dx in range(SIDE)
    ]


def selected(
    plane: NDArray[Any], usable: NDArray[np.bool_], step: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices of the blocks of one channel that are kept, and of those that are marked.

    In bins of equal brightness: the tenth with the least energy in the low and middle
    frequencies of their discrete cosine transform, and the half of these with the least
    standard deviation. Bins in which that half is constant are left out.
    """
    at = np.flatnonzero(usable)
    # Float64 throughout: blocks of equal brightness must tie in both runtimes.
    p = [part.astype(np.float64).ravel()[at] for part in _parts(plane, step)]
    rows = [_cosines(*p[3 * k : 3 * k + 3]) for k in range(3)]
    low, across, second = (_cosines(*(row[k] for row in rows)) for k in range(3))
    energy = low[1] ** 2 + low[2] ** 2 + across[0] ** 2 + across[1] ** 2 + second[0] ** 2
    rest = across[2] ** 2 + second[1] ** 2 + second[2] ** 2
    order = np.argsort(low[0], kind="stable")
    bins = max(1, round(at.size / PER_BIN))
    size = at.size // bins
    keep, mark = int(size * FLATTEST), int(size * FLATTEST * MARKED)
    kept, marked = [], []
    for k in range(bins):
        block = order[k * size :] if k == bins - 1 else order[k * size : (k + 1) * size]
        flat = block[np.argsort(energy[block], kind="stable")[:keep]]
        noise = energy[flat] + rest[flat]
        by_noise = flat[np.argsort(noise, kind="stable")]
        if int((noise < 1e-9).sum()) < mark:
            kept.append(by_noise)
            marked.append(by_noise[:mark])
    none = np.empty(0, np.intp)
    return at[np.concatenate([none, *kept])], at[np.concatenate([none, *marked])]


def _cosines(
    a: NDArray[np.float64], b: NDArray[np.float64], c: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The orthonormal cosine transform (type II) of three values."""
    return (a + b + c) / sqrt(3), (a - c) / sqrt(2), (a - 2 * b + c) / sqrt(6)


def counted(
    blocks: NDArray[np.intp],
    grid: tuple[int, ...],
    step: int,
    side: int,
    shape: tuple[int, int],
) -> NDArray[np.int64]:
    """Number of blocks, given by index in a grid of origins, in every cell."""
    y, x = np.divmod(blocks, grid[1])
    cell = (y * step // side) * shape[1] + x * step // side
    return np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)


@dataclass(frozen=True, slots=True)
class Area:
    """Connected cells, (h, w) bool, and log10 of the number of false alarms."""

    cells: NDArray[np.bool_]
    log10_nfa: float


def gathered(kept: NDArray[np.int64], marked: NDArray[np.int64], share: float) -> list[Area]:
    """Areas grown from cells with more than the expected marks while that lowers their NFA.

    `share` is the part of the blocks that is independent of each other.
    """
    rows, columns = kept.shape
    taken = np.zeros(kept.shape, bool)
    areas = []
    excess = np.divide(marked, kept, out=np.zeros(kept.shape), where=kept > 0) - MARKED
    for at in np.argsort(-excess, axis=None, kind="stable"):
        y, x = divmod(int(at), columns)
        if excess[y, x] <= 0:
            break
        if taken[y, x]:
            continue
        cells = np.zeros(kept.shape, bool)
        cells[y, x] = True
        n, k, border, size = int(kept[y, x]), int(marked[y, x]), [(y, x)], 1
        nfa = _log10_nfa(n, k, size, share, kept.shape)
        while border:
            cy, cx = border.pop(0)
            for ny, nx in ((cy + 1, cx), (cy - 1, cx), (cy, cx + 1), (cy, cx - 1)):
                if not (0 <= ny < rows and 0 <= nx < columns) or cells[ny, nx] or taken[ny, nx]:
                    continue
                more, marks = n + int(kept[ny, nx]), k + int(marked[ny, nx])
                grown = _log10_nfa(more, marks, size + 1, share, kept.shape)
                if grown < nfa:
                    cells[ny, nx] = True
                    border.append((ny, nx))
                    n, k, size, nfa = more, marks, size + 1, grown
        taken |= cells
        areas.append(Area(cells, nfa))
    return areas


def _log10_nfa(n: int, k: int, size: int, share: float, shape: tuple[int, ...]) -> float:
    """log10 of the expected number of areas of `size` cells with so many marks by chance.

    The binomial tail by Hoeffding's bound; the number of connected areas of a size is that of
    polyominoes, 0.316915 x 4.062570^size / size, at every place.
    """
    tests = log10(0.5 * SIDE**2 * 0.316915 / size) + size * log10(4.062570)
    tests += 2 * log10(shape[0] * shape[1])
    return tests + log10_tail_bound(n * share, k / n if n else 0.0)


def log10_tail_bound(n: float, rate: float) -> float:
    """Hoeffding's bound on log10 P(at least `rate` of n trials of probability `MARKED`)."""
    if rate <= MARKED or n <= 0:
        return 0.0
    gain = rate * log10(rate / MARKED)
    if rate < 1:
        gain += (1 - rate) * log10((1 - rate) / (1 - MARKED))
    return -n * gain
