"""Picture types and encoder notes from the first bytes of coded pictures."""

from __future__ import annotations

import re
import struct

import numpy as np
from numpy.typing import NDArray

from telltale.media.bytesource import ByteSource

#: Pictures looked into; beyond this only whether decoding can begin there.
MOST = 4000
_H264_SLICES = (b"P", b"B", b"I", b"P", b"I")
_MPEG4_VOPS = (b"I", b"P", b"B", b"P")
#: What x264, x265, libvpx and others write into the stream itself.
_NOTES = re.compile(
    rb"(x264 - core \d+[ -~]*|x265 \(build[ -~]*|Lavc[\d.]+[ -~]{0,40}|SVT-AV1[ -~]*)"
)


def kinds(
    source: ByteSource,
    codec: bytes,
    entry: bytes,
    offset: NDArray[np.int64],
    size: NDArray[np.int64],
    key: NDArray[np.bool_],
) -> NDArray[np.bytes_]:
    """(n,) b"I", b"P", b"B" of samples; b"?" where only a key frame could have been told.

    H.264 (`avc1`, `avc3`) by the slice type of the first slice (ITU-T H.264, 7.4.3), MPEG-4
    part 2 (`mp4v`) by the VOP coding type (ISO/IEC 14496-2, 6.3.5).
    """
    out = np.where(key, b"I", b"?").astype("S1")
    if codec not in (b"avc1", b"avc3", b"mp4v"):
        return out
    length = _length_size(entry)
    for k in range(min(len(offset), MOST)):
        if offset[k] < 0:
            continue
        if codec == b"mp4v":
            head = source.read(int(offset[k]), int(min(size[k], 64)))
            at = head.find(b"\0\0\1\xb6")
            if 0 <= at < len(head) - 4:
                out[k] = _MPEG4_VOPS[head[at + 4] >> 6]
        elif (kind := _h264(source, int(offset[k]), int(size[k]), length)) is not None:
            out[k] = kind
    return out


def left_by_encoder(
    source: ByteSource, offset: NDArray[np.int64], size: NDArray[np.int64]
) -> list[tuple[str, str]]:
    """Strings that an encoder wrote into the first coded pictures."""
    found = []
    for k in range(min(len(offset), 2)):
        if offset[k] >= 0:
            head = source.read(int(offset[k]), int(min(size[k], 8192)))
            for match in _NOTES.finditer(head):
                found.append(("coded stream", match.group().decode("ascii", "replace")[:400]))
    return found


def _length_size(entry: bytes) -> int:
    at = entry.find(b"avcC")
    return (entry[at + 8] & 3) + 1 if at >= 0 and len(entry) > at + 8 else 4


def _h264(source: ByteSource, offset: int, size: int, length: int) -> bytes | None:
    """The type of the first slice in one sample of length-prefixed units."""
    at = 0
    for _ in range(12):
        head = source.read(offset + at, min(length + 12, size - at))
        if len(head) < length + 2:
            return None
        unit = int.from_bytes(head[:length], "big")
        if head[length] & 0x1F in (1, 5):
            return _slice_type(head[length + 1 :])
        at += length + unit
        if unit < 1 or at >= size:
            return None
    return None


def _slice_type(payload: bytes) -> bytes | None:
    """The second Exp-Golomb number of a slice header."""
    bits = "".join(f"{byte:08b}" for byte in payload)
    at = 0
    for position in range(2):
        zeros = 0
        while at + zeros < len(bits) and bits[at + zeros] == "0":
            zeros += 1
        end = at + 2 * zeros + 1
        if end > len(bits):
            return None
        value = int(bits[at + zeros : end], 2) - 1
        at = end
        if position == 1:
            return _H264_SLICES[value % 5] if value < 10 else None
    return None


def unpack_floats(data: bytes) -> float:
    """A big-endian EBML float of 4 or 8 bytes; 0 for none."""
    if len(data) == 8:
        return float(struct.unpack(">d", data)[0])
    return float(struct.unpack(">f", data)[0]) if len(data) == 4 else 0.0
