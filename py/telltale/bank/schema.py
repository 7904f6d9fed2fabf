"""The tables of the bank and how older ones become newer ones.

`PRAGMA user_version` counts the migrations that a file has seen. Each migration runs in one
transaction; a file of a newer version than this software is left alone.
"""

from __future__ import annotations

import sqlite3

from telltale.bank.model import BankError

#: "Tlbk": tells a bank from any other SQLite file.
APPLICATION_ID = 0x546C626B

_FIRST = """
CREATE TABLE pack (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sha256 TEXT NOT NULL UNIQUE,
    origin TEXT NOT NULL,
    imported TEXT NOT NULL
);
CREATE TABLE sample (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sha256 TEXT NOT NULL UNIQUE,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    format TEXT NOT NULL,
    added TEXT NOT NULL,
    thumbnail BLOB
);
CREATE TABLE statement (
    id INTEGER PRIMARY KEY,
    sample_id INTEGER NOT NULL REFERENCES sample ON DELETE CASCADE,
    label TEXT NOT NULL CHECK (label IN ('real', 'fake', 'suspected')),
    said_by TEXT NOT NULL,
    method TEXT NOT NULL,
    provenance TEXT NOT NULL,
    note TEXT NOT NULL,
    stated TEXT NOT NULL,
    pack_id INTEGER REFERENCES pack,
    UNIQUE (sample_id, label, said_by, method, provenance, note, stated)
);
CREATE TABLE score (
    sample_id INTEGER NOT NULL REFERENCES sample ON DELETE CASCADE,
    detector TEXT NOT NULL,
    version TEXT NOT NULL,
    name TEXT NOT NULL,
    value REAL NOT NULL,
    PRIMARY KEY (sample_id, detector, version)
) WITHOUT ROWID;
-- numbers that are comparable with each other: one model's embeddings, or perceptual hashes
CREATE TABLE space (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('embedding', 'hash')),
    model TEXT NOT NULL,
    model_sha256 TEXT NOT NULL,
    width INTEGER NOT NULL,
    UNIQUE (kind, model, model_sha256, width)
);
-- many rows in one blob, so that a search reads megabytes in a piece; id 0 marks a free slot
CREATE TABLE block (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    space_id INTEGER NOT NULL REFERENCES space,
    revision INTEGER NOT NULL,
    used INTEGER NOT NULL,
    ids BLOB NOT NULL,
    vectors BLOB NOT NULL
);
CREATE INDEX block_room ON block (space_id, used);
CREATE TABLE place (
    sample_id INTEGER NOT NULL REFERENCES sample,
    space_id INTEGER NOT NULL REFERENCES space,
    block_id INTEGER NOT NULL REFERENCES block,
    slot INTEGER NOT NULL,
    PRIMARY KEY (sample_id, space_id)
) WITHOUT ROWID;
"""

#: Statements asked for by pack, when a pack is taken back.
_SECOND = "CREATE INDEX statement_pack ON statement (pack_id) WHERE pack_id IS NOT NULL;"

#: What a bank was like when it was asked; media where the person wants them kept; refitted heads;
#: who signed packs; and the history of analyses with its cases.
_THIRD = """
CREATE TABLE state (id TEXT NOT NULL, changes INTEGER NOT NULL);
INSERT INTO state VALUES (lower(hex(randomblob(8))), 0);
CREATE TABLE media (
    sample_id INTEGER PRIMARY KEY REFERENCES sample ON DELETE CASCADE,
    name TEXT NOT NULL,
    bytes BLOB NOT NULL
);
CREATE TABLE head (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    model TEXT NOT NULL,
    model_sha256 TEXT NOT NULL,
    fitted TEXT NOT NULL,
    active INTEGER NOT NULL,
    document TEXT NOT NULL
);
CREATE TABLE signer (
    fingerprint TEXT PRIMARY KEY,
    first_seen TEXT NOT NULL,
    trusted INTEGER NOT NULL
) WITHOUT ROWID;
ALTER TABLE pack ADD COLUMN signer TEXT REFERENCES signer;
CREATE TABLE case_file (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    note TEXT NOT NULL,
    created TEXT NOT NULL
);
CREATE TABLE analysis (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    case_id INTEGER REFERENCES case_file ON DELETE CASCADE,
    sha256 TEXT NOT NULL,
    name TEXT NOT NULL,
    created TEXT NOT NULL,
    verdict TEXT NOT NULL,
    note TEXT NOT NULL,
    thumbnail BLOB,
    record BLOB NOT NULL,
    UNIQUE (sha256, created)
);
CREATE INDEX analysis_case ON analysis (case_id);
CREATE TABLE tag (
    analysis_id INTEGER NOT NULL REFERENCES analysis ON DELETE CASCADE,
    tag TEXT NOT NULL,
    PRIMARY KEY (analysis_id, tag)
) WITHOUT ROWID;
"""

#: Videos: frames and faces, which have vectors of their own; part 0 is the sample as a whole.
_FOURTH = """
CREATE TABLE part (
    sample_id INTEGER NOT NULL REFERENCES sample ON DELETE CASCADE,
    number INTEGER NOT NULL CHECK (number > 0),
    kind TEXT NOT NULL CHECK (kind IN ('frame', 'face')),
    start_s REAL NOT NULL,
    end_s REAL NOT NULL,
    PRIMARY KEY (sample_id, number)
) WITHOUT ROWID;
CREATE TABLE place_of_part (
    sample_id INTEGER NOT NULL REFERENCES sample,
    space_id INTEGER NOT NULL REFERENCES space,
    part INTEGER NOT NULL,
    block_id INTEGER NOT NULL REFERENCES block,
    slot INTEGER NOT NULL,
    PRIMARY KEY (sample_id, space_id, part)
) WITHOUT ROWID;
INSERT INTO place_of_part SELECT sample_id, space_id, 0, block_id, slot FROM place;
DROP TABLE place;
ALTER TABLE place_of_part RENAME TO place;
"""

MIGRATIONS: tuple[str, ...] = (_FIRST, _SECOND, _THIRD, _FOURTH)


def migrate(connection: sqlite3.Connection, upto: int = len(MIGRATIONS)) -> None:
    """Bring an empty file or an older bank to version `upto`; raises `BankError` on any other."""
    version = version_of(connection)
    if version > len(MIGRATIONS):
        raise BankError(
            f"The bank was written by a newer version of this software (schema {version}, "
            f"this one knows {len(MIGRATIONS)})."
        )
    for number in range(version, upto):
        connection.executescript(
            f"BEGIN IMMEDIATE;{MIGRATIONS[number]}"
            f"PRAGMA application_id = {APPLICATION_ID};"
            f"PRAGMA user_version = {number + 1};COMMIT;"
        )


def version_of(connection: sqlite3.Connection) -> int:
    """Migrations seen so far; 0 for an empty file. Raises `BankError` where it is no bank."""
    try:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.DatabaseError as error:
        raise BankError(f"The file is not a bank ({error}).") from error
    if application != APPLICATION_ID and (tables or version or application):
        raise BankError("The file is a database, but not a bank.")
    return int(version)
