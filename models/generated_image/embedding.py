"""Give the embedding its final form: whitened within sources, after the network is trained.

The cosine classifier leaves all embeddings in a narrow cone. Linear discriminant analysis of the
128 hidden numbers (Fisher 1936; within-source covariance shrunk towards its diagonal) replaces the
weights of the embedding layer, so that what varies inside a source counts little and what differs
between sources counts much. The logit is not touched.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from models.generated_image.network import EMBEDDING, Network
from models.generated_image.scoring import equal, grid_of
from models.training.data import Cache
from telltale.detectors._shared.crops import cut

Floats = NDArray[np.float64]
#: Weight of the diagonal in the within-source covariance.
SHRINKAGE = 0.1


@torch.no_grad()
def hidden(model: Network, cache: Cache, indices: list[int]) -> Floats:
    """(n, 128) mean hidden numbers over the crops of each picture after the equal chain."""
    found: list[torch.Tensor] = []
    handle = model.dropout.register_forward_hook(lambda module, inputs, out: found.append(out))
    rows = []
    for index in indices:
        pixels, _ = equal(cache[index], f"{cache.items[index].name}/0")
        if min(pixels.shape[:2]) < 128 or not (grid := grid_of(pixels)).crops:
            continue
        found.clear()
        model(torch.from_numpy(cut(pixels, grid)))
        rows.append(found[0].mean(0).numpy())
    handle.remove()
    return np.array(rows, np.float64).reshape(-1, 128)


def discriminant(groups: list[Floats], size: int) -> tuple[Floats, Floats]:
    """Projection (size, d) and offset (size,) from the rows (n_i, d) of each source."""
    means = np.stack([rows.mean(0) for rows in groups])
    centred = np.concatenate([rows - mean for rows, mean in zip(groups, means, strict=True)])
    within = centred.T @ centred / len(centred)
    within = (1 - SHRINKAGE) * within + SHRINKAGE * np.diag(np.diag(within))
    within += 1e-6 * np.trace(within) / len(within) * np.eye(len(within))
    values, vectors = np.linalg.eigh(within)
    whiten = vectors / np.sqrt(values)
    between = np.cov((means - means.mean(0)) @ whiten, rowvar=False)
    _, axes = np.linalg.eigh(between)
    projection = (whiten @ axes[:, ::-1][:, :size]).T
    return projection, -projection @ means.mean(0)


def refit(model: Network, sources: list[tuple[str, Cache, list[int]]]) -> None:
    """Replace the embedding layer in place, from training pictures of each source."""
    groups = [hidden(model, cache, indices) for _, cache, indices in sources]
    projection, offset = discriminant([rows for rows in groups if len(rows) >= 2], EMBEDDING)
    scale = 1 / np.abs(projection).max()
    model.embed.weight.data = torch.from_numpy(projection * scale).float()
    model.embed.bias.data = torch.from_numpy(offset * scale).float()
