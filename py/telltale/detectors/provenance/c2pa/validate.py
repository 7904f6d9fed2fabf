"""The checks of a manifest store (C2PA 2.2, 15).

The codes are those of the specification (15.2.2) where it has one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from telltale.detectors.provenance.c2pa import binding, certificate, cose, manifest, stamp, trust
from telltale.detectors.provenance.c2pa.carrier import Carried
from telltale.detectors.provenance.c2pa.errors import Malformed
from telltale.detectors.provenance.c2pa.manifest import Manifest, Store
from telltale.media.metadata import quoted
from telltale.media.model import Media

#: Earlier manifests that are checked.
MAX_EARLIER = 25

State = Literal["invalid", "incomplete", "valid", "trusted"]


@dataclass(frozen=True, slots=True)
class Check:
    """One check: the code of its outcome, whether it passed (None: could not be made), in words."""

    code: str
    passed: bool | None
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """What the checks of the active manifest, and of the others, gave.

    `state` is "invalid" where a check failed, "incomplete" where none failed and one could not be
    made, "trusted" where all passed and the signer is on a trust list, and "valid" otherwise:
    intact and signed, by somebody whose name proves nothing. `vouched` says who vouches for the
    signer and `stamped` for the time stamp, where there is one; `judged` is the time for which the
    signer's certificate was judged.
    """

    state: State
    checks: tuple[Check, ...]
    earlier: dict[str, tuple[Check, ...]]
    certificate: certificate.Certificate | None = field(repr=False)
    signature: cose.Signature | None = field(repr=False)
    left_out: int
    vouched: trust.Trust
    stamped: trust.Trust | None
    judged: datetime


def validate(store: Store, media: Media, carried: Carried) -> Report:
    """Check the active manifest with its binding, and the hashes and signatures of the others."""
    checks: list[Check] = []
    if carried.stores > 1:
        text = f"The file carries {carried.stores} manifest stores; only one is allowed."
        checks.append(Check("manifest.multipleStores", False, text))
    active = store.manifests.get(store.active)
    signer, signature, left_out = None, None, 0
    if active is None:
        checks.append(Check("claim.unread", None, _sentence(store.unread[store.active])))
    else:
        found, signature, signer = _signed(active)
        checks += found
        checks += _assertions(store, active)
        bound, left_out = _bound(store, active, media, carried)
        checks += bound
        checks += _ingredients(store, active)
    others = [m for label, m in store.manifests.items() if label != store.active]
    if len(others) > MAX_EARLIER:
        text = f"Of {len(others)} earlier credentials only the last {MAX_EARLIER} were checked."
        checks.append(Check("limit.exceeded", None, text))
    earlier = {
        m.label: (*_signed(m)[0], *_assertions(store, m), *_ingredients(store, m))
        for m in others[-MAX_EARLIER:]
    }
    outcomes = [c.passed for c in checks]
    state: State = "invalid" if False in outcomes else "incomplete" if None in outcomes else "valid"
    judged, stamped = _time(active, signature)
    vouched = trust.of_signer(signature.chain if signature else (), judged)
    if state == "valid" and vouched.by:
        state = "trusted"
    return Report(
        state, tuple(checks), earlier, signer, signature, left_out, vouched, stamped, judged
    )


def _time(
    active: Manifest | None, signature: cose.Signature | None
) -> tuple[datetime, trust.Trust | None]:
    """When the signature was made: by a trusted time stamp, or else now, for all we know."""
    if active is None or signature is None or not signature.stamps:
        return trust.now(), None
    try:
        when = cose.stamped_at(signature, active.claim_bytes)
    except Malformed as error:
        return trust.now(), trust.Trust(None, "", str(error))
    stamped = stamp.judge(signature.stamps[0][1])
    return (when if when and stamped.by else trust.now()), stamped


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _signed(
    m: Manifest,
) -> tuple[list[Check], cose.Signature | None, certificate.Certificate | None]:
    """The signature over the claim, and the dates of the signer's certificate."""
    signature = signer = None
    try:
        signature = cose.parse(m.signature)
        if not signature.chain:
            raise Malformed("the signature comes without a certificate")
        signer = certificate.parse(signature.chain[0])
    except Malformed as error:
        return [Check("claimSignature.malformed", False, _sentence(str(error)))], signature, signer
    good = cose.verify(signature, m.claim_bytes, signer.key)
    if good is None:
        name = signature.algorithm_name
        text = f"The signature could not be checked: {name} with this key is not known here."
        return [Check("algorithm.unsupported", None, text)], signature, signer
    if not good:
        text = "The signature does not belong to the claim: one of the two was changed."
        return [Check("claimSignature.mismatch", False, text)], signature, signer
    checks = [Check("claimSignature.validated", True, "The signature belongs to the claim.")]
    try:
        when = cose.stamped_at(signature, m.claim_bytes)
    except Malformed as error:
        # the signature holds without: C2PA calls this informational, so it fails nothing
        checks.append(Check("timeStamp.mismatch", True, _sentence(f"Ignored: {error}")))
        return checks, signature, signer
    if when and not signer.not_before <= when <= signer.not_after:
        text = "The time stamp lies outside the dates for which the certificate was issued."
        checks.append(Check("claimSignature.outsideValidity", False, text))
    return checks, signature, signer


