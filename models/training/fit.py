"""One training loop for the face networks: seeded, resumable, bfloat16 where the CPU has it."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast. `rate` decays by a cosine after a short warm-up."""

    steps: int
    rate: float = 2e-3
    decay: float = 0.02
    average: float = 0.998
    warm_up: int = 100
    report: int = 100
    save: int = 100
    seed: int = 0


def fit(
    network: nn.Module,
    loss: Callable[[nn.Module, int], Tensor],
    plan: Plan,
    folder: Path,
    validate: Callable[[nn.Module], str] | None = None,
) -> nn.Module:
    """Train `network`; returns the exponential average of its weights, in evaluation mode.

    `loss(network, step)` draws the batch of a step, so that a run that was broken off and one
    that was not see the same samples. The state is kept in `folder`/checkpoint.pt.
    """
    torch.set_num_threads(1)
    folder.mkdir(parents=True, exist_ok=True)
    network = network.to(memory_format=torch.channels_last).train()
    averaged = copy.deepcopy(network).eval()
    optimiser = torch.optim.AdamW(network.parameters(), lr=plan.rate, weight_decay=plan.decay)
    checkpoint, start = folder / "checkpoint.pt", 0
    if checkpoint.is_file():
        state = torch.load(checkpoint, weights_only=True)
        network.load_state_dict(state["network"])
        averaged.load_state_dict(state["averaged"])
        optimiser.load_state_dict(state["optimiser"])
        start = int(state["step"])
    began, total = time.monotonic(), 0.0
    for step in range(start, plan.steps):
        for group in optimiser.param_groups:
            group["lr"] = plan.rate * _schedule(step, plan)
        torch.manual_seed(plan.seed * 1_000_003 + step)
        with torch.autocast("cpu", torch.bfloat16):
            value = loss(network, step)
        optimiser.zero_grad(set_to_none=True)
        value.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        _average(averaged, network, min(plan.average, (1 + step) / (10 + step)))
        total += float(value.detach())
        done = step + 1
        if done % plan.report == 0 or done == plan.steps:
            note = validate(averaged) if validate else ""
            seconds = time.monotonic() - began
            print(f"step {done} loss {total / plan.report:.4f} {seconds:.0f} s {note}", flush=True)
            total = 0.0
        if done % plan.save == 0 or done == plan.steps:
            _save(checkpoint, network, averaged, optimiser, done)
    return averaged


def _schedule(step: int, plan: Plan) -> float:
    warm = min(1.0, (step + 1) / max(1, plan.warm_up))
    return warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * step / plan.steps)))


@torch.no_grad()
def _average(averaged: nn.Module, network: nn.Module, keep: float) -> None:
    pairs = zip(averaged.state_dict().values(), network.state_dict().values(), strict=True)
    for mean, value in pairs:
        if mean.dtype.is_floating_point:
            mean.lerp_(value, 1 - keep)
        else:
            mean.copy_(value)


def _save(path: Path, network: nn.Module, averaged: nn.Module, optimiser: Any, step: int) -> None:
    state = {
        "network": network.state_dict(),
        "averaged": averaged.state_dict(),
        "optimiser": optimiser.state_dict(),
        "step": step,
    }
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)


def batch_of(images: Any) -> Tensor:
    """(n, side, side, 3) uint8 -> (n, 3, side, side) float32 in [0, 1], channels last in memory."""
    tensor = torch.from_numpy(images).permute(0, 3, 1, 2).to(torch.float32) / 255
    return tensor.contiguous(memory_format=torch.channels_last)
