"""Why a file is not imported, in words for a person."""

from __future__ import annotations

from typing import Literal

Code = Literal[
    "unreadable", "unknown_container", "hostile", "other_model", "not_published", "wrong_hash"
]


class ImportRefused(Exception):
    """The file is not imported and nothing was changed. `code` is for programs."""

    def __init__(self, code: Code, sentence: str) -> None:
        super().__init__(sentence)
        self.code: Code = code
