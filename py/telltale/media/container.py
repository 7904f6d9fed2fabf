"""How a video file is stored, read without decoding a picture: the same in both runtimes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from telltale.media.bytesource import ByteSource


@dataclass(frozen=True, slots=True)
class Samples:
    """The n coded pictures of a video track in the order in which they are stored.

    Attributes
    ----------
    offset, size
        (n,) int64 bytes.
    time_s
        (n,) float64 presentation time in seconds.
    key
        (n,) bool, whether decoding can begin here.
    kind
        (n,) one byte each, b"I", b"P", b"B", or b"?" where the codec was not looked into.
    """

    offset: NDArray[np.int64]
    size: NDArray[np.int64]
    time_s: NDArray[np.float64]
    key: NDArray[np.bool_]
    kind: NDArray[np.bytes_]


@dataclass(frozen=True, slots=True)
class Structure:
    """A container's outline.

    `order` are its outermost elements as they stand; `encoders` strings that programs left, each
    with where it stood; `edits` the edit list as (duration_s, media start in s or -1, rate);
    `facts` anything else with a name; `unusual` sentences on what common writers do not leave.
    """

    container: str
    order: tuple[str, ...]
    encoders: tuple[tuple[str, str], ...] = ()
    edits: tuple[tuple[float, float, float], ...] = ()
    samples: Samples | None = None
    facts: dict[str, str | int | float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    unusual: tuple[str, ...] = ()


def read(source: ByteSource) -> Structure | None:
    """The structure of an ISO base media or Matroska file; None for another container.

    Damage is told in `notes`, never raised: the pictures may still be decodable.
    """
    from telltale.media import isobmff, matroska

    head = source.read(0, 16)
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return isobmff.read(source)
    if head[:4] == b"\x1aE\xdf\xa3":
        return matroska.read(source)
    return None
