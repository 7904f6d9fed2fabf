"""Scores of one detector on the items of a dataset, frame by frame, kept as they are made."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telltale import analysis, detectors
from telltale.benchmark.layouts import PICTURES, Item
from telltale.media.model import MediaError
from telltale.runtime.context import Context

_DECODER = {"name": "benchmark", "version": "1"}


@dataclass(frozen=True, slots=True)
class Row:
    """One scored frame or picture; `score` is empty where the test gave none, `why` says why."""

    item: str
    frame: int
    fake: int
    method: str
    group: str
    compression: str
    score: str
    why: str


HEADER = [field.name for field in fields(Row)]


def run(
    items: Iterable[Item], root: Path, detector: str, frames: int, models: Any, table: Path
) -> Iterator[Row]:
    """Score every item that `table` does not hold yet; each item's rows are written at once.

    Of a video, `frames` frames evenly spaced; of a folder, as many of its pictures.
    """
    if table.is_file():
        mend(table)
    done = {row.item for row in read(table)} if table.is_file() else set()
    fresh = not table.is_file()
    with table.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if fresh:
            writer.writerow(HEADER)
        for item in items:
            name = item.path.relative_to(root).as_posix()
            if name in done:
                continue
            rows = list(_score(item, name, detector, frames, models))
            writer.writerows(astuple(row) for row in rows)
            file.flush()
            yield from rows


def read(table: Path) -> list[Row]:
    """The rows of a table; half a line at its end, left by a stop, is dropped."""
    text = table.read_text("utf-8")
    whole = text[: text.rfind("\n") + 1]
    _, *rows = csv.reader(io.StringIO(whole, newline=""))
    return [Row(item, int(frame), int(fake), *rest) for item, frame, fake, *rest in rows]


def mend(table: Path) -> None:
    """Cut off what a stop left half written: the last line, and its item's other rows."""
    text = table.read_text("utf-8")
    if text.endswith("\n"):
        return
    rows = read(table)
    last = text[text.rfind("\n") + 1 :].split(",")[0]
    broken = {last, rows[-1].item if rows else last}
    with table.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerow(HEADER)
        csv.writer(file).writerows(astuple(row) for row in rows if row.item not in broken)


def _score(item: Item, name: str, detector: str, frames: int, models: Any) -> Iterator[Row]:
    def row(frame: int, score: str, why: str) -> Row:
        return Row(
            name, frame, int(item.fake), item.method, item.group, item.compression, score, why
        )

    try:
        any_frame = False
        for frame, state in states(item, frames):
            any_frame = True
            yield row(frame, *_answer(state, detector, models))
        if not any_frame:
            yield row(0, "", "no frame")
    except (MediaError, OSError) as error:
        yield row(0, "", str(error))


def _answer(state: analysis.Analysis, detector: str, models: Any) -> tuple[str, str]:
    context = Context(models)
    entry = detectors.find(detector)
    if entry.faces:
        analysis.find_faces(state, context)
    finding = analysis.run_module(detectors.load(entry), state.scene, context)
    if finding.status != "ok" or finding.score is None:
        return "", finding.reason or finding.status
    value = finding.score.value
    return repr(-value if finding.score.direction == "lower_is_suspicious" else value), ""


def states(item: Item, frames: int) -> Iterator[tuple[int, analysis.Analysis]]:
    """(index, opened picture) of `frames` frames of an item; raises `MediaError` and OSError."""
    if item.path.is_dir():
        pictures = sorted(p for p in item.path.iterdir() if p.suffix.lower() in PICTURES)
        for k in chosen(len(pictures), frames):
            yield k, analysis.begin(pictures[k].read_bytes(), pictures[k].name)
    elif item.path.suffix.lower() in PICTURES:
        yield 0, analysis.begin(item.path.read_bytes(), item.path.name)
    else:
        for k, pixels in video_frames(item.path, frames):
            height, width = pixels.shape[:2]
            data = np.ascontiguousarray(pixels).tobytes()
            name = f"{item.path.name} {k}"
            yield k, analysis.begin_pixels(data, width, height, name, "video-frames", _DECODER)


def chosen(count: int, wanted: int) -> list[int]:
    """`wanted` places evenly spaced in `count`, ends included; all where there are fewer."""
    if count <= wanted:
        return list(range(count))
    return [int(k) for k in np.linspace(0, count - 1, wanted)]


def video_frames(path: Path, wanted: int) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """(index, RGB pixels) of `wanted` frames evenly spaced; frames are counted first."""
    from telltale.runtime.frames import PyAvSource

    times: list[float] = []

    def count(time_s: float) -> Any:
        times.append(time_s)
        return ""

    for _ in PyAvSource(path).frames(count):
        pass
    places = chosen(len(times), wanted)
    keep = {times[k] for k in places}
    source = PyAvSource(path)
    for frame in source.frames(lambda time_s: "full" if time_s in keep else ""):
        yield frame.index, frame.pixels
