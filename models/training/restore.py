"""Take up training again from a shipped file, where the checkpoint was not kept.

Export folds batch normalisation into the convolution before it. A folded layer is exactly a
convolution followed by a normalisation whose scale is the standard deviation, and whose shift is
the mean plus the folded bias, of what the convolution gives; both are measured on training batches.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn


def normalised(network: nn.Module) -> list[tuple[nn.Conv2d, nn.BatchNorm2d]]:
    """Convolutions that a batch normalisation follows, in the order of the modules."""
    found: list[tuple[nn.Conv2d, nn.BatchNorm2d]] = []
    last: nn.Conv2d | None = None
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            last = module
        elif isinstance(module, nn.BatchNorm2d) and last is not None:
            found.append((last, module))
            last = None
    return found


@torch.no_grad()
def restore(network: nn.Module, path: Path, prefix: str = "", unused: Container[str] = ()) -> None:
    """Weights of an exported file into `network`, normalisations as yet neutral.

    `prefix` stands before the names of parameters in the file; `unused` are parameters that only
    training needs and that the file lacks. The network in evaluation mode then gives what the file
    gives.

    Raises
    ------
    ValueError
        If the file holds other layers than the network.
    """
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(path)).graph
    arrays = {
        i.name.removesuffix("_half"): numpy_helper.to_array(i).astype(np.float32)
        for i in graph.initializer
    }
    folded = [
        node for node in graph.node if node.op_type == "Conv" and node.input[1].startswith("onnx::")
    ]
    layers = normalised(network)
    if len(folded) != len(layers):
        raise ValueError(f"{path}: {len(folded)} folded convolutions, the network {len(layers)}")
    done = set()
    for node, (convolution, norm) in zip(folded, layers, strict=True):
        weight, bias = (torch.from_numpy(arrays[name]) for name in node.input[1:3])
        if weight.shape != convolution.weight.shape:
            raise ValueError(f"{path}: a convolution of another shape")
        convolution.weight.copy_(weight)
        norm.running_mean.zero_()
        norm.running_var.fill_(1 - norm.eps)
        norm.weight.fill_(1.0)
        norm.bias.copy_(bias)
        done |= {id(p) for p in (convolution.weight, norm.weight, norm.bias)}
    for name, parameter in network.named_parameters():
        if id(parameter) not in done and prefix + name in arrays:
            parameter.copy_(torch.from_numpy(arrays[prefix + name]))
            done.add(id(parameter))
    missing = [
        name for name, p in network.named_parameters() if id(p) not in done and name not in unused
    ]
    if missing:
        raise ValueError(f"{path} does not hold {', '.join(missing)}")


@torch.no_grad()
def measure(
    network: nn.Module, batches: Iterable[Tensor], forward: Callable[[Tensor], object]
) -> None:
    """Give restored normalisations the statistics of `batches`, without a change to the output.

    All layers are measured in one pass, since the restored network already gives the right
    activations.
    """
    layers = normalised(network)
    sums = [torch.zeros(2, c.out_channels, dtype=torch.float64) for c, _ in layers]
    counts = [0] * len(layers)

    def note(index: int) -> Callable[[nn.Module, object, Tensor], None]:
        def hook(module: nn.Module, inputs: object, out: Tensor) -> None:
            wide = out.double()
            sums[index] += torch.stack([wide.sum((0, 2, 3)), wide.square().sum((0, 2, 3))])
            counts[index] += out.numel() // out.shape[1]

        return hook

    handles = [c.register_forward_hook(note(i)) for i, (c, _) in enumerate(layers)]
    network.eval()
    for batch in batches:
        forward(batch)
    for handle in handles:
        handle.remove()
    for (_, norm), total, count in zip(layers, sums, counts, strict=True):
        mean = total[0] / count
        variance = (total[1] / count - mean.square()).clamp_min(1e-8)
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.weight.copy_((variance + norm.eps).sqrt())
        norm.bias.add_(mean.to(norm.bias.dtype))


def keep(network: nn.Module, path: Path) -> None:
    """The network's state as `.npz`, what float16 holds without loss as float16."""
    arrays: dict[str, Any] = {}
    for name, tensor in network.state_dict().items():
        array = tensor.numpy()
        half = array.astype(np.float16) if array.dtype == np.float32 else array
        arrays[name] = half if np.array_equal(half.astype(array.dtype), array) else array
    np.savez_compressed(path, **arrays)
