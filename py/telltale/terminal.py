"""Progress on a terminal: one line that is written over."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable


def progress() -> Callable[[float, str], None]:
    """A function of share done in [0, 1] and words; ends its line at 1."""
    last = 0.0

    def tell(fraction: float, text: str) -> None:
        nonlocal last
        now = time.monotonic()
        if fraction < 1 and now - last < 0.2:
            return
        last = now
        end = "\n" if fraction >= 1 else ""
        print(f"\r  {fraction:4.0%} {text[:60]:60}", end=end, file=sys.stderr, flush=True)

    return tell
