"""`telltale replay`: repeat the analysis of a record and say field by field what agrees.

The record may come from the other runtime or from an older version. What has to agree is what was
found in the picture; interpreter and library versions are named where they differ, and a
different model or detector counts as a difference, since it is another measurement.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from telltale.bank import cli as bank
from telltale.media.sampling import Asked
from telltale.report import compare
from telltale.report.compare import Row
from telltale.report.versions import NotARecord, read_records
from telltale.runtime.context import Bank, Context, Models

__all__ = ["NotARecord", "Replay", "compare_records", "read_records", "replay"]

#: A record with its maps is some megabytes; beyond this a file is none.
MAX_RECORD_BYTES = 256 * 2**20
#: What the run was made with; differences are named and do not count.
_CIRCUMSTANCES = ("kind", "python", "numpy", "pillow", "libjpeg", "platform")
_SOFTWARE = ("version", "build", "code_sha256")
#: What fields of another kind than every record has them lead to.
_DAMAGE = (KeyError, TypeError, AttributeError, IndexError, ValueError, ArithmeticError)


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of it: every field compared, and the circumstances that differ."""

    rows: tuple[Row, ...]
    circumstances: tuple[Row, ...]

    @property
    def agrees(self) -> bool:
        """Whether no field differs."""
        return all(row.state != "differs" for row in self.rows)


def replay(record: dict[str, Any], data: bytes, models: Models, desk: Bank | None = None) -> Replay:
    """Repeat the analysis of `record` on the bytes of its file, and compare.

    The hash comes first: where it differs, this is another file and nothing else is compared.
    Raises `NotARecord` where fields are missing that every record has.
    """
    digest = hashlib.sha256(data).hexdigest()
    if digest != record["media"]["sha256"]:
        detail = "this is another file; nothing else was compared"
        old = record["media"]["sha256"]
        return Replay((Row("media.sha256", "differs", old, digest, detail),), ())
    try:
        repeated = _repeat(record, data, models, desk)
    except _DAMAGE as error:
        raise NotARecord(f"it is damaged ({type(error).__name__}: {error})") from error
    return compare_records(record, repeated)


def compare_records(record: dict[str, Any], repeated: dict[str, Any]) -> Replay:
    """What agrees between a record and the record of its repetition.

    Raises `NotARecord` where fields are missing that every record has.
    """
    try:
        return Replay(tuple(_rows(record, repeated)), tuple(_circumstances(record, repeated)))
    except _DAMAGE as error:
        raise NotARecord(f"it is damaged ({type(error).__name__}: {error})") from error


def _repeat(
    record: dict[str, Any], data: bytes, models: Models, desk: Bank | None
) -> dict[str, Any]:
    from telltale import analysis
    from telltale.media.decode import open_pixels
    from telltale.media.model import MediaError
    from telltale.report.record import error_record
    from telltale.report.record import record as write
    from telltale.scene import Scene

    media = record["media"]
    if "video" in record:
        return _repeat_video(record, data, models, desk)
    try:
        if media.get("format") == "pixels":
            opened = open_pixels(
                data, media["width"], media["height"], media["name"], media["rung"]
            )
            state = analysis.Analysis(Scene(opened))
        else:
            state = analysis.begin(data, media["name"], media.get("rung", "file"))
    except MediaError as error:
        return error_record(media["name"], data, error.code, str(error))
    context = Context(models, bank=desk, repeat=_copies(record))
    for _ in analysis.run_all(state, context, deep=bool(record.get("deep"))):
        pass
    # through JSON, as the recorded one went: no tuples, no NumPy numbers
    again: dict[str, Any] = json.loads(json.dumps(write(state, models.used())))
    return again


def _copies(record: dict[str, Any]) -> bool | int:
    """On how many changed copies a record's answers were repeated; `Context.repeat`."""
    # an older record without this entry was repeated, on all of them
    stability: dict[str, Any] | None = record["assessment"].get("stability", {})
    if stability is None:
        return False
    done = len(stability.get("trials", ()))
    return done if done or stability.get("missing") else True


def _repeat_video(
    record: dict[str, Any], data: bytes, models: Models, desk: Bank | None
) -> dict[str, Any]:
    """The record of a video again, by the same plan."""
    from telltale.runtime import video_file

    asked = _asked(record["video"])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(record["media"]["name"]).name
        path.write_bytes(data)
        document = video_file.analyze(path, models, asked, bank=desk)
    again: dict[str, Any] = json.loads(json.dumps(document))
    return again


