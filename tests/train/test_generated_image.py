"""The training script of `generated_image`, end to end on scikit-image's sample pictures."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.train, pytest.mark.timeout(600)]


def run(work: Path, *more: str) -> None:
    command = [sys.executable, "-m", "models.generated_image.train", "--work", str(work), *more]
    subprocess.run(command, cwd=ROOT, check=True, timeout=500)


def test_every_stage_runs_and_a_stopped_training_goes_on(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from telltale.runtime.inference import self_test_error, self_test_inputs

    run(tmp_path, "--smoke")
    folder = tmp_path / "model"

    import onnxruntime

    session = onnxruntime.InferenceSession(folder / "model.onnx")
    test = json.loads((folder / "self_test.json").read_text("utf-8"))
    outputs = dict(zip(test["outputs"], session.run(None, self_test_inputs(test)), strict=True))
    assert self_test_error(test, outputs) < 1e-4
    assert np.allclose(np.linalg.norm(outputs["embedding"], axis=1), 1, atol=1e-4)
    assert (folder / "model.onnx").stat().st_size < 8_000_000

    sys.path.insert(0, str(ROOT))
    bank = json.loads((tmp_path / "bank.json").read_text("utf-8"))
    assert {row["family"] for row in bank["prototypes"]} >= {"camera", "scripted", "pixel shuffle"}
    from models.training.score_table import read, select

    judged = read(folder / "scores_test.csv")
    made = {e.condition for e in select(judged, "self_made")}
    assert made >= {"deconv4_f2", "patch_f8"}
    scripted = [e for e in select(judged, "test", "equal") if e.source == "scripted"]
    assert scripted
    assert {"model", "spectrum", "dct"} <= scripted[0].scores.keys()
    assert "StyleGAN2" in bank["caveats"][0]


def test_training_repeats_exactly_across_a_stop(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    sys.path.insert(0, str(ROOT))
    from models.generated_image.pool import Pool
    from models.generated_image.smoke import write_scripted
    from models.generated_image.train import train

    torch.set_num_threads(1)
    write_scripted(tmp_path)
    pool = Pool(tmp_path)
    options = {"batch": 16, "half": False, "log": lambda text: None}
    whole = train(pool, tmp_path / "whole.pt", steps=4, **options)
    train(pool, tmp_path / "again.pt", steps=4, stop=2, **options)
    again = train(pool, tmp_path / "again.pt", steps=4, **options)
    for key, value in whole.state_dict().items():
        assert torch.equal(value, again.state_dict()[key]), key
