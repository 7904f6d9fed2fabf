"""The `video` section of a record as static pictures and as text."""

from __future__ import annotations

import base64
import io
from html import escape
from itertools import pairwise
from typing import Any

import numpy as np
from PIL import Image

from telltale.report.colour import cividis
from telltale.report.language import Language

#: Width and height of a lane's drawing in user units.
_WIDTH, _HEIGHT = 800, 56


def as_html(record: dict[str, Any], words: Language, at: str) -> str:
    """A heading, the most suspicious moments, each face with its lanes; empty for a picture."""
    video = record.get("video")
    if not video:
        return ""
    body = f"<h2>{words.html('Over time')}</h2><p>{escape(_format(video))}. "
    body += f"{words.html(_examined(video))}</p>"
    if video["moments"]:
        titles = {lane["test"]: lane["title"] for lane in video["lanes"]}
        items = "".join(
            f"<li>{_sight(m, words)}{words.number(m['time_s'])} s: "
            f"{words.html(titles.get(m['test'], m['test']))}, {words.number(m['value'])}</li>"
            for m in video["moments"]
        )
        head = words.html("Moments beyond the limit of single pictures")
        body += f"<h3>{head}</h3><ol>{items}</ol>"
    whole = [lane for lane in video["lanes"] if lane["track"] is None]
    body += "".join(_lane(lane, video, words) for lane in whole)
    for track in video["tracks"]:
        body += _track(track, video, words)
    return f"<section class=leaf id={at}-time>{body}</section>"


def as_text(video: dict[str, Any]) -> list[str]:
    """Lines for a terminal: what was examined, the faces, the moments."""
    lines = [f"{_format(video)}. {_examined(video)}"]
    for track in video["tracks"]:
        lines.append(
            f"Face {track['index'] + 1}: {track['start_s']:.1f} to {track['end_s']:.1f} s, "
            f"{track['frames']} frames, {track['quality'].get('width_px') or 0:.0f} pixels wide"
        )
    lines += [
        f"Look at {m['time_s']:.2f} s: {m['test']} {m['value']:.3g} lies beyond the limit of "
        "single pictures"
        for m in video["moments"]
    ]
    return lines


def _format(video: dict[str, Any]) -> str:
    """Codec, container, length, rate: the same in every language."""
    rate = f" · {video['rate_fps']:.4g} fps" if video["rate_fps"] else ""
    turned = f" · {video['rotation']}°" if video["rotation"] else ""
    hdr = f" · {video['hdr']}" if video["hdr"] else ""
    return (
        f"{video['codec']} · {video['container']} · {video['duration_s']:.1f} s{rate}{turned}{hdr}"
    )


def _examined(video: dict[str, Any]) -> str:
    examined = video["examined"]
    stopped = f" Stopped at {examined['until_s']:.1f} s." if video["cancelled"] else ""
    return (
        f"Faces were followed in {examined['followed']} frames, networks examined "
        f"{examined['full']} of them.{stopped}"
    )


def _track(track: dict[str, Any], video: dict[str, Any], words: Language) -> str:
    named = f"Face {track['index'] + 1}"
    head = f"<h3>{words.html(named)}</h3>"
    if track["keyframe"]:
        head += (
            f'<figure><img alt="{escape(words.translate(named) or named)}" '
            f'src="data:image/jpeg;base64,{track["keyframe"]}"></figure>'
        )
    head += (
        "<p class=soft>"
        + words.html(f"{track['start_s']:.1f} to {track['end_s']:.1f} s, {track['frames']} frames")
        + "</p>"
    )
    mine = [lane for lane in video["lanes"] if lane["track"] == track["index"]]
    return head + "".join(_lane(lane, video, words) for lane in mine)


def _sight(moment: dict[str, Any], words: Language) -> str:
    """The face at a moment and, beside it, the same under its map."""
    if not moment.get("picture"):
        return ""
    jpegs = [moment["picture"]]
    if moment.get("map"):
        jpegs.append(_under(moment["picture"], moment["map"]["png"]))
    alt = escape(_said("The face at that moment", words))
    shown = "".join(
        f'<img alt="{alt if not k else ""}" width=96 src="data:image/jpeg;base64,{jpeg}"> '
        for k, jpeg in enumerate(jpegs)
    )
    return f"<div>{shown}</div>"


