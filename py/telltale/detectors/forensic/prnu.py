"""Sensor pattern (PRNU): was this picture taken by a camera that the person made known?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from telltale.detectors._shared import admission
from telltale.detectors._shared.blocks import block_mean, window_sum
from telltale.detectors._shared.codec_grid import coded_map, upright_region
from telltale.detectors._shared.outlying_box import outlying_box
from telltale.detectors._shared.sensor_noise import (
    Peak,
    cross_correlation,
    extracted,
    peak,
    residual,
)
from telltale.detectors._shared.texture import texture
from telltale.detectors._shared.texture_match import equal_texture
from telltale.finding import Card, Fact, Finding, Inapplicable, Map, Part, Reference, Score, ok
from telltale.runtime.cameras import GOOD, Camera
from telltale.runtime.context import Context
from telltale.scene import Scene

CARD = Card(
    id="prnu",
    version="1",
    family="forensic",
    title="Sensor pattern",
    question="Does the picture carry the pattern of a known camera's sensor, and all over?",
    how="No two sensors answer light alike pixel for pixel. Wavelet denoising separates that "
    "pattern from the scene; it is compared at every shift with the pattern averaged from "
    "reference pictures of a camera, and then place by place.",
    limits=(
        "One picture alone shows that there is noise, not whose: without reference pictures of "
        "the camera (telltale camera make) nothing is compared.",
        "Scaling, rotation, lens correction, stabilised video and strong compression remove or "
        "move the pattern; then a picture of the same camera does not match.",
        "A pattern can be planted or washed out by somebody who means to.",
        "Dark, saturated and busy places carry little of the pattern; there its absence means "
        "nothing.",
    ),
    references=(
        Reference(
            "M. Chen, J. Fridrich, M. Goljan, J. Lukas",
            "Determining image origin and integrity using sensor noise",
            "IEEE TIFS 3(1)",
            2008,
            "https://doi.org/10.1109/TIFS.2007.916285",
        ),
        Reference(
            "M. Goljan, J. Fridrich, T. Filler",
            "Large scale test of sensor fingerprint camera identification",
            "SPIE 7254",
            2009,
            "https://doi.org/10.1117/12.805701",
        ),
        Reference(
            "M. K. Mihcak, I. Kozintsev, K. Ramchandran",
            "Spatially adaptive statistical modeling of wavelet image coefficients",
            "ICASSP",
            1999,
            "https://doi.org/10.1109/ICASSP.1999.757535",
        ),
    ),
)

#: The peak-to-correlation energy from which on a camera counts as the one (Goljan et al. 2009:
#: 2.4e-5 false alarms over 10^6 pictures).
MATCH = 60.0
#: Side in pixels of the cells of the local correlation, and of the window in cells.
CELL, WINDOW = 16, 5
#: Side in pixels of the centre that is measured where there is no camera to compare.
CENTRE = 2048
#: Deviation of an area, in spreads of equal places, from which on it is pointed at.
POINTED = 8.0


def applicable(scene: Scene) -> Inapplicable | None:
    """At least 256 pixels on the shorter side, original pixels, 10 % textured."""
    return (
        admission.large_enough(scene.media, 256)
        or admission.not_redrawn(scene.media)
        or admission.enough_texture(texture(scene), 0.1)
    )


def run(scene: Scene, context: Context) -> Finding:
    """The noise of the picture, and its comparison with every known camera that fits."""
    pixels = scene.media.coded
    cameras = [c for c in context.cameras() if _fits(c, pixels.shape)]
    if not cameras:
        return _alone(scene)
    noise = extracted(pixels)
    best: tuple[Camera, Peak] | None = None
    facts: list[Fact] = [_strength(noise), Fact("cameras_compared", len(cameras))]
    for k, camera in enumerate(cameras):
        context.step(0.5 + 0.4 * k / len(cameras), "Comparing with known cameras")
        found = peak(cross_correlation(noise, camera.pattern))
        facts.append(Fact("peak_to_correlation_energy", round(found.pce, 2), camera.name))
        if best is None or found.pce > best[1].pce:
            best = camera, found
    assert best is not None
    camera, found = best
    score = Score(
        found.pce, "peak to correlation energy", "none", 0.0, 1000.0, "of the best camera"
    )
    caveats: tuple[str, ...] = ()
    if camera.pictures < GOOD:
        caveats = (
            f"The camera was learned from {camera.pictures} pictures; {GOOD} or more, of a bright "
            "plain surface, give a better pattern.",
        )
    if found.pce < MATCH:
        sentence = (
            "The picture carries the pattern of none of the known cameras. Scaling, lens "
            "correction or compression would explain that as well as another camera."
        )
        return ok(CARD, sentence, score, facts=tuple(facts), caveats=caveats)
    y, x = (camera.pattern.shape[i] - 1 - v for i, v in enumerate((found.y, found.x)))
    facts += [Fact("camera", camera.name), Fact("shift_x", x, "px"), Fact("shift_y", y, "px")]
    map_, part, deviation = _place_by_place(scene, noise, camera, y, x)
    facts.append(Fact("deviation_in_spreads", round(deviation, 2), "robust sigma"))
    sentence = (
        "The picture carries the sensor pattern of a known camera, and all comparable places "
        "carry it."
    )
    if part is not None:
        sentence = (
            "The picture carries the sensor pattern of a known camera, but one area carries less "
            "of it than equally bright and textured places. Another origin or retouching would "
            "explain it; so would very dark or saturated parts."
        )
    parts = () if part is None else (part,)
    return ok(CARD, sentence, score, maps=(map_,), parts=parts, facts=tuple(facts), caveats=caveats)


def _fits(camera: Camera, shape: tuple[int, ...]) -> bool:
    """Whether a picture of that size can be the camera's: whole, or cut out of it."""
    return shape[0] <= camera.pattern.shape[0] and shape[1] <= camera.pattern.shape[1]


