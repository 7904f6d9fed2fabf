"""MediaPipe's face mesh: 468 points of one face in a turned square region.

Constants: the `face_landmark` graphs of MediaPipe (Apache-2.0); Y. Kartynnik et al., "Real-time
Facial Surface Geometry from Monocular Video on Mobile GPUs", CVPR workshops 2019,
arXiv:1907.06724.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telltale.faces import align
from telltale.runtime.context import Models

MODEL = "face_landmarks"
#: Side of the network's input.
SIDE = 192
POINTS = 468
#: The region is the face's box in the frame of the eye line, enlarged by this.
_REGION_SCALE = 1.5
#: Outer corners of the two eyes, as they stand left and right in an upright picture.
_LEFT_EYE, _RIGHT_EYE = 33, 263


@dataclass(frozen=True, slots=True)
class Region:
    """A square in the picture: centre and side in pixels, turned by `angle` radians
    (clockwise on the screen)."""

    x: float
    y: float
    side: float
    angle: float

    def to_network(self, side: int = SIDE) -> NDArray[np.float64]:
        """(2, 3) map from the picture's pixel centres to those of a `side` x `side` square."""
        scale = side / self.side
        cos, sin = math.cos(self.angle) * scale, math.sin(self.angle) * scale
        linear = np.array([[cos, sin], [-sin, cos]])
        centre = (side - 1) / 2
        return np.column_stack([linear, centre - linear @ np.array([self.x, self.y])])

    def turned_by(self, other: Region) -> float:
        """The angle in [0, pi] between the two regions."""
        return abs((other.angle - self.angle + math.pi) % (2 * math.pi) - math.pi)


@dataclass(frozen=True, slots=True)
class Mesh:
    """(468, 3) float32 points in pixels of the picture, and the network's confidence in [0, 1]."""

    points: NDArray[np.float32]
    presence: float


def region_of_box(box: NDArray[np.floating], keypoints: NDArray[np.floating]) -> Region:
    """The region of a detection: its (4,) box x, y, w, h, turned by the line of its eyes."""
    x, y, w, h = (float(v) for v in box)
    # The box has edges, the region pixel centres.
    centre = (x + w / 2 - 0.5, y + h / 2 - 0.5)
    return Region(*centre, _REGION_SCALE * max(w, h), _angle(keypoints[0], keypoints[1]))


def region_of_points(points: NDArray[np.floating]) -> Region:
    """The region of a mesh: its bounding box in the frame of the eye line.

    MediaPipe takes the box along the picture's axes; along the eye line the region does not
    depend on how the head is turned in the picture.
    """
    angle = eye_angle(points)
    cos, sin = math.cos(angle), math.sin(angle)
    axes = np.array([[cos, sin], [-sin, cos]])
    turned = np.asarray(points[:, :2], np.float64) @ axes.T
    low, high = turned.min(0), turned.max(0)
    x, y = (low + high) / 2 @ axes
    return Region(float(x), float(y), _REGION_SCALE * float((high - low).max()), angle)


def find_points(models: Models, pixels: NDArray[np.uint8], region: Region) -> Mesh:
    """Run the network on one region of (H, W, 3) uint8 pixels.

    Raises `telltale.runtime.context.ModelUnavailable`.
    """
    patch = sample(pixels, region)
    image = np.ascontiguousarray((patch / np.float32(255)).transpose(2, 0, 1)[None])
    outputs = models.run(MODEL, {"image": image})
    raw = np.asarray(outputs["points"], np.float64).reshape(POINTS, 3)
    # The network counts from the edge of its input, the picture from pixel centres.
    xy = align.apply(align.invert(region.to_network()), raw[:, :2] - 0.5)
    depth = raw[:, 2:] * (region.side / SIDE)
    logit = float(np.asarray(outputs["presence"]).ravel()[0])
    return Mesh(
        np.concatenate([xy, depth], 1).astype(np.float32),
        1 / (1 + math.exp(-max(-60.0, min(60.0, logit)))),
    )


def sample(
    pixels: NDArray[np.uint8], region: Region, side: int = SIDE, border: align.Border = "edge"
) -> NDArray[np.float32]:
    """The region as (side, side, 3) float32 in [0, 255], antialiased."""
    height, width = pixels.shape[:2]
    reach = region.side * (abs(math.cos(region.angle)) + abs(math.sin(region.angle))) / 2 + 2
    left, right = _clamp(region.x - reach, region.x + reach, width)
    top, bottom = _clamp(region.y - reach, region.y + reach, height)
    factor = max(1, int(region.side // side))
    part = align.reduce(pixels[top:bottom, left:right], factor)
    # Centre of the first reduced pixel, in the picture: left + (factor - 1) / 2.
    to_picture = np.array(
        [
            [factor, 0, left + (factor - 1) / 2],
            [0, factor, top + (factor - 1) / 2],
            [0, 0, 1],
        ]
    )
    return align.warp_affine(part, region.to_network(side) @ to_picture, (side, side), border)


def _clamp(low: float, high: float, size: int) -> tuple[int, int]:
    """The integer range that covers [low, high] inside [0, size), never empty."""
    first = min(max(math.floor(low), 0), size - 1)
    return first, max(min(math.ceil(high) + 1, size), first + 1)


def eye_angle(points: NDArray[np.floating]) -> float:
    """Direction of the eye line of (468, 2 or 3) mesh points, in radians, clockwise on the
    screen."""
    return _angle(points[_LEFT_EYE], points[_RIGHT_EYE])


def _angle(left: NDArray[np.floating], right: NDArray[np.floating]) -> float:
    return math.atan2(float(right[1] - left[1]), float(right[0] - left[0]))
