"""Print the table of `telltale.faces.canonical` from MediaPipe's canonical face model.

    python models/face_landmarks/canonical.py

The model is a protocol-buffer message (GeometryPipelineMetadata) inside the packed assets of
@mediapipe/face_mesh (Apache-2.0): 468 vertices of x, y, z in centimetres and u, v.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "py"))

from telltale.faces import landmarks  # noqa: E402

PACKED = ROOT / "node_modules/@mediapipe/face_mesh/face_mesh_solution_packed_assets.data"
#: geometry_pipeline_metadata_landmarks.binarypb, as listed in the package's loader script.
PART = slice(3_737_848, 3_757_224)
#: Fields GeometryPipelineMetadata.canonical_mesh and Mesh3d.vertex_buffer.
_CANONICAL_MESH, _VERTEX_BUFFER = 1, 3
_GROUPS = {"jaw": 17, "brows": 27, "nose": 36, "eyes": 48, "outer lips": 60, "inner lips": 68}


def landmarks_3d(message: bytes) -> NDArray[np.float64]:
    """(68, 3) landmarks in cm, x right, y down, z away from the camera."""
    mesh = next(value for field, value in _fields(message) if field == _CANONICAL_MESH)
    assert isinstance(mesh, bytes)
    numbers = [value for field, value in _fields(mesh) if field == _VERTEX_BUFFER]
    vertices = np.array(numbers).reshape(-1, 5)[:, :3]
    # The message has y up and z towards the viewer.
    return np.round(np.asarray(landmarks.from_mesh(vertices * [1, -1, -1]), np.float64), 3) + 0.0


def _fields(message: bytes) -> Iterator[tuple[int, bytes | int | float]]:
    """(field number, value) of a protocol-buffer message: varints, floats and byte strings."""
    position = 0

    def varint() -> int:
        nonlocal position
        value = shift = 0
        while True:
            byte = message[position]
            position += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while position < len(message):
        key = varint()
        field, wire = key >> 3, key & 7
        if wire == 0:
            yield field, varint()
        elif wire == 2:
            size = varint()
            yield field, message[position : position + size]
            position += size
        elif wire == 5:
            yield field, struct.unpack_from("<f", message, position)[0]
            position += 4
        else:
            raise ValueError(f"wire type {wire} is not expected here")


def main() -> None:
    points = landmarks_3d(PACKED.read_bytes()[PART])
    first = 0
    for name, end in _GROUPS.items():
        print(f"    # {name}")
        for start in range(first, end, 3):
            rows = points[start : min(start + 3, end)]
            text = ", ".join("(" + ", ".join(f"{v:g}" for v in row) + ")" for row in rows)
            print(f"    *({text}{',' if len(rows) == 1 else ''}),")
        first = end


if __name__ == "__main__":
    main()
