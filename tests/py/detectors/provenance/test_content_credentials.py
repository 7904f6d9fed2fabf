"""Credentials that hold are called intact, all others not, and none of them trusted."""

from __future__ import annotations

import hashlib
from contextlib import suppress

import examining
import pytest
from c2pa_signer import LABEL, box, cbor, embed, manifest, signed, signer, store, superbox
from examining import facts
from hypothesis import given, settings
from hypothesis import strategies as st

from media_factory import jpeg, photograph, png, png_chunk, save
from metadata_factory import camera_exif
from telltale.detectors.provenance import content_credentials as cc
from telltale.detectors.provenance.c2pa import (
    carrier,
    certificate,
    credential_facts,
    ecdsa,
    ed25519,
    rsa_pss,
    validate,
)
from telltale.detectors.provenance.c2pa import cbor as cbor_reader
from telltale.detectors.provenance.c2pa import manifest as c2pa_manifest
from telltale.detectors.provenance.c2pa.carrier import Carried
from telltale.detectors.provenance.c2pa.ecdsa import P256
from telltale.detectors.provenance.c2pa.errors import Malformed
from telltale.finding import Finding
from telltale.media.decode import open_media
from telltale.media.model import MediaError
from telltale.report.language import language

PICTURE = jpeg(photograph(64, 96))
AI = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
MADE_BY_AI = {
    "c2pa.actions": {
        "actions": [
            {"action": "c2pa.created", "digitalSourceType": AI, "softwareAgent": "Painter 9"}
        ]
    }
}


def examined(file: bytes) -> Finding:
    return examining.examined(cc, file)


def state(file: bytes) -> str:
    (value,) = facts(examined(file), "state")
    return str(value)


