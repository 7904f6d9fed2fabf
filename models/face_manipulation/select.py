"""Compare candidates on the validation split: what a choice between them rests on.

python -m models.face_manipulation.select --cache CACHE [--source NAME ...] MODEL.onnx [...]

Every kind of fake against all reals and against each real source, through the equalised chain.
`--source` judges only these fakes, for networks that were trained without them.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from models.face_manipulation.evaluate import BLENDED, PUBLISHED, Judge, judged, model_judge
from models.face_manipulation.samples import REALS
from models.training.face_crops import Faces
from models.training.metrics import auc, tpr_at_fpr


def by_source(faces: Faces, judge: Judge, wanted: Sequence[str]) -> dict[str, list[float]]:
    """Validation scores of the reals and of the wanted kinds of fakes."""
    place = ("val", "", "")
    reals = faces.where("val", *REALS)
    found: dict[str, list[float]] = {}
    for rows, kind in (
        (reals, None),
        (faces.where("val", *(s for s in PUBLISHED if s in wanted)), None),
        *((reals, kind) for kind in BLENDED if kind in wanted),
    ):
        for entry in judged(faces, rows, judge, place, kind):
            found.setdefault(entry.source, []).append(entry.scores["model"])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--source", nargs="*", default=[*PUBLISHED, *BLENDED])
    parser.add_argument("models", nargs="+", type=Path)
    options = parser.parse_args()
    faces = Faces(options.cache)
    for path in options.models:
        scores = by_source(faces, model_judge(path), options.source)
        reals = {source: scores[source] for source in REALS if source in scores}
        every = [v for values in reals.values() for v in values]
        print(f"{path}: {', '.join(f'{s} {len(v)}' for s, v in reals.items())}")
        for source in options.source:
            if values := scores.get(source):
                each = " ".join(f"{auc(real, values):.3f}" for real in reals.values())
                both = f"AUC {auc(every, values):.3f}, TPR at 1 % {tpr_at_fpr(every, values):.2f}"
                print(f"  {source} ({len(values)}): {both}; {each}", flush=True)


if __name__ == "__main__":
    main()
