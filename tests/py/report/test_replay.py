"""A record can be repeated, and every change that matters is found and named."""

from __future__ import annotations

import base64
import copy
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage import data

from telltale import cli, detectors
from telltale.bank import cases, database
from telltale.report import compare
from telltale.report.replay import NotARecord, Replay, compare_records, read_records, replay
from telltale.runtime.context import NoModels
from telltale.runtime.inference import OnnxModels

MODELS = OnnxModels()


def jpeg(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


PICTURE = jpeg(data.astronaut()[:320, 100:420])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("replay")
    (folder / "a.jpg").write_bytes(PICTURE)
    assert cli.main(["analyze", str(folder / "a.jpg"), "--json", str(folder / "a.json")]) == 0
    return folder


@pytest.fixture
def record(folder: Path) -> dict[str, Any]:
    (one,) = read_records((folder / "a.json").read_text())
    return one


@pytest.fixture(scope="module")
def repeated(folder: Path) -> dict[str, Any]:
    """What `replay` compares the record with: the same file, examined once more."""
    (record,) = read_records((folder / "a.json").read_text())
    copies = len(record["assessment"]["stability"]["trials"])
    again = cli.analyze_file(folder / "a.jpg", MODELS, repeat=copies)
    return json.loads(json.dumps(again))


def differing(result: Replay) -> list[str]:
    return [row.field for row in result.rows if row.state == "differs"]


def finding(record: dict[str, Any], detector: str = "error_level_analysis") -> dict[str, Any]:
    return next(f for f in record["findings"] if f["detector"] == detector)


def test_the_same_file_agrees_in_every_field(record: dict[str, Any]) -> None:
    result = replay(record, PICTURE, MODELS)
    assert differing(result) == []
    assert result.circumstances == ()
    fields = {row.field for row in result.rows}
    for one in record["findings"]:
        assert f"findings.{one['detector']}.version" in fields
        assert f"findings.{one['detector']}.status" in fields
        for found in one["maps"]:
            assert f"findings.{one['detector']}.maps.{found['name']}.png" in fields
    assert "faces.found.0.landmarks" in fields
    assert "runtime.models.face_landmarks.sha256" in fields


def test_a_thorough_examination_is_repeated_thoroughly(tmp_path: Path) -> None:
    small = jpeg(data.astronaut()[:200, 150:360])
    (tmp_path / "a.jpg").write_bytes(small)
    thorough = cli.analyze_file(tmp_path / "a.jpg", NoModels(), deep=True)
    thorough = json.loads(json.dumps(thorough))
    result = replay(thorough, small, NoModels())
    assert thorough["deep"] is True
    assert differing(result) == []
    slow = next(entry.id for entry in detectors.REGISTRY if entry.deep)
    assert f"findings.{slow}.status" in {row.field for row in result.rows}


def test_another_file_is_told_by_its_hash_and_compared_no_further(record: dict[str, Any]) -> None:
    result = replay(record, PICTURE + b"\0", MODELS)
    assert [row.field for row in result.rows] == ["media.sha256"]
    assert not result.agrees


def test_every_kind_of_change_is_named(record: dict[str, Any], repeated: dict[str, Any]) -> None:
    changed = copy.deepcopy(record)
    one = finding(changed)
    span = one["score"]["high"] - one["score"]["low"]
    one["score"]["value"] += 2 * compare.SCORE_SHARE * span
    one["facts"][0]["value"] += 1
    one["sentence"] = one["sentence"].replace("area", "region", 1)
    finding(changed, "jpeg_grid")["version"] = "0"
    finding(changed, "noise_level")["status"] = "failed"
    changed["faces"]["found"][0]["landmarks"][7][1] += 1.0
    changed["runtime"]["models"][0]["sha256"] = "0" * 64
    changed["media"]["jpeg"]["quality"] = 75
    model = changed["runtime"]["models"][0]["id"]
    assert set(differing(compare_records(changed, repeated))) == {
        "findings.error_level_analysis.score.value",
        f"findings.error_level_analysis.facts.{one['facts'][0]['name']}",
        "findings.error_level_analysis.sentence",
        "findings.jpeg_grid.version",
        "findings.noise_level.status",
        "faces.found.0.landmarks",
        f"runtime.models.{model}.sha256",
        "media.jpeg.quality",
    }


def test_an_analysis_that_was_kept_without_its_maps_is_repeated(record: dict[str, Any]) -> None:
    bank = database.open_memory()
    number = cases.keep(bank, record)
    result = replay(cases.record_of(bank, number), PICTURE, MODELS)
    assert differing(result) == []
    apart = {row.field for row in result.rows if row.state == "not compared"}
    assert {f"findings.{f['detector']}.maps" for f in record["findings"] if f["maps"]} <= apart


def test_what_is_measured_on_frames_counts_only_where_one_decoder_made_them(
    record: dict[str, Any],
) -> None:
    track = {"index": 0, "keyframe": "AAAA", "landmarks": [[1.0, 2.0]]}
    old = record | {"video": {"codec": "h264", "tracks": [track], "lanes": []}}
    new = copy.deepcopy(old)
    finding(new)["score"]["value"] += 1
    new["video"]["tracks"][0] |= {"keyframe": "BBBB", "landmarks": [[1.5, 2.0]]}
    moved = {"findings.error_level_analysis.score.value", "video.tracks.0.landmarks"}
    assert set(differing(compare_records(old, new))) == moved
    new["media"]["decoder"] = {"decoder": "another"}
    new["video"]["codec"] = "vp9"
    result = compare_records(old, new)
    # what does not hang on the pixels counts as ever
    assert differing(result) == ["video.codec"]
    rows = {row.field: row for row in result.rows}
    for field in moved:
        assert rows[field].state == "not compared"
        assert "another decoder made the frames" in rows[field].detail


def test_a_record_of_the_other_runtime_agrees_within_the_tolerances(
    record: dict[str, Any], repeated: dict[str, Any]
) -> None:
    other = copy.deepcopy(record)
    other["runtime"] |= {"kind": "pyodide", "python": "3.14.0", "platform": "emscripten"}
    for model in other["runtime"]["models"]:
        model["backend"] = "wasm"
    one = finding(other)
    one["score"]["value"] += 0.5 * compare.SCORE_SHARE * (one["score"]["high"])
    other["faces"]["found"][0]["box"]["x"] += 0.5 * compare.POSITION_PX
    other["faces"]["found"][0]["landmarks"][3][0] -= 0.5 * compare.POSITION_PX
    result = compare_records(other, repeated)
    assert differing(result) == []
    named = {row.field for row in result.circumstances}
    assert {"runtime.kind", "runtime.python", "runtime.platform"} <= named
    assert "runtime.models.face_detection.backend" in named


def test_maps_agree_within_one_step_and_not_beyond(
    record: dict[str, Any], repeated: dict[str, Any]
) -> None:
    def nudged(steps: int) -> dict[str, Any]:
        changed = copy.deepcopy(record)
        found = finding(changed)["maps"][0]
        pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(found["png"])))).copy()
        y, x = np.unravel_index(int(pixels.argmin()), pixels.shape)
        pixels[y, x] += steps
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "PNG")
        found["png"] = base64.b64encode(buffer.getvalue()).decode()
        return changed

    assert compare_records(nudged(1), repeated).agrees
    (field,) = differing(compare_records(nudged(2), repeated))
    assert field.endswith(".png")


