"""Landmark tremble: do the points of a face shake more than a head can?

A detector is one file: CARD says what it is, `applicable` when it may speak, `run` what it found.
`LOOKS_AT = "film"` says that it is given a whole video at once, a telltale.film.Film: `film.frames`
are scenes with their times, `film.tracks` the faces as arrays over time. Change everything here and
keep the form.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from telltale.film import FaceTrack, Film
from telltale.finding import Card, Fact, Finding, Inapplicable, Reference, Score, ok
from telltale.runtime.context import Context

CARD = Card(
    id="my_detector",
    version="1",
    family="biological",
    title="Landmark tremble",
    question="Do the points of a face shake more than a head can?",
    how="The second difference over time of the 68 landmarks is zero where a face stands or "
    "glides, and large where its points jump to and fro. Its usual size is given in thousandths of "
    "the width of the face, for the face that shakes most.",
    limits=(
        "Landmarks tremble on every small, dark or strongly compressed face.",
        "A shaking camera and quick speech shake the points too.",
    ),
    references=(
        Reference(
            "Z. Sun, Y. Han, Z. Hua, N. Ruan, W. Jia",
            "Improving the efficiency and robustness of deepfakes detection through precise "
            "geometric features",
            "CVPR",
            2021,
            "https://arxiv.org/abs/2104.04480",
        ),
    ),
    weak=True,
)

LOOKS_AT = "film"
#: The fewest steps between three moments in a row, about a second of following.
LEAST_STEPS = 10
#: Longer steps than this, in seconds, are no neighbours.
STEP_S = 0.2


def applicable(film: Film) -> Inapplicable | None:
    """A face that was followed for about a second; None means yes."""
    if film.faces_unavailable:
        return Inapplicable(film.faces_unavailable)
    if not film.tracks:
        return Inapplicable("no_face", "No face was followed in this video.")
    if max(tremble(track).size for track in film.tracks) < LEAST_STEPS:
        return Inapplicable("too_short", "No face was followed for as long as a second.")
    return None


def run(film: Film, context: Context) -> Finding:
    """The usual tremble of the face that shakes most."""
    usual = {}
    for k, track in enumerate(film.tracks):
        context.step(k / len(film.tracks), f"Face {track.index + 1}")
        steps = tremble(track)
        if steps.size >= LEAST_STEPS:
            usual[track.index] = float(np.median(steps))
    worst = max(usual, key=lambda index: usual[index])
    return ok(
        CARD,
        f"The points of face {worst + 1} shake by {usual[worst]:.1f} thousandths of its width.",
        Score(usual[worst], "tremble", "higher_is_suspicious", 0.0, 20.0, "thousandths"),
        facts=(Fact("faces_measured", len(usual)),),
    )


def tremble(track: FaceTrack) -> NDArray[np.float64]:
    """(m,) thousandths of the face's width: for each three moments in a row, how far the points lie
    from the middle of where they were and will be. Moments across a gap are left out."""
    points = track.landmarks.astype(np.float64)
    bent = points[1:-1] - (points[:-2] + points[2:]) / 2
    size = np.sqrt((bent**2).sum(axis=2)).mean(axis=1)
    near = track.times[2:] - track.times[:-2] <= 2 * STEP_S
    return np.asarray(1000 * size / np.maximum(track.boxes[1:-1, 2], 1.0))[near]
