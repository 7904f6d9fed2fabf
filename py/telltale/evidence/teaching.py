"""What a picture went through, said beside the forensic findings that it weakens or removes.

The classic mistakes (H. Farid, Photo Forensics, 2016; hackerfactor.com's tutorial on mistakes) are
to read a test on a screenshot, a thumbnail, a copy from a platform, a scan, a drawing or writing.
"""

from __future__ import annotations

from dataclasses import replace

from telltale.evidence.sentences import SENTENCES, say
from telltale.finding import REASONS, Card, Finding, Inapplicable
from telltale.media.circumstances import circumstances
from telltale.scene import Scene

#: Forensic tests that keep their meaning on a screenshot or drawing: they read the coding of this
#: very file, or compare parts of the picture with each other. All others read traces of a camera.
OF_THE_FILE = frozenset(
    {
        "error_level_analysis", "jpeg_ghosts", "jpeg_grid", "zero_grid", "double_quantization",
        "nonaligned_jpeg", "dct_quantization", "first_digits", "benford",
    }
)  # fmt: skip
OF_PARTS = frozenset({"copy_move", "copy_move_dense", "face_resolution"})

#: Codes of circumstances that weaken a forensic finding; the words are `caveat.<code>`.
WEAKENING = frozenset(key.split(".")[1] for key in SENTENCES if key.startswith("caveat."))


def removed(card: Card, scene: Scene) -> Inapplicable | None:
    """Why a forensic test of a camera's traces says nothing on this kind of picture, or None."""
    if card.family != "forensic" or card.id in OF_THE_FILE | OF_PARTS:
        return None
    reason = scene.kind.face_reason
    return Inapplicable(reason, REASONS[reason]) if reason else None


def lowered(finding: Finding, scene: Scene) -> Finding:
    """A forensic finding with a caveat for each circumstance of its picture that weakens it."""
    if finding.family != "forensic" or finding.status != "ok":
        return finding
    codes = [one.code for one in circumstances(scene.media, scene.kind)]
    said = tuple(say(f"caveat.{code}") for code in codes if code in WEAKENING)
    return replace(finding, caveats=(*finding.caveats, *said)) if said else finding
