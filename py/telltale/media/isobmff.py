"""MP4 and MOV: the boxes of ISO/IEC 14496-12, and the coded pictures they point to."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from telltale.media.boxes import children, outermost, word
from telltale.media.boxes_unusual import unusual
from telltale.media.bytesource import ByteSource
from telltale.media.container import Samples, Structure
from telltale.media.picturetypes import kinds, left_by_encoder

#: The largest index (`moov`) that is read: ten hours of video have about 30 MB.
_MOST_INDEX = 128 * 2**20
_MOST_SAMPLES = 2_000_000
_NESTED = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"udta", b"moof", b"traf", b"mvex")
_IDENTITY = (1, 0, 0, 1)


def read(source: ByteSource) -> Structure:
    """The outline and the samples of the first video track; damage is told in notes."""
    notes: list[str] = []
    outer = list(outermost(source, notes))
    order = tuple(word(box.kind) for box in outer)
    brand = source.read(8, 4) if outer and outer[0].kind == b"ftyp" else b"qt  "
    container = "QuickTime" if brand == b"qt  " else "MP4"
    facts: dict[str, str | int | float] = {"major_brand": word(brand)}
    moov = next((box for box in outer if box.kind == b"moov"), None)
    if moov is None:
        notes.append("The file has no index (moov): it was never finished, or is cut off.")
        return Structure(container, order, facts=facts, notes=tuple(notes))
    if moov.end - moov.start > _MOST_INDEX:
        notes.append("The file's index is too large to be read.")
        return Structure(container, order, facts=facts, notes=tuple(notes))
    data = source.read(moov.start, moov.end - moov.start)
    encoders: list[tuple[str, str]] = []
    samples: Samples | None = None
    edits: tuple[tuple[float, float, float], ...] = ()
    stored: int | None = None
    try:
        boxes = _named(data)
        encoders += _texts(data)
        facts |= _movie(boxes)
        facts["index_first"] = int(
            order.index("moov") < order.index("mdat") if "mdat" in order else True
        )
        for track in (body for kind, body in children(data) if kind == b"trak"):
            inside = _named(track)
            if inside.get(b"hdlr", b"")[8:12] != b"vide":
                continue
            facts["handler"] = inside[b"hdlr"][24:].split(b"\0")[0].decode("utf-8", "replace")[:80]
            scale, _ = _media_header(inside)
            edits = _edits(inside, int(facts.get("timescale", 1000)), scale)
            samples, found = _samples(source, inside, scale)
            encoders += found
            facts |= _entry(inside.get(b"stsd", b""))
            break
        fragments = sum(box.kind == b"moof" for box in outer)
        if fragments:
            facts["fragments"] = fragments
        else:
            stored = _stored(data)
    except (struct.error, IndexError, KeyError, ValueError, OverflowError) as error:
        notes.append(f"The file's index is damaged ({type(error).__name__}).")
    return Structure(
        container,
        order,
        tuple(dict.fromkeys(encoders)),
        edits,
        samples,
        facts,
        tuple(notes),
        unusual(source, outer, stored),
    )


def _flat(data: bytes, depth: int = 0) -> Iterator[tuple[bytes, bytes]]:
    """Every box of `data` and of the boxes that hold boxes."""
    for kind, body in children(data):
        yield kind, body
        if kind in _NESTED and depth < 8:
            yield from _flat(body, depth + 1)


def _named(data: bytes) -> dict[bytes, bytes]:
    """The first box of every type; QuickTime has a second `hdlr`, for data references."""
    found: dict[bytes, bytes] = {}
    for kind, body in _flat(data):
        found.setdefault(kind, body)
    return found


def _movie(boxes: dict[bytes, bytes]) -> dict[str, str | int | float]:
    body = boxes.get(b"mvhd", b"")
    if not body:
        return {}
    wide = body[0] == 1
    created, _, scale, duration = struct.unpack_from(">QQIQ" if wide else ">IIII", body, 4)
    facts: dict[str, str | int | float] = {"timescale": scale}
    if created:
        # seconds since 1904, in UTC
        facts["created"] = str(np.datetime64(int(created) - 2082844800, "s"))
    if scale:
        facts["movie_duration_s"] = round(duration / scale, 3)
    return facts


def _media_header(boxes: dict[bytes, bytes]) -> tuple[int, int]:
    body = boxes[b"mdhd"]
    _, _, scale, duration = struct.unpack_from(">QQIQ" if body[0] == 1 else ">IIII", body, 4)
    return max(1, scale), duration


def _edits(
    boxes: dict[bytes, bytes], movie_scale: int, scale: int
) -> tuple[tuple[float, float, float], ...]:
    body = boxes.get(b"elst", b"")
    if not body:
        return ()
    wide = body[0] == 1
    row = struct.Struct(">QqI" if wide else ">IiI")
    count = min(struct.unpack_from(">I", body, 4)[0], (len(body) - 8) // row.size)
    out = []
    for k in range(min(count, 200)):
        duration, start, rate = row.unpack_from(body, 8 + k * row.size)
        out.append(
            (
                round(duration / max(1, movie_scale), 4),
                round(start / scale, 4) if start >= 0 else -1.0,
                rate / 65536,
            )
        )
    return tuple(out)


def _entry(stsd: bytes) -> dict[str, str | int | float]:
    """The codec's four characters, and the colour description of the first sample entry."""
    if len(stsd) < 16:
        return {}
    facts: dict[str, str | int | float] = {"sample_entry": word(stsd[12:16])}
    at = stsd.find(b"colrnclx")
    if at >= 0:
        primaries, transfer, matrix = struct.unpack_from(">HHH", stsd, at + 8)
        facts["colour"] = f"{primaries}/{transfer}/{matrix}"
    name = stsd[16 + 42 : 16 + 42 + 32] if len(stsd) > 90 else b""
    if name and 0 < name[0] < 32:
        facts["compressor_name"] = name[1 : 1 + name[0]].decode("utf-8", "replace")
    return facts


