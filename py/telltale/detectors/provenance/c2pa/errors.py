"""The one exception of the reader."""

from __future__ import annotations


class Malformed(Exception):
    """The bytes break the rules of their format, or a stated limit; `str()` says which."""