def _asked(section: dict[str, Any]) -> Asked:
    plan = section["plan"]
    if "asked" in plan:
        return Asked(**plan["asked"])
    # older records tell the plan alone
    if plan["kind"] == "every":
        return Asked("every", n=max(1, round(section["rate_fps"] / plan["geometry_fps"])))
    return Asked("scenes" if plan["kind"] == "scenes" else "auto")


def _rows(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Row]:
    if "error" in old or "error" in new:
        yield from compare.fields("error", old.get("error"), new.get("error"))
        yield from compare.fields("media.sha256", old["media"]["sha256"], new["media"]["sha256"])
        return
    # pixels that another decoder made are named below; the same decoder owes the same pixels
    apart = {"decoder", *(() if _same_decoder(old, new) else ("pixels_sha256",))}
    was, now = ({k: v for k, v in r["media"].items() if k not in apart} for r in (old, new))
    yield from compare.fields("media", was, now)
    yield from _models(old, new)
    seen = [
        *compare.fields("faces", old["faces"], new["faces"]),
        *compare.findings(old["findings"], new["findings"]),
        *_video(old, new),
    ]
    yield from seen if _same_decoder(old, new) or "video" not in old else map(_on_others, seen)
    yield from compare.fields("warnings", old["warnings"], new["warnings"])
    yield from _bank(old.get("bank"), new.get("bank"))
    yield from _assessment(old, new)


def _video(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Row]:
    """The section of a video, but for the pictures of its faces, which are for the eye."""
    if "video" not in old or "video" not in new:
        return
    was, now = (
        {**one["video"], "tracks": [_without_picture(t) for t in one["video"]["tracks"]]}
        for one in (old, new)
    )
    yield from compare.fields("video", was, now)


#: What of a video is measured on its frames.
_ON_FRAMES = (
    "faces.",
    "findings.",
    *(f"video.{part}" for part in ("tracks", "lanes", "moments", "second_look", "scenes")),
)


def _on_others(row: Row) -> Row:
    """What differs on frames that another decoder made is named and not held against the record.

    Pictures have one decoder in both runtimes, videos that of their platform, with its own
    rounding of colours.
    """
    if row.state != "differs" or not row.field.startswith(_ON_FRAMES):
        return row
    detail = "; ".join(filter(None, (row.detail, "another decoder made the frames")))
    return replace(row, state="not compared", detail=detail)


def _without_picture(track: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in track.items() if key != "keyframe"}


def _bank(old: dict[str, Any] | None, new: dict[str, Any] | None) -> Iterator[Row]:
    """What a bank knows changes with the bank: compared only where it is as it was."""
    if not old or old["status"] not in ("asked", "empty"):
        return
    if new and old["status"] == new["status"] == "asked" and old["state"] == new["state"]:
        apart = ("built_in",)
        was, again = ({k: v for k, v in one.items() if k not in apart} for one in (old, new))
        yield from compare.fields("bank", was, again)
        yield from _built_in(old["built_in"], new["built_in"])
        return
    now = f"{new['samples']} sample(s)" if new and new["state"] else "not asked"
    detail = "the bank is another one, or has changed since"
    yield Row("bank", "not compared", f"{old['samples']} sample(s)", now, detail)


