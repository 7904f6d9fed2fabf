"""The support vector machine of Yang, Li and Lyu: from its pickle to ONNX, and its probability.

The pickle holds scikit-learn's `SVC` and `StandardScaler`; both stay inert, their arrays are read.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telltale.published.containers import Arrays
from telltale.published.refusal import ImportRefused

FEATURES = 12
#: Leaf names of scikit-learn's attributes, and the shapes that they must have.
_WANTED = {
    "support_vectors_": (None, FEATURES),
    "_dual_coef_": (1, None),
    "_intercept_": (1,),
    "_gamma": (),
    "mean_": (FEATURES,),
    "scale_": (FEATURES,),
}
#: Since scikit-learn 0.24 the sigmoid's parameters are kept under other names.
_SIGMOID = (("probA_", "probB_"), ("_probA", "_probB"))


def machine_arrays(arrays: Arrays) -> dict[str, NDArray[np.float64]]:
    """The machine's arrays by their leaf names, `probA_` and `probB_` included.

    Raises `ImportRefused` where one is missing or has another shape.
    """
    leaves = {name.rpartition(".")[2]: np.asarray(values) for name, values in arrays.items()}
    found = {}
    for name, shape in _WANTED.items():
        values = leaves.get(name)
        if values is None:
            raise ImportRefused("other_model", f"The file has no {name}: it is another model.")
        _check(name, values, shape)
        found[name] = values.astype(np.float64)
    if found["support_vectors_"].shape[0] != found["_dual_coef_"].shape[1]:
        raise ImportRefused("other_model", "Support vectors and their weights differ in number.")
    for pair in _SIGMOID:
        if all(name in leaves and leaves[name].size == 1 for name in pair):
            for name, kept in zip(pair, ("probA_", "probB_"), strict=True):
                found[kept] = leaves[name].astype(np.float64).reshape(1)
            return found
    raise ImportRefused("other_model", "The file has no probabilities: it is another model.")


def _check(name: str, values: NDArray[np.generic], shape: tuple[int | None, ...]) -> None:
    fits = values.ndim == len(shape) and all(
        want in (None, have) for want, have in zip(shape, values.shape, strict=False)
    )
    if not fits or not np.isfinite(np.asarray(values, np.float64)).all():
        raise ImportRefused("other_model", f"{name} has the shape {values.shape}.")


def read_points(path: Path) -> NDArray[np.float64]:
    """(68, 3) points of the authors' `model_landmark.txt`: all x, all y, all z, depth mirrored.

    Raises `ImportRefused` where the file is anything else.
    """
    try:
        numbers = np.array(path.read_text("ascii").split(), np.float64)
        points = numbers.reshape(3, 68).T
    except (OSError, ValueError) as error:
        raise ImportRefused("unreadable", f"This is no file of 68 landmarks: {error}.") from error
    return points * [1, 1, -1]


def write_onnx(
    machine: dict[str, NDArray[np.float64]], points: NDArray[np.float64], path: Path
) -> None:
    """The machine as ONNX: `features` (n, 12) -> `decision` (n,), `sigmoid` (2,), `points` (68, 3).

    Positive decisions are those of class 0, real faces, as libsvm counts. Arithmetic is float64.
    The last two outputs are constants, so that one file holds all that the test needs.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    constants = {
        "mean": machine["mean_"],
        "scale": machine["scale_"],
        "support": machine["support_vectors_"].T,
        "squares": (machine["support_vectors_"] ** 2).sum(1)[None],
        "dual": machine["_dual_coef_"].T,
        "intercept": machine["_intercept_"],
        "gamma": -machine["_gamma"].reshape(1),
        "minus_two": np.array([-2.0]),
        "platt": np.array([machine["probA_"][0], machine["probB_"][0]], np.float32),
        "landmarks": points.astype(np.float32),
    }
    chain: list[tuple[str, list[str], str, dict[str, Any]]] = [
        ("Cast", ["features"], "exact", {"to": TensorProto.DOUBLE}),
        ("Sub", ["exact", "mean"], "centred", {}),
        ("Div", ["centred", "scale"], "x", {}),
        ("Mul", ["x", "x"], "x2", {}),
        ("MatMul", ["x2", "ones"], "own", {}),
        ("MatMul", ["x", "support"], "inner", {}),
        ("Mul", ["inner", "minus_two"], "cross", {}),
        ("Add", ["cross", "squares"], "partial", {}),
        ("Add", ["partial", "own"], "distances", {}),
        ("Mul", ["distances", "gamma"], "exponent", {}),
        ("Exp", ["exponent"], "kernel", {}),
        ("MatMul", ["kernel", "dual"], "sum", {}),
        ("Add", ["sum", "intercept"], "column", {}),
        ("Cast", ["column"], "single", {"to": TensorProto.FLOAT}),
        ("Reshape", ["single", "flat"], "decision", {}),
        ("Identity", ["platt"], "sigmoid", {}),
        ("Identity", ["landmarks"], "points", {}),
    ]
    constants["ones"] = np.ones((FEATURES, 1))
    graph = helper.make_graph(
        [helper.make_node(kind, inputs, [out], **more) for kind, inputs, out, more in chain],
        "head_pose_svm",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", FEATURES])],
        [
            helper.make_tensor_value_info("decision", TensorProto.FLOAT, ["n"]),
            helper.make_tensor_value_info("sigmoid", TensorProto.FLOAT, [2]),
            helper.make_tensor_value_info("points", TensorProto.FLOAT, [68, 3]),
        ],
        [
            *(numpy_helper.from_array(np.ascontiguousarray(v), k) for k, v in constants.items()),
            numpy_helper.from_array(np.array([-1], np.int64), "flat"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
