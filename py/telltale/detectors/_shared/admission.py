"""What a forensic test asks of a picture before it speaks. Each answers None for yes."""

from __future__ import annotations

from telltale.detectors._shared.texture import Texture
from telltale.finding import Inapplicable
from telltale.media.model import Media

#: Rungs whose pixels were scaled, composed or re-encoded on their way to the screen.
_REDRAWN = ("video-frames", "tab-capture", "screen-crop")


def large_enough(media: Media, side: int) -> Inapplicable | None:
    """Refuse pictures whose shorter side is below `side` pixels."""
    if min(media.width, media.height) >= side:
        return None
    return Inapplicable(
        "image_too_small",
        f"The picture is {media.width} x {media.height} pixels; this test needs at least "
        f"{side} on the shorter side.",
    )


def not_redrawn(media: Media) -> Inapplicable | None:
    """Refuse pixels taken from a screen or a player: scaling there erases the traces."""
    if media.rung not in _REDRAWN:
        return None
    return Inapplicable(
        "needs_original_bytes",
        "Only pixels from the screen were obtained; scaling and redrawing there erase the traces "
        "that this test reads. Open the original file.",
    )


def enough_texture(texture: Texture, share: float) -> Inapplicable | None:
    """Refuse pictures of which less than `share` is neither flat nor clipped."""
    usable = float(texture.usable.mean()) if texture.usable.size else 0.0
    if usable >= share:
        return None
    return Inapplicable(
        "flat_or_saturated",
        f"Only {usable:.0%} of the picture is neither flat nor saturated; this test needs at "
        f"least {share:.0%}.",
    )
