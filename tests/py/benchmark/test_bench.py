"""`telltale bench`: scores kept as they are made, figures by the papers' protocols."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmark import trees
from telltale.benchmark import protocol, score
from telltale.benchmark.protocol import PROTOCOLS
from telltale.benchmark.score import Row
from telltale.cli import main

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "published"))
from test_imported import NAME, install


@pytest.fixture
def detector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A detector that answers with the share of red."""
    monkeypatch.setenv("TELLTALE_MODELS", str(tmp_path / "library"))
    install(tmp_path / "library")
    return NAME


def bench(name: str, root: Path, out: Path, *more: str) -> int:
    return main(["bench", name, str(root), "--detector", NAME, "--out", str(out), *more])


def test_faceforensics_by_frame_and_video(detector: str, tmp_path: Path) -> None:
    root, out = tmp_path / "ff", tmp_path / "out"
    trees.faceforensics(root)
    assert bench("faceforensics", root, out, "--compression", "c23", "--frames", "3") == 0
    report = json.loads((out / "report.json").read_text())
    rows = {(row["set"], row["level"]): row for row in report}
    assert rows["Deepfakes, c23", "frame"]["real"] == 6
    assert rows["Deepfakes, c23", "video"]["fake"] == 2
    assert rows["mean of the sets, c23", "video"]["AUC"][0] == 1.0
    # the stand-in's redness of a fake is just above one half, that of a real below
    assert rows["NeuralTextures, c23", "frame"]["accuracy"][0] == 1.0
    assert (
        "| Deepfakes, c23 | frame | 6 | 6 | 1.000 [1.000, 1.000]" in (out / "report.md").read_text()
    )


def test_a_run_that_was_stopped_goes_on(detector: str, tmp_path: Path) -> None:
    root, out = tmp_path / "fs", tmp_path / "out"
    trees.forensynths(root)
    assert bench("forensynths", root, out) == 0
    table = out / "scores.csv"
    whole = table.read_text()
    lines = whole.splitlines(keepends=True)
    kept = [line.replace(line.split(",")[6], "0.125") for line in lines[1:4]]
    table.write_text("".join([lines[0], *kept, lines[4][:-9]]))
    assert bench("forensynths", root, out) == 0
    rows = score.read(table)
    # what was scored is not scored again, but for the item next to where the stop cut
    assert [row.score for row in rows[:3]].count("0.125") == 2
    assert len(rows) == len({row.item for row in rows}) == 16


def test_sets_with_reals_of_their_own_are_not_mixed() -> None:
    def row(method: str, fake: int, value: float, k: int) -> Row:
        return Row(f"{method}/{fake}/{k}", 0, fake, method, f"{k}", "", repr(value), "")

    rows = [row("easy", fake, 0.2 + 0.6 * fake, k) for fake in (0, 1) for k in range(4)]
    rows += [row("hard", fake, 0.9 - 0.6 * fake, k) for fake in (0, 1) for k in range(4)]
    figures = {f["set"]: f for f in protocol.report(rows, PROTOCOLS["forensynths"], 0.5)}
    assert figures["easy"]["AUC"].value == 1.0
    assert figures["hard"]["AUC"].value == 0.0
    assert figures["hard"]["accuracy"].value == 0.0
    assert figures["mean of the sets"]["AP"].value == pytest.approx(
        (figures["easy"]["AP"].value + figures["hard"]["AP"].value) / 2
    )


def test_frames_without_an_answer_are_counted_and_not_guessed() -> None:
    rows = [
        Row("r", k, 0, "real", "a", "c23", "0.1" if k else "", "" if k else "no_face")
        for k in range(3)
    ]
    rows += [Row("f", k, 1, "Deepfakes", "a", "c23", "0.9", "") for k in range(3)]
    figures = protocol.report(rows, PROTOCOLS["faceforensics"], 0.5)
    frame = next(f for f in figures if f["level"] == "frame")
    assert (frame["real"], frame["fake"], frame["none"]) == (2, 3, 1)


def test_wrong_use_is_told(
    detector: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench("celeb_df", tmp_path, tmp_path / "out") == 2
    assert "List_of_testing_videos.txt" in capsys.readouterr().err
    trees.uadfv(tmp_path / "u")
    assert bench("uadfv", tmp_path / "u", tmp_path / "out", "--split", "train") == 2
    said = main(["bench", "uadfv", str(tmp_path / "u"), "--detector", "x", "--out", str(tmp_path)])
    assert said == 2
