"""What a signer's certificate says (RFC 5280), and what a time stamp says (RFC 3161).

Read, not judged: without a list of trusted issuers a certificate is a claim too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from telltale.detectors.provenance.c2pa import der
from telltale.detectors.provenance.c2pa.ecdsa import P256, P384, P521, Curve
from telltale.detectors.provenance.c2pa.errors import Malformed

_NAMES = {"2.5.4.3": "CN", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.6": "C"}
_CURVES = {"1.2.840.10045.3.1.7": P256, "1.3.132.0.34": P384, "1.3.132.0.35": P521}
_EC, _ED25519 = "1.2.840.10045.2.1", "1.3.101.112"
_RSA = ("1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10")
HASHES = {
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_SIGNED_DATA, _TST_INFO = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An EC point on `curve`, an RSA key (n, e) or 32 bytes of Ed25519."""

    curve: Curve | None = None
    point: tuple[int, int] = (0, 0)
    n: int = 0
    e: int = 0
    ed25519: bytes = b""


@dataclass(frozen=True, slots=True)
class Certificate:
    """The fields shown; `key` is None for kinds of keys that are not verified here."""

    subject: dict[str, str]
    issuer: dict[str, str]
    not_before: datetime
    not_after: datetime
    self_issued: bool
    key: PublicKey | None = field(repr=False)


def parse(data: bytes) -> Certificate:
    """An X.509 certificate in DER; raises `Malformed`."""
    outer = der.elements(data)
    if len(outer) != 1:
        raise Malformed("the signer's certificate is not one DER value")
    fields = _at(outer[0].expect(der.SEQUENCE).children(), 0).expect(der.SEQUENCE).children()
    if fields and fields[0].tag == 0xA0:  # the version; absent means 1
        fields = fields[1:]
    if len(fields) < 6:
        raise Malformed("the signer's certificate lacks fields")
    validity = fields[3].expect(der.SEQUENCE).children()
    return Certificate(
        subject=_name(fields[4]),
        issuer=_name(fields[2]),
        not_before=der.time(_at(validity, 0)),
        not_after=der.time(_at(validity, 1)),
        self_issued=fields[2].raw == fields[4].raw,
        key=_key(fields[5]),
    )


def shown(name: dict[str, str]) -> str:
    """A name for people: common name and organisation."""
    parts = [name[k] for k in ("CN", "O") if name.get(k)]
    return ", ".join(dict.fromkeys(parts)) or name.get("OU") or "no name"


def _at(items: list[der.Element], index: int) -> der.Element:
    if index >= len(items):
        raise Malformed("a certificate lacks fields")
    return items[index]


def _name(element: der.Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for relative in element.expect(der.SEQUENCE).children():
        for pair in relative.expect(der.SET).children():
            kind, value = (*pair.expect(der.SEQUENCE).children(), None, None)[:2]
            if kind is not None and value is not None and (short := _NAMES.get(der.oid(kind))):
                found.setdefault(short, der.text(value)[:200])
    return found


def _key(element: der.Element) -> PublicKey | None:
    """SubjectPublicKeyInfo (RFC 5280, 4.1.2.7)."""
    parts = element.expect(der.SEQUENCE).children()
    algorithm = _at(parts, 0).expect(der.SEQUENCE).children()
    kind, body = der.oid(_at(algorithm, 0)), der.bits(_at(parts, 1))
    if kind == _ED25519:
        return PublicKey(ed25519=body)
    if kind in _RSA:
        numbers = _at(der.elements(body), 0).expect(der.SEQUENCE).children()
        return PublicKey(n=der.integer(_at(numbers, 0)), e=der.integer(_at(numbers, 1)))
    if kind == _EC and len(algorithm) > 1 and algorithm[1].tag == der.OID:
        curve = _CURVES.get(der.oid(algorithm[1]))
        if curve and len(body) == 1 + 2 * curve.size and body[0] == 4:
            x, y = body[1 : 1 + curve.size], body[1 + curve.size :]
            point = int.from_bytes(x, "big"), int.from_bytes(y, "big")
            return PublicKey(curve=curve, point=point)
    return None


def time_stamp(token: bytes) -> tuple[datetime, str, bytes]:
    """Time, hash algorithm and hashed message of a TimeStampToken or TimeStampResp.

    The signature of the time stamping authority is verified by `stamp`.
    """
    signed = signed_data(token)
    enclosed = _at(signed, 2).expect(der.SEQUENCE).children()
    if der.oid(_at(enclosed, 0)) != _TST_INFO:
        raise Malformed("the time stamp holds something else")
    info = _at(_at(enclosed, 1).children(), 0).expect(der.OCTET_STRING).content
    fields = _at(der.elements(info), 0).expect(der.SEQUENCE).children()
    imprint = _at(fields, 2).expect(der.SEQUENCE).children()
    algorithm = der.oid(_at(_at(imprint, 0).expect(der.SEQUENCE).children(), 0))
    hashed = _at(imprint, 1).expect(der.OCTET_STRING).content
    return der.time(_at(fields, 4)), HASHES.get(algorithm, ""), hashed


def signed_data(token: bytes) -> list[der.Element]:
    """The fields of the SignedData (RFC 5652, 5.1) of a TimeStampToken or TimeStampResp."""
    parts = _at(der.elements(token), 0).expect(der.SEQUENCE).children()
    if _at(parts, 0).tag == der.SEQUENCE:  # a response: status, then the token
        parts = _at(parts, 1).expect(der.SEQUENCE).children()
    if der.oid(_at(parts, 0)) != _SIGNED_DATA:
        raise Malformed("the time stamp is not signed data")
    return _at(_at(parts, 1).children(), 0).expect(der.SEQUENCE).children()
