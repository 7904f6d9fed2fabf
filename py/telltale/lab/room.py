"""The page's lab inside its worker: the terminal's names, and what the page asks for.

Runs in Pyodide, in a worker with an origin of its own; `js.lab` (web/lab/inside/prelude.js) is all
that it has of the outside: words and pictures go out through `tell`, networks are run by `open`,
`run` and `close`. Every call answers JSON; `refused` in it says why not, in the languages that
there are of it.
"""

from __future__ import annotations

import ast
import json
import linecache
import sys
import traceback
from functools import cache
from math import inf
from typing import Any

import numpy as np

from telltale.film import Film
from telltale.finding import Finding
from telltale.lab import bench, check, custom, evaluate, folders, lend, report, show
from telltale.lab.loading import DetectorRefused, load_source
from telltale.lab.sentences import words
from telltale.media import bytesource
from telltale.media.animation import AnimationSource, is_animated
from telltale.media.model import MediaError
from telltale.media.video import Frame, VideoMeta, turned
from telltale.report.record import finding_json
from telltale.runtime import browser_video
from telltale.runtime.context import Context
from telltale.scene import Scene

#: What the page may call, each a coroutine of this module.
CALLS = (
    *("execute", "kind", "take", "begin_film", "wish", "push_frame", "end_film", "choose"),
    *("check_text", "try_text", "score", "conclude", "bring"),
)

#: Smaller arrays are numbers to read, not pictures to look at.
_LEAST_SIDE = 8
_MOST_WORDS = 20_000


async def execute(code: str) -> str:
    """Run what was typed, as a cell of a notebook: the value of the last line is shown."""
    name = f"<cell {_next()}>"
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    try:
        tree = ast.parse(code, name)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, name, "exec"), _names())
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), name, "eval"), _names())
            _names()["_"] = value
            display(value)
    except BaseException as error:
        _tell("error", _trace(error, name))
        return _json({"failed": True})
    return _json({"failed": False})


def display(value: object) -> None:
    """Show a value in the terminal: pictures and plots as such, findings with maps, else words."""
    if value is None:
        return
    if isinstance(value, Finding):
        _tell("text", _finding_words(value))
        for one in value.maps:
            _picture(show.finding_map(one), f"{one.name}. {one.meaning}")
        return
    if isinstance(value, Scene):
        _picture(show.scene(value))
        return
    if isinstance(value, np.ndarray) and _is_picture(value):
        _picture(show.picture(value), f"{value.dtype} array, {' x '.join(map(str, value.shape))}")
        return
    if isinstance(value, show.Shown):
        _picture(value)
        return
    png = getattr(value, "_repr_png_", None)
    if callable(png) and isinstance(data := png(), bytes):
        _picture(show.Shown(type(value).__name__, png=data))
        return
    _tell("text", f"{value!r}\n")


async def kind(head: Any) -> str:
    """Whether a file is a "video", which `begin_film` takes, or not, by its first bytes."""
    return _json({"kind": browser_video.kind(head, lambda: None)})


async def take(name: str, data: Any, faces: bool) -> str:
    """Open a picture that the person gave (a copy of its bytes), or an animated GIF or WebP; it
    becomes `scene`."""
    content = data.to_bytes()
    try:
        if is_animated(content):
            source = bytesource.of_bytes(content)
            scene: Scene = bench.taken(AnimationSource(content), source, name, _models(), faces)
        else:
            scene = bench.open_picture(content, name)
    except MediaError as error:
        return _refusal(error)
    if faces and not isinstance(scene, Film):
        scene = bench.find_faces(scene, _models())
    return _taken(name, scene)


async def begin_film(name: str, file: Any, meta: str, faces: bool) -> str:
    """Begin with a video that the page decodes: `file` is a Blob, `meta` what
    `telltale.media.video.VideoMeta` asks for. The stretches of it that are to be offered."""
    said = json.loads(meta)
    said["notes"] = tuple(said.get("notes", ()))
    source = bytesource.CalledSource(int(file.size), _reader(file))
    try:
        taking = bench.Taking(source, name, VideoMeta(**said), _models(), faces)
    except MediaError as error:
        return _refusal(error)
    _taking[:] = [taking]
    return _json({"windows": [[a, b if b < inf else None] for a, b in taking.windows]})


async def wish(time_s: float) -> str:
    """What is to be done with the frame at this time; "" where its pixels need not be made."""
    return _json({"wish": _taking[0].wish(time_s)})


