"""Pictures whose history is known because they are made here."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from skimage import data

from telltale import analysis
from telltale.detectors import Detector
from telltale.finding import Finding
from telltale.media.decode import open_media
from telltale.runtime.context import Context
from telltale.scene import Scene

Pixels = NDArray[np.uint8]


def jpeg(pixels: Pixels, quality: int, subsampling: str = "4:2:0", **more: object) -> bytes:
    """The JPEG file of (H, W, 3) or (H, W) pixels."""
    buffer = io.BytesIO()
    image = Image.fromarray(pixels)
    if image.mode == "RGB":
        more["subsampling"] = subsampling
    image.save(buffer, "JPEG", quality=quality, **more)
    return buffer.getvalue()


def png(pixels: Pixels) -> bytes:
    """The PNG file of pixels."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def decoded(file: bytes) -> Pixels:
    """The pixels of a file, as RGB."""
    return np.asarray(Image.open(io.BytesIO(file)).convert("RGB"))


def compressed(pixels: Pixels, quality: int | None) -> Pixels:
    """The pixels after one JPEG round trip; unchanged where `quality` is None."""
    return pixels if quality is None else decoded(jpeg(pixels, quality))


def scene_of(file: bytes, rung: str = "file") -> Scene:
    """The scene of a file as the application opens it."""
    return Scene(open_media(file, "picture", rung))  # type: ignore[arg-type]


def examine(detector: Detector, file: bytes, rung: str = "file") -> Finding:
    """The finding of a detector on a file, by the way every finding is made."""
    return analysis.run_module(detector, scene_of(file, rung), Context())


@cache
def leaves(seed: int, side: int = 768) -> NDArray[np.float32]:
    """A dead-leaves scene, (side, side, 3) float32 linear light in [0, 1].

    Overlapping textured discs with power-law radii: the edge and scale statistics of natural
    scenes (Lee, Mumford & Huang 2001), and no camera or compression history at all.
    """
    rng = np.random.default_rng(seed)
    grain = rng.normal(size=(side, side)).astype(np.float32)
    texture = sum(ndimage.gaussian_filter(grain, s) * s for s in (0.7, 1.5, 3.0, 6.0))
    texture /= np.std(texture)
    scene = np.full((side, side, 3), 0.3, np.float32)
    yy, xx = np.mgrid[:side, :side].astype(np.float32)
    for _ in range(900):
        radius = min(6 * (1 - rng.random()) ** -0.7, side / 4)
        cy, cx = rng.random(2) * side
        top, left = max(int(cy - radius), 0), max(int(cx - radius), 0)
        here = (slice(top, int(cy + radius) + 1), slice(left, int(cx + radius) + 1))
        disc = (yy[here] - cy) ** 2 + (xx[here] - cx) ** 2 < radius * radius
        colour = np.clip(rng.lognormal(-1.4, 0.7) * rng.uniform(0.6, 1.4, 3), 0.01, 0.85)
        depth = rng.choice([0.0, 0.05, 0.1, 0.2])
        shade = 1 + depth * texture[here][..., None] + 0.1 * (xx[here][..., None] - cx) / radius
        scene[here] = np.where(disc[..., None], colour * shade, scene[here])
    return np.clip(scene, 0.0, 1.0).astype(np.float32)


@cache
def photograph(seed: int, side: int = 768, noise: float = 1.0, blur: float = 0.6) -> Pixels:
    """A simulated camera picture before compression, (side, side, 3) uint8.

    Lens blur, photon and read noise on an RGGB mosaic, bilinear demosaicking, gamma 1/2.2.
    """
    rng = np.random.default_rng(seed + 1000)
    light = ndimage.gaussian_filter(leaves(seed, side), (blur, blur, 0))
    return developed(mosaic(light, rng, noise))


@cache
def aberrated(seed: int, side: int = 768, strength: float = 0.003, noise: float = 1.0) -> Pixels:
    """`photograph` through a lens that enlarges red about the middle and shrinks blue.

    At the corner of 768 pixels, 0.003 displaces each colour by 1.6 pixels, as compact cameras do.
    """
    light = ndimage.gaussian_filter(leaves(seed, side), (0.6, 0.6, 0))
    middle = (side - 1) / 2
    for channel, enlarged in ((0, strength), (2, -strength)):
        step = 1 / (1 + enlarged)
        light[..., channel] = ndimage.affine_transform(
            light[..., channel], (step, step), middle * (1 - step), order=3, mode="nearest"
        )
    raw = mosaic(np.clip(light, 0, 1), np.random.default_rng(seed + 1000), noise)
    return developed(raw)


