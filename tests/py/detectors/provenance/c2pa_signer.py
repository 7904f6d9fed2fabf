"""A small signer of Content Credentials, so that the checker is tested against another's keys.

The signatures are made by the `cryptography` package.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

TAIL = bytes.fromhex("00110010800000aa00389b71")
LABEL = "urn:uuid:0001"


def cbor(value: Any) -> bytes:
    """The CBOR of plain values; (tag, value) tuples are tagged."""
    if value is None or isinstance(value, bool):
        return {None: b"\xf6", True: b"\xf5", False: b"\xf4"}[value]
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(cbor, value))
    if isinstance(value, dict):
        return head(5, len(value)) + b"".join(cbor(k) + cbor(v) for k, v in value.items())
    tag, inner = value
    return head(6, tag) + cbor(inner)


def head(major: int, number: int) -> bytes:
    """An initial byte with its argument."""
    if number < 24:
        return bytes([major << 5 | number])
    for code, form in ((24, ">B"), (25, ">H"), (26, ">I"), (27, ">Q")):
        if number < 1 << (8 << (code - 24)):
            return bytes([major << 5 | code]) + struct.pack(form, number)
    raise ValueError


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


def superbox(uuid: bytes, label: str, *children: bytes) -> bytes:
    uuid = uuid + TAIL if len(uuid) == 4 else uuid
    return box(b"jumb", box(b"jumd", uuid + b"\x03" + label.encode() + b"\0") + b"".join(children))


@dataclass(frozen=True)
class Signer:
    algorithm: int
    certificate: bytes
    sign: Callable[[bytes], bytes]


def _certificate(key: Any, name: str) -> bytes:
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, name),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test Press"),
        ]
    )
    digest = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(datetime(2024, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2034, 1, 1, tzinfo=UTC))
        .sign(key, digest)
        .public_bytes(Encoding.DER)
    )


@cache
def signer(name: str = "ES256", subject: str = "A. Signer") -> Signer:
    """A signer of a COSE algorithm with a certificate that it issued itself."""
    if name == "EdDSA":
        edwards = ed25519.Ed25519PrivateKey.generate()
        return Signer(-8, _certificate(edwards, subject), edwards.sign)
    bits = int(name[2:])
    digest = {256: hashes.SHA256, 384: hashes.SHA384, 512: hashes.SHA512}[bits]()
    if name.startswith("PS"):
        private = rsa.generate_private_key(65537, 2048)
        pss = padding.PSS(padding.MGF1(digest), digest.digest_size)
        number = {256: -37, 384: -38, 512: -39}[bits]
        return Signer(
            number, _certificate(private, subject), lambda m: private.sign(m, pss, digest)
        )
    curve, number, size = {
        256: (ec.SECP256R1(), -7, 32),
        384: (ec.SECP384R1(), -35, 48),
        512: (ec.SECP521R1(), -36, 66),
    }[bits]
    point = ec.generate_private_key(curve)

    def sign(message: bytes) -> bytes:
        r, s = utils.decode_dss_signature(point.sign(message, ec.ECDSA(digest)))
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    return Signer(number, _certificate(point, subject), sign)


def manifest(
    assertions: dict[str, Any],
    by: Signer,
    label: str = LABEL,
    claim: dict[str, Any] | None = None,
    undeclared: dict[str, Any] | None = None,
    kind: bytes = b"c2ma",
) -> bytes:
    """A manifest superbox: assertions (values are encoded as CBOR), claim and signature."""
    boxes, references = [], []
    for name, value in {**assertions, **(undeclared or {})}.items():
        made = superbox(b"cbor", name, box(b"cbor", cbor(value)))
        boxes.append(made)
        if name in assertions:
            digest = hashlib.sha256(made[8:]).digest()
            references.append({"url": f"self#jumbf=c2pa.assertions/{name}", "hash": digest})
    body = cbor(
        {
            "alg": "sha256",
            "claim_generator": "test/1.0",
            "signature": "self#jumbf=c2pa.signature",
            "assertions": references,
            "dc:title": "picture",
            **(claim or {}),
        }
    )
    protected = cbor({1: by.algorithm, 33: by.certificate})
    signed = by.sign(cbor(["Signature1", protected, b"", body]))
    return superbox(
        kind,
        label,
        superbox(b"c2as", "c2pa.assertions", *boxes),
        superbox(b"c2cl", "c2pa.claim", box(b"cbor", body)),
        superbox(
            b"c2cs", "c2pa.signature", box(b"cbor", cbor((18, [protected, {}, None, signed])))
        ),
    )


def store(*manifests: bytes) -> bytes:
    return superbox(b"c2pa", "c2pa", *manifests)


def embed(file: bytes, made: bytes) -> tuple[bytes, int, int]:
    """The file with a store in its place, and where: offset and length."""
    if file.startswith(b"\xff\xd8"):
        parts = [made[8:][i : i + 60_000] for i in range(0, max(len(made) - 8, 1), 60_000)]
        carried = b"".join(
            b"\xff\xeb" + struct.pack(">H2sHI", 2 + 8 + 8 + len(p), b"JP", 1, i + 1) + made[:8] + p
            for i, p in enumerate(parts)
        )
        return file[:2] + carried + file[2:], 2, len(carried)
    if file.startswith(b"RIFF"):
        padded = struct.pack("<4sI", b"C2PA", len(made)) + made + bytes(len(made) & 1)
        whole = file + padded
        return whole[:4] + struct.pack("<I", len(whole) - 8) + whole[8:], len(file), len(padded)
    import zlib

    chunk = struct.pack(">I", len(made)) + b"caBX" + made
    chunk += struct.pack(">I", zlib.crc32(chunk[4:]))
    return file[:33] + chunk + file[33:], 33, len(chunk)


def signed(
    file: bytes,
    by: Signer | None = None,
    others: tuple[bytes, ...] = (),
    extra_exclusion: tuple[int, int] | None = None,
    bind: bool = True,
    more: dict[str, Any] | None = None,
    **options: Any,
) -> bytes:
    """The file with a credential whose data hash leaves out the credential itself."""
    by = by or signer()
    size, start, length, digest = 0, 0, 0, bytes(32)
    for _ in range(6):  # lengths of numbers depend on one another
        exclusions = [{"start": start, "length": length}]
        if extra_exclusion:
            exclusions.append(dict(zip(("start", "length"), extra_exclusion, strict=True)))
        assertions = dict(more or {})
        if bind:
            assertions["c2pa.hash.data"] = {
                "exclusions": exclusions, "alg": "sha256", "hash": digest, "pad": b""
            }  # fmt: skip
        made = store(*others, manifest(assertions, by, **options))
        whole, start, length = embed(file, made)
        if len(made) == size:
            return whole
        size = len(made)
        rest = bytearray(whole)
        for begin, count in sorted([(start, length), *filter(None, [extra_exclusion])])[::-1]:
            del rest[begin : begin + count]
        digest = hashlib.sha256(rest).digest()
    raise AssertionError("the lengths do not settle")
