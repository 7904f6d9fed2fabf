"""The blocks of a GIF file (GIF89a specification), without decoding a pixel."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from telltale.media.header import Header, check_size, cut_off, damaged
from telltale.media.model import MediaError

#: Sub-blocks walked: a byte each would take a minute in the largest file.
MAX_BLOCKS = 1_500_000
MAX_TEXTS, MAX_TEXT = 20, 4096


def read(data: bytes) -> Header:
    """Parse a file that begins with GIF8; raises `MediaError`.

    Only the first frame is examined, so a file cut off behind it is read, with a note.
    """
    size = len(data)
    if size < 13:
        raise cut_off("GIF", size, "inside its header")
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    check_size(width, height)
    at = 13 + (3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0)
    codec = data[:at]
    control, texts, notes = b"", list[tuple[str, str]](), list[str]()
    frames, alpha, xmp = 0, False, b""
    ended = False
    budget = iter(range(MAX_BLOCKS))
    try:
        while True:
            if at >= size:
                raise cut_off("GIF", size, "without the end-of-file byte")
            kind = data[at]
            if kind == 0x3B:
                ended = True
                break
            if kind == 0x21:
                label = data[at + 1 : at + 2]
                start = at + 2
                at = _skip_blocks(data, start, budget)
                if label == b"\xf9" and not frames and data[start] == 4:
                    control = data[start - 2 : at]
                    alpha = bool(data[start + 1] & 1)
                elif label == b"\xfe" and len(texts) < MAX_TEXTS:
                    texts.append(("comment", _blocks(data, start).decode("utf-8", "replace")))
                elif label == b"\xff" and data[start + 1 : start + 12] == b"XMP DataXMP":
                    xmp = data[start + 12 : max(at - 258, start + 12)]
            elif kind == 0x2C:
                start = at
                at = _skip_image(data, start, budget)
                frames += 1
                if frames == 1:
                    left, top, w, h = struct.unpack_from("<4H", data, start + 1)
                    if left + w > width or top + h > height or not w * h:
                        raise damaged("GIF", "its first frame lies outside the picture")
                    codec += control + data[start:at] + b";"
            else:
                raise damaged("GIF", f"there is no block where one should be, at byte {at:,}")
    except MediaError as error:
        if not frames:
            raise
        notes.append(f"The file goes wrong behind frame {frames}. ({error})")
    if not frames:
        raise damaged("GIF", "it has no picture in it")
    rest = size - at - 1
    return Header(
        format="GIF",
        mime="image/gif",
        width=width,
        height=height,
        bits=8,
        colour="palette",
        codec=codec,
        frames=frames,
        has_alpha=alpha,
        xmp=xmp,
        texts=tuple(texts),
        extras=(("bytes after the end of the picture", rest),) if ended and rest else (),
        notes=tuple(notes),
    )


def _skip_image(data: bytes, at: int, budget: Iterator[int]) -> int:
    """The offset behind the image block at `at`: descriptor, local palette, code size, data."""
    if at + 11 > len(data):
        raise cut_off("GIF", len(data), "inside a frame's header")
    flags = data[at + 9]
    palette = 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0
    return _skip_blocks(data, at + 11 + palette, budget)


def _skip_blocks(data: bytes, at: int, budget: Iterator[int]) -> int:
    """The offset behind the sub-blocks that begin at `at`."""
    size = len(data)
    for _ in budget:
        if at >= size:
            raise cut_off("GIF", size, "inside a frame or an extension")
        length = data[at]
        at += 1 + length
        if not length:
            return at
    raise damaged("GIF", f"it has more than {MAX_BLOCKS:,} blocks")


def skip_blocks(data: bytes, at: int) -> int:
    """The offset behind the sub-blocks at `at`; the file's end where they are cut off."""
    try:
        return _skip_blocks(data, at, iter(range(MAX_BLOCKS)))
    except MediaError:
        return len(data)


def _blocks(data: bytes, at: int) -> bytes:
    """The joined sub-blocks at `at`, up to `MAX_TEXT` bytes."""
    out = b""
    while data[at] and len(out) < MAX_TEXT:
        out += data[at + 1 : at + 1 + data[at]]
        at += 1 + data[at]
    return out[:MAX_TEXT]
