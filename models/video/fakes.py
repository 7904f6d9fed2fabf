"""Fakes with known truth, made frame by frame from a real clip and its landmarks.

Everything here works on lists of (H, W, 3) uint8 frames and (68, 2) landmarks, one per frame.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from telltale.faces import align

Frames = Sequence[NDArray[np.uint8]]
Points = Sequence[NDArray[np.floating]]
#: Side in pixels of the aligned face in the warping recipe.
_SIDE = 128


def warped(frames: Frames, points: Points, scale: float = 0.35) -> list[NDArray[np.uint8]]:
    """Face warping artifacts (Li and Lyu 2019): each face aligned, shrunk to `scale`, blurred,
    enlarged, and warped back into the hull of brows and lips."""
    out = []
    for pixels, marks in zip(frames, points, strict=True):
        matrix = align.mean_face_matrix(marks, _SIDE, 16)
        face = Image.fromarray(_bytes(align.warp_affine(pixels, matrix, (_SIDE, _SIDE), "edge")))
        small = face.resize((round(_SIDE * scale),) * 2, Image.Resampling.BILINEAR)
        soft = small.filter(ImageFilter.GaussianBlur(1)).resize(
            face.size, Image.Resampling.BILINEAR
        )
        back = align.warp_affine(np.asarray(soft), align.invert(matrix), pixels.shape[:2])
        outline = np.concatenate([marks[17:27], marks[48:60][::-1][:7]])
        out.append(_blend(pixels, back, _mask(pixels, _hull(outline), 3)))
    return out


def swapped(
    frames: Frames, points: Points, source: NDArray[np.uint8], marks: NDArray[np.floating]
) -> list[NDArray[np.uint8]]:
    """A face of another picture, bent triangle by triangle onto each frame's landmarks, its
    colours matched (mean and deviation), blended along the outline."""
    from scipy.spatial import Delaunay

    out = []
    triangles = Delaunay(np.asarray(points[0], np.float64)).simplices
    for pixels, target in zip(frames, points, strict=True):
        bent, inside = _bend(source, np.asarray(marks, np.float64), target, triangles, pixels.shape)
        mask = _mask(pixels, _hull(target), 4) * inside
        chosen = mask > 0.5
        if chosen.any():
            ours, theirs = bent[chosen], pixels[chosen].astype(np.float32)
            spread = np.maximum(ours.std(0), 1)
            bent = (bent - ours.mean(0)) / spread * theirs.std(0) + theirs.mean(0)
        out.append(_blend(pixels, bent, mask))
    return out


def lips(frames: Frames, points: Points, seed: int = 0) -> list[NDArray[np.uint8]]:
    """The mouth of another moment of the clip, softened as by a small generator, in each frame."""
    rng = np.random.default_rng(seed)
    other, out = 0, []
    for k, (pixels, marks) in enumerate(zip(frames, points, strict=True)):
        if k % 3 == 0:  # it speaks on: a new mouth every few frames
            other = int(rng.integers(len(frames)))
        matrix = align.umeyama(points[other][48:60], marks[48:60])
        whole = align.warp_affine(frames[other], matrix, pixels.shape[:2], "edge")
        box = [int(v) for v in (*marks[48:60].min(0) - 12, *marks[48:60].max(0) + 12)]
        part = Image.fromarray(_bytes(whole)).crop((box[0], box[1], box[2], box[3]))
        small = part.resize([max(4, round(0.4 * side)) for side in part.size])
        soft = whole.copy()
        soft[box[1] : box[3], box[0] : box[2]] = np.asarray(
            small.resize(part.size, Image.Resampling.BICUBIC)
        )
        centre = marks[48:60].mean(0)
        outline = centre + 1.35 * (marks[48:60] - centre)
        out.append(_blend(pixels, soft, _mask(pixels, outline, 3)))
    return out


def with_pulse(
    frames: Frames, points: Points, times: Sequence[float], bpm: float, depth: float
) -> list[NDArray[np.uint8]]:
    """Skin whose colour changes with a heartbeat: red, green, blue by 0.3, 0.8, 0.5 of `depth`.

    Dithered, since a change below one grey level would be rounded away.
    """
    rng = np.random.default_rng(0)
    out = []
    for pixels, marks, time_s in zip(frames, points, times, strict=True):
        beat = depth * np.sin(2 * np.pi * bpm / 60 * time_s) * np.array([0.3, 0.8, 0.5])
        brow = marks[17:27] - [0, 0.6 * np.ptp(marks[17:27, 0]) * 0.5]
        mask = _mask(pixels, _hull(np.concatenate([marks[:17], brow])), 6)[..., None]
        changed = pixels * (1 + beat * mask) + rng.uniform(-0.5, 0.5, pixels.shape)
        out.append(_bytes(changed))
    return out


def with_eyes_of(
    frames: Frames, points: Points, donors: Sequence[int | None]
) -> list[NDArray[np.uint8]]:
    """Both eyes with their lids replaced by those of the frame named for each frame, if any: blinks
    are removed with open eyes, and inserted with shut ones."""
    out = []
    for pixels, marks, donor in zip(frames, points, donors, strict=True):
        made = pixels
        for part in (slice(36, 42), slice(42, 48)) if donor is not None else ():
            rigid = np.r_[17:36, 39, 42, part.start, part.stop - 3]
            matrix = align.umeyama(points[donor or 0][rigid], marks[rigid])
            whole = align.warp_affine(frames[donor or 0], matrix, pixels.shape[:2], "edge")
            eye = align.apply(matrix, points[donor or 0][part])
            centre = eye.mean(0)
            reach = float(np.ptp(eye[:, 0]))
            turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
            outline = centre + reach * np.stack([0.75 * np.cos(turn), 0.5 * np.sin(turn)], 1)
            made = _blend(made, whole, _mask(made, outline, 3))
        out.append(made)
    return out


def _bend(
    source: NDArray[np.uint8],
    marks: NDArray[np.float64],
    target: NDArray[np.floating],
    triangles: NDArray[np.integer],
    shape: tuple[int, ...],
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """`source` bent so that its `marks` come to lie on `target`, and where that is."""
    height, width = shape[:2]
    bent = np.zeros((height, width, 3), np.float32)
    inside = np.zeros((height, width), bool)
    for corners in triangles:
        to = np.asarray(target[corners], np.float64)
        low = np.clip(np.floor(to.min(0)), 0, [width - 1, height - 1]).astype(int)
        high = np.clip(np.ceil(to.max(0)) + 1, low + 1, [width, height]).astype(int)
        y, x = np.mgrid[low[1] : high[1], low[0] : high[0]]
        full = np.column_stack([to, np.ones(3)])
        if abs(np.linalg.det(full)) < 1e-6:
            continue
        weights = np.stack([x, y, np.ones_like(x)], -1) @ np.linalg.inv(full)
        mine = (weights >= -1e-9).all(-1)
        at = weights[mine] @ marks[corners]
        bent[y[mine], x[mine]] = _sample(source, at)
        inside[y[mine], x[mine]] = True
    return bent, inside


def _sample(source: NDArray[np.uint8], at: NDArray[np.float64]) -> NDArray[np.float32]:
    height, width = source.shape[:2]
    at = np.clip(at, 0, [width - 1.001, height - 1.001])
    x, y = np.floor(at).astype(int).T
    fx, fy = (at - np.floor(at)).T[..., None].astype(np.float32)
    upper = source[y, x] * (1 - fx) + source[y, x + 1] * fx
    lower = source[y + 1, x] * (1 - fx) + source[y + 1, x + 1] * fx
    return np.asarray(upper * (1 - fy) + lower * fy, np.float32)


def _hull(points: NDArray[np.floating]) -> NDArray[np.float64]:
    from scipy.spatial import ConvexHull

    points = np.asarray(points, np.float64)
    return points[ConvexHull(points).vertices]


def _mask(
    pixels: NDArray[np.uint8], outline: NDArray[np.floating], feather: float
) -> NDArray[np.float32]:
    image = Image.new("L", (pixels.shape[1], pixels.shape[0]))
    ImageDraw.Draw(image).polygon([(float(x), float(y)) for x, y in outline], fill=255)
    return np.asarray(image.filter(ImageFilter.GaussianBlur(feather)), np.float32) / 255


def _blend(
    pixels: NDArray[np.uint8], other: NDArray[np.floating], mask: NDArray[np.float32]
) -> NDArray[np.uint8]:
    weight = mask[..., None]
    return _bytes(pixels * (1 - weight) + other * weight)


def _bytes(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
