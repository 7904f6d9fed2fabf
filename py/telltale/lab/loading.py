"""Load a detector from one file in the form of `telltale.detectors`.

Loading runs the file: on CPython with the rights of whoever asked for it, in the page's lab inside
its sandbox. Only a file that a person names is ever loaded.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from telltale import detectors
from telltale.analysis import ASSESS, BANK, FACES
from telltale.detectors import over_time
from telltale.detectors.unreviewed import Unreviewed
from telltale.finding import FAMILIES, Card, Reference
from telltale.lab.sentences import Refused, counted, words
from telltale.runtime import inference
from telltale.wording import Words, joined

#: A detector is a small file; anything larger is something else.
MOST_BYTES = 1 << 20
_ID = re.compile(r"[a-z][a-z0-9_]{2,63}")
#: What a detector says in `LOOKS_AT` that it is given; pictures where it says nothing.
LOOKS_AT = ("picture", "film")
_PARAMETERS = {"applicable": 1, "run": 2}


class DetectorRefused(Refused):
    """The file holds no detector that could be run."""


def load_file(path: Path) -> Unreviewed:
    """The detector of a file; raises `DetectorRefused` for whatever else is there."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise DetectorRefused(words("file.large", name=path.name, most=MOST_BYTES >> 20))
        data = path.read_bytes()
    except OSError as error:
        why = error.strerror or error
        raise DetectorRefused(words("file.unreadable", path=path, why=why)) from error
    return load_source(data, path.name)


def load_source(data: bytes, name: str = "detector.py") -> Unreviewed:
    """The same for the bytes of a file; `name` stands in messages and tracebacks.

    The code runs once. Raises `DetectorRefused`.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    source = parsed(data, name)
    module = ModuleType(f"telltale_unreviewed_{sha256[:16]}")
    module.__file__ = name
    # dataclasses look their module up by name
    sys.modules[module.__name__] = module
    try:
        exec(compile(source, name, "exec"), module.__dict__)
    except Exception as error:
        del sys.modules[module.__name__]
        line, said = _line(error, name), f"{type(error).__name__}: {error}"
        key = "file.stops.line" if line else "file.stops"
        raise DetectorRefused(words(key, name=name, line=line, error=said)) from error
    except SystemExit as error:
        del sys.modules[module.__name__]
        raise DetectorRefused(words("file.ends", name=name)) from error
    if problems := form_problems(module):
        raise DetectorRefused(words("file.no_detector", name=name, problems=joined(problems)))
    return Unreviewed(cast(detectors.Detector, module), sha256, name)


def parsed(data: bytes, name: str) -> ast.Module:
    """The syntax tree of a file; raises `DetectorRefused` where it is no Python."""
    try:
        return ast.parse(data, name)
    except SyntaxError as error:
        line = error.lineno or 1
        why = words("file.no_python", name=name, line=line, why=error.msg)
        raise DetectorRefused(why) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise DetectorRefused(words("file.no_source", name=name, why=error)) from error


def form_problems(module: ModuleType) -> list[Words]:
    """What keeps a module from being a detector, in sentences; empty where nothing does."""
    card = getattr(module, "CARD", None)
    if not isinstance(card, Card):
        return [words("problem.no_card")]
    problems = card_problems(card)
    if getattr(module, "LOOKS_AT", "picture") not in LOOKS_AT:
        problems.append(words("problem.looks_at", kinds=", ".join(LOOKS_AT)))
    for name, count in _PARAMETERS.items():
        function = getattr(module, name, None)
        if not callable(function):
            problems.append(words("problem.no_function", name=name))
        elif not _takes(function, count):
            problems.append(counted("problem.arguments", count, name=name))
    return problems


def card_problems(card: Card) -> list[Words]:
    """What is wrong with a card, in sentences: its identity, its words, its papers."""
    problems = []
    if not isinstance(card.id, str) or not _ID.fullmatch(card.id):
        problems.append(words("problem.id"))
    elif card.id in taken():
        problems.append(words("problem.id_taken", id=card.id))
    if card.family not in FAMILIES:
        problems.append(words("problem.family", families=", ".join(FAMILIES)))
    for name in ("version", "title", "question", "how"):
        value: Any = getattr(card, name)
        if not isinstance(value, str) or not value.strip():
            problems.append(words("problem.text", name=name))
    if not _texts(card.limits) or not card.limits:
        problems.append(words("problem.limits"))
    if not isinstance(card.models, tuple) or not _texts(card.models):
        problems.append(words("problem.models"))
    papers = card.references
    if not isinstance(papers, tuple) or not papers or not all(map(_is_paper, papers)):
        problems.append(words("problem.references"))
    return problems


def taken() -> frozenset[str]:
    """Names that a detector from a file may not have: tests, models, steps of an analysis."""
    pictures = {entry.id for entry in (*detectors.REGISTRY, *detectors.IMPORTED)}
    videos = {entry.id for entry in (*over_time.TESTS, *over_time.CLIP_TESTS)}
    return frozenset({FACES, BANK, ASSESS, *inference.read_zoo()} | pictures | videos)


def _texts(values: object) -> bool:
    if not isinstance(values, tuple):
        return False
    return all(isinstance(value, str) and value.strip() for value in values)


def _is_paper(paper: object) -> bool:
    if not isinstance(paper, Reference) or not isinstance(paper.year, int):
        return False
    return _texts((paper.authors, paper.title, paper.venue, paper.url))


def _takes(function: Any, count: int) -> bool:
    try:
        inspect.signature(function).bind(*[None] * count)
    except (TypeError, ValueError):
        return False
    return True


def _line(error: BaseException, name: str) -> int:
    """The last line of the file itself that was running; 0 where none was."""
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == name:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
