"""The notebooks of examples/ run from the first cell to the last, and show what they say."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
NAMES = ("examine_one_picture", "measure_a_detector", "train_a_small_detector")


def cells(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((EXAMPLES / f"{name}.ipynb").read_text("utf-8"))[
        "cells"
    ]
    return found


def executed(name: str) -> tuple[dict[str, Any], list[Any]]:
    """The names after the last cell, and the value of the last line of every cell, as shown."""
    names: dict[str, Any] = {"__name__": "__main__"}
    shown = []
    for cell in cells(name):
        if cell["cell_type"] != "code":
            continue
        tree = ast.parse("".join(cell["source"]), f"{name} {cell['id']}")
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, f"{name} {cell['id']}", "exec"), names)
        if isinstance(last, ast.Expr):
            expression = compile(ast.Expression(last.value), f"{name} {cell['id']}", "eval")
            shown.append(eval(expression, names))
    return names, shown


def test_there_are_three_and_they_carry_no_outputs() -> None:
    assert sorted(path.stem for path in EXAMPLES.glob("*.ipynb")) == sorted(NAMES)
    for name in NAMES:
        for cell in cells(name):
            if cell["cell_type"] == "code":
                assert cell["outputs"] == []
                assert cell["execution_count"] is None
        assert (EXAMPLES / f"{name}.ipynb").stat().st_size < 30_000


def test_one_picture_is_examined_step_by_step() -> None:
    names, shown = executed("examine_one_picture")
    assert len(names["scene"].faces) == 1
    assert names["finding"].status == "ok"
    assert all(found.status != "failed" for found in names["findings"].values())
    assert names["document"]["assessment"]["status"] == "given"
    assert sum(bool(getattr(value, "png", b"")) for value in shown) >= 2


def test_measuring_shows_the_leak_the_copies_and_the_blind_source() -> None:
    names, shown = executed("measure_a_detector")
    careless, careful, *_ = (
        {fact: tells for fact, _, tells in value} for value in shown if isinstance(value, list)
    )
    assert careless["JPEG or not"]
    assert not careful["JPEG or not"]
    naive, honest = names["naive"].measures["auc"], names["honest"].measures["auc"]
    assert honest.reals < naive.reals
    assert honest.high - honest.low > naive.high - naive.low
    sources = names["honest"].by_source
    assert sources["fake noisy"].value > 0.9
    assert sources["fake smooth"].low < 0.6 < sources["fake noisy"].low
    assert names["honest"].roc is not None


def test_the_trained_network_is_exported_and_answers_as_in_training(
    capsys: pytest.CaptureFixture[str],
) -> None:
    names, shown = executed("train_a_small_detector")
    assert all(check.outcome != "failed" for check in names["checks"])
    score, expected = shown[-1] if isinstance(shown[-1], tuple) else shown[-2]
    assert score == pytest.approx(expected, abs=1e-4)
    assert names["same"].value > 0.95
    assert names["detector"].id == "enlarged_net"
