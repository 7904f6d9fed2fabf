"""The manifests of a store: claim, assertions, signature (C2PA 2.2, 10 and 11)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from telltale.detectors.provenance.c2pa import cbor, jumbf
from telltale.detectors.provenance.c2pa.errors import Malformed

MAX_MANIFESTS, MAX_ASSERTIONS = 100, 500
#: Bytes of the assertions of one label in one manifest that are decoded.
MAX_DECODED = 200_000
_KINDS = {b"c2ma": "standard", b"c2um": "update", b"c2cm": "compressed"}
_PREFIX = "self#jumbf="
#: Before version 1.0 absolute addresses were written like relative ones.
_PRE_RELEASE = "self#jumbf=c2pa/"


@dataclass(frozen=True)
class Manifest:
    """One manifest. `claim` is the decoded claim, `claim_bytes` what was signed."""

    label: str
    kind: str
    box: jumbf.Box = field(repr=False)
    claim: dict[str, Any] = field(repr=False)
    claim_bytes: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    _memo: dict[str, tuple[list[Any], bool]] = field(default_factory=dict, repr=False)

    @cached_property
    def assertions(self) -> tuple[jumbf.Box, ...]:
        """The boxes of the assertion store."""
        store = next((b for b in self.box.children if b.uuid[:4] == b"c2as"), None)
        return tuple(b for b in store.children if b.kind == b"jumb") if store else ()

    def values(self, label: str) -> list[Any]:
        """The decoded content of the assertions of this label, any version and instance.

        Stops after `MAX_DECODED` bytes; `too_much` then says so.
        """
        return self._decoded(label)[0]

    def too_much(self, label: str) -> bool:
        """Whether there were more assertions of this label than are decoded."""
        return self._decoded(label)[1]

    def _decoded(self, label: str) -> tuple[list[Any], bool]:
        if label not in self._memo:
            found, left = [], MAX_DECODED
            for box in self.assertions:
                if base_label(box.label) != label:
                    continue
                left -= len(box.content)
                if left < 0:
                    break
                try:
                    found.append(content(box))
                except Malformed:
                    continue
            self._memo[label] = found, left < 0
        return self._memo[label]

    def references(self) -> list[dict[str, Any]]:
        """The claim's hashed URIs of its assertions."""
        out: list[dict[str, Any]] = []
        for name in ("assertions", "created_assertions", "gathered_assertions"):
            listed = self.claim.get(name)
            if listed is None:
                continue
            if not isinstance(listed, list) or not all(isinstance(r, dict) for r in listed):
                raise Malformed("the claim's list of assertions is not a list of references")
            out += listed
        if max(len(out), len(self.assertions)) > MAX_ASSERTIONS:
            raise Malformed(f"a manifest has more than {MAX_ASSERTIONS} assertions")
        return out


@dataclass(frozen=True, slots=True)
class Store:
    """All manifests that could be read, by label; the last one is active."""

    root: jumbf.Box = field(repr=False)
    manifests: dict[str, Manifest]
    unread: dict[str, str]  # label -> why
    active: str
    _digests: dict[tuple[int, str], bytes] = field(default_factory=dict, repr=False)

    def digest(self, content: bytes, hash_name: str) -> bytes:
        """The hash of a box's content, computed once however often a claim refers to it."""
        key = id(content), hash_name
        if key not in self._digests:
            self._digests[key] = hashlib.new(hash_name, content).digest()
        return self._digests[key]

    def resolve(self, uri: str, within: str) -> jumbf.Box | None:
        """The box of a JUMBF URI, relative to the manifest of label `within`."""
        if not uri.startswith(_PREFIX):
            return None
        path = uri.removeprefix(_PREFIX)
        parts = path.strip("/").split("/")[:10]
        if path.startswith("/"):
            if parts[0] != self.root.label:
                return None
            box: jumbf.Box | None = self.root
            parts = parts[1:]
        else:
            box = self.root.child(within)
        for part in parts:
            box = box.child(part) if box else None
        return box

    def manifest_of(self, uri: str, within: str) -> Manifest | None:
        """The manifest that a JUMBF URI points to or into."""
        parts = uri.removeprefix(_PREFIX).strip("/").split("/")
        absolute = uri.startswith(_PREFIX + "/") and len(parts) > 1
        return self.manifests.get(parts[1] if absolute else within)


def parse(data: bytes) -> Store:
    """Parse a manifest store; raises `Malformed` where there is no active manifest to speak of."""
    root = jumbf.parse(data)
    boxes = [b for b in root.children if b.kind == b"jumb" and b.uuid[:4] in _KINDS]
    if not boxes:
        raise Malformed("the manifest store holds no manifest")
    if len(boxes) > MAX_MANIFESTS:
        raise Malformed(f"the manifest store holds more than {MAX_MANIFESTS} manifests")
    manifests: dict[str, Manifest] = {}
    unread: dict[str, str] = {}
    for box in boxes:
        if box.label in manifests or box.label in unread:
            raise Malformed("two manifests have the same label")
        try:
            manifests[box.label] = _manifest(box)
        except Malformed as error:
            unread[box.label] = str(error)
    return Store(root, manifests, unread, boxes[-1].label)


def _manifest(box: jumbf.Box) -> Manifest:
    kind = _KINDS[box.uuid[:4]]
    if kind == "compressed":
        raise Malformed("the manifest is compressed with Brotli, which is not read here")
    claims = [b for b in box.children if b.uuid[:4] == b"c2cl"]
    signatures = [b for b in box.children if b.uuid[:4] == b"c2cs"]
    if len(claims) != 1 or len(signatures) != 1:
        raise Malformed("a manifest does not have exactly one claim and one signature")
    raw, signature = claims[0].first(b"cbor"), signatures[0].first(b"cbor")
    if raw is None or signature is None:
        raise Malformed("a claim or a signature is empty")
    claim = cbor.decode(raw)
    if not isinstance(claim, dict):
        raise Malformed("a claim is not a map")
    listed = claim.get("assertions")
    if isinstance(listed, list) and any(
        isinstance(r, dict) and str(r.get("url")).startswith(_PRE_RELEASE) for r in listed
    ):
        raise Malformed("the manifest has a form from before version 1.0, which is not read here")
    return Manifest(box.label, kind, box, claim, raw, signature)


def content(box: jumbf.Box) -> Any:
    """The decoded content of an assertion; raises `Malformed`. Embedded files give None."""
    if (raw := box.first(b"cbor")) is not None:
        return cbor.decode(raw)
    if (raw := box.first(b"json")) is not None:
        try:
            return json.loads(raw)
        except (ValueError, RecursionError):
            raise Malformed(f"assertion {box.label!r} is not JSON") from None
    return None


def base_label(label: str) -> str:
    """`c2pa.actions.v2__1` -> `c2pa.actions`: without version and instance (C2PA 2.2, 6.3)."""
    name = label.partition("__")[0]
    head, _, version = name.rpartition(".")
    return head if head and version[:1] == "v" and version[1:].isdigit() else name
