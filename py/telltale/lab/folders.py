"""Pictures of known origin in a folder: what is real, what is not, from which source.

Labels come from `labels.csv` in the folder (columns `file`, `label` and, where known, `source` and
`group`) or from the names of the folders: `real/camera A/x.jpg` is a real picture of the source
`camera A`. Files that neither tells are kept without a label.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

Label = Literal["real", "fake", ""]

REAL = frozenset({"real", "reals", "authentic", "original", "originals", "pristine", "camera", "0"})
FAKE = frozenset(
    {"fake", "fakes", "manipulated", "edited", "generated", "synthetic", "tampered", "forged"}
    | {"altered", "1"}
)
LABELS = "labels.csv"
#: Files that are taken for pictures; the decoder decides by their content.
SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp"})


@dataclass(frozen=True, slots=True)
class Picture:
    """One file: its path below the folder, its label, its source, and its group.

    Pictures of one group are not independent (frames of one clip, one original and its edits);
    intervals are taken over groups. Without one a picture is a group of its own.
    """

    path: str
    label: Label = ""
    source: str = ""
    group: str = ""


class LabelsUnreadable(ValueError):
    """`labels.csv` cannot be understood. `str()` says which line and why."""


def read(folder: Path) -> list[Picture]:
    """The pictures below a folder in the order of their names; raises `LabelsUnreadable`."""
    names = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES and path.is_file()
    )
    table = folder / LABELS
    return labelled(names, table.read_text("utf-8-sig") if table.is_file() else "")


def labelled(names: Iterable[str], table: str = "") -> list[Picture]:
    """Pictures for paths (with `/`), with the labels of `labels.csv` as text, else by folders."""
    if not table:
        return [by_folder(name) for name in names]
    rows = {picture.path: picture for picture in _rows(table)}
    found = [rows.pop(name, Picture(name)) for name in names]
    if rows:
        missing = next(iter(rows))
        raise LabelsUnreadable(f"{LABELS} names {missing}, which is not in the folder.")
    return found


def by_folder(name: str) -> Picture:
    """A label and a source from the names of the folders on the way to a file."""
    folders = name.split("/")[:-1]
    for k, folder in enumerate(folders):
        label = label_of(folder)
        if label:
            others = [*folders[:k], *folders[k + 1 :]]
            return Picture(name, label, "/".join(others))
    return Picture(name)


def label_of(word: str) -> Label:
    """The label that a word stands for, or none."""
    lower = word.strip().lower()
    if lower in REAL:
        return "real"
    return "fake" if lower in FAKE else ""


def grouped(pictures: Iterable[Picture], groups: dict[str, str]) -> list[Picture]:
    """The pictures with the group that `groups` gives their path, where they have none."""
    return [
        picture if picture.group else replace(picture, group=groups.get(picture.path, ""))
        for picture in pictures
    ]


def _rows(table: str) -> Iterator[Picture]:
    reader = csv.DictReader(io.StringIO(table))
    if not {"file", "label"} <= set(reader.fieldnames or ()):
        raise LabelsUnreadable(f"{LABELS} needs a first line with the columns file and label.")
    for row in reader:
        word = row["label"] or ""
        label = label_of(word)
        if word.strip() and not label:
            raise LabelsUnreadable(
                f"{LABELS}, line {reader.line_num}: {word!r} is no label; write real or fake."
            )
        path = (row["file"] or "").replace("\\", "/").removeprefix("./")
        yield Picture(path, label, row.get("source") or "", row.get("group") or "")
