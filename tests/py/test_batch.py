"""Batch runs: resumable, complete, with a table that no spreadsheet can be tricked by."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from PIL import Image
from skimage import data

from telltale import cli
from telltale.lab.template import template


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    source = tmp_path / "in"
    (source / "deep").mkdir(parents=True)
    Image.fromarray(data.chelsea()[:200, :200]).save(source / "=cmd.jpg", quality=90)
    Image.fromarray(data.astronaut()[:256, 100:356]).save(source / "deep/face.png")
    (source / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    (source / "notes.txt").write_text("not a picture")
    return source


def test_a_second_run_does_not_repeat_the_first(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "out"
    arguments = ["batch", str(folder), "--out", str(out)]
    assert cli.main(arguments) == 1
    assert capsys.readouterr().out.count("done before") == 0
    assert len(list(out.glob("*.json"))) == 3
    monkeypatch.setattr(cli, "analyze_file", None)  # would fail if anything ran again
    assert cli.main(arguments) == 1
    assert capsys.readouterr().out.count("done before") == 3


def test_a_deep_run_examines_again_what_was_examined_quickly(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ["batch", str(folder / "=cmd.jpg"), "--out", str(out)]
    assert cli.main(arguments) == 0
    (path,) = out.glob("*.json")
    assert json.loads(path.read_text())["deep"] is False
    assert cli.main([*arguments, "--deep"]) == 0
    deep = json.loads(path.read_text())
    assert deep["deep"] is True
    assert cli.main(arguments) == 0
    assert json.loads(path.read_text()) == deep, "more was known than was asked for"


def test_a_detector_of_ones_own_runs_too_also_over_what_was_examined_before(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, own = tmp_path / "out", tmp_path / "my_detector.py"
    own.write_text(template())
    arguments = ["batch", str(folder / "deep"), "--no-repeat", "--out", str(out)]
    assert cli.main(arguments) == 0
    assert cli.main([*arguments, "--detector", str(own)]) == 0
    (path,) = out.glob("*.json")
    *_, finding = json.loads(path.read_text())["findings"]
    assert (finding["detector"], finding["unreviewed"]) == ("my_detector", True)
    with (out / "scores.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert float(row["my_detector"]) == finding["score"]["value"]
    monkeypatch.setattr(cli, "analyze_file", None)  # would fail if anything ran again
    assert cli.main([*arguments, "--detector", str(own)]) == 0
    assert cli.main(arguments) == 0


def test_a_file_that_is_no_detector_is_wrong_usage(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own.py"
    own.write_text("x = (")
    assert cli.main(["batch", str(folder), "--out", str(tmp_path), "--detector", str(own)]) == 2
    assert "this is not Python" in capsys.readouterr().err


def test_the_table_holds_every_file_and_runs_no_formula(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    cli.main(["batch", "--out", str(out), str(folder)])
    with (out / "scores.csv").open(newline="") as file:
        rows = {Path(row["file"]).name: row for row in csv.DictReader(file)}
    assert set(rows) == {"=cmd.jpg", "face.png", "broken.jpg"}
    assert rows["face.png"]["faces"] == "1"
    assert float(rows["=cmd.jpg"]["error_level_analysis"]) >= 0
    assert rows["broken.jpg"]["error"] != ""


def test_a_file_name_is_no_formula(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    cli.main(["batch", "=cmd.jpg", "--out", str(tmp_path / "out")])
    assert "\n'=cmd.jpg," in (tmp_path / "out/scores.csv").read_text().replace("\r\n", "\n")


def test_an_empty_folder_is_wrong_usage(tmp_path: Path) -> None:
    assert cli.main(["batch", str(tmp_path), "--out", str(tmp_path / "out")]) == 2


def test_models_are_listed_with_licence_and_hash(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["models"]) == 0
    out = capsys.readouterr().out
    assert "face_detection" in out
    assert "Apache-2.0" in out
