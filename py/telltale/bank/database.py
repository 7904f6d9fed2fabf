"""Opening a bank: a file, bytes in memory, or nothing that is ever written."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from telltale.bank import schema
from telltale.bank.model import BankError

#: How long to wait for another process that writes.
BUSY_S = 5.0


def default_path() -> Path:
    """`$TELLTALE_BANK`, or `telltale/bank.sqlite` in the user's data folder (XDG)."""
    if named := os.environ.get("TELLTALE_BANK"):
        return Path(named)
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "telltale" / "bank.sqlite"


def open_file(path: Path, *, private: bool = False) -> sqlite3.Connection:
    """The bank at `path`, made where there is none; raises `BankError`.

    In private mode nothing is written: an existing bank can be asked, and writing raises
    `BankError` in `transaction`. A rollback journal is used, not a write-ahead log, which needs
    shared memory that not every file system has (the browser's has none) and would keep deleted
    content in a second file.
    """
    if private:
        return _open_private(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
    except sqlite3.Error as error:
        raise BankError(f"The bank {path} cannot be opened ({error}).") from error
    return _ready(connection)


def open_memory(data: bytes | None = None) -> sqlite3.Connection:
    """A bank in memory, from the bytes of `to_bytes`; raises `BankError`."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    if data:
        try:
            connection.deserialize(data)
        except sqlite3.Error as error:
            connection.close()
            raise BankError(f"The bytes are not a bank ({error}).") from error
    return _ready(connection)


def to_bytes(connection: sqlite3.Connection) -> bytes:
    """The whole bank as the bytes of an SQLite file, for `open_memory` or any storage."""
    if connection.in_transaction:
        raise BankError("The bank is being written.")
    return connection.serialize()


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of it or nothing; inside another transaction, part of that one."""
    if connection.in_transaction:
        yield
        return
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("COMMIT")
    except BaseException as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if isinstance(error, sqlite3.OperationalError | sqlite3.IntegrityError):
            raise BankError(f"Nothing was stored: {_plain(error)}.") from error
        raise


def state(connection: sqlite3.Connection) -> str:
    """Names what the bank holds: equal names mean that the same samples were there to compare."""
    return "{}-{}".format(*connection.execute("SELECT id, changes FROM state").fetchone())


def touch(connection: sqlite3.Connection) -> None:
    """Give the bank's content a new name; call in the transaction that changes it."""
    connection.execute("UPDATE state SET changes = changes + 1")


def compact(connection: sqlite3.Connection) -> None:
    """Write the bank anew, without the room that deleted samples took."""
    connection.execute("VACUUM")


def _ready(connection: sqlite3.Connection) -> sqlite3.Connection:
    try:
        version = schema.version_of(connection)
        if not version:
            connection.execute("PRAGMA page_size = 8192")
        for pragma in (
            "journal_mode = DELETE",
            "synchronous = FULL",
            "secure_delete = ON",
            "foreign_keys = ON",
            "temp_store = MEMORY",
            "trusted_schema = OFF",
            "cell_size_check = ON",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        schema.migrate(connection)
    except BankError:
        connection.close()
        raise
    except sqlite3.Error as error:
        connection.close()
        raise BankError(f"The bank cannot be opened: {_plain(error)}.") from error
    return connection


def _open_private(path: Path) -> sqlite3.Connection:
    memory = sqlite3.connect(":memory:", isolation_level=None)
    if path.is_file():
        address = f"{path.resolve().as_uri()}?mode=ro"
        stored = sqlite3.connect(address, uri=True, timeout=BUSY_S, isolation_level=None)
        try:
            if schema.version_of(stored) == len(schema.MIGRATIONS):
                memory.close()
                stored.execute("PRAGMA query_only = ON")
                return stored
            # an older schema is brought up to date in memory only
            stored.backup(memory)
        except BaseException:
            stored.close()
            raise
        stored.close()
    _ready(memory)
    memory.execute("PRAGMA query_only = ON")
    return memory


def _plain(error: sqlite3.Error) -> str:
    text = str(error)
    if "readonly" in text:
        return "private mode keeps nothing"
    if "full" in text or "disk I/O" in text:
        return f"the disk or its quota is full, or cannot be written ({text})"
    if "locked" in text:
        return "another program is writing to the bank"
    return text
