"""Resampling: was an area, or the picture, enlarged, shrunk or turned?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

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
    version="2",
    family="forensic",
    title="Resampling",
    question="Was an area, or the whole picture, enlarged, shrunk or turned?",
    how="Interpolated pixels depend on their neighbours in a pattern that repeats. One linear "
    "prediction from the eight neighbours is fitted to the whole picture by expectation and "
    "maximisation; the map of how well it predicts each pixel has sharp peaks in its spectrum "
    "where something was resampled. Each window is compared with all others of this picture. An "
    "area counts by the lesser of how far its peaks stand out and how far they stand alone among "
    "the frequencies around them: edges, blur and fine texture have no isolated ones. The "
    "second derivative along rows and columns is read for the same periods.",
    limits=(
        "JPEG at quality 85 and less hides it, and its own grid of 8 pixels cannot be told from "
        "factors that fall on it.",
        "Shrinking leaves little, shrinking to a half or less nothing; factors within about 10 % "
        "of 1 leave little that the scene does not have as well.",
        "Fabric, nets, blinds, brick and other regular patterns have isolated peaks of their own.",
        "A picture resized as a whole is ordinary: web sites and messengers do that.",
        "Untouched files of cameras have such an area too (6 of 32): alone it means little.",
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
#: Robust standard deviations, chosen on files of the camera models that may set thresholds
#: (`models.forensics.photographs`).
USUAL = 2.6
#: Peaks of the whole picture, over their surroundings, that are named.
WHOLE_PEAK = 12.0
#: Pixels used to fit the prediction, and steps of the fit.
_SAMPLES, _EM_STEPS = 60_000, 12
_UNIFORM = 1 / 256
_STRIP = 256
_NEIGHBOURS = tuple((y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0))
#: Frequencies below this share of the sampling frequency belong to the scene: in areas, where
#: edges and blur reach further, and in the whole picture, whose rows and columns are averaged.
_LOWEST, _LOWEST_OF_WHOLE = 0.12, 0.07
#: Spreads of the sharpness above the median from which on a window's peaks are compared with the
#: picture's own, and the sharpness of such a peak of the picture.
_DISCOUNTED, _OWN_PEAK = 1.0, 4.0
#: Directions (y, x) in bins in which the level beside a frequency is taken.
_DIRECTIONS = ((0, 4), (2, 4), (3, 3), (4, 2), (4, 0), (4, -2), (3, -3), (2, -4))
#: Least spread of the windows' peaks in octaves.
LEAST_SPREAD = 0.05
_RAMP = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
_TAPER = _RAMP[:, None] * _RAMP


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
    peaks = stand_out(windows, luma[1:-1, 1:-1])
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
    here = np.s_[found.top : found.top + found.height, found.left : found.left + found.width]
    alone = float(peaks.alone[here][textured[here]].mean(dtype=np.float64))
    value = max(min(found.deviation, alone), 0.0)
    middle = (found.top + found.height // 2, found.left + found.width // 2)
    y, x = peaks.frequency[middle]
    facts += [
        Fact("peaks_stand_out", round(found.deviation, 2), "robust sigma"),
        Fact("peaks_stand_alone", round(alone, 2), "robust sigma"),
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
    power = np.empty((tops.size, lefts.size, WINDOW, WINDOW // 2 + 1), np.float32)
    for row, top in enumerate(tops):
        if context is not None:
            context.step(0.4 + 0.4 * row / tops.size, "Spectra of windows")
        for column, left in enumerate(lefts):
            power[row, column] = _power(plane, top, left)
    begin = 1 + (WINDOW - step) // 2
    return Windows(power, step, (begin, begin))


def _power(plane: NDArray[np.float32], top: int, left: int) -> NDArray[np.float32]:
    """The power spectrum of one window, (WINDOW, WINDOW // 2 + 1) float32."""
    tile = plane[top : top + WINDOW, left : left + WINDOW]
    return np.asarray(np.abs(np.fft.rfft2((tile - tile.mean()) * _TAPER)) ** 2, np.float32)


@dataclass(frozen=True, slots=True)
class Peaks:
    """Per window: how far its highest peak stands out, its (y, x) frequency, how sharp it has one.

    `value` and `alone` are robust standard deviations above the median of all windows.
    """

    value: NDArray[np.float32]
    frequency: NDArray[np.float64]
    alone: NDArray[np.float32]


def stand_out(windows: Windows, luma: NDArray[np.float32]) -> Peaks:
    """The highest peak of every window against the same frequency in the whole picture.

    Neighbouring windows are averaged, since an area that was resampled has one frequency. The
    peaks are then compared with those of all windows: robust standard deviations above their
    median. The same is done with how far a peak rises above the frequencies around it, since
    interpolation has isolated ones, whereas an edge, a blur or fine texture of the scene fills
    whole lines and slopes of the spectrum; and a net or a fabric has its peak in the pixels
    themselves, whereas interpolation has it only in how well they are predicted.

    Parameters
    ----------
    windows
        Spectra of windows of the map of probabilities.
    luma
        (H, W) float32, the pixels that the map is of, without the border that it lacks.
    """
    power = windows.power
    rows, columns = power.shape[:2]
    allowed = _examined()
    usual = np.median(power.reshape(rows * columns, -1), axis=0).reshape(power.shape[2:])
    relative = power / np.maximum(usual, 1e-9)
    # a window's own level, so that contrast does not count
    middle = np.median(relative[..., allowed], axis=2)
    relative /= np.maximum(middle, 1e-9)[..., None, None]
    relative = ndimage.uniform_filter(relative, (3, 3, 1, 1), mode="nearest")
    at, highest, sharp = (np.empty((rows, columns), t) for t in (np.intp, np.float32, np.float32))
    for row, level in enumerate(relative):
        flat = np.where(allowed, level, 0).reshape(columns, -1)
        at[row], highest[row] = flat.argmax(axis=1), flat.max(axis=1)
        sharp[row] = np.where(allowed, _sharpness(level), 0).max(axis=(1, 2))
    alone = _in_spreads(sharp)
    for row, column in np.argwhere(alone > _DISCOUNTED):
        own = _sharpness(_power(luma, row * windows.step, column * windows.step)[None])[0]
        own = ndimage.maximum_filter(own, 3, mode="nearest")
        peaks = _sharpness(relative[row, column][None])[0] / np.where(own > _OWN_PEAK, own, 1)
        sharp[row, column] = peaks[allowed].max()
    frequency = np.stack(
        [
            np.fft.fftfreq(WINDOW)[at // power.shape[3]],
            np.fft.rfftfreq(WINDOW)[at % power.shape[3]],
        ],
        axis=-1,
    )
    return Peaks(_in_spreads(highest), np.abs(frequency), _in_spreads(sharp))


def _in_spreads(peaks: NDArray[np.float32]) -> NDArray[np.float32]:
    """Octaves of each window's peak above the median, in robust standard deviations of all."""
    octaves = np.log2(np.maximum(peaks, 1e-9))
    above = octaves - float(np.median(octaves))
    return np.asarray(above / max(1.4826 * float(np.median(np.abs(above))), LEAST_SPREAD))


def _examined() -> NDArray[np.bool_]:
    """(WINDOW, WINDOW // 2 + 1) bool: frequencies that neither scene, JPEG nor sensor explain."""
    y = np.abs(np.fft.fftfreq(WINDOW))[:, None]
    x = np.fft.rfftfreq(WINDOW)[None, :]
    off_y, off_x = (np.abs(v * 8 - np.rint(v * 8)) / 8 for v in (y, x))
    # JPEG's blocks have all multiples of 1/8. What their borders cut changes slowly along them,
    # so that each line of such points is drawn out along the other axis.
    near, drawn_out = 1.5 / WINDOW, 0.04
    blocks = (off_x < near) & (off_y < np.where(x > near, drawn_out, near))
    blocks |= (off_y < near) & (off_x < np.where(y > near, drawn_out, near))
    # The green of a colour filter array mirrors what is coarse about half the sampling rate.
    mirrored = np.hypot(0.5 - y, 0.5 - x) < 0.05
    return np.asarray((np.hypot(y, x) > _LOWEST) & ~blocks & ~mirrored)


def _sharpness(power: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each frequency over the mean level on both sides, in the direction in which it is highest.

    A peak under a Hann taper is three bins wide, and stands alone in every direction; a line of
    the spectrum that passes through goes on in one. `power` is (n, WINDOW, WINDOW // 2 + 1) as
    rfft2 orders it; beyond the half plane it is mirrored.
    """
    reach, (_, height, width) = 5, power.shape
    mirror = np.roll(power[:, ::-1], 1, axis=1)
    plane = np.concatenate([mirror[..., reach:0:-1], power, mirror[..., -2 : -2 - reach : -1]], 2)
    plane = np.pad(plane, ((0, 0), (reach, reach), (0, 0)), "wrap")
    plane = ndimage.uniform_filter(plane, (1, 3, 3), mode="nearest")

    def moved(y: int, x: int) -> NDArray[np.float32]:
        return plane[:, reach + y : reach + y + height, reach + x : reach + x + width]

    around = reduce(np.maximum, (moved(y, x) + moved(-y, -x) for y, x in _DIRECTIONS)) / 2
    return np.asarray(power / np.maximum(around, 1e-9), np.float32)


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
        ratio[frequency < _LOWEST_OF_WHOLE] = 0
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
