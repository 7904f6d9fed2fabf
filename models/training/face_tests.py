"""Testing the face models: the equalised chain, operations of the laundering grid, thresholds."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.training.augment import Pixels, jpeg
from models.training.face_chain import Cut, reduce_face
from models.training.face_crops import Faces
from telltale.runtime.context import Arrays

#: The longer side of the landmarks' box is drawn from this range for every tested face, below
#: what nearly all sources have, so that size and sharpness do not tell sources apart.
SIDES = (76.0, 92.0)
#: Room around the landmarks' box, in units of its longer side.
ROOM = 1.9

Change = Callable[[Pixels], Pixels]


class FileModels:
    """`telltale.runtime.context.Models` for one ONNX file, one thread."""

    def __init__(self, name: str, path: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.log_severity_level = 1, 3
        self._name = name
        self._session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        self._outputs = [output.name for output in self._session.get_outputs()]

    def available(self, model: str) -> bool:
        return model == self._name

    def run(self, model: str, inputs: Arrays) -> dict[str, NDArray[np.float32]]:
        if model != self._name:
            raise KeyError(model)
        return dict(zip(self._outputs, self._session.run(None, dict(inputs)), strict=True))

    def used(self) -> list[dict[str, Any]]:
        return []


def seed_of(name: str, draw: int = 0) -> tuple[int, int]:
    """A seed that depends on the file alone, not on its source or order."""
    return zlib.crc32(name.encode()), draw


def equalise(faces: Faces, index: int, draw: int = 0) -> tuple[Cut, np.random.Generator]:
    """The face at a drawn size, and the generator for what follows."""
    rng = np.random.default_rng(seed_of(faces.rows[index].name, draw))
    side = float(rng.uniform(*SIDES))
    cut = reduce_face(faces.pixels(index), faces.landmarks[index], faces.mesh[index], side, ROOM)
    return cut, rng


def compress(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """The last step of the equalised chain: JPEG 75 to 90, 4:2:0 or 4:4:4."""
    return jpeg(pixels, int(rng.integers(75, 91)), 2 if rng.random() < 0.5 else 0)


def after(pixels: Pixels, cut: Cut, change: Change) -> tuple[Pixels, NDArray[np.float32]]:
    """Pixels after an operation of the laundering grid, and the landmarks in them."""
    changed = change(pixels)
    scale = np.array(changed.shape[1::-1], np.float32) / pixels.shape[1::-1]
    return changed, (cut.landmarks * scale).astype(np.float32)


def threshold_at(reals: Sequence[float], share: float = 0.01) -> float:
    """The score that at most `share` of the reals exceed."""
    ordered = np.sort(np.asarray(reals))[::-1]
    return float(ordered[min(int(share * len(ordered)), len(ordered) - 1)])
