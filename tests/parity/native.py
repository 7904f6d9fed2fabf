"""CPython's half of the parity test.

`python tests/parity/native.py make FOLDER` makes the pictures and `plan.json`, a JSON object: file
name -> whether it is examined thoroughly and its answers repeated on changed copies.
`python tests/parity/native.py examine FOLDER OUT` writes their records, an object by file name.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "py"))

import media_factory
from telltale.bank.desk import Desk
from telltale.cli import analyze_file
from telltale.runtime.inference import OnnxModels

#: Where the slow tests and the repetitions have their say; elsewhere they are left out.
THOROUGH = ("face-q75-420.jpg", "made-q70-crop.jpg", "made-tall.jpg")
#: Pictures of two megapixels, and second ones of a kind: they cost time and compare nothing new.
LEFT_OUT = (
    "retina-q85.jpg",
    "face-orientation-6.jpg",
    "cat-restart.jpg",
    "cat-upscaled.png",
    "coffee-interlaced.png",
    "made-animated.png",
    "motorcycle-q98.jpg",
)


def make(folder: Path) -> None:
    """Write the media factory's sound pictures and the plan."""
    pictures = folder / "pictures"
    pictures.mkdir(parents=True)
    plan = {}
    for name, data in media_factory.variety().items():
        if name not in LEFT_OUT:
            (pictures / name).write_bytes(data)
            plan[name] = name in THOROUGH
    (folder / "plan.json").write_text(json.dumps(plan))


#: On so many changed copies what carries the answers is repeated, however long that takes.
COPIES = 4


def examine(folder: Path, out: Path) -> None:
    """Examine every picture as the engine does, with an empty bank."""
    # the browser has the other processor
    models = OnnxModels(threads=1)
    desk = Desk(folder / "bank.sqlite")
    records: dict[str, Any] = {}
    for name, thorough in json.loads((folder / "plan.json").read_text()).items():
        path = folder / "pictures" / name
        records[name] = analyze_file(
            path, models, thorough, desk=desk, repeat=COPIES if thorough else False
        )
    out.write_text(json.dumps(records))


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(Path(sys.argv[2]))
    else:
        examine(Path(sys.argv[2]), Path(sys.argv[3]))
