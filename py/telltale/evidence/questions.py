"""The three questions, each with its two propositions and the detectors that may speak to it."""

from __future__ import annotations

from dataclasses import dataclass


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


QUESTIONS: tuple[Question, ...] = (
    Question("generated", ("generated_image",), ("spectrum",)),
    Question(
        "face",
        ("face_manipulation", "face_warping"),
        ("face_resolution", "head_pose"),
        about_faces=True,
    ),
    Question(
        "edited",
        ("double_quantization", "copy_move"),
        ("jpeg_ghosts", "jpeg_grid", "noise_level", "error_level_analysis", "cfa", "resampling"),
    ),
)