@cache
def sensed(camera: int, seed: int, side: int = 768, noise: float = 1.0) -> Pixels:
    """A picture by a sensor whose pixels differ by 1.5 %, the same for all of its pictures."""
    pattern = np.random.default_rng(500 + camera).normal(size=(side, side)).astype(np.float32)
    light = ndimage.gaussian_filter(leaves(seed)[:side, :side], (1.0, 1.0, 0))
    light = np.clip(light * 1.5 + 0.05, 0, 0.9) * (1 + 0.015 * pattern[..., None])
    return developed(mosaic(light.astype(np.float32), np.random.default_rng(seed), noise))


def mosaic(
    light: NDArray[np.float32], rng: np.random.Generator, noise: float
) -> NDArray[np.float32]:
    """The (H, W) RGGB sensor values of (H, W, 3) linear light, with photon and read noise."""
    raw = np.empty(light.shape[:2], np.float32)
    raw[0::2, 0::2] = light[0::2, 0::2, 0]
    raw[0::2, 1::2] = light[0::2, 1::2, 1]
    raw[1::2, 0::2] = light[1::2, 0::2, 1]
    raw[1::2, 1::2] = light[1::2, 1::2, 2]
    sigma = noise * np.sqrt(raw * 2e-4 + 4e-6)
    return raw + rng.normal(size=raw.shape).astype(np.float32) * sigma


def developed(raw: NDArray[np.float32]) -> Pixels:
    """Bilinear demosaicking of an RGGB mosaic and gamma 1/2.2, as uint8."""
    red, green, blue = np.zeros_like(raw), np.zeros_like(raw), np.zeros_like(raw)
    red[0::2, 0::2] = raw[0::2, 0::2]
    blue[1::2, 1::2] = raw[1::2, 1::2]
    green[0::2, 1::2], green[1::2, 0::2] = raw[0::2, 1::2], raw[1::2, 0::2]
    cross = np.array([[0, 1, 0], [1, 4, 1], [0, 1, 0]], np.float32) / 4
    square = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]], np.float32) / 4
    planes = [
        ndimage.convolve(red, square, mode="mirror"),
        ndimage.convolve(green, cross, mode="mirror"),
        ndimage.convolve(blue, square, mode="mirror"),
    ]
    linear = np.clip(np.stack(planes, axis=-1), 0, 1)
    return np.rint(255 * linear ** (1 / 2.2)).astype(np.uint8)


@cache
def sample(name: str) -> Pixels:
    """A natural picture that scikit-image ships, as (H, W, 3) uint8 cut to multiples of 8."""
    pixels = getattr(data, name)()[..., :3]
    height, width = (n // 8 * 8 for n in pixels.shape[:2])
    return np.ascontiguousarray(pixels[:height, :width])


#: Natural pictures in lossless files that scikit-image ships.
SAMPLES = ("astronaut", "coffee", "chelsea", "rocket")


@dataclass(frozen=True, slots=True)
class Splice:
    """A spliced picture and the truth about each pixel."""

    pixels: Pixels
    truth: NDArray[np.bool_]


def splice(host: Pixels, donor: Pixels, top: int, left: int, side: int) -> Splice:
    """Paste the square of `donor` at (top, left) into `host` at the same place."""
    pixels, truth = host.copy(), np.zeros(host.shape[:2], bool)
    here = (slice(top, top + side), slice(left, left + side))
    pixels[here] = donor[here]
    truth[here] = True
    return Splice(pixels, truth)


def splices(
    number: int, host_quality: int | None, donor_quality: int | None, *, side: int = 208
) -> Iterator[Splice]:
    """Simulated photographs with a square from another one, each with its own JPEG past.

    `None` stands for never compressed. The squares lie on the codec's grid, at seeded places.
    """
    rng = np.random.default_rng(number)
    for i in range(number):
        host = compressed(photograph(i), host_quality)
        donor = compressed(photograph(i + 20), donor_quality)
        top, left = (int(v) * 8 for v in rng.integers(0, (host.shape[0] - side) // 8, 2))
        yield splice(host, donor, top, left, side)
