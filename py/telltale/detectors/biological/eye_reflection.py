"""Corneal highlights and pupil shape: both eyes see the same lamp, and pupils are round."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from telltale.detectors._shared import eyes
from telltale.detectors._shared.eyes import Eye
from telltale.finding import Card, Fact, Inapplicable, Reference
from telltale.runtime.context import Context
from telltale.series import FaceFrame, Lane, Outcome, Reading, Series, nothing_seen

CARD = Card(
    id="eye_reflection",
    version="1",
    family="biological",
    title="Reflections in the eyes",
    question="Do both eyes mirror the same light, and are the pupils round?",
    how="In both irises the brightest spots are cut out by Yen's threshold, laid over each other, "
    "and compared (intersection over union). Where irises are large enough, the pupil is compared "
    "with an ellipse along its border.",
    limits=(
        "It needs irises of 20 pixels, pupils still more: close portraits. In video that is rare.",
        "A window close by, glasses, contact lenses and a turned head give different highlights "
        "in genuine pictures. An independent study found no difference at small eyes.",
        "There is no validated limit.",
    ),
    references=(
        Reference(
            "S. Hu, Y. Li, S. Lyu",
            "Exposing GAN-generated Faces Using Inconsistent Corneal Specular Highlights",
            "ICASSP",
            2021,
            "https://arxiv.org/abs/2009.11924",
        ),
        Reference(
            "H. Guo, S. Hu, X. Wang, M.-C. Chang, S. Lyu",
            "Eyes Tell All: Irregular Pupil Shapes Reveal GAN-generated Faces",
            "ICASSP",
            2022,
            "https://arxiv.org/abs/2109.00162",
        ),
    ),
    weak=True,
)
LANE = Lane("full", "agreement of both highlights", "lower_is_suspicious", 0.0, 1.0)
LEAST_IRIS, LEAST_IRIS_FOR_PUPIL, MOST_YAW = 20.0, 60.0, 20.0
#: Side of the common grid on which highlights are laid over each other.
_GRID = 32
#: Cells of it by which one highlight may be shifted against the other.
_SHIFT = 3
#: A highlight is this much brighter than the iris, in grey levels.
_CONTRAST = 50.0
#: Pixels from its border within which a pupil is compared with its ellipse.
_BORDER = 4


def measure(frame: FaceFrame, context: Context) -> Reading:
    """The highlights' intersection over union; extra is the pupils' boundary agreement or nan."""
    del context
    if abs(frame.face.quality["yaw_deg"]) > MOST_YAW:
        return Reading(None, Inapplicable("face_turned_away"))
    pair = eyes.both(frame.pixels, frame.face)
    if pair is None:
        return Reading(None, Inapplicable("face_turned_away", "An eye is shut or out of sight."))
    size = min(eye.diameter for eye in pair)
    if size < LEAST_IRIS:
        why = f"The irises are {size:.0f} pixels wide; this needs at least {LEAST_IRIS:.0f}."
        return Reading(None, Inapplicable("face_too_small", why))
    masks = [highlight(eye) for eye in pair]
    if masks[0] is None or masks[1] is None:
        return Reading(None, Inapplicable("flat_or_saturated", "An iris mirrors no clear light."))
    pupil = np.nan
    if size >= LEAST_IRIS_FOR_PUPIL:
        pupil = float(np.mean([pupil_agreement(eye) for eye in pair]))
    return Reading(overlap(masks[0], masks[1]), extra=np.array([pupil]))


def conclude(series: Series) -> Outcome:
    """The median agreement over the frames."""
    if not series.times:
        return nothing_seen(series)
    score = float(np.median(series.v))
    pupils = series.extra[:, 0]
    seen = pupils[np.isfinite(pupils)]
    return Outcome(
        f"In {len(series.times)} frames the highlights of both eyes overlap by {score:.0%} "
        "(median).",
        score,
        "median overlap of both highlights",
        facts=(
            Fact("frames", len(series.times)),
            Fact("lowest", round(float(series.v.min()), 3)),
            Fact("highest", round(float(series.v.max()), 3)),
            Fact(
                "pupil_boundary_agreement",
                round(float(np.median(seen)), 3) if len(seen) else None,
                "1 is an ellipse",
            ),
        ),
    )


def overlap(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Intersection over union of two (_GRID, _GRID) masks, the best of small shifts: the irises'
    centres are known to about a tenth of their width."""
    best = 0.0
    wide = np.pad(second, _SHIFT)
    for dy in range(2 * _SHIFT + 1):
        for dx in range(2 * _SHIFT + 1):
            moved = wide[dy : dy + _GRID, dx : dx + _GRID]
            either = int((first | moved).sum())
            best = max(best, float((first & moved).sum() / max(either, 1)))
    return best


