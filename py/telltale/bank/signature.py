"""Signatures of packs: ECDSA on P-256 with SHA-256, by a key pair that was made in a browser.

The signature is over the bytes of `manifest.json`, which holds the checksums of all other members.
It says that the pack is from whoever made an earlier one, not who that is.

References
----------
.. [1] NIST FIPS 186-5, "Digital Signature Standard", 2023, section 6.4.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import json
import zipfile
from typing import Any

from telltale.bank.packread import PackError
from telltale.detectors.provenance.c2pa import ecdsa

MEMBER = "signature.json"
ALGORITHM = "ECDSA-P256-SHA256"


def fingerprint(public_key: bytes) -> str:
    """The name of a key: the SHA-256 of its 65 bytes (SEC 1, uncompressed), hexadecimal."""
    return hashlib.sha256(public_key).hexdigest()


def verified(signature: Any, manifest: bytes) -> str:
    """The fingerprint of the key that signed `manifest`; raises `PackError` where none did."""
    try:
        if set(signature) != {"algorithm", "public_key", "signature"}:
            raise ValueError
        key = base64.b64decode(signature["public_key"], validate=True)
        value = base64.b64decode(signature["signature"], validate=True)
    except (ValueError, TypeError, binascii.Error) as error:
        raise PackError("The pack is refused: its signature is none.") from error
    sound = signature["algorithm"] == ALGORITHM and len(key) == 65 and key[0] == 4
    if not sound or len(value) != 64:
        raise PackError("The pack is refused: its signature is of an unknown kind.")
    point = int.from_bytes(key[1:33], "big"), int.from_bytes(key[33:], "big")
    digest = hashlib.sha256(manifest).digest()
    if not ecdsa.on_curve(ecdsa.P256, point) or not ecdsa.verify(ecdsa.P256, point, digest, value):
        raise PackError("The pack is refused: its signature is false.")
    return fingerprint(key)


def manifest_of(pack: bytes) -> bytes:
    """The bytes that a signature is over, of a pack that this software has just written."""
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        return archive.read("manifest.json")


def sealed(pack: bytes, public_key: bytes, signature: bytes) -> bytes:
    """The pack with its signature; raises `PackError` where the signature is false."""
    document = {
        "algorithm": ALGORITHM,
        "public_key": base64.b64encode(public_key).decode("ascii"),
        "signature": base64.b64encode(signature).decode("ascii"),
    }
    verified(document, manifest_of(pack))
    buffer = io.BytesIO(pack)
    with zipfile.ZipFile(buffer, "a") as archive:
        info = zipfile.ZipInfo(MEMBER, (1980, 1, 1, 0, 0, 0))
        archive.writestr(info, json.dumps(document, indent=1))
    return buffer.getvalue()
