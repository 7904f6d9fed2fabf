"""Arrays as pictures and numbers as plots: PNG and SVG, nothing else needed.

What these functions return shows itself in a notebook and in the page's lab (`_repr_png_`,
`_repr_svg_`), and `save` writes it to a file.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageDraw

from telltale.finding import Map
from telltale.lab.evaluate import Roc
from telltale.report.colour import cividis
from telltale.scene import Scene

#: The size of a plot, and what its frame leaves free, in pixels.
_W, _H, _LEFT, _TOP, _RIGHT, _BOTTOM = 520, 300, 52, 28, 16, 44
#: Wong 2011, "Points of view: color blindness", Nature Methods 8: blue, vermilion, grey.
COLOURS = {"real": "#0072b2", "fake": "#d55e00", "": "#767676"}
_MOST_SIDE = 1600


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture (`png`) or a plot (`svg`), and what it shows in words."""

    words: str
    png: bytes = b""
    svg: str = ""

    def _repr_png_(self) -> bytes | None:
        return self.png or None

    def _repr_svg_(self) -> str | None:
        return self.svg or None

    def save(self, path: Path | str) -> None:
        """Write the PNG or the SVG to a file."""
        Path(path).write_bytes(self.png or self.svg.encode())


def picture(values: ArrayLike, low: float | None = None, high: float | None = None) -> Shown:
    """An array as a picture.

    (H, W, 3) uint8 as it is; (H, W) numbers or booleans through the colour map cividis between
    `low` and `high` (the least and greatest finite value where not given). Small arrays are
    enlarged by whole numbers, large ones reduced. Raises ValueError for any other shape.
    """
    array = np.asarray(values)
    if array.ndim == 3 and array.shape[2] == 3 and array.dtype == np.uint8 and array.size:
        return Shown(f"picture, {array.shape[1]} x {array.shape[0]}", _png(array))
    if array.ndim != 2 or not array.size or array.dtype.kind not in "biuf":
        raise ValueError(
            f"a picture is (H, W, 3) uint8 or (H, W) numbers, not {array.shape} {array.dtype}"
        )
    numbers = array.astype(np.float64)
    finite = numbers[np.isfinite(numbers)]
    bottom = low if low is not None else (float(finite.min()) if finite.size else 0.0)
    top = high if high is not None else (float(finite.max()) if finite.size else 1.0)
    unit = (np.nan_to_num(numbers, nan=bottom) - bottom) / ((top - bottom) or 1.0)
    words = f"map, {array.shape[1]} x {array.shape[0]}, {bottom:.4g} to {top:.4g}"
    return Shown(words, _png(cividis(np.clip(unit, 0, 1))))


def finding_map(one: Map) -> Shown:
    """A finding's map."""
    return picture(one.values, one.low, one.high) if one.values.ndim == 2 else picture(one.values)


def scene(what: Scene, landmarks: bool = True) -> Shown:
    """The picture with its faces: boxes, and the 68 landmarks."""
    image = Image.fromarray(what.media.pixels)
    draw = ImageDraw.Draw(image)
    thick = max(1, round(max(image.size) / 500))
    for face in what.faces:
        b = face.box
        draw.rectangle((b.x, b.y, b.x + b.w, b.y + b.h), outline=COLOURS["fake"], width=thick)
        for x, y in face.landmarks.tolist() if landmarks else ():
            draw.ellipse((x - thick, y - thick, x + thick, y + thick), fill=COLOURS["real"])
    return Shown(f"{what.media.name}, {len(what.faces)} face(s)", _png(np.asarray(image)))


def histogram(
    scores: Mapping[str, ArrayLike], bins: int = 24, title: str = "", axis: str = "score"
) -> Shown:
    """Distributions over one scale, as steps; by name (`real`, `fake`, or any other)."""
    groups = {name: np.asarray(values, np.float64).ravel() for name, values in scores.items()}
    groups = {name: values[np.isfinite(values)] for name, values in groups.items()}
    everything = np.concatenate([*groups.values(), np.empty(0)])
    if not everything.size:
        return Shown("no scores", svg=_frame(title, axis, "pictures", (0, 1), (0, 1), ""))
    low, high = float(everything.min()), float(everything.max())
    edges = np.linspace(low, high if high > low else low + 1, bins + 1)
    counts = {name: np.histogram(values, edges)[0] for name, values in groups.items()}
    most = max(1, *(int(count.max()) for count in counts.values()))
    x, y = (edges[0], edges[-1]), (0.0, float(most))
    inside = ""
    for name, count in counts.items():
        points = [(edges[0], 0.0)]
        for k, n in enumerate(count.tolist()):
            points += [(edges[k], n), (edges[k + 1], n)]
        points.append((edges[-1], 0.0))
        colour = _colour(name, list(groups))
        path = _points(points, x, y)
        inside += (
            f'<polygon points="{path}" fill="{colour}" fill-opacity="0.2" stroke="{colour}" '
            'stroke-width="1.5"/>'
        )
    words = "; ".join(f"{name or 'no label'}: {values.size}" for name, values in groups.items())
    inside += _legend([(name or "no label", _colour(name, list(groups))) for name in groups])
    return Shown(f"histogram, {words}", svg=_frame(title, axis, "pictures", x, y, inside))


