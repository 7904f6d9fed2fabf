"""Test media made by script: pictures whose history is known, and files that are out of order.

Everything is deterministic. `python tests/py/media_factory.py DIR` writes it as files.
"""

from __future__ import annotations

import io
import struct
import sys
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import metadata_factory as said

Pixels = NDArray[np.uint8]
#: Photographs among scikit-image's own sample data (the first has a face).
SAMPLES = ("astronaut", "chelsea", "coffee", "rocket", "motorcycle_left", "retina", "camera")


# ---------------------------------------------------------------- pixels


@cache
def sample(name: str) -> Pixels:
    """(H, W, 3) uint8 of a sample picture of scikit-image."""
    from skimage import data

    folder = Path(data.__file__).parent
    path = next(p for p in (folder / f"{name}.png", folder / f"{name}.jpg") if p.exists())
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"))
    return pixels


@cache
def photograph(height: int = 384, width: int = 512, seed: int = 0) -> Pixels:
    """(H, W, 3) uint8 with what detectors expect of a photograph.

    Objects with soft edges before a background, each with a 1/f texture of its own and shading
    (the spectrum of natural images falls like 1/f), and shot noise that grows with brightness.
    """
    random = np.random.default_rng([seed, height, width])
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    colours = random.uniform(40, 200, (8, 3)).astype(np.float32)
    light = colours[0] + 30 * _texture(height, width, random)[..., None]
    light += (rows / height * random.uniform(-50, 50))[..., None]
    for colour in colours[1:]:
        centre_y, centre_x = random.uniform(0, height), random.uniform(0, width)
        radius = random.uniform(0.08, 0.3) * min(height, width)
        power = random.choice([2.0, 8.0])  # round or nearly square
        distance = (
            abs((rows - centre_y) / radius) ** power + abs((columns - centre_x) / radius) ** power
        )
        inside = np.clip((1.0 - distance) * radius / power + 0.5, 0, 1)[..., None]
        surface = colour + random.uniform(5, 35) * _texture(height, width, random)[..., None]
        light = light * (1 - inside) + surface * inside
    light = np.clip(light, 2, 250)
    noise = random.standard_normal((height, width, 3), np.float32)
    return np.clip(np.rint(light + noise * np.sqrt(0.5 + 0.02 * light)), 0, 255).astype(np.uint8)


def _texture(height: int, width: int, random: np.random.Generator) -> NDArray[np.float32]:
    """Zero mean, unit variance, amplitude spectrum 1/f."""
    spectrum = np.fft.rfft2(random.standard_normal((height, width), np.float32))
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    frequency[0, 0] = np.inf
    field = np.fft.irfft2(spectrum / frequency, (height, width))
    return (field / field.std()).astype(np.float32)


# ---------------------------------------------------------------- files of sound pictures


def save(image: Image.Image | Pixels, format: str, **options: Any) -> bytes:
    """The file that Pillow writes."""
    buffer = io.BytesIO()
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    image.save(buffer, format, **options)
    return buffer.getvalue()


def jpeg(pixels: Pixels, quality: int = 90, subsampling: str = "4:2:0", **options: Any) -> bytes:
    """A JPEG file of (H, W, 3) or (H, W) pixels."""
    if pixels.ndim == 3:
        options["subsampling"] = subsampling
    return save(pixels, "JPEG", quality=quality, **options)


def png(pixels: Pixels, **options: Any) -> bytes:
    """A PNG file of (H, W), (H, W, 3) or (H, W, 4) pixels."""
    return save(pixels, "PNG", **{"compress_level": 1, **options})


def with_alpha(pixels: Pixels) -> Pixels:
    """RGBA, transparent towards the left."""
    alpha = np.broadcast_to(np.linspace(0, 255, pixels.shape[1]).astype(np.uint8), pixels.shape[:2])
    return np.dstack([pixels, alpha])


def frames(pixels: Pixels, count: int = 4) -> list[Image.Image]:
    """The picture, and the picture moved sideways."""
    return [Image.fromarray(np.roll(pixels, 9 * i, 1)) for i in range(count)]


def animation(pixels: Pixels, format: str, count: int = 4) -> bytes:
    """An animated GIF, PNG or WebP."""
    first, *rest = frames(pixels, count)
    return save(first, format, save_all=True, append_images=rest, duration=80, loop=0)


