"""Models that a person imported: where they lie, and what is known of each.

A model is a folder named by its id with `import.json`, `model.onnx`, `self_test.json`, `card.md`
and, once it was calibrated, `calibration.json`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

MANIFEST = "import.json"


def folder() -> Path:
    """`$TELLTALE_MODELS`, or `telltale/models` in the user's data folder (XDG)."""
    if chosen := os.environ.get("TELLTALE_MODELS"):
        return Path(chosen)
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "telltale" / "models"


def manifests(place: Path) -> dict[str, dict[str, Any]]:
    """The manifest of every model imported into `place`, by id; unreadable ones are left out."""
    found = {}
    if place.is_dir():
        for path in sorted(place.glob(f"*/{MANIFEST}")):
            try:
                row = json.loads(path.read_text("utf-8"))
            except (OSError, ValueError):
                continue
            if isinstance(row, dict) and row.get("id") == path.parent.name:
                found[path.parent.name] = row
    return found
