"""Writes networks as their authors published them: names, nesting, container.

Weights are random; nothing here uses the importer's tables, so that both must agree.
"""

from __future__ import annotations

import io
import pickle
import struct
import sys
import tarfile
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn


def randomise(module: nn.Module, seed: int = 0) -> nn.Module:
    """Seeded weights, and running statistics other than those that a new network has."""
    generator = torch.Generator().manual_seed(seed)
    for tensor in module.state_dict().values():
        if tensor.dtype.is_floating_point and tensor.ndim > 1:
            bound = (3 / max(1, tensor[0].numel())) ** 0.5
            tensor.uniform_(-bound, bound, generator=generator)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.uniform_(-0.2, 0.2, generator=generator)
            part.running_var.uniform_(0.3, 0.8, generator=generator)
            part.weight.data.uniform_(0.8, 1.2, generator=generator)
            part.bias.data.uniform_(-0.2, 0.2, generator=generator)
    return module.eval()


def whole_module(network: nn.Module, path: Path) -> None:
    """FaceForensics++: the pickled module itself, `network.models.TransferModel`, old container."""
    fake = {
        name: types.ModuleType(name) for name in ("network", "network.models", "network.xception")
    }
    renamed: list[tuple[type, str]] = []

    class TransferModel(nn.Module):
        pass

    TransferModel.__module__, TransferModel.__qualname__ = "network.models", "TransferModel"
    fake["network.models"].TransferModel = TransferModel  # type: ignore[attr-defined]
    for part in network.modules():
        kind = type(part)
        if kind.__module__.startswith("timm.") and (kind, kind.__module__) not in renamed:
            renamed.append((kind, kind.__module__))
    before = {name: sys.modules.get(name) for name in fake}
    sys.modules.update(fake)
    try:
        for kind, _ in renamed:
            setattr(fake["network.xception"], kind.__name__, kind)
            kind.__module__ = "network.xception"
        outer = TransferModel()
        outer.model = network
        outer.modelchoice = "xception"
        head = network.fc
        del network.fc
        network.last_linear = head
        torch.save(outer, path, _use_new_zipfile_serialization=False)
        del network.last_linear
        network.fc = head
    finally:
        for kind, module in renamed:
            kind.__module__ = module
        for name, module in before.items():
            sys.modules.pop(name)
            if module is not None:
                sys.modules[name] = module


def nested(
    prefix: str, key: str | None, old: bool, **more: Any
) -> Callable[[nn.Module, Path], None]:
    """A state dictionary with `prefix` before each name, perhaps below `key` of a checkpoint."""

    def write(network: nn.Module, path: Path) -> None:
        state = {prefix + name: tensor for name, tensor in network.state_dict().items()}
        document = {key: state, **more} if key else state
        torch.save(document, path, _use_new_zipfile_serialization=not old)

    return write


def safetensors(network: nn.Module, path: Path) -> None:
    """Community Forensics: `vit.` before each name."""
    from safetensors.torch import save_file

    state = {f"vit.{name}": t.contiguous() for name, t in network.state_dict().items()}
    save_file(state, path, metadata={"format": "pt"})


def efficientnet(network: nn.Module, path: Path) -> None:
    """Self-blended images: efficientnet_pytorch's names, blocks counted through."""
    stages = [len(stage) for stage in network.blocks]
    starts = np.cumsum([0, *stages])
    first = {"conv_dw": "_depthwise_conv", "bn1": "_bn1", "conv_pw": "_project_conv", "bn2": "_bn2"}
    later = {
        "conv_pw": "_expand_conv",
        "bn1": "_bn0",
        "conv_dw": "_depthwise_conv",
        "bn2": "_bn1",
        "conv_pwl": "_project_conv",
        "bn3": "_bn2",
    }
    excite = {"conv_reduce": "_se_reduce", "conv_expand": "_se_expand"}
    outer = {
        "conv_stem": "_conv_stem",
        "bn1": "_bn0",
        "conv_head": "_conv_head",
        "bn2": "_bn1",
        "classifier": "_fc",
    }
    state = {}
    for name, tensor in network.state_dict().items():
        parts = name.split(".")
        if parts[0] == "blocks":
            stage, number = int(parts[1]), int(parts[2])
            block = f"net._blocks.{starts[stage] + number}"
            if parts[3] == "se":
                layer = excite[parts[4]]
            else:
                layer = (first if stage == 0 else later)[parts[3]]
            state[f"{block}.{layer}.{parts[-1]}"] = tensor
        else:
            state[f"net.{outer[parts[0]]}.{parts[-1]}"] = tensor
    torch.save({"epoch": 90, "model": state, "optimizer": {"param_groups": [{"lr": 0.001}]}}, path)


