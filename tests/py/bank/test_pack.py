"""Packs carry everything but the pictures, merge, and are refused when they are hostile."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hostile
import numpy as np
import pytest
from bank_factory import sample, statement
from hypothesis import given, settings
from hypothesis import strategies as st
from test_store import same

from telltale.bank import database, pack, packread, store, thumbnails
from telltale.bank.model import BankError, Sample, checked

PICTURE = thumbnails.thumbnail(np.random.default_rng(0).integers(0, 256, (90, 60, 3), np.uint8))


def bank_of(*samples: Sample) -> Any:
    bank = database.open_memory()
    store.add_many(bank, samples)
    return bank


def everything(bank: Any) -> list[Sample]:
    return [store.get(bank, number).sample for number in store.ids(bank)]


def test_export_wipe_import_and_it_is_all_there_again() -> None:
    bank = bank_of(*(sample(n) for n in range(7)), sample(8, hashes=None, embeddings=()))
    before = everything(bank)
    data = pack.export(bank, origin="The newsroom")
    store.delete(bank, store.ids(bank))
    assert store.count(bank) == 0
    done = pack.import_pack(bank, data)
    assert (done.samples, done.new_samples, done.new_statements, done.new_embeddings) == (
        8,
        8,
        8,
        7,
    )
    after = everything(bank)
    assert all(same(a, b) for a, b in zip(before, after, strict=True))
    assert bank.execute("SELECT origin, sha256 FROM pack").fetchall() == [
        ("The newsroom", done.sha256)
    ]


def test_the_same_samples_make_the_same_bytes() -> None:
    assert pack.export(bank_of(sample(1), sample(2))) == pack.export(bank_of(sample(1), sample(2)))


def test_importing_twice_changes_nothing() -> None:
    bank = bank_of(sample(1))
    data = pack.export(bank_of(sample(1), sample(2)))
    first, second = pack.import_pack(bank, data), pack.import_pack(bank, data)
    assert (first.new_samples, second.new_samples) == (1, 0)
    assert (first.new_statements, second.new_statements) == (1, 0)
    assert store.count(bank) == 2


def test_a_merge_keeps_what_everybody_said_and_a_pack_can_be_taken_back() -> None:
    bank = bank_of(sample(1, statements=(statement("real", "Ana"),)))
    theirs = (statement("fake", "Ben", method="StyleGAN2", provenance="a forum", note="hands"),)
    done = pack.import_pack(
        bank, pack.export(bank_of(sample(1, statements=theirs), sample(2, statements=theirs)))
    )
    said = store.statements_of(bank, 1)
    assert {(s.label, s.said_by, s.method, s.provenance, s.note) for s in said} == {
        ("real", "Ana", "", "", ""),
        ("fake", "Ben", "StyleGAN2", "a forum", "hands"),
    }
    assert store.delete_pack(bank, done.sha256) == 1
    assert [s.said_by for s in store.statements_of(bank, 1)] == ["Ana"]
    assert store.count(bank) == 1
    with pytest.raises(BankError):
        store.delete_pack(bank, done.sha256)


def test_thumbnails_travel_only_when_asked_and_are_drawn_anew() -> None:
    bank = bank_of(sample(1, thumbnail=PICTURE), sample(2))
    assert b"\xff\xd8\xff" not in pack.export(bank)
    data = pack.export(bank, thumbnails=True)
    assert b"\xff\xd8\xff" in data
    members = hostile.opened(data)
    members["thumbnails/0.jpg"] += b"<script>alert(1)</script>"
    other = database.open_memory()
    pack.import_pack(other, hostile.sealed(members))
    kept = store.get(other, 1).sample.thumbnail
    assert kept is not None
    assert b"script" not in kept
    assert store.get(other, 2).sample.thumbnail is None


def test_no_pack_of_nothing() -> None:
    with pytest.raises(BankError, match="no sample"):
        pack.export(database.open_memory())


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def replaced(name: str, content: bytes) -> bytes:
    members = hostile.opened(hostile.made())
    members[name] = content
    return hostile.sealed(members)


def with_manifest(change: Callable[[dict[str, Any]], None]) -> bytes:
    members = hostile.opened(hostile.made())
    manifest = json.loads(members["manifest.json"])
    change(manifest)
    return hostile.sealed(members, manifest)


def with_samples(change: Callable[[list[dict[str, Any]]], None]) -> bytes:
    members = hostile.opened(hostile.made())
    rows = json.loads(members["samples.json"])
    change(rows)
    members["samples.json"] = json.dumps(rows).encode()
    return hostile.sealed(members)


def bomb() -> bytes:
    """A samples.json of 300 MB of spaces in some hundred kilobytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = b" " * 2**20
    packed = b"".join(packer.compress(block) for _ in range(300)) + packer.flush()
    name = b"samples.json"
    sizes = struct.pack("<LLL", 0, len(packed), 300 * 2**20)
    local = b"PK\3\4" + struct.pack("<HHHHH", 20, 0, 8, 0, 33) + sizes
    local += struct.pack("<HH", len(name), 0) + name
    entry = b"PK\1\2" + struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 33) + sizes
    entry += struct.pack("<HHHHHLL", len(name), 0, 0, 0, 0, 0, 0) + name
    end = b"PK\5\6" + struct.pack("<HHHHLLH", 0, 0, 1, 1, len(entry), len(local) + len(packed), 0)
    return local + packed + entry + end


