"""The file to start from: a whole small detector that keeps the form."""

from __future__ import annotations

import re
from importlib.resources import files

#: The template's own id, which stands once in its card.
ID = "my_detector"


def template(detector_id: str = ID) -> str:
    """The source of a detector with this id; raises ValueError where it cannot be one."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{2,63}", detector_id):
        raise ValueError("an id has lower-case letters, digits and underscores, 3 to 64 of them")
    text = files("telltale.lab").joinpath("start.py").read_text("utf-8")
    return text.replace(f'"{ID}"', f'"{detector_id}"')
