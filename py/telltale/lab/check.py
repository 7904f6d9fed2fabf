"""Does a detector keep the form: interface, words, awkward pictures, determinism, time.

Each check says what it found in a sentence that tells what to do. A file of a detector of pictures
that passes without a failure can be put into `py/telltale/detectors/` as it is.
"""

from __future__ import annotations

import ast
import inspect
import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from telltale.detectors.unreviewed import Unreviewed, marked
from telltale.film import MOST_FRAMES
from telltale.finding import REASONS, Finding, Inapplicable
from telltale.lab import awkward
from telltale.lab.loading import DetectorRefused, load_source, parsed
from telltale.lab.sentences import words
from telltale.report.record import finding_json
from telltale.runtime.context import Cancelled, Context, Models, ModelUnavailable, NoModels
from telltale.scene import Scene
from telltale.wording import LANGUAGES, Words, joined

Outcome = Literal["passed", "warning", "failed"]

#: Above this on 12 megapixels a test is `deep`: it runs only in a thorough examination.
QUICK_S = 1.5
#: Above this nobody waits for it.
MOST_S = 60.0
#: Modules by which a detector would reach beyond the arrays that it is given.
_REACHING = frozenset(
    {"asyncio", "ctypes", "http", "importlib", "js", "multiprocessing", "os", "pathlib", "pickle"}
    | {"pyodide", "requests", "shutil", "socket", "ssl", "subprocess", "sys", "tempfile"}
    | {"threading", "urllib", "webbrowser"}
)
_OPENING = frozenset({"open", "exec", "eval", "compile", "__import__", "input", "print"})
_SHARED = ("telltale.detectors._shared", "telltale.detectors.unreviewed")


@dataclass(frozen=True, slots=True)
class Check:
    """What one check found; `name` is one of `NAMES`."""

    name: str
    outcome: Outcome
    words: Words

    @property
    def sentence(self) -> str:
        """It in English."""
        return self.words["en"]


NAMES = ("form", "purity", "docstrings", "awkward pictures", "determinism", "cancelling", "time")


def check_file(path: Path, models: Models | None = None, megapixels: float = 12) -> list[Check]:
    """Every check of a detector's file; a file that cannot be loaded has one failed check."""
    try:
        data = path.read_bytes()
    except OSError as error:
        why = words("file.unreadable", path=path, why=error.strerror or error)
        return [Check("form", "failed", why)]
    return list(check_source(data, path.name, models, megapixels))


def check_source(
    data: bytes, name: str, models: Models | None = None, megapixels: float = 12
) -> Iterator[Check]:
    """Every check of a detector's source, each as soon as it is done.

    `models` are those that the detector may run; `megapixels` the size of the picture on which
    time is measured.
    """
    try:
        detector = load_source(data, name)
    except DetectorRefused as error:
        yield Check("form", "failed", error.words)
        return
    yield _form(detector, name)
    yield _pure(parsed(data, name))
    yield _docstrings(detector.module)
    context = Context(models or NoModels())
    yield _awkward(detector, context)
    yield _deterministic(detector, context)
    yield _cancelling(detector, context)
    yield _time(detector, context, megapixels)


def passed(checks: list[Check]) -> bool:
    """Whether no check failed."""
    return all(check.outcome != "failed" for check in checks)


def _form(detector: Unreviewed, name: str) -> Check:
    card = detector.module.CARD
    if name != f"{card.id}.py":
        return Check("form", "failed", words("form.named", name=name, id=card.id))
    said = " ".join([card.title, card.question, card.how, *card.limits])
    if "TODO" in said or "..." in said:
        return Check("form", "failed", words("form.placeholder"))
    if not card.question.rstrip().endswith("?"):
        return Check("form", "failed", words("form.question"))
    if not all(paper.url.startswith("https://") for paper in card.references):
        return Check("form", "failed", words("form.address"))
    return Check("form", "passed", words("form.passed"))


