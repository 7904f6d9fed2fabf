"""Run one detector on a file."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from telltale.finding import Finding
from telltale.media.decode import open_media
from telltale.runtime.context import Context
from telltale.scene import Scene


def examined(detector: ModuleType, file: bytes) -> Finding:
    scene = Scene(open_media(file, "x"))
    assert detector.applicable(scene) is None
    finding: Finding = detector.run(scene, Context())
    assert finding.score is None
    assert finding.family == "provenance"
    return finding


def facts(finding: Finding, name: str) -> list[Any]:
    return [f.value for f in finding.facts if f.name == name]
