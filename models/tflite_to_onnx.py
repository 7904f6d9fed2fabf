"""Convert the float networks of MediaPipe from TensorFlow Lite to ONNX, without loss.

TensorFlow Lite stores activations as NHWC, ONNX as NCHW; every 4-D tensor is transposed on the
way. Weights that the source stores as float16 stay float16 and are widened by a Cast node, so
they run on every backend, also those without float16 arithmetic, and the file stays small.

Only the operators that the two networks use are known; any other one raises
`UnsupportedOperator`. The operators' meaning: https://www.tensorflow.org/mlir/tfl_ops and
https://onnx.ai/onnx/operators.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
import tflite
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
IR_VERSION = 9

_DTYPES = {
    tflite.TensorType.FLOAT32: np.float32,
    tflite.TensorType.FLOAT16: np.float16,
    tflite.TensorType.INT32: np.int32,
    tflite.TensorType.INT64: np.int64,
}
_OPERATOR_NAMES = {v: k for k, v in vars(tflite.BuiltinOperator).items() if k[0] != "_"}
#: Where the axes N, H, W, C of TensorFlow stand in ONNX.
_AXIS_TO_ONNX = (0, 2, 3, 1)
_TO_ONNX = (0, 3, 1, 2)
_TO_TFLITE = (0, 2, 3, 1)


class UnsupportedOperator(Exception):
    """The network holds an operator or an option that this converter does not know."""


@dataclass
class _Graph:
    """The source network and the ONNX nodes made of it so far."""

    model: Any
    source: Any
    free_size: bool
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    initializers: list[onnx.TensorProto] = field(default_factory=list)
    shapes: dict[int, tuple[int, ...]] = field(default_factory=dict)
    constants: dict[int, NDArray[Any]] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    counter: int = 0

    def unique(self, prefix: str) -> str:
        self.counter += 1
        return f"{prefix}{self.counter}"

    def constant(self, values: NDArray[Any]) -> str:
        """Store an array; a float16 one is widened to float32 by a Cast."""
        name = self.unique("c")
        if values.dtype != np.float16:
            self.initializers.append(numpy_helper.from_array(values, name))
            return name
        self.initializers.append(numpy_helper.from_array(values, f"{name}_half"))
        self.nodes.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
        return name

    def add(self, op_type: str, inputs: list[str], **attributes: Any) -> str:
        """Append a node with one output; returns the output's name."""
        output = self.unique("t")
        self.nodes.append(helper.make_node(op_type, inputs, [output], **attributes))
        return output

    def name_of(self, tensor: int) -> str:
        """The ONNX name of a source tensor; a constant is stored when first asked for."""
        if tensor not in self.names:
            values = self.constants[tensor]
            if values.ndim == 4:
                values = np.ascontiguousarray(values.transpose(_TO_ONNX))
            self.names[tensor] = self.constant(values)
        return self.names[tensor]


@dataclass(frozen=True)
class _Operator:
    """One operator of the source: its options, and the indices of its tensors."""

    raw: Any
    inputs: tuple[int, ...]
    output: int

    def options(self, kind: type) -> Any:
        table = self.raw.BuiltinOptions()
        options = kind()
        options.Init(table.Bytes, table.Pos)
        return options


