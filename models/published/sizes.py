"""Write what fewer bits cost Community Forensics into docs/published.md.

    python -m models.published.sizes

Sizes and times do not depend on the weights, so seeded random ones serve; which decisions change
does depend on them and is not written.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import torch
from PIL import Image
from skimage import data

from models.training.metrics import between_markers, markdown
from telltale.published import precision
from telltale.published.catalogue import CATALOGUE

PAGE = Path(__file__).resolve().parents[2] / "docs/published.md"
NAME = "community_forensics"
PICTURES = ("astronaut", "chelsea", "coffee", "rocket")


def main() -> None:
    """Measure on scikit-image's own pictures, with one thread as set by OMP_NUM_THREADS."""
    torch.manual_seed(0)
    network = CATALOGUE[NAME].build().network
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "random.pth"
        torch.save({f"vit.{name}": t for name, t in network.state_dict().items()}, file)
        pictures = []
        for name in PICTURES:
            pictures.append(Path(scratch) / f"{name}.png")
            Image.fromarray(getattr(data, name)()).save(pictures[-1])
        costs = precision.compare(NAME, file, pictures)
    rows = [
        [c.precision, f"{c.bytes / 1e6:.1f} MB", f"{c.seconds:.2f} s", c.pictures] for c in costs
    ]
    header = ["stored as", "size", "processor time a picture", "pictures"]
    text = between_markers(PAGE.read_text("utf-8"), "sizes", markdown(header, rows))
    PAGE.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
