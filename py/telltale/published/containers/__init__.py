"""Readers of the containers in which weights are published: bytes in, named arrays out.

No reader executes anything that a file asks for. A file says what it is by its first bytes, never
by its name.
"""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from telltale.published.refusal import ImportRefused

Read = Callable[[], bytes]
Arrays = Mapping[str, NDArray[np.generic]]
#: Larger files are refused: the largest published network here has 160 MB.
LARGEST = 1 << 30
_HDF5 = b"\x89HDF\r\n\x1a\n"
_ZIP = b"PK\x03\x04"


def read(path: Path, member: str | None = None) -> dict[str, NDArray[np.generic]]:
    """Every array of a file of weights by its published name.

    Parameters
    ----------
    path
        The file: PyTorch (either container, also inside tar), safetensors, Keras HDF5, a pickle
        of arrays, or any file of a TensorFlow checkpoint (its index and data lie beside it).
    member
        The file to take from a ZIP or tar archive that holds several.

    Raises
    ------
    ImportRefused
        With the reason, for whatever is not a complete file of arrays.
    """
    from telltale.published.containers import (
        keras_h5,
        restricted_pickle,
        safetensors_file,
        tensorflow_checkpoint,
        torch_file,
    )

    if (index := tensorflow_checkpoint.index_of(path)) is not None:
        return tensorflow_checkpoint.read(index)
    data = read_bytes(path)
    try:
        data = _unwrapped(data, member)
        if data.startswith(_HDF5):
            return keras_h5.read(data)
        if torch_file.recognises(data):
            return torch_file.read(data)
        if safetensors_file.recognises(data):
            return safetensors_file.read(data)
        if restricted_pickle.recognises(data):
            return restricted_pickle.arrays(data)
    except ImportRefused:
        raise
    except Exception as error:  # whatever damaged bytes make a reader stumble over
        raise ImportRefused("unreadable", f"The file is damaged or incomplete: {error}.") from error
    raise ImportRefused(
        "unknown_container",
        "The file is none of: PyTorch, safetensors, Keras HDF5, TensorFlow checkpoint, pickle of "
        "arrays.",
    )


def read_bytes(path: Path) -> bytes:
    """The bytes of a file; raises `ImportRefused` where it cannot be read or is too large."""
    try:
        if path.stat().st_size > LARGEST:
            raise ImportRefused("unreadable", "The file is larger than a gigabyte.")
        return path.read_bytes()
    except OSError as error:
        sentence = f"The file could not be read: {error.strerror or error}."
        raise ImportRefused("unreadable", sentence) from error


def _unwrapped(data: bytes, member: str | None) -> bytes:
    """The one file of weights inside an archive; `data` itself where it is no archive."""
    if data.startswith(_ZIP):
        members = _zip_members(data)
    elif data[257:262] == b"ustar":
        members = _tar_members(data)
    else:
        return data
    if members is None:
        return data
    if member is not None:
        if member not in members:
            raise ImportRefused("unreadable", f"The archive has no member {member!r}.")
        return members[member]()
    if len(members) != 1:
        names = ", ".join(sorted(members)[:12])
        raise ImportRefused(
            "unreadable", f"The archive holds several files; name one with --member: {names}."
        )
    return next(iter(members.values()))()


def _zip_members(data: bytes) -> dict[str, Read] | None:
    archive = _open_zip(data)
    files = [info for info in archive.infolist() if not info.is_dir()]
    if any(info.filename.endswith("data.pkl") for info in files):
        return None  # PyTorch's own container
    if sum(info.file_size for info in files) > LARGEST:
        raise ImportRefused("unreadable", "The archive unpacks to more than a gigabyte.")

    def reader(info: zipfile.ZipInfo) -> Read:
        return lambda: archive.read(info)

    return {info.filename: reader(info) for info in files}


def _tar_members(data: bytes) -> dict[str, Read]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        files = [info for info in archive.getmembers() if info.isfile()]

    def reader(info: tarfile.TarInfo) -> Read:
        # members of an uncompressed tar lie in it as they are
        return lambda: data[info.offset_data : info.offset_data + info.size]

    return {info.name: reader(info) for info in files}


def _open_zip(data: bytes) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except zipfile.BadZipFile as error:
        raise ImportRefused("unreadable", "The file is damaged or incomplete.") from error


def tensorflow_checkpoint_index(path: Path) -> Path:
    """The index file of the TensorFlow checkpoint that `path` belongs to."""
    from telltale.published.containers import tensorflow_checkpoint

    return tensorflow_checkpoint.index_of(path) or path
