"""Cameras that a person has made known: sensor patterns kept on this device, one file each."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

#: Reference pictures below which a pattern is refused, and from which on it is good.
LEAST, GOOD = 5, 25
_NAME = re.compile(r"[\w .()+-]{1,64}")


class CameraError(Exception):
    """A camera cannot be made or read; `str()` is a sentence for a person."""


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera's pattern.

    Attributes
    ----------
    name
        As the person calls it.
    pictures
        Number of reference pictures.
    pattern
        (H, W) float32, in the coded orientation of the camera's files.
    """

    name: str
    pictures: int
    pattern: NDArray[np.float32]


def folder() -> Path:
    """`$TELLTALE_CAMERAS`, or `telltale/cameras` in the user's data folder (XDG)."""
    if chosen := os.environ.get("TELLTALE_CAMERAS"):
        return Path(chosen)
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "telltale" / "cameras"


def make(
    name: str,
    pictures: Sequence[tuple[str, Callable[[], NDArray[np.uint8]]]],
    after: Callable[[int], None] | None = None,
) -> Camera:
    """The camera of reference pictures, each a name and what reads its coded (H, W, 3) pixels.

    Raises `CameraError` for a bad name, too few pictures, or pictures of different sizes.
    """
    from telltale.detectors._shared.sensor_noise import fingerprint

    _checked(name)
    if len(pictures) < LEAST:
        raise CameraError(
            f"A camera needs at least {LEAST} reference pictures, better {GOOD}; "
            f"{len(pictures)} given."
        )
    size: tuple[int, ...] | None = None

    def read() -> Iterable[NDArray[np.uint8]]:
        nonlocal size
        for label, open_ in pictures:
            pixels = open_()
            if size is not None and pixels.shape != size:
                raise CameraError(
                    f"{label} is {pixels.shape[1]} x {pixels.shape[0]} pixels, the pictures before "
                    f"it {size[1]} x {size[0]}; the pictures of a camera must have one size."
                )
            size = pixels.shape
            yield pixels

    return Camera(name, len(pictures), fingerprint(read(), after))


def save(camera: Camera, where: Path | None = None) -> Path:
    """Keep a camera, readable by this user only; replaces one of the same name."""
    where = where or folder()
    where.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = where / f"{_checked(camera.name)}.npz"
    handle, temporary = tempfile.mkstemp(dir=where, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            # Half precision: the pattern is noise to start with, and a camera takes 24 MB so.
            peak = float(np.abs(camera.pattern).max()) or 1.0
            np.savez(
                file,
                pattern=(camera.pattern / peak).astype(np.float16),
                peak=np.float64(peak),
                pictures=np.int64(camera.pictures),
            )
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path


def names(where: Path | None = None) -> list[str]:
    """The names of the cameras kept, sorted."""
    return sorted(path.stem for path in (where or folder()).glob("*.npz"))


def load(name: str, where: Path | None = None) -> Camera:
    """A camera kept; raises `CameraError` where there is none or its file is broken."""
    path = (where or folder()) / f"{_checked(name)}.npz"
    try:
        with np.load(path, allow_pickle=False) as file:
            pattern = file["pattern"].astype(np.float32) * np.float32(file["peak"])
            return Camera(name, int(file["pictures"]), pattern)
    except FileNotFoundError:
        raise CameraError(f"There is no camera named {name}.") from None
    except (OSError, ValueError, KeyError) as error:
        raise CameraError(f"The file of the camera {name} is broken: {error}.") from None


def remove(name: str, where: Path | None = None) -> None:
    """Delete a camera for good; raises `CameraError` where there is none."""
    try:
        ((where or folder()) / f"{_checked(name)}.npz").unlink()
    except FileNotFoundError:
        raise CameraError(f"There is no camera named {name}.") from None


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name) or name.strip(". ") != name:
        raise CameraError(
            "A camera's name has 1 to 64 letters, digits, spaces or any of . ( ) + - _, and does "
            "not begin or end with a dot or a space."
        )
    return name
