"""Copy-move: was a part of the picture copied onto another place? By keypoints, quickly."""

from __future__ import annotations

from telltale.detectors._shared import clone_report as report
from telltale.detectors._shared.clone_evidence import Detail, Evidence, evidence
from telltale.detectors._shared.keypoints import keypoints
from telltale.detectors._shared.self_matches import mappings, matches
from telltale.finding import Card, Fact, Finding, Inapplicable, Reference, ok
from telltale.runtime.context import Context
from telltale.scene import Scene

CARD = Card(
    id="copy_move",
    version="1",
    family="forensic",
    title="Copies within the picture",
    question="Was a part of the picture copied onto another place of it?",
    how="Keypoints are matched with each other. Matches that agree on one shift, rotation, scale "
    "or mirroring propose two parts; the parts are aligned on their pixels, and they count as a "
    "copy only where the finest detail agrees in the quiet blocks too. What merely repeats in "
    "the scene has other grain.",
    limits=(
        "Smooth areas (sky, walls, blur) have no keypoints; copies of them are found only by the "
        "thorough test.",
        "Copies smaller than about 100 pixels in a 12-megapixel picture are missed.",
        "Strong compression after copying removes the grain that tells a copy from an equal "
        "object; then this test stays silent.",
    ),
    references=(
        Reference(
            "I. Amerini, L. Ballan, R. Caldelli, A. Del Bimbo, G. Serra",
            "A SIFT-based forensic method for copy-move attack detection and transformation "
            "recovery",
            "IEEE TIFS 6(3)",
            2011,
            "https://doi.org/10.1109/TIFS.2011.2129512",
        ),
        Reference(
            "D. G. Lowe",
            "Distinctive image features from scale-invariant keypoints",
            "IJCV 60(2)",
            2004,
            "https://doi.org/10.1023/B:VISI.0000029664.99615.94",
        ),
        Reference(
            "A. Desolneux, L. Moisan, J.-M. Morel",
            "Meaningful alignments (the number of false alarms)",
            "IJCV 40(1)",
            2000,
            "https://doi.org/10.1023/A:1026593302236",
        ),
    ),
)

#: Keypoints are looked for on at most about this many pixels, and at so many places.
PIXELS, PLACES = 4.2e6, 4500


def applicable(scene: Scene) -> Inapplicable | None:
    """At least 160 pixels on the shorter side and 5 % neither flat nor clipped."""
    return report.applicable(scene)


def run(scene: Scene, context: Context) -> Finding:
    """Match, verify, and show both places of every copy."""
    luma, factor = report.working_luma(scene, PIXELS)
    shape = (luma.shape[0], luma.shape[1])
    points = keypoints(luma, PLACES)
    context.step(0.4, "Matching keypoints")
    pairs = matches(points)
    proposed = mappings(pairs)
    context.step(0.7, "Comparing the finest detail")
    found: list[Evidence] = []
    if proposed:
        detail = Detail.of(luma)
        for k, mapping in enumerate(proposed):
            weighed = evidence(detail, mapping, len(pairs))
            if weighed is not None:
                found.append(weighed)
            context.step(0.7 + 0.3 * (k + 1) / len(proposed), "Comparing the finest detail")
    alike = report.drawn(found, shape)
    return ok(
        CARD,
        report.sentence(alike),
        report.score(alike),
        maps=(report.copied_map(scene.media, alike, shape, factor),),
        parts=report.parts(scene.media, alike, factor),
        facts=(
            Fact("keypoints", len(points.xy)),
            Fact("matches", len(pairs) // 2),
            *report.facts(alike, shape),
        ),
        caveats=report.caveats(alike),
    )