def test_a_test_that_was_cancelled_or_is_new_is_not_held_against_the_record(
    record: dict[str, Any], repeated: dict[str, Any]
) -> None:
    changed = copy.deepcopy(record)
    finding(changed)["status"] = "cancelled"
    changed["findings"].remove(finding(changed, "jpeg_grid"))
    result = compare_records(changed, repeated)
    assert result.agrees
    skipped = {row.field for row in result.rows if row.state == "not compared"}
    assert {"findings.error_level_analysis", "findings.jpeg_grid"} <= skipped
    gone = copy.deepcopy(finding(record))
    gone["detector"] = "no_longer_there"
    changed["findings"].append(gone)
    assert differing(compare_records(changed, repeated)) == ["findings.no_longer_there"]


@pytest.mark.parametrize(
    ("old", "new", "agree"),
    [
        ("5.7 times the noise", "5.8 times the noise", True),
        ("5.7 times the noise", "5.9 times the noise", False),
        ("5.7 times the noise", "5.7 times the grain", False),
        ("1,234 blocks", "1,235 blocks", True),
        ("below 1e-12", "below 3e-12", False),
    ],
)
def test_sentences_may_differ_in_the_last_printed_digit(old: str, new: str, agree: bool) -> None:
    (row,) = compare.fields("findings.x.sentence", old, new)
    assert (row.state == "agrees") is agree