def keras(network: Any, path: Path) -> None:
    """MesoNet: Keras' HDF5, layers numbered through, kernels with channels last."""
    import h5py

    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
    norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
    with h5py.File(path, "w") as file:

        def put(layer: str, **values: torch.Tensor) -> None:
            for name, tensor in values.items():
                file[f"{layer}/{layer}/{name}:0"] = tensor.detach().numpy()

        for number, one in enumerate(convolutions, 5):
            put(f"conv2d_{number}", kernel=one.weight.permute(2, 3, 1, 0), bias=one.bias)
        for number, norm in enumerate(norms, 3):
            put(
                f"batch_normalization_{number}",
                gamma=norm.weight,
                beta=norm.bias,
                moving_mean=norm.running_mean,
                moving_variance=norm.running_var,
            )
        for number, dense in enumerate((network.first, network.second), 1):
            put(f"dense_{number}", kernel=dense.weight.T, bias=dense.bias)


def slim(network: nn.Module, path: Path) -> None:
    """FWA: TensorFlow-Slim's names in a tensor bundle; `path` is the checkpoint's prefix."""
    variables: dict[str, np.ndarray] = {"global_step": np.array(12000, np.int32)}
    for name, tensor in network.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        *place, kind, leaf = name.split(".")
        if kind == "logits":
            end = "weights" if leaf == "weight" else "biases"
            path_in = f"logits/{end}"
        else:
            end = {
                ("convolution", "weight"): "weights",
                ("norm", "weight"): "BatchNorm/gamma",
                ("norm", "bias"): "BatchNorm/beta",
                ("norm", "running_mean"): "BatchNorm/moving_mean",
                ("norm", "running_var"): "BatchNorm/moving_variance",
            }[kind, leaf]
            if len(place) > 1:
                place.insert(2, "bottleneck_v1")
            path_in = "/".join([*place, end])
        values = tensor.numpy()
        variables[f"resnet_v1_50/{path_in}"] = (
            values.transpose(2, 3, 1, 0) if values.ndim == 4 else values
        )
    write_bundle(variables, path)


def write_bundle(variables: dict[str, np.ndarray], prefix: Path) -> None:
    """A tensor bundle with one data file: a LevelDB table of one block, uncompressed."""
    codes = {"f": 1, "i": 3}
    rows: list[tuple[bytes, bytes]] = [(b"", _field(1, 1))]
    data = bytearray()
    for name in sorted(variables):
        values = np.ascontiguousarray(variables[name])
        shape = b"".join(_bytes(2, _field(1, n)) for n in values.shape)
        entry = _field(1, codes[values.dtype.kind]) + _bytes(2, shape)
        entry += _field(4, len(data)) + _field(5, values.nbytes)
        rows.append((name.encode(), entry))
        data += values.tobytes()
    prefix.with_name(prefix.name + ".data-00000-of-00001").write_bytes(data)
    block = _block(rows)
    table = block + b"\0" + b"\0" * 4
    meta_at = len(table)
    meta = _block([])
    table += meta + b"\0" + b"\0" * 4
    index_at = len(table)
    index = _block([(b"~", _varint(0) + _varint(len(block)))])
    table += index + b"\0" + b"\0" * 4
    footer = _varint(meta_at) + _varint(len(meta)) + _varint(index_at) + _varint(len(index))
    table += footer.ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)
    prefix.with_name(prefix.name + ".index").write_bytes(table)


def _block(rows: list[tuple[bytes, bytes]]) -> bytes:
    out = b"".join(
        _varint(0) + _varint(len(key)) + _varint(len(value)) + key + value for key, value in rows
    )
    return out + struct.pack("<II", 0, 1)


def _field(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _bytes(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def machine(path: Path, landmarks: Path, seed: int = 0) -> tuple[Any, Any, np.ndarray]:
    """Scikit-learn's `SVC` and scaler as the authors pickled them, and their landmark file."""
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    random = np.random.default_rng(seed)
    x = random.normal(size=(300, 12)) * random.uniform(0.1, 9, 12) + random.normal(size=12)
    y = (x @ random.normal(size=12) + random.normal(size=300) > 0).astype(int)
    scaler = StandardScaler().fit(x)
    svc = SVC(kernel="rbf", gamma="auto", probability=True, random_state=0)
    svc.fit(scaler.transform(x), y)
    path.write_bytes(pickle.dumps([svc, scaler], protocol=2))
    points = random.normal(size=(68, 3)) * 40
    landmarks.write_text("\n".join(f"{v:.6f}" for v in points.T.ravel()), "ascii")
    return svc, scaler, points


def in_tar(path: Path, name: str) -> Path:
    """A tar archive that holds `path` under `name`."""
    out = path.with_suffix(".tar")
    with tarfile.open(out, "w") as archive:
        info = tarfile.TarInfo(name)
        data = path.read_bytes()
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return out
