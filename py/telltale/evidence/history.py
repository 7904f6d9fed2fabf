"""How often and how well a picture was saved: what several tests read of it, in one line.

Two tests read an earlier saving by ways of their own: `double_quantization` from the gaps in the
histograms of coefficients, `jpeg_ghosts` from the quality at which saving again changes least. The
last quality stands in the tables. Being saved twice is ordinary and no evidence of manipulation.
"""

from __future__ import annotations

from collections.abc import Sequence

from telltale.finding import Finding

#: Steps of the IJG scale within which two readings mean the same saving.
ALIKE = 4
#: Detector, and its fact that names the quality of an earlier saving.
_WITNESSES = (
    ("double_quantization", "earlier_quality"),
    ("jpeg_ghosts", "earlier_quality_of_the_whole"),
)


def savings(findings: Sequence[Finding]) -> tuple[str, dict[str, int]] | None:
    """Code and facts of the line `provenance.<code>`; None where no earlier saving is read.

    `saved_before_as_jpeg` for a file that is no JPEG now, `saved_before_unclear` where the readings
    differ by more than `ALIKE`, `saved_before_agreed` for two that do not, else `saved_before`.
    Where only pixels were obtained nobody knows what the file is now, and nothing is said.
    """
    read = [
        quality
        for detector, name in _WITNESSES
        if isinstance(quality := _fact(findings, detector, name), int | float)
    ]
    if not read:
        return None
    last = _fact(findings, "encoder_signature", "quality")
    if not isinstance(last, int | float):
        no_jpeg = any(
            f.detector == "encoder_signature" and f.reason == "not_jpeg" for f in findings
        )
        return ("saved_before_as_jpeg", {"earlier": round(read[0])}) if no_jpeg else None
    if max(read) - min(read) > ALIKE:
        facts = {"lower": round(min(read)), "higher": round(max(read)), "last": round(last)}
        return "saved_before_unclear", facts
    code = "saved_before" if len(read) == 1 else "saved_before_agreed"
    return code, {"earlier": round(read[0]), "last": round(last)}


def _fact(findings: Sequence[Finding], detector: str, name: str) -> object:
    ours = (one for one in findings if one.detector == detector and one.status == "ok")
    return next((f.value for one in ours for f in one.facts if f.name == name), None)
