"""From a video's bytes to `Clip`: hash, recognise, read the container's structure."""

from __future__ import annotations

from telltale.media import container, metadata
from telltale.media.bytesource import ByteSource, sha256
from telltale.media.model import MediaError, Rung
from telltale.media.video import MAX_PIXELS, Clip, VideoMeta
from telltale.runtime.context import Context

MIMES = {
    "MP4": "video/mp4",
    "QuickTime": "video/quicktime",
    "WebM": "video/webm",
    "Matroska": "video/x-matroska",
    "GIF": "image/gif",
    "WebP": "image/webp",
    "AVI": "video/x-msvideo",
}


def open_clip(
    source: ByteSource | None, name: str, rung: Rung, meta: VideoMeta, context: Context
) -> Clip:
    """Hash `source` and read its structure; None where only frames were obtained (a live stream).

    Raises `MediaError` with code `empty`, `too_many_pixels`, `no_frames`, `zero_duration`, and
    `Cancelled` where the person stopped.
    """
    if source is not None and not source.size:
        raise MediaError("empty", "The file is empty (0 bytes).")
    if meta.width * meta.height > MAX_PIXELS:
        raise MediaError(
            "too_many_pixels", f"The pictures have {meta.width} x {meta.height} pixels: too many."
        )
    if min(meta.width, meta.height) < 1:
        raise MediaError("no_frames", "The file says that its pictures have no size.")
    if source is not None and meta.duration_s <= 0 and meta.frames in (None, 0):
        raise MediaError(
            "zero_duration", "The container says that the video lasts 0 seconds: nothing to see."
        )
    digest = ""
    structure = None
    if source is not None:
        digest = sha256(source, lambda share: context.step(0.0, f"Hashing, {share:.0%}"))
        structure = container.read(source)
    named = structure.container if structure else meta.container
    return Clip(
        name=metadata.inert(name, 255),
        sha256=digest or "0" * 64,
        size_bytes=source.size if source else 0,
        rung=rung,
        mime=MIMES.get(named, "application/octet-stream"),
        meta=meta,
        structure=structure,
        notes=meta.notes,
    )
