"""A detector from a person's own file: run beside the shipped ones, marked, and never weighed."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from telltale.film import Film, Moment
from telltale.finding import Finding, failed
from telltale.scene import Scene

if TYPE_CHECKING:
    from telltale.detectors import Detector

#: Stands among the caveats of every finding that such a detector makes.
UNREVIEWED = (
    "This test comes from a file that the person added. Nobody has reviewed it, and it does not "
    "weigh in any answer."
)


@dataclass(frozen=True, slots=True)
class Unreviewed:
    """A loaded detector, the SHA-256 of its file, and the file's name."""

    module: Detector
    sha256: str
    name: str

    @property
    def id(self) -> str:
        return self.module.CARD.id

    @property
    def of_films(self) -> bool:
        """Whether it is given a whole `telltale.film.Film`; else pictures, one by one."""
        return getattr(self.module, "LOOKS_AT", "picture") == "film"


def apart(scene: Scene) -> Scene:
    """A scene of its own with the same picture and faces: what is changed in it stays in it."""
    media = replace(scene.media, exif=deepcopy(scene.media.exif))
    faces = deepcopy(scene.faces)
    if isinstance(scene, Film):
        moments = tuple(m for m in map(apart, scene.frames) if isinstance(m, Moment))
        return Film(scene.clip, moments, deepcopy(scene.tracks), scene.trouble)
    if isinstance(scene, Moment):
        copy: Scene = Moment(media, faces, scene.time_s, scene.index)
    else:
        copy = Scene(media, faces)
    copy.faces_unavailable = scene.faces_unavailable
    return copy


def marked(added: Unreviewed, finding: object) -> Finding:
    """What the detector answered as an unreviewed finding of its own name, without weight.

    Whatever name, likelihood ratio or mark it gave itself is replaced; what is no finding at all
    becomes a failed one.
    """
    card = added.module.CARD
    if not isinstance(finding, Finding):
        got = type(finding).__name__
        finding = failed(card, f"The test failed: run() returned {got} instead of a Finding.")
    caveats = tuple(dict.fromkeys((*finding.caveats, UNREVIEWED)))
    if not finding.sentence:
        finding = failed(card, "The test failed: its finding has no sentence.")
    return replace(
        finding,
        detector=card.id,
        version=card.version,
        family=card.family,
        llr=None,
        embedding=None,
        caveats=caveats,
        unreviewed=True,
    )
