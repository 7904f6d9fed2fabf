"""The verdict in words: every sentence exists in both languages and is reached by some picture."""

from __future__ import annotations

import io
import itertools
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from skimage import data

from telltale.evidence import stability, video
from telltale.evidence.assess import answer_all, assessment, verdict_key, warnings
from telltale.evidence.calibration import Calibration, Conditions
from telltale.evidence.fusion import Weights
from telltale.evidence.questions import QUESTIONS
from telltale.evidence.sentences import LANGUAGES, SENTENCES, say
from telltale.evidence.weigh import Weighed, weigh, with_llr
from telltale.finding import Finding, Part, Region, Score
from telltale.media.decode import open_media
from telltale.media.model import Media
from telltale.scene import Scene

WEIGHTS = {q.id: Weights(dict.fromkeys(q.all_detectors, 1.0), 2.0) for q in QUESTIONS}


def media(quality: int = 90, size: int = 512, **changes: object) -> Media:
    buffer = io.BytesIO()
    pixels = Image.fromarray(data.astronaut()).resize((size, size))
    pixels.save(buffer, "JPEG", quality=quality)
    return replace(open_media(buffer.getvalue(), "a.jpg"), **changes)


def calibration(model: str = "") -> Calibration:
    """log10 LR = score, for pictures of 128 to 1024 pixels at quality 60 to 100."""
    return Calibration(
        detector="generated_image",
        detector_version="1",
        model_sha256=model,
        weights=(0.0, float(np.log(10)), 0.0, 0.0, 0.0, 0.0),
        mean=(0.0, 0.0, 0.0),
        scale=(1.0, 1.0, 1.0),
        covariance=tuple(tuple(0.01 * (i == j) for j in range(6)) for i in range(6)),
        bounds=(-2.0, 2.0),
        score_range=(-5.0, 5.0),
        log2_pixels_range=(7.0, 10.0),
        quality_range=(60.0, 100.0),
        sources={},
    )


def finding(score: float, **changes: object) -> Finding:
    scale = Score(score, "logit", "higher_is_suspicious", -5, 5)
    made = Finding("generated_image", "1", "learned", "ok", "A sentence.", score=scale)
    return replace(made, **changes)


def every_assessment() -> list[dict]:
    """Assessments over a grid of evidence, faces or none, and pictures of every kind."""
    out = []
    pictures = [media(), media(50, 256), media(rung="tab-capture"), media(rung="canvas", data=b"")]
    levels = (None, -1.5, -0.7, -0.2, 0.4, 1.2, 1.6)
    for k, values in enumerate(itertools.product(levels, repeat=3)):
        rows = [
            Weighed(name, value, 0.02, "" if value is not None else "it does not apply")
            for name, value in zip(
                ("generated_image", "face_manipulation", "face_warping"), values, strict=True
            )
        ]
        rows += [Weighed("double_quantization", values[0]), Weighed("copy_move", values[1])]
        rows += [Weighed("spectrum", 0.6)]
        unstable = {"generated": k % 7 == 3}
        spread = {"face": 3.0} if k % 5 == 1 else {}
        answers = answer_all(rows, spread, unstable, WEIGHTS)
        scene = Scene(pictures[k % len(pictures)])
        if k % 2:
            scene.faces_unavailable = "model_missing"
        out.append(assessment(scene, answers))
    flags = itertools.product((False, True), repeat=2)
    return out + [video.assessment(faces, stopped) for faces, stopped in flags]


def test_every_sentence_is_reached_in_every_language() -> None:
    shown = {text for one in every_assessment() for text in _texts(one)}
    for key, words in SENTENCES.items():
        assert set(words) == set(LANGUAGES), key
        for language in LANGUAGES:
            pattern = re.escape(words[language]).replace(r"\{", "{").replace(r"\}", "}")
            pattern = re.sub(r"{\w+}", ".+", pattern)
            assert any(re.fullmatch(pattern, text) for text in shown), (key, language)


def test_the_strongest_sign_of_manipulation_stands_on_top() -> None:
    rows = [
        Weighed("generated_image", -1.5, 0.05),
        Weighed("face_manipulation", 1.6, 0.05),
        Weighed("face_warping", 1.2, 0.05),
    ]
    assert verdict_key(answer_all(rows, weights=WEIGHTS)) == "verdict.manipulated.substantial"


def test_nothing_to_weigh_says_we_cannot_tell() -> None:
    answers = answer_all([Weighed("spectrum", 0.8)], weights=WEIGHTS)
    assert verdict_key(answers) == "verdict.inconclusive"


def test_warnings_name_the_classic_mistakes() -> None:
    def keys(m: Media) -> set[str]:
        return {key for key, _ in warnings(m)}

    assert "warning.screenshot" in keys(media(rung="tab-capture"))
    assert "warning.small" in keys(media(size=200))
    assert "warning.compressed" in keys(media(quality=40))
    assert keys(media(quality=95)) & {"warning.small", "warning.compressed"} == set()


