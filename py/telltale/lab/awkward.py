"""Awkward pictures and films that detectors must answer for, the same in both runtimes."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from telltale.film import FaceTrack, Film, Moment
from telltale.finding import Box
from telltale.media.decode import open_media, open_pixels
from telltale.media.video import Clip, VideoMeta
from telltale.scene import Face, Scene

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Awkward:
    """What makes the scene anew each time; `picture.<name>` of `sentences.py` says what it is."""

    name: str
    make: Callable[[], Scene]


def photograph(height: int = 384, width: int = 512, seed: int = 0) -> Pixels:
    """(height, width, 3) uint8 like a photograph: 1/f texture, edges, shot noise."""
    random = np.random.default_rng([seed, height, width])
    light = np.empty((height, width, 3), np.float32)
    texture = _pink(height, width, random)
    rows, columns = np.ogrid[:height, :width]
    for channel, base in enumerate((118.0, 110.0, 100.0)):
        light[..., channel] = base + 26 * texture + rows * (40.0 / height)
    for _ in range(6):
        y, x = random.uniform(0, height), random.uniform(0, width)
        radius = random.uniform(0.08, 0.25) * min(height, width)
        inside = np.clip(radius - np.hypot(rows - y, columns - x), 0, 1)[..., None]
        light += inside * (random.uniform(-60, 60, 3).astype(np.float32) + 12 * texture[..., None])
    light = np.clip(light, 3, 250)
    noise = random.standard_normal(light.shape, np.float32)
    return np.clip(np.rint(light + noise * np.sqrt(0.5 + 0.02 * light)), 0, 255).astype(np.uint8)


def ordinary(height: int = 384, width: int = 512, seed: int = 0) -> Scene:
    """A JPEG of quality 92 of `photograph`, without faces."""
    return jpeg_scene(photograph(height, width, seed))


def jpeg_scene(pixels: Pixels, quality: int = 92) -> Scene:
    """The scene of a JPEG file of (H, W, 3) uint8 pixels, without faces."""
    return _file(pixels, "JPEG", quality=quality)


def with_face(scene: Scene, box: Box) -> Scene:
    """The scene with one made-up face in a box: its mesh and landmarks fill the box."""
    random = np.random.default_rng(0)
    mesh = random.uniform(-0.5, 0.5, (468, 3)).astype(np.float32) * (box.w, box.h, box.w)
    mesh += (box.x + box.w / 2, box.y + box.h / 2, 0)
    quality = {"inter_ocular_px": box.w * 0.4, "width_px": box.w, "sharpness": 2.0}
    quality |= {"clipped": 0.0, "inside": 0.6, "yaw_deg": 0.0, "pitch_deg": 0.0, "roll_deg": 0.0}
    mesh = mesh.astype(np.float32)
    face = Face(0, box, 0.9, mesh, _landmarks(box), 0.95, quality)
    return Scene(scene.media, (face,))


def awkward() -> tuple[Awkward, ...]:
    """The set: sizes, contents, formats, orientations, faces, and pixels without a file."""
    plain = photograph()
    grey = np.full((300, 300, 3), 128, np.uint8)
    noise = np.random.default_rng(1).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    checks = np.kron(np.indices((20, 20)).sum(0) % 2, np.ones((16, 16))).astype(np.uint8) * 255
    made: list[tuple[str, Callable[[], Scene]]] = [
        ("one_pixel", lambda: _file(plain[:1, :1], "PNG")),
        ("eight", lambda: _file(plain[:8, :8], "JPEG")),
        ("odd", lambda: _file(plain[:257, :259], "JPEG")),
        ("strip", lambda: _file(np.tile(plain[:3], (1, 8, 1))[:, :4000], "PNG")),
        ("grey", lambda: _file(grey, "JPEG")),
        ("black", lambda: _file(grey * 0, "PNG")),
        ("white", lambda: _file(grey * 0 + 255, "JPEG")),
        ("noise", lambda: _file(noise, "PNG")),
        ("drawing", lambda: _file(np.dstack([checks] * 3), "PNG")),
        ("grey_jpeg", lambda: _file(plain[..., 1], "JPEG", quality=80)),
        ("quality_5", lambda: _file(plain, "JPEG", quality=5)),
        ("transparent", lambda: _file(np.dstack([plain, plain[..., :1]]), "PNG")),
        ("16_bits", lambda: _file(plain[..., 1].astype(np.uint16) * 257, "PNG")),
        ("turned", lambda: _file(plain, "JPEG", exif=_turned(6))),
        ("screen", lambda: _screen(plain)),
        ("face_outside", lambda: with_face(ordinary(), Box(-60, 40, 150, 180))),
        ("face_small", lambda: with_face(ordinary(), Box(100, 100, 6, 7))),
        ("no_faces", _without_faces),
    ]
    return tuple(Awkward(name, make) for name, make in made)


#: Two seconds of twelve frames each.
_TIMES = tuple(k / 12 for k in range(24))


def film(
    times: Sequence[float] = _TIMES,
    tracks: Sequence[Sequence[float]] | None = None,
    sway: float = 4.0,
    height: int = 240,
    width: int = 320,
) -> Film:
    """A made-up film of `photograph`s with swaying faces.

    Parameters
    ----------
    times
        Seconds of the frames.
    tracks
        For each face the seconds at which it was followed; one face in every frame without it.
    sway
        How far faces move, in pixels.
    """
    rows = [times] if tracks is None else tracks
    shown = [photograph(height, width, seed=k) for k in range(3)]
    frames, followed = [], [_followed(k, moments, sway) for k, moments in enumerate(rows)]
    for index, time_s in enumerate(times):
        pixels = shown[index % 3]
        media = open_pixels(pixels.tobytes(), width, height, "film", "video-frames")
        faces = tuple(
            replace(with_face(Scene(media), Box(*track.boxes[at].tolist())).faces[0], index=k)
            for k, track in enumerate(followed)
            for at in np.flatnonzero(track.times == time_s)[:1]
        )
        frames.append(Moment(media, faces, float(time_s), index))
    meta = VideoMeta("MP4", "h264", width, height, float(times[-1]) + 0.04, 25.0)
    clip = Clip("film.mp4", "0" * 64, 1000, "file", "video/mp4", meta)
    return Film(clip, tuple(frames), tuple(followed))


def awkward_films() -> tuple[Awkward, ...]:
    """The set for detectors of films: few frames, uneven times, faces that come and go."""
    made: list[tuple[str, Callable[[], Scene]]] = [
        ("one_frame", lambda: film([0.0])),
        ("no_track", lambda: film([0.0, 0.5, 1.0], [])),
        ("no_tracker", _film_without_faces),
        ("uneven", lambda: film([0.0, 0.04, 0.3, 4.0, 4.04], [[0.0, 0.04, 0.3, 4.0, 4.04]])),
        ("two_faces", lambda: film([0.0, 0.1, 0.2], [[0.0, 0.1, 0.2], [0.1]])),
        ("still", lambda: film(sway=0.0)),
        ("black", _black_film),
    ]
    return tuple(Awkward(name, make) for name, make in made)


def fingerprint(scene: Scene) -> str:
    """SHA-256 over what detectors share: pixels, brightness, faces; of a film frames, tracks."""
    arrays: list[NDArray[Any]] = [scene.media.pixels, scene.media.coded, scene.luma]
    arrays += [array for face in scene.faces for array in (face.mesh, face.landmarks)]
    if isinstance(scene, Film):
        for track in scene.tracks:
            arrays += [track.times, track.boxes, track.landmarks, track.patches]
        arrays += [moment.media.pixels for moment in scene.frames]
        faces = [face for moment in scene.frames for face in moment.faces]
        arrays += [array for face in faces for array in (face.mesh, face.landmarks)]
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _file(pixels: NDArray[Any], format: str, **options: Any) -> Scene:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format, **options)
    return Scene(open_media(buffer.getvalue(), f"awkward.{format.lower()}"))


def _screen(pixels: Pixels) -> Scene:
    height, width = pixels.shape[:2]
    decoder = {"name": "screen", "version": "1"}
    return Scene(open_pixels(pixels.tobytes(), width, height, "screen", "screen-crop", decoder))


def _followed(index: int, times: Sequence[float], sway: float) -> FaceTrack:
    """A face that sways about its place, of 80 x 96 pixels."""
    t = np.asarray(times, np.float64)
    left = 30 + 120 * index + sway * np.sin(2 * np.pi * t)
    boxes = np.column_stack([left, np.full_like(t, 60), np.full_like(t, 80), np.full_like(t, 96)])
    landmarks = [_landmarks(Box(*box)) for box in boxes.tolist()]
    views = [photograph(96, 96, seed=k) for k in range(3)]
    patches = [views[k % 3] for k in range(t.size)]
    return FaceTrack(
        index,
        t,
        boxes.astype(np.float32),
        np.array(landmarks, np.float32).reshape(-1, 68, 2),
        np.array(patches),
    )


def _film_without_faces() -> Film:
    made = film([0.0, 0.5, 1.0], [])
    made.faces_unavailable = "model_missing"
    for moment in made.frames:
        moment.faces_unavailable = "model_missing"
    return made


def _black_film() -> Film:
    made = film([0.0, 0.04, 0.08])
    black = open_pixels(bytes(3 * 64 * 48), 64, 48, "film", "video-frames")
    return Film(made.clip, tuple(Moment(black, (), m.time_s, m.index) for m in made.frames))


def _without_faces() -> Scene:
    scene = ordinary()
    scene.faces_unavailable = "model_missing"
    return scene


def _turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def _pink(height: int, width: int, random: np.random.Generator) -> NDArray[np.float32]:
    """Zero mean, unit variance, amplitude spectrum 1/f, as natural pictures have it."""
    spectrum = np.fft.rfft2(random.standard_normal((height, width), np.float32))
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    frequency[0, 0] = np.inf
    field = np.fft.irfft2(spectrum / frequency, (height, width))
    return np.asarray(field / field.std(), np.float32)


def _landmarks(box: Box) -> NDArray[np.float32]:
    """68 points in the iBUG order at their usual places in a box."""
    turn = np.linspace(0, np.pi, 17)
    jaw = np.column_stack([0.5 - 0.48 * np.cos(turn), 0.3 + 0.68 * np.sin(turn)])
    brows = [(x, 0.22) for x in np.linspace(0.15, 0.42, 5)]
    brows += [(1 - x, 0.22) for x in np.linspace(0.42, 0.15, 5)]
    nose = [(0.5, y) for y in np.linspace(0.33, 0.55, 4)]
    nose += [(x, 0.6) for x in np.linspace(0.42, 0.58, 5)]
    eyes = [_ring(0.3, 0.34, 0.08, 0.03, 6), _ring(0.7, 0.34, 0.08, 0.03, 6)]
    mouth = [_ring(0.5, 0.78, 0.17, 0.06, 12), _ring(0.5, 0.78, 0.12, 0.03, 8)]
    points = np.vstack([jaw, brows, nose, *eyes, *mouth])
    return np.asarray(points * (box.w, box.h) + (box.x, box.y), np.float32)


def _ring(x: float, y: float, rx: float, ry: float, count: int) -> NDArray[np.float64]:
    turn = np.pi + 2 * np.pi * np.arange(count) / count
    return np.column_stack([x + rx * np.cos(turn), y + ry * np.sin(turn)])
