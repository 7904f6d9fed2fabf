"""The desk of the bank: one open bank, asked by analyses and by views, in plain JSON values.

The browser's worker and the command line both come here, so that a view is the same over either.
"""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from telltale.analysis import Analysis
from telltale.bank import database, listing, pack, section, store
from telltale.bank.model import BankError, Statement
from telltale.bank.search import Searcher

Args = dict[str, Any]
Reply = tuple[Any, bytes | None]


class Desk:
    """A bank that is opened when it is first needed.

    In private mode it can be asked and nothing is ever written.
    """

    def __init__(self, path: Path, *, private: bool = False) -> None:
        self._path, self._private = path, private
        self._searcher: Searcher | None = None

    @property
    def connection(self) -> sqlite3.Connection:
        """The open bank; raises `BankError`."""
        return self._open().connection

    def ask(self, analysis: Analysis, models: list[dict[str, Any]]) -> dict[str, Any]:
        """The section `bank` of a record; where the bank cannot be read it says why."""
        try:
            return dict(section.asked(self._open(), analysis, models))
        except (BankError, sqlite3.Error, OSError) as error:
            self.close()
            return section.not_asked(str(error))

    def do(self, name: str, args: Args, data: bytes = b"") -> Reply:
        """Do what a view asks: the answer in JSON values, and bytes where some are asked for.

        Raises `BankError` where it is refused or cannot be done; then nothing was changed.
        """
        if name not in _DONE:
            raise BankError(f"The bank knows no {name!r}.")
        try:
            return _DONE[name](self.connection, args, data)
        except (sqlite3.Error, OSError) as error:
            self.close()
            raise BankError(f"The bank cannot be read or written ({error}).") from error
        except (KeyError, TypeError, ValueError) as error:
            raise BankError(f"{name!r} was asked for wrongly ({error!r}).") from error

    def close(self) -> None:
        """Let go of the file; it is opened again when it is needed."""
        if self._searcher:
            self._searcher.connection.close()
        self._searcher = None

    def _open(self) -> Searcher:
        if self._searcher is None:
            try:
                opened = database.open_file(self._path, private=self._private)
            except (sqlite3.Error, OSError) as error:
                raise BankError(f"The bank cannot be opened ({error}).") from error
            self._searcher = Searcher(opened)
        return self._searcher


def _add(connection: sqlite3.Connection, args: Args, data: bytes) -> Reply:
    """Add the picture of `record`; `data` is the medium where `keep` says that it shall be kept."""
    statement = Statement(**args["statement"])
    thumbnail = base64.b64decode(args["thumbnail"]) if args.get("thumbnail") else None
    sample = section.sample_of(args["record"], statement, thumbnail)
    with database.transaction(connection):
        added = store.add(connection, sample)
        if args.get("keep"):
            store.keep_medium(connection, added.id, args["record"]["media"]["name"], data)
    return asdict(added), None


def _list(connection: sqlite3.Connection, args: Args, data: bytes) -> Reply:
    del data
    return listing.listed(connection, **args), None


def _stats(connection: sqlite3.Connection, args: Args, data: bytes) -> Reply:
    del args, data
    return listing.stats(connection), None


def _thumbnail(connection: sqlite3.Connection, args: Args, data: bytes) -> Reply:
    del data
    query = "SELECT thumbnail FROM sample WHERE id = ?"
    row = connection.execute(query, (args["id"],)).fetchone()
    return None, row[0] if row else None


def _medium(connection: sqlite3.Connection, args: Args, data: bytes) -> Reply:
    del data
    found = store.medium_of(connection, args["id"])
    return (None, None) if found is None else (found[0], found[1])


def _delete(connection: sqlite3.Connection, args: Args, data: bytes) -> Reply:
    del data
    if "pack" in args:
        return {"deleted": store.delete_pack(connection, args["pack"])}, None
    return {"deleted": store.delete(connection, args["ids"])}, None


def _wipe(connection: sqlite3.Connection, args: Args, data: bytes) -> Reply:
    del args, data
    return {"deleted": store.wipe(connection)}, None


def _export(connection: sqlite3.Connection, args: Args, data: bytes) -> Reply:
    del data
    return None, pack.export(
        connection,
        args.get("ids"),
        origin=args.get("origin", ""),
        thumbnails=bool(args.get("thumbnails")),
    )


def _import(connection: sqlite3.Connection, args: Args, data: bytes) -> Reply:
    del args
    return asdict(pack.import_pack(connection, data)), None


_DONE: dict[str, Callable[[sqlite3.Connection, Args, bytes], Reply]] = {
    "add": _add,
    "list": _list,
    "stats": _stats,
    "thumbnail": _thumbnail,
    "medium": _medium,
    "delete": _delete,
    "wipe": _wipe,
    "export": _export,
    "import": _import,
}