@pytest.mark.parametrize(
    "algorithm", ["ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "EdDSA"]
)
def test_every_algorithm_holds_and_fails_when_the_claim_is_another(algorithm: str) -> None:
    file = signed(PICTURE, signer(algorithm))
    assert state(file) == "valid"
    forged = file.replace(b"test/1.0", b"test/1.1", 1)
    assert forged != file
    finding = examined(forged)
    assert facts(finding, "state") == ["invalid"]
    assert facts(finding, "claimSignature.mismatch")


@pytest.mark.parametrize("container", ["JPEG", "PNG", "WEBP"])
def test_a_byte_of_the_picture_cannot_change_unseen(container: str) -> None:
    pixels = photograph(64, 96)
    original = {
        "JPEG": PICTURE,
        "PNG": png(pixels),
        "WEBP": save(pixels, "WEBP", exif=camera_exif()),
    }[container]
    file = signed(original, more=MADE_BY_AI)
    finding = examined(file)
    assert facts(finding, "state") == ["valid"]
    assert "made by a generative model" in finding.sentence
    if container == "PNG":
        at = file.index(b"IDAT") - 4
        changed = file[:at] + png_chunk(b"tEXt", b"k\0v") + file[at:]
    else:
        at = file.rindex(b"\xff\xda") + 200 if container == "JPEG" else file.index(b"Testcam")
        changed = file[:at] + bytes([file[at] ^ 1]) + file[at + 1 :]
    finding = examined(changed)
    assert facts(finding, "state") == ["invalid"]
    assert facts(finding, "assertion.dataHash.mismatch")
    assert "not valid" in finding.sentence
    assert "must not be relied on" in finding.sentence


def test_a_changed_statement_is_named() -> None:
    file = signed(PICTURE, more=MADE_BY_AI)
    finding = examined(file.replace(b"Painter 9", b"Painter 8"))
    assert facts(finding, "state") == ["invalid"]
    assert "c2pa.actions" in facts(finding, "assertion.hashedURI.mismatch")[0]


def test_trust_is_not_claimed_for_a_name_alone() -> None:
    finding = examined(signed(PICTURE, signer(subject="Famous Newspaper")))
    assert facts(finding, "on_a_trust_list") == [
        "no: its certificate is not issued for this purpose"
    ]
    assert "Whether that name is genuine is not known: it is on no trust list" in finding.sentence
    assert any("issued the certificate to itself" in c for c in finding.caveats)
    assert finding.score is None


@pytest.mark.parametrize(
    "file",
    [
        signed(PICTURE).replace(b"test/1.0", b"test/1.1", 1),
        signed(PICTURE, more=MADE_BY_AI).replace(b"Painter 9", b"Painter 8"),
        signed(PICTURE, undeclared=MADE_BY_AI),
        signed(PICTURE, bind=False),
        signed(PICTURE),
        PICTURE,
    ],
    ids=["claim changed", "statement changed", "undeclared", "unbound", "intact", "none"],
)
def test_what_is_said_of_a_credential_is_said_in_spanish_too(file: bytes) -> None:
    finding = examined(file)
    checks = [f.value for f in finding.facts if "." in f.name and isinstance(f.value, str)]
    for text in (finding.sentence, *finding.caveats, *checks):
        assert language("es").translate(text) is not None, text


def test_no_credential_is_no_evidence() -> None:
    finding = examined(PICTURE)
    assert facts(finding, "state") == ["none"]
    assert "says nothing about the picture" in finding.sentence


def test_an_undeclared_assertion_an_unbound_claim_and_a_second_store_are_refused() -> None:
    extra = examined(signed(PICTURE, undeclared=MADE_BY_AI))
    assert facts(extra, "assertion.undeclared")
    unbound = examined(signed(PICTURE, bind=False))
    assert facts(unbound, "claim.hardBindings.missing")
    again = store(manifest({}, signer()))
    once, start, length = embed(PICTURE, again)
    second = once[start : start + length].replace(b"JP\0\1", b"JP\0\2")
    twice = once[:2] + second + once[2:]
    assert facts(examined(twice), "manifest.multipleStores")


def test_a_hash_that_leaves_out_the_picture_protects_nothing() -> None:
    plain = signed(PICTURE)
    at = plain.rindex(b"\xff\xda") + 300
    file = signed(PICTURE, extra_exclusion=(at, 40))
    shift = len(file) - len(plain)
    file = signed(PICTURE, extra_exclusion=(at + shift, 40))
    changed = file[: at + shift + 3] + b"\x55" + file[at + shift + 4 :]
    finding = examined(changed)
    assert facts(finding, "state") == ["incomplete"]
    assert "does not protect the whole picture" in finding.sentence


def test_an_ingredient_that_never_held_is_told_apart_from_the_credential_itself() -> None:
    inner = manifest({"c2pa.note": {"a": "sound"}}, signer(), "urn:uuid:inner")
    broken = inner.replace(b"sound", b"fraud")
    ingredient = {
        "dc:title": "old.jpg",
        "relationship": "parentOf",
        "c2pa_manifest": {
            "url": "self#jumbf=/c2pa/urn:uuid:inner",
            "alg": "sha256",
            "hash": hashlib.sha256(broken[8:]).digest(),
        },
    }
    file = signed(PICTURE, others=(broken,), more={"c2pa.ingredient": ingredient})
    finding = examined(file)
    assert facts(finding, "state") == ["valid"]
    assert facts(finding, "in_an_earlier_credential")
    assert "old.jpg" in facts(finding, "ingredient")[0]
    swapped = examined(file.replace(b"fraud", b"sound"))
    assert facts(swapped, "ingredient.manifest.mismatch")


def test_ingredients_that_name_one_another_end() -> None:
    def pointing(label: str, to: str) -> bytes:
        assertion = {
            "relationship": "parentOf",
            "c2pa_manifest": {"url": f"self#jumbf=/c2pa/{to}", "alg": "sha256", "hash": bytes(32)},
        }
        return manifest({"c2pa.ingredient": assertion}, signer(), label, kind=b"c2um")

    file = embed(PICTURE, store(pointing("a", "b"), pointing("b", "a")))[0]
    assert state(file) == "invalid"


def test_an_update_speaks_for_the_binding_of_what_it_updates() -> None:
    file = signed(PICTURE)
    carried = carrier.find(open_media(file, "x"))
    assert carried is not None
    first = _manifests(carried.store)
    parent = {
        "relationship": "parentOf",
        "c2pa_manifest": {
            "url": f"self#jumbf=/c2pa/{LABEL}",
            "alg": "sha256",
            "hash": hashlib.sha256(first[8:]).digest(),
        },
    }
    update = manifest({"c2pa.ingredient": parent}, signer(), "urn:uuid:update", kind=b"c2um")
    updated = embed(PICTURE, store(first, update))[0]
    assert state(updated) == "valid"
    at = updated.rindex(b"\xff\xda") + 200
    changed = updated[:at] + bytes([updated[at] ^ 1]) + updated[at + 1 :]
    assert facts(examined(changed), "assertion.dataHash.mismatch")


def _manifests(made: bytes) -> bytes:
    """What a store holds behind its description."""
    return made[8 + int.from_bytes(made[8:12], "big") :]


def test_hostile_text_stays_text() -> None:
    actions = {"actions": [{"action": "<script>\x1b[31m\0", "softwareAgent": {"name": "x" * 9999}}]}
    finding = examined(signed(PICTURE, more={"c2pa.actions": actions}))
    (line,) = facts(finding, "action")
    assert "\x1b" not in line
    assert "\0" not in line
    assert len(line) < 500


@pytest.mark.parametrize(
    "content",
    [
        b"\x81" * 3000,  # arrays in arrays
        b"\x9f" * 3000,
        b"\x9b" + b"\xff" * 8,  # an array of 2^64 items
        b"\x5b" + b"\x7f" * 8,
        b"\xbb" + b"\xff" * 8,
        b"\xa2\x01\x02\x01\x03",  # a key twice
        b"\xa1\x80\x01",
        b"\x7f\x41a\xff",
        b"\xff",
        b"\x1c",
        b"\xc0" * 3000,
        b"",
        cbor(["Signature1"]),
        cbor({"assertions": 7}),
        cbor({"assertions": [7]}),
        cbor({"assertions": [{"url": 5}], "created_assertions": [{}], "redacted_assertions": [9]}),
    ],
)
def test_a_claim_of_nonsense_is_refused_with_a_sentence(content: bytes) -> None:
    made = store(
        superbox(
            b"c2ma",
            LABEL,
            superbox(b"c2as", "c2pa.assertions"),
            superbox(b"c2cl", "c2pa.claim", box(b"cbor", content)),
            superbox(b"c2cs", "c2pa.signature", box(b"cbor", content)),
        )
    )
    finding = examined(embed(PICTURE, made)[0])
    assert facts(finding, "state")[0] in ("invalid", "incomplete")
    assert finding.sentence.endswith(".")


def test_boxes_in_boxes_and_boxes_without_end_are_refused() -> None:
    deep = b""
    for _ in range(200):
        deep = superbox(b"c2ma", "x", deep)
    for made in (store(deep), store(box(b"free", b"") * 9000), store()[:20], b"\0\0\0\1jumb"):
        assert state(embed(PICTURE, made)[0]) in ("invalid", "none")


def test_every_cut_of_a_store_is_survived() -> None:
    made = store(manifest(MADE_BY_AI, signer()))
    for size in range(40, len(made), 37):
        assert state(embed(PICTURE, made[:size])[0]) == "invalid"


SIGNED = signed(PICTURE, more=MADE_BY_AI)


STORE = store(manifest({**MADE_BY_AI, "c2pa.hash.data": {"hash": b"x", "alg": "sha256"}}, signer()))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_mutated_store_is_read_or_refused_and_never_crashes(data: st.DataObject) -> None:
    media = open_media(PICTURE, "x")
    made = bytearray(STORE)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(made) - 1))
        if data.draw(st.booleans()):
            made[at] = data.draw(st.integers(0, 255))
        else:
            del made[at : at + data.draw(st.integers(1, 40))]
    with suppress(Malformed):
        found = c2pa_manifest.parse(bytes(made))
        report = validate.validate(found, media, Carried(bytes(made), ((2, 9),)))
        assert report.state != "valid"  # its data hash is wrong
        if active := found.manifests.get(found.active):
            credential_facts.statements(active, found)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_cbor_or_refused(data: bytes) -> None:
    with suppress(Malformed):
        cbor_reader.decode(data)
    with suppress(Malformed):
        certificate.parse(data)
    with suppress(Malformed):
        certificate.time_stamp(data)


def test_signatures_out_of_range_are_refused() -> None:
    g, digest = (P256.gx, P256.gy), hashlib.sha256(b"").digest()
    for r, s in ((0, 1), (1, 0), (P256.n, 1), (1, P256.n), (0, 0)):
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        assert not ecdsa.verify(P256, g, digest, signature)
    one = (1).to_bytes(32, "big")
    assert not ecdsa.verify(P256, (P256.gx, P256.gy + 1), digest, one + one)
    assert not ed25519.verify(bytes(31) + b"\xff", b"", bytes(64))
    assert not rsa_pss.verify(15, 3, "sha256", b"", b"\1")


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_mutation_crashes_or_changes_what_is_called_valid(data: st.DataObject) -> None:
    file = bytearray(SIGNED)
    end = len(file) - len(PICTURE) + 2
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(2, end - 1))
        old = file[at]
        file[at] = data.draw(st.integers(0, 255).filter(lambda b, old=old: b != old))
    with suppress(MediaError):
        finding = examined(bytes(file))
        if facts(finding, "state") == ["valid"]:
            assert finding.facts == examined(SIGNED).facts
