"""Every importer, proven without its original file.

A network with seeded random weights is saved as its authors published theirs, imported, and
compared with the framework: on the same numbers, and through the whole detector.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

sys.path.insert(0, str(Path(__file__).parent))
import publish  # noqa: E402

from telltale import analysis, detectors  # noqa: E402
from telltale.published import catalogue, importer  # noqa: E402
from telltale.published.refusal import ImportRefused  # noqa: E402
from telltale.runtime.context import Context  # noqa: E402
from telltale.runtime.inference import OnnxModels  # noqa: E402

pytestmark = [pytest.mark.train, pytest.mark.timeout(600)]
WEIGHTS = Path(__file__).resolve().parents[3] / "shared/weights"

#: Id, file name, and how its authors wrote it.
WRITTEN: dict[str, tuple[str, Callable[[Any, Path], None]]] = {
    "faceforensics_xception": ("all_c23.p", publish.whole_module),
    "fwa_resnet50": ("ckpt_res50", publish.slim),
    "dsp_fwa": ("SPP-res50.pth", publish.nested("", "net", old=True, epoch=40)),
    "hopenet": ("hopenet_robust_alpha1.pkl", publish.nested("", None, old=True)),
    "sixdrepnet": ("6DRepNet.pth", publish.nested("", "model_state_dict", old=False, epoch=30)),
    "cnndetection": (
        "blur_jpg_prob0.5.pth",
        publish.nested("", "model", old=True, optimizer={"state": {}}, total_steps=7),
    ),
    "community_forensics": ("model.safetensors", publish.safetensors),
    "self_blended_images": ("FFraw.tar", publish.efficientnet),
    "meso4_deepfake": ("Meso4_DF.h5", publish.keras),
    "mesoinception4_face2face": ("MesoInception_F2F.h5", publish.keras),
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    torch.set_num_threads(1)
    folder = tmp_path / "library"
    monkeypatch.setenv("TELLTALE_MODELS", str(folder))
    return folder


@pytest.fixture(scope="module")
def portrait() -> analysis.Analysis:
    """An astronaut's portrait (scikit-image's own sample) with its face found."""
    import io

    from PIL import Image
    from skimage import data

    buffer = io.BytesIO()
    Image.fromarray(data.astronaut()).save(buffer, "PNG")
    state = analysis.begin(buffer.getvalue(), "astronaut.png")
    analysis.find_faces(state, Context(OnnxModels()))
    assert len(state.scene.faces) == 1
    return state


class Framework:
    """The models' door with the framework's own module behind it."""

    def __init__(self, id: str, module: Any) -> None:
        self.id, self.module = id, module

    def available(self, model: str) -> bool:
        return model == self.id

    def run(self, model: str, inputs: Any) -> dict[str, Any]:
        with torch.no_grad():
            out = self.module(torch.from_numpy(inputs["image"])).numpy()
        return {catalogue.CATALOGUE[model].output: out}

    def used(self) -> list[Any]:
        return []


@pytest.mark.parametrize("name", WRITTEN)
def test_a_published_file_becomes_the_same_network(
    name: str, place: Path, tmp_path: Path, portrait: analysis.Analysis
) -> None:
    file, write = WRITTEN[name]
    module = catalogue.CATALOGUE[name].build().eval()
    publish.randomise(module.network)
    write(module.network, tmp_path / file)
    done = importer.import_file(name, tmp_path / file)
    assert done.difference < 1e-4
    assert (place / name / "card.md").is_file()

    detector = detectors.load(detectors.find(name))
    ours = analysis.run_module(detector, portrait.scene, Context(OnnxModels()))
    theirs = analysis.run_module(detector, portrait.scene, Context(Framework(name, module)))
    assert ours.status == theirs.status == "ok", ours.sentence
    assert ours.score is not None
    assert theirs.score is not None
    scale = max(1.0, abs(theirs.score.value))
    assert abs(ours.score.value - theirs.score.value) < 1e-4 * scale


def test_it_takes_its_place_in_an_examination_and_can_be_removed(
    place: Path, tmp_path: Path, portrait: analysis.Analysis
) -> None:
    name, (file, write) = "meso4_deepfake", WRITTEN["meso4_deepfake"]
    assert name not in analysis.steps()
    module = catalogue.CATALOGUE[name].build()
    write(publish.randomise(module.network), tmp_path / file)
    importer.import_file(name, tmp_path / file)
    assert name in analysis.steps()
    finding = analysis.run_detector(portrait, name, Context(OnnxModels()))
    assert finding.llr is None
    assert any("not calibrated here" in caveat for caveat in finding.caveats)
    assert importer.remove(name)
    assert name not in analysis.steps()
    assert not importer.remove(name)


def test_half_precision_is_half_as_large(place: Path, tmp_path: Path) -> None:
    name = "community_forensics"
    module = catalogue.CATALOGUE[name].build()
    publish.safetensors(publish.randomise(module.network), tmp_path / "m.safetensors")
    path = tmp_path / "m.safetensors"
    full = path.stat().st_size
    assert importer.import_file(name, path, precision="float16").bytes < full * 0.55
    assert importer.import_file(name, path, precision="int8").bytes < full * 0.3


def test_fewer_bits_are_measured_against_all_of_them(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from PIL import Image
    from skimage import data

    from telltale.cli import main

    file, write = WRITTEN["meso4_deepfake"]
    write(publish.randomise(catalogue.CATALOGUE["meso4_deepfake"].build().network), tmp_path / file)
    (tmp_path / "pictures").mkdir()
    Image.fromarray(data.astronaut()).save(tmp_path / "pictures/a.png")
    Image.fromarray(data.coffee()).save(tmp_path / "pictures/no face.png")
    call = ["models", "precision", "meso4_deepfake", str(tmp_path / file)]
    assert main([*call, str(tmp_path / "pictures")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["float32", "float16", "int8"]
    assert "differ by at most 0, 0 of 1 decisions" in lines[0]
    assert not place.exists() or not list(place.iterdir()), "measuring installs nothing"


class Runs:
    """What a hostile pickle holds: rebuilt, it would make a file."""

    def __init__(self, proof: Path) -> None:
        self.proof = proof

    def __reduce__(self) -> Any:
        return os.system, (f"touch '{self.proof}'",)


def broken(kind: str, state: dict[str, Any], path: Path) -> None:
    """Write a damaged state dictionary of HopeNet to `path`."""
    if kind == "missing":
        state.pop("layer4.2.conv3.weight")
    elif kind == "extra":
        state["layer5.0.weight"] = torch.zeros(3)
    elif kind == "shape":
        state["fc_yaw.weight"] = torch.zeros(65, 2048)
    elif kind == "not finite":
        state["conv1.weight"] = torch.full_like(state["conv1.weight"], float("nan"))
    elif kind == "hostile":
        state["conv1.weight"] = Runs(path.with_suffix(".ran"))
    torch.save(state, path)
    if kind == "truncated":
        path.write_bytes(path.read_bytes()[:100_000])


@pytest.mark.parametrize(
    ("kind", "code", "word"),
    [
        ("missing", "other_model", "layer4.2.conv3.weight"),
        ("extra", "other_model", "layer5.0.weight"),
        ("shape", "other_model", "(65, 2048)"),
        ("not finite", "unreadable", "conv1.weight"),
        ("hostile", "hostile", "system"),
        ("truncated", "unreadable", "damaged"),
    ],
)
def test_what_is_not_the_network_is_refused_and_changes_nothing(
    kind: str, code: str, word: str, place: Path, tmp_path: Path
) -> None:
    (place / "hopenet").mkdir(parents=True)
    (place / "hopenet" / "import.json").write_text('{"id": "hopenet"}')
    path = tmp_path / "hopenet.pkl"
    broken(kind, dict(catalogue.CATALOGUE["hopenet"].build().network.state_dict()), path)
    with pytest.raises(ImportRefused) as refused:
        importer.import_file("hopenet", path)
    assert refused.value.code == code
    assert word in str(refused.value)
    assert not path.with_suffix(".ran").exists()
    assert [p.name for p in place.iterdir()] == ["hopenet"]
    assert (place / "hopenet" / "import.json").read_text() == '{"id": "hopenet"}'


def test_another_network_is_named_as_such(place: Path, tmp_path: Path) -> None:
    network = catalogue.CATALOGUE["meso4_deepfake"].build().network
    publish.keras(network, tmp_path / "m.h5")
    with pytest.raises(ImportRefused, match=r"not MesoNet MesoInception|has the shape"):
        importer.import_file("mesoinception4_deepfake", tmp_path / "m.h5")


def test_the_machine_gives_scikit_learns_probabilities(
    place: Path, tmp_path: Path, portrait: analysis.Analysis
) -> None:
    from telltale.detectors.published.libsvm import positive_probability
    from telltale.detectors.published.pose_networks import pose_features

    svc, scaler, points = publish.machine(tmp_path / "svm.p", tmp_path / "points.txt")
    archive = publish.in_tar(tmp_path / "svm.p", "models/R_full_mat_t_vec_model.p")
    with pytest.raises(ImportRefused, match="--landmarks"):
        importer.import_file("head_pose_svm", archive)
    importer.import_file("head_pose_svm", archive, landmarks=tmp_path / "points.txt")

    x = np.random.default_rng(1).normal(size=(50, 12)) * 5
    wanted = svc.predict_proba(scaler.transform(x))[:, 0]
    decision = -svc.decision_function(scaler.transform(x))
    a, b = (float(np.ravel(getattr(svc, n))[0]) for n in ("probA_", "probB_"))
    exact = [positive_probability(float(d), a, b) for d in decision]
    np.testing.assert_allclose(exact, wanted, atol=1e-12)
    models = OnnxModels()
    out = models.run("head_pose_svm", {"features": x.astype(np.float32)})
    got = [positive_probability(float(d), *map(float, out["sigmoid"])) for d in out["decision"]]
    np.testing.assert_allclose(got, wanted, atol=1e-5)

    detector = detectors.load(detectors.find("head_pose_svm"))
    finding = analysis.run_module(detector, portrait.scene, Context(models))
    face, media = portrait.scene.faces[0], portrait.media
    mirrored = (points * [1, 1, -1]).round(6)
    features = pose_features(face.landmarks, mirrored, media.width, media.height)
    fake = svc.predict_proba(scaler.transform(features[None]))[0, 1]
    assert finding.score is not None
    assert finding.score.value == pytest.approx(fake, abs=1e-4)


@pytest.mark.skipif(not WEIGHTS.is_dir(), reason="the published files are not part of the project")
def test_the_published_machine_gives_its_known_probability(place: Path, tmp_path: Path) -> None:
    from telltale.detectors.published.libsvm import positive_probability

    kept = np.load(WEIGHTS / "headpose_svm/svm_extracted.npz")
    document = [
        {k.removeprefix("SVC."): kept[k] for k in kept.files if k.startswith("SVC.")},
        {k.removeprefix("StandardScaler."): kept[k] for k in kept.files if "Scaler" in k},
    ]
    document[0]["_gamma"] = 1 / 12
    (tmp_path / "svm.p").write_bytes(pickle.dumps(document, 2))
    importer.import_file(
        "head_pose_svm",
        tmp_path / "svm.p",
        landmarks=WEIGHTS / "headpose_svm/model_landmark.txt",
    )
    out = OnnxModels().run("head_pose_svm", {"features": np.zeros((1, 12), np.float32)})
    real = positive_probability(float(out["decision"][0]), *map(float, out["sigmoid"]))
    assert 1 - real == pytest.approx(0.363, abs=5e-4)


@pytest.mark.skipif(not WEIGHTS.is_dir(), reason="the published files are not part of the project")
@pytest.mark.parametrize("name", [n for n in catalogue.CATALOGUE if n.startswith("meso")])
def test_the_published_mesonets_are_those_of_the_table(name: str, place: Path) -> None:
    import hashlib

    row = catalogue.CATALOGUE[name]
    assert row.download is not None
    file = WEIGHTS / "mesonet" / row.download.url.rpartition("/")[2]
    assert hashlib.sha256(file.read_bytes()).hexdigest() == row.download.sha256
    assert importer.import_file(name, file).difference < 1e-4
