"""The canonical face: the 68 landmarks of MediaPipe's canonical face model, in three dimensions.

Converted from `geometry_pipeline_metadata_landmarks.binarypb` of @mediapipe/face_mesh
(Apache-2.0) by the table of `telltale.faces.landmarks`. It is a neutral, symmetric face.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_POINTS: tuple[tuple[float, float, float], ...] = (
    # jaw
    *((-7.743, -2.365, 2.005), (-7.628, -0.156, 2.435), (-7.39, 2.081, 2.331)),
    *((-6.88, 4.238, 1.892), (-6.065, 5.994, 0.81), (-5.085, 7.179, -0.715)),
    *((-3.7, 8.225, -2.302), (-2.116, 9.035, -3.701), (0, 9.403, -4.264)),
    *((2.116, 9.035, -3.701), (3.7, 8.225, -2.302), (5.085, 7.179, -0.715)),
    *((6.065, 5.994, 0.81), (6.88, 4.238, 1.892), (7.39, 2.081, 2.331)),
    *((7.628, -0.156, 2.435), (7.743, -2.365, 2.005)),
    # brows
    *((-5.721, -4.255, -2.831), (-4.986, -4.802, -3.752), (-3.987, -5.109, -4.466)),
    *((-2.76, -5.101, -5.016), (-1.396, -5.012, -5.316), (1.396, -5.012, -5.316)),
    *((2.76, -5.101, -5.016), (3.987, -5.109, -4.466), (4.986, -4.802, -3.752)),
    *((5.721, -4.255, -2.831),),
    # nose
    *((0, -2.872, -5.512), (0, -1.394, -6.546), (0, -0.366, -7.243)),
    *((0, 0.463, -7.587), (-1.044, 1.465, -5.662), (-0.597, 2.014, -5.866)),
    *((0, 2.089, -6.058), (0.597, 2.014, -5.866), (1.044, 1.465, -5.662)),
    # eyes
    *((-4.446, -2.664, -3.173), (-3.67, -2.928, -3.724), (-2.724, -2.962, -3.872)),
    *((-1.856, -2.585, -3.758), (-2.724, -2.316, -3.777), (-3.67, -2.36, -3.635)),
    *((1.856, -2.585, -3.758), (2.724, -2.962, -3.872), (3.67, -2.928, -3.724)),
    *((4.446, -2.664, -3.173), (3.67, -2.36, -3.635), (2.724, -2.316, -3.777)),
    # outer lips
    *((-2.456, 4.343, -4.284), (-1.432, 3.501, -5.496), (-0.711, 3.329, -5.877)),
    *((0, 3.406, -5.98), (0.711, 3.329, -5.877), (1.432, 3.501, -5.496)),
    *((2.456, 4.343, -4.284), (1.582, 4.968, -5.014), (0.7, 5.292, -5.448)),
    *((0, 5.365, -5.535), (-0.7, 5.292, -5.448), (-1.582, 4.968, -5.014)),
    # inner lips
    *((-2.153, 4.276, -4.038), (-0.533, 3.993, -5.138), (0, 3.994, -5.219)),
    *((0.533, 3.993, -5.138), (2.153, 4.276, -4.038), (0.583, 4.518, -5.34)),
    *((0, 4.542, -5.405), (-0.583, 4.518, -5.34)),
)

#: (68, 3) float64 in centimetres; x to the picture's right, y down, z away from the camera.
POINTS: NDArray[np.float64] = np.array(_POINTS)
POINTS.setflags(write=False)

_WIDTH = float(np.ptp(POINTS[17:, 0]))

#: (51, 2) float64 mean face seen from the front: landmarks 17-67 in a square of side 1 that the
#: brows span from edge to edge. It serves as the 51-point mean face of FaceSwap and of face
#: warping artifacts; its proportions are those of the canonical face.
MEAN_FACE: NDArray[np.float64] = (
    POINTS[17:, :2] - [POINTS[17:, 0].min(), POINTS[17:, 1].min()]
) / _WIDTH
MEAN_FACE.setflags(write=False)
