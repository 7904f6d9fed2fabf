"""Whether a time stamp was signed by an authority on the list (RFC 3161; CMS, RFC 5652, 5.4)."""

from __future__ import annotations

import hashlib

from telltale.detectors.provenance.c2pa import certificate, chain, der, trust
from telltale.detectors.provenance.c2pa.errors import Malformed

_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
MAX_CERTIFICATES = 10


def judge(token: bytes) -> trust.Trust:
    """Who vouches for the authority behind a TimeStampToken, or why nobody does."""
    try:
        return _judged(token)
    except (Malformed, IndexError) as error:
        return trust.Trust(None, "", str(error) or "the time stamp lacks fields")


def _judged(token: bytes) -> trust.Trust:
    signed = certificate.signed_data(token)
    enclosed = signed[2].expect(der.SEQUENCE).children()
    content = enclosed[1].children()[0].expect(der.OCTET_STRING).content
    raws = [c.raw for part in signed[3:] if part.tag == 0xA0 for c in part.children()]
    links = [chain.parse(raw) for raw in raws[:MAX_CERTIFICATES]]
    info = signed[-1].expect(der.SET).children()[0].expect(der.SEQUENCE).children()
    signer = _signer(info[1], links)
    if signer is None:
        return trust.Trust(None, "", "the time stamp does not hold its signer's certificate")
    hash_name = certificate.HASHES.get(der.oid(info[2].children()[0]), "")
    if not hash_name or info[3].tag != 0xA0:
        return trust.Trust(None, "", "the time stamp is signed in an unknown way")
    attributes = {
        der.oid(a.children()[0]): a.children()[1].children()[0].content for a in info[3].children()
    }
    if attributes.get(_MESSAGE_DIGEST) != hashlib.new(hash_name, content).digest():
        return trust.Trust(None, "", "the time stamp was changed")
    # signed as a set, though it stands as a tagged field (RFC 5652, 5.4)
    message = b"\x31" + info[3].raw[1:]
    key = signer.names.key
    if not chain.verify(key, info[4], hash_name, message, info[5].content):
        return trust.Trust(None, "", "the signature of the time stamp does not hold")
    when, _, _ = certificate.time_stamp(token)
    ordered = (signer.raw, *(link.raw for link in links if link is not signer))
    return trust.judge(ordered, when, trust.STAMPING, (trust.STAMPERS,))


def _signer(identifier: der.Element, links: list[chain.Link]) -> chain.Link | None:
    """By issuer and serial number, or by key identifier."""
    if identifier.tag == 0x80:
        return next((c for c in links if c.key_id == identifier.content), None)
    issuer, serial = identifier.expect(der.SEQUENCE).children()[:2]
    wanted = issuer.raw, der.integer(serial)
    return next((c for c in links if (c.issuer, c.serial) == wanted), None)
