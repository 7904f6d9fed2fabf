"""The papers of the imported networks."""

from __future__ import annotations

from telltale.finding import Reference

FACEFORENSICS = Reference(
    "A. Rössler, D. Cozzolino, L. Verdoliva, C. Riess, J. Thies, M. Nießner",
    "FaceForensics++: Learning to Detect Manipulated Facial Images",
    "ICCV",
    2019,
    "https://arxiv.org/abs/1901.08971",
)
FWA = Reference(
    "Y. Li, S. Lyu",
    "Exposing DeepFake Videos By Detecting Face Warping Artifacts",
    "CVPR workshops",
    2019,
    "https://arxiv.org/abs/1811.00656",
)
SELF_BLENDED = Reference(
    "K. Shiohara, T. Yamasaki",
    "Detecting Deepfakes with Self-Blended Images",
    "CVPR",
    2022,
    "https://arxiv.org/abs/2204.08376",
)
MESONET = Reference(
    "D. Afchar, V. Nozick, J. Yamagishi, I. Echizen",
    "MesoNet: a Compact Facial Video Forgery Detection Network",
    "WIFS",
    2018,
    "https://arxiv.org/abs/1809.00888",
)
HOPENET = Reference(
    "N. Ruiz, E. Chong, J. M. Rehg",
    "Fine-Grained Head Pose Estimation Without Keypoints",
    "CVPR workshops",
    2018,
    "https://arxiv.org/abs/1710.00925",
)
SIXDREPNET = Reference(
    "T. Hempel, A. A. Abdelrahman, A. Al-Hamadi",
    "6D Rotation Representation for Unconstrained Head Pose Estimation",
    "ICIP",
    2022,
    "https://arxiv.org/abs/2202.12555",
)
HEAD_POSES = Reference(
    "X. Yang, Y. Li, S. Lyu",
    "Exposing Deep Fakes Using Inconsistent Head Poses",
    "ICASSP",
    2019,
    "https://arxiv.org/abs/1811.00661",
)
CNNDETECTION = Reference(
    "S.-Y. Wang, O. Wang, R. Zhang, A. Owens, A. A. Efros",
    "CNN-generated images are surprisingly easy to spot... for now",
    "CVPR",
    2020,
    "https://arxiv.org/abs/1912.11035",
)
COMMUNITY_FORENSICS = Reference(
    "J. Park, A. Owens",
    "Community Forensics: Using Thousands of Generators to Train Fake Image Detectors",
    "CVPR",
    2025,
    "https://arxiv.org/abs/2411.04125",
)
