"""A detector over pictures of known origin: distribution, ROC with intervals, worst errors.

The measures are those of `telltale.benchmark.metrics`. Scores are turned so that higher is more
suspicious. What a detector refuses is counted and never scored.
"""

from __future__ import annotations

import csv
import io
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from telltale import analysis
from telltale.benchmark import metrics
from telltale.benchmark.metrics import Estimate
from telltale.detectors import Detector
from telltale.detectors.unreviewed import apart
from telltale.finding import Finding
from telltale.lab.folders import Picture
from telltale.media.decode import open_media
from telltale.media.model import MediaError
from telltale.runtime.context import Cancelled, Context
from telltale.scene import Scene

#: Fewer groups than this on a side, and an interval says little.
FEW = 10


@dataclass(frozen=True, slots=True)
class Row:
    """One picture's outcome.

    `score` is None where there is none; `why` is then a reason code, or what went wrong.
    `format`, `width`, `height` and `quality` (of a JPEG, else None) describe the file.
    """

    path: str
    label: str
    source: str
    group: str
    score: float | None
    why: str
    sentence: str
    elapsed_ms: float
    sha256: str = ""
    format: str = ""
    width: int = 0
    height: int = 0
    quality: float | None = None
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Roc:
    """A ROC curve: `fpr` and `tpr` (n,) in [0, 1], from (0, 0) to (1, 1); `low` and `high` bound
    `tpr` pointwise (95 %, bootstrap over groups)."""

    fpr: NDArray[np.float64]
    tpr: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a folder says of a detector.

    `measures` holds `auc`, `tpr_at_1`, `tpr_at_10` (true-positive rate at 1 and 10 % false
    positives) and `eer`; `by_source` the AUC of each fake source against all real ones, and of
    each real source against all fakes. Both are empty where a side is missing.
    """

    rows: list[Row]
    refused: dict[str, int]
    measures: dict[str, Estimate]
    by_source: dict[str, Estimate]
    roc: Roc | None
    cautions: list[str]

    def scores(self, label: str) -> NDArray[np.float64]:
        """The scores of one label, `""` for pictures without one."""
        return _scores(self.rows, label)

    def worst(self, label: str, count: int = 5) -> list[Row]:
        """The real pictures of the highest, or the fakes of the lowest scores."""
        scored = [row for row in self.rows if row.score is not None and row.label == label]
        return sorted(scored, key=lambda r: r.score or 0.0, reverse=label == "real")[:count]


def run(
    pictures: Iterable[Picture],
    read: Callable[[str], bytes],
    detector: Detector,
    context: Context,
    *,
    faces: bool = False,
) -> Iterator[Row]:
    """One row per picture, as each is done; only `Cancelled` is raised.

    `read` hands out the bytes of a path; `faces` says whether faces are looked for first.
    """
    for picture in pictures:
        try:
            scene = Scene(open_media(read(picture.path), picture.path.rsplit("/", 1)[-1]))
        except (MediaError, OSError) as error:
            yield _row(picture, None, str(getattr(error, "code", "unreadable")), str(error), 0.0)
            continue
        if faces:
            state = analysis.Analysis(scene)
            analysis.find_faces(state, context)
        yield score(picture, scene, detector, context)


def score(picture: Picture, scene: Scene, detector: Detector, context: Context) -> Row:
    """The row of one opened picture; raises `Cancelled` where the person stopped the detector."""
    start = time.perf_counter()
    finding = analysis.run_module(detector, apart(scene), context)
    elapsed = round((time.perf_counter() - start) * 1e3, 2)
    if not isinstance(finding, Finding):
        return _row(picture, scene, "error", "run() returned no Finding.", elapsed)
    if finding.status == "cancelled":
        raise Cancelled
    if finding.status != "ok" or finding.score is None:
        why = finding.reason or ("no_score" if finding.status == "ok" else finding.status)
        return _row(picture, scene, why, finding.sentence, elapsed)
    value = float(finding.score.value)
    if not np.isfinite(value):
        return _row(picture, scene, "error", f"The score is {value}.", elapsed)
    if finding.score.direction == "lower_is_suspicious":
        value = -value
    return _row(picture, scene, "", finding.sentence, elapsed, value)


def evaluate(rows: Iterable[Row], rounds: int = 500, seed: int = 0) -> Evaluation:
    """Distribution, ROC and errors of rows; `rounds` bootstrap draws from `seed`."""
    rows = list(rows)
    refused = Counter(row.why for row in rows if row.score is None)
    sides = {
        label: [r for r in rows if r.label == label and r.score is not None] for label in _BOTH
    }
    cautions = list(_cautions(rows, sides))
    if not sides["real"] or not sides["fake"]:
        return Evaluation(rows, dict(refused), {}, {}, None, cautions)
    measures = {
        name: _estimate(measure, sides["real"], sides["fake"], rounds, seed)
        for name, measure in _MEASURES.items()
    }
    by_source = {}
    for label, other in (("fake", "real"), ("real", "fake")):
        for source in sorted({row.source for row in sides[label]}):
            part = {label: [r for r in sides[label] if r.source == source], other: sides[other]}
            name = f"{label} {source}".strip()
            by_source[name] = _estimate(metrics.auc, part["real"], part["fake"], rounds, seed)
    curve = roc(sides["real"], sides["fake"], rounds, seed)
    return Evaluation(rows, dict(refused), measures, by_source, curve, cautions)


def roc(real: list[Row], fake: list[Row], rounds: int = 500, seed: int = 0) -> Roc:
    """The ROC curve on 101 even false-positive rates with its pointwise interval."""
    grid = np.linspace(0, 1, 101)
    rng = np.random.default_rng(seed)
    parts = [_parts(rows) for rows in (real, fake)]
    draws = np.stack(
        [_tpr(grid, *(_redrawn(groups, rng) for groups in parts)) for _ in range(rounds)]
    )
    low, high = np.percentile(draws, [2.5, 97.5], axis=0)
    tpr = _tpr(grid, *(np.concatenate(groups) for groups in parts))
    return Roc(grid, tpr, low, high)


def relabelled(row: Row, picture: Picture) -> Row:
    """The row with the label, source and group of `picture`."""
    return replace(row, label=picture.label, source=picture.source, group=picture.group)


def to_csv(rows: Iterable[Row]) -> str:
    """The rows as a CSV table, from which `from_csv` makes them again."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([field.name for field in fields(Row)])
    writer.writerows(["" if cell is None else cell for cell in astuple(row)] for row in rows)
    return out.getvalue()


