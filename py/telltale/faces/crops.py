"""The face crops of the published methods, to the integer.

Each rule is stated as the paper's authors computed it, rounding included: a network trained on
one crop reads another one worse.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telltale.finding import Box

#: Enlargement of the FaceForensics++ crop.
FACEFORENSICS_SCALE = 1.3
#: FWA looks at this many randomly enlarged regions of a face.
FWA_REGIONS = 10


@dataclass(frozen=True, slots=True)
class Crop:
    """Columns `left` to `right` and rows `top` to `bottom`, the last ones excluded."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def box(self) -> Box:
        return Box(self.left, self.top, self.width, self.height)

    def of(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The crop's pixels, black where it leaves the picture (as `PIL.Image.crop`).

        Raises `ValueError` for an empty crop.
        """
        if self.width <= 0 or self.height <= 0:
            raise ValueError(f"an empty crop: {self}")
        height, width = pixels.shape[:2]
        rows = slice(max(self.top, 0), min(max(self.bottom, 0), height))
        columns = slice(max(self.left, 0), min(max(self.right, 0), width))
        part = pixels[rows, columns]
        if part.shape[:2] == (self.height, self.width):
            return part
        whole = np.zeros((self.height, self.width, *pixels.shape[2:]), pixels.dtype)
        if part.size:
            y, x = rows.start - self.top, columns.start - self.left
            whole[y : y + part.shape[0], x : x + part.shape[1]] = part
        return whole


def faceforensics(box: Box, width: int, height: int, scale: float = FACEFORENSICS_SCALE) -> Crop:
    """The square of FaceForensics++: the detector's box, enlarged; it shrinks at the border.

    A. Rössler et al., "FaceForensics++: Learning to Detect Manipulated Facial Images", ICCV
    2019, section 4, as in the authors' `get_boundingbox` (its box was dlib's, whole numbers).
    """
    x1, y1 = round(box.x), round(box.y)
    x2, y2 = round(box.x + box.w), round(box.y + box.h)
    size = int(max(x2 - x1, y2 - y1) * scale)
    centre_x, centre_y = (x1 + x2) // 2, (y1 + y2) // 2
    left = max(int(centre_x - size // 2), 0)
    top = max(int(centre_y - size // 2), 0)
    size = min(width - left, size)
    size = min(height - top, size)
    return Crop(left, top, left + size, top + size)


def self_blended(
    box: Box,
    width: int,
    height: int,
    shares: tuple[float, float, float, float] = (0.5, 0.5, 0.5, 0.5),
) -> Crop:
    """The crop of self-blended images: the detector's box and a share of a quarter around it.

    Parameters
    ----------
    shares
        Left, top, right, bottom: how much of w/4 or h/4 is added. 0.5 in testing; uniform in
        [0.2, 0.8] for each side in training.

    References
    ----------
    K. Shiohara and T. Yamasaki, "Detecting Deepfakes with Self-Blended Images", CVPR 2022,
    section 4.1 and supplement.
    """
    left, top, right, bottom = shares
    return _margins(
        (box.x, box.y, box.x + box.w, box.y + box.h),
        (box.w / 4 * left, box.h / 4 * top, box.w / 4 * right, box.h / 4 * bottom),
        width,
        height,
    )


def self_blended_context(landmarks: NDArray[np.floating], width: int, height: int) -> Crop:
    """The wide crop inside which self-blended images are made.

    The box of the (68, 2) landmarks, with w/2 at the sides, h above and 2h/5 below.
    """
    x1, y1 = (float(v) for v in landmarks.min(0))
    x2, y2 = (float(v) for v in landmarks.max(0))
    w, h = x2 - x1, y2 - y1
    return _margins((x1, y1, x2, y2), (w / 8 * 4, h / 2 * 2, w / 8 * 4, h / 5 * 2), width, height)


def _margins(
    box: tuple[float, float, float, float],
    margins: tuple[float, float, float, float],
    width: int,
    height: int,
) -> Crop:
    return Crop(
        max(0, int(box[0] - margins[0])),
        max(0, int(box[1] - margins[1])),
        min(width, int(box[2] + margins[2]) + 1),
        min(height, int(box[3] + margins[3]) + 1),
    )


def face_warping(landmarks: NDArray[np.floating], width: int, height: int, seed: int) -> Crop:
    """One of the seeded regions of face warping artifacts.

    The box of the (68, 2) landmarks, taken as whole numbers; both sides move out by one random
    amount below an eighth of the width, the top by one below a fifth of the height, the bottom
    by half as much. (The paper draws each side by itself; the authors' program does not.)

    Raises
    ------
    ValueError
        For a face of less than 8 pixels.

    References
    ----------
    Y. Li and S. Lyu, "Exposing DeepFake Videos By Detecting Face Warping Artifacts", CVPR
    workshops 2019, section 3.2.
    """
    points = np.asarray(landmarks).astype(np.int64)
    x1, y1 = (int(v) for v in points.min(0))
    x2, y2 = (int(v) for v in points.max(0))
    reach_x, reach_y = (x2 - x1) // 8, (y2 - y1) // 5
    if reach_x < 1 or reach_y < 1:
        raise ValueError(f"a face of {x2 - x1} x {y2 - y1} pixels is too small")
    # The legacy generator: the published regions are those of these seeds.
    random = np.random.RandomState(seed)
    dx = int(random.randint(reach_x))
    dy = int(random.randint(reach_y))
    return Crop(
        max(0, x1 - dx),
        max(0, y1 - dy),
        min(width - 1, x2 + dx),
        min(height - 1, int(y2 + dy * 0.5)),
    )


def face_warping_all(landmarks: NDArray[np.floating], width: int, height: int) -> Iterator[Crop]:
    """The ten regions that FWA averages over: seeds 0 to 9."""
    return (face_warping(landmarks, width, height, seed) for seed in range(FWA_REGIONS))


def hopenet(landmarks: NDArray[np.floating], k: float = 0.2, side: float = 2.0) -> Crop:
    """HopeNet's crop; it may leave the picture.

    Parameters
    ----------
    landmarks
        (68, 2).
    k, side
        Margins are `side` k w at the sides, 2 k h above and 0.6 k h below. Testing on AFLW2000:
        k = 0.2, side = 2; training on 300W-LP: k uniform in [0.2, 0.4], side = 0.6. Left and
        top move first, and the grown width and height serve for right and bottom.

    References
    ----------
    N. Ruiz, E. Chong, J. M. Rehg, "Fine-Grained Head Pose Estimation Without Keypoints", CVPR
    workshops 2018; the authors' `datasets.py`.
    """
    x1, y1 = (float(v) for v in landmarks.min(0))
    x2, y2 = (float(v) for v in landmarks.max(0))
    x1 -= side * k * abs(x2 - x1)
    y1 -= 2 * k * abs(y2 - y1)
    x2 += side * k * abs(x2 - x1)
    y2 += 0.6 * k * abs(y2 - y1)
    return Crop(int(x1), int(y1), int(x2), int(y2))


def hopenet_video(box: Box, width: int, height: int) -> Crop:
    """HopeNet's crop of a detector's box in a video: half a width at the sides, three quarters
    of a height above, one quarter below; cut at the border."""
    return Crop(
        int(max(box.x - box.w / 2, 0)),
        int(max(box.y - 3 * box.h / 4, 0)),
        int(min(box.x + box.w + box.w / 2, width)),
        int(min(box.y + box.h + box.h / 4, height)),
    )