def _pure(tree: ast.Module) -> Check:
    """No other detector, no file, no network: by what the source imports and calls."""
    found = []
    for node in ast.walk(tree):
        for module in _imported(node):
            root = module.split(".")[0]
            inside = module.startswith("telltale.detectors") and not module.startswith(_SHARED)
            if inside:
                found.append(words("purity.another", line=_at(node), module=module))
            elif root in _REACHING:
                found.append(words("purity.imports", line=_at(node), module=module))
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Name) and called.id in _OPENING:
            found.append(words("purity.calls", line=_at(node), name=called.id))
    if found:
        return Check("purity", "failed", words("purity.failed", found=joined(found[:4], "; ")))
    return Check("purity", "passed", words("purity.passed"))


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        base = node.module or ""
        # `from telltale.detectors import x` may bring a module
        return [f"{base}.{alias.name}" for alias in node.names] if base else []
    return []


def _at(node: ast.AST) -> int:
    return int(getattr(node, "lineno", 0))


def _docstrings(module: Any) -> Check:
    """The file, `applicable` and `run` say in a sentence what they do."""
    missing = [name for name in ("applicable", "run") if not inspect.getdoc(getattr(module, name))]
    public = [
        name
        for name, thing in vars(module).items()
        if inspect.isfunction(thing)
        and thing.__module__ == module.__name__
        and not name.startswith("_")
        and not inspect.getdoc(thing)
    ]
    missing += [name for name in public if name not in missing]
    named = [*([] if module.__doc__ else [words("docstrings.file")]), *map(_as_it_is, missing)]
    if named:
        return Check("docstrings", "failed", words("docstrings.missing", names=joined(named, ", ")))
    papers, limits = len(module.CARD.references), len(module.CARD.limits)
    said = words("docstrings.passed", papers=papers, limits=limits)
    return Check("docstrings", "passed", said)


def _as_it_is(name: str) -> Words:
    return dict.fromkeys(LANGUAGES, name)


def _awkward(detector: Unreviewed, context: Context) -> Check:
    """Each awkward picture gets a Finding or a reason, and the picture stays as it was."""
    told: list[Words] = []
    pictures = awkward.awkward_films() if detector.of_films else awkward.awkward()
    for picture in (*pictures, awkward.Awkward("ordinary", lambda: _ordinary(detector))):
        scene = picture.make()
        before = awkward.fingerprint(scene)
        trouble = _trouble(detector, scene, context)
        if not trouble and awkward.fingerprint(scene) != before:
            trouble = words("trouble.changed")
        if trouble:
            name = words(f"picture.{picture.name}")
            told.append(words("awkward.told", picture=name, trouble=trouble))
    if told:
        key = "awkward.failed.more" if len(told) > 3 else "awkward.failed"
        said = words(key, told=joined(told[:3], "; "), n=len(told) - 3)
        return Check("awkward pictures", "failed", said)
    return Check("awkward pictures", "passed", words("awkward.passed", n=len(pictures)))


def _trouble(detector: Unreviewed, scene: Scene, context: Context) -> Words | None:
    """What is wrong with the answer for one scene; None where nothing is."""
    module = detector.module
    try:
        why = module.applicable(scene)
    except Exception as error:
        return words("trouble.applicable_raises", error=_named(error))
    if why is not None:
        return None if isinstance(why, Inapplicable) else words("trouble.applicable_returns")
    try:
        finding = module.run(scene, context)
    except ModelUnavailable:
        return None
    except Exception as error:
        return words("trouble.run_raises", error=_named(error))
    return answer_trouble(detector, finding)


def answer_trouble(detector: Unreviewed, finding: object) -> Words | None:
    """What is wrong with what `run` handed back; None where nothing is."""
    if not isinstance(finding, Finding):
        return words("trouble.no_finding", type=type(finding).__name__)
    if finding.detector != detector.id:
        return words("trouble.name", name=finding.detector)
    if finding.llr is not None:
        return words("trouble.llr")
    if not finding.sentence.strip():
        return words("trouble.no_sentence")
    if finding.status == "not_applicable" and finding.reason not in REASONS:
        return words("trouble.reason", reason=repr(finding.reason))
    if finding.score is not None and not np.isfinite(finding.score.value):
        return words("trouble.score", value=finding.score.value)
    if finding.score is not None and not finding.score.low < finding.score.high:
        return words("trouble.scale")
    for one in finding.maps:
        if one.values.size == 0:
            return words("trouble.map_empty", name=one.name)
        if one.values.dtype.kind == "f" and not np.isfinite(one.values).all():
            return words("trouble.map_finite", name=one.name)
    try:
        json.dumps(finding_json(marked(detector, finding), detector), allow_nan=False)
    except (TypeError, ValueError, AttributeError) as error:
        return words("trouble.record", error=error)
    return None


