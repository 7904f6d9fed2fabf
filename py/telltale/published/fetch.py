"""Fetch a file of weights from its authors' address, where its licence permits that."""

from __future__ import annotations

import hashlib
import tempfile
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from telltale.published import catalogue, importer
from telltale.published.catalogue import Download, Published
from telltale.published.containers import LARGEST
from telltale.published.importer import Imported, Precision
from telltale.published.refusal import ImportRefused

_PIECE = 1 << 20
_TIMEOUT_S = 60
Progress = Callable[[int, int], None]


def download_of(row: Published, sha256: str = "") -> Download:
    """Where to fetch `row` and what its hash must be; `sha256` is the person's, where we have none.

    Raises `ImportRefused` where the licence forbids it, or where nobody knows the hash.
    """
    if row.download is None:
        why = "we may not fetch it for you" if not row.shippable else "it has no address of a file"
        raise ImportRefused(
            "not_published", f"{row.title}: {why}. Get it yourself from {row.source}."
        )
    wanted = row.download.sha256 or sha256.lower()
    if len(wanted) != 64 or not set(wanted) <= set("0123456789abcdef"):
        raise ImportRefused(
            "wrong_hash",
            f"We never held the file of {row.title}, so we cannot vouch for it. Look its SHA-256 "
            f"up where its authors offer it ({row.source}) and add --sha256.",
        )
    return replace(row.download, sha256=wanted)


def fetch(
    name: str,
    place: Path | None = None,
    *,
    sha256: str = "",
    precision: Precision = "float32",
    progress: Progress = lambda done, total: None,
) -> Imported:
    """Download, check the hash, import; raises `ImportRefused`, and then nothing was changed."""
    row = catalogue.CATALOGUE.get(name)
    if row is None:
        known = ", ".join(key for key, one in catalogue.CATALOGUE.items() if one.download)
        raise ImportRefused("not_published", f"No model is called {name!r}. Known: {known}.")
    where = download_of(row, sha256)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / (Path(urlsplit(where.url).path).name or name)
        _download(where, path, progress)
        return importer.import_file(name, path, place, precision=precision)


def _download(where: Download, path: Path, progress: Progress) -> None:
    parts = urlsplit(where.url)
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost"):
        raise ImportRefused("unreadable", "Weights are fetched over https only.")
    digest, done = hashlib.sha256(), 0
    try:
        with urllib.request.urlopen(where.url, timeout=_TIMEOUT_S) as answer, path.open("wb") as to:
            total = int(answer.headers.get("Content-Length") or 0)
            while piece := answer.read(_PIECE):
                done += len(piece)
                if done > LARGEST:
                    raise ImportRefused("unreadable", "The file is larger than a gigabyte.")
                digest.update(piece)
                to.write(piece)
                progress(done, total)
    except OSError as error:
        raise ImportRefused("unreadable", f"The file could not be fetched: {error}.") from error
    if total and done != total:
        raise ImportRefused("unreadable", f"Only {done} of {total} bytes arrived.")
    if digest.hexdigest() != where.sha256:
        raise ImportRefused(
            "wrong_hash",
            f"The file's SHA-256 is {digest.hexdigest()}, not {where.sha256}. It was thrown away.",
        )
