"""Face resolution: does a face carry as much detail as what surrounds it?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from telltale.detectors._shared import admission
from telltale.detectors._shared.effective_width import (
    EffectiveWidth,
    Residuals,
    by_rescaling,
    by_spectrum,
    local_octaves,
)
from telltale.detectors._shared.face_window import FaceWindow, face_width, face_window
from telltale.finding import (
    Card,
    Fact,
    Finding,
    Inapplicable,
    Map,
    Part,
    Reference,
    Region,
    Score,
    inapplicable,
    ok,
)
from telltale.runtime.context import Context
from telltale.scene import Face, Scene

CARD = Card(
    id="face_resolution",
    version="1",
    family="forensic",
    title="Face resolution",
    question="Does the face carry as much fine detail as what surrounds it?",
    how="Face swaps are often made at a fixed small size and enlarged into the picture. The face "
    "and its surroundings are each shrunk and enlarged again until something is lost, and their "
    "spectra are read for the highest frequency they hold. The number compares the two; where the "
    "two measures disagree, the milder one counts.",
    limits=(
        "A face out of focus before a sharp background, motion of the head, soft filters and "
        "make-up look the same.",
        "A face that was generated at full size, or a picture that is generated as a whole, shows "
        "nothing here.",
        "Pictures shrunk after the swap lose the trace: the face must be larger in the picture "
        "than it was when made.",
        "Glasses, hair or hands before the face bring their own sharpness.",
    ),
    references=(
        Reference(
            "Y. Li, S. Lyu",
            "Exposing DeepFake Videos By Detecting Face Warping Artifacts (the idea; the "
            "measurement here is Telltale's own)",
            "CVPR Workshops",
            2019,
            "https://arxiv.org/abs/1811.00656",
        ),
    ),
    weak=True,
)

#: The narrowest face, from ear to ear, in pixels.
LEAST_WIDTH = 64
#: The widest turn of the head in degrees.
MOST_YAW = 55.0
#: Faces examined at the most, the largest first.
MOST_FACES = 5
#: Octaves that 96 in 100 faces of untouched development photographs stay above.
USUAL = -0.6
#: Coarsest JPEG quality at which fine detail is still compared.
LEAST_QUALITY = 40


def applicable(scene: Scene) -> Inapplicable | None:
    """A face at least 64 pixels wide and not turned far away, in original pixels."""
    if scene.faces_unavailable:
        return Inapplicable(
            scene.faces_unavailable,
            "Faces could not be looked for in this picture, so there is nothing to measure.",
        )
    if not scene.faces:
        return Inapplicable("no_face")
    refused = admission.not_redrawn(scene.media)
    if refused:
        return refused
    quality = scene.media.jpeg.quality if scene.media.jpeg else None
    if quality is not None and quality < LEAST_QUALITY:
        return Inapplicable(
            "compressed_too_much",
            f"The file was saved at about quality {quality:.0f}; below {LEAST_QUALITY} fine "
            "detail is gone everywhere.",
        )
    reasons = [_unsuitable(face) for face in scene.faces[:MOST_FACES]]
    return reasons[0] if all(reasons) else None


@dataclass(frozen=True, slots=True)
class Measured:
    """The two measures of one face, in working pixels."""

    window: FaceWindow
    rescaling: EffectiveWidth
    spectrum: EffectiveWidth
    residuals: Residuals

    @property
    def octaves(self) -> float | None:
        """The milder of the two comparisons, or None where one could not be made."""
        a, b = self.rescaling.octaves, self.spectrum.octaves
        return None if a is None or b is None else max(a, b)


def run(scene: Scene, context: Context) -> Finding:
    """Each face against its surroundings; the score is that of the least detailed face."""
    faces = scene.faces[:MOST_FACES]
    parts, maps, worst = [], [], None
    for k, face in enumerate(faces):
        context.step(k / len(faces), f"Face {face.index + 1}")
        refused = _unsuitable(face)
        if refused:
            parts.append(_refused(face, refused))
            continue
        measured = measure(scene, face)
        if measured.octaves is None:
            why = "There is too little structure in or around this face to compare."
            parts.append(_refused(face, Inapplicable("flat_or_saturated", why)))
            continue
        part = _part(face, measured)
        parts.append(part)
        maps.append(_map(face, measured))
        if worst is None or measured.octaves < worst[0]:
            worst = (measured.octaves, part)
    if worst is None:
        first = parts[0]
        why_not = Inapplicable(first.reason or "flat_or_saturated", first.sentence)
        return inapplicable(CARD, why_not, parts=tuple(parts))
    octaves, part = worst
    score = Score(
        octaves,
        "detail of the face against its surroundings",
        "lower_is_suspicious",
        -3.0,
        1.0,
        "octaves",
    )
    more = f" Of {len(faces)} faces examined it is the least detailed." if len(faces) > 1 else ""
    caveats: tuple[str, ...] = ()
    if len(scene.faces) > MOST_FACES:
        caveats = (f"Only the {MOST_FACES} largest of {len(scene.faces)} faces were examined.",)
    return ok(
        CARD,
        part.sentence + more,
        score,
        region=part.region,
        parts=tuple(parts),
        maps=tuple(maps),
        facts=part.facts,
        caveats=caveats,
    )


def measure(scene: Scene, face: Face) -> Measured:
    """Both measures of one face and its surroundings."""
    window = face_window(scene.luma, face)
    rescaling, residuals = by_rescaling(window)
    return Measured(window, rescaling, by_spectrum(window), residuals)


def _unsuitable(face: Face) -> Inapplicable | None:
    width = face_width(face)
    yaw = abs(face.quality.get("yaw_deg", 0.0))
    if yaw > MOST_YAW:
        return Inapplicable(
            "face_turned_away",
            f"Face {face.index + 1} is turned by {yaw:.0f} degrees; up to {MOST_YAW:.0f} can be "
            "measured.",
        )
    if width < LEAST_WIDTH:
        return Inapplicable(
            "face_too_small",
            f"Face {face.index + 1} is {width:.0f} pixels wide; this test needs at least "
            f"{LEAST_WIDTH}.",
        )
    return None


def _refused(face: Face, why: Inapplicable) -> Part:
    return Part(
        Region("face", face.index),
        None,
        status="not_applicable",
        reason=why.code,
        sentence=why.sentence,
    )


def _part(face: Face, measured: Measured) -> Part:
    scale, full = measured.window.scale, measured.window.face_width
    detail, around = measured.rescaling.face, measured.rescaling.around
    octaves = measured.octaves
    assert detail is not None
    assert around is not None
    assert octaves is not None
    facts = (
        Fact("face_width", round(full / scale), "pixels"),
        Fact("face_detail_width", round(detail / scale), "pixels"),
        Fact("surroundings_detail_width", round(around / scale), "pixels"),
        Fact("by_rescaling", round(measured.rescaling.octaves or 0.0, 3), "octaves"),
        Fact("by_spectrum", round(measured.spectrum.octaves or 0.0, 3), "octaves"),
    )
    return Part(
        Region("face", face.index),
        octaves,
        facts,
        sentence=_sentence(face, measured, detail / scale, around / scale, full / scale),
    )


def _sentence(face: Face, measured: Measured, detail: float, around: float, full: float) -> str:
    carries = "at full resolution" if around > 0.8 * full else f"up to that of {around:.0f} pixels"
    says = (
        f"Face {face.index + 1} is {full:.0f} pixels wide and carries the detail of a face of "
        f"{detail:.0f} pixels; its surroundings carry detail {carries}"
    )
    if (measured.octaves or 0.0) < USUAL:
        return (
            f"{says}. That is a marked difference: the face may have been enlarged, or be out of "
            "focus or softened."
        )
    return f"{says}. That is within what untouched photographs show."


def _map(face: Face, measured: Measured) -> Map:
    window, residuals = measured.window, measured.residuals
    values = local_octaves(residuals, window.face_width)
    # Smooth cells say nothing; they are drawn like the middle of the rest.
    values = np.where(np.isnan(values), np.nanmedian(values), values)
    side = residuals.cell / window.scale
    box = type(window.box)(
        window.box.x, window.box.y, values.shape[1] * side, values.shape[0] * side
    )
    return Map(
        f"detail_face_{face.index + 1}",
        values,
        -3.0,
        0.0,
        "octaves",
        box,
        "How far each place could be shrunk without loss: 0 not at all, -1 to half its size. "
        "Smooth places are drawn neutral.",
    )