async def push_frame(rgba: Any, width: int, height: int, time_s: float, index: int) -> str:
    """Take a frame as decoded, RGBA row by row; the share of the video that is done, or null."""
    (taking,) = _taking
    stored = np.frombuffer(rgba.to_bytes(), np.uint8).reshape(height, width, 4)[..., :3]
    pixels = turned(stored, taking.meta.rotation)
    return _json({"fraction": taking.push(Frame(index, time_s, np.ascontiguousarray(pixels)))})


async def end_film(trouble: str) -> str:
    """What was offered becomes `scene`; `trouble` says why decoding ended early, or is ""."""
    taking = _taking.pop()
    try:
        film = taking.film(trouble)
    except MediaError as error:
        return _refusal(error)
    return _taken(film.clip.name, film)


async def choose(name: str) -> str:
    """Make what was taken before the one that `scene` and `media` name."""
    _chosen(_scenes()[name])
    return _json({"name": name})


async def check_text(source: str, name: str) -> str:
    """Every check of a detector's source; each is told as soon as it is done."""
    done = []
    for one in check.check_source(source.encode(), name, _models(), megapixels=4):
        _tell("check", _json({"name": one.name, "outcome": one.outcome, "words": one.words}))
        done.append(one)
    film = check.passed(done) and load_source(source.encode(), name).of_films
    return _json({"passed": check.passed(done), "film": film})


async def try_text(source: str, name: str) -> str:
    """Run a detector's source on `scene`; its finding as a record has it."""
    scene = _names().get("scene")
    if not isinstance(scene, Scene):
        return _json({"refused": words("no_picture")})
    try:
        detector = load_source(source.encode(), name)
    except DetectorRefused as error:
        return _json({"refused": error.words})
    finding = bench.run(detector, scene, _models(), _lane)
    _names()["finding"] = finding
    display(finding)
    return _json({"finding": finding_json(finding, detector)})


async def score(source: str, name: str, path: str, data: Any, begin: bool, faces: bool) -> str:
    """The row of one picture of a folder; the first call begins anew."""
    rows: list[evaluate.Row] = _names().setdefault("rows", [])
    try:
        detector = load_source(source.encode(), name)
    except DetectorRefused as error:
        return _json({"refused": error.words})
    if begin:
        rows.clear()
    (picture,) = folders.labelled([path])
    context = Context(_models())
    content = data.to_bytes()
    rows += evaluate.run([picture], lambda _: content, detector.module, context, faces=faces)
    return _json({"path": path, "score": rows[-1].score, "why": rows[-1].why})


async def conclude(table: str) -> str:
    """What the rows say: told as plots and lines; the table of scores. `table` is labels.csv."""
    rows: list[evaluate.Row] = _names()["rows"]
    if table:
        try:
            by_path = {p.path: p for p in folders.labelled([r.path for r in rows], table)}
        except folders.LabelsUnreadable as error:
            return _json({"refused": {"en": str(error)}})
        rows[:] = [evaluate.relabelled(row, by_path[row.path]) for row in rows]
    result = evaluate.evaluate(rows, rounds=200)
    _names()["evaluation"] = result
    _picture(show.histogram(report.distribution(result), title="Scores"))
    if result.roc:
        _picture(show.roc(result.roc, "ROC with its 95 % band"))
    _tell("text", "\n".join(report.lines(result)) + "\n")
    worst = [
        {"label": row.label, "path": row.path, "score": row.score}
        for label in ("real", "fake")
        for row in result.worst(label, 4)
    ]
    return _json({"worst": worst, "table": evaluate.to_csv(rows)})


async def bring(form: str, data: Any) -> str:
    """A network of the person's own and its form: the detector's file, and its recorded form."""
    import js
    from pyodide.ffi import run_sync, to_js

    onnx = data.to_bytes()
    try:
        filled = custom.form_from(json.loads(form))
        js.lab.lend(filled.id, to_js(onnx))

        def network(inputs: Any) -> dict[str, Any]:
            key = int(run_sync(js.lab.open(filled.id)).key)
            try:
                return _models().call(key, inputs)
            finally:
                run_sync(js.lab.close(key))

        document = custom.document(filled, onnx, custom.record_self_test(filled, network))
    except custom.FormRefused as error:
        return _json({"refused": error.words})
    except Exception as error:
        return _json({"refused": words("network.not_here", why=error)})
    text = json.dumps(document, indent=1) + "\n"
    _models().lend(lend.checked(filled.id, onnx, text))
    return _json({"id": filled.id, "source": custom.source(filled), "form": text})


