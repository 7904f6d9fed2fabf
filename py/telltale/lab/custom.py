"""A network of your own as a detector: a form is filled in, and a file of the usual form comes out.

Three files lie side by side: `ID.py`, the detector; `ID.onnx`, the network; `ID.json`, the form
with the network's SHA-256 and its self-test (stored inputs and answers, which every machine must
reproduce before it believes its own). Such a detector is unreviewed like any other from a file.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from telltale.finding import Card, Reference
from telltale.lab.loading import card_problems
from telltale.lab.sentences import Refused, counted, words
from telltale.runtime.inference import SELF_TEST_TOLERANCE, self_test_error, self_test_inputs
from telltale.wording import Words

#: A network larger than this is no small detector.
MOST_BYTES = 512 << 20
#: Of an output at most so many values are kept in a self-test.
_KEPT = 64

Layout = Literal["NCHW", "NHWC"]
Region = Literal["picture", "face"]
Activation = Literal["none", "sigmoid", "softmax"]


#: Fields of the form that are constants of the detector's file.
_CONSTANTS = (
    *("input", "output", "side", "layout", "region", "enlarge", "mean", "scale"),
    *("activation", "index", "high"),
)


class FormRefused(Refused, ValueError):
    """The form cannot be used: which field, and why."""


@dataclass(frozen=True, slots=True)
class Form:
    """What must be known of a network to use it, and what its card says.

    Attributes
    ----------
    id, title, question, how, limits, authors, paper, venue, year, url
        The card; `authors` to `url` are its paper.
    input, output
        Names in the ONNX graph.
    side
        The picture is scaled to `side` x `side` pixels (bilinear).
    layout
        Order of the axes of the input.
    region
        `picture`, or `face`: the square of `enlarge` times the face's box.
    mean, scale
        Pixels in [0, 1] become (pixel - mean) / scale, per channel in RGB order.
    activation, index
        What is applied to the flat output, and which of its values is the score.
    high
        Whether a high score is suspicious.
    """

    id: str
    title: str
    question: str
    how: str
    limits: tuple[str, ...]
    authors: str
    paper: str
    venue: str
    year: int
    url: str
    input: str
    output: str
    side: int = 224
    layout: Layout = "NCHW"
    region: Region = "picture"
    enlarge: float = 1.3
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    scale: tuple[float, float, float] = (0.229, 0.224, 0.225)
    activation: Activation = "sigmoid"
    index: int = 0
    high: bool = True

    def __post_init__(self) -> None:
        for problem in self.problems():
            raise FormRefused(problem)

    def problems(self) -> list[Words]:
        """What is wrong with the form, in sentences."""
        found = card_problems(self.card())
        if not all(re.fullmatch(r"[^\x00-\x1f]+", name) for name in (self.input, self.output)):
            found.append(words("network.names"))
        if not 8 <= self.side <= 2048:
            found.append(words("network.side"))
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                found.append(words("network.choice", name=name, allowed=", ".join(allowed)))
        if len(self.mean) != 3 or len(self.scale) != 3 or not all(v > 0 for v in self.scale):
            found.append(words("network.three"))
        if not 0.5 <= self.enlarge <= 4:
            found.append(words("network.enlarge"))
        if self.index < 0:
            found.append(words("network.index"))
        return found

    def card(self) -> Card:
        """The card of the detector."""
        paper = Reference(self.authors, self.paper, self.venue, self.year, self.url)
        words = self.title, self.question, self.how, tuple(self.limits)
        return Card(self.id, "1", "learned", *words, (paper,), models=(self.id,))

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """The shape of one input."""
        s = self.side
        return (1, 3, s, s) if self.layout == "NCHW" else (1, s, s, 3)


_CHOICES: dict[str, tuple[str, ...]] = {
    "layout": ("NCHW", "NHWC"),
    "region": ("picture", "face"),
    "activation": ("none", "sigmoid", "softmax"),
}


def form_from(values: dict[str, Any]) -> Form:
    """A form from plain values (JSON, TOML); raises `FormRefused`."""
    known = {name: value for name, value in values.items() if name in Form.__dataclass_fields__}
    if unknown := sorted(values.keys() - known.keys()):
        raise FormRefused(words("network.no_field", name=unknown[0]))
    for name in ("limits", "mean", "scale"):
        if name in known:
            if not isinstance(known[name], list | tuple):
                raise FormRefused(words("network.list", name=name))
            known[name] = tuple(known[name])
    try:
        return Form(**known)
    except TypeError as error:
        missing = re.findall(r"'(\w+)'", str(error))
        which = ", ".join(missing) or str(error)
        raise FormRefused(words("network.lacks", which=which)) from error


def record_self_test(form: Form, network: Any) -> dict[str, Any]:
    """Run the network on the stored ramp (`telltale.runtime.inference.self_test_inputs`).

    `network` maps a dict of float32 inputs to a dict of outputs. Raises `FormRefused` where it
    does not run, answers anything but finite numbers, differs from itself, or lacks the index.
    """
    spec = {form.input: {"shape": list(form.shape), "range": [-2.0, 2.0]}}
    inputs = self_test_inputs({"inputs": spec})
    try:
        first, again = (np.asarray(network(inputs)[form.output], np.float64) for _ in range(2))
    except KeyError as error:
        raise FormRefused(words("network.no_output", name=form.output)) from error
    except Exception as error:
        said = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise FormRefused(words("network.does_not_run", why=said)) from error
    if not np.isfinite(first).all():
        raise FormRefused(words("network.finite"))
    if form.index >= first.size:
        raise FormRefused(counted("network.size", first.size, index=form.index))
    stride = max(1, first.size // _KEPT)
    kept = {"stride": stride, "values": first.ravel()[::stride].astype(float).tolist()}
    test = {"inputs": spec, "outputs": {form.output: kept}}
    error_again = self_test_error(test, {form.output: again.astype(np.float32)})
    if error_again > SELF_TEST_TOLERANCE:
        raise FormRefused(words("network.twice"))
    return test


def write(form: Form, onnx: bytes, network: Any, folder: Path) -> Path:
    """Write the three files; returns the path of the detector. Raises `FormRefused`, OSError."""
    if not onnx or len(onnx) > MOST_BYTES:
        raise FormRefused(words("network.large", most=MOST_BYTES >> 20))
    test = record_self_test(form, network)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{form.id}.onnx").write_bytes(onnx)
    text = json.dumps(document(form, onnx, test), indent=1) + "\n"
    (folder / f"{form.id}.json").write_text(text, "utf-8")
    path = folder / f"{form.id}.py"
    path.write_text(source(form), "utf-8")
    return path


def document(form: Form, onnx: bytes, test: dict[str, Any]) -> dict[str, Any]:
    """What lies beside a network: the form, its SHA-256, and its recorded self-test."""
    sha256 = hashlib.sha256(onnx).hexdigest()
    return {"form": asdict(form), "sha256": sha256, "self_test": test}


def source(form: Form) -> str:
    """The detector's file: the form's values as constants before code that is always the same."""
    from importlib.resources import files

    body = files("telltale.lab").joinpath("network.py").read_text("utf-8")
    head, _, rest = body.partition("# --- form\n")
    _, _, rest = rest.partition("# --- end of form\n")
    more = head.partition("\n")[2]
    lines = [f"{name.upper()} = {getattr(form, name)!r}" for name in _CONSTANTS]
    card = form.card()
    paper = card.references[0]
    quoted = ", ".join(
        repr(getattr(paper, f)) for f in ("authors", "title", "venue", "year", "url")
    )
    limits = "".join(f"        {limit!r},\n" for limit in card.limits)
    shown = (
        "CARD = Card(\n"
        f"    id={card.id!r},\n    version={card.version!r},\n    family={card.family!r},\n"
        f"    title={card.title!r},\n    question={card.question!r},\n    how={card.how!r},\n"
        f"    limits=(\n{limits}    ),\n"
        f"    references=(Reference({quoted}),),\n"
        f"    models=({card.id!r},),\n)\n\n"
    )
    title = _docstring(f"{form.title}: {form.question}")
    return f'"""{title}"""\n{more}{shown}' + "\n".join(lines) + "\n" + rest


def _docstring(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', "'").replace("\n", " ")
