"""Cross-source training: a network that never saw the archives' fakes, for `evaluate --folds`.

    python -m models.face_manipulation.folds --cache CACHE --folds FOLDER [--runs FOLDER]

It learns from real faces, from our own fakes of them and from the repositories of `more.csv`, and
is judged on every published fake of the archives. Resumable.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from models.face_manipulation import train
from models.face_manipulation.samples import LOCAL, SWAPS, SYNTHETIC

EVERY = (*SWAPS, *LOCAL, *SYNTHETIC)
ROUND, STEPS = 6, 1200


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--folds", type=Path, required=True, help="a folder of it is written")
    parser.add_argument("--runs", type=Path, help="folder of the resumable state")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--smoke", action="store_true", help="a few steps on a script-made cache")
    options = parser.parse_args(arguments)
    name, runs = "+".join(EVERY), options.runs or options.cache / "runs"
    out = options.folds / name
    out.mkdir(parents=True, exist_ok=True)
    if (out / "self_test.json").is_file():
        return
    paths = {
        "--cache": options.cache,
        "--start": train.HERE.parent / "face_warping/model.onnx",
        "--run": runs / f"without_{name}",
        "--out": out,
    }
    common = [str(part) for pair in paths.items() for part in pair]
    more = ["--round", str(ROUND), "--steps", str(options.steps), "--without", *EVERY]
    train.main([*common, *more, *["--smoke"] * options.smoke])


if __name__ == "__main__":
    main()
