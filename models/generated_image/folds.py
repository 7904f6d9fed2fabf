"""Cross-source training: a network that saw no published source of the archives.

    python -m models.generated_image.folds --work FOLDER

It learns from our own generators and from the further repositories (`more.csv`) alone, and is
judged on every published source of the archives, against real sources that it did not see either.
The originals of our own generators' pictures are those of the real sources that stay.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import torch

from models.generated_image.generators import LATER
from models.generated_image.pool import Pool
from models.generated_image.train import BESIDE, WIDE, train

#: Name -> the sources left out, generated and real ones.
FOLDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "archives": (
        (
            "StyleGAN2 boredhumans",
            "StyleGAN2 256",
            "Stable Diffusion 3",
            "Stable Diffusion 1",
            "Latent diffusion",
            "GLID-3-XL",
            "DALL-E 2",
            "DALL-E mini",
            "BigGAN",
            "GauGAN",
            "StarGAN",
            "CRN",
            "IMLE",
            "CycleGAN",
            "pix2pix",
        ),
        (
            "FFHQ",
            "CIPLab",
            "LFW",
            "ImageNet",
            "AFHQ",
            "CNNDetection reals",
            "PortraitSeg",
            "PolyU",
            "horses",
            "facades",
        ),
    ),
}
STEPS = 500
#: More pairs of our own than the shipped network had: fewer published pictures stay.
APART = replace(BESIDE, pairs=3 / 8, favoured=())


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=STEPS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    train_folds(options.work, options.steps)


def train_folds(work: Path, steps: int = STEPS) -> None:
    """Write `fold NAME.pt` for each fold."""
    for name, (fakes, reals) in FOLDS.items():
        out = work / f"fold {name}.pt"

        def log(text: str, name: str = name) -> None:
            print(f"{time.strftime('%H:%M:%S')} fold {name}: {text}", flush=True)

        if not out.is_file():
            pool = Pool(work, (*fakes, *reals, *LATER))
            train(pool, out, steps=steps, mix=APART, width=WIDE, log=log)


if __name__ == "__main__":
    main()
