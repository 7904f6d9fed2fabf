"""`telltale cases`: the history of analyses that were kept, from the command line."""

from __future__ import annotations

import argparse
from pathlib import Path
from sqlite3 import Connection, DatabaseError
from typing import Any

from telltale.bank.cli import add_language, refused
from telltale.bank.sentences import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `telltale cases`."""
    parser.add_argument(
        "--bank", type=Path, metavar="PATH", help="the bank's file (default: $TELLTALE_BANK)"
    )
    commands = parser.add_subparsers(dest="cases_command", required=True)
    keep = commands.add_parser("keep", help="keep records that analyze wrote")
    keep.add_argument("records", type=Path, metavar="RECORD", help="JSON, one record or a list")
    keep.add_argument("--case", default="", metavar="NAME")
    keep.add_argument("--note", default="")
    keep.add_argument("--tags", nargs="+", default=[], metavar="TAG")
    listing = commands.add_parser("list", help="what is kept, newest first")
    listing.add_argument("--search", default="", metavar="TEXT")
    delete = commands.add_parser("delete", help="delete for good")
    which = delete.add_mutually_exclusive_group(required=True)
    which.add_argument("--analyses", nargs="+", type=int, default=[], metavar="NUMBER")
    which.add_argument("--case", metavar="NAME", help="the case with all of its analyses")
    which.add_argument("--everything", action="store_true", help="the whole history")
    export = commands.add_parser("export", help="everything that is kept, as a ZIP")
    export.add_argument("out", type=Path, metavar="OUT")
    importing = commands.add_parser("import", help="take in what export wrote")
    importing.add_argument("file", type=Path, metavar="FILE")
    report = commands.add_parser("report", help="the HTML report of a kept analysis")
    report.add_argument("analysis", type=int, metavar="NUMBER")
    report.add_argument("out", type=Path, metavar="OUT")
    add_language(commands)


def run(arguments: argparse.Namespace) -> int:
    """Run one of the commands; 0 done, 1 refused or impossible."""
    from telltale.bank import caseread, cases, database
    from telltale.bank.model import BankError
    from telltale.report.versions import NotARecord, read_records

    command, lang = arguments.cases_command, arguments.lang
    path = arguments.bank or database.default_path()
    try:
        bank = database.open_file(path, private=command in ("list", "export", "report"))
        try:
            if command == "keep":
                for record in read_records(arguments.records.read_text("utf-8")):
                    said = {"note": arguments.note, "tags": arguments.tags}
                    number = cases.keep(bank, record, case=arguments.case, **said)
                    name = repr(record["media"]["name"])
                    print(say("cli.kept", lang, n=number, name=name))
            elif command == "list":
                _print(cases.history(bank, search=arguments.search), lang)
            elif command == "export":
                arguments.out.write_bytes(cases.export(bank))
            elif command == "import":
                done = caseread.import_cases(bank, arguments.file.read_bytes())
                print(say("cli.cases_imported", lang, n=done.analyses, new=done.new))
            elif command == "report":
                _report(bank, arguments)
            else:
                known = {one["name"]: one["id"] for one in cases.history(bank)["cases"]}
                if arguments.case is not None and arguments.case not in known:
                    raise BankError(f"There is no case \u201c{arguments.case}\u201d.")
                case = known[arguments.case] if arguments.case is not None else None
                every = arguments.everything
                gone = cases.delete(bank, arguments.analyses, case, everything=every)
                print(say("cli.cases_deleted", lang, n=gone))
        finally:
            bank.close()
    except (BankError, NotARecord, OSError, UnicodeDecodeError, DatabaseError) as error:
        return refused("cases", error, lang)
    return 0


def _report(bank: Connection, arguments: argparse.Namespace) -> None:
    from telltale.bank import cases
    from telltale.report.html import render
    from telltale.report.versions import upgrade

    record = upgrade(cases.record_of(bank, arguments.analysis))
    picture = cases.thumbnail_of(bank, arguments.analysis)
    arguments.out.write_text(render([record], [picture], arguments.lang), "utf-8")


def _print(found: dict[str, list[dict[str, object]]], lang: str) -> None:
    from telltale.report.language import language

    for row in found["analyses"]:
        tags = " ".join(f"#{tag}" for tag in row["tags"])  # type: ignore[attr-defined]
        case = f"[{row['case']}] " if row["case"] else ""
        print(f"{row['id']} {row['created']} {case}{row['name']} {tags}".rstrip())
        words: Any = row["verdict"]
        print(f"    {words.get(lang) or language(lang).translate(words['en']) or words['en']}")
        if row["note"]:
            print(f"    {str(row['note']).splitlines()[0]}")
