"""The record: one JSON document per analysis, sufficient to repeat it. Views only render it."""

from __future__ import annotations

import base64
import hashlib
import io
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import numpy as np
from PIL import Image

from telltale import detectors
from telltale.analysis import Analysis
from telltale.detectors import over_time
from telltale.detectors.unreviewed import Unreviewed
from telltale.finding import Card, Fact, Finding, Map, Part, Region, Score
from telltale.media.model import JpegStructure, Media
from telltale.report.software import detector_sha256, module_sha256, parameters, runtime, software
from telltale.scene import Face

#: The form of the records that are written; `report/versions.py` reads the earlier ones.
SCHEMA = "telltale-record/2"

#: What is weighed against what; on every report (ENFSI guideline on evaluative reporting).
PROPOSITIONS = {
    "manipulated": "The face or picture was generated or manipulated by the kinds of method "
    "tested.",
    "authentic": "It is a camera picture with ordinary processing.",
}
NO_VERDICT = (
    "No overall verdict is given: the tests have not been calibrated against each other yet. "
    "Findings are not conclusions."
)


def record(analysis: Analysis, models_used: list[dict[str, Any]]) -> dict[str, Any]:
    """The JSON-ready record of an analysis, finished or stopped early.

    The structure is the published schema `telltale/report/schema.json`.
    """
    return {
        "schema": SCHEMA,
        "started": analysis.started,
        "created": now(),
        "software": software(analysis.deep),
        "runtime": {**runtime(), "models": models_used},
        "media": {**media_json(analysis.media), "pixels_sha256": pixels_sha256(analysis.media)},
        "faces": faces_json(analysis),
        "propositions": PROPOSITIONS,
        "assessment": analysis.assessment or {"status": "none", "sentence": NO_VERDICT},
        "deep": analysis.deep,
        "findings": [
            finding_json(finding, analysis.unreviewed.get(finding.detector))
            for finding in analysis.findings
        ],
        "warnings": list(analysis.warnings),
        "stages_ms": dict(analysis.stages_ms),
        **({"bank": analysis.bank} if analysis.bank else {}),
        **({"traces": analysis.traces} if analysis.traces else {}),
    }


def error_record(name: str, data: bytes, code: str, sentence: str) -> dict[str, Any]:
    """The record of a file that could not be examined: its hash and why."""
    return {
        "schema": SCHEMA,
        "created": now(),
        "software": software(),
        "runtime": {**runtime(), "models": []},
        "error": {"code": code, "sentence": sentence},
        "media": {
            "name": name,
            "sha256": hashlib.sha256(data).hexdigest(),
            "size_bytes": len(data),
        },
    }


def media_json(media: Media) -> dict[str, Any]:
    """What is known about the file."""
    return {
        "name": media.name,
        "sha256": media.sha256,
        "size_bytes": media.size_bytes,
        "rung": media.rung,
        "original_bytes": media.has_original_bytes,
        "format": media.format,
        "mime": media.mime,
        "width": media.width,
        "height": media.height,
        "mode": media.mode,
        "bits": media.bits,
        "frames": media.frames,
        "has_alpha": media.has_alpha,
        "orientation": media.orientation,
        "icc_profile": media.icc_profile,
        "jpeg": jpeg_json(media.jpeg) if media.jpeg else None,
        "exif": media.exif,
        "decoder": media.decoder,
        "notes": list(media.notes),
    }


def pixels_sha256(media: Media) -> str:
    """SHA-256 of the decoded upright pixels, RGB row by row: whether two decoders agree exactly."""
    return hashlib.sha256(np.ascontiguousarray(media.pixels).tobytes()).hexdigest()


def jpeg_json(jpeg: JpegStructure) -> dict[str, Any]:
    """The JPEG structure with its tables as lists of rows."""
    out = {k: getattr(jpeg, k) for k in jpeg.__dataclass_fields__ if k != "tables"}
    out = {k: list(v) if isinstance(v, tuple) else v for k, v in out.items()}
    out["tables"] = [
        {"id": t.id, "precision_bits": t.precision_bits, "values": t.values.tolist()}
        for t in jpeg.tables
    ]
    return out


def faces_json(analysis: Analysis) -> dict[str, Any]:
    """Whether faces were looked for, and those that were found."""
    return {
        "looked_for": "faces" in analysis.stages_ms,
        "unavailable": analysis.scene.faces_unavailable,
        "found": [face_json(face) for face in analysis.scene.faces],
    }


