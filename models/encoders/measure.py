"""Writes the table of measured encoders: `python -m models.encoders.measure [--node FOLDER]`.

Every writer at hand saves one made-up picture, with and without a stated resolution, at several
qualities; what its files have in common goes to `provenance/stored/encoders.json`. Writers that
are not at hand keep the row that an earlier run made. Messengers, telephones and most cameras
cannot be run: of them the table says nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from models.encoders.writers import Writer, all_writers, version_of
from telltale.detectors.provenance import encoders
from telltale.media import jpeg
from telltale.media.model import MediaError

TABLE = Path(encoders.__file__).parent / "stored/encoders.json"
QUALITIES = (50, 75, 84, 90, 95)
#: Characters of a comment by which a writer signs.
_SIGNED = 4
#: Dots per inch that the second picture states; no writer's own choice.
STATED = 317


def main() -> int:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--python", default=sys.executable, help="a Python with OpenCV")
    parser.add_argument("--node", type=Path, help="a folder with sharp, jpeg-js, @jsquash/jpeg")
    parser.add_argument("--only", action="append", default=[], help="a writer; else all")
    arguments = parser.parse_args()
    rows = {row["writer"]: row for row in _read()}
    with tempfile.TemporaryDirectory() as folder:
        pictures = made(Path(folder))
        for writer in all_writers(arguments.python, arguments.node):
            if arguments.only and writer.name not in arguments.only:
                continue
            row = measured(writer, pictures, Path(folder))
            print(writer.name, json.dumps(row) if row else "wrote nothing")
            if row:
                rows[writer.name] = row
    lines = ",\n ".join(json.dumps(rows[name]) for name in sorted(rows, key=str.lower))
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text(f"[\n {lines}\n]\n", "utf-8")
    return 0


def _read() -> list[dict[str, Any]]:
    return list(json.loads(TABLE.read_text("utf-8"))) if TABLE.exists() else []


def made(folder: Path) -> tuple[Path, Path]:
    """One picture as PNG (and PPM), the second time with a stated resolution."""
    y, x = np.mgrid[:96, :128]
    noise = np.random.default_rng(0).normal(0, 9, (96, 128, 3))
    ramps = np.stack([2 * x, 2.5 * y, x + y], -1)
    image = Image.fromarray(np.clip(ramps + noise, 0, 255).astype(np.uint8))
    plain, stated = folder / "plain.png", folder / "stated.png"
    image.save(plain)
    image.save(stated, dpi=(STATED, STATED))
    for path in (plain, stated):
        image.save(path.with_suffix(".ppm"))
    return plain, stated


def measured(writer: Writer, pictures: tuple[Path, Path], folder: Path) -> dict[str, Any] | None:
    """The row of a writer; None where no file of it could be read."""
    signatures: dict[str, list[int]] = {}
    densities: dict[str, set[str]] = {path.stem: set() for path in pictures}
    signed: set[str] = set()
    for path in pictures:
        for quality in QUALITIES:
            target = folder / "out.jpg"
            target.unlink(missing_ok=True)
            writer.write(path, target, quality)
            data = target.read_bytes() if target.exists() else b""
            try:
                structure = jpeg.read(data).jpeg if data else None
            except MediaError:
                structure = None
            if structure is None:
                continue
            found = encoders.layout(data, structure)
            key = encoders.signature(structure, found)
            qualities = signatures.setdefault(key, [])
            if quality not in qualities:
                qualities.append(quality)
            densities[path.stem].add(found.density)
            signed.add(structure.comments[0][:_SIGNED] if structure.comments else "")
    if not signatures:
        return None
    plain, stated = (densities[path.stem] for path in pictures)
    return {
        "writer": writer.name,
        "version": version_of(writer),
        "signatures": sorted(signatures),
        "qualities": sorted({q for known in signatures.values() for q in known}),
        # a writer that takes the resolution of its source may write any
        "density": "any" if plain != stated else " / ".join(sorted(plain)),
        "comment": signed.pop() if len(signed) == 1 else "",
    }


if __name__ == "__main__":
    sys.exit(main())
