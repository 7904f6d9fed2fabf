"""Two records of one picture, field by field: what agrees within stated tolerances."""

from __future__ import annotations

import base64
import binascii
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from telltale.media.header import MAX_PIXELS

State = Literal["agrees", "differs", "not compared"]

#: A score may move by this share of its scale (`high - low`).
SCORE_SHARE = 1e-4
#: Any other number may move by this, relative to itself, or absolutely below one.
NUMBER_SHARE = 1e-4
#: Boxes and landmarks may move by this many pixels.
POSITION_PX = 0.05
#: A log10 likelihood ratio may move by this.
LLR = 0.001
#: A pixel of a map may move by this many of its 255 steps.
MAP_STEPS = 1
#: Words that are about the run and not about the picture.
_NOT_ABOUT_THE_PICTURE = {"elapsed_ms", "card", "family", "sha256"}
_POSITIONS = {"box", "landmarks"}
_FACT = {"name", "value", "unit"}
_BOX = {"x", "y", "w", "h"}
_LIKELIHOOD = {"llr", "interval", "value"}
#: Where text is prose with rounded numbers; elsewhere (hashes, versions, dates) it is exact.
_PROSE = re.compile(r"(^|\.)(sentence|caveats|warnings|assessment)(\.|$)")
_NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?")


@dataclass(frozen=True, slots=True)
class Row:
    """One field of both records.

    `field` is its dotted path; `recorded` and `repeated` are shortened for reading; `detail` says
    by how much numbers moved and how much they may, or why nothing was compared.
    """

    field: str
    state: State
    recorded: str
    repeated: str
    detail: str = ""


def findings(recorded: list[dict[str, Any]], repeated: list[dict[str, Any]]) -> Iterator[Row]:
    """Every finding of either list, matched by its detector."""
    new = {finding["detector"]: finding for finding in repeated}
    for old in recorded:
        name = f"findings.{old['detector']}"
        again = new.pop(old["detector"], None)
        if again is None and old.get("unreviewed"):
            detail = "an unreviewed test from a person's own file, which is not here"
            yield Row(name, "not compared", old["status"], "absent", detail)
        elif again is None:
            yield Row(name, "differs", old["status"], "absent", "this software lacks the test")
        elif old["status"] == "cancelled":
            yield Row(name, "not compared", "cancelled", again["status"], "it had been cancelled")
        else:
            yield from _finding(name, old, again)
    for name, again in new.items():
        detail = "the record was made without this test"
        yield Row(f"findings.{name}", "not compared", "absent", again["status"], detail)


def fields(name: str, old: Any, new: Any, tolerance: float | None = None) -> Iterator[Row]:
    """Any two JSON values: one row per leaf, and one for each list of numbers.

    `tolerance` is absolute and holds for every number below; without it `NUMBER_SHARE` does.
    """
    if isinstance(old, dict) and isinstance(new, dict):
        if old.keys() == new.keys() == _FACT:
            yield _fact(name, old, new)
            return
        if old.keys() == new.keys() == _BOX:
            old, new = list(old.values()), [new[key] for key in old]
            yield from _lists(name, old, new, tolerance)
            return
        yield from _objects(name, old, new, tolerance)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _lists(name, old, new, tolerance)
    elif _is_number(old) and _is_number(new):
        yield _numbers(name, np.array([old], float), np.array([new], float), tolerance)
    elif isinstance(old, str) and isinstance(new, str):
        yield _texts(name, old, new)
    else:
        yield _plain(name, old, new)


def maps(name: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Row]:
    """Two maps: their scale as numbers, their pixels within `MAP_STEPS`."""
    yield from fields(name, _without(old, "png"), _without(new, "png"))
    before, after = _pixels(old), _pixels(new)
    if before is None or after is None:
        yield Row(f"{name}.png", "differs", "", "", "a map is not a readable PNG")
    elif before.shape != after.shape:
        yield Row(f"{name}.png", "differs", str(before.shape), str(after.shape))
    else:
        gap = np.abs(before.astype(np.int16) - after)
        beyond = float((gap > MAP_STEPS).mean())
        detail = f"largest difference {gap.max(initial=0)} of 255 steps, {MAP_STEPS} allowed"
        if beyond:
            detail += f"; {beyond:.2%} of the values are beyond"
        size = f"{before.shape[1]} x {before.shape[0]}"
        yield Row(f"{name}.png", _state(not beyond), size, size, detail)


def _finding(name: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Row]:
    apart = {"score", "parts", "maps", "llr", *_NOT_ABOUT_THE_PICTURE}
    yield from fields(name, _without(old, *apart), _without(new, *apart))
    if (old["llr"] is None) != (new["llr"] is None):
        detail = "one of the two versions has a calibration of this test, the other has none"
        was, now = (_cut("none" if one["llr"] is None else one["llr"]) for one in (old, new))
        yield Row(f"{name}.llr", "not compared", was, now, detail)
    else:
        yield from fields(f"{name}.llr", old["llr"], new["llr"], LLR)
    span = _span(old["score"])
    yield from fields(f"{name}.score", old["score"], new["score"], span)
    yield from fields(f"{name}.parts", _scores(old), _scores(new), span)
    rest_old, rest_new = ([_without(p, "score") for p in f["parts"]] for f in (old, new))
    yield from fields(f"{name}.parts", rest_old, rest_new)
    if new["maps"] and not old["maps"]:
        detail = "the record holds no maps: an analysis is kept without them"
        yield Row(f"{name}.maps", "not compared", "none", str(len(new["maps"])), detail)
    elif len(old["maps"]) != len(new["maps"]):
        yield _plain(f"{name}.maps", len(old["maps"]), len(new["maps"]))
    for before, after in zip(old["maps"], new["maps"], strict=False):
        yield from maps(f"{name}.maps.{before['name']}", before, after)


