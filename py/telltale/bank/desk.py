"""The desk of the bank: one open bank, asked by analyses and by views, in plain JSON values.

The browser's worker and the command line both come here, so that a view is the same over either.
"""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from telltale.analysis import Analysis
from telltale.bank import (
    caseread,
    cases,
    database,
    head,
    listing,
    pack,
    section,
    signature,
    store,
    vectors,
)
from telltale.bank.model import BankError, Embedding, Statement
from telltale.bank.search import Searcher

if TYPE_CHECKING:
    from telltale.video import VideoAnalysis

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
    def private(self) -> bool:
        """Whether nothing is written."""
        return self._private

    @private.setter
    def private(self, wanted: bool) -> None:
        if wanted != self._private:
            self.close()
            self._private = wanted

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

    def ask_film(self, film: VideoAnalysis, models: list[dict[str, Any]]) -> dict[str, Any]:
        """The same for a video that was examined."""
        try:
            return dict(section.asked_film(self._open(), film.clip.sha256, film.traces, models))
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
            return _DONE[name](self._open(), args, data)
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


def _add(searcher: Searcher, args: Args, data: bytes) -> Reply:
    """Add the picture of `record`; `data` is the medium where `keep` says that it shall be kept."""
    connection = searcher.connection
    statement = Statement(**args["statement"])
    thumbnail = base64.b64decode(args["thumbnail"]) if args.get("thumbnail") else None
    sample = section.sample_of(args["record"], statement, thumbnail)
    with database.transaction(connection):
        added = store.add(connection, sample)
        if args.get("keep"):
            store.keep_medium(connection, added.id, args["record"]["media"]["name"], data)
    return asdict(added), None


def _list(searcher: Searcher, args: Args, data: bytes) -> Reply:
    connection = searcher.connection
    del data
    return listing.listed(connection, **args), None


def _stats(searcher: Searcher, args: Args, data: bytes) -> Reply:
    connection = searcher.connection
    del args, data
    return listing.stats(connection), None


def _thumbnail(searcher: Searcher, args: Args, data: bytes) -> Reply:
    connection = searcher.connection
    del data
    query = "SELECT thumbnail FROM sample WHERE id = ?"
    row = connection.execute(query, (args["id"],)).fetchone()
    return None, row[0] if row else None


def _medium(searcher: Searcher, args: Args, data: bytes) -> Reply:
    connection = searcher.connection
    del data
    found = store.medium_of(connection, args["id"])
    return (None, None) if found is None else (found[0], found[1])


def _delete(searcher: Searcher, args: Args, data: bytes) -> Reply:
    connection = searcher.connection
    del data
    if "pack" in args:
        return {"deleted": store.delete_pack(connection, args["pack"])}, None
    return {"deleted": store.delete(connection, args["ids"])}, None


def _wipe(searcher: Searcher, args: Args, data: bytes) -> Reply:
    connection = searcher.connection
    del args, data
    return {"deleted": store.wipe(connection)}, None


def _export(searcher: Searcher, args: Args, data: bytes) -> Reply:
    connection = searcher.connection
    del data
    return None, pack.export(
        connection,
        args.get("ids"),
        origin=args.get("origin", ""),
        thumbnails=bool(args.get("thumbnails")),
    )


def _import(searcher: Searcher, args: Args, data: bytes) -> Reply:
    connection = searcher.connection
    del args
    return asdict(pack.import_pack(connection, data)), None


def _manifest(searcher: Searcher, args: Args, data: bytes) -> Reply:
    """What has to be signed of the pack `data`."""
    del searcher, args
    return None, signature.manifest_of(data)


def _seal(searcher: Searcher, args: Args, data: bytes) -> Reply:
    """The pack `data` with its signature."""
    del searcher
    key, value = (base64.b64decode(args[name]) for name in ("public_key", "signature"))
    return {"signer": signature.fingerprint(key)}, signature.sealed(data, key, value)