def test_weigh_refuses_drift_and_conditions_outside_the_data() -> None:
    scene = Scene(media())
    assert weigh(finding(1.0), scene, [], calibration()).llr == pytest.approx(1.0)
    assert "version" in weigh(finding(1.0, version="2"), scene, [], calibration()).why_not
    other = [{"id": "generated_image", "sha256": "b"}]
    assert "model" in weigh(finding(1.0), scene, other, calibration("a")).why_not
    assert "pixels" in weigh(finding(1.0), Scene(media(size=64)), [], calibration()).why_not
    assert "quality" in weigh(finding(1.0), Scene(media(quality=30)), [], calibration()).why_not
    silent = weigh(finding(1.0, status="not_applicable"), scene, [], calibration())
    assert silent.llr is None


def test_a_crowd_does_not_accuse_by_numbers() -> None:
    from telltale.faces import pipeline
    from telltale.runtime.context import Context
    from telltale.runtime.inference import OnnxModels

    picture = media()
    face = pipeline.find(picture.pixels, Context(OnnxModels()))[0]
    crowd = Scene(
        picture, tuple(replace(face, index=k, box=replace(face.box, w=256)) for k in range(10))
    )
    parts = tuple(Part(Region("face", k), 1.0 if k == 0 else -2.0) for k in range(10))
    alone = weigh(finding(1.0, parts=parts[:1]), crowd, [], calibration())
    together = weigh(finding(1.0, parts=parts), crowd, [], calibration())
    assert alone.llr == pytest.approx(1.0)
    assert together.llr == pytest.approx(np.log10((10 + 9 * 0.01) / 10))


def test_a_calibrated_finding_carries_its_likelihood_ratio() -> None:
    assert with_llr(finding(1.0), Weighed("generated_image", 0.7)).llr == 0.7


def test_empirical_bounds_hold_in_the_llr() -> None:
    assert calibration().llr(9.0, Conditions(8.0, 90.0)) == 2.0


@pytest.mark.parametrize("change", stability.CHANGES, ids=lambda c: c.name)
def test_changed_copies_keep_faces_on_the_faces(change: stability.Change) -> None:
    from telltale.faces import pipeline
    from telltale.runtime.context import Context
    from telltale.runtime.inference import OnnxModels

    context = Context(OnnxModels())
    scene = Scene(media())
    scene.faces = pipeline.find(scene.media.pixels, context)
    copy = stability.changed(scene, change)
    found = pipeline.find(copy.media.pixels, context)[0]
    distance = np.linalg.norm(found.landmarks - copy.faces[0].landmarks, axis=1).mean()
    assert distance < 0.02 * copy.faces[0].box.w
    assert copy.faces[0].quality["width_px"] == pytest.approx(found.quality["width_px"], rel=0.05)


def test_spread_widens_and_flips_are_seen() -> None:
    one, two = (answer_all([Weighed("generated_image", v)], weights=WEIGHTS)[0] for v in (0.8, 0.2))
    other = answer_all([Weighed("generated_image", -0.8)], weights=WEIGHTS)[0]
    assert stability.spread(one, [two]) == (pytest.approx(0.3), False)
    assert stability.spread(one, [other]) == (pytest.approx(0.8), True)


def test_unknown_words_are_an_error() -> None:
    with pytest.raises(KeyError):
        say("verdict.certain")


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for part in value.values() for text in _texts(part)]
    if isinstance(value, list):
        return [text for part in value for text in _texts(part)]
    return []


def test_report_and_terminal_say_the_verdict() -> None:
    from telltale.report.verdict import as_html, as_text

    for one in every_assessment()[:60]:
        html, text = as_html(one, {}), "\n".join(as_text(one))
        assert one["verdict"]["en"] in text
        for question in one["questions"]:
            assert question["title"]["en"] in html
            assert question["answer"]["en"] in text
    spanish = as_text(every_assessment()[0], "es")
    assert spanish[0] == every_assessment()[0]["verdict"]["es"]


def test_progress_of_the_repetitions_only_grows() -> None:
    from telltale import analysis
    from telltale.runtime.context import Context
    from telltale.runtime.inference import OnnxModels

    buffer = io.BytesIO()
    Image.fromarray(data.astronaut()).save(buffer, "JPEG", quality=90)
    state = analysis.begin(buffer.getvalue(), "a.jpg")
    told: list[float] = []
    models = OnnxModels()
    for step in analysis.steps()[:-1]:
        analysis.run_step(state, step, Context(models))
    analysis.assess(state, Context(models, progress=lambda fraction, _: told.append(fraction)))
    assert state.assessment is not None
    assert len(state.assessment["stability"]["trials"]) == len(stability.CHANGES)
    assert told == sorted(told)
    assert told[-1] <= 1