def duplicated() -> bytes:
    buffer = io.BytesIO(hostile.made())
    with zipfile.ZipFile(buffer, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("samples.json", "[]")
    return buffer.getvalue()


def set_first(key: str, value: Any) -> Callable[[list[dict[str, Any]]], None]:
    return lambda rows: rows[0].__setitem__(key, value)


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "no pack"),
    "text": (lambda: b"hello, this is not a zip at all", "no pack"),
    "cut": (lambda: hostile.made()[:-100], "no pack"),
    "zip bomb": (bomb, "far more"),
    "path traversal": (lambda: replaced("../../evil.json", b"{}"), "unknown"),
    "absolute path": (lambda: replaced("/etc/passwd", b"{}"), "unknown"),
    "same name twice": (duplicated, "same name"),
    "array not described": (lambda: replaced("vectors/9.npy", b"x"), "not described"),
    "newer format": (
        lambda: with_manifest(lambda m: m.update(format="telltale-bank-pack/3")), "format"
    ),
    "false checksum": (
        lambda: with_manifest(lambda m: m["members"]["samples.json"].update(sha256="0" * 64)),
        "checksum",
    ),
    "unlisted member": (lambda: with_manifest(lambda m: m["members"].popitem()), "members"),
    "NaN in a vector": (
        lambda: replaced("vectors/0.npy", npy(np.full((4, 8), np.nan, "<f4"))), "unit length"
    ),
    "vectors not unit": (
        lambda: replaced("vectors/0.npy", npy(np.ones((4, 8), "<f4"))), "unit length"
    ),
    "pickled array": (
        lambda: replaced("vectors/0.npy", npy(np.array([[{"a": 1}] * 8] * 4, object))),
        "shape or type",
    ),
    "other shape": (lambda: replaced("vectors/0.npy", npy(np.ones((4, 9), "<f4"))), "shape"),
    "other type": (lambda: replaced("vectors/0.npy", npy(np.ones((4, 8), "<f8"))), "type"),
    "rows outside": (
        lambda: replaced("vectors/0.rows.npy", npy(np.arange(1, 5))), "not there"
    ),
    "rows twice": (
        lambda: replaced("vectors/0.rows.npy", npy(np.zeros(4, "<i8"))), "not there"
    ),
    "NaN in JSON": (
        lambda: replaced("samples.json", b'[{"width": NaN}]'), "not plain JSON"
    ),
    "repeated key": (lambda: replaced("samples.json", b'[{"a": 1, "a": 2}]'), "not plain JSON"),
    "deep JSON": (lambda: replaced("samples.json", b"[" * 12_000), "not plain JSON"),
    "endless number": (lambda: replaced("samples.json", b"[" + b"9" * 5000 + b"]"), "plain JSON"),
    "extra key": (lambda: with_samples(set_first("evil", 1)), "keys"),
    "no statement": (lambda: with_samples(set_first("statements", [])), "nobody says"),
    "huge size": (lambda: with_samples(set_first("width", 2**70)), "size"),
    "size as text": (lambda: with_samples(set_first("width", "1; DROP TABLE")), "size"),
    "sample twice": (lambda: with_samples(lambda rows: rows.append(rows[0])), "number of samples"),
    "long note": (
        lambda: with_samples(lambda rows: rows[0]["statements"][0].update(note="x" * 3000)),
        "longer",
    ),
    "infinite score": (
        lambda: with_samples(lambda rows: rows[0]["scores"][0].update(value=1e301)), "no number"
    ),
    "thumbnail that is none": (lambda: replaced("thumbnails/0.jpg", b"<svg/>"), "thumbnail"),
    "thumbnail of nobody": (lambda: replaced("thumbnails/9.jpg", PICTURE), "no sample"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "why"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_packs_are_refused_with_a_reason_and_leave_nothing(
    make: Callable[[], bytes], why: str
) -> None:
    bank = hostile.fresh()
    before = database.to_bytes(bank)
    with pytest.raises(pack.PackError, match=why):
        pack.import_pack(bank, make())
    assert database.to_bytes(bank) == before


def test_a_pack_that_fails_in_the_middle_of_the_import_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bank = hostile.fresh()
    before = database.to_bytes(bank)

    def broken(*_: Any) -> None:
        raise OSError("the worker dies")

    monkeypatch.setattr(store, "_put_vectors", broken)
    with pytest.raises(OSError, match="dies"):
        pack.import_pack(bank, hostile.made())
    assert database.to_bytes(bank) == before


def test_markup_in_notes_is_inert_after_an_import() -> None:
    note = '<img src=x onerror="alert(1)"> a < b'
    data = with_samples(lambda rows: rows[0]["statements"][0].update(note=note))
    bank = database.open_memory()
    pack.import_pack(bank, data)
    (said,) = store.statements_of(bank, 1)
    assert said.note == '\u2039img src=x onerror="alert(1)"\u203a a \u2039 b'


def test_mutated_packs_never_crash_and_never_leave_half_an_import() -> None:
    done = hostile.main(10_000, seed=1)
    assert done["tried"] == 10_000
    assert done["refused"] > 8_000


texts = st.text(max_size=40)
statements = st.builds(
    statement,
    st.sampled_from(["real", "fake", "suspected"]),
    texts.map(lambda text: f"x{text}"),
    method=texts,
    provenance=texts,
    note=st.text(max_size=200),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), statements), min_size=1, max_size=8))
def test_whatever_was_stored_comes_back_from_a_pack(said: list[tuple[int, Any]]) -> None:
    bank = bank_of(*(sample(number, statements=(s,)) for number, s in said))
    other = database.open_memory()
    pack.import_pack(other, pack.export(bank))
    assert all(same(a, b) for a, b in zip(everything(bank), everything(other), strict=True))
    for one in everything(other):
        assert same(checked(one), one)


def test_limits_of_a_pack_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packread, "MAX_SAMPLES", 1)
    with pytest.raises(BankError, match="at most 1"):
        pack.export(bank_of(sample(1), sample(2)))
    monkeypatch.setattr(packread, "MAX_PACK_BYTES", 10)
    with pytest.raises(pack.PackError, match="more than 10 bytes"):
        packread.read(b"x" * 11)


def test_a_pack_written_by_the_first_version_is_still_read() -> None:
    data = (Path(__file__).parent / "golden" / "pack-1.zip").read_bytes()
    bank = database.open_memory()
    assert pack.import_pack(bank, data).new_samples == 4
    assert all(same(a, checked(sample(n))) for n, a in enumerate(everything(bank)))
