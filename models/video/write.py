"""docs/video.md from what `measure` found; and the encoder of its clips."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

HEAD = """# Videos: what the tests over time can tell

Made by `python -m models.video.measure`; do not edit the numbers.

No test over time has been calibrated, so none carries a likelihood ratio and no verdict is given
for a video: the lanes show where to look. The numbers below are of small fakes made by script
(`models/video/fakes.py`) from {clips} real clips, one after the other through the same encoder.
AUC 0.5 is chance; **below 0.5 the test points the wrong way**. The interval resamples clips, of
which there are few, so read it as a lower bound of the doubt. "up" counts the clips whose fake
scores higher than its own original.

"""


def page(document: dict[str, Any]) -> str:
    """The whole page as Markdown."""
    from models.video.measure import CRFS, KINDS, TESTS, separation

    text = HEAD.format(clips=len(document["clips"]))
    for kind in KINDS:
        text += f"## Real against: {kind}\n\n"
        text += "| test | " + " | ".join(f"crf {crf}" for crf in CRFS) + " |\n"
        text += "|---|" + "---|" * len(CRFS) + "\n"
        for test in TESTS:
            cells = [_cell(separation(document["rows"], test, kind, crf)) for crf in CRFS]
            text += f"| `{test}` | " + " | ".join(cells) + " |\n"
        text += "\n"
    text += (
        _pairs(document["pairs"])
        + _pulses(document["pulses"])
        + _blinks(document["blinks"])
        + _speed(document["speed"])
        + _failures()
    )
    return text


def encode(path: Path, pictures: Iterable[NDArray[np.uint8]], fps: int, crf: int) -> None:
    """Write frames as H.264."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps)
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": str(crf)}
        for k, pixels in enumerate(pictures):
            if not k:
                stream.height, stream.width = pixels.shape[:2]
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))


def _cell(found: dict[str, Any]) -> str:
    if found["auc"] is None:
        return "not measurable"
    return (
        f"{found['auc']:.2f} ({found['low']:.2f} to {found['high']:.2f}; "
        f"{found['paired']:.0f} of {found['clips']} up)"
    )


def _pairs(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return ""
    tests = list(rows[0]["values"])
    text = "## A published fake and its original\n\nMedians over the frames, crf 18.\n\n"
    text += "| test | " + " | ".join(row["clip"] for row in rows) + " |\n"
    text += "|---|" + "---|" * len(rows) + "\n"
    for test in tests:
        text += f"| `{test}` | " + " | ".join(_number(r["values"].get(test)) for r in rows) + " |\n"
    return text + "\n"


def _number(value: float | None) -> str:
    return "not measurable" if value is None else f"{value:.3g}"


def _pulses(rows: list[dict[str, Any]]) -> str:
    text = (
        "## An injected pulse of 78 beats per minute\n\n"
        "The skin of one clip of 8 s is modulated by the depth given (of green; red 0.4, blue 0.6 "
        "of it), encoded, decoded, and measured by the whole chain.\n\n"
        "| what | depth | crf | answer | signal-to-noise ratio of POS |\n|---|---|---|---|---|\n"
    )
    for row in rows:
        if row["rate"] is not None:
            answer = f"{row['rate']:.1f} beats per minute"
        else:
            answer = f"not measurable (`{row['reason']}`)"
        snr = "" if row["snr"] is None else f"{row['snr']:.1f} dB"
        depth = f"{0.8 * row['depth']:.1%}" if row["depth"] else "none"
        text += f"| {row['what']} | {depth} | {row['crf']} | {answer} | {snr} |\n"
    return text + "\n"


def _blinks(rows: list[dict[str, Any]]) -> str:
    text = (
        "## Blinks\n\n"
        "A blink is a dip of the eye's opening together with a change of how both eyes look. Its "
        "two limits were set on these clips, in which three blinks can be seen by eye. Removed: "
        "the eyes of the last open frame laid over each blink. Inserted: copies of a blink of the "
        "same clip; what is found elsewhere are mostly the clip's own.\n"
        "\n| clip | blinks | crf | made at (s) | found at (s) | found elsewhere |\n"
        "|---|---|---|---|---|---|\n"
    )
    for row in rows:
        made = "" if row["made"] is None else ", ".join(f"{t:.1f}" for t in row["made"]) or "none"
        found = ", ".join(f"{t:.1f}" for t in row["found"]) or "none"
        others = row.get("others", "")
        text += f"| {row['clip']} | {row['what']} | {row['crf']} | {made} | {found} | {others} |\n"
    return text + "\n"


def _speed(rows: list[dict[str, Any]]) -> str:
    text = (
        "## Throughput on CPython\n\nFrames per second of processor time, one thread, "
        "faces 190 pixels wide, on a shared two-core machine without a GPU.\n\n"
        "| stage | frames per second |\n|---|---|\n"
    )
    for row in rows:
        text += f"| {row['stage'].replace('_', ' ')} | {row['fps']:.1f} |\n"
    return text + "\n"


def _failures() -> str:
    return (
        "## What is not measured here\n\n"
        "* Fakes of current generators: none with a free licence was at hand as video.\n"
        "* Identities: there is no identity network, so a swap that is consistent with itself "
        "looks consistent.\n"
        "* Calibration over time, without which no likelihood ratio is given.\n"
    )
