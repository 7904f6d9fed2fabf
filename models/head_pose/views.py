"""New views of a real face: its mesh turned in space, the picture following it.

A smooth displacement carries every pixel; the background stays. This is the idea of 300W-LP
(X. Zhu et al., "Face Alignment Across Large Poses", CVPR 2016) without its 3-D model fit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RBFInterpolator
from scipy.ndimage import map_coordinates, zoom

Pixels = NDArray[np.uint8]
Points = NDArray[np.float32]
#: The displacement is solved on this grid and interpolated.
GRID = 20


def rotation(yaw: float, pitch: float, roll: float) -> NDArray[np.float64]:
    """(3, 3) of 300W-LP's angles in degrees, for axes x right, y down, z away from the camera.

    In the axes of 300W-LP (y up, z towards the camera) the matrix is Rx(pitch) Ry(yaw) Rz(roll),
    each transposed (Zhu et al., and the reference program of 3DDFA).
    """
    x, y, z = np.radians([pitch, yaw, roll])
    rx = np.array([[1, 0, 0], [0, np.cos(x), np.sin(x)], [0, -np.sin(x), np.cos(x)]])
    ry = np.array([[np.cos(y), 0, -np.sin(y)], [0, 1, 0], [np.sin(y), 0, np.cos(y)]])
    rz = np.array([[np.cos(z), np.sin(z), 0], [-np.sin(z), np.cos(z), 0], [0, 0, 1]])
    flip = np.diag([1.0, -1.0, -1.0])
    return flip @ rx @ ry @ rz @ flip


def turn(
    pixels: Pixels, mesh: Points, turned: NDArray[np.float64]
) -> tuple[Pixels, NDArray[np.float32]]:
    """The picture after its mesh (468, 3) was rotated by `turned` (3, 3); and the new mesh."""
    h, w = pixels.shape[:2]
    centre = mesh.mean(0).astype(np.float64)
    moved = (mesh - centre) @ turned.T + centre
    shift = mesh[:, :2] - moved[:, :2]
    visible = _facing(mesh, moved)
    edge = np.linspace(0, 1, 5)
    frame = np.array([(x, y) for x in edge for y in edge if x in (0, 1) or y in (0, 1)])
    known = np.concatenate([moved[visible, :2], frame * [w - 1, h - 1]])
    values = np.concatenate([shift[visible], np.zeros((len(frame), 2))])
    size = float(np.ptp(mesh[:, 0]))
    field = RBFInterpolator(known / size, values, smoothing=1e-3, kernel="thin_plate_spline")
    ys, xs = np.linspace(0, h - 1, GRID), np.linspace(0, w - 1, GRID)
    nodes = np.stack(np.meshgrid(xs, ys), -1).reshape(-1, 2)
    coarse = field(nodes / size).reshape(GRID, GRID, 2)
    fine = [zoom(coarse[..., k], (h / GRID, w / GRID), order=1, grid_mode=False) for k in (0, 1)]
    rows, columns = np.mgrid[:h, :w]
    at = (rows + fine[1], columns + fine[0])
    planes = [map_coordinates(pixels[..., k], at, order=1, mode="nearest") for k in range(3)]
    return np.stack(planes, 2), moved.astype(np.float32)


def _facing(mesh: Points, moved: NDArray[np.float64]) -> NDArray[np.intp]:
    """Every third mesh point that is not behind the outline after the turn.

    A point is dropped where another one within a twelfth of the face's width lies clearly nearer.
    """
    size = float(np.ptp(mesh[:, 0]))
    order = np.arange(0, len(moved), 3)
    points = moved[order]
    gap = np.linalg.norm(points[:, None, :2] - moved[None, :, :2], axis=2)
    nearer = (points[:, 2:] - moved[None, :, 2]) > 0.25 * size
    return order[~((gap < size / 12) & nearer).any(1)]
