"""The spectrum test equals the published profile, finds up-sampling lattices, and only those."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from pictures import SAMPLES, Pixels, examine, jpeg, photograph, png, sample, scene_of
from PIL import Image

from telltale.detectors._shared.spectrum_tiles import (
    above_surroundings,
    decibels,
    lattice_peak,
    mean_log_spectrum,
    radial_profile,
    whole,
)
from telltale.detectors.forensic import spectrum
from telltale.detectors.forensic.spectrum import GAP, LARGE, PERIODS, USUAL, fall
from telltale.evidence.calibration import SIZE_MARGIN
from telltale.evidence.weigh import stored
from telltale.scene import luma


def fact(finding: object, name: str) -> float:
    return next(f.value for f in finding.facts if f.name == name)  # type: ignore[attr-defined]


def transposed_convolution(small: NDArray[np.floating]) -> NDArray[np.floating]:
    """Twice the size by a kernel of 3 at stride 2, which overlaps unevenly (Odena et al. 2016)."""
    height, width = small.shape[:2]
    out = np.zeros((2 * height + 1, 2 * width + 1, *small.shape[2:]))
    kernel = np.array([0.5, 0.7, 0.5])
    for dy in range(3):
        for dx in range(3):
            weight = kernel[dy] * kernel[dx]
            out[dy : dy + 2 * height : 2, dx : dx + 2 * width : 2] += weight * small
    return out[: 2 * height, : 2 * width]


def generated(seed: int, layers: int) -> Pixels:
    """A picture whose last layers are such up-samplings, with fresh detail added at each."""
    rng = np.random.default_rng(seed)
    picture: NDArray[np.floating] = photograph(seed, side=768).astype(float)
    for _ in range(layers):
        picture = picture.reshape(picture.shape[0] // 2, 2, -1, 2, 3).mean(axis=(1, 3))
    for _ in range(layers):
        picture = transposed_convolution(picture)
        picture *= 128 / picture.mean()
        picture += rng.normal(size=picture.shape) * 3
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def test_equals_the_published_profile() -> None:
    """Durall et al.: fft2, shift, 20 log(|F| + 1e-8), mean over integer radii, by hand."""
    picture = luma(sample("astronaut"))[:128, :128]
    shifted = np.fft.fftshift(np.fft.fft2(picture.astype(np.float64)))
    plane = 20 * np.log10(np.abs(shifted) + 1e-8)
    sums: dict[int, list[float]] = {}
    for y, x in np.ndindex(plane.shape):
        sums.setdefault(int(np.hypot(y - 64, x - 64)), []).append(plane[y, x])
    reference = np.array([np.mean(sums[r]) for r in sorted(sums)])
    ours = radial_profile(whole(decibels(np.fft.rfft2(picture))))
    assert ours.shape == reference.shape
    # float32 against float64, at the weakest frequencies of the picture
    assert np.abs(ours - reference).max() < 0.01


@pytest.mark.parametrize("power", [1.0, 2.0])
def test_reads_the_slope_of_a_known_fall(power: float) -> None:
    """A field with amplitude 1 / f^a falls by 6.02 a dB per octave."""
    rng = np.random.default_rng(4)
    frequency = np.hypot(np.fft.fftfreq(1024)[:, None], np.fft.rfftfreq(1024)[None, :])
    frequency[0, 0] = 1
    noise = np.fft.rfft2(rng.normal(size=(1024, 1024))) / frequency**power
    field = np.fft.irfft2(noise)
    field = (128 + 30 * field / field.std()).astype(np.float32)
    slope, high = fall(radial_profile(mean_log_spectrum(field, 512)))
    assert slope == pytest.approx(-6.02 * power, abs=0.5)
    assert abs(high) < 1.0


@pytest.mark.parametrize("layers", [2, 3])
@pytest.mark.parametrize("quality", [None, 90])
def test_finds_the_lattice_of_upsampling_layers(layers: int, quality: int | None) -> None:
    values = []
    for seed in range(3):
        pixels = generated(seed, layers)
        finding = examine(spectrum, png(pixels) if quality is None else jpeg(pixels, quality))
        assert finding.score is not None
        values.append(finding.score.value)
    assert np.median(values) > USUAL


@pytest.mark.parametrize("period", [4, 8, 16])
def test_names_the_period(period: int) -> None:
    rng = np.random.default_rng(0)
    tile = rng.normal(size=(period, period)) * 4
    pattern = np.tile(tile, (768 // period, 768 // period))[..., None]
    pixels = np.clip(np.rint(photograph(1) + pattern), 0, 255).astype(np.uint8)
    finding = examine(spectrum, png(pixels))
    assert fact(finding, f"lattice_{period}_pixels") > USUAL
    assert f"every {period} pixels" in finding.sentence or period < 16


@pytest.mark.parametrize(("period", "blocks"), [(8, True), (16, False)])
def test_a_jpeg_s_own_blocks_are_named_before_a_generator(period: int, blocks: bool) -> None:
    """Camera files show their blocks; whoever reads that must not think of a generator first."""
    tile = np.random.default_rng(0).normal(size=(period, period)) * 8
    pattern = np.tile(tile, (768 // period, 768 // period))[..., None]
    pixels = np.clip(np.rint(photograph(1) + pattern), 0, 255).astype(np.uint8)
    stored, lossless = examine(spectrum, jpeg(pixels, 97)), examine(spectrum, png(pixels))
    for finding in (stored, lossless):
        assert finding.score is not None
        assert finding.score.value > USUAL
    assert ("blocks of JPEG" in stored.sentence) is blocks
    assert "blocks of JPEG" not in lossless.sentence


def repeating(period: int, side: int) -> Pixels:
    """A large noisy picture with a pattern that repeats every `period` pixels."""
    rng = np.random.default_rng(period)
    noise = rng.normal(128, 12, (side, side, 1)) + rng.normal(size=(side, side, 3))
    tile = rng.normal(size=(period, period)) * 6
    whole = np.tile(tile, (side // period + 1, side // period + 1))[:side, :side, None]
    return np.clip(np.rint(noise + whole), 0, 255).astype(np.uint8)


def test_on_large_jpeg_files_only_what_their_blocks_cannot_leave_is_looked_for() -> None:
    """In files of cameras the lattice of 8 pixels is JPEG's own; that of 16 never is."""
    blocks, coarse = (repeating(p, LARGE + 20) for p in (8, 16))
    for pixels, seen in ((blocks, False), (coarse, True)):
        finding = examine(spectrum, jpeg(pixels, 95))
        assert finding.score is not None
        assert (finding.score.value > USUAL) is seen
        assert ("every 16 pixels" in finding.sentence) is seen
        assert "not looked for here" in finding.sentence
    lossless = examine(spectrum, png(blocks))
    assert lossless.score is not None
    assert lossless.score.value > USUAL
    assert "not looked for here" not in lossless.sentence


