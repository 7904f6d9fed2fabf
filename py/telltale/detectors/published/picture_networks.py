"""Imported networks that say how likely a whole picture is generated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telltale.detectors.published import references
from telltale.detectors.published.cards import card
from telltale.detectors.published.resizing import batch, short_side_then_centre
from telltale.finding import Card, Fact, Finding, Inapplicable, Score, ok
from telltale.runtime.context import Context
from telltale.scene import Scene

Pixels = NDArray[np.uint8]
#: CNNDetection reads pictures whole; beyond this many pixels a side, its centre (memory).
LARGEST_SIDE = 1024


@dataclass(frozen=True, slots=True)
class PictureNetwork:
    """A detector made of one network over the whole picture, or what `view` takes of it."""

    CARD: Card
    view: Callable[[Pixels], Pixels]
    least: int

    def applicable(self, scene: Scene) -> Inapplicable | None:
        """Both sides at least the network's own."""
        side = min(scene.media.width, scene.media.height)
        if side < self.least:
            return Inapplicable(
                "image_too_small",
                f"The shorter side has {side} pixels; this network was made for {self.least}.",
            )
        return None

    def run(self, scene: Scene, context: Context) -> Finding:
        """The network's probability that the picture is generated."""
        seen = self.view(scene.media.pixels)
        context.step(0.1, self.CARD.title)
        out = context.models.run(self.CARD.id, {"image": batch([seen])})
        value = float(out["probability"].reshape(-1)[0])
        height, width = seen.shape[:2]
        return ok(
            self.CARD,
            f"The authors' network gives this picture {value:.2f} on its scale from 0, camera, to "
            "1, generated.",
            Score(value, "the authors' probability", "higher_is_suspicious", 0.0, 1.0),
            facts=(
                Fact("network_width", width, "px"),
                Fact("network_height", height, "px"),
                Fact("whole_picture", seen.shape == scene.media.pixels.shape),
            ),
        )


def _unscaled(pixels: Pixels) -> Pixels:
    """The picture as it is, or its centre: never scaled."""
    height, width = pixels.shape[:2]
    h, w = min(height, LARGEST_SIDE), min(width, LARGEST_SIDE)
    top, left = (height - h) // 2, (width - w) // 2
    return np.ascontiguousarray(pixels[top : top + h, left : left + w])


def _centre(pixels: Pixels) -> Pixels:
    return short_side_then_centre(pixels, 440, 384)


_GENERATED = "Was the whole picture made by an image generator?"

CNNDETECTION = PictureNetwork(
    card(
        "cnndetection",
        "CNNDetection, published network",
        _GENERATED,
        "The picture, unscaled, goes through a ResNet-50 trained on pictures of ProGAN.",
        "CC BY-NC-SA 4.0, not for commercial use.",
        "github.com/peterwang512/CNNDetection",
        references.CNNDETECTION,
        faces=False,
    ),
    _unscaled,
    64,
)
COMMUNITY_FORENSICS = PictureNetwork(
    card(
        "community_forensics",
        "Community Forensics",
        _GENERATED,
        "The central square of the picture, scaled to 384 pixels, goes through a vision "
        "transformer trained on pictures of 4,803 generators.",
        "MIT.",
        "huggingface.co/OwensLab/commfor-model-384",
        references.COMMUNITY_FORENSICS,
        faces=False,
    ),
    _centre,
    128,
)
