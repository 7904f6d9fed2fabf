"""The store: adding, merging, deleting, reopening, crashing, migrating."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bank_factory import MODEL, MODEL_SHA256, sample, statement, unit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telltale.bank import database, pack, phash, schema, store, thumbnails, vectors
from telltale.bank.model import BankError, DetectorScore, Embedding, Part, Sample, checked
from telltale.bank.search import Searcher


def same(a: Sample, b: Sample) -> bool:
    plain = {"hashes": None, "embeddings": ()}
    return (
        replace(a, **plain) == replace(b, **plain)
        and np.array_equal(a.hashes, b.hashes)
        and [(e.model, e.model_sha256) for e in a.embeddings]
        == [(e.model, e.model_sha256) for e in b.embeddings]
        and all(
            np.array_equal(x.vector, y.vector)
            for x, y in zip(a.embeddings, b.embeddings, strict=True)
        )
    )


def test_a_sample_comes_back_as_it_went_in(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (300, 200, 3), np.uint8)
    wanted = sample(1, thumbnail=thumbnails.thumbnail(picture))
    bank = database.open_file(tmp_path / "bank.sqlite")
    added = store.add(bank, wanted)
    assert (added.new_sample, added.new_statements, added.new_embeddings) == (True, 1, 1)
    bank.close()
    again = database.open_file(tmp_path / "bank.sqlite")
    got = store.get(again, added.id).sample
    assert same(replace(got, thumbnail=None), replace(checked(wanted), thumbnail=None))
    assert got.thumbnail
    assert len(got.thumbnail) <= 16_384
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bank.sqlite"]


def test_the_same_file_is_merged_and_nothing_is_overwritten() -> None:
    bank = database.open_memory()
    store.add(bank, sample(1))
    other = sample(
        1,
        statements=(statement(), statement("real", "Ben")),
        embeddings=(
            Embedding(MODEL, MODEL_SHA256, unit(np.ones(8))),
            Embedding("face_manipulation", "ab" * 32, unit(np.ones(4))),
        ),
        scores=(DetectorScore("jpeg_grid", "1", "misfit", 99.0),),
    )
    added = store.add(bank, other)
    assert (added.new_sample, added.new_statements, added.new_embeddings) == (False, 1, 1)
    assert store.count(bank) == 1
    got = store.get(bank, added.id).sample
    assert [s.said_by for s in got.statements] == ["Ana", "Ben"]
    assert np.array_equal(got.embeddings[0].vector, sample(1).embeddings[0].vector)
    assert got.scores[0].value == 1.0


def test_models_of_the_same_name_are_kept_apart() -> None:
    bank = database.open_memory()
    vector = unit(np.ones(8))
    store.add(bank, sample(1, embeddings=(Embedding(MODEL, "00" * 32, vector),)))
    store.add(bank, sample(2, embeddings=(Embedding(MODEL, "11" * 32, vector),)))
    sizes = [len(vectors.Index(s).refresh(bank)) for s in vectors.spaces(bank, "embedding")]
    assert sizes == [1, 1]


REFUSED = {
    "hash": {"sha256": "xyz"},
    "size": {"width": 0},
    "label": {"statements": (statement("genuine"),)},
    "nobody": {"statements": (statement(said_by=" "),)},
    "silence": {"statements": ()},
    "time": {"statements": (statement(stated="yesterday"),)},
    "long note": {"statements": (statement(note="x" * 2001),)},
    "not a number": {"embeddings": (Embedding(MODEL, MODEL_SHA256, np.full(8, np.nan, "f4")),)},
    "infinite": {"embeddings": (Embedding(MODEL, MODEL_SHA256, np.full(8, np.inf, "f4")),)},
    "not unit": {"embeddings": (Embedding(MODEL, MODEL_SHA256, np.ones(8, "f4")),)},
    "no model": {"embeddings": (Embedding(MODEL, "", unit(np.ones(8))),)},
    "score": {"scores": (DetectorScore("jpeg_grid", "1", "x", float("inf")),)},
    "thumbnail": {"thumbnail": b"<svg onload=alert(1)>"},
    "hashes": {"hashes": np.zeros(3, np.uint64)},
}


@pytest.mark.parametrize("changes", REFUSED.values(), ids=REFUSED.keys())
def test_a_bad_sample_is_refused_and_none_of_its_batch_is_stored(
    changes: dict[str, object],
) -> None:
    bank = database.open_memory()
    with pytest.raises(BankError):
        store.add_many(bank, [sample(1), sample(2, **changes)])
    assert store.count(bank) == 0


def test_texts_are_inert() -> None:
    bank = database.open_memory()
    note = "<img src=x onerror=alert(1)>\u202etxt.exe\x1b[2J'); DROP TABLE sample;--\nsecond line"
    hostile = statement(note=note, said_by="<b>Ana</b>", method="a\nb")
    got = store.get(bank, store.add(bank, sample(1, statements=(hostile,))).id)
    (said,) = got.sample.statements
    assert not set("<>\x1b\u202e") & set(said.note + said.said_by + said.method)
    assert said.note.endswith("DROP TABLE sample;--\nsecond line")
    assert "\n" not in said.method
    assert store.count(bank) == 1


def test_deleted_means_that_no_byte_of_it_is_left(tmp_path: Path) -> None:
    path = tmp_path / "bank.sqlite"
    bank = database.open_file(path)
    for number in range(20):
        store.add(bank, sample(number, statements=(statement(note=f"secret-{number:04d}-note"),)))
    doomed = store.get(bank, 8).sample
    kept = store.get(bank, 9).sample
    assert doomed.sha256.encode() in path.read_bytes()
    assert store.delete(bank, [8]) == 1
    assert store.delete(bank, [8]) == 0
    left = path.read_bytes()
    assert doomed.statements[0].note.encode() not in left
    assert doomed.sha256.encode() not in left
    assert doomed.embeddings[0].vector.tobytes() not in left
    assert doomed.hashes is not None
    assert doomed.hashes[:2].tobytes() not in left
    assert kept.embeddings[0].vector.tobytes() in left
    assert same(store.get(bank, 9).sample, kept)
    with pytest.raises(BankError):
        store.get(bank, 8)
    assert store.delete(bank, store.ids(bank)) == 19
    assert not vectors.spaces(bank, "embedding")
    assert bank.execute("SELECT count(*) FROM block").fetchone() == (0,)


def test_a_sample_added_again_after_deletion_gets_another_number() -> None:
    bank = database.open_memory()
    first = store.add(bank, sample(1)).id
    store.delete(bank, [first])
    assert store.add(bank, sample(1)).id != first


def test_private_mode_answers_and_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "sub" / "bank.sqlite"
    empty = database.open_file(path, private=True)
    assert store.count(empty) == 0
    with pytest.raises(BankError, match="private mode"):
        store.add(empty, sample(1))
    assert not path.parent.exists()
    with database.open_file(path) as bank:
        store.add(bank, sample(1))
    before = path.read_bytes()
    private = database.open_file(path, private=True)
    assert store.get(private, 1).sample.sha256 == sample(1).sha256
    with pytest.raises(BankError, match="private mode"):
        store.add(private, sample(2))
    with pytest.raises(BankError, match="private mode"):
        store.delete(private, [1])
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["bank.sqlite"]


def test_a_bank_travels_as_bytes_between_file_and_memory(tmp_path: Path) -> None:
    memory = database.open_memory()
    store.add(memory, sample(3))
    data = database.to_bytes(memory)
    path = tmp_path / "bank.sqlite"
    path.write_bytes(data)
    for bank in (database.open_file(path), database.open_memory(data)):
        assert same(store.get(bank, 1).sample, store.get(memory, 1).sample)


@pytest.mark.parametrize("data", [b"not a database" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_other_files_are_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(data)
    with pytest.raises(BankError):
        database.open_file(path)
    with pytest.raises(BankError):
        database.open_memory(data)
    assert path.read_bytes() == data


def test_foreign_and_newer_databases_are_left_alone(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.sqlite"
    with sqlite3.connect(foreign) as other:
        other.execute("CREATE TABLE places (x)")
    with pytest.raises(BankError, match="not a bank"):
        database.open_file(foreign)
    newer = tmp_path / "newer.sqlite"
    with database.open_file(newer) as bank:
        bank.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    with pytest.raises(BankError, match="newer version"):
        database.open_file(newer)


@pytest.mark.parametrize("version", range(1, len(schema.MIGRATIONS)))
@pytest.mark.parametrize("private", [False, True])
def test_a_bank_of_every_older_schema_opens_with_its_content(
    tmp_path: Path, version: int, private: bool
) -> None:
    path = tmp_path / "old.sqlite"
    old = sqlite3.connect(path, isolation_level=None)
    schema.migrate(old, upto=version)
    old.execute(
        "INSERT INTO sample VALUES (7, ?, 640, 480, 'JPEG', '2026-01-01T00:00:00+00:00', NULL)",
        (sample(1).sha256,),
    )
    old.execute(
        "INSERT INTO statement VALUES (1, 7, 'fake', 'Ana', 'x', '', '', ?, NULL)",
        ("2026-01-01T00:00:00+00:00",),
    )
    old.close()
    bank = database.open_file(path, private=private)
    assert schema.version_of(bank) == len(schema.MIGRATIONS)
    assert store.get(bank, 7).sample.statements[0].method == "x"
    bank.close()
    stored = sqlite3.connect(path)
    assert schema.version_of(stored) == (version if private else len(schema.MIGRATIONS))


@pytest.mark.parametrize("version", range(1, len(schema.MIGRATIONS)))
def test_vectors_of_every_older_schema_are_found_and_deleted(tmp_path: Path, version: int) -> None:
    path = tmp_path / "old.sqlite"
    old = sqlite3.connect(path, isolation_level=None)
    schema.migrate(old, upto=version)
    wanted = sample(1)
    values = wanted.sha256, "2026-01-01T00:00:00+00:00"
    old.execute("INSERT INTO sample VALUES (7, ?, 640, 480, 'JPEG', ?, NULL)", values)
    rows = (("embedding", MODEL, MODEL_SHA256, wanted.embeddings[0].vector),
            ("hash", phash.MODEL, "", wanted.hashes))  # fmt: skip
    for number, (kind, model, sha256, vector) in enumerate(rows, 1):
        key = number, kind, model, sha256, len(vector)
        old.execute("INSERT INTO space VALUES (?, ?, ?, ?, ?)", key)
        ids = np.zeros(vectors.CAPACITY, "<i8")
        ids[3] = 7
        block = np.zeros((vectors.CAPACITY, len(vector)), vector.dtype)
        block[3] = vector
        kept = number, number, 1, 1, ids.tobytes(), block.tobytes()
        old.execute("INSERT INTO block VALUES (?, ?, ?, ?, ?, ?)", kept)
        old.execute("INSERT INTO place VALUES (7, ?, ?, 3)", (number, number))
    old.close()
    bank = database.open_file(path)
    assert same(store.get(bank, 7).sample, replace(wanted, statements=(), scores=()))
    searcher = Searcher(bank)
    assert [p.sample for p in searcher.same_picture(wanted.hashes)] == [7]
    (near,) = searcher.ask("0" * 64, None, wanted.embeddings).neighbours
    assert near.nearest[0][0] == 7
    assert store.delete(bank, [7]) == 1
    assert wanted.embeddings[0].vector.tobytes() not in path.read_bytes()


def content(bank: sqlite3.Connection) -> dict[str, tuple[int, int]]:
    """What a bank holds, by hash: how many statements and vectors each sample has."""
    found = {}
    for number in store.ids(bank):
        one = store.get(bank, number).sample
        count = len(one.embeddings) + sum(len(part.embeddings) for part in one.parts)
        found[one.sha256] = len(one.statements), count
    return found


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    before=st.lists(st.integers(0, 6), max_size=3),
    work=st.one_of(
        st.tuples(st.just("add"), st.lists(st.integers(0, 9), min_size=1, max_size=4)),
        st.tuples(st.just("delete"), st.lists(st.integers(0, 6), min_size=1, max_size=3)),
        st.tuples(st.just("merge"), st.lists(st.integers(0, 9), min_size=1, max_size=3)),
    ),
    moment=st.integers(1, 300),
)
def test_a_crash_at_any_moment_of_a_write_leaves_the_bank_before_or_after_it(
    before: list[int], work: tuple[str, list[int]], moment: int
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path, crashed = folder / "bank.sqlite", folder / "crashed.sqlite"
        bank = database.open_file(path)
        store.add_many(bank, [sample(n, parts=parts(n)) for n in before])
        first = content(bank)
        # so small a cache writes pages to the disk in the midst of a transaction
        bank.execute("PRAGMA cache_size = 1")
        left = moment

        def crash() -> int:
            nonlocal left
            left -= 1
            if left == 0:
                for end in ("", "-journal"):
                    if (there := folder / f"bank.sqlite{end}").exists():
                        shutil.copy(there, folder / f"crashed.sqlite{end}")
            return 0

        bank.set_progress_handler(crash, 5)
        what, numbers = work
        if what == "add":
            store.add_many(bank, [sample(n, parts=parts(n)) for n in numbers])
        elif what == "delete":
            store.delete(bank, [i for i in store.ids(bank) if i in numbers])
        else:
            other = database.open_memory()
            store.add_many(other, [sample(n, statements=(statement("real"),)) for n in numbers])
            pack.import_pack(bank, pack.export(other))
        bank.set_progress_handler(None, 0)
        after = content(bank)
        bank.close()
        if crashed.exists():
            again = database.open_file(crashed)
            assert again.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert content(again) in (first, after)
            again.close()
        reopened = database.open_file(path)
        assert content(reopened) == after
        reopened.close()


def parts(number: int) -> tuple[Part, ...]:
    """Every third sample is a video of one frame and one face."""
    if number % 3:
        return ()
    one = sample(number + 50)
    return (
        Part("face", 0.0, 2.0, None, one.embeddings),
        Part("frame", 1.0, 1.0, one.hashes),
    )


_WRITER = """
import sys
sys.path[:0] = sys.argv[2:]
from pathlib import Path
from bank_factory import sample
from telltale.bank import database, store
bank = database.open_file(Path(sys.argv[1]))
for batch in range(100_000):
    store.add_many(bank, [sample(1000 * batch + k) for k in range(3)])
    print(batch, flush=True)