@pytest.mark.parametrize("quality", [75, 95])
def test_no_size_that_was_calibrated_is_large(quality: int) -> None:
    """Where the test weighs, it looks for all lattices, as when it was calibrated."""
    calibration = stored("spectrum")
    assert calibration is not None
    assert np.log2(LARGE) > calibration.log2_pixels_range[1] + SIZE_MARGIN
    finding = examine(spectrum, jpeg(photograph(0), quality))
    plane = above_surroundings(mean_log_spectrum(scene_of(jpeg(photograph(0), quality)).luma, 512))
    assert finding.score is not None
    assert finding.score.value == max(lattice_peak(plane, p) for p in PERIODS)


def test_a_shifted_lattice_is_not_one() -> None:
    """Points between the lattice's places are only noise to it."""
    plane = np.random.default_rng(1).normal(size=(512, 512))
    on, off = plane.copy(), plane.copy()
    on[256 + 64 :: 64, 256 + 64 :: 64] += 12
    off[256 + 74 :: 64, 256 + 74 :: 64] += 12
    assert lattice_peak(on, 8) > 8
    assert lattice_peak(off, 8) < 3
    assert abs(lattice_peak(plane, 8)) < 4


@pytest.mark.parametrize("quality", [50, 75, 90, None])
def test_untouched_pictures_stay_quiet(quality: int | None) -> None:
    """Neither JPEG's blocks (period 8) nor demosaicking (period 2) may pass for a generator."""
    pictures = [*(photograph(i) for i in range(6)), *(sample(name) for name in SAMPLES)]
    for pixels in pictures:
        finding = examine(spectrum, png(pixels) if quality is None else jpeg(pixels, quality))
        assert finding.score is not None
        assert finding.score.value < USUAL


def test_says_that_an_enlarged_picture_has_no_high_frequencies() -> None:
    small = Image.fromarray(photograph(2)).resize((256, 256), Image.Resampling.LANCZOS)
    large = np.asarray(small.resize((768, 768), Image.Resampling.BICUBIC))
    finding = examine(spectrum, png(large))
    assert fact(finding, "high_frequencies_against_fall") < GAP
    assert "hardly any detail" in finding.sentence
    assert "hardly any detail" not in examine(spectrum, png(photograph(2))).sentence


def test_the_map_is_a_spectrum_and_not_a_place() -> None:
    rows = np.sin(np.arange(512) * 2 * np.pi / 8)[:, None, None] * 40 + 128
    noise = np.random.default_rng(0).normal(size=(512, 512, 1)) * 2
    pixels = np.clip(rows + noise + np.zeros(3), 0, 255).astype(np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    upright = examine(spectrum, jpeg(pixels, 95)).maps[0]
    turned = examine(spectrum, jpeg(pixels, 95, exif=exif)).maps[0]
    assert upright.space == "frequency"
    # Horizontal stripes of period 8: the peak stands above the middle; turned, beside it.
    assert upright.values[256 - 64, 256] > upright.values[256, 256 - 64] + 30
    assert turned.values[256, 256 - 64] > turned.values[256 - 64, 256] + 30


def test_refuses_with_reasons() -> None:
    pixels = photograph(0)
    assert examine(spectrum, png(pixels[:200])).reason == "image_too_small"
    flat = np.full((300, 300, 3), 80, np.uint8)
    assert examine(spectrum, png(flat)).reason == "flat_or_saturated"
    assert examine(spectrum, png(pixels), "screen-crop").reason == "needs_original_bytes"
