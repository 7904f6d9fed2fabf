"""The thorough search finds copies by place, plain ones too, and calls no repetition a copy."""

from __future__ import annotations

import numpy as np
import pytest
from copies import pasted, repeated_scene
from localisation import auc, map_auc, named_map
from pictures import developed, examine, jpeg, leaves, mosaic, photograph, png, sample, scene_of
from scipy import ndimage

from telltale import analysis
from telltale.detectors._shared import patchmatch, zernike
from telltale.detectors._shared.clone_report import REPORTED
from telltale.detectors.forensic import copy_move_dense
from telltale.finding import Finding
from telltale.runtime.context import Context
from telltale.scene import luma


def fact(finding: Finding, name: str) -> object:
    return next(f.value for f in finding.facts if f.name == name)


@pytest.mark.parametrize(
    ("seed", "angle", "scale", "mirror", "quality"),
    [(0, 0.0, 1.0, False, 75), (1, 30.0, 1.0, False, 85), (2, 0.0, 1.0, True, 95)],
)
def test_points_at_both_places(
    seed: int, angle: float, scale: float, mirror: bool, quality: int
) -> None:
    """Signed AUC at three qualities, beside brightness and local variance."""
    made = pasted(photograph(seed), seed, angle=angle, scale=scale, mirror=mirror)
    finding = examine(copy_move_dense, jpeg(made.pixels, quality))
    ours = map_auc(named_map(finding, "copied"), made.truth)
    grey = luma(made.pixels)
    variance = ndimage.uniform_filter(grey**2, 15) - ndimage.uniform_filter(grey, 15) ** 2
    assert ours > 0.85
    assert ours > max(auc(grey, made.truth), auc(variance, made.truth)) + 0.15
    if quality == 95:
        assert fact(finding, "copies") == 1


def plain_scene() -> np.ndarray:
    """A plastered wall: soft shading and grain, and nothing else."""
    rng = np.random.default_rng(3)
    plaster = ndimage.gaussian_filter(rng.normal(size=(640, 640)), 6.0)
    light = 0.3 + 0.02 * plaster[..., None] / plaster.std() + np.zeros(3)
    return developed(mosaic(light.astype(np.float32), rng, 1.5))


def test_sees_a_copy_of_a_plain_wall() -> None:
    made = pasted(plain_scene(), 0)
    dense = examine(copy_move_dense, png(made.pixels))
    assert fact(dense, "copies") == 1
    assert map_auc(named_map(dense, "copied"), made.truth) > 0.9


@pytest.mark.parametrize("pixels", [repeated_scene(1), sample("coffee"), photograph(3)])
def test_what_repeats_or_is_untouched_is_no_copy(pixels: np.ndarray) -> None:
    finding = examine(copy_move_dense, jpeg(pixels, 90))
    assert fact(finding, "copies") == 0
    assert finding.score is not None
    assert finding.score.value < REPORTED


def test_can_be_stopped_in_the_middle() -> None:
    steps: list[float] = []
    context = Context(
        progress=lambda done, _: steps.append(done), is_cancelled=lambda: len(steps) > 6
    )
    finding = analysis.run_module(copy_move_dense, scene_of(png(photograph(0))), context)
    assert finding.status == "cancelled"
    assert 0 < max(steps) < 0.7
    assert steps == sorted(steps)


def test_moments_are_those_of_the_definition_and_ignore_turning() -> None:
    picture = luma(np.asarray(leaves(0)[:96, :96] * 255, np.uint8))
    ours = zernike.magnitudes(picture)
    patch = picture[40 - zernike.RADIUS : 41 + zernike.RADIUS, 50 - zernike.RADIUS :][:, :17]
    for k, (n, m) in enumerate(zernike.ORDERS):
        assert ours[40, 50, k] == pytest.approx(
            abs((patch * zernike.kernel(n, m)).sum()), abs=1 / 16
        )
    turned = zernike.magnitudes(np.ascontiguousarray(np.rot90(picture)))
    assert np.abs(np.rot90(turned, -1) - ours)[10:-10, 10:-10].max() <= 1 / 16
    mirrored = zernike.magnitudes(np.ascontiguousarray(picture[:, ::-1]))
    assert np.abs(mirrored[:, ::-1] - ours)[10:-10, 10:-10].max() <= 1 / 16


def test_the_field_finds_the_very_pixel() -> None:
    made = pasted(photograph(0)[:512, :640], 0, side=120)
    grey = luma(made.pixels)
    wanted = np.ones(grey.shape, bool)
    field = patchmatch.nearest(zernike.magnitudes(grey), wanted, lambda _: None)
    rows, columns = np.nonzero(made.truth[::2, ::2])
    shift = np.stack((field.y[rows, columns] - 2 * rows, field.x[rows, columns] - 2 * columns))
    common = np.unique(np.abs(shift), axis=1, return_counts=True)[1].max()
    assert common > 0.6 * rows.size
    assert len(patchmatch.mappings(field, wanted)) >= 1


def test_refuses_with_reasons() -> None:
    assert examine(copy_move_dense, png(photograph(0)[:150])).reason == "image_too_small"
