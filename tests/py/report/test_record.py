"""Every record validates; views show hostile text as text; the command line keeps its promises."""

from __future__ import annotations

import io
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from PIL import Image, PngImagePlugin
from skimage import data

from telltale import analysis, cli
from telltale.finding import REASONS
from telltale.report.html import render, thumbnail
from telltale.report.record import error_record, record
from telltale.report.text import summary
from telltale.runtime.context import Context
from telltale.runtime.inference import OnnxModels

SCHEMA = json.loads(files("telltale.report").joinpath("schema.json").read_text("utf-8"))
HOSTILE = '<script>fetch("https://evil.example")</script>\x1b[2J'


def jpeg(pixels: np.ndarray, quality: int = 90) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def examined(payload: bytes, name: str) -> dict[str, Any]:
    state = analysis.begin(payload, name)
    models = OnnxModels()
    list(analysis.run_all(state, Context(models)))
    return record(state, models.used())


@pytest.fixture(scope="module")
def portrait() -> dict[str, Any]:
    return examined(jpeg(data.astronaut()), f"{HOSTILE}.jpg")


def validate(document: dict[str, Any]) -> None:
    jsonschema.validate(document, SCHEMA, cls=jsonschema.Draft202012Validator)
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_a_portrait_gives_a_valid_record_with_its_face(portrait: dict[str, Any]) -> None:
    validate(portrait)
    assert len(portrait["faces"]["found"]) == 1
    assert {f["status"] for f in portrait["findings"]} <= {"ok", "not_applicable"}
    assert {m["id"] for m in portrait["runtime"]["models"]} >= {"face_detection", "face_landmarks"}
    assert all(m["self_test_error"] < 1e-3 for m in portrait["runtime"]["models"])


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((1, 1, 3), np.uint8),
        np.full((300, 200, 3), 255, np.uint8),
        np.random.default_rng(0).integers(0, 256, (64, 700, 3), np.uint8),
    ],
    ids=["one pixel", "white", "noise strip"],
)
def test_odd_pictures_give_valid_records_without_failures(pixels: np.ndarray) -> None:
    document = examined(jpeg(pixels), "odd.jpg")
    validate(document)
    assert [f["sentence"] for f in document["findings"] if f["status"] == "failed"] == []


def test_schema_lists_exactly_the_reasons_of_the_grammar() -> None:
    assert SCHEMA["$defs"]["reason"]["enum"] == list(REASONS)


def test_refusals_validate() -> None:
    validate(error_record("x", b"abc", "damaged", "It is damaged."))


def test_report_shows_hostile_names_as_text(portrait: dict[str, Any]) -> None:
    html = render([portrait], [thumbnail(data.astronaut())])
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "default-src 'none'" in html
    assert "\x1b" not in summary(portrait)


def test_report_tells_every_finding_and_its_paper(portrait: dict[str, Any]) -> None:
    html = render([portrait])
    for finding in portrait["findings"]:
        assert finding["card"]["title"] in html
        if finding["status"] == "ok":
            assert str(finding["card"]["references"][0]["year"]) in html


def test_hostile_metadata_stays_inert() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Software", HOSTILE)
    buffer = io.BytesIO()
    Image.fromarray(data.astronaut()[:128, :128]).save(buffer, "PNG", pnginfo=info)
    document = examined(buffer.getvalue(), "x.png")
    validate(document)
    assert "<script" not in render([document])


def test_command_line_writes_what_was_asked_and_tells_by_its_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = tmp_path / "good.jpg", tmp_path / "bad.jpg"
    good.write_bytes(jpeg(data.chelsea()))
    bad.write_bytes(b"<html>not a picture</html>")
    out, html = tmp_path / "out.json", tmp_path / "out.html"
    assert cli.main(["analyze", str(good), "--json", str(out)]) == 0
    validate(json.loads(out.read_text()))
    missing = tmp_path / "missing.jpg"
    arguments = [str(good), str(bad), str(missing), "--json", str(out), "--html", str(html)]
    assert cli.main(["analyze", *arguments]) == 1
    records = json.loads(out.read_text())
    assert ["error" in one for one in records] == [False, True, True]
    for one in records:
        validate(one)
    assert "good.jpg" in html.read_text()
    assert "Not examined" in capsys.readouterr().out
    with pytest.raises(SystemExit) as wrong:
        cli.main(["analyze"])
    assert wrong.value.code == 2
