"""Compare candidates on the validation split: what a choice between them rests on.

python -m models.face_manipulation.select --cache CACHE [--source NAME ...] MODEL.onnx [...]

Every kind of fake against all reals and against each real source, through the equalised chain;
the first network is what the others are compared with, on the same pictures.
`--source` judges only these fakes, for networks that were trained without them.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.face_manipulation.evaluate import BLENDED, PUBLISHED, Judge, judged, model_judge
from models.face_manipulation.samples import REALS, every_further
from models.training.face_crops import Faces
from models.training.metrics import auc, tpr_at_fpr
from models.training.score_table import Entry, by_source

ROUNDS = 2000
FURTHER = every_further()


def abreast(paths: Sequence[Path]) -> Judge:
    """The scores of several networks on one picture, by their number."""
    judges = [model_judge(path) for path in paths]
    return lambda pixels, landmarks: {
        str(i): judge(pixels, landmarks)["model"] for i, judge in enumerate(judges)
    }


def validation(faces: Faces, judge: Judge, wanted: Sequence[str]) -> dict[str, list[Entry]]:
    """Validation entries of the reals and of the wanted kinds of fakes, by source."""
    place = ("val", "", "")
    reals = faces.where("val", *REALS, *FURTHER.reals)
    found = list(judged(faces, reals, judge, place))
    found += judged(faces, faces.where("val", *wanted), judge, place)
    for kind in BLENDED:
        if kind in wanted:
            found += judged(faces, faces.where("val", *REALS), judge, place, kind)
    return by_source(found)


def difference(
    reals: Sequence[Entry], fakes: Sequence[Entry], first: str, second: str
) -> tuple[float, float, float]:
    """How much larger the AUC of the second method is, with its 95 % interval.

    Both methods judged the same pictures; the bootstrap draws groups, once for both and once for
    a real picture and the fake made from it.
    """
    names = {group: i for i, group in enumerate(dict.fromkeys(e.group for e in (*reals, *fakes)))}
    a, b = (np.array([names[e.group] for e in side]) for side in (reals, fakes))

    def larger(method: str) -> np.ndarray:
        x, y = (np.array([e.scores[method] for e in side]) for side in (reals, fakes))
        return (y[:, None] > x) + 0.5 * (y[:, None] == x)

    gained = larger(second) - larger(first)
    rng, draws = np.random.default_rng(0), []
    for _ in range(ROUNDS):
        times = np.bincount(rng.integers(len(names), size=len(names)), minlength=len(names))
        real, fake = times[a], times[b]
        if weight := real.sum() * fake.sum():
            draws.append(fake @ gained @ real / weight)
    low, high = np.percentile(draws, [2.5, 97.5])
    return float(gained.mean()), float(low), float(high)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument(
        "--source", nargs="*", default=[*PUBLISHED, *FURTHER.swaps, *FURTHER.synthetic, *BLENDED]
    )
    parser.add_argument("models", nargs="+", type=Path)
    options = parser.parse_args(arguments)
    found = validation(Faces(options.cache), abreast(options.models), options.source)
    reals = {source: found[source] for source in (*REALS, *FURTHER.reals) if source in found}
    print(", ".join(f"{source} {len(rows)}" for source, rows in reals.items()))
    known = [e for source in REALS for e in reals.get(source, [])]
    for source in options.source:
        if not (fakes := found.get(source)):
            continue
        every = reals.get(FURTHER.partners.get(source, ""), known)
        print(f"{source} ({len(fakes)}) against {len(every)}")
        for i, path in enumerate(options.models):
            x, y = ([e.scores[str(i)] for e in side] for side in (every, fakes))
            each = " ".join(
                f"{auc([e.scores[str(i)] for e in real], y):.3f}" for real in reals.values()
            )
            line = f"  {path}: AUC {auc(x, y):.3f}, TPR at 1 % {tpr_at_fpr(x, y):.2f}; {each}"
            if i:
                gain, low, high = difference(every, fakes, "0", str(i))
                line += f"; {gain:+.3f} [{low:+.3f}, {high:+.3f}]"
            print(line, flush=True)


if __name__ == "__main__":
    main()
