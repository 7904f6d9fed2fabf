"""The rounds that led to the shipped weights, one after the other; resumable.

    python -m models.face_manipulation.recipe --cache CACHE [--runs FOLDER] [--out FOLDER]
        [--from ROUND]

Round 1 starts from `start.npz`: the convolutional stages after 900 steps of an earlier recipe that
the scripts no longer hold (entries 4 to 6 of the lab book). To do without it, start round 1 from
the checkpoint of `face_warping` and give it 900 steps more. Round 3 starts from `round_2.npz`, the
weights that were shipped after round 2: its checkpoint was not kept (`models/training/restore.py`).
What is shipped joins the last round with that of round 4, kept as `round_4.onnx` (`join.py`).
"""

from __future__ import annotations

import argparse
from pathlib import Path

from models.face_manipulation import join, train

#: Number, steps and start of each round (None: the round before). The fifth was not shipped.
ROUNDS: tuple[tuple[int, int, str | None], ...] = (
    (1, 1700, "start.npz"),
    (2, 1500, None),
    (3, 1500, "round_2.npz"),
    (4, 1800, None),
    (6, 2400, None),
    (7, 1700, None),
    (8, 1400, None),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--runs", type=Path, help="folder of the resumable states")
    parser.add_argument("--out", type=Path, default=train.HERE, help="folder of model.onnx")
    parser.add_argument("--from", dest="first", type=int, default=1, help="first round to run")
    options = parser.parse_args()
    runs = options.runs or options.cache / "runs"
    before: Path | None = None
    for number, steps, kept in ROUNDS:
        run = runs / f"face_manipulation_{number}"
        start = train.HERE / kept if kept else before
        before = run / "checkpoint.pt"
        if number < options.first:
            continue
        common = ["--cache", options.cache, "--start", start, "--run", run, "--out", options.out]
        train.main([*map(str, common), "--round", str(number), "--steps", str(steps)])
    join.main([str(before), "--out", str(options.out)])


if __name__ == "__main__":
    main()
