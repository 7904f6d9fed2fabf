"""What a file says of itself stands beside the answers, in a line of its own."""

from __future__ import annotations

import pytest
from c2pa_signer import signed
from examining import examined
from test_content_credentials import MADE_BY_AI, PICTURE
from test_metadata import PIXELS, camera_file

from media_factory import jpeg
from metadata_factory import AI_XMP, insert, segment
from telltale.detectors.provenance import content_credentials, metadata
from telltale.evidence.assess import assessment
from telltale.evidence.bands import SCALE
from telltale.evidence.fusion import Answer
from telltale.evidence.provenance import Statement, statements
from telltale.evidence.sentences import say
from telltale.media.decode import open_media
from telltale.scene import Scene

CAMERA = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
BY_CAMERA = {"c2pa.actions": {"actions": [{"action": "c2pa.created", "digitalSourceType": CAMERA}]}}


def codes(file: bytes) -> list[str]:
    findings = [examined(module, file) for module in (metadata, content_credentials)]
    return [one.code for one in statements(findings)]


@pytest.mark.parametrize(
    ("file", "wanted"),
    [
        (PICTURE, []),
        (signed(PICTURE), ["credential_valid"]),
        (signed(PICTURE, more=MADE_BY_AI), ["credential_valid", "credential_says_generated"]),
        (signed(PICTURE, more=BY_CAMERA), ["credential_valid", "credential_says_camera"]),
        # what a broken credential says is not repeated
        (
            signed(PICTURE, more=MADE_BY_AI).replace(b"Painter 9", b"Painter 8"),
            ["credential_invalid"],
        ),
        (
            insert(jpeg(PIXELS), segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + AI_XMP)),
            ["file_says_generated"],
        ),
        (camera_file(), []),
        (camera_file(thumbnail=jpeg(PIXELS[::-1, :160])), ["contradiction"]),
    ],
    ids=["silent", "valid", "says machine", "says camera", "broken", "xmp", "camera", "thumbnail"],
)
def test_each_statement_has_its_line(file: bytes, wanted: list[str]) -> None:
    assert codes(file) == wanted


def nothing(strength: str = "inconclusive") -> Answer:
    side = "neither" if strength == "inconclusive" else "manipulated"
    return Answer("generated", 0.0, (-1.0, 1.0), strength, side, None, (), ())


@pytest.mark.parametrize("strength", [band.strength for band in SCALE])
def test_a_file_that_names_a_machine_is_not_met_with_we_cannot_tell(strength: str) -> None:
    scene = Scene(open_media(PICTURE, "x"))
    said = [Statement("file_says_generated", "metadata")]
    told = assessment(scene, [nothing(strength)], None, said)
    key = "manipulated.substantial" if strength == "substantial" else "declared"
    assert told["sentence"] == say(f"verdict.{key}")
    assert told["provenance"][0]["words"]["es"] == say("provenance.file_says_generated", "es")
    assert told["questions"][0]["strength"] == strength, "it is not averaged into the answer"


def test_a_contradiction_changes_no_answer() -> None:
    scene = Scene(open_media(PICTURE, "x"))
    said = [Statement("contradiction", "metadata", {"count": 2})]
    told = assessment(scene, [nothing()], None, said)
    assert told["sentence"] == say("verdict.inconclusive")
    assert "(2)" in told["provenance"][0]["words"]["en"]
