"""Ours beside the official C2PA library: what it signs we read, and both say the same of it."""

from __future__ import annotations

import html
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import c2pa
import examining
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from examining import facts

from media_factory import jpeg, photograph, png
from telltale import cli
from telltale.detectors.provenance import content_credentials as cc
from telltale.detectors.provenance.c2pa import trust
from telltale.evidence.sentences import say

KEYS = {
    "es256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "es384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ps256": lambda: rsa.generate_private_key(65537, 2048),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
}
FILES = {
    "image/jpeg": jpeg(photograph(64, 96)),
    "image/png": png(photograph(64, 96)),
}
AI = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
CLAIM = {
    "title": "made",
    "claim_generator_info": [{"name": "maker", "version": "1"}],
    "assertions": [
        {
            "label": "c2pa.actions",
            "data": {"actions": [{"action": "c2pa.created", "digitalSourceType": AI}]},
        }
    ],
}


def _name(text: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, text),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test Press"),
        ]
    )


def _certificate(subject: str, key: Any, issuer: str, issuer_key: Any, authority: bool) -> bytes:
    """A certificate by the profile of the C2PA specification, section 14.5.1."""
    usage = dict.fromkeys(
        (
            *("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
            *("encipher_only", "decipher_only"),
        ),
        False,
    )
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(authority, None), True),
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False),
        (
            x509.KeyUsage(
                digital_signature=True, key_cert_sign=authority, crl_sign=authority, **usage
            ),
            True,
        ),
    ]
    if not authority:
        extensions.append((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False))
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2024, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2044, 1, 1, tzinfo=UTC))
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer_key, hashes.SHA256()).public_bytes(Encoding.PEM)


def officially_signed(media: str, algorithm: str = "es256") -> tuple[bytes, str]:
    """A file of this media type that the official library signed, and the root's PEM.

    Between the root, which is not in the file, and the signer stands an issuer.
    """
    root_key, issuer_key, key = KEYS["es256"](), KEYS["es256"](), KEYS[algorithm]()
    root = _certificate("Root", root_key, "Root", root_key, True)
    chain = _certificate("A. Signer", key, "Issuer", issuer_key, False)
    chain += _certificate("Issuer", issuer_key, "Root", root_key, True)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    info = c2pa.C2paSignerInfo(
        alg=algorithm.encode(), sign_cert=chain, private_key=secret, ta_url=None
    )
    out = io.BytesIO()
    with c2pa.Signer.from_info(info) as signer, c2pa.Builder(json.dumps(CLAIM)) as builder:
        builder.sign(signer, media, io.BytesIO(FILES[media]), out)
    return out.getvalue(), root.decode()


def official(file: bytes, media: str, anchors: str = "") -> str:
    """The state that the official library gives: valid, invalid or trusted; nothing is fetched."""
    asked = {
        "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
        "trust": {"trust_anchors": anchors} if anchors else {},
    }
    context = c2pa.Context(c2pa.Settings.from_dict(asked))
    with c2pa.Reader(media, io.BytesIO(file), context=context) as reader:
        return str(reader.get_validation_state()).lower()


def ours(file: bytes) -> str:
    (state,) = facts(examining.examined(cc, file), "state")
    return str(state)


@pytest.mark.parametrize("media", FILES)
@pytest.mark.parametrize("algorithm", KEYS)
def test_what_the_official_library_signs_is_valid(media: str, algorithm: str) -> None:
    file, _ = officially_signed(media, algorithm)
    assert official(file, media) == ours(file) == "valid"
    told = [str(fact.value) for fact in examining.examined(cc, file).facts]
    assert any("c2pa.created" in value and "trainedAlgorithmicMedia" in value for value in told)


def test_a_root_on_the_list_makes_it_trusted_for_both(monkeypatch: pytest.MonkeyPatch) -> None:
    file, root = officially_signed("image/jpeg")
    monkeypatch.setattr(
        trust, "anchors", lambda one: trust.read_anchors(root) if one is trust.C2PA else {}
    )
    assert official(file, "image/jpeg", root) == ours(file) == "trusted"


@pytest.mark.parametrize("known", [True, False], ids=["root on the list", "root unknown"])
@pytest.mark.parametrize("media", FILES)
def test_from_the_signed_file_to_the_sentence_that_a_person_reads(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    media: str,
    known: bool,
) -> None:
    file, root = officially_signed(media)
    if known:
        (tmp_path / "root.pem").write_text(root)
        made = trust.TrustList(str(tmp_path / "root.pem"), "list of this test", "2026-01-01")
        monkeypatch.setattr(trust, "C2PA", made)
    picture, out, page = (tmp_path / name for name in ("signed", "record.json", "report.html"))
    picture.write_bytes(file)
    assert cli.main(["analyze", str(picture), "--json", str(out), "--html", str(page)]) == 0
    record = json.loads(out.read_text("utf-8"))
    lines = [one["code"] for one in record["assessment"]["provenance"]]
    state = "credential_trusted" if known else "credential_valid"
    assert lines == [state, "credential_says_generated"]
    assert record["assessment"]["sentence"] == say("verdict.declared")
    credentials = next(f for f in record["findings"] if f["detector"] == "content_credentials")
    assert ("list of this test" in str(credentials)) == known
    shown = " ".join(capsys.readouterr().out.split())
    for text in (shown, html.unescape(page.read_text("utf-8"))):
        assert say("verdict.declared") in text
        assert (say("provenance.credential_trusted") in text) == known
        assert (say("provenance.credential_valid") in text) != known


def test_a_changed_byte_is_invalid_for_both_wherever_it_lies() -> None:
    file, _ = officially_signed("image/jpeg")
    for place in (len(file) - 40, file.index(b"maker"), file.index(b"trainedAlgorithmicMedia")):
        forged = bytearray(file)
        forged[place] ^= 1
        assert official(bytes(forged), "image/jpeg") == ours(bytes(forged)) == "invalid", place


def test_a_file_without_credentials_has_none_for_both() -> None:
    with pytest.raises(c2pa.C2paError.ManifestNotFound):
        official(FILES["image/jpeg"], "image/jpeg")
    assert ours(FILES["image/jpeg"]) == "none"
