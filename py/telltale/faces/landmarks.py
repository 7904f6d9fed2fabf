"""The 68 iBUG landmarks from the 468 points of the face mesh.

Each landmark is a mesh vertex or the midpoint of two. iBUG order: 0-16 jaw (from the picture's
left), 17-26 brows, 27-30 bridge of the nose, 31-35 its base, 36-47 eyes, 48-59 outer lips, 60-67
inner lips.
C. Sagonas et al., "300 Faces in-the-Wild Challenge", Image and Vision Computing 47, 2016.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Mesh vertex, or pair of vertices, of each landmark.
TABLE: tuple[tuple[int, ...], ...] = (
    # jaw, along the oval of the mesh
    *((127,), (234,), (93,), (132, 58), (58, 172), (136,), (150,), (176,), (152,)),
    *((400,), (379,), (365,), (397, 288), (361, 288), (323,), (454,), (356,)),
    # brows, their upper edge
    *((70,), (63,), (105,), (66,), (107,)),
    *((336,), (296,), (334,), (293,), (300,)),
    # bridge and base of the nose
    *((168, 6), (197, 195), (5,), (4,)),
    *((75,), (97,), (2,), (326,), (305,)),
    # eyes: outer corner, lids, inner corner (left); inner corner, lids, outer corner (right)
    *((33,), (160,), (158,), (133,), (153,), (144,)),
    *((362,), (385,), (387,), (263,), (373,), (380,)),
    # outer lips, then inner lips
    *((61,), (39,), (37,), (0,), (267,), (269,), (291,)),
    *((405,), (314,), (17,), (84,), (181,)),
    *((78,), (82,), (13,), (312,), (308,), (317,), (14,), (87,)),
)

_FIRST = np.array([row[0] for row in TABLE])
_SECOND = np.array([row[-1] for row in TABLE])

JAW = slice(0, 17)
BROWS = slice(17, 27)
NOSE = slice(27, 36)
LEFT_EYE = slice(36, 42)
RIGHT_EYE = slice(42, 48)
MOUTH = slice(48, 68)


def from_mesh(mesh: NDArray[np.floating]) -> NDArray[np.float32]:
    """(68, d) float32 landmarks of (468, d) mesh points."""
    return np.asarray((mesh[_FIRST] + mesh[_SECOND]) / 2, np.float32)
