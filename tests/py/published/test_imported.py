"""An imported model in use: listed, run, calibrated, packaged, fetched, removed; no PyTorch."""

from __future__ import annotations

import hashlib
import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from telltale import analysis, detectors
from telltale.cli import main
from telltale.evidence.sentences import say
from telltale.published import catalogue, fetch, importer
from telltale.published.catalogue import Download
from telltale.published.refusal import ImportRefused
from telltale.runtime.context import Context
from telltale.runtime.inference import OnnxModels

ROOT = Path(__file__).resolve().parents[3]
NAME = "community_forensics"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "library"
    monkeypatch.setenv("TELLTALE_MODELS", str(folder))
    return folder


def install(place: Path, name: str = NAME) -> None:
    """A stand-in: ONNX that answers with the share of red, in the network's place."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    folder = place / name
    folder.mkdir(parents=True)
    nodes = [
        helper.make_node("Gather", ["image", "zero"], ["red"], axis=1),
        helper.make_node("ReduceMean", ["red"], ["mean"], axes=[1, 2], keepdims=0),
        helper.make_node("Div", ["mean", "most"], ["probability"]),
    ]
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, "h", "w"])],
        [helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["n"])],
        [
            numpy_helper.from_array(np.array(0, np.int64), "zero"),
            numpy_helper.from_array(np.array(255, np.float32), "most"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(folder / "model.onnx"))
    row = catalogue.CATALOGUE[name]
    manifest = {
        "id": name,
        "title": row.title,
        "licence": row.licence,
        "trained_on": row.trained_on,
        "file": "model.safetensors",
        "sha256": hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest(),
    }
    (folder / "import.json").write_text(json.dumps(manifest), "utf-8")


def picture(path: Path, red: int, seed: int = 0) -> Path:
    pixels = np.random.default_rng(seed).integers(0, 60, (400, 420, 3)).astype(np.uint8)
    pixels[..., 0] = np.clip(pixels[..., 0].astype(int) + red, 0, 255)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def finding_of(path: Path) -> Any:
    state = analysis.begin(path.read_bytes(), path.name)
    return analysis.run_detector(state, NAME, Context(OnnxModels()))


def test_it_runs_after_ours_says_whose_it_is_and_does_not_weigh(
    place: Path, tmp_path: Path
) -> None:
    assert NAME not in analysis.steps()
    install(place)
    steps = analysis.steps()
    assert steps.index("generated_image") < steps.index(NAME) < steps.index(analysis.ASSESS)
    finding = finding_of(picture(tmp_path / "a.png", 120))
    assert finding.score.value == pytest.approx((120 + 29.5) / 255, abs=0.01)
    assert finding.llr is None
    assert any("not calibrated here" in text for text in finding.caveats)
    card = detectors.load(detectors.find(NAME)).CARD
    assert any("MIT" in limit for limit in card.limits)


def test_its_record_is_whole_and_can_be_repeated(place: Path, tmp_path: Path) -> None:
    install(place)
    path = picture(tmp_path / "a.png", 120)
    out = tmp_path / "a.json"
    assert main(["analyze", str(path), "--json", str(out), "--bank", "none"]) == 0
    record = json.loads(out.read_text("utf-8"))
    found = next(f for f in record["findings"] if f["detector"] == NAME)
    assert found["status"] == "ok"
    assert any(row["id"] == NAME for row in record["runtime"]["models"])
    assert main(["replay", str(out), str(path)]) == 0


def test_every_row_of_the_catalogue_has_its_detector_and_names_its_licence() -> None:
    assert {entry.id for entry in detectors.IMPORTED} == set(catalogue.CATALOGUE)
    for entry in detectors.IMPORTED:
        card = detectors.load(entry).CARD
        assert card.id == entry.id
        assert card.models == (entry.id,)
        assert any(limit.startswith("Licence of the weights") for limit in card.limits)
        row = catalogue.CATALOGUE[entry.id]
        assert row.shippable or row.download is None, "what may not be passed on is not fetched"


def test_what_it_says_is_there_in_spanish() -> None:
    book = json.loads((ROOT / "web/locales/es.record.json").read_text("utf-8"))
    for entry in detectors.IMPORTED:
        card = detectors.load(entry).CARD
        names = ("MesoNet", "Community Forensics")
        said = {card.question, card.how, *card.limits, say("silent.imported")}
        said |= {say("silent.own_calibration")}
        said |= set() if card.title.startswith(names) else {card.title}
        said = {text for text in said if not text.startswith("Licence of the weights: ")}
        assert sorted(said - book.keys()) == []


def test_a_person_calibrates_it_on_their_own_pictures(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install(place)
    random = np.random.default_rng(1)
    for kind, centre in (("real", 40), ("fake", 110)):
        for source in ("one", "two"):
            for k in range(26):
                red = int(np.clip(random.normal(centre, 30), 0, 190))
                picture(tmp_path / kind / source / f"{k}.png", red, k)
    folders = ["--real", str(tmp_path / "real"), "--fake", str(tmp_path / "fake")]
    assert main(["models", "calibrate", NAME, *folders]) == 0
    assert "fake/one: 0 real, 26 fake" in capsys.readouterr().out
    low, high = (finding_of(picture(tmp_path / f"{r}.png", r)) for r in (20, 150))
    assert low.llr < -0.3
    assert high.llr > 0.3
    assert any("on their own pictures" in text for text in high.caveats)
    # another import under the same name is not what was calibrated
    model = place / NAME / "model.onnx"
    model.write_bytes(model.read_bytes() + b"\x82\x01\x00")
    assert finding_of(picture(tmp_path / "c.png", 150)).llr is None


def test_too_few_pictures_calibrate_nothing(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install(place)
    picture(tmp_path / "real" / "a.png", 10)
    picture(tmp_path / "fake" / "a.png", 90)
    folders = ["--real", str(tmp_path / "real"), "--fake", str(tmp_path / "fake")]
    assert main(["models", "calibrate", NAME, *folders]) == 1
    assert "Only 1 real pictures" in capsys.readouterr().err
    assert not (place / NAME / "calibration.json").exists()


def test_it_is_listed_and_can_be_removed(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["models"])
    before = capsys.readouterr().out
    assert before.index("Can be imported") < before.index(NAME)
    install(place)
    main(["models"])
    after = capsys.readouterr().out
    assert after.index(NAME) < after.index("imported from model.safetensors")
    assert main(["models", "remove", NAME]) == 0
    assert main(["models", "remove", NAME]) == 1
    assert NAME not in analysis.steps()


def test_the_licence_is_shown_and_must_be_agreed_to(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "Meso4_DF.h5"
    file.write_bytes(b"nothing")
    assert main(["models", "import", "dsp_fwa", str(file)]) == 1
    said = capsys.readouterr()
    assert "CC BY-NC-SA 4.0" in said.out
    assert "--agree" in said.err
    assert not place.exists()


def test_the_page_takes_imported_models_along(tmp_path: Path) -> None:
    from buildtools import page

    root = tmp_path / "root"
    (root / "models").mkdir(parents=True)
    (root / "models/zoo.toml").write_text("")
    (root / "py").symlink_to(ROOT / "py")
    install(root / "imported")
    assert [row["id"] for row in page.read_zoo(root)] == [NAME]
    page.write_package(root, tmp_path / "telltale.zip")
    import zipfile

    names = zipfile.ZipFile(tmp_path / "telltale.zip").namelist()
    assert f"telltale/_models/{NAME}/import.json" in names
    assert "telltale/detectors/published/picture_networks.py" in names
    assert not any(name.startswith("telltale/published/") for name in names)


@pytest.fixture
def server() -> Iterator[tuple[str, dict[str, bytes]]]:
    """A loopback server of files by path."""
    files: dict[str, bytes] = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            data = files.get(self.path)
            self.send_response(200 if data is not None else 404)
            self.send_header("Content-Length", str(len(data or b"")))
            self.end_headers()
            self.wfile.write(data or b"")

        def log_message(self, *arguments: Any) -> None:
            pass

    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}", files
    running.shutdown()


def test_fetching_checks_the_hash_before_anything_is_imported(
    server: tuple[str, dict[str, bytes]],
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    address, files = server
    files["/w/Meso4_DF.h5"] = b"weights"
    digest = hashlib.sha256(b"weights").hexdigest()
    seen: list[bytes] = []
    row = catalogue.CATALOGUE["meso4_deepfake"]

    def serve(path: str, sha256: str) -> None:
        there = replace(row, download=Download(address + path, sha256))
        monkeypatch.setitem(catalogue.CATALOGUE, row.id, there)

    def imported(name: str, path: Path, *rest: Any, **more: Any) -> importer.Imported:
        assert path.name == "Meso4_DF.h5"
        seen.append(path.read_bytes())
        return importer.Imported(name, place, "0" * 64, 0.0, 1)

    monkeypatch.setattr(importer, "import_file", imported)
    serve("/w/Meso4_DF.h5", digest)
    assert main(["models", "fetch", row.id, "--agree"]) == 0
    assert seen == [b"weights"]
    serve("/w/Meso4_DF.h5", "0" * 64)
    assert main(["models", "fetch", row.id, "--agree"]) == 1
    assert "thrown away" in capsys.readouterr().err
    serve("/absent", digest)
    assert main(["models", "fetch", row.id, "--agree"]) == 1
    assert seen == [b"weights"]
    serve("/w/Meso4_DF.h5", "")
    with pytest.raises(ImportRefused, match="--sha256"):
        fetch.fetch(row.id, place)
    assert fetch.fetch(row.id, place, sha256=digest.upper()).id == row.id


def test_what_may_not_be_passed_on_is_not_fetched(place: Path) -> None:
    with pytest.raises(ImportRefused, match="Get it yourself"):
        fetch.fetch("self_blended_images", place)
    insecure = replace(
        catalogue.CATALOGUE["meso4_deepfake"], download=Download("http://example.org/x", "0" * 64)
    )
    with pytest.raises(ImportRefused, match="https only"):
        fetch._download(insecure.download, place, lambda done, total: None)  # type: ignore[arg-type]
