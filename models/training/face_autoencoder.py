"""Face swaps by auto-encoders with a shared encoder and two decoders, trained on our real faces.

    python -m models.training.face_autoencoder --cache CACHE

The scheme of the first "deepfakes" programs: one encoder for everybody, one decoder for each of
two sets of faces; a face goes through the encoder and the *other* decoder, and the result is
warped back, colour-matched and blended. Without many pictures of one person the two sets are
halves of the real training faces, so that what changes is less the identity than the trace that
such a program leaves. Two architectures, both for tests only: no detector trains on them.
Seeded and resumable; writes `CACHE/autoencoders/ID.pt`.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from models.training import blending
from models.training.face_crops import Faces
from telltale.faces.align import invert, umeyama

Pixels = NDArray[np.uint8]
Points = NDArray[np.float32]
Plane = NDArray[np.float32]
REALS = ("faces_real_lfw", "faces_real_ciplab", "faces_real_portraitseg", "ffhq_real_blachman")


@dataclass(frozen=True, slots=True)
class Spec:
    """One architecture: its way of up-sampling, the side of its faces, and its seed."""

    id: str
    up: str
    side: int
    width: int
    seed: int
    steps: int = 500


SPECS = (
    Spec("shuffle", "shuffle", 64, 24, 11),
    Spec("deconv", "deconv", 80, 20, 12),
)


def _up(name: str, a: int, b: int) -> nn.Module:
    if name == "deconv":
        return nn.Sequential(nn.ConvTranspose2d(a, b, 4, 2, 1), nn.LeakyReLU(0.1))
    return nn.Sequential(nn.Conv2d(a, 4 * b, 3, 1, 1), nn.LeakyReLU(0.1), nn.PixelShuffle(2))


class AutoEncoder(nn.Module):
    """(n, 3, side, side) in [0, 1] and which decoder -> the same shape."""

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        w, base = spec.width, spec.side // 16
        widths = (3, w, 2 * w, 4 * w, 5 * w)
        layers: list[nn.Module] = []
        for a, b in pairwise(widths):
            layers += [nn.Conv2d(a, b, 5, 2, 2), nn.LeakyReLU(0.1)]
        flat = widths[-1] * base * base
        self.encoder = nn.Sequential(*layers, nn.Flatten(), nn.Linear(flat, 256))
        self.decoders = nn.ModuleList(
            nn.Sequential(
                nn.Linear(256, flat),
                nn.Unflatten(1, (widths[-1], base, base)),
                _up(spec.up, widths[-1], 4 * w),
                _up(spec.up, 4 * w, 2 * w),
                _up(spec.up, 2 * w, w),
                _up(spec.up, w, w),
                nn.Conv2d(w, 3, 5, 1, 2),
                nn.Sigmoid(),
            )
            for _ in range(2)
        )

    def forward(self, x: Tensor, decoder: int) -> Tensor:
        out: Tensor = self.decoders[decoder](self.encoder(x - 0.5))
        return out


def aligned(face: Pixels, landmarks: Points, side: int) -> tuple[Pixels, NDArray[np.float64]]:
    """The inner face upright in a square, and the output -> input matrix (2, 3)."""
    matrix = umeyama(blending.aligned_frame(landmarks) * side, landmarks)
    return blending.affine(face, matrix, (side, side)), matrix


def train(faces: Faces, spec: Spec, folder: Path, steps: int, batch: int = 16) -> None:
    """Both decoders in turn on mirrored and slightly shifted faces; the target is not shifted."""
    torch.set_num_threads(1)
    folder.mkdir(parents=True, exist_ok=True)
    path, partial = folder / f"{spec.id}.pt", folder / f"{spec.id}.partial"
    rows = faces.where("train", *REALS)
    squares = np.stack([aligned(faces.pixels(i), faces.landmarks[i], spec.side)[0] for i in rows])
    halves = (np.arange(len(rows))[::2], np.arange(len(rows))[1::2])
    torch.manual_seed(spec.seed)
    model = AutoEncoder(spec)
    optimiser = torch.optim.Adam(model.parameters(), 1e-3, betas=(0.5, 0.99))
    start = 0
    if partial.is_file():
        state = torch.load(partial, weights_only=True)
        start = state["step"]
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
    for step in range(start, steps):
        rng = np.random.default_rng([spec.seed, step])
        chosen = squares[rng.choice(halves[step % 2], batch)]
        if rng.random() < 0.5:
            chosen = chosen[:, :, ::-1]
        target = torch.from_numpy(np.ascontiguousarray(chosen)).permute(0, 3, 1, 2).float() / 255
        dx, dy = (int(v) for v in rng.integers(-2, 3, 2))
        x = torch.roll(target, (dy, dx), (2, 3))
        for group in optimiser.param_groups:
            group["lr"] = 1e-3 * min(1.0, (step + 1) / 30) * (1 - 0.95 * step / steps)
        with torch.autocast("cpu", torch.bfloat16):
            y = model(x, step % 2)
        y = y.float()
        edges = F.l1_loss(torch.diff(y, dim=2), torch.diff(target, dim=2)) + F.l1_loss(
            torch.diff(y, dim=3), torch.diff(target, dim=3)
        )
        loss = F.l1_loss(y, target) + edges
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if (step + 1) % 100 == 0:
            print(f"{spec.id} step {step + 1} loss {loss.item():.4f}", flush=True)
            state = {"model": model.state_dict(), "optimiser": optimiser.state_dict()}
            torch.save({**state, "step": step + 1}, partial)
    torch.save(model.state_dict(), path)
    partial.unlink(missing_ok=True)


@cache
def load(folder: Path, name: str) -> AutoEncoder:
    """A trained auto-encoder in evaluation mode. Raises FileNotFoundError before training."""
    path = folder / f"{name}.pt"
    model = AutoEncoder(next(spec for spec in SPECS if spec.id == name))
    model.load_state_dict(torch.load(path, weights_only=True))
    return model.eval()


@torch.no_grad()
def swapped(
    model: AutoEncoder, name: str, face: Pixels, landmarks: Points, rng: np.random.Generator
) -> tuple[Pixels, Plane]:
    """A face painted by one of the decoders and blended back, and the blending mask."""
    side = next(spec for spec in SPECS if spec.id == name).side
    h, w = face.shape[:2]
    square, matrix = aligned(face, landmarks, side)
    x = torch.from_numpy(square.copy()).permute(2, 0, 1)[None].float() / 255
    out = model(x, int(rng.integers(2)))[0].permute(1, 2, 0).numpy()
    painted = np.rint(out * 255).astype(np.uint8)
    back = blending.affine(painted, invert(matrix), (w, h))
    inner = landmarks[17:]
    centre = inner.mean(0)
    grown = centre + (inner - centre) * np.float32(rng.uniform(1.0, 1.2))
    mask = blending.hull_mask(grown.astype(np.float32), h, w)
    back = blending.match_colour(back, face, mask, float(rng.uniform(0.5, 1.0)))
    size = int(rng.integers(3, max(5, round(0.08 * w)))) | 1
    mask = blending.gaussian_window(mask, size, size / 3)
    return blending.blend(back, face, mask), mask


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--steps", type=int, help="instead of each architecture's own")
    options = parser.parse_args(arguments)
    faces, folder = Faces(options.cache), options.cache / "autoencoders"
    for spec in SPECS:
        if not (folder / f"{spec.id}.pt").is_file():
            train(faces, spec, folder, options.steps or spec.steps)


if __name__ == "__main__":
    main()
