"""What a file says of itself, beside the answers and never averaged with them.

A valid credential is no likelihood ratio: it shows who signs, not that the signer is right. A
contradiction is none either: programs write nonsense into honest files. Both are shown as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from telltale.evidence import history
from telltale.finding import Finding

#: IPTC digital source types in the facts of `content_credentials` and `metadata`.
_GENERATED = ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia")
_CAMERA = ("digitalCapture", "computationalCapture")
#: States of a credential that are worth a line; "none" is not: most files have none.
_STATES = ("trusted", "valid", "incomplete", "invalid")
#: Codes that say that the file itself names a machine as its maker.
DECLARES = ("credential_says_generated", "file_says_generated")


@dataclass(frozen=True, slots=True)
class Statement:
    """A line of provenance: `provenance.<code>` of `sentences`, and the detector that read it."""

    code: str
    detector: str
    facts: dict[str, int] = field(default_factory=dict)


def statements(findings: Sequence[Finding]) -> list[Statement]:
    """The lines on what the file says of itself and how it was saved, credentials first."""
    out: list[Statement] = []
    for finding in findings:
        if finding.status != "ok":
            continue
        if finding.detector == "content_credentials":
            out = [*_credential(finding), *out]
        elif finding.detector == "metadata":
            out += _metadata(finding)
    if (found := history.savings(findings)) is not None:
        out.append(Statement(found[0], "encoder_signature", found[1]))
    return out


def _credential(finding: Finding) -> list[Statement]:
    state = next((f.value for f in finding.facts if f.name == "state"), "none")
    if state not in _STATES:
        return []
    codes = [f"credential_{state}"]
    if state in ("trusted", "valid"):  # what a broken or unchecked one says is not repeated
        actions = [str(f.value) for f in finding.facts if f.name == "action"]
        if any(f"({name})" in action for action in actions for name in _GENERATED):
            codes.append("credential_says_generated")
        elif any(f"({name})" in action for action in actions for name in _CAMERA):
            codes.append("credential_says_camera")
    return [Statement(code, finding.detector) for code in codes]


def _metadata(finding: Finding) -> list[Statement]:
    out = []
    names = [f.name for f in finding.facts]
    stated = [f.value for f in finding.facts if f.name == "digital_source_type"]
    if "generator_as_claimed" in names or any(value in _GENERATED for value in stated):
        out.append(Statement("file_says_generated", finding.detector))
    if count := names.count("contradiction"):
        out.append(Statement("contradiction", finding.detector, {"count": count}))
    return out