def _deterministic(detector: Unreviewed, context: Context) -> Check:
    """The same picture twice, after other random numbers were drawn, gives the same finding."""
    answers = []
    state, others = np.random.get_state(), random.getstate()  # noqa: NPY002 (what a careless
    # detector would draw from)
    try:
        for seed in (1, 2):
            np.random.seed(seed)  # noqa: NPY002
            random.seed(seed)
            answers.append(_answer(detector, _ordinary(detector), context))
    finally:
        np.random.set_state(state)  # noqa: NPY002
        random.setstate(others)
    if answers[0] != answers[1]:
        return Check("determinism", "failed", words("determinism.failed"))
    return Check("determinism", "passed", words("determinism.passed"))


def _answer(detector: Unreviewed, scene: Scene, context: Context) -> str:
    module = detector.module
    try:
        why = module.applicable(scene)
        if why is not None:
            return str(why)
        document = finding_json(marked(detector, module.run(scene, context)), detector)
    except Exception as error:
        return _named(error)
    document.pop("elapsed_ms")
    return json.dumps(document, sort_keys=True)


def _cancelling(detector: Unreviewed, context: Context) -> Check:
    """A detector that reports its progress can be stopped."""
    stopped = Context(context.models, is_cancelled=lambda: True)
    scene = _ordinary(detector)
    try:
        if detector.module.applicable(scene) is None:
            detector.module.run(scene, stopped)
    except Cancelled:
        return Check("cancelling", "passed", words("cancelling.passed"))
    except Exception as error:
        return Check("cancelling", "failed", words("cancelling.failed", error=_named(error)))
    return Check("cancelling", "warning", words("cancelling.warning"))


def _time(detector: Unreviewed, context: Context, megapixels: float) -> Check:
    scene = _long_film(megapixels) if detector.of_films else _large(megapixels)
    start = time.perf_counter()
    trouble = _trouble(detector, scene, context)
    seconds = time.perf_counter() - start
    if trouble:
        said = words("time.trouble", megapixels=f"{megapixels:g}", trouble=trouble)
        return Check("time", "failed", said)
    told = {"seconds": f"{seconds:.2f}", "megapixels": f"{megapixels:g}"}
    if seconds > MOST_S:
        return Check("time", "failed", words("time.failed", **told, most=f"{MOST_S:.0f}"))
    if seconds > QUICK_S:
        return Check("time", "warning", words("time.warning", **told, most=QUICK_S))
    return Check("time", "passed", words("time.passed", **told))


def _ordinary(detector: Unreviewed) -> Scene:
    """What the detector is made for: a photograph, or a film of two seconds with one face."""
    return awkward.film() if detector.of_films else awkward.ordinary()


def _large(megapixels: float) -> Scene:
    height = int((megapixels * 1e6 * 3 / 4) ** 0.5)
    small = awkward.photograph(768, 1024)
    times = -(-height // 768), -(-(height * 4 // 3) // 1024)
    return awkward.jpeg_scene(np.tile(small, (*times, 1))[:height, : height * 4 // 3])


def _long_film(megapixels: float) -> Scene:
    """As many frames as are kept of a video, and a face that was followed for 40 seconds."""
    height = max(48, int((megapixels * 1e6 / MOST_FRAMES * 3 / 4) ** 0.5))
    followed = [k / 15 for k in range(600)]
    times = followed[:: len(followed) // MOST_FRAMES]
    return awkward.film(times, [followed], height=height, width=height * 4 // 3)


def _named(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def summary(checks: list[Check]) -> str:
    """The checks as lines for a terminal."""
    mark = {"passed": "+", "warning": "?", "failed": "!"}
    return "\n".join(f"  {mark[c.outcome]} {c.name}: {c.sentence}" for c in checks)
