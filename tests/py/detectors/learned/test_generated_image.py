"""The generated-image test: when it applies, what it reports, and that the weights work."""

from __future__ import annotations

import hashlib
import io

import numpy as np
import pytest
from PIL import Image

from models.training.metrics import auc
from models.training.score_table import LEFT_OUT, read, values
from telltale import analysis
from telltale.detectors.learned import generated_image as detector
from telltale.finding import Finding
from telltale.media.decode import open_media
from telltale.runtime.context import Context
from telltale.runtime.inference import OnnxModels, read_zoo
from telltale.scene import Scene


def photo(height: int, width: int, name: str = "astronaut") -> np.ndarray:
    """Pixels of a scikit-image sample, mirrored where a larger picture is wanted."""
    from skimage import data

    pixels = np.asarray(getattr(data, name)())
    missing = [(0, max(0, n - m)) for n, m in zip((height, width), pixels.shape, strict=False)]
    return np.pad(pixels, [*missing, (0, 0)], mode="reflect")[:height, :width]


def encode(pixels: np.ndarray, format: str = "PNG", **how: object) -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(out, format, **how)
    return out.getvalue()


class Answers:
    """A door that answers with the mean of each crop, and remembers the sizes of its batches."""

    def __init__(self, direction: np.ndarray) -> None:
        self.direction, self.batches = direction, []

    def available(self, model: str) -> bool:
        return True

    def run(self, model: str, inputs: dict) -> dict:
        crops = inputs["input"]
        assert model == "generated_image"
        assert crops.shape[1:] == (3, 128, 128)
        self.batches.append(len(crops))
        return {
            "logit": crops.mean((1, 2, 3)) / 255,
            "embedding": np.tile(self.direction, (len(crops), 1)),
        }

    def used(self) -> list:
        return []


def towards(name: str) -> np.ndarray:
    """The stored prototype of a source."""
    row = next(r for r in detector.stored()["prototypes"] if r["name"] == name)
    return np.array(row["vector"], np.float32)


def scene(pixels: np.ndarray, **how: object) -> Scene:
    return Scene(open_media(encode(pixels, **how), "picture"))


def facts(finding: Finding) -> dict:
    return {fact.name: fact.value for fact in finding.facts}


def test_score_parts_and_map_agree() -> None:
    here = scene(photo(1000, 1500))
    models = Answers(towards("LFW"))
    finding = analysis.run_module(detector, here, Context(models))
    assert finding.status == "ok"
    values = [part.score for part in finding.parts]
    assert finding.score is not None
    assert finding.score.value == pytest.approx(np.mean(values))
    assert len(values) == sum(models.batches) <= 24
    assert max(models.batches) <= 8
    shown = finding.maps[0].values
    assert sorted(shown[np.isfinite(shown)]) == pytest.approx(sorted(values))
    for part in finding.parts:
        box = part.region.box
        crop = here.media.pixels[int(box.y) : int(box.y) + 128, int(box.x) : int(box.x) + 128]
        assert crop.mean() / 255 == pytest.approx(part.score, rel=1e-4)


def test_relation_names_a_known_generator_and_none_of_these() -> None:
    here = scene(photo(400, 400))
    name = next(r["name"] for r in detector.stored()["prototypes"] if r["family"] == "StyleGAN2")
    known = detector.run(here, Context(Answers(towards(name))))
    assert facts(known)["nearest_family"] == "StyleGAN2"
    away = np.linalg.svd(detector.bank().vectors)[2][-1]
    unknown = detector.run(here, Context(Answers(away)))
    assert facts(unknown)["nearest_family"] == "none of these"


