"""Generated pictures over a clip: `generated_image` on the whole frame, with fewer crops."""

from __future__ import annotations

import numpy as np

from telltale.detectors._shared import admission
from telltale.detectors._shared.crops import textured_crops
from telltale.detectors._shared.over_time import mean_interval, trimmed_mean
from telltale.detectors._shared.texture import texture
from telltale.detectors.learned.generated_image import CARD, CROP, examine, stored
from telltale.finding import Fact, Inapplicable
from telltale.media.decode import open_pixels
from telltale.runtime.context import Context
from telltale.scene import Scene
from telltale.series import Lane, Outcome, Reading, Series, WholeFrame, nothing_seen

__all__ = ["CARD", "LANE", "conclude", "measure"]

LANE = Lane(
    "full",
    "mean logit over the crops",
    "higher_is_suspicious",
    -6.0,
    6.0,
)
#: Crops of a frame; a clip has many frames.
CROPS = 6


def measure(frame: WholeFrame, context: Context) -> Reading:
    """The mean logit over the most textured crops of the frame."""
    height, width = frame.pixels.shape[:2]
    if min(height, width) < CROP:
        return Reading(None, Inapplicable("image_too_small"))
    data = np.ascontiguousarray(frame.pixels).data
    media = open_pixels(data, width, height, "frame", "video-frames", sha256=frame.sha256)
    scene = Scene(media)
    if scene.kind.reason is not None:
        return Reading(None, Inapplicable(scene.kind.reason))
    blocks = texture(scene)
    if (why := admission.enough_texture(blocks, 0.1)) is not None:
        return Reading(None, why)
    grid = textured_crops(height, width, blocks.gradient, blocks.usable, CROP, CROPS)
    if not grid.crops:
        return Reading(None, Inapplicable("flat_or_saturated"))
    found = examine(frame.pixels, grid, context)
    return Reading(found.logit, embedding=found.embedding)


def conclude(series: Series) -> Outcome:
    """The trimmed mean over the frames."""
    if not series.times:
        return nothing_seen(series)
    score = trimmed_mean(series.v)
    mean, low, high, size = mean_interval(series.v)
    return Outcome(
        f"In {len(series.times)} frames the network's logit averages {score:.1f}. It learned from "
        "pictures, not from video, whose compression can look to it like a generator.",
        score,
        "trimmed mean logit",
        facts=(
            Fact("frames", len(series.times)),
            Fact("effective_frames", round(size, 1)),
            Fact("mean", round(mean, 3), "logit"),
            Fact("mean_low", round(low, 3), "logit, 95 %"),
            Fact("mean_high", round(high, 3), "logit, 95 %"),
        ),
        caveats=tuple(stored()["caveats"]),
    )
