"""The training and evaluation scripts of the face models, end to end on one varied face."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

pytestmark = [pytest.mark.train, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("torch")
    from models.training import smoke_faces

    folder = tmp_path_factory.mktemp("faces")
    smoke_faces.write(folder)
    return folder


def passes_its_self_test(folder: Path) -> dict[str, np.ndarray]:
    import onnxruntime

    from telltale.runtime.inference import self_test_error, self_test_inputs

    session = onnxruntime.InferenceSession(folder / "model.onnx")
    test = json.loads((folder / "self_test.json").read_text("utf-8"))
    outputs = dict(zip(test["outputs"], session.run(None, self_test_inputs(test)), strict=True))
    assert self_test_error(test, outputs) < 1e-4
    assert (folder / "model.onnx").stat().st_size < 8_000_000
    return outputs


def test_face_warping_then_face_manipulation(cache: Path, tmp_path: Path) -> None:
    from models.face_manipulation import evaluate as manipulation
    from models.face_manipulation import report as manipulation_report
    from models.face_manipulation import train as train_manipulation
    from models.face_warping import evaluate as warping
    from models.face_warping import report as warping_report
    from models.face_warping import train as train_warping
    from models.training import face_autoencoder
    from models.training.score_table import read, select

    face_autoencoder.main(["--cache", str(cache), "--steps", "2"])
    first, second = tmp_path / "warping", tmp_path / "manipulation"
    common = ["--smoke", "--cache", str(cache)]
    train_warping.main([*common, "--run", str(first), "--out", str(first)])
    train_manipulation.main(
        [
            *common,
            "--run",
            str(second),
            "--out",
            str(second),
            "--start",
            str(first / "checkpoint.pt"),
        ]
    )
    passes_its_self_test(first)
    outputs = passes_its_self_test(second)
    assert np.allclose(np.linalg.norm(outputs["probabilities"].sum(), axis=None), 1, atol=1e-5)

    warping.evaluate(cache, first, limit=1)
    warping_report.report(first, tmp_path / "warping.json", write_card=False)
    manipulation.evaluate(cache, second, limit=1)
    manipulation_report.report(second, tmp_path / "manipulation.json", write_card=False)
    table = read(second / "scores_test.csv")
    assert len([e for e in select(table, "test") if e.source == "faces_swap_lfw"]) == 2
    assert len([e for e in select(table, "test") if e.source == "autoencoder_deconv"]) == 8
    tables = manipulation_report.card(table, 0.0)
    assert "grid" in tables
    assert "| inswapper swaps (Massi) | 2 / 2 |" in tables["further"]
    assert "| StyleGAN 256 px (cdiaconu) | 2 / 2 |" in tables["further"]
    assert "| FFHQ 256 px (Massi) | real | 2 |" in tables["suspected"]
    assert "caveats" in json.loads((tmp_path / "warping.json").read_text("utf-8"))


def test_a_fold_never_sees_the_archives_fakes_and_is_judged_on_them(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.face_manipulation import evaluate, folds, train
    from models.training.card_tables import cross_source
    from models.training.face_crops import Faces

    drawn: list[str] = []

    class Noted(train.Sampler):
        def _cut(self, index: int, side: float):
            drawn.append(self.faces.rows[index].source)
            return super()._cut(index, side)

    def noted(faces: Faces, split: str = "train", without: tuple[str, ...] = (), *mix: object):
        # the other one draws what is watched during training
        return (Noted if without else train_sampler)(faces, split, without, *mix)

    train_sampler = train.Sampler
    monkeypatch.setattr(train, "Sampler", noted)
    where = ["--cache", str(cache), "--runs", str(tmp_path / "runs")]
    folds.main([*where, "--folds", str(tmp_path / "folds"), "--smoke"])
    assert set(drawn) & {"faces_fake_basemax", "faces_sg1_256_cdiaconu"}
    assert not set(drawn) & set(folds.EVERY)
    found = evaluate.cross_source(Faces(cache), tmp_path / "folds", None, most=2)
    table = cross_source(found)
    assert "| FaceSwap (on LFW), 4 others left out too | 8 / 2 |" in table
    assert "| Stable Diffusion 3, 4 others left out too | 8 / 2 |" in table


def test_further_sources_are_drawn_from_the_fifth_round_on_and_held_out_ones_never(
    cache: Path,
) -> None:
    from models.face_manipulation.samples import MIXES, Sampler
    from models.training.face_crops import Faces

    faces, drawn = Faces(cache), []

    class Noted(Sampler):
        def _cut(self, index: int, side: float):
            drawn.append(faces.rows[index])
            return super()._cut(index, side)

    for number, mix in MIXES.items():
        sampler, met = Noted(faces, "train", (), mix), set()
        for seed in range(60):
            drawn.clear()
            sampler.draw((number, seed))
            met |= {row.source for row in drawn}
            assert {row.split for row in drawn} == {"train"}
            sources = [row.source for row in drawn]
            for fake, real in mix.further.partners.items():
                # the real side of a pair with a partner is drawn right after the fake
                assert fake not in sources or sources[sources.index(fake) + 1] == real
        assert ("faces_sg1_256_cdiaconu" in met) is ("faces_fake_basemax" in met) is (number >= 5)


def test_a_mean_lies_between_its_ends(cache: Path, tmp_path: Path) -> None:
    import torch

    from models.face_manipulation import between, train
    from models.face_manipulation.samples import MIXES, Sampler
    from models.training.face_crops import Faces

    sampler = Sampler(Faces(cache), "train", (), MIXES[5])
    first, second = train.FaceManipulation(), train.FaceManipulation()
    mean = between.between(first, second, 0.25, sampler, batches=1)
    for name, value in mean.named_parameters():
        ends = (network.state_dict()[name] for network in (first, second))
        assert torch.allclose(value, torch.lerp(*ends, 0.25), atol=1e-6), name
    train.export(mean, tmp_path)
    passes_its_self_test(tmp_path)


def test_networks_are_compared_on_the_same_pictures(
    cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from models.face_manipulation import select
    from models.training.score_table import Entry

    shipped = str(ROOT / "models/face_manipulation/model.onnx")
    select.main(
        ["--cache", str(cache), "--source", "self_blend", "faces_swap_lfw", "--", *[shipped] * 2]
    )
    out = capsys.readouterr().out
    assert "self_blend (8) against 8" in out
    assert out.count("+0.000 [+0.000, +0.000]") == 2

    def entries(fake: bool, count: int, better: float) -> list[Entry]:
        values = np.random.default_rng(int(fake)).normal(size=count)
        return [
            Entry("val", "", "x", fake, str(i), "", {"0": v, "1": v + better * fake})
            for i, v in enumerate(values)
        ]

    gain, low, high = select.difference(entries(False, 40, 1), entries(True, 40, 1), "0", "1")
    assert 0 < low < gain < high
    loss, low, high = select.difference(entries(False, 40, -1), entries(True, 40, -1), "0", "1")
    assert low < loss < high < 0


def test_head_pose(cache: Path, tmp_path: Path) -> None:
    train = import_module("models.head_pose.train")
    train.main(["--smoke", "--cache", str(cache), "--run", str(tmp_path), "--out", str(tmp_path)])
    bins = passes_its_self_test(tmp_path)["bins"]
    assert bins.shape[1:] == (3, 66) or bins.size


def test_a_stopped_training_goes_on_as_if_it_had_not(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from models.training.fit import Plan, fit

    def loss(network: torch.nn.Module, step: int) -> torch.Tensor:
        generator = torch.Generator().manual_seed(step)
        return network(torch.rand(8, 3, 4, 4, generator=generator)).float().square().mean()

    def start() -> torch.nn.Module:
        torch.manual_seed(0)
        return torch.nn.Sequential(torch.nn.Conv2d(3, 2, 3), torch.nn.BatchNorm2d(2))

    def plan(steps: int) -> Plan:
        return Plan(steps, warm_up=1, report=100, save=1)

    whole = fit(start(), loss, plan(4), tmp_path / "whole")

    class Stop(Exception):
        pass

    def stopping(network: torch.nn.Module, step: int) -> torch.Tensor:
        if step == 2:
            raise Stop
        return loss(network, step)

    with pytest.raises(Stop):
        fit(start(), stopping, plan(4), tmp_path / "broken")
    resumed = fit(start(), loss, plan(4), tmp_path / "broken")
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name


def test_a_warped_face_differs_from_its_original_under_the_mask_alone(cache: Path) -> None:
    from models.training import blending
    from models.training.face_chain import reduce_face
    from models.training.face_crops import Faces

    faces = Faces(cache)
    cut = reduce_face(faces.pixels(0), faces.landmarks[0], faces.mesh[0], 100, 1.9)
    for seed in range(5):
        fake, mask = blending.warped_face(cut.pixels, cut.landmarks, np.random.default_rng(seed))
        difference = np.abs(fake.astype(int) - cut.pixels).max(2)
        assert difference[mask == 0].max() == 0
        assert difference[mask > 0.5].mean() > 0.5


def test_two_networks_in_one_file_give_the_mean_of_their_log_odds(
    cache: Path, tmp_path: Path
) -> None:
    import onnxruntime
    import torch

    from models.face_manipulation import join
    from models.face_manipulation.network import FaceManipulation

    torch.manual_seed(3)
    later = FaceManipulation().eval()
    torch.save({"averaged": later.state_dict()}, tmp_path / "checkpoint.pt")
    join.main([str(tmp_path / "checkpoint.pt"), "--share", "0.25", "--out", str(tmp_path)])
    image = torch.rand(3, 3, 128, 128).numpy()

    def probabilities(path: Path) -> np.ndarray:
        return onnxruntime.InferenceSession(path).run(["probabilities"], {"image": image})[0]

    with torch.no_grad():
        own = torch.softmax(later(torch.from_numpy(image))[0], 1).numpy()
    found, first = probabilities(tmp_path / "model.onnx"), probabilities(join.EARLIER)
    assert np.allclose(found.sum(1), 1, atol=1e-5)

    def odds(p: np.ndarray) -> np.ndarray:
        return np.log(1 - p[:, 0]) - np.log(p[:, 0])

    expected = 0.75 * odds(first.astype(np.float64)) + 0.25 * odds(own.astype(np.float64))
    assert np.abs(odds(found.astype(np.float64)) - expected).max() < 0.02
