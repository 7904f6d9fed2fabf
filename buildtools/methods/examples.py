"""Made-up pairs of files: an innocent one, and one in which something was done.

A detector module names its kind in `EXAMPLE`; without that the table `KIND_OF` decides, and a
forensic test without any entry gets the paste that most of them look for.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from telltale.detectors._shared import sensor_noise
from telltale.runtime.cameras import Camera

Pixels = NDArray[np.uint8]
#: The part that is changed: rows and columns; and of the pictures of `_noisy_photo`.
PART = (slice(300, 428), slice(40, 168))
_LARGE = (slice(448, 728), slice(32, 312))
_FACE = (slice(70, 190), slice(165, 285))


@dataclass(frozen=True, slots=True)
class Pair:
    """An innocent file, a changed one, what was done, in words, and the cameras that are known."""

    innocent: bytes
    changed: bytes
    done: str
    cameras: tuple[Camera, ...] = ()


def of(module: Any, family: str) -> Pair | None:
    """The pair for a detector; None where made-up pictures would teach the wrong thing."""
    kind = getattr(module, "EXAMPLE", None) or KIND_OF.get(module.CARD.id)
    if kind is None and family == "forensic":
        kind = "paste"
    return KINDS[kind]() if kind else None


def _photo() -> Pixels:
    from skimage import data

    return np.ascontiguousarray(data.astronaut())


def _donor() -> Pixels:
    from skimage import data

    return np.ascontiguousarray(data.coffee())


def jpeg(pixels: Pixels, quality: int = 92, **more: Any) -> bytes:
    """4:2:0, as cameras and most programs save."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality, **more)
    return buffer.getvalue()


def _opened(data: bytes) -> Pixels:
    return np.array(Image.open(io.BytesIO(data)).convert("RGB"))


def _changed(change: Callable[[Pixels], Pixels], part: tuple[slice, slice] = PART) -> bytes:
    """The photograph with one part replaced by a change of it, saved at quality 92."""
    pixels = _opened(jpeg(_photo(), 95))
    pixels[part] = change(pixels)[part]
    return jpeg(pixels)


def _innocent() -> bytes:
    return jpeg(_opened(jpeg(_photo(), 95)))


def paste() -> Pair:
    """From a picture that was never saved into one of quality 70."""
    host = _opened(jpeg(_photo(), 70))
    once = jpeg(host, 92)
    donor = _donor()[101:229, 203:331]
    host[PART] = donor
    return Pair(once, jpeg(host, 92), "A square from a sharper picture was pasted at the left.")


def shifted() -> Pair:
    """A part of the same picture, moved off the grid of 8."""
    pixels = _opened(jpeg(_photo(), 60))
    moved = pixels.copy()
    moved[280:480, 20:220] = pixels[200 + 3 : 400 + 3, 250 + 5 : 450 + 5]
    done = "A square was moved to the lower left, so that its old blocks no longer fit."
    return Pair(jpeg(pixels, 98), jpeg(moved, 98), done)


def clone() -> Pair:
    """A part copied within the picture."""

    def change(pixels: Pixels) -> Pixels:
        out = pixels.copy()
        out[PART] = pixels[60:188, 150:278]
        return out

    return Pair(_innocent(), _changed(change), "The face was copied to the lower left.")


def resampled() -> Pair:
    """A part enlarged by 1.5."""

    def change(pixels: Pixels) -> Pixels:
        height, width = pixels.shape[:2]
        size = round(width * 1.5), round(height * 1.5)
        large = np.array(Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR))
        return large[100 : 100 + height, 60 : 60 + width]

    return _large(change, "The lower left was enlarged by 1.5.")


def smoothed() -> Pair:
    """A part without its noise."""
    done = "The noise of the lower left was removed."
    return _large(lambda pixels: ndimage.gaussian_filter(pixels, (1.2, 1.2, 0)), done)


def median() -> Pair:
    """A part through a median filter."""

    def change(pixels: Pixels) -> Pixels:
        return ndimage.median_filter(ndimage.median_filter(pixels, (5, 5, 1)), (5, 5, 1))

    return _large(change, "A median filter of 5 x 5 pixels ran twice over the lower left.")


