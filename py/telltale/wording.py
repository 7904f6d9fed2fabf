"""Sentences in every language, filled in: how the bank, the verdict and the lab say theirs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

#: One sentence in each of `LANGUAGES`.
Words = dict[str, str]

LANGUAGES: Final = ("en", "es")


class Book:
    """Sentences by key; `{name}` in them are filled in, with a value that is `Words` in its own."""

    def __init__(self, sentences: Mapping[str, Words]) -> None:
        self._sentences = sentences

    def say(self, key: str, language: str = "en", **values: object) -> str:
        """The sentence in a language; raises KeyError."""
        chosen = {k: v[language] if isinstance(v, dict) else v for k, v in values.items()}
        return self._sentences[key][language].format(**chosen)

    def words(self, key: str, **values: object) -> Words:
        """The sentence in every language; raises KeyError."""
        return {language: self.say(key, language, **values) for language in LANGUAGES}

    def counted(self, key: str, n: int, **values: object) -> Words:
        """The sentence `key.one` or `key.other`, with `{n}`; no language here has more forms."""
        return self.words(f"{key}.{'one' if n == 1 else 'other'}", n=n, **values)


def joined(parts: Iterable[Words], between: str = " ") -> Words:
    """Sentences, or parts of one, in a row."""
    listed = list(parts)
    return {language: between.join(part[language] for part in listed) for language in LANGUAGES}
