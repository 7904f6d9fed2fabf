"""What training and evaluation left beside the weights of a learned detector."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def stored(detector_id: str) -> dict[str, Any]:
    """`learned/stored/<id>.json`: thresholds, measured caveats, small models. Not to be changed."""
    path = files("telltale.detectors.learned") / "stored" / f"{detector_id}.json"
    data: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return data
