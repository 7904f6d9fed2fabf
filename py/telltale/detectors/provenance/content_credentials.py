"""Content Credentials (C2PA): who signed what about the picture, and whether it still holds."""

from __future__ import annotations

from telltale.detectors.provenance.c2pa import carrier, credential_facts, manifest, validate
from telltale.detectors.provenance.c2pa.errors import Malformed
from telltale.detectors.provenance.c2pa.validate import Report
from telltale.finding import Card, Fact, Finding, Inapplicable, Reference, ok
from telltale.media import xmp
from telltale.media.model import Media
from telltale.runtime.context import Context
from telltale.scene import Scene

CARD = Card(
    id="content_credentials",
    version="2",
    family="provenance",
    title="Content Credentials",
    question="Does the file carry a signed history, and does the signature still hold?",
    how="The C2PA manifest in the file is taken apart. Every hash in it is computed again, the "
    "hash that binds it to the bytes of the file too, and its signature is verified with the key "
    "in the signer's certificate, which is followed up to an anchor on a trust list. What it says "
    "about the making of the picture is shown as the signer's words.",
    limits=(
        "A file without a credential is not suspicious: most pictures have none, and most services "
        "remove it.",
        "A valid credential shows that nothing was changed since signing. It does not show that "
        "what the signer says is true.",
        "Signers are looked up in the C2PA trust list of 2026-08-14 and the interim list before "
        "it, which travel with the program; newer signers are not on them. Whether a certificate "
        "was revoked is not looked up, since nothing leaves the device.",
        "Manifests compressed with Brotli or stored on a server are not read.",
    ),
    references=(
        Reference(
            "Coalition for Content Provenance and Authenticity",
            "Content Credentials: C2PA Technical Specification 2.2",
            "C2PA",
            2025,
            "https://spec.c2pa.org/specifications/specifications/2.2/specs/C2PA_Specification.html",
        ),
        Reference(
            "J. Schaad",
            "CBOR Object Signing and Encryption (COSE): Structures and Process",
            "RFC 9052",
            2022,
            "https://www.rfc-editor.org/rfc/rfc9052",
        ),
    ),
)

NOTHING = "That says nothing about the picture: most have none, and many services remove it."
#: The most checks and statements that are listed.
_MAX_FAILED = 12


def applicable(scene: Scene) -> Inapplicable | None:
    """The original bytes of a JPEG, PNG or WebP file."""
    media = scene.media
    if not media.has_original_bytes:
        return Inapplicable(
            "needs_original_bytes",
            "Content Credentials are in the file, and only pixels were obtained.",
        )
    if media.format not in carrier.FORMATS:
        return Inapplicable(
            "needs_original_bytes",
            f"Content Credentials are read in JPEG, PNG and WebP files; this is a {media.format} "
            "file.",
        )
    return None


def run(scene: Scene, context: Context) -> Finding:
    """The state of the credential and what it says, or that there is none."""
    media = scene.media
    remote = _remote(media)
    try:
        carried = carrier.find(media)
        if carried is None:
            return _absent(remote)
        store = manifest.parse(carried.store)
        context.step(0.3, "Checking hashes and signature")
        report = validate.validate(store, media, carried)
    except Malformed as error:
        sentence = (
            f"The file carries Content Credentials that cannot be read: {error}. "
            "They are damaged or forged, and prove nothing."
        )
        return ok(CARD, sentence, facts=(Fact("state", "invalid"), *remote))
    active = store.manifests.get(store.active)
    facts = (
        Fact("state", report.state),
        *credential_facts.signer(report),
        *(credential_facts.statements(active, store) if active else ()),
        *_check_facts(report),
        *remote,
    )
    return ok(CARD, _sentence(report, active), facts=facts, caveats=_caveats(report))


def _remote(media: Media) -> tuple[Fact, ...]:
    """A credential kept elsewhere (C2PA 2.2, 11.4.1); its address is shown, never fetched."""
    address = xmp.find(media.exif.get("xmp", {}), "terms:provenance")
    if not address or not address.startswith(("http://", "https://")):
        return ()
    return (Fact("credential_on_a_server_not_fetched", address[:300]),)


def _absent(remote: tuple[Fact, ...]) -> Finding:
    sentence = f"The file carries no Content Credentials. {NOTHING}"
    if remote:
        sentence = (
            "The file carries no Content Credentials itself; it names a server that may have "
            "them, which was not asked, so that nothing leaves this device."
        )
    return ok(CARD, sentence, facts=(Fact("state", "none"), *remote))


def _check_facts(report: Report) -> list[Fact]:
    failed = [c for c in report.checks if not c.passed]
    facts = [
        Fact("checks_passed", len(report.checks) - len(failed), f"of {len(report.checks)}"),
        *(Fact(c.code, c.text) for c in failed[:_MAX_FAILED]),
        *(Fact(c.code, c.text) for c in report.checks if c.passed and "Ignored" in c.text),
    ]
    broken = [c.text for checks in report.earlier.values() for c in checks if c.passed is False]
    facts += [Fact("in_an_earlier_credential", text) for text in broken[:_MAX_FAILED]]
    if report.left_out:
        facts.append(Fact("not_covered_by_the_signature", report.left_out, "bytes"))
    return facts


def _sentence(report: Report, active: manifest.Manifest | None) -> str:
    failed = [c.text for c in report.checks if c.passed is False]
    if report.state == "invalid":
        return (
            f"The Content Credentials are not valid: {_lower(failed[0])} "
            "What they say must not be relied on."
        )
    signer = credential_facts.signer_name(report)
    if report.state == "incomplete":
        open_ = next(c.text for c in report.checks if c.passed is None)
        return f"The Content Credentials could not be checked completely: {_lower(open_)}"
    unchanged = "what it covers" if report.left_out else "the file"
    begun = (
        f"The Content Credentials are intact: the signature, in the name of {signer}, is valid and "
        f"{unchanged} is unchanged since. "
    )
    if report.vouched.by:
        begun += f"The signer is on {report.vouched.by.title}."
    else:
        begun += "Whether that name is genuine is not known: it is on no trust list."
    source = credential_facts.generated(active) if active else ""
    return f"{begun} {source}".strip()


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _caveats(report: Report) -> tuple[str, ...]:
    said = [
        "What the signer states is the signer's word: a trust list vouches for the name, not for "
        "the picture."
        if report.vouched.by
        else "The signer's name and statements are claims: nobody on a trust list vouches for them."
    ]
    if report.certificate and report.certificate.self_issued:
        said.append("The signer issued the certificate to itself; anybody can do that.")
    if report.left_out:
        said.append(
            f"{report.left_out:,} bytes beside the credential, such as other metadata, are not "
            "covered by the signature."
        )
    if any(c.passed is False for checks in report.earlier.values() for c in checks):
        said.append(
            "An earlier credential, of a picture that went into this one, does not hold. What it "
            "says must not be relied on."
        )
    return tuple(said)
