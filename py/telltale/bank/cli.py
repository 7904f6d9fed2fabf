"""`telltale bank`: the reference bank from the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from sqlite3 import Connection, DatabaseError
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from telltale.bank.model import Sample, Statement
    from telltale.bank.search import SamePicture

Run = Callable[[Connection, argparse.Namespace], int]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `telltale bank`."""
    parser.add_argument(
        "--bank", type=Path, metavar="PATH", help="the bank's file (default: $TELLTALE_BANK)"
    )
    commands = parser.add_subparsers(dest="bank_command", required=True)
    _add(commands)
    find = commands.add_parser("find", help="what the bank knows about a picture")
    find.add_argument("file", type=Path, metavar="FILE")
    find.add_argument("--hashes-only", action="store_true", help="run no model")
    find.set_defaults(run_bank=run_find)
    listing = commands.add_parser("list", help="samples and what was said of them")
    listing.add_argument("--label", choices=_LABELS)
    listing.set_defaults(run_bank=run_list)
    delete = commands.add_parser("delete", help="delete for good")
    which = delete.add_mutually_exclusive_group(required=True)
    which.add_argument("--samples", nargs="+", default=[], type=int, metavar="SAMPLE")
    which.add_argument("--pack", metavar="SHA256", help="everything this pack brought")
    which.add_argument("--everything", action="store_true")
    delete.set_defaults(run_bank=run_delete)
    export = commands.add_parser("export", help="write a pack, without pictures")
    export.add_argument("pack", type=Path, metavar="PACK")
    export.add_argument("--samples", nargs="+", type=int, metavar="SAMPLE", help="only these")
    export.add_argument("--origin", default="", help="who made the pack")
    export.add_argument("--thumbnails", action="store_true", help="with the small pictures")
    export.set_defaults(run_bank=run_export)
    importing = commands.add_parser("import", help="merge a pack")
    importing.add_argument("pack", type=Path, metavar="PACK")
    importing.set_defaults(run_bank=run_import)


def add_bank_argument(parser: argparse.ArgumentParser) -> None:
    """`--bank PATH|none`: the bank that is asked about every file; it is never written to."""
    parser.add_argument(
        "--bank",
        metavar="PATH|none",
        help="the bank to ask (default: $TELLTALE_BANK, or the one in your data folder)",
    )


def opened_bank(named: str | None) -> Any:
    """The desk of the bank that `--bank` names, for reading; None for `none`."""
    from telltale.bank.database import default_path
    from telltale.bank.desk import Desk

    if named == "none":
        return None
    return Desk(Path(named) if named else default_path(), private=True)


def run(arguments: argparse.Namespace) -> int:
    """Run one of the commands; 0 done, 1 refused or impossible, 2 usage."""
    from telltale.bank import database
    from telltale.bank.model import BankError
    from telltale.media.model import MediaError

    reading = arguments.bank_command in ("find", "list", "export")
    command: Run = arguments.run_bank
    try:
        # what only reads must not make a bank, nor write to one
        path = arguments.bank or database.default_path()
        connection = database.open_file(path, private=reading)
        try:
            return command(connection, arguments)
        finally:
            connection.close()
    except (BankError, MediaError, OSError, DatabaseError) as error:
        print(f"telltale bank: {error}", file=sys.stderr)
        return 1


def run_add(connection: Connection, arguments: argparse.Namespace) -> int:
    """Analyse files and store their traces."""
    from telltale.analysis import ASSESS, steps
    from telltale.bank import store, traces
    from telltale.bank.model import Statement
    from telltale.runtime import video_file

    provenance = arguments.provenance or "a file on this device"
    statement = Statement(
        arguments.label, arguments.by, arguments.method, provenance, arguments.note
    )
    for path in arguments.files:
        if video_file.is_video(path):
            sample = _film(path, statement, thumbnail=arguments.thumbnail)
        else:
            state, models = _analysed(path, tuple(step for step in steps() if step != ASSESS))
            sample = traces.sample(state, models, statement, thumbnail=arguments.thumbnail)
        added = store.add(connection, sample)
        new = "new" if added.new_sample else "known already"
        count = len(sample.embeddings) + sum(len(part.embeddings) for part in sample.parts)
        print(f"{path}: sample {added.id} ({new}), {count} embedding(s)")
    return 0


def run_find(connection: Connection, arguments: argparse.Namespace) -> int:
    """Print what the bank knows about a file; nothing is stored."""
    from telltale.bank import phash, traces
    from telltale.bank.model import Statement
    from telltale.bank.search import Searcher
    from telltale.runtime import video_file

    searcher = Searcher(connection)
    if video_file.is_video(arguments.file):
        film = _film(arguments.file, Statement("suspected", "the one who asks"))
        embeddings = () if arguments.hashes_only else film.embeddings
        parts = [p for p in film.parts if p.kind == "frame" or not arguments.hashes_only]
        answer = searcher.ask_film(film.sha256, parts, embeddings)
    else:
        steps = () if arguments.hashes_only else _steps_with_faces(traces.embedding_steps())
        state, models = _analysed(arguments.file, steps)
        answer = searcher.ask(
            state.media.sha256,
            phash.hashes(state.media.pixels),
            traces.embeddings(state.findings, models),
        )
    print(f"{arguments.file}: compared with {answer.samples} sample(s)")
    for note in answer.notes:
        print(f"  Note: {note['en']}")
    if answer.same_file is not None:
        print(f"  The same file: {_described(connection, answer.same_file)}")
    for found in answer.same_picture:
        print(
            f"  The same picture, changed ({found.distance} of 128 bits{_when(found)}; "
            f"{found.by_chance:.2g} expected by chance): {_described(connection, found.sample)}"
        )
    for row in answer.neighbours:
        face = "" if row.face is None else f", face {row.face}"
        print(f"  By {row.model}{face}: {row.relation.sentence}")
        for family in row.relation.families:
            print(
                f"    {family.family}: distance {family.distance:.3f}, {family.samples} sample(s)"
            )
        for number, distance in row.nearest:
            print(f"    at {distance:.3f}: {_described(connection, number)}")
        if row.relation.llr is not None:
            print(f"    log10 likelihood ratio {row.relation.llr:+.2f}")
    if answer.same_file is None and not answer.same_picture:
        print("  Neither the file nor the picture is in the bank.")
    return 0


