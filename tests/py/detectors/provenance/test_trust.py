"""A signer is trusted only through a chain to an anchor on a list, at the right time."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import examining
import pytest
from c2pa_signer import Signer, signed
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from examining import facts

from media_factory import jpeg, photograph
from telltale.detectors.provenance import content_credentials as cc
from telltale.detectors.provenance.c2pa import chain, trust
from telltale.finding import Finding

PICTURE = jpeg(photograph(64, 96))
START, END = datetime(2024, 1, 1, tzinfo=UTC), datetime(2034, 1, 1, tzinfo=UTC)
EMAIL = ExtendedKeyUsageOID.EMAIL_PROTECTION


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def issue(
    subject: str,
    key: Any,
    issuer: str,
    issuer_key: Any,
    authority: bool,
    usage: x509.ObjectIdentifier | None = None,
    end: datetime = END,
    **how: Any,
) -> bytes:
    digest = None if isinstance(issuer_key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(START)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(authority, None), critical=True)
    )
    if usage:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    return builder.sign(issuer_key, digest, **how).public_bytes(Encoding.DER)


KEYS = {
    "ecdsa": lambda: ec.generate_private_key(ec.SECP384R1()),
    "rsa": lambda: rsa.generate_private_key(65537, 2048),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
}


class House:
    """A root, an authority under it, and a signer under that."""

    def __init__(self, kind: str = "ecdsa", **how: Any) -> None:
        root, middle, self.key = KEYS[kind](), KEYS[kind](), ec.generate_private_key(ec.SECP256R1())
        self.root = issue("Root", root, "Root", root, True, **how)
        self.middle = issue("Middle", middle, "Root", root, True, **how)
        self.middle_key = middle
        self.how = how

    def leaf(self, usage: x509.ObjectIdentifier | None = EMAIL, **more: Any) -> bytes:
        return issue("Press", self.key, "Middle", self.middle_key, False, usage, **self.how, **more)

    def signer(self, *certificates: bytes) -> Signer:
        def sign(message: bytes) -> bytes:
            r, s = utils.decode_dss_signature(self.key.sign(message, ec.ECDSA(hashes.SHA256())))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")

        return Signer(-7, list(certificates), sign)  # type: ignore[arg-type]


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The certificates on the C2PA list of a test."""
    certificates: list[bytes] = []

    def anchors(one: trust.TrustList) -> trust.Anchors:
        if one is not trust.C2PA:
            return {}
        return trust.read_anchors("\n".join(pem(raw) for raw in certificates))

    monkeypatch.setattr(trust, "anchors", anchors)
    return certificates


def pem(raw: bytes) -> str:
    text = base64.b64encode(raw).decode()
    return f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----"


def examined(house: House, *certificates: bytes) -> Finding:
    return examining.examined(cc, signed(PICTURE, house.signer(*certificates)))


def state(finding: Finding) -> str:
    return str(facts(finding, "state")[0])


@pytest.mark.parametrize("kind", KEYS)
def test_a_chain_to_the_list_is_trusted_whatever_its_keys(kind: str, listed: list[bytes]) -> None:
    house = House(kind)
    listed.append(house.root)
    finding = examined(house, house.leaf(), house.middle)
    assert state(finding) == "trusted"
    assert facts(finding, "vouched_for_by") == ["Root"]
    assert "The signer is on the C2PA trust list of 2026-08-14" in finding.sentence
    assert any("not for the picture" in c for c in finding.caveats)


def test_pss_signatures_of_authorities_are_understood(listed: list[bytes]) -> None:
    house = House("rsa", rsa_padding=padding.PSS(padding.MGF1(hashes.SHA256()), 32))
    listed.append(house.middle)
    assert state(examined(house, house.leaf())) == "trusted"


@pytest.mark.parametrize("kind", KEYS)
def test_a_namesake_of_an_authority_vouches_for_nobody(kind: str, listed: list[bytes]) -> None:
    house, forger = House(kind), House(kind)
    listed.append(house.root)
    finding = examined(forger, forger.leaf(), forger.middle)
    assert state(finding) == "valid"
    assert facts(finding, "on_a_trust_list") == ["no: its certificate leads to nobody on the list"]
    assert "on no trust list" in finding.sentence


def test_a_signer_cannot_be_an_authority(listed: list[bytes]) -> None:
    house = House()
    listed.append(house.root)
    other = ec.generate_private_key(ec.SECP256R1())
    below = issue("Nobody", other, "Press", house.key, False, EMAIL)
    house.key, leaf = other, house.leaf()
    assert state(examined(house, below, leaf, house.middle)) == "valid"


def test_purpose_and_dates_matter(listed: list[bytes]) -> None:
    house = House()
    listed.append(house.root)
    server = house.leaf(ExtendedKeyUsageOID.SERVER_AUTH)
    assert (
        "not issued for this purpose"
        in facts(examined(house, server, house.middle), "on_a_trust_list")[0]
    )
    assert state(examined(house, house.leaf(None), house.middle)) == "valid"
    old = house.leaf(end=datetime.now(UTC) - timedelta(days=2))
    found = facts(examined(house, old, house.middle), "on_a_trust_list")[0]
    assert "not valid on" in found


def test_a_trusted_signer_of_a_changed_file_is_not_believed(listed: list[bytes]) -> None:
    house = House()
    listed.append(house.root)
    file = bytearray(signed(PICTURE, house.signer(house.leaf(), house.middle)))
    file[-100] ^= 1
    assert state(examining.examined(cc, bytes(file))) == "invalid"


@pytest.mark.parametrize(
    ("one", "least"), [(trust.C2PA, 20), (trust.INTERIM, 10), (trust.STAMPERS, 10)]
)
def test_the_lists_that_travel_with_the_package_are_read_whole(
    one: trust.TrustList, least: int
) -> None:
    text = (Path(trust.__file__).parent / "trust" / one.file).read_text("utf-8")
    links = [link for group in trust.anchors(one).values() for link in group]
    assert len(links) == text.count("BEGIN CERTIFICATE") >= least
    own = [link for link in links if link.subject == link.issuer]
    assert own
    for link in own:
        assert chain.signed_by(link, link), link.names.subject