def highlight(eye: Eye) -> NDArray[np.bool_] | None:
    """(_GRID, _GRID) bright spots of an iris on a grid over it; None where there are none."""
    inside = eye.disc() & eye.inside
    if inside.sum() < 30:
        return None
    values = eye.luma[inside]
    limit = max(yen(values), float(np.median(values)) + _CONTRAST)
    bright = inside & (eye.luma > limit)
    if not bright.any():
        return None
    steps = (np.arange(_GRID) + 0.5) / _GRID - 0.5
    x = np.rint(eye.iris[0] + steps * eye.diameter).astype(int)
    y = np.rint(eye.iris[1] + steps * eye.diameter).astype(int)
    rows, columns = eye.luma.shape
    grid = bright[np.clip(y, 0, rows - 1)[:, None], np.clip(x, 0, columns - 1)[None, :]]
    grid = np.asarray(grid & ((y >= 0) & (y < rows))[:, None] & ((x >= 0) & (x < columns))[None, :])
    return grid if grid.any() else None


def yen(values: NDArray[np.floating]) -> float:
    """Yen's threshold of grey levels in [0, 255].

    J.-C. Yen, F.-J. Chang, S. Chang, "A new criterion for automatic multilevel thresholding",
    IEEE Transactions on Image Processing 4(3), 1995, equation 4.
    """
    counts, _ = np.histogram(values, 256, (0, 256))
    p = counts / max(counts.sum(), 1)
    below = np.cumsum(p)
    squares = np.cumsum(p**2)
    above = np.cumsum(p[::-1] ** 2)[::-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        criterion = np.log((below[:-1] * (1 - below[:-1])) ** 2 / (squares[:-1] * above[1:]))
    criterion[~np.isfinite(criterion)] = -np.inf
    return float(np.argmax(criterion))


def pupil_agreement(eye: Eye) -> float:
    """Overlap of a pupil with its ellipse near both borders (Guo et al., BIoU with d = 4)."""
    inside = eye.disc(0.75) & eye.inside
    values = np.sort(eye.luma[inside])
    limit = float(values[len(values) // 4])
    pupil = inside & (eye.luma <= limit)
    y, x = np.nonzero(pupil)
    if len(x) < 30:
        return float("nan")
    centre = np.array([x.mean(), y.mean()])
    covariance = np.cov(np.stack([x, y]))
    rows, columns = np.indices(eye.luma.shape)
    away = np.stack([columns - centre[0], rows - centre[1]], -1)
    # the points of a filled ellipse lie within twice its deviations
    ellipse = np.einsum("...i,ij,...j", away, np.linalg.inv(covariance), away) <= 4
    edges = [mask & ~_shrunk(mask, _BORDER) for mask in (pupil, ellipse)]
    either = (edges[0] | edges[1]).sum()
    return float((edges[0] & edges[1]).sum() / max(int(either), 1))


def _shrunk(mask: NDArray[np.bool_], steps: int) -> NDArray[np.bool_]:
    for _ in range(steps):
        small = mask.copy()
        small[1:] &= mask[:-1]
        small[:-1] &= mask[1:]
        small[:, 1:] &= mask[:, :-1]
        small[:, :-1] &= mask[:, 1:]
        mask = small
    return mask
