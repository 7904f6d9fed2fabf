"""Faces cut once from the training media with their landmarks: what the face models train on.

    python -m models.training.face_crops --data FOLDER --cache FOLDER [--more FOLDER]

writes `pixels.npy` (one flat uint8 array), `landmarks.npy`, `mesh.npy` and `faces.json`. A crop
is a square of 2.4 times the landmarks' longer side, cut at the picture's border and never padded;
larger faces are reduced so that this side is at most 200 px.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.training.data import Media, decode

#: Folders with one main face per picture.
FOLDERS = (
    "faces_real_lfw",
    "faces_real_ciplab",
    "faces_real_portraitseg",
    "ffhq_real_blachman",
    "faces_swap_lfw",
    "faces_fake_ciplab",
    "faces_stylegan_boredhumans",
    "faces_sg2_256_sadl",
    "faces_sd3_faker",
    "aflw2000_prnet",
)
FRAMING = 2.4
LARGEST = 200

Pixels = NDArray[np.uint8]
Points = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class FaceRow:
    """One cached face. `reduced` is stored size / original size; `side` the landmarks' side."""

    name: str
    source: str
    split: str
    label: str
    height: int
    width: int
    reduced: float
    side: float
    yaw: float
    pitch: float
    roll: float


class Faces:
    """The cache, read through a memory map."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        rows = json.loads((folder / "faces.json").read_text("utf-8"))
        self.rows = [FaceRow(**row) for row in rows]
        self.landmarks: Points = np.load(folder / "landmarks.npy")
        self.mesh: Points = np.load(folder / "mesh.npy")
        sizes = [row.height * row.width * 3 for row in self.rows]
        self._starts = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
        self._flat = np.load(folder / "pixels.npy", mmap_mode="r")

    def __len__(self) -> int:
        return len(self.rows)

    def pixels(self, index: int) -> Pixels:
        """(h, w, 3) uint8 crop."""
        row, start = self.rows[index], self._starts[index]
        return np.asarray(self._flat[start : self._starts[index + 1]]).reshape(
            row.height, row.width, 3
        )

    def where(self, split: str, *sources: str) -> list[int]:
        """Indices of a split's faces of the given folders, in the order of the cache."""
        return [i for i, r in enumerate(self.rows) if r.split == split and r.source in sources]


def cut(pixels: Pixels, landmarks: Points, mesh: Points) -> tuple[Pixels, Points, Points, float]:
    """The crop, landmarks and mesh in its pixels, and the reduction applied."""
    low, high = landmarks.min(0), landmarks.max(0)
    centre, side = (low + high) / 2, float((high - low).max())
    half = FRAMING * side / 2
    x0, y0 = (max(0, int(v)) for v in centre - half)
    x1, y1 = (
        int(min(limit, np.ceil(v)))
        for v, limit in zip(centre + half, pixels.shape[1::-1], strict=True)
    )
    crop = pixels[y0:y1, x0:x1]
    origin = np.array([x0, y0], np.float32)
    reduced = min(1.0, LARGEST / side)
    if reduced < 1:
        size = (max(1, round(crop.shape[1] * reduced)), max(1, round(crop.shape[0] * reduced)))
        crop = np.asarray(Image.fromarray(crop).resize(size, Image.Resampling.LANCZOS))
    points = (landmarks - origin) * reduced
    solid = np.concatenate([mesh[:, :2] - origin, mesh[:, 2:]], 1) * reduced
    return crop, points.astype(np.float32), solid.astype(np.float32), reduced


def build(
    pictures: Iterable[tuple[str, str, str, str, Pixels]],
    find: Callable[[Pixels], tuple[Points, Points, dict[str, float]] | None],
    folder: Path,
) -> dict[str, int]:
    """Cut every picture's main face; returns how many were missed per source.

    `pictures` yields (name, source, split, label, pixels); `find` gives landmarks (68, 2), mesh
    (468, 3) and quality of the largest face.
    """
    rows, crops, landmarks, meshes = [], [], [], []
    missed: dict[str, int] = {}
    for name, source, split, label, pixels in pictures:
        face = find(pixels)
        if face is None:
            missed[source] = missed.get(source, 0) + 1
            continue
        points, mesh, quality = face
        crop, points, mesh, reduced = cut(pixels, points, mesh)
        side = float(np.ptp(points, axis=0).max())
        pose = [float(quality.get(f"{axis}_deg", 0.0)) for axis in ("yaw", "pitch", "roll")]
        rows.append(FaceRow(name, source, split, label, *crop.shape[:2], reduced, side, *pose))
        crops.append(np.ascontiguousarray(crop).reshape(-1))
        landmarks.append(points)
        meshes.append(mesh)
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "pixels.npy", np.concatenate(crops))
    np.save(folder / "landmarks.npy", np.stack(landmarks))
    np.save(folder / "mesh.npy", np.stack(meshes))
    (folder / "faces.json").write_text(json.dumps([asdict(row) for row in rows]), "utf-8")
    return missed


def archive_pictures(
    media: Media, splits: Sequence[str] | None = None
) -> Iterable[tuple[str, str, str, str, Pixels]]:
    """Every picture of `FOLDERS`, then those of faces of `more.csv`; of some splits alone."""
    further = dict.fromkeys(r.folder for r in media.rows if r.source and r.folder[:6] == "faces_")
    for folder in (*FOLDERS, *further):
        for row in media.select(folder=folder):
            if splits and row.split not in splits:
                continue
            if row.file.lower().endswith((".jpg", ".jpeg", ".png")):
                yield row.file, folder, row.split, row.label, decode(media.read(row))


def pipeline_finder() -> Callable[[Pixels], tuple[Points, Points, dict[str, float]] | None]:
    """The product's own face pipeline: the main face of a picture, large and in its middle."""
    from telltale.faces import pipeline
    from telltale.runtime.context import Context
    from telltale.runtime.inference import OnnxModels
    from telltale.scene import Face

    context = Context(OnnxModels(threads=1))

    def find(pixels: Pixels) -> tuple[Points, Points, dict[str, float]] | None:
        faces = pipeline.find(pixels, context)
        if not faces:
            return None
        h, w = pixels.shape[:2]

        def prominence(face: Face) -> float:
            x, y = face.box.x + face.box.w / 2, face.box.y + face.box.h / 2
            # the main face of these pictures is in the middle; a bystander may be larger
            return face.box.w * face.box.h * max(0.05, 1 - 2 * np.hypot(x / w - 0.5, y / h - 0.5))

        face = max(faces, key=prominence)
        return face.landmarks, face.mesh, face.quality

    return find


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--more", type=Path, help="folder of the files of more.csv")
    parser.add_argument("--splits", nargs="*", help="of these splits alone")
    options = parser.parse_args()
    pictures = archive_pictures(Media(options.data, more=options.more), options.splits)
    missed = build(pictures, pipeline_finder(), options.cache)
    print("no face found:", missed)


if __name__ == "__main__":
    main()
