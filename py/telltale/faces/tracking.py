"""Faces in time: detection now and then, following in between, one track for one person.

Between detections each face's mesh is placed in the region of its last mesh, as MediaPipe does.
A track goes on while the mesh network is sure of a face there, the mesh moves plausibly, and the
face looks as it did. A new detection is joined to a track by place or, after a gap, by looks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from telltale.faces import align, landmarks, mesh, pipeline, quality
from telltale.faces.smoothing import OneEuro, tremble
from telltale.finding import Box
from telltale.runtime.context import Context
from telltale.scene import Face

#: Seconds between two looks for new faces, with and without a face in hand.
DETECT_EVERY_S = 1.0
SEARCH_EVERY_S = 0.4
#: At most this many faces are followed, the largest.
MAX_TRACKS = 6
#: Shared part of the smaller box from which two faces are one.
_SAME_PLACE = 0.4
#: Cosine of two looks from which faces apart in time or place are one person.
_SAME_LOOK = 0.75
#: Below this the face in the region is somebody else's, even where it stands in the same place.
_OTHER_LOOK = 0.35
#: A track that was not seen for this long is over.
MAX_GAP_S = 3.0
#: Side of the aligned patch, and what of it the brows leave free at either side.
PATCH, PADDING = 96, 20


@dataclass(slots=True)
class Track:
    """One person's face through time, as far as it has come."""

    index: int
    face: Face
    look: NDArray[np.float32]
    start_s: float
    end_s: float
    boxes: list[tuple[float, float, float, float, float]] = field(default_factory=list)
    lost: bool = False
    #: The landmarks without their tremble, (68, 2) pixels, and the tremble of both in pixels.
    steady: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    trembles: list[tuple[float, float]] = field(default_factory=list)
    _filter: OneEuro = field(default_factory=OneEuro)
    _last: list[tuple[float, NDArray[np.float64], NDArray[np.float64]]] = field(
        default_factory=list
    )

    def seen(self, face: Face, look: NDArray[np.float32], time_s: float) -> None:
        """Take the face of one more frame."""
        self.face = face
        # a slow mean: lighting and pose drift, a person does not
        mean = 0.95 * self.look + 0.05 * look
        self.look = (mean / max(float(np.linalg.norm(mean)), 1e-9)).astype(np.float32)
        self.end_s, self.lost = time_s, False
        self._steady(face, time_s)
        box = face.box
        self.boxes.append((time_s, box.x, box.y, box.w, box.h))

    def _steady(self, face: Face, time_s: float) -> None:
        points = np.asarray(face.landmarks, np.float64)
        self.steady = self._filter.update(points, time_s, float(np.ptp(points, 0).max()))
        self._last = [*self._last, (time_s, points, self.steady)][-3:]
        if len(self._last) == 3 and time_s - self._last[0][0] < 0.3:
            _, raw, calm = zip(*self._last, strict=True)
            self.trembles.append((tremble(*raw), tremble(*calm)))


@dataclass(frozen=True, slots=True)
class Seen:
    """The face of one track in one frame; `patch` (PATCH, PATCH, 3) float32 in [0, 255] is
    aligned to the mean face, `look` a unit vector of how it looks."""

    track: Track
    face: Face
    patch: NDArray[np.float32]
    look: NDArray[np.float32]


class Tracker:
    """Fold over frames: `update` for each in order of time."""

    def __init__(self) -> None:
        self.tracks: list[Track] = []
        self._looked = -math.inf

    def update(
        self, pixels: NDArray[np.uint8], time_s: float, context: Context, look: bool = False
    ) -> list[Seen]:
        """The faces of a frame, each with its track; `look` forces a search for new faces.

        Raises what `telltale.faces.pipeline.find` raises.
        """
        placed = [self._follow(track, pixels, context) for track in self._alive()]
        followed = [seen for seen in placed if seen]
        # with a face in hand there is no haste, unless one was just lost
        every = DETECT_EVERY_S if followed and all(placed) else SEARCH_EVERY_S
        if look or time_s - self._looked >= every:
            self._looked = time_s
            followed = self._join(pixels, followed, time_s, context)
        for seen in followed:
            seen.track.seen(seen.face, seen.look, time_s)
        for track in self._alive():
            track.lost = track.end_s < time_s
        return followed

    def cut(self) -> None:
        """The picture changed as a whole: nothing can be followed across, only recognised."""
        for track in self.tracks:
            track.lost = True
        self._looked = -math.inf

    def _alive(self) -> list[Track]:
        return [track for track in self.tracks if not track.lost]

    def _follow(self, track: Track, pixels: NDArray[np.uint8], context: Context) -> Seen | None:
        placed = mesh.find_points(context.models, pixels, mesh.region_of_points(track.face.mesh))
        if placed.presence < pipeline.PRESENCE:
            return None
        face = _moved(track.face, placed)
        if _jumped(track.face, face):
            return None
        patch = aligned(pixels, face)
        look = describe(patch)
        if float(look @ track.look) < _OTHER_LOOK:
            return None
        return Seen(track, face, patch, look)

    def _join(
        self, pixels: NDArray[np.uint8], followed: list[Seen], time_s: float, context: Context
    ) -> list[Seen]:
        """Faces found anew go to the track of the same place, else the same looks, else a new."""
        result = {seen.track.index: seen for seen in followed}
        for face in pipeline.find(pixels, context)[:MAX_TRACKS]:
            if any(_share(face, seen.face) > _SAME_PLACE for seen in result.values()):
                continue
            patch = aligned(pixels, face)
            look = describe(patch)
            track = self._known(face, look, time_s, set(result))
            if track is None:
                if len(result) >= MAX_TRACKS:
                    continue
                track = Track(len(self.tracks), face, look, time_s, time_s)
                self.tracks.append(track)
            result[track.index] = Seen(track, face, patch, look)
        return list(result.values())

    def _known(
        self, face: Face, look: NDArray[np.float32], time_s: float, taken: set[int]
    ) -> Track | None:
        """The track this face goes on: one just lost in this place, else the one it looks like."""
        free = [track for track in self.tracks if track.index not in taken]
        for track in free:
            near = time_s - track.end_s < MAX_GAP_S and _share(face, track.face) > _SAME_PLACE
            if near and float(look @ track.look) > _OTHER_LOOK:
                return track
        best = max(free, key=lambda track: float(look @ track.look), default=None)
        return best if best is not None and float(look @ best.look) > _SAME_LOOK else None