@cache
def _names() -> dict[str, Any]:
    """The names of the terminal."""
    import telltale

    _redirect()
    scenes = _scenes()
    return {
        "__name__": "__main__",
        "np": np,
        "telltale": telltale,
        "show": show,
        "display": display,
        "scenes": scenes,
        "detectors": bench.shipped(),
        "models": _models(),
        "run": lambda detector, scene: bench.run(detector, scene, _models()),
    }


@cache
def _scenes() -> dict[str, Scene]:
    return {}


@cache
def _models() -> Any:
    import js
    from pyodide.ffi import run_sync, to_js

    from telltale.runtime.browser import BrowserModels, _Feeding

    zoo = json.loads(str(js.lab.zoo))
    return BrowserModels(_Feeding(js.lab, to_js), zoo, run_sync)


class _Out:
    """A stream whose words go to the page."""

    encoding = "utf-8"

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def write(self, text: str) -> int:
        if text:
            _tell(self.kind, text)
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""

    def isatty(self) -> bool:
        return False


#: The video whose frames are being offered, if any.
_taking: list[bench.Taking] = []


def _taken(name: str, scene: Scene) -> str:
    _scenes()[name] = scene
    _chosen(scene)
    told: dict[str, Any] = {"name": name, "size": [scene.media.width, scene.media.height]}
    if isinstance(scene, Film):
        if scene.trouble:
            _tell("error", f"{scene.trouble}\n")
        film = {"frames": len(scene.frames), "seconds": scene.clip.meta.duration_s}
        return _json({**told, "faces": len(scene.tracks), "film": film})
    return _json({**told, "faces": len(scene.faces)})


def _chosen(scene: Scene) -> None:
    _names()["scene"], _names()["media"] = scene, scene.media


def _refusal(error: MediaError) -> str:
    return _json({"refused": {"en": str(error)}})


def _reader(file: Any) -> Any:
    """`read(offset, length)` of a Blob, at once, as only a worker can."""
    import js

    reader = js.FileReaderSync.new()
    return lambda offset, length: reader.readAsArrayBuffer(
        file.slice(offset, offset + length)
    ).to_bytes()


def _lane(said: list[tuple[float, Finding]]) -> None:
    """Plot what a detector of pictures says of the frames of a film."""
    scored = [(time_s, finding.score) for time_s, finding in said if finding.score]
    if len(scored) > 1:
        times, values = [time_s for time_s, _ in scored], [score.value for _, score in scored]
        axes = "s", scored[0][1].name
        _picture(show.plot(values, times, title=said[0][1].detector, axes=axes))


def _redirect() -> None:
    sys.stdout, sys.stderr = _Out("text"), _Out("error")


def _tell(kind: str, text: str, data: bytes | None = None) -> None:
    import js
    from pyodide.ffi import to_js

    if len(text) > _MOST_WORDS and kind in ("text", "error"):
        text = text[:_MOST_WORDS] + f"\n[{len(text) - _MOST_WORDS} more characters]\n"
    js.lab.tell(kind, text, to_js(data) if data else None)


def _picture(shown: show.Shown, words: str = "") -> None:
    data = shown.png or shown.svg.encode()
    _tell("png" if shown.png else "svg", words or shown.words, data)


def _is_picture(array: np.ndarray[Any, Any]) -> bool:
    colour = array.ndim == 3 and array.shape[2] == 3 and array.dtype == np.uint8
    numbers = array.ndim == 2 and array.dtype.kind in "biuf"
    return (colour or numbers) and min(array.shape[:2]) >= _LEAST_SIDE


def _finding_words(finding: Finding) -> str:
    lines = [f"{finding.detector}: {finding.status}", finding.sentence]
    if finding.score:
        lines.append(f"{finding.score.name}: {finding.score.value:.4g} {finding.score.unit}")
    lines += [f"  {fact.name}: {fact.value} {fact.unit}" for fact in finding.facts]
    return "\n".join(lines) + "\n"


def _trace(error: BaseException, name: str) -> str:
    """The traceback from the person's own code on."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [k for k, frame in enumerate(frames) if frame.filename == name]
    kept = frames[own[0] :] if own else []
    head = ["Traceback (most recent call last):\n", *traceback.format_list(kept)] if kept else []
    return "".join([*head, *traceback.format_exception_only(error)])


_count = 0


def _next() -> int:
    global _count
    _count += 1
    return _count


def _json(value: Any) -> str:
    return json.dumps(value, allow_nan=False)
