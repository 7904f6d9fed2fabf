"""What the browser's worker shows through looking glasses: pictures in hand, drawn on request.

Nothing here knows Pyodide, so CPython tests it.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from telltale import looking
from telltale.looking.glass import Pixels, Sight
from telltale.media.decode import open_media, open_pixels
from telltale.media.model import Rung
from telltale.runtime.session import Pixels as Raw

#: Pictures held at once: the one looked at, and the one it is compared with.
HELD = 2


class Gallery:
    """The pictures last handed over, by a key that the page chooses."""

    def __init__(self) -> None:
        self._held: dict[str, Pixels] = {}

    def has(self, key: str) -> bool:
        """Whether the picture need not be handed over again; one that is held is let go of last."""
        if key not in self._held:
            return False
        self._use(key)
        return True

    def put(self, key: str, data: bytes, name: str, rung: Rung, raw: Raw | None = None) -> None:
        """Decode and hold a picture; raises `MediaError`."""
        self._held.pop(key, None)
        while len(self._held) >= HELD:
            del self._held[next(iter(self._held))]
        if raw is None:
            media = open_media(data, name, rung)
        else:
            media = open_pixels(data, raw.width, raw.height, name, rung, raw.decoder)
        self._held[key] = media.pixels

    def look(self, key: str, glass: str, values: str) -> list[tuple[str, bytes]]:
        """One sight: its description as JSON, and its values row by row.

        Raises ValueError, with a sentence, for values that the glass does not take.
        """
        return [described(looking.find(glass).look(self._use(key), json.loads(values)))]

    def compare(self, key: str, other: str) -> list[tuple[str, bytes]]:
        """Two sights, the second picture over the first and their difference."""
        from telltale.looking.comparison import compare

        found = compare(self._use(key), self._use(other))
        aligned, difference = described(found.aligned), described(found.difference)
        header = {**json.loads(aligned[0]), "sentence": found.sentence}
        return [(json.dumps(header), aligned[1]), difference]

    def _use(self, key: str) -> Pixels:
        pixels = self._held.pop(key)
        self._held[key] = pixels  # used last, let go of last
        return pixels


def described(sight: Sight) -> tuple[str, bytes]:
    """Everything but the values as JSON, and the values as bytes."""
    height, width = sight.values.shape[:2]
    header: dict[str, Any] = {
        "kind": "scalar" if sight.values.ndim == 2 else "colour",
        "width": width,
        "height": height,
        "low": sight.low,
        "high": sight.high,
        "unit": sight.unit,
        "meaning": sight.meaning,
        "space": sight.space,
        "facts": [asdict(fact) for fact in sight.facts],
    }
    return json.dumps(header, allow_nan=False), sight.values.tobytes()
