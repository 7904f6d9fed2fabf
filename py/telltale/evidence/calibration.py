"""From a detector's native score to a log10 likelihood ratio, conditioned on picture quality.

A logistic of the score, or of its logit for scores in [0, 1], which is beta calibration [1]_ with
one slope for both ends. Above a thousand scores an isotonic curve through what the logistic says is
tried too; it is taken where sources that neither has seen gain from it.

.. [1] M. Kull, T. Silva Filho, P. Flach, "Beta calibration: a well-founded and easily implemented
   improvement on logistic calibration for binary classifiers", AISTATS 2017.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from telltale.evidence import isotonic, logistic
from telltale.evidence.bounds import empirical_bounds
from telltale.evidence.sentences import say
from telltale.finding import Inapplicable

FORMAT = "telltale-calibration/1"

#: `logit` for scores that are shares or probabilities, so that both ends keep their say.
Transform = Literal["identity", "logit"]
#: Half width of a 95 % interval in standard errors.
Z95 = 1.96
#: Nearest that a probability comes to 0 or 1 before its logit is taken.
_MARGIN = 1e-3
#: An isotonic curve is tried from so many scores on, and taken where it saves that many bits.
ISOTONIC_FROM, ISOTONIC_GAIN = 1000, 0.01
_LOGISTIC = "logistic with quality covariates, monotone in the score, against them alone; L2"
#: How far beyond the calibrated sizes (octaves) and qualities a score still weighs.
SIZE_MARGIN, _QUALITY_MARGIN = 0.25, 2.0


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a score depends on besides the origin of the picture.

    `log2_pixels` is the log2 of the length of what was examined (face width, or the picture's
    shorter side); `quality` the IJG quality of the last JPEG compression, 100 where there is none.
    """

    log2_pixels: float
    quality: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """A stored calibration: logistic in the score, with quality covariates and interactions.

    `weights` belong to (1, s, r, q, s r, s q) with the score s, r = log2_pixels and q = quality,
    each standardised by `mean` and `scale`; `covariance` is theirs. `curve`, where there is one,
    lies on top. `unseen_cllr` is what each method cost in bits on sources left out. `bounds` are
    empirical (see `telltale.evidence.bounds`); the ranges say what was covered.
    """

    detector: str
    detector_version: str
    model_sha256: str
    weights: tuple[float, ...]
    mean: tuple[float, float, float]
    scale: tuple[float, float, float]
    covariance: tuple[tuple[float, ...], ...]
    bounds: tuple[float, float]
    score_range: tuple[float, float]
    log2_pixels_range: tuple[float, float]
    quality_range: tuple[float, float]
    sources: dict[str, dict[str, int]]
    transform: Transform = "identity"
    method: str = _LOGISTIC
    curve: isotonic.Curve | None = None
    unseen_cllr: dict[str, float] = field(default_factory=dict)
    format: str = FORMAT

    def llr(self, score: float, conditions: Conditions) -> float:
        """log10 likelihood ratio of a score, within the empirical bounds."""
        return float(np.clip(self._unbounded(score, conditions)[0], *self.bounds))

    def standard_error(self, score: float, conditions: Conditions) -> float:
        """Standard error of `llr`: of its 95 % interval the longer half, over 1.96.

        The interval is that of the unbounded ratio, by the Laplace approximation of the logistic's
        covariance or by the counts behind the curve, cut at the bounds like the ratio itself. What
        lies far beyond a bound is uncertain by much, and at the bound whatever it is.
        """
        raw, error = self._unbounded(score, conditions)
        low, llr, high = np.clip([raw - Z95 * error, raw, raw + Z95 * error], *self.bounds)
        return float(max(llr - low, high - llr) / Z95)

    def _unbounded(self, score: float, conditions: Conditions) -> tuple[float, float]:
        """The log10 likelihood ratio before it is bounded, and its standard error."""
        row = self._row(score, conditions)
        raw = float(row @ np.array(self.weights) / np.log(10))
        if self.curve:
            return float(self.curve(np.array([raw]))[0]), self.curve.standard_error(raw)
        variance = max(0.0, float(row @ np.array(self.covariance) @ row))
        return raw, float(np.sqrt(variance) / np.log(10))

    def _row(self, score: float, conditions: Conditions) -> NDArray[np.float64]:
        return design(
            transformed(np.array([score]), self.transform),
            np.array([conditions.log2_pixels]),
            np.array([conditions.quality]),
            self.mean,
            self.scale,
        )[0]

    def covers(self, conditions: Conditions) -> Inapplicable | None:
        """None where the conditions were calibrated; else what was not."""
        low, high = self.log2_pixels_range
        if not low - SIZE_MARGIN <= conditions.log2_pixels <= high + SIZE_MARGIN:
            size, least, most = (round(2**v) for v in (conditions.log2_pixels, low, high))
            return Inapplicable(
                "image_too_small" if size < least else "outside_validated_range",
                say("silent.other_size", least=least, most=most, size=size),
            )
        if conditions.quality < self.quality_range[0] - _QUALITY_MARGIN:
            return Inapplicable(
                "compressed_too_much",
                say(
                    "silent.other_quality",
                    least=round(self.quality_range[0]),
                    quality=round(conditions.quality),
                ),
            )
        return None

    def too_large(self, conditions: Conditions) -> bool:
        """Whether only a larger size than was calibrated keeps a score from weighing."""
        return conditions.log2_pixels > self.log2_pixels_range[1] + SIZE_MARGIN

    def to_json(self) -> str:
        """The text of `calibration.json`."""
        return json.dumps(asdict(self), indent=1, sort_keys=True) + "\n"


