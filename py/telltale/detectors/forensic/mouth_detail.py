"""Mouth against face: a lip region that is synthesised anew is softer than what is around it."""

from __future__ import annotations

import numpy as np

from telltale.detectors._shared import patch_regions
from telltale.detectors._shared.over_time import mean_interval
from telltale.finding import Card, Fact, Inapplicable, Reference
from telltale.runtime.context import Context
from telltale.series import FaceFrame, Lane, Outcome, Reading, Series, nothing_seen

CARD = Card(
    id="mouth_detail",
    version="1",
    family="forensic",
    title="Detail of the mouth over time",
    question="Is the mouth softer than the rest of the face, as after lip-sync?",
    how="In every followed frame the face is aligned, and the share of fine detail (energy of the "
    "Laplacian over that of the gradient) of the mouth is compared with that of brows, eyes and "
    "nose, in octaves.",
    limits=(
        "Mouths move, so that motion blur and compression soften them in genuine clips too.",
        "Beards, lipstick, microphones and hands change it. There is no validated limit.",
    ),
    references=(
        Reference(
            "S. Agarwal, H. Farid, O. Fried, M. Agrawala",
            "Detecting Deep-Fake Videos from Phoneme-Viseme Mismatches",
            "CVPR workshops",
            2020,
            "https://openaccess.thecvf.com/content_CVPRW_2020/html/w39/"
            "Agarwal_Detecting_Deep-Fake_Videos_From_Phoneme-Viseme_Mismatches_CVPRW_2020_paper.html",
        ),
        Reference(
            "K. R. Prajwal, R. Mukhopadhyay, V. Namboodiri, C. V. Jawahar",
            "A Lip Sync Expert Is All You Need for Speech to Lip Generation In The Wild",
            "ACM Multimedia",
            2020,
            "https://arxiv.org/abs/2008.10010",
        ),
    ),
    weak=True,
)
LANE = Lane("geometry", "detail of mouth against face", "lower_is_suspicious", -2.0, 1.0, "octaves")
#: Least pixels between the eyes: below, both regions are interpolated.
LEAST_EYES = 40.0
MOST_YAW = 40.0


def measure(frame: FaceFrame, context: Context) -> Reading:
    """Half the log2 ratio of detail, mouth to upper face; extra is how far the mouth is open."""
    del context
    quality = frame.face.quality
    if quality["inter_ocular_px"] < LEAST_EYES:
        return Reading(None, Inapplicable("face_too_small"))
    if abs(quality["yaw_deg"]) > MOST_YAW:
        return Reading(None, Inapplicable("face_turned_away"))
    grey = patch_regions.luma(frame.patch)
    mouth = patch_regions.detail(grey, patch_regions.mouth())
    face = patch_regions.detail(grey, patch_regions.upper_face())
    points = frame.face.landmarks
    opened = float(np.linalg.norm(points[62] - points[66])) / quality["inter_ocular_px"]
    return Reading(
        0.5 * float(np.log2(max(mouth, 1e-6) / max(face, 1e-6))), extra=np.array([opened])
    )


def conclude(series: Series) -> Outcome:
    """The median over the track, with the interval of the mean."""
    if not series.times:
        return nothing_seen(series)
    mean, low, high, size = mean_interval(series.v)
    score = float(np.median(series.v))
    return Outcome(
        f"Over {len(series.times)} frames the mouth carries {score:+.2f} octaves of detail against "
        "brows, eyes and nose. Compare it with other clips of the same person and camera.",
        score,
        "median detail of mouth against face",
        "octaves",
        (
            Fact("frames", len(series.times)),
            Fact("effective_frames", round(size, 1)),
            Fact("mean", round(mean, 3), "octaves"),
            Fact("mean_low", round(low, 3), "octaves, 95 %"),
            Fact("mean_high", round(high, 3), "octaves, 95 %"),
            Fact("spread", round(float(series.v.std()), 3), "octaves"),
            Fact("mouth_moves", round(float(series.extra[:, 0].std()), 3), "of the eyes' distance"),
        ),
    )
