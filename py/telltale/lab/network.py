"""A network as a detector; `telltale.lab.custom` writes the form's values into a copy of this."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from telltale.finding import (
    Card,
    Direction,
    Fact,
    Finding,
    Inapplicable,
    Part,
    Reference,
    Region,
    Score,
    ok,
)
from telltale.runtime.context import Context
from telltale.scene import Face, Scene

# --- form
CARD = Card(
    id="network",
    version="1",
    family="learned",
    title="A network",
    question="What does the network say?",
    how="It is run on the picture.",
    limits=("Unknown.",),
    references=(Reference("", "", "", 2000, "https://"),),
    models=("network",),
)
INPUT = "image"
OUTPUT = "score"
SIDE = 224
LAYOUT = "NCHW"
REGION = "picture"
ENLARGE = 1.3
MEAN = (0.5, 0.5, 0.5)
SCALE = (0.5, 0.5, 0.5)
ACTIVATION = "sigmoid"
INDEX = 0
HIGH = True
# --- end of form

#: The fewest pixels on the shorter side of what is shown to the network.
LEAST_SIDE = 32


def applicable(scene: Scene) -> Inapplicable | None:
    """At least 32 pixels on the shorter side, and a face where the network looks at faces."""
    if REGION == "face":
        if scene.faces_unavailable:
            return Inapplicable(scene.faces_unavailable)
        if not scene.faces:
            return Inapplicable("no_face")
        if max(min(face.box.w, face.box.h) for face in scene.faces) < LEAST_SIDE:
            return Inapplicable("face_too_small")
        return None
    if min(scene.media.width, scene.media.height) < LEAST_SIDE:
        return Inapplicable("image_too_small")
    return None


def run(scene: Scene, context: Context) -> Finding:
    """The network's answer for the picture, or the most suspicious of the faces."""
    if REGION != "face":
        value = answer(scene.media.pixels, context)
        return ok(CARD, _sentence(value), _score(value), facts=_facts(scene))
    parts = []
    for number, face in enumerate(scene.faces):
        context.step(number / len(scene.faces), f"Examining face {number + 1}")
        region = Region("face", face.index, face.box)
        if min(face.box.w, face.box.h) < LEAST_SIDE:
            parts.append(Part(region, None, status="not_applicable", reason="face_too_small"))
            continue
        parts.append(Part(region, answer(cut(scene.media.pixels, face), context)))
    scored = [part for part in parts if part.score is not None]
    top = max(scored, key=lambda part: (part.score or 0.0) * (1 if HIGH else -1))
    value = float(top.score or 0.0)
    return ok(CARD, _sentence(value), _score(value), region=top.region, parts=tuple(parts))


def answer(pixels: NDArray[np.uint8], context: Context) -> float:
    """The score of (H, W, 3) uint8 pixels."""
    context.step(0.1, "Running the network")
    small = Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    values = np.asarray(small, np.float32) / 255 - np.array(MEAN, np.float32)
    values /= np.array(SCALE, np.float32)
    batch = values.transpose(2, 0, 1)[None] if LAYOUT == "NCHW" else values[None]
    out = context.models.run(CARD.id, {INPUT: np.ascontiguousarray(batch)})[OUTPUT]
    flat = np.asarray(out, np.float64).ravel()
    if ACTIVATION == "softmax":
        shifted = np.exp(flat - flat.max())
        return float((shifted / shifted.sum())[INDEX])
    if ACTIVATION == "sigmoid":
        return float(1 / (1 + np.exp(-np.clip(flat[INDEX], -60, 60))))
    return float(flat[INDEX])


def cut(pixels: NDArray[np.uint8], face: Face) -> NDArray[np.uint8]:
    """The square of `ENLARGE` times the face's box; beyond the picture its rim is repeated."""
    box = face.box
    half = ENLARGE * max(box.w, box.h) / 2
    x, y = box.x + box.w / 2, box.y + box.h / 2
    height, width = pixels.shape[:2]
    side = max(1, round(2 * half))
    rows = np.clip(np.arange(side) + round(y - half), 0, height - 1)
    columns = np.clip(np.arange(side) + round(x - half), 0, width - 1)
    return pixels[rows[:, None], columns[None]]


def _score(value: float) -> Score:
    direction: Direction = "higher_is_suspicious" if HIGH else "lower_is_suspicious"
    low, high = (0.0, 1.0) if ACTIVATION != "none" else (min(0.0, value), max(1.0, value))
    return Score(value, "the network's answer", direction, low, high)


def _sentence(value: float) -> str:
    return f"The network answers {value:.3f}. What this means as evidence is unknown."


def _facts(scene: Scene) -> tuple[Fact, ...]:
    reduced = max(scene.media.width, scene.media.height) / SIDE
    return (Fact("reduced", round(reduced, 2), "times"),)
