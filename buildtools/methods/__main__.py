"""`python -m buildtools.methods [ID ...]`: run the tests on made-up files and write their pages."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from buildtools.methods import examples, page
from telltale import analysis, detectors
from telltale.finding import Card, Map
from telltale.media.model import Media
from telltale.report.colour import cividis
from telltale.runtime.cameras import Camera
from telltale.runtime.context import Context
from telltale.runtime.inference import OnnxModels

OUT = Path(__file__).resolve().parents[2] / "docs/methods"
#: Width of a picture and of a map beside it, in pixels.
WIDTH = 280


def main(wanted: list[str]) -> int:
    """Write the pages of all tests, after running the examples of `wanted` or else of all."""
    OUT.mkdir(parents=True, exist_ok=True)
    path = OUT / "examples.json"
    kept = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    cards: list[Card] = []
    found: dict[str, page.Example | None] = {}
    for entry in detectors.REGISTRY:
        card = detectors.load(entry).CARD
        cards.append(card)
        stale = card.id not in kept or (kept[card.id] or {}).get("version", "") != card.version
        if card.id in wanted or (not wanted and (stale or "--all" in sys.argv)):
            print(f"{card.id} ...", flush=True)
            found[card.id] = example(entry)
        else:
            found[card.id] = page.stored(kept.get(card.id))
        (OUT / f"{card.id}.md").write_text(page.page(card, found[card.id]), "utf-8")
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    (OUT / "README.md").write_text(page.index(cards), "utf-8")
    return 0


def example(entry: detectors.Entry) -> page.Example | None:
    """Run a test on both files of its pair."""
    module = detectors.load(entry)
    pair = examples.of(module, module.CARD.family)
    if pair is None:
        return None
    return {
        "version": module.CARD.version,
        "done": pair.done,
        "innocent": _shown(entry, pair.innocent, "innocent", pair.cameras),
        "changed": _shown(entry, pair.changed, "changed", pair.cameras),
    }


def _shown(
    entry: detectors.Entry, data: bytes, which: str, cameras: tuple[Camera, ...]
) -> page.Shown:
    state = analysis.begin(data, "made-up")
    context = Context(OnnxModels(), cameras=lambda: cameras)
    if entry.faces:
        analysis.find_faces(state, context)
    module = detectors.load(entry)
    finding = analysis.run_module(module, state.scene, context)
    image = ""
    if module.CARD.family == "forensic":
        image = f"{entry.id}-{which}.webp"
        name = examples.MAP_OF.get(entry.id)
        shown = next((m for m in finding.maps if name in (None, m.name)), None)
        _picture(state.media, shown).save(OUT / image, "WEBP", quality=80, method=6)
    score = finding.score
    text = f"{score.name} {score.value:.3g} {score.unit}".strip() if score else ""
    return {"image": image, "sentence": finding.sentence, "score": text.replace("_", " ")}


def _picture(media: Media, shown: Map | None) -> Image.Image:
    """The picture, and beside it a map, in cividis; white where the map does not reach."""
    height = round(WIDTH * media.height / media.width)
    out = Image.new("RGB", (2 * WIDTH + 8, height), "white")
    out.paste(Image.fromarray(media.pixels).resize((WIDTH, height), Image.Resampling.BOX))
    if shown is None:
        return out
    values = shown.values
    if shown.space == "frequency":
        # single points are what matters there, and averaging would drown them
        values = ndimage.maximum_filter(values, 3)
    if values.ndim == 2:
        unit = (values.astype(np.float64) - shown.low) / max(shown.high - shown.low, 1e-12)
        values = cividis(np.clip(np.nan_to_num(unit), 0, 1))
    box = shown.box
    scale = WIDTH / media.width
    if box is None or shown.space == "frequency":
        left, top, size = 0, 0, (WIDTH, height)
    else:
        left, top = round(box.x * scale), round(box.y * scale)
        size = max(1, round(box.w * scale)), max(1, round(box.h * scale))
    small = Image.fromarray(values).resize(size, Image.Resampling.BOX)
    out.paste(small, (WIDTH + 8 + left, top))
    return out


if __name__ == "__main__":
    sys.exit(main([one for one in sys.argv[1:] if not one.startswith("-")]))
