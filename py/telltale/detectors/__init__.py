"""The detectors, by explicit list. One detector is one file of the same form.

A detector module holds

    CARD: Card                                            what it is, its paper, its limits
    applicable(scene: Scene) -> Inapplicable | None       None means: yes
    run(scene: Scene, context: Context) -> Finding        pure: arrays in, Finding out

and imports no other detector. What two share lives in `media`, `faces` or `detectors._shared`.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, cast

from telltale.finding import Card, Finding, Inapplicable
from telltale.runtime.context import Context
from telltale.scene import Scene


class Detector(Protocol):
    """The form of a detector module."""

    CARD: Card

    def applicable(self, scene: Scene) -> Inapplicable | None: ...

    def run(self, scene: Scene, context: Context) -> Finding: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """A shipped detector: its id, its module, and what must be loaded before its import.

    `packages` are names of the web wheelhouse beyond numpy and pillow, which are always there;
    `faces` says whether the scene's faces must be found first; `deep` that the test takes more
    than about 1.5 s on a 12-megapixel picture and runs only where a person asks for the thorough
    examination.
    """

    id: str
    module: str
    packages: tuple[str, ...] = ()
    faces: bool = False
    deep: bool = False


#: In the order in which they run: quick and light first, so that a reader sees something soon;
#: the deep ones after all others.
REGISTRY: tuple[Entry, ...] = (
    Entry("error_level_analysis", "forensic.error_level_analysis"),
    Entry("jpeg_ghosts", "forensic.jpeg_ghosts"),
    Entry("spectrum", "forensic.spectrum"),
    Entry("noise_level", "forensic.noise_level", ("scipy", "pywavelets")),
    Entry("jpeg_grid", "forensic.jpeg_grid", ("scipy",)),
    Entry("double_quantization", "forensic.double_quantization", ("scipy",)),
    Entry("zero_grid", "forensic.zero_grid", ("scipy",), deep=True),
    Entry("metadata", "provenance.metadata"),
    Entry("encoder_signature", "provenance.encoder_signature"),
    Entry("content_credentials", "provenance.content_credentials"),
    Entry("face_resolution", "forensic.face_resolution", faces=True),
    Entry("face_manipulation", "learned.face_manipulation", faces=True),
    Entry("face_warping", "learned.face_warping", faces=True),
    Entry("head_pose", "learned.head_pose", faces=True),
    Entry("generated_image", "learned.generated_image"),
)


def entries(deep: bool = False) -> tuple[Entry, ...]:
    """The detectors of an examination in the order in which they run.

    The deep ones, where asked for, stand after all others: so a thorough examination gives the
    same record whether it was asked for at the start or goes on from a quick one.
    """
    quick = tuple(entry for entry in REGISTRY if not entry.deep)
    slow = tuple(entry for entry in REGISTRY if entry.deep)
    return quick + slow if deep else quick


def load(entry: Entry) -> Detector:
    """Import the detector of `entry`."""
    return cast(Detector, import_module(f"telltale.detectors.{entry.module}"))


def find(detector_id: str) -> Entry:
    """The entry of a detector id; raises KeyError."""
    for entry in REGISTRY:
        if entry.id == detector_id:
            return entry
    raise KeyError(detector_id)
