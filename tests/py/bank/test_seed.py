"""Distances to the built-in families are worth what was measured with the shipped weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from bank_factory import unit

from telltale.bank import seed
from telltale.bank.model import Embedding
from telltale.bank.sentences import counted, often
from telltale.runtime.inference import model_hashes


@pytest.mark.parametrize("built_in", seed.seeds(), ids=lambda one: one.model)
def test_prototypes_and_calibrations_belong_to_the_shipped_weights(built_in: seed.Seed) -> None:
    """After new weights: `python -m models.bank.families --data FOLDER`."""
    assert built_in.model_sha256 == model_hashes()[built_in.model]
    assert built_in.overall is not None
    assert built_in.families.keys() <= set(built_in.prototypes.families)
    for calibration in (built_in.overall, *built_in.families.values()):
        assert calibration.slope >= 0
        assert calibration.low <= 0 <= calibration.high
        # what one misleading picture among those measured would allow
        assert 10**calibration.high <= calibration.others + 1
        assert 10**-calibration.low <= calibration.own + 1


def test_a_ratio_never_rises_with_the_distance_and_stays_within_its_bounds() -> None:
    calibration = seed.Calibration(-1.0, 2.0, -0.5, 1.5, 100, 100)
    ratios = [calibration.llr(d) for d in (0.0, 1e-9, 0.05, 0.1, 0.3, 1.0, 2.0)]
    assert ratios == sorted(ratios, reverse=True)
    assert (ratios[0], ratios[-1]) == (1.5, -0.5)
    assert calibration.llr(0.1) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("llr", "said"),
    [
        (0.0, "as frequent"),
        (-0.01, "as frequent"),
        (0.3, "2 times as frequent"),
        (-0.8, "6.3 times as frequent"),
        (2.05, "110 times as frequent"),
        (3.4, "2,500 times as frequent"),
    ],
)
def test_ratios_are_said_in_two_digits_without_exponents(llr: float, said: str) -> None:
    assert often(llr)["en"] == said


def test_one_is_said_in_the_singular() -> None:
    assert [counted("samples", n)["es"] for n in (0, 1, 2)] == [
        "0 muestras",
        "1 muestra",
        "2 muestras",
    ]


def embedding(built_in: seed.Seed, vector: np.ndarray) -> Embedding:
    return Embedding(built_in.model, built_in.model_sha256, vector)


def test_the_nearest_family_is_weighed_by_its_own_calibration_or_by_that_over_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (one, *_) = seed.seeds()
    family = one.prototypes.families[0]
    near = one.prototypes.vectors[0]
    strong = seed.Calibration(-1.0, 2.0, -2.0, 2.0, 100, 100)
    weak = seed.Calibration(0.0, 0.0, -1.0, 1.0, 100, 100)
    for families, expected, words in (
        ({family: strong}, 2.0, "among pictures of that family"),
        ({}, 0.0, "the picture's own"),
    ):
        changed = replace(one, overall=weak, families=families)
        monkeypatch.setattr(seed, "seeds", lambda changed=changed: (changed,))
        (found,) = seed.related([embedding(one, near)])
        assert found["llr"] == pytest.approx(expected, abs=0.01)
        assert words in found["words"]["en"]
    monkeypatch.setattr(seed, "seeds", lambda: (replace(one, overall=None, families={}),))
    (found,) = seed.related([embedding(one, near)])
    assert found["llr"] is None
    assert "has not been measured" in found["words"]["en"]
    assert "No se ha medido" in found["words"]["es"]


def test_calibrations_of_other_weights_are_never_used(monkeypatch: pytest.MonkeyPatch) -> None:
    older = {name: row | {"model_sha256": "00" * 32} for name, row in seed.stored().items()}
    monkeypatch.setattr(seed, "stored", lambda: older)
    image = seed.seed_of("generated_image")
    assert image is not None
    assert image.overall is None
    assert not image.families
    # prototypes that came with the older weights are not compared with embeddings of the newer
    far = unit(np.ones(128))
    now = Embedding("face_manipulation", model_hashes()["face_manipulation"], far)
    assert seed.related([now]) == []
