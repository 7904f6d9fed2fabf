"""Processes beside each other (`pytest -n`) have one thread each, lest they fight for the cores."""

from __future__ import annotations

import os

if "PYTEST_XDIST_WORKER" in os.environ:
    # NumPy and PyTorch read these when they are loaded
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

    from telltale.runtime import inference

    inference.THREADS = 1
