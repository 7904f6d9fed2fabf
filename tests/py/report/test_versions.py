"""Records name what they were made with, and those of earlier forms are read and repeated."""

from __future__ import annotations

import copy
import io
import json
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import numpy as np
import pytest
from PIL import Image
from skimage import data

from buildtools import page
from telltale import analysis, detectors
from telltale.report import software
from telltale.report.html import render
from telltale.report.record import SCHEMA, record
from telltale.report.replay import compare_records, replay
from telltale.report.text import summary
from telltale.report.versions import NotARecord, read_records, upgrade
from telltale.runtime.context import Context
from telltale.runtime.inference import OnnxModels

GOLDEN = Path(__file__).parent / "golden"
FORM = json.loads(files("telltale.report").joinpath("schema.json").read_text("utf-8"))


def old(kind: str) -> dict[str, Any]:
    (one,) = read_records((GOLDEN / f"{kind}-1.json").read_text("utf-8"))
    return one


@pytest.fixture(scope="module")
def new() -> dict[str, Any]:
    buffer = io.BytesIO()
    Image.fromarray(data.coffee()[:200, :240]).save(buffer, "JPEG", quality=90)
    state = analysis.begin(buffer.getvalue(), "coffee.jpg")
    for step in ("error_level_analysis", "metadata"):
        analysis.run_step(state, step, Context())
    return dict(json.loads(json.dumps(record(state, []))))


@pytest.mark.parametrize("kind", ["cpython", "pyodide"])
def test_a_record_of_the_first_form_is_read_shown_and_repeated(kind: str) -> None:
    one = old(kind)
    assert one["schema"] == SCHEMA
    assert one["upgraded_from"] == "telltale-record/1"
    jsonschema.validate(one, FORM, cls=jsonschema.Draft202012Validator)
    assert "coffee.jpg" in summary(one)
    assert one["findings"][0]["card"]["title"] in render([one])
    result = replay(one, (GOLDEN / "coffee.jpg").read_bytes(), OnnxModels())
    states = {row.field: row.state for row in result.rows}
    assert (
        states["media.sha256"] == states["media.width"] == states["media.jpeg.quality"] == "agrees"
    )
    # what the first form lacked is said, and is no difference
    assert states["findings.content_credentials.parameters"] == "not compared"
    assert all(row.recorded != "None" for row in result.circumstances)
    # a test whose version is still the same finds the same, whichever runtime found it first
    for finding in one["findings"]:
        name = f"findings.{finding['detector']}"
        if states.get(f"{name}.version") == "agrees":
            differing = [f for f, s in states.items() if f.startswith(name) and s == "differs"]
            assert differing == [], differing


def test_the_hash_of_the_code_is_over_what_the_browser_gets() -> None:
    root = Path(__file__).resolve().parents[3]
    shipped = {name for name, _ in page._package_members(root) if name.endswith((".py", ".json"))}
    code = {n.removeprefix("telltale/") for n in shipped if not n.startswith("telltale/_")}
    code.add("__init__.py")
    members = {name for name, _ in software._members(files("telltale"), "")}
    assert {name for name in members if not name.startswith(software._NATIVE_ONLY)} == code


def test_what_was_not_recorded_is_not_made_up() -> None:
    one = old("cpython")
    assert "pixels_sha256" not in one["media"]
    assert "code_sha256" not in one["software"]
    assert upgrade(one) == one


def test_a_record_of_a_later_version_is_refused_as_such() -> None:
    later = {"schema": "telltale-record/3", "media": {"sha256": "0" * 64}}
    with pytest.raises(NotARecord, match="later version"):
        upgrade(later)


@pytest.mark.parametrize("bad", [None, 7, [], {}, {"schema": 2}, {"schema": "telltale-record/0"}])
def test_what_is_no_record_is_refused(bad: Any) -> None:
    with pytest.raises(NotARecord):
        upgrade(bad)


def test_a_new_record_without_its_hashes_is_invalid(new: dict[str, Any]) -> None:
    jsonschema.validate(new, FORM, cls=jsonschema.Draft202012Validator)
    for path in (("started",), ("software", "code_sha256"), ("media", "pixels_sha256")):
        broken = copy.deepcopy(new)
        place = broken
        for key in path[:-1]:
            place = place[key]
        del place[path[-1]]
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, FORM, cls=jsonschema.Draft202012Validator)


def test_a_finding_names_its_code_and_its_parameters(new: dict[str, Any]) -> None:
    for finding in new["findings"]:
        source = detectors.load(detectors.find(finding["detector"]))
        assert finding["parameters"] == json.loads(json.dumps(software.parameters(source)))
        assert finding["sha256"] == software.detector_sha256(finding["detector"])
    (levels,) = [f for f in new["findings"] if f["detector"] == "error_level_analysis"]
    assert levels["parameters"]["QUALITY"] == 90


def test_another_parameter_counts_and_other_code_alone_is_named(new: dict[str, Any]) -> None:
    other = copy.deepcopy(new)
    other["findings"][0]["parameters"]["QUALITY"] = 91
    other["findings"][0]["sha256"] = "0" * 64
    other["software"]["code_sha256"] = "1" * 64
    result = compare_records(other, new)
    assert [r.field for r in result.rows if r.state == "differs"] == [
        "findings.error_level_analysis.parameters.QUALITY"
    ]
    named = [row.field for row in result.circumstances]
    assert named == ["software.code_sha256", "findings.error_level_analysis.sha256"]


def test_the_same_decoder_owes_the_same_pixels_and_another_may_round(new: dict[str, Any]) -> None:
    other = copy.deepcopy(new)
    other["media"]["pixels_sha256"] = "0" * 64
    assert not compare_records(other, new).agrees
    other["media"]["decoder"]["library"] = "another"
    result = compare_records(other, new)
    assert result.agrees
    assert "media.pixels_sha256" in [row.field for row in result.circumstances]


def test_parameters_are_what_json_can_hold() -> None:
    module = SimpleNamespace(
        SIDE=8, RATIO=0.5, _PAIRS=((1, 2), (3, 4)), ENDLESS=float("inf"), SMALL=np.eye(2),
        LARGE=np.zeros((20, 20)), NAMES=frozenset({"b", "a"}), CARD=object(), lower=1,
        SENTENCE="This is said to a person.",
    )  # fmt: skip
    found = software.parameters(module)
    large = found.pop("LARGE")
    assert large["shape"] == [20, 20]
    assert found == {
        "SIDE": 8, "RATIO": 0.5, "_PAIRS": [[1, 2], [3, 4]], "ENDLESS": "inf",
        "SMALL": [[1.0, 0.0], [0.0, 1.0]], "NAMES": ["a", "b"],
    }  # fmt: skip