def _under(jpeg: str, png: str) -> str:
    """A picture (base64) half covered by its map, in the colours of all maps."""
    with Image.open(io.BytesIO(base64.b64decode(jpeg))) as image:
        picture = image.convert("RGB")
    with Image.open(io.BytesIO(base64.b64decode(png))) as grey:
        wide = grey.convert("L").resize(picture.size, Image.Resampling.BILINEAR)
    colours = Image.fromarray(cividis(np.asarray(wide, np.float64) / 255))
    buffer = io.BytesIO()
    Image.blend(picture, colours, 0.5).save(buffer, "JPEG", quality=80)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def _lane(lane: dict[str, Any], video: dict[str, Any], words: Language) -> str:
    """One curve: time to the right, the scale from low to high, limit dashed, gaps shaded."""
    span = max(video["duration_s"], video["examined"]["until_s"], 1e-3)
    low, high = lane["low"], lane["high"]

    def x(time_s: float) -> float:
        return _WIDTH * min(max(time_s / span, 0.0), 1.0)

    def y(value: float) -> float:
        return 3 + (_HEIGHT - 6) * (1 - min(max((value - low) / ((high - low) or 1.0), 0.0), 1.0))

    shapes = "".join(
        f'<rect x="{x(gap["start_s"]):.1f}" y="0" height="{_HEIGHT}" '
        f'width="{max(2.0, x(gap["end_s"]) - x(gap["start_s"])):.1f}" fill="currentColor" '
        f'opacity="0.12"><title>{escape(_said(gap["sentence"], words))}</title></rect>'
        for gap in lane["gaps"]
    )
    if lane["threshold"] is not None:
        limit = y(lane["threshold"])
        shapes += (
            f'<line x1="0" x2="{_WIDTH}" y1="{limit:.1f}" y2="{limit:.1f}" stroke="currentColor" '
            'stroke-dasharray="6 4" opacity="0.6"/>'
        )
    points = [(t, v) for t, v in zip(lane["times"], lane["values"], strict=True) if v is not None]
    for run in _runs(points, span):
        path = " ".join(f"{x(t):.1f},{y(v):.1f}" for t, v in run)
        shapes += (
            f'<polyline points="{path}" fill="none" stroke="currentColor" stroke-width="1.5"/>'
        )
    if lane["every"] == "full":
        shapes += "".join(
            f'<circle cx="{x(t):.1f}" cy="{y(v):.1f}" r="2.5" fill="currentColor"/>'
            for t, v in points
        )
    unit = f" {_said(lane['unit'], words)}" if lane["unit"] else ""
    scale = f"{words.number(low)} – {words.number(high)}{unit}"
    caption = f"{_said(lane['title'], words)}: {_said(lane['name'], words)}, {scale}"
    if lane["threshold"] is not None:
        limit_of = _said("limit of single pictures", words)
        caption += f", {limit_of} {words.number(lane['threshold'])}"
    gaps = "".join(
        f"<li>{words.number(round(gap['start_s'], 1))} – {words.number(round(gap['end_s'], 1))} s: "
        f"{words.html(gap['sentence'])}</li>"
        for gap in lane["gaps"][:6]
    )
    drawing = (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="100%" height="{_HEIGHT}" role="img" '
        f'preserveAspectRatio="none"><title>{escape(caption)}</title>{shapes}</svg>'
        if points
        else ""
    )
    concluded = lane.get("concluded")
    if concluded and concluded["sentence"]:
        caption += f". {_said(concluded['sentence'], words)}"
    missing = f"<ul class=soft>{gaps}</ul>" if gaps else ""
    return f"<figure>{drawing}<figcaption>{escape(caption)}</figcaption></figure>{missing}"


def _said(text: str, words: Language) -> str:
    return words.translate(text) or text


def _runs(points: list[tuple[float, float]], span: float) -> list[list[tuple[float, float]]]:
    """Points that belong together: a pause of more than five usual steps breaks the line."""
    if not points:
        return []
    steps = sorted(b[0] - a[0] for a, b in pairwise(points)) or [span]
    most = max(5 * steps[len(steps) // 2], 0.3)
    runs = [[points[0]]]
    for before, point in pairwise(points):
        if point[0] - before[0] > most:
            runs.append([])
        runs[-1].append(point)
    return runs
