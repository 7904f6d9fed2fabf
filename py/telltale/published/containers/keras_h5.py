"""Keras' HDF5 weights, by `layer/variable` in the file's own order of layers."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray

from telltale.published.refusal import ImportRefused


def read(data: bytes) -> dict[str, NDArray[np.generic]]:
    """Arrays named `layer/variable`, for example `conv2d_1/kernel`."""
    import h5py

    found: dict[str, NDArray[np.generic]] = {}
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            root = file.get("model_weights", file)

            def collect(path: str, item: object) -> None:
                if isinstance(item, h5py.Dataset):
                    *_, layer, variable = path.split("/")
                    found[f"{layer}/{variable.split(':')[0]}"] = np.asarray(item)

            root.visititems(collect)
    except (OSError, RuntimeError) as error:
        raise ImportRefused("unreadable", f"The file is damaged or incomplete: {error}.") from error
    return found
