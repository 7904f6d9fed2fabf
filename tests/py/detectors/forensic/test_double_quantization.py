"""Double quantization reads the first saving as its reference does, and finds what lacks it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from localisation import auc, map_auc, named_map
from pictures import SAMPLES, compressed, examine, jpeg, photograph, png, sample, scene_of, splices
from PIL import Image

from telltale.detectors._shared.block_dct import block_dct
from telltale.detectors._shared.jpeg_coefficients import luma_plane, quantised
from telltale.detectors.forensic import double_quantization
from telltale.detectors.forensic.double_quantization import USUAL, first_saving

GOLDEN = Path(__file__).parent / "golden" / "adq2.json"


def fact(finding: object, name: str) -> object:
    return next(f.value for f in finding.facts if f.name == name)  # type: ignore[attr-defined]


def grey_splice(first: int, second: int) -> bytes:
    """A grey portrait saved at `first`, a square of its unsaved pixels put back, then `second`."""
    grey = np.asarray(Image.fromarray(sample("astronaut")).convert("L"))
    mixed = np.asarray(Image.open(io.BytesIO(jpeg(grey, first)))).copy()
    mixed[128:288, 304:464] = grey[128:288, 304:464]
    return jpeg(mixed, second)


def test_agrees_with_the_reference() -> None:
    """First steps equal but for one of fourteen; the map ranks blocks alike and is as good."""
    golden = json.loads(GOLDEN.read_text())
    media = scene_of(grey_splice(70, 90)).media
    assert media.jpeg is not None
    ours = first_saving(luma_plane(media), media.jpeg.luma)
    assert ours is not None
    steps = {int(k): v for k, v in golden["first_steps"].items()}
    assert sum(ours.frequencies[k].q1 == q for k, q in steps.items()) >= 13
    reference = np.array(golden["posterior"])
    truth = np.zeros(reference.shape, bool)
    truth[16:36, 38:58] = True
    assert np.corrcoef(reference.ravel(), ours.once.ravel())[0, 1] > 0.7
    assert auc(ours.once, truth) > auc(reference, truth) - 0.02


def test_reads_the_steps_of_the_first_saving() -> None:
    from telltale.media.jpeg_quality import ijg_table

    media = scene_of(jpeg(compressed(photograph(2), 70), 92)).media
    assert media.jpeg is not None
    found = first_saving(luma_plane(media), media.jpeg.luma)
    assert found is not None
    truth = ijg_table(70).reshape(64)
    assert np.mean([found.frequencies[k].q1 == truth[k] for k in found.frequencies]) > 0.85


@pytest.mark.parametrize(("quality", "least"), [(60, 0.9999), (85, 0.999), (95, 0.97)])
def test_recovers_the_coefficients_of_the_file(quality: int, least: float) -> None:
    """Saving the recovered coefficients' own picture again gives them back."""
    media = scene_of(jpeg(photograph(0), quality)).media
    assert media.jpeg is not None
    steps = quantised(block_dct(luma_plane(media)), media.jpeg.luma)
    grey = Image.open(io.BytesIO(media.data))
    grey.draft("L", grey.size)
    buffer = io.BytesIO()
    grey.save(buffer, "JPEG", quality=quality)
    again = scene_of(buffer.getvalue()).media
    assert again.jpeg is not None
    twice = quantised(block_dct(luma_plane(again)), again.jpeg.luma)
    assert np.mean(steps == twice) > least


@pytest.mark.parametrize(
    ("host", "final", "least"),
    [(75, 95, 0.98), (85, 95, 0.98), (60, 90, 0.98), (75, 85, 0.95), (60, 75, 0.9)],
)
def test_points_at_the_splice(host: int, final: int, least: float) -> None:
    found, scores = [], []
    for made in splices(4, host, None):
        finding = examine(double_quantization, jpeg(made.pixels, final))
        assert finding.score is not None
        scores.append(finding.score.value)
        found.append(map_auc(named_map(finding, "saved_once"), made.truth))
        box = finding.parts[0].region.box
        assert box is not None
        assert made.truth[int(box.y + box.h / 2), int(box.x + box.w / 2)]
        assert abs(int(str(fact(finding, "earlier_quality"))) - host) <= 3
    assert np.median(scores) > USUAL
    assert np.mean(found) > least


@pytest.mark.parametrize("quality", [60, 75, 90, 95])
def test_pictures_saved_once_have_nothing_to_compare(quality: int) -> None:
    pictures = [*(photograph(i) for i in range(4)), sample("coffee")]
    for pixels in pictures:
        finding = examine(double_quantization, jpeg(pixels, quality))
        assert finding.status == "ok"
        assert finding.score is None
        assert fact(finding, "earlier_saving") is False


@pytest.mark.parametrize(("first", "second"), [(60, 75), (75, 95), (70, 85), (85, 95)])
def test_pictures_saved_twice_as_a_whole_stay_quiet(first: int, second: int) -> None:
    pictures = [*(photograph(i) for i in range(4)), *(sample(name) for name in SAMPLES)]
    for pixels in pictures:
        finding = examine(double_quantization, jpeg(compressed(pixels, first), second))
        assert finding.score is None or finding.score.value < USUAL
        assert finding.score is None or "no area is without" in finding.sentence


def test_posterior_is_the_ratio_at_even_odds() -> None:
    made = next(splices(1, 75, None))
    finding = examine(double_quantization, jpeg(made.pixels, 90))
    ratio, posterior = named_map(finding, "saved_once"), named_map(finding, "posterior")
    expected = 1 / (1 + 10.0 ** -ratio.values.astype(float))
    assert np.abs(posterior.values - expected).max() < 1e-5


def test_refuses_with_reasons() -> None:
    pixels = photograph(0)
    assert examine(double_quantization, png(pixels)).reason == "not_jpeg"
    assert examine(double_quantization, jpeg(pixels[:200], 90)).reason == "image_too_small"
    assert examine(double_quantization, jpeg(pixels, 90), "canvas").reason == "needs_original_bytes"
    buffer = io.BytesIO()
    Image.fromarray(pixels).convert("CMYK").save(buffer, "JPEG", quality=90)
    assert examine(double_quantization, buffer.getvalue()).reason == "outside_validated_range"