def png_chunk(kind: bytes, body: bytes) -> bytes:
    """One chunk with its checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def raw_png(
    width: int, height: int, bits: int, colour: int, rows: bytes, before: bytes = b""
) -> bytes:
    """A PNG of unfiltered `rows` (each without its filter byte), chunks `before` its data."""
    stride = len(rows) // height
    filtered = b"".join(b"\0" + rows[i * stride : (i + 1) * stride] for i in range(height))
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + before
        + png_chunk(b"IDAT", zlib.compress(filtered, 1))
        + png_chunk(b"IEND", b"")
    )


def png16(pixels: Pixels, seed: int = 1) -> bytes:
    """A 16-bit PNG whose upper bytes are `pixels` and whose lower bytes are random."""
    low = np.random.default_rng(seed).integers(0, 256, pixels.shape, dtype=np.uint16)
    deep = (pixels.astype(np.uint16) << 8) | low
    colour = 2 if pixels.ndim == 3 else 0
    return raw_png(pixels.shape[1], pixels.shape[0], 16, colour, deep.astype(">u2").tobytes())


def interlaced_png(pixels: Pixels) -> bytes:
    """An Adam7 PNG of (H, W, 3) pixels."""
    height, width = pixels.shape[:2]
    passes = (
        (0, 0, 8, 8),
        (0, 4, 8, 8),
        (4, 0, 8, 4),
        (0, 2, 4, 4),
        (2, 0, 4, 2),
        (0, 1, 2, 2),
        (1, 0, 2, 1),
    )
    body = b""
    for top, left, down, across in passes:
        part = pixels[top::down, left::across]
        if part.size:
            body += b"".join(b"\0" + row.tobytes() for row in part)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 1)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", zlib.compress(body))
        + png_chunk(b"IEND", b"")
    )


def arithmetic_jpeg(width: int = 64, height: int = 48) -> bytes:
    """A grey arithmetic-coded JPEG: a scan of zeros stands for a flat picture."""
    table = b"\xff\xdb\0\x43\0" + bytes([16] * 64)
    frame = b"\xff\xc9" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\1\x11\0"
    scan = b"\xff\xda\0\x08\1\1\0\0\x3f\0" + bytes(64)
    return b"\xff\xd8" + table + frame + scan + b"\xff\xd9"


def oriented(pixels: Pixels, orientation: int, order: str = "<") -> bytes:
    """A JPEG file with an EXIF orientation."""
    structure = said.tiff([said.orientation_entry(orientation, order)], order=order)
    return said.insert(jpeg(pixels), said.exif_segment(structure))


def mp4(brand: bytes = b"isom") -> bytes:
    """The beginning of an ISO base media file."""
    return struct.pack(">I", 24) + b"ftyp" + brand + bytes(4) + brand + b"mp41" + b"\0\0\0\x08mdat"


# ---------------------------------------------------------------- files out of order


def cut_points(size: int, count: int = 20) -> list[int]:
    """`count` places to cut a file of `size` bytes: the first bytes, the last, and between."""
    ends = [1, 2, 3, 7, 11, 20, 33, size - 1, size - 2, size - 13]
    between = np.linspace(40, size - 40, count - len(ends)).astype(int).tolist()
    return sorted(set(ends + between))


def header_only(format: str, width: int = 30000, height: int = 30000) -> bytes:
    """A file that announces a picture of this size and has hardly any data."""
    if format == "PNG":
        header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        return (
            b"\x89PNG\r\n\x1a\n"
            + png_chunk(b"IHDR", header)
            + png_chunk(b"IDAT", zlib.compress(bytes(100)))
            + png_chunk(b"IEND", b"")
        )
    if format == "JPEG":
        file = jpeg(photograph(64, 64))
        at = file.index(b"\xff\xc0")
        return file[: at + 5] + struct.pack(">HH", height, width) + file[at + 9 :]
    if format == "GIF":
        return b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0) + b";"
    if format == "BMP":
        return b"BM" + struct.pack("<IIIIiiHHIIIIII", 54, 0, 54, 40, width, height, 1, 24, *[0] * 6)
    body = b"\0\0\0\0" + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    chunks = b"VP8X" + struct.pack("<I", 10) + body
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks


@cache
def sixty_five_megapixels() -> bytes:
    """A real, decodable JPEG of 65 megapixels."""
    return jpeg(np.tile(photograph(256, 256)[..., 0], (32, 32))[:8125, :8000], 50)


HTML = b"<!DOCTYPE html>\n<html><head><title>404</title></head><body>Not here</body></html>\n"
#: What is not a picture that is examined: what the refusal must say, and the file.
REFUSED: dict[str, tuple[str, bytes]] = {
    "html": ("HTML page", HTML),
    "html-bom": ("HTML page", b"\xef\xbb\xbf  <html>" + HTML),
    "svg": ("SVG drawing", b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>'),
    "xml": ("XML document", b'<?xml version="1.0"?><rss version="2.0"></rss>'),
    "text": ("text file", "Just some words, gr\u00fc\u00dfe.\n".encode() * 90),
    "json": ("text file", b'{"a": 1, "b": [1, 2, 3]}'),
    "pdf": ("PDF document", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"),
    "mp4": ("video", mp4()),
    "mov": ("video", mp4(b"qt  ")),
    "webm": ("video", b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2"),
    "avi": ("video", b"RIFF\x10\0\0\0AVI LIST\0\0\0\0"),
    "wav": ("sound", b"RIFF\x10\0\0\0WAVEfmt \0\0\0\0"),
    "heic": ("HEIC", mp4(b"heic")),
    "heic-second-brand": ("HEIC", struct.pack(">I", 24) + b"ftypmif1" + bytes(4) + b"mif1heic"),
    "avif": ("AVIF", mp4(b"avif")),
    "tiff": ("TIFF", b"II*\0\x08\0\0\0\0\0\0\0\0\0"),
    "tiff-big-endian": ("TIFF", b"MM\0*\0\0\0\x08\0\0\0\0\0\0"),
    "jxl": ("JPEG XL", b"\xff\x0a\xfa\x7f\x01\x90\x06\x04\0\0\0\0"),
    "jp2": ("JPEG 2000", b"\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14"),
    "psd": ("Photoshop", b"8BPS\0\1" + bytes(20)),
    "ico": ("icon", b"\0\0\1\0\1\0\x10\x10" + bytes(20)),
    "zip": ("ZIP", b"PK\x03\x04\x14\0\0\0\x08\0" + bytes(20)),
    "exe": ("Windows program", b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff"),
    "zeros": ("zero bytes", bytes(5000)),
    "noise": ("known kind", np.random.default_rng(5).bytes(5000)),
}


# ---------------------------------------------------------------- collections


def variety() -> dict[str, bytes]:
    """Sound files of every kind that is examined, at least 20: file name -> bytes."""
    face, cat, cup = sample("astronaut"), sample("chelsea"), sample("coffee")
    photo = photograph()
    palette = Image.fromarray(cup).quantize(64)
    profile = said.icc_profile()
    made: dict[str, Callable[[], bytes]] = {
        "face-q95-444.jpg": lambda: jpeg(face, 95, "4:4:4"),
        "face-q75-420.jpg": lambda: jpeg(face, 75),
        "face-q50-progressive.jpg": lambda: jpeg(face, 50, progressive=True),
        "face-twice-q60-q90.jpg": lambda: jpeg(_decoded(jpeg(face, 60)), 90),
        "face.png": lambda: png(face),
        "face-alpha.png": lambda: png(with_alpha(face)),
        "face-orientation-6.jpg": lambda: oriented(np.rot90(face), 6),
        "face.webp": lambda: save(face, "WEBP", quality=80),
        "cat-q92-422.jpg": lambda: jpeg(cat, 92, "4:2:2"),
        "cat-restart.jpg": lambda: jpeg(cat, 85, restart_marker_blocks=4),
        "cat-grey.jpg": lambda: jpeg(cat[..., 1], 88),
        "cat-cmyk.jpg": lambda: save(Image.fromarray(cat).convert("CMYK"), "JPEG", quality=90),
        "cat-lossless.webp": lambda: save(cat, "WEBP", lossless=True),
        "cat-upscaled.png": lambda: png(_resized(cat, 1.6)),
        "coffee-16bit.png": lambda: png16(cup),
        "coffee-palette.png": lambda: save(palette, "PNG"),
        "coffee.bmp": lambda: save(cup, "BMP"),
        "coffee.gif": lambda: save(palette, "GIF"),
        "coffee-icc-exif.jpg": lambda: said.insert(
            jpeg(cup, 90, icc_profile=profile),
            said.exif_segment(said.camera_exif(jpeg(cup[::8, ::8]))),
        ),
        "coffee-interlaced.png": lambda: interlaced_png(cup),
        "rocket-q30.jpg": lambda: jpeg(sample("rocket"), 30),
        "motorcycle-q98.jpg": lambda: jpeg(sample("motorcycle_left"), 98, "4:4:4"),
        "retina-q85.jpg": lambda: jpeg(sample("retina"), 85),
        "made-q90.jpg": lambda: jpeg(photo, 90),
        "made-q70-crop.jpg": lambda: jpeg(_decoded(jpeg(photo, 90))[3:, 5:], 70),
        "made-animated.gif": lambda: animation(photo, "GIF"),
        "made-animated.png": lambda: animation(photo, "PNG"),
        "made-animated.webp": lambda: animation(photo, "WEBP"),
        "made-flat.png": lambda: png(np.full((200, 300, 3), 130, np.uint8)),
        "made-1x1.png": lambda: png(np.full((1, 1, 3), 77, np.uint8)),
        "made-tall.jpg": lambda: jpeg(photograph(700, 90, 3), 85),
    }
    return {name: make() for name, make in made.items()}


def out_of_order() -> dict[str, bytes]:
    """Files that must be refused with a reason: file name -> bytes."""
    photo = photograph(200, 240)
    files = {f"{kind}.jpg": body for kind, (_, body) in REFUSED.items()}
    files["empty.jpg"] = b""
    for format in ("PNG", "JPEG", "WebP", "GIF", "BMP"):
        files[f"30000x30000.{format.lower()}"] = header_only(format)
    files["65-megapixels.jpg"] = sixty_five_megapixels()
    whole = {"jpg": jpeg(photo), "png": png(photo), "webp": save(photo, "WEBP")}
    for extension, body in whole.items():
        for cut in cut_points(len(body)):
            files[f"cut-at-{cut}.{extension}"] = body[:cut]
    return files


def hostile_but_sound() -> dict[str, bytes]:
    """Files that are pictures all right and whose surroundings are hostile."""
    photo = photograph(200, 240)
    plain = jpeg(photo)
    text = [said.ascii_entry(0x010E, said.SCRIPT), said.ascii_entry(0x0131, said.SCRIPT)]
    return {
        "script-in-exif.jpg": said.insert(
            plain, said.exif_segment(said.tiff(text)), said.segment(0xFE, said.SCRIPT.encode())
        ),
        "bomb-in-xmp.jpg": said.insert(
            plain, said.segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + said.billion_laughs())
        ),
        "png-renamed.jpg": png(photo),
        "motion-photo.jpg": plain + mp4(),
        "zip-behind.jpg": plain + b"PK\x03\x04" + bytes(30),
    }


def _decoded(file: bytes) -> Pixels:
    with Image.open(io.BytesIO(file)) as image:
        return np.asarray(image.convert("RGB"))


def _resized(pixels: Pixels, factor: float) -> Pixels:
    height, width = pixels.shape[:2]
    size = round(width * factor), round(height * factor)
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))


def write(folder: Path) -> None:
    """Write every collection into its own folder below `folder`."""
    collections = {"sound": variety, "refused": out_of_order, "hostile": hostile_but_sound}
    for name, make in collections.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for file, body in make().items():
            (folder / name / file).write_bytes(body)


if __name__ == "__main__":
    write(Path(sys.argv[1]))


# ---------------------------------------------------------------- HEIF


def box(kind: bytes, body: bytes = b"", full: int | None = None) -> bytes:
    """A box; `full` is the version of a full box with no flags."""
    head = b"" if full is None else bytes([full, 0, 0, 0])
    return struct.pack(">I4s", 8 + len(head) + len(body), kind) + head + body


def heif(
    width: int = 640,
    height: int = 480,
    *,
    exif: bytes = b"",
    xmp: bytes = b"",
    extra: bytes = b"",
    brand: bytes = b"heic",
    more: tuple[tuple[bytes, bytes], ...] = (),
    reach: int = 0,
    unlisted: bytes = b"",
) -> bytes:
    """A HEIF file with one picture (whose coded bytes are noise) and metadata, as phones write it.

    `more` are further items (type, content); `extra` boxes at the end; `reach` makes the last item
    longer than it is; `unlisted` bytes of the media data belong to no item.
    """
    kinds = [(b"hvc1", np.random.default_rng(0).bytes(5000))]
    if exif:
        kinds.append((b"Exif", struct.pack(">I", 0) + exif))
    if xmp:
        kinds.append((b"mime", xmp))
    kinds += more
    entries = b""
    for number, (kind, _) in enumerate(kinds, 1):
        content = b"application/rdf+xml\0" if kind == b"mime" else b""
        entries += box(b"infe", struct.pack(">HH4s", number, 0, kind) + b"\0" + content, 2)
    ispe = box(b"ispe", struct.pack(">II", width, height), 0)
    ipma = box(b"ipma", struct.pack(">IHBB", 1, 1, 1, 0x81), 0)

    def meta(start: int) -> bytes:
        places = b""
        for number, (_, body) in enumerate(kinds, 1):
            length = len(body) + (reach if number == len(kinds) else 0)
            places += struct.pack(">HHHII", number, 0, 1, start, length)
            start += len(body)
        return box(
            b"meta",
            box(b"pitm", struct.pack(">H", 1), 0)
            + box(b"iinf", struct.pack(">H", len(kinds)) + entries, 0)
            + box(b"iprp", box(b"ipco", ispe) + ipma)
            + box(b"iloc", struct.pack(">BBH", 0x44, 0, len(kinds)) + places, 0),
            0,
        )

    ftyp = box(b"ftyp", brand + bytes(4) + brand + b"mif1")
    start = len(ftyp) + len(meta(0)) + 8
    return ftyp + meta(start) + box(b"mdat", b"".join(body for _, body in kinds) + unlisted) + extra
