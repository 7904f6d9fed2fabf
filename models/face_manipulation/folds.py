"""Cross-source training: networks that never saw a source, for `evaluate --folds`.

    python -m models.face_manipulation.folds --cache CACHE --folds FOLDER [--runs FOLDER]

The first network learns from real faces and our own fakes of them alone, so that every published
fake is left out. The others go on from there with every published fake but their own. Resumable.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from models.face_manipulation import train
from models.face_manipulation.samples import LOCAL, SWAPS, SYNTHETIC

EVERY = (*SWAPS, *LOCAL, *SYNTHETIC)
#: Sources that one network leaves out together.
FOLDS = (
    ("faces_stylegan_boredhumans", "faces_sg2_256_sadl"),
    ("faces_fake_ciplab", "faces_sd3_faker"),
    SWAPS,
)
FIRST_STEPS, STEPS = 1600, 600


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--folds", type=Path, required=True, help="a folder of each is written")
    parser.add_argument("--runs", type=Path, help="folder of the resumable states")
    parser.add_argument("--smoke", action="store_true", help="a few steps on a script-made cache")
    options = parser.parse_args(arguments)
    runs = options.runs or options.cache / "runs"

    def fold(sources: Sequence[str], start: Path, number: int, steps: int) -> Path:
        out, run = options.folds / "+".join(sources), runs / f"without_{'+'.join(sources)}"
        out.mkdir(parents=True, exist_ok=True)
        if not (out / "self_test.json").is_file():
            paths = {"--cache": options.cache, "--start": start, "--run": run, "--out": out}
            common = [str(part) for pair in paths.items() for part in pair]
            more = ["--round", str(number), "--steps", str(steps), "--without", *sources]
            train.main([*common, *more, *["--smoke"] * options.smoke])
        return run / "checkpoint.pt"

    warping = train.HERE.parent / "face_warping/model.onnx"
    first = fold(EVERY, warping, 3, FIRST_STEPS)
    for sources in FOLDS:
        fold(sources, first, 5, STEPS)


if __name__ == "__main__":
    main()
