"""`telltale look` and `telltale compare`: pictures for the eye, written as PNG."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from telltale import looking
from telltale.finding import Fact
from telltale.looking.glass import Glass, Pixels, Sight
from telltale.media.decode import open_media
from telltale.media.model import MediaError
from telltale.report.colour import cividis


def add_look_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `look`."""
    parser.add_argument("glass", nargs="?", choices=looking.REGISTRY, metavar="GLASS")
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE")
    parser.add_argument("--out", type=Path, metavar="PNG", help="where to write what is seen")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="a parameter of the glass"
    )
    parser.add_argument("--grey", action="store_true", help="no colour map: 0 to 255 as stored")
    parser.set_defaults(run=run_look)


def add_compare_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `compare`."""
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("other", type=Path, metavar="OTHER")
    parser.add_argument("--out", type=Path, metavar="PNG", help="where they differ")
    parser.add_argument("--aligned", type=Path, metavar="PNG", help="OTHER laid over FILE")
    parser.set_defaults(run=run_compare)


def run_look(arguments: argparse.Namespace) -> int:
    """List the glasses, or look at a file through one; 0 done, 1 not readable, 2 wrong usage."""
    if arguments.glass is None:
        for name in looking.REGISTRY:
            _describe(looking.find(name))
        return 0
    if arguments.file is None or arguments.out is None:
        return _refuse("FILE and --out PNG are needed; without arguments the glasses are listed.")
    values: dict[str, str] = {}
    for pair in arguments.set:
        name, equals, value = pair.partition("=")
        if not equals:
            return _refuse(f"--set wants NAME=VALUE, not {pair!r}.")
        values[name] = value
    pixels = _opened(arguments.file)
    if pixels is None:
        return 1
    try:
        sight = looking.find(arguments.glass).look(pixels, values)
    except ValueError as error:
        return _refuse(str(error))
    _write(sight, arguments.out, arguments.grey)
    print(sight.meaning)
    _print(sight.facts)
    return 0


def run_compare(arguments: argparse.Namespace) -> int:
    """Lay the second picture over the first and say how and where they differ."""
    from telltale.looking.comparison import compare

    first, second = _opened(arguments.file), _opened(arguments.other)
    if first is None or second is None:
        return 1
    found = compare(first, second)
    if arguments.out:
        _write(found.difference, arguments.out, grey=False)
    if arguments.aligned:
        _write(found.aligned, arguments.aligned, grey=False)
    print(found.sentence)
    _print(found.aligned.facts)
    return 0


def _describe(glass: Glass) -> None:
    print(f"{glass.id}: {glass.about}")
    for p in glass.parameters:
        bounds = "|".join(p.choices) if p.choices else f"{p.low:g} to {p.high:g}"
        print(f"  {p.name}: {bounds}, {p.default} unless set")


def _opened(path: Path) -> Pixels | None:
    try:
        return open_media(path.read_bytes(), path.name).pixels
    except OSError as error:
        print(f"{path.name}: {error.strerror or error}", file=sys.stderr)
    except MediaError as error:
        print(f"{path.name}: {error}", file=sys.stderr)
    return None


def _write(sight: Sight, path: Path, grey: bool) -> None:
    values = sight.values
    if values.ndim == 2 and not grey:
        values = cividis(np.arange(256) / 255.0)[values]
    Image.fromarray(values).save(path, "PNG")


def _print(facts: tuple[Fact, ...]) -> None:
    for fact in facts:
        print(f"  {fact.name.replace('_', ' ')}: {fact.value} {fact.unit}".rstrip())


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 2