def contrast() -> Pair:
    """A part stretched after it was 8 bits deep."""

    def change(pixels: Pixels) -> Pixels:
        return np.clip((pixels.astype(float) - 20) * 1.3, 0, 255).astype(np.uint8)

    return _large(change, "The contrast of the lower left was stretched.")


def _large(change: Callable[[Pixels], Pixels], done: str) -> Pair:
    """A noisy picture in a lossless file, and the same with its lower left changed."""
    pixels = _noisy_photo()
    changed = pixels.copy()
    changed[_LARGE] = change(pixels)[_LARGE]
    return Pair(_png(pixels), _png(changed), done)


def _noisy_photo() -> Pixels:
    """The photograph at 768 x 768, soft, under the even noise of a sensor in little light."""
    large = Image.fromarray(_photo()).resize((768, 768), Image.Resampling.BICUBIC)
    soft = ndimage.gaussian_filter(np.asarray(large, float), (1, 1, 0))
    noise = np.random.default_rng(3).normal(0, 7, soft.shape)
    return np.clip(np.rint(soft + noise), 0, 255).astype(np.uint8)


def sensor() -> Pair:
    """A picture by a known sensor, and a part of it by another."""
    shots = [_sensed(1, np.full((512, 512, 3), 120.0 + 6 * k), k) for k in range(12)]
    camera = Camera("made up", len(shots), sensor_noise.fingerprint(shots))
    photo = np.asarray(_photo(), float)
    pixels = _sensed(1, photo, 20)
    changed = pixels.copy()
    changed[PART] = _sensed(2, photo, 21)[PART]
    done = "The same scene, but a square at the left was taken by another sensor."
    return Pair(jpeg(pixels, 95), jpeg(changed, 95), done, (camera,))


def _sensed(number: int, light: NDArray[np.float64], shot: int) -> Pixels:
    """What the sensor of that number, whose pixels differ by 2 %, takes of a scene."""
    pattern = np.random.default_rng([number, 0]).normal(1, 0.02, light.shape[:2])
    noise = np.random.default_rng([number, 1, shot]).normal(0, 1.5, light.shape)
    return np.clip(np.rint(light * pattern[..., None] + noise), 0, 255).astype(np.uint8)


def mosaic() -> Pair:
    """A picture interpolated from a colour filter array, and a part that was not."""
    from skimage import transform

    large = _photo().astype(np.float64)
    sensor = np.zeros_like(large)
    for channel, places in ((0, ((0, 0),)), (1, ((0, 1), (1, 0))), (2, ((1, 1),))):
        for row, column in places:
            sensor[row::2, column::2, channel] = large[row::2, column::2, channel]
    cross = np.array([[0.25, 0.5, 0.25], [0.5, 1, 0.5], [0.25, 0.5, 0.25]])
    green = np.array([[0, 0.25, 0], [0.25, 1, 0.25], [0, 0.25, 0]])
    full = np.stack(
        [ndimage.convolve(sensor[..., k], green if k == 1 else cross) for k in range(3)], -1
    )
    innocent = np.clip(full, 0, 255).astype(np.uint8)
    changed = innocent.copy()
    small = transform.resize(full, (384, 384), anti_aliasing=True)
    other = np.clip(transform.resize(small, (512, 512)), 0, 255).astype(np.uint8)
    changed[PART] = other[PART]
    done = "A square at the left was resized, so that the sensor's pattern is gone there."
    return Pair(_png(innocent), _png(changed), done)


def _png(pixels: Pixels) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def lattice() -> Pair:
    """Enlarged as generators do: zeros between pixels, then a short kernel."""
    rng = np.random.default_rng(0)
    picture = np.array(Image.fromarray(_photo()).resize((64, 64), Image.Resampling.BOX), float)
    brightness = picture.mean()
    # kernels of 3 at stride 2 overlap unevenly: a chequered pattern (Odena et al., 2016)
    row = np.array([0.5, 0.7, 0.5])
    for _ in range(3):
        side = 2 * len(picture)
        large = np.zeros((side, side, 3))
        large[::2, ::2] = picture
        made = [ndimage.convolve(large[..., k], np.outer(row, row)) for k in range(3)]
        picture = np.stack(made, -1)
        picture *= brightness / picture.mean()
        picture += rng.normal(size=picture.shape) * 3
    changed = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    done = "It was enlarged three times in a row, the way a simple generator does."
    return Pair(_innocent(), jpeg(changed, 97), done)


