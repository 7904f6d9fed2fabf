"""Colour filter array: is the camera's mosaic traceable everywhere?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from telltale.detectors._shared import admission
from telltale.detectors._shared.blocks import block_mean, masked_box_mean
from telltale.detectors._shared.codec_grid import coded_map, upright_region
from telltale.detectors._shared.outlying_box import outlying_box
from telltale.detectors._shared.texture import CELL, texture
from telltale.finding import Card, Fact, Finding, Inapplicable, Part, Reference, Score, ok
from telltale.runtime.context import Context
from telltale.scene import Scene

CARD = Card(
    id="cfa",
    version="1",
    family="forensic",
    title="Colour filter array",
    question="Is the mosaic of the camera's colour filters traceable in all parts alike?",
    how="A camera measures green at every other pixel and computes the rest. Computed pixels are "
    "easier to predict from their neighbours than measured ones. In each block of 8 x 8 pixels "
    "the two kinds are compared; where the difference is missing, the pixels did not come "
    "straight from that camera's mosaic.",
    limits=(
        "Only very lightly compressed or lossless pictures at the camera's own size keep the "
        "trace. JPEG below about quality 95 and any scaling erase it.",
        "Blown-out, flat and very sharp places carry no trace of their own.",
        "Modern phones merge many exposures; their pictures may have no trace at all.",
        "Retouching in the camera (lens correction, denoising) weakens it towards the corners.",
    ),
    references=(
        Reference(
            "P. Ferrara, T. Bianchi, A. De Rosa, A. Piva",
            "Image Forgery Localization via Fine-Grained Analysis of CFA Artifacts (the feature; "
            "prediction errors taken as zero-mean)",
            "IEEE Transactions on Information Forensics and Security 7(5)",
            2012,
            "https://doi.org/10.1109/TIFS.2012.2202227",
        ),
        Reference(
            "A. E. Dirik, N. Memon",
            "Image Tamper Detection Based on Demosaicing Artifacts (the pattern by "
            "re-interpolation)",
            "ICIP",
            2009,
            "https://doi.org/10.1109/ICIP.2009.5414611",
        ),
    ),
)

#: Share of the textured blocks that must agree on the places of measured green.
AGREEMENT = 0.62
#: Mean log10 ratio of a box over the usual one that none of our untouched development
#: photographs reached.
USUAL = 1.4
#: The four arrangements of the Bayer pattern, by the colours of its top row and bottom row.
PATTERNS = ("RGGB", "GRBG", "GBRG", "BGGR")
_STRIP = 512
_FLOOR = 0.02  # squared grey levels; the rounding of pixels leaves more
_EM_STEPS = 40
_SMOOTH = 5
_MOST = 3.0


def applicable(scene: Scene) -> Inapplicable | None:
    """At least 256 pixels on the shorter side, the original file, 20 % textured, in colour."""
    media = scene.media
    small = admission.large_enough(media, 256) or admission.not_redrawn(media)
    if small:
        return small
    sample = media.coded[::16, ::16].astype(int)
    if np.abs(sample[..., 1] - sample[..., 0]).max() < 3:
        return Inapplicable("not_photographic", "The picture has no colours to compare.")
    return admission.enough_texture(texture(scene), 0.2)


def run(scene: Scene, context: Context) -> Finding:
    """The map of missing traces, where the picture has them at all."""
    media = scene.media
    ratio = lattice_ratio(media.coded[..., 1], context)
    usable = texture(scene).usable & np.isfinite(ratio)
    positive = float((ratio[usable] > 0).mean())
    main = 1 if positive >= 0.5 else -1
    agreement = max(positive, 1 - positive)
    pattern, contrast = bayer_pattern(media.coded)
    facts = (
        Fact("agreement_on_green", round(agreement, 3), "share of textured blocks"),
        Fact("pattern", pattern),
        Fact("reinterpolation_error", round(contrast, 3), "best over other patterns"),
    )
    raw = coded_map(
        media,
        "green_lattice",
        np.where(usable, main * ratio, 0),
        CELL,
        -1.0,
        2.0,
        unit="log ratio",
        meaning="Prediction error of measured over computed green: above 0 as from a colour "
        "filter array, about 0 where there is no trace of one, below 0 where it is displaced.",
    )
    if agreement < AGREEMENT:
        sentence = (
            "No trace of a colour filter array is left in the picture as a whole, so parts cannot "
            "be compared. That is usual for compressed and for scaled pictures."
        )
        return ok(CARD, sentence, maps=(raw,), facts=facts)
    mixture = fit(main * ratio[usable].astype(float))
    missing = np.where(usable, mixture.ratio(main * ratio.astype(float)), 0).astype(np.float32)
    smooth, share = masked_box_mean(missing, usable, _SMOOTH)
    smooth[share < 0.2] = 0.0
    maps = (
        coded_map(
            media,
            "trace_missing",
            smooth,
            CELL,
            -2.0,
            2.0,
            unit="log10 ratio",
            meaning="How much better each block fits no colour filter array than the picture's "
            "own: positive where its trace is missing.",
        ),
        raw,
    )
    found = outlying_box(missing, usable)
    if found is None:
        sentence = "The textured parts are too scattered to compare areas; see the map."
        return ok(CARD, sentence, maps=maps, facts=facts)
    value = max(found.deviation, 0.0)
    region = upright_region(media, found.top, found.left, found.height, found.width, CELL)
    score = Score(
        value,
        "log10 ratio of the area that fits the filter array least, over the usual",
        "higher_is_suspicious",
        0.0,
        5.0,
        "log10 ratio",
    )
    sentence = (
        "The trace of the colour filter array runs through all textured parts of the picture."
        if value <= USUAL
        else "The picture carries the trace of a colour filter array, and one area does not: as "
        "when it was pasted, painted or retouched. Blur and saturation there would explain it too."
    )
    part = Part(region, value, sentence="The area that fits the filter array least.")
    return ok(CARD, sentence, score, maps=maps, facts=facts, parts=(part,))


def lattice_ratio(green: NDArray[np.uint8], context: Context | None = None) -> NDArray[np.float32]:
    """How much worse green is predicted on one lattice of the checkerboard than on the other.

    Parameters
    ----------
    green
        (H, W) uint8 in the order of the file's pixels.

    Returns
    -------
    ratio
        (H // 8, W // 8) float32: natural log of the geometric mean, over the block, of the local
        variance of the prediction error where row + column is odd, over that where it is even.

    Notes
    -----
    Ferrara et al. 2012, eqs. (5) to (10): bilinear prediction, local variance weighted by a
    Gaussian of 7 x 7 pixels with standard deviation 1 over pixels of the same lattice.
    """
    rows, columns = green.shape[0] // CELL, green.shape[1] // CELL
    out = np.empty((rows, columns), np.float32)
    margin = 4
    for top in range(0, rows * CELL, _STRIP):
        if context is not None:
            context.step(top / (rows * CELL), "Predicting green")
        bottom = min(top + _STRIP, rows * CELL)
        first = max(top - margin, 0)
        strip = green[first : bottom + margin, : columns * CELL].astype(np.float32)
        wide = np.pad(strip, 1, mode="reflect")
        error = (wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:]) / 4 - strip
        error *= error
        sign = np.ones(strip.shape, np.float32)
        sign[(first % 2) :: 2, 0::2] = -1  # even lattice, whatever row the strip begins with
        sign[1 - (first % 2) :: 2, 1::2] = -1
        # The weights of one lattice are half those of both plus half those of the difference.
        both = ndimage.gaussian_filter(error, 1.0, radius=3)
        difference = ndimage.gaussian_filter(error * sign, 1.0, radius=3)
        local = np.maximum(both + sign * difference, 0) + _FLOOR
        signed = (np.log(local) * sign)[top - first : bottom - first]
        out[top // CELL : bottom // CELL] = 2 * block_mean(signed, CELL)
    return out


@dataclass(frozen=True, slots=True)
class Mixture:
    """Two normal densities of the lattice ratio: no filter array (about 0), and the picture's."""

    without: float
    mean: float
    spread: float

    def ratio(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """log10 p(x | no filter array) - log10 p(x | the picture's), within +-3."""
        no = -0.5 * (x / self.without) ** 2 - np.log(self.without)
        own = -0.5 * ((x - self.mean) / self.spread) ** 2 - np.log(self.spread)
        # beyond the mean of its own a block fits it no less for showing more
        own = np.where(x > self.mean, np.maximum(own, -np.log(self.spread)), own)
        return np.asarray(np.clip((no - own) / np.log(10), -_MOST, _MOST))


def fit(x: NDArray[np.float64]) -> Mixture:
    """Fit the two densities by expectation and maximisation (Ferrara et al. 2012, III-C)."""
    mean, spread, without, weight = float(np.median(x)), float(np.std(x)), 0.15, 0.1
    for _ in range(_EM_STEPS):
        no = weight / without * np.exp(-0.5 * (x / without) ** 2)
        own = (1 - weight) / spread * np.exp(-0.5 * ((x - mean) / spread) ** 2)
        belongs = no / (no + own + 1e-300)
        weight = float(np.clip(belongs.mean(), 0.01, 0.5))
        rest = 1 - belongs
        mean = float((rest @ x) / rest.sum())
        spread = max(float(np.sqrt((rest @ (x - mean) ** 2) / rest.sum())), 0.1)
        if belongs.sum() > 20:
            without = float(np.sqrt((belongs @ x**2) / belongs.sum()))
            without = float(np.clip(without, 0.08, 0.4))
    return Mixture(without, mean, spread)


def bayer_pattern(pixels: NDArray[np.uint8], side: int = 768) -> tuple[str, float]:
    """The Bayer pattern whose bilinear re-interpolation changes the picture least.

    Returns the pattern's name, and its mean squared change over the mean of the other three
    (Dirik & Memon 2009, section 2.1), from the middle `side` x `side` pixels.
    """
    top, left = (max((n - side) // 2, 0) // 2 * 2 for n in pixels.shape[:2])
    middle = pixels[top : top + side, left : left + side].astype(np.float32)
    cross = np.array([[0, 1, 0], [1, 4, 1], [0, 1, 0]], np.float32) / 4
    square = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]], np.float32) / 4
    errors = []
    for name in PATTERNS:
        error = 0.0
        for channel, letter in enumerate("RGB"):
            mask = np.zeros(middle.shape[:2], np.float32)
            for place, colour in enumerate(name):
                mask[place // 2 :: 2, place % 2 :: 2] += colour == letter
            kernel = cross if letter == "G" else square
            again = ndimage.convolve(middle[..., channel] * mask, kernel, mode="mirror")
            error += float(np.mean((again - middle[..., channel]) ** 2, dtype=float))
        errors.append(error)
    best = int(np.argmin(errors))
    others = (sum(errors) - errors[best]) / 3
    return PATTERNS[best], errors[best] / others if others > 0 else 1.0