def _assertions(store: Store, m: Manifest) -> list[Check]:
    """The claim's hash of each assertion; no assertion may be missing or undeclared."""
    checks, declared = [], set()
    redacted = {
        uri
        for other in store.manifests.values()
        for uri in _listed(other.claim.get("redacted_assertions"))
        if isinstance(uri, str)
    }
    try:
        references = m.references()
    except Malformed as error:
        return [Check("claim.malformed", False, _sentence(str(error)))]
    for reference in references:
        uri = reference.get("url")
        uri = uri if isinstance(uri, str) else ""
        name = uri.rsplit("/", 1)[-1].partition("=")[2] or uri.rsplit("/", 1)[-1]
        box = store.resolve(uri, m.label)
        if box is None:
            gone = any(r.endswith(f"{m.label}/c2pa.assertions/{name}") for r in redacted)
            text = f"The assertion {quoted(name[:80])} that the claim lists is not there."
            if not gone:
                checks.append(Check("assertion.missing", False, text))
            continue
        declared.add(id(box))
        checks.append(_hashed(store, reference, m.claim.get("alg"), box.content, name))
    for box in m.assertions:
        if id(box) not in declared:
            text = f"The assertion {quoted(box.label[:80])} is not one that the claim lists."
            checks.append(Check("assertion.undeclared", False, text))
    return checks


def _listed(value: Any) -> list[Any]:
    return value[: manifest.MAX_ASSERTIONS] if isinstance(value, list) else []


def _hashed(store: Store, reference: dict[str, Any], alg: Any, content: bytes, name: str) -> Check:
    try:
        digest = store.digest(content, binding.hash_name(reference.get("alg"), alg))
    except Malformed as error:
        return Check("algorithm.unsupported", False, _sentence(str(error)))
    if digest == reference.get("hash"):
        return Check("assertion.hashedURI.match", True, f"{name[:80]}: unchanged.")
    text = f"The assertion {quoted(name[:80])} was changed after signing: its hash does not match."
    return Check("assertion.hashedURI.mismatch", False, text)