def from_csv(text: str) -> list[Row]:
    """The rows of `to_csv`; raises ValueError for any other text."""
    reader = csv.DictReader(io.StringIO(text))
    if list(reader.fieldnames or ()) != [field.name for field in fields(Row)]:
        raise ValueError("this is not a table of scores of the lab")
    return [_read(row) for row in reader]


def _read(row: dict[str, str]) -> Row:
    words = {name: row[name] for name in _WORDS}
    return Row(
        **words,
        score=float(row["score"]) if row["score"] else None,
        elapsed_ms=float(row["elapsed_ms"]),
        width=int(row["width"]),
        height=int(row["height"]),
        quality=float(row["quality"]) if row["quality"] else None,
        size_bytes=int(row["size_bytes"]),
    )


_WORDS = ("path", "label", "source", "group", "why", "sentence", "sha256", "format")
_BOTH = ("real", "fake")
_MEASURES: dict[str, Callable[[NDArray[np.float64], NDArray[np.float64]], float]] = {
    "auc": metrics.auc,
    "tpr_at_1": metrics.tpr_at_fpr,
    "tpr_at_10": lambda real, fake: metrics.tpr_at_fpr(real, fake, 0.1),
    "eer": metrics.equal_error_rate,
}


def _row(
    picture: Picture,
    scene: Scene | None,
    why: str,
    sentence: str,
    elapsed_ms: float,
    value: float | None = None,
) -> Row:
    known = picture.path, picture.label, picture.source, picture.group
    row = Row(*known, value, why, sentence, elapsed_ms)
    if scene is None:
        return row
    media = scene.media
    return replace(
        row,
        sha256=media.sha256,
        format=media.format,
        width=media.width,
        height=media.height,
        quality=media.jpeg.quality if media.jpeg else None,
        size_bytes=media.size_bytes,
    )


def _scores(rows: Iterable[Row], label: str) -> NDArray[np.float64]:
    return np.array([r.score for r in rows if r.score is not None and r.label == label], np.float64)


def _groups(rows: list[Row]) -> list[str]:
    return [row.group or row.path for row in rows]


def _values(rows: list[Row]) -> NDArray[np.float64]:
    return np.array([row.score for row in rows], np.float64)


def _estimate(
    measure: Callable[[NDArray[np.float64], NDArray[np.float64]], float],
    real: list[Row],
    fake: list[Row],
    rounds: int,
    seed: int,
) -> Estimate:
    return metrics.bootstrap(
        measure, _values(real), _values(fake), _groups(real), _groups(fake), rounds, seed
    )


def _parts(rows: list[Row]) -> list[NDArray[np.float64]]:
    names, values = np.array(_groups(rows)), _values(rows)
    return [values[names == name] for name in dict.fromkeys(names.tolist())]


def _redrawn(parts: list[NDArray[np.float64]], rng: np.random.Generator) -> NDArray[np.float64]:
    return np.concatenate([parts[i] for i in rng.integers(len(parts), size=len(parts))])


def _tpr(
    grid: NDArray[np.float64], real: NDArray[np.float64], fake: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The largest share of fakes that is had at each false-positive rate, ties counted half-way."""
    thresholds = np.unique(np.concatenate([real, fake]))[::-1]
    alarms = 1 - np.searchsorted(np.sort(real), thresholds, "left") / real.size
    hits = 1 - np.searchsorted(np.sort(fake), thresholds, "left") / fake.size
    return np.interp(grid, np.concatenate([[0.0], alarms]), np.concatenate([[0.0], hits]))


def _cautions(rows: list[Row], sides: dict[str, list[Row]]) -> Iterator[str]:
    """What weakens the numbers, in sentences."""
    for label in _BOTH:
        groups = len(set(_groups(sides[label])))
        if 0 < groups < FEW:
            yield f"Only {groups} independent {label} pictures were scored: intervals say little."
    told = sum(bool(row.label) for row in rows)
    if told and len(rows) - told:
        yield f"{len(rows) - told} of {len(rows)} pictures have no label."
    for label in _BOTH:
        of = [row for row in rows if row.label == label]
        lost = len(of) - len(sides[label])
        if of and lost > len(of) / 4:
            yield f"The detector refused {lost} of {len(of)} {label} pictures."
    if all(sides.values()):
        shared = {r.source for r in sides["real"]} & {r.source for r in sides["fake"]}
        if not shared - {""}:
            yield (
                "No source gives both real and fake pictures: the numbers may tell sources apart "
                "rather than fakes."
            )
