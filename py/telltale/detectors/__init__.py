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
from telltale.runtime import inference
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


#: In the order in which they stand; `telltale.analysis.steps` says in which they run.
REGISTRY: tuple[Entry, ...] = (
    Entry("metadata", "provenance.metadata"),
    Entry("encoder_signature", "provenance.encoder_signature"),
    Entry("content_credentials", "provenance.content_credentials"),
    Entry("generated_image", "learned.generated_image"),
    Entry("face_manipulation", "learned.face_manipulation", faces=True),
    Entry("face_warping", "learned.face_warping", faces=True),
    Entry("head_pose", "learned.head_pose", faces=True),
    Entry("face_resolution", "forensic.face_resolution", faces=True),
    Entry("error_level_analysis", "forensic.error_level_analysis"),
    Entry("jpeg_ghosts", "forensic.jpeg_ghosts"),
    Entry("spectrum", "forensic.spectrum"),
    Entry("upsampling_lattice", "forensic.upsampling_lattice"),
    Entry("noise_level", "forensic.noise_level", ("scipy", "pywavelets")),
    Entry("jpeg_grid", "forensic.jpeg_grid", ("scipy",)),
    Entry("double_quantization", "forensic.double_quantization", ("scipy",)),
    Entry("zero_grid", "forensic.zero_grid", ("scipy",)),
    Entry("nonaligned_jpeg", "forensic.nonaligned_jpeg"),
    Entry("cfa", "forensic.cfa", ("scipy",)),
    Entry("dct_quantization", "forensic.dct_quantization", ("scipy",)),
    Entry("first_digits", "forensic.first_digits"),
    Entry("median_filtering", "forensic.median_filtering"),
    Entry("contrast_enhancement", "forensic.contrast_enhancement"),
    Entry("chromatic_aberration", "forensic.chromatic_aberration"),
    Entry("resampling", "forensic.resampling", ("scipy",), deep=True),
    Entry("copy_move", "forensic.copy_move", ("scipy",)),
    Entry("prnu", "forensic.prnu", ("scipy", "pywavelets")),
    Entry("noisesniffer", "forensic.noisesniffer"),
    Entry("splicebuster", "forensic.splicebuster", deep=True),
    Entry("copy_move_dense", "forensic.copy_move_dense", ("scipy",), deep=True),
)


def _face_network(id: str, *packages: str) -> Entry:
    return Entry(id, f"published.face_networks:{id.upper()}", packages, faces=True)


#: Published networks; each runs where a person imported its model.
IMPORTED: tuple[Entry, ...] = (
    _face_network("faceforensics_xception"),
    _face_network("fwa_resnet50"),
    _face_network("dsp_fwa"),
    _face_network("self_blended_images"),
    _face_network("meso4_deepfake", "scipy"),
    _face_network("meso4_face2face", "scipy"),
    _face_network("mesoinception4_deepfake", "scipy"),
    _face_network("mesoinception4_face2face", "scipy"),
    Entry("hopenet", "published.pose_networks:HOPENET", faces=True),
    Entry("sixdrepnet", "published.pose_networks:SIXDREPNET", faces=True),
    Entry("head_pose_svm", "published.pose_networks:HEAD_POSE_SVM", faces=True),
    Entry("cnndetection", "published.picture_networks:CNNDETECTION"),
    Entry("community_forensics", "published.picture_networks:COMMUNITY_FORENSICS"),
)


def entries(deep: bool = False) -> tuple[Entry, ...]:
    """The detectors of an examination in the order in which they run.

    Published networks stand among them where a person imported them. The deep ones, where asked
    for, stand after all others: so a thorough examination gives the same record whether it was
    asked for at the start or goes on from a quick one.
    """
    here = inference.imported()
    quick = tuple(entry for entry in REGISTRY if not entry.deep)
    slow = tuple(entry for entry in REGISTRY if entry.deep)
    quick += tuple(entry for entry in IMPORTED if entry.id in here)
    return quick + slow if deep else quick


def load(entry: Entry) -> Detector:
    """Import the detector of `entry`: a module, or `module:NAME` for an object of that form."""
    module, _, name = entry.module.partition(":")
    found = import_module(f"telltale.detectors.{module}")
    return cast(Detector, getattr(found, name) if name else found)


def find(detector_id: str) -> Entry:
    """The entry of a detector id; raises KeyError."""
    for entry in (*REGISTRY, *IMPORTED):
        if entry.id == detector_id:
            return entry
    raise KeyError(detector_id)