def from_json(text: str) -> Calibration:
    """Read `calibration.json`; raises ValueError for another format or damaged numbers."""
    raw: dict[str, Any] = json.loads(text)
    if raw.get("format") != FORMAT:
        raise ValueError(f"not a {FORMAT} file")
    for key in ("weights", "mean", "scale", "bounds", "score_range", "log2_pixels_range"):
        raw[key] = tuple(float(v) for v in raw[key])
    raw["covariance"] = tuple(tuple(float(v) for v in row) for row in raw["covariance"])
    if curve := raw.get("curve"):
        raw["curve"] = isotonic.Curve(*(tuple(curve[key]) for key in ("at", "llr", "error")))
    raw["quality_range"] = tuple(float(v) for v in raw["quality_range"])
    calibration = Calibration(**raw)
    if calibration.transform not in ("identity", "logit"):
        raise ValueError(f"unknown transform {calibration.transform!r}")
    knots = (*calibration.curve.llr, *calibration.curve.error) if calibration.curve else ()
    if not np.isfinite([*calibration.weights, *calibration.bounds, *knots]).all():
        raise ValueError("a calibration holds numbers that are not finite")
    return calibration


def transformed(score: NDArray[np.float64], transform: Transform) -> NDArray[np.float64]:
    """Scores as the logistic sees them."""
    if transform == "identity":
        return score
    p = np.clip(score, _MARGIN, 1 - _MARGIN)
    return np.asarray(np.log(p / (1 - p)))


def design(
    score: NDArray[np.float64],
    log2_pixels: NDArray[np.float64],
    quality: NDArray[np.float64],
    mean: tuple[float, float, float],
    scale: tuple[float, float, float],
) -> NDArray[np.float64]:
    """Design matrix (n, 6) of `Calibration.weights`."""
    s, r, q = (
        (column - m) / d
        for column, m, d in zip((score, log2_pixels, quality), mean, scale, strict=True)
    )
    return np.stack([np.ones_like(s), s, r, q, s * r, s * q], axis=1)


