"""The sensor pattern equals prnu-python's, tells cameras apart and points at what lacks it."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from localisation import map_auc, named_map
from numpy.typing import NDArray
from pictures import Pixels, jpeg, photograph, png, scene_of, sensed, splice

from telltale import analysis, cli
from telltale.detectors._shared import sensor_noise as sensor
from telltale.detectors.forensic import prnu
from telltale.finding import Finding
from telltale.runtime import cameras
from telltale.runtime.cameras import Camera, CameraError
from telltale.runtime.context import Context

GOLDEN = json.loads((Path(__file__).parent / "golden/prnu.json").read_text("utf-8"))


def golden_picture(seed: int, height: int = 192, width: int = 256) -> Pixels:
    """A striped scene with a 3 % sensor pattern that all seeds of one size share."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    light = 120 + 60 * np.sin(x / 17 + seed) + 40 * np.cos(y / 23)
    pattern = np.random.default_rng(99).normal(size=(height, width)) * 0.03
    grey = light[..., None] * (1 + pattern[..., None]) * np.array([1, 0.9, 0.8])
    grey = grey + rng.normal(size=(height, width, 3)) * 2
    return np.clip(np.rint(grey), 0, 255).astype(np.uint8)


def at_golden_places(values: NDArray[np.float32]) -> list[float]:
    return [float(values[y % values.shape[0], x % values.shape[1]]) for y, x in GOLDEN["at"]]


@cache
def golden_fingerprint() -> NDArray[np.float32]:
    bright = golden_picture(3)
    bright[40:80, 60:120] = 255
    return sensor.fingerprint([golden_picture(1), golden_picture(2), bright])


def test_extraction_equals_prnu_python() -> None:
    noise, odd = sensor.extracted(golden_picture(0)), sensor.extracted(golden_picture(5, 151, 203))
    assert at_golden_places(noise) == pytest.approx(GOLDEN["residual"], abs=2e-3)
    assert float(noise.std()) == pytest.approx(GOLDEN["residual_sd"], rel=1e-4)
    assert at_golden_places(odd) == pytest.approx(GOLDEN["odd"], abs=2e-3)


def test_fingerprint_equals_prnu_python() -> None:
    assert at_golden_places(golden_fingerprint()) == pytest.approx(GOLDEN["fingerprint"], abs=2e-3)
    assert float(golden_fingerprint().std()) == pytest.approx(GOLDEN["fingerprint_sd"], rel=1e-4)


def test_peak_to_correlation_energy_equals_prnu_python() -> None:
    noise = sensor.extracted(golden_picture(0))
    whole = sensor.peak(sensor.cross_correlation(golden_fingerprint(), noise))
    assert [whole.y, whole.x] == GOLDEN["peak"]
    assert whole.height == pytest.approx(GOLDEN["height"], rel=1e-3)
    assert whole.pce == pytest.approx(GOLDEN["pce"], rel=1e-3)
    cut = sensor.peak(sensor.cross_correlation(noise[24:, 31:], golden_fingerprint()))
    assert [cut.y, cut.x] == GOLDEN["cut_peak"]
    assert cut.pce == pytest.approx(GOLDEN["cut_pce"], rel=1e-3)


def shot(camera: int, seed: int, side: int = 512) -> Pixels:
    return sensed(camera, seed, side)


@cache
def camera(number: int) -> Camera:
    """The camera as learned from twelve pictures saved as JPEG."""
    shots = [decoded_jpeg(shot(number, 30 + i)) for i in range(12)]
    return Camera(f"camera {number}", len(shots), sensor.fingerprint(shots))


def decoded_jpeg(pixels: Pixels) -> Pixels:
    return scene_of(jpeg(pixels, 95)).media.coded


def compared(file: bytes, *known: Camera) -> Finding:
    return analysis.run_module(prnu, scene_of(file), Context(cameras=lambda: known))


