"""Rhythm of the coded pictures: traces of an earlier encoding, and of a changed frame rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telltale.finding import Card, Fact, Finding, Inapplicable, Reference, Score, inapplicable, ok
from telltale.media.container import Samples
from telltale.media.video import Clip

CARD = Card(
    id="frame_rhythm",
    version="2",
    family="forensic",
    title="Rhythm of the coded pictures",
    question="Was the video encoded before, or its frame rate changed?",
    how="An encoder spends more bytes on a predicted picture that was a key picture in an earlier "
    "encoding, so their sizes peak with the earlier period. Pictures repeated to raise the frame "
    "rate cost next to nothing and come at a steady period. Both periods are looked for in the "
    "sizes of the pictures as stored; the p-value comes from shuffling them.",
    limits=(
        "Encoding twice is ordinary: every platform does it.",
        "An earlier period that divides the file's own, or is a multiple of it, is not looked for: "
        "the pictures beside the file's own key pictures have other sizes too.",
        "Motion that repeats itself at a steady pace gives a period as well.",
        "Scene changes, motion and encoders that move their key pictures hide the period; a clip "
        "needs a few dozen pictures between key pictures.",
    ),
    references=(
        Reference(
            "W. Wang, H. Farid",
            "Exposing Digital Forgeries in Video by Detecting Double MPEG Compression",
            "ACM Multimedia and Security Workshop",
            2006,
            "https://doi.org/10.1145/1161366.1161375",
        ),
        Reference(
            "D. Vázquez-Padín, M. Fontani, T. Bianchi, P. Comesaña, A. Piva, M. Barni",
            "Detection of Video Double Encoding with GOP Size Estimation",
            "WIFS",
            2012,
            "https://doi.org/10.1109/WIFS.2012.6412641",
        ),
    ),
    weak=True,
)
#: Fewest predicted pictures, and how often the period must come round.
LEAST_PICTURES, LEAST_ROUNDS = 60, 4
#: Periods that are looked for, in pictures.
_PERIODS = range(4, 126)
#: Shuffles behind the p-value.
_SHUFFLES = 200
#: A picture below this share of its neighbours' size may be a repetition.
_REPEATED = 0.08
P_LIMIT = 0.01


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A period in pictures, its strength in deviations, and the p-value; period 0 for none."""

    period: int
    strength: float
    p: float


def examine(clip: Clip) -> Finding:
    """The finding of a clip whose container lists its pictures."""
    samples: Samples | None = clip.structure.samples if clip.structure is not None else None
    if samples is None:
        code = "needs_original_bytes" if not clip.has_original_bytes else "outside_validated_range"
        return inapplicable(CARD, Inapplicable(code))
    order = np.argsort(samples.time_s, kind="stable")
    size, key = samples.size[order].astype(np.float64), samples.key[order]
    kind = samples.kind[order]
    if int((~key).sum()) < LEAST_PICTURES:
        said = f"Only {int((~key).sum())} predicted pictures; this needs {LEAST_PICTURES}."
        return inapplicable(CARD, Inapplicable("too_short", said))
    repeats = repeated(size, key, kind)
    own = own_period(key)
    earlier = find_period(excess(size, key, kind), own)
    every = (
        find_period(repeats.astype(np.float64))
        if repeats.sum() >= LEAST_ROUNDS
        else Rhythm(0, 0, 1)
    )
    facts = (
        Fact("pictures", len(size)),
        Fact("earlier_period", earlier.period or None, "pictures"),
        Fact("own_period", own or None, "pictures"),
        Fact("strength", round(earlier.strength, 2), "deviations"),
        Fact("p_value", round(earlier.p, 4), "share of shuffled clips as strong"),
        Fact("repeated_pictures", int(repeats.sum())),
        Fact("repeated_every", every.period if every.p <= P_LIMIT else None, "pictures"),
    )
    return ok(
        CARD,
        _sentence(earlier, repeats, every),
        Score(earlier.strength, "strength of an earlier period", "none", 0.0, 10.0, "deviations"),
        facts=facts,
    )


def excess(
    size: NDArray[np.float64], key: NDArray[np.bool_], kind: NDArray[np.bytes_]
) -> NDArray[np.float64]:
    """(n,) how much larger each picture is than its neighbours of the same kind, in log2.

    Pictures of other kinds have other sizes by design; key pictures count as 0.
    """
    out = np.zeros(len(size))
    for one in np.unique(kind):
        chosen = np.flatnonzero((kind == one) & ~key)
        if len(chosen) < 8:
            continue
        logs = np.log2(np.maximum(size[chosen], 1))
        wide = np.pad(logs, 4, "edge")
        local = np.median(np.lib.stride_tricks.sliding_window_view(wide, 9), axis=1)
        rest = logs - local
        spread = 1.4826 * float(np.median(np.abs(rest))) or 1.0
        out[chosen] = np.clip(rest / spread, -3, 6)
    return out


def repeated(
    size: NDArray[np.float64], key: NDArray[np.bool_], kind: NDArray[np.bytes_]
) -> NDArray[np.bool_]:
    """(n,) pictures that cost next to nothing beside the usual one of their kind."""
    out = np.zeros(len(size), np.bool_)
    for one in np.unique(kind):
        chosen = (kind == one) & ~key
        if chosen.any():
            out |= chosen & (size < _REPEATED * np.median(size[chosen]))
    return out


def own_period(key: NDArray[np.bool_]) -> int:
    """The distance of the file's own key pictures where at least half have the same, else 0."""
    gaps = np.diff(np.flatnonzero(key))
    if not len(gaps):
        return 0
    found, counts = np.unique(gaps, return_counts=True)
    return int(found[counts.argmax()]) if counts.max() >= len(gaps) / 2 else 0


def find_period(values: NDArray[np.float64], own: int = 0, seed: int = 0) -> Rhythm:
    """The period and phase at which the mean of (n,) values stands out most.

    Multiples and divisors of `own` are left out: after each of its own key pictures a file's
    sizes differ, encoded once or twice.

    Strength is the largest standardised mean over periods and phases; p the share of shuffled
    copies that reach it.
    """
    best, period = _strongest(values, own)
    rng = np.random.default_rng(seed)
    beyond = sum(_strongest(rng.permutation(values), own)[0] >= best for _ in range(_SHUFFLES))
    return Rhythm(period, best, (1 + beyond) / (1 + _SHUFFLES))


def _strongest(values: NDArray[np.float64], own: int) -> tuple[float, int]:
    n = len(values)
    spread = float(values.std())
    best, found = 0.0, 0
    if spread == 0:
        return best, found
    centred = values - values.mean()
    for period in _PERIODS:
        rounds = n // period
        if rounds < LEAST_ROUNDS:
            break
        if own and (period % own == 0 or own % period == 0):
            continue
        means = centred[: rounds * period].reshape(rounds, period).mean(0)
        # among multiples of the true period the shortest is the strongest
        strength = float(means.max() * np.sqrt(rounds) / spread)
        if strength > best:
            best, found = strength, period
    return best, found


def _sentence(earlier: Rhythm, repeats: NDArray[np.bool_], every: Rhythm) -> str:
    said = (
        f"The sizes peak every {earlier.period} pictures apart from the file's own key pictures: a "
        "trace of an earlier encoding."
        if earlier.p <= P_LIMIT
        else "The sizes show no period of an earlier encoding."
    )
    if repeats.sum() >= LEAST_ROUNDS and every.p <= P_LIMIT:
        said += f" About every {every.period}th picture is a repetition: the frame rate was raised."
    elif repeats.sum():
        said += f" {int(repeats.sum())} pictures look like repetitions, at no steady period."
    return said