def fit(
    detector: str,
    version: str,
    model_sha256: str,
    score: NDArray[np.float64],
    manipulated: NDArray[np.bool_],
    log2_pixels: NDArray[np.float64],
    quality: NDArray[np.float64],
    source: NDArray[np.str_],
    *,
    l2: float = 1.0,
    group: NDArray[np.str_] | None = None,
) -> Calibration:
    """Fit a calibration on validation scores (n,); every source weighs the same in its class.

    A larger score never speaks less for a manipulation, whatever the size and compression within
    the covered range. Size and compression alone are no evidence, although the sources of either
    class have sizes and compressions of their own: what a logistic of them alone would say is
    taken away, ln p(s | r, q, 1) / p(s | r, q, 0) = logit p(1 | s, r, q) - logit p(1 | r, q).

    From `ISOTONIC_FROM` scores on an isotonic curve on top of the logistic is tried; it is taken
    where it lowers the cost (Cllr) on sources left out by `ISOTONIC_GAIN`.

    The bounds come from scores that the fit did not see: each source is left out in turn, and
    its likelihood ratios are those of the fit on the others, where both classes remain. With a
    source of authentic pictures goes all that was made of them (`group` (n,) ties a picture to
    those made of it): else its sizes and qualities would be left to manipulated pictures alone.
    What lies outside the sizes and qualities of the others does not count, as
    `Calibration.covers` would have refused it.
    """
    transform: Transform = "logit" if score.min() >= 0 and score.max() <= 1 else "identity"
    columns = (transformed(score, transform), log2_pixels, quality)
    mean = tuple(float(c.mean()) for c in columns)
    scale = tuple(float(c.std()) or 1.0 for c in columns)
    x = design(*columns, mean, scale)  # type: ignore[arg-type]
    y = manipulated.astype(np.float64)
    box = (
        _box(log2_pixels, mean[1], scale[1], SIZE_MARGIN),
        _box(np.append(quality, 100.0), mean[2], scale[2], _QUALITY_MARGIN),
    )
    weights = _weights(x, y, source, box, l2)
    covariance = logistic.covariance(x, weights, l2=l2, weights=logistic.balanced(y, source))
    tried = {"logistic": np.full(len(y), np.nan)}
    if len(y) > ISOTONIC_FROM:
        tried["isotonic"] = np.full(len(y), np.nan)
    refused = np.zeros(len(y), bool)
    for name in np.unique(source):
        left = source == name
        rest = ~left
        if group is not None:
            rest &= ~np.isin(group, group[left & ~manipulated])
        if np.unique(y[rest]).size < 2:
            continue
        w = _weights(x[rest], y[rest], source[rest], box, l2) / np.log(10)
        tried["logistic"][left] = x[left] @ w
        if "isotonic" in tried:
            there = isotonic.fit(x[rest] @ w, y[rest], logistic.balanced(y[rest], source[rest]))
            tried["isotonic"][left] = there(x[left] @ w)
        within = _within(log2_pixels, rest, SIZE_MARGIN) & _within(quality, rest, _QUALITY_MARGIN)
        refused |= left & ~within
    seen = np.isnan(tried["logistic"])
    costs = {method: _cllr(llr, y, source, ~seen & ~refused) for method, llr in tried.items()}
    best = min(costs, key=lambda method: costs[method] - ISOTONIC_GAIN * (method == "logistic"))
    raw = x @ weights / np.log(10)
    curve = isotonic.fit(raw, y, logistic.balanced(y, source)) if best == "isotonic" else None
    held = np.where(seen, curve(raw) if curve else raw, tried[best])
    bounds = empirical_bounds(held[~manipulated & ~refused], held[manipulated & ~refused])
    counts = {
        str(name): {
            "authentic": int(((source == name) & ~manipulated).sum()),
            "manipulated": int(((source == name) & manipulated).sum()),
        }
        for name in np.unique(source)
    }
    return Calibration(
        detector=detector,
        detector_version=version,
        model_sha256=model_sha256,
        weights=tuple(float(w) for w in weights),
        mean=mean,  # type: ignore[arg-type]
        scale=scale,  # type: ignore[arg-type]
        covariance=tuple(tuple(float(v) for v in row) for row in covariance),
        bounds=bounds,
        score_range=(float(score.min()), float(score.max())),
        log2_pixels_range=(float(log2_pixels.min()), float(log2_pixels.max())),
        quality_range=(float(quality.min()), float(quality.max())),
        sources=counts,
        transform=transform,
        method=f"isotonic curve on a {_LOGISTIC}" if curve else _LOGISTIC,
        curve=curve,
        unseen_cllr={method: round(cost, 4) for method, cost in costs.items()},
    )


def _cllr(
    llr: NDArray[np.float64],
    y: NDArray[np.float64],
    source: NDArray[np.str_],
    chosen: NDArray[np.bool_],
) -> float:
    """Cost of log10 likelihood ratios in bits, every source alike; 1 where a class is missing."""
    if np.unique(y[chosen]).size < 2:
        return 1.0
    y, weights = y[chosen], logistic.balanced(y[chosen], source[chosen])
    losses = np.logaddexp(0, np.where(y > 0, -1, 1) * llr[chosen] * np.log(10)) / np.log(2)
    return float(weights @ losses / weights.sum())


def _within(
    values: NDArray[np.float64], rest: NDArray[np.bool_], margin: float
) -> NDArray[np.bool_]:
    return np.asarray(
        (values >= values[rest].min() - margin) & (values <= values[rest].max() + margin)
    )


def _box(
    values: NDArray[np.float64], mean: float, scale: float, margin: float
) -> tuple[float, float]:
    """The covered range of a column as standardised."""
    low, high = float(values.min()) - margin, float(values.max()) + margin
    return (low - mean) / scale, (high - mean) / scale


def _weights(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    source: NDArray[np.str_],
    box: tuple[tuple[float, float], tuple[float, float]],
    l2: float,
) -> NDArray[np.float64]:
    """`Calibration.weights` (6,) of a design (n, 6).

    The slope of the score is linear in r and q. It is nowhere negative in the box exactly where
    it is a non-negative sum of u, 1 - u, v and 1 - v, with u and v running from 0 to 1 over it.
    """
    balance = logistic.balanced(y, source)
    s, r, q = x[:, 1], x[:, 2], x[:, 3]
    (r0, r1), (q0, q1) = box
    u, v = (r - r0) / (r1 - r0), (q - q0) / (q1 - q0)
    slopes = s[:, None] * np.stack([u, 1 - u, v, 1 - v], axis=1)
    alone = np.stack([np.ones_like(s), r, q], axis=1)
    whole = np.concatenate([alone, slopes], axis=1)
    beta = logistic.fit(whole, y, l2=l2, weights=balance, non_negative=(3, 4, 5, 6))
    beta[:3] -= logistic.fit(alone, y, l2=l2, weights=balance)
    up_r, up_q = (beta[3] - beta[4]) / (r1 - r0), (beta[5] - beta[6]) / (q1 - q0)
    level = beta[4] - up_r * r0 + beta[6] - up_q * q0
    return np.array([beta[0], level, beta[1], beta[2], up_r, up_q])
