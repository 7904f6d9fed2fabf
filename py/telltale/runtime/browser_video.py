"""The browser's side of a video: JavaScript's bytes for `telltale.runtime.video_session`."""

from __future__ import annotations

from typing import Any

from telltale.media import sniff
from telltale.media.animation import is_animated
from telltale.media.model import MediaError, Rung
from telltale.runtime.session import Session
from telltale.runtime.video_session import VideoSession, packages

__all__ = ["Film", "film", "kind", "packages"]


class Film:
    """`VideoSession` for a worker: Uint8Arrays and functions of JavaScript in place of bytes."""

    def __init__(self, session: VideoSession) -> None:
        self._session = session

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def begin_video(self, name: str, rung: Rung, size: int, read: Any, meta: str, kept: Any) -> str:
        """See `VideoSession.begin_video`; `read` answers with a Uint8Array."""
        reader = _reader(read) if read else None
        return self._session.begin_video(name, rung, size, reader, meta, _bytes(kept))

    def begin_animation(self, data: Any, name: str, rung: Rung, asked: str, kept: Any) -> str:
        """See `VideoSession.begin_animation`."""
        return self._session.begin_animation(_bytes(data), name, rung, asked, _bytes(kept))

    def push_frame(self, rgba: Any, width: int, height: int, time_s: float, index: int) -> str:
        """See `VideoSession.push_frame`."""
        return self._session.push_frame(_bytes(rgba), width, height, time_s, index)

    def refuse(self, name: str, size: int, read: Any, code: str, sentence: str) -> str:
        """See `VideoSession.refuse`."""
        reader = _reader(read) if read else None
        return self._session.refuse(name, size, reader, code, sentence)


def film(session: Session) -> Film:
    """A video in place of the picture that `session` may hold; models and context are the same."""
    session.close()
    return Film(VideoSession(session.context, session.engine, session.desk))


def kind(head: Any, data: Any) -> str:
    """ "video", "animation" or "picture", for the first bytes of a file and all of a GIF or WebP.

    `data` is a function without arguments that answers with a Uint8Array. What is neither is a
    "picture", which the picture's rules refuse by name.
    """
    first = _bytes(head)
    try:
        name = sniff.sniff(first)
    except MediaError as error:
        return "video" if error.code == "video" else "picture"
    if name in ("GIF", "WebP") and is_animated(_bytes(data())):
        return "animation"
    return "picture"


def _reader(read: Any) -> Any:
    return lambda offset, length: _bytes(read(offset, length))


def _bytes(value: Any) -> bytes:
    # JavaScript's null is an object, and false
    return bytes(value.to_bytes()) if value else b""