def roc(curve: Roc, title: str = "") -> Shown:
    """A ROC curve with its 95 % band and the line of chance."""
    unit = (0.0, 1.0)
    band = list(zip(curve.fpr, curve.high, strict=True))
    band += list(zip(curve.fpr[::-1], curve.low[::-1], strict=True))
    line = _points(list(zip(curve.fpr, curve.tpr, strict=True)), unit, unit)
    inside = (
        f'<polygon points="{_points(band, unit, unit)}" fill="{COLOURS["real"]}" '
        'fill-opacity="0.15"/>'
        f'<polyline points="{_points([(0, 0), (1, 1)], unit, unit)}" fill="none" stroke="#767676" '
        'stroke-dasharray="4 4"/>'
        f'<polyline points="{line}" fill="none" stroke="{COLOURS["real"]}" stroke-width="2"/>'
    )
    area = float(np.trapezoid(curve.tpr, curve.fpr))
    axes = "false positives", "true positives"
    return Shown(f"ROC curve, area {area:.3f}", svg=_frame(title, *axes, unit, unit, inside))


def plot(
    lines: Mapping[str, ArrayLike] | ArrayLike,
    x: ArrayLike | None = None,
    title: str = "",
    axes: tuple[str, str] = ("", ""),
) -> Shown:
    """One or several lines of numbers over `x` (their index where not given)."""
    named = lines if isinstance(lines, Mapping) else {"": lines}
    rows = {name: np.asarray(values, np.float64).ravel() for name, values in named.items()}
    longest = max((values.size for values in rows.values()), default=0)
    across = np.arange(longest, dtype=np.float64) if x is None else np.asarray(x, np.float64)
    finite = np.concatenate([v[np.isfinite(v)] for v in rows.values()] or [np.empty(0)])
    if not finite.size or not across.size:
        return Shown("nothing to plot", svg=_frame(title, *axes, (0, 1), (0, 1), ""))
    if any(values.size > across.size for values in rows.values()):
        raise ValueError("a line has more numbers than x")
    spans = _span(across), _span(finite)
    inside = ""
    for name, values in rows.items():
        points = [(a, b) for a, b in zip(across, values, strict=False) if np.isfinite(b)]
        colour = _colour(name, list(rows))
        path = _points(points, *spans)
        inside += f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
    if any(rows):
        inside += _legend([(name, _colour(name, list(rows))) for name in rows])
    words = f"plot of {longest} points, {finite.min():.4g} to {finite.max():.4g}"
    return Shown(words, svg=_frame(title, *axes, *spans, inside))


def _span(values: NDArray[np.float64]) -> tuple[float, float]:
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _png(pixels: NDArray[Any]) -> bytes:
    height, width = pixels.shape[:2]
    image = Image.fromarray(np.ascontiguousarray(pixels))
    if max(height, width) > _MOST_SIDE:
        image.thumbnail((_MOST_SIDE, _MOST_SIDE))
    elif max(height, width) < 200:
        times = max(1, 320 // max(height, width))
        image = image.resize((width * times, height * times), Image.Resampling.NEAREST)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()


def _colour(name: str, names: list[str]) -> str:
    if name in COLOURS:
        return COLOURS[name]
    others = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
    return others[names.index(name) % len(others)]


def _points(
    points: Sequence[tuple[float, float]], x: tuple[float, float], y: tuple[float, float]
) -> str:
    return " ".join(f"{_across(a, x):.1f},{_up(b, y):.1f}" for a, b in points)


def _across(value: float, span: tuple[float, float]) -> float:
    return _LEFT + (value - span[0]) / (span[1] - span[0]) * (_W - _LEFT - _RIGHT)


def _up(value: float, span: tuple[float, float]) -> float:
    return _H - _BOTTOM - (value - span[0]) / (span[1] - span[0]) * (_H - _TOP - _BOTTOM)


def _legend(names: list[tuple[str, str]]) -> str:
    rows = ""
    for k, (name, colour) in enumerate(names):
        y = _TOP + 14 + 16 * k
        rows += (
            f'<rect x="{_W - 130}" y="{y - 9}" width="10" height="10" fill="{colour}"/>'
            f'<text x="{_W - 114}" y="{y}">{escape(name)}</text>'
        )
    return rows


def _frame(
    title: str,
    across: str,
    up: str,
    x: tuple[float, float],
    y: tuple[float, float],
    inside: str,
) -> str:
    """A plot's frame with five marks on each side, around what is drawn `inside`."""
    marks = ""
    for k in range(5):
        a = x[0] + (x[1] - x[0]) * k / 4
        b = y[0] + (y[1] - y[0]) * k / 4
        marks += f'<text x="{_across(a, x):.0f}" y="{_H - 26}" text-anchor="middle">{a:.3g}</text>'
        marks += f'<text x="{_LEFT - 6}" y="{_up(b, y) + 4:.0f}" text-anchor="end">{b:.3g}</text>'
    box = (
        f'<rect x="{_LEFT}" y="{_TOP}" width="{_W - _LEFT - _RIGHT}" '
        f'height="{_H - _TOP - _BOTTOM}" fill="none" stroke="#767676"/>'
    )
    words = (
        f'<text x="{_W / 2}" y="18" text-anchor="middle" font-weight="600">{escape(title)}</text>'
        f'<text x="{_W / 2}" y="{_H - 8}" text-anchor="middle">{escape(across)}</text>'
        f'<text transform="translate(12 {_H / 2}) rotate(-90)" text-anchor="middle">'
        f"{escape(up)}</text>"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_W}" height="{_H}" '
        f'viewBox="0 0 {_W} {_H}" font-family="system-ui, sans-serif" font-size="11">'
        f'<rect width="{_W}" height="{_H}" fill="#fff"/>{box}{marks}{inside}{words}</svg>'
    )
