"""Datasets as their authors lay them out, with their official splits.

A layout is a function of the root folder that yields every item with what its name or its lists
say of it. Nothing is opened but the lists.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp"})
VIDEOS = frozenset({".mp4", ".avi", ".mov", ".mkv", ".webm"})


class LayoutError(Exception):
    """The folder is not laid out like the dataset; the message says what was looked for."""


@dataclass(frozen=True, slots=True)
class Item:
    """One picture, video, or folder of a video's frames.

    Attributes
    ----------
    path
        The file, or the folder of frames.
    fake, method
        Its label; the manipulation or generator, "real" for real ones.
    split
        "train", "val" or "test" by the dataset's own lists; "test" where it has none.
    group
        What must not be drawn apart: the original video, the person, the picture.
    compression
        As the dataset names it ("raw", "c23", "c40"), else empty.
    """

    path: Path
    fake: bool
    method: str
    split: str
    group: str
    compression: str = ""


FACEFORENSICS_METHODS = ("Deepfakes", "Face2Face", "FaceShifter", "FaceSwap", "NeuralTextures")
_COMPRESSIONS = {"raw": "raw", "c0": "raw", "c23": "c23", "c40": "c40"}


def faceforensics(root: Path) -> Iterator[Item]:
    """FaceForensics++: five methods, three compressions; splits are pairs of identities [1].

    `splits/train.json`, `val.json` and `test.json` (from the authors' repository) lie in the
    root. A pair (a, b) holds the originals a and b and the fakes a_b and b_a.

    .. [1] A. Rössler et al., ICCV 2019, section 3.
    """
    split_of = {}
    for split in ("train", "val", "test"):
        for pair in json.loads(_list(root / "splits" / f"{split}.json")):
            for name in pair:
                split_of[str(name)] = split
    real = root / "original_sequences/youtube"
    for item in _compressed(real, "real", False):
        if item.path.stem in split_of:
            yield _in_split(item, split_of[item.path.stem], item.path.stem)
    for method in FACEFORENSICS_METHODS:
        for item in _compressed(root / "manipulated_sequences" / method, method, True):
            target, _, source = item.path.stem.partition("_")
            # a fake belongs to a split only when both of its identities do
            if split_of.get(target) and split_of.get(target) == split_of.get(source):
                yield _in_split(item, split_of[target], min(target, source))


def deepfake_detection(root: Path) -> Iterator[Item]:
    """DeepFakeDetection (Google and Jigsaw), beside FaceForensics++; it has no official split."""
    for item in _compressed(root / "original_sequences/actors", "real", False):
        yield _in_split(item, "test", item.path.stem.partition("__")[0])
    place = root / "manipulated_sequences/DeepFakeDetection"
    for item in _compressed(place, "DeepFakeDetection", True):
        yield _in_split(item, "test", item.path.stem.partition("_")[0])


def _compressed(place: Path, method: str, fake: bool) -> Iterator[Item]:
    """Videos or folders of frames below `<compression>/videos` or `<compression>/images`."""
    for folder, compression in _COMPRESSIONS.items():
        images, videos = place / folder / "images", place / folder / "videos"
        if images.is_dir():  # extracted frames are what the paper measured on
            for path in sorted(p for p in images.iterdir() if p.is_dir()):
                yield Item(path, fake, method, "", "", compression)
        elif videos.is_dir():
            for path in _files(videos, VIDEOS):
                yield Item(path, fake, method, "", "", compression)


def celeb_df(root: Path) -> Iterator[Item]:
    """Celeb-DF v1 and v2: `List_of_testing_videos.txt` names the test videos, 1 meaning real [1].

    Of a fake `id0_id1_0000` the target person `id0` is the group.

    .. [1] Y. Li et al., "Celeb-DF", CVPR 2020.
    """
    listed = _list(root / "List_of_testing_videos.txt").splitlines()
    testing = {line.split(maxsplit=1)[1].strip() for line in listed if line.strip()}
    for folder, fake in (("Celeb-real", False), ("YouTube-real", False), ("Celeb-synthesis", True)):
        for path in _files(root / folder, VIDEOS):
            name = f"{folder}/{path.name}"
            split = "test" if name in testing else "train"
            group = path.stem.partition("_")[0] if path.stem.startswith("id") else path.stem
            yield Item(path, fake, folder if fake else "real", split, group)


def dfdc(root: Path) -> Iterator[Item]:
    """DFDC: `metadata.json` beside the videos of each part, `labels.csv` beside the test videos."""
    lists = sorted(root.rglob("metadata.json"))
    for path in lists:
        for name, row in json.loads(_list(path)).items():
            fake = str(row["label"]).upper() == "FAKE" or row.get("is_fake") == 1
            group = str(row.get("original") or name)
            split = {"validation": "val"}.get(str(row.get("split", "train")))
            split = split or str(row.get("split", "train"))
            yield Item(path.parent / name, fake, "fake" if fake else "real", split, group)
    for path in sorted(root.rglob("labels.csv")):
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                fake = row["label"].strip() == "1"
                name = row["filename"]
                yield Item(path.parent / name, fake, "fake" if fake else "real", "test", name)
    if not lists and not any(root.rglob("labels.csv")):
        raise LayoutError("No metadata.json and no labels.csv was found below the folder.")


def dfdc_preview(root: Path) -> Iterator[Item]:
    """DFDC preview: `dataset.json` names every video with label, set and target person."""
    for name, row in json.loads(_list(root / "dataset.json")).items():
        fake = row["label"] == "fake"
        method = name.split("/")[0] if fake else "real"
        group = str(row.get("target_id") or name)
        yield Item(root / name, fake, method, str(row.get("set", "test")), group)


def uadfv(root: Path) -> Iterator[Item]:
    """UADFV: 49 videos in `real/` and, each made from one of them, 49 in `fake/`."""
    for folder, fake in (("real", False), ("fake", True)):
        for path in _files(root / folder, VIDEOS):
            group = path.stem.removesuffix("_fake")
            yield Item(path, fake, "fake" if fake else "real", "test", group)


def forensynths(root: Path) -> Iterator[Item]:
    """ForenSynths (CNNDetection): any folder that holds `0_real` and `1_fake`; its set's name is
    the first folder below the root [1].

    .. [1] S.-Y. Wang et al., CVPR 2020, section 3.
    """
    pairs = sorted(path.parent for path in root.rglob("1_fake") if path.is_dir())
    if not pairs:
        raise LayoutError("No folder with 0_real and 1_fake was found.")
    for place in pairs:
        parts = place.relative_to(root).parts
        split = parts[0] if parts and parts[0] in ("train", "val", "test") else "test"
        named = parts[1:] if split == (parts[0] if parts else "") else parts
        name = named[0] if named else root.name
        for folder, fake in (("0_real", False), ("1_fake", True)):
            for path in _files(place / folder, PICTURES):
                yield Item(path, fake, name, split, f"{folder}/{path.stem}")


def genimage(root: Path) -> Iterator[Item]:
    """GenImage: `<generator>/{train,val}/{ai,nature}`; papers test on `val` [1].

    .. [1] M. Zhu et al., "GenImage", NeurIPS 2023.
    """
    places = sorted(path.parent for path in root.rglob("ai") if path.is_dir())
    if not places:
        raise LayoutError("No folder <generator>/val/ai was found.")
    for place in places:
        name = place.parent.relative_to(root).parts[0]
        split = "test" if place.name == "val" else place.name
        for folder, fake in (("nature", False), ("ai", True)):
            # an unpacked part of a generator may hold one kind only
            for path in _files(place / folder, PICTURES) if (place / folder).is_dir() else ():
                yield Item(path, fake, name, split, f"{folder}/{path.stem}")


Layout = Callable[[Path], Iterator[Item]]
LAYOUTS: dict[str, Layout] = {
    "faceforensics": faceforensics,
    "celeb_df": celeb_df,
    "dfdc": dfdc,
    "dfdc_preview": dfdc_preview,
    "dfd": deepfake_detection,
    "uadfv": uadfv,
    "forensynths": forensynths,
    "genimage": genimage,
}


def _in_split(item: Item, split: str, group: str) -> Item:
    return Item(item.path, item.fake, item.method, split, group, item.compression)


def _files(folder: Path, endings: frozenset[str]) -> list[Path]:
    if not folder.is_dir():
        raise LayoutError(f"The folder {folder} is missing.")
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in endings)


def _list(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise LayoutError(f"The list {path} is missing.") from error
