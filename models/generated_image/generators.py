"""The zoo: small generators that we train ourselves and that re-synthesise real pictures.

Each is an auto-encoder (optionally variational, optionally with an adversarial loss) whose
decoder uses one of the common ways to up-sample, or one of those of `closed_form.py`. What matters
for detection is the trace that the decoder leaves, so the trained ones have the same encoder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Role = Literal["train", "folds", "open", "held_out"]
#: Channels at each resolution, by the factor below full resolution.
WIDTH = {1: 16, 2: 32, 4: 48, 8: 96, 16: 128}
LATENT = {2: 8, 4: 24, 8: 64, 16: 160}


@dataclass(frozen=True, slots=True)
class Spec:
    """One generator. `family` is its way of up-sampling; `role` says where it may be used:

    `train` in training; `folds` in the cross-source trainings and in rounds that are not shipped
    only, so that the shipped weights never saw it; `open` on validation pictures only, to set the
    open-set threshold; `held_out` on test pictures only.
    """

    id: str
    family: str
    up: str
    factor: int
    norm: str = "none"
    act: str = "relu"
    variational: bool = False
    adversarial: bool = False
    skip_rgb: bool = False
    role: Role = "train"

    @property
    def closed_form(self) -> bool:
        """Fitted without descent (`closed_form.py`) instead of trained."""
        return self.up in ("least squares", "random")

    @property
    def section(self) -> str:
        """Where the scores of its pictures stand in the table of scores."""
        return "made_later" if self.role == "folds" else "self_made"

    @property
    def steps(self) -> int:
        """Training steps: the three that were made first got more."""
        return 400 if self.id in ("deconv4_f2", "deconv4_f4_adv", "deconv2_f4") else 250


ZOO: tuple[Spec, ...] = (
    Spec("deconv4_f2", "transposed convolution", "deconv4", 2, "none", "relu"),
    Spec("deconv4_f4_adv", "transposed convolution", "deconv4", 4, "batch", "relu", False, True),
    Spec("deconv3_f4", "transposed convolution", "deconv3", 4, "instance", "relu"),
    Spec("deconv2_f4", "transposed convolution", "deconv2", 4, "group", "silu"),
    Spec("deconv4_f8_vae", "transposed convolution", "deconv4", 8, "batch", "leaky", True, True),
    Spec("deconv4_f16_adv", "transposed convolution", "deconv4", 16, "batch", "relu", False, True),
    Spec("nearest_f2", "nearest neighbour", "nearest", 2, "none", "leaky"),
    Spec("nearest_f4_vae", "nearest neighbour", "nearest", 4, "group", "silu", True),
    Spec("nearest_f8_adv", "nearest neighbour", "nearest", 8, "group", "silu", True, True),
    Spec("nearest_f16", "nearest neighbour", "nearest", 16, "batch", "relu"),
    Spec("bilinear_f4", "bilinear", "bilinear", 4, "instance", "leaky"),
    Spec("bilinear_f8_adv", "bilinear", "bilinear", 8, "batch", "leaky", False, True, True),
    Spec("shuffle_f2", "pixel shuffle", "shuffle", 2, "none", "relu"),
    Spec("shuffle_f4_adv", "pixel shuffle", "shuffle", 4, "none", "leaky", False, True),
    Spec("shuffle_f8_vae", "pixel shuffle", "shuffle", 8, "group", "silu", True),
    Spec("least_squares_f2", "least squares", "least squares", 2, role="folds"),
    Spec("least_squares_f4", "least squares", "least squares", 4, role="folds"),
    Spec("least_squares_f8", "least squares", "least squares", 8, role="folds"),
    Spec("random_f2", "random decoder", "random", 2, role="folds"),
    Spec("random_f4", "random decoder", "random", 4, role="folds"),
    Spec("random_f8", "random decoder", "random", 8, role="folds"),
    Spec("unpool_f4", "unpooling", "unpool", 4, "batch", "relu", role="open"),
    Spec("bicubic_f4_vae", "bicubic", "bicubic", 4, "group", "silu", True, role="held_out"),
    Spec(
        "filtered_f8_adv", "filtered deconvolution", "filtered", 8, "instance", "leaky",
        False, True, True, role="held_out",
    ),
    Spec("patch_f8", "patch projection", "patch", 8, "group", "silu", role="held_out"),
    Spec(
        "shuffle_f16_adv", "pixel shuffle f16", "shuffle", 16, "batch", "relu",
        True, True, role="held_out",
    ),
)  # fmt: skip

#: Generators that the shipped weights never trained on, but other weights did.
LATER = tuple(spec.id for spec in ZOO if spec.role == "folds")


def _norm(name: str, channels: int) -> nn.Module:
    if name == "batch":
        return nn.BatchNorm2d(channels)
    if name == "instance":
        return nn.InstanceNorm2d(channels, affine=True)
    if name == "group":
        return nn.GroupNorm(8, channels)
    return nn.Identity()


def _act(name: str) -> nn.Module:
    return {"relu": nn.ReLU(), "leaky": nn.LeakyReLU(0.2), "silu": nn.SiLU()}[name]


class _Filtered(nn.Module):
    """Transposed convolution followed by the [1, 3, 3, 1] filter, as in StyleGAN2."""

    def __init__(self, a: int, b: int) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(a, b, 3, 2)
        line = torch.tensor([1.0, 3.0, 3.0, 1.0])
        kernel = torch.outer(line, line) / line.sum() ** 2
        self.register_buffer("kernel", kernel.expand(b, 1, 4, 4).clone())

    def forward(self, x: Tensor) -> Tensor:
        y = F.conv2d(F.pad(self.up(x), (1, 1, 1, 1)), self.kernel, groups=self.kernel.shape[0])
        return y[..., : 2 * x.shape[2], : 2 * x.shape[3]]


class _Unpool(nn.Module):
    """Each value goes to one corner of its 2 x 2 cell, zeros elsewhere; then a convolution."""

    def __init__(self, a: int, b: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(a, b, 5, 1, 2)
        self.register_buffer("corner", torch.tensor([[1.0, 0.0], [0.0, 0.0]]))

    def forward(self, x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        wide = (x[..., :, None, :, None] * self.corner[:, None, :]).reshape(n, c, 2 * h, 2 * w)
        return self.conv(wide)


def up_layer(name: str, a: int, b: int) -> nn.Module:
    """A layer that doubles the resolution, `a` channels to `b`."""
    if name == "deconv4":
        return nn.ConvTranspose2d(a, b, 4, 2, 1)
    if name == "deconv3":
        return nn.ConvTranspose2d(a, b, 3, 2, 1, output_padding=1)
    if name == "deconv2":
        return nn.ConvTranspose2d(a, b, 2, 2)
    if name == "shuffle":
        return nn.Sequential(nn.Conv2d(a, 4 * b, 3, 1, 1), nn.PixelShuffle(2))
    if name == "filtered":
        return _Filtered(a, b)
    if name == "unpool":
        return _Unpool(a, b)
    corners = {} if name == "nearest" else {"align_corners": False}
    up = nn.Upsample(scale_factor=2, mode=name, **corners)
    return nn.Sequential(up, nn.Conv2d(a, b, 3, 1, 1))


class Encoder(nn.Sequential):
    """Strided convolutions, three channels down to the latent."""

    def __init__(self, factor: int, out: int) -> None:
        layers: list[nn.Module] = [nn.Conv2d(3, WIDTH[1], 3, 1, 1), nn.SiLU()]
        step = 1
        while step < factor:
            layers += [nn.Conv2d(WIDTH[step], WIDTH[2 * step], 4, 2, 1), nn.SiLU()]
            step *= 2
        super().__init__(*layers, nn.Conv2d(WIDTH[factor], out, 3, 1, 1))


class Decoder(nn.Module):
    """Up-sampling stages; with `skip_rgb` each adds an RGB picture, as in StyleGAN2."""

    def __init__(self, spec: Spec, latent: int) -> None:
        super().__init__()
        self.skip = spec.skip_rgb
        width = WIDTH[spec.factor]
        self.first = nn.Sequential(
            nn.Conv2d(latent, width, 3, 1, 1),
            _act(spec.act),
            nn.Conv2d(width, width, 3, 1, 1),
            _norm(spec.norm, width),
            _act(spec.act),
        )
        self.stages, self.rgb = nn.ModuleList(), nn.ModuleList()
        step = spec.factor
        if spec.up == "patch":
            self.first.append(nn.Conv2d(width, 3 * step * step, 1))
            self.first.append(nn.PixelShuffle(step))
            return
        while step > 1:
            a, b = WIDTH[step], WIDTH[step // 2]
            stage = [up_layer(spec.up, a, b), _norm(spec.norm, b), _act(spec.act)]
            if step > 2:
                stage += [nn.Conv2d(b, b, 3, 1, 1), _act(spec.act)]
            self.stages.append(nn.Sequential(*stage))
            self.rgb.append(nn.Conv2d(b, 3, 3 if step == 2 else 1, 1, 1 if step == 2 else 0))
            step //= 2

    def forward(self, z: Tensor) -> Tensor:
        x = self.first(z)
        if not self.stages:
            return torch.sigmoid(x)
        rgb = x.new_zeros(())
        for index, (stage, to_rgb) in enumerate(zip(self.stages, self.rgb, strict=True)):
            x = stage(x)
            if self.skip:
                if rgb.ndim:
                    rgb = F.interpolate(rgb, scale_factor=2, mode="bilinear", align_corners=False)
                rgb = rgb + to_rgb(x)
            elif index == len(self.stages) - 1:
                rgb = to_rgb(x)
        return torch.sigmoid(rgb)


class Generator(nn.Module):
    """Auto-encoder of one `Spec`; RGB in [0, 1] in and out, sides a multiple of the factor."""

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        latent = LATENT[spec.factor]
        self.spec = spec
        self.encoder = Encoder(spec.factor, latent * (2 if spec.variational else 1))
        self.decoder = Decoder(spec, latent)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The re-synthesised picture and the Kullback-Leibler term (0 without a prior)."""
        z = self.encoder(x - 0.5)
        if not self.spec.variational:
            return self.decoder(z), z.new_zeros(())
        mean, log_var = z.chunk(2, 1)
        log_var = log_var.clamp(-12, 4)
        divergence = 0.5 * (mean**2 + log_var.exp() - 1 - log_var).mean()
        if self.training:
            mean = mean + torch.randn_like(mean) * (0.5 * log_var).exp()
        return self.decoder(mean), divergence


class PatchCritic(nn.Sequential):
    """A small patch discriminator for the adversarial loss."""

    def __init__(self) -> None:
        super().__init__(
            nn.Conv2d(3, 24, 4, 2, 1), nn.LeakyReLU(0.2),
            nn.Conv2d(24, 48, 4, 2, 1), nn.BatchNorm2d(48), nn.LeakyReLU(0.2),
            nn.Conv2d(48, 64, 3, 1, 1), nn.LeakyReLU(0.2), nn.Conv2d(64, 1, 3, 1, 1),
        )  # fmt: skip
