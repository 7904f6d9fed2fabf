"""Copies are found under rotation, scale and mirroring; what only repeats is not called a copy."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from copies import pasted, repeated_scene
from localisation import auc, map_auc, named_map, truth_on
from pictures import SAMPLES, Pixels, examine, jpeg, photograph, png, sample
from scipy import ndimage

from telltale.detectors._shared.clone_report import REPORTED
from telltale.detectors._shared.keypoints import keypoints
from telltale.detectors.forensic import copy_move
from telltale.finding import Finding
from telltale.scene import luma


def fact(finding: Finding, name: str) -> object:
    return next(f.value for f in finding.facts if f.name == name)


@cache
def found(seed: int, quality: int, angle: float, scale: float, mirror: bool) -> Finding:
    made = pasted(photograph(seed), seed, angle=angle, scale=scale, mirror=mirror)
    return examine(copy_move, jpeg(made.pixels, quality))


WAYS = [(0.0, 1.0, False), (30.0, 1.0, False), (12.0, 1.25, False), (90.0, 0.85, False)]


@pytest.mark.parametrize("quality", [75, 85, 95])
def test_points_at_both_places_at_three_qualities(quality: int) -> None:
    """Signed AUC of the map, far above what brightness and local variance would give."""
    ours, bright, busy = [], [], []
    for seed, (angle, scale, mirror) in enumerate(WAYS):
        made = pasted(photograph(seed), seed, angle=angle, scale=scale, mirror=mirror)
        finding = found(seed, quality, angle, scale, mirror)
        map_ = named_map(finding, "copied")
        ours.append(map_auc(map_, made.truth))
        grey = luma(made.pixels)
        variance = ndimage.uniform_filter(grey**2, 15) - ndimage.uniform_filter(grey, 15) ** 2
        bright.append(auc(grey, made.truth))
        busy.append(auc(variance, made.truth))
    assert np.mean(ours) > 0.85
    assert np.mean(ours) > max(np.mean(bright), np.mean(busy)) + 0.15


@pytest.mark.parametrize(("angle", "scale", "mirror"), [*WAYS, (0.0, 1.0, True)])
def test_recovers_what_was_done(angle: float, scale: float, mirror: bool) -> None:
    seed = 4 if mirror else WAYS.index((angle, scale, mirror))
    finding = found(seed, 95, angle, scale, mirror)
    assert fact(finding, "copies") == 1
    assert finding.score is not None
    assert finding.score.value > REPORTED
    assert "copied from the other" in finding.sentence
    facts = {f.name: f.value for f in finding.parts[0].facts}
    ratio = facts["scale"]
    assert min(abs(ratio - scale), abs(1 / ratio - scale)) < 0.03
    assert facts["mirrored"] is mirror
    if not mirror:
        assert abs(abs(facts["rotation"]) - angle) < 2
    made = pasted(photograph(seed), seed, angle=angle, scale=scale, mirror=mirror)
    assert len(finding.parts) == 2
    for part in finding.parts:
        box = part.region.box
        assert box is not None
        area = made.truth[int(box.y) : int(box.y + box.h), int(box.x) : int(box.x + box.w)]
        assert area.mean() > 0.5


def test_boxes_and_map_lie_upright() -> None:
    """The same copy in a file that says "turn me": places are those of the upright picture."""
    made = pasted(photograph(0), 0)
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    turned = examine(copy_move, jpeg(made.pixels[:640], 95, exif=exif))
    upright = np.rot90(made.truth[:640], -1)
    map_ = named_map(turned, "copied")
    assert map_auc(map_, upright) > 0.85
    assert truth_on(map_, upright).shape == map_.values.shape


@pytest.mark.parametrize("quality", [75, 90, None])
def test_what_repeats_in_the_scene_is_no_copy(quality: int | None) -> None:
    """A facade of equal windows, seen by one sensor: alike, but every window has other grain."""
    pixels = repeated_scene(0)
    finding = examine(copy_move, png(pixels) if quality is None else jpeg(pixels, quality))
    assert fact(finding, "matches") > 0  # type: ignore[operator]
    assert fact(finding, "copies") == 0
    assert finding.score is not None
    assert finding.score.value < REPORTED
    assert not finding.parts


def test_untouched_pictures_show_no_copy() -> None:
    pictures: list[Pixels] = [*(photograph(i) for i in range(4)), *map(sample, SAMPLES)]
    for pixels in pictures:
        assert fact(examine(copy_move, jpeg(pixels, 90)), "copies") == 0


def test_one_object_copied_twice_is_found_twice() -> None:
    pixels = photograph(1).copy()
    patch = pixels[40:200, 60:220].copy()
    pixels[420:580, 80:240], pixels[300:460, 520:680] = patch, patch
    finding = examine(copy_move, png(pixels))
    map_ = named_map(finding, "copied")
    for y, x in ((120, 140), (500, 160), (380, 600)):
        assert map_.values[y, x] == 2


def test_mirrored_descriptors_are_those_of_the_mirrored_picture() -> None:
    grey = luma(photograph(2)[:400, :400])
    here, flipped = keypoints(grey, 400), keypoints(np.ascontiguousarray(grey[:, ::-1]), 400)
    distance = np.linalg.norm(here.mirrored[:, None] - flipped.descriptors[None], axis=2)
    nearest = np.argmin(distance, axis=1)
    places = flipped.xy[nearest] * (-1, 1) + (grey.shape[1] - 1, 0)
    same = np.linalg.norm(places - here.xy, axis=1) < 1.5
    assert same.mean() > 0.8


def test_refuses_with_reasons() -> None:
    assert examine(copy_move, png(photograph(0)[:150])).reason == "image_too_small"
    assert examine(copy_move, png(np.full((300, 300, 3), 9, np.uint8))).reason == (
        "flat_or_saturated"
    )
