"""One augmentation chain for real and fake alike, and the laundering grid of the evaluation.

Every function takes and returns (H, W, 3) uint8 and draws from a `numpy.random.Generator` that
the caller seeds, so that a chain is repeated exactly.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Pixels = NDArray[np.uint8]
FILTERS = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


def jpeg(pixels: Pixels, quality: int, subsampling: int = 2) -> Pixels:
    """JPEG round trip; `subsampling` is Pillow's code (0 is 4:4:4, 1 is 4:2:2, 2 is 4:2:0)."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=int(quality), subsampling=subsampling)
    return np.asarray(Image.open(out).convert("RGB"))


def webp(pixels: Pixels, quality: int) -> Pixels:
    """Lossy WebP round trip."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "WEBP", quality=int(quality), method=2)
    return np.asarray(Image.open(out).convert("RGB"))


def resize(pixels: Pixels, width: int, height: int, name: str = "bicubic") -> Pixels:
    """Antialiased resize by Pillow; `name` is one of `FILTERS`."""
    return np.asarray(Image.fromarray(pixels).resize((width, height), FILTERS[name]))


def scale(pixels: Pixels, factor: float, name: str = "bicubic") -> Pixels:
    """Antialiased resize by a factor, at least one pixel each way."""
    h, w = pixels.shape[:2]
    return resize(pixels, max(1, round(w * factor)), max(1, round(h * factor)), name)


def blur(pixels: Pixels, sigma: float) -> Pixels:
    """Gaussian blur of standard deviation `sigma` pixels, each channel for itself."""
    if sigma <= 0:
        return pixels
    from scipy.ndimage import gaussian_filter

    return np.asarray(gaussian_filter(pixels, (sigma, sigma, 0)), np.uint8)


def noise(pixels: Pixels, sigma: float, rng: np.random.Generator) -> Pixels:
    """White Gaussian noise of standard deviation `sigma` grey levels."""
    wide = pixels + rng.normal(0.0, sigma, pixels.shape)
    return np.clip(np.rint(wide), 0, 255).astype(np.uint8)


def median(pixels: Pixels, size: int = 3) -> Pixels:
    """Median filter of an odd size."""
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.MedianFilter(size)))


def sharpen(pixels: Pixels, radius: float, percent: int) -> Pixels:
    """Unsharp mask."""
    mask = ImageFilter.UnsharpMask(radius=radius, percent=percent, threshold=0)
    return np.asarray(Image.fromarray(pixels).filter(mask))


def match_spectrum(pixels: Pixels, target: Pixels, most: float = 8.0) -> Pixels:
    """Give `pixels` the radial power spectrum of `target`'s luma; both the same size.

    Takes away the blur (or sharpness) of a re-synthesis against its original and leaves what has
    a direction or a period. Gains are kept in [1 / most, most].
    """
    weights = np.array([0.299, 0.587, 0.114])
    h, w = pixels.shape[:2]
    radius = np.hypot(np.fft.fftfreq(h)[:, None], np.fft.rfftfreq(w)[None, :])
    bins = np.minimum((radius * 128).astype(int), 90)
    power = [
        np.bincount(bins.ravel(), (np.abs(np.fft.rfft2(p @ weights)) ** 2).ravel(), 91)
        for p in (pixels, target)
    ]
    gain = np.sqrt((power[1] + 1.0) / (power[0] + 1.0)).clip(1 / most, most)
    gain[0] = 1.0
    spectrum = np.fft.rfft2(pixels.astype(np.float64), axes=(0, 1)) * gain[bins][..., None]
    out = np.fft.irfft2(spectrum, s=(h, w), axes=(0, 1))
    return np.clip(np.rint(out), 0, 255).astype(np.uint8)


#: Radial bins of `radial_profile`: coarse enough for squares of 80 pixels.
PROFILE_BINS = 24


def _radial_bins(h: int, w: int) -> NDArray[np.float32]:
    radius = np.hypot(np.fft.fftfreq(h)[:, None], np.fft.rfftfreq(w)[None, :])
    return np.minimum(radius * 2 * PROFILE_BINS, PROFILE_BINS - 1e-3).astype(np.float32)


def radial_profile(pixels: Pixels) -> NDArray[np.float64]:
    """(24,) mean power density of the luma in rings from zero to the Nyquist frequency.

    The picture is mirrored first, so that its borders add no power; corners count to the last ring.
    A few rows and columns are left out so that both sides have small prime factors.
    """
    from scipy import fft

    h, w = (_smooth(side) for side in pixels.shape[:2])
    luma = pixels[:h, :w] @ np.array([0.299, 0.587, 0.114], np.float32)
    luma = np.pad(luma - luma.mean(), ((0, h), (0, w)), mode="symmetric")
    ring = _radial_bins(2 * h, 2 * w).astype(int).ravel()
    power = np.abs(fft.rfft2(luma)) ** 2
    total = np.bincount(ring, power.ravel(), PROFILE_BINS)
    return total / (np.bincount(ring, minlength=PROFILE_BINS) * 4.0 * h * w)


def _smooth(n: int) -> int:
    """The largest number up to `n` with no prime factor above 5: transforms of it are quick."""
    while n > 1:
        rest = n
        for factor in (2, 3, 5):
            while rest % factor == 0:
                rest //= factor
        if rest == 1:
            return n
        n -= 1
    return 1


def give_profile(
    pixels: Pixels,
    profile: NDArray[np.float64],
    part: Pixels | None = None,
    most: float = 4.0,
) -> Pixels:
    """The picture with the shape of another's `radial_profile`: as sharp or as soft as that one.

    `part` is the part of the picture that is compared (None: all of it). The lowest three rings
    keep their level, so that contrast stays; gains lie in [1 / most, most].
    """
    from scipy import fft

    gain = np.sqrt((profile + 1e-2) / (radial_profile(pixels if part is None else part) + 1e-2))
    gain = (gain / np.exp(np.log(gain[:3]).mean())).clip(1 / most, most)
    h, w = pixels.shape[:2]
    pad = 12
    # mirrored at both ends, at the far one up to a length whose transform is quick
    ends = [(pad, fft.next_fast_len(side + 2 * pad, real=True) - side - pad) for side in (h, w)]
    wide = np.pad(pixels.astype(np.float32), (*ends, (0, 0)), mode="symmetric")
    at = _radial_bins(*wide.shape[:2])
    amount = np.interp(at, np.arange(PROFILE_BINS) + 0.5, gain).astype(np.float32)
    spectrum = fft.rfft2(wide, axes=(0, 1)) * amount[..., None]
    out = fft.irfft2(spectrum, s=wide.shape[:2], axes=(0, 1))[pad : pad + h, pad : pad + w]
    return np.clip(np.rint(out), 0, 255).astype(np.uint8)


#: Interpolations of `resample`; Pillow's `resize` is antialiased with them, its `transform` not.
ANTIALIASED = ("box", "bilinear", "hamming", "bicubic", "lanczos")
DIRECT = ("nearest", "bilinear", "bicubic")


def resample(pixels: Pixels, rng: np.random.Generator, least: int = 128) -> Pixels:
    """A picture as programs scale, turn and align it: random geometry and interpolation.

    Four in ten are resized with antialiasing, two in ten twice (down or up, then to near their
    first size); the others are turned by up to 20 degrees, sheared and scaled by one of the direct
    interpolations, as collections of aligned faces are made. Factors lie in [0.5, 2.2]; no side
    gets shorter than `least` unless it was. Some are sharpened, blurred or compressed on the way.
    """
    if rng.random() < 0.3:
        pixels = recompress(pixels, rng, 60, 98)
    low = max(0.5, min(1.0, least / min(pixels.shape[:2])))
    factor = float(np.exp(rng.uniform(np.log(low), np.log(2.2))))
    draw, image = rng.random(), Image.fromarray(pixels)
    if draw < 0.6:
        name = str(rng.choice(ANTIALIASED)).upper()
        size = tuple(max(1, round(side * factor)) for side in image.size)
        if draw >= 0.4:
            back = float(rng.uniform(0.9, 1.1))
            first = image.size
            image = image.resize(size, Image.Resampling[name])
            name = str(rng.choice(ANTIALIASED)).upper()
            size = tuple(max(least, round(side * back)) for side in first)
        image = image.resize(size, Image.Resampling[name])
    else:
        angle, shear = rng.uniform(-0.35, 0.35), rng.uniform(-0.08, 0.08)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        inverse = turn @ np.array([[1.0, shear], [0.0, 1.0]]) / factor
        # the part that lies inside the picture after turning, so that no border is made up
        w, h = image.size
        reach = np.abs(inverse).sum(1)
        side = int(min(w / reach[0], h / reach[1], 400))
        if side >= 0.85 * least:
            offset = np.array([w, h]) / 2 - inverse @ np.array([side, side]) / 2
            free = (np.array([w, h]) - reach * side) / 2
            offset += rng.uniform(-1, 1, 2) * np.maximum(free, 0)
            a, b = inverse
            image = image.transform(
                (side, side),
                Image.Transform.AFFINE,
                (a[0], a[1], offset[0], b[0], b[1], offset[1]),
                Image.Resampling[str(rng.choice(DIRECT)).upper()],
            )
    pixels = np.asarray(image)
    draw = rng.random()
    if draw < 0.15:
        return sharpen(pixels, float(rng.uniform(0.5, 2)), int(rng.integers(40, 200)))
    return blur(pixels, float(rng.uniform(0.3, 1.0))) if draw < 0.25 else pixels


def dihedral(pixels: Pixels, code: int) -> Pixels:
    """One of the eight flips and quarter turns (0 is the identity)."""
    turned = np.rot90(pixels, code % 4)
    return np.ascontiguousarray(turned[:, ::-1] if code >= 4 else turned)


def crop(pixels: Pixels, size: int, rng: np.random.Generator) -> Pixels:
    """A random `size` x `size` crop; pictures that are too small are mirrored at the border."""
    h, w = pixels.shape[:2]
    if h < size or w < size:
        pad = ((0, max(0, size - h)), (0, max(0, size - w)), (0, 0))
        pixels = np.pad(pixels, pad, mode="symmetric")
        h, w = pixels.shape[:2]
    y, x = int(rng.integers(h - size + 1)), int(rng.integers(w - size + 1))
    return pixels[y : y + size, x : x + size]


def recompress(pixels: Pixels, rng: np.random.Generator, low: int = 40, high: int = 100) -> Pixels:
    """JPEG at a uniform quality in [low, high], 4:2:0 or 4:4:4."""
    return jpeg(pixels, int(rng.integers(low, high + 1)), 2 if rng.random() < 0.6 else 0)


@dataclass(frozen=True, slots=True)
class Chain:
    """Probabilities and ranges of the common chain: crop, resize, filter, compress, crop, flip.

    The compression grid gets a random offset against the final crop. Blur and JPEG follow
    Wang et al. (CVPR 2020), with less blur, because heavy blur leaves nothing to learn from.
    """

    resize: float = 0.35
    factors: tuple[float, float] = (0.6, 1.35)
    blur: float = 0.2
    sigma: float = 1.2
    median: float = 0.03
    sharpen: float = 0.08
    noise: float = 0.08
    jpeg: float = 0.55
    webp: float = 0.08
    quality: tuple[int, int] = (40, 100)
    turn: bool = True

    def __call__(self, pixels: Pixels, size: int, rng: np.random.Generator) -> Pixels:
        """A (size, size, 3) uint8 crop."""
        margin = size + 8
        if rng.random() < self.resize:
            factor = float(np.exp(rng.uniform(*np.log(self.factors))))
            need = int(np.ceil(margin / factor)) + 1
            pixels = scale(crop(pixels, need, rng), factor, str(rng.choice(list(FILTERS))))
        pixels = crop(pixels, margin, rng)
        if rng.random() < self.blur:
            pixels = blur(pixels, float(rng.uniform(0, self.sigma)))
        if rng.random() < self.median:
            pixels = median(pixels)
        if rng.random() < self.sharpen:
            pixels = sharpen(pixels, float(rng.uniform(0.5, 1.5)), int(rng.integers(40, 150)))
        if rng.random() < self.noise:
            pixels = noise(pixels, float(rng.uniform(0.5, 4)), rng)
        draw = rng.random()
        if draw < self.jpeg:
            pixels = recompress(pixels, rng, *self.quality)
        elif draw < self.jpeg + self.webp:
            pixels = webp(pixels, int(rng.integers(self.quality[0], 96)))
        pixels = crop(pixels, size, rng)
        return dihedral(pixels, int(rng.integers(8))) if self.turn else np.ascontiguousarray(pixels)


def _long_edge(pixels: Pixels, edge: int) -> Pixels:
    longest = max(pixels.shape[:2])
    return pixels if longest <= edge else scale(pixels, edge / longest, "lanczos")


#: What happens to pictures on their way: name -> deterministic operation on a whole picture.
LAUNDERING: dict[str, Callable[[Pixels], Pixels]] = {
    "none": lambda p: p,
    **{
        f"JPEG {q} {'4:2:0' if s else '4:4:4'}": (lambda p, q=q, s=s: jpeg(p, q, s))
        for q in (95, 85, 75, 60, 40)
        for s in (2, 0)
    },
    "WebP 80": lambda p: webp(p, 80),
    **{
        f"resize {f} {n}": (lambda p, f=f, n=n: scale(p, f, n))
        for f in (0.75, 0.5, 0.25)
        for n in ("bilinear", "bicubic", "lanczos")
    },
    "blur 1": lambda p: blur(p, 1.0),
    "noise 0.02": lambda p: noise(p, 5.1, np.random.default_rng(0)),
    "messenger (1600 px, JPEG 72)": lambda p: jpeg(_long_edge(p, 1600), 72, 2),
    "network (1080 px, JPEG 85)": lambda p: jpeg(_long_edge(p, 1080), 85, 2),
}
