"""Blinks, rims, mouths, looks and coded pictures with known truth."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from skimage.filters import threshold_yen

import video_factory as factory
from media_factory import box
from telltale.detectors import over_time
from telltale.detectors._shared.over_time import effective_size, mean_interval, top_third
from telltale.detectors.biological import blink, eye_reflection
from telltale.detectors.forensic import border_flicker, frame_rhythm, mouth_detail
from telltale.detectors.provenance import video_container
from telltale.faces.smoothing import OneEuro, tremble
from telltale.media import bytesource, container
from telltale.media.video import Clip, VideoMeta
from telltale.runtime.frames import PyAvSource
from telltale.series import Reading, Series

#: Pixels of an eye, open and shut.
OPEN, SHUT = np.random.default_rng(9).normal(size=(2, 120))


def openings(seconds: float, blinks: list[float], fps: float = 15, noise: float = 0.004) -> Series:
    """Eye aspect ratios of 0.3 that dip for 0.2 s at given times."""
    rng = np.random.default_rng(2)
    row = Series(0)
    for k in range(int(seconds * fps)):
        t = k / fps
        shut = max((max(0.0, 1 - abs(t - b) / 0.15) for b in blinks), default=0.0)
        value = 0.3 * (1 - 0.3 * shut) + float(rng.normal(0, noise))
        eye = (1 - 0.4 * shut) * OPEN + 0.4 * shut * SHUT
        row.add(t, Reading(value, extra=np.concatenate([[value, value], eye, eye])))
    return row


def test_blinks_are_counted_with_their_interval() -> None:
    times = [2.1, 5.4, 9.03, 14.6, 19.2, 23.3, 28.8]
    row = openings(30, times)
    found = blink.blinks_of(row)
    assert [b.middle_s for b in found] == pytest.approx(times, abs=0.05)
    assert all(0.05 < b.duration_s < 0.35 for b in found)
    said = blink.conclude(row)
    facts = {fact.name: fact.value for fact in said.facts}
    assert said.score == pytest.approx(14, abs=0.1)
    assert facts["rate_low"] < 14 < facts["rate_high"]


def test_no_blink_for_long_is_said_and_a_short_clip_says_nothing() -> None:
    assert "less than people usually blink" in blink.conclude(openings(60, [])).sentence
    said = blink.conclude(openings(10, [3.0]))
    assert said.score is None
    assert said.why is not None
    assert said.why.code == "too_short"


def test_poisson_interval_of_none_and_of_ten() -> None:
    assert blink.poisson_interval(0) == pytest.approx((0, 3.689), abs=1e-3)
    assert blink.poisson_interval(10) == pytest.approx((4.795, 18.390), abs=1e-3)


def test_effective_size_of_correlated_readings() -> None:
    rng = np.random.default_rng(0)
    white = rng.normal(size=4000)
    red = np.zeros(4000)
    for k in range(1, 4000):
        red[k] = 0.8 * red[k - 1] + white[k]
    assert effective_size(white) > 3000
    assert effective_size(red) == pytest.approx(4000 * 0.2 / 1.8, rel=0.3)
    mean, low, high, _ = mean_interval(red)
    assert low < 0 < high
    assert low < mean < high
    assert top_third(np.arange(9.0)) == 7.0


def test_highlights_that_agree_and_that_do_not() -> None:
    spot = np.zeros((32, 32), bool)
    spot[8:14, 8:14] = True
    assert eye_reflection.overlap(spot, np.roll(spot, 2, 0)) == 1.0
    assert eye_reflection.overlap(spot, np.roll(spot, 12, 1)) == 0.0


def test_yen_is_that_of_scikit_image() -> None:
    rng = np.random.default_rng(1)
    values = np.concatenate([rng.normal(60, 8, 900), rng.normal(220, 8, 100)])
    assert eye_reflection.yen(values) == pytest.approx(threshold_yen(values), abs=1)


def clip_of(path: Path) -> Clip:
    structure = container.read(bytesource.of_file(path))
    meta = VideoMeta(structure.container if structure else "", "h264", 1, 1, 1.0, 25.0)
    return Clip(path.name, "0" * 64, path.stat().st_size, "file", "", meta, structure)


def busy(count: int, seed: int = 0) -> list[np.ndarray]:
    """A textured picture that drifts, with a little noise: sizes are even but for the kind."""
    rng = np.random.default_rng(seed)
    wide = rng.integers(40, 200, (24, 40, 3)).astype(np.uint8).repeat(8, 0).repeat(8, 1)
    return [
        np.clip(wide[:128, k % 64 : k % 64 + 160] + rng.normal(0, 3, (128, 160, 3)), 0, 255).astype(
            np.uint8
        )
        for k in range(count)
    ]


@pytest.mark.parametrize(
    ("suffix", "named"), [("mp4", "MP4"), ("mkv", "Matroska"), ("mov", "QuickTime")]
)
def test_the_containers_pictures_are_listed(tmp_path: Path, suffix: str, named: str) -> None:
    path = factory.encode(tmp_path / f"a.{suffix}", busy(30), options={"g": "10", "bf": "2"})
    found = container.read(bytesource.of_file(path))
    assert found is not None
    assert found.container == named
    assert found.samples is not None
    assert len(found.samples.size) == 30
    assert np.sort(found.samples.time_s)[-1] - found.samples.time_s.min() == pytest.approx(29 / 25)
    assert set(found.samples.kind.tolist()) <= {b"I", b"P", b"B"}
    assert found.samples.kind[found.samples.key].tolist() == [b"I"] * int(found.samples.key.sum())
    assert int(found.samples.size.sum()) < path.stat().st_size
    finding = video_container.examine(clip_of(path))
    assert "FFmpeg" in finding.sentence
    assert "x264" in finding.sentence


def test_what_common_writers_do_not_leave_is_named(tmp_path: Path) -> None:
    whole = factory.encode(tmp_path / "a.mp4", busy(20)).read_bytes()

    def unusual(data: bytes) -> tuple[str, ...]:
        found = container.read(bytesource.of_bytes(data))
        assert found is not None
        return found.unusual

    assert unusual(whole) == ()
    assert unusual(whole + box(b"free", bytes(9000))) == ()
    (text,) = unusual(whole + box(b"HIDE", bytes(900)))
    assert "\u201cHIDE\u201d of 900 bytes belongs to no known use" in text
    (text,) = unusual(whole + box(b"free", b"secret " * 100))
    assert "700 bytes of padding are not empty" in text
    (text,) = unusual(whole + box(b"mdat", bytes(200_000)))
    assert "200,0" in text
    assert "belong to no picture or sound" in text
    added = tmp_path / "b.mp4"
    added.write_bytes(whole + box(b"HIDE", bytes(900)))
    named = [f.value for f in video_container.examine(clip_of(added)).facts]
    assert any("HIDE" in str(value) for value in named)


def test_a_damaged_index_is_told_not_raised(tmp_path: Path) -> None:
    data = bytearray(factory.encode(tmp_path / "a.mp4", busy(20)).read_bytes())
    at = data.rfind(b"stsz")
    for k in range(at - 200, at + 60, 3):
        data[k] ^= 0x5A
    found = container.read(bytesource.of_bytes(bytes(data)))
    assert found is not None
    assert found.samples is None or found.notes


def test_repeated_pictures_are_found_at_their_period(tmp_path: Path) -> None:
    frames = busy(96)
    raised = [f for k, f in enumerate(frames) for f in ([f, f] if k % 4 == 3 else [f])]
    options = {"g": "250", "bf": "0", "sc_threshold": "0"}
    path = factory.encode(tmp_path / "raised.mp4", raised, crf=4, options=options)
    facts = {f.name: f.value for f in frame_rhythm.examine(clip_of(path)).facts}
    assert facts["repeated_every"] == 5
    plain = factory.encode(tmp_path / "plain.mp4", frames, crf=4, options=options)
    assert {f.name: f.value for f in frame_rhythm.examine(clip_of(plain)).facts}[
        "repeated_pictures"
    ] == 0


def walk(count: int) -> list[np.ndarray]:
    """A noisy picture that drifts at random, so that nothing in it comes back at a steady pace."""
    rng = np.random.default_rng(3)
    wide = np.pad(factory.portrait(160, 120), ((60, 60), (60, 60), (0, 0)), "edge")
    place = np.clip(np.cumsum(rng.normal(0, 1.2, (count, 2)), 0), -55, 55).round().astype(int)
    shown = [wide[60 + y : 180 + y, 60 + x : 220 + x] for x, y in place]
    return [np.clip(f + rng.normal(0, 2.5, f.shape), 0, 255).astype(np.uint8) for f in shown]


def rhythm_of(path: Path) -> tuple[frame_rhythm.Rhythm, int]:
    structure = container.read(bytesource.of_file(path))
    assert structure is not None
    assert structure.samples is not None
    rows = structure.samples
    own = frame_rhythm.own_period(rows.key)
    return frame_rhythm.find_period(
        frame_rhythm.excess(rows.size.astype(np.float64), rows.key, rows.kind), own
    ), own


def test_only_what_was_encoded_twice_has_an_earlier_period(tmp_path: Path) -> None:
    def options(period: int) -> dict[str, str]:
        return {"g": str(period), "keyint_min": str(period), "sc_threshold": "0", "bf": "0"}

    frames = walk(200)
    for period in (12, 25, 30):
        once = factory.encode(tmp_path / "once.mp4", frames, crf=23, options=options(period))
        found, own = rhythm_of(once)
        assert own == period
        assert found.p > frame_rhythm.P_LIMIT, found
    first = factory.encode(tmp_path / "first.mp4", frames, crf=23, options=options(12))
    decoded = [frame.pixels for frame in PyAvSource(first).frames(lambda t: "full")]
    twice = factory.encode(tmp_path / "twice.mp4", decoded, crf=23, options=options(25))
    found, own = rhythm_of(twice)
    assert (found.period, own) == (12, 25)
    assert found.p <= frame_rhythm.P_LIMIT


def test_a_period_is_found_and_noise_has_none() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(0, 1, 240)
    assert frame_rhythm.find_period(values).p > 0.01
    values[7::12] += 2.5
    found = frame_rhythm.find_period(values)
    assert found.period == 12
    assert found.p <= 0.01


def test_lanes_of_a_blurred_mouth_and_a_flickering_rim() -> None:
    from telltale.detectors._shared import patch_regions
    from telltale.faces.tracking import PATCH

    rng = np.random.default_rng(4)
    base = rng.normal(128, 40, (PATCH, PATCH)).astype(np.float32)
    soft = base.copy()
    for axis in (0, 1):
        soft = (np.roll(soft, 1, axis) + 2 * soft + np.roll(soft, -1, axis)) / 4
    mouth = np.where(patch_regions.mouth(), soft, base)
    sharp = patch_regions.detail(base, patch_regions.mouth())
    assert patch_regions.detail(mouth, patch_regions.mouth()) < 0.5 * sharp
    assert patch_regions.detail(mouth, patch_regions.upper_face()) == pytest.approx(
        patch_regions.detail(base, patch_regions.upper_face()), rel=0.05
    )
    assert not (patch_regions.rim() & patch_regions.core()).any()
    assert patch_regions.rim().sum() > 400
    assert mouth_detail.LANE.direction == "lower_is_suspicious"
    assert border_flicker.LANE.direction == "higher_is_suspicious"


def test_every_card_and_lane_has_its_spanish() -> None:
    root = Path(__file__).resolve().parents[3]
    book = json.loads((root / "web/locales/es.record.json").read_text("utf-8"))
    said = set()
    for entry in over_time.CLIP_TESTS + over_time.TESTS:
        module = over_time.load(entry)
        card = module.CARD
        said |= {card.title, card.question, card.how, *card.limits}
        if entry in over_time.TESTS:
            said |= {module.LANE.name, module.LANE.unit} - {""}
    assert {text for text in said if text not in book} == set()


def test_smoothing_takes_the_tremble_and_leaves_the_motion() -> None:
    rng = np.random.default_rng(6)
    shape = rng.uniform(0, 100, (68, 2))
    smooth, raws, calms = OneEuro(), [], []
    for k in range(60):
        moved = shape + np.array([3.0 * k, 10 * np.sin(k / 10)])
        raws.append(moved + rng.normal(0, 0.8, shape.shape))
        calms.append(smooth.update(raws[-1], k / 15, 100.0))
    pairs = range(10, 58)
    before = np.median([tremble(*raws[k : k + 3]) for k in pairs])
    after = np.median([tremble(*calms[k : k + 3]) for k in pairs])
    assert before == pytest.approx(0.8, rel=0.15)
    assert after < 0.75 * before
    assert np.abs(calms[-1] - raws[-1]).mean() < 4  # it lags by little of 3 pixels a frame


def test_looking_down_is_no_blink() -> None:
    t = np.arange(300) / 15
    slow = 0.3 - 0.06 * np.exp(-(((t - 10) / 0.8) ** 2))
    dip = 0.3 - 0.06 * np.exp(-(((t - 10) / 0.1) ** 2))
    unlike = 1 - 0.4 * np.exp(-(((t - 10) / 0.1) ** 2))
    assert blink.find_blinks(t, slow, unlike) == []
    assert blink.find_blinks(t, dip, np.ones(300)) == []  # the eyes look as they always do
    assert len(blink.find_blinks(t, dip, unlike)) == 1
