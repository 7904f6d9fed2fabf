"""From a certificate to an anchor: who vouches for whom (RFC 5280, 6, as far as C2PA needs it)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from telltale.detectors.provenance.c2pa import certificate, der, ecdsa, ed25519, rsa_pss
from telltale.detectors.provenance.c2pa.errors import Malformed

#: Certificates between a signer and an anchor.
MAX_STEPS = 6
_ECDSA = {"2": "sha256", "3": "sha384", "4": "sha512"}
_RSA = {"11": "sha256", "12": "sha384", "13": "sha512"}
_ED25519, _PSS = "1.3.101.112", "1.2.840.113549.1.1.10"
_EC_PREFIX, _RSA_PREFIX = "1.2.840.10045.4.3.", "1.2.840.113549.1.1."
_BASIC, _USAGES, _KEY_ID = "2.5.29.19", "2.5.29.37", "2.5.29.14"
#: DigestInfo of RFC 8017, 9.2, without the digest.
_DIGEST_INFO = {
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}


@dataclass(frozen=True, slots=True)
class Link:
    """One certificate as a link of a chain."""

    raw: bytes = field(repr=False)
    signed: bytes = field(repr=False)
    algorithm: der.Element = field(repr=False)
    signature: bytes = field(repr=False)
    serial: int
    issuer: bytes = field(repr=False)
    subject: bytes = field(repr=False)
    names: certificate.Certificate
    is_authority: bool
    usages: frozenset[str]
    key_id: bytes = field(repr=False)

    def holds_at(self, when: datetime) -> bool:
        """Whether it was issued for this time."""
        return self.names.not_before <= when <= self.names.not_after


def parse(data: bytes) -> Link:
    """A certificate in DER; raises `Malformed`."""
    names = certificate.parse(data)
    whole = der.elements(data)[0].children()
    if len(whole) < 3:
        raise Malformed("a certificate lacks fields")
    fields = whole[0].children()
    extensions = _extensions(fields)
    fields = fields[1:] if fields[0].tag == 0xA0 else fields
    basic = extensions.get(_BASIC)
    flags = der.elements(basic)[0].children() if basic else []
    usages = extensions.get(_USAGES)
    key_id = extensions.get(_KEY_ID)
    return Link(
        raw=data,
        signed=whole[0].raw,
        algorithm=whole[1],
        signature=der.bits(whole[2]),
        serial=der.integer(fields[0]),
        issuer=fields[2].raw,
        subject=fields[4].raw,
        names=names,
        is_authority=bool(flags) and flags[0].tag == 1 and flags[0].content != b"\0",
        usages=frozenset(map(der.oid, der.elements(usages)[0].children())) if usages else _NONE,
        key_id=der.elements(key_id)[0].content if key_id else b"",
    )


_NONE: frozenset[str] = frozenset()


def _extensions(fields: list[der.Element]) -> dict[str, bytes]:
    """Object identifier -> content of the extensions (RFC 5280, 4.1.2.9)."""
    found: dict[str, bytes] = {}
    for part in fields:
        if part.tag != 0xA3:
            continue
        for extension in part.children()[0].expect(der.SEQUENCE).children():
            parts = extension.expect(der.SEQUENCE).children()
            if len(parts) >= 2:
                found[der.oid(parts[0])] = parts[-1].expect(der.OCTET_STRING).content
    return found


def find_anchor(
    chain: tuple[Link, ...], anchors: dict[bytes, list[Link]], when: datetime
) -> Link | str:
    """The anchor that the first certificate leads to at `when`, or why it leads to none.

    `anchors` are by subject; every link on the way must hold at `when`, be an authority, and have
    signed the one before.
    """
    current = chain[0]
    for _ in range(MAX_STEPS):
        if not current.holds_at(when):
            return f"a certificate on the way was not valid on {when:%Y-%m-%d}"
        known = anchors.get(current.subject, [])
        if any(anchor.raw == current.raw for anchor in known):
            return current
        for anchor in anchors.get(current.issuer, []):
            if anchor.holds_at(when) and anchor.is_authority and signed_by(current, anchor):
                return anchor
        above = [c for c in chain if c.subject == current.issuer and c.is_authority]
        following = next((c for c in above if c is not current and signed_by(current, c)), None)
        if following is None:
            return "its certificate leads to nobody on the list"
        current = following
    return "its chain of certificates is too long"


def signed_by(link: Link, authority: Link) -> bool:
    """Whether the key of `authority` made the signature of `link`."""
    return verify(authority.names.key, link.algorithm, "", link.signed, link.signature)


def verify(
    key: certificate.PublicKey | None,
    algorithm: der.Element,
    hash_name: str,
    message: bytes,
    signature: bytes,
) -> bool:
    """A signature by an X.509 AlgorithmIdentifier; `hash_name` where that names no hash."""
    parts = algorithm.expect(der.SEQUENCE).children()
    if key is None or not parts:
        return False
    name = der.oid(parts[0])
    if name == _ED25519:
        return bool(key.ed25519) and ed25519.verify(key.ed25519, message, signature)
    if name.startswith(_EC_PREFIX) and key.curve:
        hashed = _ECDSA.get(name.removeprefix(_EC_PREFIX))
        raw = _plain(signature, key.curve.size)
        if not hashed or raw is None:
            return False
        digest = hashlib.new(hashed, message).digest()
        return ecdsa.verify(key.curve, key.point, digest, raw)
    if name == _PSS and key.n:
        hashed = _pss_hash(parts)
        return bool(hashed) and rsa_pss.verify(key.n, key.e, hashed, message, signature)
    if name.startswith(_RSA_PREFIX) and key.n:
        # bare rsaEncryption, as time stamps have it, leaves the hash to the context
        hashed = _RSA.get(name.removeprefix(_RSA_PREFIX), hash_name)
        return _pkcs1(key, hashed, message, signature)
    return False


def _plain(signature: bytes, size: int) -> bytes | None:
    """r and s of a DER signature, each of `size` bytes."""
    outer = der.elements(signature)
    numbers = outer[0].expect(der.SEQUENCE).children() if len(outer) == 1 else []
    if len(numbers) != 2:
        return None
    values = [der.integer(number) for number in numbers]
    if any(not 0 < v < 1 << (8 * size) for v in values):
        return None
    return b"".join(v.to_bytes(size, "big") for v in values)


def _pss_hash(parts: list[der.Element]) -> str:
    """The hash that the parameters of RSASSA-PSS name; SHA-1, the default, is not accepted."""
    for parameter in parts[1].children() if len(parts) > 1 else ():
        if parameter.tag == 0xA0:
            named = parameter.children()[0].expect(der.SEQUENCE).children()
            return certificate.HASHES.get(der.oid(named[0]), "")
    return ""


def _pkcs1(key: certificate.PublicKey, hash_name: str, message: bytes, signature: bytes) -> bool:
    """RSASSA-PKCS1-v1_5 verification (RFC 8017, 8.2.2)."""
    bits = key.n.bit_length()
    if hash_name not in _DIGEST_INFO or not rsa_pss.MIN_BITS <= bits <= rsa_pss.MAX_BITS:
        return False
    size = (bits + 7) // 8
    value = int.from_bytes(signature, "big")
    if len(signature) != size or value >= key.n or not 3 <= key.e < 2**33:
        return False
    tail = _DIGEST_INFO[hash_name] + hashlib.new(hash_name, message).digest()
    wanted = b"\0\1" + b"\xff" * (size - len(tail) - 3) + b"\0" + tail
    return pow(value, key.e, key.n).to_bytes(size, "big") == wanted