def test_tells_the_camera() -> None:
    finding = compared(jpeg(shot(1, 3), 90), camera(2), camera(1))
    assert finding.score is not None
    assert finding.score.value > 5 * prnu.MATCH
    facts = {(f.name, f.unit): f.value for f in finding.facts}
    assert facts["camera", ""] == "camera 1"
    assert facts["peak_to_correlation_energy", "camera 2"] < prnu.MATCH
    assert "all comparable places" in finding.sentence
    assert any("12 pictures" in caveat for caveat in finding.caveats)


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_another_camera_does_not_match(seed: int) -> None:
    finding = compared(jpeg(shot(1, seed), 90), camera(2))
    assert finding.score is not None
    assert finding.score.value < prnu.MATCH
    assert "none of the known cameras" in finding.sentence
    assert not finding.maps


def test_finds_where_a_cut_picture_lay() -> None:
    finding = compared(png(shot(1, 3)[56:400, 88:480]), camera(1))
    facts = {f.name: f.value for f in finding.facts}
    assert (facts["shift_x"], facts["shift_y"]) == (88, 56)


@pytest.mark.parametrize(("quality", "least"), [(95, 0.9), (90, 0.88), (85, 0.8)])
def test_points_at_what_another_sensor_took(quality: int, least: float) -> None:
    """The truth: a square from another camera. Signed: low correlation must mean pasted."""
    found = []
    for seed in (3, 4):
        made = splice(shot(1, seed), shot(2, seed + 10), 160, 80 + 160 * (seed - 3), 192)
        finding = compared(jpeg(made.pixels, quality), camera(1))
        map_ = named_map(finding, "sensor_pattern")
        found.append(1 - map_auc(map_, made.truth))
    assert np.mean(found) > least


def test_says_what_one_picture_cannot_tell() -> None:
    finding = compared(jpeg(photograph(0), 95))
    assert finding.status == "ok"
    assert finding.score is None
    assert "One picture alone cannot show" in finding.sentence
    assert {f.name: f.value for f in finding.facts}["noise_residual"] > 0.3


def test_a_camera_with_smaller_pictures_is_passed_over() -> None:
    finding = compared(png(photograph(0)), camera(1))
    assert {f.name: f.value for f in finding.facts}["cameras_compared"] == 0


def test_a_camera_is_made_listed_used_and_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TELLTALE_CAMERAS", str(tmp_path / "kept"))
    files = []
    for i in range(6):
        files.append(tmp_path / f"{i}.png")
        files[-1].write_bytes(png(shot(1, 30 + i, 320)))
    assert cli.main(["camera", "make", "My camera", *map(str, files)]) == 0
    assert cli.main(["camera", "list"]) == 0
    assert "My camera: 320 x 320 pixels, from 6 pictures" in capsys.readouterr().out
    kept = cameras.load("My camera")
    exact = sensor.fingerprint([shot(1, 30 + i, 320) for i in range(6)])
    assert np.abs(kept.pattern - exact).max() < 1e-3 * np.abs(exact).max()
    finding = compared(png(shot(1, 3, 320)), kept)
    assert finding.score is not None
    assert finding.score.value > prnu.MATCH
    assert cli.main(["camera", "remove", "My camera"]) == 0
    assert cli.main(["camera", "remove", "My camera"]) == 1
    assert "no camera named" in capsys.readouterr().err


def reads(*pictures: Pixels) -> list[tuple[str, Callable[[], Pixels]]]:
    return [(f"{i}.png", lambda p=p: p) for i, p in enumerate(pictures)]  # type: ignore[misc]


def test_refuses_bad_cameras_with_reasons() -> None:
    small = photograph(0)[:64, :64]
    with pytest.raises(CameraError, match="at least 5"):
        cameras.make("a", reads(small))
    with pytest.raises(CameraError, match="one size"):
        cameras.make("a", reads(small, small, small, small, small[:32]))
    for name in ("../a", "", " a", "a/b", "."):
        with pytest.raises(CameraError, match="name"):
            cameras.make(name, reads(*[small] * 5))