def _bound(store: Store, m: Manifest, media: Media, carried: Carried) -> tuple[list[Check], int]:
    """The hard binding of the active manifest to the bytes of the file."""
    seen: set[str] = set()
    while m.kind == "update" and m.label not in seen:  # it speaks for its parent's binding
        seen.add(m.label)
        parent = next((_manifest_of(store, i, m) for i in ingredients(m) if _is_parent(i)), None)
        if parent is None:
            text = "The update does not say which manifest it updates."
            return [Check("manifest.update.wrongParents", False, text)], 0
        m = parent
    for box in m.assertions:
        kind = manifest.base_label(box.label)
        if kind not in binding.LABELS:
            continue
        data = kind == "c2pa.hash.data"
        code, alg = "assertion.dataHash" if data else "assertion.boxesHash", m.claim.get("alg")
        bound: binding.Bound | None
        try:
            value = manifest.content(box)
            if data:
                bound = binding.data_hash(value, alg, media, carried, grown=bool(seen))
            else:
                bound = binding.boxes_hash(value, alg, media, carried)
        except Malformed as error:
            return [Check(f"{code}.malformed", False, _sentence(str(error)))], 0
        return [_outcome(code, bound)], bound.left_out if bound else 0
    text = "Nothing binds the credential to this file: it holds no hash of the picture."
    return [Check("claim.hardBindings.missing", False, text)], 0


def _outcome(code: str, bound: binding.Bound | None) -> Check:
    if bound is None:
        text = "The binding to the file is of a kind that is not checked here."
        return Check(f"{code}.unchecked", None, text)
    if not bound.holds:
        text = "The file was changed after signing: its bytes do not match the signed hash."
        return Check(f"{code}.mismatch", False, text)
    if bound.picture_left_out:
        text = (
            f"The signed hash leaves out {bound.left_out:,} bytes beside the credential, "
            "picture data among them: it does not protect the whole picture."
        )
        return Check(f"{code}.additionalExclusionsPresent", None, text)
    return Check(f"{code}.match", True, "The file's bytes are those that were signed.")


def ingredients(m: Manifest) -> list[dict[str, Any]]:
    """The ingredient assertions of a manifest."""
    return [v for v in m.values("c2pa.ingredient") if isinstance(v, dict)]


def _is_parent(ingredient: dict[str, Any]) -> bool:
    return ingredient.get("relationship") == "parentOf"


def reference_of(ingredient: dict[str, Any]) -> dict[str, Any] | None:
    """The hashed URI of an ingredient's own manifest, under either name."""
    found = ingredient.get("activeManifest") or ingredient.get("c2pa_manifest")
    return found if isinstance(found, dict) else None


def _manifest_of(store: Store, ingredient: dict[str, Any], within: Manifest) -> Manifest | None:
    reference = reference_of(ingredient)
    uri = reference.get("url") if reference else None
    return store.manifest_of(uri, within.label) if isinstance(uri, str) else None


def _ingredients(store: Store, m: Manifest) -> list[Check]:
    """The hashes of the ingredients' manifests."""
    checks = []
    if m.too_much("c2pa.ingredient"):
        text = "There are too many ingredients to check them all."
        checks.append(Check("limit.exceeded", None, text))
    for ingredient in ingredients(m):
        reference = reference_of(ingredient)
        uri = reference.get("url") if reference else None
        if reference is None or not isinstance(uri, str):
            continue
        title = str(ingredient.get("dc:title") or ingredient.get("title") or "without a title")
        box = store.resolve(uri, m.label)
        if box is None:
            text = f"The credential of the ingredient {quoted(title[:80])} is not there."
            checks.append(Check("ingredient.manifest.missing", False, text))
            continue
        # signers hashed the bare claim until 2022, and some point into the manifest
        whole = _manifest_of(store, ingredient, m)
        claim = (whole.claim_bytes, whole.box.content) if whole else ()
        tried = [
            _hashed(store, reference, m.claim.get("alg"), content, title)
            for content in (box.content, *claim)
        ]
        check = next((c for c in tried if c.passed), tried[0])
        if check.passed:
            text = f"The credential of the ingredient {quoted(title[:80])} is unchanged."
            checks.append(Check("ingredient.manifest.validated", True, text))
        else:
            text = f"The credential of the ingredient {quoted(title[:80])} was changed afterwards."
            checks.append(Check("ingredient.manifest.mismatch", check.passed, text))
    return checks
