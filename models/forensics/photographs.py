"""Untouched pictures: those of the training media, and files as cameras wrote them."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

from PIL import ExifTags, Image

from models.training.data import Media
from telltale.detectors.provenance.contradictions import names_program
from telltale.media.decode import open_media
from telltale.media.model import MediaError

#: Least megapixels of the classes of size in which counts are given.
SIZES = (12, 8, 4, 1, 0)
#: Formats of files that begin with a JPEG picture; MPO, of many phones and drones, holds more.
JPEG = ("JPEG", "MPO")


def size_class(pixels: int) -> int:
    """The class of a picture by its number of pixels."""
    return next(size for size in SIZES if pixels >= size * 1_000_000)


def labelled(data: Path, most: int) -> dict[str, list[bytes]]:
    """The first `most` JPEG files labelled real of each folder of the training media."""
    media = Media(data)
    sources: dict[str, list[bytes]] = {}
    for row in media.rows:
        of = sources.setdefault(row.folder, [])
        if row.label == "real" and len(of) < most and _format(media.read(row)) in JPEG:
            of.append(media.read(row))
    return {source: files for source, files in sources.items() if files}


def sets_thresholds(make: str, model: str) -> bool:
    """Whether thresholds may be chosen on a camera model's files: half of the models, by chance."""
    return hashlib.sha256(f"{make} {model}".encode()).digest()[0] % 2 == 0


def of_cameras(folder: Path, most: int, megapixels: float) -> list[bytes]:
    """JPEG files of a folder as cameras wrote them, each once, evenly where over `most`."""
    files: dict[str, bytes] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in (".jpg", ".jpeg"):
            data = path.read_bytes()
            if is_of_camera(data, megapixels):
                files[hashlib.sha256(data).hexdigest()] = data
    chosen = list(files.values())
    return chosen[:: max(1, len(chosen) // most)][:most]


def is_of_camera(data: bytes, megapixels: float = 0.0) -> bool:
    """Whether a JPEG file is a camera's own by what it says itself.

    Its metadata name a maker and a model and no program that edits, and the size in pixels that
    they state is the picture's. Somebody who means to can forge all of that.
    """
    try:
        with Image.open(io.BytesIO(data)) as image:
            exif, size = image.getexif(), image.size
        if size[0] * size[1] < megapixels * 1e6 or _format(data) not in JPEG:
            return False
        media = open_media(data, "photograph", "file")
    except (OSError, MediaError):
        return False
    detail = exif.get_ifd(ExifTags.IFD.Exif)
    stated = detail.get(ExifTags.Base.ExifImageWidth), detail.get(ExifTags.Base.ExifImageHeight)
    camera = exif.get(ExifTags.Base.Make) and exif.get(ExifTags.Base.Model)
    return bool(camera) and size in (stated, stated[::-1]) and not names_program(media.exif)


def _format(file: bytes) -> str | None:
    """The format of a picture's file, or None where it is none."""
    try:
        return Image.open(io.BytesIO(file)).format
    except OSError:
        return None
