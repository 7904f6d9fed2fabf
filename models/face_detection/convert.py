"""MediaPipe's full-range face detector, from @mediapipe/face_detection (Apache-2.0)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from conversion import Recipe, main

RECIPE = Recipe(
    id="face_detection",
    file="@mediapipe/face_detection/face_detection_full_range.tflite",
    sha256="99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3",
    inputs=("image",),
    outputs={"reshaped_regressor_face_4": "boxes", "reshaped_classifier_face_4": "scores"},
    # Fully convolutional with a total stride of 32: larger pictures need no tiles.
    free_size=True,
    test_shape=(1, 3, 192, 192),
    test_range=(-1.0, 1.0),
)

if __name__ == "__main__":
    main(RECIPE)