@pytest.mark.parametrize(
    ("old", "new", "agree"),
    [
        (9.27, 9.28, True),
        (9.27, 9.30, False),
        (3, 4, False),
        (1e6, 1e6 + 90, True),
        (0.5, 0.50002, True),
    ],
)
def test_stored_numbers_have_their_tolerance(old: float, new: float, agree: bool) -> None:
    (row,) = compare.fields("findings.x.facts.n", old, new)
    assert (row.state == "agrees") is agree


def test_an_older_record_lacks_fields_and_a_newer_one_has_more() -> None:
    _, row = compare.fields("findings.x.maps.y", {"a": 1}, {"a": 1, "space": "picture"})
    assert row.state == "not compared"
    rows = list(compare.fields("media.exif", {}, {"Make": "Nikon"}))
    assert [row.state for row in rows] == ["differs"]
    rows = list(compare.fields("findings.x", {"gone": 1}, {}))
    assert [row.state for row in rows] == ["differs"]


def test_hashes_and_dates_are_no_prose() -> None:
    (row,) = compare.fields("media.exif.DateTime", "2024:01:01", "2024:01:02")
    assert row.state == "differs"


def test_a_refusal_is_repeated(folder: Path) -> None:
    bad = folder / "bad.jpg"
    bad.write_bytes(b"<html>not a picture</html>")
    out = folder / "bad.json"
    assert cli.main(["analyze", str(bad), "--json", str(out)]) == 1
    assert cli.main(["replay", str(out), str(bad)]) == 0
    changed = json.loads(out.read_text())
    changed["error"]["code"] = "truncated"
    result = replay(changed, bad.read_bytes(), MODELS)
    assert differing(result) == ["error.code"]


def test_the_command_tells_by_its_status(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record, picture, out = folder / "a.json", folder / "a.jpg", folder / "out.json"
    assert cli.main(["replay", str(record), str(picture), "--json", str(out)]) == 0
    assert json.loads(out.read_text())["agrees"] is True
    assert "0 differs" in capsys.readouterr().out
    other = folder / "b.jpg"
    other.write_bytes(PICTURE[:-2])
    assert cli.main(["replay", str(record), str(other)]) == 1
    assert "another file" in capsys.readouterr().out
    assert cli.main(["replay", str(picture), str(picture)]) == 2
    assert cli.main(["replay", str(folder / "none.json"), str(picture)]) == 2
    batch = folder / "batch.json"
    one = json.loads(record.read_text())
    batch.write_text(json.dumps([{**one, "media": {**one["media"], "sha256": "0" * 64}}, one]))
    assert cli.main(["replay", str(batch), str(picture)]) == 0


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"schema": "telltale-record/9"}', "[" * 100_000, "NaN"]
)
def test_what_is_no_record_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(NotARecord):
        read_records(text)


@pytest.mark.parametrize("missing", ["findings", "runtime", "faces", "assessment", "software"])
def test_a_record_with_missing_parts_is_refused(record: dict[str, Any], missing: str) -> None:
    with pytest.raises(NotARecord):
        replay({k: v for k, v in record.items() if k != missing}, PICTURE, MODELS)