def aligned(pixels: NDArray[np.uint8], face: Face) -> NDArray[np.float32]:
    """(PATCH, PATCH, 3) float32 in [0, 255]: the face turned and scaled to the mean face."""
    matrix = align.mean_face_matrix(face.landmarks, PATCH, PADDING)
    scale = math.sqrt(abs(float(np.linalg.det(matrix[:, :2]))))
    height, width = pixels.shape[:2]
    corners = align.apply(
        align.invert(matrix), np.array([[0, 0], [PATCH, 0], [0, PATCH], [PATCH, PATCH]], float)
    )
    low = np.clip(np.floor(corners.min(0)) - 2, 0, [width - 1, height - 1]).astype(int)
    high = np.clip(np.ceil(corners.max(0)) + 2, low + 1, [width, height]).astype(int)
    factor = max(1, int(1 / scale))
    part = align.reduce(pixels[low[1] : high[1], low[0] : high[0]], factor)
    offset = low + (factor - 1) / 2
    to_picture = np.array([[factor, 0, offset[0]], [0, factor, offset[1]], [0, 0, 1]])
    return align.warp_affine(part, matrix @ to_picture, (PATCH, PATCH), "edge")


def describe(patch: NDArray[np.float32]) -> NDArray[np.float32]:
    """(512,) unit vector: histograms of gradient directions, less what all faces share.

    Eight by eight cells of eight unsigned directions, each cell by its root (N. Dalal, B. Triggs,
    CVPR 2005; no blocks). It tells one face of a clip from another, and is no identity network.
    """
    luma = patch @ np.array([0.299, 0.587, 0.114], np.float32)
    dy, dx = np.gradient(luma)
    strength = np.hypot(dx, dy)
    bins = np.floor((np.arctan2(dy, dx) % np.pi) / np.pi * 8).astype(int).clip(0, 7)
    cell = PATCH // 8
    rows, columns = np.indices(luma.shape) // cell
    flat = (rows * 8 + columns) * 8 + bins
    cells = np.bincount(flat.ravel(), strength.ravel(), 512)
    vector = np.sqrt(cells / max(float(cells.sum()), 1e-9))
    vector -= vector.mean()
    return (vector / max(float(np.linalg.norm(vector)), 1e-9)).astype(np.float32)


def _moved(before: Face, placed: mesh.Mesh) -> Face:
    points68 = landmarks.from_mesh(placed.points)
    pitch, yaw, roll = quality.head_angles(points68)
    low, high = placed.points[:, :2].min(0) - 0.5, placed.points[:, :2].max(0) + 0.5
    size = high - low
    # the framing of the last detection, carried along with the mesh
    old_low, old_high = before.mesh[:, :2].min(0) - 0.5, before.mesh[:, :2].max(0) + 0.5
    scale = float(np.sqrt(np.prod(size) / max(float(np.prod(old_high - old_low)), 1e-9)))
    w, h = before.box.w * scale, before.box.h * scale
    shift = np.array([before.box.x + before.box.w / 2, before.box.y + before.box.h / 2])
    centre = (low + high) / 2 + (shift - (old_low + old_high) / 2) * scale
    left = points68[landmarks.LEFT_EYE, :2].mean(0)
    right = points68[landmarks.RIGHT_EYE, :2].mean(0)
    return replace(
        before,
        box=Box(float(centre[0] - w / 2), float(centre[1] - h / 2), float(w), float(h)),
        mesh=placed.points,
        landmarks=np.ascontiguousarray(points68[:, :2]),
        presence=float(placed.presence),
        quality=before.quality
        | {
            "inter_ocular_px": round(math.dist(left, right), 3),
            "width_px": round(float(size[0]), 3),
            "yaw_deg": round(yaw, 3),
            "pitch_deg": round(pitch, 3),
            "roll_deg": round(roll, 3),
        },
    )


def _jumped(before: Face, after: Face) -> bool:
    """Whether a mesh moved or changed size more than a head does from one frame to the next."""
    first, second = before.mesh[:, :2], after.mesh[:, :2]
    size = float(np.ptp(first, 0).max())
    grown = float(np.ptp(second, 0).max()) / max(size, 1e-9)
    moved = float(np.linalg.norm(second.mean(0) - first.mean(0)))
    return moved > 0.6 * size or not 0.6 < grown < 1.6


def _share(first: Face, second: Face) -> float:
    return pipeline.share(first.mesh, second.mesh)
