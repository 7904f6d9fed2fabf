"""Faces larger than any that was calibrated are weighed on a reduced copy of the picture."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image
from skimage import data

from telltale import analysis
from telltale.detectors.learned import face_manipulation
from telltale.evidence import stability
from telltale.evidence.sentences import say
from telltale.evidence.weigh import cases, reduction, stored, weigh
from telltale.runtime.context import Context
from telltale.runtime.inference import OnnxModels

SIDE = 3000


def examined(side: int, repeat: bool) -> analysis.Analysis:
    """The astronaut's face enlarged, looked at by two learned tests and assessed."""
    buffer = io.BytesIO()
    face = Image.fromarray(data.astronaut()[10:240, 110:340])
    face.resize((side, side), Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=92)
    state = analysis.begin(buffer.getvalue(), "large.jpg")
    context = Context(OnnxModels(), repeat=repeat, clock=lambda: 0.0)
    for step in (analysis.FACES, "face_manipulation", "generated_image", analysis.ASSESS):
        analysis.run_step(state, step, context)
    return state


@pytest.fixture(scope="module")
def large() -> analysis.Analysis:
    return examined(SIDE, repeat=True)


def contributions(state: analysis.Analysis) -> dict[str, dict[str, Any]]:
    assert state.assessment is not None
    return {c["detector"]: c for q in state.assessment["questions"] for c in q["contributions"]}


def test_a_large_face_is_weighed_on_a_reduced_copy(large: analysis.Analysis) -> None:
    calibration = stored("face_manipulation")
    assert calibration is not None
    width = large.scene.faces[0].box.w
    row = contributions(large)["face_manipulation"]
    assert row["reduced"] == pytest.approx(2 ** calibration.log2_pixels_range[1] / width, rel=1e-3)
    finding = next(f for f in large.findings if f.detector == "face_manipulation")
    assert finding.llr is None, "what was found on the picture itself has no likelihood ratio"
    assert finding.caveats[-1].endswith(say("silent.reduced"))


def test_what_was_never_tried_at_this_size_has_no_answer(large: analysis.Analysis) -> None:
    """Traces of generators do not outlive a reduction, so that is no way out."""
    assert large.assessment is not None
    said = next(q for q in large.assessment["questions"] if q["id"] == "generated")
    assert (said["llr"], said["abstention"]) == (None, "outside_validated_range")
    finding = next(f for f in large.findings if f.detector == "generated_image")
    assert finding.caveats[-1].startswith(say("silent.not_weighed"))


def test_the_answer_is_that_of_a_picture_of_that_size(large: analysis.Analysis) -> None:
    row = contributions(large)["face_manipulation"]
    copy = stability.reduced(large.scene, row["reduced"], frozenset({0}))
    finding = face_manipulation.run(copy, Context(OnnxModels()))
    hashes = [{"id": "face_manipulation", "sha256": stored("face_manipulation").model_sha256}]
    assert weigh(finding, copy, hashes).llr == pytest.approx(row["llr"], abs=1e-3)


def test_the_reduced_copy_is_repeated_on_changed_copies(large: analysis.Analysis) -> None:
    assert large.assessment is not None
    trials = large.assessment["stability"]["trials"]
    assert [row["change"] for row in trials] == [change.name for change in stability.CHANGES]
    assert all(row["llr"]["face"] is not None for row in trials)


def test_a_large_and_a_small_face_are_both_heard(large: analysis.Analysis) -> None:
    """The one on a reduced copy, the other as it is; neither drops out without a word."""
    finding = next(f for f in large.findings if f.detector == "face_manipulation")
    found = large.scene.faces
    face = found[0]
    part = next(p for p in finding.parts if p.region.kind == "face")
    face = replace(face, box=replace(face.box, w=1400.0))
    small = replace(face, index=1, box=replace(face.box, w=200.0))
    second = replace(part, region=replace(part.region, face=1), score=-1.0)
    large.scene.faces = (face, small)
    both = replace(finding, parts=(part, second))
    try:
        needed = reduction(both, large.scene)
        assert needed is not None
        factor, numbers = needed
        assert numbers == {0}
        copy = stability.reduced(large.scene, factor, numbers)
        assert [f.index for f in copy.faces] == [0]
        also = cases(replace(finding, parts=(replace(part, score=6.0),)), copy, factor)
        hashes = [{"id": "face_manipulation", "sha256": stored("face_manipulation").model_sha256}]
        alone = weigh(both, large.scene, hashes)
        heard = weigh(both, large.scene, hashes, also=also)
    finally:
        large.scene.faces = found
    assert (alone.face, alone.reduced) == (1, 1.0)
    assert (heard.face, heard.reduced) == (0, factor)
    assert heard.llr > alone.llr


def test_what_is_within_the_calibrated_sizes_is_left_as_it_is() -> None:
    state = examined(600, repeat=False)
    assert {c["reduced"] for c in contributions(state).values()} == {1.0}


def test_no_forensic_test_is_weighed_on_a_reduced_copy(large: analysis.Analysis) -> None:
    finding = analysis.run_detector(large, "error_level_analysis", Context())
    large.findings.remove(finding)
    assert reduction(finding, large.scene) is None
