"""Train the `generated_image` network. Deterministic for a seed, resumable.

    python -m models.generated_image.train --work FOLDER [--exclude SOURCE ...] [--out NAME]
    python -m models.generated_image.train --work FOLDER --smoke [--data FOLDER]

Needs the caches that `prepare` writes; `--smoke` makes its own and runs every stage.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from models.generated_image.generators import LATER
from models.generated_image.network import WIDTH, Network, widened
from models.generated_image.pool import Mix, Pool
from models.training.augment import Chain

SEED = 20
STEPS = 2300
SIZE = 96
BATCH = 64
PEAK = 1.5e-3
#: Batches before and after this step (see the lab book): self-made pairs come first; then more
#: published pictures and a lighter chain, and no blur left in half of the pairs.
SECOND = 800
MIXES = (
    Mix(),
    Mix(
        pairs=5 / 16,
        power=0.75,
        matched=0.5,
        chain=Chain(resize=0.25, factors=(0.7, 1.3), blur=0.15, sigma=1.0, noise=0.05),
    ),
)
#: Batches of a run that goes on from finished weights (`--start`), by the name of the round.
REFINE = Mix(
    pairs=1 / 4,
    power=1.0,
    matched=0.3,
    chain=Chain(
        resize=0.2, factors=(0.7, 1.3), blur=0.12, sigma=1.0, sharpen=0.05, noise=0.04, jpeg=0.6
    ),
)
#: No real source dominates; texture first, as in the detector; more noise.
FOCUS = Mix(
    pairs=3 / 16,
    power=0.9,
    matched=0.3,
    chain=Chain(
        resize=0.25, factors=(0.7, 1.3), blur=0.12, sigma=1.0, sharpen=0.06, noise=0.07, jpeg=0.65
    ),
    real_power=0.5,
    candidates=2,
)
#: Sharpness says nothing in most pairs; the hardest reals, sharp portraits, count more.
LEVEL = Mix(
    pairs=3 / 8,
    power=0.9,
    third=0.7,
    levelled=0.35,
    chain=FOCUS.chain,
    real_power=0.5,
    candidates=2,
    favoured=("CIPLab", "FFHQ"),
)
#: Many more sources; genuine pictures scaled, turned and warped alone.
MANY = Mix(
    pairs=1 / 8,
    power=0.5,
    matched=0.3,
    chain=FOCUS.chain,
    real_power=0.5,
    candidates=2,
    favoured=("CIPLab", "FFHQ", "StyleGAN2 boredhumans"),
    resampled=0.4,
    resampled_fakes=0.12,
)
#: Small sources count nearly as much as large ones; real pictures that came the same way as a fake
#: stand beside it.
BESIDE = replace(
    MANY,
    pairs=3 / 16,
    power=0.4,
    favoured=("StyleGAN2 boredhumans",),
    resampled=0.25,
    resampled_fakes=0.15,
    partnered=0.5,
)
#: The same, with small families of the archives drawn more often: they had lost among many sources.
KEPT = replace(
    BESIDE,
    favoured=(
        "StyleGAN2 boredhumans",
        *("BigGAN", "GauGAN", "StarGAN", "CRN", "IMLE", "CycleGAN", "pix2pix"),
        *("Latent diffusion", "GLID-3-XL", "DALL-E mini"),
    ),
)
#: Channels of the first block from round "many" on; 24 before. It costs no time in bfloat16.
WIDE = 32
ROUNDS = {
    "refine": REFINE,
    "focus": FOCUS,
    "level": LEVEL,
    "many": MANY,
    "beside": BESIDE,
    "kept": KEPT,
}


def learning_rate(step: int, steps: int) -> float:
    """Warm-up over 100 steps, level, and a straight line down over the last third.

    Level for long, so that a resumed run may be given another number of steps before its end.
    """
    rise, fall = (step + 1) / 100, max(0.01, 3 * (1 - step / steps))
    return PEAK * min(1.0, rise, fall)


def train(
    pool: Pool,
    out: Path,
    *,
    steps: int = STEPS,
    size: int = SIZE,
    batch: int = BATCH,
    seed: int = SEED,
    half: bool = True,
    stop: int | None = None,
    origin: Path | None = None,
    mix: Mix | None = None,
    width: int | None = None,
    log: Callable[[str], None] = print,
) -> Network:
    """Train and write `out` (`.pt`: averaged weights, families); `.partial` while under way.

    With `origin` it starts from finished weights, widened to `width` if given. It draws batches of
    `mix` throughout, or, with None, those of the first training.
    `half` runs the body in bfloat16 where the processor has it; the export is float32. With
    `stop` it ends early after that many steps, with a checkpoint and the averaged weights so far.
    """
    torch.manual_seed(seed)
    if origin:
        model = adopt(origin, pool.families, width)
    else:
        model = Network(len(pool.families), width or WIDTH)
    model = model.to(memory_format=torch.channels_last)
    mean = torch.optim.swa_utils.AveragedModel(
        model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.995), use_buffers=True
    )
    optimiser = torch.optim.AdamW(model.parameters(), PEAK, weight_decay=1e-3)
    partial = out.with_suffix(".partial")
    start = 0
    if partial.is_file():
        state = torch.load(partial, weights_only=True)
        start = state["step"]
        model.load_state_dict(state["model"])
        mean.load_state_dict(state["mean"])
        optimiser.load_state_dict(state["optimiser"])
    begun, sums = time.monotonic(), np.zeros(3)
    model.train()
    for step in range(start, steps):
        rng = np.random.default_rng([seed, step])
        torch.manual_seed(seed * 1_000_003 + step)
        data = pool.batch(rng, mix or MIXES[step >= SECOND], size, batch)
        x = torch.from_numpy(data.pixels).permute(0, 3, 1, 2).float()
        fake, family = torch.from_numpy(data.fake), torch.from_numpy(data.family)
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(step, steps)
        residuals = model.front(x)
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            logit, embedding = model.classify(residuals)
        decision = F.binary_cross_entropy_with_logits(logit.float(), fake)
        relation = F.cross_entropy(model.family_logits(embedding.float()), family)
        optimiser.zero_grad()
        (decision + 0.5 * relation).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 2.0)
        optimiser.step()
        mean.update_parameters(model)
        right = ((logit > 0) == (fake > 0)).float().mean().item()
        sums += [decision.item(), relation.item(), right]
        if (step + 1) % 50 == 0:
            per_step = (time.monotonic() - begun) / (step + 1 - start)
            text = " ".join(f"{value / 50:.3f}" for value in sums)
            log(f"step {step + 1} decision, relation, accuracy {text}; {per_step:.2f} s/step")
            sums[:] = 0
        if (step + 1) % 100 == 0 or step + 1 == stop:
            state = {"model": model.state_dict(), "mean": mean.state_dict(), "step": step + 1}
            torch.save({**state, "optimiser": optimiser.state_dict()}, partial)
            save(mean.module, pool.families, out.with_suffix(".latest.pt"))
        if step + 1 == stop:
            return mean.module.eval()
    save(mean.module, pool.families, out)
    partial.unlink(missing_ok=True)
    return mean.module.eval()


def save(model: Network, families: list[str], path: Path) -> None:
    """Write weights and families."""
    torch.save({"weights": model.state_dict(), "families": json.dumps(families)}, path)


def named(work: Path, name: str) -> Path:
    """Weights of the work folder by their name, or a kept `.npz` by its path."""
    return Path(name) if name.endswith(".npz") else work / f"{name}.pt"


def load(path: Path) -> tuple[Network, list[str]]:
    """A trained network in evaluation mode, and its families; from `.pt` or the kept `.npz`."""
    if path.suffix == ".npz":
        with np.load(path) as file:
            families = json.loads(str(file["families"]))
            weights = {n: torch.from_numpy(file[n]) for n in file.files if n != "families"}
    else:
        state = torch.load(path, weights_only=True)
        families, weights = json.loads(state["families"]), state["weights"]
    model = Network(len(families), 2 * len(weights["stem.0.weight"]))
    model.load_state_dict(weights)
    return model.eval(), families


def adopt(path: Path, families: list[str], width: int | None = None) -> Network:
    """A trained network for other families: centres of the known ones are kept, others drawn.

    One that is narrower than `width` is widened.
    """
    trained, known = load(path)
    if width and trained.width < width:
        trained = widened(trained, width)
    model = Network(len(families), trained.width)
    state = trained.state_dict()
    centres = model.centres.detach().clone()
    for index, family in enumerate(families):
        if family in known:
            centres[index] = state["centres"][known.index(family)]
    model.load_state_dict(state | {"centres": centres})
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True, help="folder of the caches")
    parser.add_argument("--out", default="detector", help="name of the weights in the work folder")
    parser.add_argument("--exclude", nargs="*", default=[], help="sources to leave out")
    parser.add_argument(
        "--start", help="name of finished weights to refine, or the path of a kept .npz"
    )
    parser.add_argument("--round", choices=ROUNDS, default="refine", help="batches with --start")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--float32", action="store_true", help="no bfloat16 in the body")
    parser.add_argument("--smoke", action="store_true", help="all stages on a few pictures")
    parser.add_argument("--data", type=Path, help="folder of the media archives, for --smoke")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.smoke:
        from models.generated_image.smoke import smoke

        smoke(options.data, options.work)
        return
    later = () if options.start and options.round == "level" else LATER
    pool = Pool(options.work, (*options.exclude, *later))

    def log(text: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)

    log(f"families: {', '.join(pool.families)}")
    train(
        pool,
        options.work / f"{options.out}.pt",
        steps=options.steps,
        seed=options.seed,
        half=not options.float32,
        origin=named(options.work, options.start) if options.start else None,
        mix=ROUNDS[options.round] if options.start else None,
        width=WIDE if options.start and options.round in ("many", "beside", "kept") else None,
        log=log,
    )


if __name__ == "__main__":
    main()