def _strength(noise: NDArray[np.float32]) -> Fact:
    return Fact("noise_residual", round(float(noise.std(dtype=np.float64)), 3), "grey levels")


def _alone(scene: Scene) -> Finding:
    """What one picture can say by itself: how strong its noise is."""
    luma = scene.coded_luma
    top, left = (max(0, (n - CENTRE) // 2) for n in luma.shape)
    noise = residual(luma[top : top + CENTRE, left : left + CENTRE])
    sentence = (
        "One picture alone cannot show whose pattern its noise is. With reference pictures of a "
        "camera it can be compared."
    )
    return ok(CARD, sentence, facts=(_strength(noise), Fact("cameras_compared", 0)))


def _place_by_place(
    scene: Scene, noise: NDArray[np.float32], camera: Camera, y: int, x: int
) -> tuple[Map, Part | None, float]:
    """The map of local correlation, the area that lacks the pattern, and its deviation."""
    luma = scene.coded_luma
    pattern = np.roll(camera.pattern, (-y, -x), axis=(0, 1))[: luma.shape[0], : luma.shape[1]]
    expected = pattern * luma
    sums = [block_mean(v, CELL, np.float64) for v in (noise * expected, noise**2, expected**2)]
    both, own, other = (window_sum(s, WINDOW, WINDOW) for s in sums)
    local = both / np.sqrt(np.maximum(own * other, 1e-12))
    half = WINDOW // 2
    cells = texture(scene)
    rows, columns = sums[0].shape
    here = (slice(half, half + local.shape[0]), slice(half, half + local.shape[1]))

    def cell(values: NDArray[np.float32]) -> NDArray[np.float32]:
        mean = block_mean(values, CELL // 8)[:rows, :columns]
        return np.asarray(mean[here], np.float32)

    usable = cell(cells.usable.astype(np.float32)) > 0.5
    bright, busy = cell(cells.mean), cell(cells.deviation)
    by_texture = equal_texture(np.log(busy + 0.5, dtype=float), usable)
    less = equal_texture(bright, usable).residual(by_texture.residual(local))
    spread = max(1e-6, 1.4826 * float(np.median(np.abs(less[usable])))) if usable.any() else 1.0
    lacking = outlying_box(np.minimum(less, 0) / spread, usable)
    map_ = coded_map(
        scene.media,
        "sensor_pattern",
        local.astype(np.float32),
        CELL,
        0.0,
        max(0.02, float(np.percentile(local, 98))),
        unit="correlation",
        meaning="How well the noise of each place agrees with the camera's pattern there. Low in "
        "dark, saturated and busy places too.",
        offset=(half * CELL, half * CELL),
    )
    if lacking is None:
        return map_, None, 0.0
    if lacking.spreads < POINTED or lacking.deviation > -1.0:
        return map_, None, lacking.spreads
    offset = (half * CELL, half * CELL)
    region = upright_region(
        scene.media, lacking.top, lacking.left, lacking.height, lacking.width, CELL, offset
    )
    return map_, Part(region, lacking.spreads, sentence="Lacks the pattern."), lacking.spreads
