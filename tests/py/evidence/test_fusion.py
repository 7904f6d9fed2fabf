"""Fusion: no voice decides alone, weak cues never carry, and doubt is said."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from telltale import detectors
from telltale.evidence.fusion import Weights, fuse
from telltale.evidence.questions import QUESTIONS
from telltale.evidence.weigh import Weighed

FACE = next(q for q in QUESTIONS if q.id == "face")
ONES = Weights(dict.fromkeys(FACE.all_detectors, 1.0), substantial_at=2.0)


def voices(**llr: float | None) -> list[Weighed]:
    return [Weighed(name, value, 0.05) for name, value in llr.items()]


def test_two_agreeing_detectors_reach_substantial() -> None:
    answer = fuse(FACE, voices(face_manipulation=1.5, face_warping=1.0), ONES)
    assert (answer.strength, answer.side) == ("substantial", "manipulated")
    assert answer.llr == pytest.approx(2.5)


def test_evidence_for_the_camera_is_said_too() -> None:
    answer = fuse(FACE, voices(face_manipulation=-0.8, face_warping=-0.7), ONES)
    assert (answer.strength, answer.side) == ("some", "authentic")


@pytest.mark.parametrize("name", FACE.all_detectors)
@pytest.mark.parametrize("claim", [-40.0, 40.0])
def test_no_single_detector_pushes_past_some(name: str, claim: float) -> None:
    alone = fuse(FACE, [Weighed(name, claim, 0.0)], ONES)
    assert alone.strength in ("inconclusive", "little", "some")
    quiet = [Weighed(other, 0.0, 0.0) for other in FACE.all_detectors if other != name]
    assert fuse(FACE, [*quiet, Weighed(name, claim, 0.0)], ONES).strength != "substantial"


def test_weak_cues_never_carry_an_answer() -> None:
    alone = fuse(FACE, voices(head_pose=9.0, face_resolution=9.0), ONES)
    assert alone.abstention == "nothing_weighed"
    beside = fuse(FACE, voices(face_manipulation=0.0, head_pose=9.0, face_resolution=9.0), ONES)
    assert beside.strength in ("inconclusive", "little")


def test_weak_cues_do_not_make_substantial_of_one_that_carries() -> None:
    weak = {"head_pose": 9.0, "face_resolution": 9.0}
    beside = fuse(FACE, voices(face_manipulation=1.8, **weak), ONES)
    assert beside.llr is not None
    assert beside.llr > 2
    assert beside.strength == "some"
    faint = fuse(FACE, voices(face_manipulation=1.8, face_warping=0.1, **weak), ONES)
    assert faint.strength == "some"
    two = fuse(FACE, voices(face_manipulation=1.5, face_warping=0.4, **weak), ONES)
    assert two.strength == "substantial"


def test_any_subset_of_detectors_gives_an_answer() -> None:
    values = {"face_manipulation": 1.2, "face_warping": 0.9, "face_resolution": 0.2}
    for n in range(len(values) + 1):
        for names in itertools.combinations(values, n):
            answer = fuse(FACE, voices(**{k: values[k] for k in names}), ONES)
            assert answer.side != "authentic"
            assert (answer.llr is None) == (not set(names) & set(FACE.detectors))


def test_contradiction_is_inconclusive_and_named() -> None:
    answer = fuse(FACE, voices(face_manipulation=1.8, face_warping=-0.9), ONES)
    assert answer.abstention == "detectors_disagree"
    assert answer.strength == "inconclusive"


def test_tests_that_accuse_different_faces_contradict_each_other() -> None:
    one = Weighed("face_manipulation", 1.2, 0.05, face=0)
    same, other = (Weighed("face_warping", 0.8, 0.05, face=face) for face in (0, 1))
    assert fuse(FACE, [one, same], ONES).strength == "substantial"
    assert fuse(FACE, [one, other], ONES).abstention == "faces_disagree"
    harmless = Weighed("face_warping", -0.2, 0.05, face=1)
    assert fuse(FACE, [one, harmless], ONES).abstention is None


def test_instability_and_spread_lead_to_abstention() -> None:
    row = voices(face_manipulation=1.2, face_warping=0.5)
    assert fuse(FACE, row, ONES).strength == "some"
    assert fuse(FACE, row, ONES, spread=2.0).abstention == "interval_includes_zero"
    assert fuse(FACE, row, ONES, flips=True).abstention == "unstable"


def test_a_moved_threshold_withholds_substantial() -> None:
    row = voices(face_manipulation=1.5, face_warping=1.0)
    strict = Weights(ONES.by_detector, substantial_at=2.6)
    assert fuse(FACE, row, strict).strength == "some"


def test_silent_detectors_keep_their_reason() -> None:
    silent = Weighed("face_warping", None, why_not="too small")
    answer = fuse(FACE, [*voices(face_manipulation=0.5), silent], ONES)
    assert [w.why_not for w in answer.silent] == ["too small"]


def test_interval_holds_the_answer_and_grows_with_error() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        a, b, e = (float(v) for v in rng.normal(0, 1, 3))
        e = abs(e)
        narrow = fuse(FACE, [Weighed("face_manipulation", a, e), Weighed("face_warping", b)], ONES)
        wide = fuse(
            FACE, [Weighed("face_manipulation", a, 2 * e), Weighed("face_warping", b)], ONES
        )
        assert narrow.interval
        assert wide.interval
        assert narrow.llr is not None
        assert wide.interval[0] <= narrow.interval[0] <= narrow.llr <= narrow.interval[1]


def test_every_forensic_and_learned_test_speaks_to_one_question() -> None:
    spoken = [name for question in QUESTIONS for name in question.all_detectors]
    assert len(spoken) == len(set(spoken))
    families = ("forensic", "learned")
    shipped = {e.id for e in detectors.REGISTRY if e.module.split(".")[0] in families}
    assert set(spoken) == shipped, "a name of no test, or a test that no question hears"


def test_no_cue_that_calls_itself_weak_may_carry() -> None:
    for question in QUESTIONS:
        for name in question.detectors:
            assert not detectors.load(detectors.find(name)).CARD.weak, name
