"""The rounds that led to the shipped weights, one after the other; resumable.

    python -m models.face_manipulation.recipe --cache CACHE [--runs FOLDER] [--out FOLDER]

Round 1 starts from `start.npz`: the convolutional stages after 900 steps of an earlier recipe that
the scripts no longer hold (entries 4 to 6 of the lab book). To do without it, start round 1 from
the checkpoint of `face_warping` and give it 900 steps more.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from models.face_manipulation import train

#: Steps of each round.
ROUNDS = (1700, 1500)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--runs", type=Path, help="folder of the resumable states")
    parser.add_argument("--out", type=Path, default=train.HERE, help="folder of model.onnx")
    options = parser.parse_args()
    runs = options.runs or options.cache / "runs"
    start = train.HERE / "start.npz"
    for number, steps in enumerate(ROUNDS, 1):
        run = runs / f"face_manipulation_{number}"
        common = ["--cache", options.cache, "--start", start, "--run", run, "--out", options.out]
        train.main([*map(str, common), "--round", str(number), "--steps", str(steps)])
        start = run / "checkpoint.pt"


if __name__ == "__main__":
    main()
