"""The signature of a claim: COSE_Sign1 with a detached payload (RFC 9052; C2PA 2.2, 13.2)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from telltale.detectors.provenance.c2pa import cbor, certificate, ecdsa, ed25519, rsa_pss
from telltale.detectors.provenance.c2pa.errors import Malformed

#: COSE algorithm -> name, hash (RFC 9053, 2.1; RFC 8230, 2).
ALGORITHMS = {
    -7: ("ES256", "sha256"),
    -35: ("ES384", "sha384"),
    -36: ("ES512", "sha512"),
    -37: ("PS256", "sha256"),
    -38: ("PS384", "sha384"),
    -39: ("PS512", "sha512"),
    -8: ("EdDSA", "sha512"),
}
MAX_CHAIN = 20
_ALG, _X5CHAIN = 1, 33


@dataclass(frozen=True, slots=True)
class Signature:
    """A parsed COSE_Sign1; `chain` holds DER certificates, the signer's first."""

    algorithm: int | None
    chain: tuple[bytes, ...] = field(repr=False)
    protected: bytes = field(repr=False)
    value: bytes = field(repr=False)
    stamps: tuple[tuple[str, bytes], ...] = field(repr=False)  # (header name, DER)

    @property
    def algorithm_name(self) -> str:
        known = ALGORITHMS.get(self.algorithm) if self.algorithm is not None else None
        return known[0] if known else f"unknown algorithm {self.algorithm}"


def parse(data: bytes) -> Signature:
    """Parse the content of a signature box; raises `Malformed`."""
    message = cbor.decode(data)
    if isinstance(message, cbor.Tagged) and message.tag == 18:
        message = message.value
    if not isinstance(message, list) or len(message) != 4:
        raise Malformed("the signature is not a COSE_Sign1 structure")
    protected, unprotected, payload, value = message
    if not isinstance(protected, bytes) or not isinstance(unprotected, dict):
        raise Malformed("the signature has no proper headers")
    if payload is not None or not isinstance(value, bytes):
        raise Malformed("the signature is not detached from its claim")
    headers = cbor.decode(protected) if protected else {}
    if not isinstance(headers, dict):
        raise Malformed("the signature has no proper headers")
    algorithm = headers.get(_ALG)
    return Signature(
        algorithm=algorithm if isinstance(algorithm, int) else None,
        chain=_chain(headers, unprotected),
        protected=protected,
        value=value,
        stamps=_stamps(unprotected),
    )


def _chain(protected: dict[Any, Any], unprotected: dict[Any, Any]) -> tuple[bytes, ...]:
    for headers in (protected, unprotected):  # older signers used the name, and either place
        for key in (_X5CHAIN, "x5chain"):
            found = headers.get(key)
            if isinstance(found, bytes):
                return (found,)
            if isinstance(found, list) and all(isinstance(c, bytes) for c in found):
                return tuple(found[:MAX_CHAIN])
    return ()


def _stamps(unprotected: dict[Any, Any]) -> tuple[tuple[str, bytes], ...]:
    found = []
    for name in ("sigTst2", "sigTst"):
        tokens = unprotected.get(name)
        tokens = tokens.get("tstTokens") if isinstance(tokens, dict) else None
        if isinstance(tokens, list) and tokens and isinstance(tokens[0], dict):
            token = tokens[0].get("val")
            if isinstance(token, bytes):
                found.append((name, token))
    return tuple(found)


def stamped_at(signature: Signature, payload: bytes) -> datetime | None:
    """The time of the time stamp, None without one; raises `Malformed` where it is not of this.

    A stamp covers the claim (version 1) or its signature (version 2; C2PA 2.2, 10.3.2.5). That its
    authority signed it is not verified.
    """
    if not signature.stamps:
        return None
    name, token = signature.stamps[0]
    when, hash_name, hashed = certificate.time_stamp(token)
    if not hash_name:
        raise Malformed("the time stamp uses an unknown hash algorithm")
    body = payload if name == "sigTst" else cbor.byte_string(signature.value)
    # the specification wants the body of version 2 bare; its reference library wraps it
    covered = (_structure(b"\x70CounterSignature", signature.protected, body), body)
    if hashed not in (hashlib.new(hash_name, c).digest() for c in covered):
        raise Malformed("the time stamp belongs to another signature")
    return when


def _structure(context: bytes, protected: bytes, payload: bytes) -> bytes:
    """Sig_structure (RFC 9052, 4.4)."""
    return b"\x84" + context + cbor.byte_string(protected) + b"\x40" + cbor.byte_string(payload)


def verify(signature: Signature, payload: bytes, key: certificate.PublicKey | None) -> bool | None:
    """Whether `payload` was signed with `key`; None where the algorithm is not known here."""
    known = ALGORITHMS.get(signature.algorithm) if signature.algorithm is not None else None
    if known is None or key is None:
        return None
    name, hash_name = known
    signed = _structure(b"\x6aSignature1", signature.protected, payload)
    if name == "EdDSA":
        return ed25519.verify(key.ed25519, signed, signature.value) if key.ed25519 else False
    if name.startswith("PS"):
        return key.n > 0 and rsa_pss.verify(key.n, key.e, hash_name, signed, signature.value)
    if key.curve is None:
        return False
    digest = hashlib.new(hash_name, signed).digest()
    return ecdsa.verify(key.curve, key.point, digest, signature.value)