def lattice_lossless() -> Pair:
    """The same in lossless files."""
    pair = lattice()
    changed = np.asarray(Image.open(io.BytesIO(pair.changed)))
    return Pair(_png(_photo()), _png(changed), pair.done)


def fringes() -> Pair:
    """A part from the other side of the picture, with the colour fringes of that side."""
    pixels = np.array(Image.fromarray(_photo()).resize((1024, 1024), Image.Resampling.LANCZOS))
    middle = (pixels.shape[0] - 1) / 2
    for channel, enlarged in ((0, 0.006), (2, -0.006)):
        step = 1 / (1 + enlarged)
        ndimage.affine_transform(
            pixels[..., channel].copy(),
            (step, step),
            middle * (1 - step),
            output=pixels[..., channel],
            mode="nearest",
        )
    changed = pixels.copy()
    changed[600:900, 60:360] = pixels[100:400, 700:1000]
    done = "A part of the upper right, with its colour fringes, was pasted into the lower left."
    return Pair(jpeg(pixels, 95), jpeg(changed, 95), done)


def soft_face() -> Pair:
    """A face from a smaller picture."""

    def change(pixels: Pixels) -> Pixels:
        small = Image.fromarray(pixels).resize((170, 170), Image.Resampling.BICUBIC)
        return np.array(small.resize((512, 512), Image.Resampling.BICUBIC))

    done = "The face was made at a third of the size and enlarged, as face swaps are."
    return Pair(_innocent(), _changed(change, _FACE), done)


def edited_file() -> Pair:
    """A camera's file, and the same saved by a program that kept the metadata."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Acme", "Testcam 5"
    exif[0x0132] = "2024:05:06 07:08:09"
    detail = exif.get_ifd(0x8769)
    detail[0x9003] = "2024:05:06 07:08:09"
    detail[0xA002], detail[0xA003] = 512, 512
    # tables of its own, as cameras have them
    tables = [[3 + (k * 7 + k // 8) // 12 for k in range(64)], [4 + k // 7 for k in range(64)]]
    buffer = io.BytesIO()
    Image.fromarray(_photo()).save(buffer, "JPEG", qtables=tables, exif=exif)
    innocent = buffer.getvalue()
    saved = io.BytesIO()
    Image.open(io.BytesIO(innocent)).crop((0, 0, 512, 400)).save(
        saved, "JPEG", quality=85, exif=exif
    )
    return Pair(innocent, saved.getvalue(), "It was cropped by a program that kept the metadata.")


KINDS: dict[str, Callable[[], Pair]] = {
    "paste": paste,
    "shifted": shifted,
    "clone": clone,
    "resampled": resampled,
    "smoothed": smoothed,
    "median": median,
    "contrast": contrast,
    "mosaic": mosaic,
    "lattice": lattice,
    "lattice_lossless": lattice_lossless,
    "fringes": fringes,
    "soft_face": soft_face,
    "sensor": sensor,
    "edited_file": edited_file,
}
KIND_OF = {
    "noise_level": "smoothed",
    "noisesniffer": "smoothed",
    "splicebuster": "smoothed",
    "zero_grid": "shifted",
    "jpeg_grid": "shifted",
    "nonaligned_jpeg": "shifted",
    "copy_move": "clone",
    "copy_move_dense": "clone",
    "resampling": "resampled",
    "median_filtering": "median",
    "contrast_enhancement": "contrast",
    "cfa": "mosaic",
    "spectrum": "lattice",
    "upsampling_lattice": "lattice_lossless",
    "chromatic_aberration": "fringes",
    "face_resolution": "soft_face",
    "prnu": "sensor",
    "metadata": "edited_file",
    "encoder_signature": "edited_file",
}
#: The map that is shown, where it is not a test's first.
MAP_OF = {"error_level_analysis": "against_equal_texture"}
