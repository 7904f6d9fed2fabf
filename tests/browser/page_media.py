"""Make the pictures of the page's tests: `python tests/browser/page_media.py FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "py"))

import media_factory as factory
import metadata_factory as metadata

#: What a hostile sender writes into the metadata.
SCRIPT = "<img src=x onerror=\"document.title='broken in'\"><script>alert(1)</script>"


def hostile() -> bytes:
    """A JPEG whose metadata is markup."""
    exif = Image.Exif()
    exif[0x010E] = SCRIPT  # ImageDescription
    exif[0x010F] = SCRIPT  # Make
    exif[0x0131] = "javascript:alert(2)"  # Software
    return factory.jpeg(factory.photograph(240, 320), 88, exif=exif, comment=SCRIPT.encode())


def turned_webp() -> bytes:
    """A WebP that lies on its side: 320 x 240 stored, 240 x 320 upright."""
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels = factory.photograph(240, 320).copy()
    pixels[:40, :40] = (255, 0, 0)  # the stored top left corner is the upright top right one
    return factory.save(pixels, "WEBP", quality=90, exif=exif)


def main(folder: Path) -> None:
    """Write `hostile.jpg`, `placed.jpg`, `turned.jpg` and `turned.webp`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "hostile.jpg").write_bytes(hostile())
    (folder / "turned.jpg").write_bytes(factory.oriented(factory.photograph(240, 320), 6))
    placed = metadata.insert(
        factory.jpeg(factory.photograph(120, 160)), metadata.exif_segment(metadata.camera_exif())
    )
    (folder / "placed.jpg").write_bytes(placed)
    (folder / "turned.webp").write_bytes(turned_webp())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
