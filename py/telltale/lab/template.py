"""The files to start from: whole small detectors that keep the form."""

from __future__ import annotations

import re
from importlib.resources import files

#: The template's own id, which stands once in its card.
ID = "my_detector"
#: The template's file for each of `loading.LOOKS_AT`.
FILES = {"picture": "start.py", "film": "start_film.py"}


def template(detector_id: str = ID, looks_at: str = "picture") -> str:
    """The source of a detector with this id, of pictures or of a "film".

    Raises ValueError where the id cannot be one, and KeyError for anything else to look at.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{2,63}", detector_id):
        raise ValueError("an id has lower-case letters, digits and underscores, 3 to 64 of them")
    text = files("telltale.lab").joinpath(FILES[looks_at]).read_text("utf-8")
    return text.replace(f'"{ID}"', f'"{detector_id}"')
