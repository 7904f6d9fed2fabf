"""MediaPipe's face mesh of 468 points, from @mediapipe/face_mesh (Apache-2.0)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from conversion import Recipe, main

RECIPE = Recipe(
    id="face_landmarks",
    file="@mediapipe/face_mesh/face_mesh_solution_packed_assets.data",
    # face_landmark.tflite, as listed in the package's face_mesh_solution_packed_assets_loader.js
    part=(2_495_952, 3_737_848),
    sha256="c603fa6149219a3e9487dc9abd7a0c24474c77263273d24868378cdf40aa26d1",
    inputs=("image",),
    outputs={"conv2d_21": "points", "conv2d_31": "presence"},
    test_shape=(1, 3, 192, 192),
    test_range=(0.0, 1.0),
)

if __name__ == "__main__":
    main(RECIPE)
