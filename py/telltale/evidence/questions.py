"""The three questions, each with its two propositions and the detectors that may speak to it."""

from __future__ import annotations

from dataclasses import dataclass

from telltale.detectors import REGISTRY


@dataclass(frozen=True, slots=True)
class Question:
    """A question a person asks, and what is weighed against what.

    `detectors` may carry evidence; `weak` may add to it but never carry it alone.
    """

    id: str
    detectors: tuple[str, ...]
    weak: tuple[str, ...] = ()
    about_faces: bool = False

    @property
    def all_detectors(self) -> tuple[str, ...]:
        return (*self.detectors, *self.weak)


_GENERATED = Question("generated", ("generated_image",), ("spectrum", "upsampling_lattice"))
_FACE = Question(
    "face",
    ("face_manipulation", "face_warping"),
    ("face_resolution", "head_pose"),
    about_faces=True,
)
#: Forensic tests with a statistical model of their own false alarms. Every other forensic test
#: is an aid to the eye and may only add to these.
_EDIT_CARRIERS = (
    "double_quantization",
    "zero_grid",
    "nonaligned_jpeg",
    "cfa",
    "resampling",
    "copy_move",
    "prnu",
)


def _forensic() -> tuple[str, ...]:
    """Every forensic test of the registry that speaks to no other question."""
    taken = {*_GENERATED.all_detectors, *_FACE.all_detectors}
    return tuple(e.id for e in REGISTRY if e.module.startswith("forensic.") and e.id not in taken)


_EDITED = Question(
    "edited",
    tuple(d for d in _forensic() if d in _EDIT_CARRIERS),
    tuple(d for d in _forensic() if d not in _EDIT_CARRIERS),
)

QUESTIONS: tuple[Question, ...] = (_GENERATED, _FACE, _EDITED)

#: What may carry an answer to any question.
CARRIERS = frozenset(detector for question in QUESTIONS for detector in question.detectors)
