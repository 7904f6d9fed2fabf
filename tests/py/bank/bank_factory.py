"""Samples made by formula for tests of the bank."""

from __future__ import annotations

import hashlib

import numpy as np

from telltale.bank import phash
from telltale.bank.model import DetectorScore, Embedding, Sample, Statement

MODEL = "generated_image"
MODEL_SHA256 = hashlib.sha256(b"a model").hexdigest()
STATED = "2026-01-02T03:04:05+00:00"


def unit(vector: np.ndarray) -> np.ndarray:
    return (vector / np.linalg.norm(vector, axis=-1, keepdims=True)).astype(np.float32)


def sample(number: int, *, dimension: int = 8, **changes: object) -> Sample:
    """Sample `number`: always the same hashes and embedding, unrelated to the others'."""
    rng = np.random.default_rng(number)
    values: dict[str, object] = {
        "sha256": hashlib.sha256(str(number).encode()).hexdigest(),
        "width": 640,
        "height": 480,
        "format": "JPEG",
        "statements": (statement(),),
        "hashes": rng.integers(0, 2**63, phash.WIDTH, np.uint64),
        "embeddings": (Embedding(MODEL, MODEL_SHA256, unit(rng.normal(size=dimension))),),
        "scores": (DetectorScore("jpeg_grid", "1", "misfit", float(number)),),
    }
    return Sample(**(values | changes))  # type: ignore[arg-type]


def statement(label: str = "fake", said_by: str = "Ana", **more: str) -> Statement:
    return Statement(label, said_by, **({"stated": STATED} | more))  # type: ignore[arg-type]