@pytest.mark.parametrize(
    ("pixels", "how", "code"),
    [
        (photo(127, 600), {}, "image_too_small"),
        (photo(400, 400), {"format": "JPEG", "quality": 30}, "compressed_too_much"),
        (np.full((400, 400, 3), 128, np.uint8), {}, "flat_or_saturated"),
        (np.kron(np.eye(8)[:, :, None], np.full((50, 50, 3), 255)), {}, "not_photographic"),
    ],
)
def test_reasons_for_not_speaking(pixels: np.ndarray, how: dict, code: str) -> None:
    why = detector.applicable(scene(pixels.astype(np.uint8), **how))
    assert why is not None
    # a plain picture is also drawn; either reason is true of it
    assert why.code in (code, "not_photographic")


def test_applies_to_photographs() -> None:
    for how in ({}, {"format": "JPEG", "quality": 60}):
        assert detector.applicable(scene(photo(300, 400), **how)) is None


def test_can_be_cancelled_between_batches() -> None:
    asked = []
    models = Answers(towards("LFW"))
    context = Context(models, is_cancelled=lambda: len(asked) > 0 or bool(models.batches))
    finding = analysis.run_module(detector, scene(photo(1000, 1500)), context)
    assert finding.status == "cancelled"
    assert len(models.batches) == 1


def test_pixels_from_a_screen_carry_a_caveat() -> None:
    media = open_media(encode(photo(400, 400)), "picture", "canvas")
    finding = detector.run(Scene(media), Context(Answers(towards("LFW"))))
    assert any("screen" in text for text in finding.caveats)


def test_the_bank_belongs_to_the_shipped_weights() -> None:
    path = read_zoo()["generated_image"].onnx
    assert hashlib.sha256(path.read_bytes()).hexdigest() == detector.stored()["model_sha256"]
    vectors = detector.bank().vectors
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)
    assert {"camera", "StyleGAN2", "diffusion"} <= set(detector.bank().families)


def test_the_self_test_passes_here() -> None:
    models = OnnxModels()
    models.run("generated_image", {"input": np.zeros((1, 3, 128, 128), np.float32)})
    assert models.used()[0]["self_test_error"] < 1e-4


def test_the_answer_does_not_depend_on_the_batch() -> None:
    models = OnnxModels()
    crops = np.random.default_rng(0).uniform(0, 255, (3, 3, 128, 128)).astype(np.float32)
    together = models.run("generated_image", {"input": crops})["logit"]
    alone = [models.run("generated_image", {"input": c[None]})["logit"][0] for c in crops]
    assert together == pytest.approx(alone, abs=1e-3)


def test_an_upsampled_picture_is_more_suspicious_than_its_original() -> None:
    """Zero insertion and a short filter: what a transposed convolution does."""
    from scipy.ndimage import convolve

    models = Context(OnnxModels())
    kernel = np.outer([0.9, 1.1, 0.3], [0.8, 1.2, 0.35])[:, :, None]
    for name in ("astronaut", "coffee", "chelsea"):
        original = photo(296, 296, name)
        small = np.asarray(Image.fromarray(original).resize((148, 148), Image.Resampling.BICUBIC))
        wide = np.zeros((296, 296, 3))
        wide[::2, ::2] = small
        painted = np.clip(convolve(wide, kernel), 0, 255).astype(np.uint8)
        scores = [
            finding.score.value
            for finding in (detector.run(scene(p), models) for p in (original, painted))
            if finding.score is not None
        ]
        assert scores[1] > scores[0] + 0.5


def test_the_card_states_what_was_measured() -> None:
    folder = read_zoo()["generated_image"].folder
    judged = [e for e in read(folder / "scores_test.csv") if e.section not in LEFT_OUT]
    assert {e.weights for e in judged} == {detector.stored()["model_sha256"][:8]}
    after = [e for e in judged if e.section == "test" and e.condition == "equal"]
    reals = values([e for e in after if not e.fake], "model")
    found = auc(reals, values([e for e in after if e.source.startswith("StyleGAN2")], "model"))
    assert f"{found:.3f} [" in (folder / "card.md").read_text("utf-8")
    assert f"StyleGAN2 {found:.2f} (" in " ".join(detector.stored()["caveats"])
