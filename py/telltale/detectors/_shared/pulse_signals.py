"""The blood volume pulse from mean skin colours: green channel, CHROM and POS.

Each takes (n, 3) float64 mean red, green, blue of skin in n frames at a steady rate. SciPy is
imported where it is needed.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Seconds of a window in CHROM and POS.
WINDOW_S = 1.6
#: The band of a heart in hertz: 42 to 180 beats per minute.
BAND = (0.7, 3.0)
#: Half the width in hertz of a peak, as in de Haan and Jeanne's signal-to-noise ratio.
PEAK_HZ = 0.1


def chrom(rgb: Floats, rate: float) -> Floats:
    """(m,) the chrominance signal, m up to half a window short of n.

    G. de Haan, V. Jeanne, "Robust pulse rate from chrominance-based rPPG", IEEE TBME 60(10), 2013,
    section II-D: windows of 1.6 s overlapping by half, X = 3R - 2G, Y = 1.5R + G - 1.5B of colours
    over their mean, both in 0.7 to 2.5 Hz (Butterworth of order 3, forward and backward),
    S = X - (std X / std Y) Y under a Hann window, added up.
    """
    from scipy import signal

    band = signal.butter(3, [0.7 / (rate / 2), 2.5 / (rate / 2)], "bandpass")
    half = (math.ceil(WINDOW_S * rate) + 1) // 2
    count = (len(rgb) - half) // half
    out = np.zeros(half * (count + 1))
    hann = signal.windows.hann(2 * half)
    for k in range(count):
        part = rgb[k * half : (k + 2) * half]
        c = part / part.mean(0)
        x = signal.filtfilt(*band, 3 * c[:, 0] - 2 * c[:, 1])
        y = signal.filtfilt(*band, 1.5 * c[:, 0] + c[:, 1] - 1.5 * c[:, 2])
        out[k * half : (k + 2) * half] += (x - _ratio(x, y) * y) * hann
    return out


def pos(rgb: Floats, rate: float) -> Floats:
    """(n,) the signal of the plane orthogonal to the skin tone.

    W. Wang, A. C. den Brinker, S. Stuijk, G. de Haan, "Algorithmic principles of remote PPG", IEEE
    TBME 64(7), 2017, algorithm 1, every window [k, k + 1.6 s) added up; then, as in common
    implementations, detrended (lambda 100) and passed through 0.75 to 3 Hz (Butterworth of order
    1, forward and backward).
    """
    from scipy import signal

    length = math.ceil(WINDOW_S * rate)
    out = np.zeros(len(rgb))
    for start in range(len(rgb) - length):
        part = rgb[start : start + length]
        c = part / part.mean(0)
        x = c[:, 1] - c[:, 2]
        y = c[:, 1] + c[:, 2] - 2 * c[:, 0]
        h = x + _ratio(x, y) * y
        out[start : start + length] += h - h.mean()
    band = signal.butter(1, [0.75 / (rate / 2), 3 / (rate / 2)], "bandpass")
    return np.asarray(signal.filtfilt(*band, detrend(out, 100.0)), np.float64)


def green(rgb: Floats, rate: float) -> Floats:
    """(n,) the green channel over its mean, detrended, in 0.75 to 3 Hz.

    W. Verkruysse, L. O. Svaasand, J. S. Nelson, "Remote plethysmographic imaging using ambient
    light", Optics Express 16(26), 2008.
    """
    from scipy import signal

    band = signal.butter(1, [0.75 / (rate / 2), 3 / (rate / 2)], "bandpass")
    level = rgb[:, 1] / rgb[:, 1].mean()
    return np.asarray(signal.filtfilt(*band, detrend(level, 100.0)), np.float64)


def detrend(values: Floats, weight: float) -> Floats:
    """(n,) minus its smooth part: (I - (I + weight^2 D'D)^-1) z, D the second difference.

    M. P. Tarvainen, P. O. Ranta-aho, P. A. Karjalainen, "An advanced detrending method with
    application to HRV analysis", IEEE TBME 49(2), 2002, equation 4.
    """
    from scipy.linalg import solveh_banded

    n = len(values)
    if n < 3:
        return np.zeros(n)
    bands = np.zeros((3, n))  # the diagonal last, as SciPy's upper form wants
    d = weight**2
    bands[2, :-2] += d
    bands[2, 1:-1] += 4 * d
    bands[2, 2:] += d
    bands[1, 1:-1] += -2 * d
    bands[1, 2:] += -2 * d
    bands[0, 2:] += d
    bands[2] += 1
    return np.asarray(values - solveh_banded(bands, values), np.float64)


def spectrum(wave: Floats, rate: float) -> tuple[Floats, Floats]:
    """Frequencies in hertz and power of a wave under a Hann window, in steps below 0.01 Hz."""
    size = 1 << math.ceil(math.log2(max(len(wave), rate / 0.01)))
    shaped = (wave - wave.mean()) * np.hanning(len(wave))
    power = np.abs(np.fft.rfft(shaped, size)) ** 2
    return np.asarray(np.fft.rfftfreq(size, 1 / rate)), np.asarray(power, np.float64)


def peak(wave: Floats, rate: float) -> tuple[float, float]:
    """The strongest frequency in `BAND` in beats per minute, and its signal-to-noise ratio in dB.

    The ratio of de Haan and Jeanne (2013): power within `PEAK_HZ` of the frequency and within
    twice that of its first harmonic, to the rest of 0.7 to 4 Hz. A window shorter than 1 / PEAK_HZ
    seconds has wider peaks, and both widths grow with it.
    """
    f, power = spectrum(wave, rate)
    inside = (f >= BAND[0]) & (f <= BAND[1])
    if not inside.any() or power[inside].max() <= 0:
        return 0.0, -99.0
    best = float(f[inside][np.argmax(power[inside])])
    width = max(PEAK_HZ, 2 * rate / len(wave))
    whole = (f >= 0.7) & (f <= 4.0)
    ours = whole & ((np.abs(f - best) <= width) | (np.abs(f - 2 * best) <= 2 * PEAK_HZ))
    rest = float(power[whole & ~ours].sum())
    return 60 * best, float(10 * np.log10(power[ours].sum() / max(rest, 1e-300)))


def phase_lock(first: Floats, second: Floats, rate: float, bpm: float) -> float:
    """How steadily two waves keep their phase at a frequency: 1 locked, near 0 unrelated.

    The length of the mean unit phasor of their cross-spectrum over windows of four beats,
    overlapping by half.
    """
    n = min(len(first), len(second))
    width = min(n, round(4 * 60 / bpm * rate))
    turn = np.exp(-2j * np.pi * bpm / 60 * np.arange(n) / rate)
    a, b = first[:n] * turn, second[:n] * turn
    shape = np.hanning(width)
    phasors = []
    for start in range(0, n - width + 1, max(1, width // 2)):
        x = (a[start : start + width] * shape).sum()
        y = (b[start : start + width] * shape).sum()
        if abs(x) * abs(y) > 0:
            phasors.append(x * np.conj(y) / (abs(x) * abs(y)))
    return float(abs(np.mean(phasors))) if phasors else 0.0


def _ratio(x: Floats, y: Floats) -> float:
    spread = float(y.std())
    return float(x.std()) / spread if spread > 0 else 0.0
