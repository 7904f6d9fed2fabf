"""Traces of up-sampling networks in native-resolution crops, and which known family they fit."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telltale.detectors._shared import admission
from telltale.detectors._shared.crops import Crop, CropGrid, cut, textured_crops
from telltale.detectors._shared.prototypes import Prototypes, Relation, mean_direction, relate
from telltale.detectors._shared.texture import texture
from telltale.finding import (
    Box,
    Card,
    Fact,
    Finding,
    Inapplicable,
    Map,
    Part,
    Reference,
    Region,
    Score,
    ok,
)
from telltale.runtime.context import Context
from telltale.scene import Scene

CARD = Card(
    id="generated_image",
    version="2",
    family="learned",
    title="Traces of image generators",
    question="Do small areas of the picture carry the traces of a network that paints pictures?",
    how="A small network looks at high-pass residuals of up to 24 crops of 128 pixels at their "
    "native resolution, never at what the picture shows. It was trained on camera pictures and on "
    "the same pictures painted again by networks with every common way of up-sampling, plus "
    "published generated pictures, all through one chain of resizing, blur and compression. Its "
    "embedding is then compared with the known generators.",
    limits=(
        "It knows the generators that it was trained on and what resembles them. A generator of "
        "another kind, above all a recent diffusion model, can pass unnoticed.",
        "Scaling down, blur, noise and strong compression remove the traces; a picture that went "
        "through a messenger is often beyond it.",
        "Denoising, beautifying and super-resolution in a phone or an app are networks too and "
        "can leave the same traces in a genuine picture.",
        "The nearest family says what the traces resemble, not which program made the picture.",
    ),
    references=(
        Reference(
            "S.-Y. Wang, O. Wang, R. Zhang, A. Owens, A. A. Efros",
            "CNN-generated images are surprisingly easy to spot... for now",
            "CVPR",
            2020,
            "https://arxiv.org/abs/1912.11035",
        ),
        Reference(
            "X. Zhang, S. Karaman, S.-F. Chang",
            "Detecting and simulating artifacts in GAN fake images",
            "WIFS",
            2019,
            "https://arxiv.org/abs/1907.06515",
        ),
        Reference(
            "A. S. Rajan, U. Ojha, J. Schloesser, Y. J. Lee",
            "Aligned datasets improve detection of latent diffusion-generated images",
            "ICLR",
            2025,
            "https://arxiv.org/abs/2410.11835",
        ),
    ),
    models=("generated_image",),
)

CROP = 128
MOST_CROPS = 24
#: Crops per call of the network: bounds memory and gives cancellation a chance.
_BATCH = 8
#: Lowest JPEG quality of the training chain.
LOWEST_QUALITY = 40
#: Below this share of usable 8 x 8 blocks there is too little to look at.
_USABLE = 0.1
#: The name of "camera" among the families of the bank.
CAMERA = "camera"


@dataclass(frozen=True, slots=True)
class Examination:
    """What the network says about a picture.

    `logits` (n,) and `embeddings` (n, 64) belong to the crops of `grid`; `logit` is their mean
    and `embedding` the unit vector along the mean embedding.
    """

    grid: CropGrid
    logits: NDArray[np.float32]
    embeddings: NDArray[np.float32]
    logit: float
    embedding: NDArray[np.float32]


def applicable(scene: Scene) -> Inapplicable | None:
    """At least 128 pixels each way, a photograph with texture, JPEG quality 40 or more."""
    media = scene.media
    quality = media.jpeg.quality if media.jpeg else None
    if (why := admission.large_enough(media, CROP)) is not None:
        return why
    if quality is not None and quality < LOWEST_QUALITY:
        return Inapplicable(
            "compressed_too_much",
            f"The JPEG quality is {quality:.0f}; below {LOWEST_QUALITY} nothing was validated.",
        )
    if scene.kind.reason is not None:
        return Inapplicable(scene.kind.reason)
    if (why := admission.enough_texture(texture(scene), _USABLE)) is not None:
        return why
    if not choose_crops(scene).crops:
        return Inapplicable("flat_or_saturated", "No area of 128 x 128 pixels has enough texture.")
    return None


def choose_crops(scene: Scene) -> CropGrid:
    """The crops of a scene; computed once."""

    def choose() -> CropGrid:
        blocks = texture(scene)
        return textured_crops(
            scene.media.height,
            scene.media.width,
            scene.media.upright(blocks.gradient),
            scene.media.upright(blocks.usable),
            CROP,
            MOST_CROPS,
        )

    return scene.memo("generated_image.crops", choose)


def examine(pixels: NDArray[np.uint8], grid: CropGrid, context: Context) -> Examination:
    """Run the network on the crops of (H, W, 3) uint8 pixels."""
    logits, embeddings = [], []
    crops = cut(pixels, grid)
    for start in range(0, len(crops), _BATCH):
        context.step(start / len(crops), "Looking for traces of generators")
        out = context.models.run("generated_image", {"input": crops[start : start + _BATCH]})
        logits.append(out["logit"].reshape(-1))
        embeddings.append(out["embedding"])
    values, vectors = np.concatenate(logits), np.concatenate(embeddings)
    return Examination(grid, values, vectors, float(values.mean()), mean_direction(vectors))


def run(scene: Scene, context: Context) -> Finding:
    """Score, per-crop map, and the relation to the base bank."""
    found = examine(scene.media.pixels, choose_crops(scene), context)
    relation = relate(found.embedding, bank())
    score = Score(found.logit, "mean logit over the crops", "higher_is_suspicious", -6.0, 6.0)
    return ok(
        CARD,
        _sentence(found, relation),
        score,
        parts=tuple(
            _part(crop, logit, CROP)
            for crop, logit in zip(found.grid.crops, found.logits, strict=True)
        ),
        maps=(_map(found),),
        facts=_facts(found, relation),
        caveats=_caveats(scene, found),
        embedding=found.embedding,
    )


@cache
def stored() -> dict[str, Any]:
    """What training left beside the weights: prototypes, reach, what was seen and measured."""
    path = files("telltale.detectors.learned") / "stored" / "generated_image.json"
    data: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return data


@cache
def bank() -> Prototypes:
    """The base bank: one prototype for each generator seen in training, and for cameras."""
    rows = stored()["prototypes"]
    return Prototypes(
        np.array([row["vector"] for row in rows], np.float32),
        tuple(row["name"] for row in rows),
        tuple(row["family"] for row in rows),
        float(stored()["reach"]),
    )


def _sentence(found: Examination, relation: Relation) -> str:
    threshold = stored()["threshold"]
    if found.logit < threshold["value"]:
        return (
            "The crops look like camera pictures to the network; a generator that it does not "
            "know would look the same."
        )
    alarm = (
        f"The crops carry traces of a painting network, more than {threshold['text']} camera "
        "pictures in our validation set did. "
    )
    if relation.family is None:
        return alarm + "They resemble none of the known generators."
    if relation.family == CAMERA:
        return alarm + "Yet they lie nearest to camera pictures, so no generator can be named."
    return alarm + f"They resemble most the family: {relation.family}."


def _part(crop: Crop, logit: np.float32, size: int) -> Part:
    box = Box(crop.x, crop.y, size, size)
    return Part(Region("box", box=box), float(logit), (Fact("usable_area", round(crop.usable, 2)),))


def _map(found: Examination) -> Map:
    values = np.full((found.grid.rows, found.grid.columns), np.nan, np.float32)
    for crop, logit in zip(found.grid.crops, found.logits, strict=True):
        values[crop.row, crop.column] = logit
    return Map(
        "generator_traces",
        values,
        -6.0,
        6.0,
        unit="logit",
        meaning="The network's answer for one crop in each cell: above 0 like a generator, below "
        "0 like a camera; 0 where a cell is too flat to look at.",
    )


def _facts(found: Examination, relation: Relation) -> tuple[Fact, ...]:
    nearest = [
        Fact(f"distance_to {family}", round(distance, 3), "1 - cosine")
        for family, distance in relation.distances[:3]
    ]
    return (
        Fact("crops", len(found.logits), f"of {CROP} x {CROP} px"),
        Fact("spread_of_crops", round(float(found.logits.std()), 2), "logit"),
        Fact("crops_above_zero", round(float((found.logits > 0).mean()), 2), "share"),
        Fact("nearest_family", relation.family or "none of these"),
        Fact("nearest_generator", relation.name or "none of these"),
        *nearest,
        Fact("reach_of_a_family", round(bank().reach, 3), "1 - cosine"),
    )


def _caveats(scene: Scene, found: Examination) -> tuple[str, ...]:
    said = list(stored()["caveats"])
    quality = scene.media.jpeg.quality if scene.media.jpeg else None
    if quality is not None and quality < 70:
        said.append(
            f"The file is compressed to JPEG quality {quality:.0f}, which hides most traces."
        )
    if len(found.logits) < 4:
        said.append(f"Only {len(found.logits)} crops could be examined.")
    if not scene.media.has_original_bytes:
        said.append("The pixels come from a screen or a player, which may have scaled them.")
    return tuple(said)
