"""Which pictures go in: published sources, their families, and the two variants of every real."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.training.augment import scale
from models.training.data import (
    CAMERA,
    SWAP,
    Item,
    Media,
    Row,
    decode,
    further_sources,
    jpeg_history,
)

Pixels = NDArray[np.uint8]
History = tuple[dict[int, list[int]], int] | None

#: Largest side of a cached tile in pixels; larger pictures are cut, never scaled, to it.
TILE = 384

#: Folder of real pictures -> source name in tables.
REAL_FOLDERS = {
    "faces_real_lfw": "LFW",
    "faces_real_ciplab": "CIPLab",
    "faces_real_portraitseg": "PortraitSeg",
    "ffhq_real_blachman": "FFHQ",
    "images_real_imagenet": "ImageNet",
    "images_real_bsds": "BSDS",
    "images_real_clothing": "clothing",
    "stargan2_reals": "AFHQ",
    "noise_polyu_crops": "PolyU",
}
#: Folder of generated pictures -> how to name source and family from the manifest's generator.
FAKE_FOLDERS = {
    "faces_stylegan_boredhumans": ("StyleGAN2 boredhumans", "StyleGAN2"),
    "faces_sg2_256_sadl": ("StyleGAN2 256", "StyleGAN2"),
    "faces_sd3_faker": ("Stable Diffusion 3", "diffusion"),
    "sd1_bento": ("Stable Diffusion 1", "diffusion"),
    "sd15_extile": ("Stable Diffusion 1", "diffusion"),
}
#: First words of the manifest's generator -> source name and family, in the mixed folders.
MIXED = {
    "BigGAN": ("BigGAN", "conditional GAN"),
    "GauGAN": ("GauGAN", "conditional GAN"),
    "StarGAN": ("StarGAN", "image-to-image GAN"),
    "CRN": ("CRN", "cascaded refinement"),
    "IMLE": ("IMLE", "cascaded refinement"),
    "CycleGAN": ("CycleGAN", "image-to-image GAN"),
    "pix2pix": ("pix2pix", "image-to-image GAN"),
    "DALL-E mini": ("DALL-E mini", "vector-quantised"),
    "DALL-E 2": ("DALL-E 2", "diffusion"),
    "GLID": ("GLID-3-XL", "diffusion"),
    "Latent Diffusion": ("Latent diffusion", "diffusion"),
}
MIXED_REALS = {
    "cnndetection_ranking": "CNNDetection reals",
    "cyclegan_h2z_blechn": "horses",
    "facades_gan_benfen": "facades",
}
#: Fake sources of the archives -> real ones that came the same way, or that show the same.
ARCHIVED_PARTNERS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("BigGAN", "GauGAN", "StarGAN", "CRN", "IMLE"), ("CNNDetection reals",)),
    "CycleGAN": ("horses",),
    "pix2pix": ("facades",),
    **dict.fromkeys(
        (
            "StyleGAN2 boredhumans",
            "StyleGAN2 256",
            "BaseMax faces",
            "Generated Photos",
            "StyleGAN2-ADA zhuoxuan",
        ),
        ("FFHQ", "CIPLab"),
    ),
}


@dataclass(frozen=True, slots=True)
class Origin:
    """A file's place in this project: `source` names it in tables, `family` in the bank."""

    source: str
    family: str
    fake: bool


def origin(row: Row) -> Origin | None:
    """What a manifest row is here; None for files that this model does not use."""
    if row.source:
        if row.generator == SWAP:
            return None
        return Origin(row.source, row.generator, row.label != "real")
    if row.folder in REAL_FOLDERS:
        return Origin(REAL_FOLDERS[row.folder], "camera", False)
    if row.folder in FAKE_FOLDERS:
        return Origin(*FAKE_FOLDERS[row.folder], True)
    if row.label == "real" and row.folder in MIXED_REALS:
        return Origin(MIXED_REALS[row.folder], "camera", False)
    for start, (source, family) in MIXED.items():
        if row.folder in (*MIXED_REALS, "imagen_dcsan") and row.generator.startswith(start):
            return Origin(source, family, True)
    return None


def partners() -> dict[str, tuple[str, ...]]:
    """Fake sources -> the real sources of the same repository; `ARCHIVED_PARTNERS` beside them."""
    rows = further_sources().values()
    return ARCHIVED_PARTNERS | {
        row["source"]: real
        for row in rows
        if row["family"] != CAMERA
        and (real := tuple(r["source"] for r in rows if _beside(r, row["repository"])))
    }


def _beside(row: dict[str, str], repository: str) -> bool:
    return row["family"] == CAMERA and row["repository"] == repository


def open_picture(media: Media, row: Row) -> Pixels:
    """Pixels of a row without the coloured border or the caption that gives the label away."""
    pixels = decode(media.read(row))
    if row.folder == "cnndetection_ranking":
        return pixels[50:306, 50:306]
    return pixels[:768, :1024] if row.folder.endswith("_declan") else pixels


def tile(pixels: Pixels, rng: np.random.Generator, size: int = TILE) -> Pixels:
    """A tile of at most `size` x `size` at offsets that keep the 16-pixel grid of JPEG."""
    h, w = pixels.shape[:2]
    y = 16 * int(rng.integers(max(0, h - size) // 16 + 1))
    x = 16 * int(rng.integers(max(0, w - size) // 16 + 1))
    return pixels[y : y + size, x : x + size]


def reduced(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """The picture scaled down until its own compression and interpolation traces are gone.

    The short side comes to 136 to 256 pixels, by a factor of at most 0.75.
    """
    short = min(pixels.shape[:2])
    wanted = float(rng.uniform(136, max(140, min(256, 0.75 * short))))
    factor = min(0.75, wanted / short)
    return scale(pixels, factor, str(rng.choice(["bilinear", "bicubic", "lanczos"])))


def real_variants(media: Media, row: Row, source: str) -> Iterator[tuple[Item, Pixels, History]]:
    """A real picture natively (with its JPEG history) and reduced (without any)."""
    rng = np.random.default_rng(int(row.sha256[:8], 16))
    pixels = open_picture(media, row)
    history = None if row.folder == "cnndetection_ranking" else jpeg_history(media.read(row))
    native = tile(pixels, rng)
    if min(native.shape[:2]) >= 112:
        yield (
            Item(f"{row.file}#native", source, row.split, False, "camera", row.file),
            native,
            history,
        )
    small = tile(reduced(pixels, rng), rng)
    if min(small.shape[:2]) >= 112:
        yield Item(f"{row.file}#reduced", source, row.split, False, "camera", row.file), small, None
