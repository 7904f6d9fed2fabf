"""PyTorch module -> ONNX with float16 storage, and the self-test that travels with it."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Initialisers with fewer elements stay in float32: they cost nothing and may be constants.
SMALL = 64


def export_onnx(
    module: Any,
    example: Any,
    path: Path,
    *,
    inputs: Sequence[str] = ("input",),
    outputs: Sequence[str],
    dynamic: Mapping[str, Mapping[int, str]] | None = None,
    opset: int = 17,
    half: bool = True,
) -> None:
    """Export `module` in evaluation mode; `half` stores its weights as float16 (`store_float16`).

    `example` is a tensor or a tuple of tensors; by default axis 0 of every input and output is
    free. Batch normalisation is folded into convolutions by the exporter.
    """
    import torch

    module.eval()
    arguments = example if isinstance(example, tuple) else (example,)
    free = dynamic or {name: {0: "n"} for name in (*inputs, *outputs)}
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            arguments,
            str(path),
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_axes={key: dict(value) for key, value in free.items()},
            opset_version=opset,
            dynamo=False,
        )
    if half:
        store_float16(path)


def store_float16(path: Path) -> None:
    """Rewrite an ONNX file: float32 initialisers become float16 followed by Cast to float32.

    Arithmetic stays in float32. Raises ValueError where a weight leaves the range of float16.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(str(path))
    casts, kept = [], []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < SMALL:
            kept.append(tensor)
            continue
        half = values.astype(np.float16)
        if not np.isfinite(half).all():
            raise ValueError(f"{tensor.name} leaves the range of float16")
        kept.append(numpy_helper.from_array(half, f"{tensor.name}_half"))
        casts.append(
            helper.make_node("Cast", [f"{tensor.name}_half"], [tensor.name], to=TensorProto.FLOAT)
        )
    nodes = [*casts, *model.graph.node]
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(kept)
    model.graph.node.extend(nodes)
    model.producer_name, model.producer_version, model.doc_string = "telltale", "", ""
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def run_onnx(path: Path, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.float32]]:
    """Run a file on the CPU, one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = 3, 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, dict(inputs)), strict=True))


def write_self_test(
    path: Path, inputs: Mapping[str, Mapping[str, Any]], stride: Mapping[str, int] | None = None
) -> None:
    """Write `self_test.json` beside the ONNX file `path`.

    `inputs` maps a name to `{"shape": [...], "range": [low, high]}`; the numbers are the ramp of
    `telltale.runtime.inference.self_test_inputs`. Of each output every `stride`-th value is kept.
    """
    from telltale.runtime.inference import self_test_inputs

    test: dict[str, Any] = {"inputs": {key: dict(value) for key, value in inputs.items()}}
    outputs = run_onnx(path, self_test_inputs(test))
    test["outputs"] = {
        name: {
            "stride": (step := (stride or {}).get(name, 1)),
            "values": [float(f"{v:.7g}") for v in np.asarray(values).ravel()[::step]],
        }
        for name, values in outputs.items()
    }
    path.with_name("self_test.json").write_text(json.dumps(test, indent=1) + "\n", "utf-8")


def store_int8(path: Path) -> None:
    """Rewrite an ONNX file: large weights become int8 with one scale per output channel.

    Arithmetic stays in float32 (DequantizeLinear after each weight). Decisions can differ.
    """
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(str(path))
    rewritten, kept = [], []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.ndim < 2 or values.size < 1024:
            kept.append(tensor)
            continue
        # of a matrix the columns are output channels, of a convolution the first axis
        axis = 1 if values.ndim == 2 else 0
        rest = tuple(k for k in range(values.ndim) if k != axis)
        scale = np.maximum(np.abs(values).max(rest), 1e-12) / 127
        shape = [-1 if k == axis else 1 for k in range(values.ndim)]
        whole = np.rint(values / scale.reshape(shape)).astype(np.int8)
        name = tensor.name
        kept += [
            numpy_helper.from_array(whole, f"{name}_whole"),
            numpy_helper.from_array(scale.astype(np.float32), f"{name}_scale"),
        ]
        inputs = [f"{name}_whole", f"{name}_scale"]
        rewritten.append(helper.make_node("DequantizeLinear", inputs, [name], axis=axis))
    nodes = [*rewritten, *model.graph.node]
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(kept)
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
