"""The coastline: `python -m buildtools.coastline land-110m.json > web/ui/land.js`.

`land-110m.json` is from the npm package world-atlas 2.0.2 (ISC), a redistribution of Natural
Earth's 1:110m land, version 4.1.0, which is in the public domain.
"""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

#: Whole numbers per degree.
SCALE = 10


def path(topology: dict[str, Any]) -> str:
    """An SVG path: x is the longitude + 180, y is 90 - the latitude, both in tenths of a degree."""
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((round((x * sx + tx + 180) * SCALE), round((90 - y * sy - ty) * SCALE)))
        arcs.append(points)
    drawn = []
    for geometry in topology["objects"]["land"]["geometries"]:
        for polygon in geometry["arcs"]:
            drawn += [_ring([arcs[i] if i >= 0 else arcs[~i][::-1] for i in r]) for r in polygon]
    return "".join(drawn)


def _ring(parts: list[list[tuple[int, int]]]) -> str:
    points = [p for k, part in enumerate(parts) for p in part[1 if k else 0 :]]
    kept = [points[0]]
    for point in points[1:]:
        if point != kept[-1]:
            kept.append(point)
    if len(kept) < 5:
        return ""
    steps = [(_across(b[0] - a[0], b[1]), b[1] - a[1]) for a, b in pairwise(kept[:-1])]
    return f"M{kept[0][0]} {kept[0][1]}l" + " ".join(f"{x} {y}" for x, y in steps) + "z"


def _across(step: int, y: int) -> int:
    """A step over the 180th meridian goes on eastwards or westwards, except at the south pole."""
    if abs(step) < 180 * SCALE or y > 175 * SCALE:
        return step
    return step - 360 * SCALE if step > 0 else step + 360 * SCALE


def main(source: Path) -> None:
    """Print the module."""
    print("/** Natural Earth's land, by buildtools/coastline.py: tenths of a degree. */")
    print(f'export const LAND = "{path(json.loads(source.read_text("utf-8")))}";')


if __name__ == "__main__":
    main(Path(sys.argv[1]))
