"""The verdict in words: every sentence exists in both languages and is reached by some picture."""

from __future__ import annotations

import ast
import io
import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from models.verdict import graphics
from telltale.detectors.forensic import error_level_analysis
from telltale.evidence import sentences, stability
from telltale.evidence import weigh as evidence_weigh
from telltale.evidence.assess import answer_all, assessment, restrained, verdict_key, warnings
from telltale.evidence.calibration import Calibration, Conditions
from telltale.evidence.fusion import Weights
from telltale.evidence.provenance import Statement
from telltale.evidence.questions import QUESTIONS
from telltale.evidence.sentences import SENTENCES, say
from telltale.evidence.teaching import lowered
from telltale.evidence.weigh import Weighed, weigh, with_llr
from telltale.finding import Finding, Part, Region, Score, ok
from telltale.media.decode import open_media
from telltale.media.model import Media
from telltale.report.language import Language
from telltale.runtime import inference
from telltale.scene import Scene
from telltale.wording import LANGUAGES

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


def scenes() -> list[Scene]:
    """Pictures of every kind and circumstance that the verdict has words for."""
    photo = data.astronaut()
    rng = np.random.default_rng(1)
    made = [
        media(),
        media(50, 256),
        media(rung="tab-capture"),
        media(rung="canvas", data=b""),
        media(size=160),
        media(quality=75, size=1080),
        media(exif={"exif": {"image": {"Make": "EPSON", "Model": "Perfection Scan"}}}),
        opened(graphics.chart(rng, photo)),
        opened(graphics.caption(rng, photo)),
        opened(graphics.phone_screen(rng, photo)),
        opened(np.pad(photo, ((120, 120), (0, 0), (0, 0)))),
    ]
    return [Scene(one) for one in made]


def opened(pixels: np.ndarray) -> Media:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return open_media(buffer.getvalue(), "a.png")


#: Why a test that could have carried the answer may be silent.
CODES = (
    None,
    "image_too_small",
    "face_too_small",
    "compressed_too_much",
    "outside_validated_range",
    "model_missing",
    "model_self_test_failed",
)


#: Whatever a line of provenance is filled in with.
COUNTS = {"count": 1, "earlier": 75, "last": 92, "lower": 70, "higher": 80}
#: Every line of provenance once, and none.
PROVENANCE = [
    [],
    *(
        [Statement(key.removeprefix("provenance."), "metadata", COUNTS)]
        for key in SENTENCES
        if key.startswith("provenance.")
    ),
]


#: Reached in test_video.py.
OF_VIDEOS = {key for key in SENTENCES if key.startswith("video.")} | {
    "next.moments", "silent.few_frames", "silent.other_detail",
}  # fmt: skip


def every_assessment() -> list[dict]:
    """Assessments over a grid of evidence, faces or none, and pictures of every kind."""
    out = []
    pictures = scenes()
    levels = (None, -1.5, -0.7, -0.2, 0.4, 1.2, 1.6)
    names = ("generated_image", "face_manipulation", "face_warping")
    for k, values in enumerate(itertools.product(levels, repeat=3)):
        code = CODES[k % len(CODES)]
        rows = [
            Weighed(name, value, 0.02, "it does not apply", code, face=k % 5 if i == 2 else 0)
            for i, (name, value) in enumerate(zip(names, values, strict=True))
        ]
        rows += [Weighed("double_quantization", values[0]), Weighed("zero_grid", values[1])]
        rows += [Weighed("spectrum", 0.6)]
        unstable = {"generated": k % 7 == 3}
        spread = {"face": 3.0} if k % 5 == 1 else {}
        answers = answer_all(rows, spread, unstable, WEIGHTS)
        scene = pictures[k % len(pictures)]
        scene.faces_unavailable = "model_missing" if k % 2 else None
        said = PROVENANCE[k % len(PROVENANCE)]
        stability = {"trials": [], "missing": 4} if k % 2 else None
        out.append(assessment(scene, answers, stability, said))
    return out


