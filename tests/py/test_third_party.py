"""Every model of the zoo stands in the table of licences, and none is non-commercial."""

from __future__ import annotations

from pathlib import Path

from telltale.runtime.inference import read_zoo

ROOT = Path(__file__).resolve().parents[2]


def test_every_model_is_in_the_table() -> None:
    table = (ROOT / "THIRD_PARTY.md").read_text("utf-8")
    zoo = read_zoo(ROOT / "models")
    assert len(zoo) >= 6
    for model in zoo.values():
        assert f"`{model.id}`" in table
        assert model.licence in ("Apache-2.0", "MIT", "BSD-3-Clause")
        assert model.trained_on
        assert (model.folder / "card.md").is_file()


def test_every_npm_dependency_is_in_the_table() -> None:
    import json

    table = (ROOT / "THIRD_PARTY.md").read_text("utf-8").lower()
    shipped = json.loads((ROOT / "package.json").read_text("utf-8"))["dependencies"]
    for name, version in shipped.items():
        assert name in table, name
        assert version in table, name
