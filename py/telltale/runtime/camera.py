"""`telltale camera`: make a camera known by its reference pictures, list and remove them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from telltale.runtime.cameras import Camera


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `telltale camera`."""
    commands = parser.add_subparsers(dest="camera_command", required=True)
    make = commands.add_parser(
        "make", help="learn a sensor's pattern from pictures straight from the camera"
    )
    make.add_argument("name", metavar="NAME")
    make.add_argument("files", nargs="+", type=Path, metavar="FILE")
    commands.add_parser("list", help="the cameras known on this device")
    remove = commands.add_parser("remove", help="delete a camera for good")
    remove.add_argument("name", metavar="NAME")


def run(arguments: argparse.Namespace) -> int:
    """Run one of the commands; 0 done, 1 refused or impossible."""
    from telltale.media.model import MediaError
    from telltale.runtime import cameras

    try:
        if arguments.camera_command == "make":
            return _make(arguments.name, arguments.files)
        if arguments.camera_command == "remove":
            cameras.remove(arguments.name)
            print(f"removed {arguments.name}")
            return 0
        for name in cameras.names():
            height, width = (one := cameras.load(name)).pattern.shape
            print(f"{name}: {width} x {height} pixels, from {one.pictures} pictures")
        return 0
    except (cameras.CameraError, MediaError, OSError) as error:
        print(f"telltale camera: {error}", file=sys.stderr)
        return 1


def known() -> Iterator[Camera]:
    """The cameras kept on this device, read one at a time; broken files are named and left out."""
    from telltale.runtime import cameras

    for name in cameras.names():
        try:
            yield cameras.load(name)
        except cameras.CameraError as error:
            print(f"telltale: {error}", file=sys.stderr)


def _make(name: str, files: list[Path]) -> int:
    from telltale.runtime import cameras

    def read(path: Path) -> Any:
        def pixels() -> NDArray[np.uint8]:
            from telltale.media.decode import open_media

            return open_media(path.read_bytes(), path.name).coded

        return path.name, pixels

    camera = cameras.make(
        name,
        [read(path) for path in files],
        lambda done: print(f"{done} of {len(files)}", file=sys.stderr),
    )
    print(f"kept {cameras.save(camera)}")
    if camera.pictures < cameras.GOOD:
        print(f"{camera.pictures} pictures; {cameras.GOOD} or more give a better pattern.")
    return 0
