"""Write `golden/pose.npz`: what OpenCV's solvePnP (ITERATIVE) says of the cases of the test.

pip install opencv-python-headless
python tests/py/faces/make_golden_pose.py
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from test_face_pose import CASES, case


def main() -> None:
    rows = []
    for number in range(CASES):
        points, pixels, matrix, _ = case(number)
        _, vector, translation = cv2.solvePnP(points, pixels, matrix, np.zeros((4, 1)))
        rows.append([*vector[:, 0], *translation[:, 0]])
    np.savez_compressed(
        Path(__file__).parent / "golden" / "pose.npz", poses=np.array(rows), opencv=cv2.__version__
    )


if __name__ == "__main__":
    main()