def run_list(connection: Connection, arguments: argparse.Namespace) -> int:
    """Print every sample with what was said of it."""
    from telltale.bank import store

    for number in store.ids(connection, arguments.label):
        print(_described(connection, number))
    for sha256, origin, imported in connection.execute(
        "SELECT sha256, origin, imported FROM pack ORDER BY id"
    ):
        print(f"pack {sha256} from {origin or 'somebody unnamed'}, imported {imported}")
    return 0


def run_delete(connection: Connection, arguments: argparse.Namespace) -> int:
    """Delete samples, a pack or everything; 1 where none of it is there."""
    from telltale.bank import store

    if arguments.pack:
        gone = store.delete_pack(connection, arguments.pack)
        print(f"The pack was taken back; {gone} sample(s) deleted")
        return 0
    if arguments.everything:
        print(f"{store.wipe(connection)} sample(s) deleted")
        return 0
    gone = store.delete(connection, arguments.samples)
    print(f"{gone} sample(s) deleted")
    return 0 if gone == len(arguments.samples) else 1


def run_export(connection: Connection, arguments: argparse.Namespace) -> int:
    """Write a pack."""
    from telltale.bank import pack

    data = pack.export(
        connection, arguments.samples, origin=arguments.origin, thumbnails=arguments.thumbnails
    )
    arguments.pack.write_bytes(data)
    print(f"{arguments.pack}: {len(data):,} bytes")
    return 0


def run_import(connection: Connection, arguments: argparse.Namespace) -> int:
    """Merge a pack: all of it or nothing."""
    from telltale.bank import pack, packread

    if arguments.pack.stat().st_size > packread.MAX_PACK_BYTES:
        raise pack.PackError(f"The pack has more than {packread.MAX_PACK_BYTES:,} bytes.")
    done = pack.import_pack(connection, arguments.pack.read_bytes())
    print(
        f"{done.samples} sample(s), {done.new_samples} new; {done.new_statements} new "
        f"statement(s), {done.new_embeddings} new embedding(s); pack {done.sha256}"
    )
    return 0


_LABELS = ("real", "fake", "suspected")


def _add(commands: Any) -> None:
    add = commands.add_parser("add", help="store the traces of pictures, never the pictures")
    add.add_argument("files", nargs="+", type=Path, metavar="FILE")
    add.add_argument("--label", required=True, choices=_LABELS)
    add.add_argument("--by", required=True, metavar="NAME", help="who says so; goes into packs")
    add.add_argument("--method", default="", help="generator or manipulation")
    add.add_argument("--provenance", default="", help="where the picture came from")
    add.add_argument("--note", default="")
    add.add_argument("--thumbnail", action="store_true", help="keep a small picture")
    add.set_defaults(run_bank=run_add)


def _analysed(path: Path, steps: tuple[str, ...]) -> tuple[Any, list[dict[str, Any]]]:
    from telltale import analysis
    from telltale.runtime.context import Context
    from telltale.runtime.inference import OnnxModels

    models = OnnxModels()
    state = analysis.begin(path.read_bytes(), path.name)
    for step in steps:
        analysis.run_step(state, step, Context(models))
    return state, models.used()


def _film(path: Path, statement: Statement, *, thumbnail: bool = False) -> Sample:
    """The sample of a video; raises `BankError` where it cannot be examined."""
    from telltale.bank import section, thumbnails
    from telltale.bank.model import BankError
    from telltale.media.decode import open_media
    from telltale.runtime import video_file
    from telltale.runtime.inference import OnnxModels

    record = video_file.analyze(path, OnnxModels())
    if "error" in record:
        raise BankError(record["error"]["sentence"])
    shown = video_file.picture(path) if thumbnail else None
    small = thumbnails.thumbnail(open_media(shown, "frame").pixels) if shown else None
    return section.sample_of(record, statement, small)


def _when(found: SamePicture) -> str:
    """Where in a video the nearest frame is, as far as there is one."""
    parts = (
        [] if found.at_s is None else [f"{found.frames} frame(s), nearest at {found.at_s:.1f} s"]
    )
    parts += [] if found.sample_s is None else [f"at {found.sample_s:.1f} s of the sample"]
    return "".join(f"; {part}" for part in parts)


def _steps_with_faces(wanted: tuple[str, ...]) -> tuple[str, ...]:
    from telltale import analysis

    if not wanted:
        return ()
    return tuple(s for s in analysis.steps() if s in wanted or s == analysis.FACES)


def _described(connection: Connection, number: int) -> str:
    from telltale.bank import store

    stored = store.get(connection, number)
    said = "; ".join(
        " ".join(
            part
            for part in (
                s.label,
                f"({s.method})" if s.method else "",
                f"says {s.said_by}, {s.stated[:10]}",
                f"[{s.provenance}]" if s.provenance else "",
                s.note.replace("\n", " "),
            )
            if part
        )
        for s in stored.sample.statements
    )
    return f"sample {number} {stored.sample.sha256[:12]}: {said}"
