"""Pulse: the colour of skin that changes with every beat of the heart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from telltale.detectors._shared import pulse_signals
from telltale.faces import skin
from telltale.finding import Card, Fact, Inapplicable, Reference
from telltale.runtime.context import Context
from telltale.series import FaceFrame, Lane, Outcome, Reading, Series, nothing_seen, refuse

CARD = Card(
    id="pulse",
    version="1",
    family="biological",
    title="Pulse in the skin",
    question="Does the colour of the skin change with a heartbeat, the same everywhere?",
    how="The mean colour of forehead and both cheeks is followed from frame to frame. Three "
    "published methods (green channel, CHROM, POS) turn it into a wave; a pulse is reported only "
    "where methods and regions agree on one rate well above the noise, and the head does not move "
    "at that rate.",
    limits=(
        "Not measurable is the usual answer: compression, small faces, make-up, motion and "
        "flickering light all erase a change of a thousandth of the brightness.",
        "A pulse proves nothing: current face swaps inherit the pulse of the person filmed. None "
        "proves nothing either.",
        "Not a medical device.",
    ),
    references=(
        Reference(
            "W. Wang, A. C. den Brinker, S. Stuijk, G. de Haan",
            "Algorithmic Principles of Remote PPG",
            "IEEE Transactions on Biomedical Engineering",
            2017,
            "https://doi.org/10.1109/TBME.2016.2609282",
        ),
        Reference(
            "G. de Haan, V. Jeanne",
            "Robust Pulse Rate From Chrominance-Based rPPG",
            "IEEE Transactions on Biomedical Engineering",
            2013,
            "https://doi.org/10.1109/TBME.2013.2266196",
        ),
        Reference(
            "C. Seibold, E. Wisotzky, A. Beckmann, B. Kossack, A. Hilsmann, P. Eisert",
            "High-quality deepfakes have a heart!",
            "Frontiers in Imaging",
            2025,
            "https://doi.org/10.3389/fimag.2025.1504551",
        ),
    ),
    weak=True,
)
LANE = Lane("geometry", "wave of the skin's colour (POS)", "none", -3.0, 3.0, "deviations")

#: Least seconds without a gap, frames a second, and width of the face in pixels.
LEAST_S, LEAST_FPS, LEAST_WIDTH = 8.0, 11.5, 70.0
#: A longer pause between two frames is a gap.
_GAP_S = 0.25
#: The rate that readings are brought to, in hertz.
_RATE = 30.0
#: Least signal-to-noise ratio in dB: white noise of ten seconds exceeds it once in a hundred.
LEAST_SNR = 4.0
#: Rates that agree are within this many beats per minute.
_AGREE = 4.0
_METHODS = {
    "green": pulse_signals.green,
    "chrom": pulse_signals.chrom,
    "pos": pulse_signals.pos,
}


def measure(frame: FaceFrame, context: Context) -> Reading:
    """The mean green of the skin; extra are nine colours and the face's place and width."""
    del context
    width = frame.face.quality["width_px"]
    if width < LEAST_WIDTH:
        return Reading(None, Inapplicable("face_too_small"))
    colours = skin.mean_colours(frame.pixels, frame.face.mesh)
    if colours is None:
        return Reading(None, Inapplicable("flat_or_saturated", "Too little bare skin is visible."))
    centre = frame.face.mesh[:, :2].mean(0)
    extra = np.concatenate([colours.ravel(), centre, [width]])
    return Reading(float(colours[:, 1].mean()), extra=extra)


def conclude(series: Series) -> Outcome:
    """A rate where methods and regions agree, else why there is none."""
    if not series.times:
        return nothing_seen(series)
    first, last = longest_run(series.t, _GAP_S)
    t = series.t[first:last]
    flat = np.full(len(series.times), np.nan)
    span = float(t[-1] - t[0]) if len(t) > 1 else 0.0
    if span < LEAST_S:
        why = (
            f"The face is seen for {span:.1f} s without a gap; a pulse needs at least "
            f"{LEAST_S:.0f} s."
        )
        return _none("too_short", why, (), flat)
    if (len(t) - 1) / span < LEAST_FPS:
        return _none("frame_rate_too_low", "", (), flat)
    steady = np.arange(0.0, span, 1 / _RATE)
    extra = series.extra[first:last]
    even = np.column_stack([np.interp(steady, t - t[0], column) for column in extra.T])
    return _judge(series, even, (first, last), steady, t)


