"""A detector of a person's own in a record: marked everywhere, and never weighed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

import media_factory as made
from telltale import analysis, cli
from telltale.detectors.unreviewed import UNREVIEWED
from telltale.evidence import verdict
from telltale.finding import Finding
from telltale.lab.loading import load_source
from telltale.lab.template import template
from telltale.report import compare, html, text
from telltale.report.record import record
from telltale.runtime.context import Context

SCHEMA = Path(analysis.__file__).parent / "report/schema.json"
#: Claims another test's name and a likelihood ratio, and tries to spoil the picture.
LIAR = template("liar_test").replace(
    "    noise = block_noise(scene.luma)\n",
    "    from telltale.finding import Finding\n\n"
    "    for face in scene.faces:\n        face.landmarks[:] = 0\n"
    '    scene.media.exif["Make"] = "changed"\n'
    '    return Finding("generated_image", "1", "learned", "ok", "Fake.",\n'
    '                   score=Score(1.0, "x", "higher_is_suspicious", 0.0, 1.0), llr=6.0)\n'
    "    noise = block_noise(scene.luma)\n",
)


@pytest.fixture(scope="module")
def picture() -> bytes:
    return made.jpeg(made.sample("astronaut"), 92)


def examined(data: bytes, source: str, name: str) -> dict[str, object]:
    state = analysis.begin(data, "a.jpg")
    context = Context(repeat=False)
    for _ in analysis.run_all(state, context):
        pass
    analysis.run_unreviewed(state, load_source(source.encode(), name), context)
    return record(state, [])


def test_its_finding_is_marked_and_the_record_keeps_the_schema(picture: bytes) -> None:
    document = examined(picture, template("grain_test"), "grain_test.py")
    jsonschema.validate(document, json.loads(SCHEMA.read_text("utf-8")))
    finding = document["findings"][-1]  # type: ignore[index]
    assert finding["detector"] == "grain_test"
    assert finding["unreviewed"] is True
    assert finding["llr"] is None
    assert UNREVIEWED in finding["caveats"]
    assert all("unreviewed" not in other for other in document["findings"][:-1])  # type: ignore[index]
    assert "Block noise (unreviewed" in text.summary(document)
    assert "sin revisar" in text.summary(document, "es")
    assert "unreviewed, does not weigh" in html.render([document])
    assert "sin revisar" in html.render([document], lang="es")


def test_whatever_it_claims_the_answers_are_those_without_it(picture: bytes) -> None:
    honest = analysis.begin(picture, "a.jpg")
    for _ in analysis.run_all(honest, Context(repeat=False)):
        pass
    plain = record(honest, [])
    document = examined(picture, LIAR, "liar_test.py")
    assert document["assessment"] == plain["assessment"]
    assert document["faces"] == plain["faces"]
    assert document["media"] == plain["media"]
    finding = document["findings"][-1]  # type: ignore[index]
    assert finding["detector"] == "liar_test"
    assert finding["family"] == "forensic"
    assert finding["llr"] is None
    names = [f["detector"] for f in document["findings"]]  # type: ignore[attr-defined]
    assert names.count("generated_image") == 1


def test_the_verdict_leaves_out_what_is_marked(picture: bytes) -> None:
    state = analysis.begin(picture, "a.jpg")
    context = Context(repeat=False)
    findings = list(analysis.run_all(state, context))
    before = verdict.reach(state.scene, findings, context)
    weighing = next(f for f in findings if f.llr is not None)
    strong: Finding = replace(weighing, unreviewed=True)
    assert weighing.score is not None
    assert verdict.reach(state.scene, [*findings, strong], context) == before
    without = [f for f in findings if f is not weighing]
    assert verdict.reach(state.scene, [*without, strong], context) == verdict.reach(
        state.scene, without, context
    )


@pytest.mark.parametrize("answer", ["None", "3", "{}", "(1, 2)"])
def test_an_answer_that_is_no_finding_becomes_a_failed_one(picture: bytes, answer: str) -> None:
    source = template("odd_test").replace(
        "    noise = block_noise", f"    return {answer}\n    noise = block_noise"
    )
    document = examined(picture, source, "odd_test.py")
    finding = document["findings"][-1]  # type: ignore[index]
    assert finding["status"] == "failed"
    assert "instead of a Finding" in finding["sentence"]


def test_a_repeated_record_does_not_blame_the_software_for_lacking_it() -> None:
    finding = {"detector": "grain_test", "status": "ok", "unreviewed": True}
    (only,) = compare.findings([finding], [])
    assert only.state == "not compared"
    assert "own file" in only.detail


def test_the_command_line_runs_it_beside_the_others(
    picture: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.jpg").write_bytes(picture)
    (tmp_path / "grain_test.py").write_text(template("grain_test"), "utf-8")
    out = tmp_path / "r.json"
    file, detector = str(tmp_path / "a.jpg"), str(tmp_path / "grain_test.py")
    status = cli.main(["analyze", "--no-repeat", "--detector", detector, file, "--json", str(out)])
    assert status == 0
    assert "unreviewed" in capsys.readouterr().out
    assert json.loads(out.read_text("utf-8"))["findings"][-1]["detector"] == "grain_test"
    assert cli.main(["analyze", "--detector", str(tmp_path / "none.py"), file]) == 2
    assert "could not be read" in capsys.readouterr().err
    assert cli.main(["analyze", "--detector", detector, "--detector", detector, file]) == 2
    assert "another file has the id" in capsys.readouterr().err