def _samples(
    source: ByteSource, boxes: dict[bytes, bytes], scale: int
) -> tuple[Samples | None, list[tuple[str, str]]]:
    sizes = _sizes(boxes[b"stsz"]) if b"stsz" in boxes else np.empty(0, np.int64)
    n = len(sizes)
    if not n:
        return None, []
    durations = _runs(boxes[b"stts"], signed=False)[:n]
    decode = np.concatenate([[0], np.cumsum(durations)])[:n].astype(np.float64)
    if len(decode) < n:
        decode = np.concatenate([decode, np.full(n - len(decode), decode[-1])])
    shift = _runs(boxes[b"ctts"], signed=True)[:n] if b"ctts" in boxes else np.zeros(n, np.int64)
    shift = np.concatenate([shift, np.zeros(n - len(shift), np.int64)])
    key = np.ones(n, bool)
    if b"stss" in boxes:
        marks = np.frombuffer(boxes[b"stss"], ">u4", offset=8).astype(np.int64) - 1
        key[:] = False
        key[marks[(marks >= 0) & (marks < n)]] = True
    offsets = _offsets(boxes, sizes)
    stsd = boxes.get(b"stsd", b"")
    codec = stsd[12:16]
    samples = Samples(
        offsets,
        sizes,
        (decode + shift) / scale,
        key,
        kinds(source, codec, stsd, offsets, sizes, key),
    )
    return samples, left_by_encoder(source, offsets, sizes)


def _sizes(body: bytes) -> NDArray[np.int64]:
    same, count = struct.unpack_from(">II", body, 4)
    if count > _MOST_SAMPLES:
        raise ValueError("too many samples")
    if same:
        return np.full(count, same, np.int64)
    return np.frombuffer(body, ">u4", min(count, (len(body) - 12) // 4), 12).astype(np.int64)


def _stored(moov: bytes) -> int:
    """Bytes of all samples of all tracks."""
    total = 0
    for track in (body for kind, body in children(moov) if kind == b"trak"):
        inside = _named(track)
        if b"stsz" in inside:
            total += int(_sizes(inside[b"stsz"]).sum())
        elif b"stz2" in inside:
            raise ValueError("compact sample sizes are not read")
    return total


def _runs(body: bytes, signed: bool) -> NDArray[np.int64]:
    rows = np.frombuffer(body[8 : len(body) - (len(body) - 8) % 8], ">u4").reshape(-1, 2)
    counts = rows[:, 0].astype(np.int64)
    if counts.sum() > _MOST_SAMPLES:
        raise ValueError("too many samples")
    values = rows[:, 1].astype(np.uint32)
    runs = values.view(np.int32) if signed else values
    return np.repeat(runs, counts.astype(np.intp)).astype(np.int64)


def _offsets(boxes: dict[bytes, bytes], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each sample begins: chunks of stco or co64, filled as stsc says."""
    wide = b"co64" in boxes
    body = boxes[b"co64"] if wide else boxes[b"stco"]
    count = struct.unpack_from(">I", body, 4)[0]
    chunks = np.frombuffer(body, ">u8" if wide else ">u4", offset=8)[:count].astype(np.int64)
    rows = np.frombuffer(boxes[b"stsc"][8:], ">u4").reshape(-1, 3).astype(np.int64)
    each = np.zeros(len(chunks), np.int64)
    for k, (first, number, _) in enumerate(rows):
        last = rows[k + 1, 0] - 1 if k + 1 < len(rows) else len(chunks)
        each[first - 1 : last] = number
    if int(each.sum()) > 2 * len(sizes) + 1000:
        raise ValueError("chunks do not fit the samples")
    chunk = np.repeat(np.arange(len(chunks)), each.astype(np.intp))[: len(sizes)]
    inside = np.cumsum(sizes[: len(chunk)]) - sizes[: len(chunk)]
    first = np.searchsorted(chunk, np.arange(len(chunks)))
    first = np.minimum(first, max(len(chunk) - 1, 0))
    offsets = chunks[chunk] + inside - inside[first][chunk]
    return np.concatenate([offsets, np.full(len(sizes) - len(offsets), -1)])


def _texts(moov: bytes) -> list[tuple[str, str]]:
    """Names of programs in the user data: iTunes items and QuickTime texts."""
    found = []
    for kind, where in ((b"\xa9too", "©too"), (b"\xa9swr", "©swr"), (b"\xa9enc", "©enc")):
        at = moov.find(kind)
        if at < 0:
            continue
        body = moov[at + 4 : at + 404]
        if body[4:8] == b"data":
            size = struct.unpack_from(">I", body)[0]
            text = body[16 : max(16, size)]
        else:
            text = body[4 : 4 + struct.unpack_from(">H", body)[0]]
        found.append((where, text.decode("utf-8", "replace")[:120]))
    return found
