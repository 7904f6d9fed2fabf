"""The report says of every test whether it weighs and why not, and for which sizes answers hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.verdict import standing
from telltale.evidence import fitting
from telltale.evidence.fusion import Weights
from telltale.evidence.questions import QUESTIONS
from telltale.evidence.table import Row

EDITED = next(q for q in QUESTIONS if q.id == "edited")


def rows(detector: str, shift: float, n: int = 80) -> list[Row]:
    """Scores of n real and n edited pictures of 300 to 900 pixels, N(0, 1) and N(shift, 1)."""
    rng = np.random.default_rng(0)
    return [
        Row("val", f"{kind} {k % 3}", kind, f"{kind}{k}", f"{kind}{k}", detector, "1",
            rng.normal() + (shift if kind == "edited" else 0.0),
            float(np.log2(300 + 600 * k / (n - 1))), 80.0)
        for kind in ("real", "edited")
        for k in range(n)
    ]  # fmt: skip


def test_every_test_of_the_question_has_its_line_and_its_reason() -> None:
    known = [*rows("double_quantization", 3.0), *rows("noise_level", 0.0)]
    known += rows("resampling", 3.0) + rows("cfa", 3.0, n=20)
    calibrated = fitting.calibrations(known, {})
    document = fitting.fusion(known, calibrated)["questions"]["edited"]
    weights = Weights(document["weights"], document["substantial_at"])
    lines = standing.weighing(EDITED, known, calibrated, weights)[-1].splitlines()
    said = {line.split("`")[1]: line.split("|")[-2].strip() for line in lines if "`" in line}
    assert set(said) == set(EDITED.all_detectors)
    assert said["double_quantization"] == "weighs"
    assert said["noise_level"] == "no: adds nothing"
    assert said["resampling"] == "no: deep"
    assert said["cfa"] == "no: not calibrated"


def test_sizes_are_counted_once_a_file_and_end_where_the_calibration_ends() -> None:
    known = rows("double_quantization", 3.0)
    twice = [*known, *(replace(row, detector="copy_move") for row in known)]
    text, _, table = standing.sizes(EDITED, twice, known[:0])
    assert "From 252 to 1070 pixels" in " ".join(text.split())
    assert "has 900 pixels" in " ".join(text.split())
    counts = [[int(c) for c in line.split("|")[2:4]] for line in table.splitlines()[2:]]
    assert np.sum(counts, axis=0).tolist() == [80, 80]
    assert counts[0] == [0, 0]
