"""Pictures whose tampered area is known because it is made here, before their last saving.

The originals are the simulated camera pictures of the tests (tests/py/detectors/forensic):
dead-leaves scenes through lens blur, sensor noise, a colour filter array and gamma.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from telltale.detectors._shared import sensor_noise
from telltale.runtime.cameras import Camera

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/py/detectors/forensic"))

from pictures import (  # noqa: E402
    Pixels,
    Splice,
    aberrated,
    compressed,
    decoded,
    jpeg,
    photograph,
    sensed,
    splice,
)

#: Side of the tampered square in pixels, of pictures of 768.
SIDE = 208
#: Qualities of an earlier saving, where there was one.
EARLIER = (60, 70, 75, 80, 90)

Rng = np.random.Generator


def _place(rng: Rng, pixels: Pixels) -> tuple[int, int]:
    top, left = rng.integers(16, pixels.shape[0] - SIDE - 16, 2)
    return int(top), int(left)


def _changed(pixels: Pixels, rng: Rng, change: Callable[[Pixels], Pixels]) -> Splice:
    """`change` done to a square of the picture."""
    top, left = _place(rng, pixels)
    other = pixels.copy()
    here = (slice(top, top + SIDE), slice(left, left + SIDE))
    margin = 16
    wide = pixels[top - margin : top + SIDE + margin, left - margin : left + SIDE + margin]
    other[here] = change(wide)[margin:-margin, margin:-margin]
    return splice(pixels, other, top, left, SIDE)


def _earlier(seed: int, rng: Rng) -> Pixels:
    return compressed(photograph(seed), int(rng.choice(EARLIER)))


def splice_unsaved(seed: int, rng: Rng) -> Splice:
    """A square that was never saved, in a picture saved before."""
    return splice(_earlier(seed, rng), photograph(seed + 20), *_place(rng, photograph(seed)), SIDE)


def splice_off_grid(seed: int, rng: Rng) -> Splice:
    """A square saved before on another grid, in a picture never saved."""
    donor = np.roll(_earlier(seed + 20, rng), tuple(rng.integers(1, 8, 2)), (0, 1))
    return splice(photograph(seed), donor, *_place(rng, photograph(seed)), SIDE)


def copy_move(seed: int, rng: Rng) -> Splice:
    """A square of a picture saved before, moved within it by any number of pixels."""
    host = _earlier(seed, rng)
    shift = rng.integers(100, 500, 2)
    return splice(host, np.roll(host, tuple(shift), (0, 1)), *_place(rng, host), SIDE)


def resampled_patch(seed: int, rng: Rng) -> Splice:
    """A square of a picture saved before, enlarged by 1.2 to 1.8 (bicubic)."""
    return _enlarged(_earlier(seed, rng), rng)


def resampled_unsaved(seed: int, rng: Rng) -> Splice:
    """The same in a picture never saved before."""
    return _enlarged(photograph(seed), rng)


def _enlarged(host: Pixels, rng: Rng) -> Splice:
    factor = float(rng.uniform(1.2, 1.8))
    size = round(host.shape[0] * factor)
    large = np.asarray(Image.fromarray(host).resize((size, size), Image.Resampling.BICUBIC))
    off = int(rng.integers(0, size - host.shape[0]))
    return splice(host, large[off : off + 768, off : off + 768], *_place(rng, host), SIDE)


def median_filtered(seed: int, rng: Rng) -> Splice:
    """A square filtered by the median of 3 x 3 pixels, in a picture never saved before."""
    return _changed(photograph(seed), rng, lambda p: ndimage.median_filter(p, (3, 3, 1)))


def other_demosaicking(seed: int, rng: Rng) -> Splice:
    """A square that was slightly blurred, so that its filter array is gone."""

    def change(p: Pixels) -> Pixels:
        return np.asarray(
            np.rint(ndimage.gaussian_filter(p.astype(float), (0.5, 0.5, 0))), np.uint8
        )

    return _changed(photograph(seed), rng, change)


def contrast(seed: int, rng: Rng) -> Splice:
    """A square with gamma 0.7, in a picture never saved before."""
    table = np.rint(255 * (np.arange(256) / 255) ** 0.7).astype(np.uint8)
    return _changed(photograph(seed), rng, lambda p: table[p])


def noise_added(seed: int, rng: Rng) -> Splice:
    """A square with as much noise again and half as much more, in a picture never saved before."""

    def change(p: Pixels) -> Pixels:
        return np.clip(np.rint(p + rng.normal(size=p.shape) * 3.0), 0, 255).astype(np.uint8)

    return _changed(photograph(seed), rng, change)


def splice_wrong_fringes(seed: int, rng: Rng) -> Splice:
    """A square from the opposite side of another picture by the same lens, never saved before."""
    host = aberrated(seed)
    far = np.roll(aberrated(seed + 20), (host.shape[0] // 2, host.shape[1] // 2), (0, 1))
    return splice(host, far, *_place(rng, host), SIDE)


def splice_wrong_sensor(seed: int, rng: Rng) -> Splice:
    """A square taken by another sensor, in a picture of a known camera, never saved before."""
    host = sensed(1, seed)
    return splice(host, sensed(2, seed + 20), *_place(rng, host), SIDE)


@cache
def camera() -> Camera:
    """The camera of `splice_wrong_sensor`, as learned from twelve pictures saved as JPEG."""
    shots = [decoded(jpeg(sensed(1, 40 + i), 95)) for i in range(12)]
    return Camera("simulated", len(shots), sensor_noise.fingerprint(shots))


#: What is done, by name; each doc string says what.
TAMPERINGS: dict[str, Callable[[int, Rng], Splice]] = {
    made.__name__: made
    for made in (
        splice_unsaved,
        splice_off_grid,
        copy_move,
        resampled_patch,
        resampled_unsaved,
        median_filtered,
        other_demosaicking,
        contrast,
        noise_added,
        splice_wrong_fringes,
        splice_wrong_sensor,
    )
}


def tampered(name: str, number: int) -> Splice:
    """The picture of that number tampered with in one way; the same one every time."""
    return TAMPERINGS[name](number, np.random.default_rng([sorted(TAMPERINGS).index(name), number]))


def luminance(pixels: Pixels) -> NDArray[np.float64]:
    """The first null map: how bright each block of 8 x 8 is."""
    return _blocks(pixels.mean(axis=2)).mean(axis=(1, 3))


def local_variance(pixels: Pixels) -> NDArray[np.float64]:
    """The second null map: the variance of each block of 8 x 8."""
    return _blocks(pixels.mean(axis=2)).var(axis=(1, 3))


def _blocks(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    rows, columns = plane.shape[0] // 8, plane.shape[1] // 8
    return plane[: rows * 8, : columns * 8].reshape(rows, 8, columns, 8)


#: Maps that know nothing of tampering, by name.
NULLS: dict[str, Callable[[Pixels], NDArray[np.float64]]] = {
    null.__name__: null for null in (luminance, local_variance)
}
