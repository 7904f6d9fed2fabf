"""`telltale bank`: the reference bank from the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from sqlite3 import Connection, DatabaseError
from typing import TYPE_CHECKING, Any

from telltale.bank.sentences import say, words
from telltale.wording import LANGUAGES

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
    add_language(commands)


def add_language(commands: Any) -> None:
    """`--lang` for every command of a group."""
    for parser in commands.choices.values():
        parser.add_argument("--lang", choices=LANGUAGES, default="en", help="of what is printed")


def refused(command: str, error: Exception, lang: str) -> int:
    """Say why a command did not do its work, in a language as far as it has the words; 1."""
    from telltale.report.language import language

    spoken = language(lang)
    why = spoken.translate(str(error)) or str(error)
    if isinstance(error, OSError) and error.filename:
        what = error.strerror or str(error)
        why = f"{error.filename}: {spoken.translate(what) or what}"
    print(say("cli.refused", lang, command=command, why=why), file=sys.stderr)
    return 1


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
        return refused("bank", error, arguments.lang)


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
        key = "cli.added.new" if added.new_sample else "cli.added.known"
        count = len(sample.embeddings) + sum(len(part.embeddings) for part in sample.parts)
        print(say(key, arguments.lang, path=path, id=added.id, n=count))
    return 0


def run_find(connection: Connection, arguments: argparse.Namespace) -> int:
    """Print what the bank knows about a file; nothing is stored."""
    from telltale.bank import phash, traces
    from telltale.bank.model import Statement
    from telltale.bank.relation import named
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
    lang = arguments.lang
    print(say("cli.compared", lang, path=arguments.file, n=answer.samples))
    for note in answer.notes:
        print(f"  {say('cli.note', lang, note=note)}")
    if answer.same_file is not None:
        sample = _described(connection, answer.same_file, lang)
        print(f"  {say('cli.same_file', lang, sample=sample)}")
    for found in answer.same_picture:
        told = {"bits": found.distance, "when": _when(found, lang)}
        told |= {"chance": f"{found.by_chance:.2g}"}
        sample = _described(connection, found.sample, lang)
        print(f"  {say('cli.same_picture', lang, sample=sample, **told)}")
    for row in answer.neighbours:
        key = "cli.by" if row.face is None else "cli.by.face"
        by = {"model": row.model, "face": row.face, "sentence": row.relation.words}
        print(f"  {say(key, lang, **by)}")
        for family in row.relation.families:
            size = {"distance": f"{family.distance:.3f}", "n": family.samples}
            print(f"    {say('cli.family', lang, family=named(family.family), **size)}")
        for number, distance in row.nearest:
            sample = _described(connection, number, lang)
            print(f"    {say('cli.at', lang, distance=f'{distance:.3f}', sample=sample)}")
        if row.relation.llr is not None:
            print(f"    {say('cli.llr', lang, llr=f'{row.relation.llr:+.2f}')}")
    if answer.same_file is None and not answer.same_picture:
        print(f"  {say('cli.neither', lang)}")
    return 0


def run_list(connection: Connection, arguments: argparse.Namespace) -> int:
    """Print every sample with what was said of it."""
    from telltale.bank import store

    for number in store.ids(connection, arguments.label):
        print(_described(connection, number, arguments.lang))
    for sha256, origin, imported in connection.execute(
        "SELECT sha256, origin, imported FROM pack ORDER BY id"
    ):
        who = origin or words("cli.unnamed")
        print(say("cli.pack", arguments.lang, sha256=sha256, origin=who, when=imported))
    return 0


def run_delete(connection: Connection, arguments: argparse.Namespace) -> int:
    """Delete samples, a pack or everything; 1 where none of it is there."""
    from telltale.bank import store

    if arguments.pack:
        gone = store.delete_pack(connection, arguments.pack)
        print(say("cli.taken_back", arguments.lang, n=gone))
        return 0
    if arguments.everything:
        print(say("cli.deleted", arguments.lang, n=store.wipe(connection)))
        return 0
    gone = store.delete(connection, arguments.samples)
    print(say("cli.deleted", arguments.lang, n=gone))
    return 0 if gone == len(arguments.samples) else 1


def run_export(connection: Connection, arguments: argparse.Namespace) -> int:
    """Write a pack."""
    from telltale.bank import pack

    data = pack.export(
        connection, arguments.samples, origin=arguments.origin, thumbnails=arguments.thumbnails
    )
    arguments.pack.write_bytes(data)
    print(say("cli.written", arguments.lang, path=arguments.pack, n=f"{len(data):,}"))
    return 0


def run_import(connection: Connection, arguments: argparse.Namespace) -> int:
    """Merge a pack: all of it or nothing."""
    from telltale.bank import pack, packread

    if arguments.pack.stat().st_size > packread.MAX_PACK_BYTES:
        raise pack.PackError(f"The pack has more than {packread.MAX_PACK_BYTES:,} bytes.")
    done = pack.import_pack(connection, arguments.pack.read_bytes())
    counts = {"samples": done.samples, "new": done.new_samples, "sha256": done.sha256}
    counts |= {"statements": done.new_statements, "embeddings": done.new_embeddings}
    print(say("cli.imported", arguments.lang, **counts))
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


def _when(found: SamePicture, lang: str) -> str:
    """Where in a video the nearest frame is, as far as there is one."""
    told = ""
    if found.at_s is not None:
        told += say("cli.when.frames", lang, n=found.frames, at=f"{found.at_s:.1f}")
    if found.sample_s is not None:
        told += say("cli.when.sample", lang, at=f"{found.sample_s:.1f}")
    return told


def _steps_with_faces(wanted: tuple[str, ...]) -> tuple[str, ...]:
    from telltale import analysis

    if not wanted:
        return ()
    return tuple(s for s in analysis.steps() if s in wanted or s == analysis.FACES)


def _described(connection: Connection, number: int, lang: str) -> str:
    from telltale.bank import store

    stored = store.get(connection, number)
    said = "; ".join(
        " ".join(
            part
            for part in (
                say(f"label.{s.label}", lang),
                f"({s.method})" if s.method else "",
                say("cli.says", lang, name=s.said_by, date=s.stated[:10]),
                f"[{s.provenance}]" if s.provenance else "",
                s.note.replace("\n", " "),
            )
            if part
        )
        for s in stored.sample.statements
    )
    return say("cli.sample", lang, n=number, sha256=stored.sample.sha256[:12], said=said)
