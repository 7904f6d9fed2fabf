"""From a finding to its likelihood ratio, where a stored calibration supports one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import numpy as np

from telltale.evidence.calibration import Calibration, Conditions, from_json
from telltale.finding import Finding
from telltale.runtime import inference
from telltale.scene import Scene

UNCALIBRATED = (
    "Imported, not calibrated here: what this score means as evidence is unknown, and it does not "
    "weigh in the answer."
)
OWN_CALIBRATION = (
    "Calibrated by the person who imported it, on their own pictures; it does not weigh in the "
    "answer."
)


@dataclass(frozen=True, slots=True)
class Weighed:
    """A finding's log10 likelihood ratio with its standard error, or why it has none.

    `code` is a reason code of `telltale.finding.REASONS` that stands behind `why_not`; `face` the
    number of the face that speaks most for a manipulation.
    """

    detector: str
    llr: float | None
    standard_error: float = 0.0
    why_not: str = ""
    code: str | None = None
    face: int | None = None


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
) -> Weighed:
    """The likelihood ratio of a finding.

    For several faces, the proposition is that one of them, unknown which, is manipulated: the
    likelihood ratio is the mean over the faces, so that a crowd does not accuse by numbers.
    """
    name = finding.detector
    calibration = calibration or stored(name) or imported(name)
    if finding.status != "ok" or finding.score is None:
        return Weighed(name, None, why_not=finding.sentence, code=finding.reason)
    if calibration is None:
        return Weighed(name, None, why_not="It has no calibration.")
    if drift := _drift(finding, calibration, models_used):
        return Weighed(name, None, why_not=drift)
    rows = cases(finding, scene)
    refused = [why for _, conditions, _ in rows if (why := calibration.covers(conditions))]
    covered = [row for row in rows if calibration.covers(row[1]) is None]
    if not covered:
        return Weighed(name, None, why_not=refused[0].sentence, code=refused[0].code)
    values = np.array([calibration.llr(score, at) for score, at, _ in covered])
    errors = np.array([calibration.standard_error(score, at) for score, at, _ in covered])
    llr = float(np.log10(np.mean(10.0**values)))
    top = int(values.argmax())
    return Weighed(name, llr, float(errors[top]), face=covered[top][2])


def with_llr(finding: Finding, weighed: Weighed) -> Finding:
    """The finding carrying its likelihood ratio, or saying why it does not weigh."""
    if weighed.llr is not None:
        own = (OWN_CALIBRATION,) if finding.detector in inference.imported() else ()
        return replace(finding, llr=weighed.llr, caveats=(*finding.caveats, *own))
    if finding.status == "ok" and finding.detector in inference.imported():
        return replace(finding, caveats=(*finding.caveats, UNCALIBRATED))
    if finding.status == "ok" and stored(finding.detector) is not None:
        text = f"It does not weigh in the answer. {weighed.why_not}"
        return replace(finding, caveats=(*finding.caveats, text))
    return finding


def cases(finding: Finding, scene: Scene) -> list[tuple[float, Conditions, int | None]]:
    """Native score, conditions and face number of each scored face; or of the whole picture."""
    quality = scene.media.jpeg.quality if scene.media.jpeg else None
    quality = 100.0 if quality is None else float(quality)
    faces = [
        (part.score, scene.faces[part.region.face])
        for part in finding.parts
        if part.score is not None and part.region.kind == "face" and part.region.face is not None
    ]
    if faces:
        return [
            (float(score), Conditions(float(np.log2(max(face.box.w, 1.0))), quality), face.index)
            for score, face in faces
        ]
    assert finding.score is not None
    side = min(scene.media.width, scene.media.height)
    return [(finding.score.value, Conditions(float(np.log2(max(side, 1))), quality), None)]


def _drift(
    finding: Finding, calibration: Calibration, models_used: list[dict[str, Any]]
) -> str | None:
    """Why code or model are not those that were calibrated, or None."""
    if finding.version != calibration.detector_version:
        return (
            f"It was calibrated for version {calibration.detector_version} of the test, "
            f"and this is version {finding.version}."
        )
    hashes = {row["id"]: row["sha256"] for row in models_used}
    if calibration.model_sha256 and hashes.get(finding.detector) != calibration.model_sha256:
        return "It was calibrated for another version of its model."
    return None
