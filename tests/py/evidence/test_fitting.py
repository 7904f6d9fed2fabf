"""Fitting from a table: echoes share one say, false alarms move the threshold, files agree."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from telltale import cli, detectors
from telltale.evidence import fitting, table
from telltale.evidence.calibration import from_json
from telltale.evidence.questions import QUESTIONS
from telltale.evidence.table import COLUMNS, MODEL_DIGITS, Row
from telltale.evidence.weigh import stored
from telltale.runtime.inference import model_hashes


def rows_for(
    detectors: dict[str, float], n: int = 400, echo: bool = False, seed: int = 0
) -> list[Row]:
    """Scores N(0, 1) of real and N(shift, 1) of manipulated pictures, two sources each."""
    rng = np.random.default_rng(seed)
    rows = []
    for kind in ("real", "face"):
        for k in range(n):
            shared = rng.normal()
            for detector, shift in detectors.items():
                noise = shared if echo else rng.normal()
                score = noise + (shift if kind == "face" else 0.0)
                name = f"{kind}{k}"
                rows.append(
                    Row("val", f"{kind} {k % 2}", kind, name, name, detector, "1", score, 7.5, 80.0)
                )
    return rows


def test_an_echo_does_not_count_twice() -> None:
    both = {"face_manipulation": 2.0, "face_warping": 2.0}
    alone = fitting.fusion(*_fitted(rows_for(both)))["questions"]["face"]["weights"]
    echo = fitting.fusion(*_fitted(rows_for(both, echo=True)))["questions"]["face"]["weights"]
    assert sum(alone.values()) > 1.7
    assert sum(echo.values()) < 1.25


def test_a_useless_detector_gets_no_weight_and_none_is_negative() -> None:
    rows = rows_for({"face_manipulation": 2.0, "face_warping": 0.0, "head_pose": -0.5})
    weights = fitting.fusion(*_fitted(rows))["questions"]["face"]["weights"]
    assert weights["face_manipulation"] > 0.8
    assert all(0 <= w <= 1 for w in weights.values())


def test_a_test_that_could_hardly_move_an_answer_leaves_its_say_to_the_others() -> None:
    """Whoever weighs is waited for, so it has to be worth it."""
    rows = rows_for({"face_manipulation": 2.0, "face_resolution": 0.12})
    calibrated = fitting.calibrations(rows, {})
    weights = fitting.fusion(rows, calibrated)["questions"]["face"]["weights"]
    assert calibrated["face_resolution"].bounds[1] > 0
    assert weights["face_resolution"] == 0
    alone = [row for row in rows if row.detector == "face_manipulation"]
    assert weights["face_manipulation"] == fitting.fusion(*_fitted(alone))["questions"]["face"][
        "weights"
    ].get("face_manipulation")


def test_deep_tests_never_weigh() -> None:
    rows = rows_for({"double_quantization": 2.0, "resampling": 2.0})
    rows = [replace(row, kind="edited" if row.kind == "face" else "real") for row in rows]
    assert set(fitting.calibrations(rows, {})) == {"double_quantization"}


def test_a_source_that_is_often_accused_moves_the_threshold() -> None:
    rows = rows_for({"face_manipulation": 3.5, "face_warping": 3.5})
    unlucky = [
        Row("val", "unlucky", "real", f"u{k}", f"u{k}", d, "1", 3.2 if k < 4 else 0.0, 7.5, 80.0)
        for k in range(60)
        for d in ("face_manipulation", "face_warping")
    ]
    before = fitting.fusion(*_fitted(rows))["questions"]["face"]
    after = fitting.fusion(*_fitted([*rows, *unlucky]))["questions"]["face"]
    assert after["substantial_at"] > before["substantial_at"]
    for false, count in after["false_substantial_by_source"].values():
        assert false <= max(1, 0.01 * count)
    assert after["false_substantial_by_source"]["unlucky"][0] == 0


def test_too_few_samples_calibrate_nothing() -> None:
    assert fitting.calibrations(rows_for({"face_manipulation": 2.0}, n=20), {}) == {}


def test_scores_of_other_weights_are_not_calibrated() -> None:
    rows = rows_for({"face_manipulation": 2.0})
    assert fitting.calibrations(rows, {})["face_manipulation"].model_sha256 == ""
    with pytest.raises(ValueError, match="score it again"):
        fitting.calibrations(rows, {"face_manipulation": "a" * 64})
    same = [replace(row, model="a" * 12) for row in rows]
    fitted = fitting.calibrations(same, {"face_manipulation": "a" * 64})
    assert fitted["face_manipulation"].model_sha256 == "a" * 64
    with pytest.raises(ValueError, match="version 2"):
        fitting.calibrations([replace(rows[0], version="2"), *rows[1:]], {})


def test_the_stored_calibrations_are_those_of_the_committed_scores(tmp_path: Path) -> None:
    """One command makes every stored file; whoever changes a table has to run it."""
    root = Path(__file__).resolve().parents[3]
    scores = [str(path) for path in sorted((root / "models/verdict").glob("*_val.csv"))]
    assert cli.main(["calibrate", *scores, "--out", str(tmp_path)]) == 0
    stored = root / "py/telltale/evidence/stored"
    assert {p.name for p in tmp_path.iterdir()} == {p.name for p in stored.glob("*.json")}
    for path in sorted(tmp_path.iterdir()):
        _same(json.loads(path.read_text()), json.loads((stored / path.name).read_text()))


def test_no_stored_calibration_is_of_another_version_or_model() -> None:
    """Such a test would be silent in every verdict, and nobody would notice."""
    hashes = model_hashes()
    for question in QUESTIONS:
        for name in question.all_detectors:
            if calibration := stored(name):
                card = detectors.load(detectors.find(name)).CARD
                assert calibration.detector_version == card.version, name
                assert calibration.model_sha256 == hashes.get(name, ""), name


def test_command_writes_what_the_package_reads(tmp_path: Path) -> None:
    scores = tmp_path / "scores.csv"
    with scores.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        here = model_hashes()["face_manipulation"][:MODEL_DIGITS]
        rows = rows_for({"face_manipulation": 2.0})
        writer.writerows(replace(row, model=here).cells() for row in rows)
    assert cli.main(["calibrate", str(scores), "--out", str(tmp_path / "out")]) == 0
    calibration = from_json((tmp_path / "out/face_manipulation.json").read_text())
    assert calibration.sources["real 0"] == {"authentic": 200, "manipulated": 0}
    fusion = json.loads((tmp_path / "out/fusion.json").read_text())
    assert fusion["questions"]["face"]["weights"]["face_manipulation"] > 0.9


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="not a table of scores"):
        table.read(tmp_path / "x.csv")


def _same(one: object, other: object) -> None:
    if isinstance(one, dict) and isinstance(other, dict):
        assert one.keys() == other.keys()
        for key in one:
            _same(one[key], other[key])
    elif isinstance(one, list) and isinstance(other, list):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            _same(a, b)
    elif isinstance(one, float):
        assert one == pytest.approx(other, rel=1e-6, abs=1e-6)
    else:
        assert one == other


def _fitted(rows: list[Row]) -> tuple[list[Row], dict]:
    return rows, fitting.calibrations(rows, {})
