"""A folder of known origin: labels, scores, ROC with intervals, errors, leaks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import media_factory as made
from telltale.bank import phash
from telltale.benchmark import metrics
from telltale.lab import evaluate, folders, leaks, report
from telltale.lab.evaluate import Row
from telltale.lab.folders import LabelsUnreadable, Picture
from telltale.lab.loading import load_source
from telltale.lab.template import template
from telltale.runtime.context import Cancelled, Context


def row(path: str, label: str, score: float | None, **more: object) -> Row:
    known: dict[str, object] = {"source": "", "group": "", "why": "", "sentence": ""}
    return Row(path, label, score=score, elapsed_ms=1.0, **{**known, **more})  # type: ignore[arg-type]


# ---------------------------------------------------------------- labels


def test_folders_give_labels_and_sources() -> None:
    names = ["real/cam a/1.jpg", "x/Generated/gan/2.png", "3.jpg", "unreal/4.jpg"]
    assert folders.labelled(names) == [
        Picture(names[0], "real", "cam a"),
        Picture(names[1], "fake", "x/gan"),
        Picture(names[2]),
        Picture(names[3]),
    ]


def test_a_table_of_labels_counts_before_the_folders_names() -> None:
    table = "file,label,source,group\nreal/1.jpg,fake,app,clip 1\n./2.jpg,,,\n"
    assert folders.labelled(["real/1.jpg", "2.jpg"], table) == [
        Picture("real/1.jpg", "fake", "app", "clip 1"),
        Picture("2.jpg"),
    ]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("name,what\n", "columns file and label"),
        ("file,label\n1.jpg,maybe\n", "line 2: 'maybe'"),
        ("file,label\nnone.jpg,real\n", "none.jpg, which is not in the folder"),
    ],
)
def test_a_table_that_cannot_be_understood_is_refused(table: str, said: str) -> None:
    with pytest.raises(LabelsUnreadable, match=said):
        folders.labelled(["1.jpg"], table)


# ---------------------------------------------------------------- measures


def test_the_measures_are_those_of_the_benchmark_with_its_intervals() -> None:
    random = np.random.default_rng(0)
    real = [row(f"r{k}", "real", float(v)) for k, v in enumerate(random.normal(0, 1, 60))]
    fake = [row(f"f{k}", "fake", float(v)) for k, v in enumerate(random.normal(1.5, 1, 60))]
    result = evaluate.evaluate([*real, *fake])
    a, b = result.scores("real"), result.scores("fake")
    assert result.measures["auc"] == metrics.bootstrap(
        metrics.auc, a, b, [r.path for r in real], [r.path for r in fake], 500, 0
    )
    assert result.roc is not None
    area = np.trapezoid(result.roc.tpr, result.roc.fpr)
    assert area == pytest.approx(metrics.auc(a, b), abs=0.01)
    assert (result.roc.low <= result.roc.tpr + 1e-9).all()
    assert (result.roc.tpr <= result.roc.high + 1e-9).all()
    assert result.roc.tpr[-1] == 1.0


def test_one_clip_many_times_widens_the_interval() -> None:
    random = np.random.default_rng(1)
    values = random.normal(0, 1, 12), random.normal(1, 1, 12)
    alone, together = [], []
    for label, numbers in zip(("real", "fake"), values, strict=True):
        for k, value in enumerate(np.repeat(numbers, 8)):
            alone.append(row(f"{label}{k}", label, float(value)))
            together.append(row(f"{label}{k}", label, float(value), group=f"{label}{k // 8}"))
    free = evaluate.evaluate(alone).measures["auc"]
    tied = evaluate.evaluate(together).measures["auc"]
    assert tied.value == free.value
    assert tied.high - tied.low > 1.5 * (free.high - free.low)
    assert (tied.reals, tied.fakes) == (12, 12)


def test_the_worst_errors_are_named_and_refusals_counted() -> None:
    rows = [row("r1", "real", 0.9), row("r2", "real", 0.1), row("f1", "fake", 0.05)]
    rows += [row("f2", "fake", 0.8), row("f3", "fake", None, why="no_face")]
    result = evaluate.evaluate(rows)
    assert [r.path for r in result.worst("real", 1)] == ["r1"]
    assert [r.path for r in result.worst("fake", 1)] == ["f1"]
    assert result.refused == {"no_face": 1}
    assert "refused 1 of 3 fake" in " ".join(result.cautions)
    assert "intervals say little" in " ".join(result.cautions)


def test_without_labels_there_is_a_distribution_and_no_measure() -> None:
    result = evaluate.evaluate([row("a", "", 1.0), row("b", "", 2.0)])
    assert result.measures == {}
    assert result.roc is None
    assert result.scores("").tolist() == [1.0, 2.0]
    assert "2 without a label" in report.as_text(result)


def test_each_source_is_measured_and_a_source_of_one_side_is_said() -> None:
    rows = [row(f"r{k}", "real", 0.1 * k, source="cam") for k in range(4)]
    rows += [row(f"f{k}", "fake", 1 + k, source="gan") for k in range(4)]
    rows += [row(f"g{k}", "fake", 0.1 * k, source="diffusion") for k in range(4)]
    result = evaluate.evaluate(rows)
    assert result.by_source["fake gan"].value == 1.0
    assert result.by_source["fake diffusion"].value == 0.5
    assert any("tell sources apart" in caution for caution in result.cautions)


def test_the_table_comes_back_as_it_was() -> None:
    rows = [row('a, "b".jpg', "real", 0.5, quality=90.5, sha256="ab"), row("c", "", None, why="x")]
    assert evaluate.from_csv(evaluate.to_csv(rows)) == rows
    with pytest.raises(ValueError, match="not a table of scores"):
        evaluate.from_csv("a,b\n1,2\n")


# ---------------------------------------------------------------- over real files


def test_a_detector_over_files_scores_refuses_and_goes_on(tmp_path: Path) -> None:
    detector = load_source(template().encode(), "my_detector.py")
    pixels = made.photograph(300, 320)
    for name, data in {
        "real/a.jpg": made.jpeg(pixels),
        "real/small.png": made.png(pixels[:40, :40]),
        "fake/b.jpg": made.jpeg(pixels),
        "fake/broken.jpg": b"\xff\xd8 no picture",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    rows = {
        r.path: r
        for r in evaluate.run(
            folders.read(tmp_path),
            lambda name: (tmp_path / name).read_bytes(),
            detector.module,
            Context(),
        )
    }
    assert rows["real/a.jpg"].score == rows["fake/b.jpg"].score != None  # noqa: E711
    assert rows["real/small.png"].why == "image_too_small"
    assert rows["fake/broken.jpg"].score is None
    assert rows["fake/broken.jpg"].why in ("damaged", "truncated", "not_a_picture")
    assert rows["real/a.jpg"].quality is not None
    assert leaks.same_files(rows.values()) == [("fake/b.jpg", "real/a.jpg")]


def test_lower_is_suspicious_is_turned_and_a_stop_stops() -> None:
    source = template().replace("higher_is_suspicious", "lower_is_suspicious")
    detector = load_source(source.encode(), "my_detector.py").module
    data = made.jpeg(made.photograph(300, 320))
    (only,) = evaluate.run([Picture("a.jpg")], lambda _: data, detector, Context())
    assert only.score is not None
    assert only.score < 0
    stopped = Context(is_cancelled=lambda: True)
    with pytest.raises(Cancelled):
        list(evaluate.run([Picture("a.jpg")], lambda _: data, detector, stopped))


# ---------------------------------------------------------------- leaks


def test_a_format_that_gives_the_label_away_is_found() -> None:
    file = {"sha256": "x", "width": 512, "height": 512, "size_bytes": 9}
    rows = [row(f"r{k}", "real", 0.0, format="JPEG", quality=80.0 + k, **file) for k in range(9)]
    rows += [row(f"f{k}", "fake", 0.0, format="PNG", **file) for k in range(9)]
    found = {leak.fact: leak for leak in leaks.leaks(rows)}
    assert found["JPEG or not"].auc == found["JPEG quality"].auc == 1.0
    assert found["JPEG or not"].tells
    assert not found["width"].tells
    assert "alone tells real from fake" in report.as_text(evaluate.evaluate(rows))


def test_copies_of_one_picture_share_a_group() -> None:
    pixels = {f"{seed}": made.photograph(256, 256, seed) for seed in (1, 2, 3)}
    hashed = {name: phash.hashes(values) for name, values in pixels.items()}
    hashed["1 again"] = phash.hashes(pixels["1"][::2, ::2])
    hashed["flat"] = phash.hashes(np.zeros((64, 64, 3), np.uint8))
    groups = leaks.groups(hashed)
    assert groups["1 again"] == groups["1"] == "1"
    assert len({groups[name] for name in ("1", "2", "3", "flat")}) == 4
    tied = folders.grouped([Picture("1"), Picture("2", group="own")], groups)
    assert [picture.group for picture in tied] == ["1", "own"]
