"""Two pictures held against each other: the second over the first, and where they differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from telltale.finding import Fact
from telltale.looking.alignment import Alignment, Matrix, align, warped
from telltale.looking.arithmetic import strips
from telltale.looking.glass import Pixels, Sight

_SENTENCES = {
    "same size": "The two pictures lie over each other as they are.",
    "shift": "The second picture was shifted over the first.",
    "features": "The second picture was turned, scaled and shifted over the first.",
    "none": "No alignment was found: the second picture is only fitted into the frame of the "
    "first, and the difference means little.",
}


@dataclass(frozen=True, slots=True)
class Compared:
    """The second picture on the grid of the first, their difference, and how they were aligned."""

    sentence: str
    alignment: Alignment
    aligned: Sight
    difference: Sight


def compare(first: Pixels, second: Pixels) -> Compared:
    """Align (h, w, 3) uint8 `second` to `first` and subtract."""
    found = align(first, second)
    shape = first.shape[0], first.shape[1]
    if np.array_equal(found.matrix, np.eye(3)) and first.shape == second.shape:
        over, cover = second, np.ones(shape, bool)
    else:
        over, cover = warped(*_reduced(second, found), shape)
    difference = np.zeros(shape, np.uint8)
    for rows, _ in strips(len(first)):
        apart = np.maximum(first[rows], over[rows]) - np.minimum(first[rows], over[rows])
        difference[rows] = apart.max(-1) * cover[rows]
    top = max(int(difference.max()), 1)
    facts = (
        Fact("alignment", found.method),
        Fact("agreement", round(found.agreement, 4), "correlation"),
        Fact("shift_across", round(found.shift[0], 2), "pixels"),
        Fact("shift_down", round(found.shift[1], 2), "pixels"),
        Fact("turn", round(found.turn, 2), "°"),
        Fact("scale", round(found.scale, 4)),
        Fact("features_that_agree", found.matches),
        Fact("share_covered", round(float(cover.mean()), 4)),
        Fact("mean_difference", round(float(difference.mean()), 3), "grey levels"),
        Fact("largest_difference", top if difference.any() else 0, "grey levels"),
        Fact("share_that_differs", round(float((difference > _VISIBLE).mean()), 5)),
    )
    table = np.clip(np.rint(np.arange(256) * (255 / top)), 0, 255).astype(np.uint8)
    return Compared(
        _SENTENCES[found.method],
        found,
        Sight(over, "The second picture, laid over the first.", facts=facts),
        Sight(
            table[difference],
            "The greatest difference of red, green and blue. Saving again leaves faint differences "
            "along all edges; a change leaves strong ones in one place.",
            0,
            top if difference.any() else 1,
            "grey levels",
        ),
    )


#: Differences above this are more than saving again at a fair quality leaves, in grey levels.
_VISIBLE = 24


def _reduced(second: Pixels, found: Alignment) -> tuple[Pixels, Matrix]:
    """Where the transform makes it smaller: averaged first, so that no pixel is skipped."""
    factor = int(found.scale)
    if factor < 2:
        return second, found.matrix
    middle = 0.5 / factor - 0.5
    down = np.array([[1 / factor, 0, middle], [0, 1 / factor, middle], [0, 0, 1]])
    return np.array(Image.fromarray(second).reduce(factor)), down @ found.matrix
