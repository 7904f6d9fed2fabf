"""Up-sampling lattice: spectrum peaks as image generators leave them, with a false-alarm number."""

from __future__ import annotations

import numpy as np

from telltale.detectors._shared import admission
from telltale.detectors._shared.spectral_lattice import (
    LEAST_TILE,
    LEVELS,
    PERIODS,
    Peaks,
    lattice,
    log10_false_alarms,
    peaks,
    tile_side,
    whole_plane,
)
from telltale.detectors._shared.texture import texture
from telltale.finding import Card, Fact, Finding, Inapplicable, Map, Reference, Score, ok
from telltale.runtime.context import Context
from telltale.scene import Scene

CARD = Card(
    id="upsampling_lattice",
    version="1",
    family="forensic",
    title="Up-sampling lattice",
    question="Do points of a lattice stand out of the spectrum, and could that be chance?",
    how="Layers that enlarge a picture by 2 treat even and odd pixels differently. After several "
    "of them a faint pattern repeats every 4, 8 or 16 pixels, and its frequencies form a lattice. "
    "In every part of the picture each frequency is ranked among its neighbours; the ranks of all "
    "parts are joined. The answer is a number of false alarms: how many such lattices are to be "
    "expected in a picture where nothing repeats.",
    limits=(
        "Many current generators leave no lattice, and scaling the picture moves it away from "
        "where it is looked for: no lattice says nothing.",
        "Printed screens, fabric, pixel art and some sensors whose colour filters repeat every 4 "
        "pixels have lattices of their own.",
        "JPEG leaves the period of its blocks, 8 pixels, in many untouched files of cameras (5 of "
        "23): JPEG files are not examined, and a lossless copy of one can show that lattice.",
        "Untouched files of cameras above about one megapixel were called odd in 5 of 11 cases; on "
        "such pictures the test is silent.",
        "Small pictures give few parts to compare, and only strong lattices reach significance.",
    ),
    references=(
        Reference(
            "X. Zhang, S. Karaman, S.-F. Chang",
            "Detecting and Simulating Artifacts in GAN Fake Images (the lattice)",
            "WIFS",
            2019,
            "https://arxiv.org/abs/1907.06515",
        ),
        Reference(
            "R. Corvi, D. Cozzolino, G. Poggi, K. Nagano, L. Verdoliva",
            "Intriguing Properties of Synthetic Images: from Generative Adversarial Networks to "
            "Diffusion Models (peaks in the spectrum of the residual)",
            "CVPR Workshops",
            2023,
            "https://arxiv.org/abs/2304.06408",
        ),
        Reference(
            "A. Desolneux, L. Moisan, J.-M. Morel",
            "Meaningful Alignments (the number of false alarms)",
            "International Journal of Computer Vision 40(1)",
            2000,
            "https://doi.org/10.1023/A:1026593302236",
        ),
    ),
    weak=True,
)

#: Decimal exponent of the number of false alarms, turned round, from which on the sentence speaks
#: of a lattice: fewer than one in a hundred pictures.
USUAL = 2.0
#: The largest picture on which untouched photographs stayed quiet: 1024 x 1024.
MOST_PIXELS = 1_100_000
#: The largest exponent that is said: beyond it the model of chance is believed too far.
MOST_SAID = 9


def applicable(scene: Scene) -> Inapplicable | None:
    """At least 256 pixels on the shorter side, at most `MOST_PIXELS`, original, 10 % textured."""
    return (
        admission.large_enough(scene.media, 2 * LEAST_TILE)
        or _small_enough(scene)
        or admission.not_redrawn(scene.media)
        or admission.enough_texture(texture(scene), 0.1)
    )


def _small_enough(scene: Scene) -> Inapplicable | None:
    """Refuse JPEG and large pictures: 5 of 23 untouched small camera files had JPEG's lattice."""
    if scene.media.jpeg is not None:
        return Inapplicable(
            "outside_validated_range",
            "JPEG's own blocks often leave the lattice that this test looks for; it examines "
            "lossless files only.",
        )
    if scene.media.width * scene.media.height <= MOST_PIXELS:
        return None
    return Inapplicable(
        "outside_validated_range",
        "Large files of cameras often show lattices that their own processing and compression "
        "left, so this test is silent above 1.1 megapixels.",
    )


def run(scene: Scene, context: Context) -> Finding:
    """The most significant lattice and the spectrum of surprise to look at."""
    luma = scene.coded_luma
    found = peaks(luma, lambda share: context.step(0.9 * share, "Ranking frequencies"))
    meaning = {period: -log10_false_alarms(found, period) for period in PERIODS}
    best = max(meaning, key=lambda p: meaning[p])
    facts = (
        *(
            Fact(f"significance_{p}_pixels", round(v, 2), "-log10 of false alarms")
            for p, v in meaning.items()
        ),
        Fact("points_of_the_lattice_that_stand_out", _standing(found, best), _of(best)),
        Fact("tiles", found.tiles, f"of {tile_side(luma.shape)} x {tile_side(luma.shape)} pixels"),
    )
    shown = scene.media.upright(whole_plane(found.surprise))
    maps = (
        Map(
            "surprise",
            shown.astype(np.float32),
            0.0,
            6.0,
            "-log10 of the chance",
            meaning="How unlikely it is that a frequency stands out of its neighbours as it does; "
            "zero frequency in the middle. Points on a regular lattice are what the test looks "
            "for; a single one is no sign of anything.",
            space="frequency",
        ),
    )
    score = Score(
        meaning[best],
        "significance of the best lattice",
        "higher_is_suspicious",
        0.0,
        20.0,
        "-log10 of false alarms",
    )
    return ok(CARD, _sentence(best, meaning[best]), score, maps=maps, facts=facts)


def _standing(found: Peaks, period: int) -> int:
    """Points of a lattice that reach the second of the levels."""
    step = found.surprise.shape[0] // period
    need = -np.log10(LEVELS[1])
    return sum(bool(found.surprise[y * step, x * step] >= need) for y, x in lattice(period))


def _of(period: int) -> str:
    return f"of {len(lattice(period))}, at a chance of {LEVELS[1]:g} each"


def _sentence(period: int, significance: float) -> str:
    if significance <= USUAL:
        return "No lattice stands out of the spectrum beyond chance."
    return (
        f"Points of a lattice stand out of the spectrum: something repeats every {period} pixels "
        f"all over the picture. Chance alone would leave that in fewer than one of "
        f"10^{min(int(significance), MOST_SAID)} pictures. "
        "Up-sampling in an image generator does; so do screens, fabric and some sensors."
    )