def _built_in(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> Iterator[Row]:
    """Built-in families belong to a model's weights and are compared with those of the same."""
    again = {(row["model"], row["model_sha256"]): row for row in new}
    for row in old:
        name = f"bank.built_in.{row['model']}"
        other = again.get((row["model"], row["model_sha256"]))
        if other is None:
            detail = "the families of these weights are no longer built in"
            yield Row(name, "not compared", row["model_sha256"], "absent", detail)
            continue
        # families that are named anew, or have a ratio since, make the words other ones
        held = [key for key in row if key in other and ("llr" in row or key != "words")]
        was, now = ({k: one[k] for k in held} for one in (row, other))
        yield from compare.fields(name, was, now)


def _models(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Row]:
    again = {row["id"]: row["sha256"] for row in new["runtime"]["models"]}
    for row in old["runtime"]["models"]:
        name = f"runtime.models.{row['id']}"
        if row["id"] in again:
            yield from compare.fields(f"{name}.sha256", row["sha256"], again.pop(row["id"]))
        else:
            yield Row(name, "differs", row["sha256"], "absent", "the model did not run this time")
    for model, sha256 in again.items():
        detail = "the record was made without this model"
        yield Row(f"runtime.models.{model}", "not compared", "absent", sha256, detail)


def _same_decoder(old: dict[str, Any], new: dict[str, Any]) -> bool:
    return bool(old["media"].get("decoder") == new["media"].get("decoder"))


def _assessment(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Row]:
    stopped = any(finding["status"] == "cancelled" for finding in old["findings"])
    if stopped and old["assessment"] != new["assessment"]:
        detail = "a test that can count in it had been cancelled"
        yield Row("assessment", "not compared", "", "", detail)
    elif (old["assessment"]["status"], new["assessment"]["status"]) == ("none", "given"):
        detail = "the record was made without a verdict"
        yield Row("assessment", "not compared", "none", "given", detail)
    else:
        yield from compare.fields("assessment", old["assessment"], new["assessment"])


def _circumstances(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Row]:
    """Differing versions and backends, and the decoder's own words."""
    pairs = [
        *(
            (f"software.{key}", old["software"].get(key), new["software"].get(key))
            for key in _SOFTWARE
        ),
        *(
            (f"runtime.{key}", old["runtime"].get(key), new["runtime"].get(key))
            for key in _CIRCUMSTANCES
        ),
    ]
    before, after = (one["runtime"].get("libraries", {}) for one in (old, new))
    pairs += [(f"runtime.libraries.{k}", before[k], after[k]) for k in before if k in after]
    before, after = (one["media"].get("decoder", {}) for one in (old, new))
    pairs += [(f"media.decoder.{k}", before.get(k), after.get(k)) for k in {**before, **after}]
    if not _same_decoder(old, new):
        pixels = (one["media"].get("pixels_sha256") for one in (old, new))
        pairs.append(("media.pixels_sha256", *pixels))
    code = {f["detector"]: f.get("sha256") for f in new.get("findings", [])}
    pairs += [
        (f"findings.{f['detector']}.sha256", f.get("sha256"), code[f["detector"]])
        for f in old.get("findings", [])
        if f["detector"] in code
    ]
    ran = {row["id"]: row["backend"] for row in new["runtime"]["models"]}
    pairs += [
        (f"runtime.models.{row['id']}.backend", row.get("backend"), ran[row["id"]])
        for row in old["runtime"]["models"]
        if row["id"] in ran
    ]
    for name, was, now in pairs:
        # what an older record does not hold is no difference
        if was is not None and was != now:
            yield Row(name, "not compared", str(was), str(now))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `telltale replay`."""
    parser.add_argument("record", type=Path, metavar="RECORD", help="JSON, as analyze wrote it")
    parser.add_argument("file", type=Path, metavar="FILE", help="the file that was examined")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write every field here")
    parser.add_argument("--differences", action="store_true", help="print only what differs")
    bank.add_bank_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Replay and print; 0 everything agrees, 1 something differs, 2 there is nothing to replay."""
    from telltale.runtime.inference import OnnxModels

    try:
        if arguments.record.stat().st_size > MAX_RECORD_BYTES:
            raise NotARecord("it is too large")
        records = read_records(arguments.record.read_text("utf-8"))
        data = arguments.file.read_bytes()
        desk = bank.opened_bank(arguments.bank)
        result = replay(choose(records, data), data, OnnxModels(), desk)
    except OSError as error:
        print(f"telltale replay: {error}", file=sys.stderr)
        return 2
    except (NotARecord, UnicodeDecodeError) as error:
        print(f"telltale replay: {arguments.record} is not a record: {error}", file=sys.stderr)
        return 2
    print(summary(result, arguments.differences))
    if arguments.json:
        document = {"agrees": result.agrees, **asdict(result)}
        arguments.json.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    return 0 if result.agrees else 1


def choose(records: list[dict[str, Any]], data: bytes) -> dict[str, Any]:
    """The record of this file among those of a batch, or the first."""
    digest = hashlib.sha256(data).hexdigest()
    return next((one for one in records if one["media"]["sha256"] == digest), records[0])


def summary(result: Replay, only_differences: bool = False) -> str:
    """Every field on a line of its own, then the circumstances and the count."""
    lines = [_line(row) for row in result.rows if row.state == "differs" or not only_differences]
    if result.circumstances:
        lines.append("Made under other circumstances (named, not counted):")
        lines += [
            f"  {row.field}: {_inert(row.recorded)}, now {_inert(row.repeated)}"
            for row in result.circumstances
        ]
    counts = {
        state: sum(row.state == state for row in result.rows)
        for state in ("agrees", "differs", "not compared")
    }
    lines.append(", ".join(f"{count} {state}" for state, count in counts.items()))
    return "\n".join(lines)


def _line(row: Row) -> str:
    if row.state == "agrees":
        values = row.recorded
    else:
        values = f"{row.recorded} -> {row.repeated}"
    detail = f" ({row.detail})" if row.detail else ""
    return _inert(f"{row.state:<13}{row.field}: {values}{detail}")


def _inert(text: str) -> str:
    """Text of a record without control characters, which could drive a terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
