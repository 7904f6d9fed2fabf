"""Turn verified copies into what a person sees: a map, boxes of both places, facts, sentences."""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, ceil, degrees, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from telltale.detectors._shared import admission
from telltale.detectors._shared.blocks import block_mean
from telltale.detectors._shared.clone_evidence import Evidence
from telltale.detectors._shared.codec_grid import LONGEST, coded_map, upright_region
from telltale.detectors._shared.self_matches import Mapping
from telltale.detectors._shared.texture import texture
from telltale.finding import Fact, Inapplicable, Map, Part, Score
from telltale.media.model import Media
from telltale.scene import Scene

#: A copy is reported from this significance on: -log10 of the expected number of false copies.
REPORTED = 4.0
#: Two outlines that share more than this part of the smaller one are one copy.
SAME = 0.5


@dataclass(frozen=True, slots=True)
class Copy:
    """A verified copy: its evidence and both areas, (h, w) bool of the working picture."""

    evidence: Evidence
    source: NDArray[np.bool_]
    target: NDArray[np.bool_]

    @property
    def both(self) -> NDArray[np.bool_]:
        return self.source | self.target


def working_luma(scene: Scene, pixels: float) -> tuple[NDArray[np.float32], int]:
    """Coded luma averaged down by a whole factor to at most about `pixels`, and the factor."""
    luma = scene.coded_luma
    factor = max(1, ceil(sqrt(luma.size / pixels)))
    return (block_mean(luma, factor) if factor > 1 else luma), factor


def applicable(scene: Scene) -> Inapplicable | None:
    """At least 160 pixels on the shorter side and 5 % neither flat nor clipped."""
    return admission.large_enough(scene.media, 160) or admission.enough_texture(
        texture(scene), 0.05
    )


def drawn(found: list[Evidence], shape: tuple[int, int]) -> list[Copy]:
    """Both areas of every weighed mapping, the most significant first, each pair once."""
    kept: list[Copy] = []
    for one in sorted(found, key=lambda e: e.log10_nfa):
        source = np.zeros(shape, bool)
        top, left = one.corner
        source[top : top + one.mask.shape[0], left : left + one.mask.shape[1]] = one.mask
        copy = Copy(one, source, _moved(source, one.mapping))
        if not any(_same(copy, other) for other in kept):
            kept.append(copy)
    return kept


def significant(alike: list[Copy]) -> list[Copy]:
    """Those that are reported as copies."""
    return [copy for copy in alike if -copy.evidence.log10_nfa >= REPORTED]


def _moved(source: NDArray[np.bool_], mapping: Mapping) -> NDArray[np.bool_]:
    y, x = np.nonzero(source)
    at = np.rint(mapping.to(np.stack((x, y), 1).astype(np.float64))).astype(np.intp)
    inside = (at >= 0).all(1) & (at[:, 0] < source.shape[1]) & (at[:, 1] < source.shape[0])
    target = np.zeros_like(source)
    target[at[inside, 1], at[inside, 0]] = True
    # An enlarged copy leaves holes between the places of its pixels.
    return np.asarray(ndimage.binary_closing(target, iterations=2) | target)


def _same(a: Copy, b: Copy) -> bool:
    shared, least = int((a.both & b.both).sum()), min(int(a.both.sum()), int(b.both.sum()))
    return shared > SAME * least


def score(alike: list[Copy]) -> Score:
    """The significance of the strongest; 0 where nothing was alike."""
    strongest = max((-copy.evidence.log10_nfa for copy in alike), default=0.0)
    return Score(
        round(max(0.0, strongest), 3),
        "significance of the strongest copy",
        "higher_is_suspicious",
        0.0,
        20.0,
        "-log10(expected false alarms)",
    )


def copied_map(media: Media, alike: list[Copy], shape: tuple[int, int], factor: int) -> Map:
    """Both areas of all parts that are alike (1), and of those that are copies (2)."""
    level = np.zeros(shape, np.float32)
    for copy in reversed(alike):
        level[copy.both] = 2.0 if -copy.evidence.log10_nfa >= REPORTED else 1.0
    step = ceil(max(shape) / LONGEST)
    return coded_map(
        media,
        "copied",
        level[::step, ::step],
        factor * step,
        0.0,
        2.0,
        meaning="1: parts that look alike, which scenes often have. 2: parts that equal each "
        "other down to the grain.",
    )


def parts(media: Media, alike: list[Copy], factor: int) -> tuple[Part, ...]:
    """The boxes of both places of every copy."""
    result = []
    for k, copy in enumerate(significant(alike), 1):
        linear = copy.evidence.mapping.matrix[:, :2]
        facts = (
            Fact("copy", k),
            Fact("scale", round(sqrt(abs(float(np.linalg.det(linear)))), 3)),
            Fact("rotation", round(_rotation(linear), 1), "degrees"),
            Fact("mirrored", bool(np.linalg.det(linear) < 0)),
            Fact("agreeing_blocks", copy.evidence.agreeing),
            Fact("blocks", copy.evidence.blocks),
        )
        for area in (copy.source, copy.target):
            rows, columns = np.flatnonzero(area.any(1)), np.flatnonzero(area.any(0))
            if not rows.size:
                continue
            top, left = int(rows[0]), int(columns[0])
            height, width = int(rows[-1]) - top + 1, int(columns[-1]) - left + 1
            region = upright_region(media, top, left, height, width, factor)
            significance = round(-copy.evidence.log10_nfa, 3)
            sentence = "One of two places that equal each other."
            result.append(Part(region, significance, facts, sentence=sentence))
    return tuple(result)


def _rotation(linear: NDArray[np.float64]) -> float:
    flip = -1.0 if np.linalg.det(linear) < 0 else 1.0
    return degrees(atan2(linear[1, 0] - flip * linear[0, 1], linear[0, 0] + flip * linear[1, 1]))


def facts(alike: list[Copy], shape: tuple[int, int]) -> tuple[Fact, ...]:
    """How many pairs of parts are alike, how many of them copies, and how large."""
    area, kept = np.zeros(shape, bool), significant(alike)
    for copy in kept:
        area |= copy.both
    return (
        Fact("parts_alike", len(alike)),
        Fact("copies", len(kept)),
        Fact("copied_area", round(float(area.mean()), 4), "share of picture"),
    )


def sentence(alike: list[Copy]) -> str:
    """What was found, in words."""
    if significant(alike):
        return (
            "Parts of the picture equal each other down to the grain: one was copied from the "
            "other, or both from a third."
        )
    if alike:
        return (
            "Some parts look alike, but their finest detail differs, as with windows, prints or "
            "leaves that repeat in the scene: no copy."
        )
    return "No two parts of the picture match."


def caveats(alike: list[Copy]) -> tuple[str, ...]:
    """What would make an innocent picture show copies."""
    if not significant(alike):
        return ()
    return (
        "Drawings, screenshots and computer graphics contain equal parts by design. Cameras and "
        "telephones that stitch or remove objects copy as well.",
    )
