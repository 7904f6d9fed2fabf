"""Pictures of known origin as they arrive in the wild: real and fake through one and the same way.

Nothing reaches a detector as it was published, because file formats and compression tables give
the label away; every picture is first cropped, reduced and saved again by a way that is drawn
without looking at its label.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.generated_image.sources import open_picture, origin
from models.training.augment import FILTERS, scale
from models.training.blending import region_composite, swap, warped_face
from models.training.data import SWAP, Cache, Media, Row
from models.verdict.edits import EDITS, region
from telltale.faces import pipeline
from telltale.runtime.context import Context

Pixels = NDArray[np.uint8]

#: Most pictures of one source and split; the larger sources would only slow the work.
MOST = 90
#: The same for the sources of `more.csv`: one of faces calibrates, many are tested on.
MOST_FURTHER = {"val": 40, "test": 20}
#: Sources of face manipulations: folder -> name in tables.
FACE_FAKES = {"faces_swap_lfw": "FaceSwap LFW", "faces_fake_ciplab": "CIPLab composites"}
#: Sources of edited regions: folder -> name in tables.
EDIT_FAKES = {
    "faces_fake_ciplab": "CIPLab composites",
    "casia2_tampered_samples": "CASIA 2 samples",
}
#: Most originals of one source that are edited here; the small pictures say less.
MOST_EDITED = 40
MOST_EDITED_SMALL = 15
SMALL_SIDE = 300
#: Longest side that a picture keeps.
LONGEST = 1600
#: The same for pictures whose face is manipulated here, and the narrowest face worth it.
LONGEST_MADE = 900
SMALLEST_FACE = 40
#: Share of the real pictures whose face is manipulated here, drawn by name.
SHARE_MADE = 0.3


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of known origin. `kind` is `real`, `generated`, `face` or `edited`."""

    name: str
    source: str
    split: str
    kind: str
    group: str
    pixels: Pixels


def published(media: Media, split: str, kinds: tuple[str, ...]) -> Iterator[Picture]:
    """Published pictures of a split and of some kinds, at most `MOST` of each source."""
    counts: dict[str, int] = {}
    for row in media.select(split=split):
        place = _place(row)
        if place is None:
            continue
        source, kind = place
        if kind not in kinds:
            continue
        counts[source] = counts.get(source, 0) + 1
        if counts[source] <= MOST:
            yield Picture(row.file, source, split, kind, row.file, open_picture(media, row))


def further(media: Media, split: str, kinds: tuple[str, ...]) -> Iterator[Picture]:
    """Pictures of the repositories of `more.csv`, at most `MOST_FURTHER` of each source.

    Sources that are held out everywhere are tested on. The order is that of the hashes, because
    names put pictures of one person side by side.
    """
    counts: dict[str, int] = {}
    splits = (split, "heldout") if split == "test" else (split,)
    for row in sorted((r for r in media.rows if r.source), key=lambda r: r.sha256):
        place = _place(row)
        if place is None or place[1] not in kinds or row.split not in splits:
            continue
        source, kind = place
        counts[source] = counts.get(source, 0) + 1
        if counts[source] <= MOST_FURTHER[split]:
            yield Picture(row.file, source, split, kind, row.file, open_picture(media, row))


def made_faces(reals: Iterator[Picture], context: Context) -> Iterator[Picture]:
    """Manipulations of the largest face of some real pictures: warped, parts blended, swapped.

    The donor is the face of the picture before, whether that one is manipulated or not.
    """
    donor: tuple[Pixels, NDArray[np.float32]] | None = None
    for real in reals:
        pixels = _within(real.pixels, LONGEST_MADE)
        faces = pipeline.find(pixels, context) if real.kind == "real" else ()
        if not faces or np.ptp(faces[0].landmarks[:, 0]) < SMALLEST_FACE:
            continue
        points = faces[0].landmarks
        if not drawn(real.name):
            donor = pixels, points
            continue
        rng = seeded(real.name)
        made = {"warped faces": warped_face(pixels, points, rng)[0]}
        if donor is not None:
            made["blended parts"] = region_composite(pixels, points, *donor, rng)[0]
            made["blended swaps"] = swap(pixels, points, *donor, rng)[0]
        donor = pixels, points
        for source, changed in made.items():
            name = f"{real.name}#{source}"
            yield Picture(name, source, real.split, "face", real.group, changed)


def drawn(name: str) -> bool:
    """Whether the face of this real picture is manipulated here."""
    return bool(seeded(f"{name}#made").random() < SHARE_MADE)


