"""docs/video.md from what `measure` found; and the encoder of its clips."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

HEAD = """# Videos: what the tests over time can tell

Made by `python -m models.video.measure`; do not edit the numbers.

The lanes of a video show where to look. What may be said of a video as a whole, and on how many
films that rests, stands in [video-verdict.md](video-verdict.md). The numbers below are of small
fakes made by script (`models/video/fakes.py`) from {clips} real clips of {people} people
(`models/video/films.csv`), one after the other through the same encoder. AUC 0.5 is chance;
**below 0.5 the test points the wrong way**. The interval resamples people, of whom there are few,
so read it as a lower bound of the doubt. "up" counts the clips whose fake scores higher than its
own original, of those clips on which the test was measured: not every test was on all.

"""


def page(document: dict[str, Any]) -> str:
    """The whole page as Markdown."""
    from models.video.clips import films
    from models.video.measure import CRFS, KINDS, TESTS, separation

    clips = {row["clip"] for row in document["rows"]}
    people = {films().get(clip, clip) for clip in clips}
    text = HEAD.format(clips=len(clips), people=len(people))
    for kind in KINDS:
        found: dict[str, list[dict[str, Any]]] = {}
        text += f"## Real against: {kind}\n\n"
        text += "| test | " + " | ".join(f"crf {crf}" for crf in CRFS) + " |\n"
        text += "|---|" + "---|" * len(CRFS) + "\n"
        for test in TESTS:
            found[test] = [separation(document["rows"], test, kind, crf) for crf in CRFS]
            text += f"| `{test}` | " + " | ".join(map(_cell, found[test])) + " |\n"
        text += "\n" + _standing(found) + "\n"
    text += (
        _pairs(document["pairs"])
        + _aggregation(document)
        + _pulses(document["pulses"])
        + _blinks(document["blinks"])
        + _speed(document["speed"])
        + _failures(len(people))
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


def _standing(found: dict[str, list[dict[str, Any]]]) -> str:
    """Which tests tell the kind, point the wrong way, or may do no better than chance; a test tells
    where the interval of every compression lies above 0.5."""
    said: dict[str, list[str]] = {"tell": [], "wrong": [], "chance": [], "none": []}
    for test, cells in found.items():
        measured = [cell for cell in cells if cell["auc"] is not None]
        if not measured:
            said["none"].append(test)
        elif all(cell["low"] > 0.5 for cell in measured):
            said["tell"].append(test)
        elif all(cell["high"] < 0.5 for cell in measured):
            said["wrong"].append(test)
        else:
            said["chance"].append(test)
    words = {
        "tell": "Tell this kind at every compression",
        "wrong": "Point the wrong way at every compression",
        "chance": "Cannot be told from chance at one compression or more",
        "none": "Not measurable",
    }
    parts = [
        f"{words[what]}: {', '.join(f'`{test}`' for test in tests)}."
        for what, tests in said.items()
        if tests
    ]
    return " ".join(parts) + "\n"


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


def _aggregation(document: dict[str, Any]) -> str:
    from models.video import aggregation
    from models.video.measure import KINDS

    rules = list(aggregation.RULES)
    text = (
        "## One score of many frames\n\nEach system was published with its own way of making one "
        "score of a clip's frames. Sections of "
        f"{aggregation.SECTION_S} s, the AUC averaged over the three compressions, the interval "
        "over clips. **Bold** is the way that the product takes. With so few clips no difference "
        "below 0.1 means anything.\n\n"
    )
    text += "| test | kind | " + " | ".join(rules) + " |\n|---|---|" + "---|" * len(rules) + "\n"
    sections = 0
    for test in aggregation.SYSTEMS:
        for kind in KINDS:
            found = aggregation.compare(document["rows"], test, kind)
            cells = [_rule_cell(found.get(r), r == aggregation.OURS[test]) for r in rules]
            text += f"| `{test}` | {kind} | " + " | ".join(cells) + " |\n"
            sections = max([sections, *(int(row["sections"]) for row in found.values())])
    text += (
        f"\n{sections} sections of each kind. Sources: "
        + "; ".join(f"{name}: {where}" for name, (_, where) in aggregation.RULES.items() if where)
        + ".\n\n"
    )
    text += (
        "### Two faces, one of them fake\n\nTwo people beside each other, the left one untouched "
        "or fake, against the same pair untouched; `face_manipulation`, averaged over the "
        "compressions.\n\n"
        "| how faces and frames become one score | warped | swapped |\n|---|---|---|\n"
    )
    both = {k: aggregation.compare_faces(document["two_faces"], k) for k in ("warped", "swapped")}
    for name in aggregation.FACES:
        cells = [
            f"{row['auc']:.2f} ({row['up']} of {row['of']} up)" if (row := found.get(name)) else "–"
            for found in both.values()
        ]
        text += f"| {name} | " + " | ".join(cells) + " |\n"
    return text + "\n"


def _rule_cell(found: dict[str, float] | None, ours: bool) -> str:
    if found is None:
        return "–"
    text = f"{found['auc']:.2f}"
    return f"{f'**{text}**' if ours else text} ({found['low']:.2f} to {found['high']:.2f})"


def _pulses(rows: list[dict[str, Any]]) -> str:
    from models.video import pulses
    from models.video.clips import CRFS

    found = pulses.summary(rows)
    clips = list(dict.fromkeys(row["clip"] for row in rows))
    text = (
        f"## An injected pulse\n\nThe skin of {len(clips)} clips, played to and fro for "
        f"{pulses.LENGTH_S:.0f} s, is modulated by the depth given (of green; red 0.4, blue 0.6 of "
        "it), encoded, decoded, and measured by the whole chain; in brackets the signal-to-noise "
        "ratio of POS.\n\n"
        f"The chain gave a rate {found['answers']} of {found['asked']} times, never further than "
        f"{found['error']:.1f} beats per minute from the truth and never at less than "
        f"{found['lowest_snr']:.1f} dB. "
    )
    for clip in clips:
        for crf in CRFS:
            depth = pulses.least_depth(rows, clip, crf)
            if depth:
                text += f"On {clip} at crf {crf} it answers from a depth of {0.8 * depth:.1%} on. "
    never = [c for c in clips if not any(pulses.least_depth(rows, c, crf) for crf in CRFS)]
    if never:
        text += (
            f"On {' and '.join(never)} it never does: where the pulse is strong enough, the head "
            "moves at the same rate (played to and fro, it returns again and again), and colour "
            "cannot be told from motion. "
        )
    text += (
        f"Where nothing was injected (the clips themselves, and a photograph that moves) it gave "
        f"{found['false']} rates of {found['nothing']}.\n\n"
        "| clip | what | beats per minute | depth | "
        + " | ".join(f"crf {crf}" for crf in CRFS)
        + " |\n|---|---|---|---|"
        + "---|" * len(CRFS)
        + "\n"
    )
    keys = dict.fromkeys((r["clip"], r["what"], r["bpm"], r["depth"]) for r in rows)
    for key in keys:
        mine = {r["crf"]: r for r in rows if (r["clip"], r["what"], r["bpm"], r["depth"]) == key}
        clip, what, bpm, depth = key
        head = f"| {clip} | {what} | {f'{bpm:.0f}' if bpm else 'none'} | "
        head += f"{0.8 * depth:.1%} | " if bpm else "none | "
        text += head + " | ".join(_pulse_cell(mine.get(crf)) for crf in CRFS) + " |\n"
    heirs = [r for r in rows if r["what"].startswith("face ")]
    passed = [r for r in heirs if r["rate"] is not None]
    if passed:
        text += (
            f"\nFakes inherit the pulse of the person filmed: {len(passed)} of {len(heirs)} made "
            "of a film with a pulse show it at the same rate. A pulse proves nothing.\n"
        )
    return text + "\n"


def _pulse_cell(row: dict[str, Any] | None) -> str:
    if row is None:
        return ""
    answer = f"**{row['rate']:.1f}**" if row["rate"] is not None else f"`{row['reason']}`"
    return f"{answer} ({row['snr']:.1f} dB)" if row["snr"] is not None else answer


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


def _failures(people: int) -> str:
    return (
        "## What is not measured here\n\n"
        f"* What a value of most tests means: films of {people} people are too few, and the fakes "
        "are of our own making. Two tests are calibrated (video-verdict.md); the others only "
        "show.\n"
        "* Fakes of current generators: none with a free licence was at hand as video.\n"
        "* Identities: there is no identity network, so a swap that is consistent with itself "
        "looks consistent.\n"
    )
