"""What differs between two records of one picture: `python tests/parity/compare.py A B`.

A and B are JSON objects of records by file name. Prints a JSON object: for each file the list of
differences beyond tolerance. Texts, words, whole numbers and the structure must be equal; numbers
may differ as below, because two BLAS libraries and two builds of a network add in different order.
"""

from __future__ import annotations

import base64
import io
import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

#: |a - b| <= RELATIVE * max(|a|, |b|), or ABSOLUTE for numbers near zero (small probabilities).
RELATIVE = 1e-4
ABSOLUTE = 1e-6
#: Coordinates of faces, in pixels: the networks work on crops of 192 to 256 pixels.
COORDINATE_PX = 0.05
#: Maps are compared as drawn, in 8 bits: rounding may fall to the next level.
MAP_LEVELS = 1
#: Entries of embeddings of unit length: 32-bit sums of a whole network, in another order.
EMBEDDING = 1e-5
#: Keys that tell when, where and how fast, or that quote numbers compared on their own. `library`
#: is the patch version of libjpeg-turbo, which differs; the pixels that it decodes do not.
FREE = {"started", "created", "runtime", "stages_ms", "elapsed_ms", "sentence", "library", "png"}
#: `software.build` names the engine's build where a browser computed (`code_sha256` is compared);
#: `bank.state` names one bank's file and its changes.
FREE_PATHS = {".software.build", ".bank.state"}
COORDINATES = {"landmarks", "box"}


def differences(a: Any, b: Any, path: str = "") -> Iterator[str]:
    """Every place where two JSON values differ beyond tolerance."""
    key = path.rsplit(".", 1)[-1].split("[")[0]
    if isinstance(a, dict) and isinstance(b, dict):
        if a.keys() != b.keys():
            yield f"{path}: keys {sorted(a.keys() ^ b.keys())}"
            return
        if "png" in a:
            yield from map_differences(a, b, path)
        for name in sorted(a.keys() - FREE):
            if f"{path}.{name}" not in FREE_PATHS:
                yield from differences(a[name], b[name], f"{path}.{name}")
    elif isinstance(a, list) and isinstance(b, list):
        if len(a) != len(b):
            yield f"{path}: {len(a)} against {len(b)} entries"
            return
        for i, (one, other) in enumerate(zip(a, b, strict=True)):
            yield from differences(one, other, f"{path}[{i}]")
    elif isinstance(a, float) or isinstance(b, float):
        if not (_number(a) and _number(b) and close(a, b, path)):
            yield f"{path}: {a!r} against {b!r}"
    elif key == "vector" and isinstance(a, str) and isinstance(b, str):
        yield from vector_differences(a, b, path)
    elif a != b:
        yield f"{path or key}: {a!r} against {b!r}"


def close(a: float, b: float, path: str) -> bool:
    """Whether two numbers agree within the tolerance for their place."""
    if any(f".{name}" in path for name in COORDINATES):
        return abs(a - b) <= COORDINATE_PX
    return math.isclose(a, b, rel_tol=RELATIVE, abs_tol=ABSOLUTE)


def vector_differences(a: str, b: str, path: str) -> Iterator[str]:
    """Where two embeddings (base64 of little-endian float32) are further apart than `EMBEDDING`."""
    one, other = (np.frombuffer(base64.b64decode(text), "<f4") for text in (a, b))
    if one.shape != other.shape:
        yield f"{path}: {one.size} against {other.size} numbers"
        return
    worst = float(np.abs(one - other).max(initial=0.0))
    if not worst <= EMBEDDING:
        yield f"{path}: moved by up to {worst:.3g}, {EMBEDDING:g} allowed"


def map_differences(a: dict[str, Any], b: dict[str, Any], path: str) -> Iterator[str]:
    """Where two maps are drawn differently."""
    one, other = (np.asarray(Image.open(io.BytesIO(base64.b64decode(m["png"])))) for m in (a, b))
    if one.shape != other.shape:
        yield f"{path}: map of {one.shape} against {other.shape}"
        return
    worst = int(np.abs(one.astype(int) - other.astype(int)).max(initial=0))
    if worst > MAP_LEVELS:
        share = float((np.abs(one.astype(int) - other.astype(int)) > MAP_LEVELS).mean())
        yield f"{path}: maps differ by up to {worst} of 255 levels ({share:.2%} by more than one)"


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def main(first: Path, second: Path) -> None:
    """Compare two files of records and print what differs."""
    a, b = (json.loads(path.read_text("utf-8")) for path in (first, second))
    if a.keys() != b.keys():
        raise SystemExit(f"different files: {sorted(a.keys() ^ b.keys())}")
    json.dump({name: list(differences(a[name], b[name])) for name in a}, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
