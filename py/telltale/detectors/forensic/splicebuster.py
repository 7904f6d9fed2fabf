"""Splicebuster: does one area's noise have another local structure than the rest of the picture?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telltale.detectors._shared import admission
from telltale.detectors._shared.blocks import window_sum
from telltale.detectors._shared.codec_grid import coded_map, upright_region
from telltale.detectors._shared.cooccurrence import LENGTH, cooccurrences
from telltale.detectors._shared.outlying_box import outlying_box
from telltale.detectors._shared.texture import Texture, texture
from telltale.detectors._shared.texture_match import equal_texture
from telltale.finding import (
    Card,
    Fact,
    Finding,
    Inapplicable,
    Part,
    Reference,
    Score,
    inapplicable,
    ok,
)
from telltale.runtime.context import Context
from telltale.scene import Scene

CARD = Card(
    id="splicebuster",
    version="1",
    family="forensic",
    title="Structure of the noise",
    question="Does one area's noise have another local structure than the rest?",
    how="What third differences leave is quantised to three levels, and the words of four "
    "neighbours are counted around every place. One Gaussian is fitted to the counts of the "
    "picture, with a uniform share of outliers; the map shows how far each place lies from it. "
    "The number compares areas with others of equal texture.",
    limits=(
        "Needs an area of at least about 128 pixels; smaller insertions are averaged away.",
        "Focus, motion blur, fine texture and the camera's denoising change the structure too.",
        "Assumes that the untouched part is the larger one.",
    ),
    references=(
        Reference(
            "D. Cozzolino, G. Poggi, L. Verdoliva",
            "Splicebuster: a new blind image splicing detector",
            "WIFS",
            2015,
            "https://doi.org/10.1109/WIFS.2015.7368565",
        ),
    ),
    weak=True,
)

#: Step of the places in pixels, and steps a side of the block counted at each: 8 and 128.
STEP, SPAN = 8, 16
#: Principal components kept, iterations of the fit, and minus the log density of outliers. The
#: published 25 and 42 pointed at JPEG-saved splices less often (AUC 0.55 against 0.9 and more).
COMPONENTS, ITERATIONS, OUTLIER = 10, 40, 15.0
#: Share of the samples from which the fit starts.
CENTRAL = 0.7
#: Share of a block that must be neither flat nor clipped.
VALID = 0.85
#: Deviation in octaves that 95 in 100 of our untouched development photographs stay under.
USUAL = 2.8


def applicable(scene: Scene) -> Inapplicable | None:
    """At least 384 pixels on the shorter side, original pixels, 20 % textured."""
    return (
        admission.large_enough(scene.media, 384)
        or admission.not_redrawn(scene.media)
        or admission.enough_texture(texture(scene), 0.2)
    )


def run(scene: Scene, context: Context) -> Finding:
    """The distance of every place from the picture's own model, and the most distant area."""
    counts = cooccurrences(scene.coded_luma, STEP)
    context.step(0.4, "Adding up neighbourhoods")
    features, valid = neighbourhoods(counts, texture(scene))
    del counts
    if valid.sum() < 4 * LENGTH:
        return inapplicable(
            CARD,
            Inapplicable(
                "flat_or_saturated",
                "Too few places have a neighbourhood that is neither flat nor saturated.",
            ),
        )
    context.step(0.6, "Fitting the picture's own model")
    model = fitted(reduced(features, valid)[valid])
    distance = np.zeros(valid.shape)
    distance[valid] = model.distance
    level = np.log2(distance + 1)
    cells = texture(scene)
    half = SPAN // 2
    busy = _spanned(np.log(cells.deviation + 0.5, dtype=float), valid.shape)
    relative = equal_texture(busy, valid).residual(level)
    found = outlying_box(np.maximum(relative, 0), valid)
    offset = (half * STEP - STEP // 2, half * STEP - STEP // 2)
    high = max(1.0, float(np.percentile(level[valid], 99)))
    map_ = coded_map(
        scene.media,
        "distance_from_model",
        level,
        STEP,
        0.0,
        high,
        unit="log2(1 + Mahalanobis distance)",
        meaning="How far the structure of the noise lies from that of the whole picture.",
        offset=offset,
    )
    facts: tuple[Fact, ...] = (
        Fact("compared_area", round(float(valid.mean()), 3), "share of picture"),
        Fact("share_of_outliers", round(model.outliers, 4), "share of picture"),
    )
    if found is None:
        sentence = "The comparable places are too scattered to compare areas; see the map."
        return ok(CARD, sentence, maps=(map_,), facts=facts)
    score = Score(
        max(0.0, found.deviation),
        "deviation of the most deviating area",
        "higher_is_suspicious",
        0.0,
        4.0,
        "octaves",
    )
    region = upright_region(
        scene.media, found.top, found.left, found.height, found.width, STEP, offset
    )
    sentence = (
        "No area stands out: the structure of the noise varies as it does in untouched photographs."
    )
    if found.deviation > USUAL:
        sentence = (
            "One area has noise of another structure than equally textured places. Another origin "
            "or retouching would explain it; so would focus, fine texture or the camera's own "
            "denoising."
        )
    part = Part(region, max(0.0, found.deviation), sentence="The most deviating area.")
    return ok(CARD, sentence, score, maps=(map_,), parts=(part,), facts=facts)


def neighbourhoods(
    counts: NDArray[np.float32], cells: Texture
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Square roots of relative counts over 128 x 128 pixels, (h, w, 50), and which are valid."""
    rows = min(counts.shape[0], cells.usable.shape[0])
    columns = min(counts.shape[1], cells.usable.shape[1])
    usable = cells.usable[:rows, :columns]
    shape = (rows - SPAN + 1, columns - SPAN + 1)
    valid = window_sum(usable, SPAN, SPAN) >= VALID * SPAN * SPAN
    out = np.empty((*shape, counts.shape[2]), np.float32)
    number = np.maximum(window_sum(usable, SPAN, SPAN), 1) * STEP * STEP * 2
    for k in range(counts.shape[2]):
        total = window_sum(counts[:rows, :columns, k] * usable, SPAN, SPAN)
        out[..., k] = np.sqrt(np.maximum(total, 0) / number)
    return out, valid


def _spanned(values: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
    mean = window_sum(values, SPAN, SPAN) / (SPAN * SPAN)
    return mean[: shape[0], : shape[1]]


def reduced(features: NDArray[np.float32], valid: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The leading principal components, each of unit variance; (h, w, 10) float64."""
    known = features[valid].astype(np.float64)
    mean = known.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(known, rowvar=False, bias=True))
    strongest = np.argsort(-values, kind="stable")[:COMPONENTS]
    strongest = strongest[values[strongest] > 1e-10 * values.max()]
    base = vectors[:, strongest] / np.sqrt(values[strongest])
    return np.asarray((features - mean) @ base, np.float64)


@dataclass(frozen=True, slots=True)
class Model:
    """A Gaussian with a uniform share of outliers, and the distance of each sample from it."""

    distance: NDArray[np.float64]
    outliers: float


def fitted(samples: NDArray[np.float64]) -> Model:
    """Expectation-maximisation of one Gaussian and a uniform share; (n, d) samples.

    Started from the `CENTRAL` share of samples nearest to their median, so that nothing is left to
    chance and a sizeable insertion does not widen the Gaussian from the start.
    """
    n, d = samples.shape
    away = ((samples - np.median(samples, axis=0)) ** 2).sum(axis=1)
    weight, outliers = (away <= np.quantile(away, CENTRAL)).astype(float), 0.01
    square = np.zeros(n)
    for _ in range(ITERATIONS):
        total = weight.sum()
        centred = samples - (weight @ samples) / total
        covariance = (centred * weight[:, None]).T @ centred / total + 1e-6 * np.eye(d)
        factor = np.linalg.cholesky(covariance)
        square = (np.linalg.solve(factor, centred.T) ** 2).sum(axis=0)
        log_density = -0.5 * (square + d * np.log(2 * np.pi)) - np.log(np.diag(factor)).sum()
        gain = np.log(outliers) - OUTLIER - np.log(1 - outliers) - log_density
        before = weight
        weight = 1 / (1 + np.exp(np.clip(gain, -700, 700)))
        outliers = float(np.clip(1 - weight.mean(), 1e-6, 0.5))
        if np.abs(weight - before).mean() < 1e-6:
            break
    return Model(np.sqrt(square), outliers)
