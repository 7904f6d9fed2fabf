"""Level sweep: a narrow band of brightness, spread over the whole scale."""

from __future__ import annotations

import numpy as np

from telltale.looking.glass import Glass, Parameter, Pixels, Sight, Values


def draw(pixels: Pixels, values: Values) -> Sight:
    """Each channel through a straight line: `level` becomes mid-grey, `width` levels fill 0-255."""
    level, width = values["level"], values["width"]
    ramp = (np.arange(256) - level) * (255 / width) + 127.5
    table = np.clip(np.rint(ramp), 0, 255).astype(np.uint8)
    return Sight(
        table[pixels],
        "Levels outside the band are black or white. Look for outlines of pasted parts, for "
        "repeated texture in shadows, and for bands where a tool smoothed.",
    )


GLASS = Glass(
    "level_sweep",
    "Level sweep",
    "Spreads a narrow band of brightness over the whole scale; move the level through the picture "
    "to bring out edges of pasted parts and brush marks in shadows and highlights.",
    draw,
    (
        Parameter("level", "Level", 128, 0, 255),
        Parameter("width", "Width of the band", 32, 1, 256),
    ),
)
