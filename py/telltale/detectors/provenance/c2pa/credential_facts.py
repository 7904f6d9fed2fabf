"""What a credential says, as facts for people; every word is the signer's, and made inert."""

from __future__ import annotations

from typing import Any

from telltale.detectors.provenance.c2pa import certificate, cose
from telltale.detectors.provenance.c2pa.errors import Malformed
from telltale.detectors.provenance.c2pa.manifest import Manifest, Store
from telltale.detectors.provenance.c2pa.validate import Report, ingredients, reference_of
from telltale.finding import Fact
from telltale.media.metadata import inert, quoted

MAX_ACTIONS, MAX_INGREDIENTS, MAX_TEXT = 30, 20, 300

#: IPTC digital source types (cv.iptc.org/newscodes/digitalsourcetype) in words.
SOURCE_TYPES = {
    "trainedAlgorithmicMedia": "made by a generative model",
    "compositeWithTrainedAlgorithmicMedia": "a composite with parts made by a generative model",
    "algorithmicMedia": "made by an algorithm without training data",
    "algorithmicallyEnhanced": "changed by an algorithm",
    "digitalCapture": "captured by a digital camera",
    "computationalCapture": "captured by a digital camera and computed from several exposures",
    "digitalCreation": "made by a person with digital tools",
    "digitalArt": "made by a person with digital tools",
    "humanEdits": "edited by a person",
    "minorHumanEdits": "edited slightly by a person",
    "composite": "a composite of several pictures",
    "compositeCapture": "a composite of captured pictures",
    "compositeSynthetic": "a composite with synthetic parts",
    "virtualRecording": "recorded from a screen or a virtual scene",
    "screenCapture": "a screenshot",
    "negativeFilm": "digitised from a negative",
    "positiveFilm": "digitised from a slide",
    "print": "digitised from a print",
    "dataDrivenMedia": "drawn from data",
}
_GENERATED = ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia")


def text(value: Any) -> str:
    """A value of a manifest as one short inert line."""
    if isinstance(value, dict):
        value = " ".join(str(value[k]) for k in ("name", "version") if value.get(k))
    return inert(str(value), MAX_TEXT).replace("\n", " ") if value is not None else ""


def source_type(address: Any) -> str:
    """The last part of an IPTC address."""
    return text(address).rstrip("/").rsplit("/", 1)[-1]


def in_words(name: str) -> str:
    """A digital source type in words, or its own name."""
    return SOURCE_TYPES.get(name, name)


def signer_name(report: Report) -> str:
    """The name in the signer's certificate, quoted."""
    name = certificate.shown(report.certificate.subject) if report.certificate else "nobody"
    return quoted(text(name), MAX_TEXT)


def signer(report: Report) -> list[Fact]:
    """Signer, issuer, dates and algorithm."""
    facts = []
    if report.certificate:
        c = report.certificate
        facts += [
            Fact("signed_by_as_claimed", text(certificate.shown(c.subject))),
            Fact("certificate_issued_by_as_claimed", text(certificate.shown(c.issuer))),
            Fact("certificate_dates", f"{c.not_before:%Y-%m-%d} to {c.not_after:%Y-%m-%d}"),
        ]
        facts += _trust(report)
    if report.signature:
        facts.append(Fact("signature_algorithm", report.signature.algorithm_name))
    return facts


def _trust(report: Report) -> list[Fact]:
    found = report.vouched
    if found.by:
        facts = [
            Fact("on_a_trust_list", f"yes, {found.by.title}"),
            Fact("vouched_for_by", text(found.anchor)),
        ]
    else:
        facts = [Fact("on_a_trust_list", f"no: {found.why}")]
    if report.stamped:
        by, why = report.stamped.by, report.stamped.why
        trusted = f"yes, by {text(report.stamped.anchor)}" if by else f"no: {why}"
        facts.append(Fact("time_stamp_trusted", trusted))
    if not (report.stamped and report.stamped.by):
        facts.append(Fact("certificate_judged_for", f"{report.judged:%Y-%m-%d}"))
    return facts


def statements(m: Manifest, store: Store) -> list[Fact]:
    """What the manifest says about the making of the picture."""
    facts = [Fact("credential_made_with", _generator(m))]
    for key in ("dc:title", "dc:format"):
        if m.claim.get(key):
            facts.append(Fact(key.removeprefix("dc:"), text(m.claim[key])))
    try:
        when = cose.stamped_at(cose.parse(m.signature), m.claim_bytes)
    except Malformed:
        when = None
    if when:
        facts.append(Fact("time_stamp", f"{when:%Y-%m-%d %H:%M:%S} UTC"))
    facts += [Fact("action", line) for line in _actions(m)]
    facts += [Fact("ingredient", line) for line in _ingredients(m, store)]
    for work in m.values("stds.schema-org.CreativeWork"):
        authors = work.get("author") if isinstance(work, dict) else None
        for author in authors[:5] if isinstance(authors, list) else ():
            if isinstance(author, dict) and author.get("name"):
                facts.append(Fact("author_as_claimed", text(author["name"])))
    return [f for f in facts if f.value]


def _generator(m: Manifest) -> str:
    info = m.claim.get("claim_generator_info")
    if isinstance(info, list):
        info = info[0] if info else None
    return text(info if isinstance(info, dict) else m.claim.get("claim_generator"))


def _listed(m: Manifest) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for value in m.values("c2pa.actions"):
        actions = value.get("actions") if isinstance(value, dict) else None
        if isinstance(actions, list):
            found += [a for a in actions if isinstance(a, dict)]
    return found


def _actions(m: Manifest) -> list[str]:
    lines = []
    listed = _listed(m)
    for action in listed[:MAX_ACTIONS]:
        line = text(action.get("action"))
        if action.get("softwareAgent"):
            line += f", with {text(action['softwareAgent'])}"
        if action.get("when"):
            line += f", {text(action['when'])}"
        if name := source_type(action.get("digitalSourceType")):
            line += f": {in_words(name)} ({name})"
        if action.get("description"):
            line += f": {text(action['description'])}"
        lines.append(line)
    if len(listed) > MAX_ACTIONS:
        lines.append(f"{len(listed) - MAX_ACTIONS} more")
    return lines


def generated(m: Manifest) -> str:
    """The sentence on a generative model, where an action states one."""
    for action in _listed(m):
        name = source_type(action.get("digitalSourceType"))
        if name in _GENERATED:
            return f"It says that the picture is {in_words(name)}."
    return ""


def _ingredients(m: Manifest, store: Store) -> list[str]:
    lines = []
    listed = ingredients(m)
    for ingredient in listed[:MAX_INGREDIENTS]:
        line = text(ingredient.get("dc:title") or ingredient.get("title") or "without a title")
        if relation := ingredient.get("relationship"):
            line += f" ({text(relation)})"
        reference = reference_of(ingredient)
        uri = reference.get("url") if reference else None
        own = store.manifest_of(uri, m.label) if isinstance(uri, str) else None
        line += f", with a credential made with {_generator(own)}" if own else ", no credential"
        lines.append(line)
    if len(listed) > MAX_INGREDIENTS:
        lines.append(f"{len(listed) - MAX_INGREDIENTS} more")
    return lines
