"""`telltale report`, and the options of every command that writes a report."""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from telltale.report.words import CUSTODY
from telltale.wording import LANGUAGES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--lang` and `--custody`."""
    parser.add_argument("--lang", choices=LANGUAGES, default="en", help="of summary and report")
    parser.add_argument(
        "--custody",
        action="append",
        type=_field,
        default=[],
        metavar="FIELD=TEXT",
        help=f"fill in the chain of custody; FIELD is one of {', '.join(CUSTODY)}; repeatable",
    )


def add_report_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `telltale report`."""
    parser.add_argument("record", type=Path, metavar="RECORD", help="JSON, one record or a list")
    parser.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="the examined files, to show them"
    )
    parser.add_argument("--html", type=Path, required=True, metavar="OUT")
    add_arguments(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the report of saved records; 0 done, 2 when there is no record to report on."""
    from telltale.report.versions import NotARecord, read_records

    try:
        records = read_records(arguments.record.read_text("utf-8"))
    except OSError as error:
        print(f"telltale report: {error}", file=sys.stderr)
        return 2
    except (NotARecord, UnicodeDecodeError) as error:
        print(f"telltale report: {arguments.record} is not a record: {error}", file=sys.stderr)
        return 2
    try:
        write(arguments.html, records, arguments.files, arguments)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        print(f"telltale report: the record is damaged ({error!r})", file=sys.stderr)
        return 2
    return 0


def write(
    out: Path,
    records: Sequence[dict[str, Any]],
    paths: Sequence[Path],
    arguments: argparse.Namespace,
) -> None:
    """The HTML report, with a small picture beside each record whose file is at hand."""
    from telltale.report.html import render

    shown = dict(filter(None, map(_picture, paths)))
    pictures = [shown.get(record["media"]["sha256"]) for record in records]
    html = render(records, pictures, arguments.lang, dict(arguments.custody))
    out.write_text(html, "utf-8")


def _picture(path: Path) -> tuple[str, bytes] | None:
    from telltale.media.decode import open_media
    from telltale.media.model import MediaError
    from telltale.report.html import thumbnail
    from telltale.runtime import video_file

    try:
        if video_file.is_video(path):
            shown = video_file.picture(path)
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            return (digest, shown) if shown else None
        data = path.read_bytes()
        return hashlib.sha256(data).hexdigest(), thumbnail(open_media(data, path.name).pixels)
    except (OSError, MediaError):
        return None


def _field(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or key not in CUSTODY:
        raise argparse.ArgumentTypeError(f"not FIELD=TEXT with one of {', '.join(CUSTODY)}")
    return key, value
