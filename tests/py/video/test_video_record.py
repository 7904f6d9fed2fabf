"""A video gives a valid record; in both orders of work; and every way of failing has its words."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from PIL import Image

import video_factory as factory
from telltale import cli, video
from telltale.detectors.learned import face_manipulation_over_time
from telltale.faces.tracking import Tracker
from telltale.finding import Box, Map
from telltale.media import bytesource, sampling
from telltale.media.clip import open_clip
from telltale.media.model import MediaError
from telltale.media.sampling import Asked
from telltale.media.video import VideoMeta
from telltale.report import replay, video_record
from telltale.report.html import render
from telltale.report.text import summary
from telltale.runtime.context import Cancelled, Context
from telltale.runtime.frames import PyAvSource
from telltale.runtime.inference import OnnxModels
from telltale.runtime.video_file import analyze
from telltale.runtime.video_session import VideoSession
from telltale.scene import Face
from telltale.series import FaceFrame, Reading, Series
from telltale.timeline import APART_S, MOST_SIGHTS, Sight, keep_sight
from telltale.video import VideoAnalysis, plan_for

SCHEMA = json.loads(files("telltale.report").joinpath("schema.json").read_text("utf-8"))


def validate(document: dict[str, Any]) -> None:
    jsonschema.validate(document, SCHEMA, cls=jsonschema.Draft202012Validator)
    assert json.loads(json.dumps(document, allow_nan=False)) == document


@pytest.fixture(scope="module")
def models() -> OnnxModels:
    return OnnxModels()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return factory.encode(tmp_path_factory.mktemp("clip") / "sway.mp4", factory.moving(40))


@pytest.fixture(scope="module")
def document(clip: Path, models: OnnxModels) -> dict[str, Any]:
    return analyze(clip, models)


def test_a_clip_with_one_face_gives_one_track_and_its_lanes(document: dict[str, Any]) -> None:
    validate(document)
    video = document["video"]
    assert (video["codec"], video["container"], video["frames"]) == ("h264", "MP4", 40)
    assert [t["frames"] for t in video["tracks"]] == [video["examined"]["followed"]] == [20]
    boxes = np.array(video["tracks"][0]["boxes"])
    assert np.ptp(boxes[:, 1]) > 15  # it sways by 24 pixels
    assert video["tracks"][0]["jitter_px"] < 1.5
    lanes = {lane["test"]: lane for lane in video["lanes"]}
    assert {"face_manipulation", "face_warping", "head_pose"} <= set(lanes)
    for lane in lanes.values():
        assert lane["times"] == sorted(lane["times"])
        assert len(lane["times"]) == len(lane["values"])
    assert [f["status"] for f in document["findings"]].count("failed") == 0


def test_a_small_face_seen_for_two_seconds_gets_no_answer(document: dict[str, Any]) -> None:
    said = document["assessment"]
    [question] = said["questions"]
    assert (question["id"], question["llr"], question["strength"]) == ("face", None, "inconclusive")
    assert said["sentence"] == said["verdict"]["en"]
    assert said["sentence"].startswith("We cannot tell whether a machine changed a face")
    assert question["why_abstained"]["en"].lower() in said["sentence"].lower()
    assert all(finding["llr"] is None for finding in document["findings"])


def test_moments_have_their_pictures_and_maps(
    clip: Path, models: OnnxModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = replace(face_manipulation_over_time.LANE, threshold=-99.0)
    monkeypatch.setattr(face_manipulation_over_time, "LANE", shown)
    document = analyze(clip, models, Asked("every", n=15))
    validate(document)
    moments = document["video"]["moments"]
    assert {m["test"] for m in moments} == {"face_manipulation"}
    for moment in moments:
        with Image.open(io.BytesIO(base64.b64decode(moment["picture"]))) as image:
            assert image.format == "JPEG"
            assert max(image.size) <= 160
        assert moment["map"]["kind"] == "scalar"
    assert render([document]).count("The face at that moment") == len(moments)


def test_lanes_tell_what_is_concluded_of_the_whole_clip(document: dict[str, Any]) -> None:
    lanes = {lane["test"]: lane for lane in document["video"]["lanes"]}
    assert lanes["blink"]["concluded"]["reason"] == "too_short"
    said = lanes["face_warping"]["concluded"]
    assert said["reason"] is None
    assert min(lanes["face_warping"]["values"]) <= said["score"]
    assert said["sentence"] in render([document])
    pulse = lanes["pulse"]
    assert pulse["values"] == [None] * len(pulse["times"])  # two seconds show no wave


def test_only_the_worst_sights_are_kept() -> None:
    face = Face(0, Box(20, 20, 40, 40), 1.0, 1.0, np.zeros((478, 3)), np.zeros((68, 2)), {})
    pixels = np.zeros((80, 80, 3), np.uint8)
    area = Map("area", np.ones((4, 4)), 0.0, 1.0, box=Box(10, 10, 60, 60))
    kept: list[Sight] = []
    for k in range(40):
        frame = FaceFrame(pixels, 0.3 * k, k, 0, face, pixels[:1], pixels[0, 0], True)
        keep_sight(kept, frame, Reading(1.0, map=area), 0.1 + 0.01 * ((7 * k) % 20))
    times = sorted(s.time_s for s in kept)
    assert len(kept) == MOST_SIGHTS
    assert np.diff(times).min() >= APART_S
    assert max(s.excess for s in kept) == pytest.approx(0.29)
    with Image.open(io.BytesIO(kept[0].jpeg)) as image:
        assert image.size == (60, 60)  # what the map covers


def test_report_and_summary_show_the_lanes(document: dict[str, Any]) -> None:
    html = render([document])
    assert "Face manipulation" in html
    assert "<script" not in html
    lanes = document["video"]["lanes"]
    drawn = sum(any(value is not None for value in lane["values"]) for lane in lanes)
    assert html.count('preserveAspectRatio="none"') == drawn
    spanish = render([document], lang="es")
    assert "A lo largo del tiempo" in spanish
    assert "Detalle de la boca a lo largo del tiempo" in spanish
    assert "We cannot tell whether a machine changed a face" in summary(document)
    assert "No podemos saber si una máquina cambió una cara" in spanish
    assert "Mire con sus propios ojos" in spanish


def test_frames_pushed_one_by_one_give_the_same_lanes(
    clip: Path, document: dict[str, Any], models: OnnxModels
) -> None:
    source = PyAvSource(clip)
    meta = {k: getattr(source.meta, k) for k in source.meta.__dataclass_fields__}
    data = clip.read_bytes()
    session = VideoSession(Context(models), {"start": "cold"})
    about = ("sway.mp4", "file", len(data), lambda a, n: data[a : a + n], json.dumps(meta))
    opened = json.loads(session.begin_video(*about))
    assert opened["media"].items() <= document["media"].items()
    assert opened["plan"] == document["video"]["plan"]
    points = 0
    for frame in source.frames(session.wants_next):
        height, width = frame.pixels.shape[:2]
        rgba = np.dstack([frame.pixels, np.full((height, width), 255, np.uint8)])
        new = json.loads(
            session.push_frame(rgba.tobytes(), width, height, frame.time_s, frame.index)
        )
        points += sum(point["value"] is not None for point in new["points"])
    # whoever takes over between the looks repeats neither
    for windows in (None, document["video"]["second_look"]):
        other = json.loads(VideoSession(Context(models)).begin_video(*about, session.checkpoint()))
        assert (other["windows"], other["at_s"] is None) == (windows, windows is not None)
        if windows is None:
            assert json.loads(session.again())["windows"] == document["video"]["second_look"]
    finished = json.loads(session.finish())
    assert points == sum(len(lane["times"]) for lane in finished["video"]["lanes"])
    assert finished["video"] == document["video"]
    record = json.loads(session.record())
    validate(record)
    assert record["media"] == document["media"]
    assert record["runtime"]["engine"] == {"start": "cold"}


def test_stopping_keeps_what_is_done(clip: Path, models: OnnxModels) -> None:
    def progress(fraction: float, text: str) -> None:
        if 0.5 < fraction < 1:
            raise Cancelled

    stopped = analyze(clip, models, progress=progress)
    validate(stopped)
    assert stopped["video"]["cancelled"]
    assert 0.4 < stopped["video"]["examined"]["until_s"] < 1.0
    assert stopped["video"]["lanes"][0]["values"]


def test_every_nth_frame_is_examined_in_full(clip: Path, models: OnnxModels) -> None:
    video = analyze(clip, models, Asked("every", n=10))["video"]
    assert video["lanes"][0]["times"] == pytest.approx([0.0, 0.4, 0.8, 1.2])


def test_true_times_of_a_varying_frame_rate(tmp_path: Path) -> None:
    times = [0.0, 0.04, 0.08, 0.3, 0.34, 0.9]
    path = factory.encode(tmp_path / "vfr.mkv", factory.moving(6), times=times)
    seen = [frame.time_s for frame in PyAvSource(path).frames(lambda time_s: "full")]
    assert seen == pytest.approx(times, abs=2e-3)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_rotated_pictures_come_upright(tmp_path: Path, degrees: int) -> None:
    upright = factory.portrait(160, 120)
    stored = np.ascontiguousarray(np.rot90(upright, degrees // 90))
    path = factory.encode(tmp_path / "turned.mp4", [stored] * 3, rotation=degrees, crf=10)
    source = PyAvSource(path)
    assert (source.meta.width, source.meta.height, source.meta.rotation) == (160, 120, degrees)
    frame = next(source.frames(lambda time_s: "full"))
    assert np.abs(frame.pixels.astype(int) - upright).mean() < 8


def test_animations_are_followed_in_time(tmp_path: Path, models: OnnxModels) -> None:
    frames = [Image.fromarray(p) for p in factory.moving(8)]
    for suffix in ("gif", "webp"):
        path = tmp_path / f"sway.{suffix}"
        frames[0].save(path, save_all=True, append_images=frames[1:], duration=70, loop=0)
        found = cli.analyze_file(path, models)
        validate(found)
        assert found["video"]["duration_s"] == pytest.approx(0.56)
        assert len(found["video"]["tracks"]) == 1
    still = tmp_path / "still.gif"
    frames[0].save(still)
    assert "video" not in cli.analyze_file(still, models)


def test_every_way_of_failing_has_its_words(tmp_path: Path, models: OnnxModels) -> None:
    whole = factory.encode(tmp_path / "whole.mp4", factory.moving(30)).read_bytes()
    webm = factory.encode(
        tmp_path / "whole.webm", factory.moving(6), codec="libvpx-vp9", crf=40
    ).read_bytes()
    cases = {
        "no-index.mp4": (whole[: whole.rfind(b"moov") - 4], "damaged"),
        "sound.mp4": (factory.sound(tmp_path / "tone.mp4").read_bytes(), "audio_only"),
        "head.webm": (webm[:300], "damaged"),
    }
    for name, (payload, code) in cases.items():
        (tmp_path / name).write_bytes(payload)
        refused = cli.analyze_file(tmp_path / name, models)
        validate(refused)
        assert refused["error"]["code"] == code, name
        assert len(refused["error"]["sentence"]) > 30
        assert refused["media"]["size_bytes"] == len(payload)


def test_a_clip_that_ends_early_is_examined_as_far_as_it_goes(
    tmp_path: Path, models: OnnxModels
) -> None:
    path = tmp_path / "cut.mkv"
    factory.encode(path, factory.moving(75), options={"g": "10"})
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    record = analyze(path, models)
    validate(record)
    assert any("not complete" in w or "damaged" in w for w in record["warnings"])
    assert record["video"]["lanes"][0]["values"]


def test_a_long_clip_is_followed_in_stretches_within_the_budget() -> None:
    plan = sampling.default(600.0, 30.0)
    sampler = sampling.Sampler(plan)
    taken = {"": 0, "geometry": 0, "full": 0}
    for k in range(600 * 30):
        wish = sampler.wish(k / 30)
        taken[wish] += 1
        if wish:
            sampler.took(k / 30, wish)
    budget = sampling.Budget()
    assert taken["geometry"] + taken["full"] <= budget.geometry + len(plan.windows)
    assert budget.full * 0.8 < taken["full"] <= budget.full + len(plan.windows)
    assert max(b for _, b in plan.windows) > 540


def test_what_is_asked_for_is_what_is_looked_at_and_stands_in_the_record(
    clip: Path, models: OnnxModels
) -> None:
    long = replace(PyAvSource(clip).meta, duration_s=600.0)
    assert plan_for(long).windows
    assert plan_for(long, Asked("whole")).windows == ()
    assert plan_for(long, Asked("whole", full=150)).full_every_s == pytest.approx(4.0)
    assert plan_for(long, live=True).asked is None
    few = analyze(clip, models, Asked("whole", full=2, closer=False))
    validate(few)
    asked = {"kind": "whole", "n": 1, "full": 2, "closer": False}
    assert few["video"]["plan"]["asked"] == asked
    assert few["video"]["examined"]["full"] == 2
    again = replay.replay(few, clip.read_bytes(), models)
    assert again.agrees
    for wrong in ({"kind": "all"}, {"kind": "every", "n": 0}, {"full": 0}):
        with pytest.raises(ValueError, match="plan"):
            Asked(**wrong)


def test_the_command_line_asks_for_frames(clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "record.json"
    how = ["--every", "whole", "--frames", "2", "--one-look", "--json", str(out)]
    assert cli.main(["analyze", str(clip), *how]) == 0
    video = json.loads(out.read_text("utf-8"))["video"]
    assert video["plan"]["asked"] == {"kind": "whole", "n": 1, "full": 2, "closer": False}
    assert video["examined"]["full"] == 2


def test_nobody_looks_again_where_that_is_not_wanted(clip: Path) -> None:
    meta = PyAvSource(clip).meta
    opened = open_clip(bytesource.of_file(clip), clip.name, "file", meta, Context())
    for closer in (True, False):
        state = VideoAnalysis(opened, Context(), plan_for(meta, Asked(closer=closer)))
        suspicious = Reading((face_manipulation_over_time.LANE.threshold or 0.0) + 0.2)
        state.series["face_manipulation", 0] = Series(0)
        state.series["face_manipulation", 0].add(0.8, suspicious)
        assert bool(state.again()) == closer


def test_scenes_are_examined_once_each(tmp_path: Path, models: OnnxModels) -> None:
    other = [np.ascontiguousarray(255 - frame[::-1]) for frame in factory.moving(25)]
    path = factory.encode(tmp_path / "cut.mp4", [*factory.moving(25), *other])
    found = analyze(path, models, Asked("scenes"))
    validate(found)
    section = found["video"]
    assert section["plan"]["kind"] == "scenes"
    assert len(section["scenes"]) == 1
    assert section["scenes"][0] == pytest.approx(1.1, abs=0.16)  # looked for four times a second
    assert section["examined"]["full"] == 2
    assert section["examined"]["followed"] <= 11  # of 50
    assert replay.replay(found, path.read_bytes(), models).agrees


@pytest.mark.parametrize(
    "plan",
    [
        {"kind": "every", "geometry_fps": 0.0},
        {"kind": "every", "asked": {"kind": "every", "n": 10**400}},
        {"kind": "every", "asked": {"kind": "every", "n": 0}},
        {"kind": "whole", "asked": {"every": 3}},
        {"kind": "whole", "asked": None},
    ],
)
def test_a_damaged_plan_is_called_damaged(
    clip: Path, document: dict[str, Any], models: OnnxModels, plan: dict[str, Any]
) -> None:
    damaged = {**document, "video": {**document["video"], "plan": plan}}
    with pytest.raises(replay.NotARecord, match="damaged"):
        replay.replay(damaged, clip.read_bytes(), models)


def test_a_record_of_a_video_can_be_replayed(
    clip: Path, document: dict[str, Any], models: OnnxModels
) -> None:
    again = replay.replay(json.loads(json.dumps(document)), clip.read_bytes(), models)
    assert [row for row in again.rows if row.state == "differs"] == []
    assert again.agrees


def test_a_person_is_recognised_after_a_cut(tmp_path: Path, models: OnnxModels) -> None:
    scene = factory.moving(24)
    elsewhere = [np.roll(np.full((240, 240, 3), 30, np.uint8), 0) for _ in range(16)]
    moved = [np.ascontiguousarray(np.pad(f, ((0, 0), (60, 0), (0, 0)))[:, :240]) for f in scene]
    path = factory.encode(tmp_path / "cut.mp4", [*scene, *elsewhere, *moved])
    video = analyze(path, models)["video"]
    assert len(video["scenes"]) == 2
    assert [(round(t["start_s"], 1), round(t["end_s"], 1)) for t in video["tracks"]] == [(0.0, 2.5)]


def test_a_video_that_lasts_no_time_is_refused() -> None:
    meta = VideoMeta("MP4", "h264", 320, 240, 0.0, 0.0)
    with pytest.raises(MediaError) as refused:
        open_clip(bytesource.of_bytes(b"x" * 40), "a.mp4", "file", meta, Context())
    assert refused.value.code == "zero_duration"


def test_batches_take_videos_and_do_not_keep_half_of_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    factory.encode(folder / "a.mp4", factory.moving(6))
    arguments = ["batch", str(folder), "--out", str(out)]
    with monkeypatch.context() as patched:
        patched.setattr(Tracker, "update", _interrupt)
        assert cli.main(arguments) == 1
        assert list(out.glob("*.json")) == []
    assert cli.main(arguments) == 0
    assert len(list(out.glob("*.json"))) == 1
    assert "face_manipulation" in (out / "scores.csv").read_text("utf-8")


def _interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def live_analysis(models: OnnxModels, only: tuple[str, ...]) -> VideoAnalysis:
    meta = VideoMeta("stream", "", 240, 240, 0.0, 0.0)
    opened = open_clip(None, "camera", "video-frames", meta, Context(models))
    return VideoAnalysis(opened, Context(models), plan_for(meta, live=True), only)


def test_of_a_stream_only_the_last_seconds_are_kept(models: OnnxModels) -> None:
    analysis = live_analysis(models, ("mouth_detail", "blink"))
    frames = factory.moving(4)
    empty = np.full_like(frames[0], 90)
    for k in range(24):  # a face, then nobody for long
        analysis.push(frames[k % 4] if k < 5 else empty, 2.0 * k, k)
    analysis.finish()
    section = video_record.video_json(analysis)
    assert section["examined"]["until_s"] == 46.0
    assert [section["tracks"], section["lanes"], section["scenes"]] == [[], [], []]
    assert analysis.keyframes == {}
    analysis.push(frames[0], 48.0, 24)  # and the same person again
    analysis.finish()
    section = video_record.video_json(analysis)
    assert [[box[0] for box in t["boxes"]] for t in section["tracks"]] == [[48.0]]
    assert [lane["times"] for lane in section["lanes"] if lane["times"]]


def test_on_a_slow_machine_the_networks_leave_time_to_follow_faces(
    models: OnnxModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    analysis = live_analysis(models, ())
    empty = np.full((120, 120, 3), 90, np.uint8)
    clock = iter(3.0 * k for k in range(100_000))
    monkeypatch.setattr(video.time, "perf_counter", lambda: next(clock))
    assert analysis.wish(0.0) == "full"
    analysis.push(empty, 0.0, 0)  # seems to take many seconds
    assert {analysis.wish(0.1 * k) for k in range(1, 79)} == {"geometry"}
    assert analysis.wish(8.0) == "full"
