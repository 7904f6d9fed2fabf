"""From a detector's native score to a log10 likelihood ratio, conditioned on picture quality."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from telltale.evidence import logistic
from telltale.evidence.bounds import empirical_bounds
from telltale.finding import Inapplicable

FORMAT = "telltale-calibration/1"

#: `logit` for scores that are shares or probabilities, so that both ends keep their say.
Transform = Literal["identity", "logit"]
#: Nearest that a probability comes to 0 or 1 before its logit is taken.
_MARGIN = 1e-3
#: How far beyond the calibrated sizes (octaves) and qualities a score still weighs.
_SIZE_MARGIN, _QUALITY_MARGIN = 0.25, 2.0


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
    each standardised by `mean` and `scale`; `covariance` is theirs. `bounds` are empirical
    (see `telltale.evidence.bounds`); the ranges say what was covered.
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
    method: str = "logistic with quality covariates, L2"
    format: str = FORMAT

    def llr(self, score: float, conditions: Conditions) -> float:
        """log10 likelihood ratio of a score, within the empirical bounds."""
        raw = float(self._row(score, conditions) @ np.array(self.weights)) / np.log(10)
        return float(np.clip(raw, *self.bounds))

    def standard_error(self, score: float, conditions: Conditions) -> float:
        """Standard error of the unbounded log10 likelihood ratio (Laplace approximation)."""
        row = self._row(score, conditions)
        return float(np.sqrt(max(0.0, row @ np.array(self.covariance) @ row)) / np.log(10))

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
        if not low - _SIZE_MARGIN <= conditions.log2_pixels <= high + _SIZE_MARGIN:
            size, least, most = (round(2**v) for v in (conditions.log2_pixels, low, high))
            return Inapplicable(
                "image_too_small" if size < least else "outside_validated_range",
                f"It was calibrated on {least} to {most} pixels, and this has {size}.",
            )
        if conditions.quality < self.quality_range[0] - _QUALITY_MARGIN:
            return Inapplicable(
                "compressed_too_much",
                f"It was calibrated down to JPEG quality {self.quality_range[0]:.0f}, "
                f"and this has {conditions.quality:.0f}.",
            )
        return None

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
    raw["quality_range"] = tuple(float(v) for v in raw["quality_range"])
    calibration = Calibration(**raw)
    if calibration.transform not in ("identity", "logit"):
        raise ValueError(f"unknown transform {calibration.transform!r}")
    if not np.isfinite([*calibration.weights, *calibration.bounds]).all():
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
    weights = logistic.fit(x, y, l2=l2, weights=logistic.balanced(y, source))
    covariance = logistic.covariance(x, weights, l2=l2, weights=logistic.balanced(y, source))
    unseen = np.full(len(y), np.nan)
    refused = np.zeros(len(y), bool)
    for name in np.unique(source):
        left = source == name
        rest = ~left
        if group is not None:
            rest &= ~np.isin(group, group[left & ~manipulated])
        if np.unique(y[rest]).size < 2:
            continue
        w = logistic.fit(x[rest], y[rest], l2=l2, weights=logistic.balanced(y[rest], source[rest]))
        unseen[left] = x[left] @ w / np.log(10)
        within = _within(log2_pixels, rest, _SIZE_MARGIN) & _within(quality, rest, _QUALITY_MARGIN)
        refused |= left & ~within
    held = np.where(np.isnan(unseen), x @ weights / np.log(10), unseen)
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
    )


def _within(
    values: NDArray[np.float64], rest: NDArray[np.bool_], margin: float
) -> NDArray[np.bool_]:
    return np.asarray(
        (values >= values[rest].min() - margin) & (values <= values[rest].max() + margin)
    )
