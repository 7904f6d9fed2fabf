"""Build a page whose zoo has three tiny networks: `python tests/browser/tiny_models.py PAGE`.

`tiny` has a right self-test, `tiny_wrong` one that no backend can pass, `tiny_untested` none.
They are small enough for WebGPU in software. `PAGE/tiny.json` holds an input and what onnxruntime
answers to it.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "py")]

from buildtools.page import build_page  # noqa: E402
from telltale.runtime.inference import self_test_inputs  # noqa: E402

SHAPE = (1, 3, 32, 32)
ROW = '[{id}]\ntitle = "Tiny network of a test"\nlicence = "Apache-2.0"\ntrained_on = "nothing"\n\n'


def network() -> bytes:
    """Three convolutions with ReLU and a mean, of fixed random weights."""
    random = np.random.default_rng(7)
    nodes, weights, source = [], [], "image"
    for i, (inside, outside) in enumerate([(3, 8), (8, 8), (8, 4)]):
        kernel = random.standard_normal((outside, inside, 3, 3)).astype(np.float32) / 5
        weights.append(numpy_helper.from_array(kernel, f"w{i}"))
        nodes.append(helper.make_node("Conv", [source, f"w{i}"], [f"c{i}"], pads=[1, 1, 1, 1]))
        nodes.append(helper.make_node("Relu", [f"c{i}"], [f"r{i}"]))
        source = f"r{i}"
    nodes.append(helper.make_node("GlobalAveragePool", [source], ["mean"]))
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, SHAPE)
    mean = helper.make_tensor_value_info("mean", TensorProto.FLOAT, (1, 4, 1, 1))
    graph = helper.make_graph(nodes, "tiny", [image], [mean], weights)
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    ).SerializeToString()


def main(page: Path) -> None:
    """Write the models beside the real ones in a root made of links, and build from it."""
    model = network()
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    test = {"inputs": {"image": {"shape": list(SHAPE), "range": [-1.0, 1.0]}}, "outputs": {}}
    answer = session.run(["mean"], self_test_inputs(test))[0].ravel().tolist()
    wrong = [value + 1 for value in answer]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in ("py", "web", "node_modules"):
            (root / name).symlink_to(ROOT / name)
        (root / "models").mkdir()
        for path in (ROOT / "models").iterdir():
            if path.is_dir():
                (root / "models" / path.name).symlink_to(path)
        zoo = (ROOT / "models/zoo.toml").read_text("utf-8")
        for name, values in {"tiny": answer, "tiny_wrong": wrong, "tiny_untested": None}.items():
            zoo += ROW.format(id=name)
            (root / "models" / name).mkdir()
            (root / "models" / name / "model.onnx").write_bytes(model)
            if values:
                stored = {**test, "outputs": {"mean": {"stride": 1, "values": values}}}
                (root / "models" / name / "self_test.json").write_text(json.dumps(stored))
        (root / "models/zoo.toml").write_text(zoo, "utf-8")
        build_page(root, page)
    image = np.random.default_rng(8).uniform(-1, 1, SHAPE).astype(np.float32)
    expected = session.run(["mean"], {"image": image})[0]
    document = {"image": image.ravel().tolist(), "mean": expected.ravel().tolist()}
    (page / "tiny.json").write_text(json.dumps(document))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
