"""The arithmetic behind docs/video.md, and that the page is what its numbers say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.video import aggregation, pulses, report, score, write
from models.video.clips import CRFS
from telltale.evidence.table import read

ROOT = Path(__file__).resolve().parents[3]


def test_the_page_is_written_from_its_table() -> None:
    document = json.loads((ROOT / "docs/video.json").read_text("utf-8"))
    assert write.page(document) == (ROOT / "docs/video.md").read_text("utf-8")


def test_the_page_on_the_verdict_is_written_from_the_scores_of_films() -> None:
    kept = (ROOT / "docs/video-verdict.md").read_text("utf-8")
    made = report.page(read(score.TABLE))
    number = re.compile(r"[-+]?\d+(?:\.\d+)?")
    assert number.sub("#", made) == number.sub("#", kept)
    # a fit on another machine ends a little elsewhere
    for one, other in zip(number.findall(made), number.findall(kept), strict=True):
        assert abs(float(one) - float(other)) <= (0.021 if "." in one else 1), (one, other)


def test_rules_differ_where_one_frame_stands_out() -> None:
    values = np.array([0.0] * 8 + [9.0])
    scores = {name: rule(values) for name, (rule, _) in aggregation.RULES.items()}
    assert scores["mean"] == 1.0
    assert scores["top third"] == 3.0
    assert scores["highest"] == 9.0
    assert scores["median"] == scores["trimmed mean"] - 1.0 == 0.0
    assert scores["mean probability"] == pytest.approx((8 * 0.5 + 1) / 9, abs=1e-4)


def test_sections_are_whole_stretches_of_time() -> None:
    times = [0.0, 1.0, 2.0, 2.5, 3.0, 4.9, 5.1]
    assert [list(v) for v in aggregation.sections(times, range(7))] == [[0, 1, 2], [3, 4, 5]]


def test_one_fake_face_of_two_decides() -> None:
    row = {"clip": "a", "crf": 0, "values": [[-4.0] * 5, [-4.0] * 5]}
    fake = {**row, "kind": "warped", "values": [[4.0] * 5, [-4.0] * 5]}
    rows = [{**r, "crf": crf} for r in ({**row, "kind": "real"}, fake) for crf in CRFS]
    found = aggregation.compare_faces(rows, "warped")
    assert all(one["auc"] == 1.0 and one["up"] == one["of"] == 3 for one in found.values())
    scores = [rule(np.array(fake["values"])) for rule in aggregation.FACES.values()]
    assert scores == pytest.approx([0.982, 4.0, 0.5], abs=1e-3)


def test_a_wrong_pulse_shows_in_the_summary() -> None:
    def row(bpm: float, depth: float, crf: int, rate: float | None) -> dict[str, Any]:
        known = {"clip": "a", "what": "clip", "bpm": bpm, "depth": depth, "crf": crf}
        return {**known, "rate": rate, "snr": 10 * depth}

    rows = [row(0, 0, 18, 70.0), row(0, 0, 28, None)]
    rows += [row(78, 0.1, 18, 91.0), row(78, 0.2, 18, None), row(78, 0.3, 18, 78.5)]
    found = pulses.summary(rows)
    assert (found["error"], found["answers"], found["asked"]) == (13.0, 2, 3)
    assert (found["false"], found["nothing"], found["lowest_snr"]) == (1, 2, 1.0)
    assert pulses.least_depth(rows, "a", 18) == 0.3  # the answer at 0.1 was luck
    assert pulses.least_depth(rows, "a", 28) is None
