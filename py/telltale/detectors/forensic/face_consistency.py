"""Whether a face stays the same face: how it looks, and the proportions of its mesh."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from telltale.detectors._shared.over_time import effective_size
from telltale.faces import align, canonical, landmarks
from telltale.finding import Card, Fact, Inapplicable, Reference
from telltale.runtime.context import Context
from telltale.series import FaceFrame, Lane, Outcome, Reading, Series, nothing_seen

CARD = Card(
    id="face_consistency",
    version="1",
    family="forensic",
    title="The same face over time",
    question="Does the face keep its looks and proportions from moment to moment?",
    how="Each examined frame is described by histograms of gradient directions of the aligned "
    "face, and by the proportions of nose, eyes and brows in three dimensions. The lane is the "
    "cosine distance of a frame's looks from the typical looks of the track.",
    limits=(
        "No network for identities is used: none with a free licence was at hand. This notices a "
        "face that jumps or drops out for a few frames, not a likeness that is slightly off.",
        "Expressions, light and turning the head change looks in genuine clips. There is no "
        "validated limit.",
    ),
    references=(
        Reference(
            "S. Agarwal, H. Farid, Y. Gu, M. He, K. Nagano, H. Li",
            "Protecting World Leaders Against Deep Fakes",
            "CVPR workshops",
            2019,
            "https://openaccess.thecvf.com/content_CVPRW_2019/html/Media_Forensics/"
            "Agarwal_Protecting_World_Leaders_Against_Deep_Fakes_CVPRW_2019_paper.html",
        ),
        Reference(
            "N. Dalal, B. Triggs",
            "Histograms of Oriented Gradients for Human Detection",
            "CVPR",
            2005,
            "https://doi.org/10.1109/CVPR.2005.177",
        ),
    ),
    weak=True,
)
LANE = Lane("full", "distance from the track's typical looks", "higher_is_suspicious", 0.0, 1.0)
LEAST_EYES, MOST_YAW = 24.0, 35.0
#: Brows, nose and eyes: what speech and smiles move least.
_RIGID = slice(17, 48)


def measure(frame: FaceFrame, context: Context) -> Reading:
    """A first distance, from the last frame; extra are the looks and the rigid proportions."""
    del context
    quality = frame.face.quality
    if quality["inter_ocular_px"] < LEAST_EYES:
        return Reading(None, Inapplicable("face_too_small"))
    if abs(quality["yaw_deg"]) > MOST_YAW:
        return Reading(None, Inapplicable("face_turned_away"))
    shape = proportions(landmarks.from_mesh(frame.face.mesh))
    return Reading(0.0, extra=np.concatenate([frame.look, shape]))


def proportions(points68: NDArray[np.floating]) -> NDArray[np.float64]:
    """(93,) rigid landmarks turned and scaled to the canonical face, less that face."""
    model = canonical.POINTS[_RIGID]
    fitted = align.apply(align.umeyama(points68[_RIGID], model), points68[_RIGID])
    return np.asarray((fitted - model).ravel(), np.float64)


def conclude(series: Series) -> Outcome:
    """The largest distances over the track; the lane is drawn anew from the whole track."""
    if not series.times:
        return nothing_seen(series)
    looks, shapes = series.extra[:, :512], series.extra[:, 512:]
    typical = np.median(looks, 0)
    typical /= max(float(np.linalg.norm(typical)), 1e-9)
    away = np.clip(1 - looks @ typical / np.linalg.norm(looks, axis=1), 0, 2)
    trembles = float(shapes.std(0).mean())
    score = float(np.quantile(away, 0.95))
    return Outcome(
        f"In 95 % of {len(away)} frames the face lies within {score:.2f} of its typical looks "
        f"(0 is the same picture, 1 is unrelated); its proportions vary by {10 * trembles:.1f} mm "
        "on a face of usual size.",
        score,
        "95th percentile of the distance",
        facts=(
            Fact("frames", len(away)),
            Fact("effective_frames", round(effective_size(away), 1)),
            Fact("median_distance", round(float(np.median(away)), 4)),
            Fact("largest_distance", round(float(away.max()), 4)),
            Fact("proportions_vary", round(10 * trembles, 2), "mm"),
        ),
        values=away,
    )
