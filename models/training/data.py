"""Training media: archives read in place, decoded once, cached as one flat uint8 array."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

#: The archives of a data folder, each with a `manifest.json` inside.
ARCHIVES = ("media-v1.tar", "media-v2.tar")
#: Where `more.csv` lists the pictures of further public repositories with their hashes, and
#: `more_sources.csv` the repositories with commit and licence. The pictures are not part of this.
MORE = Path(__file__).parent
CAMERA = "camera"
#: The family of pictures in which a face alone is not genuine: for the models of faces.
SWAP = "face swap"

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Row:
    """One file of a manifest. `folder` is the first part of `file`; `split` train, val or test.

    Rows of `more.csv` have no archive. They name their `source`, their generator is the family, and
    their split may be heldout, which no training, choice or threshold sees.
    """

    archive: str
    file: str
    split: str
    label: str
    generator: str
    licence: str
    sha256: str
    source: str = ""

    @property
    def folder(self) -> str:
        return self.file.split("/", 1)[0]


class Media:
    """The archives of a data folder, opened for reading by row; members are never unpacked.

    `more` is a folder of the files of `more.csv`, by their `file`.
    """

    def __init__(
        self, folder: Path, archives: Sequence[str] = ARCHIVES, more: Path | None = None
    ) -> None:
        self.more = more
        self.rows: list[Row] = further_rows() if more else []
        self._tars: dict[str, tarfile.TarFile] = {}
        self._members: dict[tuple[str, str], tarfile.TarInfo] = {}
        for name in archives:
            tar = tarfile.open(Path(folder) / name)  # noqa: SIM115 - kept open for reading
            self._tars[name] = tar
            for member in tar.getmembers():
                self._members[name, member.name.removeprefix("./")] = member
            self.rows += read_manifest(name, self._bytes(name, "manifest.json"))

    def read(self, row: Row) -> bytes:
        """The original bytes of a file. Raises ValueError where a further one is another."""
        if row.archive or self.more is None:
            return self._bytes(row.archive, row.file)
        data = (self.more / row.file).read_bytes()
        if hashlib.sha256(data).hexdigest() != row.sha256:
            raise ValueError(f"{row.file} is not the file that more.csv names")
        return data

    def select(self, *, folder: str | None = None, split: str | None = None) -> list[Row]:
        """Rows of a folder and split, in the order of their names."""
        rows = [
            row for row in self.rows if folder in (None, row.folder) and split in (None, row.split)
        ]
        return sorted(rows, key=lambda row: row.file)

    def _bytes(self, archive: str, name: str) -> bytes:
        handle = self._tars[archive].extractfile(self._members[archive, name])
        if handle is None:
            raise FileNotFoundError(f"{archive} holds no file {name}")
        return handle.read()


def read_manifest(archive: str, data: bytes) -> list[Row]:
    """Rows of a `manifest.json`."""
    return [
        Row(
            archive,
            row["file"],
            row["split"],
            row["label"],
            row.get("generator") or "",
            row.get("licence") or "",
            row["sha256"],
        )
        for row in json.loads(data)
    ]


def further_rows(folder: Path | None = None) -> list[Row]:
    """Rows of `more.csv`, each with what `more_sources.csv` says of its folder."""
    folder = folder or MORE
    sources = further_sources(folder)
    with (folder / "more.csv").open(newline="", encoding="utf-8") as file:
        return [
            further_row(row, sources[row["file"].split("/", 1)[0]]) for row in csv.DictReader(file)
        ]


def further_sources(folder: Path | None = None) -> dict[str, dict[str, str]]:
    """Rows of `more_sources.csv` by their folder."""
    with ((folder or MORE) / "more_sources.csv").open(newline="", encoding="utf-8") as file:
        return {row["folder"]: row for row in csv.DictReader(file)}


def further_row(row: dict[str, str], about: dict[str, str]) -> Row:
    """A row of both tables; `camera` is the family of genuine pictures."""
    label = "real" if about["family"] == CAMERA else "fake"
    return Row(
        "",
        row["file"],
        row["split"],
        label,
        about["family"],
        about["licence"],
        row["sha256"],
        about["source"],
    )


def decode(data: bytes) -> Pixels:
    """(H, W, 3) uint8 of an image file, metadata and colour profile dropped."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def jpeg_history(data: bytes) -> tuple[dict[int, list[int]], int] | None:
    """Quantisation tables and Pillow's subsampling code of a JPEG; None for other formats.

    Saving a re-synthesised picture with them gives it the last compression of its original, so
    that the tables cannot tell the two apart.
    """
    with Image.open(io.BytesIO(data)) as image:
        if image.format != "JPEG":
            return None
        from PIL import JpegImagePlugin

        sampling = JpegImagePlugin.get_sampling(image)
        tables = {key: list(table) for key, table in image.quantization.items()}
        return tables, sampling if sampling >= 0 else 2


def save_like(pixels: Pixels, history: tuple[dict[int, list[int]], int] | None) -> Pixels:
    """`pixels` after a JPEG round trip with the tables and subsampling of `jpeg_history`."""
    if history is None:
        return pixels
    tables, sampling = history
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", qtables=tables, subsampling=sampling)
    return decode(out.getvalue())


@dataclass(frozen=True, slots=True)
class Item:
    """What is known of one cached picture. `group` ties pictures made from one original."""

    name: str
    source: str
    split: str
    fake: bool
    family: str
    group: str


class Cache:
    """Pictures of any size in one flat uint8 file (`NAME.npy`) with an index (`NAME.json`)."""

    def __init__(self, path: Path) -> None:
        index = json.loads(path.with_suffix(".json").read_text("utf-8"))
        self.items = [Item(**row) for row in index["items"]]
        self.shapes = [tuple(shape) for shape in index["shapes"]]
        self._starts = np.concatenate(
            [[0], np.cumsum([h * w * 3 for h, w in self.shapes], dtype=np.int64)]
        )
        self._flat = np.load(path.with_suffix(".npy"), mmap_mode="r")

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> Pixels:
        h, w = self.shapes[index]
        start = self._starts[index]
        return self._flat[start : start + h * w * 3].reshape(h, w, 3)

    def where(self, keep: Callable[[Item], bool]) -> list[int]:
        """Indices of the items that `keep` accepts."""
        return [index for index, item in enumerate(self.items) if keep(item)]


def write_cache(path: Path, pictures: Iterable[tuple[Item, Pixels]]) -> None:
    """Write a `Cache`, one picture in memory at a time.

    The index comes last, so that a broken run leaves no readable cache.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    items, shapes, total = [], [], 0
    with path.with_suffix(".npy").open("wb") as file:
        _header(file, 2**62)  # of the same length as that of the true number, written at the end
        for item, pixels in pictures:
            items.append(asdict(item))
            shapes.append(pixels.shape[:2])
            total += file.write(np.ascontiguousarray(pixels, np.uint8).tobytes())
        file.seek(0)
        _header(file, total)
    index = {"items": items, "shapes": shapes}
    path.with_suffix(".json").write_text(json.dumps(index), "utf-8")


def _header(file: IO[bytes], length: int) -> None:
    about = {"descr": "|u1", "fortran_order": False, "shape": (length,)}
    np.lib.format.write_array_header_1_0(file, about)
