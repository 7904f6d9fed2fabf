"""Cross-source training: each fold leaves out families and real sources entirely.

    python -m models.generated_image.folds --work FOLDER

Every published source is judged by a network that saw neither it nor its relatives, against real
sources that the same network did not see either. Folds go on from a network of our own fakes only,
which saw none of the published ones; two folds share one, without the real sources of both.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from models.generated_image.pool import Mix, Pool
from models.generated_image.train import FOCUS, train

#: Sources left out by each fold.
FOLDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "StyleGAN": (("StyleGAN2 boredhumans", "StyleGAN2 256"), ("FFHQ", "CIPLab")),
    "diffusion": (
        (
            "Stable Diffusion 3",
            "Stable Diffusion 1",
            "Latent diffusion",
            "GLID-3-XL",
            "DALL-E 2",
            "DALL-E mini",
        ),
        ("LFW", "ImageNet", "AFHQ"),
    ),
    "CNNDetection": (
        ("BigGAN", "GauGAN", "StarGAN", "CRN", "IMLE"),
        ("CNNDetection reals", "PortraitSeg", "PolyU"),
    ),
    "image to image": (("CycleGAN", "pix2pix"), ("horses", "facades", "clothing", "BSDS")),
}
#: Folds that share a network of our own fakes only.
SHARED = (("StyleGAN", "image to image"), ("diffusion", "CNNDetection"))
FIRST_STEPS, STEPS = 500, 200
#: Pairs of our own only, most of them levelled; then published pictures too, levelled as well.
OWN = Mix(pairs=1.0, third=0.8, chain=FOCUS.chain)
BOTH = Mix(pairs=1 / 2, power=0.5, third=0.8, levelled=0.8, chain=FOCUS.chain)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--steps", type=int, help="steps instead of each training's own")
    parser.add_argument("--share", type=int, choices=range(len(SHARED)), help="one pair of folds")
    options = parser.parse_args()
    torch.set_num_threads(1)
    pairs = SHARED if options.share is None else SHARED[options.share : options.share + 1]
    train_folds(options.work, pairs, options.steps)


def train_folds(
    work: Path, pairs: Sequence[tuple[str, ...]] = SHARED, steps: int | None = None
) -> None:
    """Write `own A + B.pt` for each pair of folds and `fold A.pt` for each fold."""
    every = tuple(source for fakes, _ in FOLDS.values() for source in fakes)
    for folds in pairs:
        reals = tuple(source for fold in folds for source in FOLDS[fold][1])
        own = work / f"own {' + '.join(folds)}.pt"
        _fit(work, own, (*every, *reals), steps or FIRST_STEPS, OWN, None)
        for fold in folds:
            fakes, left_out = FOLDS[fold]
            out = work / f"fold {fold}.pt"
            _fit(work, out, (*fakes, *left_out), steps or STEPS, BOTH, own)


def _fit(
    work: Path, out: Path, excluded: Sequence[str], steps: int, mix: Mix, start: Path | None
) -> None:
    def log(text: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {out.stem}: {text}", flush=True)

    if not out.is_file():
        train(Pool(work, excluded), out, steps=steps, origin=start, mix=mix, log=log)


if __name__ == "__main__":
    main()
