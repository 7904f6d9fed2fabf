"""CPython's half of the parity test: `python tests/parity/native.py FOLDER OUT`.

Makes the media factory's sound pictures in FOLDER and writes their records to OUT, a JSON object
by file name.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "py"))

import media_factory
from telltale.cli import analyze_file
from telltale.runtime.inference import OnnxModels


def main(folder: Path, out: Path) -> None:
    """Make the pictures, examine them, write the records."""
    folder.mkdir(parents=True, exist_ok=True)
    models = OnnxModels()
    records = {}
    for name, data in media_factory.variety().items():
        (folder / name).write_bytes(data)
        records[name] = analyze_file(folder / name, models, deep=True)
    out.write_text(json.dumps(records))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
