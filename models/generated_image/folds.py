"""Cross-source training: each fold leaves out families and real sources entirely.

    python -m models.generated_image.folds --work FOLDER

Every published source is judged by a network that saw neither it nor its relatives, against real
sources that the same network did not see either.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch

from models.generated_image.pool import Pool
from models.generated_image.train import train

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
#: Fewer steps than the shipped network, all with the second mix: four trainings on one core.
STEPS = {"StyleGAN": 220, "diffusion": 150, "CNNDetection": 150, "image to image": 150}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--steps", type=int, help="steps instead of each fold's own")
    options = parser.parse_args()
    torch.set_num_threads(1)
    for name, (fakes, reals) in FOLDS.items():
        out = options.work / f"fold {name}.pt"
        if out.is_file():
            continue

        def log(text: str, name: str = name) -> None:
            print(f"{time.strftime('%H:%M:%S')} {name}: {text}", flush=True)

        train(
            Pool(options.work, (*fakes, *reals)),
            out,
            steps=options.steps or STEPS[name],
            second=0,
            log=log,
        )


if __name__ == "__main__":
    main()