def face_json(face: Face) -> dict[str, Any]:
    """A face with its 68 landmarks, rounded to a hundredth of a pixel."""
    return {
        "index": face.index,
        "box": asdict(face.box),
        "score": number(face.score),
        "presence": number(face.presence),
        "landmarks": np.round(face.landmarks.astype(float), 2).tolist(),
        "quality": {k: number(v) for k, v in face.quality.items()},
    }


def finding_json(finding: Finding, added: Unreviewed | None = None) -> dict[str, Any]:
    """A finding with its detector's card, so that a view needs nothing else.

    `added` is the detector where it is none of the registry; the finding is then marked.
    """
    if added is not None:
        return {**_finding_json(finding, added.module, added.sha256), "unreviewed": True}
    return _finding_json(
        finding, detectors.load(detectors.find(finding.detector)), detector_sha256(finding.detector)
    )


def timed_finding_json(finding: Finding) -> dict[str, Any]:
    """The same for a finding of a test over time."""
    entry = over_time.find(finding.detector)
    return _finding_json(finding, over_time.load(entry), module_sha256(entry.module))


def _finding_json(finding: Finding, module: Any, sha256: str) -> dict[str, Any]:
    return {
        "detector": finding.detector,
        "version": finding.version,
        "sha256": sha256,
        "parameters": parameters(module),
        "family": finding.family,
        "status": finding.status,
        "reason": finding.reason,
        "sentence": finding.sentence,
        "score": score_json(finding.score),
        "llr": number(finding.llr),
        "region": region_json(finding.region),
        "parts": [part_json(part) for part in finding.parts],
        "maps": [map_json(m) for m in finding.maps],
        "facts": [fact_json(fact) for fact in finding.facts],
        "caveats": list(finding.caveats),
        "elapsed_ms": finding.elapsed_ms,
        "card": card_json(module.CARD),
    }


def card_json(card: Card) -> dict[str, Any]:
    """What the detector declares about itself."""
    return {
        "title": card.title,
        "question": card.question,
        "how": card.how,
        "limits": list(card.limits),
        "weak": card.weak,
        "models": list(card.models),
        "references": [asdict(reference) for reference in card.references],
    }


def score_json(score: Score | None) -> dict[str, Any] | None:
    """The native score with its scale."""
    return None if score is None else {**asdict(score), "value": number(score.value)}


def part_json(part: Part) -> dict[str, Any]:
    """The result for one face or crop."""
    return {
        "region": region_json(part.region),
        "status": part.status,
        "reason": part.reason,
        "sentence": part.sentence,
        "score": number(part.score),
        "facts": [fact_json(fact) for fact in part.facts],
    }


def region_json(region: Region) -> dict[str, Any]:
    """What a finding speaks about."""
    return {
        "kind": region.kind,
        "face": region.face,
        "box": asdict(region.box) if region.box else None,
    }


def fact_json(fact: Fact) -> dict[str, Any]:
    """A checkable number with its unit."""
    value = fact.value
    if isinstance(value, float | np.floating):
        value = number(float(value))
    elif isinstance(value, np.integer):
        value = int(value)
    return {"name": fact.name, "value": value, "unit": fact.unit}


def map_json(m: Map) -> dict[str, Any]:
    """A map as an 8-bit PNG (grey between `low` and `high`, or colour as it is)."""
    if m.values.ndim == 2:
        span = (m.high - m.low) or 1.0
        unit = np.clip((np.nan_to_num(m.values) - m.low) / span, 0, 1)
        image = Image.fromarray(np.rint(unit * 255).astype(np.uint8))
    else:
        image = Image.fromarray(m.values)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=3)
    return {
        "name": m.name,
        "meaning": m.meaning,
        "unit": m.unit,
        "kind": "scalar" if m.values.ndim == 2 else "colour",
        "space": m.space,
        "width": int(m.values.shape[1]),
        "height": int(m.values.shape[0]),
        "low": number(m.low),
        "high": number(m.high),
        "box": asdict(m.box) if m.box else None,
        "png": base64.b64encode(buffer.getvalue()).decode("ascii"),
    }


def number(value: float | None) -> float | None:
    """A finite float, or None: JSON has no NaN and no infinity."""
    if value is None or not np.isfinite(value):
        return None
    return float(value)


def now() -> str:
    """This moment, ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
