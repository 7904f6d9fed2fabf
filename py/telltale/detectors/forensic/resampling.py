"""Resampling: was an area, or the picture, enlarged, shrunk or turned?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from telltale.detectors._shared import admission
from telltale.detectors._shared.blocks import block_mean
from telltale.detectors._shared.codec_grid import coded_map, upright_region
from telltale.detectors._shared.outlying_box import outlying_box
from telltale.detectors._shared.texture import CELL, texture
from telltale.finding import Card, Fact, Finding, Inapplicable, Map, Part, Reference, Score, ok
from telltale.runtime.context import Context
from telltale.scene import Scene

CARD = Card(
    id="resampling",
    version="1",
    family="forensic",
    title="Resampling",
    question="Was an area, or the whole picture, enlarged, shrunk or turned?",
    how="Interpolated pixels depend on their neighbours in a pattern that repeats. One linear "
    "prediction from the eight neighbours is fitted to the whole picture by expectation and "
    "maximisation; the map of how well it predicts each pixel has sharp peaks in its spectrum "
    "where something was resampled. Each window is compared with all others of this picture. The "
    "second derivative along rows and columns is read for the same periods.",
    limits=(
        "JPEG at quality 85 and less hides it, and its own grid of 8 pixels cannot be told from "
        "factors that fall on it.",
        "Shrinking leaves little, shrinking to a half or less nothing.",
        "Fabric, blinds, brick and other regular patterns have peaks of their own.",
        "A picture resized as a whole is ordinary: web sites and messengers do that.",
        "In untouched files of 12 megapixels and more from cameras such peaks are common; there "
        "they mean little.",
    ),
    references=(
        Reference(
            "A. C. Popescu, H. Farid",
            "Exposing Digital Forgeries by Detecting Traces of Resampling (the map, with 3 x 3 "
            "neighbours)",
            "IEEE Transactions on Signal Processing 53(2)",
            2005,
            "https://doi.org/10.1109/TSP.2004.839932",
        ),
        Reference(
            "B. Mahdian, S. Saic",
            "Blind Authentication Using Periodic Properties of Interpolation (the second "
            "derivative, along rows and columns)",
            "IEEE Transactions on Information Forensics and Security 3(3)",
            2008,
            "https://doi.org/10.1109/TIFS.2004.924603",
        ),
    ),
)

#: Side of a window in pixels, the most windows, and the least step between them.
WINDOW, MOST_WINDOWS, LEAST_STEP = 128, 1600, 32
#: Robust standard deviations that 98 in 100 of our untouched development photographs stay under.
USUAL = 4.5
#: Peaks of the whole picture, over their surroundings, that are named.
WHOLE_PEAK = 12.0
#: Pixels used to fit the prediction, and steps of the fit.
_SAMPLES, _EM_STEPS = 60_000, 12
_UNIFORM = 1 / 256
_STRIP = 256
_NEIGHBOURS = tuple((y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0))
#: Frequencies below this share of the sampling frequency belong to the scene.
_LOWEST = 0.07


def applicable(scene: Scene) -> Inapplicable | None:
    """At least 320 pixels on the shorter side, original pixels, 20 % of them textured."""
    return (
        admission.large_enough(scene.media, 320)
        or admission.not_redrawn(scene.media)
        or admission.enough_texture(texture(scene), 0.2)
    )


def run(scene: Scene, context: Context) -> Finding:
    """The window whose peak stands out most, its frequency, and the periods of the whole."""
    media, luma = scene.media, scene.coded_luma
    weights, sigma = prediction(luma)
    likely = probability(luma, weights, sigma, context)
    windows = window_spectra(likely, context)
    context.step(0.9, "Looking for peaks")
    peaks = stand_out(windows)
    cells = texture(scene).usable
    textured = _textured(cells, windows, peaks.value.shape)
    level = np.where(textured, peaks.value, 0.0)
    found = outlying_box(level, textured)
    whole = second_derivative(luma)
    facts = [
        Fact("windows", int(peaks.value.size)),
        Fact("prediction_error", round(sigma, 3), "grey levels"),
        Fact("second_derivative_peak", round(whole.value, 1), "over its surroundings"),
    ]
    if whole.value > WHOLE_PEAK:
        facts += [
            Fact("second_derivative_frequency", round(whole.frequency, 4), "cycles per pixel"),
            Fact("factor_if_below_2", round(1 / (1 - whole.frequency), 3)),
            Fact("factor_if_above_2", round(1 / whole.frequency, 3)),
        ]
    maps = (
        coded_map(
            media,
            "resampled",
            level,
            windows.step,
            0.0,
            8.0,
            unit="robust sigma",
            offset=windows.offset,
            meaning="How far the sharpest spectral peak of each window stands out from those of "
            "the other windows. High where pixels repeat an interpolation pattern of their own.",
        ),
        _shown(likely),
    )
    if found is None:
        sentence = "The textured parts are too scattered to compare areas; see the map."
        return ok(CARD, sentence, maps=maps, facts=tuple(facts))
    value = max(found.deviation, 0.0)
    middle = (found.top + found.height // 2, found.left + found.width // 2)
    y, x = peaks.frequency[middle]
    facts += [
        Fact("peak_x", round(float(x), 4), "cycles per pixel"),
        Fact("peak_y", round(float(y), 4), "cycles per pixel"),
    ]
    size = (found.top, found.left, found.height, found.width)
    region = upright_region(media, *size, windows.step, windows.offset)
    score = Score(
        value,
        "peaks of the area that stands out most",
        "higher_is_suspicious",
        0.0,
        10.0,
        "robust sigma",
    )
    return ok(
        CARD,
        _sentence(value, whole),
        score,
        maps=maps,
        facts=tuple(facts),
        parts=(Part(region, value, sentence="The area that stands out most."),),
    )


def prediction(luma: NDArray[np.float32]) -> tuple[NDArray[np.float64], float]:
    """Weights of the eight neighbours that predict most pixels, and the error's deviation.

    Popescu & Farid 2005, section III: pixels either follow the prediction up to a normal error or
    are uniformly distributed; expectation and maximisation alternate between the two.
    """
    height, width = luma.shape
    number = (height - 2) * (width - 2)
    # an odd stride that is no multiple of the row length, so that every phase is met
    at = np.arange(0, number, max(1, number // _SAMPLES) | 1)
    y, x = 1 + at // (width - 2), 1 + at % (width - 2)
    near = np.stack([luma[y + dy, x + dx] for dy, dx in _NEIGHBOURS], axis=1).astype(float)
    centre = luma[y, x].astype(float)
    inside = (centre > 2) & (centre < 253)
    near, centre = near[inside], centre[inside]
    weights, sigma = np.full(8, 1 / 8), 4.0
    for _ in range(_EM_STEPS):
        error = centre - near @ weights
        density = np.exp(-0.5 * (error / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi))
        belongs = density / (density + _UNIFORM)
        sigma = max(float(np.sqrt((belongs @ error**2) / belongs.sum())), 0.3)
        weighted = near * belongs[:, None]
        weights = np.linalg.lstsq(weighted.T @ near, weighted.T @ centre, rcond=1e-9)[0]
    return weights, sigma


def probability(
    luma: NDArray[np.float32],
    weights: NDArray[np.float64],
    sigma: float,
    context: Context | None = None,
) -> NDArray[np.float32]:
    """(H - 2, W - 2) float32 in [0, 1]: the probability that a pixel follows the prediction."""
    height, width = luma.shape
    out = np.empty((height - 2, width - 2), np.float32)
    scale = np.float32(1 / (sigma * np.sqrt(2 * np.pi)))
    for top in range(0, height - 2, _STRIP):
        if context is not None:
            context.step(0.4 * top / height, "Predicting pixels")
        bottom = min(top + _STRIP, height - 2)
        error = luma[top + 1 : bottom + 1, 1:-1].copy()
        for weight, (dy, dx) in zip(weights.astype(np.float32), _NEIGHBOURS, strict=True):
            rows = luma[top + 1 + dy : bottom + 1 + dy]
            error -= weight * rows[:, 1 + dx : width - 1 + dx]
        error /= np.float32(sigma)
        error *= error
        density = scale * np.exp(np.float32(-0.5) * error)
        out[top:bottom] = density / (density + np.float32(_UNIFORM))
    return out


@dataclass(frozen=True, slots=True)
class Windows:
    """Power spectra of windows: (rows, columns, WINDOW, WINDOW // 2 + 1), and where they lie.

    `offset` is where the cell of `step` pixels in the middle of the first window begins.
    """

    power: NDArray[np.float32]
    step: int
    offset: tuple[int, int]


def window_spectra(plane: NDArray[np.float32], context: Context | None = None) -> Windows:
    """The power spectra of overlapping windows under a Hann taper."""
    height, width = (n - WINDOW for n in plane.shape)
    step = max(LEAST_STEP, int(np.ceil(np.sqrt(height * width / MOST_WINDOWS) / 8)) * 8)
    tops, lefts = np.arange(0, height + 1, step), np.arange(0, width + 1, step)
    ramp = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
    taper = ramp[:, None] * ramp
    power = np.empty((tops.size, lefts.size, WINDOW, WINDOW // 2 + 1), np.float32)
    for row, top in enumerate(tops):
        if context is not None:
            context.step(0.4 + 0.4 * row / tops.size, "Spectra of windows")
        for column, left in enumerate(lefts):
            tile = plane[top : top + WINDOW, left : left + WINDOW]
            power[row, column] = np.abs(np.fft.rfft2((tile - tile.mean()) * taper)) ** 2
    begin = 1 + (WINDOW - step) // 2
    return Windows(power, step, (begin, begin))


@dataclass(frozen=True, slots=True)
class Peaks:
    """Per window: how far its highest peak stands out, and its (y, x) frequency."""

    value: NDArray[np.float32]
    frequency: NDArray[np.float64]


def stand_out(windows: Windows) -> Peaks:
    """The highest peak of every window against the same frequency in the whole picture.

    Neighbouring windows are averaged, since an area that was resampled has one frequency. The
    peaks are then compared with those of all windows: robust standard deviations above their
    median.
    """
    power = windows.power
    rows, columns = power.shape[:2]
    y = np.fft.fftfreq(WINDOW)[:, None]
    x = np.fft.rfftfreq(WINDOW)[None, :]
    allowed = np.hypot(y, x) > _LOWEST
    # lines every 8 pixels are JPEG's, those every 2 a colour filter array's
    near = np.abs(y * 8 - np.rint(y * 8)) < 12 / WINDOW
    allowed &= ~(near & (np.abs(x * 8 - np.rint(x * 8)) < 12 / WINDOW))
    usual = np.median(power.reshape(rows * columns, -1), axis=0).reshape(power.shape[2:])
    relative = np.where(allowed, power / np.maximum(usual, 1e-9), 0)
    # a window's own level, so that contrast does not count
    middle = np.median(relative[..., allowed], axis=2)
    relative /= np.maximum(middle, 1e-9)[..., None, None]
    relative = ndimage.uniform_filter(relative, (3, 3, 1, 1), mode="nearest")
    flat = relative.reshape(rows, columns, -1)
    at = flat.argmax(axis=2)
    highest = np.log2(np.maximum(flat.max(axis=2), 1e-9))
    centre = float(np.median(highest))
    spread = max(1.4826 * float(np.median(np.abs(highest - centre))), 0.05)
    frequency = np.stack(
        [
            np.fft.fftfreq(WINDOW)[at // power.shape[3]],
            np.fft.rfftfreq(WINDOW)[at % power.shape[3]],
        ],
        axis=-1,
    )
    value = (highest - centre) / spread
    return Peaks(value.astype(np.float32), np.abs(frequency))


@dataclass(frozen=True, slots=True)
class Period:
    """The strongest period of the whole picture along rows or columns."""

    value: float
    frequency: float


def second_derivative(luma: NDArray[np.float32]) -> Period:
    """The strongest periodicity of the magnitude of the second derivative (Mahdian & Saic 2008).

    Averaged along columns and along rows; the spectrum's peak over the median of its surroundings.
    Multiples of 1/8, which JPEG has, and a half, which colour filter arrays have, are left out.
    """
    best = Period(0.0, 0.0)
    for turned in (False, True):
        plane = luma.T if turned else luma
        total = np.zeros(plane.shape[1] - 2)
        for top in range(0, plane.shape[0], _STRIP):
            strip = np.ascontiguousarray(plane[top : top + _STRIP])
            second = np.abs(2 * strip[:, 1:-1] - strip[:, :-2] - strip[:, 2:])
            total += np.minimum(second, 16).sum(axis=0, dtype=np.float64)
        total -= ndimage.uniform_filter1d(total, 33, mode="nearest")
        spectrum = np.abs(np.fft.rfft(total * np.hanning(total.size)))
        frequency = np.fft.rfftfreq(total.size)
        level = ndimage.median_filter(spectrum, 65, mode="nearest")
        ratio = spectrum / np.maximum(level, 1e-9)
        width = 4 / total.size
        ratio[np.abs(frequency * 8 - np.rint(frequency * 8)) < 8 * width] = 0
        ratio[frequency < _LOWEST] = 0
        at = int(np.argmax(ratio))
        if ratio[at] > best.value:
            best = Period(float(ratio[at]), float(frequency[at]))
    return best


def _textured(
    usable: NDArray[np.bool_], windows: Windows, shape: tuple[int, ...]
) -> NDArray[np.bool_]:
    """Which windows are at least half textured."""
    size = WINDOW // CELL
    mean = ndimage.uniform_filter(usable.astype(np.float32), size, mode="nearest")
    y = np.minimum((np.arange(shape[0]) * windows.step + WINDOW // 2) // CELL, usable.shape[0] - 1)
    x = np.minimum((np.arange(shape[1]) * windows.step + WINDOW // 2) // CELL, usable.shape[1] - 1)
    return np.asarray(mean[np.ix_(y, x)] > 0.5)


def _shown(likely: NDArray[np.float32]) -> Map:
    """The spectrum of the whole map of probabilities, zero frequency in the middle."""
    size = 512 if min(likely.shape) >= 512 else 256
    top, left = ((n - size) // 2 for n in likely.shape)
    tile = likely[top : top + size, left : left + size]
    ramp = np.hanning(size + 1)[:-1].astype(np.float32)
    power = np.abs(np.fft.fft2((tile - tile.mean()) * ramp[:, None] * ramp)) ** 2
    level = 10 * np.log10(np.fft.fftshift(power) + 1e-3)
    shown = block_mean(level, 2)
    low, high = float(np.percentile(shown, 5)), float(np.percentile(shown, 99.9))
    return Map(
        "prediction_spectrum",
        shown,
        low,
        high,
        "dB",
        meaning="Spectrum of the map of predicted pixels in the middle of the picture, zero "
        "frequency in the middle. Resampling shows as isolated points.",
        space="frequency",
    )


def _sentence(value: float, whole: Period) -> str:
    also = (
        f" The picture as a whole repeats {whole.frequency:.3f} times per pixel in its second "
        "derivative, as when it was resized."
        if whole.value > WHOLE_PEAK
        else ""
    )
    if value <= USUAL:
        return f"No area shows a resampling pattern of its own.{also}"
    return (
        "One area repeats an interpolation pattern that the rest of the picture lacks: it may have "
        f"been enlarged, shrunk or turned. A regular texture would explain it too.{also}"
    )
