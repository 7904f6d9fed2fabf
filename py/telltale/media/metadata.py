"""EXIF and its like as a plain dictionary of bounded, inert values."""

from __future__ import annotations

from typing import Any

from telltale.media.header import Header


def read(header: Header) -> dict[str, Any]:
    """Everything that the file says about itself, JSON-ready."""
    return {}


def orientation(found: dict[str, Any]) -> int:
    return 1


def icc_description(profile: bytes) -> str | None:
    return None