def convert(
    data: bytes,
    *,
    inputs: tuple[str, ...],
    outputs: dict[str, str],
    free_size: bool = False,
) -> bytes:
    """An ONNX model equal to the TensorFlow Lite model `data`.

    Parameters
    ----------
    data
        The bytes of the .tflite file.
    inputs
        Names for the inputs, in the source's order; each becomes (N, C, H, W) float32.
    outputs
        New name for each output by its name in the source. 4-D outputs stay (N, H, W, C).
    free_size
        Leave height and width open. Right only for fully convolutional networks, and for sizes
        that every stride of the network divides: the padding is that of the source's size.

    Returns
    -------
    bytes
        The serialised model: the same bytes for the same input.

    Raises
    ------
    UnsupportedOperator
        For anything outside the operators of the MediaPipe face networks.
    """
    model = tflite.Model.GetRootAsModel(data, 0)
    graph = _Graph(model, model.Subgraphs(0), free_size)
    _read_tensors(graph)
    values_in = []
    for name, tensor in zip(inputs, graph.source.InputsAsNumpy(), strict=True):
        n, height, width, channels = graph.shapes[tensor]
        graph.names[tensor] = name
        size = ["height", "width"] if free_size else [height, width]
        info = helper.make_tensor_value_info(name, TensorProto.FLOAT, [n, channels, *size])
        values_in.append(info)
    for index in range(graph.source.OperatorsLength()):
        _convert_operator(graph, graph.source.Operators(index))
    values_out = [_name_output(graph, t, outputs) for t in graph.source.OutputsAsNumpy()]
    proto = helper.make_model(
        helper.make_graph(graph.nodes, "telltale", values_in, values_out, graph.initializers),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    onnx.checker.check_model(proto, full_check=True)
    return proto.SerializeToString(deterministic=True)


def _read_tensors(graph: _Graph) -> None:
    for index in range(graph.source.TensorsLength()):
        tensor = graph.source.Tensors(index)
        shape = tuple(int(n) for n in tensor.ShapeAsNumpy()) if tensor.ShapeLength() else ()
        graph.shapes[index] = shape
        buffer = graph.model.Buffers(tensor.Buffer())
        if buffer.DataLength():
            raw = buffer.DataAsNumpy().tobytes()
            graph.constants[index] = np.frombuffer(raw, _DTYPES[tensor.Type()]).reshape(shape)


def _convert_operator(graph: _Graph, raw: Any) -> None:
    code = graph.model.OperatorCodes(raw.OpcodeIndex())
    # Old files hold the code in the deprecated field, new ones in both.
    name = _OPERATOR_NAMES[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
    op = _Operator(raw, tuple(int(i) for i in raw.InputsAsNumpy()), int(raw.Outputs(0)))
    if name not in _HANDLERS:
        raise UnsupportedOperator(name)
    converted = _HANDLERS[name](graph, op)
    if converted is not None:
        graph.names[op.output] = converted


def _name_output(graph: _Graph, tensor: int, names: dict[str, str]) -> onnx.ValueInfoProto:
    name = names[graph.source.Tensors(tensor).Name().decode()]
    shape: list[Any] = list(graph.shapes[tensor])
    if len(shape) == 4:
        node = helper.make_node("Transpose", [graph.names[tensor]], [name], perm=_TO_TFLITE)
        if graph.free_size:
            shape[1:3] = [f"{name}_height", f"{name}_width"]
    else:
        node = helper.make_node("Identity", [graph.names[tensor]], [name])
        if graph.free_size:
            shape[1] = "anchors"
    graph.nodes.append(node)
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def _dequantize(graph: _Graph, op: _Operator) -> None:
    # Float16 storage: the constant is passed on as it is and widened where it is used.
    graph.constants[op.output] = graph.constants[op.inputs[0]]


def _activation(graph: _Graph, name: str, kind: int) -> str:
    if kind == tflite.ActivationFunctionType.NONE:
        return name
    if kind == tflite.ActivationFunctionType.RELU:
        return graph.add("Relu", [name])
    raise UnsupportedOperator(f"activation {kind}")


def _pads(
    op: _Operator, graph: _Graph, kernel: tuple[int, int], options: Any, dilation: tuple[int, int]
) -> list[int]:
    """ONNX pads (top, left, bottom, right) of TensorFlow's SAME or VALID padding."""
    if options.Padding() == tflite.Padding.VALID:
        return [0, 0, 0, 0]
    size_in, size_out = graph.shapes[op.inputs[0]][1:3], graph.shapes[op.output][1:3]
    strides = (options.StrideH(), options.StrideW())
    total = [
        max((size_out[i] - 1) * strides[i] + (kernel[i] - 1) * dilation[i] + 1 - size_in[i], 0)
        for i in (0, 1)
    ]
    before = [t // 2 for t in total]
    return before + [t - b for t, b in zip(total, before, strict=True)]


def _convolution(graph: _Graph, op: _Operator, depthwise: bool) -> str:
    options = op.options(tflite.DepthwiseConv2DOptions if depthwise else tflite.Conv2DOptions)
    weights = graph.constants[op.inputs[1]].transpose((3, 0, 1, 2) if depthwise else _TO_ONNX)
    kernel = (weights.shape[2], weights.shape[3])
    dilation = (options.DilationHFactor(), options.DilationWFactor())
    operands = [graph.name_of(op.inputs[0]), graph.constant(np.ascontiguousarray(weights))]
    if len(op.inputs) > 2 and op.inputs[2] >= 0:
        operands.append(graph.name_of(op.inputs[2]))
    result = graph.add(
        "Conv",
        operands,
        kernel_shape=kernel,
        strides=[options.StrideH(), options.StrideW()],
        dilations=dilation,
        group=graph.shapes[op.inputs[0]][3] if depthwise else 1,
        pads=_pads(op, graph, kernel, options, dilation),
    )
    return _activation(graph, result, options.FusedActivationFunction())


def _conv(graph: _Graph, op: _Operator) -> str:
    return _convolution(graph, op, depthwise=False)


def _depthwise_conv(graph: _Graph, op: _Operator) -> str:
    return _convolution(graph, op, depthwise=True)


def _max_pool(graph: _Graph, op: _Operator) -> str:
    options = op.options(tflite.Pool2DOptions)
    kernel = (options.FilterHeight(), options.FilterWidth())
    result = graph.add(
        "MaxPool",
        [graph.name_of(op.inputs[0])],
        kernel_shape=kernel,
        strides=[options.StrideH(), options.StrideW()],
        pads=_pads(op, graph, kernel, options, (1, 1)),
    )
    return _activation(graph, result, options.FusedActivationFunction())


def _add(graph: _Graph, op: _Operator) -> str:
    result = graph.add("Add", [graph.name_of(i) for i in op.inputs])
    return _activation(graph, result, op.options(tflite.AddOptions).FusedActivationFunction())


def _relu(graph: _Graph, op: _Operator) -> str:
    return graph.add("Relu", [graph.name_of(op.inputs[0])])


def _prelu(graph: _Graph, op: _Operator) -> str:
    slope = graph.constants[op.inputs[1]].reshape(-1, 1, 1)
    return graph.add("PRelu", [graph.name_of(op.inputs[0]), graph.constant(slope)])


def _pad(graph: _Graph, op: _Operator) -> str:
    pairs = graph.constants[op.inputs[1]].reshape(-1, 2)[list(_TO_ONNX)]
    pads = graph.constant(pairs.T.ravel().astype(np.int64))
    return graph.add("Pad", [graph.name_of(op.inputs[0]), pads])


def _resize_bilinear(graph: _Graph, op: _Operator) -> str:
    options = op.options(tflite.ResizeBilinearOptions)
    if options.AlignCorners():
        raise UnsupportedOperator("RESIZE_BILINEAR with aligned corners")
    size_in, size_out = graph.shapes[op.inputs[0]][1:3], graph.shapes[op.output][1:3]
    factors = [after / before for before, after in zip(size_in, size_out, strict=True)]
    return graph.add(
        "Resize",
        [graph.name_of(op.inputs[0]), "", graph.constant(np.array([1, 1, *factors], np.float32))],
        mode="linear",
        coordinate_transformation_mode="half_pixel" if options.HalfPixelCenters() else "asymmetric",
    )


def _reshape(graph: _Graph, op: _Operator) -> str:
    shape = list(graph.shapes[op.output])
    if len(shape) == 4:
        raise UnsupportedOperator("RESHAPE to four dimensions")
    if graph.free_size:
        shape[1] = -1
    name = graph.name_of(op.inputs[0])
    if len(graph.shapes[op.inputs[0]]) == 4:
        name = graph.add("Transpose", [name], perm=_TO_TFLITE)
    return graph.add("Reshape", [name, graph.constant(np.array(shape, np.int64))])


def _concatenation(graph: _Graph, op: _Operator) -> str:
    rank = len(graph.shapes[op.output])
    axis = op.options(tflite.ConcatenationOptions).Axis() % rank
    if rank == 4:
        axis = _AXIS_TO_ONNX[axis]
    return graph.add("Concat", [graph.name_of(i) for i in op.inputs], axis=axis)


_HANDLERS: dict[str, Callable[[_Graph, _Operator], str | None]] = {
    "ADD": _add,
    "CONCATENATION": _concatenation,
    "CONV_2D": _conv,
    "DEPTHWISE_CONV_2D": _depthwise_conv,
    "DEQUANTIZE": _dequantize,
    "MAX_POOL_2D": _max_pool,
    "PAD": _pad,
    "PRELU": _prelu,
    "RELU": _relu,
    "RESHAPE": _reshape,
    "RESIZE_BILINEAR": _resize_bilinear,
}