def every_silence(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Why a finding does not weigh, from findings that do not, as views word it."""
    scene, other = Scene(media()), [{"id": "generated_image", "sha256": "b"}]
    monkeypatch.setattr(evidence_weigh, "stored", lambda _: None)
    silences = [
        weigh(finding(1.0), scene, []),
        weigh(finding(1.0, version="2"), scene, [], calibration()),
        weigh(finding(1.0), scene, other, calibration("a")),
        weigh(finding(1.0), Scene(media(size=64)), [], calibration()),
        weigh(finding(1.0), Scene(media(quality=30)), [], calibration()),
    ]
    said = [one.why_not for one in silences]
    mute = Weights({"generated_image": 1.0, "spectrum": 0.0}, 2.0)
    rows = [Weighed("generated_image", 1.0), Weighed("spectrum", 1.0)]
    said += [w.why_not for w in answer_all(rows, weights={"generated": mute})[0].silent]
    monkeypatch.setattr(evidence_weigh, "stored", lambda _: calibration())
    said += with_llr(finding(1.0), silences[1]).caveats
    said += with_llr(finding(1.0), replace(silences[3], repeatable=True)).caveats
    monkeypatch.setattr(evidence_weigh, "stored", lambda _: None)
    monkeypatch.setattr(inference, "imported", lambda: {"generated_image"})
    said += with_llr(finding(1.0), Weighed("generated_image", 0.5)).caveats
    said += with_llr(finding(1.0), Weighed("generated_image", None)).caveats
    ela = ok(error_level_analysis.CARD, "Something stands out.")
    said += [text for one in scenes() for text in lowered(ela, one).caveats]
    spanish = Language("es")
    return [*said, *(spanish.translate(text) or "" for text in said)]


def test_every_sentence_is_reached_in_every_language(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = {text for one in every_assessment() for text in _texts(one)}
    # a caveat may hold two of the sentences
    shown |= {part for text in every_silence(monkeypatch) for part in (text, *_parts(text))}
    for key, words in SENTENCES.items():
        assert set(words) == set(LANGUAGES), key
        if key in OF_VIDEOS:
            continue
        for language in LANGUAGES:
            pattern = re.escape(words[language]).replace(r"\{", "{").replace(r"\}", "}")
            pattern = re.sub(r"{\w+}", ".+", pattern)
            assert any(re.fullmatch(pattern, text) for text in shown), (key, language)


def test_no_sentence_stands_elsewhere() -> None:
    """What the verdict says comes from the one list: no other module of it holds a sentence."""
    folder = Path(str(sentences.__file__)).parent
    for path in folder.glob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        told = {
            id(node.value)  # docstrings, and those of fields
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr)
        }
        found = [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in told
            and re.fullmatch(r"[A-Z¿{].* .*[.?]", node.value)
        ]
        assert bool(found) == (path.name == "sentences.py"), (path.name, found[:1])


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
    def codes(m: Media) -> set[str]:
        return {one.code for one in warnings(Scene(m))}

    assert "screenshot" in codes(media(rung="tab-capture"))
    assert "small" in codes(media(size=300))
    assert "thumbnail" in codes(media(size=150))
    assert "compressed" in codes(media(quality=40))
    assert "platform" in codes(media(quality=75, size=1280))
    assert "platform" not in codes(
        media(quality=75, size=1280, exif={"exif": {"image": {"Make": "Canon"}}})
    )
    assert codes(media(quality=95)) == {"resaved", "question"}


def test_warnings_come_with_their_numbers() -> None:
    said = assessment(Scene(media(quality=40)), answer_all([], weights=WEIGHTS))
    facts = {row["code"]: row["facts"] for row in said["circumstances"]}
    assert facts["compressed"] == {"quality": 40}
    assert len(said["circumstances"]) == len(said["warnings"])


@pytest.mark.parametrize(
    ("scene", "reason"),
    [
        (lambda: Scene(opened(graphics.chart(np.random.default_rng(1), data.astronaut()))),
         "not_photographic"),
        (lambda: Scene(opened(graphics.phone_screen(np.random.default_rng(1), data.astronaut()))),
         "screenshot"),
    ],
    ids=["chart", "screen"],
)  # fmt: skip
def test_no_evidence_accuses_what_is_no_photograph(scene: Callable[[], Scene], reason: str) -> None:
    shown = scene()
    rows = [Weighed(name, 1.8) for q in QUESTIONS for name in q.detectors]
    said = assessment(shown, answer_all(rows, weights=WEIGHTS))
    assert {q["strength"] for q in said["questions"]} == {"inconclusive"}
    assert {q["abstention"] for q in said["questions"]} == {reason}
    assert said["sentence"] == say(f"verdict.{reason}")
    asked = say("next.file") in {words["en"] for words in said["next"]}
    assert asked == (reason == "screenshot")


def test_a_face_under_a_caption_is_still_examined() -> None:
    shown = Scene(opened(graphics.caption(np.random.default_rng(1), data.astronaut())))
    rows = [Weighed("face_manipulation", 1.5), Weighed("generated_image", 1.5)]
    said = {q.question: restrained(q, shown) for q in answer_all(rows, weights=WEIGHTS)}
    assert said["face"].strength == "some"
    assert said["generated"].abstention == "not_photographic"


def test_silence_says_why() -> None:
    rows = [Weighed("generated_image", None, code="image_too_small"), Weighed("spectrum", None)]
    answer = next(a for a in answer_all(rows, weights=WEIGHTS) if a.question == "generated")
    assert answer.abstention == "image_too_small"


def test_weigh_refuses_drift_and_conditions_outside_the_data() -> None:
    scene = Scene(media())
    assert weigh(finding(1.0), scene, [], calibration()).llr == pytest.approx(1.0)
    assert "version" in weigh(finding(1.0, version="2"), scene, [], calibration()).why_not
    other = [{"id": "generated_image", "sha256": "b"}]
    assert "model" in weigh(finding(1.0), scene, other, calibration("a")).why_not
    small = weigh(finding(1.0), Scene(media(size=64)), [], calibration())
    assert ("pixels" in small.why_not, small.code) == (True, "image_too_small")
    poor = weigh(finding(1.0), Scene(media(quality=30)), [], calibration())
    assert ("quality" in poor.why_not, poor.code) == (True, "compressed_too_much")
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
    for angle in ("yaw_deg", "roll_deg"):
        assert copy.faces[0].quality[angle] == pytest.approx(found.quality[angle], abs=5)
    assert copy.faces[0].quality["width_px"] == pytest.approx(found.quality["width_px"], rel=0.05)


def test_spread_widens_and_flips_are_seen() -> None:
    one, two = (answer_all([Weighed("generated_image", v)], weights=WEIGHTS)[0] for v in (0.8, 0.2))
    other = answer_all([Weighed("generated_image", -0.8)], weights=WEIGHTS)[0]
    assert stability.spread(one, [two]) == (pytest.approx(0.3), False)
    assert stability.spread(one, [other]) == (pytest.approx(0.8), True)


def test_unknown_words_are_an_error() -> None:
    with pytest.raises(KeyError):
        say("verdict.certain")


def _parts(text: str) -> list[str]:
    return re.split(r"(?<=\.) (?=\w)", text)


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for part in value.values() for text in _texts(part)]
    if isinstance(value, list):
        return [text for part in value for text in _texts(part)]
    return []


def test_report_and_terminal_say_the_verdict() -> None:
    from telltale.report.verdict import as_html, as_text, headline

    english, spanish = Language("en"), Language("es")
    given = [one for one in every_assessment() if one["status"] == "given"][:60]
    for one in given:
        page = headline(one, english) + as_html({"assessment": one}, {}, english)
        text = "\n".join(as_text(one))
        assert one["verdict"]["en"] in text
        assert one["verdict"]["es"] in headline(one, spanish)
        for question in one["questions"]:
            assert question["title"]["en"] in page
            assert question["answer"]["en"] in text
            for row in question["contributions"]:
                carries = row["value"] * question["llr"] > 0
                if abs(row["value"]) >= 0.005:
                    where = "Carried by: " if carries else "Contradicted by: "
                    row_said = re.escape(f"{row['detector']} ({row['value']:+.2f}")
                    assert re.search(f"{where}.*{row_said}", text)
    assert as_text(given[0], "es")[0] == given[0]["verdict"]["es"]


def test_repetitions_can_be_switched_off() -> None:
    from telltale import analysis
    from telltale.report.record import record
    from telltale.runtime.context import Context
    from telltale.runtime.inference import OnnxModels

    def examined(repeat: bool) -> dict:
        buffer = io.BytesIO()
        Image.fromarray(data.astronaut()[:256, 100:356]).save(buffer, "JPEG", quality=90)
        state = analysis.begin(buffer.getvalue(), "a.jpg")
        models = OnnxModels()
        for step in (analysis.FACES, "face_manipulation", "generated_image", analysis.ASSESS):
            analysis.run_step(state, step, Context(models, repeat=repeat, clock=lambda: 0.0))
        return record(state, models.used())["assessment"]

    off, on = examined(False), examined(True)
    assert off["stability"] is None
    assert on["stability"]["trials"]
    for one, other in zip(off["questions"], on["questions"], strict=True):
        assert one["llr"] == other["llr"]
        if one["interval"]:
            assert other["interval"][0] <= one["interval"][0]


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
    progress = Context(
        models, progress=lambda fraction, _: told.append(fraction), clock=lambda: 0.0
    )
    analysis.assess(state, progress)
    assert state.assessment is not None
    assert len(state.assessment["stability"]["trials"]) == len(stability.CHANGES)
    assert told == sorted(told)
    assert told[-1] <= 1
