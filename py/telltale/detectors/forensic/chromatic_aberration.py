"""Chromatic aberration: does the colour fringe of every place fit one lens?"""

from __future__ import annotations

import numpy as np

from telltale.detectors._shared import admission
from telltale.detectors._shared.channel_displacement import (
    CELL,
    Displacement,
    Lens,
    disagreement,
    displacement,
    lens,
    moments,
)
from telltale.detectors._shared.codec_grid import coded_map, upright_region
from telltale.detectors._shared.texture import texture
from telltale.finding import Card, Fact, Finding, Inapplicable, Part, Reference, Score, ok
from telltale.media.model import Media
from telltale.runtime.context import Context
from telltale.scene import Scene

CARD = Card(
    id="chromatic_aberration",
    version="1",
    family="forensic",
    title="Chromatic aberration",
    question="Does the lens's colour fringe in every place fit the place?",
    how="A lens enlarges red, green and blue a little differently, so that colours part along "
    "lines from the optical centre, more towards the borders. In every place red and blue are "
    "aligned with green to a fraction of a pixel; one lens is fitted to all places, and areas that "
    "disagree with it are pointed at. What comes from elsewhere carries the fringe of its old "
    "place.",
    limits=(
        "Phones and raw converters remove the aberration; then there is nothing to compare, and "
        "the test says so.",
        "A part that was moved along a circle about the centre, or taken from about the same place "
        "of another picture by the same lens, fits.",
        "Bright lights on dark, out-of-focus areas and saturated edges have fringes of another "
        "cause.",
        "Cropping is no difficulty; lens correction and panoramas are.",
    ),
    references=(
        Reference(
            "M. K. Johnson, H. Farid",
            "Exposing Digital Forgeries Through Chromatic Aberration",
            "ACM Multimedia and Security Workshop",
            2006,
            "https://doi.org/10.1145/1161366.1161376",
        ),
        Reference(
            "O. Mayer, M. C. Stamm",
            "Accurate and Efficient Image Forgery Detection Using Lateral Chromatic Aberration "
            "(the displacement of an area against the model, in its own errors)",
            "IEEE Transactions on Information Forensics and Security 13(7)",
            2018,
            "https://doi.org/10.1109/TIFS.2018.2799421",
        ),
    ),
    weak=True,
)

#: Side of the windows that are compared, in cells of 32 pixels.
WINDOW = 5
#: Pixels (root mean square) that the lens must displace colours by, for areas to be compared.
LEAST_STRENGTH = 0.25
#: Distance in robust standard errors that 98 in 100 untouched camera pictures stay under.
USUAL = 15.0
#: Cells that must be comparable: the lens has four unknowns, and most cells must be free to err.
LEAST_CELLS = 30
_CHANNELS = (("red", 4), ("blue", 5))


def applicable(scene: Scene) -> Inapplicable | None:
    """At least 512 pixels on the shorter side, original pixels, colour, 10 % textured."""
    return (
        admission.large_enough(scene.media, 512)
        or admission.not_redrawn(scene.media)
        or _coloured(scene.media)
        or admission.enough_texture(texture(scene), 0.1)
    )


def _coloured(media: Media) -> Inapplicable | None:
    """Refuse grey pictures: all three channels are one."""
    sample = media.coded[4::8, 4::8].astype(np.int16)
    if int(np.ptp(sample, axis=2).max(initial=0)) > 4:
        return None
    return Inapplicable(
        "outside_validated_range", "The picture has no colour, so no colour can be displaced."
    )


def run(scene: Scene, context: Context) -> Finding:
    """The area whose colour fringe fits the lens least."""
    media = scene.media
    sums = moments(media.coded, lambda share: context.step(0.8 * share, "Aligning the colours"))
    found = {name: displacement(sums, channel) for name, channel in _CHANNELS}
    cells = min(int(f.valid.sum()) for f in found.values())
    if cells < LEAST_CELLS:
        sentence = "Too few places have edges in all colours; nothing can be compared."
        return ok(CARD, sentence, facts=(Fact("comparable_cells", cells, f"of {CELL} px"),))
    lenses = {name: lens(f) for name, f in found.items()}
    facts = (
        *(Fact(f"displacement_of_{n}", round(m.strength, 3), "px") for n, m in lenses.items()),
        Fact("comparable_cells", cells, f"of {CELL} px"),
    )
    if max(m.strength for m in lenses.values()) < LEAST_STRENGTH:
        sentence = (
            "The colours hardly part anywhere: the camera or a program removed the aberration of "
            "the lens, or the lens has little. Nothing can be compared."
        )
        return ok(CARD, sentence, facts=facts)
    return _compared(media, found, lenses, facts)


def _compared(
    media: Media,
    found: dict[str, Displacement],
    lenses: dict[str, Lens],
    facts: tuple[Fact, ...],
) -> Finding:
    each = {n: disagreement(f, lenses[n].rest, WINDOW) for n, f in found.items()}
    distance = np.sqrt(sum(surprise for surprise, _ in each.values()))
    top, left = (int(v) for v in np.unravel_index(np.argmax(distance), distance.shape))
    value = float(distance[top, left])
    offset = (WINDOW // 2 * CELL, WINDOW // 2 * CELL)
    maps = (
        coded_map(
            media,
            "against_the_lens",
            distance,
            CELL,
            0.0,
            2 * USUAL,
            unit="robust sigma",
            meaning="How far the displacement of red and blue around each place is from what the "
            "lens fitted to the whole picture makes there, in its own error.",
            offset=offset,
        ),
    )
    moved = {n: mean[top, left] for n, (_, mean) in each.items()}
    part = Part(
        upright_region(media, top, left, WINDOW, WINDOW, CELL),
        value,
        tuple(
            Fact(f"unexplained_{n}", round(float(np.hypot(*v)), 2), "px") for n, v in moved.items()
        ),
        sentence="The colour fringe here fits the lens least.",
    )
    score = Score(
        value,
        "distance of the area that fits least",
        "higher_is_suspicious",
        0.0,
        2 * USUAL,
        "robust sigma",
    )
    sentence = (
        "The colour fringes of all places fit one lens as well as usual."
        if value <= USUAL
        else "The colour fringe of one area does not fit the lens that the rest of the picture "
        "shows: it may come from another place or picture. Bright lights and blur can look so too."
    )
    return ok(CARD, sentence, score, maps=maps, facts=facts, parts=(part,))
