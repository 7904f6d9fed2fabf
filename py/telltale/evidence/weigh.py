"""From a finding to its likelihood ratio, where a stored calibration supports one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import numpy as np

from telltale.evidence.calibration import Calibration, Conditions, from_json
from telltale.evidence.questions import CARRIERS
from telltale.evidence.sentences import say
from telltale.finding import Finding
from telltale.runtime import inference
from telltale.scene import Scene


@dataclass(frozen=True, slots=True)
class Weighed:
    """A finding's log10 likelihood ratio with its standard error, or why it has none.

    `code` is a reason code of `telltale.finding.REASONS` that stands behind `why_not`; `face` the
    number of the face that speaks most for a manipulation; `reduced` by what factor the copy was
    reduced on which that was seen, 1 for the picture itself. `repeatable` says that what is too
    large here can be weighed on a reduced copy.
    """

    detector: str
    llr: float | None
    standard_error: float = 0.0
    why_not: str = ""
    code: str | None = None
    face: int | None = None
    reduced: float = 1.0
    repeatable: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """A score, the conditions it was taken under, of which face, on a copy reduced by what."""

    score: float
    conditions: Conditions
    face: int | None = None
    reduced: float = 1.0


@cache
def stored(detector: str) -> Calibration | None:
    """The shipped calibration of a detector, or None where there is none."""
    return from_json(_path(detector).read_text("utf-8")) if calibrated(detector) else None


def calibrated(detector: str) -> bool:
    """Whether a calibration of this detector is shipped."""
    return _path(detector).is_file()


def _path(detector: str) -> Traversable:
    return files("telltale.evidence").joinpath("stored", f"{detector}.json")


def imported(detector: str) -> Calibration | None:
    """The calibration that a person made for an imported model, or None where there is none."""
    model = inference.read_zoo().get(detector)
    path = model.folder / "calibration.json" if model and model.imported else None
    return from_json(path.read_text("utf-8")) if path and path.is_file() else None


def weigh(
    finding: Finding,
    scene: Scene,
    models_used: list[dict[str, Any]],
    calibration: Calibration | None = None,
    also: Sequence[Case] = (),
) -> Weighed:
    """The likelihood ratio of a finding, and of `also`: the same test on a reduced copy.

    For several faces, the proposition is that one of them, unknown which, is manipulated: the
    likelihood ratio is the mean over the faces, so that a crowd does not accuse by numbers.
    """
    name = finding.detector
    calibration = calibration or stored(name) or imported(name)
    if finding.status != "ok" or finding.score is None:
        return Weighed(name, None, why_not=finding.sentence, code=finding.reason)
    if calibration is None:
        return Weighed(name, None, why_not=say("silent.no_calibration"))
    if why := drift(finding, calibration, models_used):
        return Weighed(name, None, why_not=why)
    weighed = of_cases(name, [*cases(finding, scene), *also], calibration)
    if weighed.llr is None:
        return replace(weighed, repeatable=reduction(finding, scene) is not None)
    return weighed


def of_cases(name: str, rows: Sequence[Case], calibration: Calibration) -> Weighed:
    """The likelihood ratio of one or more scores: one of them, unknown which, is suspected."""
    covered = [row for row in rows if calibration.covers(row.conditions) is None]
    if not covered:
        refused = calibration.covers(rows[0].conditions)
        assert refused is not None
        return Weighed(name, None, why_not=refused.sentence, code=refused.code)
    values = np.array([calibration.llr(row.score, row.conditions) for row in covered])
    llr = float(np.log10(np.mean(10.0**values)))
    top = covered[int(values.argmax())]
    error = float(calibration.standard_error(top.score, top.conditions))
    return Weighed(name, llr, error, face=top.face, reduced=top.reduced)


def reduction(finding: Finding, scene: Scene) -> tuple[float, frozenset[int]] | None:
    """By what factor a picture must be reduced for its faces to be within a calibration.

    Returns the factor and the numbers of the faces that are too large, or None where none is. Only
    learned tests of faces are weighed on reduced copies: they scale every face to one size anyway.
    A forensic trace does not outlive a reduction, and neither do those of `generated_image`
    (docs/detection.md, "reduced to 0.3 to 0.5").
    """
    calibration = stored(finding.detector)
    if finding.family != "learned" or finding.detector not in CARRIERS or calibration is None:
        return None
    large = {
        row.face: row.conditions.log2_pixels
        for row in cases(finding, scene)
        if row.face is not None and calibration.too_large(row.conditions)
    }
    if not large:
        return None
    return 2.0 ** (calibration.log2_pixels_range[1] - max(large.values())), frozenset(large)


def with_llr(finding: Finding, weighed: Weighed) -> Finding:
    """The finding carrying its likelihood ratio, or saying why it does not weigh."""
    if weighed.llr is not None:
        own = (say("silent.own_calibration"),) if finding.detector in inference.imported() else ()
        return replace(finding, llr=weighed.llr, caveats=(*finding.caveats, *own))
    if finding.status == "ok" and finding.detector in inference.imported():
        return replace(finding, caveats=(*finding.caveats, say("silent.imported")))
    if finding.status == "ok" and stored(finding.detector) is not None:
        text = f"{say('silent.not_weighed')} {weighed.why_not}"
        if weighed.repeatable:
            text = f"{weighed.why_not} {say('silent.reduced')}"
        return replace(finding, caveats=(*finding.caveats, text))
    return finding


def cases(finding: Finding, scene: Scene, reduced: float = 1.0) -> list[Case]:
    """The native score of each scored face, or of the whole picture, with its conditions."""
    quality = scene.media.jpeg.quality if scene.media.jpeg else None
    quality = 100.0 if quality is None else float(quality)

    def case(score: float, pixels: float, face: int | None) -> Case:
        return Case(score, Conditions(float(np.log2(max(pixels, 1.0))), quality), face, reduced)

    by_index = {face.index: face for face in scene.faces}
    faces = [
        (part.score, by_index[part.region.face])
        for part in finding.parts
        if part.score is not None and part.region.kind == "face" and part.region.face is not None
    ]
    if faces:
        return [case(float(score), face.box.w, face.index) for score, face in faces]
    if finding.score is None:
        return []
    return [case(finding.score.value, min(scene.media.width, scene.media.height), None)]


def drift(
    finding: Finding, calibration: Calibration, models_used: list[dict[str, Any]]
) -> str | None:
    """Why code or model are not those that were calibrated, or None."""
    if finding.version != calibration.detector_version:
        calibrated = calibration.detector_version
        return say("silent.other_version", calibrated=calibrated, version=finding.version)
    hashes = {row["id"]: row["sha256"] for row in models_used}
    if calibration.model_sha256 and hashes.get(finding.detector) != calibration.model_sha256:
        return say("silent.other_model")
    return None
