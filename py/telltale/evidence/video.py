"""What may be said of a video as a whole: today only where to look."""

from __future__ import annotations

from typing import Any

from telltale.evidence.sentences import say
from telltale.wording import LANGUAGES

#: What a person can do without a verdict; see `telltale.evidence.sentences`.
_STEPS = ("original", "file")


def assessment(faces: bool, stopped: bool) -> dict[str, Any]:
    """No likelihood ratio is claimed: nothing has been calibrated over time yet.

    `faces` says whether one was followed, `stopped` whether the person ended the work early.
    """
    if stopped:
        key = "video.stopped"
    else:
        key = "video.not_calibrated" if faces else "video.no_face"
    return {
        "status": "none",
        "sentence": say(key),
        "words": _in_all(key),
        "abstention": "outside_validated_range" if faces else "no_face",
        "questions": [],
        "next": [_in_all(f"next.{step}") for step in (("moments",) if faces else ()) + _STEPS],
    }


def _in_all(key: str) -> dict[str, str]:
    return {language: say(key, language) for language in LANGUAGES}
