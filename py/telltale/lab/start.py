"""Block noise: is one part of the picture noisier than the rest?

A detector is one file: CARD says what it is, `applicable` when it may speak, `run` what it found.
It is given arrays and hands back a Finding; it opens no files, asks no network and draws nothing
at random without a seed. Change everything here and keep the form.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from telltale.finding import Box, Card, Fact, Finding, Inapplicable, Map, Reference, Score, ok
from telltale.runtime.context import Context
from telltale.scene import Scene

CARD = Card(
    id="my_detector",
    version="1",
    family="forensic",
    title="Block noise",
    question="Is one part of the picture noisier than the rest?",
    how="A small filter that smooth areas and straight edges leave at zero is run over the "
    "picture. The mean of its absolute answers in each block of 32 x 32 pixels estimates the "
    "noise there; the number compares the noisiest blocks with the usual one.",
    limits=(
        "Fine texture such as hair or grass counts as noise.",
        "Strong compression takes the noise away, and with it what this test compares.",
    ),
    references=(
        Reference(
            "J. Immerkær",
            "Fast noise variance estimation",
            "Computer Vision and Image Understanding 64(2)",
            1996,
            "https://doi.org/10.1006/cviu.1996.0060",
        ),
    ),
    weak=True,
)

#: The side of a block in pixels.
BLOCK = 32
#: The fewest pixels on the shorter side: eight blocks are compared at least.
LEAST_SIDE = 8 * BLOCK
#: Noise in grey levels below which ratios mean nothing: pixels are whole numbers.
FLOOR = 0.2


def applicable(scene: Scene) -> Inapplicable | None:
    """At least 256 pixels on the shorter side; None means yes."""
    if min(scene.media.width, scene.media.height) >= LEAST_SIDE:
        return None
    return Inapplicable(
        "image_too_small", f"This test needs at least {LEAST_SIDE} pixels on the shorter side."
    )


def run(scene: Scene, context: Context) -> Finding:
    """The noise of every block, and how far the noisiest twentieth lies above the median."""
    noise = block_noise(scene.luma)
    context.step(0.8, "Comparing blocks")
    usual, most = (float(np.percentile(noise, share)) for share in (50, 95))
    covered = Box(0, 0, noise.shape[1] * BLOCK, noise.shape[0] * BLOCK)
    octaves = float(np.log2((most + FLOOR) / (usual + FLOOR)))
    return ok(
        CARD,
        f"The noisiest twentieth of the picture has {2**octaves:.1f} times the usual noise.",
        Score(octaves, "noisiest against usual", "higher_is_suspicious", 0.0, 6.0, "octaves"),
        facts=(
            Fact("usual_noise", round(usual, 3), "grey levels"),
            Fact("most_noise", round(most, 3), "grey levels"),
        ),
        maps=(
            Map("noise", noise, 0.0, max(most, 1.0), "grey levels", covered, "Estimated noise."),
        ),
    )


def block_noise(luma: NDArray[np.float32]) -> NDArray[np.float32]:
    """Standard deviation of noise per block (Immerkær 1996, equation 5).

    `luma` is (H, W) float32 in [0, 255]; returns (H // 32, W // 32) float32 in grey levels.
    """
    across = luma[:, :-2] - 2 * luma[:, 1:-1] + luma[:, 2:]
    answer = np.abs(across[:-2] - 2 * across[1:-1] + across[2:])
    answer = np.pad(answer, 1, mode="edge")
    rows, columns = luma.shape[0] // BLOCK, luma.shape[1] // BLOCK
    whole = answer[: rows * BLOCK, : columns * BLOCK]
    blocks = whole.reshape(rows, BLOCK, columns, BLOCK)
    return np.asarray(np.sqrt(np.pi / 2) / 6 * blocks.mean(axis=(1, 3)), np.float32)