def _objects(
    name: str, old: dict[str, Any], new: dict[str, Any], tolerance: float | None
) -> Iterator[Row]:
    for key in [*old, *(key for key in new if key not in old)]:
        path = f"{name}.{key}" if name else key
        if key not in old and not name.startswith("media.exif"):
            detail = "the record was made before this was recorded"
            yield Row(path, "not compared", "absent", _cut(new[key]), detail)
            continue
        if key not in old or key not in new:
            yield _plain(path, old.get(key, "absent"), new.get(key, "absent"))
            continue
        bound = POSITION_PX if key in _POSITIONS else tolerance
        if name.startswith("assessment") and key in _LIKELIHOOD:
            bound = LLR
        yield from fields(path, old[key], new[key], bound)


def _lists(name: str, old: list[Any], new: list[Any], tolerance: float | None) -> Iterator[Row]:
    if len(old) != len(new):
        yield _plain(name, f"{len(old)} entries", f"{len(new)} entries")
        return
    a, b = _array(old), _array(new)
    if a is not None and b is not None and a.shape == b.shape:
        if a.size:
            yield _numbers(name, a, b, tolerance)
        return
    for k, (before, after) in enumerate(zip(old, new, strict=True)):
        label = before.get("name") or before.get("id") if isinstance(before, dict) else None
        part = label if isinstance(label, str) else str(k)
        yield from fields(f"{name}.{part}", before, after, tolerance)


def _numbers(
    name: str, old: NDArray[np.float64], new: NDArray[np.float64], tolerance: float | None
) -> Row:
    gap = np.abs(old - new)
    allowed: Any = tolerance
    if tolerance is None:
        share = np.maximum(1.0, np.abs(old)) * NUMBER_SHARE
        allowed = np.maximum(share, _last_stored_digit(old, new))
    worst = float(gap.max(initial=0.0))
    detail = f"moved by {worst:.3g}, {float(np.max(allowed)):.3g} allowed" if worst else ""
    # two rounded numbers one digit apart differ by that digit and a rounding error
    close = bool((gap <= allowed * (1 + 1e-9)).all())
    return Row(name, _state(close), _short(old), _short(new), detail)


def _last_stored_digit(old: NDArray[np.float64], new: NDArray[np.float64]) -> float:
    """What a number that was stored rounded may move by: one unit of its last decimal."""
    if old.size != 1 or (float(old.flat[0]).is_integer() and float(new.flat[0]).is_integer()):
        return 0.0
    return float(10.0 ** -max(_decimals(float(old.flat[0])), _decimals(float(new.flat[0]))))


def _decimals(value: float) -> int:
    text = repr(value)
    return 15 if "e" in text else len(text.partition(".")[2])


def _fact(name: str, old: dict[str, Any], new: dict[str, Any]) -> Row:
    """A fact in one row: its name and unit must be equal, its value within tolerance."""
    row = next(iter(fields(name, old["value"], new["value"])))
    if (old["name"], old["unit"]) == (new["name"], new["unit"]):
        return row
    return _plain(name, f"{old['name']} [{old['unit']}]", f"{new['name']} [{new['unit']}]")


def _texts(name: str, old: str, new: str) -> Row:
    """Prose with equal words whose numbers differ by no more than their last printed digit."""
    if old == new or not _PROSE.search(name) or _NUMBER.sub("#", old) != _NUMBER.sub("#", new):
        return _plain(name, old, new)
    same = all(
        abs(_value(a) - _value(b)) <= max(_last_digit(a), _last_digit(b)) * 1.000001
        for a, b in zip(_NUMBER.findall(old), _NUMBER.findall(new), strict=True)
    )
    detail = "its numbers may differ in their last digit"
    return Row(name, _state(same), _cut(old), _cut(new), detail)


def _value(word: str) -> float:
    return float(word.replace(",", ""))


def _last_digit(word: str) -> float:
    mantissa, _, exponent = word.lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    return float(10.0 ** (int(exponent or 0) - decimals))


def _plain(name: str, old: Any, new: Any) -> Row:
    return Row(name, _state(type(old) is type(new) and old == new), _cut(old), _cut(new))


def _scores(finding: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"score": part["score"]} for part in finding["parts"]]


def _span(score: dict[str, Any] | None) -> float | None:
    return abs(score["high"] - score["low"]) * SCORE_SHARE if score else None


def _pixels(found: dict[str, Any]) -> NDArray[np.uint8] | None:
    """The stored PNG, or None where it is none or larger than any picture that is examined."""
    try:
        data = base64.b64decode(found["png"], validate=True)
        image = PngImagePlugin.PngImageFile(io.BytesIO(data))
        if image.width * image.height > MAX_PIXELS or image.mode not in ("L", "RGB"):
            return None
        return np.asarray(image)
    except (OSError, ValueError, SyntaxError, binascii.Error, Image.DecompressionBombError):
        return None


def _array(values: list[Any]) -> NDArray[np.float64] | None:
    flat = [v for row in values for v in row] if _all_lists(values) else values
    if not all(_is_number(v) for v in flat):
        return None
    try:
        return np.array(values, float)
    except (ValueError, OverflowError):
        return None


def _all_lists(values: list[Any]) -> bool:
    return bool(values) and all(isinstance(v, list) for v in values)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _without(values: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key not in keys}


def _state(same: bool) -> State:
    return "agrees" if same else "differs"


def _short(values: NDArray[np.float64]) -> str:
    return f"{values.flat[0]:.6g}" if values.size == 1 else f"{values.size} numbers"


def _cut(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
