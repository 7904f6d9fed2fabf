"""What the tests read of earlier savings is joined to one line of provenance."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pictures import compressed, examine, jpeg, photograph, png

from telltale.detectors.forensic import double_quantization, jpeg_ghosts
from telltale.detectors.provenance import encoder_signature
from telltale.evidence.provenance import Statement, statements
from telltale.evidence.sentences import say
from telltale.finding import Fact, Finding, ok


def history_of(file: bytes, rung: str = "file") -> Statement | None:
    tests = (encoder_signature, double_quantization, jpeg_ghosts)
    findings = [examine(module, file, rung) for module in tests]
    return next((one for one in statements(findings) if one.code.startswith("saved")), None)


@pytest.mark.parametrize("quality", [75, 92])
@pytest.mark.parametrize("seed", [0, 2])
def test_a_picture_saved_once_has_no_history(seed: int, quality: int) -> None:
    assert history_of(jpeg(photograph(seed), quality)) is None


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        (75, 92, "saved_before_agreed"),
        (60, 90, "saved_before_agreed"),
        (90, 95, "saved_before"),
        (85, 75, "saved_before"),
    ],
)
def test_an_earlier_saving_is_one_line_with_both_qualities(
    first: int, last: int, code: str
) -> None:
    found = history_of(jpeg(compressed(photograph(0), first), last))
    assert found is not None
    assert found.code == code
    assert found.facts["earlier"] == pytest.approx(first, abs=2)
    assert found.facts["last"] == last
    for lang in ("en", "es"):
        assert str(found.facts["earlier"]) in say(f"provenance.{code}", lang, **found.facts)


def test_a_lossless_file_that_was_a_jpeg_says_so() -> None:
    found = history_of(png(compressed(photograph(1), 75)))
    assert found is not None
    assert found.code == "saved_before_as_jpeg"
    assert found.facts["earlier"] == pytest.approx(75, abs=2)


def test_pixels_without_their_file_are_not_said_to_be_no_jpeg() -> None:
    """A canvas shows what a page draws, of a JPEG file too: its last saving is the earlier one."""
    file = png(compressed(photograph(1), 75))
    findings = [examine(module, file, "canvas") for module in (encoder_signature, jpeg_ghosts)]
    assert any(f.name == "earlier_quality_of_the_whole" and f.value for f in findings[1].facts)
    assert history_of(file, "canvas") is None


def test_readings_that_differ_are_not_joined() -> None:
    def finding(detector: str, name: str, value: float) -> Finding:
        card = replace(encoder_signature.CARD, id=detector)
        return ok(card, "", facts=(Fact(name, value),))

    (line,) = statements(
        [
            finding("encoder_signature", "quality", 95.0),
            finding("double_quantization", "earlier_quality", 90),
            finding("jpeg_ghosts", "earlier_quality_of_the_whole", 70),
        ]
    )
    assert line.code == "saved_before_unclear"
    assert line.facts == {"lower": 70, "higher": 90, "last": 95}