def _judge(
    series: Series,
    even: NDArray[np.float64],
    run: tuple[int, int],
    steady: NDArray[np.float64],
    t: NDArray[np.float64],
) -> Outcome:
    names = list(skin.REGIONS)
    whole = even[:, :9].reshape(len(even), 3, 3)
    mean = whole.mean(1)
    rates = {name: pulse_signals.peak(f(mean, _RATE), _RATE) for name, f in _METHODS.items()}
    waves = [pulse_signals.pos(whole[:, k], _RATE) for k in range(3)]
    local = [pulse_signals.peak(wave, _RATE) for wave in waves]
    wave = pulse_signals.pos(mean, _RATE)
    bpm, snr = rates["pos"]
    lock = min(
        pulse_signals.phase_lock(waves[a], waves[b], _RATE, bpm or 60.0)
        for a, b in ((0, 1), (0, 2), (1, 2))
    )
    moving = _motion_share(even[:, 9:12], bpm)
    facts = (
        Fact("seconds", round(float(steady[-1]), 1), "s"),
        *(Fact(f"rate_{n}", round(r[0], 1), "beats per minute") for n, r in rates.items()),
        *(Fact(f"snr_{n}", round(r[1], 1), "dB") for n, r in rates.items()),
        *(
            Fact(f"rate_{n}", round(r[0], 1), "beats per minute")
            for n, r in zip(names, local, strict=True)
        ),
        Fact("phase_lock", round(lock, 3), "least of three pairs of regions"),
        Fact("head_motion_at_that_rate", round(moving, 3), "share of its motion"),
    )
    drawn = _drawn(series, wave, run, steady, t)
    agree = sum(abs(r[0] - bpm) <= _AGREE for r in rates.values())
    regions = sum(abs(r[0] - bpm) <= _AGREE for r in local)
    if min(snr, rates["chrom"][1]) < LEAST_SNR or agree < 2 or regions < 2:
        why = (
            "No pulse stands out of the noise (signal-to-noise ratio "
            f"{snr:.1f} dB; {agree} of 3 methods and {regions} of 3 regions agree). That is usual "
            "for compressed video and says nothing."
        )
        return _none("compressed_too_much", why, facts, drawn)
    if moving > 0.5:
        why = (
            f"The head itself moves {bpm:.0f} times a minute, so the colour's change cannot be "
            "told from motion."
        )
        return _none("too_much_motion", why, facts, drawn)
    said = (
        f"The skin's colour changes {bpm:.0f} times a minute (signal-to-noise ratio {snr:.1f} dB), "
        f"{agree} of 3 methods and {regions} of 3 regions agreeing. A swapped face can inherit the "
        "pulse of the person filmed, so this speaks for neither side."
    )
    return Outcome(said, bpm, "pulse", "beats per minute", facts, values=drawn)


def longest_run(times: NDArray[np.float64], gap_s: float) -> tuple[int, int]:
    """First and one past last of the longest stretch of (n,) times without a gap; n > 0."""
    breaks = np.flatnonzero(np.diff(times) > gap_s) + 1
    edges = np.concatenate([[0], breaks, [len(times)]])
    best = int(np.argmax(times[edges[1:] - 1] - times[edges[:-1]]))
    return int(edges[best]), int(edges[best + 1])


def _motion_share(place: NDArray[np.float64], bpm: float) -> float:
    """The larger share, of side and height and size, of motion in 0.7 to 3 Hz at this rate; 0 where
    the head moves less than a five-hundredth of its width."""
    width = float(np.median(place[:, 2]))
    shares = [0.0]
    for column in place.T:
        f, power = pulse_signals.spectrum(pulse_signals.detrend(column, 100.0), _RATE)
        inside = (f >= pulse_signals.BAND[0]) & (f <= pulse_signals.BAND[1])
        near = inside & (np.abs(f - bpm / 60) <= 2 * pulse_signals.PEAK_HZ)
        # the Hann window leaves 3/8 of the power, spread over both halves of the spectrum
        amplitude = np.sqrt(2 * power[near].sum() / (len(f) - 1) / (0.375 * len(place)))
        if amplitude > width / 500:
            shares.append(float(power[near].sum() / max(float(power[inside].sum()), 1e-300)))
    return max(shares)


def _drawn(
    series: Series,
    wave: NDArray[np.float64],
    run: tuple[int, int],
    steady: NDArray[np.float64],
    t: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The wave at the lane's own times, in its deviations; nan outside the run."""
    out = np.full(len(series.times), np.nan)
    spread = float(wave.std()) or 1.0
    out[run[0] : run[1]] = np.interp(t - t[0], steady, wave / spread)
    return out


def _none(code: str, why: str, facts: tuple[Fact, ...], drawn: NDArray[np.float64]) -> Outcome:
    said = refuse(code, why, facts)
    return Outcome(said.sentence, facts=facts, why=said.why, values=drawn)
