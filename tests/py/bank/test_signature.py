"""A signed pack names its key; a changed one, or a false signature, is refused whole."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile

import pytest
from bank_factory import sample

from telltale.bank import database, pack, signature, store
from telltale.bank.packread import PackError
from telltale.detectors.provenance.c2pa.ecdsa import P256, _combined

SECRET = 0x1234567890ABCDEF1234567890ABCDEF


def point(k: int) -> tuple[int, int]:
    x, y, z = _combined(P256, k, 0, (P256.gx, P256.gy))
    inverse = pow(z, -1, P256.p)
    return x * inverse**2 % P256.p, y * inverse**3 % P256.p


def public(secret: int = SECRET) -> bytes:
    x, y = point(secret)
    return b"\4" + x.to_bytes(32, "big") + y.to_bytes(32, "big")


def signed(message: bytes, secret: int = SECRET) -> bytes:
    """FIPS 186-5, 6.4.1, with a nonce that only a test may use."""
    digest = int.from_bytes(hashlib.sha256(message).digest(), "big")
    nonce = digest % (P256.n - 1) + 1
    r = point(nonce)[0] % P256.n
    s = pow(nonce, -1, P256.n) * (digest + r * secret) % P256.n
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


@pytest.fixture(scope="module")
def plain() -> bytes:
    bank = database.open_memory()
    store.add_many(bank, [sample(n) for n in range(3)])
    return pack.export(bank, origin="Newsroom")


def sealed(data: bytes) -> bytes:
    return signature.sealed(data, public(), signed(signature.manifest_of(data)))


def test_a_signed_pack_is_imported_with_its_key_which_is_known_the_next_time(plain: bytes) -> None:
    bank = database.open_memory()
    first = pack.import_pack(bank, sealed(plain))
    assert first.signer == signature.fingerprint(public())
    assert (first.known_since, first.new_samples) == ("", 3)
    again = pack.import_pack(bank, sealed(plain))
    assert again.known_since
    assert again.new_samples == 0
    assert pack.import_pack(bank, plain).signer == ""


def rezipped(data: bytes, change: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            new.writestr(name, change.get(name, old.read(name)))
    return buffer.getvalue()


def test_anything_changed_after_signing_is_refused(plain: bytes) -> None:
    data = sealed(plain)
    manifest = json.loads(signature.manifest_of(data))
    manifest["origin"] = "Somebody else"
    bank = database.open_memory()
    changed = rezipped(data, {"manifest.json": json.dumps(manifest).encode()})
    with pytest.raises(PackError, match="signature is false"):
        pack.import_pack(bank, changed)
    for document in (
        b"{}",
        b"7",
        b'{"algorithm": "none", "public_key": "", "signature": ""}',
        json.dumps(
            {"algorithm": signature.ALGORITHM, "public_key": "AAAA", "signature": "AAAA"}
        ).encode(),
    ):
        with pytest.raises(PackError, match="signature"):
            pack.import_pack(bank, rezipped(data, {"signature.json": document}))
    assert store.count(bank) == 0


def test_a_false_signature_is_not_sealed(plain: bytes) -> None:
    with pytest.raises(PackError, match="false"):
        signature.sealed(plain, public(7), signed(signature.manifest_of(plain)))
    with pytest.raises(PackError, match="false"):
        signature.sealed(plain, public(), b"\0" * 64)
    with pytest.raises(PackError, match="unknown kind"):
        signature.sealed(plain, public()[1:], b"\0" * 64)
