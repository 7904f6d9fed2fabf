"""Frequency split: coarse structure and fine detail apart, or the spectrum itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from telltale.looking.arithmetic import Floats, channel, channel_parameter, spread
from telltale.looking.glass import Glass, Parameter, Pixels, Sight, Values

#: Samples of the mask's radius from the centre of the spectrum to its corner.
_SAMPLES = 256
#: The spectrum as a figure is at most so large.
_FIGURE = 1024


def profile(radius: float, width: float) -> NDArray[np.float64]:
    """A filled circle blurred by a Gaussian, from its centre (1) outwards to the corner.

    `radius` and the kernel's half-length `width` are shares of the way to the corner; the
    Gaussian's standard deviation is 0.3 of its half-length, as OpenCV has it. (257,) float64.
    """
    reach = np.arange(-_SAMPLES, _SAMPLES + 1) / _SAMPLES
    inside = (np.hypot(reach[:, None], reach[None]) <= radius).astype(np.float64)
    if width > 0:
        half = max(1, round(width * _SAMPLES))
        weights = np.exp(-0.5 * (np.arange(-half, half + 1) / (0.3 * half + 0.5)) ** 2)
        weights /= weights.sum()
        down = np.apply_along_axis(np.convolve, 0, inside, weights, "same")[_SAMPLES]
        row = np.convolve(down, weights, "same")
    else:
        row = inside[_SAMPLES]
    out = row[_SAMPLES:]
    return out / max(out[0], 1e-12)


def split(grey: Pixels, radius: float, width: float, low: bool) -> Floats:
    """|the part below (or above) the mask| of (h, w) uint8, padded with zeros, float32."""
    from scipy import fft

    height, width_px = grey.shape
    rows, columns = (fft.next_fast_len(n, real=True) for n in (height, width_px))
    spectrum = fft.rfft2(grey.astype(np.float32), (rows, columns))
    down = np.abs(np.fft.fftfreq(rows, 1 / rows)).astype(np.float32)
    across = np.arange(columns // 2 + 1, dtype=np.float32)
    shape = profile(radius, width).astype(np.float32)
    if not low:
        shape = 1 - shape
    step = np.float32((len(shape) - 1) / (np.hypot(rows, columns) / 2))
    for k in range(rows):
        distance = np.sqrt(across * across + down[k] * down[k]) * step
        at = np.minimum(distance.astype(np.int32), len(shape) - 2)
        rest = distance - at
        spectrum[k] *= shape[at] * (1 - rest) + shape[at + 1] * rest
    back = fft.irfft2(spectrum, (rows, columns), overwrite_x=True)
    return np.abs(back[:height, :width_px])


def magnitude(grey: Pixels) -> Floats:
    """log10(1 + |spectrum|) of the middle of (h, w) uint8 through a Hann window, centred."""
    from scipy import fft

    side = min(*grey.shape, _FIGURE)
    top, left = (grey.shape[0] - side) // 2, (grey.shape[1] - side) // 2
    part = grey[top : top + side, left : left + side].astype(np.float32)
    window = np.hanning(side).astype(np.float32)
    found = fft.fft2((part - part.mean()) * window[:, None] * window)
    return np.log10(1 + np.abs(fft.fftshift(found)))


def draw(pixels: Pixels, values: Values) -> Sight:
    """The low or the high frequencies as a picture, or the magnitudes as a figure."""
    grey = channel(pixels, values["channel"])
    if values["show"] == "spectrum":
        image, low, high = spread(magnitude(grey))
        return Sight(image, _SPECTRUM, round(low, 2), round(high, 2), "log10", "figure")
    radius, width = float(values["radius"]) / 100, float(values["softness"]) / 100
    found = split(grey, radius, width, values["show"] == "low_frequencies")
    image, low, high = spread(found)
    return Sight(image, _MEANING, round(low, 2), round(high, 2), "grey levels")


_MEANING = (
    "The high frequencies are edges, texture and noise. An area without them beside a sharp one "
    "was smoothed, enlarged or is out of focus; a lattice comes from enlarging or from printing."
)
_SPECTRUM = (
    "The middle of the picture, coarse structure in the centre, fine detail outwards. Single "
    "bright dots away from the axes come from regular patterns: print, screens, enlarging, some "
    "generators."
)
_SHOWN = ("high_frequencies", "low_frequencies", "spectrum")
GLASS = Glass(
    "frequency_split",
    "Frequency split",
    "Separates coarse structure from fine detail at a radius of the spectrum, or shows the "
    "spectrum.",
    draw,
    (
        channel_parameter(),
        Parameter(
            "show",
            "Show",
            "high_frequencies",
            choices=("high_frequencies", "low_frequencies", "spectrum"),
        ),
        Parameter("radius", "Radius, % of the way to the corner", 15, 0, 100),
        Parameter("softness", "Softness of the cut, %", 25, 0, 100),
    ),
    ("scipy",),
)
