"""Renew golden/pose.npz: what OpenCV's solvePnP (ITERATIVE) says of `pose_cases`.

    pip install "opencv-python-headless<4.13" && python tests/py/faces/make_golden_pose.py

Run by hand, in an environment of its own; the tests only read the result.
"""

import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[2] / "py")]


def main() -> None:
    import cv2
    from pose_cases import CAMERA, CASES, case

    matrix = np.array([[CAMERA.focal, 0, CAMERA.x], [0, CAMERA.focal, CAMERA.y], [0, 0, 1]])
    rows = []
    for number in range(CASES):
        points, pixels, _, _ = case(number)
        _, vector, translation = cv2.solvePnP(points, pixels, matrix, None)
        rows.append([*vector[:, 0], *translation[:, 0]])
    target = HERE / "golden" / "pose.npz"
    np.savez_compressed(target, poses=np.array(rows), opencv=cv2.__version__)


if __name__ == "__main__":
    main()