"""


def test_a_writer_killed_in_mid_write_leaves_whole_batches(tmp_path: Path) -> None:
    path = tmp_path / "bank.sqlite"
    here = Path(__file__).resolve()
    folders = [str(here.parent), str(here.parents[3] / "py")]
    for pause in (0.03, 0.11):
        writer = subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(path), *folders],
            stdout=subprocess.PIPE,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(pause)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        bank = database.open_file(path)
        assert bank.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert bank.execute("PRAGMA foreign_key_check").fetchall() == []
        numbers = store.ids(bank)
        assert numbers
        assert len(numbers) % 3 == 0
        (space,) = vectors.spaces(bank, "embedding")
        index = vectors.Index(space).refresh(bank)
        assert sorted(index.rows()[0].tolist()) == numbers
        assert store.get(bank, numbers[-1]).sample.embeddings
        bank.close()


operation = st.one_of(
    st.tuples(st.just("add"), st.lists(st.integers(0, 9), min_size=1, max_size=4)),
    st.tuples(st.just("delete"), st.integers(0, 9)),
    st.tuples(st.just("fail"), st.integers(0, 9)),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(operation, max_size=12))
def test_the_store_is_a_set_of_samples_whatever_is_done_to_it(
    operations: list[tuple[str, object]],
) -> None:
    bank = database.open_memory()
    expected: set[int] = set()
    hashes = {sample(n).sha256: n for n in range(10)}
    indexes: dict[int, vectors.Index] = {}
    for what, about in operations:
        if what == "add":
            assert isinstance(about, list)
            store.add_many(bank, [sample(n) for n in about])
            expected |= set(about)
        elif what == "delete":
            assert isinstance(about, int)
            number = store.number_of(bank, sample(about).sha256)
            assert store.delete(bank, [number] if number else []) == (about in expected)
            expected.discard(about)
        else:
            assert isinstance(about, int)
            with pytest.raises(BankError):
                store.add_many(bank, [sample(about), sample(about, sha256="bad")])
        numbers = store.ids(bank)
        assert {hashes[store.get(bank, i).sample.sha256] for i in numbers} == expected
        found = set()
        for space in vectors.spaces(bank, "embedding"):
            index = indexes.setdefault(space.id, vectors.Index(space)).refresh(bank)
            got, rows = index.rows()
            found |= set(got.tolist())
            for i, row in zip(got, rows, strict=True):
                wanted = sample(hashes[store.get(bank, int(i)).sample.sha256])
                assert np.array_equal(row, wanted.embeddings[0].vector)
        assert found == set(numbers)


def test_blocks_fill_their_gaps_and_overflow_into_new_ones() -> None:
    bank = database.open_memory()
    rng = np.random.default_rng(0)
    with database.transaction(bank):
        space = vectors.space_for(bank, "embedding", "m", "00" * 32, 4)
        bank.executemany(
            "INSERT INTO sample VALUES (?, ?, 1, 1, '', '', NULL)",
            [(i, str(i)) for i in range(1, 2101)],
        )
        rows = unit(rng.normal(size=(2100, 4)))
        vectors.put(bank, space, range(1, 2101), rows)
    for gone in (5, 6, 7, 1500):
        store.delete(bank, [gone])
    with database.transaction(bank):
        bank.executemany(
            "INSERT INTO sample VALUES (?, ?, 1, 1, '', '', NULL)",
            [(i, str(i)) for i in range(3001, 3011)],
        )
        fresh = unit(rng.normal(size=(10, 4)))
        vectors.put(bank, space, range(3001, 3011), fresh)
    index = vectors.Index(space).refresh(bank)
    assert len(index) == 2106
    assert len(index.blocks) == 3
    for query, number in ((fresh[3], 3004), (rows[2099], 2100)):
        assert index.nearest(query, 1)[0][0] == number
    assert 6 not in {i for i, _ in index.nearest(rows[5], 3000)}
