"""Copy-move, place by place: the thorough search that also sees areas without keypoints."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from telltale.detectors._shared import clone_report as report
from telltale.detectors._shared import patchmatch
from telltale.detectors._shared.clone_evidence import Detail, Evidence, evidence
from telltale.detectors._shared.self_matches import Mapping
from telltale.detectors._shared.zernike import magnitudes
from telltale.finding import Card, Fact, Finding, Inapplicable, Reference, ok
from telltale.runtime.context import Context
from telltale.scene import Scene

CARD = Card(
    id="copy_move_dense",
    version="1",
    family="forensic",
    title="Copies, place by place",
    question="Was any part, however plain, copied onto another place of the picture?",
    how="Every place looks for the most similar distant patch by moments that rotation and "
    "mirroring leave alone. Areas whose finds continue each other propose a mapping; the parts "
    "are aligned on their pixels and count as a copy only where the finest detail agrees too.",
    limits=(
        "Finds copies under rotation, mirroring and up to about 10 % scaling; the quick test "
        "follows larger scaling.",
        "Copies smaller than about 80 pixels in a 12-megapixel picture are missed.",
        "Flat areas without grain, and grain that strong compression removed, give no evidence.",
    ),
    references=(
        Reference(
            "D. Cozzolino, G. Poggi, L. Verdoliva",
            "Efficient dense-field copy-move forgery detection",
            "IEEE TIFS 10(11)",
            2015,
            "https://doi.org/10.1109/TIFS.2015.2455334",
        ),
        Reference(
            "C. Barnes, E. Shechtman, A. Finkelstein, D. B. Goldman",
            "PatchMatch: a randomized correspondence algorithm for structural image editing",
            "ACM TOG 28(3)",
            2009,
            "https://doi.org/10.1145/1531326.1531330",
        ),
    ),
)

#: Pixels on which the search runs, and on which its finds are verified.
SEARCHED, VERIFIED = 1.4e6, 4.2e6
#: Correlation of fine detail from which on a proposal is verified: plain places have little.
LIKENESS = 0.4
#: The least standard deviation in grey levels of a patch that is worth matching.
PLAIN = 1.2


def applicable(scene: Scene) -> Inapplicable | None:
    """At least 160 pixels on the shorter side and 5 % neither flat nor clipped."""
    return report.applicable(scene)


def run(scene: Scene, context: Context) -> Finding:
    """Search, propose, verify, and show both places of every copy."""
    luma, factor = report.working_luma(scene, SEARCHED)
    context.step(0.02, "Describing every place")
    wanted = worth_matching(luma)
    features = magnitudes(luma)
    field = patchmatch.nearest(
        features, wanted, lambda done: context.step(0.2 + 0.5 * done, "Searching for like places")
    )
    del features
    proposed = patchmatch.mappings(field, wanted)
    fine, finer = report.working_luma(scene, VERIFIED)
    shape = (fine.shape[0], fine.shape[1])
    found: list[Evidence] = []
    if proposed:
        # Every place could have begun an area of its own.
        tests = float(np.isfinite(field.distance).sum())
        detail = Detail.of(fine)
        for k, mapping in enumerate(proposed):
            context.step(0.75 + 0.25 * k / len(proposed), "Comparing the finest detail")
            large = enlarged(mapping, factor / finer)
            weighed = evidence(detail, large, tests, LIKENESS)
            if weighed is not None:
                found.append(weighed)
    alike = report.drawn(found, shape)
    return ok(
        CARD,
        report.sentence(alike),
        report.score(alike),
        maps=(report.copied_map(scene.media, alike, shape, finer),),
        parts=report.parts(scene.media, alike, finer),
        facts=(
            Fact("searched_area", round(float(wanted.mean()), 3), "share of picture"),
            Fact("areas_proposed", len(proposed)),
            *report.facts(alike, shape),
        ),
        caveats=report.caveats(alike),
    )


def worth_matching(luma: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(H, W) bool: pixels around which the picture is not plain."""
    mean = ndimage.uniform_filter(luma, 17)
    square = ndimage.uniform_filter(luma * luma, 17)
    return np.asarray(square - mean * mean > PLAIN**2)


def enlarged(mapping: Mapping, ratio: float) -> Mapping:
    """The mapping between pixel centres of a picture `ratio` times as large."""
    matrix = mapping.matrix.copy()
    # A pixel centre p of the small picture is ratio * (p + 0.5) - 0.5 of the large one.
    away = np.full(2, 0.5 * (ratio - 1))
    matrix[:, 2] = ratio * mapping.matrix[:, 2] + away - matrix[:, :2] @ away
    return Mapping(matrix, ratio * mapping.points + away)
