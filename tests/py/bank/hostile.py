"""Mutated bank packs: bytes changed at random, and packs made anew around changed content.

`python tests/py/bank/hostile.py 10000` runs that many, half of each kind.
"""

from __future__ import annotations

import hashlib
import io
import json
import random
import sys
import zipfile
from typing import Any

from bank_factory import sample

from telltale.bank import database, pack, store
from telltale.bank.pack import PackError

WORDS: tuple[Any, ...] = (
    None, True, -1, 0, 2**63, 2**200, 1e308, -0.0, "", "x" * 300, "\x00", "\ud800",
    "../../etc/passwd", "<script>alert(1)</script>", "'); DROP TABLE sample;--", "0" * 64,
    [], {}, [[[[]]]], "vectors/0", "hash", "embedding", "1e5", "9" * 5000,
)  # fmt: skip


def made() -> bytes:
    return pack.written([sample(n) for n in range(4)], "tests", thumbnails=True)


def opened(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def sealed(members: dict[str, bytes], manifest: dict[str, Any] | None = None) -> bytes:
    """A pack of these members, with true checksums unless a manifest is given."""
    rest = {name: content for name, content in members.items() if name != "manifest.json"}
    if manifest is None:
        manifest = json.loads(members["manifest.json"])
        manifest["members"] = {
            name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
            for name, content in rest.items()
        }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", json.dumps(manifest))
        for name, content in rest.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def mutated_bytes(data: bytes, rng: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8, 64))):
        kind = rng.randrange(5)
        at = rng.randrange(len(out)) if out else 0
        if kind == 0 and out:
            out[at] ^= 1 << rng.randrange(8)
        elif kind == 1 and out:
            out[at] = rng.choice((0, 255, 127, 128))
        elif kind == 2:
            del out[at : at + rng.randrange(1, 64)]
        elif kind == 3:
            out[at:at] = rng.randbytes(rng.randrange(1, 64))
        else:
            other = rng.randrange(len(data))
            out[at : at + 32] = data[other : other + 32]
    return bytes(out[: rng.randrange(len(out))] if out and rng.random() < 0.05 else out)


def mutated_content(data: bytes, rng: random.Random) -> bytes:
    """Change a value in the JSON, bytes of an array or the set of members; seal it truly."""
    members = opened(data)
    name = rng.choice(list(members))
    kind = rng.randrange(6)
    if kind == 0:
        members[rng.choice(("vectors/7.npy", "../x", "thumbnails/0.jpg", "a" * 300))] = b"x"
    elif kind == 1 and name != "manifest.json":
        del members[name]
    elif name.endswith(".json"):
        document = json.loads(members[name])
        _change(document, rng)
        content = json.dumps(document).replace('"9999"', "NaN").encode("utf-8", "surrogatepass")
        if name == "manifest.json":
            return sealed(members, document)
        members[name] = content
    else:
        members[name] = mutated_bytes(members[name], rng)
    return sealed(members)


def _change(document: Any, rng: random.Random) -> None:
    """Change, add, remove or double one value somewhere in a JSON document."""
    places: list[tuple[Any, Any]] = []

    def walk(value: Any) -> None:
        keys = value.keys() if isinstance(value, dict) else range(len(value))
        for key in keys:
            places.append((value, key))
            if isinstance(value[key], dict | list):
                walk(value[key])

    walk(document)
    parent, key = rng.choice(places)
    kind = rng.randrange(4)
    if kind == 0:
        del parent[key]
    elif kind == 1 and isinstance(parent, list):
        parent.append(parent[key])
    elif kind == 2 and isinstance(parent, dict):
        parent[rng.choice(("extra", "sha256", "__class__"))] = rng.choice(WORDS)
    else:
        parent[key] = rng.choice((*WORDS, "9999", parent[key]))


def survives(data: bytes, connection: Any) -> bool:
    """Import into a bank that holds something; True where it was taken.

    Raises where anything but `PackError` comes out, or where a refused pack leaves a trace.
    """
    before = database.to_bytes(connection)
    try:
        pack.import_pack(connection, data)
    except PackError:
        assert database.to_bytes(connection) == before, "a refused pack left something behind"
        return False
    for number in store.ids(connection):
        for said in store.get(connection, number).sample.statements:
            assert not set("<>") & set(said.note + said.method + said.said_by + said.provenance)
    return True


def fresh() -> Any:
    bank = database.open_memory()
    store.add_many(bank, [sample(n) for n in (2, 50)])
    return bank


def main(count: int, seed: int = 0) -> dict[str, int]:
    """Try `count` mutations; how many were refused and taken."""
    rng = random.Random(seed)
    data = made()
    start = database.to_bytes(fresh())
    bank = database.open_memory(start)
    taken = 0
    for number in range(count):
        mutation = (mutated_bytes, mutated_content)[number % 2](data, rng)
        if survives(mutation, bank):
            taken += 1
            bank.close()
            bank = database.open_memory(start)
    return {"tried": count, "refused": count - taken, "taken": taken}


if __name__ == "__main__":
    print(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0))
