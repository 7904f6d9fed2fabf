"""Generators in closed form keep more than up-sampling does and leave a trace of their period."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

pytestmark = [pytest.mark.train, pytest.mark.timeout(600)]


def test_a_codec_beats_plain_up_sampling_and_a_random_decoder_differs_by_its_name(
    tmp_path: Path,
) -> None:
    pytest.importorskip("torch")
    from models.generated_image import closed_form
    from models.generated_image.generators import ZOO
    from models.generated_image.smoke import write_scripted
    from models.training.augment import scale
    from models.training.data import Cache

    write_scripted(tmp_path)
    reals = Cache(tmp_path / "real")
    index = reals.where(lambda item: item.split == "test" and item.name.endswith("#native"))[0]
    picture = reals[index][:256, :256]
    specs = {spec.id: spec for spec in ZOO if spec.closed_form}
    assert {spec.role for spec in specs.values()} == {"folds"}

    def error(other: np.ndarray) -> float:
        return float(np.square(picture.astype(float) - other).mean())

    for factor in (2, 4, 8):
        fitted = tmp_path / f"{factor}.npz"
        closed_form.save(closed_form.fit(specs[f"least_squares_f{factor}"], reals), fitted)
        codec = closed_form.load(fitted)
        plain = closed_form.paint(specs[f"least_squares_f{factor}"], codec, picture, "a")
        assert error(plain) < 0.5 * error(scale(scale(picture, 1 / factor), factor))

        spec = specs[f"random_f{factor}"]
        one, same, other = (closed_form.paint(spec, codec, picture, n) for n in ("a", "a", "b"))
        assert np.array_equal(one, same)
        assert not np.array_equal(one, other)
        # what the random decoder adds repeats with its period
        added = one.astype(float).mean(2) - plain.astype(float).mean(2)
        assert folded(added, factor) > 2 * folded(added, 3)


def folded(plane: np.ndarray, period: int) -> float:
    """Deviation of the mean over all cells of a period: what repeats with it."""
    cells = plane[:240, :240].reshape(240 // period, period, 240 // period, period)
    return float(cells.mean((0, 2)).std())


def test_levelled_pairs_are_equally_sharp(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from models.generated_image.generators import ZOO
    from models.generated_image.pool import Mix, Pool
    from models.generated_image.prepare import run_zoo
    from models.generated_image.smoke import write_scripted
    from models.training.augment import Chain, radial_profile

    write_scripted(tmp_path)
    run_zoo(tmp_path, tuple(s for s in ZOO if s.id == "least_squares_f8"))
    pool = Pool(tmp_path)
    nothing = Chain(0, (1, 1), 0, 0, 0, 0, 0, 0, 0, turn=False)

    def softness(third: float) -> float:
        """Mean loss of power above half the Nyquist frequency, fake against original, in nepers."""
        mix = Mix(pairs=1.0, third=third, chain=nothing)
        pixels = pool.batch(np.random.default_rng(0), mix, 128, 24).pixels
        power = [np.log(radial_profile(p)[12:].sum()) for p in pixels]
        return float(np.mean(np.subtract(power[0::2], power[1::2])))

    assert softness(0.0) > 0.2
    assert abs(softness(1.0)) < 0.5 * softness(0.0)