def _heads(searcher: Searcher, args: Args, data: bytes) -> Reply:
    """The heads there are, and the models for which one can be fitted."""
    del args, data
    connection = searcher.connection
    rows = [
        {
            "id": one.id,
            "model": one.model,
            "model_sha256": one.model_sha256,
            "fitted": one.fitted,
            "active": one.active,
            "real": one.real,
            "fake": one.fake,
            "auc": list(one.auc),
        }
        for one in head.heads(connection)
    ]
    spaces = vectors.spaces(connection, "embedding")
    models = [{"model": s.model, "model_sha256": s.model_sha256, "width": s.width} for s in spaces]
    return {"heads": rows, "models": models, "enough": head.ENOUGH}, None


def _fit(searcher: Searcher, args: Args, data: bytes) -> Reply:
    del data
    empty = np.zeros(args["width"], np.float32)
    fitted = head.fit(searcher, Embedding(args["model"], args["model_sha256"], empty))
    return {"id": fitted.id, "auc": list(fitted.auc)}, None


def _switch(searcher: Searcher, args: Args, data: bytes) -> Reply:
    del data
    head.switch(searcher.connection, args["id"], bool(args["on"]))
    return None, None


def _keep(searcher: Searcher, args: Args, data: bytes) -> Reply:
    """Keep the analysis of `record`; `data` is a thumbnail, or empty."""
    said = {key: args[key] for key in ("case", "note", "tags") if key in args}
    number = cases.keep(searcher.connection, args["record"], thumbnail=data or None, **said)
    return {"id": number}, None


def _annotate(searcher: Searcher, args: Args, data: bytes) -> Reply:
    del data
    said = {key: args[key] for key in ("case", "note", "tags")}
    cases.annotate(searcher.connection, args["id"], **said)
    return None, None


def _history(searcher: Searcher, args: Args, data: bytes) -> Reply:
    del data
    return cases.history(searcher.connection, **args), None


def _record(searcher: Searcher, args: Args, data: bytes) -> Reply:
    del data
    return cases.record_of(searcher.connection, args["id"]), None


def _face(searcher: Searcher, args: Args, data: bytes) -> Reply:
    """The thumbnail of a kept analysis."""
    del data
    return None, cases.thumbnail_of(searcher.connection, args["id"])


def _report(searcher: Searcher, args: Args, data: bytes) -> Reply:
    """The HTML report of a kept analysis, without maps; `lang` and `custody` as in a report."""
    from telltale.report.html import render
    from telltale.report.versions import upgrade

    del data
    number = args["id"]
    record = upgrade(cases.record_of(searcher.connection, number))
    picture = cases.thumbnail_of(searcher.connection, number)
    text = render([record], [picture], args.get("lang", "en"), args.get("custody"))
    return None, text.encode()


def _forget(searcher: Searcher, args: Args, data: bytes) -> Reply:
    del data
    everything = args.get("everything") is True
    numbers, case = args.get("ids", ()), args.get("case")
    gone = cases.delete(searcher.connection, numbers, case, everything=everything)
    return {"deleted": gone}, None


def _export_cases(searcher: Searcher, args: Args, data: bytes) -> Reply:
    del args, data
    return None, cases.export(searcher.connection)


def _import_cases(searcher: Searcher, args: Args, data: bytes) -> Reply:
    del args
    return asdict(caseread.import_cases(searcher.connection, data)), None


_DONE: dict[str, Callable[[Searcher, Args, bytes], Reply]] = {
    "add": _add,
    "list": _list,
    "stats": _stats,
    "thumbnail": _thumbnail,
    "medium": _medium,
    "delete": _delete,
    "wipe": _wipe,
    "export": _export,
    "import": _import,
    "manifest": _manifest,
    "seal": _seal,
    "heads": _heads,
    "fit": _fit,
    "switch": _switch,
    "keep": _keep,
    "annotate": _annotate,
    "history": _history,
    "record": _record,
    "case_thumbnail": _face,
    "forget": _forget,
    "report": _report,
    "export_cases": _export_cases,
    "import_cases": _import_cases,
}
