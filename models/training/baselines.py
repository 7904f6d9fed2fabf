"""Baselines that stand beside every model: spectrum and DCT features, logistic regression."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.training.augment import Pixels

Floats = NDArray[np.float64]


def _luma(pixels: Pixels) -> Floats:
    return pixels.astype(np.float64) @ np.array([0.299, 0.587, 0.114])


def spectrum_features(pixels: Pixels, bins: int = 64) -> Floats:
    """(bins,) azimuthal mean of 20 log10 |FFT| of the luma (Durall et al., CVPR 2020).

    Radii run to the Nyquist frequency; the profile is relative to its first bin.
    """
    luma = _luma(pixels)
    spectrum = np.abs(np.fft.fft2(luma - luma.mean())) + 1e-8
    fy = np.fft.fftfreq(luma.shape[0])[:, None]
    fx = np.fft.fftfreq(luma.shape[1])[None, :]
    index = np.minimum((np.hypot(fy, fx) / 0.5 * bins).astype(int), bins).ravel()
    total = np.bincount(index, 20 * np.log10(spectrum).ravel(), bins + 1)[:bins]
    count = np.bincount(index, minlength=bins + 1)[:bins]
    profile = total / np.maximum(count, 1)
    return profile - profile[0]


def dct_features(pixels: Pixels) -> Floats:
    """(63,) mean of log(1 + |AC coefficient|) over the 8 x 8 blocks of the luma."""
    from scipy.fft import dctn

    luma = _luma(pixels)
    h, w = (luma.shape[0] // 8) * 8, (luma.shape[1] // 8) * 8
    blocks = luma[:h, :w].reshape(h // 8, 8, w // 8, 8).swapaxes(1, 2)
    coefficients = np.abs(dctn(blocks, axes=(2, 3), norm="ortho"))
    return np.log1p(coefficients).mean((0, 1)).ravel()[1:]


def logistic_regression(features: Floats, labels: NDArray[Any], seed: int = 0) -> Any:
    """Standardised L2 logistic regression, classes weighted equally; has `decision_function`."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = LogisticRegression(C=1.0, max_iter=2000, class_weight="balanced", random_state=seed)
    return make_pipeline(StandardScaler(), model).fit(features, labels)
