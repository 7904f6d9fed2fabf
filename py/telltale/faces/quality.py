"""Numbers that say what can be measured on a face, for detectors to decide whether they apply."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from telltale.faces import align, canonical, landmarks

#: Brows, nose and eyes: the points that speech and smiles move least.
_RIGID = slice(17, 48)
#: Sharpness and clipping are read in the middle of the face, on at most this side.
_WINDOW = 512


def measure(
    pixels: NDArray[np.uint8], mesh: NDArray[np.float32], points68: NDArray[np.float32]
) -> dict[str, float]:
    """The `quality` of a `telltale.scene.Face`.

    Parameters
    ----------
    pixels
        (H, W, 3) uint8, the picture.
    mesh, points68
        (468, 3) mesh and (68, 3) landmarks in its pixels.
    """
    left = points68[landmarks.LEFT_EYE, :2].mean(0)
    right = points68[landmarks.RIGHT_EYE, :2].mean(0)
    low, high = mesh[:, :2].min(0), mesh[:, :2].max(0)
    pitch, yaw, roll = head_angles(points68)
    luma = _middle(pixels, low, high)
    values = {
        "inter_ocular_px": math.dist(left, right),
        "width_px": float(high[0] - low[0]),
        "sharpness": sharpness(luma),
        "clipped": clipped(luma),
        "inside": _inside(low, high, pixels.shape[1], pixels.shape[0]),
        "yaw_deg": yaw,
        "pitch_deg": pitch,
        "roll_deg": roll,
    }
    return {name: round(float(value), 3) for name, value in values.items()}


def head_angles(points68: NDArray[np.floating]) -> tuple[float, float, float]:
    """Pitch, yaw, roll in degrees of (68, 3) landmarks with depth.

    The rotation that takes the canonical face to brows, nose and eyes, written
    R = Rx(-pitch) Ry(yaw) Rz(roll) as in 300W-LP and AFLW2000: pitch is positive with the chin
    up, yaw with the face turned to the picture's left, roll with the head tilted clockwise on the
    screen. Approximate: the mesh's depth is an estimate. Mean error on 12 faces of AFLW2000
    within 50 degrees of yaw: 3.2 (pitch), 4.4 (yaw), 1.4 (roll).
    """
    linear = align.umeyama(canonical.POINTS[_RIGID], points68[_RIGID])[:, :3]
    rotation = linear / np.cbrt(np.linalg.det(linear))
    pitch = math.atan2(rotation[1, 2], rotation[2, 2])
    yaw = math.asin(max(-1.0, min(1.0, float(rotation[0, 2]))))
    roll = math.atan2(-rotation[0, 1], rotation[0, 0])
    return math.degrees(pitch), math.degrees(yaw), math.degrees(roll)


def sharpness(luma: NDArray[np.floating]) -> float:
    """Energy of the Laplacian relative to the contrast: 0 for a constant or very smooth picture,
    4.5 for white noise. At the picture's own resolution.

    J. L. Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy: a comparative
    study", ICPR 2000 (variance of the Laplacian), divided by the standard deviation of luma.
    """
    contrast = float(luma.std())
    if min(luma.shape) < 3 or contrast < 1e-6:
        return 0.0
    inner = luma[1:-1, 1:-1]
    laplacian = luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:] - 4 * inner
    return float(laplacian.std()) / contrast


def clipped(luma: NDArray[np.floating]) -> float:
    """Share of pixels in [0, 1] that are black or white to within 2 of 255."""
    return float(np.mean((luma <= 2) | (luma >= 253)))


def erased(
    pixels: NDArray[np.uint8], low: NDArray[np.floating], high: NDArray[np.floating]
) -> float:
    """How far a codec has erased the detail of a face: share of its 8 by 8 blocks, in [0, 1].

    Blocks lie on the codec's grid, that of the frame as stored (`pixels`, (H, W, 3) uint8), within
    the corners `low` and `high` (2,) of the face. One counts where the finest diagonal detail
    (Haar, one octave) is below half a grey level in the mean: what quantisation takes first. In
    one and the same film it grows with compression; a soft lens has the same effect.
    """
    size = np.array(pixels.shape[1::-1])
    first = 8 * np.ceil(np.clip(low, 0, size) / 8).astype(int)
    last = 8 * (np.clip(high, 0, size) // 8).astype(int)
    if (last <= first).any():
        return 0.0
    part = pixels[first[1] : last[1], first[0] : last[0]]
    luma = part @ np.array([0.299, 0.587, 0.114], np.float32)
    detail = np.abs(luma[::2, ::2] - luma[1::2, ::2] - luma[::2, 1::2] + luma[1::2, 1::2]) / 2
    rows, columns = (side // 4 for side in detail.shape)
    blocks = detail.reshape(rows, 4, columns, 4).mean((1, 3))
    return float((blocks < 0.5).mean())


def _middle(
    pixels: NDArray[np.uint8], low: NDArray[np.float32], high: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Luma of the middle of the mesh's box, cut at the picture's border."""
    centre = (low + high) / 2
    reach = np.minimum((high - low) / 2, _WINDOW / 2)
    size = np.array(pixels.shape[1::-1])
    first = np.clip(np.floor(centre - reach), 0, size - 1).astype(int)
    last = np.maximum(np.clip(np.ceil(centre + reach), 0, size).astype(int), first + 1)
    part = pixels[first[1] : last[1], first[0] : last[0]]
    return np.asarray(part @ np.array([0.299, 0.587, 0.114], np.float32), np.float32)


def _inside(low: NDArray[np.float32], high: NDArray[np.float32], width: int, height: int) -> float:
    """Share of the mesh's box that lies in the picture."""
    seen = np.minimum(high, [width, height]) - np.maximum(low, 0)
    return float(np.prod(np.maximum(seen, 0)) / max(float(np.prod(high - low)), 1e-9))
