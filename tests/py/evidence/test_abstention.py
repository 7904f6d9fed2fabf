"""Every reason for having no answer, reached by a picture (or a machine) that calls for it."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, get_args

import numpy as np
import pytest
from PIL import Image
from skimage import data

from models.verdict import graphics
from telltale import analysis
from telltale.evidence.fusion import Abstention, Weights, fuse
from telltale.evidence.questions import QUESTIONS
from telltale.evidence.sentences import say
from telltale.evidence.weigh import Weighed
from telltale.runtime.context import Context, ModelUnavailable
from telltale.runtime.inference import OnnxModels

STEPS = (analysis.FACES, "face_manipulation", "face_warping", "generated_image", analysis.ASSESS)
FACE = next(q for q in QUESTIONS if q.id == "face")


class Unavailable(OnnxModels):
    """The machine's models, but for one that cannot be used."""

    def __init__(self, model: str, code: str) -> None:
        super().__init__()
        self.model, self.code = model, code

    def run(self, model: str, inputs: Any) -> Any:
        if model == self.model:
            raise ModelUnavailable(model, self.code, "It cannot be used.")
        return super().run(model, inputs)


def answers(pixels: np.ndarray, quality: int = 90, models: OnnxModels | None = None) -> dict:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
    state = analysis.begin(buffer.getvalue(), "x.jpg")
    context = Context(models or OnnxModels(), repeat=False)
    for step in STEPS:
        analysis.run_step(state, step, context)
    assert state.assessment is not None
    return {q["id"]: q for q in state.assessment["questions"]}


def scaled(side: int) -> np.ndarray:
    return np.asarray(Image.fromarray(data.astronaut()).resize((side, side)))


def enlarged() -> np.ndarray:
    face = Image.fromarray(data.astronaut()[10:240, 110:340])
    return np.asarray(face.resize((1600, 1600), Image.Resampling.BICUBIC))


#: Code -> question, and the picture with its JPEG quality.
PICTURES: dict[str, tuple[str, Callable[[], np.ndarray], int]] = {
    "no_face": ("face", data.coffee, 90),
    "not_photographic": (
        "generated", lambda: graphics.chart(np.random.default_rng(1), data.astronaut()), 90
    ),
    "screenshot": (
        "face", lambda: graphics.phone_screen(np.random.default_rng(1), data.astronaut()), 90
    ),
    "image_too_small": ("generated", lambda: scaled(100), 90),
    "face_too_small": ("face", lambda: scaled(240), 90),
    "compressed_too_much": ("generated", data.astronaut, 20),
    "outside_validated_range": ("generated", enlarged, 90),
}  # fmt: skip
#: Reasons that lie in the machine.
MACHINES = ("model_missing", "model_self_test_failed")


def fused(*voices: Weighed, **doubt: Any) -> str | None:
    weights = Weights(dict.fromkeys(FACE.all_detectors, 1.0), 2.0)
    return fuse(FACE, voices, weights, **doubt).abstention


def voice(name: str, llr: float, face: int = 0) -> Weighed:
    return Weighed(name, llr, 0.05, face=face)


#: Reasons that lie in what the tests say.
SAID: dict[str, Callable[[], str | None]] = {
    "nothing_weighed": lambda: fused(Weighed("head_pose", 1.0)),
    "detectors_disagree": lambda: fused(
        voice("face_manipulation", 1.5), voice("face_warping", -1.0)
    ),
    "faces_disagree": lambda: fused(
        voice("face_manipulation", 1.5, 0), voice("face_warping", 1.5, 1)
    ),
    "interval_includes_zero": lambda: fused(voice("face_manipulation", 0.5), spread=1.0),
    "unstable": lambda: fused(voice("face_manipulation", 1.0), flips=True),
}


@pytest.mark.parametrize("code", PICTURES)
def test_a_picture_that_calls_for_it_gets_no_answer(code: str) -> None:
    question, make, quality = PICTURES[code]
    said = answers(make(), quality)[question]
    assert (said["abstention"], said["strength"]) == (code, "inconclusive")
    assert said["why_abstained"]["es"] == say(f"abstain.{code}", "es")


@pytest.mark.parametrize("code", MACHINES)
def test_a_machine_that_cannot_be_trusted_gives_no_answer(code: str) -> None:
    said = answers(data.coffee(), models=Unavailable("generated_image", code))["generated"]
    assert (said["abstention"], said["llr"]) == (code, None)


@pytest.mark.parametrize("code", SAID)
def test_what_the_tests_say_gives_no_answer(code: str) -> None:
    assert SAID[code]() == code


def test_no_reason_is_left_out() -> None:
    assert {*PICTURES, *MACHINES, *SAID} == set(get_args(Abstention))
