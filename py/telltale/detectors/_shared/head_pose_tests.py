"""Two tests of a face's pose: central against whole face, and network against landmarks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telltale.faces import canonical, perspective, rotation
from telltale.faces.perspective import Camera, Pose

Floats = NDArray[np.float64]

#: The landmark sets of Yang, Li and Lyu (their 1-based 18-36, 49, 55 and 1-36, 49, 55).
CENTRAL = np.r_[17:36, 48, 54]
WHOLE = np.r_[0:36, 48, 54]
#: HopeNet's bins: 66 of 3 degrees from -99.
BINS = 66


def decode_bins(probabilities: NDArray[np.floating]) -> Floats:
    """(..., 3) degrees of (..., 3, 66) bin probabilities: 3 times the mean bin, minus 99.

    N. Ruiz, E. Chong, J. M. Rehg, CVPR workshops 2018, section 3.2, as in their program.
    """
    return np.asarray(probabilities, np.float64) @ np.arange(BINS) * 3 - 99


def angles(turn: NDArray[np.floating]) -> Floats:
    """(3,) yaw, pitch, roll in degrees of a (3, 3) rotation R = Rx(-pitch) Ry(yaw) Rz(roll).

    The angles of 300W-LP: yaw is positive with the face turned to the picture's left, pitch with
    the chin up, roll with the head tilted clockwise on the screen.
    """
    yaw = np.arcsin(np.clip(turn[0, 2], -1, 1))
    pitch = np.arctan2(turn[1, 2], turn[2, 2])
    roll = np.arctan2(-turn[0, 1], turn[0, 0])
    return np.degrees(np.array([yaw, pitch, roll], np.float64))


@dataclass(frozen=True, slots=True)
class Poses:
    """Head poses from the landmarks of one face."""

    central: Pose
    whole: Pose

    @property
    def features(self) -> Floats:
        """(12,) rotation matrix and translation, central minus whole (Yang et al., section 3)."""
        turn = (self.central.rotation - self.whole.rotation).ravel()
        return np.concatenate([turn, self.central.translation - self.whole.translation])

    @property
    def angle(self) -> float:
        """The angle between the two in degrees."""
        return float(
            np.degrees(rotation.geodesic_angle(self.central.rotation, self.whole.rotation))
        )


def upright_poses(landmarks: NDArray[np.floating]) -> Poses:
    """Poses of (68, 2) landmarks seen by a camera that looks at the face.

    The focal length is four times the larger side of the landmarks' box, so that cropping and
    scaling of the picture change nothing. Translations are in centimetres of the canonical face.
    """
    points = np.asarray(landmarks, np.float64)
    low, high = points.min(0), points.max(0)
    x, y = (low + high) / 2
    camera = Camera(4 * float((high - low).max()), float(x), float(y))
    central, whole = (
        perspective.solve(canonical.POINTS[chosen], points[chosen], camera)
        for chosen in (CENTRAL, WHOLE)
    )
    return Poses(central, whole)


def published_poses(landmarks: NDArray[np.floating], width: int, height: int) -> Poses:
    """Poses as the reference program finds them: the picture's camera, depth mirrored, ITERATIVE.

    Mirrored depth makes the solver hesitate between two poses when landmarks are noisy; much of
    the published cue is that hesitation. Kept for comparison.
    """
    points = np.asarray(landmarks, np.float64)
    model = canonical.POINTS * [10, 10, -10]
    camera = Camera(float(width), float(width // 2), float(height // 2))
    central, whole = (
        perspective.solve_iterative(model[chosen], points[chosen], camera)
        for chosen in (CENTRAL, WHOLE)
    )
    return Poses(central, whole)


def svm_decision(features: Floats, machine: dict[str, Any]) -> float:
    """Decision value of a support vector machine with a radial kernel, from plain arrays.

    `machine` holds `mean`, `scale` (12,), `support` (n, 12), `dual` (n,), `intercept`, `gamma`.
    Positive means like the swapped faces.
    """
    x = (features - np.array(machine["mean"])) / np.array(machine["scale"])
    gaps = np.array(machine["support"]) - x
    kernel = np.exp(-machine["gamma"] * (gaps**2).sum(1))
    return float(kernel @ np.array(machine["dual"]) + machine["intercept"])


@dataclass(frozen=True, slots=True)
class Disagreement:
    """How far network and landmarks disagree: squared Mahalanobis distance, and its p-value.

    `p` is the share of real faces that disagree at least as much (add-one estimate).
    """

    distance: float
    p: float


def disagreement(network: Floats, landmarks: Floats, null: dict[str, Any]) -> Disagreement:
    """Compare yaw, pitch, roll of the network with those of the landmarks; (3,) or (n, 3) degrees.

    Of several frames the mean difference counts, against the distribution of single pictures:
    averaging removes noise, so the p-value can only be too large (the frames of a clip share
    their person and light, and are no independent sample for Hotelling's T2).

    `null` holds `coefficients` (4, 3), which predict the difference from 1 and the network's
    angles on real faces, `covariance` (3, 3) of what remains, and `distances`, sorted, of real
    faces that were not used to fit either.
    """
    angles = np.atleast_2d(network).mean(0)
    difference = (np.atleast_2d(network) - np.atleast_2d(landmarks)).mean(0)
    rest = difference - np.append(1.0, angles) @ np.array(null["coefficients"])
    distance = float(rest @ np.linalg.solve(np.array(null["covariance"]), rest))
    known = np.asarray(null["distances"])
    beyond = len(known) - int(np.searchsorted(known, distance, "left"))
    return Disagreement(distance, (1 + beyond) / (1 + len(known)))