def edited(media: Media, splits: tuple[str, ...], share: float = 1.0) -> Iterator[Picture]:
    """Camera pictures, each untouched and with two of the `EDITS`; then published composites.

    Three in ten are first reduced, so that no older compression is left in them. The donor of a
    splice is the picture before. `share` of the originals, drawn by name, are given.
    """
    counts: dict[str, int] = {}
    kinds = list(EDITS)
    donor: Pixels | None = None
    chosen = [row for split in splits for row in media.select(split=split)]
    for row in chosen:
        place = _place(row)
        if place is None or place[1] != "real":
            continue
        source = place[0]
        if counts.get(source, 0) >= MOST_EDITED:
            continue
        pixels = _within(open_picture(media, row), LONGEST)
        small = min(pixels.shape[:2]) < SMALL_SIDE
        if small and counts.get(source, 0) >= MOST_EDITED_SMALL:
            continue
        index = counts[source] = counts.get(source, 0) + 1
        rng = seeded(f"{row.file}#edit")
        if not small and rng.random() < 0.3:
            pixels = scale(pixels, 0.6, "lanczos")
        if seeded(f"{row.file}#share").random() >= share:
            donor = pixels
            continue
        yield Picture(row.file, source, row.split, "real", row.file, pixels)
        for k in (2 * index, 2 * index + 1):
            name = kinds[k % len(kinds)]
            if name == "spliced" and donor is None:
                continue
            mask = region(*pixels.shape[:2], rng)
            changed = EDITS[name](pixels, pixels if donor is None else donor, mask, rng)
            yield Picture(f"{row.file}#{name}", name, row.split, "edited", row.file, changed)
        donor = pixels
    for row in chosen:
        if row.folder in EDIT_FAKES and not row.file.endswith("_gt.png"):
            source, pixels = EDIT_FAKES[row.folder], open_picture(media, row)
            yield Picture(row.file, source, row.split, "edited", row.file, pixels)


def repainted(work: Path, split: str, most: int = 30) -> Iterator[Picture]:
    """Real pictures painted again by the self-made generators (caches of `generated_image`)."""
    for path in sorted((work / "zoo").glob("*.json")):
        cache = Cache(path.with_suffix(""))
        for index in cache.where(lambda item: item.split == split and item.fake)[:most]:
            item = cache.items[index]
            source = f"self-made {path.stem}"
            yield Picture(
                f"{item.name}#{path.stem}", source, split, "generated", item.group, cache[index]
            )


def on_its_way(picture: Picture, trip: int, longest: int | None = LONGEST) -> bytes:
    """The file that arrives after one of several trips, drawn by name, never by label.

    Trip 0 is saved again at JPEG 70 to 95; trip 1 reduced to 0.5 to 0.95 and saved as JPEG 40 to
    95 or WebP 80, as messengers and networks do; trip 2 shown on a screen and photographed from
    it by the system (`screenshot`); trip 3 reduced to 0.3 to 0.5 and kept without loss, as previews
    are and as a large picture would be for a test that was calibrated on smaller ones. Before
    that the picture is reduced until no side is longer than `longest`.
    """
    pixels = picture.pixels if longest is None else _within(picture.pixels, longest)
    if trip == 3:
        rng = seeded(f"{picture.group}#{trip}")
        out = io.BytesIO()
        small = scale(pixels, float(rng.uniform(0.3, 0.5)), "bicubic")
        Image.fromarray(small).save(out, "PNG", compress_level=1)
        return out.getvalue()
    if trip == 2:
        return screenshot(pixels, seeded(f"{picture.group}#{trip}"))
    rng = seeded(f"{picture.group}#{trip}")
    sampling = 2 if rng.random() < 0.7 else 0
    out = io.BytesIO()
    if trip == 0:
        quality = int(rng.integers(70, 96))
        Image.fromarray(pixels).save(out, "JPEG", quality=quality, subsampling=sampling)
        return out.getvalue()
    shrunk = scale(pixels, float(rng.uniform(0.5, 0.95)), str(rng.choice(list(FILTERS))))
    if rng.random() < 0.15:
        Image.fromarray(shrunk).save(out, "WEBP", quality=80)
    else:
        quality = int(rng.integers(40, 96))
        Image.fromarray(shrunk).save(out, "JPEG", quality=quality, subsampling=sampling)
    return out.getvalue()


def screenshot(pixels: Pixels, rng: np.random.Generator) -> bytes:
    """A screenshot cut to the picture, emulated without a browser.

    The picture is drawn as wide as a page on a phone or a desktop shows it (never more than
    doubled), a few pixels of its edge are lost to the cut, and it is kept as PNG (what systems
    write) or as JPEG 80 to 92 (what is passed on).
    """
    width = int(rng.choice([360, 390, 412, 640, 720, 828, 1080]))
    factor = float(np.clip(width / pixels.shape[1], 0.25, 2.0))
    shown = scale(pixels, factor, str(rng.choice(["bilinear", "bicubic"])))
    top, left, bottom, right = (int(v) for v in rng.integers(0, 7, 4))
    cut = shown[top : shown.shape[0] - bottom, left : shown.shape[1] - right]
    out = io.BytesIO()
    if rng.random() < 0.4:
        Image.fromarray(cut).save(out, "PNG")
    else:
        Image.fromarray(cut).save(out, "JPEG", quality=int(rng.integers(80, 93)))
    return out.getvalue()


def _place(row: Row) -> tuple[str, str] | None:
    if row.folder in FACE_FAKES:
        return FACE_FAKES[row.folder], "face"
    if row.source and row.generator == SWAP:
        return row.source, "face"
    known = origin(row)
    return known and (known.source, "generated" if known.fake else "real")


def _within(pixels: Pixels, longest: int) -> Pixels:
    side = max(pixels.shape[:2])
    return pixels if side <= longest else scale(pixels, longest / side, "lanczos")


def seeded(name: str) -> np.random.Generator:
    """A generator that a name seeds."""
    return np.random.default_rng(int(hashlib.sha256(name.encode()).hexdigest()[:12], 16))
